// The queue on PostgreSQL as a guest of the server: how many connections it takes, and that it hears again after the server has cut them.
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOPICS } from '../../src/domain/topic.ts';
import { openReminders, type Reminders } from '../../src/queue/backend.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const WAIT = { timeout: 20_000 };

let fresh: Fresh;
let owner: postgres.Sql;
beforeAll(async () => {
	fresh = await freshDatabase();
	owner = fresh.owner();
});
afterAll(() => fresh.close());

/** Of this database, without those of the test itself. */
const others = () =>
	owner`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'interlock'`;

const listening = async (looked: string[], faults: string[] = []): Promise<Reminders> => {
	const reminders = await openReminders({ url: fresh.runUrl, onFault: (where) => faults.push(where) });
	for (const topic of TOPICS) reminders.listen(topic, 2, async () => void looked.push(topic));
	return reminders;
};

describe('the queue on PostgreSQL', () => {
	it('holds a connection for each topic and four more, however much there is to say', async () => {
		const looked: string[] = [];
		const reminders = await listening(looked);
		await Promise.all(Array.from({ length: 20 }, () => TOPICS.map((topic) => reminders.remind(topic))).flat());
		let most = 0;
		await expect
			.poll(async () => {
				most = Math.max(most, (await others()).length);
				return looked.length;
			}, WAIT)
			.toBe(20 * TOPICS.length);
		expect(most).toBeGreaterThanOrEqual(TOPICS.length);
		expect(most).toBeLessThanOrEqual(TOPICS.length + 4);
		await reminders.close();
		await expect.poll(async () => (await others()).length, WAIT).toBe(0);
	});

	it('hears again after the server has ended every connection', async () => {
		const looked: string[] = [];
		const faults: string[] = [];
		const reminders = await listening(looked, faults);
		await reminders.remind('card');
		await expect.poll(() => looked, WAIT).toEqual(['card']);
		for (const { pid } of await others()) await owner`SELECT pg_terminate_backend(${pid})`;
		await expect.poll(() => faults.length, WAIT).toBeGreaterThan(0);
		await expect
			.poll(async () => {
				await reminders.remind('run').catch(() => undefined);
				return looked.includes('run');
			}, WAIT)
			.toBe(true);
		await reminders.close();
	});
});
