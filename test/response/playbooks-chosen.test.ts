// Which playbooks an incident gets: alerts as the vendors send them, judged by the real triage with the shipped rules, gathered into an
// incident and matched against the shipped playbooks.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import { readPlaybooks } from '../../src/config/playbook-file.ts';
import { type Gathered, gather, gatheredOf } from '../../src/correlation/incident-of.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Asset, AssetClass, Level } from '../../src/domain/asset.ts';
import { type Inventory, indexInventory } from '../../src/domain/inventory.ts';
import type { Playbook } from '../../src/domain/playbook.ts';
import { ownDelivery } from '../../src/intake/own-alert.ts';
import { judgeSilence } from '../../src/intake/silence.ts';
import { choosePlaybooks, type LoadedPlaybook, PLAYBOOKS_PER_INCIDENT_MAX } from '../../src/response/choose.ts';
import type { EvidenceAlert } from '../../src/response/evidence.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { judge } from '../../src/triage/judge.ts';
import { alertOf, alertsOf, eveAlert, nozomiAlert, prometheusAlert, sampleOf, wazuhAlert } from '../intake/builders.ts';

const FOLDER = new URL('../../playbooks/', import.meta.url);
const { playbooks } = readPlaybooks(
	readdirSync(FOLDER)
		.filter((name) => name.endsWith('.yaml'))
		.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const),
);
const loaded = loadRules();
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
const rules = loaded.value;
const classifier = loadWeights();
const NOW = Date.UTC(2025, 4, 4, 9);

/** What the inventory of a case knows: name or address -> class and level. Level 3.5 and below is OT. */
type Known = Readonly<Record<string, readonly [AssetClass, Level]>>;

function inventoryOf(known: Known): Inventory {
	const assets = Object.entries(known).map(([name, [kind, level]]): Asset => {
		const isAddress = /^[0-9a-f.:]+$/.test(name);
		return {
			id: name.toLowerCase(),
			hostnames: isAddress ? [] : [name],
			ips: isAddress ? [name] : [],
			macs: [],
			vendor_ids: [],
			site: 'north',
			zone: `zone-${level}`,
			level,
			class: kind,
			class_raw: null,
			vendor: null,
			os: null,
			criticality: 3,
			domain: level === '4' || level === '5' ? 'it' : 'ot',
			switch: null,
			owner: null,
			facts: {},
			tags: {},
			confirmed_at: null,
		};
	});
	return indexInventory({ assets, zones: [], conduits: [], confirmedAt: NOW });
}

/** The incident of these alerts and the playbooks that it gets. */
function chosenFor(alerts: readonly Alert[], known: Known, library: readonly LoadedPlaybook[] = playbooks): string[] {
	const inventory = inventoryOf(known);
	const context = { inventory, rules, classifier, attack: attackTable, now: NOW };
	const judged = alerts.map((alert) => ({ alert, verdict: judge(alert, context) }));
	const parts = judged.map((one) => gatheredOf({ ...one, firstSeen: NOW, lastSeen: NOW }, inventory));
	const whole = parts.reduce((one: Gathered, other) => gather(one, other));
	const evidence = judged.map(
		({ alert, verdict }, i): EvidenceAlert => ({
			id: `alr_${i}`,
			occurredAt: NOW + i,
			severity: verdict.severity,
			entities: alert.entities,
			techniques: verdict.techniques.filter((technique) => technique.score >= 0.5).map((technique) => technique.id),
			tags: verdict.tags,
			playbooks: verdict.playbooks,
		}),
	);
	return choosePlaybooks({ ...whole, id: 'inc_1', number: 1 }, evidence, inventory, library).map(
		(one) => one.loaded.playbook.id,
	);
}

/** The alerts of a stored sample whose title has these words, or all of them. */
const sample = (kind: string, file: string, words = ''): Alert[] => {
	const found = alertsOf(kind, sampleOf(kind, file)).filter((alert) => alert.title.includes(words));
	if (found.length === 0) throw new Error(`no alert \`${words}\` in ${kind}/${file}`);
	return found.slice(0, 1);
};
/** A sibling event of the same product: the sample with one word of the vendor's list exchanged. */
const sibling = (kind: string, file: string, from: string | RegExp, to: string): Alert[] =>
	alertsOf(kind, sampleOf(kind, file).replaceAll(from, to)).slice(0, 1);

