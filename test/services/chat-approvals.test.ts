// Stops and approvals through both doors, Slack and the command line, against one database: freeze and thaw, veto, what was said by voice,
// deputies, taking a yes back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Chat, createChat } from '../../src/chat/chat.ts';
import { createSlack, type SlackEdge } from '../../src/chat/slack.ts';
import { incident as runIncident } from '../../src/cli/incident.ts';
import { person as runPerson } from '../../src/cli/person.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { type LocalSlack, startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import type { Step } from '../../src/domain/step.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { readSituation } from '../../src/store/read/chat.ts';
import { record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import {
	BINDING,
	decision,
	directory,
	INCIDENT_ID,
	incident,
	inventory,
	PEOPLE,
	STEP_ID,
	step,
} from '../chat/world.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const SECRET = 'signing-secret-of-the-test';
const learning = createLearning(inventory, () => ({ inventory, rules: [], classifier: null, attack: attackTable }));
let fresh: Fresh;
let slack: LocalSlack;
let edge: SlackEdge;
let chat: Chat;
let folder = '';
let number = 0;
let ahead = 0;
const now = (): number => Date.now() + ahead;
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

beforeEach(async () => {
	ahead = 0;
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-doors-'));
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
		now,
		sleep: async () => undefined,
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
		split: (ask, at) => splitIncident(ask, inventory, at),
		learning,
		now,
		log,
	});
	chat = built;
	await edge.start();
	slack.setEventsUrl(`http://127.0.0.1:${edge.port()}/slack/events`);
});
afterEach(async () => {
	await edge.stop();
	await slack.close();
	await fresh.close();
	rmSync(folder, { recursive: true, force: true });
});

async function seed(steps: Step[] = [step({ expires_at: now() + 600_000 })]): Promise<void> {
	const { advice: _advice, number: _number, ...row } = incident();
	await record(
		fresh.database,
		{
			entries: [],
			changes: [
				{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } },
				...steps.map((one) => ({ op: 'insert' as const, table: 'steps' as const, row: one })),
			],
			topics: [{ topic: 'card', key: row.id }],
		},
		now(),
	);
	number = (await readSituation(fresh.database, INCIDENT_ID))?.incident.number ?? 0;
	await drain();
}

async function drain(): Promise<void> {
	for (let round = 0; round < 6; round++) {
		let worked = 0;
		for (const topic of ['card_asked', 'card', 'post'] as const) {
			const due = await claimDue(fresh.database, topic, 50, now());
			worked += due.length;
			if (due.length > 0) await chat.handlers[topic]?.(due);
		}
		if (worked === 0) return;
		ahead += 1_300;
	}
}

const slackOf = (who: string): string => PEOPLE.find((one) => one.id === who)?.slack ?? '';

/** Types a command in Slack; resolves with the answer that only the person sees. */
async function types(who: string, text: string): Promise<string> {
	const user = slackOf(who);
	const seen = (): string[] =>
		slack.state
			.messages('incidents', user)
			.filter((message) => message.ephemeralTo === user)
			.map((message) => message.text);
	const before = seen().length;
	await slack.act.command(user, 'incidents', `/interlock ${text}`);
	return await slack.waitFor(() => seen()[before]);
}

/** The same on the command line, with the person's own token; what it printed, and its exit code. */
async function cli(who: string, ...args: string[]): Promise<{ code: number; text: string }> {
	const out: string[] = [];
	const err: string[] = [];
	const io = (env: Record<string, string>) => ({
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env,
	});
	expect(await runPerson(['token', who], io({}), { dataFolder: folder, people: PEOPLE, now: Date.now })).toBe(0);
	const token = out.splice(0).join('').trim();
	const deps = {
		directory,
		dataFolder: folder,
		open: async () => ({ database: fresh.database, close: async () => undefined }),
		now,
	};
	const code = await runIncident(args, io({ INTERLOCK_PERSON: who, INTERLOCK_PERSON_TOKEN: token }), deps);
	return { code, text: [...out, ...err].join('\n') };
}

const kinds = async (): Promise<string[]> =>
	(await fresh.database.raw<{ kind: string }[]>`SELECT kind FROM ledger_entries ORDER BY seq`).map((row) => row.kind);
