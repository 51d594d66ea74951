// The stage: what the parsers made of a delivery is committed, and only then answered. Commits are grouped: whatever gathered while
// the last commit was under way goes into the next, two in flight, no timer.

import { hash } from 'node:crypto';
import { AlertKind, type Entity, type Parsed, type Problem, TEST_LABEL } from '../domain/alert.ts';
import type { NewEntry } from '../domain/entry.ts';
import { makeId } from '../domain/id.ts';
import { assetsOf, type Inventory, isPrivateAddress } from '../domain/inventory.ts';
import { Severity } from '../domain/severity.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { cryptoRandom } from '../store/record.ts';
import {
	type AlertRow,
	type DoorWork,
	type HeldRow,
	recordAlerts,
	type UnknownAsset,
	type UnparsedRow,
	unparsedHash,
} from '../store/record-alerts.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type Folded, type FoldedRow, fold, type Held, type Message } from './fold.ts';

/** Messages that may wait for a commit; past this the door says 503 (it never grows without bound). */
export const GATHERED_MAX = 20_000;
/** Messages in one commit: more makes it no cheaper for each, and holds up the process for longer at a time. */
const COMMIT_MAX = 500;
const COMMITS_IN_FLIGHT = 2;
const SAFETY_COMMITS_IN_FLIGHT = 1;
/** How long an alarm takes at most to Slack. */
const SAFETY_CALM_MS = 1_000;
/** The longest pause of the flood between two commits in that time. */
const PAUSE_MAX_MS = 150;
/** Raw text kept beside an alert; the rest is cut with a mark. One megabyte of one alert helps nobody. */
const RAW_MAX = 64 * 1024;

export type Delivery = {
	readonly source: string;
	readonly sourceKind: string;
	readonly items: readonly Parsed[];
	readonly receivedAt: number;
	/** Of a signed delivery: accepted once. */
	readonly signature: string | null;
	/** A sample that `interlock source test` sends: stored and judged, and no incident. */
	readonly isTest?: boolean;
};

export type ItemAnswer = {
	readonly id: string;
	readonly fingerprint: string | null;
	readonly status: 'stored' | 'repeat' | 'unparsed';
	readonly problems?: readonly Problem[];
};

export type DeliveryAnswer =
	| { readonly kind: 'stored'; readonly alerts: readonly ItemAnswer[] }
	| { readonly kind: 'replayed' }
	| { readonly kind: 'full' };

export type Intake = {
	/** Resolves when everything in the delivery is on disk (or refused); rejects where the database could not commit. */
	accept(delivery: Delivery): Promise<DeliveryAnswer>;
	/** Messages that wait for a commit. */
	gathered(): number;
	/** Resolves when nothing waits and nothing is in flight. */
	settle(): Promise<void>;
};

type Waiting = {
	readonly delivery: Delivery;
	readonly conditions: readonly string[];
	done(answer: DeliveryAnswer): void;
	fail(error: unknown): void;
};

/** Until when (clock) the flood keeps quiet for a safety alarm: known to every thread that commits. */
export type Calm = { until(): number; set(until: number): void };

/** @param memory eight bytes that threads share; its own where there is one thread */
export function openCalm(memory: SharedArrayBuffer = new SharedArrayBuffer(8)): Calm {
	const held = new Float64Array(memory);
	return {
		until: () => held[0] ?? 0,
		set(until) {
			held[0] = until;
		},
	};
}

/**
 * @param shared what several of them in one program share: the calm, their part of what may wait, and how many messages have to wait
 *   before a second commit sets out beside the first (few go together better: each commit costs the same beside its rows)
 */
