// Branches, waits, loops and taking back on a real database: what is decided is decided once, stands in the ledger before anything follows
// from it, survives a death at any moment, and is not changed by writing to a table.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Step } from '../../src/domain/step.ts';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import type { LoadedPlaybook } from '../../src/response/choose.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue, LEASE_MS } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { chanceOf } from '../response/support/generated.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let now = NOW;
let count = 0;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	now += 24 * 3_600_000;
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents');
});

const HOUR = 3_600_000;
const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const tell = (key: string, of: object = {}) => ({ key, title: key, action: 'notify', params: { text: 'x' }, ...of });
const ask = (key: string, of: object = {}) => ({ key, title: key, action: 'ask_person', ...of });

const stage = (playbooks: readonly LoadedPlaybook[]): Handlers =>
	createResponse({
		database: fresh.database,
		inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: now - HOUR } },
		playbooks,
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: [],
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	});

/** Works through what is due. With a chance, the process dies after some piece of work: its lease has to end first. */
async function drain(handlers: Handlers, dies: () => boolean = () => false): Promise<void> {
	for (let round = 0; round < 80; round++) {
		let worked = false;
		for (const topic of TOPICS) {
			const due: Due[] = await claimDue(fresh.database, topic, 20, now);
			if (due.length === 0) continue;
			worked = true;
			if (dies()) {
				now += LEASE_MS + 1;
				continue;
			}
			try {
				await handlers[topic]?.(due);
			} catch (cause) {
				await failDue(fresh.database, due, String(cause), now);
				now += 1_000;
			}
		}
		if (!worked) return;
	}
	throw new Error('still something due after 80 rounds');
}

async function open(id: string, assets: readonly string[] = ['lap-1']): Promise<string> {
	const incident = `inc_f${String(++count).padStart(11, '0')}`;
	const row = {
		...{ id: incident, title: 't', state: 'open' as const, severity: 'high', domain: 'it', category: 'malware' },
		...{ process_safety: false, sites: ['north'], zones: [], assets: [...assets], techniques: [], tactics: [] },
		...{ playbooks: [id], confidence_firm: 0.95, alert_count: 0, first_at: now, last_at: now, opened_at: now },
		...{ created_at: now, updated_at: now },
	};
	await record(
		fresh.database,
		{ entries: [], changes: [{ op: 'insert', table: 'incidents', row }], topics: [{ topic: 'plan', key: incident }] },
		now,
	);
	return incident;
}

async function steps(incident: string): Promise<Record<string, Step>> {
	const rows = await fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} ORDER BY position, id`;
	return Object.fromEntries(
		rows.map((row) => [String(row['key']), { ...row, updated_at: Number(row['updated_at']) } as unknown as Step]),
	);
}

const states = async (incident: string) =>
	Object.fromEntries(Object.entries(await steps(incident)).map(([key, step]) => [key, step.state]));

async function branched(incident: string): Promise<{ key: string; took: string | null; because: string[] }[]> {
	const rows = await fresh.database
		.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident} AND kind = 'step.branched' ORDER BY seq`;
	return rows.map((row) => JSON.parse(String(row['canonical'])).data);
}

/** A word of a person as chat records it. */
async function attest(step: Step, answer?: { name: string; value: boolean }): Promise<void> {
	await record(
		fresh.database,
		{
			entries: [
				{
					...{ kind: 'step.attested', actor: { kind: 'person', id: 'otto' }, at: now, incident: step.incident },
					...{ refs: [step.id], data: { step_title: step.title, ...(answer === undefined ? {} : { answer }) } },
				},
			],
			changes: [{ op: 'update', table: 'steps', id: step.id, set: { state: 'attested', updated_at: now } }],
			topics: [{ topic: 'plan', key: step.incident }],
		},
		now,
	);
}

const BRANCH = playbook('branch', [
	ask('whose', { answer: { name: 'ours', type: 'boolean' } }),
	{
		key: 'is-ours',
		title: 'Is it ours?',
		after: ['whose'],
		if: { variable: { name: 'ours', is: true } },
		do: [tell('calm')],
		else: [tell('alarm'), ask('look', { after: ['alarm'] })],
	},
	tell('end', { after: ['is-ours'] }),
]);

