// A job in the queue that the program did not put there. It does nothing: a job only says "look now", and what runs is what the outbox, the
// ledger and the gate say. It is told and recorded all the same: somebody else writes to the queue. NOT here: noticing it (queue/backend.ts).
import { makeId } from '../domain/id.ts';
import { HOUR, type Instant } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { readToldKeys } from '../store/read/proof.ts';
import { record } from '../store/record.ts';

/**
 * Makes the one who is told of foreign jobs: each topic is recorded and told once an hour, a flood of them is one finding.
 *
 * @param onError  a record that could not be written: people hear of it, and the next job tries again
 */
export function createForeignTeller(
	database: Database,
	clock: () => Instant,
	random: () => number,
	onError: (error: unknown) => void,
): (topic: string, what: string) => void {
	// One after the other: of two at once the second sees what the first has told.
	let last: Promise<void> = Promise.resolve();
	return (topic, what) => {
		last = last.then(async () => await tellForeignJob(database, topic, what, clock(), random)).catch(onError);
	};
}

/** @param what  the job's own words, cut by the queue: shown as text and nothing else */
async function tellForeignJob(
	database: Database,
	topic: string,
	what: string,
	now: Instant,
	random: () => number,
): Promise<void> {
	const key = `tampering:queue:${topic}:${Math.floor(now / HOUR)}`;
	if ((await readToldKeys(database.db, [key])).has(key)) return;
	const id = makeId('pst', now, random);
	const text =
		`Tampering found: a job that Interlock did not write lies in its queue (topic ${topic}: ${what.slice(0, 300)}). Nothing was done because of it: ` +
		'a job only says "look now". Somebody else can write to Redis: find out who, and change its password.';
	const row = { id, key, incident: null, channel: '', text: text.toWellFormed() };
	await record(
		database,
		{
			entries: [
				{
					...{ kind: 'tampering.found', actor: { kind: 'system', id: 'interlock' }, at: now, incident: null },
					...{ refs: [], data: { table: 'queue', topic, what: what.slice(0, 300).toWellFormed() } },
				},
			],
			changes: [
				{
					op: 'ensure',
					table: 'messages',
					row: { ...row, state: 'pending' as const, created_at: now, updated_at: now },
				},
			],
			topics: [{ topic: 'post', key: id }],
		},
		now,
	);
}
