// What response/escalation.ts decides on: the incident, the levels that were told already, and how often people were written to.

import type { Database } from '../database.ts';
import { eq, sql } from '../drizzle.ts';
import { incidents } from '../schema.ts';

/** The incident's row as it is; null where there is none. */
export async function readIncidentRow(database: Database, id: string): Promise<typeof incidents.$inferSelect | null> {
	const [row] = await database.db.select().from(incidents).where(eq(incidents.id, id));
	return row ?? null;
}

/** Keys of the messages of an incident that begin with this. */
export async function readMessageKeys(database: Database, incident: string, prefix: string): Promise<string[]> {
	const rows = await database.db.execute<{ key: string }>(
		sql`SELECT key FROM messages WHERE incident = ${incident} AND starts_with(key, ${prefix})`,
	);
	return rows.map((row) => row.key);
}
