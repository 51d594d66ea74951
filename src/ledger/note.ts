// The signed note of C2SP (signed-note.md): text, an empty line, signature lines. Ed25519 notes and timestamped Ed25519
// cosignatures of witnesses. What the text says is not looked at here (checkpoint.ts).
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { err, ok, type Result } from '../domain/result.ts';

/** Signature lines and bytes of one note; Go's package has the same limits. */
const SIGNATURES_MAX = 100;
const NOTE_LENGTH_MAX = 1_000_000;

/** Algorithm bytes of C2SP signed-note: what a key signs with. */
const ED25519 = 1;
const ED25519_COSIGNATURE = 4;

/** Raw Ed25519 keys become DER by these prefixes (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export type NoteSignature = { readonly name: string; readonly keyId: string; readonly bytes: Buffer };
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** Who may have signed: read from `name+id+base64` (a vkey). */
export type VerifierKey = {
	readonly name: string;
	readonly keyId: string;
	readonly algorithm: 1 | 4;
	readonly publicKey: Buffer;
};

/** Who signs: a name and the 32-byte seed of an Ed25519 key. */
export type SignerKey = { readonly name: string; readonly seed: Buffer };

/** Splits a note; says what is wrong with its form. Nothing is verified. */
export function parseNote(note: string): Result<Note, string> {
	if (note.length > NOTE_LENGTH_MAX)
		return err(`the note has ${note.length} characters, ${NOTE_LENGTH_MAX} are allowed`);
	if (!note.isWellFormed() || note.includes('\ufffd') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) {
		return err('the note holds control characters or is not UTF-8');
	}
	const split = note.lastIndexOf('\n\n');
	if (split < 0) return err('the note has no empty line before its signatures');
	const text = note.slice(0, split + 1);
	const lines = note.slice(split + 2);
	if (lines === '' || !lines.endsWith('\n')) return err('the note has no signature, or its last line does not end');
	const signatures: NoteSignature[] = [];
	for (const line of lines.slice(0, -1).split('\n')) {
		const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
		const bytes = decodeBase64(match?.[2] ?? '');
		const name = match?.[1] ?? '';
		if (match === null || bytes === null || bytes.length < 5 || !isKeyName(name))
			return err('a signature line is malformed');
		if (signatures.length >= SIGNATURES_MAX) return err(`the note has more than ${SIGNATURES_MAX} signatures`);
		signatures.push({ name, keyId: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) });
	}
	return ok({ text, signatures });
}

/**
 * Verifies a note against the keys that the caller trusts. Signatures of other keys are passed over; one of a known key
 * that fails refuses the whole note, and so does a note that no known key has signed.
 *
 * @returns the text, and the keys whose signatures hold
 */
export function verifyNote(
	note: string,
	keys: readonly VerifierKey[],
): Result<{ readonly text: string; readonly by: readonly VerifierKey[] }, string> {
	const parsed = parseNote(note);
	if (!parsed.ok) return parsed;
	const { text, signatures } = parsed.value;
	const by: VerifierKey[] = [];
	for (const signature of signatures) {
		const key = keys.find((known) => known.name === signature.name && known.keyId === signature.keyId);
		if (key === undefined) continue;
		if (!isSignedBy(key, text, signature.bytes)) return err(`the signature of ${key.name} does not hold`);
		if (!by.includes(key)) by.push(key);
	}
	return by.length === 0 ? err('no known key has signed the note') : ok({ text, by });
}

