// Queues between the door and the database: bounded, answered with 503 and Retry-After when full, and nothing that was accepted is lost.
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createIntake, GATHERED_MAX } from '../../src/intake/intake.ts';
import { type Door, EMPTY_INVENTORY, openDoor, TOKEN } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let door: Door;
beforeAll(async () => {
	fresh = await freshDatabase();
	door = await openDoor(fresh.database);
});
afterAll(async () => {
	await door.close();
	await fresh.close();
});

const IN_BODY = 1_000;
const alert = (name: string, summary: string) => ({
	status: 'firing',
	labels: { alertname: name, instance: 'press-4' },
	annotations: { summary },
	startsAt: '2026-01-05T03:00:00Z',
});
const flood = (body: number): string =>
	JSON.stringify(Array.from({ length: IN_BODY }, (_, i) => alert(`F${body}-${i}`, 'link down')));

/** Holds the table until the work is done: a database that takes nothing for a while. */
async function whileLocked<T>(work: () => Promise<T>): Promise<T> {
	return fresh.database.db.transaction(async (tx) => {
		await tx.execute('LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE');
		return work();
	});
}

it('a database that takes nothing fills the queue to its limit and no further; then senders are told when to come back', async () => {
	const bodies = GATHERED_MAX / IN_BODY + 10;
	const replies: ReturnType<Door['post']>[] = [];
	let gatheredMax = 0;
	await whileLocked(async () => {
		for (let i = 0; i < bodies; i++) {
			const reply = door.post('alertmanager', flood(i));
			replies.push(reply);
			await Promise.race([reply, new Promise((done) => setTimeout(done, 150))]);
			gatheredMax = Math.max(gatheredMax, door.intake.gathered());
		}
	});
	const answered = await Promise.all(replies);
	const [taken, refused] = [answered.filter((one) => one.status === 202), answered.filter((one) => one.status === 503)];
	expect(taken.length + refused.length).toBe(bodies);
	expect(refused.length).toBeGreaterThan(0);
	expect(refused.every((one) => Number(one.headers.get('retry-after')) > 0)).toBe(true);
	expect(gatheredMax).toBeLessThanOrEqual(GATHERED_MAX);
	const [stored] = await fresh.database.raw`SELECT count(*)::int AS n FROM alerts WHERE title = 'link down'`;
	expect(stored?.['n']).toBe(taken.length * IN_BODY);
	// And it goes on as if nothing had been.
	expect((await door.post('alertmanager', flood(bodies + 1))).status).toBe(202);
}, 60_000);

it('a process-safety alarm is committed before what waited longer', async () => {
	const intake = createIntake(fresh.database, () => EMPTY_INVENTORY, Date.now);
	const busy = await openDoor(fresh.database, { intake });
	const order: string[] = [];
	const sent: Promise<unknown>[] = [];
	const send = (name: string, body: string): void => {
		sent.push(
			busy.post('alertmanager', body).then((reply) => {
				expect(reply.status).toBe(202);
				order.push(name);
			}),
		);
	};
	await whileLocked(async () => {
		for (let i = 0; i < 12; i++) send(`flood ${i}`, flood(100 + i));
		await new Promise((done) => setTimeout(done, 1_500));
		send('gas', JSON.stringify([alert('GasDetectorHigh', 'Gas detector GD-4: 60 % LEL')]));
		await new Promise((done) => setTimeout(done, 300));
	});
	await Promise.all(sent);
	// At most what was under way already is before it.
	expect(order.indexOf('gas')).toBeLessThanOrEqual(2);
	await busy.close();
}, 60_000);

it('bodies that are announced beyond what may be read at once are told to come back, not kept', async () => {
	const port = Number(new URL(door.url).port);
	const announced: Socket[] = [];
	for (let i = 0; i < 8; i++) {
		const socket = connect(port, '127.0.0.1');
		socket.on('error', () => undefined);
		socket.write(
			`POST /v1/alerts/alertmanager HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: ${32 * 1024 * 1024}\r\n\r\n[`,
		);
		announced.push(socket);
	}
	await new Promise((done) => setTimeout(done, 200));
	const reply = await door.post('alertmanager', '[]');
	expect([reply.status, Number(reply.headers.get('retry-after')) > 0]).toEqual([503, true]);
	for (const socket of announced) socket.destroy();
	await new Promise((done) => setTimeout(done, 200));
	expect((await door.post('alertmanager', flood(200))).status).toBe(202);
});
