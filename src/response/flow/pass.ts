// One look at an incident's playbooks: what is new is planned, blocks whose turn has come are decided, and what the decided ways lead to is
// planned in turn, until nothing more follows. Pure; looking twice gives nothing more. NOT here: moving the steps (../advance.ts).
import type { NewEntry } from '../../domain/entry.ts';
import type { Step } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import { goOnQuestion } from '../advance.ts';
import { type Chosen, choosePlaybooks, type LoadedPlaybook } from '../choose.ts';
import { planFor } from '../plan.ts';
import type { LeftOut } from '../plan-step.ts';
import type { View } from '../view.ts';
import { decideBlock, isBlockRow } from './decide-block.ts';
import type { Flow, Ways } from './flow.ts';
import { hasFlow } from './program.ts';

/** Blocks behind one another that one look decides; what is left comes with the next. */
const ROUNDS_MAX = 20;

export type Pass = {
	/** The view with all rows as they are now, and the flows that they stand in. */
	readonly view: View;
	/** Rows that are new. */
	readonly fresh: readonly Step[];
	/** Rows of blocks that were there and are decided, before and after. */
	readonly changed: readonly { readonly before: Step; readonly after: Step }[];
	/** Questions whether to go on: rows unless they are there. */
	readonly questions: readonly Step[];
	readonly entries: readonly NewEntry[];
	readonly topics: readonly NextTopic[];
	readonly chosen: readonly Chosen[];
	readonly leftOut: readonly (LeftOut & { readonly playbook: string })[];
	readonly unknown: readonly string[];
};

/** Plans and decides as far as it goes. */
export function passOf(start: View, now: Instant): Pass {
	const { inventory, playbooks } = start.setting;
	const unknown: string[] = [];
	const chosen = choosePlaybooks(start.incident, start.alerts, inventory, [...playbooks.values()], unknown);
	const inPlay = [...chosen.map((one) => one.loaded), ...goingOn(start, chosen)];
	const made = { fresh: [] as Step[], entries: [] as NewEntry[], topics: [] as NextTopic[], questions: [] as Step[] };
	const changed = new Map<string, { before: Step; after: Step }>();
	const ways = new Map(start.ways);
	let view = start;
	let leftOut: (LeftOut & { readonly playbook: string })[] = [];
	for (let round = 0; round < ROUNDS_MAX; round++) {
		const planned = plan(view, inPlay, ways, now);
		leftOut = planned.leftOut;
		made.fresh.push(...planned.steps);
		view = { ...view, steps: [...view.steps, ...planned.steps], flows: planned.flows };
		let isMoved = false;
		for (const row of view.steps) {
			const flow = view.flows?.get(row.playbook);
			if (flow === undefined || !isBlockRow(row, flow)) continue;
			const decided = decideBlock(row, flow, view, ways, now);
			if (decided === null) continue;
			made.topics.push(...decided.topics);
			made.questions.push(...decided.ask.map((failed) => goOnQuestion(failed, row, now)));
			if (decided.way === null) continue;
			ways.set(row.id, decided.way);
			made.entries.push(...decided.entries);
			const index = made.fresh.findIndex((one) => one.id === row.id);
			if (index === -1) changed.set(row.id, { before: changed.get(row.id)?.before ?? row, after: decided.step });
			else made.fresh[index] = decided.step;
			view = { ...view, steps: view.steps.map((one) => (one.id === row.id ? decided.step : one)) };
			isMoved = true;
		}
		if (!isMoved) break;
	}
	const questions = [...new Map(made.questions.map((row) => [row.id, row])).values()];
	const topics = [...new Map(made.topics.map((next) => [`${next.topic} ${next.key} ${next.after}`, next])).values()];
	const rows = [...changed.values()];
	return { ...made, questions, topics, view: { ...view, ways }, changed: rows, chosen, leftOut, unknown };
}

/** Playbooks that have steps and ways already, and are no longer chosen: what was begun is brought to its end. */
function goingOn(view: View, chosen: readonly Chosen[]): LoadedPlaybook[] {
	const ids = new Set(view.steps.map((step) => step.playbook));
	return [...ids].toSorted().flatMap((id) => {
		const loaded = view.setting.playbooks.get(id);
		const isChosen = chosen.some((one) => one.loaded.playbook.id === id);
		return loaded === undefined || isChosen || !hasFlow(loaded) ? [] : [loaded];
	});
}

function plan(view: View, inPlay: readonly LoadedPlaybook[], ways: Ways, now: Instant) {
	const { inventory, canRun, storeOf, playbooks } = view.setting;
	const steps: Step[] = [];
	const leftOut: (LeftOut & { readonly playbook: string })[] = [];
	const flows = new Map<string, Flow>();
	for (const loaded of inPlay) {
		const made = planFor(
			{
				...{ incident: view.incident, alerts: view.alerts, inventory, canRun, library: playbooks, ways },
				storeOf,
				...{ held: [...view.steps, ...steps], answers: view.answers ?? new Map(), inputs: view.inputs ?? {} },
			},
			loaded,
			now,
		);
		steps.push(...made.steps);
		flows.set(loaded.playbook.id, made.flow);
		leftOut.push(...made.leftOut.map((left) => ({ ...left, playbook: loaded.playbook.id })));
	}
	return { steps, leftOut, flows };
}
