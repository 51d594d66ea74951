// A connector in a process of its own: what it knows and may do, for whom it calls, and what is said when it dies in the middle.
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { canonicalHash } from '../../src/domain/canonical.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { NO_GROUND } from '../../src/response/connectors/index.ts';
import {
	type ConnectorProcess,
	createConnectorProcess,
} from '../../src/response/connectors/process/connector-process.ts';
import { createConnectorProcesses } from '../../src/response/connectors/process/processes.ts';
import { grantLook, openGrants, sealGrant, sealOpener } from '../../src/safety/grant.ts';
import { hostGrant } from '../response/support/host-grant.ts';
import { networkGrant } from '../response/support/network-grant.ts';
import { inventoryAt } from '../response/support/plant.ts';
import { startTarget, type Target } from '../response/support/target.ts';
import { FILTER_TOKEN, startOpenC2 } from '../response/vendors/openc2.ts';

const SECRET = 'the-secret-of-this-connector';
const MAIN = fileURLToPath(new URL('../../src/response/connectors/process/main.ts', import.meta.url));
const ground = { ...NO_GROUND, inventory: inventoryAt(Date.now()) };

let target: Target;
let held: ConnectorProcess;
let faults: string[];
const configFor = (url: string): ConnectorConfig =>
	ConnectorConfig.parse({
		...{ name: 'edr', kind: 'generic-http', base_url: url, allow_private: true, timeout_ms: 10_000 },
		auth: { type: 'bearer', secret_env: 'EDR_TOKEN' },
		calls: {
			isolate_host: {
				...{ method: 'POST', path: '/hosts/{target}/isolate', idempotent: false },
				read_back: { path: '/hosts/{target}', done_when: 'isolated' },
			},
		},
	});
const granted = (now = Date.now()) => hostGrant('isolate_host', {}, 'lap-1', now);
const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
};
const pidOf = (one: ConnectorProcess): number => one.pid() ?? expect.fail('there is no process');

beforeEach(async () => {
	target = await startTarget();
	faults = [];
	const onFault = (reason: string): void => void faults.push(reason);
	held = createConnectorProcess({ config: configFor(target.url), secret: SECRET, ground, onFault, now: Date.now });
});
afterEach(async () => {
	await held.stop();
	await target.close();
	vi.unstubAllEnvs();
});

