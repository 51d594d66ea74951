// Where a checkout stands beside the collection of vendors' own samples and recorded streams: everything an independent scan finds
// in a payload is in the alert, and every line of the streams is understood. Skipped where they are absent.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Alert, type Entity } from '../../src/domain/alert.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { SOURCE_KINDS } from '../../src/intake/sources/index.ts';
import { alertsOf } from './builders.ts';
import { devices } from './expected/devices.ts';
import { type Expected, rowAt } from './expected/expected.ts';
import { firstSources } from './expected/first-sources.ts';
import { monitoring } from './expected/monitoring.ts';
import { otNetwork } from './expected/ot-network.ts';
import { otProcess } from './expected/ot-process.ts';
import { security } from './expected/security.ts';

const shared = new URL('../../../shared/', import.meta.url);
const samples = new URL('samples/', shared);
const streams = new URL('eval/streams/', shared);

/** Leaf values of a payload by key, by plain JSON.parse or a split at `key=`: none of the code under test. */
function leavesOf(text: string): [string, string][] {
	// `[categoryId=0 ...]` of Veeam opens with a bracket and is no JSON.
	if (!/^\s*[{[]/.test(text) || /^\[\w+=/.test(text)) {
		return [...text.matchAll(/(?:^|\s)(\w+)=((?:(?!\s\w+=)[\s\S])*)/g)]
			.map((match) => [match[1]!, match[2]!.trim().replace(/^"(.*)"$/, '$1')] as [string, string])
			.filter(([, value]) => value !== '');
	}
	const leaves: [string, string][] = [];
	const walk = (key: string, value: unknown): void => {
		if (Array.isArray(value)) for (const item of value) walk(key, item);
		else if (typeof value === 'object' && value !== null)
			for (const [name, member] of Object.entries(value)) walk(name, member);
		else if (typeof value === 'string' && /^[{[]"/.test(value)) walk(key, JSON.parse(value));
		else if (value !== null && value !== '') leaves.push([key, String(value)]);
	};
	walk('', parsed(text));
	return leaves;
}

/** One sample is published with a comma too many and an escape that JSON does not know. */
function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return JSON.parse(text.replace(/\\(?=[^"\\/bfnrtu])/g, '').replace(/,(\s*[}\]])/g, '$1'));
	}
}

const NAMES =
	/^(?:label_src|label_dst|appliance_host|shost|dhost|dvchost|suser|duser|username|srcuser|dstuser|user|targetUserName|userName|accountName|AccountName|userPrincipalName|AccountUpn|userSid|AccountSid|computerDnsName|deviceDnsName|machineId|mdeDeviceId|hostname|HostName|computer|md5|sha1|sha256|SHA1|SHA256|file|sni)$/;

function expectNothingMissed(text: string, entities: readonly Entity[], techniques: readonly string[]): void {
	const values = new Set(entities.map((entity) => entity.value.toLowerCase()));
	const expectHeld = (value: string): void => {
		if (!values.has(value.toLowerCase())) expect.fail(`\`${value}\` is in the payload and in no entity`);
	};
	for (const [key, value] of leavesOf(text)) {
		// `Chrome/107.0.0.0` is a browser's version.
		if (/version|useragent/i.test(key)) continue;
		for (const [ip] of value.matchAll(
			/(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]*\d)/g,
		))
			if (ip !== '0.0.0.0') expectHeld(ip);
		for (const [mac] of value.matchAll(/(?<![\w:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:])/gi))
			if (mac !== '00:00:00:00:00:00') expectHeld(mac);
		for (const [mail] of value.matchAll(/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g)) expectHeld(mail);
		for (const [technique] of value.matchAll(/\bT[01]\d{3}(?:\.\d{3})?\b/g)) expect(techniques).toContain(technique);
		if (NAMES.test(key) && !['-', 'unknown', 'N/A'].includes(value)) expectHeld(value);
	}
}

const EXPECTED: Expected = { ...firstSources, ...otNetwork, ...otProcess, ...monitoring, ...security, ...devices };

describe.skipIf(!existsSync(samples))("vendors' own samples", () => {
	for (const { name: kind } of SOURCE_KINDS) {
		const folder = new URL(`${kind}/`, samples);
		for (const name of existsSync(folder) ? readdirSync(folder) : []) {
			it(`${kind}/${name}: severity, time, and everything it names`, () => {
				const text = readFileSync(new URL(name, folder), 'utf8');
				const alerts = alertsOf(kind, text);
				for (const alert of alerts) Alert.parse(alert);
				expectNothingMissed(
					text,
					alerts.flatMap((alert) => alert.entities),
					alerts.flatMap((alert) => alert.techniques),
				);
				const expected = EXPECTED[`${kind}/${name}`];
				if (expected === undefined) return;
				for (const [index, alert] of alerts.entries()) {
					const [severity_raw, severity, occurred_at] = rowAt(expected, index);
					expect(alert).toMatchObject({
						severity_raw,
						severity,
						...(occurred_at === null ? { time_basis: 'received' } : { occurred_at, time_basis: 'event' }),
					});
				}
			});
		}
	}
});

describe.skipIf(!existsSync(streams))('recorded streams', () => {
	it.each(['small-1', 'small-2', 'small-3'])(
		'%s: every line is understood, names everything, and repeats fold',
		(stream) => {
			const folder = new URL(`${stream}/`, streams);
			const lines = readFileSync(new URL('stream.jsonl', folder), 'utf8')
				.trim()
				.split('\n')
				.map((line) => JSON.parse(line));
			const fingerprints = lines.map((line) => {
				const body = typeof line.body === 'string' ? line.body : JSON.stringify(line.body);
				const context = { source: line.source, receivedAt: Date.parse(line.received_at), timeZone: 'UTC' };
				const parsed = parseBody(line.source, body, context);
				if (parsed.kind !== 'parsed' || parsed.items.length !== 1) throw new Error(`position ${line.position}`);
				const [item] = parsed.items;
				if (item?.kind !== 'alert') throw new Error(`position ${line.position}: ${JSON.stringify(item)}`);
				expect(item.problems).toEqual([]);
				expect(item.alert.time_basis).toBe('event');
				expectNothingMissed(body, item.alert.entities, item.alert.techniques);
				return item.alert.fingerprint;
			});
			const truth = readFileSync(new URL('truth.csv', folder), 'utf8')
				.trim()
				.split('\n')
				.slice(1)
				.map((line) => line.split(','));
			let repeats = 0;
			for (const [position, , , , , , original] of truth) {
				if (original === '' || original === undefined) continue;
				expect(fingerprints[Number(position)]).toBe(fingerprints[Number(original)]);
				repeats++;
			}
			expect(repeats).toBeGreaterThan(0);
		},
	);
});
