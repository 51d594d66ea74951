// Runs what was decided about an adviser's answer again, from the ledger's record alone: no model is called, no clock is read.
// An auditor sees that the kept part of an answer follows from the answer and its bounds. Pure. NOT here: reading the ledger.
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical.ts';
import { Severity } from '../domain/severity.ts';
import { AlertAdvice, IncidentAdvice } from '../model/advice.ts';
import type { AttackTable } from './attack-table.ts';
import { clampAdvice, clampTemplate } from './clamp.ts';

/** `data` of an entry `advice.given` (advise.ts writes it). */
const Recorded = z.discriminatedUnion('about', [
	z.looseObject({
		about: z.literal('incident'),
		answer: IncidentAdvice,
		bounds: z.object({ severity: Severity, severity_floor: Severity, playbooks: z.array(z.string()) }),
		result: z.record(z.string(), z.unknown()),
	}),
	z.looseObject({
		about: z.literal('template'),
		answer: AlertAdvice,
		result: z.record(z.string(), z.unknown()),
	}),
]);

export type Replayed =
	| { readonly ok: true; readonly same: boolean; readonly recorded: unknown; readonly again: unknown }
	/** The entry is not in the form that answers are recorded in. */
	| { readonly ok: false; readonly problem: string };

/**
 * Decides again what may stand of a recorded answer.
 *
 * @returns `same` false where this version of the program would keep something else: another table of techniques, or other bounds
 */
export function replayAdvice(data: unknown, attack: AttackTable): Replayed {
	const parsed = Recorded.safeParse(data);
	if (!parsed.success) return { ok: false, problem: z.prettifyError(parsed.error).slice(0, 500) };
	const recorded = parsed.data;
	const again =
		recorded.about === 'template'
			? clampTemplate(recorded.answer, attack)
			: clampAdvice(recorded.answer, {
					severity: recorded.bounds.severity,
					severity_floor: recorded.bounds.severity_floor,
					attack,
					hasPlaybook: (id) => recorded.bounds.playbooks.includes(id),
				});
	return { ok: true, same: canonicalJson(again) === canonicalJson(recorded.result), recorded: recorded.result, again };
}
