// One step of an incident in words: what was decided when it was last judged, what would be decided now, what has changed in between, and what
// stands in the way. Pure; decides nothing, and what it says of now is the gate's own answer (gate.ts).
import type { Approval, Decision } from '../domain/decision.ts';
import { never } from '../domain/result.ts';
import { cut, shown } from '../domain/shown-text.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, MINUTE, toIso } from '../domain/time.ts';
import { clear, explainStep } from './gate.ts';
import { endingOf, type Turn, turnOf, undoKey } from './order.ts';
import { onFailureOf } from './plan.ts';
import { isTampered } from './tampering.ts';
import { isClosed, type View } from './view.ts';

/** Characters of a decision's hash that people are shown; the same as on cards. */
const DIGITS = 8;
/** A step in one of these states is judged again before anything happens; in all others its decision is history. */
const OPEN: readonly Step['state'][] = ['planned', 'waiting', 'queued', 'hands'];

export type StepExplanation = {
	readonly recorded: Decision | null;
	readonly now: Decision;
	/** What is different now, in words; empty where nothing is. */
	readonly changed: readonly string[];
	/** What keeps it from running at this moment; null where nothing does, or where it has ended. */
	readonly stops: string | null;
	readonly lines: readonly string[];
};

/** Walks through one step as it stands in `view`. */
export function walkThrough(step: Step, view: View, now: Instant): StepExplanation {
	const { decision, lines } = explainStep(step, view, now);
	const isOpen = OPEN.includes(step.state);
	const recorded = step.decision;
	const changed = recorded === null ? [] : differences(recorded, decision, now);
	const stops = isOpen ? inTheWay(step, view, now) : null;
	const said = view.approvals.filter((approval) => approval.step === step.id);
	return {
		recorded,
		now: decision,
		changed,
		stops,
		lines: [
			`Step ${step.id} of INC-${view.incident.number}: ${shown(step.title, 200)}`,
			`State: ${step.state}${step.outcome === null ? '' : `; ${shown(step.outcome, 300)}`}`,
			...(isTampered(step, view)
				? ['THIS ROW IS NOT AS RECORDED: it was changed outside the program, and nobody runs it.']
				: []),
			recorded === null
				? 'Not judged yet.'
				: `As recorded: ${recorded.class}, decision ${recorded.binding.slice(0, DIGITS)}: ${recorded.summary}`,
			...(isOpen
				? []
				: ['It has ended, and is not judged again. What follows is what the gate would say if it were asked for now.']),
			'',
			`Now, ${toIso(now).slice(0, 16)}Z:`,
			...lines,
			...listed('What is different from what is recorded:', changed),
			...listed(
				'What people have said:',
				said.map((approval) => saidLine(approval, decision, view, now)),
			),
			...(isOpen ? ['', stops === null ? 'Nothing stands in the way.' : `In the way: ${cut(stops, 1_000)}`] : []),
		],
	};
}

/** All that keeps a step from moving: that it is not as recorded, its incident's end, its turn, and the gate; null where nothing does. */
function inTheWay(step: Step, view: View, now: Instant): string | null {
	const flow = view.flows?.get(step.playbook);
	const turn = turnOf(step, view.steps, (other) => onFailureOf(other, view.setting.playbooks), flow);
	const cleared = clear(step, view, now);
	const reasons = [
		...(isTampered(step, view) ? ['it is not as recorded'] : []),
		...(isClosed(view) && !step.key.startsWith(undoKey('')) ? [`the incident is ${view.incident.state}`] : []),
		...waitsFor(step, turn, view),
		...(cleared.ok ? [] : [cleared.reason]),
	];
	return reasons.length === 0 ? null : reasons.join('; ');
}

function waitsFor(step: Step, turn: Turn, { steps }: View): string[] {
	switch (turn.kind) {
		case 'ready':
			return [];
		case 'cancel':
			return [turn.because];
		case 'ask':
			return [`somebody has to say whether to go on after: ${titles(turn.failed)}`];
		case 'wait': {
			const before = steps.filter(
				(other) =>
					other.playbook === step.playbook && step.after.includes(other.key) && endingOf(other.state) === 'open',
			);
			return [`its turn has not come${before.length === 0 ? '' : `: it waits for ${titles(before)}`}`];
		}
		default:
			return never(turn);
	}
}

function titles(steps: readonly Step[]): string {
	return steps.map(({ title }) => `\`${shown(title, 80)}\``).join(', ');
}

function listed(title: string, items: readonly string[]): string[] {
	return items.length === 0 ? [] : ['', title, ...items.map((item) => `  ${item}`)];
}

function differences(before: Decision, after: Decision, now: Instant): string[] {
	const key = (fact: Decision['missing'][number]): string => `${fact.name} of ${shown(fact.subject, 80)}`;
	const [known, asked] = [before.missing.map(key), after.missing.map(key)];
	const [held, holds] = [before.holds, after.holds].map((list) => list.map(({ rule, reason }) => `${rule}: ${reason}`));
	const lost = asked.filter((one) => !known.includes(one));
	const gained = known.filter((one) => !asked.includes(one));
	return [
		...(before.class === after.class ? [] : [`it was ${before.class} and is ${after.class}`]),
		...lost.map((one) => `not known any more, or asked for only now: ${one}`),
		...gained.map((one) => `known now, or not asked for any more: ${one}`),
		...(holds ?? []).filter((one) => !held?.includes(one)).map((one) => `waits for more: ${one}`),
		...(held ?? []).filter((one) => !holds?.includes(one)).map((one) => `waits no more: ${one}`),
		...(before.binding === after.binding
			? []
			: [
					`it is another decision, ${after.binding.slice(0, DIGITS)}: what was approved before ${toIso(now).slice(0, 16)}Z does not count for it`,
				]),
	];
}

function saidLine(approval: Approval, decision: Decision, { setting }: View, now: Instant): string {
	const name = setting.people.find((person) => person.id === approval.person)?.name ?? approval.person;
	const why =
		approval.withdrawn_at !== null
			? 'withdrawn'
			: approval.expires_at <= now
				? 'run out'
				: approval.binding !== decision.binding
					? 'to another decision'
					: `holds for ${Math.max(1, Math.round((approval.expires_at - now) / MINUTE))} min`;
	const reason = approval.reason === null ? '' : `: ${shown(approval.reason, 200)}`;
	return `${shown(name, 80)} said ${approval.answer} (${approval.via}, ${toIso(approval.at).slice(11, 16)}Z, ${why})${reason}`;
}
