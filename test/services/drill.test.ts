// A whole drill on a running installation: the demo's plant, a real database, Slack's signed clicks into the real receiver, the connectors' target
// with its counter, the command line, and a real gas alarm in the middle.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drill as runDrill } from '../../src/cli/drill.ts';
import { type IncidentDeps, incident as runIncident } from '../../src/cli/incident.ts';
import { LOCAL_CHANNELS } from '../../src/cli/local.ts';
import { directoryOf, person as runPerson } from '../../src/cli/person.ts';
import { loadShipped } from '../../src/cli/shipped.ts';
import type { Config } from '../../src/config/config.ts';
import { timeZoneOf } from '../../src/config/site-time.ts';
import { demoConfig } from '../../src/demo/plant.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { startTarget, type Target } from '../../src/demo/target.ts';
import { type Flow, startFlow } from '../../src/flow.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Fresh, freshDatabase } from './harness.ts';

/** A site's own scenario: what the demo's plant decides for ONE person and for TWO. */
const OFFICE = `id: office-and-session
title: Malware on a laptop, and a session through the jump host
about: two decisions of people
lasts: 60min
assets:
  laptop: { classes: [endpoint], levels: ["4"] }
  jump: { classes: [jump_host] }
alerts:
  - { at: 0s, title: "Malware beacon on {laptop}", severity: high, domain: it, techniques: [T1204], target: laptop }
  - at: 1min
    title: "Remote session through {jump} by an account that was taken over"
    severity: high
    techniques: [T1021, T1078]
    actor: laptop
    target: jump
    entities: [{ type: session, value: rdp-7731, role: related }, { type: user, value: svc-maint }]
targets: { acknowledge: 5min, approval: 1min, hands: 30min, close: 60min }
`;
const NOTHING_FITS = `id: nothing-fits
title: A system that this plant does not have
about: refused
lasts: 10min
assets: { who: { classes: [crm], levels: ["0"] } }
alerts: [{ at: 0s, title: "x", severity: low, target: who }]
`;
const SECRET = 'signing-secret-of-the-test';
const TOKEN = 'a-token-of-the-tests';
const DAY = 86_400_000;
let fresh: Fresh;
let slack: LocalSlack;
let target: Target;
let flow: Flow;
let config: Config;
let folder = '';
let deps: IncidentDeps;

/** The next Tuesday, ten in the morning: half a day or more is added, and more where time is to pass. */
let ahead = ((): number => {
	const now = Date.now();
	const day = new Date(now).getUTCDay();
	const tuesday = Math.floor(now / DAY) * DAY + (((2 - day + 7) % 7) + 7) * DAY;
	return tuesday + 9 * 3_600_000 - now;
})();
const clock = (): number => Date.now() + ahead;

beforeAll(async () => {
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-drill-'));
	target = await startTarget('target-token');
	const env = {
		INTERLOCK_DATA: join(folder, 'data'),
		DATABASE_URL: fresh.runUrl,
		DATABASE_MIGRATE_URL: fresh.migrateUrl,
		DEMO_TARGET_TOKEN: 'target-token',
		PORT: '0',
		SLACK_PORT: '0',
		SLACK_BOT_TOKEN: 'xoxb-test',
		SLACK_SIGNING_SECRET: SECRET,
	};
	const read = (more: Record<string, string>) => demoConfig({ ...env, ...more }, target.url, clock());
	const first = read({ SLACK_API_URL: 'http://127.0.0.1:9/api/' });
	if (!first.ok) throw new Error(JSON.stringify(first.error));
	slack = await startLocalSlack({
		port: 0,
		botToken: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: SECRET,
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: first.value.people.flatMap((one) =>
			one.slack === null ? [] : [{ id: one.slack, name: one.id, realName: one.name }],
		),
		channels: LOCAL_CHANNELS.map((name) => ({ name })),
		groups: [],
		eventsUrl: null,
		rateLimits: null,
		commands: ['/interlock'],
	});
	const loaded = read({ SLACK_API_URL: slack.apiUrl });
	if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
	config = loaded.value;
	const shipped = loadShipped({
		...config,
		drills: [OFFICE, NOTHING_FITS].map((text, n) => ({
			...{ file: `drills/own-${n}.yaml`, text, value: null },
			place: () => ({ line: 1, column: 1 }),
		})),
	});
	if (shipped.rules === null) throw new Error('rules');
	flow = await startFlow({
		config,
		roles: ['intake', 'triage', 'response', 'chat'],
		database: fresh.database,
		runUrl: fresh.runUrl,
		token: TOKEN,
		slack: config.environment.slack,
		channel: '#incidents',
		rules: shipped.rules,
		playbooks: shipped.playbooks,
		drills: shipped.drills,
		clock,
		log: createLog('silent'),
		metrics: createMetrics(),
	});
	await slack.waitFor(() => flow.slackPort() ?? undefined);
	slack.setEventsUrl(`http://127.0.0.1:${flow.slackPort()}/slack/events`);
	const directory = directoryOf(config, clock());
	deps = {
		directory,
		dataFolder: join(folder, 'data'),
		open: async () => ({ database: fresh.database, close: async () => undefined }),
		now: clock,
		drills: () => ({
			scenarios: shipped.drills,
			inventory: directory.inventory,
			timeZoneOf: (site) => timeZoneOf(config, site),
		}),
	};
}, 60_000);
afterAll(async () => {
	await flow?.stop();
	await slack?.close();
	await target?.close();
	await fresh?.close();
	rmSync(folder, { recursive: true, force: true });
});

