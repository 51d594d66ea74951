// One step in words: what was decided, what would be decided now, what is different, what stands in the way.
import { describe, expect, it } from 'vitest';
import type { Approval } from '../../src/domain/decision.ts';
import type { Step } from '../../src/domain/step.ts';
import { walkThrough } from '../../src/response/explain-step.ts';
import { judge } from '../../src/response/gate.ts';
import { planFor } from '../../src/response/plan.ts';
import type { View } from '../../src/response/view.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './support/plant.ts';

const MINUTE = 60_000;
const PLAYBOOK = playbook('p', [
	{ key: 'act', title: 'Isolate it', action: 'isolate_host', target: 'primary', params: {} },
]);

/** Not sure enough for the bot to act alone. */
const UNSURE = incident({ confidence_firm: 0.3 });
const seen = (step: Step, of: Partial<View> = {}): View => view([PLAYBOOK], [step], { incident: UNSURE, ...of });

function planned(asset: string): Step {
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: asset, role: 'target' }] })];
	const [step] = planFor(
		{ incident: incident(), alerts, inventory: INVENTORY, held: [], canRun: () => true },
		PLAYBOOK,
		NOW,
	).steps;
	if (step === undefined) throw new Error('nothing was planned');
	return step;
}
const judged = (step: Step, of: Partial<View> = {}): Step => {
	const decision = judge(step, seen(step, of), NOW);
	return { ...step, state: 'waiting', decision };
};
const said = (step: Step, of: Partial<Approval> = {}): Approval => ({
	...{ id: 'apr_1', step: step.id, person: 'ida', roles: [], answer: 'yes', reason: null, via: 'cli' },
	...{ binding: step.decision?.binding ?? '', at: NOW, expires_at: NOW + 10 * MINUTE, withdrawn_at: null },
	...of,
});
const text = (step: Step, of: Partial<View> = {}, now = NOW): string =>
	walkThrough(step, seen(step, of), now).lines.join('\n');

describe('a step in words', () => {
	it('that waits for one person says who, and that nothing has changed', () => {
		const step = judged(planned('lap-1'));
		const walked = walkThrough(step, seen(step), NOW);
		expect(walked.now).toEqual(step.decision);
		expect(walked.changed).toEqual([]);
		expect(walked.stops).toMatch(/approvals missing/);
		expect(walked.lines.join('\n')).toContain(`As recorded: ${step.decision?.class}`);
		expect(walked.lines.join('\n')).toContain('In the way:');
	});

	it('that was approved says by whom, how long it holds, and that nothing is in the way', () => {
		const step = judged(planned('lap-1'));
		const shown = text(step, { approvals: [said(step)] });
		expect(shown).toContain('said yes (cli');
		expect(shown).toContain('holds for 10 min');
		expect(shown).toContain('Nothing stands in the way.');
	});

	it.each([
		['to another decision', { binding: 'other' }, NOW],
		['withdrawn', { withdrawn_at: NOW }, NOW],
		['run out', {}, NOW + 11 * MINUTE],
	])('tells an answer %s', (words, of, now) => {
		const step = judged(planned('lap-1'));
		const shown = text(step, { approvals: [said(step, of)] }, now);
		expect(shown).toContain(words);
		expect(shown).toContain('In the way:');
	});

	it('tells what is different now: a freeze that has come', () => {
		const step = judged(planned('lap-1'));
		const freezes = [{ id: 'frz_1', scope: 'all' as const, place: null, set_by: 'olga', reason: 'smoke in the hall' }];
		const walked = walkThrough(step, seen(step, { freezes }), NOW);
		expect(walked.changed.join('\n')).toMatch(/waits for more: .*frozen/);
		expect(walked.stops).toMatch(/smoke in the hall/);
		const back = judged(planned('lap-1'), { freezes });
		expect(walkThrough(back, seen(back), NOW).changed.join('\n')).toMatch(/waits no more: .*frozen/);
	});

	it('on a host at which people see the process names the facts that made it strict and who can say them', () => {
		const step = judged(planned('hmi-1'));
		const shown = text(step);
		expect(shown).toContain('Not known, and therefore taken for the worst:');
		expect(shown).toMatch(/interlock .*fact|ot_operator|operator/);
	});

	it('whose turn has not come says what it waits for, and not that nothing is in the way', () => {
		const two = playbook('p', [
			{
				key: 'first',
				title: 'Ask the owner',
				action: 'ask_person',
				params: { role: 'it_analyst', question: 'Is it yours?' },
			},
			{ key: 'act', title: 'Isolate it', action: 'isolate_host', target: 'primary', params: {}, after: ['first'] },
		]);
		const alerts = [alert('alr_1', { entities: [{ type: 'host', value: 'lap-1', role: 'target' }] })];
		const ground = { incident: incident(), alerts, inventory: INVENTORY, held: [], canRun: () => true };
		const [first, act] = planFor(ground, two, NOW).steps;
		if (first === undefined || act === undefined) expect.fail('two steps were to be planned');
		const open = { ...first, state: 'hands' as const };
		const decision = judge(act, view([two], [open, act], { incident: UNSURE }), NOW);
		const step: Step = { ...act, decision };
		const seenNow = view([two], [open, step], { incident: UNSURE, approvals: [said(step)] });
		const walked = walkThrough(step, seenNow, NOW);
		expect(walked.stops).toContain('Ask the owner');
		expect(walked.lines.join('\n')).not.toContain('Nothing stands in the way.');
	});

	it('that has ended says so, and that nothing of it is judged again', () => {
		const step: Step = { ...judged(planned('lap-1')), state: 'done', outcome: 'isolated' };
		const walked = walkThrough(step, seen(step), NOW);
		expect(walked.stops).toBeNull();
		expect(walked.lines.join('\n')).toContain('It has ended');
		expect(walked.lines.join('\n')).not.toContain('In the way');
	});

	it('shows no character that an attacker’s text could write over the terminal with', () => {
		const hostile = '\u001b[2J\u202ereversed';
		const step: Step = { ...judged(planned('lap-1')), title: hostile, outcome: hostile, state: 'failed' };
		expect(text(step)).not.toMatch(/[\u001b\u202e]/);
	});
});
