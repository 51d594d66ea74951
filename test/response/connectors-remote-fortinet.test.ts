// Ending one SSL VPN session at a FortiGate that answers as its maker documents and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FortinetVpnConfig } from '../../src/domain/connector-kinds/remote-access.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createFortinetVpn } from '../../src/response/connectors/fortinet-vpn.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { INVENTORY, NOW } from './support/plant.ts';
import { sessionGrant } from './support/session-grant.ts';
import { type FortinetVpn, startFortinetVpn, VPN_TOKEN, type VpnLogin } from './vendors/fortinet-vpn.ts';

const SECOND_NOW = NOW / 1000;
const login = (user: string, index: number, of: Partial<VpnLogin> = {}): VpnLogin => ({
	index,
	user_name: user,
	remote_host: `198.51.100.${index}`,
	last_login_time: 'Wed Jun 10 02:00:00 2026',
	last_login_timestamp: SECOND_NOW - 3600,
	subsessions: [{ index, aip: `10.9.0.${index}` }],
	...of,
});
const VENDOR = login('vmiller', 7);
const OPERATOR = login('shift-a', 8);

let gateway: FortinetVpn;
const connect = (of: object = {}, token: string | null = VPN_TOKEN): Connector =>
	createFortinetVpn(
		FortinetVpnConfig.parse({
			name: 'fgt-vpn',
			kind: 'fortinet-vpn',
			base_url: gateway.url,
			allow_private: true,
			timeout_ms: 300,
			auth: { type: 'token', secret_env: 'FGT' },
			assets: ['jump-1'],
			protected: { accounts: ['shift-a'] },
			...of,
		}),
		token,
		INVENTORY,
		{ now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const isLive = (one: VpnLogin): boolean =>
	gateway.live.some(
		(held) => held.user_name === one.user_name && held.last_login_timestamp === one.last_login_timestamp,
	);
const BY_ADDRESS = { session: '10.9.0.7', account: 'vmiller' };

describe('the SSL VPN of a FortiGate', () => {
	beforeEach(async () => {
		gateway = await startFortinetVpn();
		gateway.live = [VENDOR, OPERATOR];
	});
	afterEach(async () => await gateway.close());

	it.each([
		['its address', BY_ADDRESS, false],
		['the address it comes from', { session: '198.51.100.7', account: 'vmiller' }, true],
		['its number, together with the account', { session: '7', account: 'vmiller' }, false],
		['its account alone', { session: 'vmiller', account: 'vmiller' }, true],
	])('ends the one session that a step names by %s, tunnel and login', async (_, params, goesWithTunnel) => {
		gateway.goesWithTunnel = goesWithTunnel;
		const connector = connect();
		const { grant, request } = sessionGrant(params);
		expect(await connector.call(grant, request)).toMatchObject({
			effect: 'done',
			detail: expect.stringContaining('lists it no more'),
		});
		expect([gateway.ended, gateway.tunnels, gateway.live]).toEqual([['vmiller'], ['10.9.0.7'], [OPERATOR]]);
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done' });
		// FortiOS keeps no list of who was there: after a restart nobody can say.
		expect(await connect().readBack(grant, request)).toMatchObject({ state: 'unknown' });
	});

	it('takes a number for nobody without the account, whatever the configuration says', async () => {
		const { grant, request } = sessionGrant({ session: '7' });
		for (const account_needed of [true, false])
			expect(await connect({ account_needed }).call(grant, request)).toMatchObject({ effect: 'not_done' });
		const operators = sessionGrant({ session: '8', account: 'vmiller' });
		expect(await connect().call(operators.grant, operators.request)).toMatchObject({ effect: 'not_done' });
		expect([gateway.ended, gateway.tunnels]).toEqual([[], []]);
	});

	it('ends nothing where two fit, where it is protected, where it is later, and where nobody knows since when it is', async () => {
		const { grant, request } = sessionGrant({ session: 'vmiller', account: 'vmiller' });
		const { last_login_timestamp: _, ...undated } = VENDOR;
		const cases: [readonly VpnLogin[], object, RegExp][] = [
			[[VENDOR, login('vmiller', 9)], {}, /2 sessions fit/],
			[[VENDOR], { protected: { accounts: ['vmiller'] } }, /left alone/],
			[[VENDOR], { protected: { accounts: [], addresses: ['10.9.0.0/24'] } }, /left alone/],
			[[{ ...VENDOR, last_login_timestamp: SECOND_NOW + 5 }], {}, /another one/],
			[[undated], {}, /does not say when/],
			[[OPERATOR], {}, /never was/],
		];
		for (const [live, of, words] of cases) {
			gateway.live = [...live];
			expect(await connect(of).call(grant, request)).toMatchObject({
				effect: 'not_done',
				detail: expect.stringMatching(words),
			});
		}
		expect([gateway.ended, gateway.tunnels]).toEqual([[], []]);
	});

	it('does not end whoever got the number between two looks', async () => {
		const next = login('shift-b', 7, { last_login_timestamp: SECOND_NOW + 1 });
		let looks = 0;
		gateway.spoil = (request, proceed) => {
			if (request.method === 'GET' && ++looks === 2) gateway.live = [next, OPERATOR];
			return proceed();
		};
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect([gateway.ended, gateway.tunnels]).toEqual([[], []]);
		expect(gateway.live).toEqual([next, OPERATOR]);
	});

	it('does not end the login of whoever got the number when the tunnel went', async () => {
		const next = login('shift-b', 7, { last_login_timestamp: SECOND_NOW + 1 });
		gateway.goesWithTunnel = true;
		gateway.spoil = (request, proceed) => {
			const answered = proceed();
			if (request.method === 'POST' && !isLive(next)) gateway.live.push(next);
			return answered;
		};
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(gateway.ended).toEqual(['vmiller']);
		expect(isLive(next)).toBe(true);
	});

	it('makes no call without a grant for exactly this', async () => {
		const { grant, request } = sessionGrant(BY_ADDRESS);
		const connector = connect();
		for (const one of [
			{ ...request, params: { session: '10.9.0.8', account: 'shift-a' } },
			{ ...request, target: 'plc-1', targets: ['plc-1'] },
			{ ...request, action: 'disable_remote_access' },
		])
			expect(await connector.call(grant, one)).toMatchObject({ effect: 'not_done' });
		expect(await connect({ assets: ['ews-1'] }).call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(gateway.requests).toEqual([]);
	});

	it('can be tried without any effect', async () => {
		const found = await connect().probe?.({ account: 'vmiller', target: 'jump-1' });
		expect(found?.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'gateway well',
			'assets well',
			'rights open',
			'target jump-1 well',
			'end_session of vmiller well',
		]);
		expect(await connect({}, 'wrong').probe?.({ account: null, target: null })).toMatchObject([{ state: 'not' }]);
		expect([gateway.ended, gateway.tunnels]).toEqual([[], []]);
	});

	type Spoiled = ReturnType<NonNullable<FortinetVpn['spoil']>>;
	type Proceed = Parameters<NonNullable<FortinetVpn['spoil']>>[1];
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	const on = (method: string, how: (proceed: Proceed) => Spoiled): void => {
		gateway.spoil = (request, proceed) => (request.method === method ? how(proceed) : proceed());
	};
	const after = (proceed: Proceed, answer: Spoiled): Spoiled => {
		proceed();
		return answer;
	};
	const FAULTS: readonly [string, () => void, string][] = [
		['busy on the list (429)', () => on('GET', () => raw('', 429)), 'not_done'],
		['busy on the request (429)', () => on('POST', () => raw('', 429)), 'not_done'],
		['500 on the list', () => on('GET', () => raw('', 500)), 'not_done'],
		['500 on the request', () => on('POST', () => raw('', 500)), 'unknown'],
		['500 after the effect', () => on('POST', (proceed) => after(proceed, raw('', 500))), 'unknown'],
		[
			'500 after the effect, and the login goes with the tunnel',
			() => {
				gateway.goesWithTunnel = true;
				on('POST', (proceed) => after(proceed, raw('', 500)));
			},
			'done',
		],
		[
			'time runs out after the effect',
			() => {
				gateway.goesWithTunnel = true;
				on('POST', (proceed) => after(proceed, 'hang'));
			},
			'done',
		],
		['the line breaks before the effect', () => on('POST', () => 'drop'), 'unknown'],
		['an answer that is no JSON', () => on('POST', () => raw('OK')), 'unknown'],
		['success without effect', () => on('POST', () => raw('{"status":"success"}')), 'unknown'],
		['an error with status 200', () => on('POST', () => raw('{"status":"error"}')), 'unknown'],
		[
			'a list that breaks off',
			() => on('GET', () => raw('{"status":"succ', 200, { 'content-length': '900' })),
			'not_done',
		],
		[
			'a list with a login that cannot be read',
			() => on('GET', () => raw('{"status":"success","results":[{}]}')),
			'not_done',
		],
		['another virtual domain', () => on('GET', () => raw('{"status":"success","vdom":"ot","results":[]}')), 'not_done'],
		['a page for people', () => on('GET', () => raw('<html>login</html>')), 'not_done'],
		['a redirect', () => on('GET', () => raw('', 302, { location: 'http://example.org/' })), 'not_done'],
		['a token that has been revoked', () => gateway.tokens.clear(), 'not_done'],
		['a token that ends in the middle', () => on('POST', () => raw('', 401)), 'not_done'],
		[
			'a profile that may only read',
			() => {
				gateway.mayEnd = false;
			},
			'not_done',
		],
		['the token in the words of an error', () => on('POST', () => raw(`{"status":"${VPN_TOKEN}"}`)), 'unknown'],
	];

	it.each(FAULTS)(
		'with a fault (%s) ends at most once, and what is reported is true or unknown',
		async (_, spoil, effect) => {
			spoil();
			const connector = connect();
			const { grant, request } = sessionGrant(BY_ADDRESS);
			const result = await connector.call(grant, request);
			expect(result.effect).toBe(effect);
			expect(gateway.ended.length).toBeLessThanOrEqual(1);
			expect(isLive(OPERATOR)).toBe(true);
			if (result.effect === 'done') expect(isLive(VENDOR)).toBe(false);
			if (result.effect === 'not_done') expect([isLive(VENDOR), gateway.tunnels]).toEqual([true, []]);
			expect(result.detail).not.toContain(VPN_TOKEN);
			gateway.spoil = null;
			gateway.tokens.add(VPN_TOKEN);
			for (const reader of [connector, connect()]) {
				const asked = await reader.readBack(grant, request);
				if (asked.state !== 'unknown') expect(asked.state).toBe(isLive(VENDOR) ? 'not_done' : 'done');
			}
		},
	);

	it('says that it stays open where a part was ended and the rest was refused', async () => {
		let posts = 0;
		on('POST', (proceed) => (++posts === 1 ? proceed() : raw('{"status":"error"}', 403)));
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'unknown' });
		expect([gateway.tunnels, gateway.ended]).toEqual([['10.9.0.7'], []]);
	});

	it('ends only what was meant, over any row of faults, and while numbers go to others', async () => {
		const fault = fc.constantFrom('well', '429', '500', '500 after', 'drop', 'drop after', 'garbage', 'garbage after');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 20 }), fc.boolean(), fc.boolean(), async (faults, reuse, goes) => {
				gateway.live = [VENDOR, OPERATOR];
				gateway.ended.length = 0;
				gateway.goesWithTunnel = goes;
				const next = login('shift-b', 7, { last_login_timestamp: SECOND_NOW + 1, subsessions: [] });
				const left = [...faults];
				gateway.spoil = (_, proceed) => {
					const kind = left.shift() ?? 'well';
					const happened = kind === 'well' || kind.endsWith('after') ? proceed() : null;
					if (reuse && !isLive(VENDOR) && !isLive(next)) gateway.live.push(next);
					if (kind === 'well' && happened !== null) return happened;
					if (kind.startsWith('drop')) return 'drop';
					return kind.startsWith('garbage') ? raw('<') : raw('', Number(kind.slice(0, 3)));
				};
				const { grant, request } = sessionGrant(BY_ADDRESS);
				const result = await connect().call(grant, request);
				if (result.effect === 'done') expect(isLive(VENDOR)).toBe(false);
				if (result.effect === 'not_done') expect(isLive(VENDOR)).toBe(true);
				expect(gateway.ended.filter((name) => name !== 'vmiller')).toEqual([]);
				expect(gateway.ended.length).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 60 },
		);
	});
});

describe('the SSL VPN of a FortiGate over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('fgt');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no token', async () => {
		gateway = await startFortinetVpn({ key: pair.key, cert: pair.cert });
		try {
			const { grant, request } = sessionGrant(BY_ADDRESS);
			expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
			expect(gateway.requests).toEqual([]);
		} finally {
			await gateway.close();
		}
	});
});
