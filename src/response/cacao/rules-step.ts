// What shapes cannot say about one workflow step and its commands (sections 4 and 5). Pure. Where steps lead is graph.ts.
import { type CacaoFindings, quoted } from './finding.ts';
import { parseIdentifier } from './identifier.ts';
import { checkExtensions, checkKey, checkVariables, tellUnknown, tellWord } from './rules-playbook.ts';
import { type CacaoPlaybook, type Command, KNOWN_PROPERTIES, type WorkflowStep } from './schema.ts';
import { COMMAND_TYPES, isCommandType, PLAYBOOK_ACTIVITIES, type StepType } from './vocabulary.ts';

/** Properties of a type beyond the common ones; a step with another's property says something that nobody will do. */
const OWN: Readonly<Record<StepType, readonly string[]>> = {
	start: [],
	end: [],
	action: ['commands', 'agent', 'targets', 'in_args', 'out_args'],
	'playbook-action': ['playbook_id', 'playbook_version', 'in_args', 'out_args'],
	parallel: ['next_steps'],
	'if-condition': ['condition', 'on_true', 'on_false'],
	'while-condition': ['condition', 'on_true'],
	'switch-condition': ['switch', 'cases'],
};
const OWN_OF_ANY = [...new Set(Object.values(OWN).flat())];
const REQUIRED: Readonly<Record<StepType, readonly string[]>> = {
	start: ['on_completion'],
	end: [],
	action: [],
	'playbook-action': ['playbook_id'],
	parallel: ['next_steps'],
	'if-condition': ['on_true'],
	'while-condition': ['on_true'],
	'switch-condition': ['cases'],
};
/** Required by the specification, and left out by public playbooks (drawn with an editor, or examples of a layout). */
const OFTEN_MISSING: Partial<Readonly<Record<StepType, readonly string[]>>> = {
	action: ['commands', 'agent'],
	'if-condition': ['condition'],
	'while-condition': ['condition'],
	'switch-condition': ['switch'],
};

export function checkStepRules(playbook: CacaoPlaybook, findings: CacaoFindings): void {
	for (const [key, step] of Object.entries(playbook.workflow)) {
		const path = ['workflow', key];
		checkKey(key, step.type, path, findings, true);
		tellUnknown(step, KNOWN_PROPERTIES.step, path, findings);
		checkProperties(step, path, findings);
		checkPointers(step, path, findings);
		checkVariables(step.step_variables ?? {}, [...path, 'step_variables'], findings, 'step');
		for (const name of Object.keys(step.step_variables ?? {})) {
			if (Object.hasOwn(playbook.playbook_variables ?? {}, name))
				findings.warning([...path, 'step_variables', name], 'a variable of the playbook has the same name');
		}
		checkExtensions(step.step_extensions, [...path, 'step_extensions'], playbook, findings);
		checkParties(step, path, playbook, findings);
		(step.commands ?? []).forEach((command, at) => {
			checkCommand(command, [...path, 'commands', at], findings);
		});
		checkUses(step, path, playbook, findings);
	}
}

function checkProperties(step: WorkflowStep, path: readonly string[], findings: CacaoFindings): void {
	for (const name of OWN_OF_ANY) {
		if (Object.hasOwn(step, name) && !OWN[step.type].includes(name))
			findings.warning([...path, name], `a step of type \`${step.type}\` has no \`${name}\`; it is kept and not used`);
	}
	for (const name of REQUIRED[step.type]) {
		if (!Object.hasOwn(step, name))
			findings.error([...path, name], `a step of type \`${step.type}\` needs \`${name}\``);
	}
	for (const name of OFTEN_MISSING[step.type] ?? []) {
		const value: unknown = Reflect.get(step, name);
		if (value === undefined || (Array.isArray(value) && value.length === 0))
			findings.warning([...path, name], `a step of type \`${step.type}\` must have \`${name}\`; people decide instead`);
	}
	if (step.type === 'parallel' && step.next_steps !== undefined && step.next_steps.length < 2) {
		const message = 'a parallel step has two branches or more';
		if (step.next_steps.length === 0) findings.error([...path, 'next_steps'], message);
		else findings.warning([...path, 'next_steps'], message);
	}
	if (step.type === 'switch-condition' && step.cases !== undefined && Object.keys(step.cases).length === 0)
		findings.error([...path, 'cases'], 'a switch has at least one case');
}

/** Section 4.1: which of the three pointers a step may have. */
function checkPointers(step: WorkflowStep, path: readonly string[], findings: CacaoFindings): void {
	const has = (name: 'on_completion' | 'on_success' | 'on_failure') => step[name] !== undefined;
	if (step.type === 'end') {
		for (const name of ['on_completion', 'on_success', 'on_failure'] as const) {
			if (has(name)) findings.error([...path, name], `an end step leads nowhere: it has no \`${name}\``);
		}
		return;
	}
	if (step.type === 'start') {
		for (const name of ['on_success', 'on_failure'] as const) {
			if (has(name)) findings.error([...path, name], `a start step has \`on_completion\` alone, no \`${name}\``);
		}
		return;
	}
	if (has('on_completion')) {
		for (const name of ['on_success', 'on_failure'] as const) {
			if (has(name)) findings.error([...path, name], `with \`on_completion\` a step has no \`${name}\``);
		}
	} else if (!has('on_success')) {
		findings.error(path, 'the step leads nowhere: every step but an end needs `on_completion` or `on_success`');
	}
}

