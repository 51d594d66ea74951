// `interlock demo`: everything embedded, a recorded attack on a small plant, and the local Slack to look at. `--headless` acts the people
// too, prints the timeline and a summary, and exits 0 only if every claim in it was checked.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { createActedPeople } from '../demo/acted-people.ts';
import { demoConfig } from '../demo/plant.ts';
import { jumpHostAttack } from '../demo/scenario/jump-host-attack.ts';
import { type Answered, sendScenario } from '../demo/send.ts';
import { startTarget, type Target } from '../demo/target.ts';
import { ROLES } from '../flow/parts.ts';
import { createLog } from '../log.ts';
import { outsideChat } from './demo-outside.ts';
import { type Claim, checkClaims, readSummary } from './demo-summary.ts';
import { EXIT, type Io } from './io.ts';
import { findingLine } from './open.ts';
import { type Running, startRunning } from './running.ts';
import { untilTold } from './until-told.ts';

const SCENARIOS = { 'jump-host': jumpHostAttack } as const;
const USAGE = `usage: interlock demo [--headless] [--scenario ${Object.keys(SCENARIOS).join('|')}] [--pace N]`;
/** Headless the two minutes are told in half a minute: the people need no time to read. */
const HEADLESS_PACE = 4;
const LOOK_EVERY_MS = 250;
/** After the story: how long people and steps may take to finish, and how long nothing may happen before it counts as finished. */
const FINISH_MS = 60_000;
const QUIET_MS = 8_000;

type Options = { readonly headless: boolean; readonly pace: number };

export async function demo(args: string[], io: Io): Promise<number> {
	const options = readOptions(args);
	if (options === null) {
		io.err(USAGE);
		return EXIT.usage;
	}
	const secret = randomBytes(24).toString('hex');
	const target = await startTarget(secret);
	let made: string | null = null;
	try {
		// A headless run is for checking: it starts from nothing each time. A person's demo starts warm.
		const data = options.headless ? join(tmpdir(), `interlock-demo-${process.pid}`) : '.interlock/demo';
		const env = {
			PORT: io.env['PORT'] ?? '0',
			SLACK_PORT: '0',
			INTERLOCK_DATA: io.env['INTERLOCK_DATA'] ?? data,
			DEMO_TARGET_TOKEN: secret,
			...modelOf(io.env),
		};
		if (options.headless && io.env['INTERLOCK_DATA'] === undefined) made = data;
		const config = demoConfig(env, target.url, Date.now());
		if (!config.ok) {
			for (const finding of config.error) io.err(findingLine(finding));
			return EXIT.unable;
		}
		return await runDemo(config.value, options, target, io);
	} finally {
		await target.close();
		if (made !== null) rmSync(made, { recursive: true, force: true });
	}
}

/** A model is asked where one is named: `INTERLOCK_MODEL` and its endpoint, as for `serve`. Nothing else of the environment counts. */
function modelOf(env: Io['env']): Record<string, string> {
	if (!env['INTERLOCK_MODEL']) return {};
	return Object.fromEntries(
		['INTERLOCK_MODEL', 'OPENAI_BASE_URL', 'OPENAI_API_KEY'].flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
	);
}

function readOptions(args: string[]): Options | null {
	try {
		const { values } = parseArgs({
			args,
			options: {
				headless: { type: 'boolean', default: false },
				scenario: { type: 'string', default: 'jump-host' },
				pace: { type: 'string' },
			},
		});
		const pace = Number(values.pace ?? (values.headless ? HEADLESS_PACE : 1));
		if (!Object.hasOwn(SCENARIOS, values.scenario) || !(pace > 0 && pace <= 100)) return null;
		return { headless: values.headless, pace };
	} catch {
		// parseArgs throws for unknown options: the usage says what there is.
		return null;
	}
}

