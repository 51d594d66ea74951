// Plays a plan to its end without a database and without doing anything: what is asked is answered as a script says, what would be called
// ends as the script says, and time passes where nothing else is left. For `playbook test` and for the laws of the engine: the parts that
// plan, decide and judge are the real ones. Pure.
import type { Approval, Decision } from '../../domain/decision.ts';
import type { Scalar } from '../../domain/playbook-condition.ts';
import type { Step, StepState } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { advance } from '../advance.ts';
import { compensate } from '../compensate.ts';
import { expireStep } from '../expire.ts';
import { closedBy } from '../outcome.ts';
import type { LeftOut } from '../plan-step.ts';
import type { View } from '../view.ts';
import { isBlockRow } from './decide-block.ts';
import { passOf } from './pass.ts';
import { itemOf } from './program.ts';

/** Looks at one plan; a plan that is not over by then has no end, and says so. */
const LOOKS_MAX = 400;

export type Script = {
	/** How a step ends that is called, asked or left to hands; `null` leaves it as it is. */
	readonly endOf: (step: Step) => StepState | null;
	/** The answer of a person to a step that asks for one. */
	readonly answerTo: (variable: string, step: Step) => Scalar | undefined;
	/** `given`: everybody who is asked says yes. A list: these approvals and no others. */
	readonly approvalsFor: (step: Step, now: Instant) => 'given' | readonly Approval[];
	/** Statements of facts, as current as the moment asks. */
	readonly statementsFor: (steps: readonly Step[], now: Instant) => readonly unknown[];
	/** Waits that what they wait for comes to, whatever their condition says. */
	readonly comes: (key: string) => boolean;
};

export type Acted = {
	readonly steps: readonly Step[];
	/** The first decision on each step, and every decision under which it was begun; by id. */
	readonly decisions: ReadonlyMap<string, Decision>;
	/** By id: the look at which a step was begun (asked, called, written out), and at which it ended. */
	readonly begun: ReadonlyMap<string, number>;
	readonly ended: ReadonlyMap<string, number>;
	/** How often each step was called. */
	readonly calls: ReadonlyMap<string, number>;
	/** Ways by the block's key: `do`, `else`, `case:...`, `deadline`, `enough`. */
	readonly ways: ReadonlyMap<string, string>;
	readonly leftOut: readonly LeftOut[];
	readonly isOver: boolean;
};

type Play = {
	view: View;
	now: Instant;
	look: number;
	readonly script: Script;
	readonly decisions: Map<string, Decision>;
	readonly begun: Map<string, number>;
	readonly ended: Map<string, number>;
	readonly calls: Map<string, number>;
	readonly answers: Map<string, { name: string; value: Scalar }>;
	leftOut: readonly LeftOut[];
};

/** Plays until nothing more happens. */
export function actOut(start: View, script: Script, now: Instant): Acted {
	const play: Play = {
		...{ view: start, now, look: 0, script, leftOut: [] },
		...{ decisions: new Map(), begun: new Map(), ended: new Map(), calls: new Map(), answers: new Map() },
	};
	let isOver = false;
	while (!isOver && play.look < LOOKS_MAX) {
		play.look += 1;
		isOver = !look(play) && !answerAll(play) && !passTime(play);
	}
	const ways = [...(play.view.ways ?? [])].flatMap(([id, way]): [string, string][] => {
		const key = play.view.steps.find((step) => step.id === id)?.key;
		return key === undefined || way.took === null ? [] : [[key, way.took]];
	});
	const { decisions, begun, ended, calls, leftOut } = play;
	return { steps: play.view.steps, decisions, begun, ended, calls, ways: new Map(ways), leftOut, isOver };
}

/** One look of the plan, as response.ts does it; true where something changed. */
function look(play: Play): boolean {
	const before = play.view.steps;
	const stated = { ...play.view, answers: play.answers, statements: play.script.statementsFor(before, play.now) };
	const pass = passOf(stated, play.now);
	play.leftOut = pass.leftOut;
	const back = compensate(pass.view, play.now);
	const questions = pass.questions.filter((row) => !pass.view.steps.some((held) => held.id === row.id));
	const closed = new Set(back.changes.flatMap((change) => (change.op === 'update' ? [change.id] : [])));
	const steps = [
		...pass.view.steps.map((step) => (closed.has(step.id) ? { ...step, contained_until: null } : step)),
		...back.steps,
		...questions,
	];
	play.view = { ...pass.view, steps, statements: play.script.statementsFor(steps, play.now) };
	for (const { id } of steps) moveOne(play, id);
	for (const step of play.view.steps) {
		const undone = closedBy(step, play.view.steps, play.now).changes;
		if (step.state !== 'done' && step.state !== 'attested') continue;
		for (const change of undone)
			if (change.op === 'update' && change.table === 'steps') put(play, change.id, change.set);
	}
	return stateText(before) !== stateText(play.view.steps);
}

