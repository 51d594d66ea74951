// Intake, first step: a webhook body or syslog line becomes Alerts. Pure. Authentication, limits on bytes, folding of repeats and
// storage are not done here.
import { z } from 'zod';
import type { IntakeContext, Parsed, ParsedBody, Problem } from '../domain/alert.ts';
import { Alert } from '../domain/alert.ts';
import { findCef, readCef } from './formats/cef.ts';
import { cleanText } from './formats/clean-text.ts';
import { type CsvRow, readCsvTable } from './formats/csv-table.ts';
import type { JsonDocument, JsonText, JsonValue } from './formats/json-text.ts';
import { isJsonObject, readJson } from './formats/json-text.ts';
import { findLeef, readLeef } from './formats/leef.ts';
import { readSyslog, type SyslogMessage } from './formats/syslog.ts';
import { decodeUtf8 } from './formats/utf8.ts';
import { describe } from './formats/vendor-record.ts';
import { isZeekRow, isZeekText, readZeekText } from './formats/zeek-text.ts';
import { ownerOfJson, ownerOfText, readerOfCef, readerOfLeef, withHeader } from './owner.ts';
import { type SourceKind, sourceKind, sourceKindNames } from './sources/index.ts';
import type { Reading } from './sources/source-kind.ts';

/** More alerts in one body are refused whole: the sender is told, and nothing is taken in half. */
export const MAX_ALERTS_IN_BODY = 10_000;
const PROBLEMS_MAX = 20;
/** How much text records may share that were put together from parts of one document: each keeps the whole of it. */
const SHARED_RAW_MAX = 1_000_000;

/**
 * Reads one body as its source's vendor writes it.
 *
 * The form is told from the content: `{` or `[` JSON (one document, or one a line), `<PRI>`, `CEF:` or a syslog header before it,
 * `#separator` Zeek's text logs, else the kind's own text. What can't be decoded (broken JSON, invalid UTF-8, nothing at all, too many
 * alerts) is `refused` with the place.
 * Every record of what can be decoded comes back, in order, as an alert or as `unparsed`. Never throws on content; time is linear in it.
 *
 * @param kind  name or alias of a source kind
 * @param mapped  the site's own kinds, made from its mapping files
 * @throws TypeError for a kind that does not exist: the caller looks it up first
 */
export function parseBody(
	kind: string,
	body: Uint8Array | string,
	context: IntakeContext,
	mapped: readonly SourceKind[] = [],
): ParsedBody {
	const source = mapped.find(({ name }) => name === kind) ?? sourceKind(kind);
	if (source === null)
		throw new TypeError(`source kind \`${kind}\` is unknown; known are ${sourceKindNames().join(', ')}`);
	const decoded = typeof body === 'string' ? { ok: true as const, value: body } : decodeUtf8(body);
	if (!decoded.ok) return { kind: 'refused', problem: decoded.error };
	// Postgres keeps no NUL in a text; it never has a meaning in a message.
	const text = decoded.value
		.toWellFormed()
		.replaceAll('\u0000', '\ufffd')
		.replace(/^\ufeff/, '');
	const start = text.trimStart();
	if (start === '') {
		return {
			kind: 'refused',
			problem: { field: 'body', found: 'nothing', expected: 'an alert as the vendor writes it' },
		};
	}
	if (start.startsWith('{') || start.startsWith('[{') || (start.startsWith('[') && looksLikeJson(start))) {
		return parseJson(source, text, context);
	}
	if (isZeekText(start)) return parseZeek(source, text, context);
	const table = source.takesCsv === true ? readCsvTable(start) : null;
	if (table !== null) return parseTable(source, table, context);
	// Rows whose header was cut off are one message a line; the kind knows their columns.
	const messages = isZeekRow(start)
		? text.split('\n').filter((line) => line.trim() !== '')
		: splitMessages(source, text);
	if (messages.length > MAX_ALERTS_IN_BODY) return tooMany(messages.length);
	return { kind: 'parsed', items: messages.flatMap((message) => parseMessage(source, message, context)) };
}

