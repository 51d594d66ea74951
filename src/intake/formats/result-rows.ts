// The answer of a query language as its API writes it: the columns once, then rows of bare cells (Log Analytics, ES|QL). Which
// answers hold alerts is said in sources/.
import type { JsonValue } from './json-text.ts';
import { isJsonObject } from './json-text.ts';

/** Each row as the object of its cells by column name, null cells left out; what is no row stays as it is. */
export function namedRows(columns: readonly JsonValue[], rows: readonly JsonValue[]): JsonValue[] {
	const names = columns.map((column) => (isJsonObject(column) ? String(column['name'] ?? '') : ''));
	return rows.map((row): JsonValue => {
		if (!Array.isArray(row)) return row;
		const entries = row.flatMap((cell, index): [string, JsonValue][] => {
			const name = names[index] ?? '';
			return name === '' || cell === null ? [] : [[name, cell]];
		});
		return Object.fromEntries(entries);
	});
}
