// A domain controller as the protocol (RFC 4511) and Active Directory's documentation describe it, as far as accounts go: simple bind,
// StartTLS, search, modify that removes one value and adds another in one go, referrals, AD's result codes. Written for tests, with a
// BER coding of its own, so that a fault of the client library is not hidden by sharing it. State is open to the test.

import type { AddressInfo } from 'node:net';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { createServer as createTls, type SecureContextOptions, TLSSocket } from 'node:tls';

type Tlv = { readonly tag: number; readonly body: Buffer };

const tlv = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
	const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : part)));
	const length =
		body.length < 128
			? Buffer.from([body.length])
			: Buffer.from([0x84, body.length >>> 24, (body.length >> 16) & 255, (body.length >> 8) & 255, body.length & 255]);
	return Buffer.concat([Buffer.from([tag]), length, body]);
};
const integer = (tag: number, value: number): Buffer =>
	tlv(
		tag,
		value < 128
			? Buffer.from([value])
			: Buffer.from([value >> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]),
	);

/** The first element of a buffer and where the next begins; null where it is not all there yet. */
function take(data: Buffer): { readonly one: Tlv; readonly end: number } | null {
	const [tag, first] = [data[0], data[1]];
	if (tag === undefined || first === undefined) return null;
	const more = first & 0x80 ? first & 0x7f : 0;
	if (data.length < 2 + more) return null;
	const length = more === 0 ? first : data.readUIntBE(2, more);
	const end = 2 + more + length;
	return data.length < end ? null : { one: { tag, body: data.subarray(2 + more, end) }, end };
}

function parts(of: Tlv): Tlv[] {
	const found: Tlv[] = [];
	let rest = of.body;
	for (let next = take(rest); next !== null; next = take(rest)) {
		found.push(next.one);
		rest = rest.subarray(next.end);
	}
	return found;
}
const text = (of: Tlv | undefined): string => of?.body.toString('utf8') ?? '';
const number = (of: Tlv | undefined): number =>
	of === undefined || of.body.length === 0 ? 0 : of.body.readIntBE(0, of.body.length);

/** Attribute names in lower case; values as texts, or as bytes where they are none (objectGUID, tokenGroups). */
export type Entry = Record<string, (string | Buffer)[]>;

export type Fault =
	| 'hang-before'
	| 'hang-after'
	| 'drop-before'
	| 'drop-after'
	| 'garbage'
	| 'garbage-after'
	| 'endless'
	| { readonly code: number; readonly message?: string };

export type Directory = {
	readonly url: string;
	readonly port: number;
	/** Distinguished name in lower case -> entry. */
	readonly entries: Map<string, Entry>;
	readonly effects: string[];
	/** Operations as they came: `bind`, `search`, `modify`, `starttls`. */
	readonly operations: string[];
	/** What becomes of the next operations of a kind, one each; empty: answered as they should be. */
	readonly faults: { bind: Fault[]; search: Fault[]; modify: Fault[] };
	/** Says what becomes of the next operation, before `faults` does; null or nothing said: as they say. */
	decide: ((kind: 'bind' | 'search' | 'modify') => Fault | null) | null;
	/** Runs before a modify is looked at: somebody else was quicker. */
	beforeModify: (() => void) | null;
	/** Distinguished names that may be changed by nobody (AdminSDHolder). */
	readonly locked: Set<string>;
	/** Referrals that every search of the subtree brings along, and the base that lies elsewhere. */
	readonly referrals: string[];
	password: string;
	close(): Promise<void>;
};

export const BIND_DN = 'CN=interlock,OU=Service,DC=plant,DC=example';
const AD_CAPABILITY = '1.2.840.113556.1.4.800';
/** Attributes with one value, which AD keeps to one. */
const SINGLE = new Set([
	'useraccountcontrol',
	'samaccountname',
	'userprincipalname',
	'objectguid',
	'objectsid',
	'primarygroupid',
]);

