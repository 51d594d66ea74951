// The few words of vitest that the tests of the gate use, as plain functions: what they describe is collected, and run by whoever asks.
// `expect` is vitest's own. What looks for a file outside the checkout (`skipIf`) is left out, and so is the comparison of docs/safety.md
// with the table: it would notice every changed row without knowing why it is wrong.
import { expect } from 'vitest';

type Body = () => unknown;
type Named = { readonly name: string; readonly body: Body };

let path: string[] = [];
let tests: Named[] = [];
let ends: Body[] = [];

/** What the files imported since have described; the list begins anew. */
export function taken(): { readonly tests: readonly Named[]; readonly ends: readonly Body[] } {
	const all = { tests, ends };
	tests = [];
	ends = [];
	return all;
}

function describe(name: string, body: () => void): void {
	path.push(name);
	try {
		body();
	} finally {
		path = path.slice(0, -1);
	}
}

function test(name: string, body: Body): void {
	const full = [...path, name].join(' > ');
	if (!full.includes('docs/safety')) tests.push({ name: full, body });
}

/** `%s` and its like stand for the case's arguments, one after the other. */
function titled(name: string, args: readonly unknown[]): string {
	let next = 0;
	return name.replace(/%[sdifjo]/g, () => String(args[next++]));
}

/** The cases of a table, each spread over the arguments where it is a list. */
const eachOf =
	<R>(run: (name: string, body: () => R) => void) =>
	(cases: readonly unknown[]) =>
	(name: string, body: (...args: readonly unknown[]) => R): void => {
		for (const [index, one] of cases.entries()) {
			const args: readonly unknown[] = Array.isArray(one) ? one : [one];
			run(`${titled(name, args)} [${index}]`, () => body(...args));
		}
	};

const describeWith = Object.assign(describe, { each: eachOf<void>(describe), skipIf: () => () => undefined });
const testWith = Object.assign(test, { each: eachOf<unknown>(test), skipIf: () => () => undefined });
const afterAll = (body: Body): void => void ends.push(body);

export { afterAll, describeWith as describe, expect, testWith as it, testWith as test };
