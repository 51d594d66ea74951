// Palo Alto Networks: firewall logs (PAN-OS, Panorama, Strata Logging Service) as CSV, CEF, LEEF or JSON, and Cortex XDR alerts and
// incidents (paloalto-cortex.ts). All forms of a firewall log become one set of named fields, and are read here.
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { LeefRecord } from '../formats/leef.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { carriedLine } from './carried-line.ts';
import { draftOfCef, timeOfCef } from './cef-generic.ts';
import { draftOfLeef, timeOfLeef } from './leef-generic.ts';
import { isPanLine, logType, readPanLine } from './paloalto-columns.ts';
import { isCortex, readCortex, splitCortex } from './paloalto-cortex.ts';
import { addRoles, addSubject, type Fields, fieldsOf } from './paloalto-fields.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';
import { addMessageThings } from './syslog-words.ts';

export const paloalto: SourceKind = {
	name: 'paloalto',
	aliases: [],
	title: 'Palo Alto Networks firewalls and Cortex XDR',
	vendor: 'Palo Alto Networks',
	domain: 'it',
	forms: [
		'PAN-OS CSV of syslog, versions 9 to 11: THREAT, TRAFFIC, SYSTEM, CONFIG, GLOBALPROTECT, USERID, AUTHENTICATION, HIPMATCH, CORRELATION, IPTAG, TUNNEL, DECRYPTION, GTP, SCTP',
		'the same as CEF (PAN-OS custom format, Strata Logging), as LEEF, and as JSON of Strata Logging or the HTTP profile',
		'Cortex XDR alerts and incidents: JSON of the API and of notifications, CEF',
	],
	severities: [
		['critical', 'critical'],
		['high', 'high'],
		['medium', 'medium'],
		['low', 'low'],
		['informational', 'informational'],
		['CEF header of PAN-OS: 5, 4, 3, 2, 1 stand for these words', 'by value'],
		['a log type that has no severity (TRAFFIC, CONFIG, GLOBALPROTECT ...)', null],
	],
	identity:
		'log type and subtype, threat (or event) id, source, destination, user and rule (of a system log the object: a port that is up closes its own outage); Cortex XDR: the id of the alert or incident',
	setup: [
		'Device > Server Profiles > Syslog (or Panorama > Server Profiles): add our address and port, format BSD or IETF; then Objects > Log Forwarding with that profile for threat logs, and Device > Log Settings for system logs.',
		'Strata Logging Service: Log Forwarding > HTTPS (JSON) to `https://HOST/v1/alerts/paloalto`; Cortex XDR: Settings > Notifications > syslog, or a script on the API that posts `get_alerts` and `get_incidents` answers.',
		"Set the source's `time_zone` to the firewall's: its times have no zone before PAN-OS 10.",
	],
	notHandled: ['custom CSV formats with another order of columns: use CEF, or a mapping file'],
	splitJson: split,
	readJson: (record, _envelope, context) =>
		isCortex(record) ? readCortex(record, context) : readJson(record, context),
	readCef,
	ownsCef: ({ vendor, product }) =>
		/^palo ?alto networks/i.test(vendor) && /^(?:pan-?os|lf|panorama|cortex|strata|prisma)/i.test(product),
	readLeef,
	ownsLeef: ({ vendor }) => /^palo ?alto networks/i.test(vendor),
	ownsJson: (record) =>
		(record['LogType'] !== undefined && record['DeviceSN'] !== undefined) ||
		(record['log_type'] !== undefined && record['log_source_id'] !== undefined),
	ownsText: isPanLine,
	lineStart: /^\d{0,9},\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d,/,
	readText: (text, header, context) => (isPanLine(text) ? readLine(text, header, context) : null),
};

function split(document: JsonValue): JsonSplit {
	const cortex = splitCortex(document);
	if (cortex !== null) return cortex;
	const list = Array.isArray(document) ? document : [document];
	return records(list.map((item) => carriedLine(item, isPanLine) ?? item));
}

function readLine(text: string, header: SyslogMessage | null, context: IntakeContext): Reading {
	const { fields, rest } = readPanLine(text);
	const field = fieldsOf(fields);
	const draft = new Draft(context);
	draft.endpoint(header?.host, 'observer');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	addRoles(draft, field);
	for (const [name, value] of fields) gatherField(draft, name, value, 'related');
	for (const cell of rest) draft.mentions(cell, 'related');
	draft.labelsFrom(Object.fromEntries(fields));
	return finish(draft, field, header?.occurredAt ?? null);
}

