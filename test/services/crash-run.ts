// Deaths drawn from a seed, around the calls of every kind of connector that changes something, and the laws that hold afterwards.
import { expect } from 'vitest';
import type { KindWorld } from '../response/support/kind-world.ts';
import { KINDS } from '../response/support/kinds.ts';
import type { Authority } from './certificates.ts';
import { armDeath, type Death, readyStep, runWorker, startWorker, type Waiting } from './crash-world.ts';
import { freshDatabase } from './harness.ts';

/** Calls of these change nothing outside: three read, and the entry of a block list is the result in the ledger, in one transaction. */
const CHANGE_NOTHING = ['pi-web-api', 'gitlab', 'elasticsearch', 'block-list'];
export const CRASH_KINDS: readonly string[] = Object.keys(KINDS).filter((kind) => !CHANGE_NOTHING.includes(kind));
/** Requests of a call with its looks; a death that is drawn later strikes in the read-back or never. */
const REQUESTS_MAX = 9;

export type Told = { deaths: number; runs: number; readonly ended: Record<string, number> };

export function drawDeaths(chance: () => number): readonly Death[] {
	const draw = (): Death => ({
		who: chance() < 0.75 ? 'worker' : 'connector',
		// Most calls have three to six requests; early ones are drawn more often, because a later one may never come.
		count: 1 + Math.floor(chance() * chance() * REQUESTS_MAX),
		isAfter: chance() < 0.6,
	});
	return Array.from({ length: 1 + Math.floor(chance() * 3) }, draw);
}

/** Workers that are being loaded while others work. */
export function createPool(size: number): { take(): Waiting; stop(): void } {
	const idle = Array.from({ length: size }, startWorker);
	return {
		take() {
			idle.push(startWorker());
			// INVARIANT: one was put there a line ago.
			return idle.shift() as Waiting;
		},
		stop() {
			for (const { child } of idle) child.kill('SIGKILL');
		},
	};
}

/** One step of one kind, through these deaths, to its end. @throws where a law does not hold */
export async function dieThrough(
	kind: string,
	deaths: readonly Death[],
	pool: { take(): Waiting },
	authority: Authority,
	told: Told,
): Promise<void> {
	const start = KINDS[kind] ?? expect.fail(kind);
	const [fresh, world] = await Promise.all([freshDatabase(), start(() => Date.now(), authority)]);
	try {
		const job = await readyStep(fresh, world);
		let state: string | null = null;
		for (const death of [...deaths, null]) {
			const worker = pool.take();
			await worker.ready;
			if (death === null) world.heal();
			else armDeath(world, worker.child, death, () => told.deaths++);
			state = await runWorker(worker, job);
			if (state !== null) break;
		}
		checkLaws(world, state);
		const kept = await fresh.database.raw`SELECT canonical FROM ledger_entries`;
		const steps = await fresh.database.raw`SELECT outcome FROM steps`;
		if (world.secret !== null) expect(JSON.stringify([kept, steps])).not.toContain(world.secret);
		told.runs++;
		told.ended[`${kind} ${state}`] = (told.ended[`${kind} ${state}`] ?? 0) + 1;
	} finally {
		await world.close();
		await fresh.close();
	}
}

function checkLaws(world: KindWorld, state: string | null): void {
	expect(['done', 'failed', 'in_doubt']).toContain(state);
	expect(world.effects()).toBeLessThanOrEqual(world.isWriting ? 1 : 0);
	if (state === 'done') expect(world.isSo()).toBe(true);
	if (state === 'failed' && world.isWriting) expect(world.effects()).toBe(0);
}
