// Slack's mrkdwn as HTML: bold, italics, strike, code, quotes, links with their host shown, mentions, dates. What it does not
// know stays text. Linear in the length of the text: every search that fails is remembered for its line. Pure.
import { dateText } from './dates.ts';
import { withEmoji } from './emoji.ts';
import { type Html, html, joined, NOTHING } from './html.ts';

export type Names = {
	readonly user: (id: string) => string | null;
	readonly channel: (id: string) => string | null;
	readonly group: (id: string) => string | null;
	/** IANA time zone in which dates are shown. */
	readonly zone: string;
};

export function mrkdwnHtml(text: string, names: Names): Html {
	const parts: Html[] = [];
	const pieces = text.split('```');
	for (const [at, piece] of pieces.entries()) {
		const isCode = at % 2 === 1 && at < pieces.length - 1;
		if (isCode) parts.push(html`<pre><code>${decoded(plainOf(piece)).replace(/^\n/, '')}</code></pre>`);
		else parts.push(linesHtml(at % 2 === 1 ? `\`\`\`${piece}` : piece, names));
	}
	return joined(parts);
}

/** Text that is shown as it is: plain_text objects, labels, names. */
export function plainHtml(text: string): Html {
	return joined(text.split('\n').map((line, at) => html`${at === 0 ? NOTHING : html`<br>`}${withEmoji(line)}`));
}

function linesHtml(text: string, names: Names): Html {
	const out: Html[] = [];
	let quoted: Html[] = [];
	const flush = (): void => {
		if (quoted.length > 0) out.push(html`<blockquote>${withBreaks(quoted)}</blockquote>`);
		quoted = [];
	};
	const lines = text.split('\n');
	let plain: Html[] = [];
	const flushPlain = (): void => {
		if (plain.length > 0) out.push(withBreaks(plain));
		plain = [];
	};
	for (const line of lines) {
		const quote = /^(?:&gt;|>) ?/.exec(line);
		if (quote) {
			flushPlain();
			quoted.push(inlineHtml(line.slice(quote[0].length), names));
		} else {
			flush();
			plain.push(inlineHtml(line, names));
		}
	}
	flush();
	flushPlain();
	return joined(out);
}

function withBreaks(lines: readonly Html[]): Html {
	return joined(lines.map((line, at) => html`${at === 0 ? NOTHING : html`<br>`}${line}`));
}

const MARKS = { '*': 'strong', _: 'em', '~': 'del', '`': 'code' } as const;
type Mark = keyof typeof MARKS;

function isMark(char: string | undefined): char is Mark {
	return char === '*' || char === '_' || char === '~' || char === '`';
}

function isWordAt(text: string, at: number): boolean {
	const char = text[at];
	return char !== undefined && /[\p{L}\p{N}]/u.test(char);
}

/** One line. `open` holds the marks we are inside of: none may nest in itself, so the depth is at most four. */
function inlineHtml(text: string, names: Names, open = ''): Html {
	const parts: Html[] = [];
	const exhausted = new Set<string>();
	let plainFrom = 0;
	let at = 0;
	const flush = (): void => {
		if (at > plainFrom) parts.push(textHtml(text.slice(plainFrom, at)));
	};
	while (at < text.length) {
		const char = text[at];
		const end = exhausted.has(char ?? '')
			? -1
			: char === '<'
				? text.indexOf('>', at)
				: isMark(char) && !open.includes(char)
					? closing(text, at, char)
					: -2;
		if (end === -1) exhausted.add(char ?? '');
		if (end < 0) {
			at += 1;
			continue;
		}
		flush();
		const inner = text.slice(at + 1, end);
		if (char === '<') parts.push(controlHtml(inner, names));
		else if (char === '`') parts.push(html`<code>${decoded(plainOf(inner))}</code>`);
		else parts.push(marked(char, inlineHtml(inner, names, open + char)));
		at = end + 1;
		plainFrom = at;
	}
	flush();
	return joined(parts);
}

function marked(char: string | undefined, inner: Html): Html {
	if (char === '*') return html`<strong>${inner}</strong>`;
	return char === '_' ? html`<em>${inner}</em>` : html`<del>${inner}</del>`;
}

