// What an imported text asks for, read with suspicion. Two questions, both answered by code: does it speak of a deed that touches the plant
// (then it falls under that deed's row), and is it harmless beyond doubt (then the bot may show it to a person by itself)? Everything
// between the two is for hands. Pure. The decision is the gate's; nothing here can make it looser than the action that is named.
import type { ActionName } from '../../safety/actions.ts';
import { DEEDS, FIRST, HARMLESS, THINGS } from './screen-words.ts';

type Thing = keyof typeof THINGS;
type Deed = keyof typeof DEEDS;

/** Characters of one text that are read; a longer one is never harmless. */
export const SCREENED_MAX = 200_000;
/** Words of a text that may still be harmless: what fits a person's eye. */
const HARMLESS_WORDS_MAX = 120;
/** How far apart, in words, a deed and its thing may stand. */
const REACH = 12;

type Rule = { readonly action: ActionName; readonly deed: readonly Deed[]; readonly thing: readonly Thing[] };

/** Strictest first: the first rule that fits names the action. A deed without a thing fits by itself. */
const RULES: readonly Rule[] = [
	{ action: 'change_sis_credentials', deed: ['password'], thing: ['safety_system'] },
	{ action: 'bypass_sis', deed: ['bypass', 'silence'], thing: ['safety_system'] },
	{
		action: 'change_sis',
		deed: ['stop', 'start', 'reset', 'write', 'download', 'restore', 'open', 'wipe'],
		thing: ['safety_system'],
	},
	{ action: 'wipe_host', deed: ['wipe'], thing: ['data'] },
	{ action: 'encrypt_data', deed: ['encrypt'], thing: ['data'] },
	{ action: 'fuzz', deed: ['attack'], thing: [] },
	{ action: 'block_telemetry', deed: ['block'], thing: ['telemetry'] },
	{ action: 'emergency_shutdown', deed: ['trip'], thing: [] },
	{ action: 'change_controller_password', deed: ['password'], thing: ['controller'] },
	{ action: 'update_firmware', deed: ['download', 'write', 'restore'], thing: ['firmware'] },
	{ action: 'stop_controller', deed: ['stop', 'bypass', 'wipe'], thing: ['controller'] },
	{ action: 'reset_controller', deed: ['reset'], thing: ['controller'] },
	{ action: 'restore_logic', deed: ['restore'], thing: ['controller', 'logic'] },
	{ action: 'change_logic', deed: ['download'], thing: ['controller', 'logic'] },
	{ action: 'change_mode', deed: ['write', 'open'], thing: ['controller'] },
	{ action: 'start_controller', deed: ['start'], thing: ['controller'] },
	{ action: 'change_life_safety', deed: ['stop', 'bypass', 'reset', 'write', 'open', 'start'], thing: ['facility'] },
	{ action: 'operate_breaker', deed: ['open', 'trip', 'reset', 'stop'], thing: ['breaker'] },
	{ action: 'shed_load', deed: ['shed'], thing: ['load'] },
	{ action: 'force_io', deed: ['bypass'], thing: ['io', 'value'] },
	{ action: 'write_value', deed: ['write', 'open'], thing: ['value'] },
	{ action: 'move_machine', deed: ['move', 'stop', 'reset'], thing: ['machine'] },
	{ action: 'change_operation', deed: ['stop', 'start', 'reset', 'open', 'write'], thing: ['process', 'operation'] },
	{ action: 'change_alarm', deed: ['silence', 'stop', 'reset'], thing: ['alarm'] },
];

/** Sentences that mean one thing whatever stands between: emergency stops in the languages of THINGS, and orders to leave the gate aside. */
const PHRASES: readonly { readonly action: ActionName; readonly form: RegExp }[] = [
	{ action: 'override_gate', form: /\b(?:override|bypass|ignore|skip|disable)\b.{0,40}\b(?:gate|approvals?|freeze)\b/ },
	{
		action: 'emergency_shutdown',
		form: /\b(?:emergency|e|not|nood)[ -]{0,2}(?:stop|shut ?down|halt|aus|abschalt\w{0,10})\b/,
	},
	{
		action: 'emergency_shutdown',
		form: /\barret d.?urgence\b|\bparad[ao] de emergencia\b|\barresto di emergenza\b|\bparagem de emergencia\b/,
	},
	{ action: 'emergency_shutdown', form: /\bred button\b|\bpush ?button\b|\bkill ?switch\b|\bmushroom\b|\bnot ?aus\b/ },
	{
		action: 'wipe_host',
		form: /\brm -[a-z]{1,4}\b|\bmkfs\b|\bdd if=|\bdel \/[sfq]\b|\bformat [a-z]:|\bcipher \/w\b|\brestore points?\b/,
	},
	{
		action: 'exploit',
		form: /\b(?:run|launch|execute|fire|use|deliver)\b.{0,30}\bexploits?\b|\bbrute ?force\b|\bpassword spray\w{0,5}\b/,
	},
];

