// Tridium Niagara: alarm records as JSON, as an alarm recipient's webhook, the JSON toolkit or an oBIX bridge sends them.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { readVendor, Text, TextMap, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const AlarmRecord = z.looseObject({
	uuid: Text,
	id: Text,
	source: Text,
	sourceName: Text,
	sourceState: Word,
	ackState: Word,
	ackRequired: Text,
	alarmClass: Text,
	alarmClassDisplayName: Text,
	priority: Word,
	timestamp: Text,
	normalTime: Text,
	ackTime: Text,
	lastUpdate: Text,
	user: Text,
	alarmTransition: Word,
	msgText: Text,
	messageText: Text,
	station: Text,
	stationName: Text,
	alarmData: TextMap,
});
type AlarmRecord = z.infer<typeof AlarmRecord>;

export const niagara: SourceKind = {
	name: 'niagara',
	aliases: ['tridium'],
	title: 'Niagara building automation',
	vendor: 'Tridium',
	domain: 'ot',
	forms: [
		'alarm records as JSON: `uuid`, `source`, `sourceState`, `ackState`, `alarmClass`, `priority`, `timestamp`, `normalTime`, `alarmData`; one, a list, or `{"alarms": [...]}`',
	],
	severities: [
		['`priority` 0 to 31 (BACnet: life safety), 32 to 63 (property safety)', 'critical'],
		['64 to 95 (supervisory)', 'high'],
		['96 to 127 (trouble)', 'medium'],
		['128 to 191 (higher priority of the rest)', 'low'],
		['192 to 255 (lower priority of the rest; what an alarm class has that nobody set)', 'informational'],
		['a word (critical, high, ...)', 'by value'],
		['no priority', null],
	],
	identity: "station, source and alarm class; the record's uuid where there is no source",
	setup: [
		'Add an alarm recipient that posts JSON (JSON toolkit, or a program object) to the alarm classes, with `https://HOST/v1/alerts/niagara` and the bearer token, for transitions to offnormal, fault and normal.',
		"Give the alarm classes priorities by BACnet's bands: a class that nobody set is 255.",
	],
	notHandled: [
		'an acknowledgement changes nothing but a label',
		'text with Niagara format patterns (`%alarmData...%`) is shown as it comes',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

const NOT_SWEPT = new Set(['path', 'user', 'ackUser']);

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['alarms', 'alarmRecords', 'records', 'data']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	for (const key of ['alarm', 'alarmRecord', 'data']) {
		const inner = document[key];
		if (isJsonObject(inner)) return records([inner], document);
	}
	return records([document]);
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(AlarmRecord, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const data = said.alarmData;
	const source = said.sourceName ?? data['sourceName'] ?? said.source;
	if (source === null && said.uuid === null && said.alarmClass === null)
		return unparsed('record', 'no known field', 'a Niagara alarm record: `source`, `sourceState`, `alarmClass`, ...');
	const around = envelope?.['station'] ?? envelope?.['stationName'];
	const station = said.station ?? said.stationName ?? (typeof around === 'string' ? around : null);
	const text = said.msgText ?? said.messageText ?? data['msgText'] ?? null;
	const draft = new Draft(context);
	draft.entity('tag', source, 'target');
	draft.entity('tag', pointOf(said.source), 'target');
	draft.endpoint(station, 'observer');
	// Niagara's words for nobody yet.
	const user = said.user ?? data['ackUser'] ?? null;
	if (!/^unknown user$/i.test(user ?? '')) draft.user(user, null, 'related');
	gather(draft, record, '', NOT_SWEPT);
	addLabels(draft, said, station);
	const state = said.sourceState ?? said.alarmTransition;
	const isClosed = /^normal$/i.test(state ?? '');
	const named = said.alarmClassDisplayName ?? said.alarmClass;
	const kind = isLifeSafety(said.priority)
		? 'process_safety'
		: processAlarmKind(source, [named, text, data['faultValue']].join(' | '));
	const alert = draft.finish({
		externalId: said.uuid ?? said.id,
		identity: said.source === null ? [said.uuid ?? source] : [station, said.source, said.alarmClass],
		status: isClosed ? 'closed' : 'open',
		title: [source ?? named, text ?? state].filter((part) => part !== null).join(': '),
		description: text,
		severity: severityOf(said.priority),
		severityRaw: said.priority,
		kind: kind === 'process' && /^fault$/i.test(state ?? '') ? 'maintenance' : kind,
		domain: 'ot',
		occurredAt:
			(isClosed ? draft.time('normalTime', said.normalTime) : null) ??
			draft.time('timestamp', said.timestamp) ??
			draft.time('lastUpdate', said.lastUpdate),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** The last part of a slot path: `local:|station:|slot:/Drivers/BacnetNetwork/AHU$201/Temp` is about `Temp` of `AHU 1`. */
function pointOf(source: string | null): string | null {
	const path = /slot:(\/[^|]{1,500})/.exec(source ?? '')?.[1];
	if (path === undefined) return null;
	return path.replace(/\$([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function addLabels(draft: Draft, said: AlarmRecord, station: string | null): void {
	draft.labelsFrom({
		vendor: 'Tridium',
		product: 'Niagara',
		signature_id: said.alarmClass,
		category: said.alarmClassDisplayName ?? said.alarmClass,
		state: said.sourceState,
		transition: said.alarmTransition,
		ack_state: said.ackState,
		station,
	});
	draft.labelsFrom(said.alarmData);
}

function isLifeSafety(priority: string | null): boolean {
	return /^\d{1,2}$/.test(priority ?? '') && Number(priority) <= 31;
}

/** Niagara's priorities are BACnet's (ASHRAE 135, table of event priorities by network priority and category): 0 is the most urgent of 255. */
function severityOf(text: string | null): Severity | null {
	if (text === null || !/^\d{1,3}$/.test(text)) return severityOfWord(text);
	const priority = Number(text);
	if (priority > 255) return null;
	if (priority <= 63) return 'critical';
	if (priority <= 95) return 'high';
	if (priority <= 127) return 'medium';
	return priority <= 191 ? 'low' : 'informational';
}
