// Kinds, roles, techniques and labels that the rest of the program relies on.
import { describe, expect, it } from 'vitest';
import {
	alertOf,
	alertsOf,
	defenderAlert,
	entity,
	eveAlert,
	itemsOf,
	nozomiAlert,
	prometheusAlert,
	wazuhAlert,
} from '../builders.ts';

describe('kind', () => {
	it.each([
		['GasDetectorHigh', 'process_safety'],
		['FireAlarmZone4', 'process_safety'],
		['esd_activated', 'process_safety'],
		['SIS demand on reactor 2', 'process_safety'],
		['PressureReliefValveOpen', 'process_safety'],
		['ReactorOverpressure', 'process_safety'],
		['H2S above limit', 'process_safety'],
		['ProcessValueOutOfRange', 'process'],
		['CertificateExpiringSoon', 'maintenance'],
		['FirewallDown', 'availability'],
		['FirefoxCrash', 'availability'],
		['HostHighCpuLoad', 'availability'],
		['MemoryLeak', 'availability'],
	])('an Alertmanager alert %s is %s', (alertname, kind) => {
		expect(alertOf('alertmanager', prometheusAlert({ alertname })).kind).toBe(kind);
	});

	it.each([
		['SIGN:PROGRAM:CHANGE', true, '', 'security'],
		['VI:NEW-NODE', true, '', 'security'],
		['PROC:STALE-VARIABLE', true, '', 'process'],
		['PROC:CRITICAL-STATE-ON', false, 'flame failure in burner 2', 'process_safety'],
		['NET:RST-FROM-PRODUCER', true, '', 'availability'],
		['AUDIT:SESSIONS:CREATE', undefined, '', 'audit'],
	])('a Nozomi alert %s is of its family', (type_id, is_security, description, kind) => {
		expect(alertOf('nozomi', nozomiAlert({ type_id, is_security, description })).kind).toBe(kind);
	});

	it('security products never claim a process-safety alarm by a word in their text', () => {
		expect(alertOf('suricata', eveAlert({ signature: 'ESD emergency shutdown flame detector' })).kind).toBe('security');
		expect(alertOf('defender', defenderAlert({ title: 'Gas leak invoice.exe' })).kind).toBe('security');
	});

	it('records that are no alarm are kept as audit or informational', () => {
		for (const event_type of ['http', 'flow', 'stats', 'dns', 'modbus']) {
			const alert = alertOf('suricata', { event_type, src_ip: '172.20.1.1' });
			expect(alert.kind === 'audit' || alert.severity === 'informational').toBe(true);
		}
		expect(alertOf('wazuh', wazuhAlert({ level: 3 })).kind).toBe('audit');
		expect(alertOf('nozomi', { event_type: 'audit', username: 'x', time: 1746345600000 }).kind).toBe('audit');
	});
});

describe('roles', () => {
	it('source acts, destination is the target, the sensor observes', () => {
		const alert = alertOf(
			'nozomi',
			nozomiAlert({
				mac_src: '00-1B-1B-00-00-05',
				mac_dst: '00:00:00:00:00:00',
				label_dst: 'PLC-1',
				appliance_host: 'g-1',
				properties: { username: 'PLANT\\ana' },
			}),
		);
		expect(entity(alert, 'ip', '172.20.30.5')).toBe('actor');
		expect(entity(alert, 'mac', '00:1b:1b:00:00:05')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'host', 'PLC-1')).toBe('target');
		expect(entity(alert, 'host', 'g-1')).toBe('observer');
		expect(entity(alert, 'user', 'ana')).toBe('actor');
		expect(entity(alert, 'account', 'PLANT\\ana')).toBe('actor');
		expect(alert.entities.filter((item) => item.type === 'mac')).toHaveLength(1);
	});

	it('a Suricata rule that names its target turns the roles of an answer', () => {
		const alert = alertOf('suricata', eveAlert({ target: { ip: '172.20.10.4' }, source: { ip: '172.20.41.11' } }));
		expect(entity(alert, 'ip', '172.20.10.4')).toBe('target');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('actor');
	});

	it('the monitoring that reports is an observer, the instance the target', () => {
		const alert = alertOf('alertmanager', {
			alerts: [prometheusAlert({ instance: '[fd00::5]:9100' }, { generatorURL: 'http://172.20.0.9:9090/g' })],
			externalURL: 'http://am.example:9093',
		});
		expect(entity(alert, 'ip', 'fd00::5')).toBe('target');
		expect(entity(alert, 'ip', '172.20.0.9')).toBe('observer');
		expect(entity(alert, 'domain', 'am.example')).toBe('observer');
	});

	it('a Wazuh manager that relays is an observer, the device behind it the target', () => {
		const alert = alertOf(
			'wazuh',
			wazuhAlert({}, { agent: { id: '000', name: 'wazuh-1' }, predecoder: { hostname: 'switch-7' } }),
		);
		expect(entity(alert, 'host', 'wazuh-1')).toBe('observer');
		expect(entity(alert, 'host', 'switch-7')).toBe('target');
	});

	it('Defender evidence keeps the roles that Microsoft states', () => {
		const alert = alertOf(
			'defender',
			defenderAlert({
				evidence: [
					{ '@odata.type': '#microsoft.graph.security.ipEvidence', ipAddress: '203.0.113.7', roles: ['attacker'] },
					{ deviceDnsName: 'pc-1.example', mdeDeviceId: '5555', roles: ['compromised'] },
					{ fileDetails: { fileName: 'a.exe', filePath: 'C:\\x' } },
				],
			}),
		);
		expect(entity(alert, 'ip', '203.0.113.7')).toBe('actor');
		expect(entity(alert, 'host', 'pc-1.example')).toBe('target');
		expect(entity(alert, 'asset_id', '5555')).toBe('target');
		expect(entity(alert, 'file', 'C:\\x\\a.exe')).toBe('related');
	});

	it('what a vendor puts into fields we do not know is found all the same', () => {
		const extra = {
			brand_new: [
				{
					somewhere: 'seen 203.0.113.9, 00:1b:1b:00:00:77 and CVE-2024-33333 (T0831)',
					new_hash: { sha256: 'CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB' },
				},
			],
		};
		for (const [kind, body] of [
			['nozomi', nozomiAlert(extra)],
			['suricata', eveAlert({}, extra)],
			['wazuh', wazuhAlert({}, extra)],
			['defender', defenderAlert(extra)],
		] as const) {
			const alert = alertOf(kind, body);
			expect(entity(alert, 'ip', '203.0.113.9')).toBe('related');
			expect(entity(alert, 'mac', '00:1b:1b:00:00:77')).toBe('related');
			expect(entity(alert, 'vulnerability', 'CVE-2024-33333')).toBe('related');
			expect(entity(alert, 'file_hash', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb')).toBe(
				'related',
			);
			expect(alert.techniques).toContain('T0831');
		}
	});
});

