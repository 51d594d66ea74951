// The laws of the gate, over everything there is: every action on every class at every level, every fact at every value, every
// kind of approvals. Nothing loosens when something gets worse, and no control effect is ever allowed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASSET_CLASSES, type AssetClass, LEVELS, type Level } from '../../src/domain/asset.ts';
import { type Approval, DECISION_CLASSES, type Decision } from '../../src/domain/decision.ts';
import { FACT_NAMES, FACTS, type FactName, type FactReading, type FactValue } from '../../src/domain/fact.ts';
import { ACTION_NAMES, ACTIONS, type ActionName, TOUCH_FREE_EFFECTS } from '../../src/safety/actions.ts';
import { decide, type Facts } from '../../src/safety/decide.ts';
import { grant } from '../../src/safety/grant.ts';
import { CONTROLLERS } from '../../src/safety/row.ts';
import { rowsOf } from '../../src/safety/table.ts';
import { APPROVAL_KINDS, type ApprovalKind, mustGrant } from './approvals.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, step, withFact, worstReadings, zone } from './plant.ts';
import {
	BEST_WORLD,
	type Cell,
	canRun as canRunAtAll,
	decideSeen,
	everyCell,
	factsOf,
	fault,
	UNKNOWN_WORLD,
} from './worlds.ts';

const rank = (decision: Decision): number => DECISION_CLASSES.indexOf(decision.class);
const canRun = (decision: Decision): boolean => rank(decision) <= 2;
const isTouchFree = (action: ActionName): boolean =>
	TOUCH_FREE_EFFECTS.some((effect) => effect === ACTIONS[action].effect);
const FORBIDDEN_EFFECTS = ['control', 'destroy', 'attack', 'raw'];

const BEST = bestReadings();
const WORST = worstReadings();
const snapshot = (assetClass: AssetClass, level: Level, readings: readonly FactReading[]): Facts =>
	facts(asset(assetClass, level), { readings });

/** Every action on every class at every level. */
function* everything(): Generator<readonly [ActionName, AssetClass, Level]> {
	for (const action of ACTION_NAMES)
		for (const one of ASSET_CLASSES) for (const level of LEVELS) yield [action, one, level];
}

/** One class and level for each way in which the table sees an action: the same rows and class in the best and the worst world. */
const KINDS: readonly (readonly [ActionName, AssetClass, Level])[] = (() => {
	const found = new Map<string, readonly [ActionName, AssetClass, Level]>();
	for (const kind of everything()) {
		const [action, one, level] = kind;
		const says = [BEST, WORST].map((readings) => {
			const decision = decide(step(action), snapshot(one, level, readings), NOW);
			return `${decision.class}:${decision.rows.map((say) => `${say.row}${say.class}`).join()}`;
		});
		// Actions that the same rows name, with the same effect and target, are one to the gate.
		const { effect, target, undoes } = ACTIONS[action];
		const key = `${effect} ${target} ${undoes !== null} ${rowsOf(undoes ?? action).map((row) => row.id)} ${says.join(' ')}`;
		if (!found.has(key)) found.set(key, kind);
	}
	return [...found.values()];
})();

/** What is wrong where `worse` is looser than `better`; null where the law holds. */
function loosened(better: Decision, worse: Decision): string | null {
	if (rank(worse) < rank(better)) return `${better.class} became ${worse.class}`;
	if (rank(worse) > rank(better)) return null;
	const waits = new Set(worse.holds.map((hold) => `${hold.rule} ${hold.reason}`));
	const lost = better.holds.filter((hold) => !waits.has(`${hold.rule} ${hold.reason}`));
	return lost.length === 0 ? null : `no longer waits: ${lost[0]?.rule} ${lost[0]?.reason}`;
}

const SEEN_BY_CODE: readonly FactName[] = [
	'inventory_current',
	'previous_attempt_failed',
	'indicator_external',
	'block_has_expiry',
];

