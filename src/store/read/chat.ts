// Reads for chat and the command line: one incident with everything about it, what is open, what stands. Nothing is changed or decided here.
import { Approval } from '../../domain/decision.ts';
import { DRILL_PREFIX } from '../../domain/drill.ts';
import { ENTRY_KINDS, type EntryKind, type Json } from '../../domain/entry.ts';
import { Incident } from '../../domain/incident.ts';
import { SEVERITIES } from '../../domain/severity.ts';
import { Step, type StepState } from '../../domain/step.ts';
import type { Database } from '../database.ts';
import { and, asc, desc, eq, gt, inArray, isNull, lt, ne, sql } from '../drizzle.ts';
import {
	alerts,
	approvals,
	freezes,
	incidents,
	ledgerEntries,
	messages,
	steps,
	unknownAssets,
	unparsed,
} from '../schema.ts';
import { adviceNote, adviceText } from './advice-text.ts';
import { readSample, type SampleAlert } from './sample.ts';

/** Entries of one incident that a card or `show` looks back on; what control rooms were asked and answered comes on top. */
const TIMELINE_MAX = 200;
/** Open incidents that lists and App Home name; how many there are is counted (`countOpen`). */
const OPEN_MAX = 200;
/** Alerts of one incident that a person's merge may move in one transaction. */
export const MERGE_ALERTS_MAX = 5_000;
const STEPS_MAX = 500;
const MESSAGES_MAX = 1_000;
const UNPARSED_MAX = 50;
const VIEW_ENTRIES_MAX = 2_000;
const FAULTS_SHOWN = 3;

type Entry = {
	readonly id: string;
	readonly seq: number;
	readonly kind: EntryKind;
	readonly at: number;
	readonly actor: { readonly kind: 'bot' | 'system' | 'source' | 'person' | 'adviser'; readonly id: string };
	readonly incident: string | null;
	readonly refs: readonly string[];
	readonly data: { readonly [key: string]: Json | undefined };
};

type IncidentRow = typeof incidents.$inferSelect;
type EntryRow = typeof ledgerEntries.$inferSelect;

/** The row as the domain knows it; the adviser's answer becomes text. */
function toIncident(row: IncidentRow): Incident {
	return Incident.parse({ ...row, advice: adviceText(row.advice, row.severity), advice_note: adviceNote(row.advice) });
}

/** What the ledger wrote, read back: its canonical text is the only source. */
function toEntry(row: EntryRow): Entry {
	const body = JSON.parse(row.canonical) as { refs?: string[]; data?: Entry['data']; actor: Entry['actor'] }; // written by store/record.ts from NewEntry
	return {
		id: row.id,
		seq: row.seq,
		kind: row.kind as EntryKind, // the column holds what NewEntry allows
		at: row.at,
		actor: body.actor,
		incident: row.incident,
		refs: body.refs ?? [],
		data: body.data ?? {},
	};
}

type Sight = {
	readonly incident: Incident;
	readonly steps: readonly Step[];
	readonly approvals: readonly Approval[];
	readonly timeline: readonly Entry[];
	/** Alerts of it whose condition flaps. */
	readonly flapping: number;
	/** Its first and last alerts. */
	readonly sample: readonly SampleAlert[];
};

/** The incident with its steps, approvals and the newest entries, oldest of them first; null where it does not exist. One snapshot. */
export async function readSituation(database: Database, incidentId: string): Promise<Sight | null> {
	return await database.db.transaction(
		async (tx) => {
			const [row] = await tx.select().from(incidents).where(eq(incidents.id, incidentId));
			if (row === undefined) return null;
			const stepRows = await tx
				.select()
				.from(steps)
				.where(eq(steps.incident, incidentId))
				.orderBy(asc(steps.position), asc(steps.id))
				.limit(STEPS_MAX);
			const ids = stepRows.map((step) => step.id);
			const answers =
				ids.length === 0
					? []
					: await tx
							.select()
							.from(approvals)
							.where(inArray(approvals.step, ids))
							.orderBy(asc(approvals.at), asc(approvals.id));
			const entries = await tx
				.select()
				.from(ledgerEntries)
				.where(
					and(
						eq(ledgerEntries.incident, incidentId),
						sql`kind NOT LIKE 'alert.%' AND kind NOT LIKE 'message.%' AND kind <> 'incident.joined'`,
					),
				)
				.orderBy(desc(ledgerEntries.seq))
				.limit(TIMELINE_MAX);
			// A view that is lost, or a control room that has not answered, is not over because much has happened since.
			const oldest = entries.length < TIMELINE_MAX ? undefined : entries.at(-1);
			const views = oldest === undefined ? [] : await readViewRows(tx, incidentId, oldest.seq);
			const [flapping] = await tx.execute<{ n: string }>(
				sql`SELECT count(*) AS n FROM alerts WHERE incident = ${incidentId} AND flapping`,
			);
			return {
				incident: toIncident(row),
				flapping: Number(flapping?.n ?? 0),
				sample: await readSample(tx, incidentId),
				steps: stepRows.map((step) => Step.parse(step)),
				approvals: answers.map((answer) => Approval.parse(answer)),
				timeline: [...views, ...entries.reverse()].map(toEntry),
			};
		},
		{ isolationLevel: 'repeatable read', accessMode: 'read only' },
	);
}

