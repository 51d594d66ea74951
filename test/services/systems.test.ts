// The systems that industry runs, one after another: what each sends goes through the real door into a real database, is judged with the
// inventory of a plant, and takes the lane that it must. Payloads are in the vendors' shapes; what single fields mean is tested elsewhere.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import type { Asset } from '../../src/domain/asset.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Topic } from '../../src/domain/topic.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { triageHandlers } from '../../src/triage/triage.ts';
import { type Door, openDoor, TOKEN } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const NOW = Date.UTC(2026, 0, 5, 3, 10);
const AT = '2026-01-05T03:00:00.000Z';
const AT_S = Date.parse(AT) / 1_000;

const asset = (id: string, given: Partial<Asset>): Asset => ({
	id,
	hostnames: [],
	ips: [],
	macs: [],
	vendor_ids: [],
	site: 'works',
	zone: null,
	level: '4',
	class: 'server',
	class_raw: null,
	vendor: null,
	os: null,
	criticality: null,
	domain: 'it',
	switch: null,
	owner: null,
	facts: {},
	tags: {},
	confirmed_at: AT,
	...given,
});
const OT = { domain: 'ot', level: '1' } as const;
const inventory = indexInventory({
	assets: [
		asset('erp-1', { class: 'erp', hostnames: ['saperp01.works.example'], vendor_ids: ['P11'] }),
		asset('crm-1', { class: 'crm', level: '5', vendor_ids: ['works.my.salesforce.example', '00D5g000001AbcD'] }),
		asset('hist-2', { class: 'historian', level: '3', domain: 'ot', hostnames: ['hist-srv-02'] }),
		asset('nas-1', { hostnames: ['nas-plant-01'] }),
		asset('web-3', { class: 'dmz_server', level: '3.5', ips: ['10.35.0.12'] }),
		asset('cloud-9', { class: 'cloud', level: '5', ips: ['10.60.1.5'] }),
		asset('boiler-2', { ...OT, class: 'io', vendor_ids: ['Works/Boiler 2/Drum Level'] }),
		asset('dcs-1', { ...OT, class: 'dcs', level: '2', vendor_ids: ['ns=2;s=DCS1.FIC-2040'] }),
		asset('plc-11', { ...OT, class: 'plc', ips: ['10.20.1.11'], macs: ['00:1b:1b:00:01:11'] }),
		asset('plc-12', { ...OT, class: 'plc', ips: ['10.20.1.12'] }),
		asset('io-13', { ...OT, class: 'io', ips: ['10.20.1.13'] }),
		asset('ahu-2', { ...OT, class: 'bms_controller', vendor_ids: ['AHU_2 SupplyTemp'] }),
		asset('pump-204', { ...OT, class: 'io', level: '0', vendor_ids: ['Pump P-204'] }),
		asset('gd-12', { ...OT, class: 'io', level: '0', vendor_ids: ['Works/Compressor House/GD-12'] }),
	],
	zones: [],
	conduits: [],
	confirmedAt: NOW,
});

let fresh: Fresh;
let door: Door;
beforeAll(async () => {
	fresh = await freshDatabase();
	const kinds = [
		...[
			'sap-onapsis',
			'salesforce',
			'server-storage',
			'fortinet',
			'suricata',
			'guardduty',
			'scada-isa182',
			'scada-opcua',
		],
		...['nozomi', 'zeek-ics', 'niagara', 'bms-udmi', 'predictive-maintenance', 'splunk'],
	];
	door = await openDoor(fresh.database, {
		inventory,
		clock: () => NOW,
		sources: kinds.map((kind) => ({
			name: `the-${kind}`,
			kind,
			credential: { type: 'default', secrets: [TOKEN] },
			addressAllow: [],
			timeZone: 'UTC',
		})),
	});
});
afterAll(async () => {
	await door.close();
	await fresh.close();
});

const loaded = loadRules();
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
const judgeBy = { inventory, rules: loaded.value, classifier: loadWeights(), attack: attackTable };

type Arrived = {
	/** The alert as it is stored. */
	readonly alert: Record<string, unknown>;
	/** On which lane it waited for triage, and on which it goes on. */
	readonly lanes: readonly string[];
	readonly verdict: Verdict;
	/** Of the first asset of the inventory that it names. */
	readonly assetClass: string | null;
};

