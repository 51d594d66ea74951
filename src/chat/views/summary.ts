// What is going on, in two plain sentences, for whoever is woken by it: what, who, where; then since when and how far. Made of facts
// alone, so it stands before any model has answered and stays when one has. Pure. NOT here: the model's words (card.ts labels those).
import type { Incident } from '../../domain/incident.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import type { Category } from '../../domain/verdict.ts';
import type { Naming, Situation } from '../situation.ts';
import { count, grouped, shown } from '../text.ts';

const TITLE_MAX = 110;
const WHO = ['user', 'account', 'email'];
const NAME_MAX = 120;
const NAMES_SHOWN = 3;
const SOURCES_SHOWN = 3;
/** What is told of the ways an attack went: the first of them. */
const TACTICS_SHOWN = 3;
const STORM_ASSETS_SHOWN = 2;

/** What the category says, as the beginning of a sentence. It is reported, not proved: that word stays in. */
const OPENINGS: Readonly<Record<Category, string>> = {
	malware: 'Malware is reported',
	ransomware: 'Signs of ransomware are reported',
	phishing: 'Phishing is reported',
	intrusion: 'Signs of an intrusion are reported',
	account: 'Suspicious use of an account is reported',
	data_theft: 'Possible theft of data is reported',
	reconnaissance: 'Scanning or spying out is reported',
	policy: 'A breach of the rules is reported',
	vulnerability: 'A weakness is reported',
	ot_change: 'A change to control logic or settings is reported',
	ot_command: 'A command to control equipment is reported',
	ot_availability: 'Loss of OT equipment, or of sight of it, is reported',
	process_safety: 'A process-safety alarm is up',
	process_deviation: 'The process is reported outside its normal range',
	equipment_condition: 'Equipment that needs attention is reported',
	availability: 'A failure is reported',
	performance: 'Poor performance is reported',
	audit: 'A recorded action is reported',
	other: 'Something unusual is reported',
};

/** Plain words for ATT&CK tactics whose names say little at 3 a.m. */
const TACTICS: ReadonlyMap<string, string> = new Map(
	Object.entries({
		'initial-access': 'getting in',
		execution: 'running code',
		persistence: 'staying in',
		'privilege-escalation': 'gaining rights',
		'defense-evasion': 'hiding',
		evasion: 'hiding',
		stealth: 'hiding',
		'defense-impairment': 'switching off protection',
		'credential-access': 'stealing passwords',
		discovery: 'looking around',
		'lateral-movement': 'moving on to other machines',
		collection: 'gathering data',
		'command-and-control': 'control from outside',
		exfiltration: 'taking data out',
		impact: 'doing damage',
		reconnaissance: 'scouting',
		'resource-development': 'preparing an attack',
		'inhibit-response-function': 'blocking safety or alarm functions',
		'impair-process-control': 'disturbing the process',
	}),
);

/**
 * The summary of an incident: exactly two sentences, in UTC, every name and title from alerts escaped and cut.
 *
 * The same situation gives the same words. Who and on what comes from a sample of its alerts (`situation.sample`, the first and the
 * last); without it the incident's row alone speaks. Nothing is guessed: what no alert says is said to be not known.
 */
export function summaryFor(situation: Situation, naming: Naming): string {
	return `${whatHappened(situation, naming)} ${howFar(situation, naming)}`;
}

// ---- the first sentence: what, who, where ------------------------------------------------------------------------------------

function whatHappened(situation: Situation, naming: Naming): string {
	const { incident } = situation;
	const storm = stormCause(situation);
	const title = quoted(incident.title);
	if (storm !== null) {
		const where = incident.assets.length === 0 ? 'Several things' : storm.things;
		return `${where} stopped answering at about the same time, most likely because of one cause, ${storm.cause}: ${title}.`;
	}
	return `${OPENINGS[incident.category]}${whereWords(situation, naming)}${whoWords(situation)}: ${title}.`;
}

type Storm = { readonly cause: string; readonly things: string };

function stormCause({ incident, sample = [] }: Situation): Storm | null {
	const via = sample.find((alert) => alert.via?.kind === 'storm')?.via;
	if (via == null || incident.process_safety) return null;
	const [kind = '', ...name] = via.cause.split(':');
	const cause = `the ${kind === 'zone' ? 'zone' : 'switch'} ${oneName(name.join(':') || kind)}`;
	const { assets } = incident;
	const named = assets.slice(0, STORM_ASSETS_SHOWN).map(oneName);
	const more = assets.length - named.length;
	const things = more > 0 ? `${grouped(assets.length)} machines (${named.join(', ')} and ${more} more)` : list(named);
	return { cause, things };
}

function whereWords({ incident, sample = [] }: Situation, naming: Naming): string {
	const known = incident.assets;
	// The first alert's target: where it began, or the only place there is.
	const first = sample.find((alert) => alert.assets.length > 0)?.assets[0] ?? known[0];
	const preposition = incident.process_safety ? ' at ' : ' on ';
	if (first !== undefined) {
		const lead = oneName(naming.asset(first));
		return known.length <= 1
			? `${preposition}${lead}`
			: `${preposition}${count(known.length, 'asset')}, beginning with ${lead}`;
	}
	const strangers = namesIn(sample, ['host', 'ip', 'asset_id', 'tag', 'cloud_resource'], ['target', 'related']);
	if (strangers.length > 0) {
		return `${preposition}${few(strangers)}, which the inventory does not know`;
	}
	if (incident.zones.length > 0) return ` in zone ${few(incident.zones)}`;
	return namesIn(sample, WHO, ['target', 'related']).length > 0 ? '' : ', on what is not known';
}

