// People of the plant who attack with what Slack carries, through the real receiver, chat and gate: one approver who wants to be two, two of one side, clicks
// that are recorded and sent again or out of order, wrong clocks, and an inventory that was changed meanwhile. Each ends in refusal, an entry, and words that people see.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INVENTORY } from '../response/support/plant.ts';
import { openSlackWorld, type SlackWorld } from './slack-world.ts';

const PERSON: Readonly<Record<string, string>> = { U3: 'otto', U4: 'olga' };
let world: SlackWorld;
let count = 0;
beforeAll(async () => {
	world = await openSlackWorld();
});
afterAll(async () => await world.close());

/** A step that waits for two people, with everything said outside Slack: only their yes is missing. */
async function askTwo() {
	const incident = `inc_1000000000000000000${++count}`;
	const step = await world.open(incident);
	for (const [user, words] of world.toSay(step))
		expect(await world.say(PERSON[user] ?? '', words.split(' ')), words).toBe('done');
	expect(await world.say('otto', ['out_of_band_confirmed', step, 'yes'])).toBe('done');
	await world.wake(incident);
	expect(await world.stepOf(incident)).toMatchObject({ state: 'waiting', class: 'TWO' });
	return { incident, step, value: await world.requestOf(step) };
}

type Asked = Awaited<ReturnType<typeof askTwo>>;
const yes = (user: string, { value }: Asked): string => world.wordsOf(user, value, 'jump-1');
const noMore = async (kind: string, before: number, more: number): Promise<void> =>
	void (await expect.poll(async () => (await world.count(kind)) - before, { timeout: 10_000 }).toBe(more));
const whispers = (user: string, words: string) =>
	world.slack.waitFor(() => world.whispered(user).includes(words) || null, 10_000);

/** Nothing ran, and it still waits. */
async function expectHeld({ incident }: Asked): Promise<void> {
	await world.wake(incident);
	expect(world.target.calls).toEqual([]);
	expect(await world.count('step.intent')).toBe(0);
	expect((await world.stepOf(incident)).state).toBe('waiting');
}

describe('one malicious approver', () => {
	it('is one yes, however often and by whatever name it is given; the others see that one is missing', async () => {
		const asked = await askTwo();
		const [given, rejected] = [await world.count('approval.given'), await world.count('approval.rejected')];
		for (let n = 0; n < 3; n++) expect(await world.post(yes('U3', asked))).toBe(200);
		await whispers('U3', 'is recorded already');
		// In a name of their own making, and in that of somebody who may not decide.
		for (const user of ['U0MALLORY', 'U5']) expect(await world.post(yes(user, asked))).toBe(200);
		await noMore('approval.rejected', rejected, 2);
		await noMore('approval.given', given, 1);
		await expectHeld(asked);
		expect(world.shown()).toContain('1 of 2 answers given; still missing: one person of IT');
	});
});

describe('two colluding approvers of IT', () => {
	it('are both written down, and the step waits for OT; the request says so', async () => {
		const asked = await askTwo();
		const given = await world.count('approval.given');
		for (const user of ['U1', 'U2']) expect(await world.post(yes(user, asked))).toBe(200);
		await noMore('approval.given', given, 2);
		await expectHeld(asked);
		expect(world.shown()).toContain('1 of 2 answers given; still missing: one person of OT');
	});
});

