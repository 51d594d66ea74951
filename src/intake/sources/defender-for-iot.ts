// Microsoft Defender for IoT (CyberX): alerts and events of the sensor's and management console's API and webhooks, Sentinel's
// `SecurityAlert`, and the sensor's syslog as CEF, LEEF, object and text. Each form is a bag of named values here, read by one mapping.
import type { AlertKind, EntityRole, IntakeContext, Problem } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { addAssetName } from '../formats/asset-name.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { LeefRecord } from '../formats/leef.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef } from './cef-generic.ts';
import { type Bag, bagOfJson, bagOfPairs, bagOfText, isDefenderText } from './defender-for-iot-bag.ts';
import { draftOfLeef } from './leef-generic.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const defenderForIot: SourceKind = {
	name: 'defender-for-iot',
	aliases: [],
	title: 'Microsoft Defender for IoT (CyberX), OT sensors',
	vendor: 'Microsoft',
	domain: 'ot',
	forms: [
		'alert and event JSON of the sensor and management console API, webhook and extended webhook, also with a comma too many or an escape that JSON does not know',
		'Sentinel `SecurityAlert` rows and Azure alerts (`properties`) of Defender for IoT',
		'syslog: CEF, LEEF, object and text',
	],
	severities: [
		['Critical; CEF 10', 'critical'],
		['Major, High; CEF 8; event ALERT', 'high'],
		['Minor, Medium; CEF 4', 'medium'],
		['Warning, Low; CEF 1; event NOTICE', 'low'],
		['Informational; event INFO', 'informational'],
	],
	identity: 'title and both devices; where no device is named, the message; a row of Sentinel: its alert id',
	setup: [
		'OT sensor: Forwarding, Create new rule, action Syslog Server (CEF): our host and syslog port, TCP or TLS.',
		'On-premises management console: Forwarding, action Webhook or Webhook extended: `https://HOST/v1/alerts/defender-for-iot` with the header `Authorization: Bearer TOKEN`.',
		'Cloud: let a Logic App on Defender for IoT alerts in Sentinel post the alert to the same address.',
		"Set the source's `time_zone` to that of the forwarding rule: `start` has none.",
	],
	notHandled: [
		'devices, connections and CVEs of the API: they belong into the inventory import',
		'NetWitness format',
		'alert PCAPs',
	],
	isLenientJson: true,
	splitJson: split,
	readJson: read,
	readCef,
	ownsCef: (record) => /cyberx|defender for iot/i.test(`${record.vendor} ${record.product} ${record.signatureId}`),
	readLeef,
	ownsLeef: (record) => /cyberx|defender for iot/i.test(`${record.vendor} ${record.product} ${record.eventId}`),
	ownsText: isDefenderText,
	readText,
};

/** Microsoft's forwarding page: 1 Warning, 4 Minor, 8 Major, 10 Critical; the event timeline has Info, Notice and Alert. */
function severityOf(text: string | null): Severity | null {
	if (/^warning$/i.test(text ?? '')) return 'low';
	return severityOfWord(text);
}

const MARKS = [
	'engine',
	'severity',
	'alertseverity',
	'title',
	'alerttitle',
	'alertdisplayname',
	'displayname',
	'alertname',
	'content',
];

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return cefGeneric.splitJson(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['alerts', 'events', 'value', 'data', 'results', 'items', 'records']) {
		const list = document[key];
		if (Array.isArray(list) && document['title'] === undefined) return records(list, document);
	}
	return cefGeneric.splitJson(document);
}

/** Azure's resource form (`{id, properties}`) and webhooks that put the alert into a member. */
function unwrapped(record: JsonObject): JsonObject {
	if (record['severity'] !== undefined || record['AlertSeverity'] !== undefined) return record;
	for (const key of ['properties', 'alert', 'event', 'data', 'body', 'object']) {
		const inner = record[key];
		if (isJsonObject(inner)) return key === 'properties' ? { ...record, ...inner } : unwrapped(inner);
	}
	return record;
}

function read(outer: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const record = unwrapped(outer);
	const bag = bagOfJson(record);
	if (MARKS.filter((key) => bag.text(key) !== null).length < 2) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed(
			'record',
			found,
			'an alert (`engine`, `severity`, `title`), an event (`content`) or a `SecurityAlert` row',
		);
	}
	const draft = new Draft(context);
	return finish(draft, bag, { header: null, problems: [], sweep: () => gather(draft, outer) });
}

