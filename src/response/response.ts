// The response stage: answers the topics plan, run and expire. It reads, asks the pure parts, and records; what is decided is decided in
// plan.ts, advance.ts and safety/, what touches the world is run-step.ts. Nothing here is posted: chat answers `card` and `post`.

import type { Decision } from '../domain/decision.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { FactReading } from '../domain/fact.ts';
import { makeId } from '../domain/id.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Person } from '../domain/person.ts';
import type { RouteOf } from '../domain/route.ts';
import type { Instant } from '../domain/time.ts';
import type { Due, Handlers, NextTopic } from '../domain/topic.ts';
import type { Window } from '../domain/window.ts';
import { isGateFault } from '../safety/decide.ts';
import type { Database } from '../store/database.ts';
import { readToldKeys } from '../store/read/proof.ts';
import {
	type AlertRow,
	type ResponseSnapshot,
	readIncidentForResponse,
	readStepForResponse,
} from '../store/read/response.ts';
import { type Change, record } from '../store/record.ts';
import { RUNNABLE } from './actions/index.ts';
import { advance, update } from './advance.ts';
import type { LoadedPlaybook } from './choose.ts';
import { compensate } from './compensate.ts';
import { createBreaker } from './connectors/breaker.ts';
import type { Connector } from './connectors/connector.ts';
import { connectorsByAction } from './connectors/index.ts';
import { goOnWithDrill } from './drill.ts';
import { type Escalator, escalateIncident } from './escalate.ts';
import type { EvidenceAlert } from './evidence.ts';
import { expireStep } from './expire.ts';
import { type Pass, passOf } from './flow/pass.ts';
import { callsOf, hasFlow, libraryOf } from './flow/program.ts';
import { closedBy } from './outcome.ts';
import { configsOf, NO_PAGING, type PageDesk, type Paging } from './pagers/desk.ts';
import { sendPage } from './pagers/send-page.ts';
import { createUnheard } from './pagers/unheard.ts';
import { plannedAs } from './proof.ts';
import { type Log, type Runner, runStep } from './run-step.ts';
import { freezeItself } from './self-freeze.ts';
import { APPROVAL_WAIT_MS } from './settle.ts';
import { answerTampering, isTampered, provedBy } from './tampering.ts';
import { verifyStep } from './verify-step.ts';
import { cardOf, isClosed, type Setting, type View } from './view.ts';
import { viewStep } from './view-step.ts';

/** Rows of one batch that are worked on at the same time; a call may take half a minute. */
const PARALLEL_MAX = 8;

export type ResponseParts = {
	readonly database: Database;
	readonly inventory: Inventory;
	readonly playbooks: readonly LoadedPlaybook[];
	/** Who may decide, as they are now: a function where roles come from groups that change (Slack user groups). */
	readonly people: readonly Person[] | (() => Promise<readonly Person[]>);
	readonly windows: readonly Window[];
	readonly siteRules: readonly unknown[];
	/** What the site states in facts.yaml. */
	readonly facts?: readonly FactReading[];
	readonly connectors: readonly Connector[];
	readonly clock: () => Instant;
	/** In [0, 1), from a cryptographic source: for the ids of messages. */
	readonly random: () => number;
	readonly log: Log;
	/** Whom the site names for an incident when nobody answers, in order. */
	readonly escalation?: Setting['escalation'];
	/** The route of an incident: who is told when it is opened, and who is next. */
	readonly routeOf?: RouteOf;
	/** Everybody by their ids, with deputies and without the roles that groups lend: nobody outside is asked. Left out: `people`. */
	readonly staff?: () => Promise<readonly Person[]>;
	/** Ways to reach people outside Slack; without it there are none. */
	readonly paging?: Paging;
	/** Where steps that read are aimed, by their action. */
	readonly stores?: ReadonlyMap<string, string>;
	/** How long approvals are waited for where a playbook does not say; 15 minutes. */
	readonly approvalMs?: number;
};

/** The stage: handlers for its topics, and the look at what Slack does not take, which the caller repeats. */
export function createResponse(parts: ResponseParts): Handlers {
	return openResponse(parts).handlers;
}

