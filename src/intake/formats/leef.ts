// Reads IBM's Log Event Extended Format (LEEF 1.0 and 2.0) as appliances write it: the delimiter undeclared or another than
// declared, tabs lost on the way, values that hold the delimiter. Meaning is given in sources/.
import type { Problem } from '../../domain/alert.ts';
import type { Result } from '../../domain/result.ts';
import { err, ok } from '../../domain/result.ts';

export type LeefRecord = {
	readonly version: string;
	readonly vendor: string;
	readonly product: string;
	readonly productVersion: string;
	readonly eventId: string;
	/** Values by key; of equal keys the first counts. Empty values are absent. */
	readonly fields: ReadonlyMap<string, string>;
	/** Values by the label that the sender gave them (`cn1=3 cn1Label=Host ID` -> `Host ID`). */
	readonly labelled: ReadonlyMap<string, string>;
	/** Every pair as it came, repeats too. */
	readonly pairs: readonly (readonly [string, string])[];
	readonly problems: readonly Problem[];
};

const MARK = /LEEF: ?\d{1,2}(?:\.\d{1,2})?\|/;
const MARK_SEARCH_MAX = 1_000;
const PAIRS_MAX = 1_000;

/** Where a LEEF header begins in the text; -1 where there is none near its start. */
export function findLeef(text: string): number {
	return text.slice(0, MARK_SEARCH_MAX).search(MARK);
}

/**
 * Reads one LEEF message that begins with `LEEF:`.
 *
 * The delimiter of attributes is the one that the sixth field of a 2.0 header declares (one character, or `x` and its code in
 * hexadecimal), else tab; where the attributes do not use it, the one that they use. Fewer than four header fields is a Problem.
 */
export function readLeef(text: string): Result<LeefRecord, Problem> {
	const line = text.trim();
	const { parts, end } = readHeader(line);
	if (parts.length < 4) {
		return err({
			field: 'header',
			found: `${parts.length} fields of 5: \`${line.slice(0, 60)}\``,
			expected: 'LEEF:version|vendor|product|version|event id|attributes',
		});
	}
	const [mark = '', vendor = '', product = '', productVersion = '', eventId = ''] = parts;
	const problems: Problem[] = [];
	const declared = /^([^|]{0,8})\|/.exec(line.slice(end, end + 10));
	const delimiter = declared === null ? null : delimiterOf(declared[1] ?? '');
	const body = line.slice(end + (declared === null || delimiter === null ? 0 : declared[0].length));
	const pairs = readAttributes(body, delimiter ?? '\t', problems);
	const fields = new Map<string, string>();
	for (const [key, value] of pairs) {
		if (value === '') continue;
		if (fields.has(key))
			problems.push({ field: key, found: 'a second value', expected: 'each key once: the first one counts' });
		else fields.set(key, value);
	}
	return ok({
		version: mark.replace(/^LEEF: ?/, ''),
		vendor,
		product,
		productVersion,
		eventId,
		fields,
		labelled: labelledOf(fields),
		pairs,
		problems: problems.slice(0, 20),
	});
}

/** The five header fields, with `\|` for a bar inside one, and where the rest begins. */
function readHeader(line: string): { parts: string[]; end: number } {
	const parts: string[] = [];
	let part = '';
	let at = 0;
	for (; at < line.length && parts.length < 5; at++) {
		const mark = line.charAt(at);
		const next = line.charAt(at + 1);
		if (mark === '\\' && (next === '|' || next === '\\')) {
			part += next;
			at++;
		} else if (mark === '|') {
			parts.push(part.trim());
			part = '';
		} else {
			part += mark;
		}
	}
	if (parts.length < 5 && part.trim() !== '') parts.push(part.trim());
	return { parts, end: at };
}

/** The delimiter that a header field declares; null where the field declares none. */
function delimiterOf(field: string): string | null {
	const text = field.trim();
	if (field === '\t' || text === '' || text === '\\t' || /^tab$/i.test(text)) return '\t';
	const code = /^(?:0x|\\x|x|\\u|u)([0-9a-fA-F]{1,4})$/i.exec(text)?.[1];
	if (code !== undefined) {
		const mark = String.fromCharCode(Number.parseInt(code, 16));
		return mark === '\0' ? null : mark;
	}
	return text.length === 1 && !/[\w=]/.test(text) ? text : null;
}

