// The executable: reads the command, hands over. Commands are loaded when they are asked for, so that each starts quickly.
import { EXIT, type Io, processIo } from './cli/io.ts';
import { withSecretFiles } from './config/secret-files.ts';

type Command = { readonly help: string; readonly run: (args: string[], io: Io) => Promise<number> };

const COMMANDS: Readonly<Record<string, Command>> = {
	serve: { help: 'run the bot', run: async (args, io) => (await import('./cli/serve.ts')).serve(args, io) },
	demo: {
		help: 'a recorded attack on a small plant, everything embedded (--headless acts the people too)',
		run: async (args, io) => (await import('./cli/demo.ts')).demo(args, io),
	},
	check: {
		help: 'validate configuration, inventory, playbooks and policies',
		run: async (args, io) => (await import('./cli/check.ts')).check(args, io, Date.now()),
	},
	normalize: {
		help: 'print the alerts that a payload becomes',
		run: async (args, io) => (await import('./cli/normalize.ts')).normalize(args, io),
	},
	init: {
		help: 'write a first configuration folder with comments',
		run: async (args, io) => (await import('./cli/init.ts')).init(args, io),
	},
	source: {
		help: 'add KIND [NAME]: a source with a fresh secret; test NAME: a sample through the running server',
		run: async (args, io) => (await import('./cli/source.ts')).source(args, io),
	},
	inventory: {
		help: 'import FILE|URL --from PLATFORM, list, age, unknown, take, dismiss: the assets, and what alerts name beside them',
		run: async (args, io) => (await import('./cli/inventory.ts')).inventory(args, io),
	},
	classify: {
		help: 'JSON lines in, verdicts out',
		run: async (args, io) => (await import('./cli/classify.ts')).classify(args, io),
	},
	replay: {
		help: 'run a recorded stream through intake, triage and correlation',
		run: async (args, io) => (await import('./cli/replay.ts')).replay(args, io),
	},
	policy: {
		help: 'explain: why the gate says what it says; matrix: the whole table; egress: every host that the program connects to',
		run: async (args, io) => (await import('./cli/policy.ts')).policy(args, io),
	},
	incident: {
		help: 'list, show, ack, approve, refuse, attest: the same as in Slack',
		run: async (args, io) => (await import('./cli/incident.ts')).incident(args, io),
	},
	drill: {
		help: 'list, start SCENARIO, status, stop, resume, report: an exercise on the running installation, without any call',
		run: async (args, io) => (await import('./cli/drill.ts')).drill(args, io),
	},
	person: {
		help: 'token ID: the token with which a person uses `incident`',
		run: async (args, io) => (await import('./cli/person.ts')).person(args, io),
	},
	playbook: {
		help: 'list; plan: what a playbook would do, with each decision',
		run: async (args, io) => (await import('./cli/playbook.ts')).playbook(args, io),
	},
	connector: {
		help: 'list; test NAME: a try of a connector without any effect',
		run: async (args, io) => (await import('./cli/connector.ts')).connector(args, io, Date.now()),
	},
	pager: {
		help: 'list; test NAME: a page outside Slack, marked as a test',
		run: async (args, io) => (await import('./cli/pager.ts')).pager(args, io, Date.now()),
	},
	audit: {
		help: 'export, verify, prove, checkpoint: evidence out, and proof of it',
		run: async (args, io) => {
			const [{ audit }, { auditIo }] = await Promise.all([import('./cli/audit.ts'), import('./cli/open.ts')]);
			return audit(args, auditIo(io));
		},
	},
};

function usage(): string {
	const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
	const lines = Object.entries(COMMANDS).map(([name, command]) => `  ${name.padEnd(width)}  ${command.help}`);
	return `usage: interlock COMMAND [options]\n\n${lines.join('\n')}\n\nExit codes: 0 success, 1 a finding, 2 wrong usage, 3 could not run.`;
}

async function main(io: Io): Promise<number> {
	const [name, ...args] = process.argv.slice(2);
	if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
		(name === undefined ? io.err : io.out)(usage());
		return name === undefined ? EXIT.usage : EXIT.ok;
	}
	const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
	if (command === undefined) {
		io.err(`unknown command \`${name.slice(0, 60)}\`\n\n${usage()}`);
		return EXIT.usage;
	}
	return command.run(args, io);
}

const io = processIo();
// A closed pipe (`| head`) is the reader's choice and no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT.unable));
try {
	process.exitCode = await main({ ...io, env: withSecretFiles(io.env) });
} catch (error) {
	io.err(error instanceof Error ? `interlock: ${error.message}` : String(error));
	if (process.env['INTERLOCK_DEBUG'] !== undefined && error instanceof Error) io.err(error.stack ?? '');
	process.exitCode = EXIT.unable;
}
