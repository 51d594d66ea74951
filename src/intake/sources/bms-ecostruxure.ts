// Schneider Electric EcoStruxure IT (webhooks of alarms) and Building Operation (alarms of its Smart Connector and REST interfaces).
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const Named = z.looseObject({ id: Text, name: Text, label: Text }).nullish();
const Device = z
	.looseObject({
		id: Text,
		label: Text,
		name: Text,
		model: Text,
		device_type: Text,
		serial_number: Text,
		hostname: Text,
		ip4_addresses: TextList,
		ip6_addresses: TextList,
		mac_addresses: TextList,
	})
	.nullish();
const Details = z
	.looseObject({
		activated_at: Text,
		updated_at: Text,
		cleared_at: Text,
		label: Text,
		message: Text,
		severity: Word,
		current_severity: Word,
	})
	.nullish();

/** EcoStruxure IT: one object an alarm, sent again with every change of it. */
const ItAlarm = z.looseObject({
	id: Text,
	current_severity_peak: Word,
	current_severity: Word,
	severity: Word,
	organization_details: Named,
	device_details: Device,
	sensor_details: Named,
	location_details: z.looseObject({ location_ancestors: z.array(Named).nullish() }).nullish(),
	activation_details: Details,
	updated_details: Details,
	cleared_details: Details,
});
type ItAlarm = z.infer<typeof ItAlarm>;

/** The same alarm as the REST API of EcoStruxure IT lists it: its state now, and of the device nothing but the id. */
const ListedAlarm = z.looseObject({
	id: Text,
	deviceId: Text,
	label: Text,
	message: Text,
	severity: Word,
	activatedTime: Text,
	clearedTime: Text,
	alarmReactivationCount: Text,
});

/** EcoStruxure Building Operation: alarms by the names of its alarm views. */
const BuildingAlarm = z.looseObject({
	id: Text,
	uniqueAlarmId: Text,
	sequenceNumber: Text,
	source: Text,
	sourceName: Text,
	alarmText: Text,
	text: Text,
	description: Text,
	category: Text,
	priority: Word,
	alarmState: Word,
	state: Word,
	triggeredTimestamp: Text,
	timestamp: Text,
	monitoredValue: Text,
	alarmType: Text,
	acknowledgedBy: Text,
	user: Text,
	server: Text,
	basicEvaluationState: Word,
});

export const bmsEcostruxure: SourceKind = {
	name: 'bms-ecostruxure',
	aliases: ['ecostruxure'],
	title: 'EcoStruxure IT and Building Operation',
	vendor: 'Schneider Electric',
	domain: 'ot',
	forms: [
		'EcoStruxure IT webhook: one alarm, a list, activated, updated or cleared',
		'EcoStruxure IT REST API: what it lists and its changes (`{"alarms": [{"id": ..., "deviceId": ..., "activatedTime": ...}]}`)',
		'EcoStruxure Building Operation alarms as JSON: `source`, `alarmText`, `priority`, `alarmState`, `triggeredTimestamp`',
	],
	severities: [
		[
			'EcoStruxure IT: `updated_details.current_severity`, else `current_severity_peak`; REST API: `severity`: CRITICAL, FAIL, FAILURE',
			'critical',
		],
		['ERROR, MAJOR', 'high'],
		['WARNING, MINOR', 'medium'],
		['INFO, INFORMATIONAL, NORMAL, OK', 'informational'],
		['UNKNOWN, INITIALIZE', null],
		['Building Operation `priority` (0 to 1000, the lower the worse): 0 to 99', 'critical'],
		['100 to 299', 'high'],
		['300 to 599', 'medium'],
		['600 to 899', 'low'],
		['900 and above', 'informational'],
	],
	identity: "the alarm's id; Building Operation: server, source and alarm type",
	setup: [
		'EcoStruxure IT Expert: Settings, Webhooks: add `https://HOST/v1/alerts/bms-ecostruxure` with token authentication and the bearer token (or basic).',
		'Building Operation: let the integration (Smart Connector, or a script on the alarm) post the alarm as JSON to the same address.',
	],
	notHandled: [
		'when an alarm of the REST API came back (`alarmReactivationCount`): its first activation is all that is listed, so the time of receipt stands for it',
		'the priority bands of Building Operation are ours: a site that uses its priorities otherwise maps them with a mapping file',
		'an acknowledgement changes nothing but a label',
	],
	splitJson: split,
	readJson: (record, _envelope, context) =>
		isItAlarm(record)
			? readIt(record, context)
			: isListedAlarm(record)
				? readListed(record, context)
				: readBuilding(record, context),
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['alarms', 'events', 'data', 'value']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	const inner = document['alarm'] ?? document['event'];
	return isJsonObject(inner) ? records([inner], document) : records([document]);
}

function isItAlarm(record: JsonObject): boolean {
	return ['activation_details', 'device_details', 'current_severity_peak', 'cleared_details'].some(
		(key) => record[key] !== undefined,
	);
}

function isListedAlarm(record: JsonObject): boolean {
	return record['activatedTime'] !== undefined || record['clearedTime'] !== undefined;
}

