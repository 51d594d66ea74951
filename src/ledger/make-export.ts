// Makes exports and proofs out of the database: pages go out as they are read, so the size of the ledger costs no memory.
import { err, ok, type Result } from '../domain/result.ts';
import { type Instant, toIso } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { allCheckpoints, entriesByPlace, lastCheckpoint, personalOf, placeOf } from '../store/read/ledger.ts';
import { EXPORT_FORMAT, EXPORT_VERSION, ExportWriter } from './export.ts';
import { inclusionProof } from './merkle.ts';
import { formatVkey, type VerifierKey } from './note.ts';
import type { EntryProof } from './proof.ts';

/**
 * The lines of an export over everything that the newest checkpoint covers.
 *
 * @param keys         verifier keys of the log, published with it
 * @param withPersonal also the erasable personal values that have not been erased
 */
export async function* exportLines(
	database: Database,
	keys: readonly VerifierKey[],
	origin: string,
	now: Instant,
	withPersonal = false,
): AsyncGenerator<string> {
	const writer = new ExportWriter();
	const checkpoints = await allCheckpoints(database.db);
	const size = checkpoints.at(-1)?.size ?? 0;
	yield writer.line({
		type: 'header',
		format: EXPORT_FORMAT,
		version: EXPORT_VERSION,
		origin,
		size,
		exported_at: toIso(now),
		vkeys: keys.map(formatVkey),
	});
	for await (const page of entriesByPlace(database.db, 0, size)) {
		yield page
			.map(({ place, canonical, leaf }) => writer.line({ type: 'entry', place, canonical, leaf: leaf.toString('hex') }))
			.join('');
	}
	if (withPersonal) {
		for await (const page of entriesByPlace(database.db, 0, size)) {
			const values = await personalOf(
				database.db,
				page.map((entry) => entry.id),
			);
			if (values.length > 0) yield values.map((value) => writer.line({ type: 'personal', ...value })).join('');
		}
	}
	for (const { note } of checkpoints) yield writer.line({ type: 'checkpoint', note });
	yield writer.end();
}

/** The proof of one entry under the newest checkpoint; or why there is none. */
export async function proveEntry(database: Database, entry: string): Promise<Result<EntryProof, string>> {
	const checkpoint = await lastCheckpoint(database.db);
	const index = await placeOf(database.db, entry);
	if (index === null) return err(`there is no sealed entry \`${entry}\``);
	if (checkpoint === null || index >= checkpoint.size)
		return err(`entry \`${entry}\` is not under a checkpoint yet: make one with \`audit checkpoint\``);
	const leaves: Buffer[] = [];
	let canonical: string | null = null;
	for await (const page of entriesByPlace(database.db, 0, checkpoint.size)) {
		for (const row of page) {
			leaves.push(row.leaf);
			if (row.place === index) canonical = row.canonical;
		}
	}
	if (canonical === null || leaves.length !== checkpoint.size)
		return err('the ledger has fewer entries than its checkpoint covers');
	return ok({ canonical, index, hashes: inclusionProof(leaves, index, checkpoint.size), note: checkpoint.note });
}
