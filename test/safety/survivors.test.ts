// Small lies about the gate that no other test noticed: who is asked, where a row ends, what approvals bind to, what waits for whom.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AssetClass, Level } from '../../src/domain/asset.ts';
import { DRILL_PREFIX } from '../../src/domain/drill.ts';
import { ACTION_NAMES, ACTIONS } from '../../src/safety/actions.ts';
import { assignNeeds, isSamePerson, mayDecide, meetsNeed } from '../../src/safety/approval.ts';
import { decide, isGateFault, placesOf, TARGETS_MAX } from '../../src/safety/decide.ts';
import { checkGrant, grant, grantLook } from '../../src/safety/grant.ts';
import { floorFor, raised } from '../../src/safety/judge-row.ts';
import { matrixMarkdown, policyMatrix } from '../../src/safety/matrix.ts';
import { ROWS } from '../../src/safety/table.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, step, withFact, zone } from './plant.ts';

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

describe('who stands in for whom, and where', () => {
	const north = { site: 'north', zone: 'unit-1' };
	const one = (id: string) => PEOPLE.find((person) => person.id === id)!;
	const it1 = { side: 'it' as const, roles: ['it_lead' as const] };
	const ot1 = { side: 'ot' as const, roles: ['ot_engineer' as const] };

	test('a role is asked at a place: nowhere is none', () => {
		expect(meetsNeed(one('it1'), it1, [])).toBe(false);
		expect(meetsNeed(one('it1'), it1, [north])).toBe(true);
	});

	test('needs that stay open are those that nobody meets, and where one meets two, one of them', () => {
		expect(assignNeeds([it1, ot1], [one('it1'), one('it2')], [north])).toEqual({ ok: false, open: [ot1] });
		expect(assignNeeds([it1, ot1], [one('both')], [north])).toEqual({ ok: false, open: [ot1] });
		expect(assignNeeds([it1, ot1], [], [north])).toEqual({ ok: false, open: [it1, ot1] });
	});

	test('a deputy counts as the one they stand in for, and as nobody else', () => {
		const deputy = { ...one('ot1'), stands_in_for: ['it1'] };
		expect(isSamePerson(deputy, one('it1'))).toBe(true);
		expect(isSamePerson(one('it1'), deputy)).toBe(true);
		expect(isSamePerson(deputy, one('it2'))).toBe(false);
		expect(isSamePerson({ ...deputy, stands_in_for: [] }, one('it1'))).toBe(false);
		expect(assignNeeds([it1, ot1], [one('it1'), deputy], [north])).toMatchObject({ ok: false });
		expect(assignNeeds([it1, ot1], [one('it1'), one('ot1')], [north])).toMatchObject({ ok: true });
		const asked = step('isolate_host', { requested_by: 'it1' });
		const decision = decide(asked, facts(asset('engineering_workstation', '3'), { readings: best }), NOW);
		const may = mayDecide(deputy, decision, [north], asked, [deputy, one('it1')]);
		expect(may).toMatchObject({ ok: false });
	});

	test('two zones of one site are two places', () => {
		const targets = { a: asset('server', '4', { id: 'a' }), b: asset('server', '4', { id: 'b', zone: 'unit-2' }) };
		const both = placesOf(step('isolate_host', { targets: ['a', 'b'] }), facts(null, { targets }), NOW);
		expect(both).toEqual([north, { site: 'north', zone: 'unit-2' }]);
		const same = { a: targets.a, b: { ...targets.b, zone: 'unit-1' } };
		expect(placesOf(step('isolate_host', { targets: ['a', 'b'] }), facts(null, { targets: same }), NOW)).toEqual([
			north,
		]);
	});
});

