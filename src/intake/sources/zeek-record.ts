// Zeek's records of any log as one flat form: JSON as Zeek writes it, nested, or as shippers wrap it. What each log means is said in
// zeek-ics.ts and zeek-notice.ts.
import type { IntakeContext } from '../../domain/alert.ts';
import type { Instant } from '../../domain/time.ts';
import { Draft, isPort, present, type Scalar } from '../formats/draft.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';

/** Members that make an object one of Zeek's records, where nothing else tells. */
const ZEEK_FIELD =
	/^(?:uid|ts|_path|id\.orig_h|id|note|seen\.indicator|host|srcmac|func|fc_request|pdu_service|cip_service|opcua_link_id)$/;
/** Where shippers put the record they carry. */
const WRAPPERS = ['_source', 'event', 'log', 'data', 'record'];
const FIELDS_MAX = 500;

/** Fields that have an entity or a place of their own, or that must not be repeated: a password stands in the raw text only. */
const NOT_LABELS =
	/^(?:ts|uid|_path|_write_ts|@timestamp|password|(?:id\.)?(?:orig|resp)_h|(?:source|destination)_h|message|io_data|payload_hex)$/;

/** Fields whose names mean something else in other vendors' payloads: the log, a CIP instance, a protocol's command. */
const NOT_SWEPT = new Set(['_path', 'instance_id', 'command', 'Command', 'password']);

export type ZeekRecord = {
	/** Name of the log (`modbus_detailed`); null where nothing says it. */
	readonly path: string | null;
	/** Flat: `id.orig_h`, `seen.indicator`. */
	readonly fields: ReadonlyMap<string, Scalar | readonly Scalar[]>;
	/** What arrived, for the sweep. */
	readonly whole: JsonObject;
};

/**
 * Finds Zeek's record in what a shipper sent: Zeek's own JSON, flat or with a nested `id`; the Kafka plugin's `{"modbus": {...}}`;
 * Filebeat's `zeek.<log>` beside ECS `source` and `destination`, or the line itself in `message`.
 */
export function zeekRecordOf(whole: JsonObject): ZeekRecord {
	const { path, record, around } = unwrapped(whole, 0);
	const fields = new Map<string, Scalar | readonly Scalar[]>();
	flatten(fields, record, '');
	const set = (name: string, value: JsonValue | undefined): void => {
		if (!fields.has(name) && isScalar(value) && present(value) !== null) fields.set(name, value);
	};
	// ECS has renamed the ends of the connection.
	for (const [name, end] of [
		['orig', around['source']],
		['resp', around['destination']],
	] as const) {
		if (!isJsonObject(end)) continue;
		set(`id.${name}_h`, end['ip'] ?? end['address']);
		set(`id.${name}_p`, end['port']);
	}
	set('ts', around['@timestamp']);
	set('uid', record['session_id'] ?? (isJsonObject(around['zeek']) ? around['zeek']['session_id'] : undefined));
	set('_path', path);
	set('_path', around['_path']);
	const stated = fields.get('_path');
	return { path: typeof stated === 'string' ? stated.trim() : null, fields, whole };
}

type Unwrapped = { readonly path: string | null; readonly record: JsonObject; readonly around: JsonObject };

function unwrapped(value: JsonObject, depth: number): Unwrapped {
	const zeek = value['zeek'];
	if (isJsonObject(zeek)) {
		const named = Object.entries(zeek).find(([, member]) => isJsonObject(member));
		if (named !== undefined && isJsonObject(named[1])) return { path: named[0], record: named[1], around: value };
	}
	if (isZeekObject(value) || depth > 2) return { path: null, record: value, around: value };
	const message = value['message'];
	if (typeof message === 'string' && message.trimStart().startsWith('{')) {
		const json = readJson(message);
		const inner = json.ok ? json.value.documents[0]?.value : undefined;
		if (isJsonObject(inner)) return { ...unwrapped(inner, depth + 1), around: value };
	}
	for (const name of WRAPPERS) {
		const inner = value[name];
		if (isJsonObject(inner) && isZeekObject(inner)) return { ...unwrapped(inner, depth + 1), around: value };
	}
	const members = Object.entries(value);
	const [only] = members;
	if (members.length === 1 && only !== undefined && isJsonObject(only[1]))
		return { path: only[0], record: only[1], around: value };
	return { path: null, record: value, around: value };
}

