// Any syslog message (RFC 3164, RFC 5424 and what devices make of them). A line that carries CEF, LEEF, JSON or the text of a vendor
// with a mapping of its own goes to that mapping (parse-body.ts); what is left is read here: header, structured data, words.
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft, present } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { isRoutineSession, kindOfWords, severityOfWord } from '../formats/words.ts';
import { carriedLine } from './carried-line.ts';
import { addWindowsThings, readWindowsEvent, severityOfCriticality, titleOf, type WindowsEvent } from './snare-line.ts';
import type { Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';
import { addMessageThings, isSecurityText, stateOfText, templateOf } from './syslog-words.ts';

export const syslog: SourceKind = {
	name: 'syslog',
	aliases: [],
	title: 'Any device that sends syslog',
	vendor: 'any',
	domain: null,
	forms: [
		'RFC 5424 with structured data, RFC 3164, Cisco IOS, NX-OS and ASA (`%FAC-sev-MNEMONIC`), a relay before the device, without `<PRI>`',
		'Windows events of Snare agents, NXLog and LogLogic (`MSWinEventLog` and fields with tabs between them)',
		'a syslog line that carries CEF, LEEF, JSON or the text of a kind of this table: read as that kind reads it',
		'a JSON object that carries such a line as `message`, or fields of its own',
	],
	severities: [
		['0 emergency, 1 alert, 2 critical', 'critical'],
		['3 error', 'high'],
		['4 warning', 'medium'],
		['5 notice', 'low'],
		['6 informational, 7 debug', 'informational'],
		['without `<PRI>`: the word of `level=` or before the text (`ERROR:`)', 'by value'],
		['neither', null],
		[
			'a Windows event without `<PRI>`, by its criticality: 4 critical, 3 high, 2 medium, 1 and 0 informational',
			'by value',
		],
	],
	identity:
		'a Windows event: computer, provider, event id and its text without changing numbers; else host, program, message id or mnemonic, and the message with its changing numbers taken out; `changed state to up` closes what `down` opened',
	setup: [
		"Point the device's syslog at our syslog port; the source's address or listener says which source it is.",
		"Set the source's `time_zone` where the device writes local times: RFC 3164 has neither zone nor year.",
	],
	notHandled: [
		'the meaning of a text beyond addresses, names, users and the words of a state: a mapping file gives one line by line',
	],
	splitJson(document) {
		const list = Array.isArray(document) ? document : [document];
		return records(list.map((item) => carriedLine(item, (text) => /^\s{0,8}<\d{1,3}>/.test(text)) ?? item));
	},
	readJson: readObject,
	readCef: null,
	ownsCef: null,
	lineStart:
		/^(?:[*.]?[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d|1? ?\d{4}-\d\d-\d\dT\d\d:\d\d|\d{1,6} <\d{1,3}>|b['"]<\d{1,3}>)/,
	readText: readMessage,
};

/**
 * RFC 5424 section 6.2.1, table 2, in our words: what needs action at once is critical, an error high, a warning medium, a
 * normal but significant condition low.
 */
const BY_LEVEL: readonly Severity[] = [
	'critical',
	'critical',
	'critical',
	'high',
	'medium',
	'low',
	'informational',
	'informational',
];

/** Severity of a syslog level from 0 (emergency) to 7 (debug). */
export function severityOfLevel(level: number): Severity | null {
	return BY_LEVEL[level] ?? null;
}

/** RFC 5424 section 6.2.1, table 1. */
const FACILITIES =
	'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
		' ',
	);

type Mnemonic = { readonly all: string; readonly facility: string; readonly level: number; readonly name: string };

/** Cisco: `%ASA-6-302013: text`, `%LINEPROTO-5-UPDOWN: text`, `%SYS-SP-5-RESTART: text`. */
function mnemonicOf(text: string): Mnemonic | null {
	const match = /(?:^|[\s:])%([A-Z][A-Z0-9_]{1,40}(?:-[A-Z0-9_]{1,20}){0,3})-([0-7])-([A-Z0-9_]{2,60}):? ?/.exec(
		text.slice(0, 300),
	);
	if (match === null) return null;
	return { all: match[0], facility: match[1] ?? '', level: Number(match[2]), name: match[3] ?? '' };
}

/** The word by which a text without a priority says how grave it is. */
function levelWordOf(text: string): string | null {
	const head = text.slice(0, 2_000);
	const stated = /\b(?:level|severity|loglevel|log_level|lvl)["']?\s?[=:]\s?["']?([A-Za-z]{2,20}|\d{1,2})\b/i.exec(
		head,
	);
	const first =
		/^[\s[<(]{0,4}(emerg(?:ency)?|alert|crit(?:ical)?|fatal|err(?:or)?|warn(?:ing)?|notice|info(?:rmation(?:al)?)?|debug)[\])>:|]/i.exec(
			head,
		);
	return stated?.[1] ?? first?.[1] ?? null;
}

/** A Cisco message states its level itself: a relay may have set the priority anew. */
function severityOf(
	header: SyslogMessage | null,
	mnemonic: Mnemonic | null,
	text: string,
): { severity: Severity | null; raw: string | null } {
	const level = mnemonic?.level ?? header?.severity ?? null;
	if (level !== null) return { severity: severityOfLevel(level), raw: String(level) };
	const word = levelWordOf(text);
	const severity = word === null ? null : severityOfWord(word);
	return severity === null ? { severity: null, raw: null } : { severity, raw: word };
}

function readMessage(text: string, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = new Draft(context);
	const message = text
		.replace(/#015#012|#012|#015/g, '\n')
		.replaceAll('#011', '\t')
		.trim();
	const event = readWindowsEvent(message);
	if (event !== null) return readEvent(event, header, context);
	const mnemonic = mnemonicOf(message);
	const { severity, raw } = severityOf(header, mnemonic, message);
	const body = mnemonic === null ? message : message.slice(message.indexOf(mnemonic.all) + mnemonic.all.length);
	const hasPeers = addMessageThings(draft, body);
	// Who writes about others is their observer; who writes about himself is what the message is about.
	draft.endpoint(header?.host, hasPeers && mnemonic !== null ? 'observer' : 'target');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	for (const [name, value] of Object.entries(header?.data ?? {}))
		gatherField(draft, name.slice(name.lastIndexOf('.') + 1), value, 'related');
	draft.mentions(body, 'related');
	draft.labelsFrom({
		facility: FACILITIES[header?.facility ?? -1],
		program: header?.program,
		process_id: header?.processId,
		message_id: header?.messageId,
		signature_id: mnemonic === null ? header?.messageId : mnemonic.name,
		category: mnemonic?.facility,
		...(mnemonic === null ? {} : { vendor: 'Cisco', product: mnemonic.facility }),
		...(header?.data ?? {}),
	});
	const state = stateOfText(body);
	const first = body.split('\n').find((line) => line.trim() !== '') ?? '';
	const what = mnemonic === null ? header?.program : `%${mnemonic.facility}-${mnemonic.level}-${mnemonic.name}`;
	const finished = draft.finish({
		externalId: null,
		identity: [
			header?.host,
			mnemonic === null ? header?.program : `${mnemonic.facility}-${mnemonic.name}`,
			header?.messageId,
			templateOf(state?.rest ?? body),
		],
		status: state?.isOver === true ? 'closed' : 'open',
		title: first === '' ? (what ?? 'Empty syslog message') : mnemonic === null ? first : `${what}: ${first}`,
		description: body === first.trim() ? null : body,
		severity,
		severityRaw: raw,
		kind: kindOf(`${what ?? ''} ${body}`, severity, header, mnemonic, state !== null),
		domain: null,
		occurredAt: header?.occurredAt ?? null,
	});
	return { kind: 'alert', alert: finished, problems: draft.problems };
}

/** A Windows event of a Snare agent: its own fields say what the header and the words of a text would have to be guessed from. */
function readEvent(event: WindowsEvent, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = new Draft(context);
	addWindowsThings(draft, event);
	const nameOf = (host: string | null | undefined): string => (host ?? '').toLowerCase().split('.')[0] ?? '';
	const isOwn = event.computer === null || nameOf(event.computer) === nameOf(header?.host);
	draft.endpoint(header?.host, isOwn ? 'target' : 'observer');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	draft.mentions(event.text, 'related');
	draft.labelsFrom({
		vendor: 'Microsoft',
		product: 'Windows',
		signature_id: event.id,
		category: event.category,
		event_log: event.log,
		event_type: event.type,
		provider: event.provider,
		criticality: event.criticality,
	});
	const level = header?.severity ?? null;
	const severity = level === null ? severityOfCriticality(event.criticality) : severityOfLevel(level);
	const kind = kindOf(event.text, severity, header, null, false);
	const isRefused = /^failure audit$/i.test(event.type) || (kind === 'availability' && /^security$/i.test(event.log));
	const finished = draft.finish({
		externalId: null,
		identity: [event.computer ?? header?.host, event.provider, event.id, templateOf(event.text)],
		status: 'open',
		title: titleOf(event),
		description: event.text,
		severity,
		severityRaw: level === null ? event.criticality : String(level),
		kind: isRefused ? 'security' : kind,
		domain: null,
		occurredAt: header?.occurredAt ?? draft.time('DateTime', event.time),
	});
	return { kind: 'alert', alert: finished, problems: draft.problems };
}

/** Facilities of RFC 5424 that are about access: auth, authpriv, log audit, log alert. */
const ACCESS_FACILITIES = new Set([4, 10, 13, 14]);
/** Cisco's security appliances and functions. */
const SECURITY_DEVICES =
	/^(?:ASA|FTD|PIX|FWSM|IPS|IDS|SEC|SEC_LOGIN|PORT_SECURITY|SNORT|FMANFP|DOT1X|AUTHMGR|DHCP_SNOOPING|SW_DAI)/;

function kindOf(
	words: string,
	severity: Severity | null,
	header: SyslogMessage | null,
	mnemonic: Mnemonic | null,
	isState: boolean,
): AlertKind {
	const isGrave = severity === 'medium' || severity === 'high' || severity === 'critical';
	const isSecurity = isSecurityText(words);
	if (!isSecurity && isRoutineSession(words)) return 'audit';
	if (isSecurity) return 'security';
	const shown = kindOfWords(words);
	if (shown !== null) return shown;
	if (isState) return 'availability';
	if (!isGrave) return 'audit';
	if (mnemonic !== null) return SECURITY_DEVICES.test(mnemonic.facility) ? 'security' : 'availability';
	return ACCESS_FACILITIES.has(header?.facility ?? -1) ? 'security' : 'availability';
}

/** An object of a log shipper: its text under one of the usual names, its level, and everything else swept. */
function readObject(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const field = (...names: string[]): string | null => {
		for (const name of names) {
			const value = record[name];
			if (typeof value === 'string' || typeof value === 'number') {
				const text = present(value);
				if (text !== null) return text;
			}
		}
		return null;
	};
	const draft = new Draft(context);
	const text = field('message', 'msg', 'MESSAGE', '@message', 'log', 'text', 'event');
	const level = field('severity', 'syslog_severity', 'PRIORITY', 'level', 'severity_label', 'log_level');
	const host = field('host', 'hostname', 'HOSTNAME', '_HOSTNAME', 'source', 'fromhost');
	const program = field('program', 'appname', 'app', 'ident', 'SYSLOG_IDENTIFIER', 'process', 'programname');
	const isNumber = /^[0-7]$/.test(level ?? '');
	addMessageThings(draft, text ?? '');
	draft.endpoint(host, 'target');
	gather(draft, record);
	for (const [name, value] of Object.entries(record))
		if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') draft.label(name, value);
	const severity = isNumber ? severityOfLevel(Number(level)) : severityOfWord(level);
	const time = ['timestamp', '@timestamp', 'time', 'timereported', 'date', 'ts'].map((name) => ({
		name,
		value: field(name),
	}));
	const stated = time.find(({ value }) => value !== null);
	const state = stateOfText(text ?? '');
	const finished = draft.finish({
		externalId: null,
		identity: [host, program, templateOf(state?.rest ?? text ?? JSON.stringify(record).slice(0, 2_000))],
		status: state?.isOver === true ? 'closed' : 'open',
		title: text?.split('\n')[0] ?? `Record of ${program ?? host ?? 'a log shipper'}`,
		description: text,
		severity,
		severityRaw: level,
		kind: kindOf(`${program ?? ''} ${text ?? ''}`, severity, null, null, state !== null),
		domain: null,
		occurredAt: stated === undefined ? null : draft.time(stated.name, stated.value),
	});
	return { kind: 'alert', alert: finished, problems: draft.problems };
}
