// Armis Centrix: alerts of its API, of its webhook and SIEM integrations, with vulnerability and device records of the same API.
import { z } from 'zod';
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const ArmisRecord = z.looseObject({
	alertId: Text,
	id: Text,
	title: Text,
	name: Text,
	description: Text,
	type: Text,
	classification: Text,
	severity: Word,
	status: Word,
	time: Text,
	lastAlertUpdateTime: Text,
	statusChangeTime: Text,
	policyId: Text,
	policyTitle: Text,
	policyLabels: TextList,
	mitreAttackLabels: TextList,
	activityUUIDs: TextList,
	activityIds: TextList,
	connectionIds: TextList,
	deviceIds: TextList,
	affectedDevicesCount: Text,
	sourceEndpoints: z.unknown().optional(),
	destinationEndpoints: z.unknown().optional(),
	devices: z.unknown().optional(),
	device: z.unknown().optional(),
	affectedDevices: z.unknown().optional(),
	// vulnerabilities
	deviceId: Text,
	avmRating: Word,
	vulnerability_match: z.looseObject({ deviceId: Text, status: Word, avmRating: Word, lastDetected: Text }).nullish(),
	cveUid: Text,
	vulnerabilityId: Text,
	cvssScore: Text,
	publishedDate: Text,
	lastDetected: Text,
	// devices
	ipAddress: Text,
	ipv6: TextList,
	macAddress: Text,
	riskLevel: Text,
	category: Text,
	manufacturer: Text,
	model: Text,
	lastSeen: Text,
	site: z.looseObject({ name: Text, location: Text }).nullish(),
	sensor: z.looseObject({ name: Text, type: Text }).nullish(),
});
type ArmisRecord = z.infer<typeof ArmisRecord>;

