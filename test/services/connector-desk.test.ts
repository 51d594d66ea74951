// A playbook's ticket all the way: plan, gate, worker, connector as configured and in a process of its own, what the desk has afterwards, and
// what people and the ledger are told; also where answers are lost and the program dies in the middle.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { NO_GROUND } from '../../src/response/connectors/index.ts';
import { createConnectorProcess } from '../../src/response/connectors/process/connector-process.ts';
import { LEASE_MS } from '../../src/store/outbox.ts';
import { inventoryAt } from '../response/support/plant.ts';
import { ticketGrant } from '../response/support/ticket-grant.ts';
import { AccountWorld } from './account-world.ts';
import { DESK_TOPICS, DESKS, type DeskVendor, TICKET_PLAYBOOK } from './desk-world.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const MINUTE = 60_000;
let fresh: Fresh;
let world: AccountWorld;
beforeAll(async () => {
	fresh = await freshDatabase();
	world = new AccountWorld(fresh, [TICKET_PLAYBOOK], DESK_TOPICS);
});
afterAll(async () => await fresh.close());

describe.each(Object.keys(DESKS))('a ticket at %s', (kind) => {
	let desk: DeskVendor;
	beforeEach(async () => {
		desk = await DESKS[kind]!();
		await world.begin(desk);
	});
	afterEach(async () => await desk.close());

	it('is opened by itself, its number is told in the thread and stands in the ledger', async () => {
		const incident = await world.open('ann');
		await world.drain();
		const step = await world.stepOf(incident, 'ticket');
		expect(step).toMatchObject({ state: 'done', outcome: expect.stringMatching(/^\S+[0-9] is open$/) });
		const [number = ''] = (step.outcome ?? '').split(' ');
		expect(desk.tickets()).toHaveLength(1);
		expect(JSON.stringify(desk.tickets())).toContain(step.id);
		const told = await fresh.database.raw`SELECT text FROM messages WHERE incident = ${incident}`;
		expect(told.map((row) => String(row['text'])).join('\n')).toContain(`Ticket ${number} is open`);
		const kept = await world.everything(incident);
		expect(kept).toContain(`\\"number\\":\\"${number}\\"`);
		expect(kept).not.toContain(desk.secret);
	});

	it('whose answer was lost is looked up until it is seen, and no second one is opened', async () => {
		const incident = await world.open('ann');
		desk.loseAnswer();
		desk.setLag(2);
		await world.drain();
		expect((await world.stepOf(incident, 'ticket')).state).toBe('in_doubt');
		expect(desk.tickets()).toHaveLength(1);
		desk.dieAt(Number.POSITIVE_INFINITY, false, () => undefined);
		for (let minute = 0; minute < 40; minute++) {
			world.now += MINUTE;
			await world.drain();
		}
		expect(await world.stepOf(incident, 'ticket')).toMatchObject({ state: 'done' });
		expect(desk.tickets()).toHaveLength(1);
	});

	it.each([
		[1, false],
		[1, true],
		[2, false],
		[2, true],
		[3, true],
	])('over a death of the program at request %i (done before: %s) is opened at most once', async (count, isAfter) => {
		const incident = await world.open('ann');
		desk.setLag(1);
		desk.dieAt(count, isAfter, world.start());
		await world.drain();
		world.now += LEASE_MS;
		await world.drain();
		expect(desk.tickets().length).toBeLessThanOrEqual(1);
		for (let minute = 0; minute < 40; minute++) {
			world.now += MINUTE;
			await world.drain();
		}
		const { state } = await world.stepOf(incident, 'ticket');
		expect(desk.tickets().length).toBeLessThanOrEqual(1);
		// A ticket that is there is found; one that is not there is for a person.
		expect(state === 'done').toBe(desk.tickets().length === 1);
	});

	it('is opened the same way by a process of its own', async () => {
		const now = Date.now();
		const faults: string[] = [];
		const held = createConnectorProcess({
			config: ConnectorConfig.parse({ ...desk.config, timeout_ms: 10_000 }),
			...{ secret: desk.secret, onFault: (reason) => void faults.push(reason), now: Date.now },
			ground: { ...NO_GROUND, inventory: inventoryAt(now) },
		});
		try {
			const { grant, request } = ticketGrant({ summary: 'x', severity: 'low' }, 'ticket', now);
			expect(await held.call(grant, request)).toMatchObject({ effect: 'done', record: { tickets: [{}] } });
			expect(await held.readBack(grant, request)).toMatchObject({ state: 'done' });
			expect(await held.probe?.({ account: null, target: null })).toContainEqual(
				expect.objectContaining({ what: 'login, and finding tickets by the step', state: 'well' }),
			);
			expect(desk.tickets()).toHaveLength(1);
			expect(faults).toEqual([]);
		} finally {
			await held.stop();
		}
	});
});
