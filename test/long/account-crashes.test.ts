// The program dies at a random request of a random call to Okta, Entra ID or a domain controller, before or after the service did its part,
// sometimes twice; then it starts again. CRASHES says how many (1,000), SEED repeats a run, LONG_SECONDS bounds the time.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../src/store/outbox.ts';
import { AccountWorld, KINDS } from '../services/account-world.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { type Fresh, freshDatabase } from '../services/harness.ts';

const CRASHES = Number(process.env['CRASHES'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const LONG_SECONDS = Number(process.env['LONG_SECONDS'] ?? 600);

const DEATH = fc.record({ count: fc.integer({ min: 1, max: 7 }), isAfter: fc.boolean() });

describe(`${CRASHES} deaths in the middle of changing an account (SEED=${SEED} CRASHES=${CRASHES} LONG_SECONDS=${LONG_SECONDS})`, () => {
	let fresh: Fresh;
	let authority: Authority;
	beforeAll(async () => {
		fresh = await freshDatabase();
		authority = openAuthority();
	});
	afterAll(async () => {
		await fresh.close();
		authority.remove();
	});

	it('the account is switched off once, and what the ledger says of it is true', async () => {
		const world = new AccountWorld(fresh);
		const ended: Record<string, number> = {};
		const deaths = fc.tuple(fc.constantFrom(...Object.keys(KINDS)), fc.array(DEATH, { minLength: 1, maxLength: 2 }));
		await fc.assert(
			fc.asyncProperty(deaths, async ([kind, planned]) => {
				const vendor = await KINDS[kind]!(authority);
				try {
					await world.begin(vendor);
					const incident = await world.open('ann');
					await world.state('account_used_by_ot', 'ann', false);
					for (const death of planned) {
						vendor.dieAt(death.count, death.isAfter, world.start());
						await world.drain();
						world.now += LEASE_MS;
					}
					await world.drain();
					const { state } = await world.stepOf(incident, 'off');
					expect(vendor.effects.length).toBeLessThanOrEqual(1);
					expect(vendor.isOpen()).toBe(vendor.effects.length === 0);
					if (state === 'done') expect(vendor.isOpen()).toBe(false);
					if (state === 'failed') expect(vendor.isOpen()).toBe(true);
					expect(['done', 'failed', 'in_doubt']).toContain(state);
					ended[`${kind} ${state}`] = (ended[`${kind} ${state}`] ?? 0) + 1;
				} finally {
					await vendor.close();
				}
			}),
			{ numRuns: CRASHES, seed: SEED, interruptAfterTimeLimit: LONG_SECONDS * 500, markInterruptAsFailure: false },
		);
		expect(world.deaths).toBeGreaterThan(0);
		console.log(`SEED=${SEED} deaths=${world.deaths}`, ended);
	});
});
