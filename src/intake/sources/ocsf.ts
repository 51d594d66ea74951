// OCSF events of any producer, schema 1.0 to 1.8: findings are alerts, all other classes audit records. What the objects of an event
// name is read in ocsf-objects.ts.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { Flag, readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import { addObject, addObservables, addTechniques } from './ocsf-objects.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

const Product = z.looseObject({ name: Text, vendor_name: Text, uid: Text, version: Text }).nullish();
const FindingInfo = z.looseObject({
	uid: Text,
	title: Text,
	desc: Text,
	src_url: Text,
	types: TextList,
	last_seen_time: Text,
	last_seen_time_dt: Text,
	modified_time: Text,
	created_time: Text,
	analytic: z.looseObject({ name: Text, uid: Text }).nullish(),
});

const OcsfEvent = z.looseObject({
	class_uid: z
		.union([z.number(), z.string().regex(/^\d{1,8}$/)], 'the number of an OCSF class (2004 Detection Finding ...)')
		.transform(Number),
	class_name: Text,
	category_name: Text,
	type_uid: Text,
	type_name: Text,
	activity_id: Word,
	activity_name: Text,
	severity_id: Word,
	severity: Word,
	status_id: Word,
	status: Text,
	state_id: Word,
	state: Text,
	time: Text,
	time_dt: Text,
	end_time: Text,
	end_time_dt: Text,
	start_time: Text,
	start_time_dt: Text,
	message: Text,
	desc: Text,
	is_alert: Flag,
	action: Text,
	disposition: Text,
	confidence: Text,
	risk_level: Text,
	finding_info: FindingInfo.nullish(),
	finding: FindingInfo.nullish(),
	finding_info_list: z.array(FindingInfo).nullish(),
	metadata: z.looseObject({ uid: Text, version: Text, product: Product, event_code: Text, log_name: Text }).nullish(),
	compliance: z.looseObject({ status: Text, status_id: Word, control: Text, requirements: TextList }).nullish(),
	vulnerabilities: z.array(z.looseObject({ title: Text, cve: z.looseObject({ uid: Text }).nullish() })).nullish(),
});
type OcsfEvent = z.infer<typeof OcsfEvent>;

export const ocsf: SourceKind = {
	name: 'ocsf',
	aliases: [],
	title: 'OCSF (Open Cybersecurity Schema Framework)',
	vendor: 'any',
	domain: null,
	forms: [
		'findings of schema 1.0 to 1.8: Detection 2004, Security 2001, Vulnerability 2002, Compliance 2003, Incident 2005, Data Security 2006',
		'events of every other class, kept as audit records',
		'one, a list, one a line, or under `events`, `records`, `findings` or EventBridge `detail` (Security Hub: `detail.findings`)',
	],
	severities: [
		['`severity_id` 6 Fatal, 5 Critical', 'critical'],
		['4 High', 'high'],
		['3 Medium', 'medium'],
		['2 Low', 'low'],
		['1 Informational', 'informational'],
		['99 Other: the word of `severity`', 'by value'],
		['0 Unknown', null],
	],
	identity: 'product and `finding_info.uid`; without one: class, title, the first resource or device and endpoint',
	setup: [
		'Let the producer or its pipeline (Security Lake subscriber, Security Hub through EventBridge, Vector, Tenzir) post the events to `https://HOST/v1/alerts/ocsf` with the bearer token.',
	],
	notHandled: ['Parquet files of a security lake', '`type_uid` is not checked against class and activity'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	ownsJson: (record) => record['class_uid'] !== undefined && isJsonObject(record['metadata'] ?? null),
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.map(unwrapped));
	if (!isJsonObject(document) || document['class_uid'] !== undefined) return records([document]);
	const detail = document['detail'];
	for (const holder of [document, isJsonObject(detail) ? detail : null]) {
		for (const key of ['events', 'records', 'findings', 'Records', 'data', 'items']) {
			const list = holder?.[key];
			if (Array.isArray(list)) return records(list.map(unwrapped), document);
		}
	}
	return records([unwrapped(document)], document);
}

