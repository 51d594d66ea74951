// Who may say that the program was wrong, who may apply what comes of it, and what stays as it is.
import { describe, expect, it } from 'vitest';
import { applyLearned, declineLearned, type LearnedClick, revokeLearned } from '../../../src/chat/learn/decide.ts';
import {
	ASKED_PER_HOUR_MAX,
	type FeedbackClick,
	giveFeedback,
	isVoid,
	PROPOSED_FOR_MS,
	WAITING_MAX,
} from '../../../src/chat/learn/feedback.ts';
import type { Alert } from '../../../src/domain/alert.ts';
import type { Learned } from '../../../src/domain/learned.ts';
import { attackTable } from '../../../src/triage/attack-table.ts';
import { type JudgeContext, judge } from '../../../src/triage/judge.ts';
import { createLearning } from '../../../src/triage/learn/learning.ts';
import { acting, entry, INCIDENT_ID, incident, inventory, NOW, PEOPLE } from '../world.ts';

const context: JudgeContext = { inventory, rules: [], classifier: null, attack: attackTable, now: NOW };
const learning = createLearning(inventory, () => context);
const alert = (value: string, title = 'Odd write'): Alert => ({
	source: 'ids',
	external_id: null,
	fingerprint: '0123456789abcdef',
	status: 'open',
	title,
	description: null,
	severity: 'medium',
	severity_raw: null,
	kind: 'security',
	domain: null,
	occurred_at: '2026-03-01T02:00:00.000Z',
	time_basis: 'event',
	entities: [{ type: 'host', value, role: 'target' }],
	techniques: [],
	labels: {},
});
const learnable = (one: Alert, id: string, score = 5) => ({
	id,
	alert: one,
	verdict: judge(one, context),
	join: { score, threshold: 4, parts: [] },
});

let nth = 0;
const click = (who: string, given: Partial<FeedbackClick> = {}): FeedbackClick => ({
	acting: acting(who),
	situation: { incident: incident(), steps: [], approvals: [], timeline: [] },
	reason: null,
	now: NOW,
	feedback: 'false_positive',
	alerts: [learnable(alert('ews-4'), 'alr_1')],
	lookedBack: [learnable(alert('ews-4'), 'alr_1')],
	known: () => [],
	void: [],
	asked: { asked: 0, waiting: 0 },
	learning,
	newId: () => `lrn_0000000000000000000${nth++}`,
	...given,
});
const rows = (answer: ReturnType<typeof giveFeedback>): Learned[] =>
	answer.changes.flatMap((change) =>
		change.op === 'insert' && change.table === 'learned_rules' ? [change.row as Learned] : [],
	);
const proposalOf = (who: string, host = 'ews-4'): Learned => {
	const [row] = rows(giveFeedback(click(who, { alerts: [learnable(alert(host), 'alr_1')] })));
	if (row === undefined) throw new Error('nothing proposed');
	return row;
};

