// The only place where a Grant is made: a value that a connector needs and nobody can write by hand. It decides anew, counts the
// approvals of the people as they are now, and binds the grant to one action, its targets, its parameters and a short time.
import { canonicalHash } from '../domain/canonical.ts';
import type { Approval, ApprovalNeed, Decision } from '../domain/decision.ts';
import { isDrill } from '../domain/drill.ts';
import type { Person } from '../domain/person.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { StepParams } from '../domain/step.ts';
import { type Instant, SECOND } from '../domain/time.ts';
import { mayHaveConnector } from './actions.ts';
import { approvalCounts, assignNeeds } from './approval.ts';
import { decide, type Facts, type ProposedStep, placesOf } from './decide.ts';
import { createMint, createOpener, type Mint, type SealedGrant } from './sealed-grant.ts';

export { APPROVAL_EXPIRY_MS, mayDecide } from './approval.ts';

/** How long a grant opens a connector: the worker takes it and calls at once. */
export const GRANT_MS = 60 * SECOND;

// Not exported: no other file can write a value of this type.
declare const brand: unique symbol;

/** Leave for one call. Made by `grant` alone; a look-alike is refused at run time, because only made ones are registered. */
export type Grant = {
	readonly [brand]: true;
	readonly step: string;
	readonly action: string;
	readonly targets: readonly string[];
	readonly paramsHash: string;
	readonly binding: string;
	readonly grantedAt: Instant;
	readonly expiresAt: Instant;
	/** Opens a connector's read-back alone: nothing can be called with it. */
	readonly isLook: boolean;
	/** Ids of the people whose approvals carried it. */
	readonly approvedBy: readonly string[];
};

const MADE = new WeakSet<object>();
const DRILL_REASON = 'a drill: no leave is ever given';

export type GrantQuestion = {
	readonly step: ProposedStep;
	readonly facts: Facts;
	readonly approvals: readonly Approval[];
	readonly people: readonly Person[];
	readonly now: Instant;
};

export type GrantAnswer =
	| { readonly ok: true; readonly grant: Grant; readonly decision: Decision }
	| {
			readonly ok: false;
			readonly decision: Decision;
			/** Needs that no approval meets yet. */
			readonly waiting: readonly ApprovalNeed[];
			/** Everything that stands in the way, in words for people. */
			readonly reasons: readonly string[];
			/** A step of a drill to which nothing stands in the way: for a real one leave would be given here. */
			readonly isRehearsal?: true;
	  };

/**
 * Leave to run one step now, or what stands in the way.
 *
 * Decides again on these facts; needs every hold gone, and for each need an approval by a different named person who holds the
 * role at every place of the step today, did not ask for the step, and approved exactly this. A `no` of such a person stops it.
 * Never gives leave to control, destroy, attack, run raw commands or change the gate's own ground, whatever the table says (G10):
 * what two people decide by P06, people enter themselves. Never throws.
 */
export function grant(question: GrantQuestion): GrantAnswer {
	const { step, facts, now } = question;
	const decision = decide(step, facts, now);
	try {
		return grantOn(question, decision);
	} catch (fault) {
		const what = fault instanceof Error ? fault.message : 'unknown fault';
		return { ok: false, decision, waiting: decision.needs, reasons: [`the approvals could not be judged: ${what}`] };
	}
}

function grantOn(question: GrantQuestion, decision: Decision): GrantAnswer {
	const { step, facts, approvals, people, now } = question;
	const refuse = (reasons: readonly string[], waiting: readonly ApprovalNeed[] = decision.needs): GrantAnswer => ({
		ok: false,
		decision,
		waiting,
		reasons,
	});
	if (decision.class === 'NEVER' || decision.class === 'HANDS') return refuse([decision.summary]);
	if (!mayHaveConnector(step.action)) {
		return refuse([`no connector may exist for \`${step.action}\` (G10)`]);
	}
	const places = placesOf(step, facts, now);
	const reasons: string[] = decision.holds.map((hold) => `${hold.rule}: ${hold.reason}`);
	const yes: Person[] = [];
	for (const approval of approvals) {
		const counted = approvalCounts(approval, decision, step, places, people, now);
		if (!counted.ok) reasons.push(...(decision.needs.length > 0 ? [counted.reason] : []));
		else if (approval.answer === 'yes') yes.push(counted.person);
		else reasons.push(`${counted.person.name} said no${approval.reason === null ? '' : `: ${approval.reason}`}`);
	}
	const isRefused = approvals.some(
		(one) => one.answer === 'no' && approvalCounts(one, decision, step, places, people, now).ok,
	);
	const assigned = assignNeeds(decision.needs, yes, places);
	if (!assigned.ok) return refuse(reasons, assigned.open);
	if (decision.holds.length > 0 || isRefused) return refuse(reasons, []);
	// Everything that people practise is as it would be; the leave itself is never made, so that no connector can be opened with it.
	if (isDrill(step.incident)) return { ok: false, decision, waiting: [], reasons: [DRILL_REASON], isRehearsal: true };
	return { ok: true, decision, grant: makeGrant(step, decision.binding, assigned.people, false, now) };
}

