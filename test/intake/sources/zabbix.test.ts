import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('zabbix', name);

describe('zabbix', () => {
	it.each([
		['5', 'Disaster', 'critical'],
		['4', 'High', 'high'],
		['3', 'Average', 'medium'],
		['2', 'Warning', 'low'],
		['1', 'Information', 'informational'],
		['0', 'Not classified', null],
	])('severity %s, %s, is %s', (number, word, severity) => {
		const body = { event_id: '1', event_name: 'n', event_value: '1' };
		const [both] = itemsOf('zabbix', { ...body, event_nseverity: number, event_severity: word });
		expect(both).toMatchObject({ alert: { severity, severity_raw: word }, problems: [] });
		expect(alertOf('zabbix', { ...body, event_severity: word }).severity).toBe(severity);
		expect(alertOf('zabbix', { ...body, event_nseverity: number })).toMatchObject({ severity, severity_raw: number });
	});

	it('a renamed severity is read by its number', () => {
		const body = { event_id: '1', event_name: 'n', event_nseverity: '4', event_severity: 'Schwer' };
		expect(alertOf('zabbix', body)).toMatchObject({ severity: 'high', severity_raw: 'Schwer' });
	});

	it("problem, update and recovery are one condition, at their own times in the server's zone", () => {
		const of = (name: string) => alertOf('zabbix', sample(name), 'Europe/Berlin');
		const problem = of('problem.json');
		expect(problem).toMatchObject({ status: 'open', severity: 'high', occurred_at: '2025-05-04T08:00:05.000Z' });
		expect(of('update.json')).toMatchObject({
			status: 'open',
			fingerprint: problem.fingerprint,
			occurred_at: '2025-05-04T08:05:00.000Z',
		});
		expect(of('recovery.json')).toMatchObject({
			status: 'closed',
			fingerprint: problem.fingerprint,
			occurred_at: '2025-05-04T08:21:00.000Z',
		});
		expect(entity(problem, 'host', 'historian-2')).toBe('target');
		expect(entity(problem, 'ip', '172.20.8.60')).toBe('target');
		expect(entity(problem, 'host', 'HIS-2')).toBe('target');
		expect(entity(problem, 'ip', '172.20.8.61')).toBe('related');
	});

	it('real-time export: the recovery names its problem', () => {
		const [problem, recovery] = alertsOf('zabbix', sample('export.ndjson'));
		expect(problem).toMatchObject({ severity: 'critical', severity_raw: '5', status: 'open' });
		expect(recovery).toMatchObject({
			status: 'closed',
			fingerprint: problem!.fingerprint,
			severity: null,
			title: 'Problem 42',
		});
		expect(entity(problem!, 'host', 'PLC gateway 3')).toBe('target');
		expect(entity(problem!, 'ip', '172.20.41.3')).toBe('related');
	});

	it('reads the default message where there is nothing else; macros without a value say nothing', () => {
		const [down, up, odd] = itemsOf('zabbix', sample('message-only.ndjson'));
		expect(down).toMatchObject({
			alert: { title: 'Link down', severity: 'medium', status: 'open', external_id: '77' },
		});
		expect(up).toMatchObject({ alert: { status: 'closed', occurred_at: '2025-05-04T10:05:00.000Z' } });
		if (down?.kind !== 'alert' || up?.kind !== 'alert') throw new Error('unparsed');
		expect(up.alert.fingerprint).toBe(down.alert.fingerprint);
		expect(entity(down.alert, 'host', 'switch-7')).toBe('target');
		expect(odd!.problems.map((problem) => problem.field)).toEqual(['eventid', 'event_date']);
	});

	it('a process alarm is told by its words, discovery is a record', () => {
		expect(alertOf('zabbix', { event_id: 1, event_name: 'Boiler pressure high' }).kind).toBe('process');
		expect(alertOf('zabbix', { event_id: 1, event_name: 'Host up', event_source: '1' }).kind).toBe('audit');
		expect(itemsOf('zabbix', { itemid: 5, clock: 1746345600, value: '3' })[0]!.kind).toBe('unparsed');
	});
});
