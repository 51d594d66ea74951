import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../src/chat/buttons/acknowledge.ts';
import { approve } from '../../src/chat/buttons/approve.ts';
import { askAgain } from '../../src/chat/buttons/ask-again.ts';
import { attest } from '../../src/chat/buttons/attest.ts';
import { mergeNo, mergeYes } from '../../src/chat/buttons/merge.ts';
import { refuseStep } from '../../src/chat/buttons/refuse.ts';
import { resolve } from '../../src/chat/buttons/resolve.ts';
import { settle } from '../../src/chat/buttons/settle.ts';
import type { StepClick } from '../../src/chat/buttons/step-click.ts';
import { attestRoles } from '../../src/chat/people.ts';
import type { Situation } from '../../src/chat/situation.ts';
import type { Step, StepState } from '../../src/domain/step.ts';
import { acting, approval, BINDING, decision, directory, incident, NOW, PEOPLE, situation, step } from './world.ts';

const NORTH = { site: 'north', zone: 'cell-3' };

function click(
	who: string,
	given: Partial<Step> = {},
	more: Partial<StepClick> = {},
	around: Partial<Situation> = {},
): StepClick {
	const one = step(given);
	return {
		acting: acting(who),
		situation: situation({ steps: [one], ...around }),
		step: one,
		binding: BINDING,
		places: [NORTH],
		people: PEOPLE,
		requests: [],
		heldBack: [],
		attestRoles: attestRoles(directory.inventory.find(one.target ?? ''), one.target !== null),
		reason: null,
		confirmation: null,
		typed: null,
		now: NOW,
		newId: () => 'apr_00000000000000000099',
		...more,
	};
}
const kindsOf = (answer: { entries: readonly { kind: string }[] }): string[] => answer.entries.map((one) => one.kind);

