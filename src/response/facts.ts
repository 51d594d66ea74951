// Puts together what the safety gate may look at for one step: people's statements, what the program sees itself, freezes, windows
// (the gate reads what the inventory states from the assets and zones themselves). Pure; the reading is in store/read/response.ts, one snapshot. NOT here: what any of it means for a decision.

import type { Asset, Zone } from '../domain/asset.ts';
import { endOf, type FactName, FactReading, type FactValue } from '../domain/fact.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { isOpen, type Window } from '../domain/window.ts';
import { type Facts, type Freeze, proposeStep } from '../safety/proposed-step.ts';
import { RUNNABLE } from './actions/index.ts';
import { indicatorReadings } from './indicator-readings.ts';

/** A row of the table of freezes that has not been thawed. */
export type FreezeRow = {
	readonly id: string;
	readonly scope: string;
	readonly set_by: string;
	readonly reason: string;
};

/** Everything that one snapshot of the database says about a step, beside the step itself. */
export type Snapshot = {
	/** Statements as stored; those that are none (wrong value, unknown name) are left out, and so count as missing. */
	readonly statements: readonly unknown[];
	readonly freezes: readonly FreezeRow[];
	readonly confidenceFirm: number;
	/** Calls that the bot made by itself within the last hour, of the whole plant. */
	readonly automaticLastHour: number;
	/** What those calls reached, one name a call; left out where nobody counted. */
	readonly automaticTargets?: readonly string[];
	/** Whether another step on OT is running or in doubt at this moment (row P04). */
	readonly otherOtStepRuns: boolean;
	/** Whether OT on call has been told of the incident: a page or question to them has gone out. */
	readonly otTold: boolean;
	/** Process-safety incidents that are open, of the whole plant. */
	readonly alarms: readonly SafetyAlarm[];
};

/** An open process-safety incident: where, and when its newest alarm came (event time, or the opening where that is later). */
export type SafetyAlarm = { readonly zones: readonly string[]; readonly since: Instant };

export type Ground = {
	readonly inventory: Inventory;
	readonly windows: readonly Window[];
	readonly siteRules: readonly unknown[];
	/** What the site states in facts.yaml; left out for nothing. */
	readonly facts?: readonly FactReading[];
};

/** The gate's snapshot for one step at one moment. */
export function factsFor(step: Step, ground: Ground, snapshot: Snapshot, now: Instant): Facts {
	const proposed = proposeStep(step);
	const targets: Record<string, Asset | null> = {};
	const zones: Record<string, Zone | null> = {};
	for (const id of proposed.targets) {
		const asset = ground.inventory.find(id);
		targets[id] = asset;
		if (asset?.zone) zones[asset.zone] = ground.inventory.zone(asset.zone);
		// An unlisted address stands in the zone whose range holds it: in a zone of safety systems it is judged as one of them.
		const around = asset === null ? ground.inventory.zoneOfAddress(id) : null;
		if (around !== null) zones[around.id] = around;
	}
	const named = step.params['zone'];
	if (typeof named === 'string' && named !== '') zones[named] = ground.inventory.zone(named);
	const assets = Object.values(targets).filter((asset) => asset !== null);
	const statements = snapshot.statements.flatMap((row) => {
		const read = FactReading.safeParse(row);
		return read.success ? [read.data] : [];
	});
	return {
		targets,
		zones,
		inventory_confirmed_at: ground.inventory.data.confirmedAt,
		readings: [
			...statements,
			...(ground.facts ?? []),
			...alarmReadings(Object.keys(zones), snapshot.alarms, statements, now),
			...assets.flatMap((asset) => windowReadings(asset, ground.windows, now)),
			...sessionReading(step, assets, ground.windows, now),
			...ownReadings(step, snapshot, now),
			...indicatorReadings(step.params, ground.inventory, now),
		],
		freezes: snapshot.freezes.map(freezeOf),
		confidence_firm: snapshot.confidenceFirm,
		automatic_last_hour: snapshot.automaticLastHour,
		automatic_at: automaticAt(snapshot.automaticTargets ?? [], ground.inventory),
		site_rules: ground.siteRules,
	};
}

/** How often the bot acted alone, by the site and zone of what it reached. What the inventory lacks counts for the whole plant only. */
function automaticAt(targets: readonly string[], inventory: Inventory): NonNullable<Facts['automatic_at']> {
	const sites: Record<string, number> = {};
	const zones: Record<string, number> = {};
	for (const id of targets) {
		const asset = inventory.find(id);
		if (asset?.site != null) sites[asset.site] = (sites[asset.site] ?? 0) + 1;
		if (asset?.zone != null) zones[asset.zone] = (zones[asset.zone] ?? 0) + 1;
	}
	return { sites, zones };
}

