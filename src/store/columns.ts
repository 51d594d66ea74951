// Rows to Postgres by column: each column goes as one array, which costs the server half of what the same rows cost it as JSON text
// (measured: 24 against 44 µs an alert of 25 columns). Pure.

/** Name and SQL type of each column, in the order of its parameter. */
export type Columns = readonly (readonly [name: string, type: string])[];

/** The rows as a table `alias` of a statement; its parameters begin with number `first`. */
export function rowsFrom(columns: Columns, first: number, alias: string): string {
	const arrays = columns.map(([, type], i) => `$${first + i}::text::${type}[]`);
	return `unnest(${arrays.join(', ')}) AS ${alias}(${columns.map(([name]) => name).join(', ')})`;
}

/** The parameters of `rowsFrom`, one for each column. A row that lacks a column has NULL there. */
export function columnTexts(rows: readonly object[], columns: Columns): string[] {
	return columns.map(([name]) => {
		let text = '';
		for (const row of rows) {
			const value: unknown = Object.hasOwn(row, name) ? row[name as keyof typeof row] : null; // asked for just now
			text += text === '' ? '{' : ',';
			text += elementOf(value);
		}
		return text === '' ? '{}' : `${text}}`;
	});
}

function elementOf(value: unknown): string {
	if (value === null || value === undefined) return 'NULL';
	if (typeof value === 'string') return quoted(storable(value));
	return typeof value === 'object' ? quoted(jsonOf(value)) : String(value);
}

function quoted(text: string): string {
	return `"${text.includes('\\') || text.includes('"') ? text.replaceAll(/["\\]/g, '\\$&') : text}"`;
}

/** Postgres takes neither U+0000 nor half a surrogate pair; the parsers leave none, and this holds for any to come. */
function storable(text: string): string {
	const whole = text.includes('\u0000') ? text.replaceAll('\u0000', '\uFFFD') : text;
	return whole.isWellFormed() ? whole : whole.toWellFormed();
}

/** The same for everything inside a JSON value, names included: there both stand as escapes. */
export function jsonOf(value: object): string {
	const text = JSON.stringify(value);
	if (!text.includes('\\u')) return text;
	return JSON.stringify(value, (_, member: unknown) => {
		if (typeof member === 'string') return storable(member);
		if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
		return Object.fromEntries(Object.entries(member).map(([name, inner]) => [storable(name), inner]));
	});
}
