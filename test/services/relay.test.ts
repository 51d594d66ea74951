import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Due, Handlers } from '../../src/domain/topic.ts';
import { openReminders } from '../../src/queue/backend.ts';
import { createRelay } from '../../src/queue/relay.ts';
import { record } from '../../src/store/record.ts';
import { type Fresh, freshDatabase } from './harness.ts';
import { hasRedis, type RedisServer, startRedis } from './redis.ts';

describe.each(hasRedis() ? ['postgres', 'redis'] : ['postgres'])('the relay on %s', (backend) => {
	let fresh: Fresh;
	let redis: RedisServer | null = null;
	let url: string;
	beforeAll(async () => {
		fresh = await freshDatabase();
		redis = backend === 'redis' ? await startRedis() : null;
		url = redis?.url ?? fresh.runUrl;
	});
	afterAll(async () => {
		await redis?.stop();
		await fresh.close();
	});

	const running = async (handlers: Handlers, faults: string[] = []) => {
		const reminders = await openReminders({ url, onFault: (where) => faults.push(where) });
		const relay = createRelay({
			database: fresh.database,
			reminders,
			handlers,
			clock: Date.now,
			onFault: (where) => faults.push(where),
			onParked: () => undefined,
		});
		relay.start();
		return {
			relay,
			stop: async () => {
				await relay.stop();
				await reminders.close();
			},
		};
	};
	const finish = (due: readonly Due[]) => record(fresh.database, { entries: [], done: due }, Date.now());

	it('brings every row to its stage, in batches, once', async () => {
		const seen: string[] = [];
		let looks = 0;
		const { relay, stop } = await running({
			triage: async (due) => {
				looks++;
				await finish(due);
				seen.push(...due.map((row) => row.key));
			},
		});
		const keys = Array.from({ length: 450 }, (_, i) => `alr_${i}`);
		await record(
			fresh.database,
			{ entries: [], topics: keys.map((key) => ({ topic: 'triage' as const, key })) },
			Date.now(),
		);
		expect(await relay.idle(10_000)).toBe(true);
		await stop();
		expect(seen.toSorted()).toEqual(keys.toSorted());
		expect(looks).toBeLessThan(20);
	});

	it('wakes a stage within a fraction of a second', async () => {
		let at = 0;
		const { relay, stop } = await running({
			card: async (due) => {
				at = Date.now();
				await finish(due);
			},
		});
		await new Promise((done) => setTimeout(done, 700));
		const start = Date.now();
		await record(fresh.database, { entries: [], topics: [{ topic: 'card', key: 'inc_1' }] }, Date.now());
		await relay.idle(30_000);
		await stop();
		expect(at - start).toBeLessThan(2_000);
	});

	it('gives a failing row back and goes on with the others', async () => {
		const done: string[] = [];
		const faults: string[] = [];
		const { relay, stop } = await running(
			{
				run: async (due) => {
					if (due[0]?.key === 'bad' && due[0].attempts < 3) throw new Error('not yet');
					await finish(due);
					done.push(`${due[0]?.key} after ${due[0]?.attempts}`);
				},
			},
			faults,
		);
		await record(
			fresh.database,
			{ entries: [], topics: ['bad', 'good'].map((key) => ({ topic: 'run' as const, key })) },
			Date.now(),
		);
		for (let i = 0; i < 400 && done.length < 2; i++) await new Promise((next) => setTimeout(next, 100));
		await relay.idle(30_000);
		await stop();
		expect(done.toSorted()).toEqual(['bad after 3', 'good after 1']);
		expect(faults).toContain('topic run');
	});

	it('leaves a row to the worker that is still at it, and gives it to another when that one hangs', async () => {
		let now = Date.now();
		const { promise: hung, resolve: release } = Promise.withResolvers<void>();
		const seen: string[] = [];
		const start = async (name: string, work: () => Promise<void>) => {
			const reminders = await openReminders({ url, onFault: () => undefined });
			const relay = createRelay({
				database: fresh.database,
				reminders,
				handlers: {
					expire: async (due) => {
						seen.push(name);
						await work();
						await finish(due);
					},
				},
				clock: () => now,
				onFault: () => undefined,
				onParked: () => undefined,
				keepEveryMs: 20,
			});
			relay.start();
			return async () => {
				await relay.stop();
				await reminders.close();
			};
		};
		const pass = async (minutes: number) => {
			for (let half = 0; half < 2 * minutes; half++) {
				now += 30_000;
				await new Promise((done) => setTimeout(done, 100));
			}
		};
		await record(fresh.database, { entries: [], topics: [{ topic: 'expire', key: 'stp_1' }] }, now);
		const stopFirst = await start('first', () => hung);
		await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['first']);
		const stopSecond = await start('second', async () => undefined);
		await pass(9);
		expect(seen).toEqual(['first']);
		await pass(3);
		await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['first', 'second']);
		release();
		await stopFirst();
		await stopSecond();
	});

	it('finds the work again when every job of the queue is lost', async () => {
		await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: 'inc_lost' }] }, Date.now());
		redis?.flush();
		const seen: string[] = [];
		const { relay, stop } = await running({
			plan: async (due) => {
				await finish(due);
				seen.push(...due.map((row) => row.key));
			},
		});
		for (let i = 0; i < 300 && seen.length === 0; i++) await new Promise((next) => setTimeout(next, 100));
		await relay.idle(30_000);
		await stop();
		expect(seen).toEqual(['inc_lost']);
	});
});
