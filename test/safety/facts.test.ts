// Every fact of the catalogue, one by one: at its worst, and missing, it changes what the gate says; or by design it cannot.
import { describe, expect, test } from 'vitest';
import type { AssetClass, Level } from '../../src/domain/asset.ts';
import { DECISION_CLASSES, type Decision } from '../../src/domain/decision.ts';
import {
	badness,
	FACT_NAMES,
	FACTS,
	type FactName,
	type FactReading,
	maySupply,
	readFact,
} from '../../src/domain/fact.ts';
import { checklistOf } from '../../src/safety/checklist.ts';
import { decide } from '../../src/safety/decide.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, person, state, step, subjectOf, withFact, zone } from './plant.ts';

/** Where a fact shows: the action and target, and which other facts must not hide it. */
type Scene = readonly [
	action: string,
	assetClass: AssetClass | null,
	level: Level,
	others?: Partial<Record<FactName, boolean | string>>,
];

const SCENES: Readonly<Record<string, Scene>> = {
	ot_dependency: ['isolate_host', 'server', '4'],
	dual_homed: ['isolate_host', 'endpoint', '4'],
	operator_remote_view: ['isolate_host', 'endpoint', '4'],
	sole_view: ['isolate_host', 'hmi', '2', { process_running: true }],
	sole_control: ['isolate_host', 'hmi', '2', { process_running: true }],
	process_running: ['isolate_host', 'hmi', '2', { sole_view: true }],
	is_uplink: ['change_switch_port', 'network', '4'],
	ring_or_redundancy: ['change_switch_port', 'network', '3'],
	carries_safety_traffic: ['change_switch_port', 'network', '3'],
	used_by_ot: ['change_dns', 'server', '4'],
	wireless_carries_ot: ['disable_wireless', 'network', '4'],
	control_depends_on_historian: ['isolate_host', 'historian', '3'],
	capture_device_installed: ['start_capture', 'scanner', '3'],
	scan_allow_listed: ['scan_ports', 'dmz_server', '3.5'],
	sis_copy_one_way: ['read_sis_copy', 'historian', '3'],
	action_cuts_own_path: ['isolate_host', 'endpoint', '4', { fallback_confirmed: false }],
	fallback_confirmed: ['isolate_host', 'endpoint', '4', { action_cuts_own_path: true }],
	download_in_progress: ['isolate_host', 'engineering_workstation', '3'],
	window_open: ['stop_service', 'server', '3'],
	permit_open: ['stop_service', 'server', '3'],
	zone_state: ['isolate_host', 'jump_host', '3.5'],
	zone_safety_alarm_active: ['isolate_host', 'jump_host', '3.5', { zone_stable_confirmed: false }],
	zone_stable_confirmed: ['isolate_host', 'jump_host', '3.5', { zone_safety_alarm_active: true }],
	site_manned: ['disable_remote_access', 'vpn_gateway', '3.5', { view_confirmed_elsewhere: false }],
	view_confirmed_elsewhere: ['disable_remote_access', 'vpn_gateway', '3.5', { site_manned: false }],
	island_procedure_signed: ['close_all_conduits', 'network', '3.5'],
	operator_ready_for_island: ['close_all_conduits', 'network', '3.5'],
	it_policy_allows_auto: ['kill_process', 'endpoint', '4'],
	session_preapproved: ['end_session', 'jump_host', '3.5'],
	inventory_current: ['isolate_host', 'endpoint', '4'],
	identity_compromised: ['isolate_host', 'jump_host', '3.5', { out_of_band_confirmed: false }],
	out_of_band_confirmed: ['isolate_host', 'jump_host', '3.5', { identity_compromised: true }],
	legal_review_done: ['send_report', null, '4'],
	account_used_by_ot: ['disable_account', null, '4'],
	account_is_live_operator_login: ['disable_account', 'hmi', '2'],
	account_dependants_listed: ['disable_account', 'hmi', '2'],
	replacement_login_ready: ['disable_account', 'hmi', '2'],
	vendor_permit_open: ['disable_vendor_account', 'vpn_gateway', '3.5'],
	session_is_live_maintenance: ['end_session', 'jump_host', '3.5'],
	session_sole_remote_operator: ['end_session', 'jump_host', '3.5'],
	session_outside_window: ['end_session', 'jump_host', '3.5'],
	engineer_under_permit: ['end_session', 'jump_host', '3.5'],
	flow_known: ['block_flow', 'network', '3.5'],
	flow_process_effect: ['block_flow', 'network', '3.5'],
	timed_rollback: ['block_flow', 'network', '3.5'],
	eradication_confirmed: ['reopen_flow', 'network', '3.5'],
	indicator_external: ['block_indicator', null, '4'],
	indicator_on_dependency_allowlist: ['block_indicator', null, '4'],
	dependency_checked: ['isolate_host', 'jump_host', '3.5'],
	process_effect_written: ['isolate_host', 'jump_host', '3.5'],
	rollback_tested: ['isolate_host', 'jump_host', '3.5'],
	view_remains_stated: ['isolate_host', 'jump_host', '3.5'],
	operator_informed: ['isolate_host', 'jump_host', '3.5'],
	parallel_ot_step: ['isolate_host', 'jump_host', '3.5'],
	previous_attempt_failed: ['isolate_host', 'jump_host', '3.5'],
	block_has_expiry: ['block_indicator', null, '4'],
	off_peak: ['query_historian', 'historian', '3', { saved_query_approved: false }],
	saved_query_approved: ['query_historian', 'historian', '3'],
	ot_told: ['restore_host', 'dmz_server', '3.5'],
	scan_excludes_ot: ['scan_ports', 'server', '4'],
	tested_on_staging: ['scan_ports', 'server', '3'],
	stop_person_named: ['scan_ports', 'server', '3'],
	design_work: ['scan_ports', 'plc', '1'],
	engineering_project: ['block_industrial_commands', 'network', '2'],
	responsible_person_asked: ['change_controller_password', 'plc', '1'],
	alternative_access_stated: ['isolate_host', 'jump_host', '3.5'],
	port_verified: ['change_switch_port', 'network', '3'],
	report_data_noted: ['isolate_host', 'historian', '3.5'],
	service_effect_known: ['restart_service', 'dmz_server', '3.5'],
	oem_approved: ['stop_service', 'server', '3'],
	evidence_taken: ['restart', 'server', '4'],
	change_tested: ['install_patch', 'dmz_server', '3.5'],
	clean_image_proven: ['restore_host', 'server', '4'],
	policy_reviewed: ['change_policy', null, '4'],
	within_rate_limit: ['notify', null, '4'],
	message_author: ['ask_control_room', null, '4'],
	outbound_scrubbed: ['enrich', 'plc', '1'],
	model_output_labelled: ['classify', null, '4'],
	read_only_account: ['query_logs', 'server', '4'],
	query_bounded: ['query_historian', 'historian', '3.5'],
	capture_disk_capped: ['start_capture', 'scanner', '3'],
	stored_copies_only: ['read_backup', 'server', '3'],
	draft_only: ['draft_report', null, '4'],
};

