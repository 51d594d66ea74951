import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Severity } from '../../src/domain/severity.ts';
import type { Category } from '../../src/domain/verdict.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { judge } from '../../src/triage/judge.ts';

const SAMPLES = new URL('../intake/samples/', import.meta.url);
const rules = loadRules();
if (!rules.ok) throw new Error(JSON.stringify(rules.error));
const context = {
	inventory: indexInventory({ assets: [], zones: [], conduits: [], confirmedAt: 0 }),
	rules: rules.value,
	classifier: loadWeights(),
	attack: attackTable,
	now: 0,
};

/** Every alert of a kind's sample bodies, as the door would make them. */
function alertsOf(kind: string): Alert[] {
	return readdirSync(new URL(`${kind}/`, SAMPLES))
		.sort()
		.flatMap((file) => {
			const text = readFileSync(new URL(`${kind}/${file}`, SAMPLES), 'utf8');
			const body = parseBody(kind, text, { source: kind, receivedAt: 1_770_000_000_000, timeZone: 'UTC' });
			return body.kind === 'parsed' ? body.items.flatMap((item) => (item.kind === 'alert' ? [item.alert] : [])) : [];
		});
}

type Expected = { category: Category; severity?: Severity; techniques?: string[]; muted?: boolean };
/** Kind, words of the title (the first such alert counts), and what a person at the console would call it. */
const TABLE: [string, string, Expected][] = [
	['alertmanager', 'Gas detector', { category: 'process_safety', severity: 'critical' }],
	['alertmanager', 'Pump station 4 does not answer', { category: 'ot_availability' }],
	['armis', 'Controller talks to the internet', { category: 'policy', severity: 'high' }],
	['armis', 'CVE-2023-3595', { category: 'vulnerability' }],
	['azure-monitor', 'heartbeat lost', { category: 'availability', severity: 'high' }],
	['azure-monitor', 'nsg changed', { category: 'audit', muted: true }],
	['bms-ecostruxure', 'Fire alarm zone 3', { category: 'process_safety', severity: 'critical' }],
	['bms-ecostruxure', 'Communication Lost', { category: 'ot_availability' }],
	['bms-ecostruxure', 'Supply air temperature high', { category: 'process_deviation', severity: 'medium' }],
	['bms-udmi', 'Smoke detector 4', { category: 'process_safety', severity: 'critical' }],
	['bms-udmi', 'Login attempt failed', { category: 'account' }],
	['bms-udmi', 'No connection to gateway', { category: 'ot_availability' }],
	['bms-udmi', 'Clock drift', { category: 'equipment_condition' }],
	['cef-generic', 'New node', { category: 'policy', techniques: ['T0864'] }],
	['cef-generic', 'Flame detector', { category: 'process_safety', severity: 'critical' }],
	['claroty-ctd', 'Configuration Download', { category: 'ot_change', severity: 'high', techniques: ['T0843'] }],
	['claroty-ctd', 'Baseline Deviation', { category: 'policy' }],
	['claroty-ctd', 'User Login', { category: 'audit', muted: true }],
	['claroty-xdome', 'Write Command', { category: 'ot_command', techniques: ['T0836'] }],
	['claroty-xdome', 'New remote access to a controller', { category: 'intrusion', techniques: ['T0886'] }],
	['claroty-xdome', 'Network Threat Signature', { category: 'reconnaissance' }],
	['cloudwatch-sns', 'server-cpu', { category: 'availability' }],
	['crowdstrike', 'Credential Dumping', { category: 'account', techniques: ['T1003.001'] }],
	['crowdstrike', 'Unusual service access', { category: 'intrusion' }],
	['datadog', 'Brute force', { category: 'account', techniques: ['T1110.003'] }],
	['datadog', 'Press temperature high', { category: 'process_deviation' }],
	['defender-for-iot', 'Suspicion of malicious activity', { category: 'malware', severity: 'critical' }],
	[
		'defender-for-iot',
		'Unauthorized PLC programming',
		{ category: 'ot_change', severity: 'high', techniques: ['T0843'] },
	],
	['defender-for-iot', 'Illegal function code', { category: 'ot_command', severity: 'high', techniques: ['T0855'] }],
	['defender-for-iot', 'Firmware change', { category: 'ot_change', severity: 'high', techniques: ['T0857'] }],
	['defender-for-iot', 'New device', { category: 'policy', techniques: ['T0864'] }],
	['defender-for-iot', 'Port scan', { category: 'reconnaissance', techniques: ['T0846'] }],
	['defender-for-iot', 'disconnected', { category: 'ot_availability' }],
	['defender-xdr', 'Remote service started', { category: 'intrusion' }],
	['defender-xdr', 'Impossible travel', { category: 'account' }],
	[
		'dragos',
		'Program download to a controller',
		{ category: 'ot_change', severity: 'high', techniques: ['T0843', 'T0858'] },
	],
	['dragos', 'Modbus write from an unusual client', { category: 'ot_command', techniques: ['T0836'] }],
	['dragos', 'Indicator match', { category: 'intrusion' }],
	['dragos', 'New listening port', { category: 'policy' }],
	['elastic', 'Suspicious PLC tool', { category: 'intrusion', severity: 'high' }],
	['elastic', 'Malware', { category: 'malware', severity: 'critical' }],
	['forescout', 'S7 program download', { category: 'ot_change', severity: 'high', techniques: ['T0843'] }],
	['forescout', 'not compliant', { category: 'policy' }],
	['forescout', 'Missing device', { category: 'ot_availability' }],
	['fortinet', 'Modbus.Write.Coils', { category: 'ot_command', techniques: ['T0836'] }],
	['fortinet', 'EICAR', { category: 'malware' }],
	['fortinet', 'icmp_flood', { category: 'availability' }],
	['fortinet', 'Admin login failed', { category: 'account' }],
	['gcp-monitoring', 'Weighbridge', { category: 'process_deviation' }],
	['gcp-scc', 'Malware: Bad Domain', { category: 'malware' }],
	['gcp-scc', 'PUBLIC_BUCKET_ACL', { category: 'vulnerability' }],
	['grafana', 'Tank level high', { category: 'process_deviation', severity: 'critical' }],
	['guardduty', 'SSH brute force', { category: 'account' }],
	['leef-generic', 'Session opened', { category: 'audit', muted: true }],
	['netdata', 'is unreachable', { category: 'ot_availability', severity: 'critical' }],
	['niagara', 'Panel1 Zone3: Alarm', { category: 'process_safety', severity: 'critical' }],
	['niagara', 'is offline', { category: 'ot_availability', severity: 'high' }],
	['niagara', 'Sensor open circuit', { category: 'equipment_condition' }],
	['niagara', 'above limit', { category: 'process_deviation' }],
	['nozomi', 'Firmware update', { category: 'ot_change', severity: 'critical', techniques: ['T0857'] }],
	['nozomi', 'Program download', { category: 'ot_change', severity: 'high', techniques: ['T0843'] }],
	['nozomi', 'Critical state on', { category: 'process_safety', severity: 'critical' }],
	['nozomi', 'New node', { category: 'policy', techniques: ['T0864'] }],
	['ocsf', 'Program download', { category: 'ot_change', severity: 'high', techniques: ['T0843'] }],
	['okta', 'Request from suspicious actor', { category: 'account' }],
	['okta', 'Max sign in attempts', { category: 'account' }],
	['paloalto', 'Modbus Write Multiple Coils', { category: 'ot_command', severity: 'critical', techniques: ['T0836'] }],
	['paloalto', 'Windows Executable', { category: 'malware' }],
	['paloalto', 'bad.example/login', { category: 'phishing' }],
	['paloalto', 'ps-failure', { category: 'availability', severity: 'critical' }],
	['predictive-maintenance', 'Gas detector', { category: 'process_safety', severity: 'critical' }],
	['predictive-maintenance', 'vibration in zone D', { category: 'equipment_condition', severity: 'critical' }],
	['radiflow', 'Function code not allowed', { category: 'ot_command', severity: 'high', techniques: ['T0855'] }],
	['radiflow', 'New device detected', { category: 'policy', techniques: ['T0864'] }],
	['radiflow', 'New Link', { category: 'policy' }],
	['salesforce', 'Session Hijacking', { category: 'account' }],
	['sap-onapsis', 'Logon failed', { category: 'account', severity: 'high' }],
	['sap-onapsis', 'Weak profile', { category: 'vulnerability' }],
	['scada-isa182', 'LEL 20', { category: 'process_safety', severity: 'critical' }],
	['scada-isa182', 'SIS trip', { category: 'process_safety', severity: 'critical' }],
	['scada-isa182', 'Communication lost', { category: 'ot_availability' }],
	['scada-isa182', 'Reactor jacket temperature high', { category: 'process_deviation', severity: 'critical' }],
	['scada-opcua', 'Compressor protection', { category: 'process_safety', severity: 'critical' }],
	['scada-opcua', 'Device failure', { category: 'ot_availability' }],
	['scada-opcua', 'bearing vibration', { category: 'equipment_condition' }],
	['seckiot', 'PLC stop command', { category: 'ot_command', severity: 'high', techniques: ['T0858', 'T0816'] }],
	['sentinel', 'Several sign-ins', { category: 'account' }],
	['sentinelone', 'Ransomware: lock.exe', { category: 'ransomware', severity: 'high' }],
	['sentinelone', 'New malicious threat', { category: 'malware', severity: 'critical' }],
	['server-storage', 'Unable to log in', { category: 'account' }],
	['server-storage', 'power supply 1 is lost', { category: 'availability', severity: 'critical' }],
	['splunk', 'PLC write from office', { category: 'ot_command', techniques: ['T0836', 'T0855'] }],
	['suricata', 'Modbus write from outside', { category: 'ot_command', severity: 'high', techniques: ['T0855'] }],
	['syslog', 'Failed password', { category: 'account', severity: 'critical' }],
	['syslog', 'changed state to down', { category: 'ot_availability' }],
	['tenable-ot', 'Code download outside', { category: 'ot_change', severity: 'high', techniques: ['T0843'] }],
	['tenable-ot', 'Baseline Deviation', { category: 'policy' }],
	['tenable-ot', 'not seen', { category: 'ot_availability' }],
	['wazuh', 'brute force', { category: 'account' }],
	['wazuh', 'CVE-2024-22222', { category: 'vulnerability', severity: 'high' }],
	['zabbix', 'PLC gateway unreachable', { category: 'ot_availability', severity: 'critical' }],
	['zeek-ics', 'PLC Stop', { category: 'ot_command', severity: 'high', techniques: ['T0858', 'T0816'] }],
	['zeek-ics', 'COLD_RESTART', { category: 'ot_command', severity: 'high', techniques: ['T0816'] }],
	['zeek-ics', 'WRITE_MULTIPLE_REGISTERS', { category: 'ot_command', techniques: ['T0836'] }],
	['zeek-ics', 'DIRECT_OPERATE', { category: 'ot_command' }],
	['zeek-ics', 'Turn off transmission', { category: 'ot_command', techniques: ['T0804'] }],
	['zeek-ics', 'Get Attribute Single failed', { category: 'reconnaissance', techniques: ['T0888'] }],
	['zeek-ics', 'READ_HOLDING_REGISTERS', { category: 'audit', muted: true }],
	['zeek-notice', 'guessing SSH passwords', { category: 'account', techniques: ['T1110.001'] }],
	['zeek-notice', 'Port_Scan', { category: 'reconnaissance' }],
];

