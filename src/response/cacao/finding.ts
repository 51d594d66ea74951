// What is wrong with a CACAO playbook, each with its JSON path and the reason. Pure; printed by cli/playbook-cacao.ts.
import type { z } from 'zod';
import { pathText } from './strict-json.ts';

/** `error`: the playbook is refused. `warning`: it departs from the specification as public playbooks are known to; kept, and told. */
export type CacaoFinding = { readonly level: 'error' | 'warning'; readonly path: string; readonly message: string };

/** Findings kept of one playbook; the rest are counted. */
const FINDINGS_MAX = 200;
const SHOWN_MAX = 90;

type Path = readonly (string | number)[];

/** A stranger's words in backticks: cut, and without anything that a terminal or a chat would obey. */
export function quoted(text: string): string {
	const cut = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
	return `\`${cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll('`', "'")}\``;
}

/** Collects findings and keeps their number in bounds. Errors are never crowded out by warnings. */
export class CacaoFindings {
	readonly #errors: CacaoFinding[] = [];
	readonly #warnings: CacaoFinding[] = [];
	#more = 0;

	error(path: Path, message: string): void {
		this.#add(this.#errors, { level: 'error', path: pathText(path), message });
	}

	warning(path: Path, message: string): void {
		this.#add(this.#warnings, { level: 'warning', path: pathText(path), message });
	}

	get hasErrors(): boolean {
		return this.#errors.length > 0;
	}

	list(): CacaoFinding[] {
		const all = [...this.#errors, ...this.#warnings];
		if (this.#more === 0) return all;
		const level = this.hasErrors ? 'error' : 'warning';
		return [...all, { level, path: '$', message: `${this.#more} more findings are not listed` }];
	}

	#add(list: CacaoFinding[], finding: CacaoFinding): void {
		if (list.length < FINDINGS_MAX) list.push(finding);
		else this.#more++;
	}

	/** What a schema has against a value, in words. Values are never repeated: what stands there may be a secret. */
	addIssues(error: z.ZodError, base: Path = []): void {
		for (const issue of error.issues) {
			const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
			this.error(path, reasonOf(issue));
		}
	}
}

type Issue = z.ZodError['issues'][number];

function reasonOf(issue: Issue): string {
	const name = String(issue.path.at(-1) ?? 'the playbook');
	if (issue.code === 'invalid_type') {
		if (issue.input === undefined) return `\`${name}\` is required and missing`;
		const wanted = issue.message.startsWith('Invalid input') ? `expected ${wordFor(issue.expected)}` : issue.message;
		return `${wanted}, found ${kindOf(issue.input)}`;
	}
	if (issue.code === 'invalid_value') {
		if (issue.input === undefined) return `\`${name}\` is required and missing`;
		const wanted = issue.values.map((value) => `\`${String(value)}\``).join(', ');
		const found = typeof issue.input === 'string' ? quoted(issue.input) : kindOf(issue.input);
		return `${found} is not allowed here: ${issue.values.length === 1 ? '' : 'one of '}${wanted}`;
	}
	if (issue.code === 'too_big' && issue.origin !== 'number' && issue.origin !== 'int')
		return `longer than the limit of ${String(issue.maximum)}`;
	if (issue.code === 'invalid_key') return 'the name of a member is not allowed here';
	return issue.message;
}

function wordFor(expected: string): string {
	if (expected === 'record' || expected === 'object') return 'an object (a dictionary)';
	if (expected === 'array') return 'a list';
	if (expected === 'string') return 'a text';
	return expected;
}

function kindOf(value: unknown): string {
	if (value === null) return 'null';
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object') return 'an object';
	return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
