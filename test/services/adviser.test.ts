// The adviser over time, on a real database and a real HTTP model server: what a storm costs, what happens when the budget is spent, what
// a restart remembers, and that a recorded answer leads to the same result again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditAdvice } from '../../src/cli/audit-advice.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { type AdviserOptions, createAdviser } from '../../src/model/client.ts';
import { MASK_ALL } from '../../src/model/mask.ts';
import { loadPrompts } from '../../src/model/prompt.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { readSituation } from '../../src/store/read/chat.ts';
import { record } from '../../src/store/record.ts';
import { createAdviceMemory } from '../../src/triage/advice-memory.ts';
import { type AdviseOptions, adviseHandlers } from '../../src/triage/advise.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { replayAdvice } from '../../src/triage/replay-advice.ts';
import { type LyingServer, startLyingServer } from '../model/lying-server.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const START = Date.UTC(2026, 2, 1, 3);
const MINUTE = 60_000;
let now = START;
let nth = 0;
let fresh: Fresh;
let server: LyingServer;
let faults: string[] = [];
beforeAll(async () => {
	server = await startLyingServer();
});
afterAll(async () => await server.stop());
beforeEach(async () => {
	fresh = await freshDatabase();
	now = START;
	faults = [];
	server.behave('good');
});
afterEach(async () => await fresh.close());

const verdict = (of: Partial<Verdict> = {}): Verdict => ({
	domain: 'ot',
	category: 'other',
	severity: 'medium',
	severity_floor: 'medium',
	matrix: 'ics',
	tactics: [],
	techniques: [],
	confidence: 0.1,
	confidence_firm: 0.1,
	assets: [],
	playbooks: [],
	tags: [],
	muted: false,
	reasons: [],
	...of,
});

/** More alerts of the incident, each about a host of its own. */
async function alertOf(incident: string, title: string, of: Partial<Verdict> = {}, count = 1): Promise<void> {
	const rows = Array.from({ length: count }, () => {
		const number = ++nth;
		const host = `io-${number}`;
		const address = `10.77.${number % 200}.${(number * 7) % 250}`;
		return {
			id: `alr_${String(number).padStart(12, '0')}`,
			source: 'nozomi-north',
			source_kind: 'nozomi',
			fingerprint: `fp${String(number).padStart(12, '0')}`,
			status: 'open' as const,
			title: title.replaceAll('HOST', host),
			description: `${host} at ${address} after ${number} tries`,
			severity: 'medium',
			kind: 'security',
			domain: 'ot',
			time_basis: 'event',
			occurred_at: now + number,
			received_at: now,
			first_seen: now,
			last_seen: now,
			entities: [{ type: 'host' as const, value: host, role: 'target' as const }],
			techniques: [],
			labels: {},
			raw: '{}',
			verdict: verdict(of),
			incident,
		};
	});
	const changes = rows.map((row) => ({ op: 'insert' as const, table: 'alerts' as const, row }));
	await record(fresh.database, { entries: [], changes, topics: [{ topic: 'advise', key: incident }] }, now);
}

async function incidentOf(of: Record<string, unknown> = {}): Promise<string> {
	const id = `inc_${String(++nth).padStart(12, '0')}`;
	const row = {
		...{
			id,
			title: 'Something new was seen',
			state: 'open' as const,
			severity: 'medium',
			domain: 'ot',
			category: 'other',
		},
		...{ process_safety: false, sites: [], zones: ['cell-1'], assets: [], techniques: [], tactics: [], playbooks: [] },
		...{ alert_count: 1, first_at: now, last_at: now, opened_at: now, created_at: now, updated_at: now, ...of },
	};
	await record(fresh.database, { entries: [], changes: [{ op: 'insert', table: 'incidents', row }] }, now);
	return id;
}

const stage = (options: Partial<AdviserOptions> = {}, of: Partial<AdviseOptions> = {}) =>
	adviseHandlers({
		database: fresh.database,
		adviser: createAdviser({
			...{ baseUrl: server.url, apiKey: '', model: 'm', timeoutMs: 2_000, tokensPerHour: 1_000_000, now: () => now },
			...options,
		}),
		prompts: loadPrompts(),
		maskPolicy: MASK_ALL,
		attack: attackTable,
		playbooks: () => ['plc-logic-change'],
		clock: () => now,
		onFault: (where, error) => faults.push(`${where}: ${String(error)}`),
		...of,
	}).advise;

