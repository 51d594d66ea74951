import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine, type Placement } from '../../src/correlation/engine.ts';
import { mergeClusters } from '../../src/correlation/merge-clusters.ts';
import type { Observation } from '../../src/correlation/observation.ts';
import { DEFAULT_SETTINGS } from '../../src/correlation/settings.ts';
import { areApart, detach, finalId, keepApart, newState, type State } from '../../src/correlation/state.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Window } from '../../src/domain/window.ts';
import { INVENTORY, START, seen } from './plant.ts';

function run(observations: readonly Observation[], windows: readonly Window[] = [], state: State = newState()) {
	const engine = createEngine({ inventory: INVENTORY, windows });
	let nth = 0;
	const placements: Placement[] = observations.map((item) => engine.place(state, item, () => `c${nth++}`));
	return { placements, state, engine, clusters: placements.map((item) => finalId(state, item.cluster)) };
}
const at = (minutes: number): number => START + minutes * MINUTE;

/** Ordinary life: lone messages on other hosts, so that the engine knows what is usual. */
const life = (from: number, count: number, gap = 20 * MINUTE): Observation[] =>
	Array.from({ length: count }, (_, i) =>
		seen({ at: from + i * gap, what: `usual ${i % 4}`, target: `pc-${10 + (i % 30)}`, severity: 'low' }),
	);

describe('each kind of evidence by itself', () => {
	it.each([
		['file', { hash: 'aa11' }, { hash: 'aa11' }, 30],
		['outside address', { address: '203.0.113.7' }, { address: '203.0.113.7' }, 240],
		['domain', { domain: 'bad.example' }, { domain: 'bad.example' }, 240],
		['user', { user: 'ann' }, { user: 'ann' }, 5],
	])('the same %s joins two hosts', (_, one, two, minutes) => {
		const { clusters, placements } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1', ...one }),
			seen({ at: at(minutes), what: 'beacon', target: 'pc-2', ...two }),
		]);
		expect(clusters[1]).toBe(clusters[0]);
		expect(placements[1]?.join.parts[0]?.detail).toMatch(/aa11|203\.0\.113\.7|bad\.example|ann/);
	});

	it('the same host joins different messages within an hour', () => {
		const { clusters } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1' }),
			seen({ at: at(30), what: 'persistence', target: 'pc-1' }),
		]);
		expect(new Set(clusters).size).toBe(1);
	});

	it('what was reached and now acts is a step along the path', () => {
		const { clusters, placements } = run([
			seen({ at: at(0), what: 'remote logon', target: 'jump', actor: 'pc-1' }),
			seen({ at: at(12), what: 'remote session', target: 'eng', actor: 'jump' }),
			seen({ at: at(25), what: 'program download', target: 'plc-3', actor: 'eng' }),
		]);
		expect(new Set(clusters).size).toBe(1);
		expect(placements[2]?.join.parts.map((part) => part.evidence)).toContain('step along the path');
	});

	it('nothing shared joins nothing, however close in time', () => {
		const { clusters } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1', user: 'ann' }),
			seen({ at: at(0), what: 'beacon', target: 'pc-2', user: 'bob' }),
		]);
		expect(new Set(clusters).size).toBe(2);
	});

	it('time takes the strength from a shared host', () => {
		const gaps = [10, 60, 6 * 60, 20 * 60];
		const scores = gaps.map((gap) => {
			const { placements } = run([
				seen({ at: at(0), what: 'dropper', target: 'pc-1' }),
				seen({ at: at(gap), what: 'persistence', target: 'pc-1' }),
			]);
			return placements[1]?.join.score ?? 0;
		});
		expect(scores).toEqual(scores.toSorted((a, b) => b - a));
		expect(scores[3]).toBeLessThan(DEFAULT_SETTINGS.threshold);
	});

	it('each join names its parts, and they add up to the score', () => {
		const { placements } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1', user: 'ann', hash: 'aa' }),
			seen({ at: at(9), what: 'beacon', target: 'pc-1', user: 'ann', hash: 'aa' }),
		]);
		const join = placements[1]?.join;
		const sum = join?.parts.reduce((total, part) => total + part.weight, 0) ?? 0;
		expect(join?.parts.length).toBeGreaterThan(2);
		expect(Math.abs(sum - (join?.score ?? 0))).toBeLessThan(0.1);
	});
});

