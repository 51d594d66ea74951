// Entities of Sentinel's alerts and incidents: of the schema of SecurityAlert (`Type`: host, ip, account, file, ...) and of the incident
// API (`kind`, `properties`). Told by their members; names are folded (formats/fold-names.ts).
import type { Draft } from '../formats/draft.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { Text } from '../formats/vendor-record.ts';

/** Adds what stands in `entities`, `relatedEntities` and in the alerts of an incident. */
export function addSentinelEntities(draft: Draft, body: JsonObject): void {
	for (const key of ['entities', 'relatedentities']) addList(draft, body[key]);
	const alerts = body['alerts'];
	for (const alert of Array.isArray(alerts) ? alerts : []) {
		if (!isJsonObject(alert)) continue;
		const properties = alert['properties'];
		const inner = isJsonObject(properties) ? properties : alert;
		addList(draft, inner['entities']);
		const compromised = inner['compromisedentity'];
		if (typeof compromised === 'string') draft.endpoint(compromised, 'target');
	}
}

function addList(draft: Draft, value: JsonValue | undefined): void {
	for (const item of Array.isArray(value) ? value : []) {
		if (!isJsonObject(item)) continue;
		const properties = item['properties'];
		addEntity(draft, isJsonObject(properties) ? { ...item, ...properties } : item);
	}
}

function addEntity(draft: Draft, entity: JsonObject): void {
	const text = (key: string): string | null => {
		const read = Text.safeParse(entity[key]);
		return read.success ? read.data : null;
	};
	const type = (text('type') ?? text('kind') ?? '').toLowerCase().replace(/[^a-z]/g, '');
	// The API gives resources `type: Microsoft.SecurityInsights/Entities`; what it is stands in `kind`.
	const kind = type.startsWith('microsoft') ? (text('kind') ?? '').toLowerCase() : type;
	addHostAndAccount(draft, text, kind);
	draft.entity('ip', text('address'), 'related');
	if (kind.startsWith('file') && kind !== 'filehash') addFile(draft, text);
	draft.entity('file_hash', text('value') ?? text('hashvalue'), 'related');
	draft.entity('process', text('commandline'), 'related');
	draft.url(text('url'), 'related');
	if (kind.startsWith('dns')) draft.domainName(text('domainname'), 'related');
	for (const key of ['resourceid', 'azureid']) draft.entity('cloud_resource', text(key), 'target');
	for (const key of ['mailboxprimaryaddress', 'recipient']) draft.entity('email', text(key), 'target');
	for (const key of ['sender', 'p1sender', 'p2sender']) draft.entity('email', text(key), 'actor');
	draft.entity('ip', text('senderip'), 'actor');
	const [hive, key] = [text('hive'), text('key')];
	if (key !== null) draft.entity('registry_key', hive === null ? key : `${hive}\\${key}`, 'related');
	if (kind === 'malware') draft.label('threat_name', text('name') ?? text('malwarename'));
	for (const member of Object.values(entity)) {
		if (isJsonObject(member)) addEntity(draft, member);
		else addList(draft, member);
	}
}

type Members = (key: string) => string | null;

function addHostAndAccount(draft: Draft, text: Members, kind: string): void {
	const host = text('hostname');
	const domain = text('dnsdomain');
	draft.endpoint(host, 'target');
	if (host !== null && domain?.includes('.') === true && !host.includes('.'))
		draft.endpoint(`${host}.${domain}`, 'target');
	draft.endpoint(text('netbiosname'), 'target');
	draft.endpoint(text('fqdn'), 'target');
	for (const key of ['omsagentid', 'deviceid', 'mdatpdeviceid']) draft.entity('asset_id', text(key), 'target');
	const name = text('accountname') ?? (kind === 'account' ? (text('name') ?? text('displayname')) : null);
	const suffix = text('upnsuffix');
	if (name !== null && suffix !== null && !name.includes('@')) draft.user(`${name}@${suffix}`, null, 'target');
	draft.user(name, text('ntdomain'), 'target');
	draft.user(text('userprincipalname'), null, 'target');
	for (const key of ['sid', 'aaduserid', 'puid', 'objectguid']) draft.entity('account', text(key), 'target');
}

function addFile(draft: Draft, text: Members): void {
	const [name, folder] = [text('filename') ?? text('name'), text('directory')];
	if (folder !== null && name !== null && !folder.toLowerCase().endsWith(name.toLowerCase())) {
		const mark = folder.includes('/') ? '/' : '\\';
		draft.file(folder.endsWith(mark) ? folder + name : folder + mark + name, 'related');
	} else draft.file(folder ?? name, 'related');
}
