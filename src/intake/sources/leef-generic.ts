// Any LEEF line. A vendor that has a mapping of its own (`ownsLeef`) is read by it; the source's name stays. All others go by the
// meaning that IBM's LEEF guide gives its predefined attributes.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft, isPort, present } from '../formats/draft.ts';
import { gatherField } from '../formats/gather.ts';
import type { LeefRecord } from '../formats/leef.ts';
import { readTimeBy } from '../formats/pattern-time.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { isRoutineSession, kindOfWords, severityOfWord } from '../formats/words.ts';
import { carriedLines } from './carried-line.ts';
import type { Reading, SourceKind } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

export const leefGeneric: SourceKind = {
	name: 'leef-generic',
	aliases: ['leef'],
	title: 'Any product that sends LEEF',
	vendor: 'any',
	domain: null,
	forms: [
		'`LEEF:1.0` and `LEEF:2.0` lines, bare or in syslog, attributes divided by tab, by the declared delimiter (`^`, `x09`, `0x7C`), or by another that the sender uses without saying so',
		'a JSON object that carries such a line as `message`',
	],
	severities: [
		['`sev` 9, 10', 'critical'],
		['7, 8', 'high'],
		['4 to 6', 'medium'],
		['1 to 3', 'low'],
		['0', 'informational'],
		['without `sev`: the word of `severity`', 'by value'],
		['neither', null],
	],
	identity: 'vendor, product, event id, source, destination and user; where it names none of them, name and message',
	setup: [
		"Point the product's QRadar (LEEF) output at our syslog port, or let a relay post its lines to `https://HOST/v1/alerts/leef` as `text/plain`.",
		"Set the source's `time_zone` where `devTime` has no zone.",
	],
	notHandled: ['`devTimeFormat` with week or era letters (`w`, `G`): the time of the syslog header counts then'],
	splitJson: (document) => carriedLines(document, 'LEEF:'),
	readJson: () =>
		unparsed('body', 'JSON without a LEEF line', 'a `LEEF:` line, or an object that carries one as `message`'),
	readCef: null,
	ownsCef: null,
	readLeef: readGenericLeef,
	readText: null,
};

/** Attributes whose meaning gives a role. The rest is swept. */
const ENDPOINTS: readonly (readonly [string, EntityRole])[] = [
	['src', 'actor'],
	['srcMAC', 'actor'],
	['srcPreNAT', 'actor'],
	['srcPostNAT', 'actor'],
	['vSrc', 'actor'],
	['vSrcName', 'actor'],
	['shost', 'actor'],
	['identSrc', 'actor'],
	['identMAC', 'actor'],
	['identHostName', 'actor'],
	['identNetBios', 'actor'],
	['dst', 'target'],
	['dstMAC', 'target'],
	['dstPreNAT', 'target'],
	['dstPostNAT', 'target'],
	['dhost', 'target'],
	['dvc', 'observer'],
	['dvchost', 'observer'],
];

/** Adds what every LEEF record says by the standard's attributes; vendors' mappings begin with it. */
export function draftOfLeef(record: LeefRecord, header: SyslogMessage | null, context: IntakeContext): Draft {
	const draft = new Draft(context);
	const field = (key: string): string | null => record.fields.get(key) ?? null;
	for (const [key, role] of ENDPOINTS) {
		if (key.endsWith('MAC')) draft.entity('mac', field(key), role, key);
		else draft.endpoint(field(key), role, /^(?:src|dst)$/.test(key) ? key : null);
	}
	draft.endpoint(header?.host, 'observer');
	for (const relay of header?.relays ?? []) draft.endpoint(relay, 'observer');
	const realm = field('domain')?.includes('.') === true ? null : field('domain');
	draft.user(field('usrName'), realm, 'actor');
	draft.user(field('suser'), null, 'actor');
	draft.user(field('duser'), null, 'target');
	draft.user(field('accountName'), null, 'related');
	draft.entity('port', field('srcPort'), 'actor', 'srcPort');
	draft.entity('port', field('dstPort'), 'target', 'dstPort');
	draft.url(field('url') ?? field('request'), 'related');
	for (const [key, value] of record.pairs) if (!key.endsWith('Label')) gatherField(draft, key, value, 'related');
	for (const [label, value] of record.labelled) gatherField(draft, label, value, 'related');
	draft.technique(record.eventId);
	addLabels(draft, record);
	return draft;
}

