import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('grafana', name);
const unified = (labels: object, more: object = {}) => ({
	status: 'firing',
	labels: { alertname: 'A', ...labels },
	startsAt: '2025-05-04T08:00:00Z',
	fingerprint: 'f00d',
	...more,
});
const legacy = (more: object = {}) => ({ ruleId: 9, ruleName: 'R', state: 'alerting', title: '[Alerting] R', ...more });

describe('grafana', () => {
	it.each([
		['critical', 'critical'],
		['P2', 'high'],
		['warning', 'medium'],
		['notice', 'low'],
		['info', 'informational'],
		['odd', null],
	])('label severity %s is %s', (raw, severity) => {
		expect(alertOf('grafana', unified({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it('a state is no severity', () => {
		for (const body of [unified({}), legacy(), legacy({ state: 'no_data' })])
			expect(alertOf('grafana', body)).toMatchObject({ severity: null, severity_raw: null, status: 'open' });
	});

	it('a firing and its resolved message are one condition, closed at its end', () => {
		const firing = alertsOf('grafana', sample('unified-firing.json'))[0]!;
		const resolved = alertOf('grafana', sample('unified-resolved.json'));
		expect(firing).toMatchObject({ status: 'open', occurred_at: '2025-05-04T07:58:10.500Z', domain: 'ot' });
		expect(resolved).toMatchObject({ status: 'closed', occurred_at: '2025-05-04T08:20:00.000Z' });
		expect(resolved.fingerprint).toBe(firing.fingerprint);
		expect(resolved.fingerprint).not.toBe(alertsOf('grafana', sample('unified-firing.json'))[1]!.fingerprint);
	});

	it('names what the alert is about, and Grafana itself as the observer', () => {
		const alert = alertsOf('grafana', sample('unified-firing.json'))[0]!;
		expect(entity(alert, 'ip', '172.20.41.30')).toBe('target');
		expect(entity(alert, 'host', 'TK-204')).toBe('target');
		expect(entity(alert, 'ip', '172.20.41.31')).toBe('related');
		expect(entity(alert, 'domain', 'grafana.mill.example')).toBe('observer');
	});

	it('tells that Grafana has cut alerts off', () => {
		expect(itemsOf('grafana', sample('unified-firing.json'))[0]!.problems).toContainEqual(
			expect.objectContaining({ field: 'truncatedAlerts', found: '2' }),
		);
	});

	it('legacy: the same rule of the same organisation is one condition, ok closes it, and no time means receipt', () => {
		const open = alertOf('grafana', sample('legacy-alerting.json'));
		const ok = alertOf('grafana', sample('legacy-ok.json'));
		expect(open).toMatchObject({ status: 'open', severity: 'high', severity_raw: 'major', time_basis: 'received' });
		expect(ok).toMatchObject({ status: 'closed', fingerprint: open.fingerprint });
		expect(entity(open, 'host', 'bms-gw1')).toBe('target');
		expect(entity(open, 'ip', '172.20.60.7')).toBe('related');
		const other = alertOf('grafana', legacy({ ruleUrl: 'https://g.example/d?orgId=4' }));
		expect(other.fingerprint).not.toBe(
			alertOf('grafana', legacy({ ruleUrl: 'https://g.example/d?orgId=5' })).fingerprint,
		);
	});

	it('a process alarm of a historian is told by its words', () => {
		expect(alertOf('grafana', unified({ alertname: 'GasDetectorHigh' })).kind).toBe('process_safety');
		expect(alertOf('grafana', unified({ alertname: 'TankLevelHigh' })).kind).toBe('process');
		expect(alertOf('grafana', unified({ alertname: 'NodeDown' })).kind).toBe('availability');
	});

	it('wrong types are named and the rest is kept; what is no alert is unparsed', () => {
		const [odd, , text] = itemsOf('grafana', sample('wrong-types.json'));
		expect(odd).toMatchObject({ kind: 'alert', alert: { title: 'Odd', external_id: '00ff', time_basis: 'received' } });
		expect(odd!.problems.map((problem) => problem.field)).toEqual(['annotations', 'startsAt', 'orgId']);
		expect(text!.kind).toBe('unparsed');
		expect(itemsOf('grafana', { hello: 1 })[0]!.kind).toBe('unparsed');
	});
});
