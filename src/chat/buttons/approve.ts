// A person's yes to one decision. Recorded, never acted on here: the gate counts it again, on fresh facts, before anything runs. Pure.
import type { Approval } from '../../domain/decision.ts';
import type { NewEntry } from '../../domain/entry.ts';
import { APPROVAL_EXPIRY_MS, mayDecide } from '../../safety/approval.ts';
import { proposeStep } from '../../safety/proposed-step.ts';
import { isConfirmed } from '../../safety/step-up.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { rolesAtPlaces } from '../people.ts';
import { shown } from '../text.ts';
import { alreadyAnswered, reject, type StepClick, stepName, tooLate } from './step-click.ts';

/**
 * What this person's Approve comes to. It counts only from a known person who holds an asked role at the place, did not ask
 * for the step, and was shown the decision that is still current; the requester and everybody else get a plain refusal, and
 * that refusal is an entry. Pressing twice records once.
 */
export function approve(click: StepClick): Answer {
	const { acting, step, places, now } = click;
	const { person } = acting;
	if (person === null) return reject(click, 'approve', 'unknown person', STRANGER);
	const repeated = alreadyAnswered(click, 'approve');
	if (repeated !== null) return repeated;
	const late = tooLate(click, 'approve');
	if (late !== null) return late;
	const { decision } = step;
	if (decision === null || step.state !== 'waiting') {
		return reject(
			click,
			'approve',
			`step ${step.state}`,
			`Not counted: ${stepName(click)} is done by hand; attest it when it is done.`,
		);
	}
	const may = mayDecide(person, decision, places, proposeStep(step), click.people);
	if (!may.ok) return reject(click, 'approve', may.reason, `Not counted: ${stepName(click)}: ${may.reason}.`);
	const unconfirmed = notConfirmed(click);
	if (unconfirmed !== null) return unconfirmed;
	const expires = now + APPROVAL_EXPIRY_MS;
	const roles = rolesAtPlaces(person, places);
	const ranOut = click.situation.approvals.find(
		(one) => one.step === step.id && one.person === acting.id && one.binding === click.binding && one.answer === 'yes',
	);
	const id = ranOut?.id ?? click.newId('apr');
	const entry: NewEntry = {
		kind: 'approval.given',
		actor: actorOf(acting),
		at: now,
		incident: step.incident,
		refs: [step.id, id],
		data: {
			step_title: step.title,
			action: step.action,
			target: step.target,
			binding: click.binding,
			roles,
			expires_at: expires,
			...wayOf(acting),
			reason: click.reason,
		},
	};
	return {
		outcome: 'done',
		entries: [entry],
		changes: [
			yesOf(click, { id, roles, expires, ranOut: ranOut ?? null }),
			// INVARIANT: the decision that was judged above is the one in the table when the yes is stored.
			{
				op: 'update',
				table: 'steps',
				id: step.id,
				set: { updated_at: now },
				expect: { state: 'waiting', updated_at: step.updated_at },
			},
		],
		topics: [
			{ topic: 'plan', key: step.incident },
			{ topic: 'expire', key: step.id, after: expires },
			{ topic: 'card', key: step.incident },
		],
		reply: `Your yes to ${stepName(click)} is recorded.${decision.needs.length > 1 ? ' It runs when the other side has said yes too.' : ''}`,
	};
}

/** A yes in Slack without the words that it takes: asked for where no window was open yet, refused where other words came. */
function notConfirmed(click: StepClick): Answer | null {
	const { acting, confirmation, typed } = click;
	// As the window shows it: a name may hold what is never shown.
	if (acting.via !== 'slack' || confirmation === null || isConfirmed(typed, shown(confirmation, 100))) return null;
	if (typed === null)
		return {
			...say(`Not counted yet: type \`${shown(confirmation, 100)}\` in the window that opens.`),
			asks: confirmation,
		};
	return reject(
		click,
		'approve',
		'the words that were typed are not what is acted on',
		`Not counted: you typed \`${shown(typed, 100)}\`, and ${stepName(click)} is about \`${shown(confirmation, 100)}\`. Look which one is meant, and press Approve again.`,
	);
}

/** One row for a person and a decision: a yes that ran out and is given again renews it; the ledger has both. */
function yesOf(
	{ acting, step, binding, reason, now }: StepClick,
	yes: {
		readonly id: string;
		readonly roles: Approval['roles'];
		readonly expires: number;
		readonly ranOut: Approval | null;
	},
): Change {
	const { id, roles } = yes;
	const said = { roles, reason, via: acting.via, at: now, expires_at: yes.expires };
	if (yes.ranOut !== null)
		return { op: 'update', table: 'approvals', id, set: said, expect: { at: yes.ranOut.at, withdrawn_at: null } };
	return {
		op: 'insert',
		table: 'approvals',
		row: { id, step: step.id, person: acting.id, answer: 'yes', binding, withdrawn_at: null, ...said },
	};
}
