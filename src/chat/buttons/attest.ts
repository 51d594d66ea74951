// A qualified person's word that a hands-only step was done. Pure. NOT here: doing it, or checking that it was done.
import { answerIn, answerSpecOf, answerText } from '../../domain/playbook-condition.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { mayAttest, rolesAtPlaces } from '../people.ts';
import { cut } from '../text.ts';
import type { Ticks } from '../views/modals.ts';
import { roleWords } from '../views/words.ts';
import { reject, type StepClick, stepName, tooLate } from './step-click.ts';

/** What this person's attestation comes to. It counts from one who holds a fitting role at the place and ticked every line. */
export function attest(click: StepClick, ticks: Ticks): Answer {
	const { acting, step, places, now } = click;
	const { person } = acting;
	if (person === null) return reject(click, 'attest', 'unknown person', STRANGER);
	if (step.state === 'attested')
		return say(`${stepName(click)} is attested already${step.outcome === null ? '' : `: ${cut(step.outcome, 200)}`}.`);
	const late = tooLate(click, 'attest');
	if (late !== null) return late;
	if (step.state !== 'hands')
		return reject(click, 'attest', `step ${step.state}`, `Not counted: ${stepName(click)} is not a step for hands.`);
	if (!mayAttest(person, click.attestRoles, places)) {
		return reject(
			click,
			'attest',
			'role',
			`Not counted: that ${stepName(click)} was done is attested by ${roleWords(click.attestRoles)} of that place, and you hold none of these roles there.`,
		);
	}
	if (ticks.shown !== step.checklist.length || ticks.ticked !== step.checklist.length) {
		return reject(
			click,
			'attest',
			'checklist not complete',
			`Not recorded: ${ticks.ticked} of ${step.checklist.length} lines of the checklist of ${stepName(click)} are ticked. Do the rest first, or say in the thread why it cannot be done.`,
		);
	}
	const note = click.reason === null ? null : cut(click.reason.trim(), REASON_MAX) || null;
	const spec = answerSpecOf(step.params);
	const answer = spec === null ? null : answerIn(spec, note ?? '');
	if (spec !== null && answer === null) {
		return reject(
			click,
			'attest',
			'no answer',
			`Not recorded: the plan goes on with your answer. Begin the note with it, ${answerText(spec)}.`,
		);
	}
	const outcome = cut(`attested by ${person.name}${note === null ? '' : `: ${note}`}`, 1_000);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'step.attested',
				actor: actorOf(acting),
				at: now,
				incident: step.incident,
				refs: [step.id],
				data: {
					step_title: step.title,
					action: step.action,
					target: step.target,
					binding: click.binding,
					roles: rolesAtPlaces(person, places),
					checklist: [...step.checklist],
					note,
					...(spec === null ? {} : { answer: { name: spec.name, value: answer } }),
					...wayOf(acting),
				},
			},
		],
		changes: [
			{
				op: 'update',
				table: 'steps',
				id: step.id,
				set: { state: 'attested', outcome, updated_at: now },
				expect: { state: 'hands', updated_at: step.updated_at },
			},
		],
		topics: [
			{ topic: 'plan', key: step.incident },
			{ topic: 'card', key: step.incident },
		],
		reply: `Recorded: ${stepName(click)} was done. Thank you.`,
	};
}
