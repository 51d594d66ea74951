// The chat stage against a real database and the local Slack: what people see, what their clicks leave behind, what a crash does.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, type ChatOptions, createChat } from '../../src/chat/chat.ts';
import { createSlack, type SlackEdge } from '../../src/chat/slack.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Topic } from '../../src/domain/topic.ts';
import { openReminders } from '../../src/queue/backend.ts';
import { createRelay } from '../../src/queue/relay.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { readMessage, readMessages, readSituation } from '../../src/store/read/chat.ts';
import { record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { decision, directory, INCIDENT_ID, incident, inventory, PEOPLE, STEP_ID, step } from '../chat/world.ts';
import { approveInSlack } from './approve-in-slack.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const split: ChatOptions['split'] = (ask, at) => splitIncident(ask, inventory, at);
const learning = createLearning(inventory, () => ({ inventory, rules: [], classifier: null, attack: attackTable }));
const SECRET = 'signing-secret-of-the-test';
let fresh: Fresh;
let slack: LocalSlack;
let edge: SlackEdge;
let chat: Chat;
/** Moves the clock of chat ahead without waiting; Slack's own stays. */
let ahead = 0;
const now = (): number => Date.now() + ahead;
const logged: string[] = [];
const log = {
	info: () => undefined,
	warn: (message: string) => void logged.push(message),
	error: (message: string) => void logged.push(message),
};

async function open(mode: 'http' | 'socket', hasLimits = false): Promise<void> {
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
		...(hasLimits ? {} : { rateLimits: null }),
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
		mode,
		port: 0,
		now,
		...(hasLimits ? {} : { sleep: async () => undefined }),
		log,
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
		split,
		learning,
		now,
		log,
	});
	chat = built;
	await edge.start();
	if (mode === 'http') slack.setEventsUrl(`http://127.0.0.1:${edge.port()}/slack/events`);
}

beforeEach(async () => {
	ahead = 0;
	logged.length = 0;
	fresh = await freshDatabase();
	await open('http');
});
afterEach(async () => {
	await edge.stop();
	await slack.close();
	await fresh.close();
});

async function seed(given: { incident?: Partial<Incident>; steps?: Step[] } = {}): Promise<void> {
	const { advice: _advice, number: _number, ...row } = incident(given.incident);
	await record(
		fresh.database,
		{
			entries: [
				{
					kind: 'incident.opened',
					actor: { kind: 'bot', id: 'correlation' },
					at: now(),
					incident: row.id,
					refs: [row.id],
					data: { title: row.title },
				},
			],
			changes: [
				{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } },
				...(given.steps ?? [step({ expires_at: now() + 600_000 })]).map((one) => ({
					op: 'insert' as const,
					table: 'steps' as const,
					row: one,
				})),
			],
			topics: [{ topic: 'card', key: row.id }],
		},
		now(),
	);
}

/** Works everything that is due now, as the queue would. */
async function drain(topics: Topic[] = ['card_safety', 'card_asked', 'card', 'post', 'unparsed']): Promise<void> {
	for (let round = 0; round < 6; round++) {
		let worked = 0;
		for (const topic of topics) {
			const due = await claimDue(fresh.database, topic, 50, now());
			worked += due.length;
			if (due.length > 0) await chat.handlers[topic]?.(due);
		}
		if (worked === 0) return;
		// Who has to wait for a turn in the channel gets it.
		ahead += 1_300;
	}
}

const card0 = (): string => slack.state.channel('incidents')?.id ?? '';
const cards = (): Message[] => slack.state.messages('incidents').filter((message) => message.isFromBot);
const card = (): Message => {
	const found = cards()[0];
	if (found === undefined) throw new Error('no card');
	return found;
};
const replies = (who?: string): Message[] => slack.state.thread('incidents', card().ts, who).slice(1) as Message[];
const request = (): Message => {
	const found = replies().find((message) => message.text.includes('decision is needed'));
	if (found === undefined) throw new Error('no request');
	return found;
};
const textOf = (message: Message): string => JSON.stringify(message.blocks);
async function kinds(): Promise<string[]> {
	const rows = await fresh.database.raw<{ kind: string }[]>`SELECT kind FROM ledger_entries ORDER BY seq`;
	return rows.map((row) => row.kind);
}
async function topicsNow(): Promise<string[]> {
	const rows = await fresh.database.raw<{ topic: string }[]>`SELECT topic FROM outbox ORDER BY topic`;
	return rows.map((row) => row.topic);
}
const whispered = async (who: string, part: string): Promise<Message> =>
	await slack.waitFor(() =>
		[...slack.state.messages('incidents', who), ...slack.state.thread('incidents', card().ts, who)].find(
			(message) => message.ephemeralTo === who && message.text.includes(part),
		),
	);