/** Marks that senders use without saying so. */
const USED = ['\t', '^', '|', ';'];
const KEY = /^\s{0,8}([A-Za-z_][\w.:/[\]-]{0,127})\s?=/;

function readAttributes(text: string, declared: string, problems: Problem[]): [string, string][] {
	// rsyslog writes control characters as # and their octal code.
	const body = declared === '\t' && !text.includes('\t') ? text.replaceAll('#011', '\t').replaceAll('\\t', '\t') : text;
	const counts = [declared, ...USED].map((mark) => ({ mark, count: countPairs(body, mark) }));
	const own = counts[0];
	const best = counts.reduce((most, next) => (next.count > most.count ? next : most));
	const delimiter = own !== undefined && own.count > 1 ? own.mark : best.mark;
	if (delimiter !== declared) {
		const found = `attributes divided by \`${delimiter}\``;
		problems.push({ field: 'delimiter', found, expected: `\`${declared === '\t' ? 'tab' : declared}\`` });
	}
	const pairs: [string, string][] = [];
	for (const segment of body.split(delimiter)) {
		if (pairs.length >= PAIRS_MAX) break;
		const key = KEY.exec(segment);
		const last = pairs.at(-1);
		if (key !== null) pairs.push([key[1] ?? '', segment.slice(key[0].length)]);
		// A value may hold the delimiter: what has no key belongs to the value before it.
		else if (last !== undefined) last[1] += delimiter + segment;
		else if (segment.trim() !== '') pairs.push(['unkeyed', segment]);
	}
	// One known key behind a space shows a sender that lost its delimiter: then any word before an equal sign is a key.
	const isSpaced = pairs.some(([key, value]) => !TEXTS.has(key) && SPACED.test(value));
	const split = isSpaced ? pairs.flatMap(([key, value]) => splitSpaced(key, value, problems)) : pairs;
	return split.map(([key, value]) => [key, clean(value)]);
}

function countPairs(text: string, mark: string): number {
	let count = 0;
	for (const segment of text.split(mark)) if (KEY.test(segment.slice(0, 140))) count++;
	return count;
}

/** Keys of the LEEF standard and of ArcSight's that may stand behind a space where a sender divides by spaces. */
const SPACED =
	/ (?=(?:cat|sev|devTime|devTimeFormat|proto|src|dst|srcPort|dstPort|src(?:Pre|Post)NAT(?:Port)?|dst(?:Pre|Post)NAT(?:Port)?|usrName|srcMAC|dstMAC|(?:src|dst)Bytes|ident(?:Src|HostName|NetBios|GrpName|MAC)|vSrc|vSrcName|accountName|realm|role|policy|resource|url|groupID|domain|cn[1-6]|cs[1-6]|c[ns][1-6]Label|name|desc|msg|act|dvchost|request)=)/;

/** Values that may hold `word=` themselves. */
const TEXTS = new Set(['msg', 'desc', 'url', 'request']);

function splitSpaced(key: string, value: string, problems: Problem[]): [string, string][] {
	if (!value.includes('=') || TEXTS.has(key)) return [[key, value]];
	const [first = '', ...others] = value.split(/ (?=[A-Za-z][A-Za-z0-9_]{0,60}=)/);
	if (others.length === 0) return [[key, value]];
	problems.push({ field: key, found: 'further keys behind a space', expected: 'the delimiter between attributes' });
	const more = others.map((text): [string, string] => {
		const at = text.indexOf('=');
		return [text.slice(0, at), text.slice(at + 1)];
	});
	return [[key, first], ...more];
}

/** Escapes that senders use, which the standard leaves open. In a Windows path `\n` is the beginning of a name. */
function clean(value: string): string {
	const text = value.trim().replace(/#015#012|#012/g, '\n');
	if (!text.includes('\\')) return text;
	const isPath = /(?:^|[^A-Za-z])[A-Za-z]:\\|^\\\\/.test(text);
	if (isPath) return text.replace(/\\([|=])/g, '$1');
	return text.replace(/\\([\\=|nr])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark === 'r' ? '\r' : mark));
}

function labelledOf(fields: ReadonlyMap<string, string>): Map<string, string> {
	const values = new Map<string, string>();
	for (const [key, label] of fields) {
		const value = key.endsWith('Label') ? fields.get(key.slice(0, -'Label'.length)) : undefined;
		if (value !== undefined && !values.has(label)) values.set(label, value);
	}
	return values;
}
