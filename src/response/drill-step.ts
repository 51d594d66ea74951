// A step of a drill: decided, asked and approved like any other, and then rehearsed. This file knows no connector's call and holds no leave of
// the gate (safety/grant.ts makes none for a drill): the most it can do outside is a probe, which reads. Messages go out, with the drill's mark.
import { DRILL_WAIT_MS, markDrill } from '../domain/drill.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, SECOND } from '../domain/time.ts';
import type { Due } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { readDrill } from '../store/read/drill.ts';
import { record, type ToRecord } from '../store/record.ts';
import { stepEntry, update } from './advance.ts';
import { clear } from './gate.ts';
import { messagesOf } from './outcome.ts';
import { cardOf, type View } from './view.ts';

/** How long a look at a target may take before the drill goes on without it. */
const PROBE_MAX_MS = 20 * SECOND;
const PROBES_TOLD_MAX = 10;

type Probe = { readonly what: string; readonly state: 'well' | 'not' | 'open'; readonly detail: string };
type Wish = { readonly account: string | null; readonly target: string | null; readonly indicator?: string | null };
/** Of a connector, what may be used in a drill. */
type Readable = { readonly name: string; probe?(wish: Wish): Promise<readonly Probe[]> };

type DrillRunner = {
	readonly database: Database;
	readonly connectorFor: (action: string) => Readable | null;
	readonly clock: () => Instant;
	readonly newId: (prefix: 'pst') => string;
};

/**
 * Does what is due for one step of a drill.
 *
 * @param tell what an internal action does, a message or a look-up in our own tables; null for an action of a connector
 */
export async function runInDrill(
	runner: DrillRunner,
	due: Due,
	step: Step,
	view: View,
	tell: (() => Promise<void>) | null,
): Promise<void> {
	const now = runner.clock();
	const finish = async (what: ToRecord): Promise<void> => {
		await record(runner.database, { ...what, done: [due] }, runner.clock());
	};
	const drill = await readDrill(runner.database, step.incident);
	if (drill === null || drill.ended !== null) return await finish({ entries: [] });
	// A real alarm comes first: nothing of the drill reaches anybody until a person lets it go on.
	if (drill.suspended !== null)
		return await finish({ entries: [], topics: [{ topic: 'run', key: step.id, after: now + DRILL_WAIT_MS }] });
	if (step.state !== 'queued') return await finish({ entries: [], topics: [{ topic: 'plan', key: step.incident }] });
	if (tell !== null) return await tell();
	await finish(await rehearsed(runner, step, view));
}

async function rehearsed(runner: DrillRunner, step: Step, view: View): Promise<ToRecord> {
	const permitted = clear(step, view, runner.clock());
	if (!permitted.ok) return sentBack(step, permitted.reason, runner.clock());
	const connector = runner.connectorFor(step.action);
	const seen = connector === null ? [] : await look(connector, step);
	const now = runner.clock();
	const target = step.target === null ? '' : ` on ${step.target}`;
	const through = connector === null ? '' : ` through ${connector.name}`;
	const lines = [
		`dry run, nothing was called: \`${step.action}\`${target}${through} would have been.`,
		...(connector?.probe === undefined ? ['This connector has nothing to look with.'] : []),
		...seen.slice(0, PROBES_TOLD_MAX).map((probe) => `${probe.what}: ${STATE_WORDS[probe.state]}. ${probe.detail}`),
	];
	const outcome = markDrill(lines.join(' ')).slice(0, 1_000);
	const after: Step = {
		...step,
		state: 'done',
		attempts: step.attempts + 1,
		outcome,
		expires_at: null,
		updated_at: now,
	};
	const { decision } = permitted;
	// Not under `connector`: no reader of calls, of blocks in force or of the limits of the hour takes a rehearsal for a call.
	const intent = { would_call: connector?.name ?? null, params: step.params, attempt: step.attempts, dry_run: true };
	const note = { key: `note:${step.id}`, channel: '', text: markDrill(`${step.title}\n${lines.join('\n')}`) };
	const { changes, topics } = messagesOf([note], step, runner.newId, now);
	return {
		entries: [
			stepEntry('step.intent', step, { ...intent, binding: decision.binding, class: decision.class }, now),
			stepEntry('step.result', step, { state: 'done', outcome, attempt: step.attempts, dry_run: true }, now),
		],
		changes: [update(step, after), ...changes],
		topics: [...topics, cardOf(view), { topic: 'plan', key: step.incident }],
	};
}

const STATE_WORDS = { well: 'as it should be', not: 'not as it should be', open: 'could not be seen' } as const;

/** Reads only; what does not answer in time is said and waited for no longer. */
async function look(connector: Readable, step: Step): Promise<readonly Probe[]> {
	if (connector.probe === undefined) return [];
	const text = (name: string): string | null => {
		const value = step.params[name];
		return typeof value === 'string' ? value : null;
	};
	let timer: NodeJS.Timeout | null = null;
	const late = new Promise<readonly Probe[]>((done) => {
		const probe: Probe = { what: 'look at the target', state: 'open', detail: 'no answer in time' };
		timer = setTimeout(() => done([probe]), PROBE_MAX_MS);
	});
	try {
		const wish = { account: text('account'), target: step.target, indicator: text('indicator') };
		return await Promise.race([connector.probe(wish), late]);
	} catch (cause) {
		const detail = cause instanceof Error ? cause.message.slice(0, 200) : 'it failed';
		return [{ what: 'look at the target', state: 'open', detail }];
	} finally {
		if (timer !== null) clearTimeout(timer);
	}
}

/** The gate says otherwise now: judged anew by the plan, as with a real step. */
function sentBack(step: Step, why: string, now: Instant): ToRecord {
	const { decision } = step;
	const data = { state: 'planned', why, class: decision?.class ?? null, binding: decision?.binding ?? null };
	return {
		entries: [stepEntry('step.decided', step, data, now)],
		changes: [update(step, { ...step, state: 'planned', expires_at: null, updated_at: now })],
		topics: [{ topic: 'plan', key: step.incident }],
	};
}
