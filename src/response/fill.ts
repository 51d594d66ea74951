// Puts an incident's values into a playbook's texts and parameters. Pure. Values are plain words (evidence.ts) and stand as quoted words
// in sentences, so that a hostile name reads as a name and not as part of an instruction.
import { err, ok, type Result } from '../domain/result.ts';
import type { StepParams } from '../domain/step.ts';
import { PLACEHOLDERS, type Placeholder, type PlaceholderValues } from './evidence.ts';

const PLACEHOLDER = /\{([a-z][a-z0-9_]{0,39})\}/g;
const LONE_PLACEHOLDER = /^\{([a-z][a-z0-9_]{0,39})\}$/;

function isPlaceholder(name: string): name is Placeholder {
	return Object.hasOwn(PLACEHOLDERS, name);
}

/** Placeholders in a text that do not exist. */
export function unknownPlaceholders(text: string): string[] {
	return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').filter((name) => !isPlaceholder(name));
}

/** A sentence for people: what is not known is said to be so. */
export function fillText(text: string, values: PlaceholderValues): string {
	return text.replace(PLACEHOLDER, (whole, name: string) =>
		isPlaceholder(name) ? (values[name] ?? '(not known)') : whole,
	);
}

/**
 * Parameters for an action. A text that is nothing but one placeholder must have a value: the step can't be planned without it.
 * In longer texts an unknown value reads `(not known)`.
 *
 * @returns the name of the first value that is missing
 */
export function fillParams(params: StepParams, values: PlaceholderValues): Result<StepParams, string> {
	const filled: StepParams = {};
	for (const [name, value] of Object.entries(params)) {
		if (typeof value === 'string') {
			const lone = LONE_PLACEHOLDER.exec(value)?.[1];
			if (lone !== undefined && isPlaceholder(lone) && values[lone] === null) return err(lone);
			filled[name] = fillText(value, values);
		} else if (Array.isArray(value)) {
			filled[name] = value.map((item) => fillText(item, values));
		} else {
			filled[name] = value;
		}
	}
	return ok(filled);
}
