// Claroty CTD (Continuous Threat Detection): CEF over syslog. Since version 4.9 under its own keys (`CtdSourceIp`), before that under
// the standard's keys and labelled custom strings; both are read by the words in the name.
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import { addAssetName } from '../formats/asset-name.ts';
import type { CefRecord } from '../formats/cef.ts';
import type { Draft } from '../formats/draft.ts';
import { isPort, present } from '../formats/draft.ts';
import { listIn } from '../formats/list-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef, timeOfCef } from './cef-generic.ts';
import type { Reading, SourceKind } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

export const clarotyCtd: SourceKind = {
	name: 'claroty-ctd',
	aliases: [],
	title: 'Claroty CTD (Continuous Threat Detection)',
	vendor: 'Claroty',
	domain: 'ot',
	forms: [
		'CEF, bare or in syslog: alerts, events, insights, baselines, health checks, activity log; `Ctd...` keys (4.9 and later) and custom strings (before)',
		'a JSON object that carries such a line as `message`',
	],
	severities: [
		['9, 10, Critical', 'critical'],
		['7, 8, High', 'high'],
		['4 to 6, Medium', 'medium'],
		['1 to 3, Low', 'low'],
		['0, Informational', 'informational'],
	],
	identity: 'the alert id and its site; without one the event class and name, both ends and the protocol',
	setup: [
		'In CTD or the EMC: Configuration, Integrations, SIEM Syslog: add a server with our host and syslog port, protocol TCP or TLS, format CEF (latest).',
		'Select the message contents to send: at least Alerts and Health Monitoring.',
		"Set the source's `time_zone` to the zone of the CTD server: its times have none.",
	],
	notHandled: ["JSON of CTD's REST API", 'the chain of events inside one alert: they come as messages of their own'],
	splitJson: cefGeneric.splitJson,
	readJson: () => unparsed('body', 'JSON without a CEF line', 'a `CEF:` line of Claroty CTD'),
	readCef,
	ownsCef: (record) => /^claroty/i.test(record.vendor) && /\bCTD\b|continuous threat|\bEMC\b/i.test(record.product),
	readText: null,
};

/** What the last word of a key says its value is. `SourceAssetType` ends in none of these and stays a label. */
const MEANINGS: readonly (readonly [RegExp, 'ip' | 'mac' | 'host' | 'zone' | 'port' | 'user'])[] = [
	[/(?:ip|ips|ipaddress|ipv[46]|address)$/, 'ip'],
	[/(?:mac|macs|macaddress)$/, 'mac'],
	[/(?:user|username)$/, 'user'],
	[/(?:host|hosts|hostname|assetname|name)$/, 'host'],
	[/zone$/, 'zone'],
	[/port$/, 'port'],
];

/** Whose it is: `CtdSourceIp` and the label `SrcZone` are the source's, a bare `CtdAssetIp` is of the asset that it is about. */
function roleIn(words: string): EntityRole | null {
	if (/^(?:source|src|primary)/.test(words)) return 'actor';
	if (/^(?:destination|dest|dst|nonprimary|secondary)/.test(words)) return 'target';
	if (/^(?:sensor|server|node|collector|device)/.test(words)) return 'observer';
	return /^(?:asset|ip|mac|host)/.test(words) ? 'target' : null;
}

function addByName(draft: Draft, key: string, value: string): void {
	const words = key
		.replace(/^Ctd/, '')
		.replace(/[^A-Za-z]/g, '')
		.toLowerCase();
	const meaning = MEANINGS.find(([ending]) => ending.test(words))?.[1];
	if (meaning === undefined) return;
	if (meaning === 'user') {
		draft.user(value, null, roleIn(words) ?? 'actor');
		return;
	}
	const role = roleIn(words);
	if (role === null) return;
	if (meaning === 'zone') draft.entity('zone', value, role);
	else if (meaning === 'port') for (const port of listIn(value)) draft.entity('port', port, role, key);
	else
		for (const item of listIn(value))
			if (meaning === 'mac') draft.entity('mac', item, role, key);
			else if (meaning === 'ip') draft.endpoint(item, role, key);
			else addAssetName(draft, item, role);
}

