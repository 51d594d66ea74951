// CrowdStrike Falcon: the event stream (detections, incidents, audit), its copies in data lakes, the Alerts, Detections and Incidents
// APIs. What a record names is read in crowdstrike-entities.ts, the CEF of the SIEM connector in crowdstrike-cef.ts.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { readFalconCef, severityOf } from './crowdstrike-cef.ts';
import { addFalconEntities } from './crowdstrike-entities.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Names are folded: the stream writes `SeverityName`, the APIs `severity_name`, data lakes either. */
const FalconRecord = z.looseObject({
	eventtype: Text,
	externalapitype: Text,
	eventsimplename: Text,
	fdreventtype: Text,
	type: Text,
	product: Text,
	eventcreationtime: Text,
	timestamp: Text,
	utctimestamp: Text,
	createdtimestamp: Text,
	createdtime: Text,
	endtime: Text,
	starttime: Text,
	incidentendtime: Text,
	incidentstarttime: Text,
	lastbehavior: Text,
	firstbehavior: Text,
	contexttimestamp: Text,
	starttimestamp: Text,
	endtimestamp: Text,
	detectid: Text,
	compositeid: Text,
	detectionid: Text,
	incidentid: Text,
	identityprotectionincidentid: Text,
	notificationid: Text,
	mobiledetectionid: Text,
	id: Text,
	sessionid: Text,
	eventuuid: Text,
	detectname: Text,
	displayname: Text,
	name: Text,
	detectdescription: Text,
	description: Text,
	incidenttype: Text,
	incidentdescription: Text,
	rulename: Text,
	rulepriority: Word,
	severity: Word,
	severityname: Word,
	maxseverity: Word,
	maxseveritydisplayname: Word,
	finescore: Text,
	state: Word,
	status: Word,
	tactic: Text,
	tacticid: Text,
	technique: Text,
	techniqueid: Text,
	objective: Text,
	scenario: Text,
	operationname: Text,
	servicename: Text,
	success: Text,
	patterndispositiondescription: Text,
	patternid: Text,
	falconhostlink: Text,
	sensorid: Text,
	agentid: Text,
	aid: Text,
	hostid: Text,
	computername: Text,
	hostname: Text,
	username: Text,
	userid: Text,
	filename: Text,
	targetprocessid: Text,
	sourceproducts: Text,
	hostgroups: TextList,
	customeridstring: Text,
	cid: Text,
	offset: Text,
	auditkeyvalues: z.array(z.looseObject({ key: Text, valuestring: Text })).nullish(),
});
type FalconRecord = z.infer<typeof FalconRecord>;

export const crowdstrike: SourceKind = {
	name: 'crowdstrike',
	aliases: [],
	title: 'CrowdStrike Falcon',
	vendor: 'CrowdStrike',
	domain: 'it',
	forms: [
		'event stream (`{"metadata": ..., "event": ...}`): detection (endpoint, identity, mobile, XDR), incident, audit and remote-response events',
		'the same as data lakes copy them: flat, other spelling of the names, times as text; sensor events (`event_simpleName`) as audit records',
		'Alerts API v2, Detections API and Incidents API: one entity, a list, or `{"resources": [...]}`',
		'CEF of the Falcon SIEM connector',
	],
	severities: [
		['`SeverityName`, `max_severity_displayname`: Critical, High, Medium, Low, Informational', 'by value'],
		['only a number, `DetectionSummaryEvent` and SIEM connector: 5', 'critical'],
		['4', 'high'],
		['3', 'medium'],
		['2', 'low'],
		['1', 'informational'],
		['SIEM connector, 6 to 10: as CEF means it', 'by value'],
		[
			'only a number, all others: 80 to 100 critical, 60 to 79 high, 40 to 59 medium, 20 to 39 low, below informational',
			'by value',
		],
		['audit, remote-response and sensor events', 'informational'],
		['incidents (they have a score, no severity): `FineScore` is a label', null],
	],
	identity:
		'the detection id (`CompositeId`, `DetectId`), incident id or session id; an audit event: operation, user, address and what it was done to',
	setup: [
		'Run the Falcon SIEM connector with `output_format = json` (or `cef`) and its syslog output to our port.',
		'Or let a forwarder that reads the event stream or the Alerts API post its records to `https://HOST/v1/alerts/crowdstrike` with the bearer token.',
	],
	notHandled: [
		'bodies that a site composes itself in Falcon Fusion: use a mapping file',
		'LEEF of the SIEM connector has no mapping of its own',
		'ATT&CK techniques that are stated by name only are labels, no ids',
	],
	splitJson: split,
	readJson: read,
	readCef: readFalconCef,
	ownsCef: (record) => /^crowdstrike$/i.test(record.vendor),
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['resources', 'alerts', 'detections', 'incidents', 'events']) {
		const list = document[key];
		if (Array.isArray(list) && document['metadata'] === undefined) return records(list);
	}
	return records([document]);
}

