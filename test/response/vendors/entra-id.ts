// Microsoft Entra ID as its documentation describes it: the token endpoint of a tenant and the users of Microsoft Graph, with OData
// paging, error bodies, throttling, privileged users that an app may not change, and replicas that answer late. Written for tests.
import { randomUUID } from 'node:crypto';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type EntraUser = {
	readonly id: string;
	readonly userPrincipalName: string;
	accountEnabled: boolean;
	userType: 'Member' | 'Guest';
	onPremisesSyncEnabled: boolean | null;
	/** Groups that it is in, through others too. */
	readonly groups: string[];
	/** Holds an administrator role: an app without one of its own may not disable it. */
	readonly isPrivileged: boolean;
	signInSessionsValidFrom: number;
};

export type Entra = VendorServer & {
	readonly tenant: string;
	readonly clientId: string;
	clientSecret: string;
	readonly users: EntraUser[];
	readonly groups: Set<string>;
	readonly effects: string[];
	readonly tokens: Map<string, number>;
	/** Permissions of the app, as the token carries them. */
	readonly roles: Set<string>;
	pageSize: number;
	/** Reads of a user that still answer as before the last change: replicas that lag. */
	staleReads: number;
	now: () => number;
};

export const TENANT = '11111111-2222-3333-4444-555555555555';
const CLIENT = '99999999-8888-7777-6666-555555555555';

/** Starts a tenant with these users and groups. The token endpoint and Graph share one address here. */
export async function startEntra(
	users: readonly (Partial<EntraUser> & { readonly userPrincipalName: string })[],
	groups: readonly string[] = [],
): Promise<Entra> {
	const before = new Map<string, EntraUser>();
	const server = await startVendor((request) => answer(entra, before, request));
	const entra: Entra = Object.assign(server, {
		tenant: TENANT,
		clientId: CLIENT,
		clientSecret: 'cl13nt~s3cret.value',
		users: users.map((user, at) => ({
			id: `aaaaaaaa-0000-4000-8000-${String(at + 1).padStart(12, '0')}`,
			accountEnabled: true,
			userType: 'Member' as const,
			onPremisesSyncEnabled: null,
			groups: [],
			isPrivileged: false,
			signInSessionsValidFrom: Date.UTC(2024, 0, 1),
			...user,
		})),
		groups: new Set(groups),
		effects: [],
		tokens: new Map(),
		roles: new Set([
			'User.Read.All',
			'User.EnableDisableAccount.All',
			'User.RevokeSessions.All',
			'GroupMember.Read.All',
		]),
		pageSize: 100,
		staleReads: 0,
		now: () => Date.now(),
	});
	return entra;
}

function answer(entra: Entra, before: Map<string, EntraUser>, request: VendorRequest): VendorResponse {
	const parts = request.path.split('/').slice(1).map(decodeURIComponent);
	if (parts[1] === 'oauth2') return token(entra, parts[0] ?? '', request);
	if (parts[0] !== 'v1.0') return fail(400, 'BadRequest', 'Invalid version.');
	const held = entra.tokens.get(String(request.headers['authorization'] ?? '').replace(/^Bearer /, ''));
	if (held === undefined) return fail(401, 'InvalidAuthenticationToken', 'Access token is empty.');
	if (held <= entra.now())
		return fail(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.');
	const [, collection, id, verb, cast] = parts;
	if (collection === 'groups' && id !== undefined) {
		if (!entra.roles.has('GroupMember.Read.All')) return denied();
		return entra.groups.has(id) ? json(200, { id, displayName: `group ${id}` }) : missing(id);
	}
	if (collection !== 'users') return fail(400, 'BadRequest', `Resource not found for the segment '${collection}'.`);
	if (!entra.roles.has('User.Read.All')) return denied();
	if (id === undefined) return list(entra, request);
	const user = entra.users.find((one) => one.id === id || one.userPrincipalName.toLowerCase() === id.toLowerCase());
	if (user === undefined) return missing(id);
	if (verb === undefined && request.method === 'GET') return json(200, shown(read(entra, before, user)));
	if (verb === undefined && request.method === 'PATCH') return change(entra, before, user, request);
	if (verb === 'revokeSignInSessions' && request.method === 'POST') return revoke(entra, before, user);
	if (verb === 'transitiveMemberOf' && cast === 'microsoft.graph.group') {
		if (!entra.roles.has('GroupMember.Read.All')) return denied();
		return page(
			entra,
			request,
			user.groups.map((group) => ({ id: group })),
		);
	}
	return fail(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
}

function token(entra: Entra, tenant: string, request: VendorRequest): VendorResponse {
	const form = new URLSearchParams(request.body);
	const bad = (status: number, error: string, code: number, words: string) =>
		json(status, {
			error,
			error_description: `AADSTS${code}: ${words} Trace ID: ${randomUUID()} Correlation ID: ${randomUUID()} Timestamp: 2024-01-01 00:00:00Z`,
			error_codes: [code],
			timestamp: '2024-01-01 00:00:00Z',
			trace_id: randomUUID(),
			correlation_id: randomUUID(),
		});
	if (tenant !== entra.tenant) return bad(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
	if (form.get('client_id') !== entra.clientId)
		return bad(400, 'unauthorized_client', 700016, 'Application was not found in the directory.');
	if (form.get('client_secret') !== entra.clientSecret)
		return bad(401, 'invalid_client', 7000215, 'Invalid client secret provided.');
	if (form.get('grant_type') !== 'client_credentials')
		return bad(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
	if (!String(form.get('scope')).endsWith('/.default'))
		return bad(400, 'invalid_scope', 70011, 'The provided value for the input parameter scope is not valid.');
	const claims = Buffer.from(JSON.stringify({ roles: [...entra.roles] }), 'utf8').toString('base64url');
	const access = `eyJ0.${claims}.${randomUUID()}`;
	entra.tokens.set(access, entra.now() + 3_599_000);
	return json(200, { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599, access_token: access });
}

function list(entra: Entra, request: VendorRequest): VendorResponse {
	const filter = request.query.get('$filter') ?? '';
	if (filter === '') return page(entra, request, entra.users.map(shown));
	const equal = /^userPrincipalName eq '((?:[^']|'')*)'$/.exec(filter);
	const starts = /^startswith\(userPrincipalName,'((?:[^']|'')*)'\)$/.exec(filter);
	if (equal === null && starts === null)
		return fail(400, 'Request_UnsupportedQuery', 'Unsupported or invalid query filter clause.');
	const wanted = String(equal?.[1] ?? starts?.[1])
		.replaceAll("''", "'")
		.toLowerCase();
	const found = entra.users.filter(({ userPrincipalName }) =>
		equal === null ? userPrincipalName.toLowerCase().startsWith(wanted) : userPrincipalName.toLowerCase() === wanted,
	);
	return page(entra, request, found.map(shown));
}

