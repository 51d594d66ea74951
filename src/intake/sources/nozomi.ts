// Nozomi Networks Guardian, CMC and Vantage: JSON (alerts, vulnerabilities, audit and other records of the OpenAPI) and CEF.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { Flag, readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { isPlantSafety, kindOfWords, severityOfWord } from '../formats/words.ts';
import { draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import { isNozomiRecord, readNozomiRecord } from './nozomi-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

const NozomiAlert = z.looseObject({
	id: Text,
	name: Text,
	type_id: Text,
	type_name: Text,
	description: Text,
	severity: Word,
	risk: Word,
	status: Word,
	time: Text,
	created_time: Text,
	closed_time: Text,
	record_created_at: Text,
	id_src: Text,
	id_dst: Text,
	ip_src: Text,
	ip_dst: Text,
	mac_src: Text,
	mac_dst: Text,
	label_src: Text,
	label_dst: Text,
	port_src: Text,
	port_dst: Text,
	zone_src: Text,
	zone_dst: Text,
	src_roles: Text,
	dst_roles: Text,
	protocol: Text,
	transport_protocol: Text,
	is_security: Flag,
	is_incident: Flag,
	threat_name: Text,
	trigger_type: Text,
	trigger_id: Text,
	session_id: Text,
	appliance_host: Text,
	appliance_id: Text,
	appliance_ip: Text,
	appliance_site: Text,
	sensor_host: Text,
	sensor_ip: Text,
	site: Text,
	note: Text,
	username: Text,
	user: Text,
	ip: TextList,
	properties: z
		.looseObject({ username: Text, base_risk: Text, raised_by: Text, n2os_version: Text, cause: Text, solution: Text })
		.nullish(),
});
type NozomiAlert = z.infer<typeof NozomiAlert>;

export const nozomi: SourceKind = {
	name: 'nozomi',
	aliases: [],
	title: 'Nozomi Networks Guardian, CMC, Vantage',
	vendor: 'Nozomi Networks',
	domain: 'ot',
	forms: [
		'alert JSON: one, a list, `{"result": [...]}`, `{"data": [{"attributes": ...}]}`, one a line',
		'vulnerability, audit, health and asset records as JSON',
		'CEF, bare or in syslog, wrapped or not',
	],
	severities: [
		['`severity` (where absent `risk`), CEF severity: 9, 10', 'critical'],
		['7, 8', 'high'],
		['4 to 6', 'medium'],
		['1 to 3', 'low'],
		['0; audit, health and asset records without one', 'informational'],
		['vulnerability: CVSS `score`, from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low', 'by value'],
	],
	identity: 'type, source, destination and protocol; a vulnerability: CVE and node. Never the event id or a time',
	setup: [
		'Guardian, CMC: Administration, Data integration: add a CEF endpoint to our syslog port, or a JSON endpoint to `https://HOST/v1/alerts/nozomi` with the bearer token.',
		'Vantage: Administration, Integrations, HTTP: the same address and token.',
	],
	notHandled: ['playbook contents and traces of an alert are kept in the raw text only'],
	splitJson: split,
	readJson: read,
	readCef: readNozomiCef,
	ownsCef: (record) => /^nozomi/i.test(record.vendor) || /^n2os$/i.test(record.product),
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.map(unwrap));
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['result', 'results', 'data', 'alerts', 'items', 'events', 'vulnerabilities']) {
		const list = document[key];
		if (Array.isArray(list) && !isNozomiRecord(document)) return records(list.map(unwrap), document);
	}
	const inner = unwrap(document);
	return inner === document ? records([document]) : records([inner], document);
}