/** Builds the stage. Configuration is read once: a change of a file takes a new start (or a new stage). */
export function openResponse(parts: ResponseParts): {
	readonly handlers: Handlers;
	readonly lookUnheard: () => Promise<void>;
	/** A step with everything that its decision rests on, read now; null where there is none. */
	readonly readStep: Runner['readStep'];
} {
	const paging = parts.paging ?? NO_PAGING;
	const connectors = connectorsByAction(parts.connectors);
	const setting: Setting = {
		inventory: parts.inventory,
		windows: parts.windows,
		siteRules: parts.siteRules,
		facts: parts.facts ?? [],
		people: typeof parts.people === 'function' ? [] : parts.people,
		playbooks: libraryOf(parts.playbooks),
		canRun: (action) => {
			const known = RUNNABLE.get(action);
			return known !== undefined && (known.kind === 'internal' || connectors.has(action));
		},
		storeOf: (action) => parts.stores?.get(action) ?? null,
		approvalMs: parts.approvalMs ?? APPROVAL_WAIT_MS,
		pagers: configsOf(paging),
		...(parts.escalation === undefined ? {} : { escalation: parts.escalation }),
	};
	const runner: Runner = {
		database: parts.database,
		actions: RUNNABLE,
		connectorFor: (action) => connectors.get(action) ?? null,
		readStep: async (id) => {
			const now = parts.clock();
			const read = await readStepForResponse(parts.database, id, now);
			if (read === null) return null;
			return { view: viewOf(read.snapshot, await withPeople(parts, setting), now), step: read.step };
		},
		clock: parts.clock,
		newId: (prefix) => makeId(prefix, parts.clock(), parts.random),
		log: parts.log,
	};
	const escalator: Escalator = {
		database: parts.database,
		routeOf: parts.routeOf ?? (() => null),
		people: parts.staff ?? (async () => (await withPeople(parts, setting)).people),
		outside: { pagers: configsOf(paging), fallback: paging.fallback },
		newId: runner.newId,
		clock: parts.clock,
	};
	const desk: PageDesk = {
		database: parts.database,
		paging,
		breakers: new Map(paging.pagers.map((pager) => [pager.config.name, createBreaker()])),
		newId: runner.newId,
		clock: parts.clock,
	};
	const drill = { ...escalator, people: async () => (await withPeople(parts, setting)).people, random: parts.random };
	const handlers: Handlers = {
		plan: (due) => each(due, async (one) => await planIncident(parts, setting, one)),
		run: (due) => each(due, async (one) => await runStep(runner, one)),
		expire: (due) => each(due, async (one) => await expire(parts, runner, one)),
		escalate: (due) => each(due, async (one) => await escalateIncident(escalator, one)),
		escalate_safety: (due) => each(due, async (one) => await escalateIncident(escalator, one)),
		pager: (due) => each(due, async (one) => await sendPage(desk, one)),
		pager_safety: (due) => each(due, async (one) => await sendPage(desk, one)),
		verify: (due) => each(due, async (one) => await verifyStep(runner, one)),
		view: (due) => each(due, async (one) => await viewStep(runner, one)),
		drill: (due) => each(due, async (one) => await goOnWithDrill(drill, one)),
	};
	return { handlers, lookUnheard: createUnheard(desk).look, readStep: runner.readStep };
}

/** The people are asked for at each look: one who left a group this morning does not approve tonight. */
async function withPeople(parts: ResponseParts, setting: Setting): Promise<Setting> {
	return typeof parts.people === 'function' ? { ...setting, people: await parts.people() } : setting;
}

/** Works on the rows side by side, a few at a time. One that fails does not stop the others; the first failure is thrown at the end. */
async function each(due: readonly Due[], work: (one: Due) => Promise<void>): Promise<void> {
	const waiting = [...due];
	const failures: unknown[] = [];
	const worker = async (): Promise<void> => {
		for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
			try {
				await work(one);
			} catch (cause) {
				failures.push(cause);
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(PARALLEL_MAX, due.length) }, worker));
	if (failures.length > 0) throw failures[0];
}

/** Chooses playbooks, adds the steps that are missing, and moves every step that has not begun. Doing it twice changes nothing more. */
async function planIncident(parts: ResponseParts, setting: Setting, due: Due): Promise<void> {
	const now = parts.clock();
	const snapshot = await readIncidentForResponse(parts.database, due.key, now);
	if (snapshot === null) {
		await record(parts.database, { entries: [], done: [due] }, now);
		return;
	}
	const view = viewOf(snapshot, await withPeople(parts, setting), now);
	const answered = answerTampering(
		view,
		await readToldKeys(
			parts.database.db,
			view.findings.map((one) => one.key),
		),
		(prefix) => makeId(prefix, now, parts.random),
		now,
	);
	if (answered.isStepChanged) {
		parts.log.error({ incident: due.key, findings: view.findings.length }, 'steps were changed outside the program');
		const topics: NextTopic[] = [...answered.topics, { topic: 'plan', key: due.key }];
		await record(parts.database, { ...answered, topics, done: [due] }, now);
		return;
	}
	const made = isClosed(view) ? null : passOf(view, now);
	const current = made?.view ?? view;
	const back = compensate(current, now);
	const fresh = [...(made?.fresh ?? []), ...back.steps];
	const closed = takenBack(view, now);
	const moved = moveAll(
		{ ...current, steps: [...current.steps, ...back.steps] },
		new Set(fresh.map((step) => step.id)),
		now,
	);
	const goesOn = [...(current.flows?.values() ?? [])].some((flow) => hasFlow(flow.program.playbook));
	const isMoved = moved.entries.length > 0 || (made?.entries.length ?? 0) > 0;
	await record(
		parts.database,
		{
			entries: [
				...answered.entries,
				...(made === null || made.fresh.length === 0 ? [] : [planEntry(view, made)]),
				...back.entries,
				...(made?.entries ?? []),
				...moved.entries,
				...closed.flatMap((one) => one.entries),
			],
			changes: [
				...answered.changes,
				...moved.inserts,
				...(made?.changed ?? []).map(({ before, after }) => update(before, after)),
				...(made?.questions ?? []).map((row): Change => ({ op: 'ensure', table: 'steps', row })),
				...moved.changes,
				...back.changes,
				...closed.flatMap((one) => one.changes),
			],
			topics: [
				...answered.topics,
				...(made?.topics ?? []),
				...moved.topics,
				// What has ended may decide a branch, or be what a failure's steps are for.
				...(goesOn && isMoved ? [{ topic: 'plan', key: due.key } as const, cardOf(current)] : []),
			],
			done: [due],
		},
		now,
	);
	const fault = moved.decided.find(isGateFault);
	if (fault !== undefined) {
		parts.log.error({ incident: due.key, summary: fault.summary }, 'the gate failed: everything is frozen');
		await freezeItself(parts.database, fault.summary, view.setting.people, now, parts.random);
	}
	if (fresh.length > 0) parts.log.info({ incident: due.key, steps: fresh.length }, 'plan made or extended');
}

