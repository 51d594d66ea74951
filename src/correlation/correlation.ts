// The stage: judged alerts that are due are placed into incidents and recorded. The engine decides; this file reads, asks, records.
// `correlate` has ONE consumer at a time, which holds the engine's memory; `correlate_safety` waits for nothing and asks no engine.
import { makeId } from '../domain/id.ts';
import type { Join, Taken } from '../domain/incident.ts';
import { severityRank } from '../domain/severity.ts';
import type { Due, Handlers } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { type Lead, openLead } from '../store/lead.ts';
import { LOCK_CORRELATE } from '../store/migrate.ts';
import { putBack } from '../store/outbox.ts';
import {
	type AlertToPlace,
	type IncidentRow,
	readAlertsOfIncident,
	readAlertsToPlace,
	readIncidents,
} from '../store/read/correlation.ts';
import { record } from '../store/record.ts';
import { Batch, isOver } from './batch.ts';
import { drillIncident } from './drill-lane.ts';
import type { Placement } from './engine.ts';
import { catchUp, holdIn, loadMind, type Mind, moveHeld, observe, type Surroundings, takenBy } from './mind.ts';
import { placeSafety } from './safety-lane.ts';
import { finalId } from './state.ts';
import { isStormLike } from './storm.ts';

export type CorrelationOptions = {
	readonly database: Database;
	/** Inventory and windows as they are now; another object means that they changed. */
	readonly context: () => Surroundings;
	readonly clock: () => number;
	/** A number in [0, 1): cryptographic in the program, seeded in tests. */
	readonly random: () => number;
	/** Who may place alerts among several processes; by default one of its own on this database. */
	readonly lead?: Lead;
};

/** Alerts of one incident that a merge by the engine may move in one transaction; beyond it people are asked. */
const MERGE_ALERTS_MAX = 500;
/** How long a process that does not place alerts waits before it looks whether it may. */
const ELSEWHERE_PAUSE_MS = 500;

/** Handlers of `correlate` and `correlate_safety`. */
export function correlationHandlers(options: CorrelationOptions): Pick<Handlers, 'correlate' | 'correlate_safety'> {
	const { database } = options;
	const lead = options.lead ?? openLead(database, LOCK_CORRELATE);
	let mind: Mind | null = null;
	let around: Surroundings | null = null;
	let turn: Promise<void> = Promise.resolve();
	const correlate = async (due: readonly Due[]): Promise<void> => {
		try {
			const held = await lead.take();
			if (held === 'elsewhere') {
				mind = null;
				await leaveDue(due, options);
				return;
			}
			const given = options.context();
			const isKnown = held === 'kept' && around?.inventory === given.inventory && around.windows === given.windows;
			if (mind === null || !isKnown) {
				mind = await loadMind(database, given, options.clock());
				around = given;
			}
			await catchUp(database, mind, options.clock());
			await placeDue(due, mind, options);
		} catch (error) {
			// The memory may know placements that were not recorded: it is built again from what was.
			mind = null;
			throw error;
		}
	};
	return {
		correlate: (due) => {
			// Batches one after the other, also where the queue brings two at once.
			const mine = turn.then(() => correlate(due));
			turn = mine.catch(() => undefined);
			return mine;
		},
		correlate_safety: (due) => placeSafety(due, { ...options, newId: () => newId(options) }),
	};
}

/** Another process places alerts: the rows are its own to take at once. The pause keeps this one from taking them again. */
async function leaveDue(due: readonly Due[], { database, clock }: CorrelationOptions): Promise<void> {
	await putBack(database, due, clock());
	database.onTopics(['correlate']);
	await new Promise((done) => setTimeout(done, ELSEWHERE_PAUSE_MS));
}

function newId(options: CorrelationOptions): string {
	return makeId('inc', options.clock(), options.random);
}

