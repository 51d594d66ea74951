// Dragos Platform: notifications as CEF over syslog and as JSON of the notification API. Both become one shape here.
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { addAssetName } from '../formats/asset-name.ts';
import { idOfTechnique } from '../formats/attack-ics-names.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, present } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { listIn } from '../formats/list-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { isRoutineSession } from '../formats/words.ts';
import { cefGeneric, draftOfCef, timeOfCef } from './cef-generic.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const dragos: SourceKind = {
	name: 'dragos',
	aliases: [],
	title: 'Dragos Platform',
	vendor: 'Dragos',
	domain: 'ot',
	forms: [
		'CEF, bare or in syslog: notifications of all detection quads, version 2 (standard keys) and 1 (`src_asset_ip`)',
		'notification JSON of the API: one, a list, `{"content": [...]}`, one a line; names in camel or snake case',
	],
	severities: [
		['5', 'critical'],
		['4', 'high'],
		['3', 'medium'],
		['2', 'low'],
		['0, 1', 'informational'],
		['another number', null],
	],
	identity:
		'what was detected (summary), both assets with their addresses, and the detection quad; a notification that names no asset: its id',
	setup: [
		'In the Dragos Platform: Admin, Syslog (or SiteStore, Integrations): add a target with our host and syslog port, TCP or TLS, message format CEF.',
		'Leave the template as Dragos gives it: the detection times are read from `deviceCustomDate1` and `deviceCustomDate2`.',
	],
	notHandled: [
		'LEEF (Dragos documents no LEEF template)',
		'the API itself is not polled: a forwarder posts what it gets',
	],
	splitJson: split,
	readJson: read,
	readCef,
	ownsCef: (record) => /^dragos/i.test(record.vendor),
	readText: null,
};

/** Dragos' scale is 0 to 5 and not CEF's: its own Sentinel connector takes 0 and 1 as informational, 2 low, 3 medium, 4 and 5 as high, Sentinel's top. */
function severityOf(text: string | null): Severity | null {
	const scale: readonly Severity[] = ['informational', 'informational', 'low', 'medium', 'high', 'critical'];
	return text !== null && /^[0-5](?:\.0)?$/.test(text) ? (scale[Math.floor(Number(text))] ?? null) : null;
}

const OWN = new Set(
	'src dst shost dhost smac dmac sproc dproc suid duid sntdom dntdom src_asset_zone dst_asset_zone attack_tactic attack_technique'.split(
		' ',
	),
);

