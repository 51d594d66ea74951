// Reads JSON text at the door: exact places of faults, big numbers kept, nesting bounded. Knows nothing of vendors.
// A reader of our own, because JSON.parse rounds 64-bit ids, hides duplicate keys and names no line.
import type { Problem } from '../../domain/alert.ts';
import type { Result } from '../../domain/result.ts';
import { err, ok } from '../../domain/result.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

/** Deeper nesting is refused: no vendor needs more than about 15, and readers downstream may recurse. */
export const JSON_DEPTH_MAX = 64;
/** Notes about tolerated oddities (duplicate keys) that are kept per text. */
const NOTES_MAX = 20;

/** Where in the text: line and column count from 1, the offset from 0, in UTF-16 units. */
type Place = { readonly line: number; readonly column: number; readonly offset: number };

/** A value with the stretch of text it was read from. */
export type JsonDocument = { readonly value: JsonValue; readonly start: number; readonly end: number };

export type JsonText = {
	/** One document, or one per line where the text is newline-delimited. */
	readonly documents: readonly JsonDocument[];
	/** The stretch of text an object or array was read from. */
	readonly spans: ReadonlyMap<object, readonly [number, number]>;
	/** Oddities that were tolerated: duplicate keys (the last counts), prototype keys (left out). */
	readonly notes: readonly Problem[];
};

/** True for an object that is no list and not null. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function placeOf(text: string, offset: number): Place {
	let line = 1;
	let lineStart = 0;
	for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
		line++;
		lineStart = at + 1;
	}
	return { line, column: offset - lineStart + 1, offset };
}

/**
 * Reads a text that holds one JSON value, or several with white space between them (newline-delimited JSON).
 *
 * Integers beyond 2^53 and numbers beyond a double come back as text, so ids stay exact. The last of two equal keys
 * counts, as everywhere; `__proto__` is left out; both are noted. Time and memory are linear in the text.
 *
 * @param isLenient  also takes what some vendors' own documents and appliances write: a comma before a closing mark, an escape that JSON
 *   does not know (the character itself counts), a control character inside a text. Each is noted
 * @returns the documents, or one Problem whose field names line, column and offset
 */
export function readJson(text: string, isLenient = false): Result<JsonText, Problem> {
	const reader = new JsonReader(text, isLenient);
	try {
		const documents: JsonDocument[] = [];
		reader.skipSpace();
		do {
			const start = reader.at;
			const value = reader.readValue(0);
			documents.push({ value, start, end: reader.at });
			reader.skipSpace();
			if (reader.at < text.length && !'{['.includes(text.charAt(reader.at))) {
				throw new JsonFault(reader.at, 'the end of the text, or another object');
			}
		} while (reader.at < text.length);
		return ok({ documents, spans: reader.spans, notes: reader.notes });
	} catch (fault) {
		if (!(fault instanceof JsonFault)) throw fault;
		return err(problemAt(text, fault.offset, fault.expected));
	}
}

function problemAt(text: string, offset: number, expected: string): Problem {
	const place = placeOf(text, offset);
	const found = offset >= text.length ? 'the end of the text' : `\`${text.slice(offset, offset + 24)}\``;
	return { field: `line ${place.line}, column ${place.column} (offset ${place.offset})`, found, expected };
}

class JsonFault extends Error {
	readonly offset: number;
	readonly expected: string;
	constructor(offset: number, expected: string) {
		super(expected);
		this.offset = offset;
		this.expected = expected;
	}
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\r\n]*/y;
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

class JsonReader {
	at = 0;
	readonly spans = new Map<object, readonly [number, number]>();
	readonly notes: Problem[] = [];
	readonly text: string;
	private readonly isLenient: boolean;
	constructor(text: string, isLenient: boolean) {
		this.text = text;
		this.isLenient = isLenient;
	}

	skipSpace(): void {
		// Most machines write none, and a look is cheaper than the pattern.
		if (this.text.charCodeAt(this.at) > 0x20) return;
		SPACE.lastIndex = this.at;
		SPACE.test(this.text);
		this.at = SPACE.lastIndex;
	}

	readValue(depth: number): JsonValue {
		const { text } = this;
		switch (text.charAt(this.at)) {
			case '{':
				return this.readObject(depth + 1);
			case '[':
				return this.readArray(depth + 1);
			case '"':
				return this.readString();
			case 't':
				return this.readWord('true', true);
			case 'f':
				return this.readWord('false', false);
			case 'n':
				return this.readWord('null', null);
			default:
				return this.readNumber();
		}
	}

	private readWord<T>(word: string, value: T): T {
		if (!this.text.startsWith(word, this.at)) throw new JsonFault(this.at, 'a JSON value');
		this.at += word.length;
		return value;
	}

