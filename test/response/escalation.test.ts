import { describe, expect, it } from 'vitest';
import type { Incident } from '../../src/domain/incident.ts';
import type { Person } from '../../src/domain/person.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { escalationDue } from '../../src/response/escalation.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const INCIDENT: Incident = {
	id: 'inc_1',
	number: 7,
	title: 'Logic of PLC-1 changed',
	state: 'open',
	severity: 'high',
	domain: 'ot',
	category: 'intrusion',
	process_safety: false,
	sites: ['north'],
	zones: ['cell-1'],
	assets: [],
	techniques: [],
	tactics: [],
	alert_count: 1,
	first_at: NOW,
	last_at: NOW,
	opened_at: NOW,
	acknowledged_by: null,
	resolved_by: null,
	resolution: null,
	merged_into: null,
	advice: null,
	channel: null,
	card_ts: null,
	created_at: NOW,
	updated_at: NOW,
};
const person = (id: string, more: Partial<Person> = {}): Person => ({
	id,
	name: id.toUpperCase(),
	slack: `U${id}`,
	email: null,
	roles: [],
	...more,
});
const PEOPLE = [person('ole'), person('anna'), person('bo', { slack: null }), person('deputy')];
const ROUTE = {
	people: ['ole'],
	// Written in any order.
	escalation: [
		{ after: 30 * MINUTE, people: ['bo'], channel: '#management' },
		{ after: 10 * MINUTE, people: ['anna'] },
	],
};
const due = (
	at: number,
	{
		incident = INCIDENT,
		route = ROUTE as Parameters<typeof escalationDue>[1],
		people = PEOPLE,
		told = [] as number[],
		pages = {},
	} = {},
) => escalationDue(incident, route, people, new Set(told), pages, NOW + at);
const keys = (at: number, given: Parameters<typeof due>[1] = {}) => due(at, given).notes.map((note) => note.key);

describe('an incident that nobody has acknowledged', () => {
	it('is told to the people of its route at once, and the next look is set', () => {
		const now = due(0);
		expect(now.notes.map((note) => [note.key, note.channel])).toEqual([
			['page:inc_1-0:ole', 'Uole'],
			['escalation:inc_1:0', ''],
		]);
		expect(now.notes[0]?.text).toContain('INC-7 (high) is yours: Logic of PLC-1 changed');
		expect(now.topics).toEqual([{ topic: 'escalate', key: 'inc_1', after: NOW + 10 * MINUTE }]);
		expect(now.entries).toMatchObject([
			{ kind: 'incident.escalated', data: { level: 0, told: ['ole'], not_reached: [] } },
		]);
	});

	it('goes on by time, in the order of time, and says each level once', () => {
		expect(keys(10 * MINUTE, { told: [0] })).toEqual(['page:inc_1-1:anna', 'escalation:inc_1:1']);
		expect(due(10 * MINUTE, { told: [0] }).topics).toMatchObject([{ after: NOW + 30 * MINUTE }]);
		expect(keys(29 * MINUTE, { told: [0, 1] })).toEqual([]);
		expect(due(29 * MINUTE, { told: [0, 1] }).topics).toHaveLength(1);
		expect(keys(3 * HOUR, { told: [0, 1, 2] })).toEqual([]);
	});

	it('that was not looked at in time is told to all that are due', () => {
		expect(keys(31 * MINUTE)).toEqual([
			'page:inc_1-0:ole',
			'escalation:inc_1:0',
			'page:inc_1-1:anna',
			'escalation:inc_1:1',
			'escalation:inc_1:2:channel',
			'escalation:inc_1:2',
		]);
	});

	it('names those who cannot be written to, and says when nobody is left', () => {
		const last = due(30 * MINUTE, { told: [0, 1] }).notes.at(-1)?.text ?? '';
		expect(last).toContain('has not been acknowledged for 30 minutes');
		expect(last).toContain('not reached by message, call them: BO');
		expect(last).toContain('told #management');
		expect(last).toContain('nobody is named after this');
		const nobody = { people: [], escalation: [{ after: MINUTE, people: [] }] };
		expect(due(MINUTE, { route: nobody }).notes.map((note) => note.text)).toEqual([
			'INC-7 (high) has not been acknowledged for 1 minutes: nobody is named for this: tell somebody by telephone; nobody is named after this',
		]);
	});

	it.each([
		['acknowledged', { ...INCIDENT, state: 'acknowledged' as const }],
		['resolved', { ...INCIDENT, state: 'resolved' as const }],
		['merged', { ...INCIDENT, state: 'merged' as const }],
		['low, which has no card', { ...INCIDENT, severity: 'low' as const }],
	])('is told to nobody when it is %s', (_, incident) => {
		expect(due(3 * HOUR, { incident })).toEqual({ entries: [], notes: [], topics: [], pages: [] });
	});

	it('without a route is told to nobody by this', () => {
		expect(due(3 * HOUR, { route: null }).notes).toEqual([]);
	});

	it('of process safety is told whatever its severity and however often people were written to', () => {
		const incident = { ...INCIDENT, severity: 'low' as const, process_safety: true };
		expect(keys(0, { incident, pages: { ole: 100 } })).toEqual(['page:inc_1-0:ole', 'escalation:inc_1:0']);
		expect(keys(0, { pages: { ole: 100 } })).toEqual(['escalation:inc_1:0']);
		expect(due(0, { pages: { ole: 100 } }).notes[0]?.text).toContain('call them: OLE');
	});

	it('goes to the deputy of who is away; where nobody is there at all, to those who are named', () => {
		const away = person('ole', { away_until: NOW + HOUR });
		const deputy = person('deputy', { stands_in_for: ['ole'] });
		expect(keys(0, { people: [away, deputy] })).toEqual(['page:inc_1-0:deputy', 'escalation:inc_1:0']);
		expect(keys(0, { people: [away] })).toEqual(['page:inc_1-0:ole', 'escalation:inc_1:0']);
		expect(keys(2 * HOUR, { people: [away, deputy] }).slice(0, 1)).toEqual(['page:inc_1-0:ole']);
	});
});
