// Reads ArcSight Common Event Format (CEF, format version 0 and 1; ArcSight CEF implementation standard rev. 27) as appliances
// write it: escapes broken, values with spaces, long names for short ones, wrapped over lines. Meaning is given in sources/.
import type { Problem } from '../../domain/alert.ts';
import type { Result } from '../../domain/result.ts';
import { err, ok } from '../../domain/result.ts';

export type CefRecord = {
	readonly version: string;
	readonly vendor: string;
	readonly product: string;
	readonly productVersion: string;
	readonly signatureId: string;
	readonly name: string;
	readonly severity: string;
	/** Values by short key (`src`, `cs1`); of equal keys the first counts. Empty values are absent. */
	readonly fields: ReadonlyMap<string, string>;
	/** Values by the label that the sender gave them (`cs1=9.0 cs1Label=Risk` -> `Risk`). */
	readonly labelled: ReadonlyMap<string, string>;
	/** Every pair as it came, repeats too: nothing disappears. */
	readonly pairs: readonly (readonly [string, string])[];
	readonly problems: readonly Problem[];
};

/** What stands before `CEF:` in a line and may be a syslog header. */
const MARK = /CEF: ?\d{1,2}(?:\.\d{1,2})?\|/;
const MARK_SEARCH_MAX = 1_000;
const PAIRS_MAX = 1_000;

/** A header whose `CEF:` was lost: relays take it for the program's name. Six fields, the last of them a severity. */
const BARE =
	/(?<![^\s:>])[01]\|[^|\n=]{1,100}\|[^|\n=]{1,100}\|[^|\n=]{0,60}\|[^|\n]{1,200}\|[^|\n]{1,300}\|(?:\d{1,2}|low|medium|high|very-high|critical|unknown|info(?:rmational)?)\|(?=\s{0,4}(?:$|[A-Za-z][\w.]{0,60}=))/i;

/** Where a CEF header begins in the text, with or without its `CEF:`; -1 where there is none near its start. */
export function findCef(text: string): number {
	const head = text.slice(0, MARK_SEARCH_MAX);
	const marked = head.search(MARK);
	return marked === -1 ? head.search(BARE) : marked;
}

/**
 * The values of a field that some senders fill with a list as their language prints it: `['10.0.0.1', '10.0.0.2']`, `["a","b"]`.
 * Any other value is the one.
 */
