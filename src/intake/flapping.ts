// Whether a condition flaps: it opens and closes so often that each time is no news. Pure; what follows from it is fold.ts.
import { HOUR } from '../domain/time.ts';

/** One message of a condition: its event time, and 1 for open or 0 for closed. */
export type Turn = readonly [at: number, isOpen: 0 | 1];

/** How far back turns count, from the newest one (event time). */
const WINDOW_MS = HOUR;
/**
 * Changes of state within the window from which a condition flaps: open, closed, open, closed, open. Process alarms that chatter are
 * counted so too (ISA-18.2 and EEMUA 191: three or more activations), there within a minute; messages of monitoring systems come in
 * minutes, so the window is an hour. It ends as it began, by the count: as with Nagios and Icinga the state is worked out anew from a
 * history of limited length at each message.
 */
const CHANGES_MIN = 4;
/** Messages that are remembered of one condition: the history of Nagios has 21 states. */
const TURNS_MAX = 32;

/** The history with one message more: in order of event time, each once, only what counts. */
export function withTurn(turns: readonly Turn[], at: number, status: 'open' | 'closed'): readonly Turn[] {
	const isOpen = status === 'open' ? 1 : 0;
	if (turns.some((turn) => turn[0] === at && turn[1] === isOpen)) return turns;
	const newest = Math.max(at, turns.at(-1)?.[0] ?? at);
	const all = [...turns, [at, isOpen] as const]
		.filter((turn) => turn[0] >= newest - WINDOW_MS)
		// At one instant the close is the later one, as in fold().
		.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
	if (all.length <= TURNS_MAX) return all;
	// Repeats in the middle of a run say nothing about changes: they go first.
	const ends = all.filter((turn, i) => all[i - 1]?.[1] !== turn[1] || all[i + 1]?.[1] !== turn[1]);
	return ends.slice(-TURNS_MAX);
}

export function isFlapping(turns: readonly Turn[]): boolean {
	return turns.filter((turn, i) => i > 0 && turns[i - 1]?.[1] !== turn[1]).length >= CHANGES_MIN;
}
