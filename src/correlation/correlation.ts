// The stage: judged alerts that are due are placed into incidents and recorded. The engine decides; this file reads, asks, records.
// `correlate` has ONE consumer, which holds the engine's memory; `correlate_safety` waits for nothing and asks no engine.
import { makeId } from '../domain/id.ts';
import type { Join } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import { severityRank } from '../domain/severity.ts';
import type { Due, Handlers } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import {
	type AlertToPlace,
	type IncidentRow,
	readAlertsOfIncident,
	readAlertsToPlace,
	readIncidents,
	readOpenSafetyIncidents,
} from '../store/read/correlation.ts';
import { Conflict, record } from '../store/record.ts';
import { Batch } from './batch.ts';
import type { Placement } from './engine.ts';
import { gatheredOf } from './incident-of.ts';
import { catchUp, holdIn, loadMind, type Mind, observe, type Surroundings } from './mind.ts';

export type CorrelationOptions = {
	readonly database: Database;
	/** Inventory and windows as they are now; another object means that they changed. */
	readonly context: () => Surroundings;
	readonly clock: () => number;
	/** A number in [0, 1): cryptographic in the program, seeded in tests. */
	readonly random: () => number;
};

/** Alerts of one incident that a merge by the engine may move in one transaction; beyond it people are asked. */
const MERGE_ALERTS_MAX = 500;

