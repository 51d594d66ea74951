// CrowdStrike Falcon: which requests contain a host and lift it again, and what the answers mean. The documentation that this follows:
// Falcon APIs "OAuth2", "Hosts" (devices/queries, devices/entities v2) and "Host actions" (devices-actions v2), rate limits.
// NOT here: whether it may be done, and what is the same for every service (endpoint-change.ts, state-change.ts).
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { type EndpointService, type Host, type Isolation, listIn, shortName, textsIn } from './endpoint-change.ts';
import { field, type HttpSession, type PostForm, Stopped, type Token } from './http-session.ts';

/** Ids that one question may answer with: a name that fits more hosts means none of them. */
const FOUND_MAX = 10;

const DEVICE_ID = /^[0-9a-f]{32}$/;

/** A token of an API client (OAuth 2.0 client credentials). */
export async function falconToken(
	post: PostForm,
	client: { readonly baseUrl: string; readonly clientId: string; readonly secret: string },
	now: Instant,
): Promise<Result<Token, string>> {
	const answered = await post(`${client.baseUrl.replace(/\/$/, '')}/oauth2/token`, {
		client_id: client.clientId,
		client_secret: client.secret,
	});
	if (!answered.ok) return answered;
	const [token, seconds] = [field(answered.value, 'access_token'), field(answered.value, 'expires_in')];
	if (typeof token !== 'string' || typeof seconds !== 'number') return err('the answer holds no token');
	return ok({ value: `Bearer ${token}`, until: now + seconds * SECOND });
}

function resourcesOf(body: unknown): readonly unknown[] {
	const errors = field(body, 'errors');
	if (Array.isArray(errors) && errors.length > 0)
		throw new Stopped(`cannot be read: ${String(field(errors[0], 'message')).slice(0, 200)}`);
	return listIn(field(body, 'resources'), 'resources');
}

const ISOLATIONS: Readonly<Record<string, Isolation>> = {
	normal: 'free',
	contained: 'isolated',
	containment_pending: 'isolating',
	lift_containment_pending: 'freeing',
};

function hostOf(body: unknown): Host | null {
	const [id, name, status] = [field(body, 'device_id'), field(body, 'hostname'), field(body, 'status')];
	if (typeof id !== 'string' || !DEVICE_ID.test(id) || typeof name !== 'string' || typeof status !== 'string')
		return null;
	const isolation = Object.hasOwn(ISOLATIONS, status) ? ISOLATIONS[status] : undefined;
	return {
		id,
		name,
		isolation: isolation ?? 'other',
		status: `status ${status.slice(0, 40)}`,
		groups: textsIn(field(body, 'groups')),
	};
}

async function read(session: HttpSession, id: string): Promise<Host | null> {
	const [body, other] = resourcesOf(await session.read(`/devices/entities/devices/v2?ids=${id}`));
	if (other !== undefined) throw new Stopped('one id was asked for, and more than one host answered');
	if (body === undefined) return null;
	const host = hostOf(body);
	if (host === null || host.id !== id) throw new Stopped('what is said of the host cannot be read');
	return host;
}

async function idsNamed(session: HttpSession, names: readonly string[]): Promise<string[]> {
	const ids = new Set<string>();
	// Falcon keeps short names.
	for (const name of new Set(names.map(shortName))) {
		// `[...]` asks for exactly this name; without it a part would do.
		const filter = encodeURIComponent(`hostname:['${name}']`);
		for (const id of resourcesOf(
			await session.read(`/devices/queries/devices/v1?filter=${filter}&limit=${FOUND_MAX}`),
		)) {
			if (typeof id !== 'string' || !DEVICE_ID.test(id)) throw new Stopped('the list of hosts cannot be read');
			ids.add(id);
		}
	}
	return [...ids];
}

export const FALCON: EndpointService = {
	title: 'Falcon',
	idOf: (vendorId) => {
		const id = vendorId.toLowerCase().replaceAll('-', '');
		return DEVICE_ID.test(id) ? id : null;
	},
	idsNamed,
	read,
	act: (session, host, wish) =>
		session.send(
			'POST',
			`/devices/entities/devices-actions/v2?action_name=${wish === 'isolate' ? 'contain' : 'lift_containment'}`,
			{ ids: [host.id] },
		),
	refusal: (sent) =>
		sent.status === 403 ? `${sent.reason}: the API client may not do this (scope Hosts: Write)` : sent.reason,
	// The same containment asked for twice is one (409), and a look tells.
	canRepeat: true,
	// `containment_pending` stands there with the answer.
	shownWithinMs: 0,
	groupWord: 'host group',
};