type Said = { readonly code: number; readonly out: string; readonly err: string };

async function cli(run: typeof runDrill, who: string | null, ...args: string[]): Promise<Said> {
	const out: string[] = [];
	const err: string[] = [];
	const io = (env: Record<string, string>) => ({
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env,
	});
	let env: Record<string, string> = {};
	if (who !== null) {
		const made = { dataFolder: deps.dataFolder, people: config.people, now: clock };
		expect(await runPerson(['token', who], io({}), made)).toBe(0);
		env = { INTERLOCK_PERSON: who, INTERLOCK_PERSON_TOKEN: out.splice(0).join('').trim() };
		err.splice(0);
	}
	const code = await run(args, io(env), deps);
	return { code, out: out.join('\n'), err: err.join('\n') };
}

const sql = async <T>(strings: TemplateStringsArray, ...values: (string | number)[]): Promise<T[]> =>
	(await fresh.database.raw(strings, ...values)) as unknown as T[];
const entries = async (
	incident: string,
	kind: string,
): Promise<{ id: string; data: Record<string, unknown>; actor: { id: string } }[]> =>
	(
		await sql<{
			canonical: string;
		}>`SELECT canonical FROM ledger_entries WHERE incident = ${incident} AND kind = ${kind} ORDER BY seq`
	).map((row) => JSON.parse(row.canonical));
type StepRow = {
	id: string;
	state: string;
	action: string;
	title: string;
	outcome: string | null;
	class: string;
	binding: string;
};
const steps = async (incident: string): Promise<StepRow[]> =>
	await sql<StepRow>`SELECT id, state, action, title, outcome, decision->>'class' AS class, decision->>'binding' AS binding
		FROM steps WHERE incident = ${incident} ORDER BY position`;

async function start(scenario: string): Promise<string> {
	const said = await cli(runDrill, 'elena', 'start', scenario, '--site', 'nordhafen');
	expect(said).toMatchObject({ code: 0, err: '' });
	return /inc_drill[0-9a-z]+/.exec(said.out)?.[0] ?? '';
}

async function alarm(name: string, at = 'nordhafen'): Promise<void> {
	const answer = await fetch(`http://127.0.0.1:${flow.port}/v1/alerts/alertmanager`, {
		method: 'POST',
		headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
		body: JSON.stringify([
			{
				labels: {
					alertname: 'GasDetectorHigh',
					instance: name,
					site: at,
					severity: 'critical',
					interlock_drill: 'true',
					drill: 'true',
				},
				annotations: { summary: `DRILL: Gas concentration high at ${name}` },
				startsAt: new Date(clock()).toISOString(),
			},
		]),
	});
	expect(answer.status).toBe(202);
}

/** As if this time had passed; rows whose time has come are taken up. */
async function pass(ms: number): Promise<void> {
	ahead += ms;
	await flow.idle(20_000);
}

const stepOf = async (id: string, action: string): Promise<StepRow | undefined> =>
	(await steps(id)).find((one) => one.action === action);
