// `interlock inventory` with a real folder, a real database and a real server that pages its export.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inventory } from '../../src/cli/inventory.ts';
import { fetchExport, readUrl } from '../../src/cli/inventory-fetch.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let folder = '';
let env: Record<string, string> = {};
let out = '';
let err = '';
let server: Server;
let base = '';
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void = () => undefined;
const asked: { url: string; authorization: string | undefined; body: string }[] = [];

const run = async (...args: string[]): Promise<number> => {
	out = '';
	err = '';
	const io = {
		out: (text: string) => {
			out += `${text}\n`;
		},
		err: (text: string) => {
			err += `${text}\n`;
		},
		stdin: async () => new Uint8Array(),
		env,
	};
	return await inventory(args, io);
};
const file = (name = 'inventory.yaml') => readFileSync(join(folder, name), 'utf8');
const write = (name: string, text: string): string => {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
};
const json = (response: ServerResponse, value: unknown): void => {
	response.writeHead(200, { 'content-type': 'application/json' });
	response.end(JSON.stringify(value));
};
const entries = async (): Promise<{ kind: string; data: object }[]> =>
	(await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE kind LIKE 'inventory.%' ORDER BY seq`).map(
		(row) => JSON.parse(row['canonical']),
	);

beforeAll(async () => {
	fresh = await freshDatabase();
	server = createServer((request, response) => {
		let body = '';
		request.on('data', (part: Buffer) => {
			body += part.toString();
		});
		request.on('end', () => {
			asked.push({ url: request.url ?? '', authorization: request.headers.authorization, body });
			answer(request, response, body);
		});
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((done) => server.close(done));
	await fresh.close();
});
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-inventory-'));
	env = {
		INTERLOCK_CONFIG: folder,
		INTERLOCK_DATA: join(folder, 'data'),
		DATABASE_URL: fresh.runUrl,
		DATABASE_MIGRATE_URL: fresh.migrateUrl,
	};
	asked.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OWN = '# kept by Ole\nassets:\n  - { id: press, ip: 10.3.0.11, kind: plc, purdue: 1 } # do not touch\n';
const LIST = 'id,hostname,ip,kind,purdue\npress,press-1,10.3.0.11,plc,1\npump,pump-1,10.3.0.12,plc,1\n';

describe('inventory import', () => {
	it('shows what it would do, does it when it is told to and accepted, and records it', async () => {
		write('inventory.yaml', OWN);
		const list = write('list.txt', LIST);
		expect(await run('import', list, '--from', 'csv')).toBe(1);
		expect(out).toContain('LOOSER, held back: 2');
		expect(err).toContain('--accept-looser ID');
		expect(file()).toBe(OWN);
		expect(
			await run('import', list, '--from', 'csv', '--json', '--accept-looser', 'pump', '--accept-looser', 'press'),
		).toBe(0);
		const shown = JSON.parse(out);
		expect(file()).toBe(OWN);
		const accepted = write('reviewed.txt', '# looked at on Monday\npump\npress\n');
		expect(await run('import', list, '--from', 'csv', '--apply', '--json', '--accept-looser-file', accepted)).toBe(0);
		const applied = JSON.parse(out);
		expect([applied.applied, applied.diff]).toEqual([true, shown.diff]);
		for (const text of ['# kept by Ole', '# do not touch', 'id: pump']) expect(file()).toContain(text);
		expect(await entries()).toMatchObject([
			{
				kind: 'inventory.imported',
				data: { diff: shown.diff, platform: 'csv', added: 1, changed: 1, accepted_looser: ['press', 'pump'] },
			},
		]);
		expect(await run('import', list, '--from', 'csv', '--json')).toBe(0);
		expect(JSON.parse(out)).toMatchObject({ added: [], changed: [], same: 2 });
	});

	it('NetBox over HTTP: all lists, all pages, with its own form of token', async () => {
		const pages: Record<string, unknown> = {
			'/api/dcim/devices/?limit=500': {
				results: [{ id: 1, name: 'a', device_type: {} }],
				next: `${base.replace('http:', 'https:')}/api/dcim/devices/?limit=500&offset=500`,
			},
			'/api/dcim/devices/?limit=500&offset=500': { results: [{ id: 2, name: 'b', device_type: {} }], next: null },
			'/api/ipam/ip-addresses/?limit=500': {
				results: [{ id: 1, address: '10.0.0.1/24', assigned_object: { device: { id: 1 } } }],
				next: null,
			},
		};
		answer = (request, response) => json(response, pages[request.url ?? ''] ?? { results: [], next: null });
		env['INVENTORY_TOKEN'] = 'abcdef';
		expect(await run('import', base, '--from', 'netbox', '--apply')).toBe(0);
		expect(asked).toHaveLength(6);
		expect(new Set(asked.map((one) => one.authorization))).toEqual(new Set(['Token abcdef']));
		expect(file()).toContain('ip: 10.0.0.1');
		expect(file()).toContain('netbox:device/2');
	});

	it('Nozomi and Claroty pages are asked for until one is not full', async () => {
		const things = (from: number, count: number) =>
			Array.from({ length: count }, (_, index) => ({ id: `asset-${from + index}`, uid: `u-${from + index}` }));
		answer = (request, response, body) => {
			const url = new URL(request.url ?? '', base);
			if (body !== '')
				json(response, { devices: things(JSON.parse(body).offset, JSON.parse(body).offset === 0 ? 500 : 1) });
			else
				json(response, {
					result: things(Number(url.searchParams.get('page')) * 500, url.searchParams.get('page') === '1' ? 500 : 2),
				});
		};
		expect(await run('import', base, '--from', 'nozomi', '--json')).toBe(0);
		expect(JSON.parse(out).added).toHaveLength(502);
		expect(await run('import', base, '--from', 'claroty-xdome', '--json')).toBe(0);
		expect(JSON.parse(out).added).toHaveLength(501);
	});

	it.each<[string, (response: ServerResponse) => void, RegExp, number]>([
		['a refused token', (response) => void response.writeHead(403).end(), /answered 403: is the token right/, 1],
		[
			'a redirect, which would take the token along',
			(response) => void response.writeHead(302, { location: 'https://elsewhere.example/' }).end(),
			/redirect/,
			1,
		],
		['a server that stays broken', (response) => void response.writeHead(503).end(), /answered 503 \(4 tries\)/, 4],
		[
			'a long pause',
			(response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
			/asks to wait 3600 s/,
			1,
		],
		['an answer that is too large', (response) => void response.end('x'.repeat(5000)), /larger than is allowed/, 1],
		['bytes that are no text', (response) => void response.end(Buffer.from([0xff, 0xfe, 0xff])), /not UTF-8/, 1],
		[
			'a next page on another host',
			(response) => json(response, { results: [], next: 'https://elsewhere.example/api/x' }),
			/another host/,
			1,
		],
		['pages in a circle', (response) => json(response, { results: [], next: '/api/dcim/devices/' }), /circle/, 1],
	])('%s ends the import in words', async (_, respond, words, times) => {
		answer = (_request, response) => respond(response);
		const fetched = await fetchExport('netbox', new URL(`${base}/api/dcim/devices/`), {
			token: 'x',
			pauseMs: 1,
			bytesMax: 1000,
			tell: () => undefined,
		});
		expect(fetched).toMatchObject({ ok: false, error: expect.stringMatching(words) });
		expect(asked).toHaveLength(times);
	});

	it('a server that recovers is asked again', async () => {
		let calls = 0;
		answer = (_, response) =>
			++calls === 1 ? void response.writeHead(503).end() : json(response, { results: [], next: null });
		expect(
			(
				await fetchExport('netbox', new URL(`${base}/api/dcim/devices/`), {
					token: null,
					pauseMs: 1,
					tell: () => undefined,
				})
			).ok,
		).toBe(true);
	});

	it('only TLS leaves this machine, and no password stands in an address', () => {
		expect(readUrl('https://netbox.example')).toBeInstanceOf(URL);
		for (const wrong of ['http://netbox.example', 'ftp://x', 'https://me:secret@netbox.example', 'nonsense'])
			expect(typeof readUrl(wrong)).toBe('string');
	});

	it('a faulty list, a folder with a CSV inventory and wrong usage change nothing', async () => {
		write('inventory.csv', LIST);
		const list = write('list.txt', LIST);
		expect(await run('import', list, '--from', 'csv', '--apply')).toBe(1);
		expect(err).toContain('changes are written to inventory.yaml only');
		rmSync(join(folder, 'inventory.csv'));
		expect(await run('import', write('bad.txt', 'id,ip\na,10.0.0.999\n'), '--from', 'csv', '--apply')).toBe(1);
		expect(await run('import', list, '--from', 'cvs')).toBe(2);
		expect(await run('import', list)).toBe(2);
		expect(await run('import', join(folder, 'none.json'), '--from', 'nozomi')).toBe(3);
		expect(await run('what')).toBe(2);
		expect(await run('list', '--nonsense')).toBe(2);
		env = {};
		expect(await run('list')).toBe(3);
	});

	it('a database that cannot be reached keeps the file as it is', async () => {
		env['DATABASE_URL'] = 'postgres://nobody:x@127.0.0.1:1/none';
		env['DATABASE_MIGRATE_URL'] = env['DATABASE_URL'];
		write('inventory.yaml', OWN);
		expect(
			await run(
				'import',
				write('l.txt', LIST),
				'--from',
				'csv',
				'--apply',
				'--accept-looser',
				'pump',
				'--accept-looser',
				'press',
			),
		).toBe(3);
		expect(file()).toBe(OWN);
	});
});

describe('age and the worklist', () => {
	it('stale assets are a finding; being seen confirms nothing, and one fresh asset does not make a stale file current', async () => {
		const day = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
		const text = (whole: number) =>
			`confirmed_at: ${day(whole)}\nassets:\n  - { id: a, seen_at: ${day(0)} }\n  - { id: b, confirmed_at: ${day(40)} }\n  - { id: c, confirmed_at: ${day(1)} }\n`;
		const stale = async () => {
			const code = await run('age', '--json');
			return [
				code,
				...JSON.parse(out)
					.assets.filter((one: { is_stale: boolean }) => one.is_stale)
					.map((one: { id: string }) => one.id)
					.sort(),
			];
		};
		write('inventory.yaml', text(2));
		expect(await stale()).toEqual([1, 'b']);
		write('inventory.yaml', text(31));
		expect(await stale()).toEqual([1, 'a', 'b', 'c']);
		expect(await run('age', '--stale')).toBe(1);
		expect(out).toContain('STALE');
		expect(await run('list')).toBe(0);
		expect(out).toContain('by hand');
		write('inventory.yaml', text(2).replace(day(40).slice(0, 10), day(3).slice(0, 10)));
		expect(await stale()).toEqual([0]);
	});

	it('an unknown name is counted with its sources, taken into the inventory or dismissed', async () => {
		await fresh.database.raw`INSERT INTO unknown_assets (id, type, value, sources, first_seen, last_seen, times) VALUES
			('ip:10.3.0.77', 'ip', '10.3.0.77', '["nozomi"]'::jsonb, 1760000000000, 1760000001000, 7),
			('host:prn-1', 'host', 'prn-1', '["wazuh"]'::jsonb, 1760000000000, 1760000000000, 1)`;
		write('inventory.yaml', OWN);
		expect(await run('unknown', '--json')).toBe(0);
		expect(JSON.parse(out).unknown).toEqual([
			{
				type: 'ip',
				value: '10.3.0.77',
				times: 7,
				first_seen: '2025-10-09T08:53:20.000Z',
				last_seen: '2025-10-09T08:53:21.000Z',
				sources: ['nozomi'],
			},
			expect.objectContaining({ value: 'prn-1', times: 1 }),
		]);
		expect(await run('take', '10.3.0.77', '--id', 'pump', '--kind', 'plc', '--purdue', '1', '--apply')).toBe(1);
		expect(err).toContain('--accept-looser pump');
		expect(file()).toBe(OWN);
		expect(
			await run(
				'take',
				'10.3.0.77',
				'--id',
				'pump',
				'--kind',
				'plc',
				'--purdue',
				'1',
				'--accept-looser',
				'pump',
				'--apply',
			),
		).toBe(0);
		expect(file()).toContain('id: pump');
		expect(await run('take', '10.3.0.77', '--id', 'pump2')).toBe(1);
		expect(await run('take', '10.3.0.78', '--to', 'pump', '--accept-looser', 'pump', '--apply')).toBe(0);
		expect(file()).toContain('[ 10.3.0.77, 10.3.0.78 ]');
		expect(await run('dismiss', 'PRN-1', '--note', 'the printer')).toBe(0);
		expect(await run('dismiss', 'prn-1')).toBe(1);
		expect(await run('unknown', '--json')).toBe(0);
		expect(JSON.parse(out).unknown).toEqual([]);
		expect(await run('unknown', '--dismissed', '--json')).toBe(0);
		expect(JSON.parse(out).unknown).toHaveLength(1);
		for (const wrong of [
			['take', '10.3.0.79', '--id', 'x', '--kind', 'nonsense'],
			['take', '10.3.0.79'],
			['take', 'a b', '--id', 'x'],
			['dismiss'],
		])
			expect(await run(...wrong)).toBe(2);
		expect((await entries()).map((entry) => entry.kind).slice(-3)).toEqual([
			'inventory.taken',
			'inventory.taken',
			'inventory.dismissed',
		]);
	});
});