export function createIntake(
	database: Database,
	inventory: () => Inventory,
	clock: () => number,
	shared: { readonly calm?: Calm; readonly gatheredMax?: number; readonly secondCommitFrom?: number } = {},
): Intake {
	const { calm = openCalm(), gatheredMax = GATHERED_MAX, secondCommitFrom = 0 } = shared;
	const ordinary = createLane(COMMITS_IN_FLIGHT);
	const safety = createLane(SAFETY_COMMITS_IN_FLIGHT);
	const inFlight = new Set<Promise<void>>();
	/** Conditions of the commits under way: a second commit of one would only wait for its row, or collide with it. */
	const touched = new Set<string>();
	let pausedUntil = Number.NEGATIVE_INFINITY;
	let isSettling = false;
	const gathered = (): number => ordinary.count + safety.count;

	const room = (lane: Lane): number => {
		if (lane === safety) return lane.inFlightMax;
		// While a safety alarm is on its way to people, the flood commits one after the other.
		if (clock() < pausedUntil && !isSettling) return 0;
		return lane.count < secondCommitFrom || clock() < calm.until() ? 1 : lane.inFlightMax;
	};
	/** ... and leaves the processors and the disk to the alarm for longer than it takes them itself; it never stands still. */
	const pauseAfter = (took: number): void => {
		if (isSettling || clock() >= calm.until()) return;
		const pause = Math.min(PAUSE_MAX_MS, 2 * took);
		pausedUntil = clock() + pause;
		setTimeout(() => {
			// The timer ends the pause, and not the clock: a timer may be a millisecond early, and a clock may be set back.
			pausedUntil = Number.NEGATIVE_INFINITY;
			next(ordinary);
		}, pause);
	};
	const next = (lane: Lane): void => {
		while (lane.inFlight < room(lane)) {
			const batch = takeBatch(lane, touched);
			if (batch.length === 0) return;
			const conditions = batch.flatMap((one) => one.conditions);
			for (const condition of conditions) touched.add(condition);
			lane.inFlight++;
			const began = clock();
			const work = commit(database, inventory(), batch, clock()).finally(() => {
				inFlight.delete(work);
				for (const condition of conditions) touched.delete(condition);
				lane.inFlight--;
				if (lane === ordinary) pauseAfter(clock() - began);
				next(safety);
				next(ordinary);
			});
			inFlight.add(work);
		}
	};
	/** After what has come in already is read, so that it goes in the same commit. */
	const asked = new Set<Lane>();
	const nextOf = (lane: Lane): void => {
		if (asked.has(lane)) return;
		asked.add(lane);
		setImmediate(() => {
			asked.delete(lane);
			next(lane);
		});
	};
	return {
		accept(delivery) {
			// An empty body waits for nothing; one larger than the limit is let in when nothing else waits, or it could never be.
			const isSafety = delivery.items.some(isSafetyAlarm);
			const lane = isSafety ? safety : ordinary;
			if (isSafety) calm.set(clock() + SAFETY_CALM_MS);
			if (lane.count > 0 && lane.count + delivery.items.length > gatheredMax) return Promise.resolve({ kind: 'full' });
			return new Promise((done, fail) => {
				lane.waiting.push({ delivery, conditions: conditionsOf(delivery), done, fail });
				lane.count += delivery.items.length;
				nextOf(lane);
			});
		},
		gathered,
		async settle() {
			isSettling = true;
			next(ordinary);
			while (inFlight.size > 0 || gathered() > 0) await Promise.allSettled([...inFlight]);
			isSettling = false;
		},
	};
}

/** Deliveries with a process-safety alarm in them have commits of their own: no flood stands before them. */
type Lane = { readonly inFlightMax: number; waiting: Waiting[]; count: number; inFlight: number };

function createLane(inFlightMax: number): Lane {
	return { inFlightMax, waiting: [], count: 0, inFlight: 0 };
}

function isSafetyAlarm(item: Parsed): boolean {
	return item.kind === 'alert' && item.alert.kind === 'process_safety';
}

function conditionsOf(delivery: Delivery): string[] {
	return delivery.items.flatMap((item) =>
		item.kind === 'alert' ? [`${item.alert.source} ${item.alert.fingerprint}`] : [],
	);
}

/**
 * The next deliveries in their order, as many as one commit takes; none while the first of them speaks of a condition that is being
 * committed, so that what is said of one condition is stored in the order in which it came.
 */
function takeBatch(lane: Lane, touched: ReadonlySet<string>): Waiting[] {
	let size = 0;
	let n = 0;
	for (const { delivery, conditions } of lane.waiting) {
		if (n > 0 && size + delivery.items.length > COMMIT_MAX) break;
		if (touched.size > 0 && conditions.some((condition) => touched.has(condition))) break;
		size += delivery.items.length;
		n++;
	}
	const batch = lane.waiting.slice(0, n);
	lane.waiting = lane.waiting.slice(n);
	lane.count -= size;
	return batch;
}

