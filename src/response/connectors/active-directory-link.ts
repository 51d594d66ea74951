// One conversation with a domain controller over LDAP: to the address that was checked, under TLS that was verified, within time and
// size. The only place that knows the LDAP library. No decisions: it says what the controller answered and how far a change came.
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Attribute, BerReader, Change, Client, EqualityFilter, PresenceFilter, ResultCodeError } from 'ldapts';
import type { RawEntry } from './active-directory-account.ts';
import { checkHost, type Resolve } from './address-guard.ts';

/** Bytes of one conversation that are read: a handful of accounts and groups, not a directory. */
const BYTES_MAX = 1024 * 1024;

export type LinkSettings = {
	/** `ldaps://host[:port]`, or `ldap://host[:port]` which is upgraded by StartTLS before anything is said. */
	readonly url: string;
	readonly bindDn: string;
	/** Certificates of the authority that signed the controller's; null for those that the system trusts. */
	readonly ca: string | null;
	readonly allowPrivate: boolean;
	/** For each answer, and for the connection. */
	readonly timeoutMs: number;
	readonly resolve: Resolve;
};

/** What a modify came to. `raced`: the old value was not there any more, and nothing was changed. `busy`: not now. */
export type Modified = { readonly kind: 'done' | 'raced' | 'busy' | 'refused' | 'unknown'; readonly reason: string };

export type Directory = {
	/** One entry by its distinguished name (or `<GUID=...>`, where the directory takes it); null where there is none. */
	entry(dn: string, attributes: readonly string[]): Promise<RawEntry | null>;
	/** Entries below `base` with this value of one attribute, at most `limit`. The value is data: it is never parsed as a filter. */
	withValue(
		base: string,
		attribute: string,
		value: string,
		attributes: readonly string[],
		limit: number,
	): Promise<RawEntry[]>;
	/** Takes one value of an attribute away and puts another in its place, both or neither; not where the old one has gone. */
	exchange(dn: string, attribute: string, old: string, next: string): Promise<Modified>;
};

/**
 * not_sent   nothing that changes anything was said
 * refused    the address guard, the certificate or the password: trying again helps nobody
 */
export class LinkFailed extends Error {
	readonly kind: 'not_sent' | 'refused';
	constructor(kind: 'not_sent' | 'refused', reason: string) {
		super(reason);
		this.kind = kind;
	}
}

/**
 * Connects, logs in, does the work and hangs up.
 *
 * @throws LinkFailed for every failure of the connection, of the login and of reading; `exchange` alone answers with a value, because
 *   there it matters how far it came
 */
export async function withDirectory<T>(
	settings: LinkSettings,
	password: string,
	work: (directory: Directory) => Promise<T>,
): Promise<T> {
	const socket = await connect(settings);
	let isUsed = false;
	const client = new Client({
		url: 'ldaps://checked.invalid',
		timeout: settings.timeoutMs,
		connectTimeout: settings.timeoutMs,
		// The library would connect anew by itself, to wherever, and not log in again: it gets the one connection and no other.
		createSecureConnection: () => {
			if (isUsed) throw new LinkFailed('not_sent', 'the connection broke');
			isUsed = true;
			return socket;
		},
	});
	let bytes = 0;
	socket.on('data', (part: Buffer) => {
		bytes += part.length;
		if (bytes > BYTES_MAX) socket.destroy();
	});
	try {
		await client.bind(settings.bindDn, password).catch((cause: unknown) => fail('the login', cause));
		return await work(directoryOf(client));
	} finally {
		await client.unbind().catch(() => undefined);
		socket.destroy();
	}
}

function directoryOf(client: Client): Directory {
	const search = async (base: string, options: Parameters<Client['search']>[1]): Promise<RawEntry[]> => {
		// Every attribute as bytes: objectGUID and tokenGroups are no texts.
		const wanted = options?.attributes ?? [];
		const found = await client.search(base, {
			...options,
			derefAliases: 'never',
			explicitBufferAttributes: [...wanted],
		});
		// Referrals lead to other servers, which nobody has checked: they are left alone.
		return found.searchEntries.map((entry) => rawEntry(entry));
	};
	return {
		async entry(dn, attributes) {
			try {
				const filter = new PresenceFilter({ attribute: 'objectClass' });
				const [found] = await search(dn, { scope: 'base', filter, attributes: [...attributes], sizeLimit: 1 });
				return found ?? null;
			} catch (cause) {
				if (cause instanceof ResultCodeError && cause.code === NO_SUCH_OBJECT) return null;
				return fail('reading', cause);
			}
		},
		async withValue(base, attribute, value, attributes, limit) {
			const filter = new EqualityFilter({ attribute, value });
			const asked: Parameters<Client['search']>[1] = {
				scope: 'sub',
				filter,
				attributes: [...attributes],
				sizeLimit: limit,
			};
			return await search(base, asked).catch((cause: unknown) => fail('the search', cause));
		},
		async exchange(dn, attribute, old, next) {
			const of = (value: string): Attribute => new Attribute({ type: attribute, values: [value] });
			try {
				await client.modify(dn, [
					new Change({ operation: 'delete', modification: of(old) }),
					new Change({ operation: 'add', modification: of(next) }),
				]);
				return { kind: 'done', reason: 'the controller changed it' };
			} catch (cause) {
				return modifiedBy(cause);
			}
		},
	};
}

