// Tables of comma-separated values (RFC 4180) under a header row, as exports of logs are. Rows become objects; what the columns mean
// is said in sources/.
import type { JsonObject } from './json-text.ts';

/** More columns than any export has; what is beyond is left in the raw text. */
const COLUMNS_MAX = 1_000;
const NAME = /^[A-Za-z_][\w .[\]()/-]{0,80}$/;

export type CsvRow = { readonly record: JsonObject; readonly raw: string };

/**
 * Takes a table apart; null where the first row is no header of at least three names. Empty cells are left out. A row that is cut off
 * keeps the cells that it has. Time is linear in the text.
 */
export function readCsvTable(text: string): CsvRow[] | null {
	const first = readRow(text, 0);
	const names = first.cells.map((cell) => cell.trim());
	if (names.length < 3 || !names.every((name) => NAME.test(name))) return null;
	const rows: CsvRow[] = [];
	for (let at = first.end; at < text.length; ) {
		const { cells, end } = readRow(text, at);
		const raw = text.slice(at, end).trim();
		at = end;
		if (raw === '') continue;
		const entries = cells
			.slice(0, COLUMNS_MAX)
			.map((cell, index): [string, string] => [names[index] ?? `column_${index + 1}`, cell])
			.filter(([name, cell]) => cell !== '' && name !== '__proto__');
		rows.push({ record: Object.fromEntries(entries), raw });
	}
	return rows;
}

/** The cells of the row that begins at the place, and where the next one begins. A quoted cell may hold commas, breaks and `""`. */
function readRow(text: string, from: number): { cells: string[]; end: number } {
	const cells: string[] = [];
	let at = from;
	for (;;) {
		if (text.charAt(at) === '"') {
			const { value, end } = readQuoted(text, at + 1);
			cells.push(value);
			at = end;
		} else {
			const rest = /[^,\n]*/y;
			rest.lastIndex = at;
			const value = rest.exec(text)?.[0] ?? '';
			cells.push(value.trim());
			at += value.length;
		}
		// What follows a closing quote before the next comma is no part of any cell.
		while (at < text.length && text.charAt(at) !== ',' && text.charAt(at) !== '\n') at++;
		if (text.charAt(at) !== ',') return { cells, end: at + 1 };
		at++;
	}
}

function readQuoted(text: string, from: number): { value: string; end: number } {
	let value = '';
	let at = from;
	for (;;) {
		const quote = text.indexOf('"', at);
		if (quote === -1) return { value: value + text.slice(at), end: text.length };
		value += text.slice(at, quote);
		if (text.charAt(quote + 1) !== '"') return { value, end: quote + 1 };
		value += '"';
		at = quote + 2;
	}
}
