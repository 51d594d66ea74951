// What the ledger says about deputies: who named whom, who accepted, what was ended. Reads only. NOT here: what it means (chat/deputies.ts).
import { leafHash } from '../../domain/canonical.ts';
import type { Database } from '../database.ts';
import { sql } from '../drizzle.ts';

/** Canonical texts of the entries about deputies since then, oldest first; one whose text is not what was hashed is left out. */
export async function readDeputyEntries(database: Database, since: number): Promise<readonly string[]> {
	const rows = await database.db.execute<{ canonical: string; leaf: Buffer }>(sql`
		SELECT canonical, leaf FROM ledger_entries
		WHERE kind IN ('deputy.named', 'deputy.accepted', 'deputy.ended') AND at > ${since} ORDER BY seq`);
	return rows.flatMap((row) => (leafHash(Buffer.from(row.canonical, 'utf8')).equals(row.leaf) ? [row.canonical] : []));
}
