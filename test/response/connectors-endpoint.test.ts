// CrowdStrike Falcon against a stand-in that answers as the documentation says, and is then spoiled at every point. The laws: a host is
// contained once at most, what is said of it is true or `unknown`, what is not surely the one host is not touched, no secret shows.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CrowdStrikeConfig } from '../../src/domain/connector-kinds/endpoint.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { createEndpointConnector } from '../../src/response/connectors/endpoint-connector.ts';
import type { Grant } from '../../src/safety/grant.ts';
import { openAuthority } from '../services/certificates.ts';
import { type HostAction, hostGrant } from './support/host-grant.ts';
import { ASSETS, NOW } from './support/plant.ts';
import { type Falcon, limited, startFalcon } from './vendors/crowdstrike.ts';
import { startVendor, type VendorRequest, type VendorResponse } from './vendors/server.ts';

const GROUP = 'deadbeefdeadbeefdeadbeefdeadbeef';
let falcon: Falcon;
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

function make(of: object = {}, inventory = plant(), resolve?: readonly string[]): Connector {
	const config = CrowdStrikeConfig.parse({
		name: 'edr',
		kind: 'crowdstrike',
		base_url: falcon.url,
		client_id: falcon.clientId,
		auth: { type: 'client_secret', secret_env: 'X' },
		allow_private: true,
		timeout_ms: 400,
		actions: ['isolate_host', 'release_host'],
		protected: { hosts: ['hmi-9'], groups: [GROUP] },
		...of,
	});
	return createEndpointConnector(config, 'f4lc0n-s3cret', inventory, edge(resolve));
}

const isChange = (request: VendorRequest): boolean => request.path.includes('devices-actions');
const isRead = (request: VendorRequest): boolean => request.method === 'GET';
const changes = (): number => falcon.requests.filter(isChange).length;
const host = (name = 'LAP-1') => falcon.hosts.find((one) => one.hostname === name)!;

async function run(action: HostAction = 'isolate_host', connector = make(), params: object = {}) {
	const { grant, request } = hostGrant(action, params);
	const result = await connector.call(grant, request);
	const after = await connector.readBack(grant, request);
	const all = JSON.stringify([result, after]);
	expect(all).not.toContain('f4lc0n-s3cret');
	expect(all).not.toMatch(/eyJ/);
	return { ...result, state: after.state, said: after.detail };
}

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
			return limited(at + 1_000);
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
			return plain(403, '{"errors":[{"code":403,"message":"access denied, authorization failed"}]}');
	}
}
function spoil(which: (request: VendorRequest) => boolean, faults: readonly Fault[]): void {
	const left = [...faults];
	falcon.spoil = (request, proceed) => (which(request) ? spoiled(left.shift() ?? 'ok', request, proceed) : proceed());
}

beforeEach(async () => {
	[slept, at] = [[], NOW];
	falcon = await startFalcon([{ hostname: 'LAP-1' }, { hostname: 'HMI-9' }, { hostname: 'LAP-11' }]);
	falcon.now = () => at;
});
afterEach(async () => await falcon.close());

