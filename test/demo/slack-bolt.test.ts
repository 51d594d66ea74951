// A real Bolt 5 app against the stand-in, over signed HTTP and over Socket Mode: what it hears, answers and shows.

import { createServer } from 'node:http';
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { ANA, APP_TOKEN, BEN, BOT_TOKEN, SIGNING_SECRET, startTestSlack } from './slack-harness.ts';

type Heard = { kind: string; [key: string]: unknown };

function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer();
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address() as { port: number };
			server.close(() => resolve(port));
		});
	});
}

const decisionModal = {
	type: 'modal' as const,
	callback_id: 'refuse',
	private_metadata: 'inc_7',
	notify_on_close: true,
	title: { type: 'plain_text' as const, text: 'Refuse the step' },
	submit: { type: 'plain_text' as const, text: 'Refuse' },
	blocks: [
		{
			type: 'input' as const,
			block_id: 'why',
			label: { type: 'plain_text' as const, text: 'Reason' },
			element: { type: 'plain_text_input' as const, action_id: 'reason', min_length: 5 },
		},
		{
			type: 'input' as const,
			block_id: 'who',
			optional: true,
			label: { type: 'plain_text' as const, text: 'Tell' },
			element: { type: 'users_select' as const, action_id: 'tell' },
		},
	],
};

function listenersOn(app: App, heard: Heard[]): void {
	app.command('/interlock', async ({ ack, command, client, respond }) => {
		heard.push({ kind: 'command', text: command.text, user: command.user_id });
		if (command.text === 'ask') {
			await ack();
			await client.views.open({ trigger_id: command.trigger_id, view: decisionModal });
		} else if (command.text === 'all') {
			await ack({ response_type: 'in_channel', text: 'for everybody' });
		} else if (command.text === 'later') {
			await ack();
			await respond({ text: 'by response_url' });
		} else {
			await ack(`you said ${command.text}`);
		}
	});
	app.action('approve', async ({ ack, body, respond, action }) => {
		await ack();
		heard.push({ kind: 'approve', value: (action as { value: string }).value, user: body.user.id });
		await respond({ replace_original: true, text: `approved by <@${body.user.id}>` });
	});
	app.action('state', async ({ ack, body, action }) => {
		await ack();
		heard.push({ kind: 'state', action, state: (body as unknown as { state: unknown }).state });
	});
	app.action('refuse', async ({ ack, body, client }) => {
		await ack();
		await client.views.open({ trigger_id: (body as { trigger_id: string }).trigger_id, view: decisionModal });
	});
	app.view('refuse', async ({ ack, view, body }) => {
		const reason = view.state.values['why']?.['reason']?.value;
		heard.push({
			kind: 'submission',
			reason,
			tell: view.state.values['who']?.['tell']?.selected_user,
			about: view.private_metadata,
			user: body.user.id,
		});
		if (reason === 'because') await ack({ response_action: 'errors', errors: { why: 'Say what you saw.' } });
		else if (reason === 'another')
			await ack({ response_action: 'push', view: { ...decisionModal, callback_id: 'second' } });
		else if (reason === 'change')
			await ack({ response_action: 'update', view: { ...decisionModal, callback_id: 'changed' } });
		else await ack();
	});
	app.view('second', async ({ ack }) => ack({ response_action: 'clear' }));
	app.view({ callback_id: 'refuse', type: 'view_closed' }, async ({ ack, body }) => {
		await ack();
		heard.push({ kind: 'closed', cleared: (body as unknown as { is_cleared: boolean }).is_cleared });
	});
	app.view({ callback_id: 'changed', type: 'view_closed' }, async ({ ack }) => ack());
	app.event('app_mention', async ({ event, say }) => {
		heard.push({ kind: 'mention', text: event.text });
		await say({ text: 'yes?', thread_ts: event.ts });
	});
	app.message(async ({ message }) => {
		heard.push({ kind: 'message', text: (message as { text?: string }).text, type: message.channel_type });
	});
	app.event('app_home_opened', async ({ event, client }) => {
		if (event.tab !== 'home') return;
		const section = { type: 'section' as const, text: { type: 'mrkdwn' as const, text: '*2* incidents' } };
		await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [section] } });
	});
}

