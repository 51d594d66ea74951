// `interlock policy explain --step` against a real database: what was planned there by the program, in words and as JSON.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainLiveStep, type StepDeps } from '../../src/cli/policy-step.ts';
import { readConfig } from '../../src/config/config.ts';
import { err, ok } from '../../src/domain/result.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { INVENTORY, NOW, PEOPLE, playbook } from '../response/support/plant.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let step = '';
beforeAll(async () => {
	fresh = await freshDatabase();
	const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
	const handlers = createResponse({
		...{ database: fresh.database, inventory: INVENTORY, people: PEOPLE, windows: [], siteRules: [], connectors: [] },
		playbooks: [
			playbook('p', [
				{
					key: 'out',
					title: 'Isolate it',
					action: 'isolate_host',
					target: 'primary',
					params: {},
					instructions: 'by hand',
				},
			]),
		],
		...{ clock: () => NOW, random: cryptoRandom, log: silent },
	});
	const row = {
		...{ id: 'inc_1', title: 't', state: 'open' as const, severity: 'high', domain: 'ot', category: 'malware' },
		...{ process_safety: false, sites: ['north'], zones: [], assets: ['hmi-1'], techniques: [], tactics: [] },
		...{ playbooks: ['p'], confidence_firm: 0.95, alert_count: 0, first_at: NOW, last_at: NOW, opened_at: NOW },
		...{ created_at: NOW, updated_at: NOW },
	};
	const opened = { kind: 'incident.opened' as const, actor: { kind: 'bot' as const, id: 'bot' }, at: NOW };
	await record(
		fresh.database,
		{
			entries: [{ ...opened, incident: 'inc_1', refs: [], data: {} }],
			changes: [{ op: 'insert', table: 'incidents', row }],
			topics: [{ topic: 'plan', key: 'inc_1' }],
		},
		NOW,
	);
	await handlers['plan']?.(await claimDue(fresh.database, 'plan', 20, NOW));
	const [held] = await fresh.database.raw`SELECT id FROM steps WHERE incident = 'inc_1' AND key = 'out'`;
	step = String(held?.['id']);
});
afterAll(async () => await fresh.close());

const deps = (): StepDeps => ({
	config: {
		...readConfig({}, { folder: () => ok(new Map()), secretFile: () => err('none') }, NOW).config,
		...{ warnings: [], inventory: INVENTORY.data, people: PEOPLE },
	},
	open: async () => ({ database: fresh.database, close: async () => undefined }),
	now: () => NOW,
});

describe('interlock policy explain --step', () => {
	it('says of a step at the only view of a cell that nobody does it, and why', async () => {
		const answer = await explainLiveStep(step, false, deps());
		expect(answer).toMatchObject({ ok: true, text: expect.stringMatching(/As recorded: NEVER[\s\S]*H05/) });
		expect(answer).toMatchObject({ text: expect.not.stringContaining('What is different') });
	});

	it('gives the same as JSON, with what is different a day later', async () => {
		const later = { ...deps(), now: () => NOW + 40 * 24 * 3_600_000 };
		const answer = await explainLiveStep(step, true, later);
		const said = JSON.parse(answer.ok ? answer.text : '{}');
		expect(said).toMatchObject({ step, state: 'forbidden', recorded: { class: 'NEVER' } });
		expect(said.changed.length).toBeGreaterThan(0);
	});

	it('changes nothing, and says where there is no such step', async () => {
		const count = async (): Promise<unknown> => await fresh.database.raw`SELECT count(*) FROM ledger_entries`;
		const before = await count();
		await explainLiveStep(step, false, deps());
		expect(await count()).toEqual(before);
		expect(await explainLiveStep('stp_none', false, deps())).toMatchObject({ ok: false, code: 1 });
		const closed = { ...deps(), open: async () => Promise.reject(new Error('there is no database')) };
		expect(await explainLiveStep(step, false, closed)).toEqual({ ok: false, code: 3, reason: 'there is no database' });
	});
});
