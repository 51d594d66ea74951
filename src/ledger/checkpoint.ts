// A checkpoint (C2SP tlog-checkpoint): origin, size and root of the ledger at one moment, as the text of a signed note.
import { err, ok, type Result } from '../domain/result.ts';
import { HASH_BYTES } from './merkle.ts';
import { decodeBase64, type SignerKey, signNote, type VerifierKey, verifyNote } from './note.ts';

export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Buffer };

/** The text that is signed: three lines, no extension lines (nobody audits those; our own facts are entries). */
export function formatCheckpoint(checkpoint: Checkpoint): string {
	const { origin, size, root } = checkpoint;
	if (origin === '' || origin.includes('\n') || !Number.isSafeInteger(size) || size < 0 || root.length !== HASH_BYTES) {
		throw new Error(`no checkpoint: origin ${JSON.stringify(origin)}, size ${size}, ${root.length} bytes of root`);
	}
	return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/**
 * Reads a checkpoint's text; extension lines are allowed and not looked at.
 *
 * @param rootBytes what the root must have; null for any length (other logs than SHA-256)
 */
export function parseCheckpoint(text: string, rootBytes: number | null = HASH_BYTES): Result<Checkpoint, string> {
	if (!text.endsWith('\n')) return err('the checkpoint does not end in a newline');
	const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n');
	if (origin === undefined || origin === '') return err('the checkpoint has no origin');
	if (size === undefined || !/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
		return err('the checkpoint has no tree size in decimal digits');
	}
	const bytes = decodeBase64(root ?? '');
	if (bytes === null) return err('the checkpoint has no root in base64');
	if (rootBytes !== null && bytes.length !== rootBytes)
		return err(`the root has ${bytes.length} bytes, not ${rootBytes}`);
	if (extensions.includes('')) return err('the checkpoint has an empty extension line');
	return ok({ origin, size: Number(size), root: bytes });
}

/** Signs a checkpoint; the key's name should equal the origin. */
export function signCheckpoint(checkpoint: Checkpoint, signer: SignerKey): string {
	return signNote(formatCheckpoint(checkpoint), signer);
}

/** Verifies a signed checkpoint against trusted keys. */
export function verifyCheckpoint(
	note: string,
	keys: readonly VerifierKey[],
): Result<Checkpoint & { readonly by: readonly VerifierKey[] }, string> {
	const verified = verifyNote(note, keys);
	if (!verified.ok) return verified;
	const parsed = parseCheckpoint(verified.value.text);
	return parsed.ok ? ok({ ...parsed.value, by: verified.value.by }) : parsed;
}
