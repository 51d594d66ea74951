// An Okta organisation as its documentation describes it: users and their life cycle, groups, sessions, System Log, OAuth for service
// apps, error bodies, Link paging and rate-limit headers. Written for tests; state is open, so that a test can see what really happened.
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type OktaUser = {
	readonly id: string;
	status:
		| 'STAGED'
		| 'PROVISIONED'
		| 'ACTIVE'
		| 'RECOVERY'
		| 'PASSWORD_EXPIRED'
		| 'LOCKED_OUT'
		| 'SUSPENDED'
		| 'DEPROVISIONED';
	readonly login: string;
	readonly groups: string[];
	/** Sessions and OAuth tokens that are valid now. */
	sessions: number;
	tokens: number;
};

type LogEvent = {
	readonly eventType: string;
	readonly published: number;
	readonly target: string;
	readonly result: 'SUCCESS' | 'FAILURE';
	readonly url: string;
};

export type Okta = VendorServer & {
	readonly users: OktaUser[];
	readonly groups: Set<string>;
	readonly log: LogEvent[];
	/** Every effect, in order: `suspend 00u1`. */
	readonly effects: string[];
	/** API tokens that are valid (SSWS); OAuth access tokens come to it with their end and scopes. */
	readonly apiTokens: Set<string>;
	readonly accessTokens: Map<string, { readonly until: number; readonly scopes: readonly string[] }>;
	/** The public key of the service app, and its client id. */
	app: { readonly clientId: string; readonly publicKey: string; readonly scopes: readonly string[] } | null;
	/** Reads of one page, however much was asked for. */
	pageSize: number;
	/** What the API token may not do. */
	readonly forbidden: Set<string>;
	now: () => number;
};

const API_SCOPES: Readonly<Record<string, string>> = {
	lifecycle: 'okta.users.manage',
	sessions: 'okta.sessions.manage',
	users: 'okta.users.read',
	groups: 'okta.groups.read',
	logs: 'okta.logs.read',
};

/** Starts an organisation with these users and groups. */
export async function startOkta(
	users: readonly (Partial<OktaUser> & { readonly login: string })[],
	groups: readonly string[] = [],
): Promise<Okta> {
	const server = await startVendor((request) => answer(okta, request));
	const okta: Okta = Object.assign(server, {
		users: users.map((user, at) => ({
			id: `00u${String(at + 1).padStart(4, '0')}`,
			status: 'ACTIVE' as const,
			groups: [],
			sessions: 2,
			tokens: 3,
			...user,
		})),
		groups: new Set(groups),
		log: [],
		effects: [],
		apiTokens: new Set(['00t0k3n-s3cret']),
		accessTokens: new Map(),
		app: null,
		pageSize: 200,
		forbidden: new Set<string>(),
		now: () => Date.now(),
	});
	return okta;
}

function answer(okta: Okta, request: VendorRequest): VendorResponse {
	const { method, path } = request;
	if (path === '/oauth2/v1/token' && method === 'POST') return token(okta, request);
	const parts = path.split('/').slice(1).map(decodeURIComponent);
	if (parts[0] !== 'api' || parts[1] !== 'v1')
		return fail(404, 'E0000022', 'The endpoint does not support the provided HTTP method');
	const [, , collection = '', id, verb, act] = parts;
	const right = verb === 'lifecycle' || verb === 'sessions' ? verb : collection;
	const refusal = refuse(okta, request, right);
	if (refusal !== null) return refusal;
	if (collection === 'groups' && id !== undefined) {
		return okta.groups.has(id)
			? json(200, { id, type: 'OKTA_GROUP', profile: { name: `group ${id}` } })
			: missing(id, 'UserGroup');
	}
	if (collection === 'logs') return logs(okta, request);
	if (collection !== 'users') return missing(collection, 'Collection');
	if (id === undefined) return list(okta, request);
	// The path takes an id or a login.
	const user = okta.users.find((one) => one.id === id || one.login === id);
	if (user === undefined) return missing(id, 'User');
	if (verb === undefined) return json(200, shown(user));
	if (verb === 'groups')
		return page(
			okta,
			request,
			user.groups.map((group) => shownGroup(group)),
		);
	if (verb === 'lifecycle' && method === 'POST') return lifecycle(okta, user, act ?? '');
	if (verb === 'sessions' && method === 'DELETE') return endSessions(okta, user, request);
	return fail(405, 'E0000022', 'The endpoint does not support the provided HTTP method');
}

