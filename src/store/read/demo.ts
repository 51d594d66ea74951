// What the demo's summary counts: read from the tables and the ledger, never from what the demo believes.
import type { Step } from '../../domain/step.ts';
import type { Database } from '../database.ts';
import { desc, sql } from '../drizzle.ts';
import * as schema from '../schema.ts';

export type EntryRow = {
	readonly seq: number;
	readonly kind: string;
	readonly incident: string | null;
	readonly canonical: string;
};

/** All steps of the newest incidents first; the demo has a few dozen. */
export async function readAllSteps(database: Database): Promise<Step[]> {
	return database.db.select().from(schema.steps).orderBy(desc(schema.steps.created_at)).limit(2_000);
}

export async function countEntries(database: Database): Promise<number> {
	const [row] = await database.db.execute<{ n: string }>(sql`SELECT count(*) AS n FROM ledger_entries`);
	return Number(row?.n ?? 0);
}

export async function readEntriesOfKind(database: Database, kinds: readonly string[]): Promise<EntryRow[]> {
	const rows = await database.db.execute<{ seq: string; kind: string; incident: string | null; canonical: string }>(sql`
		SELECT seq, kind, incident, canonical FROM ledger_entries WHERE kind IN (${sql.join(
			kinds.map((kind) => sql`${kind}`),
			sql`, `,
		)}) ORDER BY seq`);
	return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}

/** Messages folded into alert rows, rows, and rows that could not be understood. */
export async function countAlerts(database: Database): Promise<{ rows: number; messages: number; unparsed: number }> {
	const [row] = await database.db.execute<{ rows: string; messages: string; unparsed: string }>(sql`
		SELECT (SELECT count(*) FROM alerts) AS rows, (SELECT coalesce(sum(repeats), 0) FROM alerts) AS messages,
			(SELECT coalesce(sum(repeats), 0) FROM unparsed) AS unparsed`);
	return { rows: Number(row?.rows), messages: Number(row?.messages), unparsed: Number(row?.unparsed) };
}

/** Where each alert ended: its incident after all merges, and the state of that incident. */
export async function readAlertPlaces(database: Database): Promise<ReadonlyMap<string, string | null>> {
	const rows = await database.db.execute<{ id: string; incident: string | null }>(sql`
		SELECT a.id, coalesce(i.merged_into, a.incident) AS incident FROM alerts a LEFT JOIN incidents i ON i.id = a.incident`);
	return new Map(rows.map((row) => [row.id, row.incident]));
}

export async function readAllIncidents(database: Database) {
	return database.db.select().from(schema.incidents).orderBy(schema.incidents.number);
}

export async function readAllMessages(database: Database) {
	return database.db.select().from(schema.messages).orderBy(schema.messages.created_at);
}