/** What control rooms were asked and answered in this incident, oldest first: also what is too old for the timeline. */
export async function readViewEntries(database: Database, incidentId: string): Promise<Entry[]> {
	const rows = await readViewRows(database.db, incidentId, null);
	return rows.map(toEntry);
}

/** @param before only entries with a smaller number; null for all */
async function readViewRows(
	tx: Pick<Database['db'], 'select'>,
	incidentId: string,
	before: number | null,
): Promise<EntryRow[]> {
	return await tx
		.select()
		.from(ledgerEntries)
		.where(
			and(
				eq(ledgerEntries.incident, incidentId),
				sql`kind LIKE 'step.view\\_%'`,
				before === null ? undefined : lt(ledgerEntries.seq, before),
			),
		)
		.orderBy(asc(ledgerEntries.seq))
		.limit(VIEW_ENTRIES_MAX);
}

/** The id of the incident with this number; null where there is none. */
export async function findIncident(database: Database, number: number): Promise<string | null> {
	const [row] = await database.db.select({ id: incidents.id }).from(incidents).where(eq(incidents.number, number));
	return row?.id ?? null;
}

/** The step; null where it does not exist. */
export async function readStep(database: Database, id: string): Promise<Step | null> {
	const [row] = await database.db.select().from(steps).where(eq(steps.id, id));
	return row === undefined ? null : Step.parse(row);
}

/** Open and acknowledged incidents, process safety and the most severe first, then the newest. */
export async function readOpenIncidents(database: Database): Promise<Incident[]> {
	const rows = await database.db
		.select()
		.from(incidents)
		.where(inArray(incidents.state, ['open', 'acknowledged']))
		.orderBy(
			desc(incidents.process_safety),
			sql`array_position(ARRAY['critical','high','medium','low','informational'], ${incidents.severity})`,
			desc(incidents.last_at),
		)
		.limit(OPEN_MAX);
	return rows.map(toIncident);
}

/** All open and acknowledged incidents by severity, and what their steps ask of people: counted, not listed. */
export async function countOpen(database: Database) {
	const rows = await database.db.execute<{ name: string; n: string }>(sql`
		SELECT severity AS name, count(*) AS n FROM incidents
			WHERE state IN ('open', 'acknowledged') AND NOT starts_with(id, ${DRILL_PREFIX}) GROUP BY severity
		UNION ALL
		SELECT s.state AS name, count(*) AS n FROM steps s JOIN incidents i ON i.id = s.incident
			WHERE i.state IN ('open', 'acknowledged') AND s.state IN ('waiting', 'hands', 'in_doubt')
			AND NOT starts_with(i.id, ${DRILL_PREFIX}) GROUP BY s.state`);
	const of = (name: string): number => Number(rows.find((row) => row.name === name)?.n ?? 0);
	const by_severity = Object.fromEntries(SEVERITIES.map((name) => [name, of(name)]));
	return {
		open: SEVERITIES.reduce((sum, name) => sum + of(name), 0),
		by_severity,
		waiting: of('waiting'),
		hands: of('hands'),
		in_doubt: of('in_doubt'),
	};
}

const PENDING: readonly StepState[] = ['waiting', 'hands', 'in_doubt'];

/** Steps of these incidents that ask something of people. */
export async function readPendingSteps(database: Database, incidentIds: readonly string[]): Promise<Step[]> {
	if (incidentIds.length === 0) return [];
	const rows = await database.db
		.select()
		.from(steps)
		.where(and(inArray(steps.incident, [...incidentIds]), inArray(steps.state, [...PENDING])))
		.orderBy(asc(steps.incident), asc(steps.position))
		.limit(STEPS_MAX);
	return rows.map((row) => Step.parse(row));
}

/** Freezes that stand. */
export async function readFreezes(database: Database) {
	return await database.db.select().from(freezes).where(isNull(freezes.thawed_at)).orderBy(asc(freezes.set_at));
}

/** The newest faults of the program within the given time, oldest first. */
export async function readFaults(database: Database, since: number): Promise<Entry[]> {
	const rows = await database.db
		.select()
		.from(ledgerEntries)
		.where(and(eq(ledgerEntries.kind, 'program.fault'), gt(ledgerEntries.at, since)))
		.orderBy(desc(ledgerEntries.seq))
		.limit(FAULTS_SHOWN);
	return rows.reverse().map(toEntry);
}

/** Messages that were not understood and that nobody has marked as seen. */
export async function countUnparsed(database: Database): Promise<number> {
	const [row] = await database.db.execute<{ n: string }>(sql`SELECT count(*) AS n FROM unparsed WHERE state <> 'seen'`);
	return Number(row?.n ?? 0);
}

/** The newest messages of a source that people have not been told of, and how many there are. */
export async function readNewUnparsed(database: Database, source: string) {
	const rows = await database.db
		.select()
		.from(unparsed)
		.where(and(eq(unparsed.source, source), eq(unparsed.state, 'new')))
		.orderBy(desc(unparsed.received_at))
		.limit(UNPARSED_MAX);
	return rows;
}

