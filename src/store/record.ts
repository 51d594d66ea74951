// The ONE door through which anything changes: ledger entries, the rows that people query and the topics that follow, in one transaction.
// Nothing is decided here. (Alerts at the door have a bulk form of the same: record-alerts.ts.)
import { createHash, randomBytes } from 'node:crypto';
import { canonicalJson, leafHash } from '../domain/canonical.ts';
import type { NewEntry } from '../domain/entry.ts';
import { makeId } from '../domain/id.ts';
import type { Due, NextTopic } from '../domain/topic.ts';
import type { Database, Transaction } from './database.ts';
import { and, eq, getTableColumns, inArray, sql } from './drizzle.ts';
import * as schema from './schema.ts';

/** Version of the entry envelope: part of the hashed bytes. */
export const ENTRY_VERSION = 1;

/** Tables that a change may name. The ledger and the outbox are written only by this file. */
const TABLES = {
	alerts: schema.alerts,
	unparsed: schema.unparsed,
	incidents: schema.incidents,
	steps: schema.steps,
	approvals: schema.approvals,
	facts: schema.facts,
	freezes: schema.freezes,
	messages: schema.messages,
	unknown_assets: schema.unknownAssets,
} as const;
export type Tables = typeof TABLES;

/**
 * insert  a new row; one that is there already is a Conflict
 * ensure  a new row unless its primary or unique key is there already: then nothing
 * update  the row with this id; where `expect` is given and the row differs, nothing is changed at all: Conflict
 */
export type Change = {
	[T in keyof Tables]:
		| { readonly op: 'insert' | 'ensure'; readonly table: T; readonly row: Tables[T]['$inferInsert'] }
		| {
				readonly op: 'update';
				readonly table: T;
				readonly id: string;
				readonly set: Partial<Tables[T]['$inferInsert']>;
				readonly expect?: Partial<Tables[T]['$inferSelect']>;
		  };
}[keyof Tables];

export type ToRecord = {
	readonly entries: readonly NewEntry[];
	readonly changes?: readonly Change[];
	readonly topics?: readonly NextTopic[];
	/** Outbox rows that this work completes: deleted in the same transaction, so that work has effect once. */
	readonly done?: readonly Due[];
};

/** Somebody else changed the row first: read again and decide again. Nothing was written. */
export class Conflict extends Error {
	override name = 'Conflict';
}

/** The lease on an outbox row ran out and another worker has it: nothing was written, nothing is owed. */
export class LeaseLost extends Error {
	override name = 'LeaseLost';
}

/**
 * Writes entries, changes and topics in one transaction and wakes the queue after the commit.
 *
 * @returns the ids of the entries, in order
 * @throws Conflict, LeaseLost (nothing was written), or the database's own error
 */
export async function record(database: Database, what: ToRecord, now: number): Promise<string[]> {
	const prepared = what.entries.map((entry) => prepareEntry(entry, now));
	await database.db.transaction(async (tx) => {
		await writeEntries(tx, prepared);
		for (const change of what.changes ?? []) await applyChange(tx, change);
		await writeTopics(tx, what.topics ?? [], now);
		await completeDue(tx, what.done ?? []);
	});
	if (what.topics !== undefined && what.topics.length > 0) {
		database.onTopics([...new Set(what.topics.map((next) => next.topic))]);
	}
	return prepared.map((entry) => entry.row.id);
}

export type PreparedEntry = {
	readonly row: typeof schema.ledgerEntries.$inferInsert;
	readonly personal: readonly (typeof schema.ledgerPersonal.$inferInsert)[];
};

/** Makes the canonical bytes and leaf hash of an entry. Erasable values become salted hashes; the values go beside the ledger. */
export function prepareEntry(entry: NewEntry, now: number): PreparedEntry {
	const id = makeId('ent', now, cryptoRandom);
	const personal = Object.entries(entry.personal ?? {}).map(([name, value]) => ({
		entry: id,
		name,
		salt: randomBytes(16).toString('hex'),
		value,
	}));
	const commitments = Object.fromEntries(
		personal.map((item) => [
			item.name,
			createHash('sha256').update(`${item.salt}:${item.value}`, 'utf8').digest('hex'),
		]),
	);
	const canonical = canonicalJson({
		v: ENTRY_VERSION,
		id,
		kind: entry.kind,
		at: new Date(entry.at).toISOString(),
		recorded_at: new Date(now).toISOString(),
		actor: entry.actor,
		incident: entry.incident,
		refs: entry.refs,
		data: entry.data,
		personal: personal.length === 0 ? undefined : commitments,
	});
	return {
		row: {
			id,
			kind: entry.kind,
			at: entry.at,
			actor_kind: entry.actor.kind,
			actor_id: entry.actor.id,
			incident: entry.incident,
			canonical,
			leaf: leafHash(Buffer.from(canonical, 'utf8')),
		},
		personal,
	};
}

