// Applying, declining and revoking what was proposed. A rule counts for alerts that come after it; nothing stored is judged again. Pure.
// Nobody applies what they asked for; what reaches OT, or what the inventory does not know, takes one person of each side.
import type { NewEntry } from '../../domain/entry.ts';
import { isInForce, type Learned, type LearnedPreview, type LearnedYes } from '../../domain/learned.ts';
import { holdsRole, type Person, type Role } from '../../domain/person.ts';
import type { Result } from '../../domain/result.ts';
import { DAY, type Instant, toIso } from '../../domain/time.ts';
import { isOneOf } from '../../safety/approval.ts';
import { LEARNED_MAX } from '../../store/read/learned.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, refuse, STRANGER, say, wayOf } from '../answer.ts';
import type { Acting } from '../people.ts';
import { isOnCallFor } from '../people.ts';
import { roleWords } from '../views/words.ts';
import { isVoid, PROPOSED_FOR_MS } from './feedback.ts';

/** The first of two answers waits so long for the second. */
const YES_FOR_MS = DAY;

/** Who applies a rule, by side. Our choice: those who answer for the side; whoever leads the incident stands in for IT. */
export const APPLY_ROLES: Readonly<Record<'it' | 'ot', readonly Role[]>> = {
	it: ['it_lead', 'incident_lead'],
	ot: ['ot_engineer'],
};

export type LearnedClick = {
	readonly acting: Acting;
	readonly learned: Learned;
	/** Of the incident on which it was asked for. */
	readonly incident: { readonly id: string; readonly sites: readonly string[]; readonly zones: readonly string[] };
	readonly inForce: number;
	/** Made on what is stored now; null for a split. */
	readonly preview: Result<LearnedPreview, string> | null;
	/** Takes the alerts out (correlation's own rule and rights): null for a rule. */
	readonly split: (() => Answer) | null;
	readonly people: readonly Person[];
	readonly now: Instant;
};

/** A side's yes, or the last one that was missing: then it holds, until its end. */
export function applyLearned(click: LearnedClick): Answer {
	const { acting, learned, now } = click;
	if (acting.person === null) return no(click, 'apply', 'unknown person', STRANGER);
	if (learned.state !== 'proposed') return say(`${learned.id} is ${stateWordsOf(learned, now)}.`);
	if (isVoid(learned, now))
		return say(
			`${learned.id} was proposed more than ${PROPOSED_FOR_MS / DAY} days ago and is void: say it again on a new incident.`,
		);
	if (learned.content.kind === 'split') return applySplit(click);
	if (isOneOf(click.people, learned.asked_by, acting.person))
		return no(click, 'apply', 'asked for it', 'Not recorded: you asked for it, so somebody else applies it.');
	const standing = standingYes(click);
	if (standing.some((yes) => yes.person === acting.id))
		return say(`Your yes to ${learned.id} stands; ${missingWords(learned, standing)} is missing.`);
	const { person } = acting;
	if (standing.some((yes) => isOneOf(click.people, yes.person, person)))
		return no(
			click,
			'apply',
			'same person',
			`Not recorded: who has said yes already counts as you; ${missingWords(learned, standing)} is missing.`,
		);
	const side = sidesOf(learned).find(
		(one) => !standing.some((yes) => yes.side === one) && roleFor(acting.person, one, learned) !== null,
	);
	const role = side === undefined ? null : roleFor(acting.person, side, learned);
	if (side === undefined || role === null)
		return no(
			click,
			'apply',
			'role',
			`Not recorded: ${missingWords(learned, standing)} of ${placeWords(learned)} applies it.`,
		);
	if (click.preview?.ok !== true)
		return no(
			click,
			'apply',
			'not safe',
			`Not applied: ${click.preview?.ok === false ? click.preview.error : 'it could not be tried'}.`,
		);
	if (click.inForce >= LEARNED_MAX)
		return no(
			click,
			'apply',
			'too many',
			`Not applied: ${LEARNED_MAX} learned rules hold already. Revoke what is not needed.`,
		);
	const answers = [...standing, { person: acting.id, role, side, at: now }];
	const isWhole = sidesOf(learned).every((one) => answers.some((yes) => yes.side === one));
	return record(click, click.preview.value, answers, isWhole);
}

function record(
	click: LearnedClick,
	preview: LearnedPreview,
	answers: readonly LearnedYes[],
	isWhole: boolean,
): Answer {
	const { acting, learned, now } = click;
	const expiresAt = now + learned.holds_ms;
	const set = isWhole
		? { state: 'applied' as const, applied_at: now, expires_at: expiresAt }
		: { state: 'proposed' as const };
	return {
		outcome: 'done',
		entries: [
			entry(click, isWhole ? 'rule.applied' : 'rule.approved', {
				answers: answers.map(({ person, role, side, at }) => ({ person, role, side, at: toIso(at) })),
				preview,
				...(isWhole ? { expires_at: toIso(expiresAt) } : {}),
			}),
		],
		changes: [
			change(learned, { ...set, preview, answers: [...answers], updated_at: Math.max(now, learned.updated_at + 1) }),
		],
		topics: [{ topic: 'card', key: learned.incident }],
		reply: isWhole
			? `${learned.id} holds from now until ${toIso(expiresAt).slice(0, 16)}Z. It ends by itself; anybody on call there ends it sooner: /interlock revoke ${learned.id}`
			: `Your yes is recorded. ${missingWords(learned, answers)} is missing; it waits a day. (${acting.id})`,
	};
}

