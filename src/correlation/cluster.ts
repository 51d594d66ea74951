// One cluster's own book-keeping: opening it, and taking an alert into it with the indexes that go with that.

import { clamp, gapTo, heatNow, learnPace, severityBits, templateBits } from './likelihood.ts';
import type { Observation } from './observation.ts';
import { countKey, fadingAdd } from './rates.ts';
import type { Settings } from './settings.ts';
import { type Cluster, type ClusterKind, finalId, type State, type Touch } from './state.ts';

/** Templates, conditions and places kept of one cluster. */
const NAMES_MAX = 500;

export function newCluster(
	id: string,
	kind: ClusterKind,
	cause: string | null,
	observation: Observation,
	settings: Settings,
): Cluster {
	return {
		id,
		born: 0,
		kind,
		cause,
		first: observation.at,
		last: observation.at,
		size: 0,
		failures: 0,
		conditions: new Set(),
		belief: settings.openerOdds,
		paces: settings.paces.map((pace) => pace.share),
		keys: new Set(),
		types: new Set(),
		actor: null,
		before: null,
		ways: new Map(),
		users: new Map(),
		templates: new Set(),
		processSafety: false,
		zones: new Set(),
		sites: new Set(),
		closed: false,
	};
}

export function openCluster(state: State, cluster: Cluster): Cluster {
	cluster.born = ++state.opened;
	state.clusters.set(cluster.id, cluster);
	return cluster;
}

/**
 * Takes the alert into the cluster.
 *
 * @param link bits of evidence that brought it here; they raise the belief that the cluster is an incident
 */
export function touch(
	state: State,
	cluster: Cluster,
	observation: Observation,
	settings: Settings,
	link: number,
): void {
	if (cluster.size === 0) {
		cluster.belief = clamp(
			settings.openerOdds + templateBits(observation, state, settings) + severityBits(observation.severity, settings),
			-8,
			settings.beliefMax,
		);
		countKey(state.templates, observation.template, observation.at, settings.halfLife, settings.ratesMax);
		fadingAdd(state.openers, observation.at, settings.halfLife);
	} else if (!cluster.conditions.has(observation.condition)) {
		// Repeats of one condition say nothing new; a new condition that fits does.
		cluster.belief = clamp(cluster.belief + clamp(link, 0, settings.beliefStepMax), -8, settings.beliefMax);
	}
	const repeat = cluster.conditions.has(observation.condition);
	// What only repeats itself flaps: the next thing that happens there is another matter.
	if (repeat && cluster.conditions.size === 1 && cluster.size >= 4)
		cluster.belief = Math.max(-8, cluster.belief - settings.flapBits);
	if (cluster.size > 0) {
		const gap = gapTo({ ...EMPTY, first: cluster.first, last: cluster.last }, observation.at);
		cluster.paces = learnPace(cluster.paces, gap, settings);
	}
	const actor = observation.keys.find((key) => key.role === 'actor')?.key ?? null;
	cluster.actor = cluster.size === 0 || cluster.actor === actor ? actor : null;
	cluster.size++;
	if (observation.isFailure) cluster.failures++;
	cluster.first = Math.min(cluster.first, observation.at);
	cluster.last = Math.max(cluster.last, observation.at);
	if (cluster.conditions.size < NAMES_MAX) cluster.conditions.add(observation.condition);
	if (cluster.templates.size < NAMES_MAX) cluster.templates.add(observation.template);
	if (observation.zone !== null && cluster.zones.size < NAMES_MAX) cluster.zones.add(observation.zone);
	if (observation.site !== null && cluster.sites.size < NAMES_MAX) cluster.sites.add(observation.site);
	cluster.processSafety ||= observation.processSafety;
	if (observation.actor !== null && observation.target !== null && cluster.ways.size < NAMES_MAX)
		cluster.ways.set(observation.actor.id, observation.target.id);
	if (observation.target !== null && observation.user !== null && cluster.users.size < NAMES_MAX)
		cluster.users.set(observation.target.id, observation.user);
	state.conditions.set(observation.condition, { cluster: cluster.id, last: observation.at });
	// A flapping monitor is no burst: its repeats do not count as failures of the place.
	for (const key of observation.keys)
		if (!repeat || !key.type.endsWith('_failures')) touchKey(state, cluster, observation, key, settings);
}

const EMPTY: Touch = {
	cluster: '',
	first: 0,
	last: 0,
	count: 0,
	asTarget: -Infinity,
	asActor: -Infinity,
	heat: 0,
	heatAt: 0,
};

function touchKey(
	state: State,
	cluster: Cluster,
	observation: Observation,
	key: Observation['keys'][number],
	settings: Settings,
): void {
	const list = state.touches.get(key.key) ?? [];
	const held = list.find((item) => item.cluster === cluster.id);
	if (held === undefined) {
		if (cluster.keys.size >= settings.keysMax) return;
		cluster.keys.add(key.key);
		cluster.types.add(key.type);
		countKey(state.rates, key.key, observation.at, settings.halfLife, settings.ratesMax);
		if (key.peers !== undefined)
			countKey(state.rates, key.peers.group, observation.at, settings.halfLife, settings.ratesMax);
		list.push({
			cluster: cluster.id,
			first: observation.at,
			last: observation.at,
			count: 1,
			asTarget: key.role === 'target' ? observation.at : -Infinity,
			asActor: key.role === 'actor' ? observation.at : -Infinity,
			heat: 1,
			heatAt: cluster.size,
		});
		if (list.length > settings.touchesMax) list.splice(0, list.length - settings.touchesMax);
		state.touches.set(key.key, list);
		return;
	}
	held.first = Math.min(held.first, observation.at);
	held.last = Math.max(held.last, observation.at);
	held.count++;
	held.heat = heatNow(held, cluster.size) + 1;
	held.heatAt = cluster.size;
	if (key.role === 'target') held.asTarget = Math.max(held.asTarget, observation.at);
	if (key.role === 'actor') held.asActor = Math.max(held.asActor, observation.at);
}

/** The cluster may go on from an earlier one: half believed, it takes over what that one had learned of its pace. */
export function goOnFrom(
	state: State,
	cluster: Cluster,
	before: { readonly cluster: string; readonly link: number },
	settings: Settings,
): void {
	const early = state.clusters.get(finalId(state, before.cluster));
	if (early === undefined || early === cluster) return;
	cluster.before = { cluster: early.id, link: before.link };
	const inherited = early.belief + before.link;
	cluster.belief = clamp(
		Math.max(cluster.belief, inherited) + Math.log2(1 + 2 ** -Math.abs(cluster.belief - inherited)),
		-8,
		settings.beliefMax,
	);
	cluster.paces = learnPace(early.paces, Math.max(0, cluster.first - early.last), settings);
}

/** People took the alert out: what only it had named, the cluster no longer knows. Its beliefs and paces stay as learned. */
export function forget(state: State, cluster: Cluster, observation: Observation): void {
	cluster.size = Math.max(0, cluster.size - 1);
	if (observation.isFailure) cluster.failures = Math.max(0, cluster.failures - 1);
	cluster.conditions.delete(observation.condition);
	for (const { key } of observation.keys) {
		const list = state.touches.get(key);
		const held = list?.find((item) => item.cluster === cluster.id);
		if (list === undefined || held === undefined) continue;
		held.count--;
		if (held.count > 0) continue;
		cluster.keys.delete(key);
		state.touches.set(
			key,
			list.filter((item) => item !== held),
		);
	}
}
