// kill -9 at many random moments during the demo's story. CRASHES says how many (20), SEED repeats a run, LONG_SECONDS bounds the time.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type CrashRun, chanceOf, checkLaws, drawKills, tellWithKills } from '../e2e/crash-run.ts';
import { openWorld, type World } from '../e2e/program.ts';

const CRASHES = Number(process.env['CRASHES'] ?? 20);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const LONG_SECONDS = Number(process.env['LONG_SECONDS'] ?? 600);
/** Of the whole time: the kills, then coming to rest (a lease of the dead ends after a minute). */
const REST_MS = 150_000;
const SPREAD_MS = Math.min(9_000, Math.max(1_000, ((LONG_SECONDS * 1000 - REST_MS) / CRASHES - 400) * 1.5));

describe(`${CRASHES} kills during the demo's story (SEED=${SEED} CRASHES=${CRASHES} LONG_SECONDS=${LONG_SECONDS})`, () => {
	let world: World;
	let run: CrashRun;
	beforeAll(
		async () => {
			world = await openWorld();
			const kills = drawKills(chanceOf(SEED), CRASHES, SPREAD_MS);
			// The story lasts as long as the kills do.
			const storyMs = kills.reduce((sum, kill) => sum + kill.afterMs, 0);
			run = await tellWithKills(world, kills, Math.max(0.5, 120_000 / storyMs), REST_MS);
		},
		(LONG_SECONDS + 60) * 1000 + REST_MS,
	);
	afterAll(() => world?.close());

	it('lose no accepted alert and no decision, call nothing twice, double no message, and leave a ledger that verifies', async () => {
		await checkLaws(world, run);
	});
});
