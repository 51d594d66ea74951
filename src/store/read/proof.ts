// What the ledger says about one incident, its statements and the freezes, for the gate: the tables alone prove nothing. Reads only, in
// the caller's transaction. NOT here: what it means (response/proof.ts).
import { leafHash } from '../../domain/canonical.ts';
import { FACT_NAMES } from '../../domain/fact.ts';
import { DAY } from '../../domain/time.ts';
import type { Drizzle, Transaction } from '../database.ts';
import { sql } from '../drizzle.ts';

/** No statement holds longer than 365 days (domain/fact-catalogue.ts). */
const STATEMENTS_SINCE_MS = 366 * DAY;
/** Rows without an entry that are told of at once; the rest is told of with the next look. */
const UNSTATED_MAX = 20;

type FactRow = {
	readonly id: string;
	readonly name: string;
	readonly subject: string;
	readonly value: unknown;
	readonly supplied_by: string | null;
};

export type LedgerProof = {
	/** Canonical texts of plans, steps and approvals of the incident, oldest first. */
	readonly entries: readonly string[];
	/** Canonical texts of the newest statement of each fact about each subject by each person. */
	readonly statements: readonly string[];
	/** Rows of those statements, and rows that no entry bears out. */
	readonly factRows: readonly FactRow[];
	readonly unstated: readonly FactRow[];
	/** Canonical texts of freezes set and lifted, oldest first. */
	readonly freezes: readonly string[];
	/** Ids of entries whose text is not the one that was hashed: not read. */
	readonly altered: readonly string[];
};

/** @param steps ids of the incident's steps: statements about other steps and incidents are left out */
export async function readProof(
	tx: Transaction,
	incident: string,
	steps: readonly string[],
	now: number,
): Promise<LedgerProof> {
	const altered: string[] = [];
	const sound = (rows: readonly EntryText[]): string[] =>
		rows.flatMap((row) => {
			if (leafHash(Buffer.from(row.canonical, 'utf8')).equals(row.leaf)) return [row.canonical];
			altered.push(row.id);
			return [];
		});
	const entries = await tx.execute<EntryText>(sql`
		SELECT id, canonical, leaf FROM ledger_entries
		WHERE incident = ${incident} AND (kind LIKE 'step.%' OR kind LIKE 'approval.%' OR kind = 'plan.made') ORDER BY seq`);
	const statements = await readStatements(tx, [incident, ...steps], now);
	const freezes = await tx.execute<EntryText>(sql`
		SELECT id, canonical, leaf FROM ledger_entries WHERE kind IN ('freeze.set', 'freeze.thawed') ORDER BY seq`);
	const factRows = await tx.execute<FactRow>(sql`
		SELECT id, name, subject, value, supplied_by FROM facts
		WHERE id IN (SELECT json_array_elements_text(${JSON.stringify(statements.map((row) => row.fact))}::text::json))`);
	const unstated = await tx.execute<FactRow>(sql`
		SELECT id, name, subject, value, supplied_by FROM facts f WHERE NOT EXISTS (
			SELECT FROM ledger_entries e WHERE e.kind = 'fact.stated' AND e.actor_id = f.supplied_by AND e.at = f.stated_at)
		ORDER BY id LIMIT ${UNSTATED_MAX}`);
	return {
		entries: sound(entries),
		statements: sound(statements),
		freezes: sound(freezes),
		factRows: [...factRows],
		unstated: [...unstated],
		altered,
	};
}

type EntryText = { readonly id: string; readonly canonical: string; readonly leaf: Buffer };

/**
 * The newest statement by fact, subject and person: however much is stated, no warning is pushed out by it. Statements about steps and
 * incidents other than these are left out: their number grows without end.
 */
async function readStatements(
	tx: Transaction,
	own: readonly string[],
	now: number,
): Promise<readonly (EntryText & { readonly fact: string })[]> {
	return await tx.execute<EntryText & { fact: string }>(sql`
		SELECT DISTINCT ON (name, subject, actor_id) id, canonical, leaf, fact FROM (
			SELECT id, seq, at, actor_id, canonical, leaf, c->'data'->>'name' AS name, c->'data'->>'subject' AS subject,
				c->'refs'->>0 AS fact
			FROM (
				SELECT id, seq, at, actor_id, canonical, leaf, canonical::jsonb AS c FROM ledger_entries
				WHERE kind = 'fact.stated' AND at > ${now - STATEMENTS_SINCE_MS}
			) entries
		) stated
		WHERE name IN (SELECT json_array_elements_text(${JSON.stringify(FACT_NAMES)}::text::json))
			AND (subject !~ '^(stp|inc)_' OR subject IN (SELECT json_array_elements_text(${JSON.stringify(own)}::text::json)))
		ORDER BY name, subject, actor_id, at DESC, seq DESC`);
}

/** Which of these messages people have been sent already, by key. */
export async function readToldKeys(tx: Drizzle | Transaction, keys: readonly string[]): Promise<ReadonlySet<string>> {
	if (keys.length === 0) return new Set();
	const rows = await tx.execute<{ key: string }>(sql`
		SELECT key FROM messages WHERE key IN (SELECT json_array_elements_text(${JSON.stringify(keys)}::text::json))`);
	return new Set(rows.map((row) => row.key));
}
