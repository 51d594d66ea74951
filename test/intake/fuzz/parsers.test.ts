// The quick part of test/long/fuzz-parsers.test.ts: seconds of it on every run, each time with other bodies. LONG_SEED repeats a run.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBody, documentsOfOneKind, fixtures } from './bodies.ts';
import { checkCounts, checkLaws, newTally } from './laws.ts';

const SEED = Number(process.env['LONG_SEED'] ?? Date.now() % 1_000_000);
const PART_MS = 2_500;
const time = { interruptAfterTimeLimit: PART_MS, markInterruptAsFailure: false, numRuns: 1_000_000, seed: SEED };

describe(`hostile bodies (LONG_SEED=${SEED})`, () => {
	it('the stored samples keep the laws as they are', () => {
		const tally = newTally();
		for (const { kind, text } of fixtures) checkLaws(kind, text, tally);
		expect(tally.alerts).toBeGreaterThan(fixtures.length);
	});

	it('no body breaks a law of the parsers', () => {
		const tally = newTally();
		fc.assert(
			fc.property(anyBody, ({ kind, body }) => void checkLaws(kind, body, tally)),
			time,
		);
		expect(tally.alerts).toBeGreaterThan(0);
	});

	it('documents one a line give what they give alone', () => {
		let tried = 0;
		fc.assert(
			fc.property(documentsOfOneKind, ({ kind, documents }) => {
				checkCounts(kind, documents);
				tried++;
			}),
			time,
		);
		expect(tried).toBeGreaterThan(0);
	});
});