describe('Approve', () => {
	it.each([
		['one of IT', 'ana'],
		['one of OT at the site', 'olaf'],
		['the operator', 'pia'],
	])('counts from %s', (_name, who) => {
		const answer = approve(click(who));
		expect(kindsOf(answer)).toEqual(['approval.given']);
		expect(answer.changes[0]).toMatchObject({
			op: 'insert',
			table: 'approvals',
			row: { person: who, answer: 'yes', binding: BINDING, at: NOW, expires_at: NOW + 15 * 60_000 },
		});
		expect(answer.topics.map((next) => next.topic)).toEqual(['plan', 'expire', 'card']);
	});

	it.each<[string, StepClick, RegExp]>([
		['a stranger', click('UNOBODY'), /do not know you/],
		['another site', click('sven'), /holds none/],
		['a reader', click('rita'), /holds none/],
		['the requester', click('ana', { requested_by: 'ana' }), /asked for this step/],
		[
			'the same human being under another id',
			click(
				'ana',
				{ requested_by: 'ana-admin' },
				{ people: [...PEOPLE, { id: 'ana-admin', name: 'Ana', slack: null, email: 'ANA@plant.example', roles: [] }] },
			),
			/asked for this step/,
		],
		['one place of two only', click('olaf', {}, { places: [NORTH, { site: 'south', zone: 'cell-9' }] }), /holds none/],
		[
			'another decision than the one shown',
			click('ana', { decision: decision({ binding: 'other' }) }),
			/has changed since/,
		],
		['a step that has expired', click('ana', { expires_at: NOW }), /time to answer/],
		['a resolved incident', click('ana', {}, {}, { incident: incident({ state: 'resolved' }) }), /is resolved/],
		['a step for hands', click('ana', { state: 'hands' }), /done by hand/],
	])('does not count from or for %s; the try is recorded', (_name, given, words) => {
		const answer = approve(given);
		expect(answer.outcome).toBe('refused');
		expect(kindsOf(answer)).toEqual(['approval.rejected']);
		expect(answer.changes).toEqual([]);
		expect(answer.reply).toMatch(words);
	});

	describe('of what asks for its name', () => {
		const asks = (typed: string | null, more: Partial<StepClick> = {}) =>
			approve(click('ana', {}, { confirmation: 'lap-1', typed, ...more }));

		it('asks for it at a mere click, and records nothing', () => {
			const answer = asks(null);
			expect(answer).toMatchObject({ outcome: 'noted', asks: 'lap-1', entries: [], changes: [], topics: [] });
		});

		it.each(['lap-1', ' LAP-1 ', 'Lap-1'])('counts with it: %j', (typed) => {
			expect(kindsOf(asks(typed))).toEqual(['approval.given']);
		});

		it.each(['', ' ', 'lap-2', 'lap', 'lap-11', 'yes'])('does not count with %j, and the try is recorded', (typed) => {
			const answer = asks(typed);
			expect(kindsOf(answer)).toEqual(['approval.rejected']);
			expect(answer.changes).toEqual([]);
			expect(answer.reply).toContain('lap-1');
		});

		it('is not asked of who may not decide: they are refused', () => {
			const answer = approve(click('rita', {}, { confirmation: 'lap-1' }));
			expect(answer.asks).toBeUndefined();
			expect(answer.outcome).toBe('refused');
		});

		it('is not asked on the command line, where the decision’s digits are named', () => {
			expect(kindsOf(asks(null, { acting: { ...acting('ana'), via: 'cli' } }))).toEqual(['approval.given']);
		});

		it('whatever is typed, pressed and pressed again: no yes without the name', () => {
			fc.assert(
				fc.property(fc.array(fc.option(fc.string({ maxLength: 12 }))), (tries) => {
					for (const typed of tries) {
						const given = kindsOf(asks(typed)).includes('approval.given');
						expect(given).toBe(typed !== null && typed.trim().toLowerCase() === 'lap-1');
					}
				}),
			);
		});
	});

	it.each<StepState>([
		'queued',
		'running',
		'done',
		'failed',
		'in_doubt',
		'refused',
		'forbidden',
		'expired',
		'cancelled',
		'undone',
		'attested',
		'planned',
	])('comes too late or too early for a step that is %s', (state) => {
		const answer = approve(click('ana', { state }));
		expect(answer.changes).toEqual([]);
		expect(answer.outcome).toBe('refused');
	});

	it('pressed twice records once', () => {
		const answer = approve(click('ana', {}, {}, { approvals: [approval()] }));
		expect(answer).toMatchObject({ outcome: 'noted', entries: [], changes: [] });
	});

	it('cannot be given again after it was taken back, and the try is recorded', () => {
		const answer = approve(click('ana', {}, {}, { approvals: [approval({ withdrawn_at: NOW })] }));
		expect(answer.changes).toEqual([]);
		expect(kindsOf(answer)).toEqual(['approval.rejected']);
	});
});

describe('Approve, after an own yes that ran out', () => {
	it('renews it in its row, with an entry of its own', () => {
		const answer = approve(click('ana', {}, {}, { approvals: [approval({ at: NOW - 900_000, expires_at: NOW })] }));
		expect(kindsOf(answer)).toEqual(['approval.given']);
		expect(answer.changes[0]).toMatchObject({
			op: 'update',
			table: 'approvals',
			set: { at: NOW, expires_at: NOW + 15 * 60_000 },
			expect: { at: NOW - 900_000, withdrawn_at: null },
		});
	});
});

