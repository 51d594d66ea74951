// Walks through one decision in words that an operator understands: what was asked, what it was judged as, which rows spoke, what it rests
// on, what is not known and who can say it, who approves, what it waits for, what can be done instead. Decides nothing.
import type { Decision } from '../domain/decision.ts';
import type { Instant } from '../domain/time.ts';
import { effectOf } from './actions.ts';
import { checklistOf } from './checklist.ts';
import { decide, type Facts, type ProposedStep, surveyOf } from './decide.ts';
import { asIfSaid, knownLines, missingLines } from './explain-facts.ts';
import type { Target } from './judge-target.ts';
import { phraseOf, whoActs } from './wording.ts';

export type Explanation = { readonly decision: Decision; readonly lines: readonly string[] };

/** The decision of the gate and its reasons, line by line. */
export function explain(step: ProposedStep, facts: Facts, now: Instant): Explanation {
	const decision = decide(step, facts, now);
	const { targets } = surveyOf(step, facts, now);
	const lines = [
		...askedLines(step, targets),
		`Decision: ${decision.class} (${whoActs(decision.class)}).`,
		'',
		'Why:',
		...decision.rows.map((say) => `  ${say.row}${say.class === null ? '' : ` ${say.class}`}: ${say.reason}`),
	];
	section(lines, 'What it rests on:', knownLines(decision, targets, now));
	section(lines, 'Not known, and therefore taken for the worst:', decision.missing.flatMap(missingLines));
	section(lines, 'Who must approve (different people, none of whom asked for it):', needLines(decision));
	section(lines, 'Waits, whoever approves, until:', decision.holds.flatMap(holdLines));
	section(lines, 'If all that is not known were known and good:', ifSaidLines(step, facts, decision, now));
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

function askedLines(step: ProposedStep, targets: readonly Target[]): string[] {
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

function needLines(decision: Decision): string[] {
	return decision.needs.map(
		(need) =>
			`  ${need.side === 'any' ? 'one person' : `one person of ${need.side.toUpperCase()}`}: ${need.roles.join(' or ')}`,
	);
}

/** A stop of people says how it ends; everything else ends when what it names is shown. */
function holdLines(hold: Decision['holds'][number]): string[] {
	const isStop = hold.rule === 'G8' && / is frozen by /.test(hold.reason);
	return [
		`  ${hold.rule}: ${hold.reason}`,
		...(isStop ? ['      it ends when two people lift it: interlock incident thaw'] : []),
	];
}

/** What hangs on the missing facts; nothing where none is missing or they would change nothing. */
function ifSaidLines(step: ProposedStep, facts: Facts, decision: Decision, now: Instant): string[] {
	if (decision.missing.length === 0) return [];
	// Facts that are missing only then (of another case of the row) are said too, so that what is shown is the best there can be.
	const once = decide(step, asIfSaid(facts, decision.missing, now), now);
	const best = decide(step, asIfSaid(facts, [...decision.missing, ...once.missing], now), now);
	const waits = best.holds.length === 0 ? '' : `; it would still wait for ${best.holds.length}`;
	return best.class === decision.class && best.holds.length === decision.holds.length
		? [`  the same: ${decision.class}`]
		: [`  ${best.class} (${whoActs(best.class)})${waits}`];
}
