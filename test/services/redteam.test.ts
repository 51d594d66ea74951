// The red team on the running line, with a real database and a real target: one attacker after another, each of whom owns something and
// still hurts nothing. Each attack ends in refusal, an entry in the ledger and a message to people. docs/safety.md lists them, and where
// the attackers that are not here are (hostile alert text, a hostile model, stolen chat secrets, forged clicks).
import { createRedisBackend, withBackend } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EntryKind, NewEntry } from '../../src/domain/entry.ts';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import { openReminders } from '../../src/queue/backend.ts';
import { createRelay } from '../../src/queue/relay.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createForeignTeller } from '../../src/response/foreign-job.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { startTarget, type Target } from '../response/support/target.ts';
import { type Fresh, freshDatabase } from './harness.ts';
import { hasRedis, startRedis } from './redis.ts';

let fresh: Fresh;
let target: Target;
let now = NOW;
let count = 0;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	target = await startTarget();
	now += 24 * 3_600_000;
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents');
});
afterEach(async () => await target.close());

const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ISOLATE = {
	key: 'isolate',
	title: 'Isolate',
	action: 'isolate_host',
	target: 'primary',
	params: {},
	instructions: 'by hand',
};

/** The response stage with one connector that isolates hosts. */
function partsOf(step: object = ISOLATE, inventory = INVENTORY, age = 3_600_000) {
	const call = (path: string) => ({ method: 'POST' as const, path, idempotent: false });
	const calls = { isolate_host: call('/hosts/{target}/isolate'), release_host: call('/hosts/{target}/release') };
	const connector = createGenericHttp(
		{ name: 'edr', kind: 'generic-http', base_url: target.url, allow_private: true, timeout_ms: 300, calls },
		null,
		{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
	return {
		database: fresh.database,
		inventory: { ...inventory, data: { ...inventory.data, confirmedAt: now - age } },
		playbooks: [playbook('p', [step])],
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: [connector],
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	};
}

const stage = (...how: Parameters<typeof partsOf>): Handlers => createResponse(partsOf(...how));

async function drain(handlers: Handlers): Promise<void> {
	for (let round = 0; round < 40; round++) {
		let due: Due[] = [];
		for (const topic of TOPICS) {
			due = await claimDue(fresh.database, topic, 20, now);
			if (due.length > 0) await handlers[topic]?.(due);
			if (due.length > 0) break;
		}
		if (due.length === 0) return;
	}
}

async function open(asset: string): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	const row = {
		id,
		title: 't',
		state: 'open' as const,
		severity: 'high',
		domain: 'it',
		category: 'malware',
		process_safety: false,
		sites: ['north'],
		zones: [],
		assets: [asset],
		techniques: [],
		tactics: [],
		playbooks: ['p'],
		confidence_firm: 0.95,
		alert_count: 0,
		first_at: now,
		last_at: now,
		opened_at: now,
		created_at: now,
		updated_at: now,
	};
	await record(
		fresh.database,
		{ entries: [], changes: [{ op: 'insert', table: 'incidents', row }], topics: [{ topic: 'plan', key: id }] },
		now,
	);
	return id;
}

const wake = async (incident: string): Promise<void> =>
	void (await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now));

async function stepOf(incident: string, key = 'isolate') {
	const [row] = await fresh.database.raw`
		SELECT id, state, contained_until, decision->>'binding' AS binding, decision->>'class' AS class FROM steps
		WHERE incident = ${incident} AND key = ${key}`;
	if (row === undefined) throw new Error('no step');
	return {
		id: String(row['id']),
		incident,
		until: row['contained_until'] === null ? null : Number(row['contained_until']),
		state: String(row['state']),
		binding: String(row['binding']),
		class: String(row['class']),
	};
}

type StepRow = Awaited<ReturnType<typeof stepOf>>;

const queue = async (step: { readonly id: string }): Promise<void> =>
	void (await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: step.id }] }, now));

/** A row straight into the table, with no entry in the ledger. */
async function forgeFact(name: string, subject: string, value: boolean | string, by = 'olga', at = now): Promise<void> {
	const json = JSON.stringify(value);
	await fresh.database.raw`INSERT INTO facts (id, name, subject, value, source, supplied_by, stated_at, expires_at)
		VALUES (${`fct_${++count}`}, ${name}, ${subject}, ${json}::text::jsonb, 'person', ${by}, ${at}, NULL)`;
}

