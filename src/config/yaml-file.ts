// YAML with places: the one file that knows the yaml package. It turns text into plain values and says where each stood;
// what the values mean is for the loaders of this folder and for the schemas of other stages.
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { Finding } from '../domain/result.ts';
import { Findings, type Place } from './finding.ts';

/** Characters of a YAML file. */
const YAML_TEXT_MAX = 32 * 1024 * 1024;

/** Aliases that a file may expand to; more is a bomb. */
const ALIASES_MAX = 100;

/** Syntax faults listed of one file: one slip makes the parser stumble over everything behind it. */
const SYNTAX_FAULTS_MAX = 10;

/** Levels of nesting in a file that people write. */
const YAML_DEPTH_MAX = 60;

export type Path = readonly PropertyKey[];

export type YamlFile = {
	/** Plain objects, arrays and scalars; undefined where the file is empty or could not be read. */
	readonly value: unknown;
	/** Where the value at a path stands (or its key); the nearest parent's place where the path leads nowhere. */
	readonly place: (path: Path, part?: 'key' | 'value') => Place;
	/** A scalar as it was written (`007`, `3.50`), null where the path holds none: for ids that look like numbers. */
	readonly written: (path: Path) => string | null;
	readonly findings: readonly Finding[];
};

/**
 * Reads one YAML 1.2 document. Never throws: broken syntax, duplicate keys, several documents, unknown tags, alias bombs
 * and nesting beyond 60 levels come back as findings with line and column, and `value` is then undefined.
 */
export function parseYaml(text: string, file: string): YamlFile {
	const findings = new Findings(file);
	const nothing = (): YamlFile => ({
		value: undefined,
		place: () => ({ line: 1, column: 1 }),
		written: () => null,
		findings: findings.list(),
	});
	if (text.length > YAML_TEXT_MAX) {
		findings.error({ line: 1, column: 1 }, `the file has ${text.length} characters, ${YAML_TEXT_MAX} are allowed`);
		return nothing();
	}
	const lines = new LineCounter();
	try {
		const document = parseDocument(text, {
			lineCounter: lines,
			prettyErrors: false,
			uniqueKeys: true,
			stringKeys: true,
			logLevel: 'error',
		});
		for (const fault of [...document.errors, ...document.warnings].slice(0, SYNTAX_FAULTS_MAX)) {
			const { line, col } = lines.linePos(fault.pos[0]);
			findings.error({ line: line || 1, column: col || 1 }, `not readable as YAML: ${firstLine(fault.message)}`);
		}
		if (findings.hasErrors) return nothing();
		const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
		if (isTooDeep(value)) {
			findings.error({ line: 1, column: 1 }, `nested more than ${YAML_DEPTH_MAX} levels deep`);
			return nothing();
		}
		const root = document.contents;
		const placeOf = (offset: number): Place => {
			const { line, col } = lines.linePos(offset);
			return { line: line || 1, column: col || 1 };
		};
		return {
			value: value ?? undefined,
			place: (path, part = 'value') => placeOf(offsetOf(root, path, part)),
			written: (path) => writtenAt(root, path),
			findings: findings.list(),
		};
	} catch (error) {
		// The package throws on alias bombs, and runs out of stack on thousands of open brackets.
		findings.error(
			{ line: 1, column: 1 },
			`not readable as YAML: ${firstLine(String(error instanceof Error ? error.message : error))}`,
		);
		return nothing();
	}
}

function firstLine(text: string): string {
	return text.split('\n')[0]?.slice(0, 200) ?? '';
}

type Found = { readonly node: unknown; readonly pair: Pair<unknown, unknown> | null };

/** Follows a path as far as it leads; `whole` tells whether to its end. */
function follow(root: Node | null, path: Path): { found: Found; whole: boolean } {
	let found: Found = { node: root, pair: null };
	for (const part of path) {
		const node = found.node;
		if (isMap(node)) {
			const pair: Pair<unknown, unknown> | undefined = node.items.find(
				(item) => isScalar(item.key) && item.key.value === part,
			);
			if (pair === undefined) return { found, whole: false };
			found = { node: pair.value, pair };
		} else if (isSeq(node) && typeof part === 'number' && node.items[part] !== undefined) {
			found = { node: node.items[part], pair: null };
		} else {
			return { found, whole: false };
		}
	}
	return { found, whole: true };
}

function offsetOf(root: Node | null, path: Path, part: 'key' | 'value'): number {
	const { found, whole } = follow(root, path);
	const key = rangeStart(found.pair?.key);
	const value = rangeStart(found.node);
	// A value that is missing altogether is shown at the key of what lacks it.
	return (part === 'key' || !whole ? (key ?? value) : (value ?? key)) ?? 0;
}

function rangeStart(node: unknown): number | null {
	if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range?.[0] ?? null;
	return null;
}

function writtenAt(root: Node | null, path: Path): string | null {
	const { found, whole } = follow(root, path);
	if (!whole || !isScalar(found.node) || found.node.value === null) return null;
	return found.node.source ?? String(found.node.value);
}

/** True where a value nests beyond the limit. Walks with its own stack, so that depth costs no recursion. */
function isTooDeep(value: unknown): boolean {
	const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 1 }];
	for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
		if (typeof next.value !== 'object' || next.value === null) continue;
		if (next.depth > YAML_DEPTH_MAX) return true;
		for (const member of Object.values(next.value)) waiting.push({ value: member, depth: next.depth + 1 });
	}
	return false;
}