/** Containments whose taking back a person has vouched for: attested by hand, or a step in doubt that was found done. */
function takenBack(view: View, now: Instant): ReturnType<typeof closedBy>[] {
	return view.steps
		.filter((step) => (step.state === 'done' || step.state === 'attested') && step.action !== 'ask_person')
		.map((step) => closedBy(step, view.steps, now));
}

/** Which playbooks and why, the steps that are new, and what was left out. */
function planEntry(view: View, { fresh, chosen, leftOut, unknown }: Pass): NewEntry {
	const { playbooks } = view.setting;
	return {
		kind: 'plan.made',
		actor: { kind: 'bot', id: 'bot' },
		at: fresh[0]?.created_at ?? 0,
		incident: view.incident.id,
		refs: fresh.map((step) => step.id),
		data: {
			summary: `${fresh.length} steps of ${[...new Set(fresh.map((step) => step.playbook))].join(', ')}`,
			playbooks: chosen.map(({ loaded, why }) => ({
				id: loaded.playbook.id,
				version: loaded.version,
				lead: loaded.playbook.lead,
				why,
				...(callsOf(loaded).length === 0
					? {}
					: { calls: callsOf(loaded).map((id) => ({ id, version: playbooks.get(id)?.version ?? null })) }),
			})),
			steps: fresh.map(plannedAs),
			left_out: leftOut.map((left) => ({ ...left })),
			unknown_playbooks: [...unknown],
		},
	};
}

type Moved = {
	readonly entries: NewEntry[];
	readonly inserts: Change[];
	readonly changes: Change[];
	readonly topics: NextTopic[];
	/** Decisions that were made new in this pass. */
	readonly decided: Decision[];
};

/** Moves every step once, in the plan's order; a step sees what those before it have become in this pass. */
function moveAll(start: View, fresh: ReadonlySet<string>, now: Instant): Moved {
	const moved: Moved = { entries: [], inserts: [], changes: [], topics: [], decided: [] };
	let view = start;
	for (const step of start.steps) {
		const move = advance(step, view, now);
		if (fresh.has(step.id)) moved.inserts.push({ op: 'insert', table: 'steps', row: move?.step ?? step });
		if (move === null) continue;
		if (move.step.decision !== null && move.entries.length > 0) moved.decided.push(move.step.decision);
		moved.entries.push(...move.entries);
		moved.topics.push(...move.topics);
		// A new row is written as it has become; changes of other rows (questions) go along.
		moved.changes.push(...move.changes.filter((change) => !(fresh.has(step.id) && change.op === 'update')));
		view = { ...view, steps: view.steps.map((one) => (one.id === step.id ? move.step : one)) };
	}
	return moved;
}

async function expire(parts: ResponseParts, runner: Runner, due: Due): Promise<void> {
	const now = parts.clock();
	const read = await runner.readStep(due.key);
	const move =
		read === null
			? { entries: [], changes: [], topics: [] }
			: isTampered(read.step, read.view)
				? { entries: [], topics: [{ topic: 'plan', key: read.step.incident } as const] }
				: expireStep(read.step, read.view, now);
	await record(parts.database, { ...move, done: [due] }, now);
}

function viewOf(snapshot: ResponseSnapshot, setting: Setting, now: Instant): View {
	return {
		setting,
		incident: snapshot.incident,
		alerts: snapshot.alerts.map(evidenceOf),
		steps: snapshot.steps,
		automaticLastHour: snapshot.automaticLastHour,
		automaticTargets: snapshot.automaticTargets,
		...provedBy(snapshot, setting.people, now),
		busy: snapshot.busy,
		alarms: snapshot.alarms,
	};
}

/** An alert that triage has not judged yet says where it points, and nothing about how bad it is. */
function evidenceOf(row: AlertRow): EvidenceAlert {
	return {
		id: row.id,
		occurredAt: row.occurredAt,
		severity: row.verdict?.severity ?? 'informational',
		entities: row.entities,
		techniques: row.verdict?.techniques.map((technique) => technique.id) ?? [],
		tags: row.verdict?.tags ?? [],
		playbooks: row.verdict?.playbooks ?? [],
		category: row.verdict?.category ?? null,
		closedAt: row.closedAt ?? null,
	};
}
