// Forescout: alerts of eyeInspect (SilentDefense) as JSON of its API, and CEF of eyeInspect and of the Forescout platform (CounterACT).
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { addAssetName } from '../formats/asset-name.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { listIn } from '../formats/list-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const forescout: SourceKind = {
	name: 'forescout',
	aliases: [],
	title: 'Forescout eyeInspect (SilentDefense), Forescout platform (CounterACT)',
	vendor: 'Forescout',
	domain: null,
	forms: [
		'eyeInspect: alert JSON of the API: one, a list, `{"results": [...]}`, one a line',
		'eyeInspect: CEF, bare or in syslog',
		'Forescout platform: CEF of policy compliance (`COMPLIANCE`, `NONCOMPLIANCE`) and of other events',
	],
	severities: [
		['eyeInspect JSON `severity`: 5, critical', 'critical'],
		['4, high', 'high'],
		['3, medium', 'medium'],
		['2, low', 'low'],
		['1, informational', 'informational'],
		['0, unknown', null],
		['CEF: 9, 10 critical, 7, 8 high, 4 to 6 medium, 1 to 3 low, 0 informational', 'by value'],
	],
	identity:
		'eyeInspect: event types, both ends, destination port, sensor; platform: policy and host, so that `COMPLIANCE` closes `NONCOMPLIANCE`',
	setup: [
		'eyeInspect Command Center: Settings, Alert forwarding: add a syslog server with our host and port, format CEF; or let a script post what `/api/v1/alerts` returns to `https://HOST/v1/alerts/forescout`.',
		'Forescout platform: Tools, Options, Syslog: add our host and port, message format CEF, and select the policy events to send.',
	],
	notHandled: [
		'plain syslog sentences of the platform: set its format to CEF',
		'hosts, links and change logs of the eyeInspect API',
	],
	splitJson: split,
	readJson: read,
	readCef,
	ownsCef: (record) => /^(?:forescout|security ?matters|silent ?defense)/i.test(record.vendor),
	readText: null,
};

const EyeAlert = z.looseObject({
	alert_id: Text,
	timestamp: Text,
	event_type_ids: TextList,
	event_type_names: TextList,
	description: Text,
	notes: Text,
	sensor_id: Text,
	sensor_name: Text,
	sensor_address: Text,
	engine: Text,
	profile_module_name: Text,
	case_id: Text,
	case_name: Text,
	l2_proto: Text,
	l3_proto: Text,
	l4_proto: Text,
	l7_proto: Text,
	vlan: Text,
	src_mac: Text,
	dst_mac: Text,
	src_ip: Text,
	dst_ip: Text,
	src_port: Text,
	dst_port: Text,
	src_host_name: Text,
	dst_host_name: Text,
	src_name: Text,
	dst_name: Text,
	severity: Word,
	status: Text,
	labels: Text,
	fea_state: Text,
	fea_alert_count: Text,
});
type EyeAlert = z.infer<typeof EyeAlert>;

const MARKS = ['alert_id', 'event_type_ids', 'event_type_names', 'sensor_name'];
const isAlert = (value: JsonObject): boolean => MARKS.some((key) => value[key] !== undefined);

