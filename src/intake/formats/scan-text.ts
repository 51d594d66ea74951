// Finds addresses, MACs, links, mail addresses, hashes, CVEs and ATT&CK ids inside any text. Every pattern is linear in the
// text. What a finding means (whose address it is) is not decided here.
import { normaliseMac } from '../../domain/inventory.ts';
import { recalled } from './recall.ts';

/** How much of one text is searched: alert texts are a few kilobytes, what is longer is an attachment. */
const SCAN_LENGTH_MAX = 200_000;

const NOTHING: readonly Sighting[] = [];
/** `a@b.c`: the shortest of what is looked for. */
const SIGHTING_LENGTH_MIN = 5;

export type Sighting = {
	readonly type: 'ip' | 'mac' | 'url' | 'email' | 'file_hash' | 'vulnerability';
	readonly value: string;
};

// No look-behind may be missing here: `10.0.0.4_16` is a version and `1.3.6.1.4.1` an object id, neither is an address.
const IPV4 =
	/(?<![\w.]|(?:Chrome|Chromium|Edg|Edge|OPR|CriOS|Version|Safari)\/)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)/g;
const IPV6 = /(?<![\w:.])[0-9a-fA-F:]{2,39}(?:(?<=:)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?![\w:]|\.\d)/g;
const MAC = /(?<![\w:.-])[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w:-])/g;
const MAC_DOTTED = /(?<![\w.])[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![\w.])/g;
const URL_TEXT =
	/(?<![\w])(?:https?|ftps?|sftp|wss?|ldaps?|smb|tcp|ssh|telnet|rtsp|opc\.tcp):\/\/[^\s"'<>|\\^`{}]{1,2000}/gi;
const EMAIL = /(?<![\w.%+-])[\w.%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![\w])/g;
const NAMED_HASH = /\b(?:MD5|SHA-?1|SHA-?256|SHA-?512|IMPHASH)\s{0,2}[=:]\s{0,2}([0-9a-fA-F]{32,128})\b/gi;
const CVE = /\bCVE-\d{4}-\d{4,7}\b/gi;
const TECHNIQUE = /(?<![A-Za-z0-9_])T[01]\d{3}(?:\.\d{3})?(?![A-Za-z0-9_])/g;
const TECHNIQUE_TAG = /\battack[._]t[01]\d{3}(?:\.\d{3})?\b/gi;

// What each of the above has in it wherever it matches: a look for that is cheaper than the whole pattern, and most texts have none.
const MAYBE_IPV4 = /\d\.\d/;
const MAYBE_MAC_DOTTED = /\.[0-9a-fA-F]{4}\./;
const MAYBE_IPV6 = /:[0-9a-fA-F]{0,4}:/;
const MAYBE_MAC = /[:-][0-9a-fA-F]{2}[:-]/;
const MAYBE_HASH = /[=:]\s{0,2}[0-9a-fA-F]{32}/;
const MAYBE_CVE = /CVE-\d/i;
const MAYBE_TECHNIQUE = /T[01]\d/;
const MAYBE_TAG = /attack[._]t/i;

/** Any of them at all: what is none of this names nothing, and is not worth remembering. */
const MAYBE_ANY =
	/\d\.\d{1,3}\.\d|:[0-9a-f]{0,4}:|:\/\/|@|[:-][0-9a-f]{2}[:-]|\.[0-9a-f]{4}\.|[=:]\s{0,2}[0-9a-f]{32}|cve-\d/i;

const recalledScan = recalled(scan);

/** Every address-like thing in the text, in order of kind; equal ones may come more than once. */
export function scanText(whole: string): readonly Sighting[] {
	return whole.length < SIGHTING_LENGTH_MIN || !MAYBE_ANY.test(whole) ? NOTHING : recalledScan(whole);
}

function scan(whole: string): readonly Sighting[] {
	const text = whole.length > SCAN_LENGTH_MAX ? whole.slice(0, SCAN_LENGTH_MAX) : whole;
	const found: Sighting[] = [];
	if (text.includes('.')) {
		if (MAYBE_IPV4.test(text)) for (const [match] of text.matchAll(IPV4)) push(found, 'ip', normaliseIp(match));
		if (MAYBE_MAC_DOTTED.test(text))
			for (const [match] of text.matchAll(MAC_DOTTED)) push(found, 'mac', knownMac(match));
	}
	if (text.includes(':')) {
		if (MAYBE_IPV6.test(text))
			for (const [match] of text.matchAll(IPV6)) if (/\d/.test(match)) push(found, 'ip', normaliseIp(match));
		if (text.includes('://')) for (const [match] of text.matchAll(URL_TEXT)) push(found, 'url', trimLink(match));
	}
	if (text.includes('@')) for (const [match] of text.matchAll(EMAIL)) push(found, 'email', match);
	if (MAYBE_MAC.test(text)) for (const [match] of text.matchAll(MAC)) push(found, 'mac', knownMac(match));
	if (MAYBE_HASH.test(text))
		for (const [, hash] of text.matchAll(NAMED_HASH)) push(found, 'file_hash', readHash(hash ?? ''));
	if (MAYBE_CVE.test(text)) for (const [match] of text.matchAll(CVE)) push(found, 'vulnerability', match.toUpperCase());
	return found;
}

function push(found: Sighting[], type: Sighting['type'], value: string | null): void {
	if (value !== null) found.push({ type, value });
}

/** ATT&CK ids named in the text, Enterprise and ICS, of any version: `Rundll32 (T1218.011)`, `attack.t1059.001`. */
export function techniquesIn(whole: string): readonly string[] {
	const text = whole.length > SCAN_LENGTH_MAX ? whole.slice(0, SCAN_LENGTH_MAX) : whole;
	const found: string[] = [];
	if (MAYBE_TECHNIQUE.test(text)) for (const [match] of text.matchAll(TECHNIQUE)) found.push(match);
	if (MAYBE_TAG.test(text))
		for (const [match] of text.matchAll(TECHNIQUE_TAG)) found.push(match.slice('attack.'.length).toUpperCase());
	return found;
}

/**
 * An address in the form in which addresses are compared: without brackets, zone index and port; IPv6 as RFC 5952 writes it
 * (lower case, the longest run of zeros as `::`), IPv4 out of an IPv4-mapped one (RFC 4291 section 2.5.5.2).
 * Null where the text is none, and for `0.0.0.0` and `::`, which say that there is no address.
 */
export function normaliseIp(value: string): string | null {
	const text = bareAddress(value);
	// Some devices pad (`010.001.001.005`): read as decimal, as the inventory reads them.
	const dotted4 = isIpv4(text) ? text.split('.').map(Number).join('.') : null;
	if (dotted4 !== null) return dotted4 === '0.0.0.0' ? null : dotted4;
	const groups = ipv6Groups(text);
	if (groups === null || groups.every((group) => group === 0)) return null;
	const [a = 0, b = 0] = groups.slice(6);
	const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
	// `::1.2.3.4` is the older, IPv4-compatible way of writing the same (section 2.5.5.1).
	const isCompatible = text.includes('.') && groups.slice(0, 6).every((group) => group === 0);
	if (!isMapped && !isCompatible) return compressed(groups);
	const dotted = [a >> 8, a & 255, b >> 8, b & 255].join('.');
	return dotted === '0.0.0.0' ? null : dotted;
}

/** True for `0.0.0.0`, `::` and a MAC of zeros: ways of saying that there is no address. */
export function isNoAddress(value: string): boolean {
	const text = bareAddress(value);
	return text === '0.0.0.0' || /^[0:.-]+$/.test(text);
}

function bareAddress(value: string): string {
	let text = value.trim().toLowerCase();
	const bracketed = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/.exec(text);
	if (bracketed !== null) text = bracketed[1] ?? '';
	text = text.split('%')[0] ?? '';
	const withPort = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}$/.exec(text);
	return withPort === null ? text : (withPort[1] ?? '');
}

