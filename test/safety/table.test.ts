// The table: every row as a case, in the best world and in one of which nothing is known.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AssetClass, Level } from '../../src/domain/asset.ts';
import { DECISION_CLASSES, type DecisionClass } from '../../src/domain/decision.ts';
import { FACTS } from '../../src/domain/fact.ts';
import { ACTION_NAMES, ACTIONS, EFFECTS_WITH_CONNECTOR, mayHaveConnector } from '../../src/safety/actions.ts';
import { decide } from '../../src/safety/decide.ts';
import { policyMatrix } from '../../src/safety/matrix.ts';
import { ROWS, rowsOf } from '../../src/safety/table.ts';
import { asset, bestReadings, facts, NOW, step, worstReadings, zone } from './plant.ts';

/** row, action, class, level, decision when all is at its best, decision when nothing is known. */
type RowCase = readonly [string, string, AssetClass | null, Level, DecisionClass, DecisionClass];

const CASES: readonly RowCase[] = [
	['R01', 'notify', null, '1', 'AUTO', 'AUTO'],
	['R01', 'page', 'plc', '1', 'AUTO', 'AUTO'],
	['R01', 'notify', 'sis', '1', 'AUTO', 'AUTO'],
	['R02', 'ask_control_room', null, '1', 'AUTO', 'AUTO'],
	['R03', 'enrich', 'plc', '1', 'AUTO', 'AUTO'],
	['R04', 'set_severity', null, '1', 'AUTO', 'AUTO'],
	['R05', 'query_logs', 'server', '4', 'AUTO', 'AUTO'],
	['R05', 'query_logs', 'scanner', '3', 'AUTO', 'AUTO'],
	['R06', 'query_historian', 'historian', '3.5', 'AUTO', 'AUTO'],
	['R07', 'query_historian', 'historian', '3', 'AUTO', 'HANDS'],
	['R08', 'start_capture', 'scanner', '2', 'AUTO', 'HANDS'],
	['R09', 'change_mirror', 'network', '3', 'ONE', 'NEVER'],
	['R10', 'change_mirror', 'network', '2', 'HANDS', 'NEVER'],
	['R11', 'read_backup', 'server', '3', 'AUTO', 'AUTO'],
	['R12', 'pull_backup', 'plc', '1', 'HANDS', 'HANDS'],
	['R13', 'compare_logic', 'plc', '1', 'AUTO', 'AUTO'],
	['R14', 'triage_host', 'endpoint', '4', 'AUTO', 'HANDS'],
	['R15', 'triage_host', 'hmi', '2', 'HANDS', 'HANDS'],
	['R16', 'draft_report', null, '1', 'AUTO', 'AUTO'],
	['R17', 'send_report', null, '1', 'ONE', 'ONE'],
	['S01', 'scan_ports', 'server', '4', 'ONE', 'NEVER'],
	['S02', 'scan_ports', 'dmz_server', '3.5', 'ONE', 'HANDS'],
	['S03', 'scan_ports', 'server', '3', 'TWO', 'HANDS'],
	['S04', 'scan_ports', 'plc', '1', 'HANDS', 'NEVER'],
	['S04', 'sweep_hosts', 'bms_controller', '2', 'HANDS', 'NEVER'],
	['S05', 'grab_banners', 'sis', '1', 'NEVER', 'NEVER'],
	['S05', 'poll_controller', 'sis', '1', 'NEVER', 'NEVER'],
	['S06', 'exploit', 'hmi', '2', 'NEVER', 'NEVER'],
	['S06', 'fuzz', 'plc', '1', 'NEVER', 'NEVER'],
	['N01', 'block_indicator', null, '4', 'AUTO', 'HANDS'],
	['N02', 'block_internal', 'endpoint', '4', 'ONE', 'HANDS'],
	['N03', 'block_flow', 'network', '3.5', 'TWO', 'NEVER'],
	['N04', 'close_all_conduits', 'network', '3.5', 'TWO', 'NEVER'],
	['N05', 'reopen_flow', 'network', '3.5', 'TWO', 'NEVER'],
	['N06', 'end_session', 'jump_host', '3.5', 'AUTO', 'HANDS'],
	['N07', 'disable_remote_access', 'vpn_gateway', '3.5', 'TWO', 'HANDS'],
	['N08', 'isolate_host', 'jump_host', '3.5', 'TWO', 'HANDS'],
	['N09', 'change_switch_port', 'network', '4', 'ONE', 'NEVER'],
	['N10', 'change_vlan', 'network', '3', 'TWO', 'NEVER'],
	['N11', 'change_acl', 'network', '2', 'HANDS', 'NEVER'],
	['N12', 'change_switch_port', 'ied', '1', 'NEVER', 'NEVER'],
	['N12', 'block_flow', 'sis', '1', 'NEVER', 'NEVER'],
	['N13', 'block_industrial_commands', 'network', '2', 'HANDS', 'NEVER'],
	['N14', 'change_dns', 'server', '4', 'ONE', 'NEVER'],
	['N15', 'change_ntp', 'server', '3', 'HANDS', 'NEVER'],
	['N16', 'disable_wireless', 'network', '4', 'ONE', 'NEVER'],
	['N16b', 'disable_modem', 'rtu', '1', 'HANDS', 'NEVER'],
	['A01', 'disable_account', null, '4', 'AUTO', 'HANDS'],
	['A02', 'reset_account', 'hmi', '2', 'TWO', 'HANDS'],
	['A03', 'disable_vendor_account', 'vpn_gateway', '3.5', 'ONE', 'HANDS'],
	['A04', 'change_domain_policy', 'domain_controller', '3', 'HANDS', 'HANDS'],
	['A05', 'change_controller_password', 'plc', '1', 'HANDS', 'NEVER'],
	['A06', 'change_sis_credentials', 'sis', '1', 'NEVER', 'NEVER'],
	['H01', 'isolate_host', 'endpoint', '4', 'AUTO', 'HANDS'],
	['H02', 'isolate_host', 'server', '4', 'ONE', 'HANDS'],
	['H03', 'isolate_host', 'engineering_workstation', '3', 'TWO', 'HANDS'],
	['H04', 'isolate_host', 'hmi', '2', 'HANDS', 'NEVER'],
	['H05', 'isolate_host', 'hmi', '2', 'HANDS', 'NEVER'],
	['H06', 'isolate_host', 'historian', '3.5', 'ONE', 'HANDS'],
	['H07', 'isolate_host', 'historian', '3', 'TWO', 'HANDS'],
	['H08', 'isolate_host', 'scada_server', '2', 'HANDS', 'HANDS'],
	['H09', 'isolate_host', 'opc_server', '2', 'HANDS', 'HANDS'],
	['H10', 'kill_process', 'endpoint', '4', 'AUTO', 'HANDS'],
	['H11', 'restart_service', 'dmz_server', '3.5', 'ONE', 'HANDS'],
	['H12', 'stop_service', 'server', '3', 'TWO', 'HANDS'],
	['H13', 'stop_service', 'hmi', '2', 'HANDS', 'HANDS'],
	['H14', 'restart', 'server', '4', 'ONE', 'HANDS'],
	['H15', 'power_off', 'jump_host', '3.5', 'TWO', 'HANDS'],
	['H16', 'restart', 'hmi', '2', 'HANDS', 'HANDS'],
	['H17', 'install_patch', 'server', '4', 'ONE', 'HANDS'],
	['H17b', 'install_agent', 'dmz_server', '3.5', 'TWO', 'HANDS'],
	['H17c', 'push_signatures', 'hmi', '2', 'HANDS', 'HANDS'],
	['H18', 'snapshot_vm', 'server', '3', 'HANDS', 'HANDS'],
	['H19', 'restore_host', 'endpoint', '4', 'ONE', 'HANDS'],
	['H19b', 'restore_file', 'dmz_server', '3.5', 'TWO', 'HANDS'],
	['H20', 'restore_host', 'historian', '3', 'HANDS', 'HANDS'],
	['H21', 'wipe_host', 'engineering_workstation', '3', 'NEVER', 'NEVER'],
	['C01', 'poll_controller', 'plc', '1', 'HANDS', 'HANDS'],
	['C02', 'restart', 'plc', '1', 'HANDS', 'HANDS'],
	['C02', 'stop_controller', 'dcs', '1', 'HANDS', 'HANDS'],
	['C03', 'change_mode', 'plc', '1', 'HANDS', 'HANDS'],
	['C04', 'change_logic', 'plc', '1', 'HANDS', 'HANDS'],
	['C05', 'write_value', 'plc', '1', 'HANDS', 'HANDS'],
	['C06', 'change_alarm', 'scada_server', '2', 'HANDS', 'HANDS'],
	['C07', 'update_firmware', 'rtu', '1', 'HANDS', 'HANDS'],
	['C08', 'restore_logic', 'plc', '1', 'HANDS', 'HANDS'],
	['C09', 'change_operation', null, '1', 'HANDS', 'HANDS'],
	['C10', 'emergency_shutdown', null, '1', 'HANDS', 'HANDS'],
	['C11', 'bypass_sis', 'sis', '1', 'NEVER', 'NEVER'],
	['C12', 'read_sis', 'sis', '1', 'NEVER', 'NEVER'],
	['C12', 'read_sis_copy', 'historian', '3', 'AUTO', 'NEVER'],
	['C13', 'isolate_host', 'sis_workstation', '2', 'HANDS', 'HANDS'],
	['C14', 'change_comfort_setpoint', 'bms_controller', '1', 'HANDS', 'HANDS'],
	['C15', 'change_life_safety', 'bms_controller', '1', 'HANDS', 'NEVER'],
	['C16', 'operate_breaker', 'ied', '1', 'HANDS', 'HANDS'],
	['C17', 'move_machine', 'plc', '1', 'HANDS', 'HANDS'],
	['C18', 'block_telemetry', null, '1', 'NEVER', 'NEVER'],
	['P01', 'manual_step', null, '1', 'AUTO', 'AUTO'],
	['P03', 'run_ssh', 'server', '3', 'HANDS', 'HANDS'],
	['P03', 'run_powershell', 'endpoint', '4', 'HANDS', 'HANDS'],
	['P06', 'change_approvers', null, '1', 'TWO', 'TWO'],
	['P07', 'override_gate', null, '1', 'NEVER', 'NEVER'],
];

