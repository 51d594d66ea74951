// windows.csv: maintenance windows and work permits. Whether one covers an action is the safety gate's question, not this file's.

import { didYouMean } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { fromIso, type Instant } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import { type Cell, parseCsv } from './csv-file.ts';
import { Findings, shown } from './finding.ts';
import { columnName } from './inventory-row.ts';

const COLUMNS = ['change', 'start', 'end', 'site', 'zone', 'assets', 'from_host', 'user'] as const;
const NEEDED = ['change', 'start', 'end'];

/** Windows in one file, and assets in one window. */
const WINDOWS_MAX = 100_000;
const WINDOW_ASSETS_MAX = 10_000;

/**
 * Reads maintenance windows from CSV (`change,start,end,site,zone,assets,from_host,user`; times ISO 8601 with a zone,
 * assets separated by spaces). A row with an error opens no window; a window that names neither site, zone nor assets is
 * refused, because it would open the whole plant.
 */
export function loadWindowsFile(text: string, file: string): { windows: Window[]; findings: Finding[] } {
	const findings = new Findings(file);
	const table = parseCsv(text, file);
	findings.addAll(table.findings);
	const names = table.header.map((cell) => columnName(cell.text));
	table.header.forEach((cell, index) => {
		const name = names[index] ?? '';
		if (!COLUMNS.some((column) => column === name))
			findings.error(cell, `unknown column ${shown(name)}`, didYouMean(name, COLUMNS));
		else if (names.indexOf(name) < index) findings.error(cell, `the column ${shown(name)} stands twice`);
	});
	for (const needed of NEEDED) {
		if (table.header.length > 0 && !names.includes(needed))
			findings.error({ line: 1, column: 1 }, `no column \`${needed}\``);
	}
	if (findings.hasErrors && !NEEDED.every((needed) => names.includes(needed)))
		return { windows: [], findings: findings.list() };
	if (table.rows.length > WINDOWS_MAX)
		findings.error({ line: 1, column: 1 }, `the file has ${table.rows.length} windows, ${WINDOWS_MAX} are allowed`);
	const windows = table.rows.slice(0, WINDOWS_MAX).flatMap((cells) => {
		const window = windowOf(new Map(names.map((name, index) => [name, cells[index]])), cells, findings);
		return window === null ? [] : [window];
	});
	return { windows, findings: findings.list() };
}

function windowOf(
	cells: ReadonlyMap<string, Cell | undefined>,
	row: readonly Cell[],
	findings: Findings,
): Window | null {
	const place = row[0] ?? { line: 1, column: 1 };
	const text = (name: string): string | null => {
		const value = cells.get(name)?.text ?? '';
		return value === '' ? null : value;
	};
	const time = (name: string): Instant | null => {
		const value = text(name);
		const at = value === null ? null : instantOf(value);
		if (at === null)
			findings.error(
				cells.get(name) ?? place,
				`\`${name}\`: ${shown(value ?? '')} is no time with a zone`,
				'write it as in 2026-03-01T08:00:00Z or 2026-03-01T09:00:00+01:00',
			);
		return at;
	};
	const change = text('change');
	const start = time('start');
	const end = time('end');
	const assets = (text('assets') ?? '').split(/[\s,;]/).filter((name) => name !== '');
	if (change === null) findings.error(place, 'a window needs its `change` number');
	else if (change.length > 200) findings.error(place, 'a `change` number has at most 200 characters');
	if (assets.length > WINDOW_ASSETS_MAX)
		findings.error(place, `${assets.length} assets in one window, ${WINDOW_ASSETS_MAX} are allowed`);
	const isPlaced = text('site') !== null || text('zone') !== null || assets.length > 0;
	if (!isPlaced)
		findings.error(
			place,
			'the window names no site, zone or asset',
			'name the place: a window for everything would hide everything',
		);
	if (start !== null && end !== null && end <= start)
		findings.error(cells.get('end') ?? place, 'the window ends before it starts');
	if (
		change === null ||
		change.length > 200 ||
		start === null ||
		end === null ||
		end <= start ||
		!isPlaced ||
		assets.length > WINDOW_ASSETS_MAX
	)
		return null;
	return {
		change,
		start,
		end,
		site: text('site'),
		zone: text('zone'),
		assets,
		from_host: text('from_host'),
		user: text('user'),
	};
}

/** ISO 8601 with a zone; without one nobody can say when it is (and a wrong guess opens a window early). */
function instantOf(text: string): Instant | null {
	return /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? fromIso(text.replace(' ', 'T')) : null;
}
