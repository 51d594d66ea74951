// A change that a click asked for, in the thread of its incident: what it is, as a diff, what it would have done, who applies it. Pure.
import { isInForce, type Learned } from '../../domain/learned.ts';
import { DAY, type Instant } from '../../domain/time.ts';
import { actions, type Block, bold, fitMessage, header, type Message, plain, quote, rich } from '../blocks.ts';
import { APPLY_ROLES, placeWords, sidesOf, stateWordsOf } from '../learn/decide.ts';
import { FEEDBACK_WORDS } from '../learn/feedback.ts';
import type { Naming } from '../situation.ts';
import { count, shown, shownLines } from '../text.ts';
import { roleWords } from './words.ts';

const DIFF_MAX = 5_000;

/**
 * @param diff  lines of the rules file before and after; empty for a split
 * @param askId the id of the message's own row: all that its buttons carry
 */
export function proposalMessage(
	learned: Learned,
	diff: readonly string[],
	askId: string,
	naming: Naming,
	now: Instant,
): Message {
	const text = `${titleOf(learned)} (${learned.id})`;
	return fitMessage(
		text,
		[
			header(text),
			rich([
				plain(
					`${shown(naming.person(learned.asked_by), 80)} said: ${FEEDBACK_WORDS[learned.feedback]}. ${whoWords(learned)}`,
				),
			]),
			...contentBlocks(learned, diff),
			rich([bold('State: '), plain(`${stateWordsOf(learned, now)}${answerWords(learned, naming)}`)]),
			...buttonsFor(learned, askId, now),
		],
		'All of them: /interlock rules',
	);
}

function titleOf(learned: Learned): string {
	if (learned.content.kind === 'split')
		return `Proposed: ${count(learned.content.alerts.length, 'alert')} into an incident of its own`;
	const { effect } = learned.content;
	if (effect.does === 'mute') return 'Proposed: mute this alert';
	return effect.does === 'set'
		? `Proposed: severity ${effect.severity} for this alert`
		: `Proposed: at least ${effect.severity} for this alert`;
}

/** Lines for a terminal or a typed command. */
export function proposalLines(learned: Learned, diff: readonly string[], naming: Naming, now: Instant): string[] {
	return [
		`${learned.id}  ${titleOf(learned)}: ${stateWordsOf(learned, now)}${answerWords(learned, naming)}`,
		`  asked by ${shown(naming.person(learned.asked_by), 80)} (${FEEDBACK_WORDS[learned.feedback]}). ${whoWords(learned)}`,
		...bodyLines(learned, diff).map((line) => `  ${line}`),
	];
}

function bodyLines(learned: Learned, diff: readonly string[]): string[] {
	if (learned.content.kind === 'split')
		return [shown(learned.content.why, 300), ...learned.content.alerts.map((id) => shown(id, 60))];
	return [...diff.map((line) => shownLines(line, 1_500, 1)), previewWords(learned)];
}

function contentBlocks(learned: Learned, diff: readonly string[]): Block[] {
	if (learned.content.kind === 'split') return [quote(bodyLines(learned, []).join('\n').slice(0, DIFF_MAX))];
	return [
		quote(
			diff
				.map((line) => shownLines(line, 1_500, 1))
				.join('\n')
				.slice(0, DIFF_MAX),
		),
		rich([plain(previewWords(learned))]),
	];
}

function previewWords({ preview }: Learned): string {
	if (preview === null) return '';
	const held = preview.held > 0 ? `, ${preview.held} held by another rule or the source` : '';
	return `Of the last ${count(preview.looked, 'stored alert')} it would have met ${preview.matched}: ${preview.muted} muted, ${preview.changed} with another severity${held}. Process-safety alarms are never among them.`;
}

function whoWords(learned: Learned): string {
	if (learned.content.kind === 'split') return 'Whoever may split the incident applies it.';
	const days = Math.round(learned.holds_ms / DAY);
	const who = sidesOf(learned)
		.map((side) => `one ${roleWords(APPLY_ROLES[side])}`)
		.join(' and ');
	return `It would hold ${count(days, 'day')} and end by itself. Applied by ${who} of ${placeWords(learned)}, not by who asked.`;
}

function answerWords({ answers, ended_by }: Learned, naming: Naming): string {
	const yes =
		answers.length === 0 ? '' : `; yes by ${answers.map((one) => shown(naming.person(one.person), 60)).join(', ')}`;
	return `${yes}${ended_by === null ? '' : `; by ${shown(naming.person(ended_by), 60)}`}`;
}

function buttonsFor(learned: Learned, askId: string, now: Instant): Block[] {
	if (learned.state === 'proposed')
		return [
			actions([
				{ text: 'Apply', action: 'learned_apply', value: askId, style: 'primary', label: `Apply ${learned.id}` },
				{ text: 'Do not', action: 'learned_decline', value: askId, label: `Decline ${learned.id}` },
			]),
		];
	if (!isInForce(learned, now)) return [];
	return [
		actions([
			{ text: 'Revoke', action: 'learned_revoke', value: askId, style: 'danger', label: `Revoke ${learned.id}` },
		]),
	];
}
