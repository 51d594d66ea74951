// How likely it is that an alert belongs to a cluster rather than to the background, in bits, part by part.
// Bayes' rule with a Poisson background: what a shared thing proves depends on how soon and how often others name it.
// Pure: reads state, changes nothing.
import type { JoinPart } from '../domain/incident.ts';
import type { Severity } from '../domain/severity.ts';
import { HOUR, MINUTE } from '../domain/time.ts';
import type { EvidenceKey, EvidenceType, Observation } from './observation.ts';
import { describeCrossing } from './path.ts';
import { fadingNow, watched } from './rates.ts';
import type { Settings } from './settings.ts';
import type { Cluster, State, Touch } from './state.ts';

export type Scored = {
	readonly cluster: Cluster;
	readonly score: number;
	readonly parts: JoinPart[];
	readonly link: number;
};

const NAMES: Readonly<Record<EvidenceType, string>> = {
	hash: 'same file',
	address: 'same outside address',
	domain: 'same domain',
	session: 'same session',
	asset: 'same asset',
	user: 'same user',
	zone_failures: 'failures in one zone',
	site_failures: 'failures at one site',
};

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
function backgroundRate(
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
	return (
		(Math.max(0, seen) + settings.ratePrior[key.type] * settings.ratePriorHours) / (hours + settings.ratePriorHours)
	);
}

/** How likely the next alert of this cluster comes after this gap: per hour, over the paces that its past allows. */
function gapDensity(gap: number, paces: readonly number[], settings: Settings): number {
	let density = 0;
	for (const [i, pace] of settings.paces.entries()) {
		density += (paces[i] ?? 0) * paceDensity(gap, pace.mean, settings);
	}
	return density;
}

function paceDensity(gap: number, mean: number, settings: Settings): number {
	const near = (HOUR / settings.within) * Math.exp(-gap / settings.within);
	// A heavy tail: people sleep, tools wait. Density of a Lomax distribution with shape 3 and this mean.
	const far = ((3 * HOUR) / (2 * mean)) * (1 + gap / (2 * mean)) ** -4;
	return 0.5 * near + 0.5 * far;
}

/** The paces after one more gap (Bayes); none ever becomes impossible. */
export function learnPace(paces: readonly number[], gap: number, settings: Settings): number[] {
	const raw = settings.paces.map((pace, i) => (paces[i] ?? pace.share) * paceDensity(gap, pace.mean, settings));
	const sum = raw.reduce((a, b) => a + b, 0);
	return raw.map((value) => 0.94 * (sum > 0 ? value / sum : 1 / raw.length) + 0.02);
}

/** Scores an alert against one cluster; null where what they share is no evidence. */
export function scoreCluster(
	observation: Observation,
	cluster: Cluster,
	touches: ReadonlyMap<string, Touch>,
	state: State,
	settings: Settings,
): Scored | null {
	const parts: JoinPart[] = [];
	const shared: { key: EvidenceKey; bits: number; detail: string }[] = [];
	for (const key of observation.keys) {
		const touch = touches.get(key.key);
		if (touch === undefined) continue;
		const gap = gapTo(touch, observation.at);
		const rate = backgroundRate(key, cluster, touch, state, settings, observation.at);
		const share = Math.min(1, (touch.count + 0.5) / (cluster.size + 1));
		const most =
			key.type === 'zone_failures' ? settings.zoneBitsMax : key.type === 'site_failures' ? settings.siteBitsMax : 20;
		// A burst of failures says something only beside other evidence that this is an incident.
		if (most < 20 && (cluster.failures === cluster.size || gap > settings.burstGap)) continue;
		const bits = Math.min(most, Math.log2((gapDensity(gap, cluster.paces, settings) * share) / rate));
		shared.push({ key, bits, detail: `${key.key}, ${minutes(gap)} apart, ${(rate * 24).toFixed(1)} unrelated a day` });
	}
	shared.sort((a, b) => b.bits - a.bits);
	const [best, ...rest] = shared;
	if (best === undefined) return null;
	let link = best.bits;
	parts.push({ evidence: NAMES[best.key.type], weight: best.bits, detail: best.detail });
	for (const other of rest) {
		const bits = clamp(other.bits, 0, settings.extraBits[other.key.type]);
		if (bits <= 0) continue;
		link += bits;
		parts.push({ evidence: NAMES[other.key.type], weight: bits, detail: other.detail });
	}
	for (const part of contextParts(observation, cluster, touches, state, settings)) {
		link += part.weight;
		parts.push(part);
	}
	const belief = -Math.log2(1 + 2 ** -cluster.belief);
	parts.push({ evidence: 'is an incident', weight: belief, detail: `${cluster.conditions.size} conditions so far` });
	return { cluster, score: link + belief, parts, link };
}

/** Evidence that is no shared thing: how unusual the message is, the step along the path, and what speaks against. */
function contextParts(
	observation: Observation,
	cluster: Cluster,
	touches: ReadonlyMap<string, Touch>,
	state: State,
	settings: Settings,
): JoinPart[] {
	const parts: JoinPart[] = [];
	const say = (evidence: string, weight: number, detail: string): void => {
		if (weight !== 0) parts.push({ evidence, weight, detail });
	};
	say('unusual message', templateBits(observation, state, settings), observation.template.slice(0, 80));
	say('severity', severityBits(observation.severity, settings), observation.severity);
	const actorKey = observation.keys.find((key) => key.role === 'actor');
	const targetKey = observation.keys.find((key) => key.role === 'target');
	if (actorKey !== undefined) {
		const actor = touches.get(actorKey.key);
		if (actor === undefined) {
			say(
				'comes from elsewhere',
				actorKey.type === 'asset'
					? settings.elsewhereBits
					: cluster.types.has(actorKey.type)
						? settings.otherOriginBits
						: 0,
				actorKey.key,
			);
		} else if (
			actorKey.type === 'asset' &&
			actor.asTarget > actor.asActor &&
			targetKey !== undefined &&
			!touches.has(targetKey.key)
		) {
			const way = observation.crossing === null ? '' : `, ${describeCrossing(observation.crossing)}`;
			say('step along the path', settings.pathBits, `${actorKey.key} was reached, now acts on ${targetKey.key}${way}`);
		}
	}
	const other = observation.keys.filter((key) => key.role !== 'actor' || key.type !== 'asset');
	for (const type of ['address', 'hash', 'domain'] as const) {
		const named = other.filter((key) => key.type === type && key !== actorKey);
		if (named.length > 0 && cluster.types.has(type) && !named.some((key) => touches.has(key.key))) {
			say(`another ${type}`, settings.otherOriginBits, named[0]?.key ?? '');
		}
	}
	const user = observation.keys.find((key) => key.type === 'user');
	if (user !== undefined && !touches.has(user.key) && cluster.types.has('user'))
		say('another user', settings.otherUserBits, user.key);
	return parts;
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

function minutes(gap: number): string {
	return gap < 2 * HOUR ? `${Math.round(gap / MINUTE)} min` : `${(gap / HOUR).toFixed(1)} h`;
}
