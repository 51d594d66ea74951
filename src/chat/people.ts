// Who is this Slack user or command-line person, and what may they do where. Pure: membership of Slack user groups is handed in,
// as it was when the decision was made, and the groups that gave a role are named so that the ledger can say so.
// NOT here: which approvals a decision needs and whether one counts (safety/).
import type { Asset } from '../domain/asset.ts';
import type { Decision } from '../domain/decision.ts';
import { holdsRole, type Person, type Role, type RoleGrant, rolesAt } from '../domain/person.ts';
import { meetsNeed } from '../safety/approval.ts';
import type { Place } from './situation.ts';

/** A Slack user group (its id) whose members hold a role. */
export type GroupGrant = RoleGrant & { readonly group: string };

/** Slack user ids by group id, as read at decision time. */
export type Membership = ReadonlyMap<string, readonly string[]>;

/** The one who acts, with the groups that lent a role; `person` is null for somebody Interlock does not know. */
export type Acting = {
	readonly person: Person | null;
	/** What the ledger calls them: the person's id, or `slack:U...` for a stranger. */
	readonly id: string;
	readonly groups: readonly string[];
	/** `http`: a statement with the person's token; nothing else comes that way. */
	readonly via: 'slack' | 'cli' | 'http';
};

/** Who acts, and everybody, with the roles that they hold now. */
export type Standing = { readonly acting: Acting; readonly people: readonly Person[] };

/**
 * The person behind a Slack user id, with the roles that people.yaml gives and those of the groups they are in.
 * A member of a group who is not in people.yaml is a person too: named by their Slack id, never anonymous.
 */
export function actingOf(
	slackId: string,
	people: readonly Person[],
	grants: readonly GroupGrant[],
	membership: Membership,
): Acting {
	const known = people.find((person) => person.slack === slackId) ?? null;
	const lent = grants.filter((grant) => (membership.get(grant.group) ?? []).includes(slackId));
	const id = known?.id ?? `slack:${slackId}`;
	if (known === null && lent.length === 0) return { person: null, id, groups: [], via: 'slack' };
	const roles = lent.map(({ group: _group, ...grant }): RoleGrant => grant);
	const person: Person = {
		id,
		name: known?.name ?? slackId,
		slack: slackId,
		email: known?.email ?? null,
		...(known?.pagers === undefined ? {} : { pagers: known.pagers }),
		roles: [...(known?.roles ?? []), ...roles],
	};
	return { person, id, groups: [...new Set(lent.map((grant) => grant.group))], via: 'slack' };
}

/** Roles that work on incidents. The others (reporter, compliance, admin) read. */
const ON_CALL_ROLES: readonly Role[] = [
	'it_analyst',
	'it_lead',
	'ot_engineer',
	'ot_operator',
	'sis_engineer',
	'network_owner',
	'incident_lead',
];
/** Who lifts a freeze (the second of the two). Our choice: those who answer for a side, and who leads. */
export const THAW_ROLES: readonly Role[] = ['incident_lead', 'it_lead', 'ot_engineer', 'sis_engineer'];
/** Who may say no beside those whose yes is asked: a no is cheap to give and expensive to miss. */
const REFUSE_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer', 'incident_lead'];
const OT_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer'];
const IT_ROLES: readonly Role[] = ['it_analyst', 'it_lead', 'network_owner'];

/** Who says which alerts belong together, at a place of the incident. */
export const GROUPING_ROLES: readonly Role[] = ['incident_lead', 'it_lead', 'it_analyst', 'ot_engineer'];

type Where = { readonly sites: readonly string[]; readonly zones: readonly string[] };

/** Where an incident is: each zone with its site, and the sites of which no zone is named. */
export function placesOfIncident(
	{ sites, zones }: Where,
	known: readonly { readonly id: string; readonly site: string | null }[],
): Place[] {
	const inZones = zones.map((zone): Place => ({ site: known.find((one) => one.id === zone)?.site ?? null, zone }));
	return [
		...inZones,
		...sites
			.filter((site) => !inZones.some((place) => place.site === site))
			.map((site): Place => ({ site, zone: null })),
	];
}

