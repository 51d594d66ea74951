// Whether one approval counts, and whether one person may decide: rights of people, nothing about the step's safety.
// The list of people is always the current one: a role that was taken away does not count any more.
import type { Approval, ApprovalNeed, Decision } from '../domain/decision.ts';
import { holdsRole, type Person } from '../domain/person.ts';
import { type Instant, MINUTE, toIso } from '../domain/time.ts';
import type { Place, ProposedStep } from './decide.ts';

/** How long an approval holds where nothing shorter is said (reference table, section 3: 15 minutes, our choice). */
export const APPROVAL_EXPIRY_MS = 15 * MINUTE;
/** No approval holds longer, whatever it says of itself. */
export const APPROVAL_EXPIRY_MAX_MS = 60 * MINUTE;
/** Approvals from the future count only within what clocks may differ. */
const CLOCK_SKEW_MS = 5 * MINUTE;

export type Counted = { readonly ok: true; readonly person: Person } | { readonly ok: false; readonly reason: string };

/**
 * Whether two entries of the list count as one: the same id, Slack user or e-mail is one human being, and a deputy counts as the one they
 * stand in for, so that nobody decides with their own deputy.
 */
export function isSamePerson(a: Person, b: Person): boolean {
	if (a.stands_in_for?.includes(b.id) === true || b.stands_in_for?.includes(a.id) === true) return true;
	return a.id === b.id || (a.slack !== null && a.slack === b.slack) || (a.email !== null && sameText(a.email, b.email));
}

/** The same for one who is known by an id alone: who is not in the list any more is told apart by it. */
export function isOneOf(people: readonly Person[], id: string, person: Person): boolean {
	const other = people.find((one) => one.id === id);
	return id === person.id || (other !== undefined && isSamePerson(other, person));
}

function sameText(a: string, b: string | null): boolean {
	return b !== null && a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** Whether the person holds one of the roles at every place. */
export function meetsNeed(person: Person, need: ApprovalNeed, places: readonly Place[]): boolean {
	return (
		places.length > 0 &&
		need.roles.some((role) => places.every((place) => holdsRole(person, role, place.site, place.zone)))
	);
}

function placeWords(places: readonly Place[]): string {
	const words = places.map(({ site, zone }) => `${site ?? 'an unknown site'}${zone === null ? '' : `, zone ${zone}`}`);
	return words.join(' and ');
}

/** Whether the person is who asked for the step, or a bot: neither may approve it. */
function whyNeverThisPerson(person: Person, step: ProposedStep, people: readonly Person[]): string | null {
	if (person.id === 'bot' || step.requested_by === person.id) {
		return person.id === 'bot' ? 'a bot approves nothing' : `${person.name} asked for this step and cannot approve it`;
	}
	const requester = people.find((other) => other.id === step.requested_by);
	if (requester !== undefined && isSamePerson(requester, person)) {
		return `${person.name} asked for this step (as ${requester.id}) and cannot approve it`;
	}
	return null;
}

/**
 * Whether an approval counts for this decision now, and if not, why, in words for people. A `no` is looked at in the same way:
 * only somebody who may say yes has a no that counts here.
 */
export function approvalCounts(
	approval: Approval,
	decision: Decision,
	step: ProposedStep,
	places: readonly Place[],
	people: readonly Person[],
	now: Instant,
): Counted {
	const no = (reason: string): Counted => ({ ok: false, reason });
	const person = people.find((one) => one.id === approval.person);
	if (person === undefined) return no(`\`${approval.person}\` is not in the list of people`);
	if (approval.step !== step.id) return no(`${person.name} approved another step`);
	if (approval.binding !== decision.binding) {
		return no(`what ${person.name} approved has changed since: the target, a parameter, the playbook or the decision`);
	}
	if (approval.withdrawn_at !== null) return no(`${person.name} withdrew the approval`);
	if (!(approval.at <= now + CLOCK_SKEW_MS)) return no(`the approval of ${person.name} is dated in the future`);
	const endsAt = Math.min(approval.expires_at, approval.at + APPROVAL_EXPIRY_MAX_MS);
	if (!(endsAt > now)) {
		return no(`the approval of ${person.name} ended${Number.isFinite(endsAt) ? ` at ${toIso(endsAt)}` : ''}`);
	}
	const never = whyNeverThisPerson(person, step, people);
	if (never !== null) return no(never);
	if (!decision.needs.some((need) => meetsNeed(person, need, places))) {
		const roles = [...new Set(decision.needs.flatMap((need) => need.roles))].join(', ');
		return no(`${person.name} holds none of the roles ${roles || '(none are asked for)'} at ${placeWords(places)}`);
	}
	return { ok: true, person };
}

/** As which side the person may decide; or why not, in words for the person. */
export type MayDecide =
	| { readonly ok: true; readonly sides: readonly ApprovalNeed['side'][]; readonly needs: readonly ApprovalNeed[] }
	| { readonly ok: false; readonly reason: string };

/**
 * Whether this person may approve or refuse this step, before any click: for buttons and the command line. Whatever the
 * screen shows, `grant` checks again.
 */
export function mayDecide(
	person: Person,
	decision: Decision,
	places: readonly Place[],
	step: ProposedStep,
	people: readonly Person[] = [person],
): MayDecide {
	if (decision.needs.length === 0) {
		return { ok: false, reason: `nobody is asked to approve this: ${decision.summary}` };
	}
	const never = whyNeverThisPerson(person, step, people);
	if (never !== null) return { ok: false, reason: never };
	const needs = decision.needs.filter((need) => meetsNeed(person, need, places));
	if (needs.length > 0) return { ok: true, sides: needs.map((need) => need.side), needs };
	const roles = [...new Set(decision.needs.flatMap((need) => need.roles))].join(', ');
	return {
		ok: false,
		reason: `this needs ${roles} at ${placeWords(places)}, and ${person.name} holds none of them there`,
	};
}

/** Gives each need a different person; null with the needs that stay open where that cannot be done. */
export function assignNeeds(
	needs: readonly ApprovalNeed[],
	people: readonly Person[],
	places: readonly Place[],
):
	| { readonly ok: true; readonly people: readonly Person[] }
	| { readonly ok: false; readonly open: readonly ApprovalNeed[] } {
	let most = 0;
	const search = (index: number, taken: readonly Person[]): readonly Person[] | null => {
		most = Math.max(most, taken.length);
		const need = needs[index];
		if (need === undefined) return taken;
		for (const person of people) {
			if (taken.some((other) => isSamePerson(other, person)) || !meetsNeed(person, need, places)) continue;
			const found = search(index + 1, [...taken, person]);
			if (found !== null) return found;
		}
		return null;
	};
	const found = search(0, []);
	if (found !== null) return { ok: true, people: found };
	const open = needs.filter((need) => !people.some((person) => meetsNeed(person, need, places)));
	return { ok: false, open: open.length > 0 ? open : needs.slice(most) };
}