const frozen = async (): Promise<string[]> =>
	(await fresh.database.raw<{ scope: string }[]>`SELECT scope FROM freezes WHERE thawed_at IS NULL`).map(
		(row) => row.scope,
	);
const approvals = async () => (await readSituation(fresh.database, INCIDENT_ID))?.approvals ?? [];
/** Direct messages that have gone out, of these two kinds. */
const wordsSent = async (): Promise<string> =>
	(
		await fresh.database.raw<{ text: string }[]>`
			SELECT text FROM messages WHERE state = 'sent' AND (key LIKE 'told:%' OR key LIKE 'deputy:%')`
	)
		.map((row) => row.text)
		.join('\n');

describe('a freeze', () => {
	it('set in Slack by anybody on call is lifted by two: the same person through the other door is not the second', async () => {
		await seed();
		expect(await types('pia', 'freeze zone cell-3 smoke at the press')).toContain('Frozen: zone:cell-3');
		expect(await types('pia', 'thaw zone cell-3')).toContain('second person');
		expect(await cli('pia', 'thaw', 'zone', 'cell-3')).toMatchObject({ code: 1 });
		expect((await cli('ana', 'thaw', 'zone', 'cell-4')).code).toBe(1);
		expect(await frozen()).toEqual(['zone:cell-3']);
		expect(await cli('olaf', 'thaw', 'zone', 'cell-3')).toMatchObject({ code: 0 });
		expect(await frozen()).toEqual([]);
		expect((await kinds()).filter((kind) => kind.startsWith('freeze.'))).toEqual([
			'freeze.set',
			'freeze.thaw_asked',
			'freeze.thawed',
		]);
	});

	it('set on the command line is lifted in Slack; an old request to lift it has ended', async () => {
		await seed();
		expect(await cli('ana', 'freeze', 'all', 'worm')).toMatchObject({ code: 0 });
		expect(await types('rita', 'thaw all')).toContain('Not lifted');
		expect(await types('ana', 'thaw all')).toContain('second person');
		ahead += 16 * 60_000;
		expect(await types('olaf', 'thaw all')).toContain('second person');
		expect(await frozen()).toEqual(['all']);
		expect((await cli('ana', 'thaw', 'all')).code).toBe(0);
		expect(await frozen()).toEqual([]);
	});
});

describe('a veto', () => {
	it('of the operator stops the incident from Slack, and IT alone lifts it through no door', async () => {
		await seed();
		expect(await types('pia', `veto ${number} batch is running`)).toContain('Stopped: INC-');
		expect(await frozen()).toEqual([`incident:${INCIDENT_ID}`]);
		expect((await cli('ana', 'thaw', 'incident', String(number))).code).toBe(0);
		expect(await types('ana', `thaw incident ${number}`)).toContain('somebody else has to confirm');
		expect(await types('sven', `thaw incident ${number}`)).toContain('Still frozen');
		expect(await frozen()).toHaveLength(1);
		expect(await cli('olaf', 'thaw', 'incident', String(number))).toMatchObject({ code: 0 });
		expect(await frozen()).toEqual([]);
	});

	it('of one step on the command line, refused to those who do not answer for the place', async () => {
		await seed();
		expect((await cli('ana', 'veto', String(number), STEP_ID, 'no')).code).toBe(1);
		expect((await cli('sven', 'veto', String(number), STEP_ID, 'no')).code).toBe(1);
		expect((await cli('olaf', 'veto', String(number), STEP_ID, 'not', 'now')).code).toBe(0);
		expect(await frozen()).toEqual([`step:${STEP_ID}`]);
		expect(await types('olaf', `thaw step ${STEP_ID}`)).toContain('second person');
		expect(await types('pia', `thaw step ${STEP_ID}`)).toContain('Lifted');
		expect(await frozen()).toEqual([]);
	});
});

