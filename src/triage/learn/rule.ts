// A learned rule as the rule language has it: the condition is written here from its features, and from nothing else. Pure.
// Features are data: whatever an alert says stands between quotes, compared as a whole. NOT here: which features (propose.ts).
import type { LearnedEffect, LearnedMatch } from '../../domain/learned.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { EXPRESSION_LENGTH_MAX } from '../../expression/condition.ts';
import { type CompiledRules, compileRules } from '../rules.ts';

/** Names that begin so belong to rules that people taught; they say nothing about how sure one may be (judge.ts). */
export const LEARNED_PREFIX = 'learned-';
/** Asked after all rules that were written: what they set is known by then, and their floors hold all the same. */
const LEARNED_ORDER = 9_000;
/** The file that the diff shows; the rows themselves are in the database, where every process reads them. */
export const LEARNED_FILE = 'rules/learned.yaml';
/** Roles and kinds of things that are compared; a rule names all of an alert's, and no other may be there. */
export const COMPARED_TYPES = [
	'host',
	'ip',
	'mac',
	'user',
	'account',
	'asset_id',
	'tag',
	'process',
	'file_hash',
	'domain',
	'url',
] as const;

export type LearnedRule = {
	readonly id: string;
	readonly match: LearnedMatch;
	readonly effect: LearnedEffect;
	/** For the note beside it. */
	readonly expiresAt: string;
};

/** `lrn_abc` as the name of a rule. */
export function ruleName(id: string): string {
	return `${LEARNED_PREFIX}${id.replace(/[^a-z0-9]/g, '')}`;
}

/** What a rules file would hold for it: the keys of triage/rules.ts. */
export function ruleValue(rule: LearnedRule): Readonly<Record<string, unknown>> {
	const { effect } = rule;
	return {
		id: ruleName(rule.id),
		title: effect.does === 'mute' ? 'learned: a false positive' : 'learned: the severity was wrong',
		when: conditionOf(rule.match),
		...(effect.does === 'mute'
			? { mute: true }
			: effect.does === 'set'
				? { set: effect.severity }
				: { floor: effect.severity }),
		confidence: 'low',
		order: LEARNED_ORDER,
	};
}

/**
 * The CEL condition. The first clause keeps process safety out whatever the rest says; each further clause only narrows.
 * An alert that names one more machine, user or technique than the one that people looked at does not match.
 */
export function conditionOf(match: LearnedMatch): string {
	const clauses = [
		'alert.kind != "process_safety"',
		'!zone.sis',
		'asset.class != "sis"',
		'asset.class != "sis_workstation"',
		`alert.kind == ${quoteCel(match.kind)}`,
		`alert.source == ${quoteCel(match.source)}`,
		`alert.title == ${quoteCel(match.title)}`,
		`alert.severity in ${listOf(match.severities)}`,
		`alert.techniques.all(t, t in ${listOf(match.techniques)})`,
		match.asset === null ? '!asset.known' : `asset.id == ${quoteCel(match.asset)}`,
		...match.things.map(
			(thing) =>
				`alert.entities.exists(e, e.type == ${quoteCel(thing.type)} && e.role == ${quoteCel(thing.role)} && e.value == ${quoteCel(thing.value)})`,
		),
		`alert.entities.all(e, !(e.role in ["target", "actor"]) || !(e.type in ${listOf(COMPARED_TYPES)}) || (e.type + " " + e.role + " " + e.value) in ${listOf(match.things.map((thing) => `${thing.type} ${thing.role} ${thing.value}`))})`,
	];
	return clauses.join(' && ');
}

/** A text as a CEL literal: what could end it, break a line or hide is written as its number. */
export function quoteCel(text: string): string {
	const inner = text.toWellFormed().replace(/["\\`]|[^\P{C}\n]|[\n\u2028\u2029]/gu, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
	});
	return `"${inner}"`;
}

function listOf(texts: readonly string[]): string {
	return `[${texts.map(quoteCel).join(', ')}]`;
}

/** Compiles learned rules; a rule that does not compile is a fault in words, never a rule left half. */
export function compileLearned(rules: readonly LearnedRule[]): Result<CompiledRules, string> {
	const long = rules.find((rule) => conditionOf(rule.match).length > EXPRESSION_LENGTH_MAX);
	if (long !== undefined) return err('the alert names too much to be told from others exactly');
	const compiled = compileRules(
		rules.map((rule, at) => ({ value: ruleValue(rule), file: LEARNED_FILE, line: at + 1, column: 1 })),
	);
	return compiled.ok
		? ok(compiled.value)
		: err(
				compiled.error
					.map((finding) => finding.message)
					.join('; ')
					.slice(0, 500),
			);
}

/** The file as it would stand: JSON strings are YAML strings, so that nothing in a title ends a value. */
export function yamlOf(rules: readonly LearnedRule[]): string {
	if (rules.length === 0) return 'rules: []\n';
	const items = rules.flatMap((rule) => {
		const lines = Object.entries(ruleValue(rule)).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
		return [`  - ${lines[0] ?? ''}`, ...lines.slice(1).map((line) => `    ${line}`), `    # until ${rule.expiresAt}`];
	});
	return `rules:\n${items.join('\n')}\n`;
}

/** Lines that go (`-`) and come (`+`), with how many rules there are before and after. Order of rules is that of their ids. */
export function diffOf(before: readonly LearnedRule[], after: readonly LearnedRule[]): string[] {
	const lines = (rules: readonly LearnedRule[], others: readonly LearnedRule[]): string[] =>
		yamlOf(rules.filter((rule) => !others.some((other) => other.id === rule.id)))
			.split('\n')
			.filter((line) => line.startsWith(' '));
	return [
		`--- ${LEARNED_FILE} (${before.length} rules)`,
		`+++ ${LEARNED_FILE} (${after.length} rules)`,
		...lines(before, after).map((line) => `-${line}`),
		...lines(after, before).map((line) => `+${line}`),
	];
}