export const armis: SourceKind = {
	name: 'armis',
	aliases: [],
	title: 'Armis Centrix',
	vendor: 'Armis',
	domain: null,
	forms: [
		'alerts of the API (`{"data": {"results": [...]}}`), a list, or one, as webhooks and SIEM integrations send them',
		'vulnerability and device records of the same API, and which device has which vulnerability (`deviceId` in the record, or in its `vulnerability_match`)',
	],
	severities: [
		['`severity`, of a vulnerability without one `avmRating`: Critical', 'critical'],
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational; device records', 'informational'],
		['another word, or none', null],
	],
	identity: 'the alert id; without one policy and devices. A vulnerability: CVE and device',
	setup: [
		'Armis: Settings, Integrations, add a webhook (or a SIEM) with `https://HOST/v1/alerts/armis` and the bearer token, and name it as action of the policies.',
		'Or let a poller post the results of `in:alerts` of the search API to the same address.',
	],
	notHandled: [
		"device ids are Armis' own: an inventory that carries them as asset id is found by them, names and addresses come where the payload has them",
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
	const data = document['data'];
	for (const list of [isJsonObject(data) ? data['results'] : data, document['results'], document['alerts']])
		if (Array.isArray(list)) return records(list, document);
	for (const inner of [document['alert'], data])
		if (isJsonObject(inner) && document['alertId'] === undefined)
			return records([{ ...document, ...inner, alert: null, data: null }]);
	return records([document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(ArmisRecord, record);
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const form = formOf(said);
	if (form === null)
		return unparsed(
			'record',
			'no known field',
			'an Armis alert (`alertId`, `title`, `severity`), vulnerability (`cveUid`) or device',
		);
	const draft = new Draft(context);
	addEntities(draft, said, record);
	draft.technique(said.mitreAttackLabels.join(' '));
	gather(draft, record);
	addLabels(draft, said);
	const match = form === 'vulnerability' ? said.vulnerability_match : null;
	// A vulnerability is active as long as any device has it: whether this one still does is said of the match.
	const isClosed = /^(?:resolved|closed|handled)$/i.test(match?.status ?? said.status ?? '');
	const rating = form === 'vulnerability' ? (said.avmRating ?? match?.avmRating ?? null) : null;
	const severityRaw = form === 'device' ? null : (said.severity ?? rating);
	const alert = draft.finish({
		externalId: form === 'vulnerability' ? (said.cveUid ?? said.vulnerabilityId) : (said.alertId ?? said.id),
		identity: identityOf(form, said),
		status: isClosed ? 'closed' : 'open',
		title: titleOf(form, said),
		description: said.description,
		severity: form === 'device' ? 'informational' : severityOfWord(severityRaw),
		severityRaw,
		kind: form === 'device' ? 'audit' : form === 'vulnerability' ? 'vulnerability' : kindOf(said),
		domain: null,
		occurredAt:
			draft.time('vulnerability_match.lastDetected', match?.lastDetected) ??
			(isClosed ? draft.time('statusChangeTime', said.statusChangeTime) : null) ??
			draft.time('time', said.time) ??
			draft.time('lastAlertUpdateTime', said.lastAlertUpdateTime) ??
			draft.time('lastDetected', said.lastDetected) ??
			draft.time('lastSeen', said.lastSeen),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

type Form = 'alert' | 'vulnerability' | 'device';

function formOf(said: ArmisRecord): Form | null {
	if (said.alertId !== null) return 'alert';
	if (said.cveUid !== null || said.vulnerabilityId !== null) return 'vulnerability';
	if (said.severity !== null || said.policyTitle !== null || said.title !== null) return 'alert';
	return said.macAddress !== null || said.ipAddress !== null || said.riskLevel !== null ? 'device' : null;
}

function identityOf(form: Form, said: ArmisRecord): (string | null)[] {
	if (form === 'alert')
		return said.alertId === null ? [said.policyId ?? said.title, ...said.deviceIds.toSorted()] : [said.alertId];
	if (form === 'vulnerability') {
		const devices = devicesOf(said).toSorted();
		return ['vulnerability', said.cveUid ?? said.vulnerabilityId, devices.length === 0 ? said.id : null, ...devices];
	}
	return ['device', said.id ?? said.macAddress ?? said.ipAddress];
}

/** The devices that a record names by id: a list, the one of a match, or that of the match within a vulnerability. */
function devicesOf(said: ArmisRecord): string[] {
	const one = said.deviceId ?? said.vulnerability_match?.deviceId ?? null;
	return said.deviceIds.length > 0 || one === null ? said.deviceIds : [one];
}

function titleOf(form: Form, said: ArmisRecord): string | null {
	if (form === 'device') return `Armis device ${said.name ?? said.ipAddress ?? said.macAddress ?? said.id ?? ''}`;
	if (form === 'vulnerability')
		return [said.cveUid ?? said.vulnerabilityId, said.title ?? said.name].filter((part) => part !== null).join(': ');
	return said.title ?? said.policyTitle ?? said.type;
}

/** By Armis' classification and type (`Security - Other`, `Vulnerability`, `Operational`); what says nothing else is about security. */
function kindOf(said: ArmisRecord): AlertKind {
	const words = `${said.classification ?? ''} ${said.type ?? ''}`.toLowerCase();
	if (words.includes('vulnerab')) return 'vulnerability';
	return /\b(?:operational|performance|health|connectivity|availability)\b/.test(words) ? 'availability' : 'security';
}

function addEntities(draft: Draft, said: ArmisRecord, record: JsonObject): void {
	addEndpoints(draft, record['sourceEndpoints'] ?? null, 'actor');
	addEndpoints(draft, record['destinationEndpoints'] ?? null, 'target');
	const hasEnds = record['sourceEndpoints'] !== undefined && record['sourceEndpoints'] !== null;
	for (const id of devicesOf(said)) draft.entity('asset_id', id, 'target');
	for (const key of ['devices', 'affectedDevices'])
		addEndpoints(draft, record[key] ?? null, hasEnds ? 'related' : 'target');
	addEndpoints(draft, record['device'] ?? null, 'target');
	if (said.ipAddress !== null || said.macAddress !== null) addEndpoints(draft, record, 'target');
	draft.entity('zone', said.site?.name, 'target');
	draft.endpoint(said.sensor?.name, 'observer');
	draft.entity('vulnerability', said.cveUid, 'related');
}

/** Endpoints are names or addresses, or objects with them; a device may have several addresses in one text. */
function addEndpoints(draft: Draft, value: JsonValue, role: EntityRole): void {
	for (const item of Array.isArray(value) ? value : [value]) {
		if (typeof item === 'string') draft.endpoint(item, role);
		if (!isJsonObject(item)) continue;
		for (const key of ['name', 'hostname', 'ip', 'ipAddress', 'ipv6', 'mac', 'macAddress']) {
			const member = item[key];
			for (const part of Array.isArray(member) ? member : [member])
				if (typeof part === 'string') for (const one of part.split(',')) draft.endpoint(one, role);
		}
		const id = item['id'] ?? item['deviceId'];
		if (typeof id === 'string' || typeof id === 'number') draft.entity('asset_id', id, role);
	}
}

function addLabels(draft: Draft, said: ArmisRecord): void {
	draft.labelsFrom({
		vendor: 'Armis',
		product: 'Armis Centrix',
		signature_id: said.policyId,
		policy: said.policyTitle,
		policy_labels: said.policyLabels,
		category: said.classification ?? said.category,
		type: said.type,
		status: said.status,
		mitre: said.mitreAttackLabels,
		affected_devices: said.affectedDevicesCount,
		activities: [...said.activityUUIDs, ...said.activityIds],
		connections: said.connectionIds,
		risk_level: said.riskLevel,
		cvss: said.cvssScore,
		manufacturer: said.manufacturer,
		model: said.model,
		sensor: said.sensor?.name,
		site: said.site?.name,
	});
}
