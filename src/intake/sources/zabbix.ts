// Zabbix: a webhook media type whose parameters carry the `{EVENT.*}` macros, and the events of real-time export and the HTTP streaming
// connector. Parameters are found by name whatever their case and separators.
import { z } from 'zod';
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { bareNames } from '../formats/field-paths.ts';
import { gather, gatherField } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { readVendor, Text, TextList, Word } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const TAGS_MAX = 100;
const MESSAGE_MAX = 10_000;

/** A macro that Zabbix could not resolve stays as it is, or becomes `*UNKNOWN*`. */
const Macro = Text.transform((text) =>
	text === null || /^\{[A-Z][\w.?]{2,60}\}$|^\*UNKNOWN\*$/.test(text) ? null : text,
);

const Webhook = z.looseObject({
	eventid: Macro,
	peventid: Macro,
	eventsource: Macro,
	eventname: Macro,
	name: Macro,
	eventnseverity: Macro,
	triggernseverity: Macro,
	eventseverity: Word,
	triggerseverity: Word,
	severity: Word,
	eventvalue: Macro,
	value: Macro,
	eventstatus: Macro,
	triggerstatus: Macro,
	status: Macro,
	eventupdatestatus: Macro,
	eventupdateaction: Macro,
	eventupdatemessage: Macro,
	eventdate: Macro,
	eventtime: Macro,
	eventrecoverydate: Macro,
	eventrecoverytime: Macro,
	eventupdatedate: Macro,
	eventupdatetime: Macro,
	eventtimestamp: Macro,
	clock: Macro,
	eventopdata: Macro,
	triggerid: Macro,
	triggername: Macro,
	triggerdescription: Macro,
	triggerurl: Macro,
	zabbixurl: Macro,
	hostname: Macro,
	hosthost: Macro,
	host: Macro,
	hostip: Macro,
	hostconn: Macro,
	hostid: Macro,
	alertsubject: Macro,
	subject: Macro,
	alertmessage: Macro,
	message: Macro,
	eventtags: z.unknown().optional(),
	eventtagsjson: z.unknown().optional(),
	tags: z.unknown().optional(),
	hosts: z.unknown().optional(),
	hostgroups: TextList,
});
type Webhook = z.infer<typeof Webhook>;