/** A list opens with `[` and a value; `[2024-03-01 ...] text` and `[ 1234.5678] kernel text` do not. */
function looksLikeJson(text: string): boolean {
	return /^\[\s*(?:[\]{["]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*(?:,|\][ \t\r]*(?:\n|$))|true|false|null|$)/.test(
		text.slice(0, 200),
	);
}

function tooMany(count: number): ParsedBody {
	const problem = { field: 'body', found: `${count} alerts`, expected: `at most ${MAX_ALERTS_IN_BODY} in one body` };
	return { kind: 'refused', problem };
}

function parseJson(source: SourceKind, text: string, context: IntakeContext): ParsedBody {
	const strict = readJson(text);
	const json = strict.ok || source.isLenientJson !== true ? strict : readJson(text, true);
	if (!json.ok) return parseBrokenLines(source, text, json.error, context);
	const { documents, notes } = json.value;
	const items: Parsed[] = [];
	let count = 0;
	let note: string | null = null;
	for (const document of documents) {
		const owner = ownerOfJson(source, document.value);
		const split = owner.splitJson(document.value);
		if (split.kind === 'protocol') {
			note = split.note;
			continue;
		}
		count += split.records.length;
		if (count > MAX_ALERTS_IN_BODY) continue;
		const isWhole = split.records.length === 1;
		for (const record of split.records) {
			const origin = isWhole ? document.value : (split.origins?.get(record) ?? record);
			const raw = rawOf(text, json.value, document, origin, split.records.length);
			items.push(...parseRecord(owner, record, split.envelope, raw, context));
		}
	}
	if (count > MAX_ALERTS_IN_BODY) return tooMany(count);
	if (items.length === 0) return { kind: 'protocol', note: note ?? 'the body holds no alert' };
	return { kind: 'parsed', items: withNotes(items, notes) };
}

/** Oddities of the text are told with its first item, whichever record they stand in. */
function withNotes(items: readonly Parsed[], notes: readonly Problem[]): readonly Parsed[] {
	const [first, ...rest] = items;
	if (first === undefined || notes.length === 0) return items;
	return [{ ...first, problems: [...first.problems, ...notes].slice(0, PROBLEMS_MAX) }, ...rest];
}

/** The stretch of the body that a record stands in. One that was put together has none of its own: the document is kept, unless it is large. */
function rawOf(text: string, json: JsonText, document: JsonDocument, value: JsonValue, sharers: number): string {
	if (value === document.value) return text.slice(document.start, document.end);
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const span = json.spans.get(value);
	if (span !== undefined) return text.slice(span[0], span[1]);
	const isLarge = (document.end - document.start) * sharers > SHARED_RAW_MAX;
	return isLarge ? JSON.stringify(value) : text.slice(document.start, document.end);
}

/**
 * Newline-delimited JSON with a broken line: the good lines are alerts and the broken one is kept as unparsed. A body whose first
 * line is no document by itself is one broken document, and refused.
 */
function parseBrokenLines(source: SourceKind, text: string, problem: Problem, context: IntakeContext): ParsedBody {
	const lines = text.split('\n').filter((line) => line.trim() !== '');
	const first = readJson(lines[0] ?? '');
	if (lines.length < 2 || !first.ok || !isJsonObject(first.value.documents[0]?.value ?? null))
		return { kind: 'refused', problem };
	if (lines.length > MAX_ALERTS_IN_BODY) return tooMany(lines.length);
	const items: Parsed[] = [];
	for (const line of lines) {
		const parsed = readJson(line).ok ? parseJson(source, line, context) : null;
		if (parsed?.kind === 'parsed') items.push(...parsed.items);
		else if (parsed?.kind !== 'protocol') items.push({ kind: 'unparsed', raw: line, problems: [problem] });
	}
	return items.length > MAX_ALERTS_IN_BODY ? tooMany(items.length) : { kind: 'parsed', items };
}

/** Each row of a table is read as the object of its cells. */
function parseTable(source: SourceKind, rows: readonly CsvRow[], context: IntakeContext): ParsedBody {
	if (rows.length > MAX_ALERTS_IN_BODY) return tooMany(rows.length);
	if (rows.length === 0) return { kind: 'protocol', note: 'the body holds the header of a table and no row' };
	return {
		kind: 'parsed',
		items: rows.map(({ record, raw }) => checked(source.readJson(record, null, context), raw)),
	};
}

/** Each row of Zeek's text logs is read as the object that Zeek's JSON writer would have made of it. */
function parseZeek(source: SourceKind, text: string, context: IntakeContext): ParsedBody {
	const lines = readZeekText(text);
	if (lines.length > MAX_ALERTS_IN_BODY) return tooMany(lines.length);
	if (lines.length === 0) return { kind: 'protocol', note: 'the body holds the header of a Zeek log and no row' };
	const items = lines.flatMap((line): Parsed[] => {
		if (line.kind === 'bare') return parseMessage(source, line.line, context);
		const { record, raw, problems } = line.row;
		const item = checked(source.readJson(record, null, context), raw);
		return [{ ...item, problems: [...problems, ...item.problems].slice(0, PROBLEMS_MAX) }];
	});
	return { kind: 'parsed', items };
}

function parseRecord(
	source: SourceKind,
	record: JsonValue,
	envelope: { [key: string]: JsonValue } | null,
	raw: string,
	context: IntakeContext,
): Parsed[] {
	if (typeof record === 'string') return parseMessage(source, record, context).map((item) => ({ ...item, raw }));
	if (isJsonObject(record)) return [checked(source.readJson(record, envelope, context), raw)];
	return [{ kind: 'unparsed', raw, problems: [{ field: 'record', found: describe(record), expected: 'an object' }] }];
}

/** A header of syslog without its priority, as log files have it: a time and a host. */
const FILE_HEADER =
	/^(?:[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) \S/;

/**
 * Several messages of a text body: each begins on its own line with `<PRI>` or a CEF, LEEF or `@cee:` mark, and in a body that begins
 * with a header without `<PRI>` also with such a header; other lines are its wrapping.
 */
function splitMessages(source: SourceKind, text: string): string[] {
	const messages: string[] = [];
	let current = '';
	const isFile = FILE_HEADER.test(text.trimStart().slice(0, 200));
	for (const line of text.split('\n')) {
		const isStart =
			(isFile && FILE_HEADER.test(line)) ||
			/^\s{0,8}<\d{1,3}>/.test(line) ||
			source.lineStart?.test(line) === true ||
			/(?:^|[ >:])(?:(?:CEF|LEEF): ?\d{1,2}(?:\.\d)?\||@cee: ?\{)/.test(line.slice(0, 300));
		if (isStart && current.trim() !== '') {
			messages.push(current.trimEnd());
			current = line;
		} else {
			current = current === '' ? line : `${current}\n${line}`;
		}
	}
	if (current.trim() !== '') messages.push(current.trimEnd());
	return messages;
}

function parseMessage(source: SourceKind, message: string, context: IntakeContext): Parsed[] {
	const cefAt = findCef(message);
	if (cefAt !== -1) {
		const header = cefAt === 0 ? null : readSyslog(message.slice(0, cefAt), context);
		return [checked(parseCef(source, message.slice(cefAt), header, context), message)];
	}
	const leefAt = findLeef(message);
	if (leefAt !== -1) {
		const header = leefAt === 0 ? null : readSyslog(message.slice(0, leefAt), context);
		return [checked(parseLeef(source, message.slice(leefAt), header, context), message)];
	}
	const whole = source.isWholeLine === true ? (source.readText?.(message, null, context) ?? null) : null;
	if (whole !== null) return [checked(whole, message)];
	const header = readSyslog(message, context);
	// Rsyslog's mark for JSON in a message (Common Event Expression); Suricata writes it with `filetype: syslog`.
	const text = header.text.replace(/^\s{0,8}@cee:\s{0,8}(?=\{)/, '');
	// `[categoryId=0 ...]` and `[node:event:severity]` open with a bracket and are no lists.
	if (text.startsWith('{') || (text.startsWith('[') && looksLikeJson(text))) {
		const json = readJson(text);
		// A datagram may be cut off on its way and has no one to answer to: it is kept, not refused.
		const reading = json.ok ? null : (source.readText?.(text, header, context) ?? null);
		if (!json.ok && reading !== null) return [checked(reading, message)];
		if (!json.ok) return [{ kind: 'unparsed', raw: message, problems: [json.error] }];
		const body = parseJson(source, text, context);
		return body.kind === 'parsed'
			? body.items.map((item) => ({ ...withHeader(source, item, header), raw: message }))
			: [notUnderstood(source, message)];
	}
	const reading = ownerOfText(source, text).readText?.(text, header, context) ?? null;
	return [reading === null ? notUnderstood(source, message) : checked(reading, message)];
}

function parseCef(source: SourceKind, text: string, header: SyslogMessage | null, context: IntakeContext): Reading {
	const record = readCef(text);
	if (!record.ok) return { kind: 'unparsed', problems: [record.error] };
	const read = readerOfCef(source, record.value);
	return read === null ? { kind: 'unparsed', problems: [] } : read(record.value, header, context);
}

function parseLeef(source: SourceKind, text: string, header: SyslogMessage | null, context: IntakeContext): Reading {
	const record = readLeef(text);
	if (!record.ok) return { kind: 'unparsed', problems: [record.error] };
	const read = readerOfLeef(source, record.value);
	return read === undefined ? { kind: 'unparsed', problems: [] } : read(record.value, header, context);
}

function notUnderstood(source: SourceKind, message: string): Parsed {
	const found = `\`${cleanText(message.slice(0, 60), 60)}\``;
	return {
		kind: 'unparsed',
		raw: message,
		problems: [{ field: 'body', found, expected: `${source.title}: ${source.forms.join('; ')}` }],
	};
}

/** The same schema as code made for it: every alert is checked, and this way takes a quarter of the time. */
const AlertContract = z.compile(Alert);

/** The contract is checked where an alert leaves the parsers: one that breaks it is kept as unparsed instead of going on. */
function checked(reading: Reading, raw: string): Parsed {
	if (reading.kind === 'unparsed') return { kind: 'unparsed', raw, problems: reading.problems.slice(0, PROBLEMS_MAX) };
	const result = AlertContract.safeParse(reading.alert);
	if (result.success)
		return { kind: 'alert', alert: reading.alert, raw, problems: reading.problems.slice(0, PROBLEMS_MAX) };
	const problems = result.error.issues.slice(0, PROBLEMS_MAX).map((issue) => ({
		field: issue.path.map(String).join('.'),
		found: 'a value outside the contract of an alert',
		expected: issue.message,
	}));
	return { kind: 'unparsed', raw, problems };
}
