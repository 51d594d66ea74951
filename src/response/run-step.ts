// The worker: takes a queued step through intent, call and result, so that it runs once in effect. One of the few places that touch the
// world. What is allowed is asked of the gate again here, on fresh facts; what a call's answer means is connectors/retry.ts;
// what is looked at after it is after-call.ts.
//
// A step's life here, each arrow one transaction:
//   queued -> running   entry step.intent, written BEFORE the call; the outbox row stays leased
//   running -> done | failed | in_doubt   entry step.result or step.in_doubt, and the outbox row is deleted
// If the process dies in between, the row's lease ends and the step comes back `running`: its effect is in doubt. The target is asked
// (read-back); where it honours Idempotency-Key the call is made again with the same key; otherwise people are asked.
import { isDrill } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { PagerConfig } from '../domain/pager.ts';
import type { Step } from '../domain/step.ts';
import { HOUR, type Instant } from '../domain/time.ts';
import type { Due, NextTopic } from '../domain/topic.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import { touchesOt } from '../safety/touches-ot.ts';
import type { Database } from '../store/database.ts';
import { readDrill } from '../store/read/drill.ts';
import {
	countPagesSince,
	isStepHeldElsewhere,
	readHolders,
	readPastIncidents,
	withOtIntentLock,
} from '../store/read/response.ts';
import { type Change, LeaseLost, record, type ToRecord } from '../store/record.ts';
import type { Action, ActionInput, ConnectorAction, InternalAction } from './actions/action.ts';
import { stepEntry, update } from './advance.ts';
import { afterCall } from './after-call.ts';
import type { CallResult, Connector, ReadBack } from './connectors/connector.ts';
import { runInDrill } from './drill-step.ts';
import { clear, permit } from './gate.ts';
import { containedBy, holderOf } from './held-elsewhere.ts';
import { closedBy, messagesOf } from './outcome.ts';
import { rowsOf } from './pagers/page.ts';
import { isTampered } from './tampering.ts';
import { tellRead } from './tell-read.ts';
import { askOn, cardOf, otherOtStep, type View } from './view.ts';

export type Log = {
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
};

export type Runner = {
	readonly database: Database;
	readonly actions: ReadonlyMap<string, Action>;
	readonly connectorFor: (action: string) => Connector | null;
	readonly readStep: (step: string) => Promise<{ view: View; step: Step } | null>;
	readonly clock: () => Instant;
	readonly newId: (prefix: 'pst') => string;
	readonly log: Log;
};

/** Does what is due for one step. Everything it decides is recorded; it throws only where nothing was, and the row comes again. */
export async function runStep(runner: Runner, due: Due): Promise<void> {
	const read = await runner.readStep(due.key);
	if (read === null) return await finish(runner, due, { entries: [] });
	const { view, step } = read;
	// A row that is not as recorded is run by nobody: the plan tells people and sets it right.
	if (isTampered(step, view))
		return await finish(runner, due, { entries: [], topics: [{ topic: 'plan', key: step.incident }] });
	if (isDrill(step.incident)) {
		const action = runner.actions.get(step.action);
		const internal = action?.kind === 'internal' ? action : null;
		const say = internal === null ? null : async () => await tell(runner, due, step, view, internal);
		return await runInDrill(runner, due, step, view, say);
	}
	if (step.state === 'queued') return await startStep(runner, due, step, view);
	if (step.state === 'running') return await settleDoubt(runner, due, step, view);
	// Not yet queued (an approval came), or ended: the plan looks at this step and at those that wait for it.
	await finish(runner, due, { entries: [], topics: [{ topic: 'plan', key: step.incident }] });
}

async function finish(runner: Runner, due: Due, what: ToRecord): Promise<void> {
	await record(runner.database, { ...what, done: [due] }, runner.clock());
}

