// Everything there is, through the gate: every action x class x level x zone x kind of approvals x value of every fact that the
// decision reads, one at a time and in pairs, from the best world and from the one of which nothing is known. Nothing is drawn
// unless LONG_SECONDS ends each part early: then cells come in an order by LONG_SEED (printed). The quick part of this stands in test/safety/laws.test.ts.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/domain/decision.ts';
import { FACT_NAMES, FACTS, type FactName, type FactValue } from '../../src/domain/fact.ts';
import { decide } from '../../src/safety/decide.ts';
import { grant } from '../../src/safety/grant.ts';
import { APPROVAL_KINDS, mustGrant } from '../safety/approvals.ts';
import { NOW, PEOPLE } from '../safety/plant.ts';
import {
	BEST_WORLD,
	type Cell,
	canRun,
	changed,
	decideSeen,
	everyCell,
	factsOf,
	fault,
	isNeverMissing,
	loosened,
	rankOf,
	UNKNOWN_WORLD,
	valuesOf,
	type World,
} from '../safety/worlds.ts';

/** The five parts share the time. */
const LIMIT_MS = Number(process.env['LONG_SECONDS'] ?? Number.POSITIVE_INFINITY) * 200;
const WORLDS: readonly (readonly [string, World])[] = [
	['best', BEST_WORLD],
	['unknown', UNKNOWN_WORLD],
];

const SEED = Number(process.env['LONG_SEED'] ?? Date.now() % 1_000_000);
if (Number.isFinite(LIMIT_MS)) process.stdout.write(`cells in the order of LONG_SEED=${SEED}\n`);

/** Every cell; where time may run out, in an order by the seed, so that each run sees others. */
function cells(): readonly Cell[] {
	const all = [...everyCell()];
	if (!Number.isFinite(LIMIT_MS)) return all;
	const place = (label: string): string => createHash('sha256').update(`${SEED} ${label}`).digest('hex');
	return all
		.map((cell) => [place(cell.label), cell] as const)
		.toSorted(([a], [b]) => (a < b ? -1 : 1))
		.map(([, cell]) => cell);
}

/** Counts cases and stops at the limit; says how far it came. */
function counter(what: string) {
	const startedAt = performance.now();
	let cases = 0;
	let looked = 0;
	return {
		add: (): void => void cases++,
		isOver: (): boolean => {
			looked++;
			return performance.now() - startedAt > LIMIT_MS;
		},
		report: (): number => {
			const seconds = (performance.now() - startedAt) / 1_000;
			process.stdout.write(`${what}: ${cases} cases on ${looked} cells in ${seconds.toFixed(1)} s\n`);
			return cases;
		},
	};
}

type Single = {
	readonly name: FactName;
	readonly value: FactValue;
	readonly decision: Decision;
	readonly reads: readonly FactName[];
};

/** All values of one fact, best to worst: none is looser than the one before. Those that differ from the world come back. */
function climb(cell: Cell, world: World, name: FactName, add: () => void): Single[] {
	let before: Decision | null = null;
	const found: Single[] = [];
	for (const value of valuesOf(name)) {
		const { decision, reads } = decideSeen(cell, changed(world, name, value));
		add();
		const wrong: string | null = fault(cell, decision) ?? (before === null ? null : loosened(before, decision));
		if (wrong !== null) expect.fail(`${cell.label}, ${name} ${String(value)}: ${wrong}`);
		before = decision;
		if (value !== undefined && value !== world.get(name)) found.push({ name, value, decision, reads });
	}
	return found;
}

/**
 * Two facts away from the world: against each of the two alone, and each value of the second against the one before it. A fact that
 * is read only once the first has changed changed nothing alone; the pair of it is seen from the first.
 */
function climbTwo(
	cell: Cell,
	world: World,
	first: Single,
	singles: readonly Single[],
	isBest: boolean,
	add: () => void,
): void {
	const moved = changed(world, first.name, first.value);
	const alone = new Set(singles.map((single) => single.name));
	const at = singles.findIndex((single) => single.name === first.name);
	for (const second of first.reads) {
		if (second === first.name) continue;
		// Two facts that the world's own decision reads are taken once, in their order.
		if (alone.has(second) && singles.findIndex((single) => single.name === second) < at) continue;
		let before: Decision | null = null;
		for (const value of FACTS[second].order) {
			if (value === world.get(second)) continue;
			const { decision } = decideSeen(cell, changed(moved, second, value));
			add();
			const own = singles.find((single) => single.name === second && single.value === value)?.decision;
			// From the best world every other value is worse; from the unknown one better, but for what is never missing.
			const along = (name: FactName, from: Decision): string | null =>
				isBest || isNeverMissing(name) ? loosened(from, decision) : loosened(decision, from);
			const wrong: string | null =
				fault(cell, decision) ??
				(before === null ? null : loosened(before, decision)) ??
				along(second, first.decision) ??
				(own === undefined ? null : along(first.name, own));
			if (wrong !== null)
				expect.fail(`${cell.label}, ${first.name} ${String(first.value)}, ${second} ${String(value)}: ${wrong}`);
			before = decision;
		}
	}
}

