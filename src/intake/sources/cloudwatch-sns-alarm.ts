// A CloudWatch alarm, as SNS carries it (`AlarmName`, `NewStateValue`) and as EventBridge does (`detail.alarmName`, `detail.state`).
// What is round it is taken off in cloudwatch-sns.ts.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import { Draft, type Scalar } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';

const SnsAlarm = z.looseObject({
	AlarmName: Text,
	AlarmDescription: Text,
	AWSAccountId: Text,
	NewStateValue: Text,
	NewStateReason: Text,
	StateChangeTime: Text,
	Region: Text,
	AlarmArn: Text,
	OldStateValue: Text,
	AlarmRule: Text,
	AlarmContributorId: Text,
	Trigger: z.looseObject({ MetricName: Text, Namespace: Text, Threshold: Text, ComparisonOperator: Text }).nullish(),
});

const BusAlarm = z.looseObject({
	id: Text,
	account: Text,
	region: Text,
	time: Text,
	resources: z.array(Text).nullish(),
	detail: z.looseObject({
		alarmName: Text,
		state: z.looseObject({ value: Text, reason: Text, timestamp: Text }).nullish(),
		previousState: z.looseObject({ value: Text, timestamp: Text }).nullish(),
		configuration: z.looseObject({ description: Text, alarmRule: Text }).nullish(),
		alarmContributor: z.looseObject({ id: Text }).nullish(),
	}),
});

type Alarm = {
	readonly name: string | null;
	readonly arn: string | null;
	readonly account: string | null;
	readonly region: string | null;
	readonly state: string | null;
	readonly oldState: string | null;
	readonly reason: string | null;
	readonly description: string | null;
	readonly rule: string | null;
	readonly contributor: string | null;
	readonly time: string | null;
	readonly id: string | null;
};

/** True for an alarm of either form whose state has changed. */
export function hasAlarm(record: JsonObject): boolean {
	if (record['AlarmName'] !== undefined || record['NewStateValue'] !== undefined) return true;
	const detail = record['detail'];
	return (
		isJsonObject(detail) && detail['alarmName'] !== undefined && isJsonObject(detail['state']) && !isChange(record)
	);
}

/** A change of an alarm's definition tells the state too, but not that it changed. */
function isChange(record: JsonObject): boolean {
	return /configuration change/i.test(String(record['detail-type'] ?? ''));
}

/**
 * Reads an alarm.
 *
 * @param envelope  the SNS notification it came in; null for raw delivery and EventBridge
 */
