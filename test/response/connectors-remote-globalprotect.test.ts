// Ending one session at a GlobalProtect gateway that answers as its maker documents and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GlobalProtectConfig } from '../../src/domain/connector-kinds/remote-access.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createGlobalProtect } from '../../src/response/connectors/globalprotect.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { INVENTORY, NOW } from './support/plant.ts';
import { sessionGrant } from './support/session-grant.ts';
import { type GlobalProtect, GP_KEY, type GpSession, startGlobalProtect } from './vendors/globalprotect.ts';

const SECOND_NOW = NOW / 1000;
const session = (user: string, last: number, of: Partial<GpSession> = {}): GpSession => ({
	gateway: 'Plant-GW',
	user,
	domain: 'ext',
	computer: `PC-${user}`,
	virtualIp: `10.9.0.${last}`,
	publicIp: `198.51.100.${last}`,
	since: SECOND_NOW - 3600,
	...of,
});
const VENDOR = session('vmiller', 7);
const OPERATOR = session('shift-a', 8);

let gateway: GlobalProtect;
let clock = NOW;
const connect = (of: object = {}, key: string | null = GP_KEY): Connector =>
	createGlobalProtect(
		GlobalProtectConfig.parse({
			name: 'gp',
			kind: 'globalprotect',
			base_url: gateway.url,
			allow_private: true,
			timeout_ms: 300,
			auth: { type: 'api_key', secret_env: 'GP' },
			gateway: 'Plant-GW',
			assets: ['jump-1'],
			protected: { accounts: ['shift-a'] },
			...of,
		}),
		key,
		INVENTORY,
		{ now: () => clock, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const isLive = (one: GpSession): boolean =>
	gateway.live.some((held) => held.user === one.user && held.since === one.since && held.computer === one.computer);
const BY_ADDRESS = { session: '10.9.0.7', account: 'vmiller' };

describe('a GlobalProtect gateway', () => {
	beforeEach(async () => {
		clock = NOW;
		gateway = await startGlobalProtect();
		gateway.live = [VENDOR, OPERATOR];
		gateway.clock = SECOND_NOW;
	});
	afterEach(async () => await gateway.close());

	it.each([
		['its address', BY_ADDRESS],
		['the address it comes from', { session: '198.51.100.7', account: 'ext\\vmiller' }],
		['its computer', { session: 'pc-vmiller', account: 'VMiller' }],
		['its account alone', { session: 'vmiller', account: 'vmiller' }],
	])('ends the one session that a step names by %s', async (_, params) => {
		const { grant, request } = sessionGrant(params);
		const result = await connect().call(grant, request);
		expect(result).toMatchObject({ effect: 'done', detail: expect.stringContaining('lists it no more') });
		expect(gateway.ended).toEqual([VENDOR]);
		expect(gateway.live).toEqual([OPERATOR]);
	});

	it('reads back what it ended, and again after a restart', async () => {
		const connector = connect();
		const { grant, request } = sessionGrant(BY_ADDRESS);
		await connector.call(grant, request);
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done' });
		expect(await connect().readBack(grant, request)).toMatchObject({
			state: 'done',
			detail: expect.stringContaining('admin logout'),
		});
	});

	it('that was never asked is read back as not done, also after a restart', async () => {
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().readBack(grant, request)).toMatchObject({ state: 'not_done' });
		gateway.live = [];
		expect(await connect().readBack(grant, request)).toMatchObject({ state: 'unknown' });
	});

	it('ends nothing where two sessions fit, and says which', async () => {
		gateway.live.push(session('vmiller', 9, { computer: 'PC-2' }));
		const { grant, request } = sessionGrant({ session: 'vmiller', account: 'vmiller' });
		expect(await connect().call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/2 sessions fit.*10\.9\.0\.7.*10\.9\.0\.9/),
		});
		expect(gateway.ended).toEqual([]);
		// With the address it is one.
		const one = sessionGrant(BY_ADDRESS);
		expect(await connect().call(one.grant, one.request)).toMatchObject({ effect: 'done' });
		expect(gateway.ended).toEqual([VENDOR]);
	});

	it('ends nothing where it could not end the one without the other', async () => {
		gateway.live.push({ ...VENDOR, virtualIp: '10.9.0.99', since: VENDOR.since + 60 });
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('without another one'),
		});
		expect(gateway.ended).toEqual([]);
	});

	it('ends nothing of somebody else who has the address by now', async () => {
		gateway.live = [session('other', 7)];
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(gateway.ended).toEqual([]);
	});

	it('ends nothing that began after it was approved', async () => {
		gateway.live = [{ ...VENDOR, since: SECOND_NOW + 5 }];
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('another one'),
		});
		expect(gateway.ended).toEqual([]);
	});

	it.each([
		['accounts', { accounts: ['PLANT\\vmiller'] }],
		['addresses', { accounts: [], addresses: ['198.51.100.0/29'] }],
	])('leaves alone what `protected` lists by %s', async (_, list) => {
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect({ protected: list }).call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('left alone'),
		});
		expect(gateway.ended).toEqual([]);
	});

	it('takes an address without an account only where the configuration says so', async () => {
		const { grant, request } = sessionGrant({ session: '10.9.0.7' });
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(gateway.requests).toEqual([]);
		expect(await connect({ account_needed: false }).call(grant, request)).toMatchObject({ effect: 'done' });
		expect(gateway.ended).toEqual([VENDOR]);
	});

	it('says of a session that had ended by itself that it was so before, and of an unknown one that it is unknown', async () => {
		gateway.live = [OPERATOR];
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('never was'),
		});
		gateway.former = [{ ...VENDOR, until: SECOND_NOW - 60, reason: 'client logout' }];
		expect(await connect().call(grant, request)).toMatchObject({
			effect: 'done',
			detail: expect.stringMatching(/had ended before this call.*client logout/),
		});
		gateway.former = [{ ...VENDOR, until: SECOND_NOW - 3 * 86_400, reason: 'client logout' }];
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(gateway.ended).toEqual([]);
	});

	it('tells of somebody who has connected again since, and leaves that session alone', async () => {
		const back = { ...VENDOR, since: SECOND_NOW + 1 };
		const connector = connect();
		gateway.spoil = (request, proceed) => {
			const answered = proceed();
			if (request.body.includes('client-logout')) gateway.live.push(back);
			return answered;
		};
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connector.call(grant, request)).toMatchObject({
			effect: 'done',
			detail: expect.stringContaining('Connected again since'),
		});
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done' });
		expect(gateway.ended).toEqual([VENDOR]);
		expect(gateway.live).toContainEqual(back);
	});

	it('makes no call without a grant for exactly this', async () => {
		const { grant, request } = sessionGrant(BY_ADDRESS);
		const connector = connect();
		const wrong = [
			{ ...request, params: { session: '10.9.0.8', account: 'shift-a' } },
			{ ...request, target: 'plc-1', targets: ['plc-1'] },
			{ ...request, step: 'stp_other' },
			{ ...request, action: 'isolate_host' },
		];
		for (const one of wrong) expect(await connector.call(grant, one)).toMatchObject({ effect: 'not_done' });
		expect(await connect({ assets: ['ews-1'] }).call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('`assets` does not list it'),
		});
		expect(await connect({}, null).call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(gateway.requests).toEqual([]);
	});

	it('asks the active one of a pair', async () => {
		const peer = await startGlobalProtect();
		try {
			Object.assign(gateway, { ha: 'passive' });
			Object.assign(peer, { ha: 'active', live: [VENDOR], clock: SECOND_NOW });
			const { grant, request } = sessionGrant(BY_ADDRESS);
			expect(await connect({ peer_url: peer.url }).call(grant, request)).toMatchObject({ effect: 'done' });
			expect([gateway.ended, peer.ended]).toEqual([[], [VENDOR]]);
			peer.ha = 'passive';
			expect(await connect({ peer_url: peer.url }).call(grant, request)).toMatchObject({ effect: 'not_done' });
		} finally {
			await peer.close();
		}
	});

	it('is sent names as they are and never as marks', async () => {
		const odd = session('vmiller', 7, { computer: "Dan's </computer><gateway>x & y" });
		gateway.live = [odd, OPERATOR];
		const { grant, request } = sessionGrant(BY_ADDRESS);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(gateway.ended).toEqual([odd]);
	});

	it('can be tried without any effect', async () => {
		const shown = async (account: string | null, of: object = {}, key = GP_KEY) =>
			(await connect(of, key).probe?.({ account, target: 'jump-1' }))?.map(({ what, state }) => `${what} ${state}`);
		const base = ['gateway well', 'assets well', 'rights open', 'target jump-1 well'];
		expect(await shown('vmiller')).toEqual([...base, 'end_session of vmiller well']);
		expect(await shown('shift-a')).toEqual([...base, 'end_session of shift-a not']);
		expect(await shown('nobody')).toEqual([...base, 'end_session of nobody well']);
		expect(await shown(null, { assets: ['gone'] })).toEqual([
			'gateway well',
			'assets not',
			'rights open',
			'target jump-1 not',
		]);
		expect(await shown(null, {}, 'wrong')).toEqual(['gateway not']);
		expect(gateway.ended).toEqual([]);
	});

	type Spoiled = ReturnType<NonNullable<GlobalProtect['spoil']>>;
	type Proceed = Parameters<NonNullable<GlobalProtect['spoil']>>[1];
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	const when = (words: string, how: (proceed: Proceed) => Spoiled): void => {
		gateway.spoil = (request, proceed) => (decodeURIComponent(request.body).includes(words) ? how(proceed) : proceed());
	};
	const after = (proceed: Proceed, answer: Spoiled): Spoiled => {
		proceed();
		return answer;
	};
	const END = 'client-logout';
	const LIST = 'current-user';
	const FAULTS: readonly [string, () => void, string][] = [
		['busy for ever (429)', () => when('', () => raw('', 429)), 'not_done'],
		['busy for a long time', () => when('', () => raw('', 429, { 'retry-after': '3600' })), 'not_done'],
		['busy on the logout', () => when(END, () => raw('', 429)), 'not_done'],
		['500 on the list', () => when(LIST, () => raw('', 500)), 'not_done'],
		['500 on the logout', () => when(END, () => raw('', 500)), 'unknown'],
		['500 after the logout', () => when(END, (proceed) => after(proceed, raw('', 500))), 'done'],
		['time runs out before the logout', () => when(END, () => 'hang'), 'unknown'],
		['time runs out after the logout', () => when(END, (proceed) => after(proceed, 'hang')), 'done'],
		['the line breaks after the logout', () => when(END, (proceed) => after(proceed, 'drop')), 'done'],
		['an answer that is no XML', () => when(END, (proceed) => after(proceed, raw('OK'))), 'done'],
		[
			'success without effect',
			() => when(END, () => raw('<response status="success"><result/></response>')),
			'unknown',
		],
		['a list that is no list', () => when(LIST, () => raw('<response status="success"/>')), 'not_done'],
		[
			'a list that broke off',
			() =>
				when(LIST, () =>
					raw('<response status="success"><result><entry><username>vmiller', 200, { 'content-length': '900' }),
				),
			'not_done',
		],
		[
			'an entry without a login time',
			() =>
				when(LIST, () =>
					raw('<response status="success"><result><entry><username>vmiller</username></entry></result></response>'),
				),
			'not_done',
		],
		['a page for people', () => when('', () => raw('<html>login</html>')), 'not_done'],
		['a redirect', () => when('', () => raw('', 302, { location: 'http://example.org/' })), 'not_done'],
		['a key that has been revoked', () => gateway.keys.clear(), 'not_done'],
		[
			'a key that ends in the middle',
			() => when(END, () => raw("<response status='error' code='22'><msg>timed out</msg></response>")),
			'not_done',
		],
		[
			'a role without the right',
			() => {
				gateway.mayEnd = false;
			},
			'not_done',
		],
		[
			'the key in the words of an error',
			() => when(END, () => raw(`<response status="error"><msg>${GP_KEY}</msg></response>`)),
			'unknown',
		],
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
			if (result.effect === 'not_done') expect(isLive(VENDOR)).toBe(true);
			expect(result.detail).not.toContain(GP_KEY);
			gateway.spoil = null;
			gateway.keys.add(GP_KEY);
			for (const reader of [connector, connect()]) {
				const asked = await reader.readBack(grant, request);
				if (asked.state !== 'unknown') expect(asked.state).toBe(isLive(VENDOR) ? 'not_done' : 'done');
			}
		},
	);

	it('does not take a request that may be under way for one that came to nothing', async () => {
		when(END, () => 'hang');
		const connector = connect();
		const { grant, request } = sessionGrant(BY_ADDRESS);
		await connector.call(grant, request);
		gateway.spoil = null;
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'unknown' });
	});

	it('ends only what was meant, over any row of faults and repeated calls', async () => {
		const fault = fc.constantFrom('well', '429', '500', '500 after', 'drop', 'drop after', 'garbage', 'garbage after');
		await fc.assert(
			fc.asyncProperty(
				fc.array(fault, { maxLength: 20 }),
				fc.integer({ min: 1, max: 3 }),
				fc.boolean(),
				async (faults, calls, comesBack) => {
					gateway.live = [VENDOR, OPERATOR];
					gateway.former = [];
					gateway.ended.length = 0;
					const back = { ...VENDOR, since: SECOND_NOW + 1 };
					const left = [...faults];
					gateway.spoil = (request, proceed) => {
						const next = left.shift() ?? 'well';
						const happened = next === 'well' || next.endsWith('after') ? proceed() : null;
						if (comesBack && request.body.includes(END) && !isLive(VENDOR) && !isLive(back)) gateway.live.push(back);
						if (next === 'well' && happened !== null) return happened;
						if (next.startsWith('drop')) return 'drop';
						return next.startsWith('garbage') ? raw('<') : raw('', Number(next.slice(0, 3)));
					};
					const { grant, request } = sessionGrant(BY_ADDRESS);
					const connector = connect();
					for (let i = 0; i < calls; i++) {
						const result = await connector.call(grant, request);
						if (result.effect === 'done') expect(isLive(VENDOR)).toBe(false);
						if (result.effect === 'not_done' && i === 0) expect(isLive(VENDOR)).toBe(true);
					}
					expect(gateway.ended.filter((one) => one !== VENDOR)).toEqual([]);
					expect(gateway.ended.length).toBeLessThanOrEqual(1);
				},
			),
			{ numRuns: 60 },
		);
	});
});

describe('a GlobalProtect gateway over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('fw1');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no key', async () => {
		gateway = await startGlobalProtect({ key: pair.key, cert: pair.cert });
		try {
			const { grant, request } = sessionGrant(BY_ADDRESS);
			expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
			expect(gateway.requests).toEqual([]);
		} finally {
			await gateway.close();
		}
	});
});
