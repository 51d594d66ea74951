// Amazon GuardDuty findings: as the API and the export to S3 write them, inside EventBridge events, SNS notifications and queues.
// What a finding names is read in guardduty-entities.ts.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { Flag, readVendor, Text, Word } from '../formats/vendor-record.ts';
import { addFindingEntities } from './guardduty-entities.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** The API of some SDKs writes `Id`, `Service.EventLastSeen`; names are folded. */
const Finding = z.looseObject({
	id: Text,
	arn: Text,
	type: Text,
	title: Text,
	description: Text,
	severity: Word,
	confidence: Text,
	accountid: Text,
	region: Text,
	partition: Text,
	createdat: Text,
	updatedat: Text,
	resource: z.looseObject({ resourcetype: Text }).nullish(),
	service: z
		.looseObject({
			detectorid: Text,
			featurename: Text,
			resourcerole: Text,
			eventfirstseen: Text,
			eventlastseen: Text,
			archived: Flag,
			count: Text,
			action: z.looseObject({ actiontype: Text }).nullish(),
			additionalinfo: z.looseObject({ threatname: Text, threatlistname: Text, sample: Text }).nullish(),
		})
		.nullish(),
});
type Finding = z.infer<typeof Finding>;

export const guardduty: SourceKind = {
	name: 'guardduty',
	aliases: [],
	title: 'Amazon GuardDuty',
	vendor: 'AWS',
	domain: 'it',
	forms: [
		'finding JSON, as the API (`{"Findings": [...]}`) and the export to S3 write it, one or one a line',
		'EventBridge event with the finding as `detail`',
		'SNS notification or SQS record that carries either as text',
	],
	severities: [
		['9.0 to 10.0 (Critical)', 'critical'],
		['7.0 to 8.9 (High)', 'high'],
		['4.0 to 6.9 (Medium)', 'medium'],
		['0.1 to 3.9 (Low)', 'low'],
		['0', 'informational'],
	],
	identity: 'the finding id, which GuardDuty keeps while it counts repeats; archiving it closes it',
	setup: [
		'Add an EventBridge rule with `{"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}` and an API destination `https://HOST/v1/alerts/guardduty` with the header `Authorization: Bearer TOKEN`.',
	],
	notHandled: [
		'an SNS subscription is not confirmed here: confirm it in the AWS console, or use an API destination',
		'archiving is told only by the next export or event of the finding',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

/** Wrappings go a few deep at most: a queue's record, a notification, an event, the finding. */
const WRAPPINGS_MAX = 5;

function split(document: JsonValue): JsonSplit {
	const talk = isJsonObject(document) ? document['Type'] : null;
	if (talk === 'SubscriptionConfirmation' || talk === 'UnsubscribeConfirmation')
		return { kind: 'protocol', note: `an SNS ${talk}: it is not answered here, confirm it in the AWS console` };
	const lists = Array.isArray(document) ? document : [document];
	return records(lists.flatMap((item) => itemsOf(item)));
}

/** A wrapping round one finding stays whole, so that it is kept as it came; `read` opens it. */
function itemsOf(value: JsonValue): readonly JsonValue[] {
	for (const key of ['Records', 'Findings', 'findings']) {
		const list = isJsonObject(value) ? value[key] : undefined;
		if (Array.isArray(list)) return list.flatMap((item) => itemsOf(item));
	}
	const inner = unwrap(value, WRAPPINGS_MAX);
	return inner.length === 1 ? [value] : inner;
}

function unwrap(value: JsonValue, depth: number): JsonValue[] {
	if (Array.isArray(value)) return depth === 0 ? [...value] : value.flatMap((item) => unwrap(item, depth - 1));
	if (!isJsonObject(value) || depth === 0) return [value];
	for (const key of ['Records', 'Findings', 'findings']) {
		const list = value[key];
		if (Array.isArray(list)) return list.flatMap((item) => unwrap(item, depth - 1));
	}
	for (const key of ['detail', 'Sns', 'Finding', 'finding']) {
		const inner = value[key];
		if (isJsonObject(inner)) return unwrap(inner, depth - 1);
	}
	for (const key of ['Message', 'body', 'Body']) {
		const text = value[key];
		if (typeof text !== 'string' || !/^\s{0,8}[{[]/.test(text)) continue;
		const json = readJson(text);
		if (json.ok) return json.value.documents.flatMap((item) => unwrap(item.value, depth - 1));
	}
	return [value];
}

function read(wrapped: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const [inner] = unwrap(wrapped, WRAPPINGS_MAX);
	const record = isJsonObject(inner) ? inner : wrapped;
	const folded = foldNames(record);
	const reading = readVendor(Finding, folded);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const id = said.id ?? said.arn;
	if (said.type === null || (id === null && said.service === undefined))
		return unparsed(
			'type',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'a finding with `id`, `type` and `service`',
		);
	const draft = new Draft(context);
	addFindingEntities(draft, folded);
	gather(draft, record);
	// An attack sequence may name its principal in words only: `IAMUser/ana`, `AssumedRole:Deploy`.
	for (const [, name] of `${said.title} ${said.description}`.matchAll(PRINCIPAL)) draft.user(name, null, 'related');
	addLabels(draft, said);
	const alert = draft.finish({
		externalId: id,
		identity: id === null ? [said.accountid, said.region, said.type, said.title] : [id],
		status: said.service?.archived === true ? 'closed' : 'open',
		title: said.title ?? said.type,
		description: said.description,
		severity: severityOf(said.severity),
		severityRaw: said.severity,
		kind: 'security',
		domain: 'it',
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const PRINCIPAL = /\b(?:IAMUser|AssumedRole|FederatedUser)[/:]([\w+=,.@-]{0,63}\w)/g;

/** Amazon GuardDuty user guide, "Severity levels of GuardDuty findings". */
function severityOf(text: string | null): Severity | null {
	const word = text?.toLowerCase() ?? '';
	if (['critical', 'high', 'medium', 'low', 'informational'].includes(word)) return word as Severity; // one of the five words
	const value = /^\d{1,2}(?:\.\d{1,6})?$/.test(word) ? Number(word) : Number.NaN;
	if (!(value <= 10)) return null;
	if (value >= 9) return 'critical';
	if (value >= 7) return 'high';
	if (value >= 4) return 'medium';
	return value > 0 ? 'low' : 'informational';
}

/** AWS writes UTC, also where a data lake drops the zone. */
function timeOf(draft: Draft, said: Finding): number | null {
	const utc = { receivedAt: draft.context.receivedAt, timeZone: 'UTC' };
	return (
		draft.time('service.eventLastSeen', said.service?.eventlastseen, utc) ??
		draft.time('service.eventFirstSeen', said.service?.eventfirstseen, utc) ??
		draft.time('updatedAt', said.updatedat, utc) ??
		draft.time('createdAt', said.createdat, utc)
	);
}

/** The type is `ThreatPurpose:ResourceTypeAffected/ThreatFamilyName.DetectionMechanism!Artifact`. */
function addLabels(draft: Draft, said: Finding): void {
	draft.labelsFrom({
		vendor: 'AWS',
		product: 'GuardDuty',
		signature_id: said.type,
		category: said.type?.split(':')[0],
		resource_type: said.resource?.resourcetype,
		resource_role: said.service?.resourcerole,
		action_type: said.service?.action?.actiontype,
		feature: said.service?.featurename,
		threat_name: said.service?.additionalinfo?.threatname,
		threat_list: said.service?.additionalinfo?.threatlistname,
		is_sample: said.service?.additionalinfo?.sample,
		account_id: said.accountid,
		region: said.region,
		partition: said.partition,
		count: said.service?.count,
		detector_id: said.service?.detectorid,
		confidence: said.confidence,
	});
}