function unwrapped(item: JsonValue): JsonValue {
	if (!isJsonObject(item) || item['class_uid'] !== undefined) return item;
	for (const key of ['detail', 'event', '_source', 'ocsf', 'message', 'data']) {
		const inner = item[key];
		if (isJsonObject(inner) && inner['class_uid'] !== undefined) return inner;
	}
	return item;
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(OcsfEvent, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const event = reading.value;
	const info = event.finding_info ?? event.finding ?? event.finding_info_list?.[0] ?? null;
	const draft = new Draft(context);
	addObject(draft, record, null);
	addObservables(draft, record['observables']);
	gather(draft, record);
	addTechniques(draft, record);
	addLabels(draft, event, info);
	const product = event.metadata?.product;
	const title = info?.title ?? event.vulnerabilities?.[0]?.title ?? event.message;
	const named = (['cloud_resource', 'host', 'ip', 'user'] as const).map((type) => draft.first(type));
	const finished = draft.finish({
		externalId: info?.uid ?? event.metadata?.uid,
		identity:
			info?.uid === undefined || info.uid === null
				? [product?.name, event.class_uid, title ?? event.type_name, ...named]
				: [product?.name ?? product?.uid, info.uid],
		status: isClosed(event) ? 'closed' : 'open',
		title: title ?? event.type_name ?? event.class_name ?? `OCSF event of class ${event.class_uid}`,
		description: info?.desc ?? event.desc ?? event.message,
		...severityOf(event),
		kind: kindOf(event),
		domain: null,
		occurredAt: timeOf(draft, event, info),
	});
	return { kind: 'alert', alert: finished, problems: [...reading.problems, ...draft.problems] };
}

/** OCSF dictionary, severity_id. Fatal is worse than critical; our scale ends there. */
const BY_ID: Readonly<Record<string, Severity | null>> = {
	'0': null,
	'1': 'informational',
	'2': 'low',
	'3': 'medium',
	'4': 'high',
	'5': 'critical',
	'6': 'critical',
};

/** The number counts; its caption is what the producer calls it. With 99 (Other), or without a number, the caption counts. */
function severityOf(event: OcsfEvent): { severity: Severity | null; severityRaw: string | null } {
	const id = event.severity_id ?? '';
	const severityRaw = event.severity ?? event.severity_id;
	if (Object.hasOwn(BY_ID, id)) return { severity: BY_ID[id] ?? null, severityRaw };
	return { severity: severityOfWord(event.severity), severityRaw };
}

function isFinding(event: OcsfEvent): boolean {
	return Math.floor(event.class_uid / 1000) === 2;
}

/**
 * Activity 3 of a finding is Close. `status_id` 3, 4, 5 differ by class: of an incident (2005) 3 is On Hold and 4, 5 Resolved, Closed;
 * of the others 3 is Suppressed (reviewed, no threat), then Resolved, Archived, Deleted. 2001 calls it `state_id`.
 */
function isClosed(event: OcsfEvent): boolean {
	if (!isFinding(event)) return false;
	if (event.activity_id === '3') return true;
	if (event.class_uid === 2003 && /^(?:pass(?:ed)?|compliant)$/i.test(event.compliance?.status ?? '')) return true;
	const status = event.class_uid === 2001 ? (event.state_id ?? event.status_id) : event.status_id;
	const closed = event.class_uid === 2005 ? ['4', '5'] : event.class_uid === 2001 ? ['3', '4'] : ['3', '4', '5', '6'];
	if (status !== null && status !== '0' && status !== '99') return closed.includes(status);
	return /^(?:resolved|closed|archived|suppressed|deleted)$/i.test(event.state ?? event.status ?? '');
}

function kindOf(event: OcsfEvent): AlertKind {
	if (event.class_uid === 2002 || event.class_uid === 2007) return 'vulnerability';
	if (event.class_uid === 2003) return 'audit';
	if (isFinding(event)) return 'security';
	// The security_control profile: a record that a control calls an alert.
	return event.is_alert === true ? 'security' : 'audit';
}

/** When it was last seen; else the end of the activity; else the record's time. Milliseconds, or RFC 3339 with the datetime profile. */
function timeOf(draft: Draft, event: OcsfEvent, info: OcsfEvent['finding_info']): number | null {
	const stated: readonly (readonly [string, string | null | undefined])[] = [
		['finding_info.last_seen_time', info?.last_seen_time],
		['finding_info.last_seen_time_dt', info?.last_seen_time_dt],
		['end_time', event.end_time],
		['end_time_dt', event.end_time_dt],
		['time', event.time],
		['time_dt', event.time_dt],
		['start_time', event.start_time],
		['start_time_dt', event.start_time_dt],
		['finding_info.modified_time', info?.modified_time],
		['finding_info.created_time', info?.created_time],
	];
	for (const [field, value] of stated) {
		const at = draft.time(field, value);
		if (at !== null) return at;
	}
	return null;
}

function addLabels(draft: Draft, event: OcsfEvent, info: OcsfEvent['finding_info']): void {
	const product = event.metadata?.product;
	draft.labelsFrom({
		vendor: product?.vendor_name,
		product: product?.name,
		product_version: product?.version,
		schema_version: event.metadata?.version,
		class_uid: event.class_uid,
		class_name: event.class_name,
		category: info?.types ?? [],
		signature_id: info?.analytic?.uid ?? event.metadata?.event_code,
		signature: info?.analytic?.name,
		type_name: event.type_name,
		activity: event.activity_name,
		status: event.status ?? event.state,
		severity_id: event.severity_id,
		action: event.action,
		disposition: event.disposition,
		confidence: event.confidence,
		risk_level: event.risk_level,
		compliance_status: event.compliance?.status,
		compliance_control: event.compliance?.control,
		compliance_requirements: event.compliance?.requirements ?? [],
		link: info?.src_url,
	});
}