/** Attributes that are an entity, a time, the title or the description already. */
const SAID_ELSEWHERE = new Set(
	'src dst srcPort dstPort srcMAC dstMAC usrName msg desc name devTime devTimeFormat cat proto sev dvchost'.split(' '),
);

function addLabels(draft: Draft, record: LeefRecord): void {
	const field = (key: string): string | undefined => record.fields.get(key);
	draft.labelsFrom({
		vendor: record.vendor,
		product: record.product,
		product_version: record.productVersion,
		signature_id: record.eventId,
		category: field('cat'),
		action: field('act') ?? field('action'),
		protocol: field('proto'),
		policy: field('policy'),
		src_port: isPort(field('srcPort')) ? field('srcPort') : null,
		dst_port: isPort(field('dstPort')) ? field('dstPort') : null,
	});
	for (const [label, value] of record.labelled) draft.label(label, value);
	for (const [key, value] of record.fields) {
		if (!key.endsWith('Label') && !SAID_ELSEWHERE.has(key) && !record.fields.has(`${key}Label`))
			draft.label(key, value);
	}
}

/** `devTime` by its `devTimeFormat`, else as it stands; without one, when the line was written. */
export function timeOfLeef(draft: Draft, record: LeefRecord, header: SyslogMessage | null): number | null {
	const text = record.fields.get('devTime');
	const format = record.fields.get('devTimeFormat');
	const stated = text === undefined || format === undefined ? null : readTimeBy(format, text, draft.context);
	return stated ?? draft.time('devTime', text) ?? header?.occurredAt ?? null;
}

/** IBM QRadar LEEF guide: `sev` is 1 to 10. Some products write a word, or call it otherwise. */
function severityOf(record: LeefRecord): { severity: Severity | null; raw: string | null } {
	for (const key of ['sev', 'severity', 'Severity']) {
		const raw = record.fields.get(key);
		if (raw !== undefined) return { severity: severityOfWord(raw), raw };
	}
	return { severity: null, raw: null };
}

function readGenericLeef(record: LeefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfLeef(record, header, context);
	const field = (key: string): string | null => present(record.fields.get(key));
	const subject = [
		field('src') ?? field('shost') ?? field('identSrc'),
		field('dst') ?? field('dhost'),
		field('usrName'),
		field('dvchost'),
	];
	const name = field('name') ?? field('eventName') ?? field('title');
	const text = field('msg') ?? field('desc') ?? field('message') ?? field('reason');
	const { severity, raw } = severityOf(record);
	const category = field('cat') ?? '';
	const words = `${name ?? ''} . ${record.eventId} . ${category}`;
	const isAudit =
		severity === 'informational' ||
		(/^(?:audit|system|log[io]n|session|authentication)/i.test(category) &&
			(severity === null || severity === 'low')) ||
		((severity === null || severity === 'low') && isRoutineSession(words));
	const id = /^\d*$/.test(record.eventId) ? null : record.eventId;
	const product = `${record.vendor} ${record.product} event ${record.eventId}`;
	const alert = draft.finish({
		externalId: field('externalId') ?? field('alertId') ?? field('eventUid'),
		identity: [
			record.vendor,
			record.product,
			record.eventId,
			...subject,
			...(subject.every((part) => part === null) ? [name, text] : []),
		],
		status: /^(?:closed|resolved|cleared)$/i.test(field('status') ?? '') ? 'closed' : 'open',
		title: name ?? id ?? present(category) ?? product,
		description: text,
		severity,
		severityRaw: raw,
		kind: kindOfWords(words) ?? (isAudit ? 'audit' : 'security'),
		domain: null,
		occurredAt: timeOfLeef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
