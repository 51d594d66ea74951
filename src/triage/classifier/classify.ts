// What the words of an alert say: domain, ATT&CK techniques and tactics, severity, category, and how sure that is.
// Pure and deterministic: weights come in as an argument. NOT here: rules, inventory, what a source states itself.
import { SEVERITIES, type Severity } from '../../domain/severity.ts';
import type { Category, TechniqueScore } from '../../domain/verdict.ts';
import { attackTable, findTechnique, type Matrix, matrixOf } from '../attack-table.ts';
import { categoryOf } from './category.ts';
import { CLASSIFIED_TEXT_MAX, stemmedWordsOf, wordHash } from './features.ts';
import { otWordsOf } from './ot-words.ts';
import { bestFirst, chanceOf, sidesOf, together } from './sides.ts';
import {
	type Head,
	type HeadName,
	scoresOf,
	sharesOf,
	type Together,
	type Vector,
	vectorOf,
	type Weights,
} from './weights.ts';

/** Below this calibrated chance the answer is "I don't know": techniques are still ranked, but nothing is claimed. */
const CONFIDENCE_MIN = 0.25;
const TECHNIQUES_MAX = 10;
const TACTICS_MAX = 5;
/** Of each matrix; what comes after them weighs nothing. */
const RANKED = 20;
/** What a technique's share adds to its tactics (by cross-validation). */
const TECHNIQUES_SAY = 0.2;
/** A further tactic is for the case that the ones before it are wrong: this much of what they explain is taken from it (by cross-validation). */
const EXPLAINED = 0.9;
const WORDS_SHOWN_MAX = 5;
const FEATURES_TO_CLAIM = 10;
const SHORT_TEXT_FEATURES = 60;

export type Classification = {
	readonly domain: 'it' | 'ot';
	/** Chance of OT by the words alone. */
	readonly otShare: number;
	/**
	 * That of the first technique. Where the side is given it is the domain's and the other techniques are of it too; where it is open both
	 * are ranked together, and a technique of ICS may fit best a text that does not say OT clearly enough for `domain`.
	 */
	readonly matrix: Matrix;
	readonly tactics: readonly string[];
	readonly techniques: readonly TechniqueScore[];
	readonly severity: Severity;
	readonly category: Category;
	/** Calibrated chance that the first technique is right. */
	readonly confidence: number;
	/** The first technique's share before calibration. */
	readonly rawConfidence: number;
	/** False: "I don't know"; category and techniques are guesses that nothing should rest on. */
	readonly isSure: boolean;
	/** Up to five words that spoke most for the first technique. */
	readonly words: readonly string[];
};

/**
 * Classifies by text alone.
 *
 * @param domain where it is known already (inventory, source), the matrix follows it and the words do not decide it
 */
export function classifyText(
	weights: Weights,
	input: { readonly title: string; readonly text: string; readonly domain?: 'it' | 'ot' | null },
): Classification {
	const vector = vectorOf(weights, input.title, input.text);
	const otOdds = otOddsOf(weights, vector, `${input.title} ${input.text}`.slice(0, CLASSIFIED_TEXT_MAX));
	const otShare = chanceOf(otOdds);
	const domain = input.domain ?? (otShare >= weights.otFrom ? 'ot' : 'it');
	const sides = sidesOf(weights, vector, { given: input.domain ?? null, otOdds });
	const ranked = together(sides, ({ matrix, scores }) => rank(weights.heads[matrix], scores));
	const matrix = ranked[0] === undefined ? (domain === 'ot' ? 'ics' : 'enterprise') : matrixOf(ranked[0][0]);
	const techniques = ranked
		.slice(0, TECHNIQUES_MAX)
		.map(([id, score]) => ({ id, score: Math.round(score * 1e4) / 1e4 }));
	const tactics = rankTactics(
		together(sides, (side) => {
			const head = weights.heads[TACTIC_HEADS[side.matrix]];
			return rank(head, scoresOf(head, vector));
		}),
		ranked,
		weights.together,
	);
	const first = techniques[0];
	const rawConfidence = Math.min(first?.score ?? 0, claimOf(vector));
	const confidence = calibrated(weights.calibration[matrix], rawConfidence);
	return {
		domain,
		otShare,
		matrix,
		tactics,
		techniques,
		severity: severityOf(weights, vector),
		category: categoryOf({ title: input.title, text: input.text, domain, tactics, techniques }),
		confidence,
		rawConfidence,
		isSure: confidence >= CONFIDENCE_MIN,
		words: first === undefined ? [] : wordsFor(weights, matrix, first.id, `${input.title} ${input.text}`),
	};
}

