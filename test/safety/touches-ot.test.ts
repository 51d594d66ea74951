// Which steps run alone because they may reach OT (row P04): everything that acts at level 3.5 or below, or where nobody knows.
import { describe, expect, test } from 'vitest';

import { indexInventory } from '../../src/domain/inventory.ts';
import type { Step } from '../../src/domain/step.ts';
import { ACTION_NAMES, ACTIONS } from '../../src/safety/actions.ts';
import { touchesOt } from '../../src/safety/touches-ot.ts';
import { asset, NOW, zone } from './plant.ts';
import { BEST_WORLD, canRun, cellsOf, decideSeen } from './worlds.ts';

const stepOn = (action: string, target: string | null, params: Step['params'] = {}): Step => ({
	id: 'stp_1',
	incident: 'inc_1',
	playbook: 'p',
	playbook_version: 'v',
	key: 'k',
	position: 0,
	title: 't',
	action,
	target,
	params,
	instructions: null,
	checklist: [],
	state: 'queued',
	decision: null,
	after: [],
	requested_by: 'bot',
	expires_at: null,
	containment_ms: null,
	contained_until: null,
	attempts: 0,
	outcome: null,
	created_at: NOW,
	updated_at: NOW,
});

const inventoryOf = (...assets: Parameters<typeof indexInventory>[0]['assets'][number][]) =>
	indexInventory({ assets, zones: [], conduits: [], confirmedAt: NOW });

describe('a step', () => {
	const plant = inventoryOf(
		asset('endpoint', '4', { id: 'pc' }),
		asset('endpoint', '5', { id: 'cloud-pc' }),
		asset('endpoint', '4', { id: 'ot-pc', domain: 'ot' }),
		asset('jump_host', '3.5', { id: 'jump' }),
		asset('plc', '1', { id: 'plc' }),
		asset('server', 'unknown', { id: 'somewhere' }),
	);

	test.each<[string, string | null, boolean]>([
		['isolate_host', 'pc', false],
		['isolate_host', 'cloud-pc', false],
		['isolate_host', 'ot-pc', true],
		['isolate_host', 'jump', true],
		['isolate_host', 'plc', true],
		['isolate_host', 'somewhere', true],
		['isolate_host', 'nobody-knows-it', true],
		['isolate_host', null, true],
		['disable_account', null, true],
		['send_report', null, false],
		['emergency_shutdown', null, true],
		['no_such_action', 'pc', false],
		['no_such_action', null, true],
		['notify', 'plc', false],
		['query_logs', 'plc', false],
		['write_record', null, false],
	])('that does `%s` on %s touches OT: %s', (action, target, expected) => {
		expect(touchesOt(stepOn(action, target), plant)).toBe(expected);
	});

	test('touches OT where one of its targets does, or what a parameter names', () => {
		expect(touchesOt(stepOn('isolate_host', 'pc', { targets: ['plc'] }), plant)).toBe(true);
		expect(touchesOt(stepOn('isolate_host', 'pc', { device: 'nobody-knows-it' }), plant)).toBe(true);
		expect(touchesOt(stepOn('isolate_host', 'pc', { targets: ['cloud-pc'] }), plant)).toBe(false);
	});
});

describe('an office asset', () => {
	const REACHING = [
		...['ot_dependency', 'dual_homed', 'operator_remote_view', 'sole_view', 'sole_control', 'used_by_ot'],
		...['wireless_carries_ot', 'carries_safety_traffic', 'control_depends_on_historian'],
	];

	test.each(REACHING)('that the inventory states as `%s` touches OT at levels 4 and 5', (name) => {
		for (const level of ['4', '5'] as const) {
			const bare = asset('endpoint', level, { id: 'pc', zone: null, facts: {} });
			const isolate = stepOn('isolate_host', 'pc');
			expect(touchesOt(isolate, inventoryOf({ ...bare, facts: { [name]: true } }))).toBe(true);
			expect(touchesOt(isolate, inventoryOf({ ...bare, facts: { [name]: false } }))).toBe(false);
			const zoned = (facts: object, own: object) =>
				indexInventory({
					assets: [{ ...bare, zone: 'z', facts: own as never }],
					zones: [zone({ id: 'z', facts: facts as never })],
					conduits: [],
					confirmedAt: NOW,
				});
			expect(touchesOt(isolate, zoned({ [name]: true }, {}))).toBe(true);
			expect(touchesOt(isolate, zoned({ [name]: true }, { [name]: false }))).toBe(false);
		}
	});

	test('touches OT where the step takes two people, one of them of OT', () => {
		const plant = inventoryOf(asset('endpoint', '4', { id: 'pc', zone: null, facts: {} }));
		const decided = (decisionClass: string) =>
			({ ...stepOn('disable_account', 'pc'), decision: { class: decisionClass } }) as never;
		expect(touchesOt(decided('TWO'), plant)).toBe(true);
		expect(touchesOt(decided('ONE'), plant)).toBe(false);
	});
});

test('what may run on levels 0 to 3.5 always touches OT, for every action, class and level', () => {
	let looked = 0;
	for (const action of ACTION_NAMES) {
		if (['inform', 'record', 'observe'].includes(ACTIONS[action].effect)) continue;
		for (const cell of cellsOf(action)) {
			if (cell.target === null || cell.isSisZone || !canRun(decideSeen(cell, BEST_WORLD).decision)) continue;
			looked++;
			const isHigh = cell.level === '4' || cell.level === '5';
			expect(touchesOt(stepOn(action, 'target-1'), inventoryOf(cell.target)), cell.label).toBe(!isHigh);
		}
	}
	expect(looked).toBeGreaterThan(100);
});
