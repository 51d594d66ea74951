import type { Expected } from './expected.ts';

// fortinet/02, fortinet/04 and both of leef-generic name no time.
export const devices: Expected = {
	'fortinet/01-ips-cef.log': ['info', 'informational', '2018-12-27T19:28:07.000Z'],
	'fortinet/02-anomaly-cef.log': ['critical', 'critical', null],
	'fortinet/03-anomaly-standard.log': ['critical', 'critical', '2016-02-12T14:10:42.000Z'],
	'fortinet/04-antivirus-cef.log': ['4', 'medium', null],
	'leef-generic/01-trend-deep-security-1.log': ['3', 'low', null],
	'leef-generic/02-trend-deep-security-4.log': ['6', 'medium', null],
	'ocsf/01-okta-detection-finding.json': ['Unknown', null, '2024-08-13T15:58:20.000Z'],
	'ocsf/02-inspector-vulnerability.json': ['Medium', 'medium', '2024-01-26T22:19:14.000Z'],
	'ocsf/03-detection-finding-1.json': ['Low', 'low', '2023-09-19T14:55:09.000Z'],
	'ocsf/04-detection-finding-2.json': ['Low', 'low', '2024-09-11T13:38:41.000Z'],
	'paloalto/01-ngfw-ldap-brute-force.log': ['high', 'high', '2024-08-03T10:17:45.360Z'],
	'paloalto/02-ngfw-network-threat-alert-1.json': ['Informational', 'informational', '2024-06-25T21:30:00.103Z'],
	'paloalto/03-ngfw-new-threat-type.json': ['High', 'high', '2024-07-08T15:52:09.934Z'],
	'paloalto/04-cortex-xdr-alert-2.json': ['low', 'low', '2025-01-17T15:46:23.611Z'],
	'paloalto/05-cortex-xdr-alert-4.json': ['low', 'low', '2025-01-17T07:52:52.996Z'],
	'syslog/01-rfc5424-2.log': ['6', 'informational', '2014-06-20T09:14:08.000Z'],
	'syslog/02-rfc3164-asa-2.log': ['6', 'informational', '2025-01-05T08:52:35.000Z'],
	'syslog/03-rfc3164-asa-7.log': ['6', 'informational', '2025-01-05T08:52:35.000Z'],
};
