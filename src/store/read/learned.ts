// Reads for learning: what people taught and what of it holds, the alerts of an incident, and the newest alerts for a look back.
// Nothing is decided here. Every read has a limit.

import type { Alert } from '../../domain/alert.ts';
import type { Join } from '../../domain/incident.ts';
import { Learned } from '../../domain/learned.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Database } from '../database.ts';
import { and, asc, desc, eq, gt, ne, sql } from '../drizzle.ts';
import { alerts, learnedRules } from '../schema.ts';
import { alertOf } from './triage.ts';

/** Rules that may hold at once; more are not applied (chat/learn/decide.ts). */
export const LEARNED_MAX = 200;
/** Alerts of an incident that a click is about. */
const FEEDBACK_ALERTS_MAX = 100;
/** Alerts that a proposed rule is tried on. */
export const LOOKED_BACK_MAX = 2_000;
/** At most 200 wait at a time (chat/learn/feedback.ts), and those that are void end with the next click. */
const LISTED_MAX = 500;

/** Rules in force at `now`, oldest first. A row that is not as it should be is left out. */
export async function readLearnedInForce(database: Database, now: number): Promise<Learned[]> {
	const rows = await database.db
		.select()
		.from(learnedRules)
		.where(and(eq(learnedRules.state, 'applied'), gt(learnedRules.expires_at, now)))
		.orderBy(asc(learnedRules.applied_at), asc(learnedRules.id))
		.limit(LEARNED_MAX);
	return rows.flatMap(toLearned);
}

/** What waits for an answer, newest first. */
export async function readLearnedProposed(database: Database): Promise<Learned[]> {
	const rows = await database.db
		.select()
		.from(learnedRules)
		.where(eq(learnedRules.state, 'proposed'))
		.orderBy(desc(learnedRules.asked_at), asc(learnedRules.id))
		.limit(LISTED_MAX);
	return rows.flatMap(toLearned);
}

/** One of them by its id; null where there is none. */
export async function readLearned(database: Database, id: string): Promise<Learned | null> {
	const [row] = await database.db.select().from(learnedRules).where(eq(learnedRules.id, id));
	return row === undefined ? null : (toLearned(row)[0] ?? null);
}

/** Those asked for on this incident, oldest first. */
export async function readLearnedOf(database: Database, incident: string): Promise<Learned[]> {
	const rows = await database.db
		.select()
		.from(learnedRules)
		.where(eq(learnedRules.incident, incident))
		.orderBy(asc(learnedRules.asked_at), asc(learnedRules.id))
		.limit(LISTED_MAX);
	return rows.flatMap(toLearned);
}

/** How much this person has asked for since then, and how much that was proposed after `waitingSince` waits over all. */
export async function countLearned(
	database: Database,
	person: string,
	since: number,
	waitingSince: number,
): Promise<{ readonly asked: number; readonly waiting: number }> {
	const [row] = await database.db.execute<{ asked: string; waiting: string }>(sql`
		SELECT (SELECT count(*) FROM learned_rules WHERE asked_by = ${person} AND asked_at > ${since}) AS asked,
			(SELECT count(*) FROM learned_rules WHERE state = 'proposed' AND asked_at > ${waitingSince}) AS waiting`);
	return { asked: Number(row?.asked ?? 0), waiting: Number(row?.waiting ?? 0) };
}

function toLearned(row: typeof learnedRules.$inferSelect): Learned[] {
	const read = Learned.safeParse(row);
	return read.success ? [read.data] : [];
}

export type LearnableAlert = {
	readonly id: string;
	readonly alert: Alert;
	readonly verdict: Verdict;
	readonly join: Join | null;
};

/** The judged alerts of an incident, first ones first. */
export async function readLearnable(database: Database, incident: string): Promise<LearnableAlert[]> {
	const rows = await database.db
		.select()
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.orderBy(asc(alerts.occurred_at), asc(alerts.seq))
		.limit(FEEDBACK_ALERTS_MAX);
	return rows.flatMap(toLearnable);
}

/** The newest judged alerts, newest first; those of drills teach nothing. */
export async function readLookedBack(database: Database): Promise<LearnableAlert[]> {
	const rows = await database.db
		.select()
		.from(alerts)
		.where(ne(alerts.source_kind, 'drill'))
		.orderBy(desc(alerts.seq))
		.limit(LOOKED_BACK_MAX);
	return rows.flatMap(toLearnable);
}

function toLearnable(row: typeof alerts.$inferSelect): LearnableAlert[] {
	return row.verdict === null ? [] : [{ id: row.id, alert: alertOf(row), verdict: row.verdict, join: row.join }];
}
