// What a person types before a yes in Slack counts, so that a thumb that slips approves nothing: the name of what is acted on. Pure. It proves that
// somebody read, and not who it was: what Slack carries cannot vouch for Slack (G8, admit.ts), and for that there is the command line.
import type { Step } from '../domain/step.ts';

/** Digits of a decision that people type; the same as on the command line. */
const DIGITS = 8;

/**
 * The words to type for a yes to this step; null where a click is enough.
 *
 * Asked for what two people decide, and for everything that may touch OT (touches-ot.ts; unknown counts as touching).
 *
 * @param isOt whether the step may touch OT
 */
export function confirmationOf(step: Pick<Step, 'target' | 'decision'>, isOt: boolean): string | null {
	const { decision, target } = step;
	if (decision === null || (decision.class !== 'TWO' && !isOt)) return null;
	return target ?? decision.binding.slice(0, DIGITS);
}

/**
 * Whether the words are those that were asked for; capitals, spaces around them and how a keyboard composes an accent do not matter. Nothing confirms
 * a name of which nothing can be seen: such a step is approved on the command line.
 */
export function isConfirmed(typed: string | null, asked: string): boolean {
	return typed !== null && plain(asked) !== '' && plain(typed) === plain(asked);
}

const plain = (text: string): string => text.normalize('NFC').trim().toLowerCase();
