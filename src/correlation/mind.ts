// The engine with its memory in the running program: built from what is placed, kept up with what people and the safety lane decide.
// Reads the store, records nothing.
import type { Inventory } from '../domain/inventory.ts';
import type { Window } from '../domain/window.ts';
import type { Database } from '../store/database.ts';
import {
	type AlertToPlace,
	type Decided,
	readAlertsToPlace,
	readDecided,
	readIncidents,
	readLedgerEnd,
	readPlacedAlerts,
	readSplits,
} from '../store/read/correlation.ts';
import { CORRELATION } from './batch.ts';
import { forget } from './cluster.ts';
import { createEngine, type Engine, mergeClusters } from './engine.ts';
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
	/** How far the ledger is known. */
	seq: number;
};

export type Surroundings = { readonly inventory: Inventory; readonly windows: readonly Window[] };

/** Builds the memory from the alerts of the last days that are placed already. */
export async function loadMind(
	database: Database,
	around: Surroundings,
	now: number,
	newId: () => string,
	settings: Settings = DEFAULT_SETTINGS,
): Promise<Mind> {
	const engine = createEngine(around, settings);
	const mind: Mind = {
		engine,
		state: newState(),
		...around,
		held: new Map(),
		suggested: new Set(),
		seq: await readLedgerEnd(database),
	};
	const since = now - Math.max(settings.horizon, settings.repeatWindow);
	const placed = await readPlacedAlerts(database, since);
	for (const alert of placed) {
		const observation = observe(alert, around.inventory);
		if (alert.incident !== null) engine.observe(mind.state, observation, alert.incident);
		else holdIn(mind, engine.place(mind.state, observation, newId).cluster, alert);
	}
	const rows = await readIncidents(
		database,
		[...mind.state.clusters.keys()].filter((id) => !mind.held.has(id)),
	);
	for (const row of rows.values()) {
		const cluster = mind.state.clusters.get(row.id);
		if (cluster !== undefined && row.state === 'resolved') cluster.closed = true;
	}
	for (const entry of await readSplits(database, since)) await follow(database, mind, entry, true);
	return mind;
}

/** Learns what others decided since: merges, splits, ends of incidents, and alarms that took the safety lane. */
export async function catchUp(database: Database, mind: Mind): Promise<void> {
	for (;;) {
		const decided = await readDecided(database, mind.seq);
		for (const entry of decided) {
			await follow(database, mind, entry, false);
			mind.seq = entry.seq;
		}
		if (decided.length === 0) return;
	}
}

async function follow(database: Database, mind: Mind, entry: Decided, isRebuilt: boolean): Promise<void> {
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
			// After a restart it is known in its new place already.
			if (isRebuilt) continue;
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
