// Makes text that others wrote safe to show: in Slack (no mention, no link, no markup), in mail and in a terminal (no escape sequence).
// Alert text, names from alerts and the adviser's words all pass here. Pure. NOT here: limits of blocks (chat/blocks.ts).

/** What is looked at of one text, per character that may be shown: a 1 MB string costs no more than a short one. */
const LOOKAHEAD = 4;
const ELLIPSIS = '…';

/** ECMA-48 sequences that begin with ESC or CSI; what remains of longer ones is harmless once the controls are gone. */
const TERMINAL_SEQUENCE = /(?:\u001b\[|\u009b)[0-9;?]{0,20}[A-Za-z]/g;
/** C0, DEL, C1, and the separators of lines and paragraphs. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/**
 * Text that is not what it looks like (UTS 39, UTR 36): what Unicode itself says is not drawn (direction overrides and isolates, zero-width
 * characters, joiners, selectors, Hangul fillers, tag characters), interlinear marks, and the Braille pattern without a dot.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/gu;
/** More than two combining marks on one letter cover the lines above and below. */
const STACKED_MARKS = /(\p{M}{2})\p{M}+/gu;

/**
 * One line of text, at most `max` characters, that no surface reads as anything but text: controls and invisible
 * characters are gone, angle brackets become ‹ ›, broadcast names and URLs are broken so that nothing mentions or links.
 *
 * The same form serves `rich_text`, `plain_text`, fallback text (after `escapeMrkdwn`) and a terminal: one text cannot be
 * safe in one place and live in another. The evidence itself stays as it came in the alert's row.
 */
export function shown(text: string, max: number): string {
	const looked = text.slice(0, max * LOOKAHEAD);
	return ended(neutral(looked).replace(/\s+/g, ' ').trim(), max, looked.length < text.length);
}

/** As `shown`, but line breaks stay (at most `linesMax` lines, an ellipsis where there were more): for instructions and advice. */
export function shownLines(text: string, max: number, linesMax = 40): string {
	const looked = text.slice(0, max * LOOKAHEAD);
	const lines = looked.split(/\r\n|\r|\n/);
	const kept = lines.slice(0, linesMax).map((line) => neutral(line).replace(/\s+/g, ' ').trimEnd());
	const isMore = looked.length < text.length || lines.slice(linesMax).some((line) => line.trim() !== '');
	return ended(kept.join('\n').trim(), max, isMore);
}

/** Cut to `max`, with the ellipsis also where the rest was not looked at: what invisible characters or lines pushed out of sight is not gone without a sign. */
function ended(text: string, max: number, isMore: boolean): string {
	return cut(isMore ? `${text}${ELLIPSIS}` : text, max);
}

function neutral(text: string): string {
	return text
		.toWellFormed()
		.replace(TERMINAL_SEQUENCE, '')
		.replace(CONTROL, ' ')
		.replace(INVISIBLE, '')
		.replace(STACKED_MARKS, '$1')
		.replaceAll('<', '‹')
		.replaceAll('>', '›')
		.replace(/@(?=channel|here|everyone|group)/gi, '(at)')
		.replaceAll('://', '[:]//')
		.replace(/\bmailto:/gi, 'mailto[:]')
		.replace(/\bwww\./gi, 'www[.]');
}

/** Cut to `max` UTF-16 units, never through a character, with an ellipsis where something was left out. */
export function cut(text: string, max: number): string {
	if (text.length <= max) return text;
	return `${text
		.slice(0, Math.max(0, max - 1))
		.toWellFormed()
		.replace(/\ufffd$/, '')
		.trimEnd()}${ELLIPSIS}`;
}
