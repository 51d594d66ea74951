import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bareNames, expandDots, FirstText } from '../../../src/intake/formats/field-paths.ts';

describe('field paths', () => {
	it('dotted keys become nested, beside those that are nested already', () => {
		expect(expandDots({ 'a.b': 1, a: { c: 2 }, 'a.d.e': [{ 'f.g': 3 }] })).toEqual({
			a: { b: 1, c: 2, d: { e: [{ f: { g: 3 } }] } },
		});
	});

	it('a name that is a value and an object keeps both, in either order', () => {
		expect(expandDots({ host: 'h', 'host.name': 'n' })).toEqual({ host: { value: 'h', name: 'n' } });
		expect(expandDots({ 'host.name': 'n', host: 'h' })).toEqual({ host: { name: 'n', value: 'h' } });
	});

	it('names of the language are never a path, and nothing is thrown whatever the names', () => {
		expandDots({ '__proto__.x': 1, 'constructor.prototype.y': 2, '..': 3 });
		expect(Reflect.get({}, 'x')).toBeUndefined();
		expect(Reflect.get({}, 'y')).toBeUndefined();
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.dictionary(fc.string(), fc.string()))),
				(record) => {
					expect(() => expandDots(record)).not.toThrow();
					expect(() => bareNames(record)).not.toThrow();
				},
			),
		);
	});

	it('names are compared without case and separators, and the first counts', () => {
		expect(bareNames({ ALERT_ID: 1, alertId: 2, 'alert-type': 3 })).toEqual({ alertid: 1, alerttype: 3 });
	});

	it.each([
		[['x', 'y'], 'x'],
		['x', 'x'],
		[7, '7'],
		[[], null],
		[{ a: 1 }, null],
		['-', null],
	])('the first text of %j is %s', (value, text) => {
		expect(FirstText.parse(value)).toBe(text);
	});
});
