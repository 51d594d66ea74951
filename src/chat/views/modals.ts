// The windows that ask for words: a reason to refuse, an attestation, a resolution. Pure.
// The private metadata is the id of the message row and nothing else; what it stands for is read again at submission.
import { answerSpecOf, answerText } from '../../domain/playbook-condition.ts';
import type { Step } from '../../domain/step.ts';
import {
	BLOCKS_PER_VIEW_MAX,
	type Block,
	bold,
	code,
	INSTRUCTIONS_MAX,
	type JsonObject,
	MODAL_TITLE_MAX,
	OPTION_TEXT_MAX,
	OPTIONS_MAX,
	plain,
	quote,
	REASON_MAX,
	rich,
} from '../blocks.ts';
import { cut, shown, shownLines } from '../text.ts';

/** Two groups of ten: a playbook's checklist has at most twenty lines (domain/playbook.ts). */
const CHECKLIST_MAX = 2 * OPTIONS_MAX;

export type Modal = JsonObject & { readonly type: 'modal'; readonly callback_id: string };

function modal(callback: string, messageId: string, title: string, submit: string, blocks: readonly Block[]): Modal {
	return {
		type: 'modal',
		callback_id: callback,
		private_metadata: messageId,
		title: { type: 'plain_text', text: cut(title, MODAL_TITLE_MAX), emoji: false },
		submit: { type: 'plain_text', text: cut(submit, MODAL_TITLE_MAX), emoji: false },
		close: { type: 'plain_text', text: 'Back', emoji: false },
		blocks: blocks.slice(0, BLOCKS_PER_VIEW_MAX),
	};
}

function input(block: string, label: string, hint: string, optional: boolean): Block {
	return {
		type: 'input',
		block_id: block,
		optional,
		label: { type: 'plain_text', text: label, emoji: false },
		hint: { type: 'plain_text', text: hint, emoji: false },
		element: {
			type: 'plain_text_input',
			action_id: 'text',
			multiline: true,
			max_length: REASON_MAX,
			...(optional ? {} : { min_length: 2 }),
		},
	};
}

export function refuseModal(messageId: string): Modal {
	return modal('refuse', messageId, 'Refuse this step', 'Refuse', [
		rich([plain('The step is not done. Others see your name and your reason; the ledger keeps both.')]),
		input('reason', 'Why not?', 'What you know that the plan does not', false),
	]);
}

/** A yes to what touches OT, or takes two people: the person types what it is about. */
export function confirmModal(messageId: string, step: Pick<Step, 'title' | 'action'> | null, asked: string): Modal {
	return modal('approve', messageId, 'Approve this step', 'Approve', [
		rich(
			[bold(shown(step?.title ?? 'This step', 150)), plain(step === null ? '' : `: ${shown(step.action, 80)}`)],
			[
				plain('It is about '),
				code(shown(asked, 100)),
				plain('. Nothing happens before everybody who is asked has said yes.'),
			],
		),
		{
			...input(
				'confirmation',
				`Type ${cut(shown(asked, 100), 100)}`,
				'As it stands above: it shows that you mean this one',
				false,
			),
			element: { type: 'plain_text_input', action_id: 'text', multiline: false, max_length: 200, min_length: 1 },
		},
	]);
}

/** `isDone`: which of the two buttons was pressed; the window says back what will be recorded. */
export function settleModal(messageId: string, isDone: boolean): Modal {
	const words = isDone ? 'It was done' : 'It was not done';
	return modal(isDone ? 'settle_done' : 'settle_not_done', messageId, words, words, [
		rich([
			plain(
				isDone
					? 'You looked at the target, and it has happened. The plan goes on from there.'
					: 'You looked at the target, and it has not happened. The step counts as failed; it is not tried again by itself.',
			),
		]),
		input('note', 'What did you see?', 'Where you looked and what it said', false),
	]);
}

