// One HTTP request and its answer, to the address that was checked and no other. No retries, no redirects, no decisions:
// it reports how far the request came, because that decides whether it may be made again.
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { destinationOf } from '../../domain/destination.ts';
import { checkHost, type Resolve } from './address-guard.ts';

/** Bytes of an answer that are read; an answer is a receipt, not a document. */
const ANSWER_BYTES_MAX = 64 * 1024;

export type Exchange = {
	readonly url: URL;
	readonly method: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | null;
	readonly timeoutMs: number;
	readonly allowPrivate: boolean;
	/** Of this client: it says which destinations there are (`bindResolve`). */
	readonly resolve: Resolve;
	/** Bytes of the answer that are read, where a list is asked for; left out, those of a receipt. */
	readonly bytesMax?: number;
};

/**
 * answered   a status came; `text` holds up to 64 KiB of the body (or `bytesMax`), `cut` says that there was more or that it broke off
 * not_sent   nothing of the request can have reached the target
 * refused    the address guard said no, by the client's list, the address or the inventory: nothing was sent
 * unknown    the request may have been carried out: time ran out or the connection broke after it stood
 */
export type Answer =
	| {
			readonly kind: 'answered';
			readonly status: number;
			readonly retryAfter: string | null;
			readonly location: string | null;
			/** Every header by its lower-case name; several of one name are joined by commas. */
			readonly headers?: Readonly<Record<string, string>>;
			readonly text: string;
			readonly cut: boolean;
	  }
	| { readonly kind: 'not_sent'; readonly reason: string }
	| { readonly kind: 'refused'; readonly reason: string }
	| { readonly kind: 'unknown'; readonly reason: string };

/** Makes the request. Never throws; the timeout covers everything from the look-up to the last byte read. */
export async function exchange(what: Exchange): Promise<Answer> {
	const deadline = Date.now() + what.timeoutMs;
	const destination = destinationOf(what.url);
	// Protocols other than HTTP are no business of this client.
	if (destination === null || !/^https?:$/.test(what.url.protocol))
		return { kind: 'refused', reason: `\`${what.url.protocol}\` is not HTTP` };
	const { host, port } = destination;
	const checked = await within(what.timeoutMs, checkHost(host, port, what.allowPrivate, what.resolve));
	if (checked === null)
		return { kind: 'not_sent', reason: `the name \`${what.url.hostname}\` was not resolved in time` };
	if (!checked.ok)
		return checked.kind === 'refused'
			? { kind: 'refused', reason: checked.reason }
			: { kind: 'not_sent', reason: checked.reason };
	return await send(what, checked.address, Math.max(1, deadline - Date.now()));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<null>((done) => {
		timer = setTimeout(() => done(null), ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

function send(what: Exchange, address: string, timeoutMs: number): Promise<Answer> {
	return new Promise((done) => {
		let isConnected = false;
		const secure = what.url.protocol === 'https:';
		const options: RequestOptions = {
			method: what.method,
			// A connection of its own: a reused one may break in ways that look like "sent" and are not, or the reverse.
			agent: false,
			headers: {
				...what.headers,
				...(what.body === null ? {} : { 'content-length': String(Buffer.byteLength(what.body)) }),
				connection: 'close',
			},
			// The name stays in Host and TLS; the socket goes to the address that was checked, whatever the name says by now.
			lookup: (_host, lookupOptions, callback) => {
				const family = isIP(address);
				if (lookupOptions.all === true) callback(null, [{ address, family }]);
				else callback(null, address, family);
			},
		};
		const outgoing: ClientRequest = (secure ? httpsRequest : httpRequest)(what.url, options);
		const finish = (answer: Answer): void => {
			clearTimeout(timer);
			outgoing.destroy();
			done(answer);
		};
		const timer = setTimeout(() => {
			const reason = `no answer within ${timeoutMs} ms`;
			finish(isConnected ? { kind: 'unknown', reason } : { kind: 'not_sent', reason: `${reason}: no connection` });
		}, timeoutMs);
		outgoing.on('socket', (socket) => {
			socket.once(secure ? 'secureConnect' : 'connect', () => {
				isConnected = true;
			});
		});
		outgoing.on('error', (cause) => {
			const reason = 'code' in cause ? String(cause.code) : cause.message;
			finish(isConnected ? { kind: 'unknown', reason } : { kind: 'not_sent', reason });
		});
		outgoing.on('response', (incoming) => read(incoming, what.bytesMax ?? ANSWER_BYTES_MAX, finish));
		outgoing.end(what.body ?? undefined);
	});
}

function read(incoming: IncomingMessage, bytesMax: number, finish: (answer: Answer) => void): void {
	const parts: Buffer[] = [];
	let bytes = 0;
	const answer = (cut: boolean): void =>
		finish({
			kind: 'answered',
			status: incoming.statusCode ?? 0,
			retryAfter: incoming.headers['retry-after'] ?? null,
			location: incoming.headers.location ?? null,
			headers: Object.fromEntries(
				Object.entries(incoming.headers).map(([name, value]) => [
					name,
					Array.isArray(value) ? value.join(', ') : (value ?? ''),
				]),
			),
			text: Buffer.concat(parts).subarray(0, bytesMax).toString('utf8'),
			cut,
		});
	incoming.on('data', (part: Buffer) => {
		parts.push(part);
		bytes += part.length;
		if (bytes > bytesMax) answer(true);
	});
	incoming.on('end', () => answer(!incoming.complete));
	incoming.on('error', () => answer(true));
	incoming.on('aborted', () => answer(true));
}