/** JSON:API form of Vantage (`{id, type, attributes}`), and shippers' wrappings. */
function unwrap(record: JsonValue): JsonValue {
	if (!isJsonObject(record) || isNozomiRecord(record)) return record;
	const attributes = record['attributes'];
	// What is inside counts; the outer id is the record's own where the attributes have none.
	if (isJsonObject(attributes)) return { ...record, ...attributes };
	for (const key of ['data', 'result', 'event', 'alert', '_source', 'payload']) {
		const inner = record[key];
		if (isJsonObject(inner)) return unwrap(inner);
	}
	return record;
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const isAlert = ['type_id', 'ip_src', 'id_src', 'mac_src', 'is_security'].some((key) => record[key] !== undefined);
	if (!isAlert || record['cve'] !== undefined) return readNozomiRecord(record, context);
	const reading = readVendor(NozomiAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	addEntities(draft, said);
	gather(draft, record);
	addLabels(draft, said);
	const type = conditionOf(said.type_id ?? said.type_name ?? said.name);
	const source = said.ip_src ?? said.id_src ?? said.mac_src ?? said.label_src;
	const destination = said.ip_dst ?? said.id_dst ?? said.mac_dst ?? said.label_dst;
	const isClosed =
		isOver(said.type_id) ||
		(said.status === null
			? draft.time('closed_time', said.closed_time) !== null
			: /^(?:closed?(?![a-z])|resolved)/i.test(said.status));
	const severityRaw = said.severity ?? said.risk;
	const alert = draft.finish({
		externalId: said.id,
		identity: identityOf(type, source, destination, said.protocol, said.name, said.appliance_host),
		status: isClosed ? 'closed' : 'open',
		title: said.name ?? said.type_name ?? said.type_id,
		description: said.description,
		severity: severityRaw === null && isRecordOf(said.type_id) ? 'informational' : severityOfWord(severityRaw),
		severityRaw,
		kind: kindOf(said.type_id, said.is_security, `${said.name ?? ''} . ${said.description ?? ''}`),
		domain: 'ot',
		occurredAt:
			draft.time('time', said.time) ??
			draft.time('created_time', said.created_time) ??
			draft.time('record_created_at', said.record_created_at),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function addEntities(draft: Draft, said: NozomiAlert): void {
	draft.endpoint(said.ip_src, 'actor', 'ip_src');
	draft.endpoint(said.id_src, 'actor');
	draft.entity('mac', said.mac_src, 'actor', 'mac_src');
	draft.endpoint(said.ip_dst, 'target', 'ip_dst');
	draft.endpoint(said.id_dst, 'target');
	draft.entity('mac', said.mac_dst, 'target', 'mac_dst');
	// In the audit trail the address is where that person came from.
	for (const ip of said.ip) draft.endpoint(ip, isRecordOf(said.type_id) ? 'actor' : 'related');
	for (const user of [said.username, said.user]) draft.user(user, null, 'actor');
	draft.entity('host', said.label_src, 'actor');
	draft.entity('host', said.label_dst, 'target');
	draft.entity('zone', said.zone_src, 'actor');
	draft.entity('zone', said.zone_dst, 'target');
	draft.entity('port', said.port_src, 'actor', 'port_src');
	draft.entity('port', said.port_dst, 'target', 'port_dst');
	draft.entity('protocol', said.protocol, 'related');
	draft.entity('session', said.session_id, 'related');
	draft.user(said.properties?.username, null, 'actor');
	for (const value of [said.appliance_host, said.appliance_ip, said.sensor_host, said.sensor_ip])
		draft.endpoint(value, 'observer');
}

function addLabels(draft: Draft, said: NozomiAlert): void {
	draft.labelsFrom({
		vendor: 'Nozomi Networks',
		product: 'N2OS',
		product_version: said.properties?.n2os_version,
		signature_id: said.type_id,
		category: said.type_id?.split(':')[0],
		type_name: said.type_name,
		risk: said.severity === null ? null : said.risk,
		base_risk: said.properties?.base_risk,
		zone_src: said.zone_src,
		zone_dst: said.zone_dst,
		src_roles: said.src_roles,
		dst_roles: said.dst_roles,
		src_port: isPort(said.port_src) ? said.port_src : null,
		dst_port: isPort(said.port_dst) ? said.port_dst : null,
		protocol: said.transport_protocol,
		app_protocol: said.protocol,
		threat_name: said.threat_name,
		trigger_type: said.trigger_type,
		trigger_id: said.trigger_id,
		sensor: said.appliance_host ?? said.sensor_host,
		appliance_id: said.appliance_id,
		site: said.appliance_site ?? said.site,
		is_security: said.is_security,
		is_incident: said.is_incident,
		raised_by: said.properties?.raised_by,
		note: said.note,
	});
}

/** `PROC:CRITICAL-STATE-OFF` ends what `PROC:CRITICAL-STATE-ON` began: both are one condition. */
function conditionOf(type: string | null): string | null {
	return type === null ? null : type.replace(/-OFF$/i, '-ON');
}

/** Types of the audit trail and of a sensor's health: records, and no alarms where they state no severity. */
function isRecordOf(type: string | null): boolean {
	return /^(?:AUDIT|CFG|HEALTH|SYS)(?::|$)/i.test(type ?? '');
}

function isOver(type: string | null): boolean {
	return /^PROC:.{1,80}-OFF$/i.test(type ?? '');
}

/** Where neither end is named, the name of the alert and the sensor are all that identifies the condition. */
function identityOf(
	type: string | null,
	source: string | null,
	destination: string | null,
	protocol: string | null,
	name: string | null,
	sensor: string | null,
): (string | null)[] {
	const rest = source === null && destination === null ? [name, sensor] : [];
	return [type, source, destination, protocol?.toLowerCase() ?? null, ...rest];
}

/**
 * By the family of the type id (N2OS alert dictionary: SIGN built-in checks, VI virtual image, PROC process, NET network, ASRT
 * assertions, AUDIT, HEALTH). `is_security: false` marks an operational alert, whatever its family.
 */
function kindOf(type: string | null, isSecurity: boolean | null, words: string): AlertKind {
	const family = type?.split(':')[0]?.toUpperCase() ?? '';
	if (family === 'AUDIT' || family === 'CFG') return 'audit';
	if (family === 'HEALTH' || family === 'SYS') return 'availability';
	if (family === 'PROC' || isSecurity === false) {
		const said = kindOfWords(words);
		if (said === 'process_safety' || (family === 'PROC' && isPlantSafety(words))) return 'process_safety';
		if (family === 'PROC') return 'process';
		return said ?? (family === 'NET' ? 'availability' : 'process');
	}
	return family === 'NET' ? 'availability' : 'security';
}

function readNozomiCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	draft.labelsFrom({
		category: record.signatureId.split(':')[0],
		risk: record.labelled.get('Risk'),
		sensor: record.fields.get('dvchost'),
	});
	const field = (key: string): string | null => present(record.fields.get(key));
	const named = (label: string): string | null => present(record.labelled.get(label));
	const source = field('src') ?? field('smac') ?? field('shost');
	const destination = field('dst') ?? field('dmac') ?? field('dhost');
	const severity = severityOfWord(present(record.severity));
	const name = named('name') ?? present(record.name);
	const isAudit = /^AUDIT:/i.test(record.signatureId);
	const identity = isAudit
		? [record.signatureId, source, field('suser'), field('dvchost')]
		: identityOf(conditionOf(record.signatureId), source, destination, field('app'), name, field('dvchost'));
	const security = named('IsSecurity')?.toLowerCase();
	const alert = draft.finish({
		externalId: named('Id') ?? field('externalId'),
		identity,
		status: isCefClosed(record) || isOver(record.signatureId) ? 'closed' : 'open',
		title: record.name || name,
		description: field('msg'),
		severity,
		severityRaw: record.severity,
		kind: kindOf(
			record.signatureId,
			security === undefined ? null : security === 'true',
			`${record.name} . ${field('msg') ?? ''}`,
		),
		domain: 'ot',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
