// Reads about drills: their entries in the ledger, with their places in the tree, and those that have not ended. Reads only.
import { leafHash } from '../../domain/canonical.ts';
import { DRILL_PREFIX, drillSource } from '../../domain/drill.ts';
import { type Drill, type DrillEntry, drillFrom } from '../../domain/drill-state.ts';
import type { EntryKind } from '../../domain/entry.ts';
import type { Database } from '../database.ts';
import { sql } from '../drizzle.ts';

/** Drills that `list` and `status` look back on, and entries of one that are read. */
const DRILLS_MAX = 20;
const ENTRIES_MAX = 20_000;

type Row = {
	readonly id: string;
	readonly kind: EntryKind;
	readonly at: string;
	readonly canonical: string;
	readonly leaf: Buffer;
	readonly incident: string;
	readonly place: string | null;
};

/** Of the incident with this id; one whose text is not what was hashed is left out. */
export async function readDrillEntries(database: Database, drill: string): Promise<DrillEntry[]> {
	const rows = await database.db.execute<Row>(sql`
		SELECT e.id, e.kind, e.at, e.canonical, e.leaf, e.incident, s.idx AS place
		FROM ledger_entries e LEFT JOIN ledger_seals s ON s.entry = e.id
		WHERE e.incident = ${drill} ORDER BY e.seq LIMIT ${ENTRIES_MAX}`);
	return rows.flatMap(toEntry);
}

/** The drill with this id as it stands; null where there is none. */
export async function readDrill(database: Database, id: string): Promise<Drill | null> {
	return (await readDrillsOf(database, [id]))[0] ?? null;
}

/** The newest drills, newest first. */
export async function readDrills(database: Database): Promise<Drill[]> {
	const rows = await database.db.execute<{ incident: string }>(sql`
		SELECT incident FROM ledger_entries WHERE kind = 'drill.started' AND incident IS NOT NULL ORDER BY seq DESC LIMIT ${DRILLS_MAX}`);
	return await readDrillsOf(
		database,
		rows.map((row) => row.incident),
	);
}

async function readDrillsOf(database: Database, ids: readonly string[]): Promise<Drill[]> {
	if (ids.length === 0) return [];
	const rows = await database.db.execute<Row>(sql`
		SELECT e.id, e.kind, e.at, e.canonical, e.leaf, e.incident, NULL AS place FROM ledger_entries e
		WHERE e.kind LIKE 'drill.%' AND e.incident IN (SELECT json_array_elements_text(${JSON.stringify(ids)}::text::json))
		ORDER BY e.seq`);
	return ids.flatMap((id) => {
		const own = rows.filter((row) => row.incident === id).flatMap(toEntry);
		return drillFrom(id, own) ?? [];
	});
}

/** Whom the drill reached or who did something in it: ids of people. */
export async function readDrillPeople(database: Database, drill: string): Promise<string[]> {
	const rows = await database.db.execute<{ person: string }>(sql`
		SELECT DISTINCT actor_id AS person FROM ledger_entries WHERE incident = ${drill} AND actor_kind = 'person'
		UNION SELECT substring(key from '^page:[^:]+:(.+)$') FROM messages WHERE incident = ${drill} AND key LIKE 'page:%'`);
	return rows.flatMap((row) => row.person ?? []);
}

/** The drill's incident, its open steps, and the alerts of it. */
export async function readDrillIncident(
	database: Database,
	drill: string,
): Promise<{
	readonly state: string;
	readonly steps: readonly { readonly id: string; readonly state: string }[];
	readonly alerts: readonly string[];
} | null> {
	const [incident] = await database.db.execute<{ state: string }>(sql`SELECT state FROM incidents WHERE id = ${drill}`);
	if (incident === undefined) return null;
	const alerts = await database.db.execute<{ id: string }>(sql`
		SELECT id FROM alerts WHERE source = ${drillSource(drill)} AND status = 'open'`);
	const steps = await database.db.execute<{ id: string; state: string }>(sql`
		SELECT id, state FROM steps WHERE incident = ${drill} AND state IN ('planned', 'waiting', 'queued', 'hands', 'running', 'in_doubt')`);
	return { state: incident.state, steps: [...steps], alerts: alerts.map((row) => row.id) };
}

/** Real incidents that are open and critical, or hold a process-safety alarm: the first of them. */
export async function readRealAlarm(
	database: Database,
): Promise<{ readonly number: number; readonly title: string } | null> {
	const [row] = await database.db.execute<{ number: number; title: string }>(sql`
		SELECT number, title FROM incidents WHERE state IN ('open', 'acknowledged') AND NOT starts_with(id, ${DRILL_PREFIX})
			AND (process_safety OR severity = 'critical') ORDER BY process_safety DESC, last_at DESC LIMIT 1`);
	return row ?? null;
}

function toEntry(row: Row): DrillEntry[] {
	if (!leafHash(Buffer.from(row.canonical, 'utf8')).equals(row.leaf)) return [];
	// written by store/record.ts from NewEntry
	const body = JSON.parse(row.canonical) as Pick<DrillEntry, 'actor' | 'refs' | 'data'>;
	return [
		{
			id: row.id,
			place: row.place === null ? null : Number(row.place),
			kind: row.kind,
			at: Number(row.at),
			actor: body.actor,
			refs: body.refs ?? [],
			data: body.data ?? {},
		},
	];
}
