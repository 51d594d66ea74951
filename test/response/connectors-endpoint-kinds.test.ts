// Microsoft Defender for Endpoint and SentinelOne against stand-ins that answer as the documentation says, and are then spoiled at every
// point. The laws are those of Falcon: a host is cut off once at most, what is said of it is true or `unknown`, what is not surely the
// one host is not touched, no secret shows.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import type { Grant } from '../../src/safety/grant.ts';
import { openAuthority } from '../services/certificates.ts';
import { type HostAction, hostGrant } from './support/host-grant.ts';
import { ASSETS, NOW } from './support/plant.ts';
import { type Defender, startDefender, tooMany } from './vendors/defender-endpoint.ts';
import { type SentinelOne, SITE, startSentinelOne } from './vendors/sentinelone.ts';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './vendors/server.ts';

let at = NOW;
let slept: number[] = [];
const edge = (resolve: readonly string[] = ['127.0.0.1']) => ({
	now: () => at,
	sleep: async (ms: number) => {
		slept.push(ms);
		at += ms;
	},
	resolve: async () => resolve,
});

/** The plant, with what this test needs `lap-1` to be. */
const plant = (of: object = { hostnames: ['LAP-1.plant.example'] }) =>
	indexInventory({
		assets: ASSETS.map((asset) => (asset.id === 'lap-1' ? { ...asset, ...of } : asset)),
		zones: [],
		conduits: [],
		confirmedAt: NOW,
	});

/** One service, as these tests need it. */
type World = {
	readonly server: VendorServer;
	readonly secret: string;
	readonly config: object;
	readonly group: string;
	readonly title: string;
	isCut(): boolean;
	readonly effects: string[];
	readonly idOf: (name: string) => string;
	/** Looks until the agent has done it; null for an agent that is off. */
	doneAfter(looks: number | null): void;
	/** A second host of the same name. */
	twin(): void;
	/** Puts the host into the protected group. */
	protect(): void;
	/** Somebody has cut it off before. */
	cut(): void;
	forbid(): void;
	reset(): void;
};

const COMMON = { name: 'edr', allow_private: true, timeout_ms: 400, actions: ['isolate_host', 'release_host'] };
const NAMES = ['LAP-1', 'HMI-9', 'LAP-11'];

async function defenderWorld(): Promise<World> {
	const server = await startDefender(
		NAMES.map((name) => ({ computerDnsName: name === 'LAP-1' ? 'lap-1.plant.example' : name })),
	);
	server.now = () => at;
	const [lap] = server.machines as [Defender['machines'][number]];
	return {
		...{ server, secret: server.secret, effects: server.effects, group: 'Control room', title: 'Defender' },
		config: {
			...{ ...COMMON, kind: 'defender-endpoint', base_url: server.url, login_url: server.url },
			...{ tenant_id: server.tenant, client_id: server.clientId, isolation: 'Full' },
			auth: { type: 'client_secret', secret_env: 'X' },
			protected: { hosts: ['hmi-9'], groups: ['Control room'] },
		},
		isCut: () => lap.isIsolated,
		idOf: (name) => server.machines.find((one) => one.computerDnsName.toUpperCase().startsWith(name))!.id,
		doneAfter: (looks) =>
			Object.assign(server, { doneAfter: looks ?? 1 }) && Object.assign(lap, { isOnline: looks !== null }),
		twin: () => void server.machines.push({ ...lap, id: 'f'.repeat(40) }),
		protect: () => void lap.machineTags.push('Control room'),
		cut: () => {
			lap.isIsolated = true;
			server.actions.push({
				...{ id: '5f3a1f6e-0000-4000-8000-000000000001', type: 'Isolate', status: 'Succeeded', machineId: lap.id },
				...{ requestorComment: 'by hand', scope: 'Full', looks: 1 },
				creationDateTimeUtc: new Date(NOW - 1_000).toISOString(),
			});
		},
		forbid: () => void Object.assign(server, { canIsolate: false }),
		reset: () => {
			lap.isIsolated = false;
			server.actions.length = server.effects.length = 0;
		},
	};
}