function freezeOf(row: FreezeRow): Freeze {
	const base = { id: row.id, by: row.set_by, reason: row.reason };
	const match = /^(site|zone|incident|step):(.+)$/s.exec(row.scope);
	const scope = (['site', 'zone', 'incident', 'step'] as const).find((known) => known === match?.[1]);
	// A scope that cannot be read stops everything: the careful reading.
	if (match === null || scope === undefined) return { ...base, scope: 'all', place: null };
	return { ...base, scope, place: match[2] ?? null };
}

function reading(
	name: FactName,
	subject: string,
	value: FactValue,
	source: FactReading['source'],
	by: string,
	at: Instant,
): FactReading {
	return {
		id: `${source}:${name}:${subject}`,
		name,
		subject,
		value,
		source,
		supplied_by: by,
		stated_at: at,
		expires_at: null,
	};
}

function covers(window: Window, asset: Asset): boolean {
	if (window.assets.length > 0) {
		const names = new Set([asset.id, ...asset.hostnames, ...asset.ips].map((name) => name.toLowerCase()));
		return window.assets.some((name) => names.has(name.toLowerCase()));
	}
	return (
		(window.zone !== null || window.site !== null) &&
		(window.zone === null || window.zone === asset.zone) &&
		(window.site === null || window.site === asset.site)
	);
}

/**
 * What windows.csv says now: a window for the asset is open or not; and while one is open somebody works there, which raises the
 * zone's state (G4). A permit for exactly this work is stated by people only: a window alone is none (G5).
 */
function windowReadings(asset: Asset, windows: readonly Window[], now: Instant): FactReading[] {
	const open = windows.filter((window) => isOpen(window, now) && covers(window, asset));
	const by = open[0]?.change ?? 'windows.csv';
	const readings = [reading('window_open', asset.id, open.length > 0, 'file', by, now)];
	if (open.length > 0 && asset.zone !== null)
		readings.push(reading('zone_state', asset.zone, 'permit_open', 'file', by, now));
	return readings;
}

/** A session is outside every window only if windows are kept at all and none is open anywhere at the target's site. */
function sessionReading(step: Step, assets: readonly Asset[], windows: readonly Window[], now: Instant): FactReading[] {
	const session = step.params['session'];
	if (typeof session !== 'string' || session === '' || windows.length === 0 || assets.length === 0) return [];
	const sites = new Set(assets.map((asset) => asset.site));
	const busy = windows.some(
		(window) => isOpen(window, now) && (window.site === null || sites.has(window.site) || sites.has(null)),
	);
	return [reading('session_outside_window', session, !busy, 'file', 'windows.csv', now)];
}

/**
 * A safety alarm stands in a zone while its incident is open (rule G4), until the operator says otherwise after it came: an alarm that
 * comes later stands again, and a word that has ended ends nothing.
 */
function alarmReadings(
	zones: readonly string[],
	alarms: readonly SafetyAlarm[],
	statements: readonly FactReading[],
	now: Instant,
): FactReading[] {
	const name = 'zone_safety_alarm_active';
	return zones.flatMap((zone) => {
		const since = alarms.filter((alarm) => alarm.zones.includes(zone)).map((alarm) => alarm.since);
		if (since.length === 0) return [];
		const newest = Math.max(...since);
		const isAnswered = statements.some(
			(said) =>
				said.name === name &&
				said.subject === zone &&
				said.source === 'person' &&
				said.stated_at > newest &&
				endOf(said, now) === null,
		);
		return isAnswered ? [] : [reading(name, zone, true, 'system', 'response', now)];
	});
}

/** What the program sees itself about this step. */
function ownReadings(step: Step, snapshot: Snapshot, now: Instant): FactReading[] {
	const own = (name: FactName, value: FactValue): FactReading =>
		reading(name, step.id, value, 'system', 'response', now);
	const undo = RUNNABLE.get(step.action)?.undo;
	const endsItself = step.containment_ms !== null && undo !== undefined && 'by' in undo;
	return [
		own('parallel_ot_step', snapshot.otherOtStepRuns),
		own('previous_attempt_failed', step.attempts > 0),
		own('block_has_expiry', endsItself),
		...(snapshot.otTold ? [own('ot_told', true)] : []),
	];
}
