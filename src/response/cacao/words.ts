// A condition and a selector of our playbooks in words, for people who run an exported playbook elsewhere. Pure.
import type { Condition, EvidenceSelector } from '../../domain/playbook-condition.ts';

/** `severity is high or worse; variable is_vendor is true`: every part that is written, joined. */
export function wordsOf(condition: Condition): string {
	const parts: string[] = [];
	const add = (value: unknown, words: string) => {
		if (value !== undefined) parts.push(words);
	};
	const { all, any, not, step, variable, fact, evidence, alert } = condition;
	add(condition.severity_min, `the severity is ${condition.severity_min} or worse`);
	add(condition.domain, `the incident is of ${condition.domain?.join(' or ')}`);
	add(condition.categories, `the category is ${condition.categories?.join(' or ')}`);
	add(condition.target_class, `the asset is of class ${condition.target_class?.join(' or ')}`);
	add(
		condition.process_safety,
		condition.process_safety === true ? 'it is a process-safety alarm' : 'it is no process-safety alarm',
	);
	add(condition.confidence_min, `rules and sources are sure to ${condition.confidence_min} or more`);
	add(step, `the step ${step?.key} ended ${step?.ended.join(' or ')}`);
	add(variable, `the answer ${variable?.name} ${testOf(variable ?? {})}`);
	add(fact, `the fact ${fact?.name}${fact?.of === undefined ? '' : ` of ${fact.of}`} ${testOf(fact ?? {})}`);
	if (evidence !== undefined) {
		const { min, max, ...of } = evidence;
		parts.push(`there are ${max === undefined ? `at least ${min ?? 1}` : `${min ?? 0} to ${max}`} of ${selected(of)}`);
	}
	add(alert, `an alert of the incident fits ${JSON.stringify(alert)}`);
	add(all, `all of this: ${(all ?? []).map(wordsOf).join('; ')}`);
	add(any, `one of these: ${(any ?? []).map(wordsOf).join('; or ')}`);
	add(not, `not this: ${not === undefined ? '' : wordsOf(not)}`);
	return parts.join('; ');
}

type Test = {
	is?: unknown;
	in?: readonly unknown[] | undefined;
	min?: number | undefined;
	max?: number | undefined;
	known?: boolean | undefined;
};

function testOf(test: Test): string {
	const parts = [
		...(test.is === undefined ? [] : [`is ${String(test.is)}`]),
		...(test.in === undefined ? [] : [`is one of ${test.in.map(String).join(', ')}`]),
		...(test.min === undefined ? [] : [`is ${test.min} or more`]),
		...(test.max === undefined ? [] : [`is ${test.max} or less`]),
		...(test.known === undefined ? [] : [test.known ? 'is known' : 'is not known']),
	];
	return parts.join(' and ');
}

/** What a loop goes over, in words. */
export function selected(selector: EvidenceSelector): string {
	const { assets, users, indicators } = selector;
	if (assets !== undefined) {
		const of = [assets.class?.join(' or '), assets.domain, assets.zone].filter((one) => one !== undefined);
		return of.length === 0 ? 'the assets of the incident' : `the assets of the incident (${of.join(', ')})`;
	}
	if (users !== undefined) return 'the accounts that its alerts name';
	return `what its alerts name of ${(indicators?.types ?? []).join(', ')}`;
}
