// What reads for an incident, from the doors that people use: the configuration as the manual writes it, `interlock check`, `interlock connector
// test`, the target `store` of a playbook, and what is told of a result.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { check } from '../../src/cli/check.ts';
import { connector } from '../../src/cli/connector.ts';
import { ConnectorConfig, storesOf } from '../../src/domain/connector.ts';
import { planFor } from '../../src/response/plan.ts';
import { tellRead } from '../../src/response/tell-read.ts';
import { ACTION_NAMES } from '../../src/safety/actions.ts';
import { alert, incident, NOW, playbook } from './support/plant.ts';
import { READING_INVENTORY } from './support/reading-grant.ts';
import { PI_PASSWORD, PI_USER, startPi } from './vendors/pi-web-api.ts';

const MANUAL = readFileSync(new URL('../../docs/connectors.md', import.meta.url), 'utf8');
const KINDS = ['pi-web-api', 'gitlab', 'elasticsearch', 'fortindr-cloud'];

/** The examples of the manual, by their kind. */
function examples(): ReadonlyMap<string, unknown> {
	const blocks = [...MANUAL.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => parse(match[1] ?? '') as unknown);
	return new Map(
		blocks.flatMap((block) =>
			(Array.isArray(block) ? block : []).map((one: { kind: string }): [string, unknown] => [one.kind, one]),
		),
	);
}

describe('the manual', () => {
	it.each(KINDS)('has an example of %s that is right as it stands', (kind) => {
		expect(ConnectorConfig.safeParse(examples().get(kind))).toMatchObject({ success: true });
	});
});

describe('the configuration', () => {
	it.each([
		['pi-web-api', { tags: { 'plc-1': [{ path: 'FIC101.PV' }] } }],
		['pi-web-api', { tags: { 'plc-1': [{ path: '\\\\PISRV\\A\nB' }] } }],
		['pi-web-api', { tags: { 'plc-1': [{ path: '\\\\PISRV\\A', usual: [20, 10] }] } }],
		['pi-web-api', { time_zone: 'Mars/Olympus' }],
		['pi-web-api', { base_url: 'http://pi.plant.example' }],
		['pi-web-api', { minutes_before: 100_000 }],
		['pi-web-api', { actions: ['query_historian'] }],
		['gitlab', { programs: { 'plc-1': [{ project: 'p', path: '../../etc/passwd' }] } }],
		['gitlab', { programs: { 'plc-1': [{ project: 'p', path: '/etc' }] } }],
		['gitlab', { programs: { 'plc-1': [{ project: 'p?x=1', path: 'a' }] } }],
		['gitlab', { asset: undefined }],
		['fortindr-cloud', { disk_capped: false }],
	])('of %s refuses %j', (kind, wrong) => {
		const whole = examples().get(kind) as object;
		expect(ConnectorConfig.safeParse({ ...whole, ...wrong }).success).toBe(false);
	});
});

describe('the target `store` of a step', () => {
	const configs = KINDS.map((kind) => ConnectorConfig.parse(examples().get(kind)));
	const stores = storesOf(configs);
	const step = (action: string, storeOf?: (action: string) => string | null) => {
		const alerts = [alert('alr_1', { entities: [{ type: 'host', value: 'plc-1', role: 'target' }] })];
		const params = { about: '{primary}', around: '{first_alert}' };
		const loaded = playbook('p', [{ key: 'read', title: 'Values of {primary}', action, target: 'store', params }]);
		const ground = {
			incident: incident(),
			alerts,
			inventory: READING_INVENTORY,
			held: [],
			canRun: () => true,
			storeOf,
		};
		return planFor(ground, loaded, NOW).steps[0];
	};

	it('is the server that the connector of its action is set up with', () => {
		expect([...stores]).toEqual([
			['query_historian', 'hist-2'],
			['read_backup', 'ver-1'],
			['query_logs', 'siem-1'],
		]);
		expect(step('read_backup', (action) => stores.get(action) ?? null)).toMatchObject({
			...{ target: 'ver-1', title: 'Values of plc-1' },
			params: { about: 'plc-1', around: new Date(NOW).toISOString() },
		});
	});

	it('is nothing where nothing is set up', () => {
		expect(step('query_historian')).toMatchObject({ target: null });
		expect(step('query_historian', () => null)).toMatchObject({ target: null });
	});

	it('is for no action but those that read from a server that stands in the inventory', () => {
		for (const action of ACTION_NAMES)
			if (stores.has(action)) expect(['query_historian', 'read_backup', 'query_logs']).toContain(action);
	});
});

