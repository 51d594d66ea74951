// Where a person's click or command meets the database: reads everything fresh, asks the pure part, records its answer; on a
// conflict it reads and asks again. Shared by Slack (chat.ts) and the command line (cli/incident.ts). Decides nothing.
import { makeId } from '../domain/id.ts';
import { type Facts, placesOf } from '../safety/decide.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import type { Database } from '../store/database.ts';
import { outboxDepth } from '../store/outbox.ts';
import {
	countUnparsed,
	findIncident,
	MERGE_ALERTS_MAX,
	readAlertIds,
	readEntry,
	readFaults,
	readFreezes,
	readOpenIncidents,
	readPendingSteps,
	readSituation,
	readStep,
} from '../store/read/chat.ts';
import { Conflict, cryptoRandom, record } from '../store/record.ts';
import { type Answer, say } from './answer.ts';
import { BUTTONS } from './buttons/index.ts';
import type { CommandCall } from './commands/command.ts';
import { findCommand, readIncidentNumber, runCommand } from './commands/index.ts';
import type { Directory } from './directory.ts';
import { type Acting, attestRoles } from './people.ts';
import type { Place, Situation, Step } from './situation.ts';
import type { Ticks } from './views/modals.ts';

/** Somebody else may change the same row between reading and recording; so often we look again before we say so. */
const TRIES_MAX = 5;
const FAULTS_LOOKBACK_MS = 6 * 60 * 60_000;

export type Desk = { readonly database: Database; readonly directory: Directory; readonly now: () => number };

/** Makes an answer from fresh reads and records it. */
async function decideAndRecord(desk: Desk, decide: (now: number) => Promise<Answer>): Promise<Answer> {
	for (let attempt = 1; ; attempt++) {
		const now = desk.now();
		const answer = await decide(now);
		if (answer.entries.length === 0 && answer.changes.length === 0 && answer.topics.length === 0) return answer;
		try {
			await record(desk.database, answer, now);
			return answer;
		} catch (cause) {
			if (!(cause instanceof Conflict) || attempt >= TRIES_MAX) throw cause;
		}
	}
}

const GONE = 'That is not there any more. All open incidents: /interlock list';

/** Where the people who decide about the step must hold their roles, as the gate itself says. */
export function stepPlaces({ inventory }: Directory, step: Step, now: number): readonly Place[] {
	const proposed = proposeStep(step);
	const found = proposed.targets.map((id) => [id, inventory.find(id)] as const);
	const zones = found.flatMap(([, asset]) =>
		asset?.zone == null ? [] : [[asset.zone, inventory.zone(asset.zone)] as const],
	);
	// Only inventory and parameters say where a step is: the rest of the facts has no say in it.
	const facts: Facts = {
		targets: Object.fromEntries(found),
		zones: Object.fromEntries(zones),
		inventory_confirmed_at: inventory.data.confirmedAt,
		readings: [],
		freezes: [],
		confidence_firm: 0,
		site_rules: [],
	};
	return placesOf(proposed, facts, now);
}

/** The roles whose attestation counts for the step. */
export function stepAttestRoles({ inventory }: Directory, step: Step) {
	return attestRoles(step.target === null ? null : inventory.find(step.target), step.target !== null);
}

export type StepWish = {
	readonly acting: Acting;
	readonly step: string;
	/** The binding of the decision that was shown. */
	readonly binding: string;
	readonly button: 'approve' | 'refuse' | 'attest';
	readonly reason: string | null;
	readonly ticks: Ticks;
};

/** Approve, refuse or attest one step. */
export async function performOnStep(desk: Desk, wish: StepWish): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const held = await readStep(desk.database, wish.step);
		const situation = held === null ? null : await readSituation(desk.database, held.incident);
		const step = situation?.steps.find((candidate) => candidate.id === wish.step) ?? null;
		if (situation === null || step === null) return say(GONE);
		const click = {
			acting: wish.acting,
			situation,
			step,
			binding: wish.binding,
			places: stepPlaces(desk.directory, step, now),
			people: desk.directory.people,
			attestRoles: stepAttestRoles(desk.directory, step),
			reason: wish.reason,
			now,
			newId: (prefix: 'apr') => makeId(prefix, now, cryptoRandom),
		};
		return BUTTONS[wish.button].answer(click, wish.ticks);
	});
}

