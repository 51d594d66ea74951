// Text for Slack and lists of words for people. What makes hostile text safe to show stands in domain/shown-text.ts. Pure.
// NOT here: limits of blocks (blocks.ts).
import { shown } from '../domain/shown-text.ts';

export { cut, shown, shownLines } from '../domain/shown-text.ts';

/** The three characters that Slack's mrkdwn and fallback text read (docs: "Formatting text": escape &, <, >). */
export function escapeMrkdwn(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `a, b, c and 4 more`: the first `most` names, each cut, and how many are left. */
export function nameList(names: readonly string[], most: number, lengthMax = 60): string {
	const first = names.slice(0, most).map((name) => shown(name, lengthMax));
	const more = names.length - first.length;
	return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}

/** `3 steps`, `1 step`. */
export function count(number: number, one: string, many = `${one}s`): string {
	return `${grouped(number)} ${number === 1 ? one : many}`;
}

/** `10,018`. */
export function grouped(number: number): string {
	return number.toLocaleString('en-US');
}
