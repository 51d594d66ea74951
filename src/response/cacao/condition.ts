// Conditions of CACAO steps: the comparisons of the STIX patterning grammar over variables, as conditions of our playbooks. Pure. What is
// written in prose, or speaks of something else than variables, is null: then people answer it.
import { Condition, fits } from '../../domain/playbook-condition.ts';

/** Characters and parts of one condition that are read. */
const CONDITION_MAX = 2_000;
const PARTS_MAX = 12;

type Comparison = { readonly variable: string; readonly operator: string; readonly values: readonly string[] };
export type Expression =
	| { readonly kind: 'compare'; readonly compare: Comparison }
	| { readonly kind: 'all' | 'any'; readonly parts: readonly Expression[] }
	| { readonly kind: 'not'; readonly part: Expression };

const TOKEN =
	/\s*(?:(__[a-zA-Z_][a-zA-Z0-9_-]{0,199}?__)(?::value)?|'([^'\\]{0,200})'|"([^"\\]{0,200})"|(-?\d{1,15}(?:\.\d{1,15})?)(?![\w.])|(==|=|!=|<>|<=|>=|<|>|\(|\)|\[|\]|,)|([A-Za-z]{1,40})(?![\w]))/y;

type Token = { readonly kind: 'variable' | 'literal' | 'sign' | 'word'; readonly text: string };

function tokensOf(text: string): Token[] | null {
	const tokens: Token[] = [];
	TOKEN.lastIndex = 0;
	const end = text.trimEnd().length;
	while (TOKEN.lastIndex < end) {
		const match = TOKEN.exec(text);
		if (match === null || tokens.length > 200) return null;
		const [, variable, single, double, number, sign, word] = match;
		if (variable !== undefined) tokens.push({ kind: 'variable', text: variable });
		else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
		else if (word !== undefined) tokens.push({ kind: 'word', text: word });
		else tokens.push({ kind: 'literal', text: single ?? double ?? number ?? '' });
	}
	return tokens;
}

/** Reads a condition; null where it is none of this grammar. */
export function readCondition(text: string): Expression | null {
	if (text.length > CONDITION_MAX) return null;
	const tokens = tokensOf(text);
	if (tokens === null || tokens.length === 0) return null;
	const reader = new Reader(tokens);
	const read = reader.some('any', 0);
	return read !== null && reader.isDone ? read : null;
}

class Reader {
	readonly #tokens: readonly Token[];
	#at = 0;

	constructor(tokens: readonly Token[]) {
		this.#tokens = tokens;
	}

	get isDone(): boolean {
		return this.#at === this.#tokens.length;
	}

	/** `a OR b`, and inside it `a AND b`. */
	some(kind: 'any' | 'all', depth: number): Expression | null {
		const parts: Expression[] = [];
		do {
			const part = kind === 'any' ? this.some('all', depth) : this.#one(depth);
			if (part === null || parts.length === PARTS_MAX) return null;
			parts.push(part);
		} while (this.#takeWord(kind === 'any' ? 'OR' : 'AND'));
		const [only] = parts;
		return parts.length === 1 && only !== undefined ? only : { kind, parts };
	}

	#one(depth: number): Expression | null {
		if (depth > 4) return null;
		if (this.#takeWord('NOT')) {
			const part = this.#one(depth + 1);
			return part === null ? null : { kind: 'not', part };
		}
		for (const [open, close] of [['(', ')'] as const, ['[', ']'] as const]) {
			if (!this.#takeSign(open)) continue;
			const inside = this.some('any', depth + 1);
			return inside !== null && this.#takeSign(close) ? inside : null;
		}
		return this.#comparison();
	}

	#comparison(): Expression | null {
		const variable = this.#next();
		if (variable?.kind !== 'variable') return null;
		const isNot = this.#takeWord('NOT');
		const isIn = this.#takeWord('IN');
		const sign = isIn ? 'IN' : this.#next()?.text;
		const operator = sign === '==' ? '=' : sign === '<>' ? '!=' : sign;
		if (operator === undefined || !['=', '!=', '<', '<=', '>', '>=', 'IN'].includes(operator)) return null;
		const values = isIn ? this.#set() : this.#value();
		if (values === null) return null;
		const compare: Expression = { kind: 'compare', compare: { variable: variable.text, operator, values } };
		return isNot ? { kind: 'not', part: compare } : compare;
	}

