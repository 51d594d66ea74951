// The incident's one message: what, where, how bad, since when, what next, and every step with its state. Edited in place.
// The same situation gives the same blocks: nothing here looks at a clock, so that an edit that changes nothing is not sent.
// Pure. NOT here: approval requests (approval-request.ts), hands-only instructions (hands.ts), what goes to the thread (timeline.ts).
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
	quote,
	rich,
} from '../blocks.ts';
import type { Naming, Situation } from '../situation.ts';
import { count, nameList, shown, shownLines } from '../text.ts';
import { afterSteps, viewAsks } from './after-steps.ts';
import { cardInsight } from './insight.ts';
import { missingFacts } from './missing-facts.ts';
import { summaryFor } from './summary.ts';
import {
	domainWords,
	heldBackWords,
	incidentName,
	type StepGroup,
	severityWords,
	stateWords,
	stepGroup,
} from './words.ts';

const NAMES_SHOWN = 6;
const TECHNIQUES_SHOWN = 6;
const STEPS_SHOWN_PER_GROUP = 6;
const STEP_LINE_MAX = 240;
const ADVICE_MAX = 1_800;

type Group = readonly [StepGroup, string];
/** What asks something of people stands before what is known; what only tells, behind it. */
const ASKING: readonly Group[] = [
	['attention', 'Look at'],
	['waiting', 'Waiting for you: decide in the thread'],
	['hands', 'For hands: a qualified person does it, as written in the thread'],
];
const TOLD: readonly Group[] = [
	['running', 'Under way'],
	['done', 'Done'],
	['refused', 'Not done'],
];

/**
 * The card of one incident, within Slack's limits whatever the alerts said.
 *
 * @param cardId the id of the card's own row in `messages`: the only thing its buttons carry
 */
export function cardFor(situation: Situation, cardId: string, naming: Naming): Message {
	const { incident } = situation;
	const name = incidentName(incident);
	const title = shown(incident.title, 110);
	const top = incident.process_safety ? 'PROCESS SAFETY ' : '';
	const blocks: Block[] = [
		header(`${name} ${severityWords(incident.severity)} ${top}${title}`),
		...(incident.process_safety ? [operatorFirst(situation)] : []),
		rich([plain(summaryFor(situation, naming))]),
		rich([bold('Next: '), plain(nextFor(situation))]),
		...steps(situation, naming, ASKING),
		...afterSteps(situation, naming),
		...missingFacts(situation),
		facts(situation, naming),
		...insight(situation),
		...steps(situation, naming, TOLD),
		...advice(situation),
		...buttons(situation, cardId),
	];
	return fitMessage(
		`${name} ${severityWords(incident.severity)} ${top}${title}. ${nextFor(situation)}`,
		blocks,
		moreAt(incident.number),
	);
}

/** Where the whole of it can be read when it does not fit. */
export function moreAt(number: number): string {
	return `Everything: /interlock show ${number}, or on the command line: interlock incident show ${number}`;
}

/** ISA-18.2: a process alarm is the operator's; nothing of ours silences, delays or answers it. */
function operatorFirst(situation: Situation): Block {
	return rich(
		[bold('Process-safety alarm. The control-room operator acts first, by the plant’s own alarm response.')],
		[
			plain(
				'Interlock mutes nothing here and does nothing to the process. Call the control room if nobody there has answered.',
			),
		],
		[
			bold('Where: '),
			plain(nameList([...situation.incident.zones, ...situation.incident.assets], NAMES_SHOWN) || 'not known'),
		],
	);
}

