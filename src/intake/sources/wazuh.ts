// Wazuh: the alert JSON that the manager writes, that integratord hands to integrations, or that the indexer holds.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readTime } from '../formats/time-text.ts';
import { readVendor, Text, TextList } from '../formats/vendor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';
import { readWazuhLine, wazuhSeverity } from './wazuh-line.ts';

const WazuhAlert = z.looseObject({
	id: Text,
	timestamp: Text,
	'@timestamp': Text,
	rule: z.looseObject(
		{
			id: Text,
			level: Text,
			description: Text,
			groups: TextList,
			firedtimes: Text,
			mitre: z.looseObject({ id: TextList, tactic: TextList, technique: TextList }).nullish(),
		},
		'the rule that fired, with `id`, `level` and `description`',
	),
	agent: z.looseObject({ id: Text, name: Text, ip: Text }).nullish(),
	manager: z.looseObject({ name: Text }).nullish(),
	cluster: z.looseObject({ name: Text, node: Text }).nullish(),
	decoder: z.looseObject({ name: Text, parent: Text }).nullish(),
	predecoder: z.looseObject({ hostname: Text, program_name: Text }).nullish(),
	location: Text,
	full_log: Text,
	data: z.record(z.string(), z.unknown()).nullish(),
	syscheck: z.looseObject({ path: Text, event: Text }).nullish(),
});
type WazuhAlert = z.infer<typeof WazuhAlert>;

export const wazuh: SourceKind = {
	name: 'wazuh',
	aliases: [],
	title: 'Wazuh',
	vendor: 'Wazuh',
	domain: null,
	forms: [
		'alert JSON (manager, integratord, indexer `_source`), one, a list or one a line',
		'the wrapping of bundled integrations (`all_fields`)',
		'`syslog_output` (default and JSON format)',
	],
	severities: [
		['`rule.level` 15 and above', 'critical'],
		['12 to 14', 'high'],
		['7 to 11', 'medium'],
		['0 to 6', 'low'],
	],
	identity: 'rule, agent, user, source address, and the file or vulnerable package where the rule is about one',
	setup: [
		'Copy the script under "Wazuh integration" to `/var/ossec/integrations/custom-interlock`, and add an `<integration>` block with that name, `<hook_url>https://HOST/v1/alerts/wazuh</hook_url>`, `<api_key>TOKEN</api_key>` and `<alert_format>json</alert_format>`.',
		'Or `<syslog_output>` with `<format>json</format>` to our syslog port.',
	],
	notHandled: ['active responses are not started', 'archives (`logall_json`) without a rule'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: readWazuhLine,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document.map(unwrap));
	if (!isJsonObject(document)) return records([document]);
	const hits = document['hits'];
	const list = isJsonObject(hits) ? hits['hits'] : document['alerts'];
	if (Array.isArray(list)) return records(list.map(unwrap), document);
	const inner = unwrap(document);
	return inner === document ? records([document]) : records([inner], document);
}

