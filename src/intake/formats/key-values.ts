// Reads lines of `key=value` pairs, values with spaces in quotes (`msg="two words"`), as firewalls and mapping files have them.
// Meaning is given elsewhere.

const PAIRS_MAX = 1_000;
// One of the four forms of value after each key; the classes do not overlap, so the text is read once.
const PAIR = /(?:^|[\s,;|])([A-Za-z_][\w.-]{0,100})=(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s,;"']*))/g;

/** The pairs in order, repeats too; empty values are left out. An escaped quote or backslash in quotes loses its escape. */
export function readKeyValues(text: string): [string, string][] {
	const pairs: [string, string][] = [];
	for (const match of text.matchAll(PAIR)) {
		if (pairs.length >= PAIRS_MAX) break;
		const [, key = '', double, single, bare] = match;
		const quoted = double ?? single;
		const value = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(["'\\])/g, '$1');
		if (value.trim() !== '') pairs.push([key, value.trim()]);
	}
	return pairs;
}
