// Learned rules: what a click may propose, what the condition reaches, and what it never reaches, whatever alerts say.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleSourcesOf } from '../../../src/cli/rule-files.ts';
import type { Alert, Entity } from '../../../src/domain/alert.ts';
import { ENTITY_TYPES } from '../../../src/domain/alert.ts';
import type { Asset } from '../../../src/domain/asset.ts';
import { assetsOf, indexInventory } from '../../../src/domain/inventory.ts';
import { compileCondition, evaluate } from '../../../src/expression/condition.ts';
import { attackTable } from '../../../src/triage/attack-table.ts';
import { type JudgeContext, judge } from '../../../src/triage/judge.ts';
import { createLearning } from '../../../src/triage/learn/learning.ts';
import { previewRule } from '../../../src/triage/learn/preview.ts';
import { type LearnFrom, PROPOSED_MAX, proposeRules } from '../../../src/triage/learn/propose.ts';
import { compileLearned, conditionOf, diffOf, quoteCel, ruleName, yamlOf } from '../../../src/triage/learn/rule.ts';
import { applyRules, compileRules, ruleContext } from '../../../src/triage/rules.ts';
import { statedBy } from '../../../src/triage/stated.ts';

const NOW = Date.UTC(2026, 2, 1, 3);
const asset = (given: Partial<Asset>): Asset => ({
	id: 'srv-1',
	hostnames: [],
	ips: [],
	macs: [],
	vendor_ids: [],
	site: 'north',
	zone: 'office',
	level: '4',
	class: 'server',
	class_raw: null,
	vendor: null,
	os: null,
	criticality: 3,
	domain: 'it',
	switch: null,
	owner: null,
	facts: {},
	tags: {},
	confirmed_at: null,
	...given,
});
const inventory = indexInventory({
	assets: [
		asset({ id: 'srv-1' }),
		asset({ id: 'srv-2' }),
		asset({ id: 'scanner-1', class: 'scanner' }),
		asset({ id: 'plc-7', zone: 'cell', level: '1', class: 'plc', domain: 'ot' }),
		asset({ id: 'sis-1', zone: 'cell', level: '1', class: 'sis', domain: 'ot' }),
	],
	zones: [],
	conduits: [],
	confirmedAt: NOW,
});
const context: JudgeContext = { inventory, rules: [], classifier: null, attack: attackTable, now: NOW };

const target = (value: string): Entity => ({ type: 'host', value, role: 'target' });
const actor = (value: string, type: Entity['type'] = 'host'): Entity => ({ type, value, role: 'actor' });
const alert = (given: Partial<Alert> = {}): Alert => ({
	source: 'ids-north',
	external_id: null,
	fingerprint: '0123456789abcdef',
	status: 'open',
	title: 'Port scan of a server',
	description: null,
	severity: 'medium',
	severity_raw: null,
	kind: 'security',
	domain: null,
	occurred_at: '2026-03-01T02:00:00.000Z',
	time_basis: 'event',
	entities: [target('srv-1'), actor('scanner-1')],
	techniques: ['T1046'],
	labels: {},
	...given,
});
const from = (given: Partial<Alert> = {}, id = 'alr_1'): LearnFrom => {
	const one = alert(given);
	return { id, alert: one, verdict: judge(one, context) };
};
const proposed = (given: Partial<Alert> = {}) => {
	const [made] = proposeRules('false_positive', [from(given)], inventory).made;
	if (made === undefined) throw new Error('nothing proposed');
	return { id: 'lrn_abc', match: made.match, effect: made.effect, expiresAt: '2026-03-08T03:00:00.000Z' };
};
const reaches = (rule: ReturnType<typeof proposed>, one: Alert): boolean => {
	const compiled = compileLearned([rule]);
	if (!compiled.ok) throw new Error(compiled.error);
	const about = ruleContext(one, assetsOf(one.entities, inventory), inventory, []);
	return applyRules(compiled.value, about).fired.length > 0;
};

