// Rows of the table CommonSecurityLog, into which Azure's agents put CEF: exports of it as CSV or JSON become the CEF record they came
// from. What a vendor means by it is said in sources/.
import type { CefRecord } from './cef.ts';
import type { JsonObject } from './json-text.ts';

/** Columns of the table and the keys of CEF that they hold (Azure Monitor table reference, CommonSecurityLog). */
const KEYS: Readonly<Record<string, string>> = {
	SourceIP: 'src',
	SourceHostName: 'shost',
	SourceMACAddress: 'smac',
	SourcePort: 'spt',
	SourceUserName: 'suser',
	SourceUserID: 'suid',
	SourceNTDomain: 'sntdom',
	SourceProcessName: 'sproc',
	SourceTranslatedAddress: 'sourceTranslatedAddress',
	DestinationIP: 'dst',
	DestinationHostName: 'dhost',
	DestinationMACAddress: 'dmac',
	DestinationPort: 'dpt',
	DestinationUserName: 'duser',
	DestinationUserID: 'duid',
	DestinationNTDomain: 'dntdom',
	DestinationProcessName: 'dproc',
	DestinationTranslatedAddress: 'destinationTranslatedAddress',
	DeviceAddress: 'dvc',
	DeviceName: 'dvchost',
	DeviceMacAddress: 'dvcmac',
	DeviceAction: 'act',
	DeviceEventCategory: 'cat',
	DeviceFacility: 'deviceFacility',
	DeviceExternalID: 'deviceExternalId',
	ApplicationProtocol: 'app',
	Protocol: 'proto',
	Message: 'msg',
	EventCount: 'cnt',
	EventOutcome: 'outcome',
	ExternalID: 'externalId',
	ExtID: 'externalId',
	FileName: 'fname',
	FilePath: 'filePath',
	FileHash: 'fileHash',
	Reason: 'reason',
	RequestURL: 'request',
	RequestClientApplication: 'requestClientApplication',
	RequestMethod: 'requestMethod',
	ReceiptTime: 'rt',
	StartTime: 'start',
	EndTime: 'end',
	FlexString1: 'flexString1',
	FlexString2: 'flexString2',
	FlexNumber1: 'flexNumber1',
	FlexNumber2: 'flexNumber2',
};

/** `DeviceCustomString1`, `DeviceCustomString1Label` and their like. */
const CUSTOM = /^DeviceCustom(String|Number|FloatingPoint|IPv6Address|Date)(\d)(Label)?$/;
const CUSTOM_KEYS: Readonly<Record<string, string>> = {
	String: 'cs',
	Number: 'cn',
	FloatingPoint: 'cfp',
	IPv6Address: 'c6a',
	Date: 'deviceCustomDate',
};
const EXTENSIONS_MAX = 1_000;

/** True for a row of the table, by the columns that every export of it has. */
export function isCommonSecurityLog(record: JsonObject): boolean {
	return record['DeviceVendor'] !== undefined && record['DeviceProduct'] !== undefined;
}

/** The CEF record that a row was made from; an empty cell, `None` and the table's unset times are absent. */
export function cefOfRow(row: JsonObject): CefRecord {
	const fields = new Map<string, string>();
	const put = (key: string, value: string): void => {
		const text = value.trim();
		if (!isEmpty(text) && !fields.has(key)) fields.set(key, spelledTime(text));
	};
	for (const [name, value] of Object.entries(row)) {
		const column = name.replace(/ ?\[[^\]]{1,20}\]$/, '');
		const key = Object.hasOwn(KEYS, column) ? KEYS[column] : customKey(column);
		if (key !== undefined && (typeof value === 'string' || typeof value === 'number')) put(key, String(value));
	}
	for (const [key, value] of extensionsOf(row['AdditionalExtensions'])) put(key, value);
	const labelled = new Map<string, string>();
	for (const [key, label] of fields) {
		const value = key.endsWith('Label') ? fields.get(key.slice(0, -'Label'.length)) : undefined;
		if (value !== undefined) labelled.set(label, value);
	}
	const text = (name: string): string => String(row[name] ?? '');
	return {
		version: '0',
		vendor: text('DeviceVendor'),
		product: text('DeviceProduct'),
		productVersion: text('DeviceVersion'),
		signatureId: text('DeviceEventClassID'),
		name: text('Activity'),
		severity: text('LogSeverity'),
		fields,
		labelled,
		pairs: [...fields],
		problems: [],
	};
}

function customKey(column: string): string | undefined {
	const [, kind = '', number, label = ''] = CUSTOM.exec(column) ?? [];
	return number === undefined ? undefined : `${CUSTOM_KEYS[kind]}${number}${label}`;
}

/** `key=value;key=value`; a part without a mark belongs to the value before it. */
function extensionsOf(value: unknown): [string, string][] {
	const pairs: [string, string][] = [];
	for (const part of typeof value === 'string' ? value.split(';', EXTENSIONS_MAX) : []) {
		const at = part.indexOf('=');
		const last = pairs.at(-1);
		if (at > 0) pairs.push([part.slice(0, at).trim(), part.slice(at + 1)]);
		else if (last !== undefined) last[1] += `;${part}`;
	}
	return pairs;
}

/** Ways of saying nothing: `None` of Python, and a mark of templates. */
export function isEmpty(text: string): boolean {
	return /^(?:none|null|__EMPTY__|)$/i.test(text.trim()) || /^1\/1\/1970, 12:00:00\.000 AM$/.test(text.trim());
}

/** The portal exports times as `11/7/2020, 2:15:49.243 PM`, in UTC. */
export function spelledTime(text: string): string {
	const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4}), (\d{1,2}):(\d\d):(\d\d(?:\.\d{1,7})?) ([AP])M$/.exec(text);
	if (match === null) return text;
	const [, month = '', day = '', year = '', hour = '', minute = '', second = '', half] = match;
	const clock = (Number(hour) % 12) + (half === 'P' ? 12 : 0);
	return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${String(clock).padStart(2, '0')}:${minute}:${second}Z`;
}
