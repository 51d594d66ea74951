// What a playbook would do, with each step's decision, as if its turn had come: for `playbook plan`. Pure: no database, nothing recorded.
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { LoadedPlaybook } from './choose.ts';
import type { EvidenceAlert, IncidentSummary } from './evidence.ts';
import { judge } from './gate.ts';
import { type LeftOut, planFor } from './plan.ts';
import { settle } from './settle.ts';
import type { Setting, View } from './view.ts';

export type Rehearsal = { readonly steps: readonly Step[]; readonly leftOut: readonly LeftOut[] };

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
): Rehearsal {
	const plan = planFor(
		{ incident, alerts, inventory: setting.inventory, held: [], canRun: setting.canRun },
		loaded,
		now,
	);
	const steps = plan.steps.map((step) => {
		const view: View = {
			setting,
			incident: { ...incident, state: 'open' },
			alerts,
			steps: plan.steps,
			approvals: [],
			statements: statementsFor(step),
			freezes: [],
			busy: [],
			alarms: [],
			automaticLastHour: 0,
			findings: [],
		};
		const settled = settle(step, judge(step, view, now), setting.canRun(step.action), true, setting.approvalMs, now);
		return {
			...step,
			decision: settled.decision,
			state: settled.state,
			instructions: settled.instructions,
			expires_at: settled.expiresAt,
		};
	});
	return { steps, leftOut: plan.leftOut };
}
