// Who is told of an incident that nobody has acknowledged yet, and when. Pure: the route, the people, what was said before and the time are
// arguments. NOT here: reading and recording (escalate.ts), pages that a playbook asks for (actions/page.ts).
import { isDrill } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { PagerConfig } from '../domain/pager.ts';
import type { Person } from '../domain/person.ts';
import type { EscalationLevel, RouteOf } from '../domain/route.ts';
import { severityRank } from '../domain/severity.ts';
import { type Instant, MINUTE } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Note } from './actions/action.ts';
import { PAGES_PER_HOUR_MAX } from './actions/on-call.ts';
import { type Page, type Paged, pagesOf, throughWords } from './pagers/page.ts';

/** Below it an incident has no card and wakes nobody. */
const TOLD_SEVERITY_MIN = 'medium';
/** People of one level. */
const PEOPLE_MAX = 10;

export type Escalation = {
	readonly entries: readonly NewEntry[];
	readonly notes: readonly Note[];
	readonly topics: readonly NextTopic[];
	/** The same outside Slack. */
	readonly pages: readonly Page[];
};

/** The ways outside Slack. */
export type Outside = { readonly pagers: readonly PagerConfig[]; readonly fallback: readonly string[] };
export const NOTHING_OUTSIDE: Outside = { pagers: [], fallback: [] };

const NOTHING: Escalation = { entries: [], notes: [], topics: [], pages: [] };

/**
 * What is due for one incident now: the people of the route when it is opened (level 0), then level after level until somebody
 * acknowledges. A level that was told is not told again, whoever asks; the last one says that nobody is left.
 *
 * @param told levels whose words stand under the card already
 * @param recentPages direct messages that each person got within the hour: past the limit only the thread says it, but of process safety
 *   everybody always hears
 * @param outside the ways outside Slack that are set up, and those of them for process safety that nobody is named for
 */
export function escalationDue(
	incident: Incident,
	route: ReturnType<RouteOf>,
	people: readonly Person[],
	told: ReadonlySet<number>,
	recentPages: Readonly<Record<string, number>>,
	now: Instant,
	outside: Outside = NOTHING_OUTSIDE,
): Escalation {
	if (incident.state !== 'open' || route === null) return NOTHING;
	if (!incident.process_safety && severityRank(incident.severity) < severityRank(TOLD_SEVERITY_MIN)) return NOTHING;
	const levels = levelsOf(route);
	const due = levels.flatMap((level, index) =>
		!told.has(index) && incident.opened_at + level.after <= now ? [{ ...level, index }] : [],
	);
	const next = levels.find((level, index) => !told.has(index) && incident.opened_at + level.after > now);
	const isLast = (index: number): boolean => index > 0 && index === levels.length - 1;
	const said = due.map((level) => sayLevel(incident, level, people, recentPages, isLast(level.index), now, outside));
	return {
		entries: said.map(({ entry }) => entry),
		notes: said.flatMap(({ notes }) => notes),
		topics:
			next === undefined ? [] : [{ topic: laneOf(incident), key: incident.id, after: incident.opened_at + next.after }],
		pages: said.flatMap(({ pages }) => pages),
	};
}

/** Of an incident that no route fits: process safety is somebody's all the same. */
export function routeOrNone(
	incident: Incident,
	route: ReturnType<RouteOf>,
	{ fallback }: Outside,
): ReturnType<RouteOf> {
	return route === null && incident.process_safety && fallback.length > 0 ? { people: [], escalation: [] } : route;
}

/** Process safety waits for nobody else's levels; a drill is none. */
function laneOf(incident: Incident): 'escalate' | 'escalate_safety' {
	return incident.process_safety && !isDrill(incident.id) ? 'escalate_safety' : 'escalate';
}

/** The people of the route are the level that is due at once. */
function levelsOf(route: NonNullable<ReturnType<RouteOf>>): readonly EscalationLevel[] {
	const later = route.escalation.toSorted((a, b) => a.after - b.after);
	return [{ after: 0, people: route.people, pagers: route.pagers }, ...later];
}

/** The key of the words of one level under the card: one message each, ever. */
export function levelKey(incident: string, level: number): string {
	return `escalation:${incident}:${level}`;
}