/** An incident's row without what the database or the adviser adds. */
function bare(given: Partial<Incident>) {
	const { advice: _advice, number: _number, ...row } = incident(given);
	return row;
}

async function seedAlert(database: Fresh['database'], at: number, of: string, when: number): Promise<void> {
	const id = `alr_0000000000000000000${at}`;
	await record(
		database,
		{
			entries: [],
			changes: [
				{
					op: 'insert',
					table: 'alerts',
					row: {
						id,
						source: 'nozomi-north',
						source_kind: 'nozomi',
						fingerprint: `f${at}`,
						status: 'open',
						title: `Program change ${at}`,
						kind: 'security',
						occurred_at: when,
						time_basis: 'event',
						received_at: when,
						first_seen: when,
						last_seen: when,
						entities: [],
						techniques: [],
						labels: {},
						raw: '{}',
						verdict: {
							domain: 'ot',
							category: 'ot_change',
							severity: 'high',
							severity_floor: 'high',
							muted: false,
							confidence: 0.9,
							confidence_firm: 0.9,
							matrix: 'ics',
							tactics: [],
							techniques: [],
							assets: ['plc-7'],
							playbooks: [],
							tags: [],
							reasons: [],
						},
						incident: of,
						placed_at: when,
					},
				},
			],
		},
		when,
	);
}

