// The door for what comes from Slack, with the real Bolt receiver: signatures, clocks, paths, sizes, repeats.

import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSlack, type SlackEdge, type Submission, type Typed } from '../../src/chat/slack.ts';
import { signatureHeaders } from '../../src/demo/slack/sign.ts';

const SECRET = 'a-signing-secret';
let edge: SlackEdge;
let api: Server;
let url = '';
const clicks: string[] = [];
const commands: Typed[] = [];
const submissions: Submission[] = [];
const homes: string[] = [];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeAll(async () => {
	api = createServer((_request, response) => {
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify({ ok: true, user_id: 'UBOT000001', bot_id: 'B1', team_id: 'T1' }));
	});
	await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
	const address = api.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	edge = await createSlack({
		token: 'xoxb-x',
		appToken: null,
		signingSecret: SECRET,
		apiUrl: `http://127.0.0.1:${port}/api`,
		mode: 'http',
		port: 0,
		now: Date.now,
		log: quiet,
		handlers: {
			click: async (click) => {
				clicks.push(`${click.user} ${click.action} ${click.value}`);
				if (click.value === 'boom') throw new Error('a handler of ours fails');
			},
			check: (submission) => (submission.fields['reason'] === '' ? { reason: 'say why' } : null),
			submit: async (submission) => void submissions.push(submission),
			command: async (typed) => {
				commands.push(typed);
				return 'fine';
			},
			home: async (user) => void homes.push(user),
		},
	});
	await edge.start();
	url = `http://127.0.0.1:${edge.port()}/slack/events`;
});
afterAll(async () => {
	await edge.stop();
	api.close();
});

const seconds = (): number => Math.floor(Date.now() / 1000);
async function send(raw: string, headers: Record<string, string>, to = url): Promise<Response> {
	return await fetch(to, {
		method: 'POST',
		headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
		body: raw,
	});
}
const signed = async (raw: string, type = 'application/x-www-form-urlencoded', at = seconds()): Promise<Response> =>
	await send(raw, { ...signatureHeaders(raw, SECRET, at), 'content-type': type });
const payload = (value: unknown): string => `payload=${encodeURIComponent(JSON.stringify(value))}`;
const click = (value: string) => ({
	type: 'block_actions',
	user: { id: 'UANA000001', team_id: 'T1' },
	team: { id: 'T1', domain: 'plant' },
	trigger_id: '1.2.3',
	channel: { id: 'C1', name: 'incidents' },
	message: { ts: '1.1', type: 'message' },
	actions: [
		{
			type: 'button',
			action_id: 'approve',
			block_id: 'b',
			value,
			action_ts: '1.1',
			text: { type: 'plain_text', text: 'x' },
		},
	],
});
const eventually = async (is: () => boolean): Promise<void> => {
	for (let at = 0; at < 100 && !is(); at++) await new Promise((resolve) => setTimeout(resolve, 10));
	expect(is()).toBe(true);
};

describe('a request to the Slack port', () => {
	const raw = payload(click('pst_1'));

	it.each<[string, () => Record<string, string>]>([
		['without a signature', () => ({})],
		['with a wrong signature', () => ({ ...signatureHeaders(raw, 'another-secret', seconds()) })],
		['with the signature of another body', () => ({ ...signatureHeaders(`${raw}x`, SECRET, seconds()) })],
		['from more than five minutes ago', () => ({ ...signatureHeaders(raw, SECRET, seconds() - 301) })],
		['from more than five minutes ahead', () => ({ ...signatureHeaders(raw, SECRET, seconds() + 310) })],
		[
			'with a timestamp that is none',
			() => ({ ...signatureHeaders(raw, SECRET, seconds()), 'x-slack-request-timestamp': 'now' }),
		],
	])('%s is refused and reaches nobody', async (_name, headers) => {
		const before = clicks.length;
		expect((await send(raw, headers())).status).toBe(401);
		expect(clicks).toHaveLength(before);
	});

	it('rightly signed is acknowledged and worked', async () => {
		expect((await signed(raw)).status).toBe(200);
		await eventually(() => clicks.includes('UANA000001 approve pst_1'));
	});

	it('is acknowledged even where our work fails, and the next one works', async () => {
		expect((await signed(payload(click('boom')))).status).toBe(200);
		expect((await signed(payload(click('pst_2')))).status).toBe(200);
		await eventually(() => clicks.includes('UANA000001 approve pst_2'));
	});

	it('to another path is not found, and too large a body is refused', async () => {
		expect(
			(await send('x', signatureHeaders('x', SECRET, seconds()), url.replace('/slack/events', '/admin'))).status,
		).toBe(404);
		const big = `payload=${'x'.repeat(2_000_000)}`;
		expect((await signed(big)).status).toBe(413);
	});

	it('of broken JSON does no harm', async () => {
		expect((await signed('payload=%7Bbroken')).status).toBeGreaterThanOrEqual(400);
		expect((await signed(raw)).status).toBe(200);
	});
});

describe('what comes in', () => {
	it('a window with a fault is answered in the window, one without is worked', async () => {
		const view = (reason: string) => ({
			type: 'view_submission',
			user: { id: 'UANA000001', team_id: 'T1' },
			team: { id: 'T1', domain: 'plant' },
			view: {
				id: 'V1',
				type: 'modal',
				callback_id: 'refuse',
				private_metadata: 'pst_1',
				blocks: [],
				state: { values: { reason: { text: { type: 'plain_text_input', value: reason } } } },
			},
		});
		const refused = await signed(payload(view('')));
		expect(await refused.json()).toEqual({ response_action: 'errors', errors: { reason: 'say why' } });
		expect((await signed(payload(view('batch')))).status).toBe(200);
		await eventually(() => submissions.length === 1);
		expect(submissions[0]).toMatchObject({ callback: 'refuse', messageId: 'pst_1', fields: { reason: 'batch' } });
	});

	it('a command is acknowledged at once and answered over its response address', async () => {
		const form = new URLSearchParams({
			command: '/interlock',
			text: 'status',
			user_id: 'UANA000001',
			channel_id: 'C1',
			team_id: 'T1',
			response_url: url.replace('/slack/events', '/nowhere'),
			trigger_id: '1',
		});
		expect((await signed(form.toString())).status).toBe(200);
		await eventually(() => commands.some((typed) => typed.text === 'status'));
	});

	it('a repeated event is worked once', async () => {
		const event = JSON.stringify({
			type: 'event_callback',
			team_id: 'T1',
			api_app_id: 'A1',
			event_id: 'Ev1',
			event_time: 1,
			authorizations: [],
			event: { type: 'app_home_opened', user: 'UANA000001', channel: 'D1', tab: 'home', event_ts: '1.1' },
		});
		await signed(event, 'application/json');
		await signed(event, 'application/json');
		await eventually(() => homes.length > 0);
		expect(homes).toEqual(['UANA000001']);
	});
});
