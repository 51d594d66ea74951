// Elastic Common Schema: which field sets of a document name a host, an address, a user, a process or a file, and in which role.
import { z } from 'zod';
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import { FirstText } from '../formats/field-paths.ts';
import { TextList } from '../formats/vendor-record.ts';

const Hash = z.looseObject({ md5: FirstText, sha1: FirstText, sha256: FirstText, sha512: FirstText }).nullish();
const User = z.looseObject({ name: FirstText, domain: FirstText, email: FirstText, id: FirstText }).nullish();
const Side = z
	.looseObject({ ip: TextList, mac: TextList, address: FirstText, domain: FirstText, port: FirstText, user: User })
	.nullish();
const Device = z.looseObject({ name: FirstText, hostname: FirstText, ip: TextList, mac: TextList }).nullish();
type Side = z.infer<typeof Side>;
type Device = z.infer<typeof Device>;
type Hash = z.infer<typeof Hash>;

/** The field sets of ECS that name things, for the schema of a document. */
export const EcsFields = {
	host: Device,
	observer: Device,
	source: Side,
	destination: Side,
	client: Side,
	server: Side,
	user: User,
	process: z
		.looseObject({
			name: FirstText,
			executable: FirstText,
			command_line: FirstText,
			hash: Hash,
			parent: z.looseObject({ name: FirstText, executable: FirstText, command_line: FirstText }).nullish(),
		})
		.nullish(),
	file: z.looseObject({ name: FirstText, path: FirstText, hash: Hash }).nullish(),
	dns: z.looseObject({ question: z.looseObject({ name: FirstText }).nullish() }).nullish(),
	url: z.looseObject({ full: FirstText, original: FirstText, domain: FirstText }).nullish(),
	registry: z.looseObject({ path: FirstText, key: FirstText }).nullish(),
	network: z.looseObject({ protocol: FirstText, transport: FirstText }).nullish(),
	vulnerability: z.looseObject({ id: FirstText }).nullish(),
	winlog: z.looseObject({ computer_name: FirstText }).nullish(),
};

type Named = { readonly [Name in keyof typeof EcsFields]?: z.infer<(typeof EcsFields)[Name]> };

/** Adds what a document names, in the roles that ECS gives: source and client act, destination, server and host are acted on. */
export function addElasticEntities(draft: Draft, said: Named): void {
	addDevice(draft, said.host, 'target');
	addDevice(draft, said.observer, 'observer');
	draft.endpoint(said.winlog?.computer_name, 'target');
	for (const side of [said.source, said.client]) addSide(draft, side, 'actor');
	for (const side of [said.destination, said.server]) addSide(draft, side, 'target');
	draft.user(said.user?.name, said.user?.domain, 'target');
	draft.entity('email', said.user?.email, 'target');
	draft.entity('process', said.process?.name, 'related');
	draft.entity('process', said.process?.command_line, 'related');
	draft.file(said.process?.executable, 'related');
	draft.entity('process', said.process?.parent?.name, 'related');
	draft.entity('process', said.process?.parent?.command_line, 'related');
	draft.file(said.process?.parent?.executable, 'related');
	draft.file(said.file?.path ?? said.file?.name, 'target');
	for (const hash of [said.process?.hash, said.file?.hash]) addHashes(draft, hash);
	draft.domainName(said.dns?.question?.name, 'related');
	draft.url(said.url?.full ?? said.url?.original, 'related');
	draft.domainName(said.url?.domain, 'related');
	draft.entity('registry_key', said.registry?.path ?? said.registry?.key, 'target');
	draft.entity('protocol', said.network?.protocol, 'related');
	draft.entity('vulnerability', said.vulnerability?.id, 'related');
}

function addDevice(draft: Draft, device: Device | undefined, role: EntityRole): void {
	for (const name of [device?.name, device?.hostname]) draft.endpoint(name, role);
	for (const ip of device?.ip ?? []) draft.entity('ip', ip, role);
	for (const mac of device?.mac ?? []) draft.entity('mac', mac, role);
}

function addSide(draft: Draft, side: Side | undefined, role: EntityRole): void {
	for (const ip of side?.ip ?? []) draft.entity('ip', ip, role);
	for (const mac of side?.mac ?? []) draft.entity('mac', mac, role);
	draft.endpoint(side?.address, role);
	draft.domainName(side?.domain, role);
	draft.entity('port', side?.port, role);
	draft.user(side?.user?.name, side?.user?.domain, role);
}

function addHashes(draft: Draft, hash: Hash | undefined): void {
	for (const value of [hash?.md5, hash?.sha1, hash?.sha256, hash?.sha512]) draft.entity('file_hash', value, 'related');
}