/** Authentication and rights, in the order in which the API checks them. */
function refuse(okta: Okta, request: VendorRequest, right: string): VendorResponse | null {
	const [scheme, value = ''] = String(request.headers['authorization'] ?? '').split(' ');
	if (scheme === 'SSWS') {
		if (!okta.apiTokens.has(value)) return fail(401, 'E0000011', 'Invalid token provided');
		return okta.forbidden.has(right)
			? fail(403, 'E0000006', 'You do not have permission to perform the requested action')
			: null;
	}
	const held = scheme === 'Bearer' ? okta.accessTokens.get(value) : undefined;
	if (held === undefined || held.until <= okta.now())
		return { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' }, body: '' };
	return held.scopes.includes(API_SCOPES[right] ?? '')
		? null
		: fail(403, 'E0000006', 'You do not have permission to perform the requested action');
}

/** OAuth 2.0 for service apps: client credentials with a JWT signed by the app's private key. */
function token(okta: Okta, request: VendorRequest): VendorResponse {
	const form = new URLSearchParams(request.body);
	const bad = (description: string) => json(401, { error: 'invalid_client', error_description: description });
	if (form.get('grant_type') !== 'client_credentials')
		return json(400, {
			error: 'unsupported_grant_type',
			error_description: 'The authorization grant type is not supported by the authorization server.',
		});
	if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
		return bad('Invalid client_assertion_type.');
	const [head = '', claims = '', signature = ''] = String(form.get('client_assertion') ?? '').split('.');
	if (okta.app === null || signature === '') return bad('Invalid value for client_id parameter.');
	const isSigned = verify(
		'RSA-SHA256',
		Buffer.from(`${head}.${claims}`),
		createPublicKey(okta.app.publicKey),
		Buffer.from(signature, 'base64url'),
	);
	if (!isSigned) return bad('The client_assertion signature is invalid.');
	const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>;
	const second = okta.now() / 1000;
	if (said['iss'] !== okta.app.clientId || said['sub'] !== okta.app.clientId)
		return bad('The client_assertion token has the wrong issuer.');
	if (said['aud'] !== `${okta.url}/oauth2/v1/token`)
		return bad('The audience claim for client_assertion must be the endpoint invoked for the request.');
	if (Number(said['exp']) <= second || Number(said['exp']) > second + 3_600)
		return bad('The client_assertion token has an expiration too far into the future.');
	const wanted = String(form.get('scope') ?? '').split(' ');
	const denied = wanted.filter((scope) => okta.app?.scopes.includes(scope) !== true);
	if (denied.length > 0)
		return json(400, {
			error: 'invalid_scope',
			error_description: `The app is not allowed to request scope ${denied[0]}.`,
		});
	const access = `eyJ.${randomUUID()}`;
	okta.accessTokens.set(access, { until: okta.now() + 3_600_000, scopes: wanted });
	return json(200, { token_type: 'Bearer', expires_in: 3600, access_token: access, scope: wanted.join(' ') });
}

function list(okta: Okta, request: VendorRequest): VendorResponse {
	const { filter, search } = { filter: request.query.get('filter'), search: request.query.get('search') };
	if (filter === null && search === null) return page(okta, request, okta.users.map(shown));
	const asked = /^profile\.login (eq|sw) "((?:[^"\\]|\\.)*)"$/.exec(search ?? filter ?? '');
	if (asked === null || (filter !== null && asked[1] === 'sw'))
		return fail(400, 'E0000031', 'Invalid search criteria.');
	const wanted = String(asked[2]).replaceAll(/\\(.)/g, '$1');
	const fold = (text: string): string => (search === null ? text : text.toLowerCase());
	const found = okta.users.filter((user) =>
		asked[1] === 'eq' ? fold(user.login) === fold(wanted) : fold(user.login).startsWith(fold(wanted)),
	);
	return page(okta, request, found.map(shown));
}

function page(okta: Okta, request: VendorRequest, all: readonly object[]): VendorResponse {
	const size = Math.max(1, Math.min(okta.pageSize, Number(request.query.get('limit') ?? okta.pageSize)));
	const from = Number(request.query.get('after') ?? 0);
	const self = new URL(`${okta.url}${request.path}?${request.query}`);
	const links = [`<${self}>; rel="self"`];
	if (from + size < all.length) {
		self.searchParams.set('after', String(from + size));
		links.push(`<${self}>; rel="next"`);
	}
	const answered = json(200, all.slice(from, from + size));
	return { ...answered, headers: { ...answered.headers, link: links.join(', ') } };
}

