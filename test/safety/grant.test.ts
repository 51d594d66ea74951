// Approvals and grants: who counts, who does not, and that a grant opens exactly one call for a short time.
import { describe, expect, test } from 'vitest';
import type { Approval } from '../../src/domain/decision.ts';
import type { Person } from '../../src/domain/person.ts';
import { decide, type Facts, type ProposedStep } from '../../src/safety/decide.ts';
import {
	APPROVAL_EXPIRY_MS,
	checkGrant,
	GRANT_MS,
	type GrantAnswer,
	grant,
	grantLook,
	mayDecide,
} from '../../src/safety/grant.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, person, state, step, withFact, zone } from './plant.ts';

const TWO = step('isolate_host', { requested_by: 'asker' });
const TWO_FACTS = facts(asset('engineering_workstation', '3'));
const ONE = step('isolate_host', { requested_by: 'asker' });
const ONE_FACTS = facts(asset('server', '4'));

function yes(id: string, asked: ProposedStep, world: Facts, more: Partial<Approval> = {}): Approval {
	return {
		id: `apr-${id}`,
		step: asked.id,
		person: id,
		roles: [],
		answer: 'yes',
		reason: null,
		binding: decide(asked, world, NOW).binding,
		via: 'slack',
		at: NOW - 1_000,
		expires_at: NOW + APPROVAL_EXPIRY_MS,
		withdrawn_at: null,
		...more,
	};
}

function ask(
	approvals: readonly Approval[],
	asked = TWO,
	world = TWO_FACTS,
	people: readonly Person[] = PEOPLE,
	now = NOW,
): GrantAnswer {
	return grant({ step: asked, facts: world, approvals, people, now });
}

const both = (asked = TWO, world = TWO_FACTS): Approval[] => [yes('it1', asked, world), yes('ot1', asked, world)];
const reasons = (answer: GrantAnswer): string => (answer.ok ? '' : answer.reasons.join('\n'));

describe('two people', () => {
	test('one of IT and one of OT at the place open it', () => {
		const answer = ask(both());
		expect(answer.ok).toBe(true);
		if (answer.ok)
			expect(answer.grant).toMatchObject({ action: 'isolate_host', targets: ['target-1'], approvedBy: ['ot1', 'it1'] });
		expect(ask([yes('it2', TWO, TWO_FACTS), yes('ot2', TWO, TWO_FACTS)]).ok).toBe(true);
	});

	test.each<[string, Approval[], string]>([
		['nobody', [], ''],
		['one side alone', [yes('it1', TWO, TWO_FACTS)], ''],
		['two of the same side', [yes('it1', TWO, TWO_FACTS), yes('it2', TWO, TWO_FACTS)], ''],
		[
			'one person twice, with both roles',
			[yes('both', TWO, TWO_FACTS), yes('both', TWO, TWO_FACTS, { id: 'second' })],
			'',
		],
		['the wrong site', [yes('it1', TWO, TWO_FACTS), yes('ot-south', TWO, TWO_FACTS)], 'holds none of the roles'],
		['the wrong zone', [yes('it1', TWO, TWO_FACTS), yes('ot-zone2', TWO, TWO_FACTS)], 'holds none of the roles'],
		['the wrong role', [yes('it1', TWO, TWO_FACTS), yes('admin', TWO, TWO_FACTS)], 'holds none of the roles'],
		['somebody unknown', [yes('it1', TWO, TWO_FACTS), yes('ghost', TWO, TWO_FACTS)], 'not in the list of people'],
		[
			'an approval that ended',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { expires_at: NOW })],
			'ended at',
		],
		[
			'an approval too old, whatever its expiry',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { at: NOW - 61 * 60_000, expires_at: NOW + 9e9 })],
			'ended at',
		],
		[
			'an approval from the future',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { at: NOW + 3_600_000 })],
			'future',
		],
		[
			'a withdrawn approval',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { withdrawn_at: NOW - 1 })],
			'withdrew',
		],
		[
			'an approval of another step',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { step: 'stp_2' })],
			'another step',
		],
		[
			'an approval of another text',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { binding: 'f'.repeat(64) })],
			'has changed since',
		],
		[
			'an approval without an instant',
			[yes('it1', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS, { at: Number.NaN })],
			'future',
		],
	])('%s: not enough', (_, approvals, why) => {
		const answer = ask(approvals);
		expect(answer.ok).toBe(false);
		if (!answer.ok) expect(answer.waiting.length).toBeGreaterThan(0);
		expect(reasons(answer)).toContain(why);
	});

	test('the requester cannot approve, under no entry of the list', () => {
		const asked = { ...TWO, requested_by: 'ot1' };
		expect(reasons(ask(both(asked), asked))).toContain('asked for this step');
		const twin: Person = { ...person('ot1-again', { role: 'ot_engineer' }), slack: 'Uot1' };
		const answer = ask([yes('it1', asked, TWO_FACTS), yes('ot1-again', asked, TWO_FACTS)], asked, TWO_FACTS, [
			...PEOPLE,
			twin,
		]);
		expect(reasons(answer)).toContain('asked for this step (as ot1)');
	});

	test('two entries with one e-mail are one person', () => {
		const left: Person = { ...person('a', { role: 'it_lead' }), email: 'Same@example.org' };
		const right: Person = { ...person('b', { role: 'ot_engineer' }), email: 'same@example.org' };
		expect(ask([yes('a', TWO, TWO_FACTS), yes('b', TWO, TWO_FACTS)], TWO, TWO_FACTS, [left, right]).ok).toBe(false);
	});

	test('a bot approves nothing', () => {
		const robot = person('bot', { role: 'it_lead' });
		expect(
			reasons(ask([yes('bot', TWO, TWO_FACTS), yes('ot1', TWO, TWO_FACTS)], TWO, TWO_FACTS, [robot, ...PEOPLE])),
		).toContain('a bot approves nothing');
	});

	test('roles count as they are now, not as they were', () => {
		const demoted = PEOPLE.map((one) => (one.id === 'ot1' ? { ...one, roles: [] } : one));
		expect(ask(both(), TWO, TWO_FACTS, demoted).ok).toBe(false);
		expect(ask([yes('it1', TWO, TWO_FACTS), yes('admin', TWO, TWO_FACTS, { roles: ['ot_engineer'] })]).ok).toBe(false);
	});

	test('a no of somebody who may decide stops it; a no of somebody else does not', () => {
		const no = (id: string) => yes(id, TWO, TWO_FACTS, { answer: 'no', reason: 'batch running', id: `no-${id}` });
		expect(reasons(ask([...both(), no('ot2')]))).toContain('said no: batch running');
		expect(ask([...both(), no('ot2')]).ok).toBe(false);
		expect(ask([...both(), no('ot-south')]).ok).toBe(true);
	});
});

