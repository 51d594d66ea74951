// How likely an alert is by chance and how likely as the next step of an incident: rates of what is usual, gaps and paces, what an
// incident was lately about. Bayes' rule with a Poisson background. Pure: reads state, changes nothing, adds nothing up.
import type { Severity } from '../domain/severity.ts';
import { HOUR, MINUTE } from '../domain/time.ts';
import type { EvidenceKey, Observation } from './observation.ts';
import { fadingNow, watched } from './rates.ts';
import type { Settings } from './settings.ts';
import type { Cluster, State, Touch } from './state.ts';

/** Bits for how unusual the message is: negative for one that turns up everywhere alone. */
export function templateBits(observation: Observation, state: State, settings: Settings): number {
	const held = state.templates.get(observation.template);
	const seen = held === undefined ? 0 : fadingNow(held, observation.at, settings.halfLife);
	const all = fadingNow(state.openers, observation.at, settings.halfLife);
	const share = (seen + 0.5) / (all + settings.templates / 2);
	return clamp(Math.log2(1 / settings.templates / share), settings.templateMin, settings.templateMax);
}

/** Severity says how often such a message is part of an attack at all. */
export function severityBits(severity: Severity, settings: Settings): number {
	return settings.severityBits[severity];
}

/** Unrelated alerts an hour that name this thing, without those of the cluster itself. */
export function backgroundRate(
	key: EvidenceKey,
	cluster: Cluster | null,
	touch: Touch | null,
	state: State,
	settings: Settings,
	at: number,
): number {
	const held = state.rates.get(key.key);
	let seen = held === undefined ? 0 : fadingNow(held, at, settings.halfLife);
	if (cluster !== null && touch !== null) seen -= 2 ** (-Math.max(0, at - touch.first) / settings.halfLife);
	const hours = watched(state.since ?? at, at, settings.halfLife) / HOUR;
	const prior = usualRate(key, state, settings, at, hours);
	return (Math.max(0, seen) + prior * settings.ratePriorHours) / (hours + settings.ratePriorHours);
}

/** What unrelated alerts name things of this kind, per thing and hour: learned from the thing's peers (hosts of its class). */
function usualRate(key: EvidenceKey, state: State, settings: Settings, at: number, hours: number): number {
	const prior = settings.ratePrior[key.type];
	if (key.peers === undefined) return prior;
	const held = state.rates.get(key.peers.group);
	const seen = held === undefined ? 0 : fadingNow(held, at, settings.halfLife);
	return (seen / key.peers.count + prior * settings.peerPriorHours) / (hours + settings.peerPriorHours);
}

/** How likely the next alert of this cluster comes after this gap: per hour, over the paces that its past allows; `near` is the share that comes within a step. */
export function gapDensity(gap: number, paces: readonly number[], near: number, settings: Settings): number {
	let density = 0;
	for (const [i, pace] of settings.paces.entries()) {
		density += (paces[i] ?? 0) * paceDensity(gap, pace.mean, near, settings);
	}
	return density;
}

function paceDensity(gap: number, mean: number, nearShare: number, settings: Settings): number {
	const near = (HOUR / settings.within) * Math.exp(-gap / settings.within);
	// Steps keep a rhythm (gamma distribution of shape 2 with this mean), with a heavy tail: people sleep, tools wait
	// (Lomax distribution of shape 3).
	const theta = mean / 2;
	const rhythm = ((gap / theta) * Math.exp(-gap / theta) * HOUR) / theta;
	const tail = ((3 * HOUR) / (2 * mean)) * (1 + gap / (2 * mean)) ** -4;
	return nearShare * near + (1 - nearShare) * (settings.rhythm * rhythm + (1 - settings.rhythm) * tail);
}

/** Share of alerts that come within a step, whatever they say. */
const NEAR_ANY = 0.5;

/** The paces after one more gap (Bayes); none ever becomes impossible. */
export function learnPace(paces: readonly number[], gap: number, settings: Settings): number[] {
	const raw = settings.paces.map(
		(pace, i) => (paces[i] ?? pace.share) * paceDensity(gap, pace.mean, NEAR_ANY, settings),
	);
	const sum = raw.reduce((a, b) => a + b, 0);
	return raw.map((value) => 0.94 * (sum > 0 ? value / sum : 1 / raw.length) + 0.02);
}

/** What is left of a thing's share in a cluster after one more alert that does not name it. */
const HEAT = 0.85;
/** A thing that the cluster named long ago is still named by so much of its alerts. */
const SHARE_MIN = 0.02;

/** How much the cluster's latest alerts were about the thing, now that it has this many. */
export function heatNow(touch: Touch, size: number): number {
	return touch.heat * HEAT ** Math.max(0, size - touch.heatAt);
}

/** How likely the next alert of the cluster names the thing: how much its latest ones did. */
export function shareOf(touch: Touch, cluster: Cluster): number {
	const all = (1 - HEAT ** cluster.size) / (1 - HEAT);
	return clamp((heatNow(touch, cluster.size) + 0.5) / (all + 1), SHARE_MIN, 1);
}

/** Distance in time to where the cluster named the thing; a late alert that falls between its first and last is near. */
export function gapTo(touch: Touch, at: number): number {
	if (at >= touch.last) return at - touch.last;
	if (at <= touch.first) return touch.first - at;
	return Math.min(at - touch.first, touch.last - at, 10 * MINUTE);
}

export function clamp(value: number, low: number, high: number): number {
	return Math.min(high, Math.max(low, value));
}

export function minutes(gap: number): string {
	return gap < 2 * HOUR ? `${Math.round(gap / MINUTE)} min` : `${(gap / HOUR).toFixed(1)} h`;
}