/** A number in [0, 1) from the system's cryptographic source: ids must not be guessable. */
export function cryptoRandom(): number {
	return randomBytes(6).readUIntBE(0, 6) / 2 ** 48;
}

/** Rows a statement may carry: far below Postgres' 65,535 parameters. */
const ROWS_MAX = 500;

export async function writeEntries(tx: Transaction, prepared: readonly PreparedEntry[]): Promise<void> {
	for (let i = 0; i < prepared.length; i += ROWS_MAX) {
		const part = prepared.slice(i, i + ROWS_MAX);
		await tx.insert(schema.ledgerEntries).values(part.map((entry) => entry.row));
		const personal = part.flatMap((entry) => entry.personal);
		if (personal.length > 0) await tx.insert(schema.ledgerPersonal).values(personal);
	}
}

async function applyChange(tx: Transaction, change: Change): Promise<void> {
	const table = TABLES[change.table];
	if (change.op !== 'update') {
		// The union over tables cannot be narrowed by the compiler; Change ties table and row together.
		const insert = tx.insert(table).values(change.row as never);
		const rows = await (change.op === 'ensure' ? insert.onConflictDoNothing() : insert).returning({ id: table.id });
		if (change.op === 'insert' && rows.length !== 1) throw new Conflict(`${change.table}: not inserted`);
		return;
	}
	// Columns of nine tables by name: too wide a union for the compiler; each name is checked right below.
	const columns: Record<string, unknown> = getTableColumns(table);
	const conditions = Object.entries(change.expect ?? {}).map(([name, value]) => {
		const column = columns[name];
		if (column === undefined) throw new Error(`${change.table} has no column ${name}`);
		return value === null ? sql`${column} IS NULL` : sql`${column} = ${value}`;
	});
	const rows = await tx
		.update(table)
		.set(change.set as never)
		.where(and(eq(table.id, change.id), ...conditions))
		.returning({ id: table.id });
	if (rows.length !== 1) throw new Conflict(`${change.table} ${change.id}: is not as it was read`);
}

/** Adds topics to the outbox; one that waits already under the same key is brought forward, not doubled. */
export async function writeTopics(tx: Transaction, topics: readonly NextTopic[], now: number): Promise<void> {
	const folded = new Map<string, NextTopic>();
	for (const next of topics) {
		const held = folded.get(`${next.topic} ${next.key}`);
		if (held === undefined || (next.after ?? now) <= (held.after ?? now)) folded.set(`${next.topic} ${next.key}`, next);
	}
	const rows = [...folded.values()]
		// One order of keys in every transaction: two that fold into the same rows cannot deadlock.
		.toSorted((a, b) => (a.topic + a.key < b.topic + b.key ? -1 : 1))
		.map((next) => ({ topic: next.topic, key: next.key, data: next.data ?? {}, due_at: next.after ?? now }));
	for (let i = 0; i < rows.length; i += ROWS_MAX) {
		await tx
			.insert(schema.outbox)
			.values(rows.slice(i, i + ROWS_MAX))
			.onConflictDoUpdate({
				target: [schema.outbox.topic, schema.outbox.key],
				targetWhere: sql`lease_until IS NULL AND NOT parked`,
				set: { due_at: sql`LEAST(outbox.due_at, excluded.due_at)`, data: sql`excluded.data` },
			});
	}
}

async function completeDue(tx: Transaction, done: readonly Due[]): Promise<void> {
	if (done.length === 0) return;
	// `attempts` names the lease: a row that another worker has taken since carries a higher number.
	for (let i = 0; i < done.length; i += ROWS_MAX) {
		const part = done.slice(i, i + ROWS_MAX);
		const gone = await tx
			.delete(schema.outbox)
			.where(
				and(
					inArray(
						schema.outbox.id,
						part.map((due) => due.id),
					),
					sql`(${schema.outbox.id}, ${schema.outbox.attempts}) IN (${sql.join(
						part.map((due) => sql`(${due.id}::bigint, ${due.attempts}::int)`),
						sql`, `,
					)})`,
				),
			)
			.returning({ id: schema.outbox.id });
		if (gone.length !== part.length)
			throw new LeaseLost(`${part.length - gone.length} outbox rows were taken by another worker`);
	}
}