describe('what approvals bind to', () => {
	test.each<[string, ProposedStep, Facts]>([
		['a parameter', { ...TWO, params: { ...TWO.params, reason: 'other' } }, TWO_FACTS],
		['the playbook', { ...TWO, playbook_version: 'v2' }, TWO_FACTS],
		['the action', { ...TWO, action: 'stop_service' }, TWO_FACTS],
		['the expiry of the containment', { ...TWO, containment_ms: 1 }, TWO_FACTS],
		['a new attempt (P05)', { ...TWO, attempt: 1 }, TWO_FACTS],
		['the class of the asset', TWO, facts(asset('historian', '3'))],
		[
			'the zone of the asset',
			TWO,
			facts(asset('engineering_workstation', '3', { zone: 'unit-2' }), {
				zones: { 'unit-2': zone({ id: 'unit-2' }) },
				readings: [
					...bestReadings(),
					state('zone_state', 'normal', { subject: 'unit-2' }),
					state('zone_safety_alarm_active', false, { subject: 'unit-2' }),
				],
			}),
		],
	])('a change of %s voids them', (_, asked, world) => {
		expect(ask(both(), asked, world).ok).toBe(false);
		expect(reasons(ask(both(), asked, world))).toContain('has changed since');
	});

	test('another target voids them', () => {
		const targets = {
			'target-1': asset('engineering_workstation', '3'),
			'target-2': asset('engineering_workstation', '3', { id: 'target-2' }),
		};
		expect(ask(both(), { ...TWO, targets: ['target-2'] }, facts(null, { targets })).ok).toBe(false);
	});

	test('a fact that only ends a wait does not', () => {
		const waiting = facts(asset('engineering_workstation', '3'), {
			readings: withFact(bestReadings(), 'operator_informed', false),
		});
		const approvals = both(TWO, waiting);
		const before = ask(approvals, TWO, waiting);
		expect(reasons(before)).toContain('G6');
		if (!before.ok) expect(before.waiting).toEqual([]);
		expect(ask(approvals).ok).toBe(true);
	});

	test('what has become worse since is decided anew', () => {
		const upset = facts(asset('engineering_workstation', '3'), {
			readings: withFact(bestReadings(), 'zone_state', 'upset'),
		});
		expect(ask(both(), TWO, upset)).toMatchObject({ ok: false, decision: { class: 'HANDS' } });
	});
});

