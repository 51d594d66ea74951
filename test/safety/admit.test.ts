// Statements that prove nothing where they come from are not read; bad news always is.
import { describe, expect, test } from 'vitest';
import type { FactName } from '../../src/domain/fact.ts';
import type { Person } from '../../src/domain/person.ts';
import { admit, needsSecond, type Said, whyNotInChat } from '../../src/safety/admit.ts';
import { NOW } from './plant.ts';

const person = (id: string, slack: string | null = null): Person => ({
	id,
	name: id,
	slack,
	email: null,
	roles: [],
});
const PEOPLE = [person('ana', 'U1'), person('ben', 'U2'), person('ana-too', 'U1')];
const MALWARE = { id: 'inc_1', category: 'malware', techniques: ['T1059.001'] };
const ACCOUNT = { ...MALWARE, category: 'account' };

let count = 0;
const said = (name: FactName, value: boolean, of: Partial<Said> = {}): Said => ({
	...{ id: `fct_${++count}`, name, subject: 'inc_1', value, source: 'person', supplied_by: 'ana' },
	...{ stated_at: NOW - 1_000, expires_at: null, via: 'slack' },
	...of,
});
const counts = (one: Said, incident = MALWARE, others: readonly Said[] = []): boolean =>
	admit([one, ...others], incident, PEOPLE, NOW).includes(one);

describe('confirmed outside chat', () => {
	const name = 'out_of_band_confirmed';
	test.each([
		['slack', true, false],
		[null, true, false],
		['cli', true, true],
		['http', true, true],
		['slack', false, true],
	] as const)('said by way of %s as %s counts: %s', (via, value, isCounted) => {
		expect(counts(said(name, value, { via, subject: 'stp_1' }))).toBe(isCounted);
	});
});

describe('identities are not part of it', () => {
	const name = 'identity_compromised';
	test.each(['account', 'malware'])('does not count from chat, whatever the evidence says (%s)', (category) => {
		const incident = { ...MALWARE, category };
		expect(counts(said(name, false), incident)).toBe(false);
		expect(counts(said(name, false, { via: null }), incident)).toBe(false);
		expect(counts(said(name, false, { via: 'cli' }), incident)).toBe(true);
		expect(counts(said(name, false, { via: 'http' }), incident)).toBe(true);
		expect(counts(said(name, true), incident)).toBe(true);
		expect(whyNotInChat(name, false)).toMatch(/Slack is not part of it.*command line/);
		expect(whyNotInChat(name, true)).toBeNull();
	});

	test("about another incident is that incident's matter", () => {
		expect(counts(said(name, false, { subject: 'inc_2' }), ACCOUNT)).toBe(true);
	});
});

describe.each(['session_preapproved', 'it_policy_allows_auto'] as const)('the standing leave %s', (name) => {
	const leave = (by: string, of: Partial<Said> = {}) => said(name, true, { supplied_by: by, subject: 'north', ...of });

	test('counts from two people and not from one', () => {
		expect(counts(leave('ana'))).toBe(false);
		expect(counts(leave('ana'), MALWARE, [leave('ben')])).toBe(true);
		expect(counts(leave('ana'), MALWARE, [leave('ana')])).toBe(false);
		expect(counts(leave('ana'), MALWARE, [leave('ana-too')])).toBe(false);
		expect(needsSecond(name, true)).toBe(true);
		expect(needsSecond(name, false)).toBe(false);
	});

	test('needs the second word about the same, alike, current, and by somebody who is known', () => {
		expect(counts(leave('ana'), MALWARE, [leave('ben', { subject: 'south' })])).toBe(false);
		expect(counts(leave('ana'), MALWARE, [leave('ben', { value: false })])).toBe(false);
		expect(counts(leave('ana'), MALWARE, [leave('ben', { expires_at: NOW })])).toBe(false);
		expect(counts(leave('ana'), MALWARE, [leave('mallory')])).toBe(false);
		expect(counts(leave('mallory'), MALWARE, [leave('ben')])).toBe(false);
		const other = name === 'session_preapproved' ? 'it_policy_allows_auto' : 'session_preapproved';
		expect(counts(leave('ana'), MALWARE, [said(other, true, { supplied_by: 'ben', subject: 'north' })])).toBe(false);
	});

	test('is taken back by one', () => {
		expect(counts(said(name, false))).toBe(true);
	});
});

test('everything else counts from one person in chat', () => {
	expect(counts(said('dual_homed', false, { subject: 'lap-1' }))).toBe(true);
	expect(needsSecond('dual_homed', false)).toBe(false);
	expect(whyNotInChat('dual_homed', false)).toBeNull();
	expect(whyNotInChat('out_of_band_confirmed', false)).toBeNull();
	expect(whyNotInChat('out_of_band_confirmed', true)).toMatch(/command line/);
});
