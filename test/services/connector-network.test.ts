// A playbook's step on an indicator that an alert names, all the way: plan, gate, worker, connector as configured, and what a firewall has
// of it afterwards. The lists are fetched by curl and wget, which are no code of ours.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlockListConfig, PaloAltoConfig } from '../../src/domain/connector-kinds/network.ts';
import { OpenC2Config } from '../../src/domain/connector-kinds/openc2.ts';
import type { Step } from '../../src/domain/step.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { openDoorThreads } from '../../src/intake/door-threads.ts';
import type { ListGround } from '../../src/response/connectors/block-list.ts';
import { createServedLists } from '../../src/response/connectors/block-list-served.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue, failDue, LEASE_MS } from '../../src/store/outbox.ts';
import { readBlockEvents, readIncidentOfStep, readPolls } from '../../src/store/read/block-list.ts';
import { readRuleEvents } from '../../src/store/read/rules.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { networkGrant } from '../response/support/network-grant.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { FILTER_TOKEN, type OpenC2Filter, startOpenC2 } from '../response/vendors/openc2.ts';
import { KEY, type PaloAlto, startPaloAlto } from '../response/vendors/palo-alto.ts';
import { type Door, openDoor } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const run = promisify(execFile);
const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const BAD = '185.220.101.7';
const NEVER = { addresses: [], domains: [] };
const LIST = BlockListConfig.parse({
	name: 'edge',
	kind: 'block-list',
	lists: [{ name: 'bad-addresses', type: 'ip' }],
	pollers: ['127.0.0.1'],
	auth: { type: 'basic', user: 'fw', secret_env: 'LIST' },
	never: NEVER,
});

let fresh: Fresh;
let now = NOW;
let count = 0;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(async () => await fresh.close());
beforeEach(async () => {
	// What was stated holds for a day, and the ledger forgets nothing.
	now += 40 * 24 * 3_600_000;
	await fresh.owner().unsafe('TRUNCATE outbox, steps, approvals, facts, freezes, messages, incidents, alerts');
});

const inventory = () => ({ ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: now - 3_600_000 } });
const ground = (): ListGround => ({
	inventory: inventory(),
	reader: {
		events: (connector) => readBlockEvents(fresh.database, connector),
		polls: (lists) => readPolls(fresh.database, lists),
		incidentOf: (step) => readIncidentOfStep(fresh.database, step),
		rules: (connector) => readRuleEvents(fresh.database, connector),
	},
});

