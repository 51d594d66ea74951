// What becomes of a message when Slack refuses, delays or loses it, or two processes work on it: against a real database and the local Slack,
// with faults put between the two.
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, type ChatOptions, createChat } from '../../src/chat/chat.ts';
import { createSlack, type SlackCalls, SlackFailure } from '../../src/chat/slack.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import type { NewEntry } from '../../src/domain/entry.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Topic } from '../../src/domain/topic.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { directory, INCIDENT_ID, incident, inventory, PEOPLE, STEP_ID, step } from '../chat/world.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const learning = createLearning(inventory, () => ({ inventory, rules: [], classifier: null, attack: attackTable }));
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const DRILL_ID = 'inc_drill000000000000001';
const POST_ID = 'pst_00000000000000000001';
const TOPICS: readonly Topic[] = ['card_safety', 'card_asked', 'card', 'post', 'unparsed'];
let fresh: Fresh;
let slack: LocalSlack;
/** Slack's calls as they are; a test puts its fault in front of one. */
let real: SlackCalls;
let faults: { -readonly [Name in 'post' | 'update']?: SlackCalls[Name] };
let chat: Chat;
let channelOf: ChatOptions['channelOf'];
/** Moves the clock of chat ahead without waiting; Slack's own stays. */
let ahead = 0;
const now = (): number => Date.now() + ahead;

beforeEach(async () => {
	ahead = 0;
	faults = {};
	channelOf = () => 'incidents';
	fresh = await freshDatabase();
	slack = await startLocalSlack({
		...{ port: 0, botToken: 'xoxb-test', appToken: 'xapp-test', signingSecret: 's', eventsUrl: null, rateLimits: null },
		team: { id: 'T0000001', name: 'Plant', domain: 'plant' },
		people: PEOPLE.flatMap((one) => (one.slack === null ? [] : [{ id: one.slack, name: one.id, realName: one.name }])),
		...{ channels: [{ name: 'incidents' }, { name: 'night' }], groups: [] },
	});
	const edge = await createSlack({
		...{
			token: 'xoxb-test',
			appToken: null,
			signingSecret: 's',
			apiUrl: slack.apiUrl,
			mode: 'http',
			port: 0,
			now,
			log,
		},
		sleep: async () => undefined,
		handlers: {
			...{ click: async () => undefined, check: () => null, submit: async () => undefined },
			...{ command: async () => '', home: async () => undefined },
		},
	});
	real = edge.calls;
	chat = build();
});
afterEach(async () => {
	await slack.close();
	await fresh.close();
});

async function callsTo(apiUrl: string): Promise<SlackCalls> {
	const edge = await createSlack({
		...{ token: 'xoxb-test', appToken: null, signingSecret: 's', apiUrl, mode: 'http', port: 0, now, log },
		sleep: async () => undefined,
		handlers: {
			...{ click: async () => undefined, check: () => null, submit: async () => undefined },
			...{ command: async () => '', home: async () => undefined },
		},
	});
	return edge.calls;
}

