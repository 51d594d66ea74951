// What the page draws: stored answers for whole cards, hostile text that must stay text, and who may talk to its routes.
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { blocksHtml } from '../../src/demo/slack/page/blocks.ts';
import { dateText } from '../../src/demo/slack/page/dates.ts';
import { markdownHtml } from '../../src/demo/slack/page/markdown.ts';
import { mrkdwnHtml, type Names, plainHtml } from '../../src/demo/slack/page/mrkdwn.ts';
import { attackCard, homeView, refuseModal, stormCard } from './slack-cards.ts';
import { ANA, BEN, BOT_TOKEN, startTestSlack } from './slack-harness.ts';

const names: Names = {
	user: (id) => (id === ANA ? 'Ana Ruiz' : null),
	channel: (id) => (id === 'C1' ? 'incidents' : null),
	group: (id) => (id === 'S0OT' ? 'ot-oncall' : null),
	zone: 'UTC',
};
const shown = (text: string) => mrkdwnHtml(text, names).text;
const link = (url: string, label: string) =>
	`<a href="${url}" target="_blank" rel="noopener noreferrer nofollow">${label}</a>`;

describe('mrkdwn', () => {
	it.each([
		['*bold* _italic_ ~gone~ `code`', '<strong>bold</strong> <em>italic</em> <del>gone</del> <code>code</code>'],
		['*bold with _italic_ in it*', '<strong>bold with <em>italic</em> in it</strong>'],
		['2*3*4 and snake_case_name', '2*3*4 and snake_case_name'],
		['* not bold * and *open', '* not bold * and *open'],
		['`*not bold*` and ```\n<b>\n```', '<code>*not bold*</code> and <pre><code>&lt;b&gt;\n</code></pre>'],
		['&gt; quoted\nnot', '<blockquote>quoted</blockquote>not'],
		['one\ntwo', 'one<br>two'],
		['&lt;b&gt; &amp;amp; 5 &lt; 6', '&lt;b&gt; &amp;amp; 5 &lt; 6'],
		[
			'<@U0ANA> <@U0NOBODY|eve> <#C1> <!subteam^S0OT>',
			'<span class="mention" title="U0ANA">@Ana Ruiz</span> <span class="mention" title="U0NOBODY">@eve</span> <span class="mention" title="C1">#incidents</span> <span class="mention" title="S0OT">@ot-oncall</span>',
		],
		['<!here>', '<span class="mention loud" title="everybody">@here</span>'],
		['<https://a.example/x?y=1&amp;z=2>', link('https://a.example/x?y=1&amp;z=2', 'https://a.example/x?y=1&amp;z=2')],
		[
			'<https://evil.example|https://bank.example>',
			`${link('https://evil.example/', 'https://bank.example')} <span class="host">(evil.example)</span>`,
		],
		['see https://a.example/b now', `see ${link('https://a.example/b', 'https://a.example/b')} now`],
		[
			'<!date^1790000000^{date_num} {time_secs}|fallback>',
			'<time datetime="2026-09-21T14:13:20.000Z">2026-09-21 14:13:20</time>',
		],
		['<!date^soon^{time}|fallback>', 'fallback'],
		[
			':warning: and :no_such_sign:',
			'<span class="emoji tone-amber" role="img" aria-label="warning" title=":warning:">▲</span> and :no_such_sign:',
		],
	])('%s', (text, html) => {
		expect(shown(text)).toBe(html);
	});

	it.each([
		['<javascript:alert(1)|click me>', 'click me (javascript:alert(1))'],
		['<JaVaScRiPt:alert(1)>', 'JaVaScRiPt:alert(1)'],
		['<data:text/html,&lt;script&gt;|x>', 'x (data:text/html,&lt;script&gt;)'],
		['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
		['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
		['&lt;!channel&gt; &lt;@U0ANA&gt;', '&lt;!channel&gt; &lt;@U0ANA&gt;'],
		['"><svg onload=alert(1)>', '&quot;&gt;&lt;svg onload=alert(1)&gt;'],
		['\u202egnp.exe\u0000', '\u25a1gnp.exe\u25a1'],
	])('hostile text stays text: %s', (text, html) => {
		expect(shown(text)).toBe(html);
	});

	it('never lets a tag or attribute through that it did not write, whatever the text', () => {
		const hostile = fc.array(
			fc.constantFrom(
				'<',
				'>',
				'"',
				"'",
				'&',
				'*',
				'_',
				'~',
				'`',
				'```',
				'|',
				'\n',
				'javascript:',
				'<script>',
				'onerror=',
				'<!here>',
				'<https://a.example|',
				'&lt;',
				':x:',
				'a',
				' ',
			),
			{ maxLength: 60 },
		);
		const allowed =
			/^<(?:\/(?:strong|em|del|code|pre|blockquote|a|span|time)|br|strong|em|del|code|pre|blockquote|span class="(?:host|mention|mention loud|emoji tone-[a-z]+)"(?: role="img")?(?: aria-label="[^"<>]*")?(?: title="[^"<>]*")?|a href="(?:https?:|mailto:)[^"<>]*" target="_blank" rel="noopener noreferrer nofollow"|time datetime="[^"<>]*")>$/;
		fc.assert(
			fc.property(hostile, (parts) => {
				const text = parts.join('');
				for (const html of [shown(text), plainHtml(text).text])
					for (const tag of html.match(/<[^>]*>?/g) ?? []) expect(tag).toMatch(allowed);
				const tags = markdownHtml(text).text.match(/<[^>]*>?/g) ?? [];
				expect(
					tags.filter((tag) => /script|onerror|svg|<img/i.test(tag) && !tag.startsWith('<a href="https://')),
				).toEqual([]);
			}),
			{ numRuns: 500 },
		);
	});

	it('takes time in step with the length of the text', () => {
		for (const piece of ['*a ', '<', '`', '_a ~b *c ', '&gt;\n', '<@', '[a](', '**a', ':a']) {
			const text = piece.repeat(Math.floor(40_000 / piece.length));
			const started = performance.now();
			mrkdwnHtml(text, names);
			markdownHtml(text);
			expect(performance.now() - started, piece).toBeLessThan(2_000);
		}
	});

	it('shows dates in the reader’s time zone', () => {
		expect(dateText('{date_short} {time}', 1_790_000_000_000, 'Europe/Madrid')).toBe('21 Sept 2026 16:13');
		expect(dateText('{nonsense} {time}', 1_790_000_000_000, 'UTC')).toBe('{nonsense} 14:13');
	});
});

describe('markdown blocks', () => {
	it('draws headings, lists, code, quotes and links, and no HTML', () => {
		const text =
			'# Title\n- one\n- [x] **two**\n1. first\n> said\n```\n<b>\n```\n[site](https://a.example) [bad](javascript:x) <i>raw</i>';
		expect(markdownHtml(text).text).toBe(
			`<div class="markdown"><p class="heading level-1">Title</p><ul><li>one</li><li><span aria-label="done">☑</span> <strong>two</strong></li></ul><ol><li>first</li></ol><blockquote>said</blockquote><pre><code>&lt;b&gt;</code></pre><p>${link('https://a.example/', 'site')} <span class="host">(a.example)</span> bad (javascript:x) &lt;i&gt;raw&lt;/i&gt;</p></div>`,
		);
	});
});

describe('cards', () => {
	const context = {
		names,
		people: [{ id: ANA, label: 'Ana Ruiz' }],
		channels: [{ id: 'C1', label: '#incidents' }],
		values: {},
		scope: 'm1',
		errors: { reason: 'Say more.' },
	};
	const rich = [
		{
			type: 'rich_text',
			elements: [
				{
					type: 'rich_text_section',
					elements: [
						{ type: 'text', text: '<b>*not bold*</b>', style: { bold: true } },
						{ type: 'link', url: 'javascript:alert(1)', text: 'x' },
						{ type: 'user', user_id: ANA },
					],
				},
				{
					type: 'rich_text_list',
					style: 'ordered',
					elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'one' }] }],
				},
			],
		},
		{ type: 'image', image_url: 'https://pictures.example/a.png', alt_text: 'trend of P-101' },
		{ type: 'table', rows: [[{ type: 'raw_text', text: 'asset' }], [{ type: 'raw_text', text: '<plc>' }]] },
		{ type: 'context', elements: [{ type: 'image', image_url: 'javascript:alert(1)', alt_text: 'no' }] },
	];
	it.each([
		['attack-card', attackCard.blocks],
		['storm-card', stormCard.blocks],
		['refuse-modal', refuseModal.blocks],
		['home', homeView.blocks],
		['rich', rich],
	] as const)('%s is drawn as stored', async (name, blocks) => {
		const html = blocksHtml(blocks as Parameters<typeof blocksHtml>[0], context).text.replaceAll('><', '>\n<');
		await expect(html).toMatchFileSnapshot(`golden/slack-${name}.golden.html`);
	});

	it('fetches no picture and carries no script, style or handler', () => {
		const html = blocksHtml(rich, context).text;
		expect(html).not.toMatch(/<img|<script|<style|\son[a-z]+=|style=|href="javascript/);
		expect(html).toContain('(pictures.example)');
	});
});

