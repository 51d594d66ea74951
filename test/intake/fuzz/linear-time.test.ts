// The quick part of test/long/linear-time.test.ts: in every eighth place one of the shapes, each time others. LONG_SEED repeats a run.
import { describe, expect, it } from 'vitest';
import { kinds } from './bodies.ts';
import { faultsOf, UNITS } from './linear-time.ts';

const SEED = Number(process.env['LONG_SEED'] ?? Date.now() % 1_000_000);

describe(`reading time grows no faster than the body (LONG_SEED=${SEED})`, () => {
	it.each(kinds.map((kind, index) => [kind, SEED + index * 7] as const))(
		'of kind %s',
		(kind, start) => {
			const drawn = (place: number): string[] =>
				(start + place) % 8 === 0 ? [UNITS[(start + place * 3) % UNITS.length] ?? 'a'] : [];
			expect(faultsOf(kind, drawn)).toEqual([]);
		},
		120_000,
	);
});
