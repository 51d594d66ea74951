import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('datadog', name);

describe('datadog', () => {
	it.each([
		[{ alert_priority: 'P1' }, 'P1', 'critical'],
		[{ alert_priority: 'P2' }, 'P2', 'high'],
		[{ priority: 'P3' }, 'P3', 'medium'],
		[{ alert_priority: 'P4' }, 'P4', 'low'],
		[{ alert_priority: 'P5', alert_type: 'error' }, 'P5', 'informational'],
		[{ priority: 'normal', alert_type: 'error' }, 'error', 'high'],
		[{ alert_type: 'warning' }, 'warning', 'medium'],
		[{ alert_type: 'info' }, 'info', 'informational'],
		[{ alert_priority: '$ALERT_PRIORITY' }, null, null],
		[{}, null, null],
	])('%j states %s, which is %s', (fields, severity_raw, severity) => {
		expect(alertOf('datadog', { id: '1', title: 'T', ...fields })).toMatchObject({ severity, severity_raw });
	});

	it('the default payload: triggered and recovered are one condition, whatever the order of the scope', () => {
		const open = alertOf('datadog', sample('default-triggered.json'));
		const over = alertOf('datadog', sample('default-recovered.json'));
		expect(open).toMatchObject({
			status: 'open',
			severity: 'high',
			title: 'Queue is long',
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
		expect(over).toMatchObject({ status: 'closed', fingerprint: open.fingerprint });
		expect(entity(open, 'host', 'mes-app-03')).toBe('target');
		expect(entity(open, 'ip', '172.20.8.33')).toBe('related');
	});

	it.each(['Triggered', 'Re-Triggered', 'Warn', 'No Data', 'Renotify'])(
		'%s is open and the same condition as Recovered',
		(state) => {
			const of = (transition: string) => alertOf('datadog', { title: `[${transition}] Pump`, org: { id: 1 } });
			expect(of(state)).toMatchObject({ status: 'open', title: 'Pump', fingerprint: of('Recovered').fingerprint });
			expect(of('Recovered').status).toBe('closed');
		},
	);

	it('names of members may be written in any way', () => {
		const [warn, over, silent, signal] = alertsOf('datadog', sample('own-payload.ndjson'));
		expect(warn).toMatchObject({ status: 'open', severity: 'medium', kind: 'process' });
		expect(over).toMatchObject({ status: 'closed', fingerprint: warn!.fingerprint });
		expect(entity(warn!, 'ip', '172.20.50.9')).toBe('target');
		expect(silent).toMatchObject({ severity: 'low', severity_raw: 'P4', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(entity(silent!, 'host', 'plc-9')).toBe('target');
		expect(signal).toMatchObject({ kind: 'security', severity: 'critical', techniques: ['T1110.003'] });
	});

	it('wrong types are named, and the rest is kept', () => {
		const [item] = itemsOf('datadog', sample('wrong-types.json'));
		expect(item).toMatchObject({ kind: 'alert', alert: { external_id: '7', severity: null, time_basis: 'received' } });
		expect(item!.problems.map((problem) => problem.field)).toEqual(['title', 'alerttype', 'date']);
		expect(itemsOf('datadog', { hello: 1 })[0]!.kind).toBe('unparsed');
	});
});
