// `interlock incident ...`: the same as in Slack, for the night when Slack is down. The same pure functions judge and record; the person is
// proved by a token (person-token.ts). Reading needs none: who reads the database reads everything anyway.
import { parseArgs } from 'node:util';
import type { Answer } from '../chat/answer.ts';
import { findCommand, readIncidentNumber } from '../chat/commands/index.ts';
import { DECISION_DIGITS } from '../chat/commands/show.ts';
import type { Directory } from '../chat/directory.ts';
import type { DrillGround } from '../chat/drill-desk.ts';
import type { Acting } from '../chat/people.ts';
import { type Desk, performCommand, performOnStep } from '../chat/perform.ts';
import { checkPersonToken } from '../chat/person-token.ts';
import { shown } from '../chat/text.ts';
import { needWords } from '../chat/views/words.ts';
import { timeZoneOf } from '../config/site-time.ts';
import { splitIncident } from '../correlation/people.ts';
import { nearest } from '../domain/nearest.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import type { Database } from '../store/database.ts';
import { readStep } from '../store/read/chat.ts';
import { record } from '../store/record.ts';
import { attackTable } from '../triage/attack-table.ts';
import { loadWeights } from '../triage/classifier/load.ts';
import type { JudgeContext } from '../triage/judge.ts';
import { createLearning, type Learning } from '../triage/learn/learning.ts';
import type { CompiledRules } from '../triage/rules.ts';
import { EXIT, type Io } from './io.ts';
import { openConfig, openStore } from './open.ts';
import { directoryOf, readPersonKey } from './person.ts';
import { loadShipped } from './shipped.ts';

export type IncidentStore = { readonly database: Database; readonly close: () => Promise<void> };

export type IncidentDeps = {
	readonly directory: Directory;
	readonly dataFolder: string;
	/** Opens the database; throws with words for people where it cannot. */
	readonly open: () => Promise<IncidentStore>;
	readonly now: () => Instant;
	/** What a proposed rule is tried with beside the inventory: left out for none. */
	readonly windows?: readonly Window[];
	readonly rules?: () => CompiledRules | null;
	/** Scenarios of drills; left out for none. */
	readonly drills?: () => DrillGround;
};

const READING = ['list', 'show', 'details', 'status', 'unknown', 'rules'] as const;
const TYPED = [
	'ack',
	'resolve',
	'freeze',
	'thaw',
	'veto',
	'view',
	'fact',
	'told',
	'deputy',
	'merge',
	'split',
	'detach',
	'seen',
	'feedback',
	'apply',
	'decline',
	'revoke',
	'drill',
] as const;
/** For the decision that stands in `show`: the person names it. */
const ON_DECISION = ['approve', 'refuse', 'attest'] as const;
const ON_STEP = [...ON_DECISION, 'settle', 'ask'] as const;
const ALL: readonly string[] = [...READING, ...TYPED, ...ON_STEP];

const USAGE = `usage: interlock incident list|status|unknown [--json]
       interlock incident show|details N [--json]
       interlock incident ack N
       interlock incident resolve N WHAT IT WAS
       interlock incident approve STEP --decision D [--reason TEXT]
       interlock incident refuse STEP --decision D --reason TEXT
       interlock incident attest STEP --decision D --done all|1,2,... [--reason NOTE]
       interlock incident settle STEP --done|--not-done --reason WHAT YOU SAW
       interlock incident ask STEP [--reason TEXT]
       interlock incident merge N M [REASON]
       interlock incident split N ALERT... [because REASON]
       interlock incident seen UNP...
       interlock incident feedback N false-positive|too-high|too-low|grouping
       interlock incident rules [--json]
       interlock incident apply|decline|revoke LRN
       interlock incident freeze|thaw [all | site X | zone Y] [REASON]
       interlock incident veto N [STEP] [REASON]
       interlock incident thaw incident N | step STEP
       interlock incident view N alive|impaired|lost [ZONE]
       interlock incident told N STEP PERSON yes|no WHAT WAS SAID
       interlock incident deputy [PERSON as ROLE [at site X | zone Y] for 8h [REASON] | accept DPT | end DPT]
       interlock incident drill ... (interlock drill says how)
       interlock incident fact NAME SUBJECT VALUE [for 2h] [REASON]
STEP and D stand in \`show\`. Whoever changes something sets INTERLOCK_PERSON and INTERLOCK_PERSON_TOKEN (interlock person token ID).
`;

