import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSecretFiles } from '../../src/config/secret-files.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a folder of secrets', () => {
	it('stands for variables, by the name of each file, without its last line end', () => {
		writeFileSync(join(folder, 'SLACK_BOT_TOKEN'), 'xoxb-1\n');
		writeFileSync(join(folder, 'OKTA_KEY'), '-----BEGIN-----\nabc\n-----END-----\r\n');
		expect(withSecretFiles({ INTERLOCK_SECRETS: folder, PORT: '8080' })).toEqual({
			...{ INTERLOCK_SECRETS: folder, PORT: '8080' },
			...{ SLACK_BOT_TOKEN: 'xoxb-1', OKTA_KEY: '-----BEGIN-----\nabc\n-----END-----' },
		});
	});

	it('is the one of systemd where no other is named', () => {
		writeFileSync(join(folder, 'REDIS_URL'), 'redis://queue');
		expect(withSecretFiles({ CREDENTIALS_DIRECTORY: folder })['REDIS_URL']).toBe('redis://queue');
		const other = join(folder, 'other');
		mkdirSync(other);
		expect(withSecretFiles({ CREDENTIALS_DIRECTORY: folder, INTERLOCK_SECRETS: other })['REDIS_URL']).toBeUndefined();
	});

	it('may hold what Kubernetes mounts: links to files, and folders of its own', () => {
		mkdirSync(join(folder, '..data'));
		writeFileSync(join(folder, '..data', 'REDIS_URL'), 'redis://queue\n');
		symlinkSync(join('..data', 'REDIS_URL'), join(folder, 'REDIS_URL'));
		mkdirSync(join(folder, 'FOLDER'));
		writeFileSync(join(folder, 'pan.key'), 'for secret_file');
		expect(withSecretFiles({ INTERLOCK_SECRETS: folder })).toEqual({
			...{ INTERLOCK_SECRETS: folder, REDIS_URL: 'redis://queue' },
		});
	});

	it('and a variable of the same name is an error: nobody guesses which counts', () => {
		writeFileSync(join(folder, 'REDIS_URL'), 'redis://queue');
		const env = { INTERLOCK_SECRETS: folder, REDIS_URL: 'redis://other-secret' };
		expect(() => withSecretFiles(env)).toThrow(/REDIS_URL is a variable and the file /);
		expect(() => withSecretFiles(env)).not.toThrow(/other-secret/);
		expect(withSecretFiles({ ...env, REDIS_URL: '' })['REDIS_URL']).toBe('redis://queue');
	});

	it('that is not there, or holds too much, is an error with its name', () => {
		expect(() => withSecretFiles({ INTERLOCK_SECRETS: join(folder, 'none') })).toThrow(/the folder of secrets .*none/);
		writeFileSync(join(folder, 'BIG'), 'x'.repeat(65_537));
		expect(() => withSecretFiles({ INTERLOCK_SECRETS: folder })).toThrow(/BIG has 65537 bytes/);
	});

	it('that is named nowhere changes nothing', () => {
		const env = { PORT: '8080' };
		expect(withSecretFiles(env)).toBe(env);
	});
});
