// Process alarms by ISA-18.2 and of Ignition: severity, state, and what a reset closes.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/scada-isa182/${name}`, import.meta.url), 'utf8');

describe('ISA-18.2 alarms', () => {
	const alarm = (more: object = {}) => ({
		resource: 'LIC-7',
		event: 'HI_ALM',
		severity: 'High',
		text: 'Level high',
		environment: 'Production',
		service: ['TANKS'],
		...more,
	});

	it.each([
		{ TagName: 'PT-101', AlarmType: 'HIHI', Priority: 'High', State: 'RTN', Time: '2025-05-04T08:00:00Z', Area: 'U1' },
		{
			tag_name: 'PT-101',
			alarm_type: 'HIHI',
			PRIORITY: 'High',
			state: 'RTN',
			time: '2025-05-04T08:00:00Z',
			AREA: 'U1',
		},
	])('names are read in any case: %o', (record) => {
		const read = alertOf('scada-isa182', record);
		expect(read).toMatchObject({ severity: 'high', status: 'closed', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(entity(read, 'tag', 'PT-101')).toBe('target');
		expect(entity(read, 'zone', 'U1')).toBe('target');
	});

	it.each([
		['Critical', 'critical'],
		['Urgent', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Advisory', 'informational'],
		['OK', 'informational'],
		['8', 'high'],
		['strange', null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('scada-isa182', alarm({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it.each([
		[0, 'informational'],
		[1, 'low'],
		[2, 'medium'],
		[3, 'high'],
		[4, 'critical'],
		['Diagnostic', 'informational'],
	])('Ignition priority %s is %s', (priority, severity) => {
		const event = { source: 'prov:default:/tag:A/B:/alm:Hi', displayPath: 'A/B', name: 'Hi', priority };
		expect(alertOf('scada-isa182', event)).toMatchObject({ severity, severity_raw: String(priority) });
	});

	it.each([
		[{ state: 'UNACK' }, 'open'],
		[{ state: 'ACKED' }, 'open'],
		[{ state: 'SHLVD' }, 'open'],
		[{ state: 'Active, Acknowledged' }, 'open'],
		[{ state: 'RTNUN' }, 'closed'],
		[{ state: 'NORM' }, 'closed'],
		[{ state: 'Cleared, Unacknowledged' }, 'closed'],
		[{ severity: 'OK' }, 'closed'],
		[{ isActive: false }, 'closed'],
		[{ status: 'closed' }, 'closed'],
	])('%j is %s', (more, status) => {
		expect(alertOf('scada-isa182', alarm(more))).toMatchObject({ status });
	});

	it('tells which alarms are withheld from the operator', () => {
		expect(alertOf('scada-isa182', alarm({ state: 'DSUPR' })).labels['suppression']).toBe('DSUPR');
	});

	it('a return to normal closes its condition, a reset that names the conditions of its point each of them', () => {
		const alerts = alertsOf('scada-isa182', sample('limits-and-reset.json'));
		const [high, highHigh, normal, ...reset] = alerts;
		expect([high!.kind, highHigh!.kind]).toEqual(['process', 'process_safety']);
		expect(highHigh!.fingerprint).not.toBe(high!.fingerprint);
		expect(normal).toMatchObject({ status: 'closed', fingerprint: high!.fingerprint });
		expect(reset.map((alert) => [alert.status, alert.labels['signature_id']])).toEqual([
			['closed', 'FLT_ALM'],
			['closed', 'HI_HI_ALM'],
			['closed', 'HI_ALM'],
			['closed', 'LO_ALM'],
		]);
		expect(reset.map((alert) => alert.fingerprint)).toContain(highHigh!.fingerprint);
		expect(highHigh).toMatchObject({ occurred_at: '2025-05-04T08:00:45.000Z' });
		expect(entity(high!, 'tag', 'PIC_204')).toBe('target');
		expect(entity(high!, 'zone', 'HYDROCRACKER')).toBe('target');
		expect(entity(high!, 'host', 'scada-2.plant.example')).toBe('observer');
	});

	it('Ignition: one source path is one condition; gas is process safety; who acknowledged is named', () => {
		const [active, cleared, gas] = alertsOf('scada-isa182', sample('ignition-pipeline.json'));
		expect(cleared).toMatchObject({
			status: 'closed',
			fingerprint: active!.fingerprint,
			occurred_at: '2025-05-04T08:15:00.250Z',
		});
		expect(active).toMatchObject({ kind: 'process', external_id: '4f1c7c0e-2c65-4a8f-9f0a-3d2b1b0a7c11' });
		expect(gas).toMatchObject({ kind: 'process_safety', severity: 'critical' });
		expect(entity(cleared!, 'user', 'jdoe')).toBe('related');
	});

	it('other names for the same things', () => {
		const [jacket, trip, lost] = alertsOf('scada-isa182', sample('other-names.ndjson'), 'Europe/Berlin');
		expect(jacket).toMatchObject({ kind: 'process', occurred_at: '2025-05-04T08:03:00.000Z' });
		expect(trip).toMatchObject({ kind: 'process_safety', occurred_at: '2025-05-04T06:04:00.000Z' });
		expect(entity(trip!, 'ip', '10.20.3.9')).toBe('related');
		expect(lost).toMatchObject({ kind: 'availability', status: 'closed' });
	});

	it('gives up single fields, and a message that names neither point nor condition', () => {
		expect(itemsOf('scada-isa182', sample('odd.json')).map((item) => [item.kind, item.problems.length])).toEqual([
			['alert', 3],
			['unparsed', 1],
		]);
	});

	it('does not multiply a message larger than an alarm', () => {
		const large = alarm({
			event: 'RST_ALM',
			severity: 'OK',
			correlate: ['HI_ALM', 'LO_ALM'],
			text: 'x'.repeat(20_000),
		});
		expect(itemsOf('scada-isa182', large)).toHaveLength(1);
	});
});