describe('a click', () => {
	it('changes nothing but what is proposed: an entry, a proposal with its file and what it would have done', () => {
		const answer = giveFeedback(click('pia'));
		expect(answer.entries.map((one) => [one.kind, one.actor.id])).toEqual([
			['feedback.given', 'pia'],
			['rule.proposed', 'pia'],
		]);
		expect(answer.changes.every((change) => change.table === 'learned_rules' && change.op === 'insert')).toBe(true);
		expect(rows(answer)).toMatchObject([
			{ state: 'proposed', touches_ot: true, preview: { looked: 1, matched: 1, muted: 1 } },
		]);
		expect(JSON.stringify(answer.entries[1]?.data)).toContain('mute: true');
	});

	it.each([
		['somebody unknown', 'nobody'],
		['a reader', 'rita'],
		['OT of another site', 'sven'],
	])('of %s is refused and recorded', (_, who) => {
		const answer = giveFeedback(click(who));
		expect(answer.outcome).toBe('refused');
		expect(answer.entries.map((one) => one.kind)).toEqual(['command.refused']);
		expect(answer.changes).toEqual([]);
	});

	it.each(['false_positive', 'too_high'] as const)(
		'of %s on a process-safety alarm is refused, whoever says it',
		(feedback) => {
			const situation = { incident: incident({ process_safety: true }), steps: [], approvals: [], timeline: [] };
			const answer = giveFeedback(click('olaf', { feedback, situation }));
			expect(answer).toMatchObject({ outcome: 'refused', changes: [] });
			expect(answer.reply).toContain('process-safety');
		},
	);

	it('said twice by one person is once', () => {
		const timeline = [
			entry({ kind: 'feedback.given', actor: { kind: 'person', id: 'olaf' }, data: { feedback: 'false_positive' } }),
		];
		expect(
			giveFeedback(click('olaf', { situation: { incident: incident(), steps: [], approvals: [], timeline } })).entries,
		).toEqual([]);
	});

	it('for what is proposed already adds nothing to it: no wider, no longer, no second one', () => {
		const held = proposalOf('pia');
		const answer = giveFeedback(click('ana', { known: (keys) => [held].filter((one) => keys.includes(one.key)) }));
		expect(answer.entries.map((one) => one.kind)).toEqual(['feedback.given']);
		expect(answer.changes).toEqual([]);
	});

	it('ends what is void, and takes its place', () => {
		const held = { ...proposalOf('pia'), asked_at: NOW - PROPOSED_FOR_MS - 1 };
		expect(isVoid(held, NOW)).toBe(true);
		const answer = giveFeedback(click('ana', { void: [held] }));
		expect(answer.entries[0]?.refs).toContain(held.id);
		expect(answer.changes).toMatchObject([
			{ op: 'update', id: held.id, set: { state: 'declined' } },
			{ op: 'insert', row: { key: held.key } },
		]);
	});

	it.each([
		['one person has asked for much within the hour', { asked: ASKED_PER_HOUR_MAX, waiting: 0 }],
		['much waits already', { asked: 0, waiting: WAITING_MAX }],
	])('proposes nothing where %s', (_, asked) => {
		const answer = giveFeedback(click('ana', { asked }));
		expect(answer.changes).toEqual([]);
		expect(answer.reply).toContain('too much is proposed');
	});

	it('of wrong grouping proposes to take out what the weakest evidence joined, with its kin', () => {
		const alerts = [
			learnable(alert('ews-4'), 'alr_1', 9),
			learnable(alert('plc-7', 'a'), 'alr_2', 8),
			learnable(alert('laptop-12', 'b'), 'alr_3', 4.1),
			learnable(alert('laptop-12', 'c'), 'alr_4', 7),
		];
		const situation = { incident: incident({ alert_count: 4 }), steps: [], approvals: [], timeline: [] };
		const [row] = rows(giveFeedback(click('ana', { feedback: 'wrong_grouping', alerts, situation })));
		expect(row?.content).toMatchObject({ kind: 'split', alerts: ['alr_3', 'alr_4'] });
	});
});

const decide = (who: string, learned: Learned, given: Partial<LearnedClick> = {}): LearnedClick => ({
	acting: acting(who),
	learned,
	incident: { id: INCIDENT_ID, sites: ['north'], zones: ['cell-3'] },
	inForce: 0,
	preview: { ok: true, value: { looked: 1, matched: 1, muted: 1, changed: 0, held: 0, examples: [] } },
	split: null,
	people: PEOPLE,
	now: NOW + 60_000,
	...given,
});
const after = (learned: Learned, answer: ReturnType<typeof applyLearned>): Learned => {
	const [change] = answer.changes;
	return change?.op === 'update' ? { ...learned, ...(change.set as Partial<Learned>) } : learned;
};