/** Signs a text (which must end in a newline and hold no empty last line) as a note with one signature. */
export function signNote(text: string, signer: SignerKey): string {
	if (!text.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(text))
		throw new Error('a note is lines of text, each ended');
	const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, signer.seed]), format: 'der', type: 'pkcs8' });
	const signature = sign(null, Buffer.from(text, 'utf8'), key);
	const id = Buffer.from(verifierOf(signer).keyId, 'hex');
	return `${text}\n\u2014 ${signer.name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
}

/** The verifier key of a signer. */
export function verifierOf(signer: SignerKey): VerifierKey {
	const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, signer.seed]), format: 'der', type: 'pkcs8' });
	const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
	return { name: signer.name, keyId: keyIdOf(signer.name, ED25519, publicKey), algorithm: ED25519, publicKey };
}

/** `name+id+base64(algorithm || public key)`: what is published. */
export function formatVkey(key: VerifierKey): string {
	return `${key.name}+${key.keyId}+${Buffer.concat([Buffer.from([key.algorithm]), key.publicKey]).toString('base64')}`;
}

/** Reads a vkey; its id is computed again, and one that differs is refused. */
export function parseVkey(vkey: string): Result<VerifierKey, string> {
	const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(vkey.trim());
	const name = match?.[1] ?? '';
	const bytes = decodeBase64(match?.[3] ?? '');
	if (match === null || bytes === null || !isKeyName(name))
		return err('is no verifier key: `name+8 hex digits+base64`');
	const algorithm = bytes[0];
	const publicKey = bytes.subarray(1);
	if ((algorithm !== ED25519 && algorithm !== ED25519_COSIGNATURE) || publicKey.length !== 32) {
		return err('is a verifier key of a kind that is not read here: only Ed25519 (1) and its cosignature (4)');
	}
	const keyId = keyIdOf(name, algorithm, publicKey);
	if (keyId !== match[2]) return err(`names the key id ${match[2]}, but its key has the id ${keyId}`);
	return ok({ name, keyId, algorithm, publicKey });
}

/** The signer's private text as Go's note package writes it: `PRIVATE+KEY+name+id+base64(1 || seed)`. */
export function formatSigner(signer: SignerKey): string {
	const seed = Buffer.concat([Buffer.from([ED25519]), signer.seed]).toString('base64');
	return `PRIVATE+KEY+${signer.name}+${verifierOf(signer).keyId}+${seed}`;
}

/** Reads what `formatSigner` wrote. */
export function parseSigner(text: string): Result<SignerKey, string> {
	const match = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim());
	const bytes = decodeBase64(match?.[3] ?? '');
	if (match === null || bytes === null || bytes[0] !== ED25519 || bytes.length !== 33) return err('is no signing key');
	const signer = { name: match[1] ?? '', seed: bytes.subarray(1) };
	if (!isKeyName(signer.name) || verifierOf(signer).keyId !== match[2])
		return err('is a signing key whose id does not fit');
	return ok(signer);
}

/** A name that a key may have: not empty, no white space, no plus sign. */
export function isKeyName(name: string): boolean {
	return name !== '' && name.isWellFormed() && !/[\s+\u0085]/u.test(name);
}

/** Standard base64 with padding and nothing else; null where the text is not exactly that. */
export function decodeBase64(text: string): Buffer | null {
	const bytes = Buffer.from(text, 'base64');
	return text !== '' && bytes.toString('base64') === text ? bytes : null;
}

function keyIdOf(name: string, algorithm: number, publicKey: Uint8Array): string {
	const hash = createHash('sha256')
		.update(name, 'utf8')
		.update(new Uint8Array([0x0a, algorithm]))
		.update(publicKey);
	return hash.digest('hex').slice(0, 8);
}

function isSignedBy(key: VerifierKey, text: string, signature: Buffer): boolean {
	const publicKey = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, key.publicKey]), format: 'der', type: 'spki' });
	if (key.algorithm === ED25519) {
		return signature.length === 64 && verify(null, Buffer.from(text, 'utf8'), publicKey, signature);
	}
	// tlog-cosignature: eight bytes of time, then the signature over the time and the whole checkpoint.
	if (signature.length !== 72) return false;
	const signed = `cosignature/v1\ntime ${signature.readBigUInt64BE(0)}\n${text}`;
	return verify(null, Buffer.from(signed, 'utf8'), publicKey, signature.subarray(8));
}
