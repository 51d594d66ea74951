// The ONE door through which anything changes: ledger entries, the rows that people query and the topics that follow, in one transaction.
// Nothing is decided here. (Alerts at the door have a bulk form of the same: record-alerts.ts.)
import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { canonicalJson, leafHashOfText } from '../domain/canonical.ts';
import { isDrill } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import { makeId } from '../domain/id.ts';
import { toIso } from '../domain/time.ts';
import type { Due, NextTopic } from '../domain/topic.ts';
import { type Columns, columnTexts, rowsFrom } from './columns.ts';
import type { Database, Transaction } from './database.ts';
import { and, eq, getTableColumns, sql } from './drizzle.ts';
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
	source_states: schema.sourceStates,
	learned_rules: schema.learnedRules,
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
		await lockAlerts(tx, what.changes ?? []);
		for (const group of inGroups(what.changes ?? [])) await applyGroup(tx, group);
		await writeTopics(tx, what.topics ?? [], now);
		await completeDue(tx, what.done ?? []);
	});
	if (what.topics !== undefined && what.topics.length > 0) {
		database.onTopics([...new Set(what.topics.map((next) => next.topic))]);
	}
	return prepared.map((entry) => entry.row.id);
}

export type PreparedEntry = {
	/** As ENTRY_COLUMNS take it: the leaf hash in hex. */
	readonly row: Omit<typeof schema.ledgerEntries.$inferInsert, 'leaf'> & { readonly leaf: string };
	readonly personal: readonly (typeof schema.ledgerPersonal.$inferInsert)[];
};

const NOTHING_PERSONAL = { personal: [], commitments: {} };

