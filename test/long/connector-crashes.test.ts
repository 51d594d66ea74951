// The worker, or the process of its connector, is killed with SIGKILL at random requests of random calls of every kind that changes something,
// up to three times for one step; then a new one goes on. CRASHES says how many kills (1,000), SEED repeats a run, LONG_SECONDS bounds the
// time, LANES is how many steps are worked on at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceOf } from '../response/support/generated.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { CRASH_KINDS, createPool, dieThrough, drawDeaths, type Told } from '../services/crash-run.ts';

const CRASHES = Number(process.env['CRASHES'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const LONG_SECONDS = Number(process.env['LONG_SECONDS'] ?? 3_600);
const LANES = Number(process.env['LANES'] ?? 3);

describe(`${CRASHES} kills around calls (SEED=${SEED} CRASHES=${CRASHES} LONG_SECONDS=${LONG_SECONDS} LANES=${LANES})`, () => {
	let authority: Authority;
	let pool: ReturnType<typeof createPool>;
	beforeAll(() => {
		authority = openAuthority();
		pool = createPool(LANES);
	});
	afterAll(() => {
		pool.stop();
		authority.remove();
	});

	it('no effect happens twice, and what the ledger says of it is true', async () => {
		const told: Told = { deaths: 0, runs: 0, ended: {} };
		const until = Date.now() + LONG_SECONDS * 900;
		let next = 0;
		const lane = async (): Promise<void> => {
			while (told.deaths < CRASHES && Date.now() < until) {
				const at = next++;
				const kind = CRASH_KINDS[at % CRASH_KINDS.length] ?? '';
				// Each run is a number of its own, so that one that fails can be had again alone.
				const deaths = drawDeaths(chanceOf(SEED + at));
				await dieThrough(kind, deaths, pool, authority, told).catch((cause: unknown) => {
					throw new Error(`run ${at}: ${kind} ${JSON.stringify(deaths)}`, { cause });
				});
			}
		};
		await Promise.all(Array.from({ length: LANES }, lane));
		expect(told.deaths).toBeGreaterThan(0);
		console.log(`SEED=${SEED} kills=${told.deaths} steps=${told.runs}`, told.ended);
	});
});
