// What a loop goes over: assets, accounts or other things of an incident, in an order that stays. What has been begun with comes first, so
// that a growing incident adds and never exchanges. Pure. Alert text is hostile: only plain words are items.
import type { Entity } from '../../domain/alert.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { EvidenceSelector } from '../../domain/playbook-condition.ts';
import { allNodes } from '../../domain/playbook-step.ts';
import { type EvidenceAlert, gravestFirst, type IncidentSummary, plainWord } from '../evidence.ts';
import type { Part } from './program.ts';
import { type Item, markOf, type Scope, standsIn } from './walk.ts';

/** Items of a loop whose playbook names no number. */
const ITEMS_DEFAULT = 10;

/** Everything of the incident that the selector means, each once. */
export function evidenceFor(
	selector: EvidenceSelector,
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	inventory: Inventory,
): Item[] {
	const { assets, users, indicators } = selector;
	if (assets !== undefined) {
		const found = incident.assets.map((id) => ({ id, asset: inventory.find(id) }));
		return found
			.filter(
				({ asset }) =>
					(assets.class === undefined || assets.class.includes(asset?.class ?? 'unknown')) &&
					(assets.domain === undefined || asset?.domain === assets.domain) &&
					(assets.zone === undefined || asset?.zone === assets.zone),
			)
			.toSorted((a, b) => (b.asset?.criticality ?? 0) - (a.asset?.criticality ?? 0) || (a.id < b.id ? -1 : 1))
			.map(({ id }) => ({ value: id, isAsset: true }));
	}
	const types: readonly Entity['type'][] = users === undefined ? (indicators?.types ?? []) : ['user', 'account'];
	const roles: readonly Entity['role'][] =
		users === undefined ? ['actor', 'target', 'related', 'observer'] : (users.roles ?? ['actor', 'target']);
	const words = gravestFirst(alerts).flatMap((alert) =>
		alert.entities.flatMap((entity) =>
			types.includes(entity.type) && roles.includes(entity.role) ? (plainWord(entity.value) ?? []) : [],
		),
	);
	return [...new Set(words)].map((value) => ({ value, isAsset: false }));
}

/** The items of one loop, those first that have steps already, and how many are left to people. */
export function itemsOf(
	part: Part,
	scope: Scope,
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	inventory: Inventory,
	rows: readonly { readonly key: string }[],
): { readonly items: readonly Item[]; readonly left: string | null } {
	const { node } = part;
	if (!('for_each' in node)) return { items: [], left: null };
	const inside = new Set(allNodes(node.do).map((placed) => placed.node.key));
	const isBegun = (item: Item): boolean => {
		const mark = `${scope.marks.join('')}@${markOf(item.value)}`;
		return rows.some(({ key }) => standsIn(key, scope.prefix, mark, inside));
	};
	const all = evidenceFor(node.for_each, incident, alerts, inventory);
	const begun = all.map((item) => ({ item, isBegun: isBegun(item) }));
	const ordered = [...begun.filter((one) => one.isBegun), ...begun.filter((one) => !one.isBegun)].map(
		({ item }) => item,
	);
	const max = node.max ?? ITEMS_DEFAULT;
	const left =
		all.length === 0
			? 'the incident has nothing for this loop'
			: all.length > max
				? `${all.length} fit, the first ${max} are planned`
				: null;
	return { items: ordered.slice(0, max), left };
}