/** Looks until the answer is there; fails after the time. */
async function until<T>(look: () => Promise<T | null | undefined | false>, most = 10_000): Promise<T> {
	const end = Date.now() + most;
	for (;;) {
		const found = await look();
		if (found !== null && found !== undefined && found !== false) return found;
		if (Date.now() > end) throw new Error('it did not come');
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

describe('an incident in Slack', () => {
	it('gets one card, one request in its thread and one note, however often it is looked at', async () => {
		await seed();
		await drain();
		ahead += 10_000;
		await record(fresh.database, { entries: [], topics: [{ topic: 'card', key: INCIDENT_ID }] }, now());
		await drain();
		expect(cards()).toHaveLength(1);
		expect(textOf(card())).toContain('Unauthorised logic download');
		expect(replies().map((message) => message.text.slice(0, 40))).toHaveLength(2);
		expect(textOf(request())).toContain('isolate_host');
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.incident.card_ts).toBe(card().ts);
		expect((await kinds()).filter((kind) => kind === 'message.sent')).toHaveLength(3);
	});

	it('is edited in place when it changes, and not at all when it does not', async () => {
		await seed();
		await drain();
		const before = card().editedTs;
		ahead += 5_000;
		await record(
			fresh.database,
			{
				entries: [],
				changes: [{ op: 'update', table: 'incidents', id: INCIDENT_ID, set: { alert_count: 99 } }],
				topics: [{ topic: 'card', key: INCIDENT_ID }],
			},
			now(),
		);
		await drain();
		expect(before).toBeNull();
		expect(cards()).toHaveLength(1);
		expect(textOf(card())).toContain('99 alerts');
	});

	it('below medium has no card until a step waits for people', async () => {
		await seed({ incident: { severity: 'low' }, steps: [] });
		await drain();
		expect(cards()).toHaveLength(0);
		await record(
			fresh.database,
			{
				entries: [],
				changes: [{ op: 'insert', table: 'steps', row: step() }],
				topics: [{ topic: 'card', key: INCIDENT_ID }],
			},
			now(),
		);
		await drain();
		expect(cards()).toHaveLength(1);
	});

	it('of process safety says operator first and does not wait in a storm', async () => {
		for (let at = 0; at < 12; at++)
			await seed({ incident: { id: `inc_0000000000000000010${at.toString(36)}`, severity: 'medium' }, steps: [] });
		await drain();
		await seed({
			incident: {
				process_safety: true,
				category: 'process_safety',
				severity: 'critical',
				title: 'Gas detector GD-12 high high',
			},
		});
		await drain();
		const all = cards();
		expect(
			all.some((message) => message.text.includes('Gas detector') && textOf(message).includes('operator acts first')),
		).toBe(true);
		// Four cards and the alarm; a digest for each minute that this took.
		const digests = all.filter((message) => message.text.includes('more opened within a minute'));
		expect(all.length - digests.length).toBe(5);
		expect(digests.length).toBeGreaterThan(0);
	});
});

describe('a decision in Slack', () => {
	it('is recorded from a person who may, once, and shown where it was asked', async () => {
		await seed();
		await drain();
		const { ts } = request();
		expect(await approveInSlack(slack, 'UANA000001', ts, 'ews-4')).toBe(true);
		await whispered('UANA000001', 'is recorded');
		expect(await approveInSlack(slack, 'UANA000001', ts, 'ews-4')).toBe(false);
		await whispered('UANA000001', 'recorded already');
		expect((await kinds()).filter((kind) => kind === 'approval.given')).toHaveLength(1);
		expect(await topicsNow()).toContain('plan');
		ahead += 5_000;
		await drain();
		expect(textOf(request())).toContain('Ana IT');
		expect(textOf(request())).toContain('1 of 2 answers');
	});

	it('does not count before its name was typed; other words are refused and recorded', async () => {
		await seed();
		await drain();
		const { ts } = request();
		await slack.act.click('UANA000001', { channel: 'incidents', ts, action_id: 'approve' });
		const view = await slack.waitFor(() => slack.state.views('UANA000001')[0]);
		expect(JSON.stringify(view.content)).toContain('ews-4');
		await slack.act.close('UANA000001', view.id, true);
		expect(await approveInSlack(slack, 'UANA000001', ts, 'ews-5')).toBe(true);
		await whispered('UANA000001', 'you typed `ews-5`');
		expect((await readSituation(fresh.database, INCIDENT_ID))?.approvals).toEqual([]);
		expect((await kinds()).filter((kind) => kind.startsWith('approval.'))).toEqual(['approval.rejected']);
		expect(await approveInSlack(slack, 'UANA000001', ts, ' EWS-4')).toBe(true);
		await whispered('UANA000001', 'is recorded');
		expect((await readSituation(fresh.database, INCIDENT_ID))?.approvals).toHaveLength(1);
	});

	it('does not count from the wrong site, from readers or from strangers; each try is an entry', async () => {
		await seed();
		await drain();
		const click = { channel: 'incidents', ts: request().ts, action_id: 'approve' };
		await slack.act.click('USVEN00001', click);
		await whispered('USVEN00001', 'Not counted');
		await slack.act.click('URITA00001', click);
		await whispered('URITA00001', 'Not counted');
		const rejected = (await kinds()).filter((kind) => kind === 'approval.rejected');
		expect(rejected).toHaveLength(2);
		expect((await readSituation(fresh.database, INCIDENT_ID))?.approvals).toEqual([]);
	});

	it('is refused with a reason in a window; the step ends and the buttons go', async () => {
		await seed();
		await drain();
		await slack.act.click('UOLAF00001', { channel: 'incidents', ts: request().ts, action_id: 'refuse' });
		const view = await slack.waitFor(() => slack.state.views('UOLAF00001')[0]);
		await slack.act.submit('UOLAF00001', view.id, { reason: 'the line is running a batch' });
		await whispered('UOLAF00001', 'Not done');
		ahead += 5_000;
		await drain();
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.steps[0]).toMatchObject({
			state: 'refused',
			outcome: 'refused by Olaf OT: the line is running a batch',
		});
		const shown = replies().find((message) => message.text.includes('Refused'));
		expect(shown && textOf(shown)).not.toContain('"actions"');
		expect(textOf(card())).toContain('running a batch');
	});

	it('on a hands-only step is an attestation with every line ticked', async () => {
		const hands = step({
			state: 'hands',
			target: 'plc-7',
			action: 'change_logic',
			checklist: ['Permit is open', 'Program compared'],
			instructions: 'Compare the program.',
			decision: decision({ class: 'HANDS', needs: [] }),
			expires_at: null,
		});
		await seed({ steps: [hands] });
		await drain();
		const message = replies().find((one) => one.text.includes('for hands'));
		await slack.act.click('UOLAF00001', { channel: 'incidents', ts: message?.ts ?? '', action_id: 'attest' });
		const view = await slack.waitFor(() =>
			slack.state.views('UOLAF00001').find((one) => one.content['callback_id'] === 'attest'),
		);
		await slack.act.submit('UOLAF00001', view.id, { checklist0: ['0'] });
		expect(slack.state.views('UOLAF00001')[0]?.errors).toHaveProperty('checklist0');
		await slack.act.submit('UOLAF00001', view.id, { checklist0: ['0', '1'], note: 'permit 4711' });
		await whispered('UOLAF00001', 'Recorded');
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.steps[0]).toMatchObject({ state: 'attested', outcome: 'attested by Olaf OT: permit 4711' });
	});

	it('on one binding does not count for the next', async () => {
		await seed();
		await drain();
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'update',
						table: 'steps',
						id: STEP_ID,
						set: { decision: decision({ binding: 'f'.repeat(32) }), updated_at: now() },
					},
				],
			},
			now(),
		);
		await slack.act.click('UANA000001', { channel: 'incidents', ts: request().ts, action_id: 'approve' });
		await whispered('UANA000001', 'has changed since');
		ahead += 5_000;
		await record(fresh.database, { entries: [], topics: [{ topic: 'card', key: INCIDENT_ID }] }, now());
		await drain();
		const asks = replies().filter(
			(message) => message.text.includes('decision is needed') || message.text.includes('No longer asked'),
		);
		expect(asks).toHaveLength(2);
		expect(asks.map((message) => textOf(message).includes('"action_id":"approve"'))).toEqual([false, true]);
	});
});

