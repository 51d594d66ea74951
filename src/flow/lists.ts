// The block lists that firewalls fetch, with what they stand on.
import type { NewEntry } from '../domain/entry.ts';
import { type Inventory, indexInventory } from '../domain/inventory.ts';
import type { ListGround } from '../response/connectors/block-list.ts';
import { createServedLists, type ServedLists } from '../response/connectors/block-list-served.ts';
import type { Database } from '../store/database.ts';
import { readBlockEvents, readIncidentOfStep, readPolls } from '../store/read/block-list.ts';
import { readRuleEvents } from '../store/read/rules.ts';
import { record } from '../store/record.ts';
import { type FlowParts, NO_INVENTORY } from './parts.ts';

/** What the lists that firewalls fetch stand on. */
export function listGround(database: Database, inventory: Inventory): ListGround {
	return {
		inventory,
		reader: {
			events: (connector) => readBlockEvents(database, connector),
			polls: (lists) => readPolls(database, lists),
			incidentOf: (step) => readIncidentOfStep(database, step),
			rules: (connector) => readRuleEvents(database, connector),
		},
	};
}

/** Null where no list is configured. */
export type Lists = ServedLists | null;

/** The lists of the configuration; null where there are none. */
export function listsOf({ config, database, clock }: FlowParts): Lists {
	const own = config.connectors.flatMap((connector) =>
		connector.config.kind === 'block-list'
			? [{ config: connector.config, secret: connector.secret?.reveal() ?? null }]
			: [],
	);
	if (own.length === 0) return null;
	const note = async (entry: NewEntry): Promise<void> => {
		await record(database, { entries: [entry] }, clock());
	};
	const inventory = indexInventory(config.inventory ?? NO_INVENTORY);
	return createServedLists(own, listGround(database, inventory), note, clock);
}
