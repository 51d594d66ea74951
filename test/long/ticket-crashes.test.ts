// The program dies at a random request of a ticket's opening at ServiceNow or Jira, before or after the desk did its part, sometimes twice, with
// an index that lags; then it starts again. CRASHES says how many (1,000), SEED repeats a run, LONG_SECONDS bounds the time.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEASE_MS } from '../../src/store/outbox.ts';
import { AccountWorld } from '../services/account-world.ts';
import { DESK_TOPICS, DESKS, TICKET_PLAYBOOK } from '../services/desk-world.ts';
import { type Fresh, freshDatabase } from '../services/harness.ts';

const CRASHES = Number(process.env['CRASHES'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const LONG_SECONDS = Number(process.env['LONG_SECONDS'] ?? 600);

const DEATH = fc.record({ count: fc.integer({ min: 1, max: 4 }), isAfter: fc.boolean() });

describe(`${CRASHES} deaths in the middle of opening a ticket (SEED=${SEED} CRASHES=${CRASHES} LONG_SECONDS=${LONG_SECONDS})`, () => {
	let fresh: Fresh;
	beforeAll(async () => {
		fresh = await freshDatabase();
	});
	afterAll(async () => await fresh.close());

	it(
		'there is at most one ticket, and what the ledger says of it is true',
		async () => {
			const world = new AccountWorld(fresh, [TICKET_PLAYBOOK], DESK_TOPICS);
			const ended: Record<string, number> = {};
			const deaths = fc.tuple(
				fc.constantFrom(...Object.keys(DESKS)),
				fc.array(DEATH, { minLength: 1, maxLength: 2 }),
				fc.integer({ min: 0, max: 8 }),
			);
			await fc.assert(
				fc.asyncProperty(deaths, async ([kind, planned, lag]) => {
					const desk = await DESKS[kind]!();
					try {
						await world.begin(desk);
						desk.setLag(lag);
						const incident = await world.open('ann');
						for (const death of planned) {
							desk.dieAt(death.count, death.isAfter, world.start());
							await world.drain();
							world.now += LEASE_MS;
						}
						await world.drain();
						const { state } = await world.stepOf(incident, 'ticket');
						expect(desk.tickets().length).toBeLessThanOrEqual(1);
						if (state === 'done') expect(desk.tickets()).toHaveLength(1);
						if (state === 'failed') expect(desk.tickets()).toHaveLength(0);
						expect(['done', 'failed', 'in_doubt']).toContain(state);
						ended[`${kind} ${state}`] = (ended[`${kind} ${state}`] ?? 0) + 1;
					} finally {
						await desk.close();
					}
				}),
				{ numRuns: CRASHES, seed: SEED, interruptAfterTimeLimit: LONG_SECONDS * 500, markInterruptAsFailure: false },
			);
			expect(world.deaths).toBeGreaterThan(0);
			console.log(`SEED=${SEED} deaths=${world.deaths}`, ended);
		},
		LONG_SECONDS * 1_000,
	);
});