const PLC: Known = { '172.20.41.11': ['plc', '1'], '172.20.30.5': ['engineering_workstation', '3'] };
const LAPTOP = ['endpoint', '4'] as const;

const silent = (): Alert[] => {
	const state = { id: 'nozomi-1', source_kind: 'nozomi', last_heard: 0, carries_safety: false, observers: [] };
	const watched = [{ name: 'nozomi-1', kind: 'nozomi', heartbeatMs: 60_000 }];
	const turned = judgeSilence(watched, [{ ...state, silent_since: null }], 0, NOW);
	const { items } = ownDelivery(
		turned.map((one) => one.alert),
		NOW,
	);
	return items.flatMap((item) => (item.kind === 'alert' ? [item.alert] : []));
};

const TABLE: readonly (readonly [what: string, alerts: () => Alert[], known: Known, expected: readonly string[]])[] = [
	[
		'a phishing page that a laptop opened',
		() => sample('paloalto', 'csv.log', 'bad.example'),
		{ '172.20.10.4': LAPTOP },
		['phishing'],
	],
	[
		'a phishing mail with a log-in from two countries after it',
		() => [...sample('paloalto', 'csv.log', 'bad.example'), ...sample('defender-xdr', 'legacy-graph.json')],
		{ '172.20.10.4': LAPTOP, 'eng-laptop-3.corp.example': LAPTOP },
		['phishing', 'account-takeover'],
	],
	[
		'malware on a laptop',
		() => sample('sentinelone', 'notifications.log'),
		{ 'ENG-07': LAPTOP },
		['malware-it-endpoint'],
	],
	['ransomware on a laptop', () => sample('sentinelone', 'threat.json'), { 'ENG-07': LAPTOP }, ['ransomware']],
	[
		'ransomware on an operator station',
		() => sample('sentinelone', 'threat.json'),
		{ 'ENG-07': ['hmi', '2'] },
		['ransomware'],
	],
	[
		'ransomware on a historian beside malware on a laptop',
		() => [...sample('sentinelone', 'threat.json'), ...sample('elastic', 'search-hits.json', 'Malware')],
		{ 'ENG-07': ['historian', '3'], 'hmi-3': LAPTOP },
		['ransomware', 'it-ot-lateral-movement'],
	],
	[
		'malware on an engineering workstation',
		() => sample('sentinelone', 'notifications.log'),
		{ 'ENG-07': ['engineering_workstation', '3'] },
		['malware-ot-host'],
	],
	[
		'malware that an OT sensor saw at a controller',
		() => sample('defender-for-iot', 'extended-webhook.json'),
		PLC,
		['malware-ot-host', 'it-ot-lateral-movement'],
	],
	[
		'a log-in from two countries',
		() => sample('defender-xdr', 'legacy-graph.json', 'Impossible travel'),
		{ 'eng-laptop-3.corp.example': LAPTOP },
		['account-takeover'],
	],
	[
		'a hijacked session of a cloud application',
		() => sample('salesforce', 'threat-detection.json'),
		{},
		['account-takeover'],
	],
	[
		'keys of a cloud account in strange hands',
		() => sample('guardduty', 'attack-sequence.json'),
		{},
		['cloud-key-leak'],
	],
	[
		'objects copied out of cloud storage',
		() => sibling('guardduty', 'eventbridge.json', /"type": "[^"]*"/g, '"type": "Exfiltration:S3/AnomalousBehavior"'),
		{},
		['data-theft'],
	],
	[
		'a file share that goes out over the web',
		() => [
			alertOf(
				'suricata',
				eveAlert({ signature: 'Upload to a file sharing service', category: 'Data Exfiltration Attempt' }),
			),
		],
		{ '172.20.10.4': LAPTOP, '172.20.41.11': ['server', '4'] },
		['data-theft'],
	],
	[
		'an answer of a web shell',
		() => sample('suricata', 'target-keyword.json', 'web shell'),
		{ '172.20.41.11': ['server', '4'] },
		['web-attack'],
	],
	[
		'two terminals for one ERP user',
		() => sample('sap-onapsis', 'etd-alert.json'),
		{ sapprd01: ['erp', '4'] },
		['erp-fraud-alert'],
	],
	[
		'reports exported from the CRM in numbers',
		() => sibling('salesforce', 'threat-detection.json', 'SessionHijacking', 'ReportAnomaly'),
		{},
		['crm-mass-export'],
	],
	[
		'a full volume under the plant IT',
		() => sample('server-storage', 'storage.log', 'Volume vol_mes'),
		{ 'nas-cl1-01': ['server', '4'] },
		['storage-failure'],
	],
	[
		'a disk that will be full in a week',
		() => [
			alertOf('alertmanager', prometheusAlert({ alertname: 'HostDiskFull', instance: 'files-1', severity: 'warning' })),
		],
		{ 'files-1': ['server', '4'] },
		[],
	],
	[
		'a program download by a known station',
		() => sample('nozomi', 'wrapped-cef.log', 'Program download'),
		PLC,
		['plc-logic-change'],
	],
	[
		'a program download by a station that nobody knows',
		() => sample('nozomi', 'wrapped-cef.log', 'Program download'),
		{ '172.20.41.11': ['plc', '1'] },
		['rogue-engineering-station', 'plc-logic-change'],
	],
	['new firmware on a controller', () => sample('nozomi', 'guardian-alert.json'), PLC, ['plc-logic-change']],
	[
		'a stop command to a controller',
		() => sample('zeek-ics', 'shippers.ndjson', 'PLC Stop'),
		{ '172.20.41.12': ['plc', '1'], '172.20.30.77': ['engineering_workstation', '3'] },
		['plc-stop'],
	],
	[
		'a cold restart of an outstation',
		() => sample('zeek-ics', 'shippers.ndjson', 'COLD_RESTART'),
		{ '172.20.41.15': ['rtu', '1'] },
		['plc-stop'],
	],
	['an illegal function code', () => sample('defender-for-iot', 'syslog-cef.log'), PLC, ['illegal-function-code']],
	[
		'a function code that is not allowed',
		() => sample('radiflow', 'cyber.log'),
		{ '172.20.41.12': ['plc', '1'] },
		['illegal-function-code'],
	],
	[
		'operators whose commands are not followed',
		() => [
			alertOf(
				'alertmanager',
				prometheusAlert(
					{ alertname: 'OperatorCommandsNotExecuted', instance: '172.20.41.11', severity: 'critical' },
					{ annotations: { summary: 'Loss of control of mixer 11, operator commands not executed' } },
				),
			),
		],
		PLC,
		['loss-of-control'],
	],
	[
		'a gateway of operator data that is gone',
		() => sample('netdata', 'reachability.ndjson', 'plc-gw-1'),
		{ 'plc-gw-1': ['opc_server', '2'] },
		['loss-of-view'],
	],
	[
		'a device that nobody knows',
		() => sample('defender-for-iot', 'syslog-leef.log', 'New device'),
		{ '172.20.41.77': ['unknown', '1'] },
		['new-device-in-ot'],
	],
	['a device that is on no list at all', () => sample('radiflow', 'device.log'), {}, ['new-device-in-ot']],
	[
		'a building controller out of limits',
		() => sample('bms-udmi', 'state-in-pubsub.json', 'Value out of limits'),
		{ 'VAV-9': ['bms_controller', '1'] },
		['bms-fault'],
	],
	[
		'a safety controller that reports on itself',
		() => sample('tenable-ot', 'asset-silent.json'),
		{ '172.20.41.13': ['sis', '1'] },
		['sis-diagnostic-alarm'],
	],
	[
		'a program download to a safety controller',
		() => sample('nozomi', 'wrapped-cef.log', 'Program download'),
		{ '172.20.41.11': ['sis', '1'], '172.20.30.5': ['sis_workstation', '2'] },
		['sis-security-finding'],
	],
	[
		'a bearing that gets worse',
		() => sample('predictive-maintenance', 'monitron-in-kinesis.json', 'Pump P-17'),
		{},
		['predictive-maintenance-warning'],
	],
	[
		'a gas detector',
		() => sample('alertmanager', 'firing-and-resolved.json').concat(sample('alertmanager', 'api-v2-list.json', 'Gas')),
		{},
		['process-safety-alarm'],
	],
	[
		'tools copied from an office computer to an engineering station',
		() => sample('zeek-notice', 'notice.log', 'Lateral Tool Transfer'),
		{ '172.20.9.14': LAPTOP, '172.20.30.5': ['engineering_workstation', '3'] },
		['it-ot-lateral-movement'],
	],
	[
		'a vendor on the gateway at night',
		() => [
			alertOf(
				'wazuh',
				wazuhAlert(
					{ description: 'Vendor session started', level: 10 },
					{ agent: { id: '4', name: 'vpn-1', ip: '172.20.20.4' } },
				),
			),
		],
		{ 'vpn-1': ['vpn_gateway', '3.5'] },
		['vendor-remote-session', 'it-ot-lateral-movement'],
	],
	['a source that has gone silent', silent, {}, ['blind-sensor']],
	['a clock that drifts', () => sample('bms-udmi', 'state-in-pubsub.json', 'Clock drift'), {}, []],
	['one refused log-in', () => sample('paloalto', 'other-types.log', 'auth-fail'), {}, []],
];

