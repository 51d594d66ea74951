// Plays drawn worlds in a thread of its own, a range of seeds at a time, and says what broke.
import { parentPort, workerData } from 'node:worker_threads';
import { brokenLaws, noTally } from '../response/support/flow-laws.ts';

const { from, to, step, until } = workerData as { from: number; to: number; step: number; until: number };
const tally = noTally();
const broken: string[] = [];
for (let seed = from; seed < to && Date.now() < until && broken.length < 5; seed += step) {
	try {
		for (const law of brokenLaws(seed, tally)) broken.push(`seed ${seed}: ${law}`);
	} catch (fault) {
		broken.push(`seed ${seed}: ${fault instanceof Error ? fault.stack : String(fault)}`);
	}
}
parentPort?.postMessage({ tally, broken });
