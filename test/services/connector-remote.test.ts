// A playbook's step that ends a remote session, all the way: plan, gate, approval, worker, connector as configured, and what the gateway
// has afterwards; also over a stop of the program between call and answer.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GlobalProtectConfig } from '../../src/domain/connector-kinds/remote-access.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue, LEASE_MS } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { type GlobalProtect, GP_KEY, type GpSession, startGlobalProtect } from '../response/vendors/globalprotect.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const SESSION = '10.9.0.7';

let fresh: Fresh;
let gateway: GlobalProtect;
let now = NOW;
let count = 0;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	now += 40 * 24 * 3_600_000;
	gateway = await startGlobalProtect();
	gateway.live = [vendor(), { ...vendor(), user: 'shift-a', computer: 'PANEL', virtualIp: '10.9.0.8' }];
	gateway.clock = Math.floor(now / 1000);
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents, alerts');
});
afterEach(async () => await gateway.close());

const vendor = (): GpSession => ({
	gateway: 'Plant-GW',
	user: 'vmiller',
	domain: 'ext',
	computer: 'VM-LAPTOP',
	virtualIp: SESSION,
	publicIp: '198.51.100.7',
	since: Math.floor(now / 1000) - 3600,
});

function stage(): Handlers {
	const inventory = { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: now - 3_600_000 } };
	const config = GlobalProtectConfig.parse({
		name: 'gp',
		kind: 'globalprotect',
		base_url: gateway.url,
		allow_private: true,
		timeout_ms: 1_000,
		auth: { type: 'api_key', secret_env: 'GP' },
		gateway: 'Plant-GW',
		assets: ['jump-1'],
		protected: { accounts: ['shift-a'] },
	});
	return createResponse({
		database: fresh.database,
		inventory,
		playbooks: [
			playbook('p', [
				{
					key: 'end',
					title: 'End the session',
					action: 'end_session',
					target: 'primary',
					params: { session: SESSION, account: 'vmiller' },
					instructions: 'by hand',
					expires_in: '15m',
				},
			]),
		],
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: createConnectors(
			[config],
			() => GP_KEY,
			{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
			{ ...NO_GROUND, inventory },
		),
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	});
}

describe('a step that ends a remote session', () => {
	it('ends it after the right yes, and nobody else’s', async () => {
		const handlers = stage();
		const { id, step } = await asked(handlers);
		expect(step.state).toBe('waiting');
		expect(gateway.requests).toEqual([]);
		await approve(step);
		await drain(handlers);
		expect(await stepOf(id)).toMatchObject({
			state: 'done',
			outcome: expect.stringContaining('the gateway lists it no more'),
		});
		expect(gateway.live.map((one) => one.user)).toEqual(['shift-a']);
		const kept = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE incident = ${id}`;
		expect(JSON.stringify(kept)).not.toContain(GP_KEY);
	});

	it('after a stop of the program between call and answer asks the gateway, and ends nobody who connected since', async () => {
		const stopped = stage();
		const { id, step } = await asked(stopped);
		await approve(step);
		// A yes is looked at by the plan, and the plan queues the step.
		for (const topic of ['run', 'plan'] as const)
			await stopped[topic]?.(await claimDue(fresh.database, topic, 20, now));
		// The worker dies here: the intent is written, the call is made, no result is.
		await fresh.owner()`CREATE OR REPLACE FUNCTION no_result() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the program has stopped'; END $$ LANGUAGE plpgsql`;
		await fresh.owner()`CREATE TRIGGER no_result BEFORE INSERT ON ledger_entries FOR EACH ROW WHEN (NEW.kind IN ('step.result', 'step.in_doubt')) EXECUTE FUNCTION no_result()`;
		const running = await claimDue(fresh.database, 'run', 20, now);
		const recorded = await stopped['run']?.(running).then(
			() => true,
			() => false,
		);
		await fresh.owner()`DROP TRIGGER no_result ON ledger_entries`;
		expect(recorded).toBe(false);
		expect(gateway.ended).toHaveLength(1);
		// Beyond the minute within which the clocks of gateway and program could differ.
		now += LEASE_MS + 5_000;
		const back = { ...vendor(), since: Math.floor(now / 1000) };
		gateway.live.push(back);
		await drain(stage());
		expect(await stepOf(id)).toMatchObject({
			state: 'done',
			outcome: expect.stringContaining('Connected again since'),
		});
		expect(gateway.ended).toHaveLength(1);
		expect(gateway.live).toContainEqual(back);
	});

	it('is in doubt where the answer is lost and the gateway is silent, and is not tried again by itself', async () => {
		gateway.spoil = (request) => (request.body.includes('client-logout') ? silence() : proceedOnce(request.body));
		const silence = (): 'drop' => {
			gateway.spoil = () => 'drop';
			return 'drop';
		};
		const proceedOnce = (body: string) =>
			body.includes('high-availability')
				? {
						status: 200,
						headers: {},
						body: '<response status="success"><result><enabled>no</enabled></result></response>',
					}
				: { status: 200, headers: {}, body: listOf(vendor()) };
		const handlers = stage();
		const { id, step } = await asked(handlers);
		await approve(step);
		await drain(handlers);
		expect((await stepOf(id)).state).toBe('in_doubt');
		gateway.spoil = null;
		now += LEASE_MS + 1;
		await drain(handlers);
		expect(gateway.ended).toEqual([]);
	});
});

