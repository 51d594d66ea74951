// Reading takes no more than linear time: every kind, every form, every shape, at growing sizes (test/intake/fuzz/linear-time.ts).
// LINEAR_UNIT is the smallest size in characters; the largest is eight times it.
import { describe, expect, it } from 'vitest';
import { kinds } from '../intake/fuzz/bodies.ts';
import { faultsOf, UNITS } from '../intake/fuzz/linear-time.ts';

describe('reading time grows no faster than the body', () => {
	it.each(kinds)('of kind %s', (kind) => {
		expect(faultsOf(kind, () => UNITS)).toEqual([]);
	});
});
