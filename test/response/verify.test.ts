import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/domain/step.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Due, NextTopic } from '../../src/domain/topic.ts';
import { contentOf, recordedSteps, stepFinding } from '../../src/response/proof.ts';
import { firstLook, isLookedAt, looked, readProgress, type Saw } from '../../src/response/verify.ts';
import type { ToRecord } from '../../src/store/record.ts';
import { NOW, playbook, view } from './support/plant.ts';

const LOADED = playbook('p', [
	{ key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary', params: {}, instructions: 'by hand' },
]);

function stepDone(of: Partial<Step> = {}): Step {
	return {
		...{ id: 'stp_1', incident: 'inc_0000000001', playbook: 'p', playbook_version: LOADED.version, key: 'isolate' },
		...{ position: 0, title: 'Isolate', action: 'isolate_host', target: 'lap-1', params: {}, instructions: null },
		...{ checklist: [], state: 'done', decision: null, after: [], requested_by: 'bot', expires_at: null },
		...{ containment_ms: 4 * HOUR, contained_until: NOW + 4 * HOUR, attempts: 1, outcome: 'answered 200' },
		...{ created_at: NOW, updated_at: NOW },
		...of,
	};
}

const YES: Saw = { state: 'done', detail: 'state is `isolated`' };
const NO: Saw = { state: 'not_done', detail: 'state is `normal`' };
const BLIND: Saw = { state: 'unknown', detail: 'no answer' };

type Told = { readonly at: number; readonly kind: string; readonly data: Record<string, unknown> };

/** Lets the looks come when they are due, each with the next thing that the target shows; the last is shown for ever. */
function play(shows: readonly Saw[], start = stepDone(), until = NOW + 5 * HOUR, others: readonly Step[] = []) {
	let step = start;
	let next: NextTopic | null = firstLook(step, NOW);
	const told: Told[] = [];
	const looks: number[] = [];
	const topics = new Set<string>();
	const paged: string[] = [];
	for (let count = 0; next !== null; count++) {
		if (count > 2_000) throw new Error('it never ends');
		const now: number = next.after ?? NOW;
		if (now > until) break;
		const progress = readProgress((next.data ?? {}) as Due['data'], step.state === 'in_doubt');
		if (!isLookedAt(step, progress)) break;
		looks.push(now - NOW);
		const what: ToRecord = looked(
			step,
			view([LOADED], [step, ...others]),
			shows[Math.min(count, shows.length - 1)] ?? BLIND,
			progress,
			() => 'pst_x',
			now,
		);
		for (const entry of what.entries) told.push({ at: now, kind: entry.kind, data: { ...entry.data } });
		for (const change of what.changes ?? [])
			if (change.op === 'update' && change.table === 'steps' && change.id === step.id)
				step = { ...step, ...(change.set as Partial<Step>) };
		for (const change of what.changes ?? [])
			if (change.op === 'ensure' && change.table === 'messages') paged.push(change.row.channel);
		for (const topic of what.topics ?? []) topics.add(topic.topic);
		next = what.topics?.find((topic) => topic.topic === 'verify') ?? null;
	}
	return { step, told, looks, topics, paged, kinds: told.map((one) => one.kind) };
}

describe('after a call that answered "done"', () => {
	it.each<[string, readonly Saw[], Partial<Step>, readonly string[], Step['state']]>([
		['it is so at once', [YES], { contained_until: null }, ['step.verified'], 'done'],
		['it is so after a while', [NO, NO, YES], { contained_until: null }, ['step.verified'], 'done'],
		['it is seen after a while', [BLIND, BLIND, YES], { contained_until: null }, ['step.verified'], 'done'],
		['the target changes its mind', [NO, BLIND, NO, YES], { contained_until: null }, ['step.verified'], 'done'],
		['it is not so', [NO], { contained_until: null }, ['step.in_doubt'], 'in_doubt'],
		['it cannot be seen', [BLIND], { contained_until: null }, ['step.unseen', 'step.in_doubt'], 'in_doubt'],
		[
			'it is not so, and is so later',
			[NO, NO, NO, NO, YES],
			{ contained_until: null, containment_ms: null },
			['step.in_doubt', 'step.result', 'step.verified'],
			'done',
		],
	])('%s', (_, shows, of, kinds, state) => {
		const run = play(shows, stepDone(of));
		expect(run.kinds).toEqual(kinds);
		expect(run.step.state).toBe(state);
	});

	it('says what was answered and what the target shows, in the words that people read', () => {
		const { step, told } = play([NO], stepDone({ contained_until: null }));
		expect(step.outcome).toBe('the call was answered as done (answered 200), and it is not so: state is `normal`');
		expect(told[0]?.data).toMatchObject({ by: 'check', outcome: step.outcome });
	});

	it('looks within a minute and a quarter of an hour, and no more than six times', () => {
		const { looks } = play([BLIND], stepDone({ contained_until: null }));
		expect(looks.slice(0, 6)).toEqual([3, 18, 63, 183, 483, 1083].map((seconds) => seconds * SECOND));
		// Then it is in doubt: four looks more, and it is people's.
		expect(looks).toHaveLength(10);
		expect(looks.at(-1)).toBe(1083 * SECOND + 51 * MINUTE);
	});

	it('wakes people ahead of notes where it is not so, and the plan', () => {
		expect([...play([NO], stepDone({ contained_until: null })).topics]).toEqual(
			expect.arrayContaining(['card_asked', 'plan']),
		);
	});
});

describe('while a containment holds', () => {
	it('is looked at every ten minutes and says nothing while it holds', () => {
		const { kinds, looks, step } = play([YES]);
		expect(kinds).toEqual(['step.verified']);
		expect(looks.slice(0, 3)).toEqual([3 * SECOND, 3 * SECOND + 10 * MINUTE, 3 * SECOND + 20 * MINUTE]);
		expect(looks).toHaveLength(24);
		expect(step).toMatchObject({ state: 'done', contained_until: NOW + 4 * HOUR });
	});

	it('that was taken back elsewhere is told after a second look, ends, and is not done again', () => {
		const { kinds, step, topics, paged } = play([YES, YES, NO]);
		expect(kinds).toEqual(['step.verified', 'step.undone']);
		expect(step).toMatchObject({ state: 'undone', contained_until: null });
		expect(step.outcome).toContain('taken back outside Interlock: state is `normal`');
		expect(topics.has('run')).toBe(false);
		expect(paged).toEqual(['U1']);
	});

	it('that a step of ours took back is no surprise: nobody is written to', () => {
		const own = stepDone({ id: 'stp_2', key: 'free', action: 'release_host', title: 'Let it go', updated_at: NOW + 1 });
		const { kinds, told, paged } = play([YES, YES, NO], stepDone(), undefined, [own]);
		expect(kinds).toEqual(['step.verified', 'step.undone']);
		expect(told[1]?.data).toMatchObject({ by: 'stp_2' });
		expect(paged).toEqual([]);
		expect(play([NO], stepDone({ contained_until: null }), undefined, [own])).toMatchObject({
			kinds: ['step.undone'],
			step: { state: 'undone' },
		});
		// One on another host, one that was not done, one of before: it was somebody else.
		for (const of of [{ target: 'lap-2' }, { state: 'refused' as const }, { updated_at: NOW - 1 }])
			expect(play([YES, YES, NO], stepDone(), undefined, [{ ...own, ...of }]).paged).toEqual(['U1']);
	});

	it('that flickers once is left alone', () => {
		expect(play([YES, NO, YES]).kinds).toEqual(['step.verified']);
	});

	it('that cannot be seen any more is told once, and again when it is seen', () => {
		const { kinds } = play([YES, ...Array.from({ length: 9 }, () => BLIND), YES]);
		expect(kinds).toEqual(['step.verified', 'step.unseen', 'step.verified']);
	});

	it('is watched no longer once it is being taken back', () => {
		expect(isLookedAt(stepDone({ contained_until: null }), readProgress({ seen: true }, false))).toBe(false);
		for (const state of ['failed', 'undone', 'running', 'cancelled', 'attested'] as const)
			expect(isLookedAt(stepDone({ state }), readProgress({}, false))).toBe(false);
	});
});

describe('a step in doubt', () => {
	const doubt = stepDone({ state: 'in_doubt', contained_until: null });

	it('is settled by a yes of the target, and its containment ends in its own time', () => {
		const { step, kinds } = play([BLIND, YES], doubt, NOW + 10 * MINUTE);
		expect(kinds).toEqual(['step.result', 'step.verified']);
		expect(step).toMatchObject({ state: 'done', contained_until: NOW + 6 * MINUTE + 4 * HOUR });
	});

	it('keeps the end that its containment had', () => {
		const { step } = play([YES], { ...doubt, contained_until: NOW + HOUR }, NOW + 2 * MINUTE);
		expect(step.contained_until).toBe(NOW + HOUR);
	});

	it('is left to people where the target says no or nothing: a no may still turn into a yes', () => {
		for (const shows of [NO, BLIND]) {
			const { step, kinds, looks } = play([shows], doubt);
			expect([step.state, kinds, looks.length]).toEqual(['in_doubt', [], 4]);
		}
	});
});

describe('whatever a target shows', () => {
	const shows = fc.array(fc.constantFrom(YES, NO, BLIND), { minLength: 1, maxLength: 40 });
	const starts = fc.constantFrom(
		stepDone(),
		stepDone({ contained_until: null, containment_ms: null }),
		stepDone({ state: 'in_doubt', contained_until: null }),
	);

	it('the looking ends, calls nothing, and the ledger bears out the row that it leaves', () => {
		fc.assert(
			fc.property(shows, starts, (seen, start) => {
				const { step, told, topics, looks } = play(seen, start);
				expect(looks.length).toBeLessThan(400);
				expect(
					[...topics].filter((topic) => !['verify', 'card', 'card_asked', 'plan', 'expire', 'post'].includes(topic)),
				).toEqual([]);
				const before = [
					{
						kind: 'plan.made',
						refs: [step.id],
						data: { steps: [{ id: step.id, content: contentOf(step), requested_by: 'bot' }] },
					},
					{ kind: 'step.intent', refs: [step.id], data: {} },
					start.state === 'done'
						? { kind: 'step.result', refs: [step.id], data: { state: 'done', contained_until: start.contained_until } }
						: { kind: 'step.in_doubt', refs: [step.id], data: {} },
				];
				const entries = [...before, ...told.map((one) => ({ kind: one.kind, refs: [step.id], data: one.data }))];
				const recorded = recordedSteps(
					entries.map((entry) => ({ ...entry, at: '', time: NOW, actor: { id: 'bot' } })),
				).get(step.id);
				expect(stepFinding(step, recorded ?? null)).toBeNull();
			}),
			{ numRuns: 300 },
		);
	});

	it('a yes is never followed by doubt, and what is not seen as done is never called verified', () => {
		fc.assert(
			fc.property(shows, (seen) => {
				const { kinds } = play(seen, stepDone({ contained_until: null, containment_ms: null }));
				const verified = kinds.indexOf('step.verified');
				if (verified >= 0) expect(kinds.slice(verified)).toEqual(['step.verified']);
				if (!seen.includes(YES)) expect(verified).toBe(-1);
			}),
		);
	});
});
