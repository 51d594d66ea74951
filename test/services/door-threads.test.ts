import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorThreads, openDoorThreads } from '../../src/intake/door-threads.ts';
import { createRefusals } from '../../src/intake/refusals.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const TOKEN = 'a-token-of-the-tests';
let fresh: Fresh;
const told = {
	topics: new Set<string>(),
	statuses: [] as number[],
	protocol: [] as string[],
	fault: null as string | null,
};

function options(port = 0) {
	const refusals = createRefusals(Date.now);
	return {
		databaseUrl: fresh.database.url,
		databaseRole: fresh.database.role,
		sources: [
			{
				name: 'alertmanager',
				kind: 'alertmanager',
				credential: { type: 'default' as const, secrets: [TOKEN] },
				addressAllow: [],
				timeZone: 'UTC',
			},
		],
		hasAliases: false,
		mappings: [],
		inventory: { assets: [], zones: [], conduits: [], confirmedAt: 0 },
		port,
		tls: null,
		trustedProxies: [],
		bodyMax: 1_000_000,
		alertsMax: 1_000,
		calm: new SharedArrayBuffer(8),
		fault: () => told.fault,
		metrics: async () => 'the figures of the program\n',
		countRefused(source: string, address: string) {
			const isOver = refusals.isOver(source, address);
			refusals.count(source, address);
			return isOver;
		},
		onTopics: (topics: readonly string[]) => {
			for (const topic of topics) told.topics.add(topic);
		},
		onProtocol: (source: string, note: string) => told.protocol.push(`${source}: ${note}`),
		onError: (error: unknown) => {
			throw error;
		},
		onAnswer: (status: number) => told.statuses.push(status),
	};
}

/** On a connection of its own each time, so that every thread has its share. */
function send(
	port: number,
	path: string,
	{ body, token = TOKEN, signature }: { body?: string; token?: string; signature?: string } = {},
): Promise<{ status: number; body: string }> {
	return new Promise((done, fail) => {
		const headers = {
			...(signature === undefined ? { authorization: `Bearer ${token}` } : { 'x-interlock-signature': signature }),
		};
		const sent = request(
			{ port, path, method: body === undefined ? 'GET' : 'POST', headers, agent: new Agent({ keepAlive: false }) },
			(response) => {
				let text = '';
				response.setEncoding('utf8').on('data', (chunk: string) => {
					text += chunk;
				});
				response.on('end', () => done({ status: response.statusCode ?? 0, body: text }));
			},
		);
		sent.once('error', fail);
		sent.end(body);
	});
}

function alerts(count: number, from: number): string {
	return JSON.stringify(
		Array.from({ length: count }, (_, i) => ({
			labels: { alertname: 'Frozen', instance: `valve-${from + i}` },
			startsAt: '2026-01-05T02:00:00Z',
		})),
	);
}

describe('a door in threads', () => {
	let door: DoorThreads;
	beforeAll(async () => {
		fresh = await freshDatabase();
		door = await openDoorThreads(options());
	});
	afterAll(async () => {
		await door.stop();
		await fresh.close();
	});
	const stored = async (): Promise<{ rows: number; messages: number }> => {
		const [row] = await fresh.database
			.raw`SELECT count(*)::int AS rows, coalesce(sum(repeats), 0)::int AS messages FROM alerts`;
		return { rows: Number(row?.['rows']), messages: Number(row?.['messages']) };
	};

	it('stores what comes over many connections before it answers, wakes who follows, and counts each answer', async () => {
		const answers = await Promise.all(
			Array.from({ length: 40 }, (_, i) => send(door.port, '/v1/alerts/alertmanager', { body: alerts(5, i * 5) })),
		);
		expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(202));
		expect(await stored()).toEqual({ rows: 200, messages: 200 });
		expect(await door.gathered()).toBe(0);
		expect(told.topics).toEqual(new Set(['triage']));
		expect(told.statuses).toHaveLength(40);
	});

	it('folds one condition that comes through several threads at once into one row', async () => {
		const before = await stored();
		const answers = await Promise.all(
			Array.from({ length: 40 }, () => send(door.port, '/v1/alerts/alertmanager', { body: alerts(3, 10_000) })),
		);
		expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(202));
		const after = await stored();
		expect(after).toEqual({ rows: before.rows + 3, messages: before.messages + 120 });
	});

	it('counts wrong credentials once for all threads: 30 in a minute, then 429; a good one passes', async () => {
		const statuses: number[] = [];
		for (let i = 0; i < 40; i++)
			statuses.push((await send(door.port, '/v1/alerts/alertmanager', { body: '[]', token: 'wrong' })).status);
		expect(statuses).toEqual([...Array(30).fill(403), ...Array(10).fill(429)]);
		expect((await send(door.port, '/v1/alerts/alertmanager', { body: alerts(1, 20_000) })).status).toBe(202);
	});

	it('says of the whole program what works and what it counts', async () => {
		expect(await send(door.port, '/metrics')).toEqual({ status: 200, body: 'the figures of the program\n' });
		expect((await send(door.port, '/readyz')).status).toBe(200);
		told.fault = 'the queue does not answer';
		const answer = await send(door.port, '/readyz');
		told.fault = null;
		expect(answer.status).toBe(503);
		expect(answer.body).toContain('the queue does not answer');
	});

	it('writes down whom its threads have heard when it is asked', async () => {
		await send(door.port, '/v1/alerts/alertmanager', { body: alerts(1, 30_000) });
		await door.heard();
		const [row] = await fresh.database.raw`SELECT id, first_alert IS NOT NULL AS heard FROM source_states`;
		expect(row).toEqual({ id: 'alertmanager', heard: true });
	});

	it('does not share its port with another program', async () => {
		await expect(openDoorThreads(options(door.port))).rejects.toThrow('EADDRINUSE');
	});

	it('answers what it took before it stops', async () => {
		const other = await openDoorThreads(options());
		const before = await stored();
		const sent = Array.from({ length: 20 }, (_, i) =>
			send(other.port, '/v1/alerts/alertmanager', { body: alerts(20, 40_000 + i * 20) }).then(
				({ status }) => status,
				() => 0,
			),
		);
		await new Promise((done) => setTimeout(done, 30));
		await other.stop();
		const taken = (await Promise.all(sent)).filter((status) => status === 202).length;
		expect(await stored()).toEqual({ rows: before.rows + taken * 20, messages: before.messages + taken * 20 });
	});
});