/** Keys of its own in CEF; `type`, `severity` and `protocol` are the alert's. */
const OWN = new Set(['src_ip', 'src_mac', 'dst_ip', 'dst_mac', 'UUID', 'type', 'severity', 'protocol']);

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context, OWN);
	const bag = bagOfPairs([
		...record.fields,
		...record.labelled,
		['title', record.name],
		['headerseverity', record.severity],
		// The header's product is the sensor that saw it.
		['sensorname', /^(?:cyberx|xsense|microsoft defender|azure|platform)/i.test(record.product) ? '' : record.product],
	]);
	return finish(draft, bag, { header, problems: record.problems });
}

function readLeef(record: LeefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfLeef(record, header, context);
	const isSensor = !/^(?:sensor$|cyberx|microsoft|azure)/i.test(record.product);
	const extra: [string, string][] = isSensor ? [['sensorname', record.product]] : [];
	return finish(draft, bagOfPairs([...record.fields, ...extra]), { header, problems: record.problems });
}

function readText(text: string, header: SyslogMessage | null, context: IntakeContext): Reading | null {
	const bag = bagOfText(text);
	if (bag === null) return null;
	const draft = new Draft(context);
	draft.endpoint(header?.host, 'observer');
	return finish(draft, bag, { header, problems: [], sweep: () => draft.mentions(text, 'related') });
}

type Around = {
	readonly header: SyslogMessage | null;
	readonly problems: readonly Problem[];
	readonly sweep?: () => void;
};

function finish(draft: Draft, bag: Bag, around: Around): Reading {
	const message = bag.text('message', 'alertmessage', 'msg', 'content', 'description', 'alertdescription');
	addDevices(draft, bag, message);
	around.sweep?.();
	const type = bag.text('engine', 'type', 'alerttype', 'category');
	addLabels(draft, bag, type);
	const title = bag.text('title', 'alerttitle', 'alertdisplayname', 'displayname', 'alertname');
	const severityRaw = bag.text('headerseverity', 'severity', 'alertseverity');
	const severity = severityOf(severityRaw);
	const id = bag.text('id', 'alertid');
	const cloudId = bag.text('vendororiginalid', 'systemalertid');
	const alert = draft.finish({
		// Azure's own `id` is the path of a resource, and says nothing to people.
		externalId: id === null || id.startsWith('/') ? (bag.text('uuid') ?? cloudId) : id,
		identity: cloudId === null ? identityOf(bag, title, message) : ['cloud', cloudId],
		status: isOver(bag) ? 'closed' : 'open',
		title: title ?? type,
		description: message,
		severity,
		severityRaw,
		kind: kindOf(type, `${title ?? ''} ${bag.text('cat', 'alertgroup') ?? ''}`, severity),
		domain: 'ot',
		occurredAt: timeOf(draft, bag, around.header),
	});
	return { kind: 'alert', alert, problems: [...around.problems, ...draft.problems] };
}

/** The last time of the event itself; when a row was written only where there is none. */
function timeOf(draft: Draft, bag: Bag, header: SyslogMessage | null): number | null {
	// Microsoft writes UTC; the sensor's `start` is in the zone of its forwarding rule.
	for (const key of [
		'endtime',
		'endtimeutc',
		'lastactivitytime',
		'time',
		'timestamp',
		'start',
		'alerttime',
		'starttime',
		'starttimeutc',
		'timegenerated',
		'rt',
	]) {
		const at = draft.time(key, bag.text(key));
		if (at !== null) return at;
	}
	return header?.occurredAt ?? null;
}

const SIDES: readonly (readonly [EntityRole, 'source' | 'destination', 'src' | 'dst'])[] = [
	['actor', 'source', 'src'],
	['target', 'destination', 'dst'],
];

function addressesOf(bag: Bag, long: string, short: string): string[] {
	return bag.list(`${long}deviceaddress`, `${long}ip`, `${long}address`, `${short}ip`, `${short}`);
}

