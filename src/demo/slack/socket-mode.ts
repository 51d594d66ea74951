// Socket Mode, the server's side: hello, envelopes, acknowledgements, disconnect. The only file that knows `ws`.
// Each envelope goes to ONE of the open connections, as with Slack. NOT here: what is sent and when it is sent again.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { EnvelopeType, Outcome, Retry } from './envelope.ts';
import { asObject, type JsonObject, parseJson, textOf } from './json.ts';
import { REQUEST_BODY_BYTES_MAX, SOCKETS_PER_APP_MAX } from './limits.ts';

const TICKET_LIFETIME_MS = 30_000;
const PING_EVERY_MS = 10_000;
const GOODBYE_MS = 500;
/** RFC 6455, 7.4.1: the server is going down. */
const GOING_AWAY = 1001;

export class SocketMode {
	readonly #server = new WebSocketServer({ noServer: true, maxPayload: REQUEST_BODY_BYTES_MAX });
	readonly #sockets = new Set<WebSocket>();
	readonly #tickets = new Map<string, number>();
	readonly #waiting = new Map<string, { readonly socket: WebSocket; readonly settle: (outcome: Outcome) => void }>();
	readonly #appId: string;
	readonly #onChange: () => void;
	#turn = 0;
	readonly #heartbeat: NodeJS.Timeout;

	constructor(appId: string, onChange: () => void) {
		this.#appId = appId;
		this.#onChange = onChange;
		this.#heartbeat = setInterval(() => {
			for (const socket of this.#sockets) socket.ping();
		}, PING_EVERY_MS);
		this.#heartbeat.unref();
	}

	get connections(): number {
		return this.#sockets.size;
	}

	/** A ticket opens one connection within thirty seconds. */
	newTicket(): string {
		const now = performance.now();
		for (const [ticket, expiresAt] of this.#tickets) if (expiresAt < now) this.#tickets.delete(ticket);
		const ticket = randomBytes(18).toString('base64url');
		this.#tickets.set(ticket, now + TICKET_LIFETIME_MS);
		return ticket;
	}

	upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer, ticket: string): void {
		const expiresAt = this.#tickets.get(ticket) ?? 0;
		this.#tickets.delete(ticket);
		if (expiresAt < performance.now()) {
			duplex.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
			return;
		}
		this.#server.handleUpgrade(request, duplex, head, (socket) => this.#welcome(socket));
	}

	/** Sends one envelope and waits for its acknowledgement. */
	send(type: EnvelopeType, payload: JsonObject, timeoutMs: number, retry: Retry | null): Promise<Outcome> {
		const open = [...this.#sockets];
		this.#turn += 1;
		const socket = open[this.#turn % Math.max(1, open.length)];
		if (!socket) return Promise.resolve({ ok: false, reason: 'not_connected', stopsRetries: false });
		const envelopeId = randomUUID();
		const isEvent = type === 'events_api';
		const envelope = {
			envelope_id: envelopeId,
			payload,
			type,
			accepts_response_payload: !isEvent,
			...(isEvent ? { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? '' } : {}),
		};
		return new Promise((resolve) => {
			const settle = (outcome: Outcome): void => {
				clearTimeout(timer);
				this.#waiting.delete(envelopeId);
				resolve(outcome);
			};
			const timer = setTimeout(() => settle({ ok: false, reason: 'timeout', stopsRetries: false }), timeoutMs);
			this.#waiting.set(envelopeId, { socket, settle });
			socket.send(JSON.stringify(envelope));
		});
	}

	/** Asks every client to come back on a new connection, as Slack does when it moves them. */
	refresh(): void {
		for (const socket of this.#sockets) this.#disconnect(socket, 'refresh_requested');
	}

	/** Says goodbye to every client and waits a moment for its answer: one that is cut off waits half a minute for ours. */
	async close(): Promise<void> {
		clearInterval(this.#heartbeat);
		for (const { settle } of [...this.#waiting.values()]) {
			settle({ ok: false, reason: 'not_connected', stopsRetries: true });
		}
		await Promise.all([...this.#server.clients].map((socket) => goodbye(socket)));
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	#welcome(socket: WebSocket): void {
		socket.on('error', () => socket.terminate());
		socket.on('message', (data) => this.#receive(data));
		socket.on('close', () => {
			this.#sockets.delete(socket);
			for (const waiting of [...this.#waiting.values()]) {
				if (waiting.socket === socket) waiting.settle({ ok: false, reason: 'not_connected', stopsRetries: false });
			}
			this.#onChange();
		});
		if (this.#sockets.size >= SOCKETS_PER_APP_MAX) {
			this.#disconnect(socket, 'too_many_websockets');
			return;
		}
		this.#sockets.add(socket);
		socket.send(
			JSON.stringify({
				type: 'hello',
				num_connections: this.#sockets.size,
				connection_info: { app_id: this.#appId },
				debug_info: { host: 'local-slack', approximate_connection_time: 18_060 },
			}),
		);
		this.#onChange();
	}

	#disconnect(socket: WebSocket, reason: string): void {
		this.#sockets.delete(socket);
		socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'local-slack' } }));
	}

	#receive(data: RawData): void {
		const bytes = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
		const answer = asObject(parseJson(bytes.toString('utf8')));
		const waiting = this.#waiting.get(textOf(answer, 'envelope_id'));
		waiting?.settle({ ok: true, body: asObject(answer['payload']) });
	}
}

function goodbye(socket: WebSocket): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => socket.terminate(), GOODBYE_MS);
		socket.once('close', () => {
			clearTimeout(timer);
			resolve();
		});
		socket.close(GOING_AWAY);
	});
}
