// CrowdStrike Falcon: every form of one statement gives one alert.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string =>
	readFileSync(new URL(`../samples/crowdstrike/${name}`, import.meta.url), 'utf8');
const event = (type: string, more: object = {}) => ({
	metadata: { eventType: type, eventCreationTime: 1746345600000, offset: 1 },
	event: { ComputerName: 'ENG-07', UserName: 'ana', DetectName: 'D', DetectId: 'ldt:a:1', ...more },
});

describe('CrowdStrike severity', () => {
	it.each([
		['DetectionSummaryEvent', { Severity: 5 }, 'critical', '5'],
		['DetectionSummaryEvent', { Severity: 4 }, 'high', '4'],
		['DetectionSummaryEvent', { Severity: 3 }, 'medium', '3'],
		['DetectionSummaryEvent', { Severity: 2 }, 'low', '2'],
		['DetectionSummaryEvent', { Severity: 1 }, 'informational', '1'],
		['DetectionSummaryEvent', { Severity: 2, SeverityName: 'Critical' }, 'critical', 'Critical'],
		['EppDetectionSummaryEvent', { Severity: 5 }, 'informational', '5'],
		['EppDetectionSummaryEvent', { Severity: 20 }, 'low', '20'],
		['IdpDetectionSummaryEvent', { Severity: 59 }, 'medium', '59'],
		['MobileDetectionSummaryEvent', { Severity: 60 }, 'high', '60'],
		['XdrDetectionSummaryEvent', { Severity: 80 }, 'critical', '80'],
		['EppDetectionSummaryEvent', { Severity: 101 }, null, '101'],
		['EppDetectionSummaryEvent', { SeverityName: 'Informational', Severity: 10 }, 'informational', 'Informational'],
		['IncidentSummaryEvent', { FineScore: 90 }, null, null],
		['IdentityProtectionEvent', { Severity: 1, SeverityName: 'INFO' }, 'informational', 'INFO'],
		['ReconNotificationSummaryEvent', { RuleName: 'R', RulePriority: 'high' }, 'high', 'high'],
	])('%s %j is %s', (type, stated, severity, severity_raw) => {
		expect(alertOf('crowdstrike', event(type, stated))).toMatchObject({ severity, severity_raw, kind: 'security' });
	});

	it.each([
		['2', 'low'],
		['5', 'critical'],
		['7', 'high'],
		['70', 'high'],
	])('of the SIEM connector %s is %s', (raw, severity) => {
		const line = `CEF:0|CrowdStrike|FalconHost|1.0|DetectionSummaryEvent|Detection Summary Event|${raw}|shost=ENG-07`;
		expect(alertOf('crowdstrike', line)).toMatchObject({ severity, severity_raw: raw });
		expect(alertOf('cef', line)).toMatchObject({ severity, severity_raw: raw });
	});
});

