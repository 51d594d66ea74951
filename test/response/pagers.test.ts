// The two ways outside Slack against servers of their own: PagerDuty's API as documented, and a mail server that was not written here.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PagerConfig } from '../../src/domain/pager.ts';
import { createPager } from '../../src/response/pagers/index.ts';
import { type Letter, letterOf } from '../../src/response/pagers/letter.ts';
import type { Pager } from '../../src/response/pagers/pager.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { type MailServer, startMailServer } from './vendors/mail-server.ts';
import { type PagerDuty, startPagerDuty } from './vendors/pagerduty.ts';

const KEY = 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6';
const PASSWORD = 'the password of the mailbox';
const NOW = Date.UTC(2026, 0, 5, 3);
let authority: Authority;
const open: { close(): Promise<void> }[] = [];
beforeAll(() => {
	authority = openAuthority();
});
afterAll(() => authority.remove());
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
});
const opened = <T extends { close(): Promise<void> }>(one: T): T => {
	open.push(one);
	return one;
};

const INCIDENT = {
	...{ id: 'inc_1', number: 7, severity: 'high' as const, process_safety: false, category: 'intrusion' },
	...{ sites: ['north'], zones: ['cell-1'], assets: ['plc-1'] },
};
const ROW = { key: 'pager:oncall:inc_1-1:', text: 'INC-7 (high) is yours: Logic of PLC-1 changed', created_at: NOW };
const letter = (row: Partial<typeof ROW> = {}, about: Partial<typeof INCIDENT> = {}): Letter =>
	letterOf({ ...ROW, ...row }, { ...INCIDENT, ...about });

const edge = { now: () => NOW, resolve: async (name: string) => [name === 'localhost' ? '127.0.0.1' : '203.0.113.9'] };
function pagerduty(url: string, more: object = {}): Pager {
	const config = PagerConfig.parse({
		...{ name: 'oncall', kind: 'pagerduty', base_url: url, allow_private: true, timeout_ms: 5_000 },
		...{ auth: { type: 'routing_key', secret_env: 'X' }, ...more },
	});
	return createPager({ config, secret: KEY, ca: null }, edge, null);
}

describe('PagerDuty', () => {
	const service = async (): Promise<PagerDuty> => opened(await startPagerDuty([KEY]));

	it('opens one alert a page, which a repeat folds into, and follows it to its end', async () => {
		const server = await service();
		const pager = pagerduty(server.url);
		for (const action of ['trigger', 'trigger', 'acknowledge', 'resolve'] as const)
			expect(await pager.send(letter(), action, null)).toMatchObject({ kind: 'sent' });
		expect(server.alerts).toMatchObject([
			{ dedupKey: 'interlock/inc_1-1', state: 'resolved', triggers: 2, routingKey: KEY },
		]);
		expect(server.alerts[0]?.payload).toMatchObject({
			summary: 'INC-7 (high) is yours: Logic of PLC-1 changed',
			...{ source: 'plc-1', severity: 'error', group: 'north', class: 'intrusion' },
			timestamp: '2026-01-05T03:00:00.000Z',
		});
	});

	it.each([
		['critical', false, 'critical'],
		['high', false, 'error'],
		['medium', false, 'warning'],
		['low', false, 'info'],
		['low', true, 'critical'],
	] as const)('a %s incident, process safety %s, is %s', async (severity, process_safety, expected) => {
		const server = await service();
		await pagerduty(server.url).send(letter({}, { severity, process_safety } as never), 'trigger', null);
		expect(server.alerts[0]?.payload['severity']).toBe(expected);
	});

	it.each([
		['429 with Retry-After', { status: 429, headers: { 'retry-after': '120' }, body: '' }, 'later', NOW + 120_000],
		['429', { status: 429, headers: {}, body: '' }, 'later', null],
		['500', { status: 500, headers: {}, body: 'oops' }, 'later', null],
		[
			'503 with Retry-After beyond a quarter of an hour',
			{ status: 503, headers: { 'retry-after': '86400' }, body: '' },
			'later',
			NOW + 900_000,
		],
		['a 202 of somebody else', { status: 202, headers: {}, body: '<html>sign in to the hotel</html>' }, 'later', null],
		['a 202 without success', { status: 202, headers: {}, body: '{"status":"throttled"}' }, 'later', null],
		['a captive portal', { status: 200, headers: {}, body: '<html>' }, 'refused', undefined],
		['a redirect', { status: 302, headers: { location: 'https://elsewhere.example' }, body: '' }, 'refused', undefined],
		['403', { status: 403, headers: {}, body: 'no' }, 'refused', undefined],
	])('%s: %s', async (_, response, kind, retryAt) => {
		const server = await service();
		server.spoil = () => response as never;
		const sent = await pagerduty(server.url).send(letter(), 'trigger', null);
		expect(sent).toMatchObject({ kind, ...(retryAt === undefined ? {} : { retryAt }) });
		server.spoil = null;
		expect(server.alerts).toEqual([]);
	});

	it.each(['hang', 'drop'] as const)('taken and then %s: nobody knows, and the repeat is folded', async (how) => {
		const server = await service();
		server.spoil = (_, proceed) => {
			proceed();
			return how;
		};
		const pager = pagerduty(server.url, { timeout_ms: how === 'hang' ? 600 : 5_000 });
		expect(await pager.send(letter(), 'trigger', null)).toMatchObject({ kind: 'later', isAmbiguous: true });
		server.spoil = null;
		expect(await pager.send(letter(), 'trigger', null)).toMatchObject({ kind: 'sent' });
		expect(server.alerts).toMatchObject([{ triggers: 2, state: 'triggered' }]);
	});

	it('says what is wrong with a routing key, and never the key', async () => {
		const server = opened(await startPagerDuty([]));
		const pager = pagerduty(server.url);
		const sent = await pager.send(letter(), 'trigger', null);
		expect(sent).toMatchObject({ kind: 'refused', reason: expect.stringContaining('is not of an integration') });
		server.spoil = () => ({ status: 400, headers: {}, body: JSON.stringify({ status: 'bad', message: `key ${KEY}` }) });
		expect(JSON.stringify(await pager.send(letter(), 'trigger', null))).not.toContain(KEY);
	});

	it('is called by nobody who listens in, and reaches no address that is not for it', async () => {
		const other = openAuthority();
		const { key, cert } = other.issue('events');
		const server = opened(await startPagerDuty([KEY], { key, cert }));
		const sent = await pagerduty(server.url).send(letter(), 'trigger', null);
		other.remove();
		expect(sent).toMatchObject({ kind: 'later', isAmbiguous: false });
		expect(server.requests).toEqual([]);
		expect(await pagerduty('https://169.254.169.254').send(letter(), 'trigger', null)).toMatchObject({
			kind: 'refused',
		});
		expect(
			await pagerduty('https://localhost', { allow_private: false }).send(letter(), 'trigger', null),
		).toMatchObject({
			kind: 'refused',
		});
		expect(() => pagerduty('http://events.pagerduty.com')).toThrow('https is needed');
	});

	it('has no answer: it comes again', async () => {
		const server = await startPagerDuty([KEY]);
		await server.close();
		expect(await pagerduty(server.url).send(letter(), 'trigger', null)).toMatchObject({
			kind: 'later',
			isAmbiguous: false,
		});
	});
});