/** Commits a group and answers each of its deliveries. Never rejects: the error goes to those who wait. */
async function commit(database: Database, inventory: Inventory, group: readonly Waiting[], now: number): Promise<void> {
	const prepared = group.map((one) => ({ one, items: prepare(one.delivery, now) }));
	const conditions = prepared.flatMap(({ items }) =>
		items.flatMap((item) =>
			item.parsed.kind === 'alert'
				? [{ source: item.parsed.alert.source, fingerprint: item.parsed.alert.fingerprint }]
				: [],
		),
	);
	const signatures = group.flatMap(({ delivery }) =>
		delivery.signature === null ? [] : [{ id: delivery.signature, source: delivery.source }],
	);
	let answers: DeliveryAnswer[] = [];
	try {
		await recordAlerts(
			database,
			conditions,
			signatures,
			(held, replayed) => {
				const fresh = prepared.filter(({ one }) => !isReplay(one.delivery, replayed));
				const items = fresh.flatMap((entry) => entry.items);
				const messages = items.flatMap((item): Message[] =>
					item.parsed.kind === 'alert'
						? [{ id: item.id, alert: item.parsed.alert, receivedAt: item.delivery.receivedAt }]
						: [],
				);
				const folded = fold(messages, held.map(heldOf));
				const status = new Map(messages.map((message, i) => [message.id, folded.results[i]]));
				answers = prepared.map((entry) =>
					isReplay(entry.one.delivery, replayed)
						? { kind: 'replayed' }
						: { kind: 'stored', alerts: entry.items.map((item) => answerOf(item, status.get(item.id))) },
				);
				return doorWork(items, folded, inventory);
			},
			now,
		);
		group.forEach((one, i) => {
			one.done(answers[i] ?? { kind: 'full' });
		});
	} catch (error) {
		for (const one of group) one.fail(error);
	}
}

function isReplay({ signature }: Delivery, replayed: ReadonlySet<string>): boolean {
	return signature !== null && replayed.has(signature);
}

type Item = { readonly id: string; readonly parsed: Parsed; readonly delivery: Delivery };

function prepare(delivery: Delivery, now: number): Item[] {
	return delivery.items.map((parsed) => {
		const id = makeId(parsed.kind === 'alert' ? 'alr' : 'unp', now, cryptoRandom);
		return { id, parsed: parsed.kind === 'alert' ? marked(parsed, id, delivery) : parsed, delivery };
	});
}

type ParsedAlert = Extract<Parsed, { kind: 'alert' }>;

/** A test is a condition of its own that is over at once: it neither repeats, closes nor hides a real one. No payload can call itself a test. */
function marked(parsed: ParsedAlert, id: string, delivery: Delivery): ParsedAlert {
	const { alert } = parsed;
	if (delivery.isTest === true) {
		const labels = { ...alert.labels, [TEST_LABEL]: 'true' };
		const fingerprint = fingerprintOf(alert.source, [TEST_LABEL, id]);
		return { ...parsed, alert: { ...alert, fingerprint, status: 'closed', labels } };
	}
	if (alert.labels[TEST_LABEL] === undefined) return parsed;
	const { [TEST_LABEL]: _, ...labels } = alert.labels;
	return { ...parsed, alert: { ...alert, labels } };
}

function answerOf(item: Item, result: Folded['results'][number] | undefined): ItemAnswer {
	const { parsed } = item;
	const problems = parsed.problems.length === 0 ? {} : { problems: parsed.problems };
	if (parsed.kind === 'unparsed') return { id: item.id, fingerprint: null, status: 'unparsed', ...problems };
	return {
		id: result?.id ?? item.id,
		fingerprint: parsed.alert.fingerprint,
		status: result?.status ?? 'stored',
		...problems,
	};
}

function heldOf(row: HeldRow): Held {
	return { ...row, kind: AlertKind.parse(row.kind), severity: Severity.safeParse(row.severity).data ?? null };
}

function doorWork(items: readonly Item[], folded: Folded, inventory: Inventory): DoorWork {
	const byId = new Map(items.map((item) => [item.id, item]));
	const entries: NewEntry[] = [];
	const topics: NextTopic[] = [];
	const inserts: AlertRow[] = [];
	for (const row of folded.rows) {
		const item = row.from === null ? undefined : byId.get(row.from.id);
		if (item?.parsed.kind === 'alert') inserts.push(alertRow(row, item, item.parsed));
		entries.push(...entriesOf(row, item));
		topics.push(...topicsOf(row));
	}
	const unparsed = items.flatMap((item) => (item.parsed.kind === 'unparsed' ? [unparsedRow(item, item.parsed)] : []));
	for (const row of unparsed) {
		entries.push({
			kind: 'alert.unparsed',
			actor: { kind: 'source', id: row.source },
			at: row.received_at,
			incident: null,
			refs: [row.id],
			data: { source: row.source, raw_sha256: sha256(row.raw), problems: row.problems.length },
		});
		topics.push({ topic: 'unparsed', key: row.source });
	}
	return {
		inserts,
		updates: folded.rows
			.filter((row) => row.from === null)
			.map(({ row, repeats, raisedBy }) => ({
				id: row.id,
				status: row.status,
				kind: row.kind,
				title: raisedBy?.title ?? null,
				description: raisedBy?.description ?? null,
				first_seen: row.first_seen,
				last_seen: row.last_seen,
				closed_at: row.closed_at,
				severity: row.severity,
				entities: [...row.entities],
				techniques: [...row.techniques],
				turns: row.turns.map(([at, isOpen]): [number, 0 | 1] => [at, isOpen]),
				flapping: row.flapping,
				repeats,
			})),
		unparsed,
		unknownAssets: items.flatMap((item) => unknownAssets(item, inventory)),
		entries,
		topics,
	};
}

