// Azure Monitor: the schemas before the common one (metric, log, activity log, classic, autoscale), and what all of them share:
// resource ids, dimensions, result rows, the severity scale.
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, Word } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

const ROWS_MAX = 200;
const DIMENSIONS_MAX = 50;

const Older = z.looseObject({
	timestamp: Text,
	id: Text,
	name: Text,
	description: Text,
	severity: Word,
	level: Word,
	conditionType: Text,
	resourceName: Text,
	resourceType: Text,
	resourceId: Text,
	resourceGroupName: Text,
	subscriptionId: Text,
	portalLink: Text,
	eventTimestamp: Text,
	operationName: Text,
	correlationId: Text,
	eventSource: Text,
	eventDataId: Text,
	status: Text,
	caller: Text,
	details: Text,
	AlertRuleName: Text,
	Description: Text,
	Severity: Word,
	ResultCount: Text,
	SearchIntervalEndtimeUtc: Text,
	LinkToSearchResults: Text,
	SubscriptionId: Text,
	WorkspaceId: Text,
	ApplicationId: Text,
	SearchQuery: Text,
});
type Older = z.infer<typeof Older>;

/**
 * Azure's scale (Sev0 Critical, Sev1 Error, Sev2 Warning, Sev3 Informational, Sev4 Verbose), as `Sev2`, `2` or in words. Null for anything else.
 */
export function azureSeverity(text: string | null): Severity | null {
	switch (text?.toLowerCase().replace(/^sev(?:erity)? ?/, '')) {
		case '0':
		case 'critical':
			return 'critical';
		case '1':
		case 'error':
			return 'high';
		case '2':
		case 'warning':
			return 'medium';
		case '3':
		case 'informational':
		case 'information':
		case '4':
		case 'verbose':
			return 'informational';
		default:
			return null;
	}
}

/** A resource id, and its last part: a host where the resource is a machine. */
export function addResource(draft: Draft, id: string | null, role: EntityRole): void {
	if (id === null) return;
	draft.entity('cloud_resource', id, role);
	const parts = id.split('/').filter((part) => part !== '');
	const name = parts.at(-1) ?? null;
	const type = parts.at(-2) ?? '';
	if (name === null || parts.length < 3 || /^(?:subscriptions|resourcegroups)$/i.test(type)) return;
	if (/^(?:virtualmachines|virtualmachinescalesets|machines|connectedclusters|servers|devices)$/i.test(type))
		draft.endpoint(name, role);
	else draft.entity('cloud_resource', name, role);
}

/** Every dimension of a condition as `name=value`, sorted; what they name becomes a target. */
export function dimensionsOf(draft: Draft, about: JsonObject): string[] {
	const found = new Set<string>();
	const walk = (value: JsonValue, isDimension: boolean): void => {
		if (Array.isArray(value)) for (const item of value) walk(item, isDimension);
		if (!isJsonObject(value)) return;
		const name = value['name'] ?? value['Name'];
		const said = value['value'] ?? value['Value'];
		if (isDimension && typeof name === 'string' && (typeof said === 'string' || typeof said === 'number')) {
			if (found.size < DIMENSIONS_MAX) found.add(`${name}=${said}`);
			addDimension(draft, name, String(said));
			return;
		}
		for (const [key, member] of Object.entries(value)) walk(member, isDimension || /^dimensions$/i.test(key));
	};
	walk(about, false);
	return [...found].sort();
}

function addDimension(draft: Draft, name: string, value: string): void {
	if (value.startsWith('/subscriptions/')) addResource(draft, value, 'target');
	else if (/^(?:computer|instance|device|node|vmname)/i.test(name)) draft.endpoint(value, 'target');
	else gatherField(draft, name, value, 'target');
}

/** Result tables of log alerts (`columns` and `rows`): each cell is read by the name of its column. */
export function gatherRows(draft: Draft, about: JsonObject): void {
	// Log alerts of the oldest rules say it in the singular.
	const results = about['SearchResults'] ?? about['searchResults'] ?? about['SearchResult'];
	const tables = isJsonObject(results ?? null) && isJsonObject(results) ? results['tables'] : null;
	if (!Array.isArray(tables)) return;
	for (const table of tables) {
		if (!isJsonObject(table) || !Array.isArray(table['columns']) || !Array.isArray(table['rows'])) continue;
		const names = table['columns'].map((column) => (isJsonObject(column) ? String(column['name'] ?? '') : ''));
		for (const row of table['rows'].slice(0, ROWS_MAX)) {
			if (!Array.isArray(row)) continue;
			for (const [index, cell] of row.entries()) if (typeof cell === 'string') addCell(draft, names[index] ?? '', cell);
		}
	}
}

function addCell(draft: Draft, column: string, cell: string): void {
	if (/^(?:account|caller|identity|userprincipalname)$/i.test(column)) draft.user(cell, null, 'related');
	gatherField(draft, column, cell, 'related');
}

