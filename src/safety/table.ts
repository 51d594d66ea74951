// The whole safety table, in the order of docs/safety.md: what an auditor reads first. Rows are data; decide.ts asks them.
import type { ActionName } from './actions.ts';
import type { Row } from './row.ts';
import { HOST_ROWS } from './rows/host.ts';
import { IDENTITY_ROWS } from './rows/identity.ts';
import { INFORM_ROWS } from './rows/inform.ts';
import { EDGE_ROWS, SWITCH_ROWS } from './rows/network.ts';
import { PROCESS_ROWS } from './rows/process.ts';
import { PRODUCT_ROWS } from './rows/product.ts';
import { SCAN_ROWS } from './rows/scan.ts';

export const ROWS: readonly Row[] = [
	...INFORM_ROWS,
	...SCAN_ROWS,
	...EDGE_ROWS,
	...SWITCH_ROWS,
	...IDENTITY_ROWS,
	...HOST_ROWS,
	...PROCESS_ROWS,
	...PRODUCT_ROWS,
];

/**
 * Rows that zone state never raises (G4): they only inform, record, or read what is already stored. P01 only posts text, as
 * R01 does. A bot that may not even call people when the state is unknown is the worse danger.
 */
export const ROWS_ZONE_STATE_NEVER_RAISES: readonly string[] = [
	'R01',
	'R02',
	'R03',
	'R04',
	'R05',
	'R06',
	'R08',
	'R11',
	'R13',
	'R16',
	'P01',
];

const BY_ACTION = new Map<ActionName, Row[]>();
for (const row of ROWS) {
	for (const action of row.actions) BY_ACTION.set(action, [...(BY_ACTION.get(action) ?? []), row]);
}

/** The rows that name the action; none for one that only has the rules. */
export function rowsOf(action: ActionName): readonly Row[] {
	return BY_ACTION.get(action) ?? [];
}

/** A row by its id, for its words. C12 stands twice under one id: directly, and from the copy. */
export function rowsById(id: string): readonly Row[] {
	return ROWS.filter((row) => row.id === id);
}