/** One message of ours by its key or its id; null where there is none. */
export async function readMessage(database: Database, by: { readonly key: string } | { readonly id: string }) {
	const [row] = await database.db
		.select()
		.from(messages)
		.where('key' in by ? eq(messages.key, by.key) : eq(messages.id, by.id));
	return row ?? null;
}

/** Messages of ours about one incident, oldest first: its card, and the newest where there are very many. */
export async function readMessages(database: Database, incident: string) {
	const rows = await database.db
		.select()
		.from(messages)
		.where(eq(messages.incident, incident))
		.orderBy(desc(messages.created_at), desc(messages.id))
		.limit(MESSAGES_MAX);
	const isWhole = rows.length < MESSAGES_MAX || rows.some((row) => row.key === `card:${incident}`);
	const card = isWhole ? null : await readMessage(database, { key: `card:${incident}` });
	return [...(card === null ? [] : [card]), ...rows.reverse()];
}

/** How many messages whose key begins so were begun since then. */
export async function countRecent(database: Database, prefix: string, since: number): Promise<number> {
	const [row] = await database.db.execute<{ n: string }>(
		sql`SELECT count(*) AS n FROM messages WHERE key LIKE ${`${prefix}%`} AND created_at > ${since}`,
	);
	return Number(row?.n ?? 0);
}

/** Open incidents above the line that have no card yet. */
export async function readCardless(database: Database, limit: number): Promise<Incident[]> {
	const rows = await database.db
		.select()
		.from(incidents)
		.where(
			and(
				inArray(incidents.state, ['open', 'acknowledged']),
				isNull(incidents.card_ts),
				inArray(incidents.severity, ['medium', 'high', 'critical']),
			),
		)
		.orderBy(sql`array_position(ARRAY['critical','high','medium'], ${incidents.severity})`, asc(incidents.number))
		.limit(limit);
	return rows.map(toIncident);
}

/** Ids of the alerts of an incident, up to `MERGE_ALERTS_MAX`. */
export async function readAlertIds(database: Database, incident: string): Promise<string[]> {
	const rows = await database.db
		.select({ id: alerts.id })
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.limit(MERGE_ALERTS_MAX);
	return rows.map((row) => row.id);
}

/** The entry with this id; null where there is none. */
export async function readEntry(database: Database, id: string): Promise<Entry | null> {
	const [row] = await database.db.select().from(ledgerEntries).where(eq(ledgerEntries.id, id));
	return row === undefined || !ENTRY_KINDS.some((kind) => kind === row.kind) ? null : toEntry(row);
}

/** The newest alerts of an incident, as lists show them. */
export async function readAlertLines(database: Database, incident: string, limit: number) {
	return await database.db
		.select({
			id: alerts.id,
			source: alerts.source,
			title: alerts.title,
			last_seen: alerts.last_seen,
			repeats: alerts.repeats,
			flapping: alerts.flapping,
		})
		.from(alerts)
		.where(eq(alerts.incident, incident))
		.orderBy(desc(alerts.last_seen), asc(alerts.id))
		.limit(limit);
}

/** Steps whose facts may still matter. */
const JUDGED: readonly StepState[] = ['planned', 'waiting', 'queued', 'running', 'hands', 'forbidden', 'in_doubt'];

/** Steps that name the value as target or in a parameter (an account, a session, a flow, an indicator, a service): where it is used. */
export async function readStepsNaming(database: Database, value: string, limit: number): Promise<Step[]> {
	const rows = await database.db
		.select()
		.from(steps)
		.where(
			and(
				inArray(steps.state, [...JUDGED]),
				sql`(${steps.target} = ${value} OR EXISTS (SELECT 1 FROM jsonb_each(${steps.params}) AS p
					WHERE p.value = to_jsonb(${value}::text) OR p.value @> jsonb_build_array(${value}::text)))`,
			),
		)
		.limit(limit);
	return rows.map((row) => Step.parse(row));
}

/** Names and addresses that alerts used and the inventory did not have when they came, last seen first. */
export async function readUnknownAssets(database: Database, limit: number) {
	return await database.db.select().from(unknownAssets).orderBy(desc(unknownAssets.last_seen)).limit(limit);
}

/** Messages that were not understood and that nobody has marked as seen, newest first. */
export async function readUnseen(database: Database, limit: number) {
	return await database.db
		.select({
			id: unparsed.id,
			source: unparsed.source,
			received_at: unparsed.received_at,
			raw: sql<string>`left(${unparsed.raw}, ${RAW_READ_MAX})`,
			problems: unparsed.problems,
			repeats: unparsed.repeats,
			state: unparsed.state,
		})
		.from(unparsed)
		.where(ne(unparsed.state, 'seen'))
		.orderBy(desc(unparsed.received_at), asc(unparsed.id))
		.limit(limit);
}

/** Of a message that was not understood, so much is read for a list; the whole of it stays in its row. */
const RAW_READ_MAX = 600;
