// Splunk: the webhook alert action (one result row a call), notable events and findings of Enterprise Security, and rows of a search
// export. Fields are those of the search, so only the Common Information Model's names carry a role.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { expandDots, FirstText } from '../formats/field-paths.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList } from '../formats/vendor-record.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** What the alert action puts round the row. */
const Action = z.looseObject({
	sid: Text,
	search_name: Text,
	results_link: Text,
	owner: Text,
	app: Text,
	server_host: Text,
});
type Action = z.infer<typeof Action>;

/** Fields of a row that mean the same in every search (CIM, Enterprise Security, ITSI); a field of several values is a list. */
const Row = z.looseObject({
	_time: FirstText,
	orig_time: FirstText,
	event_id: FirstText,
	rule_name: FirstText,
	rule_title: FirstText,
	rule_description: FirstText,
	search_name: FirstText,
	source: FirstText,
	sourcetype: FirstText,
	index: FirstText,
	security_domain: FirstText,
	severity: FirstText,
	urgency: FirstText,
	priority: FirstText,
	risk_score: FirstText,
	risk_object: FirstText,
	risk_object_type: FirstText,
	signature: FirstText,
	signature_id: FirstText,
	status: FirstText,
	status_label: FirstText,
	status_end: FirstText,
	disposition_label: FirstText,
	owner: FirstText,
	host: FirstText,
	orig_host: FirstText,
	src: TextList,
	src_ip: TextList,
	dest: TextList,
	dest_ip: TextList,
	dvc: TextList,
	user: TextList,
	src_user: TextList,
	message: FirstText,
	alert_name: FirstText,
	itsi_group_id: FirstText,
	itsi_service_id: FirstText,
	severity_label: FirstText,
	is_itsi: FirstText,
});
type Row = z.infer<typeof Row>;

/** Members by which a row is known that comes without anything round it. */
const ROW_MARKS = [
	'_time',
	'_raw',
	'event_id',
	'rule_name',
	'search_name',
	'sourcetype',
	'risk_object',
	'itsi_group_id',
];

export const splunk: SourceKind = {
	name: 'splunk',
	aliases: [],
	title: 'Splunk (alert action, Enterprise Security)',
	vendor: 'Splunk',
	domain: null,
	forms: [
		'webhook alert action `{result, sid, search_name, results_link, owner, app}`',
		'notable events and findings of Enterprise Security as the result, or as rows of a search export (`{"results": [...]}`, `{"preview": false, "result": {...}}` a line)',
		'events of ITSI',
	],
	severities: [
		['field `severity` of the row (Enterprise Security: of the correlation search): critical', 'critical'],
		['high', 'high'],
		['medium', 'medium'],
		['low', 'low'],
		['informational, info', 'informational'],
		['without it `urgency` (severity and the priority of the asset), then `priority`', 'by value'],
		['ITSI: 6 critical, 5 high, 4 medium, 3 low, 1 and 2 informational', 'by value'],
		['unknown, or no such field: a saved search has none', null],
	],
	identity:
		'the saved search (app and name) and the values of host, src, dest, user, risk object and signature of the row',
	setup: [
		'Save the search as an alert, trigger action Webhook with `https://USER:PASSWORD@HOST/v1/alerts/splunk` (the action sends no header of its own), trigger "For each result": the action sends the first row only.',
		'Enterprise Security: add the same action to the correlation search, or schedule a search over `notable` with it.',
		'Let the search return `severity`, and `_time` for the time of the event.',
	],
	notHandled: [
		'a saved search does not say when its condition is over: only a notable with status Resolved or Closed closes',
		'rows after the first are not in the webhook (trigger for each result)',
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
	const list = document['results'];
	return Array.isArray(list) ? records(list, document) : records([document]);
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const inner = record['result'] ?? record['event'];
	const row = isJsonObject(inner) ? inner : record;
	const around = isJsonObject(inner) ? record : (envelope ?? {});
	const isAction = ['sid', 'search_name', 'results_link'].some((key) => around[key] !== undefined);
	if (!isAction && !isJsonObject(inner) && !ROW_MARKS.some((key) => row[key] !== undefined)) {
		const found = `members ${Object.keys(row).slice(0, 8).join(', ')}`;
		return unparsed('result', found.slice(0, 200), '`result` with `sid` and `search_name`, or a row with `_time`');
	}
	const action = readVendor(Action, around);
	const reading = readVendor(Row, row);
	if (!reading.ok || !action.ok)
		return { kind: 'unparsed', problems: [...(reading.ok ? [] : reading.problems), ...action.problems] };
	const said = reading.value;
	const name = said.search_name ?? action.value.search_name ?? said.rule_name ?? said.alert_name;
	const draft = new Draft(context);
	addEntities(draft, said, action.value);
	gather(draft, expandDots(row));
	if (isJsonObject(inner)) gather(draft, around, '', new Set(['result', 'event', 'owner']));
	addLabels(draft, said, action.value, row);
	const isItsi = [said.itsi_group_id, said.itsi_service_id, said.is_itsi].some((field) => field !== null);
	const severityRaw = said.severity ?? (isItsi ? said.severity_label : null) ?? said.urgency ?? said.priority;
	const isClosed = /^(?:resolved|closed)$/i.test(said.status_label ?? said.status ?? '') || said.status_end === 'true';
	const title = said.rule_title ?? said.rule_name ?? name ?? said.signature;
	const alert = draft.finish({
		externalId: said.event_id ?? action.value.sid,
		identity: identityOf(said, action.value, name),
		status: isClosed ? 'closed' : 'open',
		title: title ?? `Splunk search ${action.value.sid ?? ''}`,
		description: said.rule_description ?? said.message ?? said.signature,
		severity: isItsi ? itsiSeverity(severityRaw) : severityOfWord(severityRaw),
		severityRaw,
		kind: kindOf(said, isItsi, `${title ?? ''} . ${said.rule_description ?? ''}`),
		domain: null,
		occurredAt: timeOf(draft, said, action.value, around),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...action.problems, ...draft.problems] };
}

/** ITSI: 1 info, 2 normal, 3 low, 4 medium, 5 high, 6 critical; in words the same. */
function itsiSeverity(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case '6':
			return 'critical';
		case '5':
			return 'high';
		case '4':
			return 'medium';
		case '3':
			return 'low';
		case '1':
		case '2':
		case 'normal':
			return 'informational';
		default:
			return severityOfWord(text);
	}
}

