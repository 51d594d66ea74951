// What the objects of an OCSF event name, with their roles: endpoints, devices, users, processes, files, resources, observables, attacks.
// Objects are told by the attribute that holds them, as the dictionary names it. What the event means is read in ocsf.ts.
import type { EntityRole, EntityType } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';

/** Attributes whose object acts, is acted upon, or only reports. All others inherit from what they stand in. */
const ROLES: Readonly<Record<string, EntityRole>> = {
	src_endpoint: 'actor',
	actor: 'actor',
	dst_endpoint: 'target',
	device: 'target',
	resource: 'target',
	resources: 'target',
	affected_resources: 'target',
	reporter: 'observer',
	logger: 'observer',
	loggers: 'observer',
	proxy: 'related',
};

/** Attributes whose object is a machine. */
const MACHINES = new Set([
	'src_endpoint',
	'dst_endpoint',
	'device',
	'host',
	'endpoint',
	'proxy',
	'reporter',
	'proxy_endpoint',
]);
/** Attributes whose object is a person or service. */
const USERS = new Set(['user', 'users', 'owner', 'assignee', 'account', 'manager']);
const RESOURCES = new Set(['resource', 'resources', 'affected_resources', 'databucket', 'database']);

const HASHES = new Set(['hashes', 'hash', 'fingerprints', 'fingerprint']);

/** Walks an event: nesting is bounded by the JSON reader. */
export function addObject(draft: Draft, object: JsonObject, role: EntityRole | null, holder = ''): void {
	if (MACHINES.has(holder)) addMachine(draft, object, role ?? 'target');
	else if (USERS.has(holder)) addUser(draft, object, role ?? 'target');
	else if (RESOURCES.has(holder)) addResource(draft, object, role ?? 'target');
	else if (holder === 'process' || holder === 'parent_process') addProcess(draft, object, role ?? 'related');
	else if (holder === 'file' || holder === 'module')
		draft.file(text(object, 'path') ?? text(object, 'name'), role ?? 'related');
	else if (holder === 'url') draft.url(text(object, 'url_string') ?? text(object, 'text'), role ?? 'related');
	else if (holder === 'query' || holder === 'dns_query') draft.domainName(text(object, 'hostname'), role ?? 'related');
	else if (HASHES.has(holder)) draft.entity('file_hash', text(object, 'value'), 'related');
	else if (holder === 'cve') draft.entity('vulnerability', text(object, 'uid')?.toUpperCase(), 'related');
	for (const [name, member] of Object.entries(object)) {
		// The schema's own words for itself and observables, which are read by their type, name nothing.
		if (name === 'metadata' || name === 'observables') continue;
		const inner = roleOf(name, member) ?? role;
		for (const item of Array.isArray(member) ? member : [member])
			if (isJsonObject(item)) addObject(draft, item, roleOf(name, item) ?? inner, name);
	}
}

/** A resource may state its role (1 Target, 2 Actor, 3 Affected, 4 Related). */
function roleOf(name: string, member: JsonValue | undefined): EntityRole | null {
	if (RESOURCES.has(name) && isJsonObject(member ?? null) && isJsonObject(member)) {
		const stated = String(member['role_id'] ?? '');
		if (stated === '2') return 'actor';
		if (stated === '4') return 'related';
	}
	return Object.hasOwn(ROLES, name) ? (ROLES[name] ?? null) : null;
}

function text(object: JsonObject, key: string): string | null {
	const value = object[key];
	return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function addMachine(draft: Draft, object: JsonObject, role: EntityRole): void {
	for (const key of ['ip', 'intermediate_ips', 'ip_addresses']) {
		const value = object[key];
		for (const one of Array.isArray(value) ? value : [value])
			if (typeof one === 'string') draft.endpoint(one, role, key);
	}
	draft.entity('mac', text(object, 'mac'), role, 'mac');
	for (const key of ['hostname', 'name']) draft.endpoint(text(object, key), role);
	draft.domainName(text(object, 'domain')?.includes('.') === true ? text(object, 'domain') : null, role);
	draft.entity('asset_id', text(object, 'uid'), role);
	draft.entity('cloud_resource', text(object, 'instance_uid'), role);
	draft.entity('port', text(object, 'port'), role);
	draft.entity('zone', text(object, 'zone'), role);
}

function addUser(draft: Draft, object: JsonObject, role: EntityRole): void {
	draft.user(text(object, 'name'), text(object, 'domain'), role);
	draft.user(text(object, 'full_name'), null, 'related');
	draft.entity('email', text(object, 'email_addr'), role);
	draft.entity('account', text(object, 'uid'), role);
	draft.entity('account', text(object, 'uid_alt'), role);
}

function addResource(draft: Draft, object: JsonObject, role: EntityRole): void {
	draft.entity('cloud_resource', text(object, 'uid'), role);
	const name = text(object, 'name');
	const isMachine = /host|server|device|computer|endpoint|vm\b|virtual machine/i.test(text(object, 'type') ?? '');
	if (isMachine) draft.endpoint(name, role);
	else draft.entity('cloud_resource', name, role);
	draft.endpoint(text(object, 'hostname'), role);
	draft.endpoint(text(object, 'ip'), role);
}

function addProcess(draft: Draft, object: JsonObject, role: EntityRole): void {
	draft.entity('process', text(object, 'name'), role);
	draft.entity('process', text(object, 'cmd_line'), role);
	draft.file(text(object, 'path'), role);
}

/** OCSF dictionary, observable type_id: the simple types. Objects (20 and above) have no value of their own. */
const OBSERVABLE_TYPES: Readonly<Record<string, EntityType>> = {
	'1': 'host',
	'2': 'ip',
	'3': 'mac',
	'4': 'user',
	'5': 'email',
	'6': 'url',
	'7': 'file',
	'8': 'file_hash',
	'9': 'process',
	'10': 'cloud_resource',
	'11': 'port',
	'18': 'vulnerability',
	'28': 'registry_key',
	'31': 'account',
	'45': 'file',
};

/** Which side an observable is on, by the path that it names (`evidences[].src_endpoint.ip`). */
function roleOfPath(path: string): EntityRole {
	if (/\b(?:src_endpoint|actor)\b/.test(path)) return 'actor';
	return /\b(?:dst_endpoint|device|resources?)\b/.test(path) ? 'target' : 'related';
}

export function addObservables(draft: Draft, list: JsonValue | undefined): void {
	if (!Array.isArray(list)) return;
	for (const item of list) {
		if (!isJsonObject(item)) continue;
		const value = text(item, 'value');
		const type = OBSERVABLE_TYPES[text(item, 'type_id') ?? ''];
		if (value === null || type === undefined) continue;
		const role = roleOfPath(text(item, 'name') ?? '');
		if (type === 'host' || type === 'ip') draft.endpoint(value, role);
		else if (type === 'user') draft.user(value, null, role);
		else if (type === 'url') draft.url(value, role);
		else if (type === 'file') draft.file(value, role);
		else draft.entity(type, value, role);
	}
}

/** `attacks[]` wherever they stand, with `technique`, `sub_technique`, and the older lists of them. */
export function addTechniques(draft: Draft, value: JsonValue, key = ''): void {
	if (Array.isArray(value)) for (const item of value) addTechniques(draft, item, key);
	else if (isJsonObject(value)) {
		if (/^(?:sub_)?techniques?$/.test(key)) draft.technique(text(value, 'uid'));
		for (const [name, member] of Object.entries(value)) addTechniques(draft, member, name);
	}
}
