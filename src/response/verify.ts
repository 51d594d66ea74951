// What the target says about a step after its call, from another angle than the call's own answer, and what follows from it. Pure. A look
// reads and changes nothing; nothing is tried again here: where the target shows otherwise, people are told and decide.
// NOT here: asking the target (verify-step.ts), and the operators' view (view-question.ts).
import type { Json, NewEntry } from '../domain/entry.ts';
import { holdsRole, type Person, type Role } from '../domain/person.ts';
import { never } from '../domain/result.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, MINUTE, SECOND } from '../domain/time.ts';
import type { Due, NextTopic } from '../domain/topic.ts';
import type { Change, ToRecord } from '../store/record.ts';
import { RUNNABLE } from './actions/index.ts';
import { stepEntry, update } from './advance.ts';
import { closedBy } from './outcome.ts';
import { tellPeople } from './tell-people.ts';
import { askOn, cardOf, type View } from './view.ts';

/** Pauses before each look after a call that said `done`: a service may need time to show it. After the last a person is asked. */
const LOOKS_AFTER_MS = [3 * SECOND, 15 * SECOND, 45 * SECOND, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE] as const;
/** So many looks in a row that show the opposite, and it is not so. */
const NOT_SO_LOOKS = 3;
/** While a containment holds it is looked at again this often, and so soon once more where it seems to be gone. */
const WATCH_EVERY_MS = 10 * MINUTE;
const GONE_AGAIN_MS = MINUTE;
const GONE_LOOKS = 2;
/** Looks in a row that saw nothing while it was watched: then people are told, once. */
const BLIND_LOOKS = 6;
/** Who is written to when a containment was taken back elsewhere. */
const LEADS: readonly Role[] = ['incident_lead', 'it_lead'];
const LEADS_MAX = 5;
/** A step in doubt is asked about so often by itself; a person may settle it at any time. */
const DOUBT_AFTER_MS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE] as const;

/**
 * How far the looking has come: it stands in the outbox row, so that no look is lost with the process.
 *
 * look  looks of this round            not   how many of the last ones in a row showed the opposite
 * seen  the target has confirmed it    told  people know that it cannot be seen
 */
export type Progress = {
	readonly look: number;
	readonly not: number;
	readonly seen: boolean;
	readonly told: boolean;
	readonly doubt: boolean;
};

/** What the target showed. */
export type Saw = { readonly state: 'done' | 'not_done' | 'unknown'; readonly detail: string };

const count = (value: unknown): number =>
	typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : 0;

/** @param isDoubt the step is in doubt now: what was counted before it was, or before it was settled, counts no more */
export function readProgress(data: Due['data'], isDoubt: boolean): Progress {
	const read: Progress = {
		look: count(data['look']),
		not: count(data['not']),
		seen: data['seen'] === true,
		told: data['told'] === true,
		doubt: data['doubt'] === true,
	};
	return read.doubt === isDoubt ? read : { look: 0, not: 0, seen: false, told: false, doubt: isDoubt };
}

type NewId = (prefix: 'pst') => string;

const START: Progress = { look: 0, not: 0, seen: false, told: false, doubt: false };

/** The first look after a call, recorded with its result; null where nothing is to be looked at. */
export function firstLook(step: Pick<Step, 'id' | 'state'>, now: Instant): NextTopic | null {
	if (step.state === 'done') return lookAt(step, START, now + LOOKS_AFTER_MS[0]);
	if (step.state === 'in_doubt') return lookAt(step, { ...START, doubt: true }, now + DOUBT_AFTER_MS[0]);
	return null;
}

function lookAt(step: Pick<Step, 'id'>, progress: Progress, after: Instant): NextTopic {
	return { topic: 'verify', key: step.id, after, data: { ...progress } };
}

/** Whether the step is one whose state the target is still asked for. */
export function isLookedAt(step: Step, progress: Progress): boolean {
	if (step.state === 'in_doubt') return true;
	// A containment that has been taken back, or is about to be, has no end of its own any more: nothing is watched then.
	return step.state === 'done' && (!progress.seen || step.contained_until !== null);
}

/** What one look comes to: what is recorded, and when the next one is. */
export function looked(step: Step, view: View, saw: Saw, progress: Progress, newId: NewId, now: Instant): ToRecord {
	if (step.state === 'in_doubt') return lookedInDoubt(step, view, saw, progress, now);
	return progress.seen ? watched(step, view, saw, progress, newId, now) : checked(step, view, saw, progress, now);
}

