// Microsoft Defender XDR: Graph alerts_v2 and incidents, the Defender for Endpoint alert, Microsoft 365 Defender incidents, the
// streaming API's AlertInfo and AlertEvidence, and legacy Graph alerts. What their evidence names is read in defender-evidence.ts.
import { z } from 'zod';
import type { IntakeContext, Problem } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { addEvidence } from './defender-evidence.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

/** Microsoft writes its times in UTC, also where they carry no zone. */
const UTC = 'UTC';

/** The names under which the forms carry the same statement; the first that is present counts. */
const DefenderAlert = z.looseObject({
	id: Text,
	alertId: Text,
	AlertId: Text,
	providerAlertId: Text,
	incidentId: Text,
	title: Text,
	Title: Text,
	displayName: Text,
	incidentName: Text,
	description: Text,
	severity: Word,
	Severity: Word,
	status: Word,
	category: Text,
	Category: Text,
	Categories: z.unknown().optional(),
	mitreTechniques: TextList,
	AttackTechniques: z.unknown().optional(),
	detectionSource: Text,
	DetectionSource: Text,
	serviceSource: Text,
	ServiceSource: Text,
	productName: Text,
	classification: Text,
	determination: Text,
	threatFamilyName: Text,
	threatDisplayName: Text,
	actorDisplayName: Text,
	lastEventTime: Text,
	firstEventTime: Text,
	lastActivityDateTime: Text,
	firstActivityDateTime: Text,
	lastActivity: Text,
	firstActivity: Text,
	eventDateTime: Text,
	Timestamp: Text,
	alertCreationTime: Text,
	createdDateTime: Text,
	creationTime: Text,
	createdTime: Text,
	machineId: Text,
	rbacGroupName: Text,
	tenantId: Text,
	aadTenantId: Text,
	alertWebUrl: Text,
	incidentWebUrl: Text,
	riskScore: Text,
	EntityType: Text,
	EvidenceRole: Text,
	vendorInformation: z.looseObject({ provider: Text, vendor: Text, subProvider: Text }).nullish(),
});
type DefenderAlert = z.infer<typeof DefenderAlert>;

export const defenderXdr: SourceKind = {
	name: 'defender-xdr',
	aliases: ['defender'],
	title: 'Microsoft Defender XDR and Defender for Endpoint',
	vendor: 'Microsoft',
	domain: 'it',
	forms: [
		'Graph `alerts_v2`: one, `{"value": [...]}`, incidents with their alerts',
		'Defender for Endpoint alert (`machineId`, `evidence`, `relatedUser`)',
		'Microsoft 365 Defender incidents (`api.security.microsoft.com`)',
		'streaming API: `AdvancedHunting-AlertInfo`, `AdvancedHunting-AlertEvidence`, other tables as audit records',
		'legacy Graph alert (`vendorInformation`, `hostStates`, `userStates`)',
	],
	severities: [
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
		['UnSpecified, unknown, unknownFutureValue', null],
	],
	identity: 'the alert id: info, evidence and updates of one alert are one condition',
	setup: [
		'Let a Logic App, Power Automate flow or function with the trigger "Defender alert" post the alert\'s JSON to `https://HOST/v1/alerts/defender-xdr` with the bearer token.',
		'Or stream `AlertInfo` and `AlertEvidence` to an Event Hub and let a forwarder post its records.',
	],
	notHandled: [
		'Graph change notifications without the alert itself (subscribe with resource data, or let the flow fetch the alert)',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return joined(document.map(splitOne));
	return splitOne(document);
}

function splitOne(document: JsonValue): JsonSplit {
	if (!isJsonObject(document)) return records([document]);
	const inner = [document['body'], document['alert'], document['_source']].find((item) => isAlert(item));
	if (inner !== undefined && !isAlert(document)) return records([inner], document);
	for (const key of ['value', 'records', 'Records']) {
		const list = document[key];
		if (Array.isArray(list)) return list.length === 0 ? records([]) : joined(list.map(splitOne));
	}
	// An incident: its alerts are the records. One without alerts is a record itself.
	const alerts = document['alerts'];
	if (Array.isArray(alerts) && alerts.length > 0) return records(alerts, document);
	return records([document]);
}

function isAlert(value: JsonValue | undefined): boolean {
	return (
		isJsonObject(value) &&
		['severity', 'Severity', 'alertId', 'AlertId', 'evidence'].some((key) => value[key] !== undefined)
	);
}

function joined(parts: readonly JsonSplit[]): JsonSplit {
	return records(parts.flatMap((part) => (part.kind === 'records' ? part.records : [])));
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const table =
		typeof record['category'] === 'string' && record['category'].startsWith('AdvancedHunting-')
			? record['category']
			: null;
	const properties = record['properties'];
	const body = isJsonObject(properties) ? properties : record;
	const problems: Problem[] = [];
	const expanded = expand(body, problems);
	const reading = readVendor(DefenderAlert, expanded);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const isEvent = table !== null && !/Alert(?:Info|Evidence)$/.test(table);
	const id = said.id ?? said.alertId ?? said.AlertId ?? said.providerAlertId ?? said.incidentId;
	const title = said.title ?? said.Title ?? said.displayName ?? said.incidentName;
	if (id === null && title === null && !isEvent) {
		return unparsed(
			'id',
			`members ${Object.keys(body).slice(0, 8).join(', ')}`,
			'an alert with `id` (`alertId`, `AlertId`) or `title`',
		);
	}
	const draft = new Draft(context);
	for (const link of [said.alertWebUrl, said.incidentWebUrl]) draft.url(link, 'observer');
	addEvidence(draft, expanded);
	addLabels(draft, said, table, envelope);
	const severityRaw = said.severity ?? said.Severity;
	const alert = draft.finish({
		externalId: id,
		identity: isEvent
			? [table, record['time'] === undefined ? null : JSON.stringify(body)]
			: id === null
				? ['title', title, said.machineId]
				: [id],
		status: /^(?:resolved|dismissed|closed)$/i.test(said.status ?? '') ? 'closed' : 'open',
		title: title ?? (table === null ? id : `Defender ${table.replace('AdvancedHunting-', '')} record`),
		description: said.description,
		severity: isEvent ? 'informational' : severityOf(severityRaw),
		severityRaw,
		kind: isEvent ? 'audit' : 'security',
		domain: 'it',
		occurredAt: timeOf(draft, said, record),
	});
	return { kind: 'alert', alert, problems: [...problems, ...reading.problems, ...draft.problems] };
}

/** Microsoft's scale has no critical; `unknown` and `UnSpecified` are none. */
function severityOf(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case 'critical':
			return 'critical';
		case 'high':
			return 'high';
		case 'medium':
			return 'medium';
		case 'low':
			return 'low';
		case 'informational':
			return 'informational';
		default:
			return null;
	}
}