	#value(): string[] | null {
		const token = this.#next();
		return token?.kind === 'literal' || token?.kind === 'word' ? [token.text] : null;
	}

	#set(): string[] | null {
		if (!this.#takeSign('(')) return null;
		const values: string[] = [];
		do {
			const value = this.#value();
			if (value === null || values.length === 20) return null;
			values.push(...value);
		} while (this.#takeSign(','));
		return this.#takeSign(')') ? values : null;
	}

	#next(): Token | undefined {
		return this.#tokens[this.#at++];
	}

	#takeWord(word: string): boolean {
		const token = this.#tokens[this.#at];
		if (token?.kind !== 'word' || token.text.toUpperCase() !== word) return false;
		this.#at++;
		return true;
	}

	#takeSign(sign: string): boolean {
		const token = this.#tokens[this.#at];
		if (token?.kind !== 'sign' || token.text !== sign) return false;
		this.#at++;
		return true;
	}
}

/** A variable of ours that stands for one of CACAO. */
export type Known = { readonly name: string; readonly type: 'boolean' | 'number' | 'text' };

/** The same as a condition of our playbooks; null where a variable is unknown, a value does not fit its type, or it is too deep for us. */
export function conditionOf(expression: Expression, known: (variable: string) => Known | null): Condition | null {
	const condition = partOf(expression, known);
	// It must still fit with a `not` around it, for a branch that has a way only where it does not hold.
	return condition !== null && Condition.safeParse({ not: condition }).success ? condition : null;
}

function partOf(expression: Expression, known: (variable: string) => Known | null): Condition | null {
	if (expression.kind === 'not') {
		const part = partOf(expression.part, known);
		return part === null ? null : { not: part };
	}
	if (expression.kind !== 'compare') {
		const parts = expression.parts.map((part) => partOf(part, known));
		if (parts.some((part) => part === null)) return null;
		const whole = parts.filter((part) => part !== null);
		return expression.kind === 'all' ? { all: whole } : { any: whole };
	}
	const { variable, operator, values } = expression.compare;
	const found = known(variable);
	if (found === null) return null;
	const scalars = values.map((text) => scalarOf(text, found.type));
	if (scalars.some((value) => value === null)) return null;
	return comparisonOf(
		found.name,
		operator,
		scalars.filter((value) => value !== null),
	);
}

function scalarOf(text: string, type: Known['type']): string | number | boolean | null {
	if (type === 'boolean') return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : null;
	if (type === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : null;
	return fits({ type: 'text' }, text) ? text : null;
}

/** Whether a variable of this type can have the value that a case is written for. */
export function canBe(known: Known, value: string): boolean {
	return scalarOf(value, known.type) !== null;
}

function comparisonOf(
	name: string,
	operator: string,
	values: readonly (string | number | boolean)[],
): Condition | null {
	const [value] = values;
	if (value === undefined) return null;
	if (operator === 'IN') return { variable: { name, in: [...values] } };
	if (operator === '=') return { variable: { name, is: value } };
	// What is not known is not unequal either: it is asked for.
	if (operator === '!=')
		return { all: [{ variable: { name, known: true } }, { not: { variable: { name, is: value } } }] };
	if (typeof value !== 'number') return null;
	if (operator === '>=') return { variable: { name, min: value } };
	if (operator === '<=') return { variable: { name, max: value } };
	const strict: Condition = { variable: operator === '<' ? { name, max: value } : { name, min: value } };
	return { all: [strict, { not: { variable: { name, is: value } } }] };
}