async function work(advise: ReturnType<typeof stage>): Promise<void> {
	for (;;) {
		const due = await claimDue(fresh.database, 'advise', 10, now);
		if (due.length === 0) return;
		await advise?.(due);
	}
}

const shown = async (id: string) => (await readSituation(fresh.database, id))?.incident;
const asked = (name: string): number =>
	server.requests.filter((request) => JSON.stringify(request.body).includes(`"name":"${name}"`)).length;
async function given(kind: string): Promise<Record<string, unknown>[]> {
	const rows = await fresh.database.raw`SELECT canonical FROM ledger_entries WHERE kind = ${kind} ORDER BY seq`;
	return rows.map((row) => (JSON.parse(String(row['canonical'])) as { data: Record<string, unknown> }).data);
}

describe('what a storm costs', () => {
	it('is one question about the incident and one about the wording, for two hundred alerts', async () => {
		const id = await incidentOf();
		const advise = stage();
		for (const count of [1, 19, 80, 100]) {
			await alertOf(id, 'Strange write to HOST', {}, count);
			await work(advise);
			now += 10 * MINUTE;
		}
		expect([asked('incident_advice'), asked('alert_advice')]).toEqual([1, 1]);
		const text = (await shown(id))?.advice ?? '';
		expect(text).toContain(
			'Alerts worded like “strange write to ‹host›”: perhaps T0843; The wording tells of a transfer',
		);
		expect(text).toContain('(m, incident-advice v2, 1000 tokens; 0 of 1 alert wordings known from before)');
	});

	it('as separate incidents, is one question about the wording for all of them', async () => {
		const memory = createAdviceMemory();
		const advise = stage({}, { memory });
		const ids: string[] = [];
		for (let i = 0; i < 20; i++) {
			const id = await incidentOf();
			ids.push(id);
			await alertOf(id, 'Strange write to HOST');
			await work(advise);
		}
		expect(asked('alert_advice')).toBe(1);
		expect(memory.counts()).toMatchObject({ templateHits: 19, templateMisses: 1 });
		expect((await shown(ids[19] ?? ''))?.advice).toContain('19 of 20 alert wordings known from before');
	});

	it('answers the very same question about another machine from memory, with that machine’s name', async () => {
		const advise = stage();
		const sure = { techniques: [{ id: 'T0843', score: 0.9 }] };
		const ids: string[] = [];
		server.behave('echo_host');
		for (let i = 0; i < 3; i++) {
			const id = await incidentOf();
			ids.push(id);
			const number = nth + 1;
			await alertOf(id, 'Program changed on HOST', sure);
			// The description differs from alert to alert: without it the question is the same.
			await fresh
				.owner()
				.unsafe(`UPDATE alerts SET description = NULL WHERE id = 'alr_${String(number).padStart(12, '0')}'`);
			await work(advise);
			expect((await shown(id))?.advice).toContain(`It began on io-${number}.`);
		}
		expect(asked('incident_advice')).toBe(1);
		const answers = await given('advice.given');
		expect(answers.map((data) => data['tokens'])).toEqual([1_000, 0, 0]);
		expect(answers[1]?.['same_as']).toMatch(/^ent_/);
	});

	it('of an incident that grows by other things is one question in five minutes; one that gets worse is asked about at once', async () => {
		const id = await incidentOf();
		const advise = stage();
		for (const word of ['one', 'two', 'three']) {
			await alertOf(id, `Strange ${word} on HOST`, { techniques: [{ id: 'T0843', score: 0.9 }] });
			await work(advise);
			now += MINUTE;
		}
		expect(asked('incident_advice')).toBe(1);
		now += 3 * MINUTE;
		await work(advise);
		expect(asked('incident_advice')).toBe(2);
		await alertOf(id, 'Strange four on HOST');
		await fresh.owner().unsafe(`UPDATE incidents SET severity = 'critical' WHERE id = '${id}'`);
		await work(advise);
		expect(asked('incident_advice')).toBe(3);
	});
});

