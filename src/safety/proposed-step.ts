// What the gate is asked about, and the snapshot of facts it may look at. Values only: reading them is done elsewhere.
import type { Asset, Zone } from '../domain/asset.ts';
import type { FactReading } from '../domain/fact.ts';
import type { Step, StepParams } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';

/** A step as the gate sees it. Nothing that a playbook, a model or a message says about its own safety is in here. */
export type ProposedStep = {
	readonly id: string;
	/** A name of the action catalogue; any other name is unknown and judged so. */
	readonly action: string;
	/** Inventory ids (or what should be one); empty for actions without an asset. */
	readonly targets: readonly string[];
	/**
	 * Parameters. These name what the step reaches beside assets, and are the subjects of facts: `account` (or `user`),
	 * `session`, `flow`, `indicator`. Where a step stands is never taken from here: only the inventory places it.
	 */
	readonly params: StepParams;
	readonly playbook: string;
	readonly playbook_version: string;
	/** A person's id, or `bot`. */
	readonly requested_by: string;
	readonly incident: string;
	/** 0 for the first; approvals bind to it, so that a retry needs new ones (row P05). */
	readonly attempt: number;
	/** How long a containment holds before it ends by itself, in milliseconds; null for no end. */
	readonly containment_ms: number | null;
	/** True where the plan would start it together with other steps on OT (row P04). */
	readonly parallel?: boolean;
};

export type Freeze = {
	readonly id: string;
	/** `incident` and `step`: the veto of one person who answers for the place. */
	readonly scope: 'all' | 'site' | 'zone' | 'incident' | 'step';
	/** The site, zone, incident or step; null for all. */
	readonly place: string | null;
	readonly by: string;
	readonly reason: string;
};

/** One snapshot of everything the gate may look at. */
export type Facts = {
	/** Each target of the step as the inventory found it; null or absent: unlisted or ambiguous. */
	readonly targets: Readonly<Record<string, Asset | null>>;
	/** Zones of the targets, by id. A zone that is missing here is taken for one of which nothing is known. */
	readonly zones: Readonly<Record<string, Zone | null>>;
	/** When the inventory was last confirmed; null: never. */
	readonly inventory_confirmed_at: Instant | null;
	readonly readings: readonly FactReading[];
	readonly freezes: readonly Freeze[];
	/** 0 to 1, of rules and sources alone; what a model is sure of never gets here. */
	readonly confidence_firm: number;
	/** Calls that the bot made by itself, without asking anybody, in the last hour (`AUTO_PER_HOUR_MAX`). */
	readonly automatic_last_hour: number;
	/** The same by the place of what was reached (`AUTO_PER_ZONE_MAX`, `AUTO_PER_SITE_MAX`); a place that is not here had none. */
	readonly automatic_at?: {
		readonly sites: Readonly<Record<string, number>>;
		readonly zones: Readonly<Record<string, number>>;
	};
	/** Rules of the site, parsed here again: one that cannot be read refuses. */
	readonly site_rules: readonly unknown[];
};

/**
 * Parameters that name a thing: a connector's call may be filled with them, so what they name is judged as a target too. An EDR's
 * own id (`device`) is found in the inventory as the asset that has it; one that nobody has is an unlisted target (G2).
 */
const NAMING_PARAMS = ['targets', 'target', 'device', 'host', 'asset'] as const;

/** The step of a plan as the gate sees it; parameters that name things add them to its target. */
export function proposeStep(step: Step): ProposedStep {
	const listed = NAMING_PARAMS.flatMap((name) => {
		const value = step.params[name];
		if (value === undefined) return [];
		return Array.isArray(value) ? value : [String(value)];
	});
	return {
		id: step.id,
		action: step.action,
		targets: [...new Set([...(step.target === null ? [] : [step.target]), ...listed])],
		params: step.params,
		playbook: step.playbook,
		playbook_version: step.playbook_version,
		requested_by: step.requested_by,
		incident: step.incident,
		attempt: step.attempts,
		containment_ms: step.containment_ms,
	};
}
