// Section 6.2 of the table: scanning and active queries. Rows S01 to S06.
import type { ActionName } from '../actions.ts';
import {
	ANY_LEVEL,
	at,
	CONTROLLERS,
	DMZ,
	DMZ_CLASSES,
	G3_CHECK,
	IT_CLASSES,
	LEVEL_45,
	NOT_SIS,
	OT_LEVELS,
	otherwise,
	type Row,
	row,
	shown,
	when,
} from '../row.ts';

const SCANS: readonly ActionName[] = [
	'scan_vulnerabilities',
	'scan_ports',
	'sweep_hosts',
	'grab_banners',
	'discover_assets',
];
const PASSIVE = 'I can capture passively on an installed sensor (R08) and read stored configurations (R11).';

export const SCAN_ROWS: readonly Row[] = [
	row({
		id: 'S01',
		title: 'vulnerability or port scan of IT assets',
		effect: 'scan',
		actions: SCANS,
		where: at(IT_CLASSES, LEVEL_45),
		cases: [otherwise('ONE', 'excludes any OT range')],
		proofs: [
			{
				condition: shown('scan_excludes_ot', 'the scan excludes every OT range'),
				class: 'NEVER',
				rule: 'S04',
				why: 'a scan that may reach an OT range is never run as incident response',
			},
			G3_CHECK,
		],
		it: true,
		reason: 'normal; range mistakes are the risk',
		source: 'judgement',
		instead: PASSIVE,
	}),
	row({
		id: 'S02',
		title: 'active scan, ping sweep, banner grab, discovery broadcast',
		effect: 'scan',
		actions: SCANS,
		where: at(DMZ_CLASSES, DMZ),
		cases: [
			otherwise('ONE', 'OT informed, W; allow-listed hosts', [
				shown('scan_allow_listed', 'the host is on the allow-list for scans'),
				shown('ot_told', 'OT has been informed'),
			]),
		],
		window: true,
		reason: 'DMZ hosts relay process data',
		source: 'MDI (active monitoring may cause downtime)',
		instead: PASSIVE,
	}),
	row({
		id: 'S03',
		title: 'active scan, ping sweep, banner grab, discovery broadcast',
		effect: 'scan',
		actions: SCANS,
		where: at(
			['server', 'database', 'domain_controller', 'historian', 'scada_server', 'opc_server', 'bms_server', 'jump_host'],
			['3'],
		),
		cases: [
			otherwise('TWO', 'W; tested on staging, a person able to stop it at once', [
				shown('tested_on_staging', 'it has been tested on staging'),
				shown('stop_person_named', 'a person who can stop it at once is named'),
			]),
		],
		window: true,
		reason: 'MDI asks for staging test, windows and named owners',
		source: 'MDI',
		instead: PASSIVE,
	}),
	row({
		id: 'S04',
		title: 'active scan, ping sweep, banner grab, discovery broadcast',
		effect: 'scan',
		actions: SCANS,
		where: [at(NOT_SIS, ['1', '2']), at(CONTROLLERS, ANY_LEVEL)],
		cases: [
			when([shown('design_work', 'it is design work')], 'HANDS', 'W, during design work'),
			otherwise('NEVER', 'as incident response'),
		],
		window: true,
		reason:
			'fragile stacks have faulted or rebooted; indistinguishable from T0846/T0888. RZ disagrees for purpose-built tools: a site may run such a tool, not this bot',
		source: 'PRAC, RZ, ATT',
		instead: PASSIVE,
	}),
	row({
		id: 'S05',
		title: 'scan, or any poll, of a safety system',
		effect: 'scan',
		actions: [...SCANS, 'poll_controller', 'pull_backup'],
		where: at(['sis', 'sis_workstation'], ANY_LEVEL),
		cases: [otherwise('NEVER', '')],
		reason: 'SIS zone has no path from the bot',
		source: '61511, 61508A, ATT M0812',
		instead: 'Call the functional-safety engineer. I can read the copy of the SIS status in the historian (C12).',
	}),
	row({
		id: 'S06',
		title: 'exploit, proof of concept, password guess, fuzz',
		effect: 'attack',
		actions: ['exploit', 'guess_password', 'fuzz'],
		where: at([...NOT_SIS, 'sis', 'sis_workstation'], OT_LEVELS),
		cases: [otherwise('NEVER', '')],
		reason: 'attack traffic',
		source: 'ATT',
		instead: 'I can look the weakness up in vulnerability lists (R03).',
	}),
];
