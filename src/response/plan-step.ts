// One instance of a playbook's node becomes rows: the row of a branch or wait, or a step for each of its targets. Pure.
// NOT here: which nodes are in play (flow/walk.ts), limits and twins (plan.ts), decisions (settle.ts).

import { canonicalHash } from '../domain/canonical.ts';
import { isDrill, markDrill } from '../domain/drill.ts';
import type { Inventory } from '../domain/inventory.ts';
import { answerText, type StepCondition } from '../domain/playbook-condition.ts';
import type { PlaybookBlock, PlaybookStep } from '../domain/playbook-step.ts';
import { severityRank } from '../domain/severity.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import {
	type EvidenceAlert,
	firstNamed,
	type IncidentSummary,
	type Named,
	PLACEHOLDERS,
	placeholderValues,
	wayIn,
} from './evidence.ts';
import { type Filling, fillParams, fillText, placeholdersOf } from './fill.ts';
import type { Instance, Variable } from './flow/walk.ts';

/** A step of the playbook that is not in the plan, and why: recorded, and shown by `playbook plan`. */
export type LeftOut = {
	readonly key: string;
	readonly target: string | null;
	readonly why: string;
	/** It may still come: what is behind it waits. */
	readonly isPending?: true;
};

/** The action of the rows that branches and waits have: it writes down what was decided, and nothing else. */
export const BLOCK_ACTION = 'write_record';

/**
 * The id of the step for one key and target: the same for ever, because it is the Idempotency-Key at the other end and the key
 * under which a replay finds what is there already.
 */
export function stepIdOf(incident: string, playbook: string, key: string, target: string | null): string {
	return `stp_${canonicalHash([incident, playbook, key, target]).slice(0, 30)}`;
}

/** What the steps of one instance are made from. */
export type StepGround = {
	readonly incident: IncidentSummary;
	readonly alerts: readonly EvidenceAlert[];
	readonly inventory: Inventory;
	/** The outermost playbook's id and pinned version: what the rows carry. */
	readonly playbook: string;
	readonly version: string;
	readonly variable: (name: string) => Variable;
	readonly storeOf: (action: string) => string | null;
	/** In a dry run an answer that nobody has given yet is written as its name. */
	readonly everyWay: boolean;
	readonly now: Instant;
};

/** The row of a block that decides something. */
export function blockStep(instance: Instance, node: PlaybookBlock, ground: StepGround): Step {
	const values = valuesFor(instance, null, ground);
	const title = node.title === undefined ? wordsOf(node) : fillText(node.title, values);
	return rowOf(instance, title, null, ground, { action: BLOCK_ACTION });
}

function wordsOf(node: PlaybookBlock): string {
	if ('wait' in node) return `Wait: ${node.key}`;
	return 'while' in node ? `Another round of ${node.key}?` : `Which way: ${node.key}`;
}

/** The step for one target, or why there is none. */
export function stepFor(
	instance: Instance,
	item: PlaybookStep,
	target: Named | null,
	ground: StepGround,
): Step | LeftOut {
	const id = target?.id ?? null;
	const left = (why: string): LeftOut => ({ key: instance.key, target: id, why });
	const unmet = item.when === undefined ? null : unmetCondition(item.when, ground.incident, target);
	if (unmet !== null) return left(unmet);
	const open = ground.everyWay ? undefined : openVariable(item, ground);
	if (open !== undefined) return { ...left(`nobody has said yet what \`{${open}}\` is`), isPending: true };
	const values = valuesFor(instance, target, ground);
	const params = fillParams(item.params, values);
	if (!params.ok) return left(`no alert says what \`{${params.error}}\` is`);
	return rowOf(instance, fillText(item.title, values), id, ground, {
		action: item.action,
		params: item.answer === undefined ? params.value : { ...params.value, answer: answerText(item.answer) },
		instructions: instructionsOf(item, values),
		checklist: item.checklist.map((line) => fillText(line, values)),
		containment_ms: item.containment_for ?? null,
	});
}

