// What a click or a command comes to: what to record and what to tell the person. Pure; chat.ts and cli/incident.ts record it.
import type { Actor, Json, NewEntry } from '../domain/entry.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Change } from '../store/record.ts';
import type { JsonObject } from './blocks.ts';
import type { Acting } from './people.ts';

export type Answer = {
	/** done: recorded as asked; noted: nothing new to record; refused: not allowed or not possible, and recorded as such. */
	readonly outcome: 'done' | 'noted' | 'refused';
	readonly entries: readonly NewEntry[];
	readonly changes: readonly Change[];
	readonly topics: readonly NextTopic[];
	/** For the person who asked, in plain words; may have lines. */
	readonly reply: string;
	/** An incident that the changes open: the reply names it by its number once it has one. */
	readonly opened?: string;
	/** What has to be typed first, in a window that asks for it; nothing is recorded yet. */
	readonly asks?: string;
	/** The same as a table for `--json`, where there is one. */
	readonly data?: JsonObject | readonly JsonObject[];
};

/** Nothing changes; only words come back. */
export function say(reply: string, data?: JsonObject | readonly JsonObject[]): Answer {
	return { outcome: 'noted', entries: [], changes: [], topics: [], reply, ...(data === undefined ? {} : { data }) };
}

export function actorOf(acting: Acting): Actor {
	return { kind: 'person', id: acting.id };
}

/** How the person came here and which Slack groups lent a role: part of every entry that a person causes. */
export function wayOf(acting: Acting): { readonly [key: string]: Json } {
	return acting.groups.length === 0 ? { via: acting.via } : { via: acting.via, groups: acting.groups };
}

/** A refusal that is recorded: who tried what, why not. The reply is what the person reads. */
export function refuse(
	acting: Acting,
	what: {
		readonly kind: 'command.refused' | 'approval.rejected';
		readonly command: string;
		readonly incident: string | null;
		readonly refs: readonly string[];
		readonly why: string;
	},
	reply: string,
	now: number,
): Answer {
	const entry: NewEntry = {
		kind: what.kind,
		actor: actorOf(acting),
		at: now,
		incident: what.incident,
		refs: what.refs,
		data: { command: what.command, why: what.why, ...wayOf(acting) },
	};
	const topics: NextTopic[] = what.incident === null ? [] : [{ topic: 'card', key: what.incident }];
	return { outcome: 'refused', entries: [entry], changes: [], topics, reply };
}

export const STRANGER =
	'I do not know you: your account is not among the people in people.yaml nor in one of its groups. Nothing was recorded as a decision. Whoever runs Interlock can add you.';
