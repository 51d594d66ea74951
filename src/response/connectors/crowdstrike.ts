// CrowdStrike Falcon: which requests contain a host and lift it again, and what the answers mean. The documentation that this follows:
// Falcon APIs "OAuth2", "Hosts" (devices/queries, devices/entities v2) and "Host actions" (devices-actions v2), rate limits.
// NOT here: whether it may be done, and what is the same for every service (identity-account.ts).
import type { Asset } from '../../domain/asset.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import type { ReadBack } from './connector.ts';
import { type AccountChange, readAccountState, type Standing } from './identity-account.ts';
import { field, type HttpSession, type PostForm, Stopped, type Token } from './identity-http.ts';

export type FalconSettings = {
	/** The asset that the gate has judged; null where the inventory does not have it, or has it twice. */
	readonly assetOf: (target: string) => Asset | null;
	readonly protected: { readonly hosts: readonly string[]; readonly groups: readonly string[] };
	readonly sleep: (ms: number) => Promise<void>;
};

/** Ids that one question may answer with: a name that fits more hosts means none of them. */
const FOUND_MAX = 10;
/** The sensor is told within seconds where it is online; so often and so long is looked before people are told that it is pending. */
const LOOKS_MAX = 5;
const LOOK_AGAIN_MS = 3 * SECOND;

const DEVICE_ID = /^[0-9a-f]{32}$/;
/** A host name, short or whole: letters, digits, hyphens, dots, underscores. Nothing else gets into a filter. */
const HOSTNAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

type Device = {
	readonly id: string;
	readonly hostname: string;
	/** `normal`, `containment_pending`, `contained`, `lift_containment_pending`. */
	readonly status: string;
	readonly groups: readonly string[];
};

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
	const [resources, errors] = [field(body, 'resources'), field(body, 'errors')];
	if (Array.isArray(errors) && errors.length > 0)
		throw new Stopped(`cannot be read: ${String(field(errors[0], 'message')).slice(0, 200)}`);
	if (!Array.isArray(resources)) throw new Stopped('cannot be read: the answer holds no resources');
	return resources;
}

function deviceOf(body: unknown): Device | null {
	const [id, hostname] = [field(body, 'device_id'), field(body, 'hostname')];
	const [status, groups] = [field(body, 'status'), field(body, 'groups')];
	return typeof id === 'string' && DEVICE_ID.test(id) && typeof hostname === 'string' && typeof status === 'string'
		? {
				id,
				hostname,
				status,
				groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
			}
		: null;
}

/** `EWS-2` and `ews-2.plant.example` are the same host: Falcon keeps short names, inventories both. */
const shortName = (name: string): string => (name.split('.')[0] ?? '').toLowerCase();

const isNamed = (device: Device, names: readonly string[]): boolean =>
	names.some((name) => shortName(name) === shortName(device.hostname));

async function readDevice(session: HttpSession, id: string): Promise<Device | null> {
	const [body, other] = resourcesOf(await session.read(`/devices/entities/devices/v2?ids=${id}`));
	if (other !== undefined) throw new Stopped('one id was asked for, and more than one host answered');
	if (body === undefined) return null;
	const device = deviceOf(body);
	if (device === null || device.id !== id) throw new Stopped('what is said of the host cannot be read');
	return device;
}

/**
 * The one host that the judged asset is. By its Falcon id where the inventory has one, else by its host names, which must fit exactly
 * one host in Falcon; and in either case the host there must carry a name of the asset.
 */
