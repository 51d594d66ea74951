// Takes due rows of a topic under a lease, and puts back what failed. The only code besides record.ts that touches the outbox.
import { type Due, TOPICS, type Topic } from '../domain/topic.ts';
import type { Database } from './database.ts';
import { sql } from './drizzle.ts';

/** How long a worker may keep a row before another may take it. One that is still at work says so in time (`keepLeases`), one that died does not. */
export const LEASE_MS = 60_000;
/** After this many failures a row is parked: kept, shown to people, no longer tried. */
export const ATTEMPTS_MAX = 12;
const PAUSE_FIRST_MS = 500;
const PAUSE_MAX_MS = 60_000;

/** Milliseconds before the next try after this many failures: doubling from half a second to a minute. */
export function pauseAfter(attempts: number): number {
	return Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** Math.min(attempts - 1, 16));
}

/**
 * Takes up to `limit` due rows of the topic, those first that are due the longest, so that no other worker has them until the lease
 * ends. In the order of the index: a hundred thousand rows of another topic are not looked at.
 */
export async function claimDue(database: Database, topic: Topic, limit: number, now: number): Promise<Due[]> {
	const rows = await database.db.execute<{ id: string; key: string; data: Due['data']; attempts: number }>(sql`
		UPDATE outbox SET lease_until = ${now + LEASE_MS}, attempts = attempts + 1
		WHERE id IN (
			SELECT id FROM outbox
			WHERE topic = ${topic} AND NOT parked AND due_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now})
			ORDER BY due_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED
		)
		RETURNING id, key, data, attempts`);
	return rows
		.map((row) => ({ id: Number(row.id), topic, key: row.key, data: row.data, attempts: row.attempts }))
		.sort((a, b) => a.id - b.id);
}

/**
 * Begins the leases of these rows anew, of those that are still held as they were claimed. A row that somebody is just writing is left out: its
 * handler is done with it.
 */
export async function keepLeases(database: Database, dues: readonly Due[], now: number): Promise<void> {
	await database.db.execute(sql`
		UPDATE outbox SET lease_until = ${now + LEASE_MS} WHERE id IN (
			SELECT id FROM outbox WHERE NOT parked AND (id, attempts) IN (${held(dues)}) FOR UPDATE SKIP LOCKED
		)`);
}

function held(dues: readonly Due[]) {
	return sql.join(
		dues.map((due) => sql`(${due.id}::bigint, ${due.attempts}::int)`),
		sql`, `,
	);
}

/** Puts rows back after a failure, each with its pause; rows past the last try are parked. Returns how many were parked. */
export async function failDue(database: Database, dues: readonly Due[], error: string, now: number): Promise<number> {
	let parked = 0;
	for (const due of dues) {
		const isLast = due.attempts >= ATTEMPTS_MAX;
		if (isLast) parked++;
		const until = now + pauseAfter(due.attempts);
		await database.db.execute(sql`
			UPDATE outbox SET lease_until = ${until}, due_at = GREATEST(due_at, ${until}), last_error = ${error.slice(0, 2000)}, parked = ${isLast}
			WHERE id = ${due.id} AND attempts = ${due.attempts}`);
	}
	return parked;
}

/** Puts rows back as they were before they were claimed: somebody else answers their topic. It counts as no try. */
export async function putBack(database: Database, dues: readonly Due[], now: number): Promise<void> {
	if (dues.length === 0) return;
	// Not NULL: a newer row of the same key may be waiting already.
	await database.db.execute(sql`
		UPDATE outbox SET lease_until = ${now}, attempts = attempts - 1 WHERE (id, attempts) IN (${held(dues)})`);
}

/**
 * Ends the leases that a killed program left behind, so that what it had in hand comes again at once and not after a minute.
 * Only for a database that no other program works on: a lease of a living one would be taken from it.
 */
export async function endLeases(database: Database, now: number): Promise<void> {
	// Not NULL: a newer row of the same key may be waiting already. What failed keeps its pause, which is in due_at.
	await database.db.execute(sql`UPDATE outbox SET lease_until = ${now} WHERE lease_until > ${now} AND NOT parked`);
}

/** Topics that have a row due now: what a sweep wakes when every job of the queue is lost. */
export async function dueTopics(database: Database, now: number): Promise<Topic[]> {
	// One row a topic is enough: with many waiting, the whole table is not read for it.
	const rows = await database.db.execute<{ topic: Topic }>(sql`
		SELECT t.topic FROM json_array_elements_text(${JSON.stringify(TOPICS)}::text::json) AS t(topic)
		CROSS JOIN LATERAL (
			SELECT FROM outbox WHERE topic = t.topic AND NOT parked AND due_at <= ${now} AND (lease_until IS NULL OR lease_until <= ${now})
			ORDER BY due_at LIMIT 1
		) AS o`);
	return rows.map((row) => row.topic);
}

/** Rows waiting and given up, by topic: for metrics, status and a person who asks why nothing moves. */
export async function outboxDepth(
	database: Database,
): Promise<{ topic: string; waiting: number; parked: number; oldest: number | null; last_error: string | null }[]> {
	const rows = await database.db.execute<{
		topic: string;
		waiting: string;
		parked: string;
		oldest: string | null;
		last_error: string | null;
	}>(sql`
		SELECT topic, count(*) FILTER (WHERE NOT parked) AS waiting, count(*) FILTER (WHERE parked) AS parked,
			min(due_at) FILTER (WHERE NOT parked) AS oldest, max(last_error) AS last_error
		FROM outbox GROUP BY topic ORDER BY topic`);
	return rows.map((row) => ({
		topic: row.topic,
		waiting: Number(row.waiting),
		parked: Number(row.parked),
		oldest: row.oldest === null ? null : Number(row.oldest),
		last_error: row.last_error,
	}));
}
