// Looks whether a condition of a row is shown for one target, and remembers which facts were missing.

import type { MissingFact } from '../domain/decision.ts';
import { FACTS, type FactName, type FactReading, type FactState, readFact } from '../domain/fact.ts';
import { never } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import type { Facts, ProposedStep } from './proposed-step.ts';
import { paramTexts } from './readings.ts';
import type { Condition } from './row.ts';

/** Above this, rules and sources are sure enough for the rows that ask for high confidence. Our choice. */
export const CONFIDENCE_HIGH = 0.8;

/** What a subject is called where nobody has named it. */
export const UNNAMED = '(not named)';

/** Where a condition is looked at: the step, one of its targets, and all statements. */
export type Ground = {
	readonly step: ProposedStep;
	readonly facts: Facts;
	/** All statements, by the name of their fact. */
	readonly readings: ReadonlyMap<FactName, readonly FactReading[]>;
	readonly now: Instant;
	/** The asset's id; null for a bare account or indicator, or no target at all. */
	readonly asset: string | null;
	readonly zone: string | null;
	readonly site: string | null;
};

/** The ids that a fact is about on this ground; none where nobody has named it. */
export function subjectsOf(name: FactName, ground: Ground): readonly string[] {
	const { step } = ground;
	const one = (id: string | null): string[] => (id === null ? [] : [id]);
	switch (FACTS[name].subject) {
		case 'asset':
			return one(ground.asset);
		case 'zone':
			return one(ground.zone);
		case 'site':
			return one(ground.site);
		case 'account':
			return paramTexts(step, 'account', 'user');
		case 'session':
			return paramTexts(step, 'session');
		case 'flow':
			return paramTexts(step, 'flow');
		case 'indicator':
			return paramTexts(step, 'indicator');
		case 'service':
			return paramTexts(step, 'service');
		case 'step':
			return [step.id];
		case 'incident':
			return [step.incident];
		case 'plant':
			return ['plant'];
		case 'target': {
			if (ground.asset !== null) return [ground.asset];
			return paramTexts(step, 'account', 'user', 'indicator', 'session');
		}
		default:
			return never(FACTS[name].subject);
	}
}

/** What the fact counts as on this ground, for each of its subjects; a subject that nobody named is missing. */
export function statesOf(name: FactName, ground: Ground): readonly FactState[] {
	const subjects = subjectsOf(name, ground);
	if (subjects.length === 0) {
		return [{ name, subject: UNNAMED, value: FACTS[name].worst, state: 'missing', reading: null }];
	}
	const readings = ground.readings.get(name) ?? [];
	return subjects.map((subject) => readFact(readings, name, subject, ground.now));
}

export type Look = { readonly isShown: boolean; readonly missing: readonly MissingFact[] };

/** Whether the condition is shown: at least one of its facts good enough for every subject. Missing facts count as worst. */
export function look(condition: Condition, ground: Ground): Look {
	if (condition.confidence === true) return { isShown: ground.facts.confidence_firm >= CONFIDENCE_HIGH, missing: [] };
	const missing: MissingFact[] = [];
	for (const { fact, ok } of condition.any) {
		const states = statesOf(fact, ground);
		if (states.every((state) => ok.includes(state.value))) return { isShown: true, missing: [] };
		for (const state of states) if (state.state !== 'known') missing.push(missingFact(state));
	}
	return { isShown: false, missing };
}

/** True where all are shown. */
export function allShown(conditions: readonly Condition[], ground: Ground): boolean {
	return conditions.every((condition) => look(condition, ground).isShown);
}

function missingFact(state: FactState): MissingFact {
	return {
		name: state.name,
		subject: state.subject,
		worst: String(state.value),
		why: state.state === 'known' ? 'missing' : state.state,
		suppliers: [...FACTS[state.name].suppliers],
	};
}
