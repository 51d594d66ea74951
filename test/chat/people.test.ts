import { describe, expect, it } from 'vitest';
import { createPacer } from '../../src/chat/pacer.ts';
import { actingOf, attestRoles, isOnCallFor, mayAttest, peopleWithGroups } from '../../src/chat/people.ts';
import { checkPersonToken, makePersonToken } from '../../src/chat/person-token.ts';
import { readChoices, readFields } from '../../src/chat/submission.ts';
import { asset, NOW, PEOPLE } from './world.ts';

describe('a Slack user', () => {
	const grants = [{ group: 'S0CONCALL', role: 'ot_operator' as const, sites: ['north'] }];
	const members = new Map([['S0CONCALL', ['UANA000001', 'UNEW000001']]]);

	it('of people.yaml has the roles written there, and those of the groups they are in', () => {
		const ana = actingOf('UANA000001', PEOPLE, grants, members);
		expect(ana.person?.roles.map((grant) => grant.role)).toEqual(['it_analyst', 'it_lead', 'ot_operator']);
		expect(ana.groups).toEqual(['S0CONCALL']);
		expect(actingOf('UOLAF00001', PEOPLE, grants, members).groups).toEqual([]);
	});

	it('of a group alone is a named person with that role', () => {
		expect(actingOf('UNEW000001', PEOPLE, grants, members)).toMatchObject({
			id: 'slack:UNEW000001',
			person: { roles: [{ role: 'ot_operator', sites: ['north'] }] },
		});
	});

	it('of neither is nobody, and so is a member of a group that could not be read', () => {
		expect(actingOf('UXXX', PEOPLE, grants, members).person).toBeNull();
		expect(actingOf('UNEW000001', PEOPLE, grants, new Map()).person).toBeNull();
	});

	it('counts at the gate with the same roles', () => {
		const all = peopleWithGroups(PEOPLE, grants, members);
		expect(all.find((one) => one.id === 'ana')?.roles).toHaveLength(3);
		expect(all.map((one) => one.id)).toContain('slack:UNEW000001');
		expect(new Set(all.map((one) => one.id)).size).toBe(PEOPLE.length + 1);
	});
});

describe('who may attest', () => {
	const office = asset({ level: '4', zone: 'office', domain: 'it', class: 'endpoint' });
	it('is OT for what is not known, SIS engineers for safety systems, either side for office machines', () => {
		expect(attestRoles(null, true)).not.toContain('it_lead');
		expect(attestRoles(asset({ class: 'sis' }), true)).toEqual(['sis_engineer']);
		expect(attestRoles(office, true)).toContain('it_analyst');
		expect(attestRoles(asset({ level: '4', domain: 'ot' }), true)).not.toContain('it_analyst');
	});

	it('holds the role at every place', () => {
		const olaf = PEOPLE.find((one) => one.id === 'olaf')!;
		const north = { site: 'north', zone: 'cell-3' };
		expect(mayAttest(olaf, ['ot_engineer'], [north])).toBe(true);
		expect(mayAttest(olaf, ['ot_engineer'], [north, { site: 'south', zone: null }])).toBe(false);
		expect(mayAttest(olaf, ['ot_engineer'], [])).toBe(false);
	});

	it('is on call for a place by any working role there', () => {
		const sven = PEOPLE.find((one) => one.id === 'sven')!;
		expect(isOnCallFor(sven, ['north'], ['cell-3'])).toBe(false);
		expect(isOnCallFor(sven, ['north', 'south'], [])).toBe(true);
		expect(isOnCallFor(PEOPLE.find((one) => one.id === 'rita')!, [], [])).toBe(false);
	});
});

describe('a person token', () => {
	const key = Buffer.alloc(32, 7);
	const token = makePersonToken(key, 'ana', NOW + 1_000);

	it('proves one person until its end', () => {
		expect(checkPersonToken(key, 'ana', token, NOW).ok).toBe(true);
		expect(checkPersonToken(key, 'ana', `${token}\n`, NOW).ok).toBe(true);
	});

	it.each([
		['another person', key, 'olaf', token, NOW, 'wrong'],
		['another key', Buffer.alloc(32, 8), 'ana', token, NOW, 'wrong'],
		['a later end', key, 'ana', token.replace(/_[0-9a-z]+_/, '_zzzzzzzz_'), NOW, 'wrong'],
		['no token', key, 'ana', '', NOW, 'wrong'],
		['after its end', key, 'ana', token, NOW + 1_000, 'ended'],
	] as const)('proves nothing for %s', (_name, of, who, what, at, error) => {
		expect(checkPersonToken(of, who, what, at)).toEqual({ ok: false, error });
	});
});

describe('the pace of a channel', () => {
	it('is a burst of three, then one after the other; who comes too early keeps the turn that was named', () => {
		let clock = 100_000;
		const pacer = createPacer(() => clock);
		const turns = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => pacer.turn('C1', key, false) - clock);
		expect(turns.slice(3)).toEqual([1_200, 2_400, 3_600]);
		expect(turns.slice(0, 3).every((wait) => wait <= 0)).toBe(true);
		expect(pacer.turn('C1', 'f', false) - clock).toBe(3_600);
		clock += 3_600;
		expect(pacer.turn('C1', 'f', false)).toBeLessThanOrEqual(clock);
		expect(pacer.turn('C2', 'a', false)).toBeLessThanOrEqual(clock);
	});

	it('never holds up what is urgent, and moves back who comes after it', () => {
		const pacer = createPacer(() => 100_000);
		for (let at = 0; at < 50; at++) pacer.turn('C1', `note:${at}`, false);
		for (let at = 0; at < 5; at++) expect(pacer.turn('C1', `ask:${at}`, true)).toBe(100_000);
		expect(pacer.turn('C1', 'note:later', false)).toBe(100_000 + (50 - 2 + 5) * 1_200);
	});
});

describe('what a window sends back', () => {
	it.each([[null], [[]], ['x'], [{ a: null }], [{ a: { b: 3 } }]])('is read whatever its shape: %j', (values) => {
		expect(readFields(values)).toEqual({});
		expect(readChoices(values, values)).toEqual({ shown: 0, ticked: 0 });
	});

	it('counts a box once', () => {
		const blocks = [{ element: { type: 'checkboxes', options: [{}, {}] } }];
		const values = { c: { boxes: { selected_options: [{ value: '0' }, { value: '0' }] } } };
		expect(readChoices(blocks, values)).toEqual({ shown: 2, ticked: 1 });
	});
});
