// Prometheus Alertmanager: its webhook (version 3 and 4), the list of its API v2, and Prometheus' own list of alerts.
import { z } from 'zod';
import type { IntakeContext, Problem } from '../../domain/alert.ts';
import type { Instant } from '../../domain/time.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { describe, readVendor, Text, TextMap } from '../formats/vendor-record.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const AlertmanagerAlert = z.looseObject({
	status: z.union([z.string(), z.looseObject({ state: Text })]).nullish(),
	state: Text,
	labels: TextMap,
	annotations: TextMap,
	startsAt: Text,
	endsAt: Text,
	activeAt: Text,
	generatorURL: Text,
	fingerprint: Text,
});
type AlertmanagerAlert = z.infer<typeof AlertmanagerAlert>;

/** Labels that carry how bad it is, in the order in which they are believed. */
const SEVERITY_LABELS = ['severity', 'priority', 'level', 'urgency'];
/** Labels whose names mean something else here than in security payloads: container images, PromQL, mount points. */
const NOT_SWEPT = new Set(['image', 'path', 'query', 'command', 'file']);
/** Labels that name what the alert is about. */
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

export const alertmanager: SourceKind = {
	name: 'alertmanager',
	aliases: [],
	title: 'Prometheus Alertmanager',
	vendor: 'Prometheus',
	domain: null,
	forms: [
		'webhook version 3 and 4',
		'list of API v2 `/api/v2/alerts`',
		'list of Prometheus `/api/v1/alerts`',
		'one alert',
	],
	severities: [
		[
			'label `severity` (else `priority`, `level`, `urgency`): critical, page, emergency, fatal, disaster, P1',
			'critical',
		],
		['high, major, error, P2', 'high'],
		['warning, medium, minor, moderate, P3', 'medium'],
		['low, notice, P4', 'low'],
		['info, informational, none, debug, ok, P5', 'informational'],
		['a number: 9 and 10 critical, 7 and 8 high, 4 to 6 medium, 1 to 3 low, 0 informational', 'by value'],
		['no such label, or another word', null],
	],
	identity: "Alertmanager's `fingerprint`, else all labels of the alert",
	setup: [
		'Add a receiver with `webhook_configs: [{url: https://HOST/v1/alerts/alertmanager, send_resolved: true, http_config: {authorization: {credentials_file: FILE}}}]`.',
		'Leave `max_alerts` at 0: what Alertmanager cuts off never reaches us, and is reported as a problem.',
	],
	notHandled: ['silences and inhibitions as such (a suppressed alert of the API list is stored as open)'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	const data = document['data'];
	for (const list of [document['alerts'], document['alert'], data, isJsonObject(data) ? data['alerts'] : null]) {
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(AlertmanagerAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const { value } = reading;
	if (Object.keys(value.labels).length === 0) {
		return unparsed('labels', 'nothing', 'an object of label names and values, `alertname` among them');
	}
	const { labels, annotations } = value;
	const draft = new Draft(context);
	addEntities(draft, value, envelope);
	draft.labelsFrom(labels);
	draft.labelsFrom({
		vendor: 'Prometheus',
		product: 'Alertmanager',
		signature_id: labels['alertname'],
		state: stateOf(value),
	});
	for (const key of ['receiver', 'groupKey', 'version']) {
		const text = envelope?.[key];
		if (typeof text === 'string' || typeof text === 'number') draft.label(key, text);
	}
	const name = labels['alertname'] ?? null;
	const summary = annotations['summary'] ?? labels['summary'] ?? annotations['title'] ?? annotations['message'] ?? null;
	const description = annotations['description'] ?? labels['description'] ?? annotations['message'] ?? null;
	const severityRaw = SEVERITY_LABELS.map((key) => labels[key]).find((text) => text !== undefined) ?? null;
	const endsAt = draft.time('endsAt', value.endsAt);
	const isClosed = closed(value, endsAt, context);
	const startedAt = draft.time('startsAt', value.startsAt) ?? draft.time('activeAt', value.activeAt);
	const alert = draft.finish({
		externalId: value.fingerprint,
		identity: value.fingerprint === null ? sortedLabels(labels) : [value.fingerprint],
		status: isClosed ? 'closed' : 'open',
		title: summary ?? name,
		description,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind:
			kindOfWords([name, summary, description].join(' . ')) ??
			(labels['category'] === 'security' ? 'security' : 'availability'),
		domain: labels['domain'] === 'ot' || labels['domain'] === 'it' ? labels['domain'] : null,
		occurredAt: (isClosed ? endsAt : null) ?? startedAt,
	});
	const problems = [...reading.problems, ...notText(record), ...draft.problems, ...truncation(envelope)];
	return { kind: 'alert', alert, problems };
}

function addEntities(draft: Draft, alert: AlertmanagerAlert, envelope: JsonObject | null): void {
	// The monitoring that reports is an observer: its address is in every alert and joins nothing.
	draft.url(alert.generatorURL, 'observer');
	const external = envelope?.['externalURL'];
	if (typeof external === 'string') draft.url(external, 'observer');
	for (const name of TARGET_LABELS) draft.endpoint(alert.labels[name], 'target');
	draft.entity('zone', alert.labels['zone'], 'target');
	// Beside an instance, `device` is its disk or network card (node_exporter); alone it is what the alert is about.
	if (alert.labels['instance'] === undefined) draft.endpoint(alert.labels['device'], 'target');
	gather(draft, alert.labels, '', NOT_SWEPT);
	gather(draft, alert.annotations);
}

function stateOf(alert: AlertmanagerAlert): string | null {
	if (typeof alert.status === 'string') return alert.status;
	return alert.status?.state ?? alert.state;
}

/** Resolved by its own word; in lists without one, by an end that has passed (while it fires, the end lies ahead or is unset). */
function closed(alert: AlertmanagerAlert, endsAt: Instant | null, context: IntakeContext): boolean {
	const state = stateOf(alert)?.toLowerCase() ?? null;
	if (state === 'resolved' || state === 'inactive') return true;
	if (state !== null) return false;
	return endsAt !== null && endsAt <= context.receivedAt;
}

function sortedLabels(labels: Readonly<Record<string, string>>): string[] {
	return Object.keys(labels)
		.map((name) => `${name}=${labels[name]}`)
		.sort();
}

/** Labels and annotations are text by Prometheus' data model; of any other value nothing is taken. */
function notText(record: JsonObject): Problem[] {
	const problems: Problem[] = [];
	for (const member of ['labels', 'annotations']) {
		const map = record[member];
		if (!isJsonObject(map)) continue;
		for (const name of Object.keys(map)) {
			const value = map[name] ?? null;
			if (typeof value === 'object' && value !== null)
				problems.push({ field: `${member}.${name}`, found: describe(value), expected: 'text' });
		}
	}
	return problems;
}

function truncation(envelope: JsonObject | null): Problem[] {
	const count = Number(envelope?.['truncatedAlerts'] ?? 0);
	if (!(count > 0)) return [];
	return [{ field: 'truncatedAlerts', found: String(count), expected: '0: set `max_alerts` of the webhook to 0' }];
}
