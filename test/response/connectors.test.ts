import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenericHttpConfig } from '../../src/domain/connector.ts';
import { bindResolve, checkHost, refuseAddress } from '../../src/response/connectors/address-guard.ts';
import { createBreaker, FAILURES_MAX, OPEN_MS } from '../../src/response/connectors/breaker.ts';
import { bodyFor, urlFor } from '../../src/response/connectors/call-template.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { connectorsByAction } from '../../src/response/connectors/index.ts';
import { permit } from '../../src/response/gate.ts';
import { planFor } from '../../src/response/plan.ts';
import type { Grant } from '../../src/safety/grant.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './support/plant.ts';
import { startTarget, type Target } from './support/target.ts';

describe('the address guard', () => {
	it.each([
		'169.254.169.254',
		'::ffff:169.254.169.254',
		'::ffff:a9fe:a9fe',
		'64:ff9b::a9fe:a9fe',
		'2002:a9fe:a9fe::',
		'fe80::1',
		'fe80::1%eth0',
		'fd00:ec2::254',
		'168.63.129.16',
		'100.100.100.200',
		'0.0.0.0',
		'::',
		'224.0.0.1',
		'255.255.255.255',
		'ff02::1',
		'example.org',
		'',
		'1.2.3',
	])('refuses %s whatever the configuration says', (address) => {
		expect(refuseAddress(address, true)).not.toBeNull();
		expect(refuseAddress(address, false)).not.toBeNull();
	});

	it.each([
		'10.0.0.1',
		'172.16.5.4',
		'192.168.1.1',
		'127.0.0.1',
		'100.64.0.1',
		'::1',
		'fd12::1',
		'::ffff:10.0.0.1',
		'::ffff:7f00:1',
		'::127.0.0.1',
	])('takes %s only where private addresses are allowed', (address) => {
		expect(refuseAddress(address, false)).not.toBeNull();
		expect(refuseAddress(address, true)).toBeNull();
	});

	it.each(['1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])('takes %s', (address) =>
		expect(refuseAddress(address, false)).toBeNull(),
	);

	it.each([
		'http://0x7f.1/',
		'http://2130706433/',
		'http://0177.0.0.1/',
		'http://127.1/',
		'http://[::ffff:127.0.0.1]/',
		'http://①②⑦.0.0.1/',
	])('sees through the spelling %s', async (url) => {
		const checked = await checkHost(new URL(url).hostname, 80, false, async () => ['8.8.8.8']);
		expect(checked.ok).toBe(false);
	});

	it('refuses a name of which one address is forbidden', async () => {
		const look = (...addresses: string[]) =>
			checkHost(
				'edr.example',
				443,
				false,
				bindResolve(
					async () => addresses,
					[{ host: 'edr.example', port: 443 }],
					() => null,
				),
			);
		expect(await look('8.8.8.8', '10.0.0.1')).toMatchObject({ ok: false, kind: 'refused' });
		expect(await look('8.8.8.8', '8.8.4.4')).toEqual({ ok: true, address: '8.8.8.8' });
		expect(await look()).toMatchObject({ ok: false, kind: 'unresolved' });
	});
});

describe('filling a call', () => {
	it.each([
		'../admin',
		'a/b',
		'..',
		'.',
		'a%2fb',
		'a?x=1',
		'a#b',
		'a b',
		'',
		'a\\b',
		'a\nb',
		'%2e%2e',
		'é',
		'x'.repeat(201),
	])('refuses %j in a path', (value) => {
		expect(urlFor('https://edr.example/api', '/hosts/{target}/isolate', { target: value }).ok).toBe(false);
	});

	it('keeps to the base URL', () => {
		const url = (path: string) => {
			const made = urlFor('https://edr.example/api', path, { target: 'lap-1' });
			return made.ok ? made.value.href : null;
		};
		expect(url('/hosts/{target}/isolate?force=no')).toBe('https://edr.example/api/hosts/lap-1/isolate?force=no');
		expect(url('//evil.example/{target}')).toBe('https://edr.example/api/evil.example/lap-1');
		expect(url('/../../{target}')).toBeNull();
		expect(url('/hosts/{nothing}')).toBeNull();
		expect(urlFor('https://u:p@edr.example', '/', {}).ok).toBe(false);
	});

	it('puts values into a body as data and never as structure', () => {
		const body = bodyFor(
			{ user: '{user}', note: 'by {user}', list: '{list}' },
			{ user: '","admin":true,"x":"', list: ['a', 'b'] },
		);
		expect(body.ok && JSON.parse(body.value)).toEqual({
			user: '","admin":true,"x":"',
			note: 'by ","admin":true,"x":"',
			list: ['a', 'b'],
		});
		expect(bodyFor({ user: '{nobody}' }, {})).toMatchObject({ ok: false });
	});
});

describe('the breaker', () => {
	it('opens after several failures, lets one try through after the pause, and closes on success', () => {
		const breaker = createBreaker();
		for (let i = 0; i < FAILURES_MAX; i++) {
			expect(breaker.blockedUntil(0)).toBeNull();
			breaker.failed(0);
		}
		expect(breaker.blockedUntil(1)).toBe(OPEN_MS);
		expect(breaker.blockedUntil(OPEN_MS)).toBeNull();
		expect(breaker.blockedUntil(OPEN_MS + 1)).not.toBeNull();
		breaker.succeeded();
		expect(breaker.blockedUntil(OPEN_MS + 1)).toBeNull();
	});
});

describe('the generic HTTP connector', () => {
	let target: Target;
	let slept: number[];
	beforeEach(async () => {
		target = await startTarget();
		slept = [];
	});
	afterEach(async () => await target.close());

	const SECRET = 'tok/en+s3cret==';
	const make = (of: Partial<GenericHttpConfig> = {}, idempotent = false, resolve?: string[]): Connector =>
		createGenericHttp(
			{
				name: 'edr',
				kind: 'generic-http',
				base_url: target.url,
				auth: { type: 'bearer', secret_env: 'X' },
				allow_private: true,
				timeout_ms: 200,
				calls: {
					isolate_host: {
						method: 'POST',
						path: '/hosts/{target}',
						body: { why: '{comment}' },
						idempotent,
						read_back: { path: '/hosts/{target}', done_when: 'isolated' },
					},
				},
				...of,
			},
			SECRET,
			{ now: () => NOW, sleep: async (ms) => void slept.push(ms), resolve: async () => resolve ?? ['127.0.0.1'] },
		);

	/** A real grant of the gate for isolating an office computer. */
	function granted(): { grant: Grant; request: CallRequest } {
		const loaded = playbook('p', [
			{ key: 'isolate', title: 'x', action: 'isolate_host', target: 'primary', params: { comment: 'INC-7' } },
		]);
		const [step] = planFor(
			{ incident: incident(), alerts: [alert('alr_1')], inventory: INVENTORY, held: [], canRun: () => true },
			loaded,
			NOW,
		).steps;
		const permitted = permit(step!, view([loaded], [step!]), NOW);
		if (!permitted.ok) throw new Error(permitted.reason);
		return {
			grant: permitted.grant,
			request: { step: step!.id, action: 'isolate_host', target: 'lap-1', targets: ['lap-1'], params: step!.params },
		};
	}

	it('makes the call with its key and credential', async () => {
		const { grant, request } = granted();
		expect(await make().call(grant, request)).toMatchObject({ effect: 'done', tries: 1 });
		expect(target.calls).toMatchObject([
			{
				method: 'POST',
				path: '/hosts/lap-1',
				key: request.step,
				body: '{"why":"INC-7"}',
				authorization: `Bearer ${SECRET}`,
			},
		]);
	});

	it.each<[string, (real: ReturnType<typeof granted>) => { grant: unknown; request: CallRequest }]>([
		['none', ({ request }) => ({ grant: null, request })],
		['a copy of a real one', ({ grant, request }) => ({ grant: { ...grant }, request })],
		['one for another step', ({ grant, request }) => ({ grant, request: { ...request, step: 'stp_other' } })],
		[
			'one for other parameters',
			({ grant, request }) => ({ grant, request: { ...request, params: { comment: 'x' } } }),
		],
		[
			'one for another target',
			({ grant, request }) => ({ grant, request: { ...request, targets: ['lap-2'], target: 'lap-2' } }),
		],
		['a target beside those judged', ({ grant, request }) => ({ grant, request: { ...request, target: 'plc-1' } })],
		['one for another action', ({ grant, request }) => ({ grant, request: { ...request, action: 'release_host' } })],
	])('sends nothing on a grant that is %s', async (_name, forge) => {
		const { grant, request } = forge(granted());
		const connector = make({
			calls: {
				isolate_host: { method: 'POST', path: '/x', idempotent: false },
				release_host: { method: 'POST', path: '/x', idempotent: false },
			},
		});
		// A forger has no value of the type: that is the point.
		expect((await connector.call(grant as Grant, request)).effect).toBe('not_done');
		expect((await connector.readBack(grant as Grant, request)).state).toBe('unknown');
		expect(target.calls).toEqual([]);
	});

	it.each([
		'stop_controller',
		'bypass_sis',
		'wipe_host',
		'exploit',
		'run_ssh',
		'override_gate',
		'no_such_action',
		'__proto__',
	])('cannot be made for %s', (action) => {
		expect(() =>
			make({ calls: Object.fromEntries([[action, { method: 'POST', path: '/x', idempotent: true }]]) }),
		).toThrow(/G10/);
	});

	it.each([
		{ fault: '429', idempotent: false, effect: 'not_done', calls: 3, effects: 0 },
		{ fault: '429-once', idempotent: false, effect: 'done', calls: 2, effects: 1 },
		{ fault: '500', idempotent: false, effect: 'unknown', calls: 1, effects: 1 },
		{ fault: '500', idempotent: true, effect: 'unknown', calls: 3, effects: 1 },
		{ fault: '500-once', idempotent: true, effect: 'done', calls: 2, effects: 1 },
		{ fault: 'hang', idempotent: false, effect: 'unknown', calls: 1, effects: 1 },
		{ fault: 'drop-after-effect', idempotent: false, effect: 'unknown', calls: 1, effects: 1 },
		{ fault: 'drop-after-effect-once', idempotent: true, effect: 'done', calls: 2, effects: 1 },
		{ fault: 'redirect', idempotent: true, effect: 'unknown', calls: 1, effects: 0 },
		{ fault: 'huge', idempotent: false, effect: 'done', calls: 1, effects: 1 },
		{ fault: 'garbage', idempotent: false, effect: 'done', calls: 1, effects: 1 },
		{ fault: '403', idempotent: true, effect: 'not_done', calls: 1, effects: 0 },
	] as const)(
		'on $fault (keys honoured: $idempotent) says $effect after $calls calls',
		async ({ fault, idempotent, effect, calls, effects }) => {
			target.fault = fault;
			const { grant, request } = granted();
			const result = await make({}, idempotent).call(grant, request);
			expect(result.effect).toBe(effect);
			expect(target.calls).toHaveLength(calls);
			expect(target.effects).toHaveLength(effects);
			if (fault === '429') expect(slept).toEqual([1_000, 1_000]);
		},
	);

	it('tries again where nobody was there, and says that nothing happened', async () => {
		const { grant, request } = granted();
		const connector = make();
		await target.close();
		const result = await connector.call(grant, request);
		expect(result).toMatchObject({ effect: 'not_done', tries: 3 });
		target = await startTarget();
	});

	it('connects to the address that was checked, not to what the name says later', async () => {
		const { grant, request } = granted();
		const port = new URL(target.url).port;
		expect((await make({ base_url: `http://edr.example:${port}` }).call(grant, request)).effect).toBe('done');
		expect(
			(await make({ base_url: `http://edr.example:${port}` }, true, ['169.254.169.254']).call(grant, request)).detail,
		).toMatch(/metadata/);
		expect(
			(await make({ base_url: `http://edr.example:${port}`, allow_private: false }).call(grant, request)).effect,
		).toBe('not_done');
		expect(target.calls).toHaveLength(1);
	});

	it('leaves a target alone that keeps failing', async () => {
		target.fault = '500';
		const { grant, request } = granted();
		const connector = make();
		for (let i = 0; i < FAILURES_MAX; i++) await connector.call(grant, request);
		const result = await connector.call(grant, request);
		expect(result).toMatchObject({ effect: 'not_done', tries: 0 });
		expect(target.calls).toHaveLength(FAILURES_MAX);
	});

	it('never repeats its secret, and makes no call without it', async () => {
		target.fault = 'secret-in-error';
		const { grant, request } = granted();
		const result = await make().call(grant, request);
		expect(result.detail).toContain('***');
		expect(JSON.stringify(result)).not.toContain('s3cret');
		const bare = createGenericHttp(
			{
				name: 'e',
				kind: 'generic-http',
				base_url: target.url,
				auth: { type: 'bearer' },
				allow_private: true,
				timeout_ms: 200,
				calls: { isolate_host: { method: 'POST', path: '/x', idempotent: false } },
			},
			null,
		);
		expect(await bare.call(grant, request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect(target.calls).toHaveLength(1);
	});

	it.each([
		['ok', 'not_done'],
		['500', 'unknown'],
		['garbage', 'unknown'],
		['huge', 'unknown'],
		['redirect', 'unknown'],
		['hang', 'unknown'],
	] as const)('reads back an effect from a target that answers %s as %s', async (fault, state) => {
		target.fault = fault;
		const { grant, request } = granted();
		expect((await make().readBack(grant, request)).state).toBe(state);
	});

	it('refuses two connectors for one action', () => {
		expect(() => connectorsByAction([make(), make({ name: 'other' })])).toThrow(/isolate_host/);
	});
});