async function placeDue(due: readonly Due[], mind: Mind, options: CorrelationOptions): Promise<void> {
	const now = options.clock();
	const read = await readAlertsToPlace(
		options.database,
		due.map((row) => row.key),
	);
	// The engine never sees a drill: its alerts have a lane of their own.
	const alerts = read.filter((alert) => drillIncident(alert) === null);
	// Every incident that this batch can touch is read once: those of its alerts, and those that the engine names.
	const rows = await readIncidents(
		options.database,
		alerts.flatMap((alert) => alert.incident ?? []),
	);
	const decided = alerts.map((alert) => decide(alert, rows, mind, options));
	const named = decided.flatMap((item) =>
		item.kind === 'placed' ? namesOf(item.placement) : [item.cluster ?? []].flat(),
	);
	const wanted = named.filter((id) => !rows.has(id));
	for (const [id, row] of await readIncidents(options.database, wanted)) rows.set(id, row);
	const batch = new Batch(rows, mind.inventory, now);
	const flows = flowsOf(decided, rows);
	for (const item of decided) {
		if (item.kind === 'again') batch.refresh(item.cluster, item.alert);
		else if (item.kind === 'waited') raise(batch, mind, flows.end(item.cluster), item.alert);
		else if (item.kind === 'placed') await apply({ batch, mind, flows, options, now }, item);
	}
	await record(options.database, { ...batch.result(), done: due }, now);
}

type Decided =
	/** It has its incident. */
	| { readonly kind: 'again'; readonly alert: AlertToPlace; readonly cluster: string }
	/** It was kept beside and is worth an incident now. */
	| { readonly kind: 'waited'; readonly alert: AlertToPlace; readonly cluster: string }
	/** It was kept beside and stays there. */
	| { readonly kind: 'beside'; readonly alert: AlertToPlace; readonly cluster: null }
	| { readonly kind: 'placed'; readonly alert: AlertToPlace; readonly placement: Placement; readonly taken: Taken };

/** One alert after the other, in order of arrival: what the engine knows depends on nothing else, least of all on the batch. */
function decide(
	alert: AlertToPlace,
	rows: ReadonlyMap<string, IncidentRow>,
	mind: Mind,
	options: CorrelationOptions,
): Decided {
	const { engine, state } = mind;
	const observation = observe(alert, mind.inventory);
	const standing = alert.incident === null ? undefined : rows.get(alert.incident);
	if (standing !== undefined && !isOver(standing, alert)) {
		// A closing, or a look that was asked for before it found its incident, is no new sighting.
		if (alert.lastSeen > (alert.join?.taken?.at ?? Number.NEGATIVE_INFINITY))
			engine.observe(state, observation, standing.id);
		return { kind: 'again', alert, cluster: standing.id };
	}
	const taken = alert.join?.taken;
	if (alert.placedAt !== null && alert.incident === null && taken !== undefined) {
		if (!opensIncident(alert)) return { kind: 'beside', alert, cluster: null };
		const cluster = finalId(state, taken.cluster);
		// Its cluster may have ended while it was of no interest; then it is placed like a new one.
		if (state.clusters.has(cluster)) {
			if (alert.lastSeen > taken.at) engine.observe(state, observation, cluster);
			return { kind: 'waited', alert, cluster };
		}
	}
	const placement = engine.place(state, observation, () => newId(options));
	return { kind: 'placed', alert, placement, taken: takenBy(mind, placement, observation.at) };
}

function namesOf(placement: Placement): string[] {
	const merged = placement.merges.flatMap((merge) => [merge.from, merge.into]);
	const suggested = placement.suggestions.flatMap((item) => [item.cluster, item.other]);
	return [placement.cluster, ...merged, ...suggested];
}

/** Whether people have to see this alert by itself. What is muted or low stays beside until something joins it. */
function opensIncident(alert: AlertToPlace): boolean {
	const { verdict } = alert;
	if (verdict.category === 'process_safety' || alert.alert.kind === 'process_safety') return true;
	return !verdict.muted && severityRank(verdict.severity) >= severityRank('medium');
}

/** Where clusters of this batch ended that were no incident before it: they never become one of their own. */
type Flows = {
	end(cluster: string): string;
	/** Why what was placed in this cluster is elsewhere; null where it is not. */
	why(cluster: string): Join | null;
};

function flowsOf(decided: readonly Decided[], rows: ReadonlyMap<string, IncidentRow>): Flows {
	const went = new Map<string, Placement['merges'][number]>();
	for (const item of decided) {
		if (item.kind !== 'placed') continue;
		for (const merge of item.placement.merges) if (!rows.has(merge.from)) went.set(merge.from, merge);
	}
	return {
		end(cluster) {
			let at = cluster;
			for (let next = went.get(at); next !== undefined; next = went.get(at)) at = next.into;
			return at;
		},
		why: (cluster) => went.get(cluster)?.join ?? null,
	};
}

type Applying = {
	readonly batch: Batch;
	readonly mind: Mind;
	readonly flows: Flows;
	readonly options: CorrelationOptions;
	readonly now: number;
};