describe('what was said by voice', () => {
	it('is recorded as the word of the one who writes it, and counts when the person confirms it', async () => {
		await seed();
		expect(await types('ana', `told ${number} ${STEP_ID} olaf yes go ahead`)).toContain('not their answer');
		await drain();
		expect(await approvals()).toEqual([]);
		expect(await wordsSent()).toContain('It does not count as your answer until you confirm it yourself');
		expect(await kinds()).toContain('approval.told');
		expect(await cli('olaf', 'approve', STEP_ID, '--decision', BINDING.slice(0, 8))).toMatchObject({ code: 0 });
		expect(await approvals()).toMatchObject([{ person: 'olaf', via: 'cli', answer: 'yes' }]);
	});

	it('is written down on the command line too, and by nobody who only reads', async () => {
		await seed();
		expect((await cli('rita', 'told', String(number), STEP_ID, 'olaf', 'yes')).code).toBe(1);
		expect((await cli('pia', 'told', String(number), STEP_ID, 'ana', 'no', 'wait')).code).toBe(0);
		expect(await approvals()).toEqual([]);
		expect((await readSituation(fresh.database, INCIDENT_ID))?.steps[0]?.state).toBe('waiting');
	});
});

describe('a deputy', () => {
	const engineersOnly = step({
		expires_at: Date.now() + 3_600_000,
		decision: decision({
			needs: [
				{ side: 'it', roles: ['it_lead'] },
				{ side: 'ot', roles: ['ot_engineer'] },
			],
		}),
	});

	it('named in Slack and accepted on the command line approves for the absent one, until it is ended', async () => {
		await seed([engineersOnly]);
		const approve = ['approve', STEP_ID, '--decision', BINDING.slice(0, 8)];
		expect((await cli('pia', ...approve)).code).toBe(1);
		const answer = await types('olaf', 'deputy pia as ot_engineer for 8h off shift');
		const id = /dpt_[0-9a-z]+/.exec(answer)?.[0] ?? '';
		await drain();
		expect(await wordsSent()).toContain(`/interlock deputy accept ${id}`);
		expect((await cli('pia', ...approve)).code).toBe(1);
		expect((await cli('ana', 'deputy', 'accept', id)).code).toBe(1);
		expect((await cli('pia', 'deputy', 'accept', id)).code).toBe(0);
		expect(await cli('pia', ...approve)).toMatchObject({ code: 0 });
		const people = await chat.people();
		const pia = people.find((one) => one.id === 'pia');
		expect(pia?.stands_in_for).toEqual(['olaf']);
		expect(pia?.roles.some((grant) => grant.role === 'ot_engineer')).toBe(true);
		expect(people.find((one) => one.id === 'olaf')?.away_until).toBeGreaterThan(now());
		expect(await types('olaf', `deputy end ${id}`)).toContain('Ended');
		expect((await chat.people()).find((one) => one.id === 'pia')?.roles).toEqual([
			{ role: 'ot_operator', sites: ['north'] },
		]);
		expect((await kinds()).filter((kind) => kind.startsWith('deputy.'))).toEqual([
			'deputy.named',
			'deputy.accepted',
			'deputy.ended',
		]);
	});

	it('ends by itself when the time is over', async () => {
		await seed([engineersOnly]);
		const id = /dpt_[0-9a-z]+/.exec((await cli('olaf', 'deputy', 'pia', 'as', 'ot_engineer', 'for', '2h')).text)?.[0];
		expect(await types('pia', `deputy accept ${id}`)).toContain('You stand in for Olaf OT');
		expect((await chat.people()).find((one) => one.id === 'pia')?.stands_in_for).toEqual(['olaf']);
		ahead += 2 * 3_600_000;
		expect((await chat.people()).find((one) => one.id === 'pia')?.stands_in_for).toBeUndefined();
	});
});

describe('a yes', () => {
	it('is taken back by either door until the step starts, and not after', async () => {
		await seed();
		expect((await cli('ana', 'approve', STEP_ID, '--decision', BINDING)).code).toBe(0);
		const set = async (state: Step['state']) =>
			await record(
				fresh.database,
				{ entries: [], changes: [{ op: 'update', table: 'steps', id: STEP_ID, set: { state } }] },
				now(),
			);
		await set('running');
		expect((await cli('ana', 'refuse', STEP_ID, '--decision', BINDING, '--reason', 'wait')).code).toBe(1);
		await set('queued');
		expect(await cli('ana', 'refuse', STEP_ID, '--decision', BINDING, '--reason', 'wait')).toMatchObject({ code: 0 });
		expect((await kinds()).slice(-2)).toEqual(['approval.withdrawn', 'step.refused']);
		expect((await approvals())[0]?.withdrawn_at).not.toBeNull();
		expect((await readSituation(fresh.database, INCIDENT_ID))?.steps[0]?.state).toBe('refused');
	});
});
