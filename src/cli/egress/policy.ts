// What a policy outside of the program is made of: destinations with the addresses that are known for their names, who connects to us, and what must
// never be reached. Pure. NOT here: how a kind of policy writes it (kubernetes.ts, cilium.ts, nftables.ts, systemd.ts).
import type { Egress } from '../../config/egress.ts';
import { isAddressIn, isAddressRange } from '../../domain/address.ts';
import type { InventoryData, Level } from '../../domain/asset.ts';
import { assetsCalled } from '../../domain/asset-names.ts';
import { refuseDestination, refusedAssetAddresses } from '../../safety/destination.ts';

/** A destination with its addresses and ranges; none where its name stands for whatever the name server says. */
export type Reach = Egress & { readonly addresses: readonly string[] };

/** In place of addresses: every public one, for names whose addresses nobody can keep (Slack, a cloud). */
export const INTERNET = 'internet';

export type Policy = {
	/** Without those on this machine, which every policy allows. */
	readonly reaches: readonly Reach[];
	/** Name servers; none: a resolver on this machine. */
	readonly dns: readonly string[];
	/** Addresses and ranges that connect to us: sensors, proxies, firewalls, people. */
	readonly peers: readonly string[];
	/** What the inventory knows of controllers, safety systems and everything at level 2 and below or of unknown level, as ranges. */
	readonly forbidden: readonly string[];
	/** Private and reserved ranges: what `internet` does not mean, beside what is forbidden. */
	readonly inside: readonly string[];
	/** Destinations inside these that the inventory allows all the same: a historian that is only read, a server of a higher level in a cell. */
	readonly exempt: readonly string[];
};

export function isOnThisMachine(host: string): boolean {
	return host === 'localhost' || isAddressIn(host, '127.0.0.0/8') || isAddressIn(host, '::1');
}

export const isName = (host: string): boolean => !isAddressRange(host);

/** A service of the cluster that the program runs in: `NAME.NAMESPACE.svc`, with or without the cluster's domain. */
export function namespaceOf(host: string): string | null {
	return /^[a-z0-9-]{1,63}\.([a-z0-9-]{1,63})\.svc(?:\.[a-z0-9.-]{1,200})?$/.exec(host)?.[1] ?? null;
}

/** Gives each destination its addresses: its own where it is one, else those that somebody has named for it. */
export function withAddresses(list: readonly Egress[], named: ReadonlyMap<string, readonly string[]>): Reach[] {
	return list
		.filter(({ host }) => !isOnThisMachine(host))
		.map((one) => ({ ...one, addresses: isName(one.host) ? [...(named.get(one.host) ?? [])] : [one.host] }));
}

/** Names for which an address policy has no address, each once. */
export function namesWithout(reaches: readonly Reach[]): string[] {
	return [...new Set(reaches.filter(({ addresses }) => addresses.length === 0).map(({ host }) => host))];
}

/** Addresses that a name leads to and the inventory refuses, in words; and ranges that hold what must not be reached. */
export function refusedAddresses(reaches: readonly Reach[], inventory: InventoryData): string[] {
	const forbidden = forbiddenRanges(inventory);
	return reaches.flatMap(({ host, addresses, readOnly }) =>
		addresses.flatMap((address) => {
			if (address === INTERNET) return [];
			const reason = refusalOf(address, readOnly, inventory, forbidden);
			return reason === null ? [] : [`${host} is at ${address}, and ${reason}`];
		}),
	);
}

/** Name servers that must not be asked, in words. */
export function refusedNameServers(dns: readonly string[], inventory: InventoryData): string[] {
	const forbidden = forbiddenRanges(inventory);
	return dns.flatMap((address) => {
		const reason = refusalOf(address, null, inventory, forbidden);
		return reason === null ? [] : [`the name server ${address}: ${reason}`];
	});
}

function refusalOf(
	address: string,
	readOnly: string | null,
	inventory: InventoryData,
	forbidden: readonly string[],
): string | null {
	// A range is no address: it is held against the ranges.
	if (address.includes('/') && forbidden.some((range) => overlap(range, address)))
		return 'that range holds controllers or level 2';
	return refuseDestination(inventory, address, readOnly);
}

/** Of two ranges that share an address one holds the first of the other. */
export function overlap(a: string, b: string): boolean {
	return isAddressIn(a.split('/')[0] ?? '', b) || isAddressIn(b.split('/')[0] ?? '', a);
}

/** A level that is not known counts as one of them, as it does for a single address (safety/destination.ts). */
const LOW: readonly (Level | null)[] = ['0', '1', '2', 'unknown', null];

/** Ranges of zones at level 2 and below and of safety systems, and the addresses of refused assets outside of them. */
export function forbiddenRanges(inventory: InventoryData): string[] {
	const ranges = inventory.zones.flatMap((zone) => (zone.sis || LOW.includes(zone.level) ? zone.ranges : []));
	const single = refusedAssetAddresses(inventory).filter((ip) => !ranges.some((range) => isAddressIn(ip, range)));
	return [...new Set([...ranges, ...single].map(asRange))];
}

/** The addresses of our destinations that the inventory allows: a fence around a range must not keep us from them. */
export function exemptAddresses(reaches: readonly Reach[], inventory: InventoryData): string[] {
	return reaches.flatMap(({ host, readOnly, addresses }) => {
		const called = [...assetsCalled(inventory, host), ...(readOnly === null ? [] : assetsCalled(inventory, readOnly))];
		return [...called.flatMap(({ ips }) => ips), ...addresses]
			.filter((address) => isAddressRange(address) && refuseDestination(inventory, address, readOnly) === null)
			.map(asRange);
	});
}

/** An address as a range of one, which is how policies write it. */
export function asRange(address: string): string {
	if (address.includes('/')) return address;
	return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** Destinations that are told apart by nothing but what they are for, as one. */
export function merged(reaches: readonly Reach[]): Reach[] {
	const found = new Map<string, Reach>();
	for (const one of reaches) {
		const key = `${one.host} ${one.port}`;
		const held = found.get(key);
		found.set(key, held === undefined ? one : { ...held, what: `${held.what}, ${one.what}` });
	}
	return [...found.values()];
}

/** What a file of addresses says about names where no name server was named. */
export function noteOnNames({ reaches, dns }: Policy): string[] {
	return dns.length > 0 || !reaches.some(({ host }) => isName(host))
		? []
		: ['# Names are looked up through a resolver on this machine; one elsewhere has to be named with --dns.'];
}
