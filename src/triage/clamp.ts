// What of an adviser's answer may stand. Pure: an answer and what is known go in, the part that may be shown comes out.
// An adviser changes wording; it never changes a decision: no step, approval, rule or confidence_firm is touched here.

import { maxSeverity, SEVERITIES, type Severity, severityRank } from '../domain/severity.ts';
import type { AlertAdvice, IncidentAdvice } from '../model/advice.ts';
import { plainSentences, tellsToAct } from './advice-words.ts';
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
 * only where they exist. Texts lose links, mentions, commands and calls to act; views escape what is left and say that a model
 * wrote it.
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
	const words = clampWords(advice);
	clamped.push(...words.clamped);
	return {
		summary: words.summary,
		likely_path: words.likely_path,
		check_next: words.check_next,
		techniques,
		severity_opinion: severity,
		playbook,
		clamped,
	};
}

type Words = Pick<ClampedAdvice, 'summary' | 'likely_path' | 'check_next' | 'clamped'>;

function clampWords(advice: IncidentAdvice): Words {
	const removed = new Set<string>();
	const clean = (text: string): string => {
		const cleaned = plainSentences(text);
		for (const kind of cleaned.removed) removed.add(kind);
		return cleaned.text;
	};
	const looking = advice.check_next.filter((line) => !tellsToAct(line, true));
	if (looking.length < advice.check_next.length) removed.add('calls to act');
	return {
		summary: clean(advice.summary),
		likely_path: clean(advice.likely_path),
		check_next: looking.map(clean).filter((line) => line !== ''),
		clamped: removed.size === 0 ? [] : [`taken out of its words: ${[...removed].join(', ')}`],
	};
}

/** What may stand of an answer about all alerts of one wording: shown with incidents, read by nothing that decides. */
export type TemplateNote = {
	readonly techniques: readonly string[];
	readonly tactics: readonly string[];
	/** The model's opinion as it gave it; `clampSeverity` bounds it where an incident shows it. */
	readonly severity: Severity;
	readonly reason: string;
	readonly clamped: readonly string[];
};

const TEMPLATE_TECHNIQUES_MAX = 5;

/** Bounds an answer about a wording: techniques and tactics that exist, one plain sentence. */
export function clampTemplate(advice: AlertAdvice, attack: AttackTable): TemplateNote {
	const offered = [...new Set(advice.techniques.map((id) => id.trim()))];
	const techniques = offered.filter((id) => findTechnique(attack, id) !== null).slice(0, TEMPLATE_TECHNIQUES_MAX);
	const known = { ...attack.enterprise.tactics, ...attack.ics.tactics };
	const tactics = [...new Set(advice.tactics)].filter((name) => Object.hasOwn(known, name)).slice(0, 5);
	const reason = plainSentences(advice.reason);
	return {
		techniques,
		tactics,
		severity: advice.severity,
		reason: reason.text,
		clamped: [
			...(techniques.length < offered.length ? ['techniques left out: not in the table, or too many'] : []),
			...(reason.removed.length > 0 ? [`taken out of its words: ${reason.removed.join(', ')}`] : []),
		],
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