describe('steps that would start together (P04)', () => {
	const together = (action: string, one: AssetClass, level: Level) =>
		decide({ ...step(action), parallel: true }, facts(asset(one, level), { readings: best }), NOW);

	test('are never run where they reach OT, and nothing is said where they touch nothing', () => {
		const cut = together('isolate_host', 'engineering_workstation', '3');
		expect(cut.class).toBe('NEVER');
		expect(cut.rows).toContainEqual({
			row: 'P04',
			class: 'NEVER',
			reason: 'steps on OT are never run side by side: interactions are unknown',
		});
		for (const free of [together('query_logs', 'dmz_server', '3.5'), together('isolate_host', 'endpoint', '4')]) {
			expect(free.class).toBe('AUTO');
			expect(free.rows.some((say) => say.row === 'P04')).toBe(false);
		}
		expect(on('isolate_host', 'engineering_workstation', '3').rows.some((say) => say.row === 'P04')).toBe(false);
	});
});

test('what no row names is taken for OT: it is not run beside others either', () => {
	const decision = decide(
		{ ...step('isolate_host'), parallel: true },
		facts(asset('plc', '1'), { readings: best }),
		NOW,
	);
	expect(decision.rows.map((say) => say.row)).toEqual(expect.arrayContaining(['G2', 'P04']));
	expect(decision.class).toBe('NEVER');
});

test('a block that ends by itself is known to by its own end, and one without an end is not', () => {
	const unsaid = best.filter((one) => one.name !== 'block_has_expiry');
	const block = (containment_ms: number | null) =>
		decide(step('block_indicator', { targets: [], containment_ms }), facts(null, { readings: unsaid }), NOW).class;
	expect([block(3_600_000), block(null), block(0)]).toEqual(['AUTO', 'ONE', 'ONE']);
});

test('a fault of the gate is one, whatever else had a say', () => {
	const own = decide(step('isolate_host'), { ...facts(asset('endpoint', '4')), site_rules: null as never }, NOW);
	const more = { ...own, rows: [...own.rows, { row: 'H01', class: 'ONE' as const, reason: 'r' }] };
	expect(isGateFault(more)).toBe(true);
	expect(isGateFault({ ...own, rows: more.rows.slice(1) })).toBe(false);
});

test('an unknown action near a safety system is never done, whichever of the targets it is', () => {
	const targets = { a: asset('server', '4', { id: 'a' }), b: asset('sis', '1', { id: 'b' }) };
	for (const ids of [
		['a', 'b'],
		['b', 'a'],
	])
		expect(decide(step('frobnicate', { targets: ids }), facts(null, { targets }), NOW).class).toBe('NEVER');
	expect(decide(step('frobnicate', { targets: ['a'] }), facts(null, { targets }), NOW).class).toBe('HANDS');
});

test('a fault refuses in its row too', () => {
	const fault = decide(
		step('isolate_host', { targets: Array.from({ length: 300 }, (_, n) => `t${n}`) }),
		facts(null),
		NOW,
	);
	expect(fault.rows).toMatchObject([{ row: 'G8', class: 'NEVER' }]);
});

describe('the floor (G10)', () => {
	test('is for hands where no connector may exist, and where the target is a controller or nobody knows its level', () => {
		for (const effect of ['control', 'destroy', 'attack', 'raw'] as const)
			expect(floorFor(effect, null)).toMatchObject({
				class: 'HANDS',
				reason: `no connector exists for the effect ${effect}`,
			});
		for (const effect of ['policy', 'contain', 'inform'] as const) expect(floorFor(effect, null).class).toBe('AUTO');
		for (const level of ['0', '1', null] as const)
			expect(floorFor('contain', { class: 'server', level }).class).toBe('HANDS');
		expect(floorFor('contain', { class: 'server', level: '2' }).class).toBe('AUTO');
		expect(floorFor('contain', { class: 'sis', level: '4' }).class).toBe('HANDS');
		expect(floorFor('observe', { class: 'plc', level: '1' }).class).toBe('AUTO');
	});
});

