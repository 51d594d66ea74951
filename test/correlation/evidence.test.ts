import { describe, expect, it } from 'vitest';
import { createEngine, type Placement } from '../../src/correlation/engine.ts';
import type { Observation } from '../../src/correlation/observation.ts';
import { finalId, keepApart, newState } from '../../src/correlation/state.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';
import { INVENTORY, START, seen } from './plant.ts';

function run(observations: readonly Observation[]) {
	const engine = createEngine({ inventory: INVENTORY, windows: [] });
	const state = newState();
	let nth = 0;
	const placements: Placement[] = observations.map((item) => engine.place(state, item, () => `c${nth++}`));
	return { placements, state, engine, clusters: placements.map((item) => finalId(state, item.cluster)) };
}
const at = (minutes: number): number => START + DAY + minutes * MINUTE;
const evidence = (placement: Placement | undefined): string[] =>
	placement?.join.parts.map((part) => part.evidence) ?? [];
/** Five quiet days, so that the engine knows what is usual. */
const quiet = (): Observation[] =>
	Array.from({ length: 60 }, (_, i) =>
		seen({
			at: START - 4 * DAY + i * 2 * HOUR,
			what: `usual ${i % 4}`,
			target: `pc-${10 + (i % 30)}`,
			severity: 'low',
		}),
	);

describe('a slow campaign', () => {
	const steps = (titles: readonly string[], gap: number): Observation[] =>
		titles.map((what, i) =>
			seen({ at: at(0) + i * gap, what, target: 'pc-1', severity: 'medium', tactic: 'execution', user: 'ann' }),
		);
	const TITLES = ['odd macro', 'new service', 'memory dump', 'archive made', 'odd upload'];

	it('of steps seven hours apart on one host ends as one, also the steps that stood alone at first', () => {
		const { placements, state } = run([...quiet(), ...steps(TITLES, 7 * HOUR)]);
		const ends = placements.slice(60).map((item) => finalId(state, item.cluster));
		expect(new Set(ends).size).toBe(1);
	});

	it('a burst on a host says nothing about what happened there half a day before', () => {
		const early = seen({ at: at(-660), what: 'update failed', target: 'pc-1', severity: 'medium' });
		const { placements, state } = run([...quiet(), early, ...steps(TITLES, 2 * MINUTE)]);
		const ends = placements.slice(60).map((item) => finalId(state, item.cluster));
		expect(new Set(ends.slice(1)).size).toBe(1);
		expect(ends[0]).not.toBe(ends[1]);
	});

	it('does not take in what people keep apart', () => {
		const before = [-80, -55, -30].map((hours) =>
			seen({ at: at(hours * 60), what: 'usual 1', target: 'pc-1', severity: 'low' }),
		);
		const stream = [...quiet(), ...before, ...steps(TITLES, 8 * HOUR)].sort((a, b) => a.at - b.at);
		const free = run(stream);
		const proven = free.placements.findIndex((item) => evidenceOf(item).includes('slow campaign'));
		expect(proven).toBeGreaterThan(0);
		const bound = run(stream.slice(0, proven));
		const merged = free.placements[proven]?.merges[0];
		keepApart(bound.state, merged?.from ?? '', merged?.into ?? '');
		const placement = bound.engine.place(bound.state, stream[proven] as Observation, () => 'new');
		expect(placement.merges).toEqual([]);
	});
	const evidenceOf = (placement: Placement): string[] =>
		placement.merges.flatMap((merge) => merge.join.parts.map((part) => part.evidence));
});

