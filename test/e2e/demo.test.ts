// What a newcomer does: the demo, Ctrl-C, the demo again; and what is left of it when it is killed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
	type Child,
	cleanEnv,
	freePort,
	GONE_MS,
	launch,
	livingIn,
	nothingLivesIn,
	ROOT,
	temporaryFolder,
	until,
	untilReady,
} from './program.ts';

const LAUNCHER = join(ROOT, 'bin/interlock.mjs');
const folder = temporaryFolder();
const started: Child[] = [];
const interlock = (data: string, args: readonly string[], env: Record<string, string> = {}): Child => {
	const child = launch(
		process.execPath,
		[LAUNCHER, ...args],
		cleanEnv({ INTERLOCK_DATA: join(folder, data), PORT: '0', SLACK_PORT: '0', LOCAL_SLACK_PORT: '0', ...env }),
	);
	started.push(child);
	return child;
};

afterAll(async () => {
	for (const child of started) child.signalGroup('SIGKILL');
	await nothingLivesIn(folder);
	rmSync(folder, { recursive: true, force: true });
});

describe('interlock demo --headless', () => {
	it('tells the attack, acts the people, and ends with 0 only after every claim was checked', async () => {
		const child = interlock('headless', ['demo', '--headless']);
		const exit = await child.exited;
		expect(exit, child.out() + child.err()).toEqual({ code: 0, signal: null });
		expect(child.out()).toMatch(/All \d+ claims hold\./);
		expect(child.out()).not.toContain('FAILS');
		expect(child.out()).toMatch(/ {2}alerts {6}248 sent/);
		expect(await nothingLivesIn(join(folder, 'headless'))).toBe(true);
	});

	it('says how it is used where it is called wrongly', async () => {
		const child = interlock('wrong', ['demo', '--pace', 'fast']);
		expect((await child.exited).code).toBe(2);
		expect(child.err()).toContain('usage: interlock demo');
	});
});

describe('Ctrl-C in a terminal', () => {
	afterEach(() => nothingLivesIn(folder).then(() => undefined));

	it('stops the demo within ten seconds and leaves no process; the second start is warm', async () => {
		const first = interlock('demo', ['demo']);
		await until('the story', () => first.out().includes('act as any of the people'), 60_000, first.err);
		await stopsOnCtrlC(first);
		const again = interlock('demo', ['demo']);
		await until('the story again', () => again.out().includes('act as any of the people'), 30_000, again.err);
		await stopsOnCtrlC(again);
		const seconds = (child: Child): number => Number(/started in ([\d.]+) s/.exec(child.err())?.[1]);
		expect(seconds(again)).toBeLessThan(10);
	});

	it('stops serve within ten seconds, also in the middle of work, and leaves no process', async () => {
		const [port, token] = [await freePort(), 'a-token-for-this-one-test'];
		const child = interlock('serve', ['serve'], { PORT: String(port), INTERLOCK_TOKEN: token });
		await untilReady(child, `http://127.0.0.1:${port}`, 60_000);
		const alerts = Array.from({ length: 200 }, (_, at) => ({
			status: 'firing',
			labels: { alertname: `Alarm${at}`, instance: `pump-${at}`, severity: 'critical' },
			annotations: { summary: 'in hand when the program stops' },
			startsAt: new Date().toISOString(),
		}));
		const answer = await fetch(`http://127.0.0.1:${port}/v1/alerts/alertmanager`, {
			method: 'POST',
			headers: { authorization: `Bearer ${token}` },
			body: JSON.stringify({ version: '4', status: 'firing', alerts }),
		});
		expect(answer.status).toBe(202);
		await stopsOnCtrlC(child);
	});

	it('twice ends at once', async () => {
		const port = await freePort();
		const child = interlock('twice', ['serve'], { PORT: String(port) });
		await untilReady(child, `http://127.0.0.1:${port}`, 60_000);
		child.signalGroup('SIGINT');
		child.signalGroup('SIGINT');
		await until('its end', () => child.hasExited(), GONE_MS);
		expect(await nothingLivesIn(join(folder, 'twice'))).toBe(true);
	});
});

async function stopsOnCtrlC(child: Child): Promise<void> {
	child.signalGroup('SIGINT');
	await until('its end', () => child.hasExited(), GONE_MS, child.err);
	expect(await child.exited, child.err()).toEqual({ code: 0, signal: null });
}

describe('under npm', () => {
	const data = join(folder, 'npm');
	let npm: Child;
	beforeAll(async () => {
		const port = await freePort();
		npm = launch(
			'npm',
			['run', 'start'],
			cleanEnv({ INTERLOCK_DATA: data, PORT: String(port), SLACK_PORT: '0', npm_config_update_notifier: 'false' }),
		);
		started.push(npm);
		await untilReady(npm, `http://127.0.0.1:${port}`, 60_000);
	});

	it('nothing of ours is left ten seconds after npm was killed -9', async () => {
		expect(livingIn(data).length).toBeGreaterThan(2);
		npm.signal('SIGKILL');
		await npm.exited;
		expect(await nothingLivesIn(data)).toBe(true);
	});

	it('Ctrl-C stops npm and everything below it', async () => {
		const port = await freePort();
		const again = launch(
			'npm',
			['run', 'start'],
			cleanEnv({ INTERLOCK_DATA: data, PORT: String(port), SLACK_PORT: '0', npm_config_update_notifier: 'false' }),
		);
		started.push(again);
		await untilReady(again, `http://127.0.0.1:${port}`, 60_000);
		again.signalGroup('SIGINT');
		await until('its end', () => again.hasExited(), GONE_MS, again.err);
		expect(await nothingLivesIn(data)).toBe(true);
	});
});