async function startBolt(mode: 'http' | 'socket', slack: LocalSlack, heard: Heard[]): Promise<App> {
	const clientOptions = { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } };
	const shared = { token: BOT_TOKEN, clientOptions, logLevel: LogLevel.ERROR };
	const app = new App(
		mode === 'http'
			? { ...shared, signingSecret: SIGNING_SECRET }
			: { ...shared, socketMode: true, appToken: APP_TOKEN },
	);
	listenersOn(app, heard);
	if (mode === 'http') {
		const port = await freePort();
		await app.start({ port, host: '127.0.0.1' });
		slack.setEventsUrl(`http://127.0.0.1:${port}/slack/events`);
	} else {
		await app.start();
	}
	return app;
}

describe.each(['http', 'socket'] as const)('a Bolt app over %s', (mode) => {
	let slack: LocalSlack;
	let app: App;
	const heard: Heard[] = [];
	beforeAll(async () => {
		slack = await startTestSlack();
		app = await startBolt(mode, slack, heard);
	});
	afterAll(async () => {
		await app.stop();
		await slack.close();
	});
	const said = (kind: string) => heard.filter((one) => one.kind === kind);

	it('is connected the way it was asked to be', async () => {
		expect(slack.connections()).toBe(mode === 'socket' ? 1 : 0);
		if (mode === 'http') expect(await slack.verifyEventsUrl()).toBe(true);
	});

	it('answers a command to the person who typed it, or to all', async () => {
		expect(await slack.act.command(ANA, 'incidents', '/interlock status  now')).toMatchObject({ ok: true });
		expect(said('command').at(-1)).toEqual({ kind: 'command', text: 'status  now', user: ANA });
		expect(slack.state.messages('incidents', ANA).at(-1)).toMatchObject({
			text: 'you said status  now',
			ephemeralTo: ANA,
		});
		await slack.act.command(ANA, 'incidents', '/interlock all');
		expect(slack.state.messages('incidents').at(-1)).toMatchObject({ text: 'for everybody', ephemeralTo: null });
		await slack.act.command(BEN, 'incidents', '/interlock later');
		await slack.waitFor(() =>
			slack.state.messages('incidents', BEN).some((message) => message.text === 'by response_url'),
		);
	});

	it('tells a person who types an unknown command, and asks no bot', async () => {
		const before = said('command').length;
		expect(await slack.act.command(ANA, 'incidents', '/nothing here')).toEqual({ ok: false, error: 'unknown_command' });
		expect(slack.state.messages('incidents', ANA).at(-1)?.text).toBe('`/nothing` is not a valid command.');
		expect(said('command')).toHaveLength(before);
	});

	it('hears a button and replaces the message through the response_url', async () => {
		const button = (value: string) => ({
			type: 'button' as const,
			action_id: 'approve',
			value,
			text: { type: 'plain_text' as const, text: 'Approve' },
		});
		const posted = await app.client.chat.postMessage({
			channel: 'incidents',
			text: 'step 1',
			blocks: [{ type: 'actions', elements: [button('apr_1')] }],
		});
		expect(await slack.act.click(BEN, { channel: 'incidents', ts: posted.ts!, action_id: 'approve' })).toEqual({
			ok: true,
		});
		const changed = await slack.waitFor(() =>
			slack.state.messages('incidents').find((message) => message.ts === posted.ts && message.editedTs !== null),
		);
		expect(changed).toMatchObject({ text: `approved by <@${BEN}>`, blocks: [] });
		expect(said('approve')).toEqual([{ kind: 'approve', value: 'apr_1', user: BEN }]);
		expect(await slack.act.click(BEN, { channel: 'incidents', ts: posted.ts!, action_id: 'approve' })).toEqual({
			ok: false,
			error: 'action_not_found',
		});
	});

	it('hears a choice together with what stands in the other fields of the message', async () => {
		const option = (value: string) => ({ text: { type: 'plain_text' as const, text: value }, value });
		const options = [option('normal'), option('upset')];
		const posted = await app.client.chat.postMessage({
			channel: 'incidents',
			text: 'zone',
			blocks: [
				{
					type: 'section',
					block_id: 'zone',
					text: { type: 'mrkdwn', text: 'Zone' },
					accessory: { type: 'static_select', action_id: 'state', options },
				},
				{
					type: 'actions',
					block_id: 'sure',
					elements: [{ type: 'checkboxes', action_id: 'seen', options: [option('I looked')] }],
				},
			],
		});
		await slack.act.click(ANA, {
			channel: 'incidents',
			ts: posted.ts!,
			action_id: 'state',
			value: 'upset',
			values: { seen: ['I looked'] },
		});
		await slack.waitFor(() => said('state').length > 0, 1_000).catch(() => undefined);
		expect(said('state')[0]).toMatchObject({
			action: { type: 'static_select', action_id: 'state', block_id: 'zone', selected_option: { value: 'upset' } },
			state: {
				values: {
					zone: { state: { selected_option: { value: 'upset' } } },
					sure: { seen: { selected_options: [{ value: 'I looked' }] } },
				},
			},
		});
	});

	it('opens a modal, which checks its fields, shows the bot’s errors, pushes, changes and clears', async () => {
		await slack.act.command(ANA, 'incidents', '/interlock ask');
		const view = await slack.waitFor(() => slack.state.views(ANA)[0]);
		expect(await slack.act.submit(ANA, view.id, {})).toMatchObject({ ok: false });
		expect(slack.state.views(ANA)[0]?.errors).toEqual({ why: 'Please complete this required field.' });
		await slack.act.submit(ANA, view.id, { reason: 'no' });
		expect(slack.state.views(ANA)[0]?.errors).toEqual({ why: 'Must be at least 5 characters.' });
		expect(said('submission')).toHaveLength(0);
		expect(await slack.act.submit(ANA, view.id, { resaon: 'misspelt' })).toEqual({
			ok: false,
			error: 'unknown_field: resaon',
		});
		await slack.act.submit(ANA, view.id, { reason: 'because' });
		expect(slack.state.views(ANA)[0]?.errors).toEqual({ why: 'Say what you saw.' });
		await slack.act.submit(ANA, view.id, { reason: 'another' });
		const pushed = slack.state.views(ANA);
		expect(pushed.map((one) => one.content['callback_id'])).toEqual(['refuse', 'second']);
		expect(pushed[1]).toMatchObject({ rootId: view.id, previousId: view.id });
		expect(await slack.act.submit(ANA, view.id, { reason: 'below' })).toEqual({ ok: false, error: 'view_not_found' });
		expect(await slack.act.submit(ANA, pushed[1]!.id, { reason: 'enough' })).toEqual({ ok: true });
		expect(slack.state.views(ANA)).toEqual([]);
	});

	it('gets the values of a submission, and the word that a modal was closed', async () => {
		const open = async () => {
			await slack.act.command(BEN, 'incidents', '/interlock ask');
			return slack.waitFor(() => slack.state.views(BEN)[0]);
		};
		const changed = await open();
		await slack.act.submit(BEN, changed.id, { reason: 'change' });
		expect(slack.state.views(BEN)[0]?.content['callback_id']).toBe('changed');
		await slack.act.close(BEN, changed.id);
		const view = await open();
		expect(await slack.act.submit(BEN, view.id, { why: { reason: 'the line is running' }, tell: ANA })).toEqual({
			ok: true,
		});
		expect(said('submission').at(-1)).toEqual({
			kind: 'submission',
			reason: 'the line is running',
			tell: ANA,
			about: 'inc_7',
			user: BEN,
		});
		const left = await open();
		await slack.act.close(BEN, left.id);
		expect(slack.state.views(BEN)).toEqual([]);
		await expect.poll(() => said('closed').at(-1)).toEqual({ kind: 'closed', cleared: false });
	});

	it('hears mentions and messages of people, and never its own', async () => {
		await slack.act.message(ANA, 'incidents', 'hello @interlock, is <b>line-2</b> safe?');
		await slack.waitFor(() =>
			slack.state
				.messages('incidents')
				.some((message) => slack.state.thread('incidents', message.ts).some((reply) => reply.text === 'yes?')),
		);
		expect(said('mention').at(-1)?.['text']).toBe(`hello <@${slack.bot.userId}>, is &lt;b&gt;line-2&lt;/b&gt; safe?`);
		await expect
			.poll(() => said('message').map((one) => one['text']))
			.toContain(`hello <@${slack.bot.userId}>, is &lt;b&gt;line-2&lt;/b&gt; safe?`);
		await slack.act.message(BEN, slack.state.channel('incidents')!.id, 'last words');
		await expect.poll(() => said('message').at(-1)?.['text']).toBe('last words');
		expect(said('message').map((one) => one['text'])).not.toContain('yes?');
	});

	it('publishes its Home when a person opens it', async () => {
		expect(await slack.act.openHome(ANA)).toEqual({ ok: true });
		const home = await slack.waitFor(() => slack.state.home(ANA));
		expect(home.content['blocks']).toMatchObject([{ type: 'section', text: { text: '*2* incidents' } }]);
		expect(slack.state.home(BEN)).toBeUndefined();
	});

	it('may open one view with a trigger, within three seconds, and not with one it made up', async () => {
		const code = (call: Promise<unknown>) =>
			call.then(
				() => 'ok',
				(error: { data?: { error?: string } }) => error.data?.error,
			);
		expect(await code(app.client.views.open({ trigger_id: '1.2.made-up', view: decisionModal }))).toBe(
			'invalid_trigger_id',
		);
		const triggers: string[] = [];
		app.action('keep', async ({ ack, body }) => {
			triggers.push((body as { trigger_id: string }).trigger_id);
			await ack();
		});
		const button = { type: 'button' as const, action_id: 'keep', text: { type: 'plain_text' as const, text: 'Keep' } };
		const { ts } = await app.client.chat.postMessage({
			channel: 'incidents',
			text: 'keep',
			blocks: [{ type: 'actions', elements: [button] }],
		});
		await slack.act.click(ANA, { channel: 'incidents', ts: ts!, action_id: 'keep' });
		expect(await code(app.client.views.open({ trigger_id: triggers[0]!, view: decisionModal }))).toBe('ok');
		expect(await code(app.client.views.open({ trigger_id: triggers[0]!, view: decisionModal }))).toBe(
			'exchanged_trigger_id',
		);
	});
});

