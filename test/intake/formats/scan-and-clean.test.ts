import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText } from '../../../src/intake/formats/clean-text.ts';
import { hostOfUrl, normaliseIp, scanText, techniquesIn } from '../../../src/intake/formats/scan-text.ts';

describe('sightings in text', () => {
	it.each<[string, string[]]>([
		['from 10.0.0.4, to 10.0.0.5.', ['ip 10.0.0.4', 'ip 10.0.0.5']],
		['version 10.0.0.4_16 oid 1.3.6.1.4.1 and 300.1.1.1', []],
		['\\\\2.3.4.5\\ADMIN', ['ip 2.3.4.5']],
		['Chrome/120.0.0.0 outside/10.1.1.1', ['ip 10.1.1.1']],
		['fe80::1%eth0 and [fd00::5]:443', ['ip fe80::1', 'ip fd00::5']],
		['::ffff:172.20.1.1', ['ip 172.20.1.1', 'ip 172.20.1.1']],
		['at 12:30:45, Notice::ACTION_LOG, 0.0.0.0', []],
		['00-11-22-AA-BB-CC 0011.22aa.bbcc', ['mac 00:11:22:aa:bb:cc', 'mac 00:11:22:aa:bb:cc']],
		['00:00:00:00:00:00', []],
		['see (https://a.example/x?y=1).', ['url https://a.example/x?y=1']],
		['<ana@plant.example>', ['email ana@plant.example']],
		['MD5=0CC175B9C0F1B6A831C399E269772661', ['file_hash 0cc175b9c0f1b6a831c399e269772661']],
		['cve-2021-44228', ['vulnerability CVE-2021-44228']],
	])('%j', (text, found) => {
		expect(
			scanText(text)
				.map(({ type, value }) => `${type} ${value}`)
				.sort(),
		).toEqual(found.toSorted());
	});

	it.each<[string, string[]]>([
		['Rundll32 (T1218.011), T0843', ['T1218.011', 'T0843']],
		['https://attack.mitre.org/techniques/T1110/', ['T1110']],
		['XT1000 T10000 T123 t1059', []],
		['tags: attack.t1059.001', ['T1059.001']],
	])('techniques in %j', (text, ids) => {
		expect(techniquesIn(text)).toEqual(ids);
	});

	it.each([
		['10.0.0.1:80', '10.0.0.1'],
		['[FE80::1]:80', 'fe80::1'],
		['::', null],
		['1::2::3', null],
		['00:11:22:33:44:55:66:77', null],
		['2001:db8::1.2.3.4', '2001:db8::102:304'],
		['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
		['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
		['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
		['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
		['1:0:0:0:0:0:0:0', '1::'],
		['0:0:0:0:0:0:0:0', null],
		['::ffff:ac14:0101', '172.20.1.1'],
		['0:0:0:0:0:FFFF:172.20.1.1', '172.20.1.1'],
		['::1', '::1'],
		['host', null],
	])('address %s is %s', (text, ip) => {
		expect(normaliseIp(text)).toBe(ip);
	});

	it('finds the host of a link', () => {
		expect(hostOfUrl('https://u:p@a.example:8443/x')).toBe('a.example');
		expect(hostOfUrl('http://[::1]:80/')).toBe('[::1]');
		expect(hostOfUrl('http://:9093')).toBeNull();
	});

	it('takes time that grows no faster than the text, whatever the text', () => {
		const cost = (unit: string, count: number): number => {
			const text = unit.repeat(count);
			const begin = performance.now();
			scanText(text);
			techniquesIn(text);
			return performance.now() - begin;
		};
		for (const unit of ['1.', '1:', 'a@', 'a.', ':', 'http://', 'T1', '00:', 'a@b.', '%', '1.1.1.']) {
			const small = 4_000 / unit.length;
			cost(unit, small);
			expect(cost(unit, small * 10)).toBeLessThan(50 * (cost(unit, small) + 2));
		}
	});
});

describe('clean text', () => {
	it.each([
		['\u001b[31mred\u001b[0m alert', 'red alert'],
		['\u001b]0;title\u0007text', 'text'],
		['a\u0000b\u0007c\u009bd', 'abcd'],
		['line\r\nnext\ttab\u2028x', 'line next tab x'],
		['evil\u202etxt.exe\u200b', 'eviltxt.exe'],
		['lone \ud800 half', 'lone \ufffd half'],
	])('%j is one safe line', (text, line) => {
		expect(cleanLine(text, 200)).toBe(line);
	});

	it('keeps lines and tabs of a description', () => {
		expect(cleanText('a\r\nb\tc', 100)).toBe('a\nb\tc');
	});

	it('is bounded, well-formed and without control characters, always', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 2, max: 50 }), (text, max) => {
				for (const clean of [cleanLine(text, max), cleanText(text, max)]) {
					expect(clean.length).toBeLessThanOrEqual(max);
					expect(clean.isWellFormed()).toBe(true);
					expect(clean).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
				}
			}),
		);
		expect(cleanLine('x'.repeat(1_000_000), 10)).toBe(`${'x'.repeat(9)}…`);
		expect(cleanLine('😀'.repeat(10), 4)).toBe('😀…');
	});
});
