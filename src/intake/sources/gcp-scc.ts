// Google Cloud Security Command Center: findings as Pub/Sub notifications, push deliveries and the API write them, v1 and v2.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { foldNames } from '../formats/fold-names.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { Flag, readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { techniqueOfName } from './gcp-scc-techniques.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Names are folded: the API writes `eventTime`, client libraries and exports to BigQuery `event_time`. */
const Finding = z.looseObject({
	name: Text,
	canonicalname: Text,
	parent: Text,
	parentdisplayname: Text,
	resourcename: Text,
	category: Text,
	description: Text,
	nextsteps: Text,
	state: Word,
	severity: Word,
	mute: Word,
	findingclass: Word,
	eventtime: Text,
	createtime: Text,
	externaluri: Text,
	modulename: Text,
	mitreattack: z
		.looseObject({
			primarytactic: Text,
			primarytechniques: TextList,
			additionaltactics: TextList,
			additionaltechniques: TextList,
		})
		.nullish(),
	vulnerability: z
		.looseObject({ cve: z.looseObject({ id: Text, cvssv3: z.looseObject({ basescore: Text }).nullish() }).nullish() })
		.nullish(),
	sourceproperties: z
		.looseObject({
			severitylevel: Word,
			detectionpriority: Word,
			scannername: Text,
			explanation: Text,
			recommendation: Text,
			detectioncategory: z
				.looseObject({ rulename: Text, subrulename: Text, technique: Text, indicator: Text })
				.nullish(),
		})
		.nullish(),
	isdeleted: Flag,
});
type Finding = z.infer<typeof Finding>;