function isZeekObject(value: JsonObject): boolean {
	return Object.keys(value).some((key) => ZEEK_FIELD.test(key));
}

function flatten(fields: Map<string, Scalar | readonly Scalar[]>, value: JsonObject, prefix: string): void {
	for (const [name, member] of Object.entries(value)) {
		if (fields.size >= FIELDS_MAX) return;
		const key = prefix === '' ? name : `${prefix}.${name}`;
		if (isJsonObject(member)) flatten(fields, member, key);
		else if (Array.isArray(member)) fields.set(key, member.filter(isScalar));
		else fields.set(key, member);
	}
}

function isScalar(value: JsonValue | undefined): value is string | number | boolean | null {
	return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The first of the fields that says anything, as text; of a list its items with commas. */
export function textOf(record: ZeekRecord, ...names: readonly string[]): string | null {
	for (const name of names) {
		const value = record.fields.get(name);
		const text = Array.isArray(value)
			? value.filter((item) => present(item) !== null).join(', ')
			: present(value as Scalar); // not a list: what is left of the union
		if (text !== null && text !== '') return text;
	}
	return null;
}

export type ZeekEnds = { readonly source: string | null; readonly target: string | null };

/**
 * The ends of the connection: who opened it, and to whom. An answer runs the other way and is of the same connection, so ICSNPP's
 * `source_h` and `destination_h`, which follow the packet, count only where `id` is absent.
 */
export function endsOf(record: ZeekRecord): ZeekEnds {
	return {
		source: textOf(record, 'id.orig_h', 'orig_h', 'src', 'source_h', 'srcmac', 'mac_src'),
		target: textOf(record, 'id.resp_h', 'resp_h', 'dst', 'destination_h', 'dstmac', 'mac_dst'),
	};
}

/** A draft with everything that any of Zeek's records names: ends, ports, connection, sensor, all fields as labels. */
export function draftOfZeek(record: ZeekRecord, context: IntakeContext): Draft {
	const draft = new Draft(context);
	const { source, target } = endsOf(record);
	draft.endpoint(source, 'actor', 'id.orig_h');
	draft.endpoint(target, 'target', 'id.resp_h');
	for (const name of ['srcmac', 'mac_src', 'orig_l2_addr']) draft.entity('mac', textOf(record, name), 'actor');
	for (const name of ['dstmac', 'mac_dst', 'resp_l2_addr']) draft.entity('mac', textOf(record, name), 'target');
	const ports = [textOf(record, 'id.orig_p', 'orig_p'), textOf(record, 'id.resp_p', 'resp_p')] as const;
	// Zeek's text may write a port with its transport: `502/tcp`.
	draft.entity('port', ports[0]?.split('/')[0], 'actor', 'id.orig_p');
	draft.entity('port', ports[1]?.split('/')[0], 'target', 'id.resp_p');
	draft.entity('session', textOf(record, 'uid'), 'related');
	draft.endpoint(textOf(record, '_system_name', 'agent.name', 'peer_descr'), 'observer');
	for (const address of textOf(record, 'email_dest')?.split(', ') ?? []) draft.entity('email', address, 'observer');
	gather(draft, record.whole, '', NOT_SWEPT);
	draft.labelsFrom({ vendor: 'Zeek', product: 'Zeek', log: record.path });
	for (const [name, value] of record.fields) {
		if (NOT_LABELS.test(name) || (isPort(value as Scalar) === true && /_p$/.test(name))) continue; // a list is no port
		draft.label(name, value);
	}
	return draft;
}

export function timeOfZeek(draft: Draft, record: ZeekRecord): Instant | null {
	return draft.time('ts', textOf(record, 'ts', '@timestamp', '_write_ts'));
}
