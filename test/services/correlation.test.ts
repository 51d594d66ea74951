import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { correlationHandlers } from '../../src/correlation/correlation.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { DAY, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { Due, Topic } from '../../src/domain/topic.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { type Lead, openLead } from '../../src/store/lead.ts';
import { LOCK_CORRELATE } from '../../src/store/migrate.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { readAlertsOfIncident, readIncidents } from '../../src/store/read/correlation.ts';
import { Conflict, record } from '../../src/store/record.ts';
import { INVENTORY } from '../correlation/plant.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const NOW = Date.UTC(2026, 2, 2, 12);
let fresh: Fresh | null = null;
beforeEach(async () => {
	await fresh?.close();
	fresh = await freshDatabase();
	now = NOW;
});
afterAll(() => fresh?.close());
const db = () => fresh!.database;

let now = NOW;
const windows: never[] = [];
const surroundings = { inventory: INVENTORY, windows };
let chance = 0;
/** The stage as a program starts it; the one that was started before is stopped, and with it its hold on the database. */
const start = async (database = db()) => {
	await running?.release();
	running = openLead(database, LOCK_CORRELATE);
	return startBeside(running, database);
};
let running: Lead | null = null;
const startBeside = (lead: Lead, database = db()) =>
	correlationHandlers({
		database,
		context: () => surroundings,
		clock: () => now,
		random: () => ((chance++ * 7919) % 9973) / 9973,
		lead,
	});

const verdict = (given: Partial<Verdict> = {}): Verdict => ({
	domain: 'it',
	category: 'intrusion',
	severity: 'high',
	severity_floor: 'medium',
	matrix: 'enterprise',
	tactics: [],
	techniques: [],
	confidence: 0.5,
	confidence_firm: 0.5,
	assets: [],
	playbooks: [],
	tags: [],
	muted: false,
	reasons: [],
	...given,
});

let nth = 0;
type Shape = {
	title: string;
	minute: number;
	target: string;
	hash?: string;
	severity?: string;
	kind?: string;
	verdict?: Partial<Verdict>;
};
function alertRow({ title, minute, target, hash, severity = 'high', kind = 'security', verdict: given = {} }: Shape) {
	nth++;
	const seenAt = NOW + minute * MINUTE;
	return {
		id: `alr_${String(nth).padStart(12, '0')}`,
		source: 'edr',
		source_kind: 'wazuh',
		fingerprint: `fp${String(nth).padStart(12, '0')}`,
		status: 'open' as const,
		title,
		severity,
		kind,
		time_basis: 'event',
		occurred_at: seenAt,
		received_at: seenAt,
		first_seen: seenAt,
		last_seen: seenAt,
		entities: [
			{ type: 'host' as const, value: target, role: 'target' as const },
			...(hash === undefined ? [] : [{ type: 'file_hash' as const, value: hash, role: 'related' as const }]),
		],
		techniques: [],
		labels: {},
		raw: '{}',
		verdict: verdict({ severity: severity as 'high', assets: [target], ...given }),
		judged_at: NOW,
	};
}

async function due(topic: Topic, rows: ReturnType<typeof alertRow>[]): Promise<Due[]> {
	await record(
		db(),
		{
			entries: [],
			changes: rows.map((row) => ({ op: 'insert' as const, table: 'alerts' as const, row })),
			topics: rows.map((row) => ({ topic, key: row.id })),
		},
		now,
	);
	return await claimDue(db(), topic, 500, now);
}
const alerts = async () => await db().raw`SELECT id, incident, placed_at, "join" FROM alerts ORDER BY seq`;
const incidents = async () => await db().raw`SELECT * FROM incidents ORDER BY number`;
const entries = async (kind: string) => {
	const rows = await db().raw`SELECT canonical FROM ledger_entries WHERE kind = ${kind} ORDER BY seq`;
	return rows.map(
		(row) =>
			JSON.parse(String(row['canonical'])) as { refs: string[]; incident: string; data: Record<string, unknown> },
	);
};
const waiting = async () =>
	(await db().raw`SELECT topic, key FROM outbox ORDER BY id`).map((row) => `${row['topic']} ${row['key']}`);

