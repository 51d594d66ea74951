// Which playbooks an incident gets: those that triage's rules proposed, and those whose triggers fit. Pure.

import type { AssetClass } from '../domain/asset.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Playbook, PlaybookTrigger } from '../domain/playbook.ts';
import { maxSeverity, severityRank } from '../domain/severity.ts';
import { type EvidenceAlert, firstNamed, type IncidentSummary } from './evidence.ts';

/** Playbooks of one incident. More would be a crowd of leads; people may still start another by hand. */
export const PLAYBOOKS_PER_INCIDENT_MAX = 4;

/** A playbook as loaded: parsed, with the hash that approvals bind to. */
export type LoadedPlaybook = { readonly playbook: Playbook; readonly version: string };

export type Chosen = { readonly loaded: LoadedPlaybook; readonly why: string };

/**
 * Chooses, in this order: process-safety procedures when a safety alarm is in the incident, proposals in the order that rules gave
 * them, triggers in the order of the playbooks' ids. One that stands `instead_of` others takes the place of the first of them. The same
 * incident always gets the same list.
 *
 * @param unknown is filled with the names of proposals that no playbook has, for the ledger
 */
export function choosePlaybooks(
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	inventory: Inventory,
	playbooks: readonly LoadedPlaybook[],
	unknown: string[] = [],
): Chosen[] {
	const byId = new Map(playbooks.map((loaded) => [loaded.playbook.id, loaded]));
	const chosen = new Map<string, Chosen>();
	const add = (loaded: LoadedPlaybook, why: string): void => {
		if (beganElsewhere(loaded.playbook, alerts, inventory)) return;
		if (!chosen.has(loaded.playbook.id)) chosen.set(loaded.playbook.id, { loaded, why });
	};
	const fitting = playbooks
		.toSorted((a, b) => (a.playbook.id < b.playbook.id ? -1 : 1))
		.flatMap((loaded) => {
			const trigger = loaded.playbook.triggers.find((each) => fits(each, incident, alerts, inventory));
			return trigger === undefined ? [] : [{ loaded, trigger }];
		});
	if (incident.process_safety) {
		for (const { loaded, trigger } of fitting)
			if (trigger.process_safety === true) add(loaded, 'a process-safety alarm is in the incident');
	}
	const safety = [...chosen.values()];
	for (const name of [...incident.playbooks, ...alerts.flatMap((alert) => alert.playbooks)]) {
		const loaded = byId.get(name);
		if (loaded !== undefined) add(loaded, 'proposed by triage');
		else if (!unknown.includes(name)) unknown.push(name);
	}
	for (const { loaded, trigger } of fitting) add(loaded, `trigger: ${triggerText(trigger)}`);
	// Nothing stands in the place of a process-safety procedure, whatever a playbook says of itself.
	const rest = mostExact([...chosen.values()].filter((one) => !safety.includes(one)));
	return [...safety, ...rest].slice(0, PLAYBOOKS_PER_INCIDENT_MAX);
}

/** A playbook that stands `instead_of` another takes its place, so that one matter has one lead. Two that name each other both stay. */
function mostExact(candidates: readonly Chosen[]): Chosen[] {
	const standsFor = (one: Chosen, other: Chosen): boolean =>
		one.loaded.playbook.instead_of?.includes(other.loaded.playbook.id) === true;
	const replacedBy = (other: Chosen): Chosen[] =>
		candidates.filter((one) => standsFor(one, other) && !standsFor(other, one));
	const list = candidates.flatMap((one) => {
		const better = replacedBy(one);
		return better.length === 0 ? [one] : better.filter((each) => replacedBy(each).length === 0);
	});
	return [...new Set(list)];
}

/** What a session only passes through: it says nothing of where it began. */
const RELAYS: readonly AssetClass[] = ['jump_host', 'vpn_gateway'];

/**
 * Whether all that is known of where it began are assets that the playbook is not for (`not_from`). Asked of the alerts that proposed
 * it, of all where none did. One source that the inventory does not have, or has as something else, is enough for the playbook to stay.
 */
function beganElsewhere(playbook: Playbook, alerts: readonly EvidenceAlert[], inventory: Inventory): boolean {
	const { not_from } = playbook;
	if (not_from === undefined) return false;
	const proposing = alerts.filter((alert) => alert.playbooks.includes(playbook.id));
	const origins = (proposing.length > 0 ? proposing : alerts).flatMap((alert) => {
		const from = firstNamed([alert], 'actor', inventory);
		if (from === null || RELAYS.some((name) => name === from.asset?.class)) return [];
		return [from.asset?.class ?? 'unknown'];
	});
	return origins.length > 0 && origins.every((origin) => not_from.includes(origin));
}

/** True where everything that the trigger names holds for the incident. */
function fits(
	trigger: PlaybookTrigger,
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	inventory: Inventory,
): boolean {
	if (trigger.categories !== undefined && !trigger.categories.includes(incident.category)) return false;
	if (trigger.domain !== undefined && !trigger.domain.includes(incident.domain)) return false;
	if (trigger.process_safety !== undefined && trigger.process_safety !== incident.process_safety) return false;
	if (trigger.severity_min !== undefined) {
		const gravest = alerts.reduce((worst, alert) => maxSeverity(worst, alert.severity), incident.severity);
		if (severityRank(gravest) < severityRank(trigger.severity_min)) return false;
	}
	if (trigger.techniques !== undefined) {
		const seen = [...incident.techniques, ...alerts.flatMap((alert) => alert.techniques)];
		if (!trigger.techniques.some((wanted) => seen.some((id) => id === wanted || id.startsWith(`${wanted}.`))))
			return false;
	}
	if (trigger.tags !== undefined) {
		const tags = new Set(alerts.flatMap((alert) => alert.tags));
		if (!trigger.tags.some((tag) => tags.has(tag))) return false;
	}
	if (trigger.asset_classes !== undefined) {
		const classes = new Set(incident.assets.map((id) => inventory.find(id)?.class ?? 'unknown'));
		// An incident without any asset has at most the word of an alert: judged as unknown, like everywhere.
		if (classes.size === 0 && firstNamed(alerts, 'target', inventory) !== null) classes.add('unknown');
		if (!trigger.asset_classes.some((wanted) => classes.has(wanted))) return false;
	}
	return true;
}

function triggerText(trigger: PlaybookTrigger): string {
	return Object.entries(trigger)
		.map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('|') : String(value)}`)
		.join(', ');
}
