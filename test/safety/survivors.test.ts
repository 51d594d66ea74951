// Small lies about the gate that no other test noticed: who is asked, where a row ends, what approvals bind to, what waits for whom.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AssetClass, Level } from '../../src/domain/asset.ts';
import { decide } from '../../src/safety/decide.ts';
import { ROWS } from '../../src/safety/table.ts';
import { asset, bestReadings, facts, NOW, step, withFact } from './plant.ts';

const best = bestReadings();
const on = (action: string, one: AssetClass, level: Level, readings = best, more: object = {}) =>
	decide(step(action), facts(asset(one, level), { readings, ...more }), NOW);

describe('who is asked for one yes', () => {
	test.each<[string, AssetClass, Level, string, string, Record<string, unknown>]>([
		['query_historian', 'historian', '3', 'ot', 'ot_engineer', { saved_query_approved: false }],
		['change_mirror', 'network', '3', 'it', 'network_owner', {}],
		['send_report', 'server', '4', 'any', 'reporter', {}],
		['disable_vendor_account', 'vpn_gateway', '3.5', 'ot', 'ot_engineer', {}],
		['isolate_host', 'historian', '3.5', 'ot', 'ot_engineer', {}],
		['kill_process', 'dmz_server', '3.5', 'ot', 'ot_engineer', {}],
		['restart_service', 'dmz_server', '3.5', 'ot', 'ot_engineer', {}],
		['isolate_host', 'server', '4', 'it', 'it_lead', {}],
	])('%s on a %s at level %s: %s, a %s', (action, one, level, side, role, worse) => {
		let readings = best;
		for (const [name, value] of Object.entries(worse)) readings = withFact(readings, name as never, value as never);
		const decision = on(action, one, level, readings);
		expect(decision.class).toBe('ONE');
		expect(decision.needs).toHaveLength(1);
		expect(decision.needs[0]!.side).toBe(side);
		expect(decision.needs[0]!.roles).toContain(role);
	});
});

test('the row about the only HMI (H05) speaks at level 2 and nowhere else', () => {
	const blind = withFact(withFact(best, 'sole_view', true), 'process_running', true);
	const speaks = (level: Level) => on('isolate_host', 'hmi', level, blind).rows.some((say) => say.row === 'H05');
	expect((['0', '1', '2', '3', '3.5', '4', '5'] as const).filter(speaks)).toEqual(['2']);
});

test('approvals bind to the rows that gave the class: another rule with the same class voids them', () => {
	const rule = (id: string) => ({ id, match: {}, class: 'TWO', reason: 'r' });
	const binding = (...ids: string[]) => on('isolate_host', 'server', '4', best, { site_rules: ids.map(rule) }).binding;
	expect(binding('a')).not.toBe(binding('b'));
	expect(binding('a')).not.toBe(binding('a', 'b'));
	expect(binding('a')).toBe(binding('a'));
});

describe('a row for IT alone, by the words of the reference', () => {
	const cells = new Map(
		readFileSync(new URL('reference-table.md', import.meta.url), 'utf8')
			.split('\n')
			.map((line) => line.split('|').map((cell) => cell.trim()))
			.map((cells) => [cells[1] ?? '', cells[3] ?? ''] as const),
	);
	const rows = ROWS.filter((row) => /^(L4|L4-L5|IT|L4, not used by OT)$/.test(cells.get(row.id) ?? ''));
	const busy = withFact(best, 'parallel_ot_step', true);

	test('there are some', () => expect(rows.length).toBeGreaterThan(10));

	test.each(rows.map((row) => [row.id, row] as const))('%s does not wait for steps on OT', (_id, row) => {
		const [where] = row.where;
		for (const level of where!.levels) {
			if (level !== '4' && level !== '5') continue;
			const decision = on(row.actions[0]!, where!.classes[0]!, level, busy);
			expect(decision.rows.some((say) => say.row === row.id)).toBe(true);
			expect(decision.holds.filter((hold) => hold.rule === 'P04')).toEqual([]);
		}
	});
});

test('a row for everybody at level 4 waits for steps on OT, whatever depends on the asset', () => {
	const busy = withFact(best, 'parallel_ot_step', true);
	const decision = on('change_mirror', 'network', '4', busy);
	expect(decision.rows.some((say) => say.row === 'R09')).toBe(true);
	expect(decision.holds.map((hold) => hold.rule)).toContain('P04');
});

test('a safety alarm in the zone is named as the reason where it decides, and only there', () => {
	const alarm = withFact(withFact(best, 'zone_safety_alarm_active', true), 'zone_stable_confirmed', false);
	const says = (action: string, one: AssetClass, level: Level) =>
		on(action, one, level, alarm).rows.filter((say) => say.row === 'G4' && say.class === 'HANDS');
	expect(says('isolate_host', 'jump_host', '3.5')).toHaveLength(1);
	expect(says('isolate_host', 'jump_host', '3.5')[0]!.reason).toContain('a safety alarm is active');
	expect(says('isolate_host', 'scada_server', '2')).toEqual([]);
});

test('a step without its asset is named by what it does name, and by nothing else', () => {
	const named = (params: Record<string, string>) =>
		decide({ ...step('isolate_host'), targets: [], params }, facts(null), NOW);
	expect(
		named({})
			.rows.map((say) => say.reason)
			.join(),
	).toContain('(no target)');
	expect(
		named({ account: 'svc-batch' })
			.rows.map((say) => say.reason)
			.join(),
	).toContain('svc-batch');
	expect(
		named({ account: 'svc-batch' })
			.rows.map((say) => say.reason)
			.join(),
	).not.toContain('(no target)');
});
