// How much the bot does alone: five calls that cut something off within an hour; a site may allow fewer, never more.
import { describe, expect, test } from 'vitest';
import { decide, isGateFault } from '../../src/safety/decide.ts';
import { AUTO_PER_HOUR_MAX } from '../../src/safety/rules.ts';
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