describe('when the budget is spent', () => {
	it('people are told on the card and in the faults, once, and it is asked again later by itself', async () => {
		const advise = stage({ tokensPerHour: 3_000 });
		const ids: string[] = [];
		for (let i = 0; i < 4; i++) {
			const id = await incidentOf();
			ids.push(id);
			await alertOf(id, `Strange thing ${'abcd'[i]} on HOST`, { techniques: [{ id: 'T0843', score: 0.9 }] });
			await work(advise);
		}
		const last = ids[3] ?? '';
		expect((await shown(last))?.advice).toBeNull();
		expect((await shown(last))?.advice_note).toBe(
			'the model was not asked: its budget is spent (3,000 tokens an hour); it is asked again from 03:10 UTC on',
		);
		expect(faults).toHaveLength(1);
		expect(faults[0]).toContain('its budget is spent (3,000 tokens an hour)');
		const failed = (await given('advice.failed')).length;
		now += 10 * MINUTE;
		await work(advise);
		expect((await given('advice.failed')).length, 'the same is not said twice in the ledger').toBe(failed);
		now += 60 * MINUTE;
		await work(advise);
		expect((await shown(last))?.advice).toContain('A remote session was used');
		expect((await shown(last))?.advice_note).toBeNull();
	});

	it('an endpoint that fails is left alone, and people are told until when', async () => {
		server.behave('status_401');
		const advise = stage({ breaker: { failures: 2, pauseMs: MINUTE } });
		const ids: string[] = [];
		for (let i = 0; i < 3; i++) {
			const id = await incidentOf();
			ids.push(id);
			await alertOf(id, 'Strange thing on HOST', { techniques: [{ id: 'T0843', score: 0.9 }] });
			await work(advise);
		}
		expect(server.requests).toHaveLength(2);
		expect((await shown(ids[0] ?? ''))?.advice_note).toContain('the model gave no answer (http error)');
		expect((await shown(ids[2] ?? ''))?.advice_note).toContain(
			'it failed several times in a row; it is asked again from 03:02',
		);
		server.behave('good');
		now += 3 * MINUTE;
		await work(advise);
		expect((await shown(ids[2] ?? ''))?.advice).toContain('A remote session');
	});
});

describe('what is recorded', () => {
	it('holds prompt, model, tokens and time, and leads to the same result again without a call', async () => {
		server.behave('good');
		const id = await incidentOf();
		await alertOf(id, 'Strange write to HOST');
		await work(stage());
		server.behave('lie');
		const other = await incidentOf({ severity: 'high' });
		await alertOf(other, 'Strange read of HOST', { techniques: [{ id: 'T0843', score: 0.9 }] });
		await work(stage());
		const calls = server.requests.length;
		const answers = await given('advice.given');
		expect(answers.map((data) => data['about'])).toEqual(['template', 'incident', 'incident']);
		for (const data of answers) {
			expect(data).toMatchObject({ model: 'm', tokens: 1_000, money: 0, calls: 1 });
			for (const hash of ['prompt_hash', 'prompt_file']) expect(data[hash]).toMatch(/^[0-9a-f]{64}$/);
			expect(data['prompt_version']).toMatch(/ v\d+$/);
			const again = replayAdvice(data, attackTable);
			expect(again).toMatchObject({ ok: true, same: true });
		}
		expect(server.requests).toHaveLength(calls);
		let told = '';
		const say = (text: string): void => {
			told += `${text}\n`;
		};
		expect(await auditAdvice(fresh.database, false, { out: say, err: say })).toBe(0);
		expect(told).toContain('3 answers judged again without a call: 3 same, 0 not');
		expect(server.requests).toHaveLength(calls);
		// A record that was tampered with does not lead there.
		const { result, ...rest } = answers[2] ?? {};
		const tampered = { ...rest, result: { ...(result as object), severity_opinion: 'low' } };
		expect(replayAdvice(tampered, attackTable)).toMatchObject({ ok: true, same: false });
		expect(replayAdvice({ about: 'incident' }, attackTable).ok).toBe(false);
	});

	it('fills the memory and the budget of the next process', async () => {
		const first = await incidentOf();
		await alertOf(first, 'Strange write to HOST');
		await work(stage());
		const memory = createAdviceMemory();
		const adviser = createAdviser({
			...{ baseUrl: server.url, apiKey: '', model: 'm', timeoutMs: 2_000, tokensPerHour: 1_000_000, now: () => now },
		});
		const second = await incidentOf();
		await alertOf(second, 'Strange write to HOST');
		await work(stage({}, { memory, adviser }));
		expect(asked('alert_advice')).toBe(1);
		expect(memory.counts()).toMatchObject({ templateHits: 1, templateMisses: 0 });
		expect(adviser.status().tokensHour).toBe(3_000);
	});
});
