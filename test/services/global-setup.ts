// One embedded PostgreSQL for the whole run, with a migrated template that each test file clones.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrateDatabase } from '../../src/store/migrate.ts';

declare module 'vitest' {
	export interface ProvidedContext {
		runUrl: string;
		migrateUrl: string;
		role: string | null;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-test-'));
	// Files run side by side, as many as there are processors, and some hold several programs.
	const embedded = await startEmbedded(join(folder, 'data'), 'own', 1_000);
	const role = await migrateDatabase(embedded.migrateUrl, embedded.runUrl);
	const owner = postgres(embedded.migrateUrl.replace(/\/interlock$/, '/postgres'), {
		max: 1,
		onnotice: () => undefined,
	});
	await owner.unsafe('ALTER DATABASE interlock WITH IS_TEMPLATE true ALLOW_CONNECTIONS false');
	await owner.end();
	project.provide('runUrl', embedded.runUrl);
	project.provide('migrateUrl', embedded.migrateUrl);
	project.provide('role', role);
	return async () => {
		await embedded.stop();
		rmSync(folder, { recursive: true, force: true });
	};
}
