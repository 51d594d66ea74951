// Zeek's text logs: tab-separated rows under a header of `#` lines (Zeek manual, "Zeek Log Formats"). Rows become objects as Zeek's
// JSON writer would write them. What the fields mean is said in sources/.
import type { Problem } from '../../domain/alert.ts';
import type { JsonObject, JsonValue } from './json-text.ts';

/** More columns than any Zeek log has; what is beyond is told and left in the raw text. */
const COLUMNS_MAX = 500;
const SET_MAX = 1_000;
const PROBLEMS_MAX = 5;

const DIRECTIVE = /^#(?:separator|set_separator|empty_field|unset_field|path|open|close|fields|types)(?=\s|$|[^\w])/;
const ADDRESS = '(?:[0-9a-fA-F]{0,4}[.:][0-9a-fA-F.:]{1,43}|-)';
/** Time (which Zeek's own test suite masks with X), identifier of the connection, and its four ends; the first two may be cut off. */
const ROW = new RegExp(
	`^(?:[\\dX]{1,12}\\.[\\dX]{1,9}\\t[A-Za-z0-9]{8,24}\\t|(?:[\\dX]{1,12}\\.[\\dX]{1,9}\\t)?(?:[A-Za-z0-9]{8,24}\\t)?${ADDRESS}\\t\\d{1,5}\\t${ADDRESS}\\t\\d{1,5}(?:\\t|$))`,
);

export type ZeekRow = {
	readonly record: JsonObject;
	/** The row as it stood; of a text with one row the whole text, so that the names of its columns are kept with it. */
	readonly raw: string;
	readonly problems: readonly Problem[];
};

/** A text log read: rows under a header in order, and lines that stand under none. */
export type ZeekLine =
	| { readonly kind: 'row'; readonly row: ZeekRow }
	| { readonly kind: 'bare'; readonly line: string };

type Header = {
	separator: string;
	setSeparator: string;
	empty: string;
	unset: string;
	path: string | null;
	fields: readonly string[];
	types: readonly string[];
};

/** True for a text that begins with one of Zeek's header lines. */
export function isZeekText(text: string): boolean {
	return DIRECTIVE.test(text.slice(0, 40));
}

/** True for a row of a Zeek log without its header, told by its first columns. */
export function isZeekRow(line: string): boolean {
	return ROW.test(line.slice(0, 200));
}

/** Cells of a row that stands under no header; null for `-`, Zeek's way of writing an unset field. */
export function zeekCells(line: string): (string | null)[] {
	return line
		.replace(/\r?\n?$/, '')
		.split('\t', COLUMNS_MAX)
		.map((cell) => (cell === '-' ? null : unescaped(cell)));
}

/**
 * Takes a text log apart. Several files may follow one another: each header begins anew. Time is linear in the text.
 *
 * @returns rows as objects: flat names as Zeek's JSON has them (`id.orig_h`), sets and vectors as lists, booleans as such, numbers as
 *   text (nothing is rounded), unset fields left out, `_path` from `#path`. A row before any `#fields` comes back as it stands.
 */
export function readZeekText(text: string): ZeekLine[] {
	let header = emptyHeader();
	const lines: ZeekLine[] = [];
	for (const whole of text.split('\n')) {
		const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
		if (line.trim() === '') continue;
		if (line.startsWith('#')) {
			if (/^#separator/.test(line)) header = emptyHeader();
			readDirective(header, line);
		} else if (header.fields.length === 0) {
			lines.push({ kind: 'bare', line });
		} else {
			lines.push({ kind: 'row', row: readRow(header, line) });
		}
	}
	const [only, ...others] = lines;
	if (only?.kind === 'row' && others.length === 0) return [{ kind: 'row', row: { ...only.row, raw: text.trim() } }];
	return lines;
}

function emptyHeader(): Header {
	return {
		separator: '\t',
		setSeparator: ',',
		empty: '(empty)',
		unset: '-',
		path: null,
		fields: [],
		types: [],
	};
}

function readDirective(header: Header, line: string): void {
	const separator = /^#separator\s{1,4}(\S{1,40})/.exec(line)?.[1];
	if (separator !== undefined) {
		header.separator = unescaped(separator);
		return;
	}
	// Only the line of the separator has a blank after its name; a log copied through an editor may have it elsewhere too.
	const name = /^#\w{1,20}/.exec(line)?.[0] ?? '';
	const rest = line.slice(name.length);
	const cells = (rest.startsWith(header.separator) ? rest.slice(header.separator.length) : rest.trimStart()).split(
		header.separator,
		COLUMNS_MAX,
	);
	const [first = ''] = cells;
	if (name === '#set_separator') header.setSeparator = unescaped(first);
	else if (name === '#empty_field') header.empty = unescaped(first);
	else if (name === '#unset_field') header.unset = unescaped(first);
	else if (name === '#path') header.path = first.trim();
	else if (name === '#fields') header.fields = cells.map((cell) => cell.trim());
	else if (name === '#types') header.types = cells.map((cell) => cell.trim());
}

function readRow(header: Header, line: string): ZeekRow {
	const cells = line.split(header.separator, COLUMNS_MAX + 1);
	const entries: [string, JsonValue][] = [];
	for (const [index, field] of header.fields.entries()) {
		const cell = cells[index];
		// `__proto__` is no field of any log: it could only harm.
		if (cell === undefined || cell === header.unset || field === '' || field === '__proto__') continue;
		entries.push([field, cellValue(cell, header.types[index] ?? 'string', header)]);
	}
	const problems: Problem[] = [];
	if (cells.length !== header.fields.length) {
		problems.push({
			field: 'row',
			found: `${cells.length} columns`,
			expected: `${header.fields.length} columns, as in \`#fields\``,
		});
	}
	if (header.path !== null && !header.fields.includes('_path')) entries.unshift(['_path', header.path]);
	return {
		record: Object.fromEntries(entries),
		raw: line,
		problems: problems.slice(0, PROBLEMS_MAX),
	};
}

function cellValue(cell: string, type: string, header: Header): JsonValue {
	if (/^(?:set|vector|table)\b/.test(type)) {
		if (cell === header.empty || cell === '') return [];
		return cell
			.split(header.setSeparator, SET_MAX)
			.map((item) => (item === header.unset || item === header.empty ? '' : unescaped(item)));
	}
	if (cell === header.empty) return '';
	if (type === 'bool' && (cell === 'T' || cell === 'F')) return cell === 'T';
	return unescaped(cell);
}

/**
 * Zeek writes what is no printable ASCII, and its own separators, as `\xHH`, a backslash as `\\`. Bytes that together are UTF-8 become
 * its characters; others stand for themselves.
 */
function unescaped(text: string): string {
	if (!text.includes('\\')) return text;
	return text.replace(/(?:\\x[0-9a-fA-F]{2})+|\\\\/g, (sequence) => {
		if (sequence === '\\\\') return '\\';
		const bytes = Uint8Array.from(sequence.split('\\x').slice(1), (pair) => Number.parseInt(pair, 16));
		const decoded = new TextDecoder('utf-8').decode(bytes);
		return decoded.includes('\ufffd') ? Array.from(bytes, (byte) => String.fromCharCode(byte)).join('') : decoded;
	});
}
