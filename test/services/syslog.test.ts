import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DoorSource } from '../../src/intake/http.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import {
	kernelDrops,
	type SyslogListener,
	type SyslogOptions,
	type SyslogServer,
	startSyslog,
} from '../../src/intake/syslog.ts';
import { type Authority, openAuthority, type Pair } from './certificates.ts';
import { EMPTY_INVENTORY } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let authority: Authority;
let server: Pair;
let intake: Intake;
beforeAll(async () => {
	fresh = await freshDatabase();
	intake = createIntake(fresh.database, () => EMPTY_INVENTORY, Date.now);
	authority = openAuthority();
	server = authority.issue('server');
});
afterAll(async () => {
	authority.remove();
	await fresh.close();
});

const source = (name: string, more: Partial<DoorSource> = {}): DoorSource => ({
	name,
	kind: 'cef',
	credential: { type: 'default', secrets: ['x'] },
	addressAllow: [],
	timeZone: 'UTC',
	...more,
});
const cef = (id: string): string => `<134>Mar  1 10:00:00 fw CEF:0|Acme|Wall|1|${id}|Port scan ${id}|8|src=10.1.1.9`;

type Running = {
	readonly syslog: SyslogServer;
	readonly port: number;
	readonly counts: Map<string, number>;
	readonly dropped: string[];
	readonly refused: string[];
};
const running: SyslogServer[] = [];
afterEach(async () => {
	await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function open(listener: Partial<SyslogListener>, more: Partial<SyslogOptions> = {}): Promise<Running> {
	const counts = new Map<string, number>();
	const dropped: string[] = [];
	const refused: string[] = [];
	const syslog = await startSyslog({
		listeners: [
			{
				name: 'syslog:test',
				host: '127.0.0.1',
				port: 0,
				transport: 'udp',
				tls: null,
				routes: [],
				source: null,
				...listener,
			},
		],
		intake,
		parse: parseBody,
		clock: Date.now,
		messageBytes: 64 * 1024,
		udpBufferBytes: 8 * 1024 * 1024,
		connectionsMax: 100,
		connectionsPerAddress: 50,
		idleMs: 60_000,
		onCount: (what, _, times) => counts.set(what, (counts.get(what) ?? 0) + times),
		onDropped: (_, where, times) => dropped.push(`${where}: ${times}`),
		onRefused: (name, address, reason) => refused.push(`${name} ${address} ${reason}`),
		onError: () => undefined,
		...more,
	});
	running.push(syslog);
	return { syslog, port: syslog.places[0]?.port ?? 0, counts, dropped, refused };
}

const count = async (sql: string): Promise<number> =>
	Number((await fresh.database.raw.unsafe(`SELECT coalesce(${sql}, 0) AS n`))[0]?.['n']);
const alertsOf = (name: string): Promise<number> => count(`(SELECT sum(repeats) FROM alerts WHERE source = '${name}')`);
const unparsedOf = (name: string): Promise<number> =>
	count(`(SELECT sum(repeats) FROM unparsed WHERE source = '${name}')`);
async function until(read: () => Promise<number> | number, wanted: number, withinMs = 15_000): Promise<void> {
	const end = Date.now() + withinMs;
	while ((await read()) !== wanted && Date.now() < end) await new Promise((done) => setTimeout(done, 20));
	expect(await read()).toBe(wanted);
}
async function sendUdp(port: number, messages: readonly (string | Buffer)[]): Promise<void> {
	const socket = createSocket('udp4');
	for (const [i, message] of messages.entries()) {
		await new Promise<void>((done) => socket.send(message, port, '127.0.0.1', () => done()));
		if (i % 100 === 99) await new Promise((done) => setTimeout(done, 1));
	}
	socket.close();
}
const dial = (port: number): Promise<Socket> =>
	new Promise((done, fail) => {
		const socket = connect(port, '127.0.0.1', () => done(socket)).on('error', fail);
	});
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

describe('syslog over UDP', () => {
	it('becomes stored alerts, each datagram one message', async () => {
		const { port } = await open({ source: source('udp-1') });
		await sendUdp(port, [`${cef('1')}\n`, cef('2'), `${cef('3')}\0`, '', '\n']);
		await until(() => alertsOf('udp-1'), 3);
		expect(await unparsedOf('udp-1')).toBe(0);
	});

	it('of thousands is stored in few commits', async () => {
		const { port, counts, dropped } = await open({ source: source('udp-many') });
		const before = await count('(SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())');
		await sendUdp(
			port,
			Array.from({ length: 3_000 }, (_, i) => cef(`m${i}`)),
		);
		await until(() => counts.get('received') ?? 0, 3_000);
		await until(() => alertsOf('udp-many'), 3_000);
		const commits =
			(await count('(SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())')) - before;
		expect(commits).toBeLessThan(1_500);
		expect(dropped).toEqual([]);
	});

	it('for no source is kept as not understood under the name of the listener', async () => {
		const { port } = await open({ name: 'syslog:none' });
		await sendUdp(port, [cef('n')]);
		await until(() => unparsedOf('syslog:none'), 1);
	});

	it('past the buffer is dropped, counted and told; what was in it is stored when the database is back', async () => {
		let isAway = true;
		const accept: Intake['accept'] = (delivery) =>
			isAway ? Promise.resolve({ kind: 'full' }) : intake.accept(delivery);
		const { port, counts, dropped, syslog } = await open(
			{ source: source('udp-full') },
			{ intake: { accept }, udpBufferBytes: 20_000 },
		);
		await sendUdp(
			port,
			Array.from({ length: 500 }, (_, i) => cef(`f${i}`)),
		);
		await until(() => counts.get('received') ?? 0, 500);
		const lost = counts.get('dropped') ?? 0;
		expect(lost).toBeGreaterThan(400);
		expect(dropped).toHaveLength(lost);
		expect(syslog.buffered()[0]?.[1]).toBeLessThanOrEqual(20_000);
		isAway = false;
		await until(() => alertsOf('udp-full'), 500 - lost);
	});

	it('that may be a process-safety alarm goes ahead, and finds room where others find none', async () => {
		let isAway = true;
		const order: string[] = [];
		const accept: Intake['accept'] = async (delivery) => {
			if (isAway) return { kind: 'full' };
			order.push(...delivery.items.map((item) => item.raw));
			return { kind: 'stored', alerts: [] };
		};
		const { port, counts } = await open({ source: source('udp-gas') }, { intake: { accept }, udpBufferBytes: 600_000 });
		await sendUdp(
			port,
			Array.from({ length: 3_000 }, (_, i) => cef(`f${i}`)),
		);
		await sendUdp(port, ['<8>Mar  1 10:00:00 plc CEF:0|Acme|FGS|1|9|Gas detected in compressor hall|10|src=10.1.1.9']);
		await until(() => counts.get('received') ?? 0, 3_001);
		expect(counts.get('dropped')).toBeGreaterThan(500);
		isAway = false;
		await until(() => order.length, 3_001 - (counts.get('dropped') ?? 0));
		// Before it at most the thousand messages that were on their way already.
		expect(order.findIndex((raw) => raw.includes('Gas detected'))).toBeGreaterThanOrEqual(0);
		expect(order.findIndex((raw) => raw.includes('Gas detected'))).toBeLessThanOrEqual(1_000);
	});

	it('longer than a message may be is cut, and says so', async () => {
		const { port, counts } = await open({ source: source('udp-long') }, { messageBytes: 2_048 });
		await sendUdp(port, [`${cef('l')} msg=${'x'.repeat(5_000)}`]);
		await until(() => alertsOf('udp-long'), 1);
		expect(counts.get('cut')).toBe(1);
	});

	it('that the kernel dropped is read from its own count', () => {
		const head =
			'   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';
		const line = (port: string, drops: number) =>
			`  321: 00000000:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 ${drops}\n`;
		expect(kernelDrops(head + line('158A', 17) + line('0202', 3) + line('158A', 1), 5514)).toBe(18);
		expect(kernelDrops('', 5514)).toBe(0);
	});
});

describe('syslog over TCP', () => {
	it('is taken in lines and counted, each connection in its own way, in whatever pieces it comes', async () => {
		const { port } = await open({ transport: 'tcp', source: source('tcp-1') });
		const [lines, counted] = [await dial(port), await dial(port)];
		const text = Array.from({ length: 50 }, (_, i) => `${cef(`a${i}`)}\n`).join('');
		const octets = Array.from({ length: 50 }, (_, i) => `${Buffer.byteLength(cef(`b${i}`))} ${cef(`b${i}`)}`).join('');
		for (let at = 0; at < text.length; at += 37) lines.write(text.slice(at, at + 37));
		for (let at = 0; at < octets.length; at += 41) counted.write(octets.slice(at, at + 41));
		lines.end();
		counted.end();
		await until(() => alertsOf('tcp-1'), 100);
		expect(await unparsedOf('tcp-1')).toBe(0);
	});

	it.each(['end', 'resetAndDestroy'] as const)(
		'that ends in the middle of a message (%s) keeps what is whole, and the rest as not understood',
		async (how) => {
			const { port, counts } = await open({ transport: 'tcp', source: source(`tcp-${how.toLowerCase()}`) });
			const socket = await dial(port);
			socket.write(`${cef('w')}\n${cef('half').slice(0, 60)}`);
			await until(() => counts.get('received') ?? 0, 1);
			socket[how]();
			await until(() => unparsedOf(`tcp-${how.toLowerCase()}`), 1);
			await until(() => alertsOf(`tcp-${how.toLowerCase()}`), 1);
		},
	);

	it('waits, and drops nothing, while the database does not take more', async () => {
		let isAway = true;
		const accept: Intake['accept'] = (delivery) =>
			isAway ? Promise.resolve({ kind: 'full' }) : intake.accept(delivery);
		const { port, syslog, dropped } = await open(
			{ transport: 'tcp', source: source('tcp-wait') },
			{ intake: { accept } },
		);
		const socket = await dial(port);
		const padding = 'y'.repeat(1_000);
		const sent = Array.from({ length: 8_000 }, (_, i) => `${cef(`w${i}`)} msg=${padding}\n`).join('');
		let isWritten = false;
		socket.write(sent, () => {
			isWritten = true;
		});
		await pause(500);
		// Nine megabytes do not fit into what waits here and in the sockets: the sender is held up.
		expect(isWritten).toBe(false);
		expect(syslog.buffered()[0]?.[1]).toBeLessThan(1024 * 1024);
		isAway = false;
		await until(() => alertsOf('tcp-wait'), 8_000, 40_000);
		expect(dropped).toEqual([]);
		socket.destroy();
	});

	it('takes a number of connections from one address, and closes the silent', async () => {
		const { port, counts } = await open(
			{ transport: 'tcp', source: source('tcp-limit') },
			{ connectionsPerAddress: 3, idleMs: 300 },
		);
		const sockets = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
		let closed = 0;
		for (const socket of sockets) socket.once('close', () => closed++).on('error', () => undefined);
		for (const socket of sockets) socket.resume();
		await until(() => counts.get('refused') ?? 0, 3);
		await until(() => closed, 6);
		// Those that are gone are not counted any more.
		const again = await dial(port);
		again.write(`${cef('again')}\n`);
		await until(() => alertsOf('tcp-limit'), 1);
		again.destroy();
	});

	it('stores what came when the program stops', async () => {
		const { port, syslog, counts } = await open({ transport: 'tcp', source: source('tcp-stop') });
		const socket = await dial(port);
		socket.on('error', () => undefined);
		socket.write(Array.from({ length: 400 }, (_, i) => `${cef(`s${i}`)}\n`).join(''));
		await until(() => counts.get('received') ?? 0, 400);
		expect(await syslog.stop()).toBe(0);
		expect(await alertsOf('tcp-stop')).toBe(400);
		await expect(dial(port)).rejects.toThrow(/ECONNREFUSED/);
	});

	it('says in words where it cannot listen, and leaves nothing open', async () => {
		const { port } = await open({ transport: 'tcp', source: source('x') });
		await expect(open({ name: 'syslog:tcp:second', transport: 'tcp', port })).rejects.toThrow(
			/syslog:tcp:second cannot listen at 127.0.0.1 port \d+: .*EADDRINUSE/,
		);
	});
});

describe('syslog over TLS', () => {
	const tls = (clientCa: string | null) => ({ cert: server.cert, key: server.key, clientCa });
	const dialTls = (port: number, client: Pair | null): Promise<Socket> =>
		new Promise((done, fail) => {
			const pair = client === null ? {} : { cert: client.cert, key: client.key };
			const socket = connectTls({ port, host: '127.0.0.1', ca: authority.ca, ...pair }, () => done(socket)).on(
				'error',
				fail,
			);
		});

	it('is taken as over TCP', async () => {
		const { port } = await open({ transport: 'tls', tls: tls(null), source: source('tls-1') });
		const socket = await dialTls(port, null);
		socket.end(`${Buffer.byteLength(cef('t'))} ${cef('t')}`);
		await until(() => alertsOf('tls-1'), 1);
	});

	it('with a CA for clients takes only theirs, and tells of the others', async () => {
		const other = openAuthority();
		const { port, refused } = await open({ transport: 'tls', tls: tls(authority.ca), source: source('tls-2') });
		for (const client of [null, other.issue('stranger')]) {
			const socket = await dialTls(port, client).catch(() => null);
			socket?.on('error', () => undefined);
			socket?.write(`${cef('stranger')}\n`);
		}
		(await dialTls(port, authority.issue('sensor'))).end(`${cef('known')}\n`);
		await until(() => alertsOf('tls-2'), 1);
		await until(() => refused.length, 2);
		expect(refused.join('\n')).toMatch(/no client certificate[\s\S]*not signed/);
		expect(await unparsedOf('syslog:test')).toBe(0);
		other.remove();
	});

	it('brings the certificate to its source', async () => {
		const own = authority.issue('own');
		const credential = { type: 'mtls', fingerprints: [own.fingerprint], subject: null } as const;
		const { port, refused } = await open({
			name: 'syslog:tls-3',
			transport: 'tls',
			tls: tls(authority.ca),
			source: source('tls-3', { credential }),
		});
		(await dialTls(port, own)).end(`${cef('own')}\n`);
		(await dialTls(port, authority.issue('neighbour'))).end(`${cef('neighbour')}\n`);
		await until(() => alertsOf('tls-3'), 1);
		await until(() => unparsedOf('syslog:tls-3'), 1);
		expect(refused).toEqual([expect.stringContaining('tls-3 127.0.0.1')]);
	});

	it.skipIf(!existsSync('/usr/bin/openssl'))('is understood by openssl s_client', async () => {
		const client = authority.issue('openssl');
		const { port } = await open({ transport: 'tls', tls: tls(authority.ca), source: source('tls-openssl') });
		const child = spawn(
			'openssl',
			[
				's_client',
				'-quiet',
				'-connect',
				`127.0.0.1:${port}`,
				'-CAfile',
				authority.caFile,
				'-verify_return_error',
				'-cert',
				client.certFile,
				'-key',
				client.keyFile,
			],
			{ stdio: ['pipe', 'ignore', 'ignore'] },
		);
		child.stdin.write(`${cef('o1')}\n${cef('o2')}\n`);
		await until(() => alertsOf('tls-openssl'), 2);
		child.kill();
	});
});

// util-linux logger is on every Debian; it speaks syslog as other people wrote it.
describe.skipIf(!existsSync('/usr/bin/logger'))('the messages of logger(1)', () => {
	const logger = promisify(execFile);
	const TEXT = 'CEF:0|Acme|Wall|1|7|Port scan|8|src=10.1.1.9';
	it.each([
		['UDP, RFC 3164', 'udp', ['-d', '--rfc3164']],
		['UDP, RFC 5424', 'udp', ['-d', '--rfc5424']],
		['TCP in lines, RFC 3164', 'tcp', ['-T', '--rfc3164']],
		['TCP in lines, RFC 5424', 'tcp', ['-T', '--rfc5424']],
		['TCP counted, RFC 3164', 'tcp', ['-T', '--octet-count', '--rfc3164']],
		['TCP counted, RFC 5424', 'tcp', ['-T', '--octet-count', '--rfc5424']],
	] as const)('over %s become an alert', async (title, transport, args) => {
		const name = `logger-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
		const { port, counts } = await open({ transport, source: source(name) });
		await logger('logger', ['-n', '127.0.0.1', '-P', String(port), ...args, '-p', 'local4.warning', TEXT]);
		await until(() => counts.get('received') ?? 0, 1);
		await until(() => alertsOf(name), 1);
		expect(await unparsedOf(name)).toBe(0);
	});
});
