// One entry with everything that is needed to check it offline: a C2SP tlog-proof file (index, hashes, signed checkpoint), with
// the entry itself in its `extra` line.
import { leafHash } from '../domain/canonical.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { verifyInclusion } from './merkle.ts';
import { decodeBase64, type VerifierKey } from './note.ts';

export const PROOF_HEAD = 'c2sp.org/tlog-proof@v1';

export type EntryProof = {
	/** The entry's canonical text. */
	readonly canonical: string;
	readonly index: number;
	readonly hashes: readonly Buffer[];
	/** The signed checkpoint, verbatim. */
	readonly note: string;
};

/** The file's text. */
export function formatProof(proof: EntryProof): string {
	const extra = Buffer.from(proof.canonical, 'utf8').toString('base64');
	const hashes = proof.hashes.map((hash) => `${hash.toString('base64')}\n`).join('');
	return `${PROOF_HEAD}\nextra ${extra}\nindex ${proof.index}\n${hashes}\n${proof.note}`;
}

/** Reads the file's form. */
export function parseProof(text: string): Result<EntryProof, string> {
	const split = text.indexOf('\n\n');
	if (split < 0) return err('the proof has no empty line before its checkpoint');
	const [head, extra, index, ...hashes] = text.slice(0, split).split('\n');
	if (head !== PROOF_HEAD) return err(`the first line is not \`${PROOF_HEAD}\``);
	const canonical = decodeBase64(/^extra ([A-Za-z0-9+/=]+)$/.exec(extra ?? '')?.[1] ?? '');
	if (canonical === null) return err('the proof carries no entry (`extra`)');
	const place = /^index (0|[1-9]\d{0,15})$/.exec(index ?? '')?.[1];
	if (place === undefined) return err('the proof has no index');
	const decoded = hashes.map(decodeBase64);
	const known = decoded.filter((hash) => hash !== null);
	if (known.length !== decoded.length || known.some((hash) => hash.length !== 32))
		return err('a hash of the proof is malformed');
	return ok({
		canonical: canonical.toString('utf8'),
		index: Number(place),
		hashes: known,
		note: text.slice(split + 2),
	});
}

/** Whether the entry stands where the proof says, in the log that the checkpoint's signer vouches for. */
export function verifyProof(proof: EntryProof, keys: readonly VerifierKey[]): Result<Checkpoint, string> {
	const checkpoint = verifyCheckpoint(proof.note, keys);
	if (!checkpoint.ok) return checkpoint;
	const { size, root } = checkpoint.value;
	const leaf = leafHash(Buffer.from(proof.canonical, 'utf8'));
	if (verifyInclusion(leaf, proof.index, size, proof.hashes, root)) return checkpoint;
	return err(`the entry does not stand at place ${proof.index} of the log of size ${size}`);
}