async function sentinelWorld(): Promise<World> {
	const server = await startSentinelOne(NAMES.map((computerName) => ({ computerName })));
	const [lap] = server.agents as [SentinelOne['agents'][number]];
	return {
		...{ server, secret: server.token, effects: server.effects, group: '1600000000000000009', title: 'SentinelOne' },
		config: {
			...{ ...COMMON, kind: 'sentinelone', base_url: server.url, sites: [SITE] },
			auth: { type: 'api_token', secret_env: 'X' },
			protected: { hosts: ['hmi-9'], groups: ['1600000000000000009'] },
		},
		isCut: () => lap.networkStatus === 'disconnected',
		idOf: (name) => server.agents.find((one) => one.computerName === name)!.id,
		doneAfter: (looks) =>
			Object.assign(server, { doneAfter: looks ?? 1 }) && Object.assign(lap, { isOnline: looks !== null }),
		twin: () => void server.agents.push({ ...lap, id: '1400000000000000099' }),
		protect: () => void Object.assign(lap, { groupId: '1600000000000000009' }),
		cut: () => void Object.assign(lap, { networkStatus: 'disconnected' }),
		forbid: () => void Object.assign(server, { canDisconnect: false }),
		reset: () => {
			lap.networkStatus = 'connected';
			server.effects.length = 0;
		},
	};
}

const isChange = ({ method, path }: VendorRequest): boolean => method === 'POST' && !path.endsWith('/token');

type Fault =
	| 'ok'
	| '429'
	| '500'
	| '500-after'
	| 'hang-after'
	| 'drop'
	| 'drop-after'
	| 'redirect'
	| 'garbage-after'
	| '403';
function spoiled(
	fault: Fault,
	request: VendorRequest,
	proceed: () => VendorResponse,
): VendorResponse | 'hang' | 'drop' {
	const plain = (status: number, body = '', headers: Record<string, string> = {}) => ({ status, headers, body });
	if (fault.endsWith('-after')) proceed();
	switch (fault) {
		case 'ok':
			return proceed();
		case '429':
			return tooMany(1);
		case '500':
		case '500-after':
			return plain(500, `oops ${request.headers.authorization} ${request.body}`);
		case 'hang-after':
			return 'hang';
		case 'drop':
		case 'drop-after':
			return 'drop';
		case 'redirect':
			return plain(302, '', { location: 'http://169.254.169.254/latest/' });
		case 'garbage-after':
			return plain(200, '{not json');
		case '403':
			return plain(403, '{"error":{"code":"Forbidden","message":"no"}}');
	}
}

