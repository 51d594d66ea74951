// The wording of an alert without what differs from one to the next: names, addresses, numbers, times, hashes. Alerts of one wording
// are one question to the adviser (advise.ts) and share its answer. Pure, linear in the text. NOT here: asking, remembering.
//
// A signature of masked words, not a tree that learns (Drain): two wordings that differ in one word, `download started` and `upload
// started`, must never share an answer, and the same alert must have the same wording tomorrow and in another process.
import type { AlertKind, Entity, EntityType } from '../domain/alert.ts';
import { canonicalHash } from '../domain/canonical.ts';

/** Characters looked at of title and description. */
const TITLE_MAX = 300;
const TEXT_MAX = 600;
/** Words kept of each. */
const TITLE_WORDS_MAX = 40;
const TEXT_WORDS_MAX = 80;
const WORD_MAX = 60;
/** Entities of one alert whose values are taken out by name. */
const ENTITIES_MAX = 40;

export type AlertTemplate = {
	/** Same wording, kind and domain: same key. */
	readonly key: string;
	readonly title: string;
	readonly text: string;
};

export type TemplateSource = {
	readonly kind: AlertKind | string;
	readonly domain: string;
	readonly title: string;
	readonly description: string | null;
	readonly entities: readonly Pick<Entity, 'type' | 'value'>[];
};

/** What stands for a value of an entity; types that are the same everywhere (ports, protocols) stay readable. */
const PLACE_OF: Readonly<Partial<Record<EntityType, string>>> = {
	host: '<host>',
	asset_id: '<host>',
	cloud_resource: '<host>',
	ip: '<address>',
	mac: '<address>',
	user: '<person>',
	account: '<person>',
	email: '<person>',
	file: '<file>',
	file_hash: '<hash>',
	domain: '<name>',
	url: '<link>',
	session: '<n>',
	tag: '<tag>',
};

// Every pattern is linear: bounded lengths, no quantifier inside another.
const MASKS: readonly (readonly [RegExp, string])[] = [
	[/\[(person|address|host)-\d{1,5}\]/g, ' <$1> '],
	[/\[secret\]/g, ' <secret> '],
	[/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]{1,600}/gi, ' <link> '],
	[/[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/gu, ' <person> '],
	[/\b\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?(?:z|[+-]\d\d:?\d\d)?)?/gi, ' <time> '],
	[/\b\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,9})?\b/g, ' <time> '],
	[/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, ' <n> '],
	[/\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi, ' <address> '],
	[/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?:\/\d{1,2})?(?::\d{1,5})?/g, ' <address> '],
	[/(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi, ' <address> '],
	[/\b[a-f0-9]{32,128}\b/gi, ' <hash> '],
	[/\b[a-z]:\\[^\s"'<>|]{1,300}/gi, ' <file> '],
	[/(?<![\w/])\/(?:[\w.@-]{1,64}\/){1,20}[\w.@-]{0,64}/g, ' <file> '],
	[/\b0x[0-9a-f]{1,16}\b/gi, ' <n> '],
];

/** A number behind one of these says what kind of alert it is (`event 4625`, `function code 90`), not which one. */
const TELLING = new Set('event eventid code function fc cve port rule signature sid type class'.split(' '));

/** The wording of one alert. Never throws; texts of any length cost the same from 900 characters on. */
export function templateOf(alert: TemplateSource): AlertTemplate {
	const known = alert.entities.slice(0, ENTITIES_MAX).flatMap(({ type, value }) => {
		const place = PLACE_OF[type];
		return place === undefined || value.length < 3 || value.length > 200 ? [] : [{ place, value: folded(value) }];
	});
	known.sort((a, b) => b.value.length - a.value.length || (a.value < b.value ? -1 : 1));
	const title = wording(alert.title.slice(0, TITLE_MAX), known, TITLE_WORDS_MAX);
	const text = wording((alert.description ?? '').slice(0, TEXT_MAX), known, TEXT_WORDS_MAX);
	return { key: canonicalHash({ kind: alert.kind, domain: alert.domain, title, text }).slice(0, 32), title, text };
}

type Known = { readonly place: string; readonly value: string };

function wording(given: string, known: readonly Known[], wordsMax: number): string {
	// What the text itself brings along in angle brackets is no place of ours.
	let text = folded(given).replace(/[<>]/g, ' ');
	for (const { place, value } of known) text = text.replaceAll(value, ` ${place} `);
	for (const [pattern, place] of MASKS) text = text.replace(pattern, place);
	const words: string[] = [];
	let before = '';
	for (const raw of text.split(/[\s,;()[\]{}"'`|=]{1,100}/)) {
		const bare = raw.replace(/^[.:!?*_#-]{1,20}/, '').replace(/[.:!?*_#-]{1,20}$/, '');
		if (bare === '') continue;
		const word = placeOrWord(bare, before);
		before = bare;
		// A list of addresses of any length is one wording.
		if (word.startsWith('<') && words.at(-1) === word) continue;
		words.push(word);
		if (words.length >= wordsMax) break;
	}
	return words.join(' ');
}

function placeOrWord(word: string, before: string): string {
	if (/^<[a-z]{1,10}>$/.test(word)) return word;
	if (!/\d/.test(word)) return word.slice(0, WORD_MAX);
	if (/^cve-\d{4}-\d{4,7}$/.test(word) || /^t[01]\d{3}(?:\.\d{3})?$/.test(word)) return word;
	if (TELLING.has(before) && /^\d{1,6}$/.test(word)) return word;
	return '<n>';
}

/** One case and one form of each character, so that look-alike spellings by form alone (full-width letters) are the same word. */
function folded(text: string): string {
	return text
		.toWellFormed()
		.normalize('NFKC')
		.toLowerCase()
		.replace(/[\p{Cc}\p{Cf}]/gu, ' ');
}
