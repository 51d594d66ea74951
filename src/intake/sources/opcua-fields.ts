// OPC UA's JSON: fields of an event or data set under any of the names and encodings that publishers use, made one flat table.
// What the fields mean for an alarm is said in scada-opcua.ts.
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject } from '../formats/json-text.ts';

const FIELDS_MAX = 500;
const DEPTH_MAX = 4;

/**
 * Standard event types by number (OPC UA Part 6, NodeIds.csv), as far as they decide what an event is.
 * Others are told by their names, or by the event's other fields.
 */
const EVENT_TYPES: Readonly<Record<string, string>> = {
	'2041': 'BaseEventType',
	'2052': 'AuditEventType',
	'2058': 'AuditSecurityEventType',
	'2100': 'AuditWriteUpdateEventType',
	'2127': 'AuditUpdateMethodEventType',
	'2130': 'SystemEventType',
	'2131': 'DeviceFailureEventType',
	'2782': 'ConditionType',
	'2787': 'RefreshStartEventType',
	'2788': 'RefreshEndEventType',
	'2830': 'DialogConditionType',
	'2881': 'AcknowledgeableConditionType',
	'2915': 'AlarmConditionType',
	'9341': 'ExclusiveLimitAlarmType',
	'9906': 'NonExclusiveLimitAlarmType',
	'10637': 'OffNormalAlarmType',
	'10751': 'TripAlarmType',
	'13225': 'CertificateExpirationAlarmType',
};

export type OpcUaFields = ReadonlyMap<string, string>;

/**
 * Flat text by browse path: `ActiveState`, `ActiveState/Id`. Paths lose their namespaces (`/0:ActiveState/0:Id`, `http://x#Step`), and
 * values the wrappings of DataValue, Variant (reversible encoding) and LocalizedText. The first of equal names counts.
 */
export function opcUaFields(payload: JsonObject): OpcUaFields {
	const fields = new Map<string, string>();
	for (const [key, value] of Object.entries(payload)) add(fields, pathOf(key), value, 0);
	return fields;
}

function add(fields: Map<string, string>, path: string, wrapped: JsonValue, depth: number): void {
	if (fields.size >= FIELDS_MAX || depth > DEPTH_MAX || path === '') return;
	const value = bare(wrapped);
	if (isJsonObject(value)) {
		for (const [key, member] of Object.entries(value)) add(fields, `${path}/${pathOf(key)}`, member, depth + 1);
		return;
	}
	if (value === null || fields.has(path)) return;
	const text = Array.isArray(value) ? value.filter((item) => typeof item !== 'object').join(', ') : String(value);
	if (text.trim() !== '') fields.set(path, text.trim());
}

/** The value inside a DataValue (`{Value, SourceTimestamp}`), a Variant (`{Type, Body}`) or a LocalizedText (`{Text, Locale}`). */
function bare(value: JsonValue): JsonValue {
	let inner = value;
	for (let depth = 0; depth < DEPTH_MAX && isJsonObject(inner); depth++) {
		const object: JsonObject = inner;
		const text = object['Text'];
		if (object['Body'] !== undefined && object['Type'] !== undefined) inner = object['Body'];
		else if (object['Value'] !== undefined && Object.keys(object).every((key) => DATA_VALUE.has(key)))
			inner = object['Value'];
		else if (typeof text === 'string' && Object.keys(object).every((key) => key === 'Text' || key === 'Locale'))
			inner = text;
		else return object;
	}
	return inner;
}

const DATA_VALUE = new Set([
	'Value',
	'StatusCode',
	'Status',
	'SourceTimestamp',
	'ServerTimestamp',
	'SourcePicoseconds',
	'ServerPicoseconds',
	'UaType',
	'Type',
]);

/** A browse path without its namespaces: `http://opcfoundation.org/UA/#ActiveState/Id` and `/0:ActiveState/0:Id` are `ActiveState/Id`. */
function pathOf(key: string): string {
	return key
		.slice(0, 500)
		.replace(/^.*#(?=[^#]*$)/, '')
		.split(/[/.]/)
		.map((part) => part.replace(/^(?:ns=)?\d{1,5}[:;]/, '').trim())
		.filter((part) => part !== '')
		.join('/');
}

/** The name of an event type from a NodeId (`i=2915`, `ns=0;i=2915`, `nsu=http://x;s=PumpAlarmType`) or a name. */
export function eventTypeName(type: string | null): string | null {
	if (type === null) return null;
	const number =
		/^(?:ns=0;|nsu=http:\/\/opcfoundation\.org\/UA\/;|http:\/\/opcfoundation\.org\/UA\/#)?i=(\d{1,9})$/i.exec(
			type,
		)?.[1];
	if (number !== undefined) return EVENT_TYPES[number] ?? null;
	const name = /([A-Za-z][A-Za-z0-9_ ]{2,80})$/.exec(type.slice(-100))?.[1];
	return name ?? null;
}