function responseWith(config: BlockListConfig | PaloAltoConfig | OpenC2Config, secret: string): Handlers {
	return createResponse({
		database: fresh.database,
		inventory: inventory(),
		playbooks: [
			playbook('p', [
				{
					key: 'block',
					title: 'Block the address it came from',
					action: 'block_indicator',
					target: 'none',
					params: { indicator: '{actor_ip}', comment: 'Interlock {incident}' },
					instructions: 'by hand',
					containment_for: '8h',
				},
			]),
		],
		people: PEOPLE,
		windows: [],
		siteRules: [],
		connectors: createConnectors(
			[config],
			() => secret,
			{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
			ground(),
		),
		clock: () => now,
		random: cryptoRandom,
		log: silent,
	});
}

const lists = () =>
	createServedLists(
		[{ config: LIST, secret: 's3cret-list' }],
		ground(),
		async (entry) => {
			await record(fresh.database, { entries: [entry] }, now);
		},
		() => now,
	);

describe('a list that a firewall fetches', () => {
	let door: Door;
	let handlers: Handlers;
	beforeEach(async () => {
		door = await openDoor(fresh.database, { onList: lists().answer });
		handlers = responseWith(LIST, 's3cret-list');
	});
	afterEach(async () => await door.close());

	const curl = async (...more: string[]): Promise<string> => {
		// A list is made anew after two seconds.
		now += 3_000;
		const { stdout } = await run('curl', [
			'-s',
			'-u',
			'fw:s3cret-list',
			...more,
			`${door.url}/v1/blocklist/bad-addresses.txt`,
		]);
		return stdout;
	};

	it('carries what a step blocked, over a restart, until it runs out', async () => {
		expect(await curl()).toBe('');
		const incident = await blockFrom(BAD, handlers);
		expect(await stepOf(incident, 'block')).toMatchObject({ state: 'done' });
		expect(await curl()).toBe(`${BAD}\n`);
		const { stdout } = await run('wget', [
			'-q',
			'-O',
			'-',
			'--auth-no-challenge',
			'--user=fw',
			'--password=s3cret-list',
			`${door.url}/v1/blocklist/bad-addresses.txt`,
		]);
		expect(stdout).toBe(`${BAD}\n`);
		await door.close();
		door = await openDoor(fresh.database, { onList: lists().answer });
		expect(await curl()).toBe(`${BAD}\n`);
		now += 8 * 3_600_000;
		expect(await curl()).toBe('');
		// The taking back is asked of people all the same.
		await drain(handlers);
		const [undo] = await fresh.database
			.raw`SELECT action FROM steps WHERE incident = ${incident} AND key LIKE 'undo:%'`;
		expect(undo).toMatchObject({ action: 'unblock_indicator' });
	});

	it('is not sent again while it is the same, and who may not fetch gets nothing', async () => {
		const head = await curl('-i');
		const etag = /^etag: (.*)\r$/im.exec(head)?.[1] ?? '';
		expect(head).toMatch(/^HTTP\/1\.1 200 /);
		expect(await curl('-i', '-H', `If-None-Match: ${etag}`)).toMatch(/^HTTP\/1\.1 304 /);
		const { stdout } = await run('curl', ['-s', '-i', `${door.url}/v1/blocklist/bad-addresses.txt`]);
		expect(stdout).toMatch(/^HTTP\/1\.1 401 /);
		expect(await curl('-i', '-X', 'POST')).toMatch(/^HTTP\/1\.1 405 /);
		expect(door.refused).toEqual(['blocklist: a login is needed']);
	});

	it('that nobody fetches makes the step fail and say so', async () => {
		const incident = await blockFrom(BAD, handlers);
		const step = await stepOf(incident, 'block');
		expect(step.state).toBe('failed');
		expect(step.outcome).toMatch(/would block nothing/);
	});

	it('never carries what nobody stated about, nor an address of the plant', async () => {
		await curl();
		const quiet = await open(BAD);
		await drain(handlers);
		expect((await stepOf(quiet, 'block')).state).not.toBe('done');
		const own = await blockFrom('10.4.0.11', handlers);
		expect((await stepOf(own, 'block')).state).toBe('forbidden');
		expect(await curl()).toBe('');
	});

	it('is not changed by whoever edits the table of steps', async () => {
		await curl();
		const incident = await blockFrom(BAD, handlers);
		await fresh.owner()`UPDATE steps SET params = '{"indicator": "8.8.8.8"}', state = 'done' WHERE incident = ${incident}`;
		expect(await curl()).toBe(`${BAD}\n`);
	});

	it('has an entry in the ledger that says who fetched what', async () => {
		await curl();
		const [row] = await fresh.database
			.raw`SELECT canonical FROM ledger_entries WHERE kind = 'blocklist.fetched' ORDER BY seq DESC`;
		expect(JSON.parse(String(row?.['canonical']))).toMatchObject({
			data: { list: 'bad-addresses', address: '127.0.0.1', entries: 0 },
		});
	});
});

describe('a step on a Palo Alto firewall', () => {
	let firewall: PaloAlto;
	let handlers: Handlers;
	beforeEach(async () => {
		firewall = await startPaloAlto();
		const config = PaloAltoConfig.parse({
			name: 'edge-fw',
			kind: 'palo-alto',
			base_url: firewall.url,
			allow_private: true,
			timeout_ms: 1_000,
			auth: { type: 'api_key', secret_env: 'PAN_KEY' },
			tags: { indicator: 'interlock-blocked' },
			never: NEVER,
		});
		handlers = responseWith(config, KEY);
	});
	afterEach(async () => await firewall.close());

	it('tags the address that the alert names, once, and gives it back only when people say so', async () => {
		const incident = await blockFrom(BAD, handlers);
		expect(await stepOf(incident, 'block')).toMatchObject({
			state: 'done',
			outcome: `${BAD} with tag interlock-blocked`,
		});
		expect(firewall.effects).toEqual([`register ${BAD} interlock-blocked`]);
		now += 9 * 3_600_000;
		await drain(handlers);
		const [undo] = await fresh.database
			.raw`SELECT action, state FROM steps WHERE incident = ${incident} AND key LIKE 'undo:%'`;
		expect(undo?.['action']).toBe('unblock_indicator');
		expect(undo?.['state']).not.toBe('done');
		expect(firewall.effects).toHaveLength(1);
		const kept = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident}`;
		expect(JSON.stringify(kept)).not.toContain(KEY);
	});

	it('finds out by asking what a call came to whose answer was lost, and does it once', async () => {
		firewall.spoil = (request, proceed) => {
			if (!request.body.includes('type=user-id')) return proceed();
			proceed();
			// From then on the firewall cannot be reached for a while.
			firewall.spoil = () => 'drop';
			return 'drop';
		};
		const incident = await blockFrom(BAD, handlers);
		expect((await stepOf(incident, 'block')).state).toBe('in_doubt');
		expect(firewall.effects).toHaveLength(1);
	});

	it('after a stop of the program between call and answer is asked, and not changed twice', async () => {
		const incident = await open(BAD);
		await state('indicator_on_dependency_allowlist', BAD, false);
		const stopped = responseWith(
			PaloAltoConfig.parse({
				name: 'edge-fw',
				kind: 'palo-alto',
				base_url: firewall.url,
				allow_private: true,
				auth: { type: 'api_key', secret_env: 'PAN_KEY' },
				tags: { indicator: 'interlock-blocked' },
				never: NEVER,
			}),
			KEY,
		);
		const due = await claimDue(fresh.database, 'plan', 20, now);
		await stopped['plan']?.(due);
		// The worker dies here: the intent is written, the call is made, no result is.
		await fresh.owner()`CREATE OR REPLACE FUNCTION no_result() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the program has stopped'; END $$ LANGUAGE plpgsql`;
		await fresh.owner()`CREATE TRIGGER no_result BEFORE INSERT ON ledger_entries FOR EACH ROW WHEN (NEW.kind = 'step.result') EXECUTE FUNCTION no_result()`;
		const running = await claimDue(fresh.database, 'run', 20, now);
		await stopped['run']?.(running).then(
			() => expect.unreachable('the result was recorded'),
			() => undefined,
		);
		await fresh.owner()`DROP TRIGGER no_result ON ledger_entries`;
		expect((await stepOf(incident, 'block')).state).toBe('running');
		expect(firewall.effects).toHaveLength(1);
		now += LEASE_MS + 1;
		await drain(handlers);
		expect((await stepOf(incident, 'block')).state).toBe('done');
		expect(firewall.effects).toHaveLength(1);
	});
});

