// Finds assets by anything an alert may call them by: id, name, address, MAC, vendor id.
import type { Entity } from './alert.ts';
import type { Asset, Conduit, InventoryData, Zone } from './asset.ts';

export type Inventory = {
	readonly data: InventoryData;
	/** The asset with this id, name (with or without its DNS suffix), address, MAC or vendor id; null if none or more than one. */
	find(value: string): Asset | null;
	/** The zone with this id; null if none. */
	zone(id: string): Zone | null;
	/** The zone whose range holds this IPv4 address (the narrowest one); null if none. */
	zoneOfAddress(ip: string): Zone | null;
	/** Conduits that touch this zone. */
	conduitsOf(zone: string): readonly Conduit[];
	/** Zones one conduit away. */
	neighbours(zone: string): readonly string[];
};

/** The form in which names and addresses are compared. */
export function normaliseName(value: string): string {
	return value.trim().toLowerCase();
}

/** MAC with colons, lower case; null where the text is none. `00-11-22...`, `0011.2233.4455` and bare digits are read. */
export function normaliseMac(value: string): string | null {
	const digits = value.replace(/[^0-9a-fA-F]/g, '').toLowerCase();
	if (digits.length !== 12 || !/^[0-9a-fA-F]{2,4}([-:. ]?[0-9a-fA-F]{2,4})+$/.test(value.trim())) return null;
	return digits.match(/../g)?.join(':') ?? null;
}

/** The number of an IPv4 address; null where the text is none. */
export function ipv4Number(ip: string): number | null {
	const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(ip);
	if (match === null) return null;
	let number = 0;
	for (const part of match.slice(1)) {
		const octet = Number(part);
		if (octet > 255) return null;
		number = number * 256 + octet;
	}
	return number;
}

/** True where the IPv4 address lies in the CIDR range; false too where either is malformed. */
export function inRange(ip: string, cidr: string): boolean {
	const [base, bits] = cidr.split('/');
	const address = ipv4Number(ip);
	const start = ipv4Number(base ?? '');
	const length = bits === undefined ? 32 : Number(bits);
	if (address === null || start === null || !(length >= 0 && length <= 32)) return false;
	const size = 2 ** (32 - length);
	return Math.floor(address / size) === Math.floor(start / size);
}

/** Loopback, RFC 1918, RFC 6598 and link-local IPv4, and the IPv6 equivalents. */
export function isPrivateAddress(ip: string): boolean {
	if (ip.includes(':')) return /^(::1$|f[cd]|fe[89ab])/i.test(ip);
	return ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '169.254.0.0/16', '100.64.0.0/10'].some(
		(range) => inRange(ip, range),
	);
}

/**
 * Builds the look-up. A name that two assets claim finds neither: a wrong asset is worse than an unknown one,
 * because the safety gate judges unknown as dangerous.
 */
export function indexInventory(data: InventoryData): Inventory {
	const byKey = new Map<string, Asset | null>();
	const claim = (key: string, asset: Asset): void => {
		if (key === '') return;
		const held = byKey.get(key);
		byKey.set(key, held === undefined || held === asset ? asset : null);
	};
	const short = new Map<string, Asset | null>();
	for (const asset of data.assets) {
		for (const name of [asset.id, ...asset.hostnames, ...asset.ips, ...asset.macs, ...asset.vendor_ids]) {
			claim(normaliseName(name), asset);
		}
		for (const name of asset.hostnames) {
			const first = normaliseName(name).split('.')[0] ?? '';
			const held = short.get(first);
			short.set(first, held === undefined || held === asset ? asset : null);
		}
	}
	const zones = new Map(data.zones.map((zone) => [zone.id, zone]));
	for (const asset of data.assets) {
		if (asset.zone !== null && !zones.has(asset.zone)) {
			zones.set(asset.zone, {
				id: asset.zone,
				name: null,
				site: asset.site,
				level: null,
				sis: false,
				ranges: [],
				owner: null,
				facts: {},
			});
		}
	}
	const find = (value: string): Asset | null => {
		const key = normaliseName(value);
		const exact = byKey.get(key);
		if (exact !== undefined) return exact;
		const mac = normaliseMac(value);
		if (mac !== null) return byKey.get(mac) ?? null;
		if (ipv4Number(key) !== null || key.includes(':')) return null;
		return short.get(key.split('.')[0] ?? '') ?? null;
	};
	const ranges = data.zones
		.flatMap((zone) => zone.ranges.map((range) => ({ zone, range, bits: Number(range.split('/')[1] ?? 32) })))
		.sort((a, b) => b.bits - a.bits);
	return {
		data,
		find,
		zone: (id) => zones.get(id) ?? null,
		zoneOfAddress: (ip) => ranges.find((entry) => inRange(ip, entry.range))?.zone ?? null,
		conduitsOf: (zone) => data.conduits.filter((conduit) => conduit.from === zone || conduit.to === zone),
		neighbours: (zone) => data.conduits.flatMap((c) => (c.from === zone ? [c.to] : c.to === zone ? [c.from] : [])),
	};
}

/** Assets that these entities name, targets before actors before the rest, each once. */
export function assetsOf(entities: readonly Entity[], inventory: Inventory): Asset[] {
	const order = { target: 0, actor: 1, related: 2, observer: 3 } as const;
	const found = new Set<Asset>();
	for (const entity of entities.toSorted((a, b) => order[a.role] - order[b.role])) {
		if (!['host', 'ip', 'mac', 'asset_id', 'tag'].includes(entity.type)) continue;
		const asset = inventory.find(entity.value);
		if (asset !== null) found.add(asset);
	}
	return [...found];
}
