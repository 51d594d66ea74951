// The servers of the bench, each in processes of its own, and what they take of memory. Linux: memory is read from /proc.
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HOSTS, hostName } from './body.ts';

export const SERVER_NAMES = ['bare', 'alertmanager', 'floor', 'door', 'whole'] as const;
/**
 * bare          node:http parses the body and answers
 * alertmanager  POST /api/v2/alerts of the Debian package
 * floor         node:http and postgres.js: parse, hash, insert
 * door          `interlock serve --role intake`: the real program where the roles are processes of their own
 * whole         `interlock serve`: all roles in one process, so that triage, correlation and chat work at the same time
 */
export type ServerName = (typeof SERVER_NAMES)[number];

export type Memory = {
	/** Resident MiB of the server's own process. */
	readonly own: number;
	/** MiB of the PostgreSQL behind it, shared pages counted once; 0 without one. */
	readonly database: number;
};

export type Server = {
	readonly name: ServerName;
	readonly port: number;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	memory(): Memory;
	stop(): Promise<void>;
};

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOKEN = 'a-token-of-the-intake-bench';
const START_MS = 30_000;
const ALERTMANAGER = ['prometheus-alertmanager', 'alertmanager'];

/** Null where the server cannot be started here; the reason is told. */
export async function startServer(name: ServerName): Promise<Server | null> {
	const folder = mkdtempSync(join(tmpdir(), `interlock-bench-${name}-`));
	chmodSync(folder, 0o711);
	switch (name) {
		case 'bare':
			return forked(name, 'bare.ts', folder);
		case 'floor':
			return forked(name, 'floor.ts', folder);
		case 'alertmanager':
			return startAlertmanager(folder);
		case 'door':
			return startInterlock(name, folder, ['--role', 'intake']);
		case 'whole':
			return startInterlock(name, folder, []);
	}
}

