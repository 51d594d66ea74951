// What the buttons on one step have in common: the facts a click is judged on, and the ways in which it comes too late. Pure.

import type { Person, Role } from '../../domain/person.ts';
import { never } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import { type Answer, refuse, say } from '../answer.ts';
import type { Acting } from '../people.ts';
import type { Place, Situation, Step } from '../situation.ts';
import { shown } from '../text.ts';
import { incidentName } from '../views/words.ts';

/** A click (or the same on the command line) on one step, with everything read fresh. */
export type StepClick = {
	readonly acting: Acting;
	readonly situation: Situation;
	readonly step: Step;
	/** The binding of the decision that the person was shown. */
	readonly binding: string;
	/** Where roles must be held: the site and zone of every target, as the gate sees them. */
	readonly places: readonly Place[];
	/** Everybody that Interlock knows: two entries may be one human being. */
	readonly people: readonly Person[];
	/** Roles whose attestation counts for this step. */
	readonly attestRoles: readonly Role[];
	/** Messages that ask for this step, of any decision: an asking again retires them. */
	readonly requests: readonly { readonly id: string; readonly key: string }[];
	/** Other open incidents, where the step kept steps on OT from starting; their plans are looked at again. */
	readonly heldBack: readonly string[];
	readonly reason: string | null;
	/** What has to be typed before a yes in Slack counts (safety/step-up.ts); null where the click is enough. */
	readonly confirmation: string | null;
	/** What was typed; null where no window was opened. */
	readonly typed: string | null;
	readonly now: Instant;
	readonly newId: (prefix: 'apr') => string;
};

export function stepName(click: StepClick): string {
	return `${incidentName(click.situation.incident)}: \`${shown(click.step.title, 100)}\``;
}

/** A refusal of this click, recorded as `approval.rejected`. */
export function reject(click: StepClick, command: string, why: string, reply: string): Answer {
	const { incident } = click.situation;
	return refuse(
		click.acting,
		{ kind: 'approval.rejected', command, incident: incident.id, refs: [click.step.id], why },
		reply,
		click.now,
	);
}

/** The answer to a click on something that is no longer asked; null where it still is. */
export function tooLate(click: StepClick, command: string): Answer | null {
	const { incident } = click.situation;
	const { step } = click;
	if (incident.state === 'resolved' || incident.state === 'merged') {
		return reject(
			click,
			command,
			`incident ${incident.state}`,
			`Not counted: ${incidentName(incident)} is ${incident.state}. Nothing was done.`,
		);
	}
	const state = settled(step);
	if (state !== null)
		return reject(
			click,
			command,
			`step ${step.state}`,
			`Not counted: ${stepName(click)} ${state}. Nothing changes by your click.`,
		);
	if (step.decision === null || step.decision.binding !== click.binding) {
		return reject(
			click,
			command,
			'the decision that was shown is not the current one',
			`Not counted: what would be done has changed since this was shown (target, parameters, playbook or the rows that apply). Look at the newest request for ${stepName(click)} and decide again.`,
		);
	}
	if (step.expires_at !== null && step.expires_at <= click.now) {
		return reject(
			click,
			command,
			'expired',
			`Not counted: the time to answer ${stepName(click)} is over. It was not done. If it is still needed: press Ask again under it.`,
		);
	}
	return null;
}

/** Words for a step that no longer waits for anybody; null while it does. */
function settled(step: Step): string | null {
	switch (step.state) {
		case 'waiting':
		case 'hands':
			return null;
		case 'planned':
			return 'is not asked yet: it waits for other steps';
		case 'queued':
			return 'is approved and about to run';
		case 'running':
			return 'is running already';
		case 'done':
		case 'attested':
			return 'is done already';
		case 'undone':
			return 'was done and has been taken back';
		case 'failed':
			return 'was tried and failed';
		case 'in_doubt':
			return 'was begun and its result is not known: look at the target and settle it';
		case 'refused':
			return `was refused${step.outcome === null ? '' : ` (${shown(step.outcome, 200)})`}`;
		case 'forbidden':
			return 'is never done';
		case 'expired':
			return 'has expired';
		case 'cancelled':
			return 'was cancelled';
		default:
			return never(step.state);
	}
}

/** Repeats of a click that was counted: said, not recorded again. A yes after one's own no is no repeat: it is refused, and that is recorded. */
export function alreadyAnswered(click: StepClick, command: 'approve' | 'refuse'): Answer | null {
	const mine = click.situation.approvals.find(
		(approval) =>
			approval.step === click.step.id && approval.person === click.acting.id && approval.binding === click.binding,
	);
	if (mine === undefined) return null;
	// A yes that ran out can be given again; a person is never told that nothing is needed while the step waits for them.
	if (mine.answer === 'yes' && mine.withdrawn_at === null && mine.expires_at <= click.now) return null;
	if (mine.withdrawn_at !== null) {
		const reply = `You took your yes to ${stepName(click)} back; it cannot be given again for the same decision.`;
		return command === 'approve' ? reject(click, command, 'the yes was taken back', reply) : say(reply);
	}
	return say(
		`Your ${mine.answer === 'yes' ? 'yes' : 'no'} to ${stepName(click)} is recorded already; nothing more is needed from you.`,
	);
}
