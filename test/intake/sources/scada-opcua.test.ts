// OPC UA alarms, events and values in the forms of its publishers.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf, receivedAt } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/scada-opcua/${name}`, import.meta.url), 'utf8');

describe('OPC UA', () => {
	const event = (more: object = {}) => ({
		EventId: 'e1',
		EventType: 'i=2915',
		SourceName: 'FT-9',
		SourceNode: 'ns=2;s=FT-9',
		ConditionName: 'Low',
		Message: 'Flow low',
		Severity: 500,
		Time: '2025-05-04T08:00:00Z',
		...more,
	});

	it.each([
		[1, 'informational'],
		[200, 'informational'],
		[201, 'low'],
		[400, 'low'],
		[401, 'medium'],
		[600, 'medium'],
		[601, 'high'],
		[800, 'high'],
		[801, 'critical'],
		[1000, 'critical'],
		[0, null],
		[1001, null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('scada-opcua', event({ Severity: raw }))).toMatchObject({ severity, severity_raw: String(raw) });
	});

	it.each([
		[{}, 'process'],
		[{ EventType: 'i=10751' }, 'process_safety'],
		[{ ConditionClassName: 'SafetyConditionClassType' }, 'process_safety'],
		[{ Message: 'Gas detector 4 high' }, 'process_safety'],
		[{ SourceName: 'PT-9', ConditionName: 'HighHigh' }, 'process_safety'],
		[{ SourceName: 'PT-9', ConditionName: 'High' }, 'process'],
		[{ EventType: 'i=13225' }, 'maintenance'],
		[{ ConditionClassName: 'MaintenanceConditionClassType' }, 'maintenance'],
		[{ EventType: 'i=2131' }, 'availability'],
		[{ EventType: 'AuditWriteUpdateEventType' }, 'audit'],
	])('%j is %s', (more, kind) => {
		expect(alertOf('scada-opcua', event(more))).toMatchObject({ kind });
	});

	it.each([
		[{ ActiveState: 'Active' }, 'open'],
		[{ 'ActiveState/Id': true, AckedState: 'Acknowledged' }, 'open'],
		[{ ActiveState: 'Inactive' }, 'closed'],
		[{ ActiveState: { Text: 'Inactive', Locale: 'en' } }, 'closed'],
		[{ '/0:ActiveState/0:Id': { Type: 1, Body: false } }, 'closed'],
		[{ ActiveState: { Id: false, Text: 'Inactive' } }, 'closed'],
		[{ Retain: false }, 'closed'],
	])('%j is %s', (more, status) => {
		expect(alertOf('scada-opcua', event(more))).toMatchObject({ status });
	});

	it('a batch is read message by message; an inactive condition closes the active one; metadata is no alarm', () => {
		const [active, inactive, ...others] = alertsOf('scada-opcua', sample('batch-of-conditions.json'));
		expect(others).toEqual([]);
		expect(active).toMatchObject({
			kind: 'process_safety',
			severity: 'critical',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.123Z',
		});
		expect(inactive).toMatchObject({ status: 'closed', fingerprint: active!.fingerprint });
		expect(entity(active!, 'tag', 'R101.PT201')).toBe('target');
		expect(entity(active!, 'user', 'operator1')).toBe('actor');
		expect(entity(inactive!, 'asset_id', 'opc-gw-1')).toBe('observer');
	});

	it('a limit alarm that turns high-high is not folded into the ordinary alarm', () => {
		const limit = (state: string) =>
			event({
				SourceName: 'PT-9',
				ConditionId: 'ns=2;s=PT-9.Limit',
				ConditionName: 'Limit',
				'LimitState/CurrentState': state,
			});
		const [high, highHigh] = [alertOf('scada-opcua', limit('High')), alertOf('scada-opcua', limit('HighHigh'))];
		expect([high.kind, highHigh.kind]).toEqual(['process', 'process_safety']);
		expect(high.fingerprint).not.toBe(highHigh.fingerprint);
		expect(alertOf('scada-opcua', limit('Low')).fingerprint).toBe(high.fingerprint);
	});

	it('reversible encoding, samples mode and the hub around them', () => {
		const alert = alertOf('scada-opcua', sample('reversible-samples.json'));
		expect(alert).toMatchObject({
			title: 'Motor 7 OffNormalAlarmType: Motor 7 bearing vibration',
			kind: 'maintenance',
			severity: 'medium',
			occurred_at: '2025-05-04T08:02:00.000Z',
		});
		expect(entity(alert, 'domain', 'line4-opc.plant.example')).toBe('related');
	});

	it('values are informational, and tell when one has lost its quality', () => {
		const [good, bad] = alertsOf('scada-opcua', sample('values.ndjson'));
		expect(good).toMatchObject({
			kind: 'process',
			severity: 'informational',
			severity_raw: null,
			labels: { 'value.FIC101.PV': '12.5' },
		});
		expect(bad).toMatchObject({ kind: 'availability', labels: { 'status.TI-7': 'BadCommunicationError' } });
		expect(entity(bad!, 'ip', '10.20.3.4')).toBe('related');
	});

	it('takes the time of the hub where the event has none, and no time from a broken one', () => {
		const hub = {
			body: event({ Time: undefined }),
			enqueuedTime: 'Sun May 04 2025 10:02:05 GMT+0200 (Central European Summer Time)',
		};
		expect(alertOf('scada-opcua', hub)).toMatchObject({ occurred_at: '2025-05-04T08:02:05.000Z' });
		expect(alertOf('scada-opcua', event({ Time: 'yesterday' }))).toMatchObject({ time_basis: 'received' });
	});

	it('a keep-alive alone is protocol, and a large header is not repeated for every message', () => {
		const context = { source: 's', receivedAt, timeZone: 'UTC' };
		const alive = { MessageType: 'ua-keepalive', PublisherId: 'p' };
		expect(parseBody('scada-opcua', JSON.stringify(alive), context)).toMatchObject({ kind: 'protocol' });
		const network = {
			MessageType: 'ua-data',
			PublisherId: 'p',
			Note: 'x'.repeat(100_000),
			Messages: Array.from({ length: 300 }, () => ({ Payload: event() })),
		};
		const items = itemsOf('scada-opcua', network);
		expect(items).toHaveLength(300);
		expect(items.reduce((sum, item) => sum + item.raw.length, 0)).toBeLessThan(400_000);
	});

	it('an object that holds nothing is unparsed', () => {
		expect(itemsOf('scada-opcua', { Payload: {} })).toMatchObject([{ kind: 'unparsed' }]);
	});
});
