// One alert becomes a verdict: assets, the source's word, rules, then the words of the text. The heart of triage. Pure.
// NOT here: the language model (it answers later, about the incident; clamp.ts), and storing anything (triage.ts).
import type { Alert, AlertKind } from '../domain/alert.ts';
import type { Asset } from '../domain/asset.ts';
import { assetsOf, type Inventory } from '../domain/inventory.ts';
import { maxSeverity, SEVERITIES, type Severity, severityRank } from '../domain/severity.ts';
import type { Instant } from '../domain/time.ts';
import type { Category, Reason, TechniqueScore, Verdict } from '../domain/verdict.ts';
import type { Window } from '../domain/window.ts';
import { type AttackTable, matrixOf, nameTechnique, tacticsOf } from './attack-table.ts';
import { categoryOfTechnique } from './classifier/category.ts';
import type { Classification } from './classifier/classify.ts';
import { classifyRemembered } from './classifier/remembered.ts';
import type { Weights } from './classifier/weights.ts';
import { LEARNED_PREFIX } from './learn/rule.ts';
import { applyRules, type CompiledRules, type RuleAnswer, ruleContext } from './rules.ts';
import { type Stated, statedBy } from './stated.ts';

export type JudgeContext = {
	readonly inventory: Inventory;
	readonly rules: CompiledRules;
	/** Rules that people taught and that may speak of this alert: asked after all others, found by its source and title. */
	readonly learned?: (alert: Alert) => CompiledRules;
	/** Null where there is no classifier: everything else works without it. */
	readonly classifier: Weights | null;
	readonly attack: AttackTable;
	/** Maintenance windows and permits; rules may ask whether one was open. */
	readonly windows?: readonly Window[];
	readonly now: Instant;
};

/** What `confidence` of a rule is worth; the safety gate calls 0.8 and more high. */
const RULE_CONFIDENCE = { low: 0.4, medium: 0.65, high: 0.9 } as const;
/** What a technique scores that the sensor's event type stands for; one that the source names by id scores 1. */
const STATED_SCORE = 0.8;
/** From here on a technique counts as named: its tactics are the alert's. */
const NAMED_FROM = 0.5;
/** The most that words make of a technique that stands for another category than the sensor files the alert under: it stays a guess. */
const CONTRADICTED_MAX = 0.45;
/** A source that states a severity has at least looked; one that says how sure it is counts up to a medium rule. */
const SOURCE_CONFIDENCE = 0.3;
const SOURCE_CONFIDENCE_MAX = RULE_CONFIDENCE.medium;

const DEFAULT_SEVERITY: Readonly<Record<AlertKind, Severity>> = {
	security: 'medium',
	vulnerability: 'medium',
	process_safety: 'high',
	process: 'medium',
	availability: 'medium',
	maintenance: 'low',
	audit: 'informational',
};

/**
 * Judges one alert; the same arguments give the same verdict.
 *
 * Severity: the vendor's word, else the classifier's where it is sure, else a default of the kind; then rules in order
 * (`set`, `raise`), then every `floor`, then the asset's criticality. A process-safety alarm is never below high and
 * never muted. A rule that cannot be evaluated counts as not matched and leaves a reason that says so.
 *
 * `confidence_firm` and `severity_floor` rest on rules and sources alone: a hostile text cannot talk them up or down.
 */
export function judge(alert: Alert, context: JudgeContext): Verdict {
	const { inventory, attack } = context;
	const reasons: Reason[] = [];
	const assets = assetsOf(alert.entities, inventory);
	const target = assets[0] ?? null;
	if (target !== null) reasons.push({ by: 'inventory', text: describeAsset(target) });
	const placed = domainOf(alert, target, inventory);
	const words = context.classifier === null ? null : wordsOfAlert(context.classifier, alert, placed);
	const stated = statedBy(alert);
	const answer = applyRules(
		rulesFor(alert, context),
		ruleContext(alert, assets, inventory, context.windows ?? [], stated),
	);
	const domain = placed ?? words?.domain ?? 'it';
	const category = categoryFor(alert, answer, stated, words, domain);
	// A rule may file it elsewhere, but takes nothing of what protects it.
	const isProcessSafety = category === 'process_safety' || ownCategory(alert, stated) === 'process_safety';
	const severity = severityFor(alert, answer, words, target, isProcessSafety, reasons);
	const techniques = techniquesFor(alert, answer, stated, words);
	const lead = techniques[0]?.id;
	const matrix = lead === undefined ? (domain === 'ot' ? 'ics' : 'enterprise') : matrixOf(lead);
	const named = techniques.filter((t) => t.score >= NAMED_FROM).map((t) => t.id);
	const tactics = [
		...new Set([...tacticsOf(attack, named), ...(usesWords(alert, words) ? (words?.tactics ?? []) : [])]),
	];
	reasons.push(
		...statedReasons(alert, stated, attack),
		...ruleReasons(answer),
		...techniqueReasons(alert, words, attack),
	);
	const muting = answer.fired.find((rule) => rule.mute === true);
	const muted = muting !== undefined && !isProcessSafety && severityRank(severity.floor) < severityRank('high');
	if (muting !== undefined && !muted) {
		const why = isProcessSafety ? 'a process-safety alarm is never muted' : 'another rule or the source calls it high';
		reasons.push({ by: 'rule', text: clip(`not muted although rule ${muting.id} asks for it: ${why}`) });
	}
	return {
		domain,
		category,
		severity: severity.severity,
		severity_floor: severity.floor,
		matrix,
		tactics: tactics.slice(0, 20),
		techniques,
		...confidenceFor(alert, answer, words),
		assets: assets.map((asset) => asset.id).slice(0, 100),
		playbooks: [...new Set(answer.fired.flatMap((rule) => rule.playbooks ?? []))].slice(0, 10),
		route: isProcessSafety ? null : (answer.fired.findLast((rule) => rule.route !== undefined)?.route ?? null),
		tags: [...new Set(answer.fired.flatMap((rule) => rule.tags ?? []))].slice(0, 50),
		muted,
		reasons: reasons.slice(0, 50),
	};
}