const slackOf = (who: string): string => config.people.find((one) => one.id === who)?.slack ?? '';
const posted = async (
	incident: string,
): Promise<{ key: string; text: string; blocks: { type: string }[] | null; channel: string }[]> =>
	await sql`SELECT key, text, blocks, channel FROM messages WHERE incident = ${incident} AND state = 'sent' ORDER BY key`;

/** Presses a button under the newest message of this kind about the step, signed as Slack signs, into the real receiver. */
async function press(who: string, step: string, kind: 'ask' | 'hands', action_id: string): Promise<void> {
	const find = async () =>
		(
			await sql<{
				ts: string;
			}>`SELECT ts FROM messages WHERE key LIKE ${`${kind}:${step}:%`} AND state = 'sent' ORDER BY created_at DESC LIMIT 1`
		)[0];
	await expect.poll(async () => (await find())?.ts ?? null, { timeout: 20_000 }).not.toBeNull();
	const ts = (await find())?.ts ?? '';
	expect(await slack.act.click(slackOf(who), { channel: 'incidents', ts, action_id })).toEqual({ ok: true });
}

/** Ends what runs, so that the next test starts with nothing open. */
async function finish(id: string): Promise<void> {
	await cli(runDrill, 'priya', 'stop', 'end of the test');
	await expect.poll(async () => (await entries(id, 'drill.cleared')).length, { timeout: 20_000 }).toBe(1);
}

describe('who may start a drill, where and when', () => {
	it('is answered by what there is to play, and every refusal of a person is an entry', async () => {
		expect((await cli(runDrill, null, 'list')).out).toContain('rogue-engineering-workstation');
		expect((await cli(runDrill, 'mia', 'start', 'loss-of-view')).err).toContain('incident lead');
		expect((await cli(runDrill, 'elena', 'start', 'loss-of-veiw')).out).toContain('Did you mean `loss-of-view`');
		expect((await cli(runDrill, 'elena', 'start', 'loss-of-view', '--site', 'elsewhere')).out).toContain('nordhafen');
		expect((await cli(runDrill, 'elena', 'start', 'nothing-fits')).err).toContain(
			'no assets that fit together: who: crm',
		);
		ahead += 12 * 3_600_000;
		expect((await cli(runDrill, 'elena', 'start', 'loss-of-view')).err).toContain('outside working hours');
		ahead -= 12 * 3_600_000;
		const refused = await sql<{ n: string }>`SELECT count(*) AS n FROM ledger_entries WHERE kind = 'command.refused'`;
		expect(Number(refused[0]?.n)).toBe(3);
		expect(await sql`SELECT id FROM ledger_entries WHERE kind = 'drill.started'`).toEqual([]);
	});

	it('needs a person who proves it on the command line', async () => {
		expect((await cli(runDrill, null, 'start', 'loss-of-view')).code).not.toBe(0);
		expect((await cli(runDrill, 'mia', 'start', 'loss-of-view', '--by', 'elena')).code).toBe(1);
		expect(await sql`SELECT id FROM ledger_entries WHERE kind = 'drill.started'`).toEqual([]);
	});
});

