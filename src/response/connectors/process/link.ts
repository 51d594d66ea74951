// The program's end of the channel to the process of one connector: started when it is first needed, and again when it is gone. Questions
// in, answers or `Gone` out; what they mean is connector-process.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Channel, openChannel } from './channel.ts';
import { type LOOKS, Reply } from './message.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** Until a process has said that it is ready. */
const START_MS = 20_000;
/** So long a process has to end by itself once its channel is closed. */
const END_MS = 2_000;
/** Longer than any connector takes with all its tries (retry.ts), and a minute for the longest configured timeout. */
const ANSWER_MS = 120_000;
/** Deaths within the window after which nothing is started for a while. */
const DEATHS_MAX = 3;
const DEATHS_WINDOW_MS = 60_000;
const STDERR_MAX = 2_000;
/** Number of the channel's pipe in the process, behind stdin, stdout and stderr. */
const CHANNEL_FD = 3;
/** Looks that a process may wait for at a time: a call takes a few, one after another. */
const LOOKS_MAX = 50;
/** What a process needs of ours to reach anything: its time zone and the site's certificate authorities. Nothing else of the environment. */
const AUTHORITIES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
const PASSED_ON = ['TZ', ...AUTHORITIES];

/** The process went away, or never came: `isSent` says whether a question had reached it. */
export class Gone extends Error {
	readonly isSent: boolean;
	constructor(reason: string, isSent: boolean) {
		super(reason);
		this.isSent = isSent;
	}
}

export type Link = {
	/** @throws Gone */
	ask(question: object): Promise<unknown>;
	/** Process id while there is one. */
	pid(): number | null;
	stop(): Promise<void>;
};

type Waiting = { readonly done: (value: unknown) => void; readonly fail: (reason: Gone) => void };
type Running = {
	readonly child: ChildProcess;
	readonly channel: Channel;
	readonly ready: Promise<void>;
	readonly waiting: Map<number, Waiting>;
};

/** A look into the ledger that a process asks for: null where it is not allowed. */
export type Look = (name: (typeof LOOKS)[number], step: string) => Promise<object | null>;

export type LinkWish = {
	/** What the process is told before anything else. */
	readonly first: () => object;
	readonly look: Look;
	/** Files that it may read beside the program. */
	readonly files: readonly string[];
	/** Is told, in words, when a process ends by itself. */
	readonly onFault: (reason: string) => void;
	readonly now: () => number;
};

/** Opens nothing yet: the process starts with the first question. */
export function openLink(wish: LinkWish): Link {
	const { now } = wish;
	let running: Running | null = null;
	let deaths: number[] = [];
	let count = 0;
	const start = (): Running => {
		// A clock that was set back makes no minute longer.
		deaths = deaths.filter((at) => Math.abs(now() - at) < DEATHS_WINDOW_MS);
		if (deaths.length >= DEATHS_MAX) throw new Gone('its process ends again and again: left alone for a minute', false);
		const begun = begin(wish, (why) => {
			if (running !== begun) return;
			running = null;
			deaths.push(now());
			wish.onFault(why);
		});
		return begun;
	};
	return {
		async ask(question) {
			running ??= start();
			const { child, channel, ready, waiting } = running;
			await ready;
			const id = count++;
			return await new Promise((done, fail) => {
				const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
				const settled = <T>(settle: (value: T) => void) => {
					return (value: T): void => {
						clearTimeout(timer);
						settle(value);
					};
				};
				waiting.set(id, { done: settled(done), fail: settled(fail) });
				channel.send({ ...question, id }, (error) => {
					if (error === null || !waiting.delete(id)) return;
					settled(fail)(new Gone('its process could not be asked', false));
				});
			});
		},
		pid: () => running?.child.pid ?? null,
		async stop() {
			const held = running;
			running = null;
			if (held === null || held.child.exitCode !== null || held.child.signalCode !== null) return;
			const ended = new Promise((done) => held.child.once('exit', done));
			// It ends by itself when the channel closes; a call that is under way does not hold up the program.
			held.channel.close();
			killSoon(held.child);
			await ended;
		},
	};
}