describe('what was read', () => {
	const [made] = planFor(
		{ incident: incident(), alerts: [alert('a')], inventory: READING_INVENTORY, held: [], canRun: () => true },
		playbook('p', [{ key: 'k', title: 't', action: 'query_historian', target: 'primary', params: { about: 'x' } }]),
		NOW,
	).steps;
	if (made === undefined) throw new Error('nothing was planned');
	const entry = {
		...({ kind: 'step.result', actor: { kind: 'bot', id: 'bot' }, at: NOW, incident: made.incident } as const),
		...{ refs: [made.id], data: { state: 'done' } },
	};
	const tell = (result: object) =>
		tellRead({ entries: [entry] }, { effect: 'done', ...result }, made, () => 'pst_1', NOW);

	it('is a message in the incident\u2019s thread and stands in the entry of the result', () => {
		const told = tell({ told: ['one', 'two'], record: { about: 'x' } });
		expect(told.entries[0]?.data).toEqual({ state: 'done', read: { about: 'x' } });
		expect(told.changes).toMatchObject([
			{ table: 'messages', row: { key: `note:${made.id}`, channel: '', text: 'one\ntwo' } },
		]);
		expect(told.topics).toEqual([{ topic: 'post', key: 'pst_1' }]);
	});

	it('is nothing where a call says nothing of the kind, or failed', () => {
		expect(tell({})).toEqual({ entries: [entry] });
		expect(tell({ effect: 'not_done', told: ['x'] }).changes).toBeUndefined();
	});
});

describe('interlock', () => {
	let folder: string;
	const open: { close(): Promise<void> }[] = [];
	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'interlock-reading-'));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	afterEach(async () => {
		for (const one of open.splice(0)) await one.close();
	});
	const run = async (command: typeof check, args: string[], password = PI_PASSWORD) => {
		const said: string[] = [];
		const take = (text: string) => void said.push(text);
		const env = { INTERLOCK_CONFIG: folder, PI_PASSWORD: password };
		const code = await command(args, { out: take, err: take, stdin: async () => new Uint8Array(), env }, Date.now());
		return { code, said: said.join('\n') };
	};

	it('checks the configuration, tries the historian without reading a value, and says what is wrong', async () => {
		const pi = await startPi([{ path: '\\\\PISRV\\FIC101.PV', values: [] }], Date.now());
		open.push(pi);
		const lines = [
			'connectors:',
			'  - name: pi',
			'    kind: pi-web-api',
			'    asset: hist-2',
			`    base_url: ${pi.url}/piwebapi`,
			'    allow_private: true',
			`    auth: { type: basic, user: '${PI_USER}', secret_env: PI_PASSWORD }`,
			"    tags: { plc-1: [{ path: '\\\\PISRV\\FIC101.PV' }] }",
			'',
		];
		writeFileSync(join(folder, 'interlock.yaml'), lines.join('\n'));
		writeFileSync(
			join(folder, 'inventory.yaml'),
			[
				'assets:',
				'  - { id: hist-2, site: north, zone: dmz, purdue: 3.5, kind: historian, domain: ot }',
				'  - { id: plc-1, site: north, zone: cell, purdue: 1, kind: plc, domain: ot }\n',
			].join('\n'),
		);
		expect(await run(check, [])).toMatchObject({ code: 0 });
		const tried = await run(connector, ['test', 'pi', '--target', 'plc-1']);
		expect(tried.said).toMatch(/^ok {2}the server in the inventory: `hist-2`: historian, level 3.5$/m);
		expect(tried.said).toMatch(/^ok {2}FIC101.PV: is there$/m);
		expect(tried.code).toBe(0);
		expect(pi.requests.some((request) => request.path.includes('/streams/'))).toBe(false);
		const wrong = await run(connector, ['test', 'pi'], 'wr0ng-password');
		expect(wrong).toMatchObject({ code: 1, said: expect.stringContaining('401') });
		expect(wrong.said).not.toContain('wr0ng');
		const mistyped = lines.join('\n').replace('asset: hist-2', 'asset: hist-3').replace('plc-1:', 'plc-9:');
		writeFileSync(join(folder, 'interlock.yaml'), mistyped);
		const warned = (await run(check, [])).said;
		expect(warned).toMatch(
			/interlock\.yaml:4:\d+: warning: connector `pi`: there is no asset `hist-3` in the inventory/,
		);
		expect(warned).toMatch(/did you mean `hist-2`/);
		expect(warned).toMatch(
			/interlock\.yaml:8:\d+: warning: connector `pi`: there is no asset `plc-9` in the inventory/,
		);
		writeFileSync(join(folder, 'interlock.yaml'), lines.join('\n').replace('asset: hist-2', 'assets: hist-2'));
		expect((await run(check, [])).said).toMatch(/interlock\.yaml:\d+:\d+: /);
	});
});
