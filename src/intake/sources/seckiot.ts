// Seckiot Citadelle: detections and vulnerabilities as JSON in ECS-like fields, with what the product adds under `skt`.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft, isPort } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const End = z.looseObject({ ip: Text, mac: Text, port: Text, vendor: Text, name: Text, hostname: Text }).nullish();
const Asset = z.looseObject({
	id: Text,
	name: Text,
	category: Text,
	entity: Text,
	level: Text,
	system: Text,
	hardware_vendor: Text,
	description: Text,
	localisation: Text,
});
const Citadelle = z.looseObject({
	'@timestamp': Text,
	timestamp: Text,
	protocol: z.looseObject({ name: Text, transport: Text }).nullish(),
	event: z
		.looseObject({
			severity: Word,
			created: Text,
			ingested: Text,
			kind: Word,
			outcome: Word,
			type: TextList,
			category: TextList,
		})
		.nullish(),
	source: End,
	destination: End,
	network: z.looseObject({ transport: Text, protocol: Text }).nullish(),
	rule: z.looseObject({ uuid: Text, name: Text, description: Text, version: Text, author: Text }).nullish(),
	vulnerability: z
		.looseObject({
			id: Text,
			severity: Word,
			description: Text,
			reference: Text,
			score: z.looseObject({ base: Text }).nullish(),
		})
		.nullish(),
	observer: z.looseObject({ name: Text, product: Text, version: Text }).nullish(),
	skt: z
		.looseObject({
			alert_id: Text,
			module: Text,
			sensor: Text,
			sniffer: Text,
			session: Text,
			capture_zone: Text,
			status: Word,
			assets: z.array(Asset).nullish(),
		})
		.nullish(),
});
type Citadelle = z.infer<typeof Citadelle>;

