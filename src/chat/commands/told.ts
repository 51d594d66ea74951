// `told N STEP PERSON yes|no what was said`: somebody writes down what was decided by voice. It is their own word about another's, so it is
// recorded as a statement and never counts as that person's approval: the person confirms with their own click or token. A "no" stops nothing
// by itself either; whoever may refuse refuses. Pure.
import type { Person } from '../../domain/person.ts';
import type { NextTopic } from '../../domain/topic.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { isOnCallFor } from '../people.ts';
import { cut, shown } from '../text.ts';
import { incidentName } from '../views/words.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';
import { DECISION_DIGITS } from './show.ts';

export const told: Command = {
	name: 'told',
	usage: 'told N STEP PERSON yes|no what was said',
	help: 'write down what somebody said by voice about a step; it counts as their answer only when they confirm it themselves',
	takesIncident: true,
	reads: ['deputies'],
	run: writeTold,
};

/** A direct message to a person, where they have a Slack account. */
export function dmChange(
	call: CommandCall,
	to: Person,
	key: string,
	incident: string | null,
	text: string,
): { readonly changes: readonly Change[]; readonly topics: readonly NextTopic[] } {
	if (to.slack === null) return { changes: [], topics: [] };
	const id = call.newId('pst');
	const { now } = call;
	const row = {
		id,
		key,
		incident,
		channel: to.slack,
		text,
		state: 'pending' as const,
		created_at: now,
		updated_at: now,
	};
	return { changes: [{ op: 'insert', table: 'messages', row }], topics: [{ topic: 'post', key: id }] };
}

function writeTold(call: CommandCall): Answer {
	const { acting, situation, now, words } = call;
	if (situation === null) return say(`Which incident? /interlock ${told.usage}`);
	const { incident } = situation;
	const name = incidentName(incident);
	const no = (why: string, reply: string): Answer => refuseCommand(call, 'told', why, `Not recorded: ${reply}`);
	if (acting.person === null) return no('unknown person', STRANGER);
	if (!isOnCallFor(acting.person, incident.sites, incident.zones))
		return no('role', `you hold no role for the sites and zones of ${name}.`);
	const [, stepId = '', who = '', word = '', ...rest] = words;
	const step = situation.steps.find((one) => one.id === stepId);
	if (step === undefined) return no('no such step', `${name} has no step \`${shown(stepId, 60)}\`.`);
	const people = call.loaded.deputies?.people ?? [];
	const person = people.find((one) => one.id === who || one.slack === who.replace(/^<@|[|>].*$/g, ''));
	if (person === undefined)
		return no('unknown person', `nobody is known as \`${shown(who, 60)}\`; ids stand in people.yaml.`);
	if (person.id === acting.id) return no('own word', 'what you say yourself you approve or refuse yourself.');
	if (word !== 'yes' && word !== 'no')
		return no('not understood', 'did they say yes or no? Write it behind their name.');
	const said = cut(rest.join(' ').trim(), REASON_MAX) || null;
	const title = shown(step.title, 100);
	const digits = step.decision?.binding.slice(0, DECISION_DIGITS) ?? '';
	const confirm = `${word === 'yes' ? 'Approve' : 'Refuse'} under the request, or: interlock incident ${word === 'yes' ? 'approve' : 'refuse'} ${step.id} --decision ${digits}${word === 'yes' ? '' : ' --reason ...'}`;
	const message = dmChange(
		call,
		person,
		`told:${step.id}:${person.id}:${now}`,
		incident.id,
		`${acting.person.name} wrote down that you said ${word} by voice to ${name}: ${title}. It does not count as your answer until you confirm it yourself: ${confirm}. If you did not say so, say it in the thread and stop it: /interlock veto ${incident.number}`,
	);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'approval.told',
				actor: actorOf(acting),
				at: now,
				incident: incident.id,
				refs: [step.id],
				data: {
					step_title: step.title,
					action: step.action,
					target: step.target,
					value: `${person.name} said ${word}`,
					person: person.id,
					answer: word,
					note: said,
					binding: step.decision?.binding ?? null,
					...wayOf(acting),
				},
			},
		],
		changes: message.changes,
		topics: [...message.topics, { topic: 'card', key: incident.id }],
		reply: `Written down: ${person.name} said ${word} to ${name}: ${title}. That is your word, not their answer: it counts when they confirm it. ${message.changes.length > 0 ? 'They have been asked to.' : 'They have no Slack account: on the command line.'}`,
	};
}
