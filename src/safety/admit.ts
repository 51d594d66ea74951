// Which statements of people count at all, before the gate reads them: not from where they prove nothing, and a standing leave of the site
// only from two people. Pure. NOT here: whether the person may state it (domain/fact.ts), and what it does to a decision.
import { badness, endOf, FACTS, type FactName, FactReading } from '../domain/fact.ts';
import type { Person } from '../domain/person.ts';
import type { Instant } from '../domain/time.ts';
import { isSamePerson } from './approval.ts';

/** Standing leaves that let the bot act alone: two people say so, or a file of the site does. */
export const TWO_SAY: readonly FactName[] = ['session_preapproved', 'it_policy_allows_auto'];

/** Ways in which a word does not come through Slack: what Slack carries cannot vouch for Slack (G8). */
const OUTSIDE_CHAT: readonly (string | null)[] = ['cli', 'http'];

/** A statement with the way in which it came: `cli` and `http` outside chat, `slack`, or null where nobody knows (which counts as chat). */
export type Said = FactReading & { readonly via: string | null };

export type IncidentKind = { readonly id: string };

/**
 * The statements that count. Bad news always does, from anywhere. Left out are good news
 * - that something was confirmed outside chat, said in chat;
 * - that identities and Slack are not part of this incident, said in chat: whoever owns Slack would say so;
 * - that are a standing leave of the site (`TWO_SAY`), said by one person alone.
 */
export function admit(
	statements: readonly Said[],
	incident: IncidentKind,
	people: readonly Person[],
	now: Instant,
): Said[] {
	return statements.filter((said) => {
		if (badness(said.name, said.value) > 0) return true;
		if (said.name === 'out_of_band_confirmed') return OUTSIDE_CHAT.includes(said.via);
		if (said.name === 'identity_compromised' && said.subject === incident.id) return OUTSIDE_CHAT.includes(said.via);
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

/** Why a word in chat would not count, in words for the person who says it; null where it does. */
export function whyNotInChat(name: FactName, value: unknown): string | null {
	if (value !== FACTS[name].order[0]) return null;
	const how = 'Say it on the command line: `interlock incident fact`';
	if (name === 'out_of_band_confirmed')
		return `that both confirmed outside chat is not proved by a word in chat. ${how}`;
	if (name === 'identity_compromised') return `that Slack is not part of it is not proved by a word in Slack. ${how}`;
	return null;
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