describe('what each kind of source states', () => {
	const known = new Map(readdirSync(SAMPLES).map((kind) => [kind, alertsOf(kind)]));

	it.each(TABLE)('%s: %s', (kind, words, { techniques = [], ...expected }) => {
		const alert = (known.get(kind) ?? []).find((one) => one.title.includes(words));
		expect(alert, `a sample of ${kind} with ${words}`).toBeDefined();
		if (alert === undefined) return;
		const verdict = judge(alert, context);
		expect(verdict).toMatchObject(expected);
		const named = verdict.techniques.filter((one) => one.score >= 0.5).map((one) => one.id);
		expect(named).toEqual(expect.arrayContaining(techniques));
	});

	it('every kind has its rows', () => {
		const shipped = readdirSync(new URL('../../src/intake/sources/samples/', import.meta.url));
		const kinds = shipped.map((file) => file.replace(/\.[a-z]+$/, ''));
		expect(kinds.filter((kind) => !TABLE.some(([one]) => one === kind))).toEqual([]);
	});

	it('no alert of any kind is taken below what its source says', () => {
		const order: Severity[] = ['informational', 'low', 'medium', 'high', 'critical'];
		for (const alert of [...known.values()].flat()) {
			const { severity } = judge(alert, context);
			expect(order.indexOf(severity)).toBeGreaterThanOrEqual(order.indexOf(alert.severity ?? 'informational'));
		}
	});
});