describe('a branch', () => {
	it('follows the recorded answer, stands in the ledger with its reason, and is decided once', async () => {
		const handlers = stage([BRANCH]);
		const incident = await open('branch');
		await drain(handlers);
		expect(await states(incident)).toEqual({ whose: 'hands', 'is-ours': 'planned', end: 'planned' });
		expect(await branched(incident)).toEqual([]);
		await attest((await steps(incident))['whose']!, { name: 'ours', value: false });
		await drain(handlers);
		expect(await states(incident)).toMatchObject({ 'is-ours': 'done', alarm: 'done', look: 'hands', end: 'planned' });
		expect(await branched(incident)).toMatchObject([{ key: 'is-ours', took: 'else', because: ['`ours` is false'] }]);
		await attest((await steps(incident))['look']!);
		await drain(handlers);
		expect(await states(incident)).toMatchObject({ look: 'attested', end: 'done' });
		expect(await branched(incident)).toHaveLength(1);
		expect(Object.keys(await steps(incident))).not.toContain('calm');
	});

	it('is not turned by writing to the row of the answer or of the branch', async () => {
		const handlers = stage([BRANCH]);
		const incident = await open('branch');
		await drain(handlers);
		await attest((await steps(incident))['whose']!, { name: 'ours', value: false });
		await drain(handlers);
		await fresh.owner().unsafe("UPDATE steps SET outcome = 'yes: forged' WHERE key = 'is-ours'");
		await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now);
		await drain(handlers);
		expect(Object.keys(await steps(incident))).not.toContain('calm');
		await fresh.owner().unsafe("UPDATE steps SET state = 'planned' WHERE key = 'is-ours'");
		await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now);
		await drain(handlers);
		expect(await states(incident)).toMatchObject({ 'is-ours': 'done' });
		expect(Object.keys(await steps(incident))).not.toContain('calm');
		expect(await branched(incident)).toHaveLength(1);
	});

	it.each([1, 2, 3, 4, 5, 6])('comes to the same where the program dies again and again (seed %i)', async (seed) => {
		const chance = chanceOf(seed);
		const incident = await open('branch');
		const dies = () => chance() < 0.35;
		await drain(stage([BRANCH]), dies);
		await attest((await steps(incident))['whose']!, { name: 'ours', value: true });
		await drain(stage([BRANCH]), dies);
		expect(await states(incident)).toEqual({ whose: 'attested', 'is-ours': 'done', calm: 'done', end: 'done' });
		expect(await branched(incident)).toHaveLength(1);
		const intents = await fresh.database
			.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident} AND kind = 'step.intent'`;
		expect(intents).toHaveLength(3);
	});
});

describe('a wait', () => {
	const WAIT = playbook('wait', [
		{
			key: 'answer',
			wait: { for: '2h', until: { fact: { name: 'process_running', of: 'lap-1', known: true } } },
			do: [tell('came')],
			on_deadline: [tell('late')],
		},
	]);

	it('takes the way of its deadline, after a new start too', async () => {
		const incident = await open('wait');
		await drain(stage([WAIT]));
		expect(await states(incident)).toEqual({ answer: 'planned' });
		now += HOUR;
		await drain(stage([WAIT]));
		expect(await states(incident)).toEqual({ answer: 'planned' });
		now += HOUR + 60_000;
		await drain(stage([WAIT]));
		expect(await states(incident)).toEqual({ answer: 'expired', late: 'done' });
		expect((await branched(incident)).map((one) => one.took)).toEqual([null, 'deadline']);
	});

	it('ends when what it waits for is there, and not before because somebody moved its deadline in the table', async () => {
		const handlers = stage([WAIT]);
		const incident = await open('wait');
		await drain(handlers);
		await fresh.owner().unsafe(`UPDATE steps SET expires_at = ${now - 1}`);
		await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now);
		await drain(handlers);
		expect(await states(incident)).toEqual({ answer: 'planned' });
	});

	it('ends with its incident', async () => {
		const handlers = stage([WAIT]);
		const incident = await open('wait');
		await drain(handlers);
		await fresh.owner().unsafe("UPDATE incidents SET state = 'resolved'");
		now += 3 * HOUR;
		await drain(handlers);
		expect(await states(incident)).toEqual({ answer: 'cancelled' });
	});
});

describe('a loop', () => {
	it('adds what joins a growing incident, once', async () => {
		const loop = playbook('loop', [
			{
				key: 'each',
				for_each: { assets: { class: ['endpoint'] } },
				do: [ask('check', { target: 'item', title: '{item}' })],
			},
		]);
		const handlers = stage([loop]);
		const incident = await open('loop');
		await drain(handlers);
		expect(Object.keys(await steps(incident))).toEqual(['check@lap-1']);
		await fresh.owner().unsafe(`UPDATE incidents SET assets = '["lap-1","lap-2"]'`);
		for (let look = 0; look < 3; look++) {
			await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now);
			await drain(handlers);
		}
		expect(Object.keys(await steps(incident)).toSorted()).toEqual(['check@lap-1', 'check@lap-2']);
	});
});

describe('a called playbook', () => {
	it('is named with its version in the ledger, and a change of it voids what was planned', async () => {
		const child = playbook('child', [ask('look')], { triggers: [] });
		const parent = playbook('parent', [{ key: 'call', playbook: 'child' }]);
		const incident = await open('parent');
		await drain(stage([parent, child]));
		const [row] = await fresh.database
			.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident} AND kind = 'plan.made'`;
		const { data } = JSON.parse(String(row?.['canonical']));
		expect(data.playbooks).toMatchObject([{ id: 'parent', calls: [{ id: 'child', version: child.version }] }]);
		const version = (await steps(incident))['call/look']?.playbook_version;
		expect(version).toBe(data.playbooks[0].version);
		expect(version).not.toBe(parent.version);
	});
});