describe('a zone that is not in normal state (G4)', () => {
	const upset = withFact(best, 'zone_state', 'upset');
	const g4 = (action: string, one: AssetClass, level: Level) =>
		on(action, one, level, upset)
			.rows.filter((say) => say.row === 'G4')
			.map((say) => say.class);

	test('is named with the class that it makes, and only where it makes one', () => {
		expect(g4('isolate_host', 'historian', '3.5')).toEqual(['TWO']);
		expect(g4('isolate_host', 'jump_host', '3.5')).toEqual(['HANDS']);
		expect(g4('isolate_host', 'scada_server', '2')).toEqual([]);
		expect(g4('bypass_sis', 'sis', '1')).toEqual([]);
	});

	test('raises each class by one and ends at hands', () => {
		expect((['AUTO', 'ONE', 'TWO', 'HANDS', 'NEVER'] as const).map(raised)).toEqual([
			'ONE',
			'TWO',
			'HANDS',
			'HANDS',
			'NEVER',
		]);
	});
});

describe('what the inventory does not say', () => {
	const reasons = (one: ReturnType<typeof asset>) =>
		decide(step('isolate_host'), facts(one, { readings: best }), NOW).rows.map((say) => say.reason);

	test('is told as the reason: the class, the level, and not where it is known', () => {
		const level = 'the level of `target-1` is unknown';
		const kind = 'the class of `target-1` is unknown';
		expect(reasons(asset('server', 'unknown'))).toContain(level);
		expect(reasons(asset('server', 'unknown'))).not.toContain(kind);
		expect(reasons(asset('unknown', '4'))).toContain(kind);
		expect(reasons(asset('unknown', '4'))).not.toContain(level);
		expect(reasons(asset('server', '4')).join()).not.toMatch(/is unknown/);
	});

	test('an unlisted address stands in the zone of safety systems that holds it, else in the narrowest', () => {
		const zones = {
			wide: zone({ id: 'wide', ranges: ['10.0.0.0/8'] }),
			narrow: zone({ id: 'narrow', ranges: ['10.1.1.0/24'] }),
			sis: zone({ id: 'sis', sis: true, ranges: ['10.1.0.0/16'] }),
		};
		const placeOf = (some: Record<string, ReturnType<typeof zone>>) =>
			placesOf(step('isolate_host', { targets: ['10.1.1.5'] }), facts(null, { zones: some }), NOW)[0]?.zone;
		expect(placeOf({ wide: zones.wide, narrow: zones.narrow })).toBe('narrow');
		expect(placeOf({ narrow: zones.narrow, wide: zones.wide })).toBe('narrow');
		expect(placeOf(zones)).toBe('sis');
		expect(placeOf({ sis: zones.sis, narrow: zones.narrow, wide: zones.wide })).toBe('sis');
	});

	test('a zone speaks for its assets: what it says of them counts, and its own alarm stands beside a good word', () => {
		const within = (of: Record<string, boolean>, readings = best) =>
			decide(
				step('isolate_host'),
				facts(asset('jump_host', '3.5'), { readings, zones: { 'unit-1': zone({ facts: of }) } }),
				NOW,
			);
		expect(within({}).class).toBe('TWO');
		expect(within({ zone_safety_alarm_active: true }, withFact(best, 'zone_stable_confirmed', false)).class).toBe(
			'HANDS',
		);
		const noFallback = withFact(best, 'fallback_confirmed', false);
		expect(within({}, noFallback).holds.map((hold) => hold.rule)).not.toContain('G7');
		expect(within({ action_cuts_own_path: true }, noFallback).holds.map((hold) => hold.rule)).toContain('G7');
		const host = (of: Record<string, boolean>) =>
			decide(
				step('isolate_host'),
				facts(asset('endpoint', '4'), { readings: best, zones: { 'unit-1': zone({ facts: of }) } }),
				NOW,
			).class;
		expect(host({})).toBe('AUTO');
		expect(host({ dual_homed: true })).toBe('HANDS');
		// No zone known is no fault.
		expect(
			decide(step('isolate_host'), facts(asset('endpoint', '4'), { zones: { 'unit-1': null } }), NOW).class,
		).not.toBe('NEVER');
	});
});

