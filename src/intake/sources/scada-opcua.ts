// OPC UA alarms, events and values as JSON: Azure's OPC Publisher (PubSub network messages and samples), other publishers of OPC UA
// Part 14 JSON, and single events with the fields of Part 9 (Alarms and Conditions).
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { SEVERITIES, type Severity } from '../../domain/severity.ts';
import type { Instant } from '../../domain/time.ts';
import { Draft, present } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { eventTypeName, type OpcUaFields, opcUaFields } from './opcua-fields.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Messages of a publisher about itself and its data sets: they carry no alarm and no value. */
const TALK = /^ua-(?:metadata|keepalive|status|discovery|connection|application|endpoints)$/i;
const NESTED_MAX = 5;
const NAME_MAX = 200;
const NAMES_MAX = 12;
const EVENT_FIELDS = [
	'EventId',
	'EventType',
	'ConditionId',
	'ConditionName',
	'ActiveState',
	'ActiveState/Id',
	'Severity',
];
const HEADER = [
	'PublisherId',
	'DataSetWriterGroup',
	'DataSetWriterGroupName',
	'WriterGroupName',
	'DataSetWriterId',
	'DataSetWriterName',
	'DataSetWriter',
	'ApplicationUri',
	'MessageId',
	'MessageType',
	'EndpointUrl',
	'NodeId',
	'DisplayName',
] as const;

export const scadaOpcua: SourceKind = {
	name: 'scada-opcua',
	aliases: ['opc-publisher'],
	title: 'OPC UA alarms, conditions and values (OPC Publisher, Part 14 JSON)',
	vendor: 'OPC Foundation',
	domain: 'ot',
	forms: [
		'PubSub network messages (`ua-data` with `Messages`), one or a list, reversible encoding or not',
		'data set messages without the network message, and bare payloads',
		'samples mode: `{NodeId, EndpointUrl, DisplayName, Value}`, one or a list',
		'the same as IoT Hub hands it on (`{body, enqueuedTime, properties}`)',
		'one event with the fields of Alarms and Conditions',
	],
	severities: [
		['`Severity` 801 to 1000 (OPC UA Part 5, 6.4.2: high)', 'critical'],
		['601 to 800 (medium high)', 'high'],
		['401 to 600 (medium)', 'medium'],
		['201 to 400 (medium low)', 'low'],
		['1 to 200 (low; 1 is informational by nature)', 'informational'],
		['values without an event (data changes)', 'informational'],
		['an event without `Severity`', null],
	],
	identity:
		'ConditionId, else source node and condition name, else source node and event type; with the server that tells it',
	setup: [
		'OPC Publisher: configure an event with `EventFilter` (for alarms with `ConditionHandling`) and select `SourceName`, `SourceNode`, `Severity`, `Message`, `Time`, `EventType`, `ConditionName`, `ActiveState/Id`, `AckedState/Id`, `Retain`.',
		'Send to `https://HOST/v1/alerts/scada-opcua` with the bearer token: OPC Publisher by its HTTP transport, IoT Hub by an Event Grid or function route.',
	],
	notHandled: [
		'UADP (binary) network messages and gzip',
		'metadata, keep-alive and status messages of a publisher carry no alarm',
		'an acknowledgement changes nothing but a label',
		'a limit alarm that was high-high and returns to normal without naming that limit closes its ordinary condition only; a person closes the other',
		'values are recorded, not judged: limits belong to the control system',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	const list: JsonValue[] = [];
	const origins = new Map<JsonValue, JsonValue>();
	let talk = 0;
	const collect = (value: JsonValue, header: JsonObject, depth: number): void => {
		if (Array.isArray(value) && depth < NESTED_MAX) {
			// The whole header goes to the first message and a short one to the others: time and memory stay linear in the body.
			for (const [index, item] of value.entries()) collect(item, index === 0 ? header : shortOf(header), depth + 1);
			return;
		}
		if (!isJsonObject(value)) {
			list.push(value);
			return;
		}
		const body = value['body'] ?? value['Body'] ?? value['data'];
		if ((Array.isArray(body) || isJsonObject(body)) && value['Payload'] === undefined && depth < NESTED_MAX) {
			const { body: _, Body: __, data: ___, ...around } = value;
			collect(body, { ...header, _around: around }, depth + 1);
		} else if (typeof value['MessageType'] === 'string' && TALK.test(value['MessageType'])) {
			talk++;
		} else if (typeof value['Messages'] === 'object' && value['Messages'] !== null) {
			const { Messages: messages, ...network } = value;
			collect(messages, { ...header, ...network }, depth + 1);
		} else {
			const record = Object.keys(header).length === 0 ? value : { ...header, ...value };
			list.push(record);
			origins.set(record, value);
		}
	};
	collect(document, {}, 0);
	if (list.length === 0)
		return { kind: 'protocol', note: talk > 0 ? 'a message of the OPC UA publisher about itself' : 'an empty message' };
	return records(list, null, origins);
}

/** What every message of a batch needs of its header: names and times, of the length that names have. */
function shortOf(header: JsonObject): JsonObject {
	const around = header['_around'];
	const isShort = ([, value]: [string, JsonValue]): boolean =>
		typeof value !== 'object' && String(value).length <= NAME_MAX;
	const short = Object.fromEntries(Object.entries(header).filter(isShort).slice(0, NAMES_MAX));
	if (!isJsonObject(around)) return short;
	return { ...short, _around: Object.fromEntries(Object.entries(around).filter(isShort).slice(0, NAMES_MAX)) };
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const payload = payloadOf(record);
	const fields = opcUaFields(payload);
	const draft = new Draft(context);
	const header = opcUaFields(
		Object.fromEntries(HEADER.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name] ?? null]]))),
	);
	addHeader(draft, header, record);
	if (EVENT_FIELDS.some((name) => fields.has(name)) || (fields.has('Message') && !fields.has('Value')))
		return readEvent(draft, record, fields, header);
	const isValue = payload !== record || record['Value'] !== undefined;
	if (fields.size === 0 || !isValue)
		return unparsed('Payload', 'nothing', 'an OPC UA event (`EventId`, `Severity`, ...) or values by name');
	return readValues(draft, record, payload, header);
}

