// The program's own stop: where the ledger does not fit or the gate itself fails, nothing more is begun until two people lift it. The freeze
// is one like any other (thaw.ts). NOT here: noticing the fault.
import { makeId } from '../domain/id.ts';
import type { Person, Role } from '../domain/person.ts';
import type { Instant } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { readFreezes } from '../store/read/chat.ts';
import { type Change, record } from '../store/record.ts';

/** Who set it, in the table and in the ledger. */
export const SELF = 'interlock';

/** Who is written to, and how many of them: a freeze of everything is somebody's business at once. */
const TOLD_ROLES: readonly Role[] = ['incident_lead', 'it_lead', 'ot_operator', 'admin'];
const TOLD_MAX = 10;

/**
 * Freezes everything, unless the program has done so already and nobody has lifted it.
 *
 * @param why     in words for people, for the ledger and the messages
 * @returns whether a freeze was set now
 */
export async function freezeItself(
	database: Database,
	why: string,
	people: readonly Person[],
	now: Instant,
	random: () => number,
): Promise<boolean> {
	const standing = await readFreezes(database);
	if (standing.some((freeze) => freeze.set_by === SELF && freeze.scope === 'all')) return false;
	const id = makeId('frz', now, random);
	const reason = why.slice(0, 500).toWellFormed();
	const told = people
		.filter((person) => person.slack !== null && person.roles.some((held) => TOLD_ROLES.includes(held.role)))
		.slice(0, TOLD_MAX);
	const text = `Everything is frozen, by the program itself: ${reason}. Nothing new starts. Find out why; two people lift it: /interlock thaw all`;
	const messages = told.map((person) => ({
		...{ id: makeId('pst', now, random), key: `self-freeze:${id}:${person.id}`, channel: person.slack ?? '' },
		...{ text, state: 'pending' as const, created_at: now, updated_at: now },
	}));
	await record(
		database,
		{
			entries: [
				{
					...{ kind: 'freeze.set', actor: { kind: 'system', id: SELF }, at: now, incident: null, refs: [id] },
					data: { scope: 'all', reason },
				},
			],
			changes: [
				{ op: 'insert', table: 'freezes', row: { id, scope: 'all', reason, set_by: SELF, set_at: now } },
				...messages.map((row): Change => ({ op: 'insert', table: 'messages', row })),
			],
			topics: messages.map((row) => ({ topic: 'post', key: row.id })),
		},
		now,
	);
	return true;
}
