// Elastic: detection alerts of Elastic Security and of Kibana's rules as ECS documents, by connector, search hit or ES|QL answer.
// Template variables of the connector are whatever the site writes; what is understood is `context.alerts` and the rule's own.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { expandDots, FirstText } from '../formats/field-paths.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { namedRows } from '../formats/result-rows.ts';
import { readVendor, TextList } from '../formats/vendor-record.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
import { addElasticEntities, EcsFields } from './elastic-entities.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const Rule = z
	.looseObject({
		uuid: FirstText,
		id: FirstText,
		rule_id: FirstText,
		name: FirstText,
		description: FirstText,
		severity: FirstText,
		risk_score: FirstText,
		type: FirstText,
		rule_type_id: FirstText,
		consumer: FirstText,
		producer: FirstText,
		category: FirstText,
		tags: TextList,
	})
	.nullish();

const AlertFields = z
	.looseObject({
		id: FirstText,
		uuid: FirstText,
		status: FirstText,
		workflow_status: FirstText,
		severity: FirstText,
		risk_score: FirstText,
		reason: FirstText,
		start: FirstText,
		end: FirstText,
		original_time: FirstText,
		instance: z.looseObject({ id: FirstText }).nullish(),
		rule: Rule,
	})
	.nullish();

const Document = z.looseObject({
	_id: FirstText,
	'@timestamp': FirstText,
	date: FirstText,
	message: FirstText,
	alertName: FirstText,
	alertInstanceId: FirstText,
	alertActionGroup: FirstText,
	alertId: FirstText,
	severity: FirstText,
	kibana: z.looseObject({ alert: AlertFields }).nullish(),
	signal: AlertFields,
	rule: Rule,
	alert: z.looseObject({ id: FirstText, uuid: FirstText, actionGroup: FirstText }).nullish(),
	event: z.looseObject({ kind: FirstText, module: FirstText, action: FirstText, severity: FirstText }).nullish(),
	...EcsFields,
});
type Document = z.infer<typeof Document>;

export const elastic: SourceKind = {
	name: 'elastic',
	aliases: ['elastic-security', 'kibana'],
	title: 'Elastic Security, Kibana rules',
	vendor: 'Elastic',
	domain: null,
	forms: [
		'ECS document with `kibana.alert.*` (8 and later) or `signal.*` (7), nested or with dotted keys',
		'search answer (`hits.hits[]` with `_source` or `fields`), ES|QL answer (`columns` and `values`)',
		'webhook connector: `{"alerts": [...]}` of `{{context.alerts}}`, also as text; the default variables of a Kibana rule; summaries (`alerts.new|ongoing|recovered`)',
	],
	severities: [
		['`kibana.alert.severity` (else `kibana.alert.rule.severity`, `signal.rule.severity`): critical', 'critical'],
		['high', 'high'],
		['medium', 'medium'],
		['low', 'low'],
		['a Kibana rule that states none', null],
	],
	identity:
		'the rule, and host, user, addresses and process of the alert; a rule of Kibana: the rule and its alert instance. Never the alert id',
	setup: [
		'Stack Management, Connectors: a Webhook connector, POST `https://HOST/v1/alerts/elastic`, header `Authorization: Bearer TOKEN`.',
		'Security rule, Actions, that connector, for each alert or summary: body `{"alerts": [{{context.alerts}}]}` (Security renders the alerts as JSON).',
		'A Kibana rule: `{"rule":{"id":"{{rule.id}}","name":"{{rule.name}}"},"alert":{"id":"{{alert.id}}","actionGroup":"{{alert.actionGroup}}"},"date":"{{date}}","message":"{{context.message}}"}`, for the recovered group too.',
	],
	notHandled: [
		'attachments, cases and building-block alerts as such',
		'Watcher payloads other than search hits: use a mapping file',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.flatMap(unwrapped));
	return records(unwrapped(document), isJsonObject(document) ? document : null);
}

/** The documents inside a search answer, an ES|QL answer, a connector's body. */
function unwrapped(document: JsonValue): JsonValue[] {
	if (!isJsonObject(document)) return [document];
	const payload = document['payload'];
	if (isJsonObject(payload) && document['hits'] === undefined) return unwrapped({ ...payload });
	const hits = document['hits'];
	if (isJsonObject(hits) && Array.isArray(hits['hits'])) return hits['hits'];
	if (Array.isArray(hits)) return hits;
	if (Array.isArray(document['columns']) && Array.isArray(document['values']))
		return namedRows(document['columns'], document['values']);
	const context = document['context'];
	for (const holder of [document['alerts'], isJsonObject(context) ? context['alerts'] : undefined]) {
		if (Array.isArray(holder)) return holder;
		if (typeof holder === 'string') {
			const json = readJson(holder);
			if (json.ok) return json.value.documents.flatMap(({ value }) => (Array.isArray(value) ? value : [value]));
		}
		if (isJsonObject(holder)) {
			const groups = ['new', 'ongoing', 'recovered'].flatMap((name) => {
				const group = holder[name];
				return isJsonObject(group) && Array.isArray(group['data']) ? group['data'] : [];
			});
			if (groups.length > 0) return groups;
		}
	}
	return [document];
}