describe('what everybody touches', () => {
	it('a jump host joins nothing by itself once many unrelated people use it', () => {
		const use = (i: number, minutes: number) =>
			seen({
				at: at(minutes),
				what: `logon ${i}`,
				target: 'jump',
				actor: `pc-${i}`,
				user: `user${i}`,
				severity: 'medium',
			});
		const { clusters } = run(Array.from({ length: 25 }, (_, i) => use(i, i * 40)));
		expect(new Set(clusters.slice(8)).size).toBe(17);
	});

	it('an attacker on a host is not mixed up with another outside address on it', () => {
		const { clusters } = run([
			...life(START - DAY, 40),
			seen({ at: at(0), what: 'exploit', target: 'pc-1', address: '203.0.113.7' }),
			seen({ at: at(4), what: 'web shell', target: 'pc-1', address: '203.0.113.7' }),
			seen({ at: at(40), what: 'p2p update', target: 'pc-1', address: '198.51.100.9', severity: 'low' }),
		]);
		expect(clusters.at(-2)).toBe(clusters.at(-3));
		expect(clusters.at(-1)).not.toBe(clusters.at(-2));
	});

	it('a plant full of lone messages stays lone messages', () => {
		const lone = Array.from({ length: 400 }, (_, i) =>
			seen({ at: START + i * 8 * MINUTE, what: `usual ${i % 9}`, target: `pc-${(i * 7) % 40}`, severity: 'low' }),
		);
		const { state, clusters } = run(lone);
		const sizes = new Map<string, number>();
		for (const id of clusters) sizes.set(id, (sizes.get(id) ?? 0) + 1);
		expect(Math.max(...sizes.values())).toBeLessThan(12);
		expect(state.clusters.size).toBeGreaterThan(30);
	});
});

describe('one cause, many alerts', () => {
	const burst = (count: number, gap: number): Observation[] =>
		Array.from({ length: count }, (_, i) =>
			seen({
				at: START + i * gap,
				what: `no answer ${i % 3}`,
				target: `plc-${i % 30}`,
				failure: true,
				severity: 'medium',
			}),
		);

	it('two hundred failures behind one switch are one incident, the first ones too', () => {
		const { clusters, placements } = run(burst(200, 2 * SECOND));
		expect(new Set(clusters).size).toBe(1);
		expect(placements.flatMap((item) => item.merges).length).toBe(DEFAULT_SETTINGS.stormHosts - 1);
	});

	it('the same number of failures spread over a day is no storm', () => {
		const { state } = run(burst(60, 24 * MINUTE));
		expect([...state.clusters.values()].some((cluster) => cluster.kind === 'storm')).toBe(false);
	});

	it('a process-safety alarm is never swallowed by a storm', () => {
		const alarm = seen({
			at: START + 90 * SECOND,
			what: 'gas high',
			target: 'plc-29',
			failure: true,
			safety: true,
			severity: 'critical',
		});
		const { clusters, state } = run([...burst(40, 2 * SECOND), alarm]);
		expect(state.clusters.get(clusters.at(-1) ?? '')?.kind).toBe('evidence');
		expect(clusters.filter((id) => id === clusters.at(-1))).toHaveLength(1);
	});

	it('a flapping monitor is one cluster over a night', () => {
		const { clusters } = run(
			Array.from({ length: 40 }, (_, i) =>
				seen({ at: at(i * 15), what: 'link flapping', target: 'io-3', failure: true, severity: 'medium' }),
			),
		);
		expect(new Set(clusters).size).toBe(1);
	});

	it('a condition that comes again after more than a day is new', () => {
		const { clusters } = run([
			seen({ at: at(0), what: 'disk full', target: 'io-3', failure: true, severity: 'medium' }),
			seen({ at: START + 20 * HOUR, what: 'disk full', target: 'io-3', failure: true, severity: 'medium' }),
			seen({ at: START + 60 * HOUR, what: 'disk full', target: 'io-3', failure: true, severity: 'medium' }),
		]);
		expect(clusters[1]).toBe(clusters[0]);
		expect(clusters[2]).not.toBe(clusters[0]);
	});

	it('one scanner over many hosts is one cluster', () => {
		const { clusters } = run(
			Array.from({ length: 30 }, (_, i) =>
				seen({ at: at(i * 2), what: `scan ${i % 2}`, target: `pc-${i}`, actor: 'scanner', severity: 'medium' }),
			),
		);
		expect(new Set(clusters).size).toBeLessThanOrEqual(2);
	});
});