/** A scheduled search's id ends in its run (`..._at_1746345600_7`), which is new each time. */
function searchOf(sid: string | null): string | null {
	return sid === null ? null : sid.replace(/_at_\d.{0,60}$/, '').replace(/^\d{9,10}\.\d{1,10}.{0,60}$/, 'ad hoc');
}

function identityOf(said: Row, action: Action, name: string | null): (string | null)[] {
	const one = (list: readonly string[]): string => [...list].sort().join(',');
	return [
		action.app,
		name ?? searchOf(action.sid),
		said.host ?? said.orig_host,
		one(said.src.length > 0 ? said.src : said.src_ip),
		one(said.dest.length > 0 ? said.dest : said.dest_ip),
		one(said.user),
		said.risk_object,
		said.signature_id ?? said.signature,
		said.itsi_group_id ?? said.itsi_service_id,
	];
}

/** Enterprise Security speaks of security only. A plain search may speak of anything; what its words do not show is taken for security. */
function kindOf(said: Row, isItsi: boolean, words: string): AlertKind {
	if (isItsi) return kindOfWords(words) ?? 'availability';
	if (said.security_domain !== null || said.risk_object !== null) return 'security';
	const kind = kindOfWords(words);
	return kind === 'process' || kind === 'maintenance' ? kind : 'security';
}

/** The row's own time; else when the search ran, which its id tells. */
function timeOf(draft: Draft, said: Row, action: Action, around: JsonObject): number | null {
	const ran = /_at_(\d{10})(?:\D|$)/.exec(action.sid ?? '')?.[1] ?? /^(\d{10})\.\d/.exec(action.sid ?? '')?.[1] ?? null;
	return (
		draft.time('_time', said._time) ??
		draft.time('orig_time', said.orig_time) ??
		draft.time('time', Text.safeParse(around['time']).data) ??
		draft.time('sid', ran)
	);
}

function addEntities(draft: Draft, said: Row, action: Action): void {
	draft.url(action.results_link, 'observer');
	draft.endpoint(action.server_host, 'observer');
	for (const value of [...said.src, ...said.src_ip]) draft.endpoint(value, 'actor');
	for (const value of [...said.dest, ...said.dest_ip]) draft.endpoint(value, 'target');
	for (const value of said.dvc) draft.endpoint(value, 'observer');
	for (const value of said.src_user) draft.user(value, null, 'actor');
	for (const value of said.user) draft.user(value, null, 'target');
	if (/user/i.test(said.risk_object_type ?? '')) draft.user(said.risk_object, null, 'target');
	else draft.endpoint(said.risk_object, 'target');
	draft.endpoint(said.orig_host ?? said.host, 'related');
}

function addLabels(draft: Draft, said: Row, action: Action, row: JsonObject): void {
	draft.labelsFrom({
		vendor: 'Splunk',
		product: said.security_domain === null ? 'Splunk' : 'Splunk Enterprise Security',
		signature_id: said.rule_name ?? said.search_name ?? action.search_name,
		signature: said.signature,
		sid: action.sid,
		app: action.app,
		search_owner: action.owner,
		security_domain: said.security_domain,
		urgency: said.urgency,
		risk_score: said.risk_score,
		vendor_status: said.status_label ?? said.status,
		disposition: said.disposition_label,
		event_source: said.source,
		sourcetype: said.sourcetype,
		index: said.index,
	});
	// A search may return anything: its scalars are what a rule can look at.
	for (const [name, value] of Object.entries(row))
		if (typeof value === 'string' || typeof value === 'number') draft.label(name, value);
}
