// Who stands in for whom: lent roles, places, times, and that two who stand for one another never count as two.
import { describe, expect, it } from 'vitest';
import { type CommandCall, NOTHING_LOADED } from '../../src/chat/commands/command.ts';
import { readTyped, runCommand } from '../../src/chat/commands/index.ts';
import { type Deputy, deputiesOf, withDeputies } from '../../src/chat/deputies.ts';
import { holdsRole } from '../../src/domain/person.ts';
import { err } from '../../src/domain/result.ts';
import { onCall } from '../../src/response/actions/on-call.ts';
import { isSamePerson } from '../../src/safety/approval.ts';
import { acting, directory, incident, NOW, PEOPLE, situation, step } from './world.ts';

const HOUR = 3_600_000;
const held = (given: Partial<Deputy> = {}): Deputy => ({
	id: 'dpt_1',
	person: 'olaf',
	deputy: 'pia',
	role: 'ot_engineer',
	site: null,
	zone: null,
	until: NOW + HOUR,
	isAccepted: true,
	isEnded: false,
	...given,
});
const person = (id: string, deputies: readonly Deputy[], now = NOW) =>
	withDeputies(PEOPLE, deputies, now).find((one) => one.id === id)!;
const isEngineer = (deputies: readonly Deputy[], now = NOW, site = 'north', zone: string | null = null) =>
	holdsRole(person('pia', deputies, now), 'ot_engineer', site, zone);

describe('a deputy', () => {
	it('holds the lent role where the absent one holds it, from the yes until the end, and not a moment longer', () => {
		expect(isEngineer([])).toBe(false);
		expect(isEngineer([held()])).toBe(true);
		expect(isEngineer([held()], NOW, 'south')).toBe(false);
		expect(isEngineer([held({ isAccepted: false })])).toBe(false);
		expect(isEngineer([held({ isEnded: true })])).toBe(false);
		expect(isEngineer([held()], NOW + HOUR)).toBe(false);
		expect(person('olaf', [held()]).away_until).toBe(NOW + HOUR);
		expect(person('olaf', [held({ isAccepted: false })]).away_until).toBeUndefined();
	});

	it('holds it only at the place that was named, and only while the absent one holds it there', () => {
		const atZone = held({ site: 'north', zone: 'cell-3' });
		expect(isEngineer([atZone], NOW, 'north', 'cell-3')).toBe(true);
		expect(isEngineer([atZone], NOW, 'north', 'cell-4')).toBe(false);
		expect(isEngineer([held({ site: 'south' })], NOW, 'south')).toBe(false);
	});

	it('is of the same side, never for admin, never of a safety system without being one, and not oneself', () => {
		expect(holdsRole(person('ana', [held({ deputy: 'ana' })]), 'ot_engineer', 'north', null)).toBe(false);
		expect(holdsRole(person('pia', [held({ person: 'sisi', role: 'sis_engineer' })]), 'sis_engineer', null, null)).toBe(
			false,
		);
		expect(person('olaf', [held({ deputy: 'olaf' })]).stands_in_for).toBeUndefined();
		expect(person('pia', [held({ person: 'rita' })]).stands_in_for).toBeUndefined();
	});

	it('counts as the one they stand in for: the two are one', () => {
		const now = withDeputies(PEOPLE, [held()], NOW);
		const [olaf, pia, ana] = ['olaf', 'pia', 'ana'].map((id) => now.find((one) => one.id === id)!);
		expect(isSamePerson(olaf!, pia!)).toBe(true);
		expect(isSamePerson(pia!, olaf!)).toBe(true);
		expect(isSamePerson(pia!, ana!)).toBe(false);
	});

	it('is asked instead of the absent one, who is asked only where nobody else is there', () => {
		const input = (people: typeof PEOPLE) =>
			({
				step: step(),
				asset: null,
				incident: { ...incident(), sites: ['north'], zones: [] },
				people,
				recentPages: {},
				now: NOW,
			}) as never as Parameters<typeof onCall>[1];
		expect(onCall('ot_engineer', input(PEOPLE)).map((one) => one.id)).toEqual(['olaf']);
		expect(onCall('ot_engineer', input(withDeputies(PEOPLE, [held()], NOW))).map((one) => one.id)).toEqual(['pia']);
		const alone = PEOPLE.map((one) => (one.id === 'olaf' ? { ...one, away_until: NOW + HOUR } : one));
		expect(onCall('ot_engineer', input(alone)).map((one) => one.id)).toEqual(['olaf']);
	});
});