/** Right after the call: confirmed, not so, or not to be seen. */
function checked(step: Step, view: View, saw: Saw, before: Progress, now: Instant): ToRecord {
	const progress: Progress = {
		...before,
		look: before.look + 1,
		not: saw.state === 'not_done' ? before.not + 1 : 0,
	};
	if (saw.state === 'done') return confirmed(step, view, saw, progress, now);
	const own = takenBackBy(step, view);
	if (own !== null) return ended(step, view, own.id, `taken back by "${own.title}": ${saw.detail}`, now);
	if (progress.not >= NOT_SO_LOOKS)
		return inDoubt(
			step,
			view,
			`the call was answered as done (${step.outcome ?? 'no words'}), and it is not so: ${saw.detail}`,
			now,
		);
	const pause = LOOKS_AFTER_MS[progress.look];
	if (pause !== undefined) return { entries: [], topics: [lookAt(step, progress, now + pause)] };
	const why = `the call was answered as done (${step.outcome ?? 'no words'}); whether it is so cannot be seen: ${saw.detail}`;
	const unseen = stepEntry('step.unseen', step, { looks: progress.look, outcome: saw.detail.slice(0, 500) }, now);
	const doubt = inDoubt(step, view, why, now);
	return { ...doubt, entries: [unseen, ...doubt.entries] };
}

function confirmed(step: Step, view: View, saw: Saw, progress: Progress, now: Instant): ToRecord {
	return {
		entries: [stepEntry('step.verified', step, { outcome: saw.detail.slice(0, 500), looks: progress.look }, now)],
		topics: [cardOf(view), ...watchNext(step, { ...START, seen: true }, now)],
	};
}

/** The next look at a containment that holds; none where it has no end, or ends before. */
function watchNext(step: Step, progress: Progress, now: Instant): NextTopic[] {
	const next = now + (progress.not > 0 ? GONE_AGAIN_MS : WATCH_EVERY_MS);
	return step.contained_until === null || step.contained_until <= next ? [] : [lookAt(step, progress, next)];
}

/** To a state that people see. The end of its containment stays: it is undone, or asked about, whatever comes of this. */
function inDoubt(step: Step, view: View, why: string, now: Instant): ToRecord {
	const after: Step = { ...step, state: 'in_doubt', outcome: why.slice(0, 1_000), updated_at: now };
	const look = firstLook(after, now);
	return {
		entries: [
			stepEntry(
				'step.in_doubt',
				step,
				{ state: 'in_doubt', outcome: after.outcome, attempt: Math.max(0, step.attempts - 1), by: 'check' },
				now,
			),
		],
		changes: [update(step, after)],
		topics: [askOn(view), cardOf(view), { topic: 'plan', key: step.incident }, ...(look === null ? [] : [look])],
	};
}

/** While a containment holds: still so, gone behind our back, or not to be seen. */
function watched(step: Step, view: View, saw: Saw, before: Progress, newId: NewId, now: Instant): ToRecord {
	switch (saw.state) {
		case 'done':
			return {
				entries: before.told
					? [stepEntry('step.verified', step, { outcome: saw.detail.slice(0, 500), looks: before.look }, now)]
					: [],
				topics: [...(before.told ? [cardOf(view)] : []), ...watchNext(step, { ...START, seen: true }, now)],
			};
		case 'not_done': {
			const progress: Progress = { ...before, not: before.not + 1 };
			return progress.not >= GONE_LOOKS
				? gone(step, view, saw, newId, now)
				: { entries: [], topics: [lookAt(step, progress, now + GONE_AGAIN_MS)] };
		}
		case 'unknown': {
			const progress: Progress = { ...before, not: 0, look: before.look + 1 };
			const isNew = progress.look >= BLIND_LOOKS && !progress.told;
			const told = isNew
				? [stepEntry('step.unseen', step, { looks: progress.look, outcome: saw.detail.slice(0, 500) }, now)]
				: [];
			return {
				entries: told,
				topics: [
					...(isNew ? [cardOf(view)] : []),
					...watchNext(step, { ...progress, told: progress.told || isNew }, now),
				],
			};
		}
		default:
			return never(saw.state);
	}
}

