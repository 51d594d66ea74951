// Niagara alarm records.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/niagara/${name}`, import.meta.url), 'utf8');

describe('Niagara', () => {
	const record = (more: object = {}) => ({
		uuid: 'u1',
		source: 'slot:/A/B',
		sourceState: 'Offnormal',
		alarmClass: 'Hvac',
		timestamp: '2025-05-04T08:00:00Z',
		...more,
	});

	it.each([
		[0, 'critical', 'process_safety'],
		[31, 'critical', 'process_safety'],
		[63, 'critical', 'process'],
		[64, 'high', 'process'],
		[96, 'medium', 'process'],
		[128, 'low', 'process'],
		[192, 'informational', 'process'],
		[255, 'informational', 'process'],
		[256, null, 'process'],
	])('priority %s is %s, %s', (priority, severity, kind) => {
		expect(alertOf('niagara', record({ priority }))).toMatchObject({ severity, severity_raw: String(priority), kind });
	});

	it('normal closes what offnormal opened, at its own time', () => {
		const [opened, closed] = alertsOf('niagara', sample('offnormal-and-normal.json'));
		expect(opened).toMatchObject({
			status: 'open',
			kind: 'process',
			severity: 'medium',
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
		expect(closed).toMatchObject({
			status: 'closed',
			fingerprint: opened!.fingerprint,
			occurred_at: '2025-05-04T08:20:00.000Z',
		});
		expect(entity(opened!, 'tag', '/Drivers/BacnetNetwork/AHU 1/SupplyTemp/alarmExt')).toBe('target');
		expect(entity(opened!, 'host', 'jace-tower-1')).toBe('observer');
		expect(entity(opened!, 'user', 'Unknown User')).toBeNull();
		expect(entity(closed!, 'user', 'opsdesk')).toBe('related');
	});

	it('times may be in the form that a station shows', () => {
		const closed = record({
			sourceState: 'Normal',
			timestamp: '04-May-25 9:58:00 PM CEST',
			normalTime: '05-May-25 12:05:09 AM CEST',
		});
		expect(alertOf('niagara', closed)).toMatchObject({ status: 'closed', occurred_at: '2025-05-04T22:05:09.000Z' });
	});

	it('a fault wants attention, a lost device is availability', () => {
		const [fault, lost] = alertsOf('niagara', sample('fault-and-offline.ndjson'));
		expect([fault!.kind, lost!.kind]).toEqual(['maintenance', 'availability']);
		expect(entity(lost!, 'ip', '10.30.4.22')).toBe('related');
	});

	it('what is no alarm record is unparsed', () => {
		expect(itemsOf('niagara', sample('odd.json')).map((item) => item.kind)).toEqual(['alert', 'unparsed']);
	});
});
