// Which clusters an alert may belong to at all: those that share a thing with it, and the one that holds its condition. Pure.
import type { Observation } from './observation.ts';
import { type Scored, scoreCluster } from './score.ts';
import type { Settings } from './settings.ts';
import { type Cluster, finalId, type State, type Touch } from './state.ts';

/** Candidates scored for one alert at most: the most recently active. Keeps the cost of an alert flat. */
const CANDIDATES_MAX = 24;

/** The clusters that the alert may join, best first. Ties go to the latest, then to the oldest: never to a random id. */
export function candidates(state: State, observation: Observation, settings: Settings): Scored[] {
	const scored = sharing(state, observation, settings);
	const repeat = repeatOf(state, observation, settings);
	if (repeat !== null) {
		const held = scored.findIndex((item) => item.cluster.id === repeat.cluster.id);
		if (held < 0) scored.push(repeat);
		else if ((scored[held]?.score ?? 0) < repeat.score) scored[held] = repeat;
	}
	return scored.sort((a, b) => b.score - a.score || b.cluster.last - a.cluster.last || a.cluster.born - b.cluster.born);
}

/** Clusters that share something with the alert, scored; the index bounds how many are looked at. */
function sharing(state: State, observation: Observation, settings: Settings): Scored[] {
	const byCluster = new Map<string, Map<string, Touch>>();
	for (const key of observation.keys) {
		for (const held of state.touches.get(key.key) ?? []) {
			const id = finalId(state, held.cluster);
			const touches = byCluster.get(id) ?? new Map<string, Touch>();
			touches.set(key.key, held);
			byCluster.set(id, touches);
		}
	}
	const apart = state.apart.get(observation.id);
	const found: { cluster: Cluster; touches: Map<string, Touch> }[] = [];
	for (const [id, touches] of byCluster) {
		const cluster = state.clusters.get(id);
		if (cluster === undefined || cluster.closed || cluster.kind !== 'evidence' || apart?.has(id)) continue;
		if (Math.abs(observation.at - cluster.last) > settings.horizon) continue;
		found.push({ cluster, touches });
	}
	found.sort((a, b) => b.cluster.last - a.cluster.last || a.cluster.born - b.cluster.born);
	return found
		.slice(0, CANDIDATES_MAX)
		.map(({ cluster, touches }) => scoreCluster(observation, cluster, touches, state, settings))
		.filter((item) => item !== null);
}

/**
 * The same condition within a day is the same matter where nothing else has joined it; in a cluster of many conditions a
 * repeat counts only while it is fresh, because two intrusions through one jump host raise the same alert there.
 */
function repeatOf(state: State, observation: Observation, settings: Settings): Scored | null {
	const held = state.conditions.get(observation.condition);
	if (held === undefined) return null;
	const gap = Math.abs(observation.at - held.last);
	const cluster = state.clusters.get(finalId(state, held.cluster));
	if (cluster === undefined || cluster.closed || state.apart.get(observation.id)?.has(cluster.id)) return null;
	// A grave failure an hour later may have another cause: only what is usual here is folded over a whole day.
	const isGrave = observation.isFailure && (observation.severity === 'high' || observation.severity === 'critical');
	const alone = cluster.conditions.size === 1 && !isGrave;
	if (gap > (alone ? settings.repeatWindow : settings.repeatFresh)) return null;
	if (!alone && observation.actor !== null && !cluster.keys.has(`asset:${observation.actor.id}`)) return null;
	const weight = alone ? 7 - (4 * gap) / settings.repeatWindow : 5 - (3 * gap) / settings.repeatFresh;
	const parts = [{ evidence: 'same condition again', weight, detail: observation.condition.slice(0, 120) }];
	return { cluster, score: weight, parts, link: 0 };
}
