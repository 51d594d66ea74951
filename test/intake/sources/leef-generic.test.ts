import { describe, expect, it } from 'vitest';
import { alertOf, entity, itemsOf } from '../builders.ts';

const leef = (attributes: string, event = 'E-1') =>
	`LEEF:1.0|Acme|Gate|1|${event}|${attributes.replaceAll(' ; ', '\t')}`;

describe('LEEF of any vendor', () => {
	it.each([
		['10', 'critical'],
		['9', 'critical'],
		['8', 'high'],
		['7', 'high'],
		['6', 'medium'],
		['4', 'medium'],
		['3', 'low'],
		['1', 'low'],
		['0', 'informational'],
		['High', 'high'],
	])('sev %s is %s', (sev, severity) => {
		expect(alertOf('leef', leef(`sev=${sev} ; src=172.20.1.1`))).toMatchObject({ severity, severity_raw: sev });
	});

	it('states no severity where it has none, and names one of no scale', () => {
		expect(alertOf('leef', leef('src=172.20.1.1'))).toMatchObject({ severity: null, severity_raw: null });
		const [item] = itemsOf('leef', leef('sev=42 ; src=172.20.1.1'));
		expect(item).toMatchObject({ alert: { severity: null, severity_raw: '42' }, problems: [{ field: 'severity' }] });
	});

	it('gives things the roles of their attributes', () => {
		const alert = alertOf(
			'leef',
			leef(
				'src=172.20.1.1 ; dst=172.20.2.2 ; srcMAC=001c06aabb01 ; usrName=ana ; domain=CORP ; identHostName=desk-1 ; dstPort=502 ; note=via 172.20.3.3',
			),
		);
		expect(entity(alert, 'ip', '172.20.1.1')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.2.2')).toBe('target');
		expect(entity(alert, 'mac', '00:1c:06:aa:bb:01')).toBe('actor');
		expect(entity(alert, 'account', 'CORP\\ana')).toBe('actor');
		expect(entity(alert, 'host', 'desk-1')).toBe('actor');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(entity(alert, 'ip', '172.20.3.3')).toBe('related');
	});

	it('takes devTime by its devTimeFormat, and the header where there is none', () => {
		const stated = leef('devTime=04/05/2025 08:00:00 ; devTimeFormat=dd/MM/yyyy HH:mm:ss');
		expect(alertOf('leef', stated, 'Europe/Berlin').occurred_at).toBe('2025-05-04T06:00:00.000Z');
		const header = `<13>May  4 08:00:00 gate-1 ${leef('sev=5')}`;
		const alert = alertOf('leef', header);
		expect(alert).toMatchObject({ occurred_at: '2025-05-04T08:00:00.000Z', time_basis: 'event' });
		expect(entity(alert, 'host', 'gate-1')).toBe('observer');
	});

	it('folds repeats, tells conditions apart, and closes what it opened', () => {
		const of = (attributes: string) => alertOf('leef', leef(attributes));
		expect(of('src=172.20.1.1 ; sev=5 ; devTime=1746345600').fingerprint).toBe(
			of('src=172.20.1.1 ; sev=7').fingerprint,
		);
		expect(of('src=172.20.1.1').fingerprint).not.toBe(of('src=172.20.1.2').fingerprint);
		expect(of('name=A').fingerprint).not.toBe(of('name=B').fingerprint);
		const closed = of('src=172.20.1.1 ; status=Resolved');
		expect(closed).toMatchObject({ status: 'closed', fingerprint: of('src=172.20.1.1').fingerprint });
	});

	it('keeps a line with too little of a header as unparsed, and takes one without attributes', () => {
		expect(itemsOf('leef', 'LEEF:1.0|Acme')).toMatchObject([{ kind: 'unparsed', problems: [{ field: 'header' }] }]);
		expect(alertOf('leef', 'LEEF:1.0|Acme|Gate|1|Tamper|').title).toBe('Tamper');
	});
});
