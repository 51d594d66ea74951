// The door: POST /v1/alerts/{source}, POST /v1/facts, GET /v1/blocklist/{name}.txt, /healthz, /readyz, /metrics on node:http. Bytes in, answers out; parsers and the stage decide.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { forwardedSender, isAddressIn } from '../domain/address.ts';
import type { IntakeContext, ParsedBody } from '../domain/alert.ts';
import { authenticate, type Credential, type PeerCertificate, type Proof, provenEarly } from './authenticate.ts';
import type { Intake } from './intake.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { peerOf, type TlsPair, tlsOptions } from './tls.ts';

/** 32 MiB: a body of ten thousand alerts of 3 KiB each. Larger ones are 413. */
export const BODY_MAX = 32 * 1024 * 1024;
/** Of a body that is refused so much is read and thrown away, so long: a client that is still sending sees no answer otherwise. */
const DRAIN_MAX = 64 * 1024 * 1024;
const DRAIN_MS = 5_000;
/** Bytes of bodies being read at once: past it the door says 503 and memory stays bounded. */
const READING_MAX = 256 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const RETRY_AFTER_S = 5;

/** A statement is a line of text and its reason. */
const STATEMENT_MAX = 16 * 1024;

/** Marks a delivery as a sample of `interlock source test`; it needs the source's credential like any other. */
export const TEST_HEADER = 'x-interlock-test';

export type DoorSource = {
	readonly name: string;
	readonly kind: string;
	readonly credential: Credential;
	/** Ranges or addresses; empty for everywhere. */
	readonly addressAllow: readonly string[];
	readonly timeZone: string;
};

export type DoorOptions = {
	readonly intake: Intake;
	readonly source: (name: string) => DoorSource | null;
	readonly parse: (kind: string, body: Uint8Array, context: IntakeContext) => ParsedBody | Promise<ParsedBody>;
	readonly clock: () => number;
	/** Null while everything works; otherwise what does not, in words (readyz). */
	readonly fault: () => string | null | Promise<string | null>;
	readonly metrics: () => Promise<string>;
	/** Proxies whose `X-Forwarded-For` is believed; none where it is not given. */
	readonly trustedProxies?: readonly string[];
	/** HTTPS where it is given. Clients are asked for a certificate where there is a CA for them; sources decide who needs one. */
	readonly tls?: TlsPair;
	/** A body that carries no alert, and what it is: a subscription that a person has to confirm, say. */
	readonly onProtocol: (source: string, note: string) => void;
	/** A delivery with a wrong credential: counted and told; `isNew` where it deserves a record of its own. */
	readonly onRefused: (source: string, address: string, reason: string, isNew: boolean) => void;
	/**
	 * Counts a wrong credential where several doors are one, and says whether its sender is over the limit. Without it this door counts
	 * for itself and tells `onRefused`.
	 */
	readonly countRefused?: (source: string, address: string, reason: string) => Promise<boolean>;
	readonly onError: (error: unknown) => void;
	/** What a person states with their own token (chat/statement.ts); without it there is no such door. */
	readonly onStatement?: (statement: Statement) => Promise<StatementAnswer>;
	/** Lists that firewalls fetch (response/connectors/block-list-served.ts); without it there are none. */
	readonly onList?: (request: ListRequest) => Promise<ListAnswer>;
	/** Bytes of one body; BODY_MAX where it is not given. */
	readonly bodyMax?: number;
	/** Alerts in one body; without it as many as the parsers take. */
	readonly alertsMax?: number;
	/** How many doors share what may be read at once; 1 where it is not given. */
	readonly readingShare?: number;
	readonly onAnswer?: (source: string, status: number, ms: number) => void;
};

/** Who says so, with which proof, and what; and what is answered. */
export type Statement = { readonly person: string | null; readonly token: string | null; readonly body: string };
export type StatementAnswer = { readonly status: number; readonly body: { readonly [key: string]: string } };

/** Who asks for which list, and what is answered. */
export type ListRequest = {
	readonly name: string;
	readonly address: string;
	readonly authorization: string | null;
	readonly ifNoneMatch: string | null;
};
export type ListAnswer = {
	readonly status: number;
	readonly body: string;
	readonly headers: Readonly<Record<string, string>>;
};

