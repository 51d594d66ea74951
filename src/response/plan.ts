// A playbook and an incident become steps, each for one target. Pure: the same incident, playbook and decided ways give the same steps with
// the same ids, so that planning again adds what is missing and doubles nothing. NOT here: decisions (settle.ts, flow/decide-block.ts) and
// any writing.
import type { Inventory } from '../domain/inventory.ts';
import type { Scalar } from '../domain/playbook-condition.ts';
import type { PlaybookStep } from '../domain/playbook-step.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { effectOf } from '../safety/actions.ts';
import { RUNNABLE } from './actions/index.ts';
import type { LoadedPlaybook } from './choose.ts';
import { type EvidenceAlert, type IncidentSummary, placeholderValues } from './evidence.ts';
import type { Flow, Ways } from './flow/flow.ts';
import { itemsOf } from './flow/items.ts';
import { type Library, nodeOf, programOf } from './flow/program.ts';
import { type Answers, type VariableGround, variableOf } from './flow/variable.ts';
import { type Guide, type Instance, type Scope, type Variable, walk } from './flow/walk.ts';
import { endingOf, hasFailed } from './order.ts';
import { BLOCK_ACTION, blockStep, type LeftOut, type StepGround, stepFor, targetsOf } from './plan-step.ts';

/** Steps of one incident, over all its playbooks, and targets of one playbook step: beyond them people decide who is next. */
export const STEPS_PER_INCIDENT_MAX = 120;
export const TARGETS_PER_STEP_MAX = 10;

export type Held = Pick<Step, 'id' | 'playbook' | 'key' | 'target' | 'action' | 'params' | 'state'>;

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
	/** Where a step of this action reads. */
	readonly storeOf?: ((action: string) => string | null) | undefined;
	/** Playbooks that this one may call. */
	readonly library?: Library;
	readonly ways?: Ways;
	readonly answers?: Answers;
	/** Inputs of the playbook that were given by hand. */
	readonly inputs?: Readonly<Record<string, Scalar>>;
	/** Every way at once: for a dry run. */
	readonly everyWay?: boolean;
};

export type Plan = { readonly steps: readonly Step[]; readonly leftOut: readonly LeftOut[]; readonly flow: Flow };

/**
 * The steps that this playbook means for this incident, undecided and in its order. A step that would only tell people, by a
 * connector that is not set up (a ticket system), is left out: it is no work to hand to a person at night.
 */
export function planFor(ground: PlanGround, loaded: LoadedPlaybook, now: Instant): Plan {
	const program = programOf(loaded, ground.library ?? new Map());
	const rows = ground.held.filter((row) => row.playbook === loaded.playbook.id);
	const walked = walk(program, guideFor(ground, rows));
	const leftOut: LeftOut[] = walked.leftOut.map((left) => ({ ...left, target: null }));
	const steps: Step[] = [];
	const pending = new Set<string>();
	const without = new Set<string>();
	const variables: VariableGround = {
		...{ walked, rows, answers: ground.answers ?? new Map(), inputs: ground.inputs ?? {} },
		isPending: (key) => !without.has(key),
		incidentValue: (name) => incidentValue(name, ground),
	};
	const variable = (name: string, scope: Scope): Variable => variableOf(name, scope, variables);
	for (const instance of walked.instances) {
		const own: StepGround = {
			...{ incident: ground.incident, alerts: ground.alerts, inventory: ground.inventory, now },
			...{ playbook: loaded.playbook.id, version: loaded.version, everyWay: ground.everyWay === true },
			variable: (name) => variable(name, instance.scope),
			storeOf: ground.storeOf ?? (() => null),
		};
		const made = stepsOf(instance, own, ground, rows);
		steps.push(...made.steps);
		leftOut.push(...made.leftOut);
		if (made.leftOut.some((left) => left.isPending === true)) pending.add(instance.key);
		else if (made.steps.length === 0) without.add(instance.key);
	}
	const flow: Flow = { program, instances: walked.instances, dormant: walked.dormant, pending, variable };
	return { ...single(steps, ground, leftOut), flow };
}

function incidentValue(name: string, { incident, alerts, inventory }: PlanGround): string | null {
	const values: Readonly<Record<string, string | null>> = placeholderValues(incident, alerts, null, inventory);
	return Object.hasOwn(values, name) ? (values[name] ?? null) : null;
}