describe('a connector in a process of its own', () => {
	it('calls and reads back as the connector itself does, with its secret', async () => {
		const { grant, request } = granted();
		expect(held.pid()).toBeNull();
		expect(await held.call(grant, request)).toMatchObject({ effect: 'done', tries: 1 });
		expect(target.effects).toHaveLength(1);
		expect(target.calls[0]).toMatchObject({ path: '/hosts/lap-1/isolate', authorization: `Bearer ${SECRET}` });
		expect(pidOf(held)).not.toBe(process.pid);
		expect(await held.readBack(grant, request)).toMatchObject({ state: expect.stringMatching(/done|unknown/) });
		expect(faults).toEqual([]);
	});

	it('knows no other secret: neither its environment nor its command line holds one', async () => {
		vi.stubEnv('OTHER_CONNECTORS_TOKEN', 'somebody-elses-secret');
		vi.stubEnv('DATABASE_URL', 'postgres://interlock:hunter2@db/interlock');
		const { grant, request } = granted();
		await held.call(grant, request);
		const pid = pidOf(held);
		const seen = `${readFileSync(`/proc/${pid}/environ`, 'utf8')} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8')}`;
		for (const secret of [SECRET, 'somebody-elses-secret', 'hunter2', 'DATABASE_URL'])
			expect(seen).not.toContain(secret);
	});

	it('writes no file, starts no program and reads nothing but the program itself', async () => {
		const { grant, request } = granted();
		await held.call(grant, request);
		const flags = readFileSync(`/proc/${pidOf(held)}/cmdline`, 'utf8')
			.split('\0')
			.filter((word) => word.startsWith('--'));
		const denied = `
			const tried = {};
			const attempt = (name, act) => { try { act(); tried[name] = 'done'; } catch (error) { tried[name] = error.code; } };
			attempt('write', () => require('node:fs').writeFileSync('/tmp/interlock-escape', 'x'));
			attempt('read', () => require('node:fs').readFileSync('/etc/hostname'));
			attempt('start', () => require('node:child_process').execFileSync('/bin/true'));
			attempt('thread', () => new (require('node:worker_threads').Worker)('0', { eval: true }));
			console.log(JSON.stringify(tried));`;
		const tried: unknown = JSON.parse(execFileSync(process.execPath, [...flags, '-e', denied], { encoding: 'utf8' }));
		const no = 'ERR_ACCESS_DENIED';
		expect(tried).toEqual({ write: no, read: no, start: no, thread: no });
	});

	it('that is killed in the middle of a call leaves it in doubt, is told about, and is there again for the next', async () => {
		target.fault = 'hang';
		const { grant, request } = granted();
		const under = held.call(grant, request);
		await vi.waitUntil(() => target.calls.length === 1, { timeout: 20_000 });
		process.kill(pidOf(held), 'SIGKILL');
		expect(await under).toEqual({ effect: 'unknown', detail: 'its process ended before it answered', tries: 1 });
		expect(faults).toEqual([expect.stringContaining('connector edr: its process ended (SIGKILL)')]);
		target.fault = 'ok';
		expect(await held.call(grant, request)).toMatchObject({ effect: 'done' });
	});

	it('that dies again and again is left alone, and what it was not asked was not done', async () => {
		target.fault = 'hang';
		for (let death = 0; death < 3; death++) {
			const before = target.calls.length;
			const { grant, request } = granted();
			const under = held.call(grant, request);
			await vi.waitUntil(() => target.calls.length > before, { timeout: 20_000 });
			process.kill(pidOf(held), 'SIGKILL');
			expect((await under).effect).toBe('unknown');
		}
		target.fault = 'ok';
		const { grant, request } = granted();
		expect(await held.call(grant, request)).toEqual({
			effect: 'not_done',
			detail: 'no call: its process ends again and again: left alone for a minute',
			tries: 0,
		});
		expect(target.calls).toHaveLength(3);
	});

	it('does not end for a signal that the terminal sends to all, and ends with the program', async () => {
		const { grant, request } = granted();
		await held.call(grant, request);
		const pid = pidOf(held);
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
		const again = granted();
		expect(await held.call(again.grant, again.request)).toMatchObject({ effect: 'done' });
		expect(held.pid()).toBe(pid);
		await held.stop();
		expect(isAlive(pid)).toBe(false);
		expect(faults).toEqual([]);
	});

	it('that hangs does not hold up the end of the program', async () => {
		const { grant, request } = granted();
		await held.call(grant, request);
		const pid = pidOf(held);
		process.kill(pid, 'SIGSTOP');
		await held.stop();
		expect(isAlive(pid)).toBe(false);
	});

	it('asks nobody for anything with a grant that the gate did not make', async () => {
		const { grant, request } = granted();
		const forged = { ...grant };
		expect(await held.call(forged as typeof grant, request)).toMatchObject({ effect: 'not_done' });
		expect(held.pid()).toBeNull();
		expect(target.calls).toEqual([]);
	});

	it('makes no call with leave that has run out, is for another step, or only to look', async () => {
		const { grant, request } = granted(Date.now() - 3_600_000);
		expect(await held.call(grant, request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('run out'),
		});
		const now = granted();
		expect(await held.call(now.grant, { ...now.request, params: { reason: 'other' } })).toMatchObject({
			effect: 'not_done',
		});
		const look = grantLook({ ...now.request, id: now.request.step, incident: 'inc_1' } as never, Date.now());
		expect(await held.call(look as never, now.request)).toMatchObject({ effect: 'not_done' });
		expect(target.calls).toEqual([]);
	});

	it('reads of the ledger only what is its own', async () => {
		const filter = await startOpenC2();
		const asked: string[] = [];
		const note =
			<T>(what: string, answer: T) =>
			async (of: string): Promise<T> => {
				asked.push(`${what} ${of}`);
				return answer;
			};
		const [events, rules, incidentOf] = [note('events', []), note('rules', []), note('incident', 'inc_1')];
		const reader = { events, rules, incidentOf, polls: async () => expect.fail('polls') };
		const config = ConnectorConfig.parse({
			...{ name: 'filter', kind: 'openc2', base_url: filter.url, allow_private: true },
			...{ auth: { type: 'bearer', secret_env: 'OC2' }, never: { addresses: [], domains: [] } },
		});
		const wish = {
			config,
			secret: FILTER_TOKEN,
			ground: { ...ground, reader },
			onFault: () => undefined,
			now: Date.now,
		};
		const own = createConnectorProcess(wish);
		const { grant, request } = networkGrant('unblock_indicator', '185.220.101.7', Date.now());
		// Nothing is known of any rule: there is nothing that it could delete.
		expect(await own.call(grant, request)).toMatchObject({ effect: expect.not.stringMatching('unknown') });
		expect(filter.effects).toEqual([]);
		expect(new Set(asked)).toEqual(new Set(['events filter', 'rules filter', `incident ${request.step}`]));
		await own.stop();
		await filter.close();
	});

	it('is what a configured connector is, but for lists that firewalls fetch', async () => {
		const list = ConnectorConfig.parse({
			...{ name: 'lists', kind: 'block-list', polled_within_ms: 1_200_000, pollers: ['10.0.0.1'] },
			lists: [{ name: 'ips', type: 'ip' }],
			never: { addresses: [], domains: [] },
		});
		const made = createConnectorProcesses(
			[configFor(target.url), list],
			() => SECRET,
			ground,
			() => undefined,
			Date.now,
		);
		const pids = made.connectors.map((one: Connector & { pid?: () => number | null }) => one.pid !== undefined);
		expect(made.connectors.map((one) => one.name)).toEqual(['edr', 'lists']);
		expect(pids).toEqual([true, false]);
		await made.stop();
	});
});

