// `interlock incident` and `interlock person` against a real database: the night when Slack is down.
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { incident as runIncident } from '../../src/cli/incident.ts';
import { person as runPerson } from '../../src/cli/person.ts';
import { readSituation } from '../../src/store/read/chat.ts';
import { record } from '../../src/store/record.ts';
import { BINDING, directory, incident, PEOPLE, step } from '../chat/world.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let folder = '';
let out: string[] = [];
let err: string[] = [];
let nth = 0;
let current = { id: '', step: '', number: 0 };

beforeAll(async () => {
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-'));
});
afterAll(async () => {
	rmSync(folder, { recursive: true, force: true });
	await fresh.close();
});
beforeEach(async () => {
	nth++;
	current = {
		id: `inc_0000000000000000000${nth.toString(36)}`,
		step: `stp_0000000000000000000${nth.toString(36)}`,
		number: 0,
	};
	const { number: _number, ...row } = incident({ id: current.id });
	const one = step({ id: current.step, incident: current.id, expires_at: Date.now() + 600_000 });
	await record(
		fresh.database,
		{
			entries: [],
			changes: [
				{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } },
				{ op: 'insert', table: 'steps', row: one },
			],
		},
		Date.now(),
	);
	current.number = (await readSituation(fresh.database, current.id))?.incident.number ?? 0;
});

const io = (env: Record<string, string> = {}) => {
	out = [];
	err = [];
	return {
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env,
	};
};
const deps = () => ({
	directory,
	dataFolder: folder,
	open: async () => ({ database: fresh.database, close: async () => undefined }),
	now: Date.now,
});
async function token(id: string): Promise<string> {
	expect(await runPerson(['token', id], io(), { dataFolder: folder, people: PEOPLE, now: Date.now })).toBe(0);
	return out.join('').trim();
}
const as = async (id: string, ...args: string[]): Promise<number> =>
	await runIncident(args, io({ INTERLOCK_PERSON: id, INTERLOCK_PERSON_TOKEN: await token(id) }), deps());
const read = async () => await readSituation(fresh.database, current.id);
async function lastEntry(): Promise<string | undefined> {
	const [row] = await fresh.database.raw<{ kind: string }[]>`SELECT kind FROM ledger_entries ORDER BY seq DESC LIMIT 1`;
	return row?.kind;
}

