// Which pages one telling comes to, by what name a repeat is known, and what Slack owes that has to go out another way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import { PagerConfig } from '../../src/domain/pager.ts';
import type { Person } from '../../src/domain/person.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { page } from '../../src/response/actions/page.ts';
import { escalationDue, routeOrNone } from '../../src/response/escalation.ts';
import { pauseBefore } from '../../src/response/pagers/desk.ts';
import { letterOf } from '../../src/response/pagers/letter.ts';
import { addressOf, dedupKey, pageKey, pagesOf, readPageKey, rowsOf } from '../../src/response/pagers/page.ts';
import { groupsOf, isDue, textOf, waitOf } from '../../src/response/pagers/unheard.ts';
import type { Unsaid } from '../../src/store/read/pages.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const pager = (name: string, more: object = {}): PagerConfig =>
	PagerConfig.parse({ name, kind: 'pagerduty', auth: { type: 'routing_key', secret_env: 'X' }, ...more });
const mail = (name: string, to: string[] = [], more: object = {}): PagerConfig =>
	PagerConfig.parse({ name, kind: 'smtp', host: 'mail.plant.example', from: 'i@plant.example', to, ...more });
const PAGERS = [pager('oncall'), mail('mail'), mail('duty', ['a@plant.example', 'b@plant.example'])];
const person = (id: string, more: Partial<Person> = {}): Person => ({
	...{ id, name: id.toUpperCase(), slack: null, email: `${id}@plant.example`, roles: [] },
	...more,
});
const HIGH = { severity: 'high', process_safety: false } as const;
const keys = (given: Partial<Parameters<typeof pagesOf>[0]>): string[] =>
	pagesOf({ pagers: PAGERS, people: [], named: [], what: 'w', text: 't', worth: HIGH, ...given }).pages.map(pageKey);

