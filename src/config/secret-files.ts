// Secrets as files of one folder, each named as the variable that it stands for: what systemd (LoadCredential) and Kubernetes (a mounted Secret) give
// a program instead of its environment, which children inherit and crash reports copy.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

const BYTES_MAX = 64 * 1024;
const NAME = /^[A-Z][A-Z0-9_]{0,99}$/;

/**
 * The environment with the files of the folder that INTERLOCK_SECRETS names, or else systemd's CREDENTIALS_DIRECTORY, as variables. Files whose names are
 * not those of variables are left alone: a connector names them by `secret_file`. The last line end does not belong to a secret.
 *
 * @throws Error in words where the folder cannot be read, or a variable is set as well: which of the two counts is nothing to guess about
 */
export function withSecretFiles(env: Variables): Variables {
	const own = env['INTERLOCK_SECRETS'] ?? '';
	const folder = own === '' ? (env['CREDENTIALS_DIRECTORY'] ?? '') : own;
	if (folder === '') return env;
	const found: Record<string, string> = {};
	for (const name of namesIn(folder)) {
		const path = join(folder, name);
		const size = sizeOf(path);
		if (size === null) continue;
		if (size > BYTES_MAX) throw new Error(`${path} has ${size} bytes: a secret has at most ${BYTES_MAX}`);
		if ((env[name] ?? '') !== '') throw new Error(`${name} is a variable and the file ${path}: take one of them away`);
		found[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
	}
	return { ...env, ...found };
}

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder).filter((name) => NAME.test(name));
	} catch (error) {
		throw new Error(
			`the folder of secrets ${folder} cannot be read: ${error instanceof Error ? error.message : error}`,
		);
	}
}

/** Bytes of a file; null for what is none. Kubernetes mounts links, which are followed. */
function sizeOf(path: string): number | null {
	const stat = statSync(path);
	return stat.isFile() ? stat.size : null;
}
