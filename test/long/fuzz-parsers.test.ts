// Hostile bodies over all parsers, many of them. FUZZ says how many (1,000,000), LONG_SEED which ones (printed), LONG_SECONDS when to
// stop. The laws stand in test/intake/fuzz/laws.ts, the bodies in test/intake/fuzz/bodies.ts; seconds of it run in the project `pure`.
import { setImmediate as breathe } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyBody, documentsOfOneKind } from '../intake/fuzz/bodies.ts';
import { checkCounts, checkLaws, newTally } from '../intake/fuzz/laws.ts';

const SEED = Number(process.env['LONG_SEED'] ?? Date.now() % 1_000_000);
const COUNT = Number(process.env['FUZZ'] ?? 1_000_000);
const LIMIT_MS = Number(process.env['LONG_SECONDS'] ?? Number.POSITIVE_INFINITY) * 1_000;
/** So many in one go, each go with a seed of its own: the failure names it, and other work of the process gets its turn in between. */
const PART = 2_000;
/** Of a hundred bodies so many are several documents together: the law of counts. */
const COUNTS_SHARE = 0.05;

test(`${COUNT} hostile bodies break no law (LONG_SEED=${SEED})`, async () => {
	const tally = newTally();
	const startedAt = performance.now();
	let tried = 0;
	for (let part = 0; tried < COUNT && performance.now() - startedAt < LIMIT_MS; part++) {
		const size = Math.min(PART, COUNT - tried);
		const counts = Math.round(size * COUNTS_SHARE);
		const seed = SEED + part;
		fc.assert(
			fc.property(anyBody, ({ kind, body }) => void checkLaws(kind, body, tally)),
			{ seed, numRuns: size - counts },
		);
		if (counts > 0) {
			fc.assert(
				fc.property(documentsOfOneKind, ({ kind, documents }) => checkCounts(kind, documents)),
				{ seed, numRuns: counts },
			);
		}
		tried += size;
		await breathe();
	}
	const seconds = Math.round((performance.now() - startedAt) / 1_000);
	process.stdout.write(`LONG_SEED=${SEED}: ${tried} inputs, ${seconds} s, ${JSON.stringify(tally)}\n`);
	if (LIMIT_MS === Number.POSITIVE_INFINITY) expect(tried).toBe(COUNT);
	expect(tally.alerts).toBeGreaterThan(tally.bodies / 10);
});
