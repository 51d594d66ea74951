// Pages outside Slack through a running flow: a real database, PagerDuty's API as documented, a mail server that was not written here over TLS,
// and a local Slack behind a wall that can be closed.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { init } from '../../src/cli/init.ts';
import { loadShipped } from '../../src/cli/shipped.ts';
import { loadConfig } from '../../src/config/config.ts';
import { fileReader } from '../../src/config/read-folder.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { type Flow, startFlow } from '../../src/flow.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type MailServer, startMailServer } from '../response/vendors/mail-server.ts';
import { type PagerDuty, startPagerDuty } from '../response/vendors/pagerduty.ts';
import { type Authority, openAuthority } from './certificates.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const KEY = 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6';
const PEOPLE = [
	{ id: 'U0000001', name: 'ole', realName: 'Ole Dahl' },
	{ id: 'U0000002', name: 'anna', realName: 'Anna Berg' },
];
let fresh: Fresh;
let slack: LocalSlack;
let flow: Flow;
let events: PagerDuty;
let mail: MailServer;
let authority: Authority;
let folder = '';
let wall: { readonly server: Server; isClosed: boolean };
const metrics = createMetrics();

/** Now and then a second is added: levels are reached without waiting for them. */
let ahead = 0;
const clock = (): number => Date.now() + ahead;

const YAML = {
	'interlock.yaml': () => `channel: "#incidents"
pagers:
  - name: oncall
    kind: pagerduty
    base_url: ${events.url}
    allow_private: true
    timeout_ms: 3000
    auth: { type: routing_key, secret_env: PAGERDUTY_KEY }
  - name: mail
    kind: smtp
    host: 127.0.0.1
    port: ${mail.port}
    ca_file: ca.pem
    auth: { type: login, user: interlock, secret_env: SMTP_PASSWORD }
    from: interlock@plant.example
    to: [duty@plant.example]
paging: { slack_after: 2m, fallback: [mail, oncall] }
`,
	'people.yaml': () => `people:
  - { id: ole, name: Ole Dahl, slack: U0000001, roles: [ot_operator, incident_lead], email: ole@plant.example, pagers: [mail] }
  - { id: anna, name: Anna Berg, roles: [incident_lead], email: anna@plant.example, pagers: [mail, oncall] }
`,
	'routes.yaml': () => `- name: gas
  when: incident.process_safety
  people: [ole]
  pagers: [oncall]
  escalation:
    - { after: 10m, people: [anna] }
- name: rest
  when: "true"
  people: [ole]
`,
	'inventory.yaml': () => `assets:
  - { id: hmi-1, hostname: HMI-1, zone: cell-1, purdue: 2, kind: hmi }
zones:
  - { id: cell-1, purdue: 2 }
`,
	'drills/quiet.yaml': () => drillOf('quiet', ''),
	'drills/loud.yaml': () => drillOf('loud', 'pagers: true'),
	'sources.yaml': () => '- { name: alertmanager, kind: alertmanager }\n',
};

function drillOf(id: string, more: string): string {
	return `id: ${id}
title: The view is lost (${id})
about: Who answers
lasts: 30min
${more}
assets: { view: { classes: [hmi] } }
alerts:
  - { at: 0s, title: "{view} no longer answers (${id})", severity: high, domain: ot, techniques: [T0815], target: view }
`;
}

/**
 * Slack behind a wall: closed, no call gets through. The socket of the events goes through it too, because the program connects to what it was
 * told and nothing else, and stays.
 */
async function startWall(target: string): Promise<typeof wall> {
	const own = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
	const host = new URL(target).host;
	const server = createServer((incoming, response) => {
		if (built.isClosed) return void incoming.socket.destroy();
		const onward = request(
			`${target.replace(/\/$/, '')}${incoming.url}`,
			{ method: incoming.method, headers: { ...incoming.headers, host } },
			(answer) => {
				const parts: Buffer[] = [];
				answer.on('data', (part: Buffer) => parts.push(part));
				answer.on('end', () => {
					// The address of the socket is the wall's.
					const body = Buffer.concat(parts).toString('utf8').replaceAll(`ws://${host}`, `ws://${own()}`);
					const { 'content-length': _length, ...headers } = answer.headers;
					response.writeHead(answer.statusCode ?? 502, headers).end(body);
				});
			},
		);
		onward.on('error', () => incoming.socket.destroy());
		incoming.pipe(onward);
	});
	server.on('upgrade', (incoming, socket, head) => {
		const { hostname, port } = new URL(target);
		const onward = connect(Number(port), hostname, () => {
			const lines = incoming.rawHeaders.map((word, i) => (i % 2 === 0 ? `${word}: ` : `${word}\r\n`)).join('');
			onward.write(`GET ${incoming.url} HTTP/1.1\r\n${lines}\r\n`);
			onward.write(head);
			onward.pipe(socket).pipe(onward);
		});
		for (const one of [onward, socket]) one.on('error', () => one.destroy());
	});
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()));
	const built = { server, isClosed: false };
	return built;
}