describe('the ledger about deputies', () => {
	const entry = (kind: string, actor: string, data: object = {}) =>
		JSON.stringify({
			kind,
			at: '2026-03-01T03:00:00.000Z',
			actor: { kind: 'person', id: actor },
			refs: ['dpt_1'],
			data,
		});
	const named = entry('deputy.named', 'olaf', {
		deputy: 'pia',
		role: 'ot_engineer',
		site: null,
		zone: null,
		until: NOW + HOUR,
	});

	it('counts a yes of the deputy alone, and an end for good', () => {
		expect(deputiesOf([named])).toMatchObject([{ person: 'olaf', deputy: 'pia', isAccepted: false }]);
		expect(deputiesOf([named, entry('deputy.accepted', 'olaf')])[0]?.isAccepted).toBe(false);
		expect(deputiesOf([named, entry('deputy.accepted', 'pia')])[0]?.isAccepted).toBe(true);
		expect(deputiesOf([entry('deputy.accepted', 'pia'), named])[0]?.isAccepted).toBe(false);
		expect(deputiesOf([named, entry('deputy.accepted', 'pia'), entry('deputy.ended', 'olaf')])[0]?.isEnded).toBe(true);
		// Naming again under the same id changes nothing.
		expect(deputiesOf([named, entry('deputy.named', 'mallory', { deputy: 'pia', role: 'it_lead' })])).toHaveLength(1);
	});
});

let made = 0;
function run(who: string, typed: string, given: Partial<CommandCall> = {}, deputies: readonly Deputy[] = []) {
	const { name, words } = readTyped(typed);
	return runCommand(name, {
		acting: acting(who),
		words,
		situation: situation(),
		open: [incident()],
		totals: { open: 1, by_severity: { high: 1 }, waiting: 1, hands: 0, in_doubt: 0 },
		pending: [step()],
		freezes: [],
		health: { topics: [], faults: [], unparsed: 0 },
		people: PEOPLE,
		places: directory.places,
		naming: directory.naming,
		loaded: { ...NOTHING_LOADED, deputies: { people: PEOPLE, held: deputies } },
		split: () => err('not in this test'),
		now: NOW,
		newId: (prefix) => `${prefix}_0000000000000000000${made++}`,
		...given,
	});
}

describe('/interlock deputy', () => {
	it('records who names whom, for how long at most, and asks the deputy by a message', () => {
		const answer = run('olaf', 'deputy pia as ot_engineer at zone cell-3 for 8h shift swap');
		expect(answer.outcome).toBe('done');
		expect(answer.entries[0]).toMatchObject({
			kind: 'deputy.named',
			actor: { id: 'olaf' },
			data: {
				deputy: 'pia',
				role: 'ot_engineer',
				site: 'north',
				zone: 'cell-3',
				until: NOW + 8 * HOUR,
				reason: 'shift swap',
			},
		});
		expect(answer.changes).toMatchObject([{ table: 'messages', row: { channel: 'UPIA000001' } }]);
		expect(run('olaf', 'deputy pia as ot_engineer for 400d').entries[0]?.data['until']).toBe(NOW + 30 * 24 * HOUR);
	});

	it.each([
		['a role that they do not hold', 'olaf', 'deputy pia as it_lead for 8h', /does not hold/],
		['a place where they do not hold it', 'olaf', 'deputy pia as ot_engineer at site south for 8h', /do not hold/],
		['somebody of the other side', 'olaf', 'deputy ana as ot_engineer for 8h', /knows the work/],
		['themselves', 'olaf', 'deputy olaf as ot_engineer for 8h', /own deputy/],
		['nobody', 'olaf', 'deputy paul as ot_engineer for 8h', /nobody is known/],
		['no role', 'olaf', 'deputy pia for 8h', /as what/],
		['no time', 'olaf', 'deputy pia as ot_engineer', /for how long/],
		['an unknown place', 'olaf', 'deputy pia as ot_engineer at zone cell-99 for 8h', /which place/],
		['a stranger', 'UNOBODY', 'deputy pia as ot_engineer for 8h', /do not know you/],
	])('refuses %s, and records that', (_name, who, typed, words) => {
		const answer = run(who, typed);
		expect(answer).toMatchObject({ outcome: 'refused', changes: [], entries: [{ kind: 'command.refused' }] });
		expect(answer.reply).toMatch(words);
	});

	it('is accepted by the deputy alone and ended by either', () => {
		const open = [held({ isAccepted: false })];
		expect(run('ana', 'deputy accept dpt_1', {}, open).outcome).toBe('refused');
		expect(run('olaf', 'deputy accept dpt_1', {}, open).outcome).toBe('refused');
		expect(run('pia', 'deputy accept dpt_1', {}, open).entries[0]?.kind).toBe('deputy.accepted');
		expect(run('pia', 'deputy accept dpt_1', {}, [held()]).outcome).toBe('noted');
		expect(run('pia', 'deputy end dpt_1', {}, [held()]).entries[0]?.kind).toBe('deputy.ended');
		expect(run('sven', 'deputy end dpt_1', {}, [held()]).outcome).toBe('refused');
		expect(run('pia', 'deputy accept dpt_9', {}, open).outcome).toBe('refused');
		expect(run('pia', 'deputy', {}, [held()]).reply).toContain('Pia Operator for Olaf OT as ot_engineer');
	});
});

