// Any CEF line. A vendor that has a mapping of its own (`ownsCef`) is read by it; the source's name stays. All others go by the
// meaning that the CEF standard gives its keys.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { type CefRecord, valuesOf } from '../formats/cef.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import type { JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import { normaliseIp } from '../formats/scan-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { isRoutineSession, kindOfWords, severityOfWord } from '../formats/words.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';

export const cefGeneric: SourceKind = {
	name: 'cef-generic',
	aliases: ['cef'],
	title: 'Any product that sends CEF',
	vendor: 'any',
	domain: null,
	forms: [
		'`CEF:` lines, bare or in syslog (RFC 3164, RFC 5424), wrapped over lines or several in a body',
		'a JSON object that carries such a line as `message`',
	],
	severities: [
		['9, 10, Very-High, Critical', 'critical'],
		['7, 8, High', 'high'],
		['4 to 6, Medium', 'medium'],
		['1 to 3, Low', 'low'],
		['0, Informational', 'informational'],
		['Unknown, or anything else', null],
	],
	identity: 'vendor, product, signature, source, destination and user; where it names none of them, its custom strings',
	setup: [
		"Point the product's CEF output at our syslog port, or let a relay post its lines to `https://HOST/v1/alerts/cef` as `text/plain`.",
		"Set the source's `time_zone` where the product writes local times without a zone.",
	],
	notHandled: [
		'an `=` after a word inside a value reads as a new key, as the standard demands: the sender must escape it',
	],
	splitJson: split,
	readJson: () =>
		unparsed('body', 'JSON without a CEF line', 'a `CEF:` line, or an object that carries one as `message`'),
	readCef: readGenericCef,
	ownsCef: null,
	readText: null,
};

/** A shipper's wrapping: the line is one member, the rest says when and where it was picked up. */
function split(document: JsonValue): JsonSplit {
	const list = Array.isArray(document) ? document : [document];
	return records(
		list.map((item) => {
			if (!isJsonObject(item)) return item;
			const event = item['event'];
			const original = isJsonObject(event) ? event['original'] : event;
			const line = [item['message'], item['_raw'], original, item['log'], item['raw']].find(
				(member) => typeof member === 'string' && member.slice(0, 1_000).includes('CEF:'),
			);
			return line ?? item;
		}),
	);
}

/** Keys whose meaning gives a role. The rest of the extension is swept. */
const ENDPOINTS: readonly (readonly [string, EntityRole])[] = [
	['src', 'actor'],
	['shost', 'actor'],
	['smac', 'actor'],
	['dst', 'target'],
	['dhost', 'target'],
	['dmac', 'target'],
	['dvc', 'observer'],
	['dvchost', 'observer'],
	['dvcmac', 'observer'],
	['sourceTranslatedAddress', 'actor'],
	['destinationTranslatedAddress', 'target'],
	['agt', 'observer'],
	['ahost', 'observer'],
];

/** Keys that hold a name: a name that we do not take for one is a label, and no fault. */
const HOST_KEYS = new Set(['shost', 'dhost', 'dvchost', 'ahost']);

/** Device custom IPv6 addresses; the standard means them for device, source, destination and ICMPv6, the label decides. */
const IPV6_KEYS = ['c6a1', 'c6a2', 'c6a3', 'c6a4'];
const IPV6_ROLES: Readonly<Record<string, EntityRole>> = { c6a1: 'observer', c6a2: 'actor', c6a3: 'target' };

function roleOfIpv6(key: string, record: CefRecord): EntityRole {
	const label = record.fields.get(`${key}Label`)?.toLowerCase() ?? '';
	if (/^(?:src|source|attacker|client)\b/.test(label)) return 'actor';
	if (/^(?:dst|dest|destination|target|server)\b/.test(label)) return 'target';
	if (/^(?:dvc|device|sensor)\b/.test(label)) return 'observer';
	return label === '' ? (IPV6_ROLES[key] ?? 'related') : 'related';
}

