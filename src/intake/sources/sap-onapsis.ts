// SAP: alarms and user activity of the Onapsis platform (CEF, and rows of CommonSecurityLog), alerts of SAP Enterprise Threat Detection
// (LEEF, CEF, JSON), and rows of the security audit log as connectors export them.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { CefRecord } from '../formats/cef.ts';
import { cefOfRow, isCommonSecurityLog, isEmpty, spelledTime } from '../formats/common-security-log.ts';
import { Draft, present } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import { draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import { addAttribute, addSemantic, isDone, readEtdLeef, severityOf } from './sap-onapsis-etd.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Alerts of Enterprise Threat Detection and rows of the security audit log; names are folded. */
const SapRecord = z.looseObject({
	alertid: Text,
	id: Text,
	alertseverity: Word,
	alertseveritytext: Word,
	severity: Word,
	alertstatus: Word,
	status: Word,
	patternid: Text,
	patternname: Text,
	patterntype: Text,
	category: Text,
	name: Text,
	title: Text,
	text: Text,
	description: Text,
	messageid: Text,
	messagetext: Text,
	transactioncode: Text,
	abapprogramname: Text,
	maxresulttimestamp: Text,
	maxtimestamp: Text,
	minresulttimestamp: Text,
	mintimestamp: Text,
	alertcreationtimestamp: Text,
	creationtimestamp: Text,
	devtime: Text,
	timestamp: Text,
	eventtime: Text,
	updatedon: Text,
	timegenerated: Text,
	systemid: Text,
	clientid: Text,
	user: Text,
	host: Text,
	terminalipv6: Text,
	score: Text,
	measurement: Text,
	uilink: Text,
});
type SapRecord = z.infer<typeof SapRecord>;

export const sapOnapsis: SourceKind = {
	name: 'sap-onapsis',
	aliases: ['sap'],
	title: 'SAP: Onapsis platform, Enterprise Threat Detection, security audit log',
	vendor: 'SAP, Onapsis',
	domain: 'it',
	forms: [
		'CEF of the Onapsis Security Platform (alarms, user activity, vulnerabilities), also as CSV or JSON rows of `CommonSecurityLog`',
		'LEEF, CEF and JSON of SAP Enterprise Threat Detection',
		'rows of the security audit log as connectors export them (`MessageID`, `MessageText`, `SystemID`), JSON or CSV',
	],
	severities: [
		['Onapsis `sev` (else the CEF header), ETD LEEF `sev`: 9, 10', 'critical'],
		['7, 8', 'high'],
		['4 to 6', 'medium'],
		['1 to 3', 'low'],
		['0', 'informational'],
		['words (`AlertSeverity`, `AlertSeverityText`): Very High, Critical', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['a row of the audit log without one', 'informational'],
	],
	identity:
		'Onapsis: signature, category, SAP system, user, source and rule; ETD: the alert id; audit log: message, system, client, user and terminal',
	setup: [
		'Onapsis: Setup, Integrations: a syslog destination in CEF with our address and port.',
		'SAP ETD: Settings, Alert publishing: push alerts as JSON to `https://HOST/v1/alerts/sap-onapsis` with the bearer token, or as LEEF to our syslog port.',
	],
	notHandled: [
		"files of the security audit log in SAP's own fixed-width form: let a connector read them",
		'user pseudonyms of ETD are not resolved',
	],
	takesCsv: true,
	splitJson: split,
	readJson: read,
	readCef: (record, header, context) => readSapCef(record, header, context, null),
	ownsCef: (record) => /^(?:onapsis|sap(?: se)?)$/i.test(record.vendor),
	readLeef: readEtdLeef,
	ownsLeef: (record) => /^sap(?: se)?$/i.test(record.vendor),
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	const inner = isJsonObject(document['d']) ? document['d'] : document;
	for (const key of ['results', 'value', 'alerts', 'Alerts']) {
		const list = inner[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (isCommonSecurityLog(record)) return readSapCef(cefOfRow(record), null, context, record);
	const folded = foldNames(record);
	const reading = readVendor(SapRecord, folded);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const isLog = said.messageid !== null && said.alertid === null;
	const title = said.patternname ?? said.title ?? said.name ?? said.messagetext ?? said.text;
	if (!isLog && title === null)
		return unparsed(
			'record',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'an alert with `PatternName` or a name, a row with `MessageID`, or a row of CommonSecurityLog',
		);
	const draft = new Draft(context);
	addSemantic(draft, folded);
	draft.entity('asset_id', said.systemid, 'target');
	if (isLog) draft.user(said.user, null, 'actor');
	draft.endpoint(said.terminalipv6, 'actor');
	draft.endpoint(said.host, 'target');
	draft.url(said.uilink, 'observer');
	gather(draft, record);
	addLabels(draft, said);
	const severityRaw = said.alertseverity ?? said.severity ?? said.alertseveritytext;
	const severity = severityOf(severityRaw);
	const id = said.alertid ?? said.id;
	const alert = draft.finish({
		externalId: id,
		identity: isLog
			? ['log', said.messageid, said.systemid, said.clientid, said.user, said.terminalipv6, said.transactioncode]
			: id === null
				? [said.patternid ?? title, said.systemid]
				: ['etd', id],
		status: isDone(said.alertstatus ?? said.status) ? 'closed' : 'open',
		title: title ?? said.messageid,
		description: said.text ?? said.description ?? said.messagetext,
		severity: severity ?? (isLog && severityRaw === null ? 'informational' : null),
		severityRaw,
		kind: isLog && severity !== 'high' && severity !== 'critical' ? 'audit' : 'security',
		domain: 'it',
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const TIMES = [
	'maxresulttimestamp',
	'maxtimestamp',
	'minresulttimestamp',
	'mintimestamp',
	'eventtime',
	'timestamp',
	'devtime',
	'alertcreationtimestamp',
	'creationtimestamp',
	'updatedon',
	'timegenerated',
] as const;

function timeOf(draft: Draft, said: SapRecord): number | null {
	for (const key of TIMES) {
		const at = draft.time(key, said[key] === null ? null : spelledTime(said[key]));
		if (at !== null) return at;
	}
	return null;
}

function addLabels(draft: Draft, said: SapRecord): void {
	draft.labelsFrom({
		vendor: 'SAP',
		product: said.messageid === null ? 'Enterprise Threat Detection' : 'Security audit log',
		signature_id: said.patternid ?? said.messageid,
		category: said.category,
		pattern_type: said.patterntype,
		system_id: said.systemid,
		client: said.clientid,
		transaction: said.transactioncode,
		program: said.abapprogramname,
		vendor_status: said.alertstatus ?? said.status,
		score: said.score,
		measurement: said.measurement,
	});
}

/** Onapsis fills what it does not know with `None` and `__EMPTY__`. */
function withoutEmpty(record: CefRecord): CefRecord {
	const isSaid = ([, value]: readonly [string, string]): boolean => !isEmpty(value);
	return {
		...record,
		fields: new Map([...record.fields].filter(isSaid)),
		labelled: new Map([...record.labelled].filter(isSaid)),
		pairs: record.pairs.filter(isSaid),
	};
}

function readSapCef(
	whole: CefRecord,
	header: SyslogMessage | null,
	context: IntakeContext,
	row: JsonObject | null,
): Reading {
	const record = withoutEmpty(whole);
	const draft = draftOfCef(record, header, context);
	const field = (...keys: string[]): string | null =>
		keys.map((key) => present(record.fields.get(key) ?? record.labelled.get(key))).find((text) => text !== null) ??
		null;
	const system = field('OnapsisOSPSid', 'SystemIdActor', 'asset_name', 'sid');
	draft.entity('asset_id', system, 'target');
	draft.endpoint(field('OnapsisOSPTerminalSource'), 'actor');
	for (const [key, value] of record.fields) addAttribute(draft, key.toLowerCase(), value);
	draft.entity('process', field('OnapsisOSPProgramName'), 'related');
	// A row's other columns name things too: the collector, a malicious address that the workspace matched.
	if (row !== null)
		for (const key of ['Computer', 'MaliciousIP', 'RemoteIP', 'CollectorHostName']) {
			const value = row[key];
			if (typeof value === 'string') gatherField(draft, key, value, 'related');
		}
	draft.labelsFrom({
		sap_system: system,
		client: field('client'),
		cef_severity: record.severity,
		policy: field('OnapsisOSPPolicy'),
	});
	// Onapsis puts its severity into `sev`, the header holds a constant.
	const severityRaw = field('sev', 'AlertSeverity') ?? record.severity;
	const id = field('AlertId', 'externalId', 'event_id', 'OnapsisOSPIncidentDetail');
	const isEtd = /^sap/i.test(record.vendor);
	const alert = draft.finish({
		externalId: id,
		identity:
			isEtd && id !== null
				? ['etd', id]
				: [
						record.signatureId,
						record.name,
						field('cat'),
						system,
						field('suser'),
						field('shost', 'src'),
						field('dst'),
						field('OnapsisOSPMatchingRule', 'OnapsisOSPModuleName'),
					],
		status: isCefClosed(record) || isDone(field('AlertStatus')) ? 'closed' : 'open',
		title: record.name || record.signatureId || null,
		description: field('Text', 'msg', 'OnapsisOSPModuleDescription'),
		severity: severityOf(present(severityRaw)),
		severityRaw,
		kind: kindOfOnapsis(
			field('cat'),
			field('OnapsisOSPVulnerabilityCvss'),
			field('OnapsisOSPPolicy', 'OnapsisOSPMatchingRule'),
		),
		domain: 'it',
		occurredAt: timeOfCef(draft, record, header) ?? draft.time('TimeGenerated', generated(row)),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

function generated(row: JsonObject | null): string | null {
	const value = row?.['TimeGenerated [UTC]'] ?? row?.['TimeGenerated'];
	return typeof value === 'string' ? spelledTime(value) : null;
}

/** User activity is a record unless a policy or a rule marked it. */
function kindOfOnapsis(category: string | null, cvss: string | null, rule: string | null): AlertKind {
	if (cvss !== null || /vulnerab|misconfig/i.test(category ?? '')) return 'vulnerability';
	return /^user ?activity$|audit/i.test(category ?? '') && rule === null ? 'audit' : 'security';
}
