// `view N alive|impaired|lost [ZONE]`: the control room's answer, typed. The same rule as the buttons (buttons/view.ts). Pure.
import { ViewAnswer, viewQuestions } from '../../domain/view-question.ts';
import { type Answer, say } from '../answer.ts';
import { answerView, asViewEntries, viewPlace } from '../buttons/view.ts';
import { shown } from '../text.ts';
import { incidentName } from '../views/words.ts';
import type { Command, CommandCall } from './command.ts';

const USAGE = 'view N alive|impaired|lost [ZONE]';

export const view: Command = {
	name: 'view',
	usage: USAGE,
	help: 'the control room answers whether it still sees and steers after a step',
	takesIncident: true,
	reads: ['deputies'],
	run: typedView,
};

function typedView(call: CommandCall): Answer {
	const { situation, words, now } = call;
	const answer = ViewAnswer.safeParse(words[1]?.toLowerCase());
	if (situation === null || !answer.success) return say(`Type: ${USAGE}`);
	const all = viewQuestions(asViewEntries(situation.timeline));
	const zone = words[2]?.toLowerCase() ?? null;
	const meant = zone === null ? all : all.filter((one) => one.zone?.toLowerCase() === zone);
	const places = [...new Set(meant.map(viewPlace))];
	if (places.length > 1)
		return say(
			`${incidentName(situation.incident)} asks for more than one view. Which? ${shown(places.join(', '), 300)}`,
		);
	return answerView({
		acting: call.acting,
		situation,
		questions: meant,
		answer: answer.data,
		freezes: call.freezes,
		people: call.loaded.deputies?.people ?? [],
		open: call.open.map((incident) => incident.id),
		now,
		newId: call.newId,
	});
}
