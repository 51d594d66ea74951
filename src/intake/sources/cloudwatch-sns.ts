// Amazon CloudWatch alarms: through SNS (envelope, raw delivery, a Lambda's records) or EventBridge. The alarm itself is read in
// cloudwatch-sns-alarm.ts. A subscription is never confirmed from here: a person opens the link.
import type { IntakeContext, Problem } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { Text } from '../formats/vendor-record.ts';
import { hasAlarm, readAlarm } from './cloudwatch-sns-alarm.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const cloudwatchSns: SourceKind = {
	name: 'cloudwatch-sns',
	aliases: ['cloudwatch', 'sns'],
	title: 'Amazon CloudWatch (SNS, EventBridge)',
	vendor: 'Amazon',
	domain: null,
	forms: [
		'SNS notification whose message is a CloudWatch alarm (metric, composite, several metrics), an EventBridge event or text',
		'the same by raw message delivery, or as records of a Lambda function (`Records[].Sns`)',
		'EventBridge `CloudWatch Alarm State Change` and `CloudWatch Alarm Configuration Change`',
	],
	severities: [
		['an alarm states none: `ALARM`, `INSUFFICIENT_DATA` and `OK` are states (give the severity by a rule)', null],
		['EventBridge configuration change, and a message that is no alarm: a record', 'informational'],
	],
	identity: "the alarm's ARN, else account, region and alarm name; with it the contributor where one alarm has several",
	setup: [
		'SNS sends no bearer token: set basic credentials for the source, and subscribe the topic with protocol HTTPS and `https://USER:PASSWORD@HOST/v1/alerts/cloudwatch-sns`.',
		'SNS then posts one SubscriptionConfirmation. The service never follows its link: its log (and the `note` of its 202 answer) says whether the link is one of Amazon SNS for that topic, and which.',
		'Confirm it yourself: open the link only if it is `https://sns.REGION.amazonaws.com/?Action=ConfirmSubscription` (`.amazonaws.com.cn` in China) with your topic, or take its token: `aws sns confirm-subscription --topic-arn ARN --token TOKEN`.',
		'Add the topic to the actions of the alarm for `ALARM`, `OK` and `INSUFFICIENT_DATA`: without `OK` no condition is closed.',
	],
	notHandled: [
		'the signature of an SNS message is not verified (it would need the certificate from the network): the credentials of the source stand for it',
		'a subscription is not confirmed by the bot',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

const ENDPOINT = /^sns\.[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;

/**
 * Whether a person may be shown this link as the confirmation of an SNS subscription: https, a host of SNS itself (port, user and
 * look-alikes refused), the action, a token, and the topic of the message. Nothing is fetched. Source: "Verifying the signatures of
 * Amazon SNS messages", which asks the same of the certificate's link.
 *
 * @returns what is wrong with it, or null
 */
function faultOfConfirmation(link: string, topic: string): string | null {
	if (!URL.canParse(link)) return 'it is no link';
	const url = new URL(link);
	if (url.protocol !== 'https:') return 'it is not https';
	if (url.username !== '' || url.password !== '' || url.port !== '') return 'it carries a user or a port';
	if (!ENDPOINT.test(url.hostname)) return `\`${url.hostname}\` is no host of Amazon SNS`;
	if (url.searchParams.get('Action') !== 'ConfirmSubscription') return 'its action is not ConfirmSubscription';
	if ((url.searchParams.get('Token') ?? '') === '') return 'it has no token';
	if (url.searchParams.get('TopicArn') !== topic) return `it is for another topic than \`${topic}\``;
	return null;
}

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return joined(document.map(splitOne));
	return splitOne(document);
}

function joined(parts: readonly JsonSplit[]): JsonSplit {
	const all = parts.flatMap((part) => (part.kind === 'records' ? part.records : []));
	const talk = parts.find((part) => part.kind === 'protocol');
	return all.length === 0 && talk !== undefined ? talk : records(all);
}

function splitOne(document: JsonValue): JsonSplit {
	if (!isJsonObject(document)) return records([document]);
	const list = document['Records'] ?? document['records'];
	if (Array.isArray(list)) {
		return joined(list.map((item) => splitOne(isJsonObject(item) ? (item['Sns'] ?? item) : item)));
	}
	const type = document['Type'];
	if (type === 'SubscriptionConfirmation') return { kind: 'protocol', note: noteOfConfirmation(document) };
	if (type === 'UnsubscribeConfirmation') {
		const note = `Amazon SNS has unsubscribed topic \`${textOf(document, 'TopicArn') ?? 'without an ARN'}\`: no more alarms come from it`;
		return { kind: 'protocol', note };
	}
	return records([document]);
}

function noteOfConfirmation(document: JsonObject): string {
	const topic = textOf(document, 'TopicArn') ?? '';
	const link = textOf(document, 'SubscribeURL') ?? '';
	const fault = faultOfConfirmation(link, topic);
	if (fault !== null)
		return `a subscription confirmation that does not come from Amazon SNS: ${fault}; do not open its link`.slice(
			0,
			500,
		);
	return `Amazon SNS asks to confirm the subscription to \`${topic.slice(0, 300)}\`; if it is yours, open ${link}`.slice(
		0,
		2_000,
	);
}

function textOf(record: JsonObject, key: string): string | null {
	return Text.safeParse(record[key]).data ?? null;
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const message = record['Message'];
	const isEnvelope = record['TopicArn'] !== undefined && message !== undefined;
	if (!isEnvelope) return readInner(record, null, context);
	// A publisher may hand an object where SNS itself only knows text.
	const inner = typeof message === 'string' ? innerOf(message) : { value: message, problem: null };
	if (isJsonObject(inner.value) && (hasAlarm(inner.value) || inner.value['detail-type'] !== undefined))
		return readInner(inner.value, record, context);
	return readOther(record, inner.problem === null ? [] : [inner.problem], context);
}

function innerOf(message: string): { value: JsonValue | undefined; problem: Problem | null } {
	if (!/^\s{0,8}\{/.test(message)) return { value: undefined, problem: null };
	const json = readJson(message);
	if (json.ok) return { value: json.value.documents[0]?.value, problem: null };
	return { value: undefined, problem: { ...json.error, field: `Message: ${json.error.field}` } };
}

function readInner(alarm: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	if (hasAlarm(alarm)) return readAlarm(alarm, envelope, context);
	if (alarm['detail-type'] !== undefined) return readEvent(alarm, envelope, context);
	const found = `members ${Object.keys(alarm).slice(0, 8).join(', ')}`;
	return unparsed(
		'Message',
		found.slice(0, 200),
		'an SNS notification, an alarm (`AlarmName`) or an EventBridge event',
	);
}

/** An EventBridge event that is no state change of an alarm: a record of what happened. */
function readEvent(event: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const draft = new Draft(context);
	for (const arn of Array.isArray(event['resources']) ? event['resources'] : [])
		if (typeof arn === 'string') draft.entity('cloud_resource', arn, 'target');
	gather(draft, event);
	const type = textOf(event, 'detail-type');
	const from = textOf(event, 'source');
	draft.labelsFrom({
		vendor: 'Amazon',
		product: 'EventBridge',
		signature_id: type,
		category: from,
		account_id: textOf(event, 'account'),
		region: textOf(event, 'region'),
		topic: envelope === null ? null : textOf(envelope, 'TopicArn'),
	});
	const alert = draft.finish({
		externalId: textOf(event, 'id'),
		identity: ['event', textOf(event, 'id') ?? JSON.stringify(event)],
		status: 'open',
		title: type,
		description: null,
		severity: 'informational',
		severityRaw: null,
		kind: 'audit',
		domain: null,
		occurredAt: draft.time('time', textOf(event, 'time')),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

/** A notification whose message is no alarm: text, or another service's JSON. */
function readOther(record: JsonObject, problems: readonly Problem[], context: IntakeContext): Reading {
	const draft = new Draft(context);
	draft.entity('cloud_resource', textOf(record, 'TopicArn'), 'observer');
	const message = record['Message'] ?? null;
	gather(draft, message);
	gather(draft, { subject: record['Subject'] ?? null, attributes: record['MessageAttributes'] ?? null });
	const subject = textOf(record, 'Subject');
	draft.labelsFrom({ vendor: 'Amazon', product: 'SNS', topic: textOf(record, 'TopicArn') });
	const text = typeof message === 'string' ? message : JSON.stringify(message);
	const alert = draft.finish({
		externalId: textOf(record, 'MessageId'),
		identity: ['message', textOf(record, 'TopicArn'), subject, text.slice(0, 2_000)],
		status: 'open',
		title: subject ?? text.slice(0, 200),
		description: text,
		// Who publishes to a topic may mean anything by it: how bad it is, is not stated.
		severity: problems.length === 0 ? 'informational' : null,
		severityRaw: null,
		kind: problems.length === 0 ? 'audit' : 'availability',
		domain: null,
		occurredAt: draft.time('Timestamp', textOf(record, 'Timestamp')),
	});
	return { kind: 'alert', alert, problems: [...problems, ...draft.problems] };
}
