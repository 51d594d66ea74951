import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import {
	connectorDestinations,
	destinationOf,
	hostOf,
	readOnlyAsset,
	shownDestination,
} from '../../src/domain/destination.ts';

describe('host and port of an address', () => {
	it.each([
		['https://EDR.Plant.example/api', 'edr.plant.example', 443],
		['https://edr.plant.example.:8443/', 'edr.plant.example', 8443],
		['http://127.1/', '127.0.0.1', 80],
		['ldap://dc1.plant.example', 'dc1.plant.example', 389],
		['ldaps://DC1:3269', 'dc1', 3269],
		['ldaps://0x0a000001', '10.0.0.1', 636],
		['ldaps://[2001:DB8::0001]', '2001:db8::1', 636],
		['https://[fd00::5]:9200/', 'fd00::5', 9200],
		['rediss://queue', 'queue', 6379],
		['wss://wss-primary.slack.com/link', 'wss-primary.slack.com', 443],
	])('%s', (url, host, port) => {
		expect(destinationOf(url)).toEqual({ host, port });
	});

	it.each(['', 'edr.plant.example', 'gopher://edr', 'https://', 'file:///etc/passwd'])('%j is none', (url) => {
		expect(destinationOf(url)).toBeNull();
	});

	it('an IPv6 address is shown in brackets', () => {
		expect(shownDestination({ host: 'fd00::5', port: 443 })).toBe('[fd00::5]:443');
		expect(shownDestination({ host: 'edr', port: 443 })).toBe('edr:443');
	});

	it('of any text, a host is in its own form already or none', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain()), (text) => {
				const host = hostOf(text);
				if (host !== null) expect(hostOf(host)).toBe(host);
			}),
		);
	});

	it.each(['a/b', 'a?b', 'user@edr', 'edr:80', 'a b', '[::1'])('%j is no host', (text) => {
		expect(hostOf(text)).toBeNull();
	});
});

describe('the destinations of a connector', () => {
	const of = (config: object): string[] => connectorDestinations(config as ConnectorConfig).map(shownDestination);

	it.each(ConnectorConfig.options.map(({ shape }) => [[...shape.kind.values][0] ?? '', Object.keys(shape)] as const))(
		'%s names its hosts where they are looked for, or reaches none',
		(kind, keys) => {
			const named = keys.filter((key) => key.endsWith('_url'));
			expect(named.length > 0).toBe(kind !== 'block-list');
			// A host written otherwise would be refused when it is called: it has to be added to `connectorDestinations`.
			expect(keys.filter((key) => /^(?:host|hostname|server|address|endpoint|url)$/.test(key))).toEqual([]);
			const config = Object.fromEntries(named.map((key, at) => [key, `https://h${at}.plant.example:8443/api`]));
			expect(of({ kind, ...config })).toEqual(named.map((_, at) => `h${at}.plant.example:8443`));
		},
	);

	it('stand there once, however they are written', () => {
		expect(of({ base_url: 'https://fw1.plant.example', peer_url: 'https://FW1.plant.example:443/' })).toEqual([
			'fw1.plant.example:443',
		]);
	});

	it('are only read where the kind has no other words', () => {
		const kinds = ConnectorConfig.options.map(({ shape }) => [...shape.kind.values][0]);
		const readers = kinds.filter((kind) => readOnlyAsset({ kind, asset: 'srv-1' } as ConnectorConfig) === 'srv-1');
		expect(readers.toSorted()).toEqual(['elasticsearch', 'gitlab', 'pi-web-api']);
	});
});