function readIt(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(ItAlarm, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const { activation_details: begun, updated_details: updated, cleared_details: cleared } = said;
	const draft = new Draft(context);
	addDevice(draft, said);
	gather(draft, record);
	const last = cleared ?? updated ?? begun;
	const label = last?.label ?? updated?.label ?? begun?.label ?? null;
	const message = last?.message ?? updated?.message ?? begun?.message ?? null;
	const severityRaw =
		updated?.current_severity ??
		updated?.severity ??
		said.current_severity ??
		said.severity ??
		said.current_severity_peak;
	draft.labelsFrom({
		vendor: 'Schneider Electric',
		product: 'EcoStruxure IT',
		signature_id: begun?.label ?? label,
		severity_peak: severityRaw === said.current_severity_peak ? null : said.current_severity_peak,
		model: said.device_details?.model,
		device_type: said.device_details?.device_type,
		organization: said.organization_details?.name,
		sensor: said.sensor_details?.label ?? said.sensor_details?.name,
	});
	const name = said.device_details?.label ?? said.device_details?.name ?? null;
	const alert = draft.finish({
		externalId: said.id,
		identity: said.id === null ? [said.device_details?.id ?? name, begun?.label ?? label] : [said.id],
		status: cleared === null || cleared === undefined ? 'open' : 'closed',
		title: [name, label ?? message].filter((part) => part !== null).join(': '),
		description: message,
		severity: itSeverity(severityRaw),
		severityRaw,
		kind: processAlarmKind(null, [begun?.label, begun?.message, updated?.label, updated?.message].join(' | ')),
		domain: 'ot',
		occurredAt:
			draft.time('cleared_details.cleared_at', cleared?.cleared_at) ??
			draft.time('updated_details.updated_at', updated?.updated_at) ??
			draft.time('activation_details.activated_at', begun?.activated_at),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function readListed(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(ListedAlarm, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	draft.entity('asset_id', said.deviceId, 'target');
	gather(draft, record);
	const cameBack = Number(said.alarmReactivationCount ?? 0) > 0;
	draft.labelsFrom({
		vendor: 'Schneider Electric',
		product: 'EcoStruxure IT',
		signature_id: said.label,
		reactivations: cameBack ? said.alarmReactivationCount : null,
	});
	const cleared = draft.time('clearedTime', said.clearedTime);
	const activated = draft.time('activatedTime', said.activatedTime);
	const alert = draft.finish({
		externalId: said.id,
		identity: said.id === null ? [said.deviceId, said.label] : [said.id],
		status: said.clearedTime === null ? 'open' : 'closed',
		title: said.label ?? said.message,
		description: said.message,
		severity: itSeverity(said.severity),
		severityRaw: said.severity,
		kind: processAlarmKind(null, [said.label, said.message].join(' | ')),
		domain: 'ot',
		// One that came back is open since then, after it was cleared: at its first activation it would open nothing.
		occurredAt: cleared ?? (cameBack ? null : activated),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function itSeverity(text: string | null): Severity | null {
	if (/^fail(?:ure|ed)?$/i.test(text ?? '')) return 'critical';
	return /^normal$/i.test(text ?? '') ? 'informational' : severityOfWord(text);
}

/** The device that the alarm is about, and where it stands: the outermost place first, as the vendor lists them. */
function addDevice(draft: Draft, said: ItAlarm): void {
	const device = said.device_details;
	for (const ip of [...(device?.ip4_addresses ?? []), ...(device?.ip6_addresses ?? [])])
		draft.entity('ip', ip, 'target', 'device_details.ip4_addresses');
	for (const mac of device?.mac_addresses ?? []) draft.entity('mac', mac, 'target', 'device_details.mac_addresses');
	draft.entity('asset_id', device?.id, 'target');
	for (const name of [device?.label, device?.name, device?.hostname]) draft.entity('host', name, 'target');
	for (const place of said.location_details?.location_ancestors ?? [])
		draft.entity('zone', place?.label ?? place?.name, 'target');
}

function readBuilding(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(BuildingAlarm, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const text = said.alarmText ?? said.text ?? said.description;
	const source = said.sourceName ?? said.source;
	if (text === null && source === null)
		return unparsed(
			'record',
			'no known field',
			'an EcoStruxure alarm: `activation_details`, or `source` and `alarmText`',
		);
	const draft = new Draft(context);
	draft.entity('tag', source, 'target');
	draft.entity('tag', said.source, 'target');
	draft.endpoint(said.server, 'observer');
	for (const user of [said.acknowledgedBy, said.user]) draft.user(user, null, 'related');
	gather(draft, record, '', new Set(['path']));
	const state = said.alarmState ?? said.state ?? said.basicEvaluationState;
	draft.labelsFrom({
		vendor: 'Schneider Electric',
		product: 'EcoStruxure Building Operation',
		signature_id: said.alarmType,
		category: said.category,
		state,
		value: said.monitoredValue,
		sequence: said.sequenceNumber,
	});
	const alert = draft.finish({
		externalId: said.uniqueAlarmId ?? said.id ?? said.sequenceNumber,
		identity: [said.server, said.source ?? source, said.alarmType ?? said.category, source === null ? text : null],
		status: /^(?:normal|reset|cleared|closed|ok)/i.test(state ?? '') ? 'closed' : 'open',
		title: [source, text].filter((part) => part !== null).join(': '),
		description: text,
		severity: buildingSeverity(said.priority),
		severityRaw: said.priority,
		kind: processAlarmKind(source, [said.alarmType, said.category, text].join(' | ')),
		domain: 'ot',
		occurredAt: draft.time('timestamp', said.timestamp) ?? draft.time('triggeredTimestamp', said.triggeredTimestamp),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Building Operation: 0 is the most urgent of 1000; the bands are ours, with most room for the ordinary. */
function buildingSeverity(text: string | null): Severity | null {
	if (text === null || !/^\d{1,4}$/.test(text)) return severityOfWord(text);
	const priority = Number(text);
	if (priority > 1000) return null;
	if (priority < 100) return 'critical';
	if (priority < 300) return 'high';
	if (priority < 600) return 'medium';
	return priority < 900 ? 'low' : 'informational';
}
