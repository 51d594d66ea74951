// The people who may decide, and what each may decide where.
import { z } from 'zod';

export const ROLES = [
	'it_analyst',
	'it_lead',
	'ot_engineer',
	'ot_operator',
	'sis_engineer',
	'network_owner',
	'incident_lead',
	'reporter',
	'compliance',
	'admin',
] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** A role, limited to sites and zones where they are listed; without a list it holds everywhere. */
export const RoleGrant = z.object({
	role: Role,
	sites: z.array(z.string()).optional(),
	zones: z.array(z.string()).optional(),
});
export type RoleGrant = z.infer<typeof RoleGrant>;

export const Person = z.object({
	id: z.string().min(1).max(100),
	name: z.string().min(1).max(200),
	/** Slack user id (U...), where the person has one. */
	slack: z.string().nullable(),
	email: z.string().nullable(),
	roles: z.array(RoleGrant),
	/** Pagers (interlock.yaml) that reach the person outside Slack. */
	pagers: z.array(z.string()).optional(),
	/** Whom the person stands in for at the moment (deputies): the two of them never count as two. */
	stands_in_for: z.array(z.string()).optional(),
	/** Away until then, with a deputy: not asked first. */
	away_until: z.number().optional(),
});
export type Person = z.infer<typeof Person>;

/** The two sides whose agreement a TWO row needs (reference: IEC 62443-3-3 SR 2.1 RE 4, dual approval). */
export type Side = 'it' | 'ot';

export const SIDE_OF_ROLE: Readonly<Record<Role, Side | null>> = {
	it_analyst: 'it',
	it_lead: 'it',
	ot_engineer: 'ot',
	ot_operator: 'ot',
	sis_engineer: 'ot',
	network_owner: 'it',
	incident_lead: null,
	reporter: null,
	compliance: null,
	admin: null,
};

/** True where the person holds the role for this site and zone; a null place asks for a role that holds everywhere. */
export function holdsRole(person: Person, role: Role, site: string | null, zone: string | null): boolean {
	return person.roles.some(
		(grant) =>
			grant.role === role &&
			(grant.sites === undefined || (site !== null && grant.sites.includes(site))) &&
			(grant.zones === undefined || (zone !== null && grant.zones.includes(zone))),
	);
}

/** The roles that the person holds at this place. */
export function rolesAt(person: Person, site: string | null, zone: string | null): Role[] {
	return ROLES.filter((role) => holdsRole(person, role, site, zone));
}
