// Okta: which requests suspend a user, give it back and end its sessions, and what the answers mean. The documentation that this follows:
// developer.okta.com, Users, User Lifecycle, User Sessions, System Log, error codes, rate limits, OAuth for Okta service apps.
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, MINUTE, SECOND, toIso } from '../../domain/time.ts';
import type { ReadBack } from './connector.ts';
import { field, type HttpSession, type PostForm, type Sent, Stopped, type Token } from './http-session.ts';
import { isProtectedName, isSameName, type Protection, readAccountName } from './identity-name.ts';
import type { Standing, StateChange } from './state-change.ts';

export type OktaSettings = {
	/** The domain behind the `@` of every login; null where logins have several, and a short name must fit exactly one. */
	readonly loginSuffix: string | null;
	/** What may stand before a `\`; null where such names are refused. */
	readonly netbios: string | null;
	readonly protection: Protection;
};

/** Items of a page: what Okta writes about each (up to 2 KB of a user or event, 1 KB of a group) must fit into one answer of 64 KiB. */
const USERS_PER_PAGE = 10;
const GROUPS_PER_PAGE = 25;
const EVENTS_PER_PAGE = 10;

type User = { readonly id: string; readonly login: string; readonly status: string };

/** What an app is given, and no more (docs/connectors.md). */
export const OKTA_SCOPES: readonly string[] = [
	'okta.users.read',
	'okta.users.manage',
	'okta.sessions.manage',
	'okta.groups.read',
	'okta.logs.read',
];

/** An API token (SSWS): no end, the rights of the administrator who made it. */
export const apiToken = (secret: string): Token => ({ value: `SSWS ${secret}`, until: null });

/** A JWT signed by the app's private key holds this long; Okta takes at most an hour. */
const ASSERTION_MS = 5 * MINUTE;

/** A token of a service app (OAuth 2.0 client credentials, private_key_jwt). */
export async function appToken(
	post: PostForm,
	app: {
		readonly baseUrl: string;
		readonly clientId: string;
		readonly keyId: string | null;
		readonly privateKey: string;
	},
	now: Instant,
): Promise<Result<Token, string>> {
	const url = `${app.baseUrl.replace(/\/$/, '')}/oauth2/v1/token`;
	const part = (value: object): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
	const second = Math.floor(now / SECOND);
	const head = part({ alg: 'RS256', ...(app.keyId === null ? {} : { kid: app.keyId }) });
	const claims = part({
		iss: app.clientId,
		sub: app.clientId,
		aud: url,
		iat: second,
		exp: second + ASSERTION_MS / SECOND,
		jti: randomUUID(),
	});
	let signature: string;
	try {
		signature = sign('RSA-SHA256', Buffer.from(`${head}.${claims}`, 'utf8'), createPrivateKey(app.privateKey)).toString(
			'base64url',
		);
	} catch {
		// What the library says may quote the key.
		return err('the secret is no private key in PEM form');
	}
	const answered = await post(url, {
		grant_type: 'client_credentials',
		scope: OKTA_SCOPES.join(' '),
		client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
		client_assertion: `${head}.${claims}.${signature}`,
	});
	if (!answered.ok) return answered;
	const [token, seconds] = [field(answered.value, 'access_token'), field(answered.value, 'expires_in')];
	if (typeof token !== 'string' || typeof seconds !== 'number') return err('the answer holds no token');
	return ok({ value: `Bearer ${token}`, until: now + seconds * SECOND });
}

/** Where the next page is: Okta says it in the Link header. */
export function oktaNextPage(_body: unknown, headers: Readonly<Record<string, string>>): string | null {
	for (const link of (headers['link'] ?? '').split(/,\s*(?=<)/)) {
		const [target = '', ...about] = link.split(';');
		if (about.some((word) => word.trim() === 'rel="next"')) return target.trim().replace(/^<|>$/g, '');
	}
	return null;
}