function facts(situation: Situation, naming: Naming): Block {
	const { incident, flapping = 0 } = situation;
	const techniques = incident.techniques.slice(0, TECHNIQUES_SHOWN).map((id) => {
		const known = naming.technique(id);
		return known === null ? shown(id, 20) : `${shown(id, 20)} ${shown(known, 60)}`;
	});
	const moreTechniques = incident.techniques.length - techniques.length;
	const lines: Inline[][] = [
		[bold('What: '), plain(`${incident.category.replaceAll('_', ' ')}, ${domainWords(incident.domain)}`)],
		[bold('Where: '), plain(whereWords(situation, naming))],
		[
			bold('Since: '),
			date(incident.first_at),
			plain(`, ${count(incident.alert_count, 'alert')}, the last `),
			date(incident.last_at),
			...(flapping > 0 ? [plain(`; flapping: ${flapping}, told once and not each time`)] : []),
		],
		[bold('State: '), plain(stateLine(situation, naming))],
	];
	if (techniques.length > 0) {
		const rest = moreTechniques > 0 ? ` and ${moreTechniques} more` : '';
		lines.push([bold('ATT&CK: '), plain(techniques.join('; ') + rest)]);
	}
	return rich(...lines);
}

/** How far it has come, what lies open, what it was the last time: a line each (details has the rest). */
function insight({ insight: known }: Situation): Block[] {
	const lines = known === undefined ? [] : cardInsight(known);
	return lines.length === 0 ? [] : [rich(...lines.map(({ label, text }) => [bold(`${label}: `), plain(text)]))];
}

function whereWords({ incident }: Situation, naming: Naming): string {
	const assets = incident.assets.slice(0, NAMES_SHOWN).map((id) => naming.asset(id));
	const parts = [
		incident.sites.length > 0 ? `site ${nameList(incident.sites, NAMES_SHOWN)}` : '',
		incident.zones.length > 0 ? `zone ${nameList(incident.zones, NAMES_SHOWN)}` : '',
		assets.length > 0 ? nameList([...assets, ...incident.assets.slice(assets.length)], NAMES_SHOWN, 90) : '',
	];
	return parts.filter((part) => part !== '').join('; ') || 'not in the inventory';
}

function stateLine({ incident }: Situation, naming: Naming): string {
	const by =
		incident.acknowledged_by === null ? '' : `, acknowledged by ${shown(naming.person(incident.acknowledged_by), 80)}`;
	if (incident.state === 'resolved' && incident.resolved_by !== null) {
		const how = incident.resolution === null ? '' : `: ${shown(incident.resolution, 300)}`;
		return `resolved by ${shown(naming.person(incident.resolved_by), 80)}${how}`;
	}
	if (incident.state === 'merged' && incident.merged_into !== null)
		return `merged into ${shown(incident.merged_into, 60)}`;
	return `${stateWords(incident.state)}${by}`;
}

