// What a drill showed: how long people took, against what the scenario asks, and what nobody did. Made from ledger entries alone; each time names
// the entries that it is the difference of, so that an auditor finds them in an export. Pure.
import type { DrillMeasure } from '../domain/drill-scenario.ts';
import { type DrillEntry, drillFrom } from '../domain/drill-state.ts';
import { type Instant, SECOND, toIso } from '../domain/time.ts';
import { shown } from './text.ts';

/** An entry as the report quotes it: its id, and its place in the ledger's tree; null while it is not sealed. */
type Quoted = { readonly entry: string; readonly place: number | null };

type Timed = {
	readonly measure: DrillMeasure;
	readonly what: string;
	/** Who did it, and the roles that they held; null where nobody did. */
	readonly person: string | null;
	readonly roles: readonly string[];
	/** Time in which the drill stood still is taken off. */
	readonly took_s: number | null;
	readonly target_s: number | null;
	readonly is_missed: boolean;
	/** Not done, and the drill ended before the target's time, or it came to nothing of the kind: neither met nor missed. */
	readonly is_open: boolean;
	readonly from: Quoted | null;
	readonly to: Quoted | null;
};

export type DrillReport = {
	readonly drill: string;
	readonly scenario: string;
	readonly scenario_hash: string;
	readonly title: string;
	readonly site: string | null;
	readonly started_at: string;
	readonly started_by: string;
	readonly ended_at: string | null;
	readonly end: string | null;
	readonly stood_still_s: number;
	readonly suspensions: readonly { readonly at: string; readonly why: string; readonly quoted: Quoted }[];
	readonly dry_runs: readonly { readonly what: string; readonly outcome: string; readonly quoted: Quoted }[];
	readonly timed: readonly Timed[];
	readonly missed: readonly string[];
	readonly entries: number;
	readonly start: Quoted;
};

const WORDS: Readonly<Record<DrillMeasure, string>> = {
	first_look: 'first reaction of a person',
	acknowledge: 'acknowledged',
	approval: 'approval decided',
	hands: 'step by hand attested',
	told: 'told in person',
	close: 'closed by a person',
};

/** The step by which a person is told by voice: its attestation says that it was done. */
const TELLS = 'ask_control_room';
const ASKED: Readonly<Record<'approval' | 'hands' | 'call' | 'told', readonly string[]>> = {
	approval: ['approval.given', 'approval.refused'],
	hands: ['step.attested'],
	call: ['step.attested'],
	told: ['approval.told'],
};

/**
 * @param entries all of the drill's, in the ledger's order
 * @param now     until when what was not done is waited for, where the drill has not ended
 * @returns null where the entries hold no start
 */
