import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../src/config/finding.ts';
import { loadWindowsFile } from '../../src/config/windows-file.ts';
import { isOpen } from '../../src/domain/window.ts';

const HEAD = 'change,start,end,site,zone,assets,from_host,user\n';
const load = (rows: string) => loadWindowsFile(HEAD + rows, 'windows.csv');

describe('windows.csv', () => {
	it('becomes windows, open from their start up to their end', () => {
		const { windows, findings } = load(
			'C1,2026-03-01T08:00:00Z,2026-03-01T11:00:00+01:00,north,,PLC-1 PLC-2,ENG-1,eng.ada\n',
		);
		expect(findings).toEqual([]);
		const [start, end] = [Date.UTC(2026, 2, 1, 8), Date.UTC(2026, 2, 1, 10)];
		expect(windows).toEqual([
			{
				change: 'C1',
				start,
				end,
				site: 'north',
				zone: null,
				assets: ['PLC-1', 'PLC-2'],
				from_host: 'ENG-1',
				user: 'eng.ada',
			},
		]);
		expect([start - 1, start, end - 1, end].map((now) => isOpen(windows[0]!, now))).toEqual([false, true, true, false]);
	});

	const faults: readonly [string, string, string][] = [
		[
			'a time without a zone',
			'C1,2026-03-01T08:00:00,2026-03-01T11:00:00Z,north,,,,\n',
			'windows.csv:2:4: `start`: `2026-03-01T08:00:00` is no time with a zone',
		],
		['no end', 'C1,2026-03-01T08:00:00Z,,north,,,,\n', 'windows.csv:2:25: `end`'],
		[
			'an end before its start',
			'C1,2026-03-01T08:00:00Z,2026-03-01T07:00:00Z,north,,,,\n',
			'the window ends before it starts',
		],
		['no change number', ',2026-03-01T08:00:00Z,2026-03-01T09:00:00Z,north,,,,\n', 'needs its `change` number'],
		['no place at all', 'C1,2026-03-01T08:00:00Z,2026-03-01T09:00:00Z,,,,,\n', 'names no site, zone or asset'],
	];
	it.each(faults)('opens no window for a row with %s', (_, row, expected) => {
		const { windows, findings } = load(row);
		expect(windows).toEqual([]);
		expect(findings.map(formatFinding).join('\n')).toContain(expected);
	});

	it('names unknown columns and missing ones', () => {
		const text = loadWindowsFile('change,strat,end,sites\n', 'w.csv').findings.map(formatFinding).join('\n');
		expect(text).toContain('w.csv:1:8: unknown column `strat`\n    help: did you mean `start`?');
		expect(text).toContain('no column `start`');
	});

	it('never makes the loader throw', () => {
		fc.assert(
			fc.property(
				fc.string({ maxLength: 200 }),
				(text) => loadWindowsFile(text, 'w.csv').windows.length >= 0 && load(text).windows.length >= 0,
			),
		);
	});
});

const streams = new URL('../../../shared/eval/streams/', import.meta.url);
describe.skipIf(!existsSync(streams))('the change calendars of the reference streams', () => {
	it('load without a finding', () => {
		for (const folder of readdirSync(streams, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
			const { windows, findings } = loadWindowsFile(
				readFileSync(new URL(`${folder.name}/maintenance.csv`, streams), 'utf8'),
				'maintenance.csv',
			);
			expect(findings).toEqual([]);
			expect(windows.length).toBeGreaterThan(0);
		}
	});
});