/** Result codes (RFC 4511, appendix A). */
const NO_SUCH_ATTRIBUTE = 16;
const ATTRIBUTE_OR_VALUE_EXISTS = 20;
const NO_SUCH_OBJECT = 32;
const INVALID_CREDENTIALS = 49;
const INSUFFICIENT_ACCESS = 50;
const BUSY = 51;
const UNAVAILABLE = 52;

/** A modify is done as a whole or not at all (RFC 4511, 4.6): an answer with a result code means that nothing was changed. */
function modifiedBy(cause: unknown): Modified {
	if (!(cause instanceof ResultCodeError)) return { kind: 'unknown', reason: wordsOf(cause) };
	if (cause.code === NO_SUCH_ATTRIBUTE || cause.code === ATTRIBUTE_OR_VALUE_EXISTS)
		return { kind: 'raced', reason: 'the account was changed by somebody else in the same moment' };
	if (cause.code === BUSY || cause.code === UNAVAILABLE) return { kind: 'busy', reason: wordsOf(cause) };
	if (cause.code === INSUFFICIENT_ACCESS)
		return {
			kind: 'refused',
			reason: 'the directory does not let this login change the account: it may be privileged (AdminSDHolder)',
		};
	return { kind: 'refused', reason: wordsOf(cause) };
}

function fail(what: string, cause: unknown): never {
	if (cause instanceof LinkFailed) throw cause;
	if (cause instanceof ResultCodeError && cause.code === INVALID_CREDENTIALS)
		throw new LinkFailed('refused', 'the directory does not take the bind name and password');
	const isForGood = cause instanceof ResultCodeError && cause.code !== BUSY && cause.code !== UNAVAILABLE;
	throw new LinkFailed(isForGood ? 'refused' : 'not_sent', `${what} failed: ${wordsOf(cause)}`);
}

/** A result code with its number and the directory's words; otherwise the library's first line. */
function wordsOf(cause: unknown): string {
	if (cause instanceof ResultCodeError) {
		const words = cause.message.replace(/\s*Code: 0x[0-9a-f]+$/, '').trim();
		return `LDAP result ${cause.code}${words === '' ? '' : `: ${words.slice(0, 160)}`}`;
	}
	if (!(cause instanceof Error)) return 'unknown fault';
	return 'code' in cause ? String(cause.code) : (cause.message.split('\n')[0] ?? '').slice(0, 160);
}

function rawEntry(entry: Readonly<Record<string, unknown>>): RawEntry {
	const attributes = new Map<string, Buffer[]>();
	let isCut = false;
	for (const [title, value] of Object.entries(entry)) {
		if (title === 'dn') continue;
		// Active Directory hands out long lists in pieces, under a name of their own: `memberOf;range=0-1499`.
		const [name = '', option] = title.toLowerCase().split(';', 2);
		if (option?.startsWith('range=') === true) isCut = true;
		const values: unknown[] = Array.isArray(value) ? value : [value];
		const bytes = values.flatMap((one) =>
			Buffer.isBuffer(one) ? [one] : typeof one === 'string' ? [Buffer.from(one)] : [],
		);
		attributes.set(name, [...(attributes.get(name) ?? []), ...bytes]);
	}
	return { dn: String(entry['dn']), attributes, isCut };
}

