// The bulk form of record() for the door: thousands of alerts, their entries, folds and topics in one transaction.
// What folds into what is decided by the function handed in; this file only reads the held rows under lock and writes.
// Two round trips a commit: statements that do not wait for one another are sent together, each prepared once, rows by column (columns.ts).
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type postgres from 'postgres';
import type { NewEntry } from '../domain/entry.ts';
import type { NextTopic } from '../domain/topic.ts';
import { type Columns, columnTexts, jsonOf, rowsFrom } from './columns.ts';
import type { Database } from './database.ts';
import { sql } from './drizzle.ts';
import { ENTRY_COLUMNS, insertEntries, insertNewTopics, insertTopics, prepareEntry, TOPIC_COLUMNS } from './record.ts';
import type * as schema from './schema.ts';

export type AlertRow = typeof schema.alerts.$inferInsert;
export type HeldRow = Pick<
	typeof schema.alerts.$inferSelect,
	| 'id'
	| 'source'
	| 'fingerprint'
	| 'status'
	| 'kind'
	| 'first_seen'
	| 'last_seen'
	| 'closed_at'
	| 'severity'
	| 'incident'
	| 'entities'
	| 'techniques'
	| 'turns'
	| 'flapping'
>;
export type HeldUpdate = Pick<
	HeldRow,
	| 'id'
	| 'status'
	| 'kind'
	| 'first_seen'
	| 'last_seen'
	| 'closed_at'
	| 'severity'
	| 'entities'
	| 'techniques'
	| 'turns'
	| 'flapping'
> & {
	readonly repeats: number;
	/** Words that the row takes over from a message that raised its kind; null where it keeps its own. */
	readonly title: string | null;
	readonly description: string | null;
};
export type UnparsedRow = typeof schema.unparsed.$inferInsert;
export type UnknownAsset = {
	readonly id: string;
	readonly type: string;
	readonly value: string;
	readonly source: string;
	readonly at: number;
};

/** What one commit of the door writes, as decided from the rows that are held. */
export type DoorWork = {
	readonly inserts: readonly AlertRow[];
	readonly updates: readonly HeldUpdate[];
	readonly unparsed: readonly UnparsedRow[];
	readonly unknownAssets: readonly UnknownAsset[];
	/** The door's entries hold nothing that could be erased. */
	readonly entries: readonly Omit<NewEntry, 'personal'>[];
	readonly topics: readonly NextTopic[];
};

type Signature = { readonly id: string; readonly source: string };
type Condition = { readonly source: string; readonly fingerprint: string };

const TRIES_MAX = 6;
/** Rows of one statement; between two of them other work of the process has its turn. */
const ROWS_MAX = 500;

/** Databases whose last commit met conditions that were there already. */
const metRepeats = new WeakSet<Database>();

/**
 * Locks the newest row of each condition, lets `decide` work out what follows, and writes it all.
 *
 * @param signatures of signed deliveries: one that was seen before is a replay
 * @param decide gets the held rows and the replayed signatures; may be called again after a collision with another commit
 * @throws the database's error after TRIES_MAX collisions
 */
export async function recordAlerts(
	database: Database,
	conditions: readonly Condition[],
	signatures: readonly Signature[],
	decide: (held: HeldRow[], replayed: ReadonlySet<string>) => DoorWork,
	now: number,
): Promise<void> {
	for (let tries = 1; ; tries++) {
		try {
			// What came last tells what comes next: among repeats the short way would be gone in vain each time.
			const isPlain = signatures.length === 0 && conditions.length <= ROWS_MAX && !metRepeats.has(database);
			const topics =
				(isPlain ? await commitNew(database, decide, now) : null) ??
				(await commitOnce(database, conditions, signatures, decide, now));
			if (topics.size > 0) database.onTopics([...topics]);
			return;
		} catch (error) {
			if (tries >= TRIES_MAX || !isCollision(error)) throw error;
		}
	}
}

/** Statements of one transaction, sent without waiting for each other's answers. */
type Pipe = {
	send(statement: string, parameters: readonly string[]): void;
	/** The answers so far, in order. Throws the first failure: those that follow one only say that there was one. */
	answers(): Promise<readonly Rows[]>;
};
type Rows = postgres.RowList<postgres.Row[]>;

function openPipe(tx: postgres.TransactionSql): Pipe {
	const sent: Promise<PromiseSettledResult<Rows>>[] = [];
	return {
		send(statement, parameters) {
			sent.push(
				tx
					.unsafe(statement, [...parameters], { prepare: true })
					.execute()
					.then(
						(value): PromiseSettledResult<Rows> => ({ status: 'fulfilled', value }),
						(reason: unknown): PromiseSettledResult<Rows> => ({ status: 'rejected', reason }),
					),
			);
		},
		async answers() {
			return (await Promise.all(sent)).map((one) => {
				if (one.status === 'rejected') throw one.reason;
				return one.value;
			});
		},
	};
}

