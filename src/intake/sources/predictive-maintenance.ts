// Equipment health: AWS Monitron events (as Kinesis hands them on), AWS IoT SiteWise and IoT Events alarm states, and vibration
// measurements with a zone of ISO 20816 (formerly ISO 10816).
import type { IntakeContext } from '../../domain/alert.ts';
import { base64Json } from '../formats/base64-json.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { isMonitron, readMonitron } from './monitron.ts';
import { isSiteWise, readSiteWise } from './sitewise.ts';
import type { JsonSplit, Reading, SourceKind } from './source-kind.ts';
import { records, unparsed } from './source-kind.ts';
import { isVibration, readVibration } from './vibration.ts';

const WRAPPINGS_MAX = 4;

export const predictiveMaintenance: SourceKind = {
	name: 'predictive-maintenance',
	aliases: ['monitron', 'sitewise'],
	title: 'Equipment health (AWS Monitron, IoT SiteWise alarms, vibration zones)',
	vendor: 'several',
	domain: 'ot',
	forms: [
		'AWS Monitron events, versions 1 and 2: measurements and asset state transitions',
		'the same in Kinesis or Lambda records (`Records[].kinesis.data`, base64)',
		'AWS IoT SiteWise property updates of an alarm state, and AWS IoT Events alarm payloads, also inside an SNS notification',
		'vibration measurements that state a zone A to D',
	],
	severities: [
		['Monitron asset or model state ALARM', 'high'],
		['WARNING, NEEDS_MAINTENANCE', 'medium'],
		['HEALTHY, WORKING', 'informational'],
		['UNKNOWN', null],
		['IoT Events `severity` 0 to 10 by value', 'by value'],
		['SiteWise and IoT Events alarms without one', null],
		['vibration zone D (damage is likely)', 'critical'],
		['zone C (not for continuous running)', 'medium'],
		['zone B (fit for long running)', 'low'],
		['zone A (as new)', 'informational'],
	],
	identity:
		'Monitron: project, site, asset and position; SiteWise and IoT Events: alarm model and key, or asset and property; vibration: asset and point',
	setup: [
		'Monitron: turn on the Kinesis export, and let a Lambda function post the records to `https://HOST/v1/alerts/predictive-maintenance` with the bearer token.',
		'SiteWise, IoT Events: publish alarm notifications to an SNS topic or an IoT rule with an HTTPS action to the same address.',
	],
	notHandled: [
		'a zone is taken as stated: it is not computed from a velocity, because the class of the machine is not in the payload',
		'gateway and sensor connectivity events of Monitron carry no asset state: they become availability alerts without severity',
	],
	splitJson: split,
	readJson: read,
	readCef: null,
	ownsCef: null,
	readText: null,
};

function split(document: JsonValue): JsonSplit {
	if (isJsonObject(document) && /^(?:Uns|S)ubscriptionConfirmation$/.test(String(document['Type'] ?? '')))
		return {
			kind: 'protocol',
			note: 'an SNS subscription message: confirm it with kind `cloudwatch-sns`, or in the AWS console',
		};
	const origins = new Map<JsonValue, JsonValue>();
	const found = opened(document, 0, (inner, carrier) => origins.set(inner, carrier));
	return records(found, null, origins);
}

/**
 * Takes off what buses put around an event: lists, Kinesis and Lambda records, SNS notifications, base64.
 *
 * @param carried  is told what came inside a text, and the object that carried it
 */
function opened(value: JsonValue, depth: number, carried: (inner: JsonValue, carrier: JsonValue) => void): JsonValue[] {
	if (depth > WRAPPINGS_MAX) return [value];
	if (Array.isArray(value)) return value.flatMap((item) => opened(item, depth + 1, carried));
	if (!isJsonObject(value)) return [value];
	for (const key of ['Records', 'records']) {
		const list = value[key];
		if (Array.isArray(list)) return list.flatMap((item) => opened(item, depth + 1, carried));
	}
	const documents = carriedBy(value);
	if (documents.length === 0) return [value];
	const inner = documents.flatMap((document) => opened(document, depth + 1, carried));
	for (const item of inner) carried(item, value);
	return inner;
}

function carriedBy(value: JsonObject): JsonValue[] {
	const kinesis = value['kinesis'];
	const data = isJsonObject(kinesis) ? kinesis['data'] : (value['data'] ?? value['Data']);
	if (typeof data === 'string') return base64Json(data);
	const message = value['Message'];
	if (typeof message !== 'string' || value['Type'] !== 'Notification') return [];
	const json = readJson(message);
	return json.ok ? json.value.documents.map((document) => document.value) : [];
}

function read(record: JsonObject, _envelope: JsonObject | null, context: IntakeContext): Reading {
	if (isMonitron(record)) return readMonitron(record, context);
	if (isSiteWise(record)) return readSiteWise(record, context);
	if (isVibration(record)) return readVibration(record, context);
	return unparsed(
		'record',
		`fields ${Object.keys(record).slice(0, 5).join(', ')}`,
		'a Monitron event (`assetState`, `models`), a SiteWise or IoT Events alarm (`payload.state`), or a vibration `zone`',
	);
}
