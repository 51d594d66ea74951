import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewEntry } from '../../src/domain/entry.ts';
import { claimDue, dueTopics, failDue, LEASE_MS, outboxDepth } from '../../src/store/outbox.ts';
import { Conflict, LeaseLost, record } from '../../src/store/record.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(() => fresh.close());

const NOW = Date.UTC(2026, 0, 5, 3);
const entry = (data: NewEntry['data'] = {}): NewEntry => ({
	kind: 'program.started',
	actor: { kind: 'system', id: 'test' },
	at: NOW,
	incident: null,
	refs: [],
	data,
});
const freeze = (id: string) =>
	({ op: 'insert', table: 'freezes', row: { id, scope: 'all', reason: 'r', set_by: 'p', set_at: NOW } }) as const;
const count = async (table: string): Promise<number> =>
	Number((await fresh.database.raw.unsafe(`SELECT count(*) AS n FROM ${table}`))[0]?.['n']);

describe('record', () => {
	it('writes the entry, the change and the topic together', async () => {
		const before = await count('ledger_entries');
		const [id] = await record(
			fresh.database,
			{ entries: [entry({ why: 'test' })], changes: [freeze('frz_1')], topics: [{ topic: 'card', key: 'inc_1' }] },
			NOW,
		);
		expect(await count('ledger_entries')).toBe(before + 1);
		const [row] = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE id = ${id ?? ''}`;
		expect(JSON.parse(String(row?.['canonical']))).toMatchObject({ v: 1, id, data: { why: 'test' } });
		expect((await claimDue(fresh.database, 'card', 10, NOW)).map((due) => due.key)).toEqual(['inc_1']);
	});

	it('writes nothing at all where one part cannot be written', async () => {
		const before = [await count('ledger_entries'), await count('outbox'), await count('freezes')];
		await expect(
			record(
				fresh.database,
				{
					entries: [entry()],
					changes: [freeze('frz_2'), { op: 'update', table: 'freezes', id: 'frz_nowhere', set: { reason: 'x' } }],
					topics: [{ topic: 'card', key: 'inc_2' }],
				},
				NOW,
			),
		).rejects.toThrow(Conflict);
		expect([await count('ledger_entries'), await count('outbox'), await count('freezes')]).toEqual(before);
	});

	it('refuses an update of a row that somebody else changed first', async () => {
		await record(fresh.database, { entries: [entry()], changes: [freeze('frz_3')] }, NOW);
		const thaw = (by: string) =>
			record(
				fresh.database,
				{
					entries: [entry({ by })],
					changes: [
						{
							op: 'update',
							table: 'freezes',
							id: 'frz_3',
							set: { thawed_by: by, thawed_at: NOW },
							expect: { thawed_by: null },
						},
					],
				},
				NOW,
			);
		const results = await Promise.allSettled([thaw('a'), thaw('b')]);
		expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
	});

	it('keeps an erasable value beside the ledger and only its salted hash in it', async () => {
		const [id] = await record(fresh.database, { entries: [{ ...entry(), personal: { name: 'Ada Lovelace' } }] }, NOW);
		const [row] = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE id = ${id ?? ''}`;
		expect(String(row?.['canonical'])).not.toContain('Ada');
		const [kept] = await fresh.database.raw`SELECT value FROM ledger_personal WHERE entry = ${id ?? ''}`;
		expect(kept?.['value']).toBe('Ada Lovelace');
	});

	it.each(["UPDATE ledger_entries SET kind = 'x'", 'DELETE FROM ledger_entries', 'TRUNCATE ledger_entries'])(
		'the database refuses to the program and to the owner: %s',
		async (statement) => {
			await expect(fresh.database.raw.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
			await expect(fresh.owner().unsafe(statement)).rejects.toMatchObject({ code: '42501' });
			await expect(fresh.owner().unsafe(`SET session_replication_role = replica; ${statement}`)).rejects.toMatchObject({
				code: '42501',
			});
		},
	);
});

describe('the outbox', () => {
	it('folds waiting repeats of a key and gives each row to one worker', async () => {
		await record(
			fresh.database,
			{ entries: [], topics: Array.from({ length: 5 }, () => ({ topic: 'plan' as const, key: 'inc_9' })) },
			NOW,
		);
		await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: 'inc_9' }] }, NOW);
		const taken = await Promise.all([
			claimDue(fresh.database, 'plan', 10, NOW),
			claimDue(fresh.database, 'plan', 10, NOW),
		]);
		expect(taken.flat()).toHaveLength(1);
	});

	it('lets work have effect once: a worker whose lease ran out writes nothing', async () => {
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: 'stp_1' }] }, NOW);
		const [slow] = await claimDue(fresh.database, 'run', 1, NOW);
		const [quick] = await claimDue(fresh.database, 'run', 1, NOW + LEASE_MS + 1);
		const before = await count('ledger_entries');
		await expect(record(fresh.database, { entries: [entry()], done: [slow!] }, NOW)).rejects.toThrow(LeaseLost);
		expect(await count('ledger_entries')).toBe(before);
		await record(fresh.database, { entries: [entry()], done: [quick!] }, NOW);
		expect(await count('ledger_entries')).toBe(before + 1);
	});

	it('tries again after a growing pause, parks after the last try, and never loses the row', async () => {
		await record(fresh.database, { entries: [], topics: [{ topic: 'advise', key: 'inc_3' }] }, NOW);
		let now = NOW;
		let tries = 0;
		for (; tries < 50; tries++) {
			const due = await claimDue(fresh.database, 'advise', 1, now);
			if (due.length === 0) break;
			expect(await dueTopics(fresh.database, now)).not.toContain('advise');
			await failDue(fresh.database, due, 'no answer', now);
			expect(await claimDue(fresh.database, 'advise', 1, now)).toEqual([]);
			now += 61_000;
		}
		expect(tries).toBe(12);
		expect((await outboxDepth(fresh.database)).find((row) => row.topic === 'advise')).toMatchObject({
			parked: 1,
			last_error: 'no answer',
		});
	});

	it('brings a delayed row forward when the same key is wanted sooner', async () => {
		await record(fresh.database, { entries: [], topics: [{ topic: 'expire', key: 's', after: NOW + 60_000 }] }, NOW);
		expect(await claimDue(fresh.database, 'expire', 1, NOW)).toEqual([]);
		await record(fresh.database, { entries: [], topics: [{ topic: 'expire', key: 's' }] }, NOW);
		expect(await claimDue(fresh.database, 'expire', 1, NOW)).toHaveLength(1);
	});
});
