// Slack's limits, as a table: at the limit a message passes, one above it is refused with Slack's code and pointer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { ANA, BOT_TOKEN, startRecorder, startTestSlack } from './slack-harness.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const option = (at = 0, length = 5, value = 5) => ({ text: plain(length), value: `${at}`.padEnd(value, 'v') });
const button = (extra: object = {}) => ({ type: 'button', text: plain(5), ...extra });
const actions = (...elements: object[]) => [{ type: 'actions', elements }];
const input = (element: object, extra: object = {}) => [{ type: 'input', label: plain(5), element, ...extra }];
const confirm = (title: number, text: number, answer: number) => ({
	title: plain(title),
	text: mrkdwn(text),
	confirm: plain(answer),
	deny: plain(3),
});

type Case = readonly [what: string, max: number, build: (size: number) => readonly object[], pointer: string];
const CASES: readonly Case[] = [
	['blocks in a message', 50, (n) => times(n, () => ({ type: 'divider' })), '/blocks'],
	['section text', 3_000, (n) => [{ type: 'section', text: mrkdwn(n) }], '/blocks/0/text/text'],
	['section fields', 10, (n) => [{ type: 'section', fields: times(n, () => mrkdwn(3)) }], '/blocks/0/fields'],
	['section field text', 2_000, (n) => [{ type: 'section', fields: [mrkdwn(n)] }], '/blocks/0/fields/0/text'],
	['header text', 150, (n) => [{ type: 'header', text: plain(n) }], '/blocks/0/text/text'],
	['context elements', 10, (n) => [{ type: 'context', elements: times(n, () => mrkdwn(3)) }], '/blocks/0/elements'],
	['actions elements', 25, (n) => actions(...times(n, () => button())), '/blocks/0/elements'],
	['button text', 75, (n) => actions(button({ text: plain(n) })), '/blocks/0/elements/0/text/text'],
	['button value', 2_000, (n) => actions(button({ value: 'v'.repeat(n) })), '/blocks/0/elements/0/value'],
	['button url', 3_000, (n) => actions(button({ url: 'u'.repeat(n) })), '/blocks/0/elements/0/url'],
	['action_id', 255, (n) => actions(button({ action_id: 'a'.repeat(n) })), '/blocks/0/elements/0/action_id'],
	['block_id', 255, (n) => [{ type: 'divider', block_id: 'b'.repeat(n) }], '/blocks/0/block_id'],
	[
		'confirm title',
		100,
		(n) => actions(button({ confirm: confirm(n, 5, 5) })),
		'/blocks/0/elements/0/confirm/title/text',
	],
	[
		'confirm text',
		300,
		(n) => actions(button({ confirm: confirm(5, n, 5) })),
		'/blocks/0/elements/0/confirm/text/text',
	],
	[
		'confirm button',
		30,
		(n) => actions(button({ confirm: confirm(5, 5, n) })),
		'/blocks/0/elements/0/confirm/confirm/text',
	],
	[
		'select options',
		100,
		(n) => actions({ type: 'static_select', options: times(n, option) }),
		'/blocks/0/elements/0/options',
	],
	[
		'option text',
		75,
		(n) => actions({ type: 'static_select', options: [option(0, n)] }),
		'/blocks/0/elements/0/options/0/text/text',
	],
	[
		'option value',
		150,
		(n) => actions({ type: 'static_select', options: [option(0, 5, n)] }),
		'/blocks/0/elements/0/options/0/value',
	],
	[
		'overflow options',
		5,
		(n) => actions({ type: 'overflow', options: times(n, option) }),
		'/blocks/0/elements/0/options',
	],
	[
		'radio options',
		10,
		(n) => actions({ type: 'radio_buttons', options: times(n, option) }),
		'/blocks/0/elements/0/options',
	],
	[
		'checkboxes options',
		10,
		(n) => actions({ type: 'checkboxes', options: times(n, option) }),
		'/blocks/0/elements/0/options',
	],
	[
		'input max_length',
		3_000,
		(n) => input({ type: 'plain_text_input', max_length: n }),
		'/blocks/0/element/max_length',
	],
	['input label', 2_000, (n) => input({ type: 'plain_text_input' }, { label: plain(n) }), '/blocks/0/label/text'],
	[
		'image alt text',
		2_000,
		(n) => [{ type: 'image', image_url: 'https://a.example/b.png', alt_text: 'x'.repeat(n) }],
		'/blocks/0/alt_text',
	],
	['markdown text', 12_000, (n) => [{ type: 'markdown', text: 'x'.repeat(n) }], '/blocks/0/text'],
	[
		'table rows',
		100,
		(n) => [{ type: 'table', rows: times(n, () => [{ type: 'raw_text', text: 'c' }]) }],
		'/blocks/0/rows',
	],
	[
		'table cells',
		20,
		(n) => [{ type: 'table', rows: [times(n, () => ({ type: 'raw_text', text: 'c' }))] }],
		'/blocks/0/rows/0',
	],
];

