// Nozomi records that are no alerts: vulnerabilities of nodes, audit trail, sensor health, assets.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

const Vulnerability = z.looseObject({
	id: Text,
	cve: z.union([z.string(), z.number()], 'a CVE id').transform(String),
	score: Text,
	cve_score: Text,
	cvss_score: Text,
	cve_epss_score: Text,
	epss_score: Text,
	status: Word,
	resolved: Text,
	resolution_status: Text,
	likelihood: Text,
	probability: Text,
	summary: Text,
	cve_summary: Text,
	category: Text,
	cwe_id: Text,
	cwe_name: Text,
	is_kev: Text,
	time: Text,
	closed_time: Text,
	node_id: Text,
	node_ip: Text,
	node_label: Text,
	node_type: Text,
	node_vendor: Text,
	node_product_name: Text,
	node_os: Text,
	asset_id: Text,
	asset_name: Text,
	ip: Text,
	zone: Text,
	site: Text,
	appliance_host: Text,
	matching_cpes: TextList,
});

/** `info` of a health record: a text in some versions, an object in others. */
const HealthInfo = z.looseObject({ description: Text, status: Text, severity: Word });

const OtherRecord = z.looseObject({
	id: Text,
	event_type: Text,
	type: Text,
	event: Text,
	action: Text,
	name: Text,
	description: Text,
	info: z.unknown().optional(),
	message: Text,
	severity: Word,
	risk: Word,
	time: Text,
	created_at: Text,
	record_created_at: Text,
	updated_at: Text,
	last_activity_time: Text,
	first_activity_time: Text,
	username: Text,
	user: Text,
	ip: TextList,
	mac_address: TextList,
	label: Text,
	from: Text,
	to: Text,
	from_zone: Text,
	to_zone: Text,
	zone: Text,
	appliance_host: Text,
	appliance_ip: Text,
});

/** Members that tell a Nozomi record from a wrapping round one. */
const MARKS = [
	'type_id',
	'cve',
	'event_type',
	'appliance_host',
	'ip_src',
	'id_src',
	'record_created_at',
	'is_security',
];

export function isNozomiRecord(record: JsonObject): boolean {
	return MARKS.some((key) => record[key] !== undefined);
}

/** Members of which a record has at least one. */
const RECORD_MARKS = [
	...MARKS,
	'name',
	'info',
	'label',
	'from',
	'to',
	'ip',
	'mac_address',
	'username',
	'host',
	'last_activity_time',
];

/** A vulnerability by its CVE, else a record of the audit trail, of a sensor's health or of the inventory. */
export function readNozomiRecord(record: JsonObject, context: IntakeContext): Reading {
	return record['cve'] === undefined || record['cve'] === null
		? readOther(record, context)
		: readVulnerability(record, context);
}

/** CVSS v3.1 section 5: 0.1 to 3.9 low, 4.0 to 6.9 medium, 7.0 to 8.9 high, from 9.0 critical. */
function severityOfCvss(text: string | null): Severity | null {
	const score = Number(text ?? Number.NaN);
	return score > 0 && score < 1 ? 'low' : severityOfWord(text);
}

