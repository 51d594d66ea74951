// What a GuardDuty finding names: the resource it is about, whose role the finding states, and the other side of its action. Every
// resource type is walked the same way, by the names of members. Names are folded (formats/fold-names.ts).
import type { EntityRole, EntityType } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';

/** Members of a resource by what they are; lists of texts too. */
const RESOURCE: Readonly<Record<string, EntityType | 'endpoint' | 'user'>> = {
	instanceid: 'cloud_resource',
	arn: 'cloud_resource',
	outpostarn: 'cloud_resource',
	dbinstancearn: 'cloud_resource',
	dbinstanceidentifier: 'cloud_resource',
	dbclusteridentifier: 'cloud_resource',
	functionarn: 'cloud_resource',
	functionname: 'cloud_resource',
	role: 'cloud_resource',
	volumearn: 'cloud_resource',
	snapshotarn: 'cloud_resource',
	networkinterfaceid: 'cloud_resource',
	eniid: 'cloud_resource',
	imageid: 'cloud_resource',
	privatednsname: 'endpoint',
	publicdnsname: 'endpoint',
	privateipaddress: 'ip',
	publicip: 'ip',
	ipv6addresses: 'ip',
	accesskeyid: 'account',
	principalid: 'account',
	username: 'user',
	user: 'user',
	impersonateduser: 'user',
};

/** Objects whose `name` is a thing of the cloud. */
const NAMED =
	/^(?:s3bucketdetails|eksclusterdetails|ecsclusterdetails|containerdetails|containers|kubernetesworkloaddetails|ecscluster|ekscluster|resources)$/;

/** Adds the resource with its role, the remote side with the other one, and the steps of an attack sequence. */
export function addFindingEntities(draft: Draft, finding: JsonObject): void {
	const service = isJsonObject(finding['service']) ? finding['service'] : {};
	const isActor = typeof service['resourcerole'] === 'string' && /^actor$/i.test(service['resourcerole']);
	const [own, other]: [EntityRole, EntityRole] = isActor ? ['actor', 'target'] : ['target', 'actor'];
	addResource(draft, finding['resource'], own, 'resource');
	addAction(draft, service, own, other);
	addSequence(draft, service['detection']);
	if (typeof finding['accountid'] === 'string') draft.entity('account', finding['accountid'], 'related');
}

function addResource(draft: Draft, value: JsonValue | undefined, role: EntityRole, name: string): void {
	if (Array.isArray(value)) {
		for (const item of value) addResource(draft, item, role, name);
	} else if (isJsonObject(value)) {
		for (const [key, member] of Object.entries(value))
			addResource(draft, member, role, key === 'name' && NAMED.test(name) ? 'arn' : key);
		if (name === 'kubernetesuserdetails') addKubernetesUser(draft, value, role);
	} else if (typeof value === 'string' && value !== '') {
		const type = Object.hasOwn(RESOURCE, name) ? RESOURCE[name] : undefined;
		if (type === 'endpoint') draft.endpoint(value, role);
		else if (type === 'user') draft.user(value, null, role);
		else if (type !== undefined) draft.entity(type, value, role);
		else if (value.startsWith('arn:')) draft.entity('cloud_resource', value, 'related');
	}
}

function addKubernetesUser(draft: Draft, user: JsonObject, role: EntityRole): void {
	for (const key of ['uid', 'sessionname']) if (typeof user[key] === 'string') draft.entity('account', user[key], role);
}

/** `networkConnectionAction`, `portProbeAction`, `awsApiCallAction`, `kubernetesApiCallAction`, `rdsLoginAttemptAction`, `dnsRequestAction`. */
function addAction(draft: Draft, value: JsonValue | undefined, own: EntityRole, other: EntityRole): void {
	if (Array.isArray(value)) for (const item of value) addAction(draft, item, own, other);
	if (!isJsonObject(value)) return;
	for (const [key, member] of Object.entries(value)) {
		if (key === 'remoteipdetails') addSide(draft, member, other);
		else if (key === 'localipdetails') addSide(draft, member, own);
		else if (key === 'remoteportdetails') addPort(draft, member, other);
		else if (key === 'localportdetails') addPort(draft, member, own);
		else if (key === 'sourceips')
			for (const ip of Array.isArray(member) ? member : [member]) addText(draft, 'ip', ip, other);
		else if (key === 'domain' || key === 'domainwithsuffix') {
			if (typeof member === 'string') draft.domainName(member, 'related');
		} else if (key === 'executablepath') {
			if (typeof member === 'string') draft.file(member, 'related');
		} else if (typeof member === 'string') {
			if (member.startsWith('arn:')) draft.entity('cloud_resource', member, 'related');
			else if (key === 'filepath') draft.file(member, 'related');
			else if (key === 'hash') draft.entity('file_hash', member, 'related');
			else if (key === 'protocol') draft.entity('protocol', member, 'related');
		} else if (key !== 'detection') addAction(draft, member, own, other);
	}
}

function addSide(draft: Draft, value: JsonValue | undefined, role: EntityRole): void {
	if (!isJsonObject(value)) return;
	for (const key of ['ipaddressv4', 'ipaddressv6']) addText(draft, 'ip', value[key], role);
}

function addPort(draft: Draft, value: JsonValue | undefined, role: EntityRole): void {
	const port = isJsonObject(value) ? value['port'] : undefined;
	if (typeof port === 'number' || typeof port === 'string') draft.entity('port', port, role);
}

function addText(draft: Draft, type: EntityType, value: JsonValue | undefined, role: EntityRole): void {
	if (typeof value === 'string') draft.entity(type, value, role);
}

/** An attack sequence has actors, endpoints and resources of its own; its techniques are in its indicators. */
function addSequence(draft: Draft, detection: JsonValue | undefined): void {
	const sequence = isJsonObject(detection) ? detection['sequence'] : undefined;
	if (!isJsonObject(sequence)) return;
	for (const actor of listOf(sequence['actors'])) {
		const user = isJsonObject(actor['user']) ? actor['user'] : {};
		if (typeof user['name'] === 'string') draft.user(user['name'], null, 'actor');
		for (const key of ['uid', 'credentialuid']) addText(draft, 'account', user[key], 'actor');
	}
	for (const endpoint of listOf(sequence['endpoints'])) {
		addText(draft, 'ip', endpoint['ip'], 'actor');
		if (typeof endpoint['domain'] === 'string') draft.domainName(endpoint['domain'], 'actor');
	}
	for (const resource of listOf(sequence['resources'])) {
		for (const key of ['uid', 'name']) addText(draft, 'cloud_resource', resource[key], 'target');
		addResource(draft, resource['data'], 'target', 'data');
	}
}

function listOf(value: JsonValue | undefined): JsonObject[] {
	return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
