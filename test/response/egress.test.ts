// Each connector reaches what its own configuration names, and no asset of OT under any name. Tried with real servers on this machine: one that
// stands on the list, and one beside it that nobody may hear of.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InventoryData } from '../../src/domain/asset.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { PagerConfig } from '../../src/domain/pager.ts';
import { LinkFailed, withDirectory } from '../../src/response/connectors/active-directory-link.ts';
import { bindResolve, checkHost, resolveBySystem } from '../../src/response/connectors/address-guard.ts';
import { type Exchange, exchange } from '../../src/response/connectors/exchange.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import { createPager } from '../../src/response/pagers/index.ts';
import { NOW } from './support/plant.ts';

const heard: string[] = [];
const servers: (Server | TcpServer)[] = [];
let own = '';
let other = '';
const place = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

async function listen(server: Server | TcpServer): Promise<number> {
	servers.push(server);
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
	const beside = createServer((_, response) => {
		heard.push('beside');
		response.end('{}');
	});
	other = `http://127.0.0.1:${await listen(beside)}`;
	const first = createServer((request, response) => {
		heard.push(`own ${request.url}`);
		if (request.url === '/away') response.writeHead(307, { location: `${other}/taken` }).end();
		else response.end('{"ok":true}');
	});
	own = `http://127.0.0.1:${await listen(first)}`;
});
afterEach(() => heard.splice(0));
afterAll(() => {
	for (const server of servers) server.close();
});

const LOOPBACK = async (): Promise<readonly string[]> => ['127.0.0.1'];
const ask = (url: string, resolve: Exchange['resolve']): ReturnType<typeof exchange> =>
	exchange({
		...{ url: new URL(url), method: 'GET', headers: {}, body: null, timeoutMs: 2_000, allowPrivate: true, resolve },
	});

describe('a client', () => {
	const client = () => bindResolve(LOOPBACK, [place(own)], () => null);

	it('reaches what stands on its list', async () => {
		expect(await ask(`${own}/x`, client())).toMatchObject({ kind: 'answered', status: 200 });
	});

	it('reaches no other port of the same host', async () => {
		expect(await ask(`${other}/x`, client())).toMatchObject({
			kind: 'refused',
			reason: expect.stringContaining("is not on this connector's list"),
		});
		expect(heard).toEqual([]);
	});

	it('reaches no other name for the same address', async () => {
		const { port } = place(own);
		expect(await ask(`http://localhost:${port}/`, client())).toMatchObject({ kind: 'refused' });
		expect(heard).toEqual([]);
	});

	it('follows no redirect: what the answer names hears nothing', async () => {
		expect(await ask(`${own}/away`, client())).toMatchObject({ kind: 'answered', status: 307 });
		expect(heard).toEqual(['own /away']);
	});

	it('speaks HTTP and nothing else', async () => {
		expect(await ask(own.replace('http:', 'ws:'), client())).toMatchObject({ kind: 'refused' });
		expect(await ask('file:///etc/passwd', client())).toMatchObject({ kind: 'refused' });
		expect(heard).toEqual([]);
	});

	it('reaches no address that the inventory has something against, though the name stands on the list', async () => {
		const named = bindResolve(
			async () => ['8.8.8.8', '10.20.1.5'],
			[{ host: 'edr.plant.example', port: 443 }],
			(address) => (address === '10.20.1.5' ? '`plc-1` is a controller (plc)' : null),
		);
		expect(await checkHost('edr.plant.example', 443, true, named)).toEqual({
			...{ ok: false, kind: 'refused' },
			reason: '`edr.plant.example`: `plc-1` is a controller (plc)',
		});
	});

	it('is asked about an IPv4 address also where the resolver gives it in IPv6 clothes', async () => {
		const asked: string[] = [];
		const named = bindResolve(
			async () => ['::ffff:10.20.1.5'],
			[{ host: 'edr.plant.example', port: 443 }],
			(address) => {
				asked.push(address);
				return 'no';
			},
		);
		expect(await checkHost('edr.plant.example', 443, true, named)).toMatchObject({ kind: 'refused' });
		expect(asked).toEqual(['10.20.1.5']);
	});

	it('goes to the address that was looked at, whatever the name says a moment later', async () => {
		const { port } = place(own);
		const answers = [['127.0.0.1'], ['10.20.1.5']];
		const flipping = bindResolve(
			async () => answers.shift() ?? [],
			[{ host: 'edr.plant.example', port }],
			(address) => (address === '127.0.0.1' ? null : 'another'),
		);
		expect(await ask(`http://edr.plant.example:${port}/pinned`, flipping)).toMatchObject({ kind: 'answered' });
		expect(heard).toEqual(['own /pinned']);
	});

	it('without a list reaches this machine alone, by literal and by name', async () => {
		expect(await ask(`${own}/x`, LOOPBACK)).toMatchObject({ kind: 'answered' });
		for (const url of ['http://10.30.0.7/', 'http://8.8.8.8/'])
			expect(await ask(url, LOOPBACK)).toMatchObject({
				kind: 'refused',
				reason: expect.stringContaining('without a list of destinations'),
			});
		expect(await ask('http://edr.plant.example/', async () => ['10.30.0.7'])).toMatchObject({ kind: 'refused' });
		expect(await ask('http://10.30.0.7/', resolveBySystem)).toMatchObject({ kind: 'refused' });
	});

	it('cannot be given other destinations later', () => {
		const made = client();
		expect(() => bindResolve(made, [place(other)], () => null)).toThrow('has its destinations already');
		const list = [place(own)];
		const kept = bindResolve(LOOPBACK, list, () => null);
		list.push(place(other));
		list[0] = place(other);
		return expect(ask(`${other}/x`, kept)).resolves.toMatchObject({ kind: 'refused' });
	});
});

