// The picture of the README: the local Slack with the demo's attack in it, as a person at the page sees it. UPDATE_SCREENSHOT=1 takes a new one.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActedPeople } from '../../src/demo/acted-people.ts';
import { demoPeople } from '../../src/demo/plant.ts';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { sendScenario } from '../../src/demo/send.ts';
import type { Message } from '../../src/demo/slack/workspace.ts';
import { readAllSteps, readEntriesOfKind } from '../../src/store/read/demo.ts';
import { keyOf, messagesOf } from './crash-run.ts';
import { openWorld, outsideOf, ROOT, until, type World } from './program.ts';

const BROWSER = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(BROWSER);
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
const PICTURE = join(ROOT, 'docs/images/local-slack-attack.png');
const PACE = 8;

describe.skipIf(!hasBrowser && process.env['CI'] !== 'true')('the local Slack during the demo', () => {
	let world: World;
	let browser: Browser;
	let page: Page;
	let card: Message;
	let request: Message;
	beforeAll(async () => {
		expect(hasBrowser, `a browser at ${BROWSER} (CHROMIUM_PATH names another)`).toBe(true);
		world = await openWorld();
		const child = await world.ready();
		const people = createActedPeople(world.slack, demoPeople(), 'incidents', Date.now, outsideOf(world));
		await sendScenario(jumpHostAttack(Date.now(), PACE), () => world.door, world.token);
		// Until two people are asked about the engineering station: that is the moment of the picture.
		const state = { isOver: false };
		const acting = (async () => {
			while (!state.isOver) {
				const steps = await readAllSteps(await world.database());
				// What is so is said; this one step nobody answers yet.
				const seen = steps.map((step) => (step.key === 'cut-station' ? { ...step, state: 'planned' as const } : step));
				await people.act(seen).catch(() => undefined);
				await sleep(250);
			}
		})();
		try {
			request = await until(
				'a request to two people with nothing left to find out',
				async () => {
					const step = (await readAllSteps(await world.database())).find((one) => one.key === 'cut-station');
					const isReady = step?.state === 'waiting' && step.decision?.holds.length === 0;
					return isReady && openRequest(world, `ask:${step.id}:${step.decision?.binding ?? ''}`);
				},
				90_000,
				child.err,
			);
		} finally {
			state.isOver = true;
			await acting;
		}
		card = world.slack.state.messages('incidents').find((message) => message.ts === request.threadTs) ?? request;
		browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
		page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: 'Europe/Berlin' });
	});
	afterAll(async () => {
		await browser?.close();
		await world?.close();
	});

	it('shows the card of the attack and, beside it, the request for a decision', async () => {
		expect(keyOf(card)).toMatch(/^card:/);
		const query = new URLSearchParams({ as: 'U0TOMAS', channel: card.channel, at: card.ts, thread: card.ts });
		await page.goto(`${world.slack.url}/?${query}`);
		const [channel, thread] = [page.getByRole('main'), page.getByRole('complementary', { name: 'Thread' })];
		const shownCard = channel.locator(`[data-ts="${card.ts}"]`);
		const heading = shownCard.getByRole('heading').first();
		const asked = thread.locator(`[data-ts="${request.ts}"]`);
		for (const shown of [shownCard, asked]) {
			await shown.waitFor();
			await shown.evaluate((node) =>
				(node as { scrollIntoView(how: object): void }).scrollIntoView({ block: 'start' }),
			);
		}
		await heading.filter({ hasText: 'CRITICAL' }).waitFor();
		const words = await asked.textContent();
		for (const text of [
			'your decision is needed',
			'Isolate the engineering station',
			'isolate_host',
			'eng-01',
			'Asked of',
		])
			expect(words).toContain(text);
		await asked.getByRole('button', { name: /Approve/ }).waitFor();
		expect(await heading.isVisible()).toBe(true);
		expect(await asked.isVisible()).toBe(true);
		const isWanted = process.env['UPDATE_SCREENSHOT'] === '1' || !existsSync(PICTURE);
		mkdirSync(join(ROOT, 'docs/images'), { recursive: true });
		const path = isWanted ? PICTURE : join(world.folder, 'picture.png');
		const bytes = await page.screenshot({ path });
		// Width and height of a PNG stand at bytes 16 and 20.
		expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1440, 900]);
	});

	it('asks who approves there to type the name of the station; another name does not count', async () => {
		const asked = page.getByRole('complementary', { name: 'Thread' }).locator(`[data-ts="${request.ts}"]`);
		const given = async (kind: 'approval.given' | 'approval.rejected') =>
			(await readEntriesOfKind(await world.database(), [kind])).filter(({ canonical }) => canonical.includes('"tomas"'))
				.length;
		const before = [await given('approval.given'), await given('approval.rejected')] as const;
		const approveAs = async (name: string): Promise<void> => {
			await asked.getByRole('button', { name: /Approve/ }).click();
			const window = page.getByRole('dialog');
			await window.getByText('Approve this step').waitFor();
			expect(await window.textContent()).toContain('eng-01');
			await window.getByLabel('Type eng-01').fill(name);
			await page.screenshot({ path: join(world.folder, 'window.png') });
			await window.getByRole('button', { name: 'Approve' }).click();
			await window.waitFor({ state: 'hidden' });
		};
		await approveAs('eng-02');
		await until('the refusal', async () => (await given('approval.rejected')) === before[1] + 1);
		expect(await given('approval.given')).toBe(before[0]);
		await approveAs('eng-01');
		await until('the yes', async () => (await given('approval.given')) === before[0] + 1);
		await page.getByText('you typed').first().waitFor();
	});
});

function openRequest(world: World, key: string): Message | undefined {
	return messagesOf(world).find(
		(message) => keyOf(message) === key && JSON.stringify(message.blocks).includes('"approve"'),
	);
}
