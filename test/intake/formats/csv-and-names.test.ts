// Tables under a header row, and names in any spelling.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsvTable } from '../../../src/intake/formats/csv-table.ts';
import { foldNames } from '../../../src/intake/formats/fold-names.ts';

describe('a table of comma-separated values', () => {
	it('may hold commas, breaks and quotes in its cells; empty cells are absent', () => {
		const rows = readCsvTable('a,"b [UTC]",c\r\n1,"x, ""y""\nz",\r\n\r\n2,,3\n');
		expect(rows?.map(({ record }) => record)).toEqual([
			{ a: '1', 'b [UTC]': 'x, "y"\nz' },
			{ a: '2', c: '3' },
		]);
		expect(rows?.[0]?.raw).toBe('1,"x, ""y""\nz",');
	});

	it('keeps cells beyond the header, and rows that break off', () => {
		expect(readCsvTable('a,b,c\n1,2,3,4\n5,"6')?.map(({ record }) => record)).toEqual([
			{ a: '1', b: '2', c: '3', column_4: '4' },
			{ a: '5', b: '6' },
		]);
	});

	it.each(['', 'one,two\n1,2', 'May  4 08:00:00 host app: a, b, c=1', '1,2,3\n4,5,6', '<14>a,b,c'])(
		'%j is none',
		(text) => {
			expect(readCsvTable(text)).toBe(null);
		},
	);

	it('gives back every cell that was written', () => {
		const cell = fc
			.string({ minLength: 1, maxLength: 20 })
			.filter((text) => text.trim() === text && !text.includes('\r'));
		fc.assert(
			fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (table) => {
				const line = (cells: readonly string[]): string =>
					cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',');
				const rows = readCsvTable(`aa,bb,cc\n${table.map(line).join('\n')}`);
				expect(rows?.map(({ record }) => [record['aa'], record['bb'], record['cc']])).toEqual(table);
			}),
		);
	});

	it('takes time linear in the text', () => {
		const time = (size: number): number => {
			const text = `a,b,c\n${'"'.repeat(size)}\n${','.repeat(size)}`;
			const start = performance.now();
			readCsvTable(text);
			return performance.now() - start;
		};
		time(10_000);
		expect(time(400_000)).toBeLessThan(50 * Math.max(time(40_000), 2));
	});
});

describe('names of one spelling', () => {
	it('are folded at every depth; the first with a value counts', () => {
		expect(
			foldNames({ SeverityName: '', severity_name: 'High', 'severity-name': 'Low', List: [{ Local_IP: 1 }] }),
		).toEqual({
			severityname: 'High',
			list: [{ localip: 1 }],
		});
	});
});
