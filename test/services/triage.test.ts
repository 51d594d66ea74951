import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Due, Topic } from '../../src/domain/topic.ts';
import { createAdviser } from '../../src/model/client.ts';
import { MASK_ALL } from '../../src/model/mask.ts';
import { loadPrompts } from '../../src/model/prompt.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { LeaseLost, record } from '../../src/store/record.ts';
import { adviseHandlers } from '../../src/triage/advise.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { compileRules } from '../../src/triage/rules.ts';
import { triageHandlers } from '../../src/triage/triage.ts';
import { type LyingServer, startLyingServer } from '../model/lying-server.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const NOW = Date.UTC(2026, 2, 1, 10);
let fresh: Fresh;
let server: LyingServer;
beforeAll(async () => {
	fresh = await freshDatabase();
	server = await startLyingServer();
});
afterAll(async () => {
	await server.stop();
	await fresh.close();
});

const loaded = loadRules();
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
const context = {
	inventory: indexInventory({ assets: [], zones: [], conduits: [], confirmedAt: NOW }),
	rules: loaded.value,
	classifier: loadWeights(),
	attack: attackTable,
};

let nth = 0;
const alertRow = (given: Record<string, unknown> = {}) => {
	nth++;
	return {
		id: `alr_${String(nth).padStart(12, '0')}`,
		source: 'nozomi-north',
		source_kind: 'nozomi',
		fingerprint: `fp${String(nth).padStart(12, '0')}`,
		status: 'open' as const,
		title: 'PLC program download',
		description: 'by user=ann.smith from 10.1.2.3, password=hunter22',
		severity: 'medium',
		severity_raw: '5',
		kind: 'security',
		domain: 'ot',
		time_basis: 'event',
		occurred_at: NOW,
		received_at: NOW,
		first_seen: NOW,
		last_seen: NOW,
		entities: [
			{ type: 'host' as const, value: 'plc-7', role: 'target' as const },
			{ type: 'user' as const, value: 'Deborah Jones', role: 'actor' as const },
		],
		techniques: [],
		labels: {},
		raw: '{}',
		...given,
	};
};

const store = async (topic: Topic, rows: ReturnType<typeof alertRow>[]): Promise<Due[]> => {
	await record(
		fresh.database,
		{
			entries: [],
			changes: rows.map((row) => ({ op: 'insert' as const, table: 'alerts' as const, row })),
			topics: rows.map((row) => ({ topic, key: row.id })),
		},
		NOW,
	);
	return claimDue(fresh.database, topic, 500, NOW);
};
const entriesAbout = async (ref: string): Promise<{ kind: string; data: Record<string, unknown> }[]> => {
	const rows = await fresh.database
		.raw`SELECT canonical FROM ledger_entries WHERE canonical LIKE ${`%${ref}%`} ORDER BY seq`;
	return rows.map((row) => JSON.parse(String(row['canonical'])) as { kind: string; data: Record<string, unknown> });
};
const waiting = async (topic: Topic): Promise<string[]> =>
	(await fresh.database.raw`SELECT key FROM outbox WHERE topic = ${topic}`).map((row) => String(row['key']));
const handlers = (faults: string[] = [], rules = context.rules) =>
	triageHandlers({
		database: fresh.database,
		context: () => ({ ...context, rules }),
		clock: () => NOW,
		onFault: (where) => faults.push(where),
	});

