// Salesforce: platform events of Real-Time Event Monitoring (log-ins, API calls, reports, threat detection), rows of event log files
// as JSON or CSV, and the setup audit trail.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text } from '../formats/vendor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Names are folded: event log files write `CLIENT_IP`, platform events `SourceIp`. */
const SalesforceEvent = z.looseObject({
	eventtype: Text,
	attributes: z.looseObject({ type: Text }).nullish(),
	eventidentifier: Text,
	eventuuid: Text,
	requestidentifier: Text,
	requestid: Text,
	id: Text,
	eventdate: Text,
	timestampderived: Text,
	timestamp: Text,
	createddate: Text,
	logindatetime: Text,
	logintime: Text,
	username: Text,
	user: Text,
	userid: Text,
	useridderived: Text,
	delegatedusername: Text,
	delegateuser: Text,
	createdbyid: Text,
	sourceip: Text,
	clientip: Text,
	currentip: Text,
	previousip: Text,
	forwardedforip: Text,
	sessionkey: Text,
	loginkey: Text,
	status: Text,
	loginstatus: Text,
	requeststatus: Text,
	policyid: Text,
	policyoutcome: Text,
	score: Text,
	summary: Text,
	description: Text,
	message: Text,
	display: Text,
	section: Text,
	action: Text,
	operation: Text,
	apimethod: Text,
	methodname: Text,
	objecttype: Text,
	objectid: Text,
	queriedentities: Text,
	entityname: Text,
	reportname: Text,
	reportid: Text,
	name: Text,
	uri: Text,
	url: Text,
	loginurl: Text,
	pageurl: Text,
	application: Text,
	appname: Text,
	organizationid: Text,
	usertype: Text,
	logintype: Text,
	loginsubtype: Text,
	browsertype: Text,
	platform: Text,
	rowsprocessed: Text,
	devicemodel: Text,
	country: Text,
});
type SalesforceEvent = z.infer<typeof SalesforceEvent>;

export const salesforce: SourceKind = {
	name: 'salesforce',
	aliases: [],
	title: 'Salesforce event monitoring',
	vendor: 'Salesforce',
	domain: 'it',
	forms: [
		'platform events (`LoginEventStream`, `ApiEvent`, `ReportEvent`, ..., threat detection), bare, as query results or in the Pub/Sub API envelope',
		'rows of event log files: JSON objects, or the CSV file with its header',
		'setup audit trail records',
	],
	severities: [
		[
			'threat detection (anomaly, credential stuffing, session hijacking, guest user): a score and no severity; `score` is a label',
			null,
		],
		['a transaction security policy that blocked, notified or asked for a second factor: no severity either', null],
		['every other event', 'informational'],
	],
	identity: 'event type, user, address, what it was done to and how it ended. Never the event id or a time',
	setup: [
		'Setup, Event Manager: turn on streaming for the events; let a forwarder that subscribes through the Pub/Sub API post them to `https://HOST/v1/alerts/salesforce` with the bearer token.',
		'Or let it fetch `EventLogFile` (hourly) and post the CSV as it is, as `text/csv`.',
	],
	notHandled: [
		'Avro records of the Pub/Sub API are decoded by the forwarder, not here',
		'threat detection events are never closed by Salesforce: a person closes them here',
	],
	takesCsv: true,
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	const list = document['records'];
	return Array.isArray(list) ? records(list, document) : records([document]);
}

/** CometD (`{"data": {"payload": ...}}`) and Pub/Sub envelopes; the channel names the event where the payload does not. */
function unwrap(value: JsonObject): JsonObject {
	const data = value['data'];
	if (isJsonObject(data) && isJsonObject(data['payload']))
		return unwrap({ ...data, channel: value['channel'] ?? null });
	const payload = value['payload'];
	if (!isJsonObject(payload)) return value;
	const channel = [value['channel'], value['topic'], value['topic_name']].find((item) => typeof item === 'string');
	const type = typeof channel === 'string' ? (channel.split('/').at(-1) ?? null) : null;
	return payload['EVENT_TYPE'] === undefined && payload['EventType'] === undefined && type !== null
		? { ...payload, EVENT_TYPE: type }
		: payload;
}

const MARKS = [
	'eventtype',
	'eventdate',
	'eventidentifier',
	'timestampderived',
	'organizationid',
	'loginkey',
	'section',
];

