// Claroty xDome (formerly Medigate): events and alerts as CEF, which is flat JSON spelt as `key=value` with Python's lists, and the
// same members as JSON from webhooks and the API. One reader for both.
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { addAssetName } from '../formats/asset-name.ts';
import { idOfTechnique } from '../formats/attack-ics-names.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { listIn } from '../formats/list-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef, timeOfCef } from './cef-generic.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const clarotyXdome: SourceKind = {
	name: 'claroty-xdome',
	aliases: [],
	title: 'Claroty xDome, Medigate',
	vendor: 'Claroty',
	domain: 'ot',
	forms: [
		'CEF, bare or in syslog: communication events, changes of devices, alerts, vulnerabilities, audit log; Python lists as values',
		'JSON of the API and of webhooks: alerts, device and alert relations, device and vulnerability relations, events; one, a list, `{"alerts": [...]}`, `{"devices_alerts": [...]}`, one a line',
	],
	severities: [
		['CEF severity, or `severity`, `alert_severity`: 9, 10, Critical', 'critical'],
		['7, 8, High', 'high'],
		['4 to 6, Medium', 'medium'],
		['1 to 3, Low', 'low'],
		['0, Informational', 'informational'],
		[
			'JSON vulnerability: its severity or score level, else CVSS, from 9.0 critical, 7.0 high, 4.0 medium, 0.1 low',
			'by value',
		],
		['JSON alert without a severity', null],
	],
	identity:
		'an alert: its id and the device; a vulnerability: its name and the device; an event: type, both addresses, protocol, user and signature; a change of a device: its type, the device and the attribute',
	setup: [
		'In xDome: Settings, Integrations, SIEM and Syslog: add our host and syslog port, format CEF, and select alerts, communication events and vulnerabilities.',
		'Or post what the API returns (`/api/v1/device_alert_relations/`) to `https://HOST/v1/alerts/claroty-xdome` with the bearer token.',
	],
	notHandled: ['device inventory as such (`/api/v1/devices/`): it belongs into the inventory import'],
	splitJson: split,
	readJson: read,
	readCef,
	ownsCef: (record) =>
		/^medigate/i.test(record.vendor) ||
		(/^claroty/i.test(record.vendor) && !/\bCTD\b|continuous threat|\bEMC\b/i.test(record.product)),
	readText: null,
};

/** The members of one record, whatever carried them. */
type Members = { text(...keys: string[]): string | null; list(...keys: string[]): string[] };

/** Keys whose values are no conversation partner of the payload's own words: lists are read here, a rule's text is no evidence. */
const OWN = new Set(['signature_content', 'domain', 'src_domain', 'dst_domain', 'device_uid', 'other_device_uid']);

/** Texts of detection rules: what they look for is not what was seen. ATT&CK ids in them count all the same. */
const RULE_TEXT = new Set(['signature_content']);

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context, OWN);
	draft.mentions(record.fields.get('signature_content'), 'related');
	const members: Members = {
		text: (...keys) => keys.map((key) => present(record.fields.get(key))).find((value) => value !== null) ?? null,
		list: (...keys) => keys.flatMap((key) => listIn(record.fields.get(key))),
	};
	const severityRaw = present(record.severity) ?? members.text('alert_severity', 'severity');
	// The header's name is `comm_event` or `alert` in newer versions, and the sentence itself in older ones.
	const named = /^\w{1,40}$/.test(record.name) && !record.name.includes(' ') ? null : present(record.name);
	const title =
		members.text('alert_name', 'alert_title', 'event_type', 'change_type', 'vulnerability_name') ??
		named ??
		record.name;
	return finish(draft, members, {
		severityRaw,
		severity: severityOfWord(severityRaw),
		title,
		description:
			members.text('event_description', 'change_description', 'alert_description', 'description', 'msg') ?? named,
		category: members.text('msg_category') ?? present(record.name),
		sentence: named,
		fallbackId: present(record.signatureId),
		fallbackTime: timeOfCef(draft, record, header),
		problems: record.problems,
	});
}

