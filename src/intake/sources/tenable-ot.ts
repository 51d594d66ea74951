// Tenable OT Security (Tenable.ot, Indegy): CEF over syslog, and events as the GraphQL API and its shippers give them.
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
import { Flag, readVendor, Text, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const tenableOt: SourceKind = {
	name: 'tenable-ot',
	aliases: [],
	title: 'Tenable OT Security (Tenable.ot, Indegy)',
	vendor: 'Tenable',
	domain: 'ot',
	forms: [
		'CEF, bare or in syslog: all event classes, system events too',
		'event JSON of the GraphQL API: one, a list, `{"data": {"events": {"nodes": [...]}}}` with `nodes` or `edges`, one a line',
	],
	severities: [
		['JSON `severity` (else `policy.level`): Critical; CEF 10', 'critical'],
		['High; CEF 8, 9', 'high'],
		['Medium; CEF 4 to 7', 'medium'],
		['Low; CEF 1 to 3', 'low'],
		['None, Informational; CEF 0', 'informational'],
	],
	identity:
		'event type or class, policy, both ends (address, else MAC, else name), the protocol; an event without ends: its log id',
	setup: [
		'In Tenable OT Security: Local Settings, Servers, Syslog Servers: add our host and syslog port; then name it in the actions of each policy that shall alert.',
		"Set the source's `time_zone`: `rt` is written without a zone.",
	],
	notHandled: [
		'assets and plugin findings of the API: they belong into the inventory import',
		"addresses masked as `xx.xx.xx.xx` in the vendor's documents: they name nothing",
	],
	splitJson: split,
	readJson: read,
	readCef,
	ownsCef: (record) =>
		/^(?:tenable|indegy)/i.test(record.vendor) &&
		/\bOT\b|tenable\.ot|indegy|ics/i.test(`${record.vendor} ${record.product}`),
	readText: null,
};

/** Tenable OT Security syslog guide, Header Parameters: None 0, Low 3, Medium 7, High 9. It has no other value; CEF's own scale would take its Medium for high. */
function severityOfCef(text: string | null): Severity | null {
	const level = Number(text ?? Number.NaN);
	if (!Number.isFinite(level)) return severityOfWord(text);
	if (!(level >= 0 && level <= 10)) return null;
	return level < 1 ? 'informational' : level < 4 ? 'low' : level < 8 ? 'medium' : level < 10 ? 'high' : 'critical';
}

/** Keys that Tenable means otherwise than the standard: `suser` and `duser` are names of assets. */
const OWN = new Set(['suser', 'duser', 'src', 'dst', 'shost', 'dhost']);

/** Documents of the vendor mask addresses as `xx.xx.xxx.xx`. */
function isMasked(text: string): boolean {
	return /^x{1,3}(?:\.x{1,3}){3}$/i.test(text);
}

/** A name or address of an asset: an address where it is one, a name of any form else (`Eng. Station #12`). */
function addAsset(draft: Draft, text: string | null, role: EntityRole, field: string | null): void {
	for (const item of text === null ? [] : field === null ? [text] : listIn(text)) {
		if (isMasked(item)) continue;
		if (field !== null) draft.endpoint(item, role, field);
		else addAssetName(draft, item, role);
	}
}

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const maskless = header !== null && isMasked(header.host ?? '') ? { ...header, host: null } : header;
	const draft = draftOfCef(record, maskless, context, OWN);
	const field = (key: string): string | null => present(record.fields.get(key));
	const isSystem = /^system/i.test(field('cat') ?? '');
	for (const [ip, names, role] of [
		['src', ['shost', 'suser'], 'actor'],
		['dst', ['dhost', 'duser'], 'target'],
	] as const) {
		addAsset(draft, field(ip), role, ip);
		// Events of the system itself are about people: there the names are users.
		for (const key of names)
			if (isSystem) draft.user(field(key), null, role);
			else addAsset(draft, field(key), role, null);
	}
	const sensor = field('dvchost');
	draft.endpoint(sensor, 'observer');
	const named = (label: string): string | null => present(record.labelled.get(label));
	const policy = named('policy_name');
	draft.labelsFrom({ policy, cluster_log_id: named('cluster_log_id') });
	const unmasked = (key: string): string | null => (isMasked(field(key) ?? '') ? null : field(key));
	const ends = [unmasked('src') ?? field('smac') ?? field('suser'), unmasked('dst') ?? field('dmac') ?? field('duser')];
	const externalId = field('externalId') ?? named('cluster_log_id');
	const severityRaw = present(record.severity);
	const category = field('cat');
	const alert = draft.finish({
		externalId,
		identity: identityOf([record.signatureId || record.name, policy], ends, field('proto'), externalId),
		status: isCefClosed(record) ? 'closed' : 'open',
		title: record.name || record.signatureId,
		description: field('msg') ?? policy,
		severity: severityOfCef(severityRaw),
		severityRaw: severityRaw ?? record.severity,
		kind: kindOf(category, record.name),
		domain: 'ot',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

function identityOf(
	what: readonly (string | null)[],
	ends: readonly (string | null)[],
	protocol: string | null,
	id: string | null,
): (string | null)[] {
	return [...what, ...ends, protocol, ends.every((end) => end === null) ? id : null];
}

const EventType = z.looseObject({ type: Text, group: Text, description: Text, category: Text, family: Text }).nullish();
/** GraphQL's `{nodes: [...]}`, or the plain list or single value that a flattening connector makes of it. */
const members = (value: unknown): readonly unknown[] => {
	const inner = typeof value === 'object' && value !== null && 'nodes' in value ? value.nodes : value;
	return Array.isArray(inner) ? inner : inner === null || inner === undefined ? [] : [inner];
};
const Names = z
	.union([z.looseObject({ nodes: z.array(Text).nullish() }), z.array(Text), z.string()], 'names')
	.nullish()
	.transform((value) => members(value).flatMap((name) => (typeof name === 'string' ? (present(name) ?? []) : [])));
/** Assets of an end: their names; the addresses in them are swept. */
const Assets = z
	.unknown()
	.optional()
	.transform((value) =>
		members(value).flatMap((asset) =>
			typeof asset === 'object' && asset !== null && 'name' in asset && typeof asset.name === 'string'
				? (present(asset.name) ?? [])
				: [],
		),
	);
const Interface = z
	.looseObject({
		mac: Text,
		ips: z.looseObject({ nodes: z.array(z.looseObject({ ip: Text })).nullish() }).nullish(),
		dnsNames: Names,
	})
	.nullish();
const Event = z.looseObject({
	id: Text,
	hitId: Text,
	logId: Text,
	type: Text,
	eventType: EventType,
	category: Text,
	severity: Word,
	policy: z.looseObject({ id: Text, title: Text, level: Word }).nullish(),
	time: Text,
	resolved: Flag,
	resolvedTs: Text,
	resolvedUser: Text,
	comment: Text,
	completion: Text,
	continuous: Flag,
	srcIP: Text,
	dstIP: Text,
	srcMac: Text,
	dstMac: Text,
	srcNames: Names,
	dstNames: Names,
	srcAssets: Assets,
	dstAssets: Assets,
	srcInterface: Interface,
	dstInterface: Interface,
	protocol: Text,
	protocolRaw: Text,
	protocolNiceName: Text,
	port: Text,
});
type Event = z.infer<typeof Event>;

const MARKS = ['eventType', 'srcIP', 'policy', 'hitId', 'srcMac', 'logId'];
const isEvent = (value: JsonObject): boolean => MARKS.some((key) => value[key] !== undefined);

/** The list of a GraphQL answer, wherever it is: `data.events.nodes`, `edges[].node`. */
function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return cefGeneric.splitJson(document);
	let at: JsonValue = document;
	for (let depth = 0; depth < 5 && isJsonObject(at) && !isEvent(at); depth++) {
		const { nodes, edges } = at;
		if (Array.isArray(nodes)) return records(nodes, isJsonObject(document) ? document : null);
		if (Array.isArray(edges)) {
			const list = edges.map((edge) => (isJsonObject(edge) ? (edge['node'] ?? edge) : edge));
			return records(list, isJsonObject(document) ? document : null);
		}
		const inner: JsonValue | undefined = ['data', 'events', 'event', 'node', 'results', '_source']
			.map((key) => (isJsonObject(at) ? at[key] : undefined))
			.find((value) => Array.isArray(value) || isJsonObject(value));
		if (inner === undefined) break;
		if (Array.isArray(inner)) return records(inner, isJsonObject(document) ? document : null);
		at = inner;
	}
	return isJsonObject(at) && isEvent(at) ? records([at]) : cefGeneric.splitJson(document);
}

/** Of a policy only what it is called and demands; its schedule, groups and counters say nothing of what happened. */
const SETTINGS = new Set([
	'schedule',
	'exclusions',
	'protocolGroup',
	'portGroup',
	'tagGroup',
	'valueGroup',
	'ruleGroup',
	'actions',
]);

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (!isEvent(record)) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed(
			'record',
			found,
			'an event (`eventType`, `policy`, `srcIP`), or a `CEF:` line of Tenable OT Security',
		);
	}
	const reading = readVendor(Event, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	// An event about one asset (not seen, new, changed) names it as the source; nobody acts there.
	const isAlone = said.dstIP === null && said.dstMac === null && said.dstNames.length === 0;
	addEnd(draft, said, 'src', isAlone ? 'target' : 'actor');
	addEnd(draft, said, 'dst', 'target');
	draft.entity('port', said.port, 'target', 'port');
	const isKnown = !/^unknown$/i.test(said.protocolNiceName ?? said.protocol ?? 'unknown');
	const protocol = isKnown ? (said.protocolNiceName ?? said.protocol) : null;
	draft.entity('protocol', protocol, 'related');
	draft.user(said.resolvedUser, null, 'related');
	gather(draft, record, '', SETTINGS);
	addLabels(draft, said, protocol);
	const severityRaw = said.severity ?? said.policy?.level ?? null;
	const type = said.type ?? said.eventType?.type ?? null;
	const ends = [
		said.srcIP ?? said.srcMac ?? said.srcNames[0] ?? null,
		said.dstIP ?? said.dstMac ?? said.dstNames[0] ?? null,
	];
	const isOver = said.resolved === true || draft.time('resolvedTs', said.resolvedTs) !== null;
	const title = said.policy?.title ?? said.eventType?.description ?? type;
	const alert = draft.finish({
		externalId: said.id ?? said.hitId ?? said.logId,
		identity: identityOf([type, said.policy?.id ?? title], ends, protocol, said.id),
		status: isOver ? 'closed' : 'open',
		title,
		description: said.comment ?? said.eventType?.description ?? null,
		severity: severityOfWord(severityRaw),
		severityRaw,
		kind: kindOf(said.category ?? said.eventType?.category ?? null, `${type ?? ''} ${title ?? ''}`),
		domain: 'ot',
		occurredAt: draft.time('time', said.time),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function addEnd(draft: Draft, said: Event, side: 'src' | 'dst', role: EntityRole): void {
	for (const ip of listIn(said[`${side}IP`])) draft.endpoint(ip, role, `${side}IP`);
	for (const mac of listIn(said[`${side}Mac`])) draft.entity('mac', mac, role, `${side}Mac`);
	for (const name of [...said[`${side}Names`], ...said[`${side}Assets`]]) addAsset(draft, name, role, null);
	const card = said[`${side}Interface`];
	draft.entity('mac', card?.mac, role);
	for (const { ip } of card?.ips?.nodes ?? []) draft.endpoint(ip, role);
	for (const name of card?.dnsNames ?? []) draft.domainName(name, role);
}

function addLabels(draft: Draft, said: Event, protocol: string | null): void {
	draft.labelsFrom({
		vendor: 'Tenable',
		product: 'Tenable OT Security',
		signature_id: said.type ?? said.eventType?.type,
		category: said.category ?? said.eventType?.category,
		event_group: said.eventType?.group,
		policy: said.policy?.title,
		policy_level: said.policy?.level,
		app_protocol: protocol,
		protocol: said.protocolRaw,
		dst_port: isPort(said.port) ? said.port : null,
		outcome: said.completion,
		log_id: said.logId,
		resolved_by: said.resolved === true ? said.resolvedUser : null,
	});
}

/** Event categories: ConfigurationEvents, SCADAEvents, NetworkThreats, NetworkEvents; system events are about the product itself. */
function kindOf(category: string | null, words: string): AlertKind {
	if (/^system/i.test(category ?? '')) return /log ?(?:in|on|out)|user/i.test(words) ? 'audit' : 'availability';
	if (/inactive|not ?seen|unresponsive|ip ?conflict/i.test(words)) return 'availability';
	return /vulnerab|\bCVE-\d/i.test(words) ? 'vulnerability' : 'security';
}
