// Who is told: the people who hold a role at the incident's place. Pure.
import { holdsRole, type Person, type Role } from '../../domain/person.ts';
import { type Paged, pagesOf } from '../pagers/page.ts';
import type { ActionInput } from './action.ts';

/** People paged for one step, and pages that one person gets within an hour; a safety alarm is never held back. */
const PEOPLE_PER_PAGE_MAX = 10;
export const PAGES_PER_HOUR_MAX = 12;

/**
 * People with this role where the incident is: its target's site and zone first, else any of the incident's places, else everywhere.
 * Nobody at the place is no reason to tell nobody: then all who hold the role anywhere are told. Who is away is not asked; their deputy is.
 */
export function onCall(role: Role, input: ActionInput): Person[] {
	const places = [
		{ site: input.asset?.site ?? null, zone: input.asset?.zone ?? null },
		...input.incident.sites.flatMap((site) => [
			{ site, zone: null },
			...input.incident.zones.map((zone) => ({ site, zone })),
		]),
		{ site: null, zone: null },
	];
	const here = input.people.filter((person) => places.some((place) => holdsRole(person, role, place.site, place.zone)));
	const anywhere = input.people.filter((person) => person.roles.some((grant) => grant.role === role));
	const asked = here.length > 0 ? here : anywhere;
	// Who is away is asked only where nobody else of the role is there.
	const present = asked.filter((person) => !((person.away_until ?? 0) > input.now));
	return (present.length > 0 ? present : asked)
		.toSorted((a, b) => (a.id < b.id ? -1 : 1))
		.slice(0, PEOPLE_PER_PAGE_MAX);
}

/** True where this person has had enough for an hour: the thread still says it, only the direct message is left out. */
export function hasEnough(person: Person, input: ActionInput): boolean {
	return !input.incident.process_safety && (input.recentPages[person.id] ?? 0) >= PAGES_PER_HOUR_MAX;
}

/** The same words to the same people by their pagers; who has had enough for an hour gets none of these either. */
export function pagedFor(people: readonly Person[], text: string, input: ActionInput): Paged {
	const { incident, step } = input;
	return pagesOf({
		pagers: input.pagers ?? [],
		people: people.filter((person) => !hasEnough(person, input)),
		named: [],
		what: step.id,
		text: text.startsWith('INC-') ? text : `INC-${incident.number}: ${text}`,
		worth: incident,
	});
}