async function find(session: HttpSession, settings: FalconSettings, target: string): Promise<Result<Device, string>> {
	const asset = settings.assetOf(target);
	if (asset === null) return err(`\`${target}\` is not in the inventory, or more than one asset has this name`);
	const names = asset.hostnames.filter((name) => HOSTNAME.test(name));
	if (names.length === 0) return err(`the inventory knows no host name of \`${asset.id}\``);
	const known = asset.vendor_ids.map((id) => id.toLowerCase().replaceAll('-', '')).filter((id) => DEVICE_ID.test(id));
	const ids = known.length > 0 ? known : await idsNamed(session, [...new Set(names.map(shortName))]);
	if (ids.length === 0) return err(`no host in Falcon is called ${names.map((name) => `\`${name}\``).join(' or ')}`);
	if (ids.length > 1)
		return err(
			`more than one host in Falcon fits \`${asset.id}\` (${ids.slice(0, 3).join(', ')}): none of them is touched. ` +
				'The id of the right one belongs into the inventory',
		);
	const device = await readDevice(session, ids[0] ?? '');
	if (device === null) return err(`no host in Falcon has the id ${ids[0]} any more`);
	return isNamed(device, names)
		? ok(device)
		: err(
				`the host ${device.id} is called \`${device.hostname.slice(0, 100)}\` in Falcon, and not as in the inventory`,
			);
}

async function idsNamed(session: HttpSession, names: readonly string[]): Promise<string[]> {
	const ids = new Set<string>();
	for (const name of names) {
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

const PENDING = { contain: 'containment_pending', lift_containment: 'lift_containment_pending' } as const;
const WHEN_DONE = { contain: 'contained', lift_containment: 'normal' } as const;
type Verb = keyof typeof PENDING;

function standingOf(verb: Verb, device: Device): Standing {
	if (device.status === WHEN_DONE[verb]) return 'is_so';
	if (device.status === WHEN_DONE[verb === 'contain' ? 'lift_containment' : 'contain']) return 'can_be';
	if (device.status === PENDING[verb])
		return { cannot: 'that was asked for before, and its sensor has not confirmed it yet' };
	return { cannot: `its status is ${device.status.slice(0, 40)}` };
}

/** Contains the host, or lifts the containment. Its sensor keeps its connection to the cloud in both states. */
export function falconContain(settings: FalconSettings, verb: Verb): AccountChange<Device> {
	return {
		word: verb === 'contain' ? 'contained' : 'released',
		find: (session, target) => find(session, settings, target),
		again: async (session, device) => {
			for (let looks = 1; ; looks++) {
				const fresh = await readDevice(session, device.id);
				if (fresh === null || fresh.hostname !== device.hostname)
					return err(`the host \`${device.hostname}\` is not there any more, or is called otherwise`);
				if (fresh.status !== PENDING[verb] || looks === LOOKS_MAX) return ok(fresh);
				await settings.sleep(LOOK_AGAIN_MS);
			}
		},
		nameOf: (device) => device.hostname,
		stateOf: (device) => `status ${device.status.slice(0, 40)}`,
		whyProtected: async (_session, device) => {
			if (isNamed(device, settings.protected.hosts)) return 'the configuration lists it under `protected`';
			const group = settings.protected.groups.find((id) => device.groups.includes(id));
			return group === undefined ? null : `it is in the protected host group ${group}`;
		},
		standing: (device) => standingOf(verb, device),
		act: (session, device) =>
			session.send('POST', `/devices/entities/devices-actions/v2?action_name=${verb}`, { ids: [device.id] }),
		// 409: somebody else contains or lifts it at this moment, and a look tells.
		refusal: (sent) =>
			sent.status === 409
				? 'overtaken'
				: sent.status === 403
					? `${sent.reason}: the API client may not do this (scope Hosts: Write)`
					: sent.reason,
		showsAtOnce: true,
		canRepeat: true,
		note: () => '',
	};
}

/** What Falcon says about a change in doubt. A change that is pending is neither done nor not done. */
export async function readFalcon(
	session: HttpSession,
	change: AccountChange<Device>,
	verb: Verb,
	target: string,
): Promise<ReadBack> {
	let isPending = false;
	const read = await readAccountState(
		session,
		{
			...change,
			find: async (at, name) => {
				const found = await change.find(at, name);
				const fresh = found.ok ? await change.again(at, found.value) : found;
				isPending = fresh.ok && fresh.value.status === PENDING[verb];
				return fresh;
			},
		},
		target,
	);
	return isPending && read.state === 'not_done'
		? { state: 'unknown', detail: `${read.detail}: it takes effect when the host is online` }
		: read;
}
