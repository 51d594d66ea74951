// Which addresses a connector may talk to. A connector's address is configuration, but names resolve to whatever a name server says:
// the guard looks at every address a name has, right before the connection. Each connector has a list of its own, and nothing else is reached
// with it. NOT here: the connection (exchange.ts), what stands on a list (domain/destination.ts).
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { type Destination, hostOf, isOnList, shownDestination } from '../../domain/destination.ts';

type Range = readonly [address: string, bits: number];

/**
 * Never a target, whatever the configuration says: link-local with the cloud metadata services (169.254.169.254, fd00:ec2::254,
 * Azure's 168.63.129.16, Alibaba's 100.100.100.200), "this network", multicast, reserved, documentation, and IPv6 forms that
 * wrap an IPv4 address (NAT64, 6to4, Teredo), through which all of them could be reached again.
 */
const NEVER: readonly Range[] = [
	['0.0.0.0', 8],
	['169.254.0.0', 16],
	['168.63.129.16', 32],
	['100.100.100.200', 32],
	['192.0.0.0', 24],
	['192.0.2.0', 24],
	['198.18.0.0', 15],
	['198.51.100.0', 24],
	['203.0.113.0', 24],
	['224.0.0.0', 4],
	['240.0.0.0', 4],
	['::', 128],
	['fe80::', 10],
	['fec0::', 10],
	['fd00:ec2::', 32],
	['ff00::', 8],
	['64:ff9b::', 96],
	['64:ff9b:1::', 48],
	['100::', 64],
	['2001::', 32],
	['2001:db8::', 32],
	['2002::', 16],
];

/** Inside a plant's own networks: allowed for a connector that says `allow_private: true`. */
const PRIVATE: readonly Range[] = [
	['10.0.0.0', 8],
	['172.16.0.0', 12],
	['192.168.0.0', 16],
	['127.0.0.0', 8],
	['100.64.0.0', 10],
	['::1', 128],
	['fc00::', 7],
];

/** Every range that is not the Internet: what a policy for public addresses has to leave out. */
export const INSIDE: readonly string[] = [...PRIVATE, ...NEVER].map(([address, bits]) => `${address}/${bits}`);

function blockList(ranges: readonly Range[]): BlockList {
	const list = new BlockList();
	for (const [address, bits] of ranges) list.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');
	return list;
}

const never = blockList(NEVER);
const privates = blockList(PRIVATE);
const loopback = blockList([
	['127.0.0.0', 8],
	['::1', 128],
]);

/**
 * Why this address may not be connected to; null where it may. IPv4 in IPv6 clothes (`::ffff:10.0.0.1`) is judged as the IPv4 address.
 *
 * @param address what a resolver returned, or a literal; anything that is no address is refused
 */
export function refuseAddress(address: string, allowPrivate: boolean): string | null {
	const bare = address.split('%')[0] ?? '';
	const family = isIP(bare);
	if (family === 0) return `\`${address.slice(0, 60)}\` is no address`;
	const inner = unwrapped(bare);
	const type = isIP(inner) === 6 ? 'ipv6' : 'ipv4';
	if (never.check(inner, type)) return `${inner} is a link-local, metadata, multicast or reserved address`;
	if (!allowPrivate && privates.check(inner, type))
		return `${inner} is a private or loopback address (\`allow_private\` is off)`;
	return null;
}

/** The IPv4 address inside `::ffff:a.b.c.d` (also written in hexadecimal) and the old `::a.b.c.d`; others unchanged. */
function unwrapped(address: string): string {
	if (isIP(address) !== 6) return address;
	// The URL parser writes every IPv6 address in one compressed form: no need to know all spellings.
	const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
	const match = /^::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain);
	if (match === null) return plain;
	const high = Number.parseInt(match[1] ?? '0', 16);
	const low = Number.parseInt(match[2] ?? '0', 16);
	return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** Every address of a name; the system's resolver, so that /etc/hosts counts too. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export const resolveBySystem: Resolve = async (hostname) =>
	(await lookup(hostname, { all: true, verbatim: true })).map((entry) => entry.address);

/** What one client may reach. */
type Bounds = {
	readonly own: readonly Destination[];
	/** Why nobody may connect to this address, whatever stands on the list: what the inventory knows there (safety/destination.ts). */
	readonly refuse: (address: string) => string | null;
};
/** By the resolver that a client was given: there is no other way to make one, and none to widen it. */
const bounds = new WeakMap<Resolve, Bounds>();

/**
 * The resolver of one client, for these destinations and no other. Whoever connects with a resolver that was not made here reaches this
 * machine alone.
 *
 * @throws TypeError for a resolver that has its destinations already
 */
export function bindResolve(resolve: Resolve, own: readonly Destination[], refuse: Bounds['refuse']): Resolve {
	if (bounds.has(resolve)) throw new TypeError('a client has its destinations already');
	const bound: Resolve = async (hostname) => await resolve(hostname);
	bounds.set(bound, { own: Object.freeze(own.map((one) => Object.freeze({ ...one }))), refuse });
	return bound;
}

export type Checked =
	| { readonly ok: true; readonly address: string }
	| { readonly ok: false; readonly kind: 'refused' | 'unresolved'; readonly reason: string };

/**
 * Resolves a host and returns the one address to connect to. Host and port must stand on the client's list. All addresses of the name must
 * be allowed: one forbidden among them refuses the name, because the next look-up could return that one.
 */
export async function checkHost(
	hostname: string,
	port: number,
	allowPrivate: boolean,
	resolve: Resolve,
): Promise<Checked> {
	const bound = bounds.get(resolve);
	const literal = hostOf(hostname);
	if (literal === null) return refused(`\`${hostname.slice(0, 60)}\` is no host`);
	const wanted = { host: literal, port };
	if (bound !== undefined && !isOnList(bound.own, wanted)) {
		const own = bound.own.map(shownDestination).join(', ');
		return refused(`${shownDestination(wanted)} is not on this connector's list (${own === '' ? 'it is empty' : own})`);
	}
	let addresses: readonly string[];
	try {
		addresses = isIP(literal) === 0 ? await resolve(literal) : [literal];
	} catch (cause) {
		return { ok: false, kind: 'unresolved', reason: `\`${literal}\` does not resolve: ${codeOf(cause)}` };
	}
	for (const address of addresses) {
		const refusal = refuseAddress(address, allowPrivate) ?? (bound ?? NO_LIST).refuse(unwrapped(address));
		if (refusal !== null) return refused(`\`${literal}\`: ${refusal}`);
	}
	const [first] = addresses;
	if (first === undefined) return { ok: false, kind: 'unresolved', reason: `\`${literal}\` has no address` };
	return { ok: true, address: first };
}

/** Stand-ins are on this machine; everything else needs a list. */
const NO_LIST: Pick<Bounds, 'refuse'> = {
	refuse: (address) =>
		loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
			? null
			: `${address} is not this machine, and this client was made without a list of destinations`,
};

function refused(reason: string): Checked {
	return { ok: false, kind: 'refused', reason };
}

function codeOf(cause: unknown): string {
	return cause instanceof Error && 'code' in cause ? String(cause.code) : 'resolver error';
}