/** A verified TLS connection to the checked address. */
async function connect(settings: LinkSettings): Promise<TLSSocket> {
	const url = new URL(settings.url);
	const isPlainFirst = url.protocol === 'ldap:';
	const port = url.port === '' ? (isPlainFirst ? 389 : 636) : Number(url.port);
	const name = url.hostname.replace(/^\[|\]$/g, '');
	const checked = await checkHost(url.hostname, port, settings.allowPrivate, settings.resolve);
	if (!checked.ok) throw new LinkFailed(checked.kind === 'refused' ? 'refused' : 'not_sent', checked.reason);
	const plain = isPlainFirst
		? await opened(connectTcp({ host: checked.address, port }), 'connect', settings.timeoutMs)
		: null;
	if (plain !== null) await startTls(plain, settings.timeoutMs);
	const socket = connectTls({
		...(plain === null ? { host: checked.address, port } : { socket: plain, host: checked.address }),
		// The certificate must be for the name that is configured, wherever that name led.
		...(isIP(name) === 0 ? { servername: name } : {}),
		...(settings.ca === null ? {} : { ca: settings.ca }),
		minVersion: 'TLSv1.2',
	});
	return await opened(socket, 'secureConnect', settings.timeoutMs);
}

function opened<T extends Socket>(socket: T, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<T> {
	return new Promise((done, failed) => {
		const end = (cause: LinkFailed | null): void => {
			clearTimeout(timer);
			socket.removeListener('error', onError);
			socket.removeListener('close', onClose);
			if (cause === null) {
				done(socket);
				return;
			}
			socket.on('error', () => undefined);
			socket.destroy();
			failed(cause);
		};
		const onError = (cause: Error): void => {
			const code = 'code' in cause ? String(cause.code) : cause.message;
			// A certificate that does not fit stays one; a connection that was refused may stand in a minute.
			const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code);
			end(new LinkFailed(isCertificate ? 'refused' : 'not_sent', isCertificate ? `TLS: ${code}` : code));
		};
		const onClose = (): void => end(new LinkFailed('not_sent', 'the connection was closed'));
		const timer = setTimeout(() => end(new LinkFailed('not_sent', `no connection within ${timeoutMs} ms`)), timeoutMs);
		socket.once('error', onError);
		socket.once('close', onClose);
		socket.once(event, () => end(null));
	});
}

/** LDAPMessage 1, extended request 1.3.6.1.4.1.1466.20037 (RFC 4511, 4.14). */
const START_TLS = Buffer.concat([
	Buffer.from([0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]),
	Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1'),
]);

const START_TLS_ANSWER_MAX = 1_000;

/**
 * Asks for TLS and reads exactly the one answer. Done here and not by the library, which would keep bytes that came before the
 * handshake and read them as if they had come under it.
 */
function startTls(socket: Socket, timeoutMs: number): Promise<void> {
	return new Promise((done, failed) => {
		let heard = Buffer.alloc(0);
		const end = (reason: string | null): void => {
			clearTimeout(timer);
			socket.removeListener('data', onData);
			socket.removeListener('close', onClose);
			if (reason === null) {
				done();
				return;
			}
			socket.destroy();
			failed(new LinkFailed('refused', reason));
		};
		const onData = (part: Buffer): void => {
			heard = Buffer.concat([heard, part]);
			const size = messageSize(heard);
			if (heard.length > START_TLS_ANSWER_MAX) end('the answer to StartTLS is too long');
			else if (size !== null && heard.length > size) end('something was said before TLS stood');
			else if (heard.length === size) end(isStartTlsYes(heard) ? null : 'the directory does not offer StartTLS');
		};
		const onClose = (): void => end('the connection was closed instead of an answer to StartTLS');
		const timer = setTimeout(() => end(`no answer to StartTLS within ${timeoutMs} ms`), timeoutMs);
		socket.on('error', () => undefined);
		socket.on('data', onData);
		socket.once('close', onClose);
		socket.write(START_TLS);
	});
}

/** Bytes of the first message with its head; null where the head is not there yet. Active Directory writes every length in four bytes. */
function messageSize(heard: Buffer): number | null {
	const first = heard[1];
	if (first === undefined) return null;
	if (first < 0x80) return 2 + first;
	const more = first & 0x7f;
	if (more === 0 || more > 4 || heard.length < 2 + more)
		return heard.length < 2 + more ? null : Number.POSITIVE_INFINITY;
	return 2 + more + heard.readUIntBE(2, more);
}

/** Message 1, extended response (0x78), result code 0. */
function isStartTlsYes(heard: Buffer): boolean {
	try {
		const reader = new BerReader(heard);
		reader.readSequence();
		return reader.readInt() === 1 && reader.readSequence() === 0x78 && reader.readEnumeration() === 0;
	} catch {
		return false;
	}
}
