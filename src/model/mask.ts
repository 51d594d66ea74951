// Takes out of a text what must not leave the site before it goes to a model: secrets for good, personal names and
// internal addresses behind stand-ins that only this process can turn back. Pure. NOT here: which model gets it.
import { isPrivateAddress } from '../domain/inventory.ts';

/** What is hidden besides secrets, which always are. A model that runs in the plant may see more than one outside. */
export type MaskPolicy = {
	/** User names, personal names and e-mail addresses. */
	readonly people: boolean;
	/** IPv4, IPv6 and MAC addresses: `private` leaves public IP addresses, which others know anyway and a model may recognise. */
	readonly addresses: 'all' | 'private' | 'none';
	/** Names of machines as the inventory and the alerts' own entities have them. */
	readonly hosts: boolean;
};

/** What holds where nothing is configured. */
export const MASK_ALL: MaskPolicy = { people: true, addresses: 'private', hosts: true };

/** Values known from the alert's entities, which no pattern would find in a sentence. */
export type KnownValues = {
	readonly people?: readonly string[];
	readonly hosts?: readonly string[];
	readonly secrets?: readonly string[];
};

export type Masker = {
	/** The text without what must not leave. The same value gets the same stand-in in every text of this masker. */
	readonly mask: (text: string) => string;
	/** Puts names and addresses back into an answer. Secrets stay hidden. */
	readonly unmask: (text: string) => string;
	/** How many different values are hidden. */
	readonly hidden: () => number;
};

export const SECRET = '[secret]';

/** A text longer than this is cut first: masking is linear, and prompts are short. */
const MASKED_TEXT_MAX = 20_000;

