// The door in threads of its own, one port for all: started, asked and stopped here. What a thread does is door-thread.ts; what follows
// from what it tells (metrics, entries, faults) is decided by the caller.
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { InventoryData } from '../domain/asset.ts';
import type { NamedMapping } from '../domain/mapping.ts';
import type { Topic } from '../domain/topic.ts';
import type { DoorSource, ListAnswer, ListRequest, Statement, StatementAnswer } from './http.ts';
import type { TlsPair } from './tls.ts';

/** Only where no port was asked for. */
const PORT_TRIES_MAX = 5;
/** More threads than this wait for the database. */
const THREADS_MAX = 2;
/**
 * MiB of a thread's heap. Without limits V8 lets garbage lie as long as the machine has memory; a thread needs a fraction of it, its
 * largest bodies (32 MiB) included, and those are parsed in threads of their own.
 */
const YOUNG_MIB = 64;
const OLD_MIB = 1_024;

/** What a thread is started with: plain data, secrets revealed (they stay in this process). */
export type ThreadStart = {
	readonly databaseUrl: string;
	readonly databaseRole: string | null;
	readonly sources: readonly DoorSource[];
	readonly hasAliases: boolean;
	readonly mappings: readonly NamedMapping[];
	readonly inventory: InventoryData;
	readonly port: number;
	/** Whether other threads listen on the same port. */
	readonly isShared: boolean;
	readonly threads: number;
	readonly tls: TlsPair | null;
	readonly trustedProxies: readonly string[];
	readonly bodyMax: number;
	readonly alertsMax: number;
	/** One number for all threads: until when the flood keeps quiet for a safety alarm (intake.ts). */
	readonly calm: SharedArrayBuffer;
	/** Whether people may state facts here. */
	readonly hasStatements: boolean;
	/** Whether firewalls may fetch lists here. */
	readonly hasLists: boolean;
};

export type Answered = readonly [status: number, ms: number];
export type FromThread =
	| { readonly what: 'listening'; readonly port: number | null; readonly error: string | null }
	| { readonly what: 'answered'; readonly answered: readonly Answered[] }
	| { readonly what: 'topics'; readonly topics: readonly Topic[] }
	| { readonly what: 'protocol'; readonly source: string; readonly note: string }
	| { readonly what: 'error'; readonly error: string }
	| { readonly what: 'fault' | 'metrics'; readonly id: number }
	| { readonly what: 'refused'; readonly id: number; readonly refused: readonly [string, string, string] }
	| { readonly what: 'statement'; readonly id: number; readonly statement: Statement }
	| { readonly what: 'list'; readonly id: number; readonly request: ListRequest }
	| { readonly what: 'done'; readonly id: number; readonly gathered: number; readonly error: string | null };
export type ToThread =
	| { readonly what: 'answer'; readonly id: number; readonly answer: string | boolean | null }
	| { readonly what: 'figures' | 'heard' | 'stop'; readonly id: number };

export type DoorThreads = {
	readonly port: number;
	/** Messages that wait for a commit, in all threads; what they answered until now has been told. */
	gathered(): Promise<number>;
	/** Resolves when everybody who was heard is written down. */
	heard(): Promise<void>;
	/** Resolves when no connection is open, everything accepted is committed and the threads are gone. */
	stop(): Promise<void>;
};

export type DoorThreadsOptions = Omit<ThreadStart, 'isShared' | 'threads' | 'hasStatements' | 'hasLists'> & {
	readonly fault: () => string | null;
	readonly metrics: () => Promise<string>;
	/** Counts a wrong credential; true where its sender is over the limit. */
	readonly countRefused: (source: string, address: string, reason: string) => boolean;
	readonly onTopics: (topics: readonly Topic[]) => void;
	readonly onProtocol: (source: string, note: string) => void;
	/** What a person states with their own token; without it nobody can here. */
	readonly onStatement?: (statement: Statement) => Promise<StatementAnswer>;
	/** Gives a list to a firewall; without it there are none. */
	readonly onList?: (request: ListRequest) => Promise<ListAnswer>;
	readonly onError: (error: unknown) => void;
	readonly onAnswer: (status: number, ms: number) => void;
};

type Thread = { readonly worker: Worker; readonly asked: Map<number, Asked>; isStopping: boolean };
type Asked = { done(gathered: number): void; fail(error: Error): void };

/**
 * Starts the threads and resolves when all listen. A thread that dies of itself ends the program, as a fault in the program's own thread does.
 *
 * @throws the error of listening: the port is taken, may not be used
 */
export async function openDoorThreads(options: DoorThreadsOptions): Promise<DoorThreads> {
	for (let tries = 1; ; tries++) {
		try {
			return await openOnce(options);
		} catch (error) {
			// Any free port will do, and the one that was found has gone to somebody else in between.
			const isTaken = error instanceof Error && error.message.includes('EADDRINUSE');
			if (options.port !== 0 || !isTaken || tries >= PORT_TRIES_MAX) throw error;
		}
	}
}

