// Reads about pages outside Slack: those of an incident, and what Slack has not taken. Reads only.
import { DRILL_PREFIX } from '../../domain/drill.ts';
import type { Severity } from '../../domain/severity.ts';
import type { Database } from '../database.ts';
import { and, asc, eq, isNull, sql } from '../drizzle.ts';
import { messages } from '../schema.ts';

const PAGES_MAX = 500;
const UNSAID_MAX = 500;

/** Pages of an incident, or those that belong to none, that the other side has taken; oldest first. */
export async function readPagesSent(database: Database, incident: string | null) {
	return await database.db
		.select()
		.from(messages)
		.where(
			and(
				incident === null ? isNull(messages.incident) : eq(messages.incident, incident),
				eq(messages.state, 'sent'),
				sql`starts_with(${messages.key}, 'pager:')`,
			),
		)
		.orderBy(asc(messages.created_at), asc(messages.id))
		.limit(PAGES_MAX);
}

/** When a page whose `what` begins so was made last; null where there is none. */
export async function readLastPage(database: Database, what: string): Promise<number | null> {
	const [row] = await database.db.execute<{ at: string | null }>(sql`
		SELECT max(created_at) AS at FROM messages WHERE starts_with(channel, 'pager:') AND strpos(key, ${`:${what}`}) > 0`);
	return row?.at == null ? null : Number(row.at);
}

/** One message that Slack does not have. */
export type Unsaid = {
	/** What it is: `card:<incident>`, `ask:<step>:...`, `page:...`. */
	readonly key: string;
	readonly text: string;
	/** Since when it waits. */
	readonly since: number;
	/** Null for what belongs to no incident. */
	readonly incident: {
		readonly id: string;
		readonly number: number;
		readonly title: string;
		readonly severity: Severity;
		readonly process_safety: boolean;
	} | null;
};

type Row = {
	readonly key: string;
	readonly text: string;
	readonly since: string;
	readonly incident: string | null;
	readonly number: number;
	readonly title: string;
	readonly severity: Severity;
	readonly process_safety: boolean;
};

/**
 * What waits for Slack: messages begun and not there, posts of other stages, and cards that nobody has begun. Found by the outbox, which
 * holds only what is owed. Drills are left out: their words wait.
 */
export async function readUnsaid(database: Database): Promise<Unsaid[]> {
	const rows = await database.db.execute<Row>(sql`
		WITH owed AS (
			SELECT topic, key, due_at FROM outbox WHERE topic IN ('card', 'card_safety', 'card_asked', 'post')
		), unsaid AS (
			SELECT m.key, m.text, m.created_at AS since, m.incident FROM owed o JOIN messages m ON m.id = o.key
				WHERE o.topic = 'post' AND m.state <> 'sent'
			UNION
			SELECT m.key, m.text, m.created_at, m.incident FROM owed o JOIN messages m ON m.incident = o.key
				WHERE o.topic <> 'post' AND m.state <> 'sent'
			UNION
			SELECT 'card:' || o.key, '', min(o.due_at), o.key FROM owed o
				WHERE o.topic <> 'post' AND NOT EXISTS (SELECT FROM messages m WHERE m.key = 'card:' || o.key) GROUP BY o.key
		)
		SELECT u.key, left(u.text, 400) AS text, u.since, u.incident, i.number, i.title, i.severity, i.process_safety
		FROM unsaid u LEFT JOIN incidents i ON i.id = u.incident
		WHERE NOT starts_with(u.key, 'pager:')
			AND (u.incident IS NULL OR (NOT starts_with(u.incident, ${DRILL_PREFIX}) AND i.state IN ('open', 'acknowledged')))
		ORDER BY coalesce(i.process_safety, false) DESC, u.since LIMIT ${UNSAID_MAX}`);
	return rows.map((row) => ({
		key: row.key,
		text: row.text,
		since: Number(row.since),
		incident:
			row.incident === null
				? null
				: {
						id: row.incident,
						number: row.number,
						title: row.title,
						severity: row.severity,
						process_safety: row.process_safety,
					},
	}));
}
