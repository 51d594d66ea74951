// A Slack-compatible server that is not ours: what it has works, what it lacks is an answer and never a hang.
import { createServer } from 'node:http';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSlack, type SlackCalls, SlackFailure } from '../../src/chat/slack.ts';
import { cardFor } from '../../src/chat/views/card.ts';
import { refuseModal } from '../../src/chat/views/modals.ts';
import { directory, incident, situation } from './world.ts';

let server: Emulator;
let calls: SlackCalls;
const warned: string[] = [];
const health: string[] = [];
const handlers = {
	click: async () => undefined,
	check: () => null,
	submit: async () => undefined,
	command: async () => '',
	home: async () => undefined,
};
const log = { info: () => undefined, warn: (message: string) => void warned.push(message), error: () => undefined };
const open = async (apiUrl: string, now = Date.now): Promise<SlackCalls> =>
	(
		await createSlack({
			token: 'xoxb-test-token',
			appToken: null,
			signingSecret: 's',
			apiUrl,
			mode: 'http',
			port: 0,
			handlers,
			log,
			now,
			sleep: async () => undefined,
			onHealth: (state) => void health.push(state),
		})
	).calls;

beforeAll(async () => {
	const port = 20_000 + (process.pid % 20_000);
	server = await createEmulator({
		service: 'slack',
		port,
		seed: { slack: { team: { name: 'Plant', domain: 'plant' } } },
	});
	calls = await open(`${server.url}/api`);
});
afterAll(async () => {
	await server.close();
});

const card = (title: string) =>
	cardFor(situation({ incident: incident({ title }) }), 'pst_00000000000000000001', directory.naming);

describe('a foreign Slack server', () => {
	it('takes a card, its edit, a reply in its thread, and gives it back by its key', async () => {
		const posted = await calls.post({
			...card('one'),
			channel: 'general',
			threadTs: null,
			key: 'card:inc_1',
		});
		expect(posted.ts).toMatch(/^\d+\.\d+$/);
		await calls.update(posted.channel, posted.ts, card('two'));
		const reply = await calls.post({
			...card('reply'),
			channel: posted.channel,
			threadTs: posted.ts,
			key: 'note:1',
		});
		expect(reply.ts).not.toBe(posted.ts);
		const found = await calls.find(posted.channel, null, 'card:inc_1', Date.now() - 60_000);
		// Without metadata of its own it cannot tell, and says so.
		expect([posted.ts, undefined]).toContain(typeof found === 'object' ? found.ts : undefined);
		expect(found).not.toBe('absent');
	});

	it('without user groups lends no role, and says so once asked', async () => {
		const members = await calls.members(['S0CONCALL', '@night-shift']);
		expect([...members.values()].flat()).toEqual([]);
		expect(warned.join(' ')).toContain('lends no role');
	});

	it.each<[string, () => Promise<unknown>]>([
		[
			'a channel that is not there',
			async () => await calls.post({ ...card('x'), channel: 'C404', threadTs: null, key: 'k' }),
		],
		['a trigger that is none', async () => await calls.openModal('1.2.3', refuseModal('pst_1'))],
		['a message that is not there', async () => await calls.update('C000000001', '1.000001', card('x'))],
	])('refuses %s with a code', async (_name, call) => {
		const cause = await call().catch((error: unknown) => error);
		expect(cause).toBeInstanceOf(SlackFailure);
		expect((cause as SlackFailure).fault.kind).toBe('refused');
	});
});

describe('no server at all', () => {
	it('is unavailable with a time to come back, not ambiguous, and opens the breaker', async () => {
		const closed = createServer();
		await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
		const address = closed.address();
		await new Promise((resolve) => closed.close(resolve));
		const away = await open(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/`);
		for (let at = 0; at < 4; at++) {
			const cause = await away
				.post({ ...card('x'), channel: 'general', threadTs: null, key: 'k' })
				.catch((error: unknown) => error);
			expect((cause as SlackFailure).fault).toMatchObject({ kind: 'unavailable', isAmbiguous: false });
		}
		expect(health).toEqual(['down']);
		const cause = await away.publishHome('U1', { type: 'home', blocks: [] }).catch((error: unknown) => error);
		expect((cause as SlackFailure).message).toContain('failed before and wait');
	});
});

describe('a server that says when to come back', () => {
	it('is left alone until then by all messages to that channel, and by no other', async () => {
		const asked: string[] = [];
		let isLimited = true;
		const busy = createServer((request, response) => {
			let body = '';
			request.on('data', (part) => {
				body += String(part);
			});
			request.on('end', () => {
				const channel = new URLSearchParams(body).get('channel') ?? '';
				asked.push(channel);
				const isRefused = isLimited && channel === 'C1';
				response.writeHead(isRefused ? 429 : 200, {
					'content-type': 'application/json',
					...(isRefused ? { 'retry-after': '30' } : {}),
				});
				response.end(JSON.stringify({ ok: !isRefused, ts: '1.000001', channel }));
			});
		});
		await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
		const address = busy.address();
		let ahead = 0;
		const limited = await open(
			`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api/`,
			() => Date.now() + ahead,
		);
		const post = async (channel: string) =>
			await limited
				.post({ ...card('x'), channel, threadTs: null, key: 'k' })
				.catch((cause: SlackFailure) => cause.fault);
		const first = await post('C1');
		expect(first).toMatchObject({ kind: 'unavailable', isAmbiguous: false });
		expect(await post('C1')).toMatchObject({ kind: 'unavailable', isAmbiguous: false });
		expect(await post('C2')).toEqual({ ts: '1.000001', channel: 'C2' });
		expect(asked).toEqual(['C1', 'C2']);
		isLimited = false;
		ahead = 30_500;
		expect(await post('C1')).toEqual({ ts: '1.000001', channel: 'C1' });
		busy.closeAllConnections();
		await new Promise((resolve) => busy.close(resolve));
	});
});
