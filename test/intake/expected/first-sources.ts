import type { Expected } from './expected.ts';

export const firstSources: Expected = {
	'alertmanager/01-prometheus-v3-alert.json': ['critical', 'critical', '2016-08-01T10:27:08.008Z'],
	'alertmanager/02-batch-icmp-firing.json': ['major', 'high', '2019-09-27T16:27:56.612Z'],
	'nozomi/01-n2os-cef-alerts.log': ['9', 'critical', '2019-10-17T22:32:23.431Z'],
	'nozomi/02-n2os-cef-audit.log': ['0', 'informational', '2019-10-10T16:00:18.425Z'],
	'nozomi/03-vantage-vulnerability.json': ['6.5', 'medium', '2025-03-14T12:20:41.522Z'],
	'nozomi/04-api-alert-program-change-1.json': ['10', 'critical', '2025-05-16T12:35:06.110Z'],
	'suricata/01-eve-1.json': ['1', 'high', '2023-09-18T06:13:41.532Z'],
	'suricata/02-eve-3.json': [null, 'informational', '2023-09-18T06:13:33.903Z'],
	'suricata/03-alert-community-id.json': ['3', 'low', '2024-01-16T15:31:05.676Z'],
	'wazuh/01-virustotal-credentials-error.json': ['3', 'low', '2022-11-17T17:17:43.637Z'],
	'wazuh/02-virustotal-malware-detected.json': ['12', 'high', '2022-11-17T17:30:25.085Z'],
	'wazuh/03-ssh-brute-force-t1110.json': ['10', 'medium', '2023-05-22T10:40:43.395Z'],
	'defender-xdr/01-alert-evidence-4.json': ['Medium', 'medium', '2025-07-10T14:52:35.900Z'],
	'defender-xdr/02-alert-evidence-user-suspicious-behavior.json': ['Low', 'low', '2026-01-13T09:28:16.950Z'],
	'defender-xdr/03-graph-alerts-v2.json': ['low', 'low', '2021-05-02T07:56:58.222Z'],
	'defender-xdr/04-graph-alert-1.json': ['high', 'high', '2026-04-02T14:22:00.698Z'],
	'defender-xdr/05-alertinfo.json': ['High', 'high', '2025-04-21T20:51:04.058Z'],
	'cef-generic/01-waf.log': ['High', 'high', '2016-03-31T13:04:55.000Z'],
	'cef-generic/02-cyber-reason-malop-created.log': ['5', 'medium', '2021-08-23T06:53:42.409Z'],
	'cef-generic/03-cisco-esa-cef.log': ['5', 'medium', '2022-08-01T03:34:23.000Z'],
};
