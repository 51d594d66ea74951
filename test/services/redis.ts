// A real redis-server on a free port, for the tests that need one.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type RedisServer = { readonly url: string; flush(): void; stop(): Promise<void> };

/** Where CI=true a missing server is a failure, not a skip. */
export function hasRedis(): boolean {
	const isThere = spawnSync('redis-server', ['--version']).status === 0;
	if (!isThere && process.env['CI'] === 'true') throw new Error('redis-server is not installed: CI needs it');
	return isThere;
}

export async function startRedis(): Promise<RedisServer> {
	const port = await new Promise<number>((done) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
		});
	});
	const folder = mkdtempSync(join(tmpdir(), 'interlock-redis-'));
	const child: ChildProcess = spawn(
		'redis-server',
		['--port', String(port), '--bind', '127.0.0.1', '--appendonly', 'yes', '--dir', folder, '--save', ''],
		{ stdio: ['ignore', 'pipe', 'ignore'] },
	);
	await new Promise<void>((done, fail) => {
		child.stdout?.on('data', (chunk: Buffer) => {
			if (chunk.toString().includes('Ready to accept connections')) done();
		});
		child.once('exit', (code) => fail(new Error(`redis-server ended with ${code}`)));
	});
	return {
		url: `redis://127.0.0.1:${port}/2`,
		flush: () => void spawnSync('redis-cli', ['-p', String(port), 'flushall']),
		stop: () =>
			new Promise((done) => {
				child.removeAllListeners('exit');
				child.once('exit', () => {
					rmSync(folder, { recursive: true, force: true });
					done();
				});
				child.kill('SIGTERM');
			}),
	};
}