async function forgeYes(step: StepRow, person: string): Promise<void> {
	await fresh.database.raw`INSERT INTO approvals (id, step, person, roles, answer, reason, binding, via, at, expires_at)
		VALUES (${`apr_${++count}`}, ${step.id}, ${person}, '[]'::jsonb, 'yes', NULL, ${step.binding}, 'slack', ${now}, ${now + 600_000})`;
}

const entryOf = (
	kind: EntryKind,
	person: string,
	of: { incident: string | null; refs: string[]; data: NewEntry['data']; at?: number },
): NewEntry => ({ kind, actor: { kind: 'person', id: person }, at: now, ...of });

/** A statement as chat records it. */
async function state(name: string, subject: string, value: boolean | string, by = 'olga', at = now): Promise<string> {
	const id = `fct_${++count}`;
	const row = { id, name, subject, value, source: 'person', supplied_by: by, stated_at: at, expires_at: null };
	const data = { name, subject, value, expires_at: null, via: 'cli' };
	const entries = [entryOf('fact.stated', by, { incident: null, refs: [id], data, at })];
	await record(fresh.database, { entries, changes: [{ op: 'insert', table: 'facts', row }] }, now);
	return id;
}

/** An answer as chat records it, whoever gives it: what counts is decided by the gate. */
async function answer(step: StepRow, person: string, of: { at?: number; binding?: string; no?: true } = {}) {
	const id = `apr_${++count}`;
	const { at = now, binding = step.binding } = of;
	const said = { binding, roles: [], via: 'slack' as const, expires_at: at + 600_000, reason: of.no ? 'no' : null };
	const kind = of.no ? 'approval.refused' : 'approval.given';
	const row = { id, step: step.id, person, answer: of.no ? ('no' as const) : ('yes' as const), at, ...said };
	const entries = [entryOf(kind, person, { incident: step.incident, refs: [step.id, id], data: said, at })];
	await record(fresh.database, { entries, changes: [{ op: 'insert', table: 'approvals', row }] }, now);
	return id;
}

/** Everything that two people need said about the jump host before they may cut it off. */
async function stateAll(
	say: (name: string, subject: string, value: boolean | string) => Promise<unknown>,
	step: StepRow,
): Promise<void> {
	await say('zone_state', 'dmz', 'normal');
	await say('zone_safety_alarm_active', 'dmz', false);
	await say('identity_compromised', step.incident, false);
	const prepared = ['dependency_checked', 'process_effect_written', 'rollback_tested', 'view_remains_stated'];
	for (const name of [...prepared, 'operator_informed', 'alternative_access_stated']) await say(name, step.id, true);
}

/** A step on the jump host that waits for two people, with everything said. */
async function askTwo(handlers: Handlers): Promise<StepRow> {
	const incident = await open('jump-1');
	await drain(handlers);
	await stateAll(state, await stepOf(incident));
	await wake(incident);
	await drain(handlers);
	const step = await stepOf(incident);
	expect(step).toMatchObject({ state: 'waiting', class: 'TWO' });
	return step;
}

async function entries(kind: string, incident: string): Promise<string[]> {
	const rows = await fresh.database
		.raw`SELECT canonical FROM ledger_entries WHERE kind = ${kind} AND incident = ${incident} ORDER BY seq`;
	return rows.map((row) => String(row['canonical']));
}

/** Refused, recorded and told: once each, however often it is looked at. */
async function expectTold(incident: string, words: RegExp): Promise<void> {
	const found = (await entries('tampering.found', incident)).filter((text) => words.test(text));
	expect(found.length).toBeGreaterThan(0);
	const told = await fresh.database.raw`SELECT text FROM messages WHERE key LIKE 'tampering:%' AND channel = ''`;
	expect(told.map((row) => String(row['text'])).filter((text) => words.test(text)).length).toBe(found.length);
	await wake(incident);
	await drain(stage());
	expect((await entries('tampering.found', incident)).filter((text) => words.test(text)).length).toBe(found.length);
}