/** The last event; only where there is none the creation, which may lie well after it. */
function timeOf(draft: Draft, said: DefenderAlert, record: JsonObject): number | null {
	const utc = { receivedAt: draft.context.receivedAt, timeZone: UTC };
	const at = (key: (typeof EVENT_TIMES | typeof CREATED_TIMES)[number]): number | null =>
		draft.time(key, said[key], utc);
	const events = EVENT_TIMES.map(at).filter((time) => time !== null);
	if (events.length > 0) return Math.max(...events);
	const created = CREATED_TIMES.map(at).find((time) => time !== null);
	const streamed = record['time'];
	return created ?? (typeof streamed === 'string' ? draft.time('time', streamed, utc) : null);
}

const EVENT_TIMES = [
	'lastEventTime',
	'lastActivityDateTime',
	'lastActivity',
	'firstEventTime',
	'firstActivityDateTime',
	'firstActivity',
	'eventDateTime',
] as const;
const CREATED_TIMES = ['Timestamp', 'alertCreationTime', 'createdDateTime', 'creationTime', 'createdTime'] as const;

/** Members that are JSON inside text, read; one that breaks stays text and is noted. */
function expand(body: JsonObject, problems: Problem[]): JsonObject {
	const copy: JsonObject = { ...body };
	for (const [key, value] of Object.entries(body)) {
		if (
			typeof value !== 'string' ||
			!/^\s*[{[]/.test(value) ||
			!['AdditionalFields', 'AttackTechniques', 'Categories'].includes(key)
		)
			continue;
		const inner = readJson(value);
		const first = inner.ok ? inner.value.documents[0] : undefined;
		if (first !== undefined) copy[key] = first.value;
		else if (!inner.ok) problems.push({ ...inner.error, field: `${key}: ${inner.error.field}` });
	}
	return copy;
}

function addLabels(draft: Draft, said: DefenderAlert, table: string | null, envelope: JsonObject | null): void {
	for (const id of said.mitreTechniques) draft.technique(id);
	const categories = TextList.parse(said.Categories);
	const incident = envelope === null ? null : Text.safeParse(envelope['incidentId'] ?? envelope['id']);
	draft.labelsFrom({
		vendor: 'Microsoft',
		product:
			said.serviceSource ??
			said.ServiceSource ??
			said.productName ??
			said.vendorInformation?.provider ??
			'Microsoft Defender',
		category: said.category ?? said.Category ?? categories,
		detection_source: said.detectionSource ?? said.DetectionSource,
		technique_names: TextList.parse(said.AttackTechniques),
		vendor_status: said.status,
		incident_id: said.incidentId ?? (incident?.success === true ? incident.data : null),
		classification: said.classification,
		determination: said.determination,
		threat_family: said.threatFamilyName,
		threat_name: said.threatDisplayName,
		actor_name: said.actorDisplayName,
		device_group: said.rbacGroupName,
		tenant_id: said.tenantId ?? said.aadTenantId,
		risk_score: said.riskScore,
		evidence_type: said.EntityType,
		evidence_role: said.EvidenceRole,
		table,
		alert_url: said.alertWebUrl,
	});
}
