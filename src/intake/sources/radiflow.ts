// Radiflow iSID: CEF over syslog, with keys of its own for the two ends of a link.
import type { AlertKind, EntityRole, IntakeContext } from '../../domain/alert.ts';
import { addAssetName } from '../formats/asset-name.ts';
import type { CefRecord } from '../formats/cef.ts';
import type { Draft } from '../formats/draft.ts';
import { isPort, present } from '../formats/draft.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { cefGeneric, draftOfCef, isCefClosed, timeOfCef } from './cef-generic.ts';
import type { Reading, SourceKind } from './source-kind.ts';
import { unparsed } from './source-kind.ts';

export const radiflow: SourceKind = {
	name: 'radiflow',
	aliases: [],
	title: 'Radiflow iSID',
	vendor: 'Radiflow',
	domain: 'ot',
	forms: ['CEF, bare or in syslog, also with line breaks that syslog wrote as `#012`'],
	severities: [
		['Critical, Very-High, 9, 10', 'critical'],
		['High, 7, 8', 'high'],
		['Medium, 4 to 6', 'medium'],
		['Low, 1 to 3', 'low'],
		['Info, 0', 'informational'],
	],
	identity: 'event type and name, both ends (address, else MAC, else name) and the port',
	setup: [
		'In iSID: Settings, System, Syslog: add our host and syslog port, format CEF.',
		"Set the source's `time_zone`: iSID's lines carry the local time of the host, without a year.",
	],
	notHandled: ['iSEC and iCEN records'],
	splitJson: cefGeneric.splitJson,
	readJson: () => unparsed('body', 'JSON without a CEF line', 'a `CEF:` line of Radiflow iSID'),
	readCef,
	ownsCef: (record) => /^radiflow/i.test(record.vendor),
	readText: null,
};

/** Keys that iSID means otherwise than the standard: its `dvc` is the device that an event is about. */
const OWN = new Set(['dvc', 'dvchost', 'SrcName', 'DstName', 'SrcMac', 'DstMac', 'cat', 'PtName']);

/** No value of iSID's is longer; a text without end costs no time. */
const VALUE_MAX = 4_000;

/** A value as iSID meant it: quotes and the line breaks that rsyslog writes as `#012` are none of it. */
function clean(value: string | undefined): string | null {
	const text = (value ?? '')
		.slice(0, VALUE_MAX)
		.replace(/#0\d\d/g, ' ')
		.replace(/^[\s']+|[\s']+$/g, '')
		.trim();
	return present(text);
}

/** `PLC-7 - 3` is a name and the number of the unit or slot behind it. */
function withoutUnit(name: string | null): string | null {
	return name === null ? null : present(name.replace(/ - \d{1,5}$/, ''));
}

function addEnd(draft: Draft, record: CefRecord, side: 'Src' | 'Dst', role: EntityRole): void {
	const field = (key: string): string | null => clean(record.fields.get(key));
	addAssetName(draft, withoutUnit(field(`${side}Name`)), role);
	draft.entity('mac', field(`${side}Mac`), role, `${side}Mac`);
}

function readCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const draft = draftOfCef(record, header, context, OWN);
	const field = (key: string): string | null => clean(record.fields.get(key));
	// An event about one device names it as `dvc` or as the source; nobody acts upon anybody.
	const isLink = field('dst') !== null || field('DstName') !== null || field('DstMac') !== null;
	for (const key of ['dvc', 'dvchost']) draft.endpoint(field(key), 'target', key === 'dvc' ? key : null);
	addEnd(draft, record, 'Src', isLink ? 'actor' : 'target');
	addEnd(draft, record, 'Dst', 'target');
	const port = field('pt') ?? field('dpt');
	draft.entity('port', port, 'target', 'pt');
	draft.entity('protocol', field('PtName'), 'related');
	const category = field('cat');
	draft.labelsFrom({ category, app_protocol: field('PtName'), dst_port: isPort(port) ? port : null });
	const source = field('src') ?? field('dvc') ?? field('SrcMac') ?? withoutUnit(field('SrcName'));
	const destination = field('dst') ?? field('DstMac') ?? withoutUnit(field('DstName'));
	const alert = draft.finish({
		externalId: field('id') ?? field('externalId'),
		identity: [record.signatureId, record.name, source, destination, port],
		status: isCefClosed(record) ? 'closed' : 'open',
		title: record.name || record.signatureId,
		description: field('msg') ?? field('desc'),
		severity: severityOfWord(present(record.severity)),
		severityRaw: record.severity,
		kind: kindOf(category, record.name),
		domain: 'ot',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}

/** iSID's detection packages: Link, Device, Cyber, Policy, Anomaly, Asset, Maintenance, System. */
function kindOf(category: string | null, name: string): AlertKind {
	const word = category?.toLowerCase() ?? '';
	if (/^system|^health/.test(word)) return 'availability';
	if (/^(?:audit|user|login)/.test(word)) return 'audit';
	if (/^maintenance/.test(word)) return 'maintenance';
	return /vulnerab|\bcve-/i.test(`${word} ${name}`) ? 'vulnerability' : 'security';
}
