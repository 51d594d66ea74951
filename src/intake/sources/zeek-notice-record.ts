// Records of Zeek's own judgement: notice.log, weird.log and intel.log. BZAR's notices name ATT&CK techniques in their text.
import type { AlertKind, IntakeContext } from '../../domain/alert.ts';
import type { Draft } from '../formats/draft.ts';
import type { Reading } from './source-kind.ts';
import { draftOfZeek, endsOf, textOf, timeOfZeek, type ZeekRecord } from './zeek-record.ts';

/** Notices about Zeek's own view: what it did not see is a blind spot, and no attack. */
const BLIND =
	/^(?:PacketFilter|CaptureLoss|Stats|Reporter|Cluster|ProcStats|Control|Broker|Signatures::Count)|Dropped_Packets|Too_(?:Much|Little)_/i;
const CERTIFICATE = /Certificate_(?:Expired|Expires_Soon|Not_Valid_Yet)/i;
const VULNERABLE = /Vulnerable_Version|^Heartbleed::|CVE[_-]?\d{4}/i;

/** The alert of a notice, weird or intel record; null for a record of another log. Severity is null always: Zeek states none. */
export function readZeekNotice(record: ZeekRecord, context: IntakeContext): Reading | null {
	if (textOf(record, 'note') !== null && (record.path === null || /notice/i.test(record.path)))
		return readNotice(record, context);
	if (textOf(record, 'seen.indicator') !== null) return readIntel(record, context);
	const isWeird =
		record.path === null ? record.fields.has('notice') && record.fields.has('peer') : /weird/i.test(record.path);
	return isWeird && textOf(record, 'name') !== null ? readWeird(record, context) : null;
}

function readNotice(record: ZeekRecord, context: IntakeContext): Reading {
	const note = textOf(record, 'note');
	const message = textOf(record, 'msg');
	const sub = textOf(record, 'sub');
	const draft = draftOfZeek(record, context);
	draft.endpoint(textOf(record, 'src'), 'actor', 'src');
	draft.endpoint(textOf(record, 'dst'), 'target', 'dst');
	draft.entity('port', textOf(record, 'p')?.split('/')[0], 'target', 'p');
	draft.entity('protocol', textOf(record, 'proto'), 'related');
	draft.labelsFrom({ signature_id: note, category: note?.split('::')[0] });
	const source = textOf(record, 'src') ?? endsOf(record).source;
	const target = textOf(record, 'dst') ?? endsOf(record).target;
	// Zeek suppresses repeats by an identifier that it does not log; the text has counts and durations in it, so it counts only alone.
	const nameless = source === null && target === null ? [message, sub] : [];
	const techniques = [message, sub].flatMap((text) => text?.match(/\bT\d{4}(?:\.\d{3})?\b/g) ?? []);
	return finished(draft, record, {
		identity: ['notice', note, source, target, textOf(record, 'p'), ...techniques, ...nameless],
		title: message === null ? (note ?? '') : `${message} (${note})`,
		description: sub,
		kind: kindOfNote(note ?? ''),
	});
}

function kindOfNote(note: string): AlertKind {
	if (BLIND.test(note)) return 'availability';
	if (CERTIFICATE.test(note)) return 'maintenance';
	return VULNERABLE.test(note) ? 'vulnerability' : 'security';
}

/** A weird that a policy has raised to a notice is an alert; the others are Zeek's remarks on traffic, most of them harmless. */
function readWeird(record: ZeekRecord, context: IntakeContext): Reading {
	const name = textOf(record, 'name');
	const draft = draftOfZeek(record, context);
	draft.labelsFrom({ signature_id: name, category: 'weird' });
	draft.endpoint(textOf(record, 'peer'), 'observer');
	const { source, target } = endsOf(record);
	const isNotice = ['true', 'T'].includes(textOf(record, 'notice') ?? '');
	return finished(draft, record, {
		identity: ['weird', name, source, target],
		title: `Zeek weird: ${name}`,
		description: textOf(record, 'addl'),
		kind: isNotice ? 'security' : 'audit',
	});
}

function readIntel(record: ZeekRecord, context: IntakeContext): Reading {
	const indicator = textOf(record, 'seen.indicator');
	const type = textOf(record, 'seen.indicator_type');
	const draft = draftOfZeek(record, context);
	addIndicator(draft, type, indicator);
	draft.endpoint(textOf(record, 'seen.node'), 'observer');
	draft.labelsFrom({ signature_id: 'Intel', category: 'intel', indicator, indicator_type: type });
	const { source, target } = endsOf(record);
	return finished(draft, record, {
		identity: ['intel', type, indicator, source, target],
		title: `Known indicator seen: ${indicator}`,
		description: textOf(record, 'sources'),
		kind: 'security',
	});
}

/** Indicator types of Zeek's intelligence framework. */
function addIndicator(draft: Draft, type: string | null, indicator: string | null): void {
	const word = type?.replace(/^Intel::/, '') ?? '';
	if (word === 'ADDR' || word === 'SUBNET') draft.mentions(indicator, 'related');
	else if (word === 'DOMAIN') draft.domainName(indicator, 'related');
	else if (word === 'URL')
		draft.url(indicator?.includes('://') === true ? indicator : `http://${indicator}`, 'related');
	else if (word === 'EMAIL') draft.entity('email', indicator, 'related');
	else if (word === 'USER_NAME') draft.user(indicator, null, 'related');
	else if (word === 'FILE_NAME') draft.file(indicator, 'related');
	else if (word === 'FILE_HASH' || word === 'CERT_HASH' || word === 'PUBKEY_HASH')
		draft.entity('file_hash', indicator, 'related');
}

type Said = {
	readonly identity: readonly (string | null)[];
	readonly title: string;
	readonly description: string | null;
	readonly kind: AlertKind;
};

function finished(draft: Draft, record: ZeekRecord, said: Said): Reading {
	const alert = draft.finish({
		...said,
		externalId: textOf(record, 'uid'),
		status: 'open',
		severity: null,
		severityRaw: null,
		domain: null,
		occurredAt: timeOfZeek(draft, record),
	});
	return { kind: 'alert', alert, problems: draft.problems };
}