function rulesFor(alert: Alert, { rules, learned }: JudgeContext): CompiledRules {
	const taught = learned?.(alert) ?? [];
	return taught.length === 0 ? rules : [...rules, ...taught];
}

/** Where the alert belongs by inventory and source; null where neither says. */
function domainOf(alert: Alert, target: Asset | null, inventory: Inventory): 'it' | 'ot' | null {
	if (alert.kind === 'process_safety') return 'ot';
	if (target?.domain != null) return target.domain;
	if (target !== null && ['0', '1', '2', '3'].includes(target.level)) return 'ot';
	if (target !== null && ['4', '5'].includes(target.level)) return 'it';
	if (alert.domain !== null) return alert.domain;
	for (const entity of alert.entities) {
		if (entity.type !== 'ip' || entity.role === 'observer') continue;
		const level = inventory.zoneOfAddress(entity.value)?.level;
		if (level != null && ['0', '1', '2', '3'].includes(level)) return 'ot';
	}
	return null;
}

function wordsOfAlert(weights: Weights, alert: Alert, domain: 'it' | 'ot' | null): Classification {
	return classifyRemembered(weights, { title: alert.title, text: alert.description ?? '', domain });
}

/** An outage, a worn bearing or a log-in is no attack: words may name techniques for security alerts only. */
function usesWords(alert: Alert, words: Classification | null): words is Classification {
	return words?.isSure === true && alert.kind === 'security';
}

const CATEGORY_OF_KIND: Readonly<Record<AlertKind, { it: Category; ot: Category } | null>> = {
	security: null,
	vulnerability: { it: 'vulnerability', ot: 'vulnerability' },
	process_safety: { it: 'process_safety', ot: 'process_safety' },
	process: { it: 'process_deviation', ot: 'process_deviation' },
	availability: { it: 'availability', ot: 'ot_availability' },
	maintenance: { it: 'equipment_condition', ot: 'equipment_condition' },
	audit: { it: 'audit', ot: 'audit' },
};

/** What words may make of an alert that its sensor files under a tactic: more exact, never another matter. */
const FINER_THAN_TACTIC: readonly Category[] = ['malware', 'ransomware'];

/**
 * Process safety above all; then the last rule that names one, the kind, what the sensor files it under, the source's techniques,
 * a tactic that the sensor names, the words.
 */
function categoryFor(
	alert: Alert,
	answer: RuleAnswer,
	stated: Stated,
	words: Classification | null,
	domain: 'it' | 'ot',
): Category {
	const ruled = answer.fired.flatMap((rule) => rule.category ?? []);
	if (alert.kind === 'process_safety' || ruled.includes('process_safety')) return 'process_safety';
	const last = ruled.at(-1);
	if (last !== undefined) return last;
	const kind = CATEGORY_OF_KIND[alert.kind];
	if (kind !== null) return kind[domain];
	const said = ownCategory(alert, stated);
	if (said !== null) return said;
	const worded = words?.category ?? 'other';
	return stated.tactic === null || FINER_THAN_TACTIC.includes(worded) ? worded : stated.tactic;
}

/** What the sensor files a security alert under, or its technique stands for; null where its source says neither. */
function ownCategory(alert: Alert, stated: Stated): Category | null {
	if (CATEGORY_OF_KIND[alert.kind] !== null) return null;
	if (stated.category !== null) return stated.category;
	for (const id of alert.techniques) {
		const named = categoryOfTechnique(id);
		if (named !== null) return named;
	}
	return null;
}

