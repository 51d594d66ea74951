// `interlock source ...`: the systems that send alerts, wired and tried.
import { EXIT, type Io } from './io.ts';
import { ADD_USAGE, addSourceCommand } from './source-add.ts';
import { TEST_USAGE, testSource } from './source-test.ts';

const USAGE = `usage: ${ADD_USAGE}\n       ${TEST_USAGE}`;

/** @returns 0 done, 1 a finding (refused, or a stage that failed), 2 on wrong usage, 3 where it could not run */
export async function source(args: string[], io: Io): Promise<number> {
	const [command, ...rest] = args;
	try {
		if (command === 'add') return await addSourceCommand(rest, io);
		if (command === 'test') return await testSource(rest, io, Date.now);
	} catch (error) {
		// parseArgs throws for options that it does not know.
		if (!(error instanceof TypeError)) throw error;
		io.err(`source: ${error.message}\n${USAGE}`);
		return EXIT.usage;
	}
	io.err(USAGE);
	return EXIT.usage;
}