describe('rows as they are written', () => {
	const classesOf = (id: string) => ROWS.find((row) => row.id === id)!.cases.map((option) => option.class);

	test('the only view: by hand once the process is safe, else never', () => {
		expect(classesOf('H05')).toEqual(['HANDS', 'NEVER']);
	});

	test('a controller is not restarted by the bot at any of its levels, by that row', () => {
		for (const level of ['0', '1', '2'] as const)
			expect(on('restart', 'plc', level).rows.some((say) => say.row === 'C02')).toBe(true);
	});

	test.each<[string, AssetClass, Level]>([
		['reopen_flow', 'vpn_gateway', '3.5'],
		['disable_remote_access', 'vpn_gateway', '3.5'],
		['change_switch_port', 'network', '3'],
	])('%s may be approved by the network owner for IT', (action, one, level) => {
		const decision = on(action, one, level);
		expect(decision.class).toBe('TWO');
		expect(decision.needs.find((need) => need.side === 'it')?.roles).toContain('network_owner');
	});

	test('the matrix lists a taking back where a person decides, and not where the bot acts alone', () => {
		const entries = policyMatrix().filter((entry) => entry.row === 'H01');
		expect(entries.find((entry) => entry.class === 'AUTO')?.actions).toEqual(['isolate_host']);
		expect(entries.find((entry) => entry.class === 'ONE')?.actions).toContain('release_host');
	});
});

describe('rules of the site and freezes, of several targets', () => {
	const rule = (match: object) => [{ id: 'r', match, class: 'NEVER', reason: 'site' }];
	const says = (decision: ReturnType<typeof decide>) => decision.rows.some((say) => say.row === 'site:r');

	test('a rule about places or classes says nothing to a step that acts on nothing', () => {
		const tell = (match: object) =>
			decide(step('notify', { targets: [] }), facts(null, { readings: best, site_rules: rule(match) }), NOW);
		expect(says(tell({ sites: ['north'] }))).toBe(false);
		expect(says(tell({ classes: ['server'] }))).toBe(false);
		expect(says(tell({ actions: ['notify'] }))).toBe(true);
	});

	test('a rule about a class or level fits a target that may be it, beside what else it may be', () => {
		const stale = { inventory_confirmed_at: NOW - 40 * 86_400_000 };
		const unsaid = best.filter((one) => one.name !== 'inventory_current');
		const about = (match: object, more: object) =>
			decide(
				step('isolate_host'),
				facts(asset('server', '4'), { readings: unsaid, site_rules: rule(match), ...more }),
				NOW,
			);
		expect(says(about({ classes: ['server'] }, stale))).toBe(true);
		expect(says(about({ levels: ['4'] }, stale))).toBe(true);
		expect(says(about({ classes: ['plc'] }, stale))).toBe(false);
		expect(says(about({ classes: ['server'] }, {}))).toBe(true);
	});

	test('a rule about assets fits those that it names, and what nobody knows', () => {
		const about = (assets: string[] | undefined, one: ReturnType<typeof asset> | null, more: object = {}) =>
			says(
				decide(
					step('isolate_host'),
					facts(one, { readings: best, site_rules: rule({ ...(assets === undefined ? {} : { assets }), ...more }) }),
					NOW,
				),
			);
		const server = asset('server', '4');
		expect(about(['target-1'], server)).toBe(true);
		expect(about(['another'], server)).toBe(false);
		expect(about(['another'], null)).toBe(true);
		expect(about(undefined, server, { classes: ['server'] })).toBe(true);
		expect(about(['another'], server, { classes: ['server'] })).toBe(false);
	});

	test('a freeze of one zone or site holds a step that reaches it among others', () => {
		const targets = {
			a: asset('server', '4', { id: 'a' }),
			b: asset('server', '4', { id: 'b', zone: 'z2', site: 'south' }),
		};
		const held = (scope: 'zone' | 'site', place: string) =>
			decide(
				step('isolate_host', { targets: ['a', 'b'] }),
				facts(null, { targets, freezes: [{ id: 'f', scope, place, by: 'x', reason: 'r' }] }),
				NOW,
			).holds.filter((hold) => hold.reason.includes('frozen')).length;
		expect([held('zone', 'unit-1'), held('zone', 'z2'), held('site', 'south'), held('zone', 'z3')]).toEqual([
			1, 1, 1, 0,
		]);
	});
});

