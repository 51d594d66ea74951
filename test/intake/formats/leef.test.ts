import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLeef, readLeef } from '../../../src/intake/formats/leef.ts';
import { readTimeBy } from '../../../src/intake/formats/pattern-time.ts';

function fieldsOf(text: string): Record<string, string> {
	const record = readLeef(text);
	if (!record.ok) throw new Error(JSON.stringify(record.error));
	return Object.fromEntries(record.value.fields);
}

describe('LEEF', () => {
	it.each([
		['1.0 with tabs', 'LEEF:1.0|V|P|1|E|a=1\tb=two words'],
		['2.0 without its delimiter field', 'LEEF:2.0|V|P|1|E|a=1\tb=two words'],
		['2.0 with an empty one', 'LEEF:2.0|V|P|1|E||a=1\tb=two words'],
		['a mark', 'LEEF:2.0|V|P|1|E|^|a=1^b=two words'],
		['a code', 'LEEF:2.0|V|P|1|E|x5E|a=1^b=two words'],
		['a code with 0x', 'LEEF:2.0|V|P|1|E|0x09|a=1\tb=two words'],
		['the bar by its code', 'LEEF:2.0|V|P|1|E|x7C|a=1|b=two words'],
		['a bar nobody declared', 'LEEF:1.0|V|P|1|E|a=1|b=two words'],
		['a caret where tab was declared', 'LEEF:2.0|V|P|1|E|x09|a=1^b=two words'],
		['tabs that rsyslog wrote as octal', 'LEEF:1.0|V|P|1|E|a=1#011b=two words'],
	])('divides attributes by %s', (_, text) => {
		expect(fieldsOf(text)).toEqual({ a: '1', b: 'two words' });
	});

	it('keeps bars, equal signs and the delimiter inside values, and leaves paths alone', () => {
		expect(
			fieldsOf(
				'LEEF:1.0|V \\| W|P|1|E|url=http://h/?a=1&b=2\tpath=C:\\new\\x\tmsg=one \\| two\\nthree\tmore\tuser=CORP\\\\ana',
			),
		).toEqual({ url: 'http://h/?a=1&b=2', path: 'C:\\new\\x', msg: 'one | two\nthree\tmore', user: 'CORP\\ana' });
		const header = readLeef('LEEF:1.0|V \\| W|P|1|E|a=1');
		expect(header.ok && header.value.vendor).toBe('V | W');
	});

	it('takes attributes apart that a sender put behind a space, and says so', () => {
		const record = readLeef('LEEF:2.0|V|P|1|E|cat=x\tsev=6 cn1=3 cn1Label=Host ID\tmsg=a sev=9 in a text');
		if (!record.ok) throw new Error();
		expect(Object.fromEntries(record.value.fields)).toMatchObject({ sev: '6', cn1: '3', msg: 'a sev=9 in a text' });
		expect(record.value.labelled.get('Host ID')).toBe('3');
		expect(record.value.problems).toHaveLength(1);
	});

	it('reads a line that has lost every delimiter, with keys that nobody knows', () => {
		const text =
			'LEEF:2.0|V|P|1|E|cat=Firewall name=Two Words sev=5 cnt=1 dvchost=exch01 VendorTenant=Main src=172.20.1.1';
		const fields = { cat: 'Firewall', name: 'Two Words', sev: '5', cnt: '1', dvchost: 'exch01', VendorTenant: 'Main' };
		expect(fieldsOf(text)).toEqual({ ...fields, src: '172.20.1.1' });
	});

	it('is not understood with fewer than four header fields, and finds its mark near the start only', () => {
		expect(readLeef('LEEF:1.0|V|P').ok).toBe(false);
		expect(findLeef('<13>May  4 08:00:00 h LEEF:2.0|V|P|1|E|')).toBe(22);
		expect(findLeef(`${'x'.repeat(2_000)}LEEF:2.0|V|P|1|E|`)).toBe(-1);
	});

	it('never throws, and takes no more than linear time', () => {
		fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void readLeef(`LEEF:2.0|${text}`)));
		const took = (size: number): number => {
			const text = `LEEF:2.0|V|P|1|E|${'a=b c=d ^|;\\'.repeat(size)}`;
			// The quickest of several: what other work on the machine adds is not the reader's.
			const times = [1, 2, 3, 4].map(() => {
				const start = performance.now();
				readLeef(text);
				return performance.now() - start;
			});
			return Math.min(...times);
		};
		expect(took(80_000)).toBeLessThan(40 * Math.max(took(10_000), 2));
	});
});

describe('a time by its stated pattern', () => {
	const context = { receivedAt: Date.UTC(2025, 4, 4, 9), timeZone: 'Europe/Berlin' };
	it.each([
		['MMM dd yyyy HH:mm:ss', 'May 04 2025 08:15:30', '2025-05-04T06:15:30.000Z'],
		['MMM dd yyyy HH:mm:ss.SSS zzz', 'May 04 2025 08:15:30.250 UTC', '2025-05-04T08:15:30.250Z'],
		['dd/MM/yyyy HH:mm:ss Z', '04/05/2025 08:15:30 +0900', '2025-05-03T23:15:30.000Z'],
		['MM/dd/yyyy hh:mm:ss a', '05/04/2025 12:15:30 AM', '2025-05-03T22:15:30.000Z'],
		['dd.MM.yy HH:mm', '04.05.25 08:15', '2025-05-04T06:15:00.000Z'],
		['yyyyMMddHHmmss', '20250504081530', '2025-05-04T06:15:30.000Z'],
		["yyyy-MM-dd'T'HH:mm:ssXXX", '2025-05-04T08:15:30-04:00', '2025-05-04T12:15:30.000Z'],
		['EEE MMM d HH:mm:ss z yyyy', 'Sun May 4 08:15:30 EDT 2025', '2025-05-04T12:15:30.000Z'],
		['MMM d HH:mm:ss', 'May  4 08:15:30', '2025-05-04T06:15:30.000Z'],
	])('%s reads %s', (pattern, text, expected) => {
		const at = readTimeBy(pattern, text, context);
		expect(at === null ? null : new Date(at).toISOString()).toBe(expected);
	});

	it.each([
		['dd/MM/yyyy', '2025-05-04'],
		['dd/MM/yyyy', '04/13/2025'],
		['HH:mm', '08:15'],
		['dd/MM/yyyy', '04/05/2025 and more'],
		['G yyyy', 'AD 2025'],
	])('%s does not read %s', (pattern, text) => {
		expect(readTimeBy(pattern, text, context)).toBeNull();
	});

	it('never throws', () => {
		fc.assert(fc.property(fc.string(), fc.string(), (pattern, text) => void readTimeBy(pattern, text, context)));
	});
});
