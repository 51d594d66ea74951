// What triage makes of the alerts that the program raises itself.
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { ownDelivery } from '../../src/intake/own-alert.ts';
import { judgeSilence } from '../../src/intake/silence.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { judge } from '../../src/triage/judge.ts';

const NOW = Date.UTC(2026, 2, 1, 10);
const rules = loadRules();
if (!rules.ok) throw new Error(JSON.stringify(rules.error));
const context = {
	inventory: indexInventory({ assets: [], zones: [], conduits: [], confirmedAt: NOW }),
	rules: rules.value,
	classifier: loadWeights(),
	attack: attackTable,
	now: NOW,
};
const silent = (carries_safety: boolean): Alert => {
	const states = [
		{ id: 'gas-north', source_kind: 'scada-isa182', last_heard: 0, carries_safety, observers: [], silent_since: null },
	];
	const watched = [{ name: 'gas-north', kind: 'scada-isa182', heartbeatMs: 60_000 }];
	const turned = judgeSilence(watched, states, 0, NOW);
	const [item] = ownDelivery(
		turned.map((one) => one.alert),
		NOW,
	).items;
	if (item?.kind !== 'alert') throw new Error('no alert');
	return item.alert;
};

describe('a silent source', () => {
	it.each([
		[false, 'medium'],
		[true, 'high'],
	])('is availability, with the advice of its playbook; carried safety alarms: %s, so %s', (carries, severity) => {
		const verdict = judge(silent(carries), context);
		expect([verdict.category, verdict.severity, verdict.muted]).toEqual(['availability', severity, false]);
		expect(verdict.playbooks).toEqual(['blind-sensor']);
	});

	it('is no process-safety alarm itself, although its words speak of one', () => {
		expect(judge(silent(true), context).category).not.toBe('process_safety');
	});

	it('of another source that claims the same has not this playbook', () => {
		const verdict = judge({ ...silent(false), source: 'wazuh' }, context);
		expect(verdict.playbooks).not.toContain('blind-sensor');
	});
});
