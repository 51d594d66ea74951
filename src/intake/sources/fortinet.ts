// Fortinet: FortiGate logs as key=value lines and as CEF (`FTNTFGT...`), and the same as JSON of FortiAnalyzer. All forms become one
// set of FortiOS fields (FortiOS Log Message Reference) and are read here.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import { MINUTE } from '../../domain/time.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { readKeyValues } from '../formats/key-values.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { carriedLine } from './carried-line.ts';
import { draftOfCef, timeOfCef } from './cef-generic.ts';
import { kindOf, severityOf } from './fortinet-words.ts';
import type { Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const fortinet: SourceKind = {
	name: 'fortinet',
	aliases: ['fortigate'],
	title: 'Fortinet FortiGate',
	vendor: 'Fortinet',
	domain: 'it',
	forms: [
		'FortiOS log lines `date=... devname="..." logid=... type=... subtype=... level=...`, quoted or not, bare or in syslog, also where a relay left `logid` and `devid` away',
		'CEF with `FTNTFGT` keys (`set format cef`), also without that prefix',
		'the same fields as a JSON object (FortiAnalyzer, log shippers)',
		'the same lines with commas between the fields (`set format csv`), and incidents of FortiDeceptor among them',
	],
	severities: [
		['`severity` of the attack (IPS, anomaly): critical', 'critical'],
		['high', 'high'],
		['medium', 'medium'],
		['low', 'low'],
		['info', 'informational'],
		['events without it, by `level`: emergency, alert, critical (CEF header 8, 7, 6)', 'critical'],
		['error (5)', 'high'],
		['warning (4)', 'medium'],
		['notice (3)', 'low'],
		['information, debug (2, 1)', 'informational'],
		['`crlevel` (client reputation), `apprisk`: labels', null],
	],
	identity:
		'type, subtype, attack (or virus, or log id), source, destination, user, and the message where it names none of these; an interface or tunnel that is `UP` closes what `DOWN` opened',
	setup: [
		'`config log syslogd setting`, `set status enable`, `set server ADDRESS`, `set port PORT`, `set mode reliable` for TCP, `set format default` or `cef`.',
		'`config log syslogd filter` chooses the severities and log types that are sent.',
		"Set the source's `time_zone` where lines have neither `eventtime` nor `tz`.",
	],
	notHandled: ['FortiSIEM incident XML', 'logs of other Fortinet products beyond the fields they share'],
	splitJson: (document) => {
		const list = Array.isArray(document) ? document : [document];
		return records(list.map((item) => carriedLine(item, isFortiLine) ?? item));
	},
	readJson,
	readCef,
	ownsCef: ({ vendor, product }) => /^fortinet/i.test(vendor) && /^forti(?:gate|os|wifi|proxy)/i.test(product),
	ownsJson: (record) =>
		record['logid'] !== undefined && record['subtype'] !== undefined && record['level'] !== undefined,
	ownsText: isFortiLine,
	// No field is always the first: relays leave the date away, FortiDeceptor begins with a version.
	lineStart: /^\s{0,4}(?:[a-z]\w{1,20}=(?:"[^"\n]{0,200}"|[^\s",]{1,200})[ ,]){2}/,
	readText: (text, header, context) =>
		isFortiLine(text) || isTypedLine(text) ? readLine(text, header, context) : null,
};