function lifecycle(okta: Okta, user: OktaUser, act: string): VendorResponse {
	const move = (from: OktaUser['status'], to: OktaUser['status'], words: string): VendorResponse => {
		if (user.status !== from) {
			return fail(
				400,
				'E0000001',
				`Api validation failed: com.saasure.core.services.user.InvalidUserStatusException: ${words}`,
				[words],
			);
		}
		user.status = to;
		okta.effects.push(`${act} ${user.id}`);
		note(okta, `user.lifecycle.${act}`, user, `/api/v1/users/${user.id}/lifecycle/${act}?`);
		return json(200, {});
	};
	if (act === 'suspend') return move('ACTIVE', 'SUSPENDED', 'Cannot suspend a user that is not active');
	if (act === 'unsuspend') return move('SUSPENDED', 'ACTIVE', 'Cannot unsuspend a user that is not suspended');
	return fail(405, 'E0000022', 'The endpoint does not support the provided HTTP method');
}

function endSessions(okta: Okta, user: OktaUser, request: VendorRequest): VendorResponse {
	user.sessions = 0;
	if (request.query.get('oauthTokens') === 'true') user.tokens = 0;
	okta.effects.push(`sessions ${user.id}`);
	note(okta, 'user.session.clear', user, `/api/v1/users/${user.id}/sessions?${request.query}`);
	return { status: 204, headers: {}, body: '' };
}

function note(okta: Okta, eventType: string, user: OktaUser, url: string): void {
	okta.log.push({ eventType, published: okta.now(), target: user.id, result: 'SUCCESS', url });
}

function logs(okta: Okta, request: VendorRequest): VendorResponse {
	if (request.query.get('filter') === null) return page(okta, request, okta.log);
	const filter = /^eventType eq "([a-z_.]+)" and target\.id eq "([^"]+)"$/.exec(request.query.get('filter') ?? '');
	const since = Date.parse(request.query.get('since') ?? '');
	if (filter === null || Number.isNaN(since)) return fail(400, 'E0000001', 'Api validation failed: filter');
	const found = okta.log.filter(
		(event) => event.eventType === filter[1] && event.target === filter[2] && event.published >= since,
	);
	return page(
		okta,
		request,
		found.map((event) => ({
			uuid: randomUUID(),
			eventType: event.eventType,
			published: new Date(event.published).toISOString(),
			outcome: { result: event.result },
			debugContext: { debugData: { url: event.url } },
			target: [{ id: event.target, type: 'User' }],
		})),
	);
}

/** As long as the real ones: links and words make most of it. */
const links = (of: string, count: number): object =>
	Object.fromEntries(
		Array.from({ length: count }, (_, at) => [
			`link${at}`,
			{ href: `https://plant.okta.com/api/v1/${of}/lifecycle/${at}`, method: 'POST' },
		]),
	);

const shownGroup = (id: string): object => ({
	id,
	created: '2024-01-09T08:00:00.000Z',
	lastUpdated: '2024-01-09T08:00:00.000Z',
	objectClass: ['okta:user_group'],
	type: 'OKTA_GROUP',
	profile: { name: `group ${id}`, description: 'x'.repeat(200) },
	_links: links(`groups/${id}`, 7),
});

const shown = (user: OktaUser): object => ({
	id: user.id,
	status: user.status,
	created: '2024-01-09T08:00:00.000Z',
	type: { id: 'oty1' },
	profile: { login: user.login, email: user.login, firstName: 'F', lastName: 'L' },
	credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
	_links: links(`users/${user.id}`, 14),
});

function json(status: number, body: unknown): VendorResponse {
	return {
		status,
		headers: {
			'content-type': 'application/json',
			'x-rate-limit-limit': '600',
			'x-rate-limit-remaining': '599',
			'x-rate-limit-reset': String(Math.ceil(Date.now() / 1000) + 60),
		},
		body: JSON.stringify(body),
	};
}

/** The error body that every call shares. */
export function fail(
	status: number,
	errorCode: string,
	errorSummary: string,
	causes: readonly string[] = [],
): VendorResponse {
	return json(status, {
		errorCode,
		errorSummary,
		errorLink: errorCode,
		errorId: `oae${randomUUID().slice(0, 12)}`,
		errorCauses: causes.map((cause) => ({ errorSummary: cause })),
	});
}

const missing = (id: string, kind: string): VendorResponse =>
	fail(404, 'E0000007', `Not found: Resource not found: ${id} (${kind})`);

/** 429 as Okta says it: no Retry-After, but the second at which the limit is lifted. */
export function rateLimited(resetInMs: number, now: number): VendorResponse {
	const limited = fail(429, 'E0000047', 'API call exceeded rate limit due to too many requests.');
	return {
		...limited,
		headers: {
			...limited.headers,
			'x-rate-limit-remaining': '0',
			'x-rate-limit-reset': String(Math.ceil((now + resetInMs) / 1000)),
		},
	};
}
