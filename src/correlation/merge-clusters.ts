// Two clusters become one in the engine's memory: everything that named the first now names the second. Nothing is decided here.
import { openCluster } from './cluster.ts';
import type { Settings } from './settings.ts';
import { type Cluster, finalId, inheritApart, type State, type Touch } from './state.ts';

/** Names kept of one cluster: what a merge brings beyond it is forgotten. */
const NAMES_MAX = 500;

/** Brings one cluster into another: everything that named the first now names the second. */
export function mergeClusters(state: State, from: string, into: string, settings: Settings): void {
	const source = state.clusters.get(finalId(state, from));
	if (source === undefined) return;
	const target = state.clusters.get(finalId(state, into)) ?? forgotten(state, source, finalId(state, into));
	if (source === target) return;
	state.clusters.delete(source.id);
	state.merged.set(source.id, target.id);
	inheritApart(state, source.id, target.id);
	const late = source.last > target.last ? source : target;
	bring(source.conditions, target.conditions);
	bring(source.templates, target.templates);
	bring(source.zones, target.zones);
	bring(source.sites, target.sites);
	for (const type of source.types) target.types.add(type);
	// Where the later one was last counts.
	target.ways = newest(source.ways, target.ways, late === source);
	target.users = newest(source.users, target.users, late === source);
	if (source.actor !== target.actor) target.actor = null;
	mergeKeys(state, source, target, settings);
	target.first = Math.min(target.first, source.first);
	target.last = late.last;
	target.size += source.size;
	target.failures += source.failures;
	target.belief = Math.min(settings.beliefMax, Math.max(target.belief, source.belief) + 1);
	target.processSafety ||= source.processSafety;
}

/**
 * People chose an incident that was quiet for so long that it is no longer in memory: it comes back with nothing in it. What comes next
 * would else go on in the one that ended, which nobody looks at.
 */
function forgotten(state: State, source: Cluster, id: string): Cluster {
	return openCluster(state, {
		...source,
		id,
		size: 0,
		failures: 0,
		conditions: new Set(),
		keys: new Set(),
		types: new Set(),
		before: null,
		ways: new Map(),
		users: new Map(),
		templates: new Set(),
		zones: new Set(),
		sites: new Set(),
	});
}

/** The touches of both, counted up to the size that the two have together: what each was about lately stays as fresh as it was. */
function mergeKeys(state: State, source: Cluster, target: Cluster, settings: Settings): void {
	for (const key of target.keys) {
		const held = state.touches.get(key)?.find((item) => item.cluster === target.id);
		if (held !== undefined) held.heatAt += source.size;
	}
	for (const key of source.keys) {
		const list = state.touches.get(key);
		const one = list?.find((item) => item.cluster === source.id);
		if (list === undefined || one === undefined) continue;
		const other = list.find((item) => item.cluster === target.id);
		const rest = list.filter((item) => item !== one && item !== other);
		if (other !== undefined || target.keys.size < settings.keysMax) {
			target.keys.add(key);
			rest.push(joinTouches({ ...one, heatAt: one.heatAt + target.size }, other, target.id));
		}
		state.touches.set(key, rest);
	}
}

function bring(from: ReadonlySet<string>, into: Set<string>): void {
	for (const name of from) if (into.size < NAMES_MAX) into.add(name);
}

function newest(
	source: ReadonlyMap<string, string>,
	target: ReadonlyMap<string, string>,
	isSourceLate: boolean,
): Map<string, string> {
	const [early, late] = isSourceLate ? [target, source] : [source, target];
	return new Map([...early, ...late].slice(-NAMES_MAX));
}

function joinTouches(one: Touch, other: Touch | undefined, cluster: string): Touch {
	if (other === undefined) return { ...one, cluster };
	const late = one.last > other.last ? one : other;
	return {
		cluster,
		first: Math.min(one.first, other.first),
		last: Math.max(one.last, other.last),
		count: one.count + other.count,
		asTarget: Math.max(one.asTarget, other.asTarget),
		asActor: Math.max(one.asActor, other.asActor),
		heat: late.heat,
		heatAt: late.heatAt,
	};
}
