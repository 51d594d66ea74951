// Cortex XDR alerts and incidents, as the public API answers them and as notifications carry them. Firewall logs are read in paloalto.ts.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading } from './source-kind.ts';
import { records } from './source-kind.ts';

const CortexRecord = z.looseObject({
	alert_id: Text,
	incident_id: Text,
	case_id: Text,
	external_id: Text,
	name: Text,
	alert_name: Text,
	incident_name: Text,
	description: Text,
	severity: Word,
	category: Text,
	source: Text,
	action: Text,
	action_pretty: Text,
	status: Text,
	resolution_status: Text,
	detection_timestamp: Text,
	event_timestamp: z.unknown().optional(),
	creation_time: Text,
	modification_time: Text,
	timestamp: Text,
	matching_service_rule_id: Text,
	endpoint_id: Text,
	host_name: Text,
	host_ip: TextList,
	host_ip_list: TextList,
	mac: Text,
	mac_addresses: TextList,
	mac_address: TextList,
	user_name: TextList,
	agent_fqdn: Text,
	hosts: TextList,
	users: TextList,
	mitre_technique_id_and_name: TextList,
	mitre_techniques_ids_and_names: TextList,
	mitre_tactic_id_and_name: TextList,
	mitre_tactics_ids_and_names: TextList,
	xdr_url: Text,
	events: z.array(z.looseObject({ event_timestamp: Text })).nullish(),
});
type CortexRecord = z.infer<typeof CortexRecord>;

/** True for what only Cortex XDR writes. */
export function isCortex(record: JsonObject): boolean {
	if (record['LogType'] !== undefined || record['log_type'] !== undefined) return false;
	return (
		record['detection_timestamp'] !== undefined ||
		record['incident_id'] !== undefined ||
		record['alert_id'] !== undefined ||
		record['matching_service_rule_id'] !== undefined
	);
}

/** Answers of `get_alerts`, `get_incidents` and `get_incident_extra_data`, also without their `reply`; null for anything else. */
export function splitCortex(document: JsonValue): JsonSplit | null {
	if (!isJsonObject(document)) return null;
	const reply = isJsonObject(document['reply'] ?? null) ? document['reply'] : document;
	if (!isJsonObject(reply ?? null)) return null;
	const holder = reply as JsonObject; // an object: checked above
	if (isJsonObject(holder['incident'] ?? null)) {
		const alerts = holder['alerts'];
		const list = isJsonObject(alerts ?? null) ? (alerts as JsonObject)['data'] : alerts;
		const incident = holder['incident'] ?? null;
		return records([incident, ...(Array.isArray(list) ? list : [])], holder);
	}
	for (const key of ['alerts', 'incidents', 'data']) {
		const list = holder[key];
		if (Array.isArray(list)) return records(list, holder);
	}
	return null;
}

export function readCortex(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(CortexRecord, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	addThings(draft, said, record);
	const isIncident = said.incident_id !== null && said.alert_id === null;
	const name = said.name ?? said.alert_name ?? said.incident_name;
	const severity = said.severity?.replace(/^SEV_\d{3}_/i, '') ?? null;
	draft.labelsFrom({
		vendor: 'Palo Alto Networks',
		product: 'Cortex XDR',
		category: said.category,
		signature_id: said.matching_service_rule_id,
		detector: said.source,
		action: said.action_pretty ?? said.action,
		status: said.resolution_status ?? said.status,
		incident_id: said.incident_id ?? said.case_id,
		tactics: [...said.mitre_tactic_id_and_name, ...said.mitre_tactics_ids_and_names],
		link: said.xdr_url,
	});
	const alert = draft.finish({
		externalId: said.alert_id ?? said.incident_id ?? said.external_id,
		identity: isIncident
			? ['cortex incident', said.incident_id]
			: ['cortex alert', said.alert_id ?? said.external_id ?? name, said.alert_id === null ? said.endpoint_id : null],
		status: /resolved|closed/i.test(said.resolution_status ?? said.status ?? '') ? 'closed' : 'open',
		title: name ?? said.description ?? `Cortex XDR ${isIncident ? 'incident' : 'alert'}`,
		description: said.description,
		severity: severityOfWord(severity),
		severityRaw: said.severity,
		kind: 'security',
		domain: 'it',
		occurredAt: timeOf(draft, said, isIncident),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** The last event's time, else when it was detected. An incident has the time of its last change. */
function timeOf(draft: Draft, said: CortexRecord, isIncident: boolean): number | null {
	const inEvents = (said.events ?? []).map((event) => draft.time('events.event_timestamp', event.event_timestamp));
	const own = Array.isArray(said.event_timestamp) ? said.event_timestamp : [said.event_timestamp];
	const stated = own.map((value) =>
		typeof value === 'number' || typeof value === 'string' ? draft.time('event_timestamp', value) : null,
	);
	const last = Math.max(...[...inEvents, ...stated].map((at) => at ?? Number.NEGATIVE_INFINITY));
	if (Number.isFinite(last)) return last;
	const times: readonly (readonly [string, string | null])[] = isIncident
		? [
				['modification_time', said.modification_time],
				['creation_time', said.creation_time],
			]
		: [
				['detection_timestamp', said.detection_timestamp],
				['timestamp', said.timestamp],
				['creation_time', said.creation_time],
			];
	for (const [field, value] of times) {
		const at = draft.time(field, value);
		if (at !== null) return at;
	}
	return null;
}

function addThings(draft: Draft, said: CortexRecord, record: JsonObject): void {
	draft.entity('asset_id', said.endpoint_id, 'target');
	draft.endpoint(said.host_name, 'target');
	draft.endpoint(said.agent_fqdn, 'target');
	for (const ip of [...said.host_ip, ...said.host_ip_list].flatMap((text) => text.split(',')))
		draft.endpoint(ip, 'target');
	for (const mac of [said.mac, ...said.mac_addresses, ...said.mac_address]) draft.entity('mac', mac, 'target');
	// `NAME:endpoint id`
	for (const host of said.hosts) {
		const [name, id] = host.split(':');
		draft.endpoint(name, 'target');
		draft.entity('asset_id', id, 'target');
	}
	for (const user of [...said.users, ...said.user_name]) draft.user(user, null, 'related');
	const events = record['events'];
	for (const event of Array.isArray(events) ? [record, ...events] : [record]) {
		if (!isJsonObject(event)) continue;
		for (const [key, role] of [
			['action_local_ip', 'target'],
			['action_remote_ip', 'actor'],
			['fw_src_ip', 'actor'],
			['fw_dst_ip', 'target'],
		] as const) {
			const value = event[key];
			for (const one of Array.isArray(value) ? value : [value]) if (typeof one === 'string') draft.endpoint(one, role);
		}
	}
	addImages(draft, record);
	for (const technique of [...said.mitre_technique_id_and_name, ...said.mitre_techniques_ids_and_names])
		draft.technique(technique);
	gather(draft, record);
}

/** `actor_process_image_name`, `causality_actor_process_image_path`, `dns_query_name`: in the alert or in its events. */
function addImages(draft: Draft, value: JsonValue, key = ''): void {
	if (Array.isArray(value)) for (const item of value) addImages(draft, item, key);
	else if (isJsonObject(value)) for (const [name, member] of Object.entries(value)) addImages(draft, member, name);
	else if (typeof value === 'string' && key.endsWith('image_name')) draft.entity('process', value, 'related');
	else if (typeof value === 'string' && key.endsWith('image_path')) draft.file(value, 'related');
	else if (typeof value === 'string' && key.endsWith('dns_query_name')) draft.domainName(value, 'related');
}
