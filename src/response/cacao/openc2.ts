// OpenC2 commands (language specification v1.0) that mean the same as an action of ours. Pure. The pair is a translation and no leave: the
// action goes through the gate as if it were written here. Whatever is not in this list is a command whose effect nobody can see.
import { isJsonObject, type Json, type JsonObject, readStrictJson } from './strict-json.ts';

export type OpenC2 = {
	readonly action: string;
	readonly target: string;
	/** What the target is: an address, a domain, a host; null where it cannot be said in one plain word. */
	readonly value: string | null;
};

export type Translated = {
	readonly action: 'block_indicator' | 'unblock_indicator' | 'isolate_host' | 'release_host' | 'restart';
	/** Whether the value is a host, which becomes the step's target, or an indicator, which becomes its parameter. */
	readonly is: 'indicator' | 'host';
};

const PAIRS: Readonly<Record<string, Translated>> = {
	'deny ipv4_net': { action: 'block_indicator', is: 'indicator' },
	'deny ipv6_net': { action: 'block_indicator', is: 'indicator' },
	'deny domain_name': { action: 'block_indicator', is: 'indicator' },
	'deny uri': { action: 'block_indicator', is: 'indicator' },
	'deny file': { action: 'block_indicator', is: 'indicator' },
	'allow ipv4_net': { action: 'unblock_indicator', is: 'indicator' },
	'allow ipv6_net': { action: 'unblock_indicator', is: 'indicator' },
	'allow domain_name': { action: 'unblock_indicator', is: 'indicator' },
	'allow uri': { action: 'unblock_indicator', is: 'indicator' },
	'contain device': { action: 'isolate_host', is: 'host' },
	'allow device': { action: 'release_host', is: 'host' },
	'restart device': { action: 'restart', is: 'host' },
};

/** One plain word: nothing of it is ever read as anything else. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}._:@+\\/?=&%~-]{0,119}$/u;

/** Reads the content of an OpenC2 message, in its envelope or bare; null where it is none. */
export function readOpenC2(bytes: Uint8Array): OpenC2 | null {
	const read = readStrictJson(bytes);
	if (!read.ok || !isJsonObject(read.value)) return null;
	const body = at(read.value, 'body', 'openc2', 'request') ?? read.value;
	if (!isJsonObject(body)) return null;
	const { action, target } = body;
	if (typeof action !== 'string' || !isJsonObject(target)) return null;
	const [kind, ...more] = Object.keys(target);
	if (kind === undefined || more.length > 0) return null;
	return { action, target: kind, value: namedBy(target[kind]) };
}

/** What a message says to do: its values, without the names of its members, which are the language's and no order. */
export function textOfOpenC2(bytes: Uint8Array): string | null {
	const command = readOpenC2(bytes);
	const read = command === null ? null : readStrictJson(bytes);
	return command === null || read?.ok !== true ? null : [command.target, ...stringsIn(read.value)].join(' ');
}

function stringsIn(value: Json): string[] {
	if (typeof value === 'string') return [value];
	if (Array.isArray(value)) return value.flatMap((item: Json) => stringsIn(item));
	return isJsonObject(value) ? Object.values(value).flatMap(stringsIn) : [];
}

/** The action that means the same; null where none does, or where what it is done to cannot be said. */
export function translate(command: OpenC2): Translated | null {
	const pair = `${command.action} ${command.target}`;
	const found = Object.hasOwn(PAIRS, pair) ? PAIRS[pair] : undefined;
	return found === undefined || command.value === null ? null : found;
}

function at(value: JsonObject, ...names: readonly string[]): Json | undefined {
	let here: Json | undefined = value;
	for (const name of names) {
		if (!isJsonObject(here) || !Object.hasOwn(here, name)) return undefined;
		here = here[name];
	}
	return here;
}

function namedBy(value: Json | undefined): string | null {
	if (typeof value === 'string') return PLAIN.test(value) ? value : null;
	if (!isJsonObject(value)) return null;
	const hashes = value['hashes'];
	const named = isJsonObject(hashes) ? (hashes['sha256'] ?? hashes['sha1'] ?? hashes['md5']) : undefined;
	for (const one of [named, value['device_id'], value['hostname'], value['name']]) {
		if (typeof one === 'number') return String(one);
		if (typeof one === 'string') return PLAIN.test(one) ? one : null;
	}
	return null;
}
