// Finds an id by the whole of it or by its last characters, so that nobody types twenty-five of them on a telephone. Pure.

/** Fewer characters would be guessed wrong. */
const ENDING_MIN = 5;

/** The one id that the word names; null where it is none, or more than one. */
export function findByEnding(word: string, ids: readonly string[]): string | null {
	const wanted = word.toLowerCase();
	if (ids.includes(wanted)) return wanted;
	if (wanted.length < ENDING_MIN || !/^[0-9a-z]+$/.test(wanted)) return null;
	const found = ids.filter((id) => id.endsWith(wanted));
	return found.length === 1 ? (found[0] ?? null) : null;
}
