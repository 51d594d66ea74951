// Places alerts into clusters, one at a time, in the order they come, by event time. A cluster that opens is an incident
// in the live program. Owns no clock and no store: the state belongs to the caller, and the same alerts give the same answer.
import type { Join, JoinPart, Taken } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import { HOUR } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import { type Calendar, calendarOf } from './calendar.ts';
import { candidates } from './candidates.ts';
import { goOnFrom, newCluster, openCluster, touch } from './cluster.ts';
import { expire } from './expire.ts';
import { mergeClusters } from './merge-clusters.ts';
import type { Observation } from './observation.ts';
import { describeCrossing, INTO_OT } from './path.ts';
import type { Scored } from './score.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { type Cluster, type ClusterKind, finalId, isApartFromAny, type State } from './state.ts';
import { causesOf, noteFailure, stormOf } from './storm.ts';

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
	/** Why it is there: this, the cluster and what flowed into it are all that memory needs to take it again. */
	readonly via: ClusterKind;
	readonly cause: string | null;
	readonly link: number;
	/** It opened its cluster, and this is what it may go on from. */
	readonly before?: { readonly cluster: string; readonly link: number } | undefined;
};

/** Of a placement, what changes the memory. */
export type Move = Pick<Taken, 'cluster' | 'via' | 'cause' | 'link' | 'gathered' | 'before'>;

