// Zeek's industrial logs: which records are alerts, whose ends they name, and what folds.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../src/domain/alert.ts';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/zeek-ics/${name}`, import.meta.url), 'utf8');
const row = (more: object) => ({
	ts: 1746345600.5,
	uid: 'CmQ1aa2WbX0T7d1yRk',
	'id.orig_h': '172.20.30.5',
	'id.orig_p': 51022,
	'id.resp_h': '172.20.41.11',
	'id.resp_p': 502,
	...more,
});
const read = (more: object): Alert => alertOf('zeek-ics', row(more));

describe('Zeek, industrial protocols', () => {
	it.each([
		[{ func: 'WRITE_SINGLE_COIL', pdu_type: 'REQ' }, 'security', 'write'],
		[{ func: 'READ_WRITE_MULTIPLE_REGISTERS' }, 'security', 'write'],
		[{ func: 'READ_COILS', pdu_type: 'REQ' }, 'audit', 'talk'],
		[{ func: 'READ_COILS', exception: 'ILLEGAL_FUNCTION' }, 'security', 'failure'],
		[{ _path: 'modbus_detailed', func: 'READ_COILS', error_code: 'SLAVE_DEVICE_FAILURE' }, 'security', 'failure'],
		[{ func: 'DIAGNOSTICS', request_subfunction_code: 'Restart Communications Option' }, 'security', 'control'],
		[{ func: 'unknown-91' }, 'security', 'failure'],
		[{ fc_request: 'READ', fc_reply: 'RESPONSE', iin: 0 }, 'audit', 'talk'],
		[{ fc_request: 'OPERATE', fc_reply: 'RESPONSE' }, 'security', 'control'],
		[{ fc_request: 'WARM_RESTART' }, 'security', 'control'],
		[{ _path: 'dnp3_control', function_code: 'SELECT', status_code: 'Success' }, 'security', 'control'],
		[{ _path: 'dnp3_control', function_code: 'OPERATE', status_code: 'Already Active' }, 'security', 'failure'],
		[{ _path: 's7comm', function_name: 'Setup Communication', rosctr_name: 'Job' }, 'audit', 'talk'],
		[{ _path: 's7comm', function_name: 'Request Download' }, 'security', 'control'],
		[{ _path: 's7comm', function_name: 'Read Var', error_class: 'No error' }, 'audit', 'talk'],
		[{ _path: 's7comm_plus', opcode_name: 'Request', function_name: 'SetMultiVariables' }, 'security', 'write'],
		[{ _path: 'cip', cip_service: 'Get Attributes All', cip_status: 'Success' }, 'audit', 'talk'],
		[{ _path: 'cip', cip_service: 'Reset' }, 'security', 'control'],
		[
			{ _path: 'cip', cip_service: 'Get Attribute Single', cip_status: 'Path destination unknown' },
			'security',
			'failure',
		],
		[{ _path: 'enip', enip_command: 'Register Session', enip_status: 'Success' }, 'audit', 'talk'],
		[
			{ _path: 'bacnet_property', pdu_service: 'write-property-request', property: 'present-value' },
			'security',
			'write',
		],
		[{ _path: 'bacnet_property', pdu_service: 'read-property-ack' }, 'audit', 'talk'],
		[
			{ _path: 'bacnet', pdu_type: 'REJECT', pdu_service: 'read_property', result_code: 'missing-required-parameter' },
			'security',
			'failure',
		],
		[{ _path: 'bacnet_discovery', pdu_service: 'who-is' }, 'audit', 'talk'],
		[{ _path: 'bacnet', pdu_service: 'unconfirmed_event_notification' }, 'process', 'event'],
		[{ _path: 'profinet', operation_type: 'Write', slot_number: 1 }, 'security', 'write'],
		[{ _path: 'profinet_io_cm', operation_num: 'Connect', packet_type: 'Request' }, 'audit', 'talk'],
		[{ _path: 'profinet_io_cm', operation_num: 'Connect', packet_type: 'Fault' }, 'security', 'failure'],
		[{ _path: 'opcua_binary', identifier_str: 'CallRequest' }, 'security', 'control'],
		[{ _path: 'opcua_binary', identifier_str: 'DeleteSubscriptionsRequest' }, 'audit', 'talk'],
		[{ _path: 'ecat_registers', Command: 'BRD' }, 'audit', 'talk'],
		[{ _path: 'genisys', header: 'Control Data', direction: 'request' }, 'security', 'control'],
		[{ _path: 'ge_srtp_general', service_request_code: 'Write System Memory' }, 'security', 'write'],
		[{ _path: 'omron_fins', command_code: 'Stop' }, 'security', 'control'],
		[{ _path: 'hart_ip', command: 'Read Primary Variable' }, 'audit', 'talk'],
		[{ _path: 'bsap_serial_rdb', func_code: 'WRITE_SIGNAL_BY_NAME' }, 'security', 'write'],
		[{ _path: 'conn', service: 'modbus', conn_state: 'S0' }, 'audit', 'talk'],
	])('%j is %s', (more, kind, operation) => {
		expect(read(more)).toMatchObject({
			kind,
			severity: null,
			severity_raw: null,
			domain: 'ot',
			status: 'open',
			occurred_at: '2025-05-04T08:00:00.500Z',
			labels: { operation_class: operation },
		});
	});

	it('names who opened the connection as actor and its other end as target, also in an answer', () => {
		const answer = {
			_path: 'bacnet',
			pdu_service: 'read_property',
			is_orig: false,
			source_h: '172.20.41.11',
			destination_h: '172.20.30.5',
		};
		const alert = read(answer);
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(entity(alert, 'session', 'CmQ1aa2WbX0T7d1yRk')).toBe('related');
	});

	it('folds by function, ends and unit, not by connection, time or the log that tells it', () => {
		const write = read({ func: 'WRITE_SINGLE_COIL', unit: 3 });
		const again = read({
			_path: 'modbus_detailed',
			func: 'WRITE_SINGLE_COIL',
			unit: 3,
			uid: 'COther',
			ts: 1746345999,
			'id.orig_p': 1,
		});
		expect(again.fingerprint).toBe(write.fingerprint);
		for (const other of [
			{ func: 'WRITE_SINGLE_COIL', unit: 4 },
			{ func: 'WRITE_SINGLE_REGISTER', unit: 3 },
			{ func: 'WRITE_SINGLE_COIL', unit: 3, 'id.resp_h': '172.20.41.12' },
		])
			expect(read(other).fingerprint).not.toBe(write.fingerprint);
	});

	it('reads text logs, one after another, as it reads JSON', () => {
		const alerts = alertsOf('zeek-ics', sample('several-logs.log'));
		expect(alerts.map((alert) => [alert.kind, alert.labels['log'], alert.labels['failure'] ?? null])).toEqual([
			['security', 'modbus', null],
			['security', 'modbus', 'ILLEGAL_DATA_ADDRESS'],
			['audit', 'modbus', null],
			['security', 'dnp3_control', null],
			['audit', 'known_modbus', null],
		]);
		expect(entity(alerts[4]!, 'ip', '172.20.41.11')).toBe('target');
		expect(alerts[3]!.labels['trip_control_code']).toBe('Trip');
	});

	it('never repeats a password, and reads a log with separators of its own', () => {
		const alerts = alertsOf('zeek-ics', sample('other-separators.log'));
		expect(JSON.stringify(alerts)).not.toContain('s3cret');
		expect(alerts[0]!.labels).toMatchObject({ operation_class: 'control', device_state: 'coldstart' });
		expect(alerts[1]!.labels).toMatchObject({ operation_class: 'failure', failure: 'password-failure' });
		expect(entity(alerts[1]!, 'ip', 'fd00:20:41::50')).toBe('actor');
	});

	it('tells rows without a header by their columns', () => {
		const alerts = alertsOf('zeek-ics', sample('rows-without-header.log'));
		expect(alerts.map((alert) => [alert.labels['log'], alert.labels['operation_class']])).toEqual([
			['profinet_io_cm', 'write'],
			['profinet_io_cm', 'talk'],
			['cip', 'write'],
			['cip', 'failure'],
			['enip', 'talk'],
			['cip_identity', 'talk'],
			['cip_io', 'talk'],
		]);
		expect(alerts[0]).toMatchObject({ time_basis: 'received' });
		expect(alerts[2]!.labels).toMatchObject({ class_name: 'Assembly', attribute_id: '0x03' });
		expect(alerts[3]!.labels).toMatchObject({ cip_status: 'Service not supported', cip_status_code: '0x08' });
		expect(alerts[4]!.labels).toMatchObject({ session_handle: '0x00000000', enip_status: 'Success' });
		expect(alerts[5]!.labels).toMatchObject({ product_name: '1756-L83E/B', vendor_id: '1' });
	});

	it('knows a bare row of modbus and dnp3, in syslog too', () => {
		const cells =
			'1746345600.5\tCmQ1aa2WbX0T7d1yRk\t10.0.0.1\t50000\t10.0.0.2\t502\t1\t9\tWRITE_SINGLE_REGISTER\tREQ\t-';
		expect(alertOf('zeek-ics', cells).labels).toMatchObject({ log: 'modbus', unit: '9', operation_class: 'write' });
		const dnp3 = `<134>May  4 08:00:00 sensor zeek_dnp3: ${cells.replace(/\t1\t9.*/, '\tDIRECT_OPERATE\tRESPONSE\t0')}`;
		expect(alertOf('zeek-ics', dnp3).labels).toMatchObject({ log: 'dnp3', operation_class: 'control' });
	});

	it('opens what shippers wrap around a record', () => {
		const alerts = alertsOf('zeek-ics', sample('shippers.ndjson'));
		expect(alerts.map((alert) => [alert.labels['protocol'], alert.kind, alert.occurred_at])).toEqual([
			['s7comm', 'security', '2025-05-04T08:00:08.663Z'],
			['opcua', 'security', '2025-05-04T08:00:09.500Z'],
			['modbus', 'audit', '2025-05-04T08:00:11.500Z'],
			['dnp3', 'security', '2025-05-04T08:00:12.750Z'],
			['ethercat', 'security', '2025-05-04T08:00:13.000Z'],
			['synchrophasor', 'security', '2025-05-04T08:00:14.000Z'],
			['bacnet', 'process', '2025-05-04T08:00:15.000Z'],
		]);
		expect(entity(alerts[3]!, 'ip', '172.20.30.80')).toBe('actor');
		expect(entity(alerts[4]!, 'mac', '02:20:41:00:00:05')).toBe('actor');
		expect(entity(alerts[1]!, 'host', 'zeek-north')).toBe('observer');
	});

	it('also takes notices in the same feed', () => {
		const alert = read({ note: 'Scan::Port_Scan', msg: '172.20.30.5 scanned 20 ports', src: '172.20.30.5' });
		expect(alert).toMatchObject({ kind: 'security', labels: { signature_id: 'Scan::Port_Scan' } });
	});

	it('keeps what is no Zeek record as unparsed', () => {
		expect(itemsOf('zeek-ics', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('zeek-ics', 'plain words')).toMatchObject([{ kind: 'unparsed' }]);
	});

	it('dates by receipt what Zeek masks or has no time for', () => {
		expect(read({ func: 'READ_COILS', ts: 'XXXXXXXXXX.XXXXXX' })).toMatchObject({ time_basis: 'received' });
	});
});
