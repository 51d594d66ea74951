// Grafana: the webhook of unified alerting (8 to 12) and that of the legacy dashboard alerts (up to 10). Routing and silences of
// Grafana are not looked at here.
import { z } from 'zod';
import type { IntakeContext, Problem } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextMap } from '../formats/vendor-record.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const UnifiedAlert = z.looseObject({
	status: Text,
	labels: TextMap,
	annotations: TextMap,
	startsAt: Text,
	endsAt: Text,
	generatorURL: Text,
	fingerprint: Text,
	silenceURL: Text,
	dashboardURL: Text,
	panelURL: Text,
	imageURL: Text,
	valueString: Text,
	values: TextMap,
	orgId: Text,
});
type UnifiedAlert = z.infer<typeof UnifiedAlert>;

const LegacyAlert = z.looseObject({
	title: Text,
	ruleId: Text,
	ruleName: Text,
	ruleUrl: Text,
	imageUrl: Text,
	state: Text,
	message: Text,
	orgId: Text,
	dashboardId: Text,
	panelId: Text,
	tags: TextMap,
	evalMatches: z.array(z.looseObject({ metric: Text, value: Text, tags: TextMap })).nullish(),
});
type LegacyAlert = z.infer<typeof LegacyAlert>;

/** Labels that carry how bad it is, in the order in which they are believed. */
const SEVERITY_LABELS = ['severity', 'priority', 'level', 'urgency', 'criticality'];
/** Labels whose names mean something else here than in security payloads, and links of Grafana itself. */
const NOT_SWEPT = new Set(['image', 'path', 'query', 'command', 'file']);
const TARGET_LABELS = [
	'instance',
	'exported_instance',
	'host',
	'hostname',
	'node',
	'nodename',
	'sysName',
	'server',
	'machine',
	'target',
	'ip',
	'address',
	'asset',
	'plc',
	'controller',
];

