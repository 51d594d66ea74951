// What a Falcon record names, with roles: the host that it is about, its user, the processes and files, and the addresses it met.
// Names are folded (formats/fold-names.ts); what is not read here is found by the sweep.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import type { JsonObject } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { Text } from '../formats/vendor-record.ts';

type Members = (key: string) => string | null;

function membersOf(object: JsonObject): Members {
	return (key) => {
		const text = Text.safeParse(object[key]);
		return text.success ? text.data : null;
	};
}

/** Adds hosts, users, files, hashes and connections of a flattened record. In an audit record the user is who did it. */
export function addFalconEntities(draft: Draft, flat: JsonObject, isAudit: boolean): void {
	const text = membersOf(flat);
	addHost(draft, flat);
	const device = flat['device'];
	if (isJsonObject(device)) addHost(draft, device);
	// An automated lead names its hosts in what led to it, and nowhere else.
	for (const indicator of objectsOf(flat, ['threatgraphindicators'])) addHost(draft, indicator);
	addUsers(draft, text, isAudit ? 'actor' : 'target');
	for (const object of [
		flat,
		...objectsOf(flat, ['parentdetails', 'grandparentdetails', 'behaviors', 'executableswritten']),
	])
		addProcess(draft, object);
	addIndicator(draft, text('ioctype'), text('iocvalue'));
	for (const access of objectsOf(flat, ['networkaccesses'])) addConnection(draft, access);
	if (text('connectiondirection') !== null) addConnection(draft, flat);
}

/** Objects that stand under the names, alone or in a list. */
function objectsOf(object: JsonObject, names: readonly string[]): JsonObject[] {
	return names.flatMap((name) => object[name] ?? []).filter(isJsonObject);
}

function addHost(draft: Draft, object: JsonObject): void {
	const text = membersOf(object);
	for (const key of [
		'computername',
		'hostname',
		'hostnamefield',
		'sourceendpointhostname',
		'endpointname',
		'devicename',
	])
		draft.endpoint(text(key), 'target');
	draft.endpoint(text('targetendpointhostname'), 'target');
	for (const key of ['localip', 'localipv6', 'externalip', 'aip', 'localaddressip4', 'sourceendpointaddressip4'])
		draft.entity('ip', text(key), 'target', key);
	for (const key of ['macaddress', 'mac']) draft.entity('mac', text(key), 'target', key);
	for (const key of ['sensorid', 'agentid', 'aid', 'deviceid', 'hostid', 'sourceendpointsensorid'])
		draft.entity('asset_id', text(key), 'target');
}

function addUsers(draft: Draft, text: Members, role: EntityRole): void {
	draft.user(text('username'), text('logondomain') ?? text('machinedomain') ?? text('userdomain'), role);
	draft.user(text('userprincipal'), null, role);
	draft.user(text('sourceaccountname'), text('sourceaccountdomain'), 'actor');
	draft.user(text('targetaccountname'), text('targetaccountdomain'), 'target');
	for (const key of ['sourceaccountupn', 'sourceaccountsamaccountname']) draft.user(text(key), null, 'actor');
	const id = text('userid');
	if (id?.includes('@') === true) draft.user(id, null, role);
	else draft.entity('account', id, role);
	draft.endpoint(text('userip'), 'actor', 'UserIp');
	for (const key of ['machinedomain', 'logondomain']) {
		const domain = text(key);
		if (domain?.includes('.') === true) draft.domainName(domain, 'related');
	}
}

/** Older events give a folder and a name, newer ones the whole path. */
function addProcess(draft: Draft, object: JsonObject): void {
	const text = membersOf(object);
	const [name, path] = [text('filename'), text('filepath')];
	if (path !== null && name !== null && !path.toLowerCase().endsWith(name.toLowerCase()))
		draft.file(`${path}${/[\\/]$/.test(path) ? '' : path.includes('/') ? '/' : '\\'}${name}`, 'related');
	else draft.file(path ?? name, 'related');
	for (const key of ['commandline', 'cmdline']) draft.entity('process', text(key), 'related');
	for (const key of ['sha256string', 'md5string', 'sha1string', 'sha256', 'md5', 'sha1'])
		draft.entity('file_hash', text(key), 'related');
}

/** An indicator by its type: `hash_sha256`, `hash_md5`, `domain`, `ipv4`, `ipv6`, `filename`, `registry_key`. */
function addIndicator(draft: Draft, type: string | null, value: string | null): void {
	const word = type?.toLowerCase() ?? '';
	if (word.includes('hash') || word.includes('sha') || word.includes('md5'))
		draft.entity('file_hash', value, 'related');
	else if (word.includes('domain')) draft.domainName(value, 'related');
	else if (word.includes('ip')) draft.entity('ip', value, 'related');
	else if (word.includes('file')) draft.file(value, 'related');
	else if (word.includes('registry')) draft.entity('registry_key', value, 'related');
}

/** ConnectionDirection 1 is inbound: the remote side came to the host. */
function addConnection(draft: Draft, access: JsonObject): void {
	const text = membersOf(access);
	const isInbound = text('connectiondirection') === '1';
	draft.entity('ip', text('localaddress'), 'target');
	draft.entity('ip', text('remoteaddress'), isInbound ? 'actor' : 'related');
	draft.entity('port', text('localport'), isInbound ? 'target' : 'related');
	draft.entity('port', text('remoteport'), isInbound ? 'actor' : 'related');
	draft.entity('protocol', text('protocol'), 'related');
}