describe('interlock incident', () => {
	it('lists and shows without a token, as text and as JSON', async () => {
		expect(await runIncident(['list'], io(), deps())).toBe(0);
		expect(out.join('\n')).toContain(`INC-${current.number}`);
		expect(await runIncident(['show', String(current.number), '--json'], io(), deps())).toBe(0);
		expect(JSON.parse(out.join(''))).toMatchObject({ number: current.number, steps: [{ id: current.step }] });
		expect(await runIncident(['show', '99999'], io(), deps())).toBe(1);
	});

	it('approves exactly the decision that was read', async () => {
		expect(await as('ana', 'approve', current.step)).toBe(2);
		expect(err.join('\n')).toContain(`--decision ${BINDING.slice(0, 8)}`);
		expect((await read())?.approvals).toEqual([]);
		expect(await as('ana', 'approve', current.step, '--decision', 'ffffffff')).toBe(1);
		expect(await lastEntry()).toBe('approval.rejected');
		expect(await as('ana', 'approve', current.step, '--decision', BINDING.slice(0, 8))).toBe(0);
		expect((await read())?.approvals).toMatchObject([{ person: 'ana', via: 'cli', binding: BINDING }]);
	});

	it('refuses the wrong person with exit 1 and an entry', async () => {
		expect(await as('sven', 'approve', current.step, '--decision', BINDING)).toBe(1);
		expect(err.join('\n')).toContain('Not counted');
		expect(await lastEntry()).toBe('approval.rejected');
	});

	it('refuses a step with a reason, resolves, freezes', async () => {
		expect(await as('olaf', 'refuse', current.step, '--decision', BINDING, '--reason', 'batch')).toBe(0);
		expect((await read())?.steps[0]?.state).toBe('refused');
		expect(await as('ana', 'ack', String(current.number))).toBe(0);
		expect(await as('ana', 'resolve', String(current.number), 'false', 'alarm')).toBe(0);
		expect((await read())?.incident).toMatchObject({
			state: 'resolved',
			resolution: 'false alarm',
			acknowledged_by: 'ana',
		});
		expect(await as('pia', 'freeze', 'zone', 'cell-3', 'strange')).toBe(0);
		expect(await lastEntry()).toBe('freeze.set');
	});

	it('settles a step in doubt with what was seen, and asks again for one that expired', async () => {
		const set = (given: object) =>
			record(
				fresh.database,
				{ entries: [], changes: [{ op: 'update', table: 'steps', id: current.step, set: given }] },
				Date.now(),
			);
		await set({ state: 'in_doubt', attempts: 1, outcome: 'no answer' });
		expect(await as('olaf', 'settle', current.step)).toBe(2);
		expect(err.join('\n')).toContain('--not-done');
		expect(await as('olaf', 'settle', current.step, '--done', '--not-done', '--reason', 'x')).toBe(2);
		expect(await as('olaf', 'settle', current.step, '--done')).toBe(1);
		expect(await as('sven', 'settle', current.step, '--done', '--reason', 'x')).toBe(1);
		expect((await read())?.steps[0]?.state).toBe('in_doubt');
		expect(await as('olaf', 'settle', current.step, '--not-done', '--reason', 'host answers')).toBe(0);
		expect((await read())?.steps[0]).toMatchObject({
			state: 'failed',
			outcome: 'Olaf OT looked: it was not done: host answers',
		});
		expect(await lastEntry()).toBe('step.result');
		await set({ state: 'expired', attempts: 0, expires_at: null });
		expect(await as('rita', 'ask', current.step)).toBe(1);
		expect(await as('pia', 'ask', current.step, '--reason', 'still needed')).toBe(0);
		expect((await read())?.steps[0]).toMatchObject({ state: 'planned', requested_by: 'pia', decision: null });
		expect(await lastEntry()).toBe('step.asked_again');
	});

	it('merges two incidents', async () => {
		const { number: _number, ...row } = incident({ id: `inc_00000000000000000x${nth}` });
		await record(
			fresh.database,
			{ entries: [], changes: [{ op: 'insert', table: 'incidents', row: { ...row, playbooks: [], advice: null } }] },
			Date.now(),
		);
		const other = await readSituation(fresh.database, row.id);
		expect(await as('sven', 'merge', String(current.number), String(other?.incident.number))).toBe(1);
		expect(await as('olaf', 'merge', String(current.number), String(other?.incident.number))).toBe(0);
		expect((await readSituation(fresh.database, row.id))?.incident.state).toBe('merged');
	});

	it('lists what is not known, without a token', async () => {
		expect(await runIncident(['unknown', '--json'], io(), deps())).toBe(0);
		expect(JSON.parse(out.join(''))).toMatchObject({ unknown: [], unparsed: [] });
	});

	it.each([
		['no token', {}, 2],
		['a wrong token', { INTERLOCK_PERSON: 'ana', INTERLOCK_PERSON_TOKEN: `ilp_zzzzzzzz_${'0'.repeat(64)}` }, 1],
		['nobody we know', { INTERLOCK_PERSON: 'mallory', INTERLOCK_PERSON_TOKEN: 'x' }, 1],
	])('changes nothing with %s', async (_name, env, code) => {
		await token('ana');
		expect(await runIncident(['ack', String(current.number)], io(env), deps())).toBe(code);
		expect((await read())?.incident.state).toBe('open');
		if (code === 1) expect(await lastEntry()).toBe('credential.refused');
	});

	it("does not take one person's token for another", async () => {
		const stolen = await token('olaf');
		expect(
			await runIncident(
				['ack', String(current.number)],
				io({ INTERLOCK_PERSON: 'ana', INTERLOCK_PERSON_TOKEN: stolen }),
				deps(),
			),
		).toBe(1);
	});

	it.each([[['nonsense']], [[]], [['show']], [['approve']], [['ack', 'x']], [['list', '--bogus']]])(
		'says how it is used for %j',
		async (args) => {
			expect(await runIncident(args, io(), deps())).toBe(2);
			expect(err.join('\n')).toContain('usage');
		},
	);

	it('without a database ends with 3', async () => {
		const away = { ...deps(), open: async () => await Promise.reject(new Error('connection refused')) };
		expect(await runIncident(['list'], io(), away)).toBe(3);
	});
});

