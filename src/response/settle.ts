// From the gate's decision to the state that a step takes. Pure. It may only ever be stricter than the gate: where the program has no
// way to do a thing, it is for hands, whatever the gate would allow.
import type { Decision } from '../domain/decision.ts';
import { never } from '../domain/result.ts';
import type { Step, StepState } from '../domain/step.ts';
import { type Instant, MINUTE } from '../domain/time.ts';

/** How long approvals are waited for once asked, where the playbook does not say (reference: dual approval, 15 min). */
export const APPROVAL_WAIT_MS = 15 * MINUTE;
/** The same while facts have to be stated first (rule G6 asks for five): people need the time to find out. Each approval still ends on its own. */
const FACTS_WAIT_MS = 60 * MINUTE;

/** Instructions for a hands step whose author wrote none. */
const NO_INSTRUCTIONS =
	'No instructions were written for this step: follow the site procedure for it, and write what was done into the thread.';

export type Settled = {
	readonly decision: Decision;
	readonly state: StepState;
	/** New value of the step's `expires_at`. */
	readonly expiresAt: Instant | null;
	readonly instructions: string | null;
};

/**
 * @param isRunnable   the program has an action for it, and a connector where the action needs one
 * @param isReady      its turn has come (order.ts): before that nobody is asked
 * @param approvalMs   how long approvals are waited for
 */
export function settle(
	step: Step,
	gate: Decision,
	isRunnable: boolean,
	isReady: boolean,
	approvalMs: number,
	now: Instant,
): Settled {
	const decision = isRunnable ? gate : forHands(gate, step.action);
	const base = { decision, expiresAt: null, instructions: step.instructions };
	const { class: decided } = decision;
	switch (decided) {
		case 'NEVER':
			return { ...base, state: 'forbidden' };
		case 'HANDS':
			return { ...base, state: isReady ? 'hands' : 'planned', instructions: handsText(step, gate) };
		case 'AUTO':
			if (!isReady) return { ...base, state: 'planned' };
			return { ...base, state: decision.holds.length === 0 ? 'queued' : 'waiting' };
		case 'ONE':
		case 'TWO': {
			if (!isReady) return { ...base, state: 'planned' };
			const isSame =
				step.state === 'waiting' && step.expires_at !== null && step.decision?.binding === decision.binding;
			const waitMs = decision.holds.length === 0 ? approvalMs : Math.max(approvalMs, FACTS_WAIT_MS);
			return { ...base, state: 'waiting', expiresAt: isSame ? step.expires_at : now + waitMs };
		}
		default:
			return never(decided);
	}
}

/** The same decision for hands, because nothing in the program can do the action (G10: a missing capability is the strongest control). */
function forHands(gate: Decision, action: string): Decision {
	if (gate.class === 'HANDS' || gate.class === 'NEVER') return gate;
	return {
		...gate,
		class: 'HANDS',
		rows: [
			...gate.rows,
			{
				row: 'G10',
				class: 'HANDS',
				reason: `no connector for \`${action}\` is set up here: a person does it with their own tools`,
			},
		],
		needs: [],
		holds: [],
		summary:
			`By hand: nothing is set up here that could do \`${action}\`. The table itself says ${gate.class} (${gate.rows.map((say) => say.row).join(', ')}).`.slice(
				0,
				1_000,
			),
	};
}

/** What a person reads: who has to agree first (a missing connector takes no approval away), then the author's words. */
function handsText(step: Step, gate: Decision): string {
	const agree =
		gate.class === 'TWO'
			? 'By the safety table this takes two people, one of IT and one of OT: agree before you do it.\n'
			: gate.class === 'ONE'
				? 'By the safety table this takes the word of one person who decides at this place: get it before you do it.\n'
				: '';
	const text = step.instructions ?? NO_INSTRUCTIONS;
	return text.startsWith(agree) ? text : `${agree}${text}`;
}