describe('CrowdStrike', () => {
	it('reads a detection of the stream: host, user, file, connection, technique, time', () => {
		const alert = alertOf('crowdstrike', sample('epp-detection.json'));
		expect(alert).toMatchObject({
			title: 'Credential Dumping',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.000Z',
			techniques: ['T1003.001'],
		});
		expect(entity(alert, 'host', 'ENG-07')).toBe('target');
		expect(entity(alert, 'account', 'PLANT\\m.keller')).toBe('target');
		expect(entity(alert, 'ip', '203.0.113.9')).toBe('actor');
		expect(entity(alert, 'mac', '02:ab:00:00:12:07')).toBe('target');
		expect(entity(alert, 'ip', 'fe80::12:7')).toBe('target');
	});

	it('joins the folder and the name that older events tell apart', () => {
		const alert = alertOf(
			'crowdstrike',
			event('DetectionSummaryEvent', { FileName: 'a.exe', FilePath: '\\Device\\Temp' }),
		);
		expect(entity(alert, 'file', '\\Device\\Temp\\a.exe')).toBe('related');
		expect(entity(alert, 'file', 'Temp')).toBe(null);
	});

	it('reads copies with other spelling, times as text, and flat ones', () => {
		const [lower, flat, sensor] = alertsOf('crowdstrike', sample('data-lake-copies.ndjson'));
		expect(lower).toMatchObject({ severity_raw: 'Medium', occurred_at: '2025-05-04T08:00:00.000Z', title: 'NGAV' });
		expect(flat).toMatchObject({ severity: 'low', severity_raw: '2', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(sensor).toMatchObject({ kind: 'audit', severity: 'informational' });
		expect(entity(sensor!, 'ip', '172.20.41.11')).toBe('related');
	});

	it('times without a zone are UTC whatever the zone of the source is', () => {
		const [lower] = alertsOf('crowdstrike', sample('data-lake-copies.ndjson'), 'Asia/Tokyo');
		expect(lower?.occurred_at).toBe('2025-05-04T08:00:00.000Z');
	});

	it('a detection that is closed has the fingerprint of its opening: by the API, and by the audit trail', () => {
		const closed = alertOf('crowdstrike', sample('alerts-api.json'));
		const opened = alertOf('crowdstrike', {
			resources: [{ composite_id: 'c0ffee:ind:b2:9', status: 'new', severity: 90, display_name: 'Known malware' }],
		});
		expect([opened.status, closed.status]).toEqual(['open', 'closed']);
		expect(closed.fingerprint).toBe(opened.fingerprint);
		const [ended] = alertsOf('crowdstrike', sample('stream-records.ndjson'));
		expect(ended).toMatchObject({ status: 'closed', kind: 'audit' });
		expect(ended?.fingerprint).toBe(
			alertOf('crowdstrike', event('DetectionSummaryEvent', { DetectId: 'ldt:a1b2:77' })).fingerprint,
		);
		const [cef] = alertsOf('crowdstrike', sample('siem-connector.log'));
		expect(cef?.fingerprint).toBe(ended?.fingerprint);
	});

	it('a remote-response session that ends closes the one that began, an incident that is closed its opening', () => {
		const [, begun, ended, incident] = alertsOf('crowdstrike', sample('stream-records.ndjson'));
		expect(begun).toMatchObject({ status: 'open', kind: 'audit' });
		expect(ended).toMatchObject({ status: 'closed', fingerprint: begun?.fingerprint });
		const closed = alertOf(
			'crowdstrike',
			event('IncidentSummaryEvent', { DetectId: null, IncidentID: 'inc:a1b2:5', State: 'closed' }),
		);
		expect(closed).toMatchObject({ status: 'closed', fingerprint: incident?.fingerprint });
	});

	it('an identity incident that resolves itself closes the one that began', () => {
		const of = (State: string) =>
			alertOf(
				'crowdstrike',
				event('IdentityProtectionEvent', {
					DetectId: null,
					DetectName: null,
					IdentityProtectionIncidentId: 'INC-7',
					IncidentType: 'Unusual access',
					State,
				}),
			);
		expect(of('NEW')).toMatchObject({ status: 'open', title: 'Unusual access' });
		expect(of('AUTO_RESOLVED')).toMatchObject({ status: 'closed', fingerprint: of('NEW').fingerprint });
	});

	it('the host of a CEF detection is its target, who acts in an audit line its actor', () => {
		const [detection, audit] = alertsOf('crowdstrike', sample('siem-connector.log'));
		expect(entity(detection!, 'host', 'ENG-07')).toBe('target');
		expect(entity(detection!, 'ip', '172.20.12.7')).toBe('target');
		expect(entity(audit!, 'ip', '198.51.100.23')).toBe('actor');
		expect(audit).toMatchObject({ kind: 'audit', severity: 'informational' });
	});

	it('gives up fields of the wrong type and keeps the rest; what is no record of Falcon is kept as unparsed', () => {
		const [item] = itemsOf(
			'crowdstrike',
			event('EppDetectionSummaryEvent', { Severity: [1], NetworkAccesses: 'none', LocalIP: '999.1.1.1' }),
		);
		expect(item).toMatchObject({ kind: 'alert', alert: { title: 'D', severity: null } });
		expect(item?.problems.map(({ field }) => field)).toEqual(['severity', 'localip']);
		expect(itemsOf('crowdstrike', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
	});

	it('an automated lead is about the hosts of its indicators', () => {
		const lead = alertOf('crowdstrike', {
			metadata: { eventType: 'AutomatedLeadSummaryEvent', eventCreationTime: 1746345600000 },
			event: {
				LeadId: 'l-1',
				CompositeId: 'c:automated-lead:l-1',
				Name: 'ENG-07 at 2025-05-04T08:00:00Z',
				ThreatgraphIndicators: [
					{ HostId: 'a'.repeat(32), Hostname: 'ENG-07', Severity: 70 },
					{ HostId: 'b'.repeat(32), Hostname: 'HIST-01', Severity: 50 },
				],
			},
		});
		for (const host of ['ENG-07', 'HIST-01']) expect(entity(lead, 'host', host)).toBe('target');
		for (const id of ['a', 'b']) expect(entity(lead, 'asset_id', id.repeat(32))).toBe('target');
	});

	it('a match of the host firewall says who came to whom', () => {
		const match = (ConnectionDirection: string) =>
			alertOf('crowdstrike', {
				metadata: { eventType: 'FirewallMatchEvent', eventCreationTime: 1746345600000, offset: 1 },
				event: {
					HostName: 'ENG-07',
					ConnectionDirection,
					LocalAddress: '172.20.10.4',
					LocalPort: '3389',
					RemoteAddress: '172.20.10.9',
					RemotePort: '50123',
					RuleName: 'Block inbound',
				},
			});
		expect(entity(match('1'), 'ip', '172.20.10.9')).toBe('actor');
		expect(entity(match('1'), 'ip', '172.20.10.4')).toBe('target');
		expect(entity(match('1'), 'port', '3389')).toBe('target');
		expect(entity(match('0'), 'ip', '172.20.10.9')).toBe('related');
	});
});