function userOf(body: unknown): User | null {
	const [id, status, login] = [field(body, 'id'), field(body, 'status'), field(body, 'profile', 'login')];
	return typeof id === 'string' &&
		/^[A-Za-z0-9]{1,60}$/.test(id) &&
		typeof status === 'string' &&
		typeof login === 'string'
		? { id, status, login }
		: null;
}

const arrayOf = (body: unknown): readonly unknown[] | null => (Array.isArray(body) ? body : null);

/**
 * The one user that the name means. A full login is asked for as it is; a short name gets the suffix of the configuration or, without
 * one, must be the beginning of exactly one login.
 */
async function find(session: HttpSession, settings: OktaSettings, name: string): Promise<Result<User, string>> {
	const read = readAccountName(name);
	if (!read.ok) return read;
	const { local, netbios } = read.value;
	if (netbios !== null && (settings.netbios === null || !isSameName(netbios, settings.netbios)))
		return err(`the account is of the domain \`${netbios}\`, which \`netbios_domain\` does not name`);
	const suffix = read.value.suffix ?? settings.loginSuffix;
	const wanted = suffix === null ? `${local}@` : `${local}@${suffix}`;
	const isWanted = (login: string): boolean =>
		suffix === null ? isSameName(login.slice(0, login.lastIndexOf('@') + 1), wanted) : isSameName(login, wanted);
	// `search` folds case and reads from an index that may lag: it only finds ids, the state is read by id.
	const search = encodeURIComponent(`profile.login ${suffix === null ? 'sw' : 'eq'} "${wanted}"`);
	const listed = await session.list(`/api/v1/users?search=${search}&limit=${USERS_PER_PAGE}`, arrayOf);
	const users = listed.map(userOf);
	if (users.includes(null)) throw new Stopped('the list of users cannot be read');
	const fitting = users.flatMap((user) => (user !== null && isWanted(user.login) ? [user] : []));
	const [user, other] = [...new Map(fitting.map((one) => [one.id, one])).values()];
	if (user === undefined) return err(`no user in Okta has the login \`${wanted}${suffix === null ? '...' : ''}\``);
	if (other !== undefined)
		return err(`more than one user fits \`${name}\` (${user.login}, ${other.login}): none of them is touched`);
	return await again(session, user);
}

async function again(session: HttpSession, user: User): Promise<Result<User, string>> {
	const fresh = userOf(await session.read(`/api/v1/users/${user.id}`));
	return fresh !== null && fresh.id === user.id && isSameName(fresh.login, user.login)
		? ok(fresh)
		: err(`the user \`${user.login}\` is not there any more, or is called otherwise`);
}

async function whyProtected(session: HttpSession, settings: OktaSettings, user: User): Promise<string | null> {
	const { accounts, groups } = settings.protection;
	if (isProtectedName(accounts, user.login)) return 'the configuration lists it under `protected`';
	if (groups.length === 0) return null;
	for (const group of groups) {
		if (field(await session.read(`/api/v1/groups/${encodeURIComponent(group)}`), 'id') !== group)
			return `the protected group \`${group}\` of the configuration is not in Okta: nobody can say who is in it`;
	}
	const held = await session.list(`/api/v1/users/${user.id}/groups?limit=${GROUPS_PER_PAGE}`, arrayOf);
	const ids = held.map((group) => field(group, 'id'));
	if (ids.some((id) => typeof id !== 'string')) throw new Stopped('the groups of the user cannot be read');
	const hit = groups.find((group) => ids.includes(group));
	return hit === undefined ? null : `it is in the protected group \`${hit}\``;
}

/** E0000001 says that the user is not in the state that the request starts from: somebody was quicker, and a look tells. */
function refusal(sent: Extract<Sent, { kind: 'answered' }>): string | 'overtaken' {
	if (field(sent.body, 'errorCode') === 'E0000001') return 'overtaken';
	if (sent.status === 403) return `${sent.reason}: the token may not change this user`;
	return sent.reason;
}

