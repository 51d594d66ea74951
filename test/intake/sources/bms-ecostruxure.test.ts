// EcoStruxure IT and Building Operation.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/bms-ecostruxure/${name}`, import.meta.url), 'utf8');

describe('EcoStruxure', () => {
	it.each([
		['CRITICAL', 'critical'],
		['FAILURE', 'critical'],
		['FAIL', 'critical'],
		['ERROR', 'high'],
		['WARNING', 'medium'],
		['INFORMATIONAL', 'informational'],
	])('IT: %s is %s', (raw, severity) => {
		expect(alertOf('bms-ecostruxure', { id: '1', current_severity_peak: raw })).toMatchObject({
			severity,
			severity_raw: raw,
		});
	});

	it.each([
		[0, 'critical'],
		[100, 'high'],
		[300, 'medium'],
		[600, 'low'],
		[900, 'informational'],
		[1001, null],
	])('Building Operation: priority %s is %s', (priority, severity) => {
		expect(alertOf('bms-ecostruxure', { source: '/S/P', alarmText: 'x', priority })).toMatchObject({
			severity,
			severity_raw: String(priority),
		});
	});

	it('IT: one id from activation to clearing, with the device and where it stands', () => {
		const [opened, updated, cleared] = alertsOf('bms-ecostruxure', sample('it-life-cycle.json'));
		expect([opened!.severity, updated!.severity, cleared!.severity]).toEqual(['medium', 'critical', 'medium']);
		expect(cleared).toMatchObject({
			status: 'closed',
			fingerprint: opened!.fingerprint,
			occurred_at: '2025-05-04T08:30:00.000Z',
		});
		expect(opened).toMatchObject({ status: 'open', kind: 'availability', occurred_at: '2025-05-04T08:00:00.123Z' });
		expect(entity(opened!, 'ip', 'fd00:40:1::20')).toBe('target');
		expect(entity(opened!, 'mac', '00:c0:b7:11:22:33')).toBe('target');
		expect(entity(opened!, 'zone', 'Room 12')).toBe('target');
	});

	const restAlarm = (more: object = {}) => ({
		id: 'al-1',
		deviceId: 'dev-7',
		label: 'Low battery runtime',
		message: 'The runtime of the battery is below 5 minutes.',
		severity: 'ERROR',
		activatedTime: '2025-05-04T08:00:00.5Z',
		clearedTime: null,
		alarmReactivationCount: 0,
		...more,
	});

	it('IT: reads what the REST API lists, under the id that the webhook gives it too', () => {
		const [opened, cleared] = alertsOf('bms-ecostruxure', {
			offset: 1746345600000,
			alarms: [restAlarm(), restAlarm({ severity: 'FAIL', clearedTime: '2025-05-04T08:20:00Z' })],
		});
		expect(opened).toMatchObject({
			status: 'open',
			title: 'Low battery runtime',
			severity: 'high',
			external_id: 'al-1',
			occurred_at: '2025-05-04T08:00:00.500Z',
			fingerprint: alertOf('bms-ecostruxure', { id: 'al-1', current_severity_peak: 'ERROR' }).fingerprint,
		});
		expect(opened!.description).toContain('below 5 minutes');
		expect(entity(opened!, 'asset_id', 'dev-7')).toBe('target');
		expect(cleared).toMatchObject({
			status: 'closed',
			severity: 'critical',
			occurred_at: '2025-05-04T08:20:00.000Z',
			fingerprint: opened!.fingerprint,
		});
	});

	it('IT: an alarm of the REST API that came back is open now, and not at its first activation', () => {
		const again = alertOf('bms-ecostruxure', restAlarm({ alarmReactivationCount: 2 }));
		expect(again).toMatchObject({ status: 'open', time_basis: 'received', labels: { reactivations: '2' } });
		const over = restAlarm({ alarmReactivationCount: 2, clearedTime: '2025-05-04T08:50:00Z' });
		expect(alertOf('bms-ecostruxure', over)).toMatchObject({
			status: 'closed',
			occurred_at: '2025-05-04T08:50:00.000Z',
			fingerprint: again.fingerprint,
		});
	});

	it('smoke and fire are process safety, a supply temperature is the process', () => {
		expect(alertOf('bms-ecostruxure', sample('it-environment.json')).kind).toBe('process_safety');
		const [high, normal, fire] = alertsOf('bms-ecostruxure', sample('building-operation.ndjson'));
		expect([high!.kind, fire!.kind]).toEqual(['process', 'process_safety']);
		expect(normal).toMatchObject({ status: 'closed', fingerprint: high!.fingerprint });
	});

	it('gives up single fields, and an object that is neither', () => {
		const [odd, other] = itemsOf('bms-ecostruxure', sample('odd.json'));
		expect(odd!.problems.map((problem) => problem.field)).toEqual([
			'current_severity_peak',
			'device_details.mac_addresses',
			'activation_details.activated_at',
		]);
		expect(other).toMatchObject({ kind: 'unparsed' });
	});
});
