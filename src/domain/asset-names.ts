// Every asset that a host name or an address may mean, found quickly in a large inventory. Unlike `Inventory.find` it hides nothing that two assets
// claim: who asks whether a controller may be meant needs all of them.
import { addressKey, isAddressIn } from './address.ts';
import type { Asset, InventoryData } from './asset.ts';

type Index = {
	/** By the key of an address, and by a name in lower case. */
	readonly exact: ReadonlyMap<string, readonly Asset[]>;
	/** By the first part of a name, those with a suffix. */
	readonly suffixed: ReadonlyMap<string, readonly Asset[]>;
	/** Assets that have a range in place of an address. */
	readonly ranged: readonly Asset[];
};

/** Made once for each inventory: it does not change. */
const indexes = new WeakMap<InventoryData, Index>();

/**
 * Assets that have this address, or whose id or host name this is. A name with its suffix and one without are one where the first parts agree;
 * two suffixes are two hosts.
 */
export function assetsCalled(inventory: InventoryData, host: string): readonly Asset[] {
	const held = indexes.get(inventory) ?? indexOf(inventory);
	indexes.set(inventory, held);
	const key = addressKey(host);
	if (key !== null) {
		const ranged = held.ranged.filter((asset) => asset.ips.some((ip) => ip.includes('/') && isAddressIn(host, ip)));
		return [...(held.exact.get(key) ?? []), ...ranged];
	}
	const name = nameOf(host);
	const [first = ''] = name.split('.');
	const found = [...(held.exact.get(name) ?? []), ...((first === name ? held.suffixed : held.exact).get(first) ?? [])];
	return [...new Set(found)];
}

const nameOf = (text: string): string => text.toLowerCase().replace(/\.$/, '');

function indexOf(inventory: InventoryData): Index {
	const exact = new Map<string, Asset[]>();
	const suffixed = new Map<string, Asset[]>();
	const add = (map: Map<string, Asset[]>, key: string, asset: Asset): void => {
		const list = map.get(key);
		if (list === undefined) map.set(key, [asset]);
		else if (!list.includes(asset)) list.push(asset);
	};
	for (const asset of inventory.assets) {
		for (const ip of asset.ips) {
			const key = addressKey(ip);
			if (key !== null) add(exact, key, asset);
		}
		for (const text of [asset.id, ...asset.hostnames]) {
			// What is called by its address is found by it.
			const key = addressKey(text);
			const name = key ?? nameOf(text);
			add(exact, name, asset);
			const [first = ''] = name.split('.');
			if (key === null && first !== name) add(suffixed, first, asset);
		}
	}
	return { exact, suffixed, ranged: inventory.assets.filter(({ ips }) => ips.some((ip) => ip.includes('/'))) };
}
