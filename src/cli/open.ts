// Opens what a command needs: the configuration, and the database it names (the embedded one where it names none).
import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Config, loadConfig } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import { fileReader } from '../config/read-folder.ts';
import type { Finding } from '../domain/result.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { startEmbedded } from '../store/embedded.ts';
import { migrateDatabase } from '../store/migrate.ts';
import type { AuditIo } from './audit.ts';
import type { Io } from './io.ts';

/** The configuration, or null with every finding told. */
export function openConfig(io: Io, now: number): Config | null {
	const loaded = loadConfig(io.env, fileReader, now);
	if (loaded.ok) {
		for (const finding of loaded.value.warnings) io.err(findingLine(finding));
		return loaded.value;
	}
	for (const finding of loaded.error) io.err(findingLine(finding));
	return null;
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
 * @param mode `own` for the server (one per data folder), `share` for a command beside it
 */
export async function openStore(environment: Environment, mode: 'own' | 'share'): Promise<Store> {
	mkdirSync(environment.dataFolder, { recursive: true });
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
		throw error;
	}
}

/** What `interlock audit` needs beside the command line: the database is opened only by the subcommands that ask for it. */
export function auditIo(io: Io): AuditIo {
	return {
		...io,
		now: Date.now,
		user: userInfo().username,
		async open() {
			const config = openConfig(io, Date.now());
			if (config === null) throw new Error('the configuration has faults (above)');
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
