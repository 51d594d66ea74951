// How far along an attack is: ATT&CK stages and the zones they were seen in, in order of event time. Pure.
// One alert counts for one stage, the one that triage ranks first. NOT here: what it means (people), what else is reachable (blast-radius.ts).
import type { Inventory } from '../../domain/inventory.ts';
import type { Instant } from '../../domain/time.ts';

/** An alert of an incident as the views of this folder see it. */
export type SeenAlert = {
	readonly id: string;
	/** Event time. */
	readonly at: Instant;
	readonly title: string;
	/** Inventory ids, targets first. */
	readonly assets: readonly string[];
	/** The first asset that acted, where one other than the target did. */
	readonly actor: string | null;
	readonly matrix: 'enterprise' | 'ics';
	/** Best first. */
	readonly tactics: readonly string[];
	readonly techniques: readonly string[];
};

export type Stage = {
	readonly tactic: string;
	readonly matrix: 'enterprise' | 'ics';
	/** Zone of the target; null where the inventory does not know it. */
	readonly zone: string | null;
	readonly first_at: Instant;
	readonly last_at: Instant;
	readonly alerts: number;
	readonly techniques: readonly string[];
};

/** Stages that are kept; an incident has some twenty tactics in a few zones. */
export const STAGES_MAX = 40;
const TECHNIQUES_MAX = 5;

/** The order of the matrices (ATT&CK Enterprise and ICS), for stages of the same instant. */
const TACTIC_ORDER = [
	'reconnaissance',
	'resource-development',
	'initial-access',
	'execution',
	'persistence',
	'privilege-escalation',
	'defense-evasion',
	'evasion',
	'credential-access',
	'discovery',
	'lateral-movement',
	'collection',
	'command-and-control',
	'exfiltration',
	'inhibit-response-function',
	'impair-process-control',
	'impact',
];

/**
 * The stages of an incident, each once per zone, by the event time at which it was first seen. The order of `alerts` has no say.
 * Alerts without a tactic are left out: `unstaged` counts them.
 */
export function killChain(
	alerts: readonly SeenAlert[],
	inventory: Inventory,
): { readonly stages: readonly Stage[]; readonly left: number; readonly unstaged: number } {
	const found = new Map<string, { stage: Stage; techniques: Map<string, number> }>();
	let unstaged = 0;
	for (const alert of alerts) {
		const tactic = alert.tactics[0];
		if (tactic === undefined) {
			unstaged++;
			continue;
		}
		const zone = zoneOf(alert, inventory);
		const key = `${alert.matrix} ${tactic} ${zone ?? ''}`;
		const held = found.get(key);
		const techniques = held?.techniques ?? new Map<string, number>();
		for (const id of alert.techniques) techniques.set(id, (techniques.get(id) ?? 0) + 1);
		found.set(key, {
			techniques,
			stage: {
				tactic,
				matrix: alert.matrix,
				zone,
				first_at: Math.min(held?.stage.first_at ?? alert.at, alert.at),
				last_at: Math.max(held?.stage.last_at ?? alert.at, alert.at),
				alerts: (held?.stage.alerts ?? 0) + 1,
				techniques: [],
			},
		});
	}
	const stages = [...found.values()].map(({ stage, techniques }) => ({ ...stage, techniques: most(techniques) }));
	stages.sort(
		(a, b) =>
			a.first_at - b.first_at ||
			rank(a.tactic) - rank(b.tactic) ||
			compare(a.tactic, b.tactic) ||
			compare(a.matrix, b.matrix) ||
			compare(a.zone ?? '', b.zone ?? ''),
	);
	return { stages: stages.slice(0, STAGES_MAX), left: Math.max(0, stages.length - STAGES_MAX), unstaged };
}

export function zoneOf(alert: Pick<SeenAlert, 'assets'>, inventory: Inventory): string | null {
	const target = alert.assets[0];
	return target === undefined ? null : (inventory.find(target)?.zone ?? null);
}

function most(counts: ReadonlyMap<string, number>): string[] {
	return [...counts]
		.sort((a, b) => b[1] - a[1] || compare(a[0], b[0]))
		.slice(0, TECHNIQUES_MAX)
		.map(([id]) => id);
}

function rank(tactic: string): number {
	const at = TACTIC_ORDER.indexOf(tactic);
	return at < 0 ? TACTIC_ORDER.length : at;
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