/** Facts of the general rules: looked at whatever the row. */
const GENERAL: readonly FactName[] = [
	'inventory_current',
	'ot_dependency',
	'zone_state',
	'zone_safety_alarm_active',
	'zone_stable_confirmed',
	'dependency_checked',
	'process_effect_written',
	'rollback_tested',
	'view_remains_stated',
	'operator_informed',
	'identity_compromised',
	'out_of_band_confirmed',
	'parallel_ot_step',
	'previous_attempt_failed',
	'action_cuts_own_path',
	'fallback_confirmed',
	'eradication_confirmed',
	'window_open',
	'permit_open',
];

/** Every fact that a row of the action asks for, and those of the general rules. */
function factsReadFor(action: ActionName): Set<FactName> {
	const conditions = rowsOf(ACTIONS[action].undoes ?? action).flatMap((row) => [
		...row.cases.flatMap((option) => [...option.when, ...option.holds]),
		...row.proofs.map((proof) => proof.condition),
		...row.where.flatMap((where) => where.unless ?? []),
	]);
	return new Set([...GENERAL, ...conditions.flatMap((condition) => condition.any.map(({ fact }) => fact))]);
}

/** Equivalence classes of approvals: nobody, one side, both, one person for both, the requester, everybody. */
function approvalsOf(decision: Decision): Approval[][] {
	const by = (id: string): Approval => ({
		id: `apr-${id}`,
		step: 'stp_1',
		person: id,
		roles: [],
		answer: 'yes',
		reason: null,
		binding: decision.binding,
		via: 'slack',
		at: NOW - 1_000,
		expires_at: NOW + 600_000,
		withdrawn_at: null,
	});
	return [
		[],
		[by('it1')],
		[by('ot1')],
		[by('it1'), by('ot1')],
		[by('both'), by('both')],
		PEOPLE.map((one) => by(one.id)),
	];
}

describe('all combinations', () => {
	test('no control, destroying, attacking or raw action ever runs, whoever approves', () => {
		let looked = 0;
		for (const [action, one, level] of everything()) {
			if (!FORBIDDEN_EFFECTS.includes(ACTIONS[action].effect)) continue;
			for (const readings of [BEST, []]) {
				const world = snapshot(one, level, readings);
				const decision = decide(step(action), world, NOW);
				looked++;
				if (canRun(decision) || decision.needs.length > 0)
					expect.fail(`${action} on ${one} at ${level}: ${decision.class}`);
			}
		}
		expect(looked).toBeGreaterThan(10_000);
		for (const [action, one, level] of KINDS) {
			if (!FORBIDDEN_EFFECTS.includes(ACTIONS[action].effect)) continue;
			const world = snapshot(one, level, BEST);
			for (const approvals of approvalsOf(decide(step(action), world, NOW))) {
				expect(grant({ step: step(action), facts: world, approvals, people: PEOPLE, now: NOW }).ok, action).toBe(false);
			}
		}
	});

	test('nothing but telling and reading what is stored reaches controllers, level 0 or 1, or safety systems', () => {
		for (const [action, one, level] of everything()) {
			const isProtected = CONTROLLERS.includes(one) || one.startsWith('sis') || ['0', '1', 'unknown'].includes(level);
			if (!isProtected || isTouchFree(action) || ACTIONS[action].target === 'none') continue;
			const decision = decide(step(action), snapshot(one, level, BEST), NOW);
			if (canRun(decision)) expect.fail(`${action} on ${one} at ${level}: ${decision.class}`);
		}
	});

	test('when nothing is known, nothing runs but telling, recording and reading what is stored', () => {
		const ran = new Set<string>();
		for (const [action, one, level] of everything()) {
			const decision = decide(step(action), facts(asset(one, level), { readings: [], confidence_firm: 0 }), NOW);
			if (canRun(decision) && decision.holds.length === 0) ran.add(ACTIONS[action].effect);
			if (decision.class === 'AUTO' && !isTouchFree(action) && action !== 'query_historian')
				expect.fail(`${action} on ${one} at ${level}`);
		}
		// query_historian reads the replica, which R06 calls data already stored.
		expect([...ran].toSorted()).toEqual(['inform', 'observe', 'query', 'record']);
	});

	test('an unknown target never lets run what touches anything', () => {
		for (const action of ACTION_NAMES) {
			if (isTouchFree(action) || ACTIONS[action].target === 'none') continue;
			for (const target of [null, asset('unknown', '4'), asset('endpoint', 'unknown'), asset('unknown', 'unknown')]) {
				expect(canRun(decide(step(action), facts(target), NOW)), action).toBe(false);
			}
			const stale = facts(asset('endpoint', '4'), { inventory_confirmed_at: null });
			expect(canRun(decide(step(action), stale, NOW)), action).toBe(false);
			const sis = facts(asset('endpoint', '4'), { zones: { 'unit-1': zone({ sis: true }) } });
			expect(decide(step(action), sis, NOW).class, action).toBe('NEVER');
		}
	});

	test('every fact at every value, for every action: worse is never looser, and missing is never looser than anything', () => {
		let looked = 0;
		for (const [action, one, level] of KINDS) {
			const judge = (readings: readonly FactReading[]): Decision =>
				decide(step(action), snapshot(one, level, readings), NOW);
			const best = judge(BEST);
			const read = factsReadFor(action);
			// All the others at their worst at once change nothing, so none of them does alone.
			const others = FACT_NAMES.filter((name) => !read.has(name));
			expect(judge(others.reduce((readings, name) => withFact(readings, name, FACTS[name].worst), BEST))).toEqual(best);
			for (const name of read) {
				let before = best;
				for (const value of [...FACTS[name].order.slice(1), undefined]) {
					if (value === undefined && FACTS[name].promised) continue;
					const after = judge(withFact(BEST, name, value));
					looked++;
					// What the program sees itself is not lost when a person's word about it is.
					const fault = loosened(value === undefined && SEEN_BY_CODE.includes(name) ? best : before, after);
					if (fault !== null) expect.fail(`${action} on ${one} at ${level}, ${name} ${String(value)}: ${fault}`);
					before = after;
				}
			}
		}
		expect(looked).toBeGreaterThan(5_000);
	});
});