beforeAll(async () => {
	fresh = await freshDatabase();
	authority = openAuthority();
	folder = mkdtempSync(join(tmpdir(), 'interlock-paging-'));
	events = await startPagerDuty([KEY]);
	mail = await startMailServer({ tls: authority.issue('mail'), users: { interlock: 'the password of mail' } });
	slack = await startLocalSlack({
		port: 0,
		botToken: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: 'signing-secret-of-the-test',
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: PEOPLE,
		channels: [{ name: 'incidents', members: PEOPLE.map((one) => one.id) }],
		groups: [],
		eventsUrl: null,
		rateLimits: null,
		commands: ['/interlock'],
	});
	wall = await startWall(new URL(slack.apiUrl).origin);
	const { pathname } = new URL(slack.apiUrl);
	const env = {
		INTERLOCK_CONFIG: folder,
		INTERLOCK_DATA: join(folder, 'data'),
		DATABASE_URL: fresh.runUrl,
		DATABASE_MIGRATE_URL: fresh.migrateUrl,
		PORT: '0',
		SLACK_PORT: '0',
		SLACK_BOT_TOKEN: 'xoxb-test',
		SLACK_APP_TOKEN: 'xapp-test',
		SLACK_API_URL: `http://127.0.0.1:${(wall.server.address() as AddressInfo).port}${pathname}`,
		PAGERDUTY_KEY: KEY,
		SMTP_PASSWORD: 'the password of mail',
	};
	const io = { out: () => undefined, err: () => undefined, stdin: async () => new Uint8Array(), env };
	expect(await init([folder], io)).toBe(0);
	writeFileSync(join(folder, 'ca.pem'), authority.ca);
	mkdirSync(join(folder, 'drills'), { recursive: true });
	for (const [name, text] of Object.entries(YAML)) writeFileSync(join(folder, name), text());
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
		drills: shipped.drills,
		clock,
		log: createLog('silent'),
		metrics,
	});
}, 150_000);
afterAll(async () => {
	wall.isClosed = false;
	await flow.stop();
	await slack.close();
	wall.server.closeAllConnections();
	wall.server.close();
	await Promise.all([events.close(), mail.close(), fresh.close()]);
	authority.remove();
	rmSync(folder, { recursive: true, force: true });
});
afterEach(() => {
	events.spoil = null;
	mail.fault = null;
	wall.isClosed = false;
});

async function alarm(name: string, alertname = 'GasDetectorHigh', summary = 'Gas concentration high'): Promise<string> {
	const answer = await fetch(`http://127.0.0.1:${flow.port}/v1/alerts/alertmanager`, {
		method: 'POST',
		headers: { authorization: 'Bearer a-token-of-the-tests', 'content-type': 'application/json' },
		body: JSON.stringify([
			{
				labels: { alertname, instance: name, severity: 'critical' },
				annotations: { summary: `${summary} at ${name}` },
				startsAt: new Date(clock()).toISOString(),
			},
		]),
	});
	expect(answer.status).toBe(202);
	const find = async (): Promise<unknown> =>
		(await fresh.database.raw`SELECT id FROM incidents WHERE title LIKE ${`%${name}%`}`)[0]?.['id'] ?? null;
	await expect.poll(find, { timeout: 20_000 }).not.toBeNull();
	return String(await find());
}
const numberOf = async (incident: string): Promise<number> =>
	Number((await fresh.database.raw`SELECT number FROM incidents WHERE id = ${incident}`)[0]?.['number']);
const alertsOf = (incident: string) =>
	events.alerts
		.filter((one) => one.dedupKey.includes(incident))
		.map((one) => `${one.dedupKey.replaceAll(incident, 'INC')} ${one.state} ${one.triggers}`);
const mailsOf = (words: string): string[] =>
	mail.mails.filter((one) => one.text.includes(words)).map((one) => one.to.join());