describe('holds', () => {
	test.each<[string, Facts['freezes']]>([
		['everything', [{ id: 'f', scope: 'all', place: null, by: 'ot1', reason: 'fire drill' }]],
		['the site', [{ id: 'f', scope: 'site', place: 'north', by: 'ot1', reason: 'fire drill' }]],
		['the zone', [{ id: 'f', scope: 'zone', place: 'unit-1', by: 'ot1', reason: 'fire drill' }]],
	])('a freeze of %s stops even what is approved, and silences nobody', (_, freezes) => {
		const frozen = { ...TWO_FACTS, freezes };
		expect(reasons(ask(both(TWO, frozen), TWO, frozen))).toContain('fire drill');
		expect(ask([], step('notify', { targets: [] }), facts(null, { freezes })).ok).toBe(true);
		const auto = facts(asset('endpoint', '4'), { freezes });
		expect(ask([], step('isolate_host'), auto).ok).toBe(false);
	});

	test('a freeze elsewhere stops nothing here, but what has no known place', () => {
		const freezes: Facts['freezes'] = [{ id: 'f', scope: 'site', place: 'south', by: 'ot1', reason: 'x' }];
		expect(ask([], step('isolate_host'), facts(asset('endpoint', '4'), { freezes })).ok).toBe(true);
		expect(
			ask([], step('isolate_host'), facts(asset('endpoint', '4', { site: null, zone: null }), { freezes })).ok,
		).toBe(false);
	});
});

describe('one person', () => {
	test('of the side that the row names', () => {
		expect(ask([yes('it2', ONE, ONE_FACTS)], ONE, ONE_FACTS).ok).toBe(true);
		expect(ask([yes('ot1', ONE, ONE_FACTS)], ONE, ONE_FACTS).ok).toBe(false);
		const historian = facts(asset('historian', '3.5'));
		expect(ask([yes('it1', ONE, historian)], ONE, historian).ok).toBe(false);
		expect(ask([yes('ot1', ONE, historian)], ONE, historian).ok).toBe(true);
	});

	test('nobody, where the bot may act alone; and not where people must do it by hand', () => {
		const auto = facts(asset('endpoint', '4'));
		expect(ask([], step('isolate_host'), auto).ok).toBe(true);
		const hands = facts(asset('hmi', '2'));
		expect(ask(both(TWO, hands), TWO, hands).ok).toBe(false);
	});

	test('a place that nobody knows asks for a role that holds everywhere', () => {
		const nowhere = facts(asset('historian', '3.5', { site: null, zone: 'unit-1' }), {
			zones: { 'unit-1': zone({ site: null }) },
		});
		expect(ask([yes('ot1', ONE, nowhere)], ONE, nowhere).ok).toBe(false);
		expect(ask([yes('both', ONE, nowhere)], ONE, nowhere).ok).toBe(true);
	});
});

describe('mayDecide', () => {
	const decision = decide(TWO, TWO_FACTS, NOW);
	const place = [{ site: 'north', zone: 'unit-1' }];
	const of = (id: string) => PEOPLE.find((one) => one.id === id)!;

	test('says as which side, or why not', () => {
		expect(mayDecide(of('ot1'), decision, place, TWO)).toMatchObject({ ok: true, sides: ['ot'] });
		expect(mayDecide(of('both'), decision, place, TWO)).toMatchObject({ ok: true, sides: ['ot', 'it'] });
		expect(mayDecide(of('ot-south'), decision, place, TWO)).toMatchObject({
			ok: false,
			reason: expect.stringContaining('north'),
		});
		expect(mayDecide(of('ot1'), decision, place, { ...TWO, requested_by: 'ot1' })).toMatchObject({
			ok: false,
			reason: expect.stringContaining('asked for'),
		});
		const hands = decide(TWO, facts(asset('hmi', '2')), NOW);
		expect(mayDecide(of('ot1'), hands, place, TWO)).toMatchObject({
			ok: false,
			reason: expect.stringContaining('nobody is asked'),
		});
	});
});

