// What an indicator is to a firewall: an address or range, a domain, a URL, in one spelling each, and whether it may be blocked at all.
// Pure. The gate has asked the same of the facts (row N01); the connector is the last door and asks again, of the inventory itself.
import { isAddressIn } from '../../domain/address.ts';
import { type Inventory, ipv4Number, normaliseName } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { refuseAddress } from './address-guard.ts';

export type Indicator = {
	readonly type: 'ip' | 'domain' | 'url';
	/** As a list carries it: a host or range, a name in lower case, a URL without its scheme. */
	readonly value: string;
	/** The address, range or name that it stands at. */
	readonly host: string;
};

/** What the configuration says is never blocked. */
export type Never = { readonly addresses: readonly string[]; readonly domains: readonly string[] };

/** A wider range is no indicator but a part of the internet. Our choice; the gate refuses IPv4 wider than /16 already. */
const IPV4_BITS_MIN = 24;
const IPV6_BITS_MIN = 64;
/** Our choice: what is longer belongs to a proxy. */
const URL_MAX = 255;
/** Single addresses inside public space that the address guard never calls: a range may not cover them. */
const SPECIAL = ['168.63.129.16', '100.100.100.200'];

/** Reads one indicator. An address written in an unusual way, a wildcard, or a name without a dot is none: firewalls differ about them. */
export function readIndicator(text: string): Result<Indicator, string> {
	const plain = text.trim();
	// A firewall reads these as wildcards: one character would turn an entry into a thousand sites.
	if (!/^[!-~]{1,255}$/.test(plain) || /[*^]/.test(plain))
		return err('it has a blank, a wildcard or a character that is not ASCII');
	if (/^https?:\/\//i.test(plain)) return readUrl(plain);
	const lower = plain.toLowerCase();
	if (lower.includes(':') || /^[0-9./]+$/.test(lower)) return readAddress(lower);
	return readDomain(lower);
}

function readAddress(text: string): Result<Indicator, string> {
	const [base = '', bits, ...more] = text.split('/');
	const isV6 = base.includes(':');
	const own = isV6 ? 128 : 32;
	const length = bits === undefined ? own : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
	const isWritten = isV6 ? URL.canParse(`http://[${base}]/`) : ipv4Number(base) !== null && !/(?:^|\.)0\d/.test(base);
	if (!isWritten || more.length > 0 || Number.isNaN(length) || length > own) return err('it is no address');
	if (length < (isV6 ? IPV6_BITS_MIN : IPV4_BITS_MIN))
		return err(`the range is wider than /${isV6 ? IPV6_BITS_MIN : IPV4_BITS_MIN}`);
	const plain = isV6 ? new URL(`http://[${base}]/`).hostname.slice(1, -1) : base;
	const refusal = refuseAddress(plain, false);
	if (refusal !== null) return err(refusal);
	const value = length === own ? plain : `${plain}/${length}`;
	if (!isBaseOf(plain, length, isV6)) return err('the range has bits set behind its length: which hosts are meant?');
	if (SPECIAL.some((address) => isAddressIn(address, value))) return err('it covers an address of the cloud itself');
	return ok({ type: 'ip', value, host: value });
}

/** Whether no bit behind the length is set: then another address of the range cannot stand before its base. */
function isBaseOf(address: string, length: number, isV6: boolean): boolean {
	if (isV6) return length === 128 || /::$/.test(address);
	return (ipv4Number(address) ?? 1) % 2 ** (32 - length) === 0;
}

function readDomain(text: string): Result<Indicator, string> {
	const value = text.endsWith('.') ? text.slice(0, -1) : text;
	const labels = value.split('.');
	const isName = value.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
	const last = labels.at(-1) ?? '';
	if (!isName || labels.length < 2 || !/^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/.test(last))
		return err('it is no domain name with a top-level name');
	return ok({ type: 'domain', value, host: value });
}

function readUrl(text: string): Result<Indicator, string> {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url === null) return err('it is no URL');
	if (url.username !== '' || url.password !== '') return err('the URL has a login in it');
	const name = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
	// The parser turns other spellings of an address into the usual one; here the usual one is asked for.
	const written = /^https?:\/\/([^/:?#[\]]+|\[[^\]]+\])/i.exec(text)?.[1] ?? '';
	const host = /^[0-9.]+$|:/.test(name) ? readAddress(name) : readDomain(name);
	if (!host.ok) return err(`its host: ${host.error}`);
	if (host.value.type === 'ip' && !name.includes(':') && written !== name) return err('its host is no address');
	// Firewalls of both makers want it without a scheme, and read a name without a path as the name's beginning.
	const value = `${url.host}${url.pathname}${url.search}`;
	if (value.length > URL_MAX) return err(`the URL is longer than ${URL_MAX} characters`);
	return /^[!-~]+$/.test(value) && !/[*^#;]/.test(value)
		? ok({ type: 'url', value, host: host.value.value })
		: err('the URL has a character that firewalls read as something else');
}

/**
 * Why this indicator is not blocked, in words; null where nothing is known against it. Addresses of the inventory's zones and assets are
 * internal whatever their number says, and a name above one of the plant's own or one of `never` would take that with it.
 */
export function whyNever(indicator: Indicator, inventory: Inventory, never: Never): string | null {
	const { host } = indicator;
	if (isAddressLike(host)) {
		const listed = never.addresses.find((range) => overlap(host, range));
		if (listed !== undefined) return `the configuration lists ${listed} under \`never\``;
		const zone = inventory.data.zones.find((one) => one.ranges.some((range) => overlap(host, range)));
		if (zone !== undefined) return `it lies in a range of zone \`${zone.id}\``;
		const asset = inventory.data.assets.find((one) => one.ips.some((ip) => overlap(host, ip)));
		return asset === undefined ? null : `it is an address of the asset \`${asset.id}\``;
	}
	const listed = never.domains.find((domain) => isSameOrBelow(domain, host) || isSameOrBelow(host, domain));
	if (listed !== undefined) return `the configuration lists ${listed} under \`never\``;
	const asset = inventory.data.assets.find((one) =>
		one.hostnames.some((name) => name.includes('.') && isSameOrBelow(normaliseName(name), host)),
	);
	return asset === undefined ? null : `it is a name of the asset \`${asset.id}\`, or above one`;
}

function isAddressLike(host: string): boolean {
	return host.includes(':') || /^[0-9./]+$/.test(host);
}

function overlap(one: string, other: string): boolean {
	return isAddressIn(one.split('/')[0] ?? '', other) || isAddressIn(other.split('/')[0] ?? '', one);
}

/** `a.b.example` is below `b.example`. */
function isSameOrBelow(name: string, above: string): boolean {
	return name === above || name.endsWith(`.${above}`);
}

/** A host address in the one form in which it is compared and written; null where the text is none. */
export function plainAddress(text: string): string | null {
	const bare = text.trim().replace(/\/(?:32|128)$/, '');
	if (ipv4Number(bare) !== null) return /(?:^|\.)0\d/.test(bare) ? null : bare;
	if (!/^[0-9A-Fa-f:.]{2,45}$/.test(bare) || !bare.includes(':') || !URL.canParse(`http://[${bare}]/`)) return null;
	return new URL(`http://[${bare}]/`).hostname.slice(1, -1);
}