const LISTS = [
	'alerts',
	'devices_alerts',
	'device_alert_relations',
	'devices_vulnerabilities',
	'device_vulnerability_relations',
	'vulnerabilities',
	'events',
	'communication_events',
	'server_events',
	'audit_log',
	'data',
	'results',
	'items',
];
const MARKS = [
	'alert_id',
	'alert_name',
	'alert_type_name',
	'event_id',
	'event_type',
	'event_timestamp',
	'change_type',
	'vulnerability_name',
	'vulnerability_id',
	'detected_time',
	'cve_ids',
];

function isRecord(value: JsonObject): boolean {
	return MARKS.some((key) => value[key] !== undefined);
}

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return cefGeneric.splitJson(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of LISTS) {
		const list = document[key];
		if (Array.isArray(list) && !isRecord(document)) return records(list, document);
	}
	for (const key of ['alert', 'event', 'data', 'payload']) {
		const inner = document[key];
		if (isJsonObject(inner) && !isRecord(document) && isRecord(inner)) return records([inner], document);
	}
	return cefGeneric.splitJson(document);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (!isRecord(record)) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('record', found, 'an alert (`alert_name`), an event (`event_type`) or a vulnerability of xDome');
	}
	const draft = new Draft(context);
	const texts = (value: JsonValue | undefined): string[] => {
		if (Array.isArray(value)) return value.flatMap(texts);
		if (typeof value === 'string' && /^\s*\[.*\]\s*$/s.test(value)) return listIn(value);
		if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return [];
		const text = present(value);
		return text === null ? [] : [text];
	};
	const members: Members = {
		text: (...keys) => keys.flatMap((key) => texts(record[key]).slice(0, 1))[0] ?? null,
		list: (...keys) => keys.flatMap((key) => texts(record[key])),
	};
	draft.labelsFrom({ vendor: 'Claroty', product: 'xDome' });
	const isVulnerability = members.text('vulnerability_name', 'vulnerability_id', 'vulnerability_type') !== null;
	const stated = members.text(
		'alert_severity',
		'severity',
		'vulnerability_severity',
		'adjusted_vulnerability_score_level',
		'vulnerability_adjusted_vulnerability_score_level',
	);
	const score = members.text(
		'cvss_v3_score',
		'vulnerability_cvss_v3_score',
		'cvss_v2_score',
		'vulnerability_cvss_v2_score',
	);
	const severityRaw = stated ?? (isVulnerability ? score : null);
	const reading = finish(draft, members, {
		severityRaw,
		severity: stated === null && isVulnerability ? severityOfCvss(score) : severityOfWord(severityRaw),
		title: members.text(
			'alert_name',
			'alert_title',
			'vulnerability_name',
			'event_type',
			'change_type',
			'alert_type_name',
			'name',
		),
		description: members.text(
			'alert_description',
			'event_description',
			'change_description',
			'vulnerability_description',
			'description',
		),
		category: members.text('msg_category'),
		fallbackId: members.text('id'),
		fallbackTime: null,
		problems: [],
		sweep: () => gather(draft, record, '', RULE_TEXT),
	});
	return reading;
}

/** CVSS v3.1 section 5. */
function severityOfCvss(text: string | null): Severity | null {
	const score = Number(text ?? Number.NaN);
	if (!(score >= 0 && score <= 10)) return null;
	return score === 0 ? 'informational' : score < 4 ? 'low' : score < 7 ? 'medium' : score < 9 ? 'high' : 'critical';
}

type Said = {
	readonly severity: Severity | null;
	readonly severityRaw: string | null;
	readonly title: string | null;
	readonly description: string | null;
	readonly category: string | null;
	/** The header's name where it is a sentence: it may name others than the description does. */
	readonly sentence?: string | null;
	readonly fallbackId: string | null;
	readonly fallbackTime: number | null;
	readonly problems: readonly { field: string; found: string; expected: string }[];
	readonly sweep?: () => void;
};

