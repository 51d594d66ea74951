// What a person who does a step by hand makes sure of first: the conditions of HANDS rows, which never change the class.
import type { Decision } from '../domain/decision.ts';
import { FACTS, type FactName } from '../domain/fact.ts';
import { rowsById } from './table.ts';

export type ChecklistItem = { readonly fact: FactName; readonly question: string };

/** The checklist of every row that had a say in the decision, each question once. */
export function checklistOf(decision: Decision): readonly ChecklistItem[] {
	const facts = new Set<FactName>();
	for (const say of decision.rows) {
		for (const row of rowsById(say.row)) for (const fact of row.checklist) facts.add(fact);
	}
	return [...facts].map((fact) => ({ fact, question: FACTS[fact].question }));
}
