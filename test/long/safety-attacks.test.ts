// Attacks on the running line by somebody who can write to tables but not to the ledger, on a real database and a real target. A gap
// that is known stands as `fails`: the attack still works, docs/safety.md says so, and this test turns red when it is closed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { startTarget, type Target } from '../response/support/target.ts';
import { type Fresh, freshDatabase } from '../services/harness.ts';

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
function stage(): Handlers {
	const calls = { isolate_host: { method: 'POST' as const, path: '/hosts/{target}/isolate', idempotent: false } };
	const connector = createGenericHttp(
		{ name: 'edr', kind: 'generic-http', base_url: target.url, allow_private: true, timeout_ms: 300, calls },
		null,
		{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
	return createResponse({
		database: fresh.database,
		inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: now - 3_600_000 } },
		playbooks: [playbook('p', [ISOLATE])],
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: [connector],
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	});
}

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

async function stepOf(incident: string): Promise<{ id: string; state: string; binding: string; class: string }> {
	const [row] = await fresh.database
		.raw`SELECT id, state, decision->>'binding' AS binding, decision->>'class' AS class FROM steps WHERE incident = ${incident}`;
	if (row === undefined) throw new Error('no step');
	return {
		id: String(row['id']),
		state: String(row['state']),
		binding: String(row['binding']),
		class: String(row['class']),
	};
}

/** A row straight into the table, with no entry in the ledger. */
async function forgeFact(name: string, subject: string, value: boolean | string, by = 'olga', at = now): Promise<void> {
	const json = JSON.stringify(value);
	await fresh.database.raw`INSERT INTO facts (id, name, subject, value, source, supplied_by, stated_at, expires_at)
		VALUES (${`fct_${++count}`}, ${name}, ${subject}, ${json}::text::jsonb, 'person', ${by}, ${at}, NULL)`;
}

async function forgeYes(step: { id: string; binding: string }, person: string): Promise<void> {
	await fresh.database.raw`INSERT INTO approvals (id, step, person, roles, answer, reason, binding, via, at, expires_at)
		VALUES (${`apr_${++count}`}, ${step.id}, ${person}, '[]'::jsonb, 'yes', NULL, ${step.binding}, 'slack', ${now}, ${now + 600_000})`;
}

describe('somebody who can write to steps', () => {
	it('cannot change what was judged: another target or parameter is judged anew, and what is for hands stays so', async () => {
		const handlers = stage();
		const incident = await open('lap-x');
		await drain(handlers);
		const step = await stepOf(incident);
		await fresh.database.raw`UPDATE steps SET target = 'plc-1', state = 'queued' WHERE id = ${step.id}`;
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: step.id }] }, now);
		await drain(handlers);
		expect(target.calls).toEqual([]);
		expect((await stepOf(incident)).class).toBe('HANDS');
	});

	it('cannot make the program do what it has no connector for', async () => {
		const handlers = stage();
		const incident = await open('lap-1');
		await record(fresh.database, { entries: [] }, now);
		await drain(handlers);
		const step = await stepOf(incident);
		const before = target.calls.length;
		await fresh.database
			.raw`UPDATE steps SET action = 'stop_controller', state = 'queued', attempts = 0 WHERE id = ${step.id}`;
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: step.id }] }, now);
		await drain(handlers);
		expect(target.calls.length).toBe(before);
	});

	it('cannot use a decision of their own: the worker asks the gate and not the row', async () => {
		const handlers = stage();
		const incident = await open('lap-x');
		await drain(handlers);
		const step = await stepOf(incident);
		const forged = JSON.stringify({
			class: 'AUTO',
			rows: [],
			needs: [],
			holds: [],
			missing: [],
			summary: 's',
			instead: '',
			binding: 'b',
		});
		await fresh.database
			.raw`UPDATE steps SET decision = ${forged}::text::jsonb, state = 'queued' WHERE id = ${step.id}`;
		await record(fresh.database, { entries: [], topics: [{ topic: 'run', key: step.id }] }, now);
		await drain(handlers);
		expect(target.calls).toEqual([]);
	});
});

describe('somebody who can write to approvals and facts', () => {
	it.fails('cannot say yes for two people who never did', async () => {
		const handlers = stage();
		const incident = await open('jump-1');
		await drain(handlers);
		const step = await stepOf(incident);
		await forgeFact('zone_state', 'dmz', 'normal');
		await forgeFact('zone_safety_alarm_active', 'dmz', false);
		await forgeFact('identity_compromised', incident, false);
		for (const name of [
			'dependency_checked',
			'process_effect_written',
			'rollback_tested',
			'view_remains_stated',
			'operator_informed',
			'alternative_access_stated',
		])
			await forgeFact(name, step.id, true);
		await wake(incident);
		await drain(handlers);
		const asked = await stepOf(incident);
		await forgeYes(asked, 'ida');
		await forgeYes(asked, 'otto');
		await wake(incident);
		await drain(handlers);
		expect(target.calls).toEqual([]);
	});
});

describe('somebody who may state one fact', () => {
	it.fails('cannot push an older warning out of what the gate reads by stating very much', async () => {
		const handlers = stage();
		await forgeFact('dual_homed', 'lap-1', true, 'olga', now - 3_600_000);
		await fresh.database.raw`INSERT INTO facts (id, name, subject, value, source, supplied_by, stated_at, expires_at)
			SELECT 'flood_' || n, 'off_peak', 'stp_flood', 'true'::jsonb, 'person', 'olga', ${now}, NULL FROM generate_series(1, 5000) AS n`;
		const incident = await open('lap-1');
		await drain(handlers);
		expect((await stepOf(incident)).class).toBe('HANDS');
		expect(target.calls).toEqual([]);
	});
});
