// Signatures of CACAO playbooks (section 10.16 and appendix A): made and checked. Pure: keys are handed in, nothing is fetched. What is
// signed is the lower-case hexadecimal text of the hash of the playbook's canonical form (RFC 8785), with this one signature in it and
// without its `value`; other signatures are taken out first. A key that comes with a playbook proves that nothing was changed since,
// not who signed: that takes a key which the site trusts.
import { constants, createPublicKey, hash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.ts';
import type { Instant } from '../../domain/time.ts';
import { parseTimestamp } from './identifier.ts';
import { Signature } from './schema.ts';
import { isJsonObject, type Json, type JsonObject } from './strict-json.ts';

/**
 * trusted    good, and by a key of the site's own list
 * good       good, by the key that came with it
 * lapsed     good, but revoked, not yet valid or no longer valid
 * unchecked  an algorithm, hash or key that cannot be checked here
 * bad        it does not fit the playbook: somebody changed it, or signed something else
 */
export type SignatureState = 'trusted' | 'good' | 'lapsed' | 'unchecked' | 'bad';
export type SignatureCheck = {
	readonly id: string;
	readonly signee: string;
	readonly algorithm: string;
	readonly state: SignatureState;
	readonly why: string;
};

/** Signatures of one playbook that are checked: each costs a key operation. */
const SIGNATURES_MAX = 20;
const RSA_BITS_MIN = 2048;

type Scheme = {
	readonly kind: 'rsa' | 'ec' | 'ed25519' | 'ed448';
	readonly digest: string | null;
	readonly pss?: true;
	readonly curve?: string;
};

/** JWA (RFC 7518, section 3.1) and RFC 8037. HMAC is not here: a shared secret proves nothing to others. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
	RS256: { kind: 'rsa', digest: 'sha256' },
	RS384: { kind: 'rsa', digest: 'sha384' },
	RS512: { kind: 'rsa', digest: 'sha512' },
	PS256: { kind: 'rsa', digest: 'sha256', pss: true },
	PS384: { kind: 'rsa', digest: 'sha384', pss: true },
	PS512: { kind: 'rsa', digest: 'sha512', pss: true },
	ES256: { kind: 'ec', digest: 'sha256', curve: 'prime256v1' },
	ES384: { kind: 'ec', digest: 'sha384', curve: 'secp384r1' },
	ES512: { kind: 'ec', digest: 'sha512', curve: 'secp521r1' },
	Ed25519: { kind: 'ed25519', digest: null },
	Ed448: { kind: 'ed448', digest: null },
};
/** Names of the IANA registry, as node calls them. */
const HASHES: Readonly<Record<string, string>> = {
	'sha-256': 'sha256',
	'sha-384': 'sha384',
	'sha-512': 'sha512',
	'sha3-256': 'sha3-256',
	'sha3-384': 'sha3-384',
	'sha3-512': 'sha3-512',
};

/** The text whose bytes are signed: lower-case hex of the hash of the canonical form; null where the hash is unknown. */
export function signedText(playbook: JsonObject, signature: JsonObject): string | null {
	const name = signature['hash_algorithm'];
	const algorithm = typeof name === 'string' && Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
	if (algorithm === undefined) return null;
	// A countersignature is put inside later, as the value is: neither is part of what was signed.
	const { value: _value, signature: _counter, ...claims } = signature;
	return hash(algorithm, canonicalJson({ ...playbook, signatures: [claims] }), 'hex');
}

/** Checks every signature of a playbook. `trusted` are the public keys and certificates (PEM) that the site knows. */
export function checkSignatures(playbook: JsonObject, trusted: readonly string[], now: Instant): SignatureCheck[] {
	const written = playbook['signatures'];
	const list: readonly Json[] = Array.isArray(written) ? written : [];
	return list.map((one, at) => {
		const parsed = Signature.safeParse(one);
		if (!isJsonObject(one) || !parsed.success)
			return { id: '', signee: '', algorithm: '', state: 'bad', why: 'it is no signature object' };
		const { id, signee, algorithm } = parsed.data;
		const named = { id, signee, algorithm };
		if (at >= SIGNATURES_MAX)
			return { ...named, state: 'unchecked', why: `only ${SIGNATURES_MAX} signatures are checked` };
		return { ...named, ...checkOne(playbook, one, parsed.data, trusted, now) };
	});
}

type Said = { readonly state: SignatureState; readonly why: string };

function checkOne(
	playbook: JsonObject,
	raw: JsonObject,
	signature: Signature,
	trusted: readonly string[],
	now: Instant,
): Said {
	if (signature.related_to !== playbook['id'] || signature.related_version !== playbook['modified'])
		return { state: 'bad', why: 'it was made for another playbook or another version of it' };
	const scheme = Object.hasOwn(SCHEMES, signature.algorithm) ? SCHEMES[signature.algorithm] : undefined;
	if (scheme === undefined)
		return { state: 'unchecked', why: `the algorithm \`${signature.algorithm.slice(0, 40)}\` cannot be checked here` };
	const text = signedText(playbook, raw);
	if (text === null)
		return { state: 'unchecked', why: `the hash \`${signature.hash_algorithm.slice(0, 40)}\` cannot be checked here` };
	const known = trusted.flatMap((pem) => publicKeyOf(pem) ?? []);
	const key = keyOf(signature, trusted);
	if ('why' in key) return key;
	const unfit = unfitness(key.key, scheme);
	if (unfit !== null) return { state: 'bad', why: unfit };
	if (!isGood(key.key, scheme, text, signature.value))
		return { state: 'bad', why: 'it does not fit what the playbook says: the playbook or the signature was changed' };
	if (signature.revoked === true) return { state: 'lapsed', why: 'its maker has revoked it' };
	const at = (time: string | undefined) => (time === undefined ? null : (parseTimestamp(time)?.at ?? null));
	const [from, until] = [at(signature.valid_from), at(signature.valid_until)];
	if (from !== null && now < from) return { state: 'lapsed', why: `it is not valid before ${signature.valid_from}` };
	if (until !== null && now >= until) return { state: 'lapsed', why: `it was valid until ${signature.valid_until}` };
	if (key.lapsed !== null && !(now >= key.lapsed.from && now <= key.lapsed.until))
		return { state: 'lapsed', why: 'its certificate is not valid at this time' };
	if (known.some((one) => one.equals(key.key))) return { state: 'trusted', why: 'by a key that you trust' };
	return { state: 'good', why: 'by the key that came with it: nothing was changed since, and who signed is not known' };
}

type Key = { readonly key: KeyObject; readonly lapsed: { readonly from: number; readonly until: number } | null };

function keyOf(signature: Signature, trusted: readonly string[]): Key | Said {
	const given = ['public_key', 'public_cert_chain', 'cert_url', 'thumbprint'].filter((name) =>
		Object.hasOwn(signature, name),
	);
	if (given.length !== 1)
		return { state: 'bad', why: 'exactly one of public_key, public_cert_chain, cert_url and thumbprint must be given' };
	if (signature.public_key !== undefined) {
		const key = publicKeyOf(`-----BEGIN PUBLIC KEY-----\n${signature.public_key.trim()}\n-----END PUBLIC KEY-----`);
		return key === null ? { state: 'bad', why: '`public_key` is no public key' } : { key, lapsed: null };
	}
	if (signature.public_cert_chain !== undefined) return keyOfChain(signature.public_cert_chain);
	if (signature.thumbprint !== undefined) {
		const wanted = signature.thumbprint.replace(/=+$/, '');
		const pem = trusted.find((one) => thumbprintsOf(one).includes(wanted));
		const key = pem === undefined ? null : publicKeyOf(pem);
		return key === null
			? { state: 'unchecked', why: 'its key is named by a thumbprint that none of your keys has' }
			: { key, lapsed: null };
	}
	return { state: 'unchecked', why: 'its key stands behind an address: nothing is fetched' };
}

/** The key of the first certificate; each certificate must be signed by the next. Which root is believed is the site's list alone. */
function keyOfChain(chain: readonly string[]): Key | Said {
	try {
		const certificates = chain.slice(0, 10).map((text) => new X509Certificate(Buffer.from(text, 'base64')));
		const [first] = certificates;
		if (first === undefined) return { state: 'bad', why: 'the certificate chain is empty' };
		for (const [at, issuer] of certificates.slice(1).entries()) {
			const below = certificates[at];
			if (below === undefined || !below.checkIssued(issuer) || !below.verify(issuer.publicKey))
				return { state: 'bad', why: 'the certificates of the chain do not belong together' };
		}
		const window = { from: Date.parse(first.validFrom), until: Date.parse(first.validTo) };
		return { key: first.publicKey, lapsed: window };
	} catch (error) {
		if (error instanceof Error) return { state: 'bad', why: 'the certificate chain cannot be read' };
		throw error;
	}
}

/** The key of a PEM text: a public key or a certificate; null where it is neither. */
export function publicKeyOf(pem: string): KeyObject | null {
	try {
		return pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
	} catch (error) {
		// node says in many ways that a text is no key; all of them are the same answer.
		if (error instanceof Error) return null;
		throw error;
	}
}

function thumbprintsOf(pem: string): string[] {
	try {
		if (pem.includes('BEGIN CERTIFICATE')) return [hash('sha256', new X509Certificate(pem).raw, 'base64url')];
		return [hash('sha256', createPublicKey(pem).export({ type: 'spki', format: 'der' }), 'base64url')];
	} catch (error) {
		if (error instanceof Error) return [];
		throw error;
	}
}

/** Why a key cannot be the one of this algorithm; null where it can. Without this, a weak key could stand behind a strong name. */
function unfitness(key: KeyObject, scheme: Scheme): string | null {
	const type = key.asymmetricKeyType;
	const isKind =
		scheme.kind === 'rsa' ? type === 'rsa' || (scheme.pss === true && type === 'rsa-pss') : type === scheme.kind;
	if (!isKind) return 'its key is of another kind than its algorithm';
	const details = key.asymmetricKeyDetails;
	if (scheme.kind === 'rsa' && (details?.modulusLength ?? 0) < RSA_BITS_MIN)
		return `its key has less than ${RSA_BITS_MIN} bits`;
	if (scheme.curve !== undefined && details?.namedCurve !== scheme.curve)
		return 'its key is of another curve than its algorithm';
	return null;
}

function isGood(key: KeyObject, scheme: Scheme, text: string, value: string): boolean {
	const bytes = fromBase64Url(value);
	if (bytes === null) return false;
	const data = Buffer.from(text, 'utf8');
	try {
		if (scheme.kind !== 'ec') return verify(scheme.digest, data, optionsOf(key, scheme), bytes);
		// JWA writes r and s side by side; some tools write the same two numbers as DER.
		const sides = verify(scheme.digest, data, { key, dsaEncoding: 'ieee-p1363' }, bytes);
		return sides || verify(scheme.digest, data, { key, dsaEncoding: 'der' }, bytes);
	} catch (error) {
		if (error instanceof Error) return false;
		throw error;
	}
}

function optionsOf(key: KeyObject, scheme: Scheme) {
	if (scheme.pss === true)
		return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
	return { key };
}

function fromBase64Url(text: string): Buffer | null {
	return /^[A-Za-z0-9_-]{1,20000}={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : null;
}

/** Who signs, and when. */
export type SigningClaims = {
	/** `jss--UUID` of the new signature. */
	readonly id: string;
	readonly signee: string;
	readonly createdBy: string;
	/** ISO 8601 UTC with milliseconds. */
	readonly at: string;
};

/**
 * The playbook with one signature more; those that were there stay. The algorithm follows from the key: RS256, ES256/384/512, Ed25519 or Ed448.
 *
 * @throws Error where the key is of no kind that CACAO names, or too short
 */
export function signPlaybook(playbook: JsonObject, privateKey: KeyObject, claims: SigningClaims): JsonObject {
	const publicKey = createPublicKey(privateKey);
	const found = Object.entries(SCHEMES).find(([, scheme]) => unfitness(publicKey, scheme) === null);
	if (found === undefined)
		throw new Error('the key is none that can sign here: RSA from 2048 bits, P-256, P-384, P-521, Ed25519 or Ed448');
	const [algorithm, scheme] = found;
	const { id, modified, signatures } = playbook;
	const claim: JsonObject = {
		type: 'jss',
		id: claims.id,
		created_by: claims.createdBy,
		created: claims.at,
		modified: claims.at,
		signee: claims.signee,
		related_to: id ?? null,
		related_version: modified ?? null,
		hash_algorithm: 'sha-256',
		algorithm,
		public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
	};
	const data = Buffer.from(signedText(playbook, claim) ?? '', 'utf8');
	const options =
		scheme.kind === 'ec' ? { key: privateKey, dsaEncoding: 'ieee-p1363' as const } : optionsOf(privateKey, scheme);
	const value = sign(scheme.digest, data, options).toString('base64url');
	return { ...playbook, signatures: [...(Array.isArray(signatures) ? signatures : []), { ...claim, value }] };
}
