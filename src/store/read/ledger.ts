// Reads of the ledger: entries in the order of their places, checkpoints, personal values, one entry's place. Nothing is changed.
import type { Drizzle, Transaction } from '../database.ts';
import { and, asc, desc, eq, gte, inArray, lt, sql } from '../drizzle.ts';
import { ledgerCheckpoints, ledgerEntries, ledgerPersonal, ledgerSeals } from '../schema.ts';

type Reader = Drizzle | Transaction;

/** Rows read at once. */
const PAGE_ROWS = 5_000;

export type SealedEntry = {
	readonly place: number;
	readonly id: string;
	readonly canonical: string;
	readonly leaf: Buffer;
};

/** How many entries have a place, and whether places run from 0 without a gap. */
export async function sealedSize(db: Reader): Promise<{ readonly size: number; readonly isGapless: boolean }> {
	const [row] = await db
		.select({ count: sql<string>`count(*)`, last: sql<string>`coalesce(max(${ledgerSeals.idx}), -1)` })
		.from(ledgerSeals);
	const size = Number(row?.count ?? 0);
	return { size, isGapless: Number(row?.last ?? -1) + 1 === size };
}

/** The number of places given out; cheap, unlike `sealedSize`. */
export async function nextPlace(db: Reader): Promise<number> {
	const [row] = await db.select({ idx: ledgerSeals.idx }).from(ledgerSeals).orderBy(desc(ledgerSeals.idx)).limit(1);
	return (row?.idx ?? -1) + 1;
}

/** The database's number of the entry that was placed last; 0 where none is. */
export async function lastPlacedSeq(db: Reader): Promise<number> {
	const [row] = await db
		.select({ seq: ledgerSeals.entry_seq })
		.from(ledgerSeals)
		.orderBy(desc(ledgerSeals.idx))
		.limit(1);
	return row?.seq ?? 0;
}

/** Entries at places `from` up to, not including, `to`, a page at a time. */
export async function* entriesByPlace(db: Reader, from: number, to: number): AsyncGenerator<SealedEntry[]> {
	for (let start = from; start < to; start += PAGE_ROWS) {
		yield await db
			.select({
				place: ledgerSeals.idx,
				id: ledgerEntries.id,
				canonical: ledgerEntries.canonical,
				leaf: ledgerEntries.leaf,
			})
			.from(ledgerSeals)
			.innerJoin(ledgerEntries, eq(ledgerEntries.id, ledgerSeals.entry))
			.where(and(gte(ledgerSeals.idx, start), lt(ledgerSeals.idx, Math.min(to, start + PAGE_ROWS))))
			.orderBy(asc(ledgerSeals.idx));
	}
}

/** All checkpoints, the smallest first. */
export async function allCheckpoints(db: Reader): Promise<{ size: number; root: string; note: string; at: number }[]> {
	return db.select().from(ledgerCheckpoints).orderBy(asc(ledgerCheckpoints.size));
}

/** The newest checkpoint; null before the first. */
export async function lastCheckpoint(
	db: Reader,
): Promise<{ size: number; root: string; note: string; at: number } | null> {
	const [row] = await db.select().from(ledgerCheckpoints).orderBy(desc(ledgerCheckpoints.size)).limit(1);
	return row ?? null;
}

/** The place of an entry; null where it has none yet or there is no such entry. */
export async function placeOf(db: Reader, entry: string): Promise<number | null> {
	const [row] = await db.select({ place: ledgerSeals.idx }).from(ledgerSeals).where(eq(ledgerSeals.entry, entry));
	return row?.place ?? null;
}

/** Erasable values of these entries that have not been erased. */
export async function personalOf(
	db: Reader,
	entries: readonly string[],
): Promise<{ entry: string; name: string; salt: string; value: string }[]> {
	if (entries.length === 0) return [];
	return db
		.select()
		.from(ledgerPersonal)
		.where(inArray(ledgerPersonal.entry, [...entries]))
		.orderBy(asc(ledgerPersonal.entry), asc(ledgerPersonal.name));
}

export type Unsealed = { readonly id: string; readonly seq: number; readonly leaf: Buffer; readonly canonical: string };

const UNSEALED = {
	id: ledgerEntries.id,
	seq: ledgerEntries.seq,
	leaf: ledgerEntries.leaf,
	canonical: ledgerEntries.canonical,
};
const HAS_NO_PLACE = sql`NOT EXISTS (SELECT 1 FROM ${ledgerSeals} WHERE ${ledgerSeals.entry} = ${ledgerEntries.id})`;

/** Committed entries without a place, in the order in which the database numbered them, from a number on. */
export async function unsealedEntries(db: Reader, fromSeq: number, limit: number): Promise<Unsealed[]> {
	return db
		.select(UNSEALED)
		.from(ledgerEntries)
		.where(and(gte(ledgerEntries.seq, fromSeq), HAS_NO_PLACE))
		.orderBy(asc(ledgerEntries.seq))
		.limit(limit);
}

/** Those of them that have one of these numbers. */
export async function unsealedAmong(db: Reader, seqs: readonly number[]): Promise<Unsealed[]> {
	if (seqs.length === 0) return [];
	return db
		.select(UNSEALED)
		.from(ledgerEntries)
		.where(
			and(
				sql`${ledgerEntries.seq} IN (SELECT json_array_elements_text(${JSON.stringify(seqs)}::text::json)::bigint)`,
				HAS_NO_PLACE,
			),
		)
		.orderBy(asc(ledgerEntries.seq));
}
