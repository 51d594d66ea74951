// Any CEF line. A vendor that has a mapping of its own (`ownsCef`) is read by it; the source's name stays. All others go by the
// meaning that the CEF standard gives its keys.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { CefRecord } from '../formats/cef.ts';
import { Draft, present } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import type { JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { latestTime, readTime } from '../formats/time-text.ts';
import { kindOfWords, severityOfWord } from '../formats/words.ts';
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

/** Adds what every CEF record says by the standard's keys; vendors' mappings begin with it. */
export function draftOfCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Draft {
	const draft = new Draft(context);
	const field = (key: string): string | null => record.fields.get(key) ?? null;
	for (const [key, role] of ENDPOINTS) draft.endpoint(field(key), role);
	draft.endpoint(header?.host, 'observer');
	draft.user(field('suser'), field('sntdom'), 'actor');
	draft.user(field('duser'), field('dntdom'), 'target');
	draft.entity('port', field('spt'), 'actor');
	draft.entity('port', field('dpt'), 'target');
	draft.entity('protocol', field('app'), 'related');
	draft.url(field('request'), 'related');
	draft.file(field('filePath') ?? field('fname'), 'related');
	for (const [key, value] of record.pairs) if (!key.endsWith('Label')) gatherField(draft, key, value, 'related');
	// Under its label a custom string may be a name: `cs1Label=FileHash`, `cs2Label=UserName`.
	for (const [label, value] of record.labelled) gatherField(draft, label, value, 'related');
	draft.technique(`${record.name} ${record.signatureId}`);
	addLabels(draft, record);
	return draft;
}

/** Keys that are an entity, a time, the description or another label already. */
const SAID_ELSEWHERE = new Set(
	'src dst spt dpt shost dhost smac dmac suser duser dvc dvchost msg start end rt proto app act cat outcome externalId'.split(
		' ',
	),
);

function addLabels(draft: Draft, record: CefRecord): void {
	const field = (key: string): string | undefined => record.fields.get(key);
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
		src_port: field('spt'),
		dst_port: field('dpt'),
	});
	for (const [label, value] of record.labelled) draft.label(label, value);
	for (const [key, value] of record.fields) {
		if (!key.endsWith('Label') && !SAID_ELSEWHERE.has(key) && !record.fields.has(`${key}Label`))
			draft.label(key, value);
	}
}

/** When it happened: the later of start and end, else when the device took it in, else when the line was written. */
export function timeOfCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): number | null {
	return (
		latestTime([record.fields.get('end'), record.fields.get('start')], context) ??
		readTime(record.fields.get('rt'), context) ??
		readTime(record.fields.get('art'), context) ??
		header?.occurredAt ??
		null
	);
}

/** A labelled value that says that the condition is over. */
export function isCefClosed(record: CefRecord): boolean {
	const status = record.labelled.get('Status') ?? record.labelled.get('status') ?? record.fields.get('status') ?? '';
	return /^(?:closed|resolved|cleared)$/i.test(status.trim());
}

function readGenericCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context);
	const field = (key: string): string | null => present(record.fields.get(key));
	const subject = [field('src') ?? field('shost'), field('dst') ?? field('dhost'), field('suser'), field('duser')];
	// Without a subject the custom strings are all that tells two conditions apart (a case number, a rule).
	const custom = subject.every((part) => part === null)
		? [record.name, field('externalId'), ...[1, 2, 3, 4, 5, 6].map((n) => field(`cs${n}`))]
		: [];
	const signature = record.signatureId === '' ? record.name : record.signatureId;
	const severity = severityOfWord(present(record.severity));
	const category = field('cat')?.toLowerCase() ?? '';
	const isAudit = severity === 'informational' || /^(?:audit|system|login|logon|session|authentication)/.test(category);
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
		occurredAt: timeOfCef(record, header, context),
	});
	return { kind: 'alert', alert, problems: record.problems };
}
