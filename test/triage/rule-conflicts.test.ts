import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import { ruleConflicts } from '../../src/triage/rule-conflicts.ts';
import { compileRules } from '../../src/triage/rules.ts';

type Given = { id?: string; when: string } & Record<string, unknown>;
const told = (...rules: Given[]): string[] => {
	const compiled = compileRules(
		rules.map((rule, i) => ({
			value: { id: `r${i + 1}`, title: 't', ...rule },
			file: 'site.yaml',
			line: i + 1,
			column: 1,
		})),
	);
	if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
	return ruleConflicts(compiled.value).map((finding) => `${finding.line}: ${finding.message}`);
};
const PLC = 'asset.class == "plc"';

describe('rules taken together', () => {
	it('the shipped rules undo nothing of one another', () => {
		const shipped = loadRules();
		expect(shipped.ok && ruleConflicts(shipped.value)).toEqual([]);
	});

	it.each<[string, Given[], RegExp]>([
		[
			'two severities on one condition: the later counts',
			[
				{ when: PLC, set: 'high' },
				{ when: `  ${PLC}`, set: 'low' },
			],
			/^1: rule `r1`: `set: high` never counts: rule `r2` \(site\.yaml:2, order 1000\) fires later on the same condition and sets low$/,
		],
		[
			'a narrower rule before a wider one',
			[
				{ when: `${PLC} && alert.status == "open"`, set: 'high' },
				{ when: 'asset.class in ["plc", "rtu"]', set: 'low' },
			],
			/^1: .*fires later whenever this one does and sets low$/,
		],
		[
			'a raise before a severity that is set',
			[
				{ when: PLC, raise: 2 },
				{ when: PLC, set: 'low' },
			],
			/^1: .*`raise: 2` never counts: rule `r2` .* fires later on the same condition and sets low$/,
		],
		[
			'a category after process safety',
			[
				{ when: PLC, category: 'process_safety' },
				{ when: `${PLC} && alert.status == "open"`, category: 'audit' },
			],
			/^2: .*`category: audit` never counts: rule `r1` .* fires whenever this one does and says process_safety$/,
		],
		[
			'a mute of what another rule calls process safety',
			[
				{ when: PLC, category: 'process_safety' },
				{ when: `${PLC} && alert.kind == "process"`, mute: true },
			],
			/^2: .*`mute` never counts: rule `r1` .* fires whenever this one does and says process_safety$/,
		],
		[
			'order decides, not the place in the file',
			[
				{ when: PLC, set: 'low', order: 20 },
				{ when: PLC, set: 'high', order: 10 },
			],
			/^2: rule `r2`: `set: high` never counts: rule `r1` \(site\.yaml:1, order 20\)/,
		],
		[
			'two categories',
			[
				{ when: PLC, category: 'policy' },
				{ when: PLC, category: 'audit' },
			],
			/^1: .*`category: policy` never counts: .*says audit$/,
		],
		[
			'a set under a floor, wherever the floor stands',
			[
				{ when: PLC, floor: 'high' },
				{ when: `${PLC} && window.open`, set: 'low' },
			],
			/^2: .*`set: low` never counts: .*its floor is high$/,
		],
		[
			'a mute against a floor of high',
			[
				{ when: 'alert.kind == "audit"', floor: 'high' },
				{ when: 'alert.kind == "audit" && !window.open', mute: true },
			],
			/^2: .*`mute` never counts: .*calls it high$/,
		],
		[
			'a rule whose alerts are all muted',
			[
				{ when: 'alert.kind == "audit"', mute: true },
				{ when: `alert.kind == "audit" && ${PLC}`, tags: ['seen'] },
			],
			/^2: .*nobody sees what it does: rule `r1`.* mutes the alert whenever this one does$/,
		],
		[
			'the same twice',
			[
				{ when: `${PLC} && alert.status == "open"`, tags: ['a'] },
				{ when: `alert.status == "open" && ${PLC}`, tags: ['a'] },
			],
			/^1: .*says the same as rule `r2`/,
		],
		[
			'a choice that contains the condition',
			[
				{ when: PLC, set: 'high' },
				{ when: `${PLC} || zone.sis`, set: 'low' },
			],
			/^1: .*sets low$/,
		],
	])('%s is told', (_, rules, message) => {
		const said = told(...rules);
		expect(said).toHaveLength(1);
		expect(said[0]).toMatch(message);
	});

	it.each<[string, string, RegExp]>([
		['two values of one field', 'alert.kind == "audit" && alert.kind == "security"', /can never fire/],
		['a value and its denial', `${PLC} && !(asset.class in ["plc", "rtu"])`, /can never fire/],
		['a flag and its denial', 'window.open && !window.open', /can never fire/],
		['a choice of nothing', `${PLC} && (asset.class == "rtu" || asset.class == "hmi")`, /can never fire/],
		['never', 'false', /can never fire/],
		['a word that no alert has', 'alert.kind == "securty"', /can never fire: `alert\.kind` is never "securty"/],
		['one wrong word of two', 'asset.class in ["plc", "plcc"]', /^1: rule `r1`: `asset\.class` is never "plcc"/],
		['a number for a level', 'asset.level == 1', /`asset\.level` is never 1/],
	])('%s is told', (_, when, message) => {
		expect(told({ when, tags: ['x'] })).toEqual([expect.stringMatching(message)]);
	});

	it.each<[string, Given[]]>([
		[
			'an exception after the rule',
			[
				{ when: PLC, set: 'high' },
				{ when: `${PLC} && window.open`, set: 'low' },
			],
		],
		[
			'conditions that exclude one another',
			[
				{ when: 'alert.kind == "audit"', set: 'low' },
				{ when: 'alert.kind != "audit"', set: 'high' },
			],
		],
		[
			'conditions of which neither contains the other',
			[
				{ when: 'alert.text.contains("a")', set: 'low' },
				{ when: 'alert.text.contains("b")', set: 'high' },
			],
		],
		[
			'a value and the same value as text',
			[
				{ when: 'asset.criticality == 1', set: 'low' },
				{ when: 'asset.criticality == 2', set: 'high' },
			],
		],
	])('%s is no conflict', (_, rules) => {
		expect(told(...rules)).toEqual([]);
	});

	it('a route that a later one always replaces, and one that process safety never goes by, are told', () => {
		expect(told({ when: PLC, route: 'ot' }, { when: PLC, route: 'harbour' }).join()).toContain(
			'`route: ot` never counts',
		);
		expect(told({ when: PLC, route: 'ot' }, { when: PLC, route: 'ot', floor: 'high' }).join()).not.toContain('route');
		expect(told({ when: 'alert.kind == "process_safety"', route: 'ot' }).join()).toContain('`route` has no effect');
	});

	it('a mute that could meet a process-safety alarm, and a set that could not hold there, are told', () => {
		expect(told({ when: 'alert.text.contains("door")', mute: true })).toEqual([
			expect.stringContaining('may hold for a process-safety alarm'),
		]);
		expect(told({ when: 'alert.kind == "process_safety"', set: 'low' })).toEqual([
			expect.stringContaining('never below high'),
		]);
		expect(told({ when: 'alert.kind in ["audit", "process"] && alert.text.contains("door")', mute: true })).toEqual([]);
	});

	it('five hundred rules are compared in well under a second', () => {
		const many = Array.from({ length: 500 }, (_, i) => ({
			when: `alert.kind == "audit" && asset.class in ["plc", "rtu"] && labels.text("n") == "${i}" && window.open`,
			set: 'low',
		}));
		const begun = performance.now();
		expect(told(...many)).toEqual([]);
		expect(performance.now() - begun).toBeLessThan(3_000);
	});
});