function decideCase([, action, assetClass, level]: RowCase, readings = bestReadings(), confidence = 1) {
	const target = assetClass === null ? null : asset(assetClass, level);
	const targets = assetClass === null ? [] : ['target-1'];
	return decide(step(action, { targets }), facts(target, { readings, confidence_firm: confidence }), NOW);
}

describe('every row of the table', () => {
	test.each(CASES)('%s: %s on %s at level %s is %s at best and %s when nothing is known', (...row) => {
		const best = decideCase(row);
		const unknown = decideCase(row, [], 0);
		const worst = decideCase(row, worstReadings(), 0);
		expect(best.class, best.summary).toBe(row[4]);
		expect(unknown.class, unknown.summary).toBe(row[5]);
		const spoken = [...best.rows, ...unknown.rows, ...worst.rows].map((say) => say.row);
		expect(spoken).toContain(row[0]);
		expect(DECISION_CLASSES.indexOf(worst.class)).toBeGreaterThanOrEqual(DECISION_CLASSES.indexOf(best.class));
	});

	test('has a case here', () => {
		const covered = new Set(CASES.map(([row]) => row));
		expect(ROWS.map((row) => row.id).filter((id) => !covered.has(id))).toEqual([]);
	});

	test('ends with a case that asks for nothing, and goes from loose to strict', () => {
		for (const row of ROWS) {
			expect(row.cases.at(-1)?.when, row.id).toEqual([]);
			const ranks = row.cases.map((option) => DECISION_CLASSES.indexOf(option.class));
			expect(ranks, row.id).toEqual(ranks.toSorted((a, b) => a - b));
		}
	});

	test('accepts only the best values of a fact: a value that is good enough has only better ones before it', () => {
		const conditions = ROWS.flatMap((row) => [
			...row.cases.flatMap((option) => [...option.when, ...option.holds]),
			...row.proofs.map((proof) => proof.condition),
			...row.where.flatMap((where) => where.unless ?? []),
		]);
		expect(conditions.length).toBeGreaterThan(60);
		for (const { any } of conditions) {
			for (const { fact, ok } of any) {
				expect(ok, fact).toEqual(FACTS[fact].order.slice(0, ok.length));
				expect(ok, fact).not.toContain(FACTS[fact].worst);
			}
		}
	});
});