describe('It was done / It was not done', () => {
	const doubt = { state: 'in_doubt' as const, attempts: 1, expires_at: null };
	const saw = { reason: 'console says isolated', binding: '1', heldBack: ['inc_2'] };

	it.each([
		[true, 'done', NOW + 4 * 3_600_000],
		[false, 'failed', null],
	])('%s ends the doubt as %s', (isDone, state, until) => {
		const answer = settle(click('olaf', doubt, saw), isDone);
		expect(answer.entries).toMatchObject([
			{ kind: 'step.result', actor: { kind: 'person', id: 'olaf' }, data: { by: 'person', state } },
		]);
		expect(answer.changes).toMatchObject([
			{ set: { state, contained_until: until }, expect: { state: 'in_doubt', attempts: 1 } },
		]);
		expect(answer.topics.filter((next) => next.topic === 'plan').map((next) => next.key)).toContain('inc_2');
	});

	it.each<[string, StepClick]>([
		['a stranger', click('UNOBODY', doubt, saw)],
		['another site', click('sven', doubt, saw)],
		['a reader', click('rita', doubt, saw)],
		['who asked for it', click('ana', { ...doubt, requested_by: 'ana' }, saw)],
		['one who says nothing', click('ana', doubt, { ...saw, reason: ' ' })],
		['one who saw an earlier attempt', click('ana', { ...doubt, attempts: 2 }, saw)],
		[
			'IT, where nobody was asked and the target is a controller',
			click('ana', { ...doubt, target: 'plc-7', decision: decision({ class: 'AUTO', needs: [] }) }, saw),
		],
	])('does not count from %s', (_name, given) => {
		expect(settle(given, true)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it.each<StepState>(['waiting', 'running', 'done', 'failed', 'hands'])(
		'changes nothing of a step that is %s',
		(state) => {
			expect(settle(click('olaf', { state }, saw), true)).toMatchObject({ outcome: 'noted', entries: [], changes: [] });
		},
	);
});

describe('Ask again', () => {
	it('makes the asker the requester, ends the first answers and retires the first message', () => {
		const row = { id: 'pst_1', key: `ask:${step().id}:${BINDING}` };
		const answer = askAgain(
			click(
				'olaf',
				{ state: 'expired' },
				{ requests: [row] },
				{ approvals: [approval(), approval({ id: 'apr_2', expires_at: NOW })] },
			),
		);
		expect(kindsOf(answer)).toEqual(['step.asked_again']);
		expect(answer.changes).toMatchObject([
			{ table: 'steps', set: { state: 'planned', decision: null, requested_by: 'olaf' }, expect: { state: 'expired' } },
			{ table: 'approvals', id: approval().id, set: { expires_at: NOW } },
			{ table: 'messages', id: 'pst_1', set: { key: `asked:${step().id}:pst_1` } },
		]);
	});

	it.each<[string, StepClick]>([
		['a stranger', click('UNOBODY', { state: 'expired' })],
		['another site', click('sven', { state: 'expired' })],
		['a reader', click('rita', { state: 'expired' })],
		[
			'anybody once the incident is over',
			click('olaf', { state: 'expired' }, {}, { incident: incident({ state: 'resolved' }) }),
		],
	])('is not for %s', (_name, given) => {
		expect(askAgain(given)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it.each<StepState>(['waiting', 'refused', 'failed', 'done', 'cancelled'])(
		'changes nothing of a step that is %s',
		(state) => {
			expect(askAgain(click('olaf', { state }))).toMatchObject({ outcome: 'noted', changes: [] });
		},
	);
});

describe('Refuse', () => {
	it('ends the step with the reason, from one person alone', () => {
		const answer = refuseStep(click('olaf', {}, { reason: ' batch running ' }));
		expect(kindsOf(answer)).toEqual(['approval.refused', 'step.refused']);
		expect(answer.changes[1]).toMatchObject({
			table: 'steps',
			set: { state: 'refused', outcome: 'refused by Olaf OT: batch running' },
			expect: { state: 'waiting' },
		});
	});

	it('after a yes takes it back, also while the step is queued', () => {
		const answer = refuseStep(click('ana', { state: 'queued' }, { reason: 'wait' }, { approvals: [approval()] }));
		expect(kindsOf(answer)).toEqual(['approval.withdrawn', 'step.refused']);
		expect(answer.changes[0]).toMatchObject({ op: 'update', table: 'approvals', set: { withdrawn_at: NOW } });
	});

	it.each<[string, StepClick]>([
		['without a reason', click('olaf', {}, { reason: '  ' })],
		['by a reader', click('rita', {}, { reason: 'no' })],
		['by another site', click('sven', {}, { reason: 'no' })],
		['by a stranger', click('UNOBODY', {}, { reason: 'no' })],
		['of a step that runs', click('olaf', { state: 'running' }, { reason: 'no' })],
		['of another decision', click('olaf', { decision: decision({ binding: 'other' }) }, { reason: 'no' })],
	])('%s changes nothing', (_name, given) => {
		const answer = refuseStep(given);
		expect(answer).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('is open to the requester', () => {
		expect(refuseStep(click('ana', { requested_by: 'ana' }, { reason: 'not needed' })).outcome).toBe('done');
	});
});

describe('Attest', () => {
	const hands = {
		state: 'hands' as const,
		target: 'plc-7',
		checklist: ['a', 'b'],
		decision: decision({ class: 'HANDS', needs: [] }),
		expires_at: null,
	};
	const all = { shown: 2, ticked: 2 };

	it('is the word of one qualified person at the place', () => {
		const answer = attest(click('olaf', hands, { reason: 'permit 4711' }), all);
		expect(kindsOf(answer)).toEqual(['step.attested']);
		expect(answer.changes).toMatchObject([{ set: { state: 'attested', outcome: 'attested by Olaf OT: permit 4711' } }]);
	});

	it.each<[string, StepClick, { shown: number; ticked: number }]>([
		['by IT for a controller', click('ana', hands), all],
		['by another site', click('sven', hands), all],
		['by a stranger', click('UNOBODY', hands), all],
		['with a line missing', click('olaf', hands), { shown: 2, ticked: 1 }],
		['with a window that showed fewer lines than there are', click('olaf', hands), { shown: 1, ticked: 1 }],
		['of a safety system by anybody but its engineer', click('olaf', { ...hands, target: 'sis-1' }), all],
		['of a step that waits for approval', click('olaf', { ...hands, state: 'waiting' }), all],
		['of instructions that have changed', click('olaf', { ...hands, decision: decision({ binding: 'other' }) }), all],
	])('does not count %s', (_name, given, ticks) => {
		expect(attest(given, ticks)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('of a step that the plan goes on with says the answer first, and nothing else is taken for one', () => {
		const asks = { ...hands, params: { answer: 'whose: one of ours, theirs' } };
		const answer = attest(click('olaf', asks, { reason: 'theirs, called at 03:10' }), all);
		expect(answer.entries).toMatchObject([
			{ data: { answer: { name: 'whose', value: 'theirs' }, note: 'theirs, called at 03:10' } },
		]);
		for (const reason of [null, '', 'nobody knows', 'not theirs'])
			expect(attest(click('olaf', asks, { reason }), all)).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('of a safety system counts from its engineer', () => {
		expect(attest(click('sisi', { ...hands, target: 'sis-1' }), all).outcome).toBe('done');
	});

	it('is said once', () => {
		expect(attest(click('olaf', { ...hands, state: 'attested' }), all)).toMatchObject({
			outcome: 'noted',
			entries: [],
		});
	});
});

describe('Acknowledge and Resolve', () => {
	const on = (
		who: string,
		given: Parameters<typeof incident>[0] = {},
		reason: string | null = null,
		steps: Step[] = [],
	) => ({ acting: acting(who), situation: situation({ incident: incident(given), steps }), reason, now: NOW });

	it('take an incident once', () => {
		expect(acknowledge(on('ana')).changes).toMatchObject([
			{ set: { state: 'acknowledged', acknowledged_by: 'ana' }, expect: { state: 'open' } },
		]);
		expect(acknowledge(on('ana', { state: 'acknowledged', acknowledged_by: 'olaf' }))).toMatchObject({
			outcome: 'noted',
			entries: [],
		});
	});

	it.each([['rita'], ['sven'], ['UNOBODY']])('not from %s', (who) => {
		expect(acknowledge(on(who))).toMatchObject({ outcome: 'refused', changes: [] });
		expect(resolve(on(who, {}, 'done'))).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('cancel what has not begun and leave what runs', () => {
		const steps = [
			step(),
			step({ id: 'stp_00000000000000000002', state: 'running' }),
			step({ id: 'stp_00000000000000000003', state: 'hands' }),
		];
		const answer = resolve(on('ana', {}, 'false alarm', steps));
		expect(kindsOf(answer)).toEqual(['incident.resolved', 'step.cancelled', 'step.cancelled']);
	});

	it('need words', () => {
		expect(resolve(on('ana', {}, ' '))).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('leave a process-safety alarm to the people of the plant', () => {
		expect(resolve(on('ana', { process_safety: true }, 'done')).outcome).toBe('refused');
		expect(resolve(on('pia', { process_safety: true }, 'detector replaced')).outcome).toBe('done');
	});
});

describe('Merge', () => {
	const other = situation({
		incident: incident({
			id: 'inc_00000000000000000002',
			number: 18,
			severity: 'critical',
			zones: ['office'],
			alert_count: 3,
			process_safety: true,
			domain: 'it',
		}),
		steps: [step({ id: 'stp_00000000000000000009', incident: 'inc_00000000000000000002' })],
	});
	const given = {
		acting: acting('ana'),
		situation: situation(),
		from: other,
		alerts: ['alr_1', 'alr_2'],
		suggestion: 'ent_1',
		zones: [],
		reason: null,
		now: NOW,
	};

	it('moves alerts, ends the other plan and keeps the worst of both', () => {
		const answer = mergeYes(given);
		expect(kindsOf(answer)).toEqual(['incident.merged', 'step.cancelled']);
		expect(answer.changes[1]).toMatchObject({
			set: {
				severity: 'critical',
				process_safety: true,
				domain: 'cross',
				alert_count: 15,
				zones: ['cell-3', 'office'],
			},
		});
		expect(answer.changes.filter((change) => change.table === 'alerts')).toHaveLength(2);
	});

	it('names what stays after the process-safety alarm that came in, tells whoever is to be told, and asks no rule for the way', () => {
		const into = situation({
			incident: incident({ route: 'harbour', title: 'port scan', category: 'reconnaissance' }),
		});
		const from = {
			...other,
			incident: { ...other.incident, title: 'gas concentration high', category: 'process_safety' as const },
		};
		const answer = mergeYes({ ...given, situation: into, from });
		expect(answer.changes[1]).toMatchObject({
			set: { title: 'gas concentration high', category: 'process_safety', route: null },
		});
		const topics = answer.topics.filter((topic) => topic.key === into.incident.id).map((topic) => topic.topic);
		expect(topics).toEqual(expect.arrayContaining(['card_safety', 'plan', 'advise', 'escalate_safety']));
	});

	it('keeps the name, and wakes nobody anew, where what comes in is no graver', () => {
		const from = {
			...other,
			incident: { ...other.incident, title: 'odd login', severity: 'medium', process_safety: false },
		};
		const into = situation({ incident: incident({ severity: 'high', title: 'port scan' }) });
		const answer = mergeYes({ ...given, situation: into, from: from as typeof other });
		expect(answer.changes[1]).toMatchObject({ set: { title: 'port scan', severity: 'high' } });
		expect(answer.topics.some((topic) => topic.topic.startsWith('escalate'))).toBe(false);
	});

	it('does not count where an alert joined the one that ends meanwhile: it would be left behind', () => {
		expect(mergeYes(given).changes[0]).toMatchObject({ expect: { state: 'open', alert_count: 3 } });
	});

	it('is kept apart by an entry', () => {
		expect(mergeNo(given)).toMatchObject({ outcome: 'done', changes: [] });
	});

	it('is not for readers, and not twice', () => {
		expect(mergeYes({ ...given, acting: acting('rita') }).outcome).toBe('refused');
		expect(
			mergeYes({ ...given, from: { ...other, incident: { ...other.incident, state: 'merged' } } }).changes,
		).toEqual([]);
	});
});
