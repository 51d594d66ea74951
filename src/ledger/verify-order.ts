// What the order of entries must show: intents before results, decisions before what ran, approvals that fit. Pure; it reads the
// entries as written and asks nobody else. Form, hashes and signatures are verify.ts's.
import { DecisionClass, stricter } from '../domain/decision.ts';
import { ROLES, type Role, SIDE_OF_ROLE, type Side } from '../domain/person.ts';
import type { Envelope } from './export.ts';

export type PlacedEntry = { readonly place: number; readonly envelope: Envelope };

/** Kinds that mean: this step was let go to the world. */
const RAN = new Set(['step.intent']);

/** Each result of a step has an intent of the same step before it. */
export function verifyIntents(entries: readonly PlacedEntry[]): string[] {
	const faults: string[] = [];
	const intended = new Set<string>();
	for (const { place, envelope } of entries) {
		const step = stepOf(envelope);
		if (step === null) continue;
		if (envelope.kind === 'step.intent') intended.add(step);
		if (envelope.kind === 'step.result' && !intended.has(step))
			faults.push(`entry ${place}: the result of ${step} has no intent before it`);
	}
	return faults;
}

type Decided = { readonly class: DecisionClass; readonly binding: string };

/** The decision that an entry names: in `data.decision`, or in `data` itself. Null where it names none. */
function decidedBy(envelope: Envelope): Decided | null {
	const nested = envelope.data['decision'];
	const data = new Map<string, unknown>(Object.entries(isObject(nested) ? nested : envelope.data));
	const parsed = DecisionClass.safeParse(data.get('class'));
	const binding = data.get('binding');
	return parsed.success && typeof binding === 'string' ? { class: parsed.data, binding } : null;
}

/** Each intent has a decision of the same step before it, and the newest one lets the program act. */
export function verifyDecisions(entries: readonly PlacedEntry[]): string[] {
	const faults: string[] = [];
	const decided = new Map<string, Decided | null>();
	for (const { place, envelope } of entries) {
		const step = stepOf(envelope);
		if (step === null) continue;
		if (envelope.kind === 'step.decided') {
			decided.set(step, decidedBy(envelope));
			if (decided.get(step) === null) faults.push(`entry ${place}: the decision on ${step} names no class and binding`);
		}
		if (!RAN.has(envelope.kind)) continue;
		const newest = decided.get(step);
		if (newest === undefined) faults.push(`entry ${place}: ${step} ran without a decision before it`);
		for (const decision of [newest, decidedBy(envelope)]) {
			if (decision?.class !== 'HANDS' && decision?.class !== 'NEVER') continue;
			faults.push(`entry ${place}: ${step} ran, but it was decided ${decision.class}`);
		}
	}
	return faults;
}

type Yes = {
	readonly person: string;
	readonly binding: string;
	readonly sides: readonly Side[];
	readonly expiresAt: number | null;
};

/**
 * Each intent whose decision needs people has their yes before it: one person, or two of whom one speaks for IT and the
 * other for OT; bound to that very decision, not withdrawn, not expired, none of them the requester.
 *
 * The intent names the decision that the gate gave just before it. Where that one is looser than the newest recorded one
 * (a fact got better in between), the yes that the recorded one needs must be there as well.
 */
export function verifyApprovals(entries: readonly PlacedEntry[]): string[] {
	const faults: string[] = [];
	const decided = new Map<string, Decided | null>();
	const given = new Map<string, Yes[]>();
	for (const { place, envelope } of entries) {
		const step = stepOf(envelope);
		if (step === null) continue;
		const { kind, actor } = envelope;
		const held = given.get(step) ?? [];
		if (kind === 'step.decided') decided.set(step, decidedBy(envelope));
		if (kind === 'approval.given') given.set(step, [...held.filter((yes) => yes.person !== actor.id), yesOf(envelope)]);
		if (kind === 'approval.withdrawn' || kind === 'approval.refused')
			given.set(
				step,
				held.filter((yes) => yes.person !== actor.id),
			);
		if (kind === 'approval.given' && actor.kind !== 'person')
			faults.push(`entry ${place}: the approval of ${step} is not a person's`);
		if (!RAN.has(kind)) continue;
		const recorded = decided.get(step) ?? null;
		const own = decidedBy(envelope) ?? recorded;
		if (own === null) continue;
		const isLooser = recorded !== null && stricter(recorded.class, own.class) !== own.class;
		const fault = missingYes(own, held, envelope) ?? (isLooser ? missingYes(recorded, held, envelope) : null);
		if (fault !== null) faults.push(`entry ${place}: ${step} ran ${fault}`);
	}
	return faults;
}

function missingYes(decision: Decided, given: readonly Yes[], intent: Envelope): string | null {
	if (decision.class !== 'ONE' && decision.class !== 'TWO') return null;
	const at = Date.parse(intent.at);
	const requester = intent.data['requested_by'];
	const counted = given.filter(
		(yes) =>
			yes.binding === decision.binding && yes.person !== requester && (yes.expiresAt === null || at < yes.expiresAt),
	);
	if (decision.class === 'ONE') return counted.length > 0 ? null : 'without the yes of one person to that decision';
	const isPair = counted.some(
		(a) => a.sides.includes('it') && counted.some((b) => b.person !== a.person && b.sides.includes('ot')),
	);
	return isPair ? null : 'without the yes of one person of IT and another of OT to that decision';
}

function yesOf(envelope: Envelope): Yes {
	const { binding, roles, expires_at } = envelope.data;
	const held = Array.isArray(roles) ? ROLES.filter((role: Role) => roles.includes(role)) : [];
	return {
		person: envelope.actor.id,
		binding: typeof binding === 'string' ? binding : '',
		sides: held.flatMap((role) => SIDE_OF_ROLE[role] ?? []),
		expiresAt: typeof expires_at === 'number' ? expires_at : null,
	};
}

function stepOf(envelope: Envelope): string | null {
	return envelope.refs.find((ref) => ref.startsWith('stp_')) ?? null;
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