/**
 * The log odds of OT: the trained model's, moved by words of the trade. A strong word counts 3 and a weak one 0.3
 * (chosen by cross-validation on the development sets: F1 of OT 0.75 without, 0.78 with).
 */
function otOddsOf(weights: Weights, vector: Vector, text: string): number {
	const head = weights.heads.domain;
	const scores = scoresOf(head, vector);
	const odds = (scores[head.classes.indexOf('ot')] ?? 0) - (scores[head.classes.indexOf('it')] ?? 0);
	const { strong, weak } = otWordsOf(text);
	// A few words, none of the trade: that is IT unless the model is rather sure.
	const short = strong === 0 && vector.plain < SHORT_TEXT_FEATURES ? 1 : 0;
	return odds + 3 * strong + 0.3 * weak - short;
}

/**
 * The most that a text of so few known features may claim: nothing of none, next to nothing of a single word (about
 * seven features), which is a name or a product more often than a description.
 */
function claimOf(vector: Vector): number {
	if (vector.plain === 0) return 0;
	return vector.plain < FEATURES_TO_CLAIM ? 0.05 : 1;
}

/** The likeliest classes of a head by these scores, with their shares, best first; equal shares in the head's order. */
function rank(head: Head, scores: Float64Array, count = RANKED): [string, number][] {
	const shares = sharesOf(scores);
	const best: number[] = [];
	for (let i = 0; i < shares.length; i++) {
		const share = shares[i] ?? 0;
		if (best.length === count && share <= (shares[best[count - 1] ?? 0] ?? 0)) continue;
		let at = best.length;
		while (at > 0 && share > (shares[best[at - 1] ?? 0] ?? 0)) at--;
		best.splice(at, 0, i);
		if (best.length > count) best.pop();
	}
	return best.map((i) => [head.classes[i] ?? '', shares[i] ?? 0]);
}

const TACTIC_HEADS = { enterprise: 'enterprise_tactic', ics: 'ics_tactic' } as const;

/**
 * The tactic models' own word, and with a share what the likely techniques' tactics say. After the first the list is of other answers:
 * a tactic that mostly comes along with one already named says little new and gives way.
 */
function rankTactics(
	own: readonly [string, number][],
	techniques: readonly [string, number][],
	together: Together,
): string[] {
	const sums = new Map(own);
	for (const [id, share] of techniques)
		for (const tactic of findTechnique(attackTable, id)?.tactics ?? [])
			sums.set(tactic, (sums.get(tactic) ?? 0) + TECHNIQUES_SAY * share);
	const chosen: string[] = [];
	while (chosen.length < TACTICS_MAX) {
		const next = bestFirst(sums)[0]?.[0];
		if (next === undefined) break;
		chosen.push(next);
		sums.delete(next);
		for (const [tactic, sum] of sums) sums.set(tactic, sum * (1 - EXPLAINED * (together[tactic]?.[next] ?? 0)));
	}
	return chosen;
}

function severityOf(weights: Weights, vector: Vector): Severity {
	if (vector.at.length === 0) return 'medium';
	const head = weights.heads.severity;
	const best = rank(head, scoresOf(head, vector), 1)[0]?.[0];
	return SEVERITIES.find((name) => name === best) ?? 'medium';
}

function calibrated(bands: readonly number[], raw: number): number {
	return raw <= 0 ? 0 : (bands[Math.min(bands.length - 1, Math.floor(raw * bands.length))] ?? 0);
}

/** The words of the text that added most to this technique's score, as they stand there, each once, best first. */
function wordsFor(weights: Weights, name: HeadName, technique: string, text: string): string[] {
	const head = weights.heads[name];
	const cls = head.classes.indexOf(technique);
	const found = new Map<string, number>();
	for (const [stem, word] of new Map(stemmedWordsOf(text.slice(0, CLASSIFIED_TEXT_MAX)))) {
		const feature = weights.index.get(wordHash(stem));
		if (feature === undefined) continue;
		for (let c = head.starts[feature] ?? 0; c < (head.starts[feature + 1] ?? 0); c++) {
			const weight = head.cellWeight[c] ?? 0;
			if (head.cellClass[c] === cls && weight > 0) found.set(word, weight * (weights.idf[feature] ?? 0));
		}
	}
	return bestFirst(found)
		.slice(0, WORDS_SHOWN_MAX)
		.map(([word]) => word);
}