describe('somebody who can write to steps', () => {
	it('cannot change what was planned: another target or parameter ends the step', async () => {
		const handlers = stage();
		const { id, incident } = await askTwo(handlers);
		for (const person of ['ida', 'otto']) await answer(await stepOf(incident), person);
		await fresh.database.raw`UPDATE steps SET target = 'plc-1', state = 'queued' WHERE id = ${id}`;
		await queue({ id });
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident)).state).toBe('cancelled');
		await expectTold(incident, /not as planned/);
	});

	it('cannot make the program do what it has no connector for', async () => {
		const handlers = stage();
		const incident = await open('lap-1');
		await drain(handlers);
		const before = target.calls.length;
		const { id } = await stepOf(incident);
		await fresh.database
			.raw`UPDATE steps SET action = 'stop_controller', state = 'queued', attempts = 0 WHERE id = ${id}`;
		await queue({ id });
		await drain(handlers);
		expect(target.calls.length).toBe(before);
		await expectTold(incident, /not as planned/);
	});

	it('cannot use a decision of their own: the worker asks the gate and not the row', async () => {
		const handlers = stage();
		const { id, incident } = await askTwo(handlers);
		const lists = { rows: [], needs: [], holds: [], missing: [] };
		const forged = JSON.stringify({ class: 'AUTO', ...lists, summary: 's', instead: '', binding: 'b' });
		await fresh.database.raw`UPDATE steps SET decision = ${forged}::text::jsonb, state = 'queued' WHERE id = ${id}`;
		await queue({ id });
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect(await stepOf(incident)).toMatchObject({ state: 'waiting', class: 'TWO' });
		await expectTold(incident, /was recorded as/);
	});

	it('cannot bring back what a person refused, nor make it forget who asked for it', async () => {
		const handlers = stage();
		const step = await askTwo(handlers);
		const data = { reason: 'no' };
		const refused = entryOf('step.refused', 'otto', { incident: step.incident, refs: [step.id], data });
		const set = { state: 'refused' as const, updated_at: now };
		await record(
			fresh.database,
			{ entries: [refused], changes: [{ op: 'update', table: 'steps', id: step.id, set }] },
			now,
		);
		for (const person of ['ida', 'otto']) await answer(step, person);
		await fresh.database.raw`UPDATE steps SET state = 'queued', requested_by = 'mallory' WHERE id = ${step.id}`;
		await queue(step);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(step.incident)).state).toBe('refused');
		await expectTold(step.incident, /somebody else asked/);
	});

	it('cannot make a containment last for ever, nor end it before its time', async () => {
		const handlers = stage({ ...ISOLATE, containment_for: '1h' });
		const incident = await open('lap-1');
		await drain(handlers);
		const { id, until } = await stepOf(incident);
		expect(until).not.toBeNull();
		await fresh.database.raw`UPDATE steps SET contained_until = ${now + 10 ** 10} WHERE id = ${id}`;
		await wake(incident);
		await drain(handlers);
		expect((await stepOf(incident)).until).toBe(until);
		await expectTold(incident, /containment ends at another time/);
		await fresh.database.raw`UPDATE steps SET contained_until = NULL WHERE id = ${id}`;
		now = until ?? now;
		await wake(incident);
		await drain(handlers);
		expect((await stepOf(incident, 'undo:isolate')).state).toBe('waiting');
	});

	it('cannot put a step of their own beside the plan', async () => {
		const handlers = stage();
		const incident = await open('lap-x');
		await drain(handlers);
		await fresh.database.raw`
			INSERT INTO steps SELECT ('stp_forged_' || ${incident})::text AS id, incident, playbook, playbook_version, 'more', 9, title, action,
				'lap-1', params, instructions, checklist, 'queued', decision, after, requested_by, expires_at, containment_ms,
				contained_until, attempts, outcome, created_at, updated_at FROM steps WHERE incident = ${incident}`;
		await queue({ id: `stp_forged_${incident}` });
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident, 'more')).state).toBe('cancelled');
		await expectTold(incident, /nothing says that it was planned/);
	});
});

