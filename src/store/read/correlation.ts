// What correlation reads: alerts to place, alerts placed lately (to rebuild the engine after a restart), incidents with what
// stands in their rows, and what people and the safety lane decided since. Nothing is changed or decided here.
import { type Alert, AlertKind, Domain } from '../../domain/alert.ts';
import type { EntryKind, Json } from '../../domain/entry.ts';
import { Severity } from '../../domain/severity.ts';
import { toIso } from '../../domain/time.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Database } from '../database.ts';
import { and, asc, eq, gt, gte, inArray, isNotNull, sql } from '../drizzle.ts';
import { alerts, incidents, ledgerEntries } from '../schema.ts';

/** Alerts read back to rebuild the engine: the newest. */
const REBUILD_ALERTS_MAX = 50_000;
/** Entries of others read in one go; the rest follows with the next batch. */
const DECIDED_MAX = 1_000;

export type AlertToPlace = {
	readonly id: string;
	readonly seq: number;
	readonly alert: Alert;
	readonly verdict: Verdict;
	/** Event times, milliseconds. */
	readonly firstSeen: number;
	readonly lastSeen: number;
	readonly repeats: number;
	readonly incident: string | null;
	readonly placedAt: number | null;
};

export type IncidentRow = typeof incidents.$inferSelect;

/** The judged alerts with these ids, in order of arrival; ids without a row or without a verdict are left out. */
export async function readAlertsToPlace(database: Database, ids: readonly string[]): Promise<AlertToPlace[]> {
	if (ids.length === 0) return [];
	const rows = await database.db
		.select()
		.from(alerts)
		.where(inArray(alerts.id, [...new Set(ids)]))
		.orderBy(asc(alerts.seq));
	return rows.flatMap(toPlace);
}

/** Alerts that were placed and seen since, in order of arrival: the newest up to REBUILD_ALERTS_MAX. */
export async function readPlacedAlerts(database: Database, since: number): Promise<AlertToPlace[]> {
	const rows = await database.db
		.select()
		.from(alerts)
		.where(and(isNotNull(alerts.placed_at), gte(alerts.last_seen, since)))
		.orderBy(sql`${alerts.seq} DESC`)
		.limit(REBUILD_ALERTS_MAX);
	return rows.reverse().flatMap(toPlace);
}

/** The incidents with these ids. */
export async function readIncidents(database: Database, ids: readonly string[]): Promise<Map<string, IncidentRow>> {
	if (ids.length === 0) return new Map();
	const rows = await database.db
		.select()
		.from(incidents)
		.where(inArray(incidents.id, [...new Set(ids)]));
	return new Map(rows.map((row) => [row.id, row]));
}

/** Ids of the alerts of an incident, up to `limit`. */
export async function readAlertsOfIncident(
	database: Database,
	incident: string,
	limit: number,
): Promise<AlertToPlace[]> {
	const rows = await database.db
		.select()
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.orderBy(asc(alerts.seq))
		.limit(limit);
	return rows.flatMap(toPlace);
}

/** Open process-safety incidents, newest first. */
export async function readOpenSafetyIncidents(database: Database): Promise<IncidentRow[]> {
	return await database.db
		.select()
		.from(incidents)
		.where(and(eq(incidents.process_safety, true), inArray(incidents.state, ['open', 'acknowledged'])))
		.orderBy(sql`${incidents.last_at} DESC`)
		.limit(200);
}

export type Decided = {
	readonly seq: number;
	readonly kind: EntryKind;
	readonly actor: string;
	readonly incident: string | null;
	readonly refs: readonly string[];
	readonly data: { readonly [key: string]: Json | undefined };
};

const DECIDING: readonly EntryKind[] = [
	'incident.opened',
	'incident.joined',
	'incident.merged',
	'incident.split',
	'incident.resolved',
	'incident.reopened',
];

/** Entries about the grouping of alerts after this place in the ledger, oldest first. */
export async function readDecided(database: Database, after: number): Promise<Decided[]> {
	const rows = await database.db
		.select()
		.from(ledgerEntries)
		.where(and(gt(ledgerEntries.seq, after), inArray(ledgerEntries.kind, [...DECIDING])))
		.orderBy(asc(ledgerEntries.seq))
		.limit(DECIDED_MAX);
	return rows.map(toDecided);
}

function toDecided(row: typeof ledgerEntries.$inferSelect): Decided {
	const body = JSON.parse(row.canonical) as { refs?: string[]; data?: Decided['data'] }; // written by store/record.ts from NewEntry
	return {
		seq: row.seq,
		kind: row.kind as EntryKind, // the queries ask for kinds by name
		actor: `${row.actor_kind}:${row.actor_id}`,
		incident: row.incident,
		refs: body.refs ?? [],
		data: body.data ?? {},
	};
}

/** The newest place in the ledger. */
export async function readLedgerEnd(database: Database): Promise<number> {
	const [row] = await database.db
		.select({ seq: sql<string>`COALESCE(MAX(${ledgerEntries.seq}), 0)` })
		.from(ledgerEntries);
	return Number(row?.seq ?? 0);
}

function toPlace(row: typeof alerts.$inferSelect): AlertToPlace[] {
	if (row.verdict === null) return [];
	return [
		{
			id: row.id,
			seq: row.seq,
			alert: alertOf(row),
			verdict: row.verdict,
			firstSeen: row.first_seen,
			lastSeen: row.last_seen,
			repeats: row.repeats,
			incident: row.incident,
			placedAt: row.placed_at,
		},
	];
}

/** The alert as intake parsed it, at the time when its condition was last seen. */
function alertOf(row: typeof alerts.$inferSelect): Alert {
	return {
		source: row.source,
		external_id: row.external_id,
		fingerprint: row.fingerprint,
		status: row.status,
		title: row.title,
		description: row.description,
		severity: row.severity === null ? null : Severity.parse(row.severity),
		severity_raw: row.severity_raw,
		kind: AlertKind.parse(row.kind),
		domain: row.domain === null ? null : Domain.parse(row.domain),
		occurred_at: toIso(row.occurred_at),
		time_basis: row.time_basis === 'event' ? 'event' : 'received',
		entities: row.entities,
		techniques: row.techniques,
		labels: row.labels,
	};
}

/** What people said to keep apart, and what they were asked, since then. */
export async function readSplits(database: Database, since: number): Promise<Decided[]> {
	const rows = await database.db
		.select()
		.from(ledgerEntries)
		.where(
			and(inArray(ledgerEntries.kind, ['incident.split', 'incident.merge_suggested']), gte(ledgerEntries.at, since)),
		)
		.orderBy(asc(ledgerEntries.seq))
		.limit(DECIDED_MAX);
	return rows.map(toDecided);
}
