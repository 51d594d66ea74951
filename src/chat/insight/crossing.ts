// Where an incident went from one side of the plant to the other, and through which conduit. Pure.
// No conduit in the inventory between two zones that talked is a finding of its own: the drawing is wrong, or somebody found another way.
import type { Asset } from '../../domain/asset.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { Instant } from '../../domain/time.ts';
import type { SeenAlert } from './kill-chain.ts';

/** Zones from one side to the other that a way may have between; a DMZ is one. */
const WAY_HOPS_MAX = 3;
const CROSSINGS_MAX = 5;

export type Side = 'it' | 'ot';

export type Crossing = {
	readonly from: string;
	readonly to: string;
	readonly into: Side;
	/** Conduits in the order they are crossed; empty where the inventory knows no way. */
	readonly conduits: readonly string[];
	/** `alert`: an alert names who acted on whom across it. `sequence`: first seen on one side, then on the other. */
	readonly known_by: 'alert' | 'sequence';
	readonly at: Instant;
};

export const NO_KNOWN_CONDUIT = 'no known conduit';

/**
 * The crossings of an incident by event time, each pair of zones once; none where it stayed on one side.
 * Where alerts show both sides and none names the step itself, the first zone seen on the second side is taken after the last one before it.
 */
export function crossingsOf(alerts: readonly SeenAlert[], inventory: Inventory): Crossing[] {
	const ordered = alerts.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
	const found = new Map<string, Crossing>();
	const add = (from: Placed, to: Placed, known_by: Crossing['known_by'], at: Instant): void => {
		const key = `${from.zone} ${to.zone}`;
		if (found.has(key) || found.size >= CROSSINGS_MAX) return;
		found.set(key, {
			from: from.zone,
			to: to.zone,
			into: to.side,
			conduits: wayBetween(from.zone, to.zone, inventory),
			known_by,
			at,
		});
	};
	for (const alert of ordered) {
		const from = placed(alert.actor, inventory);
		const to = placed(alert.assets[0] ?? null, inventory);
		if (from !== null && to !== null && from.side !== to.side) add(from, to, 'alert', alert.at);
	}
	if (found.size > 0) return [...found.values()];
	let last: Placed | null = null;
	for (const alert of ordered) {
		const here = placed(alert.assets[0] ?? null, inventory);
		if (here === null) continue;
		if (last !== null && last.side !== here.side) {
			add(last, here, 'sequence', alert.at);
			break;
		}
		last = here;
	}
	return [...found.values()];
}

type Placed = { readonly zone: string; readonly side: Side };

function placed(id: string | null, inventory: Inventory): Placed | null {
	const asset = id === null ? null : inventory.find(id);
	return asset === null || asset.zone === null ? null : { zone: asset.zone, side: sideOf(asset) };
}

/** Purdue levels 0 to 3 are OT; 3.5 and up are IT's side of the boundary, whoever runs them (as correlation/path.ts has it). */
function sideOf(asset: Asset): Side {
	if (['0', '1', '2', '3'].includes(asset.level)) return 'ot';
	if (['3.5', '4', '5'].includes(asset.level)) return 'it';
	return asset.domain ?? 'ot';
}

/** The fewest conduits from one zone to another; empty where there is no way within `WAY_HOPS_MAX`. */
function wayBetween(from: string, to: string, inventory: Inventory): string[] {
	let rim: { readonly zone: string; readonly way: readonly string[] }[] = [{ zone: from, way: [] }];
	const seen = new Set([from]);
	for (let hop = 0; hop < WAY_HOPS_MAX && rim.length > 0; hop++) {
		const next: typeof rim = [];
		for (const { zone, way } of rim) {
			for (const conduit of inventory.conduitsOf(zone).toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
				const far = conduit.from === zone ? conduit.to : conduit.from;
				if (far === to) return [...way, conduit.id];
				if (seen.has(far)) continue;
				seen.add(far);
				next.push({ zone: far, way: [...way, conduit.id] });
			}
		}
		rim = next;
	}
	return [];
}
