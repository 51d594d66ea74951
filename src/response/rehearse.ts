// What a playbook would do, with each step's decision, as if its turn had come, on every way that it could take: for `playbook plan`. Pure:
// no database, nothing recorded.
import type { Scalar } from '../domain/playbook-condition.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { LoadedPlaybook } from './choose.ts';
import type { EvidenceAlert, IncidentSummary } from './evidence.ts';
import { answer } from './flow/condition.ts';
import { askedFor } from './flow/decide-block.ts';
import type { Flow } from './flow/flow.ts';
import { decides } from './flow/program.ts';
import type { Instance } from './flow/walk.ts';
import { judge } from './gate.ts';
import { planFor } from './plan.ts';
import type { LeftOut } from './plan-step.ts';
import { settle } from './settle.ts';
import type { Setting, View } from './view.ts';

/** A block, and the way that it would take if it were decided now; null for what only time or people can say. */
export type Fork = { readonly instance: Instance; readonly now: string | null; readonly because: readonly string[] };

export type Rehearsal = {
	/** Steps in the playbook's order, each with the ways that lead to it; rows of blocks are not among them. */
	readonly steps: readonly { readonly step: Step; readonly ways: readonly string[] }[];
	readonly forks: readonly Fork[];
	readonly leftOut: readonly LeftOut[];
};

/**
 * Plans and judges without doing.
 *
 * @param statementsFor  the statements of facts that hold for a step; facts about steps name the step's id, so they are asked for per step
 */
export function rehearse(
	loaded: LoadedPlaybook,
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	setting: Setting,
	statementsFor: (step: Step) => readonly unknown[],
	now: Instant,
	inputs: Readonly<Record<string, Scalar>> = {},
): Rehearsal {
	const { inventory, canRun, storeOf, playbooks: library } = setting;
	const ground = { incident, alerts, inventory, held: [], canRun, storeOf, library, inputs, everyWay: true };
	const { steps: planned, leftOut, flow } = planFor(ground, loaded, now);
	const viewFor = (step: Step): View => ({
		...{ setting, incident: { ...incident, state: 'open' }, alerts, steps: planned, inputs },
		...{ approvals: [], statements: statementsFor(step), freezes: [], busy: [], alarms: [] },
		...{ automaticLastHour: 0, findings: [] },
	});
	const instanceOf = new Map(flow.instances.map((one) => [one.key, one]));
	const forks: Fork[] = [];
	const steps: { step: Step; ways: readonly string[] }[] = [];
	for (const step of planned) {
		const instance = instanceOf.get(step.key);
		if (instance === undefined) continue;
		const view = viewFor(step);
		if (decides(instance.part.node)) {
			forks.push(forkOf(instance, flow, step, view, now));
			continue;
		}
		const settled = settle(step, judge(step, view, now), canRun(step.action), true, setting.approvalMs, now);
		const { decision, state, instructions, expiresAt } = settled;
		steps.push({ step: { ...step, decision, state, instructions, expires_at: expiresAt }, ways: instance.ways });
	}
	return { steps, forks, leftOut };
}

function forkOf(instance: Instance, flow: Flow, row: Step, view: View, now: Instant): Fork {
	const { node } = instance.part;
	const condition = 'if' in node ? node.if : 'while' in node ? node.while : null;
	if (condition !== null) {
		const { holds, because } = answer(condition, askedFor(instance, flow, row, view, null, now));
		return { instance, now: holds ? 'do' : 'while' in node ? 'enough' : 'else', because };
	}
	if ('switch' in node) {
		const value = flow.variable(node.switch, instance.scope);
		const text = value.state === 'known' ? String(value.value) : null;
		const isCase = text !== null && Object.hasOwn(node.cases, text);
		return {
			...{ instance, now: isCase ? `case:${text}` : 'default' },
			because: [`\`${node.switch}\` ${text === null ? 'was not said' : `is ${text}`}`],
		};
	}
	if ('wait' in node && node.wait.until !== undefined) {
		const { holds, because } = answer(node.wait.until, askedFor(instance, flow, row, view, now, now));
		return { instance, now: holds ? 'do' : null, because };
	}
	return { instance, now: null, because: [] };
}
