// "Is your view alive?", asked after a step on a jump host: through the real Slack receiver, with signed clicks, a real database, the real gate
// and a real target. Who says yes, who says no, nobody, and what goes quiet meanwhile.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, createChat } from '../../src/chat/chat.ts';
import { createDirectory } from '../../src/chat/directory.ts';
import { createSlack, type SlackEdge } from '../../src/chat/slack.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { signatureHeaders } from '../../src/demo/slack/sign.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { INVENTORY } from '../response/support/plant.ts';
import { type Fresh, freshDatabase } from './harness.ts';
import { type LyingEdr, startLyingEdr } from './lying-edr.ts';
import { EVERYBODY, RESPONSE_TOPICS, stageOn, workOnce } from './verify-world.ts';

const SECRET = 'a-signing-secret';
const MINUTE = 60_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const TOPICS: readonly Topic[] = [...RESPONSE_TOPICS, 'card_asked', 'card', 'post'];
const learning = createLearning(INVENTORY, () => ({
	inventory: INVENTORY,
	rules: [],
	classifier: null,
	attack: attackTable,
}));
const directory = createDirectory({
	people: EVERYBODY,
	groups: [],
	inventory: INVENTORY,
	sites: ['north'],
	technique: () => null,
});
let fresh: Fresh;
let slack: LocalSlack;
let edge: SlackEdge;
let edr: LyingEdr;
let handlers: Handlers;
let ahead = 0;
let count = 0;
const clock = (): number => Date.now() + ahead;

beforeAll(async () => {
	fresh = await freshDatabase();
	edr = await startLyingEdr();
	slack = await startLocalSlack({
		...{ port: 0, botToken: 'xoxb-test', appToken: 'xapp-test', signingSecret: SECRET },
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: EVERYBODY.map((one) => ({ id: one.slack ?? '', name: one.id, realName: one.name })),
		channels: [{ name: 'incidents' }],
		...{ groups: [], eventsUrl: null, rateLimits: null, commands: ['/interlock'] },
	});
	let built: Chat | null = null;
	const ready = (): Chat => {
		if (built === null) throw new Error('not built');
		return built;
	};
	edge = await createSlack({
		...{ token: 'xoxb-test', appToken: 'xapp-test', signingSecret: SECRET, apiUrl: slack.apiUrl },
		...{ mode: 'http', port: 0, now: Date.now, sleep: async () => undefined, log: silent },
		handlers: {
			click: async (click) => await ready().slack.click(click),
			check: (submission) => ready().slack.check(submission),
			submit: async (submission) => await ready().slack.submit(submission),
			command: async (typed) => await ready().slack.command(typed),
			home: async (user) => await ready().slack.home(user),
		},
	});
	built = createChat({
		...{ database: fresh.database, calls: edge.calls, directory, channelOf: () => 'incidents' },
		...{ defaultChannel: 'incidents', split: (ask, at) => splitIncident(ask, INVENTORY, at), learning },
		...{ now: clock, log: silent },
	});
	await edge.start();
	handlers = { ...built.handlers, ...stageOn(fresh.database, edr.url, clock) };
});
afterAll(async () => {
	await edge.stop();
	await slack.close();
	await edr.close();
	await fresh.close();
});
beforeEach(async () => {
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents, alerts');
	edr.hosts.clear();
	ahead += 24 * 60 * MINUTE;
	handlers = { ...handlers, ...stageOn(fresh.database, edr.url, clock) };
});

async function drain(): Promise<void> {
	for (let round = 0; round < 60; round++) if (!(await workOnce(fresh.database, handlers, TOPICS, clock))) return;
	throw new Error('still something due after 60 rounds');
}

async function pass(ms: number): Promise<void> {
	for (let gone = 0; gone < ms; gone += MINUTE) {
		ahead += MINUTE;
		await drain();
	}
}

