// Evidence beside the things that an alert and a cluster share: what kind of message it is, whether it goes on along the path, and
// what speaks against the two being one. Pure; how likely a shared thing is by chance stands in likelihood.ts.
import type { JoinPart } from '../domain/incident.ts';
import { severityRank } from '../domain/severity.ts';
import { backgroundRate, minutes, severityBits, templateBits } from './likelihood.ts';
import type { EvidenceKey, EvidenceType, Observation } from './observation.ts';
import { describeCrossing } from './path.ts';
import type { Settings } from './settings.ts';
import type { Cluster, State, Touch } from './state.ts';

/** One alert beside one cluster: what the parts are worked out from. */
type Pair = {
	readonly observation: Observation;
	readonly cluster: Cluster;
	/** Where the cluster named what the alert names. */
	readonly touches: ReadonlyMap<string, Touch>;
	readonly state: State;
	readonly settings: Settings;
};

/** Two alerts that share one of these are of one attack, whatever else speaks against it. */
const RARE: readonly EvidenceType[] = ['address', 'hash', 'domain', 'session'];
/** An actor that many alerts name acts on something new all the time: the step is worth less by the bits of its alerts a day. */
const PATH_HOURS = 24;

/** All parts of the score that are no shared thing, with their bits; parts of no weight are left out. */
export function contextParts(pair: Pair): JoinPart[] {
	const parts = [...messageParts(pair), ...originParts(pair), ...placeParts(pair), ...ownParts(pair)];
	return parts.filter((part) => part.weight !== 0);
}

/** What kind of message it is: how usual, how grave, and whether anything happened that an attack consists of. */
function* messageParts({ observation, state, settings }: Pair): Generator<JoinPart> {
	const { template, severity, category } = observation;
	const isGrave = severityRank(severity) > severityRank('medium');
	yield part('unusual message', templateBits(observation, state, settings), template.slice(0, 80));
	yield part('severity', severityBits(severity, settings), severity);
	// What breaks every day breaks during an attack too; what an attack breaks is grave.
	if (observation.isFailure && !isGrave) yield part('an ordinary fault', settings.faultBits, category);
	if (observation.tactics.length === 0 && !isGrave) yield part('no step of an attack', settings.noTacticBits, category);
}

/** Who acts: known to the cluster, on its path, or somebody else. */
function* originParts({ observation, cluster, touches, state, settings }: Pair): Generator<JoinPart> {
	const actorKey = observation.keys.find((key) => key.role === 'actor');
	const targetKey = observation.keys.find((key) => key.role === 'target');
	// A scan: one source, one message, many targets. What else happens on one of the targets has another cause.
	const isFan =
		cluster.keys.size >= settings.fanKeys && cluster.keys.size >= settings.fanRatio * cluster.templates.size;
	if (cluster.actor !== null && isFan && !observation.keys.some((key) => key.key === cluster.actor))
		yield part('without the one that acts', settings.withoutActorBits, cluster.actor);
	const way = observation.actor === null ? undefined : cluster.ways.get(observation.actor.id);
	// Many pass through a jump host: who goes on to another host from there is another one.
	if (way !== undefined && observation.actor?.class === 'jump_host' && way !== observation.target?.id)
		yield part('another way from the jump host', settings.otherWayBits, `${observation.target?.id ?? ''}, not ${way}`);
	if (actorKey === undefined) return;
	const actor = touches.get(actorKey.key);
	if (actor === undefined) {
		const outside = cluster.types.has(actorKey.type) ? settings.otherOriginBits : 0;
		yield part('comes from elsewhere', actorKey.type === 'asset' ? settings.elsewhereBits : outside, actorKey.key);
		return;
	}
	const isStep = actor.asTarget > actor.asActor && targetKey !== undefined && !touches.has(targetKey.key);
	if (actorKey.type !== 'asset' || !isStep) return;
	const crossing = observation.crossing === null ? '' : `, ${describeCrossing(observation.crossing)}`;
	const rate = backgroundRate(actorKey, cluster, actor, state, settings, observation.at);
	const bits = Math.max(0, settings.pathBits - Math.log2(1 + rate * PATH_HOURS));
	yield part('step along the path', bits, `${actorKey.key} was reached, now acts on ${targetKey.key}${crossing}`);
}

/** Where it happens: somewhere that the cluster never reached, or again where it was. */
function* placeParts({ observation, cluster, touches, state, settings }: Pair): Generator<JoinPart> {
	const { keys } = observation;
	const knows = (key: EvidenceKey): boolean => touches.has(key.key);
	if (keys.some((key) => RARE.includes(key.type) && knows(key))) return;
	const place = keys.find((key) => key.type === 'asset');
	// A name that people use everywhere is no place: it alone does not carry an incident to a host that it never reached.
	if (place !== undefined && !keys.some((key) => key.type === 'asset' && knows(key))) {
		const isBurst = keys.some((key) => key.type.endsWith('_failures') && knows(key));
		yield part('another place', isBurst ? settings.burstPlaceBits : settings.otherPlaceBits, place.key);
	}
	if (cluster.conditions.size < 2) return;
	// Who is in needs no way in: the first step of an intrusion seldom is a later one of another.
	const isWayIn = observation.tactics[0] === 'initial-access' && observation.actor === null;
	if (isWayIn && !cluster.templates.has(observation.template))
		yield part('a way in of its own', settings.wayInBits, observation.template.slice(0, 80));
	const said = state.conditions.get(observation.condition);
	const pause = said === undefined ? 0 : observation.at - said.last;
	// The incident has gone on since: the same step once more is somebody else's.
	if (cluster.conditions.has(observation.condition) && pause > settings.repeatFresh)
		yield part('the same again after a pause', settings.againBits, minutes(pause));
}

/** It names an address, a file, a domain or an account of its own where the cluster has another. */
function* ownParts({ observation, cluster, touches, settings }: Pair): Generator<JoinPart> {
	const actorKey = observation.keys.find((key) => key.role === 'actor');
	for (const type of ['address', 'hash', 'domain'] as const) {
		const named = observation.keys.filter((key) => key.type === type && key !== actorKey);
		if (named.length > 0 && cluster.types.has(type) && !named.some((key) => touches.has(key.key)))
			yield part(`another ${type}`, settings.otherOriginBits, named[0]?.key ?? '');
	}
	const { user, target } = observation;
	if (user === null) return;
	const here = target === null ? undefined : cluster.users.get(target.id);
	if (here !== undefined && here !== user) {
		yield part('another user on this host', settings.otherUserHereBits, `${user}, not ${here}`);
	} else if (!touches.has(`user:${user}`) && cluster.types.has('user')) {
		yield part('another user', settings.otherUserBits, `user:${user}`);
	}
}

function part(evidence: string, weight: number, detail: string): JoinPart {
	return { evidence, weight, detail };
}