describe('techniques', () => {
	it.each<[string, unknown, string[]]>([
		['suricata', eveAlert({ metadata: { mitre_technique_id: ['T1071', 'T1071.001'] } }), ['T1071', 'T1071.001']],
		['wazuh', wazuhAlert({ mitre: { id: 'T1110' } }), ['T1110']],
		[
			'defender',
			{ properties: { AlertId: 'a', Title: 'x', AttackTechniques: '["Rundll32 (T1218.011)"]' } },
			['T1218.011'],
		],
		['defender', defenderAlert({ mitreTechniques: ['T1685'] }), ['T1685']],
		['nozomi', nozomiAlert({ properties: { mitre_attack_for_ics: { techniques: [{ id: 'T0843' }] } } }), ['T0843']],
		['cef', 'CEF:0|A|B|1|9|N|5|cs1=attack.t1059.001 cs1Label=tags', ['T1059.001']],
		['cef', 'CEF:0|A|B|1|9|Model T1000x and XT1000|5|src=172.20.1.1', []],
	])('%s: ids that the payload names', (kind, body, techniques) => {
		expect(alertOf(kind, body).techniques).toEqual(techniques);
	});
});

describe('kind cef', () => {
	it("uses the vendor's own mapping, and stays its own source", () => {
		const alert = alertOf(
			'cef',
			'CEF:0|Nozomi Networks|N2OS|24|PROC:STALE-VARIABLE|Stale variable|6|src=172.20.1.1 cs3=i-1 cs3Label=Id',
		);
		expect(alert).toMatchObject({ source: 'cef', kind: 'process', domain: 'ot', external_id: 'i-1' });
	});

	it('reads each line of a body, and keeps the text of each', () => {
		const body = '<14>CEF:0|A|B|1|1|One|1|src=172.20.1.1\nCEF:0|A|B|1|2|Two|2|src=172.20.1.2\nCEF:0|broken\n';
		const items = itemsOf('cef', body);
		expect(items.map((item) => item.kind)).toEqual(['alert', 'alert', 'unparsed']);
		expect(items.map((item) => item.raw).join('\n')).toBe(body.trim());
	});

	it("reads the line inside a shipper's JSON", () => {
		expect(alertOf('cef', { '@timestamp': 'x', message: '<14>CEF:0|A|B|1|1|One|1|src=172.20.1.1' }).title).toBe('One');
	});
});

describe('forms of JSON', () => {
	it('takes one, a list, a wrapped list and one a line', () => {
		const one = nozomiAlert();
		expect(alertsOf('nozomi', one)).toHaveLength(1);
		expect(alertsOf('nozomi', [one, one])).toHaveLength(2);
		expect(alertsOf('nozomi', { result: [one, one, one] })).toHaveLength(3);
		expect(alertsOf('nozomi', `${JSON.stringify(one)}\n${JSON.stringify(one)}\n`)).toHaveLength(2);
		expect(alertsOf('wazuh', { hits: { hits: [{ _source: wazuhAlert() }] } })).toHaveLength(1);
		expect(
			alertsOf('defender', { value: [{ id: '1', alerts: [defenderAlert(), defenderAlert()] }, defenderAlert()] }),
		).toHaveLength(3);
		expect(
			alertsOf('alertmanager', {
				status: 'success',
				data: { alerts: [{ labels: { alertname: 'x' }, state: 'firing', activeAt: '2025-05-04T08:00:00Z' }] },
			}),
		).toHaveLength(1);
	});

	it('takes EVE and Wazuh lines out of syslog', () => {
		expect(alertOf('suricata', `<142>May  4 08:00:00 ids-2 suricata[9]: ${JSON.stringify(eveAlert())}`).severity).toBe(
			'medium',
		);
		expect(alertOf('wazuh', `<142>1 2025-05-04T08:00:00Z w ossec - - - ${JSON.stringify(wazuhAlert())}`).severity).toBe(
			'medium',
		);
	});

	it('a field of the wrong type is given up and named, the alert is kept', () => {
		const [item] = itemsOf('wazuh', wazuhAlert({}, { agent: 'oops' }));
		expect(item).toMatchObject({ kind: 'alert', problems: [{ field: 'agent', found: '"oops"' }] });
	});
});
