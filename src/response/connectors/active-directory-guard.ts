// Finds the one account that a name means in Active Directory, and looks whether it is one that the plant depends on, through
// whatever groups it is in. Reads only. What cannot be read counts as protected.
import { err, ok, type Result } from '../../domain/result.ts';
import { ACCOUNT_ATTRIBUTES, accountOf, type DirectoryAccount, whyShared } from './active-directory-account.ts';
import type { Directory } from './active-directory-link.ts';
import { isSameName, readAccountName } from './identity-name.ts';

/** Groups that are looked at from an account upwards; one that is in more is for a person. */
const GROUPS_MAX = 300;
/** "This server is Active Directory" (MS-ADTS 3.1.1.3.4.3). */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

/** Whether the server says that it is Active Directory: it then knows `<GUID=...>` and `tokenGroups`, and others do not. */
export async function isActiveDirectory(directory: Directory): Promise<boolean> {
	const root = await directory.entry('', ['supportedCapabilities']);
	return (root?.attributes.get('supportedcapabilities') ?? []).some(
		(value) => value.toString('utf8') === ACTIVE_DIRECTORY,
	);
}

export type Scope = {
	readonly baseDn: string;
	/** The domain's short name, as in `PLANT\jdoe`; an account of another one is not looked for. Null: such names are refused. */
	readonly netbios: string | null;
};

/** The one account that the name means. No guess: none, or more than one, is an error in words. */
export async function findAccount(
	directory: Directory,
	scope: Scope,
	name: string,
): Promise<Result<DirectoryAccount, string>> {
	const read = readAccountName(name);
	if (!read.ok) return read;
	const { local, suffix, netbios } = read.value;
	if (netbios !== null && (scope.netbios === null || !isSameName(netbios, scope.netbios)))
		return err(
			`the account is of the domain \`${netbios}\`, and this directory is ${scope.netbios === null ? 'not configured for names with `\\`' : `\`${scope.netbios}\``}`,
		);
	const [attribute, value] = suffix === null ? ['sAMAccountName', local] : ['userPrincipalName', `${local}@${suffix}`];
	const found = await directory.withValue(scope.baseDn, attribute, value, ACCOUNT_ATTRIBUTES, 2);
	const [entry, other] = found;
	if (entry === undefined) return err(`no account in the directory has the ${attribute} \`${value}\``);
	if (other !== undefined)
		return err(`more than one account has the ${attribute} \`${value}\`: none of them is touched`);
	const account = accountOf(entry);
	if (account === null) return err('what has this name is no account that can be disabled');
	const held = suffix === null ? account.names.sam : account.names.upn;
	return held !== null && isSameName(held, value)
		? ok(account)
		: err('the directory answered with another account than was asked for');
}

export type Protection = { readonly groups: readonly string[]; readonly accounts: readonly string[] };

/**
 * Why the account is not the program's to disable; null where nothing speaks against it: signs of its own (`whyShared`), and groups
 * of the configuration that it is in, nested ones and the primary one included.
 */
export async function whyProtected(
	directory: Directory,
	account: DirectoryAccount,
	protection: Protection,
	isAd: boolean,
): Promise<string | null> {
	const shared = whyShared(account, protection.accounts);
	if (shared !== null || protection.groups.length === 0) return shared;
	const wanted = await readGroups(directory, protection.groups);
	if (!wanted.ok) return wanted.error;
	const inGroup = (dn: string): string => `it is in the protected group \`${dn}\``;
	if (isAd) {
		// Computed by the controller: every security group, the primary one and nested ones too.
		const tokens = (await directory.entry(account.dn, ['tokenGroups']))?.attributes.get('tokengroups') ?? [];
		if (tokens.length === 0) return 'its groups (tokenGroups) cannot be read';
		const hit = wanted.value.find((group) => group.sid !== null && tokens.some((token) => group.sid?.equals(token)));
		if (hit !== undefined) return inGroup(hit.dn);
	}
	const above = await groupsAbove(directory, account.memberOf);
	if (above === null) return `it is in more than ${GROUPS_MAX} groups: which of them matter is for a person to say`;
	const hit = wanted.value.find((group) => above.has(group.dn.toLowerCase()));
	return hit === undefined ? null : inGroup(hit.dn);
}

type Group = { readonly dn: string; readonly sid: Buffer | null };

/** The configured groups as the directory writes them; one that is not there protects nobody, so nothing is done until it is put right. */
async function readGroups(directory: Directory, names: readonly string[]): Promise<Result<readonly Group[], string>> {
	const groups: Group[] = [];
	for (const dn of names) {
		const entry = await directory.entry(dn, ['objectSid']);
		if (entry === null)
			return err(
				`the protected group \`${dn}\` of the configuration is not in the directory: nobody can say who is in it`,
			);
		groups.push({ dn: entry.dn, sid: entry.attributes.get('objectsid')?.[0] ?? null });
	}
	return ok(groups);
}

/** Every group that leads upwards from these, in lower case; null where there are too many. */
async function groupsAbove(directory: Directory, memberOf: readonly string[]): Promise<ReadonlySet<string> | null> {
	const seen = new Set(memberOf.map((dn) => dn.toLowerCase()));
	const open = [...memberOf];
	for (let dn = open.pop(); dn !== undefined; dn = open.pop()) {
		if (seen.size > GROUPS_MAX) return null;
		const entry = await directory.entry(dn, ['memberOf']);
		if (entry?.isCut === true) return null;
		for (const next of (entry?.attributes.get('memberof') ?? []).map((value) => value.toString('utf8'))) {
			if (seen.has(next.toLowerCase())) continue;
			seen.add(next.toLowerCase());
			open.push(next);
		}
	}
	return seen;
}
