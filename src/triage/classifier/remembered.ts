// Answers of the classifier that were given before: a storm says the same sentence again and again. The answer is that of
// classifyText in every case, only sooner. Bounded in number and in length of text.
import { type Classification, classifyText } from './classify.ts';
import type { Weights } from './weights.ts';

/** Texts remembered for one set of weights; the one that was not used for longest is forgotten. */
const TEXTS_MAX = 4_000;
/** Longer texts are classified each time: they are rarely the same. */
const LENGTH_MAX = 1_000;

const remembered = new WeakMap<Weights, Map<string, Classification>>();

/** As classifyText; the same title, text and domain are worked out once. */
export function classifyRemembered(
	weights: Weights,
	input: { readonly title: string; readonly text: string; readonly domain: 'it' | 'ot' | null },
): Classification {
	if (input.title.length + input.text.length > LENGTH_MAX) return classifyText(weights, input);
	const known = remembered.get(weights) ?? new Map<string, Classification>();
	remembered.set(weights, known);
	// The title's length keeps a title with a line break apart from a text that begins with that line.
	const key = `${input.domain} ${input.title.length} ${input.title}\n${input.text}`;
	const found = known.get(key) ?? classifyText(weights, input);
	known.delete(key);
	known.set(key, found);
	if (known.size > TEXTS_MAX) {
		for (const oldest of known.keys()) {
			known.delete(oldest);
			break;
		}
	}
	return found;
}