describe('clicks that were recorded', () => {
	it('count once when they are sent again, and not at all after who gave the yes took it back', async () => {
		const asked = await askTwo();
		const [given, rejected] = [await world.count('approval.given'), await world.count('approval.rejected')];
		const recorded = yes('U3', asked);
		expect(await world.post(recorded)).toBe(200);
		await noMore('approval.given', given, 1);
		expect(await world.post(world.wordsOf('U3', asked.value, 'the line is starting', 'refuse', 'reason'))).toBe(200);
		await expect.poll(async () => await world.count('approval.withdrawn'), { timeout: 10_000 }).toBe(1);
		expect(await world.post(recorded)).toBe(200);
		await noMore('approval.rejected', rejected, 1);
		await whispers('U3', 'You took your yes');
		await noMore('approval.given', given, 1);
		await world.wake(asked.incident);
		expect((await world.stepOf(asked.incident)).state).toBe('refused');
		expect(world.target.calls).toEqual([]);
	});

	it('for what was asked before count for nothing once something else is asked, in whatever order they come', async () => {
		const asked = await askTwo();
		const given = await world.count('approval.given');
		const rejected = await world.count('approval.rejected');
		// The playbook's text changes: another decision, and another request.
		world.change({ instructions: 'by hand, at the panel' });
		await world.wake(asked.incident);
		const now = await world.stepOf(asked.incident);
		expect(now.state).toBe('waiting');
		for (const user of ['U3', 'U1']) expect(await world.post(yes(user, asked))).toBe(200);
		await noMore('approval.rejected', rejected, 2);
		for (const user of ['U3', 'U1']) await whispers(user, 'has changed since this was shown');
		await noMore('approval.given', given, 0);
		await expectHeld(asked);
		world.change({});
	});
});

describe('clocks and signatures that are wrong', () => {
	it('make a request no request: refused at the door, whatever it says, and told to who listens', async () => {
		const asked = await askTwo();
		const given = await world.count('approval.given');
		const raw = yes('U3', asked);
		world.refused.length = 0;
		const minutes = (n: number): number => Date.now() + n * 60_000;
		for (const at of [minutes(-6), minutes(6), minutes(-60 * 24), 0, Number.MAX_SAFE_INTEGER])
			expect(await world.post(raw, at)).toBe(401);
		expect(await world.post(raw, Date.now(), 'another secret')).toBe(401);
		// The clock here is wrong, and Slack's own requests are late for it.
		world.skew(-10 * 60_000);
		expect(await world.post(raw)).toBe(401);
		world.skew(0);
		expect(world.refused.map(({ why }) => why)).toEqual([...Array(5).fill('time'), 'signature', 'time']);
		expect(world.refused.every(({ address }) => address === '127.0.0.1')).toBe(true);
		// What does not even say that it is Slack's is refused without a word: the internet knocks at every door.
		const bare = await fetch(`http://127.0.0.1:${world.edge.port()}/slack/events`, { method: 'POST', body: raw });
		expect(bare.status).toBe(401);
		expect(world.refused).toHaveLength(7);
		await noMore('approval.given', given, 0);
		await expectHeld(asked);
	});
});

describe('somebody who makes the jump host look like an office server in the inventory', () => {
	it('voids the yes that was given: another decision is recorded, the request says so, and the yes is asked for anew', async () => {
		const asked = await askTwo();
		const { binding } = await world.stepOf(asked.incident);
		const [given, rejected] = [await world.count('approval.given'), await world.count('approval.rejected')];
		expect(await world.post(yes('U3', asked))).toBe(200);
		await noMore('approval.given', given, 1);
		const find = INVENTORY.find.bind(INVENTORY);
		world.change({
			inventory: {
				...INVENTORY,
				find: (name) => {
					const asset = find(name);
					return asset?.id === 'jump-1' ? { ...asset, level: '4', class: 'server' } : asset;
				},
			},
		});
		await world.wake(asked.incident);
		const now = await world.stepOf(asked.incident);
		expect(now.binding).not.toBe(binding);
		const [decided] = await world.fresh.database.raw`
			SELECT canonical FROM ledger_entries WHERE kind = 'step.decided' AND incident = ${asked.incident} ORDER BY seq DESC LIMIT 1`;
		expect(String(decided?.['canonical'])).toContain(now.binding);
		expect(world.shown()).toContain('No longer asked: what would be done has changed');
		// The other half comes for what was shown before.
		expect(await world.post(yes('U1', asked))).toBe(200);
		await noMore('approval.rejected', rejected, 1);
		await whispers('U1', 'has changed since this was shown');
		expect(world.target.calls).toEqual([]);
		expect(await world.count('step.intent')).toBe(0);
		world.change({});
	});
});
