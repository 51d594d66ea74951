import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '../../src/domain/decision.ts';
import type { EntryKind, NewEntry } from '../../src/domain/entry.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import type { LoadedPlaybook } from '../../src/response/choose.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue, LEASE_MS } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { startTarget, type Target } from '../response/support/target.ts';
import { type Fresh, freshDatabase } from './harness.ts';
import { type LyingEdr, startLyingEdr } from './lying-edr.ts';

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
	// One day apart, with nothing left over: tests do not see each other's steps.
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents');
});
afterEach(async () => await target.close());

const MINUTE = 60_000;
const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

const ISOLATE = {
	key: 'isolate',
	title: 'Isolate',
	action: 'isolate_host',
	target: 'primary',
	params: {},
	instructions: 'by hand',
	expires_in: '15m',
};
const END = {
	key: 'end',
	title: 'End the session',
	action: 'end_session',
	target: 'primary',
	params: { session: 'S-9' },
	instructions: 'by hand',
	expires_in: '15m',
};

type Calls = Record<string, { idempotent?: boolean; readBack?: boolean }>;

function connector(calls: Calls): Connector {
	const configured = Object.entries(calls).map(([action, { idempotent = false, readBack = false }]) => [
		action,
		{
			method: 'POST',
			path: `/hosts/{target}/${action}`,
			idempotent,
			...(readBack ? { read_back: { path: '/hosts/{target}', done_when: 'isolated' } } : {}),
		},
	]);
	return createGenericHttp(
		{
			name: 'edr',
			kind: 'generic-http',
			base_url: target.url,
			allow_private: true,
			timeout_ms: 300,
			calls: Object.fromEntries(configured),
		},
		null,
		{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
}

function stage(
	playbooks: readonly LoadedPlaybook[],
	calls: Calls,
	inventory = INVENTORY,
	connectors?: Connector[],
): Handlers {
	return createResponse({
		database: fresh.database,
		inventory: { ...inventory, data: { ...inventory.data, confirmedAt: now - 3_600_000 } },
		playbooks,
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: connectors ?? (Object.keys(calls).length === 0 ? [] : [connector(calls)]),
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	});
}

async function claim(topic: Topic): Promise<Due[]> {
	return await claimDue(fresh.database, topic, 20, now);
}

/** Works through everything that is due now, as the relay does. */
async function drain(handlers: Handlers): Promise<void> {
	for (let round = 0; round < 40; round++) {
		let worked = false;
		for (const topic of TOPICS) {
			const due = await claim(topic);
			if (due.length === 0) continue;
			worked = true;
			try {
				await handlers[topic]?.(due);
			} catch (cause) {
				await failDue(fresh.database, due, String(cause), now);
				now += 1_000;
			}
		}
		if (!worked) return;
	}
	throw new Error('still something due after 40 rounds');
}

/** An incident about one asset, with a plan due. */
async function open(assetId: string, ids: readonly string[], of: object = {}): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	await record(
		fresh.database,
		{
			entries: [
				{ kind: 'incident.opened', actor: { kind: 'bot', id: 'bot' }, at: now, incident: id, refs: [], data: {} },
			],
			changes: [
				{
					op: 'insert',
					table: 'incidents',
					row: {
						id,
						title: 't',
						state: 'open',
						severity: 'high',
						domain: 'it',
						category: 'malware',
						process_safety: false,
						sites: ['north'],
						zones: [],
						assets: [assetId],
						techniques: [],
						tactics: [],
						playbooks: [...ids],
						confidence_firm: 0.95,
						alert_count: 0,
						first_at: now,
						last_at: now,
						opened_at: now,
						created_at: now,
						updated_at: now,
						...of,
					},
				},
			],
			topics: [{ topic: 'plan', key: id }],
		},
		now,
	);
	return id;
}

async function stepOf(incident: string, key: string): Promise<Step> {
	const [row] = await fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} AND key = ${key}`;
	if (row === undefined) throw new Error(`no step ${key}`);
	const number = (value: unknown) => (value === null ? null : Number(value));
	return {
		...row,
		expires_at: number(row['expires_at']),
		contained_until: number(row['contained_until']),
		updated_at: Number(row['updated_at']),
	} as Step;
}

async function entries(incident: string): Promise<string[]> {
	const rows = await fresh.database.raw`SELECT kind FROM ledger_entries WHERE incident = ${incident} ORDER BY seq`;
	return rows.map((row) => String(row['kind']));
}

/** A yes as chat records it. */
async function approve(step: Step, person: string, of: Partial<Approval> = {}): Promise<void> {
	const id = `apr_${++count}`;
	const roles = PEOPLE.find((one) => one.id === person)?.roles.map((grant) => grant.role) ?? [];
	const row = {
		...{ id, step: step.id, person, roles, answer: 'yes' as const, reason: null, via: 'slack' as const },
		...{ binding: step.decision?.binding ?? '', at: now, expires_at: now + 15 * MINUTE, withdrawn_at: null },
		...of,
	};
	const { binding, via, expires_at, reason } = row;
	await record(
		fresh.database,
		{
			entries: [
				{
					kind: 'approval.given',
					actor: { kind: 'person', id: row.person },
					at: row.at,
					incident: step.incident,
					refs: [step.id, id],
					data: { binding, roles, via, expires_at, reason },
				},
			],
			changes: [{ op: 'insert', table: 'approvals', row }],
			topics: [{ topic: 'run', key: step.id }],
		},
		now,
	);
}

async function state(name: string, subject: string, value: boolean | string, by = 'olga'): Promise<void> {
	const id = `fct_${++count}`;
	await record(
		fresh.database,
		{
			entries: [
				{
					kind: 'fact.stated',
					actor: { kind: 'person', id: by },
					at: now,
					incident: null,
					refs: [id],
					data: { name, subject, value, expires_at: null, via: 'cli' },
				},
			],
			changes: [
				{
					op: 'insert',
					table: 'facts',
					row: {
						id,
						name,
						subject,
						value,
						source: 'person',
						supplied_by: by,
						stated_at: now,
						expires_at: null,
					},
				},
			],
		},
		now,
	);
}

/** What the ledger has of a person's word about a step. */
const said = (kind: EntryKind, step: Step, data: NewEntry['data'] = {}): NewEntry => ({
	...{ kind, actor: { kind: 'person', id: 'ida' }, at: now, incident: step.incident, refs: [step.id], data },
});

/** Everything that a jump host or engineering station needs said before two people may cut it off. */
async function stateAll(step: Step, assetId: string, zone: string): Promise<void> {
	await state('zone_state', zone, 'normal');
	await state('zone_safety_alarm_active', zone, false);
	await state('download_in_progress', assetId, false);
	await state('identity_compromised', step.incident, false);
	for (const name of [
		'dependency_checked',
		'process_effect_written',
		'rollback_tested',
		'view_remains_stated',
		'operator_informed',
		'alternative_access_stated',
	]) {
		await state(name, step.id, true);
	}
}

const replan = async (incident: string): Promise<void> => {
	await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: incident }] }, now);
};

describe('a step that may run by itself', () => {
	it('runs once, with intent before and result after, and everything it decided in the ledger', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(target.calls.map((call) => call.path)).toEqual(['/hosts/lap-1/isolate_host']);
		expect(target.calls[0]?.key).toBe((await stepOf(id, 'isolate')).id);
		expect(await entries(id)).toEqual([
			'incident.opened',
			'plan.made',
			'step.decided',
			'step.queued',
			'step.intent',
			'step.result',
		]);
	});

	it('acts once however often its topics are delivered, also at the same time', async () => {
		target.honoursKeys = false;
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('lap-1', ['p']);
		await handlers['plan']?.(await claim('plan'));
		const [first] = await claim('run');
		// The row is leased: a second one for the same step can come in beside it.
		await record(
			fresh.database,
			{
				entries: [],
				topics: [
					{ topic: 'run', key: first!.key },
					{ topic: 'plan', key: id },
				],
			},
			now,
		);
		const [second] = await claim('run');
		await Promise.allSettled([
			handlers['run']?.([first!]),
			handlers['run']?.([second!]),
			handlers['plan']?.(await claim('plan')),
		]);
		await replan(id);
		now += LEASE_MS;
		await drain(handlers);
		expect(target.effects).toHaveLength(1);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
	});

	it('is planned once when the plan is made again', async () => {
		const handlers = stage(
			[playbook('p', [ISOLATE, { key: 'tell', title: 'Tell', action: 'notify', params: { text: 'hi' } }])],
			{ isolate_host: {} },
		);
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		const before = await entries(id);
		for (let i = 0; i < 3; i++) {
			await replan(id);
			await drain(handlers);
		}
		expect(await entries(id)).toEqual(before);
		expect(target.effects).toHaveLength(1);
		const [row] = await fresh.database.raw`SELECT count(*)::int AS n FROM messages`;
		expect(row?.['n']).toBe(1);
	});

	it('waits while a freeze stands, and runs when it is lifted', async () => {
		const handlers = stage(
			[playbook('p', [ISOLATE, { key: 'tell', title: 'Tell', action: 'notify', params: { text: 'hi' } }])],
			{ isolate_host: {} },
		);
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'freezes',
						row: { id: 'frz_1', scope: 'all', reason: 'test', set_by: 'olga', set_at: now },
					},
				],
			},
			now,
		);
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('waiting');
		// People are told all the same: a freeze stops actions, not words.
		expect((await stepOf(id, 'tell')).state).toBe('done');
		expect(target.calls).toEqual([]);
		await record(
			fresh.database,
			{ entries: [], changes: [{ op: 'update', table: 'freezes', id: 'frz_1', set: { thawed_at: now } }] },
			now,
		);
		now += MINUTE;
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
	});

	it('is stopped by a freeze that comes after it was queued', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('lap-1', ['p']);
		await handlers['plan']?.(await claim('plan'));
		expect((await stepOf(id, 'isolate')).state).toBe('queued');
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'freezes',
						row: { id: 'frz_2', scope: 'site:north', reason: 'test', set_by: 'olga', set_at: now },
					},
				],
			},
			now,
		);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('waiting');
		expect(target.calls).toEqual([]);
	});
});

describe('a call whose effect is not known', () => {
	it('leaves the step in doubt where the target cannot be asked and takes no keys', async () => {
		target.fault = 'drop-after-effect';
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('in_doubt');
		expect(target.calls).toHaveLength(1);
		expect(await entries(id)).toContain('step.in_doubt');
	});

	it('is tried again under the same key where the target honours keys, with one effect', async () => {
		target.fault = 'drop-after-effect-once';
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: { idempotent: true } });
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(target.calls).toHaveLength(2);
		expect(target.effects).toHaveLength(1);
	});

	it('is cleared up by asking the target', async () => {
		target.fault = 'drop-after-effect-once';
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: { readBack: true } });
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(target.calls.map((call) => call.method)).toEqual(['POST', 'GET']);
	});
});

describe('a program that dies between intent and result', () => {
	/** Runs up to the recorded intent and the call, and loses the answer as a killed process does. */
	async function dieInCall(calls: Calls): Promise<string> {
		const base = connector(calls);
		const dying: Connector = {
			...base,
			call: async (grant, request) => {
				await base.call(grant, request);
				throw new Error('killed');
			},
		};
		const handlers = createResponse({
			database: fresh.database,
			inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: now - 3_600_000 } },
			playbooks: [playbook('p', [ISOLATE])],
			people: PEOPLE,
			windows: [],
			siteRules: [],
			connectors: [dying],
			clock: () => now,
			random: cryptoRandom,
			log: silent,
		});
		const id = await open('lap-1', ['p']);
		await handlers['plan']?.(await claim('plan'));
		await expect(handlers['run']?.(await claim('run'))).rejects.toThrow('killed');
		expect((await stepOf(id, 'isolate')).state).toBe('running');
		return id;
	}

	it('comes back in doubt, and asks people where nothing else can tell', async () => {
		target.honoursKeys = false;
		const id = await dieInCall({ isolate_host: {} });
		now += LEASE_MS + 1;
		await drain(stage([playbook('p', [ISOLATE])], { isolate_host: {} }));
		expect((await stepOf(id, 'isolate')).state).toBe('in_doubt');
		expect(target.effects).toHaveLength(1);
	});

	it('asks the target, and finds it done', async () => {
		const id = await dieInCall({ isolate_host: { readBack: true } });
		now += LEASE_MS + 1;
		await drain(stage([playbook('p', [ISOLATE])], { isolate_host: { readBack: true } }));
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(target.effects).toHaveLength(1);
	});

	it('calls again with the same key where that is one effect', async () => {
		const id = await dieInCall({ isolate_host: { idempotent: true } });
		now += LEASE_MS + 1;
		await drain(stage([playbook('p', [ISOLATE])], { isolate_host: { idempotent: true } }));
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(new Set(target.calls.map((call) => call.key)).size).toBe(1);
		expect(target.calls).toHaveLength(2);
		expect(target.effects).toHaveLength(1);
	});

	it('does not call again under a freeze', async () => {
		const id = await dieInCall({ isolate_host: { idempotent: true } });
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'freezes',
						row: { id: 'frz_3', scope: 'all', reason: 'test', set_by: 'olga', set_at: now },
					},
				],
			},
			now,
		);
		now += LEASE_MS + 1;
		await drain(stage([playbook('p', [ISOLATE])], { isolate_host: { idempotent: true } }));
		expect((await stepOf(id, 'isolate')).state).toBe('in_doubt');
		expect(target.calls).toHaveLength(1);
	});
});

describe('twenty random crashes', () => {
	it.each(Array.from({ length: 20 }, (_, seed) => seed))(
		'make no effect happen twice and leave no step half known (seed %d)',
		async (seed) => {
			// A small linear congruential generator: a failure names its seed.
			let state = seed * 7_919 + 17;
			const chance = (): number => {
				state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
				return state / 2 ** 31;
			};
			const calls = { isolate_host: { idempotent: seed % 3 === 0, readBack: seed % 3 === 1 } };
			target.honoursKeys = seed % 3 === 0;
			const base = connector(calls);
			let crashes = 3;
			const crash = (): void => {
				if (crashes <= 0 || chance() < 0.4) return;
				crashes--;
				throw new Error('killed');
			};
			const dying: Connector = {
				...base,
				async call(grant, request) {
					crash();
					const result = await base.call(grant, request);
					crash();
					return result;
				},
				async readBack(grant, request) {
					crash();
					return await base.readBack(grant, request);
				},
			};
			const handlers = stage([playbook('p', [ISOLATE])], calls, INVENTORY, [dying]);
			const id = await open('lap-1', ['p']);
			for (let life = 0; life < 6; life++) {
				if (chance() < 0.5 && life > 0) {
					await record(
						fresh.database,
						{ entries: [], topics: [{ topic: 'run', key: (await stepOf(id, 'isolate')).id }] },
						now,
					);
				}
				await drain(handlers);
				now += LEASE_MS + 1;
			}
			const step = await stepOf(id, 'isolate');
			expect(['done', 'in_doubt', 'failed']).toContain(step.state);
			expect(target.effects.length).toBeLessThanOrEqual(1);
			if (step.state === 'done') expect(target.effects).toHaveLength(1);
			if (step.state === 'failed') expect(target.effects).toHaveLength(0);
			const kinds = await entries(id);
			expect(kinds.indexOf('step.intent')).toBeLessThan(
				kinds.findIndex((kind) => kind === 'step.result' || kind === 'step.in_doubt'),
			);
		},
	);
});

describe('a step that asks one person', () => {
	const ask = async (): Promise<{ id: string; handlers: Handlers; step: Step }> => {
		const handlers = stage([playbook('p', [END])], { end_session: {} });
		const id = await open('jump-1', ['p']);
		for (const [name, subject, value] of [
			['zone_state', 'dmz', 'normal'],
			['zone_safety_alarm_active', 'dmz', false],
			['session_is_live_maintenance', 'S-9', false],
			['session_sole_remote_operator', 'S-9', false],
		] as const)
			await state(name, subject, value);
		await drain(handlers);
		let step = await stepOf(id, 'end');
		for (const fact of step.decision?.missing ?? []) if (fact.name === 'ot_told') await state('ot_told', step.id, true);
		await replan(id);
		await drain(handlers);
		step = await stepOf(id, 'end');
		return { id, handlers, step };
	};

	it('runs after the right yes and not before', async () => {
		const { id, handlers, step } = await ask();
		expect(step.state).toBe('waiting');
		expect(step.decision?.class).toBe('ONE');
		expect(step.decision?.holds).toEqual([]);
		expect(target.calls).toEqual([]);
		const roles = step.decision?.needs[0]?.roles ?? [];
		const right = PEOPLE.find((one) => one.roles.some((grant) => roles.includes(grant.role)))!;
		const wrong = PEOPLE.find((one) => !one.roles.some((grant) => roles.includes(grant.role)))!;
		await approve(step, wrong.id);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		await approve(step, right.id);
		await drain(handlers);
		expect((await stepOf(id, 'end')).state).toBe('done');
		expect(target.effects).toHaveLength(1);
	});

	it('is void where the parameters were changed in the table after the yes', async () => {
		const { id, handlers, step } = await ask();
		await approve(step, 'ida');
		await approve(step, 'otto');
		await fresh.owner().unsafe(`UPDATE steps SET params = '{"session":"S-1"}' WHERE id = '${step.id}'`);
		await drain(handlers);
		expect((await stepOf(id, 'end')).state).toBe('cancelled');
		expect(await entries(id)).toContain('tampering.found');
		expect(target.calls).toEqual([]);
	});

	it('does not run on a yes for another decision, from a stranger, or one that ran out', async () => {
		const { id, handlers, step } = await ask();
		await approve(step, 'ida', { binding: 'f'.repeat(64) });
		await approve(step, 'mallory', { roles: ['it_lead', 'ot_engineer'] });
		await approve(step, 'otto', { expires_at: now - 1, at: now - MINUTE });
		await approve(step, 'ian', { withdrawn_at: now });
		await drain(handlers);
		expect((await stepOf(id, 'end')).state).toBe('waiting');
		expect(target.calls).toEqual([]);
	});

	it('expires when nobody answers, and a late yes changes nothing', async () => {
		const { id, handlers, step } = await ask();
		now = (step.expires_at ?? 0) + 1;
		await drain(handlers);
		expect((await stepOf(id, 'end')).state).toBe('expired');
		expect(await entries(id)).toContain('step.expired');
		await approve(step, 'ida');
		await approve(step, 'otto');
		await drain(handlers);
		expect((await stepOf(id, 'end')).state).toBe('expired');
		expect(target.calls).toEqual([]);
	});
});

describe('a step that asks two people', () => {
	const ask = async (): Promise<{ id: string; handlers: Handlers; step: Step }> => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('jump-1', ['p']);
		await drain(handlers);
		await stateAll(await stepOf(id, 'isolate'), 'jump-1', 'dmz');
		await replan(id);
		await drain(handlers);
		return { id, handlers, step: await stepOf(id, 'isolate') };
	};

	it('does not run for one person, however often, nor for two of the same side', async () => {
		const { id, handlers, step } = await ask();
		expect(step.decision?.class).toBe('TWO');
		expect(step.decision?.holds).toEqual([]);
		await approve(step, 'ida');
		await drain(handlers);
		await expect(approve(step, 'ida')).rejects.toThrow();
		await approve(step, 'ian');
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('waiting');
		expect(target.calls).toEqual([]);
	});

	it('runs for one of IT and one of OT', async () => {
		const { id, handlers, step } = await ask();
		await approve(step, 'ida');
		await approve(step, 'otto');
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('done');
		expect(target.effects).toEqual([step.id]);
	});

	it('waits again when a fact it rests on is taken back after the yes of both', async () => {
		const { id, handlers, step } = await ask();
		await approve(step, 'ida');
		await approve(step, 'otto');
		now += 1;
		await state('operator_informed', step.id, false);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('waiting');
		expect(target.calls).toEqual([]);
	});
});

describe('what the bot never does', () => {
	it('leaves a controller to hands and refuses a safety system, whatever the playbook says and whoever approves', async () => {
		const loaded = playbook('evil', [
			{
				key: 'reboot',
				title: 'inform: harmless',
				action: 'stop_controller',
				target: 'primary',
				params: { effect: 'inform', class: 'AUTO', approved: true },
				instructions: 'x',
			},
			{ key: 'bypass', title: 'inform', action: 'bypass_sis', target: 'primary', params: {} },
		]);
		const handlers = stage([loaded], { isolate_host: {} });
		const id = await open('plc-1', ['evil']);
		await drain(handlers);
		const [reboot, bypass] = [await stepOf(id, 'reboot'), await stepOf(id, 'bypass')];
		expect(reboot.state).toBe('hands');
		expect(bypass.state).toBe('forbidden');
		for (const step of [reboot, bypass]) {
			await approve(step, 'ida');
			await approve(step, 'otto');
		}
		await drain(handlers);
		expect((await stepOf(id, 'reboot')).state).toBe('hands');
		expect((await stepOf(id, 'bypass')).state).toBe('forbidden');
		// Even set to queued behind our back, there is nothing that could do it.
		await fresh.owner().unsafe(`UPDATE steps SET state = 'queued' WHERE incident = '${id}'`);
		await record(
			fresh.database,
			{ entries: [], topics: [reboot, bypass].map((step) => ({ topic: 'run', key: step.id })) },
			now,
		);
		await drain(handlers);
		expect((await stepOf(id, 'reboot')).state).toBe('hands');
		expect((await stepOf(id, 'bypass')).state).toBe('forbidden');
		expect(target.calls).toEqual([]);
	});

	it('does not run a step that was set to queued in the table without its approvals', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('jump-1', ['p']);
		await drain(handlers);
		const step = await stepOf(id, 'isolate');
		await fresh.owner().unsafe(`UPDATE steps SET state = 'queued' WHERE id = '${step.id}'`);
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: step.id }] }, now);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(id, 'isolate')).state).not.toBe('queued');
	});
});

describe('order, failure and expiry of containment', () => {
	it('begins a step only after those it waits for, and cancels it where the playbook says stop', async () => {
		const second = { ...ISOLATE, key: 'second', target: 'assets.class:endpoint', after: ['isolate'] };
		const handlers = stage([playbook('p', [{ ...ISOLATE, on_failure: 'stop' }, second])], { isolate_host: {} });
		target.fault = '403';
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('failed');
		expect((await stepOf(id, 'second')).state).toBe('cancelled');
		expect(target.calls).toHaveLength(1);
	});

	it('asks a person whether to go on, and goes on when the person says so', async () => {
		const second = { key: 'second', title: 'Tell', action: 'notify', params: { text: 'x' }, after: ['isolate'] };
		const handlers = stage([playbook('p', [{ ...ISOLATE, on_failure: 'ask' }, second])], { isolate_host: {} });
		target.fault = '403';
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		expect((await stepOf(id, 'second')).state).toBe('planned');
		const question = await stepOf(id, 'go-on:isolate');
		expect(question.state).toBe('hands');
		now += MINUTE;
		await record(
			fresh.database,
			{
				entries: [said('step.attested', question)],
				changes: [{ op: 'update', table: 'steps', id: question.id, set: { state: 'attested', updated_at: now } }],
				topics: [{ topic: 'plan', key: id }],
			},
			now,
		);
		await drain(handlers);
		expect((await stepOf(id, 'second')).state).toBe('done');
	});

	it('takes a containment back through the gate when its time is over', async () => {
		const handlers = stage([playbook('p', [{ ...ISOLATE, containment_for: '8h' }])], {
			isolate_host: {},
			release_host: {},
		});
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		const step = await stepOf(id, 'isolate');
		expect(step.contained_until).toBe(now + 8 * 60 * MINUTE);
		now = step.contained_until ?? 0;
		await drain(handlers);
		const undo = await stepOf(id, 'undo:isolate');
		expect(undo.action).toBe('release_host');
		// Letting somebody back in is never automatic (rows H19, N05): a person says yes, and the eradication check is stated.
		expect(undo.state).toBe('waiting');
		expect(undo.decision?.class).toBe('ONE');
		await state('eradication_confirmed', 'lap-1', true, 'ida');
		await replan(id);
		await drain(handlers);
		await approve(await stepOf(id, 'undo:isolate'), 'ida');
		await drain(handlers);
		expect((await stepOf(id, 'undo:isolate')).state).toBe('done');
		expect((await stepOf(id, 'isolate')).state).toBe('undone');
		expect(target.calls.map((call) => call.path)).toEqual(['/hosts/lap-1/isolate_host', '/hosts/lap-1/release_host']);
	});

	describe('that two incidents want', () => {
		let edr: LyingEdr;
		beforeEach(async () => {
			edr = await startLyingEdr();
		});
		afterEach(async () => await edr.close());
		const both = (readBack: boolean): Handlers => {
			const call = (action: string, doneWhen: string) => ({
				...{ method: 'POST' as const, path: `/hosts/{target}/${action}`, idempotent: false },
				...(readBack ? { read_back: { path: '/hosts/{target}', done_when: doneWhen } } : {}),
			});
			const calls = { isolate_host: call('isolate_host', 'isolated'), release_host: call('release_host', 'normal') };
			const config = { name: 'edr', kind: 'generic-http' as const, base_url: edr.url, allow_private: true };
			const edge = { now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] };
			return stage([playbook('p', [{ ...ISOLATE, containment_for: '8h' }])], {}, INVENTORY, [
				createGenericHttp({ ...config, timeout_ms: 2_000, calls }, null, edge),
			]);
		};
		const isolated = async (handlers: Handlers): Promise<string> => {
			const id = await open('lap-1', ['p']);
			await drain(handlers);
			return id;
		};

		it('is done once where the target says that it is so, and the second says for whom it was', async () => {
			const handlers = both(true);
			await isolated(handlers);
			const second = await isolated(handlers);
			expect(edr.posts).toEqual(['isolate_host lap-1']);
			const step = await stepOf(second, 'isolate');
			expect(step).toMatchObject({ state: 'done', contained_until: now + 8 * 60 * MINUTE });
			expect(step.outcome).toMatch(/^it was so already, for INC-\d+; asked the target: /);
		});

		it('is done again where somebody has undone it behind our back, and where the target cannot be asked', async () => {
			const asked = both(true);
			await isolated(asked);
			edr.hosts.set('lap-1', 'normal');
			await isolated(asked);
			expect(edr.posts).toEqual(['isolate_host lap-1', 'isolate_host lap-1']);
			await isolated(both(false));
			expect(edr.posts).toHaveLength(3);
		});

		it('is not taken back by one while the other needs it; the last one takes it back', async () => {
			const handlers = both(true);
			const first = await isolated(handlers);
			now += MINUTE;
			const second = await isolated(handlers);
			await state('eradication_confirmed', 'lap-1', true, 'ida');
			const takenBack = async (id: string): Promise<Step> => {
				now = (await stepOf(id, 'isolate')).contained_until ?? 0;
				await drain(handlers);
				await approve(await stepOf(id, 'undo:isolate'), 'ida');
				await drain(handlers);
				return await stepOf(id, 'undo:isolate');
			};
			const left = await takenBack(first);
			expect(left).toMatchObject({ state: 'done' });
			expect(left.outcome).toMatch(/^left as it is: INC-\d+ still needs it \(Isolate\)$/);
			expect((await stepOf(first, 'isolate')).state).toBe('undone');
			expect(edr.hosts.get('lap-1')).toBe('isolated');
			expect((await takenBack(second)).state).toBe('done');
			expect(edr.posts).toEqual(['isolate_host lap-1', 'release_host lap-1']);
			expect(edr.hosts.get('lap-1')).toBe('normal');
		});

		it('counts for an incident that is over no more', async () => {
			const handlers = both(true);
			const first = await isolated(handlers);
			await fresh.owner().unsafe(`UPDATE incidents SET state = 'resolved' WHERE id = '${first}'`);
			await isolated(handlers);
			expect(edr.posts).toHaveLength(2);
		});
	});

	it('ends a containment whose taking back is in doubt and that a person found done', async () => {
		const handlers = stage([playbook('p', [{ ...ISOLATE, containment_for: '8h' }])], {
			isolate_host: {},
			release_host: {},
		});
		const id = await open('lap-1', ['p']);
		await drain(handlers);
		now = (await stepOf(id, 'isolate')).contained_until ?? 0;
		await drain(handlers);
		const undo = await stepOf(id, 'undo:isolate');
		// What chat records of "It was done".
		await record(
			fresh.database,
			{
				entries: [
					said('step.intent', undo),
					said('step.result', undo, { state: 'done', by: 'person', contained_until: null }),
				],
				changes: [{ op: 'update', table: 'steps', id: undo.id, set: { state: 'done', attempts: 1, updated_at: now } }],
				topics: [{ topic: 'plan', key: id }],
			},
			now,
		);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('undone');
		expect(await entries(id)).toContain('step.undone');
	});

	it('asks people in a lane of its own, and judges a step that is asked again afresh, for its new requester', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('jump-1', ['p']);
		await drain(handlers);
		await stateAll(await stepOf(id, 'isolate'), 'jump-1', 'dmz');
		await replan(id);
		await drain(handlers);
		const first = await stepOf(id, 'isolate');
		expect(first.state).toBe('waiting');
		const asked = await fresh.database.raw`SELECT 1 FROM outbox WHERE topic = 'card_asked' AND key = ${id}`;
		expect(asked).toHaveLength(1);
		now = (first.expires_at ?? 0) + 1;
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('expired');
		// What chat records of "Ask again".
		await record(
			fresh.database,
			{
				entries: [said('step.asked_again', first)],
				changes: [
					{
						op: 'update',
						table: 'steps',
						id: first.id,
						set: { state: 'planned', decision: null, outcome: null, requested_by: 'ida', updated_at: now },
					},
				],
				topics: [{ topic: 'plan', key: id }],
			},
			now,
		);
		await drain(handlers);
		const again = await stepOf(id, 'isolate');
		expect(again).toMatchObject({ state: 'waiting', requested_by: 'ida' });
		expect(again.expires_at).toBeGreaterThan(now);
		expect(again.decision?.class).toBe('TWO');
		// Her own yes does not count, whatever the screen showed.
		await approve(again, 'ida');
		await approve(again, 'otto');
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('waiting');
	});

	it('leaves OT steps of a zone to hands while a process-safety incident is open there, until the operator says otherwise', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const id = await open('jump-1', ['p']);
		await drain(handlers);
		await stateAll(await stepOf(id, 'isolate'), 'jump-1', 'dmz');
		await state('zone_stable_confirmed', 'dmz', false, 'olga');
		const judged = async (): Promise<string | undefined> => {
			await replan(id);
			await drain(handlers);
			return (await stepOf(id, 'isolate')).decision?.class;
		};
		expect(await judged()).toBe('TWO');
		now += MINUTE;
		await open('jump-1', [], { process_safety: true, zones: ['dmz'], category: 'process_safety' });
		expect(await judged()).toBe('HANDS');
		now += MINUTE;
		await state('zone_safety_alarm_active', 'dmz', false, 'olga');
		expect(await judged()).toBe('TWO');
	});

	it('runs one step on OT at a time: while one is in doubt, the next waits', async () => {
		const handlers = stage([playbook('p', [ISOLATE])], { isolate_host: {} });
		const ids = [await open('jump-1', ['p']), await open('ews-1', ['p'])];
		await drain(handlers);
		for (const [index, assetId] of (['jump-1', 'ews-1'] as const).entries()) {
			await stateAll(await stepOf(ids[index]!, 'isolate'), assetId, index === 0 ? 'dmz' : 'cell-1');
			await replan(ids[index]!);
		}
		await drain(handlers);
		target.fault = 'drop-after-effect';
		for (const id of ids) {
			const step = await stepOf(id, 'isolate');
			expect(step.decision?.class).toBe('TWO');
			await approve(step, 'ida');
			await approve(step, 'otto');
		}
		await drain(handlers);
		const states = [(await stepOf(ids[0]!, 'isolate')).state, (await stepOf(ids[1]!, 'isolate')).state];
		expect(states.toSorted()).toEqual(['in_doubt', 'waiting']);
		expect(target.calls).toHaveLength(1);
	});

	it('pages the people on call once each, and cancels what has not begun when the incident is closed', async () => {
		const handlers = stage(
			[
				playbook('p', [
					{ key: 'page', title: 'Page', action: 'page', params: { role: 'ot_engineer', text: 'come' } },
					{ ...ISOLATE, target: 'assets.class:jump_host' },
				]),
			],
			{ isolate_host: {} },
		);
		const id = await open('jump-1', ['p']);
		await drain(handlers);
		const rows = await fresh.database.raw`SELECT channel FROM messages WHERE key LIKE 'page:%'`;
		expect(rows.map((row) => row['channel'])).toEqual(['U3']);
		await record(
			fresh.database,
			{
				entries: [],
				changes: [{ op: 'update', table: 'incidents', id, set: { state: 'resolved' } }],
				topics: [{ topic: 'plan', key: id }],
			},
			now,
		);
		await drain(handlers);
		expect((await stepOf(id, 'isolate')).state).toBe('cancelled');
	});
});