/** The value that one of several names has, among keys and labels. */
function named(record: CefRecord, ...names: string[]): string | null {
	for (const name of names) {
		const value = present(record.fields.get(`Ctd${name}`)) ?? present(record.labelled.get(name));
		if (value !== null) return value;
	}
	return null;
}

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	for (const [key, value] of [...record.fields, ...record.labelled])
		if (/^Ctd/.test(key) || record.labelled.has(key)) addByName(draft, key, value);
	const protocol = named(record, 'Protocol');
	draft.entity('protocol', protocol, 'related');
	const link = named(record, 'AlertLink', 'AlertUrl', 'EventLink', 'Link');
	if (link?.includes('://')) draft.url(link, 'observer');
	draft.file(named(record, 'FilePath', 'FileName'), 'related');
	const category = named(record, 'Category') ?? present(record.fields.get('cat'));
	draft.labelsFrom({
		category,
		app_protocol: protocol,
		site: named(record, 'Site', 'SiteName') ?? named(record, 'DeviceExternalId'),
		event_class: record.signatureId.split('/')[0],
	});
	for (const [side, label] of [
		['Source', 'src_port'],
		['Destination', 'dst_port'],
	] as const) {
		const port = named(record, `${side}Port`);
		if (isPort(port)) draft.label(label, port);
	}
	const severity = severityOfWord(present(record.severity));
	const id = named(record, 'AlertId', 'AlertID', 'Id') ?? named(record, 'ExternalId');
	const alertId = named(record, 'AlertId', 'AlertID');
	const isEvent = /^event/i.test(record.signatureId);
	const alert = draft.finish({
		externalId: id ?? present(record.fields.get('externalId')),
		identity: identityOf(record, isEvent ? null : alertId),
		status: isOver(record) ? 'closed' : 'open',
		title: record.name || record.signatureId,
		description: named(record, 'Message', 'Description') ?? present(record.fields.get('msg')),
		severity,
		severityRaw: record.severity,
		kind: kindOf(record, category),
		domain: 'ot',
		occurredAt: timeOf(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

/** An alert is opened, updated and resolved under one id; events of the same kind between the same two are one condition. */
function identityOf(record: CefRecord, alertId: string | null): (string | null)[] {
	const site = named(record, 'Site', 'SiteName', 'DeviceExternalId');
	if (alertId !== null) return ['alert', site, alertId];
	const field = (key: string): string | null => present(record.fields.get(key));
	const ends = [
		named(record, 'SourceIp', 'SourceMac', 'SourceHost') ?? field('src') ?? field('smac') ?? field('shost'),
		named(record, 'DestinationIp', 'DestinationMac', 'DestinationHost') ??
			field('dst') ??
			field('dmac') ??
			field('dhost'),
		named(record, 'AssetIp', 'AssetMac', 'AssetName', 'SensorName', 'NodeName'),
	];
	const rest = [named(record, 'Protocol'), named(record, 'CveId'), named(record, 'User')];
	const isBare = [...ends, ...rest].every((part) => part === null);
	return [record.signatureId, record.name, site, ...ends, ...rest, isBare ? named(record, 'Message', 'Action') : null];
}

/** CTD user guide, alert resolution: approve, archive, ignore and resolve end an alert. */
function isOver(record: CefRecord): boolean {
	const status = named(record, 'ResolvedAs', 'Resolved As', 'Status', 'AlertStatus') ?? '';
	return /^(?:resolved|archived?|approved?|ignored?|closed|true)$/i.test(status);
}

/** The last of the times that the message states; CTD writes local times without a zone. */
function timeOf(draft: Draft, record: CefRecord, header: SyslogMessage | null): number | null {
	const own = ['RealTime', 'TimeGenerated', 'Timestamp', 'LastSeen']
		.map((name) => draft.time(`Ctd${name}`, named(record, name)))
		.filter((at) => at !== null);
	return own.length > 0 ? Math.max(...own) : timeOfCef(draft, record, header);
}

function kindOf(record: CefRecord, category: string | null): AlertKind {
	const words = `${record.signatureId} ${record.name}`.toLowerCase();
	if (/^activity ?log|^audit/.test(words)) return 'audit';
	if (/^health/.test(words)) return 'availability';
	if (/^insight|vulnerab|\bcve\b/.test(words)) return 'vulnerability';
	// An event without risk is a change or an operation that CTD keeps beside its alerts.
	const isRecord = severityOfWord(present(record.severity)) === 'informational';
	return isRecord && !/security/i.test(category ?? '') ? 'audit' : 'security';
}
