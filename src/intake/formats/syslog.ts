// Reads the header of a syslog message (RFC 5424, RFC 3164 and what appliances make of it) and hands back the rest. Framing of a
// stream into messages and the meaning of the rest are not decided here.
import type { Instant } from '../../domain/time.ts';
import { readTime, type TimeContext, ZONES } from './time-text.ts';

export type SyslogMessage = {
	/** RFC 5424 section 6.2.1; null where the message has no valid <PRI>. */
	readonly facility: number | null;
	/** 0 emergency to 7 debug. */
	readonly severity: number | null;
	readonly occurredAt: Instant | null;
	readonly host: string | null;
	/** Hosts of the headers that relays put before the device's. */
	readonly relays: readonly string[];
	readonly program: string | null;
	readonly processId: string | null;
	readonly messageId: string | null;
	/** Structured data of RFC 5424: `id.name` -> value. */
	readonly data: Readonly<Record<string, string>>;
	readonly text: string;
};

/** How many headers may stand before each other (a relay that wraps what it got). */
const HEADERS_MAX = 3;
const DATA_MAX = 100;

const PRI = /^<(\d{1,3})>/;
/** What may stand before it: a byte order mark, also one read as Latin-1, an octet count (RFC 6587) that a relay left. */
const BEFORE_PRI = /^(?:\ufeff|\u00ef\u00bb\u00bf|\s){0,8}(?:\d{1,6} (?=<\d{1,3}>))?(?:\ufeff|\u00ef\u00bb\u00bf)?/;
/** A message that was printed as a Python bytes literal. */
const BYTES_LITERAL = /^b(['"])(?=<\d{1,3}>)/;
const RFC5424 = /^[1-9]\d{0,2} (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ?/;
/** Zones that devices name and whose offset is not known from that: `BST` is one in London and another one in Dhaka. */
const OTHER_ZONES = 'AK[SD]T|HST|A[CEW][SD]T|NZ[SD]T|BST|IST|MSK|SAST|[HJKS][KGS]T';
const KNOWN_ZONES = Object.keys(ZONES).filter((name) => name !== 'z');
/** `EWS` and `FGT` are as likely a host: a word is a zone where it is known as one, or where a colon or the year follows. */
const ZONE = `(?:[A-Z]{3,4}(?=:| \\d{4} )|(?:${KNOWN_ZONES.join('|').toUpperCase()}|${OTHER_ZONES})(?= ))(?: \\d{4}(?= ))?`;
const RFC3164_TIME = new RegExp(
	String.raw`^[*.]?((?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d{1,2}:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?(?: ${ZONE})?):? `,
);
const ISO_TIME = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?) /;
const HOST = /^([\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,254}) (?=\S|$)/u;
const TAG = /^([\w./-]{1,64})(?:\([\w.-]{1,32}\))?(?:\[([\w.-]{1,32})\])?: ?/;
/** Cisco IOS counts its messages, and may name itself, before the time: `123: edge1: 000124: *Mar  1 ...`. */
const IOS_PREFIX =
	/^(?:\d{1,10}: {1,2})?(?:([A-Za-z][\w.-]{0,254}): )?(?:\d{1,10}: )?(?=[*.]?[A-Z][a-z]{2} {1,2}\d{1,2} )/;
/** RFC 5424 without its <PRI>. */
const BARE_5424 = /^1 (?=\d{4}-\d\d-\d\dT)/;
/** A whole header where the text should stand: a relay's header was before it. */
const INNER_HEADER =
	/^(?:[*.]?[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?:\.\d{1,9})? [\w.:-]{1,255} \S|1? ?\d{4}-\d\d-\d\dT[\d:.,]{8,18}(?:Z|[+-]\d\d:?\d\d)? [\w.:-]{1,255} [\w./-]{1,64}(?:\[[\w.-]{1,32}\])?: )/;

/**
 * Reads as much of a header as there is. What follows is `text`; a message without any header is all text.
 *
 * @param context  the time zone and year for RFC 3164 times, which have neither
 */
export function readSyslog(message: string, context: TimeContext): SyslogMessage {
	let result = readOne(unframed(message), context);
	for (let count = 1; count < HEADERS_MAX && hasHeader(result); count++) {
		const inner = readOne(result.text, context);
		// The inner header is nearer to the device; the outer one fills what it leaves out.
		result = {
			facility: inner.facility ?? result.facility,
			severity: inner.severity ?? result.severity,
			occurredAt: inner.occurredAt ?? result.occurredAt,
			host: inner.host ?? result.host,
			relays:
				inner.host === null || result.host === null || inner.host === result.host
					? result.relays
					: [...result.relays, result.host],
			program: inner.program ?? result.program,
			processId: inner.processId ?? result.processId,
			messageId: inner.messageId ?? result.messageId,
			data: { ...result.data, ...inner.data },
			text: inner.text,
		};
	}
	return result;
}

function unframed(message: string): string {
	const text = message.replace(BEFORE_PRI, '');
	const quote = BYTES_LITERAL.exec(text)?.[1];
	if (quote === undefined) return text;
	return text.slice(2, text.endsWith(quote) ? -1 : undefined);
}

/** True where the text is a message with a header of its own. */
function hasHeader(message: SyslogMessage): boolean {
	return (
		PRI.test(message.text) ||
		BARE_5424.test(message.text) ||
		(message.program === null && INNER_HEADER.test(message.text))
	);
}

function readOne(message: string, context: TimeContext): SyslogMessage {
	let rest = message;
	const pri = PRI.exec(rest);
	const code = pri === null ? null : Number(pri[1]);
	if (pri !== null) rest = rest.slice(pri[0].length).trimStart();
	const level = code !== null && code <= 191 ? code : null;
	const levels = { facility: level === null ? null : level >> 3, severity: level === null ? null : level & 7 };
	const modern = pri !== null || BARE_5424.test(rest) ? RFC5424.exec(rest) : null;
	if (modern !== null) return { ...levels, ...readModern(modern, rest, context) };
	return { ...levels, ...readOld(rest, context) };
}

type Header = Omit<SyslogMessage, 'facility' | 'severity'>;

function readModern(match: RegExpExecArray, rest: string, context: TimeContext): Header {
	const [all, time, host, program, processId, messageId] = match;
	const { data, end } = readStructuredData(rest, all.length);
	return {
		occurredAt: readTime(time, context),
		host: unlessNil(host),
		relays: [],
		program: unlessNil(program),
		processId: unlessNil(processId),
		messageId: unlessNil(messageId),
		data,
		text: rest
			.slice(end)
			.trimStart()
			.replace(/^\ufeff/, ''),
	};
}

function unlessNil(value: string | undefined): string | null {
	return value === undefined || value === '-' ? null : value;
}

/** RFC 5424 section 6.3: `[id name="value" ...]`, with `\"`, `\\` and `\]` escaped. A broken one ends where it breaks. */
function readStructuredData(text: string, start: number): { data: Record<string, string>; end: number } {
	const values = new Map<string, string>();
	let at = start;
	if (text.charAt(at) === '-') return { data: {}, end: at + 1 };
	while (text.charAt(at) === '[') {
		// Veeam writes elements without an id (`[categoryId=0 ...]`): those are text.
		const id = /^\[([^\s\]="]{1,64})(?=[ \]])/.exec(text.slice(at, at + 80));
		if (id === null) break;
		at += id[0].length;
		for (;;) {
			const name = /^ {1,4}([^\s\]="]{1,64})="/.exec(text.slice(at, at + 80));
			if (name === null) break;
			at += name[0].length;
			let value = '';
			while (at < text.length && text.charAt(at) !== '"') {
				if (text.charAt(at) === '\\' && '"\\]'.includes(text.charAt(at + 1))) at++;
				value += text.charAt(at);
				at++;
			}
			at++;
			if (values.size < DATA_MAX) values.set(`${id[1]}.${name[1]}`, value);
		}
		const close = /^ {0,4}\]/.exec(text.slice(at, at + 6));
		if (close === null) break;
		at += close[0].length;
	}
	return { data: Object.fromEntries(values), end: at };
}

function readOld(message: string, context: TimeContext): Header {
	const prefix = IOS_PREFIX.exec(message);
	let rest = message.slice(prefix?.[0].length ?? 0);
	const own = prefix?.[1] ?? null;
	const time = RFC3164_TIME.exec(rest) ?? ISO_TIME.exec(rest);
	const none = { relays: [], processId: null, messageId: null, data: {} };
	if (time === null) {
		// `prog[1]: text` without a time; a bare `word: text` is as likely a sentence.
		const tag = /^[\w./-]{1,64}\[\d{1,10}\]: /.test(message) ? TAG.exec(message) : null;
		const text = tag === null ? message : message.slice(tag[0].length);
		return { ...none, occurredAt: null, host: null, program: tag?.[1] ?? null, processId: tag?.[2] ?? null, text };
	}
	rest = rest.slice(time[0].length).trimStart();
	// `host program[1]: text`, `host text` and `program: text` all occur; a word that ends in a colon is a program.
	const host = isMarked(rest) ? null : HOST.exec(rest);
	const hasHost = host !== null && !host[1]?.endsWith(':');
	if (hasHost) rest = rest.slice(host[0].length);
	const tag = isMarked(rest) || ISO_TIME.test(rest) || BARE_5424.test(rest) ? null : TAG.exec(rest);
	if (tag !== null) rest = rest.slice(tag[0].length);
	return {
		...none,
		occurredAt: readTime(time[1], context),
		host: hasHost ? (host[1] ?? null) : own,
		program: tag?.[1] ?? null,
		processId: tag?.[2] ?? null,
		text: rest.trimStart(),
	};
}

/** True where the text is a message of its own form: CEF, LEEF, JSON. */
function isMarked(text: string): boolean {
	return /^(?:CEF|LEEF): ?\d|^[{[]|^[01]\|[^|\n]{1,100}\|/.test(text);
}