/** Facts of HANDS rows: a person makes sure of them, and no value of them lets the bot do it. */
const CHECKLIST: Readonly<Record<string, Scene>> = {
	second_view_confirmed: ['isolate_host', 'hmi', '2'],
	redundancy_healthy: ['isolate_host', 'scada_server', '2'],
	process_made_safe: ['restart', 'plc', '1'],
	lockout_applied: ['move_machine', 'plc', '1'],
	manual_controls_tested: ['change_operation', null, '1'],
	plant_decision: ['change_operation', null, '1'],
	forensic_tool_tested: ['triage_host', 'hmi', '2'],
	vendor_tool_approved: ['pull_backup', 'plc', '1'],
	gold_copy_compared: ['change_logic', 'plc', '1'],
	moc_open: ['change_logic', 'plc', '1'],
	spare_ready: ['update_firmware', 'plc', '1'],
	validation_planned: ['restore_logic', 'plc', '1'],
};

function decideScene(
	[action, assetClass, level, others = {}]: Scene,
	change?: readonly [FactName, boolean | string | undefined],
): Decision {
	let readings: FactReading[] = bestReadings();
	for (const [name, value] of Object.entries(others)) readings = withFact(readings, name as FactName, value);
	if (change !== undefined) readings = withFact(readings, change[0], change[1]);
	const isBare = assetClass === null;
	// What the gate works out for itself is taken away, so that the stated fact is all there is.
	const params =
		change?.[0] === 'indicator_external' ? { indicator: 'strange indicator', account: 'j.doe' } : undefined;
	const own = params === undefined ? {} : { params };
	const containment = change?.[0] === 'block_has_expiry' ? { containment_ms: null } : {};
	const renamed =
		params === undefined
			? readings
			: readings.map((one) => (one.subject === '203.0.113.7' ? { ...one, subject: 'strange indicator' } : one));
	return decide(
		step(action, { ...(isBare ? { targets: [] } : {}), ...own, ...containment }),
		facts(isBare ? null : asset(assetClass, level), { readings: renamed }),
		NOW,
	);
}