function guideFor(ground: PlanGround, rows: readonly Held[]): Guide {
	const stateOf = (key: string): readonly Held['state'][] =>
		rows.filter((row) => row.key === key).map((row) => row.state);
	return {
		wayOf: (key) => {
			const row = rows.find((one) => one.key === key);
			if (row === undefined) return null;
			const took = ground.ways?.get(row.id)?.took ?? null;
			return took ?? (endingOf(row.state) === 'open' ? null : 'none');
		},
		failureOf: (key) => {
			const states = stateOf(key);
			if (states.some(hasFailed)) return 'yes';
			return states.length === 0 || states.some((state) => endingOf(state) === 'open') ? 'open' : 'no';
		},
		itemsOf: (part, scope) => itemsOf(part, scope, ground.incident, ground.alerts, ground.inventory, rows),
		isBegun: (isIts) => rows.some((row) => isIts(row.key)),
		everyWay: ground.everyWay === true,
	};
}

/** All steps of one instance, those that are there already among them. */
function stepsOf(
	instance: Instance,
	own: StepGround,
	ground: PlanGround,
	rows: readonly Held[],
): { readonly steps: readonly Step[]; readonly leftOut: readonly LeftOut[] } {
	const { node } = instance.part;
	if (!('action' in node)) return { steps: [blockStep(instance, node, own)], leftOut: [] };
	const left = (why: string): LeftOut => ({ key: instance.key, target: null, why });
	if (effectOf(node.action) === 'inform' && RUNNABLE.has(node.action) && !ground.canRun(node.action))
		return { steps: [], leftOut: [left(`no connector is set up for \`${node.action}\``)] };
	const leftOut: LeftOut[] = [];
	const steps: Step[] = [];
	const chosen = targetsOf(
		instance,
		node,
		own,
		rows.filter((row) => row.key === instance.key),
	);
	if (chosen.length === 0) leftOut.push(left(`the incident has no asset for \`${node.target}\``));
	if (chosen.length > TARGETS_PER_STEP_MAX) {
		leftOut.push(left(`${chosen.length} assets fit, the first ${TARGETS_PER_STEP_MAX} by criticality are planned`));
	}
	for (const target of chosen.slice(0, TARGETS_PER_STEP_MAX)) {
		const made = stepFor(instance, node, target, own);
		if ('why' in made) leftOut.push(made);
		else steps.push(made);
	}
	return { steps, leftOut };
}

/** What is new: no step twice, none that another playbook has, and no more than an incident may have. */
function single(
	steps: readonly Step[],
	{ held }: PlanGround,
	leftOut: LeftOut[],
): { readonly steps: readonly Step[]; readonly leftOut: readonly LeftOut[] } {
	const room = Math.max(0, STEPS_PER_INCIDENT_MAX - held.length);
	const fresh = steps.filter(
		(step) => !held.some((one) => one.playbook === step.playbook && one.key === step.key && one.target === step.target),
	);
	const kept = fresh.filter((step) => {
		const twin = held.find((one) => isTwin(one, step));
		if (twin !== undefined)
			leftOut.push({
				key: step.key,
				target: step.target,
				why: `\`${twin.playbook}\` has the same step: \`${twin.key}\``,
			});
		return twin === undefined;
	});
	for (const step of kept.slice(room))
		leftOut.push({
			key: step.key,
			target: step.target,
			why: `an incident has at most ${STEPS_PER_INCIDENT_MAX} steps`,
		});
	return { steps: kept.slice(0, room), leftOut };
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
	// One ticket an incident, whatever each playbook has it about; other words to people are always their own, and so are decisions.
	if (step.action === 'open_ticket') return true;
	if (effectOf(step.action) === 'inform' || step.action === BLOCK_ACTION) return false;
	const named = REACHED.filter((name) => step.params[name] !== undefined || one.params[name] !== undefined);
	// One session is one session, whichever of its two ends a playbook calls the target.
	return named.length > 0 ? named.every((name) => one.params[name] === step.params[name]) : one.target === step.target;
}

/** How the steps behind a failed one go on: as its playbook says; `ask` where the playbook is no longer there to say it. */
export function onFailureOf(step: Pick<Step, 'playbook' | 'key'>, library: Library): PlaybookStep['on_failure'] {
	const found = nodeOf(step, library);
	if (found === null) return 'ask';
	return 'on_failure' in found.node ? (found.node.on_failure ?? 'continue') : 'continue';
}
