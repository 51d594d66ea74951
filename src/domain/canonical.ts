// Canonical JSON (RFC 8785, JCS): the bytes that are hashed. Refuses what would not read back the same.
import { hash } from 'node:crypto';

/**
 * RFC 8785 text of a JSON value: members sorted by UTF-16 code units, ECMAScript numbers and strings, no white space.
 * Members that are `undefined` are left out.
 *
 * @throws TypeError on NaN, Infinity, integers beyond 2^53-1, lone surrogates and anything that is not JSON
 */
export function canonicalJson(value: unknown): string {
	return isCanonicalAsItIs(value) ? JSON.stringify(value) : writeCanonical(value);
}

/**
 * True where JSON.stringify writes the canonical form by itself (RFC 8785 is made of its numbers and strings): members in their order
 * already, and nothing in it that has to be left out or refused. A look at everything costs less than putting it together piece by piece.
 */
function isCanonicalAsItIs(value: unknown): boolean {
	switch (typeof value) {
		case 'string':
			return value.isWellFormed();
		case 'number':
			return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
		case 'boolean':
			return true;
		case 'object':
			break;
		default:
			return false;
	}
	if (value === null) return true;
	if (Array.isArray(value)) {
		// By place, so that a hole is seen: every() passes over it.
		for (let i = 0; i < value.length; i++) if (!isCanonicalAsItIs(value[i])) return false;
		return !('toJSON' in value);
	}
	// Of anything but a plain object JSON.stringify may make something else (a date, a boxed string).
	if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return false;
	let before: string | null = null;
	const members: Record<string, unknown> = value as Record<string, unknown>; // an object's own members, whatever they are
	for (const name of Object.keys(members)) {
		if ((before !== null && before > name) || !name.isWellFormed() || !isCanonicalAsItIs(members[name])) return false;
		before = name;
	}
	return true;
}

function writeCanonical(value: unknown): string {
	if (value === null || typeof value === 'boolean') return String(value);
	if (typeof value === 'string') {
		if (!value.isWellFormed()) throw new TypeError('canonical JSON: a string holds a lone surrogate');
		return JSON.stringify(value);
	}
	if (typeof value === 'number') {
		if (!Number.isFinite(value)) throw new TypeError(`canonical JSON: ${value} is not a JSON number`);
		if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
			throw new TypeError(`canonical JSON: integer ${value} is beyond 2^53-1: send it as text`);
		}
		return JSON.stringify(value);
	}
	if (Array.isArray(value)) {
		let text = '[';
		for (let i = 0; i < value.length; i++) text += `${i === 0 ? '' : ','}${writeCanonical(value[i])}`;
		return `${text}]`;
	}
	if (typeof value === 'object') {
		// Without a comparison of its own, sort() goes by UTF-16 code units (ECMA-262, 23.1.3.30.2).
		const members: Record<string, unknown> = value as Record<string, unknown>; // an object's own members, whatever they are
		let text = '';
		for (const name of Object.keys(members).sort()) {
			const member = members[name];
			if (member !== undefined) text += `${text === '' ? '' : ','}${writeCanonical(name)}:${writeCanonical(member)}`;
		}
		return `{${text}}`;
	}
	throw new TypeError(`canonical JSON: ${typeof value} is not JSON`);
}

/** Lower-case hex SHA-256 of the canonical form. */
export function canonicalHash(value: unknown): string {
	return hash('sha256', canonicalJson(value), 'hex');
}

/** RFC 6962 leaf hash: SHA-256(0x00 || bytes). */
export function leafHash(bytes: Uint8Array): Buffer {
	const prefixed = new Uint8Array(bytes.length + 1);
	prefixed.set(bytes, 1);
	return hash('sha256', prefixed, 'buffer');
}

/** The same of a text's UTF-8 bytes, as lower-case hex. */
export function leafHashOfText(text: string): string {
	return hash('sha256', `\u0000${text}`, 'hex');
}
