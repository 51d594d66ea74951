// Places alerts into clusters, one at a time, in the order they come, by event time. A cluster that opens is an incident
// in the live program. Owns no clock and no store: the state belongs to the caller, and the same alerts give the same answer.
import type { Join, JoinPart } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Window } from '../domain/window.ts';
import { type Calendar, calendarOf } from './calendar.ts';
import { newCluster, openCluster, touch } from './cluster.ts';
import { expire } from './expire.ts';
import type { Observation } from './observation.ts';
import { type Scored, scoreCluster } from './score.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { areApart, type Cluster, finalId, type State, type Touch } from './state.ts';
import { causesOf, noteFailure, stormOf } from './storm.ts';

/** Candidates scored for one alert at most: the most recently active. Keeps the cost of an alert flat. */
const CANDIDATES_MAX = 24;

export type EngineContext = { readonly inventory: Inventory; readonly windows: readonly Window[] };

type Merge = { readonly from: string; readonly into: string; readonly join: Join };
type Suggestion = { readonly cluster: string; readonly other: string; readonly join: Join };

export type Placement = {
	readonly cluster: string;
	readonly opened: boolean;
	readonly join: Join;
	readonly merges: readonly Merge[];
	readonly suggestions: readonly Suggestion[];
	/** The change whose window the alert falls into; it is marked, never hidden. */
	readonly change: string | null;
};

export type Engine = {
	readonly settings: Settings;
	/** Decides where the alert belongs and remembers it. `newId` names a cluster that has to be opened. */
	place(state: State, observation: Observation, newId: () => string): Placement;
	/** Remembers an alert that is placed already: after a restart, or because people said so. */
	observe(state: State, observation: Observation, cluster: string): void;
};

export function createEngine(context: EngineContext, settings: Settings = DEFAULT_SETTINGS): Engine {
	const calendar = calendarOf(context.windows, context.inventory);
	const switches = new Set<string>();
	for (const asset of context.inventory.data.assets)
		if (asset.switch !== null) switches.add(asset.switch.toLowerCase());
	const fixed = { settings, calendar, switches };
	return {
		settings,
		place: (state, observation, newId) => {
			startClock(state, observation);
			const placement = decide(state, observation, newId, fixed);
			expire(state, settings);
			return placement;
		},
		observe: (state, observation, cluster) => {
			startClock(state, observation);
			remember(state, observation, cluster, fixed);
			expire(state, settings);
		},
	};
}

type Fixed = { readonly settings: Settings; readonly calendar: Calendar; readonly switches: ReadonlySet<string> };

function startClock(state: State, observation: Observation): void {
	state.since = state.since === null ? observation.at : Math.min(state.since, observation.at);
	state.now = Math.max(state.now, observation.at);
}

function decide(state: State, observation: Observation, newId: () => string, fixed: Fixed): Placement {
	const { settings } = fixed;
	const window = fixed.calendar.match(observation, settings.windowSlack);
	if (window !== null) return placeInWindow(state, observation, newId, window, settings);
	const causes = causesOf(observation, fixed.switches);
	const storm = stormOf(observation, causes, state, settings);
	if (storm.kind !== 'calm') return placeInStorm(state, observation, newId, storm, fixed);
	const placement = placeByEvidence(state, observation, newId, settings);
	for (const cause of causes) noteFailure(observation, cause, placement.cluster, null, state, settings);
	return placement;
}

function placeInWindow(
	state: State,
	observation: Observation,
	newId: () => string,
	window: { key: string; change: string; detail: string },
	settings: Settings,
): Placement {
	const held = state.windows.get(window.key);
	const live = held === undefined ? undefined : state.clusters.get(finalId(state, held));
	const opened = live === undefined;
	const cluster = live ?? openCluster(state, newCluster(newId(), 'window', window.key, observation, settings));
	state.windows.set(window.key, cluster.id);
	touch(state, cluster, observation, settings, 0);
	const part = { evidence: 'maintenance window', weight: 10, detail: `${window.change}: ${window.detail}` };
	return {
		cluster: cluster.id,
		opened,
		join: joinOf(settings, [part]),
		merges: [],
		suggestions: [],
		change: window.change,
	};
}

