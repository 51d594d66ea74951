// What a SentinelOne record names, with roles: the agent's host and addresses, its users, processes, files and their hashes, and the
// ends of a connection. Names are folded (formats/fold-names.ts); what is not read here is found by the sweep.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { Text } from '../formats/vendor-record.ts';

const HOSTS = ['agentcomputername', 'origagentname', 'computername', 'devicename', 'srcmachinename'];
const AGENT_ADDRESSES = ['agentipv4', 'agentipv6', 'externalip', 'origagentipv4', 'ipaddress'];
const AGENT_IDS = ['agentid', 'agentuuid', 'origagentuuid'];
const HASHES = /^(?:sha1|sha256|md5|hash|.{0,40}(?:sha1|sha256|md5|hash))$/;

/** Adds everything of a record, at any depth. */
export function addAgentEntities(draft: Draft, value: JsonValue | undefined, name = ''): void {
	if (Array.isArray(value)) for (const item of value) addAgentEntities(draft, item, name);
	if (!isJsonObject(value)) return;
	addObject(draft, value, name);
	for (const [key, member] of Object.entries(value)) addAgentEntities(draft, member, key);
}

function addObject(draft: Draft, object: JsonObject, name: string): void {
	const text = (key: string): string | null => {
		const read = Text.safeParse(object[key]);
		return read.success ? read.data : null;
	};
	for (const key of HOSTS) draft.endpoint(text(key), 'target');
	// In a custom rule alert the agent's name is `name`, as it is for interfaces, sites and rules.
	if (/^agent(?:detection|realtime)info$/.test(name)) draft.endpoint(text('name'), 'target');
	// Documentation and old consoles mask addresses: what is none is no fault of the record.
	for (const key of AGENT_ADDRESSES) addAddresses(draft, object[key], 'target');
	for (const key of ['inet', 'inet6']) addAddresses(draft, object[key], 'target');
	for (const key of ['physical', 'mac', 'macaddress']) draft.entity('mac', text(key), 'target');
	for (const key of AGENT_IDS) draft.entity('asset_id', text(key), 'target');
	for (const key of ['srcip', 'srcmachineip']) draft.endpoint(text(key), 'actor');
	draft.endpoint(text('dstip'), 'target');
	const [from, to] = [text('srcport'), text('dstport')];
	if (from !== '0') draft.entity('port', from, 'actor');
	if (to !== '0') draft.entity('port', to, 'target');
	for (const key of ['agentlastloggedinusername', 'agentlastloggedinupn', 'agentlastloggedinusermail', 'processuser'])
		draft.user(single(text(key)), null, 'target');
	for (const key of ['rootprocessupn', 'loginsusername', 'loginsuserdisplayname'])
		draft.user(single(text(key)), text('loginaccountdomain'), 'target');
	for (const key of ['initiatingusername', 'byuser', 'username']) draft.user(text(key), null, 'actor');
	for (const [key, member] of Object.entries(object))
		if (HASHES.test(key) && typeof member === 'string') draft.entity('file_hash', member, 'related');
	addFiles(draft, text);
}

/** `HOST\\\\name`: some consoles escape the mark a second time. */
function single(name: string | null): string | null {
	return name?.replace(/\\{2,8}/g, '\\') ?? null;
}

function addAddresses(draft: Draft, value: JsonValue | undefined, role: EntityRole): void {
	for (const item of Array.isArray(value) ? value : [value]) if (typeof item === 'string') draft.endpoint(item, role);
}

function addFiles(draft: Draft, text: (key: string) => string | null): void {
	for (const key of [
		'filepath',
		'tgtfilepath',
		'tgtfileoldpath',
		'modulepath',
		'sourceparentprocesspath',
		'tgtprocimagepath',
	])
		draft.file(single(text(key)), 'related');
	for (const key of [
		'maliciousprocessarguments',
		'originatorprocess',
		'sourceprocessname',
		'sourceparentprocessname',
		'tgtprocname',
	])
		draft.entity('process', text(key), 'related');
	for (const key of ['tgtproccmdline', 'commandline']) draft.entity('process', text(key), 'related');
	for (const key of ['registrykeypath', 'registrypath']) draft.entity('registry_key', text(key), 'related');
	for (const key of ['dnsrequest', 'dnsname']) draft.domainName(text(key), 'related');
	for (const key of ['sourceprocessusername', 'sourceparentprocessusername', 'fileuser'])
		draft.user(single(text(key)), null, 'target');
	draft.entity('account', text('loginaccountsid'), 'target');
	draft.file(text('threatname'), 'related');
}