/** What each row asks for, read from the words of its condition: `when` gives a looser class, `hold` waits, `proof` or not that row, `unless` left out. */
const ASKED: readonly (readonly [row: string, facts: string])[] = [
	['R01', 'hold:within_rate_limit'],
	['R02', 'proof:message_author'],
	['R03', 'hold:outbound_scrubbed'],
	['R04', 'hold:model_output_labelled'],
	['R05', 'hold:read_only_account hold:within_rate_limit'],
	['R06', 'hold:read_only_account hold:query_bounded'],
	['R07', 'when:saved_query_approved hold:query_bounded hold:off_peak'],
	['R08', 'hold:capture_disk_capped proof:capture_device_installed'],
	['R11', 'hold:stored_copies_only'],
	['R14', 'when:it_policy_allows_auto proof:ot_dependency'],
	['R16', 'hold:draft_only'],
	['R17', 'hold:legal_review_done'],
	['S01', 'proof:scan_excludes_ot proof:ot_dependency'],
	['S02', 'hold:scan_allow_listed hold:ot_told'],
	['S03', 'hold:tested_on_staging hold:stop_person_named'],
	['S04', 'when:design_work'],
	['N01', 'when:confidence when:block_has_expiry proof:indicator_external proof:indicator_on_dependency_allowlist'],
	['N02', 'proof:ot_dependency'],
	['N03', 'hold:flow_known hold:flow_process_effect hold:timed_rollback'],
	['N04', 'when:island_procedure_signed hold:operator_ready_for_island'],
	['N05', 'hold:eradication_confirmed'],
	[
		'N06',
		'when:session_preapproved when:session_outside_window when:engineer_under_permit hold:session_is_live_maintenance hold:session_sole_remote_operator',
	],
	['N07', 'hold:site_manned|view_confirmed_elsewhere'],
	['N08', 'hold:alternative_access_stated'],
	['N09', 'proof:is_uplink proof:dual_homed proof:ot_dependency'],
	['N10', 'hold:port_verified'],
	['N11', 'unless:ring_or_redundancy'],
	['N12', 'unless:carries_safety_traffic'],
	['N13', 'when:engineering_project'],
	['N14', 'proof:used_by_ot'],
	['N15', 'unless:used_by_ot'],
	['N16', 'proof:wireless_carries_ot'],
	['A01', 'when:confidence'],
	[
		'A02',
		'when:account_is_live_operator_login hold:account_dependants_listed hold:replacement_login_ready unless:account_used_by_ot',
	],
	['A03', 'when:vendor_permit_open'],
	['A05', 'when:responsible_person_asked'],
	['H01', 'when:confidence proof:ot_dependency proof:dual_homed proof:operator_remote_view'],
	['H02', 'proof:ot_dependency'],
	['H03', 'hold:download_in_progress'],
	['H05', 'when:process_running unless:sole_view unless:sole_control'],
	['H06', 'hold:report_data_noted'],
	['H07', 'proof:control_depends_on_historian'],
	['H10', 'when:it_policy_allows_auto proof:ot_dependency'],
	['H11', 'hold:service_effect_known'],
	['H12', 'hold:oem_approved'],
	['H14', 'hold:evidence_taken proof:ot_dependency'],
	['H17', 'proof:ot_dependency'],
	['H17b', 'hold:change_tested'],
	['H19', 'hold:clean_image_proven proof:ot_dependency'],
	['H19b', 'hold:clean_image_proven hold:ot_told'],
	['C12', 'proof:sis_copy_one_way'],
	['C15', 'when:responsible_person_asked'],
	['P06', 'hold:policy_reviewed'],
];

