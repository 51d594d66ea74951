// `interlock drill ...`: an exercise on the running installation. The words become the command of chat/commands/drill.ts, which judges them; the
// person is proved as with `interlock incident`. NOT here: the report's content (chat/drill-report.ts).
import { parseArgs } from 'node:util';
import { type DrillReport, reportMarkdown } from '../chat/drill-report.ts';
import { type IncidentDeps, incident } from './incident.ts';
import { EXIT, type Io } from './io.ts';

const FORMATS = ['text', 'json', 'markdown'] as const;
const COMMANDS = ['list', 'start', 'status', 'stop', 'resume', 'report'] as const;

const USAGE = `usage: interlock drill list [--json]
       interlock drill start SCENARIO [--site S] [--anytime] [--by PERSON]
       interlock drill status [--json]
       interlock drill stop [REASON] [--by PERSON]
       interlock drill resume [--by PERSON]
       interlock drill report [ID] [--format text|json|markdown]
Whoever starts, stops or resumes is PERSON, or INTERLOCK_PERSON, and sets INTERLOCK_PERSON_TOKEN (interlock person token ID).
`;

const OPTIONS = {
	site: { type: 'string' },
	anytime: { type: 'boolean' },
	by: { type: 'string' },
	json: { type: 'boolean' },
	format: { type: 'string' },
} as const;

type Wish = {
	readonly words: readonly string[];
	readonly by: string | null;
	readonly format: (typeof FORMATS)[number];
};

/** @returns 0 done, 1 refused or not there, 2 wrong usage, 3 no database or no key */
export async function drill(args: string[], io: Io, given: IncidentDeps | null = null): Promise<number> {
	const wish = readWish(args);
	if (typeof wish === 'string') {
		io.err(`drill: ${wish}\n${USAGE}`);
		return EXIT.usage;
	}
	const env = wish.by === null ? io.env : { ...io.env, INTERLOCK_PERSON: wish.by };
	const lines: string[] = [];
	const isMarkdown = wish.format === 'markdown';
	const inner: Io = {
		...io,
		env,
		out: (text) =>
			isMarkdown ? void lines.push(text) : io.out(text.replaceAll('interlock incident drill', 'interlock drill')),
		err: (text) => io.err(text.replaceAll('interlock incident drill', 'interlock drill')),
	};
	const code = await incident(['drill', ...wish.words, ...(wish.format === 'text' ? [] : ['--json'])], inner, given);
	if (!isMarkdown) return code;
	const made: unknown = JSON.parse(lines.join('\n') || 'null');
	if (code !== EXIT.ok || typeof made !== 'object' || made === null || !('timed' in made)) {
		io.err('drill: there is no such drill: interlock drill list');
		return EXIT.finding;
	}
	// The command's own table, which it made from a DrillReport a moment ago.
	io.out(reportMarkdown(made as DrillReport));
	return code;
}

function readWish(args: string[]): Wish | string {
	try {
		const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
		const [command, ...rest] = positionals;
		const known = COMMANDS.find((name) => name === command);
		if (known === undefined)
			return command === undefined ? 'a subcommand is missing' : `there is no subcommand \`${command.slice(0, 40)}\``;
		const format = FORMATS.find((name) => name === (values.format ?? (values.json === true ? 'json' : 'text')));
		if (format === undefined) return `--format \`${values.format}\`: one of ${FORMATS.join(', ')}`;
		if (format === 'markdown' && known !== 'report') return '--format markdown is for `report`';
		if (known !== 'start' && (values.site !== undefined || values.anytime === true))
			return '--site and --anytime are for `start`';
		const site = values.site === undefined ? [] : ['site', values.site];
		const words = [known, ...rest, ...site, ...(values.anytime === true ? ['anytime'] : [])];
		return { words, by: values.by ?? null, format };
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
