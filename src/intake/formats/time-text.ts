// Reads the ways in which vendors write an instant: epoch numbers, ISO 8601, "Mon Aug  1 03:34:23 2022", RFC 3164 without
// a year. Pure: the time of receipt and the source's time zone are arguments. Nothing here reads a clock.
import type { Instant } from '../../domain/time.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';

export type TimeContext = { readonly receivedAt: Instant; readonly timeZone: string };

/** Instants outside these bounds are faults of a device's clock or unset fields (0001-01-01), never an event. */
const EARLIEST = Date.UTC(1980, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
const LENGTH_MAX = 64;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH_NAME =
	/^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?$/;
const WEEKDAY = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?$/;
/** Abbreviations that mean one offset only, in hours (RFC 822 and the European summer times). */
export const ZONES: Readonly<Record<string, number>> = {
	z: 0,
	utc: 0,
	gmt: 0,
	est: -5,
	edt: -4,
	cst: -6,
	cdt: -5,
	mst: -7,
	mdt: -6,
	pst: -8,
	pdt: -7,
	cet: 1,
	cest: 2,
	eet: 2,
	eest: 3,
	wet: 0,
	west: 1,
};

/**
 * The instant that a vendor's value means; null where it is none, unset (0, 0001-01-01) or absurd.
 *
 * A number, or a text of digits, is seconds, milliseconds, microseconds or nanoseconds since 1970, told by its size.
 * A text without a zone is in the context's zone; without a year, in the last year in which it was not in the future (29 February: up to four years back).
 */
export function readTime(value: unknown, context: TimeContext): Instant | null {
	if (typeof value === 'number') return readEpoch(value);
	if (typeof value !== 'string') return null;
	const text = value.trim();
	if (text === '' || text.length > LENGTH_MAX) return null;
	if (/^\d+(?:\.\d+)?$/.test(text)) return readEpoch(Number(text));
	return readIso(text, context) ?? readWords(text, context);
}

/** True for what vendors write where a time is not set: zero, the year 1 (.NET, Go), the first instant of 1970 or 1601. */
export function isUnsetTime(value: unknown): boolean {
	const text = String(value ?? '').trim();
	return (
		text === '' ||
		/^-?[0.]+$/.test(text) ||
		/^(?:000[01]|1601|1970)-01-01(?:[T ]00:00:00[0.]{0,14}(?:Z|[+-]00:?00)?)?$/i.test(text)
	);
}

function readEpoch(value: number): Instant | null {
	if (!Number.isFinite(value) || value <= 0) return null;
	// 1e11 seconds is the year 5138, 1e11 milliseconds 1973: no real instant is in two of the ranges.
	const ms = value < 1e11 ? value * SECOND : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
	return inBounds(Math.floor(ms + 1e-6));
}

function inBounds(at: number): Instant | null {
	return at >= EARLIEST && at < LATEST ? at : null;
}

const ISO =
	/^(\d{4})[-/](\d\d)[-/](\d\d)(?:[T ]{1,2}(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)? ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/i;

function readIso(text: string, context: TimeContext): Instant | null {
	const match = ISO.exec(text);
	if (match === null) return null;
	const [, year, month, day, hour, minute, second, fraction, zone] = match;
	const wall = wallTime(
		Number(year),
		Number(month) - 1,
		Number(day),
		Number(hour ?? 0),
		Number(minute ?? 0),
		Number(second ?? 0),
		Number((fraction ?? '').padEnd(3, '0').slice(0, 3)),
	);
	if (wall === null) return null;
	const offset = zone === undefined ? null : offsetOf(zone);
	return inBounds(offset === null ? fromWall(wall, context.timeZone) : wall - offset);
}

/** `10-Mar-26` and `10-Mar-2026` (Niagara), as the words they stand for. */
const DASHED = /^(\d{1,2})-([a-z]{3})-(?:20)?(\d\d)(?= )/;
/** `3/10/2026 10:00:00 AM` (.NET in American English): only a clock of twelve hours says that the month stands first. */
const AMERICAN = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?= .{1,20} ?[ap]m\b)/;

function inPlainWords(text: string): string {
	return text
		.toLowerCase()
		.replace(DASHED, '$1 $2 20$3')
		.replace(AMERICAN, (_, month: string, day: string, year: string) => `${MONTHS[Number(month) - 1]} ${day} ${year}`)
		.replace(/(?<=:\d\d(?:\.\d{1,9})?) ?([ap])\.?m\b\.?/, ' $1m');
}

/** Hours of a clock of twelve; null where there is no such hour on it. */
function hourOf(hour: number, half: string | null): number | null {
	if (half === null) return hour;
	if (hour < 1 || hour > 12) return null;
	return (hour % 12) + (half === 'pm' ? 12 : 0);
}

/** Words in any order: weekday, month, day, year, clock, zone. Enough for RFC 822, RFC 1123, ctime, RFC 3164 and clocks of twelve hours. */
function readWords(text: string, context: TimeContext): Instant | null {
	let month: number | null = null;
	let day: number | null = null;
	let year: number | null = null;
	let clock: RegExpExecArray | null = null;
	let offset: number | null = null;
	let half: string | null = null;
	for (const word of inPlainWords(text)
		.split(/[\s,]+/)
		.filter((part) => part !== '')) {
		if (MONTH_NAME.test(word)) month = MONTHS.indexOf(word.slice(0, 3));
		else if (/^\d{4}$/.test(word)) year = Number(word);
		else if (/^\d{1,2}$/.test(word)) day = Number(word);
		else if (word.includes(':') && clock === null) clock = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(word);
		else if (word === 'am' || word === 'pm') half = word;
		else if (offsetOf(word) !== null) offset = offsetOf(word);
		else if (!WEEKDAY.test(word)) return null;
	}
	if (month === null || day === null || clock === null) return null;
	const [, shown, minute, second, fraction] = clock;
	const hour = hourOf(Number(shown), half);
	if (hour === null) return null;
	const ms = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
	const at = (inYear: number): Instant | null => {
		const wall = wallTime(inYear, month, day, hour, Number(minute), Number(second ?? 0), ms);
		if (wall === null) return null;
		return offset === null ? fromWall(wall, context.timeZone) : wall - offset;
	};
	if (year !== null) return inBounds(at(year) ?? Number.NaN);
	// The latest year that does not put the event into the future; a day's grace for clocks and zones.
	const received = new Date(context.receivedAt).getUTCFullYear();
	const past = [received + 1, received, received - 1, received - 4]
		.map(at)
		.find((candidate) => candidate !== null && candidate <= context.receivedAt + DAY);
	return inBounds(past ?? Number.NaN);
}

/** Milliseconds of the wall clock as if it were UTC; null where there is no such day or hour. A leap second counts as :59. */
function wallTime(
	year: number,
	month: number,
	day: number,
	hour: number,
	minute: number,
	second: number,
	ms: number,
): number | null {
	if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return null;
	const midnight = Date.UTC(year, month, day);
	if (day < 1 || new Date(midnight).getUTCMonth() !== month) return null;
	return midnight + hour * HOUR + minute * MINUTE + Math.min(second, 59) * SECOND + ms;
}

function offsetOf(zone: string): number | null {
	const word = zone.toLowerCase();
	const named = Object.hasOwn(ZONES, word) ? ZONES[word] : undefined;
	if (named !== undefined) return named * HOUR;
	const match = /^(?:utc|gmt)?([+-])(\d\d):?(\d\d)?$/.exec(word);
	if (match === null) return null;
	const size = Number(match[2]) * HOUR + Number(match[3] ?? 0) * MINUTE;
	return size > DAY ? null : match[1] === '-' ? -size : size;
}

/** The instant at which clocks of the zone show this wall time; in the hour that a summer time repeats, the first. */
function fromWall(wall: number, timeZone: string): Instant {
	if (timeZone === 'UTC') return wall;
	const first = wall - zoneOffset(wall, timeZone);
	return wall - zoneOffset(first, timeZone);
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** How far the zone's clocks are ahead of UTC at the instant, in milliseconds; 0 for a zone that does not exist. */
function zoneOffset(at: Instant, timeZone: string): number {
	let format = formats.get(timeZone);
	if (format === undefined) {
		format = isTimeZone(timeZone) ? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }) : null;
		formats.set(timeZone, format);
	}
	if (format === null) return 0;
	const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? '';
	return offsetOf(name) ?? 0;
}

/** True for an IANA zone that this runtime knows. */
export function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat('en-US', { timeZone: name });
		return true;
	} catch (fault) {
		if (fault instanceof RangeError) return false;
		throw fault;
	}
}
