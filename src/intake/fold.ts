// Folds messages of one condition into one row: repeats raise a count, a clearing message closes, one that comes and goes is marked.
// Pure: rows in, rows out. Which incident a new row belongs to is not decided here.
import type { Alert, Entity } from '../domain/alert.ts';
import { type Severity, severityRank } from '../domain/severity.ts';
import { clockError, fromIso, type Instant, MINUTE } from '../domain/time.ts';
import { isFlapping, type Turn, withTurn } from './flapping.ts';

/** What is stored for a condition: its newest row. Instants are event times in milliseconds. */
export type Held = {
	readonly id: string;
	readonly source: string;
	readonly fingerprint: string;
	readonly status: 'open' | 'closed';
	/** Of the message that made the row; only ever becomes process_safety. */
	readonly kind: Alert['kind'];
	readonly first_seen: number;
	readonly last_seen: number;
	readonly closed_at: number | null;
	readonly severity: Severity | null;
	readonly incident: string | null;
	readonly entities: readonly Entity[];
	readonly techniques: readonly string[];
	/** The condition's latest messages over all its rows, oldest first. */
	readonly turns: readonly Turn[];
	readonly flapping: boolean;
};

/** Entities and techniques that one row gathers from its messages; the rest stands in the ledger's hashes and the raw texts. */
export const ROW_ENTITIES_MAX = 500;
/** A clock may be so far ahead of the one here and still be believed about what came first (our choice). */
const AHEAD_MAX_MS = 5 * MINUTE;
const ROW_TECHNIQUES_MAX = 100;

/** An alert with when it came (milliseconds), by the clock here. */
export type Message = { readonly id: string; readonly alert: Alert; readonly receivedAt: Instant };

/** A row as the messages left it. */
export type FoldedRow = {
	readonly row: Held;
	/** The message that made the row; null where it was there before. */
	readonly from: Message | null;
	/** Messages folded into it now, the one that made it not counted. */
	readonly repeats: number;
	/** The first message that made a process-safety alarm of a row that was none: the row takes its words. Null where none did. */
	readonly raisedBy: Alert | null;
	/** What the messages changed that others must hear of. */
	readonly hasClosed: boolean;
	/** The severity or the kind rose, or a message named somebody or something new: the verdict must be made again. */
	readonly hasNews: boolean;
};

export type Folded = {
	/** One per message, in order: the row it ended in. */
	readonly results: readonly { readonly id: string; readonly status: 'stored' | 'repeat' }[];
	readonly rows: readonly FoldedRow[];
};

/**
 * Applies messages, in their order of arrival, to the newest row of each condition.
 *
 * Event time decides, not arrival: a clearing message older than the last message of an open condition does not close it, and a
 * late repeat does not move `last_seen` back. The same messages in any order leave the condition in the same state. What opens a
 * closed condition again is a new row, unless it is no news (from before the close) or the condition flaps: then the row that is
 * there opens again and nobody is told anew. A time that had not come when the next message came is no time that anything happened: by it
 * nothing would ever open, or close, again. There the order of arrival decides, and what is a day ahead is kept under the time of receipt. A process-safety alarm is always a new row. Where one repeats a condition that is open
 * as something less, that row becomes a process-safety alarm and is judged again; nothing makes it less again.
 */
export function fold(messages: readonly Message[], held: readonly Held[]): Folded {
	const newest = new Map<string, FoldedRow>();
	for (const row of held) newest.set(keyOf(row), unchanged(row));
	const ended: FoldedRow[] = [];
	const results: { id: string; status: 'stored' | 'repeat' }[] = [];
	for (const message of messages) {
		const key = keyOf(message.alert);
		const before = newest.get(key);
		const joined = before === undefined ? null : join(before, message);
		if (joined === null) {
			if (before !== undefined) ended.push(before);
			newest.set(key, opened(message, before?.row.turns ?? []));
			results.push({ id: message.id, status: 'stored' });
		} else {
			newest.set(key, joined);
			results.push({ id: joined.row.id, status: 'repeat' });
		}
	}
	const rows = [...ended, ...newest.values()].filter((row) => row.from !== null || row.repeats > 0);
	return { results, rows };
}

function keyOf(row: { readonly source: string; readonly fingerprint: string }): string {
	return `${row.source}\u0000${row.fingerprint}`;
}

function unchanged(row: Held): FoldedRow {
	return { row, from: null, raisedBy: null, repeats: 0, hasClosed: false, hasNews: false };
}