export function valuesOf(text: string): string[] {
	const inner = /^\s{0,4}[[(]\s{0,4}(?=u?['"])([\s\S]{0,20000})[\])]\s{0,4}$/.exec(text)?.[1];
	if (inner === undefined) return [text];
	const quoted = [...inner.matchAll(/'([^']*)'|"([^"]*)"/g)].map((match) => (match[1] ?? match[2] ?? '').trim());
	return quoted.filter((item) => item !== '');
}

/**
 * Reads one CEF message that begins with `CEF:`, or with the version where that mark was lost.
 *
 * Line breaks inside it are the sender's wrapping and count as a space. Escapes that the standard does not know stay as they are.
 * Fewer than the seven header fields is a Problem.
 */
export function readCef(text: string): Result<CefRecord, Problem> {
	const line = unwrap(text);
	const { parts, end } = readHeader(line);
	if (parts.length < 7) {
		return err({
			field: 'header',
			found: `${parts.length} fields of 7: \`${line.slice(0, 60)}\``,
			expected: 'CEF:version|vendor|product|version|signature id|name|severity|extension',
		});
	}
	const [mark = '', vendor = '', product = '', productVersion = '', signatureId = '', name = '', severity = ''] = parts;
	const problems: Problem[] = [];
	const pairs = readExtension(line.slice(end), problems);
	const fields = new Map<string, string>();
	for (const [key, value] of pairs) {
		const short = SHORT_NAMES.get(key.toLowerCase()) ?? key;
		if (value === '') continue;
		if (fields.has(short))
			problems.push({ field: short, found: 'a second value', expected: 'each key once: the first one counts' });
		else fields.set(short, value);
	}
	return ok({
		version: mark.replace(/^CEF: ?/, ''),
		vendor,
		product,
		productVersion,
		signatureId,
		name,
		severity,
		fields,
		labelled: labelled(fields),
		pairs,
		problems: problems.slice(0, 20),
	});
}

/** Joins a message that was wrapped: a line break with its indent is a space, none before a path's backslash. */
function unwrap(text: string): string {
	if (!text.includes('\n') && !text.includes('\r')) return text.trim();
	const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
	let joined = '';
	for (const line of lines) {
		if (line === '') continue;
		joined += joined === '' || line.startsWith('\\') || line.startsWith('|') ? line : ` ${line}`;
	}
	return joined;
}

/** The header's fields, unescaped, and where the extension begins. In the header `\|` and `\\` are escapes. */
function readHeader(line: string): { parts: string[]; end: number } {
	const parts: string[] = [];
	let part = '';
	let at = 0;
	for (; at < line.length && parts.length < 7; at++) {
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
	// Some senders leave the last bar away where there is no extension.
	if (parts.length === 6 && part.trim() !== '' && part.length <= 20) parts.push(part.trim());
	return { parts, end: at };
}

// A key stands at the start or after a space, and ends at an `=` that is not escaped.
const KEY = /(?:^|[ \t])([A-Za-z0-9_][A-Za-z0-9_.,[\]:-]{0,127})=/g;

function readExtension(extension: string, problems: Problem[]): [string, string][] {
	const starts: { key: string; from: number; keyAt: number }[] = [];
	for (const match of extension.matchAll(KEY)) {
		starts.push({ key: match[1] ?? '', from: match.index + match[0].length, keyAt: match.index });
		if (starts.length > PAIRS_MAX) break;
	}
	const first = starts[0]?.keyAt ?? extension.length;
	const before = extension.slice(0, first).trim();
	if (before !== '') {
		problems.push({ field: 'extension', found: `\`${before.slice(0, 60)}\``, expected: 'key=value pairs' });
	}
	const pairs = starts.map(({ key, from }, index): [string, string] => {
		const to = starts[index + 1]?.keyAt ?? extension.length;
		return [key, unescapeValue(extension.slice(from, to).trim())];
	});
	// Text that is in no pair is kept too.
	return before === '' ? pairs : [...pairs, ['unkeyed', unescapeValue(before)]];
}

function unescapeValue(raw: string): string {
	// rsyslog writes control characters as # and their octal code.
	const value = raw.includes('#01')
		? raw
				.replace(/#015#012|#012|#015/g, '\n')
				.replaceAll('#011', '\t')
				.trim()
		: raw;
	if (!value.includes('\\')) return value;
	return value.replace(/\\([\\=|nr])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark === 'r' ? '\r' : mark));
}

/** `cs1` with `cs1Label=Risk` under `Risk`; the same for numbers, dates, addresses, floats and flex strings. */
function labelled(fields: ReadonlyMap<string, string>): Map<string, string> {
	const values = new Map<string, string>();
	for (const [key, label] of fields) {
		if (!key.endsWith('Label')) continue;
		const value = fields.get(key.slice(0, -'Label'.length));
		if (value !== undefined && !values.has(label)) values.set(label, value);
	}
	return values;
}

/** Full names of the standard's dictionary that senders write instead of the short key. */
const SHORT_NAMES = new Map<string, string>(
	Object.entries({
		deviceaction: 'act',
		applicationprotocol: 'app',
		deviceeventcategory: 'cat',
		baseeventcount: 'cnt',
		destinationaddress: 'dst',
		destinationhostname: 'dhost',
		destinationmacaddress: 'dmac',
		destinationntdomain: 'dntdom',
		destinationport: 'dpt',
		destinationprocessid: 'dpid',
		destinationprocessname: 'dproc',
		destinationuserid: 'duid',
		destinationusername: 'duser',
		destinationuserprivileges: 'dpriv',
		deviceaddress: 'dvc',
		devicehostname: 'dvchost',
		devicemacaddress: 'dvcmac',
		deviceprocessid: 'dvcpid',
		endtime: 'end',
		filename: 'fname',
		filesize: 'fsize',
		message: 'msg',
		eventoutcome: 'outcome',
		transportprotocol: 'proto',
		devicereceipttime: 'rt',
		requesturl: 'request',
		sourceaddress: 'src',
		sourcehostname: 'shost',
		sourcemacaddress: 'smac',
		sourcentdomain: 'sntdom',
		sourceport: 'spt',
		sourceprocessid: 'spid',
		sourceprocessname: 'sproc',
		sourceuserid: 'suid',
		sourceusername: 'suser',
		sourceuserprivileges: 'spriv',
		starttime: 'start',
	}),
);
