// The real program as child processes, for the tests of the whole: its own data folder and ports that stay the same over restarts. Slack's
// stand-in and the target of the connectors live in the test process, so that they survive what is done to the program.
import { type ChildProcess, spawn } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { outsideChat } from '../../src/cli/demo-outside.ts';
import { LOCAL_CHANNELS } from '../../src/cli/local.ts';
import { loadConfig } from '../../src/config/config.ts';
import { fileReader } from '../../src/config/read-folder.ts';
import type { Outside } from '../../src/demo/acted-people.ts';
import { demoPeople } from '../../src/demo/plant.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { startTarget, type Target } from '../../src/demo/target.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LAUNCHER = join(ROOT, 'bin/interlock.mjs');
const PLANT = join(ROOT, 'src/demo/plant');
/** From start to answering /readyz, also after a crash (issue: the next start recovers). */
export const RECOVER_MS = 20_000;
/** After a stop or a kill nothing of ours may live longer. */
export const GONE_MS = 10_000;
const SAID_MAX = 200_000;

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One started process: the program, or npm or a shell around it. */
export type Child = {
	readonly pid: number;
	/** Standard output so far. */
	out(): string;
	/** Standard error so far: also the log. */
	err(): string;
	readonly exited: Promise<Exit>;
	hasExited(): boolean;
	/** To the process alone. */
	signal(signal: NodeJS.Signals): void;
	/** To its whole process group: what a terminal does on Ctrl-C. */
	signalGroup(signal: NodeJS.Signals): void;
};

