// What chat tells of a source that was heard for the first time, and of a test: one alert as stored.
import { type Problem, TEST_LABEL } from '../../domain/alert.ts';
import type { Database } from '../database.ts';
import { and, asc, eq, inArray, sql } from '../drizzle.ts';
import { alerts, messages, sourceStates } from '../schema.ts';

const COLUMNS = {
	id: alerts.id,
	seq: alerts.seq,
	source: alerts.source,
	source_kind: alerts.source_kind,
	title: alerts.title,
	severity: alerts.severity,
	severity_raw: alerts.severity_raw,
	kind: alerts.kind,
	status: alerts.status,
	time_basis: alerts.time_basis,
	occurred_at: alerts.occurred_at,
	received_at: alerts.received_at,
	entities: alerts.entities,
	labels: alerts.labels,
	verdict: alerts.verdict,
};

export type HeardAlert = NonNullable<Awaited<ReturnType<typeof readHeardAlert>>>;

/** The alert of a test, by its id; null where there is none. */
export async function readHeardAlert(database: Database, id: string) {
	const [row] = await database.db.select(COLUMNS).from(alerts).where(eq(alerts.id, id));
	return row ?? null;
}

/** The first real alert of a source; null where there is none. */
export async function readFirstAlert(database: Database, source: string): Promise<HeardAlert | null> {
	const [row] = await database.db
		.select(COLUMNS)
		.from(alerts)
		.where(and(eq(alerts.source, source), sql`NOT ${alerts.labels} ? ${TEST_LABEL}`))
		.orderBy(asc(alerts.seq))
		.limit(1);
	return row ?? null;
}

/** What was not right in the first alert of a source, as it was found when it came. */
export async function readFirstProblems(database: Database, source: string): Promise<readonly Problem[]> {
	const [row] = await database.db
		.select({ problems: sourceStates.first_problems })
		.from(sourceStates)
		.where(eq(sourceStates.id, source));
	return row?.problems ?? [];
}

/** How far the alerts of a test have come: judged or not, in an incident or not, told in Slack or not. */
export async function readTestProgress(database: Database, ids: readonly string[]) {
	if (ids.length === 0) return [];
	return await database.db
		.select({
			id: alerts.id,
			verdict: alerts.verdict,
			incident: alerts.incident,
			message: messages.state,
			channel: messages.channel,
			error: messages.error,
		})
		.from(alerts)
		.leftJoin(messages, eq(messages.key, sql`'test:' || ${alerts.id}`))
		.where(inArray(alerts.id, [...ids]))
		.orderBy(asc(alerts.seq));
}
