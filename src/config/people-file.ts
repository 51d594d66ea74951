// people.yaml: who may decide what where, and which Slack user groups stand for which role.
import { z } from 'zod';
import { PagerNames } from '../domain/pager.ts';
import { Role, type RoleGrant } from '../domain/person.ts';

const Places = z.array(z.string().min(1).max(200)).min(1).max(1_000);

/** A role as written: its name alone, or with the sites and zones it is limited to. An empty list is refused: it says nothing. */
const Grant = z.preprocess(
	(value) => (typeof value === 'string' ? { role: value } : value),
	z.strictObject({ role: Role, sites: Places.optional(), zones: Places.optional() }),
);

const PersonEntry = z.strictObject({
	id: z.string().min(1).max(100),
	name: z.string().min(1).max(200),
	slack: z
		.string()
		.regex(/^[UW][A-Z0-9]{2,30}$/, 'is no Slack user id: it begins with U or W (profile, Copy member ID)')
		.nullish()
		.transform((value) => value ?? null),
	email: z
		.string()
		.max(320)
		.nullish()
		.transform((value) => value ?? null),
	/** Pagers (interlock.yaml) that reach the person outside Slack; one of mail uses `email`. */
	pagers: PagerNames.optional(),
	roles: z.array(Grant).max(100).default([]),
});

const Group = z.strictObject({
	/** The id (S...) or the handle of a Slack user group. */
	group: z.string().min(1).max(100),
	role: Role,
	sites: Places.optional(),
	zones: Places.optional(),
});

/** `groups:` as a list, or as a map from group to role. */
const Groups = z.preprocess(
	(value) =>
		typeof value === 'object' && value !== null && !Array.isArray(value)
			? Object.entries(value).map(([group, role]) =>
					typeof role === 'object' && role !== null ? { group, ...role } : { group, role },
				)
			: value,
	z.array(Group).max(1_000),
);

export const PeopleFile = z.strictObject({
	people: z.array(PersonEntry).max(100_000).default([]),
	groups: Groups.default([]),
});
export type PeopleFile = z.infer<typeof PeopleFile>;

/** A Slack user group whose members hold a role. */
export type GroupGrant = RoleGrant & { readonly group: string };

/** A grant without keys that say nothing. */
export function grantOf(grant: {
	role: RoleGrant['role'];
	sites?: string[] | undefined;
	zones?: string[] | undefined;
}): RoleGrant {
	return {
		role: grant.role,
		...(grant.sites === undefined ? {} : { sites: grant.sites }),
		...(grant.zones === undefined ? {} : { zones: grant.zones }),
	};
}