describe('the whole enumeration', () => {
	test('every fact that a decision reads, at every value, alone and with every other: never looser when worse', () => {
		const count = counter('facts');
		for (const cell of cells()) {
			if (count.isOver()) break;
			for (const [name, world] of WORLDS) {
				const { decision, reads } = decideSeen(cell, world);
				count.add();
				const wrong = fault(cell, decision);
				if (wrong !== null) expect.fail(`${cell.label} in the ${name} world: ${wrong}`);
				const singles = reads.flatMap((first) => climb(cell, world, first, count.add));
				for (const first of singles) climbTwo(cell, world, first, singles, name === 'best', count.add);
			}
		}
		expect(count.report()).toBeGreaterThan(10_000);
	});

	test('a fact that a decision did not read changes nothing in it, all of them at once', () => {
		const count = counter('independence');
		for (const cell of cells()) {
			if (count.isOver()) break;
			for (const [, world] of WORLDS) {
				const { decision, reads } = decideSeen(cell, world);
				const read = new Set(reads);
				for (const pick of [0, -1]) {
					const other = new Map(world);
					for (const name of FACT_NAMES) if (!read.has(name)) other.set(name, FACTS[name].order.at(pick));
					count.add();
					expect(decideSeen(cell, other).decision, cell.label).toEqual(decision);
				}
			}
		}
		expect(count.report()).toBeGreaterThan(1_000);
	});

	test('the unknown world is never treated better than the best one, nor an unknown target better than a known one', () => {
		const count = counter('unknown');
		for (const cell of cells()) {
			if (count.isOver()) break;
			const best = decideSeen(cell, BEST_WORLD).decision;
			const less: readonly [string, number][] = [
				['nothing stated', rankOf(decideSeen(cell, UNKNOWN_WORLD).decision)],
				['sources unsure', rankOf(decideSeen(cell, BEST_WORLD, { confidence_firm: 0 }).decision)],
				['inventory stale', rankOf(decideSeen(cell, BEST_WORLD, { inventory_confirmed_at: null }).decision)],
				['unlisted', rankOf(decideSeen({ ...cell, target: null }, BEST_WORLD).decision)],
			];
			for (const [what, rank] of less) {
				count.add();
				// HANDS and NEVER run alike: not at all.
				if (Math.min(rank, 3) < Math.min(rankOf(best), 3)) expect.fail(`${cell.label}, ${what}: looser than known`);
			}
		}
		expect(count.report()).toBeGreaterThan(1_000);
	});

	test('a rule of the site never loosens', () => {
		const count = counter('site rules');
		for (const cell of cells()) {
			if (count.isOver()) break;
			for (const [, world] of WORLDS) {
				const { decision } = decideSeen(cell, world);
				for (const site_rule of rulesFor(cell)) {
					const ruled = decideSeen(cell, world, { site_rules: [site_rule] }).decision;
					count.add();
					const wrong = fault(cell, ruled) ?? loosened(decision, ruled);
					if (wrong !== null) expect.fail(`${cell.label}, ${JSON.stringify(site_rule)}: ${wrong}`);
				}
			}
		}
		expect(count.report()).toBeGreaterThan(1_000);
	});

	test('every kind of approvals: leave is given where the class and the people allow it, and nowhere else', () => {
		const count = counter('approvals');
		let given = 0;
		for (const cell of cells()) {
			if (count.isOver()) break;
			for (const [, world] of WORLDS) {
				const facts = factsOf(cell, world);
				for (const kind of APPROVAL_KINDS) {
					const proposed = { ...cell.proposed, requested_by: kind.requester ?? 'bot' };
					const decision = decide(proposed, facts, NOW);
					const approvals = kind.approvals(decision, proposed);
					const answer = grant({ step: proposed, facts, approvals, people: PEOPLE, now: NOW });
					count.add();
					if (answer.ok) given++;
					const isPlaced = cell.target !== null && proposed.targets.length > 0;
					if (answer.ok !== mustGrant(kind, decision, proposed, isPlaced))
						expect.fail(`${cell.label}, ${kind.name}: ${decision.class}, granted: ${answer.ok}`);
					if (answer.ok && !canRun(decision)) expect.fail(`${cell.label}, ${kind.name}: granted ${decision.class}`);
				}
			}
		}
		expect(count.report()).toBeGreaterThan(10_000);
		expect(given).toBeGreaterThan(100);
	});
});

/** Rules of every class that fit the cell, that fit everything, and one that nobody can read. */
function rulesFor({ action, assetClass, level }: Cell): unknown[] {
	const rule = (decisionClass: string, match: object) => ({ id: 'r', match, class: decisionClass, reason: 'the site' });
	const classes = ['ONE', 'TWO', 'HANDS', 'NEVER'];
	return [
		...classes.map((decisionClass) => rule(decisionClass, {})),
		...classes.map((decisionClass) => rule(decisionClass, action === '' ? {} : { actions: [action] })),
		...(assetClass === null ? [] : [rule('TWO', { classes: [assetClass], sites: ['north'] })]),
		...(level === null ? [] : [rule('ONE', { levels: [level], zones: ['unit-1'] })]),
		rule('AUTO', {}),
	];
}
