// Who sent this delivery: bearer, HMAC, basic or client certificate, secrets compared in constant time. Pure: headers, body, secrets,
// the certificate and the time are arguments.
import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';

/** Five minutes either way, as Slack and Stripe have it: clocks drift, replays age (DESIGN.md, Alerts in). */
export const SIGNATURE_WINDOW_MS = 5 * 60_000;
const SIGNATURE_HEADER = 'x-interlock-signature';
const SIGNATURE_FORM = 't=<t>,v1=<hex>';

/** How a source proves who it is. Two secrets may be valid at once, for rotation. */
export type Credential =
	| { readonly type: 'bearer'; readonly secrets: readonly string[]; readonly header?: string }
	| { readonly type: 'hmac'; readonly secrets: readonly string[]; readonly header?: string; readonly form?: string }
	| { readonly type: 'basic'; readonly user: string; readonly secrets: readonly string[] }
	/** A client certificate that a CA of ours signed, known by its fingerprint (SHA-256, bare lower-case digits) or by parts of its subject. */
	| {
			readonly type: 'mtls';
			readonly fingerprints: readonly string[];
			readonly subject: Readonly<Record<string, string>> | null;
	  }
	/** The program's own token where a source has no credential of its own: as bearer, or as the key of a signature. */
	| { readonly type: 'default'; readonly secrets: readonly string[] };

export type Headers = { readonly [name: string]: string | readonly string[] | undefined };

/** The certificate that the other side showed; `isTrusted` where the TLS library verified its chain to the client CA of the listener. */
export type PeerCertificate = {
	readonly isTrusted: boolean;
	readonly fingerprint: string;
	/** Each part of the subject by its short name (`CN`, `O`); those that stand several times are joined by a line end. */
	readonly subject: Readonly<Record<string, string>>;
};

export type Proof =
	/** `signature` is set for a signed delivery: it may be accepted once. */
	| { readonly ok: true; readonly signature: string | null }
	| { readonly ok: false; readonly status: 401 | 403; readonly reason: string };

/**
 * Checks the credential of one delivery. The reason never says which part of a secret was right.
 *
 * @param body the raw bytes: a signature covers them and nothing parsed from them
 * @param peer the client certificate of the connection; null where there is none, as on every connection without TLS
 * @returns 401 where nothing usable was sent, 403 where what was sent is wrong
 */
export function authenticate(
	credential: Credential,
	headers: Headers,
	body: Uint8Array,
	now: number,
	peer: PeerCertificate | null = null,
): Proof {
	switch (credential.type) {
		case 'bearer':
			return bearer(
				credential.secrets,
				text(headers[credential.header?.toLowerCase() ?? 'authorization']),
				credential.header === undefined,
			);
		case 'basic':
			return basic(credential.user, credential.secrets, text(headers['authorization']));
		case 'mtls':
			return certificate(credential, peer);
		case 'hmac':
			return hmac(credential, headers, body, now);
		case 'default':
			return text(headers[SIGNATURE_HEADER]) === null
				? bearer(credential.secrets, text(headers['authorization']), true)
				: hmac({ type: 'hmac', secrets: credential.secrets }, headers, body, now);
	}
}

/**
 * What can be said before the body is read, so that a stranger cannot make us read it: everything but whether a signature fits.
 *
 * @returns the proof, which holds whatever the body is, or null where the delivery goes on to `authenticate`
 */
export function provenEarly(
	credential: Credential,
	headers: Headers,
	now: number,
	peer: PeerCertificate | null = null,
): Proof | null {
	const signed =
		credential.type === 'hmac' || (credential.type === 'default' && text(headers[SIGNATURE_HEADER]) !== null);
	if (signed) {
		const read = readSignature(credential.type === 'hmac' ? credential : {}, headers, now);
		return read.ok ? null : read.refusal;
	}
	return authenticate(credential, headers, NO_BODY, now, peer);
}

const NO_BODY = new Uint8Array();

function text(value: string | readonly string[] | undefined): string | null {
	return typeof value === 'string' && value !== '' ? value : null;
}

/** Compares by digest: equal length whatever was sent, so that the time taken says nothing. */
function isSame(given: string, wanted: string): boolean {
	return timingSafeEqual(digestOf(given), digestOf(wanted));
}

function digestOf(value: string): Buffer {
	return hash('sha256', value, 'buffer');
}

/** Two places of one size: what was sent and what is wanted are written over zeros, so that as many bytes are compared whatever they are. */
const PLACE = 1_024;
const sentPlace = Buffer.alloc(PLACE);
const wantedPlace = Buffer.alloc(PLACE);

/**
 * True where one of the secrets was sent. The time taken tells nothing of any: all are compared, in places of one size (a tenth of what
 * digests cost, and every delivery pays it). What does not fit is compared by digest.
 */
function isOneOf(given: string, secrets: readonly string[]): boolean {
	const isShort = given.length <= PLACE / 4;
	let found = false;
	for (const secret of secrets) {
		const isFound = isShort && secret.length <= PLACE / 4 ? isSameInPlace(given, secret) : isSame(given, secret);
		found = isFound || found;
	}
	return found;
}

function isSameInPlace(given: string, wanted: string): boolean {
	sentPlace.fill(0);
	wantedPlace.fill(0);
	// The length stands first: a text with zeros at its end is another text.
	sentPlace.writeUInt16BE(given.length);
	wantedPlace.writeUInt16BE(wanted.length);
	sentPlace.write(given, 2, 'utf8');
	wantedPlace.write(wanted, 2, 'utf8');
	return timingSafeEqual(sentPlace, wantedPlace);
}

