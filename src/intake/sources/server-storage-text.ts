// Servers and storage, lines: vCenter events, ESXi and vpxd logs, Veeam events, NetApp EMS, Dell iDRAC, Synology; any other line is
// taken with what its syslog header says.
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { kindOfWords } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';

const PAIRS_MAX = 200;
const TEXT_MAX = 20_000;

/** RFC 5424 section 6.2.1. */
const LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'];

/** The severity of a level word of these products; null for any other. */
export function severityOfLevel(word: string | null): Severity | null {
	switch (word?.toLowerCase()) {
		case 'emergency':
		case 'emerg':
		case 'alert':
		case 'critical':
		case 'crit':
		case 'panic':
		case 'fatal':
		case 'red':
			return 'critical';
		case 'error':
		case 'err':
			return 'high';
		case 'warning':
		case 'warn':
		case 'yellow':
			return 'medium';
		case 'notice':
			return 'low';
		case 'info':
		case 'informational':
		case 'information':
		case 'user':
		case 'verbose':
		case 'trivia':
		case 'debug':
		case 'ok':
		case 'green':
		case 'gray':
			return 'informational';
		default:
			return null;
	}
}

/** What a reader found in a line. */
type Line = {
	readonly product: string;
	readonly id: string | null;
	readonly externalId?: string | null;
	readonly identity: readonly (string | null | undefined)[];
	readonly title: string | null;
	readonly level: string | null;
	readonly time?: string | null;
	readonly kind: AlertKind | null;
	readonly isOver?: boolean;
};

/**
 * Reads one line.
 *
 * @param header  the syslog header before it; all nulls where there is none
 */
