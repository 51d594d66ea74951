import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mark, marksAfter, NOTHING_SEEN, type Seen, seenAfter } from '../../src/ledger/seal-plan.ts';

const LIMITS = { entries: 1_000, ms: 60_000 };

function seen(to: number, late: Readonly<Record<number, number>>): Seen {
	return { to, late: new Map(Object.entries(late).map(([number, since]) => [Number(number), since])) };
}

describe('what a sealer has seen', () => {
	it.each<[string, Seen, number[], number, Seen]>([
		['nothing', NOTHING_SEEN, [], 5, seen(0, {})],
		['one after the other', NOTHING_SEEN, [1, 2, 3], 5, seen(3, {})],
		['a number left out', seen(3, {}), [4, 6], 5, seen(6, { 5: 5 })],
		['the one that was late', seen(6, { 5: 5 }), [5, 7], 9, seen(7, {})],
		['one that is still late', seen(6, { 5: 5 }), [7], 9, seen(7, { 5: 5 })],
		['one that is given up after its time', seen(6, { 5: 5 }), [7], 60_005, seen(7, {})],
		['one that is given up far below', seen(6, { 5: 5 }), [1_006, 1_007], 9, seen(1_007, numbers(7, 1_005, 9))],
		['only the latest of a wide gap', NOTHING_SEEN, [5_000], 9, seen(5_000, numbers(4_000, 4_999, 9))],
	])('after %s', (_, before, found, now, after) => {
		expect(seenAfter(before, found, LIMITS, now)).toEqual(after);
	});

	it('loses no number that commits in any order within its time', () => {
		// Numbers 1 to n, each committed at a look of its own.
		fc.assert(
			fc.property(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 60 }), (commitsAt) => {
				let held: Seen = NOTHING_SEEN;
				const placed = new Set<number>();
				for (let look = 0; look <= 5; look++) {
					const committed = commitsAt.flatMap((at, i) => (at <= look && !placed.has(i + 1) ? [i + 1] : []));
					const found = committed.filter((number) => number > held.to || held.late.has(number));
					for (const number of found) placed.add(number);
					held = seenAfter(held, found, LIMITS, look * 500);
				}
				expect([...placed].sort((a, b) => a - b)).toEqual(commitsAt.map((_, i) => i + 1));
			}),
		);
	});
});

describe('where a wider look begins', () => {
	const HOUR = 3_600_000;
	const marks = (...ats: number[]): Mark[] => ats.map((at) => ({ to: at / 1_000, at }));

	it.each<[string, Mark[], number, number[]]>([
		['at the start', marks(0), 60_000, [0, 60_000]],
		['within the first hour at the start', marks(0, 60_000), HOUR - 1, [0, 60_000, HOUR - 1]],
		['after it an hour back', marks(0, 60_000, 120_000), HOUR + 60_000, [60_000, 120_000, HOUR + 60_000]],
		['after a pause at the newest one before the hour', marks(0, 60_000), 3 * HOUR, [60_000, 3 * HOUR]],
	])('%s', (_, before, now, kept) => {
		expect(marksAfter(before, now / 1_000, HOUR, now)).toEqual(marks(...kept));
	});
});

function numbers(from: number, to: number, at: number): Record<number, number> {
	return Object.fromEntries(Array.from({ length: to - from + 1 }, (_, i) => [from + i, at]));
}
