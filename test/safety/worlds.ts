// Every cell of the table and every world around it, for the tests that go through all of them. Which facts a decision reads is
// seen, not assumed: each fact has a statement about nobody, and looking at whom it is about leaves a trace.
import { ASSET_CLASSES, type Asset, type AssetClass, LEVELS, type Level } from '../../src/domain/asset.ts';
import { DECISION_CLASSES, type Decision } from '../../src/domain/decision.ts';
import { FACT_NAMES, FACTS, type FactName, type FactReading, type FactValue } from '../../src/domain/fact.ts';
import { ACTION_NAMES, ACTIONS, isActionName } from '../../src/safety/actions.ts';
import { decide, type Facts, type ProposedStep } from '../../src/safety/decide.ts';
import { asset, NOW, SUBJECT, state, step, zone } from './plant.ts';

/** Names that a playbook may write and the catalogue does not have. */
const STRANGE_ACTIONS = ['no_such_action', 'ISOLATE_HOST', 'isolate_host ', '__proto__', ''];
export const EVERY_ACTION: readonly string[] = [...ACTION_NAMES, ...STRANGE_ACTIONS];

/** One action on one thing. `bare`: only an account and an indicator are named. */
export type Cell = {
	readonly action: string;
	readonly label: string;
	readonly proposed: ProposedStep;
	readonly target: Asset | null;
	readonly zones: Facts['zones'];
	readonly assetClass: AssetClass | null;
	readonly level: Level | null;
	readonly isSisZone: boolean;
};

const ZONES = { 'unit-1': zone() };
const SIS_ZONES = { 'unit-1': zone({ sis: true, ranges: ['10.9.0.0/24'] }) };

/** The action on every class at every level, in a zone of safety systems and outside one, on what nobody has listed, and on nothing. */
export function* cellsOf(action: string): Generator<Cell> {
	const proposed = step(action);
	for (const isSisZone of [false, true]) {
		const zones = isSisZone ? SIS_ZONES : ZONES;
		const where = isSisZone ? ' in an SIS zone' : '';
		const base = { action, zones, isSisZone };
		for (const assetClass of ASSET_CLASSES) {
			for (const level of LEVELS) {
				const label = `${action} on ${assetClass} at ${level}${where}`;
				yield { ...base, label, proposed, target: asset(assetClass, level), assetClass, level };
			}
		}
		const unlisted = { ...base, target: null, assetClass: null, level: null };
		yield { ...unlisted, label: `${action} on an unlisted name${where}`, proposed };
		const address = { ...proposed, targets: ['10.9.0.4'] };
		yield { ...unlisted, label: `${action} on an unlisted address${where}`, proposed: address };
		const bare = { ...proposed, targets: [] };
		yield { ...unlisted, label: `${action} on no asset${where}`, proposed: bare };
	}
}

export function* everyCell(): Generator<Cell> {
	for (const action of EVERY_ACTION) yield* cellsOf(action);
}

/** A world: what is stated of each fact; undefined is not stated. */
export type World = ReadonlyMap<FactName, FactValue | undefined>;
export const BEST_WORLD: World = new Map(FACT_NAMES.map((name) => [name, FACTS[name].order[0]]));
export const UNKNOWN_WORLD: World = new Map(FACT_NAMES.map((name) => [name, undefined]));

export function changed(world: World, name: FactName, value: FactValue | undefined): World {
	return new Map(world).set(name, value);
}

/** Names of the facts that decisions have looked at since it was cleared. */
const seen = new Set<FactName>();

const SENTINELS: readonly FactReading[] = FACT_NAMES.map((name) => {
	const reading = state(name, FACTS[name].worst);
	return Object.defineProperty(reading, 'subject', {
		get: () => {
			seen.add(name);
			return 'nobody';
		},
	});
});

const STATED: ReadonlyMap<FactName, ReadonlyMap<FactValue, readonly FactReading[]>> = new Map(
	FACT_NAMES.map((name) => {
		const subjects =
			FACTS[name].subject === 'target' ? ['target-1', SUBJECT.account, SUBJECT.indicator, SUBJECT.session] : [];
		const of = (value: FactValue): FactReading[] => {
			const own = state(name, value);
			return subjects.length === 0 ? [own] : subjects.map((subject) => ({ ...own, subject }));
		};
		return [name, new Map(FACTS[name].order.map((value) => [value, of(value)]))];
	}),
);

const made = new WeakMap<World, readonly FactReading[]>();