describe('the conditions', () => {
	test.each(ASKED)('of %s are %s', (id, expected) => {
		const rows = ROWS.filter((row) => row.id === id);
		const asked = rows.flatMap((row) => [
			...row.cases.flatMap((option) => [
				...option.when.map((condition) => ['when', condition] as const),
				...option.holds.map((condition) => ['hold', condition] as const),
			]),
			...row.proofs.map((proof) => ['proof', proof.condition] as const),
			...row.where.flatMap((where) => (where.unless ?? []).map((condition) => ['unless', condition] as const)),
		]);
		const words = asked.map(([kind, { any, confidence }]) =>
			confidence === true ? `${kind}:confidence` : `${kind}:${any.map(({ fact }) => fact).join('|')}`,
		);
		expect([...new Set(words)].join(' ')).toBe(expected);
	});

	test('of the other rows are none', () => {
		const known = ASKED.map(([id]) => id);
		const others = ROWS.filter((row) => !known.includes(row.id));
		for (const row of others) {
			expect(
				row.cases.flatMap((option) => [...option.when, ...option.holds]),
				row.id,
			).toEqual([]);
			expect([...row.proofs, ...row.where.flatMap((where) => where.unless ?? [])], row.id).toEqual([]);
		}
	});

	test('that are waited for are asked in every class that can run', () => {
		for (const row of ROWS.filter((one) => ['N06', 'R07'].includes(one.id))) {
			for (const option of row.cases) expect(option.holds.length, `${row.id} ${option.class}`).toBeGreaterThan(0);
		}
		expect(ROWS.find((one) => one.id === 'N06')?.cases.map((option) => option.holds.length)).toEqual([2, 2]);
	});
});

