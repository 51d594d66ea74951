// The demo's and the tests' other side: an EDR console, a remote-access gateway and a ticket system in one small HTTP server.
// It honours Idempotency-Key as such systems do, and keeps count of what really took effect, so that "once" can be checked.
import { createServer, type IncomingMessage, type Server } from 'node:http';

export type Effect = { readonly key: string; readonly what: string; readonly at: number };

export type Target = {
	readonly url: string;
	/** What took effect, in order: a repeated key has none. */
	effects(): readonly Effect[];
	/** Requests that came, repeats included. */
	requests(): number;
	/** Makes the next requests fail, for tests and curious people. */
	misbehave(how: 'no' | 'after_effect' | 'refuse'): void;
	close(): Promise<void>;
};

type State = {
	readonly token: string;
	readonly hosts: Map<string, string>;
	readonly sessions: Map<string, string>;
	readonly seen: Map<string, { status: number; body: object }>;
	readonly effects: Effect[];
	requests: number;
	tickets: number;
	how: 'no' | 'after_effect' | 'refuse';
};

const BODY_MAX = 64 * 1024;

/** @param token the bearer that callers must bring */
export async function startTarget(token: string, port = 0): Promise<Target> {
	const state: State = {
		token,
		hosts: new Map(),
		sessions: new Map(),
		seen: new Map(),
		effects: [],
		requests: 0,
		tickets: 0,
		how: 'no',
	};
	const server = createServer((request, response) => {
		readText(request)
			.then(() => {
				state.requests++;
				const answer = respond(request, state);
				if (state.how === 'after_effect') {
					response.destroy();
					return;
				}
				response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
			})
			.catch(() => response.destroy());
	});
	await new Promise<void>((done, fail) => {
		server.once('error', fail);
		server.listen(port, '127.0.0.1', done);
	});
	return {
		url: `http://127.0.0.1:${portOf(server)}`,
		effects: () => [...state.effects],
		requests: () => state.requests,
		misbehave: (how) => {
			state.how = how;
		},
		close: () =>
			new Promise((done) => {
				server.closeAllConnections();
				server.close(() => done());
			}),
	};
}

function portOf(server: Server): number {
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('the demo target has no port');
	return address.port;
}

async function readText(request: IncomingMessage): Promise<string> {
	let text = '';
	for await (const chunk of request) {
		text += String(chunk);
		if (text.length > BODY_MAX) throw new Error('too large');
	}
	return text;
}

function respond(request: IncomingMessage, state: State): { status: number; body: object } {
	if (request.headers.authorization !== `Bearer ${state.token}`)
		return { status: 401, body: { error: 'no valid token' } };
	if (state.how === 'refuse') return { status: 503, body: { error: 'busy' } };
	const path = request.url ?? '';
	if (request.method === 'GET') return readState(path, state);
	const key = String(request.headers['idempotency-key'] ?? '');
	const held = state.seen.get(key);
	if (key !== '' && held !== undefined) return held;
	const answer = act(path, key, state);
	if (key !== '' && answer.status < 300) state.seen.set(key, answer);
	return answer;
}

function readState(path: string, state: State): { status: number; body: object } {
	const [, kind, id] = /^\/(edr\/hosts|gateway\/sessions)\/([^/]+)$/.exec(path) ?? [];
	if (kind === undefined || id === undefined) return { status: 404, body: { error: 'not here' } };
	const known = (kind === 'edr/hosts' ? state.hosts : state.sessions).get(decodeURIComponent(id));
	return { status: 200, body: { state: known ?? (kind === 'edr/hosts' ? 'released' : 'open') } };
}

function act(path: string, key: string, state: State): { status: number; body: object } {
	const took = (what: string): void => void state.effects.push({ key, what, at: Date.now() });
	const [, kind, id, verb] = /^\/(edr\/hosts|gateway\/sessions)\/([^/]+)\/(isolate|release|end)$/.exec(path) ?? [];
	if (path === '/tickets') {
		state.tickets++;
		took(`ticket ${state.tickets}`);
		return { status: 201, body: { state: 'open', id: `T-${state.tickets}` } };
	}
	if (kind === undefined || id === undefined || verb === undefined) return { status: 404, body: { error: 'not here' } };
	const name = decodeURIComponent(id);
	const after = { isolate: 'isolated', release: 'released', end: 'ended' }[verb] ?? 'unknown';
	(kind === 'edr/hosts' ? state.hosts : state.sessions).set(name, after);
	took(`${verb} ${name}`);
	return { status: 200, body: { state: after } };
}
