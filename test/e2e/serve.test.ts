// `interlock serve` as its operators meet it: the first alert, health, wrong settings, several processes, real Redis, an old Node in front.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { sendScenario } from '../../src/demo/send.ts';
import { type Embedded, startEmbedded } from '../../src/store/embedded.ts';
import { hasRedis, type RedisServer, startRedis } from '../services/redis.ts';
import { keyOf, messagesOf } from './crash-run.ts';
import {
	type Child,
	GONE_MS,
	launch,
	livingIn,
	nothingLivesIn,
	openWorld,
	ROOT,
	until,
	untilReady,
	type World,
} from './program.ts';

/** What a phished laptop sends: malware that is isolated without anybody's word. */
async function sendMalware(world: World): Promise<void> {
	const malware = jumpHostAttack(Date.now(), 100)
		.filter((sent) => sent.label === 'attack')
		.slice(0, 2);
	const answered = await sendScenario(malware, () => world.door, world.token);
	expect(answered.map((one) => one.status)).toEqual([202, 202]);
}

/** The whole line: an alert in, a card in Slack, a step with effect at the target. */
async function theLineWorks(world: World, children: readonly Child[]): Promise<void> {
	const told = (): string => children.map((child) => child.err().slice(-1_500)).join('\n');
	await sendMalware(world);
	await until(
		'the isolation',
		() => world.target.effects().some((one) => one.what === 'isolate lt-eng-07'),
		20_000,
		told,
	);
	await until('the card', () => messagesOf(world).some((one) => keyOf(one).startsWith('card:')), 20_000, told);
}