async function runDemo(config: Config, options: Options, target: Target, io: Io): Promise<number> {
	const token = randomBytes(24).toString('hex');
	const began = Date.now();
	const running = await startRunning({
		config,
		roles: [...ROLES],
		token,
		log: createLog(io.env['LOG_LEVEL'] ?? (options.headless ? 'error' : 'warn')),
		localSlackPort: options.headless ? 0 : Number(io.env['LOCAL_SLACK_PORT'] ?? 3001),
		isQuick: options.headless,
	});
	try {
		io.err(`started in ${((Date.now() - began) / 1000).toFixed(1)} s: embedded PostgreSQL, queue, stages, local Slack`);
		io.err(`the local Slack (a stand-in for trying, not Slack): ${running.localSlack?.url}`);
		return options.headless
			? await runHeadless(config, options, running, target, token, io)
			: await runForPeople(options, running, token, io);
	} finally {
		await running.stop();
	}
}

async function runForPeople(options: Options, running: Running, token: string, io: Io): Promise<number> {
	io.out(`Open ${running.localSlack?.url} and act as any of the people.`);
	io.out('A story of two minutes begins now: a phished laptop, a jump host, a controller; a dead switch; a gas alarm.');
	const told = untilTold();
	const story = jumpHostAttack(Date.now(), options.pace);
	let isOver = false;
	const sending = sendScenario(
		story,
		() => doorOf(running),
		token,
		(answered) => {
			if (!isOver && answered.sent.label !== 'noise') io.out(lineOf(answered));
		},
	).then(() => {
		if (!isOver) io.out('The story is told. The bot keeps running: answer in the local Slack; Ctrl-C stops.');
	});
	// What is still unsent when a person stops the demo has nobody to go to.
	sending.catch((error: unknown) => (isOver ? undefined : io.err(String(error))));
	const reason = await told;
	isOver = true;
	io.err(`stopping: ${reason}`);
	return EXIT.ok;
}

function doorOf(running: Running): string {
	return `http://127.0.0.1:${running.flow.port}`;
}

function lineOf(answered: Answered): string {
	const statuses = answered.alerts.map((alert) => alert.status).join(', ');
	return `${(answered.sent.afterMs / 1000).toFixed(0).padStart(4)} s  ${answered.sent.label.padEnd(6)}  ${answered.sent.body.source.padEnd(12)}  ${answered.status} ${statuses.length > 60 ? `${answered.alerts.length} alerts` : statuses}`;
}

async function runHeadless(
	config: Config,
	options: Options,
	running: Running,
	target: Target,
	token: string,
	io: Io,
): Promise<number> {
	const slack = running.localSlack;
	if (slack === null) throw new Error('the demo needs the local Slack');
	const startAt = Date.now();
	const people = createActedPeople(
		slack,
		config.people,
		'incidents',
		Date.now,
		outsideChat(config, async () => running.store.database),
	);
	let isTold = false;
	const sending = sendScenario(jumpHostAttack(startAt, options.pace), () => doorOf(running), token).finally(() => {
		isTold = true;
	});
	let changedAt = Date.now();
	let last = '';
	for (const end = startAt + 120_000 / options.pace + FINISH_MS; Date.now() < end; ) {
		const summary = await readSummary(running.store.database);
		await people.act(summary.steps);
		const state = JSON.stringify([summary.entries, people.said.length]);
		if (state !== last) changedAt = Date.now();
		last = state;
		if (isTold && Date.now() - changedAt > QUIET_MS) break;
		await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
	}
	const answered = await sending;
	await running.flow.seal();
	const { lines, claims } = await checkClaims({
		running,
		target,
		answered,
		people,
		startAt,
		dataFolder: config.environment.dataFolder,
		origin: config.settings.ledger.origin,
	});
	for (const line of lines) io.out(line);
	return reportClaims(claims, io);
}

function reportClaims(claims: readonly Claim[], io: Io): number {
	io.out('\nChecked:');
	for (const claim of claims)
		io.out(`  ${claim.holds ? 'holds ' : 'FAILS '} ${claim.text}${claim.holds ? '' : `: ${claim.found}`}`);
	const failed = claims.filter((claim) => !claim.holds).length;
	io.out(failed === 0 ? `\nAll ${claims.length} claims hold.` : `\n${failed} of ${claims.length} claims do not hold.`);
	return failed === 0 ? EXIT.ok : EXIT.finding;
}
