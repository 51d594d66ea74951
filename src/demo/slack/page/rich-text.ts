// rich_text blocks: sections, lists, quotes and preformatted text. Their words are never read as mrkdwn. Pure.
import { asObject, asObjects, asText, type JsonObject, textOf } from '../json.ts';
import { dateText } from './dates.ts';
import { emojiSign, withEmoji } from './emoji.ts';
import { type Html, html, joined, NOTHING } from './html.ts';
import { linkHtml, type Names } from './mrkdwn.ts';

export function richTextHtml(block: JsonObject, names: Names): Html {
	return html`<div class="rich">${asObjects(block['elements']).map((element) => partHtml(element, names))}</div>`;
}

function partHtml(part: JsonObject, names: Names): Html {
	const children = asObjects(part['elements']);
	switch (part['type']) {
		case 'rich_text_section':
			return html`<p>${inlineHtml(children, names)}</p>`;
		case 'rich_text_quote':
			return html`<blockquote>${inlineHtml(children, names)}</blockquote>`;
		case 'rich_text_preformatted':
			return html`<pre><code>${inlineHtml(children, names)}</code></pre>`;
		case 'rich_text_list': {
			const items = children.map((child) => html`<li>${inlineHtml(asObjects(child['elements']), names)}</li>`);
			const indent = typeof part['indent'] === 'number' ? Math.min(8, Math.max(0, part['indent'])) : 0;
			return part['style'] === 'ordered'
				? html`<ol class="indent-${indent}">${items}</ol>`
				: html`<ul class="indent-${indent}">${items}</ul>`;
		}
		default:
			return NOTHING;
	}
}

function inlineHtml(elements: readonly JsonObject[], names: Names): Html {
	return joined(elements.map((element) => styled(element, wordsOf(element, names))));
}

function wordsOf(element: JsonObject, names: Names): Html {
	const id = (key: string): string => textOf(element, key);
	switch (element['type']) {
		case 'text':
			return joined(
				id('text')
					.split('\n')
					.map((line, at) => html`${at === 0 ? NOTHING : html`<br>`}${withEmoji(line)}`),
			);
		case 'link':
			return linkHtml(id('url'), id('text'));
		case 'user':
			return html`<span class="mention">@${names.user(id('user_id')) ?? id('user_id')}</span>`;
		case 'usergroup':
			return html`<span class="mention">@${names.group(id('usergroup_id')) ?? id('usergroup_id')}</span>`;
		case 'channel':
			return html`<span class="mention">#${names.channel(id('channel_id')) ?? id('channel_id')}</span>`;
		case 'broadcast':
			return html`<span class="mention loud">@${id('range')}</span>`;
		case 'emoji':
			return emojiSign(id('name')) ?? html`:${id('name')}:`;
		case 'color':
			return html`<code>${id('value')}</code>`;
		case 'date': {
			const at = typeof element['timestamp'] === 'number' ? element['timestamp'] * 1000 : null;
			return html`${at === null ? asText(element['fallback']) : dateText(id('format'), at, names.zone)}`;
		}
		default:
			return NOTHING;
	}
}

function styled(element: JsonObject, words: Html): Html {
	const style = asObject(element['style']);
	let out = words;
	if (style['code'] === true) out = html`<code>${out}</code>`;
	if (style['strike'] === true) out = html`<del>${out}</del>`;
	if (style['italic'] === true) out = html`<em>${out}</em>`;
	if (style['bold'] === true) out = html`<strong>${out}</strong>`;
	return out;
}
