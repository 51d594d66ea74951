// Whether the program may open a connection to a host at all, by what the inventory says stands there. Asked by `interlock check`, at the start,
// and before each connection for every address that a name has. NOT here: what a step may do there (decide.ts).
import { isAddressIn } from '../domain/address.ts';
import type { Asset, InventoryData, Level, Zone } from '../domain/asset.ts';
import { assetsCalled } from '../domain/asset-names.ts';
import { CONTROLLERS } from './row.ts';

/** Control and what it is run by (IEC 62443: process, basic control, supervision). A level that is not known counts as one of them. */
const CONTROL_LEVELS: readonly Level[] = ['0', '1', '2', 'unknown'];
/** Above plant operations: an unlisted address in such a zone is no controller. */
const OFFICE_LEVELS: readonly (Level | null)[] = ['3.5', '4', '5'];

/**
 * Why no connection may go there; null where the inventory has nothing against it.
 *
 * Refused are controllers, safety systems and what stands in a zone of them, and everything at level 2 and below, of unknown class or
 * of unknown level; and an address that no asset has inside the range of a zone below the DMZ. The one exception is a server at level 2
 * that a connector names as the only thing it reads: such a connector has GET and HEAD and nothing else. This machine itself is never refused.
 *
 * @param host a name, or an address that a name has
 * @param readOnly the asset that a connector without any other words than GET and HEAD stands before
 */
export function refuseDestination(inventory: InventoryData, host: string, readOnly: string | null): string | null {
	if (isThisMachine(host)) return null;
	const claimed = assetsCalled(inventory, host);
	for (const asset of claimed) {
		const isRead = readOnly !== null && assetsCalled(inventory, readOnly).includes(asset);
		const reason = refuseAsset(asset, isInSafetyZone(inventory, asset, host), isRead);
		if (reason !== null) return reason;
	}
	if (claimed.length > 0) return null;
	const zone = inventory.zones.find((one) => isInside(one, host) && (one.sis || !OFFICE_LEVELS.includes(one.level)));
	if (zone === undefined) return null;
	return `${host} lies in zone \`${zone.id}\` and no asset of the inventory has it: it is judged as a controller`;
}

/** The loopback interface: nothing of the plant is there. */
function isThisMachine(host: string): boolean {
	return host === 'localhost' || isAddressIn(host, '127.0.0.0/8') || isAddressIn(host, '::1');
}

/** By its own zone, and by any whose range holds the address: a slip in one of them must not hide a zone of safety systems. */
function isInSafetyZone(inventory: InventoryData, asset: Asset, host: string): boolean {
	return inventory.zones.some((zone) => zone.sis && (zone.id === asset.zone || isInside(zone, host)));
}

function isInside(zone: Zone, host: string): boolean {
	return zone.ranges.some((range) => isAddressIn(host, range));
}

/** Every address of the inventory that is refused to a connector which can do more than read. */
export function refusedAssetAddresses(inventory: InventoryData): string[] {
	return inventory.assets.flatMap((asset) =>
		asset.ips.filter((ip) => refuseAsset(asset, isInSafetyZone(inventory, asset, ip), false) !== null),
	);
}

function refuseAsset(asset: Asset, isSafety: boolean, isRead: boolean): string | null {
	const whose = `\`${asset.id}\``;
	if (asset.class === 'unknown') return `${whose} is of unknown class in the inventory: it is judged as a controller`;
	if (CONTROLLERS.includes(asset.class)) return `${whose} is a controller (${asset.class})`;
	if (asset.class === 'sis' || asset.class === 'sis_workstation') return `${whose} belongs to a safety system`;
	if (isSafety) return `${whose} stands in a zone of safety systems`;
	if (asset.level === '2' && isRead) return null;
	if (!CONTROL_LEVELS.includes(asset.level)) return null;
	if (asset.level === 'unknown') return `${whose} has no level in the inventory: it is judged as a controller`;
	return `${whose} stands at level ${asset.level}`;
}
