// Which of several processes does work that only one may do: the one whose session holds a Postgres advisory lock.
// The lock ends with the session, so a holder that dies leaves nothing behind. What the work is stands elsewhere.
import postgres from 'postgres';
import type { Database } from './database.ts';
import { LOCK_SPACE } from './migrate.ts';

export type Lead = {
	/**
	 * Asks for the lead, or whether it still is ours: one round trip.
	 *
	 * @returns `new` where it was taken just now (whatever was known from before may be out of date), `kept`, or `elsewhere`
	 * @throws the driver's error where Postgres cannot be reached
	 */
	take(): Promise<'new' | 'kept' | 'elsewhere'>;
	/** Lets it go; a later take() may win it again. */
	release(): Promise<void>;
};

/**
 * A lead on one piece of work.
 *
 * @param work one of the LOCK_ numbers of migrate.ts
 */
export function openLead(database: Database, work: number): Lead {
	let client: postgres.Sql | null = null;
	let session: number | null = null;
	const release = async (): Promise<void> => {
		const old = client;
		client = null;
		session = null;
		await old?.end({ timeout: 2 });
	};
	database.onClose.add(release);
	return {
		async take() {
			// A session of its own, for as long as the process lives: not a pooled one, which ends after its time.
			client ??= postgres(database.url, {
				max: 1,
				onnotice: () => undefined,
				connect_timeout: 10,
				idle_timeout: 0,
				max_lifetime: null,
				connection: { application_name: 'interlock lead' },
			});
			if (session !== null) {
				// After a cut the client connects again by itself; the lock went with the old session.
				const [row] = await client`SELECT pg_backend_pid() AS session`.catch(() => []);
				if (row?.['session'] === session) return 'kept';
				session = null;
			}
			const [row] = await client`
				SELECT pg_try_advisory_lock(${LOCK_SPACE}, ${work}) AS held, pg_backend_pid() AS session`;
			if (row?.['held'] !== true) return 'elsewhere';
			session = Number(row['session']);
			return 'new';
		},
		release,
	};
}