function split(document: JsonValue): JsonSplit {
	if (!isJsonObject(document) || isAlert(document)) return cefGeneric.splitJson(document);
	for (const key of ['results', 'alerts', 'data', 'items']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return cefGeneric.splitJson(document);
}

/** Forescout's own integrations: 1 informational, 2 low, 3 medium, 4 high, 5 critical, 0 unknown. */
function severityOf(text: string | null): Severity | null {
	const scale: readonly (Severity | null)[] = [null, 'informational', 'low', 'medium', 'high', 'critical'];
	return text !== null && /^[0-5](?:\.0)?$/.test(text)
		? (scale[Math.floor(Number(text))] ?? null)
		: namedSeverity(text);
}

function namedSeverity(text: string | null): Severity | null {
	return text !== null && /^[a-z]/i.test(text) ? severityOfWord(text) : null;
}

/** A layer that eyeInspect could not tell is `UNDEFINED`, a port that plays no part 0. */
const known = (text: string | null): string | null => (/^(?:undefined|none|any|0)$/i.test(text ?? '') ? null : text);

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (!isAlert(record)) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed(
			'record',
			found,
			'an eyeInspect alert (`alert_id`, `event_type_names`), or a `CEF:` line of Forescout',
		);
	}
	const reading = readVendor(EyeAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	addEnds(draft, said);
	for (const sensor of [said.sensor_name, said.sensor_address]) addAssetName(draft, sensor, 'observer');
	gather(draft, record);
	addLabels(draft, said);
	const types = said.event_type_ids.length > 0 ? said.event_type_ids : said.event_type_names;
	const title = said.event_type_names.join(', ') || said.event_type_ids.join(', ') || said.profile_module_name;
	const severity = severityOf(said.severity);
	const ends = [said.src_ip ?? said.src_mac, said.dst_ip ?? said.dst_mac];
	const alert = draft.finish({
		externalId: said.alert_id,
		identity: [
			[...types].sort().join(','),
			...ends,
			known(said.dst_port),
			said.sensor_name ?? said.sensor_id,
			ends.every((end) => end === null) ? said.description : null,
		],
		status: /^(?:closed|resolved)/i.test(said.status ?? '') ? 'closed' : 'open',
		title,
		description: said.description,
		severity,
		severityRaw: said.severity === '0' ? 'unknown' : said.severity,
		kind: kindOf(`${title ?? ''} ${types.join(' ')}`),
		domain: 'ot',
		occurredAt: draft.time('timestamp', said.timestamp),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function addEnds(draft: Draft, said: EyeAlert): void {
	for (const [side, role] of [
		['src', 'actor'],
		['dst', 'target'],
	] as const) {
		draft.endpoint(said[`${side}_ip`], role, `${side}_ip`);
		draft.entity('mac', said[`${side}_mac`], role, `${side}_mac`);
		addAssetName(draft, said[`${side}_host_name`] ?? said[`${side}_name`], role);
		draft.entity('port', known(said[`${side}_port`]), role, `${side}_port`);
	}
	draft.entity('protocol', known(said.l7_proto), 'related');
}

function addLabels(draft: Draft, said: EyeAlert): void {
	const [source, destination] = [known(said.src_port), known(said.dst_port)];
	draft.labelsFrom({
		vendor: 'Forescout',
		product: 'eyeInspect',
		signature_id: said.event_type_ids,
		category: said.engine,
		module: said.profile_module_name,
		sensor: said.sensor_name,
		protocol: known(said.l4_proto),
		app_protocol: known(said.l7_proto),
		vlan: said.vlan,
		src_port: isPort(source) ? source : null,
		dst_port: isPort(destination) ? destination : null,
		alert_status: said.status,
		case: said.case_name,
		tags: said.labels,
		notes: said.notes,
	});
}

/** Health of eyeInspect's own sensors and operational events of devices; all else is about security. */
function kindOf(words: string): AlertKind {
	if (
		/sensor (?:is )?(?:disconnect|offline|not responding)|\bmissing device|device (?:is )?(?:offline|unreachable)|link (?:down|lost)/i.test(
			words,
		)
	)
		return 'availability';
	return /\bCVE-\d|vulnerab/i.test(words) ? 'vulnerability' : 'security';
}

/** In the platform's CEF the host under policy is the destination; in eyeInspect's the ends are as the standard says. */
function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const isPlatform = /counter ?act|forescout platform|eyesight|eyecontrol/i.test(record.product);
	const draft = draftOfCef(record, header, context);
	const field = (key: string): string | null => present(record.fields.get(key));
	const named = (label: string): string | null =>
		present(record.labelled.get(label)) ?? present(record.labelled.get(label.replaceAll(' ', '_')));
	const role: EntityRole = isPlatform ? 'target' : 'related';
	for (const key of ['ipv6', 'dst_ipv6']) for (const ip of listIn(field(key))) draft.endpoint(ip, role);
	const policy = named('Compliancy Policy Name');
	const subrule = named('Compliancy Policy Subrule Name');
	const severityRaw = present(record.severity);
	const host = field('dmac') ?? field('dst') ?? field('dhost');
	const isCompliance = /^(?:non)?compliance$/i.test(record.signatureId);
	const ends = [field('src') ?? field('smac') ?? field('shost'), field('dst') ?? host, field('dpt')];
	draft.labelsFrom({ policy, subrule, category: isCompliance ? 'compliance' : null });
	const isCompliant = isCompliance && /^compliance$/i.test(record.signatureId);
	const alert = draft.finish({
		externalId: field('externalId') ?? named('alert_id'),
		identity: isCompliance ? ['compliance', policy, host] : [record.signatureId || record.name, ...ends],
		status: isCompliant || isCefClosed(record) ? 'closed' : 'open',
		title: policy === null ? record.name || record.signatureId : `${record.name}: ${policy}`,
		description: field('msg') ?? [policy, subrule].filter((part) => part !== null).join(': '),
		severity: severityOfWord(severityRaw),
		severityRaw: severityRaw ?? record.severity,
		kind: isCompliant ? 'audit' : kindOf(record.name),
		domain: isPlatform ? null : 'ot',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
