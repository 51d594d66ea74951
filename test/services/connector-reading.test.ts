// Reading for an incident, all the way: plan, gate, worker, connector as configured, and what people and the ledger have of it afterwards. The
// versions are those of a real Git repository.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorConfig, storesOf } from '../../src/domain/connector.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue, LEASE_MS } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { READING_INVENTORY } from '../response/support/reading-grant.ts';
import { ACCOUNT, type FortiNdr, NDR_TOKEN, startFortiNdr } from '../response/vendors/fortindr-cloud.ts';
import { GITLAB_TOKEN, type GitLab, PROJECT, startGitLab } from '../response/vendors/gitlab.ts';
import { PI_PASSWORD, PI_USER, type Pi, startPi } from '../response/vendors/pi-web-api.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MINUTE = 60_000;
const FLOW = '\\\\PISRV\\FIC101.PV';
const PROGRAM = 'hmi-1/screens.zip';
const SECRETS: Readonly<Record<string, string>> = { pi: PI_PASSWORD, versions: GITLAB_TOKEN, ndr: NDR_TOKEN };

let fresh: Fresh;
let pi: Pi;
let gitlab: GitLab;
let ndr: FortiNdr;
let now = NOW;
let count = 0;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	// What was stated of a sensor holds for a year, and the ledger forgets nothing.
	now += 400 * 24 * 3_600_000;
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents, alerts');
	pi = await startPi([{ path: FLOW, unit: 'm3/h', values: [{ at: now - 10 * MINUTE, value: 12 }] }], now);
	gitlab = await startGitLab(now);
	ndr = await startFortiNdr();
});
afterEach(async () => {
	for (const one of [pi, gitlab, ndr]) await one.close();
});

/** The process dies with every result in its hands. */
const NO_RESULT = `
	CREATE OR REPLACE FUNCTION no_result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no result today'; END $$;
	CREATE TRIGGER no_result BEFORE INSERT ON ledger_entries FOR EACH ROW WHEN (NEW.kind = 'step.result') EXECUTE FUNCTION no_result()`;
const ABOUT = { about: '{primary}', around: '{first_alert}' };
const STEPS = [
	{ key: 'values', title: 'Values', action: 'query_historian', target: 'store', params: ABOUT },
	{ key: 'version', title: 'Version', action: 'read_backup', target: 'store', params: ABOUT },
	{ key: 'capture', title: 'Capture', action: 'start_capture', target: 'primary', params: { duration_minutes: 30 } },
].map((step) => ({ instructions: 'by hand', ...step }));