describe('approvals', () => {
	const bothWorlds = [BEST_WORLD, UNKNOWN_WORLD];

	/** Whether leave was given, checked against a second reading of the rules. */
	function ask(cell: Cell, world: typeof BEST_WORLD, kind: ApprovalKind): boolean {
		const asked = { ...cell.proposed, requested_by: kind.requester ?? 'bot' };
		const snapshot = factsOf(cell, world);
		const decision = decide(asked, snapshot, NOW);
		const approvals = kind.approvals(decision, asked);
		const answer = grant({ step: asked, facts: snapshot, approvals, people: PEOPLE, now: NOW });
		const isPlaced = cell.target !== null && asked.targets.length > 0;
		if (answer.ok !== mustGrant(kind, decision, asked, isPlaced))
			expect.fail(`${cell.label}, ${kind.name}: ${decision.class}, granted: ${answer.ok}`);
		return answer.ok;
	}

	// The long run takes every kind at every cell in both worlds: test/long/safety-enumeration.test.ts.
	test('of everybody and of one kind more, at every action, class and level: leave is given where class and people allow it', () => {
		const everybody = APPROVAL_KINDS.find((kind) => kind.name === 'everybody')!;
		let given = 0;
		let cells = 0;
		for (const cell of everyCell()) {
			cells++;
			// In a zone of safety systems nothing that touches anything runs: one cell in eight shows it.
			if (cell.isSisZone && cells % 8 !== 0) continue;
			const { decision } = decideSeen(cell, BEST_WORLD);
			const wrong = fault(cell, decision);
			if (wrong !== null) expect.fail(`${cell.label}: ${wrong}`);
			// What cannot run is refused before approvals are looked at; one cell in eight is asked all the same.
			if (!canRunAtAll(decision) && cells % 8 !== 0) continue;
			const kind = APPROVAL_KINDS[cells % APPROVAL_KINDS.length]!;
			if (ask(cell, BEST_WORLD, everybody)) given++;
			ask(cell, bothWorlds[cells % 2]!, kind);
		}
		expect(cells).toBeGreaterThan(50_000);
		expect(given).toBeGreaterThan(1_000);
	}, 120_000);

	test('of every kind, for every way in which the table sees an action', () => {
		const cells = new Map<string, Cell>();
		for (const cell of everyCell()) {
			if (cell.isSisZone) continue;
			const { decision } = decideSeen(cell, BEST_WORLD);
			if (!canRunAtAll(decision)) continue;
			const needs = decision.needs.map((need) => need.roles.join('+')).join(' and ');
			cells.set(
				`${decision.class} ${needs} ${decision.holds.length} ${decision.rows.map((say) => say.row).join(' ')}`,
				cell,
			);
		}
		expect(cells.size).toBeGreaterThan(40);
		for (const cell of cells.values()) {
			for (const kind of APPROVAL_KINDS) for (const world of bothWorlds) ask(cell, world, kind);
		}
	});
});

