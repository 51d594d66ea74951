import { describe, expect, it } from 'vitest';
import { answerView, asViewEntries, type ViewClick } from '../../src/chat/buttons/view.ts';
import type { TimelineEntry } from '../../src/chat/situation.ts';
import { afterSteps, viewAsks } from '../../src/chat/views/after-steps.ts';
import { cardFor } from '../../src/chat/views/card.ts';
import { isNoted, timelineLine } from '../../src/chat/views/timeline.ts';
import { viewQuestionMessage } from '../../src/chat/views/view-question.ts';
import type { Person } from '../../src/domain/person.ts';
import { SEVERITIES, severityRank } from '../../src/domain/severity.ts';
import { VIEW_ANSWERS, type ViewAnswer, viewQuestions } from '../../src/domain/view-question.ts';
import { acting, directory, entry, INCIDENT_ID, incident, NOW, PEOPLE, STEP_ID, situation } from './world.ts';

const asked = (of: Record<string, unknown> = {}): TimelineEntry =>
	entry({
		kind: 'step.view_asked',
		at: NOW,
		refs: [STEP_ID],
		data: {
			...{ step_title: 'Isolate the station', target: 'ews-4', zone: 'cell-3', site: 'north', round: 1 },
			...{ asked: ['pia'], until: NOW + 300_000 },
			...of,
		} as TimelineEntry['data'],
	});
const said = (answer: string, by = 'pia'): TimelineEntry =>
	entry({
		kind: 'step.view_answered',
		at: NOW + 60_000,
		actor: { kind: 'person', id: by },
		refs: [STEP_ID],
		data: { zone: 'cell-3', answer },
	});

const LEAD: Person = { id: 'lea', name: 'Lea Lead', slack: 'ULEA', email: null, roles: [{ role: 'incident_lead' }] };

let count = 0;
function click(who: string, answer: ViewAnswer, timeline = [asked()], of: Partial<ViewClick> = {}): ViewClick {
	return {
		acting: acting(who),
		situation: situation({ timeline }),
		questions: viewQuestions(asViewEntries(timeline)),
		answer,
		freezes: [],
		people: [...PEOPLE, LEAD],
		open: [INCIDENT_ID, 'inc_other'],
		now: NOW + 60_000,
		newId: (prefix) => `${prefix}_${++count}`,
		...of,
	};
}

describe('who may answer', () => {
	it.each<[string, ViewAnswer, string]>([
		['pia', 'alive', 'done'],
		['olaf', 'alive', 'done'],
		['sisi', 'alive', 'done'],
		['ana', 'alive', 'refused'],
		['sven', 'alive', 'refused'],
		['rita', 'alive', 'refused'],
		['stranger', 'alive', 'refused'],
		['ana', 'lost', 'done'],
		['pia', 'impaired', 'done'],
		['sven', 'lost', 'refused'],
		['rita', 'lost', 'refused'],
		['stranger', 'lost', 'refused'],
	])('%s says %s: %s', (who, answer, outcome) => {
		const given = answerView(click(who, answer));
		expect(given.outcome).toBe(outcome);
		if (outcome === 'refused') {
			expect(given.entries.map((one) => one.kind)).toEqual(['command.refused']);
			expect(given.changes).toEqual([]);
		}
	});

	it('and what is not asked is not answered', () => {
		expect(answerView(click('pia', 'lost', []))).toMatchObject({ outcome: 'noted', entries: [], changes: [] });
	});

	it('and the same answer twice is one', () => {
		expect(answerView(click('pia', 'alive', [asked(), said('alive')])).outcome).toBe('noted');
		expect(answerView(click('pia', 'lost', [asked(), said('alive')])).outcome).toBe('done');
	});
});

describe('an alive view', () => {
	it('is an entry and stops nothing', () => {
		const given = answerView(click('pia', 'alive'));
		expect(given.entries).toMatchObject([
			{ kind: 'step.view_answered', actor: { id: 'pia' }, refs: [STEP_ID], data: { answer: 'alive', zone: 'cell-3' } },
		]);
		expect(given.changes).toEqual([]);
	});
});