/** What an imported text is: the strictest deed that it speaks of, or harmless, or neither. */
export type Screened = { readonly action: ActionName | null; readonly isHarmless: boolean };

/** Reads the texts of one step together: a title may finish what a command begins. */
export function screen(texts: readonly string[]): Screened {
	const whole = texts.join('\n');
	const text = whole.slice(0, SCREENED_MAX);
	const readings = [plain(text), plain(withoutDisguise(text))];
	const found = readings.flatMap((reading) => deedsIn(reading));
	const action = [...PHRASES.map((one) => one.action), ...RULES.map((rule) => rule.action)]
		.toSorted((a, b) => rank(a) - rank(b))
		.find((name) => found.includes(name));
	return {
		action: action ?? null,
		isHarmless: action === undefined && whole.length <= SCREENED_MAX && isHarmless(texts),
	};
}

/** Actions that the table refuses everywhere come first, then in the order of the rules. */
const ORDER: readonly ActionName[] = [
	'override_gate',
	'change_sis_credentials',
	'bypass_sis',
	'change_sis',
	'wipe_host',
	'encrypt_data',
	'exploit',
	'fuzz',
	'block_telemetry',
	...RULES.map((rule) => rule.action),
];

function rank(action: ActionName): number {
	return ORDER.indexOf(action);
}

function deedsIn(reading: string): ActionName[] {
	const found: ActionName[] = PHRASES.filter(({ form }) => form.test(reading)).map(({ action }) => action);
	// `plc-7` speaks of a PLC, `by-pass` of a bypass.
	const joined = reading.replace(/([a-z0-9]{1,40})-([a-z0-9]{1,40})/g, '$1 $2 $1$2');
	const words = joined.split(/[^a-z0-9]+/).filter((word) => word !== '');
	const deeds = placesOf(words, DEED_WORDS);
	const things = placesOf(words, THING_WORDS);
	joinSafety(things);
	for (const rule of RULES) {
		const done = rule.deed.flatMap((deed) => deeds.get(deed) ?? []);
		if (done.length === 0) continue;
		const met = ascending(rule.thing.flatMap((thing) => things.get(thing) ?? []));
		if (rule.thing.length === 0 || nearOnes(ascending(done), met, REACH).length > 0) found.push(rule.action);
	}
	return found;
}

/** `safety` beside `system`, `PLC`, `relay` ... is a safety system, in whichever order the language puts them. */
function joinSafety(things: Map<string, number[]>): void {
	const joined = nearOnes(things.get('safety_word') ?? [], things.get('system_word') ?? [], 4);
	if (joined.length > 0) things.set('safety_system', ascending([...(things.get('safety_system') ?? []), ...joined]));
}

function ascending(places: readonly number[]): number[] {
	return places.toSorted((a, b) => a - b);
}

/** Those of `some` that have one of `others` within reach; both ascend. The same word may be deed and thing at once, and says both. */
function nearOnes(some: readonly number[], others: readonly number[], reach: number): number[] {
	let at = 0;
	return some.filter((place) => {
		while (at < others.length && (others[at] ?? 0) < place - reach) at++;
		return at < others.length && (others[at] ?? 0) <= place + reach;
	});
}

type Lexicon = {
	readonly exact: ReadonlyMap<string, readonly string[]>;
	readonly stems: ReadonlyMap<string, readonly string[]>;
};

/** Short words must be met whole, longer ones are beginnings: `stop` is not `stopwatch`, `uberbruck` is `uberbrucken`. */
const STEM_MIN = 5;

