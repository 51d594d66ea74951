// Windows events as Snare and its like write them into syslog: tabs between the fields, the event's own text last.
import { describe, expect, it } from 'vitest';
import { alertOf, entity } from '../builders.ts';

const event = (more: Partial<Record<string, string>> = {}): string => {
	const field = {
		head: '<13>May  4 08:00:00 EWS-07 ',
		criticality: '3',
		log: 'Security',
		counter: '5120',
		time: 'Sun May 04 08:00:00 2025',
		id: '4625',
		provider: 'Microsoft-Windows-Security-Auditing',
		user: 'PLANT\\m.keller',
		sidType: 'N/A',
		type: 'Failure Audit',
		computer: 'EWS-07.plant.example',
		category: 'Logon',
		text: 'An account failed to log on.    Subject:   Security ID:  S-1-5-18   Account Name:  EWS-07$   Account Domain:  PLANT   Logon ID:  0x3E7    Logon Type:   3    Account For Which Logon Failed:   Security ID:  S-1-0-0   Account Name:  operator   Account Domain:  PLANT    Process Information:   Caller Process ID: 0x0   Caller Process Name: C:\\Program Files\\Link\\svc.exe    Network Information:   Workstation Name: LAP-3   Source Network Address: 172.20.10.9   Source Port:  5555',
		end: '5120',
		...more,
	};
	const { head, ...fields } = field;
	const { text, end, ...before } = fields;
	return `${head}MSWinEventLog\t${Object.values(before).join('\t')}\t\t${text}\t${end}`;
};

describe('Windows events in the Snare form', () => {
	it('names the user of the event, the account it is about, the computer and where it came from', () => {
		const alert = alertOf('syslog', event());
		expect(alert).toMatchObject({
			title: 'Windows event 4625: An account failed to log on.',
			kind: 'security',
			severity: 'low',
			occurred_at: '2025-05-04T08:00:00.000Z',
			labels: {
				vendor: 'Microsoft',
				product: 'Windows',
				signature_id: '4625',
				category: 'Logon',
				event_log: 'Security',
				event_type: 'Failure Audit',
				provider: 'Microsoft-Windows-Security-Auditing',
			},
		});
		expect(entity(alert, 'user', 'm.keller')).toBe('actor');
		expect(entity(alert, 'account', 'PLANT\\m.keller')).toBe('actor');
		expect(entity(alert, 'user', 'operator')).toBe('actor');
		expect(entity(alert, 'account', 'PLANT\\operator')).toBe('actor');
		expect(entity(alert, 'user', 'EWS-07$')).toBeNull();
		expect(entity(alert, 'host', 'EWS-07.plant.example')).toBe('target');
		expect(entity(alert, 'host', 'LAP-3')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.10.9')).toBe('actor');
		expect(entity(alert, 'file', 'C:\\Program Files\\Link\\svc.exe')).toBe('related');
	});

	it('is one condition tomorrow too, and another one for another event or computer', () => {
		const today = alertOf('syslog', event());
		const tomorrow = event({
			head: '<13>May  5 08:00:00 EWS-07 ',
			counter: '7001',
			end: '7001',
			time: 'Mon May 05 08:00:00 2025',
		});
		expect(alertOf('syslog', tomorrow).fingerprint).toBe(today.fingerprint);
		expect(alertOf('syslog', event({ id: '4776' })).fingerprint).not.toBe(today.fingerprint);
		expect(alertOf('syslog', event({ computer: 'HMI-2' })).fingerprint).not.toBe(today.fingerprint);
	});

	it('a collector that passes events on is who observes', () => {
		const alert = alertOf('syslog', event({ head: '<13>May  4 08:00:00 wec-1 ' }));
		expect(entity(alert, 'host', 'wec-1')).toBe('observer');
		expect(entity(alert, 'host', 'EWS-07.plant.example')).toBe('target');
	});

	it.each([
		['4', 'critical'],
		['3', 'high'],
		['2', 'medium'],
		['1', 'informational'],
		['0', 'informational'],
	])('without a priority the criticality %s is %s, and the time is that of the event', (criticality, severity) => {
		const alert = alertOf('syslog', event({ head: 'EWS-07\t', criticality }));
		expect(alert).toMatchObject({ severity, severity_raw: criticality, occurred_at: '2025-05-04T08:00:00.000Z' });
	});

	it('reads tabs that a relay wrote as `#011`, and fields that it ran together with spaces', () => {
		const service = event({
			id: '7045',
			provider: 'Service Control Manager',
			user: 'NT AUTHORITY\\SYSTEM',
			sidType: 'User',
			type: 'Information',
			category: 'None',
			log: 'System',
			text: 'A service was installed in the system.    Service Name:  UPDSVC   Service File Name:  C:\\Windows\\upd.exe   Service Type:  user mode service',
		});
		const plain = alertOf('syslog', service);
		expect(plain.title).toBe('Windows event 7045: A service was installed in the system.');
		expect(entity(plain, 'account', 'NT AUTHORITY\\SYSTEM')).toBe('actor');
		expect(entity(plain, 'file', 'C:\\Windows\\upd.exe')).toBe('related');
		expect(alertOf('syslog', service.replaceAll('\t', '#011')).fingerprint).toBe(plain.fingerprint);
		const run = alertOf('syslog', service.replace(/\t+/g, ' '));
		expect(run.labels).toMatchObject({ signature_id: '7045', provider: 'Service Control Manager' });
		expect(entity(run, 'account', 'NT AUTHORITY\\SYSTEM')).toBe('actor');
		expect(entity(run, 'host', 'EWS-07.plant.example')).toBe('target');
	});

	it('a log-on that went well is a log, and what is cut off stays a line of syslog', () => {
		const fine = event({ id: '4624', type: 'Success Audit', text: 'An account was successfully logged on.' });
		expect(alertOf('syslog', fine).kind).toBe('audit');
		const cut = alertOf('syslog', '<13>May  4 08:00:00 EWS-07 MSWinEventLog\t1\tSecurity');
		expect(cut.title).toContain('MSWinEventLog');
	});
});
