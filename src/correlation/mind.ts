// The engine with its memory in the running program: taken again from what is placed, kept up with what people and the safety lane
// decide. Reads the store, records nothing.
import type { Taken } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import { SECOND } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import type { Database } from '../store/database.ts';
import {
	type AlertToPlace,
	type Decided,
	readAlertsToPlace,
	readApartBefore,
	readDecided,
	readIncidents,
	readLedgerEnd,
	readPlacedAlerts,
} from '../store/read/correlation.ts';
import { CORRELATION } from './batch.ts';
import { forget } from './cluster.ts';
import { createEngine, type Engine, moveOf, type Placement } from './engine.ts';
import { mergeClusters } from './merge-clusters.ts';
import { type Observation, observationOf, verdictLite } from './observation.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { detach, finalId, keepApart, newState, type State } from './state.ts';

export type Mind = {
	readonly engine: Engine;
	readonly state: State;
	readonly inventory: Inventory;
	readonly windows: readonly Window[];
	/** Alerts of clusters that are no incident yet. */
	readonly held: Map<string, AlertToPlace[]>;
	/** Pairs of incidents that people were asked about. */
	readonly suggested: Set<string>;
	/** Place of the last alert in the order of placing. */
	order: number;
	/** How far the ledger is known; `followed` names what is known beyond `settled`. */
	known: number;
	settled: number;
	readonly followed: Set<number>;
	/** Ends of the ledger with the time when they were seen, oldest first. */
	ends: { readonly seq: number; readonly seenAt: number }[];
};

export type Surroundings = { readonly inventory: Inventory; readonly windows: readonly Window[] };

/** Alerts taken again before everything else in the program, the lane of safety alarms first of all, has its turn. */
const REDO_AT_ONCE = 200;
/** An entry gets its place before its transaction commits: one may still turn up below the end for this long. */
const LATE_COMMIT = 10 * SECOND;

/**
 * Brings the memory back: takes the alerts of the last days again as they were placed, with what others decided in between.
 * The result is the memory of a program that was never stopped, but for what is older than `settings.recall`.
 */
export async function loadMind(
	database: Database,
	around: Surroundings,
	now: number,
	settings: Settings = DEFAULT_SETTINGS,
): Promise<Mind> {
	const engine = createEngine(around, settings);
	const mind: Mind = {
		engine,
		state: newState(),
		...around,
		held: new Map(),
		suggested: new Set(),
		order: 0,
		known: 0,
		settled: 0,
		followed: new Set(),
		ends: [],
	};
	// The end is read first: what comes in meanwhile is followed with the next batch.
	const end = await readLedgerEnd(database);
	const since = now - settings.recall;
	const placed = await readPlacedAlerts(database, since);
	const others = await readOthers(database, since, end);
	await keepOldApart(database, mind.state, since);
	const again = repeatsOf(placed);
	let [nextEntry, nextRepeat] = [0, 0];
	for (const [i, alert] of placed.entries()) {
		if (i % REDO_AT_ONCE === 0) await new Promise((done) => setImmediate(done));
		const { taken } = alert.join;
		if (taken === undefined) continue;
		for (let entry = others[nextEntry]; entry !== undefined && entry.seq <= taken.known; entry = others[++nextEntry])
			await follow(database, mind, entry);
		for (let early = again[nextRepeat]; early !== undefined && early.lastSeen <= taken.at; early = again[++nextRepeat])
			seeAgain(mind, early);
		engine.redo(mind.state, { ...observe(alert, around.inventory), at: taken.at }, taken);
		mind.order = Math.max(mind.order, taken.order);
		const cluster = finalId(mind.state, taken.cluster);
		moveHeld(mind, cluster, taken.gathered);
		if (alert.incident === null) holdIn(mind, cluster, alert);
	}
	for (const entry of others.slice(nextEntry)) await follow(database, mind, entry);
	for (const early of again.slice(nextRepeat)) seeAgain(mind, early);
	mind.known = end;
	mind.settled = end;
	mind.ends.push({ seq: end, seenAt: now });
	await closeEnded(database, mind);
	return mind;
}

/** Entries of others up to the end that was read. */
async function readOthers(database: Database, since: number, end: number): Promise<Decided[]> {
	const found: Decided[] = [];
	for (let after = 0; ; after = found.at(-1)?.seq ?? 0) {
		const page = await readDecided(database, after, since);
		found.push(...page.filter((entry) => entry.seq <= end));
		if (page.length === 0 || (page.at(-1)?.seq ?? 0) > end) return found;
	}
}

/** What people took apart stays apart for as long as the incidents last, which may be longer than alerts are read back. */
async function keepOldApart(database: Database, state: State, before: number): Promise<void> {
	const old = await readApartBefore(database, before);
	const pairs = old.flatMap(({ incident, data, refs }) => {
		const others = [data['kept_apart'], data['to']].filter((id) => typeof id === 'string');
		return incident === null ? [] : others.map((other) => ({ incident, other, refs }));
	});
	const final = await finalIncidents(
		database,
		pairs.flatMap(({ incident, other }) => [incident, other]),
	);
	for (const { incident, other, refs } of pairs) {
		const [one, two] = [final(incident), final(other)];
		// People made one of them again.
		if (one === two) continue;
		keepApart(state, one, two);
		for (const alert of refs) if (alert.startsWith('alr_')) detach(state, alert, one);
	}
}

