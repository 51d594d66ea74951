// What is taken back when a group of steps is given up: everything that was done in it and has an inverse, last first, each as a step of its
// own that the gate judges. Pure. What has no inverse is asked of people. NOT here: the end of a containment by time (expire.ts).
import type { NewEntry } from '../domain/entry.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import { effectOf } from '../safety/actions.ts';
import type { Change } from '../store/record.ts';
import { type TakenBack, takeBack } from './expire.ts';
import { isGivenUp, membersOf, undoKey } from './order.ts';
import { onFailureOf } from './plan.ts';
import type { View } from './view.ts';

/** Effects that leave nothing behind that could be taken back. */
const LEAVES_NOTHING: readonly (string | null)[] = ['inform', 'record', 'observe', 'query', 'disclose', 'restore'];

/** New rows, and what closes the containments that they end. A second look finds the rows and adds nothing. */
export function compensate(
	view: View,
	now: Instant,
): { readonly steps: readonly Step[]; readonly entries: readonly NewEntry[]; readonly changes: readonly Change[] } {
	const made: TakenBack[] = [];
	for (const [id, flow] of view.flows ?? []) {
		const same = view.steps.filter((step) => step.playbook === id);
		const groups = new Set(flow.instances.flatMap((one) => one.groups));
		const onFailure = (step: Step) => onFailureOf(step, view.setting.playbooks);
		for (const group of groups) {
			if (!isGivenUp(group, flow, same, onFailure)) continue;
			const done = membersOf(group, same, flow)
				.rows.filter((row) => mustGoBack(row, same))
				.toSorted((a, b) => b.position - a.position || (a.id < b.id ? 1 : -1));
			let after: readonly string[] = [];
			for (const row of done) {
				if (made.some((one) => one.undo.id === row.id || one.undo.key === undoKey(row.key))) continue;
				made.push(takeBack(row, view, `\`${group}\` was given up: ${row.key} is taken back`, after, now));
				after = [undoKey(row.key)];
			}
		}
	}
	return {
		steps: made.map((one) => one.undo),
		entries: made.map((one) => one.entry),
		changes: made.map((one) => one.change),
	};
}

function mustGoBack(row: Step, same: readonly Step[]): boolean {
	if (row.state !== 'done' && row.state !== 'attested') return false;
	if (row.key.startsWith('undo:') || LEAVES_NOTHING.includes(effectOf(row.action))) return false;
	return !same.some((other) => other.key === undoKey(row.key) && other.target === row.target);
}