/**
 * The short way where every condition is new: one statement, one round trip, no lock. It looks for the conditions itself and writes
 * nothing where one of them is there already (null then). A condition that somebody else opens in between is a unique violation, and
 * everything is decided anew.
 */
async function commitNew(
	database: Database,
	decide: (held: HeldRow[], replayed: ReadonlySet<string>) => DoorWork,
	now: number,
): Promise<Set<string> | null> {
	const work = decide([], new Set());
	if (work.updates.length > 0 || work.unparsed.length > 0) return null;
	// Where none is held, each condition has a row of its own: the rows say which are asked for.
	const rows = [
		...columnTexts(work.inserts, ALERT_COLUMNS),
		...columnTexts(
			work.entries.map((entry) => prepareEntry(entry, now).row),
			ENTRY_COLUMNS,
		),
		...columnTexts(foldedTopics(work.topics, now), TOPIC_COLUMNS),
	];
	const hasUnknown = work.unknownAssets.length > 0;
	const [held] = await database.raw.unsafe(
		hasUnknown ? INSERT_NEW_AND_UNKNOWN : INSERT_NEW,
		hasUnknown ? [...rows, ...columnTexts(work.unknownAssets, UNKNOWN_COLUMNS)] : rows,
		{ prepare: true },
	);
	return held?.['held'] === false ? new Set(work.topics.map((next) => next.topic)) : null;
}

async function commitOnce(
	database: Database,
	conditions: readonly Condition[],
	signatures: readonly Signature[],
	decide: (held: HeldRow[], replayed: ReadonlySet<string>) => DoorWork,
	now: number,
): Promise<Set<string>> {
	const { topics, written } = await database.raw.begin(async (tx) => {
		const reads = openPipe(tx);
		if (signatures.length > 0)
			reads.send(CLAIM_SIGNATURES, [jsonOf(signatures.map((signature) => ({ ...signature, at: now })))]);
		if (conditions.length > 0) reads.send(LOCK_HELD, [jsonOf(wantedOf(conditions))]);
		const answers = await reads.answers();
		const fresh = new Set(signatures.length > 0 ? answers[0]?.map((row) => row['id']) : []);
		const replayed = new Set(signatures.map(({ id }) => id).filter((id) => !fresh.has(id)));
		const held = conditions.length > 0 ? (answers.at(-1) ?? []).map(heldRow) : [];
		if (held.length > 0) metRepeats.add(database);
		else metRepeats.delete(database);
		const work = decide(held, replayed);
		const writes = openPipe(tx);
		await writeDoorWork(writes, work, now);
		// Not waited for here, so that COMMIT goes right behind them. Where one fails, Postgres makes of that COMMIT a rollback.
		return { topics: new Set(work.topics.map((next) => next.topic)), written: writes };
	});
	await written.answers();
	return topics;
}

/** Two commits met on one condition: unique violation, deadlock or serialization failure. */
function isCollision(error: unknown): boolean {
	const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
	return code === '23505' || code === '40P01' || code === '40001';
}

/** Each once, in one order in every transaction: two that meet wait for each other and do not lock each other out. */
function wantedOf(conditions: readonly Condition[]): object[] {
	const wanted = new Map<string, object>();
	for (const { source, fingerprint } of conditions)
		wanted.set(`${source} ${fingerprint}`, { s: source, f: fingerprint });
	return [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, condition]) => condition);
}

const CLAIM_SIGNATURES = `
INSERT INTO seen_signatures (id, source, at)
SELECT id, source, at FROM json_to_recordset($1::text::json) AS s(id text, source text, at bigint) ORDER BY id
ON CONFLICT DO NOTHING RETURNING id`;

/** In the order of ids, in which every other writer locks them too. */
const LOCK_HELD = `
SELECT id, source, fingerprint, status, kind, first_seen, last_seen, closed_at, severity, incident, entities, techniques, turns, flapping
FROM alerts WHERE id IN (
	SELECT a.id FROM json_to_recordset($1::text::json) AS w(s text, f text)
	CROSS JOIN LATERAL (
		SELECT id FROM alerts WHERE source = w.s AND fingerprint = w.f ORDER BY seq DESC LIMIT 1
	) AS a
)
ORDER BY id FOR UPDATE`;

