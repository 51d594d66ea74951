// Every figure that the correlation engine uses, with its reason. Scores are bits: log2 of how much more likely the
// evidence is if the alert belongs to the incident than if it is unrelated background. Nothing here is a site's name or a vendor's.

import type { Severity } from '../domain/severity.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts';
import type { EvidenceType } from './observation.ts';

/** How often unrelated alerts name one thing of this type, before anything was learned (alerts an hour). */
type RatePrior = Readonly<Record<EvidenceType, number>>;

export type Settings = {
	/** Bits that an alert must reach to join; its posterior odds are then 2^threshold to 1. */
	readonly threshold: number;
	/** Between this and the threshold people are asked. */
	readonly suggest: number;
	/** Bits from which one alert that fits two incidents joins the two. */
	readonly bridge: number;
	/** Log2 odds that a single alert is the first of an incident and not background. */
	readonly openerOdds: number;
	/** Belief in an incident never grows beyond this (bits). */
	readonly beliefMax: number;
	/** Most that one new condition adds to it. */
	readonly beliefStepMax: number;
	/** Bits for a message of this severity. */
	readonly severityBits: Readonly<Record<Severity, number>>;
	/** Most that a further shared thing adds, given the strongest: a user mostly comes with the host. */
	readonly extraBits: Readonly<Record<EvidenceType, number>>;
	/** Bits for a message that turns up everywhere alone, and for one never seen. */
	readonly templateMin: number;
	readonly templateMax: number;
	/** The actor is an inside host that the incident does not know. */
	readonly elsewhereBits: number;
	/** Another outside address, file or domain than the incident's own. */
	readonly otherOriginBits: number;
	/** An account that the incident does not know: each stage may have its own. */
	readonly otherUserBits: number;
	/** Another account than the incident used on the same host. */
	readonly otherUserHereBits: number;
	/** Share of next alerts that come at once (within the step): where they say what the cluster has said, and something new. */
	readonly nearKnown: number;
	readonly nearNew: number;
	/** What was reached acts on something new: a step along the attack path. */
	readonly pathBits: number;
	/** Failures of one place are one burst when they come this close (ms). */
	readonly burstGap: number;
	/** Mean gaps between the steps of a fast, an ordinary and a slow intrusion (ms), and how common each is. */
	readonly paces: readonly { readonly mean: number; readonly share: number }[];
	/** Mean gap between the alerts of one step (ms). */
	readonly within: number;
	readonly ratePrior: RatePrior;
	/** How many hours of watching the prior counts for. */
	readonly ratePriorHours: number;
	/** The same for what is usual among the thing's peers. */
	readonly peerPriorHours: number;
	/** How much of the gaps between steps keeps a rhythm, against a heavy tail. */
	readonly rhythm: number;
	/** Each repeat of a cluster that only repeats itself lowers the belief that it is an incident by this. */
	readonly flapBits: number;
	/** An ordinary failure, and a message that no tactic of an attack fits; both of medium severity or less. */
	readonly faultBits: number;
	readonly noTacticBits: number;
	/** One source and at least this many things, and this many for each message: a scan. An alert without its source: the bits. */
	readonly fanKeys: number;
	readonly fanRatio: number;
	readonly withoutActorBits: number;
	/** Through the jump host to another host than the incident went to. */
	readonly otherWayBits: number;
	/** Nothing in common but a name, on a host that the incident never reached; and the same in a burst of failures. */
	readonly otherPlaceBits: number;
	readonly burstPlaceBits: number;
	/** A first step of an intrusion where the incident is in already. */
	readonly wayInBits: number;
	/** A step that the incident has made before and has gone on from. */
	readonly againBits: number;
	/** What opened a cluster remembers what it may go on from: from these bits, after a pause of at least this (ms). */
	readonly chainMin: number;
	readonly chainPause: number;
	/** A next step after a like pause adds its own bits, at most these; with them the link has to reach `chainAt`. */
	readonly chainHelp: number;
	readonly chainAt: number;
	/** Counts of what is usual fade by half in this time (ms). */
	readonly halfLife: number;
	/** Templates that a plant may know: the prior share of each is one of this many. */
	readonly templates: number;
	/** Repeats of one condition within this time are one (ms). */
	readonly repeatWindow: number;
	/** The same where other conditions are in the cluster (ms). */
	readonly repeatFresh: number;
	/** Most that failures in one zone and at one site can prove (bits). */
	readonly zoneBitsMax: number;
	readonly siteBitsMax: number;
	/** An incident without alerts for this long takes no more (ms). */
	readonly horizon: number;
	/** Storm: this many hosts behind one switch (or in one zone) that fail within `stormWindow`. */
	readonly stormHosts: number;
	readonly stormWindow: number;
	/** A storm goes on while its alerts come closer together than this (ms). */
	readonly stormQuiet: number;
	/** A lone failure of medium severity or less waits this long for others of its kind before people see it (ms). */
	readonly stormSettle: number;
	/** Alerts of this long ago are taken again after a restart: three half-lives of what is usual (ms). */
	readonly recall: number;
	/** Slack before the start and after the end of a maintenance window (ms). */
	readonly windowSlack: number;
	/** Incidents kept for each thing that alerts name: the most recent. */
	readonly touchesMax: number;
	/** Things (hosts, users, addresses ...) remembered for one incident. */
	readonly keysMax: number;
	/** Incidents and conditions held in memory at most. */
	readonly clustersMax: number;
	/** Things whose background rate is remembered at most. */
	readonly ratesMax: number;
};