function responseWith(historian = 'hist-1'): Handlers {
	const configs = [
		{
			...{ name: 'pi', kind: 'pi-web-api', asset: historian, base_url: `${pi.url}/piwebapi` },
			...{
				auth: { type: 'basic', user: PI_USER, secret_env: 'P' },
				tags: { 'hmi-1': [{ path: FLOW, words: 'Flow' }] },
			},
		},
		{
			...{ name: 'versions', kind: 'gitlab', asset: 'ver-1', base_url: gitlab.url },
			...{ auth: { type: 'token', secret_env: 'G' }, programs: { 'hmi-1': [{ project: PROJECT, path: PROGRAM }] } },
		},
		{
			...{ name: 'ndr', kind: 'fortindr-cloud', base_url: ndr.url, auth: { type: 'token', secret_env: 'N' } },
			...{ account_uuid: ACCOUNT, disk_capped: true, sensors: { 'cell-1': ['plt1'] } },
		},
	].map((config) => ConnectorConfig.parse({ ...config, allow_private: true, timeout_ms: 2_000 }));
	const inventory = { ...READING_INVENTORY, data: { ...READING_INVENTORY.data, confirmedAt: now - 3_600_000 } };
	return createResponse({
		...{ database: fresh.database, inventory, playbooks: [playbook('p', STEPS)], people: PEOPLE, windows: [] },
		siteRules: [],
		stores: storesOf(configs),
		connectors: createConnectors(
			configs,
			(config) => SECRETS[config.name] ?? null,
			{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
			{ ...NO_GROUND, inventory },
		),
		...{ clock: () => now, random: cryptoRandom, log: silent },
	});
}

describe('an incident at an operator station', () => {
	it('is told what its values did, which version was stored last, and that its packets are recorded', async () => {
		const stored = gitlab.store(PROGRAM, 'screens', now - 24 * 60 * MINUTE);
		const incident = await open();
		await state('capture_device_installed', 'hmi-1', true, 'otto');
		await drain(responseWith());
		for (const { key } of STEPS) expect(await stepOf(incident, key), key).toMatchObject({ state: 'done' });
		const told = (await messages(incident)).join('\n');
		expect(told).toContain('`Flow` in `m3/h`: 12 throughout.');
		expect(told).toContain(`last version from before is ${stored.slice(0, 12)}`);
		expect(told).toContain('Packet capture of `hmi-1`');
		expect(ndr.tasks).toMatchObject([{ bpf: 'host 10.2.0.3', sensor_ids: ['plt1'] }]);
		expect(await readings(incident)).toMatchObject({
			query_historian: { source: pi.url, tags: [{ path: FLOW, values: 1 }] },
			read_backup: { source: gitlab.url, programs: [{ last: { commit: stored } }] },
			start_capture: { addresses: ['10.2.0.3'], minutes: 30 },
		});
		const kept = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident}`;
		for (const secret of Object.values(SECRETS)) expect(JSON.stringify(kept) + told).not.toContain(secret);
		const sent = [...pi.requests, ...gitlab.requests].map((request) => request.method);
		expect(new Set(sent)).toEqual(new Set(['GET', 'HEAD']));
	});

	it('is told nothing by a historian that fails: the step has failed with the reason, and is not in doubt', async () => {
		pi.spoil = () => ({ status: 500, headers: {}, body: '' });
		const incident = await open();
		await drain(responseWith());
		expect(await stepOf(incident, 'values')).toMatchObject({
			state: 'failed',
			outcome: 'not read: answered 500',
		});
		expect((await messages(incident)).join()).not.toContain('Historian');
	});

	it('does not ask the primary historian by itself, and captures nothing where nobody has said that a sensor listens', async () => {
		const incident = await open();
		await drain(responseWith('hist-0'));
		expect((await stepOf(incident, 'values')).state).toBe('hands');
		expect((await stepOf(incident, 'capture')).state).toBe('hands');
		expect(pi.requests).toEqual([]);
		expect(ndr.requests).toEqual([]);
	});

	it('after a stop between reading and result is not asked again by itself: a version server is, a historian of OT is for a person', async () => {
		gitlab.store(PROGRAM, 'screens', now - 24 * 60 * MINUTE);
		const incident = await open();
		const handlers = responseWith();
		await handlers.plan?.(await claimDue(fresh.database, 'plan', 20, now));
		await fresh.owner().unsafe(NO_RESULT);
		const due = await claimDue(fresh.database, 'run', 20, now);
		await expect(handlers.run?.(due)).rejects.toThrow(/Failed query/);
		await fresh.owner()`DROP TRIGGER no_result ON ledger_entries`;
		const asked = pi.requests.length;
		expect(asked).toBeGreaterThan(0);
		now += LEASE_MS + 1;
		await drain(responseWith());
		expect(await stepOf(incident, 'values')).toMatchObject({ state: 'in_doubt' });
		expect(pi.requests.length).toBe(asked);
		expect(await stepOf(incident, 'version')).toMatchObject({ state: 'done' });
	});
});

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

/** An incident about the operator station, with its alert. */
async function open(): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	const verdict = {
		...{ domain: 'ot' as const, category: 'ot_availability' as const, matrix: 'ics' as const },
		...{ severity: 'high' as const, severity_floor: 'high' as const, confidence: 0.95, confidence_firm: 0.95 },
		...{ tactics: [], techniques: [], assets: ['hmi-1'], playbooks: ['p'], tags: [], muted: false, reasons: [] },
	};
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
						...{ id, title: 't', state: 'open', severity: 'high', domain: 'ot', category: 'ot_availability' },
						...{ process_safety: false, sites: ['north'], zones: [], assets: ['hmi-1'], techniques: [], tactics: [] },
						...{ playbooks: ['p'], confidence_firm: 0.95, alert_count: 1, first_at: now, last_at: now },
						...{ opened_at: now, created_at: now, updated_at: now },
					},
				},
				{
					op: 'insert',
					table: 'alerts',
					row: {
						...{ id: `alr_${String(count).padStart(20, '0')}`, source: 'edr', source_kind: 'syslog' },
						...{ fingerprint: `f-${count}`, status: 'open', title: 'x', severity: 'high', kind: 'security' },
						...{ time_basis: 'event', occurred_at: now, received_at: now, first_seen: now, last_seen: now },
						entities: [{ type: 'host', value: 'hmi-1', role: 'target' }],
						...{ techniques: [], labels: {}, raw: '{}', incident: id, verdict },
					},
				},
			],
			topics: [{ topic: 'plan', key: id }],
		},
		now,
	);
	return id;
}

async function state(name: string, subject: string, value: boolean, by: string): Promise<void> {
	const id = `fct_${++count}`;
	const row = { id, name, subject, value, source: 'person', supplied_by: by, stated_at: now, expires_at: null };
	const data = { name, subject, value, expires_at: null, via: 'cli' };
	await record(
		fresh.database,
		{
			entries: [{ kind: 'fact.stated', actor: { kind: 'person', id: by }, at: now, incident: null, refs: [id], data }],
			changes: [{ op: 'insert', table: 'facts', row }],
		},
		now,
	);
}

async function stepOf(incident: string, key: string): Promise<Step> {
	const [row] = await fresh.database.raw`SELECT * FROM steps WHERE incident = ${incident} AND key = ${key}`;
	if (row === undefined) throw new Error(`no step ${key}`);
	return row as unknown as Step;
}

async function messages(incident: string): Promise<string[]> {
	const rows = await fresh.database.raw`SELECT text FROM messages WHERE incident = ${incident}`;
	return rows.map((row) => String(row['text']));
}

/** What the ledger's entries of the results say was read, by action. */
async function readings(incident: string): Promise<Record<string, unknown>> {
	const rows = await fresh.database
		.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident} AND kind = 'step.result'`;
	const entries = rows.map((row) => JSON.parse(String(row['canonical'])) as { data: Record<string, unknown> });
	return Object.fromEntries(entries.map(({ data }) => [String(data['action']), data['read']]));
}