/** Keys of one end: the standard's in version 2, spelt out in version 1. An asset with several addresses has them in one text. */
const ENDS: readonly (readonly [
	EntityRole,
	{ [what in 'ip' | 'name' | 'domain' | 'mac' | 'id']: readonly string[] },
])[] = [
	[
		'actor',
		{
			ip: ['src', 'src_asset_ip'],
			name: ['shost', 'sproc', 'src_asset_hostname'],
			domain: ['sntdom', 'src_asset_domain'],
			mac: ['smac', 'src_asset_mac'],
			id: ['suid', 'src_asset_id'],
		},
	],
	[
		'target',
		{
			ip: ['dst', 'dst_asset_ip'],
			name: ['dhost', 'dproc', 'dst_asset_hostname'],
			domain: ['dntdom', 'dst_asset_domain'],
			mac: ['dmac', 'dst_asset_mac'],
			id: ['duid', 'dst_asset_id'],
		},
	],
	[
		'target',
		{
			ip: ['asset_ip'],
			name: ['asset_hostname'],
			domain: ['asset_domain'],
			mac: ['asset_mac'],
			id: ['asset_id'],
		},
	],
];

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context, OWN);
	const values = (keys: readonly string[]): string[] =>
		keys.flatMap((key) => listIn(present(record.fields.get(key)) ?? present(record.labelled.get(key))));
	for (const [role, keys] of ENDS) {
		for (const ip of values(keys.ip)) draft.endpoint(ip, role, 'src, dst');
		for (const name of values(keys.name)) addAssetName(draft, name, role);
		for (const name of values(keys.domain)) draft.domainName(name, role);
		for (const mac of values(keys.mac)) draft.entity('mac', mac, role, 'smac, dmac');
		for (const id of values(keys.id)) draft.entity('asset_id', id, role);
	}
	for (const [key, role] of [
		['src_asset_zone', 'actor'],
		['dst_asset_zone', 'target'],
	] as const)
		for (const zone of values([key])) draft.entity('zone', zone, role);
	const text = present(record.fields.get('msg')) ?? present(record.fields.get('content'));
	addUsers(draft, text);
	const quad = present(record.labelled.get('detection_quad'));
	draft.labelsFrom({ category: quad });
	draft.technique(record.labelled.get('attack_technique'));
	for (const name of listIn(record.labelled.get('attack_technique'))) draft.technique(idOfTechnique(name));
	const first = (keys: readonly string[]): string | null => values(keys).sort().join(',') || null;
	const ends = ENDS.map(([, keys]) => first(keys.id) ?? first(keys.ip) ?? first(keys.mac) ?? first(keys.name));
	const externalId = present(record.fields.get('externalId'));
	const severityRaw = present(record.severity);
	const [occurred, last, created] = ['occurredAt', 'lastSeenAt', 'createdAt'].map((label) =>
		draft.time(label, record.labelled.get(label)),
	);
	const alert = draft.finish({
		externalId,
		identity: [record.name, quad, ...ends, ends.every((end) => end === null) ? externalId : null],
		status: isOver(present(record.labelled.get('state')) ?? present(record.fields.get('state'))) ? 'closed' : 'open',
		title: record.name || record.signatureId,
		description: text,
		severity: severityOf(severityRaw),
		severityRaw,
		kind: kindOf(record.name, text, severityOf(severityRaw)),
		domain: 'ot',
		occurredAt: last ?? occurred ?? timeOfCef(draft, record, null) ?? created ?? header?.occurredAt ?? null,
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

/** Names that stand in the sentence only: `with username: 'admin'`. */
function addUsers(draft: Draft, text: string | null): void {
	for (const [, name] of (text ?? '').slice(0, 8_000).matchAll(/\buser(?:name)?:? {1,2}'([^'\n]{1,100})'/gi))
		draft.user(name, null, 'actor');
}

function isOver(state: string | null): boolean {
	return /^(?:resolved|closed|dismissed|archived)$/i.test(state ?? '');
}

/** Log-ins to the platform itself and to assets are told as notifications too. */
function kindOf(title: string, text: string | null, severity: Severity | null): AlertKind {
	const words = `${title} . ${text ?? ''}`;
	if (/vulnerab|\bCVE-\d/i.test(title)) return 'vulnerability';
	if (/sensor (?:is )?(?:offline|down|unreachable|disconnect)|data ?store|disk (?:space|usage)/i.test(title))
		return 'availability';
	const isGrave = severity !== null && severity !== 'informational' && severity !== 'low';
	return !isGrave && (isRoutineSession(title) || (/authenticated|log-?on/i.test(title) && !/fail/i.test(words)))
		? 'audit'
		: 'security';
}

const Named = z.looseObject({ id: Text, name: Text }).nullish();
const Asset = z.looseObject({
	id: Text,
	name: Text,
	addresses: z.array(z.looseObject({ type: Text, value: Text })).nullish(),
});
const Notification = z.looseObject({
	id: Text,
	type: Text,
	source: Text,
	summary: Text,
	content: Text,
	severity: Word,
	state: Text,
	status: Text,
	detectionQuads: TextList,
	occurredAt: Text,
	firstSeenAt: Text,
	lastSeenAt: Text,
	createdAt: Text,
	srcAssetId: Text,
	dstAssetId: Text,
	assets: z.array(Asset).nullish(),
	threatInfo: z.array(z.looseObject({ framework: Text, tactic: Named, technique: Named })).nullish(),
});

/** Some forwarders write `occurred_at` for `occurredAt`. */
function camelName(name: string): string {
	return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function camelNames(record: JsonObject): JsonObject {
	return Object.fromEntries(Object.entries(record).map(([name, value]) => [camelName(name), camelValue(value)]));
}

function camelValue(value: JsonValue): JsonValue {
	if (Array.isArray(value)) return value.map(camelValue);
	return isJsonObject(value) ? camelNames(value) : value;
}

const MARKS = ['summary', 'detectionQuads', 'occurredAt', 'threatInfo'];

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return cefGeneric.splitJson(document);
	if (!isJsonObject(document) || isNotification(document)) return records([document]);
	for (const key of ['content', 'notifications', 'data', 'results', 'items']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return cefGeneric.splitJson(document);
}

function isNotification(record: JsonObject): boolean {
	return Object.keys(record).some((name) => MARKS.includes(camelName(name)));
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (!isNotification(record)) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('record', found, 'a notification (`summary`, `occurredAt`), or a `CEF:` line of Dragos');
	}
	const reading = readVendor(Notification, camelNames(record));
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	const assets = said.assets ?? [];
	for (const asset of assets) {
		const role = asset.id !== null && asset.id === said.srcAssetId && asset.id !== said.dstAssetId ? 'actor' : 'target';
		draft.entity('asset_id', asset.id, role);
		addAssetName(draft, asset.name, role);
		for (const { type, value } of asset.addresses ?? [])
			if (/domain/i.test(type ?? '')) draft.domainName(value, role);
			else draft.endpoint(value, role);
	}
	draft.entity('asset_id', said.srcAssetId, 'actor');
	draft.entity('asset_id', said.dstAssetId, 'target');
	addUsers(draft, said.content);
	for (const threat of said.threatInfo ?? [])
		draft.technique(threat.technique?.id ?? idOfTechnique(threat.technique?.name));
	gather(draft, record);
	draft.labelsFrom({
		vendor: 'Dragos',
		product: 'Platform',
		category: said.detectionQuads,
		type: said.type,
		detector: said.source,
		state: said.state,
		attack_tactic: (said.threatInfo ?? []).map((threat) => threat.tactic?.name),
		attack_technique: (said.threatInfo ?? []).map((threat) => threat.technique?.name ?? threat.technique?.id),
	});
	const ids = assets.map((asset) => asset.id ?? asset.addresses?.[0]?.value ?? asset.name).sort();
	const ends = [said.srcAssetId, said.dstAssetId, ...ids];
	const severity = severityOf(said.severity);
	const alert = draft.finish({
		externalId: said.id,
		identity: [
			said.summary,
			said.detectionQuads.join(','),
			...ends,
			ends.every((end) => end === null) ? said.id : null,
		],
		status: isOver(said.state ?? said.status) ? 'closed' : 'open',
		title: said.summary ?? said.type,
		description: said.content,
		severity,
		severityRaw: said.severity,
		kind: kindOf(said.summary ?? '', said.content, severity),
		domain: 'ot',
		occurredAt:
			(['lastSeenAt', 'occurredAt', 'firstSeenAt', 'createdAt'] as const)
				.map((key) => draft.time(key, said[key]))
				.find((at) => at !== null) ?? null,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}
