// Azure Monitor: which of its schemas a webhook body has, and the common alert schema. The older schemas are in
// azure-monitor-record.ts.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import {
	addResource,
	azureSeverity,
	dimensionsOf,
	gatherRows,
	isHealthOver,
	kindOfCategory,
	readOlderSchema,
} from './azure-monitor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

const Essentials = z.looseObject({
	alertId: Text,
	alertRule: Text,
	alertRuleID: Text,
	severity: Word,
	signalType: Text,
	monitorCondition: Text,
	monitoringService: Text,
	alertTargetIDs: TextList,
	configurationItems: TextList,
	originAlertId: Text,
	firedDateTime: Text,
	resolvedDateTime: Text,
	description: Text,
	targetResourceType: Text,
	targetResourceGroup: Text,
	investigationLink: Text,
});
type Essentials = z.infer<typeof Essentials>;

export const azureMonitor: SourceKind = {
	name: 'azure-monitor',
	aliases: ['azure'],
	title: 'Azure Monitor',
	vendor: 'Microsoft',
	domain: null,
	forms: [
		'common alert schema (metric, log search v1 and v2, activity log, service and resource health, smart detection, Prometheus rules)',
		'metric alert `AzureMonitorMetricAlert`',
		'log alert `Microsoft.Insights/LogAlert`, activity log alert `Microsoft.Insights/activityLogs`',
		'classic metric alert, autoscale notification',
	],
	severities: [
		['Sev0, 0, Critical', 'critical'],
		['Sev1, 1, Error', 'high'],
		['Sev2, 2, Warning', 'medium'],
		['Sev3, 3, Informational', 'informational'],
		['Sev4, 4, Verbose', 'informational'],
		['classic metric alerts state none', null],
	],
	identity:
		'rule, target resources and dimensions; service health: the tracking id; activity log: rule, operation and resource. Never the alert id, which is new for each firing',
	setup: [
		'Action group: add an action of type Webhook (or Secure Webhook) with `https://HOST/v1/alerts/azure-monitor`, and switch the common alert schema on.',
		'A plain webhook sends no header of its own: use basic credentials in the address (`https://USER:PASSWORD@HOST/...`), or a Logic App that adds the bearer token.',
		'Let the alert rule resolve automatically, so that its condition is closed here too.',
	],
	notHandled: [
		'search results behind a link (`linkToSearchResultsAPI`) are not fetched',
		'custom properties are kept as entities and labels only',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['records', 'value', 'alerts']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const data = record['data'];
	const essentials = isJsonObject(data) ? data['essentials'] : record['essentials'];
	const body = isJsonObject(data) ? data : record;
	return isJsonObject(essentials) ? readCommon(essentials, body, context) : readOlderSchema(record, context);
}

function readCommon(essentials: JsonObject, body: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(Essentials, essentials);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const inner = body['alertContext'];
	const about: JsonObject = isJsonObject(inner) ? inner : {};
	const draft = new Draft(context);
	for (const id of said.alertTargetIDs) addResource(draft, id, 'target');
	for (const item of said.configurationItems) {
		if (item.startsWith('/')) addResource(draft, item, 'target');
		else draft.endpoint(item, 'target');
	}
	const dimensions = dimensionsOf(draft, about);
	gatherRows(draft, about);
	draft.user(Text.safeParse(about['caller']).data, null, 'actor');
	draft.url(said.investigationLink, 'observer');
	gather(draft, about);
	gather(draft, essentials, '', new Set(['alertId', 'originAlertId']));
	gather(draft, body['customProperties'] ?? null);
	addLabels(draft, said, about, dimensions);
	const text = (key: string): string | null => Text.safeParse(about[key]).data ?? null;
	const isClosed = /^resolved$/i.test(said.monitorCondition ?? '') || isHealthOver(about, said.monitoringService);
	const firedAt = draft.time('firedDateTime', said.firedDateTime);
	const resolvedAt = draft.time('resolvedDateTime', said.resolvedDateTime);
	const alert = draft.finish({
		externalId: said.alertId,
		identity: identityOf(said, about, dimensions),
		status: isClosed ? 'closed' : 'open',
		title: said.alertRule ?? said.alertId,
		description: said.description ?? text('ConditionFailureDescription'),
		severity: azureSeverity(said.severity),
		severityRaw: said.severity,
		kind: kindOf(said, about),
		domain: null,
		occurredAt: (isClosed ? resolvedAt : null) ?? firedAt ?? draft.time('eventTimestamp', text('eventTimestamp')),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function identityOf(said: Essentials, about: JsonObject, dimensions: readonly string[]): (string | null)[] {
	const properties = about['properties'];
	const tracking = isJsonObject(properties) ? (Text.safeParse(properties['trackingId']).data ?? null) : null;
	if (tracking !== null) return ['service health', tracking];
	const operation = Text.safeParse(about['operationName']).data ?? null;
	const isActivity = /^activity log|^resource ?health/i.test(said.monitoringService ?? '');
	const isHealth = /health/i.test(said.monitoringService ?? '');
	// Rules are named within a resource group: their id, where a version sends it, is not in every message.
	return [
		said.alertRule,
		...said.alertTargetIDs.map((id) => id.toLowerCase()).sort(),
		...dimensions,
		isActivity && !isHealth ? operation : null,
	];
}

function kindOf(said: Essentials, about: JsonObject): AlertKind {
	const service = said.monitoringService ?? '';
	const category = /^activity log ?- ?(.{1,40})$/i.exec(service)?.[1] ?? null;
	if (category !== null) return kindOfCategory(category);
	if (/security/i.test(service)) return 'security';
	if (/cost|budget|autoscale/i.test(service)) return 'audit';
	const words = [said.alertRule, said.description, metricOf(about)].join(' . ');
	return kindOfWords(words) ?? 'availability';
}

function metricOf(about: JsonObject): string | null {
	const condition = about['condition'];
	const list = isJsonObject(condition) ? condition['allOf'] : null;
	const first = Array.isArray(list) ? list[0] : null;
	return isJsonObject(first ?? null) && isJsonObject(first) ? (Text.safeParse(first['metricName']).data ?? null) : null;
}

function addLabels(draft: Draft, said: Essentials, about: JsonObject, dimensions: readonly string[]): void {
	const text = (key: string): string | null => Text.safeParse(about[key]).data ?? null;
	draft.labelsFrom({
		vendor: 'Microsoft',
		product: 'Azure Monitor',
		signature_id: said.alertRule,
		signal_type: said.signalType,
		monitoring_service: said.monitoringService,
		state: said.monitorCondition,
		origin_alert_id: said.originAlertId,
		resource_type: said.targetResourceType,
		resource_group: said.targetResourceGroup,
		condition_type: text('conditionType'),
		metric: metricOf(about),
		operation: text('operationName'),
		activity_status: text('status'),
		caller: text('caller'),
		category: text('eventSource') ?? text('category'),
		dimensions,
	});
}