describe('a step on a packet filter that speaks OpenC2', () => {
	let filter: OpenC2Filter;
	let config: OpenC2Config;
	let name = 0;
	beforeEach(async () => {
		filter = await startOpenC2();
		config = OpenC2Config.parse({
			name: `filter-${++name}`,
			kind: 'openc2',
			base_url: filter.url,
			allow_private: true,
			timeout_ms: 1_000,
			auth: { type: 'bearer', secret_env: 'OC2' },
			never: NEVER,
		});
	});
	afterEach(async () => await filter.close());

	const takeBack = async () => {
		const { grant, request } = networkGrant('unblock_indicator', BAD);
		const edge = { now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] };
		// What this incident wanted has run out; nobody else wants it.
		const [made] = createConnectors([config], () => FILTER_TOKEN, edge, {
			...ground(),
			reader: { ...ground().reader, events: async () => [] },
		});
		return await made?.call(grant, request);
	};

	it('has its number in the ledger, by which another process takes it back, and then never again', async () => {
		filter.rules.set(1, { net: 'somebody else', stop: null, direction: null });
		const incident = await blockFrom(BAD, responseWith(config, FILTER_TOKEN));
		expect(await stepOf(incident, 'block')).toMatchObject({ state: 'done', outcome: `${BAD} is denied by rule 2` });
		const { id } = await stepOf(incident, 'block');
		expect(await readRuleEvents(fresh.database, config.name)).toEqual([
			{ step: id, action: 'block_indicator', indicator: BAD, state: 'done', earlier: null, tries: 1, rules: [2] },
		]);
		expect(await takeBack()).toMatchObject({ effect: 'done', record: { rules: [2] } });
		expect([...filter.rules.keys()]).toEqual([1]);
		const kept = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE incident = ${incident}`;
		expect(JSON.stringify(kept)).not.toContain(FILTER_TOKEN);
	});

	it('is not looked for where the answer was lost: people are told, and nothing is deleted by guess', async () => {
		filter.spoil = (request, proceed) => {
			const answered = proceed();
			return request.body.includes('"deny"') ? 'drop' : answered;
		};
		const incident = await blockFrom(BAD, responseWith(config, FILTER_TOKEN));
		expect((await stepOf(incident, 'block')).state).toBe('in_doubt');
		expect(await readRuleEvents(fresh.database, config.name)).toMatchObject([{ state: 'in_doubt', rules: null }]);
		expect(await takeBack()).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('number nobody knows'),
		});
		expect(filter.effects).toEqual([`deny ${BAD}`]);
	});
});

describe('the door in threads', () => {
	it('gives lists too', async () => {
		const door = await openDoorThreads({
			databaseUrl: fresh.runUrl,
			databaseRole: fresh.database.role,
			sources: [],
			hasAliases: false,
			mappings: [],
			inventory: { assets: [], zones: [], conduits: [], confirmedAt: 0 },
			port: 0,
			tls: null,
			trustedProxies: [],
			bodyMax: 1_000,
			alertsMax: 10,
			calm: new SharedArrayBuffer(8),
			fault: () => null,
			metrics: async () => '',
			countRefused: () => false,
			onTopics: () => undefined,
			onProtocol: () => undefined,
			onList: lists().answer,
			onError: (error) => {
				throw error;
			},
			onAnswer: () => undefined,
		});
		try {
			const url = `http://127.0.0.1:${door.port}/v1/blocklist/bad-addresses.txt`;
			const { stdout } = await run('curl', ['-s', '-i', '-u', 'fw:s3cret-list', url]);
			expect(stdout).toMatch(/^HTTP\/1\.1 200 [\s\S]*^etag: /im);
			expect((await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', url])).stdout).toBe('401');
		} finally {
			await door.stop();
		}
	});
});

