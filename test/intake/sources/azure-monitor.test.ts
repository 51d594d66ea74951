import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('azure-monitor', name);
const common = (essentials: object, alertContext: object = {}) => ({
	schemaId: 'azureMonitorCommonAlertSchema',
	data: {
		essentials: { alertRule: 'r', monitorCondition: 'Fired', firedDateTime: '2025-05-04T08:00:00Z', ...essentials },
		alertContext,
	},
});

describe('azure-monitor', () => {
	it.each([
		['Sev0', 'critical'],
		['Sev1', 'high'],
		['Sev2', 'medium'],
		['Sev3', 'informational'],
		['Sev4', 'informational'],
		['Sev9', null],
	])('%s is %s', (raw, severity) => {
		expect(alertOf('azure-monitor', common({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it('the oldest log alerts have their rows under `SearchResult` and an American clock', () => {
		const alert = alertOf('azure-monitor', {
			schemaId: 'Microsoft.Insights/LogAlert',
			data: {
				AlertRuleName: 'r',
				Severity: '1',
				SearchIntervalEndtimeUtc: '3/22/2025 1:36:31 PM',
				SearchResult: { tables: [{ columns: [{ name: 'Computer' }], rows: [['hist-04']] }] },
			},
		});
		expect(alert).toMatchObject({ severity: 'high', occurred_at: '2025-03-22T13:36:31.000Z' });
		expect(entity(alert, 'host', 'hist-04')).toBe('related');
	});

	it('a fired and a resolved metric alert are one condition, whatever their alert ids', () => {
		const fired = alertOf('azure-monitor', sample('common-metric-fired.json'));
		const resolved = alertOf(
			'azure-monitor',
			sample('common-metric-resolved.json').replaceAll('000000000001', '000000000002'),
		);
		expect(fired).toMatchObject({ status: 'open', severity: 'high', occurred_at: '2025-05-04T08:01:02.123Z' });
		expect(resolved).toMatchObject({ status: 'closed', occurred_at: '2025-05-04T08:31:00.000Z' });
		expect(resolved.fingerprint).toBe(fired.fingerprint);
		expect(entity(fired, 'host', 'mes-app-01')).toBe('target');
		expect(entity(fired, 'ip', '172.20.9.4')).toBe('related');
	});

	it('dimensions tell conditions of one rule apart', () => {
		const of = (value: string) =>
			alertOf('azure-monitor', common({}, { condition: { allOf: [{ dimensions: [{ name: 'Computer', value }] }] } }));
		expect(of('a-1').fingerprint).not.toBe(of('a-2').fingerprint);
		expect(entity(of('a-1'), 'host', 'a-1')).toBe('target');
	});

	it('reads result rows by the names of their columns', () => {
		const alert = alertOf('azure-monitor', sample('common-log-rows.json'));
		expect(entity(alert, 'host', 'eng-ws-4.mill.example')).toBe('related');
		expect(entity(alert, 'ip', '172.20.31.9')).toBe('related');
		expect(entity(alert, 'account', 'MILL\\operator7')).toBe('related');
	});

	it('health events close by their own status, and keep their identity', () => {
		const [active, resolved, down, up, change, finding] = alertsOf('azure-monitor', sample('common-health.ndjson'));
		expect([active!.status, resolved!.status, down!.status, up!.status]).toEqual(['open', 'closed', 'open', 'closed']);
		expect(resolved!.fingerprint).toBe(active!.fingerprint);
		expect(up!.fingerprint).toBe(down!.fingerprint);
		expect(down!.fingerprint).not.toBe(active!.fingerprint);
		expect([active!.kind, change!.kind, finding!.kind]).toEqual(['availability', 'audit', 'security']);
		expect(entity(change!, 'user', 'admin7')).toBe('actor');
	});

	it('reads the schemas before the common one', () => {
		const [fired, over, classic, classicOver, log, activity, scale] = alertsOf(
			'azure-monitor',
			sample('older-schemas.ndjson'),
		);
		expect(fired).toMatchObject({ severity: 'medium', severity_raw: '2', status: 'open' });
		expect(over).toMatchObject({ status: 'closed', fingerprint: fired!.fingerprint });
		expect(classic).toMatchObject({ severity: null, severity_raw: null, status: 'open' });
		expect(classicOver).toMatchObject({ status: 'closed', fingerprint: classic!.fingerprint });
		expect(entity(classic!, 'host', 'mes-db-1')).toBe('target');
		expect(log).toMatchObject({ severity: 'high', severity_raw: 'Error', occurred_at: '2025-05-04T08:05:00.000Z' });
		expect(activity).toMatchObject({ kind: 'audit', severity_raw: 'Informational' });
		expect(entity(activity!, 'ip', '198.51.100.7')).toBe('related');
		expect(scale).toMatchObject({ kind: 'audit', severity: 'informational' });
	});

	it('is not understood without any known member, and survives wrong types', () => {
		expect(itemsOf('azure-monitor', { data: [1] })[0]!.kind).toBe('unparsed');
		const [item] = itemsOf(
			'azure-monitor',
			common({ severity: ['Sev1'], firedDateTime: 'soon', alertTargetIDs: { a: 1 } }),
		);
		expect(item).toMatchObject({ kind: 'alert', alert: { severity: null, time_basis: 'received' } });
		expect(item!.problems.length).toBeGreaterThanOrEqual(2);
	});
});