describe('CrowdStrike Falcon', () => {
	it('contains a host, sees its sensor confirm it, and lifts it again', async () => {
		expect(await run()).toMatchObject({ effect: 'done', tries: 1, state: 'done' });
		expect(host().status).toBe('contained');
		expect(await run('release_host')).toMatchObject({ effect: 'done', state: 'done' });
		expect(host().status).toBe('normal');
		expect(falcon.effects).toEqual(['contain LAP-1', 'lift_containment LAP-1']);
		expect(host('LAP-11').status).toBe('normal');
	});

	it('waits for the sensor, and says that it is pending where it is off: nobody is told that it is cut off', async () => {
		falcon.confirmsAfter = 3;
		expect(await run()).toMatchObject({ effect: 'done' });
		falcon.confirmsAfter = 1;
		await run('release_host');
		host().isOnline = false;
		expect(await run()).toMatchObject({ effect: 'unknown', state: 'unknown', said: expect.stringMatching(/online/) });
		expect(host().status).toBe('containment_pending');
		const before = falcon.effects.length;
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/asked for before/) });
		expect(falcon.effects).toHaveLength(before);
		host().isOnline = true;
		const { grant, request } = hostGrant('isolate_host');
		expect(await make().readBack(grant, request)).toMatchObject({ state: 'done' });
	});

	it('changes nothing where it is contained already', async () => {
		host().status = 'contained';
		expect(await run()).toMatchObject({ effect: 'done', detail: expect.stringMatching(/before this call/) });
		expect(falcon.effects).toEqual([]);
	});

	it('goes by the id of the inventory, and refuses a host that is called otherwise there', async () => {
		const [lap, hmi] = [host().device_id, host('HMI-9').device_id];
		expect(
			await run('isolate_host', make({}, plant({ hostnames: ['lap-1'], vendor_ids: [lap.toUpperCase()] }))),
		).toMatchObject({
			effect: 'done',
		});
		expect(await run('isolate_host', make({}, plant({ hostnames: ['lap-1'], vendor_ids: [hmi] })))).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/is called `HMI-9`/),
		});
		expect(host('HMI-9').status).toBe('normal');
	});

	it.each<[string, object, RegExp]>([
		['no name', { hostnames: [] }, /knows no host name/],
		['a name nobody has', { hostnames: ['lap-77'] }, /no host in Falcon is called/],
		['a name that breaks out of the filter', { hostnames: ["x'],hostname:!['x"] }, /knows no host name/],
		['two ids', { hostnames: ['lap-1'], vendor_ids: ['a'.repeat(32), 'b'.repeat(32)] }, /more than one host/],
		['the name of a protected host', { hostnames: ['hmi-9'] }, /under `protected`/],
	])('leaves a host alone that has %s', async (_, of, why) => {
		expect(await run('isolate_host', make({}, plant(of)))).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(why),
		});
		expect(changes()).toBe(0);
	});

	it('touches none of two hosts of one name, and none of a protected group', async () => {
		falcon.hosts.push({ ...host(), device_id: 'f'.repeat(32) });
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/more than one host/) });
		falcon.hosts.splice(0, 1, { ...host(), groups: [GROUP] });
		falcon.hosts.pop();
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/protected host group/) });
		expect(changes()).toBe(0);
	});

	it('takes a parameter `device` only for another name of the same asset', async () => {
		expect(await run('isolate_host', make(), { device: 'lap-2' })).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/another host/),
		});
		expect(falcon.requests).toEqual([]);
	});

	it.each<[Fault, string, number]>([
		['429', 'done', 1],
		['500', 'done', 1],
		['500-after', 'unknown', 1],
		['hang-after', 'unknown', 1],
		['drop', 'done', 1],
		['drop-after', 'unknown', 1],
		['garbage-after', 'unknown', 1],
		['403', 'not_done', 0],
	])('on one %s at the change says %s, with %d effect', async (fault, effect, effects) => {
		// The sensor is slow: right after a lost answer the containment is pending and not confirmed.
		falcon.confirmsAfter = 2;
		spoil(isChange, [fault]);
		const result = await run();
		expect(result.effect).toBe(effect);
		expect(falcon.effects).toHaveLength(effects);
		if (effects === 1) expect(result.state).toBe('done');
	});

	it('waits until the second that Falcon names, and not for ever', async () => {
		const sent = [limited(at + 4_000)];
		falcon.spoil = (request, proceed) => (isChange(request) ? (sent.pop() ?? proceed()) : proceed());
		expect((await run()).effect).toBe('done');
		expect(Math.max(...slept)).toBeGreaterThanOrEqual(3_000);
		falcon.spoil = (request, proceed) => (isChange(request) ? limited(at + 3_600_000) : proceed());
		expect(await run('release_host')).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/429/) });
	});

	it('renews a token that ends in the middle, and takes a wrong secret for an answer', async () => {
		const connector = make();
		await run('isolate_host', connector);
		falcon.tokens.clear();
		expect(await run('release_host', connector)).toMatchObject({ effect: 'done' });
		falcon.secret = 'another';
		expect(await run()).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/not logged in/) });
	});

	it.each<[string, object, readonly string[], RegExp]>([
		['a private address', { allow_private: false }, ['127.0.0.1'], /allow_private/],
		['a metadata address', {}, ['127.0.0.1', '169.254.169.254'], /metadata/],
	])('sends nothing to %s', async (_name, of, resolve, why) => {
		const connector = make({ base_url: falcon.url.replace('127.0.0.1', 'localhost'), ...of }, plant(), resolve);
		expect(await run('isolate_host', connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(why),
		});
		expect(falcon.requests).toEqual([]);
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
		['one for another step', ({ grant, request }) => ({ grant, request: { ...request, step: 'stp_other' } })],
	])('sends nothing on a grant that is %s', async (_name, forge) => {
		const { grant, request } = forge(hostGrant('isolate_host'));
		const connector = make();
		// A forger has no value of the type: that is the point.
		expect(await connector.call(grant as Grant, request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect((await connector.readBack(grant as Grant, request)).state).toBe('unknown');
		expect(falcon.requests).toEqual([]);
	});

	it('is tried without any effect', async () => {
		const probes = await make().probe?.({ account: null, target: 'lap-1' });
		expect(probes?.map(({ what, state }) => [what, state])).toEqual([
			['login, and reading hosts', 'well'],
			['isolate_host on lap-1', 'well'],
			['release_host on lap-1', 'well'],
			['writing', 'open'],
		]);
		expect(changes()).toBe(0);
	});

	it('whatever breaks in whatever order, it is contained once at most and what is said of it is true', async () => {
		const faults: readonly Fault[] = [
			'ok',
			'ok',
			'429',
			'500',
			'500-after',
			'drop',
			'drop-after',
			'redirect',
			'garbage-after',
			'403',
		];
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom(...faults), { maxLength: 5 }),
				fc.array(fc.constantFrom<Fault>('ok', 'ok', '429', '500', 'drop', 'redirect'), { maxLength: 6 }),
				fc.integer({ min: 1, max: 7 }),
				async (atChange, atRead, confirmsAfter) => {
					Object.assign(host(), { status: 'normal' });
					Object.assign(falcon, { confirmsAfter });
					falcon.effects.length = 0;
					const [left, reads] = [[...atChange], [...atRead]];
					falcon.spoil = (request, proceed) =>
						isChange(request) || isRead(request)
							? spoiled((isChange(request) ? left : reads).shift() ?? 'ok', request, proceed)
							: proceed();
					at = NOW;
					const { grant, request } = hostGrant('isolate_host');
					const { effect } = await make().call(grant, request);
					expect(falcon.effects.length).toBeLessThanOrEqual(1);
					if (effect === 'done') expect(falcon.effects).toHaveLength(1);
					if (effect === 'not_done') expect(falcon.effects).toEqual([]);
				},
			),
			{ numRuns: 40 },
		);
	});
});
