// The variables of a CACAO playbook as inputs and answers of ours, and its texts with them in place. Pure. A stranger's text is cut, cleaned
// of what a screen would obey, and never read as a placeholder of the incident.
import { fits } from '../../domain/playbook-condition.ts';
import { PLACEHOLDERS } from '../evidence.ts';
import type { Known } from './condition.ts';
import { variablesIn } from './rules-step.ts';
import type { CacaoPlaybook, Variable, WorkflowStep } from './schema.ts';

/** Inputs that a playbook of ours may have. */
const INPUTS_MAX = 20;

export type Variables = {
	readonly inputs: Readonly<Record<string, Input>>;
	/** What a CACAO variable is called here; null where it has no counterpart. */
	readonly known: (variable: string) => Known | null;
	/** Out-arguments that something behind asks for: they become answers of people. */
	readonly isAsked: (variable: string) => boolean;
	/** Every variable that has a name here, with the input that it would be. */
	readonly all: readonly { readonly name: string; readonly input: Input }[];
	/** CACAO names that found no place. */
	readonly left: readonly string[];
};
export type Input = { type: Known['type']; default?: string | number | boolean; description?: string };

/** Which variables the workflow uses, and what each becomes. */
export function variablesOf(playbook: CacaoPlaybook): Variables {
	const used = new Set(Object.values(playbook.workflow).flatMap(usedBy));
	const given = new Set(Object.values(playbook.workflow).flatMap((step) => step.out_args ?? []));
	const names = new Map<string, Known>();
	const inputs: Record<string, Input> = {};
	const all: { name: string; input: Input }[] = [];
	const left: string[] = [];
	const declared = new Map<string, Variable>();
	for (const step of Object.values(playbook.workflow))
		for (const [name, variable] of Object.entries(step.step_variables ?? {})) declared.set(name, variable);
	for (const [name, variable] of Object.entries(playbook.playbook_variables ?? {})) declared.set(name, variable);
	for (const [name, variable] of declared) {
		if (!used.has(name)) continue;
		const type = typeOf(variable);
		const isInput = !given.has(name) && Object.hasOwn(playbook.playbook_variables ?? {}, name);
		if (!isInput && !given.has(name)) continue;
		if (isInput && Object.keys(inputs).length === INPUTS_MAX) {
			left.push(name);
			continue;
		}
		const own = ourName(name, new Set([...names.values()].map((one) => one.name)));
		names.set(name, { name: own, type });
		const input = { type, ...defaultOf(variable, type), description: `CACAO variable ${name.slice(0, 100)}` };
		all.push({ name: own, input });
		if (isInput) inputs[own] = input;
	}
	const known = (variable: string) => names.get(variable) ?? null;
	return { inputs, known, isAsked: (variable) => given.has(variable) && names.has(variable), all, left };
}

/** Names in what a step says and decides; out_args give a value and do not use one. */
function usedBy(step: WorkflowStep): string[] {
	const texts = [step.condition, step.switch, ...(step.commands ?? []).flatMap((one) => [one.command, one.content])];
	return [...texts.flatMap((text) => (text === undefined ? [] : variablesIn(text))), ...(step.in_args ?? [])];
}

function typeOf({ type }: Variable): Known['type'] {
	if (type === 'bool') return 'boolean';
	return type === 'integer' || type === 'long' || type === 'float' ? 'number' : 'text';
}

/** The value as a default, where our inputs can hold it: a text is one plain word there, since it may end in a parameter. */
function defaultOf({ value }: Variable, type: Known['type']): { default?: string | number | boolean } {
	if (value === undefined || value === null || value === '' || typeof value === 'object') return {};
	const text = String(value);
	const scalar = type === 'boolean' ? text.toLowerCase() === 'true' : type === 'number' ? Number(text) : text;
	return fits({ type }, scalar) ? { default: scalar } : {};
}

function ourName(name: string, taken: ReadonlySet<string>): string {
	const bare = name
		.replace(/^__|__$/g, '')
		.toLowerCase()
		.replace(/[^a-z0-9_]/g, '_')
		.replace(/^[^a-z]+/, '');
	const isReserved = bare === '' || bare === 'item' || Object.hasOwn(PLACEHOLDERS, bare);
	const base = (isReserved ? `v_${bare}` : bare).slice(0, 36);
	for (let at = 1; ; at++) {
		const candidate = at === 1 ? base : `${base}_${at}`;
		if (!taken.has(candidate)) return candidate;
	}
}

/** What a text is put into: `isFree` where only people read it, in a step for hands; the bot itself shows plain words alone. */
export type TextPlace = { readonly step: WorkflowStep; readonly playbook: CacaoPlaybook; readonly isFree: boolean };

/**
 * A stranger's text for people: without control characters and without anything that reads as a placeholder, its variables as ours.
 * Values that our inputs cannot hold (a command line, a sentence) are put in as they are where only people read them.
 */
export function textFor(text: string, place: TextPlace, variables: Variables, max: number): string {
	const bare = cleaned(text);
	const cut =
		bare.length > max ? `${bare.slice(0, max - 60).trimEnd()} ... (cut: the rest stands in the original)` : bare;
	return cut.replace(/__[a-zA-Z_][a-zA-Z0-9_-]{0,199}?__(?::value)?/g, (whole) => {
		const name = whole.replace(/:value$/, '');
		const own = variables.known(name);
		if (own !== null && (variables.isAsked(name) || variables.inputs[own.name]?.default !== undefined))
			return `{${own.name}}`;
		const value = ownValue(place.step.step_variables, name) ?? ownValue(place.playbook.playbook_variables, name);
		if (value !== null && (place.isFree || fits({ type: 'text' }, value))) return cleaned(value).slice(0, max);
		return own === null ? whole : `{${own.name}}`;
	});
}

function cleaned(text: string): string {
	return text
		.replace(/\r\n?/g, '\n')
		.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => (sign === '\n' ? '\n' : ' '))
		.replace(/\{(?=[a-z][a-z0-9_]{0,39}\})/g, '{ ')
		.trim();
}

function ownValue(dictionary: Readonly<Record<string, Variable>> | undefined, name: string): string | null {
	const value = dictionary !== undefined && Object.hasOwn(dictionary, name) ? dictionary[name]?.value : undefined;
	return typeof value === 'string' && value !== '' ? value : null;
}
