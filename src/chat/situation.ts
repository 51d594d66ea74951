// What a view or a button gets to see: one incident with everything about it, read in one go. Values only. Pure.
import type { Approval } from '../domain/decision.ts';
import type { Actor, EntryKind, Json } from '../domain/entry.ts';
import type { Incident } from '../domain/incident.ts';
import type { Role } from '../domain/person.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { SampleAlert } from '../store/read/sample.ts';
import type { Insight } from './insight/insight.ts';

/** A ledger entry as people meet it: what was recorded, by whom, when. */
export type TimelineEntry = {
	readonly id: string;
	readonly seq: number;
	readonly kind: EntryKind;
	readonly at: Instant;
	readonly actor: Actor;
	readonly incident: string | null;
	readonly refs: readonly string[];
	readonly data: { readonly [key: string]: Json | undefined };
};

/** A message of ours: the row of table `messages`. */
export type PostedMessage = {
	readonly id: string;
	readonly key: string;
	readonly incident: string | null;
	readonly channel: string;
	readonly thread_ts: string | null;
	readonly text: string;
	readonly blocks: readonly unknown[] | null;
	readonly state: 'pending' | 'intent' | 'sent' | 'failed';
	readonly ts: string | null;
	readonly sent_hash: string | null;
	readonly error: string | null;
	readonly created_at: Instant;
	readonly updated_at: Instant;
};

export type Situation = {
	readonly incident: Incident;
	readonly steps: readonly Step[];
	readonly approvals: readonly Approval[];
	/** Newest last; limited (`TIMELINE_MAX` of store/read/chat.ts). */
	readonly timeline: readonly TimelineEntry[];
	/** Alerts of it whose condition opens and closes again and again; left out for none. */
	readonly flapping?: number;
	/** Its first and last alerts, for the summary; left out where nobody read them. */
	readonly sample?: readonly SampleAlert[];
	/** How far it has come, what lies open, what was like it; left out where nobody read it. */
	readonly insight?: Insight;
};

/** What views need to name things: never a place where decisions hide. */
export type Naming = {
	/** ATT&CK name of a technique id; null where the table does not have it. */
	readonly technique: (id: string) => string | null;
	/** A person's name for an id; the id itself where nobody is known by it. */
	readonly person: (id: string) => string;
	/** One line for an asset: `plc-7 (plc, level 1, zone cell-3)`; the id where it is not in the inventory. */
	readonly asset: (id: string) => string;
	/** Roles whose word counts that a step without approvals was done (people.ts). */
	readonly attestRoles: (step: Step) => readonly Role[];
	/** Whether the step reaches OT: one of them at a time (row P04). */
	readonly touchesOt: (step: Step) => boolean;
	/** What an action is and does, in words: from the action catalogue, never from the playbook. */
	readonly action: (name: string) => ActionWords;
};

export type ActionWords = {
	readonly title: string;
	/** What the physical process notices of it. */
	readonly processEffect: string;
	/** How it is taken back, or that it cannot be. */
	readonly undo: string;
};

/** The place at which a role must be held. */
export type Place = { readonly site: string | null; readonly zone: string | null };

export type { Incident, Step };