describe('Socket Mode', () => {
	it('moves a client to a new connection without losing what happens afterwards', async () => {
		const slack = await startTestSlack();
		const heard: Heard[] = [];
		const clientOptions = { slackApiUrl: slack.apiUrl };
		// The time before the client comes back is its ping timeout; an App without a receiver of its own waits five seconds.
		const receiver = new SocketModeReceiver({
			appToken: APP_TOKEN,
			clientPingTimeout: 500,
			logLevel: LogLevel.ERROR,
			installerOptions: { clientOptions },
		});
		const app = new App({ token: BOT_TOKEN, receiver, clientOptions, logLevel: LogLevel.ERROR });
		listenersOn(app, heard);
		await app.start();
		slack.refreshConnections();
		await expect.poll(() => slack.connections(), { timeout: 5_000 }).toBe(0);
		await slack.waitFor(() => slack.connections() === 1, 8_000);
		await slack.act.command(ANA, 'incidents', '/interlock again');
		expect(heard.at(-1)).toMatchObject({ kind: 'command', text: 'again' });
		await app.stop();
		await slack.waitFor(() => slack.connections() === 0);
		expect(await slack.act.command(ANA, 'incidents', '/interlock gone')).toEqual({
			ok: false,
			error: 'app_not_connected',
		});
		await slack.close();
	});

	it('lets nobody in without a ticket, and uses a ticket once', async () => {
		const slack = await startTestSlack();
		const opened = (url: string) =>
			new Promise<boolean>((resolve) => {
				const socket = new WebSocket(url);
				socket.addEventListener('message', () => {
					socket.close();
					resolve(true);
				});
				socket.addEventListener('error', () => resolve(false));
			});
		const answer = await fetch(`${slack.apiUrl}apps.connections.open`, {
			method: 'POST',
			headers: { authorization: `Bearer ${APP_TOKEN}` },
		});
		const { url } = (await answer.json()) as { url: string };
		expect(await opened(`${slack.url.replace('http', 'ws')}/socket?ticket=guess`)).toBe(false);
		expect(await opened(url)).toBe(true);
		expect(await opened(url)).toBe(false);
		await slack.close();
	});
});