function bearer(secrets: readonly string[], header: string | null, hasScheme: boolean): Proof {
	if (header === null)
		return { ok: false, status: 401, reason: 'no bearer token: send `Authorization: Bearer <token>`' };
	const match = hasScheme ? /^bearer +(\S+)$/i.exec(header) : [header, header];
	if (match?.[1] === undefined)
		return { ok: false, status: 401, reason: 'the Authorization header is no `Bearer <token>`' };
	return isOneOf(match[1], secrets)
		? { ok: true, signature: null }
		: { ok: false, status: 403, reason: 'the token is not valid for this source' };
}

function basic(user: string, secrets: readonly string[], header: string | null): Proof {
	const match = header === null ? null : /^basic +([A-Za-z0-9+/=]+)$/i.exec(header);
	if (match?.[1] === undefined) return { ok: false, status: 401, reason: 'no `Authorization: Basic` header' };
	const decoded = Buffer.from(match[1], 'base64').toString('utf8');
	const at = decoded.indexOf(':');
	const isUser = isSame(decoded.slice(0, Math.max(at, 0)), user);
	const isSecret = isOneOf(decoded.slice(at + 1), secrets);
	return isUser && isSecret
		? { ok: true, signature: null }
		: { ok: false, status: 403, reason: 'user or password is not valid for this source' };
}

function certificate(credential: Extract<Credential, { type: 'mtls' }>, peer: PeerCertificate | null): Proof {
	if (peer === null) return { ok: false, status: 401, reason: 'no client certificate' };
	if (!peer.isTrusted)
		return { ok: false, status: 401, reason: 'the client certificate is not signed by the configured client CA' };
	const { fingerprints, subject } = credential;
	const parts = Object.entries(subject ?? {});
	const isNamed = parts.length > 0 && parts.every(([part, value]) => isSame(peer.subject[part] ?? '', value));
	return isOneOf(peer.fingerprint, fingerprints) || isNamed
		? { ok: true, signature: null }
		: { ok: false, status: 403, reason: 'the client certificate is not that of this source' };
}

type Signed =
	| { readonly ok: true; readonly parts: FormParts }
	| { readonly ok: false; readonly refusal: Extract<Proof, { ok: false }> };

/** The signature as it stands in its header, in its form and not too old; nothing of it is proved yet. */
function readSignature(
	credential: { readonly header?: string; readonly form?: string },
	headers: Headers,
	now: number,
): Signed {
	const refused = (status: 401 | 403, reason: string): Signed => ({
		ok: false,
		refusal: { ok: false, status, reason },
	});
	const name = credential.header?.toLowerCase() ?? SIGNATURE_HEADER;
	const form = credential.form ?? SIGNATURE_FORM;
	const header = text(headers[name]);
	if (header === null) return refused(401, `no signature: header \`${name}\` in the form \`${form}\``);
	const parts = readForm(form, header);
	if (parts === null) return refused(401, `header \`${name}\` has not the form \`${form}\``);
	if (parts.time !== null && !(Math.abs(parts.time * 1000 - now) <= SIGNATURE_WINDOW_MS))
		return refused(403, 'the signature time is more than 5 minutes away from the clock here');
	return { ok: true, parts };
}

function hmac(
	credential: Extract<Credential, { type: 'hmac' }>,
	headers: Headers,
	body: Uint8Array,
	now: number,
): Proof {
	const read = readSignature(credential, headers, now);
	if (!read.ok) return read.refusal;
	const { parts } = read;
	const signed = parts.time === null ? body : Buffer.concat([Buffer.from(`${parts.timeText}.`, 'utf8'), body]);
	let found = false;
	for (const secret of credential.secrets) {
		const wanted = createHmac('sha256', secret).update(signed).digest(parts.encoding);
		found = isSame(parts.encoding === 'hex' ? parts.signature.toLowerCase() : parts.signature, wanted) || found;
	}
	if (!found) return { ok: false, status: 403, reason: 'the signature does not match the body' };
	// Without a time in it the same body always has the same signature: an honest repeat looks like a replay, so none is kept.
	return {
		ok: true,
		signature: parts.time === null ? null : createHash('sha256').update(parts.signature, 'utf8').digest('hex'),
	};
}

type FormParts = {
	readonly time: number | null;
	readonly timeText: string;
	readonly signature: string;
	readonly encoding: 'hex' | 'base64';
};

/** Reads a header by its form: literal text around `<t>`, and `<hex>` or `<base64>`. The pieces hold no character of the other kind. */
function readForm(form: string, header: string): FormParts | null {
	let time: string | null = null;
	let signature: string | null = null;
	let at = 0;
	for (const piece of form.split(/(<t>|<hex>|<base64>)/)) {
		if (piece === '<t>' || piece === '<hex>' || piece === '<base64>') {
			const pattern = piece === '<t>' ? /\d{1,12}/y : piece === '<hex>' ? /[0-9a-fA-F]{64}/y : /[A-Za-z0-9+/]{43}=/y;
			pattern.lastIndex = at;
			const found = pattern.exec(header)?.[0];
			if (found === undefined) return null;
			if (piece === '<t>') time = found;
			else signature = found;
			at += found.length;
		} else {
			if (!header.startsWith(piece, at)) return null;
			at += piece.length;
		}
	}
	if (signature === null || at !== header.length) return null;
	return {
		time: time === null ? null : Number(time),
		timeText: time ?? '',
		signature,
		encoding: form.includes('<hex>') ? 'hex' : 'base64',
	};
}