function sayLevel(
	incident: Incident,
	level: EscalationLevel & { readonly index: number },
	people: readonly Person[],
	recentPages: Readonly<Record<string, number>>,
	isLast: boolean,
	now: Instant,
	outside: Outside,
): { readonly entry: NewEntry; readonly notes: readonly Note[]; readonly pages: readonly Page[] } {
	const asked = askedOf(level.people, people, now);
	const hasRoom = (person: Person): boolean =>
		incident.process_safety || (recentPages[person.id] ?? 0) < PAGES_PER_HOUR_MAX;
	const reached = asked.filter((person) => person.slack !== null && hasRoom(person));
	const head = `INC-${incident.number} (${incident.severity}${incident.process_safety ? ', process safety' : ''})`;
	const why =
		level.index === 0
			? 'is yours'
			: `has not been acknowledged for ${Math.round((now - incident.opened_at) / MINUTE)} minutes`;
	const page = (named: readonly string[]): Paged =>
		pagesOf({
			pagers: outside.pagers,
			people: asked.filter(hasRoom),
			named,
			what: `${incident.id}-${level.index}`,
			text: `${head} ${why}: ${incident.title}`,
			worth: incident,
		});
	const own = page(level.pagers ?? []);
	// An alarm that would reach nobody goes to those who are there for what reaches nobody.
	const isLost = incident.process_safety && reached.length === 0 && own.pages.length === 0;
	const paged = isLost ? page(outside.fallback) : own;
	const missed = asked.filter((person) => !reached.includes(person) && !paged.through.has(person.id));
	const direct = reached.map((person) => ({
		key: `page:${incident.id}-${level.index}:${person.id}`,
		channel: person.slack ?? '',
		text: `${head} ${why}: ${incident.title}\nAcknowledge it on its card, or: /interlock ack ${incident.number}`,
	}));
	const room =
		level.channel === undefined
			? []
			: [
					{
						key: `${levelKey(incident.id, level.index)}:channel`,
						channel: level.channel,
						text: `${head} ${why}: ${incident.title}`,
					},
				];
	const names = (list: readonly Person[]): string => list.map((person) => person.name).join(', ');
	const outcome = [
		reached.length > 0 ? `told ${names(reached)}` : '',
		missed.length > 0 ? `not reached by message, call them: ${names(missed)}` : '',
		throughWords(asked, paged.through),
		paged.named.length > 0 ? `paged ${paged.named.join(', ')}` : '',
		level.channel === undefined ? '' : `told ${level.channel}`,
		asked.length === 0 && level.channel === undefined && paged.named.length === 0
			? 'nobody is named for this: tell somebody by telephone'
			: '',
		isLast ? 'nobody is named after this' : '',
	].filter((part) => part !== '');
	const note = { key: levelKey(incident.id, level.index), channel: '', text: `${head} ${why}: ${outcome.join('; ')}` };
	const isSilent = level.index === 0 && asked.length === 0 && paged.named.length === 0;
	return {
		entry: {
			kind: 'incident.escalated',
			actor: { kind: 'bot', id: 'bot' },
			at: now,
			incident: incident.id,
			refs: [incident.id],
			data: {
				level: level.index,
				told: reached.map((person) => person.id),
				...(paged.pages.length === 0
					? {}
					: { paged: [...paged.through.keys()], pagers: [...new Set(paged.pages.map((page) => page.pager))] }),
				not_reached: missed.map((person) => person.id),
				channel: level.channel ?? null,
				after_ms: now - incident.opened_at,
				outcome: outcome.join('; '),
			},
		},
		notes: isSilent ? [] : [...direct, ...room, note],
		pages: paged.pages,
	};
}

/** Those of a level who are there, and the deputies of those who are not; all of them where nobody is there. */
function askedOf(ids: readonly string[], people: readonly Person[], now: Instant): readonly Person[] {
	const isAway = (person: Person): boolean => (person.away_until ?? 0) > now;
	const named = people.filter((person) => ids.includes(person.id));
	const away = named.filter(isAway).map((person) => person.id);
	const present = people.filter(
		(person) =>
			!isAway(person) && (named.includes(person) || (person.stands_in_for ?? []).some((id) => away.includes(id))),
	);
	return (present.length > 0 ? present : named).slice(0, PEOPLE_MAX);
}
