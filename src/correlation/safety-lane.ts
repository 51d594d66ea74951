// The lane of process-safety alarms: placed at once, by asset alone. It asks no engine and holds no memory; the engine learns of it
// from the ledger (mind.ts).
import type { Join } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Due } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import {
	type AlertToPlace,
	readAlertsToPlace,
	readIncidents,
	readOpenSafetyIncidents,
} from '../store/read/correlation.ts';
import { Conflict, record } from '../store/record.ts';
import { Batch, isOver } from './batch.ts';
import { drillIncident } from './drill-lane.ts';
import { gatheredOf } from './incident-of.ts';

type SafetyOptions = {
	readonly database: Database;
	readonly context: () => { readonly inventory: Inventory };
	readonly clock: () => number;
	readonly newId: () => string;
};

/** Another lane may change the same incident between reading and writing; a safety alarm does not wait for the queue's pause. */
const SAFETY_TRIES_MAX = 5;

/** A process-safety alarm opens its own incident, or joins the open one of the same asset or condition: at once, by itself. */
export async function placeSafety(due: readonly Due[], options: SafetyOptions): Promise<void> {
	for (let tries = 1; ; tries++) {
		try {
			await placeSafetyOnce(due, options);
			return;
		} catch (error) {
			if (tries >= SAFETY_TRIES_MAX || !(error instanceof Conflict)) throw error;
		}
	}
}

async function placeSafetyOnce(due: readonly Due[], options: SafetyOptions): Promise<void> {
	const { inventory } = options.context();
	const now = options.clock();
	const alerts = await readAlertsToPlace(
		options.database,
		due.map((row) => row.key),
	);
	const rows = await readIncidents(
		options.database,
		alerts.flatMap((alert) => drillIncident(alert) ?? alert.incident ?? []),
	);
	const open = await readOpenSafetyIncidents(options.database);
	for (const row of open) rows.set(row.id, row);
	const batch = new Batch(rows, inventory, now);
	const known = open.map((row) => row.id);
	for (const alert of alerts) {
		const drill = drillIncident(alert);
		if (drill !== null) {
			placeInDrill(batch, drill, alert);
			continue;
		}
		const standing = alert.incident === null ? undefined : rows.get(alert.incident);
		if (standing !== undefined && !isOver(standing, alert)) {
			batch.refresh(standing.id, alert);
			continue;
		}
		const found = sameAlarm(batch, known, alert, inventory);
		if (found !== null) {
			batch.join(found.id, alert, found.join, null, 'safety');
		} else {
			const id = options.newId();
			batch.open(id, alert, { score: 0, threshold: 0, parts: [] }, null, 'safety');
			known.push(id);
		}
	}
	await record(options.database, { ...batch.result(), done: due }, now);
}

/** A drill that is over takes nothing more. */
function placeInDrill(batch: Batch, drill: string, alert: AlertToPlace): void {
	const held = batch.find(drill);
	const join = { score: 0, threshold: 0, parts: [{ evidence: 'drill', weight: 0, detail: 'an alert of the drill' }] };
	if (held === null) batch.open(drill, alert, join, null, 'ordinary');
	else if (alert.incident === drill) batch.refresh(drill, alert);
	else if (held.state === 'open' || held.state === 'acknowledged') batch.join(drill, alert, join, null, 'ordinary');
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
