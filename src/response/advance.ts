// What becomes of a step that has not begun: it waits for its turn, is judged by the gate, asked, queued, written out, or cancelled.
// Pure: from a view of the incident to what is to be recorded. NOT here: running it (run-step.ts), planning (plan.ts).
import { canonicalHash } from '../domain/canonical.ts';
import type { Decision } from '../domain/decision.ts';
import type { Json, NewEntry } from '../domain/entry.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, SECOND } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Change } from '../store/record.ts';
import { isBlockRow } from './flow/decide-block.ts';
import { itemOf } from './flow/program.ts';
import { clear, judge } from './gate.ts';
import { goOnKey, turnOf } from './order.ts';
import { onFailureOf } from './plan.ts';
import { stepIdOf } from './plan-step.ts';
import { settle } from './settle.ts';
import { askOn, cardOf, isClosed, type View } from './view.ts';

/** A step held back by a freeze, a window or another OT step is looked at again after this long, besides every change that wakes it. */
const HELD_AGAIN_MS = 30 * SECOND;

/** What one step's move comes to. `step` is the row after it, for the moves that follow in the same pass. */
export type Move = {
	readonly step: Step;
	readonly entries: readonly NewEntry[];
	readonly changes: readonly Change[];
	readonly topics: readonly NextTopic[];
};

const BOT = { kind: 'bot', id: 'bot' } as const;

/** An entry about a step: every kind names it alike, so that one line can be written from any. */
export function stepEntry(kind: NewEntry['kind'], step: Step, data: NewEntry['data'], now: Instant): NewEntry {
	return {
		kind,
		actor: BOT,
		at: now,
		incident: step.incident,
		refs: [step.id],
		data: { step_title: step.title, action: step.action, target: step.target, ...data },
	};
}

/** True for a step that nobody has acted on: it may be judged again at any time. */
function hasNotBegun(step: Step): boolean {
	return step.attempts === 0 && ['planned', 'waiting', 'hands', 'forbidden'].includes(step.state);
}

/**
 * The next move of one step; null where everything stays as it is.
 *
 * A new decision with another binding voids the approvals of the old one, because they name the old binding. A step that the gate
 * forbids or leaves to hands may come back when people state facts: it is judged on each look until somebody has begun it.
 */
export function advance(step: Step, view: View, now: Instant): Move | null {
	if (!hasNotBegun(step)) return null;
	const isUndo = step.key.startsWith('undo:');
	if (isClosed(view) && !isUndo) return cancelled(step, `incident ${view.incident.state}`, view, now);
	const flow = view.flows?.get(step.playbook);
	// Branches and waits are decided before anything moves (flow/pass.ts).
	if (isBlockRow(step, flow)) return null;
	// What the gate forbade, and what was begun instead, stays so.
	if (step.state === 'forbidden' && hasInstead(step, view)) return null;
	const turn = turnOf(step, view.steps, (other) => onFailureOf(other, view.setting.playbooks), flow);
	if (turn.kind === 'cancel') return cancelled(step, turn.because, view, now);
	const questions = turn.kind === 'ask' ? turn.failed.map((failed) => goOnQuestion(failed, step, now)) : [];
	const gate = judge(step, view, now);
	const settled = settle(
		step,
		gate,
		view.setting.canRun(step.action),
		turn.kind === 'ready',
		approvalMsOf(step, view),
		now,
	);
	const next: Step = {
		...step,
		decision: settled.decision,
		state: settled.state,
		expires_at: settled.expiresAt,
		instructions: settled.instructions,
		updated_at: now,
	};
	if (next.state === 'waiting' && next.decision?.holds.length === 0) {
		const permitted = clear(next, view, now);
		if (permitted.ok) return queued(step, next, questions, view, now);
	}
	if (next.state === 'queued') return queued(step, next, questions, view, now);
	const isSame =
		step.state === next.state && sameDecision(step.decision, next.decision) && step.expires_at === next.expires_at;
	const held = next.state === 'waiting' && (next.decision?.holds.length ?? 0) > 0;
	const look: NextTopic[] = held ? [{ topic: 'plan', key: step.incident, after: now + HELD_AGAIN_MS }] : [];
	if (isSame && questions.length === 0) return held ? { step, entries: [], changes: [], topics: look } : null;
	return {
		step: isSame ? step : next,
		entries: isSame ? [] : [decidedEntry(next, now), ...(next.state === 'hands' ? [handsEntry(next, now)] : [])],
		changes: [
			...(isSame ? [] : [update(step, next)]),
			...questions.map((row): Change => ({ op: 'ensure', table: 'steps', row })),
		],
		topics: [
			...look,
			asksPeople(next) ? askOn(view) : cardOf(view),
			...(next.expires_at === null ? [] : [{ topic: 'expire', key: step.id, after: next.expires_at } as const]),
			...(questions.length === 0 ? [] : [{ topic: 'plan', key: step.incident } as const]),
		],
	};
}