/** Metadata, event and what stands beside them as one record; the event's own statements count before those around it. */
function flatten(record: JsonObject): JsonObject {
	const whole = foldNames(record);
	const inner = [whole['event'], whole['metadata'], whole['data']].filter(isJsonObject);
	return Object.assign({}, whole, ...inner.toReversed());
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const flat = flatten(record);
	const reading = readVendor(FalconRecord, flat);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const type = typeOf(said);
	const id = idOf(said);
	if (type === null && id === null && nameOf(said) === null)
		return unparsed(
			'event',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'an event with `eventType` or `event_simpleName`, or a detection with an id or a name',
		);
	const kind = kindOf(type, said);
	const draft = new Draft(context);
	draft.url(said.falconhostlink, 'observer');
	addFalconEntities(draft, flat, kind === 'audit');
	// A folder beside its file's name is no file.
	gather(draft, record, '', said.filename === null ? NOTHING : PATHS);
	addLabels(draft, said, type);
	const ended = closedDetection(said);
	const severityRaw =
		said.severityname ?? said.maxseveritydisplayname ?? said.severity ?? said.maxseverity ?? said.rulepriority;
	const stated = severityOf(severityRaw, type);
	const alert = draft.finish({
		externalId: id ?? said.eventuuid ?? said.offset,
		identity: ended === null ? identityOf(said, type, kind, id) : ['detection', ended],
		status: ended !== null || isOver(said, type) ? 'closed' : 'open',
		title: titleOf(said, type),
		description: said.detectdescription ?? said.description ?? said.incidentdescription,
		severity: stated ?? (kind === 'audit' ? 'informational' : null),
		severityRaw,
		kind,
		domain: 'it',
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const NOTHING: ReadonlySet<string> = new Set();
const PATHS: ReadonlySet<string> = new Set(['FilePath', 'filePath', 'filepath', 'file_path']);

function typeOf(said: FalconRecord): string | null {
	const type = said.externalapitype ?? said.eventtype ?? said.eventsimplename ?? said.fdreventtype;
	return type?.replace(/^Event_/i, '') ?? null;
}

function idOf(said: FalconRecord): string | null {
	return (
		said.compositeid ??
		said.detectid ??
		said.detectionid ??
		said.incidentid ??
		said.identityprotectionincidentid ??
		said.notificationid ??
		said.mobiledetectionid
	);
}

function nameOf(said: FalconRecord): string | null {
	return said.displayname ?? said.detectname ?? said.name ?? said.rulename;
}

function titleOf(said: FalconRecord, type: string | null): string | null {
	const operation = said.operationname === null ? null : [said.servicename, said.operationname].join(': ');
	// `name` of an alert of the APIs is a key (`NGAV`), the display name is for people.
	// The type of an incident is a number, that of an identity incident words.
	const words = /^\d+$/.test(said.incidenttype ?? '') ? null : said.incidenttype;
	const incident = words ?? (said.incidentid === null ? null : 'Falcon incident');
	const name = nameOf(said) ?? operation ?? incident ?? said.technique;
	if (name !== null) return name;
	return type?.replace(/Event$/, '').replace(/([a-z\d])([A-Z])/g, '$1 $2') ?? 'Falcon detection';
}

/** Detections, incidents and whatever else states a severity are alarms; all else the stream carries is a record. */
function kindOf(type: string | null, said: FalconRecord): AlertKind {
	if (/audit|remoteresponse|scheduledreport/i.test(type ?? '')) return 'audit';
	if (
		/detection|incident|recon|violation|customerioc|hashspreading|identityprotection/i.test(type ?? '') ||
		idOf(said) !== null
	)
		return 'security';
	return said.severity === null && said.severityname === null && said.detectname === null ? 'audit' : 'security';
}

/** Incident status codes of the API: 20 new, 25 reopened, 30 in progress, 40 closed. */
function isOver(said: FalconRecord, type: string | null): boolean {
	const status = (said.status ?? said.state ?? '').toLowerCase();
	if (/^RemoteResponseSessionEnd/i.test(type ?? '')) return true;
	return (
		/^(?:closed|(?:auto_)?resolved|dismiss(?:ed)?|ignored|false_positive|true_positive)$/.test(status) ||
		(status === '40' && said.incidentid !== null)
	);
}

/** The detection that an audit event of the console says was closed: it ends the condition that the detection opened. */
function closedDetection(said: FalconRecord): string | null {
	if (!/^(?:detection|alert)s?_update$/i.test(said.operationname ?? '')) return null;
	const value = (key: string): string | null =>
		said.auditkeyvalues?.find((pair) => pair.key?.toLowerCase() === key)?.valuestring ?? null;
	const state = (value('new_state') ?? value('status') ?? '').toLowerCase();
	if (!['closed', 'ignored', 'false_positive', 'true_positive'].includes(state)) return null;
	return value('detection_id') ?? value('detects') ?? value('composite_id');
}

function identityOf(said: FalconRecord, type: string | null, kind: AlertKind, id: string | null): (string | null)[] {
	const host = said.sensorid ?? said.agentid ?? said.aid ?? said.hostid ?? said.hostname ?? said.computername;
	if (id !== null) return ['detection', id];
	if (said.sessionid !== null && /^RemoteResponse/i.test(type ?? '')) return ['session', said.sessionid];
	if (kind === 'audit') {
		const about =
			said.auditkeyvalues?.map((pair) => `${pair.key}=${pair.valuestring}`).join(';') ?? said.targetprocessid;
		return [type, said.operationname, said.userid ?? said.username, host, said.success, about];
	}
	return [type, nameOf(said), host, said.username, said.patternid, said.filename];
}

const TIMES = [
	'eventcreationtime',
	'timestamp',
	'lastbehavior',
	'incidentendtime',
	'endtime',
	'endtimestamp',
	'utctimestamp',
	'contexttimestamp',
	'incidentstarttime',
	'starttime',
	'starttimestamp',
	'firstbehavior',
	'createdtimestamp',
	'createdtime',
] as const;

/** Falcon's times are UTC, also where a data lake writes them without a zone. */
function timeOf(draft: Draft, said: FalconRecord): number | null {
	const utc = { receivedAt: draft.context.receivedAt, timeZone: 'UTC' };
	for (const key of TIMES) {
		const at = draft.time(key, said[key], utc);
		if (at !== null) return at;
	}
	return null;
}

function addLabels(draft: Draft, said: FalconRecord, type: string | null): void {
	for (const id of [said.techniqueid, said.technique]) draft.technique(id);
	draft.labelsFrom({
		vendor: 'CrowdStrike',
		product: said.sourceproducts ?? said.product ?? 'Falcon',
		event_type: type,
		detection_type: said.type,
		category: said.tactic,
		tactic: said.tactic,
		tactic_id: said.tacticid,
		technique_name: said.technique,
		objective: said.objective,
		scenario: said.scenario,
		severity_score:
			said.severityname === null && said.maxseveritydisplayname === null ? null : (said.severity ?? said.maxseverity),
		fine_score: said.finescore,
		vendor_status: said.status ?? said.state,
		disposition: said.patterndispositiondescription,
		pattern_id: said.patternid,
		operation: said.operationname,
		service: said.servicename,
		success: said.success,
		host_groups: said.hostgroups,
		customer_id: said.customeridstring ?? said.cid,
	});
}
