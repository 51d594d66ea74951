import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forwardedSender, isAddressIn, isAddressRange, senderOf } from '../../src/domain/address.ts';

describe('an address', () => {
	it.each<[string, string, boolean]>([
		['10.20.1.5', '10.20.0.0/16', true],
		['10.21.1.5', '10.20.0.0/16', false],
		['10.20.1.5', '10.20.1.5', true],
		['10.20.1.5', '0.0.0.0/0', true],
		['10.20.1.5', '::/0', true],
		['::ffff:10.20.1.5', '10.20.0.0/16', true],
		['::ffff:a14:105', '10.20.0.0/16', true],
		['2001:db8::1', '2001:db8::/32', true],
		['2001:DB8:0:0::1', '2001:db8::1', true],
		['2001:db9::1', '2001:db8::/32', false],
		['2001:db8::1', '0.0.0.0/0', false],
		['fe80::1%eth0', 'fe80::/10', true],
		['2001:db8:8000::', '2001:db8::/33', false],
		['2001:db8:7fff::', '2001:db8::/33', true],
		['10.20.1.5', '10.20.0.0/33', false],
		['10.20.1.5', '10.20.0.0/', false],
		['unknown', '0.0.0.0/0', false],
		['1::2::3', '::/0', false],
		['1:2:3:4:5:6:7:8:9', '::/0', false],
		['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128', true],
		['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0', true],
	])('%s in %s: %s', (address, range, expected) => {
		expect(isAddressIn(address, range)).toBe(expected);
	});

	it('is in its own network of any length', () => {
		fc.assert(fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (ip, bits) => isAddressIn(ip, `${ip}/${bits}`)));
		fc.assert(fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, bits) => isAddressIn(ip, `${ip}/${bits}`)));
		fc.assert(fc.property(fc.string(), (text) => typeof isAddressRange(text) === 'boolean'));
	});

	it('of IPv6 is counted with its /64', () => {
		expect(senderOf('2001:db8:1:2:3:4:5:6')).toBe(senderOf('2001:db8:1:2::9'));
		expect(senderOf('10.0.0.1')).toBe('10.0.0.1');
	});
});

describe('the sender behind a proxy', () => {
	const proxies = ['10.0.0.0/24', 'fd00::/8'];
	it.each<[string, string, string | undefined, string]>([
		['no proxy: the header is a claim', '192.0.2.9', '10.20.1.5', '192.0.2.9'],
		['a proxy: the last hop', '10.0.0.1', '10.20.1.5', '10.20.1.5'],
		['a claim left of it is not read', '10.0.0.1', '10.20.1.5, 192.0.2.9', '192.0.2.9'],
		['two proxies', '10.0.0.1', '192.0.2.9, 10.20.1.5, 10.0.0.2', '10.20.1.5'],
		['IPv6, with a port', 'fd00::1', '[2001:db8::7]:4711', '2001:db8::7'],
		['IPv4 with a port', '::ffff:10.0.0.1', '10.20.1.5:4711', '10.20.1.5'],
		['no header: the proxy itself', '10.0.0.1', undefined, '10.0.0.1'],
		['an empty one', '10.0.0.1', '', '10.0.0.1'],
		['a word', '10.0.0.1', 'unknown', 'unknown'],
		['a word behind an address', '10.0.0.1', '10.20.1.5, _hidden', 'unknown'],
	])('%s', (_, remote, header, expected) => {
		expect(forwardedSender(remote, header, proxies)).toBe(expected);
	});
	it('is the connection where no proxy is declared', () => {
		expect(forwardedSender('10.0.0.1', '10.20.1.5', [])).toBe('10.0.0.1');
	});
});