const entriesOf = async (incident: string, kind: string): Promise<Record<string, unknown>[]> =>
	(
		await fresh.database
			.raw`SELECT canonical FROM ledger_entries WHERE kind = ${kind} AND incident = ${incident} ORDER BY seq`
	).map((row) => JSON.parse(String(row['canonical'])).data);
const soon = { timeout: 50_000 };

describe('a drill', () => {
	it('stays in Slack, unless its scenario says otherwise: then each page says that it is one', async () => {
		const run = async (name: string): Promise<string> => {
			await slack.act.command('U0000001', 'incidents', `/interlock drill start ${name} anytime`);
			const find = async (): Promise<string | null> => {
				const [row] = await fresh.database.raw`SELECT id FROM incidents WHERE title LIKE ${`%(${name})%`}`;
				return row === undefined ? null : String(row['id']);
			};
			await expect.poll(find, soon).not.toBeNull();
			const id = String(await find());
			await expect.poll(async () => (await entriesOf(id, 'incident.escalated')).length, soon).toBe(1);
			await expect.poll(() => flow.idle(1_000), soon).toBe(true);
			await slack.act.command('U0000001', 'incidents', '/interlock drill stop enough');
			await expect.poll(async () => (await entriesOf(id, 'drill.cleared')).length, soon).toBe(1);
			return id;
		};
		const quiet = await run('quiet');
		expect(await entriesOf(quiet, 'page.intent')).toEqual([]);
		expect((await entriesOf(quiet, 'incident.escalated'))[0]).not.toHaveProperty('pagers');
		const loud = await run('loud');
		expect(mail.mails.map((one) => `${one.to.join()} ${one.headers['subject']}`)).toEqual([
			expect.stringMatching(/^ole@plant.example DRILL: INC-\d+ \(high\) is yours: DRILL: HMI-1 no longer answers/),
		]);
		expect(await entriesOf(loud, 'page.sent')).toMatchObject([{ pager: 'mail', drill: loud }]);
		expect(events.events).toEqual([]);
	}, 150_000);
});