describe('the correlation stage', () => {
	it('places a batch: incidents, their rows, entries with the parts of the score, and what follows', async () => {
		const rows = [
			alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'aa11' }),
			alertRow({ title: 'beacon', minute: 6, target: 'pc-2', hash: 'aa11', severity: 'critical' }),
			alertRow({ title: 'wrong password', minute: 7, target: 'pc-9', severity: 'medium' }),
		];
		await (await start()).correlate?.(await due('correlate', rows));
		const [one, two, three] = await alerts();
		expect(one?.['incident']).toBe(two?.['incident']);
		expect(three?.['incident']).not.toBe(one?.['incident']);
		const [first] = await incidents();
		expect(first).toMatchObject({
			severity: 'critical',
			title: 'beacon (pc-2)',
			alert_count: 2,
			state: 'open',
			assets: ['pc-1', 'pc-2'],
		});
		const [joined] = await entries('incident.joined');
		expect(joined?.refs).toEqual([rows[1]?.id]);
		expect(joined?.data['parts']).toEqual(expect.arrayContaining([expect.objectContaining({ evidence: 'same file' })]));
		const topics = await waiting();
		for (const topic of ['card', 'plan', 'advise']) expect(topics).toContain(`${topic} ${first?.['id']}`);
		expect(topics.some((topic) => topic.startsWith('correlate '))).toBe(false);
	});

	it('a low alert is no incident by itself, and comes along when something joins it', async () => {
		const handlers = await start();
		const quiet = alertRow({ title: 'odd login', minute: 0, target: 'pc-1', hash: 'bb', severity: 'low' });
		await handlers.correlate?.(await due('correlate', [quiet]));
		expect(await incidents()).toHaveLength(0);
		expect((await alerts())[0]?.['placed_at']).not.toBeNull();
		await handlers.correlate?.(
			await due('correlate', [alertRow({ title: 'dropper', minute: 4, target: 'pc-1', hash: 'bb' })]),
		);
		const [incident] = await incidents();
		expect(incident?.['alert_count']).toBe(2);
		expect((await alerts()).every((row) => row['incident'] === incident?.['id'])).toBe(true);
	});

	it('an alert of a clock that is years ahead ends no incident that is under way', async () => {
		const handlers = await start();
		const step = (title: string, minute: number) => alertRow({ title, minute, target: 'pc-1', hash: 'aa11' });
		await handlers.correlate?.(await due('correlate', [step('dropper', 0), step('injection', 1)]));
		const ahead = NOW + 3_650 * DAY;
		const wrong = alertRow({ title: 'restarted', minute: 2, target: 'pc-9' });
		// As the door stores it.
		await handlers.correlate?.(await due('correlate', [{ ...wrong, occurred_at: ahead }]));
		await handlers.correlate?.(await due('correlate', [step('beacon', 3)]));
		const [one, two, other, three] = await alerts();
		expect([two?.['incident'], three?.['incident']]).toEqual([one?.['incident'], one?.['incident']]);
		expect(other?.['incident']).not.toBe(one?.['incident']);
	});

	it('goes on after a restart as if nothing had happened', async () => {
		await (await start()).correlate?.(
			await due('correlate', [alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'cc' })]),
		);
		await (await start()).correlate?.(
			await due('correlate', [alertRow({ title: 'beacon', minute: 30, target: 'pc-5', hash: 'cc' })]),
		);
		expect(await incidents()).toHaveLength(1);
	});

	const failures = (count: number, severity = 'medium', from = 0) =>
		Array.from({ length: count }, (_, i) =>
			alertRow({
				title: `no answer ${i % 3}`,
				minute: ((from + i) * 2 * SECOND) / MINUTE,
				target: `plc-${from + i}`,
				severity,
				kind: 'availability',
				verdict: { category: 'ot_availability', domain: 'ot' },
			}),
		);

	it('a storm over several batches is one incident, and none was opened for its first alerts', async () => {
		const handlers = await start();
		const rows = failures(30);
		await handlers.correlate?.(await due('correlate', rows.slice(0, 5)));
		expect(await incidents()).toHaveLength(0);
		await handlers.correlate?.(await due('correlate', rows.slice(5)));
		const [storm, ...others] = await incidents();
		expect(others).toEqual([]);
		expect(storm).toMatchObject({ state: 'open', alert_count: 30 });
		expect((await alerts()).every((row) => row['incident'] === storm?.['id'])).toBe(true);
		const joined = await entries('incident.joined');
		expect(
			joined.every(
				(entry) =>
					JSON.stringify(entry.data['parts']).includes('hosts at once') ||
					JSON.stringify(entry.data['parts']).includes('storm under way'),
			),
		).toBe(true);
		now += 10 * SECOND;
		await handlers.correlate?.(await claimDue(db(), 'correlate', 500, now));
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 30 })]);
	});

	it('grave failures open at once, and those of one batch that are a storm open one incident', async () => {
		const handlers = await start();
		await handlers.correlate?.(await due('correlate', failures(2, 'high')));
		expect(await incidents()).toHaveLength(2);
		await handlers.correlate?.(await due('correlate', failures(12, 'high', 2)));
		const rows = await incidents();
		expect(rows.map((row) => row['state'])).toEqual(['merged', 'merged', 'open']);
		expect(rows[2]).toMatchObject({ alert_count: 14 });
		expect(await entries('incident.opened')).toHaveLength(3);
	});

	it('a failure that stays alone is shown after a moment, also where the program was started again meanwhile', async () => {
		await (await start()).correlate?.(await due('correlate', failures(2)));
		expect(await incidents()).toHaveLength(0);
		expect(await claimDue(db(), 'correlate', 500, now + SECOND)).toEqual([]);
		now += 2 * SECOND;
		await (await start()).correlate?.(await claimDue(db(), 'correlate', 500, now));
		expect((await incidents()).map((row) => [row['state'], row['alert_count']])).toEqual([
			['open', 1],
			['open', 1],
		]);
		expect(new Set((await alerts()).map((row) => row['incident'])).size).toBe(2);
		expect((await waiting()).filter((row) => row.startsWith('correlate '))).toEqual([]);
	});

	it('something worse on the same thing takes a waiting failure along', async () => {
		const handlers = await start();
		await handlers.correlate?.(await due('correlate', failures(1)));
		await handlers.correlate?.(
			await due('correlate', [alertRow({ title: 'logic changed', minute: 1, target: 'plc-0', hash: 'ab' })]),
		);
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 2, severity: 'high' })]);
		now += 5 * SECOND;
		await handlers.correlate?.(await claimDue(db(), 'correlate', 500, now));
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 2 })]);
	});

	it('a restart in the middle of a storm opens no second incident', async () => {
		const rows = failures(30);
		for (let i = 0; i < rows.length; i += 10) {
			await (await start()).correlate?.(await due('correlate', rows.slice(i, i + 10)));
		}
		expect(await incidents()).toEqual([expect.objectContaining({ state: 'open', alert_count: 30 })]);
	});

	it('one alert at a time with a restart before each gives the incidents of one batch', async () => {
		const stream = () => [
			alertRow({ title: 'macro', minute: 0, target: 'pc-1', hash: 'a1' }),
			alertRow({ title: 'disk full', minute: 1, target: 'pc-20', severity: 'low' }),
			alertRow({ title: 'beacon', minute: 3, target: 'pc-1', severity: 'critical' }),
			...failures(12),
			alertRow({ title: 'odd login', minute: 5, target: 'pc-2', severity: 'low', hash: 'a1' }),
			alertRow({ title: 'wrong password', minute: 6, target: 'pc-30', severity: 'medium' }),
			alertRow({ title: 'tool', minute: 12, target: 'pc-3', hash: 'a1' }),
			...failures(6, 'medium', 12),
			alertRow({ title: 'logic changed', minute: 30, target: 'eng2', hash: 'a1', verdict: { domain: 'ot' } }),
		];
		const run = async (size: number): Promise<number[]> => {
			await fresh?.close();
			fresh = await freshDatabase();
			now = NOW;
			const rows = stream();
			for (let i = 0; i < rows.length; i += size)
				await (await start()).correlate?.(await due('correlate', rows.slice(i, i + size)));
			now += 5 * SECOND;
			await (await start()).correlate?.(await claimDue(db(), 'correlate', 500, now));
			const ids = (await alerts()).map((row) => String(row['incident'] ?? row['id']));
			return ids.map((id) => ids.indexOf(id));
		};
		const whole = await run(100);
		expect(new Set(whole).size).toBe(4);
		expect(await run(1)).toEqual(whole);
		expect(await run(7)).toEqual(whole);
	});

	it('a long stream gives the same incidents in any batch, stopped in the middle, with two processes', async () => {
		// A day of a plant: two intrusions whose files differ, a slow one on a host of its own, a storm, and what happens every day.
		const stream = () =>
			[
				...Array.from({ length: 24 }, (_, i) =>
					alertRow({ title: `usual ${i % 5}`, minute: i * 17, target: `pc-${10 + i}`, severity: 'low' }),
				),
				...Array.from({ length: 6 }, (_, i) =>
					alertRow({ title: `macro ${i}`, minute: 20 + i * 4, target: 'pc-1', ...(i % 2 === 0 ? { hash: 'a1' } : {}) }),
				),
				...Array.from({ length: 6 }, (_, i) =>
					alertRow({ title: `shell ${i}`, minute: 31 + i * 5, target: 'pc-2', ...(i % 2 === 0 ? { hash: 'b2' } : {}) }),
				),
				...Array.from({ length: 5 }, (_, i) =>
					alertRow({ title: `slow ${i}`, minute: 10 + i * 410, target: 'pc-3', severity: 'medium' }),
				),
				...failures(12),
				alertRow({ title: 'logic changed', minute: 48, target: 'eng2', hash: 'a1', verdict: { domain: 'ot' } }),
			].sort((a, b) => a.last_seen - b.last_seen || (a.id < b.id ? -1 : 1));
		type Way = { readonly size: number; readonly stopEvery: number; readonly processes: number };
		const run = async ({ size, stopEvery, processes }: Way): Promise<number[]> => {
			await running?.release();
			running = null;
			await fresh?.close();
			fresh = await freshDatabase();
			now = NOW;
			const rows = stream();
			const open = () => Array.from({ length: processes }, () => openLead(db(), LOCK_CORRELATE));
			let leads = open();
			let handlers = leads.map((lead) => startBeside(lead));
			for (let i = 0, turn = 0; i < rows.length; i += size, turn++) {
				if (stopEvery > 0 && turn > 0 && turn % stopEvery === 0) {
					// The one that holds the lead goes with all that it knew; a new one comes.
					for (const lead of leads) await lead.release();
					leads = open();
					handlers = leads.map((lead) => startBeside(lead));
				}
				let taken = await due('correlate', rows.slice(i, i + size));
				for (let tries = 0; taken.length > 0 && tries < 4; tries++) {
					await handlers[(turn + tries) % processes]?.correlate?.(taken);
					taken = await claimDue(db(), 'correlate', 500, now);
				}
			}
			now += 5 * SECOND;
			for (const handler of handlers) await handler.correlate?.(await claimDue(db(), 'correlate', 500, now));
			for (const lead of leads) await lead.release();
			const placed = await alerts();
			expect(placed.every((row) => row['placed_at'] !== null)).toBe(true);
			const ids = placed.map((row) => String(row['incident'] ?? row['id']));
			return ids.map((id) => ids.indexOf(id));
		};
		const whole = await run({ size: 500, stopEvery: 0, processes: 1 });
		expect(new Set(whole).size).toBeGreaterThan(4);
		expect(await run({ size: 9, stopEvery: 0, processes: 1 })).toEqual(whole);
		expect(await run({ size: 4, stopEvery: 3, processes: 1 })).toEqual(whole);
		expect(await run({ size: 7, stopEvery: 0, processes: 2 })).toEqual(whole);
		expect(await run({ size: 5, stopEvery: 2, processes: 2 })).toEqual(whole);
	}, 60_000);

	it('a repeat brings the incident up to date and is not counted twice', async () => {
		const handlers = await start();
		const row = alertRow({ title: 'dropper', minute: 0, target: 'pc-1' });
		await handlers.correlate?.(await due('correlate', [row]));
		await record(
			db(),
			{
				entries: [],
				changes: [{ op: 'update', table: 'alerts', id: row.id, set: { repeats: 2, last_seen: NOW + 9 * MINUTE } }],
				topics: [{ topic: 'correlate', key: row.id }],
			},
			now,
		);
		await handlers.correlate?.(await claimDue(db(), 'correlate', 10, now));
		const [incident] = await incidents();
		expect(incident).toMatchObject({ alert_count: 1 });
		expect(Number(incident?.['last_at'])).toBe(NOW + 9 * MINUTE);
		expect(await entries('incident.joined')).toHaveLength(0);
	});

	it('an incident that people resolved takes nothing more', async () => {
		const handlers = await start();
		await handlers.correlate?.(
			await due('correlate', [alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'dd' })]),
		);
		const [incident] = await incidents();
		const id = String(incident?.['id']);
		await record(
			db(),
			{
				entries: [
					{
						kind: 'incident.resolved',
						actor: { kind: 'person', id: 'ann' },
						at: NOW,
						incident: id,
						refs: [id],
						data: {},
					},
				],
				changes: [{ op: 'update', table: 'incidents', id, set: { state: 'resolved', updated_at: NOW + MINUTE } }],
			},
			now,
		);
		await handlers.correlate?.(
			await due('correlate', [alertRow({ title: 'beacon', minute: 3, target: 'pc-1', hash: 'dd' })]),
		);
		expect((await incidents()).map((row) => [row['state'], row['alert_count']])).toEqual([
			['resolved', 1],
			['open', 1],
		]);
	});

	it('what people merged stays one', async () => {
		const handlers = await start();
		const rows = [
			alertRow({ title: 'dropper', minute: 0, target: 'pc-1' }),
			alertRow({ title: 'beacon', minute: 0, target: 'pc-2' }),
		];
		await handlers.correlate?.(await due('correlate', rows));
		const [into, from] = (await incidents()).map((row) => String(row['id']));
		await record(
			db(),
			{
				entries: [
					{
						kind: 'incident.merged',
						actor: { kind: 'person', id: 'ann' },
						at: NOW,
						incident: into!,
						refs: [into!, from!],
						data: { into: into!, from: from! },
					},
				],
				changes: [
					{ op: 'update', table: 'incidents', id: from!, set: { state: 'merged', merged_into: into! } },
					{ op: 'update', table: 'alerts', id: rows[1]!.id, set: { incident: into! } },
				],
			},
			now,
		);
		for (const handler of [() => handlers, start]) {
			await (await handler()).correlate?.(
				await due('correlate', [alertRow({ title: 'persistence', minute: 9, target: 'pc-2' })]),
			);
		}
		expect((await alerts()).every((row) => row['incident'] === into)).toBe(true);
	});

	it('what people merged into an incident that was quiet for days goes on in that one', async () => {
		const handlers = await start();
		const quiet = alertRow({ title: 'dropper', minute: -4 * 24 * 60, target: 'pc-1' });
		const young = alertRow({ title: 'beacon', minute: 0, target: 'pc-2', hash: 'a7' });
		for (const row of [quiet, young]) await handlers.correlate?.(await due('correlate', [row]));
		const [into, from] = (await incidents()).map((row) => String(row['id']));
		await record(
			db(),
			{
				entries: [
					{
						kind: 'incident.merged',
						actor: { kind: 'person', id: 'ann' },
						at: NOW,
						incident: into!,
						refs: [into!, from!],
						data: { into: into!, from: from! },
					},
				],
				changes: [
					{ op: 'update', table: 'incidents', id: from!, set: { state: 'merged', merged_into: into! } },
					{ op: 'update', table: 'alerts', id: young.id, set: { incident: into! } },
				],
			},
			now,
		);
		for (const [at, handler] of [() => handlers, start].entries()) {
			const next = alertRow({ title: 'persistence', minute: 9 + at, target: 'pc-2', hash: 'a7' });
			await (await handler()).correlate?.(await due('correlate', [next]));
		}
		// None of them may stand in the one that ended, where nobody looks.
		expect((await alerts()).map((row) => row['incident'])).toEqual([into, into, into, into]);
	});

	/** The alert goes on: its condition was seen again now. */
	const seenNow = async (id: string) => await db().raw`UPDATE alerts SET last_seen = ${NOW} WHERE id = ${id}`;

	it('what people took apart longer ago than memory reaches stays apart after a restart, too', async () => {
		const handlers = await start();
		const old = -20 * 24 * 60;
		const rows = [
			alertRow({ title: 'dropper', minute: old, target: 'pc-1', hash: 'a9' }),
			alertRow({ title: 'beacon', minute: old + 3, target: 'pc-2', hash: 'a9' }),
		];
		await handlers.correlate?.(await due('correlate', rows));
		const [incident] = (await readIncidents(db(), [String((await incidents())[0]?.['id'])])).values();
		const members = await readAlertsOfIncident(db(), incident!.id, 100);
		const made = splitIncident(
			{
				incident: incident!,
				members,
				taken: [rows[1]!.id],
				newId: 'inc_000000000apart',
				actor: { kind: 'person', id: 'ann' },
				reason: 'a test',
			},
			INVENTORY,
			NOW - 20 * DAY,
		);
		if (!made.ok) throw new Error(made.error);
		await record(db(), made.value, now);
		for (const row of rows) await seenNow(row.id);
		// It fits both by the same file.
		const next = [3, 4].map((minute) => alertRow({ title: `step ${minute}`, minute, target: 'pc-3', hash: 'a9' }));
		await (await start()).correlate?.(await due('correlate', next));
		expect((await incidents()).map((row) => row['state'])).toEqual(['open', 'open']);
		expect(await entries('incident.merge_suggested')).toEqual([]);
		const [one, other] = await alerts();
		expect(one?.['incident']).not.toBe(other?.['incident']);
	});

	it('an alert that people took out becomes an incident of its own and does not go back', async () => {
		const handlers = await start();
		const rows = [
			alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'ee' }),
			alertRow({ title: 'beacon', minute: 3, target: 'pc-2', hash: 'ee' }),
		];
		await handlers.correlate?.(await due('correlate', rows));
		const [incident] = (await readIncidents(db(), [String((await incidents())[0]?.['id'])])).values();
		const members = await readAlertsOfIncident(db(), incident!.id, 100);
		const split = {
			incident: incident!,
			members,
			taken: [rows[1]!.id],
			newId: 'inc_000000000apart',
			actor: { kind: 'person' as const, id: 'ann' },
			reason: 'a test',
		};
		const made = splitIncident(split, INVENTORY, now);
		if (!made.ok) throw new Error(made.error);
		await record(db(), made.value, now);
		for (const handler of [() => handlers, start]) {
			await (await handler()).correlate?.(
				await due('correlate', [alertRow({ title: 'persistence', minute: 8, target: 'pc-2' })]),
			);
		}
		const placed = (await alerts()).map((row) => row['incident']);
		expect(placed).toEqual([incident!.id, split.newId, split.newId, split.newId]);
		expect((await incidents()).map((row) => row['alert_count'])).toEqual([1, 3]);
		expect(splitIncident({ ...split, taken: members.map((member) => member.id) }, INVENTORY, now).ok).toBe(false);
	});

	it('records nothing where the incident was changed meanwhile, and gets it right the next time', async () => {
		const handlers = await start();
		await handlers.correlate?.(await due('correlate', [alertRow({ title: 'dropper', minute: 0, target: 'pc-1' })]));
		const [incident] = await incidents();
		const next = await due('correlate', [alertRow({ title: 'beacon', minute: 3, target: 'pc-1' })]);
		const raced = await start({ ...db(), db: racing(db(), String(incident?.['id'])) });
		await expect(raced.correlate?.(next)).rejects.toThrow(Conflict);
		expect((await alerts())[1]?.['incident']).toBeNull();
		await (await start()).correlate?.(next);
		expect((await alerts())[1]?.['incident']).toBe(incident?.['id']);
	});
});

