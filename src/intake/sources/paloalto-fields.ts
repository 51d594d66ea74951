// Fields of a firewall log by the names that its forms give them, and whose side what they name is on. What the log means is read in
// paloalto.ts.
import type { Draft } from '../formats/draft.ts';
import { present } from '../formats/draft.ts';
import { bareName } from '../formats/fold-names.ts';

/** A field of the log by any of its names: CSV, JSON (`SourceAddress`, `source_ip`), LEEF (`SourceLocation`). Names without case and marks. */
export type Fields = (...names: string[]) => string | null;

export function fieldsOf(pairs: Iterable<readonly [string, string]>): Fields {
	const byName = new Map<string, string>();
	for (const [name, value] of pairs) {
		const key = bareName(name).replace(/^panos(?=.)/, '');
		if (!byName.has(key) && present(value) !== null) byName.set(key, value);
	}
	return (...names) => {
		for (const name of names) {
			const value = byName.get(name);
			if (value !== undefined) return value;
		}
		return null;
	};
}

/** Adds what the fields name, by whose side they are on. */
export function addRoles(draft: Draft, field: Fields): void {
	for (const name of [
		'src',
		'sourceaddress',
		'sourceip',
		'srcip',
		'natsrc',
		'natsource',
		'natsourceip',
		'srcpostnat',
		'srchost',
		'sourcedevicehost',
		'machinename',
		'publicip',
		'publicipv6',
		'privateip',
		'privateipv6',
		'publicipv4',
		'privateipv4',
		'srcipv6',
		'endpointdevicename',
		'xffip',
		'xforwardedforip',
		'xff',
		'xforwardedfor',
	])
		draft.endpoint(field(name), 'actor');
	for (const name of [
		'dst',
		'destinationaddress',
		'destip',
		'dstip',
		'natdst',
		'natdestination',
		'natdestip',
		'dstpostnat',
		'dsthost',
		'destinationdevicehost',
		'gateway',
	])
		draft.endpoint(field(name), 'target');
	for (const name of ['devicename', 'dvchost', 'logsourcename']) draft.endpoint(field(name), 'observer');
	draft.entity('mac', field('srcmac', 'sourcedevicemac', 'mac'), 'actor');
	draft.entity('mac', field('dstmac', 'destinationdevicemac'), 'target');
	draft.user(
		field('srcuser', 'sourceuser', 'sourceusername', 'usrname', 'username', 'admin', 'adminname'),
		null,
		'actor',
	);
	draft.user(field('normalizeuser'), null, 'actor');
	draft.user(field('dstuser', 'destinationuser', 'destinationusername', 'destuser'), null, 'target');
	draft.entity('port', field('sport', 'sourceport'), 'actor');
	draft.entity('port', field('dport', 'destinationport', 'destport'), 'target');
	draft.entity('protocol', field('app', 'application'), 'related');
	draft.entity('zone', field('from', 'fromzone', 'sourcezone'), 'actor');
	draft.entity('zone', field('to', 'tozone', 'destinationzone'), 'target');
	for (const name of ['sender', 'senderemail', 'recipient', 'recipientemail'])
		draft.entity(
			'email',
			field(name)?.includes('@') === true ? field(name) : null,
			name.startsWith('s') ? 'actor' : 'target',
		);
	draft.entity('file_hash', field('filedigest', 'filehash'), 'related');
	addSubject(draft, field);
}

/** `misc`: the URL of a url log, the domain of a DNS one, else a file's name. JSON has a field for each. */
export function addSubject(draft: Draft, field: Fields): void {
	const subtype = field('subtype', 'threatcontenttype') ?? '';
	const misc = field('misc');
	const url = field('url') ?? (subtype === 'url' ? misc : null);
	if (url !== null) {
		const host = url.replace(/^[a-z]{2,10}:\/\//i, '').split(/[/:?]/)[0] ?? '';
		draft.entity('url', url, 'related');
		if (host.includes('.')) draft.domainName(host, 'related');
	} else if (
		/^dns/.test(subtype) ||
		/^[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}$/.test(misc ?? '') === (subtype === 'spyware')
	) {
		draft.domainName(misc, 'related');
	} else {
		draft.file(misc, 'related');
	}
	draft.file(field('filename'), 'related');
}
