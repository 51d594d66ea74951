import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/cli/check-playbook.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { readPlaybook } from '../../src/config/playbook-file.ts';
import { readPlaybookTest } from '../../src/config/playbook-test-file.ts';

const FOLDER = new URL('../../playbooks/', import.meta.url);
const SHIPPED = readdirSync(FOLDER)
	.filter((name) => name.endsWith('.yaml'))
	.flatMap((name) => readPlaybook(readFileSync(new URL(name, FOLDER), 'utf8'), name).loaded ?? []);

const HEAD = `id: mine
title: Mine
version: 1.0.0
summary: S
lead: it_lead
must_not: ['-']
`;

/** What check says of a playbook with these lines behind line 6. */
function check(lines: string, others = SHIPPED): string {
	const { loaded, findings } = readPlaybook(HEAD + lines, 'mine.yaml');
	const all = [...findings, ...(loaded === null ? [] : checkPlaybook(loaded, others))];
	return all.map(formatFinding).join('\n');
}
const ASK = '{ key: ask, title: T, action: ask_person, answer: { name: kind, type: choice, options: [a, b] } }';
const TELL = '{ key: tell, title: T, action: notify, params: { text: x } }';

describe('interlock check on branches, loops, waits and calls', () => {
	it.each([
		[
			`steps:\n  - { key: b, if: { variable: { name: knd, is: a } }, do: [${TELL}] }\n  - ${ASK}`,
			/mine\.yaml:8:\d+: .*no variable `knd`[\s\S]*did you mean `kind`/,
		],
		[
			`steps:\n  - ${ASK}\n  - { key: b, if: { variable: { name: kind, is: c } }, do: [${TELL}] }`,
			/mine\.yaml:9:.*`kind` is never `c`/,
		],
		[
			`steps:\n  - ${ASK}\n  - { key: b, if: { variable: { name: kind, min: 1 } }, do: [${TELL}] }`,
			/`kind` is no number/,
		],
		[`steps:\n  - ${ASK}\n  - { key: b, switch: kind, cases: { c: [${TELL}] } }`, /`kind` is never `c`/],
		[`steps:\n  - { key: b, switch: nobody, cases: { c: [${TELL}] } }`, /no variable `nobody`/],
		[
			`steps:\n  - { key: b, if: { step: { key: tel, ended: [well] } }, do: [${TELL}] }`,
			/no step `tel`[\s\S]*did you mean `tell`/,
		],
		[
			`steps:\n  - { key: b, if: { not: { fact: { name: sole_vew, is: true } } }, do: [${TELL}] }`,
			/unknown fact `sole_vew`/,
		],
		[
			`steps:\n  - { key: b, if: { any: [{ fact: { name: sole_view, is: maybe } }] }, do: [${TELL}] }`,
			/`sole_view` is false, true, not `maybe`/,
		],
		[`steps:\n  - { key: b, playbook: malware-it-endpont }`, /no playbook `malware-it-endpont`[\s\S]*did you mean/],
		[`steps:\n  - { key: b, playbook: mine }`, /call one another: mine -> mine/],
		[`steps:\n  - { key: b, playbook: phishing, with: { nope: 1 } }`, /`phishing` has no input `nope`/],
		[
			`steps:\n  - { key: g, do: [{ key: x, title: T, action: notify, params: { text: x }, after: [g] }] }`,
			/stands in `g` and cannot wait for its end/,
		],
		[
			`steps:\n  - { key: g, after: [y], do: [${TELL}] }\n  - { key: y, title: T, action: notify, params: { text: x }, after: [tell] }`,
			/wait for one another/,
		],
		[`steps:\n  - { key: x, title: T, action: isolate_host, target: item }`, /no loop over assets is around it/],
		[
			`steps:\n  - { key: x, title: T, action: isolate_host, target: 'variable:kind' }\n  - ${ASK}`,
			/no variable of type asset/,
		],
		[
			`steps:\n  - { key: x, title: T, action: notify, params: { text: x }, answer: { name: v, type: boolean } }`,
			/only ask_person and ask_control_room have an answer/,
		],
		[
			`steps:\n  - { key: x, title: T, action: ask_person, answer: { name: user, type: text } }`,
			/value of the incident already/,
		],
		[`inputs: { user: { type: text } }\nsteps:\n  - ${TELL}`, /the input `user` has the name of a value/],
		[`inputs: { n: { type: number, default: many } }\nsteps:\n  - ${TELL}`, /the default is none/],
		[`steps:\n  - { key: w, wait: { for: 5m }, on_deadline: [${TELL}] }`, /a pause has no deadline/],
		[
			`steps:\n  - { key: e, for_each: { users: {} }, do: [{ key: f, for_each: { users: {} }, do: [${TELL}] }] }`,
			/in no other such loop/,
		],
		[`steps:\n  - { key: x, title: 'Look at {itme}', action: notify, params: { text: x } }`, /no value `\{itme\}`/],
		[
			`steps:\n  - { key: b, if: { severity_mn: high }, do: [${TELL}] }`,
			/mine\.yaml:8:\d+: .*unknown key `severity_mn`/,
		],
	])('points at the place of a slip: %#', (lines, message) => {
		expect(check(lines)).toMatch(message);
	});

	it('says nothing about what is right', () => {
		expect(check(`steps:\n  - ${ASK}\n  - { key: b, after: [ask], switch: kind, cases: { a: [${TELL}] } }`)).toBe('');
	});
});

describe('the manual', () => {
	const manual = readFileSync(new URL('../../docs/playbooks.md', import.meta.url), 'utf8');
	const example = (first: string): string =>
		[...manual.matchAll(/```yaml\n([\s\S]*?)```/g)]
			.map((match) => match[1] ?? '')
			.find((text) => text.startsWith(first)) ?? '';

	it('shows branches, loops and waits that are accepted', () => {
		expect(example('inputs:')).not.toBe('');
		expect(check(example('inputs:'))).toBe('');
	});

	it('shows a file of tests that is accepted', () => {
		const { test, findings } = readPlaybookTest(example('playbook:'), 'manual.yaml');
		expect(findings).toEqual([]);
		expect(test?.cases).toHaveLength(1);
	});
});