function whoWords({ incident, sample = [] }: Situation): string {
	if (incident.process_safety) return '';
	const users = namesIn(sample, WHO, ['actor']);
	// In phishing and account matters the person named is the one it happens to.
	const victims = namesIn(sample, WHO, ['target', 'related']);
	const onThem = new Set(sample.flatMap((alert) => namesIn([alert], ['host', 'ip'], ['target'])));
	const machines = namesIn(sample, ['host', 'ip'], ['actor']).filter((name) => !onThem.has(name));
	const parts = [
		users.length > 0 ? `by ${few(users)}` : '',
		users.length === 0 && victims.length > 0 ? `about the account ${few(victims)}` : '',
		machines.length > 0 ? `from ${few(machines)}` : '',
	].filter((part) => part !== '');
	return parts.length === 0 ? '' : `, ${parts.join(' ')}`;
}

// ---- the second sentence: since when, how far ---------------------------------------------------------------------------------

function howFar(situation: Situation, naming: Naming): string {
	const { incident, sample = [] } = situation;
	const sources = [...new Set(sample.map((alert) => alert.source))];
	const from = sources.length === 0 ? '' : ` from ${few(sources, SOURCES_SHOWN)}`;
	const times =
		incident.alert_count === 1
			? `It was seen once${from}, at ${timeWords(incident.first_at)}`
			: `It began at ${timeWords(incident.first_at)} and has brought ${count(incident.alert_count, 'alert')}${from}${lasted(incident)}`;
	const clauses = [cleared(situation), inWindow(sample), reach(situation, naming)].filter((clause) => clause !== '');
	return `${times}${clauses.map((clause) => `; ${clause}`).join('')}.`;
}

function cleared({ incident, sample = [] }: Situation): string {
	const isWhole = sample.length > 0 && sample.length >= incident.alert_count;
	if (!isWhole || sample.some((alert) => alert.status === 'open')) return '';
	return incident.alert_count === 1 ? 'it has cleared since' : 'all of them have cleared since';
}

function inWindow(sample: NonNullable<Situation['sample']>): string {
	return sample.some((alert) => alert.via?.kind === 'window') ? 'a maintenance window was open there at the time' : '';
}

/** What an operator asks first: is it on my side, how far has it come, what does it touch. */
function reach({ incident, sample = [] }: Situation, naming: Naming): string {
	if (incident.process_safety) {
		return 'the control-room operator acts first, and Interlock does nothing to the process';
	}
	const way = sample.find((alert) => alert.crossing !== null)?.crossing;
	const zones = incident.zones.length > 1 ? `, in the zones ${few(incident.zones)}` : '';
	const signs = isAttack(incident.category) ? tacticWords(incident) : '';
	switch (incident.domain) {
		case 'cross':
			if (way != null) return `it has gone from IT into OT (${oneName(way)})${zones}${signs}`;
			return `it is seen on both sides, IT and OT${zones}${signs}`;
		case 'it':
			return `so far it is on the IT side only${zones}${signs}, and nothing of it is seen in OT`;
		case 'ot':
			return `it is on the OT side${zones}${signs}${unknownWords(incident, naming)}`;
	}
}

/** What the inventory does not know counts as a controller (docs/safety.md): whoever reads it should know why steps wait. */
function unknownWords({ assets }: Incident, naming: Naming): string {
	const unknown = assets.length === 0 || assets.some((id) => naming.asset(id).endsWith('(not in the inventory)'));
	return unknown ? ', and what is not in the inventory is judged as a controller' : '';
}

function tacticWords({ tactics }: Incident): string {
	const words = [...new Set(tactics.map((name) => TACTICS.get(name) ?? name.replaceAll('-', ' ')))];
	if (words.length === 0) return '';
	return `, with traces of ${few(words, TACTICS_SHOWN)}`;
}

function isAttack(category: Category): boolean {
	return !['ot_availability', 'process_deviation', 'equipment_condition', 'availability', 'performance'].includes(
		category,
	);
}

function lasted({ first_at, last_at }: Incident): string {
	const minutes = Math.round((last_at - first_at) / 60_000);
	if (minutes < 1) return ' within a minute';
	if (minutes < 120) return ` in ${count(minutes, 'minute')}`;
	const hours = Math.round(minutes / 60);
	return hours < 48 ? ` in ${count(hours, 'hour')}` : ` in ${count(Math.round(hours / 24), 'day')}`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `02:14 UTC on 1 March`. */
function timeWords(at: Instant): string {
	const iso = toIso(at);
	return `${iso.slice(11, 16)} UTC on ${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}`;
}

// ---- names of others -----------------------------------------------------------------------------------------------------------

type Sample = NonNullable<Situation['sample']>;

function namesIn(sample: Sample, types: readonly string[], roles: readonly string[]): string[] {
	const found = sample.flatMap((alert) =>
		alert.entities.filter((one) => types.includes(one.type) && roles.includes(one.role)).map((one) => one.value),
	);
	return [...new Set(found)];
}

/** A title as a quotation. What would end a sentence inside it does not: there are two sentences, whatever a source writes. */
function quoted(title: string): string {
	return `“${endless(shown(title, TITLE_MAX)) || 'without a title'}”`;
}

function endless(text: string): string {
	return text
		.replace(/[.!?。！？]{1,20}(?=\s)/g, ',')
		.replace(/[.!?。！？…\s]{1,20}$/, '')
		.replaceAll('“', '‘')
		.replaceAll('”', '’');
}

function oneName(name: string): string {
	return endless(shown(name, NAME_MAX)) || 'unnamed';
}

function few(names: readonly string[], most = NAMES_SHOWN): string {
	const first = names.slice(0, most).map(oneName);
	const more = names.length - first.length;
	return more > 0 ? `${first.join(', ')} and ${grouped(more)} more` : list(first);
}

function list(names: readonly string[]): string {
	return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
