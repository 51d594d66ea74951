// Suricata: EVE JSON, every event type. `alert` is an alert; flows, protocol records and statistics are kept as audit records.
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft, isPort } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList } from '../formats/vendor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

const Peer = z.looseObject({ ip: Text, port: Text }).nullish();
const EveRecord = z.looseObject({
	event_type: z.string('an EVE event type (`alert`, `http`, `flow`, ...)').min(1),
	timestamp: Text,
	flow_id: Text,
	community_id: Text,
	host: Text,
	in_iface: Text,
	src_ip: Text,
	src_port: Text,
	dest_ip: Text,
	dest_port: Text,
	proto: Text,
	app_proto: Text,
	direction: Text,
	ether: z.looseObject({ src_mac: Text, dest_mac: Text, src_macs: TextList, dest_macs: TextList }).nullish(),
	alert: z
		.looseObject({
			action: Text,
			gid: Text,
			signature_id: Text,
			rev: Text,
			signature: Text,
			category: Text,
			severity: Text,
			source: Peer,
			target: Peer,
			metadata: z.record(z.string(), TextList).nullish(),
		})
		.nullish(),
	http: z.looseObject({ hostname: Text, url: Text, http_method: Text, status: Text, http_user_agent: Text }).nullish(),
	tls: z.looseObject({ sni: Text }).nullish(),
	anomaly: z.looseObject({ type: Text, event: Text, layer: Text }).nullish(),
});
type EveRecord = z.infer<typeof EveRecord>;

/** Members that hold base64 of packets: nothing can be read out of them as text. */
const OPAQUE = new Set(['packet', 'payload', 'http_request_body', 'http_response_body']);