type Wish = {
	readonly command: string;
	readonly words: readonly string[];
	readonly decision: string | null;
	readonly reason: string | null;
	readonly done: string | null;
	/** For `settle`: what became of the step; null where neither was said. */
	readonly wasDone: boolean | null;
	readonly json: boolean;
};

/**
 * Runs the command.
 *
 * @returns 0 done, 1 refused (recorded as such), 2 wrong usage, 3 no database or no key
 */
export async function incident(args: string[], io: Io, given: IncidentDeps | null = null): Promise<number> {
	const wish = readWish(args);
	if (typeof wish === 'string') {
		io.err(`incident: ${wish}\n${USAGE}`);
		return EXIT.usage;
	}
	const deps = given ?? depsOf(io);
	if (deps === null) return EXIT.unable;
	const isReading = READING.some((name) => name === wish.command) || isDrillReading(wish);
	const who = isReading ? ok(READER) : proved(io.env, deps);
	if (!who.ok && who.error.code !== EXIT.finding) {
		io.err(who.error.text);
		return who.error.code;
	}
	let store: IncidentStore;
	try {
		store = await deps.open();
	} catch (cause) {
		io.err(`incident: the database cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`);
		return EXIT.unable;
	}
	try {
		if (!who.ok) {
			await recordRefused(store.database, io.env['INTERLOCK_PERSON'] ?? '', who.error.text, deps.now());
			io.err(who.error.text);
			return EXIT.finding;
		}
		const inventory = deps.directory.inventory;
		const split: Desk['split'] = (ask, now) => splitIncident(ask, inventory, now);
		return await run(
			wish,
			who.value,
			{
				database: store.database,
				directory: deps.directory,
				split,
				learning: learningFor(deps),
				...(wish.command === 'drill' && deps.drills !== undefined ? { drills: deps.drills() } : {}),
				now: deps.now,
			},
			io,
		);
	} catch (cause) {
		io.err(`incident: not done: ${cause instanceof Error ? cause.message : String(cause)}`);
		return EXIT.unable;
	} finally {
		await store.close();
	}
}

/** What a drill is and was may be read by who reads the database. */
function isDrillReading({ command, words }: Wish): boolean {
	return command === 'drill' && !['start', 'stop', 'resume'].includes(words[0] ?? 'list');
}

/** The same folder, database and key as the server's; null with the findings told where the configuration is wrong. */
function depsOf(io: Io): IncidentDeps | null {
	const config = openConfig(io, Date.now());
	if (config === null) return null;
	return {
		directory: directoryOf(config, Date.now()),
		dataFolder: config.environment.dataFolder,
		open: async () => await openStore(config.environment, 'share'),
		now: Date.now,
		windows: config.windows,
		rules: () => loadShipped(config).rules,
		drills: () => ({
			scenarios: loadShipped(config).drills,
			inventory: directoryOf(config, Date.now()).inventory,
			timeZoneOf: (site) => timeZoneOf(config, site),
		}),
	};
}

/** Rules and classifier are read when somebody first asks what a rule would do: most commands never do. */
function learningFor({ directory: { inventory }, windows = [], rules }: IncidentDeps): Learning {
	let ground: Omit<JudgeContext, 'now'> | null = null;
	return createLearning(inventory, () => {
		ground ??= { inventory, rules: rules?.() ?? [], classifier: loadWeights(), attack: attackTable, windows };
		return ground;
	});
}

const READER: Acting = { person: null, id: 'reader', groups: [], via: 'cli' };

async function run(wish: Wish, acting: Acting, desk: Desk, io: Pick<Io, 'out' | 'err'>): Promise<number> {
	const answer = ON_STEP.some((name) => name === wish.command)
		? await onStep(wish, acting, desk)
		: await performCommand(desk, acting, wish.command, wish.words);
	if (typeof answer === 'string') {
		io.err(answer);
		return EXIT.usage;
	}
	return tell(answer, wish, io);
}

