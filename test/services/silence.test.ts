// A source that goes silent, through the door, the watch and a real database; restarts and second processes included.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIntake } from '../../src/intake/intake.ts';
import { createSilenceWatch, type SilenceWatch } from '../../src/intake/silence-watch.ts';
import { openLead } from '../../src/store/lead.ts';
import { LOCK_SILENCE } from '../../src/store/migrate.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { type Door, EMPTY_INVENTORY, openDoor } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const BEAT = 60_000;
const STEP = 5_000;
let fresh: Fresh;
let now = 0;
const doors: Door[] = [];
const leads: { release(): Promise<void> }[] = [];
beforeEach(async () => {
	fresh = await freshDatabase();
	now = Date.UTC(2026, 2, 1, 10);
});
afterEach(async () => {
	for (const door of doors.splice(0)) await door.close();
	for (const lead of leads.splice(0)) await lead.release();
	await fresh.close();
});

type Program = { readonly watch: SilenceWatch; readonly door: Door; end(): Promise<void> };

/** A program as it starts: its own lead, its own memory, the same database. */
async function start(heartbeats: Record<string, number> = { nozomi: BEAT }): Promise<Program> {
	const lead = openLead(fresh.database, LOCK_SILENCE);
	leads.push(lead);
	const watched = Object.entries(heartbeats).map(([name, heartbeatMs]) => ({ name, kind: name, heartbeatMs }));
	const watch = createSilenceWatch({ database: fresh.database, watched, clock: () => now, lead });
	const intake = watch.listening(
		createIntake(
			fresh.database,
			() => EMPTY_INVENTORY,
			() => now,
		),
	);
	const door = await openDoor(fresh.database, { intake, clock: () => now });
	doors.push(door);
	await watch.look();
	return { watch, door, end: () => lead.release() };
}

/** Time passes as it does for a running program: a look every few seconds. */
async function pass(ms: number, ...programs: readonly Program[]): Promise<void> {
	for (let passed = 0; passed < ms; passed += STEP) {
		now += STEP;
		for (const program of programs) await program.watch.look();
	}
}

const alert = (id: string, more: object = {}) =>
	JSON.stringify({
		id,
		name: 'New node',
		type_id: 'VI:NEW-NODE',
		ip_src: '10.1.2.3',
		severity: 4,
		time: now,
		appliance_host: 'guardian-1',
		...more,
	});
type OwnRow = { title: string; status: string; severity: string; repeats: number; entities: unknown[]; labels: object };
const own = async (): Promise<OwnRow[]> =>
	await fresh.database
		.raw`SELECT title, status, severity, repeats, entities, labels FROM alerts WHERE source = 'interlock' ORDER BY seq`;
const entries = async (): Promise<string[]> =>
	(await fresh.database.raw`SELECT kind FROM ledger_entries WHERE kind LIKE 'source.%' ORDER BY seq`).map(
		(row) => row['kind'],
	);

