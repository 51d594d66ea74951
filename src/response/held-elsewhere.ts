// Two incidents may want the same containment. What another incident's step holds is not done a second time, and not taken back while
// that incident still needs it. Pure: the steps of other incidents are handed in.
import type { Step } from '../domain/step.ts';
import { RUNNABLE } from './actions/index.ts';

/** A step of an open incident that was done and has not been taken back. */
export type Holder = Pick<Step, 'id' | 'incident' | 'playbook' | 'key' | 'action' | 'target' | 'params' | 'title'> & {
	/** What people call its incident: 17 for INC-17. */
	readonly number: number;
};

export type Contained = {
	/** The action that would be in force: of a taking back, the one that it takes back. */
	readonly action: string;
	readonly isTakingBack: boolean;
};

/** Parameters that name what is contained, beside the target. */
const SUBJECTS = ['account', 'indicator'] as const;

/** Null for a step that contains nothing: a ticket, an ended session. */
export function containedBy(step: Pick<Step, 'key' | 'action'>): Contained | null {
	if (step.key.startsWith('undo:')) {
		const forward = [...RUNNABLE.values()].find(({ undo }) => 'by' in undo && undo.by === step.action);
		return forward === undefined ? null : { action: forward.name, isTakingBack: true };
	}
	const undo = RUNNABLE.get(step.action)?.undo;
	return undo !== undefined && 'by' in undo ? { action: step.action, isTakingBack: false } : null;
}

/** The step of another incident that holds the same thing; null where there is none. */
export function holderOf(step: Step, contained: Contained, others: readonly Holder[]): Holder | null {
	return (
		others.find(
			(other) =>
				other.incident !== step.incident &&
				other.action === contained.action &&
				!other.key.startsWith('undo:') &&
				other.target === step.target &&
				SUBJECTS.every((name) => other.params[name] === step.params[name]),
		) ?? null
	);
}