test('an earlier attempt (P05) is named on OT alone, changes no class, and what approvals bind to', () => {
	const tried = (one: AssetClass, level: Level, attempt: number) =>
		decide(
			step('isolate_host', { attempt }),
			facts(asset(one, level), { readings: withFact(best, 'previous_attempt_failed', attempt > 0) }),
			NOW,
		);
	const says = (decision: ReturnType<typeof tried>) => decision.rows.filter((say) => say.row === 'P05').length;
	const [first, second] = [tried('engineering_workstation', '3', 0), tried('engineering_workstation', '3', 1)];
	expect([says(first), says(second)]).toEqual([0, 1]);
	expect(second.class).toBe(first.class);
	expect(second.binding).not.toBe(first.binding);
	expect([says(tried('endpoint', '4', 0)), says(tried('endpoint', '4', 1))]).toEqual([0, 0]);
});

describe('what reaches OT waits for the OT step that runs (P04)', () => {
	const busy = withFact(best, 'parallel_ot_step', true);
	const waits = (action: string, more: object, world: object) =>
		decide(step(action, more), facts(null, { readings: busy, ...world }), NOW).holds.some(
			(hold) => hold.rule === 'P04',
		);

	test('also where one target of several is OT, and where only the account is', () => {
		const targets = {
			a: asset('endpoint', '4', { id: 'a', facts: { ot_dependency: false } }),
			b: asset('jump_host', '3.5', { id: 'b' }),
		};
		const about = ['a', 'b'].flatMap((subject) =>
			busy.map((one) => (one.subject === 'target-1' ? { ...one, subject } : one)),
		);
		for (const ids of [
			['a', 'b'],
			['b', 'a'],
		])
			expect(waits('isolate_host', { targets: ids }, { targets, readings: about })).toBe(true);
		expect(waits('isolate_host', { targets: ['a'] }, { targets, readings: about })).toBe(false);
		const account = (used: boolean) =>
			decide(
				step('disable_account', { targets: [], parallel: true }),
				facts(null, { readings: withFact(best, 'account_used_by_ot', used) }),
				NOW,
			).rows.some((say) => say.row === 'P04');
		expect([account(true), account(false)]).toEqual([true, false]);
	});

	test('and a message to the outside, which acts on nothing, does not', () => {
		expect(waits('send_report', { targets: [] }, {})).toBe(false);
	});
});

test('taking a containment back is named as what asks a person, where the bot could have cut alone', () => {
	const back = on('release_host', 'endpoint', '4');
	expect(back.class).toBe('ONE');
	expect(back.rows).toContainEqual({
		row: 'H01',
		class: 'ONE',
		reason: 'taking a containment back is never done by the bot alone',
	});
});

test('an unknown action is never done on an asset that stands in a zone of safety systems', () => {
	const world = facts(asset('server', '3'), { readings: best, zones: { 'unit-1': zone({ sis: true }) } });
	expect(decide(step('frobnicate'), world, NOW).class).toBe('NEVER');
});

test('a step is called by what it names: the account, or that none is named, and nothing where it acts on nothing', () => {
	const summary = (action: string, params: Record<string, string>) =>
		decide(step(action, { targets: [], params }), facts(null, { readings: best }), NOW).summary;
	expect(summary('disable_account', { account: 'j.doe' })).toContain('`j.doe`');
	expect(summary('disable_account', {})).toContain('(not named)');
	expect(summary('notify', {})).not.toContain('named');
	expect(summary('notify', { account: 'j.doe' })).not.toContain('j.doe');
});

test('firmware of a controller or switch is for hands at every level of theirs, by that row', () => {
	for (const one of ['plc', 'network'] as const)
		for (const level of ['0', '1', '2'] as const)
			expect(on('update_firmware', one, level).rows.some((say) => say.row === 'C07')).toBe(true);
});