/** What a door remembers from request to request. */
type Held = {
	readonly refusals: Refusals;
	/** Bytes of bodies that are being read, as announced. */
	reading: number;
};

type Answer = { readonly status: number; readonly body: object | string; readonly headers?: Record<string, string> };

export function createDoor(options: DoorOptions): Server {
	const held: Held = { refusals: createRefusals(options.clock), reading: 0 };
	const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const startedAt = options.clock();
		let result: Answer;
		try {
			result = await answer(request, options, held);
		} catch (error) {
			options.onError(error);
			const reason = 'the alert could not be stored: send it again';
			result = { status: 503, body: { error: 'not_stored', reason }, headers: retryAfter() };
		}
		if (!request.complete) await drain(request);
		if (response.destroyed) return;
		send(request, response, result);
		options.onAnswer?.(request.url ?? '', result.status, options.clock() - startedAt);
	};
	const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
		respond(request, response).catch(options.onError);
	};
	const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS };
	return options.tls === undefined
		? createServer(timeouts, onRequest)
		: createTlsServer({ ...timeouts, ...tlsOptions(options.tls) }, onRequest);
}

/** Takes no new connection; resolves when those that are open have had their answers. */
export function closeDoor(door: Server): Promise<void> {
	return new Promise((done) => {
		door.close(() => done());
		door.closeIdleConnections();
	});
}

function retryAfter(): Record<string, string> {
	return { 'retry-after': String(RETRY_AFTER_S) };
}

function busy(reason: string): Answer {
	return { status: 503, body: { error: 'busy', reason }, headers: retryAfter() };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Answer): void {
	const isText = typeof body === 'string';
	// Text and no bytes: node:http sends it with the head in one piece.
	const text = isText ? body : `${JSON.stringify(body)}\n`;
	const length = Buffer.byteLength(text);
	// A body that was not read to its end would be taken for the next request on this connection.
	const close = request.complete ? {} : { connection: 'close' };
	response.writeHead(status, {
		'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
		'content-length': length,
		'cache-control': 'no-store',
		'x-content-type-options': 'nosniff',
		...close,
		...headers,
	});
	// As many bytes as characters is plain ASCII, which is written at half the cost.
	response.end(text, length === text.length ? 'latin1' : 'utf8');
}

async function answer(request: IncomingMessage, options: DoorOptions, held: Held): Promise<Answer> {
	const path = (request.url ?? '/').split('?')[0] ?? '/';
	if (path === '/healthz') return { status: 200, body: { status: 'alive' } };
	if (path === '/readyz') {
		const fault = await options.fault();
		return fault === null
			? { status: 200, body: { status: 'ready' } }
			: { status: 503, body: { status: 'not ready', reason: fault } };
	}
	if (path === '/metrics') return { status: 200, body: await options.metrics() };
	if (path === '/v1/facts' && options.onStatement !== undefined)
		return await takeStatement(request, options.onStatement, options, held);
	const list = /^\/v1\/blocklist\/([a-z0-9-]{1,63})\.txt$/.exec(path)?.[1];
	if (list !== undefined && options.onList !== undefined)
		return await giveList(request, list, options.onList, options, held);
	const name = /^\/v1\/alerts\/([^/]{1,100})$/.exec(path)?.[1];
	if (name === undefined)
		return { status: 404, body: { error: 'not_found', reason: 'alerts are sent to POST /v1/alerts/{source}' } };
	const source = options.source(decodeName(name));
	if (source === null)
		return {
			status: 404,
			body: { error: 'unknown_source', reason: `no source has this name`, found: decodeName(name).slice(0, 100) },
		};
	if (request.method !== 'POST')
		return { status: 405, body: { error: 'method_not_allowed', expected: 'POST' }, headers: { allow: 'POST' } };
	return accept(request, source, options, held);
}