describe('maintenance windows', () => {
	const window: Window = {
		change: 'CHG-1',
		start: START,
		end: START + 2 * HOUR,
		site: 'works',
		zone: 'line-1',
		assets: ['plc-1', 'plc-2'],
		from_host: 'eng',
		user: 'ann',
	};
	const work = (minutes: number, target: string, actor = 'eng', user = 'ann') =>
		seen({ at: at(minutes), what: 'program download', target, actor, user });

	it('the work of a window is one cluster and carries the change', () => {
		const { clusters, placements } = run([work(5, 'plc-1'), work(50, 'plc-2'), work(100, 'plc-1')], [window]);
		expect(new Set(clusters).size).toBe(1);
		expect(placements.map((item) => item.change)).toEqual(['CHG-1', 'CHG-1', 'CHG-1']);
	});

	it.each([
		['another host', work(60, 'plc-1', 'eng2')],
		['another user', work(60, 'plc-1', 'eng', 'bob')],
		['another asset', work(60, 'plc-9')],
		['after its end', work(160, 'plc-1')],
		[
			'from outside',
			seen({
				at: at(60),
				what: 'program download',
				target: 'plc-1',
				actor: 'eng',
				user: 'ann',
				address: '203.0.113.7',
			}),
		],
	])('%s is not the work of the window', (_, other) => {
		const { placements } = run([work(5, 'plc-1'), other], [window]);
		expect(placements[1]?.change).toBeNull();
	});
});

