// How much the bot does alone: five calls that cut something off within an hour; a site may allow fewer, never more.
import { describe, expect, test } from 'vitest';
import { decide, isGateFault } from '../../src/safety/decide.ts';
import { AUTO_PER_HOUR_MAX, AUTO_PER_SITE_MAX, AUTO_PER_ZONE_MAX, AUTO_TARGETS_MAX } from '../../src/safety/rules.ts';
import { asset, bestReadings, facts, NOW, step } from './plant.ts';

const readings = bestReadings();
const after = (automatic_last_hour: number, action = 'isolate_host', site_rules: readonly unknown[] = []) =>
	decide(step(action), facts(asset('endpoint', '4'), { readings, automatic_last_hour, site_rules }), NOW);

describe('the limit of the hour', () => {
	test('asks one person from the sixth call on, and says why', () => {
		expect(AUTO_PER_HOUR_MAX).toBe(5);
		expect(after(4).class).toBe('AUTO');
		const limited = after(5);
		expect(limited.class).toBe('ONE');
		expect(limited.needs.map((need) => need.side)).toEqual(['it']);
		expect(limited.rows.find((say) => say.row === 'limit:per-hour')).toMatchObject({
			class: 'ONE',
			reason: 'the bot has acted alone 5 times within the hour: a person looks before it goes on',
		});
		expect(limited.binding).not.toBe(after(4).binding);
		expect(after(Number.NaN).class).toBe('ONE');
	});

	test('holds back neither words nor reading, and changes no class but AUTO', () => {
		expect(after(1_000, 'notify').class).toBe('AUTO');
		expect(after(1_000, 'query_logs').class).toBe('AUTO');
		expect(after(1_000, 'scan_ports').rows.some((say) => say.row === 'limit:per-hour')).toBe(false);
	});

	test('is made tighter by a site, and never wider', () => {
		const rule = (after_per_hour: number, of = 'ONE') => [
			{ id: 'n', match: {}, class: of, reason: 'r', after_per_hour },
		];
		expect(after(1, 'isolate_host', rule(2)).class).toBe('AUTO');
		expect(after(2, 'isolate_host', rule(2)).class).toBe('ONE');
		expect(after(2, 'isolate_host', rule(2, 'HANDS')).class).toBe('HANDS');
		expect(after(Number.NaN, 'isolate_host', rule(2, 'HANDS')).class).toBe('HANDS');
		expect(after(5, 'isolate_host', rule(100)).class).toBe('ONE');
		expect(after(0, 'isolate_host', rule(-1)).class).toBe('NEVER');
	});
});

describe('a fault', () => {
	test('of the gate itself is told from a step that is none', () => {
		const own = decide(step('isolate_host'), { ...facts(asset('endpoint', '4')), site_rules: null as never }, NOW);
		expect(own.class).toBe('NEVER');
		expect(isGateFault(own)).toBe(true);
		const targets = Array.from({ length: 1_001 }, (_, n) => `t${n}`);
		const wrong = decide({ ...step('isolate_host'), targets }, facts(asset('endpoint', '4')), NOW);
		expect(wrong.class).toBe('NEVER');
		expect(isGateFault(wrong)).toBe(false);
		expect(isGateFault(after(0))).toBe(false);
		const frozen = { id: 'f', scope: 'all', place: null, by: 'x', reason: 'the gate itself failed' } as const;
		expect(isGateFault(decide(step('isolate_host'), facts(asset('endpoint', '4'), { freezes: [frozen] }), NOW))).toBe(
			false,
		);
	});
});

