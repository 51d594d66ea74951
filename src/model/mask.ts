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

/** Marks that nobody sees: one inside `password` would hide it from every pattern, and from no reader. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
/** A text longer than this is cut first: masking is linear, and prompts are short. */
const MASKED_TEXT_MAX = 20_000;

// Every pattern is linear: no quantifier inside another, bounded lengths.
const SECRET_WORDS = [
	'pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_ ]?key|access[-_ ]?key|account[-_ ]?key|client[-_ ]?secret|private[-_ ]?key',
	'credential|community|kennwort|passwort|mot de passe|mdp|contraseña|clave|senha|パスワード|暗証番号|密码',
].join('|');
const SECRET_VALUE = `"(?:[^"\\\\\\r\\n]|\\\\.){1,400}"?|'[^'\\r\\n]{1,400}'?|[^\\s"'&]{1,400}`;
const SECRETS: readonly RegExp[] = [
	/-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,8000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
	/\beyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}(?:\.[A-Za-z0-9_-]{0,2000})?/g,
	/\b(?:ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|sk|pk|rk|AKIA|ASIA|AIza|ya29)[-_A-Za-z0-9]{12,300}/g,
	/\b(?:bearer|basic)\s{1,5}[A-Za-z0-9+/=._~-]{8,2000}/gi,
	// `Authorization: Token x`, whatever the scheme; a cookie to the end of the line or quote.
	/(?<name>\b(?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?)(?<value>(?:[a-z][\w-]{1,20}\s)?[^\s"']{4,2000})/gi,
	/(?<name>\b(?:set-)?cookie["']?\s{0,3}[:=]\s{0,3}["']?)(?<value>[^\r\n"']{4,2000})/gi,
	/(?<name>[?&](?:sig|signature|code|auth)=)(?<value>[^\s"'&]{6,400})/gi,
	/(?<name>\bhttps:\/\/hooks\.slack\.com\/[a-z]{1,20}\/)(?<value>[A-Za-z0-9/_-]{8,200})/g,
	/\b(?:npm_|hvs\.|SG\.|dop_v1_|pypi-)[-_.A-Za-z0-9]{16,300}/g,
	// `password: x`, `pwd=x`, `--api-key x`, `"token": "x"`, `Passwort: x`: the name stays readable, the value goes. In quotes it ends
	// with the quote; bare, a comma or semicolon inside it is part of it.
	new RegExp(
		`(?<name>(?:${SECRET_WORDS})["'”»]?(?:\\s{0,5}(?:[:=：＝]|\\bis\\b)\\s{0,5}|\\s{1,5}(?=["'])))(?<value>${SECRET_VALUE})`,
		'giu',
	),
	new RegExp(`(?<name>(?:--?|/)(?:password|pass|token|api-?key|secret|pwd?)[ =:])(?<value>${SECRET_VALUE})`, 'giu'),
	// `curl -u ann:x`, `sshpass -p x`, `net user ann x /add`.
	/(?<name>\s(?:-u|--user)[ =]["']?[^\s:"']{1,100}:)(?<value>[^\s"']{1,200})/g,
	/(?<name>\b(?:sshpass|mysql|mysqldump|plink|psexec|winexe|wmic)\b[^\r\n]{0,200}?\s-pw?\s?)(?<value>[^\s]{3,200})/gi,
	/(?<name>\bnet1?\s{1,5}user\s{1,5}[^\s/]{1,64}\s{1,5})(?<value>[^\s/*][^\s]{0,200})/gi,
	// `redis://:x@host` has no name, and a password may hold `/` or `@` itself: it ends at the last `@` before a space.
	/(?<name>[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,100}:(?!\d{1,5}\/))(?<value>[^\s"'<>]{1,200})(?=@)/gi,
	/\b[0-9a-f]{40,128}\b(?=.{0,20}(?:key|secret|token))/gi,
];

/** Also a UPN whose domain has no dot (`ann@PLANT`). */
const EMAIL = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,5}/gu;
const USER_WORDS = [
	String.raw`[\p{L}_]{0,20}(?:user|account)(?:[ _-]?name)?|login|logon|suser|duser|uid|operator|employee|caller|contact|mailbox`,
	'(?:full|display|given|first|last|sur)[ _-]?name|recipient|sender|owner|assignee|benutzer(?:name)?|anwender|bediener',
	'utilisateur|opérateur|usuario|operador|ユーザー名?|担当者',
].join('|');
/** `user=ann`, `account name: CORP\ann`, `TargetUserName: ann`, `user "Ann Lee"`: what follows is taken for a person. */
const USER = new RegExp(
	String.raw`(?<name>(?<![\p{L}\p{N}])(?:${USER_WORDS})["']?\s{0,3}(?:[:=：＝]|\bis\b)\s{0,3})(?<value>[\p{L}\p{N}._\\@$-]{2,100})`,
	'giu',
);
const USER_QUOTED = new RegExp(
	String.raw`(?<name>(?<![\p{L}\p{N}])(?:${USER_WORDS})["']?\s{0,3}(?:(?:[:=：＝]|\bis\b)\s{0,3})?["'])(?<value>[\p{L}\p{N}][^"'\r\n[\]]{1,100})(?=["'])`,
	'giu',
);
/** `Failed password for invalid user ann from`, `User ann logged in`, `sudo: ann :`, as logs have it. */
const LOGGED =
	/(?<name>\b(?:(?:password|publickey|session (?:opened|closed)|log[io]n) (?:for|by) (?:(?:invalid )?user )?|for (?:invalid |illegal )?user |sudo(?:\[\d{1,9}\])?: {1,5}|user (?=[^\s]{2,64} (?:logged|log|has|was|from|failed|authenticated|connected|disconnected|signed|created|added|deleted)\b)))(?<value>(?!(?:the|an?|all|any|this|that|user|users|account|name)\b)[\p{L}\p{N}][\p{L}\p{N}._\\@$-]{1,64})/giu;
/** `Frau Lange`, `Mr. Ray Okafor`, `Herr Dr. Jürgen Groß`, `M. Dupont`. */
const HONORIFIC =
	/(?<name>\b(?:(?:Mr|Mrs|Ms|Dr|Prof|Ing|Herr|Herrn|Frau|Monsieur|Madame|Mme|Mlle|Señor|Señora)\.?\s|M\.\s){1,3})(?<value>\p{Lu}[\p{L}'’-]{1,40}(?:\s\p{Lu}[\p{L}'’-]{1,40})?)/gu;
/** `田中さん`, `山田太郎様`. */
const HONORIFIC_AFTER = /[\p{Script=Han}\p{Script=Katakana}ー]{2,8}(?=さん|様|氏)/gu;
/** With a `+`, or behind a word that says so. */
const PHONE = /(?<![\p{L}\p{N}])\+\d{1,3}[ ()./-]{0,2}\d[\d ()./-]{5,18}\d(?!\p{N})/gu;
const PHONE_NAMED =
	/(?<name>(?:\b(?:tel|phone|telefon|téléphone|teléfono|mobile|mobil|handy|fax)|電話(?:番号)?)[.:：]{0,2}\s{0,3})(?<value>[+(\d][\d ()./-]{5,20}\d)/giu;
const HOME = /(?<name>\\Users\\{1,2}|\/home\/|\/Users\/)(?<value>[^\\/\r\n"'<>|:*?[\]]{1,64}(?=\\)|[^\\/\s"']{1,64})/gi;
/** `CN=Ann Lee,OU=Staff`. */
const COMMON_NAME = /(?<name>\bCN=)(?<value>[^,;"'\r\n=[\]]{2,100})/gi;
/** `PLANT\ann`; and `Contoso\ann`, `corp.local\ann`, in JSON with two backslashes: a longer path or the name of a program is none. */
const DOMAIN_USER = /\b[A-Z][A-Z0-9-]{1,14}\\[\p{L}\p{N}._$-]{2,64}/gu;
const DOMAIN_USER_ANY =
	/(?<![\\/:.\p{L}\p{N}_-])(?!(?:system(?:32)?|syswow64|windows|winnt|programdata|software|microsoft|bin|te?mp|hk[a-z_]{2,20})\\)\p{L}[\p{L}\p{N}.-]{1,60}\\{1,2}(?![\p{L}\p{N}_-]{1,60}\.(?:exe|dll|sys|ps1|bat|cmd|vbs|js|py|txt|log|ini)\b)[\p{L}\p{N}._$-]{2,64}(?![\\\p{L}\p{N}])/giu;
const IPV4 = /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g;
const IPV6 = /(?<![\w:])(?:f[cd][0-9a-f]{2}|fe80):[0-9a-f:]{2,40}(?![\w:])/gi;
/** Any IPv6 address: at least two groups and a double colon, or eight groups. */
const IPV6_ANY = /(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})(?:[0-9a-f:]{0,34})(?![\w:])/gi;
/** `00:1b:1b:aa:bb:cc`, and as switches write it: `001b.1baa.bbcc`. */
const MAC = /\b(?:[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b/gi;
export const STAND_IN = /\[(?:person|address|host)-\d{1,5}\]/g;
/** Known names: of so many only those that a text holds cost a pass of their own, so that no flood of names leaves one out. */
const KNOWN_MAX = 20_000;

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
		let text = given.slice(0, MASKED_TEXT_MAX).replace(UNSEEN, '').replace(STAND_IN, '[...]');
		for (const secret of known.secrets ?? []) if (secret.length >= 4) text = text.replaceAll(secret, SECRET);
		for (const pattern of SECRETS) text = replaceNamed(text, pattern, () => SECRET);
		if (policy.people) text = maskPeople(text, people, (value) => standIn('person', value));
		if (policy.addresses !== 'none') {
			text = maskAddresses(text, policy.addresses === 'all', (value) => standIn('address', value));
		}
		if (policy.hosts) for (const at of hosts(text)) text = text.replace(at, (found) => standIn('host', found));
		return text;
	};
	return {
		mask,
		unmask: (text) => text.replace(STAND_IN, (found) => originals.get(found) ?? found),
		hidden: () => originals.size,
	};
}

function maskPeople(given: string, people: NamesIn, standIn: (value: string) => string): string {
	let text = given.replace(EMAIL, (email) => standIn(email));
	for (const at of people(text)) text = text.replace(at, (found) => standIn(found));
	for (const pattern of [DOMAIN_USER_ANY, DOMAIN_USER]) text = text.replace(pattern, (found) => standIn(found));
	const named = (value: string): string =>
		NO_PERSON.has(value.toLowerCase()) || value.startsWith('[') ? value : standIn(value);
	text = text.replace(PHONE, (found) => standIn(found)).replace(HONORIFIC_AFTER, (found) => standIn(found));
	return [COMMON_NAME, USER, USER_QUOTED, LOGGED, PHONE_NAMED, HONORIFIC, HOME].reduce(
		(masked, pattern) => replaceNamed(masked, pattern, named),
		text,
	);
}

/** Patterns of the known names that a text holds. */
type NamesIn = (text: string) => readonly RegExp[];

/** The names as whole words, longest first: a short one inside a long one does not cut it. */
function patternsOf(names: readonly string[]): NamesIn {
	// A name that stand-ins are made of would break them.
	const usable = names.filter((name) => name.length >= 3 && !/^(?:person|address|host|secret)$/i.test(name));
	const known = [...new Set(usable.map((name) => name.slice(0, 200)))]
		.sort((a, b) => b.length - a.length)
		.slice(0, KNOWN_MAX)
		.map((name) => ({ name, folded: name.toLowerCase() }));
	return (text) => {
		const folded = text.toLowerCase();
		return known
			.filter((one) => folded.includes(one.folded))
			.map(({ name }) => new RegExp(`(?<![\\p{L}\\p{N}])${escapePattern(name)}(?![\\p{L}\\p{N}])`, 'giu'));
	};
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