function rowOf(
	instance: Instance,
	title: string,
	target: string | null,
	{ incident, playbook, version, now }: StepGround,
	of: Pick<Step, 'action'> & Partial<Step>,
): Step {
	return {
		...{ id: stepIdOf(incident.id, playbook, instance.key, target), incident: incident.id },
		...{ playbook, playbook_version: version, key: instance.key, position: instance.part.position },
		...{ title: isDrill(incident.id) ? markDrill(title) : title, target },
		...{ params: {}, instructions: null, checklist: [], state: 'planned', decision: null },
		after: [...new Set(instance.gates.flatMap((gate) => gate.keys))],
		...{ requested_by: 'bot', expires_at: null, containment_ms: null, contained_until: null, attempts: 0 },
		...{ outcome: null, created_at: now, updated_at: now },
		...of,
	};
}

/** The author's words; where an answer is wanted, how to give it. */
function instructionsOf({ instructions, answer }: PlaybookStep, values: Filling): string | null {
	const own = instructions === undefined ? null : fillText(instructions, values);
	if (answer === undefined) return own;
	const how = `Begin the note of your attestation with the answer, ${answerText(answer)}.`;
	return own === null ? how : `${own.trimEnd()}\n${how}`;
}

/** Values of the incident and the variables that the node may use, by the names of their placeholders. */
function valuesFor(instance: Instance, target: Named | null, ground: StepGround): Filling {
	const { part, scope } = instance;
	const values: Record<string, Filling[string]> = {
		...placeholderValues(ground.incident, ground.alerts, target, ground.inventory),
		item: scope.item?.value ?? null,
	};
	for (const name of placeholdersOf(part.node)) {
		if (Object.hasOwn(PLACEHOLDERS, name) || name === 'item') continue;
		const variable = ground.variable(name);
		if (variable.state === 'known') values[name] = variable.value;
		else values[name] = ground.everyWay ? `<${name}>` : null;
	}
	return values;
}

function openVariable(item: PlaybookStep, ground: StepGround): string | undefined {
	const names = item.target.startsWith('variable:') ? [item.target.slice(9)] : [];
	return [...names, ...placeholdersOf(item)].find(
		(name) => !Object.hasOwn(PLACEHOLDERS, name) && name !== 'item' && ground.variable(name).state === 'open',
	);
}

/**
 * The targets of a step, in the order of their criticality; empty where the incident has none.
 *
 * @param held the targets of its rows: of one thing the first choice stays
 */
export function targetsOf(
	instance: Instance,
	item: PlaybookStep,
	ground: StepGround,
	held: readonly Pick<Step, 'target'>[],
): (Named | null)[] {
	const { target } = item;
	const { incident, alerts, inventory } = ground;
	if (target === 'none') return [null];
	const loop = instance.scope.item;
	if (target === 'item') return loop?.isAsset === true ? [{ id: loop.value, asset: inventory.find(loop.value) }] : [];
	if (target.startsWith('variable:')) {
		const variable = ground.variable(target.slice(9));
		// Nobody has said it yet: the step is pending, and nothing is done to the stand-in.
		if (variable.state === 'open') return [{ id: target.slice(9), asset: null }];
		if (variable.state === 'never') return [];
		const id = String(variable.value);
		const asset = inventory.find(id);
		return [{ id: asset?.id ?? id, asset }];
	}
	if (target === 'primary' || target === 'actor' || target === 'way_in' || target === 'store') {
		const before = held[0];
		if (before !== undefined)
			return before.target === null ? [null] : [{ id: before.target, asset: inventory.find(before.target) }];
		if (target === 'store') {
			const id = ground.storeOf(item.action);
			const asset = id === null ? null : inventory.find(id);
			// Where nothing is set up the step is for hands, like any other without a target.
			return id === null ? [null] : [{ id: asset?.id ?? id, asset }];
		}
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
