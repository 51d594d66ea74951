// What the command `drill` is judged on: scenarios, inventory, hours, the drills so far and what is real at the moment. Reads only.
import type { DrillScenario } from '../domain/drill-scenario.ts';
import type { Drill, DrillEntry } from '../domain/drill-state.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Person } from '../domain/person.ts';
import type { Database } from '../store/database.ts';
import { readDrillEntries, readDrills, readRealAlarm } from '../store/read/drill.ts';
import { cryptoRandom } from '../store/record.ts';

/** What is handed in from outside the database. */
export type DrillGround = {
	readonly scenarios: readonly DrillScenario[];
	readonly inventory: Inventory;
	/** IANA time zone of a site; null for the whole plant. */
	readonly timeZoneOf: (site: string | null) => string;
};

export type DrillDesk = DrillGround & {
	/** The newest, newest first. */
	readonly drills: readonly Drill[];
	/** The drill that the command is about, with its entries: the one that was named, else the newest. */
	readonly named: { readonly drill: Drill; readonly entries: readonly DrillEntry[] } | null;
	readonly realAlarm: { readonly number: number; readonly title: string } | null;
	readonly people: readonly Person[];
	readonly random: () => number;
};

/** @returns null where no scenarios were handed in */
export async function readDrillDesk(
	desk: {
		readonly database: Database;
		readonly directory: { readonly people: readonly Person[] };
		readonly drills?: DrillGround;
	},
	words: readonly string[],
): Promise<DrillDesk | null> {
	if (desk.drills === undefined) return null;
	const drills = await readDrills(desk.database);
	const word = words[1];
	const drill = word === undefined || words[0] === 'start' ? drills[0] : drills.find((one) => one.id === word);
	const wants = words[0] === 'report' || words[0] === 'status';
	const entries = drill === undefined || !wants ? [] : await readDrillEntries(desk.database, drill.id);
	return {
		...desk.drills,
		drills,
		named: drill === undefined ? null : { drill, entries },
		realAlarm: await readRealAlarm(desk.database),
		people: desk.directory.people,
		random: cryptoRandom,
	};
}