const WRONG: readonly (readonly [what: string, blocks: unknown, message: string])[] = [
	['an unknown block', [{ type: 'banner' }], 'unsupported type: banner [json-pointer:/blocks/0/type]'],
	[
		'a field that Slack does not know',
		[{ type: 'divider', colour: 'red' }],
		'invalid additional property: colour [json-pointer:/blocks/0]',
	],
	[
		'a section with nothing in it',
		[{ type: 'section' }],
		'missing required field: text or fields [json-pointer:/blocks/0]',
	],
	[
		'mrkdwn in a header',
		[{ type: 'header', text: mrkdwn(3) }],
		'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
	],
	[
		'empty text',
		[{ type: 'section', text: mrkdwn(0) }],
		'must be more than 0 characters [json-pointer:/blocks/0/text/text]',
	],
	[
		'the same block_id twice',
		[
			{ type: 'divider', block_id: 'b' },
			{ type: 'divider', block_id: 'b' },
		],
		'`block_id` "b" already exists for another block [json-pointer:/blocks/1/block_id]',
	],
	[
		'the same action_id twice in a block',
		actions(button({ action_id: 'a' }), button({ action_id: 'a' })),
		'`action_id` "a" already exists for another element [json-pointer:/blocks/0]',
	],
	[
		'a text input in an actions block',
		actions({ type: 'plain_text_input' }),
		'unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]',
	],
	[
		'a select without options',
		actions({ type: 'static_select' }),
		'must define either options or option_groups [json-pointer:/blocks/0/elements/0]',
	],
	[
		'a button style that does not exist',
		actions(button({ style: 'warning' })),
		'must be a valid enum value: primary, danger [json-pointer:/blocks/0/elements/0/style]',
	],
	[
		'a date that is none',
		actions({ type: 'datepicker', initial_date: '22.11.2026' }),
		'must match the format YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]',
	],
	['blocks that are no list', { type: 'divider' }, 'must be an array [json-pointer:/blocks]'],
];

