import { WebAPIPlatformError, WebAPIRateLimitedError, WebClient } from '@slack/web-api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { SLACK_RATE_LIMITS } from '../../src/demo/slack/rate-limit.ts';
import { ANA, APP_TOKEN, BEN, BOT_TOKEN, quiet, startTestSlack } from './slack-harness.ts';

const clientFor = (slack: LocalSlack, token: string | undefined = BOT_TOKEN, reject = false) =>
	new WebClient(token, {
		slackApiUrl: slack.apiUrl,
		retryConfig: { retries: 3, minTimeout: 1 },
		logger: quiet,
		rejectRateLimitedCalls: reject,
	});

async function errorOf(call: Promise<unknown>): Promise<string> {
	const error = await call.then(
		() => 'no error',
		(thrown: unknown) => thrown,
	);
	return error instanceof WebAPIPlatformError ? error.data.error : String(error);
}

describe('the Web API, as the official client meets it', () => {
	let slack: LocalSlack;
	let client: WebClient;
	let incidents: string;
	beforeAll(async () => {
		slack = await startTestSlack();
		client = clientFor(slack);
		incidents = slack.state.channel('incidents')!.id;
	});
	afterAll(() => slack.close());

	it('says who the bot is, with ids of its own', async () => {
		const who = await client.auth.test();
		expect(who).toMatchObject({ ok: true, user_id: slack.bot.userId, bot_id: slack.bot.botId, team_id: 'T0PLANT' });
		expect([ANA, BEN]).not.toContain(who.user_id);
	});

	it('refuses calls without a token, with a wrong one, with one of the other kind, and unknown methods', async () => {
		expect(await errorOf(clientFor(slack, '').auth.test())).toBe('not_authed');
		expect(await errorOf(clientFor(slack, 'xoxb-wrong').auth.test())).toBe('invalid_auth');
		expect(await errorOf(clientFor(slack, APP_TOKEN).auth.test())).toBe('not_allowed_token_type');
		expect(await errorOf(client.apps.connections.open())).toBe('not_allowed_token_type');
		expect(await errorOf(client.apiCall('canvases.create'))).toBe('unknown_method');
	});

	it('takes a JSON body as it takes a form, and names a body that is neither', async () => {
		const call = (body: string) =>
			fetch(`${slack.apiUrl}chat.postMessage`, {
				method: 'POST',
				headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json; charset=utf-8' },
				body,
			}).then((response) => response.json());
		expect(await call(JSON.stringify({ channel: incidents, text: 'by JSON' }))).toMatchObject({ ok: true });
		expect(await call('{"channel":')).toEqual({ ok: false, error: 'invalid_json' });
		expect(await call('[]')).toEqual({ ok: false, error: 'json_not_object' });
	});

	it('posts, changes and deletes a message, and gives it back with its metadata', async () => {
		const metadata = { event_type: 'incident_card', event_payload: { incident: 'inc_1' } };
		const posted = await client.chat.postMessage({ channel: '#incidents', text: 'first', metadata });
		const ts = posted.ts!;
		await client.chat.update({
			channel: incidents,
			ts,
			text: 'second',
			blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*second*' } }],
		});
		const history = await client.conversations.history({
			channel: incidents,
			include_all_metadata: true,
			latest: ts,
			inclusive: true,
			limit: 1,
		});
		expect(history.messages?.[0]).toMatchObject({
			ts,
			text: 'second',
			metadata,
			edited: { user: slack.bot.userId },
			bot_id: slack.bot.botId,
		});
		const without = await client.conversations.history({ channel: incidents, latest: ts, inclusive: true, limit: 1 });
		expect(without.messages?.[0]?.metadata).toBeUndefined();
		const link = await client.chat.getPermalink({ channel: incidents, message_ts: ts });
		expect(link.permalink).toBe(`${slack.url}/archives/${incidents}/p${ts.replace('.', '')}`);
		expect((await fetch(link.permalink!, { redirect: 'manual' })).status).toBe(302);
		await client.chat.delete({ channel: incidents, ts });
		expect(await errorOf(client.chat.update({ channel: incidents, ts, text: 'gone' }))).toBe('message_not_found');
	});

	it('gives every message a time of its own that is later than the one before', async () => {
		const frozen = await startTestSlack({ now: () => 1_790_000_000_000 });
		const posts = await Promise.all(
			Array.from({ length: 20 }, (_, at) => clientFor(frozen).chat.postMessage({ channel: 'line-2', text: `n ${at}` })),
		);
		await frozen.close();
		const times = posts.map((post) => post.ts!);
		expect(new Set(times).size).toBe(20);
		expect(times.every((ts) => /^1790000000\.\d{6}$/.test(ts))).toBe(true);
		expect(frozen.state.messages('line-2').map((message) => message.ts)).toEqual([...times].sort());
	});

	it('posts once for the same client_msg_id, and answers the repeat with the first message', async () => {
		const once = { channel: incidents, text: 'once', client_msg_id: '0c7a4f5e-6d1b-4b53-8f0d-1f6f1b9f4a01' };
		const first = await client.chat.postMessage(once);
		const again = await client.chat.postMessage(once);
		expect(again.ts).toBe(first.ts);
		expect(slack.state.messages('incidents').filter((message) => message.text === 'once')).toHaveLength(1);
	});

	it('keeps threads apart from the channel, and pages through replies', async () => {
		const parent = await client.chat.postMessage({ channel: incidents, text: 'parent' });
		for (let at = 0; at < 5; at += 1)
			await client.chat.postMessage({ channel: incidents, text: `reply ${at}`, thread_ts: parent.ts! });
		const texts: unknown[] = [];
		for await (const page of client.paginate('conversations.replies', {
			channel: incidents,
			ts: parent.ts!,
			limit: 2,
		})) {
			texts.push(
				...((page as unknown as { messages: unknown }).messages as { text: string }[]).map((message) => message.text),
			);
		}
		expect(texts).toEqual(['parent', 'reply 0', 'reply 1', 'reply 2', 'reply 3', 'reply 4']);
		const history = await client.conversations.history({ channel: incidents });
		expect(history.messages?.[0]).toMatchObject({ text: 'parent', reply_count: 5, thread_ts: parent.ts });
		expect(await errorOf(client.chat.postMessage({ channel: incidents, text: 'x', thread_ts: '1.000001' }))).toBe(
			'thread_not_found',
		);
		expect(await errorOf(client.conversations.replies({ channel: incidents, ts: '1.000001' }))).toBe(
			'thread_not_found',
		);
	});

	it('pages through channels to the last one, and refuses a cursor that is not its own', async () => {
		for (let at = 0; at < 7; at += 1) await client.conversations.create({ name: `page-${at}` });
		const names: string[] = [];
		for await (const page of client.paginate('conversations.list', { limit: 3 })) {
			names.push(
				...((page as unknown as { channels: unknown }).channels as { name: string }[]).map((channel) => channel.name),
			);
		}
		expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(7);
		expect(new Set(names).size).toBe(names.length);
		expect(await errorOf(client.conversations.list({ cursor: 'bm90IG91cnM=' }))).toBe('invalid_cursor');
	});

	it.each([
		['', 'invalid_name_required'],
		['a'.repeat(81), 'invalid_name_maxlength'],
		['Upper', 'invalid_name_specials'],
		['two words', 'invalid_name_specials'],
		['--', 'invalid_name_punctuation'],
		['incidents', 'name_taken'],
	])('refuses a channel named "%s" with %s', async (name, code) => {
		expect(await errorOf(client.conversations.create({ name }))).toBe(code);
	});

	it('keeps the name of an archived channel taken, and takes no messages in it', async () => {
		const made = await client.conversations.create({ name: 'inc-old' });
		await client.conversations.archive({ channel: made.channel!.id! });
		expect(await errorOf(client.conversations.create({ name: 'inc-old' }))).toBe('name_taken');
		expect(await errorOf(client.chat.postMessage({ channel: made.channel!.id!, text: 'late' }))).toBe('is_archived');
	});

	it('knows who is a member: invites, joins, and refuses to post from outside', async () => {
		const outside = await startTestSlack({
			channels: [
				{ name: 'open', hasBot: false },
				{ name: 'closed', isPrivate: true, hasBot: false },
			],
		});
		const other = clientFor(outside);
		const open = outside.state.channel('open')!.id;
		expect(await errorOf(other.chat.postMessage({ channel: open, text: 'x' }))).toBe('not_in_channel');
		expect(await errorOf(other.chat.postMessage({ channel: outside.state.channel('closed')!.id, text: 'x' }))).toBe(
			'channel_not_found',
		);
		expect(await errorOf(other.chat.postMessage({ channel: 'C0NOWHERE', text: 'x' }))).toBe('channel_not_found');
		await other.conversations.join({ channel: open });
		await other.chat.postMessage({ channel: open, text: 'in' });
		const made = await other.conversations.create({ name: 'inc-1', is_private: true });
		await other.conversations.invite({ channel: made.channel!.id!, users: `${ANA},${BEN}` });
		const members = await other.conversations.members({ channel: made.channel!.id! });
		expect(members.members).toEqual([outside.bot.userId, ANA, BEN]);
		expect(await errorOf(other.conversations.invite({ channel: made.channel!.id!, users: ANA }))).toBe(
			'already_in_channel',
		);
		await outside.close();
	});

	it('finds people and groups, and lists a group’s members', async () => {
		expect((await client.users.info({ user: ANA })).user).toMatchObject({ real_name: 'Ana Ruiz', is_bot: false });
		expect((await client.users.lookupByEmail({ email: 'BEN@plant.example' })).user?.id).toBe(BEN);
		expect(await errorOf(client.users.lookupByEmail({ email: 'no@plant.example' }))).toBe('users_not_found');
		expect((await client.users.list({})).members?.map((member) => member.id)).toEqual([ANA, BEN, slack.bot.userId]);
		expect((await client.usergroups.list({ include_users: true })).usergroups?.[0]).toMatchObject({
			handle: 'ot-oncall',
			users: [ANA],
		});
		expect((await client.usergroups.users.list({ usergroup: 'S0OT' })).users).toEqual([ANA]);
		expect(await errorOf(client.usergroups.users.list({ usergroup: 'S0NONE' }))).toBe('no_such_subteam');
	});

	it('shows an ephemeral message to one person only, and keeps it out of history', async () => {
		const sent = await client.chat.postEphemeral({ channel: incidents, user: ANA, text: 'just for Ana' });
		expect(slack.state.messages('incidents', ANA).some((message) => message.ts === sent.message_ts)).toBe(true);
		expect(slack.state.messages('incidents', BEN).some((message) => message.ts === sent.message_ts)).toBe(false);
		expect(
			(await client.conversations.history({ channel: incidents })).messages?.some(
				(message) => message.ts === sent.message_ts,
			),
		).toBe(false);
		expect(await errorOf(client.chat.update({ channel: incidents, ts: sent.message_ts!, text: 'x' }))).toBe(
			'message_not_found',
		);
	});

	it('does not let the bot change what a person wrote', async () => {
		const written = await slack.act.message(ANA, 'incidents', 'mine');
		const ts = written.ok ? written.ts! : '';
		expect(await errorOf(client.chat.update({ channel: incidents, ts, text: 'yours' }))).toBe('cant_update_message');
		expect(await errorOf(client.chat.delete({ channel: incidents, ts }))).toBe('cant_delete_message');
	});

	it('bookmarks, pins, reacts, and says where that was done before', async () => {
		const { ts } = await client.chat.postMessage({ channel: incidents, text: 'keep me' });
		await client.bookmarks.add({
			channel_id: incidents,
			title: 'Runbook',
			type: 'link',
			link: 'https://wiki.example/runbook',
		});
		await client.pins.add({ channel: incidents, timestamp: ts! });
		await client.reactions.add({ channel: incidents, timestamp: ts!, name: 'eyes' });
		expect(await errorOf(client.pins.add({ channel: incidents, timestamp: ts! }))).toBe('already_pinned');
		expect(await errorOf(client.reactions.add({ channel: incidents, timestamp: ts!, name: 'eyes' }))).toBe(
			'already_reacted',
		);
		expect(
			await errorOf(
				client.bookmarks.add({ channel_id: incidents, title: 'x', type: 'link', link: 'javascript:alert(1)' }),
			),
		).toBe('invalid_link');
	});

	it('takes a file in Slack’s three steps and shows it in the thread', async () => {
		const parent = await client.chat.postMessage({ channel: incidents, text: 'evidence follows' });
		await client.filesUploadV2({
			channel_id: incidents,
			thread_ts: parent.ts!,
			filename: 'evidence.jsonl',
			title: 'Evidence',
			content: '{"entry":1}\n',
		});
		const [, shown] = slack.state.thread('incidents', parent.ts!);
		expect(shown?.files[0]).toMatchObject({ name: 'evidence.jsonl', title: 'Evidence' });
		expect(shown?.files[0]?.bytes.toString('utf8')).toBe('{"entry":1}\n');
		expect(await errorOf(client.files.completeUploadExternal({ files: [{ id: 'F0NONE', title: 'x' }] }))).toBe(
			'file_not_found',
		);
	});
});

