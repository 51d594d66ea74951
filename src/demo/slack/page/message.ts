// One message, one modal, one App Home as HTML, for one person's eyes. Pure: what is chosen so far comes as an argument.
import { asObjects, isObject, type JsonObject, textOf } from '../json.ts';
import type { RawValues } from '../values.ts';
import type { View } from '../views.ts';
import type { Message } from '../workspace.ts';
import { blocksHtml } from './blocks.ts';
import { clockText } from './dates.ts';
import type { Choice } from './elements.ts';
import { emojiSign } from './emoji.ts';
import { type Html, html, NOTHING } from './html.ts';
import { mrkdwnHtml, type Names, plainHtml } from './mrkdwn.ts';

/** Who looks, and what the page knows of names; the same for everything on one page. */
export type Reader = {
	readonly names: Names;
	readonly people: readonly Choice[];
	readonly channels: readonly Choice[];
};

export type ShownMessage = {
	readonly message: Message;
	readonly author: string;
	readonly values: RawValues;
	readonly replies: readonly Message[];
	readonly isInThread: boolean;
};

const TONES = ['red', 'amber', 'green', 'blue', 'purple', 'grey'] as const;

function avatarHtml(author: string, shown: ShownMessage): Html {
	const words = author.split(/\s+/).filter((word) => word !== '');
	const initials = (words.length > 1 ? [words[0], words.at(-1)] : [words[0]])
		.map((word) => word?.slice(0, 1) ?? '')
		.join('')
		.toUpperCase();
	const sum = [...shown.message.user].reduce((total, char) => total + (char.codePointAt(0) ?? 0), 0);
	const tone = shown.message.isFromBot ? 'bot' : `tone-${TONES[sum % (TONES.length - 1)] ?? 'grey'}`;
	return html`<div class="avatar ${tone}" aria-hidden="true">${shown.message.isFromBot ? '◆' : initials}</div>`;
}

export function messageHtml(shown: ShownMessage, reader: Reader): Html {
	const { message, author } = shown;
	const badge = message.isFromBot ? html` <span class="badge">app</span>` : NOTHING;
	const edited =
		message.editedTs === null
			? NOTHING
			: html` <span class="edited" title="changed at ${clockText(message.editedTs, reader.names.zone)}">(edited)</span>`;
	const only = message.ephemeralTo === null ? NOTHING : html`<div class="only-you">Only visible to you</div>`;
	const pinned = message.isPinned ? html`<div class="only-you">Pinned</div>` : NOTHING;
	const kind = message.ephemeralTo === null ? '' : ' ephemeral';
	return html`<article class="message${kind}" data-ts="${message.ts}" data-channel="${message.channel}" aria-label="Message from ${author}">${avatarHtml(author, shown)}<div class="content">${only}${pinned}<div class="byline"><strong>${author}</strong>${badge} <time datetime="${new Date(Number(message.ts) * 1000).toISOString()}">${clockText(message.ts, reader.names.zone)}</time>${edited}</div>${contentHtml(shown, reader)}${reactionsHtml(message)}${threadLink(shown, reader)}</div></article>`;
}

function contentHtml(shown: ShownMessage, reader: Reader): Html {
	const { message } = shown;
	const context = {
		...reader,
		values: shown.values,
		scope: `${shown.isInThread ? 't' : 'm'}${message.ts}`,
		errors: {},
	};
	const words =
		message.blocks.length > 0
			? blocksHtml(message.blocks, context)
			: message.text === ''
				? NOTHING
				: html`<div class="words">${mrkdwnHtml(message.text, reader.names)}</div>`;
	const attachments = message.attachments.map((attachment) => attachmentHtml(attachment, context));
	const files = message.files.map(
		(file) =>
			html`<div class="file"><span aria-hidden="true">▤</span> <strong>${file.title}</strong> <span class="host">${file.name}, ${file.bytes.length} bytes</span></div>`,
	);
	return html`${words}${attachments}${files}`;
}