describe('the pages of one telling', () => {
	it('go to each person by their own ways, and once to a service that two of them share', () => {
		const people = [
			person('ole', { pagers: ['mail', 'oncall'] }),
			person('anna', { pagers: ['oncall'] }),
			person('bo'),
		];
		expect(keys({ people })).toEqual(['pager:oncall:w:', 'pager:mail:w:ole']);
	});

	it('go to the addresses of a pager that is named itself, without one in the key', () => {
		const found = keys({ named: ['duty', 'mail', 'unknown'] });
		expect(found).toHaveLength(2);
		for (const key of found) expect(key).toMatch(/^pager:duty:w:#[0-9a-f]{16}$/);
		const [first] = found.map((key) => readPageKey(key));
		expect(addressOf(first ?? { to: '' }, PAGERS[2] as PagerConfig, [])).toBe('a@plant.example');
		expect(addressOf(first ?? { to: '' }, mail('duty', ['b@plant.example']), [])).toBeNull();
	});

	it('lead to nobody without an address, or with one that is none', () => {
		const email = [
			'x@y.example\r\nBcc: z@z.example',
			'a@b.example,c@d.example',
			'Ole <ole@plant.example>',
			'"a b"@c.example',
			'',
		];
		for (const one of [null, ...email])
			expect(keys({ people: [person('ole', { pagers: ['mail'], email: one })] })).toEqual([]);
	});

	it('leave out what is below a pager, but never process safety', () => {
		const pagers = [pager('oncall', { from_severity: 'critical' })];
		expect(keys({ pagers, named: ['oncall'] })).toEqual([]);
		expect(keys({ pagers, named: ['oncall'], worth: { severity: 'medium', process_safety: true } })).toHaveLength(1);
		expect(keys({ pagers, named: ['oncall'], worth: null })).toHaveLength(1);
	});

	it('are read back from their key, whatever a person is called', () => {
		fc.assert(
			fc.property(fc.string({ minLength: 1 }), (id) => {
				const key = pageKey({ pager: 'mail', what: 'inc_1-0', to: id });
				expect(readPageKey(key)).toEqual({ pager: 'mail', what: 'inc_1-0', to: id });
			}),
		);
		for (const key of ['card:inc_1', 'page:stp_1:ole', 'pager:mail:', 'pager']) expect(readPageKey(key)).toBeNull();
	});

	it('carry a name that PagerDuty takes, another for each level', () => {
		expect(dedupKey('inc_1-2', 'inc_1')).toBe('interlock/inc_1-2');
		expect(dedupKey('stp_9', 'inc_1')).toBe('interlock/inc_1/stp_9');
		expect(dedupKey('slack-rest-7', null)).toBe('interlock/slack-rest-7');
		const long = `view-${'z'.repeat(60)}-3`;
		expect(dedupKey(long, `inc_drill${'0'.repeat(40)}`).length).toBeLessThan(255);
	});

	it('of a gas alarm go ahead of all others; those of a drill never do, and say what they are', () => {
		const { pages } = pagesOf({ pagers: PAGERS, people: [], named: ['oncall'], what: 'w', text: 't', worth: HIGH });
		const rows = (incident: string, isSafety: boolean) => rowsOf(pages, incident, isSafety, () => 'pst_1', NOW);
		expect(rows('inc_1', true).topics[0]?.topic).toBe('pager_safety');
		expect(rows('inc_1', false).topics[0]?.topic).toBe('pager');
		const drill = rows('inc_drill0000000000', true);
		expect(drill.topics[0]?.topic).toBe('pager');
		expect(drill.changes[0]).toMatchObject({ op: 'ensure', row: { text: 'DRILL: t' } });
	});
});

const INCIDENT: Incident = {
	...{ id: 'inc_1', number: 7, title: 'Logic of PLC-1 changed', state: 'open', severity: 'high', domain: 'ot' },
	...{ category: 'intrusion', process_safety: false, sites: ['north'], zones: [], assets: ['plc-1'], techniques: [] },
	...{ tactics: [], alert_count: 1, first_at: NOW, last_at: NOW, opened_at: NOW, acknowledged_by: null },
	...{ resolved_by: null, resolution: null, merged_into: null, advice: null, channel: null, card_ts: null },
	...{ created_at: NOW, updated_at: NOW },
};

describe('an escalation', () => {
	const route = {
		people: ['ole'],
		pagers: ['duty'],
		escalation: [{ after: 10 * MINUTE, people: ['anna'], pagers: ['oncall'] }],
	};
	const people = [person('ole', { slack: 'U1', pagers: ['mail'] }), person('anna', { pagers: ['mail'] })];
	const due = (told: number[], at: number, pages = {}) =>
		escalationDue(INCIDENT, route, people, new Set(told), pages, NOW + at, { pagers: PAGERS, fallback: [] });

	it('pages its people and its pagers, level by level', () => {
		expect(due([], 0).pages.map((one) => `${one.pager} ${one.what} ${one.to.slice(0, 1)}`)).toEqual([
			...['mail inc_1-0 o', 'duty inc_1-0 #', 'duty inc_1-0 #'],
		]);
		const next = due([0], 10 * MINUTE);
		expect(next.pages.map((one) => `${one.pager} ${one.what} ${one.to}`)).toEqual([
			'mail inc_1-1 anna',
			'oncall inc_1-1 ',
		]);
		// Without Slack she is reached all the same, and nobody is told to call her.
		expect(next.notes.at(-1)?.text).toContain('by pager: ANNA (mail); paged oncall; nobody is named after this');
		expect(next.notes.at(-1)?.text).not.toContain('call them');
		expect(next.entries[0]?.data).toMatchObject({ paged: ['anna'], pagers: ['mail', 'oncall'], not_reached: [] });
	});

	it('leaves those alone who have had enough for an hour, but not a pager of the route', () => {
		const held = due([], 0, { ole: 12 });
		expect(held.pages.map((one) => one.pager)).toEqual(['duty', 'duty']);
		expect(held.notes.at(-1)?.text).toContain('call them: OLE');
	});

	it('of process safety that would reach nobody goes to the fallback, also where no route fits', () => {
		const gas = { ...INCIDENT, process_safety: true };
		const outside = { pagers: PAGERS, fallback: ['oncall'] };
		const told = (of: Incident, own: ReturnType<typeof routeOrNone>) =>
			escalationDue(of, routeOrNone(of, own, outside), people, new Set(), {}, NOW, outside).pages.map(
				(one) => one.pager,
			);
		expect(told(gas, null)).toEqual(['oncall']);
		expect(told(gas, { people: ['nobody'], escalation: [] })).toEqual(['oncall']);
		expect(told(gas, { people: ['ole'], escalation: [] })).toEqual(['mail']);
		expect(told(INCIDENT, null)).toEqual([]);
		expect(told(INCIDENT, { people: [], escalation: [] })).toEqual([]);
	});

	it('of process safety goes on in a lane of its own', () => {
		const safe = escalationDue({ ...INCIDENT, process_safety: true }, route, people, new Set(), {}, NOW, {
			pagers: PAGERS,
			fallback: [],
		});
		expect(safe.topics).toMatchObject([{ topic: 'escalate_safety' }]);
		expect(due([], 0).topics).toMatchObject([{ topic: 'escalate' }]);
	});
});

describe('a page of a playbook', () => {
	it('goes the same ways as its message, and says so', () => {
		const roles = [{ role: 'ot_engineer' as const }];
		const input = {
			step: { id: 'stp_1', title: 'x', params: { role: 'ot_engineer', text: 'come to cell 1' } },
			...{ asset: null, incident: INCIDENT, recentPages: {}, pastIncidents: [], now: NOW, pagers: PAGERS },
			people: [person('ole', { slack: 'U1', roles, pagers: ['oncall'] }), person('bo', { roles, pagers: ['mail'] })],
		} as never as Parameters<typeof page.run>[0];
		const told = page.run(input);
		expect(told.pages).toEqual([
			{ pager: 'mail', what: 'stp_1', to: 'bo', text: 'INC-7: come to cell 1' },
			{ pager: 'oncall', what: 'stp_1', to: '', text: 'INC-7: come to cell 1' },
		]);
		expect(told.outcome).toBe('paged OLE; by pager: BO (mail), OLE (oncall)');
	});
});

describe('a letter', () => {
	it('is the same for every try, and lets nothing of an alert be more than words', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
				const row = { key: 'pager:mail:inc_1-0:ole', text: `INC-7: ${text}`, created_at: NOW };
				const letter = letterOf(row, INCIDENT);
				expect(letterOf(row, INCIDENT)).toEqual(letter);
				expect(letter.subject).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
				expect(letter.body).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]|:\/\//);
				expect(letter.body.isWellFormed()).toBe(true);
				expect(letter.subject.length).toBeLessThanOrEqual(200);
			}),
		);
	});
});

