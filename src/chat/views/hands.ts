// A step that only a qualified person may do: written out with its checklist, and a button to attest that it was done. Pure.
// NOT here: any way to make the bot do it.
import type { Step } from '../../domain/step.ts';
import {
	actions,
	type Block,
	bold,
	bullets,
	code,
	fitMessage,
	header,
	INSTRUCTIONS_MAX,
	type Message,
	plain,
	quote,
	rich,
} from '../blocks.ts';
import type { Naming, Situation } from '../situation.ts';
import { shown, shownLines } from '../text.ts';
import { statusWords } from './approval-request.ts';
import { moreAt } from './card.ts';
import { incidentName } from './words.ts';

const CHECKLIST_SHOWN = 20;

/** @param askId the id of this message's row in `messages`: all that its button carries */
export function handsMessage(
	situation: Situation,
	step: Step,
	binding: string,
	askId: string,
	naming: Naming,
): Message {
	const name = incidentName(situation.incident);
	const title = shown(step.title, 110);
	const isCurrent = step.decision !== null && step.decision.binding === binding;
	const isOpen =
		isCurrent &&
		step.state === 'hands' &&
		situation.incident.state !== 'resolved' &&
		situation.incident.state !== 'merged';
	const rows = (step.decision?.rows ?? []).filter((say) => say.class === 'HANDS').slice(0, 6);
	const blocks: Block[] = [
		header(`${name}: for hands: ${title}`),
		rich(
			[bold('Target: '), step.target === null ? plain('none') : code(shown(naming.asset(step.target), 200))],
			[
				bold('Who: '),
				plain(
					shown(step.decision?.instead || 'a person qualified for this equipment, under the site’s own permit', 400),
				),
			],
		),
		...(step.instructions === null ? [] : [quote(shownLines(step.instructions, INSTRUCTIONS_MAX, INSTRUCTIONS_MAX))]),
		...(step.checklist.length === 0
			? []
			: [
					rich([bold('Checklist')]),
					bullets(step.checklist.slice(0, CHECKLIST_SHOWN).map((item) => [plain(`☐ ${shown(item, 300)}`)])),
				]),
		rich([bold('Why not the bot: '), plain(shown(whyNotTheBot(step), 500))]),
		...(rows.length > 0
			? [bullets(rows.map((say) => [code(shown(say.row, 20)), plain(` ${shown(say.reason, 250)}`)]))]
			: []),
		isOpen
			? actions([{ text: 'Attest: it was done', action: 'attest', value: askId, label: `Attest: ${title}` }])
			: rich([
					bold(
						`${isCurrent ? statusWords(step) : 'No longer asked: what would be done has changed'}${step.outcome === null ? '' : `: ${shown(step.outcome, 400)}`}`,
					),
				]),
	];
	return fitMessage(
		`${name}: for hands: ${title}${isOpen ? '' : `: ${statusWords(step, isCurrent)}`}`,
		blocks,
		moreAt(situation.incident.number),
	);
}

/** A question to people is for hands although the table would let the bot ask by itself: the answer is theirs. */
function whyNotTheBot({ decision }: Step): string {
	if (decision === null) return 'a person does this';
	if (decision.class === 'HANDS' || decision.class === 'NEVER') return decision.summary;
	return 'it is a question to people: I ask it, and only they can do it and say what came of it.';
}
