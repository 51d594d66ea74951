// A playbook's step on the account that an alert names, all the way: plan, gate, worker, connector as configured, and the service's own
// state afterwards. One kind after another; what is particular to each stands in test/response/connectors-identity-*.test.ts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../src/store/outbox.ts';
import { AccountWorld, KINDS, type Vendor } from './account-world.ts';
import { type Authority, openAuthority } from './certificates.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let authority: Authority;
let world: AccountWorld;
beforeAll(async () => {
	fresh = await freshDatabase();
	authority = openAuthority();
	world = new AccountWorld(fresh);
});
afterAll(async () => {
	await fresh.close();
	authority.remove();
});

describe.each(Object.keys(KINDS))('a step on an account through %s', (kind) => {
	let vendor: Vendor;
	beforeEach(async () => {
		vendor = await KINDS[kind]!(authority);
		await world.begin(vendor);
	});
	afterEach(async () => await vendor.close());

	it('asks whether OT uses the account, then switches off the one that the alert names, and not before', async () => {
		const incident = await world.open('PLANT\\ann');
		await world.drain();
		expect(vendor.isOpen()).toBe(true);
		expect(vendor.effects).toEqual([]);
		await world.state('account_used_by_ot', 'PLANT\\ann', false);
		await world.replan(incident);
		await world.drain();
		const step = await world.stepOf(incident, 'off');
		expect([step.state, step.params['account']]).toEqual(['done', 'PLANT\\ann']);
		expect(step.outcome).toMatch(/ann/);
		expect(vendor.isOpen()).toBe(false);
		expect(vendor.effects).toHaveLength(1);
		expect(await world.everything(incident)).not.toContain(vendor.secret);
	});

	it('does not guess an account that an attacker wrote', async () => {
		const incident = await world.open('ann" or profile.login pr or "');
		await world.drain();
		// The step waits for an alert that names an account.
		expect(await fresh.database.raw`SELECT 1 FROM steps WHERE incident = ${incident} AND key = 'off'`).toHaveLength(0);
		expect(vendor.effects).toEqual([]);
	});

	it('finds out by asking what a call came to whose answer was lost, and does it once', async () => {
		const incident = await world.open('ann');
		await world.state('account_used_by_ot', 'ann', false);
		vendor.loseAnswer();
		await world.drain();
		for (let round = 0; round < 3 && (await world.stepOf(incident, 'off')).state !== 'done'; round++) {
			world.now += LEASE_MS;
			await world.drain();
		}
		expect(vendor.isOpen()).toBe(false);
		expect(vendor.effects).toHaveLength(1);
		expect(['done', 'in_doubt']).toContain((await world.stepOf(incident, 'off')).state);
	});

	it('gives it back only through the gate, when the containment has run out and a person says so', async () => {
		const incident = await world.open('ann');
		await world.state('account_used_by_ot', 'ann', false);
		await world.drain();
		expect(vendor.isOpen()).toBe(false);
		world.now += 2 * 3_600_000;
		await world.drain();
		const [undo] = await fresh.database
			.raw`SELECT id, action, state, params FROM steps WHERE incident = ${incident} AND action = 'enable_account'`;
		expect(undo).toMatchObject({ action: 'enable_account', params: { account: 'ann' } });
		// Nobody has approved it: the account stays off.
		expect(['waiting', 'hands', 'planned']).toContain(undo?.['state']);
		expect(vendor.isOpen()).toBe(false);
	});
});
