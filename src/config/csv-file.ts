// CSV as RFC 4180 says, with the place of every cell. It knows nothing of inventories; loaders give cells their meaning.
import type { Finding } from '../domain/result.ts';
import { Findings, type Place, shown } from './finding.ts';

/** Characters of a CSV file; a plant of 100,000 assets has about 15 million. */
const CSV_TEXT_MAX = 64 * 1024 * 1024;

export type Cell = Place & { readonly text: string };
export type CsvTable = {
	readonly header: readonly Cell[];
	/** Each row has as many cells as the header. */
	readonly rows: readonly (readonly Cell[])[];
	readonly findings: readonly Finding[];
};

/**
 * Reads a CSV table with a header line. Quoted cells may hold separators, line ends and doubled quotes; lines end in LF or
 * CRLF; a byte order mark and empty lines are passed over. The separator is a comma, or a semicolon where the header has
 * no comma (spreadsheets of half of Europe write it so). A row with too many or too few cells is refused, never shifted.
 */
export function parseCsv(text: string, file: string): CsvTable {
	const findings = new Findings(file);
	if (text.length > CSV_TEXT_MAX) {
		findings.error({ line: 1, column: 1 }, `the file has ${text.length} characters, ${CSV_TEXT_MAX} are allowed`);
		return { header: [], rows: [], findings: findings.list() };
	}
	const body = text.startsWith('\ufeff') ? text.slice(1) : text;
	const records = readRecords(body, separatorOf(body), findings);
	const [header, ...rest] = records;
	if (header === undefined) return { header: [], rows: [], findings: findings.list() };
	const rows = rest.filter((row) => {
		if (row.length === header.length) return true;
		const first = row[0] ?? { line: 1, column: 1 };
		findings.error(
			first,
			`this row has ${row.length} cells, the header has ${header.length}`,
			row.length > header.length
				? 'a cell that holds a separator must stand in double quotes'
				: 'empty cells need their separators',
		);
		return false;
	});
	return { header, rows, findings: findings.list() };
}

function separatorOf(text: string): string {
	const end = text.indexOf('\n');
	const head = end < 0 ? text.slice(0, 10_000) : text.slice(0, end);
	return !head.includes(',') && head.includes(';') ? ';' : ',';
}

/** One pass over the text; every character is looked at once. */
function readRecords(text: string, separator: string, findings: Findings): Cell[][] {
	const records: Cell[][] = [];
	let record: Cell[] = [];
	let line = 1;
	let lineStart = 0;
	let at = 0;
	const endRecord = (): void => {
		if (record.length > 1 || (record[0]?.text ?? '') !== '') records.push(record);
		record = [];
	};
	while (at < text.length) {
		const place = { line, column: at - lineStart + 1 };
		const cell = text[at] === '"' ? readQuoted(text, at) : readPlain(text, at, separator);
		if (cell.unclosed)
			findings.error(place, 'this quoted cell is never closed', 'a quote inside a quoted cell is written twice');
		if (cell.strayQuote)
			findings.error(
				place,
				`a quote inside the plain cell ${shown(cell.text)}`,
				'put the cell in double quotes, and double the quote',
			);
		record.push({ ...place, text: cell.text });
		for (const end of cell.lineEnds) {
			line++;
			lineStart = end + 1;
		}
		at = cell.next;
		const next = text[at];
		if (next !== undefined && next !== separator && next !== '\n' && !(next === '\r' && text[at + 1] === '\n')) {
			findings.error(
				{ line, column: at - lineStart + 1 },
				'text after the closing quote of a cell',
				'a quote inside a quoted cell is written twice',
			);
			at = skipTo(text, at, separator);
		}
		if (text[at] === '\r') at++;
		if (text[at] === separator) {
			at++;
			if (at >= text.length) record.push({ line, column: at - lineStart + 1, text: '' });
		} else if (text[at] === '\n') {
			endRecord();
			at++;
			line++;
			lineStart = at;
		}
	}
	endRecord();
	return records;
}

type ReadCell = {
	readonly text: string;
	readonly next: number;
	readonly unclosed: boolean;
	readonly strayQuote: boolean;
	readonly lineEnds: readonly number[];
};

function readPlain(text: string, from: number, separator: string): ReadCell {
	const next = skipTo(text, from, separator);
	const value = text.slice(from, next);
	return { text: value.trim(), next, unclosed: false, strayQuote: value.includes('"'), lineEnds: [] };
}

function readQuoted(text: string, from: number): ReadCell {
	const parts: string[] = [];
	const lineEnds: number[] = [];
	let at = from + 1;
	for (;;) {
		const quote = text.indexOf('"', at);
		const part = text.slice(at, quote < 0 ? text.length : quote);
		for (let end = part.indexOf('\n'); end >= 0; end = part.indexOf('\n', end + 1)) lineEnds.push(at + end);
		parts.push(part);
		if (quote < 0) return { text: parts.join(''), next: text.length, unclosed: true, strayQuote: false, lineEnds };
		if (text[quote + 1] !== '"')
			return { text: parts.join(''), next: quote + 1, unclosed: false, strayQuote: false, lineEnds };
		parts.push('"');
		at = quote + 2;
	}
}

/** The next separator or line end (the CR of a CRLF), or the end of the text. */
function skipTo(text: string, from: number, separator: string): number {
	let at = from;
	while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
	return text[at] === '\n' && at > from && text[at - 1] === '\r' ? at - 1 : at;
}
