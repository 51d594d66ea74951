// A row of the inventory as it was written, before it means anything: CSV lines and YAML entries become the same shape here.
import type { CsvTable } from './csv-file.ts';
import { type Findings, type Place, shown } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** One key of a row: its values as written (several where the file gives a list, none where it is left empty), and where. */
export type Field = Place & { readonly texts: readonly string[]; readonly keyPlace: Place };

export type Row = { readonly place: Place; readonly fields: ReadonlyMap<string, Field> };

/** `Serial Number` and `serial-number` are the same column as `serial_number`. */
export function columnName(name: string): string {
	return name.trim().toLowerCase().replaceAll(/[\s-]/g, '_');
}

/** Rows of a CSV table; an empty cell is no field. A column named twice or not at all is an error. */
export function rowsOfCsv(table: CsvTable, findings: Findings): Row[] {
	const names = table.header.map((cell) => columnName(cell.text));
	names.forEach((name, index) => {
		const cell = table.header[index] ?? { line: 1, column: 1 };
		if (name === '') findings.error(cell, `column ${index + 1} has no name`);
		else if (names.indexOf(name) < index) findings.error(cell, `the column ${shown(name)} stands twice`);
	});
	return table.rows.map((cells) => {
		const fields = new Map<string, Field>();
		cells.forEach((cell, index) => {
			const name = names[index] ?? '';
			const keyPlace = table.header[index] ?? cell;
			if (cell.text !== '' && name !== '')
				fields.set(name, { ...placeOf(cell), texts: [cell.text], keyPlace: placeOf(keyPlace) });
		});
		return { place: placeOf(cells[0] ?? { line: 1, column: 1 }), fields };
	});
}

/** One YAML mapping as a row; null and empty values are no fields, anything but scalars and lists of scalars is an error. */
export function rowOfYaml(yaml: YamlFile, path: Path, value: unknown, findings: Findings): Row | null {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		findings.error(yaml.place(path), `${shown(value)} is no mapping`, 'write `- id: ...` with its other keys below it');
		return null;
	}
	const fields = new Map<string, Field>();
	for (const [key, member] of Object.entries(value)) {
		const at = [...path, key];
		const texts = textsOf(yaml, at, member, findings);
		const name = columnName(key);
		const keyPlace = yaml.place(at, 'key');
		if (fields.has(name)) findings.error(keyPlace, `the key ${shown(name)} stands twice`);
		fields.set(name, { ...yaml.place(at), texts, keyPlace });
	}
	return { place: yaml.place(path), fields };
}

function textsOf(yaml: YamlFile, path: Path, value: unknown, findings: Findings): string[] {
	if (value === null || value === undefined || value === '') return [];
	if (typeof value === 'object') {
		if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(yaml, [...path, index], item, findings));
		findings.error(yaml.place(path), `a mapping stands where a value or a list is expected`);
		return [];
	}
	// As written: `007` is an id, not the number 7.
	const text = typeof value === 'string' ? value : (yaml.written(path) ?? String(value));
	return text.trim() === '' ? [] : [text.trim()];
}

function placeOf(place: Place): Place {
	return { line: place.line, column: place.column };
}
