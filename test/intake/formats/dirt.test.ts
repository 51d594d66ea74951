// What relays, shippers and appliances do to lines on their way, read on purpose.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCef, readCef, valuesOf } from '../../../src/intake/formats/cef.ts';
import { readKeyValues } from '../../../src/intake/formats/key-values.ts';
import { readSyslog } from '../../../src/intake/formats/syslog.ts';
import { alertOf, alertsOf, entity } from '../builders.ts';

const context = { receivedAt: Date.UTC(2025, 4, 4, 9), timeZone: 'UTC' };
const read = (text: string) => readSyslog(text, context);

describe('a syslog header', () => {
	it.each([
		['an octet count before it', '48 <13>May  4 08:00:00 h app: text'],
		['a byte order mark before it', '\ufeff<13>May  4 08:00:00 h app: text'],
		['a byte order mark that was read as Latin-1', '\u00ef\u00bb\u00bf<13>May  4 08:00:00 h app: text'],
		['a Python bytes literal around it', "b'<13>May  4 08:00:00 h app: text'"],
		['no priority', 'May  4 08:00:00 h app: text'],
		['a relay with a priority', '<14>May  4 08:00:01 relay <13>May  4 08:00:00 h app: text'],
		['a relay without one', '<13>May  4 08:00:01 relay May  4 08:00:00 h app: text'],
		['a relay that writes RFC 5424', '<13>1 2025-05-04T08:00:01Z relay - - - - <13>May  4 08:00:00 h app: text'],
		['a relay and ISO times', '<13>2025-05-04T08:00:01Z relay 2025-05-04T08:00:00Z h app: text'],
		['a name in brackets behind the program', '<13>May  4 08:00:00 h app(pam)[7]: text'],
	])('is read with %s', (_, line) => {
		expect(read(line)).toMatchObject({
			host: 'h',
			program: 'app',
			text: 'text',
			occurredAt: Date.UTC(2025, 4, 4, 8),
			relays: line.includes('relay') ? ['relay'] : [],
		});
	});

	it.each(['EWS', 'FGT', 'PLC', 'UPS1'])('keeps its time and its host, though `%s` looks like a zone', (host) => {
		expect(read(`<13>May  4 08:00:00 ${host} app[7]: text`)).toMatchObject({
			host,
			program: 'app',
			occurredAt: Date.UTC(2025, 4, 4, 8),
		});
		expect(read(`<13>May  4 08:00:00 ${host} CEF:0|V|P|1|s|n|5|`)).toMatchObject({
			host,
			occurredAt: Date.UTC(2025, 4, 4, 8),
		});
	});

	it.each(['May  4 10:00:00 CEST h app: text', 'May  4 10:00:00 CEST 2025 h app: text'])(
		'may name its zone: %s',
		(line) => {
			expect(read(`<13>${line}`)).toMatchObject({ host: 'h', program: 'app', occurredAt: Date.UTC(2025, 4, 4, 8) });
		},
	);

	it('of Cisco IOS has a count, a name and a clock that may not be set', () => {
		expect(read('<189>4711: edge-1: 000123: *May  4 08:00:00.120: %SYS-5-CONFIG_I: text')).toMatchObject({
			severity: 5,
			host: 'edge-1',
			occurredAt: Date.UTC(2025, 4, 4, 8, 0, 0, 120),
			text: '%SYS-5-CONFIG_I: text',
		});
		expect(read('<189>29: .May  4 08:00:00: %SYS-5-X: t')).toMatchObject({ host: null, text: '%SYS-5-X: t' });
	});

	it('of RFC 5424 is read without its priority, and a text that begins with a time is no header', () => {
		expect(read('1 2025-05-04T08:00:00Z h app 7 ID - text')).toMatchObject({
			host: 'h',
			messageId: 'ID',
			text: 'text',
		});
		expect(read('<13>May  4 08:00:00 h app: May  4 07:00:00 x y')).toMatchObject({ text: 'May  4 07:00:00 x y' });
	});

	it('never throws, whatever comes', () => {
		fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void read(`<13>${text}`)));
		fc.assert(fc.property(fc.string(), (text) => void read(text)));
	});
});

describe('a CEF line', () => {
	it('is found without its mark, and a line that only looks alike is not', () => {
		const bare = '0|Acme|Gate|1|7|Port scan|8|src=172.20.10.4';
		expect(findCef(bare)).toBe(0);
		expect(findCef(`<13>May  4 08:00:00 h ${bare}`)).toBe(22);
		expect(readCef(bare)).toMatchObject({ ok: true, value: { version: '0', vendor: 'Acme', severity: '8' } });
		for (const other of ['0|1|2|3|4|5|6|7', 'LEEF:1.0|A|B|1|7|x|8|', '10|a|b|c|d|e|8|', '0|a|b|c|d|e|f|'])
			expect(findCef(other)).toBe(-1);
	});

	it('loses no line break that a relay wrote as octal, and no key whose value is empty', () => {
		const alert = alertOf(
			'cef',
			'CEF:0|A|B|1|7|N|5|src= suser=ana msg=one#012two#015#012three duser= dst=172.20.41.11',
		);
		expect(alert.description).toBe('one\ntwo\nthree');
		expect(entity(alert, 'user', 'ana')).toBe('actor');
		expect(alert.entities.map((item) => item.value)).not.toContain('suser=ana');
	});

	it('may hold lists as Python prints them', () => {
		expect(valuesOf(`['a', "b" , u'c']`)).toEqual(['a', 'b', 'c']);
		expect(valuesOf('[not quoted]')).toEqual(['[not quoted]']);
		const alert = alertOf('cef', `CEF:0|A|B|1|7|N|5|src=['172.20.10.4', '172.20.10.5'] dhost=['plc-1', 'plc-2']`);
		expect(entity(alert, 'ip', '172.20.10.5')).toBe('actor');
		expect(entity(alert, 'host', 'plc-2')).toBe('target');
		expect(alertsOf('cef', 'CEF:0|A|B|1|7|N|5|x=[]')).toHaveLength(1);
	});
});

describe('key=value pairs', () => {
	it('have values in quotes with spaces, marks and escapes', () => {
		expect(readKeyValues(`a=1 b="two words" c='x=y' d="say \\"hi\\"" e= f=last,g=8`)).toEqual([
			['a', '1'],
			['b', 'two words'],
			['c', 'x=y'],
			['d', 'say "hi"'],
			['f', 'last'],
			['g', '8'],
		]);
	});

	it('are read in linear time', () => {
		const took = (size: number): number => {
			const start = performance.now();
			readKeyValues(`a="${'\\x"b=\''.repeat(size)}`);
			return performance.now() - start;
		};
		took(5_000);
		expect(took(40_000)).toBeLessThan(40 * Math.max(took(5_000), 2));
	});
});
