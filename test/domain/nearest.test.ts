import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../src/domain/nearest.ts';

describe('did you mean', () => {
	const known = ['id', 'ip', 'os', 'zone', 'site', 'hostname', 'criticality', 'secret_env'];
	it.each([
		['hostnam', 'hostname'],
		['Hostname', 'hostname'],
		['zoen', 'zone'],
		['critcality', 'criticality'],
		['secert_env', 'secret_env'],
		['di', 'id'],
		['idd', 'id'],
	])('takes %s for %s', (word, name) => {
		expect(nearest(word, known)).toBe(name);
	});

	it.each(['floor', 'ou', 'x', '', 'zoning', 'serial', 'building'])('takes `%s` for nothing that it knows', (word) => {
		expect(nearest(word, known)).toBeNull();
	});

	it('lists what is known where that is little', () => {
		expect(didYouMean('zoen', ['zone', 'site'])).toBe('did you mean `zone`? known names are: site, zone');
		expect(didYouMean('x', [])).toBe('known names are: ');
	});

	it('counts edits like a distance: none only for the same word, the same both ways', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
				expect(editDistance(a, b)).toBe(editDistance(b, a));
				expect(editDistance(a, b) === 0).toBe(a === b);
				expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
			}),
		);
		expect(editDistance('kitten', 'sitting')).toBe(3);
		expect(editDistance('ab', 'ba')).toBe(1);
	});
});
