// SentinelOne: threats, custom rule alerts and activities about one thing are one condition.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string =>
	readFileSync(new URL(`../samples/sentinelone/${name}`, import.meta.url), 'utf8');
const threat = (more: object = {}) => ({
	id: '1',
	threatInfo: { threatId: '1', threatName: 'a.exe', classification: 'Trojan', confidenceLevel: 'malicious', ...more },
});

describe('SentinelOne severity', () => {
	it.each([
		['malicious', 'high'],
		['suspicious', 'medium'],
		['n/a', null],
	])('of a threat of confidence %s is %s', (confidenceLevel, severity) => {
		expect(alertOf('sentinelone', threat({ confidenceLevel }))).toMatchObject({ severity, kind: 'security' });
	});

	it.each([
		['Critical', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Info', 'informational'],
		['E_CRITICAL', 'critical'],
		['E_INFO', 'informational'],
		['Purple', null],
	])('of a custom rule %s is %s', (raw, severity) => {
		const alert = alertOf('sentinelone', { alertInfo: { alertId: '5' }, ruleInfo: { name: 'R', severity: raw } });
		expect(alert).toMatchObject({ severity, severity_raw: raw });
	});
});

describe('SentinelOne', () => {
	it('reads a threat: host, addresses, interface, user, hashes, technique, when it was identified', () => {
		const alert = alertOf('sentinelone', sample('threat.json'));
		expect(alert).toMatchObject({
			title: 'Ransomware: lock.exe',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.250Z',
			techniques: ['T1486'],
			description: 'Encrypts many files.',
		});
		expect(entity(alert, 'host', 'ENG-07')).toBe('target');
		expect(entity(alert, 'mac', '02:ab:00:00:12:07')).toBe('target');
		expect(entity(alert, 'ip', '198.51.100.7')).toBe('target');
		expect(entity(alert, 'account', 'PLANT\\m.keller')).toBe('target');
		expect(entity(alert, 'file_hash', '2ef7bde608ce5404e97d5f042f95f89f1c232871')).toBe('related');
	});

	it.each([
		[{ incidentStatus: 'unresolved', mitigationStatus: 'mitigated' }, 'open'],
		[{ incidentStatus: 'in_progress', mitigationStatus: 'not_mitigated' }, 'open'],
		[{ incidentStatus: 'resolved', mitigationStatus: 'mitigated' }, 'closed'],
		[{ incidentStatus: 'unresolved', mitigationStatus: 'marked_as_benign' }, 'closed'],
		[{ mitigationStatus: 'mitigated' }, 'closed'],
		[{ mitigationStatus: 'not_mitigated' }, 'open'],
	])('a threat with %j is %s', (stated, status) => {
		expect(alertOf('sentinelone', threat(stated)).status).toBe(status);
	});

	it('a resolved threat, and the activity that tells of it, have the fingerprint of the opening', () => {
		const opened = alertOf('sentinelone', sample('threat.json'));
		const [resolved, benign] = alertsOf('sentinelone', sample('threats-list.json'));
		const [, changed] = alertsOf('sentinelone', sample('activities.ndjson'));
		expect(resolved).toMatchObject({ status: 'closed', fingerprint: opened.fingerprint });
		expect(changed).toMatchObject({ status: 'closed', fingerprint: opened.fingerprint });
		expect(benign).toMatchObject({ status: 'closed' });
		expect(benign?.fingerprint).not.toBe(opened.fingerprint);
	});

	it('a custom rule alert and the activity about it are one condition, with its connection', () => {
		const alert = alertOf('sentinelone', sample('custom-rule-alert.json'));
		const [activity, , login] = alertsOf('sentinelone', sample('activities.ndjson'));
		expect(activity).toMatchObject({
			fingerprint: alert.fingerprint,
			severity: 'critical',
			severity_raw: 'E_CRITICAL',
		});
		expect(activity?.occurred_at).toBe('2025-05-04T08:00:00.500Z');
		expect(alert).toMatchObject({ techniques: ['T0855'], occurred_at: '2025-05-04T08:00:00.500Z' });
		expect(entity(alert, 'host', 'HIST-01')).toBe('target');
		expect(entity(alert, 'ip', '172.20.14.3')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(login).toMatchObject({ kind: 'audit', severity: 'informational', status: 'open' });
	});

	it('reads CEF notifications: the threat is the same condition, a log-in is a record', () => {
		const [found, login] = alertsOf('sentinelone', sample('notifications.log'));
		expect(found).toMatchObject({ kind: 'security', severity: 'critical', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(found?.fingerprint).toBe(alertOf('sentinelone', sample('threat.json')).fingerprint);
		expect(entity(found!, 'ip', 'fe80::12:7')).toBe('target');
		expect(login).toMatchObject({ kind: 'audit', severity: 'low' });
	});

	it('gives up fields of the wrong type and keeps the rest; what it does not know is kept as unparsed', () => {
		const [item] = itemsOf('sentinelone', {
			...threat({ threatName: ['x'] }),
			agentRealtimeInfo: { agentComputerName: 'ENG-07' },
		});
		expect(item).toMatchObject({
			kind: 'alert',
			alert: { title: 'Trojan' },
			problems: [{ field: 'threatinfo.threatname' }],
		});
		expect(itemsOf('sentinelone', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
	});
});
