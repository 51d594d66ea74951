// What was read of a text, kept for the next time: a plant's alerts say the same names, links and sentences over and over. Bounded,
// so that texts which never come again (a flood of made-up ones) cost a place and nothing more. It changes no outcome.

/** Texts of each of two generations; with TEXT_MAX that is 1 MiB of text at the very most. */
const GENERATION = 1_024;
/** Longer texts seldom come again letter by letter. */
const TEXT_MAX = 256;

/**
 * The same function with a memory of its last answers.
 *
 * @param read a pure function of the text; nobody may change what it returned
 */
export function recalled<T>(read: (text: string) => T): (text: string) => T {
	let young = new Map<string, T>();
	let old = new Map<string, T>();
	return (text) => {
		if (text.length > TEXT_MAX) return read(text);
		const held = young.get(text);
		if (held !== undefined) return held;
		// A copy, because a piece of a body holds on to the whole of it; so does what is cut out of the piece.
		const own = `${text} `.slice(0, -1);
		const answer = old.get(text) ?? read(own);
		// What was asked for in two generations stays; the rest goes with the old one.
		if (young.size >= GENERATION) {
			old = young;
			young = new Map();
		}
		young.set(own, answer);
		return answer;
	};
}
