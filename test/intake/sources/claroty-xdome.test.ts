import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/claroty-xdome/${name}`, import.meta.url), 'utf8');
const relation = (more: object = {}) => ({ alert_id: 1, alert_name: 'A', device_uid: 'u-1', ...more });

describe('Claroty xDome', () => {
	it.each([
		['Critical', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
		[9, 'critical'],
		[0, 'informational'],
		['Purple', null],
	])('severity %s is %s', (raw, severity) => {
		const line = `CEF:0|Claroty|xDome|1|1|comm_event|${raw}|event_type=X src_ip=172.20.1.1 signature_severity=High`;
		expect(alertOf('claroty-xdome', line)).toMatchObject({ severity, severity_raw: String(raw) });
		expect(alertOf('claroty-xdome', relation({ alert_severity: raw, device_risk_score: 'Critical' }))).toMatchObject({
			severity,
			severity_raw: String(raw),
		});
	});

	it('an alert without a severity states none', () => {
		expect(alertOf('claroty-xdome', relation())).toMatchObject({ severity: null, severity_raw: null });
	});

	it('reads lists as Python prints them, and takes None for nothing', () => {
		const alert = alertOf('claroty-xdome', sample('communication-event.log'));
		expect(alert).toMatchObject({ title: 'Write Command', occurred_at: '2025-05-04T07:59:58.100Z', severity: 'high' });
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.51')).toBe('target');
		expect(entity(alert, 'asset_id', 'XD-77')).toBe('target');
		expect(entity(alert, 'user', 'm.ortiz')).toBe('actor');
		expect(alert.entities.map((item) => item.value.toLowerCase())).not.toContain('none');
	});

	it("a signature's own text is no evidence of a severity; its ids are labels", () => {
		const alert = alertOf('claroty-xdome', sample('medigate-signature.log'));
		expect(alert).toMatchObject({ severity: 'medium', domain: 'it', external_id: '12' });
		expect(alert.labels).toMatchObject({ signature_severity: 'High', rule_id: '1000001' });
		expect(entity(alert, 'domain', 'scan.plant.example')).toBe('related');
		expect(entity(alert, 'user', 'svc.scan')).toBe('actor');
	});

	it('an alert of a device closes under the fingerprint it opened with', () => {
		const [opened, closed] = alertsOf('claroty-xdome', sample('device-alert-relations.json'));
		expect(opened).toMatchObject({
			status: 'open',
			techniques: ['T0886', 'T1021'],
			occurred_at: '2025-05-04T08:05:00.000Z',
		});
		expect(closed).toMatchObject({ status: 'closed', fingerprint: opened?.fingerprint });
		expect(alertOf('claroty-xdome', relation({ device_uid: 'u-2' })).fingerprint).not.toBe(
			alertOf('claroty-xdome', relation()).fingerprint,
		);
	});

	it('a vulnerability is judged by its CVSS where it states no level', () => {
		const alert = alertOf('claroty-xdome', sample('vulnerability.json'));
		expect(alert).toMatchObject({ kind: 'vulnerability', severity: 'critical', severity_raw: '9.1' });
		expect(entity(alert, 'vulnerability', 'CVE-2024-22222')).toBe('related');
		const fixed = { vulnerability_name: 'V', vulnerability_relevance: 'Fixed', vulnerability_cvss_v3_score: 3.9 };
		expect(alertOf('claroty-xdome', fixed)).toMatchObject({ status: 'closed', severity: 'low' });
	});

	it("a certificate's thumbprint is a hash and no MAC", () => {
		const print = 'AB:'.repeat(19).concat('CD');
		const line = `CEF:0|Claroty|xDome|1|1|comm_event|5|event_type=X certificate_thumbprint=${print} certificate_CN=srv.plant.example`;
		const alert = alertOf('cef', line);
		expect(entity(alert, 'file_hash', `${'ab'.repeat(19)}cd`)).toBe('related');
		expect(entity(alert, 'domain', 'srv.plant.example')).toBe('related');
		expect(alert.entities.filter((item) => item.type === 'mac')).toEqual([]);
	});

	it('a repeat of an event folds, another user is another condition', () => {
		const event = (more: object) =>
			alertOf('claroty-xdome', { event_type: 'X', src_ip: '172.20.1.1', dst_ip: '172.20.1.2', ...more }).fingerprint;
		expect(event({ event_id: 2, event_timestamp: '2025-05-04T08:00:00Z' })).toBe(event({ event_id: 1 }));
		expect(event({ username: 'ana' })).not.toBe(event({}));
	});

	it('what is no record of xDome is unparsed, a wrong type costs only its field', () => {
		expect(itemsOf('claroty-xdome', { x: 1 })[0]?.kind).toBe('unparsed');
		const [item] = itemsOf(
			'claroty-xdome',
			relation({ device_ip_list: { a: ['172.20.9.9'] }, detected_time: 'later' }),
		);
		expect(item).toMatchObject({ kind: 'alert', problems: [{ field: 'detected_time' }] });
		expect(item?.kind === 'alert' && entity(item.alert, 'ip', '172.20.9.9')).toBe('related');
	});

	it('a change of a device says what changed and when, and the same change is one condition', () => {
		const change = (id: number, more: string) =>
			alertOf(
				'claroty-xdome',
				`CEF:0|Claroty|Claroty|0.0|${id}|device_change_event|5|device_asset_id=A-7 device_uid=u-7 device_mac_list=[None] device_ip_list=['172.20.41.11'] device_category=OT change_id=${id} ${more}`,
			);
		const offline = (id: number) =>
			change(
				id,
				`change_timestamp=2025-05-04T08:0${id}:00+00:00 change_type=Offline Status Change change_description=The device Status changed from Online to Offline change_alert_id=111 change_alerted_attribute=is_online_text`,
			);
		expect(offline(1)).toMatchObject({
			title: 'Offline Status Change',
			description: 'The device Status changed from Online to Offline',
			occurred_at: '2025-05-04T08:01:00.000Z',
			time_basis: 'event',
			external_id: '111',
			labels: { category: 'Offline Status Change' },
		});
		expect(entity(offline(1), 'ip', '172.20.41.11')).toBe('target');
		expect(offline(2).fingerprint).toBe(offline(1).fingerprint);
		const address = change(
			3,
			'change_timestamp=2025-05-04T08:03:00+00:00 change_type=IP Change change_description=The device got another address',
		);
		expect(address.fingerprint).not.toBe(offline(1).fingerprint);
	});

	it('an alert of a device is over when it is resolved for that device', () => {
		const affected = (status: string) =>
			alertOf(
				'claroty-xdome',
				`CEF:0|Claroty|Claroty|0.0|838|alert_affected_device|5|alert_id=838 alert_type_name=Malicious Internet Communication alert_name=Malicious Internet Communication: 203.0.113.8 alert_category=Threat alert_device_status=${status} alert_mitre_technique_ids=['T0883'] device_uid=u-7 device_ip_list=['172.20.41.11'] device_category=OT external_ip=203.0.113.8`,
			);
		expect(affected('Unresolved')).toMatchObject({ status: 'open', techniques: ['T0883'] });
		expect(affected('Resolved')).toMatchObject({
			status: 'closed',
			fingerprint: affected('Unresolved').fingerprint,
		});
	});
});
