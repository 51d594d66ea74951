// What connectors that read say about the inventory: the server, the assets whose values, programs or packets may be asked for, the zones in which
// sensors listen. A name that is not there is a warning: the inventory may lag, but no step will ever read by it.
import type { InventoryData } from '../domain/asset.ts';
import { indexInventory } from '../domain/inventory.ts';
import { nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { shown } from './finding.ts';
import { textAt, valueAt, type WrittenFile } from './written.ts';

/** Kinds that read, and where each names assets or zones as keys. */
const NAMED: Readonly<Record<string, readonly ['tags' | 'programs' | 'sensors', 'asset' | 'zone'] | null>> = {
	'pi-web-api': ['tags', 'asset'],
	gitlab: ['programs', 'asset'],
	elasticsearch: null,
	'fortindr-cloud': ['sensors', 'zone'],
};

/** Finds names of connectors that read which the inventory does not have, each with its place in interlock.yaml. */
export function checkReading(settings: WrittenFile, data: InventoryData): Finding[] {
	const inventory = indexInventory(data);
	const ids = data.assets.map((asset) => asset.id);
	const zones = data.zones.map((zone) => zone.id);
	return settings.list('connectors').flatMap(({ value, at }): Finding[] => {
		const kind = textAt(value, 'kind') ?? '';
		if (!Object.hasOwn(NAMED, kind)) return [];
		const whose = `connector ${shown(textAt(value, 'name') ?? '')}`;
		const warning = (path: readonly string[], message: string, near: string | null): Finding => ({
			...at(...path),
			...{ message: `${whose}: ${message}`, level: 'warning' },
			...(near === null ? {} : { help: `did you mean \`${near}\`?` }),
		});
		const server = textAt(value, 'asset');
		const found: Finding[] = [];
		if (server !== null && inventory.find(server) === null)
			found.push(warning(['asset'], `there is no asset ${shown(server)} in the inventory`, nearest(server, ids)));
		const named = NAMED[kind];
		if (named == null) return found;
		const [key, what] = named;
		const held = valueAt(value, key);
		for (const name of typeof held === 'object' && held !== null ? Object.keys(held) : []) {
			// Steps name an asset by its id: another of its names would be looked for under the id, and not be found.
			const known = what === 'asset' ? ids : zones;
			if (known.includes(name)) continue;
			found.push(warning([key, name], `there is no ${what} ${shown(name)} in the inventory`, nearest(name, known)));
		}
		return found;
	});
}
