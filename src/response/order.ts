// Whether a step's turn has come: what the steps that it waits for have come to. Pure.
import { never } from '../domain/result.ts';
import type { Step, StepState } from '../domain/step.ts';
import type { Flow } from './flow/flow.ts';
import type { Gate } from './flow/walk.ts';

/** Key of the request to people that stands between a failed step and those behind it. No playbook key has a colon. */
export const goOnKey = (key: string): string => `go-on:${key}`;
export const undoKey = (key: string): string => `undo:${key}`;

export type Ending = 'open' | 'good' | 'bad';

/** What a state means for the steps behind: still open, ended well, or ended without its effect. */
export function endingOf(state: StepState): Ending {
	switch (state) {
		case 'planned':
		case 'waiting':
		case 'queued':
		case 'running':
		case 'in_doubt':
		case 'hands':
			return 'open';
		case 'done':
		case 'attested':
		case 'undone':
			return 'good';
		case 'failed':
		case 'refused':
		case 'forbidden':
		case 'expired':
		case 'cancelled':
			return 'bad';
		default:
			return never(state);
	}
}

/** Ends for which a step's `if_failed` is written. */
export function hasFailed(state: StepState): boolean {
	return state === 'failed' || state === 'refused' || state === 'expired' || state === 'forbidden';
}

/**
 * ready      nothing is in the way
 * wait       something it waits for is open
 * cancel     something ended badly, and the playbook says to stop
 * ask        something ended badly, and a person must say whether to go on: `failed` names the steps that have no question yet
 */
export type Turn =
	| { readonly kind: 'ready' }
	| { readonly kind: 'wait' }
	| { readonly kind: 'cancel'; readonly because: string }
	| { readonly kind: 'ask'; readonly failed: readonly Step[] };

type OnFailure = (step: Step) => 'continue' | 'stop' | 'ask';

/**
 * Judges the turn of one step among all steps of its incident. A key that the plan does not have (left out) is not waited for.
 *
 * @param onFailure what the playbook says for a step that ended badly
 * @param flow      the playbook as far as it is in play; without it a key names the steps of that key alone
 */
export function turnOf(step: Step, all: readonly Step[], onFailure: OnFailure, flow?: Flow): Turn {
	const same = all.filter((other) => other.playbook === step.playbook && other.id !== step.id);
	const instance = flow?.instances.find((one) => one.key === step.key);
	if (flow !== undefined && instance !== undefined) {
		const group = instance.groups.find((key) => isGivenUp(key, flow, same, onFailure));
		if (group !== undefined) return { kind: 'cancel', because: `\`${group}\` was given up` };
		const guard = guardOf(instance.failureOf, same);
		if (guard !== null) return guard;
	}
	const gates = instance?.gates ?? [{ keys: step.after, join: 'all' as const }];
	const turns = gates.map((gate) => turnAt(gate, same, onFailure, flow));
	const cancel = turns.find((turn) => turn.kind === 'cancel');
	if (cancel !== undefined) return cancel;
	const failed = [...new Set(turns.flatMap((turn) => (turn.kind === 'ask' ? turn.failed : [])))];
	if (failed.length > 0) return { kind: 'ask', failed };
	return turns.some((turn) => turn.kind === 'wait') ? { kind: 'wait' } : { kind: 'ready' };
}

/** Steps for a failure are there for it alone: where the step is asked again and ends well, those that have not begun are not needed. */
function guardOf(failureOf: string | null, same: readonly Step[]): Turn | null {
	if (failureOf === null) return null;
	const rows = same.filter((other) => other.key === failureOf);
	if (rows.length === 0 || rows.some((row) => hasFailed(row.state))) return null;
	if (rows.some((row) => endingOf(row.state) === 'open')) return { kind: 'wait' };
	return { kind: 'cancel', because: `\`${rows[0]?.title ?? failureOf}\` has not failed after all` };
}

