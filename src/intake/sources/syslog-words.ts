// What the text of a syslog message names and says: who came from where to where as whom, a state that is over, and the text without
// what changes from one message to the next. Every pattern is bounded. Header and severity are not read here.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import { normaliseIp } from '../formats/scan-text.ts';

const TEXT_MAX = 8_000;
const PAIRS_MAX = 200;
const TEMPLATE_MAX = 1_000;

/** An address as firewalls write it: `inside:10.0.0.1/443`, `10.0.0.1(443)`, `10.0.0.1 443`. */
const ENDPOINT = String.raw`(?:[\w./-]{1,60}:)?([0-9A-Fa-f:.]{3,45}(?![\w]))(?:[/(:](\d{1,5})\)?)?`;

/** Words before an address that say which side it is. The first match of a side counts. */
const SIDES: readonly (readonly [RegExp, EntityRole])[] = [
	[
		new RegExp(
			String.raw`\b(?:src(?:ip)?|source(?: network)?(?: address| ip)?|from|faddr|for|client|rhost|attacker|initiatorip)[ =:]{1,2}["']?${ENDPOINT}`,
			'gi',
		),
		'actor',
	],
	[
		new RegExp(
			String.raw`\b(?:dst(?:ip)?|dest|destination(?: address| ip)?|to|laddr|server|responderip)[ =:]{1,2}["']?${ENDPOINT}`,
			'gi',
		),
		'target',
	],
];

