// What holds for every body, whoever wrote it: the laws that the fuzz tests check. Bodies are made elsewhere.
import { isIP } from 'node:net';
import { expect } from 'vitest';
import { Alert, type Entity, type Parsed, type ParsedBody } from '../../../src/domain/alert.ts';
import { fold } from '../../../src/intake/fold.ts';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { sourceKind } from '../../../src/intake/sources/index.ts';

const receivedAt = Date.UTC(2026, 2, 29, 1);
const YEAR_1980 = Date.UTC(1980, 0);
const YEAR_2200 = Date.UTC(2200, 0);
/** Nothing that turns the reading order, moves a cursor or shows nothing. */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;
/** Lines that head a table or a log and are no record. */
const HEADING = /^\s*#/;

export type Tally = { bodies: number; alerts: number; unparsed: number; refused: number; protocol: number };
export const newTally = (): Tally => ({ bodies: 0, alerts: 0, unparsed: 0, refused: 0, protocol: 0 });

export const read = (kind: string, body: string | Uint8Array): ParsedBody =>
	parseBody(kind, body, { source: 's-1', receivedAt, timeZone: 'Europe/Berlin' });

/** Checks one body against every law; what it became is counted. */
export function checkLaws(kind: string, body: string | Uint8Array, tally: Tally): ParsedBody {
	const parsed = read(kind, body);
	expect(read(kind, body), 'the same body gives the same answer').toStrictEqual(parsed);
	tally.bodies++;
	if (parsed.kind === 'refused') {
		tally.refused++;
		expect(parsed.problem.field.length * parsed.problem.expected.length).toBeGreaterThan(0);
		return parsed;
	}
	if (parsed.kind === 'protocol') {
		tally.protocol++;
		expect(parsed.note.length).toBeGreaterThan(0);
		return parsed;
	}
	checkNothingIsLost(parsed.items, textOf(body), sourceKind(kind)?.takesCsv === true);
	for (const item of parsed.items) {
		expect(item.problems.length, 'problems are bounded').toBeLessThanOrEqual(20);
		if (item.kind === 'alert') checkAlert(item.alert);
		else expect(item.problems.length + item.raw.length, 'what is not understood says why').toBeGreaterThan(0);
		tally[item.kind === 'alert' ? 'alerts' : 'unparsed']++;
	}
	checkFold(parsed.items);
	return parsed;
}

function textOf(body: string | Uint8Array): string {
	const text = typeof body === 'string' ? body : new TextDecoder('utf-8').decode(body);
	return text
		.toWellFormed()
		.replaceAll('\u0000', '\ufffd')
		.replace(/^\ufeff/, '');
}

/**
 * Every raw text is a stretch of the body, in order; of a body that is no JSON, what no raw text covers is white space or the heading
 * of a table. Of JSON, records are counted by `checkCounts`. Only a scalar of a list is written anew.
 */
