// Wazuh: the alert JSON that the manager writes, that integratord hands to integrations, or that the indexer holds.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { Draft, isPort } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList } from '../formats/vendor-record.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';
import { isWazuhAlarm, readWazuhLine, vulnerabilityIdentity, wazuhSeverity } from './wazuh-line.ts';

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
	identity:
		'rule, agent, user, source address, and the file where the rule is about one; a vulnerability: agent, CVE and package; Suricata through Wazuh: its signature and destination too',
	setup: [
		'Copy the script under "Wazuh integration" to `/var/ossec/integrations/custom-interlock`, and add an `<integration>` block with that name, `<hook_url>https://HOST/v1/alerts/wazuh</hook_url>`, `<api_key>TOKEN</api_key>` and `<alert_format>json</alert_format>`.',
		'Or `<syslog_output>` with `<format>json</format>` to our syslog port.',
	],
	notHandled: ['active responses are not started', 'archives (`logall_json`) without a rule'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	ownsJson: (record) => isJsonObject(record['rule'] ?? null) && isJsonObject(record['manager'] ?? null),
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
	const alert = draft.finish({
		externalId: said.id,
		identity: identityOf(said, facts),
		status: facts('vulnerability.status')?.toLowerCase() === 'solved' || said.rule.id === SOLVED ? 'closed' : 'open',
		title: said.rule.description ?? `Wazuh rule ${said.rule.id ?? 'without an id'}`,
		description: said.full_log ?? facts('win.system.message'),
		severity: wazuhSeverity(said.rule.level),
		severityRaw: said.rule.level,
		kind: kindOf(said, facts),
		domain: null,
		occurredAt: draft.time('timestamp', said.timestamp) ?? draft.time('@timestamp', said['@timestamp']),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Rule 23502: a vulnerability is solved. Rules 23503 to 23506 open it, one for each severity. */
const SOLVED = '23502';

function identityOf(said: WazuhAlert, facts: Facts): (string | null | undefined)[] {
	const agent = said.agent?.id ?? said.agent?.name ?? null;
	const cve = facts('vulnerability.cve');
	const about = facts('syscheck.path') ?? facts('virustotal.source.file') ?? facts('vulnerability.package.name');
	// Opening and solving are told by different rules: the rule is no part of what a vulnerability is known by.
	if (cve !== null) return vulnerabilityIdentity(agent, cve, about);
	const signature = facts('alert.signature_id');
	// One rule (86601) stands for every signature of Suricata.
	const ids =
		signature === null ? [] : [facts('alert.gid'), signature, firstOf(facts, DESTINATIONS), facts('dest_port')];
	const rule = said.rule.id ?? said.rule.description;
	return [rule, agent, firstOf(facts, USERS), firstOf(facts, SOURCES), about, cve, ...ids];
}

function kindOf(said: WazuhAlert, facts: Facts): AlertKind {
	const groups = new Set(said.rule.groups.map((group) => group.toLowerCase()));
	if (groups.has('vulnerability-detector') || facts('vulnerability.cve') !== null) return 'vulnerability';
	if (groups.has('agent_disconnected') || ['504', '505', '506'].includes(said.rule.id ?? '')) return 'availability';
	if (groups.has('sca')) return 'audit';
	// Levels up to 3 are what Wazuh calls successful or authorised events and system notices, but for what detectors find.
	if (Number(said.rule.level ?? 0) > 3) return 'security';
	// Suricata's flows and protocol records come by the same rule file as its alerts.
	const event = facts('event_type');
	if (groups.has('suricata') && event !== null && event !== 'alert' && event !== 'anomaly') return 'audit';
	return [...groups].some(isWazuhAlarm) ? 'security' : 'audit';
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

const SOURCE_PORTS = ['srcport', 'src_port', `${EVENT}.sourcePort`];
const DESTINATION_PORTS = ['dstport', 'dst_port', 'dest_port', `${EVENT}.destinationPort`];

function portOf(value: string | null): string | null {
	return isPort(value) ? value : null;
}

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
	for (const path of SOURCES) draft.entity('ip', facts(path), 'actor', path.includes('.') ? null : `data.${path}`);
	for (const path of DESTINATIONS)
		draft.entity('ip', facts(path), 'target', path.includes('.') ? null : `data.${path}`);
	for (const path of ['srcmac', 'src_mac']) draft.entity('mac', facts(path), 'actor');
	for (const path of ['dstmac', 'dst_mac']) draft.entity('mac', facts(path), 'target');
	draft.entity('host', facts(`${EVENT}.workstationName`), 'actor');
	draft.endpoint(facts(`${EVENT}.destinationHostname`), 'target');
	draft.user(facts('srcuser'), null, 'actor');
	draft.user(facts('dstuser'), null, 'target');
	draft.user(facts(`${EVENT}.targetUserName`), facts(`${EVENT}.targetDomainName`), 'target');
	draft.user(facts(`${EVENT}.subjectUserName`), facts(`${EVENT}.subjectDomainName`), 'actor');
	draft.user(facts(`${EVENT}.user`), null, 'actor');
	for (const path of SOURCE_PORTS) draft.entity('port', facts(path), 'actor', `data.${path}`);
	for (const path of DESTINATION_PORTS) draft.entity('port', facts(path), 'target', `data.${path}`);
	draft.entity('protocol', facts('app_proto') === 'failed' ? null : facts('app_proto'), 'related');
	draft.file(said.syscheck?.path, 'target');
}

function addLabels(draft: Draft, said: WazuhAlert, facts: Facts): void {
	draft.labelsFrom({
		vendor: 'Wazuh',
		product: 'Wazuh',
		// Where an IDS speaks through Wazuh its signature is what fired.
		signature_id: facts('alert.signature_id') ?? said.rule.id,
		rule_id: facts('alert.signature_id') === null ? null : said.rule.id,
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
		src_port: portOf(facts('srcport') ?? facts('src_port')),
		dst_port: portOf(facts('dstport') ?? facts('dst_port') ?? facts('dest_port')),
		protocol: facts('proto') ?? facts('protocol'),
		app_protocol: facts('app_proto'),
		action: facts('alert.action') ?? facts('action'),
		signature: facts('alert.signature'),
		generator_id: facts('alert.gid'),
		ids_category: facts('alert.category'),
		ids_severity: facts('alert.severity'),
		event_id: facts('win.system.eventID'),
		channel: facts('win.system.channel'),
		integration: facts('integration'),
		file_event: said.syscheck?.event,
		vulnerability_severity: facts('vulnerability.severity'),
		vulnerability_score: facts('vulnerability.cvss.cvss3.base_score'),
		package: facts('vulnerability.package.name'),
	});
}
