// Who stands in for whom, as the ledger has it: a role lent by the one who is away, at a place, for a time, and accepted by the deputy. Pure.
// A lent role counts like an own one, for everybody who asks for rights, the gate included; two who stand for one another never count as two
// (safety/approval.ts). NOT here: reading the ledger (store/read/deputies.ts), naming one (commands/deputy.ts).
import { z } from 'zod';
import { holdsRole, type Person, Role, type RoleGrant, SIDE_OF_ROLE } from '../domain/person.ts';
import { fromIso, type Instant } from '../domain/time.ts';

export type Deputy = {
	readonly id: string;
	/** Who is away, and who stands in. */
	readonly person: string;
	readonly deputy: string;
	readonly role: Role;
	/** Null: wherever the absent one holds the role. */
	readonly site: string | null;
	readonly zone: string | null;
	readonly until: Instant;
	readonly isAccepted: boolean;
	readonly isEnded: boolean;
};

const Entry = z.object({
	kind: z.string(),
	at: z.string(),
	actor: z.object({ id: z.string() }),
	refs: z.array(z.string()),
	data: z.record(z.string(), z.unknown()),
});
const Named = z.object({
	deputy: z.string(),
	role: Role,
	site: z.string().nullable(),
	zone: z.string().nullable(),
	until: z.number(),
});

/** Deputies that entries, oldest first, speak of. An acceptance counts from the deputy alone. */
export function deputiesOf(canonicals: readonly string[]): Deputy[] {
	const found = new Map<string, Deputy>();
	for (const text of canonicals) {
		const read = Entry.safeParse(JSON.parse(text));
		const id = read.success ? read.data.refs[0] : undefined;
		if (!read.success || id === undefined || fromIso(read.data.at) === null) continue;
		const { kind, actor, data } = read.data;
		const held = found.get(id);
		if (kind === 'deputy.named' && held === undefined) {
			const named = Named.safeParse(data);
			if (named.success) found.set(id, { id, person: actor.id, ...named.data, isAccepted: false, isEnded: false });
		} else if (kind === 'deputy.accepted' && held !== undefined && actor.id === held.deputy)
			found.set(id, { ...held, isAccepted: true });
		else if (kind === 'deputy.ended' && held !== undefined) found.set(id, { ...held, isEnded: true });
	}
	return [...found.values()];
}

/** Roles that may be lent as a lesser one. */
const LESSER: Partial<Record<Role, Role>> = { it_lead: 'it_analyst' };

/** The grants that a person may lend as this role: those of the role itself, or of the one above it. */
function grantsOf(person: Person, role: Role): RoleGrant[] {
	return person.roles.filter((grant) => grant.role === role || LESSER[grant.role] === role);
}

/** Whether the person holds what they lend at that place; without a place they lend it wherever they hold it. */
export function mayLendAt(person: Person, role: Role, site: string | null, zone: string | null): boolean {
	const grants = grantsOf(person, role);
	return site === null && zone === null
		? grants.length > 0
		: grants.some((grant) => holdsRole(person, grant.role, site, zone));
}

/** Whether the role may be lent at all, and to this person: who stands in knows the work of that side. */
export function whyNoDeputy(person: Person, deputy: Person, role: Role): string | null {
	if (person.id === deputy.id) return 'nobody is their own deputy';
	if (role === 'admin') return '`admin` is not lent: it is given in people.yaml';
	if (grantsOf(person, role).length === 0) return `${person.name} does not hold \`${role}\``;
	const side = SIDE_OF_ROLE[role];
	const knows = deputy.roles.some((grant) =>
		role === 'sis_engineer' || side === null ? grant.role === role : SIDE_OF_ROLE[grant.role] === side,
	);
	return knows ? null : `${deputy.name} holds no role of that side: a deputy knows the work`;
}

/** The lent role at the place of the deputy, as far as the absent one holds it there today. */
function lentBy(person: Person, { role, site, zone }: Deputy): RoleGrant[] {
	if (site === null && zone === null) return grantsOf(person, role).map((grant) => ({ ...grant, role }));
	if (!mayLendAt(person, role, site, zone)) return [];
	return [{ role, ...(site === null ? {} : { sites: [site] }), ...(zone === null ? {} : { zones: [zone] }) }];
}

export function isInForce(held: Deputy, now: Instant): boolean {
	return held.isAccepted && !held.isEnded && now < held.until;
}

/** Everybody with the roles that they hold for others now. What the absent one no longer holds is lent no longer. */
export function withDeputies(people: readonly Person[], deputies: readonly Deputy[], now: Instant): Person[] {
	const byId = new Map(people.map((person) => [person.id, person]));
	const standing = deputies.filter((held) => {
		const [person, deputy] = [byId.get(held.person), byId.get(held.deputy)];
		const isSound = person !== undefined && deputy !== undefined && whyNoDeputy(person, deputy, held.role) === null;
		return isInForce(held, now) && isSound;
	});
	return people.map((person) => {
		const lent = standing.filter((held) => held.deputy === person.id);
		const away = standing.filter((held) => held.person === person.id);
		if (lent.length === 0 && away.length === 0) return person;
		const grants = lent.flatMap((held) => {
			const from = byId.get(held.person);
			return from === undefined ? [] : lentBy(from, held);
		});
		return {
			...person,
			roles: [...person.roles, ...grants],
			...(lent.length === 0 ? {} : { stands_in_for: [...new Set(lent.map((held) => held.person))] }),
			...(away.length === 0 ? {} : { away_until: Math.max(...away.map((held) => held.until)) }),
		};
	});
}