type How = {
	readonly tls?: 'starttls' | 'tls' | 'none';
	readonly user?: string;
	readonly ca?: string | null;
	readonly host?: string;
	readonly timeout?: number;
};
function smtp(
	server: MailServer,
	{ tls = 'starttls', user, ca = authority.ca, host = '127.0.0.1', timeout = 5_000 }: How = {},
): Pager {
	const config = PagerConfig.parse({
		...{
			name: 'mail',
			kind: 'smtp',
			host,
			port: server.port,
			tls,
			from: 'interlock@plant.example',
			timeout_ms: timeout,
		},
		...(user === undefined ? {} : { auth: { type: 'login', user, secret_env: 'X' } }),
	});
	return createPager({ config, secret: user === undefined ? null : PASSWORD, ca }, edge, null);
}

describe('mail', () => {
	const pair = () => authority.issue('mail');
	const server = async (how: Parameters<typeof startMailServer>[0] = { tls: pair() }): Promise<MailServer> =>
		opened(await startMailServer(how));
	const TO = 'ole@plant.example';

	it.each(['starttls', 'tls'] as const)(
		'goes out over %s, with its login, as one plain text to one address',
		async (tls) => {
			const box = await server({ tls: pair(), isImplicit: tls === 'tls', users: { interlock: PASSWORD } });
			expect(await smtp(box, { tls, user: 'interlock' }).send(letter(), 'trigger', TO)).toMatchObject({ kind: 'sent' });
			const [mail] = box.mails;
			expect(mail).toMatchObject({ from: 'interlock@plant.example', to: [TO], isSecure: true, user: 'interlock' });
			expect(mail?.headers).toMatchObject({
				...{ subject: 'INC-7 (high) is yours: Logic of PLC-1 changed', to: TO, 'auto-submitted': 'auto-generated' },
				'content-type': expect.stringContaining('text/plain'),
				date: 'Mon, 05 Jan 2026 03:00:00 +0000',
			});
			expect(mail?.text).toContain('interlock incident ack 7');
		},
	);

	it('keeps to the Message-ID of its page, and gives another page another', async () => {
		const box = await server();
		const pager = smtp(box);
		await pager.send(letter(), 'trigger', TO);
		await pager.send(letter(), 'trigger', TO);
		await pager.send(letter({ key: 'pager:mail:inc_1-2:ole' }), 'trigger', TO);
		const ids = box.mails.map((mail) => mail.headers['message-id']);
		expect(ids[0]).toMatch(/^<page\.[0-9a-f]{32}@plant\.example>$/);
		expect(ids[1]).toBe(ids[0]);
		expect(ids[2]).not.toBe(ids[0]);
		expect(new Set(box.mails.map((mail) => mail.headers['references'])).size).toBe(1);
	});

	it('sends nothing where the server has no TLS, another certificate, or another name', async () => {
		const plain = await server({});
		expect(await smtp(plain).send(letter(), 'trigger', TO)).toMatchObject({ kind: 'refused' });
		const box = await server();
		expect(await smtp(box, { ca: null }).send(letter(), 'trigger', TO)).toMatchObject({ kind: 'refused' });
		const named = createPager(
			{
				config: PagerConfig.parse({
					...{ name: 'mail', kind: 'smtp', host: 'mail.plant.example', port: box.port, timeout_ms: 400 },
					from: 'interlock@plant.example',
				}),
				...{ secret: null, ca: authority.ca },
			},
			{ ...edge, resolve: async () => ['127.0.0.1'] },
			null,
		);
		expect(await named.send(letter(), 'trigger', TO)).toMatchObject({ kind: 'refused' });
		expect([...plain.mails, ...box.mails]).toEqual([]);
	});

	it('goes in the clear only where the configuration says so, and never with a password', async () => {
		const plain = await server({});
		expect(await smtp(plain, { tls: 'none' }).send(letter(), 'trigger', TO)).toMatchObject({ kind: 'sent' });
		expect(plain.mails[0]?.isSecure).toBe(false);
		expect(() => smtp(plain, { tls: 'none', user: 'interlock' })).toThrow('a password is never sent in the clear');
	});

	it('is refused with a wrong password, which stands nowhere', async () => {
		const box = await server({ tls: pair(), users: { interlock: 'another password' } });
		const sent = await smtp(box, { user: 'interlock' }).send(letter(), 'trigger', TO);
		expect(sent).toMatchObject({ kind: 'refused', reason: expect.stringContaining('535') });
		expect(JSON.stringify(sent)).not.toContain(PASSWORD);
		expect(JSON.stringify(sent)).not.toContain(Buffer.from(`\u0000interlock\u0000${PASSWORD}`).toString('base64'));
	});

	it.each([
		['greylisting (450)', { at: 'rcpt', code: 450, text: '4.2.0 try again in five minutes' }, 'later', false],
		['a full disk (452)', { at: 'from', code: 452, text: '4.3.1 no room' }, 'later', false],
		['an unknown mailbox (550)', { at: 'rcpt', code: 550, text: '5.1.1 no such user' }, 'refused', undefined],
		['a sender that may not (553)', { at: 'from', code: 553, text: '5.7.1 not yours' }, 'refused', undefined],
		['a message that is not wanted (554)', { at: 'data', code: 554, text: '5.7.1 spam' }, 'refused', undefined],
		['busy after the message (451)', { at: 'data', code: 451, text: '4.3.0 later' }, 'later', false],
		['a connection cut in the message', { at: 'data', how: 'drop' }, 'later', true],
		['silence in the message', { at: 'data', how: 'hang' }, 'later', true],
		['a connection cut after the message', { at: 'after', how: 'drop' }, 'later', true],
	] as const)('%s', async (_, fault, kind, isAmbiguous) => {
		const box = await server();
		box.fault = (nth) => (nth === 1 ? fault : null);
		const pager = smtp(box, { timeout: 'how' in fault && fault.how === 'hang' ? 1_000 : 5_000 });
		expect(await pager.send(letter(), 'trigger', TO)).toMatchObject({
			kind,
			...(isAmbiguous === undefined ? {} : { isAmbiguous }),
		});
		expect(await pager.send(letter(), 'trigger', TO)).toMatchObject({ kind: 'sent' });
		// What had been taken before the connection was cut is there twice, under one name.
		expect(new Set(box.mails.map((mail) => mail.headers['message-id'])).size).toBe(1);
		expect(box.mails).toHaveLength('how' in fault && fault.at === 'after' ? 2 : 1);
	});

	it('has no end: an acknowledged page sends no second mail, and an address that is gone none at all', async () => {
		const box = await server();
		expect(await smtp(box).send(letter(), 'resolve', TO)).toMatchObject({ kind: 'sent' });
		expect(await smtp(box).send(letter(), 'trigger', null)).toMatchObject({ kind: 'refused' });
		expect(box.connections).toBe(0);
	});

	it('carries what an alert says as words: no second header, no attachment, no link, no secret', async () => {
		const box = await server();
		const hostile = [
			'INC-7 Pump\r\nBcc: everybody@evil.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: attachment',
			'see https://evil.example/login and mailto:a@evil.example',
			'password=hunter2secret token: ghp_abcdefghijklmnopqrstuvwxyz0123456789',
			'\u202egnp.exe \u0000 \u001b[31m .',
			'.',
		].join('\n');
		expect(await smtp(box).send(letter({ text: hostile }), 'trigger', TO)).toMatchObject({ kind: 'sent' });
		const [mail] = box.mails;
		expect(Object.keys(mail?.headers ?? {})).not.toContain('bcc');
		expect(mail?.to).toEqual([TO]);
		expect(mail?.headers['content-type']).toContain('text/plain');
		expect(mail?.headers['subject']).toBe('INC-7 Pump');
		expect(mail?.text).not.toMatch(/:\/\/|hunter2secret|ghp_|\u202e|\u001b|\u0000/);
		expect(mail?.text).toContain('[secret]');
	});
});
