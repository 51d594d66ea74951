// AWS IoT SiteWise (property updates of an alarm state) and AWS IoT Events (alarm model payloads).
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Instant } from '../../domain/time.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { processAlarmKind } from '../formats/process-alarm.ts';
import { readTime } from '../formats/time-text.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';

const Rule = z.looseObject({
	simpleRule: z.looseObject({ inputProperty: Text, operator: Text, threshold: Text }).nullish(),
});
const AlarmState = z.looseObject({
	stateName: Word,
	ruleEvaluation: Rule.nullish(),
	customerAction: z.looseObject({ actionName: Text }).nullish(),
	systemEvent: z.looseObject({ eventType: Text }).nullish(),
});
const AlarmPayload = z.looseObject({
	alarmModelName: Text,
	alarmModelVersion: Text,
	alarmModelArn: Text,
	keyValue: Text,
	severity: Word,
	state: AlarmState.nullish(),
	alarmMessage: Text,
	assetId: Text,
	assetName: Text,
	propertyId: Text,
	propertyName: Text,
	propertyAlias: Text,
});
type AlarmPayload = z.infer<typeof AlarmPayload>;

export function isSiteWise(record: JsonObject): boolean {
	const payload = record['payload'];
	return (
		record['type'] === 'PROPERTY_VALUE_UPDATE' ||
		record['alarmModelName'] !== undefined ||
		isJsonObject(record['state']) ||
		(isJsonObject(payload) && (payload['state'] !== undefined || payload['propertyId'] !== undefined))
	);
}

/** States of IoT Events alarms: ACTIVE, ACKNOWLEDGED and LATCHED hold, NORMAL is over; SNOOZE_DISABLED and DISABLED are withheld. */
export function readSiteWise(record: JsonObject, context: IntakeContext): Reading {
	const payload = isJsonObject(record['payload']) ? withDetector(record['payload']) : record;
	const update = latestOf(payload['values'], context);
	const reading = readVendor(AlarmPayload, { ...payload, ...update.alarm });
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const state = said.state?.stateName ?? null;
	const draft = new Draft(context);
	draft.entity('asset_id', said.assetId, 'target');
	draft.entity('asset_id', said.assetName, 'target');
	draft.entity('asset_id', said.keyValue, 'target');
	draft.entity('tag', said.propertyAlias ?? said.propertyName ?? said.propertyId, 'target');
	draft.entity('cloud_resource', said.alarmModelArn, 'related');
	gather(draft, record);
	addLabels(draft, said, state);
	const name = said.alarmModelName ?? said.propertyName ?? said.propertyAlias ?? said.propertyId;
	const rule = said.state?.ruleEvaluation?.simpleRule;
	const limit = rule === null || rule === undefined ? null : `${rule.inputProperty} ${rule.operator} ${rule.threshold}`;
	const kind = processAlarmKind(said.propertyAlias, [name, said.alarmMessage].join(' | '));
	const alert = draft.finish({
		externalId: null,
		identity: [
			said.alarmModelName,
			said.keyValue ?? said.assetId,
			said.propertyId ?? said.propertyAlias,
			kind === 'process_safety',
		],
		status: /^normal$/i.test(state ?? '') ? 'closed' : 'open',
		title: [
			[name, said.keyValue ?? said.assetName].filter((part) => part !== null).join(' '),
			said.alarmMessage ?? state ?? 'value',
		]
			.filter((part) => part !== '')
			.join(': '),
		description: limit,
		severity: state === null && said.severity === null ? 'informational' : severityOfWord(said.severity),
		severityRaw: said.severity,
		kind,
		domain: 'ot',
		occurredAt: update.at ?? timeOf(draft, payload, record),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** The default payload of IoT Events names model and asset under `detector`: without them all alarms would be one condition. */
function withDetector(payload: JsonObject): JsonObject {
	const detector = payload['detector'];
	if (!isJsonObject(detector)) return payload;
	const { detectorModelName, detectorModelVersion, keyValue } = detector;
	return {
		alarmModelName: detectorModelName ?? null,
		alarmModelVersion: detectorModelVersion ?? null,
		keyValue: keyValue ?? null,
		...payload,
	};
}

type Update = { readonly at: Instant | null; readonly alarm: JsonObject };

/** The newest value of a property update: its time, and the alarm state where the value is one (JSON inside `stringValue`). */
function latestOf(values: JsonValue | undefined, context: IntakeContext): Update {
	let latest: Update = { at: null, alarm: {} };
	for (const item of Array.isArray(values) ? values : []) {
		if (!isJsonObject(item)) continue;
		const time = item['timestamp'];
		const seconds = isJsonObject(time) ? Number(time['timeInSeconds']) : Number.NaN;
		const nanos = isJsonObject(time) ? Number(time['offsetInNanos'] ?? 0) : 0;
		const at = readTime(seconds + nanos / 1e9, context);
		if (latest.at !== null && (at === null || at < latest.at)) continue;
		const value = item['value'];
		const text = isJsonObject(value) ? value['stringValue'] : null;
		const json = typeof text === 'string' && text.trimStart().startsWith('{') ? readJson(text) : null;
		const state = json?.ok === true ? json.value.documents[0]?.value : null;
		latest = { at, alarm: isJsonObject(state) ? { state } : {} };
	}
	return latest;
}

function timeOf(draft: Draft, payload: JsonObject, record: JsonObject): Instant | null {
	for (const value of [payload['timestamp'], payload['stateUpdateTime'], record['timestamp'], record['eventTime']])
		if (typeof value === 'string' || typeof value === 'number') return draft.time('timestamp', value);
	return null;
}

function addLabels(draft: Draft, said: AlarmPayload, state: string | null): void {
	const rule = said.state?.ruleEvaluation?.simpleRule;
	draft.labelsFrom({
		vendor: 'AWS',
		product: 'IoT SiteWise',
		signature_id: said.alarmModelName,
		state,
		action: said.state?.customerAction?.actionName,
		system_event: said.state?.systemEvent?.eventType,
		rule_input: rule?.inputProperty,
		rule_operator: rule?.operator,
		rule_threshold: rule?.threshold,
		model_version: said.alarmModelVersion,
	});
}
