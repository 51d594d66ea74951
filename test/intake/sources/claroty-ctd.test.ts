import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/claroty-ctd/${name}`, import.meta.url), 'utf8');
const ctd = (severity: string | number, extension: string, event = 'Alert/Host Scan') =>
	`CEF:0|Claroty|CTD|5.1.0|${event}|Name|${severity}|${extension}`;

describe('Claroty CTD', () => {
	it.each([
		[0, 'informational'],
		[1, 'low'],
		[5, 'medium'],
		[8, 'high'],
		[10, 'critical'],
		['Critical', 'critical'],
		[11, null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('claroty-ctd', ctd(raw, 'CtdSourceIp=172.20.1.1'))).toMatchObject({
			severity,
			severity_raw: String(raw),
		});
	});

	it('an alert and its resolution are one condition, the later one closed', () => {
		const [opened, resolved] = alertsOf('claroty-ctd', sample('alert-opened-and-resolved.log'));
		expect(opened).toMatchObject({
			status: 'open',
			external_id: '77',
			occurred_at: '2025-05-04T08:00:07.000Z',
			kind: 'security',
			techniques: ['T0843'],
		});
		expect(resolved).toMatchObject({ status: 'closed', fingerprint: opened?.fingerprint });
	});

	it.each(['Resolved', 'Archived', 'Approved', 'Ignored'])('`%s` ends an alert', (word) => {
		expect(alertOf('claroty-ctd', ctd(5, `CtdAlertId=1 CtdResolvedAs=${word}`)).status).toBe('closed');
		expect(alertOf('claroty-ctd', ctd(5, `CtdAlertId=1 CtdResolvedAs=Un${word}`)).status).toBe('open');
	});

	it('gives source and destination their roles, with zones, ports, names and MACs', () => {
		const [alert] = alertsOf('claroty-ctd', sample('alert-opened-and-resolved.log'));
		if (alert === undefined) throw new Error('no alert');
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'host', 'EWS-05')).toBe('actor');
		expect(entity(alert, 'zone', 'Engineering: North')).toBe('actor');
		expect(entity(alert, 'mac', '00:1b:1b:aa:41:11')).toBe('target');
		expect(entity(alert, 'port', '102')).toBe('target');
		expect(entity(alert, 'host', 'ctd-north')).toBe('observer');
	});

	it('reads the custom strings of versions before 4.9 by their labels', () => {
		const alert = alertOf('claroty-ctd', sample('labelled-strings.log'));
		expect(alert).toMatchObject({ external_id: '55', occurred_at: '2025-05-04T10:00:00.000Z', status: 'open' });
		expect(entity(alert, 'zone', 'Ops: HMI')).toBe('actor');
		expect(entity(alert, 'zone', 'PLC: Pack')).toBe('target');
		expect(entity(alert, 'protocol', 'Modbus')).toBe('related');
	});

	it('tells health, vulnerabilities and activity from detections', () => {
		const [health, insight] = alertsOf('claroty-ctd', sample('health-and-insight.log'));
		expect(health?.kind).toBe('availability');
		expect(insight).toMatchObject({ kind: 'vulnerability', severity: 'critical' });
		expect(insight && entity(insight, 'ip', '172.20.41.13')).toBe('target');
		expect(insight && entity(insight, 'vulnerability', 'CVE-2024-11111')).toBe('related');
		const login = alertOf('claroty-ctd', sample('activity-log.json'));
		expect(login).toMatchObject({ kind: 'audit', severity: 'informational' });
		expect(entity(login, 'user', 'm.ortiz')).toBe('actor');
		expect(entity(login, 'ip', '172.20.2.2')).toBe('related');
	});

	it('a threat that names a CVE is a detection, and several ends are read one by one', () => {
		const more =
			'CtdSourceIp=172.20.1.1, 172.20.1.2 CtdDestinationHost=PLC #4 CtdUserName=PLANT\\ana CtdCveId=CVE-2024-11111';
		const alert = alertOf('claroty-ctd', ctd(10, more, 'Alert/Known Threat Alert'));
		expect(alert.kind).toBe('security');
		for (const ip of ['172.20.1.1', '172.20.1.2']) expect(entity(alert, 'ip', ip)).toBe('actor');
		expect(entity(alert, 'host', 'PLC #4')).toBe('target');
		expect(entity(alert, 'account', 'PLANT\\ana')).toBe('actor');
	});

	it("is in the source's time zone, because CTD writes none", () => {
		const line = ctd(5, 'CtdTimeGenerated=May 04 2025 10:00:00');
		expect(alertOf('claroty-ctd', line, 'Europe/Berlin').occurred_at).toBe('2025-05-04T08:00:00.000Z');
	});

	it('repeats fold without an alert id; another destination is another condition', () => {
		const event = (more: string) => alertOf('claroty-ctd', ctd(5, `CtdSourceIp=172.20.1.1 ${more}`, 'Event/Write'));
		const one = event('CtdDestinationIp=172.20.1.2 CtdTimeGenerated=May 04 2025 08:00:00 CtdAlertId=4');
		expect(event('CtdDestinationIp=172.20.1.2 CtdTimeGenerated=May 04 2025 08:30:00 CtdAlertId=5').fingerprint).toBe(
			one.fingerprint,
		);
		expect(event('CtdDestinationIp=172.20.1.3').fingerprint).not.toBe(one.fingerprint);
	});

	it('kind `cef` hands CTD lines over, xDome lines to xDome', () => {
		const line = ctd(5, 'CtdAlertId=1 CtdSourceIp=172.20.1.1 CtdResolvedAs=Archived');
		expect(alertOf('cef', line)).toMatchObject({ source: 'cef', status: 'closed', domain: 'ot' });
	});

	it('names what cannot be read and keeps the rest; other JSON is unparsed', () => {
		const [item] = itemsOf('claroty-ctd', ctd(5, 'CtdSourceIp=172.20.1.999 CtdTimeGenerated=soon CtdUser=ana'));
		expect(item?.kind).toBe('alert');
		expect(item?.problems.map((problem) => problem.field)).toEqual(['CtdSourceIp', 'CtdTimeGenerated']);
		expect(itemsOf('claroty-ctd', { a: 1 })[0]?.kind).toBe('unparsed');
	});
});