export type IncidentWish = {
	readonly acting: Acting;
	readonly incident: string;
	readonly button: 'acknowledge' | 'resolve';
	readonly reason: string | null;
};

/** Acknowledge or resolve one incident. */
export async function performOnIncident(desk: Desk, wish: IncidentWish): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const situation = await readSituation(desk.database, wish.incident);
		if (situation === null) return say(GONE);
		return BUTTONS[wish.button].answer({ acting: wish.acting, situation, reason: wish.reason, now });
	});
}

/** The two incidents that an entry `incident.merge_suggested` speaks of; null where one of them is gone. */
export async function readSuggestion(
	desk: Desk,
	entryId: string,
): Promise<{ readonly into: Situation; readonly from: Situation } | null> {
	const entry = await readEntry(desk.database, entryId);
	if (entry === null || entry.kind !== 'incident.merge_suggested') return null;
	const ids = suggestedIncidents(entry);
	const [into, from] = await Promise.all(ids.slice(0, 2).map(async (id) => await readSituation(desk.database, id)));
	return into === null || into === undefined || from === null || from === undefined ? null : { into, from };
}

/** Incident ids of a suggestion: the entry's own first, then those that it refers to. */
function suggestedIncidents(entry: { readonly incident: string | null; readonly refs: readonly string[] }): string[] {
	return [...new Set([entry.incident ?? '', ...entry.refs])].filter((id) => id.startsWith('inc_'));
}

/** Answers "same incident?". */
export async function performMerge(
	desk: Desk,
	wish: { readonly acting: Acting; readonly suggestion: string; readonly button: 'merge_yes' | 'merge_no' },
): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const found = await readSuggestion(desk, wish.suggestion);
		if (found === null) return say(GONE);
		const alerts = wish.button === 'merge_yes' ? await readAlertIds(desk.database, found.from.incident.id) : [];
		if (alerts.length >= MERGE_ALERTS_MAX)
			return say(
				`Not merged: more than ${MERGE_ALERTS_MAX} alerts would have to move. Resolve the smaller one instead.`,
			);
		return BUTTONS[wish.button].answer({
			acting: wish.acting,
			situation: found.into,
			from: found.from,
			alerts,
			suggestion: wish.suggestion,
			reason: null,
			now,
		});
	});
}

/** Everything a command may look at. */
export async function readCall(
	desk: Desk,
	acting: Acting,
	words: readonly string[],
	incident: string | null,
	now: number,
): Promise<CommandCall> {
	const { database, directory } = desk;
	const [open, freezes, topics, faults, unparsed, situation] = await Promise.all([
		readOpenIncidents(database),
		readFreezes(database),
		outboxDepth(database),
		readFaults(database, now - FAULTS_LOOKBACK_MS),
		countUnparsed(database),
		incident === null ? null : readSituation(database, incident),
	]);
	const pending = await readPendingSteps(
		database,
		open.map((row) => row.id),
	);
	return {
		acting,
		words,
		situation,
		open,
		pending,
		freezes,
		health: { topics, faults, unparsed },
		places: directory.places,
		naming: directory.naming,
		now,
		newId: (prefix) => makeId(prefix, now, cryptoRandom),
	};
}

/** Runs a typed command. */
export async function performCommand(
	desk: Desk,
	acting: Acting,
	name: string,
	words: readonly string[],
): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const number = findCommand(name)?.takesIncident === true ? readIncidentNumber(words[0]) : null;
		const incident =
			number === null
				? words[0]?.startsWith('inc_') === true
					? words[0]
					: null
				: await findIncident(desk.database, number);
		return runCommand(name, await readCall(desk, acting, words, incident, now));
	});
}
