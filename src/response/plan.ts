// A playbook and an incident become steps, each for one target. Pure: the same incident and playbook give the same steps with the same
// ids, so that planning again adds what is missing and doubles nothing. NOT here: decisions (settle.ts) and any writing.
import { canonicalHash } from '../domain/canonical.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Playbook, PlaybookStep, StepCondition } from '../domain/playbook.ts';
import { severityRank } from '../domain/severity.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { effectOf } from '../safety/actions.ts';
import { RUNNABLE } from './actions/index.ts';
import type { LoadedPlaybook } from './choose.ts';
import {
	type EvidenceAlert,
	firstNamed,
	type IncidentSummary,
	type Named,
	placeholderValues,
	wayIn,
} from './evidence.ts';
import { fillParams, fillText } from './fill.ts';

/** Steps of one incident, over all its playbooks, and targets of one playbook step: beyond them people decide who is next. */
export const STEPS_PER_INCIDENT_MAX = 120;
export const TARGETS_PER_STEP_MAX = 10;

/** A step of the playbook that is not in the plan, and why: recorded, and shown by `playbook plan`. */
export type LeftOut = { readonly key: string; readonly target: string | null; readonly why: string };

export type Held = Pick<Step, 'playbook' | 'key' | 'target' | 'action' | 'params' | 'state'>;

/** What a plan is made from, beside the playbook. */
export type PlanGround = {
	readonly incident: IncidentSummary;
	readonly alerts: readonly EvidenceAlert[];
	readonly inventory: Inventory;
	/**
	 * Steps that the incident has already: for `primary`, `actor` and `way_in` the first choice stays, so that a growing incident does not
	 * isolate one host after another under the same name.
	 */
	readonly held: readonly Held[];
	readonly canRun: (action: string) => boolean;
};

export type Plan = { readonly steps: readonly Step[]; readonly leftOut: readonly LeftOut[] };

/**
 * The id of the step for one key and target: the same for ever, because it is the Idempotency-Key at the other end and the key
 * under which a replay finds what is there already.
 */
export function stepIdOf(incident: string, playbook: string, key: string, target: string | null): string {
	return `stp_${canonicalHash([incident, playbook, key, target]).slice(0, 30)}`;
}

/**
 * The steps that this playbook means for this incident, undecided and in its order. A step that would only tell people, by a
 * connector that is not set up (a ticket system), is left out: it is no work to hand to a person at night.
 */
export function planFor(ground: PlanGround, loaded: LoadedPlaybook, now: Instant): Plan {
	const { incident, alerts, inventory, held } = ground;
	const steps: Step[] = [];
	const leftOut: LeftOut[] = [];
	const { playbook } = loaded;
	for (const [position, item] of playbook.steps.entries()) {
		if (effectOf(item.action) === 'inform' && RUNNABLE.has(item.action) && !ground.canRun(item.action)) {
			leftOut.push({ key: item.key, target: null, why: `no connector is set up for \`${item.action}\`` });
			continue;
		}
		const chosen = targetsOf(
			item,
			incident,
			alerts,
			inventory,
			held.filter((step) => step.playbook === playbook.id && step.key === item.key),
		);
		if (chosen.length === 0)
			leftOut.push({ key: item.key, target: null, why: `the incident has no asset for \`${item.target}\`` });
		if (chosen.length > TARGETS_PER_STEP_MAX) {
			leftOut.push({
				key: item.key,
				target: null,
				why: `${chosen.length} assets fit, the first ${TARGETS_PER_STEP_MAX} by criticality are planned`,
			});
		}
		for (const target of chosen.slice(0, TARGETS_PER_STEP_MAX)) {
			const made = stepFor(item, position, target, ground, loaded, now);
			if ('why' in made) leftOut.push(made);
			else steps.push(made);
		}
	}
	const room = Math.max(0, STEPS_PER_INCIDENT_MAX - held.length);
	const fresh = steps.filter(
		(step) => !held.some((one) => one.playbook === step.playbook && one.key === step.key && one.target === step.target),
	);
	const single = fresh.filter((step) => {
		const twin = held.find((one) => isTwin(one, step));
		if (twin !== undefined)
			leftOut.push({
				key: step.key,
				target: step.target,
				why: `\`${twin.playbook}\` has the same step: \`${twin.key}\``,
			});
		return twin === undefined;
	});
	for (const step of single.slice(room))
		leftOut.push({
			key: step.key,
			target: step.target,
			why: `an incident has at most ${STEPS_PER_INCIDENT_MAX} steps`,
		});
	return { steps: single.slice(0, room), leftOut };
}

/** States in which a step no longer stands for what it would have done. */
const GIVEN_UP: readonly Step['state'][] = ['failed', 'refused', 'expired', 'cancelled', 'undone'];
/** What an action reaches beside its target: two steps that reach different things are two. */
const REACHED = ['session', 'account', 'indicator', 'flow', 'service'];

/**
 * Whether another playbook of the incident does the very same thing already. Two playbooks that both isolate one laptop are one
 * isolation, with one release and one expiry. Words to people are never the same: each playbook asks its own question.
 */