function personalOf(
	entry: string,
	values: NonNullable<NewEntry['personal']>,
): { personal: PreparedEntry['personal']; commitments: Readonly<Record<string, string>> } {
	const personal = Object.entries(values).map(([name, value]) => ({
		entry,
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
	return { personal, commitments };
}

/** Makes the canonical bytes and leaf hash of an entry. Erasable values become salted hashes; the values go beside the ledger. */
export function prepareEntry(entry: NewEntry, now: number): PreparedEntry {
	const id = makeId('ent', now, cryptoRandom);
	const { personal, commitments } = entry.personal === undefined ? NOTHING_PERSONAL : personalOf(id, entry.personal);
	// In the canonical order of names, where there is nothing left to sort.
	const canonical = canonicalJson({
		actor: { id: entry.actor.id, kind: entry.actor.kind },
		at: toIso(entry.at),
		// The mark of a drill stands in each of its entries, whoever made it.
		data: isDrill(entry.incident) ? { ...entry.data, drill: entry.incident } : entry.data,
		id,
		incident: entry.incident,
		kind: entry.kind,
		...(personal.length === 0 ? {} : { personal: commitments }),
		recorded_at: toIso(now),
		refs: entry.refs,
		v: ENTRY_VERSION,
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
			leaf: leafHashOfText(canonical),
		},
		personal,
	};
}

/** A number in [0, 1) from the system's cryptographic source: ids must not be guessable. */
export function cryptoRandom(): number {
	if (chanceUsed === chance.length) {
		randomFillSync(chance);
		chanceUsed = 0;
	}
	chanceUsed += CHANCE_BYTES;
	return chance.readUIntBE(chanceUsed - CHANCE_BYTES, CHANCE_BYTES) / 2 ** 48;
}

/** An id takes twelve numbers: the system is asked for many at once, and none is given out twice. */
const CHANCE_BYTES = 6;
const chance = Buffer.alloc(CHANCE_BYTES * 1_024);
let chanceUsed = chance.length;

/** Rows of one statement. */
const ROWS_MAX = 500;

export const ENTRY_COLUMNS: Columns = [
	['id', 'text'],
	['kind', 'text'],
	['at', 'bigint'],
	['actor_kind', 'text'],
	['actor_id', 'text'],
	['incident', 'text'],
	['canonical', 'text'],
	['leaf', 'text'],
];
export const TOPIC_COLUMNS: Columns = [
	['topic', 'text'],
	['key', 'text'],
	['data', 'jsonb'],
	['due_at', 'bigint'],
];

/** @param rows a table `r` with ENTRY_COLUMNS, and what may follow it */
export function insertEntries(rows: string): string {
	return `
INSERT INTO ledger_entries (id, kind, at, actor_kind, actor_id, incident, canonical, leaf)
SELECT id, kind, at, actor_kind, actor_id, incident, canonical, decode(leaf, 'hex') FROM ${rows}`;
}

/** @param rows a table `r` with TOPIC_COLUMNS, and what may follow it */
export function insertNewTopics(rows: string): string {
	return `
INSERT INTO outbox (topic, key, data, due_at) SELECT topic, key, data, due_at FROM ${rows}`;
}

/** The same for keys that may wait already. */
export function insertTopics(rows: string): string {
	return `${insertNewTopics(rows)}
ON CONFLICT (topic, key) WHERE lease_until IS NULL AND NOT parked
DO UPDATE SET due_at = LEAST(outbox.due_at, excluded.due_at), data = excluded.data`;
}

/** One statement whatever the number of its rows, prepared once. */
function withRows(insert: (rows: string) => string, columns: Columns, rows: readonly object[]) {
	const [head = '', ...tails] = insert(rowsFrom(columns, 1, 'r')).split(/\$\d+/);
	return sql.join([
		sql.raw(head),
		...columnTexts(rows, columns).flatMap((text, i) => [sql`${text}`, sql.raw(tails[i] ?? '')]),
	]);
}

/** A statement with its `$1` filled by the rows as one JSON text. */
function withJson(statement: string, rows: readonly object[]) {
	const [head = '', tail = ''] = statement.split('$1');
	return sql`${sql.raw(head)}${JSON.stringify(rows)}${sql.raw(tail)}`;
}

async function writeEntries(tx: Transaction, prepared: readonly PreparedEntry[]): Promise<void> {
	for (let i = 0; i < prepared.length; i += ROWS_MAX) {
		const part = prepared.slice(i, i + ROWS_MAX);
		await tx.execute(
			withRows(
				insertEntries,
				ENTRY_COLUMNS,
				part.map((entry) => entry.row),
			),
		);
		const personal = part.flatMap((entry) => entry.personal);
		if (personal.length > 0) await tx.insert(schema.ledgerPersonal).values(personal);
	}
}

type Update = Extract<Change, { op: 'update' }>;

/** Updates of different alerts that name the same columns and stand together: one statement. Everything else goes one by one, in its order. */
function inGroups(changes: readonly Change[]): Change[][] {
	const groups: Change[][] = [];
	let ids = new Set<string>();
	let shape = '';
	for (const change of changes) {
		const group = groups.at(-1);
		const own = change.op === 'update' && change.table === 'alerts' ? shapeOf(change) : '';
		if (change.op === 'update' && group !== undefined && own !== '' && own === shape && !ids.has(change.id)) {
			group.push(change);
			ids.add(change.id);
		} else {
			groups.push([change]);
			ids = new Set(change.op === 'update' ? [change.id] : []);
			shape = own;
		}
	}
	return groups;
}

function shapeOf({ set, expect }: Update): string {
	return `set ${Object.keys(set).join()} where ${Object.keys(expect ?? {}).join()}`;
}

/** @throws Conflict where one of the rows is not as expected: then none was changed */
async function updateAlerts(tx: Transaction, changes: readonly Update[]): Promise<void> {
	const columns: Record<string, { getSQLType(): string } | undefined> = getTableColumns(schema.alerts);
	const [first] = changes;
	if (first === undefined) return;
	// Names are those of columns, checked here; nothing of anybody's text is part of the statement.
	const typed = (prefix: string, name: string): string => {
		const column = columns[name];
		if (column === undefined) throw new Error(`alerts has no column ${name}`);
		return `"${prefix}${name}" ${column.getSQLType()}`;
	};
	const [set, expect] = [Object.keys(first.set), Object.keys(first.expect ?? {})];
	const given = ['id text', ...set.map((name) => typed('', name)), ...expect.map((name) => typed('was_', name))];
	const statement = `
		UPDATE alerts SET ${set.map((name) => `"${name}" = u."${name}"`).join(', ')}
		FROM json_to_recordset($1::text::json) AS u(${given.join(', ')})
		WHERE ${['alerts.id = u.id', ...expect.map((name) => `alerts."${name}" IS NOT DISTINCT FROM u."was_${name}"`)].join(' AND ')}
		RETURNING alerts.id`;
	const rows = changes.map((change) => ({
		id: change.id,
		...change.set,
		...Object.fromEntries(Object.entries(change.expect ?? {}).map(([name, value]) => [`was_${name}`, value])),
	}));
	const done = await tx.execute(withJson(statement, rows));
	if (done.length !== changes.length)
		throw new Conflict(`alerts: ${changes.length - done.length} of ${changes.length} rows are not as they were read`);
}

/** Rows that intake folds repeats into at the same time: everybody locks them in one order, or two would lock each other out. */
async function lockAlerts(tx: Transaction, changes: readonly Change[]): Promise<void> {
	const ids = changes.flatMap((change) => (change.table === 'alerts' && change.op === 'update' ? [change.id] : []));
	if (ids.length < 2) return;
	await tx.execute(sql`
		SELECT FROM alerts WHERE id IN (SELECT json_array_elements_text(${JSON.stringify(ids)}::text::json)) ORDER BY id FOR UPDATE`);
}

async function applyGroup(tx: Transaction, group: readonly Change[]): Promise<void> {
	const [first] = group;
	if (first === undefined) return;
	if (group.length === 1) await applyChange(tx, first);
	else
		await updateAlerts(
			tx,
			group.filter((change) => change.op === 'update'),
		);
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
	// Columns of many tables by name: too wide a union for the compiler; each name is checked right below.
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
	for (let i = 0; i < rows.length; i += ROWS_MAX)
		await tx.execute(withRows(insertTopics, TOPIC_COLUMNS, rows.slice(i, i + ROWS_MAX)));
}

async function completeDue(tx: Transaction, done: readonly Due[]): Promise<void> {
	if (done.length === 0) return;
	// `attempts` names the lease: a row that another worker has taken since carries a higher number.
	for (let i = 0; i < done.length; i += ROWS_MAX) {
		const part = done.slice(i, i + ROWS_MAX);
		const gone = await tx.execute(
			withJson(
				`DELETE FROM outbox USING json_to_recordset($1::text::json) AS d(id bigint, attempts int)
				WHERE outbox.id = d.id AND outbox.attempts = d.attempts RETURNING outbox.id`,
				part.map(({ id, attempts }) => ({ id, attempts })),
			),
		);
		if (gone.length !== part.length)
			throw new LeaseLost(`${part.length - gone.length} outbox rows were taken by another worker`);
	}
}
