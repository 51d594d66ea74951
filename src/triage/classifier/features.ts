// An alert's words as numbers: hashed words, word pairs, word parts and sorts of words. Shared by the training script and the
// program, so that both see the same features. Pure. NOT here: weights.
import { CONCEPTS } from './concepts.ts';

/** More of a text than this says nothing new; the classifier's cost stays bounded by it. */
export const CLASSIFIED_TEXT_MAX = 2_000;
const WORDS_MAX = 300;
const WORD_LENGTH_MAX = 30;
const PART_LENGTH = 4;
/** Parts are many and each says little: they count about a third of a word (by cross-validation). */
const PART_WEIGHT = 0.35;
const CAMEL_CASE = /\b(?:[A-Z][a-z0-9]{1,20}){2,4}\b/g;
const HUMP = /([a-z0-9])([A-Z])/g;

/** Words too common to tell anything (function words of English). */
const STOP_WORDS = new Set(
	'a an the of to in on for and or is are was were be been by with as at from this that it its which may can will has have had not no into such used use using their they these those than then there'.split(
		' ',
	),
);

/** The features of a text with their counts; the first `plain` of them are its own words, pairs and parts, the others their sorts. */
export type Features = { readonly counts: ReadonlyMap<number, number>; readonly plain: number };

/**
 * The features of one text, each as a 32-bit hash with its count. Words are lower-cased, `CamelCase` is split and a
 * plural or verb ending dropped; kinds are kept apart: word, pair of neighbours, 4 letters inside a word, word of the title,
 * sort of a word (concepts.ts), pair of a sort and a neighbour.
 */
export function featuresOf(title: string, text: string): Features {
	const counts = new Map<number, number>();
	const add = (hash: number, weight: number): void => {
		counts.set(hash, (counts.get(hash) ?? 0) + weight);
	};
	const titleWords = wordsOf(title.slice(0, CLASSIFIED_TEXT_MAX));
	const textWords = wordsOf(text.slice(0, CLASSIFIED_TEXT_MAX));
	for (const word of titleWords) add(hashOf('t', word), 1);
	// A title is written to say what it is: its words count twice in the shared kinds.
	addWords(titleWords, 2, add);
	addWords(textWords, 1, add);
	const plain = counts.size;
	addSorts(titleWords, 2, add);
	addSorts(textWords, 1, add);
	return { counts, plain };
}

/** Sorts of words, and each beside the word before and after: `chisel started` is told by `tunnel started`. */
function addSorts(words: readonly string[], weight: number, add: (hash: number, weight: number) => void): void {
	let before = '';
	let sortsBefore = NO_SORTS;
	for (const word of words) {
		const sorts = SORTS.get(word) ?? NO_SORTS;
		for (const sort of sorts) {
			add(hashOf('k', sort), weight);
			if (before !== '') add(hashOf('q', `${before} ${sort}`), weight);
		}
		for (const sort of sortsBefore) add(hashOf('r', `${sort} ${word}`), weight);
		before = word;
		sortsBefore = sorts;
	}
}

function addWords(words: readonly string[], weight: number, add: (hash: number, weight: number) => void): void {
	let before = '';
	for (const word of words) {
		add(hashOf('w', word), weight);
		if (before !== '') add(hashOf('p', `${before} ${word}`), weight);
		before = word;
		if (word.length >= PART_LENGTH) {
			const padded = `<${word}>`;
			for (let i = 0; i + PART_LENGTH <= padded.length; i++) {
				add(hashOf('c', padded.slice(i, i + PART_LENGTH)), weight * PART_WEIGHT);
			}
		}
	}
}

/** Lower-case words without endings and function words, at most 300. */
export function wordsOf(text: string): string[] {
	return stemmedWordsOf(text).map(([stemmed]) => stemmed);
}

/** The same, each with the word as it stands in the text (lower case). */
export function stemmedWordsOf(text: string): [string, string][] {
	// `PowerShell` is read as `powershell power shell`: people write it in all three ways.
	const joined = text.replace(CAMEL_CASE, (word) => `${word.toLowerCase()} ${word.replace(HUMP, '$1 $2')}`);
	const split = joined.replace(HUMP, '$1 $2');
	const words: [string, string][] = [];
	for (const match of split.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
		const word = match[0].slice(0, WORD_LENGTH_MAX);
		if (word.length < 2 || STOP_WORDS.has(word)) continue;
		words.push([stem(word), word]);
		if (words.length >= WORDS_MAX) break;
	}
	return words;
}

/** Drops the commonest English endings, so that `downloads`, `downloaded` and `downloading` meet. */
function stem(word: string): string {
	if (word.length > 5 && word.endsWith('ing')) return word.slice(0, -3);
	if (word.length > 5 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
	if (word.length > 4 && word.endsWith('ed')) return word.slice(0, -2);
	if (word.length > 3 && word.endsWith('s') && !word.endsWith('ss') && !word.endsWith('us')) return word.slice(0, -1);
	if (word.length > 4 && word.endsWith('e')) return word.slice(0, -1);
	return word;
}

const NO_SORTS: readonly string[] = [];
/** Stem -> its sorts. */
const SORTS = sortsByStem();

function sortsByStem(): Map<string, readonly string[]> {
	const sorts = new Map<string, string[]>();
	for (const [sort, words] of Object.entries(CONCEPTS))
		for (const word of new Set(words.split(' ').map(stem))) sorts.set(word, [...(sorts.get(word) ?? []), sort]);
	return sorts;
}

/** What a count of a feature in one text is worth: the tenth mention says little more than the first. */
export function countWeight(count: number): number {
	return count < 1 ? count : 1 + Math.log(count);
}

/** The hash of one word as it stands in the shared kind, for saying which words spoke. */
export function wordHash(word: string): number {
	return hashOf('w', word);
}

/** FNV-1a, 32 bit, over the kind and the UTF-16 units. */
function hashOf(kind: string, text: string): number {
	let hash = 0x811c9dc5 ^ kind.charCodeAt(0);
	hash = Math.imul(hash, 0x01000193);
	for (let i = 0; i < text.length; i++) {
		hash ^= text.charCodeAt(i);
		hash = Math.imul(hash, 0x01000193);
	}
	return hash >>> 0;
}
