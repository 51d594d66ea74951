// Canonical JSON (RFC 8785, JCS): the bytes that are hashed. Refuses what would not read back the same.
import { createHash, hash } from 'node:crypto';

/**
 * RFC 8785 text of a JSON value: members sorted by UTF-16 code units, ECMAScript numbers and strings, no white space.
 * Members that are `undefined` are left out.
 *
 * @throws TypeError on NaN, Infinity, integers beyond 2^53-1, lone surrogates and anything that is not JSON
 */
export function canonicalJson(value: unknown): string {
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
	if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
	if (typeof value === 'object') {
		const members = Object.entries(value)
			.filter(([, member]) => member !== undefined)
			.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
		return `{${members.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(',')}}`;
	}
	throw new TypeError(`canonical JSON: ${typeof value} is not JSON`);
}

/** Lower-case hex SHA-256 of the canonical form. */
export function canonicalHash(value: unknown): string {
	return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/** RFC 6962 leaf hash: SHA-256(0x00 || bytes). */
export function leafHash(bytes: Uint8Array): Buffer {
	const prefixed = new Uint8Array(bytes.length + 1);
	prefixed.set(bytes, 1);
	return hash('sha256', prefixed, 'buffer');
}