/** Whether anything has been begun for the failure of this step: until then facts may bring it back. */
function hasInstead(step: Step, view: View): boolean {
	const instead = view.flows?.get(step.playbook)?.instances.filter((one) => one.failureOf === step.key) ?? [];
	return view.steps.some(
		(other) =>
			other.playbook === step.playbook &&
			!['planned', 'forbidden', 'cancelled'].includes(other.state) &&
			instead.some((one) => one.key === other.key),
	);
}

function asksPeople(step: Step): boolean {
	return step.state === 'hands' || (step.state === 'waiting' && (step.decision?.needs.length ?? 0) > 0);
}

/** The same to the last word: a decision is recorded again whenever a row, a reason or a missing fact differs. */
function sameDecision(a: Decision | null, b: Decision | null): boolean {
	return a !== null && b !== null && canonicalHash(a) === canonicalHash(b);
}

function approvalMsOf(step: Step, view: View): number {
	return itemOf(step, view.setting.playbooks)?.expires_in ?? view.setting.approvalMs;
}

function queued(step: Step, next: Step, questions: readonly Step[], view: View, now: Instant): Move {
	const row: Step = { ...next, state: 'queued', expires_at: null };
	return {
		step: row,
		entries: [
			...(sameDecision(step.decision, row.decision) ? [] : [decidedEntry(row, now)]),
			stepEntry(
				'step.queued',
				row,
				{ class: row.decision?.class ?? null, binding: row.decision?.binding ?? null },
				now,
			),
		],
		changes: [
			update(step, row),
			...questions.map((question): Change => ({ op: 'ensure', table: 'steps', row: question })),
		],
		topics: [{ topic: 'run', key: step.id }, cardOf(view)],
	};
}

function cancelled(step: Step, why: string, view: View, now: Instant): Move {
	const row: Step = { ...step, state: 'cancelled', outcome: why, expires_at: null, updated_at: now };
	return {
		step: row,
		entries: [stepEntry('step.cancelled', step, { why }, now)],
		changes: [update(step, row)],
		topics: [cardOf(view), { topic: 'plan', key: step.incident }],
	};
}

/** The whole decision goes into the ledger: what was judged, the rows that had a say, what was missing, and what it binds to (G11). */
function decidedEntry(step: Step, now: Instant): NewEntry {
	// A decision is JSON by its schema; the type only says so in other words.
	const decision = step.decision as unknown as Json;
	return stepEntry(
		'step.decided',
		step,
		{
			state: step.state,
			summary: step.decision?.summary ?? '',
			playbook: step.playbook,
			playbook_version: step.playbook_version,
			params: step.params,
			attempt: step.attempts,
			expires_at: step.expires_at,
			decision,
		},
		now,
	);
}

function handsEntry(step: Step, now: Instant): NewEntry {
	return stepEntry(
		'step.hands',
		step,
		{ instructions: step.instructions, checklist: step.checklist, binding: step.decision?.binding ?? null },
		now,
	);
}

/** Changes a step's row, and nothing if somebody changed it since it was read. */
export function update(before: Step, after: Step): Change {
	return {
		op: 'update',
		table: 'steps',
		id: before.id,
		set: {
			state: after.state,
			decision: after.decision,
			expires_at: after.expires_at,
			instructions: after.instructions,
			contained_until: after.contained_until,
			attempts: after.attempts,
			outcome: after.outcome,
			updated_at: after.updated_at,
		},
		expect: { state: before.state, attempts: before.attempts, updated_at: before.updated_at },
	};
}

/** A request to people: a step ended badly, do those behind it go on? Their attestation is the yes. */
export function goOnQuestion(failed: Step, behind: Step, now: Instant): Step {
	const key = goOnKey(failed.key);
	return {
		...failed,
		id: stepIdOf(failed.incident, failed.playbook, key, failed.target),
		key,
		title: `Go on after: ${failed.title}`.slice(0, 150),
		action: 'ask_person',
		params: {},
		instructions: `The step "${failed.title}" ended ${failed.state}${failed.outcome === null ? '' : ` (${failed.outcome.slice(0, 300)})`}. Look at what it left behind. Attest this only if the steps behind it, beginning with "${behind.title}", are still right; otherwise leave it, and resolve or handle the incident by hand.`,
		checklist: ['What the failed step left behind has been looked at', 'The steps behind it are still right'],
		state: 'planned',
		decision: null,
		after: [],
		requested_by: 'bot',
		expires_at: null,
		containment_ms: null,
		contained_until: null,
		attempts: 0,
		outcome: null,
		created_at: now,
		updated_at: now,
	};
}
