// A few hundred drawn worlds on every run, others each day; test/long/playbook-laws.test.ts plays 200,000.
import { describe, expect, it } from 'vitest';
import { brokenLaws, noTally } from './support/flow-laws.ts';

const SEED = Number(process.env['SEED'] ?? Math.floor(Date.now() / 86_400_000));
const PLAYS = 150;

describe(`drawn playbooks, plants and nights (SEED=${SEED})`, () => {
	it('never do what nobody may, never do it twice, and follow their order', () => {
		const tally = noTally();
		for (let play = 0; play < PLAYS; play++) {
			const seed = SEED * 1_000_000 + play;
			expect(brokenLaws(seed, tally), `seed ${seed}`).toEqual([]);
		}
		// A law about nothing would be none.
		expect(tally.calls, JSON.stringify(tally)).toBeGreaterThan(PLAYS / 6);
		expect(tally.branches).toBeGreaterThan(PLAYS / 4);
	});
});