export type World = {
	readonly folder: string;
	readonly dataFolder: string;
	readonly configFolder: string;
	readonly slack: LocalSlack;
	readonly target: Target;
	readonly token: string;
	readonly signingSecret: string;
	readonly door: string;
	readonly slackDoor: string;
	/** Of every process of this world; a test may start one with more. */
	readonly env: Readonly<Record<string, string>>;
	/** Starts a long-lived process; `serve` without words. */
	start(args?: readonly string[], env?: Readonly<Record<string, string>>): Child;
	/** Starts, and waits until /readyz says yes. */
	ready(args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Child>;
	/** Runs a command to its end. */
	run(
		args: readonly string[],
		env?: Readonly<Record<string, string>>,
	): Promise<{ code: number | null; out: string; err: string }>;
	/** A connection to the embedded server that runs now; another one after a restart. Throws while none runs. */
	database(): Promise<Database>;
	post(
		source: string,
		body: string | object,
		headers?: Record<string, string>,
	): Promise<{ status: number; body: unknown }>;
	/** Kills what lives, closes what listens, removes the folder. */
	close(): Promise<void>;
};

export type WorldOptions = {
	readonly env?: Readonly<Record<string, string>>;
	/** Changes the copy of the demo's plant before anything starts. */
	readonly prepare?: (configFolder: string) => void;
	/** Without the Slack variables: the program opens its own stand-in. */
	readonly isWithoutSlack?: boolean;
};

/** How the acted people type on the command line of this world's server; while no database runs it comes to nothing. */
export function outsideOf(world: World): Outside {
	const config = loadConfig(world.env, fileReader, Date.now());
	if (!config.ok) throw new Error(JSON.stringify(config.error));
	return outsideChat(config.value, () => world.database());
}

export async function freePort(): Promise<number> {
	return new Promise((done, fail) => {
		const server = createServer();
		server.once('error', fail);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
}

/** A folder that the embedded server's account may pass through, whoever runs the tests. */
export function temporaryFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-e2e-'));
	chmodSync(folder, 0o711);
	return folder;
}

/** Nothing of the machine's own settings reaches the program. */
export function cleanEnv(env: Readonly<Record<string, string>>): Record<string, string> {
	return {
		PATH: process.env['PATH'] ?? '/usr/bin:/bin',
		HOME: process.env['HOME'] ?? tmpdir(),
		TMPDIR: tmpdir(),
		LOG_LEVEL: 'warn',
		...env,
	};
}

export function launch(command: string, args: readonly string[], env: Record<string, string>, cwd = ROOT): Child {
	const child: ChildProcess = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
	const said = { out: '', err: '' };
	child.stdout?.on('data', (chunk: Buffer) => {
		said.out = (said.out + chunk.toString('utf8')).slice(-SAID_MAX);
	});
	child.stderr?.on('data', (chunk: Buffer) => {
		said.err = (said.err + chunk.toString('utf8')).slice(-SAID_MAX);
	});
	let exit: Exit | null = null;
	const exited = new Promise<Exit>((done, fail) => {
		child.once('error', fail);
		child.once('exit', (code, signal) => {
			exit = { code, signal };
			done(exit);
		});
	});
	exited.catch(() => undefined);
	const pid = child.pid ?? 0;
	const send = (to: number, signal: NodeJS.Signals): void => {
		if (pid === 0) return;
		try {
			process.kill(to, signal);
		} catch {
			// Gone already: what was wanted.
		}
	};
	return {
		pid,
		out: () => said.out,
		err: () => said.err,
		exited,
		hasExited: () => exit !== null,
		signal: (signal) => send(pid, signal),
		signalGroup: (signal) => send(-pid, signal),
	};
}

/** Waits until `look` gives something; ends in words with what was seen last. */
export async function until<T>(
	what: string,
	look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
	timeoutMs = 20_000,
	told: () => string = () => '',
): Promise<T> {
	const end = Date.now() + timeoutMs;
	let last: unknown = null;
	for (;;) {
		try {
			const found = await look();
			if (found) return found;
		} catch (error) {
			last = error;
		}
		if (Date.now() > end)
			throw new Error(`not within ${timeoutMs} ms: ${what}${last === null ? '' : ` (${String(last)})`} ${told()}`);
		await sleep(50);
	}
}

/** Processes that belong to a folder: by their working folder, their arguments or their environment. Linux. */
export function livingIn(folder: string): { pid: number; what: string }[] {
	const read = (path: string): string => {
		try {
			return readFileSync(path, 'latin1');
		} catch {
			return ''; // gone meanwhile, or somebody else's
		}
	};
	const linked = (path: string): string => {
		try {
			return readlinkSync(path);
		} catch {
			return '';
		}
	};
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.filter((pid) => !read(`/proc/${pid}/stat`).includes(') Z '))
		.filter((pid) => {
			const places = [linked(`/proc/${pid}/cwd`), read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)];
			return places.some((text) => text.includes(folder));
		})
		.map((pid) => ({ pid: Number(pid), what: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 120) }));
}

/** Rejects with the names of those that are still there after the time. */
export async function nothingLivesIn(folder: string, timeoutMs = GONE_MS): Promise<true> {
	return until(
		`no process of ${folder}`,
		() => livingIn(folder).length === 0,
		timeoutMs,
		() => JSON.stringify(livingIn(folder)),
	);
}

