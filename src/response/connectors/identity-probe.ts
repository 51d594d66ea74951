// Tries an identity connector without any effect: is the service there, does it take the login, may the login read and write what the
// actions need, are the protected groups there. Reads only.
import type { Probe } from './connector.ts';
import { field, type HttpSession, Stopped } from './http-session.ts';

type Reading = { readonly what: string; readonly path: string; readonly isWell: (body: unknown) => boolean };

/** Each path read once: a right is there where the read is answered. */
async function readAll(session: HttpSession, readings: readonly Reading[]): Promise<Probe[]> {
	const probes: Probe[] = [];
	for (const { what, path, isWell } of readings) {
		try {
			const body = await session.read(path);
			probes.push(
				isWell(body)
					? { what, state: 'well', detail: 'answered' }
					: { what, state: 'not', detail: 'the answer is another one' },
			);
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			probes.push({ what, state: 'not', detail: cause.message });
		}
	}
	return probes;
}

/** @param groups the protected ones; `actions` decides which rights are looked for */
export async function probeOkta(
	session: HttpSession,
	actions: readonly string[],
	groups: readonly string[],
): Promise<readonly Probe[]> {
	const readings: Reading[] = [
		{ what: 'login, and reading users', path: '/api/v1/users?limit=1', isWell: Array.isArray },
		...groups.map((group) => ({
			what: `protected group ${group}`,
			path: `/api/v1/groups/${encodeURIComponent(group)}`,
			isWell: (body: unknown) => field(body, 'id') === group,
		})),
		...(actions.includes('revoke_tokens')
			? [{ what: 'reading the System Log', path: '/api/v1/logs?limit=1', isWell: Array.isArray }]
			: []),
	];
	const seen = await readAll(session, readings);
	return [
		...seen,
		{ what: 'writing', state: 'open', detail: 'whether the login may suspend users shows only when it does' },
	];
}

/** Permissions of the app and the actions that need them (docs/connectors.md). */
const ROLES: readonly { readonly role: string; readonly actions: readonly string[] }[] = [
	{ role: 'User.Read.All', actions: [] },
	{
		role: 'User.EnableDisableAccount.All',
		actions: ['disable_account', 'enable_account', 'disable_vendor_account', 'enable_vendor_account'],
	},
	{ role: 'User.RevokeSessions.All', actions: ['revoke_tokens'] },
];
/** Each of these holds the one above it, and more than is needed. */
const WIDER = ['Directory.ReadWrite.All', 'User.ReadWrite.All'];

export async function probeEntra(
	session: HttpSession,
	actions: readonly string[],
	groups: readonly string[],
	token: () => string | null,
): Promise<readonly Probe[]> {
	const seen = await readAll(session, [
		{
			what: 'login, and reading users',
			path: '/v1.0/users?$top=1&$select=id',
			isWell: (body) => Array.isArray(field(body, 'value')),
		},
		...groups.map((group) => ({
			what: `protected group ${group}`,
			path: `/v1.0/groups/${encodeURIComponent(group)}?$select=id`,
			isWell: (body: unknown) => String(field(body, 'id')).toLowerCase() === group.toLowerCase(),
		})),
	]);
	return [...seen, ...rolesOf(token(), actions)];
}

/** The permissions that the token carries: read for people, and trusted for nothing. */
function rolesOf(token: string | null, actions: readonly string[]): Probe[] {
	const what = 'permissions of the app';
	let held: unknown;
	try {
		held = field(JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString('utf8')), 'roles');
	} catch {
		held = undefined;
	}
	if (!Array.isArray(held)) return [{ what, state: 'open', detail: 'the token does not show them' }];
	const wanted = ROLES.filter(({ actions: of }) => of.length === 0 || of.some((action) => actions.includes(action)));
	const missing = wanted.filter(({ role }) => !held.includes(role)).map(({ role }) => role);
	const wide = WIDER.filter((role) => held.includes(role));
	if (wide.length > 0)
		return [
			{
				what,
				state: 'not',
				detail: `more than is needed: ${wide.join(', ')}; ${wanted.map(({ role }) => role).join(', ')} are enough`,
			},
		];
	return missing.length === 0
		? [{ what, state: 'well', detail: wanted.map(({ role }) => role).join(', ') }]
		: [{ what, state: 'not', detail: `missing: ${missing.join(', ')}` }];
}
