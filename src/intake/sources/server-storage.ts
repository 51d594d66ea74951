// Servers, virtualisation, backup and storage: one kind for what their management writes, because a plant sends it through one
// collector. JSON (Redfish, New Relic, vCenter single sign-on) is read in server-storage-json.ts, lines in server-storage-text.ts.
import type { JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { readServerJson } from './server-storage-json.ts';
import { readServerLine } from './server-storage-text.ts';
import type { JsonSplit, SourceKind } from './source-kind.ts';
import { records } from './source-kind.ts';

export const serverStorage: SourceKind = {
	name: 'server-storage',
	aliases: ['redfish'],
	title: 'Servers and storage (Redfish, vCenter, ESXi, Veeam, NetApp, Dell, HPE, Synology, New Relic)',
	vendor: 'several',
	domain: 'it',
	forms: [
		'Redfish event service: `{"Events": [...]}` (Dell iDRAC, HPE iLO, Lenovo XCC, Supermicro)',
		'New Relic workflow issue and the older incident webhook',
		'vCenter events (`Event [id] [1-1] [time] [type] [level] [user] ...`), single sign-on audit, ESXi and vpxd logs, by syslog',
		'Veeam events (`[categoryId=0 instanceId=... Description="..."]`), by syslog',
		'NetApp EMS (`[node:event.name:severity]: text`), Dell iDRAC (`Severity: ..., MessageID: ...`), Synology DSM, any other line by syslog',
	],
	severities: [
		['Redfish `MessageSeverity`, else `Severity`: Critical', 'critical'],
		['Redfish Warning', 'medium'],
		['Redfish OK', 'informational'],
		['New Relic `priority` (`severity`): CRITICAL, HIGH, MEDIUM (WARNING), LOW (INFO)', 'by value'],
		['word of the line (vCenter, ESXi, EMS, iDRAC): emergency, alert, critical, panic', 'critical'],
		['error', 'high'],
		['warning', 'medium'],
		['notice', 'low'],
		['info, user, verbose, debug', 'informational'],
		['vCenter alarm: to Red critical, to Yellow medium, to Green or Gray informational', 'by value'],
		[
			'no such word: the severity of syslog (0 to 2 critical, 3 high, 4 medium, 5 low, 6 and 7 informational)',
			'by value',
		],
		['neither (a Veeam line without its syslog header)', null],
	],
	identity:
		'Redfish: origin and message without its state; New Relic: the issue; vCenter alarm: alarm and object; Veeam: event and job, host or object; EMS: node and event; other lines: host, program and the words without numbers',
	setup: [
		'Redfish: POST a subscription to `/redfish/v1/EventService/Subscriptions` with `{"Destination":"https://HOST/v1/alerts/server-storage","Protocol":"Redfish","Context":"NAME OF THE SERVER","HttpHeaders":[{"Authorization":"Bearer TOKEN"}]}`; one source a server tells servers apart, because an event does not name its own.',
		'vCenter: Appliance management, Syslog, our syslog port (TLS); ESXi: `esxcli system syslog config set --loghost=ssl://HOST:PORT`.',
		'Veeam: Main menu, Options, Event forwarding, Syslog servers (version 12.1 and later). NetApp: `event notification destination create -syslog HOST`. iDRAC, iLO, Synology: remote syslog to the same port.',
		'New Relic: Workflows, Webhook destination with `https://HOST/v1/alerts/server-storage` and the bearer token, the default template.',
	],
	notHandled: [
		'SNMP traps',
		'NetApp EMS as XML over HTTP',
		'Redfish metric reports are kept as records',
		'clearing events of EMS: they have names of their own and close nothing',
	],
	splitJson: split,
	readJson: readServerJson,
	readCef: null,
	ownsCef: null,
	readText: readServerLine,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['Events', 'events', 'alerts', 'records']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	return records([document]);
}
