// The same condition has the same fingerprint, another one another; a closing message carries the fingerprint of its opening.
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/intake/fingerprint.ts';
import { alertOf, alertsOf, defenderAlert, eveAlert, nozomiAlert, prometheusAlert, wazuhAlert } from '../builders.ts';

type Case = [string, string, unknown, unknown];
const nozomiCef = (signature: string, id: string) =>
	`CEF:0|Nozomi Networks|N2OS|24|${signature}|N|8|app=s7 cs3=${id} cs3Label=Id src=172.20.30.5 dst=172.20.41.11 start=1746345600000`;

const same: Case[] = [
	[
		'Alertmanager: resolved',
		'alertmanager',
		prometheusAlert({ instance: 'a' }),
		prometheusAlert({ instance: 'a' }, { status: 'resolved', endsAt: '2025-05-04T08:30:00Z' }),
	],
	[
		'Alertmanager: other annotations',
		'alertmanager',
		prometheusAlert({}),
		prometheusAlert({}, { annotations: { summary: 'x' } }),
	],
	['Nozomi: other id and time', 'nozomi', nozomiAlert(), nozomiAlert({ id: 'n-2', time: 1746349999000 })],
	['Nozomi: closed', 'nozomi', nozomiAlert(), nozomiAlert({ status: 'closed', closed_time: 1746349999000 })],
	['Nozomi CEF: other id', 'nozomi', nozomiCef('SIGN:DDOS', '1'), nozomiCef('SIGN:DDOS', '2')],
	[
		'Nozomi: critical state on and off',
		'nozomi',
		nozomiCef('PROC:CRITICAL-STATE-ON', '1'),
		nozomiCef('PROC:CRITICAL-STATE-OFF', '2'),
	],
	[
		'Suricata: other source port and time',
		'suricata',
		eveAlert(),
		eveAlert({}, { src_port: 1, timestamp: '2025-05-04T08:01:00Z' }),
	],
	[
		'Wazuh: other id and time',
		'wazuh',
		wazuhAlert(),
		wazuhAlert({ firedtimes: 9 }, { id: '2', timestamp: '2025-05-04T08:02:00Z' }),
	],
	['Defender: resolved', 'defender', defenderAlert(), defenderAlert({ status: 'Resolved', severity: 'Low' })],
	[
		'CEF: other time',
		'cef',
		'CEF:0|A|B|1|9|N|5|src=172.20.1.1 rt=1746345600000',
		'CEF:0|A|B|2|9|N|7|src=172.20.1.1 rt=1746345700000',
	],
];
const other: Case[] = [
	[
		'Alertmanager: another instance',
		'alertmanager',
		prometheusAlert({ instance: 'a' }),
		prometheusAlert({ instance: 'b' }),
	],
	['Nozomi: another destination', 'nozomi', nozomiAlert(), nozomiAlert({ ip_dst: '172.20.41.12' })],
	['Nozomi: another type', 'nozomi', nozomiAlert(), nozomiAlert({ type_id: 'SIGN:PROGRAM:UPLOAD' })],
	['Suricata: another destination port', 'suricata', eveAlert(), eveAlert({}, { dest_port: 503 })],
	['Suricata: another signature', 'suricata', eveAlert(), eveAlert({ signature_id: 8 })],
	['Wazuh: another agent', 'wazuh', wazuhAlert(), wazuhAlert({}, { agent: { id: '004', name: 'b' } })],
	[
		'Wazuh: another user',
		'wazuh',
		wazuhAlert(),
		wazuhAlert({}, { data: { srcip: '198.51.100.20', dstuser: 'admin' } }),
	],
	['Defender: another alert', 'defender', defenderAlert(), defenderAlert({ id: 'da2' })],
	['CEF: another user', 'cef', 'CEF:0|A|B|1|9|N|5|suser=x', 'CEF:0|A|B|1|9|N|5|suser=y'],
	[
		'CEF without a subject: another case number',
		'cef',
		'CEF:0|A|B|1|9|N|5|cs1=c-1 cs1Label=Case',
		'CEF:0|A|B|1|9|N|5|cs1=c-2 cs1Label=Case',
	],
];

