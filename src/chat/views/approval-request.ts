// The message that asks people for their yes or no to one decision: posted whole, in the thread, so that what was approved has one
// ts and one hash. Once decided it is edited: buttons gone, who decided, when. Pure.
import type { Approval, ApprovalNeed, Decision } from '../../domain/decision.ts';
import { never } from '../../domain/result.ts';
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
	type Inline,
	type Message,
	plain,
	rich,
} from '../blocks.ts';
import type { Naming, Situation } from '../situation.ts';
import { shown } from '../text.ts';
import { moreAt } from './card.ts';
import { factLines } from './missing-facts.ts';
import { durationWords, incidentName, needWords } from './words.ts';

const PARAMS_SHOWN = 12;
const ROWS_SHOWN = 8;

/** Approvals that answer exactly this decision and were not withdrawn. Whether each COUNTS is the gate's business, not the view's. */
function answersTo(step: Step, approvals: readonly Approval[], binding: string): Approval[] {
	return approvals.filter(
		(approval) => approval.step === step.id && approval.binding === binding && approval.withdrawn_at === null,
	);
}

/**
 * The request for one decision as it stands now.
 *
 * @param binding  of the decision that this message was posted for; where the step has another one by now, it says so
 * @param askId    the id of this message's row in `messages`: all that its buttons carry
 */
export function approvalRequest(
	situation: Situation,
	step: Step,
	binding: string,
	askId: string,
	naming: Naming,
): Message {
	const { incident } = situation;
	const decision = step.decision;
	const name = incidentName(incident);
	const isCurrent = decision !== null && decision.binding === binding;
	const isOpen = isCurrent && step.state === 'waiting' && incident.state !== 'resolved' && incident.state !== 'merged';
	const answers = answersTo(step, situation.approvals, binding);
	const title = shown(step.title, 100);
	const blocks: Block[] = [
		header(isOpen ? `${name}: your decision is needed: ${title}` : `${name}: ${title}`),
		...(isOpen && decision !== null ? [asked(step, decision)] : []),
		...(isCurrent && decision !== null ? [what(step, naming), why(decision)] : []),
		...(isOpen && decision !== null ? factLines(decision.missing) : []),
		...answered(answers, naming),
		outcome(step, isCurrent, answers),
		...(isOpen ? [buttons(askId, title)] : []),
		...(isCurrent && step.state === 'expired' && incident.state !== 'resolved' && incident.state !== 'merged'
			? [
					actions([
						{
							text: 'Ask again (then others approve)',
							action: 'ask_again',
							value: askId,
							label: `Ask again: ${title}. You cannot approve it then`,
						},
					]),
				]
			: []),
		// Either may take a yes back until the step starts.
		...(isCurrent && step.state === 'queued'
			? [
					actions([
						{ text: 'Stop it: take it back', action: 'refuse', value: askId, style: 'danger', label: `Stop: ${title}` },
					]),
				]
			: []),
	];
	return fitMessage(
		`${name}: ${isOpen ? 'your decision is needed' : statusWords(step, isCurrent)}: ${title}`,
		blocks,
		moreAt(incident.number),
	);
}

/** A request that nobody answered in time and that somebody has asked again: what it was, and where to look now. */
export function askedAgain(situation: Situation, step: Step, _round: string, _askId: string, naming: Naming): Message {
	const name = incidentName(situation.incident);
	const title = shown(step.title, 100);
	const who = step.requested_by === 'bot' ? '' : ` by ${shown(naming.person(step.requested_by), 100)}`;
	return fitMessage(
		`${name}: asked again: ${title}`,
		[
			header(`${name}: ${title}`),
			rich([bold(`Nobody answered this in time. Asked again${who}: see below in this thread.`)]),
		],
		moreAt(situation.incident.number),
	);
}

/** Who has to answer, and until when: the first thing to know. */
function asked(step: Step, decision: Decision): Block {
	const who = shown(decision.needs.map(needWords).join(' and ') || 'nobody: it only waits', 400);
	return rich([
		bold('Asked of: '),
		plain(who),
		...(step.expires_at === null ? [] : [bold('. Answer before '), date(step.expires_at)]),
	]);
}

function what(step: Step, naming: Naming): Block {
	const action = naming.action(step.action);
	const lines: Inline[][] = [
		[bold('Action: '), code(shown(step.action, 80)), plain(` ${shown(action.title, 200)}`)],
		[bold('Target: '), step.target === null ? plain('none') : code(shown(naming.asset(step.target), 200))],
		...params(step),
		[bold('What it does to the process: '), plain(shown(action.processEffect, 300))],
		[bold('Taking it back: '), plain(shown(rollbackWords(step, action.undo), 300))],
		[
			bold('Asked by: '),
			plain(shown(step.requested_by === 'bot' ? `playbook ${step.playbook}` : naming.person(step.requested_by), 120)),
		],
	];
	return rich(...lines);
}

