// What the adviser is asked for and may answer. An answer is data: it is parsed here, clamped in triage/clamp.ts and
// shown as generated text. NOT here: calling anything.
import { z } from 'zod';
import { Severity } from '../domain/severity.ts';

/** Texts are cut here, before anything else sees them: a model that never stops talking fills no card. */
const SUMMARY_MAX = 600;
const LINE_MAX = 300;
const CHECKS_MAX = 6;

const line = (max: number) =>
	z
		.string()
		.transform((text) => oneLine(text, max))
		.pipe(z.string());

/**
 * The adviser's assessment of an incident. Every key is asked for, and unknown keys fall away: an answer that also says
 * "approved" or names a step says nothing.
 */
export const IncidentAdvice = z.object({
	summary: line(SUMMARY_MAX),
	likely_path: line(SUMMARY_MAX),
	check_next: z
		.array(line(LINE_MAX))
		.max(50)
		.transform((items) => items.filter((item) => item !== '').slice(0, CHECKS_MAX)),
	techniques: z.array(z.string().max(40)).max(50),
	severity: Severity,
	playbook: z.string().max(100).nullable(),
});
export type IncidentAdvice = z.infer<typeof IncidentAdvice>;

/** The same as JSON schema, as it goes to the endpoint: no transforms, every key required, nothing additional. */
export const INCIDENT_ADVICE_SCHEMA = {
	type: 'object',
	properties: {
		summary: { type: 'string', description: 'two plain sentences: what is going on and how sure that is' },
		likely_path: { type: 'string', description: 'how it probably came this far, in order' },
		check_next: { type: 'array', items: { type: 'string' }, description: 'what a person should look at next' },
		techniques: { type: 'array', items: { type: 'string' }, description: 'MITRE ATT&CK technique ids' },
		severity: { type: 'string', enum: [...Severity.options] },
		playbook: { type: ['string', 'null'], description: 'one of the offered playbook names, or null' },
	},
	required: ['summary', 'likely_path', 'check_next', 'techniques', 'severity', 'playbook'],
	additionalProperties: false,
} as const;

/** The adviser's reading of one alert (`classify --model`): an opinion beside the offline one. */
export const AlertAdvice = z.object({
	techniques: z.array(z.string().max(40)).max(50),
	tactics: z.array(z.string().max(60)).max(20),
	severity: Severity,
	reason: line(LINE_MAX),
});
export type AlertAdvice = z.infer<typeof AlertAdvice>;

export const ALERT_ADVICE_SCHEMA = {
	type: 'object',
	properties: {
		techniques: { type: 'array', items: { type: 'string' }, description: 'MITRE ATT&CK technique ids, best first' },
		tactics: { type: 'array', items: { type: 'string' }, description: 'ATT&CK tactic short names, best first' },
		severity: { type: 'string', enum: [...Severity.options] },
		reason: { type: 'string', description: 'one sentence' },
	},
	required: ['techniques', 'tactics', 'severity', 'reason'],
	additionalProperties: false,
} as const;

/** One line without control characters, direction overrides and other invisible marks; cut to `max`. */
export function oneLine(text: string, max: number): string {
	const clean = text
		.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, ' ')
		.replace(/ {2,}/g, ' ')
		.trim()
		.toWellFormed();
	if (clean.length <= max) return clean;
	return `${clean
		.slice(0, max - 3)
		.toWellFormed()
		.replace(/\uFFFD$/, '')}...`;
}