/** The first custom IPv6 address of a role, in its compared form: what tells conditions apart where no other address does. */
function ipv6Of(role: EntityRole, record: CefRecord): string | null {
	for (const key of IPV6_KEYS) {
		const ip = normaliseIp(record.fields.get(key) ?? '');
		if (ip !== null && roleOfIpv6(key, record) === role) return ip;
	}
	return null;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * Adds what every CEF record says by the standard's keys; vendors' mappings begin with it.
 *
 * @param own  keys and labels that the vendor means otherwise: they are labels here, and the vendor's mapping reads them
 */
export function draftOfCef(
	record: CefRecord,
	header: SyslogMessage | null,
	context: IntakeContext,
	own: ReadonlySet<string> = NOTHING,
): Draft {
	const draft = new Draft(context);
	const field = (key: string): string | null => (own.has(key) ? null : (record.fields.get(key) ?? null));
	for (const [key, role] of ENDPOINTS) {
		for (const value of valuesOf(field(key) ?? '')) {
			if (key.endsWith('mac')) draft.entity('mac', value, role, key);
			else draft.endpoint(value, role, HOST_KEYS.has(key) ? null : key);
		}
	}
	for (const key of IPV6_KEYS) draft.entity('ip', field(key), roleOfIpv6(key, record), key);
	draft.endpoint(header?.host, 'observer');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	draft.user(field('suser'), field('sntdom'), 'actor');
	draft.user(field('duser'), field('dntdom'), 'target');
	draft.entity('port', field('spt'), 'actor', 'spt');
	draft.entity('port', field('dpt'), 'target', 'dpt');
	draft.entity('protocol', field('app'), 'related');
	draft.url(field('request'), 'related');
	draft.file(field('filePath') ?? field('fname'), 'related');
	for (const [key, value] of record.pairs)
		if (!key.endsWith('Label') && !own.has(key))
			for (const one of valuesOf(value)) gatherField(draft, key, one, 'related');
	// Under its label a custom string may be a name: `cs1Label=FileHash`, `cs2Label=UserName`.
	for (const [label, value] of record.labelled) if (!own.has(label)) gatherField(draft, label, value, 'related');
	draft.technique(`${record.name} ${record.signatureId}`);
	addLabels(draft, record, own);
	return draft;
}

/** Keys that are an entity, a time, the description or another label already. */
const SAID_ELSEWHERE = new Set(
	'src dst spt dpt shost dhost smac dmac suser duser dvc dvchost msg start end rt proto app act cat outcome externalId'.split(
		' ',
	),
);

function addLabels(draft: Draft, record: CefRecord, own: ReadonlySet<string>): void {
	const field = (key: string): string | undefined => (own.has(key) ? undefined : record.fields.get(key));
	draft.labelsFrom({
		vendor: record.vendor,
		product: record.product,
		product_version: record.productVersion,
		signature_id: record.signatureId,
		category: field('cat'),
		action: field('act'),
		outcome: field('outcome'),
		protocol: field('proto'),
		app_protocol: field('app'),
		src_port: isPort(field('spt')) ? field('spt') : null,
		dst_port: isPort(field('dpt')) ? field('dpt') : null,
	});
	for (const [label, value] of record.labelled) draft.label(label, value);
	for (const [key, value] of record.fields) {
		if (!key.endsWith('Label') && !SAID_ELSEWHERE.has(key) && !record.fields.has(`${key}Label`))
			draft.label(key, value);
	}
}

/** When it happened: the later of start and end, else when the device took it in, else when the line was written. */
export function timeOfCef(draft: Draft, record: CefRecord, header: SyslogMessage | null): number | null {
	const [end, start, rt, art] = ['end', 'start', 'rt', 'art'].map((key) => draft.time(key, record.fields.get(key)));
	const event = Math.max(end ?? Number.NEGATIVE_INFINITY, start ?? Number.NEGATIVE_INFINITY);
	return (Number.isFinite(event) ? event : null) ?? rt ?? art ?? header?.occurredAt ?? null;
}

/** A labelled value that says that the condition is over. */
export function isCefClosed(record: CefRecord): boolean {
	const status = record.labelled.get('Status') ?? record.labelled.get('status') ?? record.fields.get('status') ?? '';
	return /^(?:closed|resolved|cleared)$/i.test(status.trim());
}

/**
 * A log-in, a log-out or a session's begin or end that the sender itself does not hold for grave. PAN-OS writes a session's part
 * as signature id of a `TRAFFIC` record (start, end; drop and deny are no routine).
 */
function isRoutine(record: CefRecord, severity: Severity | null): boolean {
	if (severity !== null && severity !== 'low') return false;
	if (/^fail/i.test(record.fields.get('outcome') ?? '')) return false;
	if (/^TRAFFIC$/i.test(record.name)) return /^(?:start|end)$/i.test(record.signatureId);
	return isRoutineSession(`${record.name} . ${record.signatureId}`);
}

function readGenericCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	const field = (key: string): string | null => present(record.fields.get(key));
	const subject = [
		field('src') ?? field('shost') ?? ipv6Of('actor', record),
		field('dst') ?? field('dhost') ?? ipv6Of('target', record),
		field('suser'),
		field('duser'),
	];
	// Without a subject the custom strings are all that tells two conditions apart (a case number, a rule).
	const custom = subject.every((part) => part === null)
		? [record.name, field('externalId'), ...[1, 2, 3, 4, 5, 6].map((n) => field(`cs${n}`))]
		: [];
	const signature = record.signatureId === '' ? record.name : record.signatureId;
	const severity = severityOfWord(present(record.severity));
	const category = field('cat')?.toLowerCase() ?? '';
	const isAudit =
		severity === 'informational' ||
		/^(?:audit|system|login|logon|session|authentication)/.test(category) ||
		isRoutine(record, severity);
	const alert = draft.finish({
		externalId: field('externalId'),
		identity: [record.vendor, record.product, signature, ...subject, ...custom],
		status: isCefClosed(record) ? 'closed' : 'open',
		title: record.name || record.signatureId || null,
		description: field('msg') ?? field('reason'),
		severity,
		severityRaw: record.severity,
		kind: kindOfWords(`${record.name} . ${record.signatureId} . ${category}`) ?? (isAudit ? 'audit' : 'security'),
		domain: null,
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
