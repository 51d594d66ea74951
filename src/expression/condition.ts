// The one expression language of the program (CEL): rule conditions, routes and mapping files are compiled here and
// nowhere else. Pure: no clock, no functions that reach out. NOT here: what a rule does with the answer.
import { type ASTNode, Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { nearest } from '../domain/nearest.ts';
import { err, ok, type Result } from '../domain/result.ts';

/** Longest expression, in UTF-16 units; the longest shipped rule has about 700. */
export const EXPRESSION_LENGTH_MAX = 4_000;
/** Most nodes of an expression's tree. */
const EXPRESSION_NODES_MAX = 400;
/** Deepest nesting of operators and calls. */
const EXPRESSION_DEPTH_MAX = 60;
/** `exists`, `all`, `map`, `filter` ... inside one another: each level multiplies the work by the length of a list. */
const EXPRESSION_LOOPS_MAX = 2;
/** Longest pattern of `matches`. */
const PATTERN_LENGTH_MAX = 500;
/** Characters of an unknown field's name that a message repeats. */
const FIELD_SHOWN_MAX = 60;
/** A text longer than this is cut before a pattern looks at it (linear time, but not free). */
const MATCHED_TEXT_MAX = 20_000;

/**
 * Characters that the patterns of one evaluation look at together: a pattern inside two loops over a long description would otherwise
 * read it 40,000 times, which takes minutes. Names of 200 entities against one another stay below it.
 */
const MATCHED_IN_ALL_MAX = 1_000_000;

type ExpressionErrorCode = 'too_long' | 'too_large' | 'syntax' | 'type' | 'field' | 'pattern' | 'not_a_condition';

/**
 * The names that the context will carry: a CEL type (`map`, `dyn`, `string`, `int` ...), or the list of a map's fields. A map
 * with a list has these fields and no others: an unknown one is refused when the expression is read, not when it runs.
 */
export type Variables = Readonly<Record<string, string | readonly string[]>>;

/** Why an expression was refused. `line` and `column` count from 1 inside the expression's own text. */
export type ExpressionError = {
	readonly code: ExpressionErrorCode;
	readonly message: string;
	readonly line: number;
	readonly column: number;
	/** The faulty line with a caret under the place, two lines of text. */
	readonly caret: string;
};

/** An evaluation that gave no answer: a missing key, a wrong type at run time. Never an answer of true or false. */
export type EvaluationFault = { readonly fault: string };

export type Expression = {
	readonly text: string;
	/** The type that the checker found: `bool`, `string`, `dyn` (known only at run time) ... */
	readonly type: string;
	readonly run: (context: Readonly<Record<string, unknown>>) => unknown;
};

/** An expression whose answer is true or false. */
export type Condition = Expression & { readonly kind: 'condition' };

const LOOPS = new Set(['exists', 'exists_one', 'all', 'map', 'filter', 'bind']);
const MATCHES = 'matches';
// Same length as `matches`, so that offsets and carets stay true after the name is replaced (see rewriteMatches).
const LINEAR_MATCHES = 're2find';

/**
 * Reads one CEL expression and checks its types.
 *
 * `matches` runs on RE2 (linear time, as the CEL specification asks) and takes a literal pattern only, checked here.
 * Beyond the standard there is `m.text(key)`: the text under that key of a map, or `""` where it has none.
 *
 * @param text       the expression
 * @param variables  names that the context will carry, with their CEL types or fields
 * @returns the compiled expression, or the first fault with its place
 */
export function compileExpression(text: string, variables: Variables): Result<Expression, ExpressionError> {
	if (text.length > EXPRESSION_LENGTH_MAX) {
		return err(fault(text, 'too_long', `${text.length} characters: at most ${EXPRESSION_LENGTH_MAX} are allowed`, 0));
	}
	const patterns = new Map<string, RE2JS>();
	const work = { matched: 0 };
	const environment = environmentOf(variables, patterns, work);
	try {
		const rewritten = rewriteMatches(text, environment, patterns);
		if (!rewritten.ok) return rewritten;
		const parsed = environment.parse(rewritten.value);
		const checked = parsed.check();
		if (!checked.valid) return err(faultOf(text, checked.error, 'type'));
		const slip = unknownField(text, parsed.ast, variables);
		if (slip !== null) return err(slip);
		const run = (context: Readonly<Record<string, unknown>>): unknown => {
			work.matched = 0;
			return parsed(context);
		};
		return ok({ text, type: checked.type ?? 'dyn', run });
	} catch (error) {
		return err(faultOf(text, error, 'syntax'));
	}
}

/**
 * Reads an expression that must answer yes or no. An answer whose type is known only at run time (`asset.sole_view`)
 * is accepted here and checked at each evaluation.
 */
export function compileCondition(text: string, variables: Variables): Result<Condition, ExpressionError> {
	const compiled = compileExpression(text, variables);
	if (!compiled.ok) return compiled;
	const { type } = compiled.value;
	if (type !== 'bool' && !type.startsWith('dyn')) {
		return err(
			fault(text, 'not_a_condition', `this gives a value of type ${type}: a condition gives true or false`, 0),
		);
	}
	return ok({ ...compiled.value, kind: 'condition' });
}

/** Answers a condition; whatever goes wrong comes back as a fault with its reason. Never throws. */
export function evaluate(condition: Condition, context: Readonly<Record<string, unknown>>): boolean | EvaluationFault {
	const value = evaluateValue(condition, context);
	if (typeof value === 'object' && value !== null && 'fault' in value) return { fault: String(value.fault) };
	return typeof value === 'boolean' ? value : { fault: `gave ${typeof value}, not true or false` };
}

/** The value of an expression: whole numbers as `number`, lists and maps as plain JSON; or a fault. Never throws. */
export function evaluateValue(expression: Expression, context: Readonly<Record<string, unknown>>): unknown {
	try {
		return plain(expression.run(context));
	} catch (error) {
		if (error instanceof EvaluationError) return { fault: error.summary };
		return { fault: error instanceof Error ? error.message.split('\n', 1)[0] : String(error) };
	}
}

/** One part of a chain of `&&`: a value that must (or must not) be one of some, a choice between chains, or else its text. */
export type Term =
	| { readonly kind: 'in'; readonly of: string; readonly values: readonly string[]; readonly isNot: boolean }
	| { readonly kind: 'any'; readonly text: string; readonly choices: readonly (readonly Term[])[] }
	| { readonly kind: 'other'; readonly text: string };

/**
 * The parts of a compiled condition that must all hold, for those who compare conditions without running them. Values are written
 * as JSON, so that `"1"` and `1` differ; `true` alone is no part, `false` is the one part of a condition that never holds.
 */
export function termsOf(condition: Condition): readonly Term[] {
	const { text } = condition;
	const written = (node: ASTNode): string => text.slice(node.start, node.end).replaceAll(/\s+/g, ' ');
	const terms = (node: ASTNode, isNot: boolean): Term[] => {
		if (node.op === '&&' && !isNot) return node.args.flatMap((part) => terms(part, false));
		if (node.op === '!_') return terms(node.args, !isNot);
		if (node.op === '||' && !isNot) {
			return [{ kind: 'any', text: written(node), choices: node.args.map((part) => terms(part, false)) }];
		}
		if (node.op === 'value' && typeof node.args === 'boolean') {
			return node.args === isNot ? [{ kind: 'other', text: 'false' }] : [];
		}
		if (node.op === '==' || node.op === '!=' || node.op === 'in') {
			const [of, given] = node.args;
			const values = (given.op === 'list' ? given.args : [given]).map(literal);
			const isKnown = values.every((value) => value !== null) && (node.op === 'in') === (given.op === 'list');
			if (isKnown) return [{ kind: 'in', of: written(of), values, isNot: isNot !== (node.op === '!=') }];
		}
		if (node.op === '.' || node.op === 'id') return [{ kind: 'in', of: written(node), values: ['true'], isNot }];
		return [{ kind: 'other', text: `${isNot ? '!' : ''}${written(node)}` }];
	};
	return terms(new Environment({ unlistedVariablesAreDyn: true }).parse(text).ast, false);
}

/** A literal as JSON; null where the node is none. */
function literal(node: ASTNode): string | null {
	if (node.op !== 'value') return null;
	return typeof node.args === 'bigint' ? node.args.toString() : JSON.stringify(node.args);
}

/** One line for a person: `line 2, column 7: Unknown variable: alrt`, and the line with a caret. */
export function explainExpressionError(error: ExpressionError): string {
	return `line ${error.line}, column ${error.column}: ${error.message}\n${error.caret}`;
}

function environmentOf(variables: Variables, patterns: Map<string, RE2JS>, work: { matched: number }): Environment {
	const environment = new Environment({
		unlistedVariablesAreDyn: false,
		homogeneousAggregateLiterals: false,
		limits: {
			maxAstNodes: EXPRESSION_NODES_MAX,
			maxDepth: EXPRESSION_DEPTH_MAX,
			maxListElements: 200,
			maxMapEntries: 100,
			maxCallArguments: 8,
		},
	});
	for (const [name, type] of Object.entries(variables))
		environment.registerVariable(name, typeof type === 'string' ? type : 'map');
	environment.registerFunction(`string.${LINEAR_MATCHES}(string): bool`, (value: string, pattern: string) => {
		const compiled = patterns.get(pattern);
		if (compiled === undefined) throw new Error('a pattern that was not checked');
		const looked = value.slice(0, MATCHED_TEXT_MAX);
		work.matched += looked.length;
		if (work.matched > MATCHED_IN_ALL_MAX)
			throw new Error(`\`matches\` looked at more than ${MATCHED_IN_ALL_MAX.toLocaleString('en-US')} characters`);
		return compiled.matcher(looked).find();
	});
	environment.registerFunction('map.text(string): string', (map: unknown, key: string) => textUnder(map, key));
	return environment;
}

function textUnder(map: unknown, key: string): string {
	const value: unknown =
		map instanceof Map
			? map.get(key)
			: typeof map === 'object' && map !== null && Object.hasOwn(map, key)
				? Reflect.get(map, key)
				: undefined;
	return value === undefined || value === null ? '' : String(value);
}

/**
 * Replaces every call of `matches` (a backtracking engine in the library) by ours on RE2, and checks loops.
 * The name has the same length, so the tree of the second parse stands at the same offsets.
 */
function rewriteMatches(
	text: string,
	environment: Environment,
	patterns: Map<string, RE2JS>,
): Result<string, ExpressionError> {
	let rewritten = text;
	const walk = (node: ASTNode, loops: number): ExpressionError | null => {
		let inside = loops;
		if (node.op === 'rcall') {
			const [name, receiver, given] = node.args;
			if (name === LINEAR_MATCHES) return fault(text, 'type', `unknown function \`${name}\``, node.pos);
			if (LOOPS.has(name) && given.length > 1) inside = loops + 1;
			if (inside > EXPRESSION_LOOPS_MAX) {
				return fault(text, 'too_large', `at most ${EXPRESSION_LOOPS_MAX} loops may stand inside one another`, node.pos);
			}
			if (name === MATCHES && given.length === 1) {
				const problem = checkPattern(text, given[0], node.pos, patterns);
				if (problem !== null) return problem;
				const at = text.indexOf(MATCHES, receiver.end);
				rewritten = rewritten.slice(0, at) + LINEAR_MATCHES + rewritten.slice(at + MATCHES.length);
			}
		}
		for (const child of childrenOf(node.args)) {
			const problem = walk(child, inside);
			if (problem !== null) return problem;
		}
		return null;
	};
	const problem = walk(environment.parse(text).ast, 0);
	if (problem !== null) return err(problem);
	// A comment between the dot and the name can hide it: what could not be replaced is refused, never run.
	if (callsMatches(environment.parse(rewritten).ast))
		return err(fault(text, 'pattern', 'write `.matches(` without a comment before it', 0));
	return ok(rewritten);
}

/** The first field that a variable with a list of fields does not have. A loop's own variable hides one of the same name. */
function unknownField(text: string, node: ASTNode, variables: Variables): ExpressionError | null {
	let inside = variables;
	const used = fieldOf(node);
	if (used !== null) {
		const fields = Object.hasOwn(variables, used.variable) ? variables[used.variable] : undefined;
		if (typeof fields === 'object' && !fields.includes(used.field)) return noField(text, used, fields);
	}
	if (node.op === 'rcall' && LOOPS.has(node.args[0])) {
		const [own] = node.args[2];
		if (own?.op === 'id') inside = { ...variables, [own.args]: 'dyn' };
		// What is looped over stands outside the loop.
		const outer = unknownField(text, node.args[1], variables);
		if (outer !== null) return outer;
	}
	for (const child of childrenOf(node.args)) {
		const slip = unknownField(text, child, inside);
		if (slip !== null) return slip;
	}
	return null;
}

type FieldUse = { readonly variable: string; readonly field: string; readonly at: number };

/** `alert.title`, `alert["title"]` and `alert.text("title")` name a field of a variable; a key that is computed does not. */
function fieldOf(node: ASTNode): FieldUse | null {
	if (node.op === '.' || node.op === '.?') {
		const [owner, field] = node.args;
		return owner.op === 'id' ? { variable: owner.args, field, at: node.pos } : null;
	}
	if (node.op === '[]' || node.op === '[?]') return keyOf(node.args[0], node.args[1]);
	return node.op === 'rcall' && node.args[0] === 'text' ? keyOf(node.args[1], node.args[2][0]) : null;
}

function keyOf(owner: ASTNode, key: ASTNode | undefined): FieldUse | null {
	if (owner.op !== 'id' || key?.op !== 'value' || typeof key.args !== 'string') return null;
	return { variable: owner.args, field: key.args, at: key.start };
}

function noField(text: string, used: FieldUse, fields: readonly string[]): ExpressionError {
	const near = nearest(used.field, fields);
	const help = near === null ? `known are ${fields.toSorted().join(', ')}` : `did you mean \`${near}\`?`;
	return fault(
		text,
		'field',
		`\`${used.variable}\` has no field \`${used.field.slice(0, FIELD_SHOWN_MAX)}\`: ${help}`,
		used.at,
	);
}

function callsMatches(node: ASTNode): boolean {
	if (node.op === 'rcall' && node.args[0] === MATCHES) return true;
	return childrenOf(node.args).some((child) => callsMatches(child));
}

function checkPattern(
	text: string,
	node: ASTNode | undefined,
	position: number,
	patterns: Map<string, RE2JS>,
): ExpressionError | null {
	if (node === undefined || node.op !== 'value' || typeof node.args !== 'string') {
		return fault(text, 'pattern', 'the pattern of `matches` must be a text in quotes', position);
	}
	if (node.args.length > PATTERN_LENGTH_MAX) {
		return fault(text, 'pattern', `a pattern has at most ${PATTERN_LENGTH_MAX} characters`, node.start);
	}
	try {
		patterns.set(node.args, RE2JS.compile(node.args));
		return null;
	} catch (error) {
		return fault(text, 'pattern', error instanceof Error ? error.message : String(error), node.start);
	}
}

/** Every tree node below these operands: the library nests them in arrays of several shapes. */
function childrenOf(args: unknown): ASTNode[] {
	if (Array.isArray(args)) return args.flatMap((item) => childrenOf(item));
	// A parsed node is the only object with `op`; the cast names what the library's types say of it.
	return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

function faultOf(text: string, error: unknown, code: ExpressionErrorCode): ExpressionError {
	if (typeof error === 'object' && error !== null && 'summary' in error && 'range' in error) {
		// Both kinds of library error carry these two; ParseError is named so that a limit is told from a slip.
		const { summary, range } = error as { summary: string; range?: { start: number } };
		const limit = error instanceof ParseError && /^limit|exceeded|too (?:many|deep)/i.test(`${error.code} ${summary}`);
		return fault(text, limit ? 'too_large' : code, summary, range?.start ?? 0);
	}
	return fault(text, code, error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error), 0);
}

function fault(text: string, code: ExpressionErrorCode, message: string, offset: number): ExpressionError {
	const before = text.slice(0, Math.min(offset, text.length)).split('\n');
	const line = before.length;
	const column = (before.at(-1) ?? '').length + 1;
	const from = Math.max(0, column - 100);
	const shown = (text.split('\n')[line - 1] ?? '').slice(from, column + 60);
	return { code, message, line, column, caret: `${shown}\n${' '.repeat(column - 1 - from)}^` };
}

/** CEL values as JSON values: whole numbers that fit become numbers, the rest of them text. */
function plain(value: unknown): unknown {
	if (typeof value === 'bigint') {
		const number = Number(value);
		return Number.isSafeInteger(number) ? number : value.toString();
	}
	if (value instanceof Date) return value.toISOString();
	if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
	}
	return value;
}
