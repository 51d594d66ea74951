// The whole bot against a Slack-compatible server that is not ours: what it can do works, what it lacks stops nothing.
// It has no event subscriptions and no interactivity, so clicks are signed here by hand, from Slack's documentation alone.
import { createHmac } from 'node:crypto';
import { createEmulator, type Emulator } from 'emulate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEntriesOfKind } from '../../src/store/read/demo.ts';
import { serverAlert, withServerPlaybook } from './playbooks.ts';
import { type Child, freePort, openWorld, until, type World } from './program.ts';

const BOT = 'xoxb-test-token';
const CHANNEL = 'C000000001';

type Element = { action_id?: string; value?: string };
type Said = { ts: string; text: string; thread_ts?: string; blocks?: { type: string; elements?: Element[] }[] };

describe('a Slack-compatible server that is not ours, over HTTP', () => {
	let server: Emulator;
	let world: World;
	let child: Child;
	beforeAll(async () => {
		server = await createEmulator({
			service: 'slack',
			port: await freePort(),
			seed: { slack: { team: { name: 'Plant', domain: 'plant' } } },
		});
		world = await openWorld({
			prepare: withServerPlaybook,
			env: { SLACK_BOT_TOKEN: BOT, SLACK_API_URL: `${server.url}/api/`, SLACK_CHANNEL: 'general' },
		});
		child = await world.ready();
	});
	afterAll(async () => {
		await world?.close();
		await server?.close();
	});

	const read = async (method: string, query: Record<string, string>): Promise<Said[]> => {
		const response = await fetch(`${server.url}/api/${method}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${BOT}` },
			body: new URLSearchParams(query),
		});
		return ((await response.json()) as { messages?: Said[] }).messages ?? [];
	};
	const cards = async (): Promise<Said[]> =>
		(await read('conversations.history', { channel: CHANNEL })).filter((message) => message.text.includes('INC-1'));
	const thread = (ts: string): Promise<Said[]> => read('conversations.replies', { channel: CHANNEL, ts });
	const buttonOf = (message: Said, action: string): Element | undefined =>
		(message.blocks ?? []).flatMap((block) => block.elements ?? []).find((element) => element.action_id === action);
	const click = (user: string, message: Said, action: string, sign = signed): Promise<Response> => {
		const button = buttonOf(message, action);
		const payload = {
			type: 'block_actions',
			user: { id: user, username: user, team_id: 'T000000001' },
			api_app_id: 'A000000001',
			team: { id: 'T000000001', domain: 'plant' },
			container: { type: 'message', message_ts: message.ts, channel_id: CHANNEL, is_ephemeral: false },
			trigger_id: '1.2.abc',
			channel: { id: CHANNEL, name: 'general' },
			message,
			state: { values: {} },
			response_url: `${server.url}/none`,
			actions: [{ type: 'button', action_ts: '1.1', block_id: 'b', ...button }],
		};
		const raw = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
		return fetch(world.slackDoor, {
			method: 'POST',
			headers: { 'content-type': 'application/x-www-form-urlencoded', ...sign(raw) },
			body: raw,
		});
	};
	const signed = (raw: string, secret = world.signingSecret, at = Math.floor(Date.now() / 1000)) => ({
		'x-slack-request-timestamp': String(at),
		'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${at}:${raw}`).digest('hex')}`,
	});
	let card: Said;
	let request: Said;

	it('gets a card, which is edited in place when more is known', async () => {
		const first = serverAlert(Date.now());
		expect((await world.post(first.source, first.body)).status).toBe(202);
		card = await until('a card', async () => (await cards())[0], 20_000, child.err);
		const second = serverAlert(Date.now() + 1, 'The same malware spread to a second share');
		expect((await world.post(second.source, second.body)).status).toBe(202);
		const edited = await until('an edit', async () => {
			const now = (await cards())[0];
			return now !== undefined && JSON.stringify(now.blocks) !== JSON.stringify(card.blocks) && now;
		});
		expect(edited.ts).toBe(card.ts);
		expect(await cards()).toHaveLength(1);
	});

	it('gets the request for a decision in the thread of the card', async () => {
		request = await until(
			'a request',
			async () => (await thread(card.ts)).find((message) => buttonOf(message, 'approve') !== undefined),
			20_000,
			child.err,
		);
		expect(request.thread_ts).toBe(card.ts);
		expect(JSON.stringify(request.blocks)).toContain('Isolate the file server');
	});

	it('cannot be spoken for: a click with a wrong, an old or no signature is refused and changes nothing', async () => {
		const now = Math.floor(Date.now() / 1000);
		expect((await click('U0JONAS', request, 'approve', (raw) => signed(raw, 'another secret'))).status).toBe(401);
		expect(
			(await click('U0JONAS', request, 'approve', (raw) => signed(raw, world.signingSecret, now - 360))).status,
		).toBe(401);
		expect(
			(await click('U0JONAS', request, 'approve', (raw) => signed(raw, world.signingSecret, now + 360))).status,
		).toBe(401);
		expect((await click('U0JONAS', request, 'approve', () => ({}) as ReturnType<typeof signed>)).status).toBe(401);
		const entries = await readEntriesOfKind(await world.database(), ['approval.given', 'approval.rejected']);
		expect(entries).toEqual([]);
		// Three said that they were Slack's: each is an entry, and people hear of it in the channel.
		const refused = await until('the entries', async () => {
			const found = await readEntriesOfKind(await world.database(), ['credential.refused']);
			return found.length >= 3 && found;
		});
		expect(refused.filter(({ canonical }) => canonical.includes('its time is more than'))).toHaveLength(2);
		expect(refused.filter(({ canonical }) => canonical.includes('not made with the signing secret'))).toHaveLength(1);
		await until('the word to people', async () => {
			const said = await read('conversations.history', { channel: CHANNEL });
			return said.some((message) => JSON.stringify(message).includes('in Slack’s name'));
		});
	});

	it('brings a click of somebody who may not decide: refused, recorded, and nothing runs', async () => {
		expect((await click('U0PRIYA', request, 'approve')).status).toBe(200);
		await until('the refusal', async () => {
			return (await readEntriesOfKind(await world.database(), ['approval.rejected'])).length === 1;
		});
		expect(world.target.effects().map((effect) => effect.what)).not.toContain('isolate files-01');
	});

	it('brings the click of the one who may: the step runs once, and the request is edited in place without its buttons', async () => {
		expect((await click('U0JONAS', request, 'approve')).status).toBe(200);
		expect((await click('U0JONAS', request, 'approve')).status).toBe(200);
		await until(
			'the isolation',
			() => world.target.effects().some((one) => one.what === 'isolate files-01'),
			20_000,
			child.err,
		);
		const after = await until('the edit', async () => {
			const now = (await thread(card.ts)).find((message) => message.ts === request.ts);
			return now !== undefined && buttonOf(now, 'approve') === undefined && now;
		});
		expect(JSON.stringify(after.blocks)).toContain('Jonas Weber');
		expect(world.target.effects().filter((one) => one.what === 'isolate files-01')).toHaveLength(1);
		expect(await readEntriesOfKind(await world.database(), ['approval.given'])).toHaveLength(1);
	});
});