export type Tls = { readonly mode: 'ldaps' | 'starttls'; readonly context: SecureContextOptions };

/** Starts a controller that holds these entries (distinguished name -> attributes). */
export async function startDirectory(
	entries: Readonly<Record<string, Entry>>,
	tls: Tls | null = null,
): Promise<Directory> {
	const directory: { -readonly [K in keyof Directory]: Directory[K] } = {
		url: '',
		port: 0,
		entries: new Map([
			[
				'',
				{
					supportedcapabilities: [AD_CAPABILITY],
					defaultnamingcontext: ['DC=plant,DC=example'],
					dnshostname: ['dc1.plant.example'],
				},
			],
		]),
		effects: [],
		operations: [],
		faults: { bind: [], search: [], modify: [] },
		decide: null,
		beforeModify: null,
		locked: new Set(),
		referrals: [],
		password: 'b1nd-S3cret!',
		close: async () => undefined,
	};
	for (const [dn, entry] of Object.entries(entries))
		directory.entries.set(dn.toLowerCase(), { distinguishedname: [dn], ...lowered(entry) });
	const sockets = new Set<Socket>();
	const serve = (socket: Socket): void => {
		sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('error', () => undefined);
		socket.on('close', () => sockets.delete(socket));
		converse(directory, socket, tls?.mode === 'starttls' ? tls.context : null);
	};
	const server: Server = tls?.mode === 'ldaps' ? createTls(tls.context, serve) : createTcp(serve);
	server.on('tlsClientError', () => undefined);
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	directory.port = (server.address() as AddressInfo).port;
	directory.url = `${tls?.mode === 'ldaps' ? 'ldaps' : 'ldap'}://127.0.0.1:${directory.port}`;
	directory.close = () =>
		new Promise((closed) => {
			for (const socket of sockets) socket.destroy();
			server.close(() => closed());
		});
	return directory;
}

const lowered = (entry: Entry): Entry =>
	Object.fromEntries(Object.entries(entry).map(([name, values]) => [name.toLowerCase(), values]));

function converse(directory: Directory, plain: Socket, context: SecureContextOptions | null): void {
	let rest: Buffer = Buffer.alloc(0);
	let bound = false;
	let socket = plain;
	const hear = (data: Buffer): void => {
		rest = Buffer.concat([rest, data]);
		for (let next = take(rest); next !== null; next = take(rest)) {
			rest = rest.subarray(next.end);
			const [id, operation] = parts(next.one);
			if (operation === undefined) return;
			bound = operate(directory, socket, number(id), operation, bound, () => {
				if (context === null) return;
				plain.removeListener('data', hear);
				const secure = new TLSSocket(plain, { isServer: true, ...context });
				secure.on('error', () => undefined);
				secure.on('data', hear);
				socket = secure;
			});
		}
	};
	plain.on('data', hear);
}

const message = (id: number, operation: Buffer): Buffer => tlv(0x30, integer(0x02, id), operation);
const result = (tag: number, code: number, words = '', more: readonly Buffer[] = []): Buffer =>
	tlv(tag, integer(0x0a, code), tlv(0x04, ''), tlv(0x04, words), ...more);

/** One operation; returns whether the connection is bound after it. */
function operate(
	directory: Directory,
	socket: Socket,
	id: number,
	operation: Tlv,
	bound: boolean,
	secure: () => void,
): boolean {
	const say = (answer: Buffer): void => void socket.write(message(id, answer));
	switch (operation.tag) {
		case 0x60: {
			directory.operations.push('bind');
			const [, name, password] = parts(operation);
			const isRight = text(name).toLowerCase() === BIND_DN.toLowerCase() && text(password) === directory.password;
			const answer = isRight
				? result(0x61, 0)
				: result(0x61, 49, '80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data 52e, v4563');
			through(directory, 'bind', socket, 0x61, say, () => [answer]);
			return isRight;
		}
		case 0x63:
			directory.operations.push('search');
			through(directory, 'search', socket, 0x65, say, () => search(directory, operation, bound));
			return bound;
		case 0x66:
			directory.operations.push('modify');
			through(directory, 'modify', socket, 0x67, say, () => [modify(directory, operation, bound)]);
			return bound;
		case 0x77:
			directory.operations.push('starttls');
			say(result(0x78, 0));
			secure();
			return bound;
		case 0x42:
			socket.end();
			return false;
		default:
			say(result(0x78, 2, 'unknown operation'));
			return bound;
	}
}

