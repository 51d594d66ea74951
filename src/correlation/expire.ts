// Forgets what is too old to matter, so that memory does not grow with the number of alerts seen.
// Runs once in a while of event time, and its cost is shared by the alerts of that while.
import { HOUR } from '../domain/time.ts';
import type { Settings } from './settings.ts';
import type { State } from './state.ts';

const SWEEP_EVERY = HOUR;

/** Drops clusters past the horizon, their index entries, old conditions, storms and merges. Deterministic in event time. */
export function expire(state: State, settings: Settings): void {
	if (state.now - state.swept < SWEEP_EVERY && state.clusters.size <= settings.clustersMax) return;
	state.swept = state.now;
	const oldest = state.now - Math.max(settings.horizon, settings.repeatWindow);
	for (const cluster of [...state.clusters.values()]) if (cluster.last < oldest) drop(state, cluster.id);
	if (state.clusters.size > settings.clustersMax) {
		const byAge = [...state.clusters.values()].sort((a, b) => a.last - b.last || a.born - b.born);
		for (const cluster of byAge.slice(0, Math.ceil(settings.clustersMax / 10))) drop(state, cluster.id);
	}
	for (const [condition, held] of state.conditions) {
		if (held.last < state.now - settings.repeatWindow) state.conditions.delete(condition);
	}
	for (const [cause, track] of state.storms) {
		track.recent = track.recent.filter((item) => state.now - item.at <= settings.stormQuiet);
		if (track.recent.length === 0) state.storms.delete(cause);
	}
	for (const [from, into] of state.merged)
		if (!state.clusters.has(into) && !state.merged.has(into)) state.merged.delete(from);
	for (const [key, cluster] of state.windows) if (!state.clusters.has(cluster)) state.windows.delete(key);
}

function drop(state: State, id: string): void {
	const cluster = state.clusters.get(id);
	if (cluster === undefined) return;
	state.clusters.delete(id);
	for (const key of cluster.keys) {
		const list = state.touches.get(key)?.filter((item) => item.cluster !== id) ?? [];
		if (list.length === 0) state.touches.delete(key);
		else state.touches.set(key, list);
	}
}