function readingsOf(world: World): readonly FactReading[] {
	const held = made.get(world);
	if (held !== undefined) return held;
	const readings = [...SENTINELS];
	for (const [name, value] of world) {
		if (value !== undefined) readings.push(...(STATED.get(name)?.get(value) ?? []));
	}
	made.set(world, readings);
	return readings;
}

export function factsOf(cell: Cell, world: World, more: Partial<Facts> = {}): Facts {
	return {
		targets: { 'target-1': cell.target },
		zones: cell.zones,
		inventory_confirmed_at: NOW - 3_600_000,
		readings: readingsOf(world),
		freezes: [],
		confidence_firm: 1,
		automatic_last_hour: 0,
		site_rules: [],
		...more,
	};
}

export type Seen = { readonly decision: Decision; readonly reads: readonly FactName[] };

/** The decision, and every fact that it looked at. */
export function decideSeen(cell: Cell, world: World, more: Partial<Facts> = {}): Seen {
	const snapshot = factsOf(cell, world, more);
	seen.clear();
	const decision = decide(cell.proposed, snapshot, NOW);
	return { decision, reads: [...seen] };
}

export const rankOf = (decision: Decision): number => DECISION_CLASSES.indexOf(decision.class);
export const canRun = (decision: Decision): boolean => rankOf(decision) <= 2;

/** What is wrong where `worse` is looser than `better`; null where the law holds. A wait that ends is looser, too. */
export function loosened(better: Decision, worse: Decision): string | null {
	const [before, after] = [rankOf(better), rankOf(worse)];
	if (after < before) return `${better.class} became ${worse.class}`;
	if (after > before || better.holds.length === 0) return null;
	const waits = new Set(worse.holds.map((hold) => `${hold.rule} ${hold.reason}`));
	const lost = better.holds.find((hold) => !waits.has(`${hold.rule} ${hold.reason}`));
	return lost === undefined ? null : `no longer waits: ${lost.rule} ${lost.reason}`;
}

/** Facts that the program sees itself: where nobody states them, what it sees stands. */
const SEEN_BY_CODE: readonly FactName[] = [
	'inventory_current',
	'previous_attempt_failed',
	'indicator_external',
	'block_has_expiry',
];

/** Whether not stating the fact is as good as its best: the product keeps it, or sees it itself. */
export function isNeverMissing(name: FactName): boolean {
	return FACTS[name].promised || SEEN_BY_CODE.includes(name);
}

/** The values of a fact from best to worst, and `undefined` where not stating it must count as the worst. */
export function valuesOf(name: FactName): readonly (FactValue | undefined)[] {
	return isNeverMissing(name) ? FACTS[name].order : [...FACTS[name].order, undefined];
}

/** Effects that the bot has no way to carry out: whatever is known and whoever approves. */
const FORBIDDEN_EFFECTS = ['control', 'destroy', 'attack', 'raw'];
const TOUCH_FREE = ['inform', 'record', 'observe'];
const CONTROLLERS = ['dcs', 'plc', 'rtu', 'ied', 'io', 'bms_controller', 'unknown'];

/**
 * What is wrong with a decision by itself, written down here a second time and without the table: no control, nothing on
 * controllers, safety systems or the unknown; null where nothing is.
 */
export function fault({ action, assetClass, level, isSisZone, proposed }: Cell, decision: Decision): string | null {
	if (!canRun(decision)) return decision.needs.length > 0 ? 'asks for approvals of what cannot run' : null;
	if (!isActionName(action)) return `an unknown action is ${decision.class}`;
	const { effect, target } = ACTIONS[action];
	if (FORBIDDEN_EFFECTS.includes(effect)) return `effect ${effect} is ${decision.class}`;
	if (effect === 'policy' && decision.class !== 'TWO') return `the gate's own ground is ${decision.class}`;
	if (decision.class !== 'AUTO' && decision.needs.length < (decision.class === 'TWO' ? 2 : 1))
		return 'too few approvals';
	if (TOUCH_FREE.includes(effect)) return null;
	if (proposed.targets.length === 0) return target === 'asset' ? `on nothing is ${decision.class}` : null;
	if (effect === 'policy') return null;
	const isSis = isSisZone || assetClass === 'sis' || assetClass === 'sis_workstation';
	if (isSis) return `on a safety system is ${decision.class}`;
	if (assetClass === null || level === null) return `on an unlisted thing is ${decision.class}`;
	if (CONTROLLERS.includes(assetClass)) return `on a controller is ${decision.class}`;
	if (level === 'unknown' || level === '0' || level === '1') return `at level ${level} is ${decision.class}`;
	return null;
}