describe('the directory client', () => {
	it('is held to its list like the others', async () => {
		const met: string[] = [];
		const port = await listen(
			createTcp((socket) => {
				met.push(socket.remoteAddress ?? '');
				socket.destroy();
			}),
		);
		const settings = {
			...{ url: `ldaps://127.0.0.1:${port}`, bindDn: 'cn=x', ca: null, allowPrivate: true, timeoutMs: 1_000 },
			resolve: bindResolve(LOOPBACK, [{ host: '127.0.0.1', port: 636 }], () => null),
		};
		const failed = await withDirectory(settings, 'secret', async () => null).catch((cause: unknown) => cause);
		expect(failed).toBeInstanceOf(LinkFailed);
		expect((failed as LinkFailed).message).toContain("is not on this connector's list (127.0.0.1:636)");
		expect(met).toEqual([]);
	});
});

describe('a pager', () => {
	const duty = (base: string) =>
		PagerConfig.parse({
			...{ name: 'duty', kind: 'pagerduty', base_url: base, allow_private: true, timeout_ms: 1_000 },
			auth: { type: 'routing_key', secret_env: 'X' },
		});
	const letter = {
		...{ key: 'k', dedupKey: 'd', subject: 's', body: 'b', source: 'x', severity: 'high' as const, isSafety: false },
		...{ at: NOW, site: null, category: null, number: 7, thread: null },
	};
	const page = async (base: string, addresses: readonly string[], inventory: InventoryData | null) =>
		await createPager(
			{ config: duty(base), secret: 'routing-key-1', ca: null },
			{ now: () => NOW, resolve: async () => addresses },
			inventory,
		).send(letter, 'trigger', null);

	it('reaches its own host', async () => {
		await page(`http://localhost:${place(own).port}`, ['127.0.0.1'], null);
		expect(heard).toEqual(['own /v2/enqueue']);
	});

	it('whose name leads to a controller reaches nothing', async () => {
		const plant = { assets: [row('plc-1', '1', 'plc', '10.20.1.5')], zones: [], conduits: [], confirmedAt: NOW };
		expect(await page('http://localhost:1', ['10.20.1.5'], plant)).toMatchObject({
			...{ kind: 'refused', reason: expect.stringContaining('`plc-1` is a controller (plc)') },
		});
	});
});

const row = (id: string, level: '1' | '2' | '3', of: 'plc' | 'server', ip: string) => ({
	...{ id, hostnames: [id], ips: [ip], macs: [], vendor_ids: [], site: null, zone: null, level, class: of },
	...{ class_raw: null, vendor: null, os: null, criticality: null, domain: null, switch: null, owner: null },
	...{ facts: {}, tags: {}, confirmed_at: null },
});

describe('a connector of the configuration', () => {
	const versions = (url: string) =>
		ConnectorConfig.parse({
			...{ name: 'versions', kind: 'gitlab', asset: 'ver-1', base_url: url, allow_private: true, timeout_ms: 1_000 },
			...{ auth: { type: 'token', secret_env: 'X' }, programs: { 'ver-1': [{ project: 'a/b', path: 'x' }] } },
		});
	const ground = {
		...NO_GROUND,
		inventory: indexInventory({
			...{ zones: [], conduits: [], confirmedAt: NOW },
			assets: [row('ver-1', '2', 'server', '10.30.0.7'), row('plc-1', '1', 'plc', '10.20.1.5')],
		}),
	};
	const probe = async (addresses: readonly string[], url = 'http://localhost:1') => {
		const edge = { now: () => NOW, sleep: async () => undefined, resolve: async () => addresses };
		const [made] = createConnectors([versions(url)], () => 'secret-token', edge, ground);
		const found = await made?.probe?.({ account: null, target: null, indicator: null });
		return found?.map(({ detail }) => detail).join('; ');
	};

	it('whose name leads to a controller reaches nothing', async () => {
		expect(await probe(['10.20.1.5'])).toContain('`plc-1` is a controller (plc)');
	});

	it('whose name leads to this machine is asked there', async () => {
		const { port } = place(own);
		await probe(['127.0.0.1'], `http://localhost:${port}`);
		expect(heard.length).toBeGreaterThan(0);
		expect(heard.every((line) => line.startsWith('own '))).toBe(true);
	});
});