/** Whether the person holds one of the roles at a place of the incident; where none is known, a role that holds everywhere. */
export function holdsForIncident(
	person: Person,
	roles: readonly Role[],
	incident: Where,
	known: readonly { readonly id: string; readonly site: string | null }[],
): boolean {
	const places = placesOfIncident(incident, known);
	const asked = places.length === 0 ? [{ site: null, zone: null }] : places;
	return asked.some((place) => holdsOneOf(person, roles, place));
}

/** On call anywhere: holds a role that works on incidents. */
export function isOnCall(person: Person): boolean {
	return person.roles.some((grant) => ON_CALL_ROLES.includes(grant.role));
}

/** On call for at least one of these places, or everywhere; with no place known, on call at all. */
export function isOnCallFor(person: Person, sites: readonly string[], zones: readonly string[]): boolean {
	if (sites.length === 0 && zones.length === 0) return isOnCall(person);
	const places = [
		...sites.map((site) => ({ site, zone: null })),
		...sites.flatMap((site) => zones.map((zone) => ({ site, zone }))),
		...zones.map((zone) => ({ site: null, zone })),
	];
	return places.some((place) => rolesAt(person, place.site, place.zone).some((role) => ON_CALL_ROLES.includes(role)));
}

/** Which needs of the decision the person could meet, by the gate's own rule. */
export function needsMetBy(person: Person, decision: Decision, places: readonly Place[]): Decision['needs'] {
	return decision.needs.filter((need) => meetsNeed(person, need, places));
}

/** Whether the person may say no to a step: one place of it is enough. */
export function mayRefuse(person: Person, decision: Decision, places: readonly Place[]): boolean {
	return (
		needsMetBy(person, decision, places).length > 0 || places.some((place) => holdsOneOf(person, REFUSE_ROLES, place))
	);
}

/**
 * The roles whose word counts that a hands-only step was done: safety systems by their engineers; whatever is at level 3.5 or
 * below, in OT, or not known by OT people; the rest by either side. Asked at the asset's place.
 */
export function attestRoles(asset: Asset | null, hasTarget: boolean): readonly Role[] {
	if (!hasTarget) return [...IT_ROLES, ...OT_ROLES, 'incident_lead'];
	if (asset === null) return OT_ROLES;
	if (asset.class === 'sis' || asset.class === 'sis_workstation') return ['sis_engineer'];
	const isOffice = (asset.level === '4' || asset.level === '5') && asset.domain !== 'ot';
	return isOffice ? [...IT_ROLES, ...OT_ROLES] : OT_ROLES;
}

/** Whether the person holds one of the roles at the place. */
export function holdsOneOf(person: Person, roles: readonly Role[], place: Place): boolean {
	return roles.some((role) => holdsRole(person, role, place.site, place.zone));
}

/** Whether the person may attest a step: a fitting role at every place of it. A step without a place takes the role wherever it holds. */
export function mayAttest(person: Person, roles: readonly Role[], places: readonly Place[]): boolean {
	const known = places.filter((place) => place.site !== null || place.zone !== null);
	if (known.length === 0 && places.length > 0) return person.roles.some((grant) => roles.includes(grant.role));
	return known.length > 0 && known.every((place) => holdsOneOf(person, roles, place));
}

/**
 * All people with the roles that Slack groups lend them, and the members of those groups who are not in people.yaml: the list
 * against which the gate counts approvals, so that a role lent by a group counts there too.
 */
export function peopleWithGroups(
	people: readonly Person[],
	grants: readonly GroupGrant[],
	membership: Membership,
): Person[] {
	const slackIds = new Set([
		...people.flatMap((person) => person.slack ?? []),
		...grants.flatMap((grant) => membership.get(grant.group) ?? []),
	]);
	const lent = [...slackIds].flatMap((id) => actingOf(id, people, grants, membership).person ?? []);
	return [...lent, ...people.filter((person) => person.slack === null)];
}

/** The roles that the person holds at every one of the places. */
export function rolesAtPlaces(person: Person, places: readonly Place[]): Role[] {
	const [first, ...rest] = places;
	if (first === undefined) return [];
	return rolesAt(person, first.site, first.zone).filter((role) =>
		rest.every((place) => holdsRole(person, role, place.site, place.zone)),
	);
}
