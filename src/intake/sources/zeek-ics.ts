// Zeek's logs of industrial protocols: its own (modbus, dnp3) and those of the ICSNPP parsers, as text logs or JSON. Notices, weirds and
// intel hits in the same feed are read by zeek-notice.ts.
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import { never } from '../../domain/result.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';
import { zeekRowOf } from './zeek-columns.ts';
import { readZeekNotice } from './zeek-notice-record.ts';
import { type Operation, type OperationClass, operationOf } from './zeek-operation.ts';
import { draftOfZeek, endsOf, textOf, timeOfZeek, type ZeekRecord, zeekRecordOf } from './zeek-record.ts';

/** Protocols by the names of their logs (`s7comm_plus` before `s7comm`), with what people call them. */
const PROTOCOLS: readonly (readonly [RegExp, string, string])[] = [
	[/modbus/i, 'modbus', 'Modbus'],
	[/dnp3/i, 'dnp3', 'DNP3'],
	[/s7comm|^cotp/i, 's7comm', 'S7comm'],
	[/^cip/i, 'cip', 'CIP'],
	[/^enip/i, 'enip', 'EtherNet/IP'],
	[/bacnet/i, 'bacnet', 'BACnet'],
	[/profinet/i, 'profinet', 'PROFINET'],
	[/opcua|opc_ua/i, 'opcua', 'OPC UA'],
	[/^ecat|ethercat/i, 'ethercat', 'EtherCAT'],
	[/genisys/i, 'genisys', 'Genisys'],
	[/ge_srtp/i, 'ge_srtp', 'GE SRTP'],
	[/hart_ip/i, 'hart_ip', 'HART-IP'],
	[/omron/i, 'omron_fins', 'Omron FINS'],
	[/synchrophasor/i, 'synchrophasor', 'Synchrophasor'],
	[/bsap/i, 'bsap', 'BSAP'],
	[/roc_plus/i, 'roc_plus', 'ROC Plus'],
	[/c1222/i, 'c1222', 'ANSI C12.22'],
];
/** The log where none is named, by a field that only its records have. */
const BY_FIELD: readonly (readonly [string, string])[] = [
	['func', 'modbus'],
	['fc_request', 'dnp3'],
	['fc_reply', 'dnp3'],
	['trip_control_code', 'dnp3_control'],
	['rosctr_name', 's7comm'],
	['cip_service', 'cip'],
	['enip_command', 'enip'],
	['bvlc_function', 'bacnet'],
	['pdu_service', 'bacnet'],
	['operation_num', 'profinet_io_cm'],
	['opcua_link_id', 'opcua_binary'],
	['srtp_type', 'ge_srtp_general'],
	['data_stream_id', 'synchrophasor'],
	['app_func_code', 'bsap_ip_rdb'],
	['slave_addr', 'ecat_registers'],
	['Slave_Addr', 'ecat_registers'],
];
const NO_OPERATION: Operation = { class: 'talk', name: null, failure: null };
/** A device behind a gateway or in a rack: the part of the target that the address alone does not tell. */
const SUB_ADDRESS = ['unit', 'slave_addr', 'Slave_Addr', 'server', 'dadd', 'instance_number', 'drive_num'];

export const zeekIcs: SourceKind = {
	name: 'zeek-ics',
	aliases: [],
	title: 'Zeek, industrial protocols (ICSNPP)',
	vendor: 'Zeek',
	domain: 'ot',
	forms: [
		"Zeek's text logs with their `#separator` header, any separator, several files after one another",
		'rows of these logs without the header, one a line or one a message (conn ends first; cip, enip, cip_io, cip_identity, profinet_io_cm, modbus and dnp3 by their columns)',
		'JSON, one record a line: flat or nested `id`, `{"modbus": {...}}` of the Kafka plugin, `zeek.<log>` of Filebeat',
		'logs modbus, modbus_detailed, known_modbus, dnp3, dnp3_control, s7comm, s7comm_plus, cip, enip, cip_io, bacnet, profinet, profinet_io_cm, opcua_binary, ecat, genisys, ge_srtp, hart_ip, omron_fins, synchrophasor, bsap and their siblings',
	],
	severities: [
		[
			'a write, a command to a device (operate, stop, restart, download, reset, ...), an exception or refusal: Zeek states none',
			null,
		],
		['a notification of a device (BACnet event): Zeek states none', null],
		['reads, answers, discovery, device lists (kind `audit`): Zeek states none', null],
	],
	identity:
		'protocol, function, failure, both ends of the connection, and the unit behind the address; never the connection or a time',
	setup: [
		'Let a shipper (Vector, Fluent Bit, Filebeat) post the logs of these protocols to `https://HOST/v1/alerts/zeek-ics` with the bearer token, with `LogAscii::use_json=T` or with the header lines.',
		'Post `notice.log` there too, or to kind `zeek-notice`.',
	],
	notHandled: [
		'logs of other protocols are kept as audit records (conn, dns, http, ...)',
		'whether a write was allowed: that is a rule over asset, zone and maintenance window',
		'process values in a write are labels; none is judged',
	],
	splitJson: splitZeek,
	readJson: (record, _envelope, context) => readIcs(record, context),
	readCef: null,
	ownsCef: null,
	readText: readZeekLine,
};