function addDevices(draft: Draft, bag: Bag, message: string | null): void {
	for (const [role, long, short] of SIDES) {
		for (const ip of addressesOf(bag, long, short)) draft.endpoint(ip, role, `${long} address`);
		for (const mac of bag.list(`${long}mac`, `${long}devicemac`, `${short}mac`)) draft.endpoint(mac, role);
		for (const name of bag.list(`${long}device`, `${long}devicename`, long, `${short}name`, `${short}host`)) {
			// The API gives the number under which the sensor knows a device.
			if (/^\d{1,12}$/.test(name)) draft.entity('asset_id', name, role);
			else addAssetName(draft, name, role);
		}
		draft.entity('port', bag.text(`${long}port`, `${short}port`), role);
	}
	for (const [ip, role] of addressesIn(message)) if (!draft.has('ip', ip)) draft.entity('ip', ip, role);
	draft.entity('protocol', bag.text('protocol', 'app'), 'related');
	for (const name of bag.list('sensorname', 'sensor', 'cyberxplatformname', 'sensorip'))
		addAssetName(draft, name, 'observer');
	for (const zone of bag.list('zonename', 'zone')) draft.entity('zone', zone, 'related');
	for (const name of bag.list('username', 'user')) draft.user(name, null, 'actor');
	draft.user(bag.text('owner'), null, 'related');
	for (const name of bag.list('compromisedentity', 'devicename', 'deviceid'))
		if (!name.startsWith('/')) draft.endpoint(name, 'target');
}

const IPV4 = '((?:\\d{1,3}\\.){3}\\d{1,3})';
const ACTS = new RegExp(
	`${IPV4}[^.\\n]{0,40}? (?:tried|attempted|sent|initiated|performed|scanned|issued|requested)\\b`,
	'gi',
);
const SUFFERS = new RegExp(
	`\\bto (?:the )?(?:device|slave|server|outstation|plc|controller|host|asset)? ?${IPV4}`,
	'gi',
);

/** Where only the sentence names devices: who attempted it acts, to whom is the target. */
function addressesIn(message: string | null): [string, EntityRole][] {
	const text = (message ?? '').slice(0, 4_000);
	return [
		...[...text.matchAll(ACTS)].map((match): [string, EntityRole] => [match[1] ?? '', 'actor']),
		...[...text.matchAll(SUFFERS)].map((match): [string, EntityRole] => [match[1] ?? '', 'target']),
	];
}

function addLabels(draft: Draft, bag: Bag, type: string | null): void {
	draft.labelsFrom({
		vendor: 'Microsoft',
		product: 'Defender for IoT',
		category: bag.text('cat', 'alertgroup') ?? type,
		engine: type,
		alert_group: bag.text('cat', 'alertgroup'),
		uuid: bag.text('uuid'),
		sensor: bag.text('sensorname', 'sensor', 'cyberxplatformname'),
		site: bag.text('sitename', 'site'),
		zone: bag.text('zonename', 'zone'),
		app_protocol: bag.text('protocol', 'app'),
		dst_port: isPort(bag.text('destinationport', 'dstport')) ? bag.text('destinationport', 'dstport') : null,
		alert_status: bag.text('status', 'alertstatus', 'handled'),
		remediation: bag.text('remediationsteps'),
	});
}

function identityOf(bag: Bag, title: string | null, message: string | null): (string | null)[] {
	const ends = SIDES.map(([, long, short]) => {
		const [address] = addressesOf(bag, long, short);
		return address ?? bag.text(`${long}device`, long, `${long}mac`, `${short}mac`);
	});
	return [title, ...ends, ends.every((end) => end === null) ? message : null];
}

/** `handled` of the extended webhook, status of the portal (New, Active, Closed) and of Sentinel (New, InProgress, Resolved, Dismissed). */
function isOver(bag: Bag): boolean {
	if (/^true$/i.test(bag.text('handled') ?? '')) return true;
	return /^(?:closed|resolved|dismissed|learned|muted)$/i.test(bag.text('status', 'alertstatus') ?? '');
}

/** The engine that detected it; timeline events below ALERT are records. */
function kindOf(type: string | null, words: string, severity: Severity | null): AlertKind {
	if (/^[A-Z]+_[A-Z_]+$/.test(type ?? '') && severity !== 'high') return 'audit';
	const isChange = /stop|mode|program|firmware|config|reset|restart|illegal|unauthori[sz]ed/i.test(words);
	return /^operational/i.test(type ?? '') && !isChange ? 'availability' : 'security';
}