describe('an incident gets the playbooks that are about it', () => {
	it.each(TABLE)('%s', (_, alerts, known, expected) => {
		expect(chosenFor(alerts(), known)).toEqual(expected);
	});

	it('each shipped playbook that has triggers is chosen for one of these', () => {
		const chosen = new Set(TABLE.flatMap(([, , , expected]) => expected));
		const own = playbooks.filter((one) => one.playbook.triggers.length > 0).map((one) => one.playbook.id);
		expect(own.filter((id) => !chosen.has(id))).toEqual([]);
	});

	it('every sample of every vendor gets at most four, and a safety alarm its procedure first', () => {
		const root = new URL('../intake/samples/', import.meta.url);
		for (const kind of readdirSync(root)) {
			for (const file of readdirSync(new URL(`${kind}/`, root))) {
				let alerts: Alert[];
				try {
					alerts = alertsOf(kind, sampleOf(kind, file));
				} catch {
					continue;
				}
				for (const alert of alerts) {
					const chosen = chosenFor([alert], {});
					expect(chosen.length).toBeLessThanOrEqual(PLAYBOOKS_PER_INCIDENT_MAX);
					if (alert.kind === 'process_safety') expect(chosen[0], `${kind}/${file}`).toBe('process-safety-alarm');
				}
			}
		}
	});

	it('keeps the whole story of an attack within its four, gravest ways first told', () => {
		const story = [
			...sample('paloalto', 'csv.log', 'bad.example'),
			...sample('sentinelone', 'notifications.log'),
			...sample('zeek-notice', 'notice.log', 'Lateral Tool Transfer'),
			alertOf('nozomi', nozomiAlert()),
		];
		const known: Known = { ...PLC, '172.20.9.14': LAPTOP, 'ENG-07': LAPTOP, '172.20.10.4': LAPTOP };
		const chosen = chosenFor(story, known);
		expect(chosen).toHaveLength(PLAYBOOKS_PER_INCIDENT_MAX);
		expect(chosen).toEqual(expect.arrayContaining(['it-ot-lateral-movement', 'plc-logic-change']));
	});
});