export const seckiot: SourceKind = {
	name: 'seckiot',
	aliases: [],
	title: 'Seckiot Citadelle',
	vendor: 'Seckiot',
	domain: 'ot',
	forms: ['detections, vulnerabilities and other alerts as JSON, one or one a line', 'the same in a syslog message'],
	severities: [
		['`event.severity` 9, 10', 'critical'],
		['7, 8', 'high'],
		['4 to 6', 'medium'],
		['1 to 3', 'low'],
		['0', 'informational'],
		['none, and no word in `vulnerability.severity` either', null],
	],
	identity:
		'rule, source and destination address; a newly open port: rule, server and port; without ends the assets, without those the description; a vulnerability: its id and the assets. Never the alert id or session',
	setup: [
		'In Citadelle add a forwarder (syslog, JSON) to our syslog port, or an HTTP forwarder to `https://HOST/v1/alerts/seckiot` with the bearer token.',
	],
	notHandled: [
		'`vulnerability.severity` and the CVSS score are labels where `event.severity` is given',
		'`primary_ip` of an asset is an id inside Citadelle and no address',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

const NOT_SWEPT = new Set(['reference']);

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['alerts', 'events', 'hits', 'data']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	const inner = document['_source'];
	return isJsonObject(inner) ? records([inner], document) : records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(Citadelle, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	if (record['skt'] === undefined && record['rule'] === undefined && record['event'] === undefined)
		return unparsed('record', 'no known field', 'a Citadelle alert: `rule`, `event`, `skt`');
	const draft = new Draft(context);
	addEntities(draft, said);
	gather(draft, record, '', NOT_SWEPT);
	addLabels(draft, said);
	const { rule, vulnerability, skt } = said;
	const severityRaw = said.event?.severity ?? vulnerability?.severity ?? null;
	const assets = (skt?.assets ?? []).map((asset) => asset.id ?? asset.name).sort();
	const kind = kindOf(said);
	const ends = endsOf(said);
	const isAnybody = [...ends, ...assets, vulnerability?.id ?? null].some((thing) => thing !== null);
	const alert = draft.finish({
		externalId: skt?.alert_id,
		identity: [
			rule?.uuid ?? rule?.name,
			vulnerability?.id,
			...ends,
			...(ends.some((end) => end !== null) ? [] : assets),
			...(isAnybody ? [] : [rule?.description]),
		],
		status:
			/^(?:closed|resolved)/i.test(skt?.status ?? '') || said.event?.type?.includes('end') === true ? 'closed' : 'open',
		title:
			kind === 'vulnerability'
				? (vulnerability?.description ?? rule?.description ?? rule?.name ?? null)
				: (rule?.name ?? skt?.module ?? null),
		description: rule?.description ?? vulnerability?.description ?? null,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind,
		domain: 'ot',
		occurredAt:
			draft.time('@timestamp', said['@timestamp']) ??
			draft.time('timestamp', said.timestamp) ??
			draft.time('event.created', said.event?.created),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Both ends; of a port that is newly open the server and the port, whoever spoke to it first. */
function endsOf({ source, destination, rule, skt }: Citadelle): (string | null)[] {
	const server = destination?.ip ?? destination?.mac ?? null;
	const isOpenPort = /^cartograph/i.test(skt?.module ?? '') && /\bport\b/i.test(rule?.name ?? '');
	return isOpenPort && server !== null
		? [server, destination?.port ?? null]
		: [source?.ip ?? source?.mac ?? null, server];
}

function kindOf(said: Citadelle): AlertKind {
	if ((said.vulnerability?.id ?? null) !== null || /^(?:cve|vulnerabilit)/i.test(said.skt?.module ?? ''))
		return 'vulnerability';
	return ['event', 'state', 'metric'].includes(said.event?.kind?.toLowerCase() ?? '') ? 'audit' : 'security';
}

function addEntities(draft: Draft, said: Citadelle): void {
	for (const [end, role] of [
		[said.source, 'actor'],
		[said.destination, 'target'],
	] as const) {
		const field = role === 'actor' ? 'source' : 'destination';
		draft.entity('ip', end?.ip, role, `${field}.ip`);
		draft.entity('mac', end?.mac, role, `${field}.mac`);
		draft.entity('port', end?.port, role, `${field}.port`);
		draft.endpoint(end?.hostname ?? end?.name, role);
	}
	const hasEnds =
		(said.source?.ip ?? said.source?.mac ?? said.destination?.ip ?? said.destination?.mac ?? null) !== null;
	// Beside the ends the list names whoever has to do with it, without saying how: without them it is what the alert is about.
	for (const asset of said.skt?.assets ?? []) {
		draft.endpoint(asset.name, hasEnds ? 'related' : 'target');
		draft.entity('asset_id', asset.id, hasEnds ? 'related' : 'target');
	}
	draft.entity('vulnerability', said.vulnerability?.id, 'related');
	// Several links in one text.
	for (const link of said.vulnerability?.reference?.split(/[,\s]+/) ?? []) draft.url(link, 'related');
	draft.entity('protocol', said.network?.protocol ?? said.protocol?.name, 'related');
	draft.entity('session', said.skt?.session, 'related');
	draft.entity('host', said.skt?.sensor, 'observer');
	draft.endpoint(said.observer?.name, 'observer');
}

function addLabels(draft: Draft, said: Citadelle): void {
	const { rule, skt, vulnerability, source, destination } = said;
	draft.labelsFrom({
		vendor: 'Seckiot',
		product: said.observer?.product ?? 'Citadelle',
		product_version: said.observer?.version,
		signature_id: rule?.uuid,
		rule: rule?.name,
		module: skt?.module,
		category: said.event?.category,
		outcome: said.event?.outcome,
		vulnerability_severity: said.event?.severity === null ? null : vulnerability?.severity,
		cvss: vulnerability?.score?.base,
		protocol: said.network?.transport ?? said.protocol?.transport,
		app_protocol: said.network?.protocol ?? said.protocol?.name,
		src_port: isPort(source?.port) ? source?.port : null,
		dst_port: isPort(destination?.port) ? destination?.port : null,
		src_vendor: source?.vendor,
		dst_vendor: destination?.vendor,
		capture_zone: skt?.capture_zone,
		sniffer: skt?.sniffer,
		asset_classes: skt?.assets?.map((asset) => asset.entity),
		asset_levels: skt?.assets?.map((asset) => asset.level),
	});
}
