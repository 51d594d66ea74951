// The inventory file of the configuration folder, read and replaced whole, and the ledger entry that goes with a change. What is written
// is decided in config/inventory-plan.ts and inventory-write.ts.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import type { InventoryData } from '../domain/asset.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { embeddedExists } from '../store/embedded.ts';
import { record } from '../store/record.ts';
import type { Io } from './io.ts';
import { openConfig, openStore } from './open.ts';

/** Ends a command early: what to say, and the exit code (DESIGN.md, Command line). */
export class Stop extends Error {
	readonly code: 1 | 2 | 3;
	constructor(code: 1 | 2 | 3, message: string) {
		super(message);
		this.code = code;
	}
}

export type Held = {
	readonly config: Config;
	readonly path: string;
	/** Empty where there is no inventory.yaml yet. */
	readonly text: string;
	readonly data: InventoryData;
	/** Set where the folder keeps its inventory as CSV: it is read, never written. */
	readonly isCsv: boolean;
};

/** @throws Stop 3 without a folder; Error with every finding told where the configuration has faults */
export function openInventory(io: Io, now: Instant): Held {
	const folder = io.env['INTERLOCK_CONFIG'] ?? '';
	if (folder === '')
		throw new Stop(
			3,
			'INTERLOCK_CONFIG is not set: it names the folder whose inventory this is\n    help: `interlock init FOLDER` writes a first one',
		);
	const config = openConfig(io, now);
	const isCsv = existsSync(join(folder, 'inventory.csv'));
	const path = join(folder, isCsv ? 'inventory.csv' : 'inventory.yaml');
	const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
	const data = text === '' ? null : loadInventoryFile(text, path, now).data;
	return { config, path, text, data: data ?? { assets: [], zones: [], conduits: [], confirmedAt: now }, isCsv };
}

/** @throws Stop 1 where the inventory is a CSV file: it can hold neither comments nor the origin of a value */
export function refuseCsv({ isCsv, path }: Held): void {
	if (!isCsv) return;
	throw new Stop(
		1,
		`${path}: changes are written to inventory.yaml only, which keeps comments and where each value came from\n    help: move inventory.csv out of the folder, then: interlock inventory import THAT.csv --from csv --apply`,
	);
}

/**
 * Replaces the file and records it. The ledger's database is opened first: where one is configured and cannot be reached, nothing is written.
 *
 * @throws Stop 1 where the text cannot be written or the file has changed meanwhile
 */
export async function replaceInventory(
	held: Held,
	written: Result<string, string>,
	entry: Pick<NewEntry, 'kind' | 'data'>,
	io: Io,
	now: Instant,
): Promise<void> {
	if (!written.ok) throw new Stop(1, `nothing was changed: ${held.path}: ${written.error}`);
	const { environment } = held.config;
	const hasDatabase = environment.databaseUrl !== null || embeddedExists(environment.dataFolder);
	const store = hasDatabase ? await openStore(environment, 'share') : null;
	try {
		replaceFile(held, written.value);
		if (store === null) {
			io.err('There is no database here: the change is in the file and not in the ledger.');
			return;
		}
		const actor = { kind: 'system', id: userInfo().username } as const;
		await record(store.database, { entries: [{ ...entry, actor, at: now, incident: null, refs: [] }] }, now);
	} finally {
		await store?.close();
	}
}

function replaceFile({ path, text }: Held, written: string): void {
	const now = existsSync(path) ? readFileSync(path, 'utf8') : '';
	if (now !== text)
		throw new Stop(1, `nothing was changed: ${path} was changed by somebody else meanwhile: run this again`);
	const beside = `${path}.new`;
	writeFileSync(beside, written, { mode: existsSync(path) ? statSync(path).mode & 0o777 : 0o644, flush: true });
	renameSync(beside, path);
}