function copyPlant(configFolder: string, target: string): void {
	cpSync(PLANT, configFolder, { recursive: true });
	for (const name of readdirSync(configFolder)) {
		const file = join(configFolder, name);
		writeFileSync(file, readFileSync(file, 'utf8').replaceAll('@TARGET@', target));
	}
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
	const folder = temporaryFolder();
	const [dataFolder, configFolder] = [join(folder, 'data'), join(folder, 'config')];
	const token = 'a-token-of-the-whole-programs-tests';
	const signingSecret = 'a-signing-secret-of-the-tests';
	const [port, slackPort] = [await freePort(), await freePort()];
	const slackDoor = `http://127.0.0.1:${slackPort}/slack/events`;
	const target = await startTarget('target-token-of-the-tests');
	const tokens = { botToken: 'xoxb-of-the-tests', appToken: 'xapp-of-the-tests', signingSecret };
	const slack = await startLocalSlack({
		...tokens,
		port: 0,
		team: { id: 'T0LOCAL', name: 'Nordhafen', domain: 'nordhafen' },
		people: demoPeople().flatMap((person) =>
			person.slack === null ? [] : [{ id: person.slack, name: person.id, realName: person.name }],
		),
		channels: LOCAL_CHANNELS.map((name) => ({ name })),
		groups: [],
		eventsUrl: slackDoor,
		rateLimits: null,
	});
	mkdirSync(dataFolder);
	copyPlant(configFolder, target.url);
	options.prepare?.(configFolder);
	const env = cleanEnv({
		PORT: String(port),
		SLACK_PORT: String(slackPort),
		INTERLOCK_DATA: dataFolder,
		INTERLOCK_CONFIG: configFolder,
		INTERLOCK_TOKEN: token,
		DEMO_TARGET_TOKEN: 'target-token-of-the-tests',
		...(options.isWithoutSlack
			? {}
			: { SLACK_BOT_TOKEN: tokens.botToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: slack.apiUrl }),
		...options.env,
	});
	const door = `http://127.0.0.1:${port}`;
	const started: Child[] = [];
	const databases = createDatabases(dataFolder);
	const start: World['start'] = (args = ['serve'], more = {}) => {
		// As behind the launcher: should this test process die, the program ends with it.
		const parent = { INTERLOCK_PARENT: String(process.pid) };
		const child = launch(process.execPath, [LAUNCHER, ...args], { ...env, ...parent, ...more });
		started.push(child);
		return child;
	};
	return {
		folder,
		dataFolder,
		configFolder,
		slack,
		target,
		token,
		signingSecret,
		door,
		slackDoor,
		env,
		start,
		async ready(args, more) {
			const child = start(args, more);
			await untilReady(child, door);
			return child;
		},
		async run(args, more) {
			const child = start(args, more);
			const { code } = await child.exited;
			// What was written last may arrive after the exit.
			await sleep(20);
			return { code, out: child.out(), err: child.err() };
		},
		database: databases.open,
		async post(source, body, headers = {}) {
			const response = await fetch(`${door}/v1/alerts/${source}`, {
				method: 'POST',
				headers: { authorization: `Bearer ${token}`, ...headers },
				body: typeof body === 'string' ? body : JSON.stringify(body),
			});
			const text = await response.text();
			return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
		},
		async close() {
			await databases.close();
			for (const child of started) if (!child.hasExited()) child.signal('SIGKILL');
			await nothingLivesIn(folder).catch(() => {
				for (const { pid } of livingIn(folder)) process.kill(pid, 'SIGKILL');
			});
			await slack.close();
			await target.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Resolves with the milliseconds it took. */
export async function untilReady(child: Child, door: string, timeoutMs = RECOVER_MS): Promise<number> {
	const began = Date.now();
	await until(
		'ready',
		async () => {
			if (child.hasExited()) return true;
			return (await fetch(`${door}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
		},
		timeoutMs,
		() => child.err().slice(-3_000),
	);
	if (child.hasExited()) throw new Error(`the program ended before it was ready: ${child.err().slice(-3_000)}`);
	return Date.now() - began;
}

/** Where the embedded server listens, as its owner would find it: the password in the data folder, the port in its pid file. */
export function embeddedUrl(dataFolder: string): string | null {
	const pidFile = join(dataFolder, 'pg', 'postmaster.pid');
	if (!existsSync(pidFile)) return null;
	const port = Number(readFileSync(pidFile, 'utf8').split('\n')[3]);
	const password = readFileSync(join(dataFolder, 'pg-password'), 'utf8').trim();
	return port > 0 ? `postgres://interlock:${password}@127.0.0.1:${port}/interlock` : null;
}

function createDatabases(dataFolder: string): { open(): Promise<Database>; close(): Promise<void> } {
	let held: Database | null = null;
	return {
		async open() {
			const url = embeddedUrl(dataFolder);
			if (url === null) throw new Error('no database runs');
			if (held?.url === url) return held;
			await held?.close();
			held = openDatabase(url, null);
			return held;
		},
		async close() {
			await held?.close();
			held = null;
		},
	};
}
