// What is wrong with rules taken together: conditions that can never hold, rules that others undo, mutes without effect. Pure.
// Told at check time and never a hindrance to start: what a rule may do is bounded in judge.ts whatever is said here.
import { AlertKind } from '../domain/alert.ts';
import { ASSET_CLASSES, LEVELS } from '../domain/asset.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { SEVERITIES, severityRank } from '../domain/severity.ts';
import { CATEGORIES } from '../domain/verdict.ts';
import { type Term, termsOf } from '../expression/condition.ts';
import type { CompiledRules } from './rules.ts';

type Rule = CompiledRules[number];
type Chain = readonly Term[];

const DOMAINS = ['it', 'ot', 'unknown'];
/** Fields that hold one of a few words: another word is a slip, and the rule never fires. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
	'alert.kind': AlertKind.options,
	'alert.status': ['open', 'closed'],
	'alert.severity': [...SEVERITIES, 'unknown'],
	'alert.category': [...CATEGORIES, 'unknown'],
	'alert.domain': DOMAINS,
	'asset.class': ASSET_CLASSES,
	'actor.class': ASSET_CLASSES,
	'asset.level': LEVELS,
	'actor.level': LEVELS,
	'zone.level': LEVELS,
	'asset.domain': DOMAINS,
	'actor.domain': DOMAINS,
};

/**
 * Everything that can be told from the rules alone, as warnings at the rule that has no (or another) effect.
 *
 * Two conditions are compared as far as that can be decided: the same text, or chains of `&&` in which one asks for all that the
 * other asks for and more. A later rule that is narrower than an earlier one is the way to write an exception, and is not told.
 *
 * @param rules in their order, as compileRules gives them
 * @returns in the order of the rules; work grows with the square of their number, which compileRules limits
 */
export function ruleConflicts(rules: CompiledRules): Finding[] {
	const known = rules.map((rule) => ({ rule, chain: termsOf(rule.condition) }));
	const findings: Finding[] = [];
	const dead = new Set<Rule>();
	for (const { rule, chain } of known) {
		const alone = faultAlone(rule, chain);
		if (alone !== null) findings.push(warning(rule, alone.message, alone.help));
		if (alone?.isDead === true) dead.add(rule);
	}
	for (const [i, one] of known.entries()) {
		for (const [j, other] of known.entries()) {
			if (i === j || dead.has(one.rule) || dead.has(other.rule) || !implies(one.chain, other.chain)) continue;
			const isSame = implies(other.chain, one.chain);
			for (const message of undoneBy(one.rule, other.rule, i < j, isSame)) findings.push(warning(one.rule, message));
		}
	}
	return findings;
}

function warning(rule: Rule, message: string, help?: string): Finding {
	const place = { file: rule.file, line: rule.line, column: 1 };
	return {
		...place,
		level: 'warning',
		message: `rule \`${rule.id}\`: ${message}`,
		...(help === undefined ? {} : { help }),
	};
}

type Alone = { readonly message: string; readonly help?: string; readonly isDead: boolean };

/** What is wrong with one rule by itself. */
function faultAlone(rule: Rule, chain: Chain): Alone | null {
	const slip = slipIn(chain);
	if (slip !== null) return slip;
	if (isImpossible(chain)) {
		return { message: 'can never fire: the parts of its condition exclude one another', isDead: true };
	}
	const kinds = allowed(chain, 'alert.kind', AlertKind.options);
	const isSafetyOnly = kinds.length === 1 && kinds[0] === '"process_safety"';
	if (isSafetyOnly && rule.route !== undefined) {
		const message = '`route` has no effect: incidents of process safety go by the conditions of routes.yaml';
		return { message, isDead: false };
	}
	if (isSafetyOnly && rule.set !== undefined && severityRank(rule.set) < severityRank('high')) {
		const message = `\`set: ${rule.set}\` has no effect: a process-safety alarm is never below high, nor below what its source says`;
		return { message, isDead: false };
	}
	if (rule.mute === true && kinds.includes('"process_safety"')) {
		return {
			message: 'the condition may hold for a process-safety alarm: `mute` has no effect on those',
			help: 'say which kinds are meant, such as `alert.kind in ["audit", "availability"]`',
			isDead: false,
		};
	}
	return null;
}

/** A word that a field never holds. */
function slipIn(chain: Chain): Alone | null {
	for (const term of chain) {
		if (term.kind !== 'in' || !Object.hasOwn(WORDS, term.of)) continue;
		const words = WORDS[term.of] ?? [];
		const wrong = term.values.filter((value) => !words.some((word) => JSON.stringify(word) === value));
		const [first] = wrong;
		if (first === undefined) continue;
		const isDead = !term.isNot && wrong.length === term.values.length;
		const help = didYouMean(first.replaceAll('"', ''), words);
		return { message: `${isDead ? 'can never fire: ' : ''}\`${term.of}\` is never ${first}`, help, isDead };
	}
	return null;
}