function readVulnerability(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(Vulnerability, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const draft = new Draft(context);
	draft.entity('vulnerability', said.cve, 'related');
	for (const value of [said.node_ip, said.ip, said.node_id]) draft.endpoint(value, 'target');
	draft.entity('host', said.node_label ?? said.asset_name, 'target');
	draft.entity('asset_id', said.asset_id, 'target');
	draft.entity('zone', said.zone, 'target');
	draft.endpoint(said.appliance_host, 'observer');
	// Advisories are references about the finding: kept as entities all the same, related to it.
	gather(draft, record);
	draft.labelsFrom({
		vendor: 'Nozomi Networks',
		product: 'N2OS',
		signature_id: said.cve,
		category: said.cwe_name ?? said.category,
		cwe: said.cwe_id,
		likelihood: said.likelihood,
		probability: said.probability,
		epss_score: said.epss_score ?? said.cve_epss_score,
		known_exploited: said.is_kev,
		resolution_status: said.resolution_status,
		cpes: said.matching_cpes,
		node_type: said.node_type,
		node_vendor: said.node_vendor,
		node_product: said.node_product_name,
		site: said.site,
	});
	const score = said.score ?? said.cve_score ?? said.cvss_score;
	const node = said.node_id ?? said.asset_id ?? said.node_ip ?? said.ip ?? said.node_label ?? said.asset_name;
	const product = said.node_product_name ?? said.node_label;
	const isClosed =
		said.resolved === 'true' ||
		(said.status === null
			? draft.time('closed_time', said.closed_time) !== null
			: /^(?:closed?(?![a-z])|resolved|mitigated)/i.test(said.status));
	const alert = draft.finish({
		externalId: said.id,
		identity: ['vulnerability', said.cve, node, ...(node === null ? said.matching_cpes : [])],
		status: isClosed ? 'closed' : 'open',
		title: `${said.cve}${product === null ? '' : ` on ${product}`}${said.category === null ? '' : `: ${said.category}`}`,
		description: said.summary ?? said.cve_summary,
		severity: severityOfCvss(score),
		severityRaw: score,
		kind: 'vulnerability',
		domain: 'ot',
		occurredAt: draft.time('time', said.time),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

function readOther(record: JsonObject, context: IntakeContext): Reading {
	const reading = readVendor(OtherRecord, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const what = said.event_type ?? said.event ?? said.action ?? said.type;
	const inner = HealthInfo.safeParse(said.info).data;
	const info = Text.safeParse(said.info).data ?? inner?.description ?? inner?.status ?? null;
	// A feed's records of sessions, nodes, links and variables are known by nothing but members such as these.
	if (what === null && !RECORD_MARKS.some((key) => record[key] !== undefined)) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('record', found, 'an alert (`type_id`), a vulnerability (`cve`) or an `event_type`');
	}
	const draft = new Draft(context);
	const user = said.username ?? said.user;
	draft.user(user, null, 'actor');
	// Beside a user, and in the audit trail, the address is where a person came from; else it is the asset's own.
	const isPerson = user !== null || /audit/i.test(what ?? '');
	for (const ip of said.ip) draft.endpoint(ip, isPerson ? 'actor' : 'target');
	for (const mac of said.mac_address) draft.entity('mac', mac, 'target');
	draft.entity('host', said.label, 'target');
	// An asset has a name, where an event has a name for what happened.
	if (said.mac_address.length > 0 || /asset|node/i.test(what ?? '')) draft.entity('host', said.name, 'target');
	draft.endpoint(said.from, 'actor');
	draft.endpoint(said.to, 'target');
	draft.entity('zone', said.from_zone, 'actor');
	for (const zone of [said.to_zone, said.zone]) draft.entity('zone', zone, 'target');
	for (const value of [said.appliance_host, said.appliance_ip]) draft.endpoint(value, 'observer');
	gather(draft, record);
	draft.labelsFrom({ vendor: 'Nozomi Networks', product: 'N2OS', signature_id: what, category: what });
	const isHealth = /health/i.test(what ?? '') || (what === null && said.info !== undefined);
	const severityRaw = said.severity ?? said.risk ?? inner?.severity ?? null;
	const alert = draft.finish({
		externalId: said.id,
		identity: [
			'record',
			what,
			user,
			said.ip.join(' '),
			said.mac_address.join(' '),
			said.from,
			said.to,
			said.label,
			said.appliance_host,
			said.name ?? said.description ?? info,
		],
		status: 'open',
		title: said.name ?? said.description ?? said.message ?? info ?? said.label ?? `Nozomi ${what ?? 'record'}`,
		description: said.description ?? said.message ?? info,
		severity: severityRaw === null ? 'informational' : severityOfWord(severityRaw),
		severityRaw,
		kind: isHealth ? 'availability' : 'audit',
		domain: 'ot',
		occurredAt:
			(['time', 'last_activity_time', 'created_at', 'first_activity_time', 'record_created_at'] as const)
				.map((key) => draft.time(key, said[key]))
				.find((at) => at !== null) ?? null,
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}