async function openOnce(options: DoorThreadsOptions): Promise<DoorThreads> {
	// Only these systems share a port between listeners.
	const canShare = process.platform === 'linux' || process.platform === 'freebsd';
	const count = canShare ? Math.max(1, Math.min(THREADS_MAX, availableParallelism() - 1)) : 1;
	const threads: Thread[] = [];
	let nextId = 0;
	// A shared port would be shared with any other program of this account: first it has to be free.
	let port = count > 1 ? await freePort(options.port) : options.port;
	const ask = (thread: Thread, what: 'figures' | 'heard' | 'stop'): Promise<number> =>
		new Promise((done, fail) => {
			const id = nextId++;
			thread.asked.set(id, { done, fail });
			thread.worker.postMessage({ what, id } satisfies ToThread);
		});
	const stop = async (): Promise<void> => {
		for (const thread of threads) thread.isStopping = true;
		await Promise.all(
			threads.map(async (thread) => {
				await ask(thread, 'stop');
				await thread.worker.terminate();
			}),
		);
	};
	try {
		for (let i = 0; i < count; i++) {
			const opened = await openThread({ ...startOf(options), port, isShared: count > 1, threads: count }, options);
			threads.push(opened.thread);
			port = opened.port;
		}
	} catch (error) {
		await Promise.all(threads.map(({ worker }) => worker.terminate()));
		throw error;
	}
	return {
		port,
		async gathered() {
			const all = await Promise.all(threads.map((thread) => ask(thread, 'figures')));
			return all.reduce((sum, one) => sum + one, 0);
		},
		async heard() {
			await Promise.all(threads.map((thread) => ask(thread, 'heard')));
		},
		stop,
	};
}

/** The part that is plain data: functions do not go to a thread. */
function startOf(options: DoorThreadsOptions): Omit<ThreadStart, 'isShared' | 'threads'> {
	const { databaseUrl, databaseRole, sources, hasAliases, mappings, inventory, port, tls } = options;
	const { trustedProxies, bodyMax, alertsMax, calm } = options;
	return {
		databaseUrl,
		databaseRole,
		sources,
		hasAliases,
		mappings,
		inventory,
		port,
		tls,
		trustedProxies,
		bodyMax,
		alertsMax,
		calm,
		hasStatements: options.onStatement !== undefined,
		hasLists: options.onList !== undefined,
	};
}

function openThread(
	start: ThreadStart,
	options: DoorThreadsOptions,
): Promise<{ readonly thread: Thread; readonly port: number }> {
	const worker = new Worker(new URL('./door-thread.ts', import.meta.url), {
		workerData: start,
		resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB, maxOldGenerationSizeMb: OLD_MIB },
	});
	const thread: Thread = { worker, asked: new Map(), isStopping: false };
	return new Promise((done, fail) => {
		let isOpen = false;
		const lost = (error: Error): void => {
			for (const asked of thread.asked.values()) asked.fail(error);
			thread.asked.clear();
			if (!isOpen) fail(error);
			// Nobody listens any more: as with any fault that nobody caught, the program ends and whoever runs it starts it anew.
			else if (!thread.isStopping) throw error;
		};
		worker.on('error', (error: unknown) => lost(error instanceof Error ? error : new Error(String(error))));
		worker.on('exit', (code) => {
			if (thread.asked.size > 0 || !isOpen) lost(new Error(`a thread of the door ended with ${code}`));
		});
		worker.on('message', (message: FromThread) => {
			if (message.what !== 'listening') heed(thread, message, options);
			else if (message.port === null) lost(new Error(message.error ?? 'the door has no port'));
			else {
				isOpen = true;
				done({ thread, port: message.port });
			}
		});
	});
}

function heed(thread: Thread, message: Exclude<FromThread, { what: 'listening' }>, options: DoorThreadsOptions): void {
	const tell = (id: number, answer: string | boolean | null): void =>
		thread.worker.postMessage({ what: 'answer', id, answer } satisfies ToThread);
	switch (message.what) {
		case 'answered':
			for (const [status, ms] of message.answered) options.onAnswer(status, ms);
			return;
		case 'topics':
			options.onTopics(message.topics);
			return;
		case 'protocol':
			options.onProtocol(message.source, message.note);
			return;
		case 'error':
			options.onError(new Error(message.error));
			return;
		case 'fault':
			tell(message.id, options.fault());
			return;
		case 'refused':
			tell(message.id, options.countRefused(...message.refused));
			return;
		case 'statement':
			answerStatement(message.statement, options).then(
				(text) => tell(message.id, text),
				(error: unknown) => {
					options.onError(error);
					tell(message.id, '');
				},
			);
			return;
		case 'list':
			answerList(message.request, options).then(
				(text) => tell(message.id, text),
				(error: unknown) => {
					options.onError(error);
					tell(message.id, '');
				},
			);
			return;
		case 'metrics':
			options.metrics().then(
				(text) => tell(message.id, text),
				(error: unknown) => {
					options.onError(error);
					tell(message.id, '');
				},
			);
			return;
		case 'done': {
			const asked = thread.asked.get(message.id);
			thread.asked.delete(message.id);
			if (message.error === null) asked?.done(message.gathered);
			else asked?.fail(new Error(message.error));
		}
	}
}

async function answerStatement(statement: Statement, { onStatement }: DoorThreadsOptions): Promise<string> {
	if (onStatement === undefined) throw new Error('nobody takes statements here');
	return JSON.stringify(await onStatement(statement));
}

async function answerList(request: ListRequest, { onList }: DoorThreadsOptions): Promise<string> {
	if (onList === undefined) throw new Error('nobody gives lists here');
	return JSON.stringify(await onList(request));
}

/** The port itself, where nobody listens on it; for 0 one that is free. */
function freePort(wanted: number): Promise<number> {
	return new Promise((done, fail) => {
		const server = createServer();
		server.once('error', fail);
		server.listen(wanted, () => {
			const address = server.address();
			server.close(() => done(typeof address === 'object' && address !== null ? address.port : wanted));
		});
	});
}