function finish(draft: Draft, members: Members, said: Said): Reading {
	const isConversation = members.text('src_ip', 'dst_ip', 'src_mac', 'dst_mac') !== null;
	addConversation(draft, members);
	addDevice(draft, members, 'device', isConversation ? roleOfDevice(members) : 'target');
	addDevice(draft, members, 'other_device', 'related');
	addUsers(draft, members, `${said.sentence ?? ''}\n${said.description ?? ''}`);
	for (const name of members.list('domain', 'src_domain', 'dst_domain', 'certificate_CN'))
		draft.domainName(name, 'related');
	for (const id of members.list('mitre_technique_ics_ids', 'mitre_technique_enterprise_ids', 'mitre_technique_ids'))
		draft.technique(id);
	for (const name of members.list('mitre_technique_ics_names')) draft.technique(idOfTechnique(name));
	said.sweep?.();
	// A certificate's SHA-1, written with colons.
	draft.entity('file_hash', members.text('certificate_thumbprint')?.replaceAll(':', ''), 'related');
	addLabels(draft, members, said.category);
	const externalId =
		members.text('alert_id', 'event_alert_id', 'event_id', 'change_alert_id', 'change_id', 'vulnerability_id') ??
		said.fallbackId;
	const times = [
		'event_timestamp',
		'change_timestamp',
		'device_alert_updated_time',
		'updated_time',
		'alert_updated_time',
		'device_alert_detected_time',
		'detected_time',
		'alert_detected_time',
		'device_vulnerability_detection_date',
		'timestamp',
		'published_date',
	];
	const alert = draft.finish({
		externalId,
		identity: identityOf(members, externalId, said.title),
		status: isOver(members) ? 'closed' : 'open',
		title: said.title,
		description: said.description,
		severity: said.severity,
		severityRaw: said.severityRaw,
		kind: kindOf(members, said.category),
		domain: domainOf(members),
		occurredAt: times.map((key) => draft.time(key, members.text(key))).find((at) => at !== null) ?? said.fallbackTime,
	});
	return { kind: 'alert', alert, problems: [...said.problems, ...draft.problems] };
}

function addConversation(draft: Draft, members: Members): void {
	for (const [side, role] of [
		['src', 'actor'],
		['dst', 'target'],
	] as const) {
		for (const ip of members.list(`${side}_ip`)) draft.endpoint(ip, role, `${side}_ip`);
		for (const mac of members.list(`${side}_mac`)) draft.entity('mac', mac, role, `${side}_mac`);
		for (const name of members.list(`${side}_hostname`, `${side}_name`, `${side}_device_name`))
			draft.entity('host', name, role);
		draft.entity('port', members.text(`${side}_port`), role, `${side}_port`);
	}
	draft.entity('port', members.text('server_port'), 'target', 'server_port');
	draft.entity('protocol', members.text('protocol'), 'related');
}

/** `device_*` describes one of the two that talk: its addresses tell which. */
function roleOfDevice(members: Members): EntityRole {
	const own = new Set(members.list('device_ip_list', 'device_ip'));
	const [source, destination] = [members.text('src_ip'), members.text('dst_ip')];
	if (source !== null && own.has(source)) return 'actor';
	return destination !== null && own.has(destination) ? 'target' : 'related';
}

function addDevice(draft: Draft, members: Members, prefix: string, role: EntityRole): void {
	for (const ip of members.list(`${prefix}_ip_list`, `${prefix}_ip`)) draft.endpoint(ip, role, `${prefix}_ip_list`);
	for (const mac of members.list(`${prefix}_mac_list`, `${prefix}_mac`))
		draft.entity('mac', mac, role, `${prefix}_mac_list`);
	const names = [
		'name',
		'hostname',
		'host_name',
		'local_name',
		'ot_device_name',
		'windows_hostname',
		'effective_name',
		'dhcp_hostname',
	];
	for (const name of members.list(...names.map((name) => `${prefix}_${name}`))) addAssetName(draft, name, role);
	for (const name of members.list(`${prefix}_fqdn`, `${prefix}_domain`, `${prefix}_domains`))
		draft.domainName(name, role);
	for (const id of members.list(`${prefix}_asset_id`, `${prefix}_uid`)) draft.entity('asset_id', id, role);
	for (const zone of members.list(`${prefix}_zone`, `${prefix}_purdue_zone`)) draft.entity('zone', zone, role);
}

