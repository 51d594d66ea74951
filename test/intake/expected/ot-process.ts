import type { Expected } from './expected.ts';

// Zeek states no severity anywhere; its baselines are dated `XXXXXXXXXX.XXXXXX`, or seconds after 1970, which is no time either.
export const otProcess: Expected = {
	'zeek-ics/01-modbus-exception.log': [null, null, null],
	'zeek-ics/02-modbus-known-device.log': [null, null, null],
	'zeek-ics/03-dnp3-operate.log': [null, null, null],
	'zeek-ics/04-bacnet-device-control-failure.log': [null, null, null],
	'zeek-ics/05-bacnet-event-notification.log': [null, null, null],
	'zeek-ics/06-modbus-json-write-coil.json': [null, null, '2013-10-16T23:55:44.663Z'],
	'zeek-ics/07-profinet-control.log': [null, null, null],
	'zeek-ics/08-profinet-write.log': [null, null, null],
	'zeek-ics/09-cip-multiple-service.log': [null, null, null],
	'zeek-notice/01-sql-injection.log': [null, null, null],
	'zeek-notice/02-ftp-bruteforcing.log': [null, null, null],
	'scada-isa182/01-fault-alarm.json': ['Critical', 'critical', null],
	'scada-isa182/02-high-alarm.json': ['High', 'high', null],
	'scada-isa182/03-low-alarm.json': ['Low', 'low', null],
	'scada-opcua/01-opc-publisher-3.json': ['1', 'informational', '2021-06-21T12:38:55.581Z'],
	'scada-opcua/02-opc-publisher-6.json': ['100', 'informational', '2022-12-20T17:03:02.133Z'],
	// The event selects no time: the hub's stands for it, 14:04:18 at GMT+0100.
	'scada-opcua/03-opc-publisher-14.json': [null, null, '2022-03-18T13:04:18.000Z'],
	'scada-opcua/04-opc-publisher-16.json': ['100', 'informational', '2022-12-20T15:53:10.381Z'],
	'bms-udmi/01-fcu-communication-failed.json': [
		['300', 'low', '2018-08-26T20:39:19.364Z'],
		['700', 'critical', '2018-08-26T21:39:19.364Z'],
	],
	// Level 60 is below UDMI's lowest, and the second entry is a bare word.
	'bms-udmi/02-system-malformed.json': [
		['60', null, '2018-08-26T21:39:29.364Z'],
		[null, null, '2018-08-26T21:39:29.364Z'],
	],
	'bms-udmi/03-state-fcu.json': [
		['600', 'critical', '2019-01-17T13:29:47.364Z'],
		['400', 'medium', '2019-01-17T11:39:28.364Z'],
		['300', 'low', '2019-01-17T10:59:11.364Z'],
		['300', 'low', '2019-01-17T13:14:55.364Z'],
	],
	'bms-ecostruxure/01-webhook-alarm-2.json': ['WARNING', 'medium', '2025-06-16T06:15:58.409Z'],
	'bms-ecostruxure/02-webhook-alarm-3.json': ['CRITICAL', 'critical', '2025-06-16T06:15:58.409Z'],
	'predictive-maintenance/01-needs-maintenance.json': ['NEEDS_MAINTENANCE', 'medium', '2022-11-21T06:44:17.000Z'],
	'predictive-maintenance/02-kinesis-sample.json': ['NEEDS_MAINTENANCE', 'medium', '2022-11-21T06:44:17.000Z'],
	'seckiot/01-detection-scan.json': ['1', 'low', '2025-03-12T08:51:28.586Z'],
	'seckiot/02-detection-udp-flood.json': ['1', 'low', '2025-03-12T07:31:28.525Z'],
	'seckiot/03-vulnerability.json': ['7', 'high', '2025-03-06T14:05:57.457Z'],
	'armis/01-alert-1.json': ['Critical', 'critical', '2025-03-29T02:50:06.124Z'],
};