describe('fingerprint', () => {
	it.each(same)('is the same: %s', (_, kind, first, second) => {
		expect(alertOf(kind, second).fingerprint).toBe(alertOf(kind, first).fingerprint);
	});

	it.each(other)('differs: %s', (_, kind, first, second) => {
		expect(alertOf(kind, second).fingerprint).not.toBe(alertOf(kind, first).fingerprint);
	});

	it('is 32 hexadecimal digits and keeps sources and field borders apart', () => {
		expect(fingerprintOf('a', ['b', 'c'])).toMatch(/^[0-9a-f]{32}$/);
		expect(fingerprintOf('a', ['b', 'c'])).not.toBe(fingerprintOf('a', ['bc', '']));
		expect(fingerprintOf('a', ['b'])).not.toBe(fingerprintOf('b', ['b']));
		expect(fingerprintOf('a', ['PLC-1 '])).toBe(fingerprintOf('a', ['plc-1']));
	});

	it('joins the streaming rows of one Defender alert', () => {
		const row = (table: string, more: object) => ({
			category: `AdvancedHunting-${table}`,
			properties: { AlertId: 'x', Title: 'T', ...more },
		});
		const alerts = alertsOf('defender-xdr', {
			records: [row('AlertInfo', {}), row('AlertEvidence', { EntityType: 'Ip', RemoteIP: '203.0.113.1' })],
		});
		expect(new Set(alerts.map((alert) => alert.fingerprint)).size).toBe(1);
	});
});

describe('status and time', () => {
	it.each<[string, string, unknown, 'open' | 'closed', string]>([
		['Alertmanager firing', 'alertmanager', prometheusAlert({}), 'open', '2025-05-04T08:00:00.000Z'],
		[
			'Alertmanager resolved, at its end',
			'alertmanager',
			prometheusAlert({}, { status: 'resolved', endsAt: '2025-05-04T08:30:00Z' }),
			'closed',
			'2025-05-04T08:30:00.000Z',
		],
		[
			'list entry that ended',
			'alertmanager',
			prometheusAlert({}, { status: undefined, endsAt: '2025-05-04T08:40:00Z' }),
			'closed',
			'2025-05-04T08:40:00.000Z',
		],
		[
			'list entry whose end lies ahead',
			'alertmanager',
			prometheusAlert({}, { status: undefined, endsAt: '2025-05-04T09:40:00Z' }),
			'open',
			'2025-05-04T08:00:00.000Z',
		],
		['Nozomi closed', 'nozomi', nozomiAlert({ status: 'closed' }), 'closed', '2025-05-04T08:00:00.000Z'],
		['Nozomi close', 'nozomi', nozomiAlert({ status: 'close' }), 'closed', '2025-05-04T08:00:00.000Z'],
		[
			'Nozomi opened again',
			'nozomi',
			nozomiAlert({ status: 'open', closed_time: 1746349999000 }),
			'open',
			'2025-05-04T08:00:00.000Z',
		],
		[
			'Nozomi without a status',
			'nozomi',
			nozomiAlert({ status: null, closed_time: 1746349999000 }),
			'closed',
			'2025-05-04T08:00:00.000Z',
		],
		['Defender: event before creation', 'defender', defenderAlert(), 'open', '2025-05-04T08:00:00.000Z'],
		['Defender resolved', 'defender', defenderAlert({ status: 'resolved' }), 'closed', '2025-05-04T08:00:00.000Z'],
		[
			'Wazuh vulnerability solved',
			'wazuh',
			wazuhAlert({}, { data: { vulnerability: { status: 'Solved' } } }),
			'closed',
			'2025-05-04T08:00:00.000Z',
		],
		[
			'CEF end after start',
			'cef',
			'CEF:0|A|B|1|9|N|5|start=May 04 2025 07:00:00 end=May 04 2025 07:30:00 rt=1746345600000',
			'open',
			'2025-05-04T07:30:00.000Z',
		],
	])('%s', (_, kind, body, status, occurredAt) => {
		expect(alertOf(kind, body)).toMatchObject({ status, occurred_at: occurredAt, time_basis: 'event' });
	});

	it('is the time of receipt, and says so, where the vendor gives none', () => {
		expect(alertOf('cef', 'CEF:0|A|B|1|9|N|5|src=172.20.1.1')).toMatchObject({
			occurred_at: '2025-05-04T09:00:00.000Z',
			time_basis: 'received',
		});
	});
});
