import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/radiflow/${name}`, import.meta.url), 'utf8');
const isid = (severity: string, extension: string, name = 'New Link Detected') =>
	`CEF:0|radiflow|isid|7|2|${name}|${severity}|${extension}`;

describe('Radiflow iSID', () => {
	it.each([
		['Low', 'low'],
		['Medium', 'medium'],
		['High', 'high'],
		['Critical', 'critical'],
		['Info', 'informational'],
		['7', 'high'],
		['Purple', null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('radiflow', isid(raw, 'src=172.20.1.1'))).toMatchObject({ severity, severity_raw: raw });
	});

	it("reads iSID's own keys, the unit behind a name, and syslog's #012", () => {
		const alert = alertOf('radiflow', sample('link.log'));
		expect(alert).toMatchObject({ occurred_at: '2025-05-04T08:00:05.000Z', external_id: '41', kind: 'security' });
		expect(alert.labels).toMatchObject({ category: 'Link', app_protocol: 'Modbus', dst_port: '502' });
		expect(entity(alert, 'host', 'EWS-05')).toBe('actor');
		expect(entity(alert, 'mac', '00:1b:1b:aa:00:05')).toBe('actor');
		expect(entity(alert, 'host', 'PLC-MIX-11')).toBe('target');
		expect(entity(alert, 'host', 'isid-north')).toBe('observer');
	});

	it('a name may be any words', () => {
		const alert = alertOf(
			'radiflow',
			isid('Low', 'src=172.20.1.1 dst=172.20.1.2 SrcName=HMI (Line 2) DstName=S7/ET200 - 2'),
		);
		expect(entity(alert, 'host', 'HMI (Line 2)')).toBe('actor');
		expect(entity(alert, 'host', 'S7/ET200')).toBe('target');
	});

	it('the device that an event is about is the target, not the observer', () => {
		const alert = alertOf('radiflow', sample('device.log'));
		expect(entity(alert, 'ip', '172.20.41.99')).toBe('target');
		expect(entity(alert, 'mac', '00:1b:1b:aa:41:99')).toBe('target');
	});

	it('techniques are found, and without a header the time is that of receipt', () => {
		expect(alertOf('radiflow', sample('cyber.log'))).toMatchObject({ techniques: ['T0855'], time_basis: 'received' });
	});

	it("is in the source's time zone and in the last year that is not ahead", () => {
		const line = `Nov  4 08:00:00 isid isid[1] ${isid('Low', 'src=172.20.1.1')}`;
		expect(alertOf('radiflow', line, 'Asia/Jerusalem').occurred_at).toBe('2024-11-04T06:00:00.000Z');
	});

	it('folds repeats, keeps links apart, and closes under the same fingerprint', () => {
		const link = (more: string) => alertOf('radiflow', isid('Low', `src=172.20.1.1 dst=172.20.1.2 pt=502 ${more}`));
		expect(link('id=2').fingerprint).toBe(link('id=1').fingerprint);
		expect(link('status=Closed')).toMatchObject({ status: 'closed', fingerprint: link('id=1').fingerprint });
		expect(alertOf('radiflow', isid('Low', 'src=172.20.1.1 dst=172.20.1.3 pt=502')).fingerprint).not.toBe(
			link('id=1').fingerprint,
		);
	});

	it('names what cannot be read and keeps the rest; health is availability', () => {
		const [health] = alertsOf('radiflow', sample('system-and-odd.log'));
		expect(health?.kind).toBe('availability');
		const odd = itemsOf('radiflow', sample('system-and-odd.log'))[1];
		expect(odd?.problems.map((problem) => problem.field).sort()).toEqual(['SrcMac', 'dst', 'pt', 'severity']);
		expect(alertOf('cef', isid('High', 'dvc=172.20.1.9')).domain).toBe('ot');
	});
});
