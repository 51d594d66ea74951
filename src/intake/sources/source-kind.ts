// What a kind of source is: its names, its readers, and the words that docs/sources.md is generated from. No kind is defined here.
import type { Alert, Domain, IntakeContext, Problem } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { CefRecord } from '../formats/cef.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import type { LeefRecord } from '../formats/leef.ts';
import type { SyslogMessage } from '../formats/syslog.ts';

/** One record read: the alert, or why it was not understood. */
export type Reading =
	| { readonly kind: 'alert'; readonly alert: Alert; readonly problems: readonly Problem[] }
	| { readonly kind: 'unparsed'; readonly problems: readonly Problem[] };

/** A JSON document taken apart: its records in order, with the object around them that they share. */
export type JsonSplit =
	| {
			readonly kind: 'records';
			readonly records: readonly JsonValue[];
			readonly envelope: JsonObject | null;
			/** Of a record that was put together from a part of the document: that part, which is kept as its raw text. */
			readonly origins?: ReadonlyMap<JsonValue, JsonValue>;
	  }
	| { readonly kind: 'protocol'; readonly note: string };

export type SourceKind = {
	/** Folder, URL and configuration name. */
	readonly name: string;
	readonly aliases: readonly string[];
	readonly title: string;
	readonly vendor: string;
	/** Where the source's alerts belong when the payload does not say. */
	readonly domain: Domain | null;
	/** Forms of body that are understood, for people. */
	readonly forms: readonly string[];
	/** The vendor's severity values and ours, for people; `by value` for a number of a range that stands above, null for none. */
	readonly severities: readonly (readonly [string, Severity | 'by value' | null])[];
	/** By what repeats and closing messages are recognised, for people. */
	readonly identity: string;
	/** What is entered at the vendor, a sentence a step. */
	readonly setup: readonly string[];
	readonly notHandled: readonly string[];

	/** True where the vendor writes JSON with faults that can be read over; then such a body is not refused. */
	readonly isLenientJson?: boolean;

	/** True where the vendor exports tables: a text under a header row of comma-separated names is one record a row. */
	readonly takesCsv?: boolean;

	splitJson(document: JsonValue): JsonSplit;
	readJson(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading;
	/** Null where the kind has no mapping of its own for CEF: the generic one is used. */
	readonly readCef: ((record: CefRecord, header: SyslogMessage | null, context: IntakeContext) => Reading) | null;
	/** True for CEF lines of this vendor, which kind `cef` hands over; null where there are none. */
	readonly ownsCef: ((record: CefRecord) => boolean) | null;
	/** The same for LEEF: absent where the generic mapping is used. */
	readonly readLeef?: (record: LeefRecord, header: SyslogMessage | null, context: IntakeContext) => Reading;
	/** True for LEEF lines of this vendor, which kinds `leef` and `syslog` hand over. */
	readonly ownsLeef?: (record: LeefRecord) => boolean;
	/** True for JSON records and for plain text that are certainly of this vendor: kind `syslog` hands them over. */
	readonly ownsJson?: (record: JsonObject) => boolean;
	readonly ownsText?: (text: string) => boolean;
	/** True where the kind's text is tried as it came before a syslog header is taken off it. */
	readonly isWholeLine?: boolean;
	/** What a line of the kind's own text begins with, where several may stand in one body. */
	readonly lineStart?: RegExp;
	/** The kind's own plain text; null where it has none, or where the line is not of that form. */
	readonly readText: ((text: string, header: SyslogMessage | null, context: IntakeContext) => Reading | null) | null;
};

export function records(
	list: readonly JsonValue[],
	envelope: JsonObject | null = null,
	origins: ReadonlyMap<JsonValue, JsonValue> = new Map(),
): JsonSplit {
	return list.length === 0
		? { kind: 'protocol', note: 'the body holds an empty list: no alert in it' }
		: { kind: 'records', records: list, envelope, origins };
}

export function unparsed(field: string, found: string, expected: string): Reading {
	return { kind: 'unparsed', problems: [{ field, found, expected }] };
}