describe('somebody who can write to approvals, facts and freezes', () => {
	it('cannot say yes for two people who never did', async () => {
		const handlers = stage();
		const { incident } = await askTwo(handlers);
		const step = await stepOf(incident);
		for (const person of ['ida', 'otto']) await forgeYes(step, person);
		await wake(incident);
		await queue(step);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident)).state).toBe('waiting');
		await expectTold(incident, /nobody gave it/);
	});

	it('cannot turn or delete a no, nor renew a yes that was taken back', async () => {
		const handlers = stage();
		const step = await askTwo(handlers);
		await answer(step, 'olga', { no: true });
		const held = await answer(step, 'ida');
		await record(
			fresh.database,
			{
				entries: [entryOf('approval.withdrawn', 'ida', { incident: step.incident, refs: [step.id, held], data: {} })],
				changes: [{ op: 'update', table: 'approvals', id: held, set: { withdrawn_at: now } }],
			},
			now,
		);
		await answer(step, 'otto');
		await fresh.database.raw`UPDATE approvals SET answer = 'yes', withdrawn_at = NULL, expires_at = ${now + 600_000}`;
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		await expectTold(step.incident, /was changed in the table/);
	});

	it('cannot state facts that nobody stated, whatever the table says', async () => {
		const handlers = stage();
		const incident = await open('jump-1');
		await drain(handlers);
		await stateAll(forgeFact, await stepOf(incident));
		await wake(incident);
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		expect(target.calls).toEqual([]);
		await expectTold(incident, /nobody stated it/);
	});

	it('cannot delete or turn a warning that somebody gave', async () => {
		const handlers = stage();
		const first = await state('dual_homed', 'lap-1', true);
		await fresh.database.raw`DELETE FROM facts WHERE id = ${first}`;
		const incident = await open('lap-1');
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		expect(target.calls).toEqual([]);
		await expectTold(incident, /was deleted/);
		const second = await state('dual_homed', 'lap-1', true);
		await fresh.database.raw`UPDATE facts SET value = 'false'::jsonb WHERE id = ${second}`;
		await wake(incident);
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		await state('dual_homed', 'lap-1', false);
	});

	it('cannot lift a freeze that people set', async () => {
		const handlers = stage();
		const data = { scope: 'all', reason: 'until we know' };
		const row = { id: `frz_${++count}`, ...data, set_by: 'olga', set_at: now };
		const set = entryOf('freeze.set', 'olga', { incident: null, refs: [row.id], data });
		await record(fresh.database, { entries: [set], changes: [{ op: 'insert', table: 'freezes', row }] }, now);
		await fresh.database.raw`UPDATE freezes SET thawed_at = ${now}, thawed_by = 'otto'`;
		const incident = await open('lap-1');
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident)).state).toBe('waiting');
		await expectTold(incident, /nobody lifted it/);
		const thawed = entryOf('freeze.thawed', 'otto', { incident: null, refs: [row.id], data: { asked_by: 'ida' } });
		await record(fresh.database, { entries: [thawed], topics: [{ topic: 'plan', key: incident }] }, now);
		await drain(handlers);
		expect((await stepOf(incident)).state).toBe('done');
	});
});

describe('somebody who may state one fact', () => {
	it('cannot push an older warning out of what the gate reads by stating very much', async () => {
		const handlers = stage();
		await state('dual_homed', 'lap-1', true, 'olga', now - 3_600_000);
		const at = now;
		const flood = Array.from({ length: 6_000 }, (_, n) =>
			entryOf('fact.stated', 'mallory', {
				...{ incident: null, refs: [`fct_flood_${count}_${n}`] },
				data: { name: 'off_peak', subject: `stp_flood${n}`, value: true, expires_at: null },
				at,
			}),
		);
		await record(fresh.database, { entries: flood }, now);
		const incident = await open('lap-1');
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		expect(target.calls).toEqual([]);
		await state('dual_homed', 'lap-1', false);
	});
});

describe('one malicious approver', () => {
	it('is not two: neither by two clicks, nor with a no of the other side', async () => {
		const handlers = stage();
		const step = await askTwo(handlers);
		await answer(step, 'otto');
		await answer(step, 'otto', { binding: 'f'.repeat(64) });
		await queue(step);
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		await answer(step, 'ida', { no: true });
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(step.incident)).state).toBe('waiting');
	});
});

describe('two colluding approvers of IT', () => {
	it('do not make one of OT', async () => {
		const handlers = stage();
		const step = await askTwo(handlers);
		for (const person of ['ida', 'ian']) await answer(step, person);
		await wake(step.incident);
		await queue(step);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(step.incident)).state).toBe('waiting');
	});
});

describe('somebody who replays or reorders answers, or whose clock is wrong', () => {
	it('gets nothing from a yes for an earlier decision, from the future, or from yesterday', async () => {
		const handlers = stage();
		const step = await askTwo(handlers);
		await answer(step, 'otto');
		await answer(step, 'ida', { at: now + 3_600_000 });
		await answer(step, 'ida', { at: now - 24 * 3_600_000, binding: 'e'.repeat(64) });
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(step.incident)).state).toBe('waiting');
	});
});

