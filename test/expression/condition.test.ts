import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	compileCondition,
	compileExpression,
	EXPRESSION_LENGTH_MAX,
	evaluate,
	evaluateValue,
	explainExpressionError,
} from '../../src/expression/condition.ts';

const variables = { alert: 'map', asset: 'map', labels: 'map' };
const context = {
	alert: { title: 'PLC program download', entities: [{ type: 'ip', value: '10.0.0.1' }], n: 4, severity: null },
	asset: { level: '1', criticality: 5, known: true },
	labels: { vendor: 'acme' },
};

function answer(text: string): unknown {
	const compiled = compileCondition(text, variables);
	if (!compiled.ok) return compiled.error.code;
	return evaluate(compiled.value, context);
}

describe('conditions', () => {
	it.each([
		['alert.title.contains("download")', true],
		['alert.title.lowerAscii().matches("\\\\bplc\\\\b.*load$")', true],
		['alert.title.matches(r"^\\d+$")', false],
		['asset.level in ["0", "1"]', true],
		['asset.criticality >= 4', true],
		['alert.entities.exists(e, e.type == "ip" && e.value.startsWith("10."))', true],
		['alert.entities.exists(e, e.value.matches("^192"))', false],
		['alert.severity == null', true],
		['labels.text("vendor") == "acme" && labels.text("nothing") == ""', true],
		['asset.known', true],
		['has(alert.nothing)', false],
	])('answers %s', (text, expected) => {
		expect(answer(text)).toBe(expected);
	});

	it('gives a fault, not a false, where a key is missing', () => {
		expect(answer('alert.nothing == "x"')).toEqual({ fault: 'No such key: nothing' });
	});

	it('gives a fault where the answer is no truth value', () => {
		expect(answer('alert.title')).toEqual({ fault: 'gave string, not true or false' });
	});

	it.each([
		['alrt.title == "x"', 'type'],
		['1 + ', 'syntax'],
		['"a" + 1 == "b"', 'type'],
		['1 + 2', 'not_a_condition'],
		['alert.title.matches("(")', 'pattern'],
		['alert.title.matches(alert.title)', 'pattern'],
		['alert.title // matches\n.matches("x")', 'pattern'],
		['alert.title.re2find("x")', 'type'],
		['x'.repeat(EXPRESSION_LENGTH_MAX + 1), 'too_long'],
		[`${'('.repeat(300)}true${')'.repeat(300)}`, 'too_large'],
		[Array.from({ length: 500 }, () => 'true').join(' && '), 'too_large'],
		['alert.l.exists(a, alert.l.exists(b, alert.l.exists(c, a == b)))', 'too_large'],
	])('refuses %s as %s', (text, code) => {
		expect(answer(text)).toBe(code);
	});

	it('points at the place with line, column and caret', () => {
		const compiled = compileCondition('alert.title == "x"\n  && alrt.title == "y"', variables);
		if (compiled.ok) throw new Error('compiled');
		expect(explainExpressionError(compiled.error)).toMatchInlineSnapshot(`
			"line 2, column 6: Unknown variable: alrt
			  && alrt.title == "y"
			     ^"
		`);
	});

	it.each([
		['alert.titel == "x"', 'line 1, column 7: `alert` has no field `titel`: did you mean `title`?'],
		['true &&\n  has(alert.severty)', 'line 2, column 13: `alert` has no field `severty`'],
		['alert["titel"] == "x"', 'line 1, column 7: `alert` has no field `titel`'],
		['alert.text("qqqqqq") == "x"', 'line 1, column 12: `alert` has no field `qqqqqq`: known are entities, title'],
		['alert.entitis.exists(alert, alert.x == 1)', 'line 1, column 7: `alert` has no field `entitis`'],
	])('sees the unknown field in %s', (text, expected) => {
		const compiled = compileCondition(text, { alert: ['title', 'entities'] });
		expect(compiled.ok ? 'compiled' : explainExpressionError(compiled.error)).toContain(expected);
	});

	it.each([
		'alert.entities.exists(alert, alert.anything == 1)',
		'alert.title == "x" && alert["title"] == "x" && alert.text("title") == "x"',
		'labels.anything == "x"',
		'alert[labels.name] == "x"',
	])('takes %s', (text) => {
		expect(compileCondition(text, { alert: ['title', 'entities'], labels: 'map' }).ok).toBe(true);
	});

	it('stops a pattern inside loops over a long text, and leaves names against names', () => {
		const entities = Array.from({ length: 200 }, (_, i) => ({ value: `engineering-station-${i}`, type: 'host' }));
		const loops = (what: string): string => `alert.entities.exists(a, alert.entities.exists(b, ${what}))`;
		const ask = (what: string): unknown => {
			const compiled = compileCondition(loops(what), variables);
			if (!compiled.ok) throw new Error(compiled.error.message);
			return evaluate(compiled.value, { alert: { entities, title: 'powershell and foo words '.repeat(800) } });
		};
		const began = performance.now();
		expect(ask('alert.title.matches("(?i)\\\\bfoo\\\\s+bar[0-9]+x$")')).toEqual({
			fault: expect.stringMatching(/looked at more than 1,000,000 characters/),
		});
		expect(performance.now() - began).toBeLessThan(10_000);
		expect(ask('b.value.matches("^nobody$")')).toBe(false);
	});

	it('matches in linear time where a backtracking engine would hang', () => {
		const compiled = compileCondition('alert.title.matches("(a+)+$")', variables);
		if (!compiled.ok) throw new Error(compiled.error.message);
		expect(evaluate(compiled.value, { ...context, alert: { title: `${'a'.repeat(5_000)}!` } })).toBe(false);
	});

	it('does not reach what the context inherits', () => {
		expect(answer('alert.constructor == 1')).toEqual({ fault: 'No such key: constructor' });
		expect(answer('labels.text("__proto__") == ""')).toBe(true);
	});

	it('never throws, whatever the text', () => {
		const bits = fc.constantFrom(
			'alert',
			'.',
			'title',
			'(',
			')',
			'"x"',
			' && ',
			'==',
			'[',
			']',
			'1',
			'!',
			'matches',
			'?',
			':',
			'\n',
		);
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.array(bits, { maxLength: 30 }).map((parts) => parts.join('')),
				),
				(text) => {
					const compiled = compileCondition(text, variables);
					if (compiled.ok) evaluate(compiled.value, context);
					else expect(compiled.error.line).toBeGreaterThan(0);
				},
			),
		);
	});
});

describe('values', () => {
	it.each([
		['1 + 2', 3],
		['alert.entities.map(e, e.value)', ['10.0.0.1']],
		['{"a": 1}', { a: 1 }],
		['timestamp("2026-01-02T03:04:05Z")', '2026-01-02T03:04:05.000Z'],
	])('gives %s as plain JSON', (text, expected) => {
		const compiled = compileExpression(text, variables);
		if (!compiled.ok) throw new Error(compiled.error.message);
		expect(evaluateValue(compiled.value, context)).toEqual(expected);
	});
});
