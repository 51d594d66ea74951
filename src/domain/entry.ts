// The kinds of facts that the ledger records. One entry is one fact; its canonical JSON is what is hashed.
import { z } from 'zod';

export const ENTRY_KINDS = [
	// intake
	'alert.stored',
	'alert.closed',
	'alert.unparsed',
	'alert.unparsed_seen',
	'source.silent',
	'source.heard',
	'credential.refused',
	// triage
	'alert.judged',
	'feedback.given',
	'rule.proposed',
	'rule.approved',
	'rule.applied',
	'rule.declined',
	'rule.revoked',
	'advice.given',
	'advice.failed',
	// correlation
	'incident.opened',
	'incident.joined',
	'incident.merge_suggested',
	'incident.merged',
	'incident.split',
	'incident.acknowledged',
	'incident.escalated',
	'incident.resolved',
	'incident.reopened',
	// response
	'plan.made',
	'step.decided',
	'step.branched',
	'step.queued',
	'step.intent',
	'step.result',
	'step.in_doubt',
	'step.hands',
	'step.attested',
	'step.refused',
	'step.expired',
	'step.asked_again',
	'step.cancelled',
	'step.undone',
	'step.verified',
	'step.unseen',
	'step.view_asked',
	'step.view_answered',
	'step.view_unanswered',
	'step.view_quiet',
	'approval.given',
	'approval.refused',
	'approval.rejected',
	'approval.withdrawn',
	'approval.told',
	'deputy.named',
	'deputy.accepted',
	'deputy.ended',
	// drills
	'drill.started',
	'drill.suspended',
	'drill.resumed',
	'drill.ended',
	'drill.cleared',
	// facts and stops
	'fact.stated',
	'freeze.set',
	'freeze.thaw_asked',
	'freeze.thawed',
	// chat
	'message.intent',
	'message.sent',
	'message.failed',
	'command.refused',
	// outside Slack
	'page.intent',
	'page.sent',
	'page.failed',
	'page.dropped',
	// program
	'program.started',
	'program.stopped',
	'program.fault',
	'tampering.found',
	'config.loaded',
	'inventory.imported',
	'inventory.taken',
	'inventory.dismissed',
	'ledger.exported',
	// what others fetched from here
	'blocklist.fetched',
] as const;
export const EntryKind = z.enum(ENTRY_KINDS);
export type EntryKind = z.infer<typeof EntryKind>;

/** Who did it: `bot`, `system`, a source's name or a person's id. */
export const Actor = z.object({ kind: z.enum(['bot', 'system', 'source', 'person', 'adviser']), id: z.string() });
export type Actor = z.infer<typeof Actor>;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * What a stage hands to `record()`: the envelope (id, schema version) is added there. `data` must be I-JSON (RFC 7493):
 * no undefined, NaN, lone surrogates or integers above 2^53-1; personal data and secrets never go in plain
 * (use `personal` for values that must be erasable: they are kept beside the ledger, the entry holds a salted hash).
 */
export type NewEntry = {
	readonly kind: EntryKind;
	readonly actor: Actor;
	/** Event time of the fact, milliseconds. */
	readonly at: number;
	readonly incident: string | null;
	/** Ids of what it is about: alert, step, approval, entry. */
	readonly refs: readonly string[];
	readonly data: { readonly [key: string]: Json | undefined };
	readonly personal?: { readonly [key: string]: string };
};
