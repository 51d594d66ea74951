// JSON as a stranger sends it: read once, strictly, so that what was checked is what is signed and kept. Pure. NOT here: what a playbook
// means (validate.ts). JSON.parse takes the last of two equal names and rounds large numbers without a word; both let two readers see two
// playbooks under one signature (RFC 8785, section 3.1, asks for I-JSON: RFC 7493).
import { err, ok, type Result } from '../../domain/result.ts';

/** Bytes of one playbook. */
export const JSON_BYTES_MAX = 8 * 1024 * 1024;
/** Levels of nesting; a playbook needs about ten. */
const JSON_DEPTH_MAX = 64;
/** Values in one playbook, counting every member and item. */
const JSON_VALUES_MAX = 500_000;

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

/** Where and why a text is no JSON that everybody reads the same; line and column count from 1. */
export type JsonFault = {
	readonly line: number;
	readonly column: number;
	readonly path: string;
	readonly message: string;
};

export function isJsonObject(value: Json | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `$.workflow["start--1"].name`: plain names with a dot, all others quoted and cut to 120 characters. */
export function pathText(path: readonly (string | number)[]): string {
	let text = '$';
	for (const part of path) {
		if (typeof part === 'number') text += `[${part}]`;
		else if (/^[A-Za-z_][A-Za-z0-9_]{0,60}$/.test(part)) text += `.${part}`;
		else text += `[${JSON.stringify(part.slice(0, 120))}]`;
	}
	return text;
}

/**
 * Reads bytes as one JSON value. Never throws.
 *
 * Refused, with the place: text that is not UTF-8, a byte order mark, two members of one name in an object, the name `__proto__`,
 * integers beyond 2^53-1 and numbers beyond a double, lone surrogates, and whatever passes the limits above.
 */
export function readStrictJson(bytes: Uint8Array): Result<Json, JsonFault> {
	const at = (message: string): Result<Json, JsonFault> => err({ line: 1, column: 1, path: '$', message });
	if (bytes.length > JSON_BYTES_MAX) return at(`${bytes.length} bytes; a playbook may have ${JSON_BYTES_MAX}`);
	let text: string;
	try {
		text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch (error) {
		if (error instanceof TypeError) return at('the file is not UTF-8 text');
		throw error;
	}
	const reader = new Reader(text);
	try {
		return ok(reader.document());
	} catch (error) {
		if (error instanceof Fault) return err(error.fault);
		throw error;
	}
}

class Fault extends Error {
	readonly fault: JsonFault;
	constructor(fault: JsonFault) {
		super(fault.message);
		this.fault = fault;
	}
}

/** Means something else to JavaScript than to everybody else. */
const FORBIDDEN_NAME = '__proto__';
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Characters of a string up to the next quote, backslash or control character. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
	'"': '"',
	'\\': '\\',
	'/': '/',
	b: '\b',
	f: '\f',
	n: '\n',
	r: '\r',
	t: '\t',
};

class Reader {
	readonly #text: string;
	readonly #path: (string | number)[] = [];
	#at = 0;
	#values = 0;

	constructor(text: string) {
		this.#text = text;
	}

	document(): Json {
		this.#space();
		const value = this.#value();
		this.#space();
		if (this.#at < this.#text.length) this.#fail('text follows behind the JSON value');
		return value;
	}

	#value(): Json {
		if (this.#path.length > JSON_DEPTH_MAX) this.#fail(`nested more than ${JSON_DEPTH_MAX} levels deep`);
		if (++this.#values > JSON_VALUES_MAX) this.#fail(`more than ${JSON_VALUES_MAX} values`);
		const sign = this.#text[this.#at];
		if (sign === '{') return this.#object();
		if (sign === '[') return this.#array();
		if (sign === '"') return this.#string();
		for (const [word, value] of [['true', true] as const, ['false', false] as const, ['null', null] as const]) {
			if (this.#text.startsWith(word, this.#at)) {
				this.#at += word.length;
				return value;
			}
		}
		return this.#number();
	}

	#object(): JsonObject {
		// INVARIANT: every name is an own property; `__proto__` is refused before it could be set.
		const members: Record<string, Json> = {};
		this.#at++;
		this.#space();
		if (this.#take('}')) return members;
		for (;;) {
			if (this.#text[this.#at] !== '"') this.#fail('a member begins with its name in double quotes');
			const name = this.#string();
			this.#path.push(name);
			if (name === FORBIDDEN_NAME) this.#fail(`a member may not be named \`${name}\``);
			if (Object.hasOwn(members, name)) {
				this.#fail(
					`the member \`${name.slice(0, 80)}\` stands twice in one object: readers would not agree which one counts`,
				);
			}
			this.#space();
			if (!this.#take(':')) this.#fail('expected `:` behind a name');
			this.#space();
			members[name] = this.#value();
			this.#path.pop();
			this.#space();
			if (this.#take('}')) return members;
			if (!this.#take(',')) this.#fail('expected `,` or `}`');
			this.#space();
		}
	}

	#array(): Json[] {
		const items: Json[] = [];
		this.#at++;
		this.#space();
		if (this.#take(']')) return items;
		for (;;) {
			this.#path.push(items.length);
			items.push(this.#value());
			this.#path.pop();
			this.#space();
			if (this.#take(']')) return items;
			if (!this.#take(',')) this.#fail('expected `,` or `]`');
			this.#space();
		}
	}

	#string(): string {
		let text = '';
		this.#at++;
		for (;;) {
			PLAIN.lastIndex = this.#at;
			const plain = PLAIN.exec(this.#text)?.[0] ?? '';
			text += plain;
			this.#at += plain.length;
			const next = this.#text[this.#at];
			if (next === '"') break;
			if (next === undefined) this.#fail('a string does not end');
			if (next !== '\\') this.#fail('a control character inside a string');
			text += this.#escape();
		}
		this.#at++;
		if (!text.isWellFormed()) this.#fail('a string holds half a surrogate pair');
		return text;
	}

	#escape(): string {
		const letter = this.#text[this.#at + 1] ?? '';
		if (letter === 'u') {
			const digits = this.#text.slice(this.#at + 2, this.#at + 6);
			if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('`\\u` is followed by four hexadecimal digits');
			this.#at += 6;
			return String.fromCharCode(Number.parseInt(digits, 16));
		}
		const meant = ESCAPES[letter];
		if (meant === undefined) this.#fail('an unknown escape in a string');
		this.#at += 2;
		return meant;
	}

	#number(): number {
		NUMBER.lastIndex = this.#at;
		const digits = NUMBER.exec(this.#text)?.[0];
		if (digits === undefined) return this.#fail('expected a JSON value');
		const value = Number(digits);
		if (!Number.isFinite(value)) this.#fail('a number beyond what a double can hold: send it as text');
		if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
			this.#fail('a whole number beyond 2^53-1, which readers round differently (RFC 7493, 2.2): send it as text');
		}
		this.#at += digits.length;
		return value;
	}

	#space(): void {
		SPACE.lastIndex = this.#at;
		this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
	}

	#take(sign: string): boolean {
		if (this.#text[this.#at] !== sign) return false;
		this.#at++;
		return true;
	}

	#fail(message: string): never {
		const before = this.#text.slice(0, this.#at);
		const lineStart = before.lastIndexOf('\n') + 1;
		let line = 1;
		for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line++;
		throw new Fault({ line, column: this.#at - lineStart + 1, path: pathText(this.#path), message });
	}
}