test('rows of effects that the program can never have are for hands or never, each of their cases', () => {
	const closed = ROWS.filter((row) => ['raw', 'control', 'destroy', 'attack'].includes(row.effect));
	expect(closed.length).toBeGreaterThan(15);
	for (const row of closed)
		for (const option of row.cases) expect(['HANDS', 'NEVER'], `${row.id} ${option.condition}`).toContain(option.class);
});

test('a text for the control room that the model wrote is for a person to send', () => {
	const by = (author: string) => on('ask_control_room', 'server', '4', withFact(best, 'message_author', author)).class;
	expect([by('person'), by('template'), by('adviser')]).toEqual(['AUTO', 'AUTO', 'HANDS']);
});

test('approvals that cannot be judged give no leave', () => {
	const answer = grant({
		step: step('isolate_host'),
		facts: facts(asset('server', '4'), { readings: best }),
		approvals: [null as never],
		people: PEOPLE,
		now: NOW,
	});
	expect(answer.ok).toBe(false);
	expect(answer.ok ? [] : answer.reasons.join()).toContain('the approvals could not be judged');
});

describe('control of a controller', () => {
	/** Rows of these are about level 1, or about levels 1 to 3 (reference table, 6.4 and 6.6). */
	const ONE_LEVEL = [
		...['change_controller_password', 'change_mode', 'clear_fault', 'change_logic', 'restore_logic', 'change_alarm'],
		'change_comfort_setpoint',
	];
	const control = ACTION_NAMES.filter(
		(name) => ACTIONS[name].effect === 'control' && ACTIONS[name].target === 'asset' && !name.includes('sis'),
	);
	const CLASS: Readonly<Record<string, AssetClass>> = {
		operate_breaker: 'ied',
		shed_load: 'ied',
		change_comfort_setpoint: 'bms_controller',
	};
	const rowsAt = (action: string, level: Level) =>
		on(action, CLASS[action] ?? 'plc', level)
			.rows.map((say) => say.row)
			.filter((row) => !row.startsWith('G'));

	test.each(control)('%s has its own row wherever the table puts it', (action) => {
		const levels = (['0', '1', '2', '3'] as const).map((level) => rowsAt(action, level));
		expect(levels[1]!.length).toBeGreaterThan(0);
		if (ONE_LEVEL.includes(action)) expect(levels[0]).toEqual([]);
		else {
			expect(levels[0]).toEqual(levels[1]);
			expect(levels[2]).toEqual(levels[1]);
		}
	});
});

test('a role is held at every place of a step, and a rule of the site fits where one of its targets does', () => {
	const ot2 = PEOPLE.find((person) => person.id === 'ot2')!;
	const need = { side: 'ot' as const, roles: ['ot_operator' as const] };
	const [here, there] = [
		{ site: 'north', zone: 'unit-1' },
		{ site: 'north', zone: 'unit-2' },
	];
	expect(meetsNeed(ot2, need, [here])).toBe(true);
	expect(meetsNeed(ot2, need, [here, there])).toBe(false);
	expect(meetsNeed(ot2, need, [there, here])).toBe(false);
	const targets = { a: asset('server', '4', { id: 'a' }), b: asset('server', '4', { id: 'b', zone: 'z2' }) };
	const site_rules = [{ id: 'r', match: { zones: ['z2'] }, class: 'NEVER', reason: 'site' }];
	const judged = (ids: string[]) =>
		decide(step('isolate_host', { targets: ids }), facts(null, { targets, readings: best, site_rules }), NOW).rows;
	expect(judged(['a', 'b']).some((say) => say.row === 'site:r')).toBe(true);
	expect(judged(['a']).some((say) => say.row === 'site:r')).toBe(false);
});