function tell(answer: Answer, wish: Wish, io: Pick<Io, 'out' | 'err'>): number {
	if (wish.json) io.out(JSON.stringify(answer.data ?? { outcome: answer.outcome, reply: answer.reply }));
	else if (answer.outcome === 'refused') io.err(answer.reply.replaceAll('/interlock ', 'interlock incident '));
	else io.out(answer.reply.replaceAll('/interlock ', 'interlock incident '));
	const takesIncident = findCommand(wish.command)?.takesIncident === true;
	// `show 17` of an incident that is not there is no success.
	const isMissing =
		takesIncident && answer.outcome === 'noted' && answer.data === undefined && answer.reply.startsWith('No incident');
	return answer.outcome === 'refused' || isMissing ? EXIT.finding : EXIT.ok;
}

/** Approve, refuse, attest: only for the decision that the person names, so that it is the one they have read. */
async function onStep(wish: Wish, acting: Acting, desk: Desk): Promise<Answer | string> {
	const id = wish.words[0] ?? '';
	const step = await readStep(desk.database, id);
	if (step === null)
		return `incident ${wish.command}: no step \`${shown(id, 60)}\`: step ids begin with stp_ and stand in: interlock incident show N`;
	if (wish.command === 'settle' || wish.command === 'ask') return await onFate(wish, step, acting, desk);
	const binding = step.decision?.binding ?? '';
	if (wish.decision === null)
		return `${stepWords(step, desk.directory)}\nNothing recorded. If that is what you mean: interlock incident ${wish.command} ${step.id} --decision ${binding.slice(0, DECISION_DIGITS)}`;
	// What the person names is what they saw: a prefix that does not fit stands for another decision, and is judged as such.
	const seen = wish.decision.length >= DECISION_DIGITS && binding.startsWith(wish.decision) ? binding : wish.decision;
	const ticks = ticksOf(wish.done, step);
	if (typeof ticks === 'string') return ticks;
	const button = ON_DECISION.find((name) => name === wish.command) ?? 'approve';
	return await performOnStep(desk, { acting, step: step.id, binding: seen, button, reason: wish.reason, ticks });
}

/** What became of a step in doubt, and asking again for one that expired: neither is a decision on what would be done. */
async function onFate(wish: Wish, step: Step, acting: Acting, desk: Desk): Promise<Answer | string> {
	if (wish.command === 'settle' && wish.wasDone === null)
		return `${stepWords(step, desk.directory)}\n${shown(step.outcome ?? '', 500)}\nNothing recorded. Look at the target, then: interlock incident settle ${step.id} --done (or --not-done) --reason WHAT YOU SAW`;
	const button = wish.command === 'ask' ? 'ask_again' : wish.wasDone === true ? 'settle_done' : 'settle_not_done';
	return await performOnStep(desk, {
		acting,
		step: step.id,
		binding: String(step.attempts),
		button,
		reason: wish.reason,
		ticks: { shown: 0, ticked: 0 },
	});
}

/** What would be decided, in the words of the request. */
function stepWords(step: Step, { naming }: Directory): string {
	const action = naming.action(step.action);
	return [
		`${step.id}  ${step.state}  ${shown(step.title, 150)}`,
		`action:  ${shown(step.action, 80)} (${action.title})`,
		`target:  ${step.target === null ? 'none' : shown(naming.asset(step.target), 200)}`,
		...Object.entries(step.params).map(([name, value]) => `         ${shown(name, 60)}: ${shown(String(value), 300)}`),
		`process: ${action.processEffect}`,
		`undo:    ${action.undo}`,
		`asks:    ${step.decision?.needs.map(needWords).join(' and ') || 'nobody'}`,
		...(step.checklist.length > 0 ? step.checklist.map((item, at) => `  ${at + 1}. ${shown(item, 300)}`) : []),
	].join('\n');
}

function ticksOf(done: string | null, step: Step): { shown: number; ticked: number } | string {
	const total = step.checklist.length;
	if (done === null) return { shown: total, ticked: 0 };
	if (done === 'all') return { shown: total, ticked: total };
	const numbers = done.split(',').map((word) => Number(word.trim()));
	const wrong = numbers.find((number) => !(Number.isInteger(number) && number >= 1 && number <= total));
	if (wrong !== undefined)
		return `incident attest: --done \`${shown(done, 60)}\`: write \`all\` or numbers from 1 to ${total}, with commas`;
	return { shown: total, ticked: new Set(numbers).size };
}