describe('what speaks against one incident', () => {
	const inside = (): Observation[] => [
		seen({ at: at(0), what: 'exploit', target: 'pc-1', address: '203.0.113.7', tactic: 'initial-access' }),
		seen({ at: at(4), what: 'web shell', target: 'pc-1', address: '203.0.113.7', tactic: 'persistence' }),
		seen({ at: at(9), what: 'memory dump', target: 'pc-1', user: 'ann', tactic: 'credential-access' }),
	];

	it('a way in of its own, on a host that an incident holds already, is another incident', () => {
		const next = { at: at(40), target: 'pc-1', severity: 'medium' } as const;
		const { clusters, placements } = run([
			...quiet(),
			...inside(),
			seen({ ...next, what: 'phishing mail opened', tactic: 'initial-access' }),
		]);
		expect(evidence(placements.at(-1))).toContain('a way in of its own');
		expect(clusters.at(-1)).not.toBe(clusters[60]);
		const later = run([...quiet(), ...inside(), seen({ ...next, what: 'files packed', tactic: 'collection' })]);
		expect(later.clusters.at(-1)).toBe(later.clusters[60]);
	});

	it('another account on the same host is another one', () => {
		const { clusters, placements } = run([
			...quiet(),
			...inside(),
			seen({ at: at(40), what: 'odd tool', target: 'pc-1', user: 'bob', tactic: 'execution' }),
		]);
		expect(evidence(placements.at(-1))).toContain('another user on this host');
		expect(clusters.at(-1)).not.toBe(clusters[60]);
	});

	it('through one jump host to two control hosts are two incidents', () => {
		const { placements } = run([
			...quiet(),
			seen({ at: at(0), what: 'remote logon', target: 'jump', actor: 'pc-1', tactic: 'lateral-movement' }),
			seen({ at: at(3), what: 'remote session', target: 'eng', actor: 'jump', tactic: 'initial-access' }),
			seen({ at: at(60), what: 'remote session', target: 'eng2', actor: 'jump', tactic: 'initial-access' }),
		]);
		const [, session, other] = placements.slice(60);
		expect(session?.cluster).toBe(placements[60]?.cluster);
		expect(other?.cluster).not.toBe(session?.cluster);
	});

	it('the same two hosts go on with each other hours later, where each of them is named by many', () => {
		const busy = Array.from({ length: 40 }, (_, i) =>
			seen({
				at: START + i * 30 * MINUTE,
				what: `usual ${i % 5}`,
				target: `plc-${i % 20}`,
				actor: 'eng',
				severity: 'low',
			}),
		);
		const { clusters, placements } = run([
			...busy,
			seen({ at: at(0), what: 'remote session', target: 'eng', actor: 'jump', tactic: 'initial-access' }),
			seen({ at: at(3), what: 'script run', target: 'eng', actor: 'jump', tactic: 'execution' }),
			seen({ at: at(240), what: 'account used', target: 'eng', actor: 'jump', tactic: 'persistence' }),
		]);
		expect(evidence(placements.at(-1))[0]).toBe('same two hosts');
		expect(clusters.at(-1)).toBe(clusters[40]);
	});

	it('a name alone carries no incident to a host that it never reached, hours later', () => {
		const { clusters } = run([
			...quiet(),
			...inside(),
			seen({ at: at(120), what: 'odd tool', target: 'pc-2', user: 'ann', severity: 'medium', tactic: 'execution' }),
		]);
		expect(clusters.at(-1)).not.toBe(clusters[60]);
	});

	it('what happens on a host that was scanned is no part of the scan', () => {
		const scan = Array.from({ length: 20 }, (_, i) =>
			seen({ at: at(i), what: 'port probed', target: `pc-${i}`, actor: 'scanner', severity: 'medium' }),
		);
		const { clusters, placements } = run([
			...quiet(),
			...scan,
			seen({ at: at(35), what: 'odd macro', target: 'pc-19', user: 'ann', severity: 'medium', tactic: 'execution' }),
		]);
		expect(new Set(clusters.slice(60, 80)).size).toBe(1);
		expect(evidence(placements.at(-1))).toContain('without the one that acts');
		expect(clusters.at(-1)).not.toBe(clusters[79]);
	});

	it('what flaps is no incident, and what happens on the same thing is no part of it', () => {
		const flaps = Array.from({ length: 14 }, (_, i) =>
			seen({ at: at(i * 20), what: 'fan slow', target: 'pc-1', severity: 'medium', failure: true }),
		);
		const { clusters } = run([
			...quiet(),
			...flaps,
			seen({ at: at(14 * 20 + 60), what: 'exploit', target: 'pc-1', address: '203.0.113.7', tactic: 'initial-access' }),
		]);
		expect(new Set(clusters.slice(60, 74)).size).toBe(1);
		expect(clusters.at(-1)).not.toBe(clusters[73]);
	});
});