function through(
	directory: Directory,
	kind: 'bind' | 'search' | 'modify',
	socket: Socket,
	tag: number,
	say: (answer: Buffer) => void,
	work: () => readonly Buffer[],
): void {
	const fault = directory.decide?.(kind) ?? directory.faults[kind].shift();
	if (fault === undefined) {
		for (const one of work()) say(one);
		return;
	}
	if (typeof fault === 'object') {
		say(result(tag, fault.code, fault.message ?? ''));
		return;
	}
	if (fault === 'hang-before') return;
	if (fault === 'drop-before') return void socket.destroy();
	if (fault === 'garbage') return void socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
	if (fault === 'endless') {
		// An answer without an end: entry after entry, none of which was asked for.
		const piece = Buffer.alloc(60_000, 0x41);
		const pour = (): void => {
			while (
				!socket.destroyed &&
				socket.write(
					message(
						2,
						tlv(0x64, tlv(0x04, 'CN=x'), tlv(0x30, tlv(0x30, tlv(0x04, 'description'), tlv(0x31, tlv(0x04, piece))))),
					),
				)
			);
			if (!socket.destroyed) socket.once('drain', pour);
		};
		pour();
		return;
	}
	work();
	if (fault === 'drop-after') socket.destroy();
	if (fault === 'garbage-after') socket.write(Buffer.from([0x30, 0x03, 0xff, 0xff, 0xff, 0xff]));
}

const same = (a: string | Buffer, b: string | Buffer): boolean =>
	typeof a === 'string' && typeof b === 'string'
		? a.toLowerCase() === b.toLowerCase()
		: Buffer.from(a).equals(Buffer.from(b));

function find(directory: Directory, dn: string): Entry | undefined {
	const guid = /^<guid=([0-9a-f-]{32,36})>$/i.exec(dn)?.[1]?.replaceAll('-', '').toLowerCase();
	if (guid === undefined) return directory.entries.get(dn.toLowerCase());
	return [...directory.entries.values()].find((entry) =>
		entry['objectguid']?.some((value) => Buffer.from(value).toString('hex') === guid),
	);
}

function search(directory: Directory, operation: Tlv, bound: boolean): Buffer[] {
	const [base, scope, , limit, , , filter, wanted] = parts(operation);
	const root = text(base);
	if (!bound && root !== '')
		return [
			result(
				0x65,
				1,
				'000004DC: LdapErr: DSID-0C090A37, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563',
			),
		];
	const names = wanted === undefined ? [] : parts(wanted).map((name) => text(name));
	const start = find(directory, root);
	if (start === undefined && ![...directory.entries.keys()].some((dn) => dn.endsWith(root.toLowerCase())))
		return [result(0x65, 32, '0000208D: NameErr: DSID-0310028D, problem 2001 (NO_OBJECT), data 0, best match of:')];
	const held = [...directory.entries].filter(
		([dn, entry]) =>
			(number(scope) === 0 ? entry === start : dn !== '' && dn.endsWith(root.toLowerCase())) &&
			filter !== undefined &&
			matches(entry, filter),
	);
	const shown = number(limit) > 0 ? held.slice(0, number(limit)) : held;
	const answers = shown.map(([dn, entry]) =>
		entryOf(
			String(entry['distinguishedname']?.[0] ?? dn),
			entry,
			names,
			directory.locked.has(String(entry['distinguishedname']?.[0] ?? dn)),
		),
	);
	if (number(scope) !== 0) answers.push(...directory.referrals.map((url) => tlv(0x73, tlv(0x04, url))));
	return [...answers, result(0x65, shown.length < held.length ? 4 : 0)];
}

