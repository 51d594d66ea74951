// The program as it runs, when its ledger no longer fits: it stops by itself, says so, does nothing more, and two people lift it on the command
// line. And what people state over HTTP reaches it.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { sendScenario } from '../../src/demo/send.ts';
import { openWorld, until, type World } from './program.ts';

let world: World;
beforeAll(async () => {
	world = await openWorld();
	await world.ready();
});
afterAll(() => world?.close());

const entriesOf = async (kind: string): Promise<string[]> => {
	const database = await world.database();
	const rows = await database.raw`SELECT canonical FROM ledger_entries WHERE kind = ${kind} ORDER BY seq`;
	return rows.map((row) => String(row['canonical']));
};

async function tokenOf(person: string): Promise<string> {
	const done = await world.run(['person', 'token', person]);
	expect(done.code, done.err).toBe(0);
	return done.out.trim();
}
const as = async (person: string, ...words: string[]) =>
	await world.run(['incident', ...words], {
		INTERLOCK_PERSON: person,
		INTERLOCK_PERSON_TOKEN: await tokenOf(person),
	});

describe('the running program', () => {
	it('takes a fact over HTTP with the token of a person, and none without', async () => {
		const body = JSON.stringify({ name: 'zone_safety_alarm_active', subject: 'dmz', value: false, for: '1h' });
		const post = async (headers: Record<string, string>) =>
			await fetch(`${world.door}/v1/facts`, { method: 'POST', body, headers });
		expect((await post({})).status).toBe(401);
		const token = await tokenOf('priya');
		const zones = await post({ 'x-interlock-person': 'priya', authorization: `Bearer ${token}` });
		const answered = await zones.text();
		expect(zones.status, answered).toBe(200);
		expect((await entriesOf('fact.stated')).join()).toContain('"via":"http"');
	});

	it('freezes itself when an entry is not what was hashed, tells people, does nothing, and is lifted by two', async () => {
		const database = await world.database();
		// Who has the program's password can add an entry, and nothing more: one that does not fit its own hash.
		await database.raw`
			INSERT INTO ledger_entries (id, kind, at, actor_kind, actor_id, incident, canonical, leaf)
			VALUES (${`ent_${'0'.repeat(20)}`}, 'freeze.thawed', ${Date.now()}, 'person', 'mallory', NULL, '{"kind":"freeze.thawed"}',
				${randomBytes(32)})`;
		const set = await until('the freeze', async () => {
			const found = await entriesOf('freeze.set');
			return found.length > 0 && found.join();
		});
		expect(set).toContain('the ledger does not fit');
		expect(set).toContain('"id":"interlock"');
		await until('the messages', async () => {
			const rows = await database.raw`SELECT 1 FROM messages WHERE key LIKE 'self-freeze:%' AND state = 'sent'`;
			return rows.length > 0;
		});
		const malware = jumpHostAttack(Date.now(), 100)
			.filter((sent) => sent.label === 'attack')
			.slice(0, 2);
		await sendScenario(malware, () => world.door, world.token);
		// People are told and tickets opened all the same.
		const isolated = () => world.target.effects().filter((one) => !one.what.startsWith('ticket'));
		const held = await until('the step that waits', async () => {
			const rows = await database.raw`SELECT decision FROM steps WHERE action = 'isolate_host' AND state = 'waiting'`;
			return rows.length > 0 && JSON.stringify(rows);
		});
		expect(held).toContain('everything is frozen by interlock');
		expect(isolated()).toEqual([]);
		expect((await world.run(['incident', 'status'])).out).toContain('the ledger does not fit');
		expect((await as('elena', 'thaw', 'all')).code).toBe(0);
		expect((await as('elena', 'thaw', 'all')).code).toBe(1);
		expect(isolated()).toEqual([]);
		expect((await as('jonas', 'thaw', 'all')).code).toBe(0);
	});
});
