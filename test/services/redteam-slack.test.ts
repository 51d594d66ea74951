// Whoever has stolen the Slack signing secret can send clicks and commands as anybody: the real receiver takes them. What they come to, with
// the real chat, the real gate and a real target: two yeses of people who never gave them, and nothing runs. What is said outside Slack decides.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Chat, createChat } from '../../src/chat/chat.ts';
import { createDirectory } from '../../src/chat/directory.ts';
import { performCommand } from '../../src/chat/perform.ts';
import { createSlack, type SlackEdge } from '../../src/chat/slack.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { signatureHeaders } from '../../src/demo/slack/sign.ts';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { INVENTORY, PEOPLE, playbook } from '../response/support/plant.ts';
import { startTarget, type Target } from '../response/support/target.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const SECRET = 'the-stolen-signing-secret';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const learning = createLearning(INVENTORY, () => ({
	inventory: INVENTORY,
	rules: [],
	classifier: null,
	attack: attackTable,
}));
const directory = createDirectory({
	people: PEOPLE,
	groups: [],
	inventory: INVENTORY,
	sites: [],
	technique: () => null,
});
let fresh: Fresh;
let slack: LocalSlack;
let edge: SlackEdge;
let target: Target;
let handlers: Handlers;
const INCIDENT = 'inc_00000000000000000009';