export function readServerLine(whole: string, header: SyslogMessage | null, context: IntakeContext): Reading | null {
	const text = whole.length > TEXT_MAX ? whole.slice(0, TEXT_MAX) : whole;
	if (text.trim() === '') return null;
	const draft = new Draft(context);
	const line =
		readVcenter(draft, text) ??
		readVeeam(draft, text, header) ??
		readEms(draft, text) ??
		readIdrac(draft, text, header) ??
		readOriginator(draft, text, header) ??
		readPlain(draft, text, header);
	if (line === null) return null;
	const isLevel = severityOfLevel(header?.host ?? null) !== null;
	if (!isLevel)
		draft.endpoint(
			header?.host,
			['vCenter Server', 'Veeam Backup & Replication'].includes(line.product) ? 'observer' : 'target',
		);
	addSession(draft, text);
	// Veeam's version has four numbers (`VbrVersion="12.1.2.172"`) and would be an address in every line.
	draft.mentions(text.replace(/\b\w{0,20}Version="[^"\n]{0,40}"/g, ' '), 'related');
	const stated = line.level ?? (isLevel ? (header?.host ?? null) : null);
	const ofHeader =
		header?.severity === null || header?.severity === undefined ? null : (LEVELS[header.severity] ?? null);
	const severityRaw = stated ?? ofHeader;
	const severity = severityOfLevel(severityRaw);
	draft.labelsFrom({
		vendor: vendorOf(line.product),
		product: line.product,
		signature_id: line.id,
		program: header?.program,
		process_id: header?.processId,
		facility: header?.facility,
	});
	const isQuiet = severity === null || severity === 'informational' || severity === 'low';
	const alert = draft.finish({
		externalId: line.externalId ?? null,
		identity: line.identity,
		status: line.isOver === true ? 'closed' : 'open',
		title: line.title,
		description: text,
		severity,
		severityRaw,
		kind: line.kind ?? kindOfLine(text, isQuiet),
		domain: 'it',
		occurredAt: draft.time('time', line.time) ?? header?.occurredAt ?? draft.time('time', timeIn(text)),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

/** Access and malware are security, changes and successes are records; what is left is about whether something runs. */
function kindOfLine(text: string, isQuiet: boolean): AlertKind {
	if (
		/malware|ransom|infected|suspicious|yara|(?:fail\w*|invalid|denied|wrong|cannot) (?:to )?(?:log|auth|password)|(?:log ?(?:in|on)|authentication) fail|brute/i.test(
			text,
		)
	)
		return 'security';
	const kind = kindOfWords(text);
	if (kind === 'maintenance') return 'maintenance';
	return isQuiet ? 'audit' : 'availability';
}

function vendorOf(product: string): string {
	if (/vcenter|esxi/i.test(product)) return 'VMware';
	if (/veeam/i.test(product)) return 'Veeam';
	if (/ontap/i.test(product)) return 'NetApp';
	return product === 'iDRAC' ? 'Dell' : 'server';
}

function timeIn(text: string): string | null {
	return (
		/(?<!\d)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/.exec(text.slice(0, 500))?.[0] ?? null
	);
}

const VCENTER =
	/^Event \[(\d{1,20})\] \[[\d-]{1,20}\] \[([^\]]{1,40})\] \[([^\]]{1,200})\] \[([^\]]{0,20})\] \[([^\]]{0,200})\] \[([^\]]{0,200})\] \[([^\]]{0,40})\] \[([\s\S]*)$/;

/** `Event [key] [part-parts] [time] [type] [level] [user] [datacenter] [chain] [message]`. */
function readVcenter(draft: Draft, text: string): Line | null {
	const match = VCENTER.exec(text);
	if (match === null) return null;
	const [, key = null, time = null, type = '', level = null, user = null, datacenter = null, , rest = ''] = match;
	const message = rest.replace(/\]\s{0,4}$/, '');
	draft.user(user, null, 'actor');
	draft.label('datacenter', datacenter);
	draft.label('user', user);
	const name = type.replace(/^(?:vim|com\.vmware)\.(?:vc\.)?(?:event\.)?/, '');
	const alarm = /^Alarm '([^']{1,200})'(?::)? on (\S{1,255}) .{0,40}?\bfrom (\w{1,10}) to (\w{1,10})/i.exec(message);
	const onHost =
		/(?:^|\s)(?:on|host|to) ([A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,62}){0,8})(?= in |,|\.?$|\s(?:is|has|was))/i.exec(
			message,
		);
	draft.endpoint(alarm?.[2] ?? onHost?.[1], 'target');
	const machine = /^(?:Virtual machine )?([\w.-]{1,100}) on \S{1,255} in /.exec(message);
	draft.endpoint(machine?.[1], 'target');
	const colour = alarm?.[4] ?? null;
	const isSession = /Session|Login|Logout|Auth|Permission|Role|Account|Password/i.test(name);
	const isBad = /Bad|Fail|NoPermission|Invalid|Locked/i.test(name);
	return {
		product: 'vCenter Server',
		id: type,
		externalId: key,
		identity:
			alarm === null ? ['vcenter', type, user, datacenter, wordsOf(message)] : ['vcenter alarm', alarm[1], alarm[2]],
		title: message === '' ? name : message,
		level: colour ?? level,
		time,
		kind: isBad && isSession ? 'security' : alarm !== null ? 'availability' : isSession ? 'audit' : null,
		isOver: colour !== null && /^(?:green|gray)$/i.test(colour),
	};
}

