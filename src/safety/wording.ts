// Decisions in words for a person at 3 a.m.: what, why, who can act. Words only; nothing here decides.
import type { DecisionClass, RowSay } from '../domain/decision.ts';
import { never } from '../domain/result.ts';
import { ACTIONS, isActionName } from './actions.ts';
import type { Hold } from './judge-row.ts';
import type { Target } from './judge-target.ts';
import type { ProposedStep } from './proposed-step.ts';
import type { Row } from './row.ts';

const NAMED_MAX = 3;

/** `isolate a host: \`hmi-2\``. Names are cut: they may come from an alert. */
export function phraseOf(step: ProposedStep, targets: readonly Target[]): string {
	const words = isActionName(step.action) ? ACTIONS[step.action].words : `\`${step.action.slice(0, 60)}\``;
	const labels = [...new Set(targets.map((target) => target.label))].filter((label) => label !== '');
	if (labels.length === 0) return words;
	const named = labels.slice(0, NAMED_MAX).map((label) => `\`${label.slice(0, 80)}\``);
	const more = labels.length > NAMED_MAX ? ` and ${labels.length - NAMED_MAX} more` : '';
	return `${words}: ${named.join(', ')}${more}`;
}

/** Who acts, by class. */
export function whoActs(decisionClass: DecisionClass): string {
	switch (decisionClass) {
		case 'AUTO':
			return 'I do it by myself';
		case 'ONE':
			return 'one person decides';
		case 'TWO':
			return 'two people decide, one of OT and one of IT';
		case 'HANDS':
			return 'a person does it with their own tools';
		case 'NEVER':
			return 'not done';
		default:
			return never(decisionClass);
	}
}

/** One line: what, who, why, and what it waits for. */
export function summaryOf(
	step: ProposedStep,
	targets: readonly Target[],
	decisionClass: DecisionClass,
	rows: readonly RowSay[],
	holds: readonly Hold[],
): string {
	const what = phraseOf(step, targets).toWellFormed();
	const first = rows.find((say) => say.class === decisionClass) ?? rows[0];
	const why = first === undefined ? '' : ` (${first.row}: ${first.reason})`;
	const waits =
		holds.length === 0 ? '' : ` Waits for ${holds.length}: ${holds[0]?.reason ?? ''}${holds.length > 1 ? ' ...' : ''}`;
	const line =
		decisionClass === 'NEVER'
			? `Not done: ${what}${why}.`
			: `${what.charAt(0).toUpperCase()}${what.slice(1)}: ${whoActs(decisionClass)}${why}.`;
	return `${line}${waits}`.toWellFormed();
}

/** What the bot can do instead, or whom to call, by the rows that decided. */
export function insteadOf(
	decisionClass: DecisionClass,
	rows: readonly RowSay[],
	lookUp: (id: string) => readonly Row[],
): string {
	if (decisionClass === 'AUTO') return '';
	const deciding = rows.filter((say) => say.class === decisionClass);
	const others = rows.filter((say) => say.class !== null && say.class !== decisionClass);
	for (const say of [...deciding, ...others]) {
		const text = lookUp(say.row).find((row) => row.instead !== '')?.instead;
		if (text !== undefined) return text;
	}
	if (decisionClass === 'HANDS') return 'I can write it out for the person, remind and record.';
	if (decisionClass === 'NEVER') return 'Call the person responsible for the target; I can page them.';
	return '';
}