type SeverityAnswer = { readonly severity: Severity; readonly floor: Severity };

function severityFor(
	alert: Alert,
	answer: RuleAnswer,
	words: Classification | null,
	target: Asset | null,
	isProcessSafety: boolean,
	reasons: Reason[],
): SeverityAnswer {
	const start = startSeverity(alert, words, reasons);
	let severity = start.severity;
	// What rules and the source say without the words: nothing below this is open to the adviser.
	let floor: Severity = start.isFirm ? start.severity : 'informational';
	for (const rule of answer.fired) {
		if (rule.set !== undefined) {
			severity = rule.set;
			floor = rule.set;
		}
		if (rule.raise !== undefined) {
			severity = raised(severity, rule.raise);
			floor = start.isFirm || floor !== 'informational' ? raised(floor, rule.raise) : floor;
		}
	}
	for (const rule of answer.fired) if (rule.floor !== undefined) floor = maxSeverity(floor, rule.floor);
	if (isProcessSafety) {
		if (severityRank(maxSeverity(severity, floor)) < severityRank('high')) {
			reasons.push({ by: 'default', text: 'a process-safety alarm is never below high' });
		}
		// A rule may call such an alarm graver than its source does, never milder.
		floor = maxSeverity(maxSeverity(floor, alert.severity ?? 'high'), 'high');
	}
	severity = maxSeverity(severity, floor);
	const byAsset = raisedByAsset(alert, severity, target);
	if (byAsset !== null) {
		reasons.push({ by: 'inventory', text: byAsset.why });
		severity = byAsset.severity;
	}
	return { severity, floor };
}

function startSeverity(
	alert: Alert,
	words: Classification | null,
	reasons: Reason[],
): { severity: Severity; isFirm: boolean } {
	if (alert.severity !== null) {
		const raw = alert.severity_raw === null ? '' : ` (\`${alert.severity_raw.slice(0, 60)}\`)`;
		reasons.push({ by: 'source', text: clip(`${alert.source} calls it ${alert.severity}${raw}`) });
		return { severity: alert.severity, isFirm: true };
	}
	if (usesWords(alert, words)) {
		reasons.push({
			by: 'classifier',
			text: `the source states no severity; alerts worded like this are ${words.severity}`,
		});
		return { severity: words.severity, isFirm: false };
	}
	const severity = DEFAULT_SEVERITY[alert.kind];
	reasons.push({ by: 'default', text: `the source states no severity; ${severity} is the default for ${alert.kind}` });
	return { severity, isFirm: false };
}

function raised(severity: Severity, by: number): Severity {
	return SEVERITIES[Math.min(SEVERITIES.length - 1, severityRank(severity) + by)] ?? 'critical';
}

/** A security finding of medium on an asset of the highest criticality is high; high on a safety system is critical. */
function raisedByAsset(
	alert: Alert,
	severity: Severity,
	target: Asset | null,
): { severity: Severity; why: string } | null {
	if (target === null || alert.kind !== 'security') return null;
	const isSafety = target.class === 'sis' || target.class === 'sis_workstation';
	if (isSafety && (severity === 'medium' || severity === 'high')) {
		return { severity: raised(severity, 1), why: clip(`raised from ${severity}: ${target.id} is a safety system`) };
	}
	if (target.criticality === 5 && severity === 'medium') {
		return { severity: 'high', why: clip(`raised from medium: ${target.id} has criticality 5`) };
	}
	return null;
}

/** The source's own techniques, those that its event type stands for, those of rules, then the words' (where they are sure), each once, best first. */
function techniquesFor(
	alert: Alert,
	answer: RuleAnswer,
	stated: Stated,
	words: Classification | null,
): TechniqueScore[] {
	const scores = new Map<string, number>();
	for (const id of stated.techniques) scores.set(id, STATED_SCORE);
	for (const id of alert.techniques) scores.set(id, 1);
	for (const rule of answer.fired) {
		for (const id of rule.techniques ?? [])
			scores.set(id, Math.max(scores.get(id) ?? 0, RULE_CONFIDENCE[rule.confidence]));
	}
	if (usesWords(alert, words)) {
		for (const { id, score } of words.techniques) {
			if (score < 0.05 || scores.has(id)) continue;
			const own = categoryOfTechnique(id);
			const isContradicted = stated.category !== null && own !== null && own !== stated.category;
			scores.set(id, isContradicted ? Math.min(score, CONTRADICTED_MAX) : score);
		}
	}
	return [...scores]
		.map(([id, score]) => ({ id, score }))
		.sort((a, b) => b.score - a.score)
		.slice(0, 10);
}

