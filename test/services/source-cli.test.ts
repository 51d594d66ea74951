// `interlock source test` through a running flow with a real database, and what Slack is told of a test and of a source's first alert.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../src/cli/init.ts';
import { loadShipped } from '../../src/cli/shipped.ts';
import { source } from '../../src/cli/source.ts';
import { loadConfig } from '../../src/config/config.ts';
import { fileReader } from '../../src/config/read-folder.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type Flow, startFlow } from '../../src/flow.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { record } from '../../src/store/record.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let slack: LocalSlack;
let flow: Flow;
let folder = '';
let env: Record<string, string> = {};
let out: string[] = [];
let err: string[] = [];
const run = async (...args: string[]): Promise<number> => {
	out = [];
	err = [];
	const io = {
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env,
	};
	return await source(args, io);
};
const test = (name: string, ...more: string[]) => run('test', name, '--url', `http://127.0.0.1:${flow.port}`, ...more);
const texts = async (): Promise<string[]> =>
	(await fresh.database.raw`SELECT text FROM messages WHERE state = 'sent' ORDER BY created_at`).map(
		(row) => row['text'],
	);

beforeAll(async () => {
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-source-'));
	slack = await startLocalSlack({
		port: 0,
		botToken: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: 'signing-secret-of-the-test',
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: [],
		channels: [{ name: 'incidents' }],
		groups: [],
		eventsUrl: null,
		rateLimits: null,
		commands: ['/interlock'],
	});
	env = {
		INTERLOCK_CONFIG: folder,
		INTERLOCK_DATA: join(folder, 'data'),
		DATABASE_URL: fresh.runUrl,
		DATABASE_MIGRATE_URL: fresh.migrateUrl,
		PORT: '0',
		SLACK_PORT: '0',
		SLACK_BOT_TOKEN: 'xoxb-test',
		SLACK_APP_TOKEN: 'xapp-test',
		SLACK_API_URL: slack.apiUrl,
	};
	const io = { out: () => undefined, err: () => undefined, stdin: async () => new Uint8Array(), env };
	expect(await init([folder], io)).toBe(0);
	expect(await run('add', 'nozomi', 'nozomi-north')).toBe(0);
	expect(await run('add', 'splunk')).toBe(0);
	expect(await run('add', 'wazuh', 'wazuh-signed', '--auth', 'hmac')).toBe(0);
	expect(await run('add', 'zeek-ics')).toBe(0);
	expect(await run('add', 'alertmanager')).toBe(0);
	const loaded = loadConfig(env, fileReader, Date.now());
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
	const shipped = loadShipped(loaded.value);
	if (shipped.rules === null) throw new Error('rules');
	flow = await startFlow({
		config: loaded.value,
		roles: ['intake', 'triage', 'response', 'chat'],
		database: fresh.database,
		runUrl: fresh.runUrl,
		token: 'a-token-of-the-tests',
		slack: loaded.value.environment.slack,
		channel: '#incidents',
		rules: shipped.rules,
		playbooks: shipped.playbooks,
		clock: Date.now,
		log: createLog('silent'),
		metrics: createMetrics(),
	});
}, 60_000);
afterAll(async () => {
	await flow.stop();
	await slack.close();
	await fresh.close();
	rmSync(folder, { recursive: true, force: true });
});

describe('interlock source test', () => {
	it.each([
		['nozomi-north', 'bearer'],
		['splunk', 'basic'],
		['wazuh-signed', 'hmac'],
	])('%s: each stage does its work, by %s', async (name, how) => {
		expect(await test(name, '--json')).toBe(0);
		const report = JSON.parse(out.join(''));
		expect(report.stages.map((stage: { stage: string; ok: boolean }) => [stage.stage, stage.ok])).toEqual([
			['reached', true],
			['authenticated', true],
			['parsed', true],
			['stored', true],
			['triaged', true],
			['correlated', true],
			['Slack', true],
		]);
		expect(report.stages[1].detail).toBe(how);
		expect(await texts()).toContain(`Test alert of source ${name} arrived. It is a sample: nothing happened.`);
		expect(await fresh.database.raw`SELECT id FROM incidents`).toHaveLength(0);
		expect(await fresh.database.raw`SELECT id FROM steps`).toHaveLength(0);
	});

	it('says at which stage it fails: no server, a wrong secret, a name that nobody has, a sample that is not understood', async () => {
		expect(await run('test', 'splunk', '--url', 'http://127.0.0.1:9')).toBe(3);
		expect(out.join('\n')).toMatch(/FAIL {2}reached/);
		expect(await test('splunc')).toBe(2);
		expect(err.join('\n')).toContain('did you mean `splunk`?');
		writeFileSync(join(folder, 'sample.json'), '{"hello": 1}');
		expect(await test('zeek-ics', '--sample', join(folder, 'sample.json'))).toBe(1);
		expect(out.join('\n')).toMatch(/FAIL {2}parsed/);
		writeFileSync(join(folder, 'sample.json'), '{"hello": ');
		expect(await test('zeek-ics', '--sample', join(folder, 'sample.json'))).toBe(1);
		expect(out.join('\n')).toMatch(/FAIL {2}parsed +400/);
		writeFileSync(join(folder, 'secrets/splunk'), 'another-secret-of-the-test\n');
		expect(await test('splunk')).toBe(1);
		expect(out.join('\n')).toMatch(/FAIL {2}authenticated +403/);
	});
});