function readJson(record: JsonObject, context: IntakeContext): Reading {
	const pairs = Object.entries(record).flatMap(([name, value]): [string, string][] => {
		// Strata Logging nests addresses: `source_ip: {value: ...}`.
		const inner =
			isJsonObject(value ?? null) && isJsonObject(value as JsonValue) ? (value as JsonObject)['value'] : value;
		return typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean'
			? [[name, String(inner)]]
			: [];
	});
	const field = fieldsOf(pairs);
	if (field('logtype', 'type') === null)
		return unparsed('LogType', 'nothing', 'a firewall log with `LogType`, or a Cortex XDR alert or incident');
	const draft = new Draft(context);
	addRoles(draft, field);
	gather(draft, record);
	draft.labelsFrom(Object.fromEntries(pairs));
	return finish(draft, field, null);
}

/** `request` is the log's `misc`, often still in its quotes: a URL without a scheme, a domain or a file's name, by the subtype. */
const REQUEST: ReadonlySet<string> = new Set(['request']);

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const isLog = /^(?:pan-?os|lf|panorama)/i.test(record.product);
	const draft = draftOfCef(record, header, context, isLog ? REQUEST : undefined);
	const field = fieldsOf([...record.labelled, ...record.pairs]);
	// PAN-OS puts the type into the name (`vulnerability|THREAT`), Strata Logging into the signature (`THREAT|spyware`).
	const isTypeFirst = isLog && record.product.toUpperCase() === 'LF';
	const [type, subtype] = isTypeFirst ? [record.signatureId, record.name] : [record.name, record.signatureId];
	const time = timeOfCef(draft, record, header);
	const severity = severityOfCef(record, isLog);
	if (!isLog) {
		const alert = draft.finish({
			externalId: field('externalid'),
			identity: [record.product, field('externalid') ?? record.name, field('shost', 'dvchost')],
			status: /resolved|closed/i.test(field('status', 'resolutionstatus') ?? '') ? 'closed' : 'open',
			title: record.name,
			description: field('msg', 'reason'),
			severity,
			severityRaw: record.severity,
			kind: /audit/i.test(`${record.signatureId} ${record.name}`) ? 'audit' : 'security',
			domain: 'it',
			occurredAt: time,
		});
		return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
	}
	const named = (...names: string[]): string | null => {
		if (names.includes('type')) return type;
		if (names.includes('subtype')) return subtype;
		// PAN-OS writes the threat as the event's category.
		return field(...names) ?? (names.includes('threatid') && /^THREAT$/i.test(type) ? field('cat') : null);
	};
	const request = (record.fields.get('request') ?? '').replace(/^"(.*)"$/, '$1');
	// A vulnerability's is a URL too, which has a host before its first slash.
	const misc = fieldsOf([
		[/^(?:[a-z]{2,10}:\/\/|[\w.-]{1,255}\.\w{2,63}(?::\d{1,5})?\/)/i.test(request) ? 'url' : 'misc', request],
	]);
	const [sort = ''] = subtype.split('(');
	addSubject(draft, (...names) => misc(...names) ?? (names.includes('subtype') ? sort : null));
	return finish(draft, named, time, { severity, raw: record.severity }, record.problems);
}

/** PAN-OS CEF guides: the header carries `number-of-severity`, 1 informational to 5 critical. Cortex writes 0 to 10, or the word. */
function severityOfCef(record: CefRecord, isLog: boolean): Severity | null {
	const scale: readonly (Severity | null)[] = [null, 'informational', 'low', 'medium', 'high', 'critical'];
	if (isLog && /^[1-5]$/.test(record.severity.trim())) return scale[Number(record.severity)] ?? null;
	return severityOfWord(present(record.severity));
}

function readLeef(record: LeefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	// Palo Alto's `vSrcName` is a virtual system, and no host.
	const fields = new Map([...record.fields].filter(([key]) => key !== 'vSrcName'));
	const draft = draftOfLeef({ ...record, fields }, header, context);
	const field = fieldsOf([...record.pairs, ['threatid', record.eventId]]);
	addRoles(draft, field);
	const named = (...names: string[]): string | null =>
		names.includes('type') ? field('type', 'cat') : field(...names);
	return finish(draft, named, timeOfLeef(draft, record, header), null, record.problems);
}

/** Log types that report what happened, and no alarm. */
const ROUTINE = new Set([
	'TRAFFIC',
	'CONFIG',
	'GLOBALPROTECT',
	'USERID',
	'AUTHENTICATION',
	'AUTH',
	'HIPMATCH',
	'IPTAG',
	'TUNNEL',
	'DECRYPTION',
	'GTP',
	'SCTP',
	'AUDIT',
]);

