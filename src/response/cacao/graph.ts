// Where the steps of a workflow lead (section 4): every pointer hits a step, branches are calls that end in an end step of their own and
// come back, and nothing runs for ever but a while. Pure, and linear in the number of pointers: ten thousand steps in a row are fine.
import { type CacaoFindings, quoted } from './finding.ts';
import type { CacaoPlaybook, WorkflowStep } from './schema.ts';

export type Workflow = Readonly<Record<string, WorkflowStep>>;
type Pointer = { readonly path: readonly (string | number)[]; readonly to: string };

/** Own steps only: a key such as `toString` is none. */
export function stepAt(workflow: Workflow, key: string): WorkflowStep | null {
	return Object.hasOwn(workflow, key) ? (workflow[key] ?? null) : null;
}

/** What follows a step in the same sequence. */
export function nextOf(step: WorkflowStep): Pointer[] {
	return (['on_completion', 'on_success', 'on_failure'] as const).flatMap((name) => {
		const to = step[name];
		return to === undefined ? [] : [{ path: [name], to }];
	});
}

/** The first steps of a step's branches. */
export function branchesOf(step: WorkflowStep): Pointer[] {
	const found: Pointer[] = [];
	if (step.type === 'parallel')
		(step.next_steps ?? []).forEach((to, at) => {
			found.push({ path: ['next_steps', at], to });
		});
	if (step.type === 'if-condition' || step.type === 'while-condition') {
		if (step.on_true !== undefined) found.push({ path: ['on_true'], to: step.on_true });
		if (step.type === 'if-condition' && step.on_false !== undefined)
			found.push({ path: ['on_false'], to: step.on_false });
	}
	if (step.type === 'switch-condition') {
		for (const [name, to] of Object.entries(step.cases ?? {})) found.push({ path: ['cases', name], to });
	}
	return found;
}

/** The first step that is run, as the playbook says; null where it says something that cannot be. */
export function checkGraph(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	const { workflow } = playbook;
	const start = stepAt(workflow, playbook.workflow_start);
	if (start === null)
		findings.error(['workflow_start'], `there is no step ${quoted(playbook.workflow_start)} in \`workflow\``);
	else if (start.type !== 'start')
		findings.error(['workflow_start'], `the first step is of type \`${start.type}\`: it must be a \`start\` step`);
	if (playbook.workflow_exception !== undefined && stepAt(workflow, playbook.workflow_exception) === null)
		findings.error(['workflow_exception'], `there is no step ${quoted(playbook.workflow_exception)} in \`workflow\``);
	checkPointers(playbook, findings);
	checkStarts(playbook, findings);
	const circle = circleIn(workflow, [playbook.workflow_start, playbook.workflow_exception ?? playbook.workflow_start]);
	if (circle !== null)
		findings.error(
			['workflow', circle[0] ?? ''],
			`these steps lead back to one another without end: ${circle.slice(0, 6).map(quoted).join(' -> ')}${circle.length > 6 ? ' ...' : ''}: only a while-condition may repeat`,
		);
	const reached = reachedFrom(workflow, [
		playbook.workflow_start,
		playbook.workflow_exception ?? playbook.workflow_start,
	]);
	for (const key of Object.keys(workflow)) {
		if (!reached.has(key)) findings.warning(['workflow', key], 'no step leads here: it is never run');
	}
	if (circle === null) checkEnds(workflow, findings);
}

function checkPointers({ workflow }: CacaoPlaybook, findings: CacaoFindings): void {
	for (const [key, step] of Object.entries(workflow)) {
		for (const { path, to } of [...nextOf(step), ...branchesOf(step)]) {
			const at = ['workflow', key, ...path];
			const target = stepAt(workflow, to);
			if (target === null) findings.error(at, `there is no step ${quoted(to)} in \`workflow\``);
			else if (target.type === 'start') findings.error(at, 'nothing leads back to a start step');
			else if (to === key && step.type !== 'while-condition') findings.error(at, 'the step leads to itself');
		}
	}
}