describe.each<[string, () => Promise<World>]>([
	['Microsoft Defender for Endpoint', defenderWorld],
	['SentinelOne', sentinelWorld],
])('%s', (_title, start) => {
	let world: World;
	beforeEach(async () => {
		[slept, at] = [[], NOW];
		world = await start();
	});
	afterEach(async () => await world.server.close());

	const changes = (): number => world.server.requests.filter(isChange).length;
	function make(of: object = {}, inventory = plant(), resolve?: readonly string[]): Connector {
		const config = ConnectorConfig.parse({ ...world.config, ...of });
		return createConnectors([config], () => world.secret, edge(resolve), { ...NO_GROUND, inventory })[0]!;
	}
	async function run(action: HostAction = 'isolate_host', connector = make(), params: object = {}) {
		const { grant, request } = hostGrant(action, params);
		const result = await connector.call(grant, request);
		const after = await connector.readBack(grant, request);
		const all = JSON.stringify([result, after]);
		expect(all).not.toContain(world.secret);
		expect(all).not.toMatch(/eyJ/);
		return { ...result, state: after.state, said: after.detail };
	}

	it('cuts a host off, sees it happen, and lets it back', async () => {
		expect(await run()).toMatchObject({ effect: 'done', tries: 1, state: 'done' });
		expect(world.isCut()).toBe(true);
		expect(await run('release_host')).toMatchObject({ effect: 'done', state: 'done' });
		expect(world.isCut()).toBe(false);
		expect(world.effects.map((effect) => effect.toUpperCase().split(' ')[1]?.split('.')[0])).toEqual([
			'LAP-1',
			'LAP-1',
		]);
	});

	it('waits for the agent, and says that it is pending where it is off: nobody is told that it is cut off', async () => {
		world.doneAfter(4);
		expect(await run()).toMatchObject({ effect: 'done' });
		world.doneAfter(1);
		await run('release_host');
		world.doneAfter(null);
		expect(await run()).toMatchObject({ effect: 'unknown', state: 'unknown', said: expect.stringMatching(/online/) });
		const before = world.effects.length;
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/asked for before/) });
		expect(world.effects).toHaveLength(before);
		world.doneAfter(1);
		const { grant, request } = hostGrant('isolate_host');
		expect(await make().readBack(grant, request)).toMatchObject({ state: 'done' });
	});

	it('changes nothing where it is cut off already', async () => {
		world.cut();
		expect(await run()).toMatchObject({ effect: 'done', detail: expect.stringMatching(/before this call/) });
		expect(world.effects).toEqual([]);
	});

	it('goes by the id of the inventory, and refuses a host that is called otherwise there', async () => {
		const of = (name: string): object => ({ hostnames: ['lap-1'], vendor_ids: ['nonsense', world.idOf(name)] });
		expect(await run('isolate_host', make({}, plant(of('HMI-9'))))).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/is called `HMI-9`/),
		});
		expect(await run('isolate_host', make({}, plant(of('LAP-1'))))).toMatchObject({ effect: 'done' });
		expect(world.effects).toHaveLength(1);
	});

	it.each<[string, object, RegExp]>([
		['no name', { hostnames: [] }, /knows no host name/],
		['a name nobody has', { hostnames: ['lap-77'] }, /no host in \w+ is called/],
		['a name that breaks out of the filter', { hostnames: ["x' or computerDnsName ne 'x"] }, /knows no host name/],
		['the name of a protected host', { hostnames: ['hmi-9'] }, /under `protected`/],
	])('leaves a host alone that has %s', async (_, of, why) => {
		expect(await run('isolate_host', make({}, plant(of)))).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(why),
		});
		expect(changes()).toBe(0);
	});

	it('touches none of two hosts of one name', async () => {
		world.twin();
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/more than one host/) });
		expect(changes()).toBe(0);
	});

	it('touches none of a protected group', async () => {
		world.protect();
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/protected (tag|group)/) });
		expect(changes()).toBe(0);
	});

	it('takes a parameter `device` only for another name of the same asset', async () => {
		expect(await run('isolate_host', make(), { device: 'lap-2' })).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/another host/),
		});
		expect(world.server.requests).toEqual([]);
	});

	it.each<[Fault, RegExp, number]>([
		['429', /^done/, 1],
		['500', /^(done|unknown)/, 1],
		['500-after', /^(done|unknown)/, 1],
		['hang-after', /^(done|unknown)/, 1],
		['drop', /^(done|unknown)/, 1],
		['drop-after', /^(done|unknown)/, 1],
		['garbage-after', /^(done|unknown)/, 1],
		['redirect', /^(done|unknown)/, 1],
		['403', /^not_done/, 0],
	])('on one %s at the change says what is true or `unknown`', async (fault, said, most) => {
		// The agent is slow: right after a lost answer nothing is confirmed.
		world.doneAfter(2);
		const left: Fault[] = [fault];
		world.server.spoil = (request, proceed) =>
			isChange(request) ? spoiled(left.shift() ?? 'ok', request, proceed) : proceed();
		const result = await run();
		expect(result.effect).toMatch(said);
		expect(world.effects.length).toBeLessThanOrEqual(most);
		if (result.effect === 'done' || result.state === 'done') expect(world.isCut()).toBe(true);
		if (result.state === 'not_done') expect(world.effects).toEqual([]);
	});

	it('waits as long as a 429 says, and not for ever', async () => {
		const sent = [tooMany(4)];
		world.server.spoil = (request, proceed) => (isChange(request) ? (sent.pop() ?? proceed()) : proceed());
		expect((await run()).effect).toBe('done');
		expect(Math.max(...slept)).toBeGreaterThanOrEqual(4_000);
		world.server.spoil = (request, proceed) => (isChange(request) ? tooMany(3_600) : proceed());
		expect(await run('release_host')).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/429/) });
	});

	it('says what the login may not do, and that it is not taken', async () => {
		world.forbid();
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/may not do this/) });
		Object.assign(world.server, { secret: 'another', token: 'another' });
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/401|not logged in/) });
		expect(world.effects).toEqual([]);
	});

	it.each<[string, object, readonly string[], RegExp]>([
		['a private address', { allow_private: false }, ['127.0.0.1'], /allow_private/],
		['a metadata address', {}, ['127.0.0.1', '169.254.169.254'], /metadata/],
	])('sends nothing to %s', async (_name, of, resolve, why) => {
		const url = world.server.url.replace('127.0.0.1', 'localhost');
		const where = 'login_url' in world.config ? { login_url: url } : {};
		const connector = make({ base_url: url, ...where, ...of }, plant(), resolve);
		expect(await run('isolate_host', connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(why),
		});
		expect(world.server.requests).toEqual([]);
	});

	it('trusts no certificate that nobody vouches for', async () => {
		const authority = openAuthority();
		const { key, cert } = authority.issue('vendor');
		const secure = await startVendor(() => ({ status: 200, headers: {}, body: '{}' }), { key, cert });
		expect(await run('isolate_host', make({ base_url: secure.url }))).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/CERT|VERIFY/),
		});
		expect(secure.requests).toEqual([]);
		await secure.close();
		authority.remove();
	});

	it.each<[string, (real: { grant: Grant; request: CallRequest }) => { grant: unknown; request: CallRequest }]>([
		['none', ({ request }) => ({ grant: null, request })],
		['a copy of a real one', ({ grant, request }) => ({ grant: { ...grant }, request })],
		[
			'one for another host',
			({ grant, request }) => ({ grant, request: { ...request, target: 'lap-2', targets: ['lap-2'] } }),
		],
		['one for another action', ({ grant, request }) => ({ grant, request: { ...request, action: 'release_host' } })],
	])('sends nothing on a grant that is %s', async (_name, forge) => {
		const { grant, request } = forge(hostGrant('isolate_host'));
		const connector = make();
		// A forger has no value of the type: that is the point.
		expect(await connector.call(grant as Grant, request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect((await connector.readBack(grant as Grant, request)).state).toBe('unknown');
		expect(world.server.requests).toEqual([]);
	});

	it('is tried without any effect', async () => {
		world.cut();
		const probes = await make().probe?.({ account: null, target: 'lap-1' });
		expect(probes?.map(({ what, state }) => [what, state])).toEqual([
			['login, and reading hosts', 'well'],
			['isolate_host on lap-1', 'well'],
			['release_host on lap-1', 'well'],
			['writing', 'open'],
		]);
		expect(changes()).toBe(0);
	});

	it('whatever breaks in whatever order, it is cut off once at most and what is said of it is true', async () => {
		const faults: readonly Fault[] = [
			...(['ok', 'ok', '429', '500', '500-after', 'drop', 'drop-after', 'redirect', 'garbage-after', '403'] as const),
		];
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom(...faults), { maxLength: 5 }),
				fc.array(fc.constantFrom<Fault>('ok', 'ok', '429', '500', 'drop', 'redirect'), { maxLength: 6 }),
				fc.integer({ min: 1, max: 7 }),
				async (atChange, atRead, looks) => {
					world.reset();
					world.doneAfter(looks);
					const [left, reads] = [[...atChange], [...atRead]];
					world.server.spoil = (request, proceed) =>
						isChange(request) || request.method === 'GET'
							? spoiled((isChange(request) ? left : reads).shift() ?? 'ok', request, proceed)
							: proceed();
					at = NOW;
					const { grant, request } = hostGrant('isolate_host');
					const connector = make();
					const { effect } = await connector.call(grant, request);
					expect(world.effects.length).toBeLessThanOrEqual(1);
					if (effect === 'done') expect(world.isCut()).toBe(true);
					if (effect === 'not_done') expect(world.effects).toEqual([]);
					const { state } = await connector.readBack(grant, request);
					if (state === 'done') expect(world.isCut()).toBe(true);
					if (state === 'not_done') expect(world.effects).toEqual([]);
				},
			),
			{ numRuns: 40 },
		);
	});
});