export function reportOf(entries: readonly DrillEntry[], now: Instant): DrillReport | null {
	const begin = entries.find((entry) => entry.kind === 'drill.started');
	const drill = begin === undefined ? null : drillFrom('', entries);
	if (begin === undefined || drill === null) return null;
	const end = drill.ended?.at ?? now;
	const still = stillTimes(entries, end);
	const clockOf = (from: Instant, to: Instant): number => Math.max(0, to - from - overlap(still, from, to));
	const timedBy = (measure: DrillMeasure, what: string, from: DrillEntry | null, to: DrillEntry | null): Timed => {
		const target = drill.targets[measure] ?? null;
		const took = from === null || to === null ? null : clockOf(from.at, to.at);
		const waited = took ?? (from === null ? 0 : clockOf(from.at, end));
		return {
			measure,
			what,
			person: to?.actor.id ?? null,
			roles: to === null ? [] : rolesOf(to, drill.people),
			took_s: took === null ? null : Math.round(took / SECOND),
			target_s: target === null ? null : target / SECOND,
			is_missed: target !== null && waited > target,
			is_open: took === null && waited <= (target ?? Number.POSITIVE_INFINITY),
			from: from === null ? null : quote(from),
			to: to === null ? null : quote(to),
		};
	};
	const opened = entries.find((entry) => entry.kind === 'incident.opened') ?? null;
	const first = (isIt: (entry: DrillEntry) => boolean): DrillEntry | null =>
		entries.find((entry) => entry.actor.kind === 'person' && isIt(entry)) ?? null;
	const whole: Timed[] = [
		timedBy(
			'first_look',
			WORDS.first_look,
			opened,
			first((entry) => !entry.kind.startsWith('drill.')),
		),
		timedBy(
			'acknowledge',
			WORDS.acknowledge,
			opened,
			first((entry) => entry.kind === 'incident.acknowledged'),
		),
	];
	const steps = stepsOf(entries).flatMap((step) => stepTimes(step, timedBy));
	const none = (['approval', 'hands', 'told'] as const)
		.filter((measure) => drill.targets[measure] !== undefined && !steps.some((one) => one.measure === measure))
		.map((measure) => timedBy(measure, `${WORDS[measure]}: the drill came to none`, null, null));
	const close = timedBy(
		'close',
		WORDS.close,
		opened,
		first((entry) => entry.kind === 'incident.resolved'),
	);
	const timed = [...whole, ...steps, ...none, close];
	return {
		drill: typeof begin.data['drill'] === 'string' ? begin.data['drill'] : (begin.refs[0] ?? ''),
		scenario: drill.scenario,
		scenario_hash: drill.scenario_hash,
		title: drill.title,
		site: drill.site,
		started_at: toIso(drill.startedAt),
		started_by: drill.by,
		ended_at: drill.ended === null ? null : toIso(drill.ended.at),
		end: drill.ended?.why ?? null,
		stood_still_s: Math.round(still.reduce((sum, one) => sum + one.to - one.from, 0) / SECOND),
		suspensions: entries
			.filter((entry) => entry.kind === 'drill.suspended')
			.map((entry) => ({ at: toIso(entry.at), why: textOf(entry, 'why'), quoted: quote(entry) })),
		dry_runs: entries
			.filter((entry) => entry.kind === 'step.result' && entry.data['dry_run'] === true)
			.map((entry) => ({ what: textOf(entry, 'step_title'), outcome: textOf(entry, 'outcome'), quoted: quote(entry) })),
		timed,
		missed: timed.filter((one) => one.is_missed).map((one) => one.what),
		entries: entries.length,
		start: quote(begin),
	};
}

type StepLife = {
	readonly title: string;
	readonly asked: DrillEntry;
	readonly hands: DrillEntry | null;
	readonly said: readonly DrillEntry[];
};

/** Each step that people were asked about or that is for hands, with what they said of it. */
function stepsOf(entries: readonly DrillEntry[]): StepLife[] {
	const ids = [
		...new Set(entries.filter((entry) => entry.kind.startsWith('step.')).map((entry) => entry.refs[0] ?? '')),
	];
	return ids.flatMap((id) => {
		const own = entries.filter((entry) => entry.refs[0] === id);
		const hands = own.find((entry) => entry.kind === 'step.hands') ?? null;
		const asked = own.find((entry) => entry.kind === 'step.decided' && entry.data['state'] === 'waiting') ?? hands;
		if (asked === null) return [];
		const said = own.filter((entry) => entry.actor.kind === 'person');
		return [{ title: textOf(asked, 'step_title'), asked, hands, said }];
	});
}

function stepTimes(
	{ title, asked, hands, said }: StepLife,
	timedBy: (measure: DrillMeasure, what: string, from: DrillEntry | null, to: DrillEntry | null) => Timed,
): Timed[] {
	const of = (answer: keyof typeof ASKED, from: DrillEntry, isOwed: boolean): Timed[] => {
		const measure = answer === 'call' ? 'told' : answer;
		const what = `${WORDS[measure]}: ${title}`;
		const found = said.filter((entry) => ASKED[answer].includes(entry.kind));
		if (found.length === 0) return isOwed ? [timedBy(measure, what, from, null)] : [];
		return found.map((entry) => timedBy(measure, what, from, entry));
	};
	return [
		...of('approval', asked, hands === null),
		...of('told', asked, false),
		...(hands === null ? [] : of(hands.data['action'] === TELLS ? 'call' : 'hands', hands, true)),
	];
}

type Span = { readonly from: Instant; readonly to: Instant };

function stillTimes(entries: readonly DrillEntry[], end: Instant): Span[] {
	const spans: Span[] = [];
	let since: Instant | null = null;
	for (const { kind, at } of entries) {
		if (kind === 'drill.suspended') since ??= at;
		else if ((kind === 'drill.resumed' || kind === 'drill.ended') && since !== null) {
			spans.push({ from: since, to: at });
			since = null;
		}
	}
	return since === null ? spans : [...spans, { from: since, to: Math.max(since, end) }];
}

function overlap(spans: readonly Span[], from: Instant, to: Instant): number {
	return spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0);
}

