// What a grant is on its way to the process of one connector: its words and the gate's signature over exactly these (Ed25519, RFC 8032).
// One half seals, the other opens, and neither can do what the other does. NOT here: who gets which half (grant.ts).
import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { err, ok, type Result } from '../domain/result.ts';
import { type Instant, MINUTE } from '../domain/time.ts';

export type SealedGrant = { readonly text: string; readonly seal: string };

/** What is under the seal, beside the connector's name and a number that is used once. */
const LEAVE = {
	step: z.string(),
	action: z.string(),
	targets: z.array(z.string()).readonly(),
	paramsHash: z.string(),
	binding: z.string(),
	grantedAt: z.number(),
	expiresAt: z.number(),
	isLook: z.boolean(),
	approvedBy: z.array(z.string()).readonly(),
};
const Sealed = z.strictObject({ ...LEAVE, connector: z.string(), nonce: z.string() });
type Leave = Omit<z.infer<typeof Sealed>, 'connector' | 'nonce'>;

/** Longer than any leave holds: a number that was used is known as long as its leave could be taken. */
const USED_MS = 10 * MINUTE;

export type Mint = {
	/** The other half, as PEM (SPKI). */
	readonly opener: string;
	seal(leave: Leave, connector: string): SealedGrant;
};

/** A new key of this process: what it seals, only its own `opener` opens. */
export function createMint(): Mint {
	const { privateKey, publicKey } = generateKeyPairSync('ed25519');
	return {
		opener: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
		seal(leave, connector) {
			const text = JSON.stringify({ ...leave, connector, nonce: randomBytes(16).toString('hex') });
			return { text, seal: sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64') };
		},
	};
}

/** Opens what was sealed for one connector, each once. */
export function createOpener(
	opener: string,
	connector: string,
): (sealed: SealedGrant, now: Instant) => Result<Leave, string> {
	const key = createPublicKey(opener);
	const used = new Map<string, Instant>();
	return ({ text, seal }, now) => {
		if (!verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(seal, 'base64')))
			return err('the seal is not that of the safety gate');
		const read = Sealed.safeParse(JSON.parse(text));
		if (!read.success) return err('what is sealed is no grant');
		const { connector: wanted, nonce, ...leave } = read.data;
		if (wanted !== connector) return err('the grant is for another connector');
		for (const [old, until] of used) if (until < now) used.delete(old);
		if (used.has(nonce)) return err('the grant was used before');
		used.set(nonce, Math.max(leave.expiresAt, now) + USED_MS);
		return ok(leave);
	};
}
