// `interlock playbook list|plan|sheet|test`: which playbooks there are, what one would do, on paper too, and whether they do what their tests
// say. Reads files and prints; no database, nothing is done. What is decided is decided in response/ and safety/.
import { parseArgs } from 'node:util';
import { EXIT, type Io } from './io.ts';
import { EXPORT_USAGE, exportPlaybook, IMPORT_USAGE, importPlaybook } from './playbook-cacao.ts';
import { PLAN_USAGE, plan } from './playbook-plan.ts';
import { SHEET_USAGE, sheet } from './playbook-sheet.ts';
import { loadPlaybooks, parsed, Stop } from './playbook-situation.ts';
import { TEST_USAGE, testPlaybooks } from './playbook-test.ts';

const LIST_USAGE = 'interlock playbook list [--json]';
const USAGE = `usage: ${LIST_USAGE}
       ${PLAN_USAGE}
       ${SHEET_USAGE}
       ${TEST_USAGE}
       ${IMPORT_USAGE}
       ${EXPORT_USAGE}
`;

/** Runs the command. Exit codes: 0 printed, 1 a file has an error or a test failed, 2 wrong usage, 3 a file cannot be read. */
export async function playbook(args: string[], io: Io): Promise<number> {
	try {
		const [command, ...rest] = args;
		if (command === 'list') return list(rest, io);
		if (command === 'plan') return plan(rest, io);
		if (command === 'sheet') return sheet(rest, io);
		if (command === 'test') return testPlaybooks(rest, io);
		if (command === 'import') return await importPlaybook(rest, io);
		if (command === 'export') return exportPlaybook(rest, io);
		throw new Stop(EXIT.usage, USAGE);
	} catch (stop) {
		if (!(stop instanceof Stop)) throw stop;
		io.err(stop.message);
		return stop.code;
	}
}

function list(args: string[], io: Io): number {
	const { values } = parsed(
		() => parseArgs({ args, options: { json: { type: 'boolean', default: false } } }),
		`usage: ${LIST_USAGE}\n`,
	);
	const { playbooks } = loadPlaybooks(io, Date.now());
	const rows = playbooks.map(({ playbook: { id, version, title, lead, steps } }) => ({
		id,
		version,
		title,
		lead,
		steps: steps.length,
	}));
	io.out(
		values.json
			? JSON.stringify(rows, null, 2)
			: rows
					.map(
						(row) =>
							`${row.id.padEnd(26)} ${row.version.padEnd(8)} ${row.lead.padEnd(14)} ${String(row.steps).padStart(2)} steps  ${row.title}`,
					)
					.join('\n'),
	);
	return EXIT.ok;
}
