// Whoever has stolen the Slack signing secret can send clicks and commands as anybody: the real receiver takes them. What they come to, with
// the real chat, the real gate and a real target: two yeses of people who never gave them, and nothing runs. What is said outside Slack decides.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { record } from '../../src/store/record.ts';
import { openSlackWorld, type SlackWorld } from './slack-world.ts';

const INCIDENT = 'inc_00000000000000000009';
let world: SlackWorld;
beforeAll(async () => {
	world = await openSlackWorld();
});
afterAll(async () => await world.close());

describe('a stolen Slack signing secret', () => {
	it('gets two forged yeses and every forged word into the ledger, and runs nothing: Slack cannot vouch for Slack', async () => {
		const { target, count, slack } = world;
		const id = await world.open(INCIDENT);
		// Everything that two people must have said first, each in the name of whoever may say it.
		const words = world.toSay(id);
		for (const [user, text] of words) expect(await world.command(user, `fact ${text}`)).toBe(200);
		await expect.poll(async () => await count('fact.stated'), { timeout: 10_000 }).toBe(words.length);
		await world.drain();
		// The two words that would free it are not taken from Slack, and each try is an entry.
		const [numbered] = await world.fresh.database.raw`SELECT number FROM incidents WHERE id = ${INCIDENT}`;
		await world.command('U1', `fact identity_compromised ${String(numbered?.['number'])} no`);
		await world.command('U1', `fact out_of_band_confirmed ${id} yes`);
		await expect.poll(async () => await count('command.refused'), { timeout: 10_000 }).toBe(2);
		// They even know the id of the request, as somebody in the channel could.
		const value = await world.requestOf(id);
		for (const user of ['U1', 'U3']) expect(await world.post(world.clickOf(user, value))).toBe(200);
		// A click alone is no yes to what takes two, nor is any other word; the right one is on the card, and they forge that too.
		for (const user of ['U1', 'U3']) expect(await world.post(world.wordsOf(user, value, 'yes'))).toBe(200);
		await expect.poll(async () => await count('approval.rejected'), { timeout: 10_000 }).toBe(2);
		expect(await count('approval.given')).toBe(0);
		for (const user of ['U1', 'U3']) expect(await world.post(world.wordsOf(user, value, 'jump-1'))).toBe(200);
		await expect.poll(async () => await count('approval.given'), { timeout: 10_000 }).toBe(2);
		await record(world.fresh.database, { entries: [], topics: [{ topic: 'run', key: id }] }, Date.now());
		await world.drain();
		expect(target.calls).toEqual([]);
		const held = await world.stepOf(INCIDENT);
		expect(held).toMatchObject({ state: 'waiting', class: 'TWO' });
		expect(held.holds).toContain('both approvers have confirmed outside chat');
		expect(await count('step.intent')).toBe(0);
		// The people in whose name it was done are told by the program itself.
		await slack.waitFor(() => ['U1', 'U3'].every((user) => world.whispered(user).includes('is recorded')) || null);

		// One word from outside Slack, by a person with a token, and the same step runs: nothing else was missing.
		expect(await world.say('otto', ['out_of_band_confirmed', id, 'yes'])).toBe('done');
		await world.drain();
		expect(target.calls).toHaveLength(1);
	});
});
