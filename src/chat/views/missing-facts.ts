// Facts nobody has stated and that made a decision strict: what, what it was taken for, who can say. Pure.
import type { MissingFact } from '../../domain/decision.ts';
import { FACTS, isFactName } from '../../domain/fact.ts';
import { HOUR, MINUTE } from '../../domain/time.ts';
import { whyNotInChat } from '../../safety/admit.ts';
import { type Block, bold, bullets, code, plain, rich } from '../blocks.ts';
import type { Situation } from '../situation.ts';
import { shown } from '../text.ts';
import { roleWords, stepGroup } from './words.ts';

const FACTS_SHOWN = 5;

/** What the steps that wait, are for hands or were refused lacked; each name and subject once. */
export function missingOf(situation: Situation): MissingFact[] {
	const found = new Map<string, MissingFact>();
	for (const step of situation.steps) {
		const group = stepGroup(step);
		if (group !== 'waiting' && group !== 'hands' && group !== 'refused') continue;
		for (const fact of step.decision?.missing ?? []) found.set(`${fact.name} ${fact.subject}`, fact);
	}
	return [...found.values()];
}

export function missingFacts(situation: Situation): Block[] {
	const { state } = situation.incident;
	const missing = state === 'resolved' || state === 'merged' ? [] : missingOf(situation);
	return factLines(missing);
}

/** The facts as questions, each with the command that answers it. */
export function factLines(missing: readonly MissingFact[]): Block[] {
	if (missing.length === 0) return [];
	const lines = missing
		.slice(0, FACTS_SHOWN)
		.map((fact) => [
			...(isFactName(fact.name) ? [plain(`${FACTS[fact.name].question} `)] : []),
			plain(`Taken as ${shown(fact.worst, 60)}. `),
			...(fact.suppliers.length === 0
				? [plain('Only the inventory or a file says it.')]
				: [
						plain(
							`If ${bestWord(fact)}, ${shown(roleWords(fact.suppliers), 160)} types${isOutside(fact) ? ' on the command line' : ''}: `,
						),
						code(stateCommand(fact)),
					]),
		]);
	if (missing.length > lines.length) lines.push([plain(`and ${missing.length - lines.length} more: /interlock show`)]);
	return [rich([bold('Not known, so taken at its worst. Whoever knows says it:')]), bullets(lines)];
}

/** The command as it is typed: the value that would help, for as long as people usually say (never longer than the fact can hold). */
export function stateCommand(fact: MissingFact): string {
	const most = isFactName(fact.name) ? FACTS[fact.name].maxAgeMs : null;
	const holds = most !== null && most < 2 * HOUR ? `${Math.round(most / MINUTE)}m` : '2h';
	const door = isOutside(fact) ? 'interlock incident' : '/interlock';
	return `${door} fact ${shown(fact.name, 60)} ${shown(fact.subject, 120)} ${bestWord(fact)} for ${holds}`;
}

/** Whether a good word of it proves nothing in chat. */
function isOutside({ name }: MissingFact): boolean {
	return isFactName(name) && whyNotInChat(name, FACTS[name].order[0]) !== null;
}

/** The value that would help, as it is typed. */
function bestWord({ name }: MissingFact): string {
	const best = isFactName(name) ? FACTS[name].order[0] : undefined;
	return best === true ? 'yes' : best === false ? 'no' : (best ?? 'VALUE');
}
