// One unit of a plan, and the states it can be in.
import { z } from 'zod';
import { Decision } from './decision.ts';

/**
 * planned      decided, nothing asked yet
 * waiting      approvals or holds outstanding; a card shows it
 * queued       may run; the queue has been told
 * running      the intent is in the ledger; the call may have been made
 * done         the result is in the ledger
 * failed       the call said no, or never got through; nothing happened
 * in_doubt     begun, result unknown
 * hands        written out for a person; waits for the attestation
 * attested     a person says that it was done
 * refused      a person said no
 * forbidden    the gate said NEVER
 * expired      nobody answered in time
 * cancelled    the incident was resolved or the plan replaced
 * undone       a containment that has been taken back
 */
export const STEP_STATES = [
	'planned',
	'waiting',
	'queued',
	'running',
	'done',
	'failed',
	'in_doubt',
	'hands',
	'attested',
	'refused',
	'forbidden',
	'expired',
	'cancelled',
	'undone',
] as const;
export const StepState = z.enum(STEP_STATES);
export type StepState = z.infer<typeof StepState>;

export const StepParams = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]));
export type StepParams = z.infer<typeof StepParams>;

/** A step as planned for one incident; the row of table `steps`. Instants are numbers (milliseconds). */
export const Step = z.object({
	id: z.string(),
	incident: z.string(),
	playbook: z.string(),
	/** SHA-256 of the playbook file's canonical form: any change of it voids approvals. */
	playbook_version: z.string(),
	/** The step's name in the playbook. */
	key: z.string(),
	position: z.number().int(),
	title: z.string(),
	/** A name of the action catalogue (safety/actions.ts); its effect is looked up there and nowhere else. */
	action: z.string(),
	/** Inventory id, or null where the action has no asset for a target (notify). */
	target: z.string().nullable(),
	params: StepParams,
	/** Written for a person where the class is HANDS. */
	instructions: z.string().nullable(),
	checklist: z.array(z.string()),
	state: StepState,
	decision: Decision.nullable(),
	/** Keys of steps of the same plan that must have ended before this one starts. */
	after: z.array(z.string()),
	/** `bot` or a person's id; an approver can never be this person. */
	requested_by: z.string(),
	/** When waiting ends by itself. */
	expires_at: z.number().nullable(),
	/** How long a containment holds before it is undone or asked about; null for none. */
	containment_ms: z.number().nullable(),
	contained_until: z.number().nullable(),
	attempts: z.number().int(),
	/** What the action returned, or why it failed: short text for people, details for the next step. */
	outcome: z.string().nullable(),
	created_at: z.number(),
	updated_at: z.number(),
});
export type Step = z.infer<typeof Step>;
