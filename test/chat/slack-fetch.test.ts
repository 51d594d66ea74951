// What Slack's clients may reach. The servers are real: one is Slack, the other is somebody else who must hear nothing.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { slackFetch } from '../../src/chat/slack-fetch.ts';
import { slackDestinations } from '../../src/domain/destination.ts';

const heard: string[] = [];
let socketUrl = '';
const servers: Server[] = [];
async function serve(name: string): Promise<string> {
	const server = createServer((request, response) => {
		heard.push(`${name} ${request.url}`);
		if (request.url?.endsWith('/moved') === true) response.writeHead(307, { location: `${other}/api/taken` }).end();
		else response.end(JSON.stringify({ ok: true, url: socketUrl }));
	});
	servers.push(server);
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
let slack = '';
let other = '';
beforeAll(async () => {
	other = await serve('other');
	slack = await serve('slack');
});
afterEach(() => heard.splice(0));
afterAll(() => {
	for (const server of servers) server.close();
});
const ask = (url: string) => slackFetch(slackDestinations(`${slack}/api/`))(url, { method: 'POST', body: '{}' });

describe('the fetch of Slack', () => {
	it('reaches Slack', async () => {
		expect((await ask(`${slack}/api/chat.postMessage`)).status).toBe(200);
		expect(heard).toEqual(['slack /api/chat.postMessage']);
	});

	it('sends nothing to an address for an answer that is elsewhere: a forged command names one', async () => {
		await expect(ask(`${other}/commands/T1/2`)).rejects.toThrow('nothing was sent');
		await expect(ask('https://hooks.slack.com.evil.example/commands/T1')).rejects.toThrow('nothing was sent');
		await expect(ask('no address')).rejects.toThrow('nothing was sent');
		expect(heard).toEqual([]);
	});

	it('follows no redirect', async () => {
		await expect(ask(`${slack}/api/moved`)).rejects.toThrow();
		expect(heard).toEqual(['slack /api/moved']);
	});

	it('takes a socket where Slack is, and none elsewhere', async () => {
		socketUrl = `${slack.replace('http:', 'ws:')}/link?ticket=1`;
		const answer = await ask(`${slack}/api/apps.connections.open`);
		expect(await answer.json()).toMatchObject({ url: socketUrl });
		socketUrl = `${other.replace('http:', 'ws:')}/link?ticket=1`;
		await expect(ask(`${slack}/api/apps.connections.open`)).rejects.toThrow('nothing was sent');
		expect(heard.filter((line) => line.startsWith('other'))).toEqual([]);
	});
});