/** Somebody took the containment back elsewhere. It is told and nothing is done about it: whoever did it may have had to. */
function gone(step: Step, view: View, saw: Saw, newId: NewId, now: Instant): ToRecord {
	const own = takenBackBy(step, view);
	if (own !== null) return ended(step, view, own.id, `taken back by "${own.title}": ${saw.detail}`, now);
	const outcome = `taken back outside Interlock: ${saw.detail}. It is not done again by itself: find out who did it and why, and decide`;
	const leads = leadsOf(step, view);
	const where = step.target === null ? '' : ` on ${step.target}`;
	const text = `INC-${view.incident.number}: "${step.title}"${where} was ${outcome}`.slice(0, 1_000);
	const told = tellPeople(leads, `gone-${step.id}-${step.attempts}`, text, view, newId, now);
	const what = ended(step, view, 'outside', outcome, now);
	return {
		...what,
		changes: [...(what.changes ?? []), ...told.changes],
		topics: [...(what.topics ?? []), ...told.topics],
	};
}

/** A step of ours that does the inverse on the same target, and has done it or is at it: then nobody did it behind our back. */
function takenBackBy(step: Step, view: View): Step | null {
	const undo = RUNNABLE.get(step.action)?.undo;
	if (undo === undefined || !('by' in undo)) return null;
	return (
		view.steps.find(
			(other) =>
				other.action === undo.by &&
				other.target === step.target &&
				['running', 'done', 'attested', 'in_doubt'].includes(other.state) &&
				other.updated_at >= step.updated_at,
		) ?? null
	);
}

function ended(step: Step, view: View, by: string, outcome: string, now: Instant): ToRecord {
	const words = outcome.slice(0, 1_000);
	const after: Step = { ...step, state: 'undone', contained_until: null, outcome: words, updated_at: now };
	return {
		entries: [stepEntry('step.undone', step, { by, outcome: words }, now)],
		changes: [update(step, after)],
		topics: [cardOf(view), { topic: 'plan', key: step.incident }],
	};
}

/** A containment that ends behind our back may be the attacker's work: it is not left to who happens to read the thread. */
function leadsOf(step: Step, { setting, incident }: View): readonly Person[] {
	const asset = step.target === null ? null : setting.inventory.find(step.target);
	return setting.people
		.filter((person) =>
			LEADS.some((role) => holdsRole(person, role, asset?.site ?? incident.sites[0] ?? null, asset?.zone ?? null)),
		)
		.slice(0, LEADS_MAX);
}

/** In doubt: a yes of the target settles it; anything else leaves it to people. It is never tried again. */
function lookedInDoubt(step: Step, view: View, saw: Saw, before: Progress, now: Instant): ToRecord {
	if (saw.state === 'done') return settled(step, view, saw, now);
	const progress: Progress = { ...before, look: before.look + 1, doubt: true };
	const pause = DOUBT_AFTER_MS[progress.look];
	return { entries: [], topics: pause === undefined ? [] : [lookAt(step, progress, now + pause)] };
}

function settled(step: Step, view: View, saw: Saw, now: Instant): ToRecord {
	const planned = step.containment_ms === null ? null : now + step.containment_ms;
	const until = planned === null || step.contained_until === null ? planned : Math.max(now, step.contained_until);
	const outcome = `asked the target again: ${saw.detail}`.slice(0, 1_000);
	const after: Step = { ...step, state: 'done', outcome, contained_until: until, updated_at: now };
	const undone = closedBy(step, view.steps, now);
	const data: Readonly<Record<string, Json>> = {
		...{ state: 'done', outcome, attempt: Math.max(0, step.attempts - 1), by: 'check', contained_until: until },
	};
	const entries: NewEntry[] = [
		stepEntry('step.result', step, data, now),
		stepEntry('step.verified', step, { outcome: saw.detail.slice(0, 500), looks: 1 }, now),
		...undone.entries,
	];
	const changes: Change[] = [update(step, after), ...undone.changes];
	return {
		entries,
		changes,
		topics: [
			cardOf(view),
			{ topic: 'plan', key: step.incident },
			...(until === null ? [] : [{ topic: 'expire', key: step.id, after: until } as const]),
			...watchNext(after, { ...START, seen: true }, now),
		],
	};
}