export const suricata: SourceKind = {
	name: 'suricata',
	aliases: [],
	title: 'Suricata',
	vendor: 'OISF',
	domain: null,
	forms: ['EVE JSON, one object or one a line, all event types', 'the same in a syslog message, also behind `@cee:`'],
	severities: [
		['`alert.severity` 1', 'high'],
		['2', 'medium'],
		['3', 'low'],
		['4 and above', 'informational'],
		['an event that is no `alert`', 'informational'],
	],
	identity: 'signature (generator and id), source, destination, destination port',
	setup: [
		'In `suricata.yaml` set an `eve-log` output with `types: [alert]`, and let a shipper (Vector, Fluent Bit, Logstash) post its lines to `https://HOST/v1/alerts/suricata` with the bearer token.',
		"Or set `filetype: syslog` and point the host's syslog at us.",
	],
	notHandled: ['packet and payload bytes (base64)', '`fast.log` and `unified2`'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	ownsJson: (record) => typeof record['event_type'] === 'string' && record['flow_id'] !== undefined,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	// Shippers wrap the line: Filebeat's module under `suricata.eve`, others under `event` or `_source`.
	if (isJsonObject(document) && document['event_type'] === undefined) {
		const module = document['suricata'];
		for (const inner of [isJsonObject(module) ? module['eve'] : null, document['_source'], document['event']]) {
			if (isJsonObject(inner ?? null) && isJsonObject(inner) && inner['event_type'] !== undefined)
				return records([inner], document);
		}
	}
	return records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(EveRecord, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const eve = reading.value;
	const draft = new Draft(context);
	addEntities(draft, eve);
	gather(draft, record, '', OPAQUE);
	addLabels(draft, eve);
	const { alert } = eve;
	const isAlert = eve.event_type === 'alert' && alert !== null && alert !== undefined;
	const signature = isAlert ? `${alert.gid ?? '1'}:${alert.signature_id ?? alert.signature ?? ''}` : eve.event_type;
	const finished = draft.finish({
		externalId: null,
		identity: [signature, eve.src_ip, eve.dest_ip, eve.dest_port, isAlert ? null : (eve.anomaly?.event ?? null)],
		status: 'open',
		title: isAlert ? (alert.signature ?? `Suricata signature ${alert.signature_id ?? 'without a name'}`) : titleOf(eve),
		description: isAlert ? alert.category : null,
		severity: isAlert ? severityOf(alert.severity) : 'informational',
		severityRaw: isAlert ? alert.severity : null,
		kind: kindOf(eve, isAlert),
		domain: null,
		occurredAt: draft.time('timestamp', eve.timestamp),
	});
	return { kind: 'alert', alert: finished, problems: [...reading.problems, ...draft.problems] };
}

/** Suricata user guide, EVE: 1 is the most severe; the priority of a classification runs to 4, a rule may set up to 255. */
function severityOf(text: string | null): Severity | null {
	const level = Number(text ?? Number.NaN);
	if (!(level >= 1 && level <= 255)) return null;
	return level < 2 ? 'high' : level < 3 ? 'medium' : level < 4 ? 'low' : 'informational';
}

function kindOf(eve: EveRecord, isAlert: boolean): AlertKind {
	return isAlert || eve.event_type === 'anomaly' ? 'security' : 'audit';
}

function titleOf(eve: EveRecord): string {
	const what = eve.anomaly?.event ?? eve.http?.hostname ?? eve.tls?.sni ?? null;
	return `Suricata ${eve.event_type} record${what === null ? '' : `: ${what}`}`;
}

/** A rule with `target:` says itself who attacks whom; else the packet's source acts and its destination is the target. */
function roles(eve: EveRecord): { source: EntityRole; destination: EntityRole } {
	const target = eve.alert?.target?.ip ?? null;
	const isTurned = target !== null && target === eve.src_ip && target !== eve.dest_ip;
	return isTurned ? { source: 'target', destination: 'actor' } : { source: 'actor', destination: 'target' };
}

function addEntities(draft: Draft, eve: EveRecord): void {
	const { source, destination } = roles(eve);
	draft.entity('ip', eve.src_ip, source, 'src_ip');
	draft.entity('ip', eve.dest_ip, destination, 'dest_ip');
	for (const mac of [eve.ether?.src_mac, ...(eve.ether?.src_macs ?? [])])
		draft.entity('mac', mac, source, 'ether.src_mac');
	for (const mac of [eve.ether?.dest_mac, ...(eve.ether?.dest_macs ?? [])])
		draft.entity('mac', mac, destination, 'ether.dest_mac');
	draft.entity('port', eve.src_port, source, 'src_port');
	draft.entity('port', eve.dest_port, destination, 'dest_port');
	draft.entity('protocol', eve.app_proto === 'failed' ? null : eve.app_proto, 'related');
	draft.entity('host', eve.host, 'observer');
	draft.domainName(eve.tls?.sni, 'related');
	draft.domainName(eve.http?.hostname, 'related');
	const url = eve.http?.url;
	if (eve.http?.hostname && url?.startsWith('/')) draft.entity('url', `http://${eve.http.hostname}${url}`, 'related');
}

function addLabels(draft: Draft, eve: EveRecord): void {
	draft.labelsFrom({
		vendor: 'OISF',
		product: 'Suricata',
		event_type: eve.event_type,
		signature_id: eve.alert?.signature_id,
		signature: eve.alert?.signature,
		generator_id: eve.alert?.gid,
		revision: eve.alert?.rev,
		category: eve.alert?.category,
		action: eve.alert?.action,
		protocol: eve.proto,
		app_protocol: eve.app_proto,
		src_port: isPort(eve.src_port) ? eve.src_port : null,
		dst_port: isPort(eve.dest_port) ? eve.dest_port : null,
		direction: eve.direction,
		interface: eve.in_iface,
		flow_id: eve.flow_id,
		community_id: eve.community_id,
		http_method: eve.http?.http_method,
		http_status: eve.http?.status,
		user_agent: eve.http?.http_user_agent,
	});
	// Rule metadata, `signature_severity` among it: severity-like, but not the severity of the alert.
	draft.labelsFrom(eve.alert?.metadata ?? {});
}
