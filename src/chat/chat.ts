// The stage that people meet. Topics card, card_safety, card_asked, post and unparsed become messages (bring.ts), clicks and commands become
// records (take.ts, perform.ts). Slack being slow or down delays words here and nothing else: topics come back later and fold meanwhile.
import type { Incident } from '../domain/incident.ts';
import type { Person } from '../domain/person.ts';
import type { Due, Handlers, NextTopic } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { record } from '../store/record.ts';
import { bringCard, bringPost, bringUnparsed, type Next } from './bring.ts';
import { bringHeard } from './bring-heard.ts';
import type { Outlet } from './deliver.ts';
import { withDeputies } from './deputies.ts';
import type { Directory } from './directory.ts';
import { peopleWithGroups } from './people.ts';
import { type Desk, readDeputies } from './perform.ts';
import type { SlackCalls, SlackHandlers, SlackLog } from './slack.ts';
import { type Counter, checkSubmission, showHome, takeClick, takeCommand, takeSubmission } from './take.ts';

/** A pass ends well before the lease of its outbox rows (store/outbox.ts) does. */
const PASS_MAX_MS = 30_000;

export type ChatOptions = {
	readonly database: Database;
	readonly calls: SlackCalls;
	readonly directory: Directory;
	/** Where an incident's card goes; the default channel where no route says otherwise. */
	readonly channelOf: (incident: Incident) => string;
	/** Where everything else goes. */
	readonly defaultChannel: string;
	/** Takes alerts out of an incident: correlation's own rule, handed in because stages do not know each other. */
	readonly split: Desk['split'];
	/** What a learned rule is and would do: triage's, handed in likewise. */
	readonly learning: Desk['learning'];
	/** The scenarios of drills. */
	readonly drills?: Desk['drills'];
	readonly now: () => number;
	readonly log: SlackLog;
	readonly count?: (name: string, labels: Readonly<Record<string, string>>) => void;
};

export type Chat = {
	readonly handlers: Handlers;
	readonly slack: SlackHandlers;
	/** Everybody with the roles that Slack groups and those whom they stand in for lend them now (at most a minute old): the list that the gate should count approvals against. */
	readonly people: () => Promise<readonly Person[]>;
	/** Those of people.yaml with their deputies, without the roles that groups lend: Slack is not asked, so nobody waits for it. */
	readonly staff: () => Promise<readonly Person[]>;
};

/** The stage: handlers for its topics, and for what comes from Slack. Nothing starts by itself. */
export function createChat(options: ChatOptions): Chat {
	const outlet: Outlet = { ...options, count: options.count ?? (() => undefined) };
	const room: Counter = {
		...options,
		outlet,
		desk: {
			database: options.database,
			directory: options.directory,
			split: options.split,
			learning: options.learning,
			...(options.drills === undefined ? {} : { drills: options.drills }),
			now: options.now,
		},
	};
	const { people, groups } = options.directory;
	const oneByOne = createQueues();
	const card = async (due: readonly Due[]): Promise<void> =>
		await eachDue(room, due, async (one) => await oneByOne(one.key, async () => await bringCard(room, one.key)));
	return {
		people: async () => {
			const now = options.now();
			const members = await options.calls.members(groups.map((grant) => grant.group));
			return withDeputies(peopleWithGroups(people, groups, members), await readDeputies(options.database, now), now);
		},
		staff: async () => {
			const now = options.now();
			return withDeputies(people, await readDeputies(options.database, now), now);
		},
		handlers: {
			card,
			card_safety: card,
			card_asked: card,
			post: async (due) => await eachDue(room, due, async (one) => await bringPost(room, one.key)),
			unparsed: async (due) => await eachDue(room, due, async (one) => await bringUnparsed(room, one.key)),
			heard: async (due) => await eachDue(room, due, async (one) => await bringHeard(room, one.key)),
		},
		slack: {
			click: async (click) => await takeClick(room, click),
			check: checkSubmission,
			submit: async (submission) => await takeSubmission(room, submission),
			command: async (typed) => await takeCommand(room, typed),
			home: async (user) => await showHome(room, user),
		},
	};
}

/** Work on one incident's messages at a time in this process: its lanes would begin the same message twice. */
function createQueues(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
	const last = new Map<string, Promise<unknown>>();
	return async (key, work) => {
		const before = last.get(key) ?? Promise.resolve();
		const mine = before.then(work, work);
		last.set(key, mine);
		try {
			return await mine;
		} finally {
			if (last.get(key) === mine) last.delete(key);
		}
	};
}

/**
 * Works rows one by one and completes each with the look that must follow. One that fails by a fault of ours throws and goes back with
 * a pause; Slack being away is no fault: the row is completed and its topic comes back later, so that no row is ever given up for it.
 */
async function eachDue(room: Counter, due: readonly Due[], work: (one: Due) => Promise<Next>): Promise<void> {
	const began = room.now();
	const failures: unknown[] = [];
	for (const one of due) {
		try {
			const next = room.now() - began > PASS_MAX_MS ? room.now() : await work(one);
			const topics: NextTopic[] =
				next === null ? [] : [{ topic: one.topic, key: one.key, after: next, data: one.data }];
			await record(room.database, { entries: [], topics, done: [one] }, room.now());
		} catch (cause) {
			failures.push(cause);
		}
	}
	if (failures.length > 0) throw failures[0];
}