function isTwin(one: Held, step: Step): boolean {
	if (one.playbook === step.playbook || one.action !== step.action || GIVEN_UP.includes(one.state)) return false;
	// One ticket an incident, whatever each playbook has it about; other words to people are always their own.
	if (step.action === 'open_ticket') return true;
	if (effectOf(step.action) === 'inform') return false;
	const named = REACHED.filter((name) => step.params[name] !== undefined || one.params[name] !== undefined);
	// One session is one session, whichever of its two ends a playbook calls the target.
	return named.length > 0 ? named.every((name) => one.params[name] === step.params[name]) : one.target === step.target;
}

function stepFor(
	item: PlaybookStep,
	position: number,
	target: Named | null,
	{ incident, alerts, inventory }: PlanGround,
	loaded: LoadedPlaybook,
	now: Instant,
): Step | LeftOut {
	const id = target?.id ?? null;
	const unmet = item.when === undefined ? null : unmetCondition(item.when, incident, target);
	if (unmet !== null) return { key: item.key, target: id, why: unmet };
	const values = placeholderValues(incident, alerts, target, inventory);
	const params = fillParams(item.params, values);
	if (!params.ok) return { key: item.key, target: id, why: `no alert says what \`{${params.error}}\` is` };
	return {
		id: stepIdOf(incident.id, loaded.playbook.id, item.key, id),
		incident: incident.id,
		playbook: loaded.playbook.id,
		playbook_version: loaded.version,
		key: item.key,
		position,
		title: fillText(item.title, values),
		action: item.action,
		target: id,
		params: params.value,
		instructions: item.instructions === undefined ? null : fillText(item.instructions, values),
		checklist: item.checklist.map((line) => fillText(line, values)),
		state: 'planned',
		decision: null,
		after: [...item.after],
		requested_by: 'bot',
		expires_at: null,
		containment_ms: item.containment_for ?? null,
		contained_until: null,
		attempts: 0,
		outcome: null,
		created_at: now,
		updated_at: now,
	};
}

function targetsOf(
	item: PlaybookStep,
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	inventory: Inventory,
	held: readonly Pick<Step, 'target'>[],
): (Named | null)[] {
	const { target } = item;
	if (target === 'none') return [null];
	if (target === 'primary' || target === 'actor' || target === 'way_in') {
		const before = held[0];
		if (before !== undefined)
			return before.target === null ? [null] : [{ id: before.target, asset: inventory.find(before.target) }];
		const found =
			target === 'way_in'
				? wayIn(alerts, inventory)
				: (firstNamed(alerts, target === 'primary' ? 'target' : 'actor', inventory) ??
					(target === 'primary' ? fallback(incident, inventory) : null));
		return found === null ? [] : [found];
	}
	const all: Named[] = incident.assets.map((id) => ({ id, asset: inventory.find(id) }));
	const [, kind, wanted] = /^assets\.(class|domain):(.+)$/.exec(target) ?? [];
	const fitting = all.filter(({ asset }) => {
		if (kind === 'class') return (asset?.class ?? 'unknown') === wanted;
		if (kind === 'domain') return asset?.domain === wanted;
		return true;
	});
	return fitting.toSorted(
		(a, b) => (b.asset?.criticality ?? 0) - (a.asset?.criticality ?? 0) || (a.id < b.id ? -1 : 1),
	);
}

/** The incident's own first asset, where no alert names a target (an alert without entities, an incident made by people). */
function fallback(incident: IncidentSummary, inventory: Inventory): Named | null {
	const [first] = incident.assets;
	return first === undefined ? null : { id: first, asset: inventory.find(first) };
}

/** Why the condition does not hold, in words; null where it does. */
function unmetCondition(when: StepCondition, incident: IncidentSummary, target: Named | null): string | null {
	if (when.severity_min !== undefined && severityRank(incident.severity) < severityRank(when.severity_min)) {
		return `only from severity ${when.severity_min}; this is ${incident.severity}`;
	}
	if (when.domain !== undefined && !when.domain.includes(incident.domain))
		return `only for domain ${when.domain.join(' or ')}`;
	if (when.categories !== undefined && !when.categories.includes(incident.category))
		return `only for category ${when.categories.join(' or ')}`;
	if (when.process_safety !== undefined && when.process_safety !== incident.process_safety) {
		return when.process_safety ? 'only with a process-safety alarm' : 'not with a process-safety alarm';
	}
	if (when.confidence_min !== undefined && incident.confidence_firm < when.confidence_min) {
		return `only from a confidence of ${when.confidence_min} of rules and sources; this is ${incident.confidence_firm}`;
	}
	if (when.target_class !== undefined) {
		const found = target?.asset?.class ?? 'unknown';
		if (!when.target_class.includes(found))
			return `only for class ${when.target_class.join(' or ')}; ${target?.id ?? 'no target'} is ${found}`;
	}
	return null;
}

/** How the steps behind a failed one go on: as its playbook says; `ask` where the playbook is no longer there to say it. */
export function onFailureOf(
	step: Pick<Step, 'playbook' | 'key'>,
	playbooks: ReadonlyMap<string, LoadedPlaybook>,
): Playbook['steps'][number]['on_failure'] {
	return playbooks.get(step.playbook)?.playbook.steps.find((item) => item.key === step.key)?.on_failure ?? 'ask';
}