/** Posts a body with one alert in it, lets triage judge it, and says where it came. */
async function send(kind: string, body: object | string): Promise<Arrived> {
	const reply = await door.post(`the-${kind}`, typeof body === 'string' ? body : JSON.stringify(body));
	const answers = (reply.body['alerts'] ?? []) as { id: string; status: string }[];
	expect([reply.status, answers.map((answer) => answer.status)]).toEqual([202, ['stored']]);
	const id = answers[0]?.id ?? '';
	const lanes: Topic[] = [];
	const handlers = triageHandlers({
		database: fresh.database,
		context: () => judgeBy,
		clock: () => NOW,
		onFault: expect.fail,
	});
	for (const lane of ['triage', 'triage_safety'] as const) {
		const due = await claimDue(fresh.database, lane, 100, Date.now() + 1_000);
		if (due.some((row) => row.key === id)) lanes.push(lane);
		if (due.length > 0) await handlers[lane]?.(due);
	}
	const next = await fresh.database.raw`SELECT topic FROM outbox WHERE key = ${id} AND topic LIKE 'correlate%'`;
	const [alert = {}] = await fresh.database.raw`SELECT * FROM alerts WHERE id = ${id}`;
	const verdict = alert['verdict'] as Verdict;
	return {
		alert,
		lanes: [...lanes, ...next.map((row) => String(row['topic']))],
		verdict,
		assetClass: inventory.data.assets.find((known) => known.id === verdict.assets[0])?.class ?? null,
	};
}

const ORDINARY = ['triage', 'correlate'];
const SAFETY = ['triage_safety', 'correlate_safety'];

