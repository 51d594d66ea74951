// The bulk form of record() for the door: thousands of alerts, their entries, folds and topics in one transaction.
// What folds into what is decided by the function handed in; this file only reads the held rows under lock and writes.
import { createHash } from 'node:crypto';
import type { NewEntry } from '../domain/entry.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Database, Transaction } from './database.ts';
import { sql } from './drizzle.ts';
import { prepareEntry, writeEntries, writeTopics } from './record.ts';
import * as schema from './schema.ts';

export type AlertRow = typeof schema.alerts.$inferInsert;
export type HeldRow = Pick<
	typeof schema.alerts.$inferSelect,
	| 'id'
	| 'source'
	| 'fingerprint'
	| 'status'
	| 'first_seen'
	| 'last_seen'
	| 'closed_at'
	| 'severity'
	| 'incident'
	| 'entities'
	| 'techniques'
>;
export type HeldUpdate = Pick<
	HeldRow,
	'id' | 'status' | 'first_seen' | 'last_seen' | 'closed_at' | 'severity' | 'entities' | 'techniques'
> & {
	readonly repeats: number;
};
export type UnparsedRow = typeof schema.unparsed.$inferInsert;
export type UnknownAsset = {
	readonly id: string;
	readonly type: string;
	readonly value: string;
	readonly source: string;
	readonly at: number;
};

/** What one commit of the door writes, as decided from the rows that are held. */
export type DoorWork = {
	readonly inserts: readonly AlertRow[];
	readonly updates: readonly HeldUpdate[];
	readonly unparsed: readonly UnparsedRow[];
	readonly unknownAssets: readonly UnknownAsset[];
	readonly entries: readonly NewEntry[];
	readonly topics: readonly NextTopic[];
};

const TRIES_MAX = 6;
const ROWS_MAX = 500;

/**
 * Locks the newest row of each condition, lets `decide` work out what follows, and writes it all.
 *
 * @param signatures of signed deliveries: one that was seen before is a replay
 * @param decide gets the held rows and the replayed signatures; may be called again after a collision with another commit
 * @throws the database's error after TRIES_MAX collisions
 */
export async function recordAlerts(
	database: Database,
	conditions: readonly { readonly source: string; readonly fingerprint: string }[],
	signatures: readonly { readonly id: string; readonly source: string }[],
	decide: (held: HeldRow[], replayed: ReadonlySet<string>) => DoorWork,
	now: number,
): Promise<void> {
	for (let tries = 1; ; tries++) {
		try {
			const topics = await database.db.transaction(async (tx) => {
				const replayed = await claimSignatures(tx, signatures, now);
				const work = decide(await lockHeld(tx, conditions), replayed);
				await writeDoorWork(tx, work, now);
				return work.topics;
			});
			if (topics.length > 0) database.onTopics([...new Set(topics.map((next) => next.topic))]);
			return;
		} catch (error) {
			if (tries >= TRIES_MAX || !isCollision(error)) throw error;
		}
	}
}

/** Two commits met on one condition: unique violation, deadlock or serialization failure. */
function isCollision(error: unknown): boolean {
	const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
	const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : null;
	return code === '23505' || code === '40P01' || code === '40001';
}

async function claimSignatures(
	tx: Transaction,
	signatures: readonly { id: string; source: string }[],
	now: number,
): Promise<Set<string>> {
	if (signatures.length === 0) return new Set();
	const fresh = await tx
		.insert(schema.seenSignatures)
		.values(signatures.map((signature) => ({ ...signature, at: now })))
		.onConflictDoNothing()
		.returning({ id: schema.seenSignatures.id });
	const ids = new Set(fresh.map((row) => row.id));
	return new Set(signatures.map((signature) => signature.id).filter((id) => !ids.has(id)));
}