describe('late alerts, restarts and people', () => {
	it('an alert that comes late joins by its own time', () => {
		const { clusters } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1' }),
			seen({ at: at(20), what: 'beacon', target: 'pc-1' }),
			...life(at(21), 3, MINUTE),
			seen({ at: at(10), what: 'persistence', target: 'pc-1' }),
		]);
		expect(clusters.at(-1)).toBe(clusters[0]);
	});

	it('a state rebuilt from what was placed goes on as the first one would', () => {
		const early = [
			seen({ at: at(0), what: 'dropper', target: 'pc-1', user: 'ann' }),
			seen({ at: at(5), what: 'logon', target: 'pc-2', user: 'bob' }),
			seen({ at: at(9), what: 'beacon', target: 'pc-1', address: '203.0.113.7' }),
		];
		const later = seen({ at: at(30), what: 'exfiltration', target: 'pc-3', address: '203.0.113.7' });
		const { clusters, engine, state } = run(early);
		const again = newState();
		for (const [i, item] of early.entries()) engine.observe(again, item, clusters[i] ?? '');
		const one = engine.place(state, later, () => 'new');
		const other = engine.place(again, later, () => 'new');
		expect(other.cluster).toBe(one.cluster);
		expect(one.cluster).toBe(clusters[0]);
	});

	it('after a merge by people both clusters are one for what follows', () => {
		const { state, engine, clusters } = run([
			seen({ at: at(0), what: 'dropper', target: 'pc-1' }),
			seen({ at: at(0), what: 'beacon', target: 'pc-2' }),
		]);
		mergeClusters(state, clusters[1] ?? '', clusters[0] ?? '', engine.settings);
		const next = engine.place(state, seen({ at: at(10), what: 'persistence', target: 'pc-2' }), () => 'new');
		expect(next.cluster).toBe(clusters[0]);
	});

	it('a closed incident takes nothing more', () => {
		const { state, engine, clusters } = run([seen({ at: at(0), what: 'dropper', target: 'pc-1', hash: 'aa' })]);
		const cluster = state.clusters.get(clusters[0] ?? '');
		if (cluster !== undefined) cluster.closed = true;
		expect(
			engine.place(state, seen({ at: at(1), what: 'dropper', target: 'pc-1', hash: 'aa' }), () => 'new').cluster,
		).toBe('new');
	});

	it('an alert that people took out does not go back', () => {
		const first = seen({ at: at(0), what: 'dropper', target: 'pc-1', hash: 'aa' });
		const second = seen({ at: at(1), what: 'beacon', target: 'pc-1', hash: 'aa' });
		const { state, engine, clusters } = run([first, second]);
		detach(state, second.id, clusters[0] ?? '');
		expect(engine.place(state, second, () => 'new').cluster).toBe('new');
	});

	it('incidents that people keep apart are neither merged nor suggested again', () => {
		const parts = (): Observation[] => [
			seen({ at: at(0), what: 'exploit', target: 'pc-1', address: '203.0.113.7' }),
			seen({ at: at(3), what: 'web shell', target: 'pc-1', address: '203.0.113.7' }),
			seen({ at: at(0), what: 'dropper', target: 'pc-2', hash: 'aa' }),
			seen({ at: at(3), what: 'injection', target: 'pc-2', hash: 'aa' }),
		];
		const both = seen({
			at: at(6),
			what: 'beacon',
			target: 'pc-2',
			address: '203.0.113.7',
			hash: 'aa',
			severity: 'critical',
		});
		const free = run(parts());
		expect(free.engine.place(free.state, both, () => 'new').merges).toHaveLength(1);
		const bound = run(parts());
		keepApart(bound.state, bound.clusters[0] ?? '', bound.clusters[2] ?? '');
		const placement = bound.engine.place(bound.state, both, () => 'new');
		expect([placement.merges, placement.suggestions]).toEqual([[], []]);
	});

	it('what people keep apart stays so after one of the two has flowed into a third', () => {
		const lone = ['exploit', 'dropper', 'phishing'].map((what, i) => seen({ at: at(0), what, target: `pc-${i + 1}` }));
		const { state, clusters } = run(lone);
		const [one = '', other = '', third = ''] = clusters;
		keepApart(state, one, other);
		detach(state, 'taken-out', one);
		mergeClusters(state, one, third, DEFAULT_SETTINGS);
		expect([areApart(state, third, other), areApart(state, other, third)]).toEqual([true, true]);
		expect(state.apart.get('taken-out')?.has(third)).toBe(true);
		// Their own word to merge them counts more than what they said before.
		mergeClusters(state, other, third, DEFAULT_SETTINGS);
		expect(areApart(state, third, third)).toBe(false);
	});

	it('one alert that fits three incidents does not bring together two that people keep apart', () => {
		const marks = [{ address: '203.0.113.7' }, { hash: 'aa' }, { domain: 'bad.example' }];
		const parts = (): Observation[] =>
			marks.flatMap((mark, i) =>
				[0, 3].map((m) => seen({ at: at(m), what: `step ${i} ${m}`, target: `pc-${i + 1}`, ...mark })),
			);
		const all = seen({
			at: at(6),
			what: 'beacon',
			target: 'pc-1',
			severity: 'critical',
			...Object.assign({}, ...marks),
		});
		const free = run(parts());
		const ids = [0, 2, 4].map((i) => free.clusters[i] ?? '');
		const met = free.engine.place(free.state, all, () => 'new');
		expect(met.merges).toHaveLength(2);
		const bound = run(parts());
		const [one = '', other = ''] = met.merges.map((merge) => merge.from);
		expect(ids).toEqual(expect.arrayContaining([one, other]));
		keepApart(bound.state, one, other);
		bound.engine.place(bound.state, all, () => 'new');
		expect(finalId(bound.state, one)).not.toBe(finalId(bound.state, other));
	});
});