const OPTIONS = {
	json: { type: 'boolean' },
	decision: { type: 'string' },
	reason: { type: 'string' },
	note: { type: 'string' },
	done: { type: 'string' },
} as const;

/** `settle --done` says what became of the step; `attest --done 1,2` which lines were done. */
function readOptions(args: string[]) {
	if (args[0] !== 'settle') return { ...parseArgs({ args, allowPositionals: true, options: OPTIONS }), wasDone: null };
	const { done: _lines, ...options } = OPTIONS;
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: { ...options, done: { type: 'boolean' }, 'not-done': { type: 'boolean' } },
	});
	const { done, 'not-done': notDone, ...rest } = values;
	if (done === true && notDone === true) throw new Error('--done and --not-done exclude each other');
	return {
		values: { ...rest, done: undefined },
		positionals,
		wasDone: done === true ? true : notDone === true ? false : null,
	};
}

function readWish(args: string[]): Wish | string {
	try {
		const { values, positionals, wasDone } = readOptions(args);
		const [command, ...words] = positionals;
		if (command === undefined) return 'a subcommand is missing';
		if (!ALL.includes(command)) {
			const near = nearest(command, ALL);
			return `there is no subcommand \`${shown(command, 40)}\`${near === null ? '' : `; did you mean \`${near}\`?`}`;
		}
		const isOnStep = ON_STEP.some((name) => name === command);
		if (isOnStep && words.length !== 1) return `\`${command}\` takes one STEP`;
		if (
			findCommand(command)?.takesIncident === true &&
			readIncidentNumber(words[0]) === null &&
			words[0]?.startsWith('inc_') !== true
		) {
			return `\`${command}\` takes the incident's number`;
		}
		const reason = values.reason ?? values.note ?? null;
		const typed =
			isOnStep || reason === null
				? words
				: [...words, ...(command === 'split' || command === 'detach' ? ['because'] : []), reason];
		return {
			command,
			words: typed,
			decision: values.decision ?? null,
			reason,
			done: values.done ?? null,
			wasDone,
			json: values.json === true,
		};
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

type Unproved = { readonly code: number; readonly text: string };

/** Who types, proved by their token; roles are those of people.yaml (Slack groups cannot be asked when Slack is down). */
function proved(env: Io['env'], deps: IncidentDeps): Result<Acting, Unproved> {
	const id = env['INTERLOCK_PERSON'];
	const token = env['INTERLOCK_PERSON_TOKEN'];
	if (id === undefined || id === '' || token === undefined || token === '') {
		return err({
			code: EXIT.usage,
			text: 'incident: who are you? Set INTERLOCK_PERSON and INTERLOCK_PERSON_TOKEN\n    help: interlock person token ID prints a token; docs/operating.md',
		});
	}
	const key = readPersonKey(deps.dataFolder, false);
	if (!key.ok) return err({ code: EXIT.unable, text: `incident: ${key.error}` });
	const person = deps.directory.people.find((one) => one.id === id) ?? null;
	const checked = checkPersonToken(key.value, id, token, deps.now());
	if (!checked.ok || person === null) {
		const why = checked.ok
			? 'nobody of that id is in people.yaml'
			: checked.error === 'ended'
				? 'the token has ended'
				: 'the token is not that of this person';
		return err({
			code: EXIT.finding,
			text: `incident: not accepted as \`${shown(id, 60)}\`: ${why}\n    help: interlock person token ${shown(id, 60)}`,
		});
	}
	return ok({ person, id, groups: [], via: 'cli' });
}

async function recordRefused(database: Database, id: string, why: string, now: Instant): Promise<void> {
	await record(
		database,
		{
			entries: [
				{
					kind: 'credential.refused',
					actor: { kind: 'system', id: 'cli' },
					at: now,
					incident: null,
					refs: [],
					data: { claimed: shown(id, 100), why: shown(why, 300), via: 'cli' },
				},
			],
		},
		now,
	);
}