/** Who may not fetch is counted like a wrong credential of a source. */
async function giveList(
	request: IncomingMessage,
	name: string,
	give: NonNullable<DoorOptions['onList']>,
	options: DoorOptions,
	{ refusals }: Held,
): Promise<Answer> {
	if (request.method !== 'GET' && request.method !== 'HEAD')
		return {
			status: 405,
			body: { error: 'method_not_allowed', expected: 'GET' },
			headers: { allow: 'GET, HEAD' },
		};
	const forwarded = request.headers['x-forwarded-for'];
	const address = forwardedSender(request.socket.remoteAddress ?? '', forwarded, options.trustedProxies ?? []);
	const given = await give({
		name,
		address,
		authorization: request.headers.authorization ?? null,
		ifNoneMatch: request.headers['if-none-match'] ?? null,
	});
	const answered: Answer = { status: given.status, body: given.body, headers: { ...given.headers } };
	if (given.status !== 401 && given.status !== 403) return answered;
	const reason = given.body.trim();
	const count = (): boolean => {
		const isOver = refusals.isOver('blocklist', address);
		options.onRefused('blocklist', address, reason, refusals.count('blocklist', address) && !isOver);
		return isOver;
	};
	const isOver = await (options.countRefused?.('blocklist', address, reason) ?? count());
	if (!isOver) return answered;
	const words = 'too many refused requests for lists from this address';
	return { status: 429, body: { error: 'too_many_refusals', reason: words }, headers: { 'retry-after': '60' } };
}

/** A wrong token is counted like a wrong credential of a source: whoever guesses is told to wait. */
async function takeStatement(
	request: IncomingMessage,
	state: NonNullable<DoorOptions['onStatement']>,
	options: DoorOptions,
	{ refusals }: Held,
): Promise<Answer> {
	if (request.method !== 'POST')
		return { status: 405, body: { error: 'method_not_allowed', expected: 'POST' }, headers: { allow: 'POST' } };
	const forwarded = request.headers['x-forwarded-for'];
	const address = forwardedSender(request.socket.remoteAddress ?? '', forwarded, options.trustedProxies ?? []);
	const body = await readBody(request, STATEMENT_MAX);
	if (body.kind === 'gone') return { status: 400, body: { error: 'aborted' } };
	if (body.kind === 'too_large')
		return { status: 413, body: { error: 'too_large', found: body.found, expected: `at most ${STATEMENT_MAX} bytes` } };
	if (body.kind === 'broken') return { status: 400, body: { error: 'broken_body', reason: body.reason } };
	const person = request.headers['x-interlock-person'];
	const token = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
	const answered = await state({
		person: typeof person === 'string' && person !== '' ? person.slice(0, 100) : null,
		token,
		body: body.bytes.toString('utf8'),
	});
	if (answered.status !== 401) return answered;
	const reason = answered.body['reason'] ?? '';
	const count = (): boolean => {
		const isOver = refusals.isOver('facts', address);
		options.onRefused('facts', address, reason, refusals.count('facts', address) && !isOver);
		return isOver;
	};
	const isOver = await (options.countRefused?.('facts', address, reason) ?? count());
	if (!isOver) return { ...answered, headers: { 'www-authenticate': 'Bearer realm="interlock"' } };
	const words = 'too many wrong tokens from this address';
	return { status: 429, body: { error: 'too_many_refusals', reason: words }, headers: { 'retry-after': '60' } };
}

function decodeName(name: string): string {
	try {
		return decodeURIComponent(name);
	} catch {
		// A broken escape is no source's name: the caller answers 404 with the text as it came.
		return name;
	}
}

