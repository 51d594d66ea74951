// A console of SentinelOne as the documentation of its Management API 2.1 describes it: API tokens of service users, agents by filter over
// sites, actions that answer with the count of agents they reached, a network status that goes through `disconnecting`, errors as a list
// with code and title. State is open, so that a test sees what really happened.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type SentinelAgent = {
	readonly id: string;
	computerName: string;
	networkStatus: 'connected' | 'disconnecting' | 'disconnected' | 'connecting';
	siteId: string;
	groupId: string;
	isDecommissioned: boolean;
	isOnline: boolean;
	/** Looks since it was told something. */
	looks: number;
};

export type SentinelOne = VendorServer & {
	readonly agents: SentinelAgent[];
	/** Every effect, in order: `disconnect LAP-1`. */
	readonly effects: string[];
	token: string;
	/** Looks until the agent has done what it was told. */
	doneAfter: number;
	/** Looks until the console shows that anything was told. */
	showsAfter: number;
	canDisconnect: boolean;
};

export const SITE = '1500000000000000001';

/** Starts a console with these agents, in one site if nothing else is said. */
export async function startSentinelOne(
	agents: readonly (Partial<SentinelAgent> & { readonly computerName: string })[],
): Promise<SentinelOne> {
	const server = await startVendor((request) => answer(console_, request));
	const console_: SentinelOne = Object.assign(server, {
		agents: agents.map((agent, at) => ({
			...{ id: `14000000000000000${10 + at}`, networkStatus: 'connected' as const, siteId: SITE },
			...{ groupId: '1600000000000000001', isDecommissioned: false, isOnline: true, looks: 0 },
			...agent,
		})),
		effects: [],
		token: 'eyJraWQi.s1-s3rvice-us3r-t0ken',
		...{ doneAfter: 1, showsAfter: 0, canDisconnect: true },
	});
	return console_;
}

function answer(one: SentinelOne, request: VendorRequest): VendorResponse {
	if (request.headers['authorization'] !== `ApiToken ${one.token}`)
		return failed(401, 4010010, 'Authentication Failed');
	if (request.method === 'GET' && request.path === '/web/api/v2.1/agents') return list(one, request);
	const verb = /^\/web\/api\/v2\.1\/agents\/actions\/(connect|disconnect)$/.exec(request.path)?.[1];
	if (request.method === 'POST' && verb !== undefined) return act(one, request, verb);
	return failed(404, 4040010, 'Not Found');
}

function list(one: SentinelOne, request: VendorRequest): VendorResponse {
	const among = (name: string, value: string): boolean =>
		request.query.get(name) === null || (request.query.get(name) ?? '').split(',').includes(value);
	const found = one.agents.filter(
		(agent) =>
			among('ids', agent.id) &&
			among('siteIds', agent.siteId) &&
			among('computerName', agent.computerName) &&
			among('isDecommissioned', String(agent.isDecommissioned)),
	);
	const page = found.slice(0, Number(request.query.get('limit') ?? 10));
	return json(200, {
		data: page.map((agent) => shown(one, agent)),
		pagination: { nextCursor: found.length > page.length ? 'YWdlbnQ=' : null, totalItems: found.length },
	});
}

/** A look is the time that passes for an agent. */
function shown(one: SentinelOne, agent: SentinelAgent): object {
	agent.looks++;
	const before = { disconnecting: 'connected', connecting: 'disconnected' } as const;
	const after = { disconnecting: 'disconnected', connecting: 'connected' } as const;
	let status: string = agent.networkStatus;
	if (agent.networkStatus === 'disconnecting' || agent.networkStatus === 'connecting') {
		if (agent.looks <= one.showsAfter) status = before[agent.networkStatus];
		else if (agent.isOnline && agent.looks >= one.showsAfter + one.doneAfter)
			status = agent.networkStatus = after[agent.networkStatus];
	}
	const { id, computerName, siteId, groupId } = agent;
	return {
		...{ id, computerName, siteId, groupId, networkStatus: status },
		isActive: agent.isOnline,
		osType: 'windows',
	};
}

function act(one: SentinelOne, request: VendorRequest, verb: string): VendorResponse {
	if (!one.canDisconnect) return failed(403, 4030010, 'Insufficient permissions');
	const { filter } = JSON.parse(request.body) as { filter?: { ids?: string[]; siteIds?: string[] } };
	// An empty filter would mean every computer of the customer.
	if (filter?.ids === undefined || filter.ids.length === 0) return failed(400, 4000010, 'Validation Error');
	const told = one.agents.filter(
		(agent) => filter.ids?.includes(agent.id) && (filter.siteIds?.includes(agent.siteId) ?? true),
	);
	const [from, to] = verb === 'disconnect' ? ['connected', 'disconnecting'] : ['disconnected', 'connecting'];
	for (const agent of told.filter(({ networkStatus }) => networkStatus === from)) {
		agent.networkStatus = to as SentinelAgent['networkStatus'];
		agent.looks = 0;
		one.effects.push(`${verb} ${agent.computerName}`);
	}
	return json(200, { data: { affected: told.length } });
}

function failed(status: number, code: number, title: string): VendorResponse {
	return json(status, { errors: [{ code, detail: null, title }] });
}

function json(status: number, body: object): VendorResponse {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