/**
 * Leave to look at what a begun step has come to, and for nothing else: a connector's read-back takes it and its call refuses it. Looking
 * changes nothing, so no approval and no freeze has a say: people want to know most when everything is stopped.
 *
 * @returns null for an action for which no connector may exist (G10), and for a step of a drill, which has begun nothing
 */
export function grantLook(step: ProposedStep, now: Instant): Grant | null {
	return mayHaveConnector(step.action) && !isDrill(step.incident) ? makeGrant(step, '', [], true, now) : null;
}

function makeGrant(
	step: ProposedStep,
	binding: string,
	approvers: readonly Person[],
	isLook: boolean,
	now: Instant,
): Grant {
	// INVARIANT: nothing of a drill is ever granted; reached, this would be a fault of this file.
	if (isDrill(step.incident)) throw new Error(DRILL_REASON);
	if (half?.kind === 'opens') throw new Error('this process opens sealed grants and makes none');
	const made = Object.freeze({
		step: step.id,
		action: step.action,
		targets: Object.freeze([...step.targets]),
		paramsHash: canonicalHash(step.params),
		binding,
		isLook,
		grantedAt: now,
		expiresAt: now + GRANT_MS,
		approvedBy: Object.freeze(approvers.map((person) => person.id)),
	});
	MADE.add(made);
	// The brand exists for the compiler alone; `MADE` is its run-time half.
	return made as unknown as Grant;
}

/** The call that a connector is about to make. */
export type GrantedCall = {
	readonly step: string;
	readonly action: string;
	readonly targets: readonly string[];
	readonly params: StepParams;
	/** True where the connector is about to read and not to call. */
	readonly isLook?: boolean;
};

/**
 * What a connector asks before it calls anything: is this a real grant, for exactly this, and still open?
 *
 * @returns the grant, or the reason why the call must not be made
 */
export function checkGrant(value: unknown, call: GrantedCall, now: Instant): Result<Grant, string> {
	if (typeof value !== 'object' || value === null || !MADE.has(value))
		return err('this is no grant of the safety gate');
	// In MADE, so `makeGrant` made it.
	const real = value as Grant;
	if (!(now >= real.grantedAt && now < real.expiresAt)) return err('the grant has run out: ask the gate again');
	if (real.isLook && call.isLook !== true) return err('the grant is for looking only');
	if (real.action !== call.action) return err(`the grant is for \`${real.action}\`, not for \`${call.action}\``);
	if (real.step !== call.step) return err('the grant is for another step');
	const { targets } = real;
	const isSame =
		targets.length === call.targets.length && targets.every((target, index) => target === call.targets[index]);
	if (!isSame) return err('the grant is for other targets');
	if (hashOrNull(call.params) !== real.paramsHash) return err('the grant is for other parameters');
	return ok(real);
}

/** Which half of the seal this process has: one that mints cannot open, and one that opens can mint nothing. */
let half: { readonly kind: 'mints'; readonly mint: Mint } | { readonly kind: 'opens' } | null = null;

function mint(): Mint {
	if (half?.kind === 'opens') throw new Error('this process opens sealed grants and makes none');
	half ??= { kind: 'mints', mint: createMint() };
	return half.mint;
}

/** The half that a connector's process gets: it can tell a sealed grant of this process from any other, and make none. */
export function sealOpener(): string {
	return mint().opener;
}

/**
 * Seals a grant for the process of one connector.
 *
 * @throws TypeError where it is no grant that was made here
 */
export function sealGrant(value: unknown, connector: string): SealedGrant {
	if (typeof value !== 'object' || value === null || !MADE.has(value))
		throw new TypeError('no grant of the safety gate');
	// In MADE, so `makeGrant` made it.
	return mint().seal(value as Grant, connector);
}

/**
 * For the process of one connector alone: what opens the grants that the gate has sealed for it, each once. From then on this process
 * makes no grant itself.
 *
 * @param opener what `sealOpener` gave
 * @throws Error where this process has made grants, or opens them already
 */
export function openGrants(
	opener: string,
	connector: string,
): (sealed: SealedGrant, now: Instant) => Result<Grant, string> {
	if (half !== null) throw new Error('this process makes grants, or opens them already');
	half = { kind: 'opens' };
	const open = createOpener(opener, connector);
	return (sealed, now) => {
		const opened = open(sealed, now);
		if (!opened.ok) return opened;
		const made = Object.freeze(opened.value);
		MADE.add(made);
		// As in `makeGrant`: the brand exists for the compiler alone.
		return ok(made as unknown as Grant);
	};
}

function hashOrNull(value: unknown): string | null {
	try {
		return canonicalHash(value);
	} catch {
		// What cannot be hashed is no parameter that was approved.
		return null;
	}
}