export function resolveModal(messageId: string): Modal {
	return modal('resolve', messageId, 'Resolve the incident', 'Resolve', [
		rich([plain('Steps that still wait are cancelled. What was contained stays contained until its own expiry.')]),
		input('resolution', 'What was it, and how did it end?', 'The next shift and the reviewer read this', false),
	]);
}

/** Every line of the checklist has to be ticked; `isChecked` looks at that before anything is recorded. */
export function attestModal(
	messageId: string,
	step: Pick<Step, 'title' | 'instructions' | 'checklist'> & Partial<Pick<Step, 'params'>>,
): Modal {
	const spec = answerSpecOf(step.params ?? {});
	const items = step.checklist.slice(0, CHECKLIST_MAX);
	const groups = [items.slice(0, OPTIONS_MAX), items.slice(OPTIONS_MAX)].filter((group) => group.length > 0);
	const boxes = groups.map(
		(group, at): Block => ({
			type: 'input',
			block_id: `checklist${at}`,
			label: {
				type: 'plain_text',
				text: at === 0 ? 'I have done or seen each of these' : 'and each of these',
				emoji: false,
			},
			element: {
				type: 'checkboxes',
				action_id: 'boxes',
				options: group.map((item, index) => ({
					text: {
						type: 'plain_text',
						text: cut(`${at * OPTIONS_MAX + index + 1}. ${shown(item, 200)}`, OPTION_TEXT_MAX),
						emoji: false,
					},
					value: String(at * OPTIONS_MAX + index),
				})),
			},
		}),
	);
	return modal('attest', messageId, 'Attest', 'It was done', [
		rich(
			[bold(shown(step.title, 150))],
			[plain('You give your word that it was done, by you or in your sight. It is recorded with your name.')],
		),
		...(step.instructions === null ? [] : [quote(shownLines(step.instructions, INSTRUCTIONS_MAX, INSTRUCTIONS_MAX))]),
		...(items.length > 0
			? [
					quote(
						items
							.map((item, index) => `${index + 1}. ${shown(item, 300)}`)
							.join('\n')
							.slice(0, 6_500),
					),
				]
			: []),
		...boxes,
		spec === null
			? input('note', 'Note', 'Permit number, readings, who was with you', true)
			: input(
					'note',
					`First the answer, then a note. ${answerText(spec)}`.slice(0, 500),
					'The plan goes on with your answer',
					false,
				),
	]);
}

/** How many boxes a submitted attestation showed and how many were ticked. */
export type Ticks = { readonly shown: number; readonly ticked: number };

/** Fills in a window that was opened before its step could be read: a trigger lives only three seconds. */
export function waitModal(): Modal {
	return {
		type: 'modal',
		callback_id: 'wait',
		title: { type: 'plain_text', text: 'One moment', emoji: false },
		close: { type: 'plain_text', text: 'Back', emoji: false },
		blocks: [rich([plain('Reading the step …')])],
	};
}

/** Says inside the window why it cannot be used. */
export function sorryModal(text: string): Modal {
	return {
		...waitModal(),
		title: { type: 'plain_text', text: 'Not possible', emoji: false },
		blocks: [rich([plain(shownLines(text, 2_000))])],
	};
}

/** Lines to read, in quotes of a size that Slack takes; a closed window changes nothing. */
export function detailsModal(title: string, lines: readonly string[]): Modal {
	const parts: string[] = [];
	let part = '';
	for (const line of lines) {
		if (part.length + line.length > DETAILS_PART_MAX) {
			parts.push(part);
			part = '';
		}
		part += `${line.slice(0, DETAILS_PART_MAX)}\n`;
	}
	parts.push(part);
	return {
		...waitModal(),
		callback_id: 'details',
		title: { type: 'plain_text', text: cut(title, MODAL_TITLE_MAX), emoji: false },
		blocks: parts.slice(0, DETAILS_PARTS_MAX).map((text) => quote(text.trimEnd())),
	};
}

const DETAILS_PART_MAX = 2_500;
const DETAILS_PARTS_MAX = 4;
