// Reads a time by a pattern that its sender states (LEEF `devTimeFormat`, `format` of a mapping file): letters of Java's
// SimpleDateFormat. Pure: the zone of what has none, and the year, come from the context.
import type { Instant } from '../../domain/time.ts';
import { readTime, type TimeContext } from './time-text.ts';

const PATTERN_MAX = 64;
const TEXT_MAX = 100;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

type Parts = Partial<Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction', string>> & {
	zone?: string;
	isAfternoon?: boolean;
};

/** What may stand for a letter of the pattern. Each is linear and anchored. */
const READERS: Readonly<Record<string, RegExp>> = {
	y: /^\d{1,4}/,
	u: /^\d{1,4}/,
	d: /^ ?\d{1,2}/,
	H: /^\d{1,2}/,
	h: /^\d{1,2}/,
	k: /^\d{1,2}/,
	K: /^\d{1,2}/,
	m: /^\d{1,2}/,
	s: /^\d{1,2}/,
	S: /^\d{1,9}/,
	a: /^[AaPp]\.?[Mm]\.?/,
	E: /^\p{L}{2,12}\.?/u,
	z: /^(?:GMT|UTC)?[+-]\d{1,2}:?\d\d|^[A-Za-z]{1,5}/,
	Z: /^[+-]\d\d:?\d\d|^Z/,
	X: /^[+-]\d\d(?::?\d\d)?|^Z/,
	x: /^[+-]\d\d(?::?\d\d)?/,
};

/**
 * The instant of a text that is written by a pattern such as `dd/MM/yyyy HH:mm:ss.SSS Z`; null where the text is not of that form.
 * Letters: `y M d H h k K m s S a E z Z X x`; text in `'quotes'` and all other characters stand for themselves.
 */
export function readTimeBy(pattern: string, text: string, context: TimeContext): Instant | null {
	if (pattern.length > PATTERN_MAX || text.length > TEXT_MAX) return null;
	const parts: Parts = {};
	let rest = text.trim();
	for (const token of pattern.trim().match(/'[^']{0,40}'|([A-Za-z])\1{0,9}|[^A-Za-z']/g) ?? []) {
		const read = readToken(token, rest, parts);
		if (read === null) return null;
		rest = rest.slice(read);
	}
	if (rest.trim() !== '' || parts.month === undefined || parts.day === undefined) return null;
	return readTime(inWords(parts), context);
}

/** How many characters the token takes of the text; null where they do not fit. */
function readToken(token: string, rest: string, parts: Parts): number | null {
	const letter = token.charAt(0);
	if (letter === "'") {
		const literal = token === "''" ? "'" : token.slice(1, -1);
		return rest.startsWith(literal) ? literal.length : null;
	}
	if (!/[A-Za-z]/.test(letter)) return rest.startsWith(letter) ? letter.length : letter === ' ' ? 0 : null;
	if (letter === 'M') return readMonth(token, rest, parts);
	const found = READERS[letter]?.exec(rest)?.[0];
	if (found === undefined) return null;
	// Digits that follow one another without a mark (`yyyyMMdd`) are told apart by the number of letters.
	const value = /^[yduHhkKmsS]$/.test(letter) && token.length > 1 ? found.slice(0, Math.max(token.length, 1)) : found;
	keep(letter, value, parts);
	return value.length;
}

function readMonth(token: string, rest: string, parts: Parts): number | null {
	const found = (token.length > 2 ? /^\p{L}{3,9}\.?/u : /^ ?\d{1,2}/).exec(rest)?.[0];
	if (found === undefined) return null;
	const month = token.length > 2 ? MONTHS.indexOf(found.slice(0, 3).toLowerCase()) + 1 : Number(found);
	if (month < 1 || month > 12) return null;
	parts.month = String(month).padStart(2, '0');
	return found.length;
}

function keep(letter: string, value: string, parts: Parts): void {
	const two = value.trim().padStart(2, '0');
	if (letter === 'y' || letter === 'u') parts.year = value.length <= 2 ? `20${two}` : value;
	else if (letter === 'd') parts.day = two;
	else if (letter === 'H' || letter === 'K' || letter === 'h') parts.hour = two;
	else if (letter === 'k') parts.hour = two === '24' ? '00' : two;
	else if (letter === 'm') parts.minute = two;
	else if (letter === 's') parts.second = two;
	else if (letter === 'S') parts.fraction = value;
	else if (letter === 'a') parts.isAfternoon = /^p/i.test(value);
	else if ('zZXx'.includes(letter)) parts.zone = value;
}

function inWords(parts: Parts): string {
	const { year, month = '01', day = '01', minute = '00', second = '00', fraction = '0', zone = '' } = parts;
	let hour = parts.hour ?? '00';
	// 12 AM is midnight and 12 PM is noon.
	if (parts.isAfternoon !== undefined)
		hour = String((Number(hour) % 12) + (parts.isAfternoon ? 12 : 0)).padStart(2, '0');
	const offset = zone.replace(/^(?:GMT|UTC)(?=[+-])/i, '').replace(/^([+-])(\d)(?=:|$)/, '$10$2');
	const clock = `${hour}:${minute}:${second}.${fraction.slice(0, 9)}`;
	if (year !== undefined && (offset === '' || /^(?:Z|[+-])/i.test(offset)))
		return `${year.padStart(4, '0')}-${month}-${day}T${clock}${offset}`;
	return `${MONTHS[Number(month) - 1]} ${Number(day)} ${year ?? ''} ${clock} ${offset}`;
}
