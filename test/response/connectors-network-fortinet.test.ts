// Bans on a FortiGate that answers as its maker documents and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FortinetConfig } from '../../src/domain/connector-kinds/network.ts';
import type { ListGround } from '../../src/response/connectors/block-list.ts';
import type { ListEvent } from '../../src/response/connectors/block-list-state.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createFortinet } from '../../src/response/connectors/fortinet.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { networkGrant } from './support/network-grant.ts';
import { INVENTORY, NOW } from './support/plant.ts';
import { type Fortinet, startFortinet, TOKEN } from './vendors/fortinet.ts';

const HOST = '10.4.0.11';
let firewall: Fortinet;
let events: ListEvent[] = [];
const ground: ListGround = {
	inventory: INVENTORY,
	reader: { events: async () => events, polls: async () => [], incidentOf: async () => 'inc_1' },
};
const connect = (of: object = {}, token: string | null = TOKEN): Connector =>
	createFortinet(
		FortinetConfig.parse({
			name: 'fgt',
			kind: 'fortinet',
			base_url: firewall.url,
			allow_private: true,
			timeout_ms: 300,
			auth: { type: 'token', secret_env: 'FGT' },
			...of,
		}),
		token,
		ground,
		{ now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);

describe('a FortiGate', () => {
	beforeEach(async () => {
		firewall = await startFortinet();
		events = [];
	});
	afterEach(async () => await firewall.close());

	it('takes no traffic from the host any more, and then again', async () => {
		const block = networkGrant('block_internal', 'lap-1');
		expect(await connect().call(block.grant, block.request)).toMatchObject({
			effect: 'done',
			detail: `${HOST} with ban`,
		});
		expect(await connect().readBack(block.grant, block.request)).toMatchObject({ state: 'done' });
		const unblock = networkGrant('unblock_internal', 'lap-1');
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({ effect: 'done' });
		expect(firewall.effects).toEqual([`add_users ${HOST}`, `clear_users ${HOST}`]);
	});

	it('bans nobody by a parameter: only by the target that was judged', async () => {
		const { grant, request } = networkGrant('block_internal', 'lap-1');
		expect(await connect().call(grant, { ...request, target: 'plc-1', targets: ['plc-1'] })).toMatchObject({
			effect: 'not_done',
		});
		expect(await connect().call(grant, { ...request, params: { indicator: '10.1.0.9' } })).toMatchObject({
			effect: 'not_done',
		});
		expect(firewall.requests).toEqual([]);
	});

	it('keeps a ban that another incident wants', async () => {
		firewall.banned.add(HOST);
		const held = { step: 's', action: 'block_internal', indicator: 'lap-1', at: NOW, until: null };
		events = [
			{ ...held, incident: 'inc_1' },
			{ ...held, incident: 'inc_2' },
		];
		const { grant, request } = networkGrant('unblock_internal', 'lap-1');
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(firewall.banned).toContain(HOST);
	});

	it('that is set right already is told nothing', async () => {
		firewall.banned.add(HOST);
		const { grant, request } = networkGrant('block_internal', 'lap-1');
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(firewall.requests.map((one) => one.method)).toEqual(['GET']);
	});

	it('can be tried without any effect', async () => {
		const wish = { account: null, target: 'lap-1', indicator: null };
		const found = await connect().probe?.(wish);
		expect(found?.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'firewall well',
			'rights open',
			'block_internal well',
			'unblock_internal well',
		]);
		expect(firewall.effects).toEqual([]);
		expect(await connect({}, 'wrong').probe?.(wish)).toMatchObject([{ state: 'not' }]);
	});

	type Spoiled = ReturnType<NonNullable<Fortinet['spoil']>>;
	type Proceed = Parameters<NonNullable<Fortinet['spoil']>>[1];
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	const always = (how: (proceed: Proceed) => Spoiled): void => {
		firewall.spoil = (_, proceed) => how(proceed);
	};
	const once = (how: () => Spoiled): void => {
		firewall.spoil = () => {
			firewall.spoil = null;
			return how();
		};
	};
	const onChange = (how: (proceed: Proceed) => Spoiled): void => {
		firewall.spoil = (request, proceed) => (request.method === 'POST' ? how(proceed) : proceed());
	};
	const after = (proceed: Proceed, answer: Spoiled): Spoiled => {
		proceed();
		return answer;
	};
	const cut = raw('{"status":"success","results":[', 200, { 'content-length': '900' });
	const FAULTS: readonly [string, () => void, string][] = [
		['busy once (429)', () => once(() => raw('', 429)), 'done'],
		['busy for ever (429)', () => always(() => raw('', 429)), 'not_done'],
		['asks for a long wait', () => always(() => raw('', 429, { 'retry-after': '3600' })), 'not_done'],
		['500 on the look', () => always(() => raw('', 500)), 'not_done'],
		['500 on the change', () => onChange(() => raw('', 500)), 'unknown'],
		['500 after the change', () => onChange((proceed) => after(proceed, raw('', 500))), 'done'],
		[
			'a lost answer, then busy',
			() => onChange((proceed) => after(proceed, raw('', firewall.effects.length === 0 ? 500 : 429))),
			'done',
		],
		['424 on the change', () => onChange(() => raw('{"status":"error"}', 424)), 'not_done'],
		['time runs out after the change', () => onChange((proceed) => after(proceed, 'hang')), 'done'],
		['the line breaks after the change', () => onChange((proceed) => after(proceed, 'drop')), 'done'],
		['an answer that is no JSON', () => onChange((proceed) => after(proceed, raw('OK'))), 'done'],
		['success without effect', () => onChange(() => raw('{"status":"success"}')), 'unknown'],
		['an error with status 200', () => onChange(() => raw('{"status":"error"}')), 'unknown'],
		['a list that is cut off', () => always(() => cut), 'not_done'],
		['a page for people', () => always(() => raw('<html>login</html>')), 'not_done'],
		['another virtual domain', () => always(() => raw('{"status":"success","vdom":"ot","results":[]}')), 'not_done'],
		['a redirect', () => always(() => raw('', 302, { location: 'http://example.org/' })), 'not_done'],
		['a token that has been revoked', () => firewall.tokens.clear(), 'not_done'],
		['a token that ends in the middle', () => onChange(() => raw('', 401)), 'not_done'],
		[
			'a profile that may only read',
			() => {
				firewall.mayChange = false;
			},
			'not_done',
		],
		['the token in the words of an error', () => onChange(() => raw(`{"status":"${TOKEN}"}`)), 'unknown'],
	];

	it.each(FAULTS)(
		'with a fault (%s) acts at most once, and what is reported is true or unknown',
		async (_, spoil, effect) => {
			spoil();
			const { grant, request } = networkGrant('block_internal', 'lap-1');
			const result = await connect().call(grant, request);
			expect(result.effect).toBe(effect);
			expect(firewall.effects.length).toBeLessThanOrEqual(1);
			if (result.effect === 'done') expect(firewall.banned).toContain(HOST);
			if (result.effect === 'not_done') expect(firewall.banned).not.toContain(HOST);
			expect(result.detail).not.toContain(TOKEN);
			firewall.spoil = null;
			firewall.tokens.add(TOKEN);
			const asked = await connect().readBack(grant, request);
			expect(asked.state).toBe(firewall.banned.has(HOST) ? 'done' : 'not_done');
		},
	);

	it('acts at most once over any row of faults and repeated calls, and what is reported is true of it', async () => {
		const fault = fc.constantFrom('well', '429', '500', '500 after', 'drop', 'drop after', 'garbage', 'garbage after');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), async (faults, calls) => {
				firewall.banned.clear();
				firewall.effects.length = 0;
				const left = [...faults];
				firewall.spoil = (_, proceed) => {
					const next = left.shift() ?? 'well';
					const happened = next === 'well' || next.endsWith('after') ? proceed() : null;
					if (next === 'well' && happened !== null) return happened;
					if (next.startsWith('drop')) return 'drop';
					return next.startsWith('garbage') ? raw('<') : raw('', Number(next.slice(0, 3)));
				};
				const { grant, request } = networkGrant('block_internal', 'lap-1');
				const connector = connect();
				for (let i = 0; i < calls; i++) {
					const result = await connector.call(grant, request);
					if (result.effect === 'done') expect(firewall.banned.has(HOST)).toBe(true);
					// Once it has happened, a later call that did not get through says so of itself; it never says that it is undone.
					if (result.effect === 'not_done' && i === 0) expect(firewall.banned.has(HOST)).toBe(false);
				}
				expect(firewall.effects.length).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 100 },
		);
	});
});

describe('a FortiGate over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('fgt');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no token', async () => {
		firewall = await startFortinet({ key: pair.key, cert: pair.cert });
		try {
			const { grant, request } = networkGrant('block_internal', 'lap-1');
			expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
			expect(firewall.requests).toEqual([]);
		} finally {
			await firewall.close();
		}
	});
});
