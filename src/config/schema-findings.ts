// What a zod schema has against a file's value, as findings at their places, with "did you mean" read from the schema itself.
// Used for every file of the configuration folder, and by the stages that own rules and playbooks.
import type { z } from 'zod';
import { didYouMean } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { Findings, shown } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/**
 * Words a zod error as findings.
 *
 * @param error  of a `safeParse` (with `{ reportInput: true }` the messages also show what was found)
 * @param place  of the file that the value was read from
 * @param schema the one that gave the error: its keys are offered where one is unknown
 * @param base   where the parsed value stands in the file, when it is a part of it
 * @param ofUnknownKeys  what is said behind an unknown key (`: not a setting of this version`)
 */
export function findingsOf(
	error: z.ZodError,
	place: YamlFile['place'],
	file: string,
	schema?: z.ZodType,
	base: Path = [],
	ofUnknownKeys = '',
): Finding[] {
	const findings = new Findings(file);
	for (const issue of error.issues) addIssue(issue, place, findings, schema, base, ofUnknownKeys);
	return findings.list();
}

/** Parses a file's value, or a part of it, and words what is wrong. */
export function readWith<S extends z.ZodType>(
	schema: S,
	value: unknown,
	place: YamlFile['place'],
	findings: Findings,
	base: Path = [],
	ofUnknownKeys = '',
): z.output<S> | null {
	const parsed = schema.safeParse(value, { reportInput: true });
	if (parsed.success) return parsed.data;
	findings.addAll(findingsOf(parsed.error, place, findings.file, schema, base, ofUnknownKeys));
	return null;
}

type Issue = z.ZodError['issues'][number];

function addIssue(
	issue: Issue,
	place: YamlFile['place'],
	findings: Findings,
	schema: z.ZodType | undefined,
	base: Path,
	ofUnknownKeys: string,
): void {
	const path = [...base, ...issue.path];
	const where = path.length === 0 ? '' : `${pathText(path)}: `;
	if (issue.code === 'unrecognized_keys') {
		const known = schema === undefined ? [] : keysAt(schema, issue.path);
		for (const key of issue.keys) {
			findings.error(
				place([...path, key], 'key'),
				`${where}unknown key ${shown(key)}${ofUnknownKeys}`,
				didYouMean(key, known) || undefined,
			);
		}
		return;
	}
	const input = issue.input;
	if (issue.code === 'invalid_value' && typeof input === 'string') {
		const values = issue.values.map(String);
		findings.error(place(path), `${where}${shown(input)} is not known here`, didYouMean(input, values) || undefined);
		return;
	}
	if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
		// A choice by one key (`kind`): the input is the whole entry, and what was chosen stands in it.
		const key = String(issue.path.at(-1) ?? '');
		const chosen = new Map(Object.entries(typeof input === 'object' && input !== null ? input : {})).get(key);
		const known = issue.options.map(String);
		const words = typeof chosen === 'string' ? `${where}${shown(chosen)} is not known here` : `${where}is missing`;
		const help = typeof chosen === 'string' ? didYouMean(chosen, known) : `one of: ${known.join(', ')}`;
		findings.error(place(typeof chosen === 'string' ? path : path.slice(0, -1)), words, help || undefined);
		return;
	}
	if (issue.code === 'invalid_type' && input === undefined) {
		const parent = place(path.slice(0, -1));
		const key = path.at(-1);
		const lacks = key === undefined ? 'the file is empty' : `\`${String(key)}\` is missing`;
		findings.error(
			parent,
			`${path.length > 1 ? `${pathText(path.slice(0, -1))}: ` : ''}${lacks}`,
			`expected ${issue.expected}`,
		);
		return;
	}
	const isShown = typeof input === 'string' || typeof input === 'number' || typeof input === 'boolean';
	const found = isShown && !mayBeSecret(path) ? `${shown(input)}: ` : '';
	findings.error(place(path), `${where}${found}${issue.message.replace(/^Invalid input: /, '')}`);
}

/** True where people paste a secret itself: what stands there is not repeated. */
function mayBeSecret(path: Path): boolean {
	const key = path.findLast((part) => typeof part === 'string');
	return key !== undefined && ['auth', 'secret', 'secrets', 'secret_env', 'secret_file'].includes(key);
}

/** `steps[3].action`, as people write a path. */
function pathText(path: Path): string {
	let text = '';
	for (const part of path) {
		if (typeof part === 'number') text += `[${part}]`;
		else text += text === '' ? String(part) : `.${String(part)}`;
	}
	return shown(text);
}

type Inner = { readonly def: { readonly type: string } & Readonly<Record<string, unknown>> };

/** The keys that the schema's object at a path knows; empty where it has none or the path leads into something else. */
function keysAt(schema: z.ZodType, path: Path): string[] {
	let objects = objectsOf(schema);
	for (const part of path) {
		objects = objects.flatMap((node) => {
			const { def } = node;
			if (def.type === 'object') return objectsOf(memberOf(def['shape'], String(part)));
			if (def.type === 'array') return objectsOf(def['element']);
			return def.type === 'record' ? objectsOf(def['valueType']) : [];
		});
	}
	return [
		...new Set(objects.flatMap((node) => (node.def.type === 'object' ? Object.keys(node.def['shape'] ?? {}) : []))),
	];
}

/** Objects, arrays and records behind optional, default, union and transform wrappers. */
function objectsOf(schema: unknown, depth = 0): Inner[] {
	if (!isSchema(schema) || depth > 20) return [];
	const { def } = schema;
	if (['object', 'array', 'record'].includes(def.type)) return [schema];
	if (def.type === 'pipe') return [...objectsOf(def['in'], depth + 1), ...objectsOf(def['out'], depth + 1)];
	const options = def['options'];
	if (Array.isArray(options)) return options.flatMap((option) => objectsOf(option, depth + 1));
	if (def.type === 'lazy' && typeof def['getter'] === 'function') return objectsOf(def['getter'](), depth + 1);
	return objectsOf(def['innerType'], depth + 1);
}

function isSchema(value: unknown): value is Inner {
	return (
		typeof value === 'object' && value !== null && 'def' in value && typeof value.def === 'object' && value.def !== null
	);
}

function memberOf(shape: unknown, key: string): unknown {
	return typeof shape === 'object' && shape !== null && Object.hasOwn(shape, key)
		? Object.entries(shape).find(([name]) => name === key)?.[1]
		: undefined;
}