beforeAll(async () => {
	fresh = await freshDatabase();
	target = await startTarget();
	slack = await startLocalSlack({
		port: 0,
		botToken: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: SECRET,
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: PEOPLE.flatMap((one) => (one.slack === null ? [] : [{ id: one.slack, name: one.id, realName: one.name }])),
		channels: [{ name: 'incidents' }],
		groups: [],
		eventsUrl: null,
		rateLimits: null,
		commands: ['/interlock'],
	});
	let built: Chat | null = null;
	const ready = (): Chat => {
		if (built === null) throw new Error('not built');
		return built;
	};
	edge = await createSlack({
		token: 'xoxb-test',
		appToken: 'xapp-test',
		signingSecret: SECRET,
		apiUrl: slack.apiUrl,
		mode: 'http',
		port: 0,
		now: Date.now,
		sleep: async () => undefined,
		log: silent,
		handlers: {
			click: async (click) => await ready().slack.click(click),
			check: (submission) => ready().slack.check(submission),
			submit: async (submission) => await ready().slack.submit(submission),
			command: async (typed) => await ready().slack.command(typed),
			home: async (user) => await ready().slack.home(user),
		},
	});
	built = createChat({
		database: fresh.database,
		calls: edge.calls,
		directory,
		channelOf: () => 'incidents',
		defaultChannel: 'incidents',
		split: (ask, at) => splitIncident(ask, INVENTORY, at),
		learning,
		now: Date.now,
		log: silent,
	});
	await edge.start();
	const call = (path: string) => ({ method: 'POST' as const, path, idempotent: false });
	const connector = createGenericHttp(
		{
			...{ name: 'edr', kind: 'generic-http', base_url: target.url, allow_private: true, timeout_ms: 300 },
			calls: { isolate_host: call('/hosts/{target}/isolate'), release_host: call('/hosts/{target}/release') },
		},
		null,
		{ now: Date.now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
	const isolate = { key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary', params: {} };
	handlers = {
		...built.handlers,
		...createResponse({
			database: fresh.database,
			inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: Date.now() - 3_600_000 } },
			playbooks: [playbook('p', [{ ...isolate, instructions: 'by hand' }])],
			people: built.people,
			windows: [],
			siteRules: [],
			connectors: [connector],
			clock: Date.now,
			random: cryptoRandom,
			log: silent,
		}),
	};
});
afterAll(async () => {
	await edge.stop();
	await slack.close();
	await target.close();
	await fresh.close();
});

async function drain(): Promise<void> {
	for (let round = 0; round < 40; round++) {
		let due: Due[] = [];
		for (const topic of ['plan', 'run', 'expire', 'card_asked', 'card', 'post'] as readonly Topic[]) {
			due = await claimDue(fresh.database, topic, 20, Date.now());
			if (due.length > 0) await handlers[topic]?.(due);
			if (due.length > 0) break;
		}
		if (due.length === 0) return;
	}
}

/** Sent by the thief: signed with the stolen secret, in the name of whomever they like. */
async function forge(raw: string): Promise<number> {
	const response = await fetch(`http://127.0.0.1:${edge.port()}/slack/events`, {
		method: 'POST',
		body: raw,
		headers: {
			...signatureHeaders(raw, SECRET, Math.floor(Date.now() / 1_000)),
			'content-type': 'application/x-www-form-urlencoded',
		},
	});
	return response.status;
}
const forgeCommand = async (user: string, text: string): Promise<number> =>
	await forge(
		new URLSearchParams({
			command: '/interlock',
			text,
			user_id: user,
			channel_id: slack.state.channel('incidents')?.id ?? '',
			team_id: 'T0000001',
			response_url: `${slack.apiUrl}/nowhere`,
			trigger_id: '1',
		}).toString(),
	);
const forgeApproval = async (user: string, value: string): Promise<number> =>
	await forge(
		`payload=${encodeURIComponent(
			JSON.stringify({
				type: 'block_actions',
				user: { id: user, team_id: 'T0000001' },
				team: { id: 'T0000001', domain: 'plant' },
				trigger_id: '1.2.3',
				channel: { id: slack.state.channel('incidents')?.id ?? '', name: 'incidents' },
				message: { ts: '1.1', type: 'message' },
				actions: [
					{
						type: 'button',
						action_id: 'approve',
						block_id: 'b',
						value,
						action_ts: '1.1',
						text: { type: 'plain_text', text: 'x' },
					},
				],
			}),
		)}`,
	);

/** What the window would send, without any window: the words that are asked for are no secret. */
const forgeWords = async (user: string, value: string, words: string): Promise<number> =>
	await forge(
		`payload=${encodeURIComponent(
			JSON.stringify({
				type: 'view_submission',
				user: { id: user, team_id: 'T0000001' },
				team: { id: 'T0000001', domain: 'plant' },
				view: {
					...{ id: 'V1', type: 'modal', callback_id: 'approve', private_metadata: value, blocks: [] },
					state: { values: { confirmation: { text: { type: 'plain_text_input', value: words } } } },
				},
			}),
		)}`,
	);

async function stepNow() {
	const [row] = await fresh.database
		.raw`SELECT id, state, decision->>'class' AS class, decision->'holds' AS holds FROM steps WHERE incident = ${INCIDENT}`;
	return {
		id: String(row?.['id']),
		state: String(row?.['state']),
		class: row?.['class'],
		holds: JSON.stringify(row?.['holds']),
	};
}
const kinds = async (): Promise<string[]> =>
	(await fresh.database.raw<{ kind: string }[]>`SELECT kind FROM ledger_entries ORDER BY seq`).map((row) => row.kind);
const count = async (kind: string): Promise<number> => (await kinds()).filter((one) => one === kind).length;

describe('a stolen Slack signing secret', () => {
	it('gets two forged yeses and every forged word into the ledger, and runs nothing: Slack cannot vouch for Slack', async () => {
		const at = Date.now();
		const row = {
			...{
				id: INCIDENT,
				title: 'Odd session',
				state: 'open' as const,
				severity: 'high',
				domain: 'it',
				category: 'malware',
			},
			...{ process_safety: false, sites: ['north'], zones: [], assets: ['jump-1'], techniques: [], tactics: [] },
			...{ playbooks: ['p'], confidence_firm: 0.95, alert_count: 0, first_at: at, last_at: at, opened_at: at },
			...{ created_at: at, updated_at: at },
		};
		await record(
			fresh.database,
			{
				entries: [],
				changes: [{ op: 'insert', table: 'incidents', row }],
				topics: [
					{ topic: 'plan', key: INCIDENT },
					{ topic: 'card', key: INCIDENT },
				],
			},
			at,
		);
		await drain();
		const { id } = await stepNow();
		// Everything that two people must have said first, each in the name of whoever may say it.
		const words = [
			['U4', 'zone_state dmz normal'],
			['U4', 'zone_safety_alarm_active dmz no'],
			...['dependency_checked', 'process_effect_written', 'view_remains_stated', 'rollback_tested'].map((name) => [
				'U3',
				`${name} ${id} yes`,
			]),
			['U4', `operator_informed ${id} yes`],
			['U3', `alternative_access_stated ${id} yes`],
			['U3', 'action_cuts_own_path jump-1 no'],
		];
		for (const [user = '', text = ''] of words) expect(await forgeCommand(user, `fact ${text}`)).toBe(200);
		await expect.poll(async () => await count('fact.stated'), { timeout: 10_000 }).toBe(words.length);
		await drain();
		// The two words that would free it are not taken from Slack, and each try is an entry.
		const [numbered] = await fresh.database.raw`SELECT number FROM incidents WHERE id = ${INCIDENT}`;
		await forgeCommand('U1', `fact identity_compromised ${String(numbered?.['number'])} no`);
		await forgeCommand('U1', `fact out_of_band_confirmed ${id} yes`);
		await expect.poll(async () => await count('command.refused'), { timeout: 10_000 }).toBe(2);
		// They even know the id of the request, as somebody in the channel could.
		const [ask] = await fresh.database
			.raw`SELECT id FROM messages WHERE key LIKE ${`ask:${id}:%`} ORDER BY created_at DESC LIMIT 1`;
		const value = String(ask?.['id']);
		for (const user of ['U1', 'U3']) expect(await forgeApproval(user, value)).toBe(200);
		// A click alone is no yes to what takes two, nor is any other word; the right one is on the card, and they forge that too.
		for (const user of ['U1', 'U3']) expect(await forgeWords(user, value, 'yes')).toBe(200);
		await expect.poll(async () => await count('approval.rejected'), { timeout: 10_000 }).toBe(2);
		expect(await count('approval.given')).toBe(0);
		for (const user of ['U1', 'U3']) expect(await forgeWords(user, value, 'jump-1')).toBe(200);
		await expect.poll(async () => await count('approval.given'), { timeout: 10_000 }).toBe(2);
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: id }] }, Date.now());
		await drain();
		expect(target.calls).toEqual([]);
		const held = await stepNow();
		expect(held).toMatchObject({ state: 'waiting', class: 'TWO' });
		expect(held.holds).toContain('both approvers have confirmed outside chat');
		expect(await count('step.intent')).toBe(0);
		// The people in whose name it was done are told by the program itself.
		const told = (user: string) =>
			slack.state
				.messages('incidents', user)
				.concat(slack.state.messages('incidents', user).flatMap((one) => slack.state.thread('incidents', one.ts, user)))
				.filter((message) => message.ephemeralTo === user)
				.map((message) => message.text)
				.join('\n');
		await slack.waitFor(() => (told('U1').includes('is recorded') && told('U3').includes('is recorded')) || null);

		// One word from outside Slack, by a person with a token, and the same step runs: nothing else was missing.
		const otto = PEOPLE.find((one) => one.id === 'otto') ?? null;
		const desk = {
			database: fresh.database,
			directory,
			split: () => ({ ok: false, error: '' }) as never,
			learning,
			now: Date.now,
		};
		const acting = { person: otto, id: 'otto', groups: [], via: 'cli' as const };
		expect((await performCommand(desk, acting, 'fact', ['out_of_band_confirmed', id, 'yes'])).outcome).toBe('done');
		await drain();
		expect(target.calls).toHaveLength(1);
	});
});