/** The same database, in which somebody adds an alert to the incident just before the transaction. */
function racing(database: Fresh['database'], incident: string): Fresh['database']['db'] {
	return new Proxy(database.db, {
		get(target, name, self) {
			if (name !== 'transaction') return Reflect.get(target, name, self);
			return async (work: Parameters<typeof target.transaction>[0]) => {
				await database.raw`UPDATE incidents SET alert_count = alert_count + 1 WHERE id = ${incident}`;
				try {
					return await target.transaction(work);
				} finally {
					await database.raw`UPDATE incidents SET alert_count = alert_count - 1 WHERE id = ${incident}`;
				}
			};
		},
	});
}

describe('two processes that answer the same topic', () => {
	it('one places; the other leaves the rows due, and goes on where the first left off when that one is gone', async () => {
		const [first, second] = [openLead(db(), LOCK_CORRELATE), openLead(db(), LOCK_CORRELATE)];
		const [one, other] = [startBeside(first), startBeside(second)];
		await one.correlate?.(
			await due('correlate', [alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'ab' })]),
		);
		for (let i = 0; i < 3; i++) {
			const rows =
				i === 0
					? await due('correlate', [alertRow({ title: 'beacon', minute: 5, target: 'pc-2', hash: 'ab' })])
					: await claimDue(db(), 'correlate', 10, now);
			expect(rows.map((row) => row.attempts)).toEqual([1]);
			await other.correlate?.(rows);
		}
		expect((await alerts())[1]).toMatchObject({ incident: null, placed_at: null });
		await one.correlate?.(await claimDue(db(), 'correlate', 10, now));
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 2 })]);
		await first.release();
		await other.correlate?.(
			await due('correlate', [alertRow({ title: 'tool', minute: 9, target: 'pc-3', hash: 'ab' })]),
		);
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 3 })]);
		// The first comes back and finds that it no longer has the lead.
		const late = await due('correlate', [alertRow({ title: 'theft', minute: 12, target: 'pc-4', hash: 'ab' })]);
		await one.correlate?.(late);
		expect((await alerts())[3]?.['incident']).toBeNull();
		await other.correlate?.(await claimDue(db(), 'correlate', 10, now));
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 4 })]);
		await second.release();
	});

	it('a holder whose session the server ended asks again, and learns what was placed meanwhile', async () => {
		const [first, second] = [openLead(db(), LOCK_CORRELATE), openLead(db(), LOCK_CORRELATE)];
		const [one, other] = [startBeside(first), startBeside(second)];
		await one.correlate?.(
			await due('correlate', [alertRow({ title: 'dropper', minute: 0, target: 'pc-1', hash: 'cd' })]),
		);
		const owner = fresh!.owner();
		await owner`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE application_name = 'interlock lead' AND datname = current_database()`;
		await other.correlate?.(
			await due('correlate', [alertRow({ title: 'beacon', minute: 4, target: 'pc-2', hash: 'cd' })]),
		);
		await second.release();
		await one.correlate?.(await due('correlate', [alertRow({ title: 'tool', minute: 8, target: 'pc-2' })]));
		expect(await incidents()).toEqual([expect.objectContaining({ alert_count: 3 })]);
		expect(await first.take()).toBe('kept');
		await first.release();
	});

	it('many at once place every alert once', async () => {
		const leads = [0, 1, 2].map(() => openLead(db(), LOCK_CORRELATE));
		const handlers = leads.map((lead) => startBeside(lead));
		const rows = Array.from({ length: 30 }, (_, i) =>
			alertRow({ title: `step ${i % 4}`, minute: i, target: `pc-${i % 5}`, hash: `f${i % 3}` }),
		);
		await due('correlate', rows);
		// `due` claimed them; what the handlers get is claimed by each for itself.
		await db().raw`UPDATE outbox SET lease_until = NULL, attempts = 0`;
		await Promise.all(
			handlers.map(async (handler) => {
				for (let i = 0; i < 4; i++) {
					const taken = await claimDue(db(), 'correlate', 10, now);
					if (taken.length > 0) await handler.correlate?.(taken);
				}
			}),
		);
		for (const handler of handlers) {
			const left = await claimDue(db(), 'correlate', 100, now);
			if (left.length > 0) await handler.correlate?.(left);
		}
		const placed = await alerts();
		expect(placed.every((row) => row['placed_at'] !== null)).toBe(true);
		const orders = placed.map((row) => (row['join'] as { taken: { order: number } }).taken.order);
		expect(new Set(orders).size).toBe(30);
		expect((await incidents()).reduce((sum, row) => sum + Number(row['alert_count']), 0)).toBe(30);
		for (const lead of leads) await lead.release();
	});
});

