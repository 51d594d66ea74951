// IP addresses and ranges as people write them into files: is it one, and in which form is it compared.
import { z } from 'zod';
import { isAddressRange } from '../domain/address.ts';
import { ipv4Number } from '../domain/inventory.ts';

/** An address or a range, IPv4 or IPv6. A leading zero is octal to some programs: nobody may guess which host is meant. */
export const AddressOrRange = z
	.string()
	.refine(
		(text) => isAddressRange(text) && !/(^|\.)0\d/.test(text),
		'is neither an address nor a range as in 10.10.0.0/16 or 2001:db8::/32',
	);

/** The address in the form in which it is compared (IPv6 as RFC 5952 writes it, mapped IPv4 as IPv4), or null where the text is none. */
export function normaliseIp(text: string): string | null {
	if (text.includes(':')) return normaliseIpv6(text);
	// A leading zero is octal to some programs and decimal to others: nobody may guess which host is meant.
	if (/(^|\.)0\d/.test(text) || ipv4Number(text) === null) return null;
	return text;
}

function normaliseIpv6(text: string): string | null {
	const zone = text.indexOf('%');
	const bare = (zone < 0 ? text : text.slice(0, zone)).toLowerCase();
	const halves = bare.split('::');
	if (bare.length > 45 || halves.length > 2) return null;
	const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
	const given = groups.flat();
	const last = given.at(-1) ?? '';
	if (last.includes('.')) {
		const number = normaliseIp(last) === null ? null : ipv4Number(last);
		if (number === null) return null;
		groups.at(-1)?.splice(-1, 1, Math.floor(number / 65536).toString(16), (number % 65536).toString(16));
	}
	const count = groups.flat().length;
	if (halves.length === 2 ? count > 7 : count !== 8) return null;
	const filled =
		halves.length === 1
			? (groups[0] ?? [])
			: [...(groups[0] ?? []), ...Array<string>(8 - count).fill('0'), ...(groups[1] ?? [])];
	if (!filled.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
	const numbers = filled.map((group) => Number.parseInt(group, 16));
	const [high = 0, low = 0] = numbers.slice(6);
	// An IPv4 address in IPv6 clothes is the same host (RFC 4291, 2.5.5.2).
	if (numbers.slice(0, 5).every((group) => group === 0) && numbers[5] === 0xffff)
		return [high >> 8, high & 255, low >> 8, low & 255].join('.');
	// The URL parser writes the canonical text of RFC 5952: the form that intake gives alerts' addresses.
	return new URL(`http://[${filled.join(':')}]/`).hostname.slice(1, -1);
}

/** True for an IPv4 range in CIDR form (`10.10.0.0/16`). */
export function isIpv4Range(text: string): boolean {
	const [base, bits, ...rest] = text.split('/');
	if (base === undefined || bits === undefined || rest.length > 0 || normaliseIp(base) === null || base.includes(':'))
		return false;
	return /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
}