/** The one sentence a person at 3 a.m. needs: what is asked of whom now. */
export function nextFor(situation: Situation): string {
	const { incident, steps: all } = situation;
	const views = viewAsks(situation);
	if (incident.state === 'resolved' || incident.state === 'merged')
		return views.length > 0 ? sentence(views.join('; ')) : 'Nothing: this incident is closed.';
	const inGroup = (group: StepGroup): number => all.filter((step) => stepGroup(step) === group).length;
	const inDoubt = all.filter((step) => step.state === 'in_doubt').length;
	const failed = inGroup('attention') - inDoubt;
	const parts = [
		...views,
		inDoubt > 0 ? `look at the target of ${count(inDoubt, 'step')} and say whether it was done` : '',
		inGroup('waiting') > 0 ? `decide ${count(inGroup('waiting'), 'step')} in the thread` : '',
		inGroup('hands') > 0 ? `do ${count(inGroup('hands'), 'step')} by hand, written out in the thread` : '',
		failed > 0 ? `look at ${count(failed, 'step')} that failed` : '',
	].filter((part) => part !== '');
	if (incident.process_safety && incident.state === 'open') parts.unshift('operator: answer the process alarm');
	if (incident.state === 'open') parts.push('press Acknowledge so that others know you have it');
	if (parts.length > 0) return sentence(parts.join('; '));
	if (inGroup('running') > 0) return 'Nothing from you: steps are under way.';
	return 'Nothing waits. Resolve it when the cause is dealt with.';
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function steps(situation: Situation, naming: Naming, groups: readonly Group[]): Block[] {
	return groups.flatMap(([group, title]) => {
		const found = situation.steps.filter((step) => stepGroup(step) === group);
		if (found.length === 0) return [];
		const lines = found.slice(0, STEPS_SHOWN_PER_GROUP).map((step) => stepLine(step, group, naming));
		if (found.length > lines.length) lines.push([plain(`and ${found.length - lines.length} more`)]);
		return [rich([bold(`${title} (${found.length})`)]), bullets(lines)];
	});
}

function stepLine(step: Step, group: StepGroup, naming: Naming): Inline[] {
	const target = step.target === null ? [] : [plain(' '), code(shown(naming.asset(step.target), 90))];
	const note = shown(stepNote(step, group, naming), STEP_LINE_MAX);
	return [plain(shown(step.title, 120)), ...target, plain(note === '' || note.startsWith(':') ? note : ` ${note}`)];
}

/** Why it stands where it stands, with the rows of the safety table that said so. */
function stepNote(step: Step, group: StepGroup, naming: Naming): string {
	// A row says something for each target; its name once.
	const rows = [...new Set((step.decision?.rows ?? []).filter((say) => say.class !== null).map((say) => say.row))];
	const byRow = rows.length > 0 ? ` (row ${rows.slice(0, 3).join(', ')})` : '';
	if (group === 'refused') {
		const why = step.outcome ?? step.decision?.summary ?? step.state;
		const instead = step.decision !== null && step.decision.instead !== '' ? ` ${step.decision.instead}` : '';
		return `: ${step.state === 'forbidden' ? '' : `${step.state}: `}${why}${byRow}${instead}`;
	}
	if (group === 'waiting' || group === 'hands') return byRow;
	if (step.state === 'in_doubt') {
		const held = heldBackWords(step, naming);
		return `: begun, result not known; settle it in the thread.${held === '' ? '' : ` ${held}`}`;
	}
	if (group === 'attention') return `: failed${step.outcome === null ? '' : `: ${step.outcome}`}`;
	return `${step.state === 'done' ? '' : ` ${step.state}`}${step.outcome === null ? '' : `: ${step.outcome}`}`;
}

function advice({ incident }: Situation): Block[] {
	const note =
		incident.advice_note == null ? [] : [rich([plain(`No newer suggestion: ${shown(incident.advice_note, 300)}.`)])];
	if (incident.advice === null || incident.advice.trim() === '') return note;
	return [
		rich([bold('Suggested by the model (nobody has checked it; it decides nothing)')]),
		quote(shownLines(incident.advice, ADVICE_MAX, 20)),
		...note,
	];
}

function buttons({ incident }: Situation, cardId: string): Block[] {
	if (incident.state === 'merged') return [];
	const name = incidentName(incident);
	if (incident.state === 'resolved') return [feedbackButtons(incident, cardId, name)];
	return [
		actions([
			...(incident.state === 'open'
				? [
						{
							text: 'Acknowledge',
							action: 'acknowledge',
							value: cardId,
							style: 'primary' as const,
							label: `Acknowledge ${name}: I am on it`,
						},
					]
				: []),
			{ text: 'Resolve', action: 'resolve', value: cardId, label: `Resolve ${name}` },
		]),
		feedbackButtons(incident, cardId, name),
	];
}

/** What the program got wrong, one click each; nothing by which a process-safety alarm could become less. */
function feedbackButtons({ process_safety }: Situation['incident'], cardId: string, name: string): Block {
	const lessening = [
		{ text: 'False positive', action: 'feedback_false_positive', value: cardId, label: `${name} is a false positive` },
		{ text: 'Too high', action: 'feedback_too_high', value: cardId, label: `The severity of ${name} is too high` },
	];
	return actions([
		{ text: 'Details', action: 'details', value: cardId, label: `Details of ${name}` },
		...(process_safety ? [] : lessening),
		{ text: 'Too low', action: 'feedback_too_low', value: cardId, label: `The severity of ${name} is too low` },
		{
			text: 'Wrong grouping',
			action: 'feedback_wrong_grouping',
			value: cardId,
			label: `Something in ${name} does not belong to it`,
		},
	]);
}
