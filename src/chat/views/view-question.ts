// "Is your view alive?": the question to a control room in the incident's thread, with the three answers as buttons, and what became of it.
// Pure. NOT here: what an answer comes to (buttons/view.ts).
import type { ViewQuestion } from '../../domain/view-question.ts';
import {
	actions,
	type Block,
	bold,
	bullets,
	code,
	date,
	fitMessage,
	header,
	type Inline,
	type Message,
	plain,
	rich,
} from '../blocks.ts';
import { VIEW_ROLES, viewPlace } from '../buttons/view.ts';
import type { Naming, Situation } from '../situation.ts';
import { shown } from '../text.ts';
import { viewState } from './after-steps.ts';
import { moreAt } from './card.ts';
import { incidentName, roleWords } from './words.ts';

const QUIET_SHOWN = 6;

/** @param askId the id of this message's row in `messages`: all that its buttons carry */
export function viewQuestionMessage(
	situation: Situation,
	question: ViewQuestion,
	askId: string,
	naming: Naming,
): Message {
	const name = incidentName(situation.incident);
	const place = shown(viewPlace(question), 80);
	const head = `${name}: control room of ${place}: is your view alive?`;
	const state = viewState(question, naming);
	const label = (word: string): string => `The view of ${place} is ${word}`;
	const blocks: Block[] = [
		header(head),
		rich(
			[
				bold('After: '),
				plain(shown(question.title, 120)),
				...(question.target === null ? [] : [plain(' on '), code(shown(naming.asset(question.target), 150))]),
				plain(', '),
				date(question.askedAt),
			],
			[
				bold('Look now: '),
				plain(
					'do values on your screens change, do alarms come in, does a command get its answer? Compare with a gauge or a second panel.',
				),
			],
			[
				bold('Who answers: '),
				plain(`${roleWords(VIEW_ROLES)} of that place; anybody on call there may say that it is lost.`),
			],
		),
		...quietBlocks(question),
		rich([bold('So far: '), ...state]),
		// Whatever becomes of the incident: somebody may be blind.
		actions([
			{ text: 'View is alive', action: 'view_alive', value: askId, style: 'primary', label: label('alive') },
			{ text: 'Impaired', action: 'view_impaired', value: askId, label: label('impaired') },
			{ text: 'View is lost', action: 'view_lost', value: askId, style: 'danger', label: label('lost') },
		]),
	];
	return fitMessage(
		question.answer === null ? head : `${head} ${question.answer}`,
		blocks,
		moreAt(situation.incident.number),
	);
}

function quietBlocks({ quiet }: ViewQuestion): Block[] {
	if (quiet.length === 0) return [];
	const lines = quiet.slice(0, QUIET_SHOWN).map((one): Inline[] => [plain(shown(one, 200))]);
	if (quiet.length > lines.length) lines.push([plain(`and ${quiet.length - lines.length} more`)]);
	return [
		rich([bold('Since this step went quiet '), plain('(related by time alone; the cause is not known):')]),
		bullets(lines),
	];
}