describe('typed commands and the home', () => {
	it('freeze by one, thaw by two, each an entry', async () => {
		await seed();
		await drain();
		await slack.act.command('UPIA000001', 'incidents', '/interlock freeze site north strange valve');
		await whispered('UPIA000001', 'Frozen: site:north');
		await slack.act.command('UPIA000001', 'incidents', '/interlock thaw site north');
		await whispered('UPIA000001', 'Still frozen');
		await slack.act.command('UPIA000001', 'incidents', '/interlock thaw site north');
		await whispered('UPIA000001', 'somebody else');
		await slack.act.command('UOLAF00001', 'incidents', '/interlock thaw site north');
		await whispered('UOLAF00001', 'Lifted');
		expect((await kinds()).filter((kind) => kind.startsWith('freeze.') || kind === 'command.refused')).toEqual([
			'freeze.set',
			'freeze.thaw_asked',
			'command.refused',
			'freeze.thawed',
		]);
	});

	it('shows what waits for the person who opens the home', async () => {
		await seed();
		await slack.act.openHome('UANA000001');
		const home = await slack.waitFor(() => slack.state.home('UANA000001'));
		expect(JSON.stringify(home.content)).toContain('Waiting for Ana IT: 1 step');
	});
});

describe('a crash between intent and result', () => {
	async function crashedCard(): Promise<void> {
		await seed();
		await drain();
		// What the database held at the moment of the crash: the intent, and nothing of the answer.
		await fresh.database
			.raw`UPDATE messages SET state = 'intent', ts = NULL, sent_hash = NULL WHERE key = ${`card:${INCIDENT_ID}`}`;
		await fresh.database.raw`UPDATE incidents SET card_ts = NULL, channel = NULL`;
	}

	it('does not post twice what got through: it is found by its key', async () => {
		await crashedCard();
		const held = await readMessage(fresh.database, { key: `card:${INCIDENT_ID}` });
		await fresh.database.raw`UPDATE messages SET channel = ${card().channel} WHERE id = ${held?.id ?? ''}`;
		ahead += 30_000;
		await record(fresh.database, { entries: [], topics: [{ topic: 'card', key: INCIDENT_ID }] }, now());
		await drain();
		ahead += 5_000;
		await drain();
		expect(cards()).toHaveLength(1);
		expect((await readMessage(fresh.database, { key: `card:${INCIDENT_ID}` }))?.state).toBe('sent');
		expect((await readSituation(fresh.database, INCIDENT_ID))?.incident.card_ts).toBe(card().ts);
	});

	it('after Slack took the message and before we heard so leaves one card', async () => {
		const dying = {
			...edge.calls,
			post: async (message: Parameters<typeof edge.calls.post>[0]) => {
				await edge.calls.post(message);
				throw new Error('killed here');
			},
		};
		const survivor = chat;
		chat = createChat({
			database: fresh.database,
			calls: dying,
			directory,
			channelOf: () => card0(),
			defaultChannel: 'incidents',
			split,
			learning,
			now,
			log,
		});
		await seed({ steps: [] });
		await expect(drain()).rejects.toThrow('killed here');
		chat = survivor;
		// The lease of the dead worker's row runs out.
		ahead += 61_000;
		await drain();
		ahead += 10_000;
		await drain();
		expect(cards()).toHaveLength(1);
		expect((await readMessage(fresh.database, { key: `card:${INCIDENT_ID}` }))?.state).toBe('sent');
	});

	it('posts what did not get through', async () => {
		await fresh.database.raw`SELECT 1`;
		await seed({ steps: [] });
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'messages',
						row: {
							id: 'pst_00000000000000000009',
							key: `card:${INCIDENT_ID}`,
							incident: INCIDENT_ID,
							channel: 'incidents',
							text: 'x',
							state: 'intent',
							created_at: now() - 60_000,
							updated_at: now() - 60_000,
						},
					},
				],
			},
			now(),
		);
		await drain();
		expect(cards()).toHaveLength(1);
		expect(card().text).not.toContain('may be a repeat');
	});

	it('leaves a young intent to the worker that has it', async () => {
		await crashedCard();
		await fresh.database.raw`UPDATE messages SET updated_at = ${now()} WHERE key = ${`card:${INCIDENT_ID}`}`;
		await record(fresh.database, { entries: [], topics: [{ topic: 'card', key: INCIDENT_ID }] }, now());
		await drain();
		expect(cards()).toHaveLength(1);
		expect((await readMessage(fresh.database, { key: `card:${INCIDENT_ID}` }))?.state).toBe('intent');
		expect(await topicsNow()).toContain('card');
	});
});