describe('the catalogue of actions', () => {
	test('gives every action a row, its own or that of what it takes back', () => {
		for (const name of ACTION_NAMES) {
			const base = ACTIONS[name].undoes ?? name;
			expect(ACTION_NAMES as readonly string[], name).toContain(base);
			expect(rowsOf(base as typeof name).length, name).toBeGreaterThan(0);
		}
	});

	test('lets no connector exist for control, destruction, attack or raw commands', () => {
		for (const effect of ['control', 'destroy', 'attack', 'raw', 'policy']) {
			expect(EFFECTS_WITH_CONNECTOR as readonly string[]).not.toContain(effect);
		}
		for (const name of [
			'write_value',
			'stop_controller',
			'change_logic',
			'bypass_sis',
			'wipe_host',
			'run_ssh',
			'no_such_action',
		]) {
			expect(mayHaveConnector(name), name).toBe(false);
		}
		expect(mayHaveConnector('isolate_host')).toBe(true);
		expect(mayHaveConnector('toString')).toBe(false);
	});

	test.each(['no_such_action', '', 'ISOLATE_HOST', '__proto__', 'constructor'])(
		'leaves the unknown action `%s` to hands',
		(name) => {
			expect(decide(step(name), facts(asset('endpoint', '4')), NOW).class).toBe('HANDS');
			expect(decide(step(name), facts(asset('sis', '1')), NOW).class).toBe('NEVER');
		},
	);
});

describe('targets that nobody knows (G2)', () => {
	const isolate = step('isolate_host');

	test.each([
		['not in the inventory', facts(null)],
		['of unknown class', facts(asset('unknown', '4'))],
		['of unknown level', facts(asset('endpoint', 'unknown'))],
		['from a stale inventory', facts(asset('endpoint', '4'), { inventory_confirmed_at: NOW - 31 * 86_400_000 })],
		[
			'from an inventory never confirmed',
			facts(asset('endpoint', '4'), { inventory_confirmed_at: null, readings: [] }),
		],
		[
			'from an inventory dated in the future',
			facts(asset('endpoint', '4'), { inventory_confirmed_at: NOW + 86_400_000 }),
		],
		['a controller that the inventory puts at level 4', facts(asset('plc', '4'))],
	])('%s: left to hands', (_, snapshot) => {
		expect(decide(isolate, snapshot, NOW).class).toBe('HANDS');
		expect(decide(step('restart'), snapshot, NOW).class).toBe('HANDS');
		expect(decide(step('notify'), snapshot, NOW).class).toBe('AUTO');
	});

	test.each<[AssetClass, Level, DecisionClass]>([
		['dcs', '3', 'AUTO'],
		['dcs', '3.5', 'HANDS'],
		['dcs', '4', 'HANDS'],
		['plc', '2', 'AUTO'],
		['plc', '3', 'HANDS'],
		['rtu', '4', 'HANDS'],
	])(
		'a capture at a %s that the inventory puts at level %s is %s: a DCS may be its servers, no other may',
		(one, level, expected) => {
			expect(decide(step('start_capture'), facts(asset(one, level)), NOW).class).toBe(expected);
		},
	);

	test('a stale inventory is stale although somebody says that it is current', () => {
		const stale = facts(asset('endpoint', '4'), { inventory_confirmed_at: null });
		expect(stale.readings.some((one) => one.name === 'inventory_current' && one.value === true)).toBe(true);
		expect(decide(isolate, stale, NOW).class).toBe('HANDS');
	});

	test('in a zone of safety systems everything is one', () => {
		const zones = { 'unit-1': zone({ sis: true }) };
		for (const action of ['isolate_host', 'restart', 'write_value', 'query_logs', 'run_ssh', 'start_capture']) {
			expect(decide(step(action), facts(asset('unknown', 'unknown'), { zones }), NOW).class, action).toBe('NEVER');
			expect(decide(step(action), facts(asset('endpoint', '4'), { zones }), NOW).class, action).toBe('NEVER');
		}
		expect(decide(step('notify'), facts(asset('endpoint', '4'), { zones }), NOW).class).toBe('AUTO');
	});

	test('an unlisted address in the range of a zone of safety systems is one of them', () => {
		const zones = { 'unit-1': zone({ sis: true, ranges: ['10.9.0.0/24'] }) };
		const at = (ip: string) =>
			decide(step('restart', { targets: [ip] }), facts(null, { zones, targets: {} }), NOW).class;
		expect(at('10.9.0.4')).toBe('NEVER');
		expect(at('10.8.0.4')).toBe('HANDS');
	});

	test.each(['exploit', 'guess_password', 'fuzz'])('`%s` is attack traffic wherever it goes', (action) => {
		for (const target of [null, asset('endpoint', '4'), asset('cloud', '5'), asset('plc', '1'), asset('sis', '1')])
			expect(decide(step(action), facts(target), NOW).class).toBe('NEVER');
	});

	test('a controller is reached by nothing that a row for anything would let run, and the reason says so', () => {
		for (const one of ['plc', 'sis', 'sis_workstation'] as const) {
			const decision = decide(step('send_report'), facts(asset(one, '2')), NOW);
			expect(decision.class).toBe('HANDS');
			expect(decision.rows).toContainEqual(expect.objectContaining({ row: 'G10', class: 'HANDS' }));
		}
		const office = decide(step('send_report'), facts(asset('endpoint', '4')), NOW);
		expect(office.class).toBe('ONE');
		expect(office.rows.map((say) => say.row)).not.toContain('G10');
	});

	test('of several targets the strictest decides', () => {
		const targets = { 'target-1': asset('endpoint', '4'), 'target-2': asset('hmi', '2', { id: 'target-2' }) };
		const both = decide(step('isolate_host', { targets: ['target-1', 'target-2'] }), facts(null, { targets }), NOW);
		expect(both.class).toBe('NEVER');
		expect(both.rows.map((say) => say.row)).toContain('H05');
		const unlisted = decide(step('isolate_host', { targets: ['target-1', 'ghost'] }), facts(null, { targets }), NOW);
		expect(unlisted.class).toBe('HANDS');
	});

	test('an action that needs an asset and names none is judged as if on a controller', () => {
		expect(decide(step('isolate_host', { targets: [] }), facts(null), NOW).class).toBe('HANDS');
	});
});

