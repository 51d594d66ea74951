// The facts of one decision in words for an operator: what it rests on and until when, what nobody has said, who can say it, how, and for
// how long it will hold. Words only; nothing here decides.
import type { Decision, MissingFact } from '../domain/decision.ts';
import {
	endOf,
	FACTS,
	type FactName,
	type FactReading,
	type FactState,
	type FactValue,
	isFactName,
} from '../domain/fact.ts';
import { DAY, HOUR, type Instant, MINUTE, toIso } from '../domain/time.ts';
import { needsSecond, whyNotInChat } from './admit.ts';
import { statesOf, UNNAMED } from './condition.ts';
import type { Target } from './judge-target.ts';
import type { Facts } from './proposed-step.ts';
import type { Condition, Row } from './row.ts';
import { rowsById } from './table.ts';

/** Facts that more than one row asks for by a rule: G3, G4, G5, G7. */
const OF_RULES: readonly FactName[] = [
	'ot_dependency',
	'zone_state',
	'zone_safety_alarm_active',
	'zone_stable_confirmed',
	'action_cuts_own_path',
	'fallback_confirmed',
];

const valueWord = (value: FactValue | string): string =>
	value === true || value === 'true' ? 'yes' : value === false || value === 'false' ? 'no' : String(value);

function durationWords(ms: number): string {
	if (ms >= 2 * DAY) return `${Math.round(ms / DAY)} days`;
	if (ms >= HOUR) return `${Math.round(ms / HOUR)} h`;
	return `${Math.round(ms / MINUTE)} minutes`;
}

const minuteOf = (at: Instant): string => `${toIso(at).slice(0, 16)}Z`;

/** Facts that the rows which spoke ask for, each once. */
function factsAskedBy(decision: Decision): FactName[] {
	const conditions = (row: Row): readonly Condition[] => [
		...row.where.flatMap((where) => where.unless ?? []),
		...row.cases.flatMap((option) => [...option.when, ...option.holds]),
		...row.proofs.map((proof) => proof.condition),
	];
	const rows = decision.rows.flatMap((say) => rowsById(say.row));
	const windows: FactName[] = rows.some((row) => row.window) ? ['permit_open', 'window_open'] : [];
	const ofRows = rows.flatMap(conditions).flatMap((condition) => condition.any.map(({ fact }) => fact));
	return [...new Set([...ofRows, ...OF_RULES, ...windows])];
}

/** The instant at which a statement ends by its own word or by its fact's age; null for one that has no end. */
function endsAt(reading: FactReading): Instant | null {
	const { maxAgeMs } = FACTS[reading.name];
	const ends = [reading.expires_at, maxAgeMs === null ? null : reading.stated_at + maxAgeMs].filter(
		(end) => end !== null,
	);
	return ends.length === 0 ? null : Math.min(...ends);
}

function knownLine({ name, subject, value, reading }: FactState): string {
	if (reading === null) return '';
	const end = endsAt(reading);
	const until = end === null ? 'as long as its subject lasts' : `until ${minuteOf(end)}`;
	const by = reading.source === 'person' ? `said by ${reading.supplied_by}` : `from ${reading.supplied_by}`;
	return `  ${name} of \`${subject}\` is ${valueWord(value)}: ${by} at ${minuteOf(reading.stated_at)}, holds ${until}`;
}

/** What was known and looked at: by whom, since when, until when. */
export function knownLines(decision: Decision, targets: readonly Target[], now: Instant): string[] {
	const asked = factsAskedBy(decision);
	const states = targets.flatMap((target) => asked.flatMap((name) => statesOf(name, target.ground)));
	const known = states.filter(
		(state) => state.state === 'known' && state.reading !== null && endOf(state.reading, now) === null,
	);
	return [...new Set(known.map(knownLine))];
}

/** One fact that nobody has said: the question, who can answer it, how, and for how long the answer holds. */
export function missingLines(fact: MissingFact): string[] {
	if (!isFactName(fact.name)) return [`  ${fact.name} of \`${fact.subject}\` is ${fact.why}, counts as ${fact.worst}.`];
	const spec = FACTS[fact.name];
	const first = `  ${fact.name} of \`${fact.subject}\` is ${fact.why}, counts as ${fact.worst}. ${spec.question}`;
	if (fact.suppliers.length === 0) return [`${first} (the program itself sees it)`];
	const best = spec.order[0] ?? spec.worst;
	const limits = [
		...(whyNotInChat(fact.name, best) === null ? [] : ['on the command line only: a word in chat proves nothing here']),
		...(needsSecond(fact.name, best) ? ['it counts when a second person says the same'] : []),
		spec.maxAgeMs === null ? 'it holds as long as its subject' : `it holds for ${durationWords(spec.maxAgeMs)} at most`,
	];
	return [
		`${first} (${fact.suppliers.join(' or ')} can say)`,
		`      say it: ${howToSay(fact.name, fact.subject, best)}; ${limits.join('; ')}`,
	];
}

/** The command that states it; the value is the good one, and only right where it is true. */
function howToSay(name: FactName, subject: string, best: FactValue): string {
	const kind = FACTS[name].subject;
	if (subject === UNNAMED) return `name the ${kind} in the step first, nobody knows which one is meant`;
	const isPlaceholder =
		(kind === 'step' && !subject.startsWith('stp_')) || (kind === 'incident' && !subject.startsWith('inc_'));
	const about = isPlaceholder ? kind.toUpperCase() : subject;
	return `interlock incident fact ${name} ${about} ${valueWord(best)} (if it is so)`;
}

/** The same world with every missing fact said at its best, by nobody in particular: to show what hangs on them, never to decide by. */
export function asIfSaid(facts: Facts, missing: readonly MissingFact[], now: Instant): Facts {
	const said = missing.flatMap(({ name, subject }): FactReading[] => {
		if (!isFactName(name) || subject === UNNAMED) return [];
		const value = FACTS[name].order[0] ?? FACTS[name].worst;
		const base = { id: `as-if:${name}:${subject}`, name, subject, value, supplied_by: 'as-if' };
		return [{ ...base, source: 'person', stated_at: now, expires_at: null }];
	});
	// The newest word of a source counts, and of two at one moment the worse: an older one of the same moment is left out.
	const isOld = (reading: FactReading): boolean =>
		reading.source === 'person' && said.some((one) => one.name === reading.name && one.subject === reading.subject);
	return { ...facts, readings: [...facts.readings.filter((reading) => !isOld(reading)), ...said] };
}