function lexiconOf(groups: Readonly<Record<string, string>>): Lexicon {
	const exact = new Map<string, string[]>();
	const stems = new Map<string, string[]>();
	for (const [name, words] of Object.entries(groups)) {
		for (const word of words.split(/\s+/).map(plain)) {
			const into = word.length >= STEM_MIN ? stems : exact;
			into.set(word, [...(into.get(word) ?? []), name]);
		}
	}
	return { exact, stems };
}

function placesOf(words: readonly string[], { exact, stems }: Lexicon): Map<string, number[]> {
	const places = new Map<string, number[]>();
	const add = (names: readonly string[] | undefined, at: number) => {
		for (const name of names ?? []) {
			const held = places.get(name);
			if (held === undefined) places.set(name, [at]);
			// Two stems of one word are one place.
			else if (held.at(-1) !== at) held.push(at);
		}
	};
	for (const [at, word] of words.entries()) {
		add(exact.get(word), at);
		for (let length = STEM_MIN; length <= Math.min(word.length, STEM_MAX); length++)
			add(stems.get(word.slice(0, length)), at);
	}
	return places;
}

const STEM_MAX = 24;

/** Look-alikes of Latin letters. */
const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries(
	[...'аaеeоoрpсcхxуyіiѕsтtкkмmнhвbԁdɡgⅼlοoαaεeρpτtιiκkνvυu'.matchAll(/(.)(.)/gu)].map(([, from = '', to = '']) => [
		from,
		to,
	]),
);

/** Lower case without accents, invisible characters and look-alikes; `stopPLC` and `stop_plc` become two words. */
function plain(text: string): string {
	const split = text.replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ').replace(/[_+%]/g, ' ');
	const bare = split
		.normalize('NFKD')
		.replace(/[\p{M}\p{Cf}]/gu, '')
		.toLowerCase()
		.replaceAll('ß', 'ss');
	return bare.replace(/[^\u0000-\u007f]/gu, (letter) => LOOK_ALIKES[letter] ?? letter);
}

const DIGITS: Readonly<Record<string, string>> = {
	'0': 'o',
	'1': 'i',
	'3': 'e',
	'4': 'a',
	'5': 's',
	'7': 't',
	'@': 'a',
	$: 's',
	'!': 'i',
};

/** The same text as it would read with digits for letters (`st0p`) and with letters that stand apart (`s t o p`, `t.r.i.p`). */
function withoutDisguise(text: string): string {
	const letters = text.replace(/(?<=[a-zA-Z])[013457@$!]|[013457@$!](?=[a-zA-Z])/g, (sign) => DIGITS[sign] ?? sign);
	return letters.replace(/(?<![a-zA-Z])(?:[a-zA-Z][ ._*-]){2,20}[a-zA-Z](?![a-zA-Z])/g, (run) =>
		run.replace(/[ ._*-]/g, ''),
	);
}

const DEED_WORDS = lexiconOf(DEEDS);
const THING_WORDS = lexiconOf(THINGS);
const FIRST_WORDS = new Set(FIRST.split(/\s+/));
const HARMLESS_WORDS = new Set(HARMLESS.split(/\s+/));

/** Numbers, addresses and variables say nothing to do. */
const NEUTRAL =
	/^(?:\d{1,12}|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?|__[a-z_][a-z0-9_-]{0,199}__(?::value)?|[0-9a-f]{32,64})$/;

/**
 * True only where every word is known to be harmless and every sentence begins with asking, looking or telling. Anything else (another
 * language, a name, a slip of the pen) is not harmless.
 */
function isHarmless(texts: readonly string[]): boolean {
	let count = 0;
	for (const text of texts) {
		for (const sentence of text.split(/[.;!?\n](?:\s|$)|\n|,\s|:\s/)) {
			const words = sentence
				.toLowerCase()
				.split(/[\s"'()]+/)
				.map((word) => word.replace(/^[-*]+|[.,;:!?]+$/g, ''))
				.filter((word) => word !== '');
			const [first] = words;
			if (first === undefined) continue;
			count += words.length;
			if (count > HARMLESS_WORDS_MAX) return false;
			if (!FIRST_WORDS.has(first)) return false;
			if (!words.every((word) => HARMLESS_WORDS.has(word) || NEUTRAL.test(word))) return false;
		}
	}
	return count > 0;
}
