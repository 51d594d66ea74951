// `interlock pager`: what is set up, and a real page through one of them, marked as a test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pager } from '../../src/cli/pager.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { type MailServer, startMailServer } from './vendors/mail-server.ts';
import { type PagerDuty, startPagerDuty } from './vendors/pagerduty.ts';

const KEY = 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6';
let folder = '';
let authority: Authority;
let events: PagerDuty;
let mail: MailServer;
let out: string[] = [];
let err: string[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-pager-'));
	authority = openAuthority();
});
afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
	authority.remove();
});
beforeEach(async () => {
	events = await startPagerDuty([KEY]);
	mail = await startMailServer({ tls: authority.issue('mail') });
	writeFileSync(join(folder, 'ca.pem'), authority.ca);
	writeFileSync(
		join(folder, 'interlock.yaml'),
		`pagers:
  - { name: oncall, kind: pagerduty, base_url: "${events.url}", allow_private: true, auth: { type: routing_key, secret_env: KEY } }
  - { name: mail, kind: smtp, host: 127.0.0.1, port: ${mail.port}, ca_file: ca.pem, from: interlock@plant.example }
`,
	);
	writeFileSync(
		join(folder, 'people.yaml'),
		'people:\n  - { id: ole, name: Ole, email: ole@plant.example, pagers: [mail] }\n',
	);
});
afterEach(async () => {
	await Promise.all([events.close(), mail.close()]);
});

async function run(...args: string[]): Promise<number> {
	[out, err] = [[], []];
	const io = {
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env: { INTERLOCK_CONFIG: folder, KEY },
	};
	return await pager(args, io, Date.UTC(2026, 0, 5));
}

describe('interlock pager', () => {
	it('lists the ways, where they lead and whom they reach', async () => {
		expect(await run('list')).toBe(0);
		expect(out.join()).toBe(
			`oncall  pagerduty  ${events.url}  no person\nmail  smtp  127.0.0.1:${mail.port} (starttls)  ole`,
		);
		expect(await run('list', '--json')).toBe(0);
		expect(JSON.parse(out.join())).toMatchObject({ pagers: [{ name: 'oncall' }, { name: 'mail', people: ['ole'] }] });
	});

	it('sends one marked page through PagerDuty and closes it again', async () => {
		expect(await run('test', 'oncall')).toBe(0);
		expect(events.alerts).toMatchObject([
			{ state: 'triggered', payload: { severity: 'info', summary: expect.stringContaining('TEST') } },
		]);
		const key = /--resolve (\S+)/.exec(out.join())?.[1] ?? '';
		expect(await run('test', 'oncall', '--resolve', key)).toBe(0);
		expect(events.alerts[0]?.state).toBe('resolved');
	});

	it('mails a person or an address, and says what the server said', async () => {
		expect(await run('test', 'mail', '--to', 'ole', '--json')).toBe(0);
		expect(JSON.parse(out.join())).toMatchObject({ to: 'ole@plant.example', kind: 'sent', dedup_key: null });
		expect(mail.mails[0]).toMatchObject({ to: ['ole@plant.example'], isSecure: true });
		expect(mail.mails[0]?.headers['subject']).toContain('TEST');
		mail.fault = () => ({ at: 'rcpt', code: 550, text: '5.1.1 no such user' });
		expect(await run('test', 'mail', '--to', 'x@plant.example')).toBe(1);
		expect(out.join()).toMatch(/^NO {2}mail for x@plant\.example: RCPT TO: .*550/);
	});

	it.each([
		[['test', 'oncal'], 'there is no pager `oncal`'],
		[['test', 'mail'], 'say to whom'],
		[['test', 'mail', '--to', 'bo'], '`bo` is no person with a mail address and no address'],
		[['test', 'mail', '--to', 'a@b.example\r\nRCPT TO:<c@d.example>'], 'is no person with a mail address'],
		[['test', 'oncall', '--to', 'ole'], '--to is for mail'],
		[['test', 'mail', '--to', 'ole', '--resolve', 'x'], 'mail has no end'],
		[['test'], 'usage:'],
		[['send'], 'usage:'],
		[['test', 'oncall', '--now'], 'usage:'],
	])('%j is wrong usage', async (args, words) => {
		expect(await run(...args)).toBe(2);
		expect(err.join()).toContain(words);
		expect([...events.events, ...mail.mails]).toEqual([]);
	});
});