describe('an alarm that nobody answers', () => {
	it('goes out by pager and mail, rings again at the next level, and is over when somebody has it', async () => {
		const incident = await alarm('gd-101');
		await expect.poll(() => alertsOf(incident), soon).toEqual(['interlock/INC-0 triggered 1']);
		await expect.poll(() => mailsOf('gd-101'), soon).toEqual(['ole@plant.example']);
		expect(mail.mails.at(-1)).toMatchObject({ isSecure: true, user: 'interlock' });
		expect(mail.mails.at(-1)?.headers['subject']).toMatch(/^INC-\d+ \(critical, process safety\) is yours: .*gd-101/);
		ahead += 11 * 60_000;
		await expect
			.poll(() => alertsOf(incident), soon)
			.toEqual(['interlock/INC-0 triggered 1', 'interlock/INC-1 triggered 1']);
		await expect.poll(() => mailsOf('gd-101'), soon).toEqual(['ole@plant.example', 'anna@plant.example']);
		const told = await entriesOf(incident, 'incident.escalated');
		expect(told).toMatchObject([
			{ told: ['ole'], paged: ['ole'], pagers: expect.arrayContaining(['mail', 'oncall']) },
			// Without Slack, and reached all the same.
			{ told: [], not_reached: [], paged: ['anna'] },
		]);
		const number = await numberOf(incident);
		await slack.act.command('U0000001', 'incidents', `/interlock ack ${number}`);
		await expect
			.poll(() => alertsOf(incident), soon)
			.toEqual(['interlock/INC-0 acknowledged 1', 'interlock/INC-1 acknowledged 1']);
		await slack.act.command('U0000001', 'incidents', `/interlock resolve ${number} the detector was tested`);
		await expect
			.poll(() => alertsOf(incident), soon)
			.toEqual(['interlock/INC-0 resolved 1', 'interlock/INC-1 resolved 1']);
		expect(mailsOf('gd-101')).toHaveLength(2);
		const sent = async () =>
			(await entriesOf(incident, 'page.sent')).map((one) => `${one['pager']} ${one['action']}`).sort();
		await expect
			.poll(sent, soon)
			.toEqual([
				...['mail trigger', 'mail trigger'],
				...['oncall acknowledge', 'oncall acknowledge', 'oncall resolve', 'oncall resolve'],
				...['oncall trigger', 'oncall trigger'],
			]);
		expect(await entriesOf(incident, 'page.intent')).toHaveLength(4);
		// No address in the ledger, which nobody can erase.
		const all = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE canonical LIKE '%@plant.example%'`;
		expect(all).toHaveLength(0);
		expect(await metrics.text()).toMatch(/interlock_pages_total\{pager="mail",result="sent"\} 3/);
	}, 150_000);

	it('is paged once more under the same name where the program dies between the call and its record', async () => {
		let calls = 0;
		events.spoil = (_, proceed) => {
			const taken = proceed();
			return calls++ === 0 ? 'hang' : taken;
		};
		const incident = await alarm('gd-202');
		await expect.poll(() => alertsOf(incident), soon).toEqual(['interlock/INC-0 triggered 1']);
		// As after a death in the call: another takes the row over, and what the first one learns is not recorded any more.
		await fresh.database.raw`UPDATE outbox SET attempts = attempts + 1, lease_until = 0 WHERE topic = 'pager_safety'`;
		await expect.poll(() => alertsOf(incident), soon).toEqual(['interlock/INC-0 triggered 2']);
		await expect
			.poll(
				async () => (await entriesOf(incident, 'page.sent')).filter((one) => one['pager'] === 'oncall').length,
				soon,
			)
			.toBe(1);
		const intents = (await entriesOf(incident, 'page.intent')).filter((one) => one['pager'] === 'oncall');
		expect(intents).toMatchObject([{ may_repeat: false }, { may_repeat: true }]);
		expect(new Set(intents.map((one) => one['dedup_key'])).size).toBe(1);
	}, 150_000);

	it('whose pager does not answer is told under its card and goes out by the others; the page comes when it is back', async () => {
		events.spoil = () => ({ status: 500, headers: {}, body: '' });
		const incident = await alarm('gd-303');
		await expect.poll(() => mailsOf('gd-303'), soon).toContain('ole@plant.example');
		await expect
			.poll(
				() => {
					ahead += 10_000;
					return mailsOf('gd-303');
				},
				{ timeout: 30_000, interval: 300 },
			)
			.toContain('duty@plant.example');
		expect(await entriesOf(incident, 'page.failed')).not.toHaveLength(0);
		const threads = () =>
			slack.state
				.messages('incidents')
				.flatMap((one) => slack.state.thread('incidents', one.ts))
				.map((one) => one.text)
				.join('\n');
		await expect.poll(threads, soon).toContain('A page through oncall does not get through: answered 500');
		expect(flow.fault()).toContain('pager oncall');
		events.spoil = null;
		ahead += 10 * 60_000;
		await expect
			.poll(() => alertsOf(incident).some((one) => one.startsWith('interlock/INC-0 triggered')), soon)
			.toBe(true);
		await expect.poll(() => flow.fault(), soon).toBeNull();
	}, 150_000);
});

describe('Slack that takes nothing', () => {
	it('does not keep an alarm from people: process safety at once, the rest after its time; over when Slack is back', async () => {
		wall.isClosed = true;
		const gas = await alarm('gd-404');
		await expect.poll(() => alertsOf(gas), soon).toContain('interlock/INC-0 triggered 1');
		await expect.poll(() => mailsOf('gd-404'), soon).toContain('ole@plant.example');
		const intrusion = await alarm('eng-ws-9', 'IntrusionDetected', 'Malware beacon to command server');
		await expect.poll(() => mailsOf('eng-ws-9'), soon).toContain('ole@plant.example');
		ahead += 3 * 60_000;
		const digests = () => events.alerts.filter((one) => one.dedupKey.startsWith('interlock/slack-rest'));
		await expect.poll(() => digests().map((one) => one.state), { timeout: 40_000 }).toEqual(['triggered']);
		const digest = () => mail.mails.find((one) => one.headers['subject']?.startsWith('Slack has not taken'));
		await expect.poll(() => digest()?.to, { timeout: 40_000 }).toEqual(['duty@plant.example']);
		expect(digest()?.text).toContain('eng-ws-9');
		expect(digest()?.text).not.toContain('gd-404');
		await expect.poll(() => alertsOf(gas).some((one) => one.includes('slack-INC')), { timeout: 40_000 }).toBe(true);
		expect(await numberOf(intrusion)).toBeGreaterThan(0);
		wall.isClosed = false;
		await expect
			.poll(
				() => {
					ahead += 5_000;
					return digests().map((one) => one.state);
				},
				{ timeout: 60_000, interval: 500 },
			)
			.toEqual(['resolved']);
		expect(
			slack.state
				.messages('incidents')
				.map((one) => one.text)
				.join(),
		).toContain('eng-ws-9');
	}, 150_000);
});
