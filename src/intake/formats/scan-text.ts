// Finds addresses, MACs, links, mail addresses, hashes, CVEs and ATT&CK ids inside any text. Every pattern is linear in the
// text. What a finding means (whose address it is) is not decided here.
import { normaliseMac } from '../../domain/inventory.ts';

/** How much of one text is searched: alert texts are a few kilobytes, what is longer is an attachment. */
const SCAN_LENGTH_MAX = 200_000;

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

/** Every address-like thing in the text, in order of kind; equal ones may come more than once. */
export function scanText(whole: string): Sighting[] {
	const text = whole.length > SCAN_LENGTH_MAX ? whole.slice(0, SCAN_LENGTH_MAX) : whole;
	const found: Sighting[] = [];
	// Everything sought has a digit, a colon or an at sign; most words of a payload have none.
	if (text.length < 5 || !/[\d:@]/.test(text)) return found;
	if (text.includes('.')) {
		for (const [match] of text.matchAll(IPV4)) push(found, 'ip', normaliseIp(match));
		for (const [match] of text.matchAll(MAC_DOTTED)) push(found, 'mac', knownMac(match));
	}
	if (text.includes(':')) {
		for (const [match] of text.matchAll(IPV6)) if (/\d/.test(match)) push(found, 'ip', normaliseIp(match));
	}
	if (text.includes('://')) for (const [match] of text.matchAll(URL_TEXT)) push(found, 'url', trimLink(match));
	if (text.includes('@')) for (const [match] of text.matchAll(EMAIL)) push(found, 'email', match);
	for (const [match] of text.matchAll(MAC)) push(found, 'mac', knownMac(match));
	for (const [, hash] of text.matchAll(NAMED_HASH)) push(found, 'file_hash', readHash(hash ?? ''));
	for (const [match] of text.matchAll(CVE)) push(found, 'vulnerability', match.toUpperCase());
	return found;
}

function push(found: Sighting[], type: Sighting['type'], value: string | null): void {
	if (value !== null) found.push({ type, value });
}

/** ATT&CK ids named in the text, Enterprise and ICS, of any version: `Rundll32 (T1218.011)`, `attack.t1059.001`. */
export function techniquesIn(whole: string): string[] {
	const text = whole.length > SCAN_LENGTH_MAX ? whole.slice(0, SCAN_LENGTH_MAX) : whole;
	const found: string[] = [];
	if (text.includes('T')) for (const [match] of text.matchAll(TECHNIQUE)) found.push(match);
	for (const [match] of text.matchAll(TECHNIQUE_TAG)) found.push(match.slice('attack.'.length).toUpperCase());
	return found;
}

/**
 * An address in the form in which addresses are compared: lower case, without brackets, zone index and port, IPv4 out of `::ffff:`.
 * Null where the text is none, and for `0.0.0.0` and `::`, which say that there is no address.
 */
export function normaliseIp(value: string): string | null {
	let text = value.trim().toLowerCase();
	const bracketed = /^\[([0-9a-f:.]{2,45})\](?::\d{1,5})?$/.exec(text);
	if (bracketed !== null) text = bracketed[1] ?? '';
	text = text.split('%')[0] ?? '';
	const withPort = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}):\d{1,5}$/.exec(text);
	if (withPort !== null) text = withPort[1] ?? '';
	const mapped = /^(?:::ffff:|::)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.exec(text);
	if (mapped !== null) text = mapped[1] ?? '';
	if (isIpv4(text)) return text === '0.0.0.0' ? null : text;
	return isIpv6(text) && text !== '::' ? text : null;
}

function isIpv4(text: string): boolean {
	const parts = text.split('.');
	return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 section 2.2, all three text forms. Eight groups of two digits are an EUI-64, which is no address of a host. */
function isIpv6(text: string): boolean {
	if (text.length > 45 || !/^[0-9a-f:.]+$/.test(text)) return false;
	const halves = text.split('::');
	if (halves.length > 2) return false;
	const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
	let count = groups.length;
	const last = groups.at(-1) ?? '';
	if (last.includes('.')) {
		if (!isIpv4(last)) return false;
		groups.pop();
		count++;
	}
	if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return false;
	if (halves.length === 2) return count < 8;
	return count === 8 && !groups.every((group) => group.length === 2);
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
