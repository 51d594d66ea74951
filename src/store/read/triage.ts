// What triage reads: alerts to judge, and an incident with the alerts that an adviser should see. One query each.
import { type Alert, AlertKind, Domain } from '../../domain/alert.ts';
import type { Json } from '../../domain/entry.ts';
import { Severity } from '../../domain/severity.ts';
import { toIso } from '../../domain/time.ts';
import type { Verdict } from '../../domain/verdict.ts';
import type { Database } from '../database.ts';
import { and, asc, desc, eq, gt, inArray } from '../drizzle.ts';
import { alerts, incidents, ledgerEntries } from '../schema.ts';

export type AlertToJudge = {
	readonly id: string;
	readonly alert: Alert;
	/** The verdict that stands, where it was judged before. */
	readonly verdict: Verdict | null;
	/** Event time, milliseconds. */
	readonly occurredAt: number;
	readonly incident: string | null;
};

type AlertRow = typeof alerts.$inferSelect;

/** The alerts with these ids, in order of arrival; ids without a row are left out. */
export async function readAlertsToJudge(database: Database, ids: readonly string[]): Promise<AlertToJudge[]> {
	if (ids.length === 0) return [];
	const rows = await database.db
		.select()
		.from(alerts)
		.where(inArray(alerts.id, [...new Set(ids)]))
		.orderBy(asc(alerts.seq));
	return rows.map((row) => ({
		id: row.id,
		alert: alertOf(row),
		verdict: row.verdict,
		occurredAt: row.occurred_at,
		incident: row.incident,
	}));
}

/** The alert as intake parsed it. Columns are text; what intake wrote there is parsed again rather than believed. */
export function alertOf(row: Omit<AlertRow, 'raw'>): Alert {
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

/** Alerts read from each end of an incident; the prompt quotes no more. */
const ADVISED_ALERTS_EACH_END = 6;

export type IncidentToAdvise = {
	readonly incident: typeof incidents.$inferSelect;
	/** The first and the last alerts in order of event time, each once. */
	readonly alerts: readonly Pick<
		AlertRow,
		'id' | 'source' | 'kind' | 'title' | 'description' | 'occurred_at' | 'repeats' | 'entities' | 'verdict' | 'severity'
	>[];
};

/** The incident and its first and last alerts; null where there is none with this id. */
export async function readIncidentToAdvise(database: Database, id: string): Promise<IncidentToAdvise | null> {
	const [incident] = await database.db.select().from(incidents).where(eq(incidents.id, id)).limit(1);
	if (incident === undefined) return null;
	const columns = {
		id: alerts.id,
		source: alerts.source,
		kind: alerts.kind,
		title: alerts.title,
		description: alerts.description,
		occurred_at: alerts.occurred_at,
		repeats: alerts.repeats,
		entities: alerts.entities,
		verdict: alerts.verdict,
		severity: alerts.severity,
	};
	const ends = await Promise.all(
		[asc, desc].map((order) =>
			database.db
				.select(columns)
				.from(alerts)
				.where(and(eq(alerts.incident, id)))
				.orderBy(order(alerts.occurred_at), order(alerts.seq))
				.limit(ADVISED_ALERTS_EACH_END),
		),
	);
	const [first = [], last = []] = ends;
	const seen = new Set(first.map((row) => row.id));
	return { incident, alerts: [...first, ...last.toReversed().filter((row) => !seen.has(row.id))] };
}

export type AdviceEntry = {
	readonly id: string;
	readonly seq: number;
	readonly at: number;
	readonly data: { readonly [key: string]: Json | undefined };
};

/** Recorded answers and failures of the adviser behind this place in the ledger: the newest up to `limit`, oldest of them first. */
export async function readAdviceEntries(database: Database, afterSeq: number, limit: number): Promise<AdviceEntry[]> {
	const rows = await database.db
		.select({
			id: ledgerEntries.id,
			seq: ledgerEntries.seq,
			at: ledgerEntries.at,
			canonical: ledgerEntries.canonical,
		})
		.from(ledgerEntries)
		.where(and(inArray(ledgerEntries.kind, ['advice.given', 'advice.failed']), gt(ledgerEntries.seq, afterSeq)))
		.orderBy(desc(ledgerEntries.seq))
		.limit(limit);
	return rows.reverse().map(({ id, seq, at, canonical }) => {
		const body = JSON.parse(canonical) as { data?: AdviceEntry['data'] }; // written by store/record.ts from NewEntry
		return { id, seq, at, data: body.data ?? {} };
	});
}