describe('when Slack is away', () => {
	it('nothing is given up: the card comes when Slack is back', async () => {
		await seed();
		await slack.close();
		await drain();
		const [row] = await readMessages(fresh.database, INCIDENT_ID);
		expect(['pending', 'intent']).toContain(row?.state);
		const parked = await fresh.database.raw`SELECT 1 FROM outbox WHERE parked OR attempts > 3`;
		expect(parked).toHaveLength(0);
		expect(await topicsNow()).toContain('card');
		slack = await startLocalSlack({
			port: 0,
			botToken: 'x',
			appToken: 'y',
			signingSecret: SECRET,
			team: { id: 'T1', name: 'n', domain: 'd' },
			people: [],
			channels: [],
			groups: [],
			eventsUrl: null,
		});
	});

	it('a channel that refuses is a fault that people can read', async () => {
		chat = createChat({
			database: fresh.database,
			calls: edge.calls,
			directory,
			channelOf: () => 'no-such-channel',
			defaultChannel: 'incidents',
			split,
			learning,
			now,
			log,
		});
		await seed();
		await drain();
		expect(await kinds()).toEqual(expect.arrayContaining(['message.failed', 'program.fault']));
		const [row] = await readMessages(fresh.database, INCIDENT_ID);
		expect(row).toMatchObject({ state: 'failed', error: 'channel_not_found' });
	});
});

describe('messages of other stages', () => {
	it('go under the card of their incident', async () => {
		await seed({ steps: [] });
		await drain();
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'messages',
						row: {
							id: 'pst_00000000000000000001',
							key: 'note:x',
							incident: INCIDENT_ID,
							channel: '',
							text: 'Host <!channel> isolated',
							state: 'pending',
							created_at: now(),
							updated_at: now(),
						},
					},
				],
				topics: [{ topic: 'post', key: 'pst_00000000000000000001' }],
			},
			now(),
		);
		await drain();
		const posted = replies().find((message) => textOf(message).includes('isolated'));
		expect(posted && textOf(posted)).not.toContain('<!channel>');
	});

	it('tell of what was not understood, once', async () => {
		const row = {
			id: 'unp_00000000000000000001',
			source: 'nozomi-north',
			source_kind: 'nozomi',
			received_at: now(),
			raw: '{"a": <@U1>}',
			problems: [],
			hash: 'h1',
		};
		await record(
			fresh.database,
			{
				entries: [],
				changes: [{ op: 'insert', table: 'unparsed', row }],
				topics: [{ topic: 'unparsed', key: 'nozomi-north' }],
			},
			now(),
		);
		await drain();
		ahead += 5_000;
		await drain();
		expect(cards()).toHaveLength(1);
		expect(textOf(card())).toContain('Not understood: 1 message of nozomi-north');
		expect(textOf(card())).not.toContain('<@U1>');
	});
});

describe('Socket Mode', () => {
	it('carries the same clicks', async () => {
		await edge.stop();
		await slack.close();
		await open('socket');
		await seed();
		await drain();
		expect(await approveInSlack(slack, 'UANA000001', request().ts, 'ews-4')).toBe(true);
		await whispered('UANA000001', 'is recorded');
	});
});