describe('a playbook that stands in the place of others', () => {
	const withIds = (changes: Readonly<Record<string, Partial<Playbook>>>): LoadedPlaybook[] =>
		playbooks.map((one) => ({ ...one, playbook: { ...one.playbook, ...changes[one.playbook.id] } }));

	it('never stands in the place of a process-safety procedure', () => {
		const hostile = withIds({
			'loss-of-view': { triggers: [{ domain: ['ot'] }], instead_of: ['process-safety-alarm'] },
		});
		const gas = sample('alertmanager', 'api-v2-list.json', 'Gas');
		expect(chosenFor(gas, {}, hostile)).toEqual(['process-safety-alarm', 'loss-of-view']);
	});

	it('stays beside one that names it in turn', () => {
		const both = withIds({
			'plc-logic-change': { instead_of: ['rogue-engineering-station'] },
			'rogue-engineering-station': { instead_of: ['plc-logic-change'] },
		});
		const download = sample('nozomi', 'wrapped-cef.log', 'Program download');
		expect(chosenFor(download, { '172.20.41.11': ['plc', '1'] }, both)).toEqual([
			'rogue-engineering-station',
			'plc-logic-change',
		]);
	});

	it('names only playbooks that exist, and never a safety procedure', () => {
		const ids = playbooks.map((one) => one.playbook.id);
		for (const { playbook } of playbooks)
			for (const other of playbook.instead_of ?? []) {
				expect(ids, playbook.id).toContain(other);
				expect(other).not.toBe('process-safety-alarm');
			}
	});
});
