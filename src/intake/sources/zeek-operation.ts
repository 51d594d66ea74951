// What a record of an industrial protocol says was done: a write, a command that acts on a device, a refusal, a notification, or talk.
// Told by the names that Zeek's analyzers and the ICSNPP parsers give to functions; nothing is concluded about who was allowed to.
import { textOf, type ZeekRecord } from './zeek-record.ts';

/** What was done. The order is that of their weight: a refused write is a refusal of a write. */
export type OperationClass = 'control' | 'write' | 'failure' | 'event' | 'talk';

export type Operation = {
	readonly class: OperationClass;
	/** The protocol's own names of the function, as they stand in the record. */
	readonly name: string | null;
	/** Exception, error or refusal, in the protocol's words. */
	readonly failure: string | null;
};

/** Fields in which the parsers name the function, by parser. */
const FUNCTION_FIELDS = [
	'func', // modbus, modbus_detailed and its siblings
	'request_subfunction_code',
	'response_subfunction_code',
	'mei_type',
	'fc_request', // dnp3
	'function_code', // dnp3_control, dnp3_objects
	'operation_type', // dnp3_control, profinet
	'trip_control_code',
	'function_name', // s7comm, s7comm_plus
	'subfunction_name',
	'opcode_name',
	'block_function',
	'cip_service', // cip
	'enip_command', // enip
	'pdu_service', // bacnet
	'operation_num', // profinet_io_cm
	'operation', // profinet_dce_rpc
	'identifier_str', // opcua_binary
	'service_request_code', // ge_srtp
	'command', // synchrophasor_cmd, hart_ip, ecat
	'Command',
	'cmd',
	'command_name',
	'command_code', // omron_fins
	'header', // genisys
	'app_func_code', // bsap
	'func_code',
	'extfun',
	'service', // others
];
/** A reply names its function only where the request is missing. */
const REPLY_FIELDS = ['fc_reply', 'msg_type', 'message_type', 'pdu_type', 'rosctr_name', 'pdu_name', 'packet_type'];

const CONTROL =
	/\b(?:direct operate|operate|select|(?:cold|warm) restart|restart|stop|start application|stop application|initiali[sz]e|reinitiali[sz]e|device communication control|download\w*|upload\w*|pi service|plc control|plc stop|reset|run|halt|(?:un)?forced?|delete|insert|create object|remove list element|add list element|life safety operation|call(?: request)?|control|execute|clear|privilege|access right|program|turn (?:off|on)|(?:add|delete) nodes|disable unsolicited|open file|delete file|restore|save|activate config\w*|apply attributes|trip|latch on|latch off|pulse on|pulse off)\b/;
/** Names that hold one of the words above and act on nothing. */
const NO_CONTROL =
	/\b(?:delete (?:subscriptions?|monitored items?)|control relay output block status|get \w+ control|program (?:status|name)|run status|(?:read|get) (?:controller|program|clock|cpu)\b.{0,40})\b/;
const WRITE = /\b(?:write|wr|set|modify|mask|preset|assign|apwr|fpwr|bwr|lwr|store)\b/;
const NOTIFICATION = /\b(?:event notification|confirmed text message|unconfirmed text message)\b/;
const NO_FAILURE = /^(?:0|0x0+|t|true|success\w*|ok|good|no error|none|-|no_error|normal)$/i;
const PDU_FAILURE = /^(?:error|reject|abort|fault|exception)/i;

export function operationOf(record: ZeekRecord): Operation {
	const names = FUNCTION_FIELDS.map((field) => textOf(record, field)).filter((name) => name !== null);
	if (names.length === 0) {
		const reply = textOf(record, ...REPLY_FIELDS);
		if (reply !== null) names.push(reply);
	}
	// Of a row without a header only a function's own spelling can be told: WRITE_SINGLE_COIL.
	for (const [field, value] of record.fields)
		if (field.startsWith('column_') && /^[A-Z]{3,20}_[A-Z_]{2,40}$/.test(String(value))) names.push(String(value));
	if (record.fields.has('pdu_service')) names.push(textOf(record, 'device_state') ?? '');
	// A code beside its name says nothing more.
	const words = names.filter((text) => text !== '' && !/^0x[0-9a-f]{1,8}$/i.test(text));
	const name = [...new Set(words.length === 0 ? names : words)].join(', ') || null;
	const failure = failureOf(record);
	return { class: classOf(wordsOf(name ?? ''), failure), name, failure };
}

function classOf(words: string, failure: string | null): OperationClass {
	if (failure !== null) return 'failure';
	if (WRITE.test(words)) return 'write';
	if (CONTROL.test(words.replace(NO_CONTROL, ' '))) return 'control';
	// A function code that the protocol does not define is nothing that a working client sends.
	if (/^unknown \d{1,3}$/.test(words)) return 'failure';
	return NOTIFICATION.test(words) ? 'event' : 'talk';
}

function failureOf(record: ZeekRecord): string | null {
	const stated = [
		'exception',
		'error_code',
		'result_code',
		'cip_status',
		'cip_extended_status',
		'enip_status',
		'error_class',
		'error',
		'status_code_level',
	]
		.map((field) => textOf(record, field))
		.find((text) => text !== null && !NO_FAILURE.test(text.trim()) && !/^success/i.test(text));
	if (stated !== undefined) return stated;
	const status = textOf(record, 'status_code');
	// dnp3_control and omron state how it went in words; ge_srtp and others in codes.
	if (status !== null && /[a-z]{3}/i.test(status) && !NO_FAILURE.test(status) && !/^undefined/i.test(status))
		return status;
	const result = textOf(record, 'result', 'pdu_type', 'packet_type');
	return result !== null && PDU_FAILURE.test(result) ? result : null;
}

/** `WRITE_SINGLE_COIL`, `WriteRequest` and `write-property` in single lower-case words. */
function wordsOf(text: string): string {
	return text
		.slice(0, 2_000)
		.replace(/([a-z\d])([A-Z])/g, '$1 $2')
		.replace(/[^A-Za-z0-9]+/g, ' ')
		.trim()
		.toLowerCase();
}
