// A fresh database per test file, cloned from the migrated template; real PostgreSQL, never a stand-in.
import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';

export type Fresh = {
	readonly database: Database;
	readonly runUrl: string;
	readonly migrateUrl: string;
	/** A connection of the tables' owner, for tests that play the attacker with rights. */
	owner(): postgres.Sql;
	close(): Promise<void>;
};

export async function freshDatabase(): Promise<Fresh> {
	const name = `t_${randomBytes(6).toString('hex')}`;
	const admin = postgres(inject('migrateUrl').replace(/\/interlock$/, '/postgres'), {
		max: 1,
		onnotice: () => undefined,
	});
	await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE interlock`);
	await admin.unsafe(`GRANT CREATE ON DATABASE ${name} TO interlock`);
	const runUrl = inject('runUrl').replace(/\/interlock$/, `/${name}`);
	const migrateUrl = inject('migrateUrl').replace(/\/interlock$/, `/${name}`);
	const database = openDatabase(runUrl, inject('role'));
	const owners: postgres.Sql[] = [];
	return {
		database,
		runUrl,
		migrateUrl,
		owner() {
			const client = postgres(migrateUrl, { max: 1, onnotice: () => undefined });
			owners.push(client);
			return client;
		},
		async close() {
			await database.close();
			for (const client of owners) await client.end({ timeout: 2 });
			await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
			await admin.end();
		},
	};
}
