// IP addresses as numbers: is one in a range, and which network does it belong to. IPv4 and IPv6; names are not resolved.
import { ipv4Number } from './inventory.ts';

/** The 16 bytes of an address, IPv4 as `::ffff:a.b.c.d` (RFC 4291, 2.5.5.2); null where the text is none. A zone (`%eth0`) is not looked at. */
function addressBytes(text: string): readonly number[] | null {
	const [bare = ''] = text.split('%');
	if (!bare.includes(':')) {
		const number = ipv4Number(bare);
		return number === null ? null : [...Array<number>(10).fill(0), 255, 255, ...bytesOf(number)];
	}
	if (bare.length > 45) return null;
	const halves = bare.split('::').map(groupBytes);
	const [head, tail] = halves;
	if (halves.length > 2 || head === undefined || head === null || tail === null) return null;
	if (tail === undefined) return head.length === 16 ? head : null;
	const gap = 16 - head.length - tail.length;
	return gap < 2 ? null : [...head, ...Array<number>(gap).fill(0), ...tail];
}

function bytesOf(number: number): number[] {
	return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
}

/** The bytes of groups between colons; the last may be an IPv4 address. */
function groupBytes(half: string): readonly number[] | null {
	if (half === '') return [];
	const groups = half.split(':');
	const bytes: number[] = [];
	for (const [index, group] of groups.entries()) {
		const ipv4 = index === groups.length - 1 && group.includes('.') ? ipv4Number(group) : null;
		if (ipv4 !== null) bytes.push(...bytesOf(ipv4));
		else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
			const number = Number.parseInt(group, 16);
			bytes.push(number >> 8, number & 255);
		} else return null;
	}
	return bytes;
}

/** True where the address lies in the range (`10.0.0.0/8`, `2001:db8::/32`) or is the one named; false too where either is malformed. */
export function isAddressIn(address: string, range: string): boolean {
	const [base = '', bits, ...rest] = range.split('/');
	const found = addressBytes(address);
	const start = addressBytes(base);
	if (found === null || start === null || rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
		return false;
	const own = base.includes(':') ? 128 : 32;
	const length = bits === undefined ? own : Number(bits);
	if (length > own) return false;
	return samePrefix(found, start, 128 - own + length);
}

function samePrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
	for (let at = 0; at < 16; at++) {
		const left = Math.min(8, bits - at * 8);
		if (left <= 0) return true;
		if (((a[at] ?? 0) ^ (b[at] ?? 0)) >> (8 - left) !== 0) return false;
	}
	return true;
}

/** One text for each address however it is written, IPv4 in IPv6 clothes as IPv4; null where the text is none. For comparing, not for showing. */
export function addressKey(text: string): string | null {
	return addressBytes(text)?.join('.') ?? null;
}

/** True where the text is an address or a range of addresses, with a base and a length that belong together. */
export function isAddressRange(range: string): boolean {
	return isAddressIn(range.split('/')[0] ?? '', range);
}

/** An address without the clothes that a socket puts on it: `::ffff:10.0.0.1` is `10.0.0.1`. */
export function bareAddress(text: string): string {
	return text.replace(/^::ffff:(?=\d{1,3}\.)/i, '');
}

/**
 * Whom to count an address as: an IPv4 address for itself, an IPv6 one as its /64, which one sender has whole (RFC 6177).
 * A text that is no address stands for itself, cut.
 */
export function senderOf(address: string): string {
	const bytes = address.includes(':') ? addressBytes(address) : null;
	if (bytes === null) return address.slice(0, 60);
	const groups = [0, 2, 4, 6].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
	return `${groups.join(':')}::/64`;
}

/**
 * Who sent a request: the address of the connection or, where that is a declared proxy, the one that the proxy saw. `X-Forwarded-For` is
 * read from the right: each entry was written by the hop behind it, so the first one that is no proxy of ours is the sender, and whatever
 * stands left of it is the sender's own claim. An entry that is no address makes the sender unknown (it is in no range).
 */
export function forwardedSender(
	remote: string,
	forwardedFor: string | readonly string[] | undefined,
	proxies: readonly string[],
): string {
	let sender = bareAddress(remote);
	if (proxies.length === 0 || forwardedFor === undefined) return sender;
	const hops = (typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',')).split(',');
	while (proxies.some((range) => isAddressIn(sender, range))) {
		const hop = hops.pop()?.trim();
		if (hop === undefined || hop === '') return sender;
		sender = bareAddress(withoutPort(hop));
		if (addressBytes(sender) === null) return 'unknown';
	}
	return sender;
}

/** `10.0.0.1:443` and `[::1]:443`, as some proxies write it. */
function withoutPort(hop: string): string {
	const match = /^\[([^\]]{2,45})\](?::\d{1,5})?$/.exec(hop) ?? /^(\d[\d.]{6,14}):\d{1,5}$/.exec(hop);
	return match?.[1] ?? hop;
}
