// Security Command Center: findings of v1 and v2, in notifications, push deliveries and lists.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string => readFileSync(new URL(`../samples/gcp-scc/${name}`, import.meta.url), 'utf8');
const finding = (more: object = {}) => ({
	finding: { name: 'organizations/1/sources/2/findings/3', category: 'C', ...more },
});

describe('Security Command Center', () => {
	it.each([
		[{ severity: 'CRITICAL' }, 'critical', 'CRITICAL'],
		[{ severity: 'HIGH' }, 'high', 'HIGH'],
		[{ severity: 'MEDIUM' }, 'medium', 'MEDIUM'],
		[{ severity: 'LOW' }, 'low', 'LOW'],
		[{ severity: 'SEVERITY_UNSPECIFIED' }, null, 'SEVERITY_UNSPECIFIED'],
		[{ severity: 'SEVERITY_UNSPECIFIED', sourceProperties: { SeverityLevel: 'High' } }, 'high', 'High'],
		[{ sourceProperties: { detectionPriority: 'LOW' } }, 'low', 'LOW'],
		[{}, null, null],
	])('%j is %s', (stated, severity, severity_raw) => {
		expect(alertOf('gcp-scc', finding(stated))).toMatchObject({ severity, severity_raw });
	});

	it('reads a notification: resource, caller, connection, members, techniques by their names', () => {
		const alert = alertOf('gcp-scc', sample('notification.json'));
		expect(alert).toMatchObject({
			title: 'Malware: Bad Domain',
			kind: 'security',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.250Z',
			techniques: ['T1071', 'T1071.004', 'T1078'],
		});
		expect(entity(alert, 'cloud_resource', 'hist-1')).toBe('target');
		expect(entity(alert, 'account', 'ops@plant.example')).toBe('actor');
		expect(entity(alert, 'ip', '203.0.113.5')).toBe('actor');
		expect(entity(alert, 'ip', '203.0.113.66')).toBe('target');
		expect(entity(alert, 'ip', '203.0.113.67')).toBe('related');
		expect(entity(alert, 'account', 'new@other.example')).toBe('related');
	});

	it('names every domain of an indicator', () => {
		const indicator = { domains: ['c2.example', 'drop.example'] };
		const alert = alertOf('gcp-scc', { finding: { name: 'f', category: 'Malware: Bad Domain', indicator } });
		expect(indicator.domains.map((name) => entity(alert, 'domain', name))).toEqual(['related', 'related']);
	});

	it('INACTIVE closes what ACTIVE opened, also where one version names the location and the other does not', () => {
		const closed = alertOf('gcp-scc', sample('pubsub-push.json'));
		expect(closed).toMatchObject({
			status: 'closed',
			fingerprint: alertOf('gcp-scc', sample('notification.json')).fingerprint,
		});
		const other = alertOf('gcp-scc', finding({ name: 'organizations/1/sources/2/findings/4' }));
		expect(other.fingerprint).not.toBe(alertOf('gcp-scc', finding()).fingerprint);
	});

	it.each([
		['THREAT', 'security'],
		['VULNERABILITY', 'vulnerability'],
		['MISCONFIGURATION', 'vulnerability'],
		['POSTURE_VIOLATION', 'vulnerability'],
		['OBSERVATION', 'audit'],
		['SCC_ERROR', 'availability'],
	])('class %s is kind %s', (findingClass, kind) => {
		expect(alertOf('gcp-scc', finding({ findingClass })).kind).toBe(kind);
	});

	it('reads lists, vulnerabilities, and the findings of scanners without a class', () => {
		const alert = alertOf('gcp-scc', sample('list-findings.json'));
		expect(alert).toMatchObject({ kind: 'vulnerability', severity: 'medium' });
		expect(entity(alert, 'vulnerability', 'CVE-2024-3094')).toBe('related');
		expect(alertOf('gcp-scc', sample('legacy-scanner.json'))).toMatchObject({ kind: 'vulnerability', severity: 'low' });
	});

	it('keeps a push delivery that does not decode, and gives up fields of the wrong type', () => {
		expect(itemsOf('gcp-scc', { message: { data: '%%%' } })).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('gcp-scc', { message: { data: 'aGVsbG8=' } })).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('gcp-scc', finding({ state: {}, mitreAttack: 'x' }))).toMatchObject([
			{
				kind: 'alert',
				alert: { title: 'C', status: 'open' },
				problems: [{ field: 'state' }, { field: 'mitreattack' }],
			},
		]);
	});
});
