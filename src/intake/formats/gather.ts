// The sweep: after a source's own mapping has given roles, every remaining address, name, user, file, hash and link of the payload
// becomes a `related` entity, whatever field a vendor's next version puts it in.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from './draft.ts';
import { readFieldName } from './field-names.ts';
import type { JsonValue } from './json-text.ts';
import { isJsonObject, readJson } from './json-text.ts';

const HASH_TEXT_MAX = 10_000;
const INNER_JSON_MAX = 100_000;
/** JSON inside text inside JSON: vendors go one level deep. */
const INNER_DEPTH_MAX = 2;

/**
 * Adds what one named value says. Used by the sweep, and by formats whose fields are flat (CEF).
 *
 * @param depth  how many texts this value was unwrapped from
 */
export function gatherField(draft: Draft, key: string, value: string, role: EntityRole, depth = 0): void {
	const { reader, isDeaf, isHash, print } = readFieldName(key);
	if (print !== null) {
		draft.label(print, value);
		return;
	}
	if (isDeaf) {
		draft.technique(value);
		return;
	}
	if (depth < INNER_DEPTH_MAX && value.length <= INNER_JSON_MAX && isJsonText(value)) {
		const json = readJson(value);
		if (json.ok) {
			for (const document of json.value.documents) gather(draft, document.value, key, NOTHING_SKIPPED, depth + 1);
			return;
		}
	}
	reader?.(draft, value, role);
	if (isHash) {
		for (const word of value.slice(0, HASH_TEXT_MAX).split(/[^0-9a-fA-F]+/)) draft.entity('file_hash', word, role);
	}
	draft.mentions(value, role);
}

function isJsonText(value: string): boolean {
	return /^\s{0,4}(?:\[\s*["{]|\{\s*")/.test(value);
}

const NOTHING_SKIPPED: ReadonlySet<string> = new Set();

/** How a TLS or SSH client or server introduces itself, hashed: it names a kind of program, and no file. */
const PRINT = /^(?:ja3s?|ja4[a-z]{0,4}|hassh(?:server)?)$/i;

/**
 * Walks a whole payload (nesting is bounded by readJson) and adds everything it names as `related`; what has a role already keeps it.
 *
 * @param skip  names of members at any depth that are not walked, because the source's own mapping reads them
 */
export function gather(draft: Draft, value: JsonValue, key = '', skip = NOTHING_SKIPPED, depth = 0): void {
	if (typeof value === 'string') {
		gatherField(draft, key, value, 'related', depth);
	} else if (Array.isArray(value)) {
		for (const item of value) gather(draft, item, key, skip, depth);
	} else if (isJsonObject(value)) {
		if (PRINT.test(key)) {
			const hash = value['hash'];
			if (typeof hash === 'string') draft.label(key.toLowerCase(), hash);
			return;
		}
		for (const name of Object.keys(value)) {
			// `user: {name: ...}`, `process: {name: ...}`: the name is one of what the object is.
			if (!skip.has(name)) gather(draft, value[name] ?? null, name === 'name' && key !== '' ? key : name, skip, depth);
		}
	}
}