/** As Slack sends a click on a button whose value this is: signed, to the real receiver. */
async function press(user: string, action: string, value: string): Promise<void> {
	const before = await count$();
	const payload = {
		...{ type: 'block_actions', user: { id: user, team_id: 'T0000001' }, team: { id: 'T0000001', domain: 'plant' } },
		...{ trigger_id: '1.2.3', channel: { id: slack.state.channel('incidents')?.id ?? '', name: 'incidents' } },
		message: { ts: '1.1', type: 'message' },
		actions: [
			{
				...{ type: 'button', action_id: action, block_id: 'b', value, action_ts: '1.1' },
				text: { type: 'plain_text', text: 'x' },
			},
		],
	};
	const raw = `payload=${encodeURIComponent(JSON.stringify(payload))}`;
	const response = await fetch(`http://127.0.0.1:${edge.port()}/slack/events`, {
		method: 'POST',
		body: raw,
		headers: {
			...signatureHeaders(raw, SECRET, Math.floor(Date.now() / 1_000)),
			'content-type': 'application/x-www-form-urlencoded',
		},
	});
	expect(response.status).toBe(200);
	await expect.poll(count$, { timeout: 10_000 }).toBeGreaterThan(before);
	await drain();
}
async function count$(): Promise<number> {
	const [row] = await fresh.database.raw`SELECT count(*) AS n FROM ledger_entries
		WHERE kind IN ('step.view_answered', 'command.refused')`;
	return Number(row?.['n']);
}

async function say(kind: 'fact.stated' | 'approval.given', by: string, refs: string[], data: object, row: object) {
	const at = clock();
	const table = kind === 'fact.stated' ? 'facts' : 'approvals';
	await record(
		fresh.database,
		{
			entries: [
				{ kind, actor: { kind: 'person', id: by }, at, incident: incidentId(), refs, data: { ...data, via: 'cli' } },
			],
			changes: [{ op: 'insert', table, row: row as never }],
			topics: [{ topic: 'plan', key: incidentId() }],
		},
		at,
	);
}
const incidentId = (): string => `inc_${String(count).padStart(12, '0')}`;

async function stated(name: string, subject: string, value: boolean | string, by = 'olga'): Promise<void> {
	const id = `fct_${name}_${count}`;
	const fact = { name, subject, value, expires_at: null };
	await say('fact.stated', by, [id], fact, { id, ...fact, source: 'person', supplied_by: by, stated_at: clock() });
}

async function stepNow(key: string) {
	const [row] = await fresh.database
		.raw`SELECT id, state, action, decision FROM steps WHERE incident = ${incidentId()} AND key = ${key}`;
	return row as { id: string; state: string; action: string; decision: { binding: string; class: string } } | undefined;
}

/** A jump host in the DMZ is isolated: everything stated that the table asks for, and the yes of two. */
async function isolated(): Promise<string> {
	count++;
	const at = clock();
	const row = {
		...{ id: incidentId(), title: 'Odd session', state: 'open' as const, severity: 'high', domain: 'it' },
		...{ category: 'malware', process_safety: false, sites: ['north'], zones: [], assets: ['jump-1'] },
		...{ techniques: [], tactics: [], playbooks: ['ot'], confidence_firm: 0.95, alert_count: 0 },
		...{ first_at: at, last_at: at, opened_at: at, created_at: at, updated_at: at },
	};
	await record(
		fresh.database,
		{
			entries: [],
			changes: [{ op: 'insert', table: 'incidents', row }],
			topics: [
				{ topic: 'plan', key: row.id },
				{ topic: 'card', key: row.id },
			],
		},
		at,
	);
	await drain();
	const { id = '' } = (await stepNow('isolate')) ?? {};
	await stated('zone_state', 'dmz', 'normal');
	await stated('zone_safety_alarm_active', 'dmz', false);
	await stated('identity_compromised', row.id, false);
	for (const name of ['dependency_checked', 'process_effect_written', 'rollback_tested', 'view_remains_stated'])
		await stated(name, id, true);
	for (const name of ['operator_informed', 'alternative_access_stated']) await stated(name, id, true);
	await drain();
	const binding = (await stepNow('isolate'))?.decision.binding ?? '';
	for (const [person, roles] of [
		['ida', ['it_lead']],
		['otto', ['ot_engineer']],
	] as const) {
		const apr = `apr_${person}_${count}`;
		const yes = { binding, roles: [...roles], expires_at: clock() + 15 * MINUTE, reason: null };
		const rest = { id: apr, step: id, person, answer: 'yes', via: 'slack', at: clock(), withdrawn_at: null };
		await say('approval.given', person, [id, apr], yes, { ...yes, ...rest });
	}
	await drain();
	expect((await stepNow('isolate'))?.state).toBe('done');
	return id;
}

