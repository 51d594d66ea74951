// Says as what each target is judged. What is not known is judged as dangerous: unlisted, ambiguous, of unknown class or level,
// or from a stale inventory means level 1 controller, and in a zone of safety systems it means safety system (G2, DESIGN.md).
import type { Asset, AssetClass, Level } from '../domain/asset.ts';
import { inRange, ipv4Number } from '../domain/inventory.ts';
import { ACTIONS, isActionName } from './actions.ts';
import { type Ground, look } from './condition.ts';
import type { Facts, ProposedStep } from './proposed-step.ts';
import { paramTexts } from './readings.ts';
import { CONTROLLERS, shown } from './row.ts';

/** One way to look at a target; the strictest of its views counts. Level null: could be any. */
export type View = { readonly class: AssetClass; readonly level: Level | null };

export type Target = {
	/** What people call it: asset id, account, indicator. */
	readonly label: string;
	/** none: the action acts on nothing. bare: an account or indicator without an asset. */
	readonly kind: 'asset' | 'bare' | 'none';
	readonly asset: Asset | null;
	readonly views: readonly View[];
	readonly ground: Ground;
	/** Why it is not judged as what the inventory says; empty where it is. */
	readonly doubts: readonly string[];
};

const LEVEL_1_CONTROLLER: View = { class: 'unknown', level: '1' };
const INVENTORY_CURRENT = shown('inventory_current', 'the asset inventory is current');

/** Every target of the step, judged. An action that needs an asset and names none has one target nobody knows. */
export function judgeTargets(step: ProposedStep, facts: Facts, ground: Ground): readonly Target[] {
	const kind = isActionName(step.action) ? ACTIONS[step.action].target : 'asset';
	const isCurrent = look(INVENTORY_CURRENT, ground).isShown;
	if (step.targets.length > 0) return step.targets.map((id) => judgeAsset(id, step, facts, ground, isCurrent));
	const named = paramTexts(step, 'account', 'user', 'indicator').join(', ');
	if (kind === 'asset') return [judgeAsset(named === '' ? '(no target)' : named, step, facts, ground, isCurrent)];
	const label = kind === 'none' ? '' : named === '' ? '(not named)' : named;
	return [{ label, kind: kind === 'none' ? 'none' : 'bare', asset: null, views: [], ground, doubts: [] }];
}

function judgeAsset(id: string, step: ProposedStep, facts: Facts, ground: Ground, isCurrent: boolean): Target {
	const asset = Object.hasOwn(facts.targets, id) ? (facts.targets[id] ?? null) : null;
	const zoneId = asset === null ? zoneOfAddress(id, facts) : asset.zone;
	const zone = zoneId === null ? null : (facts.zones[zoneId] ?? null);
	const site = asset?.site ?? zone?.site ?? null;
	// A zone that the step itself names is believed where it makes things stricter, and only there.
	const named = asset === null ? paramTexts(step, 'zone').map((name) => facts.zones[name]) : [];
	const isSisZone = [zone, ...named].some((one) => one?.sis === true);
	const own: Ground = { ...ground, asset: asset?.id ?? id, zone: zoneId, site };
	const doubts: string[] = [];
	const views: View[] = [];
	if (asset === null) {
		doubts.push(`\`${id}\` is not in the inventory, or more than one asset claims the name`);
		views.push(isSisZone ? { class: 'sis', level: '1' } : LEVEL_1_CONTROLLER);
	} else {
		views.push(...viewsOf(asset, isSisZone, doubts));
		if (!isCurrent) {
			doubts.push('the inventory is stale: what it says about the asset is not relied on');
			views.push(LEVEL_1_CONTROLLER);
		}
	}
	return { label: asset?.id ?? id, kind: 'asset', asset, views, ground: own, doubts };
}

/** The zone of the snapshot whose range holds an unlisted address: a zone of safety systems first, then the narrowest range. */
function zoneOfAddress(address: string, facts: Facts): string | null {
	if (ipv4Number(address) === null) return null;
	const found = Object.values(facts.zones)
		.flatMap((zone) => (zone === null ? [] : zone.ranges.map((range) => ({ zone, range }))))
		.filter(({ range }) => inRange(address, range))
		.toSorted((a, b) => Number(b.zone.sis) - Number(a.zone.sis) || bitsOf(b.range) - bitsOf(a.range));
	return found[0]?.zone.id ?? null;
}

function bitsOf(range: string): number {
	return Number(range.split('/')[1] ?? 32);
}

function viewsOf(asset: Asset, isSisZone: boolean, doubts: string[]): View[] {
	const level = asset.level === 'unknown' ? null : asset.level;
	const views: View[] = [{ class: asset.class, level }];
	if (asset.class === 'unknown') doubts.push(`the class of \`${asset.id}\` is unknown`);
	if (level === null) doubts.push(`the level of \`${asset.id}\` is unknown`);
	if (asset.class === 'unknown' || level === null) views.push(LEVEL_1_CONTROLLER);
	// A controller that the inventory puts above level 2 is still a controller (a DCS may be its servers, up to level 3).
	if (CONTROLLERS.includes(asset.class) && level !== null && !['0', '1', '2'].includes(level)) {
		if (asset.class !== 'dcs' || level !== '3') {
			doubts.push(`\`${asset.id}\` is a ${asset.class} at level ${level}: judged as a controller at level 1`);
			views.push({ class: asset.class, level: '1' });
		}
	}
	if (isSisZone && asset.class !== 'sis' && asset.class !== 'sis_workstation') {
		doubts.push(`\`${asset.id}\` stands in a zone of safety systems: judged as one`);
		views.push({ class: 'sis', level });
	}
	return views;
}
