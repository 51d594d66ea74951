// `interlock inventory ...`: the assets, how old what is known of them is, what alerts name beside them, and imports of other systems' lists.
// A command beside DESIGN.md's own; docs/inventory.md tells it.

import { dismiss, take } from './inventory-edit.ts';
import { importInventory } from './inventory-import.ts';
import { age, list, unknown } from './inventory-list.ts';
import { Stop } from './inventory-store.ts';
import { EXIT, type Io } from './io.ts';

const USAGE = `usage: interlock inventory import FILE...|URL|- --from netbox|nozomi|claroty-ctd|claroty-xdome|csv|yaml
           [--accept-looser ID]... [--accept-looser-file FILE] [--token-env NAME] [--apply] [--json]
       interlock inventory list [--json]
       interlock inventory age [--stale] [--json]
       interlock inventory unknown [--dismissed] [--json]
       interlock inventory take NAME (--id ID | --to ASSET) [--kind K] [--purdue L] [--zone Z] [--site S] [--criticality N]
           [--domain it|ot] [--vendor V] [--owner O] [--accept-looser ID] [--apply] [--json]
       interlock inventory dismiss NAME [--note TEXT]`;

const COMMANDS: Readonly<Record<string, (args: string[], io: Io, now: number) => Promise<number>>> = {
	import: importInventory,
	list,
	age,
	unknown,
	take,
	dismiss,
};

/** @returns 0 done, 1 a finding (looser changes held back, conflicts, stale assets, a faulty file), 2 wrong usage, 3 could not run */
export async function inventory(args: string[], io: Io): Promise<number> {
	const [name = '', ...rest] = args;
	const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
	if (command === undefined) {
		io.err(USAGE);
		return EXIT.usage;
	}
	try {
		return await command(rest, io, Date.now());
	} catch (error) {
		const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
		if (!(error instanceof Error)) throw error;
		io.err(
			`inventory ${name}: ${error.message}${isUsage || (error instanceof Stop && error.code === EXIT.usage) ? `\n${USAGE}` : ''}`,
		);
		return error instanceof Stop ? error.code : isUsage ? EXIT.usage : EXIT.unable;
	}
}
