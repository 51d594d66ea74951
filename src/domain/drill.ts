// What makes a drill a drill: the id of its incident and the source of its alerts. Both are given by the program alone: an id has no later door,
// and no configured source may have a colon in its name. No text, label or field of an alert has a say. Pure.

import { makeId } from './id.ts';
import { type Instant, MINUTE } from './time.ts';

/** A drill's id is the id of its one incident. The clock of an ordinary id reaches this beginning in the year 3132. */
export const DRILL_PREFIX = 'inc_drill';
const SOURCE_PREFIX = 'drill:';
const DRILL_ID = /^inc_drill[0-9a-z]{10,40}$/;
const MARK = 'DRILL';
/** How long work of a drill that is suspended waits before it looks again. */
export const DRILL_WAIT_MS = MINUTE / 4;

/** A new drill's id. */
export function makeDrillId(now: Instant, random: () => number): string {
	return makeId('inc', now, random).replace('inc_', DRILL_PREFIX);
}

/** Whether this is the incident of a drill; everything that belongs to an incident carries its id. */
export function isDrill(incident: string | null | undefined): boolean {
	return incident?.startsWith(DRILL_PREFIX) === true;
}

/** The source of a drill's alerts. */
export function drillSource(drill: string): string {
	return `${SOURCE_PREFIX}${drill}`;
}

/** The drill that an alert of this source belongs to; null for every real source. */
export function drillOf(source: string): string | null {
	if (!source.startsWith(SOURCE_PREFIX)) return null;
	const id = source.slice(SOURCE_PREFIX.length);
	return DRILL_ID.test(id) ? id : null;
}

/** The text with the mark in front, where no cut at the end can reach it. */
export function markDrill(text: string): string {
	return text.startsWith(MARK) ? text : `${MARK}: ${text}`;
}

/** The title of what is real: one that begins like a drill's says so, and that it is none. */
export function markReal(title: string): string {
	return /^[^\p{L}\p{N}]{0,40}drill/iu.test(title) ? `No drill, its source wrote: ${title}` : title;
}
