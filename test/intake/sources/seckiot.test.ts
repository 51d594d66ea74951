// Seckiot Citadelle.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/seckiot/${name}`, import.meta.url), 'utf8');

describe('Seckiot', () => {
	it.each([
		[0, 'informational'],
		[1, 'low'],
		[5, 'medium'],
		[7, 'high'],
		[9, 'critical'],
		['x', null],
	])('event.severity %s is %s', (raw, severity) => {
		expect(alertOf('seckiot', { event: { severity: raw }, rule: { name: 'R' } })).toMatchObject({
			severity,
			severity_raw: String(raw),
		});
	});

	it('a detection folds by rule and ends, names everybody, and keeps the technique', () => {
		const [first, again] = alertsOf('seckiot', sample('detection-twice.ndjson'));
		expect(again!.fingerprint).toBe(first!.fingerprint);
		expect(again!.external_id).not.toBe(first!.external_id);
		expect(first).toMatchObject({
			kind: 'security',
			domain: 'ot',
			techniques: ['T0858'],
			occurred_at: '2025-05-04T08:00:00.123Z',
		});
		expect(entity(first!, 'mac', '00:0c:29:aa:bb:01')).toBe('actor');
		expect(entity(first!, 'host', 'ENG-3.plant.example')).toBe('related');
		expect(entity(first!, 'ip', '10.20.1.254')).toBe('related');
		expect(entity(first!, 'host', 'SENSOR-7')).toBe('observer');
		expect(alertOf('seckiot', sample('syslog.log')).fingerprint).toBe(first!.fingerprint);
	});

	it('a vulnerability is about its asset; the severity of the event counts and the word is a label', () => {
		const alert = alertOf('seckiot', sample('vulnerability.json'));
		expect(alert).toMatchObject({
			kind: 'vulnerability',
			severity: 'critical',
			severity_raw: '9',
			labels: { vulnerability_severity: 'critical', cvss: '9.3' },
		});
		expect(entity(alert, 'host', 'PLC-7')).toBe('target');
		expect(entity(alert, 'vulnerability', 'CVE-2022-38465')).toBe('related');
		expect(entity(alert, 'url', 'https://cert.example/b')).toBe('related');
	});

	const mapped = (more: object) => ({
		'@timestamp': '2025-05-04T08:00:00Z',
		event: { severity: 7, kind: 'alert', type: ['info'] },
		skt: { module: 'Cartography', assets: [] },
		...more,
	});

	it('a port that is newly open is a condition of its own, whoever spoke to it first', () => {
		const port = (number: number, source: string, module = 'Cartography') =>
			alertOf(
				'seckiot',
				mapped({
					skt: { module, assets: [] },
					source: { ip: source, port: 50_000 + number },
					destination: { ip: '10.20.1.11', port: number },
					rule: { uuid: 'r-2', name: 'New Open Server Port' },
				}),
			).fingerprint;
		expect(port(4444, '10.20.1.9')).not.toBe(port(443, '10.20.1.9'));
		expect(port(443, '10.20.1.8')).toBe(port(443, '10.20.1.9'));
		expect(port(443, '10.20.1.9', 'Detection Engine')).toBe(port(22, '10.20.1.9', 'Detection Engine'));
	});

	it('without ends and assets the words of the rule tell two conditions apart', () => {
		const created = (address: string) =>
			alertOf(
				'seckiot',
				mapped({ rule: { uuid: 'r-1', name: 'Unknown Device', description: `Asset \`${address}\` created` } }),
			);
		expect(created('10.20.1.77').fingerprint).not.toBe(created('10.20.1.78').fingerprint);
		expect(created('10.20.1.77').fingerprint).toBe(created('10.20.1.77').fingerprint);
	});

	it('reads time and protocol where older versions have them', () => {
		const alert = alertOf('seckiot', {
			timestamp: '2025-05-04T08:00:00Z',
			event: { severity: 5, kind: 'alert' },
			protocol: { name: 's7comm', transport: 'tcp' },
			rule: { uuid: 'r-3', name: 'Unknown function' },
		});
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T08:00:00.000Z',
			time_basis: 'event',
			labels: { app_protocol: 's7comm', protocol: 'tcp' },
		});
	});

	it('gives up single fields, and an object that is none', () => {
		expect(itemsOf('seckiot', sample('odd.json')).map((item) => [item.kind, item.problems.length])).toEqual([
			['alert', 4],
			['unparsed', 1],
		]);
	});
});
