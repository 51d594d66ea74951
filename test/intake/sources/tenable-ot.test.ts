import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/tenable-ot/${name}`, import.meta.url), 'utf8');
const cef = (severity: string | number, extension: string) =>
	`CEF:0|Tenable|Tenable OT Security|3.18|30|Code Upload|${severity}|${extension}`;
const event = (more: object = {}) => ({
	id: 'e',
	type: 'X',
	severity: 'Low',
	srcIP: '172.20.1.1',
	policy: { id: 'p', title: 'P' },
	...more,
});

describe('Tenable OT Security', () => {
	it.each([
		[0, 'informational'],
		[3, 'low'],
		[7, 'medium'],
		[9, 'high'],
		[10, 'critical'],
		[11, null],
		['High', 'high'],
	])("CEF severity %s is %s, by Tenable's table", (raw, severity) => {
		expect(alertOf('tenable-ot', cef(raw, 'src=172.20.1.1'))).toMatchObject({ severity, severity_raw: String(raw) });
	});

	it.each([
		['None', 'informational'],
		['Low', 'low'],
		['Medium', 'medium'],
		['High', 'high'],
		['Critical', 'critical'],
		['Purple', null],
	])('JSON severity %s is %s', (raw, severity) => {
		expect(alertOf('tenable-ot', event({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
		expect(alertOf('tenable-ot', event({ severity: null, policy: { level: raw } }))).toMatchObject({ severity });
	});

	it('`suser` and `duser` are assets', () => {
		const alert = alertOf('cef', sample('syslog-cef.log'));
		expect(alert).toMatchObject({ occurred_at: '2025-05-04T08:00:01.000Z', severity: 'high', external_id: '2002' });
		expect(entity(alert, 'host', 'Eng. Station #12')).toBe('actor');
		expect(entity(alert, 'host', 'PLC_MIX_11')).toBe('target');
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'mac', '00:1b:1b:aa:41:11')).toBe('target');
		expect(entity(alert, 'ip', '172.20.1.40')).toBe('observer');
		expect(alert.entities.filter((item) => item.type === 'user')).toEqual([]);
		expect(alert.labels).toMatchObject({ policy: 'Code download outside the window', cluster_log_id: '2001' });
	});

	it('masked addresses name nothing; in system events the names are people', () => {
		const [masked, login] = alertsOf('tenable-ot', sample('masked.log'));
		expect(masked?.entities.filter((item) => /^x/.test(item.value))).toEqual([]);
		expect(masked && entity(masked, 'host', 'esx-1.plant.example')).toBe('actor');
		expect(login).toMatchObject({ kind: 'audit', severity: 'informational' });
		expect(login && entity(login, 'user', 'ops.lee')).toBe('actor');
	});

	it('an event of the API and its resolution are one condition', () => {
		const [opened, closed] = alertsOf('tenable-ot', sample('graphql-events.json'));
		expect(opened).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:00:01.250Z', kind: 'security' });
		expect(opened && entity(opened, 'ip', '172.20.31.5')).toBe('actor');
		expect(opened && entity(opened, 'host', 'PLC #11')).toBe('target');
		expect(opened && entity(opened, 'domain', 'ews-05.plant.example')).toBe('actor');
		expect(closed).toMatchObject({ status: 'closed', fingerprint: opened?.fingerprint });
	});

	it('an event about one asset has a target and no actor; a policy that was set up names nothing', () => {
		const [item] = itemsOf('tenable-ot', sample('asset-silent.json'));
		if (item?.kind !== 'alert') throw new Error('unparsed');
		expect(item.alert).toMatchObject({ kind: 'availability', status: 'open', severity_raw: 'None' });
		expect(entity(item.alert, 'ip', '172.20.41.13')).toBe('target');
		expect(entity(item.alert, 'ip', '172.20.99.99')).toBeNull();
		expect(item.problems).toMatchObject([{ field: 'srcNames', found: '7' }]);
	});

	it('repeats fold, another policy or asset is another condition', () => {
		const one = alertOf('tenable-ot', event()).fingerprint;
		expect(alertOf('tenable-ot', event({ id: 'f', time: '2025-05-04T08:00:00Z' })).fingerprint).toBe(one);
		expect(alertOf('tenable-ot', event({ srcIP: '172.20.1.2' })).fingerprint).not.toBe(one);
		expect(alertOf('tenable-ot', event({ policy: { id: 'q' } })).fingerprint).not.toBe(one);
		expect(alertOf('tenable-ot', cef(3, 'src=172.20.1.1 externalId=1')).fingerprint).toBe(
			alertOf('tenable-ot', cef(3, 'src=172.20.1.1 externalId=2')).fingerprint,
		);
	});

	it('what is no event is unparsed', () => {
		expect(itemsOf('tenable-ot', { assets: 1 })[0]?.kind).toBe('unparsed');
	});

	it('reads names and assets as lists too, where a connector took the nodes apart', () => {
		const body = {
			id: 'e-77',
			eventType: { description: 'Controller stop' },
			srcIP: '10.9.8.7',
			srcNames: ['ENG-01'],
			dstNames: 'PLC-7',
			dstAssets: [{ name: 'PLC-SEVEN', ips: { nodes: ['10.9.1.2'] } }],
			policy: { level: 'High' },
			time: '2025-02-03T04:05:06Z',
		};
		const [item] = itemsOf('tenable-ot', JSON.stringify(body));
		expect(item?.problems).toEqual([]);
		const alert = alertOf('tenable-ot', JSON.stringify(body));
		const held = alert.entities.map(({ value, role }) => `${role} ${value}`);
		expect(held).toEqual(
			expect.arrayContaining([
				'actor ENG-01',
				'target PLC-7',
				'target PLC-SEVEN',
				'related 10.9.1.2',
				'actor 10.9.8.7',
			]),
		);
	});
});
