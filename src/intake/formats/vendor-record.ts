// The door between a vendor's JSON and our types: lenient field types for zod schemas, and a reader that gives up single fields
// before it gives up a message. What the fields mean is said in sources/.
import { z } from 'zod';
import type { Problem } from '../../domain/alert.ts';
import { present, type Scalar } from './draft.ts';
import type { JsonObject } from './json-text.ts';

const PROBLEMS_MAX = 20;
const FOUND_LENGTH_MAX = 80;

/** A scalar as trimmed text; null where it is absent or says nothing (`""`, `-`, `n/a`). */
export const Text = scalarField('a text or a number', present);

/** A scalar as trimmed text, where `none` and `unknown` are statements and not absence: severity, status. */
export const Word = scalarField('a word or a number', (value) => {
	const text = String(value ?? '').trim();
	return text === '' ? null : text;
});

/** One step instead of a union of types: it stands in every field of every vendor. */
function scalarField(expected: string, read: (value: Scalar) => string | null) {
	return z
		.unknown()
		.optional()
		.transform((value, context): string | null => {
			if (value === null || value === undefined) return read(null);
			const known = scalar(value);
			if (known === null) context.addIssue({ code: 'custom', message: expected });
			return read(known);
		});
}

/** A yes or no that some versions write as text. */
export const Flag = z
	.union([z.boolean(), z.string(), z.number()])
	.nullish()
	.transform((value) => {
		const text = present(value)?.toLowerCase();
		if (text === 'true' || text === '1' || text === 'yes') return true;
		return text === 'false' || text === '0' || text === 'no' ? false : null;
	});

/** A list of texts that some versions write as one text, or as JSON inside a text. */
export const TextList = z
	.unknown()
	.optional()
	.transform((value): string[] => {
		if (Array.isArray(value)) return value.map((item) => present(scalar(item))).filter((item) => item !== null);
		const text = present(scalar(value));
		return text === null ? [] : [text];
	});

/** Text by name; values that are no scalars are left to the sweep over the whole record. */
export const TextMap = z
	.unknown()
	.optional()
	.transform((map, context): Record<string, string> => {
		const texts: Record<string, string> = {};
		if (map === null || map === undefined) return texts;
		if (typeof map !== 'object' || Array.isArray(map)) {
			context.addIssue({ code: 'custom', message: 'texts by name' });
			return texts;
		}
		for (const [name, value] of Object.entries(map)) {
			const text = String(scalar(value) ?? '').trim();
			if (text !== '' && name !== '__proto__') texts[name] = text;
		}
		return texts;
	});

function scalar(value: unknown): string | number | boolean | null {
	return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

export type VendorReading<T> =
	| { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
	| { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads one record by a vendor's schema. A field of the wrong type is given up with a Problem and the rest is kept; only a fault
 * that remains after that (a required field is missing) makes the record one that is not understood.
 */
export function readVendor<T>(schema: z.ZodType<T>, record: JsonObject): VendorReading<T> {
	const first = compiled(schema).safeParse(record);
	if (first.success) return { ok: true, value: first.data, problems: [] };
	const problems = first.error.issues.slice(0, PROBLEMS_MAX).map((issue) => problemOf(issue, record));
	const copy = structuredClone(record);
	for (const issue of first.error.issues) removeAt(copy, issue.path);
	const second = schema.safeParse(copy);
	if (second.success) return { ok: true, value: second.data, problems };
	return { ok: false, problems: second.error.issues.slice(0, PROBLEMS_MAX).map((issue) => problemOf(issue, record)) };
}

const compiledSchemas = new WeakMap<z.ZodType, z.ZodType>();

/** The same schema as code made for it, made once. */
function compiled<T>(schema: z.ZodType<T>): z.ZodType<T> {
	const held = compiledSchemas.get(schema);
	// What is held under a schema was made of it.
	if (held !== undefined) return held as z.ZodType<T>;
	const made = z.compile(schema);
	compiledSchemas.set(schema, made);
	return made;
}

function problemOf(issue: z.core.$ZodIssue, record: JsonObject): Problem {
	let found: unknown = record;
	for (const part of issue.path)
		found = typeof found === 'object' && found !== null ? Reflect.get(found, part) : undefined;
	return { field: issue.path.map(String).join('.') || 'record', found: describe(found), expected: issue.message };
}

function removeAt(record: JsonObject, path: readonly PropertyKey[]): void {
	let parent: unknown = record;
	for (const part of path.slice(0, -1)) {
		parent = typeof parent === 'object' && parent !== null ? Reflect.get(parent, part) : undefined;
	}
	const last = path.at(-1);
	if (last === undefined || typeof parent !== 'object' || parent === null) return;
	if (Array.isArray(parent)) Reflect.set(parent, last, null);
	else Reflect.deleteProperty(parent, last);
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
	if (value === undefined) return 'nothing';
	const text = JSON.stringify(value) ?? typeof value;
	return text.length > FOUND_LENGTH_MAX
		? `${text.slice(0, FOUND_LENGTH_MAX - 1)}…`.toWellFormed()
		: text.toWellFormed();
}
