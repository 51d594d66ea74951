// Okta and Entra ID against stand-ins that answer as the documentation says, and are then spoiled at every point. The laws for both: the
// change happens once at most, what is said of it is true or `unknown`, what is not surely the one account is not touched, no secret shows.
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EntraIdConfig, OktaConfig } from '../../src/domain/connector-kinds/identity.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { createEntraId, createOkta } from '../../src/response/connectors/identity-connector.ts';
import type { Grant } from '../../src/safety/grant.ts';
import { openAuthority } from '../services/certificates.ts';
import { type AccountAction, accountGrant } from './support/account-grant.ts';
import { NOW } from './support/plant.ts';
import { type Entra, startEntra, throttled } from './vendors/entra-id.ts';
import { fail, type Okta, rateLimited, startOkta } from './vendors/okta.ts';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './vendors/server.ts';

const OPERATORS = { okta: '00gOPERATORS', entra: '0a0a0a0a-0000-4000-8000-00000000000a' };
const STAFF = { okta: '00gSTAFF', entra: '0b0b0b0b-0000-4000-8000-00000000000b' };

type Service = {
	readonly vendor: VendorServer & { readonly effects: string[]; now: () => number };
	readonly secret: string;
	make(of?: object, resolve?: readonly string[]): Connector;
	/** Whether the account can sign in. */
	isOpen(login: string): boolean;
	switchOff(login: string): void;
	/** 429 as the service says it, for so many seconds. */
	busy(seconds: number): VendorResponse;
};

let slept: number[] = [];
let at = NOW;
const edge = (resolve: readonly string[] = ['127.0.0.1']) => ({
	now: () => at,
	sleep: async (ms: number) => {
		slept.push(ms);
		at += ms;
	},
	resolve: async () => resolve,
});

const COMMON = {
	allow_private: true,
	timeout_ms: 400,
	netbios_domain: 'PLANT',
	actions: ['disable_account', 'enable_account', 'revoke_tokens', 'disable_vendor_account'],
};

async function okta(): Promise<Service & { vendor: Okta }> {
	const vendor = await startOkta(
		[
			{ login: 'ann@plant.example', groups: [STAFF.okta] },
			{ login: 'twin@plant.example' },
			{ login: 'twin@office.example' },
			{ login: 'op@plant.example', groups: [STAFF.okta, '00gX', OPERATORS.okta] },
			{ login: 'svc-hist@plant.example' },
			{ login: 'annette@plant.example' },
			{ login: 'locked@plant.example', status: 'LOCKED_OUT' },
			{ login: 'gone@plant.example', status: 'DEPROVISIONED' },
		],
		[OPERATORS.okta, STAFF.okta],
	);
	vendor.now = () => at;
	const secret = [...vendor.apiTokens][0]!;
	return {
		vendor,
		secret,
		make: (of = {}, resolve) =>
			createOkta(
				OktaConfig.parse({
					...COMMON,
					name: 'okta',
					kind: 'okta',
					base_url: vendor.url,
					auth: { type: 'api_token', secret_env: 'X' },
					protected: { groups: [OPERATORS.okta], accounts: ['svc-hist'] },
					...of,
				}),
				secret,
				edge(resolve),
			),
		isOpen: (login) => vendor.users.find((user) => user.login === login)?.status === 'ACTIVE',
		switchOff: (login) => {
			for (const user of vendor.users) if (user.login === login) user.status = 'SUSPENDED';
		},
		busy: (seconds) => rateLimited(seconds * 1_000, at),
	};
}