const USERS: readonly RegExp[] = [
	/\b(?:user(?:name)?|login|account|uname|acct|logname|ruser|USER)(?: name)?\s?[=:]\s?["'<]?([\w.@\\$-]{1,128})/gi,
	/\bfor (?:invalid user |illegal user |user )?["']?([\w.@\\$-]{1,128})["']? from\b/gi,
	/\b(?:invalid |illegal )?user ["']?([\w.@\\$-]{1,128})["']? (?:from|logged|executed|at|by|failed|has|was|authenticated)\b/gi,
	/\b(?:by|for) user ["']?([\w.@\\$-]{1,128})/gi,
	/\b[Uu]ser ["'<]([^"'<>]{1,128})["'>]/g,
	/\(([A-Z][\w-]{0,30}\\[\w.@$-]{1,128})\)/g,
	// sudo: `ana : TTY=pts/0 ; USER=root`; su: `'su root' failed for ana on /dev/pts/8`.
	/^\s{0,8}([\w.@$-]{1,64}) : (?=[^\n]{0,200}TTY=)/g,
	/\bfor ([\w.@\\$-]{1,64}) on \/dev\//g,
	// ASA ends a connection's message with the user's bare name.
	/^(?:Built|Teardown) [^\n]{1,500}\(([A-Za-z][\w.@$-]{1,100})\)$/g,
	/\bfrom \S{1,60} by ([\w.@\\$-]{1,64})(?= on (?:vty|console|con|tty|line))/gi,
];

/** What a user pattern may catch and is no user. */
const NO_USER = /^(?:=|from|root@|unknown|none|null|n\/a|on|by|at|is|was|the|a|to|in|password|with|name|and|\d{1,2})$/i;

/**
 * Adds what the text names: endpoints by the word before them, users, `key=value` pairs.
 *
 * @returns true where it names two sides of a connection, or one
 */
export function addMessageThings(draft: Draft, whole: string): boolean {
	const text = whole.slice(0, TEXT_MAX);
	let hasPeers = false;
	for (const [pattern, role] of SIDES) {
		for (const match of text.matchAll(pattern)) {
			const ip = normaliseIp(match[1] ?? '');
			if (ip === null || draft.has('ip', ip)) continue;
			draft.entity('ip', ip, role);
			if (match[2] !== undefined) draft.entity('port', match[2], role);
			hasPeers = true;
		}
	}
	for (const pattern of USERS) {
		for (const match of text.matchAll(pattern)) {
			const name = (match[1] ?? '').replace(/[.,;:]+$/, '');
			if (name !== '' && !NO_USER.test(name) && normaliseIp(name) === null) draft.user(name, null, 'actor');
		}
	}
	// Netfilter writes both MACs and the type in one: destination first.
	const macs = /\bMAC=((?:[0-9a-f]{2}:){5}[0-9a-f]{2}):((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\b/i.exec(text);
	draft.entity('mac', macs?.[1], 'target');
	draft.entity('mac', macs?.[2], 'actor');
	// DHCP servers name the client behind its MAC.
	draft.endpoint(/\b[0-9a-f]{2}(?::[0-9a-f]{2}){5} \(([\w.-]{1,255})\)/i.exec(text)?.[1], 'related');
	let pairs = 0;
	for (const match of text.matchAll(
		/(?:^|[\s,;(])([A-Za-z_][\w.-]{0,60})=(?:"([^"]{0,2000})"|'([^']{0,2000})'|([^\s,;")]{1,2000}))/g,
	)) {
		if (pairs >= PAIRS_MAX) break;
		pairs++;
		const value = match[2] ?? match[3] ?? match[4] ?? '';
		gatherField(draft, match[1] ?? '', value, 'related');
	}
	return hasPeers;
}

const SECURITY =
	/\b(?:authentication fail\w*|fail(?:ed|ure) (?:password|log ?in|log ?on|authentication)|log ?in fail\w*|invalid (?:user|password|login)|illegal user|access denied|permission denied|unauthori[sz]ed|den(?:y|ied)|attack\w*|intrusion|exploit|malware|virus|trojan|ransomware|brute ?force|port ?scan|scan detected|spoof\w*|blocked|rogue|violation|threat|suspicious|not in sudoers|segfault|flood|botnet|shun\w*|login_failed|failed to (?:log ?[io]n|authenticate)|drop(?:ped)? in|account (?:was )?locked)\b/i;

/** True where the words tell of an attack, a refused access or a failed log-in. */
export function isSecurityText(words: string): boolean {
	return SECURITY.test(words.slice(0, TEXT_MAX).replace(/_/g, ' ')) || /SEC_LOGIN-\d-LOGIN_FAILED/.test(words);
}

const STATE =
	/\b(?:changed state to|(?:link|port|interface|tunnel|neighbou?r|connection|power supply|fan|state|status)(?: [\w/.:-]{1,60})? (?:is|went|came|turned|goes)(?: now)?|link) (administratively down|down|up|failed|ok|restored|online|offline)\b/i;
const OVER = new Set(['up', 'ok', 'restored', 'online']);

/** A state that the text tells, whether it is the good one, and the text without it; null where it tells none. */
export function stateOfText(text: string): { readonly isOver: boolean; readonly rest: string } | null {
	const match = STATE.exec(text.slice(0, TEXT_MAX));
	if (match === null) return null;
	const word = match[1] ?? '';
	const end = match.index + match[0].length;
	return {
		isOver: OVER.has(word.toLowerCase()),
		rest: text.slice(0, end - word.length) + text.slice(end),
	};
}

/**
 * The text without what changes between two messages of one condition: times, ids, counts, ports and process numbers. Addresses and
 * names with numbers in them (`Gi0/1`, `pump-3`) stay.
 */
export function templateOf(text: string): string {
	return text
		.slice(0, TEMPLATE_MAX)
		.replace(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/g, '#')
		.replace(/\b\d{1,2}:\d\d:\d\d(?:\.\d{1,9})?\b/g, '#')
		.replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '#')
		.replace(/\b0x[0-9a-f]{1,16}\b/gi, '#')
		.replace(/(\d\.\d{1,3})[/:]\d{1,5}\b/g, '$1')
		.replace(/(^|[\s=(["'#])-?\d{1,20}(?:\.\d{1,9})?(?=$|[\s,;)\]"'%:]|\.(?:\s|$))/g, '$1#')
		.replace(/\s+/g, ' ')
		.trim();
}