describe('the triage stage', () => {
	it('judges a batch: verdict, entry and next topic for each, and nothing stays due', async () => {
		const rows = [alertRow(), alertRow({ title: 'User logged out', kind: 'audit', severity: 'informational' })];
		const due = await store('triage', rows);
		await handlers().triage?.(due);
		const held = await fresh.database
			.raw`SELECT id, verdict, judged_at FROM alerts WHERE id IN ${fresh.database.raw(rows.map((r) => r.id))} ORDER BY id`;
		expect(held.map((row) => row['verdict'].category)).toEqual(['ot_change', 'audit']);
		expect(held.every((row) => Number(row['judged_at']) === NOW)).toBe(true);
		for (const row of rows) {
			const entries = await entriesAbout(row.id);
			expect(entries.map((entry) => entry.kind)).toEqual(['alert.judged']);
			expect(await waiting('correlate')).toContain(row.id);
		}
		expect(await waiting('triage')).toEqual([]);
	});

	it('puts process safety on its own lane, whatever lane it came on', async () => {
		const rows = [
			alertRow({ kind: 'process_safety', title: 'GAS HIGH', severity: null }),
			alertRow({ kind: 'process', title: 'Gas detector 4 high' }),
		];
		await handlers().triage?.(await store('triage', rows));
		expect(await waiting('correlate_safety')).toEqual(expect.arrayContaining(rows.map((row) => row.id)));
	});

	it('does not record the same verdict twice, but passes the alert on', async () => {
		const row = alertRow();
		await handlers().triage?.(await store('triage', [row]));
		await record(fresh.database, { entries: [], topics: [{ topic: 'triage', key: row.id }] }, NOW);
		await handlers().triage?.(await claimDue(fresh.database, 'triage', 10, NOW));
		expect(await entriesAbout(row.id)).toHaveLength(1);
		expect(await waiting('correlate')).toContain(row.id);
	});

	it('a critical alarm makes drills stand still whenever it comes with news, also where it is judged as before', async () => {
		const row = alertRow({ kind: 'process_safety', title: 'GAS HIGH', severity: null });
		await handlers().triage?.(await store('triage', [row]));
		expect(await waiting('drill')).toEqual(['real']);
		await fresh.database.raw`DELETE FROM outbox WHERE topic IN ('drill', 'correlate_safety')`;
		await record(fresh.database, { entries: [], topics: [{ topic: 'triage', key: row.id }] }, NOW);
		await handlers().triage?.(await claimDue(fresh.database, 'triage', 10, NOW));
		expect(await waiting('correlate_safety')).toContain(row.id);
		expect(await waiting('drill')).toEqual(['real']);
	});

	it('writes nothing where another worker has taken the rows', async () => {
		const row = alertRow();
		const due = await store('triage', [row]);
		await claimDue(fresh.database, 'triage', 10, NOW + 120_000);
		await expect(handlers().triage?.(due)).rejects.toThrow(LeaseLost);
		expect(await entriesAbout(row.id)).toEqual([]);
	});

	it('raises an alert that it cannot judge instead of losing it or the batch', async () => {
		const broken = compileRules([{ value: { id: 'r', title: 't', when: 'true' }, file: 'r', line: 1, column: 1 }]);
		if (!broken.ok || broken.value[0] === undefined) throw new Error('rule');
		const throws = {
			...broken.value[0],
			get confidence(): 'low' {
				throw new Error('a fault of ours');
			},
		};
		const faults: string[] = [];
		const row = alertRow({ severity: 'high' });
		await handlers(faults, [throws]).triage?.(await store('triage', [row]));
		const [entry] = await entriesAbout(row.id);
		expect(entry?.data).toMatchObject({ severity: 'high', muted: false, tags: ['triage-fault'] });
		expect(faults).toEqual([`triage of ${row.id}`]);
	});

	it('keeps hostile text out of the ledger and takes any of it', async () => {
		const row = alertRow({
			title: 'ignore rules <!channel> \u202e',
			severity_raw: '\u{1F600}'.repeat(40),
			description: 'x'.repeat(19_000),
		});
		await handlers().triage?.(await store('triage', [row]));
		const text = JSON.stringify(await entriesAbout(row.id));
		expect(text).not.toContain('<!channel>');
	});
});

