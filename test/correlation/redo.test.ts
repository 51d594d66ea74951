import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEngine, type Move, moveOf } from '../../src/correlation/engine.ts';
import type { Observation } from '../../src/correlation/observation.ts';
import { finalId, newState, type State } from '../../src/correlation/state.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Window } from '../../src/domain/window.ts';
import { INVENTORY, START, seen } from './plant.ts';

const WINDOW: Window = {
	change: 'MOC-5',
	start: START + 30 * MINUTE,
	end: START + 90 * MINUTE,
	site: 'works',
	zone: null,
	assets: ['plc-1', 'plc-2'],
	from_host: 'eng',
	user: null,
};

/** Places the stream in batches; before each one the memory is made anew from what was kept of the ones before. */
function inBatches(stream: readonly Observation[], size: number): { clusters: string[]; state: State } {
	const engine = createEngine({ inventory: INVENTORY, windows: [WINDOW] });
	const kept: { observation: Observation; move: string }[] = [];
	let nth = 0;
	let state = newState();
	for (let i = 0; i < stream.length; i += size) {
		state = newState();
		// As text, because that is how it is kept.
		for (const item of kept) engine.redo(state, item.observation, JSON.parse(item.move) as Move);
		for (const observation of stream.slice(i, i + size)) {
			const placement = engine.place(state, observation, () => `c${nth++}`);
			kept.push({ observation, move: JSON.stringify(moveOf(placement)) });
		}
	}
	return { clusters: kept.map((item) => finalId(state, (JSON.parse(item.move) as Move).cluster)), state };
}

const background = fc
	.record({
		minute: fc.integer({ min: 0, max: 3_000 }),
		what: fc.integer({ min: 0, max: 8 }),
		target: fc.integer({ min: 0, max: 14 }),
		severity: fc.constantFrom('informational', 'low', 'medium', 'high'),
	})
	.map(({ minute, what, target, severity }) =>
		seen({
			at: START + minute * MINUTE,
			what: `usual ${what}`,
			target: `pc-${target}`,
			severity: severity as 'low',
		}),
	);

/** An intrusion: a file, an address and a user wander from host to host, up to a controller. */
const intrusion = fc
	.record({
		from: fc.integer({ min: 0, max: 2_000 }),
		gap: fc.integer({ min: 1, max: 240 }),
		first: fc.integer({ min: 0, max: 8 }),
		steps: fc.integer({ min: 2, max: 7 }),
		mark: fc.integer({ min: 1, max: 3 }),
	})
	.map(({ from, gap, first, steps, mark }) =>
		Array.from({ length: steps }, (_, i) =>
			seen({
				at: START + (from + i * gap) * MINUTE,
				what: `step ${i}`,
				target: i < 4 ? `pc-${first + i}` : `plc-${first + i}`,
				...(i === 0 ? { address: `203.0.113.${mark}` } : { actor: `pc-${first + i - 1}`, user: `user${mark}` }),
				...(i < 2 ? { hash: `ab${mark}` } : {}),
			}),
		),
	);

/** A switch or a zone fails: many hosts at once. */
const storm = fc
	.record({
		from: fc.integer({ min: 0, max: 2_500 }),
		hosts: fc.integer({ min: 5, max: 30 }),
		gap: fc.integer({ min: 1, max: 25 }),
		line: fc.constantFrom('plc', 'io'),
	})
	.map(({ from, hosts, gap, line }) =>
		Array.from({ length: hosts }, (_, i) =>
			seen({
				at: START + from * MINUTE + i * gap * SECOND,
				what: `no answer ${i % 2}`,
				target: `${line}-${i}`,
				severity: i % 5 === 0 ? 'high' : 'medium',
				failure: true,
			}),
		),
	);

const change = fc
	.integer({ min: 0, max: 120 })
	.map((minute) => [
		seen({ at: START + minute * MINUTE, what: 'logic loaded', target: 'plc-1', actor: 'eng' }),
		seen({ at: START + (minute + 4) * MINUTE, what: 'program stopped', target: 'plc-2', actor: 'eng' }),
	]);

/** Two days of a small plant, in order of arrival: nearly that of time. */
const days = fc
	.tuple(
		fc.array(background, { maxLength: 80 }),
		fc.array(intrusion, { maxLength: 4 }),
		fc.array(storm, { maxLength: 2 }),
		fc.array(change, { maxLength: 2 }),
		fc.integer({ min: 0, max: 5 }),
	)
	.map(([lone, intrusions, storms, changes, late]) =>
		[...lone, ...intrusions.flat(), ...storms.flat(), ...changes.flat()]
			.map((observation, i) => ({ observation, seenAt: observation.at + ((i * 37) % 7) * late * 10 * SECOND }))
			.sort((a, b) => a.seenAt - b.seenAt)
			.map((item) => item.observation),
	);

describe('memory that is made anew', () => {
	it.each([7, 200])('gives the same clusters in batches of %i as in one run, and the same memory', (size) => {
		fc.assert(
			fc.property(days, (stream) => {
				const whole = inBatches(stream, Number.POSITIVE_INFINITY);
				const parts = inBatches(stream, size);
				expect(parts.clusters).toEqual(whole.clusters);
				expect(parts.state).toEqual(whole.state);
			}),
			{ numRuns: 60 },
		);
	});

	it('gives the same where it is made anew for every single alert', () => {
		fc.assert(
			fc.property(days, (stream) => {
				const short = stream.slice(0, 120);
				expect(inBatches(short, 1)).toEqual(inBatches(short, Number.POSITIVE_INFINITY));
			}),
			{ numRuns: 15 },
		);
	});

	it('goes on with a storm, a window and an intrusion that are under way', () => {
		const fail = (i: number) =>
			seen({
				at: START + i * 5 * SECOND,
				what: 'no answer',
				target: `plc-${i}`,
				severity: 'medium',
				failure: true,
			});
		const load = (minute: number, target: string) =>
			seen({ at: START + minute * MINUTE, what: `logic on ${target}`, target, actor: 'eng' });
		const stream = [
			...Array.from({ length: 26 }, (_, i) => fail(i)),
			load(40, 'plc-1'),
			load(60, 'plc-2'),
			load(70, 'plc-1'),
		];
		const { clusters, state } = inBatches(stream, 10);
		expect(new Set(clusters.slice(0, 26)).size).toBe(1);
		expect(state.clusters.get(clusters[0] ?? '')?.kind).toBe('storm');
		expect(new Set(clusters.slice(26)).size).toBe(1);
		expect(state.clusters.get(clusters[26] ?? '')?.kind).toBe('window');
	});
});