function attachmentHtml(attachment: JsonObject, context: Parameters<typeof blocksHtml>[1]): Html {
	const blocks = asObjects(attachment['blocks']);
	const text = textOf(attachment, 'text') || textOf(attachment, 'fallback');
	const inner =
		blocks.length > 0 ? blocksHtml(blocks, context) : html`<div class="words">${mrkdwnHtml(text, context.names)}</div>`;
	return html`<div class="attachment tone-${toneOf(textOf(attachment, 'color'))}">${inner}</div>`;
}

/** The nearest of our tones to a colour: the page sets no colours that a message names. */
function toneOf(color: string): (typeof TONES)[number] {
	const named = { good: 'green', warning: 'amber', danger: 'red' } as const;
	if (color === 'good' || color === 'warning' || color === 'danger') return named[color];
	const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
	if (!match) return 'grey';
	const [red = 0, green = 0, blue = 0] = match.slice(1).map((pair) => Number.parseInt(pair, 16));
	if (Math.max(red, green, blue) - Math.min(red, green, blue) < 32) return 'grey';
	if (blue >= red && blue >= green) return red > green + 16 ? 'purple' : 'blue';
	if (green >= red) return 'green';
	return green > 90 ? 'amber' : 'red';
}

function reactionsHtml(message: Message): Html {
	if (message.reactions.size === 0) return NOTHING;
	const signs = [...message.reactions].map(
		([name, users]) => html`<span class="reaction">${emojiSign(name) ?? `:${name}:`} ${users.size}</span>`,
	);
	return html`<div class="reactions">${signs}</div>`;
}

function threadLink(shown: ShownMessage, reader: Reader): Html {
	if (shown.isInThread || shown.message.ephemeralTo !== null) return NOTHING;
	const { replies, message } = shown;
	const last = replies.at(-1);
	if (!last)
		return html`<button type="button" class="thread-link quiet" data-thread="${message.ts}">Reply in thread</button>`;
	const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
	return html`<button type="button" class="thread-link" data-thread="${message.ts}"><strong>${count}</strong> <span>last at ${clockText(last.ts, reader.names.zone)}</span></button>`;
}

/** The inside of the modal's dialog. */
export function modalHtml(view: View, depth: number, values: RawValues, reader: Reader): Html {
	const content = view.content;
	const context = { ...reader, values, scope: view.id, errors: view.errors };
	const whole = view.errors[''];
	const submit = isObject(content['submit'])
		? html`<button type="button" class="button primary" data-submit>${plainHtml(textOf(content['submit'], 'text'))}</button>`
		: NOTHING;
	const close = isObject(content['close'])
		? textOf(content['close'], 'text')
		: isObject(content['submit'])
			? 'Cancel'
			: 'Close';
	return html`<div class="modal-frame" data-view="${view.id}"><header><h2 id="modal-title">${plainHtml(textOf(content['title'], 'text'))}</h2>${depth > 1 ? html`<span class="depth">${depth} open</span>` : NOTHING}<button type="button" class="icon" data-close="all" aria-label="Close everything" title="Close">✕</button></header>
<div class="modal-body">${whole === undefined ? NOTHING : html`<div class="error whole" role="alert">${whole}</div>`}${blocksHtml(asObjects(content['blocks']), context)}</div>
<footer><button type="button" class="button" data-close="one">${plainHtml(close)}</button>${submit}</footer></div>`;
}

export function homeHtml(view: View | undefined, values: RawValues, reader: Reader, appName: string): Html {
	if (!view)
		return html`<div class="empty"><p>${appName} has not published its Home tab for this person yet.</p></div>`;
	const context = { ...reader, values, scope: view.id, errors: {} };
	return html`<div class="home" data-view="${view.id}">${blocksHtml(asObjects(view.content['blocks']), context)}</div>`;
}
