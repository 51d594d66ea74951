// Process alarms by ISA-18.2 (IEC 62682) as webhooks send them: alerta's form, Ignition's alarm events, and alarms that name tag,
// condition, priority and state under other names.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import { SEVERITIES, type Severity } from '../../domain/severity.ts';
import { Draft, present } from '../formats/draft.ts';
import { bareName } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { Flag, readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const ProcessAlarm = z.looseObject({
	// alerta
	severity: Word,
	previousSeverity: Word,
	resource: Text,
	event: Text,
	environment: Text,
	service: TextList,
	group: Text,
	origin: Text,
	value: Text,
	text: Text,
	type: Text,
	status: Word,
	correlate: TextList,
	id: Text,
	createTime: Text,
	lastReceiveTime: Text,
	customer: Text,
	// Ignition
	source: Text,
	displayPath: Text,
	name: Text,
	label: Text,
	priority: Word,
	state: Word,
	eventState: Word,
	eventType: Text,
	eventTime: Text,
	activeTime: Text,
	clearTime: Text,
	ackTime: Text,
	eventId: Text,
	eventValue: Text,
	notes: Text,
	ackUser: Text,
	ackedBy: Text,
	isActive: Flag,
	isClear: Flag,
	// others
	tag: Text,
	tagName: Text,
	point: Text,
	area: Text,
	unit: Text,
	alarmType: Text,
	condition: Text,
	alarmName: Text,
	alarmClass: Text,
	alarmId: Text,
	description: Text,
	message: Text,
	operator: Text,
	timestamp: Text,
	time: Text,
});
type ProcessAlarm = z.infer<typeof ProcessAlarm>;

/** Events that end all conditions of a point, where the message names which (alerta's `correlate`). */
const RESET = /^(?:RST|RESET|RTN|NORM|NORMAL|OK|CLEAR|CLEARED)(?:[_ -]?(?:ALM|ALARM))?$/i;
const CORRELATED_MAX = 20;
const FANNED_LENGTH_MAX = 3_000;
/** States in which the process is back inside its limits (A and D of ISA-18.2), whoever has acknowledged. */
const OVER =
	/^(?:norm|normal|rtn|rtnun|rtn[ _-]?unack|return(?:ed)? to normal|clear(?:ed)?\b.*|inactive\b.*|ok|resolved|closed|expired|cleared,? .*)$/i;
const WITHHELD = /^(?:shlvd|shelved|dsupr|suppressed|oosrv|out[ _-]of[ _-]service|blackout)/i;
/** Inductive Automation, alarm priorities: 0 diagnostic to 4 critical. */
const IGNITION_PRIORITY: readonly (Severity | undefined)[] = SEVERITIES;

export const scadaIsa182: SourceKind = {
	name: 'scada-isa182',
	aliases: ['ignition'],
	title: 'Process alarms by ISA-18.2 (SCADA, DCS, Ignition)',
	vendor: 'several',
	domain: 'ot',
	forms: [
		'alarm JSON with `resource`, `event`, `severity`, `text` (alerta\'s form), one, a list, or `{"alerts": [...]}`',
		"Ignition's alarm events from a pipeline script: `source`, `displayPath`, `name`, `priority`, `state`, `eventTime`, `eventId`",
		'alarms that name `tag`, `alarmType`, `priority`, `state`, `description`, `timestamp`',
	],
	severities: [
		['Critical, Urgent, Emergency; Ignition priority 4', 'critical'],
		['High; Ignition 3', 'high'],
		['Medium; Ignition 2', 'medium'],
		['Low; Ignition 1', 'low'],
		['Advisory, Diagnostic, Journal, OK, Normal; Ignition 0', 'informational'],
		['another number: 9 and 10 critical, 7 and 8 high, 4 to 6 medium, 1 to 3 low, 0 informational', 'by value'],
		['another word, or none', null],
	],
	identity:
		"environment, point and condition (Ignition: the alarm's source path); a reset that names the conditions of its point ends each of them",
	setup: [
		'Ignition: in the alarm pipeline add a Script block that posts the event as JSON (`system.net.httpPost`) to `https://HOST/v1/alerts/scada-isa182` with the bearer token, on active, clear and acknowledge.',
		'Others: post one JSON object an alarm with at least `resource` (the tag), `event` (the condition), `severity` and `state`.',
	],
	notHandled: [
		'an acknowledgement changes nothing but a label: the process is still outside its limits',
		'a shelved, suppressed or out-of-service alarm stays open, with its state as label',
		'alarm summaries (all standing alarms at once) are read alarm by alarm; what is missing from one is not closed by that',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return fanned(document, null);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['alerts', 'alarms', 'events', 'data', 'results']) {
		const list = document[key];
		if (Array.isArray(list)) return fanned(list, document);
	}
	for (const key of ['alert', 'alarm', 'payload', 'data', 'alarmEvent']) {
		const inner = document[key];
		if (isJsonObject(inner)) return fanned([inner], document);
	}
	return fanned([document], null);
}

/** A reset that lists the conditions of its point is one message for each of them. */
function fanned(list: readonly JsonValue[], envelope: JsonObject | null): JsonSplit {
	const origins = new Map<JsonValue, JsonValue>();
	const all = list.flatMap((record): JsonValue[] => {
		if (!isJsonObject(record)) return [record];
		const { event, correlate } = record;
		if (typeof event !== 'string' || !RESET.test(event.trim()) || !Array.isArray(correlate)) return [record];
		// Each copy is stored: a message that is no alarm's size is not multiplied.
		if (JSON.stringify(record).length > FANNED_LENGTH_MAX) return [record];
		const others = correlate
			.filter((name) => typeof name === 'string' && !RESET.test(name.trim()))
			.slice(0, CORRELATED_MAX)
			.map((name) => ({ ...record, event: name, reset_by: event }));
		for (const copy of others) origins.set(copy, record);
		return others.length === 0 ? [record] : others;
	});
	return records(all, envelope, origins);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(ProcessAlarm, underOurNames(record));
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const tag = tagOf(said);
	const condition = said.event ?? said.name ?? said.alarmName ?? said.alarmType ?? said.condition;
	const text = said.text ?? said.message ?? said.description ?? said.label ?? said.notes;
	if (tag === null && condition === null) {
		return unparsed(
			'resource',
			'nothing',
			"the alarm's point (`resource`, `tag`, `source`) or condition (`event`, `name`)",
		);
	}
	const draft = new Draft(context);
	addEntities(draft, said, tag);
	gather(draft, record, '', NOT_SWEPT);
	addLabels(draft, said, condition);
	const severityRaw = said.severity ?? said.priority;
	const isClosed = isOver(said, record);
	const alert = draft.finish({
		externalId: said.eventId ?? said.id ?? said.alarmId,
		identity:
			said.source !== null && /:\/(?:tag|alm):/.test(said.source)
				? [said.source]
				: [said.environment, tag, condition ?? text, said.alarmType],
		status: isClosed ? 'closed' : 'open',
		title: [[tag, condition].filter((part) => part !== null).join(' '), text]
			.filter((part) => part !== null)
			.join(': '),
		description: text,
		severity: severityOf(said, severityRaw),
		severityRaw,
		kind: processAlarmKind(
			[tag, said.displayPath].join(' '),
			[condition, said.alarmType, said.condition, said.alarmClass, said.type, said.group, ...said.service, text].join(
				' | ',
			),
		),
		domain: 'ot',
		occurredAt: timeOf(draft, said, isClosed),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Names as the schema spells them, by their letters: a SCADA system's export writes `TagName` or `tag_name` for `tagName`. */
const SPELLING: ReadonlyMap<string, string> = new Map(
	Object.keys(ProcessAlarm.shape).map((name) => [bareName(name), name]),
);

/** The record with its names in the schema's spelling; a name that is so spelled already counts before one that is not. */
function underOurNames(record: JsonObject): JsonObject {
	const named = new Map<string, JsonValue>();
	for (const [name, value] of Object.entries(record)) {
		const spelt = SPELLING.get(bareName(name));
		if (spelt !== undefined && record[spelt] === undefined) named.set(spelt, value);
	}
	return named.size === 0 ? record : { ...record, ...Object.fromEntries(named) };
}

/** Names whose values are words of the process here: an event, a service, a source path. */
const NOT_SWEPT = new Set(['service', 'resource', 'path', 'command', 'rawData']);

/** The point: Ignition's display path or the tag in its source path (`prov:default:/tag:Area/P101:/alm:High`). */
function tagOf(said: ProcessAlarm): string | null {
	const path = /:\/tag:([^:]{1,400})/.exec(said.source ?? '')?.[1];
	return said.resource ?? said.tag ?? said.tagName ?? said.point ?? path ?? said.displayPath ?? said.source;
}

function addEntities(draft: Draft, said: ProcessAlarm, tag: string | null): void {
	draft.entity('tag', tag, 'target');
	if (said.displayPath !== null && said.displayPath !== tag) draft.entity('tag', said.displayPath, 'target');
	// alerta writes the sender as `program/host`; a controller names itself.
	const slash = said.origin?.lastIndexOf('/') ?? -1;
	if (slash > 0) draft.endpoint(said.origin?.slice(slash + 1), 'observer');
	else if (said.origin !== tag) draft.entity('tag', said.origin, 'related');
	for (const zone of [...said.service, said.area, said.unit]) draft.entity('zone', zone, 'target');
	for (const user of [said.ackUser, said.ackedBy, said.operator]) draft.user(user, null, 'related');
}

function addLabels(draft: Draft, said: ProcessAlarm, condition: string | null): void {
	const state = said.state ?? said.eventState ?? said.status;
	draft.labelsFrom({
		signature_id: condition,
		category: said.group ?? said.alarmClass,
		type: said.type ?? said.alarmType ?? said.eventType,
		state,
		suppression: WITHHELD.test(state ?? '') ? state : null,
		environment: said.environment,
		service: said.service,
		origin: said.origin,
		value: said.value ?? said.eventValue,
		previous_severity: said.previousSeverity,
		priority: said.severity === null ? null : said.priority,
		source_path: said.source,
		customer: said.customer,
		notes: said.notes,
		correlate: said.correlate,
	});
}

function severityOf(said: ProcessAlarm, raw: string | null): Severity | null {
	if (raw === null) return null;
	const isIgnition = said.severity === null && (said.displayPath !== null || /^prov:|:\/tag:/.test(said.source ?? ''));
	if (isIgnition && /^[0-4]$/.test(raw)) return IGNITION_PRIORITY[Number(raw)] ?? null;
	if (/^urgent$/i.test(raw)) return 'critical';
	if (/^(?:advisory|advise|diagnostic|journal|normal|norm)$/i.test(raw)) return 'informational';
	return severityOfWord(raw);
}

/** Back inside the limits, by state, by the severity that stands for it, or by Ignition's flags. */
function isOver(said: ProcessAlarm, record: JsonObject): boolean {
	if (record['reset_by'] !== undefined || said.isClear === true || said.isActive === false) return true;
	const state = said.state ?? said.eventState ?? said.status;
	if (state !== null && OVER.test(state)) return true;
	if (/^(?:clear|cleared)$/i.test(said.eventType ?? '')) return true;
	const severity = said.severity?.toLowerCase() ?? '';
	return ['ok', 'normal', 'norm', 'cleared'].includes(severity) || RESET.test(said.event ?? '');
}

function timeOf(draft: Draft, said: ProcessAlarm, isClosed: boolean): number | null {
	const fields = [
		...(isClosed ? (['clearTime'] as const) : []),
		'eventTime',
		'timestamp',
		'time',
		'lastReceiveTime',
		'activeTime',
		'createTime',
	] as const;
	for (const field of fields) {
		if (present(said[field]) === null) continue;
		const at = draft.time(field, said[field]);
		if (at !== null) return at;
	}
	return null;
}