export const DEFAULT_SETTINGS: Settings = {
	threshold: -1.5,
	suggest: -3,
	bridge: 8,
	openerOdds: -2,
	beliefMax: 6,
	beliefStepMax: 5,
	severityBits: { informational: -4, low: -3, medium: -0.5, high: 0.7, critical: 1.5 },
	extraBits: {
		hash: 4,
		address: 4,
		domain: 4,
		session: 4,
		link: 2,
		asset: 2,
		user: 0.7,
		zone_failures: 0,
		site_failures: 0,
	},
	templateMin: -5,
	templateMax: 0.5,
	elsewhereBits: -4,
	otherOriginBits: -8,
	otherUserBits: -0.5,
	otherUserHereBits: -8,
	nearKnown: 0.5,
	nearNew: 0.12,
	pathBits: 1.5,
	burstGap: 5 * MINUTE,
	paces: [
		{ mean: 6 * MINUTE, share: 0.4 },
		{ mean: 40 * MINUTE, share: 0.4 },
		{ mean: 7 * HOUR, share: 0.2 },
	],
	within: 2 * MINUTE,
	ratePrior: {
		asset: 0.03,
		user: 0.03,
		address: 0.001,
		domain: 0.001,
		hash: 0.0005,
		session: 0.0005,
		link: 0.003,
		zone_failures: 0.2,
		site_failures: 0.6,
	},
	ratePriorHours: 48,
	peerPriorHours: 12,
	rhythm: 0.5,
	flapBits: 1,
	faultBits: -2,
	fanKeys: 5,
	fanRatio: 4,
	withoutActorBits: -6,
	wayInBits: -5,
	noTacticBits: -1.5,
	otherWayBits: -5,
	otherPlaceBits: -6,
	chainMin: -1.5,
	chainAt: 0.5,
	chainHelp: 3,
	againBits: -3,
	chainPause: 3 * HOUR,
	burstPlaceBits: -3,
	halfLife: 3 * DAY,
	templates: 500,
	repeatWindow: DAY,
	repeatFresh: 20 * MINUTE,
	zoneBitsMax: 4,
	siteBitsMax: 2.5,
	horizon: 2 * DAY,
	stormHosts: 8,
	stormWindow: 3 * MINUTE,
	stormQuiet: 15 * MINUTE,
	stormSettle: 2 * SECOND,
	recall: 9 * DAY,
	windowSlack: 15 * MINUTE,
	touchesMax: 12,
	keysMax: 400,
	clustersMax: 20_000,
	ratesMax: 100_000,
};