/** An incident whose alert names the address, about which somebody has said that nothing depends on it; worked until nothing is due. */
async function blockFrom(address: string, handlers: Handlers): Promise<string> {
	const incident = await open(address);
	await state('indicator_on_dependency_allowlist', address, false);
	await drain(handlers);
	return incident;
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

/** An incident about an office computer, with an alert that names the address it came from. */
async function open(address: string): Promise<string> {
	const id = `inc_${String(++count).padStart(12, '0')}`;
	const verdict = {
		domain: 'it' as const,
		category: 'malware' as const,
		severity: 'high' as const,
		severity_floor: 'high' as const,
		matrix: 'enterprise' as const,
		tactics: [],
		techniques: [],
		confidence: 0.95,
		confidence_firm: 0.95,
		assets: ['lap-1'],
		playbooks: ['p'],
		tags: [],
		muted: false,
		reasons: [],
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
						...{
							id,
							title: 't',
							state: 'open',
							severity: 'high',
							domain: 'it',
							category: 'malware',
							process_safety: false,
						},
						...{ sites: ['north'], zones: [], assets: ['lap-1'], techniques: [], tactics: [], playbooks: ['p'] },
						...{ confidence_firm: 0.95, alert_count: 1, first_at: now, last_at: now, opened_at: now },
						...{ created_at: now, updated_at: now },
					},
				},
				{
					op: 'insert',
					table: 'alerts',
					row: {
						...{
							id: `alr_${String(count).padStart(20, '0')}`,
							source: 'edr',
							source_kind: 'syslog',
							fingerprint: `f-${count}`,
						},
						...{ status: 'open', title: 'x', severity: 'high', kind: 'security', time_basis: 'event' },
						...{ occurred_at: now, received_at: now, first_seen: now, last_seen: now },
						entities: [
							{ type: 'host', value: 'lap-1', role: 'target' },
							{ type: 'ip', value: address, role: 'actor' },
						],
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

async function state(name: string, subject: string, value: boolean, by = 'ida'): Promise<void> {
	const id = `fct_${++count}`;
	const row = { id, name, subject, value, source: 'person', supplied_by: by, stated_at: now, expires_at: null };
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