export const grafana: SourceKind = {
	name: 'grafana',
	aliases: [],
	title: 'Grafana',
	vendor: 'Grafana Labs',
	domain: null,
	forms: [
		'webhook of unified alerting (Grafana 8 to 12, Grafana Cloud)',
		'webhook of legacy dashboard alerts (up to Grafana 10)',
		'one alert of either',
	],
	severities: [
		[
			'label or rule tag `severity` (else `priority`, `level`, `urgency`, `criticality`): critical, page, P1',
			'critical',
		],
		['high, major, error, P2', 'high'],
		['warning, medium, minor, P3', 'medium'],
		['low, notice, P4', 'low'],
		['info, none, ok, P5', 'informational'],
		['no such label: the states `alerting` and `no_data` say nothing of how bad it is', null],
	],
	identity:
		"unified: Grafana's `fingerprint`, else all labels; legacy: organisation and `ruleId`, else the rule's name",
	setup: [
		'Alerting, Contact points, New: type Webhook, URL `https://HOST/v1/alerts/grafana`, method POST, Authorization Header scheme `Bearer`, credentials the token; leave `Max alerts` at 0.',
		'Leave "Disable resolved message" off: the resolved message is what closes the condition.',
		'Give rules a label `severity`.',
	],
	notHandled: [
		'custom payload templates of Grafana 12: use a mapping file',
		'a legacy alert carries no time: the time of receipt stands for it',
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
	const list = document['alerts'];
	return Array.isArray(list) ? records(list, document) : records([document]);
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	if (isJsonObject(record['labels'] ?? null)) return readUnified(record, envelope, context);
	if (['ruleId', 'ruleName', 'evalMatches', 'ruleUrl'].some((key) => record[key] !== undefined))
		return readLegacy(record, context);
	const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
	return unparsed('labels', found.slice(0, 200), '`labels` of a unified alert, or `ruleId` of a legacy one');
}

function readUnified(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(UnifiedAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const { labels, annotations } = said;
	const draft = new Draft(context);
	for (const link of [said.generatorURL, said.silenceURL, said.dashboardURL, said.panelURL, said.imageURL])
		if (link?.includes('://') === true) draft.url(link, 'observer');
	const external = envelope?.['externalURL'];
	if (typeof external === 'string') draft.url(external, 'observer');
	addTargets(draft, labels);
	gather(draft, labels, '', NOT_SWEPT);
	gather(draft, annotations, '', NOT_SWEPT);
	gather(draft, { valueString: said.valueString, ...said.values });
	addUnifiedLabels(draft, said, envelope);
	const name = labels['alertname'] ?? null;
	const summary = annotations['summary'] ?? annotations['title'] ?? annotations['message'] ?? null;
	const description = annotations['description'] ?? annotations['message'] ?? said.valueString;
	const isClosed = /^(?:resolved|normal|ok|inactive)/i.test(said.status ?? '');
	const startedAt = draft.time('startsAt', said.startsAt);
	const endedAt = draft.time('endsAt', said.endsAt);
	const severityRaw = SEVERITY_LABELS.map((key) => labels[key]).find((text) => text !== undefined) ?? null;
	const alert = draft.finish({
		externalId: said.fingerprint,
		identity: said.fingerprint === null ? sortedLabels(labels) : [said.fingerprint],
		status: isClosed ? 'closed' : 'open',
		title: summary ?? name,
		description,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind:
			kindOfWords([name, summary, description].join(' . ')) ??
			(labels['category'] === 'security' ? 'security' : 'availability'),
		domain: domainOf(labels),
		occurredAt: (isClosed ? endedAt : null) ?? startedAt,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems, ...truncation(envelope)] };
}

function addUnifiedLabels(draft: Draft, said: UnifiedAlert, envelope: JsonObject | null): void {
	draft.labelsFrom(said.labels);
	draft.labelsFrom({
		vendor: 'Grafana Labs',
		product: 'Grafana',
		signature_id: said.labels['alertname'],
		state: said.status,
		value: said.valueString,
		dashboard_url: said.dashboardURL,
		panel_url: said.panelURL,
		org_id: said.orgId,
		runbook_url: said.annotations['runbook_url'],
	});
	for (const key of ['receiver', 'groupKey', 'appVersion', 'orgId']) {
		const text = envelope?.[key];
		if (typeof text === 'string' || typeof text === 'number') draft.label(key === 'orgId' ? 'org_id' : key, text);
	}
}

/** The organisation stands in the link too, and not every version sends it beside it. */
function organisationOf(said: LegacyAlert): string | null {
	return said.orgId ?? /[?&]orgId=(\d{1,10})/.exec(said.ruleUrl ?? '')?.[1] ?? null;
}

function readLegacy(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(LegacyAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const matches = said.evalMatches ?? [];
	const draft = new Draft(context);
	for (const link of [said.ruleUrl, said.imageUrl]) draft.url(link, 'observer');
	for (const labels of [said.tags, ...matches.map((match) => match.tags)]) {
		addTargets(draft, labels);
		gather(draft, labels, '', NOT_SWEPT);
	}
	gather(draft, record, '', new Set([...NOT_SWEPT, 'tags']));
	draft.labelsFrom({
		vendor: 'Grafana Labs',
		product: 'Grafana',
		signature_id: said.ruleName ?? said.ruleId,
		rule_id: said.ruleId,
		state: said.state,
		org_id: organisationOf(said),
		dashboard_id: said.dashboardId,
		panel_id: said.panelId,
		value: matches.map((match) => `${match.metric ?? 'value'}=${match.value ?? 'none'}`),
	});
	for (const match of matches) draft.labelsFrom(match.tags);
	draft.labelsFrom(said.tags);
	const words = [said.ruleName, said.title, said.message].join(' . ');
	const tags = [said.tags, ...matches.map((match) => match.tags)];
	const severityRaw =
		tags.flatMap((map) => SEVERITY_LABELS.map((key) => map[key])).find((text) => text !== undefined) ?? null;
	const rule = said.ruleId === null || said.ruleId === '0' ? said.ruleName : said.ruleId;
	const alert = draft.finish({
		externalId: said.ruleId,
		identity: [organisationOf(said), rule ?? bareTitle(said.title)],
		status: /^(?:ok|resolved)$/i.test(said.state ?? '') ? 'closed' : 'open',
		title: said.ruleName ?? bareTitle(said.title),
		description: said.message,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind: kindOfWords(words) ?? 'availability',
		domain: domainOf(said.tags),
		occurredAt: null,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** `[Alerting] Panel title`: the state in front changes, the title does not. */
function bareTitle(title: string | null): string | null {
	return title === null ? null : title.replace(/^\[[\w ]{1,20}\] /, '');
}

function addTargets(draft: Draft, labels: Readonly<Record<string, string>>): void {
	for (const name of TARGET_LABELS) draft.endpoint(labels[name], 'target');
	// An EC2 instance by its id, under whatever name the exporter gives it.
	for (const value of Object.values(labels))
		if (/^i-[0-9a-f]{8,17}$/.test(value)) draft.entity('cloud_resource', value, 'target');
	draft.entity('zone', labels['zone'], 'target');
	// Beside an instance, `device` is its disk or network card (node_exporter); alone it is what the alert is about.
	if (labels['instance'] === undefined) draft.endpoint(labels['device'], 'target');
}

function domainOf(labels: Readonly<Record<string, string>>): 'it' | 'ot' | null {
	const domain = labels['domain'];
	return domain === 'ot' || domain === 'it' ? domain : null;
}

function sortedLabels(labels: Readonly<Record<string, string>>): string[] {
	return Object.entries(labels)
		.map(([name, value]) => `${name}=${value}`)
		.sort();
}

function truncation(envelope: JsonObject | null): Problem[] {
	const count = Number(envelope?.['truncatedAlerts'] ?? 0);
	if (!(count > 0)) return [];
	return [
		{ field: 'truncatedAlerts', found: String(count), expected: '0: set `Max alerts` of the contact point to 0' },
	];
}
