import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';

const answers = async (url: string): Promise<boolean> => {
	const client = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => undefined });
	try {
		return (await client`SELECT 1 AS one`)[0]?.['one'] === 1;
	} catch {
		return false;
	} finally {
		await client.end({ timeout: 1 });
	}
};
const pidOf = (folder: string): number =>
	Number(readFileSync(join(folder, 'pg/postmaster.pid'), 'utf8').split('\n')[0]);
const isAlive = (pid: number): boolean => {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
};

describe('the embedded PostgreSQL', () => {
	it('comes back by itself, on the same port and with its rows, when it is killed under us; and leaves nothing behind', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-embedded-'));
		// mkdtemp makes it private, and the server runs as another user where we are root.
		chmodSync(folder, 0o711);
		const data = join(folder, 'data');
		let server: Embedded | null = null;
		try {
			server = await startEmbedded(data, 'own');
			const first = pidOf(data);
			const owner = postgres(server.migrateUrl, { max: 1, onnotice: () => undefined });
			await owner`CREATE TABLE kept (n int)`;
			await owner`INSERT INTO kept VALUES (7)`;
			process.kill(first, 'SIGKILL');
			let isBack = false;
			for (let i = 0; i < 100 && !isBack; i++) {
				await new Promise((done) => setTimeout(done, 200));
				isBack = await answers(server.runUrl);
			}
			expect(isBack).toBe(true);
			expect(pidOf(data)).not.toBe(first);
			expect((await owner`SELECT n FROM kept`)[0]?.['n']).toBe(7);
			await owner.end({ timeout: 1 });
			await expect(startEmbedded(data, 'own')).rejects.toThrow('another Interlock runs on');
			const shared = await startEmbedded(data, 'share');
			expect([shared.isOwner, shared.runUrl]).toEqual([false, server.runUrl]);
			const last = pidOf(data);
			await server.stop();
			expect(isAlive(last)).toBe(false);
		} finally {
			await server?.stop();
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
