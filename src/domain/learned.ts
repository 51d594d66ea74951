// What people taught: a proposal from a click ("false positive", "wrong severity", "wrong grouping"), and what became of it.
// The features are data, never an expression: the condition is written from them anew each time (triage/learn/rule.ts).
import { z } from 'zod';
import { AlertKind, EntityType } from './alert.ts';
import { Severity } from './severity.ts';

/** A click of a person on an incident; each is a ledger entry whatever becomes of it. */
export const FEEDBACK_KINDS = ['false_positive', 'too_high', 'too_low', 'wrong_grouping'] as const;
export const FeedbackKind = z.enum(FEEDBACK_KINDS);
export type FeedbackKind = z.infer<typeof FeedbackKind>;

/** A user, account, machine or address that the alert names in this role. */
export const LearnedThing = z.strictObject({
	type: EntityType,
	role: z.enum(['target', 'actor']),
	value: z.string().min(1).max(300),
});
export type LearnedThing = z.infer<typeof LearnedThing>;

/**
 * The one condition of one thing that a learned rule may speak of. All of it must hold; a process-safety alarm cannot be written here at
 * all, and no part of it is a pattern: what an alert says is compared as a whole.
 */
export const LearnedMatch = z.strictObject({
	source: z.string().min(1).max(100),
	kind: AlertKind.exclude(['process_safety']),
	title: z.string().min(1).max(500),
	/** What the source may call it: never graver than it did when people looked. */
	severities: z.array(z.union([Severity, z.literal('unknown')])).max(6),
	/** Techniques that the source may name: another one is another matter. */
	techniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).max(20),
	/** The target in the inventory; null where the inventory does not know it. */
	asset: z.string().min(1).max(200).nullable(),
	/** Everything that the alert names in these roles and kinds, and nothing else. */
	things: z.array(LearnedThing).max(12),
});
export type LearnedMatch = z.infer<typeof LearnedMatch>;

export const LearnedEffect = z.discriminatedUnion('does', [
	z.strictObject({ does: z.literal('mute') }),
	z.strictObject({ does: z.literal('set'), severity: Severity }),
	z.strictObject({ does: z.literal('floor'), severity: Severity }),
]);
export type LearnedEffect = z.infer<typeof LearnedEffect>;

export const LearnedContent = z.discriminatedUnion('kind', [
	z.strictObject({ kind: z.literal('rule'), match: LearnedMatch, effect: LearnedEffect }),
	/** Alerts that do not belong to their incident. */
	z.strictObject({
		kind: z.literal('split'),
		alerts: z.array(z.string().max(60)).min(1).max(200),
		why: z.string().max(500),
	}),
]);
export type LearnedContent = z.infer<typeof LearnedContent>;

/** What the rule would have done to alerts that are stored, at the time it was looked at. */
export const LearnedPreview = z.strictObject({
	/** Alerts looked at, newest first. */
	looked: z.number().int(),
	matched: z.number().int(),
	muted: z.number().int(),
	changed: z.number().int(),
	/** Matched, but another rule, the source or the kind of alert holds against it. */
	held: z.number().int(),
	examples: z
		.array(z.strictObject({ alert: z.string(), before: z.string().max(60), after: z.string().max(60) }))
		.max(5),
});
export type LearnedPreview = z.infer<typeof LearnedPreview>;

export const LearnedYes = z.strictObject({
	person: z.string().max(200),
	role: z.string().max(40),
	side: z.enum(['it', 'ot', 'any']),
	at: z.number(),
});
export type LearnedYes = z.infer<typeof LearnedYes>;

export const Learned = z.object({
	id: z.string(),
	/** The incident on which it was asked for. */
	incident: z.string(),
	feedback: FeedbackKind,
	/** Same content, same value: the same click twice is one proposal. */
	key: z.string(),
	state: z.enum(['proposed', 'applied', 'declined', 'revoked']),
	content: LearnedContent,
	preview: LearnedPreview.nullable(),
	/** Whether it reaches OT, or what nobody knows: two people are asked then. */
	touches_ot: z.boolean(),
	site: z.string().nullable(),
	zone: z.string().nullable(),
	asked_by: z.string(),
	asked_at: z.number(),
	/** How long it will hold once applied. */
	holds_ms: z.number(),
	answers: z.array(LearnedYes),
	applied_at: z.number().nullable(),
	expires_at: z.number().nullable(),
	ended_by: z.string().nullable(),
	ended_at: z.number().nullable(),
	updated_at: z.number(),
});
export type Learned = z.infer<typeof Learned>;

/** Whether it works now. It ends by itself: nobody has to do anything for that. */
export function isInForce(learned: Pick<Learned, 'state' | 'expires_at'>, now: number): boolean {
	return learned.state === 'applied' && learned.expires_at !== null && now < learned.expires_at;
}
