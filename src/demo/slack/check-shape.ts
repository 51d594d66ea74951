// The small language in which Block Kit's rules are written down (check-elements.ts, check-blocks.ts, check-view.ts):
// a rule looks at one value and reports each fault with its JSON pointer, worded as Slack words it. Pure.
import { isObject } from './json.ts';

export type Report = (message: string, path: string) => void;
export type Rule = (value: unknown, path: string, report: Report) => void;

export const anyText: Rule = (value, path, report) => {
	if (typeof value !== 'string') report('must provide a string', path);
};

export const flag: Rule = (value, path, report) => {
	if (typeof value !== 'boolean') report('must be a boolean', path);
};

export const anything: Rule = () => undefined;

export function text(max: number, min = 1): Rule {
	return (value, path, report) => {
		if (typeof value !== 'string') return report('must provide a string', path);
		if (value.length < min) report(`must be more than ${min - 1} characters`, path);
		if (value.length > max) report(`must be less than ${max + 1} characters`, path);
	};
}

export function integer(min: number, max: number): Rule {
	return (value, path, report) => {
		if (typeof value !== 'number' || !Number.isInteger(value)) return report('must be an integer', path);
		if (value < min) report(`must be greater than or equal to ${min}`, path);
		if (value > max) report(`must be less than or equal to ${max}`, path);
	};
}

export function pattern(form: RegExp, name: string): Rule {
	return (value, path, report) => {
		if (typeof value !== 'string' || !form.test(value)) report(`must match the format ${name}`, path);
	};
}

export function oneOf(...allowed: readonly (string | boolean)[]): Rule {
	return (value, path, report) => {
		const known = (typeof value === 'string' || typeof value === 'boolean') && allowed.includes(value);
		if (!known) report(`must be a valid enum value: ${allowed.join(', ')}`, path);
	};
}

export function list(item: Rule, min: number, max: number): Rule {
	return (value, path, report) => {
		if (!Array.isArray(value)) return report('must be an array', path);
		if (value.length < min) report(`no less than ${min} items allowed`, path);
		if (value.length > max) report(`no more than ${max} items allowed`, path);
		for (const [at, entry] of value.slice(0, max).entries()) item(entry, `${path}/${at}`, report);
	};
}

export type Fields = { readonly [key: string]: Rule };

/** An object with these fields and no others, as Slack insists. `type` is not listed: `typed` has looked at it. */
export function shape(required: Fields, optional: Fields = {}): Rule {
	return (value, path, report) => {
		if (!isObject(value)) return report('must be an object', path);
		for (const key of Object.keys(required)) {
			if (value[key] === undefined) report(`missing required field: ${key}`, path);
		}
		for (const [key, entry] of Object.entries(value)) {
			if (key === 'type' || entry === undefined) continue;
			const rule = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) ? optional[key] : null;
			if (rule) rule(entry, `${path}/${key}`, report);
			else report(`invalid additional property: ${key}`, path);
		}
	};
}

/** Chooses the rule by the object's `type`. */
export function typed(rules: { readonly [type: string]: Rule }): Rule {
	return (value, path, report) => {
		if (!isObject(value)) return report('must be an object', path);
		const type = value['type'];
		if (type === undefined) return report('missing required field: type', path);
		const rule = typeof type === 'string' && Object.hasOwn(rules, type) ? rules[type] : undefined;
		if (rule) rule(value, path, report);
		else report(`unsupported type: ${String(type).slice(0, 100)}`, `${path}/type`);
	};
}

export function both(...rules: readonly Rule[]): Rule {
	return (value, path, report) => {
		for (const rule of rules) rule(value, path, report);
	};
}
