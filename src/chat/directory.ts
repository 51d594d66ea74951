// The plant and its people as chat needs them: names for ids, places of subjects, who is who. Built once from configuration. Pure.

import type { SubjectKind } from '../domain/fact.ts';
import type { Inventory } from '../domain/inventory.ts';
import { nearest } from '../domain/nearest.ts';
import type { Person } from '../domain/person.ts';
import { never } from '../domain/result.ts';
import { ACTIONS, type Effect, isActionName } from '../safety/actions.ts';
import { touchesOt } from '../safety/touches-ot.ts';
import type { Places } from './commands/command.ts';
import { attestRoles, type GroupGrant } from './people.ts';
import type { ActionWords, Naming } from './situation.ts';

export type Directory = {
	readonly people: readonly Person[];
	readonly groups: readonly GroupGrant[];
	readonly inventory: Inventory;
	readonly naming: Naming;
	readonly places: Places;
};

export type DirectorySources = {
	readonly people: readonly Person[];
	readonly groups: readonly GroupGrant[];
	readonly inventory: Inventory;
	/** Sites that configuration names beside those of the inventory. */
	readonly sites: readonly string[];
	readonly technique: (id: string) => string | null;
};

export function createDirectory({ people, groups, inventory, sites, technique }: DirectorySources): Directory {
	const names = new Map(people.map((person) => [person.id, person.name]));
	return {
		people,
		groups,
		inventory,
		naming: {
			technique,
			person: (id) => names.get(id) ?? id,
			asset: (id) => assetWords(inventory, id),
			action: actionWords,
			attestRoles: (step) =>
				attestRoles(step.target === null ? null : inventory.find(step.target), step.target !== null),
			touchesOt: (step) => touchesOt(step, inventory),
		},
		places: createPlaces(inventory, sites),
	};
}

function assetWords(inventory: Inventory, id: string): string {
	const asset = inventory.find(id);
	if (asset === null) return `${id} (not in the inventory)`;
	const parts = [
		asset.class_raw ?? asset.class,
		`level ${asset.level}`,
		asset.zone === null ? '' : `zone ${asset.zone}`,
	].filter((part) => part !== '');
	return `${asset.id} (${parts.join(', ')})`;
}

/** What an action is, from the catalogue alone (rule G1). */
function actionWords(name: string): ActionWords {
	if (!isActionName(name)) {
		return { title: 'not in the catalogue', processEffect: 'not known, so judged as dangerous', undo: 'Not known.' };
	}
	const inverse = Object.entries(ACTIONS).find(([, spec]) => spec.undoes === name)?.[0];
	const undo = ACTIONS[name].undoes;
	const back =
		inverse !== undefined
			? `${inverse} takes it back; that is decided like any other step.`
			: undo !== null
				? `It takes back ${undo}.`
				: leavesNothing(ACTIONS[name].effect)
					? 'Nothing to take back.'
					: 'No action of Interlock takes it back: people do.';
	return { title: ACTIONS[name].words, processEffect: processWords(ACTIONS[name].effect), undo: back };
}

function leavesNothing(effect: Effect): boolean {
	return effect === 'inform' || effect === 'record' || effect === 'observe' || effect === 'query';
}

/** What the physical process may notice of an effect (safety/actions.ts lists them). */
function processWords(effect: Effect): string {
	switch (effect) {
		case 'inform':
		case 'record':
		case 'observe':
			return 'none: nothing in the plant is touched';
		case 'query':
			return 'none expected: it asks a live system, which costs it a little';
		case 'scan':
			return 'it sends traffic; old controllers may stall on unexpected packets';
		case 'contain':
			return 'what is cut off can no longer be reached or seen from there; the process itself keeps running';
		case 'restore':
			return 'gives a connection or right back; what was kept out can come in again';
		case 'account':
			return 'people who use the account are locked out or let in';
		case 'configure':
			return 'changes how machines reach or trust each other; what depends on it may stop';
		case 'host_change':
			return 'the host may restart or lose functions';
		case 'disclose':
			return 'none; information leaves the site';
		case 'policy':
		case 'raw':
			return 'cannot be told in advance';
		case 'control':
			return 'changes the process: people at the controller only';
		case 'destroy':
		case 'attack':
			return 'does damage: never done';
		default:
			return never(effect);
	}
}

function createPlaces(inventory: Inventory, configured: readonly string[]): Places {
	const { zones, assets } = inventory.data;
	const zoneIds = [
		...new Set([
			...zones.map((zone) => zone.id),
			...assets.flatMap((asset) => (asset.zone === null ? [] : [asset.zone])),
		]),
	];
	const sites = [
		...new Set([
			...configured,
			...zones.flatMap((zone) => zone.site ?? []),
			...assets.flatMap((asset) => asset.site ?? []),
		]),
	];
	const onlySite = sites.length === 1 ? (sites[0] ?? null) : null;
	const siteOf = (id: string): string | null =>
		inventory.zone(id)?.site ?? assets.find((asset) => asset.zone === id)?.site ?? null;
	return {
		sites,
		zones: zoneIds.map((id) => ({ id, site: siteOf(id) })),
		subject: (kind: SubjectKind, word: string) => {
			switch (kind) {
				case 'asset':
				case 'target': {
					const asset = inventory.find(word);
					if (asset !== null) return { id: asset.id, place: { site: asset.site, zone: asset.zone } };
					if (kind === 'target') return { id: word.slice(0, 500), place: { site: onlySite, zone: null } };
					return {
						near: nearest(
							word,
							assets.map((known) => known.id),
						),
					};
				}
				case 'zone': {
					const id = zoneIds.find((known) => known.toLowerCase() === word.toLowerCase());
					return id === undefined ? { near: nearest(word, zoneIds) } : { id, place: { site: siteOf(id), zone: id } };
				}
				case 'site': {
					const id = sites.find((known) => known.toLowerCase() === word.toLowerCase());
					return id === undefined ? { near: nearest(word, sites) } : { id, place: { site: id, zone: null } };
				}
				case 'plant':
					return word.toLowerCase() === 'plant'
						? { id: 'plant', place: { site: null, zone: null } }
						: { near: 'plant' };
				case 'account':
				case 'session':
				case 'flow':
				case 'indicator':
				case 'service':
				case 'step':
				case 'incident':
					// It has no place of its own: in a plant with one site it is there, else only a role that holds everywhere speaks for it.
					return { id: word.slice(0, 500), place: { site: onlySite, zone: null } };
				default:
					return never(kind);
			}
		},
	};
}
