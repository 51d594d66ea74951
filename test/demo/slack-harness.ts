// What the tests of the local Slack share: a small plant's people, and a stand-in on a free port.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { LogLevel } from '@slack/web-api';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../src/demo/slack/local-slack.ts';

export const BOT_TOKEN = 'xoxb-local-test';
export const APP_TOKEN = 'xapp-local-test';
export const SIGNING_SECRET = 'a-secret-of-the-tests';
export const ANA = 'U0ANA';
export const BEN = 'U0BEN';

export function startTestSlack(options: Partial<LocalSlackOptions> = {}): Promise<LocalSlack> {
	return startLocalSlack({
		port: 0,
		botToken: BOT_TOKEN,
		appToken: APP_TOKEN,
		signingSecret: SIGNING_SECRET,
		team: { id: 'T0PLANT', name: 'Bottling plant', domain: 'bottling' },
		people: [
			{ id: ANA, name: 'ana', realName: 'Ana Ruiz', email: 'ana@plant.example', title: 'OT engineer' },
			{ id: BEN, name: 'ben', realName: 'Ben Okafor', email: 'ben@plant.example', title: 'SOC analyst' },
		],
		channels: [{ name: 'incidents', topic: 'Everything that needs a person' }, { name: 'line-2' }],
		groups: [{ id: 'S0OT', handle: 'ot-oncall', users: [ANA] }],
		eventsUrl: null,
		rateLimits: null,
		...options,
	});
}

export type Received = { readonly headers: IncomingHttpHeaders; readonly raw: string };

/** A bot's address that writes down what it gets and answers as told; `answer` says status, body and how long to wait. */
export async function startRecorder(
	answer: (
		received: Received,
		count: number,
	) => { status: number; body?: string; headers?: Record<string, string>; delayMs?: number },
): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
	const received: Received[] = [];
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const one = { headers: request.headers, raw: Buffer.concat(chunks).toString('utf8') };
		received.push(one);
		const { status, body, headers, delayMs } = answer(one, received.length);
		if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
		response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body ?? '');
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
	const address = server.address() as { port: number };
	const close = (): Promise<void> =>
		new Promise((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	return { url: `http://127.0.0.1:${address.port}/slack/events`, received, close };
}

/** The signature, written a second time from Slack's description, so that a wrong one in the product cannot agree with itself. */
export function expectedSignature(raw: string, timestamp: string, secret = SIGNING_SECRET): string {
	return `v0=${createHmac('sha256', secret).update(['v0', timestamp, raw].join(':')).digest('hex')}`;
}

const nothing = (): undefined => undefined;
/** A logger that keeps expected refusals out of the tests' output. */
export const quiet = {
	debug: nothing,
	info: nothing,
	warn: nothing,
	error: nothing,
	setLevel: nothing,
	setName: nothing,
	getLevel: () => LogLevel.ERROR,
};
