// Brings the database to this program's schema, once, under an advisory lock, and sets the rights of the program's role.
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { drizzle, migrate } from './drizzle.ts';

/** Advisory lock numbers are ours alone: 'ilck' as ASCII, and a second number for each purpose. */
export const LOCK_SPACE = 0x696c636b;
export const LOCK_MIGRATE = 1;
export const LOCK_CORRELATE = 3;
export const LOCK_SILENCE = 5;

/** The role the program runs as: SELECT and INSERT on the ledger, nothing else there. */
export const APP_ROLE = 'interlock_app';

const FOLDER = fileURLToPath(new URL('../../drizzle', import.meta.url));

const RIGHTS = `
GRANT USAGE, CREATE ON SCHEMA public TO ${APP_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${APP_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${APP_ROLE};
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries, ledger_seals, ledger_checkpoints FROM ${APP_ROLE};
REVOKE CREATE ON SCHEMA public FROM ${APP_ROLE};
`;

/**
 * Applies what is missing of drizzle/ and sets rights. Safe to call from many processes at once.
 *
 * @param migrateUrl an account that owns the tables (DATABASE_MIGRATE_URL, else DATABASE_URL)
 * @param runUrl the account that the program connects with; it is made a member of the role
 * @returns the role to run as, or null where the account may not make roles: then only the triggers guard the ledger, and the caller says so
 */
export async function migrateDatabase(migrateUrl: string, runUrl: string): Promise<string | null> {
	const client = postgres(migrateUrl, { max: 1, onnotice: () => undefined, connect_timeout: 10 });
	try {
		await client`SELECT pg_advisory_lock(${LOCK_SPACE}, ${LOCK_MIGRATE})`;
		await migrate(drizzle(client), { migrationsFolder: FOLDER });
		return await setRights(client, new URL(runUrl).username);
	} finally {
		await client.end({ timeout: 5 });
	}
}

async function setRights(client: postgres.Sql, runUser: string): Promise<string | null> {
	try {
		const [held] = await client`SELECT 1 FROM pg_roles WHERE rolname = ${APP_ROLE}`;
		if (held === undefined) await client.unsafe(`CREATE ROLE ${APP_ROLE} NOLOGIN`);
		await client.unsafe(RIGHTS);
		const user = runUser === '' ? client.options.user : decodeURIComponent(runUser);
		await client.unsafe(`GRANT ${APP_ROLE} TO "${String(user).replaceAll('"', '""')}"`);
		return APP_ROLE;
	} catch (cause) {
		// 42501: this account may not make roles. Anything else is a fault that must be seen.
		if (cause instanceof postgres.PostgresError && cause.code === '42501') return null;
		throw cause;
	}
}