/** Where the mark that opens at `at` closes; -1 where this line has no more of it, -2 where this one opens nothing. */
function closing(text: string, at: number, mark: Mark): number {
	const next = text[at + 1];
	if (isWordAt(text, at - 1) || next === undefined || next === ' ' || next === mark) return -2;
	let end = text.indexOf(mark, at + 1);
	while (end !== -1) {
		if (mark === '`' || (text[end - 1] !== ' ' && !isWordAt(text, end + 1))) return end;
		end = text.indexOf(mark, end + 1);
	}
	return -1;
}

/** `<...>`: a mention, a date, a link; anything else is shown as typed. */
function controlHtml(inner: string, names: Names): Html {
	const bar = inner.indexOf('|');
	const target = bar === -1 ? inner : inner.slice(0, bar);
	const label = bar === -1 ? '' : decoded(inner.slice(bar + 1));
	const id = target.slice(1);
	if (target.startsWith('@')) return mention(`@${names.user(id) ?? (label || id)}`, id);
	if (target.startsWith('#')) return mention(`#${names.channel(id) ?? (label || id)}`, id);
	if (target.startsWith('!subteam^')) {
		const group = target.slice('!subteam^'.length);
		return mention(`@${names.group(group) ?? (label.replace(/^@/, '') || group)}`, group);
	}
	if (target.startsWith('!date^')) return dateHtml(target, label, names);
	if (target === '!here' || target === '!channel' || target === '!everyone')
		return mention(`@${target.slice(1)}`, 'everybody', true);
	if (target.startsWith('!')) return html`${label || `<${decoded(inner)}>`}`;
	// What is neither control nor address is not dropped: it is shown with its brackets, as typed.
	if (!/^[a-z][a-z0-9+.-]{0,30}:/i.test(target)) return html`${`<${decoded(inner)}>`}`;
	return linkHtml(decoded(target), label);
}

function mention(text: string, title: string, isLoud = false): Html {
	return html`<span class="mention${isLoud ? ' loud' : ''}" title="${title}">${text}</span>`;
}

function dateHtml(target: string, fallback: string, names: Names): Html {
	const [, seconds = '', format = ''] = target.split('^');
	const at = /^\d{1,11}$/.test(seconds) ? Number(seconds) * 1000 : null;
	if (at === null) return html`${fallback}`;
	return html`<time datetime="${new Date(at).toISOString()}">${dateText(format, at, names.zone)}</time>`;
}

/** A link shows where it leads: the host stands beside a label that does not name it. Only http, https and mailto are links. */
export function linkHtml(url: string, label: string): Html {
	const parsed = URL.canParse(url) ? new URL(url) : null;
	const isSafe = parsed !== null && ['http:', 'https:', 'mailto:'].includes(parsed.protocol);
	if (!isSafe) return html`${label === '' ? url : `${label} (${url})`}`;
	const shown = label === '' ? url : label;
	const host = parsed.protocol === 'mailto:' ? parsed.pathname : parsed.host;
	const isPlain = shown === url || shown === host;
	return html`<a href="${parsed.href}" target="_blank" rel="noopener noreferrer nofollow">${withEmoji(shown)}</a>${isPlain ? NOTHING : html` <span class="host">(${host})</span>`}`;
}

/** Plain words of a line: entities read, bare addresses made links, as Slack does. */
function textHtml(text: string): Html {
	const pieces = decoded(text).split(/(https?:\/\/[^\s<>"'`|]{1,2000})/);
	return joined(pieces.map((piece, at) => (at % 2 === 1 ? linkHtml(piece, '') : withEmoji(piece))));
}

/** Inside code a link is shown as its label or address, without effect. */
function plainOf(text: string): string {
	return text.replace(
		/<((?:[@#!]|[a-z]{2,10}:)[^<>|]{1,3000})(?:\|([^<>]{0,3000}))?>/g,
		(_, target: string, label: string | undefined) => label ?? target,
	);
}

function decoded(text: string): string {
	return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
