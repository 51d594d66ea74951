// Walks through one decision in words that an operator understands: what was asked, what it was judged as, which rows spoke,
// what is not known and who can say it, who approves, what it waits for, what can be done instead. Decides nothing.
import type { Decision } from '../domain/decision.ts';
import { FACTS, isFactName } from '../domain/fact.ts';
import type { Instant } from '../domain/time.ts';
import { effectOf } from './actions.ts';
import { checklistOf } from './checklist.ts';
import { decide, type Facts, type ProposedStep, surveyOf } from './decide.ts';
import { phraseOf, whoActs } from './wording.ts';

export type Explanation = { readonly decision: Decision; readonly lines: readonly string[] };

/** The decision of the gate and its reasons, line by line. */
export function explain(step: ProposedStep, facts: Facts, now: Instant): Explanation {
	const decision = decide(step, facts, now);
	const lines = [
		...askedLines(step, facts, now),
		`Decision: ${decision.class} (${whoActs(decision.class)}).`,
		'',
		'Why:',
		...decision.rows.map((say) => `  ${say.row}${say.class === null ? '' : ` ${say.class}`}: ${say.reason}`),
	];
	section(lines, 'Not known, and therefore taken for the worst:', decision.missing.map(missingLine));
	section(
		lines,
		'Who must approve (different people, none of whom asked for it):',
		decision.needs.map(
			(need) =>
				`  ${need.side === 'any' ? 'one person' : `one person of ${need.side.toUpperCase()}`}: ${need.roles.join(' or ')}`,
		),
	);
	section(
		lines,
		'Waits, whoever approves, until:',
		decision.holds.map((hold) => `  ${hold.rule}: ${hold.reason}`),
	);
	section(
		lines,
		'The person who does it makes sure of this first:',
		checklistOf(decision).map((item) => `  ${item.question}`),
	);
	if (decision.instead !== '') lines.push('', `Instead: ${decision.instead}`);
	return { decision, lines };
}

function section(lines: string[], title: string, items: readonly string[]): void {
	if (items.length > 0) lines.push('', title, ...items);
}

function askedLines(step: ProposedStep, facts: Facts, now: Instant): string[] {
	const { targets } = surveyOf(step, facts, now);
	const effect = effectOf(step.action);
	const lines = [`Asked: ${phraseOf(step, targets)} (\`${step.action}\`, effect ${effect ?? 'unknown'}).`];
	for (const target of targets) {
		if (target.kind !== 'asset') continue;
		const views = target.views.map((view) => `${view.class} at level ${view.level ?? 'unknown'}`);
		const { site, zone } = target.ground;
		lines.push(
			`Target: \`${target.label}\`, judged as ${views.join(' and as ')}; site ${site ?? 'unknown'}, zone ${zone ?? 'unknown'}.`,
		);
	}
	return lines;
}

function missingLine(fact: Decision['missing'][number]): string {
	const question = isFactName(fact.name) ? FACTS[fact.name].question : '';
	const by = fact.suppliers.length === 0 ? 'the program itself' : fact.suppliers.join(' or ');
	return `  ${fact.name} of \`${fact.subject}\` is ${fact.why}, counts as ${fact.worst}. ${question} (${by} can say)`;
}