describe('a lost or impaired view', () => {
	it('freezes its zone, pages who leads, and wakes the proposal to take the step back: all of it in one', () => {
		const given = answerView(click('pia', 'lost'));
		expect(given.entries.map((one) => one.kind)).toEqual(['step.view_answered', 'freeze.set']);
		expect(given.entries[1]?.data).toMatchObject({ scope: 'zone:cell-3' });
		expect(given.changes).toMatchObject([
			{ table: 'freezes', row: { scope: 'zone:cell-3', set_by: 'pia' } },
			{ table: 'incidents', set: { severity: 'critical' }, expect: { severity: 'high' } },
			{ table: 'messages', row: { channel: 'ULEA' } },
		]);
		expect(given.topics).toEqual(
			expect.arrayContaining([
				{ topic: 'view', key: STEP_ID },
				{ topic: 'plan', key: INCIDENT_ID },
				{ topic: 'plan', key: 'inc_other' },
			]),
		);
	});

	it('does not freeze what stands still already, and pages all the same', () => {
		for (const scope of ['zone:cell-3', 'all']) {
			const given = answerView(click('pia', 'lost', [asked()], { freezes: [{ scope }] }));
			expect(given.changes.map((change) => change.table)).toEqual(['incidents', 'messages']);
		}
	});

	it('stops the site where the zone is not known, and everything where nothing is', () => {
		const scopeOf = (of: Record<string, unknown>) =>
			answerView(click('sisi', 'lost', [asked({ zone: null, ...of })])).changes[0];
		expect(scopeOf({})).toMatchObject({ row: { scope: 'site:north' } });
		expect(scopeOf({ site: null })).toMatchObject({ row: { scope: 'all' } });
	});

	it('makes no incident less grave', () => {
		for (const severity of SEVERITIES)
			for (const answer of VIEW_ANSWERS) {
				const given = answerView(
					click('pia', answer, [asked()], { situation: situation({ incident: incident({ severity }) }) }),
				);
				for (const change of given.changes)
					if (change.table === 'incidents' && change.op === 'update')
						expect(severityRank(change.set.severity as 'low')).toBeGreaterThan(severityRank(severity));
			}
	});

	it('is told to those who lead IT and run the program where nobody leads incidents', () => {
		const given = answerView(click('pia', 'lost', [asked()], { people: PEOPLE }));
		expect(given.changes.at(-1)).toMatchObject({ table: 'messages', row: { channel: 'UANA000001' } });
	});
});

describe('what people read', () => {
	const text = (blocks: unknown): string => JSON.stringify(blocks);

	it('in the thread: the question with three answers, then who said what', () => {
		const at = (timeline: TimelineEntry[]) => {
			const [question] = viewQuestions(asViewEntries(timeline));
			return viewQuestionMessage(situation({ timeline }), question!, 'pst_1', directory.naming);
		};
		const open = at([asked()]);
		expect(open.text).toContain('control room of zone cell-3: is your view alive?');
		for (const word of ['view_alive', 'view_impaired', 'view_lost', 'Pia Operator', 'no answer yet'])
			expect(text(open.blocks)).toContain(word);
		expect(text(at([asked(), said('lost')]).blocks)).toContain('LOST, says Pia Operator');
		const silent = entry({ ...asked({ round: 2, asked: [], until: null }), kind: 'step.view_unanswered' });
		expect(text(at([asked(), silent]).blocks)).toContain('nobody further is known to ask');
	});

	it('on the card: the view, what went quiet, and the checks, each as what it is', () => {
		const quiet = entry({
			kind: 'step.view_quiet',
			refs: [STEP_ID],
			data: { zone: 'cell-3', quiet: ['hmi-2: no answer <!channel>'] },
		});
		const verified = entry({
			kind: 'step.verified',
			at: NOW,
			refs: [STEP_ID],
			data: { step_title: 'Isolate the station', outcome: 'state is `isolated`' },
		});
		const card = text(cardFor(situation({ timeline: [verified, asked(), quiet] }), 'pst_c', directory.naming).blocks);
		for (const words of [
			'Checked afterwards',
			'went quiet (by time alone)',
			'checked at the target',
			'state is `isolated`',
		])
			expect(card).toContain(words);
		expect(viewAsks({ timeline: [asked(), said('lost')] })[0]).toContain('call the control room of zone cell-3');
	});

	it('on the card of an incident without any check: nothing more', () => {
		expect(afterSteps(situation({ timeline: [] }), directory.naming)).toEqual([]);
	});

	it('on the card when somebody took a containment back elsewhere: that nothing is done by itself', () => {
		const gone = entry({
			kind: 'step.undone',
			refs: [STEP_ID],
			data: { step_title: 'Isolate', by: 'outside', outcome: 'taken back outside Interlock: state is `normal`' },
		});
		expect(text(afterSteps(situation({ timeline: [gone] }), directory.naming))).toContain(
			'taken back outside Interlock',
		);
		const own = entry({ kind: 'step.undone', refs: [STEP_ID], data: { step_title: 'Isolate', by: 'stp_2' } });
		expect(afterSteps(situation({ timeline: [own] }), directory.naming)).toEqual([]);
	});

	it('on the card when a check put a step in doubt: what was answered and what is shown', () => {
		const doubt = (by: string) =>
			entry({
				kind: 'step.in_doubt',
				refs: [STEP_ID],
				data: { step_title: 'Isolate', by, outcome: 'and it is not so' },
			});
		expect(text(afterSteps(situation({ timeline: [doubt('check')] }), directory.naming))).toContain('and it is not so');
		expect(afterSteps(situation({ timeline: [doubt('call')] }), directory.naming)).toEqual([]);
	});

	it('in the timeline: a line each', () => {
		for (const kind of [
			'step.verified',
			'step.unseen',
			'step.view_asked',
			'step.view_answered',
			'step.view_quiet',
		] as const) {
			const one = entry({ kind, refs: [STEP_ID], data: { step_title: 'Isolate', note: 'words' } });
			expect(isNoted(one)).toBe(true);
			expect(timelineLine(one, directory.naming)).toContain('Isolate');
		}
	});
});