describe('Microsoft Defender for Endpoint, by its machine actions', () => {
	let server: Defender;
	beforeEach(async () => {
		at = NOW;
		server = await startDefender([{ computerDnsName: 'lap-1' }]);
		server.now = () => at;
	});
	afterEach(async () => await server.close());

	async function run(action: HostAction, of: object = {}, sinceMs = 0) {
		const config = ConnectorConfig.parse({
			...{ ...COMMON, kind: 'defender-endpoint', base_url: server.url, login_url: server.url, ...of },
			...{ tenant_id: server.tenant, client_id: server.clientId, protected: { hosts: [], groups: [] } },
			auth: { type: 'client_secret', secret_env: 'X' },
		});
		const inventory = plant();
		const [connector] = createConnectors([config], () => server.secret, edge(), { ...NO_GROUND, inventory });
		const { grant, request } = hostGrant(action);
		const result = await connector!.call(grant, request);
		at += sinceMs;
		const later = hostGrant(action, {}, 'lap-1', at);
		return { ...result, after: await connector!.readBack(later.grant, { ...later.request, since: NOW }) };
	}

	it('isolates as it is configured, and writes the step into the action', async () => {
		await run('isolate_host', { isolation: 'Selective' });
		expect(server.effects).toEqual(['Isolate lap-1 Selective']);
		expect(server.actions[0]?.requestorComment).toMatch(/^Interlock, step stp_/);
	});

	it.each(['Failed', 'TimeOut'] as const)('an action that ends as %s is no isolation', async (ends) => {
		server.ends = ends;
		expect(await run('isolate_host')).toMatchObject({ effect: 'unknown', detail: expect.stringContaining(ends) });
		expect(server.machines[0]?.isIsolated).toBe(false);
	});

	it('sees its own action where the list does not have it yet', async () => {
		server.listLags = 6;
		expect(await run('isolate_host')).toMatchObject({ effect: 'done' });
	});

	it('takes an empty list for nothing as long as it may lag', async () => {
		server.spoil = (request, proceed) => {
			if (!isChange(request)) return proceed();
			proceed();
			server.listLags = 10;
			return 'drop';
		};
		expect(await run('isolate_host')).toMatchObject({ effect: 'unknown', after: { state: 'unknown' } });
		expect(server.effects).toHaveLength(1);
	});

	it('after a minute an empty list means that it did not happen', async () => {
		server.spoil = (request, proceed) => (isChange(request) ? 'drop' : proceed());
		expect(await run('isolate_host', {}, 60_000)).toMatchObject({ effect: 'unknown', after: { state: 'not_done' } });
	});

	it('does not say that a machine is released because nothing is kept of its isolation', async () => {
		expect(await run('release_host')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/no isolation/),
		});
		expect(server.effects).toEqual([]);
	});

	it('does not isolate what has no agent: others would shut it out instead', async () => {
		Object.assign(server.machines[0]!, { onboardingStatus: 'CanBeOnboarded' });
		expect(await run('isolate_host')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/no host in/),
		});
	});
});

describe('SentinelOne, by its sites', () => {
	it('touches no computer of a site that is not configured, and none that is shown late', async () => {
		const server = await startSentinelOne([{ computerName: 'LAP-1', siteId: '1500000000000000002' }]);
		const config = ConnectorConfig.parse({
			...{ ...COMMON, kind: 'sentinelone', base_url: server.url, sites: [SITE] },
			auth: { type: 'api_token', secret_env: 'X' },
			protected: { hosts: [], groups: [] },
		});
		const make = () => createConnectors([config], () => server.token, edge(), { ...NO_GROUND, inventory: plant() })[0]!;
		const { grant, request } = hostGrant('isolate_host');
		expect(await make().call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/no host/),
		});
		Object.assign(server.agents[0]!, { siteId: SITE });
		server.showsAfter = 3;
		expect(await make().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(server.effects).toEqual(['disconnect LAP-1']);
		await server.close();
	});
});