/** The agent and the targets that a step names are defined in the playbook. */
function checkParties(
	step: WorkflowStep,
	path: readonly string[],
	playbook: CacaoPlaybook,
	findings: CacaoFindings,
): void {
	if (step.type !== 'action') return;
	if (step.agent !== undefined && !Object.hasOwn(playbook.agent_definitions ?? {}, step.agent))
		findings.error([...path, 'agent'], `the agent ${quoted(step.agent)} is not in \`agent_definitions\``);
	(step.targets ?? []).forEach((target, at) => {
		if (!Object.hasOwn(playbook.target_definitions ?? {}, target))
			findings.error([...path, 'targets', at], `the target ${quoted(target)} is not in \`target_definitions\``);
	});
	const { owner } = step;
	if (owner !== undefined && parseIdentifier(owner)?.type !== 'identity')
		findings.warning([...path, 'owner'], 'an owner is an identity: `identity--UUID`');
}

const START_LINE = /^[A-Z]{3,10} \S{1,100000} HTTP\/\d(\.\d)?$/;

/** Section 5: what each type of command must bring. An unknown type is allowed, and is for people's hands. */
function checkCommand(command: Command, path: readonly (string | number)[], findings: CacaoFindings): void {
	tellUnknown(command, KNOWN_PROPERTIES.command, path, findings);
	if (command.playbook_activity !== undefined)
		tellWord(command.playbook_activity, PLAYBOOK_ACTIVITIES, [...path, 'playbook_activity'], findings);
	for (const name of ['command_b64', 'content_b64'] as const) {
		const text = command[name];
		if (text !== undefined && decodeBase64(text) === null) findings.error([...path, name], `\`${name}\` is not base64`);
	}
	if (!isCommandType(command.type)) {
		const old = command.type === 'openc2' ? ': version 1 called `openc2-http` so' : '';
		findings.warning([...path, 'type'], `${quoted(command.type)} is not in the specification's vocabulary${old}`);
		return;
	}
	const needs = COMMAND_TYPES[command.type];
	const lacks = (name: 'command' | 'command_b64' | 'content_b64') => command[name] === undefined;
	if (needs === 'either' && lacks('command') && lacks('command_b64'))
		findings.error(path, `a command of type \`${command.type}\` needs \`command\` or \`command_b64\``);
	if (needs === 'either' && !lacks('command') && !lacks('command_b64'))
		findings.warning(path, '`command` and `command_b64` both stand here, and may say different things');
	if (needs !== 'either') {
		for (const name of needs.split('+')) {
			if (!Object.hasOwn(command, name))
				findings.error([...path, name], `a command of type \`${command.type}\` needs \`${name}\``);
		}
	}
	if ((command.type === 'http-api' || command.type === 'openc2-http') && command.command !== undefined) {
		if (!START_LINE.test(command.command))
			findings.warning([...path, 'command'], 'an HTTP command is a start line: `POST /api/x HTTP/1.1`');
	}
}

/** The bytes of a base64 text (RFC 4648, section 4; white space is allowed for), or null where it is none. */
export function decodeBase64(text: string): Uint8Array | null {
	const bare = text.replace(/[ \t\r\n]/g, '');
	if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return null;
	return Buffer.from(bare, 'base64');
}

const USED = /__[a-zA-Z_][a-zA-Z0-9_-]{0,199}?__/g;

/** The names of variables in a text. */
export function variablesIn(text: string): string[] {
	return [...new Set(text.match(USED) ?? [])];
}

/** Variables that a step uses are defined: in the playbook, or in the step itself. */
function checkUses(
	step: WorkflowStep,
	path: readonly string[],
	playbook: CacaoPlaybook,
	findings: CacaoFindings,
): void {
	const isKnown = (name: string) =>
		Object.hasOwn(playbook.playbook_variables ?? {}, name) || Object.hasOwn(step.step_variables ?? {}, name);
	const tell = (text: string | undefined, ...rest: (string | number)[]) => {
		for (const name of text === undefined ? [] : variablesIn(text)) {
			if (!isKnown(name)) findings.warning([...path, ...rest], `the variable ${quoted(name)} is not defined`);
		}
	};
	tell(step.condition, 'condition');
	tell(step.switch, 'switch');
	(step.commands ?? []).forEach((command, at) => {
		tell(command.command, 'commands', at, 'command');
		tell(command.content, 'commands', at, 'content');
	});
	for (const list of ['in_args', 'out_args'] as const) {
		(step[list] ?? []).forEach((name, at) => {
			if (!isKnown(name)) findings.warning([...path, list, at], `the variable ${quoted(name)} is not defined`);
		});
	}
}
