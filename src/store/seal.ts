// The second writer of the ledger: places and checkpoints, under one advisory lock. Which place and which checkpoint is decided
// in ledger/; entries themselves come in through record.ts alone.
import type { Database, Transaction } from './database.ts';
import { sql } from './drizzle.ts';
import { ledgerCheckpoints } from './schema.ts';

/** Names the sealer among the database's advisory locks: "ILSEAL" in ASCII. */
const SEAL_LOCK = 0x494c5345414c;

/** Rows of one statement. */
const ROWS_MAX = 5_000;

export type Seal = { readonly idx: number; readonly entry: string; readonly entry_seq: number };
export type CheckpointRow = {
	readonly size: number;
	readonly root: string;
	readonly note: string;
	readonly at: number;
};

/**
 * Runs the work in a transaction that no other sealer shares; null where another one holds the lock now.
 * The lock ends with the transaction, so a sealer that dies leaves nothing behind.
 */
export async function whileSealing<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T | null> {
	return database.db.transaction(async (tx) => {
		const [row] = await tx.execute(sql`SELECT pg_try_advisory_xact_lock(${SEAL_LOCK}::bigint) AS held`);
		return row?.['held'] === true ? work(tx) : null;
	});
}

export async function writeSeals(tx: Transaction, seals: readonly Seal[]): Promise<void> {
	for (let i = 0; i < seals.length; i += ROWS_MAX) {
		await tx.execute(sql`
			INSERT INTO ledger_seals (idx, entry, entry_seq)
			SELECT idx, entry, entry_seq FROM json_to_recordset(${JSON.stringify(seals.slice(i, i + ROWS_MAX))}::text::json)
				AS s(idx bigint, entry text, entry_seq bigint)`);
	}
}

export async function writeCheckpoint(tx: Transaction, row: CheckpointRow): Promise<void> {
	await tx.insert(ledgerCheckpoints).values(row);
}
