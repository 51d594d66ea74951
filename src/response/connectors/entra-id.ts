// Microsoft Entra ID through Microsoft Graph: which requests block a user's sign-in, allow it again and end its sessions, and what the
// answers mean. The documentation that this follows: learn.microsoft.com, Microsoft Graph v1.0, user, update user, revokeSignInSessions,
// throttling, error responses; Microsoft identity platform, client credentials.
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import type { ReadBack } from './connector.ts';
import { field, type HttpSession, type PostForm, type Sent, Stopped, type Token } from './http-session.ts';
import { isProtectedName, isSameName, type Protection, readAccountName } from './identity-name.ts';
import type { StateChange } from './state-change.ts';

export type EntraSettings = {
	/** The domain behind the `@` of every user principal name; null where there are several. */
	readonly loginSuffix: string | null;
	readonly netbios: string | null;
	readonly protection: Protection;
};

type User = {
	readonly id: string;
	readonly upn: string;
	readonly isEnabled: boolean;
	readonly isGuest: boolean;
	/** Kept in step with Active Directory, which overwrites what is changed here. */
	readonly isSynchronised: boolean;
	readonly sessionsValidFrom: Instant | null;
};

const SELECT = 'id,userPrincipalName,accountEnabled,userType,onPremisesSyncEnabled,signInSessionsValidFromDateTime';

/** A token of the app (OAuth 2.0 client credentials with a client secret). */
export async function entraToken(
	post: PostForm,
	app: {
		readonly loginUrl: string;
		readonly tenant: string;
		readonly clientId: string;
		readonly graphUrl: string;
		readonly secret: string;
	},
	now: Instant,
): Promise<Result<Token, string>> {
	const answered = await post(
		`${app.loginUrl.replace(/\/$/, '')}/${encodeURIComponent(app.tenant)}/oauth2/v2.0/token`,
		{
			client_id: app.clientId,
			client_secret: app.secret,
			scope: `${new URL(app.graphUrl).origin}/.default`,
			grant_type: 'client_credentials',
		},
	);
	if (!answered.ok) return answered;
	const [token, seconds] = [field(answered.value, 'access_token'), field(answered.value, 'expires_in')];
	if (typeof token !== 'string' || typeof seconds !== 'number') return err('the answer holds no token');
	return ok({ value: `Bearer ${token}`, until: now + seconds * SECOND });
}

/** Where the next page is: Graph says it in the body. */
export function entraNextPage(body: unknown): string | null {
	const next = field(body, '@odata.nextLink');
	return typeof next === 'string' ? next : null;
}

const valuesOf = (body: unknown): readonly unknown[] | null => {
	const values = field(body, 'value');
	return Array.isArray(values) ? values : null;
};

function userOf(body: unknown): User | null {
	const [id, upn, enabled] = [field(body, 'id'), field(body, 'userPrincipalName'), field(body, 'accountEnabled')];
	if (
		typeof id !== 'string' ||
		!/^[0-9a-fA-F-]{36}$/.test(id) ||
		typeof upn !== 'string' ||
		typeof enabled !== 'boolean'
	)
		return null;
	const from = field(body, 'signInSessionsValidFromDateTime');
	const at = typeof from === 'string' ? Date.parse(from) : Number.NaN;
	return {
		id,
		upn,
		isEnabled: enabled,
		isGuest: field(body, 'userType') === 'Guest',
		isSynchronised: field(body, 'onPremisesSyncEnabled') === true,
		sessionsValidFrom: Number.isNaN(at) ? null : at,
	};
}

/** The one user that the name means, by its user principal name; a short name without a suffix must be the beginning of exactly one. */
async function find(session: HttpSession, settings: EntraSettings, name: string): Promise<Result<User, string>> {
	const read = readAccountName(name);
	if (!read.ok) return read;
	const { local, netbios } = read.value;
	if (netbios !== null && (settings.netbios === null || !isSameName(netbios, settings.netbios)))
		return err(`the account is of the domain \`${netbios}\`, which \`netbios_domain\` does not name`);
	const suffix = read.value.suffix ?? settings.loginSuffix;
	const wanted = suffix === null ? `${local}@` : `${local}@${suffix}`;
	const isWanted = (upn: string): boolean =>
		suffix === null ? isSameName(upn.slice(0, upn.lastIndexOf('@') + 1), wanted) : isSameName(upn, wanted);
	// In an OData text a quote is written twice; everything else in it is data.
	const text = `'${wanted.replaceAll("'", "''")}'`;
	const filter = encodeURIComponent(
		suffix === null ? `startswith(userPrincipalName,${text})` : `userPrincipalName eq ${text}`,
	);
	const users = (await session.list(`/v1.0/users?$filter=${filter}&$select=${SELECT}&$top=50`, valuesOf)).map(userOf);
	if (users.includes(null)) throw new Stopped('the list of users cannot be read');
	const fitting = users.flatMap((user) => (user !== null && isWanted(user.upn) ? [user] : []));
	const [user, other] = [...new Map(fitting.map((one) => [one.id, one])).values()];
	if (user === undefined) return err(`no user in Entra ID has the name \`${wanted}${suffix === null ? '...' : ''}\``);
	if (other !== undefined)
		return err(`more than one user fits \`${name}\` (${user.upn}, ${other.upn}): none of them is touched`);
	return await again(session, user);
}

