// Servers and storage, JSON: a Redfish event, a New Relic issue or incident, an audit record of vCenter's single sign-on.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { isRoutineSession } from '../formats/words.ts';
import { severityOfLevel } from './server-storage-text.ts';
import type { Reading } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

const RedfishEvent = z.looseObject({
	EventId: Text,
	EventType: Text,
	EventTimestamp: Text,
	EventGroupId: Text,
	Severity: Word,
	MessageSeverity: Word,
	Message: Text,
	MessageId: Text,
	MessageArgs: TextList,
	MemberId: Text,
	Resolution: Text,
	OriginOfCondition: z.union([z.string(), z.looseObject({ '@odata.id': Text })]).nullish(),
});

const NewRelic = z.looseObject({
	id: Text,
	incident_id: Text,
	title: Text,
	details: Text,
	priority: Word,
	severity: Word,
	state: Text,
	current_state: Text,
	issueUrl: Text,
	incident_url: Text,
	impactedEntities: TextList,
	targets: z.array(z.looseObject({ name: Text, id: Text, link: Text })).nullish(),
	createdAt: Text,
	updatedAt: Text,
	closedAt: Text,
	timestamp: Text,
	timestamp_utc_string: Text,
	condition_name: Text,
	policy_name: Text,
	alertPolicyNames: TextList,
	alertConditionNames: TextList,
	workflowName: Text,
	owner: Text,
});

const SignOn = z.looseObject({
	user: Text,
	client: Text,
	timestamp: Text,
	description: Text,
	eventSeverity: Word,
	type: Text,
});

/** Reads one record; which vendor's it is shows by its members. */
export function readServerJson(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const has = (...keys: string[]): boolean => keys.some((key) => record[key] !== undefined);
	if (has('MessageId', 'EventType', 'OriginOfCondition', 'EventTimestamp'))
		return readRedfish(record, envelope, context);
	if (has('issueUrl', 'impactedEntities', 'incident_id', 'condition_name', 'workflowName'))
		return readNewRelic(record, context);
	if (has('eventSeverity')) return readSignOn(record, context);
	const type = Text.safeParse(record['@odata.type']).data ?? null;
	if (type !== null && /MetricReport/i.test(type)) return readReport(record, type, context);
	const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
	return unparsed(
		'Events',
		found.slice(0, 200),
		'a Redfish event (`MessageId`), a New Relic issue, or a vCenter record',
	);
}

/** DSP0266: `MessageSeverity` replaces the deprecated `Severity`; both are OK, Warning or Critical. */
function redfishSeverity(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case 'critical':
			return 'critical';
		case 'warning':
			return 'medium';
		case 'ok':
		case 'informational':
			return 'informational';
		default:
			return null;
	}
}

/** `ResourceEvent.1.2.ResourceStatusChangedCritical`: the registry and key without version, and without the state at the key's end. */
function conditionOf(messageId: string | null): { readonly key: string | null; readonly isOver: boolean } {
	if (messageId === null) return { key: null, isOver: false };
	const parts = messageId.split('.').filter((part) => !/^\d{1,5}$/.test(part));
	const key = parts.join('.');
	const isOver = /(?:OK|Cleared|Restored|Normal|ReturnToNormal|NoLongerCritical)$/.test(key);
	return { key: key.replace(/(?:OK|Warning|Critical|Cleared|Restored|Normal|Lost|Degraded|Failed)$/, ''), isOver };
}

