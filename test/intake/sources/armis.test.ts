// Armis alerts, vulnerabilities and devices.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/armis/${name}`, import.meta.url), 'utf8');

describe('Armis', () => {
	it.each([
		['Critical', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Purple', null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('armis', { alertId: 1, title: 'T', severity: raw })).toMatchObject({ severity, severity_raw: raw });
	});

	it('the list of the API: techniques, both ends, devices; a resolved alert closes its own', () => {
		const [opened, resolved] = alertsOf('armis', sample('api-results.json'));
		expect(opened).toMatchObject({
			status: 'open',
			kind: 'security',
			external_id: '901',
			techniques: ['T0885', 'T1071.001'],
			occurred_at: '2025-05-04T08:00:00.500Z',
		});
		expect(entity(opened!, 'host', 'plc-7')).toBe('actor');
		expect(entity(opened!, 'ip', '198.51.100.9')).toBe('target');
		expect(entity(opened!, 'asset_id', '77')).toBe('target');
		expect(resolved).toMatchObject({
			status: 'closed',
			fingerprint: opened!.fingerprint,
			occurred_at: '2025-05-04T09:30:00.000Z',
		});
	});

	it('a webhook with devices names all their addresses', () => {
		const alert = alertOf('armis', sample('webhook.json'));
		for (const ip of ['10.20.2.20', '10.20.2.21']) expect(entity(alert, 'ip', ip)).toBe('target');
		expect(entity(alert, 'mac', '00:1b:1b:00:00:20')).toBe('target');
		expect(entity(alert, 'host', 'hmi-2')).toBe('target');
	});

	it('a vulnerability is one, a device is a record', () => {
		const [cve, device] = alertsOf('armis', sample('vulnerability-and-device.ndjson'));
		expect(cve).toMatchObject({ kind: 'vulnerability', severity: 'critical' });
		expect(device).toMatchObject({ kind: 'audit', severity: 'informational', severity_raw: null });
		expect(entity(device!, 'ip', 'fe80::21b:1bff:fe00:31')).toBe('target');
	});

	it.each([
		['Security - Other', 'System Policy Violation', 'security'],
		['Operational', 'Connectivity', 'availability'],
		['Vulnerability', 'Policy Violation', 'vulnerability'],
	])('classification %s, type %s is %s', (classification, type, kind) => {
		expect(alertOf('armis', { alertId: 1, classification, type })).toMatchObject({ kind });
	});
});
