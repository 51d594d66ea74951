// What a typed command is, and what it gets to see. A new one is a file in this folder and a line in index.ts. Pure.

import type { Actor } from '../../domain/entry.ts';
import type { SubjectKind } from '../../domain/fact.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Learned } from '../../domain/learned.ts';
import type { Person } from '../../domain/person.ts';
import type { Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import type { AlertToPlace, IncidentRow } from '../../store/read/correlation.ts';
import type { ToRecord } from '../../store/record.ts';
import { type Answer, refuse } from '../answer.ts';
import type { Deputy } from '../deputies.ts';
import type { DrillDesk } from '../drill-desk.ts';
import type { Insight } from '../insight/insight.ts';
import type { LearnedClick } from '../learn/decide.ts';
import type { FeedbackClick, Learning } from '../learn/feedback.ts';
import type { Acting } from '../people.ts';
import type { Naming, Place, Situation, Step, TimelineEntry } from '../situation.ts';
import type { UnparsedRow } from '../views/notices.ts';

/** A stop that stands: a row of table `freezes` that nobody has thawed. */
export type Freeze = {
	readonly id: string;
	/** `all`, `site:<id>`, `zone:<id>`, and of a veto `incident:<id>` or `step:<id>` */
	readonly scope: string;
	readonly reason: string;
	readonly set_by: string;
	readonly set_at: Instant;
	readonly thaw_asked_by: string | null;
	readonly thaw_asked_at: Instant | null;
};

/** How many incidents are open, and how many of their steps ask something of people. */
type Totals = {
	readonly open: number;
	readonly by_severity: { readonly [severity: string]: number };
	readonly waiting: number;
	readonly hands: number;
	readonly in_doubt: number;
};

/** What the program knows about itself. */
type Health = {
	readonly topics: readonly {
		readonly topic: string;
		readonly waiting: number;
		readonly parked: number;
		readonly oldest: Instant | null;
	}[];
	readonly faults: readonly TimelineEntry[];
	readonly unparsed: number;
};

/** What the plant has, for checking what a person typed. */
export type Places = {
	readonly sites: readonly string[];
	readonly zones: readonly { readonly id: string; readonly site: string | null }[];
	/** The id and place of a subject of this kind; null where it is not known, with the nearest name if one is near. */
	readonly subject: (
		kind: SubjectKind,
		word: string,
	) => { readonly id: string; readonly place: Place } | { readonly near: string | null };
};

export type CommandCall = {
	readonly acting: Acting;
	/** What stands behind the command's name, split at white space. */
	readonly words: readonly string[];
	/** The incident that the first word names; null where none was named or found. */
	readonly situation: Situation | null;
	/** Open and acknowledged incidents, worst first; limited. */
	readonly open: readonly Incident[];
	/** Over all open incidents, also those beyond the limit of `open`. */
	readonly totals: Totals;
	/** Steps of those that wait, are for hands, or are in doubt. */
	readonly pending: readonly Step[];
	readonly freezes: readonly Freeze[];
	readonly health: Health;
	/** Everybody with the roles that they hold now: two entries may be one human being. */
	readonly people: readonly Person[];
	readonly places: Places;
	readonly naming: Naming;
	/** What the command says in `reads`; empty for the others. */
	readonly loaded: Loaded;
	readonly split: Split;
	readonly now: Instant;
	readonly newId: (prefix: 'fct' | 'frz' | 'inc' | 'pst' | 'dpt') => string;
};

/** Takes alerts out of an incident; correlation's rule (correlation/people.ts), or why not, in words. */
export type Split = (
	ask: {
		readonly incident: IncidentRow;
		readonly members: readonly AlertToPlace[];
		readonly taken: readonly string[];
		readonly newId: string;
		readonly actor: Actor;
		readonly reason: string;
	},
	now: Instant,
) => Result<ToRecord, string>;

/** An alert as `show` lists it. */
type AlertLine = {
	readonly id: string;
	readonly source: string;
	readonly title: string;
	readonly last_seen: Instant;
	readonly repeats: number;
	/** It opens and closes again and again. */
	readonly flapping?: boolean;
};

/** What a fact is about, found in the database: its id, and every place that a statement of it speaks for. */
export type Subject = { readonly id: string; readonly places: readonly Place[] };

/** All that a click by which people say that the program was wrong is judged on, beside who says what of which incident. */
export type FeedbackReads = Omit<FeedbackClick, 'acting' | 'situation' | 'reason' | 'now' | 'feedback'>;

/** Reads beyond those that every command gets. */
export type Loaded = {
	/** The incident that the second word names; `isWhole` where `alerts` are all of its alerts. */
	readonly other: {
		readonly situation: Situation;
		readonly alerts: readonly string[];
		readonly isWhole: boolean;
	} | null;
	/** All alerts of the incident, and its row. */
	readonly members: {
		readonly row: IncidentRow;
		readonly alerts: readonly AlertToPlace[];
		readonly isWhole: boolean;
	} | null;
	/** The newest alerts of the incident. */
	readonly alerts: readonly AlertLine[];
	/** `unknown`: looked for and not there; null: not a subject that the database knows. */
	readonly subject: Subject | 'unknown' | null;
	readonly worklist: {
		/** Names and addresses that the inventory still lacks, last seen first. */
		readonly unknown: readonly {
			readonly type: string;
			readonly value: string;
			readonly sources: readonly string[];
			readonly last_seen: Instant;
			readonly times: number;
		}[];
		/** Messages that nobody has marked as seen, newest first. */
		readonly unparsed: readonly (UnparsedRow & { readonly state: string })[];
	};
	/** What `feedback` goes by. */
	readonly feedback: FeedbackReads | null;
	/** What people taught: proposed, in force, and the rules file that it makes. */
	readonly learned: {
		readonly proposed: readonly Learned[];
		readonly inForce: readonly Learned[];
		readonly diff: Learning['diff'];
		readonly file: Learning['file'];
	} | null;
	/** The proposal or rule that the first word names, with what deciding about it goes by. */
	readonly decided: LearnedClick | null;
	/** How far the incident has come, what lies open from there, what was like it. */
	readonly insight: Insight | null;
	/** Scenarios, what may be chosen from, and the drills so far. */
	readonly drills: DrillDesk | null;
	/** Everybody with their own roles, and who stands in for whom. */
	readonly deputies: { readonly people: readonly Person[]; readonly held: readonly Deputy[] } | null;
};
export const NOTHING_LOADED: Loaded = {
	other: null,
	members: null,
	alerts: [],
	subject: null,
	worklist: { unknown: [], unparsed: [] },
	feedback: null,
	learned: null,
	decided: null,
	insight: null,
	drills: null,
	deputies: null,
};
export type Read = keyof Loaded;

export type Command = {
	readonly name: string;
	/** As it is typed, without the program's own name. */
	readonly usage: string;
	/** One line. */
	readonly help: string;
	/** True where the first word has to name an incident (`17`, `INC-17` or its id). */
	readonly takesIncident: boolean;
	/** What it has to see beside what every command sees. */
	readonly reads?: readonly Read[];
	readonly run: (call: CommandCall) => Answer;
};

/** A refusal recorded as `command.refused`. */
export function refuseCommand(call: CommandCall, command: string, why: string, reply: string): Answer {
	const incident = call.situation?.incident.id ?? null;
	return refuse(
		call.acting,
		{ kind: 'command.refused', command, incident, refs: incident === null ? [] : [incident], why },
		reply,
		call.now,
	);
}

/** Judges the plans of all open incidents again: what is known or stopped has changed. */
export function judgeAgain(call: CommandCall): NextTopic[] {
	return call.open.flatMap((incident): NextTopic[] => [
		{ topic: 'plan', key: incident.id },
		{ topic: 'card', key: incident.id },
	]);
}
