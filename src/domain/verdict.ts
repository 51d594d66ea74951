// What triage concludes about one alert.
import { z } from 'zod';
import { Severity } from './severity.ts';

export const CATEGORIES = [
	'malware',
	'ransomware',
	'phishing',
	'intrusion',
	'account',
	'data_theft',
	'reconnaissance',
	'policy',
	'vulnerability',
	'ot_change',
	'ot_command',
	'ot_availability',
	'process_safety',
	'process_deviation',
	'equipment_condition',
	'availability',
	'performance',
	'audit',
	'other',
] as const;
export const Category = z.enum(CATEGORIES);
export type Category = z.infer<typeof Category>;

export const TechniqueScore = z.object({ id: z.string().regex(/^T\d{4}(\.\d{3})?$/), score: z.number().min(0).max(1) });
export type TechniqueScore = z.infer<typeof TechniqueScore>;

/** Why triage said so: which part of it, and in words. */
export const Reason = z.object({
	by: z.enum(['source', 'inventory', 'rule', 'classifier', 'adviser', 'default', 'person']),
	text: z.string().max(500),
});
export type Reason = z.infer<typeof Reason>;

export const Verdict = z.object({
	domain: z.enum(['it', 'ot']),
	category: Category,
	severity: Severity,
	/** Severity that rules and sources set; the adviser can never go below it. */
	severity_floor: Severity,
	matrix: z.enum(['enterprise', 'ics']),
	/** ATT&CK tactic short names, best first. */
	tactics: z.array(z.string()).max(20),
	techniques: z.array(TechniqueScore).max(10),
	/** 0 to 1, calibrated; for people and ranking. */
	confidence: z.number().min(0).max(1),
	/** Confidence from rules and sources alone: the only one that the safety gate reads (DESIGN.md, Triage). */
	confidence_firm: z.number().min(0).max(1),
	/** Inventory ids of the assets that the alert names, targets first. */
	assets: z.array(z.string()).max(100),
	/** Playbooks that rules propose for an incident with this alert. */
	playbooks: z.array(z.string()).max(10),
	/** Name of the route of routes.yaml that a rule chose for an incident with this alert. */
	route: z.string().max(100).nullish(),
	tags: z.array(z.string()).max(50),
	muted: z.boolean(),
	reasons: z.array(Reason).max(50),
});
export type Verdict = z.infer<typeof Verdict>;