function rolesOf(entry: DrillEntry, people: Readonly<Record<string, readonly string[]>>): readonly string[] {
	const { roles } = entry.data;
	return Array.isArray(roles) ? roles.map(String) : (people[entry.actor.id] ?? []);
}

function textOf(entry: DrillEntry, name: string): string {
	const value = entry.data[name];
	return typeof value === 'string' ? value : '';
}

function quote(entry: DrillEntry): Quoted {
	return { entry: entry.id, place: entry.place };
}

/** For a terminal or a thread. */
export function reportText(report: DrillReport): string {
	return [
		`DRILL ${report.drill}: ${report.title} (${report.scenario})`,
		`started ${report.started_at} by ${report.started_by}, ${report.ended_at === null ? 'not ended' : `ended ${report.ended_at}: ${report.end}`}`,
		...report.suspensions.map((one) => `stood still from ${one.at}: ${one.why} [${quoted(one.quoted)}]`),
		...report.timed.map(
			(one) => `${one.is_missed ? 'MISSED ' : ''}${one.what}: ${tookOf(one)}${whoOf(one)} [${spanOf(one)}]`,
		),
		...report.dry_runs.map((one) => `dry run: ${one.what} [${quoted(one.quoted)}]`),
		report.missed.length === 0 ? 'No target was missed.' : `Missed: ${report.missed.join('; ')}`,
	]
		.map((line) => shown(line, 1_000))
		.join('\n');
}

/** For the auditor: the same as Markdown. */
export function reportMarkdown(report: DrillReport): string {
	const cell = (text: string): string => shown(text, 500).replace(/[|<>[\]`*_\\]/g, (sign) => `\\${sign}`);
	const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
	return [
		`# DRILL: ${cell(report.title)}`,
		'',
		`An exercise on the running installation. Scenario ${cell(report.scenario)} (sha256 ${report.scenario_hash}), site ${cell(report.site ?? 'all')}.`,
		`Started ${report.started_at} by ${cell(report.started_by)} (${quoted(report.start)}); ${report.ended_at === null ? 'not ended' : `ended ${report.ended_at}: ${cell(report.end ?? '')}`}.`,
		`It stood still for ${report.stood_still_s} s. Every time below is the difference of two ledger entries; time in which it stood still is taken off.`,
		'Look an entry up in an export of `interlock audit export`, or prove it with `interlock audit prove ENTRY`.',
		'',
		'## Reactions',
		'',
		row(['what', 'who', 'roles', 'took', 'target', 'met', 'from entry', 'to entry']),
		'| --- | --- | --- | --- | --- | --- | --- | --- |',
		...report.timed.map((one) =>
			row([
				cell(one.what),
				cell(one.person ?? 'nobody'),
				cell(one.roles.join(', ')),
				one.took_s === null ? 'not done' : `${one.took_s} s`,
				one.target_s === null ? 'none' : `${one.target_s} s`,
				metOf(one),
				one.from === null ? '' : quoted(one.from),
				one.to === null ? '' : quoted(one.to),
			]),
		),
		'',
		'## What would have been called',
		'',
		...(report.dry_runs.length === 0
			? ['Nothing.']
			: report.dry_runs.map((one) => `- ${cell(one.what)}: ${cell(one.outcome)} (${quoted(one.quoted)})`)),
		'',
		'## Interruptions by what is real',
		'',
		...(report.suspensions.length === 0
			? ['None.']
			: report.suspensions.map((one) => `- ${one.at}: ${cell(one.why)} (${quoted(one.quoted)})`)),
		'',
		'## Missed targets',
		'',
		...(report.missed.length === 0 ? ['None.'] : report.missed.map((one) => `- ${cell(one)}`)),
		'',
	].join('\n');
}

function metOf(one: Timed): string {
	if (one.is_missed) return 'MISSED';
	return one.target_s === null ? '' : one.is_open ? 'not tested' : 'yes';
}

function quoted({ entry, place }: Quoted): string {
	return place === null ? `${entry}, not sealed yet` : `${entry}, place ${place}`;
}

function tookOf({ took_s, target_s }: Timed): string {
	const target = target_s === null ? '' : ` (target ${target_s} s)`;
	return `${took_s === null ? 'not done' : `${took_s} s`}${target}`;
}

function whoOf({ person, roles }: Timed): string {
	if (person === null) return '';
	return ` by ${person}${roles.length === 0 ? '' : ` (${roles.join(', ')})`}`;
}

function spanOf({ from, to }: Timed): string {
	return [from, to].flatMap((one) => (one === null ? [] : [quoted(one)])).join(' to ');
}
