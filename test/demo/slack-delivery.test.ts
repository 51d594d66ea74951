// How requests travel to the bot: signature, three seconds, retries of events, response_url's five uses.
import { connect } from 'node:net';
import { App } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import {
	ANA,
	BOT_TOKEN,
	expectedSignature,
	quiet,
	type Received,
	startRecorder,
	startTestSlack,
} from './slack-harness.ts';

let slack: LocalSlack;
let recorder: Awaited<ReturnType<typeof startRecorder>> | undefined;
afterEach(async () => {
	await slack.close();
	await recorder?.close();
	recorder = undefined;
});

const payloadOf = (one: Received) => JSON.parse(new URLSearchParams(one.raw).get('payload') ?? '{}');
const button = { type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' }, value: 'v' };

async function post(body: object): Promise<string> {
	const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
		method: 'POST',
		headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	return ((await response.json()) as { ts: string }).ts;
}

describe('requests to the bot', () => {
	it('carry a signature that anybody with the secret can check, over the exact bytes', async () => {
		recorder = await startRecorder(() => ({ status: 200 }));
		slack = await startTestSlack({ eventsUrl: recorder.url });
		await slack.act.command(ANA, 'incidents', '/interlock ünïcode & <more>');
		await slack.act.message(ANA, 'incidents', 'hello');
		await expect.poll(() => recorder?.received.length).toBe(2);
		for (const { headers, raw } of recorder.received) {
			const timestamp = String(headers['x-slack-request-timestamp']);
			expect(headers['x-slack-signature']).toBe(expectedSignature(raw, timestamp));
			expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(10_000);
		}
		const form = new URLSearchParams(recorder.received[0]!.raw);
		expect(Object.fromEntries(form)).toMatchObject({
			command: '/interlock',
			text: 'ünïcode &amp; &lt;more&gt;',
			user_id: ANA,
			channel_name: 'incidents',
		});
		const event = JSON.parse(recorder.received[1]!.raw);
		expect(event).toMatchObject({
			type: 'event_callback',
			event: { type: 'message', text: 'hello', user: ANA, channel_type: 'channel' },
		});
		expect(event.event_id).toMatch(/^Ev/);
	});

	it('are refused by Bolt where the secret differs or the clock is ten minutes behind, and the listener never runs', async () => {
		slack = await startTestSlack();
		let runs = 0;
		const app = new App({
			token: BOT_TOKEN,
			signingSecret: 'the-bots-secret',
			clientOptions: { slackApiUrl: slack.apiUrl },
			logger: quiet,
		});
		app.command('/interlock', async ({ ack }) => {
			runs += 1;
			await ack();
		});
		const server = await app.start({ port: 0, host: '127.0.0.1' });
		const { port } = (server as unknown as { address(): { port: number } }).address();
		const eventsUrl = `http://127.0.0.1:${port}/slack/events`;
		const commandFrom = async (signingSecret: string, now: () => number) => {
			const sender = await startTestSlack({ eventsUrl, signingSecret, now });
			const result = await sender.act.command(ANA, 'incidents', '/interlock x');
			await sender.close();
			return result;
		};
		expect(await commandFrom('another-secret', Date.now)).toEqual({ ok: false, error: 'dispatch_failed' });
		const tenMinutesAgo = () => Date.now() - 600_000;
		expect(await commandFrom('the-bots-secret', tenMinutesAgo)).toEqual({ ok: false, error: 'dispatch_failed' });
		expect(runs).toBe(0);
		expect(await commandFrom('the-bots-secret', Date.now)).toEqual({ ok: true });
		expect(runs).toBe(1);
		await app.stop();
	});

	it('time out as Slack says it, and a click or command is not sent again', async () => {
		recorder = await startRecorder(() => ({ status: 200, delayMs: 400 }));
		slack = await startTestSlack({ eventsUrl: recorder.url, ackTimeoutMs: 60, eventRetryDelaysMs: [0, 0, 0] });
		const ts = await post({ channel: 'incidents', text: 'x', blocks: [{ type: 'actions', elements: [button] }] });
		recorder.received.length = 0;
		slack.setEventsUrl(recorder.url);
		expect(await slack.act.command(ANA, 'line-2', '/interlock slow')).toEqual({
			ok: false,
			error: 'operation_timeout',
		});
		expect(slack.state.messages('line-2', ANA).at(-1)).toMatchObject({
			isFromSlackbot: true,
			text: '/interlock failed with the error "operation_timeout"',
		});
		expect(await slack.act.click(ANA, { channel: 'incidents', ts, action_id: 'go' })).toEqual({
			ok: false,
			error: 'operation_timeout',
		});
		await new Promise((resolve) => setTimeout(resolve, 150));
		expect(recorder.received.filter((one) => !one.raw.startsWith('{'))).toHaveLength(2);
	});

	it('send an event up to three times more, with its number and reason, under the same event_id', async () => {
		recorder = await startRecorder(() => ({ status: 500 }));
		slack = await startTestSlack({ eventsUrl: recorder.url, eventRetryDelaysMs: [0, 5, 10] });
		await slack.act.message(ANA, 'incidents', 'hello');
		await expect.poll(() => recorder?.received.length).toBe(4);
		await new Promise((resolve) => setTimeout(resolve, 80));
		expect(recorder.received).toHaveLength(4);
		expect(
			recorder.received.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
		).toEqual([
			[undefined, undefined],
			['1', 'http_error'],
			['2', 'http_error'],
			['3', 'http_error'],
		]);
		expect(new Set(recorder.received.map(({ raw }) => JSON.parse(raw).event_id)).size).toBe(1);
	});

	it('stop retrying where the bot says so, and once it has answered', async () => {
		recorder = await startRecorder((_, count) => (count === 2 ? { status: 200 } : { status: 500 }));
		slack = await startTestSlack({ eventsUrl: recorder.url, eventRetryDelaysMs: [0, 0, 0] });
		await slack.act.message(ANA, 'incidents', 'answered at the second try');
		await expect.poll(() => recorder?.received.length).toBe(2);
		await recorder.close();
		recorder = await startRecorder(() => ({ status: 500, headers: { 'x-slack-no-retry': '1' } }));
		slack.setEventsUrl(recorder.url);
		await slack.act.message(ANA, 'incidents', 'not again');
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(recorder.received).toHaveLength(1);
	});

	it('say that no app is there where none is', async () => {
		slack = await startTestSlack();
		expect(await slack.act.command(ANA, 'incidents', '/interlock x')).toEqual({
			ok: false,
			error: 'app_not_connected',
		});
		expect(await slack.verifyEventsUrl()).toBe(false);
	});
});

describe('response_url', () => {
	async function clicked(
		now: () => number = Date.now,
	): Promise<{ url: string; ts: string; use(body: object): Promise<Response> }> {
		recorder = await startRecorder(() => ({ status: 200 }));
		slack = await startTestSlack({ eventsUrl: recorder.url, subscriptions: [], now });
		const ts = await post({ channel: 'incidents', text: 'card', blocks: [{ type: 'actions', elements: [button] }] });
		await slack.act.click(ANA, { channel: 'incidents', ts, action_id: 'go' });
		const payload = payloadOf(recorder.received[0]!);
		expect(payload).toMatchObject({
			type: 'block_actions',
			message: { ts },
			container: { is_ephemeral: false },
			actions: [{ value: 'v', type: 'button' }],
		});
		const url = payload.response_url as string;
		return {
			url,
			ts,
			use: (body) =>
				fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
		};
	}

	it('works five times', async () => {
		const { use } = await clicked();
		for (let at = 0; at < 5; at += 1) expect((await use({ text: `n ${at}` })).status).toBe(200);
		const sixth = await use({ text: 'n 5' });
		expect(sixth.status).toBe(404);
		expect(await sixth.json()).toEqual({ ok: false, error: 'used_url' });
		expect(slack.state.messages('incidents', ANA).filter((message) => message.ephemeralTo === ANA)).toHaveLength(5);
	});

	it('works for thirty minutes', async () => {
		let now = 1_790_000_000_000;
		const { use } = await clicked(() => now);
		now += 30 * 60_000 - 1;
		expect((await use({ text: 'in time' })).status).toBe(200);
		now += 2;
		expect(await (await use({ text: 'late' })).json()).toEqual({ ok: false, error: 'expired_url' });
	});

	it('deletes the original, answers the channel, and refuses what chat.postMessage would refuse', async () => {
		const { use, ts } = await clicked();
		expect((await use({ response_type: 'in_channel', text: 'to all' })).status).toBe(200);
		expect(slack.state.messages('incidents').at(-1)?.text).toBe('to all');
		const refused = await use({ blocks: [{ type: 'header' }] });
		expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_blocks']);
		await use({ delete_original: true });
		expect(slack.state.messages('incidents').some((message) => message.ts === ts)).toBe(false);
	});
});

describe('the server itself', () => {
	it('says so where its port is taken', async () => {
		slack = await startTestSlack();
		await expect(startTestSlack({ port: slack.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	});

	it('answers requests that make no sense and goes on', async () => {
		slack = await startTestSlack();
		const { port } = slack;
		const speak = (text: string) =>
			new Promise<string>((resolve, reject) => {
				const socket = connect(port, '127.0.0.1', () => socket.write(text));
				let answer = '';
				socket.on('data', (data) => {
					answer += data;
					socket.end();
				});
				socket.on('close', () => resolve(answer));
				socket.on('error', reject);
			});
		expect(await speak('GET // HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 4\d\d/);
		expect(
			await speak('GET // HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
		).toMatch(/^HTTP\/1.1 404/);
		expect(
			await speak(
				'POST /upload/v1/F0NONE HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc',
			),
		).toMatch(/^HTTP\/1.1 404/);
		expect((await fetch(`${slack.url}/response/guess`, { method: 'POST', body: '{}' })).status).toBe(404);
		expect((await fetch(`${slack.apiUrl}api.test`, { method: 'POST' })).status).toBe(200);
	});
});
