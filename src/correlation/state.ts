// The engine's memory: open clusters, and an index from each thing that alerts name to the clusters that named it lately.
// Owned by the caller, changed only by the engine. Everything in it has a limit, and what is old is forgotten.
import type { EvidenceType } from './observation.ts';
import type { Fading } from './rates.ts';

/** `storm`, `window`: gathered by one cause, not by evidence; nothing joins them but by that cause. */
export type ClusterKind = 'evidence' | 'storm' | 'window';

/** One thing in one cluster. */
export type Touch = {
	readonly cluster: string;
	first: number;
	last: number;
	count: number;
	/** When it was last the thing that an alert was about, and when it last acted; -Infinity for never. */
	asTarget: number;
	asActor: number;
	/** How much the cluster's latest alerts were about it: fades with each alert of the cluster, counted up to `heatAt`. */
	heat: number;
	heatAt: number;
};

export type Cluster = {
	readonly id: string;
	/** Its place in the order of opening: settles ties, where ids are random. */
	born: number;
	kind: ClusterKind;
	/** Storm: the switch or zone; window: the change. */
	cause: string | null;
	first: number;
	last: number;
	/** Alerts, and distinct conditions among them. */
	size: number;
	/** How many of the alerts say that something does not answer or is broken. */
	failures: number;
	conditions: Set<string>;
	/** Log2 odds that this is an incident and not a lone background message. */
	belief: number;
	/** How likely each pace is, from the gaps seen so far. */
	paces: number[];
	keys: Set<string>;
	types: Set<EvidenceType>;
	/** The one inside host or address from which all its alerts came; null where they came from several, or from none. */
	actor: string | null;
	/** The cluster that it may go on from, with the bits of evidence: too few to join it, not too few to remember. */
	before: { readonly cluster: string; readonly link: number } | null;
	/** What each actor last acted on. */
	ways: Map<string, string>;
	/** The account that was last used on each thing that alerts were about. */
	users: Map<string, string>;
	/** Templates, for storms and explanations. */
	templates: Set<string>;
	processSafety: boolean;
	zones: Set<string>;
	sites: Set<string>;
	/** Closed by people (resolved): nothing joins any more. */
	closed: boolean;
};

export type StormTrack = {
	/** Failures of the last minutes: host, time, cluster. */
	recent: { host: string; at: number; cluster: string }[];
	storm: string | null;
	last: number;
};

export type State = {
	readonly clusters: Map<string, Cluster>;
	/** Merged cluster -> where it went. */
	readonly merged: Map<string, string>;
	readonly touches: Map<string, Touch[]>;
	readonly conditions: Map<string, { cluster: string; last: number }>;
	readonly rates: Map<string, Fading>;
	readonly templates: Map<string, Fading>;
	readonly openers: Fading;
	readonly storms: Map<string, StormTrack>;
	readonly windows: Map<string, string>;
	/** Alert that people took out -> clusters it must not join again. */
	readonly apart: Map<string, Set<string>>;
	/** Pairs of clusters that people said are two: `a|b`, both ways. */
	readonly pairsApart: Set<string>;
	/** Event time of the first alert, and the latest seen. */
	since: number | null;
	now: number;
	/** When expiry last ran (event time). */
	swept: number;
	/** Clusters opened so far. */
	opened: number;
};

export function newState(): State {
	return {
		clusters: new Map(),
		merged: new Map(),
		touches: new Map(),
		conditions: new Map(),
		rates: new Map(),
		templates: new Map(),
		openers: { value: 0, at: 0 },
		storms: new Map(),
		windows: new Map(),
		apart: new Map(),
		pairsApart: new Set(),
		since: null,
		now: 0,
		swept: 0,
		opened: 0,
	};
}

/** The cluster that a cluster has become after merges. */
export function finalId(state: State, id: string): string {
	let at = id;
	for (let next = state.merged.get(at); next !== undefined; next = state.merged.get(at)) at = next;
	return at;
}

/** People said that these two are not one: no merge and no suggestion again. */
export function keepApart(state: State, one: string, other: string): void {
	state.pairsApart.add(`${finalId(state, one)}|${finalId(state, other)}`);
	state.pairsApart.add(`${finalId(state, other)}|${finalId(state, one)}`);
}

export function areApart(state: State, one: string, other: string): boolean {
	return state.pairsApart.has(`${one}|${other}`);
}

/** True where people said that this one and any of the others are two: one alert that fits them all must not bring these together. */
export function isApartFromAny(state: State, one: string, others: Iterable<string>): boolean {
	if (state.pairsApart.size === 0) return false;
	for (const other of others) if (areApart(state, one, other)) return true;
	return false;
}

/** What people said of a cluster holds for the one that it flows into. Work grows with what people said, not with alerts. */
export function inheritApart(state: State, from: string, into: string): void {
	for (const pair of state.pairsApart) {
		const other = pair.startsWith(`${from}|`) ? pair.slice(from.length + 1) : null;
		if (other !== null && finalId(state, other) !== into) keepApart(state, into, other);
	}
	for (const clusters of state.apart.values()) if (clusters.has(from)) clusters.add(into);
}

/** People took the alert out of the cluster: it never joins it again. */
export function detach(state: State, alert: string, cluster: string): void {
	const held = state.apart.get(alert) ?? new Set<string>();
	state.apart.set(alert, held.add(finalId(state, cluster)));
}
