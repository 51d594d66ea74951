// Rows of Zeek logs that came without their header (cut off by a shipper, or one line a message): which column is which is told by the
// first columns, which all logs share, and by values that only one log has. Nothing is judged here.

import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { zeekCells } from '../formats/zeek-text.ts';

type Cells = readonly (string | null)[];

const TIME = /^[\dX]{1,12}\.[\dX]{1,9}$/;
const UID = /^[A-Za-z0-9]{8,24}$/;
const ADDRESS = /^[0-9a-fA-F]{0,4}[.:][0-9a-fA-F.:]{1,43}$|^\d{1,3}(?:\.\d{1,3}){3}$/;
const ENDS = ['source_h', 'source_p', 'destination_h', 'destination_p'];

/** profinet_io_cm.log of ICSNPP, after the ends of the connection. */
const PROFINET_IO_CM =
	'proto rpc_version packet_type reserved_for_impl_1 last_fragment fragment no_fragment_requested maybe idempotent broadcast reserved_for_impl_2 cancel_was_pending_at_call_end integer_encoding character_encoding floating_point_encoding serial_high object_uuid interface_uuid activity_uuid server_boot_time interface_vers_major interface_vers_minor sequence_num operation_num interface_hint activity_hint len_of_body fragment_num auth_protocol serial_low vers_fack window_size max_tsdu max_frag_size serial_number sel_ack_len array_of_sel_ack'.split(
		' ',
	);
const CIP_IDENTITY =
	'encapsulation_version socket_address socket_port vendor_id vendor_name device_type_id device_type_name product_code revision device_status serial_number product_name device_state'.split(
		' ',
	);
const CIP_REQUEST = ['class_id', 'class_name', 'instance_id', 'attribute_id'];
const ENIP = [
	'enip_command_code',
	'enip_command',
	'length',
	'session_handle',
	'enip_status',
	'sender_context',
	'options',
];

/**
 * A row without a header as the object its log would give, as far as its log can be told; other columns are `column_<n>`, from 1.
 * Null where the first columns are not those of a Zeek log.
 */
export function zeekRowOf(line: string): JsonObject | null {
	const cells = zeekCells(line);
	const named: [string, JsonValue][] = [];
	let at = 0;
	const take = (name: string): void => {
		const cell = cells[at];
		if (cell !== null && cell !== undefined && cell !== '') named.push([name, cell]);
		at++;
	};
	if (TIME.test(cells[at] ?? '')) take('ts');
	if (UID.test(cells[at] ?? '') && !ADDRESS.test(cells[at] ?? '')) take('uid');
	const hasEnds = isAddress(cells[at]) && isPortCell(cells[at + 1]) && isAddress(cells[at + 2]);
	if (hasEnds) for (const name of ['id.orig_h', 'id.orig_p', 'id.resp_h', 'id.resp_p']) take(name);
	if (at < 2) return null;
	if (cells[at] === 'T' || cells[at] === 'F') take('is_orig');
	if (isAddress(cells[at]) && isPortCell(cells[at + 1]) && isAddress(cells[at + 2]))
		for (const name of ENDS) take(name);
	const { path, names } = layoutOf(cells.slice(at));
	for (const name of names) take(name);
	while (at < cells.length) take(`column_${at + 1}`);
	return Object.fromEntries(path === null ? named : [['_path', path], ...named]);
}

function isAddress(cell: string | null | undefined): boolean {
	return cell === null || (cell !== undefined && ADDRESS.test(cell));
}

function isPortCell(cell: string | null | undefined): boolean {
	return cell === null || /^\d{1,5}$/.test(cell ?? '');
}

/** The log that the columns after the ends belong to, by what only it has. */
function layoutOf(rest: Cells): { readonly path: string | null; readonly names: readonly string[] } {
	const is = (index: number, pattern: RegExp): boolean => pattern.test(rest[index] ?? '');
	if (is(0, /^(?:udp|tcp)$/) && is(1, /^\d{1,2}$/) && is(2, /^[A-Z][A-Za-z ]{1,30}$/) && rest.length > 20)
		return { path: 'profinet_io_cm', names: PROFINET_IO_CM };
	const direction = rest.findIndex((cell) => cell === 'request' || cell === 'response');
	if (direction !== -1 && direction <= 2) return { path: 'cip', names: cipNames(rest, direction) };
	if (is(0, /^\d{1,5}$/) && is(1, ADDRESS) && rest.length >= 12) return { path: 'cip_identity', names: CIP_IDENTITY };
	const command = is(1, /^0x[0-9a-f]{2,4}$/) ? 1 : 0;
	if (is(command, /^0x[0-9a-f]{2,4}$/) && is(command + 2, /^\d{1,5}$/) && is(command + 3, /^0x/))
		return { path: 'enip', names: [...(command === 1 ? ['packet_correlation_id'] : []), ...ENIP] };
	if (is(0, /^0x[0-9a-f]{6,8}$/) && is(2, /^\d{1,6}$/))
		return { path: 'cip_io', names: ['connection_id', 'sequence_number', 'data_length', 'io_data'] };
	const pdu = rest.findIndex((cell) => cell === 'REQ' || cell === 'RESP');
	if (pdu === 1 || pdu === 3)
		return { path: 'modbus', names: [...(pdu === 3 ? ['tid', 'unit'] : []), 'func', 'pdu_type', 'exception'] };
	if (rest.length === 3 && is(2, /^\d{1,5}$/) && (is(0, /^[A-Z_]{4,40}$/) || is(1, /^[A-Z_]{4,40}$/)))
		return { path: 'dnp3', names: ['fc_request', 'fc_reply', 'iin'] };
	return { path: null, names: [] };
}

/** Versions of cip.log differ in what stands between the direction and the class. */
function cipNames(rest: Cells, direction: number): string[] {
	const before = ['packet_correlation_id', 'cip_sequence_count'].slice(2 - direction);
	const hasCode = /^0x/.test(rest[direction + 1] ?? '');
	const names = [...before, 'direction', ...(hasCode ? ['cip_service_code'] : []), 'cip_service'];
	const left = rest.length - names.length;
	const states =
		left >= 8
			? ['cip_status_code', 'cip_status', 'cip_extended_status_code', 'cip_extended_status']
			: left >= 6
				? ['cip_status_code', 'cip_status']
				: ['cip_status'];
	return [...names, ...states, ...CIP_REQUEST];
}