function sha256(text: string): string {
	return hash('sha256', text, 'hex');
}

/** Postgres text cannot hold U+0000. */
function storable(text: string): string {
	const whole = text.replaceAll('\u0000', '\uFFFD').toWellFormed();
	return whole.length <= RAW_MAX ? whole : `${whole.slice(0, RAW_MAX)}… (${whole.length} characters)`;
}

function alertRow(folded: FoldedRow, item: Item, parsed: Extract<Parsed, { kind: 'alert' }>): AlertRow {
	const { row, repeats, raisedBy } = folded;
	const { alert } = parsed;
	return {
		id: row.id,
		source: alert.source,
		source_kind: item.delivery.sourceKind,
		fingerprint: alert.fingerprint,
		external_id: alert.external_id,
		status: row.status,
		title: raisedBy?.title ?? alert.title,
		description: (raisedBy ?? alert).description,
		severity: row.severity,
		severity_raw: alert.severity_raw,
		kind: row.kind,
		domain: alert.domain,
		time_basis: alert.time_basis,
		occurred_at: Date.parse(alert.occurred_at),
		received_at: item.delivery.receivedAt,
		first_seen: row.first_seen,
		last_seen: row.last_seen,
		closed_at: row.closed_at,
		repeats: repeats + 1,
		entities: [...row.entities],
		techniques: [...row.techniques],
		turns: row.turns.map(([at, isOpen]): [number, 0 | 1] => [at, isOpen]),
		flapping: row.flapping,
		labels: alert.labels,
		raw: storable(parsed.raw),
	};
}

function unparsedRow(item: Item, parsed: Extract<Parsed, { kind: 'unparsed' }>): UnparsedRow {
	return {
		id: item.id,
		source: item.delivery.source,
		source_kind: item.delivery.sourceKind,
		received_at: item.delivery.receivedAt,
		raw: storable(parsed.raw),
		problems: [...parsed.problems],
		hash: unparsedHash(parsed.raw),
	};
}

function entriesOf(folded: FoldedRow, item: Item | undefined): NewEntry[] {
	const { row, from, repeats, raisedBy } = folded;
	const common = { actor: { kind: 'source', id: row.source }, incident: row.incident, refs: [row.id] } as const;
	const { source, fingerprint, severity } = row;
	// Names in their canonical order: the ledger has nothing to sort then.
	const stored: NewEntry = {
		...common,
		kind: 'alert.stored',
		at: row.last_seen,
		data:
			from === null
				? { fingerprint, ...(raisedBy === null ? {} : { kind: row.kind }), repeats, severity, source }
				: {
						fingerprint,
						kind: row.kind,
						raw_sha256: sha256(item?.parsed.raw ?? ''),
						repeats,
						severity,
						source,
						...testOf(item),
					},
	};
	if (!folded.hasClosed) return [stored];
	const closed: NewEntry = {
		...common,
		kind: 'alert.closed',
		at: row.closed_at ?? row.last_seen,
		data: { fingerprint, severity, source },
	};
	return [stored, closed];
}

/** In the ledger a test says that it was one. */
function testOf(item: Item | undefined): { readonly test?: true } {
	return item?.delivery.isTest === true ? { test: true } : {};
}

function topicsOf(folded: FoldedRow): NextTopic[] {
	const { row, from } = folded;
	const topics: NextTopic[] = [];
	if (from !== null || folded.hasNews) {
		topics.push({ topic: row.kind === 'process_safety' ? 'triage_safety' : 'triage', key: row.id });
	}
	if (row.incident !== null) topics.push({ topic: 'card', key: row.incident });
	return topics;
}

/** Names and inside addresses of targets and actors that the inventory does not have. Addresses outside are nobody's assets. */
function unknownAssets(item: Item, inventory: Inventory): UnknownAsset[] {
	if (item.parsed.kind !== 'alert' || item.delivery.isTest === true) return [];
	const isCandidate = (entity: Entity): boolean =>
		(entity.role === 'target' || entity.role === 'actor') &&
		(entity.type === 'host' || entity.type === 'mac' || (entity.type === 'ip' && isPrivateAddress(entity.value)));
	const candidates = item.parsed.alert.entities.filter(isCandidate);
	return candidates
		.filter((entity) => assetsOf([entity], inventory).length === 0)
		.map((entity) => ({
			id: `${entity.type}:${storable(entity.value)}`,
			type: entity.type,
			value: storable(entity.value),
			source: item.delivery.source,
			at: item.delivery.receivedAt,
		}));
}
