// A person's no to one decision, with the reason; after a yes, the taking back of it, until the step starts. Pure.
import type { NewEntry } from '../../domain/entry.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { mayRefuse, rolesAtPlaces } from '../people.ts';
import { cut } from '../text.ts';
import { alreadyAnswered, reject, type StepClick, stepName, tooLate } from './step-click.ts';

/**
 * What this person's Refuse comes to: the step is not done. One no is enough, whoever said yes before. Those whose yes was
 * asked may give it, the requester too, and the operators and engineers of the place (`REFUSE_ROLES`).
 */
export function refuseStep(click: StepClick): Answer {
	const { acting, step, places } = click;
	const { person } = acting;
	if (person === null) return reject(click, 'refuse', 'unknown person', STRANGER);
	const mine = ownYes(click);
	if (mine === null) {
		const repeated = alreadyAnswered(click, 'refuse');
		if (repeated !== null) return repeated;
	}
	const late = step.state === 'queued' ? null : tooLate(click, 'refuse');
	if (late !== null) return late;
	const { decision } = step;
	if (decision === null || (step.state !== 'waiting' && step.state !== 'queued')) {
		return reject(
			click,
			'refuse',
			`step ${step.state}`,
			`Not counted: ${stepName(click)} is done by hand; nobody is asked to approve it.`,
		);
	}
	if (step.requested_by !== acting.id && !mayRefuse(person, decision, places)) {
		return reject(
			click,
			'refuse',
			'role',
			`Not counted: you hold no role at the place of ${stepName(click)} that decides about it.`,
		);
	}
	const reason = click.reason === null ? '' : cut(click.reason.trim(), REASON_MAX);
	if (reason === '')
		return reject(
			click,
			'refuse',
			'no reason',
			`Not recorded: say why ${stepName(click)} should not be done, so that others can act on it.`,
		);
	return refused(click, reason, mine);
}

function ownYes(click: StepClick): string | null {
	const mine = click.situation.approvals.find(
		(approval) =>
			approval.step === click.step.id &&
			approval.person === click.acting.id &&
			approval.binding === click.binding &&
			approval.answer === 'yes' &&
			approval.withdrawn_at === null,
	);
	return mine?.id ?? null;
}

function refused(click: StepClick, reason: string, mine: string | null): Answer {
	const { acting, step, places, now } = click;
	const id = mine ?? click.newId('apr');
	const roles = acting.person === null ? [] : rolesAtPlaces(acting.person, places);
	const about = { step_title: step.title, action: step.action, target: step.target, binding: click.binding };
	const entries: NewEntry[] = [
		{
			kind: mine === null ? 'approval.refused' : 'approval.withdrawn',
			actor: actorOf(acting),
			at: now,
			incident: step.incident,
			refs: [step.id, id],
			data: { ...about, roles, reason, ...wayOf(acting) },
		},
		{
			kind: 'step.refused',
			actor: actorOf(acting),
			at: now,
			incident: step.incident,
			refs: [step.id],
			data: { ...about, reason },
		},
	];
	const answer: Change =
		mine === null
			? {
					op: 'insert',
					table: 'approvals',
					row: {
						id,
						step: step.id,
						person: acting.id,
						roles,
						answer: 'no',
						reason,
						binding: click.binding,
						via: acting.via,
						at: now,
						expires_at: now,
						withdrawn_at: null,
					},
				}
			: { op: 'update', table: 'approvals', id: mine, set: { withdrawn_at: now }, expect: { withdrawn_at: null } };
	const outcome = cut(`refused by ${acting.person?.name ?? acting.id}: ${reason}`, 1_000);
	return {
		outcome: 'done',
		entries,
		changes: [
			answer,
			{
				op: 'update',
				table: 'steps',
				id: step.id,
				set: { state: 'refused', outcome, updated_at: now },
				expect: { state: step.state, updated_at: step.updated_at },
			},
		],
		topics: [
			{ topic: 'plan', key: step.incident },
			{ topic: 'card', key: step.incident },
		],
		reply: `Not done: ${stepName(click)}. Your reason is recorded.`,
	};
}