/** Service and resource health tell their end by a status of their own; `monitorCondition` stays `Fired`. */
export function isHealthOver(about: JsonObject, service: string | null): boolean {
	const properties = about['properties'];
	const of = (holder: JsonValue | undefined, key: string): string =>
		isJsonObject(holder) ? (Text.safeParse(holder[key]).data ?? '') : '';
	const isHealth = /health/i.test(service ?? of(about, 'eventSource'));
	if (!isHealth) return false;
	return (
		/^(?:resolved|rca)$/i.test(of(about, 'status')) ||
		/^(?:resolved|complete|rca|canceled)$/i.test(of(properties, 'stage')) ||
		/^available$/i.test(of(properties, 'currentHealthStatus'))
	);
}

/** Categories of the activity log. */
export function kindOfCategory(category: string): AlertKind {
	switch (category.trim().toLowerCase().replace(' ', '')) {
		case 'security':
			return 'security';
		case 'servicehealth':
		case 'resourcehealth':
			return 'availability';
		case 'recommendation':
			return 'maintenance';
		default:
			return 'audit';
	}
}

/** Reads a body of one of the schemas before the common one; without any of their members it is not understood. */
export function readOlderSchema(record: JsonObject, context: IntakeContext): Reading {
	const data = record['data'];
	const outer = isJsonObject(data) ? data : record;
	const holder = outer['context'];
	const inner = isJsonObject(holder) ? holder : outer;
	const activity = inner['activityLog'];
	const about = isJsonObject(activity) ? activity : inner;
	const reading = readVendor(Older, about);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const title = said.name ?? said.AlertRuleName ?? said.operationName;
	if (title === null && said.resourceId === null) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('data', found.slice(0, 200), '`data.essentials`, `data.context`, `context`, or a log alert');
	}
	const draft = new Draft(context);
	addResource(draft, said.resourceId, 'target');
	addNamed(draft, said);
	const dimensions = dimensionsOf(draft, about);
	gatherRows(draft, about);
	draft.url(said.portalLink ?? said.LinkToSearchResults, 'observer');
	draft.user(said.caller, null, 'actor');
	gather(draft, record);
	const state = Text.safeParse(outer['status']).data ?? said.status;
	const operation = Text.safeParse(record['operation']).data ?? null;
	addLabels(draft, said, state, operation, dimensions);
	const isActivity = isJsonObject(activity);
	const severityRaw = said.severity ?? said.Severity ?? (isActivity ? said.level : null);
	const alert = draft.finish({
		externalId: said.eventDataId ?? said.id,
		identity: identityOf(said, title, dimensions, about),
		status:
			/^(?:resolved|deactivated|ok)$/i.test(state ?? '') || isHealthOver(about, said.eventSource) ? 'closed' : 'open',
		title,
		description: said.description ?? said.Description ?? said.details,
		severity: operation === null ? azureSeverity(severityRaw) : 'informational',
		severityRaw,
		kind: olderKind(said, isActivity, operation, title),
		domain: null,
		occurredAt:
			draft.time('eventTimestamp', said.eventTimestamp) ??
			draft.time('timestamp', said.timestamp) ??
			draft.time('SearchIntervalEndtimeUtc', said.SearchIntervalEndtimeUtc, {
				receivedAt: context.receivedAt,
				timeZone: 'UTC',
			}),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** The bare name of the resource: a host where its type is one of machines. */
function addNamed(draft: Draft, said: Older): void {
	if (/virtualmachines|\/machines|servers|devices/i.test(said.resourceType ?? ''))
		draft.endpoint(said.resourceName, 'target');
	else draft.entity('cloud_resource', said.resourceName, 'target');
}

function identityOf(
	said: Older,
	title: string | null,
	dimensions: readonly string[],
	about: JsonObject,
): (string | null)[] {
	const properties = about['properties'];
	const tracking = isJsonObject(properties) ? (Text.safeParse(properties['trackingId']).data ?? null) : null;
	if (tracking !== null) return ['service health', tracking];
	const rule = said.eventDataId === null ? said.id : null;
	return [rule ?? title, said.resourceId?.toLowerCase() ?? said.WorkspaceId ?? said.ApplicationId, ...dimensions];
}

function olderKind(said: Older, isActivity: boolean, operation: string | null, title: string | null): AlertKind {
	if (operation !== null) return 'audit';
	if (isActivity) return kindOfCategory(said.eventSource ?? '');
	return kindOfWords([title, said.description, said.Description].join(' . ')) ?? 'availability';
}

function addLabels(
	draft: Draft,
	said: Older,
	state: string | null,
	operation: string | null,
	dimensions: readonly string[],
): void {
	draft.labelsFrom({
		vendor: 'Microsoft',
		product: 'Azure Monitor',
		signature_id: said.name ?? said.AlertRuleName ?? said.operationName,
		rule_id: said.id,
		state,
		condition_type: said.conditionType,
		resource_type: said.resourceType,
		resource_group: said.resourceGroupName,
		subscription_id: said.subscriptionId ?? said.SubscriptionId,
		operation: operation ?? said.operationName,
		category: said.eventSource,
		caller: said.caller,
		correlation_id: said.correlationId,
		result_count: said.ResultCount,
		search_query: said.SearchQuery,
		dimensions,
	});
}