export const zabbix: SourceKind = {
	name: 'zabbix',
	aliases: [],
	title: 'Zabbix',
	vendor: 'Zabbix',
	domain: null,
	forms: [
		'webhook media type: an object of parameters (`event_id`, `event_nseverity`, `event_value`, `host_name`, ...)',
		'problem and recovery of real-time export and of the HTTP streaming connector, one a line',
		'the default message text (`Problem started at ...`) in `alert_message`',
	],
	severities: [
		['`{EVENT.NSEVERITY}` 5, Disaster', 'critical'],
		['4, High', 'high'],
		['3, Average', 'medium'],
		['2, Warning', 'low'],
		['1, Information', 'informational'],
		['0, Not classified', null],
	],
	identity: 'trigger id and host; without a trigger id the id of the problem (`{EVENT.ID}`, in exports `p_eventid`)',
	setup: [
		'Alerts, Media types: type Webhook, with the parameters `event_id={EVENT.ID}`, `event_source={EVENT.SOURCE}`, `event_name={EVENT.NAME}`, `event_nseverity={EVENT.NSEVERITY}`, `event_severity={EVENT.SEVERITY}`, `event_value={EVENT.VALUE}`, `event_update_status={EVENT.UPDATE.STATUS}`, `event_date={EVENT.DATE}`, `event_time={EVENT.TIME}`, `event_recovery_date={EVENT.RECOVERY.DATE}`, `event_recovery_time={EVENT.RECOVERY.TIME}`, `event_tags={EVENT.TAGSJSON}`, `trigger_id={TRIGGER.ID}`, `host_name={HOST.NAME}`, `host_ip={HOST.IP}`, `alert_subject={ALERT.SUBJECT}`, `alert_message={ALERT.MESSAGE}`.',
		"Script: `var r = new HttpRequest(); r.addHeader('Content-Type: application/json'); r.addHeader('Authorization: Bearer TOKEN'); r.post('https://HOST/v1/alerts/zabbix', value); if (r.getStatus() != 202) throw 'not taken'; return 'OK';`",
		'Trigger action: operations, recovery operations and update operations with that media type. Set `time_zone` of the source to the zone of the Zabbix server.',
		'Or Administration, General, Connectors: data type Events, the same address and token.',
	],
	notHandled: ['item values of real-time export (they are no alerts)', 'service events carry no severity in words'],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	for (const key of ['events', 'alerts', 'result', 'data']) {
		const list = document[key];
		if (Array.isArray(list)) return records(list, document);
	}
	const params = document['params'];
	return records([isJsonObject(params) && document['eventid'] === undefined ? params : document]);
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(Webhook, bareNames(record));
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const message = messageOf(said);
	const title = said.eventname ?? said.name ?? said.triggername ?? message('Problem name') ?? bareSubject(said);
	const id = said.peventid ?? said.eventid ?? message('Original problem ID');
	if (title === null && id === null && said.triggerid === null) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('event_id', found.slice(0, 200), 'parameters with `event_id`, `event_name` or `trigger_id`');
	}
	const draft = new Draft(context);
	const hosts = addEntities(draft, said, message);
	gather(draft, record, '', new Set(['eventtags', 'event_tags', 'tags']));
	const isClosed = isOver(said);
	addLabels(draft, said, hosts);
	const number = said.eventnseverity ?? said.triggernseverity;
	const word = said.eventseverity ?? said.triggerseverity ?? said.severity ?? message('Severity');
	const alert = draft.finish({
		externalId: id,
		identity:
			said.triggerid === null
				? id === null
					? ['name', title, hosts[0]]
					: ['event', id]
				: ['trigger', said.triggerid, hosts[0]],
		status: isClosed ? 'closed' : 'open',
		title: title ?? `Problem ${id ?? said.triggerid}`,
		description: [said.alertmessage ?? said.message ?? said.triggerdescription, said.eventopdata]
			.filter((part) => part !== null)
			.join('\n'),
		severity: severityOf(number ?? word),
		severityRaw: word ?? number,
		kind: kindOf(said, title),
		domain: null,
		occurredAt: timeOf(draft, said, message, isClosed),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Lines of Zabbix's default message (`Host: X`, `Severity: High`), for media types that send nothing else. */
function messageOf(said: Webhook): (name: string) => string | null {
	const lines = new Map<string, string>();
	for (const line of (said.alertmessage ?? said.message ?? '').slice(0, MESSAGE_MAX).split('\n')) {
		const at = line.indexOf(': ');
		if (at > 0 && at < 40) lines.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 2).trim());
		const started =
			/^(Problem started|Problem has been resolved|Resolved) at (\d\d:\d\d:\d\d) on (\d{4}\.\d\d\.\d\d)/i.exec(line);
		if (started !== null)
			lines.set(/started/i.test(started[1] ?? '') ? 'started' : 'resolved', `${started[3]} ${started[2]}`);
	}
	return (name) => lines.get(name.toLowerCase()) ?? null;
}

/** `Problem: X`, `Resolved in 5m: X`, `Updated problem in 5m: X`, `PROBLEM: X`. */
function bareSubject(said: Webhook): string | null {
	const subject = said.alertsubject ?? said.subject;
	return subject === null
		? null
		: subject.replace(/^(?:problem|resolved|ok|updated problem)(?: in [\w ]{1,30})?: /i, '');
}

function isOver(said: Webhook): boolean {
	const value = said.eventvalue ?? (said.clock === null ? null : said.value);
	if (value !== null) return value === '0';
	const state = said.eventstatus ?? said.triggerstatus ?? said.status;
	if (state !== null) return /^(?:resolved|ok)$/i.test(state);
	return /^(?:resolved|ok)\b/i.test(said.alertsubject ?? said.subject ?? '');
}

/** Zabbix's six severities, by number (names can be changed) or by their default names. */
function severityOf(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case '5':
		case 'disaster':
			return 'critical';
		case '4':
		case 'high':
			return 'high';
		case '3':
		case 'average':
			return 'medium';
		case '2':
		case 'warning':
			return 'low';
		case '1':
		case 'information':
			return 'informational';
		default:
			return null;
	}
}

