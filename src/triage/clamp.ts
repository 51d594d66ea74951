// What of an adviser's answer may stand. Pure: an answer and what is known go in, the part that may be shown comes out.
// An adviser changes wording; it never changes a decision: no step, approval, rule or confidence_firm is touched here.

import { maxSeverity, SEVERITIES, type Severity, severityRank } from '../domain/severity.ts';
import type { IncidentAdvice } from '../model/advice.ts';
import { type AttackTable, findTechnique } from './attack-table.ts';

/** An opinion may lift the severity by this many levels: people look sooner. It never lowers it. */
const ADVISER_RAISE_MAX = 1;
const TECHNIQUES_MAX = 10;

export type ClampBounds = {
	/** The severity that stands now. */
	readonly severity: Severity;
	/** What rules and sources set: nothing goes below. */
	readonly severity_floor: Severity;
	readonly attack: AttackTable;
	readonly hasPlaybook: (id: string) => boolean;
};

/** What is kept with an incident as `advice`: the adviser's words, labelled as such by every view. */
export type ClampedAdvice = {
	readonly summary: string;
	readonly likely_path: string;
	readonly check_next: readonly string[];
	/** Ids that exist, each once. */
	readonly techniques: readonly string[];
	/** The adviser's opinion within the bounds; shown beside the severity, never in its place. */
	readonly severity_opinion: Severity;
	readonly playbook: string | null;
	/** What was changed, in words: `severity low became high: rules set at least high`. */
	readonly clamped: readonly string[];
};

/**
 * Bounds an answer: severity not below the present one or the floor and at most one level above, techniques and playbook
 * only where they exist. The texts pass as they are (one line, bounded); views escape them and say that a model wrote them.
 */
export function clampAdvice(advice: IncidentAdvice, bounds: ClampBounds): ClampedAdvice {
	const clamped: string[] = [];
	const severity = clampSeverity(advice.severity, bounds);
	if (severity !== advice.severity) {
		const why =
			severityRank(advice.severity) < severityRank(severity)
				? 'an opinion lowers nothing'
				: `at most ${ADVISER_RAISE_MAX} level above ${bounds.severity}`;
		clamped.push(`severity ${advice.severity} became ${severity}: ${why}`);
	}
	const offered = [...new Set(advice.techniques.map((id) => id.trim()))];
	const techniques = offered.filter((id) => findTechnique(bounds.attack, id) !== null).slice(0, TECHNIQUES_MAX);
	if (techniques.length < offered.length) {
		clamped.push(
			`${offered.length - techniques.length} of ${offered.length} techniques left out: not in the table, or too many`,
		);
	}
	const playbook = advice.playbook !== null && bounds.hasPlaybook(advice.playbook) ? advice.playbook : null;
	if (advice.playbook !== null && playbook === null) clamped.push('the playbook it named does not exist');
	return {
		summary: advice.summary,
		likely_path: advice.likely_path,
		check_next: advice.check_next,
		techniques,
		severity_opinion: severity,
		playbook,
		clamped,
	};
}

/** The opinion moved into [max(present, floor), present + 1]. */
export function clampSeverity(
	opinion: Severity,
	bounds: { readonly severity: Severity; readonly severity_floor: Severity },
): Severity {
	const least = maxSeverity(bounds.severity, bounds.severity_floor);
	const most = SEVERITIES[Math.min(SEVERITIES.length - 1, severityRank(least) + ADVISER_RAISE_MAX)] ?? 'critical';
	if (severityRank(opinion) < severityRank(least)) return least;
	return severityRank(opinion) > severityRank(most) ? most : opinion;
}
