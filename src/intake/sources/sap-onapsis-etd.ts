// SAP Enterprise Threat Detection: its severities and states, the attributes by which it names things, and its LEEF.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft, present } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import type { JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { LeefRecord } from '../formats/leef.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import type { Reading } from './source-kind.ts';

/** A number of 0 to 10, or a word (`VERY_HIGH`). */
export function severityOf(word: string | null): Severity | null {
	return severityOfWord(word?.replaceAll('_', ' ') ?? null);
}

/** ETD: open, in process, confirmed, no reaction needed, forwarded, suspected. */
export function isDone(status: string | null): boolean {
	return /^(?:closed|resolved|completed|no[ _]?reaction[ _]?needed|false[ _]?positive)$/i.test(status ?? '');
}

/** ETD's semantic attributes end in the role: `NetworkIPAddressInitiator`, `UserPseudonymActing`, `SystemIdActor`. */
function roleOf(name: string): EntityRole {
	if (/(?:initiator|acting|actor|attacker)$/.test(name)) return 'actor';
	if (/(?:target|targeted)$/.test(name)) return 'target';
	return name.endsWith('reporter') ? 'observer' : 'related';
}

/** Adds what the semantic attributes of an alert and its triggering events name, at any depth. */
export function addSemantic(draft: Draft, value: JsonValue, name = ''): void {
	if (Array.isArray(value)) for (const item of value) addSemantic(draft, item, name);
	else if (isJsonObject(value)) for (const [key, member] of Object.entries(value)) addSemantic(draft, member, key);
	else if (typeof value === 'string') addAttribute(draft, name, value);
}

/** Adds the value of one attribute, its name in lower case. */
export function addAttribute(draft: Draft, name: string, value: string): void {
	const role = roleOf(name);
	if (/^network(?:hostname|fqdn|ipaddress)/.test(name)) draft.endpoint(value, role);
	else if (name.startsWith('networkmacaddress')) draft.entity('mac', value, role);
	else if (name.startsWith('networkport')) draft.entity('port', value, role);
	else if (/^user(?:pseudonym|name|logonname|account)/.test(name) || name === 'usrname')
		draft.user(value, null, role === 'related' ? 'actor' : role);
	else if (/^systemid/.test(name)) draft.entity('asset_id', value, role === 'related' ? 'target' : role);
}

/** An alert as ETD pushes it to QRadar. */
export function readEtdLeef(record: LeefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = new Draft(context);
	const field = (key: string): string | null => present(record.fields.get(key));
	draft.endpoint(field('src'), 'actor');
	draft.endpoint(field('dst'), 'target');
	draft.endpoint(header?.host, 'observer');
	draft.url(field('UiLink'), 'observer');
	for (const [key, value] of record.fields) addAttribute(draft, key.toLowerCase(), value);
	for (const [key, value] of record.pairs) gatherField(draft, key, value, 'related');
	draft.labelsFrom({
		vendor: 'SAP',
		product: record.product,
		product_version: record.productVersion,
		signature_id: field('PatternId'),
		category: field('cat'),
	});
	for (const [key, value] of record.fields) draft.label(key, value);
	const id = field('AlertId');
	const severityRaw = field('sev') ?? field('AlertSeverity');
	const alert = draft.finish({
		externalId: id,
		identity:
			id === null ? [record.eventId, field('PatternId'), field('SystemIdActor'), field('usrName')] : ['etd', id],
		status: isDone(field('AlertStatus')) ? 'closed' : 'open',
		title: record.eventId,
		description: field('Text'),
		severity: severityOf(severityRaw),
		severityRaw,
		kind: 'security',
		domain: 'it',
		occurredAt: leefTime(draft, record) ?? header?.occurredAt ?? null,
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

/** The last event that the pattern counted, else when the alert was made. */
function leefTime(draft: Draft, record: LeefRecord): number | null {
	for (const key of ['MaxResultTimestamp', 'MinResultTimestamp', 'devTime']) {
		const at = draft.time(key, record.fields.get(key));
		if (at !== null) return at;
	}
	return null;
}