describe('business systems', () => {
	it('ERP: SAP Enterprise Threat Detection', async () => {
		const { alert, verdict, lanes, assetClass } = await send('sap-onapsis', {
			Version: '1.0',
			AlertId: '4711',
			AlertSeverity: 'HIGH',
			AlertStatus: 'OPEN',
			PatternId: '5A1F',
			PatternName: 'Debugging with change of data in a productive system',
			Category: 'Manipulation',
			MinTimestamp: '2026-01-05T02:58:00Z',
			MaxTimestamp: AT,
			TriggeringEvents: [
				{
					NetworkIPAddressInitiator: '10.40.7.21',
					NetworkHostnameTarget: 'saperp01',
					SystemIdTarget: 'P11',
					UserLogonNameActing: 'MEIER',
				},
			],
		});
		expect(alert).toMatchObject({
			kind: 'security',
			domain: 'it',
			severity: 'high',
			occurred_at: String(Date.parse(AT)),
		});
		expect(alert['entities']).toContainEqual({ type: 'user', value: 'MEIER', role: 'actor' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'erp', lanes: ORDINARY, domain: 'it' });
	});

	it('CRM: Salesforce threat detection', async () => {
		const { alert, verdict, lanes, assetClass } = await send('salesforce', {
			attributes: { type: 'ReportAnomalyEventStore' },
			EventIdentifier: '7c1e-1',
			OrganizationId: '00D5g000001AbcD',
			EventDate: '2026-01-05T03:00:00.000+0000',
			Username: 'r.lang@works.example',
			SourceIp: '203.0.113.77',
			Score: 96.1,
			Summary: 'Report was exported from an infrequent network',
			PolicyOutcome: 'Notified',
		});
		expect(alert).toMatchObject({ kind: 'security', domain: 'it', occurred_at: String(Date.parse(AT)) });
		expect(alert['entities']).toContainEqual({ type: 'ip', value: '203.0.113.77', role: 'actor' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'crm', lanes: ORDINARY, domain: 'it' });
	});

	it('servers: a Redfish event of a failed drive', async () => {
		const { alert, verdict, lanes, assetClass } = await send('server-storage', {
			'@odata.type': '#Event.v1_7_0.Event',
			Context: 'hist-srv-02',
			Events: [
				{
					EventId: '5001',
					EventTimestamp: '2026-01-05T03:00:00Z',
					MessageSeverity: 'Critical',
					Message: 'Drive 3 in disk drive bay 1 has failed.',
					MessageId: 'StorageDevice.1.1.DriveFailure',
					OriginOfCondition: { '@odata.id': '/redfish/v1/Systems/1/Storage/1/Drives/3' },
				},
			],
		});
		expect(alert).toMatchObject({ kind: 'availability', severity: 'critical' });
		expect({ assetClass, lanes, category: verdict.category }).toMatchObject({
			assetClass: 'historian',
			lanes: ORDINARY,
		});
		expect(verdict.domain).toBe('ot');
	});

	it('storage: a line of a filer', async () => {
		const { alert, lanes, assetClass } = await send(
			'server-storage',
			'<10>Jan  5 03:00:00 nas-plant-01 [nas-plant-01: raid_disk_thread: raid.rg.degraded:ALERT]: RAID group rg0 is degraded.',
		);
		expect(alert).toMatchObject({ kind: 'availability', domain: 'it', severity: 'critical' });
		expect({ assetClass, lanes }).toEqual({ assetClass: 'server', lanes: ORDINARY });
	});

	it('network: a firewall names an attack on a server in the DMZ', async () => {
		const { alert, verdict, lanes, assetClass } = await send(
			'fortinet',
			`<185>date=2026-01-05 time=03:00:00 devname="fw-dmz-1" devid="FG100FTK20000001" eventtime=${AT_S}000000000 tz="+0000" logid="0419016384" type="utm" subtype="ips" level="alert" severity="critical" srcip=203.0.113.9 dstip=10.35.0.12 dstport=443 action="detected" service="HTTPS" attack="Apache.Log4j.Error.Log.Remote.Code.Execution" attackid=51006`,
		);
		expect(alert).toMatchObject({ kind: 'security', severity: 'critical', occurred_at: String(Date.parse(AT)) });
		expect(alert['entities']).toContainEqual({ type: 'host', value: 'fw-dmz-1', role: 'observer' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({
			assetClass: 'dmz_server',
			lanes: ORDINARY,
			domain: 'it',
		});
	});

	it('security tools: a network sensor sees a controller being written to', async () => {
		const { alert, verdict, lanes, assetClass } = await send('suricata', {
			timestamp: '2026-01-05T03:00:00.000000+0000',
			event_type: 'alert',
			src_ip: '10.20.1.99',
			src_port: 50112,
			dest_ip: '10.20.1.12',
			dest_port: 502,
			proto: 'TCP',
			app_proto: 'modbus',
			alert: {
				signature_id: 2_250_009,
				rev: 2,
				signature: 'SURICATA Modbus write from unknown',
				category: 'Attempted DoS',
				severity: 1,
			},
		});
		expect(alert).toMatchObject({ kind: 'security', severity: 'high' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'plc', lanes: ORDINARY, domain: 'ot' });
	});

	it('cloud: a GuardDuty finding', async () => {
		const { alert, verdict, lanes, assetClass } = await send('guardduty', {
			'detail-type': 'GuardDuty Finding',
			source: 'aws.guardduty',
			account: '111122223333',
			detail: {
				schemaVersion: '2.0',
				id: '52c1',
				type: 'CryptoCurrency:EC2/BitcoinTool.B!DNS',
				resource: {
					resourceType: 'Instance',
					instanceDetails: { instanceId: 'i-0f00ba12', networkInterfaces: [{ privateIpAddress: '10.60.1.5' }] },
				},
				service: { eventLastSeen: AT, archived: false, count: 4 },
				severity: 8,
				title: 'The instance asks for a name that is tied to mining',
				updatedAt: '2026-01-05T03:02:00Z',
			},
		});
		expect(alert).toMatchObject({ kind: 'security', domain: 'it', severity: 'high', severity_raw: '8' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({
			assetClass: 'cloud',
			lanes: ORDINARY,
			domain: 'it',
		});
	});
});

describe('control systems', () => {
	it('ICS and SCADA: an alarm of Ignition, and its return to normal', async () => {
		const alarm = {
			source: 'prov:default:/tag:Works/Boiler 2/Drum Level:/alm:Low',
			displayPath: 'Works/Boiler 2/Drum Level',
			name: 'Low',
			priority: 'High',
			state: 'Active, Unacknowledged',
			eventTime: AT,
			eventId: '0a1b2c3d-0000-4000-8000-000000000001',
			eventValue: '31.5',
		};
		const { alert, verdict, lanes, assetClass } = await send('scada-isa182', alarm);
		expect(alert).toMatchObject({ kind: 'process', domain: 'ot', severity: 'high', status: 'open' });
		expect({ assetClass, lanes, category: verdict.category }).toEqual({
			assetClass: 'io',
			lanes: ORDINARY,
			category: 'process_deviation',
		});
		const cleared = { ...alarm, state: 'Cleared, Acknowledged', eventTime: '2026-01-05T03:05:00.000Z' };
		await door.post('the-scada-isa182', JSON.stringify(cleared));
		const [row] = await fresh.database.raw`SELECT status FROM alerts WHERE id = ${String(alert['id'])}`;
		expect(row).toMatchObject({ status: 'closed' });
	});

	it('DCS: a condition over OPC UA', async () => {
		const { alert, verdict, lanes, assetClass } = await send('scada-opcua', {
			EventId: 'AAEC',
			EventType: 'i=9341',
			SourceNode: 'ns=2;s=DCS1.FIC-2040',
			SourceName: 'FIC-2040',
			ConditionName: 'DeviationAlarm',
			Severity: 650,
			Message: 'Flow deviates from its setpoint',
			Time: AT,
			ActiveState: 'Active',
			AckedState: 'Unacknowledged',
		});
		expect(alert).toMatchObject({ kind: 'process', domain: 'ot', severity: 'high', severity_raw: '650' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'dcs', lanes: ORDINARY, domain: 'ot' });
	});

	it('PLC: a program transfer, seen by network monitoring', async () => {
		const { alert, verdict, lanes, assetClass } = await send(
			'nozomi',
			`<13>Jan  5 03:00:05 guardian-n CEF:0|Nozomi Networks|N2OS|24.5.1|SIGN:PROGRAM:TRANSFER|Program transferred to controller|9|app=s7 dvc=10.20.0.5 dvchost=guardian-n cs1=9.0 cs1Label=Risk cs2=true cs2Label=IsSecurity cs3=9d0f-1 cs3Label=Id dst=10.20.1.11 dmac=00:1b:1b:00:01:11 src=10.20.1.60 start=${AT_S}000 msg=A program was transferred to 10.20.1.11 (T0843)`,
		);
		expect(alert).toMatchObject({ kind: 'security', domain: 'ot', severity: 'critical', techniques: ['T0843'] });
		expect({ assetClass, lanes, matrix: verdict.matrix }).toEqual({
			assetClass: 'plc',
			lanes: ORDINARY,
			matrix: 'ics',
		});
	});

	it('BMS: an air handler out of its range', async () => {
		const { alert, verdict, lanes, assetClass } = await send('niagara', {
			uuid: '5d0c1f2a-0000-4111-8222-933344440001',
			source: 'local:|station:|slot:/Drivers/BacnetNetwork/AHU_2/points/SupplyTemp/OutOfRangeAlarmExt',
			sourceState: 'Offnormal',
			alarmClass: 'HvacHigh',
			priority: '90',
			timestamp: AT,
			alarmData: { sourceName: 'AHU_2 SupplyTemp', msgText: 'Supply air is too warm' },
			station: 'jace-hall-2',
		});
		expect(alert).toMatchObject({ kind: 'process', domain: 'ot', status: 'open' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({
			assetClass: 'bms_controller',
			lanes: ORDINARY,
			domain: 'ot',
		});
	});

	it('Modbus: a write, from a Zeek log', async () => {
		const { alert, verdict, lanes, assetClass } = await send(
			'zeek-ics',
			[
				'#separator \\x09',
				'#path\tmodbus',
				'#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttid\tunit\tfunc\tpdu_type\texception',
				`${AT_S}.5\tCHhAvVGS1DHFjwGM9\t10.20.1.99\t50112\t10.20.1.12\t502\t4\t1\tWRITE_MULTIPLE_COILS\tREQ\t-`,
				'',
			].join('\n'),
		);
		expect(alert).toMatchObject({ kind: 'security', domain: 'ot' });
		expect(String(alert['title'])).toContain('WRITE_MULTIPLE_COILS');
		expect(alert['entities']).toContainEqual({ type: 'ip', value: '10.20.1.99', role: 'actor' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'plc', lanes: ORDINARY, domain: 'ot' });
	});

	it('PROFINET: a write request, from a Zeek log', async () => {
		const { alert, verdict, lanes, assetClass } = await send('zeek-ics', {
			_path: 'profinet',
			ts: AT_S,
			uid: 'CHhAvVGS1DHFjwGM1',
			'id.orig_h': '10.20.1.99',
			'id.orig_p': 34_964,
			'id.resp_h': '10.20.1.13',
			'id.resp_p': 34_964,
			operation_type: 'Write Request',
			slot_number: '0x0001',
			index: '0x8071',
		});
		expect(alert).toMatchObject({ kind: 'security', domain: 'ot', occurred_at: String(Date.parse(AT)) });
		expect(alert['entities']).toContainEqual({ type: 'protocol', value: 'profinet', role: 'related' });
		expect({ assetClass, lanes, domain: verdict.domain }).toEqual({ assetClass: 'io', lanes: ORDINARY, domain: 'ot' });
	});

	it('sensors with predictive maintenance: a bearing goes into alarm', async () => {
		const { alert, verdict, lanes, assetClass } = await send('predictive-maintenance', {
			timestamp: AT,
			eventId: 'm-1',
			version: '2.0',
			projectName: 'works',
			eventType: 'assetStateTransition',
			eventPayload: {
				siteName: 'Works north',
				assetName: 'Pump P-204',
				positionName: 'Drive end bearing',
				assetState: { newState: 'ALARM', previousState: 'HEALTHY' },
				models: { vibrationISO: { isoClass: 'CLASS2', previousState: 'HEALTHY', newState: 'ALARM' } },
			},
		});
		expect(alert).toMatchObject({ kind: 'maintenance', domain: 'ot', severity: 'high' });
		expect({ assetClass, lanes, category: verdict.category }).toEqual({
			assetClass: 'io',
			lanes: ORDINARY,
			category: 'equipment_condition',
		});
	});
});

describe('hazard alarms', () => {
	it('gas: a detector goes the way of process safety', async () => {
		const { alert, verdict, lanes, assetClass } = await send('scada-isa182', {
			source: 'prov:default:/tag:Works/Compressor House/GD-12:/alm:20% LEL',
			displayPath: 'Works/Compressor House/GD-12',
			name: '20% LEL',
			priority: 'Critical',
			state: 'Active, Unacknowledged',
			eventTime: AT,
			eventId: '0a1b2c3d-0000-4000-8000-000000000012',
			label: 'Gas detector GD-12 methane',
		});
		expect(alert).toMatchObject({ kind: 'process_safety', domain: 'ot', severity: 'critical' });
		expect({ assetClass, lanes, category: verdict.category }).toEqual({
			assetClass: 'io',
			lanes: SAFETY,
			category: 'process_safety',
		});
		expect(verdict.muted).toBe(false);
	});

	it('fire: a panel behind the building management goes the way of process safety', async () => {
		const { alert, verdict, lanes } = await send('niagara', {
			uuid: '5d0c1f2a-0000-4111-8222-933344440002',
			source: 'local:|station:|slot:/Fire/Panel2/Zone7',
			sourceState: 'Offnormal',
			alarmClass: 'LifeSafety',
			priority: '1',
			timestamp: AT,
			alarmData: { sourceName: 'Fire Panel2 Zone7', msgText: 'Smoke in hall 2' },
			station: 'jace-hall-2',
		});
		expect(alert).toMatchObject({ kind: 'process_safety', domain: 'ot', severity: 'critical' });
		expect({ lanes, category: verdict.category }).toEqual({ lanes: SAFETY, category: 'process_safety' });
	});

	it('the word gas in the text of a security product makes no hazard alarm', async () => {
		const { alert, lanes } = await send('splunk', {
			sid: 's1',
			search_name: 'Gas leak, fire and explosion in file names',
			result: { _time: String(AT_S), host: 'wks-1', severity: 'high', message: 'GAS LEAK alarm LEL evacuate.docx' },
		});
		expect(alert).toMatchObject({ kind: 'security' });
		expect(lanes).toEqual(ORDINARY);
	});
});
