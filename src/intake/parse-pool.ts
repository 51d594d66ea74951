// Parsing beside the door's thread: understanding an alert costs as much as reading its request and committing it together, and a
// body of ten thousand would hold up everything else for a second. What is small and alone is parsed where it is: nothing is faster.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { IntakeContext, ParsedBody } from '../domain/alert.ts';
import type { ParseAnswer, ParseJob } from './parse-worker.ts';

/** More threads than this wait for the database. */
const THREADS_MAX = 2;
/** A body up to this size is parsed in a millisecond or two: it never waits behind large ones. */
const SMALL = 16 * 1024;
/** Bytes with one thread that are as much as it parses in a quarter of a second. */
const BACKLOG_MAX = 2 * 1024 * 1024;

type Parse = (kind: string, body: Uint8Array, context: IntakeContext) => ParsedBody;
export type ParsePool = {
	/** The same as the parser it was made with. Rejects where the thread died under it: the delivery was not taken. */
	parse(kind: string, body: Uint8Array, context: IntakeContext): ParsedBody | Promise<ParsedBody>;
	stop(): Promise<void>;
};

type Waiting = { readonly size: number; done(parsed: ParsedBody): void; fail(error: Error): void };
type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting>; jobs: ParseJob[]; bytes: number };

/**
 * Threads are started when there is something for them to do, and do not keep the program alive.
 *
 * How much can wait is bounded by the door, which holds only so many bytes of bodies at once.
 *
 * @param parse    for what is parsed here
 * @param isShared whether a thread knows this kind too: it has those of the program, not the site's own
 * @param hereMax  bytes up to which a body is parsed here under load too: for a door that has threads itself, where handing it on and
 *   taking the answer back cost more than they free
 */
export function createParsePool(parse: Parse, isShared: (kind: string) => boolean, hereMax = 0): ParsePool {
	const threadsMax = hereMax > 0 ? 1 : Math.min(THREADS_MAX, Math.max(1, availableParallelism() - 1));
	const threads = new Set<Thread>();
	let nextId = 0;
	let isFlushing = false;
	/** Small bodies parsed here in this turn of the loop: one is alone, more are a load. */
	let parsedNow = 0;
	let isStopped = false;

	const start = (): void => {
		const worker = new Worker(new URL('./parse-worker.ts', import.meta.url));
		const thread: Thread = { worker, waiting: new Map(), jobs: [], bytes: 0 };
		const lost = (error: Error): void => {
			threads.delete(thread);
			for (const { fail } of thread.waiting.values()) fail(error);
			thread.waiting.clear();
		};
		worker.on('message', (answers: readonly ParseAnswer[]) => {
			for (const answer of answers) settle(thread, answer);
		});
		worker.on('error', (error: unknown) => lost(error instanceof Error ? error : new Error(String(error))));
		worker.on('exit', (code) => lost(new Error(`the parsing thread ended with ${code}`)));
		worker.unref();
		threads.add(thread);
	};
	// All bodies of one turn of the loop go out in one message a thread.
	const flush = (): void => {
		isFlushing = false;
		for (const thread of threads) {
			if (thread.jobs.length > 0) thread.worker.postMessage(thread.jobs);
			thread.jobs = [];
		}
	};
	const hand = (thread: Thread, kind: string, body: Uint8Array, context: IntakeContext): Promise<ParsedBody> =>
		new Promise((done, fail) => {
			const id = nextId++;
			const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
			thread.waiting.set(id, { size: body.byteLength, done, fail });
			thread.bytes += body.byteLength;
			thread.jobs.push({ id, kind, body: text, context });
			if (isFlushing) return;
			isFlushing = true;
			setImmediate(flush);
		});
	// Larger ones here take a turn of the loop each: what is small, or an alarm, is read and stored in between.
	const turns: (() => void)[] = [];
	const turn = (): void => {
		turns.shift()?.();
		if (turns.length > 0) setImmediate(turn);
	};
	const parseInTurn = (kind: string, body: Uint8Array, context: IntakeContext): Promise<ParsedBody> =>
		new Promise((done, fail) => {
			turns.push(() => {
				try {
					done(parse(kind, body, context));
				} catch (error) {
					fail(error);
				}
			});
			if (turns.length === 1) setImmediate(turn);
		});
	const isAlone = (): boolean => {
		if (parsedNow === 0)
			setImmediate(() => {
				parsedNow = 0;
			});
		parsedNow++;
		return parsedNow === 1;
	};
	return {
		parse(kind, body, context) {
			const isSmall = body.byteLength <= SMALL;
			if (body.byteLength <= hereMax) return isSmall ? parse(kind, body, context) : parseInTurn(kind, body, context);
			const isIdle = [...threads].every((thread) => thread.waiting.size === 0);
			if (isStopped || !isShared(kind)) return parse(kind, body, context);
			if (isSmall && isIdle && isAlone()) return parse(kind, body, context);
			if (threads.size < threadsMax) start();
			const free = [...threads].reduce((a, b) => (b.bytes < a.bytes ? b : a));
			return isSmall && free.bytes > BACKLOG_MAX ? parse(kind, body, context) : hand(free, kind, body, context);
		},
		async stop() {
			isStopped = true;
			await Promise.all([...threads].map(({ worker }) => worker.terminate()));
		},
	};
}

function settle(thread: Thread, { id, parsed, fault }: ParseAnswer): void {
	const waiting = thread.waiting.get(id);
	if (waiting === undefined) return;
	thread.waiting.delete(id);
	thread.bytes -= waiting.size;
	if (parsed === null) waiting.fail(new Error(fault ?? 'not parsed'));
	// Our own thread made it out of a ParsedBody.
	else waiting.done(JSON.parse(parsed) as ParsedBody);
}
