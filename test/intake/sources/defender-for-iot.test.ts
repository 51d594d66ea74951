import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/defender-for-iot/${name}`, import.meta.url), 'utf8');
const sensor = (more: object = {}) => ({
	engine: 'Policy Violation',
	severity: 'Major',
	title: 'T',
	sourceDevice: null,
	destinationDevice: null,
	time: 1746345600000,
	message: 'M',
	id: 1,
	...more,
});

describe('Microsoft Defender for IoT', () => {
	it.each([
		['Critical', 'critical'],
		['Major', 'high'],
		['Minor', 'medium'],
		['Warning', 'low'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
		['ALERT', 'high'],
		['NOTICE', 'low'],
		['INFO', 'informational'],
		['Purple', null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('defender-for-iot', sensor({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it.each([
		[1, 'low'],
		[4, 'medium'],
		[8, 'high'],
		[10, 'critical'],
	])('CEF severity %s is %s, the word beside it is not asked', (raw, severity) => {
		const line = `CEF:0|CyberX|XSense|22|CyberX Alert|T|${raw}|severity=Minor src_ip=172.20.1.1`;
		expect(alertOf('defender-for-iot', line)).toMatchObject({ severity, severity_raw: String(raw) });
	});

	it('reads the JSON of its documents with its faults, and names them', () => {
		const [first, second] = itemsOf('defender-for-iot', sample('sensor-alerts.json'));
		expect(first).toMatchObject({
			kind: 'alert',
			alert: { severity: 'medium', occurred_at: '2025-05-04T08:00:00.000Z', external_id: '91', status: 'open' },
		});
		expect(first?.problems.map((problem) => problem.expected)).toEqual([
			expect.stringContaining('an escape that JSON knows'),
			'no comma after the last value',
		]);
		if (first?.kind !== 'alert') throw new Error('unparsed');
		expect(entity(first.alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(first.alert, 'ip', '172.20.30.77')).toBe('related');
		expect(entity(first.alert, 'asset_id', '35')).toBe('target');
		expect(second).toMatchObject({ kind: 'alert', alert: { status: 'closed', kind: 'availability', severity: 'low' } });
	});

	it('reads the extended webhook', () => {
		const alert = alertOf('defender-for-iot', sample('extended-webhook.json'));
		expect(alert).toMatchObject({ status: 'open', severity: 'critical', techniques: ['T0866'] });
		expect(alert.labels).toMatchObject({ site: 'North', zone: 'Mixing', sensor: 'sensor-hall-2' });
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'host', 'PLC-MIX-11')).toBe('target');
		expect(entity(alert, 'host', 'sensor-hall-2')).toBe('observer');
		expect(entity(alert, 'user', 'm.ortiz')).toBe('actor');
	});

	it('reads a row of Sentinel, with JSON inside text, at the end of what happened', () => {
		const alert = alertOf('defender-for-iot', sample('sentinel-row.json'));
		expect(alert).toMatchObject({
			status: 'closed',
			severity: 'medium',
			occurred_at: '2025-05-04T08:05:00.000Z',
			techniques: ['T0857'],
		});
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'mac', '00:1b:1b:aa:41:11')).toBe('related');
		const open = JSON.parse(sample('sentinel-row.json'));
		expect(alertOf('defender-for-iot', { ...open, Status: 'New', EndTime: '' })).toMatchObject({
			status: 'open',
			fingerprint: alert.fingerprint,
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
	});

	it.each([
		['syslog-cef.log', 'defender-for-iot', '2025-05-04T07:59:58.000Z', 'high', '172.20.30.5'],
		['syslog-cef.log', 'cef', '2025-05-04T07:59:58.000Z', 'high', '172.20.30.5'],
		['syslog-leef.log', 'defender-for-iot', '2025-05-04T07:58:00.000Z', 'low', '172.20.41.77'],
		['syslog-leef.log', 'leef', '2025-05-04T07:58:00.000Z', 'low', '172.20.41.77'],
		['syslog-text.log', 'defender-for-iot', '2025-05-04T08:00:00.000Z', 'critical', '172.20.30.5'],
	])('reads %s as %s', (name, kind, occurred_at, severity, actor) => {
		const alert = alertOf(kind, sample(name));
		expect(alert).toMatchObject({ source: kind, occurred_at, severity, domain: 'ot' });
		expect(entity(alert, 'ip', actor)).toBe('actor');
		expect(entity(alert, 'host', 'sensor-hall-2')).toBe('observer');
	});

	it("words in a text's message are no fields", () => {
		const alert = alertOf('defender-for-iot', sample('syslog-text.log'));
		expect(alert.description).toBe('Severity: high rate of probes to 172.20.41.12');
		expect(alert.labels).toMatchObject({ alert_group: 'Scan' });
	});

	it('an event of the timeline below ALERT is a record', () => {
		const event = (severity: string) =>
			alertOf('defender-for-iot', {
				severity,
				title: 'E',
				timestamp: 1746345600000,
				content: 'C',
				type: 'DEVICE_ADDED',
			});
		expect(event('INFO')).toMatchObject({ kind: 'audit', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(event('ALERT').kind).toBe('security');
	});

	it('repeats fold, what is handled closes the same condition, other devices are another', () => {
		const one = alertOf('defender-for-iot', sensor({ sourceDevice: 3 }));
		const later = alertOf('defender-for-iot', sensor({ sourceDevice: 3, id: 2, time: 1746349200000, handled: true }));
		expect(later).toMatchObject({ status: 'closed', fingerprint: one.fingerprint });
		expect(alertOf('defender-for-iot', sensor({ sourceDevice: 4 })).fingerprint).not.toBe(one.fingerprint);
		expect(alertOf('defender-for-iot', sensor({ message: 'N' })).fingerprint).not.toBe(
			alertOf('defender-for-iot', sensor()).fingerprint,
		);
	});

	it('broken beyond that is refused by no exception; strange records are unparsed', () => {
		expect(alertsOf('defender-for-iot', { alerts: [sensor(), sensor()] })).toHaveLength(2);
		expect(itemsOf('defender-for-iot', { a: 1 })[0]?.kind).toBe('unparsed');
		expect(itemsOf('defender-for-iot', 'some words without a form')[0]?.kind).toBe('unparsed');
		expect(() => itemsOf('defender-for-iot', '{"severity": "Major", "title": ')).toThrow('refused');
	});
});