/** What each incident has become after merges, by the rows. */
async function finalIncidents(database: Database, ids: readonly string[]): Promise<(id: string) => string> {
	const into = new Map<string, string>();
	for (let wanted = [...new Set(ids)]; wanted.length > 0; ) {
		const rows = [...(await readIncidents(database, wanted)).values()];
		for (const row of rows) if (row.merged_into !== null) into.set(row.id, row.merged_into);
		wanted = rows.flatMap(({ merged_into: next }) => (next === null || into.has(next) ? [] : [next]));
	}
	return (id) => {
		let at = id;
		for (let next = into.get(at); next !== undefined && next !== id; next = into.get(at)) at = next;
		return at;
	};
}

/** Repeats are folded into their alert, which keeps the last time only: they are taken where that falls among the placed ones. */
function repeatsOf(placed: readonly AlertToPlace[]): AlertToPlace[] {
	return placed
		.filter((alert) => alert.incident !== null && alert.lastSeen > (alert.join?.taken?.at ?? alert.lastSeen))
		.sort((a, b) => a.lastSeen - b.lastSeen || a.seq - b.seq);
}

function seeAgain(mind: Mind, alert: AlertToPlace): void {
	if (alert.incident !== null) mind.engine.observe(mind.state, observe(alert, mind.inventory), alert.incident);
}

/** An incident may have been resolved by an entry that is too old to be read. */
async function closeEnded(database: Database, mind: Mind): Promise<void> {
	const rows = await readIncidents(
		database,
		[...mind.state.clusters.keys()].filter((id) => !mind.held.has(id)),
	);
	for (const row of rows.values()) {
		const cluster = mind.state.clusters.get(row.id);
		if (cluster !== undefined && row.state === 'resolved') cluster.closed = true;
	}
}

/** Learns what others decided since: merges, splits, ends of incidents, and alarms that took the safety lane. */
export async function catchUp(database: Database, mind: Mind, now: number): Promise<void> {
	let after = mind.settled;
	for (;;) {
		const decided = await readDecided(database, after);
		for (const entry of decided) {
			after = entry.seq;
			if (mind.followed.has(entry.seq)) continue;
			await follow(database, mind, entry);
			mind.followed.add(entry.seq);
			mind.known = Math.max(mind.known, entry.seq);
		}
		if (decided.length === 0) break;
	}
	mind.ends.push({ seq: mind.known, seenAt: now });
	while ((mind.ends[0]?.seenAt ?? now) < now - LATE_COMMIT) mind.settled = mind.ends.shift()?.seq ?? mind.settled;
	for (const seq of mind.followed) if (seq <= mind.settled) mind.followed.delete(seq);
}

async function follow(database: Database, mind: Mind, entry: Decided): Promise<void> {
	const { state, engine } = mind;
	const own = entry.actor === `${CORRELATION.kind}:${CORRELATION.id}`;
	const text = (name: string): string | null => (typeof entry.data[name] === 'string' ? entry.data[name] : null);
	const cluster = entry.incident === null ? undefined : state.clusters.get(finalId(state, entry.incident));
	if (entry.kind === 'incident.resolved' && cluster !== undefined) cluster.closed = true;
	if (entry.kind === 'incident.reopened' && cluster !== undefined) cluster.closed = false;
	if (entry.kind === 'incident.merged' && !own) {
		const [into, from] = [text('into'), text('from')];
		if (into !== null && from !== null) mergeClusters(state, from, into, engine.settings);
	}
	if (entry.kind === 'incident.merge_suggested') mind.suggested.add(`${text('into')}|${text('from')}`);
	if (entry.kind === 'incident.split' && entry.incident !== null) {
		const apart = text('kept_apart');
		if (apart !== null) keepApart(state, entry.incident, apart);
		const to = text('to');
		if (to === null) return;
		keepApart(state, entry.incident, to);
		for (const alert of await readAlertsToPlace(
			database,
			entry.refs.filter((id) => id.startsWith('alr_')),
		)) {
			detach(state, alert.id, entry.incident);
			const observation = observe(alert, mind.inventory);
			if (cluster !== undefined) forget(state, cluster, observation);
			engine.observe(state, observation, to);
		}
	}
	if ((entry.kind === 'incident.opened' || entry.kind === 'incident.joined') && entry.data['lane'] === 'safety') {
		for (const alert of await readAlertsToPlace(database, entry.refs)) {
			if (entry.incident !== null) engine.observe(state, observe(alert, mind.inventory), entry.incident);
		}
	}
}

/** An alert as the engine sees it, at the time when its condition was last seen. */
export function observe(alert: AlertToPlace, inventory: Inventory): Observation {
	return { ...observationOf(alert.id, alert.alert, verdictLite(alert.verdict), inventory), at: alert.lastSeen };
}

/** The placement of the next alert in order, as it is kept with the alert. */
export function takenBy(mind: Mind, placement: Placement, at: number): Taken {
	const { gathered, ...move } = moveOf(placement);
	return { order: ++mind.order, known: mind.known, at, ...move, gathered: [...gathered] };
}

/** Alerts of one cluster that wait for an incident; the newest are kept. */
const HELD_MAX = 500;
/** Clusters that wait for an incident; those that came first are forgotten first. */
const HELD_CLUSTERS_MAX = 20_000;

export function holdIn(mind: Mind, cluster: string, alert: AlertToPlace): void {
	const list = mind.held.get(cluster) ?? [];
	list.push(alert);
	if (list.length > HELD_MAX) list.shift();
	mind.held.set(cluster, list);
	for (const oldest of mind.held.keys()) {
		if (mind.held.size <= HELD_CLUSTERS_MAX) break;
		mind.held.delete(oldest);
	}
}

/** What waited in clusters that flowed into this one waits here. */
export function moveHeld(mind: Mind, cluster: string, gathered: readonly string[]): void {
	for (const from of gathered) {
		if (from === cluster) continue;
		for (const early of mind.held.get(from) ?? []) holdIn(mind, cluster, early);
		mind.held.delete(from);
	}
}