/** The gate once more, on facts read just now; then the intent, the call and the result. */
async function startStep(runner: Runner, due: Due, step: Step, view: View): Promise<void> {
	const action = runner.actions.get(step.action);
	const connector = action?.kind === 'connector' ? runner.connectorFor(step.action) : null;
	if (action === undefined || (action.kind === 'connector' && connector === null))
		return await sendBack(runner, due, step, 'nothing here can do it');
	if (action.kind === 'internal') return await tell(runner, due, step, view, action);
	if (connector === null) return;
	const isOt = touchesOt(step, view.setting.inventory);
	const started = isOt
		? await withOtIntentLock(runner.database, async () => {
				// Read again under the lock: the step that held it before may have begun something.
				const fresh = await runner.readStep(step.id);
				return fresh === null || isTampered(fresh.step, fresh.view)
					? null
					: await recordIntent(runner, due, fresh.step, fresh.view, connector.name);
			})
		: await recordIntent(runner, due, step, view, connector.name);
	if (started === null) return;
	const targets = proposeStep(step).targets;
	const held = await leftToOther(runner, started, step, targets, connector);
	if (held !== null) return await recordResult(runner, due, started.step, view, held, false);
	const result = await action.run(started.grant, step, targets, connector);
	const settled =
		result.effect === 'unknown' && connector.hasReadBack(step.action)
			? await askTarget(connector, started.grant, step, targets, result)
			: result;
	await recordResult(runner, due, started.step, view, settled);
}

/**
 * What another incident holds: not done a second time where the target says that it is so, and not taken back while the other needs
 * it. Null where the call is to be made.
 */
async function leftToOther(
	runner: Runner,
	started: Started,
	step: Step,
	targets: readonly string[],
	connector: Connector,
): Promise<CallResult | null> {
	const contained = containedBy(step);
	if (contained === null) return null;
	const holder = holderOf(step, contained, await readHolders(runner.database, contained.action));
	if (holder === null) return null;
	if (contained.isTakingBack)
		return { effect: 'done', detail: `left as it is: INC-${holder.number} still needs it (${holder.title})`, tries: 0 };
	if (!connector.hasReadBack(step.action)) return null;
	const already: CallResult = { effect: 'unknown', detail: `it was so already, for INC-${holder.number}`, tries: 0 };
	const asked = await askTarget(connector, started.grant, step, targets, already);
	return asked.effect === 'done' ? asked : null;
}

type Started = { readonly step: Step; readonly grant: Parameters<ConnectorAction['run']>[0] };

/** Writes the intent if the gate still allows it; null where it does not (then the step has been sent back). */
async function recordIntent(
	runner: Runner,
	due: Due,
	step: Step,
	view: View,
	connector: string,
): Promise<Started | null> {
	const now = runner.clock();
	if (step.state !== 'queued') {
		await finish(runner, due, { entries: [] });
		return null;
	}
	const other = touchesOt(step, view.setting.inventory) ? otherOtStep(step, view) : null;
	if (other !== null) {
		await sendBack(runner, due, step, `another step on OT is under way: ${other.title}`);
		return null;
	}
	const permitted = permit(step, view, now);
	if (!permitted.ok) {
		await sendBack(runner, due, step, permitted.reason);
		return null;
	}
	const running: Step = { ...step, state: 'running', attempts: step.attempts + 1, updated_at: now };
	await record(
		runner.database,
		{
			entries: [
				stepEntry(
					'step.intent',
					step,
					{
						connector,
						params: step.params,
						attempt: step.attempts,
						idempotency_key: step.id,
						binding: permitted.decision.binding,
						class: permitted.decision.class,
					},
					now,
				),
			],
			changes: [update(step, running)],
			topics: [cardOf(view)],
		},
		now,
	);
	return { step: running, grant: permitted.grant };
}

