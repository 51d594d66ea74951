// Reads what steps of one connector made and took away in a packet filter, all from the ledger. Reads only.
import type { Database } from '../database.ts';
import { sql } from '../drizzle.ts';

type RuleRow = {
	readonly step: string;
	readonly action: string;
	readonly indicator: string;
	readonly state: string | null;
	readonly earlier: string | null;
	readonly tries: number | null;
	readonly rules: readonly number[] | null;
};

/** Every step whose intent names the connector, in the order of the first intents, with the last thing said of it. */
export async function readRuleEvents(database: Database, connector: string): Promise<RuleRow[]> {
	const rows = await database.db.execute<{ [column in keyof RuleRow]: string | null }>(sql`
		WITH intents AS MATERIALIZED (
			SELECT canonical::jsonb->'refs'->>0 AS step, min(seq) AS first, max(seq) AS last,
				(array_agg(incident ORDER BY seq DESC))[1] AS incident,
				(array_agg(canonical::jsonb->'data' ORDER BY seq DESC))[1] AS data
			FROM ledger_entries
			WHERE kind = 'step.intent' AND incident IS NOT NULL AND canonical::jsonb->'data'->>'connector' = ${connector}
				AND canonical::jsonb->'data'->>'action' IN ('block_indicator', 'unblock_indicator')
			GROUP BY 1
		)
		SELECT intents.step, intents.data->>'action' AS action, intents.data->'params'->>'indicator' AS indicator,
			said.data->>'state' AS state, before.state AS earlier, said.data->>'tries' AS tries, kept.rules::text AS rules
		FROM intents
		LEFT JOIN LATERAL (
			SELECT canonical::jsonb->'data' AS data FROM ledger_entries
			WHERE incident = intents.incident AND kind IN ('step.result', 'step.in_doubt')
				AND canonical::jsonb->'refs'->>0 = intents.step AND seq > intents.last
			ORDER BY seq DESC LIMIT 1
		) said ON true
		LEFT JOIN LATERAL (
			SELECT canonical::jsonb->'data'->>'state' AS state FROM ledger_entries
			WHERE incident = intents.incident AND kind IN ('step.result', 'step.in_doubt')
				AND canonical::jsonb->'refs'->>0 = intents.step AND seq < intents.last
			ORDER BY seq DESC LIMIT 1
		) before ON true
		LEFT JOIN LATERAL (
			SELECT canonical::jsonb->'data'->'read'->'rules' AS rules FROM ledger_entries
			WHERE incident = intents.incident AND kind = 'step.result' AND canonical::jsonb->'refs'->>0 = intents.step
				AND canonical::jsonb->'data'->'read' ? 'rules'
			ORDER BY seq DESC LIMIT 1
		) kept ON true
		ORDER BY intents.first`);
	return rows.map((row) => ({
		step: row.step ?? '',
		action: row.action ?? '',
		indicator: row.indicator ?? '',
		state: row.state,
		earlier: row.earlier,
		tries: row.tries === null ? null : Number(row.tries),
		rules: numbersOf(row.rules),
	}));
}

function numbersOf(text: string | null): number[] | null {
	const read: unknown = text === null ? null : JSON.parse(text);
	return Array.isArray(read) && read.every((one) => Number.isSafeInteger(one)) ? read : null;
}