/** What the buttons of the question carry: the id of its message. */
async function question(step: string): Promise<string> {
	// The card comes first and is not edited twice in a second: time passes.
	for (let tries = 0; tries < 10; tries++) {
		const [row] = await fresh.database
			.raw`SELECT id FROM messages WHERE key = ${`view:${step}:cell-1`} AND state = 'sent'`;
		if (row !== undefined) return String(row['id']);
		ahead += 2_000;
		await drain();
	}
	throw new Error('the question was not posted');
}

/** Everything that stands in the channel and its threads, also the blocks. */
const shownInSlack = (): string =>
	slack.state
		.messages('incidents')
		.flatMap((one) => [one, ...slack.state.thread('incidents', one.ts)])
		.map((message) => JSON.stringify(message))
		.join('\n');

async function rows(sql: 'freezes' | 'alerts') {
	return sql === 'freezes' ? await fresh.database.raw`SELECT scope, set_by FROM freezes` : [];
}
const viewKinds = async (): Promise<string[]> =>
	(
		await fresh.database
			.raw`SELECT kind FROM ledger_entries WHERE incident = ${incidentId()} AND kind LIKE 'step.view%' ORDER BY seq`
	).map((row) => String(row['kind']));

describe('after a step that touches OT the control room of the zone', () => {
	it('is asked in the thread and by direct message, and its "alive" counts from one who sits there', async () => {
		const step = await isolated();
		const value = await question(step);
		expect(shownInSlack()).toContain('control room of zone cell-1: is your view alive?');
		const [page] = await fresh.database.raw`SELECT key, text FROM messages WHERE key LIKE 'page:view-%'`;
		expect(page).toMatchObject({
			key: expect.stringMatching(/:olga$/),
			text: expect.stringContaining('is your view alive'),
		});
		await press('U2', 'view_alive', value);
		await press('U8', 'view_lost', value);
		expect(await viewKinds()).toEqual(['step.view_asked']);
		await press('U4', 'view_alive', value);
		expect(await viewKinds()).toEqual(['step.view_asked', 'step.view_answered']);
		await pass(6 * MINUTE);
		expect(await viewKinds()).toEqual(['step.view_asked', 'step.view_answered']);
		expect(await rows('freezes')).toEqual([]);
		expect(shownInSlack()).toContain('alive, says olga');
	});

	it('stops its zone with one click when the view is lost; taking the step back is proposed and waits for two people', async () => {
		const step = await isolated();
		await press('U4', 'view_lost', await question(step));
		expect(await rows('freezes')).toMatchObject([{ scope: 'zone:cell-1', set_by: 'olga' }]);
		const [incident] = await fresh.database.raw`SELECT severity FROM incidents WHERE id = ${incidentId()}`;
		expect(incident?.['severity']).toBe('critical');
		const [page] = await fresh.database.raw`SELECT state, text FROM messages WHERE key LIKE 'page:view-%:lea'`;
		expect(page).toMatchObject({ state: 'sent', text: expect.stringContaining('Call the control room now') });
		const undo = await stepNow('undo:isolate');
		expect(undo).toMatchObject({ action: 'release_host', state: 'waiting', decision: { class: 'TWO' } });
		expect(edr.posts).not.toContain('release_host jump-1');
		ahead += 10_000;
		await drain();
		const [asked] = await fresh.database.raw`SELECT state FROM messages WHERE key LIKE ${`ask:${undo?.id}:%`}`;
		expect(asked?.['state']).toBe('sent');
		expect(shownInSlack()).toContain('LOST, says olga');
		expect(shownInSlack()).toContain('Take back: Isolate');
	});

	it('that does not answer is called through its engineers to who leads, and the card says so', async () => {
		const step = await isolated();
		await question(step);
		await pass(16 * MINUTE);
		expect(await viewKinds()).toEqual([
			'step.view_asked',
			'step.view_unanswered',
			'step.view_unanswered',
			'step.view_unanswered',
		]);
		const pages = await fresh.database
			.raw`SELECT key FROM messages WHERE key LIKE ${`page:view-${step}%`} ORDER BY created_at, key`;
		expect(pages.map((row) => String(row['key']).split(':').at(-1))).toEqual(['olga', 'otto', 'sven', 'lea']);
		expect(shownInSlack()).toContain('nobody further is known to ask');
		// Late is not too late.
		await press('U4', 'view_impaired', await question(step));
		expect(await rows('freezes')).toMatchObject([{ scope: 'zone:cell-1' }]);
	});

	it('sees beside the question what went quiet since, related by time alone', async () => {
		const step = await isolated();
		await question(step);
		ahead += MINUTE;
		const at = clock();
		const alert = {
			...{
				id: `alr_${count}`,
				source: 'zabbix',
				source_kind: 'zabbix',
				fingerprint: 'f',
				status: 'open' as const,
				title: 'hmi-1 does not answer',
			},
			...{
				kind: 'availability',
				time_basis: 'payload',
				occurred_at: at,
				received_at: at,
				first_seen: at,
				last_seen: at,
			},
			...{ entities: [{ type: 'host', value: 'hmi-1', role: 'target' }], techniques: [], labels: {}, raw: '' },
		};
		const other = { ...alert, id: `${alert.id}b`, fingerprint: 'g', title: 'lap-1 does not answer' };
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{ op: 'insert', table: 'alerts', row: alert as never },
					{
						op: 'insert',
						table: 'alerts',
						row: { ...other, entities: [{ type: 'host', value: 'lap-1', role: 'target' }] } as never,
					},
					{
						op: 'insert',
						table: 'alerts',
						row: {
							...{ ...alert, id: `${alert.id}c`, fingerprint: 'h', source: 'interlock', source_kind: 'interlock' },
							...{ title: 'Source silent: nothing from tap-7 for 90 s', labels: { condition: 'source_silent' } },
							entities: [{ type: 'host', value: 'tap-7', role: 'observer' }],
						} as never,
					},
				],
			},
			at,
		);
		await pass(2 * MINUTE);
		ahead += 10_000;
		await drain();
		expect(await viewKinds()).toEqual(['step.view_asked', 'step.view_quiet']);
		expect(shownInSlack()).toContain('hmi-1: hmi-1 does not answer (zabbix)');
		expect(shownInSlack()).toContain('tap-7 for 90 s (what it watches is not in the inventory)');
		expect(shownInSlack()).toContain('related by time alone');
		expect(shownInSlack()).not.toContain('lap-1 does not answer');
	});

	it('may type its answer where the button is out of reach', async () => {
		await isolated();
		const [numbered] = await fresh.database.raw`SELECT number FROM incidents WHERE id = ${incidentId()}`;
		const { performCommand } = await import('../../src/chat/perform.ts');
		const olga = EVERYBODY.find((one) => one.id === 'olga') ?? null;
		const desk = {
			database: fresh.database,
			directory,
			split: () => ({ ok: false, error: '' }) as never,
			learning,
			now: clock,
		};
		const acting = { person: olga, id: 'olga', groups: [], via: 'cli' as const };
		const answer = await performCommand(desk, acting, 'view', [String(numbered?.['number']), 'lost', 'cell-1']);
		expect(answer.outcome).toBe('done');
		await drain();
		expect(await rows('freezes')).toMatchObject([{ scope: 'zone:cell-1' }]);
		expect(await stepNow('undo:isolate')).toMatchObject({ state: 'waiting' });
	});
});