describe('a playbook that is changed after people said yes', () => {
	it('is asked again: their yes was to another plan', async () => {
		const step = await askTwo(stage());
		for (const person of ['ida', 'otto']) await answer(step, person);
		const handlers = stage({ ...ISOLATE, instructions: 'by hand, otherwise' });
		await queue(step);
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		const asked = await stepOf(step.incident);
		expect(asked.state).toBe('waiting');
		expect(asked.binding).not.toBe(step.binding);
		for (const person of ['ida', 'otto']) await answer(asked, person);
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toHaveLength(1);
	});
});

describe('a rule gone wild', () => {
	/** Hosts `lap-1`, `lap-2`, ... that differ in where they stand. */
	const spread = (placeOf: (host: number) => { site: string; zone: string }): typeof INVENTORY => ({
		...INVENTORY,
		find: (name) => {
			const host = Number(/^lap-(\d)$/.exec(name)?.[1] ?? Number.NaN);
			const like = INVENTORY.find('lap-1');
			return like === null || Number.isNaN(host) ? INVENTORY.find(name) : { ...like, id: name, ...placeOf(host) };
		},
	});

	async function isolateSeven(inventory: typeof INVENTORY): Promise<string[]> {
		const handlers = stage(ISOLATE, inventory);
		const incidents: string[] = [];
		for (let n = 1; n <= 7; n++) {
			incidents.push(await open(`lap-${n}`));
			await drain(handlers);
		}
		return incidents;
	}

	it('isolates three hosts of a zone in an hour and then asks a person', async () => {
		const inventory = spread(() => ({ site: 'north', zone: 'office' }));
		const incidents = await isolateSeven(inventory);
		expect(target.calls).toHaveLength(3);
		for (const incident of incidents.slice(3))
			expect(await stepOf(incident)).toMatchObject({ state: 'waiting', class: 'ONE' });
		now += 3_600_001;
		await wake(incidents[6] ?? '');
		await drain(stage(ISOLATE, inventory));
		expect(target.calls).toHaveLength(4);
	});

	it('isolates four hosts of a site, and five of the plant, in an hour and then asks a person', async () => {
		const ofSite = await isolateSeven(spread((host) => ({ site: 'north', zone: `office-${host}` })));
		expect(target.calls).toHaveLength(4);
		expect(await stepOf(ofSite[4] ?? '')).toMatchObject({ state: 'waiting', class: 'ONE' });
		now += 3_600_001;
		const ofPlant = await isolateSeven(spread((host) => ({ site: `site-${host}`, zone: `office-${host}` })));
		expect(target.calls).toHaveLength(9);
		expect(await stepOf(ofPlant[5] ?? '')).toMatchObject({ state: 'waiting', class: 'ONE' });
	});
});

describe('a gate that fails', () => {
	it('refuses the step, freezes everything by itself, tells people, and stays frozen when it works again', async () => {
		const broken = createResponse({ ...partsOf(), siteRules: null as never });
		const incident = await open('lap-1');
		await drain(broken);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident)).class).toBe('NEVER');
		const [held] = await fresh.database.raw`SELECT id, set_by FROM freezes WHERE thawed_at IS NULL`;
		expect(held?.['set_by']).toBe('interlock');
		const told = await fresh.database.raw`SELECT 1 FROM messages WHERE key LIKE 'self-freeze:%'`;
		expect(told.length).toBeGreaterThan(0);
		await wake(incident);
		await drain(broken);
		await wake(incident);
		await drain(stage());
		expect(await stepOf(incident)).toMatchObject({ state: 'waiting', class: 'AUTO' });
		expect(target.calls).toEqual([]);
		expect(await fresh.database.raw`SELECT 1 FROM freezes WHERE thawed_at IS NULL`).toHaveLength(1);
		const thawed = entryOf('freeze.thawed', 'otto', { incident: null, refs: [String(held?.['id'])], data: {} });
		await record(fresh.database, { entries: [thawed] }, now);
	});
});

