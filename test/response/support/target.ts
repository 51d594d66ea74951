// A system that connectors call: a real HTTP server that does what it is told to, faults included, and counts effects by Idempotency-Key.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fault =
	| 'ok'
	| '429'
	| '429-once'
	| '500'
	| '500-once'
	| 'hang'
	| 'drop-after-effect'
	| 'drop-after-effect-once'
	| 'redirect'
	| 'huge'
	| 'garbage'
	| '403'
	| 'secret-in-error';

export type Target = {
	readonly url: string;
	readonly calls: { method: string; path: string; key: string; body: string; authorization: string }[];
	/** How often the world was changed: twice for one key only where `honoursKeys` is off. */
	readonly effects: string[];
	fault: Fault;
	honoursKeys: boolean;
	close(): Promise<void>;
};

export async function startTarget(): Promise<Target> {
	const target: { -readonly [K in keyof Target]: Target[K] } = {
		url: '',
		calls: [],
		effects: [],
		fault: 'ok',
		honoursKeys: true,
		close: async () => undefined,
	};
	const done = new Set<string>();
	const server: Server = createServer((request, response) => {
		let body = '';
		request.on('data', (part) => {
			body += part;
		});
		request.on('end', () => answer(target, done, request, response, body));
	});
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	target.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	target.close = () =>
		new Promise((closed) => {
			server.close(() => closed());
			server.closeAllConnections();
		});
	return target;
}

function answer(
	target: Target,
	done: Set<string>,
	request: IncomingMessage,
	response: ServerResponse,
	body: string,
): void {
	const key = String(request.headers['idempotency-key'] ?? '');
	target.calls.push({
		method: request.method ?? '',
		path: request.url ?? '',
		key,
		body,
		authorization: String(request.headers.authorization ?? ''),
	});
	const act = (): void => {
		if (request.method === 'GET') return;
		if (target.honoursKeys && done.has(key)) return;
		done.add(key);
		target.effects.push(key);
	};
	const { fault } = target;
	if (fault.endsWith('-once')) target.fault = 'ok';
	switch (fault) {
		case 'ok':
			if (request.method === 'GET')
				return void response.writeHead(200).end(JSON.stringify({ state: done.has(key) ? 'isolated' : 'normal' }));
			act();
			return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
		case '429':
		case '429-once':
			return void response.writeHead(429, { 'retry-after': '1' }).end();
		case '500':
		case '500-once':
			act();
			return void response.writeHead(500).end('oops');
		case 'hang':
			act();
			return;
		case 'drop-after-effect':
		case 'drop-after-effect-once':
			act();
			return void request.socket.destroy();
		case 'redirect':
			return void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
		case 'huge':
			act();
			return void response.writeHead(200).end('x'.repeat(5_000_000));
		case 'garbage':
			act();
			return void response.writeHead(200).end('{not json');
		case '403':
			return void response.writeHead(403).end('no');
		case 'secret-in-error':
			return void response.writeHead(400).end(`bad token ${request.headers.authorization}`);
	}
}
