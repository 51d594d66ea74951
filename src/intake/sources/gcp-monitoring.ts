// Google Cloud Monitoring (formerly Stackdriver): the incident of its webhook and Pub/Sub channels, versions 1.1 and 1.2.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { decodeUtf8 } from '../formats/utf8.ts';
import { readVendor, Text, TextMap, Word } from '../formats/vendor-record.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

const PUBSUB_DATA_MAX = 1_000_000;

const Incident = z.looseObject({
	incident_id: Text,
	scoping_project_id: Text,
	url: Text,
	started_at: Text,
	ended_at: Text,
	state: Text,
	severity: Word,
	summary: Text,
	observed_value: Text,
	threshold_value: Text,
	resource: z.looseObject({ type: Text, labels: TextMap }).nullish(),
	resource_id: Text,
	resource_name: Text,
	resource_display_name: Text,
	resource_type_display_name: Text,
	metric: z.looseObject({ type: Text, displayName: Text, labels: TextMap }).nullish(),
	policy_name: Text,
	policy_user_labels: TextMap,
	condition_name: Text,
	documentation: z.union([z.string(), z.looseObject({ content: Text, subject: Text })]).nullish(),
});
type Incident = z.infer<typeof Incident>;

export const gcpMonitoring: SourceKind = {
	name: 'gcp-monitoring',
	aliases: ['stackdriver'],
	title: 'Google Cloud Monitoring',
	vendor: 'Google',
	domain: null,
	forms: [
		'webhook `{incident, version}` 1.1 and 1.2, and the test message',
		'the same by a Pub/Sub push subscription (wrapped or unwrapped)',
	],
	severities: [
		['`severity` of the policy: Critical', 'critical'],
		['Error', 'high'],
		['Warning', 'medium'],
		['else the policy label `severity` or `priority`, in the words of Alertmanager', 'by value'],
		['No severity, or none (version 1.1)', null],
	],
	identity: 'project, policy, condition, resource and metric labels; without policy and condition the incident id',
	setup: [
		'Monitoring, Alerting, Edit notification channels, Webhooks, Add new: `https://HOST/v1/alerts/gcp-monitoring` with basic credentials (a webhook channel sends no bearer token).',
		'Or a Pub/Sub channel with a push subscription to that address.',
		'In the policy choose a severity, and "Notify on incident closure".',
	],
	notHandled: ['tokens of Pub/Sub push (OIDC) are not verified: use the credentials of the source'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.map(unwrap));
	return records([unwrap(document)], isJsonObject(document) ? document : null);
}

/** Pub/Sub push carries the body in base64 under `message.data`. What does not decode is left as it came. */
function unwrap(document: JsonValue): JsonValue {
	if (!isJsonObject(document)) return document;
	const message = document['message'];
	const data = isJsonObject(message) ? message['data'] : undefined;
	if (typeof data !== 'string' || data.length > PUBSUB_DATA_MAX || !/^[A-Za-z0-9+/_=-]+$/.test(data)) return document;
	const bytes = bytesOf(data);
	const text = bytes === null ? null : decodeUtf8(bytes);
	const json = text?.ok === true ? readJson(text.value) : null;
	return json?.ok === true ? (json.value.documents[0]?.value ?? document) : document;
}

