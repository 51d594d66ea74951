// Named values of a Defender for IoT alert, whatever form carried them: names are compared without case and marks, so that
// `sourceDeviceAddress`, `Source Device Address` and `source_device_address` are one. Meaning is given in defender-for-iot.ts.
import { present } from '../formats/draft.ts';
import { bareName } from '../formats/fold-names.ts';
import type { JsonObject, JsonValue } from '../formats/json-text.ts';
import { isJsonObject, readJson } from '../formats/json-text.ts';
import { listIn } from '../formats/list-text.ts';

export type Bag = {
	/** The first of the names that has a value. */
	text(...names: string[]): string | null;
	list(...names: string[]): string[];
};

const TEXT_MAX = 20_000;

export function bagOfPairs(pairs: readonly (readonly [string, string])[]): Bag {
	const values = new Map<string, string>();
	for (const [key, value] of pairs) {
		const name = bareName(key);
		if (present(value) !== null && !values.has(name)) values.set(name, value);
	}
	const text = (...names: string[]): string | null =>
		names.map((name) => present(values.get(name))).find((value) => value !== null) ?? null;
	return { text, list: (...names) => names.flatMap((name) => listIn(values.get(name))) };
}

/** Members of the record, then those of the objects in it that describe the same alert, also where those are JSON in a text. */
export function bagOfJson(record: JsonObject): Bag {
	const pairs = pairsOf(record);
	for (const key of [
		'ExtendedProperties',
		'extendedProperties',
		'additionalInformation',
		'additionalinformation',
		'sensor',
		'zone',
		'site',
	]) {
		const inner = objectIn(record[key]);
		if (inner !== null) pairs.push(...pairsOf(inner).filter(([name]) => name !== 'id' && name !== 'description'));
	}
	for (const [key, side] of [
		['sourceDevice', 'source'],
		['destinationDevice', 'destination'],
	] as const) {
		const device = objectIn(record[key]);
		if (device !== null)
			pairs.push(...pairsOf(device).map(([name, value]): [string, string] => [`${side}${devicePart(name)}`, value]));
	}
	return bagOfPairs(pairs);
}

function devicePart(name: string): string {
	if (/^(?:ip|ipaddress(?:es)?|address)$/i.test(name)) return 'ip';
	if (/^(?:mac|macaddress(?:es)?)$/i.test(name)) return 'mac';
	return /^(?:name|id|hostname)$/i.test(name) ? 'device' : name;
}

function objectIn(value: JsonValue | undefined): JsonObject | null {
	if (isJsonObject(value)) return value;
	if (typeof value !== 'string' || !/^\s{0,4}\{/.test(value) || value.length > TEXT_MAX) return null;
	const json = readJson(value);
	const first = json.ok ? json.value.documents[0]?.value : undefined;
	return isJsonObject(first) ? first : null;
}

function pairsOf(record: JsonObject): [string, string][] {
	const pairs: [string, string][] = [];
	for (const [key, value] of Object.entries(record)) {
		if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
			pairs.push([key, String(value)]);
		else if (Array.isArray(value)) {
			const scalars = value.filter((item) => typeof item === 'string' || typeof item === 'number');
			if (scalars.length > 0) pairs.push([key, scalars.join(', ')]);
		}
	}
	return pairs;
}

/** What the sensor writes before each value of its text and object messages. */
const LABEL =
	/(?:^|[\s,;|])(CyberX platform name|Microsoft Defender for IoT Alert|Azure Defender for IoT Alert|CyberX Alert|Sensor name|Sensor IP|Sensor|Alert title|Alert time|Alert message|Alert severity|Alert type|Alert group|alert_group|Timestamp|Type|Severity|Source IP|Source[_ ]MAC|Source Address|Source|Destination IP|Destination[_ ]MAC|Destination Address|Destination|Protocol|Address|Message|UUID) ?[:=] ?/gi;
/** What may follow the message, which is free text and may hold any of the other words. */
const TAIL = /^(?:Alert group|alert_group|UUID)$/i;

export function isDefenderText(text: string): boolean {
	return /\b(?:CyberX platform name|(?:Microsoft|Azure) Defender for IoT Alert|CyberX Alert) ?[:=]/i.test(
		text.slice(0, 2_000),
	);
}

/** Null where the text has no title and severity of an alert. */
export function bagOfText(whole: string): Bag | null {
	const text = whole.slice(0, TEXT_MAX);
	const marks: { label: string; from: number; at: number }[] = [];
	let isMessage = false;
	for (const match of text.matchAll(LABEL)) {
		const label = match[1] ?? '';
		if (isMessage && !TAIL.test(label)) continue;
		isMessage ||= /message$/i.test(label);
		marks.push({ label, from: match.index + match[0].length, at: match.index });
	}
	const pairs = marks.map(({ label, from }, index): [string, string] => {
		const value = text
			.slice(from, marks[index + 1]?.at ?? text.length)
			.trim()
			.replace(/[,;|]$/, '');
		return [/ Alert$/i.test(label) ? 'title' : label, value];
	});
	const bag = bagOfPairs(pairs);
	const isAlert = bag.text('title', 'alerttitle') !== null && bag.text('severity', 'alertseverity') !== null;
	return isAlert ? bag : null;
}
