// Which of the two ATT&CK matrices a text is ranked in: one where the side is known, both where its words leave that open. Pure.
import type { Matrix } from '../attack-table.ts';
import { scoresOf, topOf, type Vector, type Weights } from './weights.ts';

/** A matrix, the chance that the text belongs to it, and how well each of its techniques fits. */
export type Side = { readonly matrix: Matrix; readonly chance: number; readonly scores: Float64Array };

/** A side that is less likely than this is not ranked at all. */
const SIDE_MIN = 0.05;
/**
 * The training texts are one of OT to thirty of IT; an alert in a plant is not. Where the words leave it open, both matrices are ranked as
 * if OT were this many times as likely as there (the domain itself is judged by `otFrom`, not by this).
 */
const PLANT_PRIOR = 20;
/** What the words about the side say is a little too sure of itself. */
const WORDS_SAY = 0.8;
/** The side whose best technique fits better is the likelier one: log odds for each point of its score. */
const FIT_SAYS = 0.5;

/**
 * The sides that are worth ranking. With none given their chances come from the words (`otOdds`: the log odds of OT by them alone) and
 * from how well the best technique of either fits: `Program download over SMB` names no plant, and yet nothing of Enterprise says it as well as T0843 does. The three factors by
 * cross-validation (four folds on the development sets): technique of ICS texts 46.8/83.9 -> 60.5/83.4 per cent (first/first five) against
 * a lead that always follows the domain, of IT rules 58.5/80.6 -> 58.2/81.4; where a source was never seen a lead of the wrong side costs
 * up to three points of the first (Splunk 53 -> 50).
 */
export function sidesOf(
	weights: Weights,
	vector: Vector,
	{ given, otOdds }: { readonly given: 'it' | 'ot' | null; readonly otOdds: number },
): Side[] {
	const side = (matrix: Matrix, chance = 1): Side => ({
		matrix,
		chance,
		scores: scoresOf(weights.heads[matrix], vector),
	});
	if (given !== null) return [side(given === 'ot' ? 'ics' : 'enterprise')];
	const [ics, enterprise] = [side('ics'), side('enterprise')];
	const odds = WORDS_SAY * otOdds + FIT_SAYS * (topOf(ics.scores) - topOf(enterprise.scores)) + Math.log(PLANT_PRIOR);
	const chance = chanceOf(odds);
	return [
		{ ...ics, chance },
		{ ...enterprise, chance: 1 - chance },
	].filter((s) => s.chance >= SIDE_MIN);
}

/** The lists of the sides as one, each share weighed by the chance of its side; best first. A name on both sides adds up. */
export function together(
	sides: readonly Side[],
	list: (side: Side) => readonly (readonly [string, number])[],
): [string, number][] {
	const sums = new Map<string, number>();
	for (const side of sides)
		for (const [name, share] of list(side)) sums.set(name, (sums.get(name) ?? 0) + side.chance * share);
	return bestFirst(sums);
}

/** The entries by value, highest first; equal ones by name. */
export function bestFirst(values: ReadonlyMap<string, number>): [string, number][] {
	return [...values].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** The chance that log odds stand for. */
export function chanceOf(odds: number): number {
	return 1 / (1 + Math.exp(-odds));
}
