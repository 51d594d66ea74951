// SentinelOne Singularity: threats, STAR custom rule alerts and activities as its API and its integrations write them, and the CEF of
// its syslog. What a record names is read in sentinelone-entities.ts.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, present } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import { draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import { addAgentEntities } from './sentinelone-entities.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const Threat = z.looseObject({
	id: Text,
	threatinfo: z.looseObject({
		threatid: Text,
		threatname: Text,
		classification: Text,
		classificationsource: Text,
		confidencelevel: Word,
		analystverdict: Word,
		incidentstatus: Word,
		mitigationstatus: Word,
		identifiedat: Text,
		createdat: Text,
		storyline: Text,
		detectiontype: Text,
		engines: TextList,
		initiatedby: Text,
		originatorprocess: Text,
		publishername: Text,
	}),
	agentrealtimeinfo: z.looseObject({ agentcomputername: Text, sitename: Text, groupname: Text }).nullish(),
	agentdetectioninfo: z
		.looseObject({ agentversion: Text, agentosname: Text, sitename: Text, groupname: Text })
		.nullish(),
});

const RuleAlert = z.looseObject({
	alertinfo: z
		.looseObject({
			alertid: Text,
			createdat: Text,
			reportedat: Text,
			updatedat: Text,
			incidentstatus: Word,
			analystverdict: Word,
			eventtype: Text,
			hittype: Text,
			source: Text,
		})
		.nullish(),
	ruleinfo: z.looseObject({ id: Text, name: Text, description: Text, severity: Word, treatasthreat: Text }).nullish(),
	id: Text,
	severity: Word,
});

const Activity = z.looseObject({
	id: Text,
	activitytype: Text,
	activityuuid: Text,
	createdat: Text,
	updatedat: Text,
	primarydescription: Text,
	secondarydescription: Text,
	description: Text,
	agentid: Text,
	threatid: Text,
	sitename: Text,
	data: z
		.looseObject({
			alertid: Text,
			rulename: Text,
			ruledescription: Text,
			severity: Word,
			detectedat: Text,
			newincidentstatus: Word,
			newstatus: Word,
			confidencelevel: Word,
			newconfidencelevel: Word,
			threatclassification: Text,
			origagentname: Text,
			dveventtype: Text,
			groupname: Text,
			sitename: Text,
		})
		.nullish(),
});

