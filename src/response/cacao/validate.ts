// A CACAO v2.0 playbook is checked: shapes, rules and graph, everything that is wrong at once. Pure. Written from the specification's text;
// the public JSON schemas refuse the specification's own examples (a keyword that is read differently from draft to draft).
import { type CacaoFinding, CacaoFindings, quoted } from './finding.ts';
import { checkGraph } from './graph.ts';
import { checkAgentRules } from './rules-agent.ts';
import { checkPlaybookRules, tellUnknown } from './rules-playbook.ts';
import { checkStepRules } from './rules-step.ts';
import { CacaoPlaybook, KNOWN_PROPERTIES } from './schema.ts';
import { isJsonObject, type Json, type JsonObject } from './strict-json.ts';
import { OLD_STEP_TYPES, STEP_TYPES } from './vocabulary.ts';

export type Validated = {
	/** The playbook as it is understood; null where it is refused. What is not understood stands in the object it was read from. */
	readonly playbook: CacaoPlaybook | null;
	readonly findings: readonly CacaoFinding[];
};

/** Checks a value that was read strictly (strict-json.ts). Never throws; any error refuses the whole playbook. */
export function validateCacao(value: Json): Validated {
	const findings = new CacaoFindings();
	if (!isJsonObject(value)) {
		findings.error([], 'a playbook is a JSON object');
		return { playbook: null, findings: findings.list() };
	}
	if (!isThisVersion(value, findings)) return { playbook: null, findings: findings.list() };
	const parsed = CacaoPlaybook.safeParse(value, { reportInput: true });
	if (!parsed.success) {
		findings.addIssues(parsed.error);
		return { playbook: null, findings: findings.list() };
	}
	checkPlaybookRules(parsed.data, findings);
	checkAgentRules(parsed.data, findings);
	checkStepRules(parsed.data, findings);
	checkGraph(parsed.data, findings);
	for (const [at, signature] of (parsed.data.signatures ?? []).entries())
		tellUnknown(signature, KNOWN_PROPERTIES.signature, ['signatures', at], findings);
	return { playbook: findings.hasErrors ? null : parsed.data, findings: findings.list() };
}

/** What is no CACAO 2.0 at all is told in one sentence: a hundred findings about another format would help nobody. */
function isThisVersion(value: JsonObject, findings: CacaoFindings): boolean {
	const { type, spec_version: version, workflow } = value;
	if (type === 'playbook-template')
		findings.error(['type'], 'a template is no playbook: templates ended with version 1');
	else if (type !== 'playbook')
		findings.error(
			['type'],
			typeof type === 'string' ? `${quoted(type)} is no playbook: expected \`playbook\`` : '`type` must be `playbook`',
		);
	else if (version !== 'cacao-2.0')
		findings.error(
			['spec_version'],
			typeof version === 'string'
				? `version ${quoted(version)} of the specification: only \`cacao-2.0\` is read`
				: '`spec_version` is missing: only `cacao-2.0` is read',
		);
	else if (Array.isArray(workflow))
		findings.error(
			['workflow'],
			'`workflow` is a list, as in drafts: in version 2.0 it is a dictionary of steps by identifier',
		);
	else if (isJsonObject(workflow)) checkOldSteps(workflow, findings);
	return !findings.hasErrors;
}

function checkOldSteps(workflow: JsonObject, findings: CacaoFindings): void {
	for (const [key, step] of Object.entries(workflow)) {
		const type = isJsonObject(step) ? step['type'] : undefined;
		if (typeof type !== 'string' || STEP_TYPES.some((known) => known === type)) continue;
		const now = Object.hasOwn(OLD_STEP_TYPES, type) ? OLD_STEP_TYPES[type] : undefined;
		const hint = now === undefined ? `one of ${STEP_TYPES.join(', ')}` : `version 2.0 calls it \`${now}\``;
		findings.error(['workflow', key, 'type'], `there is no step type ${quoted(type)}: ${hint}`);
	}
}
