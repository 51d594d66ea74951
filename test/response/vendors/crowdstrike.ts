// A Falcon customer as the documentation describes it: OAuth2 client credentials, hosts by filter and by id, containment that is pending
// until the sensor confirms it, errors beside resources, rate-limit headers. State is open, so that a test sees what really happened.
import { randomBytes } from 'node:crypto';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type FalconHost = {
	readonly device_id: string;
	readonly hostname: string;
	status: 'normal' | 'containment_pending' | 'contained' | 'lift_containment_pending';
	readonly groups: readonly string[];
	/** A host that is off confirms nothing. */
	isOnline: boolean;
};

export type Falcon = VendorServer & {
	readonly hosts: FalconHost[];
	/** Every effect, in order: `contain EWS-2`. */
	readonly effects: string[];
	readonly clientId: string;
	secret: string;
	readonly tokens: Map<string, number>;
	/** Reads of a host until its sensor has confirmed. */
	confirmsAfter: number;
	canWrite: boolean;
	now: () => number;
};

/** Starts a customer with these hosts. */
export async function startFalcon(
	hosts: readonly (Partial<FalconHost> & { readonly hostname: string })[],
): Promise<Falcon> {
	const server = await startVendor((request) => answer(falcon, request));
	const falcon: Falcon = Object.assign(server, {
		hosts: hosts.map((host, at) => ({
			device_id: String(at + 1).padStart(32, 'a'),
			status: 'normal' as const,
			groups: [],
			isOnline: true,
			...host,
		})),
		effects: [],
		clientId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
		secret: 'f4lc0n-s3cret',
		tokens: new Map(),
		confirmsAfter: 1,
		canWrite: true,
		now: () => Date.now(),
	});
	return falcon;
}

const looks = new WeakMap<FalconHost, number>();

function answer(falcon: Falcon, request: VendorRequest): VendorResponse {
	if (request.path === '/oauth2/token' && request.method === 'POST') return token(falcon, request);
	const held = falcon.tokens.get(String(request.headers['authorization'] ?? '').replace(/^Bearer /, ''));
	if (held === undefined || held <= falcon.now()) return failed(401, 'access denied, invalid bearer token');
	if (request.path === '/devices/queries/devices/v1') return query(falcon, request);
	if (request.path === '/devices/entities/devices/v2' && request.method === 'GET') return entities(falcon, request);
	if (request.path === '/devices/entities/devices-actions/v2' && request.method === 'POST') return act(falcon, request);
	return failed(404, '404: Page Not Found');
}

function token(falcon: Falcon, request: VendorRequest): VendorResponse {
	const form = new URLSearchParams(request.body);
	if (form.get('client_id') !== falcon.clientId || form.get('client_secret') !== falcon.secret)
		return failed(403, 'access denied, authorization failed');
	const made = `eyJ.${randomBytes(12).toString('hex')}`;
	falcon.tokens.set(made, falcon.now() + 1_799_000);
	return json(201, { access_token: made, expires_in: 1799, token_type: 'bearer' });
}

function query(falcon: Falcon, request: VendorRequest): VendorResponse {
	const filter = request.query.get('filter');
	const asked = /^hostname:\['([^']*)'\]$/.exec(filter ?? '');
	if (filter !== null && asked === null) return failed(400, 'invalid filter');
	const found = falcon.hosts.filter(
		(host) => asked === null || host.hostname.toLowerCase() === String(asked[1]).toLowerCase(),
	);
	return answered(
		200,
		found.slice(0, Number(request.query.get('limit') ?? 100)).map((host) => host.device_id),
	);
}

function entities(falcon: Falcon, request: VendorRequest): VendorResponse {
	const host = falcon.hosts.find((one) => one.device_id === request.query.get('ids'));
	if (host === undefined) return answered(200, []);
	if (host.status.endsWith('pending') && host.isOnline) {
		const seen = (looks.get(host) ?? 0) + 1;
		looks.set(host, seen);
		if (seen >= falcon.confirmsAfter) host.status = host.status === 'containment_pending' ? 'contained' : 'normal';
	}
	const { device_id, hostname, status, groups } = host;
	return answered(200, [
		{ device_id, hostname, status, groups, platform_name: 'Windows', product_type_desc: 'Workstation' },
	]);
}

function act(falcon: Falcon, request: VendorRequest): VendorResponse {
	if (!falcon.canWrite) return failed(403, 'access denied, authorization failed');
	const action = request.query.get('action_name');
	const ids = (JSON.parse(request.body) as { ids: string[] }).ids;
	const host = falcon.hosts.find((one) => one.device_id === ids[0]);
	if (host === undefined || ids.length !== 1) return failed(404, 'Device not found');
	const from = action === 'contain' ? 'normal' : 'contained';
	if (host.status !== from) return failed(409, `Device ${host.device_id} is in state ${host.status}`);
	host.status = action === 'contain' ? 'containment_pending' : 'lift_containment_pending';
	looks.set(host, 0);
	falcon.effects.push(`${action} ${host.hostname}`);
	return answered(202, [{ id: host.device_id, path: `/devices/entities/devices/v1?ids=${host.device_id}` }]);
}

function answered(status: number, resources: readonly unknown[]): VendorResponse {
	return json(status, { meta: { query_time: 0.01, trace_id: 't' }, resources, errors: [] });
}

function failed(status: number, message: string): VendorResponse {
	return json(status, { meta: { trace_id: 't' }, resources: [], errors: [{ code: status, message }] });
}

function json(status: number, body: object): VendorResponse {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Too many requests: the second of the epoch from which more are taken. */
export function limited(until: number): VendorResponse {
	return {
		status: 429,
		headers: {
			'x-ratelimit-limit': '15',
			'x-ratelimit-remaining': '0',
			'x-ratelimit-retryafter': String(Math.ceil(until / 1000)),
		},
		body: JSON.stringify({ errors: [{ code: 429, message: 'API rate limit exceeded.' }] }),
	};
}