async function entra(): Promise<Service & { vendor: Entra }> {
	const vendor = await startEntra(
		[
			{ userPrincipalName: 'ann@plant.example', groups: [STAFF.entra] },
			{ userPrincipalName: 'twin@plant.example' },
			{ userPrincipalName: 'twin@office.example' },
			{ userPrincipalName: 'op@plant.example', groups: [STAFF.entra, OPERATORS.entra] },
			{ userPrincipalName: 'svc-hist@plant.example' },
			{ userPrincipalName: 'annette@plant.example' },
			{ userPrincipalName: "o'neil@plant.example" },
			{ userPrincipalName: 'boss@plant.example', isPrivileged: true },
			{ userPrincipalName: 'sync@plant.example', onPremisesSyncEnabled: true },
			{ userPrincipalName: 'bob_home.example#EXT#@plant.example', userType: 'Guest' },
		],
		[OPERATORS.entra, STAFF.entra],
	);
	vendor.now = () => at;
	const secret = vendor.clientSecret;
	return {
		vendor,
		secret,
		make: (of = {}, resolve) =>
			createEntraId(
				EntraIdConfig.parse({
					...COMMON,
					name: 'entra',
					kind: 'entra-id',
					base_url: vendor.url,
					login_url: vendor.url,
					tenant_id: vendor.tenant,
					client_id: vendor.clientId,
					auth: { type: 'client_secret', secret_env: 'X' },
					protected: { groups: [OPERATORS.entra], accounts: ['svc-hist'] },
					...of,
				}),
				secret,
				edge(resolve),
			),
		isOpen: (login) => vendor.users.find((user) => user.userPrincipalName === login)?.accountEnabled === true,
		switchOff: (login) => {
			for (const user of vendor.users) if (user.userPrincipalName === login) user.accountEnabled = false;
		},
		busy: throttled,
	};
}

const isToken = (request: VendorRequest): boolean => request.path.includes('/oauth2/');
const isChange = (request: VendorRequest): boolean => request.method !== 'GET' && !isToken(request);
const isRead = (request: VendorRequest): boolean => request.method === 'GET';
const changes = (service: Service): number => service.vendor.requests.filter(isChange).length;

type Fault =
	| 'ok'
	| '429'
	| '500'
	| '500-after'
	| 'hang'
	| 'hang-after'
	| 'drop'
	| 'drop-after'
	| 'redirect'
	| 'garbage-after'
	| '403'
	| '503';

/** What a fault answers, once the service has done its part or has not. */
function spoiled(
	fault: Fault,
	service: Service,
	request: VendorRequest,
	proceed: () => VendorResponse,
): VendorResponse | 'hang' | 'drop' {
	const plain = (status: number, body = '', headers: Record<string, string> = {}): VendorResponse => ({
		status,
		headers,
		body,
	});
	if (fault.endsWith('-after')) proceed();
	switch (fault) {
		case 'ok':
			return proceed();
		case '429':
			return service.busy(1);
		case '500':
		case '500-after':
			// Servers echo what they were sent: the secret must not come out with it.
			return plain(500, `oops ${request.headers.authorization} ${request.body}`);
		case '503':
			return plain(503, '', { 'retry-after': '1' });
		case 'hang':
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
			return plain(403, '{"errorCode":"E0000006","errorSummary":"You do not have permission"}');
	}
}

/** Spoils requests of one kind, in their order; afterwards all is well. */
function spoil(service: Service, which: (request: VendorRequest) => boolean, faults: readonly Fault[]): void {
	const left = [...faults];
	service.vendor.spoil = (request, proceed) =>
		which(request) ? spoiled(left.shift() ?? 'ok', service, request, proceed) : proceed();
}

