// The control room's answer to "is your view alive?" after a step. An impaired or lost view stops the zone at once; that the step is taken
// back is proposed by response, and decided like any other step. Pure.
import type { NewEntry } from '../../domain/entry.ts';
import type { Person, Role } from '../../domain/person.ts';
import { maxSeverity } from '../../domain/severity.ts';
import type { Instant } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import type { ViewAnswer, ViewEntry, ViewQuestion } from '../../domain/view-question.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, refuse, STRANGER, say, wayOf } from '../answer.ts';
import { type Acting, holdsOneOf, isOnCallFor } from '../people.ts';
import type { Situation, TimelineEntry } from '../situation.ts';
import { shown } from '../text.ts';
import { incidentName, roleWords } from '../views/words.ts';

/** Whose word counts that the view is alive: those who sit before it. That it is not may be said by anybody on call there. */
export const VIEW_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer'];
const LEADS: readonly (readonly Role[])[] = [['incident_lead'], ['it_lead', 'admin']];
const PAGED_MAX = 10;

export type ViewClick = {
	readonly acting: Acting;
	readonly situation: Situation;
	/** What the person answers: one question, or all of one zone. */
	readonly questions: readonly ViewQuestion[];
	readonly answer: ViewAnswer;
	readonly freezes: readonly { readonly scope: string }[];
	/** Everybody, for whom to page. */
	readonly people: readonly Person[];
	/** Open incidents, whose plans are judged again when a zone is stopped. */
	readonly open: readonly string[];
	readonly now: Instant;
	readonly newId: (prefix: 'frz' | 'pst') => string;
};

/** The timeline as the questions are read from it. */
export function asViewEntries(timeline: readonly TimelineEntry[]): ViewEntry[] {
	return timeline.map(({ kind, at, actor, refs, data }) => ({ kind, at, by: actor.id, refs, data }));
}

export function viewPlace({ zone, site }: Pick<ViewQuestion, 'zone' | 'site'>): string {
	if (zone !== null) return `zone ${zone}`;
	return site === null ? 'the plant' : `site ${site}`;
}

/** What the answer comes to. */
export function answerView(click: ViewClick): Answer {
	const { acting, situation, answer, now } = click;
	const { incident } = situation;
	const [first] = click.questions;
	const no = (why: string, reply: string): Answer =>
		refuse(
			acting,
			{ kind: 'command.refused', command: 'view', incident: incident.id, refs: [first?.step ?? incident.id], why },
			reply,
			now,
		);
	if (acting.person === null) return no('unknown person', STRANGER);
	if (first === undefined)
		return say(
			`Nobody asked for a view in ${incidentName(incident)}. If a view is lost, stop the zone: /interlock freeze zone X`,
		);
	if (!mayAnswer(acting.person, first, answer))
		return no(
			'role',
			answer === 'alive'
				? `Not counted: that the view of ${viewPlace(first)} is alive is said by ${roleWords(VIEW_ROLES)} of that place.`
				: `Not counted: you hold no role at ${viewPlace(first)}. If you know that its view is lost, call the control room; anybody on call may stop: /interlock freeze`,
		);
	const fresh = click.questions.filter((one) => one.answer !== answer || one.answeredBy !== acting.id);
	if (fresh.length === 0) return say(`Your answer for ${viewPlace(first)} is recorded already: ${answer}.`);
	const stop = answer === 'alive' ? null : stopFor(click, first);
	const topics: NextTopic[] = [
		...fresh.map((one): NextTopic => ({ topic: 'view', key: one.step })),
		{ topic: 'card_asked', key: incident.id },
		...(stop?.topics ?? []),
	];
	return {
		outcome: 'done',
		entries: [...fresh.map((one) => answered(click, one)), ...(stop?.entries ?? [])],
		changes: stop?.changes ?? [],
		topics,
		reply:
			answer === 'alive'
				? `Recorded: the view of ${viewPlace(first)} is alive. Thank you. If that changes, say so here at once.`
				: `Recorded: the view of ${viewPlace(first)} is ${answer}. ${stop?.words ?? ''} Taking the step back is proposed in the thread. Run the process by your own procedure for it.`,
	};
}

