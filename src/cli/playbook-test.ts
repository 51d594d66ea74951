// `interlock playbook test`: acts out each case beside the playbooks with the real planner, gate and order of steps, and says where something
// else comes out than was written down, with file and line. Nothing is done, and no database is needed.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import type { LoadedPlaybookFile } from '../config/playbook-file.ts';
import { readPlaybookTest } from '../config/playbook-test-file.ts';
import { readFolder } from '../config/read-folder.ts';
import { indexInventory } from '../domain/inventory.ts';
import { libraryOf } from '../response/flow/program.ts';
import { EXIT, type Io } from './io.ts';
import { type CaseGround, runCase } from './playbook-case.ts';
import { inventoryText, loadPlaybooks, noPlaybook, parsed, Stop, told } from './playbook-situation.ts';

export const TEST_USAGE = `interlock playbook test [ID ...] [--tests FOLDER] [--json]
       the cases of playbooks/tests/, and of playbooks/tests/ in the configuration folder, or of FOLDER alone`;

const SHIPPED_TESTS = fileURLToPath(new URL('../../playbooks/tests/', import.meta.url));
/** Cases are acted out at this moment, so that they come out the same on every day. */
const CASE_TIME = Date.UTC(2026, 0, 5, 3);

type Outcome = { readonly playbook: string; readonly name: string; readonly failures: readonly string[] };

export function testPlaybooks(args: string[], io: Io): number {
	const usage = `usage: ${TEST_USAGE}\n`;
	const options = { tests: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
	const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }), usage);
	const { playbooks } = loadPlaybooks(io, CASE_TIME);
	for (const id of positionals)
		if (!playbooks.some((one) => one.playbook.id === id)) throw new Stop(EXIT.usage, noPlaybook(id, playbooks, 'test'));
	const outcomes: Outcome[] = [];
	const faults: string[] = [];
	for (const folder of foldersOf(values.tests, io)) {
		const read = runFolder(folder, positionals, playbooks);
		outcomes.push(...read.outcomes);
		faults.push(...read.faults);
	}
	const failed = outcomes.filter((one) => one.failures.length > 0);
	const tested = new Set(outcomes.map((one) => one.playbook));
	const untested = playbooks.map((one) => one.playbook.id).filter((id) => !tested.has(id));
	if (values.json) io.out(JSON.stringify({ cases: outcomes, faults, untested }, null, 2));
	else io.out(textOf(outcomes, faults, positionals.length > 0 ? [] : untested));
	return failed.length > 0 || faults.length > 0 || outcomes.length === 0 ? EXIT.finding : EXIT.ok;
}

function foldersOf(named: string | undefined, io: Io): string[] {
	if (named !== undefined) return [named];
	const own = io.env['INTERLOCK_CONFIG'] ?? '';
	const ownTests = own === '' ? null : join(own, 'playbooks', 'tests');
	return [SHIPPED_TESTS, ...(ownTests !== null && existsSync(ownTests) ? [ownTests] : [])];
}

/** All cases of one folder that are about these playbooks (about any where none is named). */
function runFolder(
	folder: string,
	ids: readonly string[],
	playbooks: readonly LoadedPlaybookFile[],
): { readonly outcomes: readonly Outcome[]; readonly faults: readonly string[] } {
	const files = readFolder(folder);
	if (!files.ok) throw new Stop(EXIT.unable, `playbook test: ${shown(folder)}: ${files.error}\n`);
	const library = libraryOf(playbooks);
	const outcomes: Outcome[] = [];
	const faults: string[] = [];
	for (const [name, text] of [...files.value].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
		// Inventories stand beside the cases.
		if (!/^playbook\s*:/m.test(text)) continue;
		const file = folder === SHIPPED_TESTS ? `playbooks/tests/${name}` : join(folder, name);
		const { test, place, findings } = readPlaybookTest(text, file);
		if (findings.length > 0) faults.push(told(findings).trimEnd());
		if (test === null || (ids.length > 0 && !ids.includes(test.playbook))) continue;
		const loaded = library.get(test.playbook);
		const at = (...path: (string | number)[]): string => {
			const { line, column } = place(path);
			return `${file}:${line}:${column}`;
		};
		if (loaded === undefined) {
			faults.push(`${at('playbook')}: ${noPlaybook(test.playbook, playbooks, 'test').trimEnd()}`);
			continue;
		}
		const inventory = files.value.get(test.inventory);
		if (inventory === undefined) {
			faults.push(`${at('inventory')}: there is no file ${shown(test.inventory)} beside ${basename(file)}`);
			continue;
		}
		const data = inventoryText(inventory, test.inventory, CASE_TIME);
		const ground: Omit<CaseGround, 'isFirst'> = {
			loaded,
			library,
			inventory: indexInventory({ ...data, confirmedAt: CASE_TIME }),
			now: CASE_TIME,
		};
		for (const [index, one] of test.cases.entries()) {
			const failures = runCase(one, { ...ground, isFirst: index === 0 }, file, (...path) =>
				place(['cases', index, ...path]),
			);
			outcomes.push({ playbook: test.playbook, name: one.name, failures });
		}
	}
	return { outcomes, faults };
}

function textOf(outcomes: readonly Outcome[], faults: readonly string[], untested: readonly string[]): string {
	const ids = [...new Set(outcomes.map((one) => one.playbook))];
	const lines = ids.flatMap((id) => {
		const own = outcomes.filter((one) => one.playbook === id);
		const failed = own.filter((one) => one.failures.length > 0);
		const head = `${failed.length === 0 ? 'ok  ' : 'FAIL'} ${id}: ${own.length} cases${failed.length === 0 ? '' : `, ${failed.length} failed`}`;
		return [head, ...failed.flatMap((one) => one.failures.map((failure) => `  ${failure.replaceAll('\n', '\n  ')}`))];
	});
	const failed = outcomes.filter((one) => one.failures.length > 0).length;
	return [
		...faults,
		...lines,
		...(untested.length === 0 ? [] : [`without cases: ${untested.join(', ')}`]),
		`${ids.length} playbooks, ${outcomes.length} cases, ${failed} failed`,
	].join('\n');
}
