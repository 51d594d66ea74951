// Alerts of one wording share a question; alerts that say something else never do.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TemplateSource, templateOf } from '../../src/triage/alert-template.ts';

const alert = (title: string, description: string | null = null, of: Partial<TemplateSource> = {}): TemplateSource => ({
	kind: 'security',
	domain: 'ot',
	title,
	description,
	entities: [],
	...of,
});
const key = (...args: Parameters<typeof alert>): string => templateOf(alert(...args)).key;

describe('the wording of an alert', () => {
	it.each([
		['Logon failed from 10.1.2.3 port 51515', 'Logon failed from 10.9.8.7 port 51515'],
		['Beacon to 203.0.113.9:443 at 2026-03-01T03:00:00Z', 'Beacon to 198.51.100.7:8443 at 2026-03-02T11:12:13.5+01:00'],
		['hash 9f86d081884c7d659a2feaa0c55ad015 seen', 'hash 098f6bcd4621d373cade4e832627b4f6 seen'],
		['GET https://evil.example/a?b=1 blocked', 'GET http://other.example/zzz blocked'],
		['mail of ann@plant.example', 'mail of b.c@plant.example'],
		['wrote C:\\Users\\ann\\x.exe', 'wrote D:\\temp\\y\\z.dll'],
		['read /etc/shadow by pid 17', 'read /home/ann/.ssh/id by pid 4711'],
		['from 10.0.0.1, 10.0.0.2, 10.0.0.3 at once', 'from 10.0.0.9 at once'],
		['device 00:1b:1b:aa:bb:cc joined', 'device 00-1b-1b-11-22-33 joined'],
		['by [person-1] on [host-2]', 'by [person-7] on [host-1]'],
		['ＬＯＧＯＮ failed', 'logon failed'],
	])('%s = %s', (one, other) => {
		expect(templateOf(alert(one))).toEqual(templateOf(alert(other)));
	});

	it.each([
		['program download started', 'program upload started'],
		['event 4625 seen', 'event 4624 seen'],
		['function code 90 from 10.1.1.1', 'function code 5 from 10.1.1.1'],
		['CVE-2024-1234 tried', 'CVE-2024-9999 tried'],
		['connection to port 502', 'connection to port 3389'],
	])('%s is not %s', (one, other) => {
		expect(key(one)).not.toBe(key(other));
	});

	it('takes the alert’s own names out, as whole values', () => {
		const of = (host: string, user: string): TemplateSource =>
			alert(`Session of ${user} on ${host}`, `${user} opened ${host}`, {
				entities: [
					{ type: 'host', value: host },
					{ type: 'user', value: user },
				],
			});
		expect(templateOf(of('press-left', 'Deborah Lange'))).toEqual(templateOf(of('mixer', 'ruth')));
		expect(templateOf(of('mixer', 'ruth')).title).toBe('session of <person> on <host>');
	});

	it('keeps kind and domain apart', () => {
		expect(key('x y')).not.toBe(key('x y', null, { domain: 'it' }));
		expect(key('x y')).not.toBe(key('x y', null, { kind: 'audit' }));
	});

	it('lets no text bring places of its own', () => {
		expect(templateOf(alert('by <person> on <host>')).title).toBe('by person on host');
	});

	it('two hundred alerts of one storm are one wording', () => {
		const keys = Array.from({ length: 200 }, (_, i) =>
			key(`Port scan of 10.20.${i}.7`, `host 10.66.1.9 tried ${i * 7} ports in ${i} s`),
		);
		expect(new Set(keys).size).toBe(1);
	});

	it('is bounded, printable and the same again, whatever the text', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'binary', maxLength: 400 }),
				fc.string({ unit: 'binary', maxLength: 2_000 }),
				(title, text) => {
					const one = templateOf(alert(title, text));
					expect(one).toEqual(templateOf(alert(title, text)));
					expect(one.title.split(' ').length).toBeLessThanOrEqual(40);
					expect(one.text.split(' ').length).toBeLessThanOrEqual(80);
					expect(one.title.length + one.text.length).toBeLessThan(8_000);
					expect(`${one.title}${one.text}`).not.toMatch(/[\u0000-\u001f\u202e]/);
				},
			),
		);
	});

	it('costs the same for a text made to slow it down', () => {
		const began = performance.now();
		for (const unit of ['a.', '1:', 'a@', '/a', '::', '[person-1]', '0x', '10.', 'C:\\']) {
			for (let i = 0; i < 20; i++) templateOf(alert(unit.repeat(5_000), unit.repeat(10_000)));
		}
		expect(performance.now() - began).toBeLessThan(3_000);
	});
});
