// The gate's answer for one step, and the approvals that people give to it. Made by safety/, read by everyone.
import { z } from 'zod';
import { Role } from './person.ts';

/**
 * AUTO the bot may act alone; ONE one authorised person; TWO one person of IT and one of OT; HANDS people do it with
 * their own tools; NEVER not done, not offered. In this order of strictness.
 */
export const DECISION_CLASSES = ['AUTO', 'ONE', 'TWO', 'HANDS', 'NEVER'] as const;
export const DecisionClass = z.enum(DECISION_CLASSES);
export type DecisionClass = z.infer<typeof DecisionClass>;

export function stricter(a: DecisionClass, b: DecisionClass): DecisionClass {
	return DECISION_CLASSES.indexOf(a) >= DECISION_CLASSES.indexOf(b) ? a : b;
}

/** One row of the table or rule (G1...) that had a say, and why, in words for people. */
export const RowSay = z.object({ row: z.string(), class: DecisionClass.nullable(), reason: z.string() });
export type RowSay = z.infer<typeof RowSay>;

/** A fact that decided as its worst value because nobody has stated it, or the statement is too old. */
export const MissingFact = z.object({
	name: z.string(),
	subject: z.string(),
	/** What it was taken for. */
	worst: z.string(),
	why: z.enum(['missing', 'expired', 'stale']),
	suppliers: z.array(Role),
});
export type MissingFact = z.infer<typeof MissingFact>;

/** One approval that is needed: any one person who holds one of these roles at the place. */
export const ApprovalNeed = z.object({ side: z.enum(['it', 'ot', 'any']), roles: z.array(Role).min(1) });
export type ApprovalNeed = z.infer<typeof ApprovalNeed>;

export const Decision = z.object({
	class: DecisionClass,
	rows: z.array(RowSay),
	/** Approvals needed (none for AUTO, HANDS, NEVER). */
	needs: z.array(ApprovalNeed),
	/** What else must hold before it runs, whoever approves: an open window, a permit, no freeze; each with its rule id. */
	holds: z.array(z.object({ rule: z.string(), reason: z.string() })),
	missing: z.array(MissingFact),
	/** One line for a person at 3 a.m.: what, why, who can act. */
	summary: z.string(),
	/** What the bot can do instead, or whom to call; empty where nothing. */
	instead: z.string(),
	/** Hash of exactly what was judged: action, target, parameters, playbook version, decided class and rows. Approvals bind to it. */
	binding: z.string(),
});
export type Decision = z.infer<typeof Decision>;

/** One person's yes or no to one decision. */
export const Approval = z.object({
	id: z.string(),
	step: z.string(),
	person: z.string(),
	/** The roles that the person held at the place when deciding. */
	roles: z.array(Role),
	answer: z.enum(['yes', 'no']),
	reason: z.string().max(2000).nullable(),
	/** The `binding` of the decision that was shown. */
	binding: z.string(),
	via: z.enum(['slack', 'cli', 'http']),
	at: z.number(),
	expires_at: z.number(),
	withdrawn_at: z.number().nullable(),
});
export type Approval = z.infer<typeof Approval>;