/** The words (as JSON) that a chain leaves to a field. */
function allowed(chain: Chain, field: string, words: readonly string[]): string[] {
	const left = words.map((word) => JSON.stringify(word));
	return left.filter((word) =>
		chain.every((term) => {
			if (term.kind === 'any') return term.choices.some((choice) => allowed(choice, field, words).includes(word));
			return term.kind !== 'in' || term.of !== field || term.values.includes(word) !== term.isNot;
		}),
	);
}

/** True where two parts exclude one another, or none of a choice is possible. */
function isImpossible(chain: Chain): boolean {
	return chain.some((term) => {
		if (term.kind === 'other') return term.text === 'false';
		if (term.kind === 'any') return term.choices.every((choice) => isImpossible([...choice, ...plainOf(chain)]));
		if (term.isNot) return false;
		const possible = term.values.filter((value) =>
			chain.every(
				(other) => other.kind !== 'in' || other.of !== term.of || other.values.includes(value) !== other.isNot,
			),
		);
		return possible.length === 0;
	});
}

/** The parts without choices: enough to see that a choice contradicts them, and no growth with their number. */
function plainOf(chain: Chain): Chain {
	return chain.filter((term) => term.kind !== 'any');
}

/** Whether whatever fulfils the first chain fulfils the second; false where that cannot be told. */
function implies(one: Chain, other: Chain): boolean {
	return other.every((wanted) => one.some((given) => gives(given, wanted)) || isChosen(one, wanted));
}

function isChosen(one: Chain, wanted: Term): boolean {
	return wanted.kind === 'any' && wanted.choices.some((choice) => implies(one, choice));
}

function gives(given: Term, wanted: Term): boolean {
	if (given.kind === 'in' && wanted.kind === 'in') {
		if (given.of !== wanted.of) return false;
		if (!given.isNot) return given.values.every((value) => wanted.values.includes(value) !== wanted.isNot);
		return wanted.isNot && wanted.values.every((value) => given.values.includes(value));
	}
	return given.kind !== 'in' && wanted.kind !== 'in' && given.kind === wanted.kind && given.text === wanted.text;
}

/** What of `one` comes to nothing because `other` fires whenever it does. */
function undoneBy(one: Rule, other: Rule, isBefore: boolean, isSame: boolean): string[] {
	const said: string[] = [];
	const where = `rule \`${other.id}\` (${other.file}:${other.line}, order ${other.order})`;
	const when = isSame ? 'on the same condition' : 'whenever this one does';
	if (isBefore && one.set !== undefined && other.set !== undefined && one.set !== other.set) {
		said.push(`\`set: ${one.set}\` never counts: ${where} fires later ${when} and sets ${other.set}`);
	}
	if (isBefore && one.raise !== undefined && other.set !== undefined) {
		said.push(`\`raise: ${one.raise}\` never counts: ${where} fires later ${when} and sets ${other.set}`);
	}
	// Process safety stands wherever in the order it was said.
	const isSafety = other.category === 'process_safety';
	if (!isBefore && isSafety && one.category !== undefined && one.category !== 'process_safety') {
		said.push(`\`category: ${one.category}\` never counts: ${where} fires ${when} and says process_safety`);
	}
	if (isBefore && one.category !== undefined && other.category !== undefined && one.category !== other.category) {
		if (one.category !== 'process_safety') {
			said.push(`\`category: ${one.category}\` never counts: ${where} fires later ${when} and says ${other.category}`);
		}
	}
	if (isBefore && one.route !== undefined && other.route !== undefined && one.route !== other.route) {
		said.push(`\`route: ${one.route}\` never counts: ${where} fires later ${when} and says ${other.route}`);
	}
	if (one.set !== undefined && other.floor !== undefined && severityRank(one.set) < severityRank(other.floor)) {
		said.push(`\`set: ${one.set}\` never counts: ${where} fires ${when}, and its floor is ${other.floor}`);
	}
	const least = [other.floor, other.set].find((at) => at !== undefined && severityRank(at) >= severityRank('high'));
	if (one.mute === true && (isSafety || least !== undefined)) {
		const what = isSafety ? 'says process_safety' : `calls it ${least}`;
		said.push(`\`mute\` never counts: ${where} fires ${when} and ${what}`);
	}
	if (other.mute === true && one.mute !== true && !isLoud(one) && one.category !== 'process_safety') {
		said.push(`nobody sees what it does: ${where} mutes the alert ${when}`);
	}
	if (isSame && isBefore && sameEffects(one, other)) said.push(`says the same as ${where}`);
	return said;
}

function isLoud(rule: Rule): boolean {
	return [rule.floor, rule.set].some((at) => at !== undefined && severityRank(at) >= severityRank('high'));
}

function sameEffects(one: Rule, other: Rule): boolean {
	const effects = ({ set, raise, floor, category, techniques, playbooks, tags, route, mute }: Rule): string =>
		JSON.stringify([set, raise, floor, category, techniques, playbooks, tags, route, mute]);
	return effects(one) === effects(other);
}
