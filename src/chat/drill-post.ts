// Words of a drill that stand in the way of a real alarm wait: pages and notes that were under way when the drill was suspended are not sent before
// a person lets it go on, and not at all once it is over. What says that it is suspended or over goes ahead of everything.
import { DRILL_WAIT_MS, isDrill } from '../domain/drill.ts';
import type { Instant } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { readDrill } from '../store/read/drill.ts';

type Row = { readonly key: string; readonly incident: string | null };

/** True for what the drill itself says: suspended, over. */
export function isDrillsOwn(row: Row): boolean {
	return isDrill(row.incident) && row.key.startsWith('drill:');
}

/** When to look again at a message that is held back; `never` where its drill is over, null where nothing holds it. */
export async function heldByDrill(database: Database, row: Row, now: Instant): Promise<Instant | 'never' | null> {
	if (row.incident === null || !isDrill(row.incident) || isDrillsOwn(row)) return null;
	const drill = await readDrill(database, row.incident);
	if (drill === null || drill.ended !== null) return 'never';
	return drill.suspended === null ? null : now + DRILL_WAIT_MS;
}