async function lockHeld(
	tx: Transaction,
	conditions: readonly { source: string; fingerprint: string }[],
): Promise<HeldRow[]> {
	if (conditions.length === 0) return [];
	const wanted = JSON.stringify(conditions);
	const rows = await tx.execute<Record<string, string | null> & Pick<HeldRow, 'entities' | 'techniques'>>(sql`
		SELECT a.id, a.source, a.fingerprint, a.status, a.first_seen, a.last_seen, a.closed_at, a.severity, a.incident, a.entities, a.techniques
		FROM (SELECT DISTINCT x.source, x.fingerprint FROM jsonb_to_recordset(${wanted}::text::jsonb) AS x(source text, fingerprint text)) AS w
		CROSS JOIN LATERAL (
			SELECT * FROM alerts WHERE source = w.source AND fingerprint = w.fingerprint ORDER BY seq DESC LIMIT 1
		) AS n
		JOIN alerts AS a ON a.id = n.id
		ORDER BY a.id FOR UPDATE OF a`);
	const text = (value: string | null | undefined): string => value ?? '';
	return rows.map((row) => ({
		id: text(row['id']),
		source: text(row['source']),
		fingerprint: text(row['fingerprint']),
		status: row['status'] === 'closed' ? 'closed' : 'open',
		first_seen: Number(row['first_seen']),
		last_seen: Number(row['last_seen']),
		closed_at: row['closed_at'] == null ? null : Number(row['closed_at']),
		severity: row['severity'] ?? null,
		incident: row['incident'] ?? null,
		entities: row.entities,
		techniques: row.techniques,
	}));
}

async function writeDoorWork(tx: Transaction, work: DoorWork, now: number): Promise<void> {
	for (let i = 0; i < work.inserts.length; i += ROWS_MAX) {
		await tx.insert(schema.alerts).values(work.inserts.slice(i, i + ROWS_MAX));
	}
	if (work.updates.length > 0) {
		await tx.execute(sql`
			UPDATE alerts SET status = u.status, first_seen = u.first_seen, last_seen = u.last_seen, closed_at = u.closed_at,
				severity = u.severity, entities = u.entities, techniques = u.techniques, repeats = alerts.repeats + u.repeats
			FROM jsonb_to_recordset(${JSON.stringify(work.updates)}::text::jsonb)
				AS u(id text, status text, first_seen bigint, last_seen bigint, closed_at bigint, severity text, entities jsonb, techniques jsonb, repeats int)
			WHERE alerts.id = u.id`);
	}
	await writeUnparsed(tx, work.unparsed);
	await writeUnknownAssets(tx, work.unknownAssets);
	await writeEntries(
		tx,
		work.entries.map((entry) => prepareEntry(entry, now)),
	);
	await writeTopics(tx, work.topics, now);
}

async function writeUnparsed(tx: Transaction, rows: readonly UnparsedRow[]): Promise<void> {
	const byHash = new Map<string, UnparsedRow>();
	for (const row of rows) {
		const held = byHash.get(row.source + row.hash);
		byHash.set(row.source + row.hash, { ...row, repeats: (held?.repeats ?? 0) + 1 });
	}
	for (const row of byHash.values()) {
		await tx
			.insert(schema.unparsed)
			.values(row)
			.onConflictDoUpdate({
				target: [schema.unparsed.source, schema.unparsed.hash],
				set: { repeats: sql`unparsed.repeats + excluded.repeats`, received_at: sql`excluded.received_at` },
			});
	}
}

async function writeUnknownAssets(tx: Transaction, found: readonly UnknownAsset[]): Promise<void> {
	if (found.length === 0) return;
	await tx.execute(sql`
		INSERT INTO unknown_assets (id, type, value, sources, first_seen, last_seen, times)
		SELECT id, min(type), min(value), jsonb_agg(DISTINCT source), min(at), max(at), count(*)::int
		FROM jsonb_to_recordset(${JSON.stringify(found)}::text::jsonb) AS f(id text, type text, value text, source text, at bigint)
		GROUP BY id ORDER BY id
		ON CONFLICT (id) DO UPDATE SET last_seen = GREATEST(unknown_assets.last_seen, excluded.last_seen),
			times = unknown_assets.times + excluded.times,
			sources = (SELECT jsonb_agg(DISTINCT s) FROM jsonb_array_elements(unknown_assets.sources || excluded.sources) AS s)`);
}

/** What makes two messages that were not understood the same. */
export function unparsedHash(raw: string): string {
	return createHash('sha256').update(raw, 'utf8').digest('hex').slice(0, 32);
}

/** Forgets signatures older than the window in which they count. */
export async function forgetSignatures(database: Database, before: number): Promise<void> {
	await database.db.execute(sql`DELETE FROM seen_signatures WHERE at < ${before}`);
}