describe('the first alert of a source', () => {
	it('is told in Slack once, with what was understood of it and what was not; a test is not the first', async () => {
		const config = loadConfig(env, fileReader, Date.now());
		const credential = config.ok ? config.value.sources?.find((one) => one.name === 'nozomi-north')?.credential : null;
		const secret = credential?.type === 'bearer' ? credential.secrets[0]?.reveal() : '';
		const post = (id: string) =>
			fetch(`http://127.0.0.1:${flow.port}/v1/alerts/nozomi-north`, {
				method: 'POST',
				headers: { authorization: `Bearer ${secret}` },
				body: JSON.stringify({
					id,
					name: 'New node',
					type_id: 'VI:NEW-NODE',
					ip_src: `10.1.2.${id}`,
					severity: '3',
					time: 'yesterday',
				}),
			});
		expect((await texts()).filter((text) => text.startsWith('First alert'))).toEqual([]);
		expect((await post('3')).status).toBe(202);
		expect((await post('4')).status).toBe(202);
		await expect
			.poll(async () => (await texts()).filter((text) => text.startsWith('First alert')), {
				timeout: 12_000,
				interval: 200,
			})
			.toEqual(['First alert of source nozomi-north']);
		const [row] = await fresh.database
			.raw`SELECT blocks::text AS blocks FROM messages WHERE key = 'first:nozomi-north'`;
		for (const said of [
			'Understood as nozomi',
			'New node',
			'low, stated as “3”',
			'no time was understood in it',
			'10.1.2.3',
			'found \\"yesterday\\"',
		])
			expect(row?.['blocks']).toContain(said);
		expect(row?.['blocks']).not.toContain('10.1.2.4');
	}, 20_000);
});

describe('a condition that opens again after it was closed', () => {
	const began = Date.now() - 2 * 3_600_000;
	const send = async (status: 'firing' | 'resolved', minute: number): Promise<void> => {
		const at = new Date(began + minute * 60_000).toISOString();
		const config = loadConfig(env, fileReader, Date.now());
		const credential = config.ok ? config.value.sources?.find((one) => one.name === 'alertmanager')?.credential : null;
		const secret = credential?.type === 'bearer' ? credential.secrets[0]?.reveal() : '';
		const labels = { alertname: 'TankLevelDrift', instance: 'tank-4', severity: 'critical' };
		const alert = {
			status,
			labels,
			annotations: { summary: 'Level of tank 4 drifts' },
			startsAt: at,
			...(status === 'resolved' ? { endsAt: at } : {}),
		};
		const answer = await fetch(`http://127.0.0.1:${flow.port}/v1/alerts/alertmanager`, {
			method: 'POST',
			headers: { authorization: `Bearer ${secret}` },
			body: JSON.stringify({ version: '4', status, alerts: [alert] }),
		});
		expect(answer.status).toBe(202);
	};
	const placed = async (wanted: number): Promise<string[]> => {
		const read = async (): Promise<string[]> =>
			(
				await fresh.database
					.raw`SELECT incident FROM alerts WHERE source = 'alertmanager' AND incident IS NOT NULL ORDER BY seq`
			).map((row) => row['incident']);
		await expect.poll(async () => (await read()).length, { timeout: 12_000, interval: 100 }).toBe(wanted);
		return await read();
	};

	it('is a new alert of the same incident, and of a new one where people have resolved that', async () => {
		await send('firing', 0);
		await placed(1);
		await send('resolved', 5);
		await send('firing', 10);
		const [first, second] = await placed(2);
		expect(second).toBe(first);
		await send('resolved', 15);
		const change = {
			op: 'update' as const,
			table: 'incidents' as const,
			id: first ?? '',
			set: { state: 'resolved' as const, resolved_by: 'ann' },
		};
		const entry = {
			kind: 'incident.resolved' as const,
			actor: { kind: 'person' as const, id: 'ann' },
			at: Date.now(),
			incident: first ?? '',
			refs: [],
			data: {},
		};
		await record(fresh.database, { entries: [entry], changes: [change] }, Date.now());
		// More than an hour after the rest: it does not flap.
		await send('firing', 100);
		const [, , third] = await placed(3);
		expect(third).not.toBe(first);
	}, 40_000);
});