const rank = (decision: Decision): number => DECISION_CLASSES.indexOf(decision.class);
const seen = (decision: Decision) => ({ class: decision.class, holds: decision.holds, binding: decision.binding });

describe('every fact', () => {
	test('has a scene here, or is a checklist fact', () => {
		const known = [...Object.keys(SCENES), ...Object.keys(CHECKLIST)].toSorted();
		expect(known).toEqual([...FACT_NAMES].toSorted());
	});

	test.each(Object.entries(SCENES))(
		'%s at its worst changes the decision, and missing counts as the worst',
		(key, scene) => {
			const name = key as FactName;
			const spec = FACTS[name];
			const best = decideScene(scene, [name, spec.order[0]!]);
			const worst = decideScene(scene, [name, spec.worst]);
			expect(seen(worst)).not.toEqual(seen(best));
			expect(rank(worst)).toBeGreaterThanOrEqual(rank(best));
			const missing = decideScene(scene, [name, undefined]);
			// Three facts are seen by the program itself, and promised ones are kept by its code: these are never missing.
			const isSeen = spec.promised || ['inventory_current', 'previous_attempt_failed'].includes(name);
			expect(seen(missing)).toEqual(isSeen ? seen(best) : seen(worst));
			if (!isSeen) expect(missing.missing.map((fact) => fact.name)).toContain(name);
		},
	);

	test.each(Object.entries(SCENES))('%s: every value in between is no looser than a better one', (key, scene) => {
		const name = key as FactName;
		let last = -1;
		for (const value of FACTS[name].order) {
			const now = rank(decideScene(scene, [name, value]));
			expect(now, `${name} = ${value}`).toBeGreaterThanOrEqual(last);
			last = now;
		}
	});

	test.each(Object.entries(CHECKLIST))('%s is on the list of the person, and changes no decision', (key, scene) => {
		const name = key as FactName;
		const best = decideScene(scene, [name, FACTS[name].order[0]!]);
		expect(seen(decideScene(scene, [name, FACTS[name].worst]))).toEqual(seen(best));
		expect(['HANDS', 'NEVER']).toContain(best.class);
		expect(checklistOf(best).map((item) => item.fact)).toContain(name);
	});

	test('has a question, a worst value that it can take, and somebody who can supply it', () => {
		for (const name of FACT_NAMES) {
			const spec = FACTS[name];
			expect(spec.question.endsWith('?'), name).toBe(true);
			expect(spec.order.at(-1), name).toBe(spec.worst);
			expect(spec.order.length, name).toBeGreaterThan(1);
			const isSeenByCode = ['parallel_ot_step', 'previous_attempt_failed'].includes(name);
			expect(spec.suppliers.length > 0, name).toBe(!isSeenByCode);
		}
	});
});