describe('a step in doubt', () => {
	const doubtful = () =>
		step({ state: 'in_doubt', attempts: 1, outcome: 'no answer; asked the target: state unknown', expires_at: null });
	const intent = () =>
		record(
			fresh.database,
			{
				entries: [
					{
						kind: 'step.intent',
						actor: { kind: 'bot', id: 'bot' },
						at: now(),
						incident: INCIDENT_ID,
						refs: [STEP_ID],
						data: { connector: 'edr' },
					},
				],
			},
			now(),
		);
	const question = (): Message => {
		const found = replies().find((message) => message.text.includes('look at the target'));
		if (found === undefined) throw new Error('no question');
		return found;
	};

	it('is settled by a person who could have approved it, with what they saw; others wake up', async () => {
		await seed({ steps: [doubtful()] });
		await intent();
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'incidents',
						row: { ...bare({ id: 'inc_00000000000000000002' }), playbooks: [], advice: null },
					},
				],
			},
			now(),
		);
		await drain();
		expect(textOf(question())).toContain('no other step on OT starts');
		expect(textOf(question())).toContain('asked the target');
		expect(textOf(question())).toContain('through edr');
		expect(textOf(card())).toContain('no other step on OT starts');
		await slack.act.click('USVEN00001', { channel: 'incidents', ts: question().ts, action_id: 'settle_done' });
		const foreign = await slack.waitFor(() => slack.state.views('USVEN00001')[0]);
		await slack.act.submit('USVEN00001', foreign.id, { note: 'looks fine from here' });
		await whispered('USVEN00001', 'Not counted');
		await slack.act.click('UOLAF00001', { channel: 'incidents', ts: question().ts, action_id: 'settle_done' });
		const view = await slack.waitFor(() => slack.state.views('UOLAF00001')[0]);
		await slack.act.submit('UOLAF00001', view.id, { note: ' ' });
		expect(slack.state.views('UOLAF00001')[0]?.errors).toHaveProperty('note');
		await slack.act.submit('UOLAF00001', view.id, { note: 'EDR console says isolated' });
		await whispered('UOLAF00001', 'was done');
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.steps[0]).toMatchObject({
			state: 'done',
			outcome: 'Olaf OT looked: it was done: EDR console says isolated',
		});
		expect(read?.steps[0]?.contained_until).toBeGreaterThan(now());
		const result = read?.timeline.findLast((one) => one.kind === 'step.result');
		expect(result).toMatchObject({ actor: { kind: 'person', id: 'olaf' }, data: { by: 'person', state: 'done' } });
		const plans = await fresh.database.raw<{ key: string }[]>`SELECT key FROM outbox WHERE topic = 'plan' ORDER BY key`;
		expect(plans.map((row) => row.key)).toEqual([INCIDENT_ID, 'inc_00000000000000000002']);
		ahead += 5_000;
		await drain();
		const after = replies().find((message) => textOf(message).includes('EDR console says isolated'));
		expect(after && textOf(after)).not.toContain('settle_done');
	});

	it('that was not done has failed, and is not begun again by itself', async () => {
		await seed({ steps: [doubtful()] });
		await drain();
		await slack.act.click('UANA000001', { channel: 'incidents', ts: question().ts, action_id: 'settle_not_done' });
		const view = await slack.waitFor(() => slack.state.views('UANA000001')[0]);
		await slack.act.submit('UANA000001', view.id, { note: 'host still answers' });
		await whispered('UANA000001', 'was not done');
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.steps[0]).toMatchObject({ state: 'failed', attempts: 1, contained_until: null });
	});
});

describe('a request that nobody answered', () => {
	it('is asked again by a person, in a new message, and the first answers no longer count', async () => {
		await seed({ steps: [step({ expires_at: now() + 600_000 })] });
		await drain();
		expect(await approveInSlack(slack, 'UANA000001', request().ts, 'ews-4')).toBe(true);
		await whispered('UANA000001', 'is recorded');
		const set = (given: Partial<Step>) =>
			record(
				fresh.database,
				{
					entries: [],
					changes: [{ op: 'update', table: 'steps', id: STEP_ID, set: { updated_at: now(), ...given } }],
					topics: [{ topic: 'card', key: INCIDENT_ID }],
				},
				now(),
			);
		await set({ state: 'expired', expires_at: null, outcome: 'nobody answered in time' });
		ahead += 5_000;
		await drain();
		const old = replies().find((message) => textOf(message).includes('ask_again'));
		await slack.act.click('UOLAF00001', { channel: 'incidents', ts: old?.ts ?? '', action_id: 'ask_again' });
		await whispered('UOLAF00001', 'Asked again');
		const read = await readSituation(fresh.database, INCIDENT_ID);
		expect(read?.steps[0]).toMatchObject({ state: 'planned', decision: null, requested_by: 'olaf', expires_at: null });
		expect(read?.approvals.every((one) => one.expires_at <= now())).toBe(true);
		expect(await kinds()).toContain('step.asked_again');
		// The plan judges it as before, with the same binding.
		await set({ state: 'waiting', decision: decision(), expires_at: now() + 600_000 });
		ahead += 5_000;
		await drain();
		expect(request().ts).not.toBe(old?.ts);
		expect(replies().find((message) => message.ts === old?.ts)?.text).toContain('asked again');
		await slack.act.click('UOLAF00001', { channel: 'incidents', ts: request().ts, action_id: 'approve' });
		await whispered('UOLAF00001', 'asked for this step');
		expect(await approveInSlack(slack, 'UANA000001', request().ts, 'ews-4')).toBe(true);
		await until(async () => (await kinds()).filter((kind) => kind === 'approval.given').length === 2 || undefined);
		const again = await readSituation(fresh.database, INCIDENT_ID);
		expect(again?.approvals).toMatchObject([{ person: 'ana' }]);
		expect(again?.approvals[0]?.expires_at).toBeGreaterThan(now());
	});
});

