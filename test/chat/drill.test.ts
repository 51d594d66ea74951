// The mark on what is posted, the hours in which a drill may begin, and the report.
import { describe, expect, it } from 'vitest';
import { type Block, header, plain, rich } from '../../src/chat/blocks.ts';
import { areWorkingHours } from '../../src/chat/commands/drill.ts';
import { inDrill } from '../../src/chat/drill-mark.ts';
import { reportMarkdown, reportOf, reportText } from '../../src/chat/drill-report.ts';
import type { DrillEntry } from '../../src/domain/drill-state.ts';

const DRILL = 'inc_drill0m0000000abcdefghij01';

describe('what is posted in a drill', () => {
	const wanted = (incident: string | null, text: string, blocks: readonly Block[]) =>
		inDrill({ incident, render: (_id: string) => ({ text, blocks }) }).render('pst_1');
	it('is marked first in text and blocks, also where nothing more would fit', () => {
		const full = [...Array.from({ length: 49 }, () => rich([plain('x')])), { type: 'actions', elements: [] }];
		const { text, blocks } = wanted(DRILL, 'y'.repeat(5_000), full);
		expect(text).toMatch(/^DRILL: y/);
		expect(text.length).toBeLessThanOrEqual(3_000);
		expect(blocks).toHaveLength(50);
		expect(JSON.stringify(blocks[0])).toContain('NOT done');
		expect(blocks.at(-1)?.type).toBe('actions');
	});
	it('goes by the incident and not by words', () => {
		for (const incident of [null, 'inc_0m0000000abcdefghijkl'])
			expect(wanted(incident, 'DRILL: x', [header('DRILL')])).toEqual({ text: 'DRILL: x', blocks: [header('DRILL')] });
	});
});

describe('working hours', () => {
	it.each([
		['2026-11-24T10:00:00Z', 'UTC', true],
		['2026-11-24T06:59:00Z', 'UTC', false],
		['2026-11-24T17:59:00Z', 'UTC', true],
		['2026-11-24T18:00:00Z', 'UTC', false],
		['2026-11-24T06:30:00Z', 'Europe/Berlin', true],
		['2026-11-24T17:30:00Z', 'Europe/Berlin', false],
		['2026-11-28T10:00:00Z', 'UTC', false],
		['2026-11-29T10:00:00Z', 'UTC', false],
		['2026-11-29T23:30:00Z', 'Asia/Tokyo', true],
	])('%s in %s: %s', (at, zone, expected) => expect(areWorkingHours(Date.parse(at), zone)).toBe(expected));
});

describe('the report', () => {
	const MIN = 60_000;
	let n = 0;
	const entry = (
		kind: DrillEntry['kind'],
		at: number,
		who: string | null,
		ref: string,
		data: object = {},
	): DrillEntry => ({
		...{ id: `ent_${++n}`, place: n, kind, at: at * MIN, refs: [ref] },
		...{ actor: who === null ? { kind: 'bot' as const, id: 'bot' } : { kind: 'person' as const, id: who } },
		data: data as DrillEntry['data'],
	});
	const start = {
		...{ drill: DRILL, scenario: 's', scenario_hash: 'h', title: 'T | x', site: null, lasts: 60 * MIN, anytime: false },
		...{ cast: {}, alerts: [], people: { ana: ['it_lead'], olaf: ['ot_engineer'] } },
		targets: { acknowledge: 5 * MIN, approval: 10 * MIN, hands: 10 * MIN, told: 10 * MIN, close: 30 * MIN },
	};
	const asked = { step_title: 'Isolate', state: 'waiting' };
	const entries = [
		entry('drill.started', 0, 'ana', DRILL, start),
		entry('incident.opened', 1, null, DRILL),
		entry('step.decided', 2, null, 'stp_1', asked),
		entry('step.hands', 2, null, 'stp_2', { step_title: 'Ask', action: 'ask_control_room' }),
		entry('step.hands', 2, null, 'stp_3', { step_title: 'Unplug', action: 'ask_person' }),
		entry('incident.acknowledged', 3, 'ana', DRILL),
		entry('drill.suspended', 5, null, DRILL, { why: 'gas' }),
		entry('drill.resumed', 25, 'ana', DRILL),
		entry('approval.given', 27, 'ana', 'stp_1', { roles: ['it_lead'] }),
		entry('step.attested', 28, 'olaf', 'stp_2', { roles: ['ot_operator'] }),
		entry('drill.ended', 40, 'olaf', DRILL, { why: 'stopped' }),
	];
	const report = reportOf(entries, 100 * MIN);
	const timed = (what: string) => report?.timed.find((one) => one.what.startsWith(what));

	it('takes off the time in which it stood still, and names who and from which entry to which', () => {
		expect(timed('approval decided')).toMatchObject({
			...{ took_s: 5 * 60, is_missed: false, person: 'ana', roles: ['it_lead'] },
			...{ from: { entry: 'ent_3', place: 3 }, to: { entry: 'ent_9', place: 9 } },
		});
		expect(timed('acknowledged')).toMatchObject({ took_s: 120, person: 'ana', roles: ['it_lead'] });
		expect(report?.stood_still_s).toBe(20 * 60);
	});
	it('counts a call to the control room as told in person', () => {
		expect(timed('told in person: Ask')).toMatchObject({ took_s: 6 * 60, person: 'olaf', is_missed: false });
	});
	it('names what was missed, and not what there was no time for', () => {
		expect(timed('step by hand attested: Unplug')).toMatchObject({ took_s: null, is_missed: true });
		expect(timed('closed by a person')).toMatchObject({ took_s: null, is_missed: false, is_open: true });
		expect(report?.missed).toEqual(['step by hand attested: Unplug']);
	});
	it('says the same to an auditor, and no text breaks its table', () => {
		const markdown = report === null ? '' : reportMarkdown(report);
		expect(markdown).toContain('# DRILL: T \\| x');
		expect(markdown).toContain('ent_9, place 9');
		expect(markdown).toContain('not tested');
		expect(report === null ? '' : reportText(report)).toContain('MISSED step by hand attested: Unplug');
		expect(reportOf(entries.slice(1), 0)).toBeNull();
	});
});
