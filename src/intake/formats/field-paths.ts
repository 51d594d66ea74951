// Names of fields that vendors leave to whoever writes the template: dotted or nested, in any case, one value or a list of one.
// Only the shape is evened out here; what a field means is said in sources/.
import { z } from 'zod';
import { present } from './draft.ts';
import { bareName } from './fold-names.ts';
import type { JsonObject, JsonValue } from './json-text.ts';
import { isJsonObject } from './json-text.ts';

/** Elasticsearch limits the depth of a mapping to 20. */
const PATH_PARTS_MAX = 20;

/** A scalar, or the first one of a list, as trimmed text (the `fields` of a search hit are lists, whatever they hold). */
export const FirstText = z
	.unknown()
	.optional()
	.transform((value): string | null => {
		const first: unknown = Array.isArray(value) ? value[0] : value;
		return typeof first === 'string' || typeof first === 'number' || typeof first === 'boolean' ? present(first) : null;
	});

/**
 * The object with `a.b.c` keys as nested objects, at every depth. Where a key is both a value and an object (`a` and `a.b`), the object
 * is kept and the value stands in it under `value`.
 */
export function expandDots(record: JsonObject): JsonObject {
	const whole: JsonObject = {};
	for (const [key, value] of Object.entries(record)) {
		const parts = key.split('.');
		const isPath = parts.length > 1 && parts.length <= PATH_PARTS_MAX && parts.every((part) => isPlain(part));
		put(whole, isPath ? parts : [key], expanded(value));
	}
	return whole;
}

/** Names that mean something to the language are never made into a path. */
function isPlain(part: string): boolean {
	return part !== '' && part !== '__proto__' && part !== 'constructor' && part !== 'prototype';
}

function expanded(value: JsonValue): JsonValue {
	if (Array.isArray(value)) return value.map(expanded);
	return isJsonObject(value) ? expandDots(value) : value;
}

function put(whole: JsonObject, parts: readonly string[], value: JsonValue): void {
	let at = whole;
	for (const part of parts.slice(0, -1)) {
		const held = Object.hasOwn(at, part) ? at[part] : undefined;
		const next: JsonObject = isJsonObject(held) ? held : held === undefined ? {} : { value: held };
		at[part] = next;
		at = next;
	}
	const last = parts.at(-1) ?? '';
	const held = Object.hasOwn(at, last) ? at[last] : undefined;
	if (isJsonObject(held) && isJsonObject(value)) {
		for (const [name, member] of Object.entries(value)) put(held, [name], member);
	} else if (isJsonObject(held)) held['value'] = value;
	else if (held !== undefined && isJsonObject(value)) at[last] = { value: held, ...value };
	else at[last] = value;
}

/** The members of a record by name in lower case without separators: `ALERT_ID`, `alertId` and `alert-id` are `alertid`; the first counts. */
export function bareNames(record: JsonObject): JsonObject {
	const bare: JsonObject = {};
	for (const [key, value] of Object.entries(record)) {
		const name = bareName(key);
		if (name !== '' && isPlain(name) && !Object.hasOwn(bare, name)) bare[name] = value;
	}
	return bare;
}
