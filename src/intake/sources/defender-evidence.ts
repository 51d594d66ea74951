// Reads whatever a Defender alert carries as evidence, in any of its forms: objects are told by the members they have, because the
// forms and versions name their types differently.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';

/** Read here with the members beside them (a folder needs its file name), so the sweep leaves them out. */
const READ_HERE = new Set([
	'filePath',
	'FolderPath',
	'Directory',
	'path',
	'fileName',
	'FileName',
	'imageFile',
	'ImageFile',
]);

/** Adds every thing of the alert, its evidence with roles, the rest as related. */
export function addEvidence(draft: Draft, alert: JsonObject): void {
	addObject(draft, alert, roleOf(alert) ?? 'related', true);
	gather(draft, alert, '', READ_HERE);
}

/**
 * Graph: `roles` and `detailedRoles` of an evidence; streaming: EvidenceRole. Null where none is stated.
 */
function roleOf(object: JsonObject): EntityRole | null {
	const stated = ['roles', 'EvidenceRole', 'detailedRoles', 'DetailedRoles']
		.flatMap((key) => object[key] ?? [])
		.filter((role) => typeof role === 'string')
		.map((role) => role.toLowerCase());
	if (stated.some((role) => ['attacker', 'source', 'commandandcontrol', 'suspicious source'].includes(role)))
		return 'actor';
	if (
		stated.some((role) =>
			[
				'compromised',
				'destination',
				'impacted',
				'attacked',
				'victim',
				'scanned',
				'target',
				'primarydevice',
				'main device',
			].includes(role),
		)
	) {
		return 'target';
	}
	return null;
}

function addObject(draft: Draft, object: JsonObject, inherited: EntityRole, isAlert: boolean): void {
	const text = (key: string): string | null => {
		const value = object[key];
		return typeof value === 'string' && value.trim() !== '' ? value : null;
	};
	const stated = roleOf(object) ?? (inherited === 'related' ? null : inherited);
	addDevice(draft, object, text, stated ?? 'target');
	addUser(draft, text, stated ?? 'target');
	addFiles(draft, object, text, isAlert);
	for (const key of ['ipAddress', 'IPAddress', 'Address', 'senderIp', 'senderIP'])
		draft.entity('ip', text(key), stated ?? 'related');
	// The direction is that of the connection: it says on which side the remote address was, nothing of the device.
	const direction = text('EvidenceDirection')?.toLowerCase();
	const remote = direction === 'source' ? 'actor' : direction === 'destination' ? 'target' : null;
	draft.entity('ip', text('RemoteIP'), remote ?? stated ?? 'related');
	draft.entity('ip', text('LocalIP'), stated ?? 'target');
	for (const key of ['url', 'Url', 'RemoteUrl', 'destinationServiceUrl']) draft.url(text(key), stated ?? 'related');
	for (const key of [
		'primaryAddress',
		'mailboxPrimaryAddress',
		'MailboxPrimaryAddress',
		'recipientEmailAddress',
		'Recipient',
	]) {
		draft.entity('email', text(key), stated ?? 'target');
	}
	for (const key of ['senderAddress', 'p1SenderAddress', 'sender', 'Sender', 'P1Sender', 'P2Sender']) {
		const sender = text(key);
		if (sender?.includes('@') === true) draft.entity('email', sender, 'actor');
	}
	addNetwork(draft, text);
	const key = text('registryKey') ?? text('RegistryKey');
	if (key !== null) {
		const hive = text('registryHive');
		draft.entity('registry_key', hive !== null && !key.startsWith(hive) ? `${hive}\\${key}` : key, 'related');
	}
	for (const name of ['processCommandLine', 'ProcessCommandLine', 'CommandLine', 'commandLine'])
		draft.entity('process', text(name), 'related');
	for (const name of ['resourceId', 'ResourceID', 'azureResourceId', 'CloudResource'])
		draft.entity('cloud_resource', text(name), stated ?? 'target');
	for (const member of Object.values(object)) addMember(draft, member, stated ?? 'related');
}