describe('rate limits', () => {
	let slack: LocalSlack;
	afterEach(() => slack.close());

	it('takes a burst in a channel, then one message a second, and says how long to wait', async () => {
		let now = 1_790_000_000_000;
		slack = await startTestSlack({ now: () => now, rateLimits: { ...SLACK_RATE_LIMITS, postBurst: 2 } });
		const client = clientFor(slack, BOT_TOKEN, true);
		const post = (channel: string) => client.chat.postMessage({ channel, text: 'x' });
		await post('incidents');
		await post('incidents');
		const refused = await post('incidents').catch((error: unknown) => error);
		expect(refused).toBeInstanceOf(WebAPIRateLimitedError);
		expect((refused as WebAPIRateLimitedError).retryAfter).toBe(1);
		await post('line-2');
		now += 1_000;
		await post('incidents');
		expect(slack.state.messages('incidents')).toHaveLength(3);
	});

	it('lets the official client wait and succeed by itself', async () => {
		slack = await startTestSlack({ rateLimits: { ...SLACK_RATE_LIMITS, postBurst: 1, postsPerSecond: 2 } });
		const client = clientFor(slack);
		await Promise.all([
			client.chat.postMessage({ channel: 'incidents', text: 'a' }),
			client.chat.postMessage({ channel: 'incidents', text: 'b' }),
		]);
		expect(
			slack.state
				.messages('incidents')
				.map((message) => message.text)
				.sort(),
		).toEqual(['a', 'b']);
	});

	it('counts each method in its tier', async () => {
		slack = await startTestSlack({ now: () => 1_790_000_000_000, rateLimits: SLACK_RATE_LIMITS });
		const client = clientFor(slack, BOT_TOKEN, true);
		for (let at = 0; at < 20; at += 1) await client.usergroups.list({});
		await expect(client.usergroups.list({})).rejects.toBeInstanceOf(WebAPIRateLimitedError);
		await client.users.info({ user: ANA });
	});
});