async function again(session: HttpSession, user: User): Promise<Result<User, string>> {
	const fresh = userOf(await session.read(`/v1.0/users/${user.id}?$select=${SELECT}`));
	return fresh !== null && fresh.id === user.id && isSameName(fresh.upn, user.upn)
		? ok(fresh)
		: err(`the user \`${user.upn}\` is not there any more, or is called otherwise`);
}

async function whyProtected(session: HttpSession, settings: EntraSettings, user: User): Promise<string | null> {
	const { accounts, groups } = settings.protection;
	if (isProtectedName(accounts, user.upn)) return 'the configuration lists it under `protected`';
	if (groups.length === 0) return null;
	for (const group of groups) {
		const id = field(await session.read(`/v1.0/groups/${encodeURIComponent(group)}?$select=id`), 'id');
		if (typeof id !== 'string' || !isSameName(id, group))
			return `the protected group \`${group}\` of the configuration is not in Entra ID: nobody can say who is in it`;
	}
	const held = await session.list(
		`/v1.0/users/${user.id}/transitiveMemberOf/microsoft.graph.group?$select=id&$top=100`,
		valuesOf,
	);
	const ids = held.map((group) => field(group, 'id'));
	if (ids.some((id) => typeof id !== 'string')) throw new Stopped('the groups of the user cannot be read');
	const hit = groups.find((group) => ids.some((id) => typeof id === 'string' && isSameName(id, group)));
	return hit === undefined ? null : `it is in the protected group \`${hit}\``;
}

function refusal(sent: Extract<Sent, { kind: 'answered' }>): string {
	if (sent.status === 403)
		return `${sent.reason}: the app lacks the permission, or the user holds an administrator role that the app may not touch`;
	return sent.reason;
}

/** Blocks the user's sign-in, or allows it again. The same value written twice is the same as once. */
export function entraEnable(settings: EntraSettings, disable: boolean): StateChange<User> {
	return {
		...common(settings),
		word: disable ? 'blocked from signing in' : 'allowed to sign in',
		standing: (user) => (user.isEnabled === !disable ? 'is_so' : 'can_be'),
		act: (session, user) => session.send('PATCH', `/v1.0/users/${user.id}`, { accountEnabled: !disable }),
		// Copies of the directory answer as before for a while.
		yesIs: 'done',
		showsAtOnce: false,
		canRepeat: true,
		note: (user) =>
			(disable ? '. Sessions that are open now are ended by revoke_tokens' : '') +
			(user.isSynchronised
				? '. It is synchronised from Active Directory, which may overwrite this: change it there too'
				: ''),
	};
}

/** Ends the user's sessions and refresh tokens. Not sent again by itself: it would end sessions begun since. */
export function entraRevoke(settings: EntraSettings): StateChange<User> {
	return {
		...common(settings),
		word: 'signed out',
		standing: (user) =>
			user.isGuest ? { cannot: 'it is a guest, who signs in at home: only the home tenant can' } : 'can_be',
		act: (session, user) => session.send('POST', `/v1.0/users/${user.id}/revokeSignInSessions`, null),
		yesIs: 'done',
		showsAtOnce: false,
		canRepeat: false,
		note: () => '. Access tokens that are out go on until they end, an hour as a rule',
	};
}

function common(
	settings: EntraSettings,
): Pick<StateChange<User>, 'find' | 'again' | 'nameOf' | 'stateOf' | 'whyProtected' | 'refusal'> {
	return {
		find: (session, name) => find(session, settings, name),
		again,
		nameOf: (user) => user.upn,
		stateOf: (user) => `accountEnabled ${user.isEnabled}`,
		whyProtected: (session, user) => whyProtected(session, settings, user),
		refusal,
	};
}

/**
 * Whether sessions that began before `since` count no more. What is not shown yet may still come, so `not_done` is never the answer.
 */
export async function readEntraRevoked(
	session: HttpSession,
	settings: EntraSettings,
	name: string,
	since: Instant,
): Promise<ReadBack> {
	try {
		const found = await find(session, settings, name);
		if (!found.ok) return { state: 'unknown', detail: found.error };
		const { upn, sessionsValidFrom: from } = found.value;
		if (from === null || from < since)
			return {
				state: 'unknown',
				detail: `sessions of \`${upn}\` that began before this step are not shown as ended; that may come later`,
			};
		return {
			state: 'done',
			detail: `sessions of \`${upn}\` that began before ${new Date(from).toISOString()} count no more`,
		};
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { state: 'unknown', detail: cause.message };
	}
}
