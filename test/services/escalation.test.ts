// routes.yaml through a running flow with a real database and a local Slack: who is written to when an incident opens, and who is next.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../src/cli/init.ts';
import { loadShipped } from '../../src/cli/shipped.ts';
import { loadConfig } from '../../src/config/config.ts';
import { fileReader } from '../../src/config/read-folder.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type Flow, startFlow } from '../../src/flow.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { record } from '../../src/store/record.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const PEOPLE = [
	{ id: 'U0000001', name: 'ole', realName: 'Ole Dahl' },
	{ id: 'U0000002', name: 'anna', realName: 'Anna Berg' },
];
let fresh: Fresh;
let slack: LocalSlack;
let flow: Flow;
let folder = '';

/** Now and then a second is added: levels are reached without waiting for them. */
let ahead = 0;
const clock = (): number => Date.now() + ahead;

beforeAll(async () => {
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-escalation-'));
	slack = await startLocalSlack({
		port: 0,
		botToken: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: 'signing-secret-of-the-test',
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: PEOPLE,
		channels: [{ name: 'incidents' }, { name: 'control-room' }],
		groups: [],
		eventsUrl: null,
		rateLimits: null,
		commands: ['/interlock'],
	});
	const env = {
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
	writeFileSync(join(folder, 'sources.yaml'), '- { name: alertmanager, kind: alertmanager }\n');
	writeFileSync(
		join(folder, 'people.yaml'),
		`people:
  - { id: ole, name: Ole Dahl, slack: U0000001, roles: [ot_operator] }
  - { id: anna, name: Anna Berg, slack: U0000002, roles: [incident_lead] }
`,
	);
	writeFileSync(
		join(folder, 'routes.yaml'),
		`- name: gas
  when: incident.process_safety
  channel: "#control-room"
  people: [ole]
  escalation:
    - { after: 10m, people: [anna] }
- name: harbour
  when: "false"
  channel: "#control-room"
  people: [anna]
`,
	);
	mkdirSync(join(folder, 'rules'), { recursive: true });
	writeFileSync(
		join(folder, 'rules', 'harbour.yaml'),
		`rules:
  - id: harbour-cranes
    title: the harbour looks after its cranes
    when: labels.crane == "yes"
    floor: high
    route: harbour
`,
	);
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
		playbooks: [],
		clock,
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

const sent = async (): Promise<{ key: string; channel: string; text: string }[]> =>
	(
		await fresh.database.raw`SELECT key, channel, text FROM messages
			WHERE state = 'sent' AND (key LIKE 'page:%' OR key LIKE 'escalation:%') ORDER BY created_at, key`
	).map((row) => ({ key: String(row['key']), channel: String(row['channel']), text: String(row['text']) }));

async function alarm(name: string, labels: object = { alertname: 'GasDetectorHigh' }): Promise<string> {
	const answer = await fetch(`http://127.0.0.1:${flow.port}/v1/alerts/alertmanager`, {
		method: 'POST',
		headers: { authorization: 'Bearer a-token-of-the-tests', 'content-type': 'application/json' },
		body: JSON.stringify([
			{
				labels: { ...labels, instance: name, severity: 'critical' },
				annotations: { summary: 'crane' in labels ? `Brake fault at ${name}` : `Gas concentration high at ${name}` },
				startsAt: new Date(clock()).toISOString(),
			},
		]),
	});
	expect(answer.status).toBe(202);
	const id = await expect
		.poll(
			async () => {
				const rows = await fresh.database.raw`SELECT id FROM incidents WHERE title LIKE ${`%${name}%`}`;
				return rows[0]?.['id'] ?? null;
			},
			{ timeout: 20_000 },
		)
		.not.toBeNull()
		.then(async () => (await fresh.database.raw`SELECT id FROM incidents WHERE title LIKE ${`%${name}%`}`)[0]?.['id']);
	return String(id);
}
const toldOf = async (incident: string): Promise<string[]> =>
	(await sent())
		.filter((one) => one.key.includes(incident))
		.map((one) => one.key.replace(incident, 'INC'))
		.sort();

/** The rows that wait for their time are due: as if the time had passed. */
async function pass(ms: number): Promise<void> {
	ahead += ms;
	await flow.idle(20_000);
}

describe('an incident of a route', () => {
	it('is told to its people when it opens, and to the next after their time, once', async () => {
		const incident = await alarm('gd-101');
		await expect.poll(() => toldOf(incident), { timeout: 20_000 }).toEqual(['escalation:INC:0', 'page:INC-0:ole']);
		const direct = (await sent()).find((one) => one.key === `page:${incident}-0:ole`);
		expect(direct?.text).toContain('Gas concentration high at gd-101');
		expect(slack.state.messages(direct?.channel ?? '').map((message) => message.text)).toContainEqual(
			expect.stringContaining('is yours'),
		);
		await pass(11 * 60_000);
		await record(fresh.database, { entries: [], topics: [{ topic: 'escalate', key: incident }] }, clock());
		await expect
			.poll(() => toldOf(incident), { timeout: 20_000 })
			.toEqual(['escalation:INC:0', 'escalation:INC:1', 'page:INC-0:ole', 'page:INC-1:anna']);
		await record(fresh.database, { entries: [], topics: [{ topic: 'escalate', key: incident }] }, clock());
		await flow.idle(20_000);
		expect(await toldOf(incident)).toHaveLength(4);
		const entries = await fresh.database
			.raw`SELECT canonical FROM ledger_entries WHERE kind = 'incident.escalated' AND incident = ${incident}`;
		expect(entries.map((row) => JSON.parse(String(row['canonical'])).data.told)).toEqual([['ole'], ['anna']]);
	});

	it('that somebody has acknowledged wakes nobody else', async () => {
		const incident = await alarm('gd-202');
		await expect.poll(() => toldOf(incident), { timeout: 20_000 }).toHaveLength(2);
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{ op: 'update', table: 'incidents', id: incident, set: { state: 'acknowledged', acknowledged_by: 'ole' } },
				],
			},
			clock(),
		);
		await pass(60 * 60_000);
		await record(fresh.database, { entries: [], topics: [{ topic: 'escalate', key: incident }] }, clock());
		await flow.idle(20_000);
		expect(await toldOf(incident)).toHaveLength(2);
	});

	it('that a triage rule sends to a route goes there, whatever its condition says', async () => {
		const incident = await alarm('crane-7', { alertname: 'CraneFault', crane: 'yes' });
		await expect.poll(() => toldOf(incident), { timeout: 20_000 }).toEqual(['escalation:INC:0', 'page:INC-0:anna']);
		await expect
			.poll(
				() =>
					slack.state
						.messages('control-room')
						.map((message) => message.text)
						.join(),
				{ timeout: 20_000 },
			)
			.toContain('crane-7');
		expect(
			slack.state
				.messages('incidents')
				.map((message) => message.text)
				.join(),
		).not.toContain('crane-7');
	});
});
