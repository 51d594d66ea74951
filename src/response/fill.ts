// Puts an incident's values into a playbook's texts and parameters. Pure. Values are plain words (evidence.ts) and stand as quoted words
// in sentences, so that a hostile name reads as a name and not as part of an instruction.
import type { Scalar } from '../domain/playbook-condition.ts';
import type { PlaybookNode } from '../domain/playbook-step.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { StepParams } from '../domain/step.ts';
import { PLACEHOLDERS } from './evidence.ts';

const PLACEHOLDER = /\{([a-z][a-z0-9_]{0,39})\}/g;
const LONE_PLACEHOLDER = /^\{([a-z][a-z0-9_]{0,39})\}$/;

/** Values by the names of their placeholders; null is known to be missing, a name that is absent is no placeholder. */
export type Filling = Readonly<Record<string, Scalar | null>>;

/** Placeholders in a text that do not exist. */
export function unknownPlaceholders(text: string, variables: readonly string[] = []): string[] {
	return namesIn(text).filter((name) => !Object.hasOwn(PLACEHOLDERS, name) && !variables.includes(name));
}

function namesIn(text: string): string[] {
	return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
}

/** Every text of a node that may hold placeholders, each with its path. */
export function textsOf(node: PlaybookNode): [path: (string | number)[], text: string][] {
	const title: [(string | number)[], string][] = node.title === undefined ? [] : [[['title'], node.title]];
	if (!('action' in node)) return title;
	const params = Object.entries(node.params).flatMap(([key, value]): [(string | number)[], string][] => {
		if (typeof value === 'string') return [[['params', key], value]];
		return Array.isArray(value) ? value.map((item, index) => [['params', key, index], item]) : [];
	});
	const instructions: [(string | number)[], string][] =
		node.instructions === undefined ? [] : [[['instructions'], node.instructions]];
	return [
		...title,
		...params,
		...instructions,
		...node.checklist.map((item, index): [(string | number)[], string] => [['checklist', index], item]),
	];
}

/** Names of all placeholders that a node uses. */
export function placeholdersOf(node: PlaybookNode): string[] {
	return [...new Set(textsOf(node).flatMap(([, text]) => namesIn(text)))];
}

/** A sentence for people: what is not known is said to be so. */
export function fillText(text: string, values: Filling): string {
	return text.replace(PLACEHOLDER, (whole, name: string) =>
		Object.hasOwn(values, name) ? String(values[name] ?? '(not known)') : whole,
	);
}

/**
 * Parameters for an action. A text that is nothing but one placeholder must have a value: the step can't be planned without it. It
 * becomes the value itself, a number or a yes where a variable is one. In longer texts an unknown value reads `(not known)`.
 *
 * @returns the name of the first value that is missing
 */
export function fillParams(params: StepParams, values: Filling): Result<StepParams, string> {
	const filled: StepParams = {};
	for (const [name, value] of Object.entries(params)) {
		if (typeof value === 'string') {
			const lone = LONE_PLACEHOLDER.exec(value)?.[1];
			const found = lone === undefined || !Object.hasOwn(values, lone) ? undefined : values[lone];
			if (lone !== undefined && found === null) return err(lone);
			filled[name] = found ?? fillText(value, values);
		} else if (Array.isArray(value)) {
			filled[name] = value.map((item) => fillText(item, values));
		} else {
			filled[name] = value;
		}
	}
	return ok(filled);
}
