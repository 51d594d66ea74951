// What is checked after a step, with a real database and an endpoint service that lies, is late, lets hosts go and hangs: the worker believes
// what the target shows and not what the call answered. One process is killed while it looks.
import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Handlers } from '../../src/domain/topic.ts';
import { LEASE_MS } from '../../src/store/outbox.ts';
import { record } from '../../src/store/record.ts';
import { type Fresh, freshDatabase } from './harness.ts';
import { type LyingEdr, startLyingEdr } from './lying-edr.ts';
import { RESPONSE_TOPICS, stageOn, workOnce } from './verify-world.ts';

const MINUTE = 60_000;
let fresh: Fresh;
let edr: LyingEdr;
let handlers: Handlers;
let ahead = 0;
let count = 0;
const clock = (): number => Date.now() + ahead;

beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	edr = await startLyingEdr();
	handlers = stageOn(fresh.database, edr.url, clock);
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents');
	// What was done in an earlier test counts for an hour: each has a day of its own.
	ahead += 24 * 60 * MINUTE;
});
afterEach(async () => await edr.close());

async function drain(): Promise<void> {
	for (let round = 0; round < 60; round++)
		if (!(await workOnce(fresh.database, handlers, RESPONSE_TOPICS, clock))) return;
	throw new Error('still something due after 60 rounds');
}

/** Time passes in steps, and what becomes due is worked. */
async function pass(ms: number, everyMs = 5_000): Promise<void> {
	for (let gone = 0; gone < ms; gone += everyMs) {
		ahead += everyMs;
		await drain();
	}
}

async function open(): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	const at = clock();
	const row = {
		...{ id, title: 't', state: 'open' as const, severity: 'high', domain: 'it', category: 'malware' },
		...{ process_safety: false, sites: ['north'], zones: [], assets: ['lap-1'], techniques: [], tactics: [] },
		...{ playbooks: ['it'], confidence_firm: 0.95, alert_count: 0, first_at: at, last_at: at, opened_at: at },
		...{ created_at: at, updated_at: at },
	};
	await record(
		fresh.database,
		{ entries: [], changes: [{ op: 'insert', table: 'incidents', row }], topics: [{ topic: 'plan', key: id }] },
		at,
	);
	return id;
}

