// What a learned rule would have done to alerts that are stored: judged with and without it, by the same judge. Pure.
// Only what its condition matches is judged twice; the rest cannot differ.
import { assetsOf } from '../../domain/inventory.ts';
import type { LearnedPreview } from '../../domain/learned.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type JudgeContext, judge } from '../judge.ts';
import { applyRules, ruleContext } from '../rules.ts';
import { statedBy } from '../stated.ts';
import type { LearnFrom } from './propose.ts';
import { compileLearned, type LearnedRule } from './rule.ts';

const EXAMPLES_MAX = 5;

/**
 * Counts what changes over `alerts` (newest first).
 *
 * @returns the counts, or in words why the rule must not be applied: it does not compile, or it reaches process safety
 */
export function previewRule(
	rule: LearnedRule,
	alerts: readonly LearnFrom[],
	context: JudgeContext,
): Result<LearnedPreview, string> {
	const compiled = compileLearned([rule]);
	if (!compiled.ok) return compiled;
	const others = context.rules.filter((one) => !compiled.value.some((own) => own.id === one.id));
	const counts = { matched: 0, muted: 0, changed: 0, held: 0 };
	const examples: LearnedPreview['examples'] = [];
	for (const { id, alert } of alerts) {
		const assets = assetsOf(alert.entities, context.inventory);
		const about = ruleContext(alert, assets, context.inventory, context.windows ?? [], statedBy(alert));
		if (applyRules(compiled.value, about).fired.length === 0) continue;
		counts.matched++;
		const before = judge(alert, { ...context, rules: others });
		const after = judge(alert, { ...context, rules: [...others, ...compiled.value] });
		if (before.category === 'process_safety') return err('it would reach a process-safety alarm');
		const isMuted = after.muted && !before.muted;
		if (isMuted) counts.muted++;
		if (after.severity !== before.severity) counts.changed++;
		if (!isMuted && after.severity === before.severity) counts.held++;
		if (examples.length < EXAMPLES_MAX)
			examples.push({
				alert: id,
				before: `${before.severity}${before.muted ? ', muted' : ''}`,
				after: `${after.severity}${after.muted ? ', muted' : ''}`,
			});
	}
	return ok({ looked: alerts.length, ...counts, examples });
}
