// The edge of configuration: reads the folder's files and the files of secrets from disk. It decides nothing.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import type { ConfigReader } from './config-folder.ts';

/** Files in a configuration folder, and bytes of each. */
const FILES_MAX = 5_000;
const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Reads configuration from the file system. */
export const fileReader: ConfigReader = { folder: readFolder, secretFile: readSecretFile };

/** The texts of the YAML and CSV files of a folder and of its subfolders, one level deep. */
export function readFolder(folder: string): Result<ReadonlyMap<string, string>, string> {
	const texts = new Map<string, string>();
	try {
		for (const entry of readdirSync(folder, { withFileTypes: true })) {
			// Kubernetes mounts folders as links: one that is passed over would be rules that nobody keeps.
			const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && isFolderAt(join(folder, entry.name)));
			const inside = isFolder && !entry.name.startsWith('.') ? readdirSync(join(folder, entry.name)) : [];
			const names = isFolder ? inside.map((name) => `${entry.name}/${name}`) : [entry.name];
			for (const name of names) {
				if (!/\.(ya?ml|csv)$/i.test(name)) continue;
				const read = readText(join(folder, name));
				if (!read.ok) return err(`${name}: ${read.error}`);
				if (read.value !== null) texts.set(name, read.value);
				if (texts.size > FILES_MAX) return err(`it holds more than ${FILES_MAX} files`);
			}
		}
	} catch (error) {
		return err(reasonOf(error));
	}
	return ok(texts);
}

function isFolderAt(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readSecretFile(folder: string, path: string): Result<string, string> {
	try {
		const read = readText(resolve(folder, path));
		if (!read.ok) return read;
		return read.value === null ? err('is no file') : ok(read.value);
	} catch (error) {
		return err(reasonOf(error));
	}
}

/** UTF-8 only: a file in another encoding would give names that match nothing. */
function readText(path: string): Result<string | null, string> {
	const { size } = statSync(path);
	if (!statSync(path).isFile()) return ok(null);
	if (size > FILE_BYTES_MAX) return err(`${size} bytes, ${FILE_BYTES_MAX} are allowed`);
	try {
		return ok(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)));
	} catch (error) {
		if (error instanceof TypeError) return err('is not UTF-8 text');
		throw error;
	}
}

function reasonOf(error: unknown): string {
	const code = error instanceof Error && 'code' in error ? error.code : null;
	if (code === 'ENOENT') return 'there is no such file or folder';
	if (code === 'ENOTDIR') return 'is no folder';
	if (code === 'EACCES') return 'may not be read by this user';
	return error instanceof Error ? error.message : String(error);
}
