// Learning as chat and the command line are handed it: stages do not know each other. Puts the parts of this folder together. Pure.
import type { Inventory } from '../../domain/inventory.ts';
import type { FeedbackKind, Learned, LearnedPreview } from '../../domain/learned.ts';
import type { Result } from '../../domain/result.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import type { JudgeContext } from '../judge.ts';
import { previewRule } from './preview.ts';
import { keyOf, type LearnFrom, type Proposals, type Proposed, proposeRules } from './propose.ts';
import { diffOf, type LearnedRule, yamlOf } from './rule.ts';

type RuleContent = Pick<Proposed, 'match' | 'effect'>;

export type Learning = {
	readonly propose: (feedback: Exclude<FeedbackKind, 'wrong_grouping'>, alerts: readonly LearnFrom[]) => Proposals;
	readonly keyOf: (content: RuleContent) => string;
	/** Judges the alerts with and without the rule. */
	readonly preview: (
		content: RuleContent,
		alerts: readonly LearnFrom[],
		now: Instant,
	) => Result<LearnedPreview, string>;
	/** The rules file before and after, as lines. */
	readonly diff: (before: readonly Learned[], after: readonly Learned[]) => readonly string[];
	/** The rules file with these. */
	readonly file: (learned: readonly Learned[]) => string;
};

/** @param context the judge's surroundings as triage has them; asked each time, so that a change of rules counts */
export function createLearning(inventory: Inventory, context: () => Omit<JudgeContext, 'now'>): Learning {
	return {
		propose: (feedback, alerts) => proposeRules(feedback, alerts, inventory),
		keyOf,
		preview: (content, alerts, now) =>
			previewRule({ id: 'lrn_preview', ...content, expiresAt: '' }, alerts, { ...context(), now }),
		diff: (before, after) => diffOf(rulesOf(before), rulesOf(after)),
		file: (learned) => yamlOf(rulesOf(learned)),
	};
}

/** Splits are no rules: they stand in no file. */
function rulesOf(learned: readonly Learned[]): LearnedRule[] {
	return learned.flatMap((one) =>
		one.content.kind !== 'rule'
			? []
			: [
					{
						id: one.id,
						match: one.content.match,
						effect: one.content.effect,
						expiresAt: toIso(one.expires_at ?? one.asked_at + one.holds_ms),
					},
				],
	);
}