const ALERT_COLUMNS: Columns = [
	['id', 'text'],
	['source', 'text'],
	['fingerprint', 'text'],
	['source_kind', 'text'],
	['external_id', 'text'],
	['status', 'text'],
	['title', 'text'],
	['description', 'text'],
	['severity', 'text'],
	['severity_raw', 'text'],
	['kind', 'text'],
	['domain', 'text'],
	['time_basis', 'text'],
	['occurred_at', 'bigint'],
	['received_at', 'bigint'],
	['first_seen', 'bigint'],
	['last_seen', 'bigint'],
	['closed_at', 'bigint'],
	['repeats', 'int'],
	['entities', 'jsonb'],
	['techniques', 'jsonb'],
	['labels', 'jsonb'],
	['raw', 'text'],
	['turns', 'jsonb'],
	['flapping', 'boolean'],
];
const UNKNOWN_COLUMNS: Columns = [
	['id', 'text'],
	['type', 'text'],
	['value', 'text'],
	['source', 'text'],
	['at', 'bigint'],
];

function insertAlerts(rows: string): string {
	const names = ALERT_COLUMNS.map(([name]) => name).join(', ');
	return `\nINSERT INTO alerts (${names}) SELECT ${names} FROM ${rows}`;
}

const UPDATE_HELD = `
UPDATE alerts SET status = u.status, first_seen = u.first_seen, last_seen = u.last_seen, closed_at = u.closed_at,
	severity = u.severity, entities = u.entities, techniques = u.techniques, repeats = alerts.repeats + u.repeats,
	turns = u.turns, flapping = u.flapping, kind = u.kind,
	title = COALESCE(u.title, alerts.title), description = CASE WHEN u.title IS NULL THEN alerts.description ELSE u.description END
FROM json_to_recordset($1::text::json)
	AS u(id text, status text, first_seen bigint, last_seen bigint, closed_at bigint, severity text, entities jsonb, techniques jsonb, repeats int,
		turns jsonb, flapping boolean, kind text, title text, description text)
WHERE alerts.id = u.id`;

const INSERT_UNPARSED = `
INSERT INTO unparsed (id, source, source_kind, received_at, raw, problems, hash, repeats)
SELECT id, source, source_kind, received_at, raw, problems, hash, repeats
FROM json_to_recordset($1::text::json)
	AS r(id text, source text, source_kind text, received_at bigint, raw text, problems jsonb, hash text, repeats int)
ON CONFLICT (source, hash) DO UPDATE SET repeats = unparsed.repeats + excluded.repeats, received_at = excluded.received_at`;

function insertUnknownAssets(rows: string): string {
	return `
INSERT INTO unknown_assets (id, type, value, sources, first_seen, last_seen, times)
SELECT id, min(type), min(value), jsonb_agg(DISTINCT source), min(at), max(at), count(*)::int
FROM ${rows} GROUP BY id ORDER BY id
ON CONFLICT (id) DO UPDATE SET last_seen = GREATEST(unknown_assets.last_seen, excluded.last_seen),
	times = unknown_assets.times + excluded.times,
	sources = (SELECT jsonb_agg(DISTINCT s) FROM jsonb_array_elements(unknown_assets.sources || excluded.sources) AS s)`;
}

const INSERT_ALERTS = insertAlerts(rowsFrom(ALERT_COLUMNS, 1, 'r'));
const INSERT_ENTRIES = insertEntries(rowsFrom(ENTRY_COLUMNS, 1, 'r'));
const INSERT_TOPICS = insertTopics(rowsFrom(TOPIC_COLUMNS, 1, 'r'));
const INSERT_UNKNOWN_ASSETS = insertUnknownAssets(rowsFrom(UNKNOWN_COLUMNS, 1, 'f'));

/** The parameters of the short way: alerts, entries, topics, unknown assets. */
const FIRST_ENTRY = 1 + ALERT_COLUMNS.length;
const FIRST_TOPIC = FIRST_ENTRY + ENTRY_COLUMNS.length;
const FIRST_UNKNOWN = FIRST_TOPIC + TOPIC_COLUMNS.length;
/** No row where a condition of the commit is held. */
const UNLESS_HELD = 'WHERE NOT (SELECT held FROM h)';

/**
 * The look and the inserts as one statement, so in one transaction. What is new has no topic that waits already: each is of an alert whose id
 * was made for this commit. Source and fingerprint are the second and third of ALERT_COLUMNS.
 */