describe('a drill on a running installation', () => {
	it('runs through everything, is marked everywhere, and calls nothing', async () => {
		const id = await start('office-and-session');
		await pass(120_000);
		await expect.poll(async () => (await stepOf(id, 'isolate_host'))?.state, { timeout: 20_000 }).toBe('waiting');
		const step = (await stepOf(id, 'isolate_host')) as StepRow;
		expect(step.class).toBe('ONE');
		await press('mia', (await stepOf(id, 'ask_person'))?.id ?? '', 'hands', 'attest').catch(() => undefined);
		await press('jonas', step.id, 'ask', 'approve');
		await expect.poll(async () => (await stepOf(id, 'isolate_host'))?.state, { timeout: 20_000 }).toBe('done');
		const after = (await stepOf(id, 'isolate_host')) as StepRow;
		expect(after.outcome).toContain('DRILL: dry run, nothing was called: `isolate_host`');
		expect(after.outcome).toContain('through edr would have been');
		await pass(60_000);
		expect(target.requests()).toBe(0);
		expect(target.effects()).toEqual([]);

		const [incident] = await sql<{
			id: string;
			title: string;
			number: number;
		}>`SELECT id, title, number FROM incidents`;
		expect(incident).toMatchObject({ id, title: expect.stringMatching(/^DRILL: /) });
		for (const one of await steps(id)) expect(one.title).toMatch(/^DRILL: /);
		const messages = await posted(id);
		expect(messages.map((one) => one.key.split(':')[0])).toEqual(
			expect.arrayContaining(['ask', 'card', 'hands', 'page']),
		);
		for (const one of messages) {
			expect(one.text).toMatch(/^DRILL/);
			expect(JSON.stringify(one.blocks?.[0])).toContain('DRILL. ');
		}
		const seen = slack.state.messages('incidents').map((message) => message.text);
		for (const text of seen) expect(text).toMatch(/^DRILL/);
		const all = await sql<{ canonical: string }>`SELECT canonical FROM ledger_entries WHERE incident = ${id}`;
		expect(all.length).toBeGreaterThan(30);
		for (const row of all) expect(JSON.parse(row.canonical).data.drill).toBe(id);
		const told = await sql<{
			canonical: string;
		}>`SELECT canonical FROM ledger_entries WHERE kind LIKE 'step.%' AND incident IS NULL`;
		expect(told).toEqual([]);
		expect((await entries(id, 'step.intent')).filter((entry) => 'connector' in entry.data)).toEqual([]);

		for (const [command, ...rest] of [
			['merge', '1'],
			['split', 'alr_1'],
			['feedback', 'false-positive'],
			['view', 'alive'],
		] as const) {
			const said = await cli(runIncident, 'priya', command, String(incident?.number), ...rest);
			expect(said.out + said.err, command).toMatch(/drill|No second incident|not understood|Which/);
		}
		const status = await cli(runIncident, null, 'status', '--json');
		expect(JSON.parse(status.out)).toMatchObject({ open: 0 });
		await finish(id);
	}, 60_000);

	it('stands still at once when a real alarm comes, tells its people, and goes on only by a person', async () => {
		const id = await start('office-and-session');
		await expect.poll(async () => (await steps(id)).length, { timeout: 20_000 }).toBeGreaterThan(0);
		await alarm('gd-101');
		await expect.poll(async () => (await entries(id, 'drill.suspended')).length, { timeout: 20_000 }).toBe(1);
		const real = async () =>
			(
				await sql<{
					id: string;
					title: string;
					alert_count: number;
				}>`SELECT id, title, alert_count FROM incidents WHERE NOT starts_with(id, 'inc_drill')`
			)[0];
		await expect.poll(real, { timeout: 20_000 }).toMatchObject({
			title: expect.stringMatching(/^No drill, its source wrote: DRILL: Gas/),
			alert_count: 1,
		});
		const suspended = async () => (await posted(id)).filter((one) => one.key.includes(':suspended:'));
		await expect.poll(async () => (await suspended()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
		const words = await suspended();
		for (const one of words) expect(one.text).toMatch(/^DRILL: SUSPENDED\. THIS IS REAL/);
		expect((await cli(runDrill, null, 'status')).out).toContain('SUSPENDED');

		// The second alert of the scenario was due long ago, and what is approved now is not rehearsed either.
		await pass(300_000);
		expect((await sql`SELECT id FROM alerts WHERE source = ${`drill:${id}`}`).length).toBe(1);
		const step = await stepOf(id, 'isolate_host');
		if (step?.state === 'waiting') await press('jonas', step.id, 'ask', 'approve');
		await pass(60_000);
		expect((await stepOf(id, 'isolate_host'))?.state).not.toBe('done');
		for (const one of await posted((await real())?.id ?? '')) expect(one.text).not.toMatch(/^DRILL/);

		expect((await cli(runDrill, 'priya', 'resume')).code).toBe(1);
		expect(await cli(runDrill, 'elena', 'resume')).toMatchObject({ code: 0 });
		await pass(120_000);
		await expect
			.poll(async () => (await sql`SELECT id FROM alerts WHERE source = ${`drill:${id}`}`).length, { timeout: 20_000 })
			.toBe(2);
		const members = await sql<{
			source: string;
			incident: string;
		}>`SELECT source, incident FROM alerts WHERE incident IS NOT NULL`;
		for (const one of members) expect(one.source.startsWith('drill:')).toBe(one.incident.startsWith('inc_drill'));
		const effects = target.effects().map((effect) => effect.what);
		expect(effects.filter((what) => !what.startsWith('ticket'))).toEqual([]);
		await finish(id);
		const open =
			await sql`SELECT id FROM steps WHERE incident = ${id} AND state IN ('planned', 'waiting', 'queued', 'hands', 'running')`;
		expect(open).toEqual([]);

		// And none is started while the real one is open.
		const again = await cli(runDrill, 'elena', 'start', 'loss-of-view');
		expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is real, open and grave') });
		await sql`UPDATE incidents SET state = 'resolved' WHERE id = ${(await real())?.id ?? ''}`;
	}, 90_000);

	it('closes itself when its time is over, and the report names every time by its entries', async () => {
		const id = await start('rogue-engineering-workstation');
		await pass(300_000);
		const [incident] = await sql<{ number: number }>`SELECT number FROM incidents WHERE id = ${id}`;
		await slack.act.command(slackOf('tomas'), 'incidents', `/interlock ack ${incident?.number}`);
		await expect.poll(async () => (await entries(id, 'incident.acknowledged')).length, { timeout: 20_000 }).toBe(1);
		await pass(3_600_000);
		await expect.poll(async () => (await entries(id, 'drill.cleared')).length, { timeout: 20_000 }).toBe(1);
		const state = await sql<{
			state: string;
			resolution: string;
		}>`SELECT state, resolution FROM incidents WHERE id = ${id}`;
		expect(state).toEqual([{ state: 'resolved', resolution: expect.stringMatching(/^DRILL: /) }]);
		expect((await sql`SELECT id FROM alerts WHERE source = ${`drill:${id}`} AND status = 'open'`).length).toBe(0);
		await flow.seal();

		const json = await cli(runDrill, null, 'report', id, '--format', 'json');
		const report = JSON.parse(json.out);
		expect(report).toMatchObject({ drill: id, scenario: 'rogue-engineering-workstation', started_by: 'elena' });
		const ack = report.timed.find((one: { measure: string }) => one.measure === 'acknowledge');
		expect(ack).toMatchObject({ person: 'tomas', roles: ['ot_engineer'], target_s: 300 });
		const at = async (entry: string): Promise<number> =>
			Number(
				(await sql<{ at: string }>`SELECT at FROM ledger_entries WHERE id = ${entry} AND incident = ${id}`)[0]?.at,
			);
		for (const one of report.timed.filter((timed: { took_s: number | null }) => timed.took_s !== null)) {
			const difference = (await at(one.to.entry)) - (await at(one.from.entry));
			expect(one.took_s).toBe(Math.round(difference / 1_000));
			expect(one.to.place).toBeTypeOf('number');
		}
		expect(report.missed.length).toBeGreaterThan(0);
		expect(report.missed).toContain('closed by a person');
		const markdown = await cli(runDrill, null, 'report', id, '--format', 'markdown');
		expect(markdown.out).toMatch(/^# DRILL: /);
		expect(markdown.out).toContain(ack.to.entry);
		expect(markdown.out).toContain('MISSED');
		const text = await cli(runDrill, null, 'report');
		expect(text.out).toContain(`DRILL ${id}`);
	}, 90_000);

	it('started and stopped in Slack is the same drill', async () => {
		await slack.act.command(slackOf('elena'), 'incidents', '/interlock drill start loss-of-view site nordhafen');
		await expect
			.poll(async () => (await cli(runDrill, null, 'status')).out, { timeout: 20_000 })
			.toContain('loss-of-view');
		await slack.act.command(slackOf('priya'), 'incidents', '/interlock drill stop shift change');
		await expect
			.poll(async () => (await cli(runDrill, null, 'status')).out, { timeout: 20_000 })
			.toContain('No drill runs');
		const [last] = await sql<{
			canonical: string;
		}>`SELECT canonical FROM ledger_entries WHERE kind = 'drill.ended' ORDER BY seq DESC LIMIT 1`;
		expect(JSON.parse(last?.canonical ?? '{}')).toMatchObject({
			actor: { kind: 'person', id: 'priya' },
			data: { via: 'slack', why: expect.stringContaining('shift change') },
		});
	}, 60_000);
});
