// Okta System Log: events as the API lists them, in event hooks, in EventBridge log streams and as forwarders wrap them.
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const Party = z.looseObject({ id: Text, type: Text, alternateId: Text, displayName: Text });
type Party = z.infer<typeof Party>;

const SystemLogEvent = z.looseObject({
	uuid: Text,
	eventId: Text,
	published: Text,
	eventType: Text,
	legacyEventType: Text,
	displayMessage: Text,
	severity: Word,
	actor: Party.nullish(),
	target: z.array(Party).nullish(),
	outcome: z.looseObject({ result: Word, reason: Text }).nullish(),
	client: z
		.looseObject({
			ipAddress: Text,
			device: Text,
			zone: Text,
			userAgent: z.looseObject({ os: Text, browser: Text }).nullish(),
			geographicalContext: z.looseObject({ city: Text, country: Text }).nullish(),
		})
		.nullish(),
	request: z.looseObject({ ipChain: z.array(z.looseObject({ ip: Text })).nullish() }).nullish(),
	authenticationContext: z
		.looseObject({ externalSessionId: Text, rootSessionId: Text, credentialType: Text, authenticationProvider: Text })
		.nullish(),
	transaction: z.looseObject({ id: Text, type: Text }).nullish(),
	securityContext: z.looseObject({ asOrg: Text, isp: Text, isProxy: Text }).nullish(),
	debugContext: z
		.looseObject({
			debugData: z
				.looseObject({
					threatSuspected: Text,
					behaviors: Text,
					risk: Text,
					logOnlySecurityData: Text,
					requestUri: Text,
				})
				.nullish(),
		})
		.nullish(),
});
type SystemLogEvent = z.infer<typeof SystemLogEvent>;

export const okta: SourceKind = {
	name: 'okta',
	aliases: [],
	title: 'Okta System Log',
	vendor: 'Okta',
	domain: 'it',
	forms: [
		'System Log events: one, a list, one a line',
		'event hook (`{"eventType": "com.okta.event_hook", "data": {"events": [...]}}`)',
		'EventBridge log stream (`detail`), and the wrappings of forwarders (`event`, `result`, `_source`)',
	],
	severities: [
		['ERROR', 'high'],
		['WARN', 'medium'],
		['INFO', 'informational'],
		['DEBUG', 'informational'],
	],
	identity:
		'event type, actor, client address, targets and outcome; an unlocked account closes what locked it. Never the event id or a time',
	setup: [
		'Workflow, Event Hooks: URL `https://HOST/v1/alerts/okta`, authentication field `Authorization`, secret `Bearer TOKEN`; tick the event types.',
		'Or let a forwarder that reads `/api/v1/logs` post its events to the same address.',
	],
	notHandled: [
		"Okta's one-time verification of an event hook is a GET with a challenge, which this door refuses: put a relay in front, or use a log stream or a forwarder",
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.map(unwrap));
	if (!isJsonObject(document)) return records([document]);
	const data = document['data'];
	const events = isJsonObject(data) ? data['events'] : document['events'];
	if (Array.isArray(events)) return records(events.map(unwrap), document);
	return records([unwrap(document)]);
}

function unwrap(value: JsonValue): JsonValue {
	if (!isJsonObject(value) || value['published'] !== undefined) return value;
	for (const key of ['detail', 'event', 'result', '_source', 'okta']) {
		const inner = value[key];
		if (isJsonObject(inner) && (inner['eventType'] ?? inner['published']) !== undefined) return inner;
	}
	return value;
}

