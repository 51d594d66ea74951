import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/dragos/${name}`, import.meta.url), 'utf8');
const cef = (severity: string | number, extension: string) =>
	`CEF:0|Dragos|Platform|2|notification|Summary|${severity}|${extension}`;

describe('Dragos Platform', () => {
	it.each([
		[0, 'informational'],
		[1, 'informational'],
		[2, 'low'],
		[3, 'medium'],
		[4, 'high'],
		[5, 'critical'],
		[8, null],
	])("severity %s of Dragos' own scale is %s", (raw, severity) => {
		const expected = { severity, severity_raw: String(raw) };
		expect(alertOf('dragos', cef(raw, 'src=172.20.1.1'))).toMatchObject(expected);
		expect(alertOf('dragos', { id: 1, summary: 'S', severity: raw, detectionQuads: [] })).toMatchObject(expected);
	});

	it('reads several addresses in a field, both headers, and the time of the event', () => {
		const alert = alertOf('dragos', sample('version-2.log'));
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T07:58:00.000Z',
			external_id: '7001',
			techniques: ['T0843', 'T0858'],
			severity: 'high',
		});
		for (const ip of ['172.20.30.5', '172.20.31.5']) expect(entity(alert, 'ip', ip)).toBe('actor');
		expect(entity(alert, 'ip', 'fe80::21b:1bff:feaa:4111')).toBe('target');
		expect(entity(alert, 'mac', '00:1b:1b:aa:41:12')).toBe('target');
		expect(entity(alert, 'domain', 'plant.example')).toBe('target');
		expect(entity(alert, 'zone', 'Mixing')).toBe('target');
		expect(entity(alert, 'asset_id', '22')).toBe('actor');
		expect(entity(alert, 'user', 'm.ortiz')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.1.30')).toBe('observer');
		expect(entity(alert, 'host', 'sitestore')).toBe('observer');
	});

	it.each(['Program Download', 'T0843: Program Download', 'T0843', 'Change Operating Mode, program download'])(
		'the technique `%s` is known by id or by name',
		(technique) => {
			const line = cef(3, `src=172.20.1.1 cs2=${technique} cs2Label=attack_technique`);
			expect(alertOf('dragos', line).techniques).toContain('T0843');
		},
	);

	it('a name that is no technique, and a name in running text, are none', () => {
		const line = cef(3, 'msg=Program Download was seen cs2=Nothing Known cs2Label=attack_technique');
		expect(alertOf('dragos', line).techniques).toEqual([]);
	});

	it('reads the keys of version 1', () => {
		const alert = alertOf('dragos', sample('version-1.log'));
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T08:08:30.000Z',
			description: 'A port was opened on an asset',
		});
		expect(entity(alert, 'ip', '172.20.41.13')).toBe('target');
		expect(entity(alert, 'host', 'PLC-FILL-13')).toBe('target');
	});

	it('a notification of the API closes under the fingerprint it opened with', () => {
		const [opened, closed] = alertsOf('dragos', sample('notifications.json'));
		expect(opened).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:10:30.000Z', techniques: ['T0836'] });
		expect(opened && entity(opened, 'ip', '172.20.30.77')).toBe('actor');
		expect(opened && entity(opened, 'host', 'PLC-MIX-11')).toBe('target');
		expect(closed).toMatchObject({ status: 'closed', fingerprint: opened?.fingerprint });
	});

	it('a notification whose names are in snake case says the same', () => {
		const snake = (value: unknown): unknown => {
			if (Array.isArray(value)) return value.map(snake);
			if (typeof value !== 'object' || value === null) return value;
			return Object.fromEntries(
				Object.entries(value).map(([name, inner]) => [
					name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
					snake(inner),
				]),
			);
		};
		const camel = sample('notifications.json');
		expect(alertsOf('dragos', snake(JSON.parse(camel)))).toEqual(alertsOf('dragos', camel));
		expect(itemsOf('dragos', { id: 1, severity: 4, occurred_at: '2025-05-04T08:00:00Z' })[0]?.kind).toBe('alert');
	});

	it('another id or time is a repeat, another asset another condition', () => {
		const one = alertOf('dragos', cef(3, 'externalId=1 suid=22 duid=35'));
		expect(alertOf('dragos', cef(3, 'externalId=2 suid=22 duid=35')).fingerprint).toBe(one.fingerprint);
		expect(alertOf('dragos', cef(3, 'externalId=2 suid=22 duid=36')).fingerprint).not.toBe(one.fingerprint);
	});

	it('a log-in is a record; what cannot be read is named and the rest kept', () => {
		const [login, odd] = itemsOf('dragos', sample('logon-and-odd.log'));
		expect(login).toMatchObject({ kind: 'alert', alert: { kind: 'audit', severity: 'informational' }, problems: [] });
		expect(odd).toMatchObject({ kind: 'alert', alert: { kind: 'security', severity: null } });
		expect(odd?.problems.map((problem) => problem.field)).toEqual(['src, dst', 'occurredAt', 'severity']);
	});

	it('kind `cef` hands Dragos lines over; JSON that is no notification is unparsed', () => {
		expect(alertOf('cef', cef(4, 'src=172.20.1.1'))).toMatchObject({ source: 'cef', severity: 'high', domain: 'ot' });
		expect(itemsOf('dragos', { hello: 1 })[0]?.kind).toBe('unparsed');
	});
});