/** The user of the field, and the one that the sentence names where it differs. */
function addUsers(draft: Draft, members: Members, words: string): void {
	for (const name of members.list('username', 'user_name', 'user')) draft.user(name, null, 'actor');
	for (const [, name] of words.slice(0, 8_000).matchAll(/\busername:? {0,2}["']?([\w.@\\$-]{1,100})/gi))
		draft.user((name ?? '').replace(/\.$/, ''), null, 'actor');
	for (const name of members.list('alert_assignees', 'device_assignees', 'assignees'))
		draft.user(name, null, 'related');
	for (const host of members.list('sender_id')) draft.endpoint(host, 'related');
}

function addLabels(draft: Draft, members: Members, category: string | null): void {
	draft.labelsFrom({
		category: members.text('alert_category', 'event_type', 'change_type') ?? category,
		event_type: members.text('event_type', 'alert_type_name', 'change_type'),
		alert_class: members.text('alert_class'),
		rule_id: members.text('signature_id'),
		signature: members.text('signature_name'),
		site: members.text('device_site_name', 'site_name'),
		asset_type: members.text('device_type'),
		asset_category: members.text('device_category'),
		risk: members.text('device_risk_score', 'risk_score'),
		protocol: members.text('ip_protocol'),
		app_protocol: members.text('protocol'),
		src_port: isPort(members.text('src_port')) ? members.text('src_port') : null,
		dst_port: isPort(members.text('dst_port')) ? members.text('dst_port') : null,
		mitre_tactics: members.list('mitre_tactic_ics_names', 'mitre_tactic_enterprise_names'),
		mitre_techniques: members.list('mitre_technique_ics_names', 'mitre_technique_enterprise_names'),
	});
}

function identityOf(members: Members, id: string | null, title: string | null): (string | null)[] {
	const device = members.text('device_uid', 'device_asset_id', 'device_ip_list', 'device_mac_list');
	const alertId = members.text('alert_id');
	if (alertId !== null) return ['alert', alertId, device];
	const vulnerability = members.text('vulnerability_name', 'vulnerability_id');
	if (vulnerability !== null) return ['vulnerability', vulnerability, device];
	const type = members.text('event_type', 'alert_type_name', 'change_type');
	const ends = [members.text('src_ip', 'src_mac'), members.text('dst_ip', 'dst_mac')];
	if (type === null || (ends.every((end) => end === null) && device === null)) return ['record', title, id];
	// Either side of a conversation may be told as the device, so the device tells events apart only where no side is named.
	const subject = ends.every((end) => end === null) ? device : null;
	return [
		'event',
		type,
		...ends,
		subject,
		members.text('protocol'),
		members.text('username'),
		members.text('signature_id'),
		...members.list('change_alerted_attribute'),
	];
}

/** Alert status of xDome: Unresolved, In Progress, Resolved; a vulnerability's relevance may also be Irrelevant or Fixed. */
function isOver(members: Members): boolean {
	const status =
		members.text(
			'device_alert_status',
			'alert_device_status',
			'alert_status',
			'status',
			'vulnerability_relevance',
			'device_vulnerability_status',
		) ?? '';
	return /^(?:resolved|closed|fixed|irrelevant|dismissed|approved)$/i.test(status);
}

function kindOf(members: Members, category: string | null): AlertKind {
	if (/audit|system_log|user_action/i.test(category ?? '')) return 'audit';
	const isVulnerability =
		members.text('vulnerability_name', 'vulnerability_id') !== null || /vulnerab/i.test(category ?? '');
	return isVulnerability ? 'vulnerability' : 'security';
}

/** xDome watches everything; the device's category says whether it is part of the plant. */
function domainOf(members: Members): 'it' | 'ot' {
	const categories = members.list('device_category', 'other_device_category');
	return categories.length > 0 && categories.every((category) => /^IT$/i.test(category)) ? 'it' : 'ot';
}