/** Starts one process; `onEnd` is called once, with why it ended. */
function begin({ first, look, files }: LinkWish, onEnd: (why: string) => void): Running {
	const child = spawnMain(files);
	const waiting = new Map<number, Waiting>();
	const kill = (): void => void child.kill('SIGKILL');
	const started = Promise.withResolvers<void>();
	let stderr = '';
	child.stderr?.on('data', (part: Buffer) => {
		stderr = `${stderr}${part.toString('utf8')}`.slice(-STDERR_MAX);
	});
	const timer = setTimeout(kill, START_MS);
	let isReady = false;
	let looking = 0;
	/** False for what does not keep to the form, was not asked for, or is too much: then the process is not listened to any longer. */
	const hear = (message: unknown): boolean => {
		const reply = Reply.safeParse(message);
		if (!reply.success) return false;
		const said = reply.data;
		if (said.op === 'ready') {
			if (isReady) return false;
			isReady = true;
			clearTimeout(timer);
			started.resolve();
			return true;
		}
		if (said.op === 'look') {
			// It looks only while it works at something.
			if (waiting.size === 0 || looking >= LOOKS_MAX) return false;
			looking++;
			void answerLook(channel, look, said, () => looking--);
			return true;
		}
		const one = waiting.get(said.id);
		if (one === undefined) return false;
		waiting.delete(said.id);
		if (said.op === 'answer') one.done(said.value);
		else one.fail(new Gone(`a fault in its process: ${said.reason}`, true));
		return true;
	};
	const channel = openChannel(pipeOf(child), {
		onMessage: (message) => void (hear(message) || kill()),
		onFault: kill,
		// Whoever closed the channel: without it the process is of no use, and whatever it still does must not hold up anybody.
		onClose: () => killSoon(child),
	});
	let isOver = false;
	const end = (why: string): void => {
		if (isOver) return;
		isOver = true;
		clearTimeout(timer);
		onEnd(stderr === '' ? why : `${why}: ${(stderr.trim().split('\n').at(-1) ?? '').slice(0, 200)}`);
		started.reject(new Gone(`its process did not start: ${why}`, false));
		for (const one of waiting.values()) one.fail(new Gone('its process ended before it answered', true));
		waiting.clear();
	};
	child.on('error', (error) => {
		end(error.name);
		kill();
	});
	child.on('exit', (code, signal) => end(signal ?? `code ${code}`));
	// Looked at by whoever asks; a start that fails with nobody asking is told by onEnd.
	started.promise.catch(() => undefined);
	channel.send(first(), (error) => {
		if (error !== null) kill();
	});
	return { child, channel, ready: started.promise, waiting };
}

function killSoon(child: ChildProcess): void {
	setTimeout(() => child.kill('SIGKILL'), END_MS).unref();
}

/** @param then once the process has the answer: one that asks and does not read would fill our memory with answers */
async function answerLook(
	channel: Channel,
	look: Look,
	{ id, name, step }: { readonly id: number; readonly name: (typeof LOOKS)[number]; readonly step: string },
	then: () => void,
): Promise<void> {
	const value = await look(name, step).catch(() => null);
	// A process that is gone by now is told about by `exit`.
	channel.send({ op: 'seen', id, value }, then);
}

/** Node's permission model: it can write nothing, start nothing, load nothing native, and read nothing but the program itself. */
function spawnMain(files: readonly string[]): ChildProcess {
	// There Node's own channel reads: this is how it is told where (docs of child_process.fork).
	const env: Record<string, string> = { NODE_CHANNEL_FD: String(CHANNEL_FD) };
	for (const name of PASSED_ON) {
		const value = process.env[name];
		if (value !== undefined) env[name] = value;
	}
	const readable = [
		ROOT,
		realpathSync(`${ROOT}node_modules`),
		...files,
		...AUTHORITIES.flatMap((name) => env[name] ?? []),
	];
	// From Node 25 on the network needs a word of its own; before, the flag is unknown.
	const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
	const flags = ['--permission', ...net, ...readable.map((path) => `--allow-fs-read=${path}`)];
	return spawn(process.execPath, [...flags, MAIN], { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
}

/** @throws TypeError where the process was started without the pipe */
function pipeOf(child: ChildProcess): Duplex {
	const pipe = child.stdio[CHANNEL_FD];
	if (!(pipe instanceof Duplex)) throw new TypeError('the process has no channel');
	return pipe;
}