describe('the pause before the next try', () => {
	it('doubles up to five minutes, honours what it is asked for, and is short for process safety', () => {
		const pauses = [1, 2, 3, 20].map((tries) => pauseBefore(tries, false, false, null, NOW));
		expect(pauses).toEqual([5 * SECOND, 10 * SECOND, 20 * SECOND, 5 * MINUTE]);
		expect(pauseBefore(1, false, false, NOW + 4 * MINUTE, NOW)).toBe(4 * MINUTE);
		expect(pauseBefore(1, false, true, NOW + 4 * MINUTE, NOW)).toBe(30 * SECOND);
		expect(pauseBefore(9, false, true, null, NOW)).toBe(30 * SECOND);
		expect(pauseBefore(1, true, false, null, NOW)).toBe(10 * MINUTE);
		expect(pauseBefore(1, true, true, null, NOW)).toBe(2 * MINUTE);
	});
});

describe('what Slack has not taken', () => {
	const unsaid = (key: string, since: number, more: Partial<NonNullable<Unsaid['incident']>> | null = {}): Unsaid => ({
		...{ key, text: 'INC-7: decide', since },
		incident:
			more === null
				? null
				: { ...{ id: 'inc_1', number: 7, title: 'PLC changed', severity: 'high', process_safety: false }, ...more },
	});
	const GAS = { id: 'inc_2', number: 8, title: 'Gas', severity: 'critical', process_safety: true } as const;

	it('is one page for each incident of process safety, and one for all the rest', () => {
		const groups = groupsOf([
			unsaid('card:inc_1', NOW),
			unsaid('ask:stp_1:x', NOW),
			unsaid('note:inc_1:5', NOW),
			unsaid('page:stp_1:ole', NOW, GAS),
			unsaid('card:inc_3', NOW, { id: 'inc_3', severity: 'low' }),
			unsaid('unparsed:zeek:4', NOW, null),
			unsaid('tampering:stp_1', NOW, null),
		]);
		expect(groups.map((group) => [group.name, group.items.map((item) => item.key)])).toEqual([
			['inc_2', ['page:stp_1:ole']],
			['rest', ['card:inc_1', 'ask:stp_1:x', 'tampering:stp_1']],
		]);
	});

	it('is told when it is late, once, and again when something new is', () => {
		const [rest] = groupsOf([unsaid('card:inc_1', NOW)]);
		if (rest === undefined) throw new Error('none');
		expect(isDue(rest, null, 2 * MINUTE, NOW + MINUTE)).toBe(false);
		expect(isDue(rest, null, 2 * MINUTE, NOW + 2 * MINUTE)).toBe(true);
		expect(isDue(rest, NOW + 2 * MINUTE, 2 * MINUTE, NOW + 60 * MINUTE)).toBe(false);
		const more = { ...rest, items: [...rest.items, unsaid('ask:stp_1:x', NOW + 5 * MINUTE)] };
		expect(isDue(more, NOW + 2 * MINUTE, 2 * MINUTE, NOW + 11 * MINUTE)).toBe(false);
		expect(isDue(more, NOW + 2 * MINUTE, 2 * MINUTE, NOW + 12 * MINUTE)).toBe(true);
	});

	it('of process safety waits seconds, and nothing waits long while calls to Slack fail', () => {
		const [gas, rest] = groupsOf([unsaid('card:inc_2', NOW, GAS), unsaid('card:inc_1', NOW)]);
		if (gas === undefined || rest === undefined) throw new Error('none');
		const wait = (group: typeof gas, isDown: boolean, slackAfterMs = 2 * MINUTE) =>
			waitOf(group, { slackAfterMs, isSlackDown: () => isDown });
		expect([wait(gas, false), wait(rest, false)]).toEqual([15 * SECOND, 2 * MINUTE]);
		expect([wait(gas, true), wait(rest, true)]).toEqual([5 * SECOND, 30 * SECOND]);
		expect(wait(rest, true, SECOND)).toBe(SECOND);
	});

	it('says the worst first, and what the incident is', () => {
		const items = [
			unsaid('card:inc_1', NOW),
			unsaid('ask:stp_1:x', NOW, { severity: 'critical', number: 9, id: 'inc_9' }),
		];
		const [rest] = groupsOf(items);
		if (rest === undefined) throw new Error('none');
		expect(textOf(rest, NOW + 3 * MINUTE).split('\n')).toEqual([
			'Slack has not taken what Interlock has to say for 3 minutes: 2 incidents',
			'',
			'INC-9: INC-7: decide',
			'INC-7 (high): PLC changed',
		]);
		const [gas] = groupsOf([unsaid('card:inc_2', NOW, GAS)]);
		expect(gas && textOf(gas, NOW + 15 * SECOND)).toContain(
			'INC-8 (critical, process safety): Gas. Slack has not taken this for 15 seconds',
		);
	});
});
