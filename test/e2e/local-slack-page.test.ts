// The local Slack's page in a real browser: a person reads a card, presses a button, fills a modal in, opens the Home.
import { existsSync, mkdirSync } from 'node:fs';
import { App, LogLevel } from '@slack/bolt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalSlack } from '../../src/demo/slack/local-slack.ts';
import { attackCard, homeView, refuseModal, stormCard, timeline } from '../demo/slack-cards.ts';
import { ANA, APP_TOKEN, BEN, BOT_TOKEN, startTestSlack } from '../demo/slack-harness.ts';

const BROWSER = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(BROWSER);
const PICTURES = new URL('../../.interlock/screenshots/', import.meta.url);
const FLAGS = [
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

describe.skipIf(!hasBrowser && process.env['CI'] !== 'true')('the local Slack page in a browser', () => {
	let slack: LocalSlack;
	let app: App;
	let browser: Browser;
	let page: Page;
	const problems: string[] = [];
	const requests: string[] = [];
	let reason: string | null | undefined;

	beforeAll(async () => {
		expect(hasBrowser, `a browser at ${BROWSER} (CHROMIUM_PATH names another)`).toBe(true);
		mkdirSync(PICTURES, { recursive: true });
		slack = await startTestSlack({
			channels: [
				{ name: 'incidents', topic: 'Everything that needs a person' },
				{ name: 'line-2' },
				{ name: 'soc', isPrivate: true },
			],
		});
		app = new App({
			token: BOT_TOKEN,
			appToken: APP_TOKEN,
			socketMode: true,
			clientOptions: { slackApiUrl: slack.apiUrl },
			logLevel: LogLevel.ERROR,
		});
		app.action('refuse', async ({ ack, body, client }) => {
			await ack();
			await client.views.open({ trigger_id: (body as { trigger_id: string }).trigger_id, view: refuseModal });
		});
		app.action('approve', async ({ ack, respond, body }) => {
			await ack();
			await respond({ replace_original: true, text: `:white_check_mark: approved by <@${body.user.id}>` });
		});
		app.view('refuse', async ({ ack, view }) => {
			reason = view.state.values['reason']?.['text']?.value;
			if (reason?.includes('because'))
				await ack({ response_action: 'errors', errors: { reason: 'Say what you saw, not “because”.' } });
			else await ack();
		});
		app.command('/interlock', async ({ ack, command }) => ack(`Freeze is off. You asked for \`${command.text}\`.`));
		app.event('app_home_opened', async ({ event, client }) => {
			if (event.tab === 'home') await client.views.publish({ user_id: event.user, view: homeView });
		});
		await app.start();
		await app.client.chat.postMessage({ channel: 'incidents', ...stormCard });
		await slack.act.message(
			BEN,
			'incidents',
			'Looks like the switch in area 2. @ana can you see it from the control room?',
		);
		const card = await app.client.chat.postMessage({ channel: 'incidents', ...attackCard });
		for (const line of timeline)
			await app.client.chat.postMessage({ channel: 'incidents', thread_ts: card.ts!, text: line });
		browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
		page = await browser.newPage({ viewport: { width: 1360, height: 900 }, timezoneId: 'Europe/Madrid' });
		page.on('console', (message) => (message.type() === 'error' ? problems.push(message.text()) : undefined));
		page.on('pageerror', (error) => problems.push(error.message));
		page.on('request', (request) => requests.push(request.url()));
		await page.goto(`${slack.url}/?as=${ANA}`);
	});
	afterAll(async () => {
		await browser?.close();
		await app?.stop();
		await slack?.close();
	});
	const picture = (name: string) => page.screenshot({ path: new URL(`${name}.png`, PICTURES).pathname });

	it('says first that it is not Slack, and shows the card to the person who looks', async () => {
		await page.getByText('Local stand-in, not Slack.').waitFor();
		await page.getByRole('heading', { name: 'inc_0007' }).first().waitFor();
		await page.getByText('App connected').waitFor();
		expect(await page.getByLabel('Act as').inputValue()).toBe(ANA);
		await picture('local-slack-channel');
	});

	it('opens the modal that a button asks for, shows its errors, and hands the reason to the bot', async () => {
		await page.getByRole('button', { name: 'Refuse…' }).click();
		const modal = page.locator('#modal');
		await modal.getByRole('heading', { name: 'Refuse the step' }).waitFor();
		await modal.getByRole('button', { name: 'Refuse', exact: true }).click();
		await modal.getByText('Please complete this required field.').first().waitFor();
		await modal.getByLabel('What speaks against it?').fill('just because');
		await modal.getByLabel('Zone state').selectOption({ label: 'Upset' });
		await modal.getByRole('button', { name: 'Refuse', exact: true }).click();
		await modal.getByText('Say what you saw, not “because”.').waitFor();
		await picture('local-slack-modal');
		await modal.getByLabel('What speaks against it?').fill('The line is in start-up.');
		await modal.getByRole('button', { name: 'Refuse', exact: true }).click();
		await modal.waitFor({ state: 'hidden' });
		expect(reason).toBe('The line is in start-up.');
	});

	it('opens the thread beside the channel', async () => {
		await page.getByRole('button', { name: /4 replies/ }).click();
		await page.getByRole('complementary', { name: 'Thread' }).getByText('Plan made').waitFor();
		await picture('local-slack-thread');
		await page.getByRole('button', { name: 'Close thread' }).click();
		await page.getByRole('complementary', { name: 'Thread' }).waitFor({ state: 'hidden' });
	});

	it('asks before a button that wants to be sure, and does nothing where the person steps back', async () => {
		await page.getByRole('button', { name: 'Approve', exact: true }).click();
		await page.getByRole('button', { name: 'Not yet' }).click();
		await page.getByRole('button', { name: 'Not yet' }).waitFor({ state: 'hidden' });
		expect(slack.state.messages('incidents').some((message) => message.text.includes('approved by'))).toBe(false);
	});

	it('takes a command and shows the answer to that person alone', async () => {
		await page.getByRole('textbox', { name: 'Message' }).fill('/interlock freeze status');
		await page.keyboard.press('Enter');
		await page.getByText('You asked for').waitFor();
		await page.getByText('Only visible to you').waitFor();
		await page.getByLabel('Act as').selectOption(BEN);
		await page.getByText('You asked for').waitFor({ state: 'detached' });
	});

	it('shows the app’s Home', async () => {
		await page.getByRole('navigation').getByRole('button', { name: 'Interlock' }).click();
		await page.getByText('Waiting for you').waitFor();
		await picture('local-slack-home');
	});

	it('is usable on a narrow screen and in the dark', async () => {
		await page.emulateMedia({ colorScheme: 'dark' });
		await page.getByRole('navigation').getByRole('button', { name: 'incidents' }).click();
		await page.getByRole('heading', { name: 'inc_0007' }).first().waitFor();
		await picture('local-slack-dark');
		await page.setViewportSize({ width: 420, height: 860 });
		await picture('local-slack-narrow');
		const isTooWide = await page.evaluate(
			'document.documentElement.scrollWidth > document.documentElement.clientWidth',
		);
		expect(isTooWide).toBe(false);
	});

	it('asked nobody but the stand-in for anything, and broke no rule of its own content policy', () => {
		expect(requests.filter((url) => !url.startsWith(slack.url))).toEqual([]);
		expect(problems).toEqual([]);
	});
});