describe('serve on embedded defaults', () => {
	let world: World;
	let child: Child;
	beforeAll(async () => {
		world = await openWorld({ isWithoutSlack: true, env: { INTERLOCK_CONFIG: '', INTERLOCK_TOKEN: '' } });
		child = await world.ready();
	});
	afterAll(() => world?.close());

	it('says that Slack is a local stand-in and where it is', async () => {
		await until('the greeting', () => child.out().includes('Ctrl-C stops.'));
		const url = /LOCAL STAND-IN.*(http:\/\/127\.0\.0\.1:\d+)/.exec(child.out())?.[1];
		expect(await (await fetch(url ?? 'no address')).text()).toContain('not Slack');
	});

	it('prints a line that sends a first alert, and the line works as it stands', async () => {
		const line =
			child
				.out()
				.split('\n')
				.find((text) => text.startsWith('curl ')) ?? 'exit 9';
		const done = spawnSync('sh', ['-c', line], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
		expect(done.status, done.stderr).toBe(0);
		expect(JSON.parse(done.stdout)).toMatchObject({ alerts: [{ status: 'stored' }] });
		const shown = await until('the incident', async () => {
			const list = await world.run(['incident', 'list']);
			return list.code === 0 && list.out.includes('INC-1') && list.out;
		});
		expect(shown).toContain('pump');
	});

	it('answers /healthz, /readyz and /metrics, and refuses what has no token', async () => {
		const get = (path: string): Promise<Response> => fetch(`${world.door}${path}`);
		expect((await get('/healthz')).status).toBe(200);
		expect((await get('/readyz')).status).toBe(200);
		const metrics = await (await get('/metrics')).text();
		expect(metrics).toMatch(/^# TYPE interlock_\w+ /m);
		expect(metrics).toMatch(/^interlock_\w+(\{[^}]*\})? \d/m);
		expect((await get('/v1/alerts/nozomi')).status).toBe(405);
		expect((await world.post('nozomi', '{}', { authorization: 'Bearer wrong' })).status).toBe(403);
		expect((await world.post('nozomi', '{}', { authorization: '' })).status).toBe(401);
		expect((await world.post('no-such-source', '{}')).status).toBeGreaterThanOrEqual(401);
	});

	it('refuses a second one on the same data folder, in words, with exit code 3', async () => {
		const second = await world.run(['serve'], { PORT: '0', SLACK_PORT: '0' });
		expect(second.code).toBe(3);
		expect(second.err).toContain('another Interlock runs on');
		expect((await fetch(`${world.door}/readyz`)).status).toBe(200);
	});
});

describe('serve with wrong settings', () => {
	let world: World;
	beforeAll(async () => {
		world = await openWorld({ isWithoutSlack: true });
	});
	afterAll(() => world?.close());

	it('names everything that is wrong with the environment at once, no secret among it, and exits 1', async () => {
		const { code, err, out } = await world.run(['serve'], {
			DATABASE_URL: 'mysql://root:hunter2@db/x',
			REDIS_URL: 'not a url',
			PORT: '99999',
			SLACK_BOT_TOKEN: 'xoxp-not-a-bot hunter2',
			SLACK_MODE: 'pigeon',
			OPENAI_BASE_URL: 'ftp://model',
			INTERLOCK_TOKN: 'typo',
		});
		expect(code).toBe(1);
		for (const name of [
			'DATABASE_URL',
			'REDIS_URL',
			'PORT',
			'SLACK_BOT_TOKEN',
			'SLACK_MODE',
			'OPENAI_BASE_URL',
			'INTERLOCK_TOKEN',
		])
			expect(err).toContain(name);
		expect(err + out).not.toContain('hunter2');
		expect(livingIn(world.dataFolder)).toEqual([]);
	});

	it('names the file and line of each fault of the configuration, and exits 1', async () => {
		const [sources, windows] = [join(world.configFolder, 'sources.yaml'), join(world.configFolder, 'windows.csv')];
		writeFileSync(sources, '- { name: north, kind: nozomi, colour: red }\n- { name: South, kind: nozomi }\n');
		writeFileSync(windows, 'change,start\nC1,yesterday\n');
		const { code, err } = await world.run(['serve']);
		rmSync(sources);
		rmSync(windows);
		expect(code).toBe(1);
		expect(err).toMatch(/sources\.yaml:1:\d+: /);
		expect(err).toMatch(/sources\.yaml:2:\d+: /);
		expect(err).toMatch(/windows\.csv:\d+:\d+: /);
	});

	it.each([[['serve', '--role', 'cook']], [['serve', '--colour']], [['serv']], [[]]])(
		'%j is wrong usage: exit 2',
		async (args) => {
			const { code, err } = await world.run(args);
			expect(code).toBe(2);
			expect(err).toContain('usage: interlock');
		},
	);

	it('says which port is taken, ends with 3 and leaves nothing running', async () => {
		const taken = createServer();
		await new Promise<void>((done) => taken.listen(0, done));
		const address = taken.address();
		const port = typeof address === 'object' && address !== null ? address.port : 0;
		const { code, err } = await world.run(['serve'], { PORT: String(port) });
		taken.close();
		expect(code).toBe(3);
		expect(err).toContain(String(port));
		expect(await nothingLivesIn(world.dataFolder)).toBe(true);
	});

	it('says that the database is not there, without its password, and exits 3', async () => {
		const { code, err, out } = await world.run(['serve'], { DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:9/x' });
		expect(code).toBe(3);
		expect(err).toContain('ECONNREFUSED');
		expect(err + out).not.toContain('hunter2');
	});
});

describe('serve on a database of its own', () => {
	let world: World;
	let database: Embedded;
	let redis: RedisServer | null = null;
	beforeAll(async () => {
		world = await openWorld();
		mkdirSync(join(world.folder, 'server'));
		database = await startEmbedded(join(world.folder, 'server'), 'own');
	});
	afterAll(async () => {
		await redis?.stop();
		await database?.stop();
		await world?.close();
	});
	const urls = (): Record<string, string> => ({
		DATABASE_URL: database.runUrl,
		DATABASE_MIGRATE_URL: database.migrateUrl,
	});

	it('works in two processes by role, and leaves the database running when they stop', async () => {
		const [front, back] = [
			['serve', '--role', 'intake,triage'],
			['serve', '--role', 'response', '--role', 'chat'],
		];
		const intake = await world.ready(front, urls());
		const rest = world.start(back, { ...urls(), PORT: '0' });
		await until('the second process', () => rest.out().includes('Ctrl-C stops.'), 20_000, rest.err);
		await theLineWorks(world, [intake, rest]);
		for (const child of [intake, rest]) child.signal('SIGTERM');
		expect(await Promise.all([intake.exited, rest.exited])).toEqual([
			{ code: 0, signal: null },
			{ code: 0, signal: null },
		]);
		const file = join(world.folder, 'export.jsonl');
		expect((await world.run(['audit', 'export', '--out', file], urls())).code).toBe(0);
		const verified = await world.run(['audit', 'verify', file]);
		expect(verified.code, verified.out + verified.err).toBe(0);
	});

	it.skipIf(!hasRedis())('runs the whole line with its queue on a real Redis', async () => {
		redis = await startRedis();
		const more = { ...urls(), REDIS_URL: redis.url };
		const child = await world.ready(['serve'], more);
		await until('the greeting', () => child.out().includes('queue     REDIS_URL'));
		const user = 'LT-003';
		const answer = await world.post('alertmanager', {
			version: '4',
			status: 'firing',
			alerts: [
				{
					status: 'firing',
					labels: { alertname: 'PlcUnreachable', instance: 'plc-a03', severity: 'critical' },
					annotations: { summary: `A controller is gone ${user}` },
					startsAt: new Date().toISOString(),
				},
			],
		});
		expect(answer.status).toBe(202);
		const before = messagesOf(world).length;
		await until('a card', () => messagesOf(world).length > before, 20_000, child.err);
		child.signal('SIGTERM');
		expect(await child.exited).toEqual({ code: 0, signal: null });
	});
});

const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find(
	(path) => existsSync(path) && /^v2[0-3]\./.test(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout),
);

describe.skipIf(OLD_NODE === undefined)('behind the machine’s own Node 20', () => {
	let world: World;
	beforeAll(async () => {
		world = await openWorld({ isWithoutSlack: true });
	});
	afterAll(() => world?.close());
	const launcher = join(ROOT, 'bin/interlock.mjs');
	const old = OLD_NODE ?? '';

	it('a command runs on Node 24 all the same, with its exit code and its standard input', () => {
		const body = JSON.stringify({
			version: '4',
			status: 'firing',
			alerts: [{ status: 'firing', labels: { alertname: 'A', instance: 'b' }, startsAt: '2026-01-02T03:04:05Z' }],
		});
		const run = (args: string[], input = ''): ReturnType<typeof spawnSync> =>
			spawnSync(old, [launcher, ...args], { input, encoding: 'utf8', env: world.env, cwd: ROOT });
		const done = run(['normalize', '--source', 'alertmanager', '-'], body);
		expect(done.status, String(done.stderr)).toBe(0);
		expect(JSON.parse(String(done.stdout))).toMatchObject({
			source: 'alertmanager',
			occurred_at: '2026-01-02T03:04:05.000Z',
		});
		expect(run(['normalize', '--source', 'alertmanager', '-'], '{"broken').status).toBe(1);
		expect(run(['no-such-command']).status).toBe(2);
	});

	it('the bot stops with the launcher, on Ctrl-C and when the launcher is killed -9', async () => {
		const start = async (): Promise<Child> => {
			const child = launch(old, [launcher, 'serve'], { ...world.env });
			await untilReady(child, world.door);
			await until('the greeting', () => child.out().includes('Ctrl-C stops.'));
			return child;
		};
		const first = await start();
		first.signalGroup('SIGINT');
		await until('its end', () => first.hasExited(), GONE_MS, first.err);
		expect((await first.exited).code).toBe(0);
		expect(await nothingLivesIn(world.dataFolder)).toBe(true);
		const second = await start();
		second.signal('SIGKILL');
		await second.exited;
		expect(await nothingLivesIn(world.dataFolder)).toBe(true);
	});
});