/** The fields of a data set message, of the event in a sample's `Value`, or of the record itself. */
function payloadOf(record: JsonObject): JsonObject {
	for (const key of ['Payload', 'payload']) {
		const payload = record[key];
		if (isJsonObject(payload)) return payload;
	}
	const value = record['Value'];
	if (isJsonObject(value)) {
		const inner = value['Value'];
		if (isJsonObject(inner) && inner['Body'] === undefined) return inner;
		if (value['Value'] === undefined && value['Body'] === undefined) return value;
	}
	return record;
}

function addHeader(draft: Draft, header: OpcUaFields, record: JsonObject): void {
	draft.url(header.get('EndpointUrl'), 'related');
	for (const name of ['PublisherId', 'ApplicationUri']) draft.entity('asset_id', header.get(name), 'observer');
	gather(draft, record, '', NOT_SWEPT);
	draft.labelsFrom({
		vendor: 'OPC Foundation',
		product: 'OPC UA',
		publisher: header.get('PublisherId'),
		writer_group:
			header.get('DataSetWriterGroup') ?? header.get('DataSetWriterGroupName') ?? header.get('WriterGroupName'),
		writer: header.get('DataSetWriterName') ?? header.get('DataSetWriterId'),
		message_type: header.get('MessageType'),
		node_id: header.get('NodeId'),
	});
}

/** Qualified names of types and nodes hold web addresses that nobody meant to visit. */
const NOT_SWEPT = new Set(['EventType', 'SourceNode', 'NodeId', 'ConditionId', 'EventId', 'DataTypeId']);