export type Engine = {
	readonly settings: Settings;
	/** Decides where the alert belongs and remembers it. `newId` names a cluster that has to be opened. */
	place(state: State, observation: Observation, newId: () => string): Placement;
	/** Takes an alert again as it was placed: the same placements in the same order give the same memory. */
	redo(state: State, observation: Observation, move: Move): void;
	/** Remembers an alert that somebody else placed: people, or the lane of process-safety alarms. */
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
			const placement = marked(decide(state, observation, newId, fixed), observation);
			take(state, observation, moveOf(placement), fixed);
			expire(state, settings);
			return placement;
		},
		redo: (state, observation, move) => {
			startClock(state, observation);
			take(state, observation, move, fixed);
			expire(state, settings);
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

export function moveOf(placement: Placement): Move {
	const { cluster, via, cause, link, merges, before } = placement;
	const gathered = merges.map((merge) => merge.from);
	return { cluster, via, cause, link, gathered, ...(before === undefined ? {} : { before }) };
}

/** Leaving IT is told with the join also where it decided nothing: the first alert of an incident may be the one that does. */
function marked(placement: Placement, { crossing, isFailure }: Observation): Placement {
	const { join } = placement;
	if (crossing?.intoOt !== true || isFailure || join.parts.some((part) => part.evidence === INTO_OT)) return placement;
	const part = { evidence: INTO_OT, weight: 0, detail: describeCrossing(crossing) };
	return { ...placement, join: { ...join, parts: [...join.parts, part] } };
}

/** Reads the memory and decides; changes nothing. */
function decide(state: State, observation: Observation, newId: () => string, fixed: Fixed): Placement {
	const { settings } = fixed;
	const window = fixed.calendar.match(observation, settings.windowSlack);
	if (window !== null) return placeInWindow(state, newId, window, settings);
	const storm = stormOf(observation, causesOf(observation, fixed.switches), state, settings);
	if (storm.kind !== 'calm') return placeInStorm(state, newId, storm, settings);
	return placeByEvidence(state, observation, newId, settings);
}

/** The only change that a placed alert makes to the memory, decided now or before. */
function take(state: State, observation: Observation, move: Move, fixed: Fixed): void {
	const { settings } = fixed;
	const id = finalId(state, move.cluster);
	const cluster =
		state.clusters.get(id) ?? openCluster(state, newCluster(id, move.via, move.cause, observation, settings));
	if (move.via === 'window' && move.cause !== null) state.windows.set(move.cause, cluster.id);
	for (const from of move.gathered) mergeClusters(state, from, cluster.id, settings);
	touch(state, cluster, observation, settings, move.link);
	if (move.before !== undefined && cluster.size === 1) goOnFrom(state, cluster, move.before, settings);
	if (move.via === 'window') return;
	const storm = move.via === 'storm' ? cluster.id : null;
	for (const cause of causesOf(observation, fixed.switches))
		noteFailure(observation, cause, cluster.id, storm, state, settings);
}

/** The live cluster with this id; what people closed takes nothing more. */
function openOne(state: State, id: string | undefined): Cluster | null {
	const held = id === undefined ? undefined : state.clusters.get(finalId(state, id));
	return held === undefined || held.closed ? null : held;
}

function placeInWindow(
	state: State,
	newId: () => string,
	window: { key: string; change: string; detail: string },
	settings: Settings,
): Placement {
	const live = openOne(state, state.windows.get(window.key));
	const part = { evidence: 'maintenance window', weight: 10, detail: `${window.change}: ${window.detail}` };
	return {
		cluster: live?.id ?? newId(),
		opened: live === null,
		join: joinOf(settings, [part]),
		merges: [],
		suggestions: [],
		change: window.change,
		via: 'window',
		cause: window.key,
		link: 0,
	};
}

function placeInStorm(
	state: State,
	newId: () => string,
	storm: Exclude<ReturnType<typeof stormOf>, { kind: 'calm' }>,
	settings: Settings,
): Placement {
	const live = storm.kind === 'joins' ? openOne(state, storm.storm) : null;
	const cluster = live?.id ?? newId();
	const detail = storm.kind === 'starts' ? `${storm.hosts} hosts at once` : 'storm under way';
	const part: JoinPart = { evidence: 'storm', weight: 10, detail: `${storm.cause}: ${detail}` };
	const early = new Map<string, Cluster>();
	for (const id of storm.kind === 'starts' ? storm.gathered : []) {
		const held = openOne(state, id);
		// Only what is nothing yet but these failures: an incident that had some keeps its alerts.
		if (held === null || held.kind !== 'evidence' || isApartFromAny(state, held.id, [cluster, ...early.keys()]))
			continue;
		if (held.failures < held.size || state.now - held.first > settings.stormQuiet) continue;
		early.set(held.id, held);
	}
	return {
		cluster,
		opened: live === null,
		join: joinOf(settings, [part]),
		merges: [...early.keys()].map((from) => ({ from, into: cluster, join: joinOf(settings, [part]) })),
		suggestions: [],
		change: null,
		via: 'storm',
		cause: storm.cause,
		link: 0,
	};
}

function placeByEvidence(state: State, observation: Observation, newId: () => string, settings: Settings): Placement {
	const scored = candidates(state, observation, settings);
	const [best, ...rest] = scored;
	if (best === undefined || best.score < settings.threshold) return open(newId, observation, scored, settings);
	const merges: Merge[] = chainOf(state, observation, best, settings);
	const suggestions: Suggestion[] = [];
	for (const other of rest.slice(0, 3)) {
		if (best.cluster.kind !== 'evidence' || other.cluster.kind !== 'evidence') continue;
		const gathered = merges.map((merge) => merge.from);
		if (gathered.includes(other.cluster.id)) continue;
		if (isApartFromAny(state, other.cluster.id, [best.cluster.id, ...gathered])) continue;
		const join = { score: round(other.score), threshold: settings.bridge, parts: roundParts(other.parts) };
		if (other.score >= settings.bridge && best.score >= settings.bridge) {
			merges.push({ from: other.cluster.id, into: best.cluster.id, join });
		} else if (other.score >= settings.threshold && other.cluster.conditions.size > 1) {
			suggestions.push({ cluster: best.cluster.id, other: other.cluster.id, join });
		}
	}
	const join = { score: round(best.score), threshold: settings.threshold, parts: roundParts(best.parts) };
	const why = { via: 'evidence', cause: null, link: best.link } as const;
	return { cluster: best.cluster.id, opened: false, join, merges, suggestions, change: null, ...why };
}

/** Links of a slow campaign that are proven at once by one alert. */
const CHAIN_MAX = 8;
/** Pauses are alike where neither is this many times the other. */
const PACE_LIKE = 4;

/**
 * One step does not prove a slow campaign, but the next one may prove the ones before it too: what the cluster may go on from
 * is taken in once a further condition confirms the pace.
 */
function chainOf(state: State, observation: Observation, best: Scored, settings: Settings): Merge[] {
	const found: Merge[] = [];
	if (best.cluster.kind !== 'evidence' || best.cluster.templates.has(observation.template)) return found;
	const pause = observation.at - best.cluster.last;
	const help = Math.min(settings.chainHelp, Math.max(0, best.link));
	for (let at = best.cluster, before = at.before; before !== null && found.length < CHAIN_MAX; before = at.before) {
		const early = openOne(state, before.cluster);
		const weight = before.link + help;
		if (early === null || early === best.cluster || early.kind !== 'evidence' || weight < settings.chainAt) break;
		// A burst that begins here confirms nothing: the pause has to be like the one before.
		const wait = at.first - early.last;
		if (pause * PACE_LIKE < wait || pause > wait * PACE_LIKE) break;
		const gathered = found.map((merge) => merge.from);
		if (isApartFromAny(state, early.id, [best.cluster.id, ...gathered]) || gathered.includes(early.id)) break;
		const detail = `${Math.round(wait / HOUR)} h before, the pace is confirmed`;
		found.push({
			from: early.id,
			into: best.cluster.id,
			join: joinOf(settings, [{ evidence: 'slow campaign', weight: round(weight), detail }]),
		});
		at = early;
	}
	return found;
}

function open(newId: () => string, observation: Observation, scored: readonly Scored[], settings: Settings): Placement {
	const cluster = newId();
	const suggestions = scored
		.filter((item) => item.score >= settings.suggest && item.cluster.conditions.size > 1)
		.slice(0, 1)
		.map((item) => ({
			cluster,
			other: item.cluster.id,
			join: { score: round(item.score), threshold: settings.threshold, parts: roundParts(item.parts) },
		}));
	const best = scored[0];
	const join = {
		score: round(best?.score ?? 0),
		threshold: settings.threshold,
		parts: best === undefined ? [] : roundParts(best.parts),
	};
	const why = { via: 'evidence', cause: null, link: 0 } as const;
	const early = scored
		.filter(
			(item) =>
				item.cluster.kind === 'evidence' &&
				item.link >= settings.chainMin &&
				observation.at - item.cluster.last >= settings.chainPause &&
				!observation.processSafety,
		)
		.toSorted((a, b) => b.link - a.link)[0];
	const before = early === undefined ? {} : { before: { cluster: early.cluster.id, link: round(early.link) } };
	return { cluster, opened: true, join, merges: [], suggestions, change: null, ...why, ...before };
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

/** Never -0: what is written down and read again is 0, and the memory must be the same either way. */
function round(value: number): number {
	return Math.round(value * 100) / 100 + 0;
}
