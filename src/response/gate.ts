// How this stage asks the safety gate: always with facts made from one view of the incident, never with anything a playbook claims. Pure.
import type { Decision } from '../domain/decision.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { decide } from '../safety/decide.ts';
import { type Explanation, explain } from '../safety/explain.ts';
import { type Grant, type GrantAnswer, grant } from '../safety/grant.ts';
import { type ProposedStep, proposeStep } from '../safety/proposed-step.ts';
import { factsFor } from './facts.ts';
import { snapshotFor, type View } from './view.ts';

/** The step as the gate sees it. Where its playbook's file has changed since it was planned, what was approved was another plan. */
function proposed(step: Step, view: View): ProposedStep {
	const current = view.setting.playbooks.get(step.playbook)?.version ?? step.playbook_version;
	const planned = proposeStep(step);
	return current === step.playbook_version
		? planned
		: { ...planned, playbook_version: `${step.playbook_version} now ${current}` };
}

/** The gate's decision on a step as things stand. */
export function judge(step: Step, view: View, now: Instant): Decision {
	return decide(proposed(step, view), factsFor(step, view.setting, snapshotFor(step, view), now), now);
}

/** The same in words that an operator understands: on what it rests, what is not known, who can say it, what it waits for. */
export function explainStep(step: Step, view: View, now: Instant): Explanation {
	return explain(proposed(step, view), factsFor(step, view.setting, snapshotFor(step, view), now), now);
}

export type Permit =
	| { readonly ok: true; readonly grant: Grant; readonly decision: Decision }
	| { readonly ok: false; readonly decision: Decision; readonly reason: string };

/** Leave to run the step now, with the approvals that count now; or why not. There is none for a step of a drill. */
export function permit(step: Step, view: View, now: Instant): Permit {
	const answer = ask(step, view, now);
	return answer.ok ? answer : { ok: false, decision: answer.decision, reason: reasonOf(answer) };
}

export type Clearance =
	| { readonly ok: true; readonly decision: Decision }
	| { readonly ok: false; readonly decision: Decision; readonly reason: string };

/** Whether nothing stands in the way, for what needs no leave to be handed over: queueing a step, telling people, and rehearsing in a drill. */
export function clear(step: Step, view: View, now: Instant): Clearance {
	const answer = ask(step, view, now);
	if (answer.ok || answer.isRehearsal === true) return { ok: true, decision: answer.decision };
	return { ok: false, decision: answer.decision, reason: reasonOf(answer) };
}

function ask(step: Step, view: View, now: Instant): GrantAnswer {
	return grant({
		step: proposed(step, view),
		facts: factsFor(step, view.setting, snapshotFor(step, view), now),
		approvals: view.approvals.filter((approval) => approval.step === step.id),
		people: view.setting.people,
		now,
	});
}

function reasonOf({ waiting, reasons }: Extract<GrantAnswer, { ok: false }>): string {
	const open =
		waiting.length === 0 ? [] : [`approvals missing: ${waiting.map((need) => need.roles.join(' or ')).join('; ')}`];
	return [...reasons, ...open].join('; ').slice(0, 1_000);
}
