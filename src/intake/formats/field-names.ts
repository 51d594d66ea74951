// What a field's name says about its value, in any vendor's payload: a host, a user, a file. Only names are looked at here.
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from './draft.ts';
import { bareName } from './fold-names.ts';

/** Adds a value of a named field to an alert. */
type FieldReader = (draft: Draft, text: string, role: EntityRole) => void;

const HOST: FieldReader = (draft, text, role) => {
	// A source's own mapping may have told it to be a name in the DNS.
	if (!draft.has('domain', text)) draft.endpoint(text, role);
};
const USER: FieldReader = (draft, text, role) => draft.user(text, null, role);
const FILE: FieldReader = (draft, text, role) => draft.file(text, role);
const HASH: FieldReader = (draft, text, role) => draft.entity('file_hash', text, role);
const ACCOUNT: FieldReader = (draft, text, role) => draft.entity('account', text, role);
/** `sid` is a Windows account with some vendors and a signature id with others: told by its form. */
const SID: FieldReader = (draft, text, role) => {
	if (/^S-1-\d/i.test(text)) draft.entity('account', text, role);
};
const DNS_NAME: FieldReader = (draft, text, role) => draft.domainName(text, role);
/** A Windows domain without a dot (`CORP`, `NT AUTHORITY`) is part of an account's name, not a name in the DNS. */
const DOMAIN: FieldReader = (draft, text, role) => {
	if (text.includes('.')) draft.domainName(text, role);
};
const PROCESS: FieldReader = (draft, text, role) => draft.entity('process', text, role);
const REGISTRY: FieldReader = (draft, text, role) => draft.entity('registry_key', text, role);
const CLOUD: FieldReader = (draft, text, role) => draft.entity('cloud_resource', text, role);

/** Field names (lower case, letters and digits only) that say what their value is. */
const BY_NAME = new Map<string, FieldReader>(
	(
		[
			[
				HOST,
				'host hosts hostname hostnames fqdn computer machine workstation netbiosname agentname shost dhost nodename nodelabel labelsrc labeldst clientname systemname',
			],
			[
				USER,
				'user users username usernames userid suser duser srcuser dstuser sourceuser destinationuser samaccountname login loginname logonuser euser ruser auid targetuser initiatinguser actorname owneruser uname unameafter dbuser principalname',
			],
			[ACCOUNT, 'accountobjectid aaduserid azureaduserid userprincipalname'],
			[
				FILE,
				'file files filenames fname sourcefile imagepath imageloaded image parentimage targetimage sourceimage path newprocessname parentprocessname processpath executable exe',
			],
			[HASH, 'md5after sha1after sha256after md5before sha1before sha256before'],
			[DOMAIN, 'domain domains domainname domainnames dnsdomain sourcedomain'],
			[DNS_NAME, 'rrname rdata sni queryname servername destinationdnsdomain'],
			[PROCESS, 'process sproc dproc programname command cmdline'],
			[REGISTRY, 'registrykey targetobject registryvalue regkey'],
			[CLOUD, 'resourceid cloudresource azureresourceid arn instanceid'],
		] as const
	).flatMap(([reader, names]) => names.split(' ').map((name): [string, FieldReader] => [name, reader])),
);

/** Endings of longer names (`initiatingProcessAccountName`, `remoteHost`), the longer before the shorter. */
const BY_ENDING: readonly (readonly [string, FieldReader])[] = [
	['processname', PROCESS],
	['processfilename', FILE],
	['commandline', PROCESS],
	['username', USER],
	['accountname', USER],
	['userprincipalname', ACCOUNT],
	['upn', ACCOUNT],
	['sid', SID],
	['dnsname', HOST],
	['hostname', HOST],
	['computername', HOST],
	['devicename', HOST],
	['machinename', HOST],
	['workstationname', HOST],
	['host', HOST],
	['filename', FILE],
	['filepath', FILE],
	['folderpath', FILE],
	['md5', HASH],
	['sha1', HASH],
	['sha256', HASH],
	['sha512', HASH],
	['registrykey', REGISTRY],
];

/** Names whose digits look like addresses and are none. */
const DEAF = /version|hotfix|^(?:os)?build|cpe|useragent|communityid/;

export type FieldName = {
	readonly reader: FieldReader | null;
	/** The value names no address, whatever it looks like. */
	readonly isDeaf: boolean;
	/** The value may be hashes: a hash can only be told from an id by the name of its field (`MalopHashList`). */
	readonly isHash: boolean;
	/** How a TLS or SSH client or server introduces itself, hashed (`ja3`): it names a kind of program, and no file. */
	readonly print: string | null;
};

/** `ja3`, `tls.ja3s.hash`, `ja3_hash`. */
const PRINT_KEY = /^(?:\w{1,20}\.){0,4}(ja3s?|ja4[a-z]{0,4}|hassh(?:server)?)(?:[._]?hash)?$/i;

/** Vendors have a few hundred field names; what is learnt about one holds for ever. Names beyond the limit are looked at anew. */
const KNOWN_MAX = 5_000;
const known = new Map<string, FieldName>();

/** What the name says. `Src.User-Name`, `src_user_name` and `srcUserName` are one name. */
export function readFieldName(key: string): FieldName {
	const held = known.get(key);
	if (held !== undefined) return held;
	const name = bareName(key);
	const reader = BY_NAME.get(name) ?? BY_ENDING.find(([ending]) => name.endsWith(ending))?.[1] ?? null;
	const print = PRINT_KEY.exec(key)?.[1]?.toLowerCase() ?? null;
	const field = { reader, isDeaf: DEAF.test(name), isHash: name.includes('hash'), print };
	if (known.size < KNOWN_MAX && key.length <= 100) known.set(key, field);
	return field;
}
