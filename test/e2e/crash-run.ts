// The demo's story told to a program that is killed again and again; people act as they do in the demo. What is kept afterwards is what the
// ledger, the database, Slack and the target say, never what the run believes.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { createActedPeople } from '../../src/demo/acted-people.ts';
import { demoPeople } from '../../src/demo/plant.ts';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { type Answered, sendScenario } from '../../src/demo/send.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { sql } from '../../src/store/drizzle.ts';
import { readAllIncidents, readAllMessages, readAllSteps, readEntriesOfKind } from '../../src/store/read/demo.ts';
import { type Child, livingIn, outsideOf, RECOVER_MS, until, untilReady, type World } from './program.ts';

/** What is killed: the program; its whole process group; everything that belongs to it, PostgreSQL included (as a power cut does). */
const KINDS = ['process', 'process', 'group', 'everything'] as const;
export type Kill = { readonly kind: (typeof KINDS)[number]; readonly afterMs: number };
export type CrashRun = { readonly answered: readonly Answered[]; readonly recoveries: readonly number[] };

/** Chance from a seed (mulberry32), so that a failure can be told again. */
export function chanceOf(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** So many kills; each so long after its start, some of them before the start is over. */
export function drawKills(chance: () => number, count: number, spreadMs: number): Kill[] {
	return Array.from({ length: count }, () => ({
		kind: KINDS[Math.floor(chance() * KINDS.length)] ?? 'process',
		afterMs: Math.round(400 + chance() * spreadMs),
	}));
}

async function kill(world: World, child: Child, kind: Kill['kind']): Promise<void> {
	switch (kind) {
		case 'process':
			child.signal('SIGKILL');
			break;
		case 'group':
			child.signalGroup('SIGKILL');
			break;
		case 'everything':
			for (const { pid } of livingIn(world.dataFolder)) {
				try {
					process.kill(pid, 'SIGKILL');
				} catch {
					// Ended by itself meanwhile.
				}
			}
			break;
	}
	expect((await child.exited).signal).toBe('SIGKILL');
}

/** Tells the story with kills in it, and leaves the program running with nothing left to do. */
export async function tellWithKills(
	world: World,
	kills: readonly Kill[],
	pace: number,
	endMs: number,
): Promise<CrashRun> {
	const people = createActedPeople(world.slack, demoPeople(), 'incidents', Date.now, outsideOf(world));
	const state = { isOver: false, isUp: false };
	let child = await world.ready();
	state.isUp = true;
	const acting = (async () => {
		while (!state.isOver) {
			// What a person does while the bot is away comes to nothing, as it would in Slack: they look again later.
			if (state.isUp)
				await world
					.database()
					.then(readAllSteps)
					.then(people.act)
					.catch(() => undefined);
			await sleep(200);
		}
	})();
	const telling = sendScenario(jumpHostAttack(Date.now(), pace), () => world.door, world.token);
	const recoveries: number[] = [];
	try {
		for (const { kind, afterMs } of kills) {
			await sleep(afterMs);
			state.isUp = false;
			await kill(world, child, kind);
			child = world.start();
			// Not waited for: the next kill may come while this start is still going on.
			const [started, began] = [child, Date.now()];
			void untilReady(started, world.door, RECOVER_MS).then(
				() => {
					recoveries.push(Date.now() - began);
					state.isUp = !started.hasExited();
				},
				() => undefined,
			);
		}
		recoveries.push(await untilReady(child, world.door));
		state.isUp = true;
		const answered = await telling;
		await untilAtRest(world, endMs);
		return { answered, recoveries };
	} finally {
		state.isOver = true;
		await acting;
	}
}

/** Nothing waits but what runs out later (approvals, containments) or is looked at again (held steps, what a target shows, an operator's view, a grown incident for the adviser), and the ledger has not grown for a while. */
export async function untilAtRest(world: World, timeoutMs: number, quietMs = 4_000): Promise<void> {
	let [entries, since, waiting] = [-1, 0, ''];
	await until(
		'at rest',
		async () => {
			const { db } = await world.database();
			const now = Date.now();
			const busy = await db.execute(sql`
				SELECT topic, key, due_at - ${now} AS due_in, lease_until - ${now} AS leased_for, attempts, last_error FROM outbox
				WHERE NOT parked AND (topic NOT IN ('expire', 'plan', 'advise', 'verify', 'view') OR due_at <= ${now}) LIMIT 10`);
			const [row] = await db.execute<{ entries: string; newest: string }>(sql`
				SELECT count(*) AS entries, (SELECT kind FROM ledger_entries ORDER BY seq DESC LIMIT 1) AS newest FROM ledger_entries`);
			waiting = JSON.stringify({ busy, ledger: row });
			if (busy.length > 0 || Number(row?.entries) !== entries) {
				entries = Number(row?.entries);
				since = now;
				return false;
			}
			return now - since > quietMs;
		},
		timeoutMs,
		() => waiting,
	);
}

type Envelope = { readonly refs: readonly string[] };

/** Every law that must hold after any number of kills. */
export async function checkLaws(world: World, run: CrashRun): Promise<void> {
	const database = await world.database();
	const { db } = database;

	// Intake: what was answered 202 is there, judged and placed.
	expect(run.answered.map((one) => one.status)).toEqual(run.answered.map(() => 202));
	const alerts = await db.execute<{ id: string; judged_at: string | null; placed_at: string | null }>(
		sql`SELECT id, judged_at, placed_at FROM alerts`,
	);
	const unparsed = await db.execute<{ id: string }>(sql`SELECT id FROM unparsed`);
	const stored = new Set([...alerts, ...unparsed].map((row) => row.id));
	const promised = run.answered.flatMap((one) => one.alerts.map((alert) => alert.id));
	expect(promised.length).toBeGreaterThanOrEqual(200);
	expect(promised.filter((id) => !stored.has(id))).toEqual([]);
	expect(alerts.filter((row) => row.judged_at === null || row.placed_at === null)).toEqual([]);

	// Response: every decision, intent, result and approval has its entry.
	const entriesOf = async (...kinds: string[]): Promise<Set<string>> =>
		new Set(
			(await readEntriesOfKind(database, kinds)).flatMap((entry) => (JSON.parse(entry.canonical) as Envelope).refs),
		);
	const steps = await readAllSteps(database);
	expect(steps.length).toBeGreaterThan(10);
	// The row of a branch, a round or a wait is no act: what it has in the ledger is the way that was taken, once its turn had come.
	const turned = await entriesOf('step.branched');
	const isAhead = (step: (typeof steps)[number]): boolean =>
		step.action === 'write_record' && step.state === 'planned' && step.decision === null;
	const acts = steps.filter((step) => !turned.has(step.id) && !isAhead(step));
	expect(acts.length).toBeGreaterThan(10);
	const without = (entries: ReadonlySet<string>, ...states: string[]): string[] =>
		acts
			.filter((step) => (states.length === 0 || states.includes(step.state)) && !entries.has(step.id))
			.map((step) => `${step.key} ${step.state}`);
	const intents = await entriesOf('step.intent');
	expect(without(await entriesOf('step.decided'))).toEqual([]);
	expect(without(intents, 'running', 'done', 'failed', 'in_doubt', 'undone')).toEqual([]);
	expect(without(await entriesOf('step.result', 'step.in_doubt'), 'done', 'failed')).toEqual([]);
	expect(without(await entriesOf('step.in_doubt'), 'in_doubt')).toEqual([]);
	expect(steps.filter((step) => step.state === 'running').map((step) => step.key)).toEqual([]);
	const answers = await entriesOf('approval.given', 'approval.refused');
	const approvals = await db.execute<{ id: string; step: string; answer: string }>(
		sql`SELECT id, step, answer FROM approvals`,
	);
	expect(approvals.filter((row) => !answers.has(row.id) && !answers.has(row.step))).toEqual([]);

	// The world outside: once in effect, and only what the ledger intended.
	const effects = world.target.effects();
	expect(duplicates(effects.map((effect) => effect.key))).toEqual([]);
	expect(duplicates(effects.map((effect) => effect.what))).toEqual([]);
	expect(effects.filter((effect) => !intents.has(effect.key))).toEqual([]);
	expect(effects.length).toBeGreaterThan(0);

	// Slack: one message of each key, and each that the database calls sent is there.
	const said = messagesOf(world);
	expect(duplicates(said.map(keyOf))).toEqual([]);
	const rows = await readAllMessages(database);
	const there = new Set(rows.flatMap((row) => messagesOf(world, row.channel)).map((message) => message.ts));
	expect(rows.filter((row) => row.state === 'sent' && !there.has(row.ts ?? '')).map((row) => row.key)).toEqual([]);
	expect(rows.filter((row) => row.state !== 'sent').map((row) => `${row.key} ${row.state}`)).toEqual([]);
	const cards = new Set(said.map(keyOf).filter((key) => key.startsWith('card:')));
	const incidents = await readAllIncidents(database);
	expect(
		incidents.filter((one) => one.state !== 'merged' && !cards.has(`card:${one.id}`)).map((one) => one.id),
	).toEqual([]);

	// Queue: nothing due, nothing given up.
	const left = await db.execute(
		sql`SELECT topic, key, parked, last_error FROM outbox WHERE parked OR (due_at <= ${Date.now()} AND topic NOT IN ('verify', 'view'))`,
	);
	expect([...left]).toEqual([]);

	// Proof.
	const file = `${world.folder}/export.jsonl`;
	const exported = await world.run(['audit', 'export', '--out', file]);
	expect(exported.code, exported.err).toBe(0);
	const verified = await world.run(['audit', 'verify', file]);
	expect(verified.code, verified.out + verified.err).toBe(0);

	for (const ms of run.recoveries) expect(ms).toBeLessThan(RECOVER_MS);
}

/** What the bot said in a channel and its threads. */
export function messagesOf(world: World, channel = 'incidents'): Message[] {
	return world.slack.state
		.messages(channel)
		.flatMap((message) => world.slack.state.thread(channel, message.ts))
		.filter((message) => message.user === world.slack.bot.userId);
}

/** The key that the bot gives each message in its metadata. */
export function keyOf(message: Message): string {
	const payload = (message.metadata as { event_payload?: { key?: string } } | null)?.event_payload;
	return payload?.key ?? `no key: ${message.text.slice(0, 80)}`;
}

function duplicates(values: readonly string[]): string[] {
	return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}