function bytesOf(data: string): Uint8Array | null {
	const plain = data.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
	if (plain.includes('=') || plain.length % 4 === 1) return null;
	return Uint8Array.from(atob(plain), (letter) => letter.charCodeAt(0));
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const inner = record['incident'];
	const incident = isJsonObject(inner) ? inner : record;
	const reading = readVendor(Incident, incident);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	if (said.incident_id === null && said.policy_name === null && said.condition_name === null) {
		const found = `members ${Object.keys(incident).slice(0, 8).join(', ')}`.slice(0, 200);
		return {
			kind: 'unparsed',
			problems: [{ field: 'incident', found, expected: '`incident` with `incident_id`, `policy_name` and `state`' }],
		};
	}
	const draft = new Draft(context);
	addEntities(draft, said);
	gather(draft, incident);
	addLabels(draft, said, record);
	const isClosed = /^closed$/i.test(said.state ?? '');
	const startedAt = draft.time('started_at', said.started_at);
	const endedAt = draft.time('ended_at', said.ended_at);
	const labelled = said.policy_user_labels['severity'] ?? said.policy_user_labels['priority'] ?? null;
	const severityRaw = said.severity ?? labelled;
	const note = typeof said.documentation === 'string' ? said.documentation : (said.documentation?.content ?? null);
	const words = [said.policy_name, said.condition_name, said.summary, said.metric?.displayName].join(' . ');
	const alert = draft.finish({
		externalId: said.incident_id,
		identity: identityOf(said),
		status: isClosed ? 'closed' : 'open',
		title: said.policy_name ?? said.condition_name,
		description: [said.summary, note].filter((part) => part !== null).join('\n'),
		severity: said.severity === null ? severityOfWord(labelled) : severityOf(said.severity),
		severityRaw,
		kind: kindOfWords(words) ?? 'availability',
		domain: null,
		occurredAt: (isClosed ? endedAt : null) ?? startedAt,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** The policy's severity; `No severity` is a statement that there is none. */
function severityOf(text: string): Severity | null {
	switch (text.toLowerCase()) {
		case 'critical':
			return 'critical';
		case 'error':
			return 'high';
		case 'warning':
			return 'medium';
		default:
			return null;
	}
}

/** Two time series of one condition are two incidents: resource and metric labels tell them apart. */
function identityOf(said: Incident): (string | null)[] {
	if (said.policy_name === null && said.condition_name === null) return [said.incident_id];
	const pairs = (map: Readonly<Record<string, string>> | undefined): string[] =>
		Object.entries(map ?? {})
			.map(([name, value]) => `${name}=${value}`)
			.sort();
	const resource = pairs(said.resource?.labels);
	return [
		said.scoping_project_id,
		said.policy_name,
		said.condition_name,
		...(resource.length > 0 ? resource : [said.resource_id, said.resource_name]),
		...pairs(said.metric?.labels),
	];
}

function addEntities(draft: Draft, said: Incident): void {
	draft.url(said.url, 'observer');
	const labels = said.resource?.labels ?? {};
	draft.entity('cloud_resource', said.resource_id, 'target');
	for (const name of [said.resource_name, said.resource_display_name]) {
		// A display name may be a sentence: project, resource and labels in braces.
		if (name !== null && !/[\s{}/]/.test(name)) draft.endpoint(name, 'target');
	}
	for (const [name, value] of Object.entries(labels)) {
		if (/^(?:host|hostname|node_name|instance_name|nodename|device)$/.test(name)) draft.endpoint(value, 'target');
		else if (/(?:_id|_name|^namespace)$/.test(name)) draft.entity('cloud_resource', value, 'target');
	}
	for (const [name, value] of Object.entries(said.metric?.labels ?? {})) {
		if (/^(?:instance_name|device_name|host|hostname)$/.test(name)) draft.endpoint(value, 'target');
		else gatherField(draft, name, value, 'target');
	}
}

function addLabels(draft: Draft, said: Incident, record: JsonObject): void {
	const version = Text.safeParse(record['version']).data ?? null;
	draft.labelsFrom({
		vendor: 'Google',
		product: 'Cloud Monitoring',
		signature_id: said.condition_name ?? said.policy_name,
		policy: said.policy_name,
		condition: said.condition_name,
		state: said.state,
		version,
		project: said.scoping_project_id,
		resource_type: said.resource?.type ?? said.resource_type_display_name,
		region: said.resource?.labels['zone'] ?? said.resource?.labels['location'] ?? said.resource?.labels['region'],
		metric: said.metric?.type,
		value: said.observed_value,
		threshold: said.threshold_value,
	});
	draft.labelsFrom(said.policy_user_labels);
}