describe('a grant', () => {
	const answer = ask(both());
	if (!answer.ok) throw new Error('the grant under test was not given');
	const real = answer.grant;
	const call = { step: TWO.id, action: TWO.action, targets: ['target-1'], params: TWO.params };

	test('opens exactly the call that was granted, for a short time', () => {
		expect(checkGrant(real, call, NOW)).toMatchObject({ ok: true });
		expect(checkGrant(real, { ...call, params: { indicator: '203.0.113.7', ...TWO.params } }, NOW).ok).toBe(true); // order does not count
		expect(checkGrant(real, call, NOW + GRANT_MS - 1).ok).toBe(true);
		expect(checkGrant(real, call, NOW + GRANT_MS)).toMatchObject({
			ok: false,
			error: expect.stringContaining('run out'),
		});
		expect(checkGrant(real, call, NOW - 1).ok).toBe(false);
		expect(checkGrant(real, call, Number.NaN).ok).toBe(false);
		expect(checkGrant(real, { ...call, action: 'restart' }, NOW)).toMatchObject({
			error: expect.stringContaining('`isolate_host`'),
		});
		expect(checkGrant(real, { ...call, targets: ['target-2'] }, NOW).ok).toBe(false);
		expect(checkGrant(real, { ...call, targets: [] }, NOW).ok).toBe(false);
		expect(checkGrant(real, { ...call, step: 'stp_2' }, NOW).ok).toBe(false);
		expect(checkGrant(real, { ...call, params: { ...TWO.params, force: true } }, NOW).ok).toBe(false);
		expect(checkGrant(real, { ...call, params: { n: Number.NaN } }, NOW).ok).toBe(false);
	});

	test.each([
		['a copy', { ...real }],
		['a clone', structuredClone(real)],
		['an object built on it', Object.create(real)],
		['a proxy of it', new Proxy(real, {})],
		['read back from JSON', JSON.parse(JSON.stringify(real))],
		['null', null],
		['a word', 'grant'],
		['nothing', undefined],
	])('that is %s is refused', (_, forged) => {
		expect(checkGrant(forged, call, NOW)).toMatchObject({ ok: false, error: expect.stringContaining('no grant') });
	});

	test('cannot be changed afterwards', () => {
		expect(Object.isFrozen(real) && Object.isFrozen(real.targets)).toBe(true);
		expect(() => Object.assign(real, { action: 'restart' })).toThrow(TypeError);
	});
});

describe('leave to look', () => {
	const call = { step: TWO.id, action: TWO.action, targets: ['target-1'], params: TWO.params };
	const leave = grantLook({ ...TWO, targets: ['target-1'] }, NOW);

	test('opens a read-back and never a call', () => {
		expect(checkGrant(leave, { ...call, isLook: true }, NOW).ok).toBe(true);
		for (const isLook of [undefined, false])
			expect(checkGrant(leave, { ...call, ...(isLook === undefined ? {} : { isLook }) }, NOW)).toEqual({
				ok: false,
				error: 'the grant is for looking only',
			});
	});

	test('is for exactly this step, and for a short time, like every other', () => {
		const look = { ...call, isLook: true };
		for (const other of [
			{ ...look, step: 'stp_2' },
			{ ...look, action: 'release_host' },
			{ ...look, targets: ['target-2'] },
			{ ...look, params: { ...TWO.params, force: true } },
		])
			expect(checkGrant(leave, other, NOW).ok).toBe(false);
		expect(checkGrant(leave, look, NOW + GRANT_MS - 1).ok).toBe(true);
		expect(checkGrant(leave, look, NOW + GRANT_MS).ok).toBe(false);
	});

	test('names nobody as having approved anything', () => {
		expect(leave).toMatchObject({ isLook: true, approvedBy: [], binding: '' });
	});

	test.each(['stop_controller', 'write_value', 'run_ssh', 'wipe_host', 'override_gate', 'no-such-action'])(
		'is not given for %s: what can have no connector is not looked at through one',
		(action) => {
			expect(grantLook({ ...TWO, action }, NOW)).toBeNull();
		},
	);

	test('a full grant opens the read-back too', () => {
		const answer = ask(both());
		expect(answer.ok && checkGrant(answer.grant, { ...call, isLook: true }, NOW).ok).toBe(true);
		expect(answer.ok && answer.grant.isLook).toBe(false);
	});
});