function moveOne(play: Play, id: string): void {
	const step = play.view.steps.find((one) => one.id === id);
	const move = step === undefined ? null : advance(step, withApprovals(play, step), play.now);
	if (move === null) return;
	const questions = move.changes.flatMap((change) =>
		change.op === 'ensure' && change.table === 'steps' && !play.view.steps.some((held) => held.id === change.row.id)
			? // Made by advance() from a whole row.
				[change.row as Step]
			: [],
	);
	play.view = {
		...play.view,
		steps: [...play.view.steps.map((one) => (one.id === id ? move.step : one)), ...questions],
	};
	note(play, move.step);
}

function withApprovals(play: Play, step: Step): View {
	const given = play.script.approvalsFor(step, play.now);
	return given === 'given' ? play.view : { ...play.view, approvals: [...play.view.approvals, ...given] };
}

function note(play: Play, step: Step): void {
	if (step.decision !== null) play.decisions.set(step.id, step.decision);
	if (['waiting', 'queued', 'hands'].includes(step.state) && !play.begun.has(step.id))
		play.begun.set(step.id, play.look);
}

/** Those who are asked answer, and what is queued is called. Nothing of it changes what another was asked: the next look does. */
function answerAll(play: Play): boolean {
	const next = play.view.steps.filter((step) => isAnswered(play, step));
	for (const step of next) answerOne(play, step);
	return next.length > 0;
}

function isAnswered(play: Play, step: Step): boolean {
	if (isBlockRow(step, play.view.flows?.get(step.playbook))) return false;
	if (step.state === 'queued') return true;
	if (step.state === 'hands') return !['hands', null].includes(play.script.endOf(step));
	return (
		step.state === 'waiting' &&
		step.decision?.holds.length === 0 &&
		// What two people decide and no connector may do, they enter themselves: it is never called.
		mayHaveConnector(step.action) &&
		play.script.approvalsFor(step, play.now) === 'given'
	);
}

function answerOne(play: Play, step: Step): void {
	const isHands = step.state === 'hands';
	const end = play.script.endOf(step) ?? 'done';
	const isAsk = step.action === 'ask_person' || step.action === 'ask_control_room';
	const state: StepState = end === 'done' && (isHands || isAsk) ? 'attested' : end;
	if (!isHands) play.calls.set(step.id, (play.calls.get(step.id) ?? 0) + 1);
	const answer = itemOf(step, play.view.setting.playbooks)?.answer;
	const value = answer === undefined ? undefined : play.script.answerTo(answer.name, step);
	if (answer !== undefined && value !== undefined && state === 'attested')
		play.answers.set(step.id, { name: answer.name, value });
	const until = state === 'done' && step.containment_ms !== null ? play.now + step.containment_ms : null;
	put(play, step.id, { state, contained_until: until, attempts: step.attempts + 1, expires_at: null });
	play.ended.set(step.id, play.look);
}

/** Nothing is left to do: what was waited for comes, a deadline passes, or nobody has answered. */
function passTime(play: Play): boolean {
	for (const step of play.view.steps) {
		if (step.state !== 'planned' || step.expires_at === null || !play.script.comes(step.key)) continue;
		const ways = new Map(play.view.ways);
		ways.set(step.id, { took: 'do', beganAt: play.now, until: null });
		play.view = { ...play.view, ways };
		put(play, step.id, { state: 'done', expires_at: null, outcome: 'yes: it came' });
		play.ended.set(step.id, play.look);
		return true;
	}
	const asked = play.view.steps.filter((step) => step.state === 'waiting');
	const due = play.view.steps
		.filter((step) => step.expires_at !== null && (step.state === 'planned' || step.state === 'waiting'))
		.map((step) => step.expires_at ?? 0);
	const until = due.length === 0 ? null : Math.min(...due);
	if (until !== null && until > play.now) {
		play.now = until;
		for (const step of play.view.steps) {
			const changed = expireStep(step, play.view, play.now).changes;
			for (const change of step.state === 'waiting' ? changed : [])
				if (change.op === 'update' && change.table === 'steps') {
					put(play, change.id, change.set);
					play.ended.set(change.id, play.look);
				}
		}
		return true;
	}
	// What a freeze or a window holds back has no end of its own: for the play it is over.
	for (const step of asked) {
		put(play, step.id, { state: 'expired', expires_at: null });
		play.ended.set(step.id, play.look);
	}
	return asked.length > 0;
}

/** Changes a row; `set` is part of a row, as record() would write it. */
function put(play: Play, id: string, set: object): void {
	const steps = play.view.steps.map((step) => (step.id === id ? { ...step, ...set, updated_at: play.now } : step));
	play.view = { ...play.view, steps };
}

function stateText(steps: readonly Step[]): string {
	return steps
		.map((step) => `${step.id} ${step.state} ${step.expires_at ?? ''} ${step.decision?.binding ?? ''}`)
		.join('\n');
}
