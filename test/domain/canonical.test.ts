import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical.ts';

/** The same value with the members of each object in another order. */
function turned(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(turned);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.toReversed()
			.map(([name, member]) => [name, turned(member)]),
	);
}

const HOLED = [1, 2, 3];
delete HOLED[1];

const value = fc.anything({
	values: [
		fc.boolean(),
		fc.constant(null),
		fc.maxSafeInteger(),
		fc.double({ min: -1e6, max: 1e6, noNaN: true }),
		fc.string({ unit: 'grapheme' }),
	],
	key: fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__'),
	maxDepth: 4,
});

describe('canonical JSON', () => {
	it('is the same in whatever order the members stand', () => {
		fc.assert(
			fc.property(value, (one) => {
				const sorted: unknown = JSON.parse(canonicalJson(one));
				expect(canonicalJson(turned(one))).toBe(canonicalJson(one));
				// In its canonical order it is written as it is.
				expect(JSON.stringify(sorted)).toBe(canonicalJson(sorted));
			}),
		);
	});

	it.each<[string, unknown, string]>([
		[
			'sorts by UTF-16 code units',
			{ '\ufb33': 1, '\u{1f600}': 2, b: 3, a: 4 },
			'{"a":4,"b":3,"\u{1f600}":2,"\ufb33":1}',
		],
		['leaves out what is undefined', { a: undefined, b: { c: undefined } }, '{"b":{}}'],
		['writes minus zero as zero', [-0], '[0]'],
		['keeps a member of the name toJSON', { toJSON: 'x' }, '{"toJSON":"x"}'],
		['takes no method of an object for its value', { a: new Date(0) }, '{"a":{}}'],
	])('%s', (_, one, text) => {
		expect(canonicalJson(one)).toBe(text);
	});

	it.each<[string, unknown]>([
		['a number that is none', { a: Number.NaN }],
		['an integer beyond 2^53-1', [2 ** 53]],
		['half a surrogate pair', { a: { b: '\ud800' } }],
		['half a surrogate pair in a name', { '\udc00': 1 }],
		['a hole in a list', HOLED],
		['undefined in a list', [undefined]],
		['undefined alone', undefined],
		['a function', { a: () => 1 }],
		['a big integer', 1n],
	])('refuses %s', (_, one) => {
		expect(() => canonicalJson(one)).toThrow(TypeError);
	});
});
