// Whether something would be judged less strictly after an import than before: by class, level, zone of safety systems, criticality, domain and
// place. Coarser than the gate on purpose: what it lets pass unseen is never looser there. NOT here: what an action may do (safety/).
import type { Asset, AssetClass, Level } from '../domain/asset.ts';
import { type Inventory, ipv4Number } from '../domain/inventory.ts';
import { PLATFORMS } from './inventory-record.ts';

/** Judged as controllers at whatever level they stand (docs/safety.md, the table). */
const CONTROLLERS: readonly AssetClass[] = ['dcs', 'plc', 'rtu', 'ied', 'io', 'bms_controller', 'sis'];

/** How something is judged, as far as an import can change it. */
type View = {
	readonly asset: Asset | null;
	readonly class: AssetClass;
	readonly level: Level;
	readonly isSisZone: boolean;
	readonly zone: string | null;
};

/** How an asset is judged, in the zones of this inventory. */
function viewOf(asset: Asset, inventory: Inventory): View {
	const isSisZone = asset.zone !== null && inventory.zone(asset.zone)?.sis === true;
	return { asset, class: asset.class, level: asset.level, isSisZone, zone: asset.zone };
}

/** How a name or address is judged before the import: as the asset that it finds, else as unknown, in the strictest zone around it. */
function viewOfKey(key: string, inventory: Inventory): View {
	const asset = inventory.find(key);
	if (asset !== null) return viewOf(asset, inventory);
	const zone = ipv4Number(key) === null ? null : inventory.zoneOfAddress(key);
	return { asset: null, class: 'unknown', level: 'unknown', isSisZone: zone?.sis === true, zone: zone?.id ?? null };
}

/**
 * Every way in which a change makes judgement looser, in words; empty where it makes none.
 *
 * @param before the asset as it is; null for a new one
 * @param after the asset as it would be
 * @param inventory as it is
 */
export function looserBy(before: Asset | null, after: Asset, inventory: Inventory): string[] {
	const reasons = new Set<string>();
	const next = viewOf(after, inventory);
	if (before !== null) for (const reason of compare(viewOf(before, inventory), next)) reasons.add(reason);
	const held = new Set(before === null ? [] : keysOf(before));
	for (const key of keysOf(after)) {
		if (held.delete(key)) continue;
		// A name that it gains is judged as this asset from now on; its short form may from now on find nobody.
		for (const name of new Set([key, shortOf(key, after)])) {
			const now = viewOfKey(name, inventory);
			if (now.asset === before && before !== null) continue;
			const whose =
				now.asset === null
					? 'not in the inventory until now (judged as a level 1 controller)'
					: `\`${name}\` was \`${now.asset.id}\``;
			for (const reason of compare(now, next)) reasons.add(`${whose}: ${reason}`);
			// What stands there now may be refused altogether where an unknown is left to hands.
			if (now.asset !== null) reasons.add(`${whose}: from now on it would be another`);
		}
	}
	// A name that it loses finds nobody: that is stricter, except for safety systems.
	if (before !== null) {
		const was = viewOf(before, inventory);
		for (const key of held)
			if (isSafety(was)) reasons.add(`\`${key}\` would no longer be judged as the safety system \`${before.id}\``);
	}
	return [...reasons];
}

/** Names and addresses by which alerts find an asset; the ids of imports (`netbox:device/4`) are nobody's names. */
function keysOf(asset: Asset): string[] {
	const ids = asset.vendor_ids.filter((id) => !PLATFORMS.some((platform) => id.startsWith(`${platform}:`)));
	return [asset.id, ...asset.hostnames, ...asset.ips, ...asset.macs, ...ids];
}

function shortOf(key: string, asset: Asset): string {
	return asset.hostnames.includes(key) ? (key.split('.')[0] ?? key) : key;
}

function isSafety(view: View): boolean {
	return view.isSisZone || view.class === 'sis' || view.class === 'sis_workstation';
}

function compare(before: View, after: View): string[] {
	const reasons: string[] = [];
	if (isSafety(before) && !isSafety(after)) reasons.push('no longer judged as a safety system');
	// Unknown is judged most strictly (G2), and each class has rows of its own: only to a safety system or back to unknown is never looser.
	if (before.class !== after.class && after.class !== 'unknown' && after.class !== 'sis')
		reasons.push(`class ${before.class} -> ${after.class}`);
	// Field devices have few rows: what is no controller loses those of the level that it leaves.
	if (after.level === '0' && before.level !== '0' && !CONTROLLERS.includes(after.class))
		reasons.push(`level ${before.level} -> 0`);
	const isKnown = after.class !== 'unknown' && after.level !== 'unknown';
	if (
		isKnown &&
		before.level !== after.level &&
		(before.level === 'unknown' || Number(after.level) > Number(before.level))
	)
		reasons.push(`level ${before.level} -> ${after.level}`);
	const [critical, lessCritical] = [before.asset?.criticality ?? null, after.asset?.criticality ?? null];
	if (critical !== null && (lessCritical === null || lessCritical < critical))
		reasons.push(`criticality ${critical} -> ${lessCritical ?? 'none'}`);
	if (before.asset?.domain === 'ot' && after.asset?.domain !== 'ot') reasons.push('no longer OT');
	// Site rules and facts hang on places.
	if (before.zone !== after.zone && (before.asset !== null || after.zone !== null))
		reasons.push(`zone ${before.zone ?? 'none'} -> ${after.zone ?? 'none'}`);
	const site = before.asset?.site ?? null;
	if (site !== null && site !== after.asset?.site) reasons.push(`site ${site} -> ${after.asset?.site ?? 'none'}`);
	return reasons;
}
