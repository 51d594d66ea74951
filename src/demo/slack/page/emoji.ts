// Emoji as small signs that every font has, so that a card reads the same on any machine; unknown ones stay `:name:`. Pure.
import { type Html, html } from './html.ts';

type Sign = {
	readonly glyph: string;
	readonly tone: 'red' | 'amber' | 'green' | 'blue' | 'purple' | 'grey';
	readonly char: string;
};

const SIGNS: { readonly [name: string]: Sign } = {
	red_circle: { glyph: '●', tone: 'red', char: '🔴' },
	large_orange_circle: { glyph: '●', tone: 'amber', char: '🟠' },
	large_yellow_circle: { glyph: '●', tone: 'amber', char: '🟡' },
	large_green_circle: { glyph: '●', tone: 'green', char: '🟢' },
	large_blue_circle: { glyph: '●', tone: 'blue', char: '🔵' },
	large_purple_circle: { glyph: '●', tone: 'purple', char: '🟣' },
	white_circle: { glyph: '○', tone: 'grey', char: '⚪' },
	black_circle: { glyph: '●', tone: 'grey', char: '⚫' },
	large_red_square: { glyph: '■', tone: 'red', char: '🟥' },
	large_orange_square: { glyph: '■', tone: 'amber', char: '🟧' },
	large_yellow_square: { glyph: '■', tone: 'amber', char: '🟨' },
	large_green_square: { glyph: '■', tone: 'green', char: '🟩' },
	large_blue_square: { glyph: '■', tone: 'blue', char: '🟦' },
	warning: { glyph: '▲', tone: 'amber', char: '⚠' },
	rotating_light: { glyph: '◆', tone: 'red', char: '🚨' },
	octagonal_sign: { glyph: '■', tone: 'red', char: '🛑' },
	no_entry: { glyph: '⊘', tone: 'red', char: '⛔' },
	no_entry_sign: { glyph: '⊘', tone: 'red', char: '🚫' },
	white_check_mark: { glyph: '✔', tone: 'green', char: '✅' },
	heavy_check_mark: { glyph: '✔', tone: 'green', char: '✔' },
	x: { glyph: '✖', tone: 'red', char: '❌' },
	hourglass: { glyph: '◷', tone: 'grey', char: '⌛' },
	hourglass_flowing_sand: { glyph: '◷', tone: 'grey', char: '⏳' },
	clock3: { glyph: '◷', tone: 'grey', char: '🕒' },
	eyes: { glyph: '☉', tone: 'blue', char: '👀' },
	lock: { glyph: '■', tone: 'grey', char: '🔒' },
	unlock: { glyph: '□', tone: 'grey', char: '🔓' },
	snowflake: { glyph: '❄', tone: 'blue', char: '❄' },
	fire: { glyph: '▲', tone: 'red', char: '🔥' },
	gear: { glyph: '⚙', tone: 'grey', char: '⚙' },
	zap: { glyph: '⚡', tone: 'amber', char: '⚡' },
	bell: { glyph: '♪', tone: 'amber', char: '🔔' },
	information_source: { glyph: 'ℹ', tone: 'blue', char: 'ℹ' },
	question: { glyph: '?', tone: 'red', char: '❓' },
	exclamation: { glyph: '!', tone: 'red', char: '❗' },
	raised_hand: { glyph: '☝', tone: 'amber', char: '✋' },
	hand: { glyph: '☝', tone: 'amber', char: '✋' },
	pushpin: { glyph: '⚑', tone: 'red', char: '📌' },
	memo: { glyph: '✎', tone: 'grey', char: '📝' },
	wrench: { glyph: '⚙', tone: 'grey', char: '🔧' },
	link: { glyph: '∞', tone: 'grey', char: '🔗' },
	factory: { glyph: '⌂', tone: 'grey', char: '🏭' },
	shield: { glyph: '◆', tone: 'blue', char: '🛡' },
	mag: { glyph: '⌕', tone: 'grey', char: '🔍' },
	arrow_right: { glyph: '→', tone: 'grey', char: '➡' },
	arrows_counterclockwise: { glyph: '↻', tone: 'blue', char: '🔄' },
	'+1': { glyph: '✔', tone: 'green', char: '👍' },
	'-1': { glyph: '✖', tone: 'red', char: '👎' },
	busts_in_silhouette: { glyph: '☺', tone: 'blue', char: '👥' },
	bust_in_silhouette: { glyph: '☺', tone: 'blue', char: '👤' },
};

const NAME_OF_CHAR: ReadonlyMap<string, string> = new Map(
	Object.entries(SIGNS).map(([name, sign]) => [sign.char, name]),
);
const CHARS = new RegExp(`(${[...NAME_OF_CHAR.keys()].join('|')})\\ufe0f?`, 'u');

/** The sign for a name without colons; null where we have none. */
export function emojiSign(name: string): Html | null {
	const sign = Object.hasOwn(SIGNS, name) ? SIGNS[name] : undefined;
	if (!sign) return null;
	return html`<span class="emoji tone-${sign.tone}" role="img" aria-label="${name.replaceAll('_', ' ')}" title=":${name}:">${sign.glyph}</span>`;
}

/** Text with `:name:` and emoji characters as signs; everything else escaped. */
export function withEmoji(text: string): Html {
	const parts: Html[] = [];
	const pieces = text.split(/(:[a-z0-9_+'-]{1,60}:)/);
	for (const piece of pieces) {
		const sign = piece.startsWith(':') && piece.endsWith(':') ? emojiSign(piece.slice(1, -1)) : null;
		if (sign) parts.push(sign);
		else parts.push(...charSigns(piece));
	}
	return html`${parts}`;
}

function charSigns(text: string): Html[] {
	return text.split(CHARS).map((piece) => {
		const name = NAME_OF_CHAR.get(piece);
		return (name === undefined ? null : emojiSign(name)) ?? html`${piece}`;
	});
}