/** The gate says otherwise now: the step is judged anew, by the plan, with a new decision. Approvals count there only if they name it. */
async function sendBack(runner: Runner, due: Due, step: Step, why: string): Promise<void> {
	const now = runner.clock();
	const waiting: Step = { ...step, state: 'planned', expires_at: null, updated_at: now };
	runner.log.info({ incident: step.incident, step: step.id, why }, 'step not run: back to the gate');
	await finish(runner, due, {
		entries: [
			stepEntry(
				'step.decided',
				step,
				{ state: 'planned', why, class: step.decision?.class ?? null, binding: step.decision?.binding ?? null },
				now,
			),
		],
		changes: [update(step, waiting)],
		topics: [{ topic: 'plan', key: step.incident }],
	});
}

/** Messages and reading: intent, messages and result are one transaction, so there is nothing to be in doubt about. */
async function tell(runner: Runner, due: Due, step: Step, view: View, action: InternalAction): Promise<void> {
	const now = runner.clock();
	const permitted = clear(step, view, now);
	if (!permitted.ok) return await sendBack(runner, due, step, permitted.reason);
	const told = action.run(await inputFor(runner, step, view, now));
	const after: Step = {
		...step,
		state: told.state,
		attempts: step.attempts + 1,
		outcome: told.outcome,
		expires_at: null,
		updated_at: now,
	};
	const { changes, topics } = messagesOf(told.notes, step, runner.newId, now);
	const paged = rowsOf(told.pages ?? [], step.incident, view.incident.process_safety, runner.newId, now);
	const entries: NewEntry[] = [
		stepEntry(
			'step.intent',
			step,
			{
				params: step.params,
				attempt: step.attempts,
				binding: permitted.decision.binding,
				class: permitted.decision.class,
			},
			now,
		),
		stepEntry(
			'step.result',
			step,
			{ state: told.state, outcome: told.outcome, messages: told.notes.length, pages: paged.changes.length },
			now,
		),
	];
	if (told.state === 'hands')
		entries.push(
			stepEntry(
				'step.hands',
				step,
				{ instructions: step.instructions, checklist: step.checklist, binding: permitted.decision.binding },
				now,
			),
		);
	await finish(runner, due, {
		entries,
		changes: [update(step, after), ...changes, ...paged.changes],
		topics: [...topics, ...paged.topics, ...(told.state === 'hands' ? [askOn(view)] : []), ...wake(view)],
	});
}

async function inputFor(runner: Runner, step: Step, view: View, now: Instant): Promise<ActionInput> {
	const asset = step.target === null ? null : view.setting.inventory.find(step.target);
	return {
		step,
		asset,
		incident: view.incident,
		inventory: view.setting.inventory,
		people: view.setting.people,
		recentPages: await countPagesSince(runner.database, now - HOUR),
		pastIncidents:
			step.action === 'enrich' && asset !== null
				? await readPastIncidents(runner.database, asset.id, step.incident, 5)
				: [],
		pagers: await pagersFor(runner, step, view),
		now,
	};
}

/** A drill stays in Slack unless its scenario says otherwise. */
async function pagersFor(runner: Runner, step: Step, view: View): Promise<readonly PagerConfig[]> {
	const { pagers = [] } = view.setting;
	if (pagers.length === 0 || !isDrill(step.incident)) return pagers;
	return (await readDrill(runner.database, step.incident))?.pagers === true ? pagers : [];
}

/** After an end: the card, and the plan, which looks at the steps that waited for this one. */
function wake(view: View): NextTopic[] {
	return [cardOf(view), { topic: 'plan', key: view.incident.id }];
}

async function askTarget(
	connector: Connector,
	grant: Started['grant'],
	step: Step,
	targets: readonly string[],
	before: CallResult,
): Promise<CallResult> {
	const asked: ReadBack = await connector.readBack(grant, {
		step: step.id,
		action: step.action,
		target: step.target,
		targets,
		params: step.params,
		since: step.updated_at,
	});
	const detail = `${before.detail}; asked the target: ${asked.detail}`;
	return { effect: asked.state, detail, tries: before.tries };
}