function checkStarts({ workflow, workflow_start: first }: CacaoPlaybook, findings: CacaoFindings): void {
	for (const [key, step] of Object.entries(workflow)) {
		if (step.type === 'start' && key !== first)
			findings.error(['workflow', key], 'a workflow has one start step, and `workflow_start` names another');
	}
	if (!Object.values(workflow).some((step) => step.type === 'end'))
		findings.error(['workflow'], 'a workflow has at least one end step');
}

/** Every key that can be reached. */
export function reachedFrom(workflow: Workflow, from: readonly string[]): Set<string> {
	const reached = new Set<string>();
	const waiting = [...from];
	for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
		const step = reached.has(key) ? null : stepAt(workflow, key);
		if (step === null) continue;
		reached.add(key);
		for (const { to } of [...nextOf(step), ...branchesOf(step)]) waiting.push(to);
	}
	return reached;
}

/**
 * A circle of steps, where there is one. What leads back to a while-condition is its repetition and is not followed: public playbooks end
 * a loop's body at the loop instead of at an end step. Depth first, with a stack of its own.
 */
function circleIn(workflow: Workflow, first: readonly string[]): string[] | null {
	const state = new Map<string, 'open' | 'done'>();
	// A loop is entered by its condition and not by its body: else its repetition would look like a circle.
	const loops = Object.keys(workflow).filter((key) => workflow[key]?.type === 'while-condition');
	for (const root of [...first, ...loops, ...Object.keys(workflow)]) {
		if (state.has(root)) continue;
		const trail: { key: string; next: string[] }[] = [];
		const enter = (key: string) => {
			const step = stepAt(workflow, key);
			if (step === null) return;
			state.set(key, 'open');
			const pointers = [...nextOf(step), ...branchesOf(step)].map(({ to }) => to);
			trail.push({
				key,
				next: pointers.filter((to) => stepAt(workflow, to)?.type !== 'while-condition' || !isOpen(to)),
			});
		};
		const isOpen = (key: string) => state.get(key) === 'open';
		enter(root);
		for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
			const to = top.next.pop();
			if (to === undefined) {
				state.set(top.key, 'done');
				trail.pop();
			} else if (isOpen(to)) {
				if (stepAt(workflow, to)?.type === 'while-condition') continue;
				const from = trail.findIndex((one) => one.key === to);
				return [...trail.slice(from).map((one) => one.key), to];
			} else if (!state.has(to)) enter(to);
		}
	}
	return null;
}

/** Branches end in an end step that no other branch shares (section 4.6): else nobody can tell which call has come back. */
function checkEnds(workflow: Workflow, findings: CacaoFindings): void {
	const ownerOf = new Map<string, string>();
	for (const [key, step] of Object.entries(workflow)) {
		for (const { path, to } of branchesOf(step)) {
			for (const end of endsOf(workflow, to, key)) {
				const name = `${key} ${path.join(' ')}`;
				const owner = ownerOf.get(end);
				if (owner === undefined) ownerOf.set(end, name);
				else if (owner !== name)
					findings.warning(
						['workflow', key, ...path],
						`the branch ends at ${quoted(end)}, where another branch ends too`,
					);
			}
		}
	}
}

/** The end steps of one sequence; branches inside it have their own. */
function endsOf(workflow: Workflow, entry: string, owner: string): string[] {
	const seen = new Set<string>([owner]);
	const ends: string[] = [];
	const waiting = [entry];
	for (let key = waiting.pop(); key !== undefined && seen.size < ENDS_STEPS_MAX; key = waiting.pop()) {
		const step = seen.has(key) ? null : stepAt(workflow, key);
		if (step === null) continue;
		seen.add(key);
		if (step.type === 'end') ends.push(key);
		for (const { to } of nextOf(step)) waiting.push(to);
	}
	return ends;
}

/** Steps of one branch that are walked for its ends; longer ones are refused for their length when they are planned. */
const ENDS_STEPS_MAX = 500;
