// Whether a step's turn has come: what the steps that it waits for have come to. Pure.
import { never } from '../domain/result.ts';
import type { Step, StepState } from '../domain/step.ts';

/** Key of the request to people that stands between a failed step and those behind it. No playbook key has a colon. */
export const goOnKey = (key: string): string => `go-on:${key}`;
export const undoKey = (key: string): string => `undo:${key}`;

export type Ending = 'open' | 'good' | 'bad';

/** What a state means for the steps behind: still open, ended well, or ended without its effect. */
export function endingOf(state: StepState): Ending {
	switch (state) {
		case 'planned':
		case 'waiting':
		case 'queued':
		case 'running':
		case 'in_doubt':
		case 'hands':
			return 'open';
		case 'done':
		case 'attested':
		case 'undone':
			return 'good';
		case 'failed':
		case 'refused':
		case 'forbidden':
		case 'expired':
		case 'cancelled':
			return 'bad';
		default:
			return never(state);
	}
}

/**
 * ready      nothing is in the way
 * wait       something it waits for is open
 * cancel     something ended badly, and the playbook says to stop
 * ask        something ended badly, and a person must say whether to go on: `failed` names the steps that have no question yet
 */
export type Turn =
	| { readonly kind: 'ready' }
	| { readonly kind: 'wait' }
	| { readonly kind: 'cancel'; readonly because: string }
	| { readonly kind: 'ask'; readonly failed: readonly Step[] };

/**
 * Judges the turn of one step among all steps of its incident. A key that the plan does not have (left out) is not waited for.
 *
 * @param onFailure what the playbook says for a step that ended badly
 */
export function turnOf(step: Step, all: readonly Step[], onFailure: (step: Step) => 'continue' | 'stop' | 'ask'): Turn {
	const same = all.filter((other) => other.playbook === step.playbook && other.id !== step.id);
	let isOpen = false;
	const failed: Step[] = [];
	for (const before of same.filter((other) => step.after.includes(other.key))) {
		const ending = endingOf(before.state);
		if (ending === 'open') isOpen = true;
		if (ending !== 'bad') continue;
		const rule = onFailure(before);
		if (rule === 'continue') continue;
		const because = `\`${before.title}\` ended ${before.state}`;
		if (rule === 'stop') return { kind: 'cancel', because };
		const question = same.find((other) => other.key === goOnKey(before.key) && other.target === before.target);
		if (question === undefined) failed.push(before);
		else if (endingOf(question.state) === 'open') isOpen = true;
		else if (endingOf(question.state) === 'bad')
			return { kind: 'cancel', because: `${because}, and nobody said to go on` };
	}
	if (failed.length > 0) return { kind: 'ask', failed };
	return isOpen ? { kind: 'wait' } : { kind: 'ready' };
}
