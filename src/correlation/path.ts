// The path of an intrusion through the plant: who acts on whom, from which zone into which, through which conduit. Pure.
// What a step proves is decided in score.ts; here only what kind of step it is.
import type { Entity } from '../domain/alert.ts';
import type { Asset } from '../domain/asset.ts';
import type { Inventory } from '../domain/inventory.ts';

/** A step of an actor in one zone to a target in another. */
export type Crossing = {
	readonly from: string;
	readonly to: string;
	/** The conduit that joins the two, or the jump host at either end; null where the inventory knows no way. */
	readonly way: string | null;
	/** From an IT zone into one of OT. */
	readonly intoOt: boolean;
};

/** The evidence by which a join says that IT was left. */
export const INTO_OT = 'from IT into OT';

/** What acts and what it acts on, as far as the inventory knows them; a thing that acts on nothing else is the target. */
export function endsOf(
	entities: readonly Entity[],
	find: (entity: Entity) => Asset | null,
): { readonly actor: Asset | null; readonly target: Asset | null } {
	const first = (role: Entity['role']): Asset | null => {
		for (const entity of entities) {
			const asset = entity.role === role ? find(entity) : null;
			if (asset !== null) return asset;
		}
		return null;
	};
	const actor = first('actor');
	const target = first('target') ?? first('related') ?? actor;
	return { actor: actor === target ? null : actor, target };
}

/** Entities by which the inventory may know an asset. */
export function namesAsset(entity: Entity): boolean {
	return ['host', 'ip', 'mac', 'asset_id'].includes(entity.type);
}

/** `office to ops by conduit fw-1`: for people. */
export function describeCrossing({ from, to, way }: Crossing): string {
	return `${from} to ${to} by ${way ?? 'no way that the inventory knows'}`;
}

/** The crossing that an alert about this actor and this target tells of; null where there is none. */
export function crossingOf(actor: Asset | null, target: Asset | null, inventory: Inventory): Crossing | null {
	const [from, to] = [actor?.zone ?? null, target?.zone ?? null];
	if (actor === null || target === null || from === null || to === null || from === to) return null;
	const conduit = inventory
		.conduitsOf(from)
		.find((one) => (one.from === from && one.to === to) || (one.to === from && one.from === to));
	const jump = [actor, target].find((asset) => asset.class === 'jump_host');
	const way = conduit !== undefined ? `conduit ${conduit.id}` : jump !== undefined ? `jump host ${jump.id}` : null;
	return { from, to, way, intoOt: sideOf(actor) === 'it' && sideOf(target) === 'ot' };
}

/** Purdue levels 0 to 3 are OT; 3.5 and up are IT's side of the boundary, whoever runs them. */
function sideOf(asset: Asset): 'it' | 'ot' {
	if (['0', '1', '2', '3'].includes(asset.level)) return 'ot';
	if (['3.5', '4', '5'].includes(asset.level)) return 'it';
	return asset.domain ?? 'ot';
}