function read(wrapped: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const record = unwrap(wrapped);
	const folded = foldNames(record);
	if (!MARKS.some((key) => folded[key] !== undefined) && !isJsonObject(folded['attributes']))
		return unparsed(
			'EVENT_TYPE',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'an event with `EVENT_TYPE`, `EventIdentifier` or `attributes.type`',
		);
	const reading = readVendor(SalesforceEvent, folded);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const type = typeOf(said);
	const kind = kindOf(said, type);
	const draft = new Draft(context);
	addEntities(draft, said, type);
	gather(draft, record);
	addLabels(draft, said, type);
	const what = said.objectid ?? said.reportid ?? said.queriedentities ?? said.entityname ?? said.uri ?? said.pageurl;
	const user = said.username ?? said.user ?? said.userid ?? said.useridderived ?? said.createdbyid;
	const source = said.sourceip ?? said.clientip ?? said.currentip;
	const outcome = said.loginstatus ?? said.status ?? said.policyoutcome;
	const alert = draft.finish({
		externalId: said.eventidentifier ?? said.eventuuid ?? said.requestidentifier ?? said.requestid ?? said.id,
		identity: [
			type,
			user,
			source,
			what,
			said.action ?? said.operation ?? said.apimethod,
			outcome,
			said.delegatedusername,
		],
		status: 'open',
		title: titleOf(said, type),
		description: said.summary ?? said.display ?? said.description ?? said.message,
		severity: kind === 'security' ? null : 'informational',
		severityRaw: null,
		kind,
		domain: 'it',
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function typeOf(said: SalesforceEvent): string {
	const stated = said.eventtype ?? said.attributes?.type ?? null;
	if (stated !== null) return stated;
	return said.section === null ? 'Event' : 'SetupAuditTrail';
}

function titleOf(said: SalesforceEvent, type: string): string {
	const words = type.replace(/(?:Event)?(?:Store|Stream)$/, '').replace(/([a-z\d])([A-Z])/g, '$1 $2');
	const about =
		said.action ?? said.apimethod ?? said.operation ?? said.loginstatus ?? said.status ?? said.policyoutcome;
	return about === null ? `Salesforce ${words}` : `Salesforce ${words}: ${about}`;
}

/** Threat detection events, and what a transaction security policy acted on, are findings; the rest is a record. */
function kindOf(said: SalesforceEvent, type: string): AlertKind {
	if (/anomaly|credentialstuffing|sessionhijacking|guestuser|threat/i.test(type.replace(/[\s_]/g, '')))
		return 'security';
	return /^(?:block|notified|twofactor|endsession|freezeuser|metering)/i.test(
		said.policyoutcome?.replace(/\s/g, '') ?? '',
	)
		? 'security'
		: 'audit';
}

function addEntities(draft: Draft, said: SalesforceEvent, type: string): void {
	// Who logs in as another is the delegate; the name is the other's.
	const isOther = /^loginas/i.test(type.replace(/\s/g, ''));
	for (const name of [said.username, said.user]) draft.user(name, null, isOther ? 'target' : 'actor');
	for (const name of [said.delegatedusername, said.delegateuser]) draft.user(name, null, 'actor');
	for (const id of [said.userid, said.useridderived, said.createdbyid]) draft.entity('account', id, 'actor');
	// `Salesforce.com IP` stands where Salesforce itself called.
	for (const ip of [said.sourceip, said.clientip, said.currentip, said.previousip, said.forwardedforip])
		for (const part of (ip ?? '').split(/[,\s]+/))
			if (/[.:]/.test(part) && /\d/.test(part)) draft.endpoint(part, 'actor');
	for (const key of [said.sessionkey, said.loginkey]) draft.entity('session', key, 'related');
	for (const link of [said.url, said.loginurl, said.pageurl]) {
		if (link?.includes('://') === true) draft.url(link, 'target');
		else if (link !== null && !link.startsWith('/')) draft.domainName(link, 'target');
	}
	// Which of several organisations it is: the inventory may know it by this.
	draft.entity('asset_id', said.organizationid, 'target');
	for (const id of [said.objectid, said.reportid]) draft.entity('cloud_resource', id, 'target');
}

/** `20250504081530.250`: year to seconds in UTC (Salesforce object reference, EventLogFile, TIMESTAMP). */
const COMPACT = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,6})?$/;

function timeOf(draft: Draft, said: SalesforceEvent): number | null {
	const utc = { receivedAt: draft.context.receivedAt, timeZone: 'UTC' };
	for (const [key, value] of [
		['EventDate', said.eventdate],
		['TIMESTAMP_DERIVED', said.timestampderived],
		['TIMESTAMP', said.timestamp],
		['LoginTime', said.logintime ?? said.logindatetime],
		['CreatedDate', said.createddate],
	] as const) {
		const spelled = value?.replace(COMPACT, '$1-$2-$3T$4:$5:$6$7Z') ?? null;
		const at = draft.time(key, spelled, utc);
		if (at !== null) return at;
	}
	return null;
}

function addLabels(draft: Draft, said: SalesforceEvent, type: string): void {
	draft.labelsFrom({
		vendor: 'Salesforce',
		product: 'Salesforce',
		signature_id: type,
		category: said.section ?? type,
		action: said.action ?? said.operation ?? said.apimethod,
		outcome: said.loginstatus ?? said.status ?? said.requeststatus,
		policy_id: said.policyid,
		policy_outcome: said.policyoutcome,
		score: said.score,
		object_type: said.objecttype ?? said.queriedentities ?? said.entityname,
		report_name: said.reportname ?? (/report|dashboard/i.test(type) ? said.name : null),
		application: said.application ?? said.appname,
		method: said.methodname,
		organization_id: said.organizationid,
		user_type: said.usertype,
		login_type: said.logintype,
		login_sub_type: said.loginsubtype,
		platform: said.platform,
		rows: said.rowsprocessed,
		country: said.country,
	});
}