const listOf = (one: GpSession): string =>
	`<response status="success"><result><entry><domain>${one.domain}</domain><username>${one.user}</username><computer>${one.computer}</computer><virtual-ip>${one.virtualIp}</virtual-ip><login-time-utc>${one.since}</login-time-utc></entry></result></response>`;

/** An incident at the jump host with everything said that the gate asks for; the step waits for its yes. */
async function asked(handlers: Handlers): Promise<{ id: string; step: Step }> {
	const id = await open();
	for (const [name, subject, value] of [
		['zone_state', 'dmz', 'normal'],
		['zone_safety_alarm_active', 'dmz', false],
		['session_is_live_maintenance', SESSION, false],
		['session_sole_remote_operator', SESSION, false],
	] as const)
		await state(name, subject, value);
	await drain(handlers);
	for (const fact of (await stepOf(id)).decision?.missing ?? [])
		if (fact.name === 'ot_told') await state('ot_told', (await stepOf(id)).id, true);
	await record(fresh.database, { entries: [], topics: [{ topic: 'plan', key: id }] }, now);
	await drain(handlers);
	return { id, step: await stepOf(id) };
}

async function drain(handlers: Handlers): Promise<void> {
	for (let round = 0; round < 40; round++) {
		let worked = false;
		for (const topic of TOPICS) {
			const due = await claimDue(fresh.database, topic, 20, now);
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

async function open(): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	const row = {
		...{
			id,
			title: 't',
			state: 'open' as const,
			severity: 'high',
			domain: 'ot',
			category: 'remote',
			process_safety: false,
		},
		...{ sites: ['north'], zones: [], assets: ['jump-1'], techniques: [], tactics: [], playbooks: ['p'] },
		...{ confidence_firm: 0.95, alert_count: 0, first_at: now, last_at: now, opened_at: now },
		...{ created_at: now, updated_at: now },
	};
	const opened = { kind: 'incident.opened' as const, actor: { kind: 'bot' as const, id: 'bot' }, at: now };
	await record(
		fresh.database,
		{
			entries: [{ ...opened, incident: id, refs: [], data: {} }],
			changes: [{ op: 'insert', table: 'incidents', row }],
			topics: [{ topic: 'plan', key: id }],
		},
		now,
	);
	return id;
}

/** A yes of everybody, as chat records it; whose counts is for the gate. */
async function approve(step: Step): Promise<void> {
	for (const { id: person, roles: grants } of PEOPLE) {
		const id = `apr_${++count}`;
		const roles = grants.map(({ role }) => role);
		const row = {
			...{ id, step: step.id, person, roles, answer: 'yes' as const, reason: null, via: 'slack' as const },
			...{ binding: step.decision?.binding ?? '', at: now, expires_at: now + 900_000, withdrawn_at: null },
		};
		const data = { binding: row.binding, roles, via: row.via, expires_at: row.expires_at, reason: null };
		const given = { kind: 'approval.given' as const, actor: { kind: 'person' as const, id: person }, at: now };
		await record(
			fresh.database,
			{
				entries: [{ ...given, incident: step.incident, refs: [step.id, id], data }],
				changes: [{ op: 'insert', table: 'approvals', row }],
				topics: [{ topic: 'run', key: step.id }],
			},
			now,
		);
	}
}

async function state(name: string, subject: string, value: boolean | string): Promise<void> {
	const id = `fct_${++count}`;
	const row = { id, name, subject, value, source: 'person', supplied_by: 'olga', stated_at: now, expires_at: null };
	const stated = { kind: 'fact.stated' as const, actor: { kind: 'person' as const, id: 'olga' }, at: now };
	await record(
		fresh.database,
		{
			entries: [
				{ ...stated, incident: null, refs: [id], data: { name, subject, value, expires_at: null, via: 'cli' } },
			],
			changes: [{ op: 'insert', table: 'facts', row }],
		},
		now,
	);
}

async function stepOf(incident: string): Promise<Step> {
	const [row] = await fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} AND key = 'end'`;
	if (row === undefined) throw new Error('no step');
	return row as unknown as Step;
}