describe('the limits of the place', () => {
	const at = (sites: number, zones: number, action = 'isolate_host') =>
		decide(
			step(action),
			facts(asset('endpoint', '4'), {
				readings,
				automatic_last_hour: 1,
				automatic_at: { sites: { north: sites, south: 99 }, zones: { 'unit-1': zones, 'unit-2': 99 } },
			}),
			NOW,
		);
	const limitsOf = (decision: ReturnType<typeof at>) =>
		decision.rows.filter((say) => say.row.startsWith('limit:')).map((say) => say.row);

	test('ask a person from the fourth call in a zone and the fifth at a site, of any other zone or site none counts', () => {
		expect([AUTO_PER_ZONE_MAX, AUTO_PER_SITE_MAX, AUTO_TARGETS_MAX]).toEqual([3, 4, 3]);
		expect(at(3, 2)).toMatchObject({ class: 'AUTO' });
		expect(limitsOf(at(3, 3))).toEqual(['limit:per-zone']);
		expect(at(3, 3).class).toBe('ONE');
		expect(limitsOf(at(4, 2))).toEqual(['limit:per-site']);
		expect(at(4, 2).rows.find((say) => say.row === 'limit:per-site')?.reason).toBe(
			'the bot has acted alone 4 times in site `north` within the hour: a person looks before it goes on',
		);
		expect(limitsOf(at(Number.NaN, 0))).toEqual(['limit:per-site']);
		expect(limitsOf(at(99, 99, 'notify'))).toEqual([]);
		const nowhere = asset('endpoint', '4', { site: null, zone: null });
		const lost = facts(nowhere, { readings, automatic_at: { sites: { null: 99 }, zones: { null: 99 } } });
		expect(limitsOf(decide(step('isolate_host'), lost, NOW))).toEqual([]);
	});

	test('ask a person where one step of the bot alone would reach more than three hosts', () => {
		const ids = ['h-1', 'h-2', 'h-3', 'h-4'];
		const targets = Object.fromEntries(ids.map((id) => [id, asset('endpoint', '4', { id })]));
		const about = ids.flatMap((id) =>
			bestReadings().map((one) => (one.subject === 'target-1' ? { ...one, subject: id } : one)),
		);
		const on = (count: number) =>
			decide(
				step('isolate_host', { targets: ids.slice(0, count) }),
				facts(null, { targets, readings: [...readings, ...about] }),
				NOW,
			);
		expect(on(3).class).toBe('AUTO');
		expect(on(4).class).toBe('ONE');
		expect(limitsOf(on(4))).toEqual(['limit:targets']);
	});
});

describe('a veto', () => {
	const frozen = (scope: 'incident' | 'step', place: string | null, action = 'isolate_host') =>
		decide(
			step(action),
			facts(asset('endpoint', '4'), { readings, freezes: [{ id: 'f', scope, place, by: 'olga', reason: 'batch' }] }),
			NOW,
		).holds.map((hold) => hold.reason);

	test('stops its incident or its step and no other, and silences nobody', () => {
		expect(frozen('incident', 'inc_1')).toEqual(['this incident is frozen by olga: batch']);
		expect(frozen('incident', 'inc_2')).toEqual([]);
		expect(frozen('step', 'stp_1')).toEqual(['this step is frozen by olga: batch']);
		expect(frozen('step', 'inc_1')).toEqual([]);
		expect(frozen('incident', 'stp_1')).toEqual([]);
		expect(frozen('incident', null)).toHaveLength(1);
		expect(frozen('step', null)).toHaveLength(1);
		expect(frozen('incident', 'inc_1', 'notify')).toEqual([]);
	});
});

describe('a stale inventory', () => {
	const STALE = 'everything is stopped: nobody has confirmed the inventory for 30 days';
	const on = (action: string, more: object) =>
		decide(step(action), facts(asset('endpoint', '4'), { readings, ...more }), NOW);
	const unsaid = readings.filter((one) => one.name !== 'inventory_current');
	const old = { readings: unsaid, inventory_confirmed_at: NOW - 31 * 86_400_000 };

	test('stops everything but telling and recording, whatever it is, until somebody confirms it', () => {
		for (const action of ['isolate_host', 'query_logs', 'disable_account']) {
			const stopped = on(action, old);
			expect(stopped.holds.map((hold) => hold.reason)).toContain(STALE);
			expect(on(action, {}).holds.map((hold) => hold.reason)).not.toContain(STALE);
		}
		expect(on('query_logs', { readings: unsaid, inventory_confirmed_at: null }).holds).toHaveLength(1);
		expect(on('notify', old).holds).toEqual([]);
		expect(on('write_record', old).holds).toEqual([]);
	});
});
