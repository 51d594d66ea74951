// What recorded values of one tag come to, in words: from where to where they went, the last one, and what of them is of bad quality and so
// counts for nothing. Pure. NOT here: how values are asked for and read (pi-web-api.ts).
import type { Json } from '../../domain/entry.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import { quoted } from './reading-connector.ts';

/** One recorded value. A number, or the name of a state; null where the historian only has an error. */
export type Sample = {
	readonly at: Instant;
	readonly value: number | string | null;
	/** False: the historian itself says that it is not to be relied on. */
	readonly isGood: boolean;
	readonly isQuestionable: boolean;
};

export type TagReading = {
	/** What people call it. */
	readonly words: string;
	readonly path: string;
	readonly unit: string;
	readonly usual: readonly [number, number] | null;
	/** In the order of time; within the window. */
	readonly samples: readonly Sample[];
	/** The last one before the window: what it still is where nothing was recorded since. */
	readonly before: Sample | null;
	/** The window has more values than were read: these are the newest. */
	readonly isCut: boolean;
};

/** Times as people of the plant read them: `03:05:10`, with the day where it is another one than that of `around`. */
export function clockOf(timeZone: string, around: Instant): (at: Instant) => string {
	const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' });
	const time = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' });
	const own = day.format(around);
	return (at) => (day.format(at) === own ? time.format(at) : `${day.format(at)} ${time.format(at)}`);
}

/** The day and the zone of a moment: `2026-06-10, Europe/Berlin (GMT+2)`. */
export function dayOf(timeZone: string, at: Instant): string {
	const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
	const offset = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' })
		.formatToParts(at)
		.find((part) => part.type === 'timeZoneName')?.value;
	return `${day}, ${timeZone}${offset === undefined || offset === timeZone ? '' : ` (${offset})`}`;
}

type Numeric = Sample & { readonly value: number };
const isNumeric = (sample: Sample): sample is Numeric => typeof sample.value === 'number';

/** The lowest, highest and last good number; null where there is none. The first of several that are equal. */
export function rangeOf(samples: readonly Sample[]): { min: Numeric; max: Numeric; last: Numeric } | null {
	const numbers = samples.filter((sample) => sample.isGood).filter(isNumeric);
	const [first] = numbers;
	if (first === undefined) return null;
	let [min, max, last] = [first, first, first];
	for (const one of numbers) {
		if (one.value < min.value) min = one;
		if (one.value > max.value) max = one;
		last = one;
	}
	return { min, max, last };
}

/** One tag as a line for people. */
export function lineOf(tag: TagReading, clock: (at: Instant) => string): string {
	const { samples, before, usual } = tag;
	const name = `${quoted(tag.words, 80)}${tag.unit === '' ? '' : ` in ${quoted(tag.unit, 20)}`}`;
	const show = (sample: Sample): string => `${shownValue(sample.value)} at ${clock(sample.at)}`;
	if (samples.length === 0)
		return before === null
			? `${name}: nothing is recorded, before or since.`
			: `${name}: nothing recorded since ${show(before)}${before.isGood ? '' : ', which is of bad quality'}.`;
	const parts: string[] = [];
	const range = rangeOf(samples);
	if (range !== null && range.min.value === range.max.value) parts.push(`${range.last.value} throughout`);
	else if (range !== null) parts.push(`${show(range.min)} to ${show(range.max)}, last ${show(range.last)}`);
	else parts.push(statesOf(samples, clock));
	if (usual !== null && range !== null) parts.push(outside(range, usual, clock));
	parts.push(...doubts(samples, clock));
	if (tag.isCut) parts.push(`only its newest ${samples.length} values, from ${clock(samples[0]?.at ?? 0)} on`);
	return `${name}: ${parts.filter((part) => part !== '').join('; ')}.`;
}

function shownValue(value: Sample['value']): string {
	if (value === null) return 'an error';
	return typeof value === 'number' ? String(Number(value.toPrecision(6))) : quoted(value, 40);
}

/** Names of states, the newest last; without those of bad quality. */
function statesOf(samples: readonly Sample[], clock: (at: Instant) => string): string {
	const good = samples.filter((sample) => sample.isGood && sample.value !== null);
	const turns = good.filter((sample, index) => index === 0 || good[index - 1]?.value !== sample.value);
	if (turns.length === 0) return 'no value that counts';
	const shown = turns.slice(-4).map((turn) => `${shownValue(turn.value)} from ${clock(turn.at)}`);
	return `${turns.length > shown.length ? `${turns.length} changes, at the end ` : ''}${shown.join(', then ')}`;
}

function outside(
	{ min, max, last }: { min: Numeric; max: Numeric; last: Numeric },
	[from, to]: readonly [number, number],
	clock: (at: Instant) => string,
): string {
	const usual = `its usual ${from} to ${to}`;
	if (last.value < from || last.value > to) return `OUTSIDE ${usual} at the end`;
	const worst = [min, max].find((one) => one.value < from || one.value > to);
	return worst === undefined ? `within ${usual}` : `was outside ${usual} at ${clock(worst.at)}`;
}

/** What of it cannot be relied on. A tag that has been bad up to the end is said so first. */
function doubts(samples: readonly Sample[], clock: (at: Instant) => string): string[] {
	const bad = samples.filter((sample) => !sample.isGood);
	const questionable = samples.filter((sample) => sample.isGood && sample.isQuestionable).length;
	const lastGood = samples.findLastIndex((sample) => sample.isGood);
	const since = samples[lastGood + 1];
	const why = [...new Set(bad.map((sample) => shownValue(sample.value)))].slice(0, 3).join(', ');
	return [
		...(since === undefined
			? []
			: [`BAD QUALITY since ${clock(since.at)}: what is shown there is not to be relied on`]),
		...(bad.length === 0 ? [] : [`${bad.length} of ${samples.length} values bad (${why}) and left out`]),
		...(questionable === 0 ? [] : [`${questionable} questionable`]),
	];
}

/** One tag for the record; times in UTC. */
export function recordOf(tag: TagReading): Json {
	const range = rangeOf(tag.samples);
	const point = (sample: Sample | null): Json =>
		sample === null
			? null
			: { value: typeof sample.value === 'string' ? sample.value.slice(0, 80) : sample.value, at: toIso(sample.at) };
	return {
		...{ path: tag.path, unit: tag.unit.slice(0, 20), values: tag.samples.length, cut: tag.isCut },
		bad: tag.samples.filter((sample) => !sample.isGood).length,
		questionable: tag.samples.filter((sample) => sample.isQuestionable).length,
		...{ min: point(range?.min ?? null), max: point(range?.max ?? null), last: point(range?.last ?? null) },
		newest: point(tag.samples.at(-1) ?? null),
		before: point(tag.before),
	};
}
