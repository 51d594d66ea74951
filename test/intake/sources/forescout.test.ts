import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/forescout/${name}`, import.meta.url), 'utf8');
const eye = (more: object = {}) => ({
	alert_id: 1,
	timestamp: '2025-05-04T10:00:00.000+02:00',
	event_type_ids: ['x'],
	event_type_names: ['X'],
	sensor_name: 's',
	src_ip: '172.20.1.1',
	dst_ip: '172.20.1.2',
	severity: 2,
	...more,
});

describe('Forescout', () => {
	it.each([
		[1, 'informational'],
		[2, 'low'],
		[3, 'medium'],
		[4, 'high'],
		[5, 'critical'],
		['High', 'high'],
		[7, null],
	])('eyeInspect severity %s is %s', (raw, severity) => {
		expect(alertOf('forescout', eye({ severity: raw }))).toMatchObject({ severity, severity_raw: String(raw) });
	});

	it('eyeInspect severity 0 says that it is unknown, and is no fault', () => {
		const [item] = itemsOf('forescout', sample('eyeinspect-unknown.json'));
		expect(item).toMatchObject({ kind: 'alert', alert: { severity: null, kind: 'availability' }, problems: [] });
		expect(item?.kind === 'alert' && item.alert.entities.filter((thing) => thing.type === 'port')).toEqual([]);
	});

	it.each([
		[1, 'low'],
		[5, 'medium'],
		[8, 'high'],
		[10, 'critical'],
	])("CEF severity %s is %s, by CEF's scale", (raw, severity) => {
		expect(alertOf('forescout', `CEF:0|ForeScout|eyeInspect|5|t|N|${raw}|src=172.20.1.1`)).toMatchObject({ severity });
	});

	it('an alert and its closing are one condition; times have their zone', () => {
		const [opened, closed] = alertsOf('forescout', sample('eyeinspect-results.json'));
		expect(opened).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:00:00.250Z', techniques: ['T0843'] });
		expect(opened && entity(opened, 'mac', '00:1b:1b:aa:00:05')).toBe('actor');
		expect(opened && entity(opened, 'port', '102')).toBe('target');
		expect(opened && entity(opened, 'ip', '172.20.30.6')).toBe('related');
		expect(opened && entity(opened, 'host', 'sensor-hall-2')).toBe('observer');
		expect(closed).toMatchObject({ status: 'closed', fingerprint: opened?.fingerprint });
		expect(closed?.entities.filter((thing) => thing.type === 'protocol')).toEqual([]);
	});

	it('another event type or sensor is another condition', () => {
		const one = alertOf('forescout', eye()).fingerprint;
		expect(alertOf('forescout', eye({ alert_id: 2 })).fingerprint).toBe(one);
		expect(alertOf('forescout', eye({ event_type_ids: ['y'] })).fingerprint).not.toBe(one);
		expect(alertOf('forescout', eye({ sensor_name: 'other' })).fingerprint).not.toBe(one);
	});

	it("reads eyeInspect's CEF, also by kind `cef`", () => {
		const alert = alertOf('cef', sample('eyeinspect-cef.log'));
		expect(alert).toMatchObject({ domain: 'ot', techniques: ['T0869'], occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(entity(alert, 'ip', '203.0.113.9')).toBe('target');
		expect(entity(alert, 'host', 'ei-cc')).toBe('observer');
	});

	it('a host that complies again closes its non-compliance', () => {
		const [opened, closed] = alertsOf('forescout', sample('platform-compliance.log'));
		expect(opened).toMatchObject({ status: 'open', severity: 'medium', title: 'host is not compliant: Antivirus' });
		expect(opened && entity(opened, 'host', 'ws-10')).toBe('target');
		expect(opened && entity(opened, 'account', 'PLANT\\ops.lee')).toBe('target');
		expect(closed).toMatchObject({ status: 'closed', kind: 'audit', fingerprint: opened?.fingerprint });
	});

	it('what is no alert is unparsed; a broken address is named and the rest kept', () => {
		expect(itemsOf('forescout', { hosts: [] })[0]?.kind).toBe('unparsed');
		expect(itemsOf('forescout', eye({ src_ip: '172.20.1.700' }))[0]).toMatchObject({
			kind: 'alert',
			problems: [{ field: 'src_ip' }],
		});
	});
});
