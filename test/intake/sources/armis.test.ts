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

	it('one CVE on two devices is two conditions, and one of them is over when its device is patched', () => {
		const match = (deviceId: number, status: string, more: object = {}) => ({
			cveUid: 'CVE-2023-3595',
			deviceId,
			status,
			avmRating: 'CRITICAL',
			lastDetected: '2025-05-04T08:02:00Z',
			...more,
		});
		const [first, second, patched] = alertsOf('armis', {
			data: { results: [match(77, 'Open'), match(78, 'Open'), match(77, 'Resolved')] },
		});
		expect(first).toMatchObject({
			status: 'open',
			kind: 'vulnerability',
			severity: 'critical',
			severity_raw: 'CRITICAL',
		});
		expect(entity(first!, 'asset_id', '77')).toBe('target');
		expect(second!.fingerprint).not.toBe(first!.fingerprint);
		expect(patched).toMatchObject({ status: 'closed', fingerprint: first!.fingerprint });
		// Shippers put the device's match into the record of the vulnerability.
		const joined = (deviceId: number, status: string) =>
			alertOf('armis', {
				id: 'CVE-2023-3595',
				cveUid: 'CVE-2023-3595',
				severity: 'High',
				status: 'Active',
				type: 'Vulnerability',
				lastDetected: '2025-05-03T08:00:00Z',
				vulnerability_match: match(deviceId, status),
			});
		expect(joined(77, 'Open')).toMatchObject({
			status: 'open',
			severity: 'high',
			occurred_at: '2025-05-04T08:02:00.000Z',
			fingerprint: first!.fingerprint,
		});
		expect(joined(78, 'Open').fingerprint).toBe(second!.fingerprint);
		expect(joined(77, 'Resolved').status).toBe('closed');
	});

	it('names the devices that an alert lists as affected', () => {
		const affected = { alertId: 5, title: 'T', severity: 'Low', affectedDevices: [{ id: 77, name: 'hmi-2' }, 'hmi-3'] };
		const alert = alertOf('armis', affected);
		for (const name of ['hmi-2', 'hmi-3']) expect(entity(alert, 'host', name)).toBe('target');
		expect(entity(alert, 'asset_id', '77')).toBe('target');
		// Beside both ends of a connection they are not said to be attacked.
		const withEnds = alertOf('armis', { ...affected, sourceEndpoints: ['hmi-2'], destinationEndpoints: ['plc-1'] });
		expect(entity(withEnds, 'host', 'hmi-2')).toBe('actor');
	});

	it.each([
		['Security - Other', 'System Policy Violation', 'security'],
		['Operational', 'Connectivity', 'availability'],
		['Vulnerability', 'Policy Violation', 'vulnerability'],
	])('classification %s, type %s is %s', (classification, type, kind) => {
		expect(alertOf('armis', { alertId: 1, classification, type })).toMatchObject({ kind });
	});
});
