// How this stage asks the safety gate: always with facts made from one view of the incident, never with anything a playbook claims. Pure.
import type { Decision } from '../domain/decision.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { decide } from '../safety/decide.ts';
import { type Grant, grant } from '../safety/grant.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import { factsFor } from './facts.ts';
import { snapshotFor, type View } from './view.ts';

/** The gate's decision on a step as things stand. */
export function judge(step: Step, view: View, now: Instant): Decision {
	return decide(proposeStep(step), factsFor(step, view.setting, snapshotFor(step, view), now), now);
}

export type Permit =
	| { readonly ok: true; readonly grant: Grant; readonly decision: Decision }
	| { readonly ok: false; readonly decision: Decision; readonly reason: string };

/** Leave to run the step now, with the approvals that count now; or why not. */
export function permit(step: Step, view: View, now: Instant): Permit {
	const answer = grant({
		step: proposeStep(step),
		facts: factsFor(step, view.setting, snapshotFor(step, view), now),
		approvals: view.approvals.filter((approval) => approval.step === step.id),
		people: view.setting.people,
		now,
	});
	if (answer.ok) return answer;
	const open =
		answer.waiting.length === 0
			? []
			: [`approvals missing: ${answer.waiting.map((need) => need.roles.join(' or ')).join('; ')}`];
	return { ok: false, decision: answer.decision, reason: [...answer.reasons, ...open].join('; ').slice(0, 1_000) };
}
