// What the inventory knows against blocking an indicator: an address or name of the plant's own is none of somebody outside, whatever its
// number says. Pure, and only ever a reason against: what the inventory does not know proves nothing. NOT here: the decision (row N01).
import { isAddressIn } from '../domain/address.ts';
import type { FactReading } from '../domain/fact.ts';
import { type Inventory, normaliseName } from '../domain/inventory.ts';
import type { StepParams } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';

/** `indicator_external: false` for each indicator of the parameters that touches a range of a zone, or an address or name of an asset. */
export function indicatorReadings(params: StepParams, inventory: Inventory, now: Instant): FactReading[] {
	const named = params['indicator'];
	const texts = typeof named === 'string' ? [named] : Array.isArray(named) ? named : [];
	return texts
		.map((text) => text.trim())
		.filter((text) => text !== '' && isOwn(text, inventory))
		.map((subject) => ({
			id: `inventory:indicator_external:${subject}`,
			name: 'indicator_external',
			subject,
			value: false,
			source: 'inventory',
			supplied_by: 'inventory',
			stated_at: now,
			expires_at: null,
		}));
}

function isOwn(text: string, inventory: Inventory): boolean {
	const plain = text.toLowerCase();
	// The host of a URL, without login, port and brackets; an address or a name as it stands.
	const host = (
		/^[a-z][a-z0-9+.-]{0,20}:\/\/(?:[^/?#@]{0,200}@)?(\[[^\]]{1,60}\]|[^/?#:]{1,255})/.exec(plain)?.[1] ?? plain
	)
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
	const { assets, zones } = inventory.data;
	if (zones.some((zone) => zone.ranges.some((range) => overlap(host, range)))) return true;
	return assets.some(
		(asset) =>
			asset.ips.some((ip) => overlap(host, ip)) ||
			asset.hostnames.some((name) => normaliseName(name) === host || normaliseName(name).endsWith(`.${host}`)),
	);
}

/** One of the two holds the base of the other; false where one of them is no address. */
function overlap(one: string, other: string): boolean {
	return isAddressIn(one.split('/')[0] ?? '', other) || isAddressIn(other.split('/')[0] ?? '', one);
}