function placeInStorm(
	state: State,
	observation: Observation,
	newId: () => string,
	storm: Exclude<ReturnType<typeof stormOf>, { kind: 'calm' }>,
	fixed: Fixed,
): Placement {
	const { settings } = fixed;
	const merges: Merge[] = [];
	const held = storm.kind === 'joins' ? state.clusters.get(finalId(state, storm.storm)) : undefined;
	const opened = held === undefined;
	const cluster = held ?? openCluster(state, newCluster(newId(), 'storm', storm.cause, observation, settings));
	const detail = storm.kind === 'starts' ? `${storm.hosts} hosts at once` : 'storm under way';
	const part: JoinPart = { evidence: 'storm', weight: 10, detail: `${storm.cause}: ${detail}` };
	if (storm.kind === 'starts') {
		for (const id of storm.gathered) {
			const early = state.clusters.get(finalId(state, id));
			// Only what is nothing yet but these failures: an incident that had some keeps its alerts.
			if (early === undefined || early.id === cluster.id || early.kind !== 'evidence') continue;
			if (
				areApart(state, early.id, cluster.id) ||
				early.failures < early.size ||
				state.now - early.first > settings.stormQuiet
			)
				continue;
			mergeClusters(state, early.id, cluster.id, settings);
			merges.push({ from: early.id, into: cluster.id, join: joinOf(settings, [part]) });
		}
	}
	touch(state, cluster, observation, settings, 0);
	for (const cause of causesOf(observation, fixed.switches))
		noteFailure(observation, cause, cluster.id, cluster.id, state, settings);
	return { cluster: cluster.id, opened, join: joinOf(settings, [part]), merges, suggestions: [], change: null };
}

function placeByEvidence(state: State, observation: Observation, newId: () => string, settings: Settings): Placement {
	const scored = candidates(state, observation, settings);
	const repeat = repeatOf(state, observation, settings);
	if (repeat !== null) {
		const held = scored.findIndex((item) => item.cluster.id === repeat.cluster.id);
		if (held < 0) scored.push(repeat);
		else if ((scored[held]?.score ?? 0) < repeat.score) scored[held] = repeat;
	}
	scored.sort((a, b) => b.score - a.score || b.cluster.last - a.cluster.last || (a.cluster.id < b.cluster.id ? -1 : 1));
	const [best, ...rest] = scored;
	if (best === undefined || best.score < settings.threshold) return open(state, observation, newId, scored, settings);
	const merges: Merge[] = [];
	const suggestions: Suggestion[] = [];
	for (const other of rest.slice(0, 3)) {
		if (best.cluster.kind !== 'evidence' || other.cluster.kind !== 'evidence') continue;
		if (areApart(state, best.cluster.id, other.cluster.id)) continue;
		const join = { score: round(other.score), threshold: settings.bridge, parts: roundParts(other.parts) };
		if (other.score >= settings.bridge && best.score >= settings.bridge) {
			mergeClusters(state, other.cluster.id, best.cluster.id, settings);
			merges.push({ from: other.cluster.id, into: best.cluster.id, join });
		} else if (other.score >= settings.threshold && other.cluster.conditions.size > 1) {
			suggestions.push({ cluster: best.cluster.id, other: other.cluster.id, join });
		}
	}
	touch(state, best.cluster, observation, settings, best.link);
	const join = { score: round(best.score), threshold: settings.threshold, parts: roundParts(best.parts) };
	return { cluster: best.cluster.id, opened: false, join, merges, suggestions, change: null };
}