function entryOf(dn: string, entry: Entry, names: readonly string[], isLocked: boolean): Buffer {
	const asked = names.length === 0 ? Object.keys(entry) : names;
	// Computed for whoever asks: what this login may write of the entry.
	const seen: Entry = { ...entry, allowedattributeseffective: isLocked ? [] : ['userAccountControl'] };
	const attributes = asked.flatMap((name) => {
		// A list that is too long comes in pieces, under the name with its range.
		const key = Object.keys(seen).find(
			(held) => held === name.toLowerCase() || held.startsWith(`${name.toLowerCase()};range=`),
		);
		const values = key === undefined ? [] : (seen[key] ?? []);
		const title = key?.includes(';') === true ? key : name;
		return values.length === 0
			? []
			: [tlv(0x30, tlv(0x04, title), tlv(0x31, ...values.map((value) => tlv(0x04, value))))];
	});
	return tlv(0x64, tlv(0x04, dn), tlv(0x30, ...attributes));
}

function matches(entry: Entry, filter: Tlv): boolean {
	switch (filter.tag) {
		case 0xa0:
			return parts(filter).every((one) => matches(entry, one));
		case 0xa1:
			return parts(filter).some((one) => matches(entry, one));
		case 0xa2:
			return parts(filter).every((one) => !matches(entry, one));
		case 0xa3: {
			const [name, value] = parts(filter);
			return (entry[text(name).toLowerCase()] ?? []).some((held) =>
				same(held, typeof held === 'string' ? text(value) : (value?.body ?? '')),
			);
		}
		case 0x87:
			return text(filter).toLowerCase() === 'objectclass' || entry[text(filter).toLowerCase()] !== undefined;
		default:
			return false;
	}
}

function modify(directory: Directory, operation: Tlv, bound: boolean): Buffer {
	if (!bound) return result(0x67, 1, '000004DC: LdapErr: a successful bind must be completed on the connection.');
	directory.beforeModify?.();
	const [object, changes] = parts(operation);
	const entry = find(directory, text(object));
	if (entry === undefined) return result(0x67, 32, '0000208D: NameErr: problem 2001 (NO_OBJECT)');
	const dn = String(entry['distinguishedname']?.[0] ?? '');
	if (directory.locked.has(dn))
		return result(0x67, 50, '00000005: SecErr: DSID-03152492, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0');
	// All changes of one modify or none.
	const after: Entry = { ...entry };
	const touched = new Set<string>();
	for (const change of changes === undefined ? [] : parts(changes)) {
		const [kind, attribute] = parts(change);
		const [type, set] = attribute === undefined ? [] : parts(attribute);
		const name = text(type).toLowerCase();
		const values = set === undefined ? [] : parts(set).map((value) => text(value));
		const held = after[name] ?? [];
		touched.add(name);
		if (number(kind) === 1) {
			if (!values.every((value) => held.some((one) => same(one, value))))
				return result(0x67, 16, '00002085: AtrErr: DSID-03153425, #1: problem 1001 (NO_ATTRIBUTE_OR_VAL)');
			after[name] = held.filter((one) => !values.some((value) => same(one, value)));
		} else if (number(kind) === 0) after[name] = [...held, ...values];
		else after[name] = values;
	}
	if ([...touched].some((name) => SINGLE.has(name) && (after[name]?.length ?? 0) > 1))
		return result(0x67, 19, '00002081: AtrErr: problem 1005 (CONSTRAINT_ATT_TYPE)');
	directory.entries.set(dn.toLowerCase(), after);
	directory.effects.push(`${dn} ${[...touched].map((name) => `${name}=${String(after[name])}`).join(' ')}`);
	return result(0x67, 0);
}
