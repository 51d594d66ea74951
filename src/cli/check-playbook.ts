// What the schema of a playbook cannot see: actions and parameters that do not exist, steps that wait for themselves, placeholders
// without a value. Pure; what the gate says to a step on a given asset is `playbook plan`'s.
import { Findings, shown } from '../config/finding.ts';
import type { LoadedPlaybookFile } from '../config/playbook-file.ts';
import { findingsOf } from '../config/schema-findings.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import type { PlaybookStep } from '../domain/playbook.ts';
import type { Finding } from '../domain/result.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import { PLACEHOLDER_NAMES } from '../response/evidence.ts';
import { unknownPlaceholders } from '../response/fill.ts';
import { ACTION_NAMES, ACTIONS, isActionName } from '../safety/actions.ts';
import { rowsOf } from '../safety/table.ts';

/** Findings about a playbook that its schema accepted. */
export function checkPlaybook(loaded: LoadedPlaybookFile): Finding[] {
	const { playbook, place, file } = loaded;
	const findings = new Findings(file);
	const keys = playbook.steps.map((step) => step.key);
	playbook.steps.forEach((step, index) => {
		const at = (...path: (string | number)[]) => place(['steps', index, ...path]);
		const name = `step ${shown(step.key)}`;
		checkAction(step, name, at, findings);
		checkParams(step, index, loaded, findings);
		step.after.forEach((key, position) => {
			if (key === step.key) findings.error(at('after', position), `${name}: it waits for itself`);
			else if (!keys.includes(key))
				findings.error(
					at('after', position),
					`${name}: \`after\`: there is no step ${shown(key)}`,
					didYouMean(key, keys),
				);
		});
		for (const [key, text] of textsOf(step)) {
			for (const unknown of unknownPlaceholders(text)) {
				findings.error(
					at(...key),
					`${name}: there is no value ${shown(`{${unknown}}`)}`,
					didYouMean(unknown, PLACEHOLDER_NAMES),
				);
			}
		}
	});
	const circle = circleOf(playbook.steps);
	if (circle !== null) {
		const index = keys.indexOf(circle[0] ?? '');
		findings.error(
			place(['steps', index, 'after']),
			`these steps wait for one another: ${circle.map(shown).join(', ')}: none of them ever starts`,
		);
	}
	return findings.list();
}

type At = (...path: (string | number)[]) => { readonly line: number; readonly column: number };

function checkAction(step: PlaybookStep, name: string, at: At, findings: Findings): void {
	if (!isActionName(step.action)) {
		const near = nearest(step.action, ACTION_NAMES);
		findings.error(
			at('action'),
			`${name}: there is no action ${shown(step.action)}`,
			near === null ? 'the catalogue: interlock policy matrix' : `did you mean \`${near}\`?`,
		);
		return;
	}
	const spec = ACTIONS[step.action];
	if (spec.target === 'asset' && step.target === 'none') {
		findings.error(
			at('action'),
			`${name}: ${shown(step.action)} acts on an asset, and the step names no \`target\``,
			'write `target: primary`, or another selector',
		);
	}
	const cases = rowsOf(step.action).flatMap((row) => row.cases);
	if (cases.length > 0 && cases.every((one) => one.class === 'NEVER')) {
		findings.error(
			at('action'),
			`${name}: the gate refuses ${shown(step.action)} on every asset (row ${rowsOf(step.action)[0]?.id ?? ''})`,
		);
	}
	if (!RUNNABLE.has(step.action) && step.instructions === undefined) {
		findings.warning(
			at('action'),
			`${name}: ${shown(step.action)} is for people's hands, and the step has no \`instructions\``,
			'say what to do, in the order in which it is done, and how to see that it worked',
		);
	}
	if (step.undo !== undefined && !isActionName(step.undo)) {
		findings.error(
			at('undo'),
			`${name}: there is no action ${shown(step.undo)}`,
			didYouMean(step.undo, ACTION_NAMES) || undefined,
		);
	}
}

/** Parameters of actions that the program carries out are checked by the action's own schema, with placeholders as texts. */
function checkParams(step: PlaybookStep, index: number, loaded: LoadedPlaybookFile, findings: Findings): void {
	const action = RUNNABLE.get(step.action);
	if (action === undefined) return;
	const parsed = action.params.safeParse(step.params);
	if (parsed.success) return;
	findings.addAll(findingsOf(parsed.error, loaded.place, loaded.file, action.params, ['steps', index, 'params']));
}

function textsOf(step: PlaybookStep): [(string | number)[], string][] {
	const params = Object.entries(step.params).flatMap(([key, value]): [(string | number)[], string][] => {
		if (typeof value === 'string') return [[['params', key], value]];
		return Array.isArray(value) ? value.map((item, index) => [['params', key, index], item]) : [];
	});
	const instructions: [(string | number)[], string][] =
		step.instructions === undefined ? [] : [[['instructions'], step.instructions]];
	return [
		[['title'], step.title],
		...params,
		...instructions,
		...step.checklist.map((item, index): [(string | number)[], string] => [['checklist', index], item]),
	];
}

/** Steps left over when every step whose predecessors are done has been taken away, again and again. */
function circleOf(steps: readonly PlaybookStep[]): string[] | null {
	const known = new Set(steps.map((step) => step.key));
	let left = steps.map((step) => ({
		key: step.key,
		after: step.after.filter((key) => known.has(key) && key !== step.key),
	}));
	for (;;) {
		const waiting = new Set(left.map((step) => step.key));
		const next = left.filter((step) => step.after.some((key) => waiting.has(key)));
		if (next.length === left.length) return next.length === 0 ? null : next.map((step) => step.key);
		left = next;
	}
}
