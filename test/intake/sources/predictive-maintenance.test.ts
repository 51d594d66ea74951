// Machines that report their health: Monitron, SiteWise, vibration zones.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf, receivedAt } from '../builders.ts';

const sample = (name: string) =>
	readFileSync(new URL(`../samples/predictive-maintenance/${name}`, import.meta.url), 'utf8');

describe('equipment health', () => {
	const monitron = (newState: string) => ({
		assetDisplayName: 'Pump',
		sensorPositionDisplayName: 'Left',
		siteDisplayName: 'S',
		timestamp: '2025-05-04T08:00:00Z',
		assetState: { newState },
	});

	it('detectors of IoT Events are told apart by model and key', () => {
		const detector = (keyValue: string, stateName: string) => ({
			timestamp: 1_746_345_600_000,
			payload: {
				actionExecutionId: 'x',
				detector: { detectorModelName: 'BearingHot', keyValue, detectorModelVersion: '1' },
				eventTriggerDetails: { inputName: 'i', messageId: 'm', triggerType: 'Message' },
				state: { stateName, variables: {}, timers: {} },
			},
		});
		const [one, other, over] = [
			detector('pump-7', 'Active'),
			detector('pump-8', 'Active'),
			detector('pump-7', 'Normal'),
		].map((body) => alertOf('predictive-maintenance', body));
		expect(one).toMatchObject({ status: 'open', title: 'BearingHot pump-7: Active' });
		expect(entity(one!, 'asset_id', 'pump-7')).toBe('target');
		expect(other!.fingerprint).not.toBe(one!.fingerprint);
		expect(over).toMatchObject({ status: 'closed', fingerprint: one!.fingerprint });
	});

	it.each([
		['ALARM', 'high', 'open'],
		['WARNING', 'medium', 'open'],
		['NEEDS_MAINTENANCE', 'medium', 'open'],
		['HEALTHY', 'informational', 'closed'],
		['UNKNOWN', null, 'open'],
	])('Monitron state %s is %s and %s', (state, severity, status) => {
		expect(alertOf('predictive-maintenance', monitron(state))).toMatchObject({
			severity,
			severity_raw: state,
			status,
			kind: 'maintenance',
		});
	});

	it.each([
		['A', 'informational', 'closed'],
		['B', 'low', 'closed'],
		['C', 'medium', 'open'],
		['D', 'critical', 'open'],
	])('vibration zone %s is %s and %s', (zone, severity, status) => {
		expect(alertOf('predictive-maintenance', { asset: 'T1', zone })).toMatchObject({
			severity,
			severity_raw: zone,
			status,
		});
	});

	it('Kinesis records are opened; a healthy machine closes its alarm', () => {
		const [alarm, healthy] = alertsOf('predictive-maintenance', sample('monitron-in-kinesis.json'));
		expect(alarm).toMatchObject({ severity: 'high', external_id: '88120', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(healthy).toMatchObject({ status: 'closed', fingerprint: alarm!.fingerprint });
		expect(entity(alarm!, 'asset_id', 'Pump P-17')).toBe('target');
		expect(entity(alarm!, 'asset_id', 'SN-0091')).toBe('observer');
		expect(alarm!.labels).toMatchObject({ vibration_iso: 'ALARM', iso_class: 'CLASS2', temperature: '61.2' });
	});

	it('version 2 without a state is judged by the worst persistent state of its models', () => {
		const alert = alertOf('predictive-maintenance', sample('monitron-version-2.json'));
		expect(alert).toMatchObject({ severity: 'medium', severity_raw: 'WARNING', title: 'Fan F-2 Bearing 1: WARNING' });
		expect(entity(alert, 'zone', 'Hall 3')).toBe('target');
	});

	it('SiteWise: NORMAL closes ACTIVE; IoT Events inside SNS has a severity, and a gas alarm is process safety', () => {
		const [active, normal, gas] = alertsOf('predictive-maintenance', sample('sitewise-and-iot-events.ndjson'));
		expect(active).toMatchObject({
			status: 'open',
			severity: null,
			kind: 'process',
			occurred_at: '2025-05-04T08:02:00.250Z',
		});
		expect(active!.labels).toMatchObject({ rule_operator: 'GREATER', rule_threshold: '250' });
		expect(normal).toMatchObject({ status: 'closed', fingerprint: active!.fingerprint });
		expect(gas).toMatchObject({ kind: 'process_safety', severity: 'critical', severity_raw: '9' });
	});

	it('an SNS subscription is protocol, and what is none of these is unparsed', () => {
		const context = { source: 's', receivedAt, timeZone: 'UTC' };
		const body = JSON.stringify({ Type: 'SubscriptionConfirmation', SubscribeURL: 'https://x' });
		expect(parseBody('predictive-maintenance', body, context)).toMatchObject({ kind: 'protocol' });
		expect(itemsOf('predictive-maintenance', sample('odd.json')).map((item) => item.kind)).toEqual([
			'alert',
			'unparsed',
		]);
	});
});