function applySplit(click: LearnedClick): Answer {
	const answer = click.split?.() ?? say('These alerts are not there any more.');
	if (answer.outcome !== 'done') return answer;
	const { learned, now } = click;
	return {
		...answer,
		entries: [...answer.entries, entry(click, 'rule.applied', {})],
		changes: [
			...answer.changes,
			change(learned, { state: 'applied', applied_at: now, updated_at: Math.max(now, learned.updated_at + 1) }),
		],
	};
}

/** No to a proposal: anybody on call there, and whoever asked. */
export function declineLearned(click: LearnedClick): Answer {
	const { acting, learned, now } = click;
	if (acting.person === null) return no(click, 'decline', 'unknown person', STRANGER);
	if (learned.state !== 'proposed') return say(`${learned.id} is ${stateWordsOf(learned, now)}.`);
	if (!isThere(click)) return no(click, 'decline', 'role', `Not recorded: you hold no role at ${placeWords(learned)}.`);
	return ended(click, 'rule.declined', 'declined', `${learned.id} is declined: nothing changes.`);
}

/** Ends a rule before its time. One click of anybody on call there: it only lets people see more. */
export function revokeLearned(click: LearnedClick): Answer {
	const { acting, learned, now } = click;
	if (acting.person === null) return no(click, 'revoke', 'unknown person', STRANGER);
	if (!isInForce(learned, now))
		return say(`${learned.id} is ${stateWordsOf(learned, now)}: there is nothing to revoke.`);
	if (!isThere(click)) return no(click, 'revoke', 'role', `Not recorded: you hold no role at ${placeWords(learned)}.`);
	return ended(
		click,
		'rule.revoked',
		'revoked',
		`${learned.id} is revoked. What it held back counts again from the next alert on.`,
	);
}

function isThere({ acting, learned, incident }: LearnedClick): boolean {
	const { person } = acting;
	if (person === null) return false;
	return (
		learned.asked_by === acting.id ||
		isOnCallFor(person, incident.sites, incident.zones) ||
		isOnCallFor(person, learned.site === null ? [] : [learned.site], learned.zone === null ? [] : [learned.zone])
	);
}

function ended(
	click: LearnedClick,
	kind: 'rule.declined' | 'rule.revoked',
	state: 'declined' | 'revoked',
	reply: string,
): Answer {
	const { acting, learned, now } = click;
	return {
		outcome: 'done',
		entries: [entry(click, kind, {})],
		changes: [
			change(learned, { state, ended_by: acting.id, ended_at: now, updated_at: Math.max(now, learned.updated_at + 1) }),
		],
		topics: [{ topic: 'card', key: learned.incident }],
		reply,
	};
}

// ---- who ---------------------------------------------------------------------------------------------------------------------

/** Which sides are asked. */
export function sidesOf(learned: Pick<Learned, 'touches_ot'>): readonly ('it' | 'ot')[] {
	return learned.touches_ot ? ['it', 'ot'] : ['it'];
}

/** Yeses that still count: at most a day old, by somebody who still holds the role, never by the asker. */
function standingYes({ learned, people, now }: LearnedClick): LearnedYes[] {
	return learned.answers.filter((yes) => {
		if (yes.side === 'any' || now - yes.at > YES_FOR_MS) return false;
		const person = people.find((one) => one.id === yes.person);
		if (person === undefined || isOneOf(people, learned.asked_by, person)) return false;
		return roleFor(person, yes.side, learned) !== null;
	});
}

function roleFor(person: Person | null, side: 'it' | 'ot', { site, zone }: Learned): Role | null {
	if (person === null) return null;
	return APPLY_ROLES[side].find((role) => holdsRole(person, role, site, zone)) ?? null;
}

function missingWords(learned: Learned, answers: readonly LearnedYes[]): string {
	return sidesOf(learned)
		.filter((side) => !answers.some((yes) => yes.side === side))
		.map((side) => roleWords(APPLY_ROLES[side]))
		.join(', and ');
}

export function placeWords({ site, zone }: Pick<Learned, 'site' | 'zone'>): string {
	if (zone !== null) return `zone ${zone}`;
	return site === null ? 'everywhere' : `site ${site}`;
}

/** What became of it, in words. */
export function stateWordsOf(learned: Learned, now: Instant): string {
	if (learned.state !== 'applied') return learned.state;
	if (learned.expires_at === null) return 'done';
	return isInForce(learned, now)
		? `in force until ${toIso(learned.expires_at).slice(0, 16)}Z`
		: 'over: its time has run out';
}

function no(click: LearnedClick, command: string, why: string, reply: string): Answer {
	const { acting, learned, now } = click;
	return refuse(
		acting,
		{
			kind: 'command.refused',
			command: `${command} learned rule`,
			incident: learned.incident,
			refs: [learned.id],
			why,
		},
		reply,
		now,
	);
}

function entry(click: LearnedClick, kind: NewEntry['kind'], data: NewEntry['data']): NewEntry {
	const { acting, learned, now } = click;
	return {
		kind,
		actor: actorOf(acting),
		at: now,
		incident: learned.incident,
		refs: [learned.id, learned.incident],
		data: { learned: learned.id, content_hash: learned.key, feedback: learned.feedback, ...data, ...wayOf(acting) },
	};
}

function change(learned: Learned, set: Extract<Change, { op: 'update'; table: 'learned_rules' }>['set']): Change {
	return {
		op: 'update',
		table: 'learned_rules',
		id: learned.id,
		set,
		expect: { state: learned.state, updated_at: learned.updated_at },
	};
}