describe('the page’s routes', () => {
	let slack: LocalSlack;
	beforeAll(async () => {
		slack = await startTestSlack();
	});
	afterAll(() => slack.close());
	const state = async (person: string, channel = '') =>
		(await (await fetch(`${slack.url}/page/state?as=${person}&channel=${channel}`)).json()) as {
			pieces: { key: string; html: string }[];
			sidebar: string;
			modal: unknown;
		};
	const act = (body: object, headers: Record<string, string> = { 'x-local-slack': '1' }) =>
		fetch(`${slack.url}/page/act`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		});

	it('serve one page under a strict content policy, with nothing from elsewhere and nothing inline', async () => {
		const page = await fetch(slack.url);
		expect(page.headers.get('content-security-policy')).toMatch(
			/^default-src 'none'; script-src 'self'; style-src 'self'/,
		);
		const text = await page.text();
		expect(text).toContain('Local stand-in, not Slack.');
		expect(text).not.toMatch(/https?:\/\/|<script>|style=|\son[a-z]+=/);
		for (const file of ['/page.css', '/page.js', '/icon.svg']) expect((await fetch(slack.url + file)).status).toBe(200);
		expect((await fetch(`${slack.url}/../package.json`)).status).toBe(404);
	});

	it('show an ephemeral message, unread counts and edits to the right people', async () => {
		const call = (method: string, body: object) =>
			fetch(slack.apiUrl + method, {
				method: 'POST',
				headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/json' },
				body: JSON.stringify(body),
			}).then((response) => response.json() as Promise<{ ts: string }>);
		await call('chat.postEphemeral', { channel: 'incidents', user: ANA, text: 'only Ana' });
		const { ts } = await call('chat.postMessage', {
			channel: 'incidents',
			text: '<https://evil.example|Approve here> & <b>',
		});
		await call('chat.update', { channel: slack.state.channel('incidents')?.id, ts, text: 'changed' });
		const [ana, ben] = [await state(ANA), await state(BEN)];
		expect(JSON.stringify(ana.pieces)).toContain('only Ana');
		expect(JSON.stringify(ben.pieces)).not.toContain('only Ana');
		expect(ben.pieces.at(-1)?.html).toContain('(edited)');
		expect((await state(BEN, slack.state.channel('line-2')!.id)).sidebar).toContain('1 unread');
	});

	it('do what a person does with the same rules as the acting interface', async () => {
		expect(
			await (await act({ as: ANA, do: 'message', channel: 'incidents', text: 'from the page <b>' })).json(),
		).toMatchObject({ ok: true });
		expect(slack.state.messages('incidents').at(-1)?.text).toBe('from the page &lt;b&gt;');
		expect(await (await act({ as: 'U0NOBODY', do: 'message', channel: 'incidents', text: 'x' })).json()).toEqual({
			ok: false,
			error: 'user_not_found',
		});
		expect(await (await act({ as: ANA, do: 'fly' })).json()).toEqual({ ok: false, error: 'unknown_act' });
		expect(
			await (
				await act({ as: ANA, do: 'click', channel: 'incidents', ts: '1.1', action_id: 'x', block_id: 'y' })
			).json(),
		).toEqual({ ok: false, error: 'message_not_found' });
	});

	it('refuse another site’s script, another name for this machine, and a form', async () => {
		expect((await act({ as: ANA, do: 'read' }, {})).status).toBe(403);
		expect((await act({ as: ANA, do: 'read' }, { 'x-local-slack': '1', origin: 'https://evil.example' })).status).toBe(
			403,
		);
		const status = await new Promise((resolve, reject) => {
			request(`${slack.url}/page/state`, { headers: { host: 'rebound.example' } }, (response) =>
				resolve(response.statusCode),
			)
				.on('error', reject)
				.end();
		});
		expect(status).toBe(403);
	});
});