// Every pattern is linear: no quantifier inside another, bounded lengths.
const SECRETS: readonly RegExp[] = [
	/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
	/\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}(?:\.[A-Za-z0-9_-]{0,2000})?/g,
	/\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|sk|pk|rk|AKIA|ASIA|AIza|ya29)[-_A-Za-z0-9]{12,300}/g,
	/\b(?:bearer|basic)\s{1,5}[A-Za-z0-9+/=._~-]{8,2000}/gi,
	// `password: x`, `pwd=x`, `--api-key x`, `"token": "x"`: the name stays readable, the value goes.
	/(?<name>(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|client[-_ ]?secret|private[-_ ]?key|credential|community)["']?\s{0,5}(?:[:=]|\bis\b)\s{0,5}["']?)(?<value>[^\s"',;&]{1,400})/gi,
	/(?<name>(?:--?|\/)(?:password|pass|token|api-?key|secret|pwd?)[ =:]["']?)(?<value>[^\s"',;&]{1,400})/gi,
	/(?<name>[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{1,100}:)(?<value>[^\s@/]{1,200})(?=@)/gi,
	/\b[0-9a-f]{40,128}\b(?=.{0,20}(?:key|secret|token))/gi,
];

const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/gu;
/** `user=ann`, `account name: CORP\ann`, `for user ann`: what follows is taken for a person. */
const USER =
	/(?<name>\b(?:user(?:[ _-]?name)?|account(?:[ _-]?name)?|login|logon|suser|duser|operator|employee|(?:full|display|given|first|last|sur)[ _-]?name|caller|contact|mailbox|recipient|sender|owner|assignee)\b["']?\s{0,3}(?:[:=]|\bis\b)\s{0,3}["']?)(?<value>[\p{L}\p{N}._\\@$-]{2,100})/giu;
/** `Frau Lange`, `Mr. Ray Okafor`. */
const HONORIFIC =
	/(?<name>\b(?:Mr|Mrs|Ms|Dr|Herr|Herrn|Frau|Monsieur|Madame|Mme|Señor|Señora)\.?\s)(?<value>\p{Lu}[\p{L}'’-]{1,40}(?:\s\p{Lu}[\p{L}'’-]{1,40})?)/gu;
const HOME = /(?<name>(?:\\Users\\|\/home\/|\/Users\/))(?<value>[^\\/\s"']{1,64})/g;
const DOMAIN_USER = /\b[A-Z][A-Z0-9-]{1,14}\\[\p{L}\p{N}._$-]{2,64}/gu;
const IPV4 = /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g;
const IPV6 = /(?<![\w:])(?:f[cd][0-9a-f]{2}|fe80):[0-9a-f:]{2,40}(?![\w:])/gi;
/** Any IPv6 address: at least two groups and a double colon, or eight groups. */
const IPV6_ANY = /(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})(?:[0-9a-f:]{0,34})(?![\w:])/gi;
const MAC = /\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi;
export const STAND_IN = /\[(?:person|address|host)-\d{1,5}\]/g;
/** Known names looked for in one text: each costs one pass over it. */
const KNOWN_MAX = 200;

/** Accounts that are no person: hiding them would only hide what matters. */
const NO_PERSON = new Set(
	'root administrator admin system guest nobody daemon localsystem anonymous unknown none null service sa'.split(' '),
);

/** Makes a masker for one prompt. */
export function createMasker(policy: MaskPolicy, known: KnownValues = {}): Masker {
	const standIns = new Map<string, string>();
	const originals = new Map<string, string>();
	const counts = { person: 0, address: 0, host: 0 };
	const standIn = (kind: keyof typeof counts, value: string): string => {
		const key = `${kind} ${value.toLowerCase()}`;
		const held = standIns.get(key);
		if (held !== undefined) return held;
		counts[kind] += 1;
		const made = `[${kind}-${counts[kind]}]`;
		standIns.set(key, made);
		originals.set(made, value);
		return made;
	};
	const people = patternsOf((known.people ?? []).filter((value) => !NO_PERSON.has(value.toLowerCase())));
	const hosts = patternsOf(known.hosts ?? []);
	const mask = (given: string): string => {
		// A stand-in that the text brings along would be turned into a real name on the way back.
		let text = given.slice(0, MASKED_TEXT_MAX).replace(STAND_IN, '[...]');
		for (const secret of known.secrets ?? []) if (secret.length >= 4) text = text.replaceAll(secret, SECRET);
		for (const pattern of SECRETS) text = replaceNamed(text, pattern, () => SECRET);
		if (policy.people) text = maskPeople(text, people, (value) => standIn('person', value));
		if (policy.addresses !== 'none') {
			text = maskAddresses(text, policy.addresses === 'all', (value) => standIn('address', value));
		}
		if (policy.hosts) for (const at of hosts) text = text.replace(at, (found) => standIn('host', found));
		return text;
	};
	return {
		mask,
		unmask: (text) => text.replace(STAND_IN, (found) => originals.get(found) ?? found),
		hidden: () => originals.size,
	};
}

function maskPeople(given: string, people: readonly RegExp[], standIn: (value: string) => string): string {
	let text = given.replace(EMAIL, (email) => standIn(email));
	for (const at of people) text = text.replace(at, (found) => standIn(found));
	text = text.replace(DOMAIN_USER, (found) => standIn(found));
	const named = (value: string): string =>
		NO_PERSON.has(value.toLowerCase()) || value.startsWith('[') ? value : standIn(value);
	return [USER, HONORIFIC, HOME].reduce((masked, pattern) => replaceNamed(masked, pattern, named), text);
}

/** The names as whole words, longest first: a short one inside a long one does not cut it. */
function patternsOf(names: readonly string[]): RegExp[] {
	// A name that stand-ins are made of would break them.
	const usable = names.filter((name) => name.length >= 3 && !/^(?:person|address|host|secret)$/i.test(name));
	return [...new Set(usable.map((name) => name.slice(0, 200)))]
		.sort((a, b) => b.length - a.length)
		.slice(0, KNOWN_MAX)
		.map((name) => new RegExp(`(?<![\\p{L}\\p{N}])${escapePattern(name)}(?![\\p{L}\\p{N}])`, 'giu'));
}

/** Only what a pattern with the flag `u` lets one escape: a hyphen outside a class is none of it. */
function escapePattern(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function maskAddresses(given: string, all: boolean, standIn: (value: string) => string): string {
	const text = given
		.replace(MAC, (mac) => standIn(mac))
		.replace(IPV4, (ip) => (all || isPrivateAddress(ip) ? standIn(ip) : ip))
		.replace(IPV6, (ip) => standIn(ip));
	return all ? text.replace(IPV6_ANY, (ip) => (looksLikeIpv6(ip) ? standIn(ip) : ip)) : text;
}

/** `10:20:30` is a time of day. */
function looksLikeIpv6(text: string): boolean {
	return text.includes('::') || text.split(':').length === 8;
}

/** Replaces the `value` group where the pattern has one and keeps `name`, else the whole match. */
function replaceNamed(text: string, pattern: RegExp, by: (value: string) => string): string {
	return text.replace(pattern, (...args: unknown[]) => {
		const groups = args.at(-1);
		const whole = String(args[0]);
		if (typeof groups !== 'object' || groups === null) return by(whole);
		// The patterns above name exactly these two groups.
		const { name, value } = groups as { name: string; value: string };
		return `${name}${by(value)}`;
	});
}
