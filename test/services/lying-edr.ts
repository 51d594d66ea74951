// An endpoint service as bad as they come: it answers "done" and does nothing, shows a change late, lets hosts go again, and hangs. A real HTTP
// server whose hosts have a state of their own, apart from what it answers.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type LyingEdr = {
	readonly url: string;
	/** What each host really is. */
	readonly hosts: Map<string, string>;
	readonly posts: string[];
	readonly gets: string[];
	/** honest: does it; lies: answers only; blind: its read-back answers 500. */
	mode: 'honest' | 'lies' | 'blind';
	/** Requests of this method are worked and not answered until `release`. */
	hold: 'GET' | 'POST' | null;
	held(): number;
	release(): void;
	close(): Promise<void>;
};

export async function startLyingEdr(): Promise<LyingEdr> {
	const waiting: (() => void)[] = [];
	const server = createServer((request, response) => {
		request.resume();
		request.on('end', () => {
			const [, , host = '', verb] = (request.url ?? '').split('/');
			const reply = answer(edr, request.method ?? '', host, verb, response);
			if (edr.hold === request.method) waiting.push(reply);
			else reply();
		});
	});
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	const edr: LyingEdr = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		hosts: new Map(),
		posts: [],
		gets: [],
		mode: 'honest',
		hold: null,
		held: () => waiting.length,
		release() {
			edr.hold = null;
			for (const reply of waiting.splice(0)) reply();
		},
		close: () =>
			new Promise((closed) => {
				server.close(() => closed());
				server.closeAllConnections();
			}),
	};
	return edr;
}

function answer(
	edr: LyingEdr,
	method: string,
	host: string,
	verb: string | undefined,
	response: ServerResponse,
): () => void {
	if (method === 'POST') {
		edr.posts.push(`${verb} ${host}`);
		if (edr.mode !== 'lies') edr.hosts.set(host, verb === 'isolate_host' ? 'isolated' : 'normal');
		return () => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
	}
	edr.gets.push(host);
	if (edr.mode === 'blind') return () => void response.writeHead(500).end('no');
	const state = edr.hosts.get(host) ?? 'normal';
	return () => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ state }));
}
