// A sample of test/long/connector-crashes.test.ts: each kind that changes something once, killed right after its effect, and a few draws.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceOf } from '../response/support/generated.ts';
import { type Authority, openAuthority } from './certificates.ts';
import { CRASH_KINDS, createPool, dieThrough, drawDeaths, type Told } from './crash-run.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const SECONDS = Number(process.env['LONG_SECONDS'] ?? 10);

let authority: Authority;
let pool: ReturnType<typeof createPool>;
beforeAll(() => {
	authority = openAuthority();
	pool = createPool(2);
});
afterAll(() => {
	pool.stop();
	authority.remove();
});

describe(`a worker that is killed around a call (SEED=${SEED} LONG_SECONDS=${SECONDS})`, () => {
	it('does nothing twice, and what the ledger says of it is true', async () => {
		const told: Told = { deaths: 0, runs: 0, ended: {} };
		const until = Date.now() + SECONDS * 1_000;
		const chance = chanceOf(SEED);
		const begin = Math.floor(chance() * CRASH_KINDS.length);
		for (let at = 0; Date.now() < until && at < CRASH_KINDS.length; at++) {
			const kind = CRASH_KINDS[(begin + at) % CRASH_KINDS.length] ?? '';
			await dieThrough(kind, drawDeaths(chance), pool, authority, told);
		}
		expect(told.deaths).toBeGreaterThan(0);
		console.log(`SEED=${SEED} kills=${told.deaths} steps=${told.runs}`, told.ended);
	});
});
