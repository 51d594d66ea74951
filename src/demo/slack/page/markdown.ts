// The `markdown` block: the part of standard Markdown that Slack shows. No raw HTML, no images. Linear. Pure.
import { withEmoji } from './emoji.ts';
import { type Html, html, joined, NOTHING } from './html.ts';
import { linkHtml } from './mrkdwn.ts';

export function markdownHtml(text: string): Html {
	const out: Html[] = [];
	const lines = text.split('\n');
	let at = 0;
	while (at < lines.length) {
		const { block, next } = blockAt(lines, at);
		out.push(block);
		at = next;
	}
	return html`<div class="markdown">${out}</div>`;
}

function run(
	lines: readonly string[],
	at: number,
	belongs: (line: string) => boolean,
): { readonly run: readonly string[]; readonly next: number } {
	let next = at;
	while (next < lines.length && belongs(lines[next] ?? '')) next += 1;
	return { run: lines.slice(at, next), next };
}

const BULLET = /^\s{0,6}[-*+] /;
const NUMBER = /^\s{0,6}\d{1,9}[.)] /;

function blockAt(lines: readonly string[], at: number): { readonly block: Html; readonly next: number } {
	const line = lines[at] ?? '';
	if (line.startsWith('```')) {
		const code = run(lines, at + 1, (other) => !other.startsWith('```'));
		return { block: html`<pre><code>${code.run.join('\n')}</code></pre>`, next: code.next + 1 };
	}
	const heading = /^(#{1,6}) +(.*)$/.exec(line);
	if (heading)
		return {
			block: html`<p class="heading level-${Math.min(3, heading[1]?.length ?? 1)}">${inline(heading[2] ?? '')}</p>`,
			next: at + 1,
		};
	if (/^(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line)) return { block: html`<hr>`, next: at + 1 };
	if (line.startsWith('>')) {
		const quote = run(lines, at, (other) => other.startsWith('>'));
		return {
			block: html`<blockquote>${paragraph(quote.run.map((other) => other.replace(/^> ?/, '')))}</blockquote>`,
			next: quote.next,
		};
	}
	for (const [form, isOrdered] of [
		[BULLET, false],
		[NUMBER, true],
	] as const) {
		if (!form.test(line)) continue;
		const items = run(lines, at, (other) => form.test(other));
		const entries = items.run.map((item) => html`<li>${task(item.replace(form, ''))}</li>`);
		return { block: isOrdered ? html`<ol>${entries}</ol>` : html`<ul>${entries}</ul>`, next: items.next };
	}
	if (line.trim() === '') return { block: NOTHING, next: at + 1 };
	const words = run(
		lines,
		at,
		(other) => other.trim() !== '' && !/^(?:#{1,6} |```|>)/.test(other) && !BULLET.test(other) && !NUMBER.test(other),
	);
	// INVARIANT: every branch moves on; a line that no other branch takes is a paragraph of its own.
	const next = Math.max(words.next, at + 1);
	return { block: html`<p>${paragraph(lines.slice(at, next))}</p>`, next };
}

function paragraph(lines: readonly string[]): Html {
	return joined(lines.map((line, at) => html`${at === 0 ? NOTHING : html`<br>`}${inline(line)}`));
}

function task(item: string): Html {
	if (item.startsWith('[ ] ')) return html`<span aria-label="open">☐</span> ${inline(item.slice(4))}`;
	if (/^\[[xX]\] /.test(item)) return html`<span aria-label="done">☑</span> ${inline(item.slice(4))}`;
	return inline(item);
}

const TOKEN =
	/(`[^`\n]{1,2000}`|\*\*[^*\n]{1,2000}\*\*|\*[^*\n]{1,2000}\*|\b_[^_\n]{1,2000}_\b|~~[^~\n]{1,2000}~~|\[[^[\]\n]{1,500}\]\([^()\s]{1,2000}\))/;

function inline(text: string): Html {
	return joined(text.split(TOKEN).map((piece, at) => (at % 2 === 1 ? token(piece) : withEmoji(piece))));
}

function token(piece: string): Html {
	if (piece.startsWith('`')) return html`<code>${piece.slice(1, -1)}</code>`;
	if (piece.startsWith('**')) return html`<strong>${withEmoji(piece.slice(2, -2))}</strong>`;
	if (piece.startsWith('~~')) return html`<del>${withEmoji(piece.slice(2, -2))}</del>`;
	if (piece.startsWith('*') || piece.startsWith('_')) return html`<em>${withEmoji(piece.slice(1, -1))}</em>`;
	const cut = piece.indexOf('](');
	return linkHtml(piece.slice(cut + 2, -1), piece.slice(1, cut));
}
