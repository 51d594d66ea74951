import type { Expected } from './expected.ts';

export const otNetwork: Expected = {
	'claroty-ctd/01-activity-log.log': ['0', 'informational', '2023-08-15T09:32:11.000Z'],
	'claroty-ctd/02-event-asset-information-change.log': ['10', 'critical', '2023-08-14T01:00:00.000Z'],
	'claroty-xdome/01-auth-failed-login.log': ['5', 'medium', '2022-02-06T14:18:48.578Z'],
	'claroty-xdome/02-auth-with-weak-password.log': ['5', 'medium', '2022-02-06T14:24:09.084Z'],
	'claroty-xdome/03-expired-certificate.log': ['5', 'medium', '2022-02-06T14:24:10.146Z'],
	'claroty-xdome/04-signature.log': ['5', 'medium', '2024-04-21T11:50:50.417Z'],
	'dragos/01-x509-first-seen.log': ['1', 'informational', '2024-10-24T22:36:18.000Z'],
	'dragos/02-new-ip-source.log': ['1', 'informational', '2024-10-24T22:34:59.000Z'],
	'dragos/03-user-authenticated.log': ['1', 'informational', '2024-10-25T18:24:59.000Z'],
	'radiflow/01-new-link-modbus.log': ['Medium', 'medium', '2024-05-18T16:02:00.000Z'],
	'radiflow/02-new-device.log': ['Medium', 'medium', '2024-05-18T16:02:05.000Z'],
	'radiflow/03-reserved-modbus-function.log': ['High', 'high', '2024-05-18T16:02:05.000Z'],
	'defender-for-iot/01-sensor-alert-internet-access.json': ['Major', 'high', '2017-11-05T11:24:37.000Z'],
	'defender-for-iot/02-sensor-alert-illegal-modbus.txt': ['Major', 'high', '2017-09-17T12:33:25.000Z'],
	'defender-for-iot/03-sensor-event-dnp3-policy.json': ['ALERT', 'high', '2017-08-30T12:00:46.000Z'],
	'tenable-ot/01-event-asset-not-seen.json': ['Low', 'low', '2024-12-18T06:20:30.293Z'],
	'tenable-ot/02-network-baseline-deviation.log': ['7', 'medium', '2024-01-12T02:50:45.000Z'],
	'forescout/01-eyeinspect-portscan.json': ['2', 'low', '2022-02-03T06:49:50.092Z'],
};