function isIpv4(text: string): boolean {
	const parts = text.split('.');
	return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** The eight groups of RFC 4291 section 2.2, all three text forms. Eight groups of two digits are an EUI-64, which is no address of a host. */
function ipv6Groups(text: string): number[] | null {
	if (text.length > 45 || !/^[0-9a-f:.]+$/.test(text)) return null;
	const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
	if (halves.length > 2) return null;
	const lastHalf = halves.at(-1) ?? [];
	const last = lastHalf.at(-1) ?? '';
	if (last.includes('.')) {
		if (!isIpv4(last)) return null;
		const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
		lastHalf.splice(-1, 1, (a * 256 + b).toString(16), (c * 256 + d).toString(16));
	}
	const given = halves.flat();
	if (!given.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
	if (halves.length === 1)
		return given.length === 8 && !given.every((group) => group.length === 2) ? given.map(hex) : null;
	if (given.length > 7) return null;
	const zeros = Array<string>(8 - given.length).fill('0');
	return [...(halves[0] ?? []), ...zeros, ...lastHalf].map(hex);
}

function hex(group: string): number {
	return Number.parseInt(group, 16);
}

/** RFC 5952 section 4.2: the longest run of at least two zero groups is `::`, the first of equal ones. */
function compressed(groups: readonly number[]): string {
	let best = { at: 0, length: 1 };
	let length = 0;
	for (const [index, group] of groups.entries()) {
		length = group === 0 ? length + 1 : 0;
		if (length > best.length) best = { at: index - length + 1, length };
	}
	const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
	if (best.length < 2) return text(groups);
	return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`;
}

/** The MAC with colons in lower case; null where the text is none or says that there is none (all zeros). */
export function knownMac(value: string): string | null {
	const mac = normaliseMac(value);
	return mac === '00:00:00:00:00:00' ? null : mac;
}

/** A hash in lower case; null where the text is no MD5, SHA-1, SHA-256 or SHA-512, or nothing but zeros. */
export function readHash(value: string): string | null {
	const text = value.trim().toLowerCase();
	if (!/^[0-9a-f]+$/.test(text) || ![32, 40, 64, 96, 128].includes(text.length)) return null;
	return /^0+$/.test(text) ? null : text;
}

/** Cuts sentence marks off the end of a link that stands in a sentence. */
function trimLink(link: string): string {
	let end = link.length;
	while (end > 0 && '.,;:!?)]'.includes(link.charAt(end - 1))) end--;
	return link.slice(0, end);
}

/** The host part of a link, without user, port and brackets; null where there is none. */
export function hostOfUrl(url: string): string | null {
	const match = /^[a-z][a-z0-9+.-]{0,30}:\/\/(?:[^/?#@\s]{0,256}@)?(\[[0-9a-fA-F:.]{2,45}\]|[^/?#:\s]{1,253})/i.exec(
		url,
	);
	return match === null ? null : (match[1] ?? null);
}
