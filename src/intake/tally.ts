// Counts what must not pass unseen (refused credentials, dropped messages) and says when people are told: one alert as it begins, one
// more while it goes on, one when it is over; never one for each. Pure: the time is an argument, and the alerts go out elsewhere.
import type { Entity } from '../domain/alert.ts';
import type { Instant } from '../domain/time.ts';
import { HOUR, MINUTE, SECOND, toIso } from '../domain/time.ts';
import type { OwnAlert } from './own-alert.ts';

/** Callers shown by name; the others are counted. */
const CALLERS_MAX = 20;
/** How long after the alert the next one of the same subject may follow. */
const AGAIN_MS = 10 * MINUTE;
/** So long without another one, and it is over. */
const OVER_MS = 30 * MINUTE;
/** Below the threshold, counts older than this are forgotten. */
const FORGET_MS = HOUR;
/** Between crossing the threshold and telling: a burst is told with its count. */
const SETTLE_MS = SECOND;
const SUBJECTS_MAX = 2_000;

export type Counted = {
	readonly subject: string;
	readonly count: number;
	/** How often by whom (an address, a place), the most first. */
	readonly callers: readonly (readonly [string, number])[];
	readonly since: Instant;
	readonly last: Instant;
	readonly isOver: boolean;
};

export type Tally = {
	count(subject: string, caller: string, times: number, now: Instant): void;
	/** What people are to be told now. The alerts are given once. */
	due(now: Instant): OwnAlert[];
};

type State = {
	count: number;
	readonly callers: Map<string, number>;
	readonly since: Instant;
	last: Instant;
	told: { readonly at: Instant; readonly count: number } | null;
};

/**
 * @param threshold  so many of one subject are told; fewer within an hour are forgotten
 * @param words      what the alert says of a count; condition, subject, status and time are added here
 */
export function createTally(
	condition: string,
	threshold: number,
	words: (counted: Counted) => Omit<OwnAlert, 'condition' | 'subject' | 'status' | 'at'>,
): Tally {
	const states = new Map<string, State>();
	const alertOf = (subject: string, state: State, isOver: boolean): OwnAlert => {
		const callers = [...state.callers].toSorted((a, b) => b[1] - a[1]);
		const { count, since, last } = state;
		return {
			...words({ subject, count, callers, since, last, isOver }),
			condition,
			subject,
			status: isOver ? 'closed' : 'open',
			at: last,
		};
	};
	return {
		count(subject, caller, times, now) {
			const key = states.has(subject) || states.size < SUBJECTS_MAX ? subject : 'others';
			const held = states.get(key);
			// What is over or forgotten begins anew; `due` may not have looked since.
			const state =
				held === undefined || (held.told === null && now - held.last > FORGET_MS)
					? { count: 0, callers: new Map<string, number>(), since: now, last: now, told: null }
					: held;
			states.set(key, state);
			const name = state.callers.has(caller) || state.callers.size < CALLERS_MAX ? caller : 'others';
			state.callers.set(name, (state.callers.get(name) ?? 0) + times);
			state.count += times;
			state.last = now;
		},
		due(now) {
			const alerts: OwnAlert[] = [];
			for (const [subject, state] of states) {
				const { told } = state;
				const isNew = told === null && state.count >= threshold && now - state.since >= SETTLE_MS;
				const isMore = told !== null && state.count > told.count && now - told.at >= AGAIN_MS;
				if (isNew || isMore) {
					alerts.push(alertOf(subject, state, false));
					state.told = { at: now, count: state.count };
				} else if (told !== null && now - state.last >= OVER_MS) {
					alerts.push(alertOf(subject, state, true));
					states.delete(subject);
				} else if (told === null && now - state.last > FORGET_MS) states.delete(subject);
			}
			return alerts;
		},
	};
}

/** Log-ins that are refused: five of one source are no slip any more. */
export function createRefusalTally(): Tally {
	return createTally('credential_refused', 5, ({ subject, count, callers, since, last, isOver }) => ({
		title: isOver
			? `Refused deliveries for source ${subject} have stopped: ${count} in all`
			: `${count} deliveries for source ${subject} were refused: wrong or missing credential`,
		description: `Between ${toIso(since)} and ${toIso(last)}, by address: ${listed(callers)}. Nothing of them was taken. Either a sender has an old secret (its alerts do not arrive), or somebody is trying.`,
		severity: 'medium',
		kind: 'security',
		entities: addresses(callers),
		labels: { refused_source: subject, count: String(count) },
	}));
}

/** Requests that say they are Slack's and are not proved to be: one is told, because nobody sends that by a slip. */
export function createSlackRefusalTally(): Tally {
	return createTally('slack_refused', 1, ({ subject, count, callers, since, last, isOver }) => {
		const isTime = subject === 'time';
		const what = isTime ? 'their time is more than five minutes off' : 'they are signed with another secret';
		return {
			title: isOver
				? `Refused requests in Slack’s name have stopped: ${count} in all (${what})`
				: `${count} request(s) in Slack’s name were refused: ${what}`,
			description: `Between ${toIso(since)} and ${toIso(last)}, by address: ${listed(callers)}. Nothing of them counts. Either ${isTime ? 'the clock here is wrong' : 'the signing secret was changed'}, and then no click arrives (decide on the command line until it is mended), or somebody who is not Slack speaks in its name${isTime ? ' with words that were recorded earlier' : ''}.`,
			severity: 'high',
			kind: 'security',
			entities: addresses(callers),
			labels: { refused_source: 'slack', why: subject, count: String(count) },
		};
	});
}

/** Messages that were not kept: already one is told. */
export function createDropTally(): Tally {
	return createTally('messages_dropped', 1, ({ subject, count, callers, since, last, isOver }) => ({
		title: isOver
			? `No messages are dropped at ${subject} any more: ${count} were lost`
			: `${count} messages were dropped at ${subject}: alerts may be missing`,
		description: `Between ${toIso(since)} and ${toIso(last)}, where: ${listed(callers)}. UDP has no way to ask for them again: look at the senders themselves.`,
		severity: 'high',
		kind: 'availability',
		labels: { listener: subject, count: String(count) },
	}));
}

function listed(callers: Counted['callers']): string {
	return callers.map(([caller, times]) => `${caller} (${times})`).join(', ');
}

function addresses(callers: Counted['callers']): Entity[] {
	return callers
		.filter(([caller]) => /^[\d.]{7,15}$|:/.test(caller))
		.map(([value]) => ({ type: 'ip' as const, value, role: 'actor' as const }));
}