/** A step found running, with nobody else at work on it: its call may or may not have been made. */
async function settleDoubt(runner: Runner, due: Due, step: Step, view: View): Promise<void> {
	const now = runner.clock();
	if (await isStepHeldElsewhere(runner.database, step.id, due.id, now))
		return await finish(runner, due, { entries: [] });
	const doubt = (detail: string): CallResult => ({ effect: 'unknown', detail, tries: 0 });
	const action = runner.actions.get(step.action);
	const connector = action?.kind === 'connector' ? runner.connectorFor(step.action) : null;
	const stopped = 'the program stopped between the call and its answer';
	if (action?.kind !== 'connector' || connector === null)
		return await recordResult(runner, due, step, view, doubt(stopped));
	// The same attempt goes on, so it is judged as the same: approvals still have to be valid now, and a freeze stops this too.
	const attempt: Step = { ...step, attempts: Math.max(0, step.attempts - 1) };
	const permitted = permit(attempt, view, now);
	if (!permitted.ok)
		return await recordResult(runner, due, step, view, doubt(`${stopped}; not looked into: ${permitted.reason}`));
	const targets = proposeStep(step).targets;
	let result = doubt(stopped);
	if (connector.hasReadBack(step.action)) result = await askTarget(connector, permitted.grant, step, targets, result);
	// On OT nothing is tried again by itself: the first surprise is where it stops (rules G6, P05).
	const mayRepeat = connector.isIdempotent(step.action) && !touchesOt(step, view.setting.inventory);
	if (result.effect !== 'done' && mayRepeat) {
		const again = await action.run(permitted.grant, attempt, targets, connector);
		// A refusal of the second call says nothing about the first.
		result = again.effect === 'not_done' && result.effect === 'unknown' ? { ...again, effect: 'unknown' } : again;
	}
	await recordResult(runner, due, step, view, result);
}

/** The result, whatever it is; and if the lease was lost meanwhile, the result all the same: what is known must not be forgotten. */
async function recordResult(
	runner: Runner,
	due: Due,
	step: Step,
	view: View,
	result: CallResult,
	isCalled = true,
): Promise<void> {
	const now = runner.clock();
	const { after, recorded } = resultOf(step, view, result, now);
	const hasReadBack = runner.connectorFor(step.action)?.hasReadBack(step.action) ?? false;
	const called = afterCall(after, recorded, view, hasReadBack, isCalled, runner.newId, now);
	const what = tellRead(called, result, step, runner.newId, now);
	try {
		await finish(runner, due, what);
	} catch (cause) {
		if (!(cause instanceof LeaseLost)) throw cause;
		runner.log.warn({ incident: step.incident, step: step.id }, 'step result recorded after its lease had ended');
		await record(runner.database, what, runner.clock());
	}
}

function resultOf(
	step: Step,
	view: View,
	result: CallResult,
	now: Instant,
): { readonly after: Step; readonly recorded: ToRecord } {
	const state = result.effect === 'done' ? 'done' : result.effect === 'not_done' ? 'failed' : 'in_doubt';
	const until = state === 'done' && step.containment_ms !== null ? now + step.containment_ms : null;
	const after: Step = {
		...step,
		state,
		outcome: result.detail.slice(0, 1_000),
		contained_until: until,
		updated_at: now,
	};
	const kind = state === 'in_doubt' ? 'step.in_doubt' : 'step.result';
	const undone = state === 'done' ? closedBy(step, view.steps, now) : { entries: [], changes: [] as Change[] };
	const recorded: ToRecord = {
		entries: [
			stepEntry(
				kind,
				step,
				{ state, outcome: after.outcome, attempt: step.attempts - 1, tries: result.tries, contained_until: until },
				now,
			),
			...undone.entries,
		],
		changes: [update(step, after), ...undone.changes],
		topics: [
			...(state === 'in_doubt' ? [askOn(view)] : []),
			...wake(view),
			...(until === null ? [] : [{ topic: 'expire', key: step.id, after: until } as const]),
		],
	};
	return { after, recorded };
}