/** What the steps under a key have come to: a step's own, a block's with everything in it that is in play. */
export function membersOf(
	key: string,
	same: readonly Step[],
	flow: Flow | undefined,
): { readonly rows: readonly Step[]; readonly isOpen: boolean } {
	if (flow === undefined) {
		const rows = same.filter((other) => other.key === key);
		return { rows, isOpen: rows.some((row) => endingOf(row.state) === 'open') };
	}
	const keys = new Set(flow.instances.filter((one) => one.names.includes(key)).map((one) => one.key));
	const rows = same.filter((other) => keys.has(other.key) || other.key === key);
	const isOpen =
		rows.some((row) => endingOf(row.state) === 'open') ||
		[...keys].some((one) => flow.pending.has(one)) ||
		// It stands in a way that nobody has decided yet: it may still come.
		flow.dormant.some((one) => one.names.has(key));
	return { rows, isOpen };
}

function turnAt(gate: Gate, same: readonly Step[], onFailure: OnFailure, flow: Flow | undefined): Turn {
	const met = gate.keys.map((key) => membersOf(key, same, flow));
	if (gate.join === 'any') {
		const isWell = ({ rows, isOpen }: (typeof met)[number]): boolean =>
			!isOpen && rows.length > 0 && rows.every((row) => endingOf(row.state) === 'good' || isHandled(row, same, flow));
		if (met.some(isWell) || met.every(({ rows, isOpen }) => rows.length === 0 && !isOpen)) return { kind: 'ready' };
		if (met.some(({ isOpen }) => isOpen)) return { kind: 'wait' };
	}
	return turnAfter(
		[...new Set(met.flatMap(({ rows }) => rows))],
		met.some(({ isOpen }) => isOpen),
		same,
		onFailure,
	);
}

/** A step that failed and whose steps for that case have all ended well: the failure has been dealt with. */
function isHandled(row: Step, same: readonly Step[], flow: Flow | undefined): boolean {
	const keys = flow?.instances.filter((one) => one.failureOf === row.key).map((one) => one.key) ?? [];
	const rows = same.filter((other) => keys.includes(other.key));
	return hasFailed(row.state) && rows.length > 0 && rows.every((one) => endingOf(one.state) === 'good');
}

function turnAfter(before: readonly Step[], isAnyOpen: boolean, same: readonly Step[], onFailure: OnFailure): Turn {
	let isOpen = isAnyOpen;
	const failed: Step[] = [];
	for (const row of before) {
		if (endingOf(row.state) !== 'bad') continue;
		const rule = onFailure(row);
		if (rule === 'continue') continue;
		const because = `\`${row.title}\` ended ${row.state}`;
		if (rule === 'stop') return { kind: 'cancel', because };
		const question = questionAbout(row, same);
		if (question === undefined) failed.push(row);
		else if (endingOf(question.state) === 'open') isOpen = true;
		else if (endingOf(question.state) === 'bad')
			return { kind: 'cancel', because: `${because}, and nobody said to go on` };
	}
	if (failed.length > 0) return { kind: 'ask', failed };
	return isOpen ? { kind: 'wait' } : { kind: 'ready' };
}

function questionAbout(row: Step, same: readonly Step[]): Step | undefined {
	return same.find((other) => other.key === goOnKey(row.key) && other.target === row.target);
}

/** Whether a group is given up: a step in it ended badly, and the playbook, or people who were asked, said to stop. */
export function isGivenUp(group: string, flow: Flow, same: readonly Step[], onFailure: OnFailure): boolean {
	return membersOf(group, same, flow).rows.some((row) => {
		if (endingOf(row.state) !== 'bad' || row.state === 'cancelled') return false;
		// Facts may still allow it before its turn comes.
		if (row.state === 'forbidden' && row.after.some((key) => membersOf(key, same, flow).isOpen)) return false;
		const rule = onFailure(row);
		if (rule === 'stop') return true;
		const question = rule === 'ask' ? questionAbout(row, same) : undefined;
		return question !== undefined && endingOf(question.state) === 'bad';
	});
}