async function stepOf(incident: string) {
	const [row] = await fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} AND key = 'isolate'`;
	return { state: String(row?.['state']), outcome: String(row?.['outcome']), until: row?.['contained_until'] };
}

async function kinds(incident: string): Promise<string[]> {
	const rows = await fresh.database.raw`SELECT kind FROM ledger_entries WHERE incident = ${incident} ORDER BY seq`;
	return rows.map((row) => String(row['kind'])).filter((kind) => kind.startsWith('step.'));
}

const BEGUN = ['step.decided', 'step.queued', 'step.intent', 'step.result'];

describe('a target that is asked after the call', () => {
	it('and shows what was done: the step is verified, once, and watched while its containment holds', async () => {
		const id = await open();
		await drain();
		expect(await kinds(id)).toEqual(BEGUN);
		await pass(30 * MINUTE, MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.verified']);
		expect(edr.gets.length).toBeGreaterThanOrEqual(3);
		expect(edr.posts).toEqual(['isolate_host lap-1']);
	});

	it('and did nothing, though it answered "done": people see a step in doubt, and nothing is tried again', async () => {
		edr.mode = 'lies';
		const id = await open();
		await pass(3 * MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.in_doubt']);
		expect(await stepOf(id)).toMatchObject({
			state: 'in_doubt',
			outcome: expect.stringContaining('and it is not so: state is `normal`'),
		});
		const asked = await fresh.database.raw`SELECT 1 FROM outbox WHERE topic = 'card_asked' AND key = ${id}`;
		expect(asked).toHaveLength(1);
		await pass(60 * MINUTE, MINUTE);
		expect(edr.posts).toEqual(['isolate_host lap-1']);
		expect((await stepOf(id)).state).toBe('in_doubt');
	});

	it('and shows it late: first in doubt, then settled by what the target shows', async () => {
		edr.mode = 'lies';
		const id = await open();
		await pass(3 * MINUTE);
		expect((await stepOf(id)).state).toBe('in_doubt');
		edr.hosts.set('lap-1', 'isolated');
		await pass(10 * MINUTE, MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.in_doubt', 'step.result', 'step.verified']);
		expect(await stepOf(id)).toMatchObject({ state: 'done', until: expect.anything() });
		expect(edr.posts).toHaveLength(1);
	});

	it('and cannot be seen: that is said, and a person is asked', async () => {
		edr.mode = 'blind';
		const id = await open();
		await pass(20 * MINUTE, 15_000);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.unseen', 'step.in_doubt']);
		expect((await stepOf(id)).outcome).toContain('cannot be seen');
	});

	it('and lets the host go later, by somebody else’s hand: told, ended, not done again', async () => {
		const id = await open();
		await pass(15 * MINUTE, MINUTE);
		edr.hosts.set('lap-1', 'normal');
		await pass(20 * MINUTE, MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.verified', 'step.undone']);
		expect(await stepOf(id)).toMatchObject({ state: 'undone', until: null });
		await pass(3 * 60 * MINUTE, 10 * MINUTE);
		expect(edr.posts).toEqual(['isolate_host lap-1']);
		expect(edr.hosts.get('lap-1')).toBe('normal');
	});

	it('is asked too when everything is frozen, by a grant that opens nothing but the look', async () => {
		const id = await open();
		await drain();
		const at = clock();
		await record(
			fresh.database,
			{
				entries: [
					{
						...{ kind: 'freeze.set', actor: { kind: 'person', id: 'olga' }, at, incident: null, refs: ['frz_1'] },
						data: { scope: 'all', reason: 'r' },
					},
				],
				changes: [
					{
						op: 'insert',
						table: 'freezes',
						row: { id: 'frz_1', scope: 'all', reason: 'r', set_by: 'olga', set_at: at },
					},
				],
			},
			at,
		);
		await pass(MINUTE);
		expect(await kinds(id)).toContain('step.verified');
		// The ledger remembers it: lifted, so that it holds nothing of another test.
		const lifted = { actor: { kind: 'person' as const, id: 'otto' }, at: clock(), incident: null, refs: ['frz_1'] };
		await record(fresh.database, { entries: [{ kind: 'freeze.thawed', ...lifted, data: {} }] }, clock());
	});
});

describe('a process that is killed', () => {
	/** A process of its own that works what is due, until it is killed in the middle of a request. */
	async function killedAt(method: 'GET' | 'POST'): Promise<void> {
		edr.hold = method;
		const world = new URL('./verify-world.ts', import.meta.url).pathname;
		const child = spawn(process.execPath, [world, fresh.runUrl, inject('role') ?? '', edr.url, String(ahead)], {
			stdio: ['ignore', 'ignore', 'inherit'],
		});
		try {
			await expect.poll(() => edr.held(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
		} finally {
			child.kill('SIGKILL');
			if (child.exitCode === null && child.signalCode === null) await new Promise((gone) => child.once('exit', gone));
		}
		edr.release();
		ahead += LEASE_MS + 1_000;
	}

	it('while it looks loses no look: another looks', async () => {
		const id = await open();
		await killedAt('GET');
		expect(await kinds(id)).toEqual(BEGUN);
		await pass(3 * MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.verified']);
		expect(edr.posts).toHaveLength(1);
	}, 40_000);

	it('between the call and its answer leaves a doubt that the target settles, and is looked at like any other', async () => {
		const id = await open();
		await killedAt('POST');
		expect((await stepOf(id)).state).toBe('running');
		await pass(3 * MINUTE);
		expect(await kinds(id)).toEqual([...BEGUN, 'step.verified']);
		expect(edr.posts).toHaveLength(1);
	}, 40_000);
});