/** The local Slack behind a server that may answer otherwise: `answer` gets the method, and what hands the call on. */
async function openBetween(answer: (method: string, handOn: () => Promise<string>) => Promise<string>) {
	const server = createServer((request, response) => {
		const parts: Buffer[] = [];
		request.on('data', (part: Buffer) => void parts.push(part));
		request.on('end', async () => {
			const method = (request.url ?? '').split('/').at(-1) ?? '';
			const handOn = async (): Promise<string> => {
				const handed = await fetch(`${slack.apiUrl.replace(/\/$/, '')}/${method}`, {
					method: 'POST',
					body: Buffer.concat(parts),
					headers: {
						'content-type': request.headers['content-type'] ?? '',
						authorization: request.headers.authorization ?? '',
					},
				});
				return await handed.text();
			};
			const said = await answer(method, handOn);
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(said);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	return {
		url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/api`,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A process of role chat; its calls run into the faults of the test. */
function build(): Chat {
	const calls: SlackCalls = {
		...real,
		post: async (message) => await (faults.post ?? real.post)(message),
		update: async (...what) => await (faults.update ?? real.update)(...what),
	};
	return createChat({
		...{ database: fresh.database, calls, directory, learning, now, log, defaultChannel: 'incidents' },
		channelOf: (one) => channelOf(one),
		split: (ask, at) => splitIncident(ask, inventory, at),
	});
}

async function seed(given: { incident?: Partial<Incident>; steps?: Step[] } = {}): Promise<void> {
	const { advice: _advice, number: _number, ...row } = incident(given.incident);
	await record(
		fresh.database,
		{
			entries: [],
			changes: [
				{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } },
				...(given.steps ?? []).map((one) => ({ op: 'insert' as const, table: 'steps' as const, row: one })),
			],
			topics: [{ topic: 'card', key: row.id }],
		},
		now(),
	);
}

async function change(set: Pick<Incident, 'title'>, id = INCIDENT_ID): Promise<void> {
	await record(
		fresh.database,
		{ entries: [], changes: [{ op: 'update', table: 'incidents', id, set }], topics: [{ topic: 'card', key: id }] },
		now(),
	);
}

/** A message that another stage asks for. */
async function say(text: string, of: string | null = null): Promise<void> {
	const row = {
		...{ id: POST_ID, key: 'note:x', incident: of, channel: '', text, state: 'pending' as const },
		...{ created_at: now(), updated_at: now() },
	};
	await record(
		fresh.database,
		{
			entries: [],
			changes: [{ op: 'insert', table: 'messages', row }],
			topics: [{ topic: 'post', key: POST_ID }],
		},
		now(),
	);
}

/** Works everything that is due now, as the queue would. */
async function drain(by: Chat = chat, rounds = 6): Promise<void> {
	for (let round = 0; round < rounds; round++) {
		let worked = 0;
		for (const topic of TOPICS) {
			const due = await claimDue(fresh.database, topic, 50, now());
			worked += due.length;
			if (due.length > 0) await by.handlers[topic]?.(due);
		}
		if (worked === 0) return;
		ahead += 1_300;
	}
}

/** Everything due within so long, at steps of ten seconds. */
async function later(ms: number): Promise<void> {
	for (const end = now() + ms; now() < end; ahead += 10_000) await drain();
	await drain();
}

const messages = (channel = 'incidents'): Message[] =>
	slack.state.messages(channel).filter((message) => message.isFromBot);
const blocksOf = (message: Message | undefined): string => JSON.stringify(message?.blocks ?? null);

/** Fails the first calls so, then lets them through. */
function failing<A extends unknown[], R>(
	times: number,
	fault: SlackFailure['fault'],
	through: (...what: A) => Promise<R>,
) {
	let left = times;
	return async (...what: A): Promise<R> => {
		if (left-- > 0) throw new SlackFailure(fault);
		return await through(...what);
	};
}
const limited = () => ({
	kind: 'unavailable' as const,
	detail: 'rate limited',
	retryAt: now() + 5_000,
	isAmbiguous: false,
});
const lost = () => ({ kind: 'unavailable' as const, detail: 'timeout', retryAt: now() + 1_000, isAmbiguous: true });
const refused = (code: string) => ({ kind: 'refused' as const, code, detail: '' });

describe('a message of another stage that Slack did not take at once', () => {
	const LINES = Array.from({ length: 30 }, (_, at) => `entry ${at + 1}: pump & valve of unit ${at} ${'x'.repeat(25)}`);

	it.each([
		['told to wait', limited],
		['no answer', lost],
	])('comes whole, with its lines (%s, twice)', async (_what, fault) => {
		faults.post = failing(2, fault(), real.post);
		await say(LINES.join('\n'));
		await later(120_000);
		const [posted] = messages();
		const text = JSON.parse(blocksOf(posted))[0].elements[0].elements[0].text;
		expect(text).toBe(LINES.join('\n'));
		expect(messages()).toHaveLength(1);
	});

	it('of a drill is marked once', async () => {
		await seed({ incident: { id: DRILL_ID, severity: 'low', card_ts: null } });
		faults.post = failing(2, limited(), real.post);
		await say('Pump 3 is isolated', DRILL_ID);
		await fresh.database.raw`UPDATE messages SET key = 'drill:x' WHERE id = ${POST_ID}`;
		await later(60_000);
		expect(blocksOf(messages()[0]).split('This is an exercise').length - 1).toBe(1);
	});
});

describe('a note that Slack did not take', () => {
	const happened = async (of: string): Promise<void> => {
		const entry = {
			...{ kind: 'fact.stated' as const, actor: { kind: 'person' as const, id: 'ana' }, at: now(), incident: of },
			...{ refs: [], data: { name: 'sole_view', subject: 'ews-4', value: true } },
		};
		await record(fresh.database, { entries: [entry], topics: [{ topic: 'card', key: of }] }, now());
	};
	const notesIn = (): Message[] => {
		const [card] = messages();
		return card === undefined ? [] : (slack.state.thread('incidents', card.ts).slice(1) as Message[]);
	};

	it('comes when it takes it, also where nothing else happens in the incident', async () => {
		await seed();
		await drain();
		let isClosed = true;
		faults.post = async (message) => {
			if (isClosed) throw new SlackFailure(refused('restricted_action'));
			return await real.post(message);
		};
		await happened(INCIDENT_ID);
		await later(300_000);
		isClosed = false;
		await later(120_000);
		expect(notesIn().map(blocksOf).join()).toContain('fact stated');
	});

	it('of a drill is marked once', async () => {
		await seed({ incident: { id: DRILL_ID } });
		await drain();
		faults.post = failing(2, limited(), real.post);
		await happened(DRILL_ID);
		await later(60_000);
		expect(blocksOf(notesIn()[0]).split('This is an exercise').length - 1).toBe(1);
	});
});

describe('an edit', () => {
	it('that Slack refused for what people repair comes after the repair, although nothing else has changed', async () => {
		await seed();
		await drain();
		let isClosed = true;
		faults.update = async (...what) => {
			if (isClosed) throw new SlackFailure(refused('is_inactive'));
			await real.update(...what);
		};
		await change({ title: 'It has reached the PLC' });
		await later(300_000);
		expect(blocksOf(messages()[0])).not.toContain('It has reached the PLC');
		isClosed = false;
		await later(120_000);
		expect(blocksOf(messages()[0])).toContain('It has reached the PLC');
		const told = await fresh.database.raw`SELECT 1 FROM ledger_entries WHERE kind = 'message.failed'`;
		expect(told).toHaveLength(1);
	});

	it('whose words Slack refuses is not tried again with the same words', async () => {
		await seed();
		await drain();
		let tries = 0;
		faults.update = async () => {
			tries++;
			throw new SlackFailure(refused('invalid_blocks'));
		};
		await change({ title: 'Words' });
		await later(300_000);
		expect(tries).toBe(1);
	});

	it('of a slower process does not stand over a newer one', async () => {
		await seed();
		await drain();
		ahead += 10_000;
		const other = build();
		let isFirst = true;
		faults.update = async (...what) => {
			if (isFirst) {
				isFirst = false;
				// Meanwhile the incident changes, and another process is quicker.
				await change({ title: 'As it is now' });
				await drain(other);
			}
			await real.update(...what);
		};
		await change({ title: 'As it was' });
		await drain();
		await later(30_000);
		expect(blocksOf(messages()[0])).toContain('As it is now');
	});
});

describe('a card whose channel Slack refuses', () => {
	it('goes where the routes say once they have been put right', async () => {
		channelOf = () => 'no-such-channel';
		await seed();
		await later(120_000);
		expect(messages('night')).toHaveLength(0);
		channelOf = () => 'night';
		await later(120_000);
		expect(messages('night')).toHaveLength(1);
		await change({ title: 'And it is edited there' });
		await later(30_000);
		expect(blocksOf(messages('night')[0])).toContain('And it is edited there');
	});
});

describe('a fault of Slack itself', () => {
	it.each(['fatal_error', 'internal_error', 'service_unavailable'])(
		'after which the message is there all the same (%s) does not double it',
		async (code) => {
			let isFirst = true;
			const between = await openBetween(async (method, handOn) => {
				const said = await handOn();
				if (method !== 'chat.postMessage' || !isFirst) return said;
				isFirst = false;
				return JSON.stringify({ ok: false, error: code });
			});
			real = await callsTo(between.url);
			await seed();
			await later(180_000);
			await between.close();
			expect(messages()).toHaveLength(1);
			const told = await fresh.database.raw`SELECT 1 FROM ledger_entries WHERE kind = 'message.failed'`;
			expect(told).toHaveLength(0);
		},
	);

	it('does not leave a card as it was', async () => {
		let isAway = false;
		const between = await openBetween(async (_method, handOn) =>
			isAway ? JSON.stringify({ ok: false, error: 'internal_error' }) : await handOn(),
		);
		real = await callsTo(between.url);
		await seed();
		await drain();
		isAway = true;
		await change({ title: 'It has reached the PLC' });
		await drain(chat, 1);
		isAway = false;
		await later(20_000);
		await between.close();
		expect(blocksOf(messages()[0])).toContain('It has reached the PLC');
	});
});

describe('messages that were not understood', () => {
	async function arrive(from: number, most: number): Promise<void> {
		const changes = Array.from({ length: most }, (_, at) => {
			const id = `unp_${String(from + at).padStart(20, '0')}`;
			const row = { id, source: 'nozomi-north', source_kind: 'nozomi', received_at: now(), raw: '{}', problems: [] };
			return { op: 'insert' as const, table: 'unparsed' as const, row: { ...row, hash: id } };
		});
		await record(fresh.database, { entries: [], changes, topics: [{ topic: 'unparsed', key: 'nozomi-north' }] }, now());
	}
	/** Not near the end of an hour: one message tells of everything that the test lets arrive. */
	const fromFreshHour = (): void => {
		ahead = new Date().getMinutes() >= 45 ? -30 * 60_000 : 0;
	};

	it('are counted beyond a thousand', async () => {
		fromFreshHour();
		await arrive(0, 1_040);
		for (let look = 0; look < 30; look++) {
			await drain();
			ahead += 2_500;
		}
		await arrive(2_000, 2);
		await later(20_000);
		expect(messages()).toHaveLength(1);
		expect(messages()[0]?.text).toMatch(/^1,042 messages/);
	});

	it.each([
		['told to wait', limited],
		['refused', () => refused('not_in_channel')],
		['no answer', lost],
	])('are counted once, however often Slack has to be asked (%s)', async (_what, fault) => {
		fromFreshHour();
		faults.post = failing(3, fault(), real.post);
		await arrive(0, 5);
		await later(400_000);
		expect(messages()[0]?.text).toMatch(/5 messages of source/);
		expect(messages()[0]?.text).toMatch(/^(\(may be a repeat\) )?5 /);
		await arrive(10, 1);
		await later(20_000);
		expect(messages()[0]?.text).toMatch(/^6 /);
	});

	it('are counted once where the program died after Slack had taken the message', async () => {
		fromFreshHour();
		let isFirst = true;
		faults.post = async (message) => {
			const posted = await real.post(message);
			if (!isFirst) return posted;
			isFirst = false;
			throw new SlackFailure(lost());
		};
		await arrive(0, 5);
		await later(60_000);
		expect(messages()).toHaveLength(1);
		expect(messages()[0]?.text).toMatch(/^5 /);
	});
});

describe('a large incident', () => {
	it('says that a control room has lost its view, and keeps its question, however much has happened since', async () => {
		await seed({ steps: [step({ state: 'done' })] });
		const about = { zone: 'cell-3', site: 'north', step_title: 'Isolate ews-4', target: 'ews-4' };
		const entry = (
			kind: 'step.view_asked' | 'step.view_answered' | 'step.result',
			data: NewEntry['data'],
		): NewEntry => ({
			...{ kind, actor: { kind: 'person' as const, id: 'pia' }, at: now(), incident: INCIDENT_ID },
			...{ refs: [STEP_ID], data },
		});
		const many = Array.from({ length: 300 }, (_, at) =>
			entry('step.result', { step_title: `step ${at}`, outcome: 'done' }),
		);
		const topics = [{ topic: 'card' as const, key: INCIDENT_ID }];
		const asked = entry('step.view_asked', { ...about, round: 1, asked: ['pia'], until: now() + 600_000 });
		await record(fresh.database, { entries: [asked, ...many], topics }, now());
		await later(30_000);
		const [card] = messages();
		expect(blocksOf(card)).toContain('answer in the thread whether your view is alive');
		const thread = (): string =>
			slack.state
				.thread('incidents', card?.ts ?? '')
				.map(blocksOf)
				.join();
		expect(thread()).toContain('is your view alive?');
		await record(
			fresh.database,
			{ entries: [entry('step.view_answered', { ...about, answer: 'lost' }), ...many], topics },
			now(),
		);
		await later(30_000);
		expect(blocksOf(messages()[0])).toContain('Call the control room of zone cell-3: its view is lost');
		expect(thread()).toContain('LOST, says Pia Operator');
	});

	it('tells in its thread what is new, and not again what was told, after a thousand messages', async () => {
		await seed();
		await drain();
		await fresh.database.raw`
			INSERT INTO messages (id, key, incident, channel, text, blocks, state, ts, sent_hash, created_at, updated_at)
			SELECT 'pst_' || lpad(n::text, 20, '0'), 'note:' || ${INCIDENT_ID} || ':' || (1000 + n), ${INCIDENT_ID}, 'incidents', 'x', '[]',
				'sent', n::text, 'x', ${now()}::bigint + n, ${now()}::bigint + n FROM generate_series(1, 1100) AS n`;
		const happened = async (seq: number, subject: string): Promise<void> => {
			const entry = {
				...{ kind: 'fact.stated' as const, actor: { kind: 'person' as const, id: 'ana' }, at: now() },
				...{ incident: INCIDENT_ID, refs: [], data: { name: 'sole_view', subject, value: true } },
			};
			await fresh.owner()`SELECT setval(pg_get_serial_sequence('ledger_entries', 'seq'), ${seq})`;
			await record(fresh.database, { entries: [entry], topics: [{ topic: 'card', key: INCIDENT_ID }] }, now());
		};
		await happened(2_050, 'told-before');
		await happened(2_200, 'new-one');
		await later(30_000);
		const [card] = messages();
		const thread = slack.state
			.thread('incidents', card?.ts ?? '')
			.map(blocksOf)
			.join();
		expect(thread).toContain('new-one');
		expect(thread).not.toContain('told-before');
	});

	it('that does not fit the answer to a command says so, and where the whole of it is', async () => {
		const steps = Array.from({ length: 12 }, (_, at) =>
			step({
				id: `stp_${String(at + 1).padStart(20, '0')}`,
				key: `s${at}`,
				state: 'hands',
				instructions: 'turn the key\n'.repeat(60),
			}),
		);
		await seed({ steps });
		const answer = await chat.slack.command({ text: 'show 1', user: 'UANA000001', channel: 'C1' });
		expect(answer.length).toBeLessThanOrEqual(3_500);
		expect(answer.split('\n').at(-1)).toBe(
			'Not all of it fits here. The whole of it, on the command line: interlock incident show 1',
		);
		expect(answer).toMatch(/^INC-1 /);
	});
});

describe('a card that somebody has deleted', () => {
	it('comes again with the requests that are open, and not with those that are over', async () => {
		const over = step({ id: 'stp_00000000000000000002', key: 'over', title: 'Block the sender' });
		await seed({ steps: [step({ expires_at: now() + 3_600_000 }), over] });
		await later(20_000);
		const { id, updated_at } = over;
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{ op: 'update', table: 'steps', id, set: { state: 'refused', updated_at: now() }, expect: { updated_at } },
				],
				topics: [{ topic: 'card', key: INCIDENT_ID }],
			},
			now(),
		);
		await later(20_000);
		const [old] = messages();
		const gone = await fetch(`${slack.apiUrl.replace(/\/$/, '')}/chat.delete`, {
			method: 'POST',
			headers: { authorization: 'Bearer xoxb-test', 'content-type': 'application/json' },
			body: JSON.stringify({ channel: old?.channel, ts: old?.ts }),
		});
		expect(await gone.json()).toMatchObject({ ok: true });
		await change({ title: 'It has reached the PLC' });
		await later(30_000);
		const card = messages().find((message) => blocksOf(message).includes('It has reached the PLC'));
		expect(card?.ts).not.toBe(old?.ts);
		const thread = slack.state
			.thread('incidents', card?.ts ?? '')
			.slice(1)
			.map((message) => message.text);
		expect(thread.filter((text) => text.includes('decision is needed'))).toHaveLength(1);
		expect(thread.join()).not.toContain('Block the sender');
	});
});
