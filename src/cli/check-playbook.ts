// What the schema of a playbook cannot see: actions and parameters that do not exist, steps that wait for themselves, placeholders
// without a value. Pure; what the gate says to a step on a given asset is `playbook plan`'s.
import { Findings, shown } from '../config/finding.ts';
import type { LoadedPlaybookFile } from '../config/playbook-file.ts';
import { findingsOf } from '../config/schema-findings.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import { allNodes, type PlaybookStep } from '../domain/playbook-step.ts';
import type { Finding } from '../domain/result.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import { PLACEHOLDER_NAMES } from '../response/evidence.ts';
import { textsOf, unknownPlaceholders } from '../response/fill.ts';
import type { Library } from '../response/flow/program.ts';
import { ACTION_NAMES, ACTIONS, isActionName } from '../safety/actions.ts';
import { rowsOf } from '../safety/table.ts';
import { checkFlow, variablesOf } from './check-flow.ts';

/**
 * Findings about a playbook that its schema accepted.
 *
 * @param others the playbooks that it may call
 */
export function checkPlaybook(loaded: LoadedPlaybookFile, others: readonly LoadedPlaybookFile[] = []): Finding[] {
	const { playbook, place, file } = loaded;
	const findings = new Findings(file);
	const library: Library = new Map([loaded, ...others].map((one) => [one.playbook.id, one]));
	const variables = [...variablesOf(loaded, library).keys(), 'item'];
	for (const { node, path } of allNodes(playbook.steps)) {
		const at = (...more: (string | number)[]) => place([...path, ...more]);
		const name = `${'action' in node ? 'step' : 'block'} ${shown(node.key)}`;
		if ('action' in node) {
			checkAction(node, name, at, findings, playbook.cacao !== undefined);
			checkParams(node, path, loaded, findings);
		}
		for (const [key, text] of textsOf(node)) {
			for (const unknown of unknownPlaceholders(text, variables)) {
				findings.error(
					at(...key),
					`${name}: there is no value ${shown(`{${unknown}}`)}`,
					didYouMean(unknown, [...PLACEHOLDER_NAMES, ...variables]),
				);
			}
		}
	}
	checkFlow(loaded, library, findings);
	return findings.list();
}

type At = (...path: (string | number)[]) => { readonly line: number; readonly column: number };

function checkAction(step: PlaybookStep, name: string, at: At, findings: Findings, isImported: boolean): void {
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
		const message = `${name}: the gate refuses ${shown(step.action)} on every asset (row ${rowsOf(step.action)[0]?.id ?? ''})`;
		// An imported playbook keeps such a step, so that people see what was asked for and refused.
		if (isImported) findings.warning(at('action'), message);
		else findings.error(at('action'), message);
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
function checkParams(
	step: PlaybookStep,
	path: readonly (string | number)[],
	loaded: LoadedPlaybookFile,
	findings: Findings,
): void {
	const action = RUNNABLE.get(step.action);
	if (action === undefined) return;
	const parsed = action.params.safeParse(step.params);
	if (parsed.success) return;
	findings.addAll(findingsOf(parsed.error, loaded.place, loaded.file, action.params, [...path, 'params']));
}
