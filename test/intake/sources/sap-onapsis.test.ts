// SAP: Onapsis in CEF and as rows of a table, Enterprise Threat Detection in LEEF and JSON, the security audit log.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string =>
	readFileSync(new URL(`../samples/sap-onapsis/${name}`, import.meta.url), 'utf8');
const onapsis = (extension: string, header = '0') => `CEF:0|Onapsis|OSP|1|1|N|${header}|cat=Alarm suser=A ${extension}`;

describe('SAP and Onapsis severity', () => {
	it.each([
		['sev=10', '0', 'critical', '10'],
		['sev=8', '0', 'high', '8'],
		['sev=6', '0', 'medium', '6'],
		['sev=3', '9', 'low', '3'],
		['sev=0', '9', 'informational', '0'],
		['sev=None', '7', 'high', '7'],
		['x=1', '5', 'medium', '5'],
	])('Onapsis %s with header %s is %s', (extension, header, severity, severity_raw) => {
		expect(alertOf('sap-onapsis', onapsis(extension, header))).toMatchObject({ severity, severity_raw });
	});

	it.each([
		['VERY_HIGH', 'critical'],
		['HIGH', 'high'],
		['MEDIUM', 'medium'],
		['LOW', 'low'],
		['PURPLE', null],
	])('ETD %s is %s', (AlertSeverity, severity) => {
		expect(alertOf('sap-onapsis', { AlertId: '1', PatternName: 'P', AlertSeverity })).toMatchObject({ severity });
	});
});

describe('SAP and Onapsis', () => {
	it('reads an Onapsis alarm, without what it does not know', () => {
		const alert = alertOf('sap-onapsis', sample('onapsis-alarm.log'));
		expect(alert).toMatchObject({ kind: 'security', severity: 'high', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(entity(alert, 'ip', '198.51.100.30')).toBe('actor');
		expect(entity(alert, 'asset_id', 'PRD')).toBe('target');
		expect(entity(alert, 'host', 'WS-114')).toBe('actor');
		const values = alert.entities.map(({ value }) => value);
		for (const nothing of ['None', '__EMPTY__']) expect(values).not.toContain(nothing);
	});

	it('reads rows of CommonSecurityLog as the CEF they came from', () => {
		const [activity, weakness] = alertsOf('sap-onapsis', sample('common-security-log.csv'), 'UTC');
		expect(activity).toMatchObject({
			kind: 'audit',
			severity: 'low',
			severity_raw: '3',
			occurred_at: '2025-05-04T08:00:00.000Z',
			description: 'RFC_READ_TABLE, user',
		});
		expect(entity(activity!, 'host', 'ws-116.plant.example')).toBe('actor');
		expect(entity(activity!, 'host', 'collector01')).toBe('related');
		// 12 PM is noon: the export's only time where the record has none.
		expect(weakness).toMatchObject({
			kind: 'vulnerability',
			severity: 'medium',
			occurred_at: '2025-05-04T12:05:00.500Z',
		});
	});

	it('reads ETD in LEEF and in JSON: the last event counts, attributes have the roles of their endings', () => {
		const leef = alertOf('sap-onapsis', sample('etd.log'));
		expect(leef).toMatchObject({
			title: 'Debugging in critical systems',
			severity: 'critical',
			occurred_at: '2025-05-04T08:00:00.250Z',
		});
		expect(entity(leef, 'ip', '198.51.100.31')).toBe('actor');
		expect(entity(leef, 'host', 'ws-115')).toBe('actor');
		const json = alertOf('sap-onapsis', sample('etd-alert.json'));
		expect(json).toMatchObject({
			title: 'Logon from two places',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.250Z',
		});
		expect(entity(json, 'host', 'sapprd01')).toBe('target');
		expect(entity(json, 'user', 'KELLER')).toBe('actor');
		expect(entity(json, 'mac', '02:ab:00:00:50:32')).toBe('actor');
	});

	it('an ETD alert that is closed has the fingerprint of its opening, in either form', () => {
		const closed = alertOf('sap-onapsis', {
			AlertId: '901',
			PatternName: 'P',
			AlertSeverity: 'HIGH',
			AlertStatus: 'NO_REACTION_NEEDED',
		});
		expect(closed).toMatchObject({
			status: 'closed',
			fingerprint: alertOf('sap-onapsis', sample('etd.log')).fingerprint,
		});
	});

	it('an Onapsis repeat folds, another user or system does not', () => {
		const of = (extension: string) => alertOf('sap-onapsis', onapsis(extension)).fingerprint;
		expect(of('sev=6 end=May 04 2025 08:00:00')).toBe(of('sev=6 end=May 04 2025 08:01:00'));
		expect(of('OnapsisOSPSid=PRD')).not.toBe(of('OnapsisOSPSid=QAS'));
	});

	it('rows of the audit log are records, unless they are graded high', () => {
		const [failed, done] = alertsOf('sap-onapsis', sample('audit-log-rows.json'));
		expect(failed).toMatchObject({ kind: 'security', severity: 'high', severity_raw: 'High' });
		expect(done).toMatchObject({ kind: 'audit', severity: 'informational', severity_raw: null });
		expect(entity(failed!, 'ip', '198.51.100.33')).toBe('actor');
		expect(entity(failed!, 'user', 'DDIC')).toBe('actor');
	});

	it('a table that breaks off in a quoted cell keeps what it has; what is no alert is kept as unparsed', () => {
		const cut = 'DeviceVendor,DeviceProduct,Activity,LogSeverity,Message\nOnapsis,OSP,N,5,"from 198.51.100.40 and';
		const alert = alertOf('sap-onapsis', cut);
		expect(alert).toMatchObject({ title: 'N', severity: 'medium' });
		expect(entity(alert, 'ip', '198.51.100.40')).toBe('related');
		expect(itemsOf('sap-onapsis', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('sap-onapsis', { MessageID: 'AU1', User: ['x'] })).toMatchObject([
			{ kind: 'alert', problems: [{ field: 'user' }] },
		]);
	});
});
