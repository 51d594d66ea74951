// POST /v1/facts: what a person states with their own token over HTTP is the same statement as in chat, and nothing else can be done there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Desk } from '../../src/chat/perform.ts';
import { makePersonToken } from '../../src/chat/person-token.ts';
import { takeStatement } from '../../src/chat/statement.ts';
import { readPersonKey } from '../../src/cli/person.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { openDoorThreads } from '../../src/intake/door-threads.ts';
import { record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { directory, INCIDENT_ID, incident, inventory, STEP_ID, step } from '../chat/world.ts';
import { type Door, openDoor } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let door: Door;
let folder = '';
const key = () => readPersonKey(folder, true);
const learning = createLearning(inventory, () => ({ inventory, rules: [], classifier: null, attack: attackTable }));
const desk = (): Desk => ({
	database: fresh.database,
	directory,
	split: (ask, at) => splitIncident(ask, inventory, at),
	learning,
	now: Date.now,
});

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-facts-'));
	fresh = await freshDatabase();
	const { advice: _advice, number: _number, ...row } = incident();
	await record(
		fresh.database,
		{
			entries: [],
			changes: [
				{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } },
				{ op: 'insert', table: 'steps', row: step() },
			],
		},
		Date.now(),
	);
});
afterAll(async () => {
	await fresh.close();
	rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
	door = await openDoor(fresh.database, {
		onStatement: async (statement) => await takeStatement(desk(), key, statement),
	});
});
afterEach(async () => await door.close());

function tokenOf(person: string, endsAt = Date.now() + 60_000): string {
	const held = key();
	if (!held.ok) throw new Error(held.error);
	return makePersonToken(held.value, person, endsAt);
}

async function post(who: string | null, body: unknown, token = who === null ? null : tokenOf(who), url = door.url) {
	const response = await fetch(`${url}/v1/facts`, {
		method: 'POST',
		body: typeof body === 'string' ? body : JSON.stringify(body),
		headers: {
			...(who === null ? {} : { 'x-interlock-person': who }),
			...(token === null ? {} : { authorization: `Bearer ${token}` }),
		},
	});
	return { status: response.status, body: (await response.json()) as Record<string, string> };
}

const facts = async () =>
	await fresh.database.raw`SELECT name, subject, value, supplied_by, stated_at, expires_at FROM facts ORDER BY id`;
const lastEntry = async () =>
	JSON.parse(
		String(
			(await fresh.database.raw`SELECT canonical FROM ledger_entries ORDER BY seq DESC LIMIT 1`)[0]?.['canonical'],
		),
	) as { kind: string; actor: { id: string }; data: Record<string, unknown> };

