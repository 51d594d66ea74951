import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const event = (more: object = {}) => ({
	class_uid: 2004,
	category_uid: 2,
	activity_id: 1,
	severity_id: 3,
	time: 1_746_345_600_000,
	metadata: { version: '1.6.0', product: { name: 'Sentry', vendor_name: 'Acme' } },
	finding_info: { uid: 'f-1', title: 'Program download' },
	...more,
});

describe('OCSF', () => {
	it.each([
		[0, 'Unknown', null, 'Unknown'],
		[1, 'Informational', 'informational', 'Informational'],
		[2, 'Low', 'low', 'Low'],
		[3, undefined, 'medium', '3'],
		[4, 'High', 'high', 'High'],
		[5, 'Critical', 'critical', 'Critical'],
		[6, 'Fatal', 'critical', 'Fatal'],
		[99, 'major', 'high', 'major'],
		['4', 'Hoch', 'high', 'Hoch'],
		[99, 'purple', null, 'purple'],
	])('severity_id %s with caption %s is %s', (severity_id, severity, expected, raw) => {
		expect(alertOf('ocsf', event({ severity_id, severity }))).toMatchObject({ severity: expected, severity_raw: raw });
	});

	it.each([
		['a detection that is new', { status_id: 1 }, 'open'],
		['suppressed', { status_id: 3 }, 'closed'],
		['resolved', { status_id: 4 }, 'closed'],
		['archived', { status_id: 5 }, 'closed'],
		['an incident on hold', { class_uid: 2005, status_id: 3 }, 'open'],
		['an incident resolved', { class_uid: 2005, status_id: 4 }, 'closed'],
		['a security finding in progress', { class_uid: 2001, state_id: 2 }, 'open'],
		['a security finding resolved', { class_uid: 2001, state_id: 4 }, 'closed'],
		['activity Close', { activity_id: 3, status_id: 1 }, 'closed'],
		['a caption alone', { status: 'Resolved' }, 'closed'],
		['a compliance check that passes', { class_uid: 2003, compliance: { status: 'Pass' } }, 'closed'],
		['a compliance check that fails', { class_uid: 2003, compliance: { status: 'Fail' } }, 'open'],
		['a log-in that failed (base status 2)', { class_uid: 3002, status_id: 2, activity_id: 3 }, 'open'],
	])('%s', (_, more, status) => {
		expect(alertOf('ocsf', event(more)).status).toBe(status);
	});

	it.each([
		[2001, {}, 'security'],
		[2002, {}, 'vulnerability'],
		[2003, {}, 'audit'],
		[2004, {}, 'security'],
		[2005, {}, 'security'],
		[3002, {}, 'audit'],
		[4001, {}, 'audit'],
		[4001, { is_alert: true }, 'security'],
	])('class %i is %s %s', (class_uid, more, kind) => {
		expect(alertOf('ocsf', event({ class_uid, ...more })).kind).toBe(kind);
	});

	it('takes the last time of the activity before the time of the record, in milliseconds or as text', () => {
		const at = (more: object) => alertOf('ocsf', event(more)).occurred_at;
		expect(at({})).toBe('2025-05-04T08:00:00.000Z');
		expect(at({ end_time: 1_746_345_660_000 })).toBe('2025-05-04T08:01:00.000Z');
		expect(at({ end_time: 1_746_345_660_000, finding_info: { uid: 'f', last_seen_time: 1_746_345_720_000 } })).toBe(
			'2025-05-04T08:02:00.000Z',
		);
		expect(at({ time: '2025-05-04T10:00:00+02:00' })).toBe('2025-05-04T08:00:00.000Z');
		expect(at({ time: undefined, time_dt: '2025-05-04T08:03:00Z' })).toBe('2025-05-04T08:03:00.000Z');
	});

	it('reads endpoints, devices, users, evidences, observables and what is unmapped', () => {
		const alert = alertOf(
			'ocsf',
			event({
				evidences: [
					{
						src_endpoint: { ip: '172.20.10.4', mac: '00-1C-06-AA-BB-04', hostname: 'eng-4' },
						dst_endpoint: { ip: '172.20.41.11', port: 102 },
						actor: {
							user: { name: 'ana', domain: 'CORP' },
							process: { name: 'tia.exe', file: { path: 'C:\\t\\tia.exe' } },
						},
						file: { name: 'x.bin', hashes: [{ algorithm_id: 3, value: 'a'.repeat(64) }] },
					},
				],
				device: { hostname: 'plc-11', ip: '172.20.41.12', zone: 'cell-1' },
				observables: [
					{ type_id: 2, name: 'x.ip', value: '172.20.99.1' },
					{ type_id: 4, name: 'actor.user.name', value: 'bob' },
					{ type_id: 8, name: 'h', value: 'b'.repeat(64) },
				],
				unmapped: { deep: { note: 'by 172.20.99.2' } },
			}),
		);
		expect(entity(alert, 'ip', '172.20.10.4')).toBe('actor');
		expect(entity(alert, 'mac', '00:1c:06:aa:bb:04')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'host', 'plc-11')).toBe('target');
		expect(entity(alert, 'zone', 'cell-1')).toBe('target');
		expect(entity(alert, 'account', 'CORP\\ana')).toBe('actor');
		expect(entity(alert, 'user', 'bob')).toBe('actor');
		expect(entity(alert, 'process', 'tia.exe')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.99.1')).toBe('related');
		expect(entity(alert, 'ip', '172.20.99.2')).toBe('related');
		expect(entity(alert, 'file_hash', 'a'.repeat(64))).toBe('related');
		expect(entity(alert, 'file_hash', 'b'.repeat(64))).toBe('related');
	});

	it('finds techniques of attacks wherever they stand', () => {
		const attacks = [
			{ technique: { uid: 'T0843' }, sub_technique: { uid: 'T1059.001' }, tactics: [{ uid: 'TA0111' }] },
		];
		expect(alertOf('ocsf', event({ attacks })).techniques).toEqual(['T0843', 'T1059.001']);
		expect(alertOf('ocsf', event({ finding_info: { uid: 'f', attacks } })).techniques).toEqual(['T0843', 'T1059.001']);
	});

	it('knows a finding by its product and id: an update folds, a close closes', () => {
		const [open, update, close, other] = [
			{},
			{ activity_id: 2, time: 1_746_345_900_000 },
			{ activity_id: 3 },
			{ finding_info: { uid: 'f-2' } },
		].map((more) => alertOf('ocsf', event(more)));
		expect(new Set([open, update, close].map((alert) => alert?.fingerprint)).size).toBe(1);
		expect(close?.status).toBe('closed');
		expect(other?.fingerprint).not.toBe(open?.fingerprint);
	});

	it('takes batches apart, and keeps what is no event as unparsed', () => {
		const hub = { 'detail-type': 'Findings Imported V2', detail: { findings: [event(), event()] } };
		expect(alertsOf('ocsf', hub)).toHaveLength(2);
		expect(alertsOf('ocsf', { events: [event()] })).toHaveLength(1);
		expect(itemsOf('ocsf', [{ class_uid: 'two' }, {}, 7]).map((item) => item.kind)).toEqual([
			'unparsed',
			'unparsed',
			'unparsed',
		]);
		const [odd] = itemsOf('ocsf', event({ time: 'noon', metadata: 'x', evidences: 'none' }));
		expect(odd).toMatchObject({ kind: 'alert', alert: { time_basis: 'received' } });
		expect(odd?.problems.map((problem) => problem.field)).toEqual(['metadata', 'time']);
	});
});
