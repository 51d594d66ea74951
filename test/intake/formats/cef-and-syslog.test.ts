import { describe, expect, it } from 'vitest';
import { type CefRecord, readCef } from '../../../src/intake/formats/cef.ts';
import { readSyslog } from '../../../src/intake/formats/syslog.ts';

function cef(text: string): CefRecord {
	const record = readCef(text);
	if (!record.ok) throw new Error(JSON.stringify(record.error));
	return record.value;
}

describe('CEF', () => {
	it('reads escaped bars and backslashes in the header', () => {
		const record = cef('CEF:1|A\\|B|C\\\\D|1.0|sig|name \\| x|7|a=1');
		expect([record.version, record.vendor, record.product, record.name]).toEqual(['1', 'A|B', 'C\\D', 'name | x']);
	});

	it.each([
		['msg=two words act=x', { msg: 'two words', act: 'x' }],
		['msg=a\\=b c\\\\d e\\nf', { msg: 'a=b c\\d e\nf' }],
		['msg=broken \\q and end\\', { msg: 'broken \\q and end\\' }],
		['request=http://h/x?a=1&b=2 act=y', { request: 'http://h/x?a=1&b=2', act: 'y' }],
		['cs1= cs2=v', { cs2: 'v' }],
		['sourceAddress=10.0.0.1 destinationUserName=x', { src: '10.0.0.1', duser: 'x' }],
		['act=first act=second', { act: 'first' }],
		['', {}],
	])('reads the extension %j', (extension, fields) => {
		expect(Object.fromEntries(cef(`CEF:0|v|p|1|s|n|5|${extension}`).fields)).toEqual(fields);
	});

	it('puts labelled values under their labels', () => {
		const record = cef(
			'CEF:0|v|p|1|s|n|5|cs1Label=Risk cs1=9.0 deviceCustomDate1=5 deviceCustomDate1Label=When cfp1= cfp1Label=Score',
		);
		expect(Object.fromEntries(record.labelled)).toEqual({ Risk: '9.0', When: '5' });
	});

	it('joins a wrapped message: a space for the break, none before a backslash or a bar', () => {
		const record = cef('CEF:0|v|p|1|s\n |n|5|\n  src=1.2.3.4\r\n\tmsg=one\n  two \\\\\\\\h\n  \\x');
		expect(record.signatureId).toBe('s');
		expect(record.fields.get('msg')).toBe('one two \\\\h\\x');
	});

	it('keeps a repeated key and unkeyed text, with a note', () => {
		const record = cef('CEF:0|v|p|1|s|n|5|stray words act=1 act=2');
		expect(record.pairs).toEqual([
			['act', '1'],
			['act', '2'],
			['unkeyed', 'stray words'],
		]);
		expect(record.problems).toHaveLength(2);
	});

	it.each(['CEF:0|v|p|1|s', 'CEF:0|', 'CEF:0|a|b|c|d|e'])('names what is missing in %j', (text) => {
		expect(readCef(text)).toMatchObject({ ok: false, error: { field: 'header' } });
	});

	it('takes time that grows no faster than the text', () => {
		const cost = (unit: string, count: number): number => {
			const text = `CEF:0|v|p|1|s|n|5|${unit.repeat(count)}`;
			const begin = performance.now();
			for (let i = 0; i < 3; i++) readCef(text);
			return performance.now() - begin;
		};
		for (const unit of ['a=', ' ', '\\', 'a b', '=', ' a', '\\=', '|']) {
			cost(unit, 20_000);
			// Ten times the text may cost ten times the time; a square would be a hundred.
			expect(cost(unit, 200_000)).toBeLessThan(50 * (cost(unit, 20_000) + 2));
		}
	});
});

describe('syslog', () => {
	const context = { receivedAt: Date.UTC(2025, 4, 4, 9), timeZone: 'UTC' };
	const at = Date.UTC(2025, 4, 4, 8);

	it.each([
		[
			'<137>May  4 08:00:00 host prog[12]: text',
			{ facility: 17, severity: 1, occurredAt: at, host: 'host', program: 'prog', processId: '12', text: 'text' },
		],
		[
			'May 04 08:00:00 host CEF:0|a',
			{ facility: null, severity: null, occurredAt: at, host: 'host', program: null, text: 'CEF:0|a' },
		],
		['<13>CEF:0|a', { facility: 1, severity: 5, occurredAt: null, host: null, text: 'CEF:0|a' }],
		[
			'<165>1 2025-05-04T08:00:00Z host app 7 ID47 [a@1 b="c\\"d" e="f"][g] text',
			{
				severity: 5,
				occurredAt: at,
				host: 'host',
				program: 'app',
				processId: '7',
				messageId: 'ID47',
				data: { 'a@1.b': 'c"d', 'a@1.e': 'f' },
				text: 'text',
			},
		],
		['<165>1 - - - - - - text', { occurredAt: null, host: null, program: null, data: {}, text: 'text' }],
		['<13>2025-05-04T08:00:00Z host prog: text', { occurredAt: at, host: 'host', program: 'prog', text: 'text' }],
		['<13>May  4 08:00:00 prog: text', { host: null, program: 'prog', text: 'text' }],
		[
			'<13>May  4 09:00:00 relay <14>May  4 08:00:00 host prog: text',
			{ severity: 6, occurredAt: at, host: 'host', program: 'prog', text: 'text' },
		],
		['<999>May  4 08:00:00 host x: y', { facility: null, severity: null, host: 'host', text: 'y' }],
		['plain words', { occurredAt: null, host: null, text: 'plain words' }],
		['<34>1 2025-05-04T08:00:00Z host app - - [broken text', { host: 'host', text: ' text'.trim() }],
	])('reads %j', (message, expected) => {
		expect(readSyslog(message, context)).toMatchObject(expected);
	});
});
