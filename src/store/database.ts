// Opens Postgres for the program. Two clients: drizzle's (it changes the JSON serializers of its client) and a raw one for bulk statements.
import postgres from 'postgres';
import { drizzle } from './drizzle.ts';
import * as schema from './schema.ts';

/** Twenty seconds: longer than any statement here should take, shorter than a person's patience. */
const STATEMENT_TIMEOUT_MS = 20_000;

export type Drizzle = ReturnType<typeof drizzle<typeof schema>>;
export type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0];

export type Database = {
	readonly url: string;
	/** The role that was set at connect; null for the account's own rights. */
	readonly role: string | null;
	/** Reads only; what changes goes through record(). */
	readonly db: Drizzle;
	/** Bulk statements of record-alerts.ts and advisory locks. */
	readonly raw: postgres.Sql;
	/** Called after each commit that wrote topics: the relay wakes its queues. */
	onTopics: (topics: readonly string[]) => void;
	/** Called before the clients end: whoever holds a session of his own lets it go. */
	readonly onClose: Set<() => Promise<void>>;
	close(): Promise<void>;
};

/**
 * Connects as the role that may not change the ledger.
 *
 * @param role set at connect; null where the server's owner did not let us make it (the triggers still stand)
 * @param connectionsMax for drizzle's pool; the raw pool has four more
 */
export function openDatabase(url: string, role: string | null, connectionsMax = 6): Database {
	const options = {
		onnotice: () => undefined,
		connect_timeout: 10,
		connection: {
			application_name: 'interlock',
			statement_timeout: STATEMENT_TIMEOUT_MS,
			...(role === null ? {} : { role }),
		},
	};
	const client = postgres(url, { ...options, max: connectionsMax });
	// Its statements are always the same and read nothing out of their parameters: planned once, not each time anew with the rows in view.
	const raw = postgres(url, {
		...options,
		max: 4,
		connection: { ...options.connection, plan_cache_mode: 'force_generic_plan' },
	});
	const onClose = new Set<() => Promise<void>>();
	return {
		url,
		role,
		db: drizzle(client, { schema }),
		raw,
		onTopics: () => undefined,
		onClose,
		async close() {
			await Promise.all([...onClose].map((release) => release()));
			await Promise.all([client.end({ timeout: 5 }), raw.end({ timeout: 5 })]);
		},
	};
}
