// What time does to a step: an unanswered request ends, an approval that ran out is looked at again, and a containment that has lasted
// long enough is taken back through the gate, or people are asked. Pure.
import type { NewEntry } from '../domain/entry.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Change } from '../store/record.ts';
import { RUNNABLE } from './actions/index.ts';
import { stepEntry, update } from './advance.ts';
import { itemOf } from './flow/program.ts';
import { undoKey } from './order.ts';
import { stepIdOf } from './plan-step.ts';
import { plannedAs } from './proof.ts';
import { cardOf, type View } from './view.ts';

export type Expiry = {
	readonly entries: readonly NewEntry[];
	readonly changes: readonly Change[];
	readonly topics: readonly NextTopic[];
};

/** What the topic `expire` comes to for one step at this moment; looking too early only sets the next look. */
export function expireStep(step: Step, view: View, now: Instant): Expiry {
	if (step.state === 'waiting' && step.expires_at !== null) {
		if (step.expires_at > now) {
			// An approval may have run out before the request did: the plan judges the step again.
			return {
				entries: [],
				changes: [],
				topics: [
					{ topic: 'expire', key: step.id, after: step.expires_at },
					{ topic: 'plan', key: step.incident },
				],
			};
		}
		const after: Step = {
			...step,
			state: 'expired',
			outcome: 'nobody answered in time',
			expires_at: null,
			updated_at: now,
		};
		return {
			entries: [
				stepEntry(
					'step.expired',
					step,
					{
						why: 'nobody answered in time',
						asked: step.decision?.needs.map((need) => need.roles.join(' or ')) ?? [],
						binding: step.decision?.binding ?? null,
					},
					now,
				),
			],
			changes: [update(step, after)],
			topics: [cardOf(view), { topic: 'plan', key: step.incident }],
		};
	}
	// A wait: the plan decides whether it is over.
	if (step.state === 'planned' && step.expires_at !== null) {
		const next: NextTopic =
			step.expires_at > now
				? { topic: 'expire', key: step.id, after: step.expires_at }
				: { topic: 'plan', key: step.incident };
		return { entries: [], changes: [], topics: [next] };
	}
	if (step.state === 'done' && step.contained_until !== null) {
		if (step.contained_until > now)
			return { entries: [], changes: [], topics: [{ topic: 'expire', key: step.id, after: step.contained_until }] };
		return containmentEnds(step, view, now);
	}
	return { entries: [], changes: [], topics: [] };
}

/** A containment that ends by time. */
function containmentEnds(step: Step, view: View, now: Instant): Expiry {
	const { undo, entry, change } = takeBack(step, view, `containment of ${step.key} has run out`, [], now);
	return {
		entries: [entry],
		changes: [change, { op: 'ensure', table: 'steps', row: undo }],
		topics: [{ topic: 'plan', key: step.incident }, cardOf(view)],
	};
}

export type TakenBack = { readonly undo: Step; readonly entry: NewEntry; readonly change: Change };

/** The inverse as a step of its own, judged like any other; where there is none, a request to people. */
export function takeBack(step: Step, view: View, summary: string, after: readonly string[], now: Instant): TakenBack {
	const item = itemOf(step, view.setting.playbooks);
	const own = RUNNABLE.get(step.action)?.undo;
	const inverse = item?.undo ?? (own !== undefined && 'by' in own ? own.by : null);
	const key = undoKey(step.key);
	const undo: Step = {
		...step,
		id: stepIdOf(step.incident, step.playbook, key, step.target),
		key,
		title: `Take back: ${step.title}`.slice(0, 150),
		action: inverse ?? 'ask_person',
		params: inverse === null ? {} : step.params,
		instructions: `"${step.title}" has lasted as long as planned, or is no longer wanted. Is the cause gone? Then take it back; if not, decide how long it stays and write it into the thread.`,
		checklist: ['The cause is gone, and somebody has checked it', 'The people who work there have been told'],
		state: 'planned',
		decision: null,
		after: [...after],
		expires_at: null,
		containment_ms: null,
		contained_until: null,
		attempts: 0,
		outcome: null,
		created_at: now,
		updated_at: now,
	};
	const closed: Step = { ...step, contained_until: null, updated_at: now };
	return {
		undo,
		entry: stepEntry('plan.made', undo, { summary, undoes: step.id, steps: [plannedAs(undo)] }, now),
		change: update(step, closed),
	};
}