function readEvent(draft: Draft, record: JsonObject, fields: OpcUaFields, header: OpcUaFields): Reading {
	const field = (...names: readonly string[]): string | null =>
		names.map((name) => present(fields.get(name))).find((text) => text !== null) ?? null;
	const source = field('SourceName') ?? present(header.get('DisplayName'));
	const node = field('SourceNode', 'InputNode') ?? present(header.get('NodeId'));
	const type = field('EventType');
	const typeName = eventTypeName(type) ?? eventTypeName(field('EventTypeName'));
	const condition = field('ConditionName');
	draft.entity('tag', source, 'target');
	addNode(draft, node);
	draft.user(field('ClientUserId'), null, 'actor');
	addEventLabels(draft, fields, typeName);
	const server =
		present(header.get('EndpointUrl')) ?? present(header.get('PublisherId')) ?? present(header.get('ApplicationUri'));
	const severityRaw = field('Severity');
	const message = field('Message');
	const limit = field('LimitState/CurrentState', 'LimitState', 'HighHighState', 'LowLowState');
	const kind = kindOf(
		typeName,
		field('ConditionClassName', 'ConditionClassId'),
		source,
		[condition, limit, message].join(' | '),
	);
	const alert = draft.finish({
		externalId: field('EventId'),
		// A limit that turns from high to high-high keeps its condition: the danger is never folded into the ordinary alarm.
		identity: [
			server,
			field('ConditionId') ?? [node ?? source, condition ?? type].join(' '),
			kind === 'process_safety',
		],
		status: isOver(fields) ? 'closed' : 'open',
		title: [[source, condition ?? typeName].filter((part) => part !== null).join(' '), message]
			.filter((part) => part !== null && part !== '')
			.join(': '),
		description: message,
		severity: severityOf(severityRaw),
		severityRaw,
		kind,
		domain: 'ot',
		occurredAt: timeOf(draft, fields, record),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

/** A node of the plant; `i=2253` and its like are the same in every server (namespace 0), and join nothing. */
function addNode(draft: Draft, node: string | null): void {
	if (!/^(?:ns=0;)?i=\d{1,9}$/.test(node ?? '')) draft.entity('tag', node, 'target');
}

/**
 * OPC UA Part 5, 6.4.2: 1 to 1000, spread linearly; a client that shows five levels divides at 200, 400, 600 and 800, and 1 is an
 * event that is informational by nature, 1000 one of catastrophe. Null outside that range.
 */
function severityOf(text: string | null): Severity | null {
	const value = Number(text ?? Number.NaN);
	if (!(value >= 1 && value <= 1000)) return null;
	return SEVERITIES[Math.min(Math.ceil(value / 200), 5) - 1] ?? null;
}

/** By the event's type and the condition's class (Part 9, 5.9), which say it, before the words. */
function kindOf(type: string | null, conditionClass: string | null, source: string | null, words: string): AlertKind {
	if (/^Audit/i.test(type ?? '')) return 'audit';
	if (/^Trip/i.test(type ?? '') || /Safety/i.test(conditionClass ?? '')) return 'process_safety';
	const said = processAlarmKind(source, [type, words].join(' | '));
	if (said === 'process_safety') return said;
	if (/CertificateExpiration/i.test(type ?? '') || /Maintenance/i.test(conditionClass ?? '')) return 'maintenance';
	if (/DeviceFailure/i.test(type ?? '') || /SystemCondition/i.test(conditionClass ?? '')) return 'availability';
	return said;
}

/** Part 9: the condition is back to normal, or the server says that nobody need care any more (`Retain`). */
function isOver(fields: OpcUaFields): boolean {
	const active = (fields.get('ActiveState/Id') ?? fields.get('ActiveState'))?.toLowerCase() ?? null;
	if (active === 'false' || active === 'inactive') return true;
	return fields.get('Retain')?.toLowerCase() === 'false';
}

function addEventLabels(draft: Draft, fields: OpcUaFields, typeName: string | null): void {
	draft.labelsFrom({
		signature_id: fields.get('ConditionName') ?? typeName ?? fields.get('EventType'),
		category: fields.get('ConditionClassName'),
		event_type: fields.get('EventType'),
		event_type_name: typeName,
		active: fields.get('ActiveState/Id') ?? fields.get('ActiveState'),
		acked: fields.get('AckedState/Id') ?? fields.get('AckedState'),
		confirmed: fields.get('ConfirmedState/Id') ?? fields.get('ConfirmedState'),
		suppression:
			fields.get('ShelvingState/CurrentState') ?? fields.get('SuppressedState') ?? fields.get('OutOfServiceState'),
		retain: fields.get('Retain'),
		limit_state: fields.get('LimitState/CurrentState') ?? fields.get('LimitState'),
		quality: fields.get('Quality'),
		comment: fields.get('Comment'),
	});
	for (const [name, value] of fields) if (!LABELLED_ELSEWHERE.test(name)) draft.label(name, value);
}

const LABELLED_ELSEWHERE =
	/^(?:EventId|EventType|Message|Time|ReceiveTime|SourceName|Severity|(?:LocalTime|ActiveState|AckedState)(?:\/.*)?)$/;

/** A data change: the values by name, and whether one of them could not be read. */
function readValues(draft: Draft, record: JsonObject, payload: JsonObject, header: OpcUaFields): Reading {
	const isSample = payload === record;
	const values: readonly (readonly [string, JsonValue])[] = isSample
		? [[header.get('DisplayName') ?? header.get('NodeId') ?? 'value', record['Value'] ?? null]]
		: Object.entries(payload);
	const names = values.map(([name]) => name);
	for (const name of names) draft.entity('tag', name, 'target');
	if (isSample) addNode(draft, present(header.get('NodeId')));
	const bad = values.filter(([, value]) => /^bad/i.test(statusOf(value) ?? ''));
	// A variable's name is kept as it is: its dots are no path.
	for (const [name, value] of values)
		for (const [path, text] of opcUaFields({ value })) draft.label(path.replace('value', `value.${name}`), text);
	for (const [name, value] of values) draft.label(`status.${name}`, statusOf(value));
	const server = header.get('EndpointUrl') ?? header.get('PublisherId');
	const shown = names.slice(0, 5).join(', ');
	const alert = draft.finish({
		externalId: header.get('MessageId'),
		identity: [
			server,
			header.get('DataSetWriterId') ?? header.get('DataSetWriterName'),
			...names.slice(0, 100),
			bad.length > 0,
		],
		status: 'open',
		title:
			bad.length > 0
				? `OPC UA value without quality: ${bad
						.map(([name]) => name)
						.slice(0, 5)
						.join(', ')}`
				: `OPC UA value: ${shown}`,
		description: null,
		severity: 'informational',
		severityRaw: null,
		kind: bad.length > 0 ? 'availability' : 'process',
		domain: 'ot',
		occurredAt: timeOf(draft, new Map(values.flatMap(([, value]) => timesOf(value))), record),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

function statusOf(value: JsonValue): string | null {
	if (!isJsonObject(value)) return null;
	const status = value['StatusCode'] ?? value['Status'];
	if (isJsonObject(status)) return typeof status['Symbol'] === 'string' ? status['Symbol'] : null;
	if (typeof status === 'number') return status >= 0x80000000 ? `Bad (${status})` : String(status);
	return typeof status === 'string' ? status : null;
}

function timesOf(value: JsonValue): [string, string][] {
	if (!isJsonObject(value)) return [];
	const time = value['SourceTimestamp'] ?? value['ServerTimestamp'];
	return typeof time === 'string' ? [['SourceTimestamp', time]] : [];
}

/** The event's own time; else when the server, the publisher or the hub had it. */
function timeOf(draft: Draft, fields: OpcUaFields, record: JsonObject): Instant | null {
	const around = record['_around'];
	const hub = isJsonObject(around) ? (around['enqueuedTime'] ?? around['time']) : null;
	const candidates: readonly (readonly [string, JsonValue | undefined])[] = [
		...['Time', 'SourceTimestamp', 'ReceiveTime'].map((name) => [name, fields.get(name)] as const),
		['SourceTimestamp', record['SourceTimestamp']],
		['Timestamp', record['Timestamp']],
		['enqueuedTime', typeof hub === 'string' ? hub.replace(/\s*\([^()]{0,60}\)\s*$/, '') : hub],
	];
	for (const [name, value] of candidates) {
		if (typeof value !== 'string' && typeof value !== 'number') continue;
		const at = draft.time(name, value);
		if (at !== null) return at;
	}
	return null;
}