describe('applying', () => {
	it('over OT takes one of each side, neither of whom asked; then it holds for a week', () => {
		const asked = proposalOf('pia');
		const first = applyLearned(decide('ana', asked));
		expect(first.entries.map((one) => one.kind)).toEqual(['rule.approved']);
		const half = after(asked, first);
		expect(half.state).toBe('proposed');
		expect(applyLearned(decide('ana', half)).changes).toEqual([]);
		const second = applyLearned(decide('olaf', half));
		expect(second.entries.map((one) => one.kind)).toEqual(['rule.applied']);
		expect(after(half, second)).toMatchObject({ state: 'applied', expires_at: NOW + 60_000 + 7 * 86_400_000 });
	});

	it('counts two entries of one human being as one, and who stands in for the asker as the asker', () => {
		const same = PEOPLE.map((one) =>
			one.id === 'ana' || one.id === 'olaf' ? { ...one, email: 'ana@plant.example' } : one,
		);
		const as = (who: string, people: typeof PEOPLE) => ({
			people,
			acting: { ...acting(who), person: people.find((one) => one.id === who) ?? null },
		});
		const half = after(proposalOf('pia'), applyLearned(decide('ana', proposalOf('pia'))));
		expect(applyLearned(decide('olaf', half, as('olaf', same)))).toMatchObject({ outcome: 'refused', changes: [] });
		expect(applyLearned(decide('olaf', half)).entries.map((one) => one.kind)).toEqual(['rule.applied']);
		const standIn = PEOPLE.map((one) => (one.id === 'ana' ? { ...one, stands_in_for: ['pia'] } : one));
		expect(applyLearned(decide('ana', proposalOf('pia'), as('ana', standIn)))).toMatchObject({ outcome: 'refused' });
	});

	it('on IT takes one who leads there', () => {
		const asked = proposalOf('olaf', 'laptop-12');
		expect(asked.touches_ot).toBe(false);
		expect(after(asked, applyLearned(decide('ana', asked)))).toMatchObject({ state: 'applied' });
	});

	it.each([
		['who asked', 'ana', 'ana'],
		['an operator', 'pia', 'olaf'],
		['a reader', 'rita', 'olaf'],
		['OT of another site', 'sven', 'pia'],
		['somebody unknown', 'nobody', 'pia'],
	])('is refused to %s', (_, who, asker) => {
		const answer = applyLearned(decide(who, proposalOf(asker)));
		expect(answer.outcome).toBe('refused');
		expect(answer.changes).toEqual([]);
	});

	it.each([
		[
			'it reaches process safety by now',
			{ preview: { ok: false as const, error: 'it would reach a process-safety alarm' } },
		],
		['too many hold', { inForce: 200 }],
	])('is refused where %s', (_, given) => {
		expect(applyLearned(decide('ana', proposalOf('pia'), given))).toMatchObject({ outcome: 'refused', changes: [] });
	});

	it('a yes of yesterday, or of somebody who has lost the role, does not count', () => {
		const asked = proposalOf('pia');
		const half = after(asked, applyLearned(decide('ana', asked)));
		const late = applyLearned(decide('olaf', half, { now: NOW + 2 * 86_400_000 }));
		expect(after(half, late).state).toBe('proposed');
		const lost = applyLearned(decide('olaf', half, { people: PEOPLE.filter((one) => one.id !== 'ana') }));
		expect(after(half, lost).state).toBe('proposed');
	});

	it('an old proposal is void', () => {
		expect(applyLearned(decide('ana', proposalOf('pia'), { now: NOW + PROPOSED_FOR_MS + 1 })).changes).toEqual([]);
	});
});

describe('ending', () => {
	const inForce = (): Learned => ({
		...proposalOf('pia'),
		state: 'applied',
		applied_at: NOW,
		expires_at: NOW + 86_400_000,
	});

	it('is one click of anybody on call there', () => {
		expect(after(inForce(), revokeLearned(decide('pia', inForce())))).toMatchObject({
			state: 'revoked',
			ended_by: 'pia',
		});
		expect(revokeLearned(decide('sven', inForce())).outcome).toBe('refused');
		expect(revokeLearned(decide('rita', inForce())).outcome).toBe('refused');
	});

	it('by itself needs nobody: there is nothing to revoke then', () => {
		expect(revokeLearned(decide('olaf', inForce(), { now: NOW + 86_400_000 })).changes).toEqual([]);
	});

	it('declining leaves everything as it is', () => {
		const asked = proposalOf('pia');
		const declined = after(asked, declineLearned(decide('olaf', asked)));
		expect(declined.state).toBe('declined');
		expect(applyLearned(decide('ana', declined)).changes).toEqual([]);
	});
});