describe('a statement over HTTP', () => {
	it('has a giver, an age and an end, and is an entry that says how it came', async () => {
		const answer = await post('pia', {
			name: 'sole_view',
			subject: 'ews-4',
			value: false,
			for: '2h',
			reason: 'second is up',
		});
		expect(answer).toMatchObject({ status: 200, body: { outcome: 'done' } });
		expect(answer.body['reply']).toContain('`sole_view` of `ews-4` is no, for 2 h');
		const [row] = await facts();
		expect(row).toMatchObject({ name: 'sole_view', subject: 'ews-4', value: false, supplied_by: 'pia' });
		expect(Number(row?.['expires_at']) - Number(row?.['stated_at'])).toBe(2 * 3_600_000);
		expect(await lastEntry()).toMatchObject({
			kind: 'fact.stated',
			actor: { id: 'pia' },
			data: { via: 'http', reason: 'second is up' },
		});
		const state = await post('pia', { name: 'zone_state', subject: 'cell-3', value: 'normal' });
		expect(state.status).toBe(200);
	});

	it('counts as outside chat', async () => {
		const body = { name: 'out_of_band_confirmed', subject: STEP_ID, value: true };
		expect((await post('olaf', body)).status).toBe(200);
		expect((await post('ana', { name: 'identity_compromised', subject: INCIDENT_ID, value: false })).status).toBe(200);
	});

	it.each<[string, string, object, RegExp]>([
		['somebody who may not say it', 'ana', { name: 'sole_view', subject: 'ews-4', value: false }, /stated by/],
		['another site', 'sven', { name: 'sole_view', subject: 'ews-4', value: false }, /stated by/],
		['an unknown fact', 'pia', { name: 'sole_veiw', subject: 'ews-4', value: false }, /Did you mean/],
		['a value it cannot take', 'pia', { name: 'sole_view', subject: 'ews-4', value: 'maybe' }, /one of/],
	])('is refused for %s, and the refusal is an entry', async (_name, who, body, words) => {
		const before = (await facts()).length;
		const answer = await post(who, body);
		expect(answer.status).toBe(403);
		expect(answer.body['reason']).toMatch(words);
		expect(await facts()).toHaveLength(before);
		expect(await lastEntry()).toMatchObject({ kind: 'command.refused', actor: { id: who }, data: { via: 'http' } });
	});

	it.each<[string, unknown]>([
		['broken JSON', '{'],
		['a list', []],
		['a number', { name: 'sole_view', subject: 'ews-4', value: 7 }],
		['more than it knows', { name: 'sole_view', subject: 'ews-4', value: true, approve: STEP_ID }],
		['nothing', ''],
	])('is not understood with %s: 400 and nothing is recorded', async (_name, body) => {
		const before = (await facts()).length;
		expect((await post('pia', body)).status).toBe(400);
		expect(await facts()).toHaveLength(before);
	});

	it('proves nobody without a token, with that of another, an old one, or for somebody who is not known', async () => {
		const body = { name: 'sole_view', subject: 'ews-4', value: false };
		const before = (await facts()).length;
		expect((await post(null, body)).status).toBe(401);
		expect((await post('pia', body, tokenOf('olaf'))).status).toBe(401);
		expect((await post('pia', body, tokenOf('pia', Date.now() - 1))).status).toBe(401);
		expect((await post('mallory', body)).status).toBe(401);
		expect(await facts()).toHaveLength(before);
		expect(door.refused.filter((line) => line.startsWith('facts: '))).toHaveLength(4);
	});

	it('guessing tokens is answered with 429 after a while, and too much with 413', async () => {
		const body = { name: 'sole_view', subject: 'ews-4', value: false };
		const statuses: number[] = [];
		for (let n = 0; n < 60 && !statuses.includes(429); n++)
			statuses.push((await post('pia', body, `ilp_zzz_${String(n).padStart(64, '0')}`)).status);
		expect(statuses).toContain(429);
		expect((await post('pia', body)).status).toBe(200);
		expect((await post('pia', 'x'.repeat(20_000))).status).toBe(413);
		expect((await fetch(`${door.url}/v1/facts`)).status).toBe(405);
	});

	it('is not there where the program takes none', async () => {
		const without = await openDoor(fresh.database);
		try {
			expect((await post('pia', {}, tokenOf('pia'), without.url)).status).toBe(404);
		} finally {
			await without.close();
		}
	});

	it('goes from the threads of the door to the program and back', async () => {
		const threads = await openDoorThreads({
			databaseUrl: fresh.database.url,
			databaseRole: fresh.database.role,
			sources: [],
			hasAliases: false,
			mappings: [],
			inventory: { assets: [], zones: [], conduits: [], confirmedAt: 0 },
			port: 0,
			tls: null,
			trustedProxies: [],
			bodyMax: 1_000_000,
			alertsMax: 1_000,
			calm: new SharedArrayBuffer(8),
			fault: () => null,
			metrics: async () => '',
			countRefused: () => false,
			onTopics: () => undefined,
			onProtocol: () => undefined,
			onStatement: async (statement) => await takeStatement(desk(), key, statement),
			onError: (error) => {
				throw error;
			},
			onAnswer: () => undefined,
		});
		try {
			const url = `http://127.0.0.1:${threads.port}`;
			const body = { name: 'process_running', subject: 'ews-4', value: true };
			expect((await post('pia', body, tokenOf('pia'), url)).status).toBe(200);
			expect((await post('pia', body, tokenOf('ana'), url)).status).toBe(401);
			expect(await lastEntry()).toMatchObject({ kind: 'fact.stated', data: { name: 'process_running', via: 'http' } });
		} finally {
			await threads.stop();
		}
	});
});
