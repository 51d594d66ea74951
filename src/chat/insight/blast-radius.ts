// What an incident touches, and what else lies open from there: zones through conduits, with how many of them have to be crossed. Pure.
// It says what the inventory allows for, not what an attacker can do: firewalls inside a conduit are not known here.
import type { Asset } from '../../domain/asset.ts';
import type { Inventory } from '../../domain/inventory.ts';

/** Conduits that are followed one after the other; further away is named as a number only by growing this. */
export const HOPS_MAX = 3;
/** Zones and assets that are looked at: a plant has some hundred zones. */
const ZONES_MAX = 500;
const ASSETS_MAX = 20_000;
/** Reachable assets that are named, worst first. */
const NAMED_MAX = 5;

export type ReachedZone = {
	readonly zone: string;
	readonly hops: number;
	readonly assets: number;
	readonly by: string;
};
export type ReachedAsset = {
	readonly id: string;
	readonly zone: string;
	readonly hops: number;
	readonly criticality: number | null;
	readonly class: string;
};

export type BlastRadius = {
	readonly assets: readonly string[];
	readonly zones: readonly string[];
	/** Both ends of it are touched. */
	readonly conduits: readonly string[];
	/** Untouched zones within `HOPS_MAX` conduits, nearest first. */
	readonly reachable: readonly ReachedZone[];
	/** Assets that nothing was reported on yet: in touched zones (0 conduits away) and in reachable ones. */
	readonly reachable_assets: number;
	readonly most_critical: readonly ReachedAsset[];
	/** Something was left out by a limit. */
	readonly is_cut: boolean;
};

/**
 * @param assets ids that the incident names; what the inventory lacks is listed and reaches nothing
 * @param zones  ids of its zones
 */
export function blastRadius(assets: readonly string[], zones: readonly string[], inventory: Inventory): BlastRadius {
	const touched = new Set(zones);
	for (const id of assets) {
		const zone = inventory.find(id)?.zone;
		if (zone != null) touched.add(zone);
	}
	const { conduits } = inventory.data;
	const hops = hopsFrom(touched, conduits);
	const own = new Set(assets.map((id) => inventory.find(id)?.id ?? id));
	const all = inventory.data.assets.slice(0, ASSETS_MAX);
	const others = all.filter((asset) => asset.zone !== null && hops.has(asset.zone) && !own.has(asset.id));
	const inZone = new Map<string, number>();
	for (const asset of others) if (asset.zone !== null) inZone.set(asset.zone, (inZone.get(asset.zone) ?? 0) + 1);
	const reachable = [...hops]
		.filter(([, hop]) => hop.hops > 0)
		.map(([zone, hop]): ReachedZone => ({ zone, hops: hop.hops, by: hop.by, assets: inZone.get(zone) ?? 0 }))
		.sort((a, b) => a.hops - b.hops || compare(a.zone, b.zone));
	return {
		assets: [...own].sort(compare),
		zones: [...touched].sort(compare),
		conduits: conduits
			.filter((one) => one.from !== one.to && touched.has(one.from) && touched.has(one.to))
			.map((one) => one.id)
			.sort(compare),
		reachable,
		reachable_assets: others.length,
		most_critical: named(others, hops),
		is_cut: hops.size >= ZONES_MAX || inventory.data.assets.length > ASSETS_MAX,
	};
}

type Hop = { readonly hops: number /** The conduit crossed last. */; readonly by: string };

/** Breadth first: each zone at its fewest conduits. A conduit is a way in both directions. */
function hopsFrom(
	touched: ReadonlySet<string>,
	conduits: readonly { readonly id: string; readonly from: string; readonly to: string }[],
): Map<string, Hop> {
	const ways = new Map<string, { readonly to: string; readonly by: string }[]>();
	const add = (from: string, to: string, by: string): void => {
		const held = ways.get(from);
		if (held === undefined) ways.set(from, [{ to, by }]);
		else held.push({ to, by });
	};
	for (const one of conduits.toSorted((a, b) => compare(a.id, b.id))) {
		add(one.from, one.to, one.id);
		add(one.to, one.from, one.id);
	}
	const hops = new Map<string, Hop>([...touched].sort(compare).map((zone) => [zone, { hops: 0, by: '' }]));
	// A Map is walked in the order of its growth: what is added behind comes later.
	for (const [zone, hop] of hops) {
		if (hop.hops >= HOPS_MAX) continue;
		for (const way of ways.get(zone) ?? []) {
			if (hops.size >= ZONES_MAX) return hops;
			if (!hops.has(way.to)) hops.set(way.to, { hops: hop.hops + 1, by: way.by });
		}
	}
	return hops;
}

/** Safety systems first, then criticality, then nearness. */
function named(assets: readonly Asset[], hops: ReadonlyMap<string, Hop>): ReachedAsset[] {
	return assets
		.flatMap((asset) =>
			asset.zone === null
				? []
				: [
						{
							id: asset.id,
							zone: asset.zone,
							hops: hops.get(asset.zone)?.hops ?? 0,
							criticality: asset.criticality,
							class: asset.class,
						},
					],
		)
		.sort(
			(a, b) =>
				Number(isSafety(b.class)) - Number(isSafety(a.class)) ||
				(b.criticality ?? 0) - (a.criticality ?? 0) ||
				a.hops - b.hops ||
				compare(a.id, b.id),
		)
		.slice(0, NAMED_MAX);
}

function isSafety(name: string): boolean {
	return name === 'sis' || name === 'sis_workstation';
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