function checkNothingIsLost(items: readonly Parsed[], text: string, isTable: boolean): void {
	expect(items.length).toBeGreaterThan(0);
	let at = 0;
	let rest = '';
	let last = '';
	for (const { raw } of items) {
		// Several records of one message carry the same raw text.
		if (raw === last && text.indexOf(raw, at) === -1) continue;
		const place = placeOf(raw, text, at);
		if (place === -1) {
			// Of a large document records that were put together are written anew too.
			const isLarge = items.length * text.length > 500_000;
			if (!text.includes(raw) && !isLarge)
				expect(typeof JSON.parse(raw), `raw \`${raw}\``).toMatch(/string|number|boolean/);
			continue;
		}
		rest += `${text.slice(at, place)}\n`;
		at = place + raw.length;
		last = raw;
	}
	rest += text.slice(at);
	if (/^\s*[[{]/.test(text)) return;
	const left = rest.split('\n').filter((line) => line.trim() !== '' && !HEADING.test(line));
	// What stands before all of it may be the heading of a table of comma-separated values; a quoted name in it may hold a line end.
	const heading = left.join('\n').trim();
	if (isTable && heading.includes(',') && text.trimStart().startsWith(heading)) return;
	expect(left, 'every line is in a raw text').toEqual([]);
}

/** The first place that begins a line: a line may stand in an earlier one too (`close` in `#close`). Else the first place; -1 for none. */
function placeOf(raw: string, text: string, from: number): number {
	const first = text.indexOf(raw, from);
	for (let at = first, tries = 0; at !== -1 && tries < 2_000; at = text.indexOf(raw, at + 1), tries++) {
		if (text.slice(text.lastIndexOf('\n', at - 1) + 1, at).trim() === '' || at === 0) return at;
	}
	return first;
}

function checkAlert(alert: Alert): void {
	const result = Alert.safeParse(alert);
	expect(result.success ? null : result.error.issues).toBeNull();
	expect(alert.fingerprint).toMatch(/^[0-9a-f]{32}$/);
	expect(alert.title).not.toMatch(/[\n\r]/);
	const at = Date.parse(alert.occurred_at);
	expect(at >= YEAR_1980 && at < YEAR_2200, alert.occurred_at).toBe(true);
	const texts = [alert.title, alert.description ?? '', alert.severity_raw ?? '', alert.external_id ?? ''];
	for (const [name, value] of Object.entries(alert.labels)) texts.push(name, value);
	for (const entity of alert.entities) {
		texts.push(entity.value);
		expect(isWellFormed(entity), JSON.stringify(entity)).toBe(true);
	}
	for (const text of texts) {
		if (INVISIBLE.test(text) || !text.isWellFormed()) expect.fail(`not clean: ${JSON.stringify(text)}`);
	}
	const keys = alert.entities.map(({ type, role, value }) => `${type} ${role} ${value.toLowerCase()}`);
	expect(new Set(keys).size, 'each entity once').toBe(keys.length);
}

/** Told by other means than those of the parsers. */
function isWellFormed({ type, value }: Entity): boolean {
	if (value.trim() !== value || /[\n\r\t]/.test(value)) return false;
	switch (type) {
		case 'ip':
			return isIP(value) !== 0 && value === value.toLowerCase() && value !== '0.0.0.0' && value !== '::';
		case 'mac':
			return /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(value) && value !== '00:00:00:00:00:00';
		case 'port':
			return /^\d{1,5}$/.test(value) && Number(value) < 65_536;
		case 'file_hash':
			return /^[0-9a-f]+$/.test(value) && [32, 40, 64, 96, 128].includes(value.length);
		default:
			return value !== '';
	}
}

/** Folding takes whatever a parser gives: each message ends in a row, and none is counted twice. */
function checkFold(items: readonly Parsed[]): void {
	const messages = items.flatMap((item, index) =>
		item.kind === 'alert' ? [{ id: `m${index}`, alert: item.alert, receivedAt: Date.UTC(2026, 0, 5) }] : [],
	);
	const once = fold(messages, []);
	expect(once.results).toHaveLength(messages.length);
	const newest = new Map(once.rows.map(({ row }) => [`${row.source} ${row.fingerprint}`, row]));
	const twice = fold(messages, [...newest.values()]);
	for (const folded of [once, twice]) {
		const counted = folded.rows.reduce((sum, row) => sum + row.repeats + (row.from === null ? 0 : 1), 0);
		expect(counted, 'each message is in one row').toBe(messages.length);
	}
}

/** How many items a body gives; null where it was refused. Talk without an alert gives none. */
function countOf(kind: string, body: string): number | null {
	const parsed = read(kind, body);
	return parsed.kind === 'refused' ? null : parsed.kind === 'protocol' ? 0 : parsed.items.length;
}

/** JSON documents, one a line, give together what they give alone: none hides another. */
export function checkCounts(kind: string, documents: readonly string[]): void {
	const alone = documents.map((document) => countOf(kind, document));
	if (alone.some((count) => count === null)) return;
	const sum = alone.reduce<number>((total, count) => total + (count ?? 0), 0);
	expect(countOf(kind, documents.join('\n')), documents.join('\n')).toBe(sum);
}