test('what holds the bot back where nobody is asked is told without approvals that nobody asked for', () => {
	const world = facts(asset('endpoint', '4'), {
		readings: best,
		freezes: [{ id: 'f', scope: 'all', place: null, by: 'x', reason: 'r' }],
	});
	const stray = { id: 'apr_1', step: 'stp_other', person: 'it1', roles: [], answer: 'yes' as const, reason: null };
	const approvals = [{ ...stray, binding: 'b', via: 'cli' as const, at: NOW, expires_at: NOW + 1, withdrawn_at: null }];
	const answer = grant({ step: step('isolate_host'), facts: world, approvals, people: PEOPLE, now: NOW });
	expect(answer.ok).toBe(false);
	expect(answer.ok ? [] : answer.reasons).toHaveLength(1);
});

test('who may not decide is told where: the site, its zone where there is one, and an unknown site as such', () => {
	const decision = on('isolate_host', 'engineering_workstation', '3');
	const reader = PEOPLE.find((person) => person.id === 'rep')!;
	const told = (site: string | null, zoneId: string | null) => {
		const may = mayDecide(reader, decision, [{ site, zone: zoneId }], step('isolate_host'));
		return may.ok ? '' : may.reason;
	};
	expect(told('north', 'unit-1')).toContain('at north, zone unit-1,');
	expect(told('north', null)).toContain('at north,');
	expect(told('north', null)).not.toContain('zone');
	expect(told(null, null)).toContain('at an unknown site');
});

test('the matrix says `any` where a row names every class or level, and the list where it does not', () => {
	const lines = matrixMarkdown(policyMatrix()).split('\n');
	expect(lines.find((line) => line.startsWith('| R01 '))).toContain('| any | any |');
	expect(lines.find((line) => line.startsWith('| H05 '))).toContain('| hmi | 2 |');
});

describe('more small lies about rows', () => {
	test('triage of an IT host asks a person where the IT policy does not let the bot', () => {
		expect(on('triage_host', 'server', '4').class).toBe('AUTO');
		expect(on('triage_host', 'server', '4', withFact(best, 'it_policy_allows_auto', false)).class).toBe('ONE');
	});

	test('a historian on which control or alarms depend is for hands', () => {
		expect(on('isolate_host', 'historian', '3').class).toBe('TWO');
		expect(on('isolate_host', 'historian', '3', withFact(best, 'control_depends_on_historian', true)).class).toBe(
			'HANDS',
		);
	});

	test('the copy of the SIS status is read where historians stand, and no lower', () => {
		const speaks = (level: Level) => on('read_sis_copy', 'historian', level).rows.some((say) => say.row === 'C12');
		expect((['0', '1', '2', '3', '3.5', '4', '5'] as const).filter(speaks)).toEqual(['3', '3.5', '4', '5']);
	});

	test('stored logs are read from servers between IT and OT and above, and from sensors at levels 2 and 3', () => {
		const speaks = (one: AssetClass, level: Level) =>
			on('query_logs', one, level).rows.some((say) => say.row === 'R05');
		const levels = ['0', '1', '2', '3', '3.5', '4', '5'] as const;
		expect(levels.filter((level) => speaks('server', level))).toEqual(['3.5', '4', '5']);
		expect(levels.filter((level) => speaks('scanner', level))).toEqual(['2', '3', '3.5', '4', '5']);
	});

	test.each<[string, AssetClass]>([
		['close_all_conduits', 'vpn_gateway'],
		['isolate_host', 'jump_host'],
		['block_flow', 'vpn_gateway'],
	])('%s of a %s is for two people, and the network owner may be the one of IT', (action, one) => {
		const decision = on(action, one, '3.5');
		expect(decision.class).toBe('TWO');
		expect(decision.needs.find((need) => need.side === 'it')?.roles).toContain('network_owner');
	});

	test('so many targets are judged, and one more is refused', () => {
		const many = (count: number) => {
			const ids = Array.from({ length: count }, (_, n) => `t${n}`);
			const targets = Object.fromEntries(ids.map((id) => [id, asset('server', '4', { id })]));
			return decide(step('isolate_host', { targets: ids }), facts(null, { targets, readings: best }), NOW).class;
		};
		expect(many(TARGETS_MAX)).not.toBe('NEVER');
		expect(many(TARGETS_MAX + 1)).toBe('NEVER');
	});

	test('a grant for two targets opens no call in which one of them is another', () => {
		const targets = {
			a: asset('endpoint', '4', { id: 'a' }),
			b: asset('endpoint', '4', { id: 'b' }),
		};
		const about = ['a', 'b'].flatMap((subject) =>
			best.map((one) => (one.subject === 'target-1' ? { ...one, subject } : one)),
		);
		const proposed = step('isolate_host', { targets: ['a', 'b'] });
		const answer = grant({
			step: proposed,
			facts: facts(null, { targets, readings: about }),
			approvals: [],
			people: PEOPLE,
			now: NOW,
		});
		if (!answer.ok) throw new Error(answer.reasons.join());
		const call = (ids: string[]) =>
			checkGrant(
				answer.grant,
				{ step: proposed.id, action: 'isolate_host', targets: ids, params: proposed.params },
				NOW,
			).ok;
		expect(call(['a', 'b'])).toBe(true);
		expect([call(['a', 'c']), call(['c', 'b']), call(['b', 'a']), call(['a'])]).toEqual([false, false, false, false]);
	});
});