/** The alert inside what an integration, the indexer or a shipper puts round it. */
function unwrap(record: JsonValue): JsonValue {
	if (!isJsonObject(record) || isJsonObject(record['rule'])) return record;
	for (const key of ['all_fields', '_source', 'alert', 'event', 'wazuh', 'fields']) {
		const inner = record[key];
		if (isJsonObject(inner) && isJsonObject(inner['rule'])) return inner;
	}
	return record;
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(WazuhAlert, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const facts = factsOf(said);
	const draft = new Draft(context);
	addEntities(draft, said, facts);
	gather(draft, record);
	for (const id of said.rule.mitre?.id ?? []) draft.technique(id);
	addLabels(draft, said, facts);
	const about = facts('syscheck.path') ?? facts('virustotal.source.file') ?? facts('vulnerability.package.name');
	return {
		kind: 'alert',
		problems: reading.problems,
		alert: draft.finish({
			externalId: said.id,
			identity: [
				said.rule.id ?? said.rule.description,
				said.agent?.id ?? said.agent?.name,
				firstOf(facts, USERS),
				firstOf(facts, SOURCES),
				about,
				facts('vulnerability.cve'),
			],
			status: facts('vulnerability.status')?.toLowerCase() === 'solved' ? 'closed' : 'open',
			title: said.rule.description ?? `Wazuh rule ${said.rule.id ?? 'without an id'}`,
			description: said.full_log ?? facts('win.system.message'),
			severity: wazuhSeverity(said.rule.level),
			severityRaw: said.rule.level,
			kind: kindOf(said),
			domain: null,
			occurredAt: readTime(said.timestamp, context) ?? readTime(said['@timestamp'], context),
		}),
	};
}

function kindOf(said: WazuhAlert): AlertKind {
	const groups = new Set(said.rule.groups.map((group) => group.toLowerCase()));
	if (groups.has('vulnerability-detector')) return 'vulnerability';
	if (groups.has('agent_disconnected') || ['504', '505', '506'].includes(said.rule.id ?? '')) return 'availability';
	// Levels up to 3 are what Wazuh calls successful or authorised events and system notices.
	return Number(said.rule.level ?? 0) <= 3 || groups.has('sca') ? 'audit' : 'security';
}

type Facts = (path: string) => string | null;

/** Fields of `data` (and `syscheck`) by path, where they are scalars. */
function factsOf(said: WazuhAlert): Facts {
	return (path) => {
		let value: unknown = path.startsWith('syscheck.') ? { syscheck: said.syscheck } : said.data;
		for (const part of path.split('.')) {
			value =
				typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? Reflect.get(value, part) : null;
		}
		const text = Text.safeParse(value);
		return text.success ? text.data : null;
	};
}

const EVENT = 'win.eventdata';
const USERS = [
	'dstuser',
	'srcuser',
	'user',
	`${EVENT}.targetUserName`,
	`${EVENT}.user`,
	`${EVENT}.subjectUserName`,
	'uid',
];
const SOURCES = [
	'srcip',
	'src_ip',
	`${EVENT}.ipAddress`,
	`${EVENT}.sourceIp`,
	'aws.source_ip_address',
	'office365.ClientIP',
];
const DESTINATIONS = ['dstip', 'dst_ip', 'dest_ip', `${EVENT}.destinationIp`];

function firstOf(facts: Facts, paths: readonly string[]): string | null {
	for (const path of paths) {
		const text = facts(path);
		if (text !== null) return text;
	}
	return null;
}

function addEntities(draft: Draft, said: WazuhAlert, facts: Facts): void {
	// Agent 000 is the manager itself, which relays what devices without an agent sent by syslog.
	const isManager = said.agent?.id === '000';
	const agentRole = isManager ? 'observer' : 'target';
	draft.entity('host', said.agent?.name, agentRole);
	draft.entity('ip', said.agent?.ip === 'any' ? null : said.agent?.ip, agentRole);
	draft.entity('host', said.manager?.name, 'observer');
	draft.entity('host', said.cluster?.node, 'observer');
	draft.endpoint(said.predecoder?.hostname, isManager ? 'target' : 'related');
	draft.entity('host', facts('win.system.computer'), 'target');
	for (const path of SOURCES) draft.entity('ip', facts(path), 'actor');
	for (const path of DESTINATIONS) draft.entity('ip', facts(path), 'target');
	for (const path of ['srcmac', 'src_mac']) draft.entity('mac', facts(path), 'actor');
	for (const path of ['dstmac', 'dst_mac']) draft.entity('mac', facts(path), 'target');
	draft.entity('host', facts(`${EVENT}.workstationName`), 'actor');
	draft.endpoint(facts(`${EVENT}.destinationHostname`), 'target');
	draft.user(facts('srcuser'), null, 'actor');
	draft.user(facts('dstuser'), null, 'target');
	draft.user(facts(`${EVENT}.targetUserName`), facts(`${EVENT}.targetDomainName`), 'target');
	draft.user(facts(`${EVENT}.subjectUserName`), facts(`${EVENT}.subjectDomainName`), 'actor');
	draft.user(facts(`${EVENT}.user`), null, 'actor');
	draft.entity('port', facts('srcport') ?? facts(`${EVENT}.sourcePort`), 'actor');
	draft.entity('port', facts('dstport') ?? facts(`${EVENT}.destinationPort`), 'target');
	draft.file(said.syscheck?.path, 'target');
}

function addLabels(draft: Draft, said: WazuhAlert, facts: Facts): void {
	draft.labelsFrom({
		vendor: 'Wazuh',
		product: 'Wazuh',
		signature_id: said.rule.id,
		rule_level: said.rule.level,
		rule_groups: said.rule.groups,
		category: said.rule.groups[0],
		tactics: said.rule.mitre?.tactic ?? [],
		technique_names: said.rule.mitre?.technique ?? [],
		agent_id: said.agent?.id,
		agent_name: said.agent?.name,
		manager: said.manager?.name,
		decoder: said.decoder?.name,
		location: said.location,
		program: said.predecoder?.program_name,
		fired_times: said.rule.firedtimes,
		src_port: facts('srcport'),
		dst_port: facts('dstport'),
		event_id: facts('win.system.eventID'),
		channel: facts('win.system.channel'),
		integration: facts('integration'),
		file_event: said.syscheck?.event,
		vulnerability_severity: facts('vulnerability.severity'),
		vulnerability_score: facts('vulnerability.cvss.cvss3.base_score'),
		package: facts('vulnerability.package.name'),
	});
}
