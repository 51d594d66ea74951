// Microsoft Sentinel: incidents and alerts as automation rules, Logic Apps, the API and its SDKs write them, and rows of the tables
// SecurityIncident and SecurityAlert. What entities name is read in sentinel-entities.ts.
import { z } from 'zod';
import type { IntakeContext, Problem } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { namedRows } from '../formats/result-rows.ts';
import { describe, readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { addSentinelEntities } from './sentinel-entities.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Names are folded: `AlertSeverity`, `created_time_utc`, `createdTimeUtc`. */
const Said = z.looseObject({
	id: Text,
	name: Text,
	type: Text,
	systemalertid: Text,
	incidentname: Text,
	incidentnumber: Text,
	title: Text,
	alertdisplayname: Text,
	displayname: Text,
	alertname: Text,
	description: Text,
	severity: Word,
	alertseverity: Word,
	status: Word,
	tactics: TextList,
	techniques: TextList,
	providername: Text,
	vendorname: Text,
	productname: Text,
	providerincidentid: Text,
	provideralertid: Text,
	vendororiginalid: Text,
	alerttype: Text,
	confidencelevel: Word,
	classification: Text,
	classificationreason: Text,
	compromisedentity: Text,
	incidenturl: Text,
	alertlink: Text,
	lastactivitytimeutc: Text,
	lastactivitytime: Text,
	endtimeutc: Text,
	endtime: Text,
	firstactivitytimeutc: Text,
	firstactivitytime: Text,
	starttimeutc: Text,
	starttime: Text,
	createdtimeutc: Text,
	createdtime: Text,
	timegenerated: Text,
	lastmodifiedtimeutc: Text,
	lastmodifiedtime: Text,
	workspaceid: Text,
	workspaceresourcegroup: Text,
	additionaldata: z
		.looseObject({
			alertscount: Text,
			tactics: TextList,
			techniques: TextList,
			alertproductnames: TextList,
			providerincidenturl: Text,
		})
		.nullish(),
	owner: z.looseObject({ email: Text, userprincipalname: Text, assignedto: Text }).nullish(),
	labels: z.array(z.looseObject({ labelname: Text })).nullish(),
});
type Said = z.infer<typeof Said>;

export const sentinel: SourceKind = {
	name: 'sentinel',
	aliases: [],
	title: 'Microsoft Sentinel',
	vendor: 'Microsoft',
	domain: 'it',
	forms: [
		'incident trigger of automation rules and Logic Apps (`{"object": {"properties": ...}}`), with its alerts and entities',
		'incidents of the API, one, a list, `{"value": [...]}`; of the SDK for Python (snake case)',
		'alert trigger of Logic Apps, `SecurityAlert` and `SecurityIncident` rows, with `Entities` as JSON text',
		'the same rows as the answer of a Log Analytics query (`{"tables": [{"columns": ..., "rows": ...}]}`)',
	],
	severities: [
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
	],
	identity: 'the incident, or the alert, by its id: a change of status is the same condition',
	setup: [
		'Automation, Create, Playbook with incident trigger: one HTTP action, POST to `https://HOST/v1/alerts/sentinel`, header `Authorization: Bearer TOKEN`, body `@triggerBody()`.',
		'Add automation rules that run it when an incident is created and when it is updated, so that closing is told too.',
	],
	notHandled: [
		'bookmarks and comments of an incident are kept in the raw text only',
		'alerts of other products arrive as Sentinel states them: raw Defender XDR alerts belong to kind `defender-xdr`',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['value', 'records', 'Records']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	const tables = document['tables'];
	return Array.isArray(tables) ? records(rowsOf(tables, document), document) : records([document]);
}

/**
 * The answer of a Log Analytics query: each row of its tables. What is no table, and an answer that holds nothing but its error, is
 * kept whole: it may have stood for alerts.
 */
function rowsOf(tables: readonly JsonValue[], document: JsonObject): JsonValue[] {
	const rows = tables.flatMap((table): JsonValue[] => {
		if (!isJsonObject(table)) return [table];
		const { columns, rows: cells } = table;
		return Array.isArray(columns) && Array.isArray(cells) ? namedRows(columns, cells) : [table];
	});
	return rows.length === 0 && document['error'] !== undefined ? [document] : rows;
}

/** Of a query that ran with faults the answer is 200 all the same: it has an `error` beside rows that are not all of them. */
function faultOf(envelope: JsonObject | null): Problem[] {
	const error = envelope?.['tables'] === undefined ? undefined : envelope['error'];
	return error === undefined || error === null
		? []
		: [{ field: 'error', found: describe(error), expected: 'the whole answer of the query' }];
}

/** The statement inside the wrappings: `object`, `body`, then the resource's `properties` with its own id and name beside them. */
function bodyOf(folded: JsonObject): JsonObject {
	let body = folded;
	for (const key of ['body', 'object', 'incident', 'alert']) {
		const inner = body[key];
		if (isJsonObject(inner)) body = inner;
	}
	const properties = body['properties'];
	return isJsonObject(properties) ? { ...body, ...properties } : body;
}

const JSON_MEMBERS = [
	'entities',
	'extendedproperties',
	'additionaldata',
	'techniques',
	'tactics',
	'owner',
	'labels',
	'alerts',
];

/** Members that the tables carry as JSON inside text, read. One that breaks stays text and is noted. */
function expand(body: JsonObject, problems: Problem[]): JsonObject {
	const copy: JsonObject = { ...body };
	for (const key of JSON_MEMBERS) {
		const text = copy[key];
		if (typeof text !== 'string' || !/^\s{0,8}[{[]/.test(text)) continue;
		const json = readJson(text);
		const value = json.ok ? json.value.documents[0]?.value : undefined;
		if (value !== undefined) copy[key] = foldNames({ value })['value'] ?? null;
		else if (!json.ok) problems.push({ ...json.error, field: `${key}: ${json.error.field}` });
	}
	for (const key of ['additionaldata', 'owner']) if (typeof copy[key] === 'string') copy[key] = null;
	if (typeof copy['labels'] === 'string') copy['labels'] = null;
	return copy;
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const folded = foldNames(record);
	const problems: Problem[] = faultOf(envelope);
	const body = expand(bodyOf(folded), problems);
	const reading = readVendor(Said, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const id = idOf(said);
	const title = said.title ?? said.alertdisplayname ?? said.displayname ?? said.alertname;
	const severityRaw = said.severity ?? said.alertseverity;
	if (title === null && severityRaw === null)
		return unparsed(
			'record',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'an incident or alert with `title` (`AlertDisplayName`, `DisplayName`) or `severity`',
		);
	const draft = new Draft(context);
	for (const link of [said.incidenturl, said.alertlink]) draft.url(link, 'observer');
	addSentinelEntities(draft, body);
	draft.endpoint(said.compromisedentity, 'target');
	for (const name of [said.owner?.userprincipalname, said.owner?.email]) draft.user(name, null, 'related');
	gather(draft, record);
	addLabels(draft, said);
	const alert = draft.finish({
		externalId: id,
		identity: id === null ? [title, said.providername, said.compromisedentity] : [id.toLowerCase()],
		status: /^(?:closed|resolved|dismissed)$/i.test(said.status ?? '') ? 'closed' : 'open',
		title: title ?? id,
		description: said.description,
		severity: severityOf(severityRaw),
		severityRaw,
		kind: 'security',
		domain: 'it',
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...problems, ...reading.problems, ...draft.problems] };
}

/** An alert's own id, else the incident's: its resource id ends in the name that rows of the table carry. */
function idOf(said: Said): string | null {
	const resource = /\/(?:incidents|entities)\/([^/]{1,100})$/i.exec(said.id ?? '')?.[1] ?? null;
	return (
		said.systemalertid ??
		said.incidentname ??
		resource ??
		said.name ??
		said.id ??
		said.provideralertid ??
		said.vendororiginalid
	);
}

function severityOf(word: string | null): Severity | null {
	switch (word?.toLowerCase()) {
		case 'high':
			return 'high';
		case 'medium':
			return 'medium';
		case 'low':
			return 'low';
		case 'informational':
			return 'informational';
		default:
			return null;
	}
}

const TIMES = [
	'lastactivitytimeutc',
	'lastactivitytime',
	'endtimeutc',
	'endtime',
	'firstactivitytimeutc',
	'firstactivitytime',
	'starttimeutc',
	'starttime',
	'createdtimeutc',
	'createdtime',
	'timegenerated',
	'lastmodifiedtimeutc',
	'lastmodifiedtime',
] as const;

/** Sentinel writes UTC, also where an export drops the zone. The last event counts, creation only where none is told. */
function timeOf(draft: Draft, said: Said): number | null {
	const utc = { receivedAt: draft.context.receivedAt, timeZone: 'UTC' };
	for (const key of TIMES) {
		const at = draft.time(key, said[key], utc);
		if (at !== null) return at;
	}
	return null;
}

function addLabels(draft: Draft, said: Said): void {
	const more = said.additionaldata;
	const techniques = [...said.techniques, ...(more?.techniques ?? [])];
	for (const id of techniques) draft.technique(id);
	draft.labelsFrom({
		vendor: said.vendorname ?? 'Microsoft',
		product: said.productname ?? 'Microsoft Sentinel',
		provider: said.providername,
		alert_products: more?.alertproductnames,
		category: said.tactics.length > 0 ? said.tactics : more?.tactics,
		signature_id: said.alerttype,
		incident_number: said.incidentnumber,
		provider_id: said.provideralertid ?? said.providerincidentid ?? said.vendororiginalid,
		vendor_status: said.status,
		classification: said.classification,
		classification_reason: said.classificationreason,
		confidence: said.confidencelevel,
		alerts_count: more?.alertscount,
		owner: said.owner?.assignedto,
		tags: said.labels?.map((label) => label.labelname),
		workspace: said.workspaceid,
	});
}