describe.each([
	['Okta', okta],
	['Entra ID', entra],
] as const)('%s', (title, start) => {
	let service: Service;
	beforeEach(async () => {
		[slept, at] = [[], NOW];
		service = await start();
	});
	afterEach(async () => await service.vendor.close());

	const run = async (action: AccountAction, account = 'ann@plant.example', connector = service.make()) => {
		const { grant, request } = accountGrant(action, account);
		const result = await connector.call(grant, request);
		const after = await connector.readBack(grant, request);
		const all = JSON.stringify([result, after]);
		expect(all).not.toContain(service.secret);
		expect(all).not.toContain(encodeURIComponent(service.secret));
		expect(all).not.toMatch(/eyJ/);
		return { ...result, state: after.state, said: after.detail };
	};

	it('switches an account off, shows it, and gives it back', async () => {
		expect(await run('disable_account')).toMatchObject({ effect: 'done', tries: 1, state: 'done' });
		expect(service.isOpen('ann@plant.example')).toBe(false);
		expect(await run('enable_account')).toMatchObject({ effect: 'done', state: 'done' });
		expect(service.isOpen('ann@plant.example')).toBe(true);
		expect(service.vendor.effects).toHaveLength(2);
	});

	it('is the same for the account of a vendor', async () => {
		expect(await run('disable_vendor_account')).toMatchObject({ effect: 'done' });
		expect(service.isOpen('ann@plant.example')).toBe(false);
	});

	it('ends sessions, once, and finds it again in what the service shows', async () => {
		at += 5_000;
		expect(await run('revoke_tokens')).toMatchObject({ effect: 'done', state: 'done' });
		expect(service.vendor.effects).toHaveLength(1);
	});

	it('does not take what was ended before the step for its own doing', async () => {
		at -= 60_000;
		const connector = service.make();
		await run('revoke_tokens', 'ann@plant.example', connector);
		at = NOW + 1_000;
		const { grant, request } = accountGrant('revoke_tokens', 'ann@plant.example');
		expect((await connector.readBack(grant, request)).state).toBe('unknown');
	});

	it.each(['ann@plant.example', 'ANN@Plant.Example', 'PLANT\\ann', 'ann'])(
		'finds the one account that `%s` means',
		async (name) => {
			expect(await run('disable_account', name)).toMatchObject({ effect: 'done' });
			expect(service.isOpen('ann@plant.example')).toBe(false);
			expect(service.isOpen('annette@plant.example')).toBe(true);
		},
	);

	it('finds a short name by the suffix of the configuration', async () => {
		expect(await run('disable_account', 'twin', service.make({ login_suffix: 'office.example' }))).toMatchObject({
			effect: 'done',
		});
		expect(service.isOpen('twin@office.example')).toBe(false);
		expect(service.isOpen('twin@plant.example')).toBe(true);
	});

	it.each([
		['twin', /more than one user/],
		['nobody@plant.example', /no user/],
		['nobody', /no user/],
		['OFFICE\\ann', /of the domain `office`/],
		['ann" or "a', /no plain account name/],
		["ann' or 'a' eq 'a", /no plain account name/],
		['*', /no plain account name/],
		['op@plant.example', /protected group/],
		['op', /protected group/],
		['svc-hist@plant.example', /under `protected`/],
	])('leaves `%s` alone and says why', async (name, why) => {
		for (const action of ['disable_account', 'revoke_tokens'] as const)
			expect(await run(action, name)).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(why) });
		expect(changes(service)).toBe(0);
	});

	it('sees on the second page that a name fits two', async () => {
		// One user a page.
		Object.assign(service.vendor, { pageSize: 1 });
		expect(await run('disable_account', 'twin')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/more than one/),
		});
		expect(await run('disable_account', 'op')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/protected group/),
		});
		expect(await run('disable_account', 'ann')).toMatchObject({ effect: 'done' });
	});

	it('takes no page from another host, and shows it no token', async () => {
		const elsewhere = await startVendor(() => ({ status: 200, headers: {}, body: '[]' }));
		service.vendor.spoil = (request, proceed) => {
			const answered = proceed();
			if (!/\/users$/.test(request.path)) return answered;
			const next = `${elsewhere.url}/api/v1/users?after=1`;
			const body =
				title === 'Okta' ? answered.body : JSON.stringify({ ...JSON.parse(answered.body), '@odata.nextLink': next });
			return { ...answered, headers: { ...answered.headers, link: `<${next}>; rel="next"` }, body };
		};
		expect(await run('disable_account')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/another host/),
		});
		expect(elsewhere.requests).toEqual([]);
		await elsewhere.close();
	});

	it('does nothing at all where a protected group of the configuration is not there', async () => {
		const groups = [title === 'Okta' ? '00gOPERATROS' : '0c0c0c0c-0000-4000-8000-00000000000c'];
		const connector = service.make({ protected: { groups, accounts: [] } });
		expect(await run('disable_account', 'ann', connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/protected group .* is not in/),
		});
		expect(changes(service)).toBe(0);
	});

	it('changes nothing where the account is off already', async () => {
		service.switchOff('ann@plant.example');
		expect(await run('disable_account')).toMatchObject({ effect: 'done', state: 'done' });
		expect(service.vendor.effects).toEqual([]);
	});

	it.each<[Fault, string, number]>([
		['429', 'done', 1],
		['503', 'done', 1],
		['500', 'done', 1],
		['500-after', 'done', 1],
		['hang', 'done', 1],
		['hang-after', 'done', 1],
		['drop', 'done', 1],
		['drop-after', 'done', 1],
		['garbage-after', 'done', 1],
		['403', 'not_done', 0],
	])('on one %s at the change says %s, with %d effect', async (fault, effect, effects) => {
		spoil(service, isChange, [fault]);
		expect((await run('disable_account')).effect).toBe(effect);
		expect(service.vendor.effects).toHaveLength(effects);
		expect(service.isOpen('ann@plant.example')).toBe(effects === 0);
	});

	it.each<[Fault, string, number]>([
		['500', 'unknown', 0],
		['500-after', 'unknown', 1],
		['hang-after', 'unknown', 1],
		['drop-after', 'unknown', 1],
		['redirect', 'unknown', 0],
		['429', 'done', 1],
	])('does not end sessions twice: one %s says %s, with %d effect', async (fault, effect, effects) => {
		at += 5_000;
		spoil(service, isChange, [fault]);
		const { effect: said, state } = await run('revoke_tokens');
		expect(said).toBe(effect);
		expect(service.vendor.effects).toHaveLength(effects);
		// What broke off is found out by asking, and what did not happen is never called done.
		expect(state).toBe(effects === 1 ? 'done' : 'unknown');
	});

	it('stays in doubt where nothing but doubt comes', async () => {
		spoil(service, isChange, ['drop', 'drop', 'drop']);
		expect(await run('disable_account')).toMatchObject({
			effect: 'unknown',
			tries: 3,
			state: title === 'Okta' ? 'not_done' : 'unknown',
		});
		spoil(service, isChange, ['redirect', 'redirect', 'redirect']);
		expect((await run('disable_account')).effect).toBe('unknown');
		expect(service.vendor.effects).toEqual([]);
	});

	it('waits as long as the service says, and not for ever', async () => {
		const sent: VendorResponse[] = [service.busy(4)];
		service.vendor.spoil = (request, proceed) => (isChange(request) ? (sent.pop() ?? proceed()) : proceed());
		expect((await run('disable_account')).effect).toBe('done');
		expect(Math.max(...slept)).toBeGreaterThanOrEqual(3_000);
		slept = [];
		service.vendor.spoil = (request, proceed) => (isChange(request) ? service.busy(3_600) : proceed());
		expect(await run('enable_account')).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/429/) });
		expect(slept).toEqual([]);
	});

	it.each<[Fault, string]>([
		['429', 'done'],
		['500', 'done'],
		['drop', 'done'],
		['hang', 'done'],
		['redirect', 'not_done'],
		['garbage-after', 'not_done'],
		['403', 'not_done'],
	])('on one %s while it looks says %s', async (fault, effect) => {
		spoil(service, isRead, [fault]);
		const result = await run('disable_account');
		expect(result.effect).toBe(effect);
		expect(service.vendor.effects).toHaveLength(effect === 'done' ? 1 : 0);
	});

	it('takes a wrong secret for an answer', async () => {
		if ('apiTokens' in service.vendor) (service.vendor as Okta).apiTokens.clear();
		else (service.vendor as Entra).clientSecret = 'another';
		const result = await run('disable_account');
		expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/E0000011|AADSTS7000215/) });
		expect(changes(service)).toBe(0);
	});

	it.each<[string, object, readonly string[], RegExp]>([
		['a private address', { allow_private: false }, ['127.0.0.1'], /allow_private/],
		['a metadata address', {}, ['127.0.0.1', '169.254.169.254'], /metadata/],
	])('sends nothing to %s', async (_name, of, resolve, why) => {
		const url = service.vendor.url.replace('127.0.0.1', 'localhost');
		const connector = service.make({ base_url: url, ...(title === 'Okta' ? {} : { login_url: url }), ...of }, resolve);
		expect(await run('disable_account', 'ann@plant.example', connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(why),
		});
		expect(service.vendor.requests).toEqual([]);
	});

	it('trusts no certificate that nobody vouches for', async () => {
		const authority = openAuthority();
		const { key, cert } = authority.issue('vendor');
		const secure = await startVendor(() => ({ status: 200, headers: {}, body: '{}' }), { key, cert });
		const connector = service.make({ base_url: secure.url, ...(title === 'Okta' ? {} : { login_url: secure.url }) });
		expect(await run('disable_account', 'ann', connector)).toMatchObject({
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
			'one for another account',
			({ grant, request }) => ({ grant, request: { ...request, params: { account: 'twin@plant.example' } } }),
		],
		['one for another action', ({ grant, request }) => ({ grant, request: { ...request, action: 'revoke_tokens' } })],
		['one for another step', ({ grant, request }) => ({ grant, request: { ...request, step: 'stp_other' } })],
	])('sends nothing on a grant that is %s', async (_name, forge) => {
		const { grant, request } = forge(accountGrant('disable_account', 'ann@plant.example'));
		const connector = service.make();
		// A forger has no value of the type: that is the point.
		expect(await connector.call(grant as Grant, request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect((await connector.readBack(grant as Grant, request)).state).toBe('unknown');
		expect(service.vendor.requests).toEqual([]);
	});

	it('does only the actions of its configuration', async () => {
		const connector = service.make({ actions: ['revoke_tokens'] });
		expect(await run('disable_account', 'ann', connector)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect(service.vendor.requests).toEqual([]);
	});

	it('leaves a service alone that keeps failing', async () => {
		const connector = service.make();
		service.vendor.spoil = () => ({ status: 500, headers: {}, body: '' });
		for (let i = 0; i < 5; i++) await run('disable_account', 'ann', connector);
		service.vendor.requests.length = 0;
		const { grant, request } = accountGrant('disable_account', 'ann');
		expect(await connector.call(grant, request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect(service.vendor.requests).toEqual([]);
	});

	it('whatever breaks in whatever order, the change happens once at most and what is said of it is true', async () => {
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
				fc.constantFrom<AccountAction>('disable_account', 'revoke_tokens'),
				async (atChange, atRead, action) => {
					at = NOW;
					service.vendor.effects.length = 0;
					service.vendor.spoil = null;
					await run('enable_account');
					service.vendor.effects.length = 0;
					const [left, reads] = [[...atChange], [...atRead]];
					service.vendor.spoil = (request, proceed) =>
						spoiled((isChange(request) ? left : reads).shift() ?? 'ok', service, request, proceed);
					at = NOW;
					const { grant, request } = accountGrant(action, 'ann@plant.example');
					const { effect } = await service.make().call(grant, request);
					expect(service.vendor.effects.length).toBeLessThanOrEqual(1);
					if (effect === 'done') expect(service.vendor.effects).toHaveLength(1);
					if (effect === 'not_done') expect(service.vendor.effects).toEqual([]);
				},
			),
			{ numRuns: 40 },
		);
	});
});

describe('Okta, what is its own', () => {
	let service: Awaited<ReturnType<typeof okta>>;
	beforeEach(async () => {
		[slept, at] = [[], NOW];
		service = await okta();
	});
	afterEach(async () => await service.vendor.close());
	const call = async (action: AccountAction, account: string, connector = service.make()) => {
		const { grant, request } = accountGrant(action, account);
		return await connector.call(grant, request);
	};

	it('suspends only active users, and gives only suspended ones back', async () => {
		expect(await call('disable_account', 'locked')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/LOCKED_OUT/),
		});
		expect(await call('disable_account', 'gone')).toMatchObject({
			effect: 'done',
			detail: expect.stringMatching(/DEPROVISIONED/),
		});
		expect(await call('enable_account', 'gone')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/DEPROVISIONED/),
		});
		expect(service.vendor.effects).toEqual([]);
	});

	it('looks again where somebody suspended the user in the same moment (E0000001)', async () => {
		service.vendor.spoil = (request, proceed) => {
			if (isChange(request)) service.switchOff('ann@plant.example');
			return proceed();
		};
		expect(await call('disable_account', 'ann')).toMatchObject({ effect: 'done', tries: 2 });
		expect(service.vendor.effects).toEqual([]);
	});

	it('ends sessions and OAuth tokens both', async () => {
		await call('revoke_tokens', 'ann');
		expect(service.vendor.users[0]).toMatchObject({ sessions: 0, tokens: 0, status: 'ACTIVE' });
	});

	it('does not take sessions that an administrator ended, without the tokens, for its own doing', async () => {
		at += 5_000;
		service.vendor.log.push({
			eventType: 'user.session.clear',
			published: at,
			target: '00u0001',
			result: 'SUCCESS',
			url: '/admin/user/clear_sessions/00u0001?',
		});
		const { grant, request } = accountGrant('revoke_tokens', 'ann@plant.example');
		expect((await service.make().readBack(grant, request)).state).toBe('unknown');
	});

	it('reads as many groups as there are, in pages that fit, and gives up where there are too many', async () => {
		const groups = (count: number): string[] => Array.from({ length: count }, (_, at) => `00g${at}`);
		const ann = service.vendor.users[0]!;
		ann.groups.splice(0, ann.groups.length, ...groups(130), OPERATORS.okta);
		expect(await call('disable_account', 'ann')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/protected group/),
		});
		ann.groups.splice(0, ann.groups.length, ...groups(130));
		expect(await call('disable_account', 'ann')).toMatchObject({ effect: 'done' });
		expect(await call('enable_account', 'ann')).toMatchObject({ effect: 'done' });
		ann.groups.splice(0, ann.groups.length, ...groups(600));
		expect(await call('disable_account', 'ann')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/more than 20 pages/),
		});
	});

	it('says what the token may not do', async () => {
		service.vendor.forbidden.add('lifecycle');
		expect(await call('disable_account', 'ann')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/403.*E0000006/),
		});
	});

	it('believes no answer that is about another user', async () => {
		service.vendor.spoil = (request, proceed) => {
			const answered = proceed();
			return isRead(request) && /\/users\/00u0001$/.test(request.path)
				? { ...answered, body: answered.body.replace('00u0001', '00u0002') }
				: answered;
		};
		expect((await call('disable_account', 'ann')).effect).toBe('not_done');
		expect(service.vendor.effects).toEqual([]);
	});

	describe('as a service app', () => {
		const { publicKey, privateKey } = generateKeyPairSync('rsa', {
			modulusLength: 2048,
			publicKeyEncoding: { type: 'spki', format: 'pem' },
			privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
		});
		const scopes = [
			'okta.users.read',
			'okta.users.manage',
			'okta.sessions.manage',
			'okta.groups.read',
			'okta.logs.read',
		];
		const app = (secret = privateKey): Connector =>
			createOkta(
				OktaConfig.parse({
					...COMMON,
					name: 'okta',
					kind: 'okta',
					base_url: service.vendor.url,
					auth: { type: 'private_key', client_id: '0oaINTERLOCK', secret_env: 'X' },
					protected: { groups: [OPERATORS.okta], accounts: [] },
				}),
				secret,
				edge(),
			);
		beforeEach(() => {
			service.vendor.app = { clientId: '0oaINTERLOCK', publicKey, scopes };
			service.vendor.apiTokens.clear();
		});

		it('asks for one token, keeps it, and renews it when it ends', async () => {
			const connector = app();
			expect((await call('disable_account', 'ann', connector)).effect).toBe('done');
			expect((await call('enable_account', 'ann', connector)).effect).toBe('done');
			expect(service.vendor.requests.filter(isToken)).toHaveLength(1);
			// Taken back by an administrator in the middle of a call.
			service.vendor.spoil = (request, proceed) => {
				if (
					isChange(request) &&
					service.vendor.effects.length === 2 &&
					service.vendor.requests.filter(isToken).length === 1
				)
					service.vendor.accessTokens.clear();
				return proceed();
			};
			expect((await call('disable_account', 'ann', connector)).effect).toBe('done');
			expect(service.vendor.requests.filter(isToken)).toHaveLength(2);
			expect(service.vendor.effects).toHaveLength(3);
		});

		it('says which scope the app was not given', async () => {
			service.vendor.app = { clientId: '0oaINTERLOCK', publicKey, scopes: scopes.slice(1) };
			expect(await call('disable_account', 'ann', app())).toMatchObject({
				effect: 'not_done',
				detail: expect.stringMatching(/okta\.users\.read/),
			});
		});

		it('does not show a key that is none', async () => {
			const result = await call('disable_account', 'ann', app('-----BEGIN PRIVATE KEY-----\nnot a key'));
			expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/no private key in PEM form/) });
		});
	});
});

