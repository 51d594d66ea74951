// Messages that came by syslog wait here, bounded, for their commit. They go out in order, as few deliveries; one that the database did not
// take goes out again. Those that may be process-safety alarms stand in a line of their own, ahead of the others. What a message says is
// read by the function that is handed in.
import type { Delivery, DeliveryAnswer } from './intake.ts';
import type { SyslogMessage } from './syslog-route.ts';

/** Messages that are stored together, and that are read in one go: then sockets have their turn, or the kernel's buffer runs over. */
const BATCH_MAX = 1_000;
const SLICE_MAX = 20;
const AGAIN_MS = 1_000;
const AGAIN_FULL_MS = 50;
/** What a waiting message costs beside its bytes. */
const OVERHEAD_BYTES = 200;
/** What may be a process-safety alarm still fits where nothing else does: a quarter more. */
const URGENT_SHARE = 1.25;

export type SyslogQueue = {
	/** False where the message does not fit any more. */
	push(message: SyslogMessage): boolean;
	/** Bytes that wait. */
	size(): number;
	/** Resolves with 0 when nothing waits any more, or with the messages that still do when the time is over. */
	drain(withinMs: number): Promise<number>;
};

export type QueueOptions = {
	readonly bytesMax: number;
	/** True for what may be a process-safety alarm; too many cost nothing but their place. */
	readonly isUrgent: (message: SyslogMessage) => boolean;
	/** What some messages become: one delivery for each source. */
	readonly deliveriesOf: (messages: readonly SyslogMessage[]) => readonly Delivery[];
	readonly accept: (delivery: Delivery) => Promise<DeliveryAnswer>;
	readonly onError: (error: unknown) => void;
	/** After a batch is on disk. */
	readonly onRoom: () => void;
};

export function createSyslogQueue(options: QueueOptions): SyslogQueue {
	const [urgent, ordinary] = [createLine(), createLine()];
	let size = 0;
	let isStopped = false;
	const count = (): number => urgent.length() + ordinary.length();

	const store = async (delivery: Delivery): Promise<void> => {
		while (!isStopped) {
			try {
				const answer = await options.accept(delivery);
				if (answer.kind !== 'full') return;
				await pause(AGAIN_FULL_MS);
			} catch (error) {
				options.onError(error);
				await pause(AGAIN_MS);
			}
		}
		throw new Error('the program stops');
	};
	/** Two lines side by side: an alarm does not wait for the thousand messages whose commit is under way. */
	const work = async (line: Line): Promise<void> => {
		while (line.length() > 0) {
			const batch = line.first(BATCH_MAX);
			await Promise.all((await readInSlices(batch, options.deliveriesOf)).map(store));
			line.forget(batch.length);
			for (const message of batch) size -= costOf(message);
			options.onRoom();
		}
	};
	const begin = (line: Line): void => {
		if (line.working !== null || line.length() === 0) return;
		line.working = Promise.resolve()
			.then(() => work(line))
			.catch(async (error: unknown) => {
				if (isStopped) return;
				options.onError(error);
				await pause(AGAIN_MS);
			})
			.finally(() => {
				line.working = null;
				if (!isStopped) begin(line);
			});
	};
	return {
		push(message) {
			const isUrgent = options.isUrgent(message);
			const max = isUrgent ? options.bytesMax * URGENT_SHARE : options.bytesMax;
			if (size + costOf(message) > max && size > 0) return false;
			const line = isUrgent ? urgent : ordinary;
			line.add(message);
			size += costOf(message);
			begin(line);
			return true;
		},
		size: () => size,
		async drain(withinMs) {
			let timer: NodeJS.Timeout | null = null;
			const late = new Promise<false>((end) => {
				timer = setTimeout(() => end(false), withinMs);
			});
			const isIdle = async (): Promise<true> => {
				while (urgent.working !== null || ordinary.working !== null)
					await Promise.all([urgent.working, ordinary.working]);
				return true;
			};
			await Promise.race([isIdle(), late]);
			if (timer !== null) clearTimeout(timer);
			isStopped = true;
			return count();
		},
	};
}

type Line = {
	working: Promise<void> | null;
	add(message: SyslogMessage): void;
	length(): number;
	first(count: number): SyslogMessage[];
	forget(count: number): void;
};

function createLine(): Line {
	let waiting: SyslogMessage[] = [];
	/** Of `waiting` so many are on disk: they are cut off when they are the larger half. */
	let done = 0;
	return {
		working: null,
		add: (message) => void waiting.push(message),
		length: () => waiting.length - done,
		first: (count) => waiting.slice(done, done + count),
		forget(count) {
			done += count;
			if (done * 2 < waiting.length) return;
			waiting = waiting.slice(done);
			done = 0;
		},
	};
}

/** One delivery for each source of a batch: what came in order is stored in order. */
async function readInSlices(
	batch: readonly SyslogMessage[],
	deliveriesOf: QueueOptions['deliveriesOf'],
): Promise<Delivery[]> {
	const found = new Map<string, Delivery>();
	for (let at = 0; at < batch.length; at += SLICE_MAX) {
		if (at > 0) await new Promise((done) => setImmediate(done));
		for (const delivery of deliveriesOf(batch.slice(at, at + SLICE_MAX))) {
			const held = found.get(delivery.source);
			found.set(delivery.source, held === undefined ? delivery : { ...held, items: held.items.concat(delivery.items) });
		}
	}
	return [...found.values()];
}

function costOf(message: SyslogMessage): number {
	return message.bytes.length + OVERHEAD_BYTES;
}

function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}
