// Facts nobody has stated and that made a decision strict: what, what it was taken for, who can say. Pure.
import type { MissingFact } from '../../domain/decision.ts';
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
	if (missing.length === 0) return [];
	const lines = missing
		.slice(0, FACTS_SHOWN)
		.map((fact) => [
			code(`${shown(fact.name, 60)} ${shown(fact.subject, 80)}`),
			plain(` ${fact.why}, taken as ${shown(fact.worst, 60)}; can be stated by ${shown(supplierWords(fact), 160)}`),
		]);
	if (missing.length > lines.length) lines.push([plain(`and ${missing.length - lines.length} more`)]);
	return [
		rich([bold('Not known, so taken at its worst. State it with '), code('/interlock fact NAME SUBJECT VALUE')]),
		bullets(lines),
	];
}

function supplierWords(fact: MissingFact): string {
	return fact.suppliers.length === 0 ? 'the inventory or a file only' : roleWords(fact.suppliers);
}