function opened(message: Message, earlier: readonly Turn[]): FoldedRow {
	const { alert } = message;
	const at = seenAt(message);
	const turns = withTurn(earlier, at, alert.status);
	return {
		row: {
			id: message.id,
			source: alert.source,
			fingerprint: alert.fingerprint,
			status: alert.status,
			kind: alert.kind,
			first_seen: at,
			last_seen: at,
			closed_at: alert.status === 'closed' ? at : null,
			severity: alert.severity,
			incident: null,
			entities: alert.entities,
			techniques: alert.techniques,
			turns,
			flapping: isFlapping(turns),
		},
		from: message,
		raisedBy: null,
		repeats: 0,
		hasClosed: false,
		hasNews: false,
	};
}

/** The row with the message folded in; null where the message is a new occurrence of the condition. */
function join(before: FoldedRow, message: Message): FoldedRow | null {
	const { row } = before;
	const { alert } = message;
	const stated = instantOf(alert);
	const at = seenAt(message);
	const turns = withTurn(row.turns, at, alert.status);
	const flapping = isFlapping(turns);
	const hasCome = (instant: Instant): boolean => instant <= Math.max(stated, message.receivedAt) + AHEAD_MAX_MS;
	const closedAt = row.closed_at ?? stated;
	const reopens = row.status === 'closed' && alert.status === 'open' && (stated > closedAt || !hasCome(closedAt));
	if (reopens && (!flapping || alert.kind === 'process_safety' || row.kind === 'process_safety')) return null;
	const isRaised = alert.kind === 'process_safety' && row.kind !== 'process_safety';
	const closes =
		row.status === 'open' && alert.status === 'closed' && (stated >= row.last_seen || !hasCome(row.last_seen));
	// Of two closings the later one holds, whichever comes first.
	const closedLater = row.closed_at !== null && alert.status === 'closed' ? Math.max(row.closed_at, at) : row.closed_at;
	const severity = worse(row.severity, alert.severity);
	const entities = union(row.entities, alert.entities, (e) => `${e.type} ${e.role} ${e.value}`, ROW_ENTITIES_MAX);
	const techniques = union(row.techniques, alert.techniques, (id) => id, ROW_TECHNIQUES_MAX);
	const hasMore = entities.length > row.entities.length || techniques.length > row.techniques.length;
	return {
		...before,
		row: {
			...row,
			status: closes ? 'closed' : reopens ? 'open' : row.status,
			kind: isRaised ? 'process_safety' : row.kind,
			closed_at: closes ? at : reopens ? null : closedLater,
			first_seen: belongsBefore(row, at) ? row.first_seen : Math.min(row.first_seen, at),
			last_seen: Math.max(row.last_seen, at),
			severity,
			entities,
			techniques,
			turns,
			flapping,
		},
		raisedBy: isRaised ? alert : before.raisedBy,
		repeats: before.repeats + 1,
		hasClosed: before.hasClosed || closes,
		hasNews: before.hasNews || hasMore || isRaised || severity !== row.severity,
	};
}

/** Whether a late message is of an occurrence that was over before this row began: it is counted here and makes it no older. */
function belongsBefore(row: Held, at: number): boolean {
	return row.turns.some(([when, isOpen]) => isOpen === 0 && when >= at && when < row.first_seen);
}

/** Both lists, the first one first, each once, up to the limit. */
function union<T>(held: readonly T[], more: readonly T[], keyOfItem: (item: T) => string, max: number): readonly T[] {
	const keys = new Set(held.map(keyOfItem));
	const fresh = more.filter((item) => !keys.has(keyOfItem(item)) && keys.add(keyOfItem(item)));
	return fresh.length === 0 ? held : [...held, ...fresh].slice(0, Math.max(max, held.length));
}

function worse(a: Severity | null, b: Severity | null): Severity | null {
	if (a === null || b === null) return a ?? b;
	return severityRank(a) >= severityRank(b) ? a : b;
}

/** When it was seen: by its own time, but for one that is a day ahead of its receipt. */
function seenAt({ alert, receivedAt }: Message): Instant {
	const stated = instantOf(alert);
	return stated - clockError(stated, receivedAt);
}

/** The alert passed the Alert schema: its time reads. */
function instantOf(alert: Alert): number {
	const at = fromIso(alert.occurred_at);
	if (at === null) throw new Error(`alert time ${alert.occurred_at} is not ISO 8601`);
	return at;
}