function addMember(draft: Draft, member: JsonValue | undefined, inherited: EntityRole): void {
	if (Array.isArray(member)) for (const item of member) addMember(draft, item, inherited);
	else if (isJsonObject(member)) addObject(draft, member, inherited, false);
}

type Members = (key: string) => string | null;

function addDevice(draft: Draft, object: JsonObject, text: Members, role: EntityRole): void {
	for (const key of [
		'machineId',
		'mdeDeviceId',
		'DeviceId',
		'mdatpDeviceId',
		'MachineId',
		'deviceId',
		'azureAdDeviceId',
		'aadDeviceId',
	]) {
		draft.entity('asset_id', text(key), role);
	}
	for (const key of [
		'computerDnsName',
		'deviceDnsName',
		'DeviceName',
		'HostName',
		'hostName',
		'NetBiosName',
		'netBiosName',
		'fqdn',
	]) {
		draft.endpoint(text(key), role);
	}
	for (const key of ['lastIpAddress', 'lastExternalIpAddress', 'privateIpAddress']) draft.entity('ip', text(key), role);
	const interfaces = object['ipInterfaces'];
	if (Array.isArray(interfaces))
		for (const item of interfaces) if (typeof item === 'string') draft.entity('ip', item, role);
}

function addUser(draft: Draft, text: Members, role: EntityRole): void {
	const isAccount = text('Type') === 'account';
	const name = text('accountName') ?? text('AccountName') ?? text('userName') ?? (isAccount ? text('Name') : null);
	const realm = text('domainName') ?? text('AccountDomain') ?? text('NTDomain');
	draft.user(name, realm, role);
	for (const key of ['userPrincipalName', 'AccountUpn', 'UserPrincipalName']) draft.user(text(key), null, role);
	for (const key of ['userSid', 'AccountSid', 'Sid', 'aadUserId', 'azureAdUserId', 'AccountObjectId', 'AadUserId']) {
		draft.entity('account', text(key), role);
	}
	const hasUser = name !== null || text('userPrincipalName') !== null;
	if (hasUser) for (const key of ['displayName', 'DisplayName']) draft.entity('user', text(key), 'related');
}

/** A folder and a file name beside it are one file; a path that already ends in the name is whole. */
function addFiles(draft: Draft, object: JsonObject, text: Members, isAlert: boolean): void {
	const type = text('Type');
	const name =
		text('fileName') ??
		text('FileName') ??
		(type === 'file' || type === 'process' ? text('Name') : null) ??
		(object['fileHash'] === undefined ? null : text('name'));
	const folder = text('filePath') ?? text('FolderPath') ?? text('Directory') ?? (name === null ? null : text('path'));
	if (folder !== null && name !== null && !folder.toLowerCase().endsWith(name.toLowerCase())) {
		const separator = folder.includes('\\') || !folder.includes('/') ? '\\' : '/';
		draft.file(folder.endsWith(separator) ? folder + name : folder + separator + name, 'related');
	} else {
		draft.file(folder ?? name, 'related');
	}
	const isProcess =
		/process/i.test(text('entityType') ?? text('EntityType') ?? type ?? '') || object['processId'] !== undefined;
	if (isProcess && !isAlert) draft.entity('process', name, 'related');
	for (const key of ['imageFile', 'ImageFile', 'parentProcessImageFile']) {
		const image = object[key];
		if (isJsonObject(image) && typeof image['fileName'] === 'string')
			draft.entity('process', image['fileName'], 'related');
	}
}

/** `networkConnections` and `hostStates` of legacy Graph alerts. */
function addNetwork(draft: Draft, text: Members): void {
	for (const key of ['sourceAddress', 'SourceAddress']) draft.endpoint(text(key), 'actor');
	for (const key of ['destinationAddress', 'DestinationAddress']) draft.endpoint(text(key), 'target');
	draft.domainName(text('destinationDomain'), 'target');
	for (const key of ['publicIpAddress', 'privateIpAddress']) draft.entity('ip', text(key), 'target');
	draft.entity('port', text('sourcePort'), 'actor');
	draft.entity('port', text('destinationPort'), 'target');
	draft.entity('ip', text('logonIp'), 'actor');
}