describe('what a click proposes', () => {
	it('is a mute of exactly that condition, for thirty days on IT', () => {
		const { made, not } = proposeRules('false_positive', [from()], inventory);
		expect(not).toEqual([]);
		expect(made).toMatchObject([
			{
				effect: { does: 'mute' },
				touchesOt: false,
				holdsMs: 30 * 86_400_000,
				match: { asset: 'srv-1', title: 'Port scan of a server' },
			},
		]);
		expect(reaches(proposed(), alert())).toBe(true);
	});

	it.each([
		['OT for seven days, by two', { entities: [target('plc-7')] }, { touchesOt: true, holdsMs: 7 * 86_400_000 }],
		['the unknown as OT', { entities: [target('10.9.9.9')] }, { touchesOt: true }],
		[
			'what its source calls high as medium, because a mute would not hold',
			{ severity: 'high' as const },
			{ effect: { does: 'set', severity: 'medium' } },
		],
	])('%s', (_, given, wanted) => {
		expect(proposeRules('false_positive', [from(given)], inventory).made).toMatchObject([wanted]);
	});

	it.each([
		['a process-safety alarm', { kind: 'process_safety' as const }, /process-safety/],
		['a safety system', { entities: [target('sis-1')] }, /safety system/],
		['a safety system among others', { entities: [target('srv-1'), actor('sis-1')] }, /safety system/],
		['an alert that names nothing', { entities: [] }, /no edge/],
		[
			'an alert that names a crowd',
			{ entities: Array.from({ length: 40 }, (_, i) => target(`h-${i}`)) },
			/cannot be told/,
		],
	])('not %s', (_, given, why) => {
		const { made, not } = proposeRules('false_positive', [from(given)], inventory);
		expect(made).toEqual([]);
		expect(not.join()).toMatch(why);
	});

	it('moves the severity by one level, and stops at the ends', () => {
		expect(proposeRules('too_high', [from()], inventory).made[0]?.effect).toEqual({ does: 'set', severity: 'low' });
		expect(proposeRules('too_low', [from()], inventory).made[0]?.effect).toEqual({ does: 'floor', severity: 'high' });
		expect(proposeRules('too_low', [from({ severity: 'critical' })], inventory).made).toEqual([]);
		expect(proposeRules('too_high', [from({ severity: 'informational' })], inventory).made).toEqual([]);
	});

	it('is at most a few rules of one incident, each once', () => {
		const many = Array.from({ length: 9 }, (_, i) => from({ title: `Condition ${i % 5}` }));
		const { made, not } = proposeRules('false_positive', many, inventory);
		expect(made).toHaveLength(PROPOSED_MAX);
		expect(not.join()).toContain('2 further conditions');
	});
});

describe('what a learned rule reaches', () => {
	it.each([
		['another source', { source: 'ids-south' }],
		['another title', { title: 'Port scan of a server, and a log-in' }],
		['a graver word of the source', { severity: 'high' as const }],
		['no word of the source', { severity: null }],
		['a technique more', { techniques: ['T1046', 'T1021'] }],
		['another target', { entities: [target('srv-2'), actor('scanner-1')] }],
		['another actor', { entities: [target('srv-1'), actor('srv-2')] }],
		['one actor more', { entities: [target('srv-1'), actor('scanner-1'), actor('10.66.6.6', 'ip')] }],
		['a user more', { entities: [target('srv-1'), actor('scanner-1'), actor('mallory', 'user')] }],
		['a user of the name of a machine', { entities: [target('srv-1'), actor('scanner-1'), actor('srv-1', 'user')] }],
		['the actor as a user', { entities: [target('srv-1'), actor('scanner-1', 'user')] }],
		['another kind', { kind: 'audit' as const }],
		['process safety', { kind: 'process_safety' as const }],
	])('not %s', (_, given) => {
		expect(reaches(proposed(), alert(given))).toBe(false);
	});

	it('never a process-safety alarm, whatever the rest of it says', () => {
		fc.assert(
			fc.property(anyAlert(), (one) => {
				const made = proposeRules(
					'false_positive',
					[{ id: 'alr_1', alert: one, verdict: judge(one, context) }],
					inventory,
				).made;
				for (const rule of made) {
					const safety = { ...one, kind: 'process_safety' as const };
					expect(reaches({ id: 'lrn_x', ...rule, expiresAt: '' }, safety)).toBe(false);
					const compiled = compileLearned([{ id: 'lrn_x', ...rule, expiresAt: '' }]);
					const verdict = judge(safety, { ...context, rules: compiled.ok ? compiled.value : [] });
					expect(verdict.muted).toBe(false);
					expect(['high', 'critical']).toContain(verdict.severity);
				}
			}),
			{ numRuns: 100 },
		);
	});

	it('its own alert, and no other that differs in its text, its source or what it names', () => {
		fc.assert(
			fc.property(anyAlert(), anyAlert(), (one, other) => {
				const [made] = proposeRules(
					'false_positive',
					[{ id: 'alr_1', alert: one, verdict: judge(one, context) }],
					inventory,
				).made;
				if (made === undefined) return;
				const rule = { id: 'lrn_x', ...made, expiresAt: '' };
				expect(reaches(rule, one)).toBe(true);
				if (other.title !== one.title || other.source !== one.source) expect(reaches(rule, other)).toBe(false);
				expect(
					reaches(rule, {
						...one,
						title: `${one.title} `.slice(0, 500) === one.title ? `x${one.title}`.slice(0, 500) : `${one.title} `,
					}),
				).toBe(false);
				expect(reaches(rule, { ...one, entities: [...one.entities, actor('never-named-before')] })).toBe(false);
			}),
			{ numRuns: 100 },
		);
	});

	it.each([
		['a quote that ends the text', '" || true || "'],
		['a quote and a comment', '" || true // '],
		['a back-slash at the end', 'C:\\temp\\'],
		['lines', 'a\n|| true\n'],
		['a rule of its own', 'x"\n  - id: all\n    title: t\n    when: "true"\n    mute: true'],
		['a pattern', '.*'],
		['CEL', 'alert.title.matches(".*")'],
	])('only what its title says where that is %s', (_, title) => {
		const rule = proposed({ title });
		expect(reaches(rule, alert({ title }))).toBe(true);
		expect(reaches(rule, alert({ title: 'something else' }))).toBe(false);
		expect(reaches(rule, alert({ title: `${title}x` }))).toBe(false);
		const { sources, findings } = ruleSourcesOf(yamlOf([rule]), 'rules/learned.yaml');
		expect(findings).toEqual([]);
		expect(sources).toHaveLength(1);
	});
});