async function accept(request: IncomingMessage, source: DoorSource, options: DoorOptions, held: Held): Promise<Answer> {
	const { refusals } = held;
	const count = (reason: string): boolean => {
		const isOver = refusals.isOver(source.name, address);
		options.onRefused(source.name, address, reason, refusals.count(source.name, address) && !isOver);
		return isOver;
	};
	const address = forwardedSender(
		request.socket.remoteAddress ?? '',
		request.headers['x-forwarded-for'],
		options.trustedProxies ?? [],
	);
	const refuse = async (
		status: number,
		reason: string,
		error = status === 401 ? 'no_credential' : 'forbidden',
	): Promise<Answer> => {
		// Only what is wrong is limited: a good credential from the same address always passes.
		const isOver = await (options.countRefused?.(source.name, address, reason) ?? count(reason));
		if (isOver) {
			return {
				status: 429,
				body: { error: 'too_many_refusals', reason: 'too many wrong credentials for this source from this address' },
				headers: { 'retry-after': '60' },
			};
		}
		return {
			status,
			body: { error, reason, ...(error === 'replayed' ? { stored: 0 } : {}) },
			...(status === 401 ? { headers: { 'www-authenticate': challengeOf(source.credential) } } : {}),
		};
	};
	if (source.addressAllow.length > 0 && !source.addressAllow.some((range) => isAddressIn(address, range))) {
		return refuse(403, 'this address may not send for this source');
	}
	const peer = source.credential.type === 'mtls' ? peerOf(request.socket) : null;
	// What needs no body is checked before it is read: a stranger cannot make us read 32 MiB.
	const early = provenEarly(source.credential, request.headers, options.clock(), peer);
	if (early?.ok === false) return refuse(early.status, early.reason);
	const unusable = unusableType(request);
	if (unusable !== null) return { status: 415, body: { error: 'unsupported_media_type', ...unusable } };
	// Only now is room taken: who has no credential can hold none, however much is announced.
	const bodyMax = options.bodyMax ?? BODY_MAX;
	const size = Math.min(Number(request.headers['content-length'] ?? bodyMax) || bodyMax, bodyMax);
	if (held.reading + size > READING_MAX / (options.readingShare ?? 1)) return busy('too many bodies are being read');
	held.reading += size;
	try {
		return await readAndStore(request, source, peer, early, options, refuse);
	} finally {
		held.reading -= size;
	}
}

async function readAndStore(
	request: IncomingMessage,
	source: DoorSource,
	peer: PeerCertificate | null,
	early: Proof | null,
	options: DoorOptions,
	refuse: (status: number, reason: string, error?: string) => Promise<Answer>,
): Promise<Answer> {
	const bodyMax = options.bodyMax ?? BODY_MAX;
	const body = await readBody(request, bodyMax);
	if (body.kind === 'gone') return { status: 400, body: { error: 'aborted' } };
	if (body.kind === 'too_large')
		return { status: 413, body: { error: 'too_large', found: body.found, expected: `at most ${bodyMax} bytes` } };
	if (body.kind === 'broken') return { status: 400, body: { error: 'broken_body', reason: body.reason } };
	const now = options.clock();
	// A signature covers the bytes as they were sent, before any decompression.
	const proof = early ?? authenticate(source.credential, request.headers, body.sent, now, peer);
	if (!proof.ok) return refuse(proof.status, proof.reason);
	const parsed = await options.parse(source.kind, body.bytes, {
		source: source.name,
		receivedAt: now,
		timeZone: source.timeZone,
	});
	const isTest = request.headers[TEST_HEADER] !== undefined;
	const stored = await store(parsed, source, { signature: proof.signature, isTest }, now, options);
	return stored ?? refuse(403, 'this signed delivery was accepted before', 'replayed');
}

/** Null for a signed delivery that was accepted before. */
async function store(
	parsed: ParsedBody,
	source: DoorSource,
	sent: { readonly signature: string | null; readonly isTest: boolean },
	now: number,
	options: DoorOptions,
): Promise<Answer | null> {
	if (parsed.kind === 'refused') return { status: 400, body: { error: 'invalid_body', ...parsed.problem, stored: 0 } };
	if (parsed.kind === 'protocol') {
		options.onProtocol(source.name, parsed.note);
		return { status: 202, body: { alerts: [], note: parsed.note } };
	}
	if (options.alertsMax !== undefined && parsed.items.length > options.alertsMax) {
		const found = `${parsed.items.length} alerts`;
		return {
			status: 413,
			body: { error: 'too_many_alerts', found, expected: `at most ${options.alertsMax} in a body`, stored: 0 },
		};
	}
	const stored = await options.intake.accept({
		source: source.name,
		sourceKind: source.kind,
		items: parsed.items,
		receivedAt: now,
		...sent,
	});
	switch (stored.kind) {
		case 'stored':
			return { status: 202, body: { alerts: stored.alerts } };
		case 'replayed':
			return null;
		case 'full':
			return busy('more alerts wait for the database than may: send it again');
	}
}

