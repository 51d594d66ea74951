// kill -9 in the middle of the demo's story: a short run for every day. test/long/crash.test.ts does it twenty times.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrashRun, chanceOf, checkLaws, drawKills, tellWithKills } from './crash-run.ts';
import { GONE_MS, nothingLivesIn, openWorld, type World } from './program.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

describe(`kill -9 during the demo's story (SEED=${SEED})`, () => {
	let world: World;
	let run: CrashRun;
	beforeAll(async () => {
		world = await openWorld();
		run = await tellWithKills(world, drawKills(chanceOf(SEED), 3, 9_000), 5, 150_000);
	}, 230_000);
	afterAll(() => world?.close());

	it('loses no accepted alert and no decision, calls nothing twice, doubles no message, and proves it', async () => {
		await checkLaws(world, run);
	});

	it('leaves no process of its data folder alive when it is killed', async () => {
		await world.close();
		expect(await nothingLivesIn(world.folder, GONE_MS)).toBe(true);
	});
});
