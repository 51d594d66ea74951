// Reads for what is told of an incident beyond its row: its alerts by event time, and incidents that ended and may be alike.
// Bounded whatever the history: each query runs on an index and has a limit. Nothing is compared here (chat/insight/similar.ts).

import type { Entity } from '../../domain/alert.ts';
import { DRILL_PREFIX } from '../../domain/drill.ts';
import type { Incident } from '../../domain/incident.ts';
import { FeedbackKind } from '../../domain/learned.ts';
import type { Database } from '../database.ts';
import { and, asc, eq, inArray, sql } from '../drizzle.ts';
import { alerts, ledgerEntries } from '../schema.ts';

/** Alerts of one incident that are looked at, first ones first. */
const ALERTS_MAX = 1_000;
const ENTITIES_MAX = 40;
/** Ended incidents that are compared: by what they were on, by what was done, and the newest of the same category. */
const BY_EACH_MAX = 100;
/** Rows that an index may give before the newest of them are taken. */
const INDEX_ROWS_MAX = 1_000;
/** Assets and techniques of the incident that the index is asked for. */
const ASKED_MAX = 20;
/** Titles of each compared incident. */
const TITLES_MAX = 10;
const SAID_MAX = 1_000;

export type InsightAlert = {
	readonly id: string;
	readonly at: number;
	readonly title: string;
	readonly assets: readonly string[];
	readonly matrix: 'enterprise' | 'ics';
	readonly tactics: readonly string[];
	readonly techniques: readonly string[];
	readonly entities: readonly Entity[];
};

export type PastRow = {
	readonly id: string;
	readonly number: number;
	readonly title: string;
	readonly category: string;
	readonly assets: readonly string[];
	readonly techniques: readonly string[];
	readonly last_at: number;
	readonly acknowledged_by: string | null;
	readonly resolved_by: string | null;
	readonly resolution: string | null;
	readonly titles: readonly string[];
	readonly feedback: readonly FeedbackKind[];
};

export type InsightRead = { readonly alerts: readonly InsightAlert[]; readonly past: readonly PastRow[] };

/** @param alertsMax alerts of the incident that are looked at, first ones first */
export async function readInsight(
	database: Database,
	incident: Incident,
	alertsMax = ALERTS_MAX,
): Promise<InsightRead> {
	const [seen, past] = await Promise.all([readSeen(database, incident.id, alertsMax), readPast(database, incident)]);
	return { alerts: seen, past };
}

async function readSeen(database: Database, incident: string, alertsMax: number): Promise<InsightAlert[]> {
	const rows = await database.db
		.select({
			id: alerts.id,
			at: alerts.occurred_at,
			title: alerts.title,
			entities: alerts.entities,
			verdict: alerts.verdict,
		})
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.orderBy(asc(alerts.occurred_at), asc(alerts.seq))
		.limit(alertsMax);
	return rows.map(({ verdict, entities, ...row }) => ({
		...row,
		entities: entities.slice(0, ENTITIES_MAX),
		assets: verdict?.assets ?? [],
		matrix: verdict?.matrix ?? 'enterprise',
		tactics: verdict?.tactics ?? [],
		techniques: verdict?.techniques.map(({ id }) => id) ?? [],
	}));
}

async function readPast(database: Database, incident: Incident): Promise<PastRow[]> {
	const list = (names: readonly string[]) =>
		sql`ARRAY(SELECT json_array_elements_text(${JSON.stringify(names.slice(0, ASKED_MAX))}::text::json))`;
	const shared = (column: 'assets' | 'techniques', names: readonly string[]) => sql`
		SELECT id FROM (SELECT id, last_at FROM incidents
			WHERE state = 'resolved' AND ${sql.raw(column)} ?| ${list(names)} LIMIT ${INDEX_ROWS_MAX}) AS f
		ORDER BY last_at DESC, id LIMIT ${BY_EACH_MAX}`;
	const rows = await database.db.execute<Omit<PastRow, 'feedback' | 'last_at'> & { last_at: string | number }>(sql`
		WITH found AS (
			(${shared('assets', incident.assets)})
			UNION (${shared('techniques', incident.techniques)})
			UNION (SELECT id FROM incidents WHERE state = 'resolved' AND category = ${incident.category}
				ORDER BY last_at DESC LIMIT ${BY_EACH_MAX})
		)
		SELECT i.id, i.number, i.title, i.category, i.assets, i.techniques, i.last_at, i.acknowledged_by, i.resolved_by, i.resolution,
			ARRAY(SELECT a.title FROM alerts a WHERE a.incident = i.id LIMIT ${TITLES_MAX}) AS titles
		FROM found JOIN incidents i ON i.id = found.id
		WHERE i.id <> ${incident.id} AND NOT starts_with(i.id, ${DRILL_PREFIX})`);
	const said = await readSaid(
		database,
		rows.map((row) => row.id),
	);
	return rows.map((row) => ({ ...row, last_at: Number(row.last_at), feedback: said.get(row.id) ?? [] }));
}

/** What people said of these incidents; there are as many such entries as there were clicks. */
async function readSaid(database: Database, ids: readonly string[]): Promise<Map<string, FeedbackKind[]>> {
	const said = new Map<string, FeedbackKind[]>();
	if (ids.length === 0) return said;
	const rows = await database.db
		.select({ incident: ledgerEntries.incident, canonical: ledgerEntries.canonical })
		.from(ledgerEntries)
		.where(and(eq(ledgerEntries.kind, 'feedback.given'), inArray(ledgerEntries.incident, [...ids])))
		.limit(SAID_MAX);
	for (const { incident, canonical } of rows) {
		const body = JSON.parse(canonical) as { data?: { feedback?: unknown } }; // written by store/record.ts from NewEntry
		const kind = FeedbackKind.safeParse(body.data?.feedback);
		if (incident === null || !kind.success) continue;
		said.set(incident, [...new Set([...(said.get(incident) ?? []), kind.data])]);
	}
	return said;
}