export const gcpScc: SourceKind = {
	name: 'gcp-scc',
	aliases: [],
	title: 'Google Cloud Security Command Center',
	vendor: 'Google Cloud',
	domain: 'it',
	forms: [
		'notification `{"finding": ..., "resource": ..., "notificationConfigName": ...}`',
		'the same inside a Pub/Sub push delivery (`message.data`, base64)',
		'a finding by itself, a list, `{"findings": [...]}`, `{"listFindingsResults": [...]}`',
	],
	severities: [
		['`severity` (else `sourceProperties.SeverityLevel`, else `detectionPriority`): CRITICAL', 'critical'],
		['HIGH', 'high'],
		['MEDIUM', 'medium'],
		['LOW', 'low'],
		['SEVERITY_UNSPECIFIED, or none', null],
	],
	identity: 'source and finding id of the name: a finding that turns INACTIVE closes the one that was ACTIVE',
	setup: [
		'Make a notification: `gcloud scc notifications create interlock --organization=ORG --pubsub-topic=TOPIC --filter=\'state="ACTIVE" OR state="INACTIVE"\'`.',
		'Add a push subscription of the topic to a forwarder that posts each delivery to `https://HOST/v1/alerts/gcp-scc` with the bearer token.',
	],
	notHandled: [
		'the signed token of a Pub/Sub push is not checked here: let a forwarder put the bearer token in',
		'a muted finding stays open; `mute` is a label',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

const PUSH_LENGTH_MAX = 20_000_000;

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['findings', 'listFindingsResults', 'receivedMessages']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}

/** A push delivery carries the notification as base64 in `message.data`. What does not decode is left as it is. */
function unwrapPush(value: JsonObject): JsonObject {
	const message = value['message'];
	const data = isJsonObject(message) ? message['data'] : undefined;
	if (typeof data !== 'string' || data.length > PUSH_LENGTH_MAX) return value;
	const json = readJson(/^\s{0,8}\{/.test(data) ? data : new TextDecoder().decode(bytesOf(data)));
	const inner = json.ok ? json.value.documents[0]?.value : undefined;
	return isJsonObject(inner) ? inner : value;
}

function bytesOf(base64: string): Uint8Array {
	const text = base64.replace(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/');
	try {
		return Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0));
	} catch {
		// Not base64: no bytes, so no JSON, and the delivery is kept as it came.
		return new Uint8Array();
	}
}

function read(wrapped: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const record = unwrapPush(wrapped);
	const folded = foldNames(record);
	const inner = folded['finding'];
	const body = isJsonObject(inner) ? inner : folded;
	const reading = readVendor(Finding, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	if (said.category === null && said.name === null)
		return unparsed(
			'finding',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'a finding with `name` or `category`',
		);
	const draft = new Draft(context);
	addEntities(draft, said, body, folded);
	gather(draft, record);
	addLabels(draft, said);
	const severityRaw =
		stated(said.severity) ?? said.sourceproperties?.severitylevel ?? said.sourceproperties?.detectionpriority;
	const alert = draft.finish({
		externalId: said.name ?? said.canonicalname,
		identity: identityOf(said),
		status: /^inactive$/i.test(said.state ?? '') ? 'closed' : 'open',
		title: said.category ?? said.name,
		description: said.description ?? said.sourceproperties?.explanation ?? null,
		severity: severityOf(severityRaw ?? null),
		severityRaw: severityRaw ?? said.severity,
		kind: kindOf(said),
		domain: 'it',
		occurredAt: draft.time('eventTime', said.eventtime) ?? draft.time('createTime', said.createtime),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function stated(severity: string | null): string | null {
	return /unspecified$/i.test(severity ?? '') ? null : severity;
}

/** Words, and the numbers of the enum in client libraries (1 critical to 4 low). */
function severityOf(word: string | null): Severity | null {
	switch (word?.toLowerCase()) {
		case 'critical':
		case '1':
			return 'critical';
		case 'high':
		case '2':
			return 'high';
		case 'medium':
		case '3':
			return 'medium';
		case 'low':
		case '4':
			return 'low';
		default:
			return null;
	}
}

/** `organizations/1/sources/2/findings/3`, with `locations/global` in v2, `projects/...` in the canonical name: source and finding stay. */
function identityOf(said: Finding): (string | null)[] {
	const name = said.name ?? said.canonicalname;
	const parts = /sources\/([^/]{1,100})\/(?:locations\/[^/]{1,100}\/)?findings\/([^/]{1,200})/.exec(name ?? '');
	if (parts !== null) return [parts[1] ?? null, parts[2] ?? null];
	return name === null ? [said.category, said.resourcename] : [name];
}

/** By the finding's class; where there is none, scanners look for weaknesses and all else for threats. */
function kindOf(said: Finding): AlertKind {
	switch (said.findingclass?.toUpperCase()) {
		case 'VULNERABILITY':
		case 'MISCONFIGURATION':
		case 'POSTURE_VIOLATION':
		case 'TOXIC_COMBINATION':
		case 'SENSITIVE_DATA_RISK':
		case 'CHOKEPOINT':
			return 'vulnerability';
		case 'SCC_ERROR':
			return 'availability';
		case 'OBSERVATION':
			return 'audit';
		default:
			return (said.sourceproperties?.scannername ?? said.vulnerability?.cve?.id ?? null) === null
				? 'security'
				: 'vulnerability';
	}
}

/** Members at any depth by what they are and whose. */
const MEMBERS: Readonly<
	Record<string, readonly ['account' | 'ip' | 'cloud_resource' | 'process', 'actor' | 'target' | 'related']>
> = {
	principalemail: ['account', 'actor'],
	principalsubject: ['account', 'actor'],
	callerip: ['ip', 'actor'],
	sourceip: ['ip', 'actor'],
	destinationip: ['ip', 'target'],
	gcpresourcename: ['cloud_resource', 'target'],
	fullresourcename: ['cloud_resource', 'target'],
	resourcename: ['cloud_resource', 'target'],
	instancedetails: ['cloud_resource', 'target'],
	serviceaccountkeyname: ['cloud_resource', 'related'],
	projectid: ['cloud_resource', 'related'],
	projectdisplayname: ['cloud_resource', 'related'],
	argv: ['process', 'related'],
};

function addEntities(draft: Draft, said: Finding, body: JsonObject, whole: JsonObject): void {
	draft.entity('cloud_resource', said.resourcename, 'target');
	for (const holder of [body['resource'], whole['resource']]) {
		if (!isJsonObject(holder)) continue;
		for (const key of ['name', 'displayname', 'projectname', 'parentname']) {
			const name = holder[key];
			if (typeof name === 'string')
				draft.entity('cloud_resource', name, key.endsWith('displayname') || key === 'name' ? 'target' : 'related');
		}
	}
	const shown = body['assetdisplayname'];
	if (typeof shown === 'string') draft.entity('cloud_resource', shown, 'target');
	walk(draft, body, '');
	draft.url(said.externaluri, 'observer');
}

function walk(draft: Draft, value: JsonValue, key: string): void {
	if (Array.isArray(value)) {
		for (const item of value) walk(draft, item, key);
	} else if (isJsonObject(value)) {
		for (const [name, member] of Object.entries(value)) walk(draft, member, name);
	} else if (typeof value === 'string') {
		const found = Object.hasOwn(MEMBERS, key) ? MEMBERS[key] : undefined;
		if (found === undefined) {
			// Members of a policy are written `user:ana@plant.example`, `serviceAccount:...`.
			const member = /^(?:user|serviceAccount|group|deleted:user):(\S{1,300}@\S{1,300})$/.exec(value)?.[1];
			if (member !== undefined) draft.user(member, null, 'related');
		} else if (found[0] === 'account' && value.includes('@') && !value.includes('/')) draft.user(value, null, found[1]);
		else draft.entity(found[0], value, found[1]);
	}
}

function addLabels(draft: Draft, said: Finding): void {
	const attack = said.mitreattack;
	const names = [...(attack?.primarytechniques ?? []), ...(attack?.additionaltechniques ?? [])];
	for (const name of names) draft.technique(techniqueOfName(name) ?? name);
	draft.labelsFrom({
		vendor: 'Google Cloud',
		product: said.parentdisplayname ?? 'Security Command Center',
		category: said.category,
		signature_id: said.sourceproperties?.detectioncategory?.rulename ?? said.modulename,
		sub_rule: said.sourceproperties?.detectioncategory?.subrulename,
		finding_class: said.findingclass,
		vendor_status: said.state,
		mute: said.mute,
		tactic: attack?.primarytactic,
		additional_tactics: attack?.additionaltactics,
		technique_names: names,
		scanner: said.sourceproperties?.scannername,
		detection_priority: said.sourceproperties?.detectionpriority,
		next_steps: said.nextsteps ?? said.sourceproperties?.recommendation,
		cve: said.vulnerability?.cve?.id,
		cvss: said.vulnerability?.cve?.cvssv3?.basescore,
	});
}