describe('what belongs together', () => {
	const OTHER = 'inc_00000000000000000002';
	async function two(): Promise<{ into: number; from: number }> {
		await seed({ steps: [] });
		await seed({ incident: { id: OTHER, sites: ['south'], zones: ['cell-9'] }, steps: [] });
		for (const [at, id] of [INCIDENT_ID, INCIDENT_ID, OTHER].entries()) await seedAlert(fresh.database, at, id, now());
		const [into, from] = await Promise.all(
			[INCIDENT_ID, OTHER].map(async (id) => await readSituation(fresh.database, id)),
		);
		return { into: into?.incident.number ?? 0, from: from?.incident.number ?? 0 };
	}
	const incidentOf = async (at: number): Promise<string | undefined> => {
		const [row] = await fresh.database.raw<
			{ incident: string }[]
		>`SELECT incident FROM alerts WHERE id = ${`alr_0000000000000000000${at}`}`;
		return row?.incident;
	};

	it('is merged by who holds a role at both, and by nobody else', async () => {
		const { into, from } = await two();
		await drain();
		await slack.act.command('UOLAF00001', 'incidents', `/interlock merge ${into} ${from}`);
		await whispered('UOLAF00001', 'Not recorded');
		await slack.act.command('UANA000001', 'incidents', `/interlock merge ${into} ${from} same laptop`);
		await whispered('UANA000001', 'is part of');
		expect((await readSituation(fresh.database, OTHER))?.incident).toMatchObject({
			state: 'merged',
			merged_into: INCIDENT_ID,
		});
		expect(await incidentOf(2)).toBe(INCIDENT_ID);
		const merged = (await readSituation(fresh.database, INCIDENT_ID))?.timeline.find(
			(one) => one.kind === 'incident.merged',
		);
		expect(merged?.data).toMatchObject({ into: INCIDENT_ID, from: OTHER, reason: 'same laptop' });
	});

	it('is split by the alerts that show names, into an incident that keeps apart', async () => {
		const { into } = await two();
		await drain();
		await slack.act.command('UOLAF00001', 'incidents', `/interlock show ${into}`);
		await whispered('UOLAF00001', 'alr_00000000000000000001');
		await slack.act.command('UPIA000001', 'incidents', `/interlock split ${into} 00000000000000000001`);
		await whispered('UPIA000001', 'Not split');
		await slack.act.command(
			'UOLAF00001',
			'incidents',
			`/interlock split ${into} 00000000000000000001 because two causes`,
		);
		const told = await whispered('UOLAF00001', '1 alert of');
		expect(told.text).toMatch(/now INC-\d+\./);
		const apart = await incidentOf(1);
		expect(apart).not.toBe(INCIDENT_ID);
		const entry = (await readSituation(fresh.database, INCIDENT_ID))?.timeline.find(
			(one) => one.kind === 'incident.split',
		);
		expect(entry).toMatchObject({
			actor: { kind: 'person', id: 'olaf' },
			data: { from: INCIDENT_ID, to: apart, reason: 'two causes' },
		});
		expect(entry?.refs).toContain('alr_00000000000000000001');
	});
});

describe('a fact about what has no place of its own', () => {
	it.each([
		['a step', () => `dependency_checked ${STEP_ID} yes`],
		['an account that a step names', () => 'replacement_login_ready svc-batch yes'],
		['a session that a step names', () => 'session_is_live_maintenance S-17 no'],
	])('%s is said by OT of the site where it is, and not by OT of another', async (_name, typed) => {
		await seed({ steps: [step({ params: { account: 'svc-batch', session: 'S-17' }, expires_at: now() + 600_000 })] });
		await drain();
		await slack.act.command('USVEN00001', 'incidents', `/interlock fact ${typed()} for 1h`);
		await whispered('USVEN00001', 'Not recorded');
		await slack.act.command('UOLAF00001', 'incidents', `/interlock fact ${typed()} for 1h`);
		await whispered('UOLAF00001', 'Recorded');
		expect((await kinds()).filter((kind) => kind === 'fact.stated' || kind === 'command.refused')).toEqual([
			'command.refused',
			'fact.stated',
		]);
	});

	it('that steps of two sites name is said by who holds the role at both', async () => {
		await seed({
			steps: [
				step({ params: { account: 'svc-batch' } }),
				step({ id: 'stp_00000000000000000002', key: 'two', target: 'plc-s', params: { account: 'svc-batch' } }),
			],
		});
		await drain();
		await slack.act.command('UOLAF00001', 'incidents', '/interlock fact replacement_login_ready svc-batch yes');
		await whispered('UOLAF00001', 'Not recorded');
	});

	it('is kept under the incident id, whichever way it was named', async () => {
		await seed();
		await drain();
		const number = (await readSituation(fresh.database, INCIDENT_ID))?.incident.number;
		await slack.act.command('UANA000001', 'incidents', `/interlock fact identity_compromised INC-${number} yes`);
		await whispered('UANA000001', 'Recorded');
		const [row] = await fresh.database.raw<{ subject: string }[]>`SELECT subject FROM facts`;
		expect(row?.subject).toBe(INCIDENT_ID);
	});
});

