// What a variable is worth where a node stands: an input that a caller or the playbook itself gave, or a person's answer. Pure.
import { fits, type Scalar } from '../../domain/playbook-condition.ts';
import type { Step } from '../../domain/step.ts';
import { endingOf } from '../order.ts';
import type { Instance, Scope, Variable, Walked } from './walk.ts';
import { inputsOf } from './walk.ts';

/** A person's answer as recorded with the attestation, by the step's id. */
export type Answers = ReadonlyMap<string, { readonly name: string; readonly value: Scalar }>;

export type VariableGround = {
	readonly walked: Walked;
	/** Rows of this playbook in the incident. */
	readonly rows: readonly Pick<Step, 'id' | 'key' | 'state'>[];
	readonly answers: Answers;
	/** Inputs of the outermost playbook, as a person or a test gave them. */
	readonly inputs: Readonly<Record<string, Scalar>>;
	/** Whether a step without a row is planned in this very look, or may still be. */
	readonly isPending: (key: string) => boolean;
	/** A value of the incident by its placeholder's name, for what a caller hands over. */
	readonly incidentValue: (name: string) => string | null;
};

const NEVER: Variable = { state: 'never' };
const LONE = /^\{([a-z][a-z0-9_]{0,39})\}$/;

/** The variable as it stands: inputs come before answers; of several answers the first in the playbook's order that is given. */
export function variableOf(name: string, scope: Scope, ground: VariableGround): Variable {
	const declared = inputsOf(scope)[name];
	if (declared !== undefined) {
		const given = givenFor(name, scope, ground);
		if (given.state === 'known') return fits(declared, given.value) ? given : NEVER;
		if (given.state === 'open') return given;
		return declared.default === undefined ? NEVER : { state: 'known', value: declared.default };
	}
	let isOpen = ground.walked.dormant.some((one) => one.prefix.startsWith(scope.prefix) && one.answers.includes(name));
	for (const asked of ground.walked.instances) {
		if (!answers(asked, name, scope)) continue;
		const rows = ground.rows.filter((row) => row.key === asked.key);
		if (rows.length === 0 && ground.isPending(asked.key)) isOpen = true;
		for (const row of rows) {
			const answer = ground.answers.get(row.id);
			if (answer !== undefined && answer.name === name && isFit(asked, answer.value))
				return { state: 'known', value: answer.value };
			if (endingOf(row.state) === 'open') isOpen = true;
		}
	}
	return isOpen ? { state: 'open' } : NEVER;
}

function givenFor(name: string, scope: Scope, ground: VariableGround): Variable {
	if (scope.caller === null) {
		const value = Object.hasOwn(ground.inputs, name) ? ground.inputs[name] : undefined;
		return value === undefined ? NEVER : { state: 'known', value };
	}
	const value = Object.hasOwn(scope.caller.values, name) ? scope.caller.values[name] : undefined;
	if (value === undefined) return NEVER;
	const lone = typeof value === 'string' ? LONE.exec(value)?.[1] : undefined;
	if (lone === undefined) return { state: 'known', value };
	const outer = scope.caller.scope;
	if (lone === 'item') return outer.item === null ? NEVER : { state: 'known', value: outer.item.value };
	const own = variableOf(lone, outer, ground);
	if (own.state !== 'never') return own;
	const fromIncident = ground.incidentValue(lone);
	return fromIncident === null ? NEVER : { state: 'known', value: fromIncident };
}

/** Whether this node asks for the variable, here or in a playbook called from here, and in no other round of a loop. */
function answers(asked: Instance, name: string, scope: Scope): boolean {
	const { node } = asked.part;
	if (!('action' in node) || node.answer?.name !== name) return false;
	if (!asked.scope.prefix.startsWith(scope.prefix)) return false;
	if (asked.scope.prefix !== scope.prefix) return true;
	const marks = asked.scope.marks;
	return marks.every((mark, index) => scope.marks[index] === undefined || scope.marks[index] === mark);
}

function isFit(asked: Instance, value: Scalar): boolean {
	const { node } = asked.part;
	return 'action' in node && node.answer !== undefined && fits(node.answer, value);
}