function finish(
	draft: Draft,
	field: Fields,
	headerTime: number | null,
	header: { severity: Severity | null; raw: string } | null = null,
	found: Reading['problems'] = [],
): Reading {
	const type = logType(field('type', 'logtype') ?? '');
	const subtype = field('subtype', 'threatcontenttype') ?? '';
	const raw = header?.raw ?? field('vendorseverity', 'severity', 'sev');
	const severity = header === null ? severityOfWord(raw) : header.severity;
	const threat = field(
		'threatid',
		'threatname',
		'threatnamefirewall',
		'threatidfirewall',
		'eventid',
		'eventidname',
		'eventname',
		'objectname',
	);
	const text = field('opaque', 'description', 'eventdescription', 'msg', 'evidence');
	const kind = kindOf(
		type,
		subtype,
		severity,
		`${threat ?? ''} ${text ?? ''} ${field('status', 'result', 'action') ?? ''}`,
	);
	draft.labelsFrom({
		vendor: 'Palo Alto Networks',
		product: 'PAN-OS',
		log_type: type,
		category: subtype,
		signature_id: /\((\d{1,12})\)\s{0,3}$/.exec(threat ?? '')?.[1] ?? threat,
		signature: threat,
		action: field('action', 'act'),
		rule: field('rule', 'rulename', 'cs1'),
		src_port: isPort(field('sport', 'sourceport', 'spt', 'srcport'))
			? field('sport', 'sourceport', 'spt', 'srcport')
			: null,
		dst_port: isPort(field('dport', 'destinationport', 'destport', 'dpt', 'dstport'))
			? field('dport', 'destinationport', 'destport', 'dpt', 'dstport')
			: null,
	});
	// `(9999)` is the number that all logs of URL filtering have.
	const isNameless = threat === null || /^\(?\d{1,12}\)?$/.test(threat);
	const what = (isNameless ? field('url', 'misc', 'filename', 'cmd') : null) ?? threat;
	if (text !== null) addMessageThings(draft, text);
	const alert = draft.finish({
		externalId: null,
		identity: [
			type,
			subtype,
			threat,
			field('src', 'sourceaddress', 'sourceip', 'publicip'),
			field('dst', 'destinationaddress', 'destip'),
			field('srcuser', 'sourceuser', 'usrname', 'suser', 'admin'),
			field('rule', 'rulename', 'object', 'eventcomponent'),
			isNameless ? (field('url', 'misc', 'filename') ?? text) : null,
		],
		status: isLinkUp(threat, text) ? 'closed' : 'open',
		title: what === null ? `PAN-OS ${type.toLowerCase()} ${subtype}` : `${type === 'THREAT' ? '' : `${type} `}${what}`,
		description: text,
		severity,
		severityRaw: raw,
		kind,
		domain: 'it',
		occurredAt: timeOf(draft, field, EVENT_TIMES) ?? headerTime ?? timeOf(draft, field, RECEIPT_TIMES),
	});
	return { kind: 'alert', alert, problems: [...found, ...draft.problems] };
}

/** `link-change` is told of a port that goes down and of one that comes back: `Port ethernet1/2: Up 10Gb/s-full duplex`. */
function isLinkUp(event: string | null, text: string | null): boolean {
	return event === 'link-change' && /^[^:\n]{1,100}: {1,3}up\b/i.test(text ?? '');
}

/** The instant of the event: with its offset where the log has one, else as the firewall's clock shows it; then when it was taken in. */
const EVENT_TIMES = [
	'highrestimestamp',
	'timegeneratedhighresolution',
	'timegenerated',
	'generatetime',
	'generatedtime',
	'eventtime',
];
const RECEIPT_TIMES = ['receivetime', 'timereceived', 'logtime'];

function timeOf(draft: Draft, field: Fields, names: readonly string[]): number | null {
	for (const name of names) {
		const at = draft.time(name, field(name));
		if (at !== null) return at;
	}
	return null;
}

function kindOf(type: string, subtype: string, severity: Severity | null, words: string): AlertKind {
	const isFailure = /\b(?:fail\w*|den(?:y|ied)|invalid|drop|block\w*|reset\S*)\b/i.test(`${words} ${subtype}`);
	if (type === 'SYSTEM') {
		if (/auth|login|user-?id|globalprotect|ssh/i.test(subtype)) return isFailure ? 'security' : 'audit';
		return severity === 'informational' || severity === 'low' || severity === null ? 'audit' : 'availability';
	}
	if (ROUTINE.has(type)) return isFailure && (severity !== null || type !== 'TRAFFIC') ? 'security' : 'audit';
	// A visit to a web page that the policy lets pass is a record of URL filtering, and no threat.
	return subtype === 'url' && severity === 'informational' && !isFailure ? 'audit' : 'security';
}