/** Opens or joins first, merges after: what flows together needs an incident to flow into. */
async function apply(
	{ batch, mind, flows, options, now }: Applying,
	{ alert, placement, taken }: Extract<Decided, { kind: 'placed' }>,
): Promise<void> {
	const { merges, change } = placement;
	const cluster = flows.end(placement.cluster);
	const why = flows.why(placement.cluster) ?? placement.join;
	const join = { ...why, taken };
	moveHeld(mind, cluster, [placement.cluster, ...merges.map((merge) => merge.from)]);
	const brings = merges.some((merge) => batch.find(merge.from) !== null);
	if (batch.find(cluster) !== null) {
		batch.join(cluster, alert, join, change, 'ordinary');
	} else if (brings || (opensIncident(alert) && !waits(alert, placement, mind))) {
		batch.open(cluster, alert, join, change, 'ordinary');
	} else {
		const kept = { ...alert, join, placedAt: now };
		holdIn(mind, cluster, kept);
		batch.hold(kept, join, opensIncident(alert) ? now + mind.engine.settings.stormSettle : null);
	}
	if (batch.find(cluster) !== null) takeHeld(batch, mind, cluster, alert.id, why, change);
	for (const merge of merges) await applyMerge(batch, { ...merge, into: flows.end(merge.into) }, options);
	for (const { cluster: one, other, join: said } of placement.suggestions)
		suggest(batch, mind, flows.end(other), flows.end(one), said);
}

/** A failure that may be the first of a storm: opened at once, each of the first ones would be an incident that is merged right after. */
function waits(alert: AlertToPlace, placement: Placement, mind: Mind): boolean {
	if (placement.via !== 'evidence') return false;
	if (severityRank(alert.verdict.severity) > severityRank('medium')) return false;
	const cluster = mind.state.clusters.get(finalId(mind.state, placement.cluster));
	return cluster !== undefined && cluster.failures === cluster.size && isStormLike(observe(alert, mind.inventory));
}

/** The failure stayed alone (or what it is part of is no incident yet): people see it now. */
function raise(batch: Batch, mind: Mind, cluster: string, alert: AlertToPlace): void {
	const join = alert.join ?? { score: 0, threshold: 0, parts: [] };
	// An earlier alert of the batch may have brought it along.
	if (batch.hasPut(alert.id)) return;
	if (batch.find(cluster) === null) batch.open(cluster, alert, join, null, 'ordinary');
	else batch.join(cluster, alert, join, null, 'ordinary');
	takeHeld(batch, mind, cluster, alert.id, join, null);
}

/** What waited beside for this incident joins it, for the reason that brought the alert. */
function takeHeld(batch: Batch, mind: Mind, cluster: string, except: string, why: Join, change: string | null): void {
	const { score, threshold, parts } = why;
	for (const early of mind.held.get(cluster) ?? []) {
		if (early.id === except || batch.hasPut(early.id)) continue;
		const { taken } = early.join ?? {};
		batch.join(
			cluster,
			early,
			{ score, threshold, parts, ...(taken === undefined ? {} : { taken }) },
			change,
			'ordinary',
		);
	}
	mind.held.delete(cluster);
}

/** Two incidents are merged, unless people have begun to work on the one that would end: then they are asked. */
async function applyMerge(
	batch: Batch,
	merge: Placement['merges'][number],
	options: CorrelationOptions,
): Promise<void> {
	const source = batch.find(merge.from);
	if (source === null || source.state === 'merged') return;
	const members = await readAlertsOfIncident(options.database, merge.from, MERGE_ALERTS_MAX + 1);
	if (source.state !== 'open' || members.length > MERGE_ALERTS_MAX) {
		batch.suggest(merge.into, merge.from, merge.join);
		return;
	}
	batch.merge(
		merge.from,
		merge.into,
		merge.join,
		members.map((member) => member.id),
	);
}

/** Asks people once whether two incidents are one. */
function suggest(batch: Batch, mind: Mind, into: string, from: string, join: Join): void {
	const [stays, ends] = [batch.find(into), batch.find(from)];
	if (into === from) return;
	if (stays === null || ends === null || stays.state === 'merged' || ends.state === 'merged') return;
	if (mind.suggested.has(`${into}|${from}`) || mind.suggested.has(`${from}|${into}`)) return;
	mind.suggested.add(`${into}|${from}`);
	batch.suggest(into, from, join);
}
