// What correlation reads: alerts to place, alerts placed lately (to rebuild the engine after a restart), incidents with what
// stands in their rows, and what people and the safety lane decided since. Nothing is changed or decided here.
import type { Alert } from '../../domain/alert.ts';
import { DRILL_PREFIX } from '../../domain/drill.ts';
import type { EntryKind, Json } from '../../domain/entry.ts';
import type { Join } from '../../domain/incident.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Database } from '../database.ts';
import { and, asc, desc, eq, getTableColumns, gt, gte, inArray, isNotNull, lt, sql } from '../drizzle.ts';
import { alerts, incidents, ledgerEntries } from '../schema.ts';
import { alertOf } from './triage.ts';

/** Alerts read back to rebuild the engine: the newest. */
const REBUILD_ALERTS_MAX = 50_000;
/** Alerts of one statement. */
const REBUILD_PAGE = 5_000;
/** Entries of others read in one go. */
const DECIDED_MAX = 1_000;
/** Decisions of people that outlive what else is read back. */
const APART_MAX = 5_000;

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
	readonly join: Join | null;
};

type AlertRow = Omit<typeof alerts.$inferSelect, 'raw'>;
/** All but the message as it came, which nobody here needs and which may be long. */
const { raw: _, ...COLUMNS } = getTableColumns(alerts);

export type IncidentRow = typeof incidents.$inferSelect;

/** The judged alerts with these ids, in order of arrival; ids without a row or without a verdict are left out. */
export async function readAlertsToPlace(database: Database, ids: readonly string[]): Promise<AlertToPlace[]> {
	if (ids.length === 0) return [];
	const rows = await database.db
		.select(COLUMNS)
		.from(alerts)
		.where(inArray(alerts.id, [...new Set(ids)]))
		.orderBy(asc(alerts.seq));
	return rows.flatMap(toPlace);
}

/** Alerts that the engine placed and that were seen since, in the order of placing: the newest up to REBUILD_ALERTS_MAX. */
export async function readPlacedAlerts(database: Database, since: number): Promise<(AlertToPlace & { join: Join })[]> {
	const found: (AlertToPlace & { join: Join })[] = [];
	let before = Number.MAX_SAFE_INTEGER;
	while (found.length < REBUILD_ALERTS_MAX) {
		const rows = await database.db
			.select(COLUMNS)
			.from(alerts)
			.where(and(isNotNull(alerts.placed_at), gte(alerts.last_seen, since), lt(alerts.seq, before)))
			.orderBy(desc(alerts.seq))
			.limit(REBUILD_PAGE);
		for (const alert of rows.flatMap(toPlace)) {
			// Without `taken` it took the lane of process-safety alarms: the ledger tells of it.
			if (alert.join?.taken !== undefined) found.push({ ...alert, join: alert.join });
		}
		if (rows.length < REBUILD_PAGE) break;
		before = rows.at(-1)?.seq ?? 0;
	}
	return found.sort((a, b) => (a.join.taken?.order ?? 0) - (b.join.taken?.order ?? 0));
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
		.select(COLUMNS)
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.orderBy(asc(alerts.seq))
		.limit(limit);
	return rows.flatMap(toPlace);
}

/** Open process-safety incidents, newest first; those of drills are none. */
export async function readOpenSafetyIncidents(database: Database): Promise<IncidentRow[]> {
	return await database.db
		.select()
		.from(incidents)
		.where(
			and(
				eq(incidents.process_safety, true),
				inArray(incidents.state, ['open', 'acknowledged']),
				sql`NOT starts_with(${incidents.id}, ${DRILL_PREFIX})`,
			),
		)
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
	'incident.merge_suggested',
	'incident.split',
	'incident.resolved',
	'incident.reopened',
];
/** What was decided in a drill teaches the engine nothing. */
const NO_DRILL = sql`(${ledgerEntries.incident} IS NULL OR NOT starts_with(${ledgerEntries.incident}, ${DRILL_PREFIX}))`;
/** What the engine's own stage placed is in the alerts; only its lane for process-safety alarms is told by entries. */
const NOT_OWN = sql`(${ledgerEntries.kind} NOT IN ('incident.opened', 'incident.joined', 'incident.merged')
	OR ${ledgerEntries.actor_kind} <> 'bot' OR ${ledgerEntries.actor_id} <> 'correlation'
	OR ${ledgerEntries.canonical} LIKE '%"lane":"safety"%')`;

/**
 * Entries of others about the grouping of alerts after this place in the ledger, oldest first, up to DECIDED_MAX.
 *
 * @param since with a time, only those of events since then (ms)
 */
export async function readDecided(database: Database, after: number, since: number | null = null): Promise<Decided[]> {
	const recent = since === null ? undefined : gte(ledgerEntries.at, since);
	const rows = await database.db
		.select()
		.from(ledgerEntries)
		.where(and(gt(ledgerEntries.seq, after), inArray(ledgerEntries.kind, [...DECIDING]), NOT_OWN, NO_DRILL, recent))
		.orderBy(asc(ledgerEntries.seq))
		.limit(DECIDED_MAX);
	return rows.map(toDecided);
}

/** What people took or kept apart before this time (ms), oldest first: the newest APART_MAX. */
export async function readApartBefore(database: Database, before: number): Promise<Decided[]> {
	const rows = await database.db
		.select()
		.from(ledgerEntries)
		.where(and(eq(ledgerEntries.kind, 'incident.split'), NO_DRILL, lt(ledgerEntries.at, before)))
		.orderBy(desc(ledgerEntries.seq))
		.limit(APART_MAX);
	return rows.reverse().map(toDecided);
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

function toPlace(row: AlertRow): AlertToPlace[] {
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
			join: row.join,
		},
	];
}