describe('a worker with a forged job', () => {
	it('runs nothing that waits, is for hands or is not there, however often it is told to', async () => {
		const handlers = stage();
		const waiting = await askTwo(handlers);
		const hands = await open('plc-1');
		await drain(handlers);
		for (let n = 0; n < 3; n++) {
			for (const step of [waiting, await stepOf(hands), { id: 'stp_none' }]) await queue(step);
			await drain(handlers);
		}
		expect(target.calls).toEqual([]);
		expect((await stepOf(hands)).class).toBe('HANDS');
	});
});

describe.skipIf(!hasRedis())('somebody who writes jobs into Redis', () => {
	it('makes nobody run anything: the job is not used, it is recorded and told once, and the program goes on', async () => {
		const redis = await startRedis();
		const handlers = stage();
		const waiting = await askTwo(handlers);
		const told: string[] = [];
		const failures: unknown[] = [];
		const tell = createForeignTeller(
			fresh.database,
			() => now,
			cryptoRandom,
			(error) => void failures.push(error),
		);
		const reminders = await openReminders({
			url: redis.url,
			onFault: () => undefined,
			onForeign: (topic, what) => {
				told.push(what);
				tell(topic, what);
			},
		});
		const { database } = fresh;
		const common = { database, reminders, clock: () => now, onFault: () => undefined, onParked: () => undefined };
		const relay = createRelay({ ...common, handlers });
		relay.start();
		const { hostname, port, pathname } = new URL(redis.url);
		const connection = {
			host: hostname,
			port: Number(port),
			db: Number(pathname.slice(1)),
			maxRetriesPerRequest: null,
		};
		const attacker = new (withBackend(createRedisBackend).Queue)('run', { connection, prefix: 'interlock' });
		try {
			const grant = { step: waiting.id, action: 'isolate_host', targets: ['jump-1'], approvedBy: ['ida', 'otto'] };
			for (const name of ['run', 'look', 'grant'])
				await attacker.add(name, { key: waiting.id, step: { ...waiting, state: 'queued' }, grant }, { priority: 1 });
			await attacker.add('run', { rpc: 'isolate_host', host: 'plc-1' }, { jobId: 'a-job-of-mine' });
			await expect.poll(() => told.length, { timeout: 10_000 }).toBe(4);
			// Rows of chat stay due, because nobody posts here: so long a forged job has to be taken.
			await relay.idle(3_000);
			expect(target.calls).toEqual([]);
			expect((await stepOf(waiting.incident)).state).toBe('waiting');
			const found = async () =>
				await fresh.database
					.raw`SELECT canonical FROM ledger_entries WHERE kind = 'tampering.found' AND canonical LIKE '%"table":"queue"%'`;
			await expect.poll(async () => (await found()).length).toBe(1);
			expect(failures).toEqual([]);
			const words = await fresh.database
				.raw`SELECT text FROM messages WHERE key LIKE 'tampering:queue:run:%' AND channel = ''`;
			expect(words).toHaveLength(1);
			expect(String(words[0]?.['text'])).toMatch(/a job that Interlock did not write.*Nothing was done because of it/);
			// Our own reminders still work beside it.
			for (const person of ['ida', 'otto']) await answer(await stepOf(waiting.incident), person);
			await wake(waiting.incident);
			await reminders.remind('plan');
			await expect.poll(() => target.calls.length, { timeout: 10_000 }).toBe(1);
		} finally {
			await attacker.close();
			await relay.stop();
			await reminders.close();
			await redis.stop();
		}
	});
});

describe('somebody who tampers with the inventory', () => {
	it('voids what was approved on the old one: the decision is another, and its approvals with it', async () => {
		const step = await askTwo(stage());
		await answer(step, 'otto');
		const find = INVENTORY.find.bind(INVENTORY);
		const changed: typeof INVENTORY = {
			...INVENTORY,
			find: (name) => {
				const asset = find(name);
				return asset === null || asset.id !== 'jump-1' ? asset : { ...asset, level: '4', class: 'server' };
			},
		};
		const handlers = stage(ISOLATE, changed);
		await answer(step, 'ida');
		await queue(step);
		await wake(step.incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(step.incident)).binding).not.toBe(step.binding);
	});

	it('gets nothing by keeping it from being confirmed: a stale one judges everything as a controller', async () => {
		const handlers = stage(ISOLATE, INVENTORY, 31 * 24 * 3_600_000);
		const incident = await open('lap-1');
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		expect(target.calls).toEqual([]);
	});
});
