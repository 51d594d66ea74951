// UDMI messages of building devices.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/bms-udmi/${name}`, import.meta.url), 'utf8');

describe('UDMI', () => {
	const entry = (more: object) => ({
		version: '1.5.2',
		timestamp: '2025-05-04T08:00:00Z',
		logentries: [{ message: 'M', category: 'system.base.x', ...more }],
	});

	it.each([
		[100, 'informational'],
		[200, 'informational'],
		[300, 'low'],
		[400, 'medium'],
		[500, 'high'],
		[600, 'critical'],
		[700, 'critical'],
		[800, 'critical'],
		[60, null],
		[801, null],
	])('level %s is %s', (level, severity) => {
		expect(alertOf('bms-udmi', entry({ level }))).toMatchObject({ severity, severity_raw: String(level) });
	});

	it('each entry is an alert of its own, of its own kind and time', () => {
		const alerts = alertsOf('bms-udmi', sample('system-events.json'));
		expect(alerts.map((alert) => [alert.kind, alert.occurred_at.slice(17, 19)])).toEqual([
			['audit', '00'],
			['process', '05'],
			['process_safety', '06'],
			['availability', '10'],
			['security', '08'],
		]);
		expect(new Set(alerts.map((alert) => alert.fingerprint)).size).toBe(5);
		expect(entity(alerts[1]!, 'ip', '10.30.4.7')).toBe('related');
	});

	it('entries of one category fold by their text without its numbers', () => {
		const one = (message: string) => alertOf('bms-udmi', entry({ message, level: 500 })).fingerprint;
		expect(one('Retry 3 failed')).toBe(one('Retry 17 failed'));
		expect(one('Retry 3 failed')).not.toBe(one('Boot failed'));
	});

	it('a state inside Pub/Sub names device, registry and addresses, and a later good status closes a point', () => {
		const [clock, point] = alertsOf('bms-udmi', sample('state-in-pubsub.json'));
		expect([clock!.kind, point!.kind]).toEqual(['maintenance', 'process']);
		expect(entity(point!, 'asset_id', 'VAV-9')).toBe('target');
		expect(entity(point!, 'zone', 'TOWER-1')).toBe('target');
		expect(entity(point!, 'mac', '00:1a:22:33:44:55')).toBe('related');
		expect(alertOf('bms-udmi', sample('back-to-normal.json'))).toMatchObject({
			status: 'closed',
			fingerprint: point!.fingerprint,
			occurred_at: '2025-05-04T08:19:00.000Z',
		});
	});

	it('points without a status are a record, and a bare word among the entries is one too', () => {
		const [points, word] = itemsOf('bms-udmi', sample('points-and-odd.ndjson'));
		expect(points).toMatchObject({ alert: { kind: 'audit', severity: 'informational' } });
		expect(word).toMatchObject({ alert: { title: 'rebooting', severity: null } });
	});

	it('what stands around many entries is not repeated for each', () => {
		const message = {
			...entry({}),
			extra: 'x'.repeat(50_000),
			logentries: Array.from({ length: 500 }, (_, i) => ({ message: `m${i}`, level: 300 })),
		};
		const items = itemsOf('bms-udmi', message);
		expect(items).toHaveLength(500);
		expect(items.reduce((sum, item) => sum + item.raw.length, 0)).toBeLessThan(300_000);
	});
});
