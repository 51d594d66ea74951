import { describe, expect, it } from 'vitest';
import { normaliseIp } from '../../src/config/address.ts';

describe('an address of the inventory', () => {
	it.each([
		['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
		['2001:db8::1', '2001:db8::1'],
		['fd00:0:0:1:0:0:0:5', 'fd00:0:0:1::5'],
		['::ffff:10.0.0.1', '10.0.0.1'],
		['::ffff:a00:1', '10.0.0.1'],
		['fe80::1%eth0', 'fe80::1'],
		['10.0.0.1', '10.0.0.1'],
		['010.0.0.1', null],
		['1:2:3', null],
	])('%s has the one form in which alerts name it: %s', (text, expected) => {
		expect(normaliseIp(text)).toBe(expected);
	});
});
