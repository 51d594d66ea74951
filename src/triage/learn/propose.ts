// From a click on an incident to rules that somebody may apply: which conditions, which features, for how long. Pure.
// Features come from one stored alert each, whole and exact: neither more clicks nor clever text makes a rule reach further.
import type { Alert } from '../../domain/alert.ts';
import { assetsOf, type Inventory } from '../../domain/inventory.ts';
import type { FeedbackKind, LearnedEffect, LearnedMatch, LearnedThing } from '../../domain/learned.ts';
import { LearnedMatch as Match } from '../../domain/learned.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { SEVERITIES, type Severity, severityRank } from '../../domain/severity.ts';
import { DAY } from '../../domain/time.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { statedBy } from '../stated.ts';
import { COMPARED_TYPES, compileLearned } from './rule.ts';

/** Conditions of one incident that become proposals; an incident of more is hardly one mistake. */
export const PROPOSED_MAX = 3;
/** How long a rule holds. Our choice: OT changes slowly, and what is hidden there costs more: a week until somebody looks again. */
const HOLDS_IT_MS = 30 * DAY;
const HOLDS_OT_MS = 7 * DAY;
const THINGS_MAX = 12;

export type LearnFrom = { readonly id: string; readonly alert: Alert; readonly verdict: Verdict };

export type Proposed = {
	readonly alert: string;
	readonly match: LearnedMatch;
	readonly effect: LearnedEffect;
	readonly touchesOt: boolean;
	readonly site: string | null;
	readonly zone: string | null;
	readonly holdsMs: number;
};

export type Proposals = {
	readonly made: readonly Proposed[];
	/** Why there is none for some of the alerts, in words, each once. */
	readonly not: readonly string[];
};

/**
 * The rules that a click on an incident with these alerts would ask for.
 *
 * `false_positive` mutes; what its source or a rule calls high is not muted but set to medium, because a mute would not hold there.
 * `too_high` and `too_low` move the severity by one level. Never for process safety, never where a safety system is the target.
 */
export function proposeRules(
	feedback: Exclude<FeedbackKind, 'wrong_grouping'>,
	alerts: readonly LearnFrom[],
	inventory: Inventory,
): Proposals {
	const made = new Map<string, Proposed>();
	const not = new Set<string>();
	for (const from of alerts) {
		const proposed = proposeOne(feedback, from, inventory);
		if (!proposed.ok) not.add(proposed.error);
		else made.set(keyOf(proposed.value), proposed.value);
	}
	const all = [...made.values()];
	if (all.length > PROPOSED_MAX)
		not.add(
			`${all.length - PROPOSED_MAX} further conditions of the incident: say it of a smaller incident, or split this one`,
		);
	return { made: all.slice(0, PROPOSED_MAX), not: [...not] };
}

/** Same condition and same effect, same text. */
export function keyOf({ match, effect }: Pick<Proposed, 'match' | 'effect'>): string {
	return JSON.stringify([match, effect]);
}

function proposeOne(
	feedback: Exclude<FeedbackKind, 'wrong_grouping'>,
	{ id, alert, verdict }: LearnFrom,
	inventory: Inventory,
): Result<Proposed, string> {
	if (alert.kind === 'process_safety' || verdict.category === 'process_safety')
		return err('a process-safety alarm is never muted or made less');
	const assets = assetsOf(alert.entities, inventory);
	const target = assets[0] ?? null;
	const zone = target?.zone == null ? null : inventory.zone(target.zone);
	if (assets.some((asset) => asset.class === 'sis' || asset.class === 'sis_workstation') || zone?.sis === true)
		return err('an alert about a safety system is never muted or made less');
	const things = thingsOf(alert);
	if (target === null && things.length === 0)
		return err('an alert that names no asset, machine or user gives a rule no edge: it is not proposed');
	if (things.length > THINGS_MAX)
		return err('an alert that names so many machines and users cannot be told from others exactly');
	const effect = effectOf(feedback, verdict);
	if (!effect.ok) return effect;
	const match = Match.safeParse({
		source: alert.source,
		kind: alert.kind,
		title: alert.title,
		severities: alert.severity === null ? ['unknown'] : SEVERITIES.slice(0, severityRank(alert.severity) + 1),
		// As conditions see them: those that the source's own event type stands for are among them.
		techniques: [...new Set([...alert.techniques, ...statedBy(alert).techniques])],
		asset: target?.id ?? null,
		things,
	});
	if (!match.success) return err('an alert with such values cannot be told from others exactly');
	const probe = compileLearned([{ id: 'lrn_probe', match: match.data, effect: effect.value, expiresAt: '' }]);
	if (!probe.ok) return err(probe.error);
	// What the inventory does not know is judged as a controller (docs/safety.md), so here too.
	const touchesOt =
		verdict.domain === 'ot' ||
		assets.length === 0 ||
		assets.some((asset) => asset.domain === 'ot' || isLowLevel(asset.level));
	return ok({
		alert: id,
		match: match.data,
		effect: effect.value,
		touchesOt,
		site: target?.site ?? zone?.site ?? null,
		zone: target?.zone ?? null,
		holdsMs: touchesOt ? HOLDS_OT_MS : HOLDS_IT_MS,
	});
}

function isLowLevel(level: string): boolean {
	return !['4', '5'].includes(level);
}

function effectOf(feedback: Exclude<FeedbackKind, 'wrong_grouping'>, verdict: Verdict): Result<LearnedEffect, string> {
	const rank = severityRank(verdict.severity);
	switch (feedback) {
		case 'false_positive':
			// judge.ts lets no mute hold against a floor of high.
			return ok(
				severityRank(verdict.severity_floor) >= severityRank('high')
					? { does: 'set', severity: 'medium' }
					: { does: 'mute' },
			);
		case 'too_high':
			return rank === 0 ? err('it is informational already') : ok({ does: 'set', severity: at(rank - 1) });
		case 'too_low':
			return rank === SEVERITIES.length - 1
				? err('it is critical already')
				: ok({ does: 'floor', severity: at(rank + 1) });
	}
}

function at(rank: number): Severity {
	return SEVERITIES[rank] ?? 'medium';
}

function thingsOf(alert: Alert): LearnedThing[] {
	const found = new Map<string, LearnedThing>();
	for (const { type, role, value } of alert.entities) {
		if ((role !== 'target' && role !== 'actor') || !COMPARED_TYPES.some((known) => known === type)) continue;
		found.set(`${type} ${role} ${value}`, { type, role, value });
	}
	return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing);
}