function open(
	state: State,
	observation: Observation,
	newId: () => string,
	scored: readonly Scored[],
	settings: Settings,
): Placement {
	const cluster = openCluster(state, newCluster(newId(), 'evidence', null, observation, settings));
	touch(state, cluster, observation, settings, 0);
	const suggestions = scored
		.filter((item) => item.score >= settings.suggest && item.cluster.conditions.size > 1)
		.slice(0, 1)
		.map((item) => ({
			cluster: cluster.id,
			other: item.cluster.id,
			join: { score: round(item.score), threshold: settings.threshold, parts: roundParts(item.parts) },
		}));
	const best = scored[0];
	const join = {
		score: round(best?.score ?? 0),
		threshold: settings.threshold,
		parts: best === undefined ? [] : roundParts(best.parts),
	};
	return { cluster: cluster.id, opened: true, join, merges: [], suggestions, change: null };
}

/** Clusters that share something with the alert, scored; the index bounds how many are looked at. */
function candidates(state: State, observation: Observation, settings: Settings): Scored[] {
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
	found.sort((a, b) => b.cluster.last - a.cluster.last || (a.cluster.id < b.cluster.id ? -1 : 1));
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

/** Brings one cluster into another: everything that named the first now names the second. */
export function mergeClusters(state: State, from: string, into: string, settings: Settings): void {
	const source = state.clusters.get(finalId(state, from));
	const target = state.clusters.get(finalId(state, into));
	if (source === undefined || target === undefined || source === target) return;
	state.clusters.delete(source.id);
	state.merged.set(source.id, target.id);
	target.first = Math.min(target.first, source.first);
	target.last = Math.max(target.last, source.last);
	target.size += source.size;
	target.failures += source.failures;
	for (const condition of source.conditions) target.conditions.add(condition);
	for (const template of source.templates) target.templates.add(template);
	for (const zone of source.zones) target.zones.add(zone);
	for (const site of source.sites) target.sites.add(site);
	for (const type of source.types) target.types.add(type);
	target.belief = Math.min(settings.beliefMax, Math.max(target.belief, source.belief) + 1);
	target.processSafety ||= source.processSafety;
	for (const key of source.keys) {
		target.keys.add(key);
		const list = state.touches.get(key);
		if (list === undefined) continue;
		const one = list.find((item) => item.cluster === source.id);
		const other = list.find((item) => item.cluster === target.id);
		if (one === undefined) continue;
		const rest = list.filter((item) => item !== one && item !== other);
		rest.push(joinTouches(one, other, target.id));
		state.touches.set(key, rest);
	}
}

function joinTouches(one: Touch, other: Touch | undefined, cluster: string): Touch {
	if (other === undefined) return { ...one, cluster };
	return {
		cluster,
		first: Math.min(one.first, other.first),
		last: Math.max(one.last, other.last),
		count: one.count + other.count,
		asTarget: Math.max(one.asTarget, other.asTarget),
		asActor: Math.max(one.asActor, other.asActor),
	};
}

function remember(state: State, observation: Observation, id: string, fixed: Fixed): void {
	const { settings } = fixed;
	const at = finalId(state, id);
	const cluster = state.clusters.get(at) ?? openCluster(state, newCluster(at, 'evidence', null, observation, settings));
	touch(state, cluster, observation, settings, cluster.size === 0 ? 0 : 2);
	for (const cause of causesOf(observation, fixed.switches)) {
		noteFailure(observation, cause, cluster.id, cluster.kind === 'storm' ? cluster.id : null, state, settings);
	}
}

function joinOf(settings: Settings, parts: readonly JoinPart[]): Join {
	return {
		score: round(parts.reduce((sum, part) => sum + part.weight, 0)),
		threshold: settings.threshold,
		parts: [...parts],
	};
}

function roundParts(parts: readonly JoinPart[]): JoinPart[] {
	return parts.map((part) => ({ ...part, weight: round(part.weight) }));
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}