/** Suspended and deactivated users cannot sign in; only active ones can be suspended (Okta, "Suspend a user"). */
function suspendStanding(user: User): Standing {
	if (user.status === 'SUSPENDED' || user.status === 'DEPROVISIONED') return 'is_so';
	if (user.status === 'ACTIVE') return 'can_be';
	return { cannot: `its status is ${user.status.slice(0, 40)}, and Okta suspends only active users` };
}

function unsuspendStanding(user: User): Standing {
	if (user.status === 'ACTIVE') return 'is_so';
	if (user.status === 'SUSPENDED') return 'can_be';
	return { cannot: `its status is ${user.status.slice(0, 40)}, and only a suspended user is given back` };
}

/** Suspends the user, or gives a suspended one back. */
export function oktaSuspend(settings: OktaSettings, disable: boolean): StateChange<User> {
	return {
		...common(settings),
		word: disable ? 'suspended' : 'active',
		standing: disable ? suspendStanding : unsuspendStanding,
		act: (session, user) =>
			session.send('POST', `/api/v1/users/${user.id}/lifecycle/${disable ? 'suspend' : 'unsuspend'}`, null),
		yesIs: 'done',
		showsAtOnce: true,
		canRepeat: true,
		note: () => (disable ? '. Sessions that are open now are ended by revoke_tokens' : ''),
	};
}

/** Ends the user's sessions with Okta and takes back its OAuth tokens. Not sent again by itself: it would end sessions begun since. */
export function oktaRevoke(settings: OktaSettings): StateChange<User> {
	return {
		...common(settings),
		word: 'signed out',
		standing: () => 'can_be',
		act: (session, user) => session.send('DELETE', `/api/v1/users/${user.id}/sessions?oauthTokens=true`, null),
		yesIs: 'done',
		showsAtOnce: false,
		canRepeat: false,
		note: () => '. Sessions that applications keep by themselves go on until they end',
	};
}

function common(
	settings: OktaSettings,
): Pick<StateChange<User>, 'find' | 'again' | 'nameOf' | 'stateOf' | 'whyProtected' | 'refusal'> {
	return {
		find: (session, name) => find(session, settings, name),
		again,
		nameOf: (user) => user.login,
		stateOf: (user) => `status ${user.status.slice(0, 40)}`,
		whyProtected: (session, user) => whyProtected(session, settings, user),
		refusal,
	};
}

/**
 * Whether the System Log shows that sessions and tokens of the user were ended by this interface since then. What the log does not
 * show yet may still come, so `not_done` is never the answer.
 */
export async function readOktaRevoked(
	session: HttpSession,
	settings: OktaSettings,
	name: string,
	since: Instant,
): Promise<ReadBack> {
	try {
		const found = await find(session, settings, name);
		if (!found.ok) return { state: 'unknown', detail: found.error };
		const filter = encodeURIComponent(`eventType eq "user.session.clear" and target.id eq "${found.value.id}"`);
		const events = await session.list(
			`/api/v1/logs?filter=${filter}&since=${encodeURIComponent(toIso(since))}&limit=${EVENTS_PER_PAGE}`,
			arrayOf,
		);
		const hit = events.find((event) => {
			const url = field(event, 'debugContext', 'debugData', 'url');
			const isOurs =
				typeof url === 'string' &&
				url.startsWith(`/api/v1/users/${found.value.id}/sessions?`) &&
				url.includes('oauthTokens=true');
			return isOurs && field(event, 'outcome', 'result') === 'SUCCESS';
		});
		if (hit === undefined)
			return { state: 'unknown', detail: `the System Log does not show that \`${found.value.login}\` was signed out` };
		return {
			state: 'done',
			detail: `the System Log shows that \`${found.value.login}\` was signed out (${String(field(hit, 'published')).slice(0, 30)})`,
		};
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { state: 'unknown', detail: cause.message };
	}
}