/** `{EVENT.SOURCE}`: 0 trigger, 1 discovery, 2 autoregistration, 3 internal, 4 service. */
function kindOf(said: Webhook, title: string | null): AlertKind {
	if (said.eventsource === '1' || said.eventsource === '2') return 'audit';
	return kindOfWords([title, said.triggerdescription, said.eventopdata].join(' . ')) ?? 'availability';
}

/** Zabbix writes `2025.05.04`, in the time zone of the server. */
function timeOf(
	draft: Draft,
	said: Webhook,
	message: (name: string) => string | null,
	isClosed: boolean,
): number | null {
	const of = (field: string, date: string | null, time: string | null): number | null =>
		date === null ? null : draft.time(field, `${date.replaceAll('.', '-')}${time === null ? '' : ` ${time}`}`);
	const clock = draft.time('clock', said.clock);
	if (clock !== null) return clock;
	const recovered =
		of('event_recovery_date', said.eventrecoverydate, said.eventrecoverytime) ??
		of('message', message('resolved'), null);
	const updated =
		said.eventupdatestatus === '1' ? of('event_update_date', said.eventupdatedate, said.eventupdatetime) : null;
	const started =
		draft.time('event_timestamp', said.eventtimestamp) ??
		of('event_date', said.eventdate, said.eventtime) ??
		of('message', message('started'), null);
	return (isClosed ? recovered : updated) ?? started;
}

/** @returns the hosts' names, the first of which is what the alert is about */
function addEntities(draft: Draft, said: Webhook, message: (name: string) => string | null): string[] {
	const hosts = [said.hostname, said.hosthost, said.host, message('Host')].filter((name) => name !== null);
	if (Array.isArray(said.hosts)) {
		for (const host of said.hosts.slice(0, TAGS_MAX)) {
			const names =
				typeof host === 'object' && host !== null ? [Reflect.get(host, 'host'), Reflect.get(host, 'name')] : [host];
			for (const name of names) if (typeof name === 'string') hosts.push(name);
		}
	}
	for (const name of hosts) draft.endpoint(name, 'target');
	for (const address of [said.hostip, said.hostconn]) draft.endpoint(address, 'target');
	for (const link of [said.zabbixurl, said.triggerurl]) draft.url(link, 'observer');
	for (const tags of [said.eventtags, said.eventtagsjson, said.tags]) addTags(draft, tags);
	return hosts;
}

/** Tags as `[{tag, value}]`, as that list in a text, or as `name:value, name:value`. */
function addTags(draft: Draft, tags: unknown): void {
	const json = typeof tags === 'string' && tags.trimStart().startsWith('[') ? readJson(tags) : null;
	const list: unknown = json?.ok === true ? json.value.documents[0]?.value : tags;
	const pairs: [string, string][] = [];
	if (Array.isArray(list)) {
		for (const item of list.slice(0, TAGS_MAX)) {
			if (typeof item !== 'object' || item === null) continue;
			const name: unknown = Reflect.get(item, 'tag');
			const value: unknown = Reflect.get(item, 'value');
			if (typeof name === 'string') pairs.push([name, typeof value === 'string' ? value : '']);
		}
	} else if (typeof list === 'string') {
		for (const part of list.split(',').slice(0, TAGS_MAX)) {
			const at = part.indexOf(':');
			pairs.push(at < 0 ? [part.trim(), ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]);
		}
	}
	for (const [name, value] of pairs) {
		draft.label(`tag_${name}`, value);
		if (/^(?:host|asset|plc|controller|device|server|node)$/i.test(name)) draft.endpoint(value, 'target');
		else gatherField(draft, name, value, 'related');
	}
}

function addLabels(draft: Draft, said: Webhook, hosts: readonly string[]): void {
	draft.labelsFrom({
		vendor: 'Zabbix',
		product: 'Zabbix',
		signature_id: said.triggerid ?? said.eventname ?? said.name,
		trigger_id: said.triggerid,
		event_id: said.eventid,
		host: hosts[0],
		event_source: said.eventsource,
		state: said.eventstatus ?? said.triggerstatus ?? said.status,
		update_status: said.eventupdatestatus,
		update_action: said.eventupdateaction,
		update_message: said.eventupdatemessage,
		operational_data: said.eventopdata,
		host_groups: said.hostgroups,
	});
}
