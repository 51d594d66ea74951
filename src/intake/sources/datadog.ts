// Datadog: the webhook integration with its default payload, or with any payload made of its documented variables. Members are found
// by name whatever their case and separators, because each site writes its own template.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { bareNames } from '../formats/field-paths.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const PAIRS_MAX = 200;

/** A variable that Datadog did not fill stays in the payload by its name. */
const Filled = Text.transform((text) => (text === null || /^\$[A-Z_]{2,60}(?:\[|$)/.test(text) ? null : text));

const Webhook = z.looseObject({
	id: Filled,
	eventid: Filled,
	title: Filled,
	eventtitle: Filled,
	alerttitle: Filled,
	body: Filled,
	eventmsg: Filled,
	message: Filled,
	textonlymsg: Filled,
	eventtype: Filled,
	alertid: Filled,
	monitorid: Filled,
	alertcyclekey: Filled,
	aggregkey: Filled,
	alerttype: Filled,
	alerttransition: Filled,
	transition: Filled,
	alertstatus: Filled,
	alertscope: Filled,
	scope: Filled,
	alertmetric: Filled,
	alertquery: Filled,
	alertpriority: Filled,
	priority: Filled,
	hostname: Filled,
	host: Filled,
	tags: z.unknown().optional(),
	link: Filled,
	lastupdated: Filled,
	lastupdatedposix: Filled,
	date: Filled,
	dateposix: Filled,
	timestamp: Filled,
	orgid: Filled,
	orgname: Filled,
	username: Filled,
	email: Filled,
	securityrulename: Filled,
	securityruleid: Filled,
	securitysignalid: Filled,
	securitysignaltitle: Filled,
	securitysignalseverity: Filled,
	securitysignalmsg: Filled,
});
type Webhook = z.infer<typeof Webhook>;

export const datadog: SourceKind = {
	name: 'datadog',
	aliases: [],
	title: 'Datadog',
	vendor: 'Datadog',
	domain: null,
	forms: [
		'webhook with the default payload',
		'webhook with a payload of your own, where members are named after the variables (`alert_id`, `ALERT_ID`, `alertId`)',
		'security signals (`SECURITY_SIGNAL_*`)',
	],
	severities: [
		['`ALERT_PRIORITY` (or `[P1]` in the title): P1', 'critical'],
		['P2', 'high'],
		['P3', 'medium'],
		['P4', 'low'],
		['P5', 'informational'],
		['`SECURITY_SIGNAL_SEVERITY`: critical, high, medium, low, info', 'by value'],
		['without a priority, `ALERT_TYPE`: error', 'high'],
		['warning', 'medium'],
		['info, success', 'informational'],
		['neither (the default payload has none)', null],
	],
	identity:
		'monitor id and scope; without an id the aggregation key; else organisation and title without its state. `Triggered`, `Warn`, `No Data`, `Renotify` and `Recovered` are one condition',
	setup: [
		'Integrations, Webhooks, New: URL `https://HOST/v1/alerts/datadog`, custom headers `{"Authorization": "Bearer TOKEN"}`.',
		'Payload: `{"id":"$ID","title":"$EVENT_TITLE","body":"$EVENT_MSG","alert_id":"$ALERT_ID","alert_transition":"$ALERT_TRANSITION","alert_type":"$ALERT_TYPE","alert_priority":"$ALERT_PRIORITY","alert_scope":"$ALERT_SCOPE","alert_metric":"$ALERT_METRIC","aggreg_key":"$AGGREG_KEY","hostname":"$HOSTNAME","tags":"$TAGS","link":"$LINK","last_updated":"$LAST_UPDATED","date":"$DATE","org":{"id":"$ORG_ID","name":"$ORG_NAME"}}`.',
		'Name `@webhook-NAME` in the message of the monitors.',
	],
	notHandled: ['form-encoded payloads ("Encode as form")', 'log samples and snapshots are kept in the raw text only'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['events', 'alerts', 'data']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const org = record['org'];
	const organisation: JsonObject = isJsonObject(org)
		? { org_id: org['id'] ?? null, org_name: org['name'] ?? null }
		: {};
	const reading = readVendor(Webhook, bareNames({ ...record, ...organisation }));
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const title = said.title ?? said.eventtitle ?? said.alerttitle ?? said.securitysignaltitle ?? said.securityrulename;
	if (title === null && said.alertid === null && said.securitysignalid === null && said.id === null) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('title', found.slice(0, 200), 'a payload of Datadog variables with `title`, `id` or `alert_id`');
	}
	const draft = new Draft(context);
	const heading = headingOf(title);
	addEntities(draft, said, heading);
	gather(draft, record, '', new Set(['tags', 'TAGS']));
	const body = said.textonlymsg ?? said.body ?? said.eventmsg ?? said.message ?? said.securitysignalmsg;
	const monitor = said.alertid ?? said.monitorid ?? /\/monitors[#/](\d{1,20})/.exec(body ?? '')?.[1] ?? null;
	const transition = said.alerttransition ?? said.transition ?? heading.state;
	addLabels(draft, said, monitor, transition);
	const severityRaw = severityTextOf(said, heading.priority);
	const isClosed = isOver(transition) || (transition === null && /^success$/i.test(said.alerttype ?? ''));
	const alert = draft.finish({
		externalId: said.id ?? said.eventid ?? said.securitysignalid,
		identity: identityOf(said, monitor, heading),
		status: isClosed ? 'closed' : 'open',
		title: heading.name ?? title,
		description: body,
		severity: severityOf(severityRaw),
		severityRaw,
		kind: kindOf(said, heading.name, body),
		domain: null,
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

type Heading = {
	readonly priority: string | null;
	readonly state: string | null;
	/** `host:web01,env:prod` of `[Triggered on {host:web01,env:prod}]`. */
	readonly scope: string | null;
	readonly name: string | null;
};

/** `[P2] [Re-Triggered on {host:web01}] Name`: what is in front changes with the state, the rest does not. */
function headingOf(title: string | null): Heading {
	let rest = title ?? '';
	let priority: string | null = null;
	let state: string | null = null;
	let scope: string | null = null;
	for (let count = 0; count < 4; count++) {
		const mark = /^\s{0,4}\[([^[\]]{1,500})\]/.exec(rest);
		const text = mark?.[1] ?? '';
		const words =
			/^(triggered|re-triggered|renotify|warn|re-warn|no data|re-no data|recovered|alert|ok)(?: on \{(.{0,400})\})?$/i.exec(
				text,
			);
		if (/^P[1-5]$/i.test(text)) priority = text;
		else if (words !== null) {
			state = words[1] ?? null;
			scope = words[2] ?? null;
		} else break;
		rest = rest.slice(mark?.[0].length ?? 0);
	}
	const name = rest.trim();
	return { priority, state, scope, name: name === '' ? null : name };
}

function isOver(transition: string | null): boolean {
	return /^(?:recovered|ok|resolved)$/i.test(transition ?? '');
}

function identityOf(said: Webhook, monitor: string | null, heading: Heading): (string | null)[] {
	const scope = (said.alertscope ?? said.scope ?? heading.scope)
		?.split(',')
		.map((part) => part.trim())
		.sort()
		.join(',');
	if (monitor !== null) return ['monitor', said.orgid, monitor, scope ?? null];
	if (said.securityruleid !== null || said.securityrulename !== null)
		return ['signal', said.orgid, said.securityruleid ?? said.securityrulename, said.hostname, scope ?? null];
	if (said.aggregkey !== null) return ['key', said.orgid, said.aggregkey];
	return ['title', said.orgid, heading.name, scope ?? null];
}

function severityTextOf(said: Webhook, ofTitle: string | null): string | null {
	// `PRIORITY` is that of an event (normal, low), `ALERT_PRIORITY` that of a monitor (P1 to P5); templates mix up the names.
	const priority = [said.alertpriority, said.priority, ofTitle].find((text) => /^P?[1-5]$/i.test(text ?? ''));
	return said.securitysignalseverity ?? priority ?? said.alerttype;
}

function severityOf(text: string | null): Severity | null {
	switch (text?.toLowerCase().replace(/^p(?=[1-5]$)/, '')) {
		case '1':
		case 'critical':
			return 'critical';
		case '2':
		case 'high':
		case 'error':
			return 'high';
		case '3':
		case 'medium':
		case 'warning':
			return 'medium';
		case '4':
		case 'low':
			return 'low';
		case '5':
		case 'info':
		case 'informational':
		case 'success':
			return 'informational';
		default:
			return null;
	}
}

function kindOf(said: Webhook, name: string | null, body: string | null): AlertKind {
	const isSignal =
		said.securitysignalid !== null || said.securityrulename !== null || /security/i.test(said.eventtype ?? '');
	if (isSignal) return 'security';
	return kindOfWords([name, said.alertmetric, body].join(' . ')) ?? 'availability';
}

function timeOf(draft: Draft, said: Webhook): number | null {
	for (const key of ['lastupdatedposix', 'lastupdated', 'dateposix', 'date', 'timestamp'] as const) {
		const at = draft.time(key, said[key]);
		if (at !== null) return at;
	}
	return null;
}

function addEntities(draft: Draft, said: Webhook, heading: Heading): void {
	draft.endpoint(said.hostname ?? said.host, 'target');
	draft.url(said.link, 'observer');
	for (const text of [said.alertscope, said.scope, heading.scope]) addPairs(draft, text?.split(',') ?? []);
	const { tags } = said;
	if (typeof tags === 'string') addPairs(draft, tags.split(','));
	else if (Array.isArray(tags)) addPairs(draft, tags);
}

/** Tags and scopes: `key:value`. */
function addPairs(draft: Draft, pairs: readonly unknown[]): void {
	for (const pair of pairs.slice(0, PAIRS_MAX)) {
		const match = /^\s{0,4}([\w./-]{1,100}):(.{1,300})$/.exec(String(pair));
		const [, key = '', value = ''] = match ?? [];
		if (match === null) continue;
		if (/^(?:host|hostname|instance|device|node|nodename|server|plc|controller|asset)$/i.test(key))
			draft.endpoint(value, 'target');
		else gatherField(draft, key, value.trim(), 'target');
		draft.label(`tag_${key}`, value);
	}
}

function addLabels(draft: Draft, said: Webhook, monitor: string | null, transition: string | null): void {
	draft.labelsFrom({
		vendor: 'Datadog',
		product: 'Datadog',
		signature_id: said.securityruleid ?? said.securityrulename ?? monitor,
		monitor_id: monitor,
		cycle: said.alertcyclekey,
		aggregation_key: said.aggregkey,
		state: transition,
		alert_type: said.alerttype,
		event_type: said.eventtype,
		alert_status: said.alertstatus,
		scope: said.alertscope ?? said.scope,
		metric: said.alertmetric,
		query: said.alertquery,
		org: said.orgname,
		org_id: said.orgid,
	});
}