describe('interlock person token', () => {
	it('keeps its key from others, and refuses one that others may read', async () => {
		await token('ana');
		const path = join(folder, 'person-key');
		expect(statSync(path).mode & 0o777).toBe(0o600);
		chmodSync(path, 0o644);
		expect(await runPerson(['token', 'ana'], io(), { dataFolder: folder, people: PEOPLE, now: Date.now })).toBe(3);
		expect(err.join('')).toContain('chmod 600');
		chmodSync(path, 0o600);
	});

	it('is for people that exist, for a time that ends', async () => {
		const person = { dataFolder: folder, people: PEOPLE, now: Date.now };
		expect(await runPerson(['token', 'anna'], io(), person)).toBe(2);
		expect(err.join('')).toContain('did you mean `ana`');
		expect(await runPerson(['token', 'ana', '--days', '4000'], io(), person)).toBe(2);
		expect(await runPerson([], io(), person)).toBe(2);
	});

	it('takes what the program got wrong, proposes, and has others apply and revoke', async () => {
		const of = current;
		const verdict = {
			domain: 'ot' as const,
			category: 'ot_change' as const,
			severity: 'medium' as const,
			severity_floor: 'medium' as const,
			matrix: 'ics' as const,
			tactics: ['execution'],
			techniques: [],
			confidence: 0.3,
			confidence_firm: 0.3,
			assets: ['ews-4'],
			playbooks: [],
			tags: [],
			muted: false,
			reasons: [],
		};
		const at = Date.now();
		const row = {
			id: 'alr_00000000000000000077',
			source: 'ids',
			source_kind: 'syslog',
			fingerprint: 'fingerprint-77',
			status: 'open' as const,
			title: 'Odd write',
			severity: 'medium',
			kind: 'security',
			time_basis: 'event',
			occurred_at: at,
			received_at: at,
			first_seen: at,
			last_seen: at,
			entities: [{ type: 'host' as const, value: 'ews-4', role: 'target' as const }],
			techniques: [],
			labels: {},
			raw: '{}',
			incident: of.id,
			verdict,
		};
		await record(fresh.database, { entries: [], changes: [{ op: 'insert', table: 'alerts', row }] }, at);
		expect(await as('pia', 'feedback', String(of.number), 'false-positive')).toBe(0);
		expect(out.join()).toContain('1 change proposed');
		expect(await runIncident(['rules', '--json'], io(), deps())).toBe(0);
		const { proposed } = JSON.parse(out.join('')) as { proposed: { id: string; incident: string }[] };
		const id = proposed.find((one) => one.incident === of.id)?.id ?? '';
		expect(await as('pia', 'apply', id)).toBe(1);
		expect(err.join()).toContain('you asked for it');
		expect(await as('ana', 'apply', id)).toBe(0);
		expect(await as('olaf', 'apply', id)).toBe(0);
		expect(await runIncident(['rules'], io(), deps())).toBe(0);
		expect(out.join()).toContain('in force: 1');
		expect(await as('olaf', 'revoke', id)).toBe(0);
		expect(await lastEntry()).toBe('rule.revoked');
		expect(await runIncident(['show', String(of.number), '--json'], io(), deps())).toBe(0);
		expect(JSON.parse(out.join(''))).toMatchObject({
			insight: { stages: [{ tactic: 'execution', zone: 'cell-3', alerts: 1 }] },
		});
		expect(await runIncident(['details', String(of.number)], io(), deps())).toBe(0);
		expect(out.join()).toContain('path, by event time');
	});
});