describe('the process of a connector, asked by somebody else', () => {
	let child: ChildProcess;
	let key: KeyObject;
	let count = 0;
	const replies = new Map<number, (value: unknown) => void>();

	beforeEach(async () => {
		const pair = generateKeyPairSync('ed25519');
		key = pair.privateKey;
		child = fork(MAIN, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execPath: process.execPath });
		const ready = new Promise<void>((done) =>
			child.on('message', (message: { op: string; id: number; value: unknown }) => {
				if (message.op === 'ready') done();
				else replies.get(message.id)?.(message.value ?? message);
			}),
		);
		const opener = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
		child.send({
			op: 'start',
			config: configFor(target.url),
			secret: SECRET,
			opener,
			inventory: ground.inventory.data,
		});
		await ready;
	});
	afterEach(() => child.kill('SIGKILL'));

	const request: CallRequest = {
		step: 'stp_1',
		action: 'isolate_host',
		target: 'lap-1',
		targets: ['lap-1'],
		params: {},
	};
	const leave = (of: object = {}): object => ({
		...{ step: 'stp_1', action: 'isolate_host', targets: ['lap-1'], paramsHash: canonicalHash({}), binding: 'b' },
		...{ grantedAt: Date.now(), expiresAt: Date.now() + 60_000, isLook: false, approvedBy: ['ida'] },
		...{ connector: 'edr', nonce: randomBytes(16).toString('hex') },
		...of,
	});
	const sealed = (of: object = {}, by = key): { text: string; seal: string } => {
		const text = JSON.stringify(leave(of));
		return { text, seal: sign(null, Buffer.from(text), by).toString('base64') };
	};
	const ask = async (grant: { text: string; seal: string }, of: object = {}): Promise<unknown> => {
		const id = count++;
		const answered = new Promise((done) => replies.set(id, done));
		child.send({ op: 'call', id, grant, request: { ...request, ...of } });
		return await answered;
	};

	it('calls once for what the gate has sealed, and never again for the same', async () => {
		const grant = sealed();
		expect(await ask(grant)).toMatchObject({ effect: 'done' });
		expect(await ask(grant)).toMatchObject({ effect: 'not_done', detail: expect.stringContaining('used before') });
		expect(target.calls).toHaveLength(1);
	});

	const other = generateKeyPairSync('ed25519').privateKey;
	it.each<[string, () => { text: string; seal: string }, object, string]>([
		['a seal of another key', () => sealed({}, other), {}, 'seal'],
		['no seal', () => ({ ...sealed(), seal: '' }), {}, 'seal'],
		[
			'words changed after they were sealed',
			() => ({ ...sealed(), text: JSON.stringify(leave({ nonce: 'x' })) }),
			{},
			'seal',
		],
		['leave for another connector', () => sealed({ connector: 'okta' }), {}, 'another connector'],
		['leave that has run out', () => sealed({ grantedAt: 1, expiresAt: 2 }), {}, 'run out'],
		[
			'leave from the future',
			() => sealed({ grantedAt: Date.now() + 600_000, expiresAt: Date.now() + 900_000 }),
			{},
			'run out',
		],
		['leave to look', () => sealed({ isLook: true }), {}, 'looking only'],
		['leave for another action', () => sealed({ action: 'release_host' }), {}, 'release_host'],
		['leave for another step', () => sealed(), { step: 'stp_2' }, 'another step'],
		['leave for another host', () => sealed(), { target: 'plc-1', targets: ['plc-1'] }, 'other targets'],
		['a target that was not judged', () => sealed(), { target: 'plc-1' }, ''],
		['leave for other parameters', () => sealed(), { params: { reason: 'x' } }, 'other parameters'],
		[
			'something else under the seal',
			() => {
				const text = '{"action":"isolate_host"}';
				return { text, seal: sign(null, Buffer.from(text), key).toString('base64') };
			},
			{},
			'no grant',
		],
		['leave that is larger than any', () => sealed({ binding: 'b'.repeat(200_000) }), {}, 'larger than'],
		['a request of another form', () => sealed(), { targets: 'lap-1' }, 'another form'],
	])('makes no call with %s', async (_, grant, of, reason) => {
		expect(await ask(grant(), of)).toMatchObject({ effect: 'not_done', detail: expect.stringContaining(reason) });
		expect(target.calls).toEqual([]);
		// Whatever came, what is sealed is done: the process goes on.
		expect(await ask(sealed())).toMatchObject({ effect: 'done' });
	});

	it('ends when the program is gone', async () => {
		const ended = new Promise((done) => child.once('exit', done));
		child.disconnect();
		expect(await ended).toBe(0);
	});
});

describe('the two halves of the seal', () => {
	it('a process that makes grants opens none', () => {
		const { grant } = granted();
		const { text } = sealGrant(grant, 'edr');
		expect(JSON.parse(text)).toMatchObject({ action: 'isolate_host', connector: 'edr' });
		expect(() => openGrants(sealOpener(), 'edr')).toThrow('makes grants');
	});

	it('a process that opens grants makes none, and opens for one connector alone', async () => {
		vi.resetModules();
		const fresh = await import('../../src/safety/grant.ts');
		fresh.openGrants(sealOpener(), 'edr');
		expect(() => fresh.sealOpener()).toThrow('makes none');
		expect(() => fresh.openGrants(sealOpener(), 'okta')).toThrow('opens them already');
		const step = { ...granted().request, id: 'stp_1', incident: 'inc_1' };
		expect(() => fresh.grantLook(step as never, Date.now())).toThrow('makes none');
	});
});