async function forked(name: ServerName, file: string, folder: string): Promise<Server> {
	const child = fork(fileURLToPath(new URL(file, import.meta.url)), [folder], { env: cleanEnv({}) });
	const port = await new Promise<number>((done, fail) => {
		child.once('message', (message: { port: number }) => done(message.port));
		child.once('exit', (code) => fail(new Error(`${name} ended with ${code} before it listened`)));
	});
	return {
		name,
		port,
		path: '/',
		headers: {},
		memory: () => memoryOf(child, folder),
		async stop() {
			child.disconnect();
			await ended(child);
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

async function startAlertmanager(folder: string): Promise<Server | null> {
	const command = ALERTMANAGER.find((name) => spawnSync(name, ['--version']).error === undefined);
	if (command === undefined) {
		console.error(
			'!!!! Alertmanager is not installed: it is NOT measured, and nothing is said about it. Debian: apt-get install prometheus-alertmanager',
		);
		return null;
	}
	const config = join(folder, 'alertmanager.yml');
	writeFileSync(
		config,
		'route: {receiver: none, group_by: [alertname, instance], group_wait: 30s, group_interval: 5m}\nreceivers: [{name: none}]\n',
	);
	const port = await freePort();
	const child = spawn(
		command,
		[
			`--config.file=${config}`,
			`--storage.path=${join(folder, 'data')}`,
			`--web.listen-address=127.0.0.1:${port}`,
			'--cluster.listen-address=',
			'--log.level=error',
		],
		{ stdio: ['ignore', 'ignore', 'inherit'], env: cleanEnv({}) },
	);
	await untilUp(child, `http://127.0.0.1:${port}/-/ready`);
	return {
		name: 'alertmanager',
		port,
		path: '/api/v2/alerts',
		headers: {},
		memory: () => memoryOf(child, folder),
		stop: () => stopped(child, folder),
	};
}

async function startInterlock(name: ServerName, folder: string, args: string[]): Promise<Server> {
	const [data, config] = [join(folder, 'data'), join(folder, 'config')];
	mkdirSync(data);
	mkdirSync(config);
	writeFileSync(join(config, 'inventory.yaml'), inventory());
	const [port, slackPort] = [await freePort(), await freePort()];
	const child = spawn(process.execPath, [...profiling(name), join(ROOT, 'src/main.ts'), 'serve', ...args], {
		cwd: ROOT,
		stdio: ['ignore', 'ignore', 'inherit'],
		env: cleanEnv({
			PORT: String(port),
			SLACK_PORT: String(slackPort),
			INTERLOCK_DATA: data,
			INTERLOCK_CONFIG: config,
			INTERLOCK_TOKEN: TOKEN,
			LOG_LEVEL: 'warn',
		}),
	});
	await untilUp(child, `http://127.0.0.1:${port}/readyz`);
	return {
		name,
		port,
		path: '/v1/alerts/alertmanager',
		headers: { authorization: `Bearer ${TOKEN}` },
		memory: () => memoryOf(child, folder),
		stop: () => stopped(child, folder),
	};
}

/** `BENCH_PROFILE=FOLDER` writes CPU profiles of the program there when it ends, one a thread. */
function profiling(name: ServerName): string[] {
	const folder = process.env['BENCH_PROFILE'];
	return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(folder, name)}`];
}

/** The hosts that the bodies name: known assets, as in a plant that has its inventory. */
function inventory(): string {
	const assets = Array.from(
		{ length: HOSTS },
		(_, i) =>
			`  - { id: ${hostName(i)}, hostname: ${hostName(i)}.north.example, ip: 10.9.1.${i + 1}, site: north, zone: press, purdue: 3, kind: server, domain: ot }`,
	);
	return `zones:\n  - { id: press, name: Press shop, site: north, purdue: 3, ranges: [10.9.1.0/24] }\nassets:\n${assets.join('\n')}\n`;
}

function cleanEnv(env: Readonly<Record<string, string>>): Record<string, string> {
	return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? tmpdir(), ...env };
}

async function untilUp(child: ChildProcess, url: string): Promise<void> {
	const end = Date.now() + START_MS;
	while (Date.now() < end) {
		if (child.exitCode !== null) throw new Error(`${url}: the server ended with ${child.exitCode}`);
		const isUp = await fetch(url).then(
			(response) => response.ok,
			() => false,
		);
		if (isUp) return;
		await sleep(50);
	}
	throw new Error(`${url}: no answer after ${START_MS / 1000} s`);
}

async function stopped(child: ChildProcess, folder: string): Promise<void> {
	child.kill('SIGTERM');
	await ended(child);
	rmSync(folder, { recursive: true, force: true });
}

function ended(child: ChildProcess): Promise<void> {
	return new Promise((done) => {
		if (child.exitCode !== null || child.signalCode !== null) done();
		else child.once('exit', () => done());
	});
}

function memoryOf(child: ChildProcess, folder: string): Memory {
	return { own: kib(`/proc/${child.pid}/status`, /^VmRSS:\s+(\d+)/m) / 1024, database: databaseMemory(folder) };
}

/** The sum of the proportional sizes of the server that runs in this folder. */
function databaseMemory(folder: string): number {
	const file = [join(folder, 'pg/postmaster.pid'), join(folder, 'data/pg/postmaster.pid')].find(existsSync);
	if (file === undefined) return 0;
	const postmaster = readFileSync(file, 'utf8').split('\n')[0] ?? '';
	const parts = readdirSync('/proc').filter((pid) => pid === postmaster || parentOf(pid) === postmaster);
	return parts.reduce((sum, pid) => sum + kib(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+)/m), 0) / 1024;
}

function parentOf(pid: string): string | null {
	if (!/^\d+$/.test(pid)) return null;
	return /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? null;
}

function kib(path: string, pattern: RegExp): number {
	return Number(pattern.exec(read(path))?.[1] ?? 0);
}

function read(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return ''; // the process is gone
	}
}

function freePort(): Promise<number> {
	return new Promise((done, fail) => {
		const server = createServer();
		server.once('error', fail);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}