describe('process-safety alarms', () => {
	const alarm = (minute: number, target: string) =>
		alertRow({
			title: 'gas concentration high',
			minute,
			target,
			severity: 'critical',
			kind: 'process_safety',
			verdict: { category: 'process_safety', domain: 'ot' },
		});

	it('open an incident of their own at once, on their own lane', async () => {
		await (await start()).correlate_safety?.(await due('correlate_safety', [alarm(0, 'plc-1')]));
		const [incident] = await incidents();
		expect(incident).toMatchObject({
			process_safety: true,
			category: 'process_safety',
			domain: 'ot',
			severity: 'critical',
		});
		expect(await waiting()).toEqual(
			expect.arrayContaining([`card_safety ${incident?.['id']}`, `plan ${incident?.['id']}`]),
		);
	});

	it('join the open incident of the same asset, and no other', async () => {
		const handlers = await start();
		await handlers.correlate_safety?.(
			await due('correlate_safety', [alarm(0, 'plc-1'), alarm(1, 'plc-1'), alarm(1, 'plc-2')]),
		);
		expect((await incidents()).map((row) => row['alert_count'])).toEqual([2, 1]);
	});

	it('are known to the engine afterwards', async () => {
		const handlers = await start();
		await handlers.correlate?.(await due('correlate', [alertRow({ title: 'usual', minute: 0, target: 'pc-30' })]));
		await handlers.correlate_safety?.(await due('correlate_safety', [alarm(1, 'plc-1')]));
		await handlers.correlate?.(
			await due('correlate', [
				alertRow({ title: 'logic changed', minute: 4, target: 'plc-1', verdict: { domain: 'ot' } }),
			]),
		);
		const rows = await incidents();
		expect(rows.map((row) => row['alert_count'])).toEqual([1, 2]);
		expect(rows[1]).toMatchObject({ process_safety: true, title: 'gas concentration high (plc-1)' });
	});
});