function readRedfish(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(RedfishEvent, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const from = said.OriginOfCondition;
	const origin = typeof from === 'string' ? from : (from?.['@odata.id'] ?? null);
	const about = Text.safeParse(envelope?.['Context']).data ?? null;
	const draft = new Draft(context);
	draft.entity('asset_id', origin, 'target');
	// The subscription's own word: the name of the server where it was set up as we say. A bare word (`Public`) is none.
	if (about !== null && /^(?=[^.\d-]{0,60}[.\d-])[\w.-]{3,253}$/.test(about)) draft.endpoint(about, 'target');
	// Dell: `... for root from 172.20.1.5 using GUI`.
	draft.user(/\bfor ([\w.\\$-]{1,100}) from [\da-fA-F:.]{3,45}/.exec(said.Message ?? '')?.[1], null, 'actor');
	gather(draft, record);
	const condition = conditionOf(said.MessageId);
	draft.labelsFrom({
		vendor: 'Redfish',
		product: 'Event service',
		signature_id: said.MessageId,
		event_type: said.EventType,
		event_group: said.EventGroupId,
		origin,
		context: about,
		resolution: said.Resolution,
		arguments: said.MessageArgs,
	});
	const severityRaw = said.MessageSeverity ?? said.Severity;
	const severity = redfishSeverity(severityRaw);
	const words = `${said.MessageId ?? ''} ${said.Message ?? ''}`;
	const isAccess = /log ?(?:ged|in|out|on|off)\b|session|password|authenticat|user account/i.test(words);
	const alert = draft.finish({
		externalId: said.EventId ?? said.MemberId,
		identity: ['redfish', about, origin ?? said.MessageArgs.join(','), condition.key],
		status: condition.isOver && severity !== 'critical' ? 'closed' : 'open',
		title: said.Message ?? said.MessageId,
		description: [said.Message, said.Resolution].filter((part) => part !== null).join('\n'),
		severity,
		severityRaw,
		kind: isAccess
			? isRoutineSession(words)
				? 'audit'
				: 'security'
			: severity === 'informational' && !condition.isOver
				? 'audit'
				: 'availability',
		domain: 'it',
		occurredAt: draft.time('EventTimestamp', said.EventTimestamp),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Priorities of issues, and severities of the older incidents. */
function newRelicSeverity(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case 'critical':
			return 'critical';
		case 'high':
			return 'high';
		case 'medium':
		case 'warning':
			return 'medium';
		case 'low':
			return 'low';
		case 'info':
			return 'informational';
		default:
			return null;
	}
}

function readNewRelic(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(NewRelic, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	for (const name of said.impactedEntities) draft.endpoint(name, 'target');
	for (const target of said.targets ?? []) {
		draft.endpoint(target.name, 'target');
		draft.url(target.link, 'observer');
	}
	for (const link of [said.issueUrl, said.incident_url]) draft.url(link, 'observer');
	gather(draft, record);
	const state = said.state ?? said.current_state;
	draft.labelsFrom({
		vendor: 'New Relic',
		product: 'New Relic Alerts',
		signature_id: said.condition_name ?? said.alertConditionNames,
		policy: said.policy_name ?? said.alertPolicyNames,
		state,
		workflow: said.workflowName,
	});
	const severityRaw = said.priority ?? said.severity;
	const isClosed = /^closed$/i.test(state ?? '');
	const alert = draft.finish({
		externalId: said.id ?? said.incident_id,
		identity: ['new relic', said.id ?? said.incident_id ?? said.condition_name],
		status: isClosed ? 'closed' : 'open',
		title: said.title ?? said.condition_name ?? said.details,
		description: said.details,
		severity: newRelicSeverity(severityRaw),
		severityRaw,
		kind: 'availability',
		domain: 'it',
		occurredAt:
			(isClosed ? draft.time('closedAt', said.closedAt) : null) ??
			draft.time('updatedAt', said.updatedAt) ??
			draft.time('createdAt', said.createdAt) ??
			draft.time('timestamp', said.timestamp) ??
			draft.time('timestamp_utc_string', said.timestamp_utc_string),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** vCenter's single sign-on (`com.vmware.sso.LoginFailure`). */
function readSignOn(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(SignOn, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	draft.user(said.user, null, 'actor');
	draft.endpoint(said.client, 'actor');
	gather(draft, record);
	draft.labelsFrom({ vendor: 'VMware', product: 'vCenter Server', signature_id: said.type });
	const isFailure = /fail|denied|invalid|lock/i.test(`${said.type ?? ''} ${said.description ?? ''}`);
	const alert = draft.finish({
		externalId: null,
		identity: ['sso', said.type, said.user, said.client],
		status: 'open',
		title: said.description ?? said.type,
		description: said.description,
		severity: severityOfLevel(said.eventSeverity),
		severityRaw: said.eventSeverity,
		kind: isFailure ? 'security' : 'audit',
		domain: 'it',
		occurredAt: draft.time('timestamp', americanTime(said.timestamp)),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Single sign-on writes `05/31/2025 08:24:00 UTC`: month, day, year. */
function americanTime(text: string | null): string | null {
	return text === null ? null : text.replace(/^(\d\d)\/(\d\d)\/(\d{4}) /, '$3-$1-$2 ');
}

function readReport(record: JsonObject, type: string, context: IntakeContext): Reading {
	const draft = new Draft(context);
	gather(draft, record);
	draft.labelsFrom({ vendor: 'Redfish', product: 'Telemetry service', signature_id: type });
	const text = (key: string): string | null => Text.safeParse(record[key]).data ?? null;
	const name = isJsonObject(record['MetricReportDefinition'] ?? null)
		? 'metric report'
		: (text('Name') ?? 'metric report');
	const alert = draft.finish({
		externalId: text('Id'),
		identity: ['report', text('Id') ?? name],
		status: 'open',
		title: text('Name') ?? name,
		description: null,
		severity: 'informational',
		severityRaw: null,
		kind: 'audit',
		domain: 'it',
		occurredAt: draft.time('Timestamp', text('Timestamp')),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}