describe('a source with a heartbeat', () => {
	it('is an alert when it goes silent, once, and the alert closes when it comes back', async () => {
		const program = await start();
		expect((await program.door.post('nozomi', alert('a'))).status).toBe(202);
		await pass(BEAT, program);
		expect(await own()).toEqual([]);
		await pass(3 * BEAT, program);
		expect(await own()).toMatchObject([
			{
				title: expect.stringMatching(/^Source silent: nothing from nozomi for \d+ s$/),
				status: 'open',
				severity: 'medium',
				repeats: 1,
			},
		]);
		expect((await own())[0]?.entities).toContainEqual({ type: 'host', value: 'guardian-1', role: 'target' });
		const due = await claimDue(fresh.database, 'triage', 10, now);
		expect(due.length).toBe(2);
		await program.door.post('nozomi', alert('b'));
		await pass(STEP, program);
		expect(await own()).toMatchObject([{ status: 'closed', repeats: 2 }]);
		expect(await entries()).toEqual(['source.silent', 'source.heard']);
	});

	it('that comes back is told of in the thread of the incident that its silence opened', async () => {
		const program = await start();
		await pass(2 * BEAT, program);
		await fresh.database.raw`UPDATE alerts SET incident = 'inc_1' WHERE source = 'interlock'`;
		await program.door.post('nozomi', alert('a'));
		await pass(STEP, program);
		const [entry] = await fresh.database.raw`SELECT incident FROM ledger_entries WHERE kind = 'source.heard'`;
		expect(entry).toEqual({ incident: 'inc_1' });
		expect((await claimDue(fresh.database, 'card', 10, now)).map((due) => due.key)).toEqual(['inc_1']);
	});

	it('that never sent anything is told of in other words, after one heartbeat', async () => {
		const program = await start();
		await pass(BEAT, program);
		expect(await own()).toEqual([]);
		await pass(BEAT, program);
		expect(await own()).toMatchObject([{ title: 'Source never heard: nozomi has sent nothing yet', status: 'open' }]);
	});

	it('is high where it carried process-safety alarms', async () => {
		const program = await start({ alertmanager: BEAT });
		await fresh.database
			.raw`INSERT INTO source_states (id, source_kind, last_heard, carries_safety) VALUES ('alertmanager', 'alertmanager', ${now}, true)`;
		await pass(2 * BEAT, program);
		expect(await own()).toMatchObject([{ severity: 'high' }]);
	});

	it('is not silent for a time in which the program was down, and stays silent over a restart if it was', async () => {
		const first = await start();
		await first.door.post('nozomi', alert('a'));
		await pass(STEP, first);
		await first.end();
		now += 20 * BEAT;
		const second = await start();
		await pass(BEAT, second);
		expect(await own()).toEqual([]);
		await pass(BEAT, second);
		expect(await own()).toMatchObject([{ status: 'open' }]);
		await second.end();
		now += BEAT;
		const third = await start();
		await pass(3 * BEAT, third);
		expect(await own()).toMatchObject([{ status: 'open', repeats: 1 }]);
		await third.door.post('nozomi', alert('b'));
		await pass(STEP, third);
		expect(await own()).toMatchObject([{ status: 'closed' }]);
	});

	it('is not silent because the machine slept', async () => {
		const program = await start();
		await program.door.post('nozomi', alert('a'));
		await pass(STEP, program);
		now += 10 * BEAT;
		await pass(BEAT, program);
		expect(await own()).toEqual([]);
	});

	it('is one alert where several processes watch, whichever of them hears it', async () => {
		const one = await start();
		const other = await start();
		await other.door.post('nozomi', alert('a'));
		await pass(BEAT, one, other);
		await other.door.post('nozomi', alert('b'));
		await pass(BEAT, one, other);
		expect(await own()).toEqual([]);
		await pass(2 * BEAT, one, other);
		expect(await own()).toMatchObject([{ status: 'open', repeats: 1 }]);
		await one.end();
		await pass(2 * BEAT, other);
		await other.door.post('nozomi', alert('c'));
		await pass(2 * STEP, other);
		expect(await own()).toMatchObject([{ status: 'closed', repeats: 2 }]);
	});

	it('is not heard by a test that its operator sends', async () => {
		const program = await start();
		await pass(2 * BEAT, program);
		await program.door.post('nozomi', alert('a'), { 'x-interlock-test': '1' });
		await pass(2 * STEP, program);
		expect(await own()).toMatchObject([{ status: 'open' }]);
	});

	it('comes and goes more often than it should: marked as flapping, and not told anew each time', async () => {
		const program = await start();
		for (let i = 0; i < 5; i++) {
			await program.door.post('nozomi', alert(`${i}`));
			await pass(2 * BEAT, program);
		}
		const rows = await own();
		expect(rows.length).toBeLessThanOrEqual(3);
		expect(
			await fresh.database.raw`SELECT flapping FROM alerts WHERE source = 'interlock' ORDER BY seq DESC LIMIT 1`,
		).toMatchObject([{ flapping: true }]);
	});
});

describe('a test alert at the door', () => {
	it('is stored as such, closes nothing and repeats nothing', async () => {
		const program = await start();
		const real = await program.door.post('nozomi', alert('a'));
		const test = await program.door.post('nozomi', alert('a', { ip_src: '10.9.9.9' }), { 'x-interlock-test': '1' });
		const again = await program.door.post('nozomi', alert('a'), { 'x-interlock-test': '1' });
		const rows = await fresh.database
			.raw`SELECT status, repeats, labels ->> 'interlock_test' AS test FROM alerts ORDER BY seq`;
		expect([real.status, test.status, again.status]).toEqual([202, 202, 202]);
		expect(rows).toMatchObject([
			{ status: 'open', repeats: 1, test: null },
			{ status: 'closed', repeats: 1, test: 'true' },
			{ status: 'closed', repeats: 1, test: 'true' },
		]);
		expect(await fresh.database.raw`SELECT 1 FROM unknown_assets WHERE value = '10.9.9.9'`).toHaveLength(0);
		expect(await fresh.database.raw`SELECT 1 FROM ledger_entries WHERE canonical LIKE '%"test":true%'`).toHaveLength(2);
	});

	it('needs the credential of its source, and no payload can say that it is one', async () => {
		const program = await start();
		const stranger = await program.door.post('nozomi', alert('a'), {
			authorization: 'Bearer wrong-token',
			'x-interlock-test': '1',
		});
		expect(stranger.status).toBe(403);
		const labels = { alertname: 'A', interlock_test: 'true', severity: 'critical' };
		const body = JSON.stringify({
			version: '4',
			alerts: [{ status: 'firing', labels, startsAt: new Date(now).toISOString() }],
		});
		expect((await program.door.post('alertmanager', body)).status).toBe(202);
		expect(await fresh.database.raw`SELECT labels ? 'interlock_test' AS marked FROM alerts`).toEqual([
			{ marked: false },
		]);
	});
});