/** Where the inventory does not say which control room it is, the role counts wherever it holds. */
function mayAnswer(person: Person, { zone, site }: ViewQuestion, answer: ViewAnswer): boolean {
	if (answer !== 'alive') return isOnCallFor(person, site === null ? [] : [site], zone === null ? [] : [zone]);
	return zone === null && site === null
		? person.roles.some((grant) => VIEW_ROLES.includes(grant.role))
		: holdsOneOf(person, VIEW_ROLES, { site, zone });
}

function answered({ acting, situation, answer, now }: ViewClick, question: ViewQuestion): NewEntry {
	const { step, title, target, zone, site } = question;
	const note = answer === 'alive' ? 'view is alive' : `view is ${answer}`;
	return {
		kind: 'step.view_answered',
		actor: actorOf(acting),
		at: now,
		incident: situation.incident.id,
		refs: [step],
		data: { step_title: title, target, zone, site, answer, note: `${viewPlace(question)}: ${note}`, ...wayOf(acting) },
	};
}

type Stop = {
	readonly entries: NewEntry[];
	readonly changes: Change[];
	readonly topics: NextTopic[];
	readonly words: string;
};

/** The zone stands still, the one who leads is written to, and the incident is no less grave than this. */
function stopFor(click: ViewClick, question: ViewQuestion): Stop {
	const { acting, situation, answer, freezes, now, newId, open } = click;
	const { incident } = situation;
	const { zone, site, title } = question;
	const scope = zone !== null ? `zone:${zone}` : site !== null ? `site:${site}` : 'all';
	const isHeld = freezes.some((one) => one.scope === scope || one.scope === 'all');
	const reason = `the view of ${viewPlace(question)} is ${answer} since "${shown(title, 100)}" (${incidentName(incident)})`;
	const freeze = newId('frz');
	const severity = maxSeverity(incident.severity, answer === 'lost' ? 'critical' : 'high');
	const pages = pagesFor(click, question, reason);
	return {
		entries: isHeld
			? []
			: [
					{
						kind: 'freeze.set',
						actor: actorOf(acting),
						at: now,
						incident: incident.id,
						refs: [freeze, question.step],
						data: { scope, reason, ...wayOf(acting) },
					},
				],
		changes: [
			...(isHeld
				? []
				: [
						{
							op: 'insert',
							table: 'freezes',
							row: { id: freeze, scope, reason, set_by: acting.id, set_at: now },
						} as const,
					]),
			...(severity === incident.severity
				? []
				: [
						{
							op: 'update',
							table: 'incidents',
							id: incident.id,
							set: { severity, updated_at: now },
							expect: { severity: incident.severity },
						} as const,
					]),
			...pages,
		],
		topics: [
			...pages.flatMap((page): NextTopic[] =>
				page.op === 'update' ? [] : [{ topic: 'post', key: String(page.row.id) }],
			),
			...[...new Set([incident.id, ...open])].map((key): NextTopic => ({ topic: 'plan', key })),
		],
		words: isHeld ? `${scope} is frozen already.` : `Frozen: ${scope}.`,
	};
}

/** A message to each who leads at the place; where nobody does, to those who lead IT and who run this program. */
function pagesFor({ situation, people, now, newId }: ViewClick, question: ViewQuestion, reason: string): Change[] {
	const { incident } = situation;
	const leads = LEADS.map((roles) =>
		people.filter(
			(person) =>
				person.slack !== null &&
				roles.some(
					(role) =>
						holdsOneOf(person, [role], question) || (role === 'admin' && person.roles.some((one) => one.role === role)),
				),
		),
	).find((found) => found.length > 0);
	const text = `${incidentName(incident)}: ${reason}. The place is frozen and taking the step back is proposed in the incident's thread. Call the control room now.`;
	return (leads ?? []).slice(0, PAGED_MAX).map((person) => ({
		op: 'ensure',
		table: 'messages',
		row: {
			id: newId('pst'),
			key: `page:view-${question.step}-${now}:${person.id}`,
			incident: incident.id,
			channel: person.slack ?? '',
			text,
			state: 'pending',
			created_at: now,
			updated_at: now,
		},
	}));
}
