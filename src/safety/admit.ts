// Which statements of people count at all, before the gate reads them: not from where they prove nothing, and a standing leave of the site
// only from two people. Pure. NOT here: whether the person may state it (domain/fact.ts), and what it does to a decision.
import { badness, endOf, FACTS, type FactName, FactReading } from '../domain/fact.ts';
import type { Person } from '../domain/person.ts';
import type { Instant } from '../domain/time.ts';
import { isSamePerson } from './approval.ts';

/** Standing leaves that let the bot act alone: two people say so, or a file of the site does. */
export const TWO_SAY: readonly FactName[] = ['session_preapproved', 'it_policy_allows_auto'];

/** ATT&CK techniques that mean that identities are part of it: accounts, credentials, tokens, sign-on. */
const IDENTITY_TECHNIQUES: readonly string[] = [
	...['T1003', 'T1078', 'T1098', 'T1110', 'T1136', 'T1187', 'T1528', 'T1531', 'T1539', 'T1550', 'T1552', 'T1555'],
	...['T1556', 'T1557', 'T1558', 'T1606', 'T1621', 'T1649', 'T0859', 'T0892'],
];

/** A statement with the way in which it came: `cli` outside chat, `slack`, or null where nobody knows (which counts as chat). */
export type Said = FactReading & { readonly via: string | null };

export type IncidentKind = {
	readonly id: string;
	readonly category: string;
	readonly techniques: readonly string[];
};

/** Whether the evidence, or a current word of anybody, says that identities or Slack are part of the incident. */
export function touchesIdentity(incident: IncidentKind, statements: readonly Said[], now: Instant): boolean {
	return (
		incident.category === 'account' ||
		incident.techniques.some((id) => IDENTITY_TECHNIQUES.includes(id.split('.')[0] ?? '')) ||
		statements.some(
			(said) =>
				said.name === 'identity_compromised' &&
				said.subject === incident.id &&
				said.value === true &&
				endOf(said, now) === null,
		)
	);
}

/**
 * The statements that count. Bad news always does, from anywhere. Left out are good news
 * - that something was confirmed outside chat, said in chat;
 * - that identities and Slack are not part of the incident, said in chat, where the evidence says that they may be;
 * - that are a standing leave of the site (`TWO_SAY`), said by one person alone.
 */
export function admit(
	statements: readonly Said[],
	incident: IncidentKind,
	people: readonly Person[],
	now: Instant,
): Said[] {
	const isTouched = touchesIdentity(incident, statements, now);
	return statements.filter((said) => {
		if (badness(said.name, said.value) > 0) return true;
		if (said.name === 'out_of_band_confirmed') return said.via === 'cli';
		if (said.name === 'identity_compromised' && said.subject === incident.id) return !isTouched || said.via === 'cli';
		return !TWO_SAY.includes(said.name) || isSaidByAnother(said, statements, people, now);
	});
}

/** Whether another human being says the same about the same now. */
function isSaidByAnother(said: Said, all: readonly Said[], people: readonly Person[], now: Instant): boolean {
	const personOf = (id: string): Person | undefined => people.find((person) => person.id === id);
	const speaker = personOf(said.supplied_by);
	return (
		speaker !== undefined &&
		all.some((other) => {
			if (other.name !== said.name || other.subject !== said.subject || other.value !== said.value) return false;
			const second = personOf(other.supplied_by);
			return second !== undefined && !isSamePerson(speaker, second) && endOf(other, now) === null;
		})
	);
}

/** Why a word in chat would not count, in words for the person who says it; null where it does, or where only the incident tells. */
export function whyNotInChat(name: FactName, value: unknown): string | null {
	if (name !== 'out_of_band_confirmed' || value !== FACTS[name].order[0]) return null;
	return 'that both confirmed outside chat is not proved by a word in chat. Say it on the command line: `interlock incident fact`';
}

/** What else a good word of this kind needs; null for nothing. */
export function needsSecond(name: FactName, value: unknown): boolean {
	return TWO_SAY.includes(name) && value === FACTS[name].order[0];
}

/** A statement of the ledger as `Said`; null where it is none that a fact can take. */
export function readSaid(row: unknown, via: string | null): Said | null {
	const read = FactReading.safeParse(row);
	return read.success ? { ...read.data, via } : null;
}
