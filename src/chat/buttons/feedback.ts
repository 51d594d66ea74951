// The buttons by which people say that the program was wrong, and those under what was proposed of it. Pure; the answers are in learn/.
import type { FeedbackKind } from '../../domain/learned.ts';

/** action_id on the card to what is said; one click, no window. */
export const FEEDBACK_BUTTONS = {
	feedback_false_positive: 'false_positive',
	feedback_too_high: 'too_high',
	feedback_too_low: 'too_low',
	feedback_wrong_grouping: 'wrong_grouping',
} as const satisfies Readonly<Record<string, FeedbackKind>>;

export type FeedbackButton = keyof typeof FEEDBACK_BUTTONS;

export function isFeedbackButton(name: string): name is FeedbackButton {
	return Object.hasOwn(FEEDBACK_BUTTONS, name);
}

/** action_id under a proposal to what is done with it. */
export const LEARNED_BUTTONS = {
	learned_apply: 'apply',
	learned_decline: 'decline',
	learned_revoke: 'revoke',
} as const;

export type LearnedButton = keyof typeof LEARNED_BUTTONS;

export function isLearnedButton(name: string): name is LearnedButton {
	return Object.hasOwn(LEARNED_BUTTONS, name);
}
