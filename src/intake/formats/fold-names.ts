// One spelling for the names of a record: vendors' APIs, exports and forwarders write `SeverityName`, `severity_name` and
// `severityName` for one field. What the fields mean is said in sources/.
import type { JsonObject, JsonValue } from './json-text.ts';
import { isJsonObject } from './json-text.ts';

/** The name in lower case and without marks, its first 200 characters: `Src.User-Name`, `src_user_name` and `srcUserName` are one. */
export function bareName(name: string): string {
	return name
		.slice(0, 200)
		.toLowerCase()
		.replace(/[^a-z0-9]/g, '');
}

/**
 * The record with its names in lower case and without marks, at every depth (nesting is bounded by readJson). Of names that become
 * one the first with a value counts.
 */
export function foldNames(record: JsonObject): JsonObject {
	const folded = new Map<string, JsonValue>();
	for (const [name, value] of Object.entries(record)) {
		const key = bareName(name);
		const held = folded.get(key);
		if (held === undefined || held === null || held === '') folded.set(key, foldValue(value));
	}
	return Object.fromEntries(folded);
}

function foldValue(value: JsonValue): JsonValue {
	if (Array.isArray(value)) return value.map(foldValue);
	return isJsonObject(value) ? foldNames(value) : value;
}