const TYPE = /\btype=["']?[a-z]/;
const LEVEL = /\b(?:level|pri)=["']?[a-z]/;
const SUBTYPE = /\bsubtype=["']?[a-z]/;
/** The line itself begins with fields: a sentence that quotes some is another device's. */
const STAMP = /^\s{0,8}(?:\w{1,20}=\S{1,80} ){0,8}date=["']?\d{4}-\d\d-\d\d["']? time=["']?\d\d:\d\d/;

/** True for a line that is FortiOS's whoever sent it: a log id, or where a relay left that away the date and both types. */
function isFortiLine(text: string): boolean {
	const head = text.slice(0, 1_500);
	const isLog = /\blog_?id=["']?\d{6,12}/.test(head) || (STAMP.test(head) && SUBTYPE.test(head));
	return isLog && TYPE.test(head) && LEVEL.test(head);
}

/** Of a source that is a FortiGate a type is enough, with a subtype or a level beside it. */
function isTypedLine(text: string): boolean {
	const head = text.slice(0, 1_500);
	return TYPE.test(head) && (SUBTYPE.test(head) || LEVEL.test(head));
}

type Fields = ReadonlyMap<string, string>;

function readLine(text: string, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = new Draft(context);
	draft.endpoint(header?.host, 'observer');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	const pairs = readKeyValues(text.replace(/#015#012|#012|#015/g, ' '));
	const fields = withDecoy(firstOf(pairs));
	addRoles(draft, fields);
	for (const [name, value] of pairs) gatherField(draft, name, value, 'related');
	draft.labelsFrom(Object.fromEntries(fields));
	return finish(draft, fields, header?.occurredAt ?? null, null);
}

function readJson(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const fields = new Map<string, string>();
	for (const [name, value] of Object.entries(record)) {
		if (typeof value === 'string' || typeof value === 'number') fields.set(name.toLowerCase(), String(value).trim());
	}
	if (!fields.has('type') && !fields.has('logid'))
		return unparsed('type', 'nothing', 'a FortiOS log with `type`, `subtype` and `level`');
	const draft = new Draft(context);
	addRoles(draft, fields);
	gather(draft, record);
	draft.labelsFrom(Object.fromEntries(fields));
	return finish(draft, fields, null, null);
}

/** FortiOS names of what CEF has keys of its own for. */
const BY_CEF_KEY: Readonly<Record<string, string>> = {
	src: 'srcip',
	dst: 'dstip',
	suser: 'user',
	duser: 'dstuser',
	act: 'action',
	dvchost: 'devname',
	msg: 'msg',
	fname: 'filename',
	app: 'service',
	spt: 'srcport',
	dpt: 'dstport',
	deviceExternalId: 'devid',
};

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	const fields = new Map<string, string>();
	for (const [key, value] of record.fields) {
		// Some relays leave the prefix away: then a key that CEF has no other name for is FortiOS's.
		const own = /^FTNTFGT(\w+)$/.exec(key)?.[1] ?? BY_CEF_KEY[key] ?? key;
		if (!fields.has(own)) fields.set(own, value);
	}
	const [type, subtype] = (record.fields.get('cat') ?? '').split(':');
	if (!fields.has('type') && type !== undefined && type !== '') fields.set('type', type);
	if (!fields.has('subtype') && subtype !== undefined) fields.set('subtype', subtype);
	const virus = record.labelled.get('Virus');
	if (virus !== undefined) fields.set('virus', virus);
	draft.endpoint(record.fields.get('devname'), 'observer');
	addRoles(draft, fields);
	const reading = finish(draft, fields, timeOfCef(draft, record, header), record);
	return { ...reading, problems: [...record.problems, ...reading.problems] };
}

function firstOf(pairs: readonly (readonly [string, string])[]): Fields {
	const fields = new Map<string, string>();
	for (const [name, value] of pairs) if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value);
	return fields;
}

/** FortiDeceptor's names of what a log of FortiOS has fields for. */
const OF_DECOY: readonly (readonly [string, string])[] = [
	['attackerip', 'srcip'],
	['attackerport', 'srcport'],
	['attackermac', 'srcmac'],
	['victimip', 'dstip'],
	['victimport', 'dstport'],
	['service', 'service'],
	['severity', 'severity'],
	['username', 'dstuser'],
];

/**
 * An incident of FortiDeceptor says in its message who touched which decoy, and names itself as the user. Read only where the log has
 * no ends of its own: elsewhere a message is a text like any other.
 */
function withDecoy(fields: Fields): Fields {
	const said = firstOf(readKeyValues(fields.get('msg') ?? ''));
	if (fields.get('subtype') !== 'attack' || fields.has('srcip') || fields.has('dstip') || !said.has('attackerip'))
		return fields;
	const whole = new Map([...fields].filter(([name]) => name !== 'user'));
	for (const [theirs, ours] of OF_DECOY) {
		const value = said.get(theirs);
		if (value !== undefined && !whole.has(ours)) whole.set(ours, value);
	}
	return whole;
}

/** Fields by whose side they are on. What is not here is swept. */
const ENDPOINTS: readonly (readonly [string, EntityRole])[] = [
	['srcip', 'actor'],
	['srcname', 'actor'],
	['srcmac', 'actor'],
	['mastersrcmac', 'actor'],
	['tranip', 'target'],
	['transip', 'actor'],
	['remip', 'actor'],
	['locip', 'target'],
	['tunnelip', 'related'],
	['assignip', 'actor'],
	['dstip', 'target'],
	['dstname', 'target'],
	['dstmac', 'target'],
	['masterdstmac', 'target'],
	['devname', 'observer'],
	['devhost', 'observer'],
	['forwardedfor', 'actor'],
];

function addRoles(draft: Draft, fields: Fields): void {
	for (const [name, role] of ENDPOINTS)
		draft.endpoint(present(fields.get(name)), role, name.endsWith('ip') ? name : null);
	// `ui="ssh(10.0.0.1)"`: where an administrator came from.
	draft.mentions(fields.get('ui'), 'actor');
	draft.user(fields.get('user'), null, 'actor');
	draft.user(fields.get('unauthuser'), null, 'actor');
	draft.user(fields.get('initiator'), null, 'actor');
	draft.user(fields.get('dstuser'), null, 'target');
	draft.user(fields.get('xauthuser'), null, 'actor');
	draft.entity('port', fields.get('srcport'), 'actor');
	draft.entity('port', fields.get('dstport'), 'target');
	draft.entity('asset_id', fields.get('devid') ?? fields.get('deviceExternalId'), 'observer');
	draft.entity('protocol', fields.get('service'), 'related');
	const url = fields.get('url');
	const host = fields.get('hostname');
	if (host !== undefined && url?.startsWith('/') === true) draft.url(`http://${host}${url}`, 'related');
	else draft.url(url, 'related');
	draft.endpoint(host, 'target');
	draft.domainName(fields.get('qname'), 'related');
	draft.file(fields.get('filename'), 'related');
	for (const name of ['from', 'to', 'sender', 'recipient']) {
		const mail = fields.get(name);
		if (mail?.includes('@') === true)
			draft.entity('email', mail, name === 'from' || name === 'sender' ? 'actor' : 'target');
	}
	for (const name of ['analyticscksum', 'filehash', 'checksum']) draft.entity('file_hash', fields.get(name), 'related');
}

function finish(draft: Draft, fields: Fields, headerTime: number | null, cef: CefRecord | null): Reading {
	const field = (...names: string[]): string | null => {
		for (const name of names) {
			const value = present(fields.get(name));
			if (value !== null) return value;
		}
		return null;
	};
	const { severity, severityRaw } = severityOf(fields, cef);
	const type = field('type') ?? '';
	const subtype = field('subtype') ?? '';
	const threat = field('attack', 'virus', 'threat', 'botnetdomain');
	const text = field('msg');
	const what = threat ?? field('logdesc') ?? text ?? (cef === null ? null : present(cef.name));
	const subject = [field('srcip', 'remip'), field('dstip'), field('user', 'dstuser')];
	draft.labelsFrom({
		vendor: 'Fortinet',
		product: 'FortiGate',
		signature_id: field('attackid', 'virusid', 'logid'),
		signature: threat,
		category: `${type}:${subtype}`,
		log_id: field('logid'),
		action: field('action', 'utmaction'),
		level: field('level', 'pri'),
		crlevel: field('crlevel'),
		src_port: isPort(field('srcport')) ? field('srcport') : null,
		dst_port: isPort(field('dstport')) ? field('dstport') : null,
	});
	// A tunnel with a user is a person's log-in, and no link of the plant.
	const link = field('interface', 'intf') ?? (field('user', 'xauthuser') === null ? field('vpntunnel') : null);
	const isLinkState =
		link !== null &&
		/^(?:up|down|tunnel-up|tunnel-down|dead|alive)$/i.test(field('status', 'state') ?? field('action') ?? '');
	// A link that is up may fail its health check: `status` is the link's then.
	const isOver =
		/^(?:up|tunnel-up|recovered|alive)$/i.test(field('status', 'state') ?? field('action') ?? '') &&
		link !== null &&
		!/\bfailed\b/i.test(text ?? '');
	const alert = draft.finish({
		externalId: null,
		identity: [
			type,
			subtype,
			// The same log id stands for an interface's up and down only in some versions: the interface is what it is about.
			link === null ? (field('attackid') ?? threat ?? field('logid', 'logdesc')) : link,
			field('devname', 'devid'),
			...subject,
			subject.every((part) => part === null) && link === null ? (text ?? field('logdesc')) : null,
		],
		status: isOver ? 'closed' : 'open',
		title: what ?? `FortiGate ${type} ${subtype}`,
		description: text,
		severity,
		severityRaw,
		kind: isLinkState
			? 'availability'
			: kindOf(
					type,
					subtype,
					severity,
					`${field('action') ?? ''} ${field('status') ?? ''} ${what ?? ''} ${text ?? ''}`,
				),
		domain: 'it',
		occurredAt: timeOf(draft, fields) ?? headerTime,
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

/** `eventtime` (seconds, or nanoseconds from FortiOS 6.2 on); else `date` and `time` with the `tz` beside them, else in the source's zone. */
function timeOf(draft: Draft, fields: Fields): number | null {
	const event = draft.time('eventtime', fields.get('eventtime'));
	if (event !== null) return event;
	const date = fields.get('date');
	const time = fields.get('time');
	if (date === undefined || time === undefined)
		return draft.time('itime', fields.get('itime') ?? fields.get('timestamp'));
	const offset = offsetOf(fields.get('tz') ?? '');
	const at = draft.time(
		'date',
		`${date} ${time}`,
		offset === null ? draft.context : { ...draft.context, timeZone: 'UTC' },
	);
	return at === null || offset === null ? at : at - offset;
}

/** How far `tz` is ahead of UTC, in milliseconds: `+0200`, `UTC+2:00`, `UTC+2`, `UTC`; null where it says none. */
function offsetOf(tz: string): number | null {
	if (/^(?:UTC|GMT)$/i.test(tz)) return 0;
	const zone = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?$/i.exec(tz);
	if (zone === null) return null;
	const minutes = Number(zone[2]) * 60 + Number(zone[3] ?? 0);
	return (zone[1] === '-' ? -minutes : minutes) * MINUTE;
}
