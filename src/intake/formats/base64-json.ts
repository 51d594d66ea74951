// JSON inside base64, as message buses hand it on (Pub/Sub push, Kinesis records). What is inside is not understood here.

import type { JsonValue } from './json-text.ts';
import { readJson } from './json-text.ts';
import { decodeUtf8 } from './utf8.ts';

/** A record of a bus is at most 10 MB (Pub/Sub); what is longer is left as text. */
const BASE64_MAX = 14_000_000;

/** The JSON documents in the text, or an empty list where it is no base64 of UTF-8 JSON. */
export function base64Json(text: string): JsonValue[] {
	if (text.length > BASE64_MAX || text.length < 4 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return [];
	// Without its padding, which may be wrong. Four characters are three bytes: a length with one left over cannot be base64.
	const bare = text
		.replace(/={1,2}$/, '')
		.replaceAll('-', '+')
		.replaceAll('_', '/');
	if (bare.length % 4 === 1) return [];
	const binary = atob(bare);
	const decoded = decodeUtf8(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
	if (!decoded.ok) return [];
	const json = readJson(decoded.value);
	return json.ok ? json.value.documents.map((document) => document.value) : [];
}