describe('combinations of facts, drawn', () => {
	const kind = fc.constantFrom(...KINDS);
	const factChoice = fc.record({ name: fc.constantFrom(...FACT_NAMES), pick: fc.nat(8), gone: fc.boolean() });
	const world = fc.array(factChoice, { maxLength: 12 });
	const valueAt = (name: (typeof FACT_NAMES)[number], pick: number): FactValue =>
		FACTS[name].order[pick % FACTS[name].order.length]!;
	const build = (
		choices: readonly { name: (typeof FACT_NAMES)[number]; pick: number; gone: boolean }[],
	): FactReading[] =>
		choices.reduce<FactReading[]>(
			(readings, { name, pick, gone }) =>
				withFact(readings, name, gone && !FACTS[name].promised ? undefined : valueAt(name, pick)),
			BEST,
		);

	test('making one fact worse, or unknown, never loosens', () => {
		fc.assert(
			fc.property(kind, world, factChoice, ([action, one, level], choices, { name, pick }) => {
				const readings = build(choices);
				const held = readings.find((reading) => reading.name === name);
				const before = decide(step(action), snapshot(one, level, readings), NOW);
				const order = FACTS[name].order;
				const from = held === undefined ? order.length - 1 : order.indexOf(held.value);
				const worse = order[Math.min(order.length - 1, from + (pick % order.length))]!;
				const base = held === undefined ? readings : withFact(readings, name, worse);
				expect(loosened(before, decide(step(action), snapshot(one, level, base), NOW))).toBeNull();
			}),
			{ numRuns: 3_000 },
		);
	});

	test('adding any rule of the site never loosens, and one that cannot be read refuses', () => {
		const siteRule = fc.record({
			id: fc.constant('rule'),
			match: fc.record(
				{
					actions: fc.array(fc.constantFrom(...ACTION_NAMES), { minLength: 1, maxLength: 5 }),
					classes: fc.array(fc.constantFrom(...ASSET_CLASSES), { minLength: 1, maxLength: 5 }),
					levels: fc.array(fc.constantFrom(...LEVELS), { minLength: 1, maxLength: 4 }),
					sites: fc.constant(['north']),
					zones: fc.constantFrom(['unit-1'], ['unit-2']),
				},
				{ requiredKeys: [] },
			),
			class: fc.constantFrom('ONE', 'TWO', 'HANDS', 'NEVER'),
			reason: fc.constant('the site says so'),
		});
		const anyRule = fc.oneof(
			siteRule,
			fc.anything(),
			fc.record({ id: fc.string(), match: fc.object(), class: fc.constant('AUTO') }),
		);
		fc.assert(
			fc.property(
				kind,
				world,
				fc.array(anyRule, { maxLength: 3 }),
				anyRule,
				([action, one, level], choices, rules, added) => {
					const readings = build(choices);
					const before = decide(step(action), { ...snapshot(one, level, readings), site_rules: rules }, NOW);
					const after = decide(step(action), { ...snapshot(one, level, readings), site_rules: [...rules, added] }, NOW);
					expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
				},
			),
			{ numRuns: 1_500 },
		);
	});

	test('what the inventory knows less about is never more allowed than hands', () => {
		fc.assert(
			fc.property(kind, world, ([action, one, level], choices) => {
				const readings = build(choices);
				const known = Math.min(rank(decide(step(action), snapshot(one, level, readings), NOW)), 3);
				for (const target of [null, asset('unknown', level), asset(one, 'unknown')]) {
					const blind = decide(step(action), facts(target, { readings }), NOW);
					expect(Math.min(rank(blind), 3)).toBeGreaterThanOrEqual(known);
				}
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe('rules of the site', () => {
	const rule = (match: object, decisionClass = 'NEVER') => ({
		id: 'no-night',
		match,
		class: decisionClass,
		reason: 'not at night',
	});
	const isolate = (site_rules: readonly unknown[], target = asset('endpoint', '4')) =>
		decide(step('isolate_host'), facts(target, { site_rules }), NOW);

	test('tighten what they match, with their id and reason', () => {
		const decision = isolate([rule({ actions: ['isolate_host'], sites: ['north'] }, 'TWO')]);
		expect(decision.class).toBe('TWO');
		expect(decision.rows[0]).toEqual({ row: 'site:no-night', class: 'TWO', reason: 'not at night' });
		expect(decision.needs.map((need) => need.side).toSorted()).toEqual(['it', 'ot']);
		expect(isolate([rule({ sites: ['south'] })]).class).toBe('AUTO');
		expect(isolate([rule({ assets: ['target-1'] })]).class).toBe('NEVER');
	});

	test.each<[object, boolean]>([
		[{ classes: ['endpoint'] }, true],
		[{ classes: ['plc'] }, false],
		[{ levels: ['4'] }, true],
		[{ levels: ['1', '5'] }, false],
		[{ sites: ['north'] }, true],
		[{ zones: ['unit-1'] }, true],
		[{ zones: ['unit-9'] }, false],
		[{ assets: ['other'] }, false],
		[{ effects: ['contain'] }, true],
		[{ effects: ['control'] }, false],
		[{ actions: ['restart'] }, false],
		[{ classes: ['endpoint'], levels: ['5'] }, false],
		[{ classes: ['endpoint'], levels: ['4'], sites: ['north'], zones: ['unit-1'], assets: ['target-1'] }, true],
	])('that match %j fit an office computer: %s', (match, fits) => {
		expect(isolate([rule(match)]).class).toBe(fits ? 'NEVER' : 'AUTO');
	});

	test('still match where the inventory has a hole', () => {
		expect(isolate([rule({ classes: ['plc'] })], asset('unknown', '4')).class).toBe('NEVER');
		expect(isolate([rule({ zones: ['unit-9'] })], asset('endpoint', '4', { zone: null })).class).toBe('NEVER');
		expect(isolate([rule({ levels: ['1'] })], asset('endpoint', 'unknown')).class).toBe('NEVER');
		const unlisted = decide(
			step('isolate_host'),
			facts(null, { site_rules: [rule({ classes: ['plc'], levels: ['5'] })] }),
			NOW,
		);
		expect(unlisted.class).toBe('NEVER');
	});

	test('that cannot be read stop everything but telling people', () => {
		for (const broken of [null, 7, 'x', {}, { ...rule({}), class: 'AUTO' }, { ...rule({}), more: 1 }]) {
			expect(isolate([broken]).class).toBe('NEVER');
			expect(decide(step('notify'), facts(null, { site_rules: [broken] }), NOW).class).toBe('AUTO');
		}
	});
});

describe('garbage', () => {
	test('never makes the gate throw, and never lets anything run', () => {
		fc.assert(
			fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
				const decision = decide(a as never, b as never, c as never);
				expect(canRun(decision)).toBe(false);
				const answer = grant({
					step: a as never,
					facts: b as never,
					approvals: [c] as never,
					people: [b] as never,
					now: c as never,
				});
				expect(answer.ok).toBe(false);
			}),
			{ numRuns: 1_000 },
		);
	});

	test('in single fields neither', () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...ACTION_NAMES),
				fc.anything(),
				fc.constantFrom('targets', 'params', 'id', 'attempt'),
				(action, junk, key) => {
					const asked = { ...step(action), [key]: junk } as never;
					expect(DECISION_CLASSES).toContain(decide(asked, facts(asset('plc', '1')), NOW).class);
				},
			),
			{ numRuns: 1_000 },
		);
	});

	test('a moment that is none refuses', () => {
		expect(decide(step('notify'), facts(null), Number.NaN).class).toBe('NEVER');
		expect(
			decide(step('isolate_host'), facts(asset('endpoint', '4'), { confidence_firm: Number.NaN }), NOW).class,
		).toBe('ONE');
	});
});
