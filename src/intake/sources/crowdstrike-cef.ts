// CrowdStrike's severities, and the CEF of its SIEM connector.
import type { IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { CefRecord } from '../formats/cef.ts';
import { present } from '../formats/draft.ts';
import type { JsonObject } from '../formats/json-text.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import { severityOfWord } from '../formats/words.ts';
import { draftOfCef, timeOfCef } from './cef-generic.ts';
import { addFalconEntities } from './crowdstrike-entities.ts';
import type { Reading } from './source-kind.ts';

const NOTHING: ReadonlySet<string> = new Set();

/**
 * A word by itself; a number by the scale of its event: DetectionSummaryEvent 1 (informational) to 5 (critical), all newer ones 0 to
 * 100 in bands of 20 (Falcon console, "Severity").
 */
export function severityOf(text: string | null, type: string | null): Severity | null {
	if (text === null || !/^\d{1,3}(?:\.\d{1,6})?$/.test(text)) return severityOfWord(text);
	const value = Number(text);
	if (/^DetectionSummary/i.test(type ?? '') && value >= 1 && value <= 5) return bandOf((Math.floor(value) - 1) * 20);
	return value > 100 ? null : bandOf(value);
}

function bandOf(value: number): Severity {
	if (value >= 80) return 'critical';
	if (value >= 60) return 'high';
	if (value >= 40) return 'medium';
	return value >= 20 ? 'low' : 'informational';
}

/** Keys by which the connector tells of the host of a detection: it is no source of anything, and its files come in two parts. */
const OWN_KEYS: ReadonlySet<string> = new Set(['src', 'shost', 'smac', 'suser', 'sntdom', 'fname', 'filePath']);

/** The same as the stream tells it, so that both give one alert. */
function hostOfCef(record: CefRecord): JsonObject {
	const names = {
		src: 'localip',
		shost: 'hostname',
		smac: 'macaddress',
		suser: 'username',
		sntdom: 'logondomain',
		fname: 'filename',
		filePath: 'filepath',
	};
	return Object.fromEntries(Object.entries(names).map(([key, name]) => [name, record.fields.get(key) ?? null]));
}

/** One line of the connector: a detection is told as the stream tells it, an audit event as CEF means it. */
export function readFalconCef(record: CefRecord, header: SyslogMessage | null, context: IntakeContext): Reading {
	const isAudit = /audit|remoteresponse/i.test(`${record.signatureId} ${record.name}`);
	const draft = draftOfCef(record, header, context, isAudit ? NOTHING : OWN_KEYS);
	const field = (key: string): string | null => present(record.fields.get(key));
	if (!isAudit) addFalconEntities(draft, hostOfCef(record), false);
	const link = record.labelled.get('FalconHostLink') ?? null;
	// The link ends in the ids of sensor and detection: `.../detections/detail/<sensor>/<detection>?_cid=...`.
	const detection = /\/detail\/([0-9a-zA-Z]{1,64})\/([0-9a-zA-Z-]{1,64})/.exec(link ?? '');
	const type = record.signatureId;
	const id = detection === null ? null : `ldt:${detection[1]}:${detection[2]}`;
	const host = field('shost') ?? field('dhost') ?? field('deviceExternalId') ?? field('dvchost');
	const severityRaw = present(record.labelled.get('SeverityName')) ?? record.severity;
	const stated = /^(?:[6-9]|10)$/.test(severityRaw)
		? severityOfWord(severityRaw)
		: severityOf(severityRaw, /^[1-5]$/.test(severityRaw) ? 'DetectionSummaryEvent' : type);
	const alert = draft.finish({
		externalId: id ?? field('externalId'),
		identity:
			id === null
				? [type, record.name, host, field('suser') ?? field('duser'), field('fname'), isAudit ? field('msg') : null]
				: ['detection', id],
		status: 'open',
		title: present(record.labelled.get('DetectName')) ?? (record.name || type || null),
		description: field('msg'),
		severity: stated ?? (isAudit ? 'informational' : null),
		severityRaw,
		kind: isAudit ? 'audit' : 'security',
		domain: 'it',
		occurredAt: timeOfCef(draft, record, header),
	});
	return { kind: 'alert', alert, problems: [...record.problems, ...draft.problems] };
}