describe('Block Kit limits', () => {
	let slack: LocalSlack;
	const call = async (method: string, body: object) => {
		const response = await fetch(`${slack.apiUrl}${method}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		return (await response.json()) as {
			ok: boolean;
			error?: string;
			response_metadata?: { messages: string[] };
			[key: string]: unknown;
		};
	};
	const post = (body: object) => call('chat.postMessage', { channel: 'incidents', text: 'fallback', ...body });
	beforeAll(async () => {
		slack = await startTestSlack();
	});
	afterAll(() => slack.close());

	it.each(CASES)('%s: %d pass, one more is refused', async (_, max, build, pointer) => {
		expect(await post({ blocks: build(max) })).toMatchObject({ ok: true });
		const above = await post({ blocks: build(max + 1) });
		expect(above).toMatchObject({ ok: false, error: 'invalid_blocks' });
		expect(above.response_metadata?.messages.join('\n')).toContain(`[json-pointer:${pointer}]`);
	});

	it.each(WRONG)('refuses %s', async (_, blocks, message) => {
		expect(await post({ blocks })).toMatchObject({
			ok: false,
			error: 'invalid_blocks',
			response_metadata: { messages: [`[ERROR] ${message}`] },
		});
	});

	it('names all faults of a message at once', async () => {
		const answer = await post({ blocks: [{ type: 'header', text: plain(200) }, { type: 'banner' }] });
		expect(answer.response_metadata?.messages).toHaveLength(2);
	});

	it('holds the whole message to 13,000 characters of block text and 40,000 of text', async () => {
		const sections = (length: number) => times(5, () => ({ type: 'section', text: mrkdwn(length) }));
		expect(await post({ blocks: sections(2_600) })).toMatchObject({ ok: true });
		expect(await post({ blocks: sections(2_601) })).toMatchObject({ ok: false, error: 'msg_blocks_too_long' });
		expect(await post({ text: 'x'.repeat(40_000) })).toMatchObject({ ok: true });
		expect(await post({ text: 'x'.repeat(40_001) })).toMatchObject({ ok: false, error: 'msg_too_long' });
		expect(await post({ text: ' ' })).toMatchObject({ ok: false, error: 'no_text' });
		expect(
			await call('chat.postMessage', { channel: 'incidents', text: 'x', metadata: { event_type: 'x' } }),
		).toMatchObject({ error: 'invalid_metadata_format' });
		expect(await call('chat.postMessage', { channel: 'incidents', text: 'x', blocks: 'no json' })).toMatchObject({
			error: 'invalid_blocks_format',
		});
	});

	it('gives back the ids that Slack makes up where the bot left them out', async () => {
		const { message } = await post({ blocks: actions(button(), button()) });
		const [block] = (message as { blocks: { block_id: string; elements: { action_id: string }[] }[] }).blocks;
		expect(block?.block_id).toMatch(/\S/);
		expect(new Set(block?.elements.map((element) => element.action_id)).size).toBe(2);
	});

	it('refuses a body above its own limit with 413, and goes on', async () => {
		const response = await fetch(`${slack.apiUrl}chat.postMessage`, {
			method: 'POST',
			body: 'x'.repeat(2 * 1024 * 1024 + 1),
		}).catch(() => null);
		if (response) expect(response.status).toBe(413);
		expect(await post({ text: 'still here' })).toMatchObject({ ok: true });
	});
});

describe('limits of modals and Homes', () => {
	let slack: LocalSlack;
	let recorder: Awaited<ReturnType<typeof startRecorder>>;
	beforeAll(async () => {
		recorder = await startRecorder(() => ({ status: 200 }));
		slack = await startTestSlack({ eventsUrl: recorder.url });
	});
	afterAll(async () => {
		await slack.close();
		await recorder.close();
	});
	async function open(
		view: object,
	): Promise<{ ok: boolean; error?: string; response_metadata?: { messages: string[] } }> {
		await slack.act.command(ANA, 'incidents', '/interlock x');
		const trigger_id = new URLSearchParams(recorder.received.at(-1)?.raw).get('trigger_id');
		return api('views.open', { trigger_id, view });
	}
	async function api(
		method: string,
		body: object,
	): Promise<{ ok: boolean; error?: string; response_metadata?: { messages: string[] } }> {
		const response = await fetch(`${slack.apiUrl}${method}`, {
			method: 'POST',
			headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		return (await response.json()) as { ok: boolean; error?: string };
	}
	const modal = (extra: object = {}) => ({ type: 'modal', title: plain(5), blocks: [], ...extra });

	it.each([
		['title', 24, (n: number) => modal({ title: plain(n) }), '/view/title/text'],
		['submit', 24, (n: number) => modal({ submit: plain(n) }), '/view/submit/text'],
		['close', 24, (n: number) => modal({ close: plain(n) }), '/view/close/text'],
		['callback_id', 255, (n: number) => modal({ callback_id: 'c'.repeat(n) }), '/view/callback_id'],
		['private_metadata', 3_000, (n: number) => modal({ private_metadata: 'p'.repeat(n) }), '/view/private_metadata'],
		['blocks', 100, (n: number) => modal({ blocks: times(n, () => ({ type: 'divider' })) }), '/view/blocks'],
	] as const)('modal %s: %d pass, one more is refused', async (_, max, build, pointer) => {
		expect(await open(build(max))).toMatchObject({ ok: true });
		const above = await open(build(max + 1));
		expect(above).toMatchObject({ ok: false, error: 'invalid_arguments' });
		expect(above.response_metadata?.messages.join()).toContain(`[json-pointer:${pointer}]`);
	});

	it('wants a submit button where there is an input, and no markdown block', async () => {
		expect(
			(await open(modal({ blocks: input({ type: 'plain_text_input' }) }))).response_metadata?.messages[0],
		).toContain('submit is required');
		expect(await open(modal({ blocks: [{ type: 'markdown', text: 'x' }] }))).toMatchObject({
			error: 'invalid_arguments',
		});
	});

	it('stacks three views and no more, and knows a stale hash', async () => {
		await open(modal());
		const push = async () => {
			const view = slack.state.views(ANA).at(-1)!;
			await api('views.update', { view_id: view.id, view: modal({ blocks: actions(button({ action_id: 'next' })) }) });
			await slack.act.click(ANA, { viewId: view.id, action_id: 'next' });
			const { trigger_id } = JSON.parse(new URLSearchParams(recorder.received.at(-1)!.raw).get('payload')!);
			return api('views.push', { trigger_id, view: modal() });
		};
		expect(await push()).toMatchObject({ ok: true });
		expect(await push()).toMatchObject({ ok: true });
		expect(await push()).toMatchObject({ ok: false, error: 'push_limit_reached' });
		const [view] = slack.state.views(ANA);
		const stale = view!.hash;
		expect(await api('views.update', { view_id: view!.id, hash: stale, view: modal() })).toMatchObject({ ok: true });
		expect(await api('views.update', { view_id: view!.id, hash: stale, view: modal() })).toMatchObject({
			error: 'hash_conflict',
		});
		expect(await api('views.update', { view_id: 'V0NONE', view: modal() })).toMatchObject({ error: 'not_found' });
	});

	it('lets a trigger live three seconds', async () => {
		let now = 1_790_000_000_000;
		const timed = await startTestSlack({ eventsUrl: recorder.url, now: () => now });
		await timed.act.command(ANA, 'incidents', '/interlock x');
		const trigger_id = new URLSearchParams(recorder.received.at(-1)?.raw).get('trigger_id');
		now += 3_001;
		const response = await fetch(`${timed.apiUrl}views.open`, {
			method: 'POST',
			headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
			body: JSON.stringify({ trigger_id, view: modal() }),
		});
		expect(await response.json()).toEqual({ ok: false, error: 'expired_trigger_id' });
		await timed.close();
	});

	it('publishes a Home for a person it knows', async () => {
		const home = { type: 'home', blocks: [] };
		expect(await api('views.publish', { user_id: ANA, view: home })).toMatchObject({ ok: true });
		expect(await api('views.publish', { user_id: 'U0NOBODY', view: home })).toMatchObject({ error: 'user_not_found' });
		expect(await api('views.publish', { user_id: ANA, view: modal() })).toMatchObject({ error: 'invalid_arguments' });
	});
});