const REFERENCE = new URL('../../../shared/reference/ot-safety.md', import.meta.url);

describe.skipIf(!existsSync(REFERENCE))('the reference table', () => {
	const lines = existsSync(REFERENCE) ? readFileSync(REFERENCE, 'utf8').split('\n') : [];
	const rows = lines.flatMap((line) => {
		const cells = line.split('|').map((cell) => cell.trim());
		if (!/^[RSNAHCP]\d\d?b?c?$/.test(cells[1] ?? '')) return [];
		const isShort = cells[1]?.startsWith('P') ?? false;
		return [
			{
				id: cells[1] ?? '',
				cell: (isShort ? cells[3] : cells[4]) ?? '',
				condition: (isShort ? cells[4] : cells[5]) ?? '',
				reason: (isShort ? cells[5] : cells[6]) ?? '',
				source: cells[7] ?? '',
			},
		];
	});
	/** In a HANDS row "the bot NEVER executes" only stresses it (reference, section 6). */
	const classesOf = (cell: string): string[] => {
		const stressed = cell.replace(/;? ?(the )?bot NEVER[^;]*/, '');
		return [...new Set(stressed.match(/\b(AUTO|ONE|TWO|HANDS|NEVER)\b/g) ?? [])].toSorted();
	};

	test('is read whole', () => expect(rows.length).toBe(95));

	test.each(rows.map((row) => [row.id, row] as const))(
		'%s has the same classes, reason and source in the matrix',
		(id, row) => {
			const entries = policyMatrix().filter((entry) => entry.row === id);
			expect(entries.length).toBeGreaterThan(0);
			const classes = [...new Set(entries.flatMap((entry) => (entry.class === null ? [] : [entry.class])))].toSorted();
			if (id === 'P03') expect(classes).toEqual(['HANDS']);
			else if (id === 'P07') expect(classes).toEqual(['NEVER']);
			else if (id === 'P04') expect(classes).toEqual([]);
			else if (id === 'R07' || id === 'A03') expect(classes).toEqual(classesOf(`${row.cell} ${row.condition}`));
			else expect(classes).toEqual(classesOf(row.cell));
			if (!id.startsWith('P')) {
				expect(entries[0]?.reason).toBe(row.reason);
				expect(entries[0]?.source).toBe(row.source);
			}
		},
	);
});