describe('a text in a condition', () => {
	it('is that text and nothing else', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'binary', maxLength: 60 }),
				fc.string({ unit: 'binary', maxLength: 60 }),
				(text, other) => {
					const compiled = compileCondition(`name == ${quoteCel(text)}`, { name: 'string' });
					if (!compiled.ok) throw new Error(`${JSON.stringify(text)}: ${compiled.error.message}`);
					expect(evaluate(compiled.value, { name: text.toWellFormed() })).toBe(true);
					if (other.toWellFormed() !== text.toWellFormed())
						expect(evaluate(compiled.value, { name: other.toWellFormed() })).toBe(false);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('the file that a diff shows', () => {
	it('reads back as the same rule, whatever the alert was called', () => {
		fc.assert(
			fc.property(anyAlert(), (one) => {
				const [made] = proposeRules(
					'false_positive',
					[{ id: 'alr_1', alert: one, verdict: judge(one, context) }],
					inventory,
				).made;
				if (made === undefined) return;
				const rule = { id: 'lrn_x', ...made, expiresAt: '2026-03-08T03:00:00.000Z' };
				const { sources, findings } = ruleSourcesOf(yamlOf([rule]), 'rules/learned.yaml');
				expect(findings).toEqual([]);
				const compiled = compileRules(sources);
				if (!compiled.ok) throw new Error(compiled.error.map((finding) => finding.message).join());
				expect(compiled.value).toMatchObject([{ id: ruleName('lrn_x'), when: conditionOf(made.match) }]);
			}),
			{ numRuns: 100 },
		);
	});

	it('says what comes, what goes and how many there are', () => {
		const [one, two] = [proposed(), { ...proposed({ title: 'Another' }), id: 'lrn_two' }];
		const diff = diffOf([one], [one, two]);
		expect(diff.slice(0, 2)).toEqual(['--- rules/learned.yaml (1 rules)', '+++ rules/learned.yaml (2 rules)']);
		expect(diff.filter((line) => line.startsWith('+ ')).join('\n')).toContain('mute: true');
		expect(diff.some((line) => line.startsWith('- '))).toBe(false);
		expect(diffOf([one, two], [two]).filter((line) => line.startsWith('- ')).length).toBeGreaterThan(3);
	});
});

describe('what the sensor files an alert under', () => {
	it('is part of what is compared: the rule meets its own alert, and not the same words filed otherwise', () => {
		const entities = [target('plc-7')];
		const labels = { type: 'firmware change' };
		const domain = 'ot' as const;
		const filed = alert({ entities, domain, labels });
		expect(statedBy(filed).techniques.length).toBeGreaterThan(0);
		const rule = proposed({ entities, domain, labels });
		expect(previewRule(rule, [from({ entities, domain, labels })], context)).toMatchObject({
			ok: true,
			value: { matched: 1 },
		});
		const plain = proposed({ entities, domain });
		expect(previewRule(plain, [from({ entities, domain, labels })], context)).toMatchObject({
			ok: true,
			value: { matched: 0 },
		});
	});
});

describe('what a rule would have done', () => {
	const stored = [
		from({}, 'alr_1'),
		from({}, 'alr_2'),
		from({ title: 'Something else' }, 'alr_3'),
		from({ kind: 'process_safety' }, 'alr_4'),
	];

	it('is counted over stored alerts by the same judge', () => {
		const preview = previewRule(proposed(), stored, context);
		expect(preview).toMatchObject({ ok: true, value: { looked: 4, matched: 2, muted: 2, changed: 0, held: 0 } });
	});

	it('counts what another rule holds up', () => {
		const floor = compileRules([
			{
				value: { id: 'f', title: 't', when: 'alert.source == "ids-north"', floor: 'high' },
				file: 'x',
				line: 1,
				column: 1,
			},
		]);
		if (!floor.ok) throw new Error('rule');
		expect(previewRule(proposed(), stored, { ...context, rules: floor.value })).toMatchObject({
			ok: true,
			value: { matched: 2, muted: 0, held: 2 },
		});
	});

	it('is refused where a site calls such an alert process safety', () => {
		const site = compileRules([
			{
				value: { id: 's', title: 't', when: 'alert.title == "Port scan of a server"', category: 'process_safety' },
				file: 'x',
				line: 1,
				column: 1,
			},
		]);
		if (!site.ok) throw new Error('rule');
		expect(previewRule(proposed(), stored, { ...context, rules: site.value })).toMatchObject({ ok: false });
		const compiled = compileLearned([proposed()]);
		if (!compiled.ok) throw new Error('rule');
		expect(judge(alert(), { ...context, rules: [...site.value, ...compiled.value] }).muted).toBe(false);
	});
});

describe('what the gate reads', () => {
	it('is not moved by what people taught: no confidence comes of it', () => {
		for (const feedback of ['false_positive', 'too_high', 'too_low'] as const) {
			for (const severity of [null, 'low', 'medium'] as const) {
				const one = from({ severity });
				const [made] = proposeRules(feedback, [one], inventory).made;
				if (made === undefined) continue;
				const compiled = compileLearned([{ id: 'lrn_x', ...made, expiresAt: '' }]);
				if (!compiled.ok) throw new Error(compiled.error);
				const after = judge(one.alert, { ...context, rules: compiled.value });
				expect(after.confidence_firm).toBe(one.verdict.confidence_firm);
				expect(after.playbooks).toEqual(one.verdict.playbooks);
				expect(after.techniques).toEqual(one.verdict.techniques);
				expect(after.category).toBe(one.verdict.category);
			}
		}
	});

	it('the same content has the same key, and a different one another', () => {
		const learning = createLearning(inventory, () => context);
		const [a, b] = [proposed(), proposed({ title: 'Another' })];
		expect(learning.keyOf(a)).toBe(learning.keyOf(proposed()));
		expect(learning.keyOf(a)).not.toBe(learning.keyOf(b));
	});
});

function anyAlert(): fc.Arbitrary<Alert> {
	const word = fc.oneof(
		fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
		fc.constantFrom(
			'" || true',
			"' ||",
			'\\',
			'\\"',
			'$ {x}',
			'{{',
			'#',
			'- id: x',
			'a: b',
			'`',
			'%',
			'\u202e',
			'\u2028',
			'srv-1',
			'plc-7',
		),
	);
	const value = word.map((text) => text.toWellFormed()).filter((text) => text.length > 0);
	return fc
		.record({
			source: fc.constantFrom('ids-north', 'ids-south', 'edr'),
			title: fc.array(value, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' ').slice(0, 500)),
			severity: fc.constantFrom(null, 'low' as const, 'medium' as const, 'high' as const),
			kind: fc.constantFrom('security' as const, 'availability' as const, 'audit' as const),
			techniques: fc.constantFrom<string[]>([], ['T1046'], ['T0843', 'T0855']),
			entities: fc.array(
				fc.record({
					type: fc.constantFrom(...ENTITY_TYPES),
					value,
					role: fc.constantFrom('target' as const, 'actor' as const, 'observer' as const),
				}),
				{ maxLength: 6 },
			),
		})
		.map((given) => alert(given));
}