export function readAlarm(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = isJsonObject(record['detail'] ?? null) ? readBus(record) : readSns(record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	const topic = envelope === null ? null : (Text.safeParse(envelope['TopicArn']).data ?? null);
	draft.entity('cloud_resource', topic, 'observer');
	draft.entity('cloud_resource', said.arn, 'related');
	const metrics = addMetrics(draft, record);
	addNames(draft, record);
	gather(draft, record);
	if (envelope !== null) gather(draft, { subject: envelope['Subject'] ?? null });
	draft.labelsFrom({
		vendor: 'Amazon',
		product: 'CloudWatch',
		signature_id: said.name,
		state: said.state,
		old_state: said.oldState,
		account_id: said.account,
		region: said.region,
		alarm_rule: said.rule,
		contributor: said.contributor,
		topic,
		metric: [...metrics.names],
		namespace: [...metrics.namespaces],
		dimensions: [...metrics.dimensions],
	});
	const sentAt = envelope === null ? null : draft.time('Timestamp', Text.safeParse(envelope['Timestamp']).data);
	const words = [said.name, said.description, ...metrics.names].join(' . ');
	const alert = draft.finish({
		externalId: said.id ?? (envelope === null ? null : Text.safeParse(envelope['MessageId']).data),
		identity: [said.arn ?? [said.account, said.region, said.name].join('/'), said.contributor],
		status: said.state === 'OK' ? 'closed' : 'open',
		title: said.name,
		description: [said.description, said.reason].filter((part) => part !== null).join('\n'),
		severity: null,
		severityRaw: null,
		kind: kindOfWords(words) ?? 'availability',
		domain: null,
		occurredAt: draft.time('StateChangeTime', said.time) ?? sentAt,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

type AlarmReading =
	| {
			readonly ok: true;
			readonly value: Alarm;
			readonly problems: readonly { field: string; found: string; expected: string }[];
	  }
	| { readonly ok: false; readonly problems: readonly { field: string; found: string; expected: string }[] };

function readSns(record: JsonObject): AlarmReading {
	const reading = readVendor(SnsAlarm, record);
	if (!reading.ok) return reading;
	const said = reading.value;
	const value = {
		name: said.AlarmName,
		arn: said.AlarmArn,
		account: said.AWSAccountId,
		region: said.Region,
		state: said.NewStateValue,
		oldState: said.OldStateValue,
		reason: said.NewStateReason,
		description: said.AlarmDescription,
		rule: said.AlarmRule,
		contributor: said.AlarmContributorId,
		time: said.StateChangeTime,
		id: null,
	};
	return { ok: true, value, problems: reading.problems };
}

function readBus(record: JsonObject): AlarmReading {
	const reading = readVendor(BusAlarm, record);
	if (!reading.ok) return reading;
	const { detail, ...event } = reading.value;
	const value = {
		name: detail.alarmName,
		arn: event.resources?.[0] ?? null,
		account: event.account,
		region: event.region,
		state: detail.state?.value ?? null,
		oldState: detail.previousState?.value ?? null,
		reason: detail.state?.reason ?? null,
		description: detail.configuration?.description ?? null,
		rule: detail.configuration?.alarmRule ?? null,
		contributor: detail.alarmContributor?.id ?? null,
		time: detail.state?.timestamp ?? event.time,
		id: event.id,
	};
	return { ok: true, value, problems: reading.problems };
}

type Metrics = { readonly names: Set<string>; readonly namespaces: Set<string>; readonly dimensions: Set<string> };

/** Metric names, namespaces and dimensions at any depth; a dimension is a list of `{name, value}` (SNS) or an object (EventBridge). */
function addMetrics(draft: Draft, record: JsonValue): Metrics {
	const metrics: Metrics = { names: new Set(), namespaces: new Set(), dimensions: new Set() };
	const add = (name: string, value: string): void => {
		metrics.dimensions.add(`${name}=${value}`);
		addDimension(draft, name, value);
	};
	const walk = (value: JsonValue): void => {
		if (Array.isArray(value)) for (const item of value) walk(item);
		if (!isJsonObject(value)) return;
		for (const [key, member] of Object.entries(value)) {
			if (/^dimensions$/i.test(key)) addDimensions(member, add);
			else if (key === 'MetricName' && typeof member === 'string') metrics.names.add(member);
			else if (key === 'metric' && isJsonObject(member) && typeof member['name'] === 'string')
				metrics.names.add(member['name']);
			if (/^namespace$/i.test(key) && typeof member === 'string') metrics.namespaces.add(member);
			walk(member);
		}
	};
	walk(record);
	return metrics;
}

function addDimensions(value: JsonValue, add: (name: string, value: string) => void): void {
	if (Array.isArray(value)) {
		for (const item of value) {
			if (!isJsonObject(item)) continue;
			const name: Scalar = Text.safeParse(item['name'] ?? item['Name']).data;
			const said = Text.safeParse(item['value'] ?? item['Value']).data;
			if (name && said) add(name, said);
		}
	} else if (isJsonObject(value)) {
		for (const [name, said] of Object.entries(value)) if (typeof said === 'string') add(name, said);
	}
}

/** What an alarm is about, by the name of its dimension; those of AWS' own services name resources (`DBInstanceIdentifier`, `QueueName`). */
function addDimension(draft: Draft, name: string, value: string): void {
	if (/^(?:host|hostname|server|computer|machine|device|plc|node)(?:name|id)?$/i.test(name))
		draft.endpoint(value, 'target');
	else if (/(?:id|name|identifier|arn|cluster|topic|queue|bucket|loadbalancer|targetgroup)$/i.test(name))
		draft.entity('cloud_resource', value, 'target');
	gatherField(draft, name, value, 'target');
}

/** The children that set a composite alarm off. */
function addNames(draft: Draft, record: JsonObject): void {
	const children = record['TriggeringChildren'];
	if (!Array.isArray(children)) return;
	for (const child of children) {
		const arn = isJsonObject(child) ? child['Arn'] : null;
		if (typeof arn === 'string') draft.entity('cloud_resource', arn, 'related');
	}
}