export function splitZeek(document: JsonValue): JsonSplit {
	return records(Array.isArray(document) ? document : [document]);
}

/** A row without its header, alone or behind a syslog header. */
export function readZeekLine(text: string, header: SyslogMessage | null, context: IntakeContext): Reading | null {
	const row = zeekRowOf(text);
	// A shipper often tells the log in the syslog program: `zeek_modbus`.
	const path = /^(?:zeek|bro)_(\w{2,40})$/.exec(header?.program ?? '')?.[1];
	if (row === null) return null;
	return readIcs(path === undefined || row['_path'] !== undefined ? row : { _path: path, ...row }, context);
}

/** One record of any of Zeek's logs. Severity is null always: Zeek observes and does not judge. */
function readIcs(whole: JsonObject, context: IntakeContext): Reading {
	const record = zeekRecordOf(whole);
	const notice = readZeekNotice(record, context);
	if (notice !== null) return notice;
	if (record.fields.size === 0) return unparsed('record', 'an object without fields', "a record of one of Zeek's logs");
	if (!isZeek(record)) {
		return unparsed(
			'record',
			`fields ${[...record.fields.keys()].slice(0, 5).join(', ')}`,
			'a Zeek record: `ts` and `id.orig_h`, `uid` or `_path`',
		);
	}
	const path = record.path ?? BY_FIELD.find(([field]) => record.fields.has(field))?.[1] ?? null;
	const known = PROTOCOLS.find(([pattern]) => pattern.test(path ?? ''));
	const protocol = known?.[1] ?? path;
	const operation = known === undefined ? NO_OPERATION : operationOf(record);
	const draft = draftOfZeek(record, context);
	draft.entity('protocol', protocol, 'related');
	addObjects(draft, record);
	draft.labelsFrom({
		log: path,
		protocol,
		operation: operation.name,
		operation_class: operation.class,
		failure: operation.failure,
	});
	const { source, target } = endsOf(record);
	const isDevice = /^known_|_known_devices$/.test(path ?? '') || record.fields.has('device_type');
	if (isDevice) draft.endpoint(textOf(record, 'host'), 'target');
	const device = isDevice ? [textOf(record, 'host'), textOf(record, 'device_type')] : [];
	const unit = SUB_ADDRESS.map((field) => textOf(record, field)).find((text) => text !== null) ?? null;
	const alert = draft.finish({
		externalId: textOf(record, 'uid'),
		identity: [protocol, operation.class, operation.name, operation.failure, source, target, unit, ...device],
		status: 'open',
		title: titleOf(
			known?.[2] ?? `Zeek ${path ?? ''}`.trim(),
			operation.name ?? textOf(record, 'device_type', 'product_name', 'device_type_name') ?? 'record',
			operation.failure,
			source ?? device[0] ?? null,
			target,
		),
		description: null,
		severity: null,
		severityRaw: null,
		kind: kindOf(operation.class),
		domain: 'ot',
		occurredAt: timeOfZeek(draft, record),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}

function isZeek(record: ZeekRecord): boolean {
	if (record.path !== null) return true;
	return ['ts', 'uid', 'id.orig_h', 'source_h', 'srcmac'].some((field) => record.fields.has(field));
}

function kindOf(operation: OperationClass): AlertKind {
	switch (operation) {
		case 'control':
		case 'write':
		case 'failure':
			return 'security';
		// A building controller tells of a condition of its own; what it is stands inside the packet, which Zeek does not log.
		case 'event':
			return 'process';
		case 'talk':
			return 'audit';
		default:
			return never(operation);
	}
}

function titleOf(
	protocol: string,
	what: string,
	failed: string | null,
	source: string | null,
	target: string | null,
): string {
	const failure = failed === null ? '' : ` failed: ${failed}`;
	const ends = source === null ? '' : target === null ? ` (${source})` : ` from ${source} to ${target}`;
	return `${protocol} ${what}${failure}${ends}`;
}

/** The point inside the device that was touched, as a tag that other alerts may name too. */
function addObjects(draft: ReturnType<typeof draftOfZeek>, record: ZeekRecord): void {
	const type = textOf(record, 'object_type');
	const instance = textOf(record, 'instance_number');
	if (type !== null && instance !== null) draft.entity('tag', `${type} ${instance}`, 'target');
	for (const field of ['object_name', 'station_names', 'tag_name', 'variables']) {
		const value = record.fields.get(field);
		for (const name of Array.isArray(value) ? value : [value as string | null]) draft.entity('tag', name, 'target'); // not a list
	}
}
