// 200,000 drawn playbooks, plants and nights of approvals through the real planner, gate and order of steps: zero unsafe outcomes. PLAYS says
// how many, LONG_SEED which ones (printed), LONG_SECONDS when to stop, THREADS how many at a time. The quick part is test/response/flow-laws.test.ts.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { noTally, type Tally } from '../response/support/flow-laws.ts';

const SEED = Number(process.env['LONG_SEED'] ?? Date.now() % 1_000_000);
const PLAYS = Number(process.env['PLAYS'] ?? 200_000);
const LIMIT_MS = Number(process.env['LONG_SECONDS'] ?? 7_200) * 1_000;
const THREADS = Number(process.env['THREADS'] ?? availableParallelism());

type Part = { readonly tally: Tally; readonly broken: readonly string[] };

function play(from: number, until: number): Promise<Part> {
	return new Promise((resolve, reject) => {
		const workerData = { from, to: SEED * 1_000_000 + PLAYS, step: THREADS, until };
		const worker = new Worker(new URL('./playbook-worker.ts', import.meta.url), { workerData });
		worker.once('message', resolve);
		worker.once('error', reject);
	});
}

test(
	`up to ${PLAYS} drawn playbooks break no law (LONG_SEED=${SEED})`,
	async () => {
		const startedAt = Date.now();
		const threads = Array.from({ length: THREADS }, (_, index) => play(SEED * 1_000_000 + index, startedAt + LIMIT_MS));
		const parts = await Promise.all(threads);
		const tally = parts.reduce((sum, part) => added(sum, part.tally), noTally());
		const seconds = Math.round((Date.now() - startedAt) / 1_000);
		process.stdout.write(
			`LONG_SEED=${SEED}: ${tally.plays} of ${PLAYS} plays in ${seconds} s, ${JSON.stringify(tally)}\n`,
		);
		expect(parts.flatMap((part) => part.broken)).toEqual([]);
		expect(tally.calls).toBeGreaterThan(0);
		expect(tally.undone).toBeGreaterThan(0);
	},
	LIMIT_MS + 120_000,
);

function added(a: Tally, b: Tally): Tally {
	return {
		plays: a.plays + b.plays,
		steps: a.steps + b.steps,
		calls: a.calls + b.calls,
		asked: a.asked + b.asked,
		branches: a.branches + b.branches,
		undone: a.undone + b.undone,
	};
}
