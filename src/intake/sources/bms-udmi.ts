// UDMI (Universal Device Management Interface) of building devices: system events, pointset events, state, discovery and validation
// messages, as MQTT or Pub/Sub hands them on.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { base64Json } from '../formats/base64-json.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import { isRoutineSession } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** An entry of UDMI: `logentries[]` of an event, `status` of a system, point, gateway or localnet in a state. */
const Entry = z.looseObject({
	message: Text,
	detail: Text,
	timestamp: Text,
	category: Text,
	level: Word,
	// What the splitting has put beside it.
	_point: Text,
	_part: Text,
	_timestamp: Text,
	_device: Text,
	_registry: Text,
	_value: Text,
});

const SHARED_MAX = 2_000;
/** A message of UDMI has one of these. */
const MESSAGE_KEYS = new Set(
	'version timestamp logentries entries points status system pointset gateway localnet discovery blobset families devices scan_addr'.split(
		' ',
	),
);
/** Members that become records of their own. */
const SPLIT_OFF = new Set(['logentries', 'entries', 'points', 'status']);

export const bmsUdmi: SourceKind = {
	name: 'bms-udmi',
	aliases: ['udmi'],
	title: 'UDMI building devices',
	vendor: 'UDMI',
	domain: 'ot',
	forms: [
		'`events/system` with `logentries`, `events/pointset`, `state`, `events/discovery`, `events/validation` as JSON',
		'the same inside a Pub/Sub push message (`{"message": {"attributes", "data"}}`, base64) or an envelope with `payload`',
	],
	severities: [
		['`level` 800 (emergency), 700 (alert), 600 (critical)', 'critical'],
		['500 (error)', 'high'],
		['400 (warning)', 'medium'],
		['300 (notice)', 'low'],
		['200 (info), 100 (debug); points and states without a status', 'informational'],
		['no level, or one that UDMI does not have', null],
	],
	identity:
		'registry and device where the envelope names them, the point or part, and the category without its last word; a status that is gone or at level 200 and below ends what one before it began',
	setup: [
		'Push the Pub/Sub topic of the registry to `https://HOST/v1/alerts/bms-udmi` with the bearer token, or let a bridge post MQTT messages with `{"deviceId", "payload"}`.',
	],
	notHandled: [
		'the name of the device stands in the envelope only: a bare message cannot say which device it is about',
		'point values are recorded, not judged',
		'`config`, `metadata` and `cloud` messages are kept as audit records',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

type Around = {
	readonly device: JsonValue;
	readonly registry: JsonValue;
	readonly message: JsonObject;
	/** True where the message came in base64: no part of it has a text of its own in the body. */
	readonly isDecoded: boolean;
};
type Part = { readonly record: JsonValue; readonly origin: JsonValue };

function split(document: JsonValue): JsonSplit {
	const list: JsonValue[] = [];
	const origins = new Map<JsonValue, JsonValue>();
	for (const item of Array.isArray(document) ? document : [document]) {
		for (const { record, origin } of entriesOf(item)) {
			list.push(record);
			// What came in base64, or as a bare word, has no text of its own: the message around it is kept.
			origins.set(record, origin);
		}
	}
	return records(list, null, origins);
}

/** Every entry of a message as a record of its own; a message without one is one record. */
function entriesOf(item: JsonValue): Part[] {
	if (!isJsonObject(item)) return [{ record: item, origin: item }];
	const around = opened(item);
	const { message } = around;
	if (!Object.keys(message).some((key) => MESSAGE_KEYS.has(key))) return [{ record: message, origin: item }];
	const entries: { record: JsonObject; origin: JsonValue }[] = [];
	const logged = message['logentries'] ?? message['entries'];
	if (Array.isArray(logged)) for (const entry of logged) entries.push(entryOf(entry, 'logentry', null, around));
	const status = message['status'];
	if (isJsonObject(status)) entries.push(entryOf(status, 'validation', null, around));
	for (const part of ['system', 'gateway', 'localnet', 'pointset', 'discovery', 'blobset']) {
		const state = message[part];
		if (!isJsonObject(state)) continue;
		if (isJsonObject(state['status'])) entries.push(entryOf(state['status'], part, null, around));
		for (const group of ['points', 'families', 'blobs', 'devices'])
			entries.push(...pointsOf(state[group], part, around));
	}
	entries.push(...pointsOf(message['points'], 'pointset', around));
	if (entries.length === 0)
		return [{ record: { ...entryOf(message, 'message', null, around).record, _whole: message }, origin: item }];
	// What stands around the entries goes to each while it is small, else to the first: time and memory stay linear in the body.
	const rest = Object.fromEntries(
		Object.entries(message)
			.filter(([key]) => !SPLIT_OFF.has(key))
			.map(withoutPoints),
	);
	const isSmall = JSON.stringify(rest).length <= SHARED_MAX;
	return entries.map(({ record, origin }, index) => ({
		record: isSmall || index === 0 ? { ...record, _whole: rest } : record,
		origin: around.isDecoded ? item : origin,
	}));
}

function withoutPoints([key, value]: [string, JsonValue]): [string, JsonValue] {
	if (!isJsonObject(value)) return [key, value];
	return [key, Object.fromEntries(Object.entries(value).filter(([name]) => !SPLIT_OFF.has(name)))];
}

function pointsOf(points: JsonValue | undefined, part: string, around: Around): ReturnType<typeof entryOf>[] {
	if (!isJsonObject(points)) return [];
	return Object.entries(points).flatMap(([name, point]) =>
		isJsonObject(point) && isJsonObject(point['status']) ? [entryOf(point['status'], part, name, around)] : [],
	);
}

/** An entry with what is known around it. An entry that is a bare text is its own message. */
function entryOf(
	entry: JsonValue,
	part: string,
	point: string | null,
	around: Around,
): { record: JsonObject; origin: JsonValue } {
	const said: JsonObject = isJsonObject(entry) ? entry : { message: entry };
	const record = {
		...said,
		_part: part,
		...(point === null ? {} : { _point: point }),
		...(around.device === null ? {} : { _device: around.device }),
		...(around.registry === null ? {} : { _registry: around.registry }),
		...(said['timestamp'] === undefined && around.message['timestamp'] !== undefined
			? { _timestamp: around.message['timestamp'] }
			: {}),
	};
	return { record, origin: isJsonObject(entry) ? entry : around.message };
}

/** The UDMI message inside what a bus sends, and the device that its envelope names. */
function opened(item: JsonObject): Around {
	const message = isJsonObject(item['message']) ? item['message'] : item;
	const attributes = ['attributes', 'envelope', 'properties']
		.map((key) => message[key] ?? item[key])
		.find((value) => isJsonObject(value));
	const named = isJsonObject(attributes) ? attributes : message === item && item['payload'] === undefined ? {} : item;
	const device = named['deviceId'] ?? named['device_id'] ?? item['deviceId'] ?? item['device_id'] ?? null;
	const registry = named['deviceRegistryId'] ?? named['registry_id'] ?? item['deviceRegistryId'] ?? null;
	for (const key of ['data', 'payload']) {
		const inner = message[key];
		if (isJsonObject(inner)) return { message: inner, device, registry, isDecoded: false };
		const decoded = typeof inner === 'string' ? base64Json(inner)[0] : undefined;
		if (isJsonObject(decoded)) return { message: decoded, device, registry, isDecoded: true };
	}
	return { message, device, registry, isDecoded: false };
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(Entry, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	if (said._part === null)
		return unparsed(
			'record',
			'no known field',
			'a UDMI message: `timestamp` with `logentries`, `pointset`, `system`, ...',
		);
	const isStatus = said._part !== 'message';
	const draft = new Draft(context);
	draft.entity('asset_id', said._device, 'target');
	draft.endpoint(said._device, 'target');
	draft.entity('zone', said._registry, 'target');
	draft.entity('tag', said._point, 'target');
	const whole = record['_whole'] ?? null;
	// Of a message with many entries each names what it says itself; addresses of the device stand around them all.
	gather(draft, record, '', ENTRY_ONLY);
	gather(draft, whole);
	draft.labelsFrom({
		vendor: 'UDMI',
		product: 'UDMI',
		category: said.category,
		part: said._part,
		point: said._point,
		device: said._device,
		registry: said._registry,
		...about(whole),
	});
	const severity = isStatus ? severityOf(said.level) : 'informational';
	const words = [said.message, said.detail, said.category].filter((part) => part !== null).join(' | ');
	const kind = isStatus ? kindOf(said.category, said._point, words, severity) : 'audit';
	const alert = draft.finish({
		externalId: null,
		identity: [
			said._registry,
			said._device,
			said._part,
			said._point,
			subjectOf(said.category),
			// A log tells of many things under one category; a status is the one state of its part.
			said._part === 'logentry' ? withoutNumbers(said.message ?? said.detail) : null,
			isStatus ? null : titleOf(whole),
			// A danger is never folded into a lesser condition of the same point.
			kind === 'process_safety',
		],
		status: isStatus && severity === 'informational' && said._part !== 'logentry' ? 'closed' : 'open',
		title: [said._device, said._point]
			.filter((part) => part !== null)
			.concat(said.message ?? said.category ?? titleOf(whole))
			.join(' '),
		description: said.detail,
		severity,
		severityRaw: said.level,
		kind,
		domain: 'ot',
		occurredAt: draft.time('timestamp', said.timestamp) ?? draft.time('timestamp', said._timestamp),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const ENTRY_ONLY = new Set(['_whole', '_device', '_registry', '_point', '_part']);

function about(whole: JsonValue): Record<string, string | null> {
	const system = isJsonObject(whole) ? whole['system'] : null;
	if (!isJsonObject(system)) return {};
	const text = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);
	const hardware = system['hardware'];
	return {
		make: isJsonObject(hardware) ? text(hardware['make']) : null,
		model: isJsonObject(hardware) ? text(hardware['model']) : null,
		serial_no: text(system['serial_no']),
	};
}

/** What a message without an entry holds, in words. */
function titleOf(whole: JsonValue): string {
	if (!isJsonObject(whole)) return 'UDMI message';
	const parts = Object.keys(whole).filter((key) => !['version', 'timestamp', 'upgraded_from'].includes(key));
	return `UDMI message: ${parts.slice(0, 5).join(', ') || 'nothing but its time'}`;
}

/** The text of a log entry is one whatever it counts. */
function withoutNumbers(text: string | null): string | null {
	return text === null ? null : text.slice(0, 500).replace(/\d+/g, '#');
}

/** `system.config.parse` and `system.config.apply` are steps of one thing. */
function subjectOf(category: string | null): string | null {
	return category === null ? null : category.split('.').slice(0, 2).join('.');
}

/**
 * UDMI's levels are those of Google Cloud's LogSeverity (UDMI documentation, `level`): 100 debug, 200 info, 300 notice, 400 warning,
 * 500 error, 600 critical, 700 alert, 800 emergency. Null below 100 and above 800.
 */
function severityOf(text: string | null): Severity | null {
	const level = Number(text ?? Number.NaN);
	if (!(level >= 100 && level <= 800)) return null;
	if (level >= 600) return 'critical';
	if (level >= 500) return 'high';
	if (level >= 400) return 'medium';
	return level >= 300 ? 'low' : 'informational';
}

/** By the words for safety and lost devices; else a point is the process, log-ins and boots are records, the rest the device's health. */
function kindOf(category: string | null, point: string | null, words: string, severity: Severity | null): AlertKind {
	const said = processAlarmKind(point, words);
	if (said === 'process_safety' || said === 'availability') return said;
	if (/^system\.auth\./i.test(category ?? '')) return isRoutineSession(words) ? 'audit' : 'security';
	if (point !== null || /^(?:pointset|validation)\b/i.test(category ?? '')) return said;
	if (severity === 'informational' || severity === 'low' || severity === null) return 'audit';
	return 'maintenance';
}
