import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadRules, ruleSourcesOf } from '../../src/cli/rule-files.ts';
import { compileRules } from '../../src/triage/rules.ts';

const findingsOf = (text: string, known: Parameters<typeof compileRules>[1] = {}): string[] => {
	const { sources, findings } = ruleSourcesOf(text, 'rules/site.yaml');
	const compiled = compileRules(sources, known);
	return [...findings, ...(compiled.ok ? [] : compiled.error)].map(
		(f) => `${f.file}:${f.line}:${f.column}: ${f.message}`,
	);
};
const one = (lines: string): string => `rules:\n  - id: a\n    title: t\n${lines}`;

describe('rule files', () => {
	it('the shipped rules compile, and propose only shipped playbooks', () => {
		const shipped = readdirSync(new URL('../../playbooks/', import.meta.url))
			.filter((name) => name.endsWith('.yaml'))
			.map((name) => name.replace('.yaml', ''));
		const loaded = loadRules([], (id) => shipped.includes(id));
		expect(loaded.ok ? [] : loaded.error).toEqual([]);
		if (!loaded.ok) return;
		const proposed = new Set(loaded.value.flatMap((rule) => rule.playbooks ?? []));
		expect(proposed.size).toBeGreaterThan(15);
	});

	it.each([
		[
			'an unknown key',
			one('    when: "true"\n    sett: low\n'),
			/^rules\/site\.yaml:2:5: rule: : Unrecognized key: "sett"$/,
		],
		['a severity that is none', one('    when: "true"\n    set: bad\n'), /^rules\/site\.yaml:5:10: rule: set: /],
		[
			'a slip in the condition',
			one('    when: alrt.title == "x"\n'),
			/^rules\/site\.yaml:4:11: rule `a`: when: line 1, column 1 of the condition: Unknown variable: alrt$/,
		],
		[
			'mute without sparing safety',
			one('    when: "true"\n    mute: true\n'),
			/^rules\/site\.yaml:5:11: rule `a`: the condition holds for a process-safety alarm/,
		],
		[
			'mute with the category',
			one('    when: alert.kind == "security"\n    category: process_safety\n    mute: true\n'),
			/a process-safety alarm is never muted/,
		],
		['not a list', 'rules: 5\n', /^rules\/site\.yaml:1:1: a rule file holds the one key `rules`/],
		['broken YAML', 'rules: [\n', /^rules\/site\.yaml:\d+:\d+: /],
	])('%s is a finding at its place', (_, text, message) => {
		const findings = findingsOf(text);
		expect(findings).toHaveLength(1);
		expect(findings[0]).toMatch(message);
	});

	it('all faults are told at once', () => {
		const text = `rules:
  - {id: a, title: t, when: "1 +"}
  - {id: b, title: t, when: "true", techniques: [T9999], playbooks: [nope]}
  - {id: b, title: t, when: "true"}
`;
		const findings = findingsOf(text, { hasTechnique: () => false, hasPlaybook: () => false });
		expect(findings).toHaveLength(4);
	});

	it('an empty file has no rules', () => {
		expect(findingsOf('')).toEqual([]);
	});
});
