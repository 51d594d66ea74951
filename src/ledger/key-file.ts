// The edge that keeps the ledger's signing key: a file outside the database, readable by its owner only, and beside it every
// verifier key that ever signed. A database's thief or administrator cannot sign with what the database holds.
import { randomBytes } from 'node:crypto';
import {
	chmodSync,
	closeSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../domain/result.ts';
import {
	formatSigner,
	formatVkey,
	parseSigner,
	parseVkey,
	type SignerKey,
	type VerifierKey,
	verifierOf,
} from './note.ts';

const KEY_FILE = 'ledger-key';
const VKEYS_FILE = 'ledger-vkeys';

/** The signer, and all verifier keys of this log, the current one last. */
export type LedgerKeys = {
	readonly signer: SignerKey;
	readonly verifiers: readonly VerifierKey[];
	readonly isNew: boolean;
};

/**
 * Reads the key of the data folder, or makes one at first start (mode 0600). A key file that others may read, that is
 * damaged, or that is of another log is an error and never replaced: a new key would break with every old checkpoint.
 *
 * @param origin  the log's name; it becomes the key's name
 * @param mayMake true where a missing key is a first start, false for commands on a ledger that exists
 */
export function openLedgerKeys(dataFolder: string, origin: string, mayMake: boolean): Result<LedgerKeys, string> {
	const path = join(dataFolder, KEY_FILE);
	const isNew = !existsSync(path);
	if (isNew && !mayMake)
		return err(`${path}: there is no such file: the ledger has not been started with this data folder`);
	if (isNew) {
		mkdirSync(dataFolder, { recursive: true });
		writePrivate(path, `${formatSigner({ name: origin, seed: randomBytes(32) })}\n`);
	}
	if ((statSync(path).mode & 0o077) !== 0) {
		return err(
			`${path}: other users may read the ledger's signing key\n    help: chmod 600 ${path}, and think about who has seen it`,
		);
	}
	const signer = parseSigner(readFileSync(path, 'utf8'));
	if (!signer.ok)
		return err(
			`${path}: ${signer.error}\n    help: bring the file back from its copy; without it no checkpoint continues this ledger`,
		);
	if (signer.value.name !== origin) {
		return err(
			`${path}: it is the key of the log \`${signer.value.name}\`, the configuration names \`${origin}\`\n    help: set ledger.origin in interlock.yaml back, or start a ledger of its own in another data folder`,
		);
	}
	const verifiers = readVerifiers(join(dataFolder, VKEYS_FILE), verifierOf(signer.value));
	return verifiers.ok ? ok({ signer: signer.value, verifiers: verifiers.value, isNew }) : verifiers;
}

function readVerifiers(path: string, current: VerifierKey): Result<readonly VerifierKey[], string> {
	const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
	const known = parseAll(path, text);
	if (!known.ok) return known;
	const others = known.value.filter((key) => formatVkey(key) !== formatVkey(current));
	if (others.length === known.value.length) {
		writeFileSync(path, [...others, current].map((key) => `${formatVkey(key)}\n`).join(''), { mode: 0o644 });
	}
	return ok([...others, current]);
}

function parseAll(path: string, text: string): Result<readonly VerifierKey[], string> {
	const keys: VerifierKey[] = [];
	for (const [index, line] of text.split('\n').entries()) {
		if (line.trim() === '') continue;
		const parsed = parseVkey(line);
		if (!parsed.ok) return err(`${path}:${index + 1}:1: ${parsed.error}`);
		keys.push(parsed.value);
	}
	return ok(keys);
}

/** Whole or not at all, and on the disk before anybody signs with it. */
function writePrivate(path: string, text: string): void {
	const part = `${path}.new`;
	writeFileSync(part, text, { mode: 0o600, flush: true });
	chmodSync(part, 0o600);
	renameSync(part, path);
	const folder = openSync(join(path, '..'), 'r');
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}
