// Whose mapping reads a record: the source's own, or, where the source takes anything (`cef`, `leef`, `syslog`), that of the vendor who
// wrote it. The source's name stays. No record is read here.
import type { Entity, Parsed } from '../domain/alert.ts';
import { toIso } from '../domain/time.ts';
import type { CefRecord } from './formats/cef.ts';
import type { JsonObject, JsonValue } from './formats/json-text.ts';
import { isJsonObject } from './formats/json-text.ts';
import type { LeefRecord } from './formats/leef.ts';
import { normaliseIp } from './formats/scan-text.ts';
import type { SyslogMessage } from './formats/syslog.ts';
import { cefGeneric } from './sources/cef-generic.ts';
import { SOURCE_KINDS, type SourceKind } from './sources/index.ts';
import { leefGeneric } from './sources/leef-generic.ts';
import { severityOfLevel, syslog } from './sources/syslog.ts';

export function readerOfCef(source: SourceKind, record: CefRecord): NonNullable<SourceKind['readCef']> | null {
	const isAny = source.name === cefGeneric.name || source.name === syslog.name;
	const owner = isAny ? SOURCE_KINDS.find((kind) => kind.ownsCef?.(record) === true) : source;
	return owner?.readCef ?? cefGeneric.readCef;
}

export function readerOfLeef(source: SourceKind, record: LeefRecord): SourceKind['readLeef'] {
	const isAny = source.name === leefGeneric.name || source.name === syslog.name;
	const owner = isAny ? SOURCE_KINDS.find((kind) => kind.ownsLeef?.(record) === true) : source;
	return owner?.readLeef ?? leefGeneric.readLeef;
}

/** The kind that takes a JSON document apart: the vendor's where one is certain of it, told by its first record. */
export function ownerOfJson(source: SourceKind, document: JsonValue): SourceKind {
	if (source.name !== syslog.name) return source;
	const first: JsonObject | undefined = Array.isArray(document)
		? document.find(isJsonObject)
		: isJsonObject(document)
			? document
			: undefined;
	if (first === undefined) return source;
	return SOURCE_KINDS.find((kind) => kind.ownsJson?.(first) === true) ?? source;
}

export function ownerOfText(source: SourceKind, text: string): SourceKind {
	if (source.name !== syslog.name) return source;
	return SOURCE_KINDS.find((kind) => kind.ownsText?.(text) === true) ?? source;
}

/**
 * What the header of a syslog line says of the JSON in it, for kind `syslog`: who sent it, and where the record states none, when and
 * how grave.
 */
export function withHeader(source: SourceKind, item: Parsed, header: SyslogMessage): Parsed {
	if (source.name !== syslog.name || item.kind === 'unparsed') return item;
	const { alert } = item;
	const held = new Set(alert.entities.map((entity) => entity.value.toLowerCase()));
	const hosts = [header.host, ...header.relays].filter((host) => host !== null && !held.has(host.toLowerCase()));
	const observers = hosts.map((host): Entity => {
		const ip = normaliseIp(host ?? '');
		return { type: ip === null ? 'host' : 'ip', value: ip ?? host ?? '', role: 'observer' };
	});
	const isTimeless = alert.time_basis === 'received' && header.occurredAt !== null;
	const isSilent = alert.severity_raw === null && alert.severity === null && header.severity !== null;
	return {
		...item,
		alert: {
			...alert,
			entities: [...alert.entities, ...observers].slice(0, 500),
			...(isTimeless ? { occurred_at: toIso(header.occurredAt ?? 0), time_basis: 'event' } : {}),
			...(isSilent ? { severity: severityOfLevel(header.severity ?? 7), severity_raw: String(header.severity) } : {}),
		},
	};
}
