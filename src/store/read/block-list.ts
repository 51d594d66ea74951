// Reads for the lists that firewalls fetch: what steps of a connector did, and who fetched, all from the ledger. Reads only.
import type { Database } from '../database.ts';
import { sql } from '../drizzle.ts';

type EventRow = {
	readonly step: string;
	readonly incident: string;
	readonly action: string;
	readonly indicator: string;
	readonly at: number;
	readonly until: number | null;
};

/** Steps by which a connector blocked an indicator or a host (then `indicator` is the asset's id) or took that back, in the ledger's order: those whose intent names it and whose result says `done`. */
export async function readBlockEvents(database: Database, connector: string): Promise<EventRow[]> {
	const rows = await database.db.execute<Record<keyof EventRow, string | null>>(sql`
		WITH intents AS MATERIALIZED (
			SELECT DISTINCT ON (step) incident, canonical::jsonb->'refs'->>0 AS step, canonical::jsonb->'data' AS data
			FROM ledger_entries
			WHERE kind = 'step.intent' AND incident IS NOT NULL AND canonical::jsonb->'data'->>'connector' = ${connector}
				AND canonical::jsonb->'data'->>'action' IN ('block_indicator', 'unblock_indicator', 'block_internal', 'unblock_internal')
			ORDER BY step, seq DESC
		)
		SELECT intents.step, intents.incident, intents.data->>'action' AS action,
			coalesce(intents.data->'params'->>'indicator', intents.data->>'target') AS indicator, results.at,
			results.canonical::jsonb->'data'->>'contained_until' AS until
		FROM intents JOIN ledger_entries results ON results.incident = intents.incident AND results.kind = 'step.result'
			AND results.canonical::jsonb->'refs'->>0 = intents.step
		WHERE results.canonical::jsonb->'data'->>'state' = 'done'
		ORDER BY results.seq`);
	return rows.map((row) => ({
		step: row.step ?? '',
		incident: row.incident ?? '',
		action: row.action ?? '',
		indicator: row.indicator ?? '',
		at: Number(row.at),
		until: row.until === null ? null : Number(row.until),
	}));
}

/** The incident of a step that has begun, by its newest intent; null where none is recorded. */
export async function readIncidentOfStep(database: Database, step: string): Promise<string | null> {
	const [row] = await database.db.execute<{ incident: string | null }>(sql`
		SELECT incident FROM ledger_entries
		WHERE kind = 'step.intent' AND canonical::jsonb->'refs'->>0 = ${step} ORDER BY seq DESC LIMIT 1`);
	return row?.incident ?? null;
}

/** The last fetch of each list by each address. */
export async function readPolls(
	database: Database,
	lists: readonly string[],
): Promise<{ list: string; address: string; at: number; etag: string }[]> {
	const rows = await database.db.execute<{ list: string; address: string; at: string; etag: string }>(sql`
		SELECT DISTINCT ON (1, 2) canonical::jsonb->'data'->>'list' AS list,
			canonical::jsonb->'data'->>'address' AS address, at, canonical::jsonb->'data'->>'etag' AS etag
		FROM ledger_entries WHERE kind = 'blocklist.fetched' ORDER BY 1, 2, at DESC`);
	return rows.filter((row) => lists.includes(row.list)).map((row) => ({ ...row, at: Number(row.at) }));
}