describe('Entra ID, what is its own', () => {
	let service: Awaited<ReturnType<typeof entra>>;
	beforeEach(async () => {
		[slept, at] = [[], NOW];
		service = await entra();
	});
	afterEach(async () => await service.vendor.close());
	const call = async (action: AccountAction, account: string, connector = service.make()) => {
		const { grant, request } = accountGrant(action, account);
		return await connector.call(grant, request);
	};

	it('says what may stand behind a refusal for an administrator', async () => {
		expect(await call('disable_account', 'boss')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/Authorization_RequestDenied.*administrator role/),
		});
	});

	it('says that Active Directory may overwrite it', async () => {
		expect((await call('disable_account', 'sync')).detail).toMatch(/synchronised from Active Directory/);
	});

	it('does not end sessions of a guest, which it cannot', async () => {
		const account = 'bob_home.example#EXT#@plant.example';
		expect(await call('revoke_tokens', account)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/home tenant/),
		});
		expect(await call('disable_account', account)).toMatchObject({ effect: 'done' });
	});

	it('finds a name with a quote in it', async () => {
		expect(await call('disable_account', "o'neil@plant.example")).toMatchObject({ effect: 'done' });
	});

	it('believes its yes and not a copy that lags: no read-back says that it did not happen', async () => {
		const connector = service.make();
		expect((await call('disable_account', 'ann', connector)).effect).toBe('done');
		service.vendor.staleReads = 3;
		const { grant, request } = accountGrant('disable_account', 'ann');
		expect((await connector.readBack(grant, request)).state).toBe('unknown');
		// And what a lagging copy calls enabled is enabled all the same.
		service.vendor.staleReads = 3;
		expect((await call('enable_account', 'ann', connector)).effect).toBe('done');
		expect(service.isOpen('ann@plant.example')).toBe(true);
	});

	it('renews a token that ends in the middle of a call, once', async () => {
		const connector = service.make();
		service.vendor.spoil = (request, proceed) => {
			if (isChange(request) && service.vendor.requests.filter(isToken).length === 1) service.vendor.tokens.clear();
			return proceed();
		};
		expect((await call('disable_account', 'ann', connector)).effect).toBe('done');
		expect(service.vendor.requests.filter(isToken)).toHaveLength(2);
		expect(service.vendor.effects).toHaveLength(1);
	});

	it('asks for a token as often as it takes, and says why there is none', async () => {
		spoil(service, isToken, ['500', 'drop']);
		expect((await call('disable_account', 'ann')).effect).toBe('done');
		spoil(service, isToken, ['garbage-after']);
		expect((await call('disable_account', 'ann', service.make())).effect).toBe('not_done');
	});
});

describe('the error body of Okta', () => {
	it('is what the documentation shows', () => {
		expect(JSON.parse(fail(401, 'E0000011', 'Invalid token provided').body)).toMatchObject({
			errorCode: 'E0000011',
			errorLink: 'E0000011',
			errorCauses: [],
		});
	});
});