export const sentinelone: SourceKind = {
	name: 'sentinelone',
	aliases: [],
	title: 'SentinelOne Singularity',
	vendor: 'SentinelOne',
	domain: 'it',
	forms: [
		'threats (`threatInfo`, `agentDetectionInfo`, `agentRealtimeInfo`, `indicators`): one, a list, `{"data": [...]}`',
		'STAR custom rule alerts (`alertInfo`, `ruleInfo`, `sourceProcessInfo`, ...)',
		'activities (`activityType`, `data`): new threats, custom rule alerts, changes of state, the audit trail',
		'CEF and CEF2 of the syslog notifications',
	],
	severities: [
		['custom rule: Critical (`E_CRITICAL`)', 'critical'],
		['High (`E_HIGH`)', 'high'],
		['Medium (`E_MEDIUM`)', 'medium'],
		['Low (`E_LOW`)', 'low'],
		['Info; an activity without one', 'informational'],
		['threat: confidence level malicious (threats have no severity)', 'high'],
		['confidence level suspicious', 'medium'],
		['confidence level n/a; an activity about a threat that states none', null],
		['CEF header: 0 informational, 1 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 critical', 'by value'],
	],
	identity: 'the threat id or the alert id, in activities too; another activity: its type, agent and words',
	setup: [
		'Let a forwarder that reads `/web/api/v2.1/threats`, `/cloud-detection/alerts` and `/activities` post what is new to `https://HOST/v1/alerts/sentinelone` with the bearer token.',
		'Or in the console: Settings, Integrations, Syslog: our port, format CEF2, and tick the notifications to send.',
	],
	notHandled: [
		'a mitigated threat stays open until its incident status is resolved: what was stopped must be seen too',
		'Unified Alerts of the GraphQL API: use a mapping file',
		'ATT&CK techniques without an id are in the raw text only',
	],
	splitJson: split,
	readJson: read,
	readCef: readSentinelCef,
	ownsCef: (record) => /^sentinel ?one$/i.test(record.vendor),
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (!Array.isArray(document) && isJsonObject(document) && Array.isArray(document['data']))
		return records(document['data']);
	return records(Array.isArray(document) ? document : [document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const folded = foldNames(record);
	// Custom rule alerts also come wrapped: `{"data": {"alertInfo": ...}}`.
	const inner = folded['data'];
	const body = isJsonObject(inner) && (inner['alertinfo'] ?? inner['threatinfo']) !== undefined ? inner : folded;
	if (isJsonObject(body['threatinfo'])) return readThreat(body, record, context);
	if (isJsonObject(body['alertinfo']) || isJsonObject(body['ruleinfo'])) return readRuleAlert(body, record, context);
	if (body['activitytype'] !== undefined) return readActivity(body, record, context);
	return unparsed(
		'record',
		`members ${Object.keys(record).slice(0, 8).join(', ')}`,
		'a threat (`threatInfo`), a custom rule alert (`alertInfo`) or an activity (`activityType`)',
	);
}

function readThreat(body: JsonObject, record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(Threat, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const threat = said.threatinfo;
	const draft = new Draft(context);
	addAgentEntities(draft, body);
	gather(draft, record);
	draft.labelsFrom({
		vendor: 'SentinelOne',
		product: 'Singularity',
		category: threat.classification,
		threat_name: threat.threatname,
		confidence: threat.confidencelevel,
		analyst_verdict: threat.analystverdict,
		vendor_status: threat.incidentstatus,
		mitigation_status: threat.mitigationstatus,
		classification_source: threat.classificationsource,
		detection_type: threat.detectiontype,
		engines: threat.engines,
		initiated_by: threat.initiatedby,
		originator_process: threat.originatorprocess,
		publisher: threat.publishername,
		storyline: threat.storyline,
		site: said.agentrealtimeinfo?.sitename ?? said.agentdetectioninfo?.sitename,
		group: said.agentrealtimeinfo?.groupname ?? said.agentdetectioninfo?.groupname,
	});
	const id = said.id ?? threat.threatid;
	const host = said.agentrealtimeinfo?.agentcomputername ?? null;
	const alert = draft.finish({
		externalId: id,
		identity: id === null ? [threat.threatname, host, threat.storyline] : ['threat', threat.threatid ?? id],
		status: isSettled(threat.incidentstatus, threat.mitigationstatus) ? 'closed' : 'open',
		title: [threat.classification, threat.threatname].filter((part) => part !== null).join(': ') || null,
		description: descriptionOf(body['indicators']),
		severity: severityOfConfidence(threat.confidencelevel),
		severityRaw: threat.confidencelevel,
		kind: 'security',
		domain: 'it',
		occurredAt: timeOf(draft, { identifiedAt: threat.identifiedat, createdAt: threat.createdat }),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** What the indicators say, a line each. */
function descriptionOf(indicators: JsonValue | undefined): string | null {
	if (!Array.isArray(indicators)) return null;
	const lines = indicators
		.filter(isJsonObject)
		.map((item) => item['description'])
		.filter((text) => typeof text === 'string');
	return lines.length === 0 ? null : lines.join('\n');
}

/** Closed is what people resolved or found benign. Where no incident status is stated (old consoles), what was mitigated. */
function isSettled(incident: string | null, mitigation: string | null): boolean {
	if (/^resolved$/i.test(incident ?? '') || /benign$/i.test(mitigation ?? '')) return true;
	return incident === null && /^mitigated$/i.test(mitigation ?? '');
}

function severityOfConfidence(level: string | null): Severity | null {
	if (/^malicious$/i.test(level ?? '')) return 'high';
	return /^suspicious$/i.test(level ?? '') ? 'medium' : null;
}

function severityOfRule(word: string | null): Severity | null {
	return severityOfWord(word?.replace(/^E_/i, '') ?? null);
}

/** SentinelOne writes its times in UTC. The first that reads counts. */
function timeOf(draft: Draft, times: Readonly<Record<string, string | null | undefined>>): number | null {
	for (const [key, value] of Object.entries(times)) {
		const at = draft.time(key, value, { receivedAt: draft.context.receivedAt, timeZone: 'UTC' });
		if (at !== null) return at;
	}
	return null;
}

function readRuleAlert(body: JsonObject, record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(RuleAlert, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const { alertinfo: info, ruleinfo: rule, id, severity } = reading.value;
	const draft = new Draft(context);
	addAgentEntities(draft, body);
	gather(draft, record);
	draft.labelsFrom({
		vendor: 'SentinelOne',
		product: info?.source ?? 'STAR',
		rule_id: rule?.id,
		rule_name: rule?.name,
		event_type: info?.eventtype,
		hit_type: info?.hittype,
		analyst_verdict: info?.analystverdict,
		vendor_status: info?.incidentstatus,
		treat_as_threat: rule?.treatasthreat,
	});
	const severityRaw = rule?.severity ?? severity;
	const alertId = info?.alertid ?? id;
	const alert = draft.finish({
		externalId: alertId,
		identity: ['alert', alertId ?? rule?.name],
		status: isSettled(info?.incidentstatus ?? null, null) ? 'closed' : 'open',
		title: rule?.name ?? 'Custom rule alert',
		description: rule?.description ?? null,
		severity: severityOfRule(severityRaw),
		severityRaw,
		kind: 'security',
		domain: 'it',
		occurredAt: timeOf(draft, { createdAt: info?.createdat, reportedAt: info?.reportedat, updatedAt: info?.updatedat }),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function readActivity(body: JsonObject, record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(Activity, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const data = said.data;
	const draft = new Draft(context);
	addAgentEntities(draft, body);
	gather(draft, record);
	draft.labelsFrom({
		vendor: 'SentinelOne',
		product: 'Singularity',
		activity_type: said.activitytype,
		rule_name: data?.rulename,
		event_type: data?.dveventtype,
		category: data?.threatclassification,
		vendor_status: data?.newincidentstatus ?? data?.newstatus,
		secondary: said.secondarydescription,
		site: data?.sitename ?? said.sitename,
		group: data?.groupname,
	});
	const isAlarm = (said.threatid ?? data?.alertid ?? null) !== null || (data?.rulename ?? null) !== null;
	const severityRaw = data?.severity ?? data?.newconfidencelevel ?? data?.confidencelevel ?? null;
	const stated = severityOfRule(severityRaw) ?? severityOfConfidence(severityRaw);
	const status = data?.newincidentstatus ?? data?.newstatus ?? null;
	const alert = draft.finish({
		externalId: said.id ?? said.activityuuid,
		identity:
			(data?.alertid ?? null) !== null
				? ['alert', data?.alertid]
				: said.threatid !== null
					? ['threat', said.threatid]
					: ['activity', said.activitytype, said.agentid, said.primarydescription],
		status: isAlarm && isSettled(status ?? 'unresolved', status) ? 'closed' : 'open',
		title: data?.rulename ?? said.primarydescription ?? said.description ?? `Activity ${said.activitytype ?? ''}`,
		description: data?.ruledescription ?? said.primarydescription ?? said.secondarydescription,
		severity: stated ?? (isAlarm ? null : 'informational'),
		severityRaw,
		kind: isAlarm ? 'security' : 'audit',
		domain: 'it',
		occurredAt: timeOf(draft, { detectedat: data?.detectedat, createdAt: said.createdat, updatedAt: said.updatedat }),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Notifications say by their category (`cat`) whether they are about a threat or a step of the console. */
function readSentinelCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	const field = (...keys: string[]): string | null =>
		keys.map((key) => present(record.fields.get(key) ?? record.labelled.get(key))).find((text) => text !== null) ??
		null;
	draft.endpoint(field('sourceHostName', 'deviceHostName', 'agentComputerName', 'shost', 'dvchost'), 'target');
	for (const key of ['sourceIpAddresses', 'deviceAddress', 'sourceDnsDomain'])
		for (const part of (field(key) ?? '').split(/[[\]",\s]+/)) draft.endpoint(part, 'target');
	const threat = field('threatID', 'threatId', 'sourceThreatId');
	const hash = field('fileHash', 'fileHash2', 'contentHash');
	const isAlarm =
		threat !== null ||
		hash !== null ||
		/threat|alert|malicious|suspicious|infect/i.test(
			`${record.name} ${field('cat') ?? ''} ${field('eventDesc') ?? ''}`,
		);
	const severity = severityOfWord(present(record.severity));
	const host = field('sourceAgentId', 'sourceHostName', 'deviceHostName', 'shost', 'dvchost');
	const status = field('incidentStatus', 'threatIncidentStatus', 'mitigationStatus', 'threatMitigationStatus');
	const alert = draft.finish({
		externalId: threat ?? field('activityID', 'externalId'),
		identity:
			threat === null
				? [record.signatureId, field('eventID', 'activityType'), host, hash, isAlarm ? null : field('msg', 'suser')]
				: ['threat', threat],
		status: isCefClosed(record) || isSettled(status ?? 'unresolved', status) ? 'closed' : 'open',
		title: record.name || record.signatureId || null,
		description: field('msg', 'eventDesc'),
		severity: severity ?? (isAlarm ? null : 'informational'),
		severityRaw: record.severity,
		kind: isAlarm ? 'security' : 'audit',
		domain: 'it',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