function confidenceFor(
	alert: Alert,
	answer: RuleAnswer,
	words: Classification | null,
): { confidence: number; confidence_firm: number } {
	// What people taught says how bad, never how sure: the gate reads this.
	const rules = answer.fired
		.filter((rule) => !rule.id.startsWith(LEARNED_PREFIX))
		.map((rule) => RULE_CONFIDENCE[rule.confidence]);
	const source = alert.severity === null ? 0 : Math.max(SOURCE_CONFIDENCE, statedConfidence(alert));
	const firm = Math.max(0, source, ...rules);
	return {
		confidence: Math.max(firm, usesWords(alert, words) ? words.confidence : 0),
		confidence_firm: firm,
	};
}

/** What the source itself says of its certainty (label `confidence`: a word, 0 to 1 or 0 to 100), capped. */
function statedConfidence(alert: Alert): number {
	const label = alert.labels['confidence']?.trim().toLowerCase() ?? '';
	const word: Readonly<Record<string, number>> = { low: 0.3, medium: 0.5, high: SOURCE_CONFIDENCE_MAX };
	const known = Object.hasOwn(word, label) ? word[label] : undefined;
	if (known !== undefined) return known;
	const number = /^\d{1,3}(\.\d{1,6})?$/.test(label) ? Number(label) : 0;
	return Math.min(SOURCE_CONFIDENCE_MAX, number > 1 ? number / 100 : number);
}

/** Rules that are told with their title; what else fired is named. */
const RULES_TOLD_MAX = 20;
/** How the reasons that only name rules begin. */
export const ALSO_FIRED = 'also fired: ';

function ruleReasons(answer: RuleAnswer): Reason[] {
	const told = answer.fired.slice(0, RULES_TOLD_MAX).map((rule): Reason => {
		const does = [
			rule.set === undefined ? '' : `severity ${rule.set}`,
			rule.raise === undefined ? '' : `severity +${rule.raise}`,
			rule.floor === undefined ? '' : `at least ${rule.floor}`,
			rule.category ?? '',
			rule.mute === true ? 'mute' : '',
		].filter((part) => part !== '');
		return { by: 'rule', text: clip(`${rule.id}: ${rule.title}${does.length === 0 ? '' : ` (${does.join(', ')})`}`) };
	});
	const failed = answer.failed.map(
		({ rule, fault }): Reason => ({
			by: 'rule',
			text: clip(`${rule.id} could not be evaluated and did not count: ${fault}`),
		}),
	);
	return [...told, ...namedReasons(answer.fired.slice(RULES_TOLD_MAX).map((rule) => rule.id)), ...failed];
}

/** Names packed into as few reasons as hold them whole. */
function namedReasons(ids: readonly string[]): Reason[] {
	const packed: string[] = [];
	for (const id of ids) {
		const last = packed.at(-1);
		if (last !== undefined && last.length + id.length + 2 <= 500) packed[packed.length - 1] = `${last}, ${id}`;
		else packed.push(`${ALSO_FIRED}${id}`);
	}
	return packed.map((text) => ({ by: 'rule', text }));
}

/** What the sensor files it under, and what that means. */
function statedReasons(alert: Alert, stated: Stated, attack: AttackTable): Reason[] {
	const meaning = stated.category ?? stated.tactic;
	if (meaning === null) return [];
	const names = stated.techniques.map((id) => nameTechnique(attack, id));
	const stands = names.length === 0 ? meaning : `${meaning}, ${names.join(', ')}`;
	return [{ by: 'source', text: clip(`${alert.source} files it as \`${stated.words.slice(0, 80)}\`: ${stands}`) }];
}

function techniqueReasons(alert: Alert, words: Classification | null, attack: AttackTable): Reason[] {
	const reasons: Reason[] = [];
	if (alert.techniques.length > 0) {
		const names = alert.techniques.slice(0, 5).map((id) => nameTechnique(attack, id));
		reasons.push({ by: 'source', text: clip(`${alert.source} names ${names.join(', ')}`) });
	}
	const best = words?.techniques[0];
	if (alert.kind !== 'security' || words === null || best === undefined) return reasons;
	const share = `${Math.round(words.confidence * 100)} %`;
	reasons.push({
		by: 'classifier',
		text: words.isSure
			? clip(`words such as ${words.words.join(', ')} fit ${nameTechnique(attack, best.id)} (${share})`)
			: `the words alone do not tell which technique this is (${share} for the best guess)`,
	});
	return reasons;
}

function describeAsset(asset: Asset): string {
	const parts = [
		`${asset.id} is a ${asset.class}`,
		asset.level === 'unknown' ? 'of unknown level' : `at level ${asset.level}`,
		asset.zone === null ? '' : `in zone ${asset.zone}`,
		asset.criticality === null ? '' : `criticality ${asset.criticality}`,
	];
	return clip(parts.filter((part) => part !== '').join(', '));
}

function clip(text: string): string {
	return (text.length <= 500 ? text : `${text.slice(0, 497)}...`).toWellFormed();
}