function page(entra: Entra, request: VendorRequest, all: readonly object[]): VendorResponse {
	const size = Math.max(1, Math.min(entra.pageSize, Number(request.query.get('$top') ?? entra.pageSize)));
	const from = Number(request.query.get('$skiptoken') ?? 0);
	const next = new URL(`${entra.url}${request.path}?${request.query}`);
	next.searchParams.set('$skiptoken', String(from + size));
	return json(200, {
		'@odata.context': `${entra.url}/v1.0/$metadata`,
		...(from + size < all.length ? { '@odata.nextLink': next.href } : {}),
		value: all.slice(from, from + size),
	});
}

/** A replica that lags answers with what it knew before. */
function read(entra: Entra, before: Map<string, EntraUser>, user: EntraUser): EntraUser {
	const old = before.get(user.id);
	if (old === undefined || entra.staleReads <= 0) return user;
	entra.staleReads--;
	return old;
}

function change(entra: Entra, before: Map<string, EntraUser>, user: EntraUser, request: VendorRequest): VendorResponse {
	let body: unknown;
	try {
		body = JSON.parse(request.body);
	} catch {
		return fail(400, 'BadRequest', 'Unable to read JSON request payload.');
	}
	const wanted = (body as Record<string, unknown>)['accountEnabled'];
	if (typeof wanted !== 'boolean' || Object.keys(body as object).length !== 1)
		return fail(400, 'Request_BadRequest', 'Invalid property.');
	if (!entra.roles.has('User.EnableDisableAccount.All') || user.isPrivileged) return denied();
	// Written as it was, nothing changes.
	if (user.accountEnabled !== wanted) {
		before.set(user.id, { ...user });
		user.accountEnabled = wanted;
		entra.effects.push(`${wanted ? 'enable' : 'disable'} ${user.id}`);
	}
	return { status: 204, headers: {}, body: '' };
}

function revoke(entra: Entra, before: Map<string, EntraUser>, user: EntraUser): VendorResponse {
	if (!entra.roles.has('User.RevokeSessions.All')) return denied();
	before.set(user.id, { ...user });
	// Guests sign in at home: the call answers as ever and ends nothing.
	if (user.userType === 'Member') user.signInSessionsValidFrom = entra.now();
	entra.effects.push(`revoke ${user.id}`);
	return json(200, { '@odata.context': `${entra.url}/v1.0/$metadata#Edm.Boolean`, value: true });
}

const shown = (user: EntraUser): object => ({
	id: user.id,
	userPrincipalName: user.userPrincipalName,
	accountEnabled: user.accountEnabled,
	userType: user.userType,
	onPremisesSyncEnabled: user.onPremisesSyncEnabled,
	signInSessionsValidFromDateTime: new Date(user.signInSessionsValidFrom).toISOString(),
});

function json(status: number, body: unknown): VendorResponse {
	return {
		status,
		headers: { 'content-type': 'application/json', 'request-id': randomUUID() },
		body: JSON.stringify(body),
	};
}

export function fail(status: number, code: string, message: string): VendorResponse {
	return json(status, {
		error: {
			code,
			message,
			innerError: { date: '2024-01-01T00:00:00', 'request-id': randomUUID(), 'client-request-id': randomUUID() },
		},
	});
}

const denied = (): VendorResponse =>
	fail(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
const missing = (id: string): VendorResponse =>
	fail(
		404,
		'Request_ResourceNotFound',
		`Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
	);

/** 429 as Graph says it. */
export function throttled(afterSeconds: number): VendorResponse {
	const limited = fail(429, 'TooManyRequests', 'Too many requests');
	return { ...limited, headers: { ...limited.headers, 'retry-after': String(afterSeconds) } };
}