/** A hit's document with its id; `fields` (lists by dotted name) fills what `_source` leaves out. */
function documentOf(record: JsonObject): JsonObject {
	const source = record['_source'];
	const fields = record['fields'];
	const body = {
		...(isJsonObject(fields) ? fields : {}),
		...(isJsonObject(source) ? source : {}),
	};
	return expandDots(Object.keys(body).length === 0 ? record : { ...body, _id: record['_id'] ?? null });
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const body = documentOf(record);
	const reading = readVendor(Document, body);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const about = said.kibana?.alert ?? said.signal ?? null;
	const rule = about?.rule ?? said.rule ?? null;
	const title = rule?.name ?? said.alertName ?? said.message;
	if (about === null && rule === null && title === null && said['@timestamp'] === null) {
		const found = `members ${Object.keys(body).slice(0, 8).join(', ')}`;
		return unparsed('kibana.alert', found.slice(0, 200), 'an alert document with `kibana.alert`, `signal` or `rule`');
	}
	const draft = new Draft(context);
	addElasticEntities(draft, said);
	gather(draft, body);
	for (const id of techniqueIds(body)) draft.technique(id);
	addLabels(draft, said);
	const severityRaw = about?.severity ?? rule?.severity ?? said.severity;
	const alert = draft.finish({
		externalId: about?.uuid ?? said._id ?? about?.id ?? said.alert?.uuid ?? said.alertId,
		identity: identityOf(said),
		status: isOver(said) ? 'closed' : 'open',
		title,
		description: about?.reason ?? said.message ?? rule?.description ?? null,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind: kindOf(said),
		domain: null,
		occurredAt: timeOf(draft, said),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function isOver(said: Document): boolean {
	const about = said.kibana?.alert ?? said.signal ?? null;
	const group = said.alert?.actionGroup ?? said.alertActionGroup;
	return (
		/^(?:recovered|closed|untracked)$/i.test(about?.status ?? '') ||
		/^closed$/i.test(about?.workflow_status ?? '') ||
		/^recovered$/i.test(group ?? '')
	);
}

function isSecurity(said: Document): boolean {
	const about = said.kibana?.alert ?? said.signal ?? null;
	const rule = about?.rule ?? said.rule ?? null;
	if (said.signal) return true;
	const owner = rule?.consumer ?? rule?.producer ?? null;
	if (owner !== null) return /siem|security/i.test(owner);
	return /^siem\./.test(rule?.rule_type_id ?? '') || about?.severity != null || said.event?.kind === 'signal';
}

function identityOf(said: Document): (string | null | undefined)[] {
	const about = said.kibana?.alert ?? said.signal ?? null;
	const rule = about?.rule ?? said.rule ?? null;
	const ruleId = rule?.uuid ?? rule?.rule_id ?? rule?.id ?? rule?.name ?? said.alertName;
	if (!isSecurity(said)) {
		const instance = about?.instance?.id ?? said.alert?.id ?? said.alertInstanceId;
		if (instance !== null && instance !== undefined) return [ruleId, instance];
	}
	return [
		ruleId,
		said.host?.name ?? said.host?.hostname,
		said.user?.name,
		said.source?.ip[0],
		said.destination?.ip[0],
		said.process?.executable ?? said.process?.name,
		said.file?.path,
	];
}

function kindOf(said: Document): AlertKind {
	if (said.vulnerability?.id != null) return 'vulnerability';
	if (isSecurity(said)) return 'security';
	const about = said.kibana?.alert ?? null;
	return kindOfWords([about?.rule?.name ?? said.rule?.name, about?.reason, said.message].join(' . ')) ?? 'availability';
}

/** The event that the rule found (of several, the rule names the last); the alert's own times come after it. */
function timeOf(draft: Draft, said: Document): number | null {
	const about = said.kibana?.alert ?? said.signal ?? null;
	const ended = isOver(said) ? draft.time('kibana.alert.end', about?.end) : null;
	return (
		ended ??
		draft.time('kibana.alert.original_time', about?.original_time) ??
		draft.time('kibana.alert.start', isSecurity(said) ? null : about?.start) ??
		draft.time('@timestamp', said['@timestamp']) ??
		draft.time('date', said.date)
	);
}

/** ATT&CK ids stand under `threat` of the rule or of the event, sub-techniques in a list of their own. */
function techniqueIds(body: JsonValue): string[] {
	const found: string[] = [];
	const walk = (value: JsonValue, isThreat: boolean): void => {
		if (typeof value === 'string' && isThreat) found.push(value);
		else if (Array.isArray(value)) for (const item of value) walk(item, isThreat);
		else if (isJsonObject(value))
			for (const [key, member] of Object.entries(value)) walk(member, isThreat || key === 'threat');
	};
	walk(body, false);
	return found;
}

function addLabels(draft: Draft, said: Document): void {
	const about = said.kibana?.alert ?? said.signal ?? null;
	const rule = about?.rule ?? said.rule ?? null;
	draft.labelsFrom({
		vendor: 'Elastic',
		product: isSecurity(said) ? 'Elastic Security' : 'Kibana',
		signature_id: rule?.rule_id ?? rule?.uuid ?? rule?.id,
		rule_name: rule?.name,
		rule_type: rule?.type ?? rule?.rule_type_id,
		category: rule?.category,
		rule_tags: rule?.tags,
		risk_score: about?.risk_score ?? rule?.risk_score,
		vendor_status: about?.workflow_status ?? about?.status ?? said.alert?.actionGroup ?? said.alertActionGroup,
		event_module: said.event?.module,
		action: said.event?.action,
	});
}