	private readNumber(): number | string {
		NUMBER.lastIndex = this.at;
		const match = NUMBER.exec(this.text);
		if (match === null) throw new JsonFault(this.at, 'a JSON value');
		this.at = NUMBER.lastIndex;
		const value = Number(match[0]);
		if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return match[0];
		return value;
	}

	private readString(): string {
		const { text } = this;
		const start = this.at;
		this.at++;
		let value = '';
		for (;;) {
			PLAIN.lastIndex = this.at;
			PLAIN.test(text);
			value += text.slice(this.at, PLAIN.lastIndex);
			this.at = PLAIN.lastIndex;
			const mark = text.charAt(this.at);
			if (mark === '"') {
				this.at++;
				return value;
			}
			if (mark === '') throw new JsonFault(text.length, `the closing quote of the text that begins at offset ${start}`);
			if (mark === '\\') value += this.readEscape();
			else value += this.readControl(mark);
		}
	}

	private readControl(mark: string): string {
		const expected = 'control characters written as escapes (\\n, \\u0000)';
		if (!this.isLenient) throw new JsonFault(this.at, expected);
		this.note(this.at, 'a control character in a text', expected);
		this.at++;
		return mark;
	}

	private readEscape(): string {
		const mark = this.text.charAt(this.at + 1);
		if (mark === 'u') {
			const digits = this.text.slice(this.at + 2, this.at + 6);
			if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonFault(this.at, 'four hexadecimal digits after \\u');
			this.at += 6;
			return String.fromCharCode(Number.parseInt(digits, 16));
		}
		const meant = Object.hasOwn(ESCAPES, mark) ? ESCAPES[mark] : undefined;
		if (meant === undefined) {
			const expected = 'an escape that JSON knows: \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u';
			if (!this.isLenient || mark === '') throw new JsonFault(this.at, expected);
			this.note(this.at, `\`\\${mark}\``, expected);
		}
		this.at += 2;
		return meant ?? mark;
	}

	private enter(depth: number): void {
		if (depth > JSON_DEPTH_MAX) throw new JsonFault(this.at, `nesting of at most ${JSON_DEPTH_MAX} levels`);
		this.at++;
		this.skipSpace();
	}

	private readArray(depth: number): JsonValue[] {
		const start = this.at;
		const list: JsonValue[] = [];
		this.enter(depth);
		if (this.text.charAt(this.at) === ']') {
			this.at++;
		} else {
			do {
				this.skipSpace();
				list.push(this.readValue(depth));
			} while (this.isNext(']'));
		}
		this.spans.set(list, [start, this.at]);
		return list;
	}

	private readObject(depth: number): JsonObject {
		const start = this.at;
		const object: JsonObject = {};
		this.enter(depth);
		if (this.text.charAt(this.at) === '}') {
			this.at++;
		} else {
			do {
				this.skipSpace();
				this.readMember(object, depth);
			} while (this.isNext('}'));
		}
		this.spans.set(object, [start, this.at]);
		return object;
	}

	private readMember(object: JsonObject, depth: number): void {
		if (this.text.charAt(this.at) !== '"') throw new JsonFault(this.at, 'a key in double quotes');
		const keyAt = this.at;
		const key = this.readString();
		this.skipSpace();
		if (this.text.charAt(this.at) !== ':') throw new JsonFault(this.at, '`:` after the key');
		this.at++;
		this.skipSpace();
		const value = this.readValue(depth);
		if (key === '__proto__') {
			this.note(keyAt, 'the key `__proto__`', 'no such key: it is left out');
			return;
		}
		if (Object.hasOwn(object, key)) {
			this.note(keyAt, `the key \`${key.slice(0, 60)}\` a second time`, 'each key once: the last one counts');
		}
		object[key] = value;
	}

	/** Steps over `,` (true) or over the closing mark (false). */
	private isNext(close: string): boolean {
		this.skipSpace();
		const mark = this.text.charAt(this.at);
		if (mark !== ',' && mark !== close) throw new JsonFault(this.at, `\`,\` or \`${close}\``);
		this.at++;
		if (mark !== ',') return false;
		if (!this.isLenient) return true;
		this.skipSpace();
		if (this.text.charAt(this.at) !== close) return true;
		this.note(this.at, `\`,\` before \`${close}\``, 'no comma after the last value');
		this.at++;
		return false;
	}

	private note(offset: number, found: string, expected: string): void {
		if (this.notes.length >= NOTES_MAX) return;
		const place = placeOf(this.text, offset);
		this.notes.push({ field: `line ${place.line}, column ${place.column} (offset ${offset})`, found, expected });
	}
}
