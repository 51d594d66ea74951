#!/usr/bin/env node
// Starts src/main.ts on a Node that runs TypeScript: this one from version 24, else the one that npm installed beside us.
// Plain JavaScript on purpose: it must run on any Node from 20 up.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
	await import(main);
} else {
	const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
	let node;
	try {
		node = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
	} catch {
		console.error(
			`interlock needs Node ${MAJOR_MIN} or newer: this is ${process.version}, and the package ${name} is not installed.\n` +
				`Install Node ${MAJOR_MIN}, or run npm ci with optional packages.`,
		);
		process.exit(3);
	}
	const child = spawn(node, [main, ...process.argv.slice(2)], {
		stdio: 'inherit',
		// Child processes of ours find the same Node first.
		env: {
			...process.env,
			PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}`,
			INTERLOCK_PARENT: String(process.pid),
		},
	});
	// The terminal sends Ctrl-C to both; a kill of this process alone must reach the program too.
	for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
	process.on('SIGINT', () => undefined);
	child.on('exit', (code, signal) => {
		if (signal === null) process.exit(code ?? 3);
		// Ends as the program did: a handler of ours would swallow it.
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}