describe('/interlock told', () => {
	it('writes down what was said by voice, asks the person to confirm, and approves nothing', () => {
		const answer = run('ana', `told 17 ${step().id} olaf yes isolate it now`);
		expect(answer.entries).toMatchObject([
			{ kind: 'approval.told', actor: { id: 'ana' }, data: { person: 'olaf', answer: 'yes', note: 'isolate it now' } },
		]);
		expect(answer.changes).toMatchObject([{ op: 'insert', table: 'messages', row: { channel: 'UOLAF00001' } }]);
		expect(answer.reply).toContain('not their answer');
	});

	it.each([
		['of oneself', `told 17 ${step().id} ana yes`, /yourself/],
		['of nobody', `told 17 ${step().id} paul yes`, /nobody is known/],
		['of no step', 'told 17 stp_nothing olaf yes', /no step/],
		['without an answer', `told 17 ${step().id} olaf perhaps`, /yes or no/],
	])('refuses a word %s', (_name, typed, words) => {
		const answer = run('ana', typed);
		expect(answer).toMatchObject({ outcome: 'refused', changes: [] });
		expect(answer.reply).toMatch(words);
	});

	it('is not for readers', () => {
		expect(run('rita', `told 17 ${step().id} olaf yes`).outcome).toBe('refused');
	});
});

describe('/interlock veto', () => {
	it('stops the incident or one step of it, from those who answer for the place', () => {
		for (const who of ['olaf', 'pia', 'sisi'])
			expect(run(who, 'veto 17 batch is running').changes).toMatchObject([
				{ table: 'freezes', row: { scope: `incident:${incident().id}`, reason: 'batch is running', set_by: who } },
			]);
		expect(run('pia', `veto 17 ${step().id}`).changes).toMatchObject([
			{ table: 'freezes', row: { scope: `step:${step().id}`, reason: 'no reason given' } },
		]);
		for (const who of ['ana', 'sven', 'rita', 'UNOBODY'])
			expect(run(who, 'veto 17 no').entries[0]?.kind).toBe('command.refused');
		expect(run('pia', 'veto 17 stp_other no').outcome).toBe('refused');
	});

	const standing = (thaw: object = {}) => ({
		freezes: [
			{
				...{ id: 'frz_1', scope: `incident:${incident().id}`, reason: 'batch', set_by: 'pia', set_at: NOW - 60_000 },
				...{ thaw_asked_by: null, thaw_asked_at: null },
				...thaw,
			},
		],
	});

	it('is lifted by two, the second of OT: IT alone never overrules it', () => {
		const asked = run('ana', 'thaw incident 17', standing());
		expect(asked.entries[0]?.kind).toBe('freeze.thaw_asked');
		const byAna = standing({ thaw_asked_by: 'ana', thaw_asked_at: NOW - 1_000 });
		expect(run('ana', 'thaw incident 17', byAna).outcome).toBe('refused');
		expect(run('sven', 'thaw incident 17', byAna).outcome).toBe('refused');
		expect(run('olaf', 'thaw incident INC-17', byAna).entries[0]?.kind).toBe('freeze.thawed');
		const byOlaf = standing({ thaw_asked_by: 'olaf', thaw_asked_at: NOW - 1_000 });
		expect(run('ana', 'thaw incident 17', byOlaf).outcome).toBe('refused');
		expect(run('pia', 'thaw incident 17', byOlaf).entries[0]?.kind).toBe('freeze.thawed');
		expect(run('olaf', 'thaw incident 99', byAna).outcome).toBe('refused');
		// Closed meanwhile: by its id, so that what is still undone there is not held back for ever.
		expect(run('olaf', `thaw incident ${incident().id}`, { ...byAna, open: [] }).entries[0]?.kind).toBe(
			'freeze.thawed',
		);
		expect(run('rita', `thaw incident ${incident().id}`, { ...byAna, open: [] }).outcome).toBe('refused');
		expect(run('olaf', `thaw step ${step().id}`, byAna).outcome).toBe('refused');
	});
});
