// A shipper's wrapping: a log line as one member of a JSON object, the rest saying when and where it was picked up.
import type { JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { JsonSplit } from './source-kind.ts';
import { records } from './source-kind.ts';

/** How much of a member is searched for the mark. */
const MARK_WITHIN = 1_000;

/**
 * The lines that a JSON document carries, where a member holds one with the mark near its start; else the document's objects.
 *
 * @param mark  what tells the form of line (`CEF:`)
 */
export function carriedLines(document: JsonValue, mark: string): JsonSplit {
	const list = Array.isArray(document) ? document : [document];
	return records(list.map((item) => carriedLine(item, (text) => text.slice(0, MARK_WITHIN).includes(mark)) ?? item));
}

/** The first of the members that shippers use which is a line of the form; null where there is none. */
export function carriedLine(item: JsonValue, isLine: (text: string) => boolean): string | null {
	if (!isJsonObject(item)) return null;
	const event = item['event'];
	const original = isJsonObject(event) ? event['original'] : event;
	for (const member of [item['message'], item['_raw'], original, item['log'], item['raw'], item['msg']])
		if (typeof member === 'string' && isLine(member)) return member;
	return null;
}