const INSERT_NEW_HEAD = `
WITH h AS MATERIALIZED (
	SELECT EXISTS (
		SELECT FROM ${rowsFrom(ALERT_COLUMNS.slice(1, 3), 2, 'w')}
		CROSS JOIN LATERAL (SELECT FROM alerts WHERE source = w.source AND fingerprint = w.fingerprint LIMIT 1) AS a
	) AS held
), a AS (${insertAlerts(`${rowsFrom(ALERT_COLUMNS, 1, 'r')} ${UNLESS_HELD}`)}),
e AS (${insertEntries(`${rowsFrom(ENTRY_COLUMNS, FIRST_ENTRY, 'r')} ${UNLESS_HELD}`)}),
t AS (${insertNewTopics(`${rowsFrom(TOPIC_COLUMNS, FIRST_TOPIC, 'r')} ${UNLESS_HELD}`)})`;
const INSERT_NEW = `${INSERT_NEW_HEAD} SELECT held FROM h`;
const INSERT_NEW_AND_UNKNOWN = `${INSERT_NEW_HEAD},
u AS (${insertUnknownAssets(`${rowsFrom(UNKNOWN_COLUMNS, FIRST_UNKNOWN, 'f')} ${UNLESS_HELD}`)}) SELECT held FROM h`;

function heldRow(row: postgres.Row): HeldRow {
	const text = (name: string): string => String(row[name] ?? '');
	return {
		id: text('id'),
		source: text('source'),
		fingerprint: text('fingerprint'),
		status: row['status'] === 'closed' ? 'closed' : 'open',
		kind: text('kind'),
		first_seen: Number(row['first_seen']),
		last_seen: Number(row['last_seen']),
		closed_at: row['closed_at'] == null ? null : Number(row['closed_at']),
		severity: row['severity'] ?? null,
		incident: row['incident'] ?? null,
		entities: row['entities'],
		techniques: row['techniques'],
		turns: row['turns'],
		flapping: row['flapping'] === true,
	};
}

async function writeDoorWork(pipe: Pipe, work: DoorWork, now: number): Promise<void> {
	const byColumn =
		(columns: Columns) =>
		(rows: readonly object[]): string[] =>
			columnTexts(rows, columns);
	const asJson = (rows: readonly object[]): string[] => [jsonOf(rows)];
	await sendParts(pipe, INSERT_ALERTS, work.inserts, byColumn(ALERT_COLUMNS));
	await sendParts(pipe, UPDATE_HELD, work.updates, asJson);
	await sendParts(pipe, INSERT_UNPARSED, mergedUnparsed(work.unparsed), asJson);
	// Whole: one asset may stand in it many times and is counted together.
	if (work.unknownAssets.length > 0) pipe.send(INSERT_UNKNOWN_ASSETS, columnTexts(work.unknownAssets, UNKNOWN_COLUMNS));
	await sendParts(pipe, INSERT_ENTRIES, work.entries, (part) =>
		columnTexts(
			part.map((entry) => prepareEntry(entry, now).row),
			ENTRY_COLUMNS,
		),
	);
	await sendParts(pipe, INSERT_TOPICS, foldedTopics(work.topics, now), byColumn(TOPIC_COLUMNS));
}

/** A statement for each part of the rows; what they look like is worked out part by part too, so that no long turn holds up the process. */
async function sendParts<T>(
	pipe: Pipe,
	statement: string,
	rows: readonly T[],
	parametersOf: (part: readonly T[]) => string[],
): Promise<void> {
	for (let i = 0; i < rows.length; i += ROWS_MAX) {
		if (i > 0) await nextTurn();
		pipe.send(statement, parametersOf(rows.slice(i, i + ROWS_MAX)));
	}
}

/** A topic and key once, in one order of keys in every transaction: two that fold into the same rows cannot deadlock. */
function foldedTopics(topics: readonly NextTopic[], now: number): object[] {
	const folded = new Map<string, object>();
	for (const { topic, key, data, after } of topics)
		folded.set(`${topic} ${key}`, { topic, key, data: data ?? {}, due_at: after ?? now });
	return [...folded].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function mergedUnparsed(rows: readonly UnparsedRow[]): object[] {
	const merged = new Map<string, UnparsedRow>();
	for (const row of rows) {
		const key = `${row.source} ${row.hash}`;
		merged.set(key, { ...row, repeats: (merged.get(key)?.repeats ?? 0) + 1 });
	}
	return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** What makes two messages that were not understood the same. */
export function unparsedHash(raw: string): string {
	return createHash('sha256').update(raw, 'utf8').digest('hex').slice(0, 32);
}

/** Forgets signatures older than the window in which they count. */
export async function forgetSignatures(database: Database, before: number): Promise<void> {
	await database.db.execute(sql`DELETE FROM seen_signatures WHERE at < ${before}`);
}