/** Prints of devices and tokens: they look like hashes of files and are none. */
const SKIPPED = new Set(['dtHash', 'deviceFingerprint', 'tokenHash', 'rawUserAgent', 'oktaUserAgentExtended']);

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(SystemLogEvent, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	if (said.eventType === null && said.legacyEventType === null)
		return unparsed(
			'eventType',
			`members ${Object.keys(record).slice(0, 8).join(', ')}`,
			'a System Log event with `eventType` and `published`',
		);
	const draft = new Draft(context);
	addEntities(draft, said);
	gather(draft, record, '', SKIPPED);
	addLabels(draft, said);
	const alert = draft.finish({
		externalId: said.uuid ?? said.eventId,
		identity: identityOf(said),
		status: LOCK_ENDS.test(said.eventType ?? '') ? 'closed' : 'open',
		title: said.displayMessage ?? said.eventType ?? said.legacyEventType,
		description: descriptionOf(said),
		severity: severityOf(said.severity),
		severityRaw: said.severity,
		kind: kindOf(said),
		domain: 'it',
		occurredAt: draft.time('published', said.published, { receivedAt: context.receivedAt, timeZone: 'UTC' }),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

const LOCK = /^user\.account\.lock(?:\.limit)?$/;
const LOCK_ENDS = /^user\.account\.unlock(?:_by_admin|_token)?$/;

function identityOf(said: SystemLogEvent): (string | null | undefined)[] {
	const type = said.eventType ?? said.legacyEventType ?? '';
	const people = (said.target ?? []).filter((party) => party.type === 'User');
	if (LOCK.test(type) || LOCK_ENDS.test(type)) {
		const [locked] = people;
		return ['user.account.lock', locked?.alternateId ?? said.actor?.alternateId ?? said.actor?.id];
	}
	const targets = (said.target ?? []).map(
		(party) => `${party.type}:${party.alternateId ?? party.id ?? party.displayName}`,
	);
	return [
		type,
		said.actor?.id,
		said.actor?.alternateId,
		said.client?.ipAddress,
		targets.join(';'),
		said.outcome?.result,
	];
}

function severityOf(word: string | null): Severity | null {
	switch (word?.toUpperCase()) {
		case 'ERROR':
			return 'high';
		case 'WARN':
			return 'medium';
		case 'INFO':
		case 'DEBUG':
			return 'informational';
		default:
			return null;
	}
}

/** Event types that are findings whatever severity they carry (Okta's catalogue of event types). */
const FINDING =
	/^security\.(?:threat|attack|breached|request\.blocked)|suspicious|attack|threat|breach|\.lock(?:$|\.)|deny_push|rate_limit\.violation|user\.risk\.(?:detect|change)|app\.generic\.unauth|report_abuse|entity\.risk/;

function kindOf(said: SystemLogEvent): AlertKind {
	if (FINDING.test(said.eventType ?? '') || /^(?:warn|error)$/i.test(said.severity ?? '')) return 'security';
	return /^true$/i.test(said.debugContext?.debugData?.threatSuspected ?? '') ? 'security' : 'audit';
}

function descriptionOf(said: SystemLogEvent): string | null {
	const who = said.actor?.alternateId ?? said.actor?.displayName ?? null;
	const outcome = [said.outcome?.result, said.outcome?.reason].filter((part) => (part ?? null) !== null).join(': ');
	const parts = [
		who === null ? null : `by ${who}`,
		said.client?.ipAddress ? `from ${said.client.ipAddress}` : null,
		outcome || null,
	];
	const text = parts.filter((part) => part !== null).join(', ');
	return text === '' ? null : text;
}

function addEntities(draft: Draft, said: SystemLogEvent): void {
	if (said.actor) addParty(draft, said.actor, 'actor');
	for (const party of said.target ?? []) addParty(draft, party, 'target');
	draft.entity('ip', said.client?.ipAddress, 'actor', 'client.ipAddress');
	for (const hop of said.request?.ipChain ?? []) draft.entity('ip', hop.ip, 'actor', 'request.ipChain.ip');
	for (const id of [said.authenticationContext?.externalSessionId, said.authenticationContext?.rootSessionId])
		draft.entity('session', id, 'related');
}

/** People and services by name and id; applications, groups and policies by what they are called. */
function addParty(draft: Draft, party: Party, role: EntityRole): void {
	const type = party.type ?? '';
	if (/user|principal|client|token/i.test(type) && !/group|session/i.test(type)) {
		draft.user(party.alternateId, null, role);
		draft.entity('user', party.displayName, role);
		draft.entity('account', party.id, role);
	} else if (/app|device|resource|server|policy|group|role|zone/i.test(type)) {
		if (/^device$/i.test(type)) draft.endpoint(party.displayName, role);
		else draft.entity(/zone/i.test(type) ? 'zone' : 'cloud_resource', party.displayName ?? party.id, role);
		if (party.alternateId?.includes('@') === true) draft.user(party.alternateId, null, role);
	} else if (party.alternateId?.includes('@') === true) draft.user(party.alternateId, null, role);
}

function addLabels(draft: Draft, said: SystemLogEvent): void {
	const debug = said.debugContext?.debugData;
	draft.labelsFrom({
		vendor: 'Okta',
		product: 'Okta',
		signature_id: said.eventType,
		category: said.eventType?.split('.').slice(0, 2).join('.'),
		legacy_event_type: said.legacyEventType,
		outcome: said.outcome?.result,
		outcome_reason: said.outcome?.reason,
		actor_type: said.actor?.type,
		target_types: said.target?.map((party) => party.type),
		target_names: said.target?.map((party) => party.displayName),
		client_os: said.client?.userAgent?.os,
		client_browser: said.client?.userAgent?.browser,
		client_device: said.client?.device,
		client_zone: said.client?.zone,
		country: said.client?.geographicalContext?.country,
		city: said.client?.geographicalContext?.city,
		as_org: said.securityContext?.asOrg,
		is_proxy: said.securityContext?.isProxy,
		credential_type: said.authenticationContext?.credentialType,
		transaction_id: said.transaction?.id,
		threat_suspected: debug?.threatSuspected,
		behaviors: debug?.behaviors,
		risk: debug?.risk,
	});
}
