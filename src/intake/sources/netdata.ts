// Netdata: alert and reachability notifications of Netdata Cloud, the agent's list of alarms, and what an agent's custom sender posts
// when it names its members after the variables of `health_alarm_notify`.
import { z } from 'zod';
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import { bareNames } from '../formats/field-paths.ts';
import { gather } from '../formats/gather.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { Flag, readVendor, Text, Word } from '../formats/vendor-record.ts';
import { kindOfWords } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

const Notification = z.looseObject({
	message: Text,
	title: Text,
	token: Text,
	alert: Text,
	alarm: Text,
	name: Text,
	info: Text,
	summary: Text,
	chart: Text,
	context: Text,
	space: Text,
	family: Text,
	class: Text,
	component: Text,
	type: Text,
	severity: Word,
	status: z.union([z.string(), z.looseObject({ reachable: Flag, text: Text })]).nullish(),
	oldstatus: Text,
	date: Text,
	when: Text,
	lastupdated: Text,
	laststatuschange: Text,
	duration: Text,
	valuestring: Text,
	value: Text,
	units: Text,
	alerturl: Text,
	alarmurl: Text,
	gotourl: Text,
	url: Text,
	host: Text,
	hostname: Text,
	node: Text,
	nodename: Text,
	machineguid: Text,
	uniqueid: Text,
	alarmid: Text,
	id: Text,
	additionalactivecriticalalerts: Text,
	additionalactivewarningalerts: Text,
});
type Notification = z.infer<typeof Notification>;

export const netdata: SourceKind = {
	name: 'netdata',
	aliases: [],
	title: 'Netdata',
	vendor: 'Netdata',
	domain: null,
	forms: [
		'alert notification of Netdata Cloud (webhook)',
		'reachability notification of Netdata Cloud',
		"an agent's custom sender, with members named after its variables; the agent's `/api/v1/alarms`",
	],
	severities: [
		['critical; a node that cannot be reached with that severity', 'critical'],
		['warning', 'medium'],
		['clear, info', 'informational'],
		['removed, undefined, uninitialized', null],
	],
	identity: 'space, node, chart and alert name; reachability: the node',
	setup: [
		'Space settings, Alerts & Notifications, Add configuration, Webhook: URL `https://HOST/v1/alerts/netdata`, authentication Bearer with the token (or mutual TLS).',
		'Netdata Cloud first sends a challenge by GET (`crc_token`), which must be answered with its HMAC: let the proxy before this service answer it, or use the agent.',
		'Agent: in `health_alarm_notify.conf` set `SEND_CUSTOM="YES"` and a `custom_sender()` that posts `{"host":"$host","name":"$name","chart":"$chart","status":"$status","old_status":"$old_status","when":"$when","info":"$info","value_string":"$value_string"}` with curl.',
	],
	notHandled: [
		'the challenge of Netdata Cloud (GET with `crc_token`) is not answered by this service',
		'the alert of Netdata Cloud names its node in the message text only: the node is what follows the last ` on `',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (Array.isArray(document)) return records(document);
	if (!isJsonObject(document)) return records([document]);
	const alarms = document['alarms'] ?? document['alerts'];
	if (Array.isArray(alarms)) return records(alarms, document);
	// The agent's list is an object by alarm; each knows its own name.
	if (isJsonObject(alarms)) return records(Object.values(alarms), document);
	if (typeof document['token'] === 'string' && document['alert'] === undefined && document['severity'] === undefined)
		return { kind: 'protocol', note: 'a test or verification message of Netdata Cloud: no alert in it' };
	return records([document]);
}

function read(record: JsonObject, envelope: JsonObject | null, context: IntakeContext): Reading {
	const reading = readVendor(Notification, bareNames(record));
	if (!reading.ok) return { kind: 'unparsed', problems: reading.problems };
	const said = reading.value;
	const reach = typeof said.status === 'object' && said.status !== null ? said.status : null;
	const name = said.alert ?? said.alarm ?? said.name;
	if (name === null && reach === null) {
		const found = `members ${Object.keys(record).slice(0, 8).join(', ')}`;
		return unparsed('alert', found.slice(0, 200), '`alert`, `alarm` or `name`, or the `status` of a node');
	}
	const draft = new Draft(context);
	const node = nodeOf(said, envelope);
	draft.endpoint(node, 'target');
	for (const link of [said.alerturl, said.alarmurl, said.gotourl, said.url]) draft.url(link, 'observer');
	gather(draft, record, '', new Set(['Rooms', 'rooms']));
	addLabels(draft, said, record);
	const status = typeof said.status === 'string' ? said.status : null;
	const severityRaw = said.severity ?? status;
	const isClosed = reach === null ? /^(?:clear(?:ed)?|removed)$/i.test(severityRaw ?? '') : reach.reachable === true;
	const words = [name, said.info, said.summary, said.chart, said.message].join(' . ');
	const alert = draft.finish({
		externalId: said.uniqueid ?? said.alarmid ?? said.id,
		identity: reach === null ? [said.space, node, said.chart, name] : ['reachability', said.space, node],
		status: isClosed ? 'closed' : 'open',
		title: reach === null ? (said.summary ?? name) : (said.message ?? `${node ?? 'a node'} ${reach.text ?? ''}`),
		description: [said.message, said.info].filter((part) => part !== null).join('\n'),
		severity: severityOf(severityRaw),
		severityRaw,
		kind: reach === null ? (kindOfWords(words) ?? 'availability') : 'availability',
		domain: null,
		occurredAt:
			draft.time('date', said.date) ??
			draft.time('when', said.when) ??
			draft.time('last_status_change', said.laststatuschange) ??
			draft.time('last_updated', said.lastupdated),
	});
	return { kind: 'alert', alert, problems: [...reading.problems, ...draft.problems] };
}

/** Its own member where there is one; else Netdata Cloud's message: `web01 cpu is critical`, `... on web01`. */
function nodeOf(said: Notification, envelope: JsonObject | null): string | null {
	const own = said.host ?? said.hostname ?? said.node ?? said.nodename;
	if (own !== null) return own;
	const around = envelope === null ? null : (Text.safeParse(envelope['hostname']).data ?? null);
	if (around !== null) return around;
	const message = said.message ?? '';
	const at = message.lastIndexOf(' on ');
	return at < 0 ? null : (/^[\w.-]{1,253}/.exec(message.slice(at + 4))?.[0] ?? null);
}

function severityOf(text: string | null): Severity | null {
	switch (text?.toLowerCase()) {
		case 'critical':
			return 'critical';
		case 'warning':
			return 'medium';
		case 'clear':
		case 'cleared':
		case 'info':
			return 'informational';
		default:
			return null;
	}
}

function addLabels(draft: Draft, said: Notification, record: JsonObject): void {
	const rooms = record['Rooms'] ?? record['rooms'];
	draft.labelsFrom({
		vendor: 'Netdata',
		product: 'Netdata',
		signature_id: said.alert ?? said.alarm ?? said.name,
		chart: said.chart,
		context: said.context,
		family: said.family,
		class: said.class,
		component: said.component,
		space: said.space,
		rooms: isJsonObject(rooms ?? null) && isJsonObject(rooms) ? Object.keys(rooms) : null,
		duration: said.duration,
		value: said.valuestring ?? said.value,
		old_status: said.oldstatus,
		other_critical: said.additionalactivecriticalalerts,
		other_warning: said.additionalactivewarningalerts,
	});
}
