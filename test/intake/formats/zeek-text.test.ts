// Zeek's text logs: any separator, several files in one text, escapes, and rows without a header.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZeekRow, isZeekText, readZeekText } from '../../../src/intake/formats/zeek-text.ts';
import { MAX_ALERTS_IN_BODY, parseBody } from '../../../src/intake/parse-body.ts';
import { itemsOf, receivedAt } from '../builders.ts';

const head = (fields: string, types: string, path = 'x') =>
	`#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t${path}\n#fields\t${fields}\n#types\t${types}\n`;

function rowsOf(text: string) {
	return readZeekText(text).map((line) => (line.kind === 'row' ? line.row.record : line.line));
}

describe("Zeek's text logs", () => {
	it('are known by their first line', () => {
		expect(isZeekText('#separator \\x09\n')).toBe(true);
		expect(isZeekText('#fields\tts\tuid')).toBe(true);
		expect(isZeekText('#hashtag of a person')).toBe(false);
		expect(isZeekText('#pathological')).toBe(false);
	});

	it('give objects with the types that the header names', () => {
		const text = `${head('ts\tuid\tok\ttags\tnames\tempty\tunset', 'time\tstring\tbool\tset[string]\tvector[string]\tset[enum]\tcount')}1746345600.123456\tC1\tT\ta,b\t-\t(empty)\t-\n`;
		expect(rowsOf(text)).toEqual([
			{ _path: 'x', ts: '1746345600.123456', uid: 'C1', ok: true, tags: ['a', 'b'], empty: [] },
		]);
	});

	it.each([
		['\\x09', '\t', ','],
		['\\x7c', '|', ';'],
		['\\x20', ' ', '/'],
		[',', ',', '|'],
		['\\x3a\\x3a', '::', ','],
	])('are read with the separator %s', (written, mark, sets) => {
		const text = [
			`#separator ${written}`,
			`#set_separator${mark}${sets}`,
			`#unset_field${mark}NIL`,
			`#path${mark}dns`,
			`#fields${mark}ts${mark}query${mark}answers${mark}rcode`,
			`#types${mark}time${mark}string${mark}vector[string]${mark}count`,
			['1.5', 'plant.example', `a${sets}b`, 'NIL'].join(mark),
		].join('\n');
		expect(rowsOf(text)).toEqual([{ _path: 'dns', ts: '1.5', query: 'plant.example', answers: ['a', 'b'] }]);
	});

	it('undo the escapes of bytes: UTF-8, a separator, a backslash, a byte that is no UTF-8', () => {
		const text = `${head('a\tb\tc\td', 'string\tstring\tstring\tstring')}M\\xc3\\xbcller\tx\\x09y\tC:\\\\dir\t\\xff\n`;
		expect(rowsOf(text)).toEqual([{ _path: 'x', a: 'Müller', b: 'x\ty', c: 'C:\\dir', d: 'ÿ' }]);
	});

	it('may follow one another, with other columns, line ends and a `#close` between', () => {
		const text = `${head('ts\ta', 'time\tstring', 'one')}1\tx\n#close\t2025\n${head('ts\tb', 'time\tstring', 'two').replaceAll('\n', '\r\n')}2\ty\r\n`;
		expect(rowsOf(text)).toEqual([
			{ _path: 'one', ts: '1', a: 'x' },
			{ _path: 'two', ts: '2', b: 'y' },
		]);
	});

	it('tell rows with too few or too many columns and keep what is there', () => {
		const lines = readZeekText(`${head('a\tb', 'string\tstring')}1\n1\t2\t3\n`);
		expect(lines.map((line) => line.kind === 'row' && [line.row.record['a'], line.row.problems.length])).toEqual([
			['1', 1],
			['1', 1],
		]);
	});

	it('keep of each row its line, and of a text with one row the header too', () => {
		const header = head('ts\tuid', 'time\tstring', 'conn');
		const raws = (text: string) => readZeekText(text).map((line) => (line.kind === 'row' ? line.row.raw : ''));
		expect(raws(`${header}1746345600\tC1\n1746345601\tC2\n`)).toEqual(['1746345600\tC1', '1746345601\tC2']);
		expect(raws(`${header}1746345600\tC1\n`)).toEqual([`${header}1746345600\tC1`]);
	});

	it('are told from other text by their first columns where the header is missing', () => {
		expect(isZeekRow('1746345600.1\tCmQ1aa2WbX0T7d1yRk\t10.0.0.1\t5\t10.0.0.2\t502\tx')).toBe(true);
		expect(isZeekRow('10.0.0.1\t5\tfe80::1\t502\tx')).toBe(true);
		expect(isZeekRow('2025-05-04 host text')).toBe(false);
		expect(isZeekRow('a\tb\tc\td')).toBe(false);
	});

	it('never lose a row and never throw, whatever is in the cells', () => {
		const cell = fc.stringMatching(/^[^\t\n\r#]{1,20}$/);
		fc.assert(
			fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { maxLength: 8 }), (rows) => {
				const kept = rows.filter((row) => row.join('\t').trim() !== '');
				const text = head('ts\tuid\tnote', 'time\tstring\tset[string]') + kept.map((row) => row.join('\t')).join('\n');
				expect(readZeekText(text)).toHaveLength(kept.length);
				const parsed = parseBody('zeek-ics', text, { source: 's', receivedAt, timeZone: 'UTC' });
				expect(parsed.kind === 'parsed' ? parsed.items.length : 0).toBe(kept.length);
			}),
		);
	});
});

describe('a body of Zeek text', () => {
	const context = { source: 'zeek-ics', receivedAt, timeZone: 'UTC' };

	it('that is a header alone carries no alert', () => {
		expect(parseBody('zeek-ics', head('ts', 'time'), context)).toMatchObject({ kind: 'protocol' });
	});

	it('with too many rows is refused whole', () => {
		const rows = '1746345600.0\tCmQ1aa2WbX0T7d1yRk\n'.repeat(MAX_ALERTS_IN_BODY + 1);
		expect(parseBody('zeek-ics', head('ts\tuid', 'time\tstring') + rows, context)).toMatchObject({ kind: 'refused' });
	});

	it('keeps as unparsed a line that stands before any header', () => {
		expect(
			itemsOf('zeek-ics', `#path\tx\nnothing known\n${head('ts\tuid', 'time\tstring')}1746345600\tC1`),
		).toMatchObject([{ kind: 'unparsed', raw: 'nothing known' }, { kind: 'alert' }]);
	});

	it('is read in time that grows with its length only', () => {
		const timeOf = (length: number): number => {
			const text = `${head('ts\tuid\tnote', 'time\tstring\tset[string]')}${`1746345600.0\tC1\t${'\\xc3\\xbc,'.repeat(length)}\n`.repeat(20)}`;
			const start = performance.now();
			readZeekText(text);
			return performance.now() - start;
		};
		timeOf(500);
		const [short, long] = [timeOf(1_000), timeOf(10_000)];
		expect(long).toBeLessThan(Math.max(short, 2) * 60);
	});
});