describe('laws', () => {
	const any = fc
		.record({
			minute: fc.integer({ min: 0, max: 3_000 }),
			what: fc.integer({ min: 0, max: 12 }),
			target: fc.integer({ min: 0, max: 12 }),
			actor: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
			address: fc.option(fc.integer({ min: 1, max: 4 }), { nil: null }),
			failure: fc.boolean(),
			severity: fc.constantFrom('informational', 'low', 'medium', 'high', 'critical'),
		})
		.map((given) =>
			seen({
				at: at(given.minute),
				what: `what ${given.what}`,
				target: `plc-${given.target}`,
				failure: given.failure,
				severity: given.severity as 'low',
				...(given.actor === null ? {} : { actor: `pc-${given.actor}` }),
				...(given.address === null ? {} : { address: `203.0.113.${given.address}` }),
			}),
		);

	it('the same alerts give the same answer, every alert in exactly one live cluster, and parts that add up', () => {
		fc.assert(
			fc.property(fc.array(any, { maxLength: 120 }), (observations) => {
				const one = run(observations);
				const other = run(observations);
				expect(other.placements).toEqual(one.placements);
				const merged = new Set(one.placements.flatMap((item) => item.merges.map((merge) => merge.from)));
				for (const id of one.clusters) expect(merged.has(id)).toBe(false);
				for (const { opened, join } of one.placements) {
					if (opened && join.parts.length === 0) continue;
					const sum = join.parts.reduce((total, part) => total + part.weight, 0);
					expect(Math.abs(sum - join.score)).toBeLessThan(0.15);
				}
			}),
			{ numRuns: 60 },
		);
	});

	it('alerts of one instant may come in any order', () => {
		fc.assert(
			fc.property(fc.array(any, { minLength: 2, maxLength: 30 }), fc.integer(), (observations, seed) => {
				const same = observations.map((item) => ({ ...item, at: START }));
				const turned = [...same.slice(Math.abs(seed) % same.length), ...same.slice(0, Math.abs(seed) % same.length)];
				expect(run(turned).clusters).toHaveLength(run(same).clusters.length);
			}),
			{ numRuns: 40 },
		);
	});

	it('memory and work for an alert do not grow with the alerts seen', () => {
		const engine = createEngine({ inventory: INVENTORY, windows: [] });
		const state = newState();
		let nth = 0;
		const sizes: number[] = [];
		for (let i = 0; i < 20_000; i++) {
			const item = seen({
				at: START + i * 75 * SECOND,
				what: `what ${i % 211}`,
				target: `pc-${(i * 17) % 40}`,
				user: `user${(i * 31) % 500}`,
				address: `203.0.${(i >> 8) % 200}.${i % 256}`,
				severity: 'medium',
			});
			engine.place(state, item, () => `c${nth++}`);
			if (i % 4_000 === 3_999) {
				const touches = [...state.touches.values()].reduce((sum, list) => sum + list.length, 0);
				sizes.push(state.clusters.size + touches + state.conditions.size + state.merged.size + state.storms.size);
			}
			if (i % 1_000 === 0) {
				const longest = Math.max(...[...state.touches.values()].map((list) => list.length));
				expect(longest).toBeLessThanOrEqual(DEFAULT_SETTINGS.touchesMax + 1);
			}
		}
		// After two days of event time nothing is added without something being forgotten.
		expect(sizes[4]).toBeLessThan((sizes[1] ?? 0) * 1.3);
		expect(state.rates.size).toBeLessThanOrEqual(DEFAULT_SETTINGS.ratesMax);
	});
});
