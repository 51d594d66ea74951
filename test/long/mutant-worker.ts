// One long-lived process that judges lies about the gate: it loads the tests of the gate anew for each, with one file of the sources
// replaced by the lie, and runs them as plain functions until one fails. Started by safety-mutants.test.ts; speaks over its IPC channel.
// argv: the folder of the copy.
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { taken } from './plain-vitest.ts';

export type Ask = {
	readonly id: number;
	readonly file: string;
	readonly text: string | null;
	readonly names: readonly string[];
	/** Tests whose title holds this are asked first: the id of the row in which the lie stands. */
	readonly hint: string | null;
};
/** `by`: the test that noticed; null where none did. */
export type Told = { readonly id: number; readonly by: string | null };

const [folder = '.'] = process.argv.slice(2);
const base = pathToFileURL(`${folder}/`).href;
const vitest = new URL('plain-vitest.ts', import.meta.url).href;
let asked: Ask = { id: 0, file: '', text: null, names: [], hint: null };

registerHooks({
	resolve(specifier, context, next) {
		if (specifier === 'vitest' && context.parentURL !== vitest) return { url: vitest, shortCircuit: true };
		const found = next(specifier, context);
		// What may see the lie is loaded anew for each; domain/ and everything from outside see none of it.
		const isOurs = found.url.startsWith(base) && !found.url.includes('/node_modules/');
		const isFixed = found.url.includes('/src/domain/') || found.url.startsWith(vitest);
		return isOurs && !isFixed ? { ...found, url: `${found.url.split('?')[0]}?lie=${asked.id}` } : found;
	},
	load(url, context, next) {
		if (asked.text === null || url.split('?')[0] !== new URL(asked.file, base).href) return next(url, context);
		return { format: 'module-typescript', source: asked.text, shortCircuit: true };
	},
});

/** The first test that fails, as `file: name`; null where all pass. */
async function firstFailure(names: readonly string[]): Promise<string | null> {
	for (const name of names) {
		try {
			await import(pathToFileURL(join(folder, 'test/safety', `${name}.test.ts`)).href);
		} catch (fault) {
			taken();
			return `${name}: does not load: ${fault instanceof Error ? fault.message.slice(0, 100) : 'unknown'}`;
		}
		const { tests, ends } = taken();
		try {
			const { hint } = asked;
			const isNear = (test: { readonly name: string }): number => Number(hint !== null && test.name.includes(hint));
			for (const test of tests.toSorted((a, b) => isNear(b) - isNear(a))) {
				try {
					await test.body();
				} catch {
					return `${name}: ${test.name}`;
				}
			}
		} finally {
			for (const end of ends) await end();
		}
	}
	return null;
}

process.on('message', async (message: Ask) => {
	asked = message;
	const told: Told = { id: message.id, by: await firstFailure(message.names) };
	process.send?.(told);
});
process.send?.({ id: -1, by: null } satisfies Told);
