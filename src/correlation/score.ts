// How likely it is that an alert belongs to a cluster rather than to the background, in bits, part by part: the things that they
// share here, everything else in context.ts. Pure: reads state, changes nothing.
import type { JoinPart } from '../domain/incident.ts';
import { contextParts } from './context.ts';
import { backgroundRate, clamp, gapDensity, gapTo, minutes, shareOf } from './likelihood.ts';
import type { EvidenceKey, EvidenceType, Observation } from './observation.ts';
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
	link: 'same two hosts',
	asset: 'same asset',
	user: 'same user',
	zone_failures: 'failures in one zone',
	site_failures: 'failures at one site',
};

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
		// An intrusion goes on from where it last was: what it left behind long ago is named by chance.
		const gap = observation.at > cluster.last ? observation.at - cluster.last : gapTo(touch, observation.at);
		const rate = backgroundRate(key, cluster, touch, state, settings, observation.at);
		const share = shareOf(touch, cluster);
		const near = cluster.templates.has(observation.template) ? settings.nearKnown : settings.nearNew;
		const most =
			key.type === 'zone_failures' ? settings.zoneBitsMax : key.type === 'site_failures' ? settings.siteBitsMax : 20;
		// A burst of failures says something only beside other evidence that this is an incident.
		if (most < 20 && (cluster.failures === cluster.size || gapTo(touch, observation.at) > settings.burstGap)) continue;
		const bits = Math.min(most, Math.log2((gapDensity(gap, cluster.paces, near, settings) * share) / rate));
		shared.push({ key, bits, detail: `${key.key}, ${minutes(gap)} apart, ${(rate * 24).toFixed(1)} unrelated a day` });
	}
	shared.sort((a, b) => b.bits - a.bits);
	const [best, ...rest] = shared;
	if (best === undefined) return null;
	let link = best.bits;
	parts.push({ evidence: NAMES[best.key.type], weight: best.bits, detail: best.detail });
	const isLinked = shared.some((item) => item.key.type === 'link');
	for (const other of rest) {
		// That the same two hosts are named says that each of them is.
		if (isLinked && best.key.type !== 'asset' && other.key.type === 'asset') continue;
		const bits = clamp(other.bits, 0, settings.extraBits[other.key.type]);
		if (bits <= 0) continue;
		link += bits;
		parts.push({ evidence: NAMES[other.key.type], weight: bits, detail: other.detail });
	}
	for (const part of contextParts({ observation, cluster, touches, state, settings })) {
		link += part.weight;
		parts.push(part);
	}
	const belief = -Math.log2(1 + 2 ** -cluster.belief);
	parts.push({ evidence: 'is an incident', weight: belief, detail: `${cluster.conditions.size} conditions so far` });
	return { cluster, score: link + belief, parts, link };
}