/** What a sender without a credential is told to bring (RFC 9110, 11.6.1). */
function challengeOf(credential: Credential): string {
	return credential.type === 'basic' ? 'Basic realm="interlock"' : 'Bearer realm="interlock"';
}

/** Null for anything that may hold text; the form of a body is told from its content, the header is a hint. */
function unusableType(request: IncomingMessage): { found: string; expected: string } | null {
	const type = (request.headers['content-type'] ?? '').toLowerCase();
	const expected = 'JSON or text in UTF-8, plain or gzip, deflate or br';
	if (/^(multipart|image|audio|video|font)\//.test(type)) return { found: type.slice(0, 100), expected };
	const charset = /charset="?([^\s;"]{1,40})/.exec(type)?.[1];
	if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset))
		return { found: `charset ${charset}`, expected };
	const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
	if (!['identity', 'gzip', 'x-gzip', 'deflate', 'br'].includes(encoding))
		return { found: `content-encoding ${encoding.slice(0, 40)}`, expected };
	return null;
}

type Body =
	| { readonly kind: 'read'; readonly sent: Buffer; readonly bytes: Buffer }
	| { readonly kind: 'too_large'; readonly found: string }
	/** The sender went away in the middle: nobody waits for an answer. */
	| { readonly kind: 'gone' }
	| { readonly kind: 'broken'; readonly reason: string };

async function readBody(request: IncomingMessage, max: number): Promise<Body> {
	const announced = Number(request.headers['content-length'] ?? 0);
	if (announced > max) return { kind: 'too_large', found: `${announced} bytes` };
	const sent: Buffer[] = [];
	let size = 0;
	const ended = await new Promise<'end' | 'large' | 'gone'>((done) => {
		request.on('data', (chunk: Buffer) => {
			size += chunk.length;
			if (size <= max) sent.push(chunk);
			else {
				request.pause();
				done('large');
			}
		});
		request.once('end', () => done('end'));
		request.once('close', () => done('gone'));
	});
	if (ended === 'large') return { kind: 'too_large', found: `more than ${max} bytes` };
	if (ended === 'gone') return { kind: 'gone' };
	const [only] = sent;
	const bytes = sent.length === 1 && only !== undefined ? only : Buffer.concat(sent);
	const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
	return encoding === 'identity' ? { kind: 'read', sent: bytes, bytes } : decompress(bytes, encoding, max);
}

/** Throws away what a refused sender is still sending, within bounds: it reads no answer before it has finished. */
function drain(request: IncomingMessage): Promise<void> {
	if (request.complete || request.destroyed) return Promise.resolve();
	return new Promise((done) => {
		let size = 0;
		const timer = setTimeout(done, DRAIN_MS);
		const end = (): void => {
			clearTimeout(timer);
			done();
		};
		request.removeAllListeners('data');
		request.on('data', (chunk: Buffer) => {
			size += chunk.length;
			if (size > DRAIN_MAX) end();
		});
		request.once('end', end);
		request.once('close', end);
		request.resume();
	});
}

async function decompress(sent: Buffer, encoding: string, max: number): Promise<Body> {
	const stream =
		encoding === 'br' ? createBrotliDecompress() : encoding === 'deflate' ? createInflate() : createGunzip();
	const parts: Buffer[] = [];
	let size = 0;
	try {
		stream.end(sent);
		for await (const chunk of stream) {
			const bytes = chunk as Buffer; // zlib streams give Buffers
			size += bytes.length;
			// A bomb is stopped as it unfolds, not after.
			if (size > max) return { kind: 'too_large', found: `more than ${max} bytes when decompressed` };
			parts.push(bytes);
		}
	} catch (error) {
		return {
			kind: 'broken',
			reason: `the ${encoding} body does not decompress: ${error instanceof Error ? error.message : 'unknown'}`,
		};
	} finally {
		stream.destroy();
	}
	return { kind: 'read', sent, bytes: Buffer.concat(parts) };
}
