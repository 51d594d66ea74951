// `feedback N WHAT`: the program was wrong about an incident. The same as the buttons on its card. Pure.
import type { FeedbackKind } from '../../domain/learned.ts';
import { nearest } from '../../domain/nearest.ts';
import { say } from '../answer.ts';
import { giveFeedback } from '../learn/feedback.ts';
import { shown } from '../text.ts';
import type { Command } from './command.ts';

const WORDS: Readonly<Record<string, FeedbackKind>> = {
	'false-positive': 'false_positive',
	'too-high': 'too_high',
	'too-low': 'too_low',
	grouping: 'wrong_grouping',
};

export const feedback: Command = {
	name: 'feedback',
	usage: 'feedback N false-positive|too-high|too-low|grouping',
	help: 'say that the program was wrong about incident N; it becomes a proposal that somebody else applies',
	takesIncident: true,
	reads: ['feedback'],
	run: ({ acting, situation, words, loaded, now }) => {
		const word = (words[1] ?? '').toLowerCase();
		const kind = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
		if (situation === null || kind === undefined || loaded.feedback === null) {
			const near = word === '' ? null : nearest(word, Object.keys(WORDS));
			return say(
				`What was wrong, with which incident? feedback 17 ${Object.keys(WORDS).join('|')}${near === null ? '' : `\nDid you mean \`${near}\`? \`${shown(word, 40)}\` is none of them.`}`,
			);
		}
		return giveFeedback({ acting, situation, reason: null, now, feedback: kind, ...loaded.feedback });
	},
};
