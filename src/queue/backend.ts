// BullMQ on PostgreSQL or Redis, behind the same three calls. The only file that imports bullmq, ioredis and pg.
// The queue is a reminder, never the truth: if every job in it is lost, the sweep fills it again from the outbox.
import type { Job, Queue, QueueOptions, Worker } from 'bullmq';
import { createPostgresBackend, createRedisBackend, withBackend } from 'bullmq';
import { Pool } from 'pg';
import { TOPICS } from '../domain/topic.ts';

/** Lock and stall times: a worker that was killed is noticed in seconds. Handlers are safe to run twice (outbox leases). */
const LOCK_MS = 15_000;
const STALLED_MS = 5_000;
/** A job that stalls again and again only says "look now": it may. */
const STALLED_COUNT_MAX = 1_000;
/** Connections of the queue on PostgreSQL beside the one on which each topic listens; their statements take milliseconds. */
const QUERIES_MAX = 4;
const KEEP_ALIVE_MS = 10_000;

export type Reminders = {
	/** Asks for a look at the topic's due rows. */
	remind(topic: string): Promise<void>;
	/** Calls `look` for each reminder of the topic; `concurrency` looks may run side by side. */
	listen(topic: string, concurrency: number, look: () => Promise<void>): void;
	close(): Promise<void>;
};

type Options = {
	readonly url: string;
	/** Told of every fault of the queue itself: it is visible to people, work goes on by the sweep. */
	readonly onFault: (where: string, error: Error) => void;
	/** Told after each reminder that was placed. */
	readonly onWell?: () => void;
	/** Told of a job that is none of ours, with its name and the beginning of its data; nothing of it is used. */
	readonly onForeign?: (topic: string, what: string) => void;
};

/** Our own jobs carry nothing: everything else was written by somebody else. */
const JOB = 'look';
const FOREIGN_SHOWN = 200;

function foreignWords(job: Job): string | null {
	const data = JSON.stringify(job.data) ?? '';
	return job.name === JOB && data === '{}' ? null : `${job.name} ${data}`.slice(0, FOREIGN_SHOWN);
}

/**
 * @param url `postgres://...` (schema `bullmq`, migrated here) or `redis://...`, `rediss://...`
 * @throws Error where the backend cannot be reached at start
 */
export async function openReminders({ url, onFault, onWell, onForeign }: Options): Promise<Reminders> {
	const isPostgres = url.startsWith('postgres');
	// Only the type arguments of the two backends differ; the classes that come out have the same calls.
	const classes = withBackend((isPostgres ? createPostgresBackend : createRedisBackend) as typeof createRedisBackend);
	if (isPostgres) await migrateOnce(url);
	const pool = isPostgres ? openPool(url, onFault) : null;
	const connection = (pool ?? redisConnection(url)) as QueueOptions['connection'];
	const queues = new Map<string, Queue>();
	const workers: Worker[] = [];
	const queueOf = (topic: string): Queue => {
		const held = queues.get(topic);
		if (held !== undefined) return held;
		const queue = new classes.Queue(topic, { connection, prefix: 'interlock' });
		queue.on('error', (error: Error) => onFault(`queue ${topic}`, error));
		queues.set(topic, queue);
		return queue;
	};
	return {
		async remind(topic) {
			await queueOf(topic).add(JOB, {}, { removeOnComplete: true, removeOnFail: true });
			onWell?.();
		},
		listen(topic, concurrency, look) {
			const work = async (job: Job): Promise<void> => {
				const foreign = foreignWords(job);
				if (foreign !== null) onForeign?.(topic, foreign);
				await look();
			};
			const worker = new classes.Worker(topic, work, {
				connection,
				prefix: 'interlock',
				concurrency,
				lockDuration: LOCK_MS,
				stalledInterval: STALLED_MS,
				maxStalledCount: STALLED_COUNT_MAX,
			});
			worker.on('error', (error: Error) => onFault(`worker ${topic}`, error));
			workers.push(worker);
		},
		async close() {
			await Promise.all(workers.map((worker) => worker.close()));
			await Promise.all([...queues.values()].map((queue) => queue.close()));
			await pool?.end();
		},
	};
}

async function migrateOnce(url: string): Promise<void> {
	const boot = new (withBackend(createPostgresBackend).Queue)('boot', {
		connection: { connectionString: url, schema: 'bullmq', max: 1, migrate: true },
	});
	boot.on('error', () => undefined);
	await boot.waitUntilReady();
	await boot.close();
}

/**
 * One pool for all queues and workers. With one of its own each they hold up to a hundred connections, and that is all that a server gives by
 * default (`max_connections`).
 */
function openPool(url: string, onFault: Options['onFault']): Pool {
	const pool = new Pool({
		connectionString: url,
		options: '-c search_path=bullmq',
		max: TOPICS.length + QUERIES_MAX,
		keepAlive: true,
		keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
	});
	// Each queue and each worker listens to its errors.
	pool.setMaxListeners(0);
	pool.on('error', (error: Error) => onFault('queue', error));
	return pool;
}

function redisConnection(url: string): object {
	const parts = new URL(url);
	return {
		host: parts.hostname,
		port: Number(parts.port || 6379),
		...(parts.username === '' ? {} : { username: decodeURIComponent(parts.username) }),
		...(parts.password === '' ? {} : { password: decodeURIComponent(parts.password) }),
		...(parts.pathname.length > 1 ? { db: Number(parts.pathname.slice(1)) } : {}),
		...(parts.protocol === 'rediss:' ? { tls: {} } : {}),
		maxRetriesPerRequest: null,
	};
}
