// Every kind of approvals that a step can have, and a second, independent reading of when they are enough.
import type { Approval, ApprovalNeed, Decision } from '../../src/domain/decision.ts';
import { effectOf } from '../../src/safety/actions.ts';
import type { ProposedStep } from '../../src/safety/decide.ts';
import { NOW, PEOPLE } from './plant.ts';

export type ApprovalKind = {
	readonly name: string;
	readonly approvals: (decision: Decision, proposed: ProposedStep) => Approval[];
	/** Ids of the people whose yes is a valid one, if their role is asked for. */
	readonly valid: readonly string[];
	/** Whose valid no stands against it. */
	readonly no?: string;
	/** Who asked for the step; otherwise the bot. */
	readonly requester?: string;
};

const says = (person: string, decision: Decision, proposed: ProposedStep, more: Partial<Approval> = {}): Approval => ({
	id: `apr-${person}-${more.answer ?? 'yes'}`,
	step: proposed.id,
	person,
	roles: [],
	answer: 'yes',
	reason: null,
	binding: decision.binding,
	via: 'slack',
	at: NOW - 60_000,
	expires_at: NOW + 600_000,
	withdrawn_at: null,
	...more,
});

const yesOf = (name: string, people: readonly string[], more: Partial<ApprovalKind> = {}): ApprovalKind => ({
	name,
	approvals: (decision, proposed) => people.map((person) => says(person, decision, proposed)),
	valid: people,
	...more,
});

/** Both sides and everybody else say yes, but something about it is wrong. */
const spoilt = (name: string, more: Partial<Approval>): ApprovalKind => ({
	name,
	approvals: (decision, proposed) => PEOPLE.map((person) => says(person.id, decision, proposed, more)),
	valid: [],
});

const EVERYBODY = PEOPLE.map((person) => person.id);

export const APPROVAL_KINDS: readonly ApprovalKind[] = [
	yesOf('nobody', []),
	yesOf('one of IT', ['it1']),
	yesOf('one of OT', ['ot1']),
	yesOf('the network owner', ['net']),
	yesOf('the reporter', ['rep']),
	yesOf('both sides', ['it1', 'ot1']),
	yesOf('OT and the network owner', ['ot1', 'net']),
	yesOf('two of IT', ['it1', 'it2']),
	yesOf('two of OT', ['ot1', 'ot2']),
	yesOf('one person with both roles, twice', ['both', 'both']),
	yesOf('people of other places', ['ot-south', 'ot-zone2']),
	yesOf('IT and an OT engineer of another site', ['it1', 'ot-south']),
	yesOf('everybody', EVERYBODY),
	{ ...yesOf('the requester of OT and one of IT', ['it1', 'ot1'], { requester: 'ot1' }), valid: ['it1'] },
	{ ...yesOf('the requester of IT and one of OT', ['it1', 'ot1'], { requester: 'it1' }), valid: ['ot1'] },
	spoilt('everybody, expired', { expires_at: NOW }),
	spoilt('everybody, two hours ago', { at: NOW - 7_200_000, expires_at: NOW + 600_000 }),
	spoilt('everybody, dated tomorrow', { at: NOW + 86_400_000, expires_at: NOW + 90_000_000 }),
	spoilt('everybody, for another binding', { binding: 'f'.repeat(64) }),
	spoilt('everybody, for another step', { step: 'stp_other' }),
	spoilt('everybody, withdrawn', { withdrawn_at: NOW - 1 }),
	{
		name: 'both sides, and a no of IT',
		approvals: (decision, proposed) => [
			says('it1', decision, proposed),
			says('ot1', decision, proposed),
			says('it2', decision, proposed, { answer: 'no' }),
		],
		valid: ['it1', 'ot1'],
		no: 'it2',
	},
	{
		name: 'everybody, and a no of OT',
		approvals: (decision, proposed) => [
			...EVERYBODY.filter((id) => id !== 'ot2').map((id) => says(id, decision, proposed)),
			says('ot2', decision, proposed, { answer: 'no' }),
		],
		valid: EVERYBODY.filter((id) => id !== 'ot2'),
		no: 'ot2',
	},
];

/** Where each person of the test plant holds their role: the place of a cell is site north, zone unit-1, or nowhere known. */
const HOLDS: Readonly<
	Record<string, { readonly roles: readonly string[]; readonly here: boolean; readonly nowhere: boolean }>
> = {
	it1: { roles: ['it_lead'], here: true, nowhere: true },
	it2: { roles: ['it_analyst'], here: true, nowhere: true },
	ot1: { roles: ['ot_engineer'], here: true, nowhere: false },
	ot2: { roles: ['ot_operator'], here: true, nowhere: false },
	'ot-south': { roles: ['ot_engineer'], here: false, nowhere: false },
	'ot-zone2': { roles: ['ot_engineer'], here: false, nowhere: false },
	both: { roles: ['it_lead', 'ot_engineer'], here: true, nowhere: true },
	net: { roles: ['network_owner'], here: true, nowhere: true },
	rep: { roles: ['reporter'], here: true, nowhere: true },
	admin: { roles: ['admin'], here: true, nowhere: true },
};

const meets = (id: string, need: ApprovalNeed, isPlaced: boolean): boolean => {
	const held = HOLDS[id];
	return (
		held !== undefined &&
		(isPlaced ? held.here : held.nowhere) &&
		held.roles.some((role) => need.roles.some((one) => one === role))
	);
};

/** Whether each need can be given a person of its own: every order of people is tried. */
function covers(needs: readonly ApprovalNeed[], people: readonly string[], isPlaced: boolean): boolean {
	const [need, ...rest] = needs;
	if (need === undefined) return true;
	return people.some(
		(id) =>
			meets(id, need, isPlaced) &&
			covers(
				rest,
				people.filter((other) => other !== id),
				isPlaced,
			),
	);
}

/** Whether leave must be given, worked out without grant.ts: class, waits, and one different valid person for each need. */
export function mustGrant(kind: ApprovalKind, decision: Decision, proposed: ProposedStep, isPlaced: boolean): boolean {
	const effect = effectOf(proposed.action);
	if (!['AUTO', 'ONE', 'TWO'].includes(decision.class) || decision.holds.length > 0) return false;
	if (effect === null || ['control', 'destroy', 'attack', 'raw', 'policy'].includes(effect)) return false;
	if (decision.class === 'AUTO') return decision.needs.length === 0;
	const { no } = kind;
	if (no !== undefined && decision.needs.some((need) => meets(no, need, isPlaced))) return false;
	return decision.needs.length > 0 && covers(decision.needs, [...new Set(kind.valid)], isPlaced);
}
