// A person's word on a step whose result the program does not know: it was done, or it was not. Pure.
// NOT here: looking at the target (people do), and what follows from the answer (response judges the plan again).
import type { NewEntry } from '../../domain/entry.ts';
import type { Person, Role } from '../../domain/person.ts';
import type { Step } from '../../domain/step.ts';
import type { NextTopic } from '../../domain/topic.ts';
import { mayDecide } from '../../safety/approval.ts';
import { proposeStep } from '../../safety/proposed-step.ts';
import { type Answer, actorOf, refuse, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { mayAttest, rolesAtPlaces } from '../people.ts';
import { cut } from '../text.ts';
import { roleWords } from '../views/words.ts';
import { type StepClick, stepName } from './step-click.ts';

/** The roles whose word settles the step: those who could have approved it; where nobody was asked, those who attest at the place. */
export function settleRoles(step: Pick<Step, 'decision'>, attestRoles: readonly Role[]): readonly Role[] {
	const asked = step.decision?.needs.flatMap((need) => need.roles) ?? [];
	return asked.length > 0 ? [...new Set(asked)] : attestRoles;
}

function maySettle(click: StepClick, person: Person): boolean {
	const { step, places } = click;
	return step.decision !== null && step.decision.needs.length > 0
		? mayDecide(person, step.decision, places, proposeStep(step), click.people).ok
		: mayAttest(person, click.attestRoles, places);
}

/**
 * What "It was done" or "It was not done" comes to. The words are needed: they are the only evidence of what the target shows.
 * `click.binding` is the attempt that the person was shown: a word on an earlier one does not count for a later one.
 */
export function settle(click: StepClick, isDone: boolean): Answer {
	const { acting, step, now } = click;
	const no = (why: string, reply: string): Answer =>
		refuse(
			acting,
			{ kind: 'command.refused', command: 'settle', incident: step.incident, refs: [step.id], why },
			reply,
			now,
		);
	if (acting.person === null) return no('unknown person', STRANGER);
	if (step.state !== 'in_doubt')
		return say(`${stepName(click)} is not in doubt (it is ${step.state}); nothing changes.`);
	if (click.binding !== String(step.attempts))
		return no('another attempt', `Not counted: ${stepName(click)} was begun again since this was shown.`);
	if (!maySettle(click, acting.person)) {
		const roles = roleWords(settleRoles(step, click.attestRoles));
		return no(
			'role',
			`Not counted: what became of ${stepName(click)} is said by ${roles} of that place who did not ask for it.`,
		);
	}
	const note = cut((click.reason ?? '').trim(), REASON_MAX);
	if (note === '') return no('no words', `Not recorded: say what you saw at the target of ${stepName(click)}.`);
	return settled(click, acting.person, isDone, note);
}

function settled(click: StepClick, person: Person, isDone: boolean, note: string): Answer {
	const { acting, step, now } = click;
	const state = isDone ? 'done' : 'failed';
	const until = isDone && step.containment_ms !== null ? now + step.containment_ms : null;
	const outcome = cut(`${person.name} looked: it was ${isDone ? '' : 'not '}done: ${note}`, 1_000);
	const entry: NewEntry = {
		kind: 'step.result',
		actor: actorOf(acting),
		at: now,
		incident: step.incident,
		refs: [step.id],
		data: {
			step_title: step.title,
			action: step.action,
			target: step.target,
			state,
			outcome,
			by: 'person',
			attempt: Math.max(0, step.attempts - 1),
			roles: rolesAtPlaces(person, click.places),
			contained_until: until,
			...wayOf(acting),
		},
	};
	const topics: NextTopic[] = [
		...[step.incident, ...click.heldBack].map((key): NextTopic => ({ topic: 'plan', key })),
		{ topic: 'card_asked', key: step.incident },
		...(until === null ? [] : [{ topic: 'expire', key: step.id, after: until } as const]),
	];
	return {
		outcome: 'done',
		entries: [entry],
		changes: [
			{
				op: 'update',
				table: 'steps',
				id: step.id,
				set: { state, outcome, contained_until: until, updated_at: now },
				expect: { state: 'in_doubt', attempts: step.attempts, updated_at: step.updated_at },
			},
		],
		topics,
		reply:
			`Recorded: ${stepName(click)} was ${isDone ? 'done' : 'not done'}. ${click.heldBack.length > 0 ? 'Steps that waited for it are judged again.' : ''}`.trim(),
	};
}