/** Key and value pairs; a value in quotes may hold anything but a quote that is not escaped. */
function pairsOf(text: string): Map<string, string> {
	const pairs = new Map<string, string>();
	for (const match of text.matchAll(/(?<![\w"])([A-Za-z]\w{0,60})=(?:"((?:[^"\\]|\\[\s\S])*)"|([^\s\]"]{1,500}))/g)) {
		if (pairs.size >= PAIRS_MAX) break;
		pairs.set(match[1] ?? '', (match[2] ?? match[3] ?? '').replace(/\\(["\]])/g, '$1'));
	}
	return pairs;
}

/** Events of Veeam: elements without an id. Parameter names are those of Veeam's event reference. */
function readVeeam(draft: Draft, text: string, header: SyslogMessage | null): Line | null {
	const start = /\[?categoryId=\d/.exec(text.slice(0, 400));
	if (start === null && !/veeam/i.test(header?.program ?? '')) return null;
	// `TIME <PRI> HOST Veeam_MP [...]`: what stands before the element may hold the server's name.
	draft.endpoint(/^([\w.-]{1,253}) Veeam_MP /.exec(text)?.[1], 'observer');
	const pairs = pairsOf(start === null ? text : text.slice(start.index));
	const field = (name: string): string | null => pairs.get(name) ?? null;
	for (const [key, value] of pairs) {
		if (/^(?:categoryId|instanceId|Version|Flags|Platform|JobType|param\d{1,2}|Description)$/.test(key)) continue;
		// The backup server's name for itself, the same at every site.
		if (/^this server$/i.test(value)) continue;
		if (/^vbr(?:host|server)name$/i.test(key)) draft.endpoint(value, 'observer');
		else if (/^(?:host|vm|object|machine|server|proxy|repository|computer|agent)(?:host)?name$/i.test(key))
			draft.endpoint(value, 'target');
		else if (/user(?:name)?$/i.test(key)) draft.user(value, null, 'actor');
		else gatherField(draft, key, value, 'related');
		draft.label(key, value);
	}
	draft.user(/fullName=\\?"([^"\\]{1,100}(?:\\[^"\\]{1,100})?)/.exec(text)?.[1], null, 'actor');
	const description = field('Description') ?? text;
	const by = /\bby (?:user )?['"]?([\w.$-]{1,100}\\[\w.$-]{1,100})/i.exec(description.slice(0, 2_000))?.[1];
	draft.user(by?.replace(/\.$/, ''), null, 'actor');
	const id = field('instanceId');
	const result = field('JobResult');
	const about =
		field('JobID') ??
		field('JobName') ??
		field('HostName') ??
		field('VmName') ??
		field('ObjectName') ??
		field('ProtectionGroupID');
	return {
		product: 'Veeam Backup & Replication',
		id,
		identity: ['veeam', id, about ?? wordsOf(description)],
		title: description,
		level: null,
		kind: result === null ? null : 'availability',
		isOver: result === '0' || /finished with success|has been (?:completed|finished) successfully/i.test(description),
	};
}

const EMS =
	/^(?:\[\?\] )?\[\s{0,4}([\w.-]{1,100})\s{0,4}:\s{0,4}(?:([\w.-]{1,100})\s{0,4}:\s{0,4})?([A-Za-z]\w{0,60}(?:\.\w{1,60}){1,8})\s{0,4}:\s{0,4}([A-Za-z_]{3,16})\]\s{0,4}:?\s{0,4}([\s\S]*)$/;

/** NetApp ONTAP: `[node:event.name:severity]: text`, with the process between where the format is the newer one. */
function readEms(draft: Draft, text: string): Line | null {
	const match = EMS.exec(text);
	if (match === null) return null;
	const [, node = '', process = null, name = '', level = '', message = ''] = match;
	draft.endpoint(node, 'target');
	draft.label('ems_process', process);
	return {
		product: 'ONTAP EMS',
		id: name,
		identity: ['ems', node, name, wordsOf(message)],
		title: message === '' ? name : message,
		level: level.replace(/^LOG_/i, '').replace(/^(?:svc_error|node_fault|node_error)$/i, 'error'),
		kind: null,
	};
}

/** Dell: `Severity: Critical, Category: Storage, MessageID: PDR1, Message: ...`. */
function readIdrac(draft: Draft, text: string, header: SyslogMessage | null): Line | null {
	const id = /\bMessage ?ID: {0,2}([A-Z]{2,6}\d{1,6})\b/i.exec(text)?.[1] ?? null;
	// `Severity:` at the start looks like the program of a syslog header, and is read as one.
	const first = header?.program === 'Severity' ? (/^\w{1,20}/.exec(text)?.[0] ?? null) : null;
	const level = first ?? /\bSeverity: {0,2}(\w{1,20})/i.exec(text)?.[1] ?? null;
	if (id === null || level === null) return null;
	const message = /\bMessage: {0,2}([\s\S]{1,4000})/i.exec(text)?.[1] ?? null;
	draft.label('category', /\bCategory: {0,2}([\w ]{1,60})/i.exec(text)?.[1]);
	return {
		product: 'iDRAC',
		id,
		identity: ['idrac', header?.host, id, message === null ? null : wordsOf(message)],
		title: message ?? id,
		level,
		kind: null,
	};
}

/** ESXi 8 writes the level as two letters and the syslog priority: `Wa(164)`. */
const SHORT_LEVELS: Readonly<Record<string, string>> = {
	em: 'emergency',
	al: 'alert',
	cr: 'critical',
	er: 'error',
	wa: 'warning',
	no: 'notice',
	in: 'info',
	db: 'debug',
};

const ORIGINATOR =
	/^(?:(\w{3,9}) |([A-Z][a-z])\(\d{1,3}\) )?(?:([\w-]{1,40})\[[\w-]{1,20}\]:? {1,2})?\[Originator@\d{1,10} ([^\]]{0,400})\] {0,2}([\s\S]*)$/;

/** ESXi and vpxd: `info hostd[2099] [Originator@6876 sub=Vimsvc user=root] text`. */
function readOriginator(draft: Draft, text: string, header: SyslogMessage | null): Line | null {
	const match = ORIGINATOR.exec(text);
	if (match === null) return null;
	const [, word = null, short = '', process = '', origin = '', message = ''] = match;
	const level = word ?? SHORT_LEVELS[short.toLowerCase()] ?? null;
	const program = process === '' ? (header?.program ?? '') : process;
	const pairs = pairsOf(origin);
	draft.user(pairs.get('user'), null, 'actor');
	draft.label('sub', pairs.get('sub'));
	return {
		product: /vpxd/i.test(program) ? 'vCenter Server' : 'ESXi',
		id: pairs.get('sub') ?? program,
		identity: ['esxi', header?.host, program, wordsOf(message)],
		title: message,
		level,
		kind: null,
	};
}

/** RFC 5424: this severity and the ones before it want attention. */
const WARNING = 4;
/** A log of a service states its level after the time: `ERROR`, `[WARN ]`. */
const LEVEL_MARK = /^(?:\S{1,40} {1,4})?\[?(trace|debug|verbose|info|notice|warn|warning|error|critical|fatal)\b/i;
const ABOUT_STORAGE =
	/\b(?:user \[|volumes?|vols?|disks?|drives?|raid|arrays?|pools?|luns?|snapshots?|aggregates?|datastores?|storage|controllers?|enclosures?|fans?|power suppl\w*|psu|temperature|battery|bbu|smart|ecc|dimm|memory|cpu|processors?|firmware|bios|chassis|backups?|replicat\w*|mirrors?|iscsi|nfs|smb|cifs|fibre|esxi?|vmware|vcenter|hostd|vpxd|idrac|ilo|ipmi|bmc|server)\b/i;

function readPlain(draft: Draft, text: string, header: SyslogMessage | null): Line | null {
	// A notice that speaks of nothing these products have is left to a person, who sees it as not understood.
	const isUrgent = header?.severity !== null && header?.severity !== undefined && header.severity <= WARNING;
	const level = LEVEL_MARK.exec(text.slice(0, 120))?.[1] ?? null;
	if (!isUrgent && level === null && !ABOUT_STORAGE.test(text)) return null;
	// Words in brackets are how Synology names who did what from where.
	draft.user(/\b[Uu]ser \[([^\]]{1,100})\]/.exec(text)?.[1], null, 'actor');
	draft.endpoint(/\bfrom \[([^\]]{1,100})\]/.exec(text)?.[1], 'actor');
	for (const [name, value] of pairsOf(text)) gatherField(draft, name, value, 'related');
	const product = /ilo/i.test(header?.program ?? '') ? 'iLO' : (header?.program ?? 'syslog');
	return {
		product,
		id: header?.messageId ?? header?.program ?? null,
		identity: ['line', header?.host, header?.program, wordsOf(text)],
		title: text,
		level,
		kind: null,
	};
}

/** Who logs on and off: `User root@172.20.1.5 logged in`, `Cannot login CORP\op@172.20.1.5`, `A ticket for root of type`. */
function addSession(draft: Draft, text: string): void {
	const match =
		/\b(?:[Uu]ser|login) ([\w.$\\-]{1,100}(?:@[A-Za-z][\w.-]{0,100})?)@([\d.]{7,15}|[0-9a-fA-F:]{3,39})/.exec(text);
	draft.user(match?.[1], null, 'actor');
	draft.endpoint(match?.[2], 'actor');
	draft.user(/\bticket for ([\w.$\\-]{1,100}) of type/.exec(text)?.[1], null, 'related');
}

/** The words of a message without numbers and ids, by which its repeats are known. */
function wordsOf(text: string): string {
	return text
		.slice(0, 1_000)
		.replace(/\b(?=[\w-]*\d)[\w-]+/g, '#')
		.replace(/\s+/g, ' ')
		.trim();
}