describe('the worklist', () => {
	it('lists what nobody knows, without what the inventory has, and what was not understood until it is seen', async () => {
		await seed();
		const seen = (id: string, value: string) => ({
			op: 'insert' as const,
			table: 'unknown_assets' as const,
			row: { id, type: 'ip', value, sources: ['nozomi-north'], first_seen: now(), last_seen: now(), times: 7 },
		});
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					seen('ip:10.9.9.9', '10.9.9.9'),
					seen('ip:10.20.1.7', '10.20.1.7'),
					{
						op: 'insert',
						table: 'unparsed',
						row: {
							id: 'unp_0000000000000000000a',
							source: 'nozomi-north',
							source_kind: 'nozomi',
							received_at: now(),
							raw: '<!channel> https://evil.example gas',
							problems: [{ field: 'time', found: 'x', expected: 'milliseconds' }],
							hash: 'h',
							repeats: 3,
						},
					},
				],
			},
			now(),
		);
		await drain();
		await slack.act.command('UPIA000001', 'incidents', '/interlock unknown');
		const list = await whispered('UPIA000001', 'Not in the inventory');
		expect(list.text).toContain('10.9.9.9');
		expect(list.text).not.toContain('10.20.1.7');
		expect(list.text).toContain('unp_0000000000000000000a');
		expect(list.text).not.toMatch(/<!channel>|:\/\//);
		await slack.act.openHome('UANA000001');
		const home = await slack.waitFor(() => slack.state.home('UANA000001'));
		expect(JSON.stringify(home.content)).toContain('1 message not understood, 1 name or address not in the inventory');
		await slack.act.command('URITA00001', 'incidents', '/interlock seen 0000000000a');
		await whispered('URITA00001', 'Not recorded');
		await slack.act.command('UPIA000001', 'incidents', '/interlock seen 0000000000a');
		await whispered('UPIA000001', 'None is left');
		expect(await kinds()).toContain('alert.unparsed_seen');
	});
});

describe('a request in a storm', () => {
	it('is in its thread within two seconds while notes wait for their turn, under the limits of Slack', async () => {
		await edge.stop();
		await slack.close();
		await open('http', undefined);
		const reminders = await openReminders({ url: fresh.runUrl, onFault: () => undefined });
		const relay = createRelay({
			database: fresh.database,
			reminders,
			handlers: chat.handlers,
			clock: now,
			onFault: () => undefined,
			onParked: () => undefined,
		});
		relay.start();
		try {
			await seed({ steps: [] });
			await until(
				async () => (await readSituation(fresh.database, INCIDENT_ID))?.incident.card_ts ?? undefined,
				10_000,
			);
			// A storm: sixty messages of other stages and forty other incidents want the same channel.
			const posts = Array.from({ length: 60 }, (_, at) => `pst_000000000000000000${String(at).padStart(2, '0')}`);
			await record(
				fresh.database,
				{
					entries: [],
					changes: posts.map((id, at) => ({
						op: 'insert',
						table: 'messages',
						row: {
							id,
							key: `told:${at}`,
							incident: INCIDENT_ID,
							channel: '',
							text: `Note ${at}`,
							state: 'pending',
							created_at: now(),
							updated_at: now(),
						},
					})),
					topics: posts.map((key) => ({ topic: 'post', key })),
				},
				now(),
			);
			for (let at = 0; at < 40; at++)
				await seed({
					incident: { id: `inc_000000000000000001${String(at).padStart(2, '0')}`, severity: 'medium' },
					steps: [],
				});
			const waits: number[] = [];
			for (let at = 0; at < 4; at++) {
				await new Promise((resolve) => setTimeout(resolve, 1_500));
				const id = `stp_0000000000000000001${at}`;
				const begun = Date.now();
				await record(
					fresh.database,
					{
						entries: [],
						changes: [
							{
								op: 'insert',
								table: 'steps',
								row: step({ id, key: `k${at}`, title: `Step number ${at}`, expires_at: now() + 600_000 }),
							},
						],
						topics: [{ topic: 'card_asked', key: INCIDENT_ID }],
					},
					now(),
				);
				await until(
					async () =>
						(await readMessages(fresh.database, INCIDENT_ID)).find(
							(row) => row.key.includes(id) && row.state === 'sent',
						),
					10_000,
				);
				waits.push(Date.now() - begun);
			}
			console.info(`request in the thread after ${waits.join(', ')} ms`);
			const waiting = await topicsNow();
			expect(waiting.filter((topic) => topic === 'post').length).toBeGreaterThan(30);
			expect(Math.max(...waits)).toBeLessThan(2_000);
		} finally {
			await relay.stop();
			await reminders.close();
		}
	}, 60_000);
});