export function params(step: Step): Inline[][] {
	const entries = Object.entries(step.params);
	const lines = entries
		.slice(0, PARAMS_SHOWN)
		.map(([name, value]): Inline[] => [
			plain(`    ${shown(name, 60)}: `),
			code(shown(Array.isArray(value) ? value.join(', ') : String(value), 300) || '-'),
		]);
	if (entries.length > lines.length) lines.push([plain(`    and ${entries.length - lines.length} more`)]);
	return lines;
}

function rollbackWords(step: Step, undo: string): string {
	const held =
		step.containment_ms === null
			? ''
			: ` It ends by itself after ${durationWords(step.containment_ms)}, or you are asked.`;
	return `${undo}${held}`;
}

function why(decision: Decision): Block {
	const rows = decision.rows
		.slice(0, ROWS_SHOWN)
		.map((say): Inline[] => [code(shown(say.row, 20)), plain(` ${shown(say.reason, 250)}`)]);
	const holds = decision.holds
		.slice(0, ROWS_SHOWN)
		.map((hold): Inline[] => [code(shown(hold.rule, 20)), plain(` must hold as well: ${shown(hold.reason, 250)}`)]);
	return bullets([[bold('Why it asks: '), plain(shown(decision.summary, 400))], ...rows, ...holds]);
}

function answered(answers: readonly Approval[], naming: Naming): Block[] {
	if (answers.length === 0) return [];
	return [
		bullets(
			answers
				.slice(0, 10)
				.map((approval) => [
					bold(approval.answer === 'yes' ? 'Yes: ' : 'No: '),
					plain(`${shown(naming.person(approval.person), 100)}, `),
					date(approval.at),
					plain(approval.reason === null ? '' : `: ${shown(approval.reason, 400)}`),
				]),
		),
	];
}

function outcome(step: Step, isCurrent: boolean, answers: readonly Approval[]): Block {
	if (isCurrent && step.state === 'waiting') {
		const needs = step.decision?.needs ?? [];
		const open = openNeeds(needs, answers);
		const missing =
			open.length > 0 && answers.length > 0 ? `; still missing: ${shown(open.map(needWords).join(' and '), 400)}` : '';
		const given = `${needs.length - open.length} of ${needs.length} answers given${missing}`;
		return rich([plain(`${given}. Nothing happens before all of them are yes.`)]);
	}
	const detail = step.outcome === null ? '' : `: ${shown(step.outcome, 400)}`;
	return rich([bold(`${statusWords(step, isCurrent)}${detail}`)]);
}

/** Who is still asked, by the roles that each yes was given with: two of one side are one answer. */
function openNeeds(needs: readonly ApprovalNeed[], answers: readonly Approval[]): readonly ApprovalNeed[] {
	const [need, ...rest] = needs;
	if (need === undefined) return [];
	const fits = ({ answer, roles }: Approval): boolean =>
		answer === 'yes' && need.roles.some((role) => roles.includes(role));
	return answers
		.filter(fits)
		.map((taken) =>
			openNeeds(
				rest,
				answers.filter((other) => other.person !== taken.person),
			),
		)
		.reduce((least, open) => (open.length < least.length ? open : least), [need, ...openNeeds(rest, answers)]);
}

/** How the matter stands, for a request that nobody needs to answer any more. */
export function statusWords(step: Step, isCurrent = true): string {
	if (!isCurrent && (step.state === 'waiting' || step.state === 'planned')) {
		return 'No longer asked: what would be done has changed, so earlier answers do not count. A new request follows if one is needed';
	}
	switch (step.state) {
		case 'planned':
		case 'waiting':
			return 'Waiting';
		case 'queued':
			return 'Approved, about to run';
		case 'running':
			return 'Running';
		case 'done':
			return 'Done';
		case 'failed':
			return 'Failed';
		case 'in_doubt':
			return 'Begun, result not known: check the target by hand';
		case 'hands':
			return 'For hands: a qualified person does it';
		case 'attested':
			return 'Done by hand, attested';
		case 'refused':
			return 'Refused: not done';
		case 'forbidden':
			return 'Not done: never allowed';
		case 'expired':
			return 'Not done: nobody answered in time';
		case 'cancelled':
			return 'Not done: no longer needed';
		case 'undone':
			return 'Done, and taken back';
		default:
			return never(step.state);
	}
}

function buttons(askId: string, title: string): Block {
	return actions([
		{ text: 'Approve', action: 'approve', value: askId, style: 'primary', label: `Approve: ${title}` },
		{ text: 'Refuse', action: 'refuse', value: askId, style: 'danger', label: `Refuse: ${title}` },
	]);
}
