import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit } from '../../src/cli/audit.ts';
import { incident } from '../../src/cli/incident.ts';
import { auditIo, openConfig, openStore } from '../../src/cli/open.ts';
import { policy } from '../../src/cli/policy.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-open-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function ioOf(env: Record<string, string>) {
	const said = { out: '', err: '' };
	const io = {
		out: (text: string) => {
			said.out += text;
		},
		err: (text: string) => {
			said.err += text;
		},
		stdin: async () => new Uint8Array(),
		env,
	};
	return { io, said };
}

describe('a command beside the server', () => {
	it.each([['export'], ['checkpoint'], ['rebuild'], ['prove', 'led_1']])(
		'audit %s ends with 3 where there is no database, and makes none',
		async (...args) => {
			const data = join(folder, 'data');
			const { io, said } = ioOf({ INTERLOCK_DATA: data });
			expect(await audit(args, auditIo(io))).toBe(3);
			expect(said.err).toContain(`there is no database in the data folder \`${data}\``);
			expect(existsSync(data)).toBe(false);
		},
	);

	it('incident list makes no database either', async () => {
		const { io, said } = ioOf({ INTERLOCK_DATA: folder });
		const code = await incident(['list'], io).catch((error: Error) => {
			said.err += error.message;
			return 3;
		});
		expect(code).toBe(3);
		expect(said.err).toContain('there is no database in the data folder');
		expect(existsSync(join(folder, 'pg'))).toBe(false);
	});

	it('names variable, host and port of a database that does not answer, and never the password', async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		await new Promise((resolve) => server.close(resolve));
		const { io } = ioOf({ DATABASE_URL: `postgres://bot:very-secret@127.0.0.1:${port}/plant`, INTERLOCK_DATA: folder });
		const { environment } = openConfig(io, 0);
		const failed = await openStore(environment, 'share').catch((error: Error) => error.message);
		expect(failed).toContain(`DATABASE_URL: no connection to PostgreSQL at 127.0.0.1:${port}: nothing listens there`);
		expect(failed).toContain('help: check that the server runs');
		expect(failed).not.toContain('very-secret');
	});

	it('throws with every finding told where the configuration is faulty', () => {
		const { io, said } = ioOf({ PORT: 'x', INTERLOCK_CONFIG: join(folder, 'gone') });
		expect(() => openConfig(io, 0)).toThrow('has the faults above');
		expect(said.err).toContain('PORT is `x`');
		expect(said.err).toContain('INTERLOCK_CONFIG names');
	});
});

describe('interlock policy matrix', () => {
	it('takes --json for --format json', async () => {
		const print = async (...args: string[]) => {
			const { io, said } = ioOf({});
			return [await policy(['matrix', ...args], io), said.out];
		};
		const json = await print('--json');
		expect(json).toEqual(await print('--format', 'json'));
		expect(json[0]).toBe(0);
		expect(JSON.parse(String(json[1]))).toBeTruthy();
		expect((await print('--json', '--format', 'csv'))[0]).toBe(2);
	});
});