describe('reading a fact', () => {
	const at = (readings: readonly FactReading[], name: FactName = 'dual_homed', now = NOW) =>
		readFact(readings, name, subjectOf(name), now);

	test('missing, expired and stale count as the worst, and say which', () => {
		expect(at([])).toMatchObject({ value: true, state: 'missing' });
		expect(at([state('dual_homed', false, { expires_at: NOW })])).toMatchObject({ value: true, state: 'expired' });
		expect(at([state('dual_homed', false, { expires_at: NOW + 1 })])).toMatchObject({ value: false, state: 'known' });
		const old = { stated_at: NOW - 366 * 86_400_000, expires_at: null };
		expect(at([state('dual_homed', false, old)])).toMatchObject({ value: true, state: 'stale' });
		expect(at([state('dual_homed', false, { stated_at: NOW + 86_400_000, expires_at: null })])).toMatchObject({
			value: true,
			state: 'stale',
		});
		expect(at([state('dual_homed', false, { subject: 'other' })])).toMatchObject({ state: 'missing' });
	});

	test('an expiry cannot make a statement hold longer than the fact can', () => {
		const reading = state('process_running', false, { stated_at: NOW - 31 * 60_000, expires_at: NOW + 86_400_000 });
		expect(at([reading], 'process_running')).toMatchObject({ value: true, state: 'stale' });
	});

	test('of one source the newest counts, whatever the order', () => {
		const older = state('zone_state', 'normal', { stated_at: NOW - 120_000 });
		const newer = state('zone_state', 'upset', { stated_at: NOW - 60_000 });
		for (const readings of [
			[older, newer],
			[newer, older],
		])
			expect(at(readings, 'zone_state').value).toBe('upset');
		const tied = [state('zone_state', 'normal'), state('zone_state', 'upset')];
		expect(at(tied, 'zone_state').value).toBe('upset');
		expect(at(tied.toReversed(), 'zone_state').value).toBe('upset');
	});

	test('the newest statement does not give way to an older one when it ends', () => {
		const older = state('zone_state', 'normal', { stated_at: NOW - 120_000, expires_at: NOW + 3_600_000 });
		const newer = state('zone_state', 'upset', { stated_at: NOW - 60_000, expires_at: NOW - 1 });
		expect(at([older, newer], 'zone_state')).toMatchObject({ value: 'unknown', state: 'expired' });
	});

	test('a person can tighten what the inventory says and not loosen it (P06)', () => {
		const stated = (value: boolean, source: 'inventory' | 'person') => state('dual_homed', value, { source });
		expect(at([stated(true, 'inventory'), stated(false, 'person')]).value).toBe(true);
		expect(at([stated(false, 'inventory'), stated(true, 'person')]).value).toBe(true);
		const ended = { ...stated(true, 'person'), expires_at: NOW - 1 };
		expect(at([stated(false, 'inventory'), ended]).value).toBe(true);
	});

	test('an inventory file does not vouch for the moment', () => {
		const filed = (value: boolean) => state('process_running', value, { source: 'inventory' });
		expect(at([filed(false)], 'process_running')).toMatchObject({ value: true, state: 'stale' });
		expect(at([state('dual_homed', false, { source: 'inventory' })]).state).toBe('known');
	});

	test('badness follows the order, and a value that cannot be is the worst', () => {
		expect(badness('flow_process_effect', 'none')).toBe(0);
		expect(badness('flow_process_effect', 'accepted')).toBe(1);
		expect(badness('flow_process_effect', 'toString')).toBe(2);
	});

	test('only a role that the fact names may state it, at its place', () => {
		const operator = PEOPLE.find((one) => one.id === 'ot2')!;
		expect(maySupply(operator, 'zone_state', 'north', 'unit-1')).toEqual({ ok: true });
		expect(maySupply(operator, 'zone_state', 'north', 'unit-2')).toMatchObject({ ok: false });
		expect(maySupply(person('x', { role: 'it_lead' }), 'zone_state', 'north', 'unit-1')).toMatchObject({
			ok: false,
			reason: expect.stringContaining('ot_operator'),
		});
		expect(maySupply(person('x', { role: 'admin' }), 'parallel_ot_step', 'north', null)).toMatchObject({ ok: false });
	});
});

describe('the inventory as a supplier', () => {
	const isolate = step('isolate_host', { targets: ['target-1'] });
	const others = bestReadings().filter((one) => !['dual_homed', 'ot_dependency'].includes(one.name));

	test('an asset states its own facts, and its zone those it is silent about', () => {
		const zones = { 'unit-1': zone({ facts: { dual_homed: false, ot_dependency: false } }) };
		const of = (own: Record<string, boolean>) =>
			decide(isolate, facts(asset('endpoint', '4', { facts: own }), { zones, readings: others }), NOW);
		expect(of({}).class).toBe('AUTO');
		expect(of({ dual_homed: true }).class).toBe('HANDS');
		expect(decide(isolate, facts(asset('endpoint', '4'), { readings: others }), NOW).class).toBe('HANDS');
	});

	test('what no fact is called, or none can be, is no statement and no fault', () => {
		const strange = { no_such_fact: true, dual_homed: 'maybe', criticality: 3 };
		const zones = { 'unit-1': zone({ facts: { no_such_fact: true, zone_state: 7, dual_homed: 'perhaps' } }) };
		const world = facts(asset('endpoint', '4', { facts: strange }), { zones });
		expect(decide(isolate, world, NOW)).toEqual(decide(isolate, facts(asset('endpoint', '4')), NOW));
	});

	test('an asset that the inventory calls OT is not IT-only', () => {
		expect(decide(isolate, facts(asset('endpoint', '4', { domain: 'ot' })), NOW).class).toBe('HANDS');
	});
});