describe('the adviser stage', () => {
	let incidents = 0;
	const incidentWith = async (rows: ReturnType<typeof alertRow>[]): Promise<{ id: string; due: Due[] }> => {
		const id = `inc_${String(++incidents).padStart(12, '0')}`;
		await handlers().triage?.(await store('triage', rows));
		await record(
			fresh.database,
			{
				entries: [],
				changes: [
					{
						op: 'insert',
						table: 'incidents',
						row: {
							id,
							title: 'Logic change on plc-7 by Deborah Jones',
							state: 'open',
							severity: 'high',
							domain: 'ot',
							category: 'ot_change',
							process_safety: false,
							sites: [],
							zones: ['cell-1'],
							assets: ['plc-7'],
							techniques: ['T0843'],
							tactics: [],
							playbooks: ['plc-logic-change'],
							alert_count: rows.length,
							first_at: NOW,
							last_at: NOW,
							opened_at: NOW,
							created_at: NOW,
							updated_at: NOW,
						},
					},
					...rows.map((row) => ({
						op: 'update' as const,
						table: 'alerts' as const,
						id: row.id,
						set: { incident: id },
					})),
				],
				topics: [{ topic: 'advise', key: id }],
			},
			NOW,
		);
		return { id, due: await claimDue(fresh.database, 'advise', 10, NOW) };
	};
	const advise = (timeoutMs = 5_000, withAdviser = true) =>
		adviseHandlers({
			database: fresh.database,
			adviser: withAdviser
				? createAdviser({ baseUrl: server.url, apiKey: '', model: 'm', timeoutMs, tokensPerHour: 1_000_000 })
				: null,
			prompts: loadPrompts(),
			maskPolicy: MASK_ALL,
			attack: attackTable,
			playbooks: () => ['plc-logic-change'],
			clock: () => NOW,
		}).advise;
	const adviceOf = async (id: string) =>
		(await fresh.database.raw`SELECT advice, severity, playbooks FROM incidents WHERE id = ${id}`)[0];

	it('records a clamped answer, shows it on the card, and sent nothing that must stay', async () => {
		server.behave('good');
		const { id, due } = await incidentWith([alertRow(), alertRow()]);
		await advise()?.(due);
		expect((await adviceOf(id))?.['advice']).toMatchObject({
			severity_opinion: 'high',
			playbook: 'plc-logic-change',
			model: 'm',
		});
		const [entry] = await entriesAbout(id);
		expect(entry).toMatchObject({
			kind: 'advice.given',
			data: { model: 'm', prompt_version: 'incident-advice v2', tokens: 1000 },
		});
		expect(await waiting('card')).toContain(id);
		const sent = JSON.stringify(server.requests[0]?.body);
		for (const secret of ['hunter22', 'Deborah', 'ann.smith', '10.1.2.3']) expect(sent).not.toContain(secret);
	});

	it('a lying model changes neither severity nor playbooks, and its words are bounded', async () => {
		server.behave('lie');
		const { id, due } = await incidentWith([alertRow()]);
		await advise()?.(due);
		const row = await adviceOf(id);
		expect(row).toMatchObject({ severity: 'high', playbooks: ['plc-logic-change'] });
		expect(row?.['advice']).toMatchObject({ severity_opinion: 'high', playbook: null, techniques: ['T0843', 'T0816'] });
		expect(await waiting('run')).toEqual([]);
	});

	it.each(['hang', 'status_500', 'not_json', 'drop'] as const)(
		'a model that does %s costs one entry and no retry',
		async (behaviour) => {
			server.behave(behaviour);
			const { id, due } = await incidentWith([alertRow()]);
			await advise(400)?.(due);
			expect((await adviceOf(id))?.['advice']).not.toHaveProperty('summary');
			expect((await entriesAbout(id)).map((entry) => entry.kind)).toEqual(['advice.failed']);
			expect(await waiting('advise')).toEqual([]);
		},
	);

	it('does not ask the same question twice', async () => {
		server.behave('good');
		const { id, due } = await incidentWith([alertRow()]);
		await advise()?.(due);
		const asked = server.requests.length;
		await record(fresh.database, { entries: [], topics: [{ topic: 'advise', key: id }] }, NOW);
		await advise()?.(await claimDue(fresh.database, 'advise', 10, NOW));
		expect(server.requests).toHaveLength(asked);
		expect(await waiting('advise')).toEqual([]);
	});

	it('completes the topic where there is no model or no incident', async () => {
		const { due } = await incidentWith([alertRow()]);
		await advise(100, false)?.(due);
		await record(fresh.database, { entries: [], topics: [{ topic: 'advise', key: 'inc_gone00000000' }] }, NOW);
		await advise()?.(await claimDue(fresh.database, 'advise', 10, NOW));
		expect(await waiting('advise')).toEqual([]);
	});
});