describe('a row speaks at every level that it names, also where another of its places would not', () => {
	test.each<[string, readonly Level[]]>([
		['N11', ['1', '2']],
		['N15', ['0', '1', '2', '3']],
		['S04', ['1', '2']],
	])('%s', (id, levels) => {
		const row = ROWS.find((one) => one.id === id);
		for (const level of levels)
			for (const one of ['hmi', 'server', 'network'] as const)
				expect(on(row!.actions[0]!, one, level).rows.map((say) => say.row)).toContain(id);
	});
});

test('taking back what cut something off waits for the eradication check (N05), whatever row speaks', () => {
	const before = withFact(best, 'eradication_confirmed', false);
	const waits = (action: string, level: Level) => on(action, 'server', level, before).holds.map((hold) => hold.rule);
	for (const action of ['unblock_indicator', 'unblock_internal', 'enable_account', 'release_host'])
		expect(waits(action, '4')).toContain('N05');
	expect(waits('enable_remote_access', '3.5')).toContain('N05');
	expect(waits('isolate_host', '4')).not.toContain('N05');
});

test('the matrix names what takes back one of a row’s actions beside them, where people are asked', () => {
	const [first] = policyMatrix().filter((entry) => entry.row === 'A01' && entry.class === 'ONE');
	expect(first?.actions).toEqual(expect.arrayContaining(['disable_account', 'enable_account']));
	expect(first?.actions).toEqual(expect.arrayContaining([...(ROWS.find((row) => row.id === 'A01')?.actions ?? [])]));
});

test('a step of a drill is judged like any other and gets no leave, neither to call nor to look', () => {
	const [real, drill] = ['inc_1', `${DRILL_PREFIX}_1`].map((incident) => step('isolate_host', { incident }));
	const ask = (of: ReturnType<typeof step>) => {
		const world = facts(asset('server', '4'), { readings: best });
		const { binding } = decide(of, world, NOW);
		const yes = { id: 'apr_1', step: of.id, person: 'it1', roles: [], answer: 'yes', reason: null, binding };
		const approvals = [{ ...yes, via: 'cli', at: NOW, expires_at: NOW + 600_000, withdrawn_at: null }] as const;
		return grant({ step: of, facts: world, approvals: [...approvals] as never, people: PEOPLE, now: NOW });
	};
	expect(ask(real!)).toMatchObject({ ok: true });
	const refused = ask(drill!);
	expect(refused).toMatchObject({
		ok: false,
		isRehearsal: true,
		waiting: [],
		reasons: [expect.stringContaining('drill')],
	});
	expect(refused).not.toHaveProperty('grant');
	expect(grantLook(real!, NOW)).not.toBeNull();
	expect(grantLook(drill!, NOW)).toBeNull();
});
