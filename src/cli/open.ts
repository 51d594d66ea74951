// Opens what a command needs: the configuration, and the database it names (the embedded one where it names none).
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Config, loadConfig } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import { fileReader } from '../config/read-folder.ts';
import type { Finding } from '../domain/result.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { embeddedExists, startEmbedded } from '../store/embedded.ts';
import { migrateDatabase } from '../store/migrate.ts';
import type { AuditIo } from './audit.ts';
import type { Io } from './io.ts';

/**
 * The configuration, its warnings told.
 *
 * @throws Error with every finding told before: a command without its configuration could not run (exit code 3)
 */
export function openConfig(io: Io, now: number): Config {
	const config = tellConfig(io, now);
	if (config !== null) return config;
	throw new Error('nothing was done: environment or configuration has the faults above');
}

/** The configuration, or null with every finding told. */
export function tellConfig(io: Io, now: number): Config | null {
	const loaded = loadConfig(io.env, fileReader, now);
	for (const finding of loaded.ok ? loaded.value.warnings : loaded.error) io.err(findingLine(finding));
	return loaded.ok ? loaded.value : null;
}

/** `file:line:column: message`, and the way out on its own line. */
export function findingLine(finding: Finding): string {
	const place = finding.line > 0 ? `${finding.file}:${finding.line}:${finding.column}` : finding.file;
	const help = finding.help === undefined ? '' : `\n    help: ${finding.help}`;
	return `${place}: ${finding.level === 'warning' ? 'warning: ' : ''}${finding.message}${help}`;
}

export type Store = {
	readonly database: Database;
	/** For the queue: the database's own URL, as the program's account. */
	readonly runUrl: string;
	readonly isEmbedded: boolean;
	/** Set where the account could not make the role that may not change the ledger. */
	readonly warning: string | null;
	close(): Promise<void>;
};

/**
 * Connects, migrating first.
 *
 * @param mode `own` for the server (one per data folder), `share` for a command beside it: it makes no database
 * @throws Error in words for the person at the terminal
 */
export async function openStore(environment: Environment, mode: 'own' | 'share'): Promise<Store> {
	if (mode === 'own') mkdirSync(environment.dataFolder, { recursive: true });
	else if (environment.databaseUrl === null && !embeddedExists(environment.dataFolder))
		throw new Error(
			`there is no database in the data folder \`${environment.dataFolder}\`: set INTERLOCK_DATA to the folder that ` +
				'`interlock serve` uses, or DATABASE_URL to its database',
		);
	const embedded = environment.databaseUrl === null ? await startEmbedded(environment.dataFolder, mode) : null;
	try {
		const runUrl = embedded?.runUrl ?? environment.databaseUrl?.reveal() ?? '';
		const migrateUrl = embedded?.migrateUrl ?? environment.databaseMigrateUrl?.reveal() ?? runUrl;
		const role = await migrateDatabase(migrateUrl, runUrl);
		const database = openDatabase(runUrl, role);
		return {
			database,
			runUrl,
			isEmbedded: embedded !== null,
			warning:
				role === null
					? 'the database account may not create roles: the ledger is guarded by triggers only. Set DATABASE_MIGRATE_URL to an account that may.'
					: null,
			async close() {
				await database.close();
				await embedded?.stop();
			},
		};
	} catch (error) {
		await embedded?.stop();
		throw embedded === null ? (connectionFault(error, environment) ?? error) : error;
	}
}

/** What the database driver and the system say when there is no connection, for people. */
const CONNECTION_FAULTS: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'nothing listens there',
	ENOTFOUND: 'there is no host of that name',
	EAI_AGAIN: 'the host name cannot be looked up now',
	EHOSTUNREACH: 'the host cannot be reached',
	ENETUNREACH: 'the network cannot be reached',
	ETIMEDOUT: 'no answer',
	ECONNRESET: 'the connection was cut',
	CONNECT_TIMEOUT: 'no answer',
	CONNECTION_CLOSED: 'the connection was cut',
	CONNECTION_ENDED: 'the connection was cut',
	'28P01': 'the password is wrong',
	'28000': 'the account may not log in',
	'3D000': 'there is no database of that name',
	'53300': 'it takes no more connections',
	'57P03': 'it is starting up or shutting down',
};

/** A failed connection in words: variable, host and port and a way out; never the account's password. Null for another error. */
export function connectionFault(error: unknown, environment: Environment): Error | null {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const cause =
		error instanceof Error && error.cause instanceof Error && !(code in CONNECTION_FAULTS) ? error.cause : null;
	if (cause !== null) return connectionFault(cause, environment);
	const reason = CONNECTION_FAULTS[code];
	// Tables are made first, as their owner where one is named.
	const [name, url] =
		environment.databaseMigrateUrl === null
			? (['DATABASE_URL', environment.databaseUrl] as const)
			: (['DATABASE_MIGRATE_URL', environment.databaseMigrateUrl] as const);
	if (reason === undefined || url === null) return null;
	const { hostname, port } = new URL(url.reveal());
	return new Error(
		`${name}: no connection to PostgreSQL at ${hostname === '' ? 'localhost' : hostname}:${port === '' ? '5432' : port}: ${reason} (${code})\n` +
			`    help: check that the server runs and that ${name} is right; without DATABASE_URL an embedded database is used`,
	);
}

/** What `interlock audit` needs beside the command line: the database is opened only by the subcommands that ask for it. */
export function auditIo(io: Io): AuditIo {
	return {
		...io,
		now: Date.now,
		user: userInfo().username,
		async open() {
			const config = openConfig(io, Date.now());
			const store = await openStore(config.environment, 'share');
			const { origin, checkpoint_every, checkpoint_entries } = config.settings.ledger;
			return {
				database: store.database,
				dataFolder: config.environment.dataFolder,
				origin,
				settings: { checkpointEveryMs: checkpoint_every, checkpointEntries: checkpoint_entries },
				close: () => store.close(),
			};
		},
	};
}