/** Handlers of `correlate` and `correlate_safety`. */
export function correlationHandlers(options: CorrelationOptions): Pick<Handlers, 'correlate' | 'correlate_safety'> {
	let mind: Mind | null = null;
	let around: Surroundings | null = null;
	let turn: Promise<void> = Promise.resolve();
	const correlate = async (due: readonly Due[]): Promise<void> => {
		try {
			const given = options.context();
			if (mind === null || around?.inventory !== given.inventory || around.windows !== given.windows) {
				mind = await loadMind(options.database, given, options.clock(), () => newId(options));
				around = given;
			} else {
				await catchUp(options.database, mind);
			}
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
		correlate_safety: (due) => placeSafety(due, options),
	};
}

function newId(options: CorrelationOptions): string {
	return makeId('inc', options.clock(), options.random);
}

async function placeDue(due: readonly Due[], mind: Mind, options: CorrelationOptions): Promise<void> {
	const now = options.clock();
	const alerts = await readAlertsToPlace(
		options.database,
		due.map((row) => row.key),
	);
	// Every incident that this batch can touch is read once: those of its alerts, and those that the engine names.
	const rows = await readIncidents(
		options.database,
		alerts.flatMap((alert) => alert.incident ?? []),
	);
	const placements: { alert: AlertToPlace; placement: Placement }[] = [];
	for (const alert of alerts) {
		const standing = alert.incident === null ? undefined : rows.get(alert.incident);
		if (standing !== undefined && !isOver(standing, alert)) continue;
		// Kept beside and here again (a repeat): it stays there until it is worth an incident or something joins it.
		if (alert.placedAt !== null && alert.incident === null && !opensIncident(alert)) continue;
		placements.push({
			alert,
			placement: mind.engine.place(mind.state, observe(alert, mind.inventory), () => newId(options)),
		});
	}
	const named = placements.flatMap(({ placement }) => namesOf(placement));
	for (const [id, row] of await readIncidents(
		options.database,
		named.filter((id) => !rows.has(id)),
	))
		rows.set(id, row);
	const batch = new Batch(rows, mind.inventory, now);
	const placed = new Set(placements.map(({ alert }) => alert.id));
	for (const alert of alerts) {
		if (placed.has(alert.id) || alert.incident === null) continue;
		mind.engine.observe(mind.state, observe(alert, mind.inventory), alert.incident);
		batch.refresh(alert.incident, alert);
	}
	for (const { alert, placement } of placements) await apply(batch, mind, alert, placement, options);
	await record(options.database, { ...batch.result(), done: due }, now);
}

/** Its incident was closed by people and the condition is seen again later: that is a new matter. */
function isOver(row: IncidentRow, alert: AlertToPlace): boolean {
	return row.state === 'resolved' && alert.alert.status === 'open' && alert.lastSeen > row.updated_at;
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

/** Opens or joins first, merges after: what flows together needs an incident to flow into. */
async function apply(
	batch: Batch,
	mind: Mind,
	alert: AlertToPlace,
	placement: Placement,
	options: CorrelationOptions,
): Promise<void> {
	const { cluster, join, change } = placement;
	for (const merge of placement.merges) {
		for (const early of mind.held.get(merge.from) ?? []) holdIn(mind, cluster, early);
		mind.held.delete(merge.from);
	}
	const brings = placement.merges.some((merge) => batch.find(merge.from) !== null);
	if (batch.find(cluster) !== null) {
		batch.join(cluster, alert, join, change, 'ordinary');
	} else if (brings || opensIncident(alert)) {
		batch.open(cluster, alert, join, change, 'ordinary');
	} else {
		holdIn(mind, cluster, alert);
		batch.hold(alert, join);
	}
	if (batch.find(cluster) !== null) {
		for (const early of mind.held.get(cluster) ?? [])
			if (early.id !== alert.id) batch.join(cluster, early, join, change, 'ordinary');
		mind.held.delete(cluster);
	}
	for (const merge of placement.merges) await applyMerge(batch, merge, options);
	for (const { cluster: one, other, join: why } of placement.suggestions) suggest(batch, mind, other, one, why);
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
	if (stays === null || ends === null || stays.state === 'merged' || ends.state === 'merged') return;
	if (mind.suggested.has(`${into}|${from}`) || mind.suggested.has(`${from}|${into}`)) return;
	mind.suggested.add(`${into}|${from}`);
	batch.suggest(into, from, join);
}

/** Another lane may change the same incident between reading and writing; a safety alarm does not wait for the queue's pause. */
const SAFETY_TRIES_MAX = 5;

/** A process-safety alarm opens its own incident, or joins the open one of the same asset or condition: at once, by itself. */
async function placeSafety(due: readonly Due[], options: CorrelationOptions): Promise<void> {
	for (let tries = 1; ; tries++) {
		try {
			await placeSafetyOnce(due, options);
			return;
		} catch (error) {
			if (tries >= SAFETY_TRIES_MAX || !(error instanceof Conflict)) throw error;
		}
	}
}

async function placeSafetyOnce(due: readonly Due[], options: CorrelationOptions): Promise<void> {
	const { inventory } = options.context();
	const now = options.clock();
	const alerts = await readAlertsToPlace(
		options.database,
		due.map((row) => row.key),
	);
	const rows = await readIncidents(
		options.database,
		alerts.flatMap((alert) => alert.incident ?? []),
	);
	const open = await readOpenSafetyIncidents(options.database);
	for (const row of open) rows.set(row.id, row);
	const batch = new Batch(rows, inventory, now);
	const known = open.map((row) => row.id);
	for (const alert of alerts) {
		const standing = alert.incident === null ? undefined : rows.get(alert.incident);
		if (standing !== undefined && !isOver(standing, alert)) {
			batch.refresh(standing.id, alert);
			continue;
		}
		const found = sameAlarm(batch, known, alert, inventory);
		if (found !== null) {
			batch.join(found.id, alert, found.join, null, 'safety');
		} else {
			const id = newId(options);
			batch.open(id, alert, { score: 0, threshold: 0, parts: [] }, null, 'safety');
			known.push(id);
		}
	}
	await record(options.database, { ...batch.result(), done: due }, now);
}

function sameAlarm(
	batch: Batch,
	known: readonly string[],
	alert: AlertToPlace,
	inventory: Inventory,
): { id: string; join: Join } | null {
	const own = gatheredOf(alert, inventory);
	for (const id of known) {
		const held = batch.find(id);
		if (held === null || held.state === 'merged') continue;
		const asset = own.assets.find((item) => held.gathered.assets.includes(item));
		const same = asset !== undefined || (own.assets.length === 0 && own.title === held.gathered.title);
		if (!same) continue;
		const detail = asset === undefined ? own.title : `asset:${asset}`;
		const evidence = asset === undefined ? 'same condition again' : 'process-safety alarm on the same asset';
		return { id, join: { score: 10, threshold: 0, parts: [{ evidence, weight: 10, detail }] } };
	}
	return null;
}
