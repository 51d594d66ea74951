// When each source was heard: written beside the alerts, not in their commit, because every commit of a source would wait for the same row.
import type { Entity, Problem } from '../domain/alert.ts';
import type { Database } from './database.ts';
import { inArray, sql } from './drizzle.ts';
import { writeTopics } from './record.ts';
import { alerts, sourceStates } from './schema.ts';

export type SourceState = typeof sourceStates.$inferSelect;

/** What a source sent since it was last written down. */
export type Heard = {
	readonly id: string;
	readonly source_kind: string;
	/** Times of receipt, milliseconds: of the last message, and of the first that was understood; null where none was. */
	readonly last: number;
	readonly first_alert: number | null;
	readonly first_problems: readonly Problem[];
	readonly carries_safety: boolean;
	/** Empty where its messages name none. */
	readonly observers: readonly Entity[];
};

/** Writes down who was heard, and has people told of the first alert of a source. */
export async function writeHeard(database: Database, heard: readonly Heard[], now: number): Promise<void> {
	if (heard.length === 0) return;
	const fresh = await database.db.transaction(async (tx) => {
		const before = await tx.execute<{ id: string }>(sql`
			SELECT id FROM source_states WHERE first_alert IS NOT NULL AND id IN (${sql.join(
				heard.map((one) => sql`${one.id}`),
				sql`, `,
			)})`);
		const known = new Set(before.map((row) => row.id));
		const rows = heard.toSorted((a, b) => (a.id < b.id ? -1 : 1));
		await tx.execute(sql`
			INSERT INTO source_states (id, source_kind, last_heard, first_alert, first_problems, carries_safety, observers)
			SELECT id, source_kind, last, first_alert, first_problems, carries_safety, observers
			FROM json_to_recordset(${JSON.stringify(rows)}::text::json) AS h(id text, source_kind text, last bigint,
				first_alert bigint, first_problems jsonb, carries_safety boolean, observers jsonb)
			ON CONFLICT (id) DO UPDATE SET source_kind = excluded.source_kind,
				first_problems = CASE WHEN source_states.first_alert IS NULL THEN excluded.first_problems ELSE source_states.first_problems END,
				first_alert = COALESCE(source_states.first_alert, excluded.first_alert),
				last_heard = GREATEST(source_states.last_heard, excluded.last_heard),
				carries_safety = source_states.carries_safety OR excluded.carries_safety,
				observers = CASE WHEN excluded.observers = '[]'::jsonb THEN source_states.observers ELSE excluded.observers END`);
		const topics = rows
			.filter((one) => one.first_alert !== null && !known.has(one.id))
			.map((one) => ({ topic: 'heard' as const, key: one.id }));
		// Two processes may both see it for the first time: the message's own key keeps it one.
		await writeTopics(tx, topics, now);
		return topics;
	});
	if (fresh.length > 0) database.onTopics(['heard']);
}

export async function readSourceStates(database: Database): Promise<SourceState[]> {
	return await database.db.select().from(sourceStates);
}

/** The incidents that these alerts belong to, by alert; those that have none are left out. */
export async function readIncidentsOf(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
	if (ids.length === 0) return new Map();
	const rows = await database.db
		.select({ id: alerts.id, incident: alerts.incident })
		.from(alerts)
		.where(inArray(alerts.id, [...ids]));
	return new Map(rows.flatMap(({ id, incident }) => (incident === null ? [] : [[id, incident] as const])));
}
