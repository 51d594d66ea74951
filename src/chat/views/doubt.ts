// A step that was begun and whose result is not known: what was begun, what the target was asked, what to look at, and two buttons for
// the person who has looked. Pure. NOT here: any way to try it again.
import type { Step } from '../../domain/step.ts';
import {
	actions,
	type Block,
	bold,
	bullets,
	code,
	date,
	fitMessage,
	header,
	INSTRUCTIONS_MAX,
	type Inline,
	type Message,
	plain,
	quote,
	rich,
} from '../blocks.ts';
import { settleRoles } from '../buttons/settle.ts';
import type { Naming, Situation } from '../situation.ts';
import { shown, shownLines } from '../text.ts';
import { params, statusWords } from './approval-request.ts';
import { moreAt } from './card.ts';
import { heldBackWords, incidentName, roleWords } from './words.ts';

const CHECKLIST_SHOWN = 20;

/**
 * @param attempt the attempt (as text) that this message was posted for
 * @param askId   the id of this message's row in `messages`: all that its buttons carry
 */
export function doubtMessage(
	situation: Situation,
	step: Step,
	attempt: string,
	askId: string,
	naming: Naming,
): Message {
	const name = incidentName(situation.incident);
	const title = shown(step.title, 100);
	const isOpen = step.state === 'in_doubt' && String(step.attempts) === attempt;
	const head = isOpen ? `${name}: look at the target: ${title}` : `${name}: ${title}`;
	const blocks: Block[] = [
		header(head),
		...(isOpen ? [rich(...first(step, naming))] : []),
		begun(situation, step, naming),
		...(isOpen && step.instructions !== null
			? [quote(shownLines(step.instructions, INSTRUCTIONS_MAX, INSTRUCTIONS_MAX))]
			: []),
		...(isOpen && step.checklist.length > 0
			? [bullets(step.checklist.slice(0, CHECKLIST_SHOWN).map((item) => [plain(`☐ ${shown(item, 300)}`)]))]
			: []),
		isOpen
			? actions([
					{ text: 'It was done', action: 'settle_done', value: askId, label: `It was done: ${title}` },
					{ text: 'It was not done', action: 'settle_not_done', value: askId, label: `It was not done: ${title}` },
				])
			: rich([bold(`${statusWords(step)}${step.outcome === null ? '' : `: ${shown(step.outcome, 400)}`}`)]),
	];
	return fitMessage(
		isOpen ? `${head}. Was it done? The program does not know.` : `${head}: ${statusWords(step)}`,
		blocks,
		moreAt(situation.incident.number),
	);
}

function first(step: Step, naming: Naming): Inline[][] {
	const where = step.target === null ? 'where it should have acted' : `at ${shown(naming.asset(step.target), 150)}`;
	const action = shown(naming.action(step.action).title, 150);
	const held = heldBackWords(step, naming);
	return [
		[
			bold('Do now: '),
			plain(`look ${where}, with its own tools: has it happened (${action})? Do not try it again before you know.`),
		],
		[bold('Then: '), plain('press the button that is true and write what you saw.')],
		...(held === '' ? [] : [[bold(held)]]),
	];
}

function begun({ timeline }: Situation, step: Step, naming: Naming): Block {
	const intent = timeline.findLast((entry) => entry.kind === 'step.intent' && entry.refs.includes(step.id));
	const connector = intent?.data['connector'];
	const lines: Inline[][] = [
		[
			bold('Begun: '),
			...(intent === undefined ? [plain('time not known')] : [date(intent.at)]),
			plain(typeof connector === 'string' ? ` through ${shown(connector, 80)}: ` : ': '),
			code(shown(step.action, 80)),
			...(step.target === null ? [] : [plain(' on '), code(shown(naming.asset(step.target), 200))]),
		],
		...params(step),
	];
	if (step.state === 'in_doubt') {
		lines.push([bold('What came back: '), plain(shown(step.outcome ?? 'nothing', 500))]);
		const roles = roleWords(settleRoles(step, naming.attestRoles(step)));
		lines.push([bold('Who says so: '), plain(shown(`${roles} of that place`, 300))]);
	}
	return rich(...lines);
}
